/* A journal. Its first byte says whether a header stands before it and whether each line
 * gets a right check (but those that begin with `!`). What is read must lie in the file; a
 * success that is told must be the last word that the events tell on its job; a writer must
 * leave what was told before, and so must writing it anew; and each reads its own output
 * without finding anything to mend. */
#include "../../src/journal/internal.h"
#include "fuzz.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { HAS_HEADER = 1, HAS_CHECKS = 2 };

static char folder[64], state[80], path[96];

static void remove_folder(void)
{
	fq_tree_remove(folder, NULL);
}

static void make_folder(void)
{
	snprintf(folder, sizeof(folder), "%s/fqrun-fuzz-XXXXXX",
	        access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	MUST(mkdtemp(folder) && atexit(remove_folder) == 0);
	snprintf(state, sizeof(state), "%s/state", folder);
	snprintf(path, sizeof(path), "%s/journal", state);
}

/* --- the file -------------------------------------------------------------------------- */

static void add_line(struct fq_buf *file, const char *at, size_t len, bool has_newline)
{
	size_t start = file->len;
	if (len > 0 && at[0] == '!') {
		fq_buf_add(file, at + 1, len - 1);
	} else {
		fq_buf_puts(file, "00000000\t");
		fq_buf_add(file, at, len);
		fq_journal_set_check(file->at + start, file->len - start);
	}
	if (has_newline) {
		fq_buf_putc(file, '\n');
	}
}

static void write_file(const char *at, size_t len)
{
	struct fq_buf file = {0};
	const char *end = at + len;
	int flags = *at++;
	if (flags & HAS_HEADER) {
		fq_buf_puts(&file, FQ_JOURNAL_HEADER);
	}
	while (flags & HAS_CHECKS && at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t line = newline ? (size_t)(newline - at) : (size_t)(end - at);
		add_line(&file, at, line, newline != NULL);
		at += line + (newline != NULL);
	}
	fq_buf_add(&file, at, (size_t)(end - at));
	MUST(fq_folder_make(state, NULL));
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	MUST(fd >= 0 && fq_file_write_all(fd, file.at, file.len) && close(fd) == 0);
	fq_buf_finish(&file);
}

/* --- what it says ---------------------------------------------------------------------------- */

static void check_text(const struct fq_journal *journal, struct fq_text text)
{
	MUST(text.len == 0 ||
	        (text.at >= journal->map && text.at + text.len <= journal->map + journal->map_len &&
	                !memchr(text.at, '\n', text.len)));
}

static void check_job(const struct fq_journal *journal, const struct fq_journal_job *job)
{
	check_text(journal, job->task);
	check_text(journal, job->unit);
	check_text(journal, job->record.items);
	check_text(journal, job->record.cause);
	MUST(!memchr(job->task.at, '\t', job->task.len) && !memchr(job->unit.at, '\t', job->unit.len));
	MUST(job->record.since <= job->record.seq && job->record.seq <= journal->seq);
	struct fq_text items = job->record.items;
	for (struct fq_item item; fq_items_next(&items, &item);) {
		check_text(journal, item.name);
		check_text(journal, item.value);
	}
}

/* The last word on a job by the events, found the long way round. */
static struct fq_journal_event last_event(struct fq_journal *journal, const struct fq_journal_job *job)
{
	struct fq_journal_event last = {0}, event;
	for (size_t at = 0; fq_journal_next_event(journal, &at, &event);) {
		bool is_of_job = (event.type == FQ_EVENT_JOB || event.type == FQ_EVENT_FORGET) &&
		                 fq_text_equal(event.job.task, job->task) &&
		                 fq_text_equal(event.job.unit, job->unit);
		if (is_of_job && event.seq >= last.seq) {
			last = event;
		}
	}
	return last;
}

static void check_belief(struct fq_journal *journal, const struct fq_journal_job *job)
{
	struct fq_journal_event last = last_event(journal, job);
	struct fq_record right = last.job.record, got = job->record;
	bool is_doubted = right.verdict == FQ_VERDICT_DONE && got.verdict == FQ_VERDICT_BEGUN &&
	                  journal->bad_records > 0 && got.items.len == 0;
	MUST(last.type == FQ_EVENT_JOB && (is_doubted || got.verdict == right.verdict));
	/* Of two with one number, of which the first is doubted, either may be told. */
	MUST(is_doubted || (got.seq == right.seq && fq_text_equal(got.items, right.items)));
}

static void check_found(struct fq_journal *journal, const struct fq_journal_job *job)
{
	struct fq_buf task = {0}, unit = {0}, again = {0};
	fq_buf_add_unescaped(&task, job->task);
	fq_buf_add_unescaped(&unit, job->unit);
	fq_buf_add_escaped(&again, (struct fq_text){task.at, task.len});
	fq_buf_putc(&again, '\t');
	fq_buf_add_escaped(&again, (struct fq_text){unit.at, unit.len});
	/* Escapes that we do not write are other names. */
	struct fq_text names = {job->task.at, job->task.len + 1 + job->unit.len};
	if (fq_text_equal(names, (struct fq_text){again.at, again.len})) {
		struct fq_record got = fq_journal_find(
		        journal, (struct fq_text){task.at, task.len}, (struct fq_text){unit.at, unit.len});
		MUST(got.verdict == job->record.verdict && got.seq == job->record.seq &&
		        got.items.at == job->record.items.at);
	}
	fq_buf_finish(&task);
	fq_buf_finish(&unit);
	fq_buf_finish(&again);
}

/* Order does not matter: the sum of the hashes of what is told of each job. */
static uint64_t say_jobs(struct fq_journal *journal)
{
	struct fq_journal_job job;
	uint64_t sum = 0;
	for (size_t at = 0; fq_journal_next_job(journal, &at, &job);) {
		check_job(journal, &job);
		check_belief(journal, &job);
		check_found(journal, &job);
		struct fq_buf text = {0};
		fq_buf_addf(&text, "%d %d %u %u %lld\t", job.record.verdict, job.record.how, job.record.seq,
		        job.record.since, (long long)job.record.usage.ms);
		fq_buf_add(&text, job.task.at, job.task.len + 1 + job.unit.len);
		fq_buf_putc(&text, '\t');
		fq_buf_add_text(&text, job.record.items);
		fq_buf_add_text(&text, job.record.cause);
		sum += fq_hash(text.at, text.len);
		fq_buf_finish(&text);
	}
	return sum;
}

struct said {
	uint64_t jobs;
	size_t bad;
	uint32_t seq;
	size_t processes;
	bool is_unfinished;
};

static struct said say(struct fq_journal *journal)
{
	return (struct said){say_jobs(journal), journal->bad_records, journal->seq,
	        journal->unfinished.job_count, journal->unfinished.run != NULL};
}

static bool open_journal(struct fq_journal *journal, enum fq_journal_mode mode)
{
	struct fq_error err = {0};
	struct fq_journal_options options = {.mode = mode, .sync = FQ_SYNC_OFF};
	bool ok = fq_journal_open(journal, state, &options, &err);
	MUST(ok == !err.text && (ok || (err.text[0] && err.hint)));
	fq_error_finish(&err);
	return ok;
}

/* Nothing but the damage may be lost. */
static void expect_same(struct said before, struct said now, bool is_anew)
{
	MUST(before.jobs == now.jobs && before.seq == now.seq && now.bad == (is_anew ? 0 : before.bad));
	MUST(before.is_unfinished == now.is_unfinished && before.processes == now.processes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fq_journal journal;
	if (size == 0) {
		return 0;
	}
	if (!folder[0]) {
		make_folder();
	}
	write_file((const char *)data, size);
	bool ok = open_journal(&journal, FQ_JOURNAL_READ);
	struct said said = ok ? say(&journal) : (struct said){0};
	fq_journal_close(&journal);
	MUST(open_journal(&journal, FQ_JOURNAL_WRITE) == ok);
	if (ok) {
		expect_same(said, say(&journal), false);
		MUST(fq_stamp_read(path).size_bytes >= (int64_t)sizeof(FQ_JOURNAL_HEADER) - 1);
		MUST(journal.map_len == 0 || fq_stamp_read(path).size_bytes == (int64_t)journal.map_len);
		MUST(journal.map_len == 0 || fq_journal_compact(&journal));
	}
	bool is_anew = ok && journal.map_len > 0;
	fq_journal_close(&journal);
	if (ok) {
		MUST(open_journal(&journal, FQ_JOURNAL_READ));
		expect_same(said, say(&journal), is_anew);
		MUST(fq_stamp_read(path).size_bytes == (int64_t)journal.map_len);
		fq_journal_close(&journal);
	}
	return 0;
}
