/* What host was asked for. */
#ifndef FQ_TEST_HOST_H
#define FQ_TEST_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum event_kind { EVENT_SIGNAL, EVENT_LATE, EVENT_STARTED, EVENT_GONE, EVENT_COUNT };

struct host_options {
	bool fifo, nonblock, closed, count_only;
	const char *path, *flags, *variables;
	const char *files[EVENT_COUNT]; /* that each event waits for; NULL: it does not come */
	int signal;
	long limit_s;
	uint8_t tokens[256];
	size_t token_count;
	FILE *report;
	char **command;
};

/* Ends the program with 2 if they make no sense. */
void fq_host_options(struct host_options *ret, int argc, char **argv);

/* Says what, and errno if there is one. */
_Noreturn void fq_host_die(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
