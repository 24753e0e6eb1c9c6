/* What looking at the files of `gen files` costs at the least: one statx for
 * each of 3 N + 1 files, and nothing else.
 *
 * usage: limit_stat SAMPLES FOLDER THREADS */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { THREADS_MAX = 16 };

struct share {
	pthread_t thread;
	unsigned first, end, missing;
};

static void look(struct share *share, const char *name)
{
	struct statx st;
	if (statx(AT_FDCWD, name, 0, STATX_SIZE | STATX_MTIME | STATX_TYPE, &st)) {
		share->missing++;
	}
}

static void write_number(char *at, unsigned number)
{
	for (int i = 5; i >= 0; i--) {
		at[i] = (char)('0' + number % 10);
		number /= 10;
	}
}

static void *look_at_samples(void *arg)
{
	struct share *share = arg;
	char reads[] = "data/s000000.fq", count[] = "out/s000000.count", qc[] = "out/s000000.qc";
	for (unsigned i = share->first; i < share->end; i++) {
		write_number(reads + 6, i);
		write_number(count + 5, i);
		write_number(qc + 5, i);
		look(share, reads);
		look(share, count);
		look(share, qc);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	unsigned samples = argc == 4 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
	unsigned threads = argc == 4 ? (unsigned)strtoul(argv[3], NULL, 10) : 0;
	if (!threads || threads > THREADS_MAX || chdir(argv[2])) {
		fputs("usage: limit_stat SAMPLES FOLDER THREADS\n", stderr);
		return 2;
	}
	struct share shares[THREADS_MAX] = {0};
	for (unsigned i = 0; i < threads; i++) {
		shares[i].first = (unsigned)((size_t)samples * i / threads);
		shares[i].end = (unsigned)((size_t)samples * (i + 1) / threads);
		if (i && pthread_create(&shares[i].thread, NULL, look_at_samples, &shares[i])) {
			return 1;
		}
	}
	look(&shares[0], "out/all");
	look_at_samples(&shares[0]);
	unsigned missing = shares[0].missing;
	for (unsigned i = 1; i < threads; i++) {
		pthread_join(shares[i].thread, NULL);
		missing += shares[i].missing;
	}
	if (missing) {
		fprintf(stderr, "limit_stat: %u files are missing\n", missing);
	}
	return missing != 0;
}
