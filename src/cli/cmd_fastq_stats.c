#include "cli.h"

#include "fqrun/base.h"
#include "fqrun/fastq.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EXIT_OK = 0, EXIT_FILE = 1, EXIT_USAGE = 2, EXIT_SYSTEM = 3, GO_ON = -1 };

enum format { BY_PLACE, JSON, TSV, TABLE };
enum { JSON_ONLY = 256, TSV_ONLY, NAME }; /* codes of options without a letter */

struct request {
	enum format format;
	const char *name, *output;
	char **files;
	size_t count;
};

/* One table: what getopt_long is told and what --help says. */
static const struct {
	const char *name, *value, *help;
	int code; /* a letter: short option too */
} options[] = {
        {"json", NULL, "JSON: the sum of all files, then \"files\" with each", JSON_ONLY},
        {"tsv", NULL, "tab-separated: a header and a line a file", TSV_ONLY},
        {"name", "NAME", "a sample's name, put first into the JSON", NAME},
        {"output", "FILE", "write FILE (JSON, or TSV if it ends in .tsv): whole or not at all", 'o'},
        {"help", NULL, "show this", 'h'},
};
static const char short_options[] = ":o:h";

static const char help_head[] =
        "Usage: fqrun fastq-stats [--json | --tsv] [--name NAME] [-o FILE] FILE...\n"
        "\n"
        "Counts reads, bases, lengths, GC, N, Q20 and Q30 of FASTQ files, plain or gzip\n"
        "(by content, not by name); the FILE '-' is standard input. A file that is cut off,\n"
        "damaged or not FASTQ is named with record and byte, and then nothing is counted.\n"
        "\n"
        "Without --json, --tsv and -o: a table on a terminal, else TSV.\n"
        "\n";
static const char help_tail[] =
        "\n"
        "GC counts G, C and S; shares are of all bases; qualities are Phred+33.\n"
        "Mean and shares are rounded to two decimals.\n"
        "If anything fails, nothing is printed and an older output FILE stays as it was.\n"
        "\n"
        "Exit status: 0 all counted; 1 a FILE is missing, damaged or not FASTQ; 2 wrong\n"
        "command line; 3 the output could not be written.\n";

/* Names come from anywhere: none of their bytes shall disturb the terminal. */
static void tell(const char *file, const char *text, const char *hint)
{
	struct fq_buf line = {0};
	fq_buf_addf(&line, "fqrun: %s%s%s", file ? file : "", file ? ": " : "", text);
	for (size_t i = 0; i < line.len; i++) {
		unsigned char c = (unsigned char)line.at[i];
		line.at[i] = c < ' ' || c == 0x7f ? '?' : line.at[i];
	}
	fprintf(stderr, "%s\n", line.at);
	fq_buf_finish(&line);
	if (hint) {
		fprintf(stderr, "  hint: %s\n", hint);
	}
}

static void tell_error(const struct fq_error *err)
{
	tell(err->where.file, err->text, err->hint);
}

FQ_PRINTF(2, 3) static int refuse(const char *hint, const char *format, ...)
{
	struct fq_buf text = {0};
	va_list args;
	va_start(args, format);
	fq_buf_vaddf(&text, format, args);
	va_end(args);
	tell("fastq-stats", text.at, hint ? hint : "fqrun fastq-stats --help shows how");
	fq_buf_finish(&text);
	return EXIT_USAGE;
}

static int write_stdout(const char *at, size_t len)
{
	struct fq_error err = {0};
	/* A reader that has gone shall be an error in words, not the end by a signal. */
	signal(SIGPIPE, SIG_IGN);
	if (fq_file_write_all(STDOUT_FILENO, at, len)) {
		return EXIT_OK;
	}
	fq_fail_errno(&err, "cannot write to standard output");
	tell_error(&err);
	fq_error_finish(&err);
	return EXIT_SYSTEM;
}

static int show_help(void)
{
	struct fq_buf text = {0};
	fq_buf_puts(&text, help_head);
	for (size_t i = 0; i < FQ_COUNT(options); i++) {
		struct fq_buf left = {0};
		if (options[i].code < JSON_ONLY) {
			fq_buf_addf(&left, "-%c, ", (char)options[i].code);
		}
		fq_buf_addf(&left, "--%s%s%s", options[i].name, options[i].value ? " " : "",
		        options[i].value ? options[i].value : "");
		fq_buf_addf(&text, "  %-18s  %s\n", left.at, options[i].help);
		fq_buf_finish(&left);
	}
	fq_buf_puts(&text, help_tail);
	int status = write_stdout(text.at, text.len);
	fq_buf_finish(&text);
	return status;
}

static const char *find_option(int code)
{
	for (size_t i = 0; i < FQ_COUNT(options); i++) {
		if (options[i].code == code) {
			return options[i].name;
		}
	}
	return NULL;
}

/* getopt_long leaves in optopt: 0 for an unknown long option, which is then `word`;
 * the code of a long one that has a value too much; or an unknown letter. */
static int refuse_option(const char *word)
{
	const char *names[FQ_COUNT(options)];
	if (optopt) {
		const char *name = find_option(optopt);
		return name ? refuse(NULL, "--%s takes no value", name)
		            : refuse(NULL, "unknown option -%c", (char)optopt);
	}
	for (size_t i = 0; i < FQ_COUNT(options); i++) {
		names[i] = options[i].name;
	}
	struct fq_text typed = {word + 2, strcspn(word + 2, "=")};
	const char *like = fq_suggest(typed, names, FQ_COUNT(names));
	return like ? refuse(NULL, "unknown option %s; did you mean --%s?", word, like)
	            : refuse(NULL, "unknown option %s", word);
}

static int set_format(struct request *request, enum format format)
{
	if (request->format != BY_PLACE && request->format != format) {
		return refuse(NULL, "--json and --tsv exclude each other");
	}
	request->format = format;
	return GO_ON;
}

static int take_option(struct request *request, int code, const char *word)
{
	switch (code) {
	case JSON_ONLY:
		return set_format(request, JSON);
	case TSV_ONLY:
		return set_format(request, TSV);
	case NAME:
		request->name = optarg;
		return GO_ON;
	case 'o':
		request->output = strcmp(optarg, "-") == 0 ? NULL : optarg;
		return optarg[0] ? GO_ON : refuse(NULL, "--output needs the name of a file");
	case 'h':
		return show_help();
	case ':':
		return refuse(NULL, "--%s needs a value", find_option(optopt));
	default:
		return refuse_option(word);
	}
}

static int take_options(struct request *request, int argc, char **argv)
{
	struct option known[FQ_COUNT(options) + 1] = {0};
	int status = GO_ON;
	for (size_t i = 0; i < FQ_COUNT(options); i++) {
		known[i] = (struct option){options[i].name,
		        options[i].value ? required_argument : no_argument, NULL, options[i].code};
	}
	opterr = 0;
	optind = 0; /* start anew, whoever used getopt before */
	for (int code; status == GO_ON;) {
		code = getopt_long(argc, argv, short_options, known, NULL);
		if (code == -1) {
			break;
		}
		status = take_option(request, code, argv[optind - 1]);
	}
	request->files = argv + optind;
	request->count = (size_t)(argc - optind);
	return status;
}

/* Before hours of reading: an output that would destroy something, or that cannot be replaced. */
static int check_output(const struct request *request)
{
	struct stat output, input;
	if (!request->output || stat(request->output, &output) != 0) {
		return GO_ON;
	}
	if (!S_ISREG(output.st_mode)) {
		return refuse("without -o the counts go to standard output", "-o %s is not a regular file",
		        request->output);
	}
	for (size_t i = 0; i < request->count; i++) {
		if (stat(request->files[i], &input) == 0 && input.st_dev == output.st_dev &&
		        input.st_ino == output.st_ino) {
			return refuse(NULL, "-o %s is one of the files to read", request->output);
		}
	}
	return GO_ON;
}

static int check_request(const struct request *request)
{
	size_t stdins = 0;
	if (request->count == 0) {
		return refuse(NULL, "which FILE? '-' is standard input");
	}
	for (size_t i = 0; i < request->count; i++) {
		stdins += strcmp(request->files[i], "-") == 0;
	}
	if (stdins > 1) {
		return refuse(NULL, "standard input can be read only once");
	}
	return check_output(request);
}

/* All of them, so that every fault is told at once. */
static bool read_files(const struct request *request, struct fq_fastq_row *ret_rows)
{
	bool ok = true;
	for (size_t i = 0; i < request->count; i++) {
		struct fq_error err = {0};
		ret_rows[i].file = request->files[i];
		if (!fq_fastq_read(request->files[i], &ret_rows[i].stats, &err)) {
			tell_error(&err);
			ok = false;
		}
		fq_error_finish(&err);
	}
	return ok;
}

static enum format choose_format(const struct request *request)
{
	if (request->format != BY_PLACE) {
		return request->format;
	}
	if (request->output) {
		size_t len = strlen(request->output);
		return len >= 4 && strcmp(request->output + len - 4, ".tsv") == 0 ? TSV : JSON;
	}
	return isatty(STDOUT_FILENO) ? TABLE : TSV;
}

static int write_rows(const struct request *request, const struct fq_fastq_row *rows)
{
	struct fq_buf text = {0};
	struct fq_error err = {0};
	int status = EXIT_OK;
	switch (choose_format(request)) {
	case TSV:
		fq_fastq_add_tsv(&text, rows, request->count);
		break;
	case TABLE:
		fq_fastq_add_table(&text, rows, request->count);
		break;
	default:
		fq_fastq_add_json(&text, request->name, rows, request->count);
	}
	if (!request->output) {
		status = write_stdout(text.at, text.len);
	} else if (!fq_file_replace(request->output, text.at, text.len, &err)) {
		tell_error(&err);
		status = EXIT_SYSTEM;
	}
	fq_error_finish(&err);
	fq_buf_finish(&text);
	return status;
}

int fq_cli_fastq_stats(int argc, char **argv)
{
	struct request request = {0};
	int status = take_options(&request, argc, argv);
	if (status == GO_ON) {
		status = check_request(&request);
	}
	if (status != GO_ON) {
		return status;
	}
	struct fq_fastq_row *rows = fq_zeroed(request.count, sizeof(*rows));
	status = read_files(&request, rows) ? write_rows(&request, rows) : EXIT_FILE;
	fq_release(rows);
	return status;
}
