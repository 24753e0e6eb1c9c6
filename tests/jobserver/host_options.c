/* The command line of host (host.c says what it means). */
#include "host.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static struct host_options options = {.path = "jobserver.fifo", .flags = "", .variables = "", .limit_s = 60};

_Noreturn void fq_host_die(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fputs("host: ", stderr);
	vfprintf(stderr, format, args);
	fprintf(stderr, "%s%s\n", errno ? ": " : "", errno ? strerror(errno) : "");
	va_end(args);
	exit(2);
}

/* --- options -------------------------------------------------------------------------- */

static long number(const char *text, long least, long most)
{
	char *end = NULL;
	errno = 0;
	long value = strtol(text, &end, 10);
	if (errno || !*text || *end || value < least || value > most)
		fq_host_die("%s is no number from %ld to %ld", text, least, most);
	return value;
}

/* The ones that a text would stumble over come first. */
static void make_tokens(size_t count)
{
	static const uint8_t first[] = {0x00, '\n', 0xff, '+', 0x80, ' '};
	bool used[256] = {false};
	size_t n = 0;
	for (; n < count && n < sizeof first; n++) {
		options.tokens[n] = first[n];
		used[first[n]] = true;
	}
	for (unsigned byte = 1; n < count; byte++) {
		if (!used[byte])
			options.tokens[n++] = (uint8_t)byte;
	}
	options.token_count = count;
}

static void read_tokens(const char *text)
{
	while (*text) {
		char *end = NULL;
		unsigned long byte = strtoul(text, &end, 16);
		if (end == text || byte > 255 || (*end && *end != ',') || options.token_count == 256)
			fq_host_die("these are no bytes: %s", text);
		options.tokens[options.token_count++] = (uint8_t)byte;
		text = *end ? end + 1 : end;
	}
}

static int signal_by_name(const char *name)
{
	for (int i = 1; i < 32; i++) {
		const char *known = sigabbrev_np(i);
		if (known && strcmp(known, name) == 0)
			return i;
	}
	fq_host_die("%s is no signal", name);
}

enum {
	OPT_STYLE = 256,
	OPT_PATH,
	OPT_TOKENS,
	OPT_NONBLOCK,
	OPT_CLOSE,
	OPT_FLAGS,
	OPT_VARIABLES,
	OPT_COUNT,
	OPT_SIGNAL,
	OPT_LIMIT,
	OPT_REPORT,
	OPT_EVENT
};

static const struct option long_options[] = {
        {"style", required_argument, NULL, OPT_STYLE},
        {"path", required_argument, NULL, OPT_PATH},
        {"tokens", required_argument, NULL, OPT_TOKENS},
        {"nonblock", no_argument, NULL, OPT_NONBLOCK},
        {"close", no_argument, NULL, OPT_CLOSE},
        {"flags", required_argument, NULL, OPT_FLAGS},
        {"variables", required_argument, NULL, OPT_VARIABLES},
        {"count", no_argument, NULL, OPT_COUNT},
        {"signal", required_argument, NULL, OPT_SIGNAL},
        {"limit", required_argument, NULL, OPT_LIMIT},
        {"report", required_argument, NULL, OPT_REPORT},
        {"when", required_argument, NULL, OPT_EVENT + EVENT_SIGNAL},
        {"late", required_argument, NULL, OPT_EVENT + EVENT_LATE},
        {"started", required_argument, NULL, OPT_EVENT + EVENT_STARTED},
        {"gone", required_argument, NULL, OPT_EVENT + EVENT_GONE},
        {NULL, 0, NULL, 0},
};

static void read_switch(int option)
{
	switch (option) {
	case OPT_NONBLOCK:
		options.nonblock = true;
		break;
	case OPT_CLOSE:
		options.closed = true;
		break;
	case OPT_COUNT:
		options.count_only = true;
		break;
	default:
		exit(2);
	}
}

static void read_option(int option, const char *value)
{
	if (option >= OPT_EVENT) {
		options.files[option - OPT_EVENT] = value;
		return;
	}
	switch (option) {
	case 'n':
		make_tokens((size_t)number(value, 0, 256));
		break;
	case OPT_STYLE:
		options.fifo = strcmp(value, "fifo") == 0;
		break;
	case OPT_PATH:
		options.path = value;
		break;
	case OPT_TOKENS:
		options.token_count = 0;
		read_tokens(value);
		break;
	case OPT_FLAGS:
		options.flags = value;
		break;
	case OPT_VARIABLES:
		options.variables = value;
		break;
	case OPT_SIGNAL:
		options.signal = signal_by_name(value);
		break;
	case OPT_LIMIT:
		options.limit_s = number(value, 1, 3600);
		break;
	case OPT_REPORT:
		options.report = fopen(value, "we");
		if (!options.report)
			fq_host_die("%s", value);
		break;
	default:
		read_switch(option);
	}
}

void fq_host_options(struct host_options *ret, int argc, char **argv)
{
	options.report = stderr;
	make_tokens(3);
	int option = getopt_long(argc, argv, "+n:", long_options, NULL);
	for (; option != -1; option = getopt_long(argc, argv, "+n:", long_options, NULL))
		read_option(option, optarg);
	options.command = argv + optind;
	errno = 0;
	if (optind == argc)
		fq_host_die("which command?");
	if (!options.signal != !options.files[EVENT_SIGNAL])
		fq_host_die("--signal and --when belong together");
	*ret = options;
}
