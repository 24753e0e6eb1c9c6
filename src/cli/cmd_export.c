/* `fqrun export --ninja | --make | --sh`: the same jobs for another tool. */
#include "export.h"
#include "cli.h"

#include <stdio.h>
#include <string.h>

struct exporter {
	struct fq_session *session;
	char format;
	struct fq_buf out;
};

/* --- names that the other tool reads ------------------------------------------------------ */

static void add_name(struct exporter *x, struct fq_text name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.at[i];
		bool is_dollar = c == '$' || (x->format == 'n' && strchr(" :", c));
		if (is_dollar) {
			fq_buf_putc(&x->out, '$');
		} else if (x->format == 'm' && strchr(" :#%*?[]~\\|&;", c)) {
			fq_buf_putc(&x->out, '\\');
		}
		fq_buf_putc(&x->out, c);
	}
}

/* Where the other tool sees that a job is done: its first output, or a file of its own. */
static void add_marks(struct exporter *x, uint32_t job, bool first_only)
{
	struct fq_list outputs = {0};
	struct fq_buf name = {0}, path = {0};
	const struct fq_task *task = fq_plan_rule(&x->session->plan, job)->task;
	uint32_t count = 0, i = 0;
	fq_plan_outputs(&x->session->plan, job, &outputs);
	for (const char *text = NULL; (text = fq_list_next(&outputs, text)); i++) {
		bool is_optional = outputs.count == task->outputs.count && task->outputs.words[i].is_optional;
		if (!is_optional && !(first_only && count)) {
			fq_buf_puts(&x->out, count++ ? " " : "");
			add_name(x, fq_text(text));
		}
	}
	if (count == 0) {
		fq_plan_add_name(&x->session->plan, job, &name);
		fq_buf_puts(&path, ".fqrun-export/");
		fq_buf_add_file_name(&path, (struct fq_text){name.at, name.len});
		add_name(x, (struct fq_text){path.at, path.len});
	}
	fq_list_finish(&outputs);
	fq_buf_finish(&name);
	fq_buf_finish(&path);
}

static bool has_outputs(const struct fq_task *task)
{
	for (uint32_t i = 0; i < task->outputs.count; i++) {
		if (!task->outputs.words[i].is_optional) {
			return true;
		}
	}
	return false;
}

static void add_stamp(struct exporter *x, uint32_t job, struct fq_buf *line)
{
	struct fq_buf name = {0}, path = {0};
	fq_plan_add_name(&x->session->plan, job, &name);
	fq_buf_puts(&path, ".fqrun-export/");
	fq_buf_add_file_name(&path, (struct fq_text){name.at, name.len});
	fq_buf_puts(line, " && mkdir -p .fqrun-export && : > ");
	fq_export_add_word(line, (struct fq_text){path.at, path.len});
	fq_buf_finish(&name);
	fq_buf_finish(&path);
}

/* --- what a job waits for --------------------------------------------------------------------- */

static bool is_whole(const struct fq_plan *plan, const struct fq_arrow *arrow, uint32_t job)
{
	struct fq_jobs before = fq_plan_before(plan, arrow, job);
	return before.count == plan->rules[arrow->from].job_count && before.count > 1;
}

static void add_before(struct exporter *x, uint32_t job)
{
	struct fq_plan *plan = &x->session->plan;
	const struct fq_rule *rule = fq_plan_rule(plan, job);
	for (uint32_t i = 0; i < rule->in_count; i++) {
		const struct fq_arrow *arrow = &plan->arrows[rule->in[i]];
		struct fq_jobs before = fq_plan_before(plan, arrow, job);
		if (!fq_export_is_possible(plan->rules[arrow->from].task)) {
			continue;
		}
		if (is_whole(plan, arrow, job)) {
			fq_buf_addf(&x->out, " fqrun-all-%s", plan->rules[arrow->from].task->name);
			continue;
		}
		for (uint32_t j = 0; j < before.count; j++) {
			fq_buf_putc(&x->out, ' ');
			add_marks(x, fq_jobs_at(&before, j), true);
		}
	}
	const struct fq_side_arrow *side;
	size_t count = fq_plan_side_before(plan, job, &side);
	for (size_t i = 0; i < count; i++) {
		fq_buf_putc(&x->out, ' ');
		add_marks(x, side[i].from, true);
	}
}

static void add_inputs(struct exporter *x, uint32_t job)
{
	struct fq_list inputs = {0};
	fq_plan_inputs(&x->session->plan, job, &inputs);
	for (const char *path = NULL; (path = fq_list_next(&inputs, path));) {
		fq_buf_putc(&x->out, ' ');
		add_name(x, fq_text(path));
	}
	fq_list_finish(&inputs);
	add_before(x, job);
}

/* --- jobs --------------------------------------------------------------------------------------- */

static void add_dollars(struct fq_buf *buf, struct fq_text text)
{
	for (size_t i = 0; i < text.len; i++) {
		fq_buf_puts(buf, text.at[i] == '$' ? "$" : "");
		fq_buf_putc(buf, text.at[i]);
	}
}

static void add_ninja(struct exporter *x, uint32_t job, struct fq_text line)
{
	struct fq_buf name = {0};
	fq_buf_puts(&x->out, "build ");
	add_marks(x, job, false);
	fq_buf_puts(&x->out, ": run");
	add_inputs(x, job);
	fq_buf_puts(&x->out, "\n  cmd = ");
	add_dollars(&x->out, line);
	fq_buf_puts(&x->out, "\n  name = ");
	fq_plan_add_name(&x->session->plan, job, &name);
	struct fq_buf shown = {0};
	fq_ui_add_shown(&shown, (struct fq_text){name.at, name.len});
	add_dollars(&x->out, (struct fq_text){shown.at, shown.len});
	fq_buf_puts(&x->out, "\n\n");
	fq_buf_finish(&name);
	fq_buf_finish(&shown);
}

static void add_make(struct exporter *x, uint32_t job, struct fq_text line)
{
	const struct fq_task *task = fq_plan_rule(&x->session->plan, job)->task;
	size_t start = x->out.len;
	add_marks(x, job, false);
	bool several = task->outputs.count > 1 && memchr(x->out.at + start, ' ', x->out.len - start);
	fq_buf_puts(&x->out, several ? " &:" : ":");
	add_inputs(x, job);
	fq_buf_puts(&x->out, "\n\t");
	add_dollars(&x->out, line);
	fq_buf_puts(&x->out, "\n\n");
}

static void add_job(struct exporter *x, uint32_t job)
{
	struct fq_buf line = {0};
	fq_export_add_line(x->session, job, &line);
	if (x->format != 's' && !has_outputs(fq_plan_rule(&x->session->plan, job)->task)) {
		add_stamp(x, job, &line);
	}
	struct fq_text text = {line.at, line.len};
	if (x->format == 'n') {
		add_ninja(x, job, text);
	} else if (x->format == 'm') {
		add_make(x, job, text);
	} else {
		fq_buf_puts(&x->out, "( ");
		fq_buf_add_text(&x->out, text);
		fq_buf_puts(&x->out, " )\n");
	}
	fq_buf_finish(&line);
}

/* --- the file --------------------------------------------------------------------------------------- */

/* A name for all jobs of a task, so that one who waits for all needs one name. */
static void add_groups(struct exporter *x)
{
	const struct fq_plan *plan = &x->session->plan;
	for (uint32_t i = 0; i < plan->rule_count && x->format != 's'; i++) {
		const struct fq_rule *rule = &plan->rules[i];
		if (rule->job_count < 2 || !fq_export_is_possible(rule->task)) {
			continue;
		}
		const char *name = rule->task->name;
		if (x->format == 'n') {
			fq_buf_addf(&x->out, "build fqrun-all-%s: phony", name);
		} else {
			fq_buf_addf(&x->out, ".PHONY: fqrun-all-%s\nfqrun-all-%s:", name, name);
		}
		for (uint32_t j = 0; j < rule->job_count; j++) {
			fq_buf_putc(&x->out, ' ');
			add_marks(x, rule->first_job + j, true);
		}
		fq_buf_puts(&x->out, "\n\n");
	}
}

static void add_head(struct exporter *x)
{
	static const char ninja[] = "rule run\n  command = $cmd\n  description = $name\n\n";
	fq_buf_addf(&x->out,
	        x->format == 's' ? "#!/bin/bash\n# From %s, by fqrun " FQ_VERSION ".\nset -eu\n"
	                         : "# From %s, by fqrun " FQ_VERSION ".\n",
	        x->session->manifest.path);
	if (x->format == 'n') {
		fq_buf_puts(&x->out, ninja);
	} else if (x->format == 'm') {
		fq_buf_puts(&x->out, "SHELL = /bin/sh\n.DELETE_ON_ERROR:\n.PHONY: all\nall:");
		for (uint32_t job = 0; job < x->session->plan.job_count; job++) {
			if (fq_export_is_possible(fq_plan_rule(&x->session->plan, job)->task)) {
				fq_buf_putc(&x->out, ' ');
				add_marks(x, job, true);
			}
		}
		fq_buf_puts(&x->out, "\n\n");
	}
}

/* In the file as comments, and on standard error, where they are seen. */
static void tell_losses(struct exporter *x)
{
	struct fq_buf losses = {0};
	const struct fq_plan *plan = &x->session->plan;
	for (uint32_t i = 0; i < plan->rule_count; i++) {
		fq_export_add_losses(x->session, plan->rules[i].task, &losses);
	}
	struct fq_text rest = {losses.at, losses.len};
	while (rest.len) {
		size_t len = (size_t)((const char *)memchr(rest.at, '\n', rest.len) - rest.at) + 1;
		fq_buf_addf(&x->out, "# %.*s", (int)len, rest.at);
		fprintf(stderr, "fqrun: warning: %.*s", (int)len, rest.at);
		rest = (struct fq_text){rest.at + len, rest.len - len};
	}
	fq_buf_finish(&losses);
}

static void export_all(struct exporter *x)
{
	const struct fq_plan *plan = &x->session->plan;
	add_head(x);
	tell_losses(x);
	for (uint32_t i = 0; i < plan->rule_count; i++) {
		const struct fq_rule *rule = &plan->rules[plan->order[i]];
		for (uint32_t j = 0; fq_export_is_possible(rule->task) && j < rule->job_count; j++) {
			add_job(x, rule->first_job + j);
		}
	}
	add_groups(x);
	fwrite(x->out.at, 1, x->out.len, stdout);
}

int fq_cli_export(const struct fq_options *options)
{
	struct fq_session s = fq_session_begin(options);
	bool loaded = fq_session_load(&s);
	int status = fq_session_fail(&s, loaded ? 0 : 2);
	if (loaded) {
		struct exporter x = {.session = &s, .format = options->format};
		export_all(&x);
		fq_buf_finish(&x.out);
	}
	fq_session_finish(&s);
	return fq_cli_flush(status);
}
