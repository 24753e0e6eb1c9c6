/* What keeps the records: syncing, blocks kept free for those to come, and a look whether
 * the files are still ours. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static const int64_t batch_ns = INT64_C(100000000);

/* --- faults ------------------------------------------------------------------------ */

static const char *hint_of(int number)
{
	switch (number) {
	case ENOSPC:
		return "make room there and run it again: what is done is kept";
	case EDQUOT:
		return "your quota there is used up: make room and run it again, what is done is kept";
	case EFBIG:
		return "allow larger files (ulimit -f) and run it again: what is done is kept";
	case EIO:
		return "the disk fails: look into the system's log; what was recorded before is kept";
	default:
		return NULL;
	}
}

/* "cannot write x/journal: No space left on device; 12K free" */
bool fq_journal_fail_disk(const struct fq_journal *journal, struct fq_error *err, const char *what)
{
	int number = errno;
	struct fq_buf text = {0};
	struct statvfs disk;
	if (!err || err->text) {
		return false;
	}
	fq_buf_addf(&text, "%s %s: %s", what, journal->path, strerror(number));
	if ((number == ENOSPC || number == EDQUOT) && fstatvfs(journal->fd, &disk) == 0) {
		fq_buf_puts(&text, "; ");
		fq_buf_add_size(&text, (int64_t)(disk.f_bavail * disk.f_frsize));
		fq_buf_puts(&text, " free");
	}
	fq_fail(err, FQ_NOWHERE, hint_of(number), "%s", text.at);
	err->number = number;
	fq_buf_finish(&text);
	return false;
}

/* From here on nothing is written any more, and each attempt fails with these words. */
static bool give_up(struct fq_journal *journal, struct fq_error *err, const char *hint, const char *text)
{
	struct fq_journal_care *care = &journal->care;
	if (!care->fault) {
		care->fault = fq_arena_copy(&journal->arena, text, strlen(text));
		care->hint = hint;
	}
	care->unsynced_ns = care->beat_ns = 0;
	return fq_fail(err, FQ_NOWHERE, care->hint, "%s", care->fault);
}

static const char leave_alone[] =
        "leave the state alone while a run goes on; run it again when this one has ended";

static bool lose(struct fq_journal *journal, struct fq_error *err, const char *path)
{
	struct fq_buf text = {0};
	fq_buf_addf(&text, "%s was removed or replaced while we run: what ends from now on is not recorded",
	        path);
	journal->care.is_lost = true;
	give_up(journal, err, leave_alone, text.at);
	fq_buf_finish(&text);
	return false;
}

/* --- are they still ours --------------------------------------------------------------- */

bool fq_journal_is_at(int fd, const char *path)
{
	struct stat ours, there;
	if (fstat(fd, &ours) != 0) {
		return true;
	}
	if (ours.st_nlink == 0) {
		return false;
	}
	if (stat(path, &there) != 0) {
		/* Of the others nobody knows. */
		return errno != ENOENT && errno != ENOTDIR && errno != ESTALE && errno != ELOOP;
	}
	return ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
}

/* It is mapped: what somebody cut off must not be read any more, or we die of it. */
bool fq_journal_is_whole(const struct fq_journal *journal)
{
	struct stat file;
	return fstat(journal->fd, &file) != 0 || file.st_size >= journal->care.written_end;
}

static bool tell_cut(struct fq_journal *journal, struct fq_error *err)
{
	struct fq_buf text = {0};
	fq_buf_addf(
	        &text, "%s was cut off while we run: what ends from now on is not recorded", journal->path);
	give_up(journal, err, leave_alone, text.at);
	fq_buf_finish(&text);
	return false;
}

bool fq_journal_is_sound(struct fq_journal *journal, struct fq_error *err)
{
	if (journal->care.fault) {
		return give_up(journal, err, NULL, journal->care.fault);
	}
	if (journal->options.mode != FQ_JOURNAL_WRITE) {
		return true;
	}
	if (!fq_journal_holds_lock(journal)) {
		return lose(journal, err, journal->lock_path);
	}
	if (!fq_journal_is_at(journal->fd, journal->path)) {
		return lose(journal, err, journal->path);
	}
	return fq_journal_is_whole(journal) || tell_cut(journal, err);
}

bool fq_journal_is_lost(const struct fq_journal *journal)
{
	return journal->care.is_lost;
}

/* --- syncing --------------------------------------------------------------------------- */

void fq_journal_note_written(struct fq_journal *journal)
{
	if (journal->options.sync != FQ_SYNC_OFF && !journal->care.unsynced_ns) {
		journal->care.unsynced_ns = fq_clock_ns();
	}
}

/* Some file systems have no such thing. */
static bool is_unknown(int number)
{
	return number == EINVAL || number == ENOSYS || number == EOPNOTSUPP;
}

/* One that failed is not tried again: the kernel has dropped what it could not write, and
 * the next would succeed without it. */
bool fq_journal_flush(struct fq_journal *journal, struct fq_error *err)
{
	struct fq_error fault = {0};
	int failed;
	if (!journal->care.unsynced_ns) {
		return true;
	}
	journal->care.unsynced_ns = 0;
	do {
		failed = fdatasync(journal->fd);
	} while (failed && errno == EINTR);
	if (!failed || is_unknown(errno)) {
		return true;
	}
	fq_journal_fail_disk(journal, &fault, "cannot sync");
	const char *hint = hint_of(fault.number);
	give_up(journal, err, hint, fault.text);
	fq_error_finish(&fault);
	return false;
}

void fq_journal_sync_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
}

/* The names of the file and of its folder. */
void fq_journal_sync_new(struct fq_journal *journal)
{
	if (journal->options.sync != FQ_SYNC_OFF) {
		fq_journal_sync_folder(journal->folder);
		fq_journal_sync_folder(fq_arena_format(&journal->arena, "%s/..", journal->folder));
	}
}

/* --- blocks behind the end --------------------------------------------------------------- */

/* Plain posix_fallocate(3) would move the end, and what is appended would follow a hole. */
static bool keep_blocks(struct fq_journal *journal, off_t from, off_t to)
{
	enum { STEP_BYTES = 1 << 16 };
	off_t more = (to - from + STEP_BYTES - 1) / STEP_BYTES * STEP_BYTES;
	int failed;
	for (;;) {
		do {
			failed = fallocate(journal->fd, FALLOC_FL_KEEP_SIZE, from, more);
		} while (failed && errno == EINTR);
		if (!failed || more == to - from || (errno != ENOSPC && errno != EDQUOT)) {
			break;
		}
		more = to - from; /* no room for a whole step */
	}
	if (failed && is_unknown(errno)) {
		journal->care.has_no_reserve = true;
		return true;
	}
	if (!failed) {
		journal->care.reserved_end = from + more;
	}
	return !failed;
}

bool fq_journal_reserve(struct fq_journal *journal, size_t bytes, struct fq_error *err)
{
	struct rlimit most;
	off_t end = lseek(journal->fd, 0, SEEK_END);
	if (end < 0) {
		return fq_fail_errno(err, "cannot look at %s", journal->path);
	}
	off_t to = end + (off_t)bytes;
	if (getrlimit(RLIMIT_FSIZE, &most) == 0 && (rlim_t)to > most.rlim_cur) {
		errno = EFBIG;
		return fq_journal_fail_disk(journal, err, "no room for more records in");
	}
	if (journal->care.has_no_reserve || to <= journal->care.reserved_end ||
	        keep_blocks(journal, end, to)) {
		return true;
	}
	return fq_journal_fail_disk(journal, err, "no room for more records in");
}

void fq_journal_unreserve(struct fq_journal *journal)
{
	struct stat file;
	/* To the size that it has: gives back the blocks behind. */
	if (journal->care.reserved_end && fstat(journal->fd, &file) == 0 &&
	        ftruncate(journal->fd, file.st_size) == 0) {
		journal->care.reserved_end = 0;
	}
}

/* --- from time to time ---------------------------------------------------------------------- */

int64_t fq_journal_due_ns(const struct fq_journal *journal)
{
	const struct fq_journal_care *care = &journal->care;
	int64_t sync_ns = care->unsynced_ns ? care->unsynced_ns + batch_ns : 0;
	if (!sync_ns || !care->beat_ns) {
		return sync_ns ? sync_ns : care->beat_ns;
	}
	return sync_ns < care->beat_ns ? sync_ns : care->beat_ns;
}

bool fq_journal_tend(struct fq_journal *journal, struct fq_error *err)
{
	struct fq_journal_care *care = &journal->care;
	int64_t now = fq_clock_ns();
	if (care->beat_ns && now >= care->beat_ns) {
		return fq_journal_is_sound(journal, err) && fq_journal_beat(journal, now, err);
	}
	if (care->unsynced_ns && now >= care->unsynced_ns + batch_ns) {
		return fq_journal_is_sound(journal, err) && fq_journal_flush(journal, err);
	}
	return true;
}
