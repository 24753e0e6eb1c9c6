#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

/* "pid 123 on host since 2026-11-24 06:12" */
static void describe_us(struct fq_buf *buf)
{
	char host[256] = "?", since[32] = "?";
	time_t now = time(NULL);
	struct tm local;
	gethostname(host, sizeof(host) - 1);
	if (localtime_r(&now, &local)) {
		strftime(since, sizeof(since), "%Y-%m-%d %H:%M:%S", &local);
	}
	fq_buf_addf(buf, "pid %ld on %s since %s\n", (long)getpid(), host, since);
}

static bool tell_owner(const struct fq_journal *journal, struct fq_error *err)
{
	char owner[400] = "";
	ssize_t len = pread(journal->lock_fd, owner, sizeof(owner) - 1, 0);
	if (len > 0) {
		owner[strcspn(owner, "\n")] = '\0';
	}
	return fq_fail(err, FQ_NOWHERE, "wait until it has ended, or stop it",
	        "another fqrun is running this manifest (%s)", owner[0] ? owner : "unknown process");
}

bool fq_journal_lock(struct fq_journal *journal, struct fq_error *err)
{
	char *path = fq_arena_format(&journal->arena, "%s/lock", journal->folder);
	journal->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
	if (journal->lock_fd < 0) {
		return fq_fail_errno(err, "cannot open %s", path);
	}
	if (flock(journal->lock_fd, LOCK_EX | LOCK_NB) != 0) {
		return errno == EWOULDBLOCK ? tell_owner(journal, err)
		                            : fq_fail_errno(err, "cannot lock %s", path);
	}
	struct fq_buf us = {0};
	describe_us(&us);
	bool ok = ftruncate(journal->lock_fd, 0) == 0 && fq_file_write_all(journal->lock_fd, us.at, us.len);
	fq_buf_finish(&us);
	return ok || fq_fail_errno(err, "cannot write %s", path);
}
