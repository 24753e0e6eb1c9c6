#include "cli.h"
#include "own.h"

#include "fqrun/base.h"
#include "fqrun/fastq.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EXIT_OK = 0, EXIT_FILE = 1, EXIT_USAGE = 2, EXIT_SYSTEM = 3 };

enum format { BY_PLACE, JSON, TSV, TABLE };
static struct request {
	enum format format;
	const char *name, *output;
	bool json, tsv, help;
	char **files;
	size_t count;
} asked;

static const struct fq_own_option options[] = {
        {"json", 0, NULL, "JSON: the sum of all files, then \"files\" with each", NULL, &asked.json},
        {"tsv", 0, NULL, "tab-separated: a header and a line a file", NULL, &asked.tsv},
        {"name", 0, "NAME", "a sample's name, put first into the JSON", &asked.name, NULL},
        {"output", 'o', "FILE", "write FILE (.tsv: TSV, else JSON), whole or not at all", &asked.output,
                NULL},
        {"help", 'h', NULL, "show this", NULL, &asked.help},
};
static const struct fq_own_table table = {"fastq-stats", options, FQ_COUNT(options)};

static const char help_head[] =
        "Usage: fqrun fastq-stats [--json | --tsv] [--name NAME] [-o FILE] FILE...\n"
        "\n"
        "Counts reads, bases, lengths, GC, N, Q20 and Q30 of FASTQ files, plain or gzip\n"
        "(by content, not by name); the FILE '-' is standard input. A file that is cut\n"
        "off, damaged or not FASTQ is named with record and byte, and then nothing is\n"
        "counted.\n"
        "\n"
        "Without --json, --tsv and -o: a table on a terminal, else TSV.\n"
        "As a job of a run (FQRUN_VALUES names a file) it also reports the sum as values,\n"
        "under the names of the JSON: reads, bases, gc_percent, ...\n"
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
	fq_cli_own_add_help(&text, &table);
	fq_buf_puts(&text, help_tail);
	int status = write_stdout(text.at, text.len);
	fq_buf_finish(&text);
	return status;
}

/* Before hours of reading: an output that would destroy something, or that cannot be replaced. */
static bool check_output(const struct request *request)
{
	struct stat output, input;
	if (!request->output || stat(request->output, &output) != 0) {
		return true;
	}
	if (!S_ISREG(output.st_mode)) {
		return fq_cli_own_complain(&table, "without -o the counts go to standard output",
		        "-o %s is not a regular file", request->output);
	}
	for (size_t i = 0; i < request->count; i++) {
		if (stat(request->files[i], &input) == 0 && input.st_dev == output.st_dev &&
		        input.st_ino == output.st_ino) {
			return fq_cli_own_complain(
			        &table, NULL, "-o %s is one of the files to read", request->output);
		}
	}
	return true;
}

static bool check_request(const struct request *request)
{
	size_t stdins = 0;
	if (request->json && request->tsv) {
		return fq_cli_own_complain(&table, NULL, "--json and --tsv exclude each other");
	}
	if (request->output && !request->output[0]) {
		return fq_cli_own_complain(&table, NULL, "--output needs the name of a file");
	}
	if (request->count == 0) {
		return fq_cli_own_complain(&table, NULL, "which FILE? '-' is standard input");
	}
	for (size_t i = 0; i < request->count; i++) {
		stdins += strcmp(request->files[i], "-") == 0;
	}
	if (stdins > 1) {
		return fq_cli_own_complain(&table, NULL, "standard input can be read only once");
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

/* Where we are a job of a run: what the tasks behind it may ask for. */
static int report_values(const struct request *request, const struct fq_fastq_row *rows)
{
	const char *path = getenv("FQRUN_VALUES");
	struct fq_buf text = {0};
	struct fq_error err = {0};
	if (!path || !path[0]) {
		return EXIT_OK;
	}
	fq_fastq_add_values(&text, rows, request->count);
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	bool ok = fd >= 0 && fq_file_write_all(fd, text.at, text.len);
	ok = (fd < 0 || close(fd) == 0) && ok;
	if (!ok) {
		fq_fail_errno(&err, "cannot write values to %s", path);
		tell_error(&err);
	}
	fq_error_finish(&err);
	fq_buf_finish(&text);
	return ok ? EXIT_OK : EXIT_SYSTEM;
}

static int write_all(const struct request *request, const struct fq_fastq_row *rows)
{
	int status = report_values(request, rows);
	return status ? status : write_rows(request, rows);
}

static bool take_arguments(int argc, char **argv)
{
	asked = (struct request){0};
	if (!fq_cli_own_parse(&table, &argc, &argv)) {
		return false;
	}
	asked.format = asked.json ? JSON : asked.tsv ? TSV : BY_PLACE;
	asked.files = argv;
	asked.count = (size_t)argc;
	if (asked.output && strcmp(asked.output, "-") == 0) {
		asked.output = NULL;
	}
	return asked.help || check_request(&asked);
}

int fq_cli_fastq_stats(int argc, char **argv)
{
	if (!take_arguments(argc, argv)) {
		return EXIT_USAGE;
	}
	if (asked.help) {
		return show_help();
	}
	struct fq_fastq_row *rows = fq_zeroed(asked.count, sizeof(*rows));
	int status = read_files(&asked, rows) ? write_all(&asked, rows) : EXIT_FILE;
	fq_release(rows);
	return status;
}
