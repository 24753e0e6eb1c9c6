/* Whether an output is as the job that made it left it. */
#include "internal.h"

#include <string.h>

static bool has_tree(struct fq_plan *plan, const char *path, uint64_t hash, int64_t most_bytes)
{
	uint64_t now;
	return fq_tree_hash(path, most_bytes, &now, plan->is_stopped, plan->stop_context) && now == hash;
}

/* How its task compares nobody knows, if it has left the manifest: of a folder large files
 * count by their content too, or by their time. */
static bool has_content(struct fq_plan *plan, const char *path, struct fq_text value)
{
	uint64_t hash, now;
	if (!fq_plan_item_hash(value, &hash)) {
		return false;
	}
	if (fq_path_is_folder(path)) {
		return has_tree(plan, path, hash, FQ_CONTENT_BYTES) || has_tree(plan, path, hash, INT64_MAX);
	}
	return fq_file_hash(path, &now, plan->is_stopped, plan->stop_context) && now == hash;
}

bool fq_plan_is_as_left(struct fq_plan *plan, const char *path, struct fq_text value, int64_t ended_s)
{
	const int64_t s_ns = INT64_C(1000000000), slack_s = 2; /* clocks of file servers differ */
	struct fq_stamp now = fq_plan_stamp(plan, path, strlen(path));
	if (now.size_bytes < 0) {
		return false;
	}
	if (fq_text_is(value, "+")) {
		return ended_s && now.mtime_ns / s_ns <= ended_s + slack_s;
	}
	struct fq_recorded_file left = fq_plan_read_file(value);
	if (left.stamp.size_bytes != now.size_bytes) {
		return false;
	}
	bool is_same_time = left.stamp.mtime_ns == now.mtime_ns;
	return (is_same_time && !left.is_racy) || has_content(plan, path, value);
}
