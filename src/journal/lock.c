/* One writer at a time: flock(2) on a file of the state, which dies with its process.
 * Where the file system has no such locks, lease.c. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { OWNER_BYTES = 1024 };

/* --- who it is ---------------------------------------------------------------------- */

static void add_host(struct fq_buf *buf)
{
	char host[256] = "";
	gethostname(host, sizeof(host) - 1);
	fq_buf_addf(buf, " on %s since ", host);
}

/* "pid 123 on host since 2026-11-24 06:12:33: fqrun -j 3", and the end of the line */
void fq_journal_add_us(const struct fq_journal *journal, struct fq_buf *buf)
{
	char since[32] = "?";
	const char *command = journal->options.command;
	time_t now = time(NULL);
	struct tm local;
	if (localtime_r(&now, &local)) {
		strftime(since, sizeof(since), "%Y-%m-%d %H:%M:%S", &local);
	}
	fq_buf_addf(buf, "pid %ld", (long)getpid());
	add_host(buf);
	fq_buf_addf(buf, "%s: ", since);
	fq_buf_add_escaped(buf, fq_text(command ? command : "fqrun"));
	fq_buf_putc(buf, '\n');
}

/* Whoever may write to the state wrote it: nothing of it must steer a terminal. */
static void add_shown(struct fq_buf *buf, struct fq_text text)
{
	while (text.len) {
		size_t len = fq_utf8_measure(text.at, text.len);
		unsigned char c = (unsigned char)text.at[0];
		bool is_plain =
		        len > 0 && c >= 0x20 && c != 0x7f && !(c == 0xc2 && (unsigned char)text.at[1] < 0xa0);
		len = len ? len : 1;
		is_plain ? fq_buf_add(buf, text.at, len) : fq_buf_putc(buf, '?');
		text = (struct fq_text){text.at + len, text.len - len};
	}
}

/* Its first line. */
static void add_owner(struct fq_buf *buf, struct fq_text content)
{
	const char *end = memchr(content.at, '\n', content.len);
	size_t len = end ? (size_t)(end - content.at) : content.len;
	fq_buf_puts(buf, "another fqrun is running this manifest (");
	add_shown(buf, (struct fq_text){content.at, len});
	fq_buf_puts(buf, len ? ")" : "it has not said yet who it is)");
}

bool fq_journal_tell_owner(
        const struct fq_journal *journal, struct fq_text content, const char *hint, struct fq_error *err)
{
	struct fq_buf text = {0};
	add_owner(&text, content);
	bool waits = journal->options.waits;
	if (!waits) {
		fq_fail(err, FQ_NOWHERE, hint, "%s", text.at);
	} else if (journal->options.on_wait) {
		journal->options.on_wait(text.at);
	}
	fq_buf_finish(&text);
	return waits;
}

/* One that has only just got it says so in a moment. */
static size_t read_owner(int fd, char *ret)
{
	enum { LOOKS = 20, PAUSE_NS = 5000000 };
	ssize_t len = 0;
	for (int i = 0; i < LOOKS && len <= 0; i++) {
		if (i) {
			nanosleep(&(struct timespec){0, PAUSE_NS}, NULL);
		}
		len = pread(fd, ret, OWNER_BYTES, 0);
	}
	return len > 0 ? (size_t)len : 0;
}

/* For whoever finds it taken; the lock holds without it, also on a full disk. */
static void say_who(const struct fq_journal *journal)
{
	struct fq_buf us = {0};
	fq_journal_add_us(journal, &us);
	if (pwrite(journal->lock_fd, us.at, us.len, 0) != (ssize_t)us.len ||
	        ftruncate(journal->lock_fd, (off_t)us.len) != 0) {
		/* Half a word is worse than none, and nothing depends on either. */
		int failed = ftruncate(journal->lock_fd, 0);
		(void)failed;
	}
	fq_buf_finish(&us);
}

/* --- taking it -------------------------------------------------------------------------- */

enum answer { OURS, TAKEN, MOVED, NO_LOCKS, FAILED };

static enum answer ask(const struct fq_journal *journal, bool waits)
{
	while (flock(journal->lock_fd, waits ? LOCK_EX : LOCK_EX | LOCK_NB) != 0) {
		switch (errno) {
		case EINTR:
			continue;
		case EWOULDBLOCK:
			return TAKEN;
		case ENOLCK:
		case EOPNOTSUPP:
		case ENOSYS:
		case EINVAL:
			return NO_LOCKS;
		default:
			return FAILED;
		}
	}
	/* Somebody may have removed it, and a third made it anew. */
	return fq_journal_is_at(journal->lock_fd, journal->lock_path) ? OURS : MOVED;
}

static bool open_lock(struct fq_journal *journal, struct fq_error *err)
{
	int how = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
	if (journal->lock_fd > 0) {
		close(journal->lock_fd);
	}
	journal->lock_fd = fq_folder_make(journal->folder, err) ? open(journal->lock_path, how, 0666) : -1;
	if (journal->lock_fd < 0) {
		return fq_fail_errno(err, "cannot open %s", journal->lock_path);
	}
	struct stat file;
	return (fstat(journal->lock_fd, &file) == 0 && S_ISREG(file.st_mode)) ||
	       fq_fail(err, FQ_NOWHERE, "move it away", "%s is not a regular file", journal->lock_path);
}

/* "pid 123 on host since ...", of this host, and that process has ended. */
static bool is_dead(struct fq_text owner)
{
	char words[OWNER_BYTES + 1], *at;
	struct fq_buf host = {0};
	memcpy(words, owner.at, owner.len);
	words[owner.len] = '\0';
	long pid = strncmp(words, "pid ", 4) == 0 ? strtol(words + 4, &at, 10) : 0;
	add_host(&host);
	bool is = pid > 0 && strncmp(at, host.at, host.len) == 0 && fq_journal_started_ticks(pid) < 0;
	fq_buf_finish(&host);
	return is;
}

/* A process that was killed while it started another leaves it the lock until that has
 * begun its program. */
static enum answer ask_after_dead(struct fq_journal *journal, char *ret_owner, struct fq_text *ret_content)
{
	enum { PAUSE_NS = 10000000, LOOKS = 200 };
	enum answer answer = TAKEN;
	for (int i = 0; i < LOOKS && answer == TAKEN; i++) {
		if (i) {
			nanosleep(&(struct timespec){0, PAUSE_NS}, NULL);
		}
		answer = ask(journal, false);
		*ret_content = (struct fq_text){ret_owner, 0};
		if (answer == TAKEN) {
			ret_content->len = read_owner(journal->lock_fd, ret_owner);
			if (!is_dead(*ret_content)) {
				break;
			}
		}
	}
	return answer;
}

/* Says once for whom it waits. */
static enum answer ask_patiently(struct fq_journal *journal, bool *was_told, struct fq_error *err)
{
	char owner[OWNER_BYTES];
	struct fq_text content;
	enum answer answer = ask_after_dead(journal, owner, &content);
	if (answer == TAKEN && !*was_told) {
		if (!fq_journal_tell_owner(
		            journal, content, "wait until it has ended (--wait does), or stop it", err)) {
			return FAILED;
		}
		*was_told = true;
	}
	return answer == TAKEN ? ask(journal, true) : answer;
}

bool fq_journal_lock(struct fq_journal *journal, struct fq_error *err)
{
	bool was_told = false;
	enum answer answer = MOVED;
	journal->lock_path = fq_arena_format(&journal->arena, "%s/lock", journal->folder);
	while (answer == MOVED) {
		if (!open_lock(journal, err)) {
			return false;
		}
		answer = ask_patiently(journal, &was_told, err);
	}
	if (answer == NO_LOCKS) {
		close(journal->lock_fd);
		journal->lock_fd = -1;
		return fq_journal_lease(journal, err);
	}
	if (answer != OURS) {
		return fq_fail_errno(err, "cannot lock %s", journal->lock_path);
	}
	say_who(journal);
	return true;
}

bool fq_journal_holds_lock(const struct fq_journal *journal)
{
	return journal->has_lease ? fq_journal_holds_lease(journal)
	                          : fq_journal_is_at(journal->lock_fd, journal->lock_path);
}

void fq_journal_unlock(struct fq_journal *journal)
{
	if (journal->has_lease && fq_journal_is_at(journal->lock_fd, journal->lock_path)) {
		unlink(journal->lock_path);
	}
	close(journal->lock_fd);
	journal->lock_fd = -1;
}
