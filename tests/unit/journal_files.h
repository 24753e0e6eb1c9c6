/* For the tests of the room journal: a folder of their own, and a model that
 * knows what was written and where each record ends. */
#ifndef FQRUN_TEST_JOURNAL_FILES_H
#define FQRUN_TEST_JOURNAL_FILES_H

#include "fqrun/journal.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/fqrun-journal-XXXXXX";

static void make_folder(void)
{
	cr_assert(mkdtemp(folder) && chdir(folder) == 0);
}

static void remove_folder(void)
{
	struct fq_error err = {0};
	cr_assert(chdir("/") == 0 && fq_tree_remove(folder, &err), "%s", err.text);
}

static inline void open_journal(struct fq_journal *journal, enum fq_journal_mode mode)
{
	struct fq_error err = {0};
	struct fq_journal_options options = {.mode = mode};
	cr_assert(fq_journal_open(journal, "state", &options, &err), "%s", err.text);
}

/* Opens and closes what must be refused; the words must hold `words`. */
static inline void expect_refusal(enum fq_journal_mode mode, const char *words)
{
	struct fq_journal journal;
	struct fq_error err = {0};
	struct fq_journal_options options = {.mode = mode};
	cr_assert_not(fq_journal_open(&journal, "state", &options, &err), "%s", words);
	cr_assert(err.text && strstr(err.text, words), "%s", err.text);
	fq_journal_close(&journal);
	fq_error_finish(&err);
}

static inline struct fq_buf read_bytes(void)
{
	struct fq_buf bytes = {0};
	struct fq_error err = {0};
	cr_assert(fq_file_read("state/journal", 64 << 20, &bytes, &err), "%s", err.text);
	return bytes;
}

static inline void write_bytes(const void *at, size_t len)
{
	cr_assert(fq_folder_make("state", NULL));
	int fd = open("state/journal", O_WRONLY | O_CREAT, 0600);
	cr_assert(fd >= 0 && fq_file_write_all(fd, at, len) && ftruncate(fd, (off_t)len) == 0);
	close(fd);
}

static inline struct fq_record find_job(struct fq_journal *journal, const char *task, const char *unit)
{
	return fq_journal_find(journal, fq_text(task), fq_text(unit));
}

static inline void write_done(
        struct fq_journal *journal, const char *task, const char *unit, const char *items)
{
	struct fq_error err = {0};
	cr_assert(fq_journal_done(journal, fq_text(task), fq_text(unit),
	                  &(struct fq_record){.usage.ms = 5, .items = fq_text(items)}, &err),
	        "%s", err.text);
}

/* --- the model ----------------------------------------------------------- */

/* A job's record; with task NULL, what `unit` says: "run", "end" or a text to keep. */
struct step {
	enum fq_verdict verdict;
	const char *task, *unit, *tail; /* items, or the cause of a failure */
};

static const struct step steps[] = {
        {0, NULL, "run", NULL},
        {0, NULL, "trim -q 20 {reads}\n\tsecond \\ line", NULL},
        {FQ_VERDICT_BEGUN, "trim", "S1", ""},
        {FQ_VERDICT_DONE, "trim", "S1", "ia.fq\t5 1\toa.bam\t6 2"},
        {FQ_VERDICT_BEGUN, "trim", "S2", "oold\t1 1"},
        {FQ_VERDICT_FAILED, "trim", "S2", "exit status 1"},
        {FQ_VERDICT_DONE, "a\tb", "c\nd\\e", ""},
        {FQ_VERDICT_DONE, "a", "b\tc\nd\\e", "ix\t1"},
        {FQ_VERDICT_DONE, "trim", "", "ip\tq"},
        {0, NULL, "end", NULL},
        {0, NULL, "run", NULL},
        {FQ_VERDICT_BEGUN, "trim", "S1", ""},
        {FQ_VERDICT_FAILED, "trim", "S1", "ended by\tsignal 9\n(Killed)"},
        {FQ_VERDICT_DONE, "trim", "S2", "ia.fq\t7 3\toa.bam\t8 4"},
        {FQ_VERDICT_BEGUN, "caf\303\251\377\001", "\r \033[m", "ox\ty"},
        {FQ_VERDICT_DONE, "caf\303\251\377\001", "\r \033[m", "ox\t\377\001"},
        {FQ_VERDICT_BEGUN, "a", "b\tc\nd\\e", ""},
        {0, NULL, "second text", NULL},
        {FQ_VERDICT_DONE, "trim", "S1", "ia.fq\t9 5"},
        {0, NULL, "end", NULL},
};
enum { STEPS = sizeof(steps) / sizeof(steps[0]), HEADER_LEN = 16 };

static inline bool is_word(const struct step *step, const char *word)
{
	return !step->task && strcmp(step->unit, word) == 0;
}

static inline bool is_text(const struct step *step)
{
	return !step->task && !is_word(step, "run") && !is_word(step, "end");
}

/* Of some steps nobody noted more than the time. */
static inline struct fq_usage usage_of(const struct step *step)
{
	int64_t number = step - steps;
	if (step->verdict == FQ_VERDICT_BEGUN) {
		return (struct fq_usage){0};
	}
	return number % 3 == 0 ? (struct fq_usage){.ms = 1234}
	                       : (struct fq_usage){1234, number << 20, 77, number, INT64_MAX, 0, number, 9};
}

static inline bool is_same_usage(const struct fq_usage *a, const struct fq_usage *b)
{
	return a->ms == b->ms && a->peak_rss_kb == b->peak_rss_kb && a->user_ms == b->user_ms &&
	       a->system_ms == b->system_ms && a->read_bytes == b->read_bytes &&
	       a->written_bytes == b->written_bytes && a->attempt == b->attempt && a->ended_s == b->ended_s;
}

static inline bool write_step(struct fq_journal *journal, const struct step *step, struct fq_error *err)
{
	char digest[FQ_DIGEST_LEN + 1];
	if (is_word(step, "run")) {
		return fq_journal_run(journal, "R1", "tmp\t1", err);
	}
	if (is_word(step, "end")) {
		return fq_journal_end(journal, "R1", 0, NULL, err);
	}
	if (!step->task) {
		return fq_journal_keep_text(journal, fq_text(step->unit), digest, err);
	}
	struct fq_text task = fq_text(step->task), unit = fq_text(step->unit), tail = fq_text(step->tail);
	struct fq_record record = {.usage = usage_of(step), .items = tail};
	switch (step->verdict) {
	case FQ_VERDICT_DONE:
		return fq_journal_done(journal, task, unit, &record, err);
	case FQ_VERDICT_FAILED:
		record.items = (struct fq_text){0};
		return fq_journal_fail(journal, task, unit, &record, tail, err);
	default:
		return fq_journal_begin(journal, task, unit, tail, err);
	}
}

/* Writes all steps; ret_ends[i] is where the line of step i ends. */
static inline void write_steps(size_t ret_ends[STEPS])
{
	struct fq_journal journal;
	struct fq_error err = {0};
	open_journal(&journal, FQ_JOURNAL_WRITE);
	for (size_t i = 0; i < STEPS; i++) {
		cr_assert(write_step(&journal, &steps[i], &err), "%s", err.text);
		ret_ends[i] = (size_t)fq_stamp_read("state/journal").size_bytes;
	}
	fq_journal_close(&journal);
}

/* The last step that is there and is about the same job, or none. */
static inline const struct step *last_of(const struct step *job, const bool is_there[STEPS])
{
	const struct step *last = NULL;
	for (size_t i = 0; i < STEPS; i++) {
		if (is_there[i] && steps[i].task && strcmp(steps[i].task, job->task) == 0 &&
		        strcmp(steps[i].unit, job->unit) == 0) {
			last = &steps[i];
		}
	}
	return last;
}

/* Steps whose records are damaged, but for their names: a success before them is not believed. */
static bool is_damaged[STEPS];
/* Damaged names may be those of another job, which then runs once more than it must. */
static bool are_names_damaged;

static inline bool is_doubted(const struct step *done)
{
	bool is = false;
	for (const struct step *step = done; step && step < steps + STEPS; step++) {
		is |= is_damaged[step - steps] && step->task && strcmp(step->task, done->task) == 0 &&
		      strcmp(step->unit, done->unit) == 0;
	}
	return is && done->verdict == FQ_VERDICT_DONE;
}

static inline void expect_job(
        struct fq_journal *journal, const struct step *job, const bool is_there[STEPS], size_t where)
{
	const struct step *right = last_of(job, is_there);
	struct fq_record got = find_job(journal, job->task, job->unit);
	if (is_doubted(right)) {
		cr_assert(got.verdict == FQ_VERDICT_BEGUN && got.items.len == 0, "at %zu: %s %s is %d", where,
		        job->task, job->unit, got.verdict);
		return;
	}
	if (are_names_damaged && got.verdict == FQ_VERDICT_BEGUN && got.items.len == 0) {
		return;
	}
	cr_assert(got.verdict == (right ? right->verdict : FQ_VERDICT_NONE), "at %zu: %s %s is %d", where,
	        job->task, job->unit, got.verdict);
	if (!right) {
		return;
	}
	struct fq_buf tail = {0};
	bool failed = right->verdict == FQ_VERDICT_FAILED;
	failed ? fq_buf_add_unescaped(&tail, got.cause) : fq_buf_add_text(&tail, got.items);
	cr_assert(fq_text_is((struct fq_text){tail.at, tail.len}, right->tail), "at %zu: %s", where, tail.at);
	cr_assert(got.seq == (size_t)(right - steps) + 1, "at %zu: %u", where, got.seq);
	struct fq_usage usage = usage_of(right);
	cr_assert(is_same_usage(&got.usage, &usage), "at %zu", where);
	fq_buf_finish(&tail);
}

/* All that the journal tells must be what the steps that are there tell. */
static inline void expect_steps(struct fq_journal *journal, const bool is_there[STEPS], size_t where)
{
	bool runs = false;
	for (size_t i = 0; i < STEPS; i++) {
		char digest[FQ_DIGEST_LEN + 1];
		if (steps[i].task) {
			expect_job(journal, &steps[i], is_there, where);
		} else if (is_text(&steps[i])) {
			fq_digest(steps[i].unit, strlen(steps[i].unit), digest);
			const char *text = fq_journal_text(journal, digest);
			cr_assert(is_there[i] ? text && strcmp(text, steps[i].unit) == 0 : !text,
			        "at %zu: %s", where, text);
		} else if (is_there[i]) {
			runs = is_word(&steps[i], "run");
		}
	}
	cr_assert(runs == !!journal->unfinished.run, "at %zu", where);
	cr_assert(!runs || (strcmp(journal->unfinished.run, "R1") == 0 &&
	                           strcmp(journal->unfinished.tmp, "tmp\t1") == 0));
}

#endif
