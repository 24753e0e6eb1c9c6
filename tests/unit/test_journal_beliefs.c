/* Whatever becomes of the file: a success that is told was written so, of that job, and no
 * whole record behind it says otherwise. What is lost costs work, never a wrong belief. */
#include "journal_files.h"

#include <signal.h>

TestSuite(beliefs, .init = make_folder, .fini = remove_folder, .timeout = 300);

/* --- fifty records, and what each of them says ------------------------------------------- */

enum { RECORDS = 50, UNITS = 4, TASKS = 2 };
static const char *const tasks[TASKS] = {"trim", "a\tb"}, *const units[UNITS] = {"S1", "S2", "", "c\nd\\e"};
/* begin done Forget ...; fail kept good Run End job Text. Three in a row are of one job. */
static const char types[RECORDS + 1] = "bdFbdfbdbbdkbdFbfdTgbRdFbdbjbdEdFfbdgkfbdFRjETbdbF";

struct written {
	char type;
	const char *task, *unit;
	char items[40];
	size_t start, end; /* of its line */
};
static struct written written[RECORDS];
static struct fq_buf whole;

static bool is_of_job(const struct written *record)
{
	return strchr("bdfgkF", record->type) != NULL;
}

static bool write_one(struct fq_journal *journal, const struct written *w, struct fq_error *err)
{
	char digest[FQ_DIGEST_LEN + 1];
	struct fq_text task = fq_text(w->task), unit = fq_text(w->unit), items = fq_text(w->items);
	struct fq_record record = {.usage = {5, 4, 3, 2, 1, 0, 1, 9}, .items = items};
	record.how = w->type == 'k' ? FQ_HOW_KEPT : w->type == 'g' ? FQ_HOW_ACCEPTED : FQ_HOW_RAN;
	switch (w->type) {
	case 'b':
		return fq_journal_begin(journal, task, unit, items, err);
	case 'f':
		return fq_journal_fail(journal, task, unit, &record, fq_text("exit 1"), err);
	case 'F':
		return w - written < RECORDS / 2 ? fq_journal_forget(journal, task, unit, err)
		                                 : fq_journal_forget_but(journal, task, unit, items, err);
	case 'T':
		return fq_journal_keep_text(journal, items, digest, err);
	case 'R':
		return fq_journal_run(journal, "R", "/tmp/x", err);
	case 'j':
		return fq_journal_job(journal, (struct fq_process){77, 88}, err);
	case 'E':
		return fq_journal_end(journal, "R", 0, NULL, err);
	default:
		return fq_journal_done(journal, task, unit, &record, err);
	}
}

static void write_all(void)
{
	struct fq_journal journal;
	struct fq_error err = {0};
	size_t end = HEADER_LEN;
	open_journal(&journal, FQ_JOURNAL_WRITE);
	for (size_t i = 0; i < RECORDS; i++) {
		struct written *w = &written[i];
		size_t job = i / 3 % (TASKS * UNITS);
		w->type = types[i];
		w->task = tasks[job / UNITS];
		w->unit = units[job % UNITS];
		snprintf(w->items, sizeof(w->items), "oout\t%zu 77", i);
		cr_assert(write_one(&journal, w, &err), "%s", err.text);
		w->start = end;
		w->end = end = (size_t)fq_stamp_read("state/journal").size_bytes;
	}
	fq_journal_close(&journal);
	whole = read_bytes();
}

/* --- what may be told ---------------------------------------------------------------------- */

/* Which records stand whole in a file, as lines of their own. */
static void find_whole(struct fq_text file, bool ret[RECORDS])
{
	memset(ret, false, RECORDS);
	while (file.len) {
		const char *newline = memchr(file.at, '\n', file.len);
		size_t len = newline ? (size_t)(newline - file.at) + 1 : file.len;
		for (size_t i = 0; newline && i < RECORDS; i++) {
			struct fq_text line = {
			        whole.at + written[i].start, written[i].end - written[i].start};
			ret[i] |= fq_text_equal(line, (struct fq_text){file.at, len});
		}
		file = (struct fq_text){file.at + len, file.len - len};
	}
}

static const struct written *last_whole(const char *task, const char *unit, const bool is_whole[RECORDS])
{
	const struct written *last = NULL;
	for (size_t i = 0; i < RECORDS; i++) {
		bool is_it = is_whole[i] && is_of_job(&written[i]) && written[i].task == task &&
		             written[i].unit == unit;
		last = is_it ? &written[i] : last;
	}
	return last;
}

static enum fq_verdict verdict_of(const struct written *w)
{
	return !w || w->type == 'F' ? FQ_VERDICT_NONE
	       : w->type == 'b'     ? FQ_VERDICT_BEGUN
	       : w->type == 'f'     ? FQ_VERDICT_FAILED
	                            : FQ_VERDICT_DONE;
}

/* A success may also be doubted, when there is damage; any other verdict must be the right one. */
static void expect_right(struct fq_journal *journal, const struct written *right, const char *task,
        const char *unit, size_t where)
{
	struct fq_record got = find_job(journal, task, unit);
	enum fq_verdict verdict = verdict_of(right);
	bool is_doubted = journal->bad_records > 0 && verdict == FQ_VERDICT_DONE &&
	                  got.verdict == FQ_VERDICT_BEGUN && got.items.len == 0;
	cr_assert(is_doubted || got.verdict == verdict, "at %zu: %s %s is %d, not %d", where, task, unit,
	        got.verdict, verdict);
	if (got.verdict != FQ_VERDICT_NONE) {
		cr_assert(got.seq == (uint32_t)(right - written) + 1, "at %zu: %u", where, got.seq);
	}
	if (got.verdict == FQ_VERDICT_DONE) {
		cr_assert(fq_text_is(got.items, right->items) && got.usage.ms == 5, "at %zu", where);
	}
}

static void expect_all_right(struct fq_journal *journal, const bool is_whole[RECORDS], size_t where)
{
	for (size_t job = 0; job < TASKS * UNITS; job++) {
		const char *task = tasks[job / UNITS], *unit = units[job % UNITS];
		expect_right(journal, last_whole(task, unit, is_whole), task, unit, where);
	}
}

/* Right for a reader; for a writer, who makes it whole; and after him, with nothing left to do. */
static void expect_beliefs(const char *at, size_t len, bool also_writes, size_t where)
{
	struct fq_journal journal;
	bool is_whole[RECORDS];
	find_whole((struct fq_text){at, len}, is_whole);
	write_bytes(at, len);
	open_journal(&journal, FQ_JOURNAL_READ);
	expect_all_right(&journal, is_whole, where);
	fq_journal_close(&journal);
	if (!also_writes) {
		return;
	}
	open_journal(&journal, FQ_JOURNAL_WRITE);
	expect_all_right(&journal, is_whole, where);
	size_t bad = journal.bad_records;
	write_done(&journal, "new", "job", "ox\t1 1");
	uint32_t seq = journal.seq;
	fq_journal_close(&journal);
	open_journal(&journal, FQ_JOURNAL_WRITE);
	expect_all_right(&journal, is_whole, where);
	cr_assert(find_job(&journal, "new", "job").seq == seq, "at %zu", where);
	cr_assert(journal.bad_records == bad &&
	                  journal.map_len == (size_t)fq_stamp_read("state/journal").size_bytes,
	        "at %zu: not whole after a writer", where);
	fq_journal_close(&journal);
}

/* --- damage -------------------------------------------------------------------------------- */

Test(beliefs, cut_at_every_length)
{
	write_all();
	for (size_t len = 0; len <= whole.len; len++) {
		expect_beliefs(whole.at, len, true, len);
	}
	fq_buf_finish(&whole);
}

Test(beliefs, zeros_and_blanks_behind_every_length)
{
	static char tail[5000];
	write_all();
	for (size_t len = HEADER_LEN; len <= whole.len; len++) {
		struct fq_buf bytes = {0};
		memset(tail, len % 3 == 0 ? '\n' : '\0', sizeof(tail));
		fq_buf_add(&bytes, whole.at, len);
		fq_buf_add(&bytes, tail, 1 + len * 7 % sizeof(tail));
		expect_beliefs(bytes.at, bytes.len, true, len);
		fq_buf_finish(&bytes);
	}
	fq_buf_finish(&whole);
}

Test(beliefs, the_end_lost_to_zeros_from_every_byte_on)
{
	write_all();
	struct fq_buf bytes = {0};
	fq_buf_add(&bytes, whole.at, whole.len);
	for (size_t at = whole.len; at-- > HEADER_LEN;) {
		bytes.at[at] = '\0';
		expect_beliefs(bytes.at, bytes.len, at % 5 == 0, at);
	}
	fq_buf_finish(&bytes);
	fq_buf_finish(&whole);
}

/* Each byte but those of the header, turned to many others: one record, or with a newline two. */
Test(beliefs, every_byte_changed)
{
	static const unsigned char turns[] = {1, 2, 4, 8, 16, 32, 64, 128, '\n', '\t', '\0', 0xff};
	write_all();
	struct fq_buf bytes = {0};
	fq_buf_add(&bytes, whole.at, whole.len);
	for (size_t at = HEADER_LEN; at < whole.len; at++) {
		for (size_t i = 0; i < FQ_COUNT(turns); i++) {
			bytes.at[at] = (char)(i < 8 ? whole.at[at] ^ turns[i] : turns[i]);
			if (bytes.at[at] != whole.at[at]) {
				expect_beliefs(bytes.at, bytes.len, at % 29 == 0, at);
			}
		}
		bytes.at[at] = whole.at[at];
	}
	fq_buf_finish(&bytes);
	fq_buf_finish(&whole);
}

/* Where the names stand in a line: from the tab before them to the byte behind them. */
static void find_names(const struct written *w, size_t *ret_from, size_t *ret_to)
{
	size_t tabs = 0, at = w->start;
	while (tabs < 3) {
		tabs += whole.at[at++] == '\t';
	}
	*ret_from = at - 1;
	while (tabs < 5 && whole.at[at] != '\n') {
		tabs += whole.at[at++] == '\t';
	}
	*ret_to = whole.at[at] == '\n' ? at + 1 : at;
}

/* A record that takes back a success is damaged: that success is not believed, unless the
 * damage hides whose it is. Then the outputs tell: they were removed or changed. What was
 * forgotten stays so in any case, since nothing but its record tells. */
Test(beliefs, a_success_that_was_taken_back_by_a_damaged_record)
{
	size_t from, to, looked_at = 0;
	write_all();
	for (size_t i = 1; i < RECORDS; i++) {
		struct written *w = &written[i];
		if (!strchr("bfF", w->type) || i + 1 == RECORDS) {
			continue;
		}
		find_names(w, &from, &to);
		for (size_t at = w->start; at < w->end; at++) {
			bool is_whole[RECORDS];
			char was = whole.at[at];
			if (w->type != 'F' && at >= from && at < to) {
				continue;
			}
			find_whole((struct fq_text){whole.at, written[i].start}, is_whole);
			const struct written *before = last_whole(w->task, w->unit, is_whole);
			for (int turn = 0; turn < 3 && verdict_of(before) == FQ_VERDICT_DONE; turn++) {
				struct fq_journal journal;
				whole.at[at] = "x\t\n"[turn] == was ? 'y' : "x\t\n"[turn];
				write_bytes(whole.at, w->end);
				whole.at[at] = was;
				int fd = open("state/journal", O_WRONLY | O_APPEND);
				cr_assert(write(fd, "x\n", 2) == 2); /* not torn */
				close(fd);
				open_journal(&journal, FQ_JOURNAL_READ);
				cr_assert(find_job(&journal, w->task, w->unit).verdict != FQ_VERDICT_DONE,
				        "record %zu, byte %zu to %d", i, at - w->start, turn);
				fq_journal_close(&journal);
				looked_at++;
			}
		}
	}
	cr_assert(looked_at > 1000, "%zu", looked_at);
	fq_buf_finish(&whole);
}

Test(beliefs, a_later_record_of_the_job_is_believed_again)
{
	struct fq_journal journal;
	struct fq_buf bytes;
	open_journal(&journal, FQ_JOURNAL_WRITE);
	write_done(&journal, "t", "u", "oa\t1 1");
	cr_assert(fq_journal_begin(&journal, fq_text("t"), fq_text("u"), fq_text("oa\t1 1"), NULL));
	write_done(&journal, "t", "v", "oa\t1 1");
	fq_journal_close(&journal);
	bytes = read_bytes();
	*(strstr(bytes.at, "begin") + 1) = 'E';
	write_bytes(bytes.at, bytes.len);
	open_journal(&journal, FQ_JOURNAL_WRITE);
	cr_assert(find_job(&journal, "t", "u").verdict == FQ_VERDICT_BEGUN && journal.bad_records == 1);
	cr_assert(find_job(&journal, "t", "v").verdict == FQ_VERDICT_DONE);
	write_done(&journal, "t", "u", "oa\t2 2");
	fq_journal_close(&journal);
	open_journal(&journal, FQ_JOURNAL_READ);
	cr_assert(fq_text_is(find_job(&journal, "t", "u").items, "oa\t2 2"));
	fq_journal_close(&journal);
	fq_buf_finish(&bytes);
}

Test(beliefs, a_copy_of_a_doubted_success_is_doubted)
{
	struct fq_journal journal;
	open_journal(&journal, FQ_JOURNAL_WRITE);
	write_done(&journal, "t", "u", "oa\t1 1");
	fq_journal_close(&journal);
	struct fq_buf bytes = read_bytes(), line = {0};
	fq_buf_add(&line, bytes.at + HEADER_LEN, bytes.len - HEADER_LEN);
	fq_buf_puts(&bytes, "00000000\t2\tbegin\tt\tu\n");
	fq_buf_add(&bytes, line.at, line.len);
	write_bytes(bytes.at, bytes.len);
	open_journal(&journal, FQ_JOURNAL_READ);
	cr_assert(find_job(&journal, "t", "u").verdict == FQ_VERDICT_BEGUN);
	fq_journal_close(&journal);
	fq_buf_finish(&bytes);
	fq_buf_finish(&line);
}

/* --- order ----------------------------------------------------------------------------------- */

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

/* Copies, and lines in another order: SEQ says which is the last. Noise between them. */
Test(beliefs, lines_in_any_order_any_number_of_times)
{
	write_all();
	for (uint32_t round = 0, state = 1; round < 500; round++) {
		struct fq_buf bytes = {0};
		uint32_t count = next_random(&state) % (3 * RECORDS);
		fq_buf_add(&bytes, whole.at, HEADER_LEN);
		for (uint32_t i = 0; i < count; i++) {
			const struct written *w = &written[next_random(&state) % RECORDS];
			fq_buf_add(&bytes, whole.at + w->start, w->end - w->start);
			for (uint32_t noise = round % 2 ? 0 : next_random(&state) % 40; noise > 0; noise--) {
				fq_buf_putc(&bytes, (char)next_random(&state));
			}
		}
		expect_beliefs(bytes.at, bytes.len, true, round);
		fq_buf_finish(&bytes);
	}
	fq_buf_finish(&whole);
}

Test(beliefs, a_run_that_ended_has_ended_in_any_order)
{
	struct fq_journal journal;
	struct fq_buf lines[4] = {0};
	open_journal(&journal, FQ_JOURNAL_WRITE);
	cr_assert(fq_journal_run(&journal, "R", "/tmp/x", NULL) &&
	          fq_journal_job(&journal, (struct fq_process){7, 8}, NULL) &&
	          fq_journal_job(&journal, (struct fq_process){9, 10}, NULL) &&
	          fq_journal_end(&journal, "R", 0, NULL, NULL));
	fq_journal_close(&journal);
	struct fq_buf bytes = read_bytes();
	const char *at = bytes.at + HEADER_LEN;
	for (size_t i = 0; i < FQ_COUNT(lines); i++) {
		const char *next = strchr(at, '\n') + 1;
		fq_buf_add(&lines[i], at, (size_t)(next - at));
		at = next;
	}
	for (int with_end = 0; with_end < 2; with_end++) {
		bytes.len = HEADER_LEN;
		fq_buf_add(&bytes, lines[3].at, with_end ? lines[3].len : 0);
		fq_buf_add(&bytes, lines[2].at, lines[2].len);
		fq_buf_add(&bytes, lines[0].at, lines[0].len);
		fq_buf_add(&bytes, lines[1].at, lines[1].len);
		write_bytes(bytes.at, bytes.len);
		open_journal(&journal, FQ_JOURNAL_READ);
		cr_assert(!journal.unfinished.run == (with_end == 1));
		cr_assert(with_end || journal.unfinished.job_count == 2);
		fq_journal_close(&journal);
	}
	for (size_t i = 0; i < FQ_COUNT(lines); i++) {
		fq_buf_finish(&lines[i]);
	}
	fq_buf_finish(&bytes);
}

/* --- noise ------------------------------------------------------------------------------------- */

Test(beliefs, noise_is_no_record_and_no_journal)
{
	write_all();
	for (uint32_t round = 0, state = 7; round < 300; round++) {
		struct fq_buf bytes = {0};
		fq_buf_add(&bytes, whole.at, whole.len);
		size_t from = HEADER_LEN + next_random(&state) % (whole.len - HEADER_LEN);
		size_t len = 1 + next_random(&state) % 600;
		for (size_t i = from; i < from + len && i < whole.len; i++) {
			bytes.at[i] = (char)next_random(&state);
		}
		expect_beliefs(bytes.at, bytes.len, round % 4 == 0, round);
		bytes.len = 0;
		for (size_t i = 0; i < len; i++) {
			fq_buf_putc(&bytes, (char)next_random(&state));
		}
		write_bytes(bytes.at, bytes.len);
		expect_refusal(FQ_JOURNAL_WRITE, "not a journal of fqrun");
		fq_buf_finish(&bytes);
	}
	fq_buf_finish(&whole);
}

Test(beliefs, a_number_that_is_none_is_damage)
{
	static const char *const numbers[] = {
	        "", "x", "-1", "4294967296", "99999999999999999999", "1x", " 1"};
	for (size_t i = 0; i < FQ_COUNT(numbers); i++) {
		struct fq_buf text = {0}, record = {0};
		struct fq_journal journal;
		fq_buf_addf(&record, "%s\tdone\tt\tu\t1\toa\t1 1", numbers[i]);
		fq_buf_addf(&text, "fqrun journal 1\n%08x\t%s\n", (uint32_t)fq_hash(record.at, record.len),
		        record.at);
		write_bytes(text.at, text.len);
		open_journal(&journal, FQ_JOURNAL_READ);
		cr_assert(journal.bad_records == 1 && journal.seq == 0, "%s", numbers[i]);
		cr_assert(find_job(&journal, "t", "u").verdict == FQ_VERDICT_NONE, "%s", numbers[i]);
		fq_journal_close(&journal);
		fq_buf_finish(&text);
		fq_buf_finish(&record);
	}
}
