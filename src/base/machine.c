/* The machine, and the control group that the system has put us in. Where the groups
 * and their counters are: Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst
 * of the kernel, cgroups(7). */
#include "fqrun/base.h"

#include <string.h>
#include <unistd.h>

/* What a file of the kernel's says; false: it is not there. */
static bool read_small(const char *path, struct fq_buf *ret)
{
	enum { BYTES = 1 << 16 };
	struct fq_error err = {0};
	ret->len = 0;
	bool ok = fq_file_read(path, BYTES, ret, &err);
	fq_buf_puts(ret, "");
	fq_error_finish(&err);
	return ok;
}

static bool next_line(struct fq_text *rest, struct fq_text *ret)
{
	if (rest->len == 0) {
		return false;
	}
	const char *end = memchr(rest->at, '\n', rest->len);
	size_t len = end ? (size_t)(end - rest->at) : rest->len, taken = len + (end != NULL);
	*ret = (struct fq_text){rest->at, len};
	*rest = (struct fq_text){rest->at + taken, rest->len - taken};
	return true;
}

static bool begins_with(struct fq_text text, const char *word)
{
	size_t len = strlen(word);
	return text.len >= len && memcmp(text.at, word, len) == 0;
}

/* --- our group -------------------------------------------------------------------------- */

/* The two kinds of groups; version 1 has a tree for each resource. */
struct tree {
	const char *folder, *limit, *events;
};
static const struct tree trees[] = {
        {"/sys/fs/cgroup", "memory.max", "memory.events"},
        {"/sys/fs/cgroup/unified", "memory.max", "memory.events"}, /* both at once */
        {"/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.oom_control"},
};
enum { VERSION_1 = 2 };

static bool is_memory(struct fq_text controllers)
{
	const char word[] = ",memory,";
	struct fq_buf list = {0};
	fq_buf_putc(&list, ',');
	fq_buf_add_text(&list, controllers);
	fq_buf_putc(&list, ',');
	bool is = strstr(list.at, word) != NULL;
	fq_buf_finish(&list);
	return is;
}

/* Adds our group's name in a tree: lines NUMBER:CONTROLLERS:NAME, `0::NAME` for version 2. */
static void add_group(const char *root, bool is_version_1, struct fq_buf *buf)
{
	struct fq_buf path = {0}, text = {0};
	struct fq_text line;
	fq_buf_addf(&path, "%s/proc/self/cgroup", root);
	read_small(path.at, &text);
	struct fq_text rest = {text.at, text.len};
	while (next_line(&rest, &line)) {
		const char *first = memchr(line.at, ':', line.len);
		size_t before = first ? (size_t)(first - line.at) + 1 : line.len;
		const char *second = first ? memchr(first + 1, ':', line.len - before) : NULL;
		if (!second) {
			continue;
		}
		struct fq_text controllers = {first + 1, (size_t)(second - first) - 1};
		struct fq_text name = {second + 1, line.len - (size_t)(second - line.at) - 1};
		if (is_version_1 ? is_memory(controllers) : begins_with(line, "0::")) {
			fq_buf_add_text(buf, name);
			break;
		}
	}
	fq_buf_finish(&text);
	fq_buf_finish(&path);
}

/* Calls `take` with a file of our group, then of each around it. Inside a container what
 * is called the root of the tree is the container's own. */
static void for_groups(const char *root, const struct tree *tree, const char *file,
        bool (*take)(struct fq_text text, int64_t *result), int64_t *result)
{
	struct fq_buf folder = {0}, path = {0}, text = {0};
	fq_buf_addf(&folder, "%s%s", root, tree->folder);
	size_t least = folder.len;
	add_group(root, tree == &trees[VERSION_1], &folder);
	for (bool goes_on = true; goes_on;) {
		path.len = 0;
		fq_buf_addf(&path, "%.*s/%s", (int)folder.len, folder.at, file);
		goes_on = !read_small(path.at, &text) || take((struct fq_text){text.at, text.len}, result);
		goes_on &= folder.len > least;
		while (folder.len > least && folder.at[--folder.len] != '/') {
		}
	}
	fq_buf_finish(&folder);
	fq_buf_finish(&path);
	fq_buf_finish(&text);
}

/* --- how much --------------------------------------------------------------------------- */

/* A number, or "max". Version 1 has a number near the largest where there is no limit. */
static bool take_limit(struct fq_text text, int64_t *least)
{
	const uint64_t none = INT64_MAX / 2;
	uint64_t limit;
	if (fq_parse_number(fq_text_trim(text), &limit) && limit > 0 && limit < none &&
	        (*least == 0 || (int64_t)limit < *least)) {
		*least = (int64_t)limit;
	}
	return true;
}

int64_t fq_memory_limit(const char *root)
{
	int64_t least = 0;
	for (size_t i = 0; i < FQ_COUNT(trees); i++) {
		for_groups(root, &trees[i], trees[i].limit, take_limit, &least);
	}
	return least;
}

int64_t fq_memory_available(void)
{
	long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
	int64_t bytes = pages > 0 && page > 0 ? (int64_t)pages * page : 0;
	int64_t limit = fq_memory_limit("");
	return limit > 0 && (bytes == 0 || limit < bytes) ? limit : bytes;
}

/* --- who was killed --------------------------------------------------------------------- */

/* The line `oom_kill COUNT`; the first file that has it is the one that is meant. */
static bool take_kills(struct fq_text text, int64_t *kills)
{
	const char word[] = "oom_kill ";
	struct fq_text line;
	uint64_t count;
	while (next_line(&text, &line)) {
		size_t skipped = begins_with(line, word) ? sizeof(word) - 1 : line.len;
		struct fq_text number = {line.at + skipped, line.len - skipped};
		if (fq_parse_number(fq_text_trim(number), &count) && count < INT64_MAX) {
			*kills = (int64_t)count;
			return false;
		}
	}
	return true;
}

int64_t fq_memory_oom_kills(const char *root)
{
	int64_t kills = -1;
	struct fq_buf path = {0}, text = {0};
	for (size_t i = 0; i < FQ_COUNT(trees) && kills < 0; i++) {
		for_groups(root, &trees[i], trees[i].events, take_kills, &kills);
	}
	fq_buf_addf(&path, "%s/proc/vmstat", root);
	if (kills < 0 && read_small(path.at, &text)) {
		take_kills((struct fq_text){text.at, text.len}, &kills);
	}
	fq_buf_finish(&path);
	fq_buf_finish(&text);
	return kills;
}
