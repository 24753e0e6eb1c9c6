/* Programs that take a program as an argument: awk, sed, python3 -c, and those that
 * hand one to a shell, as `flock FILE -c` does. A value in it would be its syntax.
 *
 * What is known of each is how its options are read, no more than it takes to tell
 * a program from a file: `awk -F : PROGRAM FILE`. */
#include "script.h"

#include <string.h>

struct script_program {
	const char *name;
	const char *options;  /* letters of options that take a program, */
	const char *names;    /* and long ones, each in front of a blank */
	const char *files;    /* letters of options in place of the program; they take an argument */
	const char *others;   /* letters of others that take an argument */
	const char *glued;    /* letters of others whose argument is the rest of the word */
	const char *longs;    /* long ones whose argument is the next word, or two: `--arg=` */
	uint8_t operand;      /* which operand is a program, if no option was; 0: none */
	bool ends_at_operand; /* behind an operand that is a file come its own arguments */
	bool is_input;        /* without a file it reads its program */
	uint8_t demand;
};

enum { PLAIN = FQ_DEMAND_PLAIN, WORD = DEMAND_WORD };

/* Sorted by nothing: few. */
static const struct script_program programs[] = {
        {"awk", "e", "--source ", "f", "vFi", "", "", 1, false, false, PLAIN},
        {"sed", "e", "--expression ", "f", "l", "i", "", 1, false, false, PLAIN},
        {"jq", "", "", "f", "L", "", "--arg= --argjson= --slurpfile= --rawfile= --indent ", 1, false, false,
                PLAIN},
        {"perl", "eE", "", "", "I", "iFMmxCD", "", 0, true, true, PLAIN},
        {"python", "c", "", "m", "WX", "", "", 0, true, true, PLAIN},
        {"ruby", "e", "", "", "rI", "iFxK", "", 0, true, true, PLAIN},
        {"Rscript", "e", "", "", "", "", "", 0, true, false, PLAIN},
        {"R", "e", "", "f", "g", "", "", 0, false, true, PLAIN},
        {"julia", "eE", "--eval --print ", "", "LpJCt", "", "", 0, true, true, PLAIN},
        {"node", "ep", "--eval --print ", "", "r", "", "", 0, true, true, PLAIN},
        {"php", "rBRE", "--run ", "fF", "dcz", "", "", 0, true, true, PLAIN},
        {"lua", "e", "", "", "l", "", "", 0, true, true, PLAIN},
        {"gnuplot", "e", "", "", "", "", "", 0, false, true, PLAIN},
        {"octave", "", "--eval ", "", "", "", "", 0, true, true, PLAIN},
        {"expect", "c", "", "", "fb", "", "", 0, true, true, PLAIN},
        {"tclsh", "", "", "", "", "", "", 0, true, true, PLAIN},
        {"sqlite3", "", "-cmd ", "", "", "", "-separator -nullvalue -newline -init ", 2, false, true, PLAIN},
        {"duckdb", "cs", "-cmd ", "f", "", "", "-separator -nullvalue -newline -init ", 2, false, true,
                PLAIN},
        {"mysql", "e", "--execute --init-command ", "", "uhPDS", "p", "", 0, false, true, PLAIN},
        {"mariadb", "e", "--execute --init-command ", "", "uhPDS", "p", "", 0, false, true, PLAIN},
        {"psql", "c", "--command ", "f", "dhpUvoLFRTP", "", "", 0, false, true, PLAIN},
        {"bc", "", "", "", "", "", "", 0, false, true, PLAIN},
        {"env", "S", "--split-string ", "", "uC", "", "", 0, false, false, WORD},
        {"flock", "c", "--command ", "", "wE", "", "", 0, false, false, WORD},
        {"script", "c", "--command ", "", "BEIOTo", "", "", 0, false, false, WORD},
        {"split", "", "--filter ", "", "abClnt", "", "", 0, false, false, WORD},
        {"sbatch", "", "--wrap ", "", "ApcJoetnNDdM", "", "", 0, true, true, WORD},
        {"qsub", "", "", "", "lNoeqPvwWSjMmAa", "", "-pe= ", 0, true, true, WORD},
        {"at", "", "", "f", "qt", "", "", 0, false, true, WORD},
        {"batch", "", "", "", "", "", "", 0, false, true, WORD},
        {"crontab", "", "", "", "u", "", "", 0, true, true, WORD},
        {"tar", "IF", "--to-command --checkpoint-action --use-compress-program --info-script --rsh-command ",
                "", "fCXTbgHVNKL", "", "", 0, false, false, WORD},
        {"rsync", "e", "--rsh --rsync-path ", "", "fBT", "", "", 0, false, false, WORD},
};

/* python3.11, gawk: versions and kin. */
static bool is_called(const struct script_program *program, struct fq_text name)
{
	size_t len = strlen(program->name);
	if (len == 3 && name.len == 4 && memcmp(program->name, "awk", 3) == 0) {
		return memcmp(name.at + 1, "awk", 3) == 0;
	}
	if (name.len < len || memcmp(name.at, program->name, len) != 0) {
		return false;
	}
	while (len < name.len && (fq_script_is_digit(name.at[len]) || name.at[len] == '.')) {
		len++;
	}
	return len == name.len;
}

void fq_script_begin_program(struct script_program_state *state, struct fq_text name, bool is_certain)
{
	for (size_t i = 0; i < FQ_COUNT(programs); i++) {
		if (is_called(&programs[i], name)) {
			*state = (struct script_program_state){.of = &programs[i], .is_certain = is_certain};
			return;
		}
	}
}

/* --- options ---------------------------------------------------------------------------- */

/* `names`, each in front of a blank or of `=` and a blank; the end of it, or NULL. */
static const char *find_name(const char *names, struct fq_text name)
{
	for (const char *at = names; *at; at = strchr(at, ' ') + 1) {
		size_t len = strcspn(at, "= ");
		if (len == name.len && memcmp(at, name.at, len) == 0) {
			return at + len;
		}
	}
	return NULL;
}

/* --name, --name=…; true: this word holds a program. */
static bool take_long(struct script_program_state *state, struct fq_text source)
{
	const char *equals = memchr(source.at, '=', source.len);
	struct fq_text name = {source.at, equals ? (size_t)(equals - source.at) : source.len};
	if (find_name(state->of->names, name)) {
		state->is_next = !equals;
		state->has_program = true;
		return equals;
	}
	const char *end = find_name(state->of->longs, name);
	if (end && !equals) {
		state->skip = *end == '=' ? 2 : 1;
	}
	if (fq_text_is(name, "--file") || fq_text_is(name, "--from-file")) {
		state->has_program = true;
		state->skip = !equals;
	}
	return false;
}

/* -ne, -ePROGRAM; true: this word holds a program. */
static bool take_short(struct script_program_state *state, struct fq_text source)
{
	const struct script_program *of = state->of;
	for (size_t i = 1; i < source.len; i++) {
		char c = source.at[i];
		bool is_last = i + 1 == source.len;
		if (strchr(of->options, c)) {
			state->has_program = true;
			state->is_next = is_last;
			return !is_last;
		}
		if (strchr(of->files, c) || strchr(of->others, c)) {
			state->has_program |= strchr(of->files, c) != NULL;
			state->skip = is_last;
			return false;
		}
		if (strchr(of->glued, c)) {
			return false;
		}
	}
	return false;
}

static bool is_option(struct fq_text source)
{
	return source.len > 1 && source.at[0] == '-';
}

static bool take_option(struct script_program_state *state, struct fq_text source)
{
	bool is_long = source.at[1] == '-' || find_name(state->of->names, source) ||
	               find_name(state->of->longs, source);
	return is_long ? take_long(state, source) : take_short(state, source);
}

static bool take_operand(struct script_program_state *state, struct fq_text source)
{
	const struct script_program *of = state->of;
	state->operands += !fq_text_is(source, "-") || of->operand;
	if (of->ends_at_operand && state->operands) {
		state->of = NULL;
	}
	if (state->has_program || of->operand == 0 || state->operands != of->operand) {
		return false;
	}
	state->has_program = true;
	return true;
}

/* `source` is the word as written: its quotes matter little to what is asked of it. */
bool fq_script_program_word(struct script_program_state *state, struct fq_text source, uint8_t *ret)
{
	if (!state->of) {
		return false;
	}
	*ret = state->of->demand;
	if (state->is_next) {
		state->is_next = false;
		return true;
	}
	if (state->skip) {
		state->skip--;
		return false;
	}
	return is_option(source) ? take_option(state, source) : take_operand(state, source);
}

uint8_t fq_script_program_input(const struct script_program_state *state)
{
	bool reads = state->of && state->of->is_input && state->is_certain && !state->has_program;
	return reads ? state->of->demand : 0;
}

uint8_t fq_script_program_demand(const struct script_program_state *state)
{
	return state->of ? state->of->demand : 0;
}
