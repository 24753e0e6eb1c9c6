/* The lock, on file systems that have locks and on one that has none: flock(2) is ours here. */
#include "journal_files.h"

#include <criterion/parameterized.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

TestSuite(journal_lock, .init = make_folder, .fini = remove_folder, .timeout = 60);

static int refusal; /* errno of each flock(2); 0: as the system has it */
static void (*before_flock)(void);

int flock(int fd, int how)
{
	if (before_flock) {
		void (*once)(void) = before_flock;
		before_flock = NULL;
		once();
	}
	if (refusal) {
		errno = refusal;
		return -1;
	}
	return (int)syscall(SYS_flock, fd, how);
}

static char told[1024];
static uint32_t tellings;
static void (*on_wait)(void);

static void note_wait(const char *text)
{
	snprintf(told, sizeof(told), "%s", text);
	tellings++;
	if (on_wait) {
		on_wait();
	}
}

static bool open_with(struct fq_journal *journal, bool waits, int64_t patience_ns, struct fq_error *err)
{
	struct fq_journal_options options = {.mode = FQ_JOURNAL_WRITE,
	        .command = "fqrun -j 3 'a\tb\033[2J'",
	        .waits = waits,
	        .on_wait = note_wait,
	        .patience_ns = patience_ns};
	return fq_journal_open(journal, "state", &options, err);
}

static void refuse(const char *words)
{
	struct fq_journal journal;
	struct fq_error err = {0};
	cr_assert_not(open_with(&journal, false, 0, &err), "%s", words);
	cr_assert(err.text && strstr(err.text, words), "%s", err.text);
	cr_assert(strstr(err.hint, "--wait") && !strstr(err.hint, "remove") && !strstr(err.hint, "delete"));
	fq_error_finish(&err);
	fq_journal_close(&journal);
}

static void take(struct fq_journal *journal)
{
	struct fq_error err = {0};
	cr_assert(open_with(journal, false, 0, &err), "%s", err.text);
}

/* Holds it until it is killed or `go` closes. */
static pid_t holder;
static int line[2];

static void hold(void)
{
	struct fq_journal journal;
	int ready[2];
	char byte;
	cr_assert(pipe(ready) == 0 && pipe(line) == 0);
	holder = fork();
	if (holder == 0) {
		struct fq_error err = {0};
		close(line[1]);
		if (!open_with(&journal, false, 0, &err)) {
			_exit(2);
		}
		_exit(write(ready[1], "r", 1) == 1 && read(line[0], &byte, 1) == 0
		        ? fq_journal_close(&journal),
		        0 : 1);
	}
	close(ready[1]);
	close(line[0]);
	cr_assert(read(ready[0], &byte, 1) == 1);
	close(ready[0]);
}

static void let_end(void)
{
	close(line[1]);
}

static void kill_holder(void)
{
	kill(holder, SIGKILL);
	cr_assert(waitpid(holder, NULL, 0) == holder);
}

static void set_locks(int there)
{
	refusal = there ? 0 : ENOLCK;
}

static char content[4096];

static void read_lease(void)
{
	int fd = open("state/lease", O_RDONLY);
	ssize_t len = fd < 0 ? 0 : read(fd, content, sizeof(content) - 1);
	content[len > 0 ? len : 0] = '\0';
	close(fd);
}

static void write_lease(const char *text)
{
	cr_assert(fq_folder_make("state", NULL));
	int fd = open("state/lease", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	cr_assert(fd >= 0 && fq_file_write_all(fd, text, strlen(text)));
	close(fd);
}

/* --- with locks and without ------------------------------------------------------------- */

ParameterizedTestParameters(journal_lock, whoever_finds_it_taken_is_told_by_whom)
{
	static int rows[] = {0, 1};
	return cr_make_param_array(int, rows, 2);
}

ParameterizedTest(int *locks, journal_lock, whoever_finds_it_taken_is_told_by_whom)
{
	char words[400], host[256] = "";
	set_locks(*locks);
	hold();
	gethostname(host, sizeof(host) - 1);
	snprintf(words, sizeof(words), "(pid %ld on %s since 20", (long)holder, host);
	refuse(words);
	refuse(": fqrun -j 3 'a\\tb?[2J')"); /* nothing of it steers a terminal */
	kill_holder();
}

ParameterizedTestParameters(journal_lock, it_is_free_after_its_owner_was_killed)
{
	static int rows[] = {0, 1};
	return cr_make_param_array(int, rows, 2);
}

ParameterizedTest(int *locks, journal_lock, it_is_free_after_its_owner_was_killed)
{
	struct fq_journal journal;
	set_locks(*locks);
	hold();
	kill_holder();
	take(&journal);
	fq_journal_close(&journal);
	cr_assert(access("state/lease", F_OK) != 0, "it is given back");
}

ParameterizedTestParameters(journal_lock, who_waits_gets_it_when_it_is_given_back)
{
	static int rows[] = {0, 1};
	return cr_make_param_array(int, rows, 2);
}

ParameterizedTest(int *locks, journal_lock, who_waits_gets_it_when_it_is_given_back)
{
	struct fq_journal journal;
	struct fq_error err = {0};
	char pid[40];
	set_locks(*locks);
	hold();
	on_wait = let_end; /* only once we have said that we wait */
	cr_assert(open_with(&journal, true, 0, &err), "%s", err.text);
	snprintf(pid, sizeof(pid), "(pid %ld on ", (long)holder);
	cr_assert(tellings == 1 && strstr(told, pid), "%s", told);
	fq_journal_close(&journal);
	cr_assert(waitpid(holder, NULL, 0) == holder);
}

ParameterizedTestParameters(journal_lock, a_lock_that_was_taken_away_is_noticed)
{
	static int rows[] = {0, 1, 2, 3, 4, 5, 6, 7};
	return cr_make_param_array(int, rows, 8);
}

/* Removed, replaced, moved with its folder; or the journal. */
ParameterizedTest(int *row, journal_lock, a_lock_that_was_taken_away_is_noticed)
{
	struct fq_journal journal, other;
	struct fq_error err = {0};
	set_locks(*row % 2);
	const char *lock = *row % 2 ? "state/lock" : "state/lease";
	take(&journal);
	write_done(&journal, "t", "before", "");
	cr_assert(!fq_journal_is_lost(&journal));
	switch (*row / 2) {
	case 0:
		cr_assert(fq_tree_remove("state", &err));
		take(&other); /* a second writer */
		break;
	case 1:
		cr_assert(rename(lock, "away") == 0);
		break;
	case 2:
		cr_assert(rename("state", "away") == 0);
		break;
	case 3:
		cr_assert(rename("state/journal", "away") == 0);
		break;
	}
	cr_assert_not(fq_journal_begin(&journal, fq_text("t"), fq_text("u"), fq_text(""), &err));
	cr_assert(strstr(err.text, *row / 2 == 3 ? "state/journal was removed" : lock), "%s", err.text);
	cr_assert(fq_journal_is_lost(&journal));
	fq_error_finish(&err);
	cr_assert_not(fq_journal_done(&journal, fq_text("t"), fq_text("u"), &(struct fq_record){0}, &err));
	cr_assert(err.text);
	cr_assert(fq_journal_due_ns(&journal) == 0, "nothing is to be done any more");
	fq_error_finish(&err);
	if (*row / 2 == 0) {
		write_done(&other, "t", "other", "");
	}
	fq_journal_close(&journal);
	if (*row / 2 == 0) {
		write_done(&other, "t", "other still holds it", "");
		fq_journal_close(&other);
	}
}

/* --- with locks ---------------------------------------------------------------------------- */

static void remake_lock(void)
{
	cr_assert(unlink("state/lock") == 0);
}

Test(journal_lock, what_is_locked_is_what_stands_there)
{
	struct fq_journal journal;
	before_flock = remake_lock; /* between our open(2) and our flock(2) */
	take(&journal);
	write_done(&journal, "t", "u", "");
	refuse("another fqrun");
	fq_journal_close(&journal);
}

static void remove_state(void)
{
	struct fq_error err = {0};
	cr_assert(fq_tree_remove("state", &err));
}

Test(journal_lock, a_state_that_goes_away_meanwhile_is_made_anew)
{
	struct fq_journal journal;
	before_flock = remove_state;
	take(&journal);
	write_done(&journal, "t", "u", "");
	fq_journal_close(&journal);
}

Test(journal_lock, an_owner_of_an_older_version_is_shown_as_it_wrote)
{
	cr_assert(fq_folder_make("state", NULL));
	int fd = open("state/lock", O_RDWR | O_CREAT, 0600);
	cr_assert(
	        write(fd, "pid 7 on there since then\nmore", 30) == 30 && flock(fd, LOCK_EX | LOCK_NB) == 0);
	refuse("(pid 7 on there since then)");
	cr_assert(ftruncate(fd, 0) == 0);
	refuse("it has not said yet who it is");
	close(fd);
}

/* --- without ------------------------------------------------------------------------------------- */

ParameterizedTestParameters(journal_lock, whatever_says_that_there_are_no_locks)
{
	static int rows[] = {ENOLCK, EOPNOTSUPP, ENOSYS, EINVAL};
	return cr_make_param_array(int, rows, 4);
}

ParameterizedTest(int *number, journal_lock, whatever_says_that_there_are_no_locks)
{
	struct fq_journal journal;
	refusal = *number;
	take(&journal);
	cr_assert(access("state/lease", F_OK) == 0);
	refuse("another fqrun");
	fq_journal_close(&journal);
}

Test(journal_lock, any_other_refusal_is_an_error)
{
	struct fq_journal journal;
	struct fq_error err = {0};
	refusal = EIO;
	cr_assert_not(open_with(&journal, false, 0, &err));
	cr_assert(strstr(err.text, "state/lock: Input/output error"), "%s", err.text);
	fq_error_finish(&err);
	fq_journal_close(&journal);
}

/* Field `number` of our own lease's second line, changed. */
static void forge(int number, const char *value)
{
	struct fq_journal journal;
	char *fields[8], text[4096];
	take(&journal);
	read_lease();
	fq_journal_close(&journal);
	char *second = strchr(content, '\n');
	cr_assert(second);
	*second++ = '\0';
	second[strcspn(second, "\n")] = '\0';
	for (int i = 0; i < 7; i++) {
		fields[i] = strsep(&second, "\t");
		cr_assert(fields[i], "field %d", i);
	}
	fields[number] = (char *)(uintptr_t)value;
	snprintf(text, sizeof(text),
	        "pid 1 on elsewhere since then: fqrun\n%s\t%s\t%s\t%s\t%s\t%s\t%s\n%020d\n", fields[0],
	        fields[1], fields[2], fields[3], fields[4], fields[5], fields[6], 7);
	write_lease(text);
}

enum { HOST = 1, MACHINE, BOOT, SPACE, PID, TICKS };

Test(journal_lock, a_lease_of_before_the_machine_started_is_dead)
{
	struct fq_journal journal;
	refusal = ENOLCK;
	forge(BOOT, "another-boot");
	take(&journal);
	fq_journal_close(&journal);
}

Test(journal_lock, a_lease_of_a_number_that_is_anothers_now_is_dead)
{
	struct fq_journal journal;
	refusal = ENOLCK;
	forge(TICKS, "1");
	take(&journal);
	fq_journal_close(&journal);
}

Test(journal_lock, a_lease_of_a_process_that_is_there_is_never_broken)
{
	struct fq_journal journal;
	refusal = ENOLCK;
	take(&journal);
	const int64_t none = 1000000;
	struct fq_journal second;
	struct fq_error err = {0};
	/* It shows no sign of life for far longer than that. */
	nanosleep(&(struct timespec){0, 20000000}, NULL);
	cr_assert_not(open_with(&second, false, none, &err));
	fq_error_finish(&err);
	fq_journal_close(&second);
	write_done(&journal, "t", "u", "");
	fq_journal_close(&journal);
}

ParameterizedTestParameters(journal_lock, of_another_machine_nobody_knows_without_watching)
{
	static int rows[] = {HOST, MACHINE, SPACE};
	return cr_make_param_array(int, rows, 3);
}

/* Its number says nothing here, though no process has it. */
ParameterizedTest(int *field, journal_lock, of_another_machine_nobody_knows_without_watching)
{
	struct fq_journal journal;
	struct fq_error err = {0};
	refusal = ENOLCK;
	forge(*field, "another");
	refuse("(pid 1 on elsewhere since then: fqrun)");
	cr_assert(tellings == 0);
	int64_t before = fq_clock_ns(), patience_ns = 60000000;
	cr_assert(open_with(&journal, true, patience_ns, &err), "%s", err.text);
	cr_assert(fq_clock_ns() - before >= patience_ns && tellings == 1);
	write_done(&journal, "t", "u", "");
	fq_journal_close(&journal);
}

Test(journal_lock, a_lease_that_says_nothing_is_watched_like_any)
{
	struct fq_journal journal;
	struct fq_error err = {0};
	refusal = ENOLCK;
	write_lease("");
	refuse("another fqrun");
	cr_assert(open_with(&journal, true, 60000000, &err), "%s", err.text);
	fq_journal_close(&journal);
}

static struct fq_journal living;

Test(journal_lock, signs_of_life_are_shown_when_they_are_due)
{
	struct fq_error err = {0};
	char before[sizeof(content)];
	const int64_t patience_ns = 120000000;
	refusal = ENOLCK;
	cr_assert(open_with(&living, false, patience_ns, &err), "%s", err.text);
	for (int i = 0; i < 3; i++) {
		read_lease();
		memcpy(before, content, sizeof(before));
		int64_t due_ns = fq_journal_due_ns(&living), now_ns = fq_clock_ns();
		cr_assert(due_ns && due_ns <= now_ns + patience_ns / 6, "well before anyone loses patience");
		cr_assert(fq_journal_tend(&living, &err), "%s", err.text);
		while (fq_clock_ns() < due_ns) {
			nanosleep(&(struct timespec){0, 1000000}, NULL);
		}
		cr_assert(fq_journal_tend(&living, &err), "%s", err.text);
		read_lease();
		cr_assert(strcmp(before, content) != 0, "%s", content);
		cr_assert(strlen(before) == strlen(content));
	}
	fq_journal_close(&living);
}

/* Many at once: one has it at a time, and a dead one is broken once. */
Test(journal_lock, of_many_that_break_a_dead_one_one_has_it)
{
	enum { WRITERS = 12 };
	struct fq_error err = {0};
	refusal = ENOLCK;
	forge(BOOT, "another-boot");
	for (int i = 0; i < WRITERS; i++) {
		if (fork() == 0) {
			struct fq_journal journal;
			bool ok = open_with(&journal, true, 0, &err);
			int fd = ok ? open("inside", O_CREAT | O_EXCL | O_WRONLY, 0600) : -1;
			ok = fd >= 0 && fq_journal_forget(&journal, fq_text("t"), fq_text("u"), &err);
			ok = ok && nanosleep(&(struct timespec){0, 2000000}, NULL) == 0 &&
			     unlink("inside") == 0;
			fq_journal_close(&journal);
			_exit(!ok);
		}
	}
	for (int i = 0, status; i < WRITERS; i++) {
		cr_assert(wait(&status) > 0 && status == 0, "%d", status);
	}
	struct fq_journal journal;
	take(&journal);
	cr_assert(journal.seq == WRITERS && journal.bad_records == 0, "%u", journal.seq);
	fq_journal_close(&journal);
	cr_assert(unlink("state/journal") == 0 && unlink("state/lock") == 0 && fq_folder_is_empty("state"));
}
