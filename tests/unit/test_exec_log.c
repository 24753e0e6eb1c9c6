/* Logs with a limit. */
#include "exec_jobs.h"

TestSuite(exec_log, .init = make_executor, .fini = destroy_executor, .timeout = 60);

static void start_limited(const char *script, int64_t limit_bytes)
{
	char *argv[] = {"sh", "-c", (char *)(uintptr_t)script, NULL};
	struct fq_launch launch = {
	        .argv = argv, .env = usual_env, .log = "log", .log_limit_bytes = limit_bytes};
	cr_assert(executor->impl->start(executor, 0, &launch, NULL));
}

static void run_limited(const char *script, int64_t limit_bytes)
{
	start_limited(script, limit_bytes);
	struct fq_exit end = wait_exit();
	cr_assert(end.status == 0 && !end.log_failed);
}

static void expect_bytes(const char *path, const struct fq_buf *expected)
{
	struct fq_buf got = {0};
	struct fq_error err = {0};
	cr_assert(fq_file_read(path, 64 << 20, &got, &err), "%s", err.text);
	cr_assert(got.len == expected->len, "%zu bytes, not %zu", got.len, expected->len);
	cr_assert(memcmp(got.at, expected->at, got.len) == 0);
	fq_buf_finish(&got);
}

/* Numbered lines with all that a terminal would not like. */
static void add_noise(struct fq_buf *buf, size_t len, bool has_lines)
{
	static const char tail[] = "\033[31m\0\x1b]0;x\a\r\xff\x80 \t.";
	for (int64_t i = 0; buf->len < len; i++) {
		fq_buf_add_number(buf, i);
		fq_buf_add(buf, tail, sizeof(tail) - 1 - (size_t)(i % 7));
		fq_buf_putc(buf, has_lines ? '\n' : ';');
	}
	buf->len = len;
}

/* What the log shall be: told once more, in the words of the door. */
static void add_expected(struct fq_buf *buf, const struct fq_buf *printed, size_t limit)
{
	size_t last = limit / 2, first = limit - last, begin = printed->len - last;
	if (printed->len <= limit) {
		fq_buf_add(buf, printed->at, printed->len);
		return;
	}
	size_t near = last / 2 < 4096 ? last / 2 : 4096;
	const char *end = memchr(printed->at + begin, '\n', near);
	begin = end ? (size_t)(end + 1 - printed->at) : begin;
	fq_buf_add(buf, printed->at, first);
	fq_buf_addf(buf, "%s[fqrun: %zu bytes left out here]\n", printed->at[first - 1] == '\n' ? "" : "\n",
	        begin - first);
	fq_buf_add(buf, printed->at + begin, printed->len - begin);
}

static void check_noise(size_t len, size_t limit, bool has_lines)
{
	struct fq_buf printed = {0}, expected = {0};
	fq_buf_puts(&printed, "");
	fq_buf_puts(&expected, "");
	add_noise(&printed, len, has_lines);
	cr_assert(fq_file_replace("printed", printed.at, printed.len, NULL));
	run_limited("cat printed", (int64_t)limit);
	add_expected(&expected, &printed, limit);
	cr_assert((access("log", F_OK) == 0) == (len > 0));
	if (len) {
		expect_bytes("log", &expected);
	}
	cr_assert(access("log.part", F_OK) != 0);
	fq_buf_finish(&printed);
	fq_buf_finish(&expected);
}

Test(exec_log, first_and_last_half_are_kept_at_every_border)
{
	static const size_t limits[] = {1, 2, 3, 10, 101, 65536, 200001};
	for (size_t i = 0; i < FQ_COUNT(limits); i++) {
		size_t limit = limits[i];
		const size_t lens[] = {0, 1, limit - 1, limit, limit + 1, 2 * limit - 1, 2 * limit,
		        2 * limit + 1, 5 * limit + 3};
		for (size_t n = 0; n < FQ_COUNT(lens); n++) {
			check_noise(lens[n], limit, true);
			check_noise(lens[n], limit, false);
		}
	}
}

Test(exec_log, what_is_left_out_is_said_on_a_line_of_its_own)
{
	run_limited("printf 'one\\ntwo\\nthree\\nfour\\nfive\\nsix\\n'", 16);
	expect_log("log", "one\ntwo\n[fqrun: 16 bytes left out here]\nsix\n");
}

Test(exec_log, pieces_of_any_size_make_the_same_log)
{
	struct fq_buf printed = {0}, expected = {0};
	add_noise(&printed, 30000, true);
	cr_assert(fq_file_replace("printed", printed.at, printed.len, NULL));
	add_expected(&expected, &printed, 5000);
	static const char *const scripts[] = {"dd if=printed bs=7 2>/dev/null",
	        "dd if=printed bs=4999 2>/dev/null", "dd if=printed bs=2500 2>/dev/null; :"};
	for (size_t i = 0; i < FQ_COUNT(scripts); i++) {
		run_limited(scripts[i], 5000);
		expect_bytes("log", &expected);
	}
	fq_buf_finish(&printed);
	fq_buf_finish(&expected);
}

/* AddressSanitizer keeps what is freed for a while. */
#ifdef __SANITIZE_ADDRESS__
enum { LITTLE_KB = 65536 };
#else
enum { LITTLE_KB = 1024 };
#endif

Test(exec_log, gigabyte_through_a_small_limit_in_little_memory)
{
	run_limited("seq 100000", 65536);
	long before = peak_kb();
	run_limited("echo first; head -c 1000000000 /dev/zero; echo; echo last", 1 << 20);
	cr_assert(peak_kb() < before + LITTLE_KB, "%ld, then %ld", before, peak_kb());
	int64_t size = fq_stamp_read("log").size_bytes;
	cr_assert(size > (1 << 20) && size <= (1 << 20) + 64, "%lld", (long long)size);
	rename("log", "kept");
	cr_assert(run_script("head -n 1 kept; tail -n 1 kept; grep -a 'left out' kept") == 0);
	/* 1,000,000,012 were printed, 2^20 are kept. */
	expect_log("log", "first\nlast\n[fqrun: 998951436 bytes left out here]\n");
}

Test(exec_log, last_half_is_in_order_and_whole)
{
	run_limited("seq 1000000 2000000", 100000);
	rename("log", "kept");
	/* Behind the line that tells of the gap: numbers without a gap, to the last. */
	cr_assert(run_script("sed '1,/left out/d' kept | awk 'NR > 1 && $1 != before + 1 { exit 1 } "
	                     "{ before = $1 } END { if (before != 2000000 || NR < 6000) exit 1 }'") == 0);
	cr_assert(run_script("sed '/left out/,$d' kept | head -n -1 | awk '$1 != 999999 + NR { exit 1 } "
	                     "END { if (NR < 6000) exit 1 }'") == 0);
}

Test(exec_log, killed_job_has_its_log_in_order)
{
	start_limited("seq 1 100000; kill -KILL $$", 1000);
	cr_assert(WIFSIGNALED(wait_exit().status));
	rename("log", "kept");
	cr_assert(run_script("test \"$(tail -n 1 kept)\" = 100000 && grep -q 'left out' kept") == 0);
}

Test(exec_log, part_of_one_that_was_killed_meanwhile_is_removed)
{
	put_program("log.part", "left", 0600);
	run_limited("echo short", 1000);
	cr_assert(access("log.part", F_OK) != 0);
	expect_log("log", "short\n");
}

Test(exec_log, that_cannot_be_put_in_order_is_told_and_keeps_its_bytes)
{
	cr_assert(mkdir("log.part", 0700) == 0);
	start_limited("printf 0123456789", 4);
	struct fq_exit end = wait_exit();
	cr_assert(end.status == 0 && end.log_failed);
	expect_log("log", "0189");
	cr_assert(rmdir("log.part") == 0);
	run_limited("printf 0123456789", 4);
	expect_log("log", "01\n[fqrun: 6 bytes left out here]\n89");
}

Test(exec_log, limit_of_one_job_is_not_that_of_the_next)
{
	run_limited("printf 0123456789", 4);
	cr_assert(run_script("printf 0123456789") == 0);
	expect_log("log", "0123456789");
}

static void count_line(void *context, uint32_t slot, struct fq_text line)
{
	(void)slot;
	*(size_t *)context += line.len > 0;
}

Test(exec_log, lines_that_are_left_out_are_heard_all_the_same)
{
	size_t lines = 0;
	char *argv[] = {"seq", "50000", NULL};
	struct fq_launch launch = {.argv = argv,
	        .env = usual_env,
	        .log = "log",
	        .log_limit_bytes = 100,
	        .on_line = count_line,
	        .context = &lines};
	cr_assert(executor->impl->start(executor, 0, &launch, NULL));
	cr_assert(wait_exit().status == 0 && lines == 50000);
}
