/* What a word means in a list of commands, and what may stand behind it. */
#include "script.h"

static void begin_case(struct script_lexer *lx, struct script_list *list, const struct script_word *word)
{
	if (list->is_substitution) {
		fq_script_fail(lx, word->at, "`case` inside $( )",
		        "put it in a function in front, and call that inside $( )");
		return;
	}
	list->cases++;
	list->expected = EXPECT_CASE_WORD;
}

/* Reserved words, where a command may begin; false for any other word. */
static bool take_reserved(struct script_lexer *lx, struct script_list *list, const struct script_word *word)
{
	struct fq_text text = fq_script_word_text(word);
	if (!word->is_plain || word->has_slash || !(fq_script_command_class(text) & COMMAND_RESERVED)) {
		return false;
	}
	if (fq_text_is(text, "for") || fq_text_is(text, "select")) {
		list->expected = EXPECT_FOR_NAME;
	} else if (fq_text_is(text, "case")) {
		begin_case(lx, list, word);
	} else if (fq_text_is(text, "function") && lx->is_sh) {
		fq_script_fail(lx, word->at, "sh has no `function`", "write NAME() { ...; }");
	} else if (fq_text_is(text, "function")) {
		list->expected = EXPECT_FUNCTION_NAME;
	} else if (fq_text_is(text, "esac")) {
		list->cases -= list->cases > 0;
	} else if (fq_text_is(text, "time")) {
		list->simple.is_prefix = true;
	}
	return true;
}

static void end_command_word(
        struct script_lexer *lx, struct script_list *list, const struct script_word *word)
{
	if (!take_reserved(lx, list, word)) {
		fq_script_name_word(lx, &list->simple, word);
		list->expected =
		        list->simple.words && !list->simple.is_prefix ? EXPECT_ARGUMENT : EXPECT_COMMAND;
	}
}

static void end_pattern_word(struct script_list *list, const struct script_word *word)
{
	if (list->is_pattern_start && word->is_plain && fq_text_is(fq_script_word_text(word), "esac")) {
		list->cases--;
		list->expected = EXPECT_COMMAND;
	}
	list->is_pattern_start = false;
}

/* `for NAME` without `in` takes the arguments. */
static bool has_in(const struct script_lexer *lx)
{
	size_t ahead = 0;
	while (fq_script_is_blank(fq_script_peek(lx, ahead)) || fq_script_peek(lx, ahead) == '\n') {
		ahead++;
	}
	return fq_script_peek(lx, ahead) == 'i' && fq_script_peek(lx, ahead + 1) == 'n';
}

/* What the word was decides what comes next. */
void fq_script_end_word(struct script_lexer *lx, struct script_list *list, const struct script_word *word)
{
	struct fq_text text = fq_script_word_text(word);
	switch (list->expected) {
	case EXPECT_COMMAND:
		end_command_word(lx, list, word);
		break;
	case EXPECT_ARGUMENT:
		fq_script_argument_word(lx, &list->simple, word);
		break;
	case EXPECT_FOR_NAME:
		list->loop_name = (struct fq_text){lx->text.at + word->at, lx->at - word->at};
		if (!has_in(lx)) {
			fq_script_note_filled(lx->flow, list->loop_name);
		}
		list->expected = EXPECT_FOR_IN;
		break;
	case EXPECT_FOR_IN:
		list->expected = fq_text_is(text, "in") ? EXPECT_FOR_ITEM : EXPECT_COMMAND;
		break;
	case EXPECT_CASE_WORD:
		list->expected = EXPECT_CASE_IN;
		break;
	case EXPECT_CASE_IN:
		list->expected = EXPECT_PATTERN;
		list->is_pattern_start = true;
		break;
	case EXPECT_PATTERN:
		end_pattern_word(list, word);
		break;
	case EXPECT_FUNCTION_NAME:
		fq_script_note_function(
		        lx->flow, (struct fq_text){lx->text.at + word->at, lx->at - word->at});
		list->expected = EXPECT_COMMAND;
		break;
	case EXPECT_FOR_ITEM:
		break;
	}
}

enum word_place fq_script_place_of(const struct script_list *list)
{
	switch (list->expected) {
	case EXPECT_COMMAND:
		return WORD_COMMAND;
	case EXPECT_ARGUMENT:
		return list->simple.class & COMMAND_DECLARES ? WORD_DECLARED : WORD_ARGUMENT;
	case EXPECT_FOR_ITEM:
		return WORD_ITEM;
	case EXPECT_FOR_NAME:
	case EXPECT_FUNCTION_NAME:
		return WORD_NAME;
	default:
		return WORD_CASE;
	}
}
