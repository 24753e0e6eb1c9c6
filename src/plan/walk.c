/* The one walk over what a job depends on. It writes items; a success is
 * recorded with them; fresh means that the walk writes the same text again, and
 * the reasons why not are read off the two texts. So the decision and its
 * explanation cannot disagree. */
#include "internal.h"

#include <string.h>

/* --- the walk ------------------------------------------------------------------------ */

/* `recorded` is what a success was recorded with, and the walk's memory: a file that
 * is as it was, or whose content is, is written as it stands there. */
struct walk {
	struct fq_plan *plan;
	uint32_t job;
	struct fq_job_at at;
	struct fq_buf *items;
	struct fq_text recorded, next; /* all of it; what was not met yet */
	bool is_recording;             /* there is none: this will be one */
};

static void add_item(struct walk *w, char kind, struct fq_text name, struct fq_text value)
{
	struct fq_item ignored;
	fq_items_add(w->items, kind, name, value);
	if (!w->is_recording) {
		fq_items_next(&w->next, &ignored);
	}
}

/* The recorded value of an item. Nearly always it is the next one. */
static bool recall(struct walk *w, char kind, struct fq_text name, struct fq_text *ret_value)
{
	struct fq_item item;
	struct fq_text next = w->next;
	if (fq_items_next(&next, &item) && item.kind == kind && fq_text_equal(item.name, name)) {
		*ret_value = item.value;
		return true;
	}
	next = w->recorded;
	while (fq_items_next(&next, &item)) {
		if (item.kind == kind && fq_text_equal(item.name, name)) {
			*ret_value = item.value;
			return true;
		}
	}
	return false;
}

/* --- files --------------------------------------------------------------------------- */

static bool counts_by_content(const struct fq_task *task, struct fq_stamp stamp)
{
	return task->compare == FQ_COMPARE_CONTENT ||
	       (task->compare == FQ_COMPARE_AUTO && stamp.size_bytes <= FQ_CONTENT_BYTES);
}

static void add_hash(struct fq_buf *value, const char *path)
{
	uint64_t hash;
	if (fq_file_hash(path, &hash)) {
		fq_buf_addf(value, " %016llx", (unsigned long long)hash);
	}
}

/* Whether a recorded stamp is `now`, or has its size and what the file holds. */
static bool is_as_recorded(struct fq_text was, const struct fq_buf *now, const char *path, bool by_content)
{
	bool same_stamp = was.len >= now->len && memcmp(was.at, now->at, now->len) == 0 &&
	                  (was.len == now->len || was.at[now->len] == ' ');
	const char *blank = memchr(now->at, ' ', now->len);
	const char *hash = memrchr(was.at, ' ', was.len);
	if (same_stamp || !by_content || !blank || !hash) {
		return same_stamp;
	}
	size_t size_len = (size_t)(blank - now->at) + 1, hash_len = was.len - (size_t)(hash - was.at);
	bool has_hash = memchr(was.at, ' ', was.len) != hash;
	if (!has_hash || was.len < size_len || memcmp(was.at, now->at, size_len) != 0) {
		return false;
	}
	struct fq_buf text = {0};
	add_hash(&text, path);
	bool same = text.len == hash_len && memcmp(text.at, hash, hash_len) == 0;
	fq_buf_finish(&text);
	return same;
}

static void add_stamp(struct walk *w, char kind, const char *path, struct fq_stamp stamp)
{
	struct fq_buf *value = &w->plan->scratch[1], *name = &w->plan->scratch[0];
	const struct fq_task *task = w->at.rule->task;
	struct fq_text was;
	value->len = name->len = 0;
	if (stamp.size_bytes < 0 || task->compare == FQ_COMPARE_EXISTS) {
		fq_buf_putc(value, stamp.size_bytes < 0 ? '-' : '+');
		add_item(w, kind, fq_text(path), (struct fq_text){value->at, value->len});
		return;
	}
	fq_buf_add_number(value, stamp.size_bytes);
	fq_buf_putc(value, ' ');
	fq_buf_add_number(value, stamp.mtime_ns);
	bool by_content = counts_by_content(task, stamp);
	if (w->is_recording && by_content) {
		add_hash(value, path);
	} else if (!w->is_recording) {
		fq_buf_add_escaped(name, fq_text(path));
		if (recall(w, kind, (struct fq_text){name->at, name->len}, &was) &&
		        is_as_recorded(was, value, path, by_content)) {
			value->len = 0;
			fq_buf_add_text(value, was);
		}
	}
	add_item(w, kind, fq_text(path), (struct fq_text){value->at, value->len});
}

/* --- values ----------------------------------------------------------------------------- */

/* Cells and reported values that the job's work holds; many of them by their hash. */
static void add_read(struct walk *w, const struct fq_ref *ref)
{
	enum { WRITTEN_OUT = 400 };
	struct fq_list values = {0};
	struct fq_buf *text = &w->plan->scratch[1];
	fq_plan_values(w->plan, w->at, ref, &values);
	text->len = 0;
	if (values.bytes.len > WRITTEN_OUT) {
		fq_buf_addf(text, "%u of %016llx", values.count,
		        (unsigned long long)fq_hash(values.bytes.at, values.bytes.len));
	}
	for (const char *value = NULL;
	        values.bytes.len <= WRITTEN_OUT && (value = fq_list_next(&values, value));) {
		fq_buf_puts(text, value == values.bytes.at ? "" : " ");
		if (values.count > 1) {
			fq_buf_add_quoted(text, fq_text(value)); /* "a b" is not "a" and "b" */
		} else {
			fq_buf_puts(text, value);
		}
	}
	add_item(w, ITEM_READ, fq_text(ref->text), (struct fq_text){text->at, text->len});
	fq_list_finish(&values);
}

static void add_all_read(struct walk *w)
{
	const struct fq_task *task = w->at.rule->task;
	for (uint32_t i = 0; i < task->ref_count; i++) {
		const struct fq_ref *ref = &task->refs[i];
		bool is_read = ref->kind == FQ_REF_COLUMN || ref->kind == FQ_REF_VALUE;
		if (is_read && !ref->is_of_when) {
			add_read(w, ref);
		}
	}
}

/* --- jobs ----------------------------------------------------------------------------- */

/* One job: that it is one. Several: how many, and a hash of which. */
static void add_jobs(struct walk *w, const struct fq_arrow *arrow)
{
	struct fq_plan *plan = w->plan;
	uint32_t job = w->job;
	struct fq_jobs before = fq_plan_before(plan, arrow, job);
	const struct fq_rule *rule = &plan->rules[arrow->from];
	struct fq_buf *name = &plan->scratch[0], *value = &plan->scratch[1];
	value->len = 0;
	if (fq_plan_gathers(plan, rule->task, fq_plan_rule(plan, job)->task)) {
		uint64_t hash = 0;
		uint32_t count = 0;
		for (uint32_t i = 0; i < before.count; i++) {
			uint32_t other = fq_jobs_at(&before, i);
			if (plan->is_absent && plan->is_absent[other]) {
				continue;
			}
			name->len = 0;
			fq_plan_add_unit(plan, other, name);
			hash = fq_hash_next(hash, name->at, name->len);
			count++;
		}
		fq_buf_add_number(value, count);
		fq_buf_addf(value, " %016llx", (unsigned long long)hash);
	} else {
		fq_buf_add_number(value, before.count);
	}
	add_item(w, ITEM_JOBS, fq_text(rule->task->name), (struct fq_text){value->at, value->len});
}

static void add_version(struct walk *w)
{
	struct fq_text version = w->at.rule->version;
	struct fq_buf text = {0};
	if (w->at.rule->version_unknown && recall(w, ITEM_VERSION, fq_text(""), &version)) {
		fq_buf_add_unescaped(&text, version);
		version = (struct fq_text){text.at, text.len};
	}
	if (version.len) {
		add_item(w, ITEM_VERSION, fq_text(""), version);
	}
	fq_buf_finish(&text);
}

static void walk_items(struct walk *w)
{
	const struct fq_rule *rule = w->at.rule;
	add_item(w, ITEM_RECIPE, fq_text(""), (struct fq_text){rule->digest, FQ_DIGEST_LEN});
	add_version(w);
	add_all_read(w);
	struct fq_list inputs = {.bytes = w->plan->scratch[2]};
	inputs.bytes.len = 0;
	fq_plan_inputs(w->plan, w->job, &inputs);
	for (const char *path = NULL; (path = fq_list_next(&inputs, path));) {
		add_stamp(w, ITEM_INPUT, path, fq_plan_stamp(w->plan, path, strlen(path)));
	}
	w->plan->scratch[2] = inputs.bytes;
	for (uint32_t i = 0; i < rule->in_count; i++) {
		add_jobs(w, &w->plan->arrows[rule->in[i]]);
	}
}

static bool walk_outputs(struct walk *w, struct fq_buf *ret_missing)
{
	const struct fq_task *task = w->at.rule->task;
	struct fq_list outputs = {.bytes = w->plan->scratch[2]};
	outputs.bytes.len = 0;
	fq_plan_outputs(w->plan, w->job, &outputs);
	bool complete = true;
	uint32_t i = 0;
	for (const char *path = NULL; (path = fq_list_next(&outputs, path)); i++) {
		struct fq_stamp stamp = fq_plan_stamp(w->plan, path, strlen(path));
		bool is_optional = task->outputs.count == outputs.count && task->outputs.words[i].is_optional;
		if (stamp.size_bytes < 0 && !is_optional && complete) {
			complete = false;
			if (ret_missing) {
				fq_buf_puts(ret_missing, path);
			}
		}
		add_stamp(w, ITEM_OUTPUT, path, stamp);
	}
	w->plan->scratch[2] = outputs.bytes;
	return complete;
}

static struct walk begin_walk(struct fq_plan *plan, uint32_t job, struct fq_buf *items)
{
	return (struct walk){
	        .plan = plan, .job = job, .at = fq_plan_at(plan, job), .items = items, .is_recording = true};
}

void fq_plan_add_items(struct fq_plan *plan, uint32_t job, struct fq_buf *items)
{
	struct walk w = begin_walk(plan, job, items);
	walk_items(&w);
}

bool fq_plan_add_output_items(
        struct fq_plan *plan, uint32_t job, struct fq_buf *items, struct fq_buf *ret_missing)
{
	struct walk w = begin_walk(plan, job, items);
	return walk_outputs(&w, ret_missing);
}

/* --- jobs before it that ran since ------------------------------------------------------- */

static void tell_ran(struct fq_plan *plan, uint32_t job, uint32_t seq, struct fq_buf *why)
{
	fq_plan_add_name(plan, job, why);
	fq_buf_puts(why, seq == FQ_SEQ_WILL_RUN ? " will have run before it\n" : " ran since\n");
}

/* Counts the jobs before it that are younger than `seq`; tells the first few. */
static size_t count_younger(
        struct fq_plan *plan, uint32_t job, uint32_t seq, const uint32_t *seqs, struct fq_buf *why)
{
	enum { TOLD = 3 };
	const struct fq_rule *rule = fq_plan_rule(plan, job);
	size_t younger = 0;
	for (uint32_t i = 0; i < rule->in_count; i++) {
		struct fq_jobs before = fq_plan_before(plan, &plan->arrows[rule->in[i]], job);
		for (uint32_t j = 0; j < before.count; j++) {
			uint32_t other = fq_jobs_at(&before, j);
			if (seqs[other] > seq && younger++ < TOLD && why) {
				tell_ran(plan, other, seqs[other], why);
			}
		}
	}
	const struct fq_side_arrow *side;
	size_t count = fq_plan_side_before(plan, job, &side);
	for (size_t i = 0; i < count; i++) {
		if (seqs[side[i].from] > seq && younger++ < TOLD && why) {
			tell_ran(plan, side[i].from, seqs[side[i].from], why);
		}
	}
	if (why && younger > TOLD) {
		fq_buf_addf(why, "%zu more ran or will run before it\n", younger - TOLD);
	}
	return younger;
}

/* --- the verdict --------------------------------------------------------------------------------- */

static void tell_no_success(const struct fq_record *record, struct fq_buf *why)
{
	if (!why) {
		return;
	}
	if (record->verdict == FQ_VERDICT_BEGUN) {
		fq_buf_puts(why, "it was started and did not finish\n");
	} else if (record->verdict == FQ_VERDICT_FAILED) {
		fq_buf_puts(why, "it failed: ");
		fq_buf_add_unescaped(why, record->cause);
		fq_buf_putc(why, '\n');
	} else {
		fq_buf_puts(why, "it never ran\n");
	}
}

/* What the job reported stands behind the rest, and is no reason for anything. */
static bool is_recorded(struct fq_text recorded, struct fq_text now)
{
	if (recorded.len < now.len || memcmp(recorded.at, now.at, now.len) != 0) {
		return false;
	}
	struct fq_text rest = {recorded.at + now.len, recorded.len - now.len};
	return rest.len == 0 || (rest.len > 1 && rest.at[0] == '\t' && rest.at[1] == FQ_ITEM_VALUE);
}

bool fq_plan_is_fresh(struct fq_plan *plan, uint32_t job, struct fq_journal *journal, const uint32_t *seqs,
        uint32_t *ret_seq, struct fq_buf *why)
{
	const struct fq_rule *rule = fq_plan_rule(plan, job);
	struct fq_buf *unit = &plan->scratch[0];
	unit->len = 0;
	fq_plan_add_unit(plan, job, unit);
	struct fq_record record =
	        fq_journal_find(journal, fq_text(rule->task->name), (struct fq_text){unit->at, unit->len});
	*ret_seq = 0;
	if (record.verdict != FQ_VERDICT_DONE) {
		tell_no_success(&record, why);
		return false;
	}
	size_t younger = count_younger(plan, job, record.seq, seqs, why);
	if (younger && !why) {
		return false;
	}
	struct fq_buf *items = &plan->scratch[3];
	items->len = 0;
	struct walk w = begin_walk(plan, job, items);
	w.is_recording = false;
	w.recorded = w.next = record.items;
	walk_items(&w);
	bool complete = walk_outputs(&w, NULL);
	struct fq_text now = {items->at, items->len};
	bool same = complete && is_recorded(record.items, now);
	if (!same && why) {
		fq_plan_tell_differences(rule, journal, record.items, now, why);
	}
	*ret_seq = same && !younger ? record.seq : 0;
	return same && !younger;
}
