/* The options of a command that has options of its own: a table, which also makes its help. */
#ifndef FQRUN_CLI_OWN_H
#define FQRUN_CLI_OWN_H

#include "fqrun/base.h"

/* Where `value` is named the option takes one, and *text becomes it; else *flag becomes true. */
struct fq_own_option {
	const char *name;
	char letter; /* 0: none */
	const char *value, *help;
	const char **text;
	bool *flag;
};

/* The words that are no option go to the front of *argv. False after it said what is wrong. */
struct fq_own_table {
	const char *command;
	const struct fq_own_option *options;
	size_t count;
};
bool fq_cli_own_parse(const struct fq_own_table *table, int *argc, char ***argv);
void fq_cli_own_add_help(struct fq_buf *buf, const struct fq_own_table *table);

/* "fqrun: COMMAND: text" and a hint (NULL: how to see the help; "": none) on stderr. Always false. */
bool fq_cli_own_complain(const struct fq_own_table *table, const char *hint, const char *format, ...)
        FQ_PRINTF(3, 4);

#endif
