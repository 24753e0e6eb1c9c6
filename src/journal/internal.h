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

/* lock.c */
bool fq_journal_lock(struct fq_journal *journal, struct fq_error *err);

#endif
