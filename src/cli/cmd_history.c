/* `fqrun history [--json] [TARGET...]`: runs, or the attempts of jobs; the newest last. */
#include "cli.h"
#include "judge.h"
#include "known.h"

#include <stdio.h>
#include <string.h>

/* Something that became of a job, in the order in which it began. */
struct attempt {
	uint32_t job;
	enum fq_event_type type; /* JOB, FORGET */
	uint8_t verdict, how;
	size_t run; /* 1 + the run that it is of; 0: none is known */
	struct fq_usage usage;
	const char *cause;
};

struct history {
	struct fq_session *s;
	struct fq_past past;
	bool *named;        /* by job; NULL: runs are asked for */
	struct fq_map jobs; /* those named, by "TASK\tUNIT" as the journal has it */
	uint32_t *open;     /* by job: 1 + its attempt that has not ended */
	struct attempt *attempts;
	size_t count, cap;
	bool color;
};

/* --- the jobs asked for -------------------------------------------------------------------- */

struct wanted {
	const struct fq_plan *plan;
	struct fq_text key;
};

static bool same_job(uint32_t job, const void *context)
{
	const struct wanted *wanted = context;
	struct fq_buf key = {0};
	fq_known_add_key(wanted->plan, job, &key);
	bool same = fq_text_equal(wanted->key, (struct fq_text){key.at, key.len});
	fq_buf_finish(&key);
	return same;
}

static bool name_targets(struct history *history)
{
	struct fq_session *s = history->s;
	const struct fq_options *options = s->options;
	struct fq_buf key = {0};
	if (options->target_count == 0) {
		return true;
	}
	history->named = fq_zeroed(s->plan.job_count, sizeof(*history->named));
	history->open = fq_zeroed(s->plan.job_count, sizeof(*history->open));
	for (size_t i = 0; i < options->target_count; i++) {
		if (!fq_plan_select(&s->plan, options->targets[i], history->named, &s->err)) {
			return false;
		}
	}
	for (uint32_t job = 0; job < s->plan.job_count; job++) {
		if (history->named[job]) {
			key.len = 0;
			fq_known_add_key(&s->plan, job, &key);
			fq_map_add(&history->jobs, fq_hash(key.at, key.len), job);
		}
	}
	fq_buf_finish(&key);
	return true;
}

static const uint32_t *find_job(const struct history *history, const struct fq_journal_job *job)
{
	struct fq_buf key = {0};
	fq_buf_add_text(&key, job->task);
	fq_buf_putc(&key, '\t');
	fq_buf_add_text(&key, job->unit);
	struct wanted wanted = {&history->s->plan, {key.at, key.len}};
	const uint32_t *found = fq_map_find(&history->jobs, fq_hash(key.at, key.len), same_job, &wanted);
	fq_buf_finish(&key);
	return found;
}

/* --- reading ------------------------------------------------------------------------------- */

static const char *copy_cause(struct history *history, struct fq_text cause)
{
	struct fq_buf text = {0};
	fq_buf_puts(&text, "");
	fq_buf_add_unescaped(&text, cause);
	const char *copy = fq_arena_copy(&history->s->arena, text.at, text.len);
	fq_buf_finish(&text);
	return copy;
}

/* The end of an attempt takes the place of its beginning. */
static void note_event(struct history *history, const struct fq_journal_event *event)
{
	const struct fq_record *record = &event->job.record;
	bool is_kept = record->verdict == FQ_VERDICT_DONE && record->how == FQ_HOW_KEPT;
	const uint32_t *job = is_kept ? NULL : find_job(history, &event->job);
	if (!job) {
		return; /* also of one that was only looked at: nothing came of it */
	}
	bool ends = record->verdict == FQ_VERDICT_FAILED ||
	            (record->verdict == FQ_VERDICT_DONE && record->how == FQ_HOW_RAN);
	bool is_of_run = ends || record->verdict == FQ_VERDICT_BEGUN;
	size_t at = ends && history->open[*job] ? history->open[*job] - 1U : history->count++;
	history->attempts =
	        fq_grow(history->attempts, &history->cap, history->count, sizeof(*history->attempts));
	history->attempts[at] = (struct attempt){.job = *job,
	        .type = event->type,
	        .verdict = record->verdict,
	        .how = record->how,
	        .run = is_of_run ? history->past.count : 0,
	        /* What was accepted has that of the attempt before, which has a line of its own. */
	        .usage = is_of_run ? record->usage : (struct fq_usage){0},
	        .cause = copy_cause(history, record->cause)};
	history->open[*job] = record->verdict == FQ_VERDICT_BEGUN ? (uint32_t)at + 1 : 0;
}

static void read_all(struct history *history)
{
	struct fq_session *s = history->s;
	struct fq_journal_event event;
	size_t at = 0;
	while (fq_journal_next_event(&s->journal, &at, &event)) {
		fq_past_add(&history->past, &s->arena, &event);
		if (history->named && (event.type == FQ_EVENT_JOB || event.type == FQ_EVENT_FORGET)) {
			note_event(history, &event);
		}
	}
	fq_past_settle(&history->past, &s->journal);
}

/* --- runs ---------------------------------------------------------------------------------- */

static void add_time(struct fq_table *table, int64_t time_s)
{
	struct fq_buf text = {0};
	fq_buf_puts(&text, "");
	if (time_s) {
		fq_cli_add_local(&text, time_s);
	}
	fq_table_add(table, time_s ? (struct fq_text){text.at, text.len} : fq_text("-"), FQ_TINT_NONE);
	fq_buf_finish(&text);
}

static void add_ms(struct fq_table *table, int64_t ms)
{
	struct fq_buf text = {0};
	if (ms >= 0) {
		fq_cli_add_ms(&text, ms);
	}
	fq_table_add(table, ms >= 0 ? (struct fq_text){text.at, text.len} : fq_text("-"), FQ_TINT_NONE);
	fq_buf_finish(&text);
}

static void print_head(struct fq_table *table, const char *const *words)
{
	for (; *words; words++) {
		fq_table_addf(table, FQ_TINT_BOLD, "%s", *words);
	}
}

static void print_runs(const struct history *history, struct fq_buf *text)
{
	static const char *const head[] = {"began", "took", "state", "jobs", "host", "command", NULL};
	struct fq_table table = {.columns = FQ_COUNT(head) - 1, .color = history->color};
	struct fq_buf words = {0};
	print_head(&table, head);
	for (size_t i = 0; i < history->past.count; i++) {
		const struct fq_past_run *run = &history->past.runs[i];
		add_time(&table, run->began_s);
		words.len = 0;
		fq_past_add_took(run, &words);
		fq_table_add(&table, (struct fq_text){words.at, words.len}, FQ_TINT_NONE);
		words.len = 0;
		fq_past_add_end(run, &words);
		fq_table_add(&table, (struct fq_text){words.at, words.len}, fq_past_tint(run));
		words.len = 0;
		fq_buf_puts(&words, "");
		fq_past_add_totals(run, &words);
		fq_table_add(&table, words.len ? (struct fq_text){words.at, words.len} : fq_text("-"),
		        FQ_TINT_NONE);
		fq_table_addf(&table, FQ_TINT_NONE, "%s", *run->host ? run->host : "-");
		fq_table_addf(&table, FQ_TINT_NONE, "%s", *run->command ? run->command : "-");
	}
	if (history->past.count) {
		fq_table_print(&table, SIZE_MAX, text);
	} else {
		fq_buf_puts(text, "no run is known\n");
	}
	fq_table_finish(&table);
	fq_buf_finish(&words);
}

/* --- attempts ------------------------------------------------------------------------------ */

static bool is_running(const struct history *history, const struct attempt *attempt)
{
	size_t count = history->past.count;
	enum fq_run_end end = count ? history->past.runs[count - 1].end : FQ_RUN_ENDED;
	return attempt->verdict == FQ_VERDICT_BEGUN && attempt->run == count &&
	       (end == FQ_RUN_RUNNING || end == FQ_RUN_UNKNOWN);
}

static const char *result_of(const struct history *history, const struct attempt *attempt)
{
	static const char *const hows[] = {[FQ_HOW_RAN] = "done", [FQ_HOW_ACCEPTED] = "accepted"};
	if (attempt->type == FQ_EVENT_FORGET) {
		return "forgotten";
	}
	if (attempt->verdict == FQ_VERDICT_BEGUN) {
		return is_running(history, attempt) ? "running" : "cut off";
	}
	return attempt->verdict == FQ_VERDICT_DONE            ? hows[attempt->how]
	       : fq_cause_is_cut_off(fq_text(attempt->cause)) ? "cut off"
	                                                      : "failed";
}

static enum fq_tint tint_of(const struct attempt *attempt)
{
	return attempt->verdict == FQ_VERDICT_FAILED ? FQ_TINT_RED
	       : attempt->verdict == FQ_VERDICT_DONE ? FQ_TINT_GREEN
	                                             : FQ_TINT_YELLOW;
}

static void add_attempt(const struct history *history, const struct attempt *attempt, struct fq_table *table)
{
	const struct fq_usage *usage = &attempt->usage;
	struct fq_buf name = {0}, peak = {0};
	fq_plan_add_name(&history->s->plan, attempt->job, &name);
	add_time(table, usage->ended_s);
	fq_table_add(table, (struct fq_text){name.at, name.len}, FQ_TINT_NONE);
	fq_table_addf(table, tint_of(attempt), "%s", result_of(history, attempt));
	add_ms(table, usage->attempt ? usage->ms : -1);
	if (usage->peak_rss_kb > 0 && usage->peak_rss_kb < INT64_MAX / 1024) {
		fq_buf_add_size(&peak, usage->peak_rss_kb * 1024);
	}
	fq_table_addf(table, FQ_TINT_NONE, "%s", peak.len ? peak.at : "-");
	if (usage->attempt) {
		fq_table_addf(table, FQ_TINT_NONE, "%lld", (long long)usage->attempt);
	} else {
		fq_table_addf(table, FQ_TINT_NONE, "-");
	}
	fq_table_addf(table, FQ_TINT_NONE, "%s", attempt->cause);
	fq_buf_finish(&name);
	fq_buf_finish(&peak);
}

static void print_attempts(const struct history *history, struct fq_buf *text)
{
	static const char *const head[] = {"ended", "job", "state", "took", "peak", "attempt", "", NULL};
	struct fq_table table = {.columns = FQ_COUNT(head) - 1, .color = history->color};
	print_head(&table, head);
	for (size_t i = 0; i < history->count; i++) {
		add_attempt(history, &history->attempts[i], &table);
	}
	if (history->count) {
		fq_table_print(&table, SIZE_MAX, text);
	} else {
		fq_buf_puts(text, "nothing is known of that\n");
	}
	fq_table_finish(&table);
}

static void print_attempt_json(const struct history *history, const struct attempt *attempt)
{
	json_t *object = json_object();
	struct fq_buf name = {0};
	fq_plan_add_name(&history->s->plan, attempt->job, &name);
	fq_json_set_text(object, "job", (struct fq_text){name.at, name.len});
	fq_json_set(object, "state", result_of(history, attempt));
	fq_json_set_time(object, "ended", attempt->usage.ended_s);
	if (attempt->usage.attempt) {
		fq_json_set_number(object, "duration_ms", attempt->usage.ms);
		fq_json_set_number(object, "attempt", attempt->usage.attempt);
		fq_json_set_number(object, "peak_rss_kb", attempt->usage.peak_rss_kb);
		fq_json_set_number(object, "user_ms", attempt->usage.user_ms);
		fq_json_set_number(object, "system_ms", attempt->usage.system_ms);
	}
	if (*attempt->cause) {
		fq_json_set(object, "cause", attempt->cause);
	}
	if (attempt->run) {
		fq_json_set(object, "run", history->past.runs[attempt->run - 1].id);
		fq_json_set_time(object, "run_began", history->past.runs[attempt->run - 1].began_s);
	}
	fq_json_print(object);
	fq_buf_finish(&name);
}

/* --- all of it ----------------------------------------------------------------------------- */

static void show(const struct history *history)
{
	struct fq_buf text = {0};
	fq_buf_puts(&text, "");
	if (history->s->options->json) {
		for (size_t i = 0; history->named && i < history->count; i++) {
			print_attempt_json(history, &history->attempts[i]);
		}
		for (size_t i = 0; !history->named && i < history->past.count; i++) {
			fq_json_print(fq_past_json(&history->past.runs[i]));
		}
	} else if (history->named) {
		print_attempts(history, &text);
	} else {
		print_runs(history, &text);
	}
	fwrite(text.at, 1, text.len, stdout);
	fq_buf_finish(&text);
}

int fq_cli_history(const struct fq_options *options)
{
	struct fq_session s = fq_session_begin(options);
	struct history history = {.s = &s, .color = fq_cli_has_color(options)};
	int status = 0;
	if (!fq_session_load(&s) || !name_targets(&history)) {
		status = fq_session_fail(&s, 2);
	} else if (!fq_session_open_journal(&s, FQ_JOURNAL_READ)) {
		status = fq_session_fail(&s, 3);
	} else {
		fq_session_fail(&s, 0);
		read_all(&history);
		show(&history);
	}
	fq_past_finish(&history.past);
	fq_map_finish(&history.jobs);
	fq_release(history.named);
	fq_release(history.open);
	fq_release(history.attempts);
	fq_session_finish(&s);
	return fq_cli_flush(status);
}
