#include "cli.h"
#include "option_values.h"

#include <getopt.h>
#include <string.h>

enum group { WHAT, HOW, SHOWN, LATER };
enum { WORD = 1 }; /* getopt's code of what is no option */

/* `letter` 0: none. `code` tells options without a letter apart for getopt. */
static const struct option_row {
	const char *name;
	char letter;
	int code;
	const char *argument;
	enum group group;
	const char *help;
} rows[] = {
        {"file", 'f', 'f', "FILE", WHAT, "the manifest (default: fqrun.ini, then qc.ini)"},
        {"directory", 'C', 'C', "DIR", WHAT, "work in DIR"},
        {"jobs", 'j', 'j', "N", WHAT,
                "run at most N jobs at once, or jobs of N threads\n"
                "together (default: `jobs` of the manifest, else as\nmany as there are processors)"},
        {"load", 'l', 'l', "LOAD", WHAT, "start no job beside others while the load is LOAD"},
        {"memory", 0, 260, "SIZE", WHAT,
                "let running jobs ask for SIZE together, 16G\n(default: what this machine has)"},
        {"set", 0, 256, "NAME=VALUE", WHAT, "give a variable of [vars] another value"},
        {"dry-run", 'n', 'n', NULL, HOW, "show what would run (or go), do nothing"},
        {"always", 'B', 'B', NULL, HOW, "run all jobs, also those that are up to date"},
        {"explain", 0, 257, NULL, HOW, "say of each job why it runs"},
        {"fail-fast", 0, 258, NULL, HOW, "start no more jobs once one has failed"},
        {"no-preflight", 0, 261, NULL, HOW, "do not look at the reads before the first job"},
        {"strict", 0, 262, NULL, HOW, "start nothing if there is something wrong with them"},
        {"wait", 0, 268, NULL, HOW, "wait while another fqrun runs this manifest"},
        {"sync", 0, 269, "HOW", HOW,
                "when records are put on disk: full (each), batch\n(0.1 s late at most; the default) or off"},
        {"failed", 0, 270, NULL, HOW, "rerun: the jobs that failed or were cut off"},
        {"yes", 'y', 'y', NULL, HOW, "clean, gc: do not ask"},
        {"jobserver-style", 0, 267, "STYLE", HOW,
                "how make and the like share the N: pipe, fifo or\nnone (default: `jobserver` of each task)"},
        {"quiet", 'q', 'q', NULL, SHOWN, "errors only"},
        {"verbose", 'v', 'v', NULL, SHOWN, "also what starts, with its command"},
        {"color", 0, 259, "WHEN", SHOWN, "auto, always or never"},
        {"json", 0, 263, NULL, SHOWN, "list, status, why, history, clean -n, gc -n:\nas JSON"},
        {"attempt", 0, 271, "N", SHOWN, "log: of the Nth attempt, not the last"},
        {"ninja", 0, 264, NULL, LATER, NULL},
        {"make", 0, 265, NULL, LATER, NULL},
        {"sh", 0, 266, NULL, LATER, NULL},
        {"help", 'h', 'h', NULL, SHOWN, "this text"},
        {"version", 'V', 'V', NULL, SHOWN, "the version"},
        {"executor", 0, 1000, "NAME", LATER, NULL},
        {"events", 0, 1000, "FILE", LATER, NULL},
};

/* --- help ------------------------------------------------------------------------------- */

static void add_group(struct fq_buf *buf, const char *title, enum group group)
{
	enum { HELP_COLUMN = 26 };
	fq_buf_addf(buf, "\n%s\n", title);
	for (size_t i = 0; i < FQ_COUNT(rows); i++) {
		if (rows[i].group != group) {
			continue;
		}
		size_t start = buf->len;
		if (rows[i].letter) {
			fq_buf_addf(buf, "  -%c, --%s", rows[i].letter, rows[i].name);
		} else {
			fq_buf_addf(buf, "      --%s", rows[i].name);
		}
		fq_buf_addf(
		        buf, "%s%s", rows[i].argument ? " " : "", rows[i].argument ? rows[i].argument : "");
		size_t used = buf->len - start;
		bool is_long = used + 1 >= HELP_COLUMN;
		fq_buf_addf(buf, "%s%*s", is_long ? "\n" : "", HELP_COLUMN - (is_long ? 0 : (int)used), "");
		for (const char *c = rows[i].help; *c; c++) {
			fq_buf_putc(buf, *c);
			if (*c == '\n') {
				fq_buf_addf(buf, "%*s", HELP_COLUMN, "");
			}
		}
		fq_buf_putc(buf, '\n');
	}
}

void fq_cli_add_help(struct fq_buf *buf)
{
	fq_buf_puts(buf,
	        "fqrun runs commands over sequencing samples: in parallel, only what is not up\n"
	        "to date, and never taking half a result for a whole one.\n"
	        "\n"
	        "  fqrun [run] [OPTION...] [TARGET...]\n"
	        "  fqrun init [DIR]             write a manifest for the reads of a folder\n"
	        "  fqrun check                  say all that is wrong with manifest and reads\n"
	        "  fqrun list [--json]          samples, tasks and jobs\n"
	        "  fqrun presets [NAME]         the tools that `use = NAME` knows\n"
	        "  fqrun export --ninja | --make | --sh   the same jobs for another tool\n"
	        "  fqrun status | why TARGET | log TARGET | history   what came of it\n"
	        "  fqrun rerun --failed | TARGET   what failed; a TARGET though it is up to date\n"
	        "  fqrun accept | forget TARGET it is good as it is; it is to run again\n"
	        "  fqrun clean | gc             remove what jobs made; what no job makes any more\n"
	        "  fqrun enter TARGET           a shell where the job would run\n"
	        "  fqrun fastq-stats [OPTION...] FILE...   counts (see: fqrun fastq-stats --help)\n"
	        "\n"
	        "A TARGET is a task, a sample, TASK/SAMPLE or an output's path; without one, all.\n");
	add_group(buf, "What to run", WHAT);
	add_group(buf, "How", HOW);
	add_group(buf, "What is shown", SHOWN);
	fq_buf_puts(buf, "\nExit status: 0 all done; 1 a job failed or was left out; 2 the command line or\n"
	                 "the manifest is wrong; 3 the system failed (disk, journal, memory); 128+N ended\n"
	                 "by signal N.\n");
}

/* --- parsing ---------------------------------------------------------------------------------- */

static bool unknown_option(const char *given)
{
	const char *names[FQ_COUNT(rows)];
	for (size_t i = 0; i < FQ_COUNT(rows); i++) {
		names[i] = rows[i].name;
	}
	struct fq_buf hint = {0};
	const char *bare = given[1] == '-' ? given + 2 : "";
	struct fq_text word = {bare, strcspn(bare, "=")};
	const char *meant = fq_suggest(word, names, FQ_COUNT(names));
	if (strcmp(given, "-k") == 0) { /* make's */
		fq_buf_puts(&hint, "fqrun goes on after a failure as it is; --fail-fast stops");
	} else {
		fq_buf_addf(&hint, meant ? "did you mean --%s?" : "fqrun --help lists them%s",
		        meant ? meant : "");
	}
	fq_cli_complain(hint.at, "unknown option %s", given);
	fq_buf_finish(&hint);
	return false;
}

/* Options that are said or not. */
static bool *flag_of(struct fq_options *options, int code)
{
	switch (code) {
	case 'n':
		return &options->dry_run;
	case 'B':
		return &options->always;
	case 257:
		return &options->explain;
	case 258:
		return &options->fail_fast;
	case 'q':
		return &options->quiet;
	case 'v':
		return &options->verbose;
	case 261:
		return &options->no_preflight;
	case 262:
		return &options->strict;
	case 263:
		return &options->json;
	case 268:
		return &options->waits;
	case 270:
		return &options->failed;
	case 'y':
		return &options->yes;
	case 'h':
		return &options->help;
	case 'V':
		return &options->version;
	default:
		return NULL;
	}
}

static bool refuse(int code, const char *given)
{
	if (code == ':') {
		return fq_cli_complain("fqrun --help tells which", "%s needs an argument", given);
	}
	if (code == '?') {
		return optopt && given[1] == '-' ? fq_cli_complain(NULL, "%s takes no argument", given)
		                                 : unknown_option(given);
	}
	return fq_cli_complain(NULL, "%s is not available in this version", given);
}

static bool take_option(struct fq_options *options, int code, const char *argument, const char *given)
{
	bool *flag = flag_of(options, code);
	if (flag) {
		*flag = true;
		return true;
	}
	switch (code) {
	case 'f':
		options->file = argument;
		return true;
	case 'C':
		options->folder = argument;
		return true;
	case 'j':
		return fq_option_set_jobs(options, argument);
	case 'l':
		return fq_option_set_load(options, argument);
	case 267:
		return fq_option_set_style(options, argument);
	case 256:
		return fq_option_add_setting(options, argument);
	case 259:
		return fq_option_set_color(options, argument);
	case 260:
		return fq_option_set_memory(options, argument);
	case 269:
		return fq_option_set_sync(options, argument);
	case 271:
		return fq_option_set_attempt(options, argument);
	case 264:
	case 265:
	case 266:
		options->format = "nms"[code - 264];
		return true;
	default:
		return refuse(code, given);
	}
}

/* getopt's two forms of the table. */
static void make_tables(char *ret_letters, struct option *ret_long)
{
	*ret_letters++ = '-'; /* in order: words come as the option WORD */
	*ret_letters++ = ':';
	for (size_t i = 0; i < FQ_COUNT(rows); i++) {
		ret_long[i] = (struct option){
		        rows[i].name, rows[i].argument ? required_argument : no_argument, NULL, rows[i].code};
		if (rows[i].letter) {
			*ret_letters++ = rows[i].letter;
			if (rows[i].argument) {
				*ret_letters++ = ':';
			}
		}
	}
	*ret_letters = '\0';
	ret_long[FQ_COUNT(rows)] = (struct option){0};
}

static int code_of(int got)
{
	for (size_t i = 0; i < FQ_COUNT(rows); i++) {
		if (rows[i].letter && rows[i].letter == got) {
			return rows[i].code;
		}
	}
	return got;
}

/* How the user wrote the option that getopt is at: "-j", "--set". */
static const char *name_option(struct fq_options *options, int got, const char *word)
{
	if (word[0] == '-' && word[1] == '-') {
		return fq_arena_copy(&options->arena, word, strcspn(word, "="));
	}
	return fq_arena_format(&options->arena, "-%c", got == '?' || got == ':' ? optopt : got);
}

bool fq_cli_parse(struct fq_options *ret, int argc, char **argv)
{
	char letters[2 * FQ_COUNT(rows) + 3];
	struct option longs[FQ_COUNT(rows) + 1];
	make_tables(letters, longs);
	*ret = (struct fq_options){.argc = argc, .argv = argv};
	ret->targets = fq_arena_alloc(&ret->arena, ((size_t)argc + 1) * sizeof(*ret->targets));
	optind = 0;
	opterr = 0;
	for (;;) {
		int at = optind ? optind : 1;
		int got = getopt_long(argc, argv, letters, longs, NULL);
		if (got == -1) {
			break;
		}
		if (got == WORD) {
			ret->targets[ret->target_count++] = optarg;
		} else if (!take_option(ret, code_of(got), optarg, name_option(ret, got, argv[at]))) {
			return false;
		}
	}
	size_t words_before_dashes = ret->target_count;
	for (int i = optind; i < argc; i++) {
		ret->targets[ret->target_count++] = argv[i];
	}
	return fq_cli_take_command(ret, words_before_dashes);
}

void fq_cli_options_finish(struct fq_options *options)
{
	fq_release(options->settings);
	fq_arena_finish(&options->arena);
}
