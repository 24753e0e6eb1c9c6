/* [fqrun] min-free: no job is started while a disk has less room than that. */
#include "internal.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

/* A file system that has less than asked for, and how much; NULL: none. One that cannot be
 * asked holds nobody up. */
static const char *find_full(const struct fq_run *run, int64_t *ret_bytes)
{
	const char *const paths[] = {".", run->plan->manifest->state};
	struct stat first = {0}, here;
	for (size_t i = 0; i < FQ_COUNT(paths); i++) {
		struct statvfs disk;
		bool is_new =
		        paths[i] && stat(paths[i], &here) == 0 && (i == 0 || here.st_dev != first.st_dev);
		first = i == 0 ? here : first;
		if (!is_new || statvfs(paths[i], &disk) != 0) {
			continue;
		}
		double bytes = (double)disk.f_bavail * (double)disk.f_frsize;
		if (bytes < (double)run->plan->manifest->min_free_bytes) {
			*ret_bytes = (int64_t)bytes;
			return paths[i];
		}
	}
	return NULL;
}

/* "3.5G are free in /data/run, min-free asks for 50G" */
static void add_words(const struct fq_run *run, const char *path, int64_t bytes, struct fq_buf *buf)
{
	fq_buf_add_size(buf, bytes);
	fq_buf_addf(buf, " are free on the disk of %s, and min-free asks for ",
	        strcmp(path, ".") == 0 ? "the working directory" : path);
	fq_buf_add_size(buf, run->plan->manifest->min_free_bytes);
}

bool fq_run_disk_is_full(struct fq_run *run)
{
	static const int64_t second_ns = INT64_C(1000000000);
	static const char hint[] = "make room there, or lower `min-free` in [fqrun]";
	int64_t bytes, now = fq_run_now(run);
	bool was_full = run->disk_is_full, is_idle = run->counts[FQ_STATE_RUNNING] == 0;
	/* What ended last may have made room: before giving up it is asked anew. */
	if (now < run->disk_due_ns && !(was_full && is_idle)) {
		return was_full;
	}
	const char *path = find_full(run, &bytes);
	run->disk_due_ns = now + second_ns;
	run->disk_is_full = path != NULL;
	if (!path || (was_full && !is_idle)) {
		return run->disk_is_full;
	}
	struct fq_buf words = {0};
	struct fq_error err = {0};
	add_words(run, path, bytes, &words);
	if (is_idle) {
		fq_fail(&err, FQ_NOWHERE, hint, "no more jobs are started: %s", words.at);
		fq_run_fault(run, &err);
	} else {
		fq_run_remark(run, FQ_NOWHERE, hint, "no job is started for now: %s", words.at);
	}
	fq_buf_finish(&words);
	return true;
}
