/* A lock for file systems that have none: a file that says who holds it, and shows a sign
 * of life every few seconds. It is made whole under a name of its own and linked to its
 * place, which fails if one is there. It outlives its process, so whoever finds one judges:
 *   - this machine, before it was started anew; or a process of this machine, as we see
 *     them, that is not there any more: dead;
 *   - such a process that is there: alive, for as long as it takes;
 *   - another machine, or processes that we do not see (a container's): dead if it shows no
 *     sign of life for as long as we watch it: a minute.
 *
 * Format. The first line is for people. The second: `lease 1`, HOST, MACHINE, BOOT, SPACE
 * (of processes), PID, TICKS (when it began, since boot), tabs between. The third counts the
 * signs of life, in as many digits always. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { BEAT_DIGITS = 20, FILE_BYTES = 8192 };
static const int64_t patience_ns = INT64_C(60000000000);

static int64_t patience_of(const struct fq_journal *journal)
{
	return journal->options.patience_ns ? journal->options.patience_ns : patience_ns;
}

/* A dozen signs of life before anyone loses patience. */
static int64_t pause_of(const struct fq_journal *journal)
{
	return patience_of(journal) / 12;
}

/* --- who we are ------------------------------------------------------------------------ */

static void add_word_of_file(struct fq_buf *buf, const char *path)
{
	char word[128];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? 0 : read(fd, word, sizeof(word) - 1);
	word[len > 0 ? len : 0] = '\0';
	word[strcspn(word, "\t\n")] = '\0';
	fq_buf_puts(buf, word);
	if (fd >= 0) {
		close(fd);
	}
}

/* HOST \t MACHINE: two machines may have one name. */
static void add_machine(struct fq_buf *buf)
{
	char host[256] = "";
	gethostname(host, sizeof(host) - 1);
	fq_buf_add_escaped(buf, fq_text(host));
	fq_buf_putc(buf, '\t');
	add_word_of_file(buf, "/etc/machine-id");
}

/* BOOT \t SPACE: where a number means one process. */
static void add_space(struct fq_buf *buf)
{
	char boot[64], space[64];
	fq_boot_id(boot);
	ssize_t len = readlink("/proc/self/ns/pid", space, sizeof(space));
	fq_buf_addf(buf, "%s\t%.*s", boot, len > 0 ? (int)len : 0, space);
}

/* When it began, since boot; -1: it is not there, or writes nothing any more; 0: nobody knows. */
int64_t fq_journal_started_ticks(int64_t pid)
{
	enum { FIELD = 20 };
	char text[1024], path[64];
	snprintf(path, sizeof(path), "/proc/%lld/stat", (long long)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		return errno == ENOENT && access("/proc/self/stat", F_OK) == 0 ? -1 : 0;
	}
	ssize_t len = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[len > 0 ? len : 0] = '\0';
	char *at = strrchr(text, ')'); /* its name may hold anything */
	if (!at || at[1] != ' ') {
		return len < 0 && errno == ESRCH ? -1 : 0;
	}
	if (at[2] == 'Z' || at[2] == 'X') {
		return -1;
	}
	for (int i = 0; at && i < FIELD; i++) {
		at = strchr(at + 1, ' ');
	}
	return at ? strtoll(at, NULL, 10) : 0;
}

static void add_beat(struct fq_buf *buf, uint64_t beat)
{
	fq_buf_addf(buf, "%0*llu\n", BEAT_DIGITS, (unsigned long long)beat);
}

static void describe_us(const struct fq_journal *journal, struct fq_buf *buf)
{
	fq_journal_add_us(journal, buf);
	fq_buf_puts(buf, "lease 1\t");
	add_machine(buf);
	fq_buf_putc(buf, '\t');
	add_space(buf);
	fq_buf_addf(buf, "\t%ld\t%lld\n", (long)getpid(), (long long)fq_journal_started_ticks(getpid()));
	add_beat(buf, 0);
}

/* --- who they are ------------------------------------------------------------------------ */

enum life { ALIVE, DEAD, UNKNOWN };

static bool next_is(struct fq_text *line, const char *first, const char *second)
{
	struct fq_text one, two;
	return fq_journal_field(line, &one) && fq_journal_field(line, &two) && fq_text_is(one, first) &&
	       fq_text_is(two, second);
}

static enum life judge_process(struct fq_text line)
{
	struct fq_text field;
	uint64_t pid = 0, ticks = 0;
	if (!fq_journal_field(&line, &field) || !fq_parse_number(field, &pid) || pid == 0 ||
	        !fq_journal_field(&line, &field) || !fq_parse_number(field, &ticks)) {
		return UNKNOWN;
	}
	int64_t there = fq_journal_started_ticks((int64_t)pid);
	if (there < 0) {
		return DEAD;
	}
	return there == 0 || ticks == 0 ? UNKNOWN : (uint64_t)there == ticks ? ALIVE : DEAD;
}

/* The parts of what we would write: *ret_second is where the one behind the tab begins. */
static const char *part(struct fq_buf *buf, void (*add)(struct fq_buf *), const char **ret_second)
{
	add(buf);
	char *tab = strchr(buf->at, '\t');
	*tab = '\0';
	*ret_second = tab + 1;
	return buf->at;
}

static enum life judge(struct fq_text content)
{
	struct fq_buf machine = {0}, space = {0};
	struct fq_text line, word;
	const char *second;
	enum life life = UNKNOWN;
	const char *end = memchr(content.at, '\n', content.len);
	size_t skipped = end ? (size_t)(end - content.at) + 1 : content.len;
	line = (struct fq_text){content.at + skipped, content.len - skipped};
	end = memchr(line.at, '\n', line.len);
	line.len = end ? (size_t)(end - line.at) : 0;
	if (fq_journal_field(&line, &word) && fq_text_is(word, "lease 1")) {
		const char *first = part(&machine, add_machine, &second);
		bool is_here = next_is(&line, first, second);
		const char *boot = part(&space, add_space, &second);
		struct fq_text rest = line, its_boot = {0};
		if (is_here && next_is(&rest, boot, second) && boot[0] && second[0]) {
			life = judge_process(rest);
		} else if (is_here && fq_journal_field(&line, &its_boot) && its_boot.len && boot[0] &&
		           !fq_text_is(its_boot, boot)) {
			life = DEAD;
		}
	}
	fq_buf_finish(&machine);
	fq_buf_finish(&space);
	return life;
}

/* False: there is none. Opened anew each time: a network file system looks then. */
static bool read_lease(const char *path, struct fq_buf *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	ret->len = 0;
	fq_buf_puts(ret, "");
	if (fd < 0) {
		return errno != ENOENT;
	}
	ssize_t len = read(fd, fq_buf_room(ret, FILE_BYTES), FILE_BYTES);
	close(fd);
	ret->len = len > 0 ? (size_t)len : 0;
	return true;
}

static bool is_same(const struct fq_buf *a, const struct fq_buf *b)
{
	return fq_text_equal((struct fq_text){a->at, a->len}, (struct fq_text){b->at, b->len});
}

/* --- taking it ------------------------------------------------------------------------------ */

/* While we wait. */
struct siege {
	const char *own; /* a name that is ours alone */
	struct fq_buf us, seen, now;
	int64_t since_ns; /* it has not changed since */
	bool has_seen, was_told;
};

/* Two of us may have judged the same one, and the other may hold it by now. So it is looked
 * at again before, and again after it has a name that nobody else touches; one that we took
 * from the living is given back at once, and fq_journal_holds_lease() knows of that moment. */
static void bury(struct fq_journal *journal, struct siege *siege)
{
	if (!read_lease(journal->lock_path, &siege->now) || !is_same(&siege->now, &siege->seen) ||
	        rename(journal->lock_path, siege->own) != 0) {
		return;
	}
	if (!read_lease(siege->own, &siege->now) || !is_same(&siege->now, &siege->seen)) {
		int failed = link(siege->own, journal->lock_path);
		(void)failed;
	}
	unlink(siege->own);
}

static bool is_linkless(int number)
{
	return number == EPERM || number == EOPNOTSUPP || number == ENOSYS || number == EINVAL;
}

/* 1: it is ours; 0: it is taken; -1: error. */
static int take(struct fq_journal *journal, struct siege *siege, struct fq_error *err)
{
	const int how = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
	struct stat file = {0};
	unlink(siege->own); /* of one that was killed and had our number */
	int fd = fq_folder_make(journal->folder, err) ? open(siege->own, how, 0666) : -1;
	bool ok = fd >= 0 && fq_file_write_all(fd, siege->us.at, siege->us.len);
	if (ok && link(siege->own, journal->lock_path) != 0 && is_linkless(errno)) {
		close(fd);
		fd = open(journal->lock_path, how, 0666);
		ok = fd >= 0 ? fq_file_write_all(fd, siege->us.at, siege->us.len) : errno == EEXIST;
	} else if (ok && fstat(fd, &file) == 0 && file.st_nlink != 2) {
		/* The count has the last word: an answer may get lost on its way through a network. */
		close(fd);
		fd = -1;
	}
	if (!ok) {
		fq_fail_errno(err, "cannot write %s", journal->lock_path);
	}
	unlink(siege->own);
	journal->lock_fd = fd;
	return !ok ? -1 : fd >= 0;
}

static bool is_dead(const struct fq_journal *journal, struct siege *siege, enum life *ret_life)
{
	int64_t now = fq_clock_ns();
	if (!siege->has_seen || !is_same(&siege->now, &siege->seen)) {
		siege->has_seen = true;
		siege->since_ns = now;
		siege->seen.len = 0;
		fq_buf_puts(&siege->seen, "");
		fq_buf_add(&siege->seen, siege->now.at, siege->now.len);
	}
	*ret_life = judge((struct fq_text){siege->seen.at, siege->seen.len});
	return *ret_life == DEAD || (*ret_life == UNKNOWN && now - siege->since_ns >= patience_of(journal));
}

/* False: not to be waited for. */
static bool tell_and_wait(
        const struct fq_journal *journal, struct siege *siege, enum life life, struct fq_error *err)
{
	static const int64_t look_ns = 200000000;
	int64_t pause_ns = pause_of(journal) < look_ns ? pause_of(journal) : look_ns;
	const char *hint = life == ALIVE
	                           ? "wait until it has ended (--wait does), or stop it"
	                           : "--wait waits until it has ended, or takes over when it shows no sign "
	                             "of life for a minute";
	if (!siege->was_told && !fq_journal_tell_owner(journal,
	                                (struct fq_text){siege->seen.at, siege->seen.len}, hint, err)) {
		return false;
	}
	siege->was_told = true;
	nanosleep(&(struct timespec){0, pause_ns}, NULL);
	return true;
}

static bool lay_siege(struct fq_journal *journal, struct siege *siege, struct fq_error *err)
{
	for (;;) {
		int taken = take(journal, siege, err);
		if (taken) {
			return taken > 0;
		}
		enum life life;
		while (read_lease(journal->lock_path, &siege->now)) {
			if (is_dead(journal, siege, &life)) {
				bury(journal, siege);
			} else if (!tell_and_wait(journal, siege, life, err)) {
				return false;
			}
		}
	}
}

bool fq_journal_lease(struct fq_journal *journal, struct fq_error *err)
{
	struct siege siege = {0};
	struct fq_buf name = {0};
	add_machine(&siege.us);
	fq_buf_addf(&name, "lease.%016llx.%ld", (unsigned long long)fq_hash(siege.us.at, siege.us.len),
	        (long)getpid());
	siege.us.len = 0;
	siege.own = fq_arena_format(&journal->arena, "%s/%s", journal->folder, name.at);
	journal->lock_path = fq_arena_format(&journal->arena, "%s/lease", journal->folder);
	describe_us(journal, &siege.us);
	bool ok = lay_siege(journal, &siege, err);
	if (ok) {
		journal->has_lease = true;
		journal->care.beat_place = (off_t)(siege.us.len - BEAT_DIGITS - 1);
		journal->care.beat_ns = fq_clock_ns() + pause_of(journal);
	}
	fq_buf_finish(&name);
	fq_buf_finish(&siege.us);
	fq_buf_finish(&siege.seen);
	fq_buf_finish(&siege.now);
	return ok;
}

/* --- holding it -------------------------------------------------------------------------------- */

bool fq_journal_holds_lease(const struct fq_journal *journal)
{
	enum { LOOKS = 20, PAUSE_NS = 10000000 };
	for (int i = 0; i < LOOKS; i++) {
		if (fq_journal_is_at(journal->lock_fd, journal->lock_path)) {
			return true;
		}
		nanosleep(&(struct timespec){0, PAUSE_NS}, NULL);
	}
	return false;
}

bool fq_journal_beat(struct fq_journal *journal, int64_t now, struct fq_error *err)
{
	struct fq_buf text = {0};
	add_beat(&text, ++journal->care.beats);
	journal->care.beat_ns = now + pause_of(journal);
	bool ok = pwrite(journal->lock_fd, text.at, text.len, journal->care.beat_place) == (ssize_t)text.len;
	fq_buf_finish(&text);
	/* Others must see it: a network file system sends it now. */
	return (ok && (fdatasync(journal->lock_fd) == 0 || errno == EINVAL)) ||
	       fq_fail_errno(err, "cannot write %s", journal->lock_path);
}
