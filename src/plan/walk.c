/* The one walk over what a job depends on. It writes items; a success is
 * recorded with them; fresh means that the walk writes the same text again, and
 * the reasons why not are read off the two texts. So the decision and its
 * explanation cannot disagree. */
#include "internal.h"

#include <string.h>
#include <time.h>

enum item_kind {
	ITEM_RECIPE = 'r', /* digest */
	ITEM_INPUT = 'i',  /* path: stamp */
	ITEM_JOBS = 'j',   /* task: how many of its jobs, and which */
	ITEM_OUTPUT = 'o', /* path: stamp */
};

/* --- the walk ------------------------------------------------------------------------ */

static void add_stamp(
        struct fq_plan *plan, struct fq_buf *items, char kind, const char *path, struct fq_stamp stamp)
{
	struct fq_buf *value = &plan->scratch[1];
	value->len = 0;
	if (stamp.size_bytes < 0) {
		fq_buf_putc(value, '-');
	} else {
		fq_buf_add_number(value, stamp.size_bytes);
		fq_buf_putc(value, ' ');
		fq_buf_add_number(value, stamp.mtime_ns);
	}
	fq_items_add(items, kind, fq_text(path), (struct fq_text){value->at, value->len});
}

/* One job: that it is one. Several: how many, and a hash of which. */
static void add_jobs(struct fq_plan *plan, const struct fq_arrow *arrow, uint32_t job, struct fq_buf *items)
{
	struct fq_span before = fq_plan_before(plan, arrow, job);
	const struct fq_rule *rule = &plan->rules[arrow->from];
	struct fq_buf *name = &plan->scratch[0], *value = &plan->scratch[1];
	value->len = 0;
	fq_buf_add_number(value, before.count);
	if (rule->task->per < fq_plan_rule(plan, job)->task->per) {
		uint64_t hash = 0;
		for (uint32_t i = 0; i < before.count; i++) {
			name->len = 0;
			fq_plan_add_unit(plan, before.first + i, name);
			hash = fq_hash_next(hash, name->at, name->len);
		}
		fq_buf_addf(value, " %016llx", (unsigned long long)hash);
	}
	fq_items_add(items, ITEM_JOBS, fq_text(rule->task->name), (struct fq_text){value->at, value->len});
}

void fq_plan_add_items(struct fq_plan *plan, uint32_t job, struct fq_buf *items)
{
	struct fq_job_at at = fq_plan_at(plan, job);
	fq_items_add(items, ITEM_RECIPE, fq_text(""), (struct fq_text){at.rule->digest, FQ_DIGEST_LEN});
	struct fq_list inputs = {.bytes = plan->scratch[2]};
	inputs.bytes.len = 0;
	fq_plan_inputs(plan, job, &inputs);
	for (const char *path = NULL; (path = fq_list_next(&inputs, path));) {
		add_stamp(plan, items, ITEM_INPUT, path, fq_plan_stamp(plan, path, strlen(path)));
	}
	plan->scratch[2] = inputs.bytes;
	for (uint32_t i = 0; i < at.rule->in_count; i++) {
		add_jobs(plan, &plan->arrows[at.rule->in[i]], job, items);
	}
}

bool fq_plan_add_output_items(
        struct fq_plan *plan, uint32_t job, struct fq_buf *items, struct fq_buf *ret_missing)
{
	const struct fq_task *task = fq_plan_rule(plan, job)->task;
	struct fq_list outputs = {.bytes = plan->scratch[2]};
	outputs.bytes.len = 0;
	fq_plan_outputs(plan, job, &outputs);
	bool complete = true;
	uint32_t i = 0;
	for (const char *path = NULL; (path = fq_list_next(&outputs, path)); i++) {
		struct fq_stamp stamp = fq_plan_stamp(plan, path, strlen(path));
		bool is_optional = task->outputs.count == outputs.count && task->outputs.words[i].is_optional;
		if (stamp.size_bytes < 0 && !is_optional && complete) {
			complete = false;
			if (ret_missing) {
				fq_buf_puts(ret_missing, path);
			}
		}
		add_stamp(plan, items, ITEM_OUTPUT, path, stamp);
	}
	plan->scratch[2] = outputs.bytes;
	return complete;
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
		struct fq_span before = fq_plan_before(plan, &plan->arrows[rule->in[i]], job);
		for (uint32_t j = before.first; j < before.first + before.count; j++) {
			if (seqs[j] > seq && younger++ < TOLD && why) {
				tell_ran(plan, j, seqs[j], why);
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
		fq_buf_addf(why, "and %zu more ran or will run before it\n", younger - TOLD);
	}
	return younger;
}

/* --- the differences between two texts of items ----------------------------------------------- */

static void add_time(struct fq_buf *buf, int64_t ns)
{
	char text[40] = "?";
	time_t s = (time_t)(ns / 1000000000);
	struct tm local;
	if (localtime_r(&s, &local)) {
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &local);
	}
	fq_buf_addf(buf, "%s.%09lld", text, (long long)(ns % 1000000000));
}

/* "1234 1700000000000000000" for people. */
static void add_stamp_words(struct fq_buf *buf, struct fq_text value)
{
	const char *blank = memchr(value.at, ' ', value.len);
	uint64_t size = 0, mtime = 0;
	if (!blank) {
		fq_buf_puts(buf, "not there");
		return;
	}
	size_t len = (size_t)(blank - value.at);
	fq_parse_number((struct fq_text){value.at, len}, &size);
	fq_parse_number((struct fq_text){blank + 1, value.len - len - 1}, &mtime);
	fq_buf_addf(buf, "%llu bytes of ", (unsigned long long)size);
	add_time(buf, (int64_t)mtime);
}

static struct fq_text next_line(struct fq_text *text)
{
	const char *end = memchr(text->at, '\n', text->len);
	struct fq_text line = {text->at, end ? (size_t)(end - text->at) : text->len};
	size_t taken = line.len + (end != NULL);
	*text = (struct fq_text){text->at + taken, text->len - taken};
	return line;
}

static bool has_line(struct fq_text text, struct fq_text line)
{
	while (text.len) {
		if (fq_text_equal(next_line(&text), line)) {
			return true;
		}
	}
	return false;
}

/* The placeholder behind a reference of the script, "_fq3": the third word of
 * the recipe's line "values". */
static struct fq_text placeholder_of(struct fq_text recipe, uint64_t number)
{
	while (recipe.len) {
		struct fq_text line = next_line(&recipe);
		if (line.len < 7 || memcmp(line.at, "values ", 7) != 0) {
			continue;
		}
		for (; number && line.len; number--) {
			const char *blank = memchr(line.at, ' ', line.len);
			size_t skipped = blank ? (size_t)(blank - line.at) + 1 : line.len;
			line = (struct fq_text){line.at + skipped, line.len - skipped};
		}
		const char *end = memchr(line.at, ' ', line.len);
		return (struct fq_text){line.at, end ? (size_t)(end - line.at) : line.len};
	}
	return (struct fq_text){0};
}

/* How many bytes at `line` are a reference, "${_fq3}" or "${_fq3[@]}", quotes and all. */
static size_t reference_at(struct fq_text line, uint64_t *ret_number)
{
	size_t at = line.len && line.at[0] == '"', digits = 0;
	if (line.len < at + 6 || memcmp(line.at + at, "${_fq", 5) != 0) {
		return 0;
	}
	at += 5;
	while (at + digits < line.len && line.at[at + digits] >= '0' && line.at[at + digits] <= '9') {
		digits++;
	}
	fq_parse_number((struct fq_text){line.at + at, digits}, ret_number);
	const char *end = memchr(line.at + at, '}', line.len - at);
	if (!end || !digits) {
		return 0;
	}
	size_t len = (size_t)(end - line.at) + 1;
	return line.at[0] == '"' && len < line.len && line.at[len] == '"' ? len + 1 : len;
}

/* A recipe as the user wrote it, without the list of its values. */
static void add_readable(struct fq_buf *buf, struct fq_text recipe)
{
	struct fq_text rest = recipe;
	while (rest.len) {
		struct fq_text line = next_line(&rest);
		if (line.len >= 6 && memcmp(line.at, "values", 6) == 0) {
			continue;
		}
		while (line.len) {
			uint64_t number = 0;
			size_t len = reference_at(line, &number);
			fq_buf_add_text(
			        buf, len ? placeholder_of(recipe, number) : (struct fq_text){line.at, 1});
			len = len ? len : 1;
			line = (struct fq_text){line.at + len, line.len - len};
		}
		fq_buf_putc(buf, '\n');
	}
}

/* The lines of `text` that `other` does not have. */
static void add_other_lines(
        struct fq_buf *why, const char *word, const struct fq_buf *text, const struct fq_buf *other)
{
	struct fq_text rest = {text->at, text->len};
	while (rest.len) {
		struct fq_text line = next_line(&rest);
		if (!has_line((struct fq_text){other->at, other->len}, line)) {
			fq_buf_addf(why, "  %s %.*s\n", word, (int)line.len, line.at);
		}
	}
}

static void tell_recipe(
        const struct fq_rule *rule, struct fq_journal *journal, struct fq_text old, struct fq_buf *why)
{
	fq_buf_puts(why, "its command, variables or environment changed\n");
	const char *text = old.len == FQ_DIGEST_LEN ? fq_journal_text(journal, old.at) : NULL;
	if (text) {
		struct fq_buf was = {0}, is = {0};
		add_readable(&was, fq_text(text));
		add_readable(&is, rule->recipe);
		add_other_lines(why, "was:", &was, &is);
		add_other_lines(why, "is: ", &is, &was);
		fq_buf_finish(&was);
		fq_buf_finish(&is);
	}
}

static void tell_jobs(struct fq_buf *why, const struct fq_item *item, const struct fq_text *was)
{
	uint64_t before = 0, now = 0;
	const char *blank = memchr(item->value.at, ' ', item->value.len);
	fq_parse_number(
	        (struct fq_text){item->value.at, blank ? (size_t)(blank - item->value.at) : item->value.len},
	        &now);
	if (was) {
		blank = memchr(was->at, ' ', was->len);
		fq_parse_number(
		        (struct fq_text){was->at, blank ? (size_t)(blank - was->at) : was->len}, &before);
	}
	if (before == now) {
		fq_buf_addf(why, "it waits for other jobs of %.*s than before\n", (int)item->name.len,
		        item->name.at);
	} else {
		fq_buf_addf(why, "it waits for %llu jobs of %.*s, was %llu\n", (unsigned long long)now,
		        (int)item->name.len, item->name.at, (unsigned long long)before);
	}
}

static void tell_file(struct fq_buf *why, const struct fq_item *item, const struct fq_text *was)
{
	const char *kind = item->kind == ITEM_INPUT ? "input" : "output";
	fq_buf_addf(why, "%s ", kind);
	fq_buf_add_unescaped(why, item->name);
	if (!was) {
		fq_buf_puts(why, " is new\n");
		return;
	}
	fq_buf_puts(why, item->value.len == 1 ? " is missing: was " : " changed: was ");
	add_stamp_words(why, *was);
	if (item->value.len > 1) {
		fq_buf_puts(why, ", is ");
		add_stamp_words(why, item->value);
	}
	fq_buf_putc(why, '\n');
}

static bool find_item(struct fq_text items, const struct fq_item *wanted, struct fq_text *ret_value)
{
	struct fq_item item;
	while (fq_items_next(&items, &item)) {
		if (item.kind == wanted->kind && fq_text_equal(item.name, wanted->name)) {
			*ret_value = item.value;
			return true;
		}
	}
	return false;
}

static void tell_changed(const struct fq_rule *rule, struct fq_journal *journal, const struct fq_item *item,
        const struct fq_text *was, struct fq_buf *why)
{
	if (item->kind == ITEM_RECIPE) {
		tell_recipe(rule, journal, was ? *was : (struct fq_text){0}, why);
	} else if (item->kind == ITEM_JOBS) {
		tell_jobs(why, item, was);
	} else {
		tell_file(why, item, was);
	}
}

enum { REASONS_TOLD = 10 };

static void tell_differences(const struct fq_rule *rule, struct fq_journal *journal, struct fq_text old,
        struct fq_text now, struct fq_buf *why)
{
	struct fq_item item;
	struct fq_text rest = now, value;
	size_t told = 0;
	while (told < REASONS_TOLD && fq_items_next(&rest, &item)) {
		bool known = find_item(old, &item, &value);
		if (!known || !fq_text_equal(value, item.value)) {
			tell_changed(rule, journal, &item, known ? &value : NULL, why);
			told++;
		}
	}
	rest = old;
	while (told < REASONS_TOLD && fq_items_next(&rest, &item)) {
		if (!find_item(now, &item, &value)) {
			fq_buf_addf(why, "%s ",
			        item.kind == ITEM_JOBS     ? "task"
			        : item.kind == ITEM_OUTPUT ? "output"
			                                   : "input");
			fq_buf_add_unescaped(why, item.name);
			fq_buf_puts(why, " is no longer one of it\n");
			told++;
		}
	}
	if (told == 0) {
		fq_buf_puts(why, "its files are in another order\n");
	}
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
	fq_plan_add_items(plan, job, items);
	bool complete = fq_plan_add_output_items(plan, job, items, NULL);
	struct fq_text now = {items->at, items->len};
	bool same = complete && fq_text_equal(record.items, now);
	if (!same && why) {
		tell_differences(rule, journal, record.items, now, why);
	}
	*ret_seq = same && !younger ? record.seq : 0;
	return same && !younger;
}
