/* What is on disk when, and room kept for what is to come: fdatasync(2) and fallocate(2)
 * are ours here. */
#include "journal_files.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>

TestSuite(journal_sync, .init = make_folder, .fini = remove_folder, .timeout = 60);

static uint32_t syncs, folder_syncs, keepings;
static int sync_fault, keep_fault; /* errno; 0: as the system has it */
static off_t keep_most;            /* bytes that can be kept at once; 0: any */

int fdatasync(int fd)
{
	syncs++;
	errno = sync_fault;
	return sync_fault ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd)
{
	struct stat file;
	folder_syncs += fstat(fd, &file) == 0 && S_ISDIR(file.st_mode);
	return (int)syscall(SYS_fsync, fd);
}

int fallocate(int fd, int how, off_t from, off_t len)
{
	keepings++;
	errno = keep_fault;
	if (!keep_fault && keep_most && len > keep_most) {
		errno = ENOSPC;
	}
	return errno ? -1 : (int)syscall(SYS_fallocate, fd, how, from, len);
}

static struct fq_journal journal;
static struct fq_error err;

static void open_as(enum fq_sync sync)
{
	struct fq_journal_options options = {.mode = FQ_JOURNAL_WRITE, .sync = sync};
	cr_assert(fq_journal_open(&journal, "state", &options, &err), "%s", err.text);
}

static void fails_with(bool ok, const char *words)
{
	cr_assert_not(ok);
	cr_assert(err.text && strstr(err.text, words), "%s", err.text);
	fq_error_finish(&err);
}

static bool begin_job(void)
{
	return fq_journal_begin(&journal, fq_text("t"), fq_text("u"), fq_text(""), &err);
}

static bool end_job(void)
{
	return fq_journal_done(&journal, fq_text("t"), fq_text("u"), &(struct fq_record){0}, &err);
}

static void wait_until_due(void)
{
	while (fq_clock_ns() < fq_journal_due_ns(&journal)) {
		nanosleep(&(struct timespec){0, 5000000}, NULL);
	}
}

/* --- when ------------------------------------------------------------------------------- */

Test(journal_sync, full_syncs_each_success_before_it_is_told)
{
	open_as(FQ_SYNC_FULL);
	cr_assert(begin_job() && syncs == 0);
	cr_assert(end_job() && syncs == 1);
	cr_assert(end_job() && syncs == 2);
	cr_assert(fq_journal_due_ns(&journal) == 0, "nothing is left to do");
	fq_journal_close(&journal);
	cr_assert(syncs == 2);
}

Test(journal_sync, a_batch_is_synced_a_tenth_of_a_second_after_its_first_record)
{
	open_as(FQ_SYNC_BATCH);
	cr_assert(fq_journal_due_ns(&journal) == 0);
	int64_t before = fq_clock_ns();
	cr_assert(end_job());
	int64_t due = fq_journal_due_ns(&journal);
	cr_assert(due >= before + 100000000 && due <= fq_clock_ns() + 100000000);
	cr_assert(end_job() && fq_journal_due_ns(&journal) == due, "later ones do not put it off");
	cr_assert(fq_journal_tend(&journal, &err) && (syncs == 0 || fq_clock_ns() >= due), "not due yet");
	wait_until_due();
	cr_assert(fq_journal_tend(&journal, &err) && syncs == 1);
	cr_assert(fq_journal_due_ns(&journal) == 0);
	cr_assert(fq_journal_tend(&journal, &err) && syncs == 1);
	fq_journal_close(&journal);
	cr_assert(syncs == 1, "nothing new");
}

Test(journal_sync, a_batch_is_synced_at_the_end_of_a_run_and_at_closing)
{
	open_as(FQ_SYNC_BATCH);
	cr_assert(end_job() && syncs == 0);
	cr_assert(fq_journal_end(&journal, "R", 0, NULL, &err) && syncs == 1);
	cr_assert(end_job() && syncs == 1);
	fq_journal_close(&journal);
	cr_assert(syncs == 2);
}

Test(journal_sync, off_never_syncs)
{
	open_as(FQ_SYNC_OFF);
	cr_assert(begin_job() && end_job() && fq_journal_end(&journal, "R", 0, NULL, &err));
	cr_assert(fq_journal_due_ns(&journal) == 0 && fq_journal_tend(&journal, &err));
	fq_journal_close(&journal);
	cr_assert(syncs == 0 && folder_syncs == 0);
}

Test(journal_sync, the_name_of_a_new_file_is_synced_once)
{
	for (int again = 0; again < 2; again++) {
		open_as(FQ_SYNC_BATCH);
		fq_journal_close(&journal);
		cr_assert(folder_syncs == 2, "%u",
		        folder_syncs); /* the state's folder, and where that stands */
	}
}

Test(journal_sync, a_reader_syncs_nothing)
{
	struct fq_journal_options options = {.mode = FQ_JOURNAL_READ};
	open_as(FQ_SYNC_OFF);
	cr_assert(end_job());
	fq_journal_close(&journal);
	cr_assert(fq_journal_open(&journal, "state", &options, &err));
	cr_assert(fq_journal_due_ns(&journal) == 0 && fq_journal_tend(&journal, &err));
	fq_journal_close(&journal);
	cr_assert(syncs == 0 && folder_syncs == 0);
}

/* --- faults ------------------------------------------------------------------------------ */

Test(journal_sync, a_failed_sync_stays_failed)
{
	static const enum fq_sync hows[] = {FQ_SYNC_FULL, FQ_SYNC_BATCH};
	for (size_t i = 0; i < FQ_COUNT(hows); i++) {
		open_as(hows[i]);
		sync_fault = EIO;
		bool is_full = hows[i] == FQ_SYNC_FULL;
		cr_assert(end_job() == !is_full);
		fq_error_finish(&err);
		wait_until_due();
		fails_with(is_full ? end_job() : fq_journal_tend(&journal, &err),
		        "cannot sync state/journal: Input/output error");
		sync_fault = 0; /* the kernel says so once, and has dropped what was written */
		fails_with(end_job(), "cannot sync state/journal: Input/output error");
		fails_with(begin_job(), "cannot sync state/journal");
		fails_with(fq_journal_end(&journal, "R", 3, NULL, &err), "cannot sync state/journal");
		cr_assert(fq_journal_due_ns(&journal) == 0);
		fq_journal_close(&journal);
		cr_assert(syncs == 1, "%u", syncs);
		syncs = 0;
	}
}

Test(journal_sync, a_file_system_that_knows_no_syncing_does)
{
	open_as(FQ_SYNC_FULL);
	sync_fault = EINVAL;
	cr_assert(end_job() && end_job());
	fq_journal_close(&journal);
}

/* --- room ------------------------------------------------------------------------------- */

static int64_t blocks(void)
{
	struct stat file;
	cr_assert(fstat(journal.fd, &file) == 0);
	return (int64_t)file.st_blocks * 512;
}

Test(journal_sync, room_is_kept_without_moving_the_end_and_given_back)
{
	struct stat file;
	open_as(FQ_SYNC_OFF);
	int64_t before = blocks();
	cr_assert(fq_journal_reserve(&journal, 1000, &err), "%s", err.text);
	cr_assert(keepings == 1);
	cr_assert(blocks() >= 65536 || journal.care.has_no_reserve);
	cr_assert(
	        fq_journal_reserve(&journal, 60000, &err) && (keepings == 1 || journal.care.has_no_reserve));
	cr_assert(end_job() && fstat(journal.fd, &file) == 0 && file.st_size < 1000);
	cr_assert(
	        fq_journal_reserve(&journal, 70000, &err) && (keepings == 2 || journal.care.has_no_reserve));
	fq_journal_close(&journal);
	cr_assert(stat("state/journal", &file) == 0 && (int64_t)file.st_blocks * 512 <= before + 4096);
	open_as(FQ_SYNC_OFF);
	cr_assert(find_job(&journal, "t", "u").verdict == FQ_VERDICT_DONE && journal.bad_records == 0);
	fq_journal_close(&journal);
}

Test(journal_sync, a_full_disk_has_no_room_and_says_how_much_is_left)
{
	open_as(FQ_SYNC_OFF);
	keep_fault = ENOSPC;
	fails_with(fq_journal_reserve(&journal, 1000, &err),
	        "no room for more records in state/journal: No space left on device; ");
	fq_journal_reserve(&journal, 1000, &err);
	cr_assert(strstr(err.text, " free") && strstr(err.hint, "make room") && err.number == ENOSPC);
	fq_error_finish(&err);
	keep_fault = 0;
	keep_most = 5000; /* less than is kept at a time, and enough for this */
	cr_assert(fq_journal_reserve(&journal, 1000, &err), "%s", err.text);
	fails_with(fq_journal_reserve(&journal, 10000, &err), "No space left");
	fq_journal_close(&journal);
}

Test(journal_sync, a_file_system_that_keeps_no_room_is_not_asked_again)
{
	open_as(FQ_SYNC_OFF);
	keep_fault = EOPNOTSUPP;
	cr_assert(fq_journal_reserve(&journal, 1000, &err) && fq_journal_reserve(&journal, 1000000, &err));
	cr_assert(keepings == 1);
	fq_journal_close(&journal);
}

Test(journal_sync, a_file_that_may_not_grow_has_no_room)
{
	signal(SIGXFSZ, SIG_IGN);
	open_as(FQ_SYNC_OFF);
	cr_assert(setrlimit(RLIMIT_FSIZE, &(struct rlimit){2000, RLIM_INFINITY}) == 0);
	cr_assert(fq_journal_reserve(&journal, 1900, &err), "%s", err.text);
	fails_with(fq_journal_reserve(&journal, 2000, &err), "state/journal: File too large");
	cr_assert(setrlimit(RLIMIT_FSIZE, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY}) == 0);
	fq_journal_close(&journal);
}
