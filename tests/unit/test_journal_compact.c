/* Written anew, a journal says the same: of each job, of the last runs, of what is still named. */
#include "journal_files.h"

TestSuite(compact, .init = make_folder, .fini = remove_folder, .timeout = 120);

enum { UNITS = 12, RECIPES = 30, RUNS_KEPT = 1000 };

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

static void recipe_digest(uint32_t recipe, char ret[FQ_DIGEST_LEN + 1])
{
	char text[32];
	int len = snprintf(text, sizeof(text), "cp\t%u\n", recipe);
	fq_digest(text, (size_t)len, ret);
}

/* --- what a journal says ------------------------------------------------------------------ */

static void add_record(struct fq_buf *buf, const struct fq_record *record)
{
	const struct fq_usage *used = &record->usage;
	bool is_known = record->verdict != FQ_VERDICT_NONE || record->items.len;
	fq_buf_addf(buf, "%d %d %u %u|%lld %lld %lld|", record->verdict, record->how,
	        is_known ? record->seq : 0, record->since, (long long)used->ms, (long long)used->peak_rss_kb,
	        (long long)used->ended_s);
	fq_buf_add_text(buf, record->items);
	fq_buf_putc(buf, '|');
	fq_buf_add_text(buf, record->cause);
	fq_buf_putc(buf, '\n');
}

static void add_jobs(struct fq_journal *journal, struct fq_buf *buf)
{
	for (int i = 0; i < UNITS; i++) {
		char unit[16], digest[FQ_DIGEST_LEN + 1];
		snprintf(unit, sizeof(unit), "u\t%d", i);
		struct fq_record record = find_job(journal, "t", unit);
		add_record(buf, &record);
		const char *at = record.items.len ? strstr(record.items.at, "r\t") : NULL;
		if (record.verdict == FQ_VERDICT_DONE && at) {
			snprintf(digest, sizeof(digest), "%.32s", at + 2);
			const char *text = fq_journal_text(journal, digest);
			cr_assert_not_null(text, "%s: the text of a success is there", digest);
			fq_buf_puts(buf, text);
		}
	}
}

static void add_run(struct fq_buf *buf, const struct fq_journal_event *event)
{
	fq_buf_addf(buf, "%d %u %d %lld %lld %u ", event->type, event->seq, event->status,
	        (long long)event->time_s, (long long)event->pid, event->totals.done);
	fq_buf_add_text(buf, event->run);
	fq_buf_add_text(buf, event->command);
	fq_buf_putc(buf, '\n');
}

static void add_runs(struct fq_journal *journal, struct fq_buf *buf)
{
	struct fq_journal_event event;
	size_t runs = 0;
	for (size_t at = 0; fq_journal_next_event(journal, &at, &event);) {
		runs += event.type == FQ_EVENT_RUN;
	}
	size_t skipped = runs > RUNS_KEPT ? runs - RUNS_KEPT : 0, number = 0;
	for (size_t at = 0; fq_journal_next_event(journal, &at, &event);) {
		number += event.type == FQ_EVENT_RUN;
		if (number > skipped && (event.type == FQ_EVENT_RUN || event.type == FQ_EVENT_END)) {
			add_run(buf, &event);
		}
	}
	fq_buf_addf(buf, "%s", journal->unfinished.run ? journal->unfinished.run : "none");
	for (size_t i = 0; i < journal->unfinished.job_count; i++) {
		fq_buf_addf(buf, " %lld", (long long)journal->unfinished.jobs[i].pid);
	}
}

static struct fq_buf say(enum fq_journal_mode mode, size_t *ret_records)
{
	struct fq_journal journal;
	struct fq_buf buf = {0};
	open_journal(&journal, mode);
	add_jobs(&journal, &buf);
	add_runs(&journal, &buf);
	fq_buf_addf(&buf, " %u", journal.seq);
	cr_assert(journal.bad_records == 0);
	*ret_records = journal.record_count;
	fq_journal_close(&journal);
	return buf;
}

/* --- random ones --------------------------------------------------------------------------------- */

static bool write_job(struct fq_journal *journal, uint32_t *state)
{
	char unit[16], items[80], digest[FQ_DIGEST_LEN + 1], text[32];
	uint32_t recipe = next_random(state) % RECIPES;
	snprintf(unit, sizeof(unit), "u\t%u", next_random(state) % UNITS);
	recipe_digest(recipe, digest);
	snprintf(items, sizeof(items), "r\t%s\toa\t%u 1", digest, next_random(state) % 100);
	struct fq_record record = {
	        .usage = {next_random(state), 2, 3, 4, 5, 6, 1, 9}, .items = fq_text(items)};
	struct fq_text t = fq_text("t"), u = fq_text(unit);
	record.how = (uint8_t)(next_random(state) % 3);
	record.since = next_random(state) % 2 ? journal->seq / 2 : 0;
	int len = snprintf(text, sizeof(text), "cp\t%u\n", recipe);
	switch (next_random(state) % 6) {
	case 0:
		return record.since ? fq_journal_forget(journal, t, u, NULL)
		                    : fq_journal_forget_but(journal, t, u, fq_text("oa\t1 1\tob\t2 2"), NULL);
	case 1:
		return fq_journal_begin(journal, t, u, fq_text("oa\t-"), NULL);
	case 2:
		record.items = fq_text("oa\t1 1");
		return fq_journal_fail(journal, t, u, &record, fq_text("exit\t1"), NULL);
	default:
		return fq_journal_keep_text(journal, (struct fq_text){text, (size_t)len}, digest, NULL) &&
		       fq_journal_done(journal, t, u, &record, NULL);
	}
}

static bool write_run(struct fq_journal *journal, uint32_t *state, uint32_t number)
{
	char run[16];
	struct fq_journal_totals totals = {number, 2, 3, 4};
	snprintf(run, sizeof(run), "R%u", number);
	bool ok = fq_journal_run(journal, run, "/tmp/x\n", NULL);
	for (uint32_t i = next_random(state) % 4; i > 0 && ok; i--) {
		ok = fq_journal_job(journal, (struct fq_process){number * 10 + i, 7}, NULL) &&
		     write_job(journal, state);
	}
	return ok && (next_random(state) % 5 == 0 || fq_journal_end(journal, run, 1, &totals, NULL));
}

Test(compact, random_ones_say_the_same)
{
	size_t before, after;
	for (uint32_t round = 0; round < 24; round++) {
		uint32_t state = round, runs = round % 3 == 0 ? 3000 : 700;
		struct fq_journal journal;
		open_journal(&journal, FQ_JOURNAL_WRITE);
		for (uint32_t i = 0; i < runs; i++) {
			cr_assert(write_run(&journal, &state, i));
		}
		for (uint32_t i = 0; i < 4000; i++) {
			cr_assert(write_job(&journal, &state));
		}
		fq_journal_close(&journal);
		struct fq_buf whole = say(FQ_JOURNAL_READ, &before), anew = say(FQ_JOURNAL_WRITE, &after);
		cr_assert(after < before - 2000, "round %u: %zu records of %zu", round, after, before);
		cr_assert_str_eq(anew.at, whole.at, "round %u", round);
		struct fq_buf again = say(FQ_JOURNAL_WRITE, &before);
		cr_assert_str_eq(again.at, whole.at, "round %u, again", round);
		cr_assert(before == after, "round %u: it is not written anew each time", round);
		fq_buf_finish(&whole);
		fq_buf_finish(&anew);
		fq_buf_finish(&again);
		cr_assert(unlink("state/journal") == 0);
	}
}

/* --- what stays ------------------------------------------------------------------------------------ */

static void write_dead(struct fq_journal *journal)
{
	for (int i = 0; i < 3000; i++) {
		write_done(journal, "t", "dead", "oa\t1 1");
	}
}

static size_t count_lines(const char *type)
{
	struct fq_buf bytes = read_bytes(), word = {0};
	size_t count = 0;
	fq_buf_addf(&word, "\t%s\t", type);
	for (const char *at = bytes.at; (at = strstr(at, word.at)); at++) {
		count++;
	}
	fq_buf_finish(&bytes);
	fq_buf_finish(&word);
	return count;
}

Test(compact, what_is_forgotten_goes_and_its_number_does_not_come_again)
{
	struct fq_journal journal;
	open_journal(&journal, FQ_JOURNAL_WRITE);
	write_dead(&journal);
	write_done(&journal, "gone", "u", "ob\t1 1");
	cr_assert(fq_journal_forget(&journal, fq_text("gone"), fq_text("u"), NULL));
	uint32_t seq = journal.seq;
	fq_journal_close(&journal);
	for (int again = 0; again < 2; again++) {
		open_journal(&journal, FQ_JOURNAL_WRITE);
		cr_assert(find_job(&journal, "gone", "u").verdict == FQ_VERDICT_NONE);
		cr_assert(count_lines("forget") == 0 && journal.seq == seq && journal.record_count < 10);
		fq_journal_close(&journal);
	}
	open_journal(&journal, FQ_JOURNAL_WRITE);
	write_done(&journal, "t", "new", "");
	cr_assert(journal.seq == seq + 1);
	fq_journal_close(&journal);
}

Test(compact, what_a_forgotten_job_made_stays_known)
{
	struct fq_journal journal;
	struct fq_journal_event event;
	struct fq_journal_job job;
	struct fq_text t = fq_text("a\tb"), u = fq_text("");
	open_journal(&journal, FQ_JOURNAL_WRITE);
	write_done(&journal, "a\tb", "", "oa\t1 1");
	cr_assert(fq_journal_forget_but(&journal, t, u, fq_text("oa\t1 1\tob\t"), NULL));
	write_dead(&journal);
	fq_journal_close(&journal);
	for (int again = 0; again < 2; again++) {
		open_journal(&journal, again ? FQ_JOURNAL_READ : FQ_JOURNAL_WRITE);
		struct fq_record got = fq_journal_find(&journal, t, u);
		cr_assert(got.verdict == FQ_VERDICT_NONE && got.seq == 2 &&
		          fq_text_is(got.items, "oa\t1 1\tob\t"));
		size_t at = 0, forgets = 0;
		while (fq_journal_next_event(&journal, &at, &event)) {
			if (event.type == FQ_EVENT_FORGET) {
				forgets += fq_text_is(event.job.record.items, "oa\t1 1\tob\t");
				cr_assert(fq_text_is(event.job.task, "a\\tb") && event.job.unit.len == 0);
			}
		}
		cr_assert(forgets == 1 && journal.record_count < 10);
		for (at = 0; fq_journal_next_job(&journal, &at, &job);) {
			cr_assert(fq_text_is(job.task, "t"), "a forgotten job is told as one");
		}
		cr_assert(!fq_journal_has_begun(&journal));
		fq_journal_close(&journal);
	}
	open_journal(&journal, FQ_JOURNAL_WRITE);
	cr_assert(fq_journal_begin(&journal, t, u, fq_text("oa\t-"), NULL));
	fq_journal_close(&journal);
	open_journal(&journal, FQ_JOURNAL_READ);
	cr_assert(fq_journal_has_begun(&journal));
	fq_journal_close(&journal);
}

Test(compact, texts_that_no_record_names_go)
{
	struct fq_journal journal;
	char used[FQ_DIGEST_LEN + 1], unused[FQ_DIGEST_LEN + 1], items[64];
	open_journal(&journal, FQ_JOURNAL_WRITE);
	cr_assert(fq_journal_keep_text(&journal, fq_text("used"), used, NULL) &&
	          fq_journal_keep_text(&journal, fq_text("unused"), unused, NULL));
	snprintf(items, sizeof(items), "r\t%s", used);
	write_done(&journal, "t", "u", items);
	write_dead(&journal);
	fq_journal_close(&journal);
	open_journal(&journal, FQ_JOURNAL_WRITE);
	cr_assert_str_eq(fq_journal_text(&journal, used), "used");
	cr_assert_null(fq_journal_text(&journal, unused));
	fq_journal_close(&journal);
}

Test(compact, damage_after_it_is_told_of_again)
{
	struct fq_journal journal;
	open_journal(&journal, FQ_JOURNAL_WRITE);
	write_dead(&journal);
	fq_journal_close(&journal);
	for (int again = 0; again < 2; again++) {
		int fd = open("state/journal", O_WRONLY | O_APPEND);
		cr_assert(write(fd, "noise\n", 6) == 6);
		close(fd);
		open_journal(&journal, FQ_JOURNAL_WRITE);
		cr_assert(journal.bad_records == 1 && journal.told_records == 0, "%d: it is to be told of",
		        again);
		cr_assert(fq_journal_told(&journal, NULL));
		fq_journal_close(&journal);
		open_journal(&journal, FQ_JOURNAL_WRITE);
		cr_assert(journal.bad_records == 0 && journal.record_count < 10, "it is written anew");
		write_dead(&journal);
		fq_journal_close(&journal);
	}
}

Test(compact, what_was_doubted_stays_so)
{
	struct fq_journal journal;
	open_journal(&journal, FQ_JOURNAL_WRITE);
	write_done(&journal, "t", "doubted", "ob\t1 1");
	cr_assert(fq_journal_begin(&journal, fq_text("t"), fq_text("doubted"), fq_text(""), NULL));
	write_dead(&journal);
	cr_assert(fq_journal_told(&journal, NULL));
	fq_journal_close(&journal);
	struct fq_buf bytes = read_bytes();
	*strstr(bytes.at, "begin") = 'x';
	write_bytes(bytes.at, bytes.len);
	fq_buf_finish(&bytes);
	for (int again = 0; again < 3; again++) {
		open_journal(&journal, FQ_JOURNAL_WRITE);
		cr_assert(find_job(&journal, "t", "doubted").verdict == FQ_VERDICT_BEGUN);
		cr_assert(journal.bad_records == (again == 0));
		if (again == 0) {
			cr_assert(fq_journal_told(&journal, NULL));
		}
		fq_journal_close(&journal);
	}
}
