/* The differences between two texts of items, in words. */
#include "internal.h"

#include <string.h>
#include <time.h>

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

/* "1234 1700000000000000000" for people. What stands for a folder's time is none. */
static void add_stamp_words(struct fq_buf *buf, struct fq_text value, bool is_folder)
{
	const char *blank = memchr(value.at, ' ', value.len);
	uint64_t size = 0, mtime = 0;
	if (!blank) {
		fq_buf_puts(buf, fq_text_is(value, "+") ? "there" : "not there");
		return;
	}
	const char *hash = memchr(blank + 1, ' ', value.len - (size_t)(blank + 1 - value.at));
	value.len = hash ? (size_t)(hash - value.at) : value.len;
	size_t len = (size_t)(blank - value.at);
	fq_parse_number((struct fq_text){value.at, len}, &size);
	fq_parse_number((struct fq_text){blank + 1, value.len - len - 1}, &mtime);
	if (is_folder) {
		uint64_t files = mtime & FQ_TREE_FILES_MOST;
		fq_buf_addf(buf, "%llu file%s%s, %llu bytes", (unsigned long long)files,
		        files == 1 ? "" : "s", files == FQ_TREE_FILES_MOST ? " or more" : "",
		        (unsigned long long)size);
		return;
	}
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

/* What a folder is now, if it was `was`. */
static void add_folder_words(struct fq_buf *why, struct fq_text was, struct fq_text is)
{
	struct fq_buf before = {0}, now = {0};
	add_stamp_words(&before, was, true);
	add_stamp_words(&now, is, true);
	bool same = fq_text_equal((struct fq_text){before.at, before.len}, (struct fq_text){now.at, now.len});
	fq_buf_puts(why, same ? "as much, of other names, times or content" : now.at);
	fq_buf_finish(&before);
	fq_buf_finish(&now);
}

/* The same size and time: then it was read. */
static bool differs_in_content(struct fq_text was, struct fq_text now)
{
	struct fq_stamp then = fq_plan_item_stamp(was);
	return then.size_bytes >= 0 && fq_stamp_equal(then, fq_plan_item_stamp(now));
}

static void tell_file(struct fq_buf *why, const struct fq_item *item, const struct fq_text *was)
{
	fq_buf_puts(why, item->kind == ITEM_INPUT ? "input " : "output ");
	fq_buf_add_unescaped(why, item->name);
	if (!was) {
		fq_buf_puts(why, " is new\n");
		return;
	}
	bool is_folder = item->name.at[item->name.len - 1] == '/';
	if (!is_folder && differs_in_content(*was, item->value)) {
		fq_buf_puts(why, ": its content changed, with the same size and time: ");
		add_stamp_words(why, item->value, false);
		fq_buf_putc(why, '\n');
		return;
	}
	fq_buf_puts(why, item->value.len == 1 ? " is missing: was " : " changed: was ");
	add_stamp_words(why, *was, is_folder);
	if (item->value.len > 1) {
		fq_buf_puts(why, ", is ");
	}
	if (item->value.len > 1 && is_folder) {
		add_folder_words(why, *was, item->value);
	} else if (item->value.len > 1) {
		add_stamp_words(why, item->value, false);
	}
	fq_buf_putc(why, '\n');
}

static void tell_text(struct fq_buf *why, const struct fq_item *item, const struct fq_text *was)
{
	if (item->kind == ITEM_VERSION) {
		fq_buf_puts(why, "the version of its tool");
	} else {
		fq_buf_add_unescaped(why, item->name);
	}
	if (was) {
		fq_buf_puts(why, " changed: was ");
		fq_buf_add_unescaped(why, *was);
		fq_buf_puts(why, ", is ");
	} else {
		fq_buf_puts(why, " is new: ");
	}
	fq_buf_add_unescaped(why, item->value);
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
	} else if (item->kind == ITEM_VERSION || item->kind == ITEM_READ) {
		tell_text(why, item, was);
	} else {
		tell_file(why, item, was);
	}
}

static void tell_gone(struct fq_buf *why, const struct fq_item *item)
{
	static const struct {
		char kind;
		const char *word;
	} words[] = {{ITEM_JOBS, "task "}, {ITEM_OUTPUT, "output "}, {ITEM_INPUT, "input "},
	        {ITEM_VERSION, "the version of its tool"}};
	for (size_t i = 0; i < FQ_COUNT(words); i++) {
		fq_buf_puts(why, words[i].kind == item->kind ? words[i].word : "");
	}
	fq_buf_add_unescaped(why, item->name);
	fq_buf_puts(why, " is no longer one of it\n");
}

enum { REASONS_TOLD = 10 };

void fq_plan_tell_differences(const struct fq_rule *rule, struct fq_journal *journal, struct fq_text old,
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
		if (item.kind != FQ_ITEM_VALUE && !find_item(now, &item, &value)) {
			tell_gone(why, &item);
			told++;
		}
	}
	if (told == 0) {
		fq_buf_puts(why, "its files are in another order\n");
	}
}
