#include "internal.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

/* What somebody still writes to. Without waiting there is no proof that nobody does, but
 * for one: Linux gives a lease for reading only while nobody has the file open for writing
 * (fcntl(2), "Leases"; not on every file system, and only of one's own files). */

enum { RECENT_S = 2 };

#ifdef F_SETLEASE
static bool has_no_writer(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0) {
		return false;
	}
	/* Who opens it for writing just now sends us a signal: one that does nothing, for SIGIO kills. */
	bool is_sure = fcntl(fd, F_SETSIG, SIGURG) == 0 && fcntl(fd, F_SETLEASE, F_RDLCK) == 0;
	if (is_sure) {
		fcntl(fd, F_SETLEASE, F_UNLCK);
	}
	close(fd);
	return is_sure;
}
#else
static bool has_no_writer(const char *path)
{
	(void)path;
	return false;
}
#endif

static bool is_recent(const struct fq_preflight_seen *seen, int64_t now_s)
{
	int64_t age_s = now_s - seen->stamp.mtime_ns / 1000000000;
	return age_s <= RECENT_S && age_s >= -RECENT_S && !seen->is_finished;
}

static void check_recent(
        const struct fq_preflight_work *work, struct fq_preflight_notes *notes, uint32_t file, bool is_fresh)
{
	const struct fq_preflight_seen *seen = &work->seen[file];
	const char *path = work->manifest->files[file].path;
	bool has_changed = seen->has_changed || !fq_stamp_equal(fq_stamp_read(path), seen->stamp);
	if (has_changed) {
		fq_preflight_warn(notes, file, FQ_PREFLIGHT_CHANGING, "wait until it is whole",
		        "is being written: it changed while we looked at it");
	} else if (is_fresh && !has_no_writer(path)) {
		fq_preflight_warn(notes, file, FQ_PREFLIGHT_CHANGING, "if it is, wait until it is whole",
		        "changed less than %d seconds ago: is it still being written?", RECENT_S);
	}
}

void fq_preflight_find_changing(const struct fq_preflight_work *work, struct fq_preflight_notes *notes)
{
	int64_t now_s = fq_clock_wall_s();
	for (uint32_t file = 0; file < work->manifest->file_count; file++) {
		const struct fq_preflight_seen *seen = &work->seen[file];
		if (!seen->was_looked_at || seen->stamp.size_bytes < 0) {
			continue;
		}
		bool is_fresh = is_recent(seen, now_s);
		if (is_fresh || seen->has_changed) {
			check_recent(work, notes, file, is_fresh);
		}
	}
}
