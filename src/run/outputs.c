/* A job's outputs: what stands in their places before it, and what it left there. */
#include "internal.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

/* One output's item as it is now: its path and stamp, `-` where nothing is. */
static struct fq_item describe(const char *path, struct fq_buf *buf)
{
	struct fq_stamp stamp = fq_stamp_read(path);
	struct fq_buf value = {0};
	struct fq_item item;
	buf->len = 0;
	fq_buf_addf(&value, stamp.size_bytes < 0 ? "-" : "%lld %lld", (long long)stamp.size_bytes,
	        (long long)stamp.mtime_ns);
	fq_items_add(buf, 'o', fq_text(path), (struct fq_text){value.at, value.len});
	fq_buf_finish(&value);
	struct fq_text text = {buf->at, buf->len};
	fq_items_next(&text, &item);
	return item;
}

static bool is_absent(const struct fq_item *item)
{
	return fq_text_is(item->value, "-");
}

/* Whether the items name that output, and what they say of it. */
static bool find_output(struct fq_text items, const struct fq_item *wanted, struct fq_text *ret_value)
{
	struct fq_item item;
	while (fq_items_next(&items, &item)) {
		if (item.kind == 'o' && fq_text_equal(item.name, wanted->name)) {
			*ret_value = item.value;
			return true;
		}
	}
	return false;
}

/* A file is ours where a run that succeeded names it, or one that was cut off
 * names it and it is not what it was before. */
static bool is_ours(const struct fq_record *record, const struct fq_item *now)
{
	struct fq_text then;
	return find_output(record->items, now, &then) &&
	       (record->verdict == FQ_VERDICT_DONE || !fq_text_equal(then, now->value));
}

/* A file as young as the clock's tick could be written anew without a trace of it. */
static void let_age(const char *path)
{
	const int64_t tick_ns = 20000000;
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	int64_t age_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec - fq_stamp_read(path).mtime_ns;
	if (age_ns >= 0 && age_ns < tick_ns) {
		nanosleep(&(struct timespec){0, tick_ns}, NULL);
	}
}

/* What stands where an output will be: ours is removed; a file that no run made
 * is noted, so that it is neither lost nor taken for the job's. */
bool fq_run_clear_outputs(struct fq_run *run, struct fq_slot *slot, struct fq_error *err)
{
	struct fq_record record = fq_run_find_record(run, slot->job);
	struct fq_list outputs = {0};
	struct fq_buf buf = {0};
	bool ok = true;
	slot->before.len = 0;
	fq_plan_outputs(run->plan, slot->job, &outputs);
	for (const char *path = NULL; ok && (path = fq_list_next(&outputs, path));) {
		struct fq_item now = describe(path, &buf);
		if (is_absent(&now)) {
			ok = fq_folder_make_for(path, err);
		} else if (is_ours(&record, &now)) {
			ok = unlink(path) == 0 || errno == ENOENT ||
			     fq_fail_errno(err, "cannot remove the old %s", path);
			now.value = fq_text("-");
		} else {
			let_age(path);
		}
		fq_items_add(&slot->before, 'o', fq_text(path), now.value);
	}
	fq_list_finish(&outputs);
	fq_buf_finish(&buf);
	return ok;
}

bool fq_run_is_foreign(const struct fq_slot *slot, const char *path)
{
	struct fq_buf buf = {0};
	struct fq_text then;
	struct fq_item now = describe(path, &buf);
	bool is = !is_absent(&now) &&
	          find_output((struct fq_text){slot->before.at, slot->before.len}, &now, &then) &&
	          fq_text_equal(then, now.value);
	fq_buf_finish(&buf);
	return is;
}

void fq_run_remove_outputs(struct fq_run *run, struct fq_slot *slot)
{
	struct fq_list outputs = {0};
	fq_plan_outputs(run->plan, slot->job, &outputs);
	for (const char *path = NULL; (path = fq_list_next(&outputs, path));) {
		if (!fq_run_is_foreign(slot, path)) {
			unlink(path);
		}
	}
	fq_list_finish(&outputs);
}
