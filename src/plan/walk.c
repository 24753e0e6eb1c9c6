/* The one walk over what a job depends on. It writes items; a success is
 * recorded with them; fresh means that the walk writes the same text again, and
 * the reasons why not are read off the two texts. So the decision and its
 * explanation cannot disagree. */
#include "internal.h"

#include <string.h>

/* --- the walk ------------------------------------------------------------------------ */

/* What the walk is for. CHECK compares with what a success was recorded with and writes
 * nothing; EXPLAIN writes, with that as its memory: a file that is as it was, or whose
 * content is, is written as it stands there. */
enum walk_mode { WALK_RECORD, WALK_CHECK, WALK_EXPLAIN };

struct walk {
	struct fq_plan *plan;
	uint32_t job;
	struct fq_job_at at;
	enum walk_mode mode;
	struct fq_buf *items;          /* being written */
	struct fq_text recorded, next; /* all of it; what was not met yet */
	bool differs;                  /* CHECK: something is not as recorded */
	bool is_restamped;             /* CHECK, EXPLAIN: a file is so by its content */
	struct fq_temp_paths temp;     /* inputs that count as they were recorded */
	bool is_spent;                 /* its outputs were temporary, and some are gone */
};

/* Whether a field as it is recorded stands for that text. Nearly none needs an escape. */
static bool is_field(struct walk *w, struct fq_text field, struct fq_text text)
{
	if (fq_text_equal(field, text)) {
		return !memchr(field.at, '\\', field.len);
	}
	if (field.len <= text.len) {
		return false; /* an escape is longer than what it stands for */
	}
	struct fq_buf *escaped = &w->plan->scratch[0];
	size_t start = escaped->len;
	fq_buf_add_escaped(escaped, text);
	bool same = fq_text_equal(field, (struct fq_text){escaped->at + start, escaped->len - start});
	escaped->len = start;
	return same;
}

/* CHECK: the next recorded item must be this one; its value, or `differs`. */
static bool meet(struct walk *w, char kind, struct fq_text name, struct fq_text *ret_value)
{
	struct fq_item item;
	bool is = !w->differs && fq_items_next(&w->next, &item) && item.kind == kind &&
	          is_field(w, item.name, name);
	*ret_value = is ? item.value : (struct fq_text){"", 0};
	w->differs |= !is;
	return is;
}

static void add_item(struct walk *w, char kind, struct fq_text name, struct fq_text value)
{
	struct fq_item ignored;
	struct fq_text was;
	if (w->mode == WALK_CHECK) {
		w->differs |= !meet(w, kind, name, &was) || !is_field(w, was, value);
		return;
	}
	fq_items_add(w->items, kind, name, value);
	if (w->mode == WALK_EXPLAIN) {
		fq_items_next(&w->next, &ignored);
	}
}

/* The recorded value of an item. Nearly always it is the next one. */
static bool recall(struct walk *w, char kind, struct fq_text name, struct fq_text *ret_value)
{
	struct fq_item item;
	struct fq_text next = w->next;
	if (fq_items_next(&next, &item) && item.kind == kind && is_field(w, item.name, name)) {
		*ret_value = item.value;
		return true;
	}
	next = w->recorded;
	while (fq_items_next(&next, &item)) {
		if (item.kind == kind && is_field(w, item.name, name)) {
			*ret_value = item.value;
			return true;
		}
	}
	return false;
}

/* --- files --------------------------------------------------------------------------- */

/* CHECK: no text is made of the stamp. */
static void check_stamp(struct walk *w, char kind, const char *path, struct fq_stamp stamp)
{
	const struct fq_task *task = w->at.rule->task;
	struct fq_text was;
	if (!meet(w, kind, fq_text(path), &was)) {
		return;
	}
	if (stamp.size_bytes < 0 || task->compare == FQ_COMPARE_EXISTS) {
		w->differs |= !fq_text_is(was, stamp.size_bytes < 0 ? "-" : "+");
	} else {
		w->differs |= !fq_plan_file_holds(w->plan, task, was, path, stamp, &w->is_restamped);
	}
}

static void write_stamp(struct walk *w, char kind, const char *path, struct fq_stamp stamp)
{
	struct fq_buf *value = &w->plan->scratch[1];
	const struct fq_task *task = w->at.rule->task;
	struct fq_text was;
	value->len = 0;
	if (w->mode == WALK_RECORD) {
		fq_plan_add_file(w->plan, task, path, stamp, value);
	} else if (stamp.size_bytes < 0 || task->compare == FQ_COMPARE_EXISTS) {
		fq_buf_putc(value, stamp.size_bytes < 0 ? '-' : '+');
	} else if (recall(w, kind, fq_text(path), &was) &&
	           fq_plan_file_holds(w->plan, task, was, path, stamp, &w->is_restamped)) {
		fq_buf_add_text(value, was);
	} else {
		fq_plan_add_stamp(value, stamp);
	}
	add_item(w, kind, fq_text(path), (struct fq_text){value->at, value->len});
}

static void add_stamp(struct walk *w, char kind, const char *path, struct fq_stamp stamp)
{
	if (w->mode == WALK_CHECK) {
		check_stamp(w, kind, path, stamp);
	} else {
		write_stamp(w, kind, path, stamp);
	}
}

/* A file that counts as it was recorded, whatever is there now; false: it was not. */
static bool keep_stamp(struct walk *w, char kind, const char *path, struct fq_text *ret_was)
{
	if (w->mode == WALK_CHECK) {
		return meet(w, kind, fq_text(path), ret_was);
	}
	bool is_known = w->mode == WALK_EXPLAIN && recall(w, kind, fq_text(path), ret_was);
	if (is_known) {
		add_item(w, kind, fq_text(path), *ret_was);
	}
	return is_known;
}

/* What a temporary job made has changed only if that job ran again: its record tells. */
static void add_input(struct walk *w, const char *path)
{
	struct fq_text was;
	bool is_temp = w->mode != WALK_RECORD && fq_plan_is_temp_path(w->plan, w->job, path, &w->temp);
	if (!is_temp || !keep_stamp(w, ITEM_INPUT, path, &was)) {
		add_stamp(w, ITEM_INPUT, path, fq_plan_stamp(w->plan, path, strlen(path)));
	}
}

/* One that may be absent and is: whether it was there, and is only removed. */
static bool counts(void *context, const char *path)
{
	struct walk *w = context;
	struct fq_text was;
	return w->mode != WALK_RECORD && fq_plan_is_temp_path(w->plan, w->job, path, &w->temp) &&
	       recall(w, ITEM_INPUT, fq_text(path), &was);
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
	if (w->at.rule->version_unknown && w->mode != WALK_RECORD &&
	        recall(w, ITEM_VERSION, fq_text(""), &version)) {
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
	fq_plan_counted_inputs(w->plan, w->job, counts, w, &inputs);
	for (const char *path = NULL; (path = fq_list_next(&inputs, path));) {
		add_input(w, path);
	}
	w->plan->scratch[2] = inputs.bytes;
	for (uint32_t i = 0; i < rule->in_count; i++) {
		add_jobs(w, &w->plan->arrows[rule->in[i]]);
	}
}

/* A folder must hold a file. */
static bool lacks(const char *path, struct fq_stamp stamp)
{
	return stamp.size_bytes < 0 ||
	       (stamp.size_bytes == 0 && fq_path_is_folder(path) && fq_tree_is_hollow(path));
}

static bool walk_outputs(struct walk *w, struct fq_buf *ret_missing)
{
	const struct fq_task *task = w->at.rule->task;
	struct fq_list outputs = {.bytes = w->plan->scratch[2]};
	outputs.bytes.len = 0;
	fq_plan_outputs(w->plan, w->job, &outputs);
	bool complete = true, is_temp = task->is_temp && fq_plan_readers(w->plan, w->job);
	uint32_t i = 0;
	for (const char *path = NULL; (path = fq_list_next(&outputs, path)); i++) {
		struct fq_stamp stamp = fq_plan_stamp(w->plan, path, strlen(path));
		bool is_optional = fq_plan_may_lack(task, &outputs, i);
		struct fq_text was;
		if (is_temp && stamp.size_bytes < 0 && keep_stamp(w, ITEM_OUTPUT, path, &was)) {
			w->is_spent |= !is_optional || !fq_text_is(was, "-");
			continue;
		}
		if (lacks(path, stamp) && !is_optional && complete) {
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
	return (struct walk){.plan = plan, .job = job, .at = fq_plan_at(plan, job), .items = items};
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

/* --- compared with what was recorded ---------------------------------------------------- */

/* Nothing is left but what the job reported. */
static bool is_end(struct fq_text rest)
{
	struct fq_item item;
	return !fq_items_next(&rest, &item) || item.kind == FQ_ITEM_VALUE;
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

bool fq_plan_compare(struct fq_plan *plan, uint32_t job, struct fq_text recorded, struct fq_fresh *ret,
        struct fq_buf *ret_now)
{
	struct walk w = begin_walk(plan, job, ret_now);
	w.mode = ret_now ? WALK_EXPLAIN : WALK_CHECK;
	w.recorded = w.next = recorded;
	walk_items(&w);
	bool is_same = !w.differs && walk_outputs(&w, NULL);
	if (is_same && ret_now) {
		is_same = is_recorded(recorded, (struct fq_text){ret_now->at, ret_now->len});
	} else if (is_same) {
		is_same = !w.differs && is_end(w.next);
	}
	ret->is_spent = is_same && w.is_spent;
	ret->is_restamped = is_same && w.is_restamped;
	fq_plan_temp_paths_finish(&w.temp);
	return is_same;
}
