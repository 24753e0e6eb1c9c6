/* What loading a manifest with a sheet costs, from the file to the manifest that is
 * ready for a plan, and what of it a partition by a column takes. The median of
 * several turns, and the most memory that was in use.
 *
 * usage: bench_sheet [ROWS] */
#include "fqrun/manifest.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { TURNS = 7 };

static char folder[] = "/tmp/fqrun-sheet-XXXXXX";

static void put(const char *name, const struct fq_buf *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || !fq_file_write_all(fd, text->at, text->len)) {
		perror(name);
		exit(1);
	}
	close(fd);
}

/* `lanes` rows to a sample, which are no neighbours when there are several. */
static void put_sheet(unsigned rows, unsigned lanes, const char *quote)
{
	struct fq_buf buf = {0};
	unsigned samples = rows / lanes;
	fq_buf_puts(&buf, "sample,fastq_1,fastq_2,strandedness\n");
	for (unsigned i = 0; i < rows; i++) {
		unsigned sample = i % samples, lane = i / samples;
		fq_buf_addf(&buf,
		        "%ssample%06u%s,%sreads/sample%06u_L%u_R1_001.fastq.gz%s,"
		        "%sreads/sample%06u_L%u_R2_001.fastq.gz%s,%s%s%s\n",
		        quote, sample, quote, quote, sample, lane, quote, quote, sample, lane, quote, quote,
		        sample % 2 ? "reverse" : "forward", quote);
	}
	put("sheet.csv", &buf);
	fq_buf_finish(&buf);
}

static void put_manifest(const char *per)
{
	struct fq_buf buf = {0};
	fq_buf_addf(&buf, "[fqrun]\nsheet = sheet.csv\n[task t]\nper = %s\ncommand = true\n", per);
	put("m.ini", &buf);
	fq_buf_finish(&buf);
}

/* Of our own: other work on the machine does not count. */
static int64_t cpu_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t load(void)
{
	struct fq_manifest manifest;
	struct fq_errors errors = {0};
	int64_t start = cpu_ns();
	if (!fq_manifest_load(&manifest, "m.ini", NULL, 0, &errors)) {
		fprintf(stderr, "%s\n", errors.first->text);
		exit(1);
	}
	int64_t took = cpu_ns() - start;
	fq_manifest_finish(&manifest);
	fq_errors_finish(&errors);
	return took;
}

static int by_time(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static void measure(const char *what, unsigned rows, unsigned lanes, const char *quote, const char *per)
{
	int64_t times[TURNS];
	struct rusage usage;
	put_sheet(rows, lanes, quote);
	put_manifest(per);
	for (int i = 0; i < TURNS; i++) {
		times[i] = load();
	}
	qsort(times, TURNS, sizeof(*times), by_time);
	getrusage(RUSAGE_SELF, &usage);
	printf("%-32s %8u rows  median %7.1f ms  best %7.1f ms  peak %5ld MiB\n", what, rows,
	        (double)times[TURNS / 2] / 1e6, (double)times[0] / 1e6, usage.ru_maxrss / 1024);
}

int main(int argc, char **argv)
{
	unsigned rows = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 100000;
	struct fq_error err = {0};
	if (!mkdtemp(folder) || chdir(folder) != 0 || rows < 4) {
		return 1;
	}
	measure("a sample a row", rows, 1, "", "sample");
	measure("four lanes a sample", rows, 4, "", "lane");
	measure("per = strandedness", rows, 1, "", "strandedness");
	measure("each cell in quotes", rows, 1, "\"", "sample");
	return chdir("/") == 0 && fq_tree_remove(folder, &err) ? 0 : 1;
}
