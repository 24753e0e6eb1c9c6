#include "cli.h"
#include "fqrun/exec.h"
#include "fqrun/fastq.h"
#include "fqrun/manifest.h"
#include "fqrun/preflight.h"
#include "init.h"
#include "own.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_OK = 0, EXIT_USAGE = 2, EXIT_SYSTEM = 3, GO_ON = -1 };

static struct request {
	const char *folder, *output;
	bool dry_run, help;
} request;

static const struct fq_own_option options[] = {
        {"output", 'o', "FILE", "write FILE (default: qc.ini); never over one that is there", &request.output,
                NULL},
        {"dry-run", 'n', NULL, "show on standard output what would be written", NULL, &request.dry_run},
        {"help", 'h', NULL, "show this", NULL, &request.help},
};
static const struct fq_own_table table = {"init", options, FQ_COUNT(options)};

static const char help_head[] =
        "Usage: fqrun init [-n] [-o FILE] [DIR]\n"
        "\n"
        "Looks for reads in DIR (default: here) and up to six folders below it, tells by\n"
        "their names which files are one sample, and writes a manifest that runs as it\n"
        "is. Asks nothing and changes no file. Where x_1 and x_2, or x_R1 and x_R2, may\n"
        "as well be two samples, their first reads decide.\n"
        "\n";
static const char help_tail[] =
        "\n"
        "Reads are called *.fastq or *.fq, with .gz or .bgz or without. A pair is told\n"
        "by R1, R2 (x_S1_L001_R1_001, x_R1, x.R1, x-R1, x_R1_trimmed), read1, read2,\n"
        "fwd, rev, or the last number, x_1 and x_2. Lanes (L001) are one sample. Index\n"
        "reads (I1, I2), Undetermined and links to folders are left out, and so are\n"
        "hidden folders and those called results, work or node_modules.\n"
        "\n"
        "Samples with lanes, or whose name holds `=` or `:`, go to a sheet, samples.csv,\n"
        "beside the manifest.\n"
        "\n"
        "Exit status: 0 written; 2 no reads, a file in the way, or a wrong command line;\n"
        "3 the manifest could not be written.\n";

static int write_stdout(const struct fq_buf *text)
{
	signal(SIGPIPE, SIG_IGN);
	if (fq_file_write_all(STDOUT_FILENO, text->at, text->len)) {
		return EXIT_OK;
	}
	fq_cli_own_complain(&table, "", "cannot write to standard output: %s", strerror(errno));
	return EXIT_SYSTEM;
}

static int show_help(void)
{
	struct fq_buf text = {0};
	fq_buf_puts(&text, help_head);
	fq_cli_own_add_help(&text, &table);
	fq_buf_puts(&text, help_tail);
	int status = write_stdout(&text);
	fq_buf_finish(&text);
	return status;
}

/* --- what is in the way --------------------------------------------------------------------- */

static bool is_there(const char *path)
{
	return faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool refuse_existing(const char *path)
{
	struct fq_buf quoted = {0};
	fq_buf_add_quoted(&quoted, fq_text(path));
	fq_cli_own_complain(&table, "-o FILE writes another one; -n shows what it would be",
	        "%s is there already: it is left as it is", quoted.at);
	fq_buf_finish(&quoted);
	return false;
}

/* `fqrun` alone takes fqrun.ini before qc.ini: the new one would never be read. */
static bool check_output(void)
{
	if (request.dry_run) {
		return true;
	}
	if (!request.output && is_there("fqrun.ini")) {
		return refuse_existing("fqrun.ini");
	}
	const char *path = request.output ? request.output : "qc.ini";
	if (path[0] == '\0') {
		return fq_cli_own_complain(&table, NULL, "--output needs the name of a file");
	}
	return !is_there(path) || refuse_existing(path);
}

/* Beside the manifest: samples.csv, of other.ini other.samples.csv, so that -o never meets the same. */
static const char *sheet_path(struct fq_init *init)
{
	const char *slash = strrchr(init->manifest, '/'), *name = slash ? slash + 1 : init->manifest;
	size_t folder = (size_t)(name - init->manifest), len = strlen(name);
	len -= len > 4 && strcmp(name + len - 4, ".ini") == 0 ? 4 : 0;
	bool is_usual = strcmp(name, "qc.ini") == 0 || strcmp(name, "fqrun.ini") == 0;
	return fq_arena_format(&init->found.arena, "%.*s%ssamples.csv", (int)(folder + (is_usual ? 0 : len)),
	        init->manifest, is_usual ? "" : ".");
}

/* --- looking ---------------------------------------------------------------------------------- */

static bool look(const char *path, struct fq_fastq_peek *ret)
{
	struct fq_error err = {0};
	bool ok = fq_fastq_peek(path, ret, &err);
	fq_error_finish(&err);
	return ok && ret->name[0] && !ret->is_name_cut;
}

/* Of a file that is empty or damaged nothing is known; the run will tell. */
static enum fq_mates are_mates(const char *first, const char *second)
{
	struct fq_fastq_peek one, other;
	if (!look(first, &one) || !look(second, &other)) {
		return FQ_MATES_UNKNOWN;
	}
	return fq_preflight_are_mates(&one, &other) ? FQ_MATES_YES : FQ_MATES_NO;
}

/* A name that a manifest can hold, and outputs that a folder can. */
static bool is_usable(const struct fq_reads_sample *sample)
{
	enum { LONGEST = 240 }; /* room for .json and _fastqc.html in 255 */
	bool fits = strlen(sample->name) <= LONGEST && !fq_sample_name_problem(fq_text(sample->name));
	for (size_t i = 0; i < 2 * sample->lane_count; i++) {
		const char *file = sample->lanes[i / 2].files[i % 2];
		fits &= !file || fq_path_part(fq_text(file), FQ_PART_STEM).len <= LONGEST;
	}
	return fits;
}

static void leave_out_unusable(struct fq_discovery *found)
{
	size_t kept = 0;
	for (size_t i = 0; i < found->sample_count; i++) {
		const struct fq_reads_sample *sample = &found->samples[i];
		if (is_usable(sample)) {
			found->samples[kept++] = *sample;
			continue;
		}
		for (size_t j = 0; j < 2 * sample->lane_count; j++) {
			const char *file = sample->lanes[j / 2].files[j % 2];
			if (file) {
				fq_discover_remark(found, FQ_REMARK_LEFT_OUT, file);
			}
		}
	}
	found->sample_count = kept;
}

static bool is_in_path(const char *program)
{
	struct fq_buf path = {0};
	struct fq_error err = {0};
	bool is = fq_exec_find(program, environ, &path, &err);
	fq_error_finish(&err);
	fq_buf_finish(&path);
	return is;
}

static void reckon(struct fq_init *init)
{
	bool needs_sheet = false;
	for (size_t i = 0; i < init->found.sample_count; i++) {
		const struct fq_reads_sample *sample = &init->found.samples[i];
		init->file_count += sample->lane_count * (sample->is_paired ? 2 : 1);
		init->paired_count += sample->is_paired;
		init->has_lanes |= sample->lane_count > 1;
		needs_sheet |= !fq_cli_init_fits_line(sample);
	}
	init->manifest = request.output ? request.output : "qc.ini";
	init->sheet = needs_sheet ? sheet_path(init) : NULL;
	init->has_fastqc = is_in_path("fastqc");
	init->has_multiqc = is_in_path("multiqc");
}

/* --- telling ------------------------------------------------------------------------------------ */

static void tell_remarks(const struct fq_discovery *found)
{
	static const struct fq_remark_style style = {"fqrun: ", "  ", "", 5};
	struct fq_buf text = {0};
	fq_cli_init_add_remarks(&text, found, &style);
	if (text.len) {
		fwrite(text.at, 1, text.len, stderr);
	}
	fq_buf_finish(&text);
}

static void refuse_nothing(const struct fq_discovery *found)
{
	enum { SHOWN = 6 };
	struct fq_buf text = {0};
	for (size_t i = 0; i < found->folder_count && i < SHOWN; i++) {
		fq_buf_puts(&text, i ? ", " : "");
		fq_buf_add_quoted(&text, fq_text(found->folders[i]));
	}
	if (found->folder_count > SHOWN) {
		fq_buf_addf(&text, " and %zu more folders", found->folder_count - SHOWN);
	}
	fq_cli_own_complain(&table,
	        "reads are called *.fastq.gz, *.fq.gz, *.fastq or *.fq; name their folder: fqrun init DIR",
	        "no reads found in %s", text.at);
	fq_buf_finish(&text);
}

static int tell_written(const struct fq_init *init)
{
	struct fq_buf text = {0}, option = {0};
	bool is_default = strcmp(init->manifest, "qc.ini") == 0;
	fq_buf_puts(&option, is_default ? "" : " -f ");
	if (!is_default) {
		fq_buf_add_quoted(&option, fq_text(init->manifest));
	}
	fq_cli_init_add_found(&text, init);
	fq_buf_puts(&text, "written: ");
	fq_buf_add_quoted(&text, fq_text(init->manifest));
	if (init->sheet) {
		fq_buf_puts(&text, " and ");
		fq_buf_add_quoted(&text, fq_text(init->sheet));
	}
	if (!init->has_fastqc || !init->has_multiqc) {
		fq_buf_addf(&text, "\nnote:    %s was not found: its task stands there as a comment",
		        init->has_fastqc ? "MultiQC" : "FastQC");
	}
	fq_buf_addf(&text, "\nnext:    fqrun -n%s   shows what would run\n         fqrun%s      runs it\n",
	        option.at, option.at);
	int status = write_stdout(&text);
	fq_buf_finish(&option);
	fq_buf_finish(&text);
	return status;
}

/* --- writing -------------------------------------------------------------------------------------- */

static int fail_to_write(const char *path, const char *what, int number)
{
	struct fq_buf quoted = {0};
	fq_buf_add_quoted(&quoted, fq_text(path));
	fq_cli_own_complain(&table, "", "cannot %s %s: %s", what, quoted.at, strerror(number));
	fq_buf_finish(&quoted);
	return number == ENOENT || number == ENOTDIR ? EXIT_USAGE : EXIT_SYSTEM;
}

/* Only where nothing is; what could not be written to its end is taken away. */
static int write_new(const char *path, const struct fq_buf *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0 && errno == EEXIST) {
		refuse_existing(path);
		return EXIT_USAGE;
	}
	if (fd < 0) {
		return fail_to_write(path, "create", errno);
	}
	bool ok = fq_file_write_all(fd, text->at, text->len);
	int number = errno;
	if (close(fd) != 0 && ok) {
		ok = false;
		number = errno;
	}
	if (ok) {
		return GO_ON;
	}
	unlink(path);
	return fail_to_write(path, "write", number);
}

static int write_files(const struct fq_init *init)
{
	struct fq_buf manifest = {0}, sheet = {0};
	fq_cli_init_add_manifest(&manifest, init);
	int status = GO_ON;
	if (init->sheet) {
		fq_cli_init_add_sheet(&sheet, init);
		status = write_new(init->sheet, &sheet);
	}
	if (status == GO_ON) {
		status = write_new(init->manifest, &manifest);
		if (status != GO_ON && init->sheet) {
			unlink(init->sheet);
		}
	}
	fq_buf_finish(&manifest);
	fq_buf_finish(&sheet);
	return status == GO_ON ? tell_written(init) : status;
}

/* A manifest still, with the sheet in comments. */
static int show_files(const struct fq_init *init)
{
	struct fq_buf text = {0}, sheet = {0}, found = {0};
	fq_cli_init_add_manifest(&text, init);
	if (init->sheet) {
		fq_cli_init_add_sheet(&sheet, init);
		fq_buf_addf(&text, "\n; %s:\n", init->sheet);
		for (const char *line = sheet.at; *line;) {
			size_t len = strcspn(line, "\n");
			fq_buf_addf(&text, ";   %.*s\n", (int)len, line);
			line += len + 1;
		}
	}
	fq_cli_init_add_found(&found, init);
	fputs(found.at, stderr);
	int status = write_stdout(&text);
	fq_buf_finish(&text);
	fq_buf_finish(&sheet);
	fq_buf_finish(&found);
	return status;
}

static int discover(struct fq_init *init)
{
	struct fq_error err = {0};
	if (!fq_discover(&init->found, request.folder, are_mates, &err)) {
		fq_cli_print_error(&err);
		fq_error_finish(&err);
		return EXIT_USAGE;
	}
	leave_out_unusable(&init->found);
	tell_remarks(&init->found);
	if (init->found.sample_count == 0) {
		refuse_nothing(&init->found);
		return EXIT_USAGE;
	}
	reckon(init);
	return request.dry_run ? show_files(init) : write_files(init);
}

int fq_cli_init(int argc, char **argv)
{
	request = (struct request){0};
	if (!fq_cli_own_parse(&table, &argc, &argv)) {
		return EXIT_USAGE;
	}
	if (request.help) {
		return show_help();
	}
	if (request.output && strcmp(request.output, "-") == 0) {
		request.dry_run = true;
		request.output = NULL;
	}
	if (argc > 1) {
		fq_cli_own_complain(&table, NULL, "one DIR, not %d", argc);
		return EXIT_USAGE;
	}
	request.folder = argc && argv[0][0] ? argv[0] : ".";
	if (!check_output()) {
		return EXIT_USAGE;
	}
	struct fq_init init = {0};
	int status = discover(&init);
	fq_discovery_finish(&init.found);
	return status;
}
