/* Whether an output is as the job that made it left it. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

/* SIZE MTIME [HASH]; before the hash of a file as young as its record stands `~`: then equal
 * times prove nothing. */
struct left {
	struct fq_stamp stamp;
	char hash[17]; /* empty: none */
	bool is_racy;
};

static bool read_left(struct fq_text value, struct left *ret)
{
	char text[80], *end;
	if (value.len == 0 || value.len >= sizeof(text) || value.at[0] < '0' || value.at[0] > '9') {
		return false;
	}
	memcpy(text, value.at, value.len);
	text[value.len] = '\0';
	*ret = (struct left){0};
	ret->stamp.size_bytes = strtoll(text, &end, 10);
	if (*end != ' ') {
		return false;
	}
	ret->stamp.mtime_ns = strtoll(end + 1, &end, 10);
	end += *end == ' ';
	ret->is_racy = *end == '~';
	end += ret->is_racy;
	if (strlen(end) < sizeof(ret->hash)) {
		memcpy(ret->hash, end, strlen(end) + 1);
	}
	return true;
}

static bool has_tree(struct fq_plan *plan, const char *path, uint64_t hash, int64_t most_bytes)
{
	uint64_t now;
	return fq_tree_hash(path, most_bytes, &now, plan->is_stopped, plan->stop_context) && now == hash;
}

/* How its task compares nobody knows, if it has left the manifest: of a folder large files
 * count by their content too, or by their time. */
static bool has_content(struct fq_plan *plan, const char *path, const char *digits)
{
	char *end;
	uint64_t hash = strtoull(digits, &end, 16), now;
	if (!digits[0] || *end) {
		return false;
	}
	if (fq_path_is_folder(path)) {
		return has_tree(plan, path, hash, FQ_CONTENT_BYTES) || has_tree(plan, path, hash, INT64_MAX);
	}
	return fq_file_hash(path, &now, plan->is_stopped, plan->stop_context) && now == hash;
}

/* Only that it exists was recorded: then what was written in it since tells. */
static bool is_older(const char *path, struct fq_stamp now, int64_t ended_s)
{
	const int64_t s_ns = INT64_C(1000000000), slack_s = 2; /* clocks of file servers differ */
	struct fq_tree tree;
	int64_t newest_ns = now.mtime_ns;
	if (fq_path_is_folder(path)) {
		newest_ns = fq_tree_look(path, &tree) ? tree.newest_ns : INT64_MAX;
	}
	return ended_s && newest_ns / s_ns <= ended_s + slack_s;
}

bool fq_plan_is_as_left(struct fq_plan *plan, const char *path, struct fq_text value, int64_t ended_s)
{
	struct fq_stamp now = fq_plan_stamp(plan, path, strlen(path));
	struct left left;
	if (now.size_bytes < 0) {
		return false;
	}
	if (fq_text_is(value, "+")) {
		return is_older(path, now, ended_s);
	}
	if (!read_left(value, &left) || left.stamp.size_bytes != now.size_bytes) {
		return false;
	}
	bool is_same_time = left.stamp.mtime_ns == now.mtime_ns;
	return (is_same_time && !left.is_racy) || has_content(plan, path, left.hash);
}
