/* Inside the journal room. */
#ifndef FQRUN_JOURNAL_INTERNAL_H
#define FQRUN_JOURNAL_INTERNAL_H

#include "fqrun/journal.h"

#include <sys/stat.h>

#define FQ_JOURNAL_HEADER "fqrun journal 1\n"
enum { FQ_JOURNAL_CHECK_LEN = 8 };
/* A hundred million records. What is larger is a mistake, and reading it looks like a hang. */
#define FQ_JOURNAL_BYTES_MAX ((off_t)16 << 30)

/* DOUBTED is never written: a DONE before a damaged record that names the job. */
enum fq_journal_type {
	FQ_JOURNAL_OTHER,
	FQ_JOURNAL_DONE,
	FQ_JOURNAL_KEPT,
	FQ_JOURNAL_GOOD,
	FQ_JOURNAL_BEGIN,
	FQ_JOURNAL_FAIL,
	FQ_JOURNAL_FORGET,
	FQ_JOURNAL_DOUBTED, /* so far a job's; then what is of none */
	FQ_JOURNAL_JOB,
	FQ_JOURNAL_RUN,
	FQ_JOURNAL_END,
	FQ_JOURNAL_TEXT,
	FQ_JOURNAL_BAD,
	FQ_JOURNAL_OF
};

/* A job's last record, or a text: where its line begins in the map, and in the line the key,
 * TASK \t UNIT or DIGEST. */
struct fq_journal_entry {
	uint64_t place; /* offset << 16 | where the key begins in the line << 8 | type */
	uint32_t seq;
	uint32_t key_len;
};

/* line.c: a whole record; `rest` are the fields behind its type. */
struct fq_journal_line {
	uint32_t seq;
	enum fq_journal_type type;
	struct fq_text rest;
};
uint32_t fq_journal_check(const char *at, size_t len);
/* Puts the check of what stands behind it in front of a line without its newline. */
void fq_journal_set_check(char *line, size_t len);
/* False unless its check is right. `line` is without its newline. */
bool fq_journal_read_line(struct fq_text line, struct fq_journal_line *ret);
/* TASK \t UNIT in front of `rest`; empty: it has none. */
struct fq_text fq_journal_key(struct fq_text rest);
/* The line that begins there, which must be whole; without its newline. */
struct fq_text fq_journal_line_at(const struct fq_journal *journal, size_t offset);
/* The next line: false at the end of the file. *at is moved behind it. */
bool fq_journal_next_line(const struct fq_journal *journal, size_t *at, struct fq_text *ret);
/* Reads the fields of a record, from left to right; false at its end. */
bool fq_journal_field(struct fq_text *line, struct fq_text *ret);
/* Where the digits at `at` end; at itself: there are none, or too many. */
const char *fq_journal_digits(const char *at, const char *end, uint64_t *ret);

/* load.c: maps the file, up to where nothing can be cut off, and finds each job's last record. */
bool fq_journal_load(struct fq_journal *journal, struct fq_error *err);
void fq_journal_unload(struct fq_journal *journal);
/* Pages that were read once are given back: the journal may be larger than all else together. */
void fq_journal_forget_pages(const struct fq_journal *journal, size_t from, size_t to);

/* find.c */
struct fq_journal_entry fq_journal_make_entry(const struct fq_journal *journal, size_t offset,
        const struct fq_journal_line *line, struct fq_text key);
size_t fq_journal_offset(struct fq_journal_entry entry);
enum fq_journal_type fq_journal_type(struct fq_journal_entry entry);
struct fq_journal_job fq_journal_read_job(const struct fq_journal *journal, struct fq_journal_entry entry);
/* The entry of a job whose key stands so in the file; NULL: none. */
struct fq_journal_entry *fq_journal_entry_of(
        const struct fq_journal *journal, struct fq_text key, uint64_t hash);
struct fq_journal_entry *fq_journal_text_entry(const struct fq_journal *journal, struct fq_text digest);

/* tail.c: where whole lines end in a file of that size. What stands behind is torn, or what a
 * power cut left: no writer leaves it there, so a reader must not map it. */
off_t fq_journal_size(int fd, const struct stat *st); /* without a hole at its end */
bool fq_journal_find_end(int fd, off_t size, size_t *ret_end);
/* Keeps what stands there aside, as `journal.bad.N`, and cuts it off. */
bool fq_journal_cut_tail(struct fq_journal *journal, size_t end, struct fq_error *err);

/* usage.c: a field of a record, and what may stand behind it. What cannot be read, or is not there, is not
 * known: then at most how long it took is. */
void fq_journal_add_usage(struct fq_buf *line, const struct fq_usage *usage);
struct fq_usage fq_journal_read_usage(struct fq_text field);

/* compact.c: true when the file at journal->path is a new, smaller one; it is not open yet. */
bool fq_journal_is_mostly_dead(const struct fq_journal *journal);
bool fq_journal_compact(struct fq_journal *journal);

/* sync.c: so that a name in it is on disk. */
void fq_journal_sync_folder(const char *path);

/* write.c: writes whose records they are. */
bool fq_journal_belong(struct fq_journal *journal, struct fq_error *err);

/* lock.c. True: fd is the lock, or the lease; false with who holds it. */
bool fq_journal_lock(struct fq_journal *journal, struct fq_error *err);
void fq_journal_unlock(struct fq_journal *journal);
bool fq_journal_holds_lock(const struct fq_journal *journal);
void fq_journal_add_us(const struct fq_journal *journal, struct fq_buf *buf);
/* `content` of a lock that another holds. True: it is waited for, and that is said; false:
 * an error. */
bool fq_journal_tell_owner(
        const struct fq_journal *journal, struct fq_text content, const char *hint, struct fq_error *err);

/* lease.c: where there are no locks */
int64_t fq_journal_started_ticks(int64_t pid); /* -1: it has ended; 0: nobody knows */
bool fq_journal_lease(struct fq_journal *journal, struct fq_error *err);
bool fq_journal_holds_lease(const struct fq_journal *journal);
bool fq_journal_beat(struct fq_journal *journal, int64_t now, struct fq_error *err); /* a sign of life */

/* sync.c */
/* Of errno, with the path, the free space and a hint. Always false. */
bool fq_journal_fail_disk(const struct fq_journal *journal, struct fq_error *err, const char *what);
bool fq_journal_is_at(int fd, const char *path);            /* what is open is what stands there */
bool fq_journal_is_whole(const struct fq_journal *journal); /* nobody cut it off since we wrote to it */
void fq_journal_note_written(struct fq_journal *journal);
void fq_journal_sync_new(struct fq_journal *journal); /* the file was just made */
void fq_journal_unreserve(struct fq_journal *journal);

#endif
