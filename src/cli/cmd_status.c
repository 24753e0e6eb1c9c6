/* `fqrun status [--json] [TARGET...]`: what is done, and what is not. */
#include "cli.h"
#include "judge.h"
#include "known.h"

#include <stdio.h>
#include <string.h>

enum {
	ROWS_MOST = 40,     /* of the table; for more samples a line a task */
	NAME_WIDTH = 32,    /* of a sample */
	REASONS_SHOWN = 20, /* jobs */
};

typedef uint32_t tally[FQ_STANDING_COUNT];

struct status {
	struct fq_judge *judge;
	const struct fq_plan *plan;
	uint32_t *rows;    /* by sample: 1 + its row; 0: none of its jobs is meant */
	uint32_t *columns; /* by rule, the same: those whose jobs are of one sample each */
	uint32_t row_count, column_count, alone_count; /* alone: jobs that are of several samples, or none */
	tally total;
	bool color;
	struct fq_buf text;
};

/* --- counting ------------------------------------------------------------------------------ */

static void visit(struct status *status, uint32_t rule, uint32_t job)
{
	uint32_t sample = fq_plan_sample(status->plan, job);
	status->total[status->judge->standings[job]]++;
	if (sample == UINT32_MAX) {
		status->alone_count++;
		return;
	}
	status->rows[sample] = 1;
	status->columns[rule] = 1;
}

static uint32_t number(uint32_t *marks, size_t count)
{
	uint32_t numbered = 0;
	for (size_t i = 0; i < count; i++) {
		marks[i] = marks[i] ? ++numbered : 0;
	}
	return numbered;
}

static void count_all(struct status *status)
{
	const struct fq_plan *plan = status->plan;
	status->rows = fq_zeroed(plan->manifest->sample_count, sizeof(*status->rows));
	status->columns = fq_zeroed(plan->rule_count, sizeof(*status->columns));
	for (uint32_t i = 0; i < plan->rule_count; i++) {
		for (uint32_t j = 0; j < plan->rules[i].job_count; j++) {
			uint32_t job = plan->rules[i].first_job + j;
			if (fq_judge_is_meant(status->judge, job)) {
				visit(status, i, job);
			}
		}
	}
	status->row_count = number(status->rows, plan->manifest->sample_count);
	status->column_count = number(status->columns, plan->rule_count);
}

/* --- a row a sample ------------------------------------------------------------------------ */

/* Of the jobs of a sample and a task: the worst that there is, and of how many. */
static void add_cell(struct fq_table *table, const tally counts)
{
	static const enum fq_standing worst_first[] = {FQ_STANDING_FAILED, FQ_STANDING_CUT_OFF,
	        FQ_STANDING_RUNNING, FQ_STANDING_STALE, FQ_STANDING_BLOCKED, FQ_STANDING_MISSING,
	        FQ_STANDING_DONE, FQ_STANDING_LEFT_OUT};
	uint32_t all = 0;
	for (size_t i = 0; i < FQ_STANDING_COUNT; i++) {
		all += i == FQ_STANDING_LEFT_OUT ? 0 : counts[i];
	}
	for (size_t i = 0; i < FQ_COUNT(worst_first); i++) {
		enum fq_standing standing = worst_first[i];
		if (counts[standing] == 0) {
			continue;
		}
		enum fq_tint tint = fq_standing_tint(standing);
		if (counts[standing] == all || standing == FQ_STANDING_LEFT_OUT) {
			fq_table_addf(table, tint, "%s", fq_standing_names[standing]);
		} else if (standing == FQ_STANDING_FAILED) {
			fq_table_addf(table, tint, "%u/%u failed", counts[standing], all);
		} else {
			fq_table_addf(table, tint, "%u/%u done", counts[FQ_STANDING_DONE], all);
		}
		return;
	}
	fq_table_addf(table, FQ_TINT_NONE, "-");
}

static void tally_cells(const struct status *status, tally *ret)
{
	const struct fq_plan *plan = status->plan;
	for (uint32_t i = 0; i < plan->rule_count; i++) {
		for (uint32_t j = 0; status->columns[i] && j < plan->rules[i].job_count; j++) {
			uint32_t job = plan->rules[i].first_job + j;
			if (fq_judge_is_meant(status->judge, job)) {
				size_t row = status->rows[fq_plan_sample(plan, job)] - 1;
				ret[row * status->column_count + status->columns[i] - 1]
				   [status->judge->standings[job]]++;
			}
		}
	}
}

static void add_name(struct fq_table *table, struct fq_text name)
{
	struct fq_buf shown = {0}, cut = {0};
	fq_ui_add_shown(&shown, name);
	fq_cli_add_cut(&cut, (struct fq_text){shown.at, shown.len}, NAME_WIDTH);
	fq_table_add(table, (struct fq_text){cut.at, cut.len}, FQ_TINT_NONE);
	fq_buf_finish(&shown);
	fq_buf_finish(&cut);
}

static void print_table(struct status *status)
{
	const struct fq_plan *plan = status->plan;
	size_t cell_count = (size_t)status->row_count * status->column_count;
	tally *cells = fq_zeroed(cell_count, sizeof(*cells)), *next = cells;
	struct fq_table table = {.columns = status->column_count + 1U, .color = status->color};
	tally_cells(status, cells);
	fq_table_addf(&table, FQ_TINT_BOLD, "sample");
	for (uint32_t i = 0; i < plan->rule_count; i++) {
		if (status->columns[i]) {
			fq_table_addf(&table, FQ_TINT_BOLD, "%s", plan->rules[i].task->name);
		}
	}
	for (size_t i = 0; i < plan->manifest->sample_count; i++) {
		const struct fq_sample *sample = &plan->manifest->samples[i];
		if (status->rows[i]) {
			add_name(&table, (struct fq_text){sample->name, sample->name_len});
		}
		for (uint32_t j = 0; status->rows[i] && j < status->column_count; j++) {
			add_cell(&table, *next++);
		}
	}
	fq_table_print(&table, fq_cli_width(), &status->text);
	fq_table_finish(&table);
	fq_release(cells);
}

/* Those that are in no row: of the cohort, of a column that gathers. */
static void print_alone(struct status *status)
{
	const struct fq_plan *plan = status->plan;
	struct fq_table table = {.columns = 2, .color = status->color};
	struct fq_buf name = {0};
	for (uint32_t job = 0; job < plan->job_count; job++) {
		enum fq_standing standing = (enum fq_standing)status->judge->standings[job];
		if (!fq_judge_is_meant(status->judge, job) || fq_plan_sample(plan, job) != UINT32_MAX) {
			continue;
		}
		name.len = 0;
		fq_plan_add_name(plan, job, &name);
		add_name(&table, (struct fq_text){name.at, name.len});
		fq_table_addf(&table, fq_standing_tint(standing), "%s", fq_standing_names[standing]);
	}
	fq_buf_puts(&status->text, status->text.len ? "\n" : "");
	fq_table_print(&table, fq_cli_width(), &status->text);
	fq_table_finish(&table);
	fq_buf_finish(&name);
}

/* --- a row a task -------------------------------------------------------------------------- */

static uint32_t tally_rule(const struct status *status, const struct fq_rule *rule, tally ret)
{
	uint32_t all = 0;
	for (uint32_t i = 0; i < rule->job_count; i++) {
		if (fq_judge_is_meant(status->judge, rule->first_job + i)) {
			ret[status->judge->standings[rule->first_job + i]]++;
			all++;
		}
	}
	return all;
}

static void print_tasks(struct status *status)
{
	struct fq_table table = {.columns = 2, .color = status->color, .has_numbers = true};
	fq_table_addf(&table, FQ_TINT_BOLD, "task");
	fq_table_addf(&table, FQ_TINT_BOLD, "jobs");
	for (size_t i = 0; i < FQ_STANDING_COUNT; i++) {
		if (status->total[i]) {
			fq_table_addf(&table, FQ_TINT_BOLD, "%s", fq_standing_names[i]);
			table.columns++;
		}
	}
	for (uint32_t i = 0; i < status->plan->rule_count; i++) {
		const struct fq_rule *rule = &status->plan->rules[i];
		tally counts = {0};
		uint32_t all = tally_rule(status, rule, counts);
		if (all == 0) {
			continue;
		}
		fq_table_addf(&table, FQ_TINT_NONE, "%s", rule->task->name);
		fq_table_addf(&table, FQ_TINT_NONE, "%u", all);
		for (enum fq_standing j = 0; j < FQ_STANDING_COUNT; j++) {
			if (status->total[j]) {
				fq_table_addf(&table, counts[j] ? fq_standing_tint(j) : FQ_TINT_NONE, "%u",
				        counts[j]);
			}
		}
	}
	fq_table_print(&table, fq_cli_width(), &status->text);
	fq_table_finish(&table);
}

/* --- reasons ------------------------------------------------------------------------------- */

/* Without the words that its standing has said already. */
static void add_cause(struct status *status, uint32_t job)
{
	struct fq_record record = fq_known_record(status->judge->s, job);
	struct fq_buf cause = {0};
	fq_buf_add_unescaped(&cause, record.cause);
	fq_ui_add_shown(&status->text, (struct fq_text){cause.at, cause.len});
	fq_buf_finish(&cause);
}

static void add_blocker(struct status *status, uint32_t job)
{
	uint32_t before;
	struct fq_buf name = {0};
	size_t count = fq_judge_waits(status->judge, job, &before, 1);
	fq_plan_add_name(status->plan, count ? before : job, &name);
	fq_buf_puts(&status->text, "it waits for ");
	fq_ui_add_shown(&status->text, (struct fq_text){name.at, name.len});
	if (count > 1) {
		fq_buf_addf(&status->text, " and %zu more", count - 1);
	}
	fq_buf_finish(&name);
}

/* The first in one line, and how many more there are. */
static void add_reasons(struct status *status, uint32_t job)
{
	struct fq_buf why = {0};
	size_t more = 0, first = 0;
	fq_buf_puts(&why, "");
	fq_judge_add_why(status->judge, job, &why);
	for (size_t at = 0; at < why.len; at++) {
		bool is_end = why.at[at] == '\n';
		first = is_end && first == 0 ? at : first;
		more += is_end && at + 1 < why.len && why.at[at + 1] != ' ';
	}
	fq_ui_add_shown(&status->text, (struct fq_text){why.at, first});
	if (more) {
		fq_buf_addf(&status->text, " (and %zu more %s)", more, more == 1 ? "reason" : "reasons");
	}
	fq_buf_finish(&why);
}

static void print_reason(struct status *status, uint32_t job, enum fq_standing standing)
{
	enum { WORD_WIDTH = 9 }; /* "blocked", and a gap */
	struct fq_buf name = {0}, *text = &status->text;
	fq_buf_puts(text, "  ");
	fq_cli_add_tinted(text, status->color, fq_standing_tint(standing), fq_standing_names[standing]);
	fq_buf_addf(text, "%*s", WORD_WIDTH - (int)strlen(fq_standing_names[standing]), "");
	fq_plan_add_name(status->plan, job, &name);
	fq_ui_add_shown(text, (struct fq_text){name.at, name.len});
	fq_buf_puts(text, ": ");
	if (standing == FQ_STANDING_FAILED) {
		add_cause(status, job);
	} else if (standing == FQ_STANDING_BLOCKED) {
		add_blocker(status, job);
	} else {
		add_reasons(status, job);
	}
	fq_buf_putc(text, '\n');
	fq_buf_finish(&name);
}

/* Of those that a person will ask of; the worst first. */
static void print_reasons(struct status *status)
{
	static const enum fq_standing told[] = {
	        FQ_STANDING_FAILED, FQ_STANDING_CUT_OFF, FQ_STANDING_STALE, FQ_STANDING_BLOCKED};
	uint32_t all = 0, shown = 0;
	for (size_t i = 0; i < FQ_COUNT(told); i++) {
		all += status->total[told[i]];
	}
	fq_buf_puts(&status->text, all ? "\n" : "");
	for (size_t i = 0; i < FQ_COUNT(told); i++) {
		uint32_t left = status->total[told[i]];
		for (uint32_t job = 0; left && shown < REASONS_SHOWN; job++) {
			if (status->judge->standings[job] == told[i] &&
			        fq_judge_is_meant(status->judge, job)) {
				print_reason(status, job, told[i]);
				shown++;
				left--;
			}
		}
	}
	if (all > shown) {
		fq_buf_addf(
		        &status->text, "  ... and %u more (fqrun status --json lists all)\n", all - shown);
	}
}

/* --- the last lines ------------------------------------------------------------------------ */

static void print_total(struct status *status)
{
	uint32_t all = 0;
	for (size_t i = 0; i < FQ_STANDING_COUNT; i++) {
		all += status->total[i];
	}
	fq_buf_addf(&status->text, "%s%u %s", status->text.len ? "\n" : "", all, all == 1 ? "job" : "jobs");
	for (size_t i = 0, shown = 0; i < FQ_STANDING_COUNT; i++) {
		if (status->total[i]) {
			fq_buf_addf(&status->text, "%s%u %s", shown++ ? ", " : ": ", status->total[i],
			        fq_standing_names[i]);
		}
	}
	fq_buf_putc(&status->text, '\n');
}

static void print_last(struct status *status)
{
	const struct fq_past_run *last = status->judge->last;
	struct fq_buf *text = &status->text;
	if (!last) {
		fq_buf_puts(text, "no run is known\n");
		return;
	}
	struct fq_buf end = {0};
	fq_past_add_end(last, &end);
	fq_buf_puts(text, last->end == FQ_RUN_RUNNING ? "a run goes on since " : "last run ");
	fq_cli_add_local(text, last->began_s);
	if (last->end == FQ_RUN_RUNNING) {
		fq_buf_addf(text, " (pid %lld)", (long long)last->pid);
	} else {
		fq_buf_puts(text, ": ");
		fq_cli_add_tinted(text, status->color, fq_past_tint(last), end.at);
	}
	if (last->ended_s) {
		fq_buf_puts(text, " after ");
		fq_past_add_took(last, text);
	}
	if (last->end == FQ_RUN_UNKNOWN) {
		fq_buf_puts(text, "; it began on ");
		fq_ui_add_shown(text, fq_text(last->host));
		fq_buf_puts(text, ", where it may still run");
	}
	fq_buf_puts(text, "\n");
	fq_buf_finish(&end);
}

static void print_all(struct fq_judge *judge, bool color)
{
	struct status status = {.judge = judge, .plan = &judge->s->plan, .color = color};
	count_all(&status);
	if (status.row_count + status.alone_count > ROWS_MOST) {
		print_tasks(&status);
	} else {
		if (status.row_count) {
			print_table(&status);
		}
		if (status.alone_count) {
			print_alone(&status);
		}
	}
	print_reasons(&status);
	print_total(&status);
	print_last(&status);
	fwrite(status.text.at, 1, status.text.len, stdout);
	fq_buf_finish(&status.text);
	fq_release(status.rows);
	fq_release(status.columns);
}

int fq_cli_status(const struct fq_options *options)
{
	struct fq_session s = fq_session_begin(options);
	struct fq_judge judge;
	int status = fq_judge_begin(&judge, &s);
	if (status == 0 && !options->json) {
		print_all(&judge, fq_cli_has_color(options));
	}
	for (uint32_t job = 0; status == 0 && options->json && job < s.plan.job_count; job++) {
		if (fq_judge_is_meant(&judge, job)) {
			fq_json_print(fq_judge_json(&judge, job));
		}
	}
	fq_judge_finish(&judge);
	fq_session_finish(&s);
	return fq_cli_flush(status);
}
