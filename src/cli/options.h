/* The command line: one table of options, which also makes --help. */
#ifndef FQRUN_CLI_OPTIONS_H
#define FQRUN_CLI_OPTIONS_H

#include "fqrun/jobserver.h"
#include "fqrun/journal.h"
#include "fqrun/manifest.h"

enum fq_color { FQ_COLOR_AUTO, FQ_COLOR_ALWAYS, FQ_COLOR_NEVER };

struct fq_options {
	int argc;
	char **argv;          /* all words, as we got them */
	const char *file;     /* -f; NULL: fqrun.ini, then qc.ini */
	const char *folder;   /* -C */
	uint32_t jobs;        /* 0: not said */
	int64_t memory_bytes; /* 0: not said */
	double load;          /* 0: not said */
	bool has_style;
	enum fq_jobserver_style style; /* NONE: leave the jobserver that we were started by */
	bool no_preflight, strict, json, waits, failed, yes;
	enum fq_sync sync;
	uint32_t attempt; /* of `log`; 0: the last */
	char format;      /* of `export`: n(inja), m(ake), s(h); 0: not said */
	bool dry_run, always, explain, fail_fast, quiet, verbose, help, version;
	enum fq_color color;
	struct fq_setting *settings;
	size_t setting_count, setting_cap;
	const char *command;       /* "run" if none was named */
	const char *maybe_command; /* the first word where none was, or NULL */
	char **targets;            /* in the arena; the words are argv's */
	size_t target_count;
	struct fq_arena arena;
};

/* False after it said on stderr what is wrong. Finish it either way. */
bool fq_cli_parse(struct fq_options *ret, int argc, char **argv);
void fq_cli_options_finish(struct fq_options *options);

/* The first word is a COMMAND if it is called like one, unless `--` came before it. */
bool fq_cli_take_command(struct fq_options *options, size_t words_before_dashes);
/* The COMMAND that a first word which names nothing most likely meant, or NULL. */
const char *fq_cli_suggest_command(const struct fq_options *options);
/* Says it on stderr; always false. */
bool fq_cli_complain(const char *hint, const char *format, ...) FQ_PRINTF(2, 3);

/* The words of --help. */
void fq_cli_add_help(struct fq_buf *buf);

#endif
