/* A folder and all that is in it, as one thing. */
#include "fqrun/base.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/fqrun-tree-XXXXXX";

static void make_folder(void)
{
	cr_assert(mkdtemp(folder) && chdir(folder) == 0);
}

static void remove_folder(void)
{
	struct fq_error err = {0};
	cr_assert(chdir("/") == 0 && fq_tree_remove(folder, &err), "%s", err.text);
}

TestSuite(tree, .init = make_folder, .fini = remove_folder, .timeout = 60);

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	cr_assert(fd >= 0 && fq_file_write_all(fd, text, strlen(text)), "%s", path);
	close(fd);
}

static void set_time(const char *path, long seconds)
{
	struct timespec times[2] = {{seconds, 5}, {seconds, 5}};
	cr_assert(utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW) == 0);
}

/* t/: x (3 bytes), d/y (2), d/e/, link, fifo */
static void make_tree(void)
{
	struct fq_error err = {0};
	cr_assert(fq_folder_make("t/d/e", &err));
	put("t/x", "abc");
	put("t/d/y", "de");
	cr_assert(symlink("x", "t/link") == 0 && mkfifo("t/fifo", 0600) == 0);
	set_time("t/x", 1000);
	set_time("t/d/y", 2000);
}

static uint64_t hash_of(const char *path, int64_t most)
{
	uint64_t hash;
	cr_assert(fq_tree_hash(path, most, &hash, NULL, NULL));
	return hash;
}

Test(tree, it_is_counted_and_its_latest_file_found)
{
	struct fq_tree tree;
	make_tree();
	cr_assert(fq_tree_look("t/", &tree));
	cr_assert(tree.stamp.size_bytes == 5 && tree.stamp.mtime_ns >= 0);
	cr_assert(tree.files == 4 && tree.newest_ns == INT64_C(2000000000005));
	cr_assert((tree.stamp.mtime_ns & FQ_TREE_FILES_MOST) == 4);
	cr_assert(fq_stamp_equal(tree.stamp, fq_tree_stamp("t")));
}

/* --- what is a change ------------------------------------------------------------- */

static void change_name(void)
{
	cr_assert(rename("t/x", "t/z") == 0);
}
static void change_place(void)
{
	cr_assert(rename("t/d/y", "t/y") == 0);
}
static void change_depth(void)
{
	cr_assert(rename("t/d/y", "t/d/e/y") == 0);
}
static void change_time(void)
{
	set_time("t/d/y", 2001);
}
static void change_content(void)
{
	put("t/d/y", "fg");
	set_time("t/d/y", 2000);
}
static void change_size(void)
{
	put("t/d/y", "def");
	set_time("t/d/y", 2000);
}
static void change_link(void)
{
	cr_assert(unlink("t/link") == 0 && symlink("y", "t/link") == 0);
}
static void change_link_to_file(void)
{
	cr_assert(unlink("t/link") == 0);
	put("t/link", "x");
	cr_assert(truncate("t/x", 2) == 0);
	set_time("t/x", 1000);
}
static void add_empty_file(void)
{
	put("t/d/e/.hidden", "");
}
static void add_folder(void)
{
	cr_assert(mkdir("t/d/f", 0700) == 0);
}
static void remove_last_folder(void)
{
	cr_assert(rmdir("t/d/e") == 0);
}

static const struct {
	void (*change)(void);
	bool in_stamp, in_content;
} changes[] = {{change_name, true, true}, {change_place, true, true}, {change_depth, true, true},
        {change_time, true, false}, {change_content, false, true}, {change_size, true, true},
        {change_link, true, true}, {change_link_to_file, true, true}, {add_empty_file, true, true},
        {add_folder, true, true}, {remove_last_folder, true, true}};

Test(tree, each_change_is_seen_where_it_counts)
{
	for (size_t i = 0; i < FQ_COUNT(changes); i++) {
		struct fq_error err = {0};
		make_tree();
		struct fq_stamp before = fq_tree_stamp("t/");
		uint64_t content = hash_of("t/", 1 << 20);
		cr_assert(fq_stamp_equal(before, fq_tree_stamp("t/")) && content == hash_of("t/", 1 << 20));
		changes[i].change();
		cr_expect(fq_stamp_equal(before, fq_tree_stamp("t/")) != changes[i].in_stamp, "%zu", i);
		cr_expect((content == hash_of("t/", 1 << 20)) != changes[i].in_content, "%zu", i);
		cr_assert(fq_tree_remove("t", &err), "%s", err.text);
	}
}

Test(tree, it_is_the_same_in_another_place_and_order)
{
	struct fq_error err = {0};
	make_tree();
	struct fq_stamp stamp = fq_tree_stamp("t/");
	uint64_t content = hash_of("t/", 1 << 20);
	cr_assert(rename("t", "kept") == 0 && fq_folder_make("t/d", &err));
	cr_assert(mkfifo("t/fifo", 0600) == 0 && symlink("x", "t/link") == 0);
	put("t/d/y", "de");
	put("t/x", "abc");
	cr_assert(mkdir("t/d/e", 0700) == 0);
	set_time("t/x", 1000);
	set_time("t/d/y", 2000);
	set_time("t/d", 3000); /* of a folder its names count, not its time */
	cr_assert(fq_stamp_equal(stamp, fq_tree_stamp("t/")) && content == hash_of("t/", 1 << 20));
}

Test(tree, content_counts_up_to_a_size)
{
	make_tree();
	uint64_t small = hash_of("t/", 2), all = hash_of("t/", INT64_MAX);
	set_time("t/d/y", 5);
	cr_assert(small == hash_of("t/", 2));
	set_time("t/x", 5);
	cr_assert(small != hash_of("t/", 2) && all == hash_of("t/", INT64_MAX));
}

Test(tree, a_name_is_no_part_of_the_next_one)
{
	struct fq_error err = {0};
	cr_assert(fq_folder_make("t/a", &err));
	put("t/a/b", "");
	put("t/c", "");
	set_time("t/a/b", 1);
	set_time("t/c", 1);
	struct fq_stamp stamp = fq_tree_stamp("t/");
	cr_assert(rename("t/c", "t/a/c") == 0);
	cr_assert(!fq_stamp_equal(stamp, fq_tree_stamp("t/")));
}

Test(tree, names_of_any_bytes)
{
	char path[300] = "t/";
	cr_assert(mkdir("t", 0700) == 0);
	for (int c = 1; c < 256; c++) {
		if (c != '/' && c != '.') {
			snprintf(path, sizeof(path), "t/%c", c);
			put(path, "x");
		}
	}
	memset(path + 2, 0xff, 255);
	path[257] = '\0';
	put(path, "x");
	struct fq_tree tree;
	cr_assert(fq_tree_look("t/", &tree) && tree.files == 254 && tree.stamp.size_bytes == 254);
	struct fq_error err = {0};
	cr_assert(fq_tree_remove("t/", &err) && access("t", F_OK) != 0, "%s", err.text);
}

/* --- what is none, or has nothing ---------------------------------------------------- */

Test(tree, what_is_no_folder_is_not_there)
{
	struct fq_tree tree;
	uint64_t hash;
	put("file", "x");
	cr_assert(symlink("nowhere", "dangling") == 0 && symlink("loop", "loop") == 0);
	static const char *const none[] = {"absent/", "file/", "file", "dangling/", "loop/", "file/x/", ""};
	for (size_t i = 0; i < FQ_COUNT(none); i++) {
		cr_assert(!fq_tree_look(none[i], &tree) && tree.stamp.size_bytes == -1 && tree.files == 0);
		cr_assert(!fq_tree_hash(none[i], 5, &hash, NULL, NULL) && !fq_tree_is_hollow(none[i]));
		cr_assert(fq_tree_stamp(none[i]).mtime_ns == 0);
	}
	make_tree();
	cr_assert(symlink("t", "to") == 0 && fq_tree_stamp("to/").size_bytes == 5);
}

Test(tree, folders_alone_are_hollow)
{
	struct fq_error err = {0};
	cr_assert(fq_folder_make("t/a/b", &err) && fq_folder_make("t/c", &err));
	cr_assert(fq_tree_is_hollow("t/") && fq_tree_stamp("t/").size_bytes == 0);
	cr_assert(symlink("nowhere", "t/a/b/link") == 0 && !fq_tree_is_hollow("t/"));
	cr_assert(unlink("t/a/b/link") == 0);
	put("t/a/b/empty", "");
	cr_assert(!fq_tree_is_hollow("t/"));
}

Test(tree, what_may_not_be_read_is_passed_over)
{
	if (geteuid() == 0) {
		cr_skip_test("root reads all");
	}
	make_tree();
	struct fq_stamp all = fq_tree_stamp("t/"), part[2];
	static const mode_t modes[] = {0, 0400};
	for (size_t i = 0; i < FQ_COUNT(modes); i++) {
		cr_assert(chmod("t/d", modes[i]) == 0);
		part[i] = fq_tree_stamp("t/");
		cr_assert(part[i].size_bytes == 3 && !fq_stamp_equal(part[i], all));
		cr_assert(fq_stamp_equal(part[i], fq_tree_stamp("t/")));
	}
	struct fq_error err = {0};
	cr_assert(fq_tree_remove("t", &err) && access("t", F_OK) != 0, "%s", err.text);
}

static bool stop_at_once(void *context)
{
	++*(int *)context;
	return true;
}

Test(tree, a_hash_may_be_given_up)
{
	int asked = 0;
	uint64_t hash;
	make_tree();
	cr_assert(!fq_tree_hash("t/", 1 << 20, &hash, stop_at_once, &asked) && asked == 1);
}

/* --- deep, wide, and in motion ---------------------------------------------------------- */

/* So deep that no path names its end, and that a descriptor each would not do. */
static void make_deep(int depth)
{
	char name[201];
	memset(name, 'n', 200);
	name[200] = '\0';
	cr_assert(mkdir("deep", 0700) == 0 && chdir("deep") == 0);
	for (int i = 0; i < depth; i++) {
		cr_assert(mkdir(name, 0700) == 0 && chdir(name) == 0);
	}
	put("end", "12345");
	cr_assert(chdir(folder) == 0);
}

/* So many that are free now, wherever they lie: a runner leaves some of its own open. */
static void allow_descriptors(int count)
{
	struct rlimit limit;
	int free_ones[8], highest = 0;
	for (int i = 0; i < count; i++) {
		highest = free_ones[i] = dup(2);
	}
	for (int i = 0; i < count; i++) {
		close(free_ones[i]);
	}
	cr_assert(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	limit.rlim_cur = (rlim_t)highest + 1;
	cr_assert(setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

Test(tree, a_deep_one_needs_few_descriptors)
{
	struct fq_error err = {0};
	struct fq_tree tree;
	make_deep(5000);
	int lowest = dup(2);
	close(lowest);
	allow_descriptors(4);
	cr_assert(fq_tree_look("deep/", &tree) && tree.files == 1 && tree.stamp.size_bytes == 5);
	cr_assert(hash_of("deep/", 5) != hash_of("deep/", 4));
	cr_assert(fq_tree_remove("deep", &err) && access("deep", F_OK) != 0, "%s", err.text);
	int again = dup(2);
	cr_assert(again == lowest, "a descriptor is left open");
	close(again);
}

Test(tree, a_wide_one_in_fair_time)
{
	enum { FILES = 100000 };
	char path[40];
	cr_assert(mkdir("t", 0700) == 0);
	for (int i = 0; i < FILES; i++) {
		snprintf(path, sizeof(path), "t/%d", i);
		int fd = open(path, O_WRONLY | O_CREAT, 0600);
		cr_assert(fd >= 0);
		close(fd);
	}
	struct fq_tree tree;
	int64_t start = fq_clock_ns();
	cr_assert(fq_tree_look("t/", &tree) && tree.files == FILES);
	cr_assert(fq_clock_ns() - start < INT64_C(10000000000), "more than 10 s");
}

static atomic_bool is_over;

static void *churn(void *context)
{
	char path[40];
	(void)context;
	for (unsigned i = 0; !atomic_load(&is_over); i++) {
		snprintf(path, sizeof(path), "t/d%u", i % 7);
		mkdir(path, 0700);
		snprintf(path, sizeof(path), "t/d%u/e%u", i % 7, i % 3);
		mkdir(path, 0700);
		snprintf(path, sizeof(path), "t/d%u/e%u", (i + 3) % 7, i % 3);
		rename(path, "t/d1/moved");
		snprintf(path, sizeof(path), "t/d%u", (i + 5) % 7);
		fq_tree_remove(path, NULL);
	}
	return NULL;
}

Test(tree, one_that_changes_meanwhile_is_no_crash)
{
	pthread_t thread;
	cr_assert(mkdir("t", 0700) == 0 && pthread_create(&thread, NULL, churn, NULL) == 0);
	for (int i = 0; i < 500; i++) {
		struct fq_tree tree;
		uint64_t hash;
		cr_assert(fq_tree_look("t/", &tree) && tree.stamp.size_bytes == 0);
		fq_tree_hash("t/", 5, &hash, NULL, NULL);
	}
	atomic_store(&is_over, true);
	pthread_join(thread, NULL);
}

/* --- removed ------------------------------------------------------------------------------- */

Test(tree, a_link_written_as_a_folder_is_removed_itself)
{
	struct fq_error err = {0};
	make_tree();
	cr_assert(symlink("t", "link") == 0 && fq_tree_remove("link/", &err), "%s", err.text);
	cr_assert(access("link", F_OK) != 0 && access("t/x", F_OK) == 0);
	put("file", "x");
	cr_assert(fq_tree_remove("file//", &err) && access("file", F_OK) != 0);
	cr_assert(fq_tree_remove("t///", &err) && access("t", F_OK) != 0 && fq_tree_remove("t/", &err));
}

Test(tree, folders_that_forbid_it_are_removed)
{
	struct fq_error err = {0};
	make_tree();
	static const char *const paths[] = {"t/d/e", "t/d", "t"};
	for (size_t i = 0; i < FQ_COUNT(paths); i++) {
		cr_assert(chmod(paths[i], i == 1 ? 0 : 0500) == 0);
	}
	cr_assert(fq_tree_remove("t", &err) && access("t", F_OK) != 0, "%s", err.text);
}
