/* A journal that is mostly dead is written anew: each job's last record and each
 * text, line by line as they stand. The old file counts until the new one, whole
 * and on disk, takes its name; whatever fails before that changes nothing. */
#include "internal.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { DEAD_RECORDS_KEPT = 1000, PIECE_BYTES = 1 << 20 };

bool fq_journal_is_mostly_dead(const struct fq_journal *journal)
{
	size_t live = journal->entry_count;
	/* The processes of a run that did not end are told by records that no job has. */
	return !journal->unfinished.run && journal->record_count > 2 * live + DEAD_RECORDS_KEPT;
}

static void add_line(const struct fq_journal *journal, const char *start, struct fq_buf *buf)
{
	const char *end = memchr(start, '\n', journal->map_len - (size_t)(start - journal->map));
	fq_buf_add(buf, start, (size_t)(end - start) + 1);
}

static bool write_live(const struct fq_journal *journal, int fd)
{
	struct fq_buf piece = {0};
	bool ok = true;
	fq_buf_puts(&piece, FQ_JOURNAL_HEADER);
	for (size_t i = 0; i < journal->entry_count && ok; i++) {
		add_line(journal, journal->map + fq_journal_offset(journal->entries[i]), &piece);
		if (piece.len > PIECE_BYTES) {
			ok = fq_file_write_all(fd, piece.at, piece.len);
			piece.len = 0;
		}
	}
	/* The last record has the highest number: those to come must be higher. */
	add_line(journal, journal->last_seq.at - FQ_JOURNAL_CHECK_LEN - 1, &piece);
	ok = ok && fq_file_write_all(fd, piece.at, piece.len);
	fq_buf_finish(&piece);
	return ok && fsync(fd) == 0;
}

static void sync_folder(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
}

bool fq_journal_compact(struct fq_journal *journal)
{
	const char *path = fq_arena_format(&journal->arena, "%s/journal.new", journal->folder);
	unlink(path); /* of one that was killed here; ours alone, we hold the lock */
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (fd < 0) {
		return false;
	}
	bool ok = write_live(journal, fd);
	ok = close(fd) == 0 && ok && rename(path, journal->path) == 0;
	if (ok) {
		sync_folder(journal->folder);
	} else {
		unlink(path);
	}
	return ok;
}
