/* Inside the journal room. */
#ifndef FQRUN_JOURNAL_INTERNAL_H
#define FQRUN_JOURNAL_INTERNAL_H

#include "fqrun/journal.h"

#define FQ_JOURNAL_HEADER "fqrun journal 1\n"
enum { FQ_JOURNAL_CHECK_LEN = 8 };

/* One job's last record: where its line begins in the map. */
struct fq_journal_entry {
	uint64_t place; /* offset << 8 | verdict */
};

uint32_t fq_journal_check(const char *at, size_t len);

/* Reads the fields of a record, from left to right; false at its end. */
bool fq_journal_field(struct fq_text *line, struct fq_text *ret);

/* load.c: maps the file and finds each job's last record. *ret_good is where
 * whole lines end. */
bool fq_journal_load(struct fq_journal *journal, size_t *ret_good, struct fq_error *err);
void fq_journal_unload(struct fq_journal *journal);

/* Where an entry's line begins in the map. */
size_t fq_journal_offset(struct fq_journal_entry entry);

/* usage.c: a field of a record. What cannot be read, or is not there, is not known: then
 * at most how long it took is. */
void fq_journal_add_usage(struct fq_buf *line, const struct fq_usage *usage);
struct fq_usage fq_journal_read_usage(struct fq_text field);

/* compact.c: true when the file at journal->path is a new, smaller one; it is not open yet. */
bool fq_journal_is_mostly_dead(const struct fq_journal *journal);
bool fq_journal_compact(struct fq_journal *journal);

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
bool fq_journal_lease(struct fq_journal *journal, struct fq_error *err);
bool fq_journal_holds_lease(const struct fq_journal *journal);
bool fq_journal_beat(struct fq_journal *journal, int64_t now, struct fq_error *err); /* a sign of life */

/* sync.c */
/* Of errno, with the path, the free space and a hint. Always false. */
bool fq_journal_fail_disk(const struct fq_journal *journal, struct fq_error *err, const char *what);
bool fq_journal_is_at(int fd, const char *path); /* what is open is what stands there */
void fq_journal_note_written(struct fq_journal *journal);
void fq_journal_sync_new(struct fq_journal *journal); /* the file was just made */
void fq_journal_unreserve(struct fq_journal *journal);

#endif
