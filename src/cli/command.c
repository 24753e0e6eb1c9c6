/* The COMMAND of a command line, and the options that only some take. */
#include "cli.h"
#include "options.h"

#include <string.h>

static const char *const commands[] = {"run", "check", "list", "presets", "export", "rerun", "status", "why",
        "log", "history", "accept", "forget", "clean", "gc", "enter"};
static const char *const commands_later[] = {
        "watch", "submit", "attach", "cancel", "report", "graph", "trace"};

static const char *const with_own_options[][2] = {
        {"fastq-stats", "fqrun fastq-stats [OPTION...] FILE..."},
        {"init", "fqrun init [OPTION...] [DIR]"},
};

/* --ninja, --make and --sh say what `export` writes, and mean nothing elsewhere. */
static bool check_format(const struct fq_options *options)
{
	bool is_export = strcmp(options->command, "export") == 0;
	if (is_export && !options->format) {
		return fq_cli_complain("fqrun export --ninja > build.ninja, --make > Makefile, --sh > run.sh",
		        "export needs --ninja, --make or --sh");
	}
	return is_export || !options->format ||
	       fq_cli_complain("fqrun export --ninja", "only `export` takes --ninja, --make and --sh");
}

/* What means something to one COMMAND alone would be passed over in silence elsewhere. */
static bool check_options(const struct fq_options *options)
{
	if (options->failed && strcmp(options->command, "rerun") != 0) {
		return fq_cli_complain("fqrun rerun --failed", "only `rerun` takes --failed");
	}
	if (options->attempt && strcmp(options->command, "log") != 0) {
		return fq_cli_complain("fqrun log --attempt 1 TASK/SAMPLE", "only `log` takes --attempt");
	}
	return check_format(options);
}

/* The first word is a COMMAND if it is called like one, unless `--` came before it. */
bool fq_cli_take_command(struct fq_options *options, size_t words_before_dashes)
{
	options->command = "run";
	if (words_before_dashes == 0) {
		return check_options(options);
	}
	const char *word = options->targets[0];
	for (size_t i = 0; i < FQ_COUNT(commands_later); i++) {
		if (strcmp(word, commands_later[i]) == 0) {
			return fq_cli_complain(fq_arena_format(&options->arena,
			                               "if it is a task or a sample: fqrun run %s", word),
			        "the command \"%s\" is not available in this version", word);
		}
	}
	for (size_t i = 0; i < FQ_COUNT(with_own_options); i++) {
		if (strcmp(word, with_own_options[i][0]) == 0) {
			return fq_cli_complain(with_own_options[i][1],
			        "%s must come first: it has options of its own", word);
		}
	}
	for (size_t i = 0; i < FQ_COUNT(commands); i++) {
		options->command = strcmp(word, commands[i]) == 0 ? commands[i] : options->command;
	}
	options->help |= strcmp(word, "help") == 0;
	if (strcmp(word, options->command) == 0 || strcmp(word, "help") == 0) {
		options->targets++;
		options->target_count--;
	} else {
		options->maybe_command = word;
	}
	return check_options(options);
}

const char *fq_cli_suggest_command(const struct fq_options *options)
{
	const char *word = options->maybe_command;
	return word ? fq_suggest(fq_text(word), commands, FQ_COUNT(commands)) : NULL;
}
