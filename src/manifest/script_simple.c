/* One simple command, word by word: which of its words some shell parses a
 * second time. A name that we know means what it says wherever it may stand for
 * a command: `sudo bash -c`, `xargs sh -c`, `find -exec sh -c`, `nice ssh`.
 *
 * A [vars] variable is the user's own text, known now: its words are looked at
 * as if they stood in the script. Any other value as the name of a command is
 * refused, since it would choose what its neighbours mean. */
#include "script.h"

#include <string.h>

void fq_script_begin_simple(struct script_lexer *lx, struct simple_command *simple)
{
	*simple = (struct simple_command){.first_use = lx->use_count, .first_heredoc = lx->heredoc_count};
}

static void demand_of_uses(struct script_lexer *lx, size_t first)
{
	for (size_t i = first; i < lx->use_count; i++) {
		lx->uses[i].ref.demand |= lx->uses[i].is_target ? 0 : DEMAND_WORD;
	}
}

/* A shell without a script to run reads one: from a pipe, a here-document, … */
void fq_script_end_simple(struct script_lexer *lx, const struct simple_command *simple)
{
	bool is_fed = simple->is_piped || lx->heredoc_count > simple->first_heredoc || simple->has_string;
	bool reads = simple->has_shell && (!simple->has_operand || simple->takes_input);
	if (reads && (simple->is_shell || is_fed)) {
		lx->flow->everywhere |= DEMAND_WORD;
	}
	if (!(simple->class & COMMAND_READS)) {
		return;
	}
	demand_of_uses(lx, simple->first_use);
	for (size_t i = simple->first_heredoc; i < lx->heredoc_count; i++) {
		lx->heredocs[i].demand |= DEMAND_WORD;
	}
}

/* -c, -ec, -lc, … */
static bool is_command_option(struct fq_text text)
{
	return text.len > 1 && text.at[0] == '-' && text.at[1] != '-' && memchr(text.at, 'c', text.len);
}

static void note_shell_option(struct simple_command *simple, struct fq_text text)
{
	bool is_long = text.len > 1 && text.at[1] == '-';
	simple->demand |= is_command_option(text) ? DEMAND_WORD : 0;
	simple->takes_input |= !is_long && memchr(text.at, 's', text.len);
	simple->skips_next = !is_long && text.at[text.len - 1] == 'o';
}

static void note_option(struct simple_command *simple, struct fq_text text)
{
	if (simple->has_shell) {
		note_shell_option(simple, text);
	}
	if (simple->is_test && (fq_text_is(text, "-v") || fq_text_is(text, "-R"))) {
		simple->demand |= DEMAND_WORD;
	}
	if (simple->is_printf && text.len > 1 && text.at[1] == 'v') {
		simple->demand |= DEMAND_WORD;
	}
	for (size_t i = 1; (simple->class & COMMAND_DECLARES) && i < text.len; i++) {
		simple->is_declaring_number |= text.at[i] == 'i' || text.at[i] == 'n';
		simple->demand |= strchr("aAin", text.at[i]) ? DEMAND_WORD : 0;
	}
}

/* Any word that is known and is not the command's name. */
static void note_argument(
        struct script_lexer *lx, struct simple_command *simple, struct fq_text text, size_t at)
{
	unsigned class = fq_script_command_class(text);
	if (class & COMMAND_ANYWHERE) {
		simple->demand |= DEMAND_WORD;
		simple->class |= class & COMMAND_READS;
	}
	bool is_skipped = simple->skips_next || fq_text_is(text, "stdin");
	simple->skips_next = false;
	if (class & COMMAND_SHELL) {
		simple->has_shell = true;
		simple->has_operand = false;
	} else if (text.len && (text.at[0] == '-' || text.at[0] == '+')) {
		note_option(simple, text);
	} else {
		simple->has_operand |= !is_skipped;
		simple->is_printf = false;
	}
	if (fq_text_is(text, "expand_aliases")) {
		fq_script_fail(lx, at, "aliases", "write a function");
	}
}

static void note_name(struct script_lexer *lx, struct simple_command *simple, struct fq_text text,
        bool has_slash, size_t at)
{
	unsigned class = fq_script_command_class(text);
	if (has_slash) {
		class &= ~(unsigned)(COMMAND_BUILTIN | COMMAND_PREFIX | COMMAND_DECLARES);
	}
	simple->words = 1;
	simple->class |= class;
	simple->is_prefix = class & COMMAND_PREFIX;
	simple->has_shell |= (class & COMMAND_SHELL) != 0;
	simple->is_shell = class & COMMAND_SHELL;
	simple->is_test = fq_text_is(text, "[") || fq_text_is(text, "test");
	simple->is_printf = fq_text_is(text, "printf");
	if ((class & COMMAND_REPARSES) && !(class & COMMAND_DECLARES)) {
		simple->demand |= DEMAND_WORD;
	}
	if (fq_text_is(text, "alias")) {
		fq_script_fail(lx, at, "aliases", "write a function");
	}
}

/* --- a word ------------------------------------------------------------------------- */

static const struct fq_variable *list_variable(const struct script_lexer *lx, const struct script_word *word)
{
	if (word->list == 0 || lx->uses[word->list - 1].ref.kind != FQ_REF_VARIABLE) {
		return NULL;
	}
	return &lx->loader->manifest->variables[lx->uses[word->list - 1].ref.index];
}

/* Something we do not know: a program with a slash in its name, or anything. */
static void note_unknown_name(struct simple_command *simple, const struct script_word *word)
{
	simple->words = 1;
	simple->is_prefix = false;
	simple->has_shell = true;
	simple->has_operand = true;
	if (!word->has_slash) {
		simple->demand |= DEMAND_WORD;
	}
}

static struct fq_text last_component(struct fq_text text)
{
	const char *slash = memrchr(text.at, '/', text.len);
	size_t skip = slash ? (size_t)(slash + 1 - text.at) : 0;
	return (struct fq_text){text.at + skip, text.len - skip};
}

static void note_list(struct script_lexer *lx, struct simple_command *simple, const struct script_word *word)
{
	const struct fq_variable *variable = list_variable(lx, word);
	for (uint32_t i = 0; i < variable->word_count; i++) {
		struct fq_text text = variable->words[i], name = last_component(text);
		bool skips = simple->is_prefix && text.len && text.at[0] == '-';
		if (simple->words && (!simple->is_prefix || skips)) {
			note_argument(lx, simple, name, word->at);
		} else {
			note_name(lx, simple, name, name.len < text.len, word->at);
		}
	}
}

void fq_script_name_word(
        struct script_lexer *lx, struct simple_command *simple, const struct script_word *word)
{
	struct fq_text text = fq_script_word_text(word);
	if (word->is_assignment || (simple->is_prefix && text.len && text.at[0] == '-')) {
		/* `command -v NAME` only looks for it. */
		if (simple->class & COMMAND_BUILTIN && (fq_text_is(text, "-v") || fq_text_is(text, "-V"))) {
			simple->is_prefix = false;
		}
		return;
	}
	if (word->chooser && !word->has_slash) {
		const struct script_use *use = &lx->uses[word->chooser - 1];
		fq_manifest_complain(lx->loader, lx->value, use->at,
		        "name the program, or put its words into [vars]",
		        "%s may not choose the program that runs", use->ref.text);
	} else if (list_variable(lx, word)) {
		note_list(lx, simple, word);
	} else if (word->is_dynamic) {
		note_unknown_name(simple, word);
	} else {
		note_name(lx, simple, text, word->has_slash, word->at);
	}
	simple->words = 1;
}

/* NAME of `declare -i NAME=…`: what it is given later is reckoned with. */
static void note_declared(
        struct script_lexer *lx, const struct simple_command *simple, const struct script_word *word)
{
	struct fq_text name = fq_script_identifier(lx, word->at);
	if (simple->is_declaring_number && name.len && name.at + name.len <= lx->text.at + lx->at) {
		fq_script_add_sink(lx->flow, name, FQ_DEMAND_PLAIN);
	}
}

/* What may be an option, and so what comes behind it something else. */
static void note_open(struct simple_command *simple, const struct script_word *word)
{
	if (word->is_open && simple->is_test) {
		simple->next_demand = DEMAND_WORD;
	}
	if (word->is_open && (simple->is_printf || (simple->has_shell && !simple->has_operand))) {
		simple->demand |= DEMAND_WORD;
	}
	simple->has_operand = true;
	simple->is_printf = false;
}

void fq_script_argument_word(
        struct script_lexer *lx, struct simple_command *simple, const struct script_word *word)
{
	simple->words++;
	simple->next_demand = 0;
	note_declared(lx, simple, word);
	if (list_variable(lx, word)) {
		note_list(lx, simple, word);
	} else if (!word->is_dynamic) {
		note_argument(lx, simple, fq_script_word_text(word), word->at);
	} else {
		note_open(simple, word);
	}
	if (simple->is_test && word->list) {
		lx->uses[word->list - 1].ref.demand |= DEMAND_WORD;
	}
}
