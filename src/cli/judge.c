#include "judge.h"
#include "known.h"

#include <string.h>
#include <unistd.h>

const char *const fq_standing_names[FQ_STANDING_COUNT] = {
        "done", "running", "failed", "cut off", "stale", "blocked", "missing", "left out"};

enum fq_tint fq_standing_tint(enum fq_standing standing)
{
	static const enum fq_tint tints[] = {[FQ_STANDING_DONE] = FQ_TINT_GREEN,
	        [FQ_STANDING_RUNNING] = FQ_TINT_BOLD,
	        [FQ_STANDING_FAILED] = FQ_TINT_RED,
	        [FQ_STANDING_CUT_OFF] = FQ_TINT_RED,
	        [FQ_STANDING_STALE] = FQ_TINT_YELLOW,
	        [FQ_STANDING_BLOCKED] = FQ_TINT_YELLOW,
	        [FQ_STANDING_MISSING] = FQ_TINT_NONE,
	        [FQ_STANDING_LEFT_OUT] = FQ_TINT_NONE};
	return tints[standing];
}

bool fq_judge_is_meant(const struct fq_judge *judge, uint32_t job)
{
	return !judge->named || judge->named[job];
}

/* --- the verdict --------------------------------------------------------------------------- */

static bool has_failed(const struct fq_judge *judge, uint32_t job)
{
	return judge->standings[job] == FQ_STANDING_FAILED || judge->standings[job] == FQ_STANDING_BLOCKED;
}

static bool is_blocked(const struct fq_judge *judge, uint32_t job)
{
	const struct fq_plan *plan = &judge->s->plan;
	const struct fq_rule *rule = fq_plan_rule(plan, job);
	for (uint32_t i = 0; i < rule->in_count; i++) {
		const struct fq_arrow *arrow = &plan->arrows[rule->in[i]];
		struct fq_jobs before = fq_plan_before(plan, arrow, job);
		bool may_miss = rule->task->may_miss && fq_plan_is_gathering(plan, arrow);
		for (uint32_t j = 0; !may_miss && j < before.count; j++) {
			if (has_failed(judge, fq_jobs_at(&before, j))) {
				return true;
			}
		}
	}
	const struct fq_side_arrow *side;
	size_t count = fq_plan_side_before(plan, job, &side);
	bool is = false;
	for (size_t i = 0; i < count && !is; i++) {
		is = has_failed(judge, side[i].from);
	}
	return is;
}

/* What a run began that still goes on, as far as anyone here knows. */
static bool is_running(const struct fq_past_run *last, uint32_t seq)
{
	return last && (last->end == FQ_RUN_RUNNING || last->end == FQ_RUN_UNKNOWN) && seq > last->seq;
}

/* Of one that would run. */
static enum fq_standing standing_of(const struct fq_judge *judge, uint32_t job)
{
	struct fq_record record = fq_known_record(judge->s, job);
	switch ((enum fq_verdict)record.verdict) {
	case FQ_VERDICT_BEGUN:
		return is_running(judge->last, record.seq) ? FQ_STANDING_RUNNING : FQ_STANDING_CUT_OFF;
	case FQ_VERDICT_FAILED:
		return fq_cause_is_cut_off(record.cause) ? FQ_STANDING_CUT_OFF : FQ_STANDING_FAILED;
	case FQ_VERDICT_DONE:
		return is_blocked(judge, job) ? FQ_STANDING_BLOCKED : FQ_STANDING_STALE;
	case FQ_VERDICT_NONE:
		break;
	}
	return is_blocked(judge, job) ? FQ_STANDING_BLOCKED : FQ_STANDING_MISSING;
}

static void set_standings(struct fq_judge *judge)
{
	const struct fq_run *run = &judge->s->run;
	const struct fq_plan *plan = &judge->s->plan;
	judge->standings = fq_zeroed(plan->job_count, 1);
	for (uint32_t i = 0; i < plan->rule_count; i++) {
		const struct fq_rule *rule = &plan->rules[plan->order[i]];
		for (uint32_t j = 0; j < rule->job_count; j++) {
			uint32_t job = rule->first_job + j;
			enum fq_state state = (enum fq_state)run->states[job];
			if (state == FQ_STATE_FRESH && rule->task->is_temp &&
			        standing_of(judge, job) == FQ_STANDING_RUNNING) {
				judge->standings[job] = FQ_STANDING_RUNNING; /* only made again */
			} else if (state != FQ_STATE_FRESH && state != FQ_STATE_UNWANTED) {
				judge->standings[job] =
				        (uint8_t)(state == FQ_STATE_OFF ? FQ_STANDING_LEFT_OUT
				                                        : standing_of(judge, job));
			}
		}
	}
}

/* --- judging ------------------------------------------------------------------------------- */

static bool name_targets(struct fq_judge *judge)
{
	struct fq_session *s = judge->s;
	const struct fq_options *options = s->options;
	if (options->target_count == 0) {
		return true;
	}
	judge->named = fq_zeroed(s->plan.job_count, sizeof(*judge->named));
	for (size_t i = 0; i < options->target_count; i++) {
		if (!fq_plan_select(&s->plan, options->targets[i], judge->named, &s->err)) {
			return false;
		}
	}
	s->wanted = fq_zeroed(s->plan.job_count, sizeof(*s->wanted));
	memcpy(s->wanted, judge->named, s->plan.job_count * sizeof(*s->wanted));
	fq_plan_select_needed(&s->plan, s->wanted);
	return true;
}

static void read_past(struct fq_judge *judge)
{
	struct fq_session *s = judge->s;
	struct fq_journal_event event;
	size_t at = 0;
	while (fq_journal_next_event(&s->journal, &at, &event)) {
		fq_past_add(&judge->past, &s->arena, &event);
	}
	fq_past_settle(&judge->past, &s->journal);
	judge->last = judge->past.count ? &judge->past.runs[judge->past.count - 1] : NULL;
}

/* As `-n` does it, which nobody watches. */
static int judge_all(struct fq_judge *judge)
{
	enum { SLOTS = 256 };
	struct fq_session *s = judge->s;
	judge->executor = fq_exec_noop(SLOTS);
	s->run = (struct fq_run){.plan = &s->plan,
	        .journal = &s->journal,
	        .executor = judge->executor,
	        .options = {.jobs = SLOTS,
	                .dry_run = true,
	                .fqrun = fq_session_our_path(s),
	                .logs = fq_session_logs(s),
	                .versions = fq_arena_format(&s->arena, "%s/versions", s->state),
	                .wanted = s->wanted}};
	int status = fq_run(&s->run);
	s->plan.is_stopped = NULL; /* from here on signals end us as they end others */
	return status;
}

int fq_judge_begin(struct fq_judge *ret, struct fq_session *s)
{
	*ret = (struct fq_judge){.s = s};
	if (!fq_session_load(s) || !name_targets(ret)) {
		return fq_session_fail(s, 2);
	}
	if (!fq_session_open_journal(s, FQ_JOURNAL_READ)) {
		return fq_session_fail(s, 3);
	}
	fq_session_fail(s, 0);
	int status = judge_all(ret);
	if (status == 0) {
		read_past(ret);
		set_standings(ret);
	}
	return status;
}

void fq_judge_finish(struct fq_judge *judge)
{
	fq_past_finish(&judge->past);
	fq_release(judge->named);
	fq_release(judge->standings);
	if (judge->executor) {
		judge->executor->impl->destroy(judge->executor);
	}
}

/* --- why ----------------------------------------------------------------------------------- */

static void add_left_out(const struct fq_judge *judge, uint32_t job, struct fq_buf *why)
{
	struct fq_error err = {0};
	const struct fq_condition *when = fq_plan_rule(&judge->s->plan, job)->task->when;
	if (when && fq_plan_when(&judge->s->plan, job, &err) == FQ_FALSE) {
		fq_buf_addf(why, "its `when` does not hold (%s:%u)\n", when->where.file, when->where.line);
	} else {
		fq_buf_puts(why, "what it waits for is left out\n");
	}
	fq_error_finish(&err);
}

void fq_judge_add_why(const struct fq_judge *judge, uint32_t job, struct fq_buf *why)
{
	struct fq_session *s = judge->s;
	struct fq_fresh fresh;
	size_t start = why->len;
	switch ((enum fq_standing)judge->standings[job]) {
	case FQ_STANDING_DONE:
	case FQ_STANDING_RUNNING:
		return;
	case FQ_STANDING_LEFT_OUT:
		add_left_out(judge, job, why);
		return;
	default:
		fq_plan_is_fresh(&s->plan, job, &s->journal, s->run.seqs, &fresh, why);
		/* Its own success would hold: only one behind it makes it run. */
		fq_buf_puts(why, why->len == start ? "another job needs its outputs, which are gone\n" : "");
	}
}

static void note_wait(const struct fq_judge *judge, uint32_t job, uint32_t *ret, size_t most, size_t *count)
{
	enum fq_standing standing = (enum fq_standing)judge->standings[job];
	if (standing != FQ_STANDING_DONE && standing != FQ_STANDING_LEFT_OUT && (*count)++ < most) {
		ret[*count - 1] = job;
	}
}

size_t fq_judge_waits(const struct fq_judge *judge, uint32_t job, uint32_t *ret, size_t most)
{
	const struct fq_plan *plan = &judge->s->plan;
	const struct fq_rule *rule = fq_plan_rule(plan, job);
	size_t count = 0;
	for (uint32_t i = 0; i < rule->in_count; i++) {
		struct fq_jobs before = fq_plan_before(plan, &plan->arrows[rule->in[i]], job);
		for (uint32_t j = 0; j < before.count; j++) {
			note_wait(judge, fq_jobs_at(&before, j), ret, most, &count);
		}
	}
	const struct fq_side_arrow *side;
	size_t side_count = fq_plan_side_before(plan, job, &side);
	for (size_t i = 0; i < side_count; i++) {
		note_wait(judge, side[i].from, ret, most, &count);
	}
	return count;
}

void fq_judge_add_log(const struct fq_judge *judge, uint32_t job, struct fq_buf *buf)
{
	fq_run_add_log(&judge->s->run, job, buf);
}

/* --- JSON ---------------------------------------------------------------------------------- */

/* What is indented goes on with the reason above. */
static json_t *reasons_of(struct fq_text why)
{
	json_t *array = json_array();
	while (why.len) {
		size_t len = 0;
		do {
			const char *end = memchr(why.at + len, '\n', why.len - len);
			len = end ? (size_t)(end - why.at) + 1 : why.len;
		} while (len < why.len && why.at[len] == ' ');
		json_array_append_new(array, fq_json_text(fq_text_trim((struct fq_text){why.at, len})));
		why = (struct fq_text){why.at + len, why.len - len};
	}
	return array;
}

static void set_names(json_t *object, struct fq_session *s, uint32_t job)
{
	struct fq_buf text = {0};
	uint32_t sample = fq_plan_sample(&s->plan, job);
	fq_plan_add_name(&s->plan, job, &text);
	fq_json_set_text(object, "job", (struct fq_text){text.at, text.len});
	fq_json_set(object, "task", fq_plan_rule(&s->plan, job)->task->name);
	text.len = 0;
	fq_plan_add_unit(&s->plan, job, &text);
	if (text.len) {
		fq_json_set_text(object, "unit", (struct fq_text){text.at, text.len});
	}
	if (sample != UINT32_MAX) {
		const struct fq_sample *named = &s->manifest.samples[sample];
		fq_json_set_text(object, "sample", (struct fq_text){named->name, named->name_len});
	}
	fq_buf_finish(&text);
}

static void set_record(json_t *object, const struct fq_record *record)
{
	static const char *const hows[] = {"ran", "kept", "accepted"};
	if (record->verdict == FQ_VERDICT_DONE) {
		fq_json_set(object, "how", hows[record->how]);
	}
	fq_json_set_time(object, "ended", record->usage.ended_s);
	if (record->usage.attempt) {
		fq_json_set_number(object, "duration_ms", record->usage.ms);
		fq_json_set_number(object, "attempt", record->usage.attempt);
		fq_json_set_number(object, "peak_rss_kb", record->usage.peak_rss_kb);
	}
}

json_t *fq_judge_json(const struct fq_judge *judge, uint32_t job)
{
	struct fq_session *s = judge->s;
	struct fq_buf text = {0};
	struct fq_list outputs = {0};
	json_t *object = json_object();
	set_names(object, s, job);
	fq_json_set(object, "state", fq_standing_names[judge->standings[job]]);
	fq_judge_add_why(judge, job, &text);
	json_object_set_new(object, "reasons", reasons_of((struct fq_text){text.at, text.len}));
	struct fq_record record = fq_known_record(judge->s, job);
	set_record(object, &record);
	fq_plan_outputs(&s->plan, job, &outputs);
	json_object_set_new(object, "outputs", fq_json_list(&outputs));
	text.len = 0;
	fq_judge_add_log(judge, job, &text);
	if (access(text.at, F_OK) == 0) {
		fq_json_set(object, "log", text.at);
	}
	fq_list_finish(&outputs);
	fq_buf_finish(&text);
	return object;
}
