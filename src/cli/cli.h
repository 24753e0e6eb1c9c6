/* cli: the command line. The only room that prints errors and exits. */
#ifndef FQRUN_CLI_H
#define FQRUN_CLI_H

#include "fqrun/base.h"

/* Everything behind main(); returns the exit status. */
int fq_cli_main(int argc, char **argv);

/* `fqrun fastq-stats`; argv[0] is that word. */
int fq_cli_fastq_stats(int argc, char **argv);

/* `fqrun init`; argv[0] is that word. */
int fq_cli_init(int argc, char **argv);

struct fq_options;
int fq_cli_run(const struct fq_options *options);
int fq_cli_check(const struct fq_options *options);
int fq_cli_list(const struct fq_options *options);
int fq_cli_presets(const struct fq_options *options);
int fq_cli_export(const struct fq_options *options);
int fq_cli_status(const struct fq_options *options);
int fq_cli_why(const struct fq_options *options);
int fq_cli_log(const struct fq_options *options);
int fq_cli_history(const struct fq_options *options);
int fq_cli_accept(const struct fq_options *options);
int fq_cli_forget(const struct fq_options *options);
int fq_cli_clean(const struct fq_options *options);
int fq_cli_gc(const struct fq_options *options);
int fq_cli_enter(const struct fq_options *options);
int fq_cli_rerun(const struct fq_options *options);

/* Standard output to its end: `status`, or what its writing failed with. */
int fq_cli_flush(int status);

/* print.c: "FILE:LINE:COLUMN: text", the line with a caret, and a hint, on stderr. */
void fq_cli_print_error(const struct fq_error *err);
void fq_cli_print_findings(struct fq_errors *errors, bool with_warnings, bool runs); /* sorts them by place */

#endif
