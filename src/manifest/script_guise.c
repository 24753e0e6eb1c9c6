/* Words that are more than they seem: `{bash,-c}`, `/bin/b?sh`, /dev/stdin, a program
 * in another language, a file that the script itself has written. */
#include "script.h"

#include <string.h>

/* --- how a word is written ------------------------------------------------------------- */

/* Where a word could not be read on, the lexer is at the script's start. */
static struct fq_text whole_source(const struct script_lexer *lx, const struct script_word *word)
{
	size_t len = lx->at > word->at ? lx->at - word->at : 0;
	return (struct fq_text){lx->text.at + word->at, len};
}

struct fq_text fq_script_source(const struct script_lexer *lx, const struct script_word *word)
{
	struct fq_text source = whole_source(lx, word);
	if (source.len && strchr("\"'\\", source.at[0])) {
		source.at++;
		source.len--;
	}
	return source;
}

struct fq_text fq_script_last_component(struct fq_text text)
{
	const char *slash = text.len ? memrchr(text.at, '/', text.len) : NULL;
	size_t skip = slash ? (size_t)(slash + 1 - text.at) : 0;
	return (struct fq_text){text.at + skip, text.len - skip};
}

static const unsigned wrapping = COMMAND_WRAPS | COMMAND_FEEDS | COMMAND_PREFIX;

/* {bash,-c}: one of its words is a shell. */
static bool has_shell_in_braces(struct fq_text source)
{
	for (size_t i = 0, start = 0; i <= source.len; i++) {
		if (i < source.len && !strchr("{,}\"'\\ \t", source.at[i])) {
			continue;
		}
		struct fq_text part = {source.at + start, i - start};
		unsigned class = fq_script_command_class(fq_script_last_component(part));
		if (class & (COMMAND_SHELL | COMMAND_ANYWHERE)) {
			return true;
		}
		start = i + 1;
	}
	return false;
}

static void note_braces(
        struct script_lexer *lx, struct simple_command *simple, const struct script_word *word)
{
	struct fq_text source = fq_script_source(lx, word);
	bool is_name = simple->words == 0;
	if (word->has_brace && memchr(source.at, ',', source.len) &&
	        (is_name || has_shell_in_braces(source))) {
		simple->demand |= DEMAND_WORD;
		simple->has_shell = simple->has_operand = true;
		fq_script_demand_since(lx, word->first_use, word->first_note, DEMAND_WORD);
	}
}

/* /bin/b?sh */
static void note_pattern(struct simple_command *simple, const struct script_word *word)
{
	if (word->has_glob && !word->is_dynamic && fq_script_may_be_shell(fq_script_word_text(word))) {
		simple->has_shell = simple->has_operand = true;
		simple->demand |= simple->words == 0 ? DEMAND_WORD : 0;
	}
}

/* A value that is all of its word is the whole program of a user's variable: his own text. */
static void demand_of_program(struct script_lexer *lx, const struct script_word *word, uint8_t demand)
{
	const struct script_use *first = lx->use_count > word->first_use ? &lx->uses[word->first_use] : NULL;
	bool is_own = first && first->ref.kind == FQ_REF_VARIABLE && first->at == word->at &&
	              first->at + first->len == lx->at;
	if (!is_own || demand != FQ_DEMAND_PLAIN) {
		fq_script_demand_since(lx, word->first_use, word->first_note, demand);
	}
	if (demand == DEMAND_WORD) {
		fq_script_scan_again(lx, word->at, SCAN_CHILD);
	}
}

static void note_program(
        struct script_lexer *lx, struct simple_command *simple, const struct script_word *word)
{
	bool is_known = !word->is_dynamic && !word->has_slash;
	struct fq_text source = is_known ? fq_script_word_text(word) : fq_script_source(lx, word);
	uint8_t demand = 0;
	if (fq_script_program_word(&simple->program, source, &demand)) {
		demand_of_program(lx, word, demand);
	}
	bool is_wrapper = !simple->program.of || demand == DEMAND_WORD;
	if (is_wrapper && !word->is_dynamic && !word->is_assignment &&
	        (!(simple->class & COMMAND_BUILTIN) || (simple->class & COMMAND_PREFIX))) {
		bool is_called = simple->words == 0 || (simple->class & wrapping);
		fq_script_begin_program(&simple->program, fq_script_word_text(word), is_called);
	}
}

/* The words of a {?word …} may be options that say what they are. */
static void note_conditional(
        struct script_lexer *lx, struct simple_command *simple, const struct script_word *word)
{
	struct fq_text source = whole_source(lx, word);
	uint8_t of_program = fq_script_program_demand(&simple->program);
	bool starts = simple->has_shell || simple->is_test || simple->is_printf || of_program == DEMAND_WORD;
	if (starts || has_shell_in_braces(source)) {
		simple->demand |= DEMAND_WORD;
		simple->has_shell = simple->has_operand = true;
		of_program = DEMAND_WORD;
	}
	fq_script_demand_since(lx, word->first_use, word->first_note, of_program);
}

static void note_device(
        struct script_lexer *lx, struct simple_command *simple, const struct script_word *word)
{
	struct fq_text source = fq_script_source(lx, word);
	bool is_device =
	        source.len > 5 && (memcmp(source.at, "/dev/", 5) == 0 || memcmp(source.at, "/proc", 5) == 0);
	simple->has_device = is_device || fq_text_is(fq_script_word_text(word), "stdin");
}

/* --- files that the script writes ----------------------------------------------------------- */

/* `./"x.sh"` is x.sh. */
static struct fq_text file_of(const struct script_lexer *lx, const struct script_word *word)
{
	struct fq_text source = fq_script_source(lx, word);
	while (source.len && strchr("\"'", source.at[source.len - 1])) {
		source.len--;
	}
	if (source.len > 2 && memcmp(source.at, "./", 2) == 0) {
		source.at += 2;
		source.len -= 2;
	}
	return source;
}

void fq_script_note_file(struct script_lexer *lx, const struct script_word *word, bool is_written)
{
	fq_script_note_call(lx, file_of(lx, word));
	if (is_written) {
		fq_script_add_name(&lx->flow->written, file_of(lx, word));
	}
}

void fq_script_note_run(struct script_lexer *lx, const struct script_word *word)
{
	fq_script_add_name(&lx->flow->run, file_of(lx, word));
}

static bool is_called_script(struct fq_text name)
{
	return name.len > 3 && memcmp(name.at + name.len - 3, ".sh", 3) == 0;
}

/* A file that becomes a shell's script, or that is made executable. */
static void note_file(struct script_lexer *lx, struct simple_command *simple, const struct script_word *word)
{
	bool is_operand = (simple->has_known_shell && !simple->has_operand) ||
	                  ((simple->class & COMMAND_READS) && simple->words == 2);
	bool is_batch = fq_script_program_input(&simple->program) == DEMAND_WORD;
	bool is_command = word->has_slash && is_called_script(file_of(lx, word));
	if (is_operand || is_batch || is_command || simple->is_chmod) {
		fq_script_note_run(lx, word);
	}
	if (simple->is_tee) {
		fq_script_note_file(lx, word, true);
	}
	if (simple->is_copy) {
		fq_script_add_name(&lx->flow->copies, file_of(lx, word));
	}
}

/* `timeout 5 $x`: its words are apart, and may be `sh -c …`. */
static void note_split(struct script_lexer *lx, struct simple_command *simple, const struct script_word *word)
{
	struct fq_text source = {lx->text.at + word->at, lx->at - word->at};
	if ((simple->class & wrapping) && word->is_dynamic && !memchr(source.at, '"', source.len)) {
		for (size_t i = word->first_note; i < lx->notes.count; i++) {
			if (!fq_text_is(lx->notes.at[i], "PWD")) { /* docker run -v $PWD:/data */
				fq_script_add_sink(lx->flow, lx->notes.at[i], DEMAND_WORD);
			}
		}
	}
}

/* What the word is, beside its text; before that is looked at. */
void fq_script_note_guise(
        struct script_lexer *lx, struct simple_command *simple, const struct script_word *word)
{
	if (word->is_conditional) {
		note_conditional(lx, simple, word);
		return;
	}
	fq_script_note_call(lx, file_of(lx, word));
	note_split(lx, simple, word);
	note_file(lx, simple, word);
	note_program(lx, simple, word);
	note_braces(lx, simple, word);
	note_pattern(simple, word);
	note_device(lx, simple, word);
}
