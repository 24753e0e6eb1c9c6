/* `fqrun check`: all that is wrong with a manifest and the reads that it names. */
#include "cli.h"
#include "session.h"

#include <stdio.h>

/* What preflight found, among what was found in the manifest. */
static void add_findings(struct fq_session *s, const struct fq_gate *gate)
{
	for (size_t i = 0; i < gate->refusal_count; i++) {
		const struct fq_refusal *refusal = &gate->refusals[i];
		const char *name = s->manifest.samples[refusal->sample].name;
		if (refusal->is_warning) {
			fq_errors_warn(&s->errors, refusal->where, refusal->hint, "sample \"%s\": %s", name,
			        refusal->text);
		} else {
			fq_errors_add(&s->errors, refusal->where, refusal->hint, "sample \"%s\": %s", name,
			        refusal->text);
		}
	}
}

static void look(struct fq_session *s, struct fq_cli_gate *gate)
{
	bool *samples = fq_zeroed(s->manifest.sample_count, sizeof(*samples));
	bool has_targets = s->options->target_count > 0; /* else all, whatever `default` says */
	for (uint32_t job = 0; job < s->plan.job_count; job++) {
		if (!has_targets || s->wanted[job]) {
			fq_plan_mark_read(&s->plan, job, samples);
		}
	}
	fq_cli_gate_look(gate, &s->manifest, samples, NULL);
	add_findings(s, &gate->base);
	fq_release(samples);
}

static void add_count(struct fq_buf *buf, size_t count, const char *word)
{
	fq_buf_addf(buf, "%zu %s%s", count, word, count == 1 ? "" : "s");
}

static void print_verdict(const struct fq_session *s)
{
	struct fq_buf text = {0};
	fq_buf_addf(&text, "%s: ", s->manifest.path);
	add_count(&text, s->manifest.sample_count, "sample");
	fq_buf_puts(&text, ", ");
	add_count(&text, s->manifest.task_count, "task");
	fq_buf_puts(&text, ", ");
	add_count(&text, s->plan.job_count, "job");
	fq_buf_puts(&text, ": ");
	add_count(&text, s->errors.errors, "error");
	fq_buf_puts(&text, ", ");
	add_count(&text, s->errors.warnings, "warning");
	puts(text.at);
	fq_buf_finish(&text);
}

int fq_cli_check(const struct fq_options *options)
{
	struct fq_session s = fq_session_begin(options);
	struct fq_cli_gate gate;
	bool loaded = fq_session_load(&s) && fq_session_select(&s);
	fq_cli_gate_begin(&gate, options);
	if (loaded) {
		fq_cli_lint(&s.plan, &s.errors);
		if (!options->no_preflight) {
			look(&s, &gate);
		}
	}
	int status = !loaded ? 2 : s.errors.errors || (options->strict && s.errors.warnings) ? 1 : 0;
	fq_session_fail(&s, status);
	if (loaded && !options->quiet) {
		print_verdict(&s);
	}
	fq_cli_gate_finish(&gate);
	fq_session_finish(&s);
	return fq_cli_flush(status);
}
