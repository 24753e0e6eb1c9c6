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
	*simple = (struct simple_command){
	        .first_use = lx->use_count,
	        .first_note = lx->notes.count,
	        .first_heredoc = lx->heredoc_count,
	};
}

static void demand_of_heredocs(struct script_lexer *lx, const struct simple_command *simple, uint8_t demand)
{
	for (size_t i = simple->first_heredoc; i < lx->heredoc_count; i++) {
		lx->heredocs[i].demand |= demand;
	}
}

/* Whether what some place of the script writes may be a shell's script: one without
 * a file to run reads a pipe, a here-document, …; xargs makes words of what it reads. */
static bool is_read_by_shell(const struct script_lexer *lx, const struct simple_command *simple)
{
	bool is_fed = simple->is_piped || lx->heredoc_count > simple->first_heredoc || simple->has_string;
	bool reads = simple->has_shell && (!simple->has_operand || simple->takes_input);
	bool sources = (simple->class & COMMAND_READS) && !(simple->class & COMMAND_ANYWHERE);
	bool runs_input = sources && (simple->class & COMMAND_BUILTIN) && (is_fed || simple->has_device);
	bool is_program = is_fed && fq_script_program_input(&simple->program) == DEMAND_WORD;
	bool feeds = simple->has_feeder && (simple->has_known_shell || (simple->class & COMMAND_ANYWHERE));
	return (reads && (simple->is_shell || is_fed)) || runs_input || is_program || feeds;
}

void fq_script_end_simple(struct script_lexer *lx, const struct simple_command *simple)
{
	if (is_read_by_shell(lx, simple)) {
		lx->flow->everywhere |= DEMAND_WORD;
	}
	uint8_t input = fq_script_program_input(&simple->program);
	lx->flow->everywhere |= simple->is_piped ? input : 0;
	demand_of_heredocs(lx, simple, input);
	if (simple->has_string) {
		fq_script_demand_since(lx, simple->string_use, simple->string_note, input);
	}
	if (simple->class & COMMAND_READS) {
		fq_script_demand_since(lx, simple->first_use, simple->first_note, DEMAND_WORD);
		demand_of_heredocs(lx, simple, DEMAND_WORD);
	} else if (simple->has_known_shell) {
		/* x={sample} bash -c '…': as `export x={sample}`. */
		for (size_t i = simple->first_use; i < lx->use_count; i++) {
			struct script_use *use = &lx->uses[i];
			use->ref.demand |= use->at < simple->name_at && use->carrier.len ? DEMAND_WORD : 0;
		}
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
	simple->scan = simple->demand && simple->scan == SCAN_NONE ? SCAN_CHILD : simple->scan;
	simple->takes_input |= !is_long && memchr(text.at, 's', text.len);
	simple->skips_next = (!is_long && strchr("oO", text.at[text.len - 1])) ||
	                     fq_text_is(text, "--rcfile") || fq_text_is(text, "--init-file");
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

static void note_shell(struct simple_command *simple)
{
	simple->has_shell = simple->has_known_shell = true;
}

/* Any word that is known and is not the command's name. */
static void note_argument(
        struct script_lexer *lx, struct simple_command *simple, struct fq_text text, size_t at)
{
	unsigned class = fq_script_command_class(text);
	if (class & COMMAND_ANYWHERE) {
		simple->demand |= DEMAND_WORD;
		simple->class |= class & (COMMAND_READS | COMMAND_ANYWHERE);
		simple->scan = SCAN_CHILD;
	}
	simple->has_feeder |= (class & COMMAND_FEEDS) != 0;
	bool is_skipped = simple->skips_next || simple->has_device;
	simple->skips_next = false;
	if (class & COMMAND_SHELL) {
		note_shell(simple);
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

static bool is_copying(struct fq_text name)
{
	return fq_text_is(name, "cp") || fq_text_is(name, "mv") || fq_text_is(name, "ln") ||
	       fq_text_is(name, "install");
}

static void note_name(struct script_lexer *lx, struct simple_command *simple, struct fq_text text,
        bool has_slash, size_t at)
{
	unsigned class = fq_script_command_class(text);
	if (has_slash && (class & (COMMAND_BUILTIN | COMMAND_RESERVED))) {
		class = 0; /* a program that happens to be called like that */
	}
	simple->words = 1;
	simple->class |= class;
	simple->is_prefix = class & COMMAND_PREFIX;
	simple->has_feeder |= (class & COMMAND_FEEDS) != 0;
	if (class & COMMAND_SHELL) {
		note_shell(simple);
	}
	simple->is_shell = class & COMMAND_SHELL;
	simple->is_test = fq_text_is(text, "[") || fq_text_is(text, "test");
	simple->is_printf = fq_text_is(text, "printf");
	simple->is_chmod = fq_text_is(text, "chmod");
	simple->is_tee = fq_text_is(text, "tee");
	simple->is_copy = is_copying(text);
	if (simple->is_copy) {
		fq_script_add_name(&lx->flow->copies, (struct fq_text){"", 0});
	}
	if ((class & COMMAND_REPARSES) && !(class & COMMAND_DECLARES)) {
		simple->demand |= DEMAND_WORD;
		simple->scan = class & COMMAND_NAMES ? SCAN_NONE : SCAN_CHILD;
	}
	simple->scan = class & COMMAND_HERE ? SCAN_HERE : simple->scan;
	simple->scan = fq_text_is(text, "let") ? SCAN_ARITHMETIC : simple->scan;
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

/* $x and ${x} may not be a value; what is made to hold commands may, "${x[@]}" and "$@".
 * Where one is not quoted its words are apart, and the first of them may be `eval`. */
static void note_choosing_variables(struct script_lexer *lx, const struct script_word *word)
{
	bool is_quoted = lx->text.at[word->at] == '"';
	for (size_t i = word->first_note; i < lx->notes.count; i++) {
		struct fq_text name = lx->notes.at[i];
		bool is_array = name.at + name.len < lx->text.at + lx->at && name.at[name.len] == '[';
		if (fq_script_is_name_start(name.at[0]) && !is_array) {
			fq_script_add_sink(lx->flow, name, FLOW_CHOOSES);
		}
	}
	if (!is_quoted) {
		fq_script_demand_since(lx, word->first_use, word->first_note, DEMAND_WORD);
	}
}

/* Something we do not know: a program with a slash in its name, or anything. */
static void note_unknown_name(
        struct script_lexer *lx, struct simple_command *simple, const struct script_word *word)
{
	simple->words = 1;
	simple->is_prefix = false;
	simple->has_shell = true;
	simple->has_operand = true;
	if (!word->has_slash) {
		simple->demand |= DEMAND_WORD;
		note_choosing_variables(lx, word);
	}
}

/* --- words that are more than they seem ---------------------------------------------- */

static void note_list(struct script_lexer *lx, struct simple_command *simple, const struct script_word *word)
{
	const struct fq_variable *variable = list_variable(lx, word);
	for (uint32_t i = 0; i < variable->word_count; i++) {
		struct fq_text text = variable->words[i], name = fq_script_last_component(text);
		bool skips = simple->is_prefix && text.len && text.at[0] == '-';
		uint8_t demand;
		fq_script_program_word(&simple->program, text, &demand);
		if (!simple->program.of) {
			fq_script_begin_program(&simple->program, name, simple->words == 0);
		}
		if (simple->words && (!simple->is_prefix || skips)) {
			note_argument(lx, simple, name, word->at);
		} else {
			note_name(lx, simple, name, name.len < text.len, word->at);
		}
	}
}

/* y[0]=eval */
static void note_assigned_command(struct script_lexer *lx, const struct script_word *word)
{
	struct fq_text source = fq_script_source(lx, word);
	const char *equals = memchr(source.at, '=', source.len);
	if (word->is_assignment && equals) {
		struct fq_text value = {equals + 1, source.len - (size_t)(equals + 1 - source.at)};
		unsigned class = fq_script_command_class(fq_script_last_component(value));
		if (class & (COMMAND_SHELL | COMMAND_ANYWHERE)) {
			fq_script_add_sink(
			        lx->flow, (struct fq_text){source.at, word->name_len}, DEMAND_WORD);
		}
	}
}

void fq_script_name_word(
        struct script_lexer *lx, struct simple_command *simple, const struct script_word *word)
{
	struct fq_text text = fq_script_word_text(word);
	fq_script_note_guise(lx, simple, word);
	if (word->is_assignment || (simple->is_prefix && text.len && text.at[0] == '-')) {
		/* `command -v NAME` only looks for it. */
		note_assigned_command(lx, word);
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
		note_unknown_name(lx, simple, word);
	} else {
		note_name(lx, simple, text, word->has_slash, word->at);
	}
	if (word->has_slash) {
		fq_script_note_run(lx, word);
	}
	simple->name_at = word->at;
	simple->words = 1;
}

/* NAME of `declare -i NAME=…`: what it is given later is reckoned with. */
static void note_declared(
        struct script_lexer *lx, const struct simple_command *simple, const struct script_word *word)
{
	struct fq_text name = fq_script_identifier(lx, word->at);
	if (!name.len || name.at + name.len > lx->text.at + lx->at) {
		return;
	}
	if (simple->is_declaring_number) {
		fq_script_add_name(&lx->flow->numbers, name);
		fq_script_add_sink(lx->flow, name, FQ_DEMAND_PLAIN);
		fq_script_scan_again(lx, word->at + name.len, SCAN_ARITHMETIC);
	} else if (simple->class & COMMAND_FILLS) {
		fq_script_note_filled(lx->flow, name);
	}
}

/* A callback of mapfile is evaluated with what it read. */
static void note_callback(struct script_lexer *lx, const struct simple_command *simple, struct fq_text text)
{
	if ((simple->class & COMMAND_FILLS) && text.len > 1 && text.at[0] == '-' &&
	        memchr(text.at, 'C', text.len)) {
		lx->flow->everywhere |= DEMAND_WORD;
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
	note_callback(lx, simple, fq_script_word_text(word));
	fq_script_note_guise(lx, simple, word);
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
