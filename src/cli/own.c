#include "own.h"
#include "cli.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

enum { MOST_OPTIONS = 32, FIRST_CODE = 256 }; /* getopt's code of option i is FIRST_CODE + i */

bool fq_cli_own_complain(const struct fq_own_table *table, const char *hint, const char *format, ...)
{
	struct fq_error err = {0};
	struct fq_buf text = {0}, help = {0};
	va_list args;
	va_start(args, format);
	fq_buf_vaddf(&text, format, args);
	va_end(args);
	fq_buf_addf(&help, "fqrun %s --help shows how", table->command);
	const char *shown = !hint ? help.at : hint[0] ? hint : NULL;
	fq_fail(&err, FQ_NOWHERE, shown, "%s: %s", table->command, text.at);
	fq_cli_print_error(&err);
	fq_error_finish(&err);
	fq_buf_finish(&text);
	fq_buf_finish(&help);
	return false;
}

void fq_cli_own_add_help(struct fq_buf *buf, const struct fq_own_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct fq_own_option *option = &table->options[i];
		struct fq_buf left = {0};
		if (option->letter) {
			fq_buf_addf(&left, "-%c, ", option->letter);
		}
		fq_buf_addf(&left, "--%s%s%s", option->name, option->value ? " " : "",
		        option->value ? option->value : "");
		fq_buf_addf(buf, "  %-18s  %s\n", left.at, option->help);
		fq_buf_finish(&left);
	}
}

static bool refuse_unknown(const struct fq_own_table *table, const char *word)
{
	const char *names[MOST_OPTIONS];
	for (size_t i = 0; i < table->count; i++) {
		names[i] = table->options[i].name;
	}
	struct fq_buf hint = {0};
	struct fq_text typed = {word + 2, strcspn(word + 2, "=")};
	const char *meant = fq_suggest(typed, names, table->count);
	fq_buf_addf(&hint, "did you mean --%s?", meant ? meant : "");
	fq_cli_own_complain(table, meant ? hint.at : NULL, "unknown option %s", word);
	fq_buf_finish(&hint);
	return false;
}

static bool is_code(const struct fq_own_option *option, size_t i, int code)
{
	return code == (int)(FIRST_CODE + i) || (option->letter && code == option->letter);
}

/* getopt_long leaves in optopt: 0 for an unknown long option, which is then `word`; the code of
 * a long one that has a value too much; or a letter. */
static bool refuse_option(const struct fq_own_table *table, int code, const char *word)
{
	const char *name = NULL;
	for (size_t i = 0; i < table->count; i++) {
		if (is_code(&table->options[i], i, optopt)) {
			name = table->options[i].name;
		}
	}
	if (name) {
		return fq_cli_own_complain(
		        table, NULL, "--%s %s", name, code == ':' ? "needs a value" : "takes no value");
	}
	return optopt ? fq_cli_own_complain(table, NULL, "unknown option -%c", optopt)
	              : refuse_unknown(table, word);
}

static bool take(const struct fq_own_table *table, int code, const char *word)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct fq_own_option *option = &table->options[i];
		if (!is_code(option, i, code)) {
			continue;
		}
		if (option->value) {
			*option->text = optarg;
		} else {
			*option->flag = true;
		}
		return true;
	}
	return refuse_option(table, code, word);
}

static void make_tables(const struct fq_own_table *table, char *ret_letters, struct option *ret_long)
{
	*ret_letters++ = ':';
	for (size_t i = 0; i < table->count; i++) {
		const struct fq_own_option *option = &table->options[i];
		ret_long[i] = (struct option){option->name, option->value ? required_argument : no_argument,
		        NULL, (int)(FIRST_CODE + i)};
		if (option->letter) {
			*ret_letters++ = option->letter;
			*ret_letters = ':';
			ret_letters += option->value ? 1 : 0;
		}
	}
	*ret_letters = '\0';
	ret_long[table->count] = (struct option){0};
}

bool fq_cli_own_parse(const struct fq_own_table *table, int *argc, char ***argv)
{
	char letters[2 * MOST_OPTIONS + 2];
	struct option longs[MOST_OPTIONS + 1];
	make_tables(table, letters, longs);
	opterr = 0;
	optind = 0; /* start anew, whoever used getopt before */
	for (int code; (code = getopt_long(*argc, *argv, letters, longs, NULL)) != -1;) {
		if (!take(table, code, (*argv)[optind - 1])) {
			return false;
		}
	}
	*argc -= optind;
	*argv += optind;
	return true;
}
