/* How a file was, as a success is recorded with it, and whether it is so still.
 *
 * In an item: SIZE MTIME [HASH], `-` where it was not there, `+` where only that it exists
 * counts. Stamps are compared for equality. One as young as its record proves nothing: what is
 * written in the same tick of the file system's clock leaves no trace. Then HASH has a `~` in front, and
 * the content decides; found the same at a later time, it is recorded without. */
#include "internal.h"

#include <stdio.h>
#include <string.h>

enum { HASH_DIGITS = 16 };

/* Of a folder each file is judged by itself. */
static bool counts_by_content(const struct fq_task *task, const char *path, struct fq_stamp stamp)
{
	return task->compare == FQ_COMPARE_CONTENT ||
	       (task->compare == FQ_COMPARE_AUTO &&
	               (stamp.size_bytes <= FQ_CONTENT_BYTES || fq_path_is_folder(path)));
}

/* A server's clock may be ahead of ours, and some file systems count in twos of seconds. */
static bool is_young(int64_t mtime_ns)
{
	const uint64_t window_ns = 2000000000;
	uint64_t age_ns = (uint64_t)fq_clock_wall_ns() - (uint64_t)mtime_ns;
	return age_ns + window_ns <= 2 * window_ns;
}

/* Of a folder the youngest file counts. */
static bool is_racy(const char *path, struct fq_stamp stamp)
{
	struct fq_tree tree;
	if (!fq_path_is_folder(path)) {
		return is_young(stamp.mtime_ns);
	}
	return !fq_tree_look(path, &tree) || !fq_stamp_equal(tree.stamp, stamp) || is_young(tree.newest_ns);
}

/* --- as text --------------------------------------------------------------------------- */

void fq_plan_add_stamp(struct fq_buf *value, struct fq_stamp stamp)
{
	fq_buf_add_number(value, stamp.size_bytes);
	fq_buf_putc(value, ' ');
	fq_buf_add_number(value, stamp.mtime_ns);
}

static void add_hash(struct fq_buf *value, const char *path, struct fq_stamp stamp, uint64_t hash)
{
	char digits[HASH_DIGITS + 1];
	snprintf(digits, sizeof(digits), "%016llx", (unsigned long long)hash);
	fq_buf_puts(value, is_racy(path, stamp) ? " ~" : " ");
	fq_buf_puts(value, digits);
}

void fq_plan_add_file(struct fq_plan *plan, const struct fq_task *task, const char *path,
        struct fq_stamp stamp, struct fq_buf *value)
{
	uint64_t hash;
	if (stamp.size_bytes < 0 || task->compare == FQ_COMPARE_EXISTS) {
		fq_buf_putc(value, stamp.size_bytes < 0 ? '-' : '+');
		return;
	}
	fq_plan_add_stamp(value, stamp);
	if (counts_by_content(task, path, stamp) && fq_plan_hash_file(plan, task, path, &hash)) {
		add_hash(value, path, stamp, hash);
	}
}

/* The number that the text begins with, and the blank behind it; -1: there is none. */
static int64_t take_number(struct fq_text *text)
{
	const char *at = text->at, *end = at + text->len;
	bool is_negative = at < end && *at == '-';
	const char *first = at += is_negative;
	uint64_t number = 0;
	for (unsigned digit; at < end && (digit = (unsigned)*at - '0') <= 9; at++) {
		number = number * 10 + digit;
	}
	int64_t ret = at == first ? -1 : (int64_t)(is_negative ? 0 - number : number);
	at += at < end;
	*text = (struct fq_text){at, (size_t)(end - at)};
	return ret;
}

struct fq_recorded_file fq_plan_read_file(struct fq_text value)
{
	struct fq_recorded_file was;
	was.stamp.size_bytes = take_number(&value);
	was.stamp.mtime_ns = take_number(&value);
	was.is_racy = value.len && value.at[0] == '~';
	was.hash = (struct fq_text){value.at + was.is_racy, value.len - was.is_racy};
	return was;
}

struct fq_stamp fq_plan_item_stamp(struct fq_text value)
{
	return fq_plan_read_file(value).stamp;
}

static bool read_hash(struct fq_text digits, uint64_t *ret_hash)
{
	uint64_t hash = 0;
	for (size_t i = 0; i < digits.len; i++) {
		char c = digits.at[i];
		bool is_digit = c >= '0' && c <= '9';
		if (!is_digit && !(c >= 'a' && c <= 'f')) {
			return false;
		}
		hash = hash << 4 | (uint64_t)(is_digit ? c - '0' : c - 'a' + 10);
	}
	*ret_hash = hash;
	return digits.len == HASH_DIGITS;
}

bool fq_plan_item_hash(struct fq_text value, uint64_t *ret_hash)
{
	return read_hash(fq_plan_read_file(value).hash, ret_hash);
}

/* --- is it so still? --------------------------------------------------------------------- */

/* Whether its content is what was recorded of it. */
static bool has_content(struct fq_plan *plan, const struct fq_task *task, const struct fq_recorded_file *was,
        const char *path)
{
	uint64_t then, now;
	return read_hash(was->hash, &then) && fq_plan_hash_file(plan, task, path, &now) && then == now;
}

bool fq_plan_file_holds(struct fq_plan *plan, const struct fq_task *task, struct fq_text value,
        const char *path, struct fq_stamp stamp, bool *ret_restamped)
{
	struct fq_recorded_file was = fq_plan_read_file(value);
	if (was.stamp.size_bytes < 0 || was.stamp.size_bytes != stamp.size_bytes) {
		return false;
	}
	bool is_equal = was.stamp.mtime_ns == stamp.mtime_ns;
	if ((is_equal && !was.is_racy) || !was.hash.len || !counts_by_content(task, path, stamp)) {
		return is_equal;
	}
	if (!has_content(plan, task, &was, path)) {
		return false;
	}
	*ret_restamped |= !is_equal || !is_racy(path, stamp);
	return true;
}

/* --- recorded anew --------------------------------------------------------------------------- */

/* Where the content is not what was recorded, the old words stay: they will show it. */
static void restamp_file(struct fq_plan *plan, const struct fq_task *task, const char *path,
        struct fq_text value, struct fq_buf *ret)
{
	struct fq_recorded_file was = fq_plan_read_file(value);
	struct fq_stamp stamp = fq_plan_stamp(plan, path, strlen(path));
	bool is_equal = fq_stamp_equal(was.stamp, stamp);
	uint64_t hash;
	if (was.stamp.size_bytes < 0 || stamp.size_bytes < 0 || (is_equal && !was.is_racy) ||
	        (was.hash.len && !has_content(plan, task, &was, path))) {
		fq_buf_add_text(ret, value);
		return;
	}
	fq_plan_add_stamp(ret, stamp);
	if (read_hash(was.hash, &hash)) {
		add_hash(ret, path, stamp, hash);
	}
}

void fq_plan_restamp(struct fq_plan *plan, uint32_t job, struct fq_text items, struct fq_buf *ret)
{
	const struct fq_task *task = fq_plan_rule(plan, job)->task;
	struct fq_item item;
	struct fq_buf path = {0};
	while (fq_items_next(&items, &item)) {
		fq_buf_puts(ret, ret->len ? "\t" : "");
		fq_buf_putc(ret, item.kind);
		fq_buf_add_text(ret, item.name);
		fq_buf_putc(ret, '\t');
		if (item.kind != ITEM_INPUT && item.kind != ITEM_OUTPUT) {
			fq_buf_add_text(ret, item.value);
			continue;
		}
		path.len = 0;
		fq_buf_puts(&path, "");
		fq_buf_add_unescaped(&path, item.name);
		restamp_file(plan, task, path.at, item.value, ret);
	}
	fq_buf_finish(&path);
}

/* --- the same again ----------------------------------------------------------------------------- */

/* Just made, an equal stamp alone proves as little as anywhere. */
static bool is_same_file(struct fq_text before, struct fq_text now)
{
	struct fq_recorded_file was = fq_plan_read_file(before), is = fq_plan_read_file(now);
	if (is.stamp.size_bytes < 0) {
		return fq_text_is(before, "-") && fq_text_is(now, "-");
	}
	if (was.stamp.size_bytes != is.stamp.size_bytes || !fq_text_equal(was.hash, is.hash)) {
		return false;
	}
	return is.hash.len || (was.stamp.mtime_ns == is.stamp.mtime_ns && !is_young(is.stamp.mtime_ns));
}

/* The next item of those that others may see. */
static bool next_left(struct fq_text *items, struct fq_item *ret)
{
	while (fq_items_next(items, ret)) {
		if (ret->kind == ITEM_OUTPUT || ret->kind == FQ_ITEM_VALUE) {
			return true;
		}
	}
	*ret = (struct fq_item){0};
	return false;
}

bool fq_plan_left_the_same(struct fq_text before, struct fq_text now)
{
	struct fq_item was, is;
	bool has_outputs = false, same = true;
	do {
		next_left(&before, &was);
		next_left(&now, &is);
		same = was.kind == is.kind && (!is.kind || fq_text_equal(was.name, is.name));
		if (same && is.kind == ITEM_OUTPUT) {
			same = is_same_file(was.value, is.value);
			has_outputs |= !fq_text_is(is.value, "-");
		} else if (same && is.kind) {
			same = fq_text_equal(was.value, is.value);
		}
	} while (same && is.kind);
	return same && has_outputs;
}
