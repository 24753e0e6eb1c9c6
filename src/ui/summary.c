#include "internal.h"

#include <string.h>

enum { FAILURES_SHOWN = 20, TAIL_LINES = 5, TAIL_BYTES = 2000, BLOCKERS_SHOWN = 5 };

static const char *jobs_word(uint32_t count)
{
	return count == 1 ? "job" : "jobs";
}

/* --- failures --------------------------------------------------------------------------- */

static void add_tail(struct fq_ui *ui, const char *path)
{
	struct fq_buf log = {0};
	struct fq_error err = {0};
	int64_t hidden;
	if (path && fq_ui_read_end(path, TAIL_BYTES, &log, &hidden, &err) && log.len) {
		struct fq_text text = {log.at, log.len};
		size_t start = fq_ui_tail(text, TAIL_LINES);
		struct fq_text tail = fq_text_trim((struct fq_text){text.at + start, text.len - start});
		fq_ui_add_indented(ui, tail, "      | ");
	}
	fq_error_finish(&err);
	fq_buf_finish(&log);
}

static void add_place(struct fq_ui *ui, const char *word, struct fq_where where)
{
	if (where.file) {
		fq_buf_addf(&ui->text, "    %s ", word);
		fq_ui_add_shown(&ui->text, fq_text(where.file));
		fq_buf_addf(&ui->text, ":%u", where.line);
		if (where.column) {
			fq_buf_addf(&ui->text, ":%u", where.column);
		}
		fq_buf_putc(&ui->text, '\n');
	}
}

static void add_failure(struct fq_ui *ui, const struct fq_run *run, const struct fq_failure *failure)
{
	bool is_sample = fq_plan_sample(run->plan, failure->job) != UINT32_MAX;
	fq_buf_puts(&ui->text, "  ");
	fq_ui_add_failure(ui, run, failure);
	add_place(ui, is_sample ? "sample" : "task  ", fq_plan_where(run->plan, failure->job));
	struct fq_where sample = fq_plan_where(run->plan, failure->job);
	if (failure->where.line != sample.line) {
		add_place(ui, "at    ", failure->where);
	}
	if (failure->hint) {
		fq_buf_puts(&ui->text, "    hint   ");
		fq_ui_add_shown(&ui->text, fq_text(failure->hint));
		fq_buf_putc(&ui->text, '\n');
	}
	if (failure->log) {
		fq_buf_puts(&ui->text, "    log    ");
		fq_ui_add_shown(&ui->text, fq_text(failure->log));
		fq_buf_putc(&ui->text, '\n');
		add_tail(ui, failure->log);
	}
}

/* --- jobs that did not run because of them --------------------------------------------------- */

static bool did_not_succeed(const struct fq_run *run, uint32_t job)
{
	uint8_t state = run->states[job];
	return state == FQ_STATE_FAILED || state == FQ_STATE_BLOCKED || state == FQ_STATE_CANCELLED;
}

static void add_blocker(struct fq_ui *ui, const struct fq_run *run, uint32_t job, uint32_t *count)
{
	if (!did_not_succeed(run, job) || (*count)++ >= BLOCKERS_SHOWN) {
		return;
	}
	fq_buf_puts(&ui->text, *count > 1 ? ", " : "");
	fq_ui_add_job(ui, run, job);
}

static void add_blocked(struct fq_ui *ui, const struct fq_run *run, uint32_t job)
{
	const struct fq_plan *plan = run->plan;
	const struct fq_rule *rule = fq_plan_rule(plan, job);
	const struct fq_side_arrow *side;
	uint32_t count = 0;
	fq_buf_puts(&ui->text, "  ");
	fq_ui_add_color(ui, FQ_UI_YELLOW, "NOT RUN");
	fq_buf_putc(&ui->text, ' ');
	fq_ui_add_job(ui, run, job);
	size_t named = ui->text.len;
	fq_buf_puts(&ui->text, ": it waits for ");
	for (uint32_t i = 0; i < rule->in_count; i++) {
		struct fq_jobs before = fq_plan_before(plan, &plan->arrows[rule->in[i]], job);
		for (uint32_t j = 0; j < before.count; j++) {
			add_blocker(ui, run, fq_jobs_at(&before, j), &count);
		}
	}
	size_t side_count = fq_plan_side_before(plan, job, &side);
	for (size_t i = 0; i < side_count; i++) {
		add_blocker(ui, run, side[i].from, &count);
	}
	if (count > BLOCKERS_SHOWN) {
		fq_buf_addf(&ui->text, " and %u more", count - BLOCKERS_SHOWN);
	} else if (count == 0) {
		ui->text.len = named;
		fq_buf_puts(&ui->text, fq_plan_sample(plan, job) == UINT32_MAX
		                               ? ": a sample that it reads is left out"
		                               : ": its sample is left out");
	}
	fq_buf_putc(&ui->text, '\n');
}

static void add_all_blocked(struct fq_ui *ui, const struct fq_run *run)
{
	uint32_t shown = 0, total = run->counts[FQ_STATE_BLOCKED];
	for (uint32_t job = 0; job < run->plan->job_count && shown < total && shown < FAILURES_SHOWN; job++) {
		if (run->states[job] == FQ_STATE_BLOCKED) {
			add_blocked(ui, run, job);
			shown++;
		}
	}
	if (total > shown) {
		fq_buf_addf(&ui->text, "  and %u more did not run because of these\n", total - shown);
	}
}

/* --- what preflight found ------------------------------------------------------------------------ */

static void add_refusal(struct fq_ui *ui, const struct fq_run *run, const struct fq_refusal *refusal)
{
	const struct fq_sample *sample = &run->plan->manifest->samples[refusal->sample];
	fq_buf_puts(&ui->text, "  ");
	fq_ui_add_color(ui, refusal->is_warning ? FQ_UI_YELLOW : FQ_UI_RED,
	        refusal->is_warning ? "WARNING" : "LEFT OUT");
	fq_buf_puts(&ui->text, " sample ");
	fq_ui_add_shown(&ui->text, (struct fq_text){sample->name, sample->name_len});
	fq_buf_puts(&ui->text, ": ");
	fq_ui_add_shown(&ui->text, fq_text(refusal->text));
	fq_buf_putc(&ui->text, '\n');
	add_place(ui, "sample", refusal->where);
	if (refusal->hint) {
		fq_buf_puts(&ui->text, "    hint   ");
		fq_ui_add_shown(&ui->text, fq_text(refusal->hint));
		fq_buf_putc(&ui->text, '\n');
	}
}

/* Errors last, where they are seen; of many of a kind the first. */
static void add_refusals(struct fq_ui *ui, const struct fq_gate *gate, const struct fq_run *run)
{
	enum { SHOWN = 100 };
	for (int errors = 0; gate && errors < 2; errors++) {
		size_t count = 0;
		for (size_t i = 0; i < gate->refusal_count; i++) {
			const struct fq_refusal *refusal = &gate->refusals[i];
			bool is_shown = refusal->is_warning != (bool)errors &&
			                !(refusal->is_warning && ui->options.quiet);
			if (is_shown && count++ < SHOWN) {
				add_refusal(ui, run, refusal);
			}
		}
		if (count > SHOWN) {
			fq_buf_addf(&ui->text, "  and %zu more %s\n", count - SHOWN,
			        errors ? "like these" : "warnings");
		}
	}
}

static void add_failures(struct fq_ui *ui, const struct fq_run *run)
{
	const struct fq_gate *gate = run->options.gate;
	if (run->failure_count == 0 && run->counts[FQ_STATE_BLOCKED] == 0 && !(gate && gate->refusal_count)) {
		return;
	}
	fq_buf_putc(&ui->text, '\n');
	add_refusals(ui, gate, run);
	for (size_t i = 0; i < run->failure_count && i < FAILURES_SHOWN; i++) {
		add_failure(ui, run, &run->failures[i]);
	}
	if (run->failure_count > FAILURES_SHOWN) {
		fq_buf_addf(&ui->text, "  and %zu more failed; their logs are in ",
		        run->failure_count - FAILURES_SHOWN);
		fq_ui_add_shown(&ui->text, fq_text(run->options.logs));
		fq_buf_putc(&ui->text, '\n');
	}
	add_all_blocked(ui, run);
	fq_buf_putc(&ui->text, '\n');
}

/* --- the last line ------------------------------------------------------------------------------ */

static void add_part(struct fq_ui *ui, uint32_t count, const char *word)
{
	if (count) {
		fq_buf_addf(&ui->text, ", %u %s", count, word);
	}
}

static void add_repeats(struct fq_ui *ui, const struct fq_run *run)
{
	if (run->retried_count) {
		fq_buf_addf(&ui->text, "; %u retried", run->retried_count);
	}
	if (run->again_count) {
		fq_buf_addf(&ui->text, "%s %u ran again", run->retried_count ? "," : ";", run->again_count);
	}
}

static void add_verdict(struct fq_ui *ui, const struct fq_run *run)
{
	const uint32_t *counts = run->counts;
	uint32_t wanted = fq_run_wanted(run);
	if (run->plan->manifest->has_name) {
		fq_ui_add_shown(&ui->text, fq_text(run->plan->manifest->name));
		fq_buf_puts(&ui->text, ": ");
	}
	if (counts[FQ_STATE_FRESH] + counts[FQ_STATE_OFF] == wanted) {
		fq_buf_addf(&ui->text, wanted ? "nothing to do: %u %s up to date" : "nothing to do: no jobs",
		        counts[FQ_STATE_FRESH], counts[FQ_STATE_FRESH] == 1 ? "job is" : "jobs are");
		add_part(ui, counts[FQ_STATE_OFF], "left out");
		fq_buf_putc(&ui->text, '\n');
		return;
	}
	bool is_bad = run->is_barred || counts[FQ_STATE_FAILED] || counts[FQ_STATE_BLOCKED] ||
	              counts[FQ_STATE_CANCELLED];
	fq_ui_add_color(ui, is_bad ? FQ_UI_RED : FQ_UI_GREEN,
	        run->stop_signal ? "stopped"
	        : is_bad         ? "failed"
	                         : "done");
	fq_buf_addf(&ui->text, ": %u %s", wanted, jobs_word(wanted));
	add_part(ui, counts[FQ_STATE_DONE], "ran");
	add_part(ui, counts[FQ_STATE_FRESH], "up to date");
	add_part(ui, counts[FQ_STATE_OFF], "left out");
	add_part(ui, counts[FQ_STATE_FAILED], "failed");
	add_part(ui, counts[FQ_STATE_BLOCKED], "not run because of that");
	add_part(ui, counts[FQ_STATE_CANCELLED], run->stop_signal ? "stopped or not started" : "not started");
	add_repeats(ui, run);
	fq_buf_puts(&ui->text, " (");
	fq_buf_add_duration(&ui->text, fq_clock_ns() - run->started_ns);
	fq_buf_puts(&ui->text, ")\n");
	if (run->stop_signal) {
		fq_buf_puts(&ui->text, "what is done is kept: the same command goes on from here\n");
	}
}

void fq_ui_summary(struct fq_ui *ui, const struct fq_run *run)
{
	add_failures(ui, run);
	fq_ui_add_fault(ui, run);
	fq_ui_flush(ui, ui->options.err);
	if (!ui->options.quiet) {
		add_verdict(ui, run);
		fq_ui_flush(ui, ui->options.out);
	}
}
