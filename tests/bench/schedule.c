/* What a job costs the scheduler: dry runs over an executor that does nothing, so that
 * neither a process nor a file counts. Rows as those of run.sh; the median of several
 * turns, of our own processor time.
 *
 * usage: bench_schedule [JOBS] */
#include "fqrun/run.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TURNS = 7, TOKENS = 8 };

static char folder[] = "/tmp/fqrun-schedule-XXXXXX";

static int64_t cpu_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void die(const char *text)
{
	fprintf(stderr, "%s\n", text);
	exit(1);
}

/* One to a thousand seconds, in no order. */
static double expect(void *context, uint32_t job)
{
	(void)context;
	return (double)(fq_hash(&job, sizeof(job)) % 1000) + 1;
}

/* --- a run -------------------------------------------------------------------------------- */

static void put_manifest(unsigned samples, const char *tasks)
{
	struct fq_buf buf = {0};
	fq_buf_puts(&buf, "[samples]\n");
	for (unsigned i = 0; i < samples; i++) {
		fq_buf_addf(&buf, "s%06u = r/s%06u.fq\n", i, i);
	}
	fq_buf_puts(&buf, tasks);
	int fd = open("m.ini", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || !fq_file_write_all(fd, buf.at, buf.len)) {
		die("cannot write m.ini");
	}
	close(fd);
	fq_buf_finish(&buf);
}

static int64_t run_once(struct fq_plan *plan, struct fq_journal *journal, bool is_ordered)
{
	struct fq_run run = {.plan = plan,
	        .journal = journal,
	        .executor = fq_exec_noop(TOKENS),
	        .options = {.jobs = TOKENS,
	                .dry_run = true,
	                .logs = "logs",
	                .fqrun = "fqrun",
	                .memory_bytes = INT64_C(16) << 30,
	                .expect = is_ordered ? expect : NULL}};
	int64_t start = cpu_ns();
	if (fq_run(&run) != 0) {
		die("the run failed");
	}
	int64_t took = cpu_ns() - start;
	run.executor->impl->destroy(run.executor);
	fq_run_finish(&run);
	return took;
}

static int by_time(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

/* Microseconds a job. */
static double measure(unsigned samples, const char *tasks, bool is_ordered)
{
	int64_t times[TURNS];
	struct fq_manifest manifest;
	struct fq_plan plan;
	struct fq_errors errors = {0};
	struct fq_error err = {0};
	struct fq_journal journal = {.fd = -1, .lock_fd = -1};
	put_manifest(samples, tasks);
	if (!fq_manifest_load(&manifest, "m.ini", NULL, 0, &errors) ||
	        !fq_plan_init(&plan, &manifest, &errors)) {
		die(errors.first->text);
	}
	if (!fq_journal_open(
	            &journal, "state", &(struct fq_journal_options){.mode = FQ_JOURNAL_WRITE}, &err)) {
		die(err.text);
	}
	for (int i = 0; i < TURNS; i++) {
		times[i] = run_once(&plan, &journal, is_ordered);
	}
	qsort(times, TURNS, sizeof(*times), by_time);
	double us = (double)times[TURNS / 2] / 1e3 / plan.job_count;
	fq_journal_close(&journal);
	fq_plan_finish(&plan);
	fq_manifest_finish(&manifest);
	fq_errors_finish(&errors);
	return us;
}

/* --- the table ---------------------------------------------------------------------------------- */

static void compare(const char *what, unsigned jobs, const char *tasks, unsigned tasks_count, bool is_ordered)
{
	static const double most =
	        1.5; /* a heap ten times as large is a third deeper, and leaves the cache */
	double small = measure(jobs / 10 / tasks_count, tasks, is_ordered);
	double large = measure(jobs / tasks_count, tasks, is_ordered);
	printf("| %s, a job of %u | %.2f µs | a job of %u | %.2f µs | %.2f | ≤ %.1f | %s |\n", what, jobs,
	        large, jobs / 10, small, large / small, most, large / small <= most ? "yes" : "**no**");
}

int main(int argc, char **argv)
{
	unsigned jobs = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 100000;
	struct fq_error err = {0};
	if (!mkdtemp(folder) || chdir(folder) != 0 || jobs < 100) {
		return 1;
	}
	compare("scheduler, the manifest's order", jobs, "[task t]\nper = sample\ncommand = true\n", 1,
	        false);
	compare("scheduler, the longest first", jobs, "[task t]\nper = sample\ncommand = true\n", 1, true);
	compare("scheduler, wide, large and pooled jobs", jobs,
	        "[pool p]\ndepth = 2\n"
	        "[task a]\nper = sample\npool = p\ncommand = true\n"
	        "[task b]\nper = sample\nafter = a\nthreads = 1-4\nmemory = 1G\ncommand = true\n"
	        "[task c]\nper = sample\nthreads = 4\ncommand = true\n"
	        "[task d]\nper = sample\nmemory = 4G\ncommand = true\n",
	        4, true);
	return chdir("/") == 0 && fq_tree_remove(folder, &err) ? 0 : 1;
}
