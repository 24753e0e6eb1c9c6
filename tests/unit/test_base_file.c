#include "fqrun/base.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/fqrun-base-XXXXXX";

static void make_folder(void)
{
	cr_assert(mkdtemp(folder) && chdir(folder) == 0);
}

static void remove_folder(void)
{
	struct fq_error err = {0};
	cr_assert(chdir("/") == 0 && fq_tree_remove(folder, &err), "%s", err.text);
}

TestSuite(base, .init = make_folder, .fini = remove_folder, .timeout = 60);

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	cr_assert(fd >= 0 && fq_file_write_all(fd, text, strlen(text)));
	close(fd);
}

static void expect_content(const char *path, const char *text)
{
	struct fq_buf got = {0};
	struct fq_error err = {0};
	cr_assert(fq_file_read(path, 1 << 20, &got, &err), "%s", err.text);
	cr_assert_str_eq(got.at, text);
	fq_buf_finish(&got);
}

static void expect_unreadable(const char *path, size_t limit, const char *words)
{
	struct fq_buf got = {0};
	struct fq_error err = {0};
	cr_assert_not(fq_file_read(path, limit, &got, &err), "%s", path);
	cr_assert(strstr(err.text, words), "%s", err.text);
	cr_assert(strstr(err.text, path) || strcmp(err.where.file, path) == 0, "%s", err.text);
	fq_error_finish(&err);
	fq_buf_finish(&got);
}

static size_t count_entries(void)
{
	size_t count = 0;
	FILE *names = popen("ls -A", "r");
	for (int c; (c = getc(names)) != EOF;) {
		count += c == '\n';
	}
	pclose(names);
	return count;
}

/* Writing beyond this fails, as on a full disk. */
static void limit_files(rlim_t bytes)
{
	signal(SIGXFSZ, SIG_IGN);
	cr_assert(setrlimit(RLIMIT_FSIZE, &(struct rlimit){bytes, RLIM_INFINITY}) == 0);
}

/* --- reading ------------------------------------------------------------- */

Test(base, file_is_read_whole)
{
	char bytes[200000];
	struct fq_buf got = {0};
	for (size_t i = 0; i < sizeof(bytes); i++) {
		bytes[i] = (char)(i * 31 >> 3);
	}
	int fd = open("a", O_WRONLY | O_CREAT, 0600);
	cr_assert(fq_file_write_all(fd, bytes, sizeof(bytes)));
	close(fd);
	cr_assert(fq_file_read("a", sizeof(bytes), &got, NULL));
	cr_assert(got.len == sizeof(bytes) && memcmp(got.at, bytes, got.len) == 0 && got.at[got.len] == '\0');
	fq_buf_finish(&got);
	put("empty", "");
	expect_content("empty", "");
}

Test(base, file_over_its_limit_is_refused)
{
	put("a", "12345");
	struct fq_buf got = {0};
	cr_assert(fq_file_read("a", 5, &got, NULL));
	fq_buf_finish(&got);
	expect_unreadable("a", 4, "larger than");
}

Test(base, file_larger_than_memory_is_refused_not_tried)
{
	put("a", "x");
	cr_assert(truncate("a", INT64_C(1) << 40) == 0);
	expect_unreadable("a", 64 << 20, "larger than 64 MiB");
}

Test(base, only_regular_files_are_read)
{
	cr_assert(mkfifo("fifo", 0600) == 0 && mkdir("folder", 0700) == 0);
	cr_assert(symlink("fifo", "link") == 0);
	expect_unreadable("fifo", 100, "not a regular file");
	expect_unreadable("link", 100, "not a regular file");
	expect_unreadable("folder", 100, "not a regular file");
	expect_unreadable("/dev/zero", 100, "not a regular file");
	expect_unreadable("absent", 100, "No such file");
}

/* --- writing ------------------------------------------------------------- */

Test(base, all_is_written_to_a_slow_reader)
{
	enum { BYTES = 1 << 20 };
	static char bytes[BYTES];
	int ends[2];
	cr_assert(pipe(ends) == 0);
	pid_t reader = fork();
	if (reader == 0) {
		size_t sum = 0;
		close(ends[1]);
		for (ssize_t got; (got = read(ends[0], bytes, 1000)) > 0;) {
			sum += (size_t)got;
		}
		_exit(sum == BYTES ? 0 : 1);
	}
	int status;
	close(ends[0]);
	cr_assert(fq_file_write_all(ends[1], bytes, BYTES));
	close(ends[1]);
	cr_assert(waitpid(reader, &status, 0) == reader && status == 0);
}

Test(base, write_that_fails_says_so)
{
	int fd = open("a", O_WRONLY | O_CREAT, 0600);
	limit_files(3);
	cr_assert(!fq_file_write_all(fd, "12345", 5) && errno == EFBIG);
	cr_assert(!fq_file_write_all(-1, "1", 1) && errno == EBADF);
	cr_assert(fq_file_write_all(-1, "", 0));
	close(fd);
}

Test(base, replaced_file_has_the_new_content)
{
	struct fq_error err = {0};
	cr_assert(fq_file_replace("a", "one", 3, &err), "%s", err.text);
	expect_content("a", "one");
	cr_assert(fq_file_replace("a", "", 0, &err), "%s", err.text);
	expect_content("a", "");
	cr_assert(count_entries() == 1);
}

Test(base, replacing_that_fails_keeps_the_old_content)
{
	struct fq_error err = {0};
	put("a", "old");
	cr_assert(mkdir("folder", 0700) == 0);
	cr_assert_not(fq_file_replace("a/b", "new", 3, &err));
	cr_assert(strstr(err.text, "a/b") && strstr(err.text, "Not a directory") && err.number == ENOTDIR);
	fq_error_finish(&err);
	cr_assert_not(fq_file_replace("folder", "new", 3, &err));
	fq_error_finish(&err);
	limit_files(2);
	cr_assert_not(fq_file_replace("a", "new", 3, &err));
	cr_assert(strstr(err.text, "File too large"), "%s", err.text);
	fq_error_finish(&err);
	limit_files(RLIM_INFINITY);
	expect_content("a", "old");
	cr_assert(count_entries() == 2);
}

Test(base, replacing_is_not_stopped_by_what_a_killed_one_left)
{
	struct fq_error err = {0};
	char left[64];
	/* In a container the same process number comes again. */
	snprintf(left, sizeof(left), "a.%ld.tmp", (long)getpid());
	put(left, "half");
	put("elsewhere", "mine");
	cr_assert(fq_file_replace("a", "new", 3, &err), "%s", err.text);
	expect_content("a", "new");
	cr_assert(symlink("elsewhere", left) == 0);
	cr_assert(fq_file_replace("a", "newer", 5, &err), "%s", err.text);
	expect_content("a", "newer");
	expect_content("elsewhere", "mine");
	cr_assert(count_entries() == 2);
}

/* --- folders ------------------------------------------------------------- */

static bool is_folder(const char *path)
{
	struct stat st;
	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

Test(base, folder_is_made_with_its_parents)
{
	struct fq_error err = {0};
	cr_assert(fq_folder_make("a/b/c", &err) && is_folder("a/b/c"));
	cr_assert(fq_folder_make("a/b/c", &err));
	cr_assert(fq_folder_make("d//e///f/", &err) && is_folder("d/e/f"));
	cr_assert(fq_folder_make("/", &err) && fq_folder_make(".", &err) && fq_folder_make("..", &err));
	cr_assert(fq_folder_make_for("g/h/file", &err) && is_folder("g/h") && !is_folder("g/h/file"));
	cr_assert(fq_folder_make_for("file", &err) && fq_folder_make_for("/file", &err));
	cr_assert(symlink("a", "link") == 0 && fq_folder_make("link/z", &err) && is_folder("a/z"));
	cr_assert_null(err.text, "%s", err.text);
}

Test(base, folder_that_cannot_be_made_is_an_error)
{
	static const char *const bad[] = {"", "file", "file/a", "dangling", "dangling/a", "/proc/none/a"};
	put("file", "");
	cr_assert(symlink("nowhere", "dangling") == 0);
	for (size_t i = 0; i < FQ_COUNT(bad); i++) {
		struct fq_error err = {0};
		cr_assert(!fq_folder_make(bad[i], &err) && err.text, "%s", bad[i]);
		fq_error_finish(&err);
	}
}

Test(base, folder_is_empty_or_not)
{
	cr_assert(mkdir("a", 0700) == 0 && fq_folder_is_empty("a"));
	put("a/.hidden", "");
	cr_assert(!fq_folder_is_empty("a") && !fq_folder_is_empty("absent") &&
	          !fq_folder_is_empty("a/.hidden"));
}

Test(base, tree_is_removed_and_no_link_followed)
{
	struct fq_error err = {0};
	cr_assert(fq_folder_make("keep/sub", &err) && fq_folder_make("tree/a/b", &err));
	put("keep/file", "kept");
	put("tree/.hidden", "");
	put("tree/a/b/c", "");
	cr_assert(symlink("../keep", "tree/folder") == 0 && symlink("../../keep/file", "tree/a/file") == 0);
	cr_assert(symlink("nowhere", "tree/dangling") == 0 && mkfifo("tree/fifo", 0600) == 0);
	cr_assert(chmod("tree/a", 0500) == 0 || true);
	cr_assert(fq_tree_remove("tree", &err), "%s", err.text);
	cr_assert_not(is_folder("tree"));
	expect_content("keep/file", "kept");
	cr_assert(is_folder("keep/sub"));
}

Test(base, removing_takes_what_is_there)
{
	struct fq_error err = {0};
	put("file", "");
	cr_assert(mkdir("folder", 0700) == 0 && symlink("folder", "link") == 0);
	put("folder/a", "");
	cr_assert(fq_tree_remove("absent", &err) && fq_tree_remove("absent/x", &err));
	cr_assert(fq_tree_remove("file", &err) && fq_tree_remove("link", &err));
	expect_content("folder/a", "");
	cr_assert(fq_tree_remove("folder", &err) && count_entries() == 0);
	cr_assert(!fq_tree_remove("/proc/self", &err) && strstr(err.text, "/proc/self"));
	fq_error_finish(&err);
}

Test(base, a_deep_tree_is_removed)
{
	struct fq_error err = {0};
	cr_assert(mkdir("deep", 0700) == 0 && chdir("deep") == 0);
	for (int i = 0; i < 400; i++) {
		cr_assert(mkdir("a-rather-long-name", 0700) == 0 && chdir("a-rather-long-name") == 0);
	}
	cr_assert(chdir(folder) == 0 && fq_tree_remove("deep", &err), "%s", err.text);
}

/* --- stamps -------------------------------------------------------------- */

Test(base, stamp_tells_one_content_from_another)
{
	struct timespec times[2] = {{1000, 0}, {1000, 5}};
	put("a", "123");
	cr_assert(symlink("a", "link") == 0 && utimensat(AT_FDCWD, "a", times, 0) == 0);
	struct fq_stamp a = fq_stamp_read("a");
	cr_assert(a.size_bytes == 3 && a.mtime_ns == 1000000000005);
	cr_assert(fq_stamp_equal(a, fq_stamp_read("link")));
	times[1].tv_nsec = 6;
	cr_assert(utimensat(AT_FDCWD, "a", times, 0) == 0 && !fq_stamp_equal(a, fq_stamp_read("a")));
	struct fq_stamp absent = fq_stamp_read("absent");
	cr_assert(absent.size_bytes == -1 && fq_stamp_equal(absent, fq_stamp_read("a/b")));
}

Test(base, stamps_beyond_the_year_2262_are_still_told_apart)
{
	struct timespec times[2] = {{0, 0}, {12000000000, 0}};
	put("a", "123");
	cr_assert(utimensat(AT_FDCWD, "a", times, 0) == 0);
	struct fq_stamp a = fq_stamp_read("a");
	times[1].tv_sec++;
	cr_assert(utimensat(AT_FDCWD, "a", times, 0) == 0);
	cr_assert_not(fq_stamp_equal(a, fq_stamp_read("a")));
}

Test(base, the_end_of_a_file_is_read_alone)
{
	static const struct {
		size_t most;
		int64_t hidden;
		const char *text;
	} rows[] = {{0, 10, ""}, {1, 9, "9"}, {4, 6, "6789"}, {10, 0, "0123456789"}, {99, 0, "0123456789"}};
	put("digits", "0123456789");
	for (size_t i = 0; i < FQ_COUNT(rows); i++) {
		struct fq_buf got = {0};
		int64_t hidden = -1;
		cr_assert(fq_file_read_end("digits", rows[i].most, &got, &hidden, NULL));
		cr_assert(hidden == rows[i].hidden && got.len == strlen(rows[i].text), "row %zu", i);
		cr_assert_str_eq(got.at, rows[i].text);
		fq_buf_finish(&got);
	}
	/* One that nobody would read whole: a terabyte, of which nothing is stored. */
	int fd = open("large", O_WRONLY | O_CREAT, 0600);
	struct fq_buf got = {0};
	struct fq_error err = {0};
	int64_t hidden;
	cr_assert(ftruncate(fd, INT64_C(1) << 40) == 0 && pwrite(fd, "end", 3, (INT64_C(1) << 40) - 3) == 3);
	close(fd);
	cr_assert(fq_file_read_end("large", 3, &got, &hidden, &err) && strcmp(got.at, "end") == 0);
	cr_assert(hidden == (INT64_C(1) << 40) - 3);
	cr_assert_not(fq_file_read_end("none", 3, &got, &hidden, &err));
	cr_assert(err.text && hidden == 0);
	fq_error_finish(&err);
	cr_assert(mkfifo("fifo", 0600) == 0 && !fq_file_read_end("fifo", 3, &got, &hidden, &err));
	fq_error_finish(&err);
	fq_buf_finish(&got);
}
