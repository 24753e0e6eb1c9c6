#include "fqrun/base.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const hostile[] = {"", " ", "a b", "'", "''", "'a'b'", "\"", "$HOME", "`id`", "$(id)",
        "\\", "\\\\n", "*", "?", "[a]", "~", "~root", "!", "!!", "#", "a#b", "#a", "&", ";", "|", "<", ">",
        "(", ")", "{a,b}", "=ls", "a=b", "-n", "--", "-e", "%s", "%%", "a\tb", "a\nb", "\n", "\r", "\033[31m",
        "\001", "\177", "a'\nb", "\\\n", "\0011", "\0337", "caf\303\251", "\377\376", "\303",
        ("\302\233"
         "31m"),
        "\302\205", "'\302\2207", "$'a'", "a\302\240b", "\342\200\246"};

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

/* --- quoting ------------------------------------------------------------- */

static bool has_byte_for_a_terminal(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i], next = i + 1 < len ? (unsigned char)text[i + 1] : 0;
		if (c < 0x20 || c == 0x7f || (c == 0xc2 && next >= 0x80 && next < 0xa0)) {
			return true;
		}
	}
	return false;
}

/* Each text as a word of one script; the shell must print the same bytes. */
struct script {
	struct fq_buf words, right;
};

static void add_word(struct script *script, struct fq_text text)
{
	size_t start = script->words.len + 1;
	fq_buf_putc(&script->words, ' ');
	fq_buf_add_quoted(&script->words, text);
	cr_assert(!has_byte_for_a_terminal(script->words.at + start, script->words.len - start), "%s",
	        script->words.at + start);
	fq_buf_add_text(&script->right, text);
	fq_buf_putc(&script->right, '\0');
}

static void run_script(struct script *script, const char *shell)
{
	char path[] = "/tmp/fqrun-base-XXXXXX", command[64];
	struct fq_buf got = {0};
	int fd = mkstemp(path);
	cr_assert(fq_file_write_all(fd, "printf '%s\\0'", 13) &&
	          fq_file_write_all(fd, script->words.at, script->words.len) &&
	          fq_file_write_all(fd, "\n", 1));
	close(fd);
	snprintf(command, sizeof(command), "%s %s", shell, path);
	FILE *output = popen(command, "r");
	for (int c; (c = getc(output)) != EOF;) {
		fq_buf_putc(&got, (char)c);
	}
	cr_assert(pclose(output) == 0);
	unlink(path);
	cr_assert(got.len == script->right.len && memcmp(got.at, script->right.at, got.len) == 0, "%s",
	        script->words.at);
	fq_buf_finish(&got);
	fq_buf_finish(&script->words);
	fq_buf_finish(&script->right);
}

Test(base, quoted_text_survives_a_posix_shell)
{
	struct script script = {0};
	for (size_t i = 0; i < FQ_COUNT(hostile); i++) {
		if (!has_byte_for_a_terminal(hostile[i], strlen(hostile[i]))) {
			add_word(&script, fq_text(hostile[i]));
		}
	}
	run_script(&script, "sh");
}

Test(base, quoted_text_with_control_bytes_survives_bash)
{
	struct script script = {0};
	for (size_t i = 0; i < FQ_COUNT(hostile); i++) {
		add_word(&script, fq_text(hostile[i]));
	}
	run_script(&script, "bash");
}

Test(base, quoted_random_bytes_survive_bash)
{
	struct script script = {0};
	uint32_t state = 1;
	for (int i = 0; i < 2000; i++) {
		char text[12];
		size_t len = next_random(&state) % sizeof(text);
		for (size_t k = 0; k < len; k++) {
			uint32_t number = next_random(&state);
			text[k] = number % 3 ? "'\\$\"\n\302 0`7\233"[number / 3 % 11]
			                     : (char)(number / 3 % 255 + 1);
		}
		add_word(&script, (struct fq_text){text, len});
	}
	run_script(&script, "bash");
}

Test(base, a_plain_word_is_not_quoted)
{
	struct fq_buf buf = {0};
	fq_buf_add_quoted(&buf, fq_text("/data/S_1.R1.fq.gz:x=1,2+3@4%-"));
	cr_assert_str_eq(buf.at, "/data/S_1.R1.fq.gz:x=1,2+3@4%-");
	fq_buf_finish(&buf);
}

/* --- file names ---------------------------------------------------------- */

static void expect_file_name(const char *text, size_t len)
{
	struct fq_buf name = {0};
	fq_buf_add_file_name(&name, (struct fq_text){text, len});
	cr_assert(name.len > 0 && name.len <= 255 && strlen(name.at) == name.len, "%s", name.at);
	cr_assert(name.at[0] != '.' && !strchr(name.at, '/'), "%s", name.at);
	cr_assert(!has_byte_for_a_terminal(name.at, name.len), "%s", name.at);
	fq_buf_finish(&name);
}

Test(base, a_file_name_stays_in_its_folder)
{
	static const char *const names[] = {".", "..", "../../etc/passwd", "/", "//", "a/b", ".hidden", "%",
	        "%2F", "\n", "\033[2J", "a.b", "a..",
	        ("\302\233"
	         "2J")};
	char every[256], text[400];
	expect_file_name("", 0);
	for (size_t i = 0; i < FQ_COUNT(names); i++) {
		expect_file_name(names[i], strlen(names[i]));
	}
	for (int c = 0; c < 256; c++) {
		every[c] = (char)c;
		expect_file_name(&every[c], 1);
	}
	expect_file_name(every, sizeof(every));
	for (size_t len = 1; len < sizeof(text); len++) {
		memset(text, len % 2 ? '/' : 'x', len);
		expect_file_name(text, len);
	}
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

Test(base, different_texts_have_different_file_names)
{
	enum { COUNT = 4000 };
	static char *names[COUNT];
	struct fq_arena arena = {0};
	char text[300];
	for (uint32_t i = 0; i < COUNT; i++) {
		/* All words of length 1 to 5 of "./%2F", as such and at the end of a long one. */
		uint32_t number = i / 2 + 1;
		size_t len = 0;
		if (i % 2) {
			memset(text, 'x', len = 197);
		}
		for (; number; number /= 6) {
			text[len++] = "!./%2F"[number % 6];
		}
		struct fq_buf name = {0};
		fq_buf_add_file_name(&name, (struct fq_text){text, len});
		names[i] = fq_arena_copy(&arena, name.at, name.len);
		fq_buf_finish(&name);
	}
	qsort(names, COUNT, sizeof(*names), compare_names);
	for (size_t i = 1; i < COUNT; i++) {
		cr_assert(strcmp(names[i - 1], names[i]) != 0, "%s", names[i]);
	}
	fq_arena_finish(&arena);
}

Test(base, a_usual_file_name_is_kept_as_it_is)
{
	struct fq_buf buf = {0};
	fq_buf_puts(&buf, "dir/");
	fq_buf_add_file_name(&buf, fq_text("S1_L001 caf\303\251.fq"));
	cr_assert_str_eq(buf.at, "dir/S1_L001 caf\303\251.fq");
	fq_buf_finish(&buf);
}

/* --- words --------------------------------------------------------------- */

Test(base, text_is_compared_and_trimmed)
{
	cr_assert(fq_text_equal((struct fq_text){NULL, 0}, fq_text("")));
	cr_assert(!fq_text_is(fq_text("ab"), "a") && fq_text_is(fq_text("ab"), "ab"));
	cr_assert(fq_text(NULL).len == 0);
	cr_assert(fq_text_is(fq_text_trim(fq_text(" \t\r\na b\n ")), "a b"));
	cr_assert(fq_text_trim(fq_text(" \n ")).len == 0);
}

Test(base, a_typo_is_understood_and_nonsense_is_not)
{
	static const char *const words[] = {"threads", "memory", "output", "per", "cmd", "command"};
	static const char *const cases[][2] = {{"thread", "threads"}, {"therads", "threads"},
	        {"htraeds", "threads"}, {"memroy", "memory"}, {"comand", "command"}, {"pre", "per"},
	        {"cdm", "cmd"}, {"xyz", NULL}, {"", NULL}, {"p", NULL}, {"outputfile", NULL},
	        {"threads", "threads"}};
	char longest[200];
	for (size_t i = 0; i < FQ_COUNT(cases); i++) {
		const char *got = fq_suggest(fq_text(cases[i][0]), words, FQ_COUNT(words));
		cr_assert(cases[i][1] ? got && strcmp(got, cases[i][1]) == 0 : !got, "%s: %s", cases[i][0],
		        got);
	}
	memset(longest, 'a', sizeof(longest));
	cr_assert_null(fq_suggest((struct fq_text){longest, sizeof(longest)}, words, FQ_COUNT(words)));
	cr_assert_null(fq_suggest(fq_text("per"), NULL, 0));
}

/* --- numbers and times --------------------------------------------------- */

Test(base, number_is_whole_and_fits)
{
	static const char *const bad[] = {"", "-1", "+1", " 1", "1 ", "1.0", "0x1", "a",
	        "18446744073709551616", "18446744073709551620", "99999999999999999999",
	        "184467440737095516150"};
	uint64_t number = 7;
	for (size_t i = 0; i < FQ_COUNT(bad); i++) {
		cr_assert_not(fq_parse_number(fq_text(bad[i]), &number), "%s", bad[i]);
	}
	cr_assert(number == 7);
	cr_assert(fq_parse_number(fq_text("18446744073709551615"), &number) && number == UINT64_MAX);
	cr_assert(fq_parse_number(fq_text("000012"), &number) && number == 12);
	cr_assert(fq_parse_number((struct fq_text){"123", 2}, &number) && number == 12);
}

Test(base, time_is_read_to_the_nanosecond)
{
	static const struct {
		const char *text;
		int64_t ns;
	} cases[] = {{"90s", 90000000000}, {"0s", 0}, {"2h30m", 9000000000000}, {"1d", 86400000000000},
	        {"0.5s", 500000000}, {"0.29s", 290000000}, {"1.1s", 1100000000}, {"0.000000001s", 1},
	        {"1.5m", 90000000000}, {"1d2h3m4s", 93784000000000}, {"106000d", 9158400000000000000}};
	for (size_t i = 0; i < FQ_COUNT(cases); i++) {
		int64_t ns = -1;
		cr_assert(fq_parse_duration(fq_text(cases[i].text), &ns), "%s", cases[i].text);
		cr_assert(ns == cases[i].ns, "%s: %lld", cases[i].text, (long long)ns);
	}
}

Test(base, time_with_three_digits_behind_the_dot_is_exact)
{
	for (int64_t ms = 0; ms < 100000; ms += 3) {
		char text[32];
		int64_t ns = -1;
		snprintf(text, sizeof(text), "%d.%03ds", (int)(ms / 1000), (int)(ms % 1000));
		cr_assert(fq_parse_duration(fq_text(text), &ns) && ns == ms * 1000000, "%s", text);
	}
}

Test(base, what_is_not_a_time_is_refused)
{
	static const char *const bad[] = {"", "5", "s", "5x", "-5s", "5s5s", "5s1m", "5 s", ".5s", "1..5s",
	        "5s ", "1e9s", "107000d", "99999999999999999999d", "nan", "infs"};
	int64_t ns = 7;
	for (size_t i = 0; i < FQ_COUNT(bad); i++) {
		cr_assert_not(fq_parse_duration(fq_text(bad[i]), &ns), "%s", bad[i]);
	}
	/* Numbers beyond what a double holds, before and behind the dot. */
	char text[800] = "1.";
	memset(text + 2, '0', 700);
	strcpy(text + 702, "s");
	cr_assert(!fq_parse_duration(fq_text(text), &ns) || ns == 1000000000, "%lld", (long long)ns);
	text[1] = '0';
	ns = 7;
	cr_assert(!fq_parse_duration(fq_text(text), &ns) && ns == 7);
}

Test(base, time_is_told_short)
{
	static const struct {
		int64_t ms;
		const char *text;
	} cases[] = {{0, "0.0s"}, {250, "0.2s"}, {9999, "9.9s"}, {10000, "10s"}, {59999, "59s"},
	        {60000, "1m00s"}, {185000, "3m05s"}, {3599999, "59m59s"}, {3600000, "1h00m"},
	        {7800000, "2h10m"}, {90000000, "25h00m"}};
	for (size_t i = 0; i < FQ_COUNT(cases); i++) {
		struct fq_buf buf = {0};
		fq_buf_add_duration(&buf, cases[i].ms * 1000000);
		cr_assert_str_eq(buf.at, cases[i].text);
		fq_buf_finish(&buf);
	}
}

Test(base, sizes_are_told_as_they_are_written)
{
	static const struct {
		int64_t bytes;
		const char *text;
	} cases[] = {{0, "0K"}, {512, "0.5K"}, {1024, "1K"}, {1536, "1.5K"}, {1047552, "1023K"},
	        {1 << 20, "1M"}, {512 << 20, "512M"}, {INT64_C(4187593113), "3.9G"}, {INT64_C(4) << 30, "4G"},
	        {INT64_C(3) << 40, "3T"}, {INT64_C(2) << 50, "2048T"}};
	for (size_t i = 0; i < FQ_COUNT(cases); i++) {
		struct fq_buf buf = {0};
		int64_t again = 0;
		fq_buf_add_size(&buf, cases[i].bytes);
		cr_assert_str_eq(buf.at, cases[i].text);
		cr_assert(cases[i].bytes == 0 || fq_parse_size(fq_text(buf.at), &again), "%s", buf.at);
		int64_t off = again - cases[i].bytes, most = cases[i].bytes / 20;
		cr_assert(off >= -most && off <= most, "%s", buf.at);
		fq_buf_finish(&buf);
	}
}

Test(base, a_size_has_a_unit)
{
	int64_t bytes;
	cr_assert(fq_parse_size(fq_text("4096B"), &bytes) && bytes == 4096);
	cr_assert(fq_parse_size(fq_text("2 GiB"), &bytes) && bytes == INT64_C(2) << 30);
	cr_assert(!fq_parse_size(fq_text("4096"), &bytes));
	cr_assert(!fq_parse_size(fq_text("4 "), &bytes));
}

Test(base, characters_are_measured_within_their_room)
{
	static const struct {
		const char *text;
		size_t len;
	} cases[] = {{"a", 1}, {"\xc3\xa4", 2}, {"\xe7\x8c\xab", 3}, {"\xf0\x9f\xa7\xac", 4}, {"\x80", 0},
	        {"\xc1\xbf", 0}, {"\xe0\x9f\xbf", 0}, {"\xed\xa0\x80", 0}, {"\xf4\x90\x80\x80", 0},
	        {"\xf8\x88\x80\x80\x80", 0}, {"\xff", 0}};
	for (size_t i = 0; i < FQ_COUNT(cases); i++) {
		size_t len = strlen(cases[i].text);
		cr_assert(fq_utf8_measure(cases[i].text, len) == cases[i].len, "case %zu", i);
		cr_assert(cases[i].len < 2 || fq_utf8_measure(cases[i].text, cases[i].len - 1) == 0,
		        "case %zu, cut", i);
	}
}

Test(base, clock_never_goes_back)
{
	int64_t before = fq_clock_ns();
	for (int i = 0; i < 1000; i++) {
		int64_t now = fq_clock_ns();
		cr_assert(now >= before);
		before = now;
	}
	cr_assert(fq_clock_wall_s() > 1600000000);
}
