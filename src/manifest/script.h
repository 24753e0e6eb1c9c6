/* Inside script*.c: how a command is compiled.
 *
 * A script is walked once, by a lexer that knows where in a shell's grammar it
 * stands. The walk changes nothing: it leaves marks (what to replace, what is no
 * part of the meaning) and uses (each placeholder with its context and demand).
 * script_emit.c writes the texts from these, so that quoting is decided once.
 *
 *   script.c           a task's setup and command: walk, settle, emit
 *   script_lexer.c     what all of them use
 *   script_list.c      lists of commands: operators, compound commands, `case`
 *   script_state.c     what comes next in such a list
 *   script_simple.c    one simple command: which of its words are parsed again
 *   script_guise.c     words that are more than they seem
 *   script_word.c      a word: quotes, subscripts, arrays
 *   script_expand.c    what begins with `$`, and backticks
 *   script_reckon.c    arithmetic, subscripts, [[ ]]
 *   script_redirect.c  redirections and here-documents
 *   script_place.c     one placeholder: may it stand here, and as what
 *   script_when.c      {?word …}: words that are there only if a value is
 *   script_flow.c      variables of the script that carry a value to a second parse
 *   script_again.c     what a text says that a shell is to parse once more
 *   script_program.c   programs that take a program of their own language
 *   script_commands.c  the names that shells give a meaning to
 *   script_emit.c      the constant text, its normal form, the pieces for people
 *   script_direct.c    commands that need no shell
 *   script_draws.c     programs that share our tokens: make, ninja and their like
 *
 * What the lexer is not sure of is `trouble`: a script with placeholders is
 * refused for it, one without is passed on as it is. */
#ifndef FQRUN_MANIFEST_SCRIPT_H
#define FQRUN_MANIFEST_SCRIPT_H

#include "internal.h"
#include "script_flow.h"

enum { DEMAND_WORD = FQ_DEMAND_PLAIN | FQ_DEMAND_NO_BLANK };

/* --- what the walk leaves behind ------------------------------------------- */

enum mark_kind {
	MARK_USE,     /* becomes a reference: uses[index] */
	MARK_LITERAL, /* {{word}} becomes {word} */
	MARK_COMMENT,
	MARK_BLANKS,
	MARK_NEWLINE,
	MARK_WHEN, /* {?word …}: whens[index] */
};

struct script_mark {
	size_t at, len;
	uint32_t kind, index;
};

struct script_use {
	size_t at, len;
	struct fq_ref ref;
	struct fq_text carrier; /* the variable that is assigned from this word */
	uint32_t interned;      /* index into the task's refs, once settled */
	uint8_t context;
	bool is_target;      /* the file of a redirection: its name goes nowhere else */
	bool is_direct;      /* all that the carrier holds, not what a command made of it */
	bool is_conditional; /* of a {?word …} */
};

/* {?word …}: the words of it, each of parts, if the value of `use` is not empty. */
struct script_when {
	size_t at, inner_at, use;
	size_t first_part, part_count;
};
struct script_when_part {
	bool begins_word; /* and is nothing else */
	size_t use;       /* 1 + its index; 0: `literal` */
	struct fq_text literal;
};

struct script_heredoc {
	struct fq_text word; /* the line that ends it */
	size_t at;
	bool strips_tabs, is_quoted;
	uint8_t demand;
};

/* Why a placeholder may not stand where it does: "… may not stand WHERE". */
struct script_reason {
	const char *where, *hint;
};

/* --- the lexer ---------------------------------------------------------------- */

struct script_lexer {
	struct loader *loader;
	struct fq_task *task;
	const struct ini_value *value; /* the key's value; a zeroed one has no text */
	struct fq_text text;
	size_t at, end;     /* end: of the text, or of the here-document that is being read */
	size_t own_jobs_at; /* of a -jN behind a make; 0: none, for a make stands before it */
	unsigned depth;
	bool is_sh;
	bool has_refs; /* a placeholder stands somewhere outside comments */
	bool in_heredoc;

	/* The first thing that is not understood; the walk ends there. */
	const char *trouble, *trouble_hint;
	bool is_of_when; /* the trouble stands in a {?…} */
	size_t trouble_at;
	bool is_unfinished; /* the text ended too early, */
	bool is_open_quote; /* within a quote */
	uint8_t draws;      /* a set of 1 << enum fq_draws: what its words are names of */

	/* What holds for a placeholder here, whatever it is: */
	const struct script_reason *forbidden;
	uint8_t demand;
	uint8_t outer_demand; /* of the words around a redirection's target */
	struct fq_text carrier;
	bool is_target;
	bool is_indirect;       /* within a $( ) of what is assigned to the carrier */
	uint8_t process_demand; /* within a <( ) that stands for a script */

	struct script_flow *flow; /* shared by setup and command */
	struct flow_names notes;  /* each use of a variable so far */
	struct script_mark *marks;
	struct script_use *uses;
	struct script_when *whens;
	struct script_when_part *parts;
	size_t when_count, when_cap, part_count, part_cap;
	struct script_heredoc *heredocs; /* whose bodies are still to come */
	size_t mark_count, mark_cap, use_count, use_cap, heredoc_count, heredoc_cap;
};

enum { DEEPEST = 100 };

static inline bool fq_script_more(const struct script_lexer *lx)
{
	return lx->at < lx->end;
}

/* The byte that many ahead, NUL beyond the end (a manifest holds none). */
static inline char fq_script_peek(const struct script_lexer *lx, size_t ahead)
{
	return lx->at + ahead < lx->end ? lx->text.at[lx->at + ahead] : '\0';
}

static inline bool fq_script_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool fq_script_is_name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static inline bool fq_script_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Bytes that end a word. */
static inline bool fq_script_is_meta(char c)
{
	return c == '\0' || c == ' ' || c == '\t' || c == '\n' || c == ';' || c == '&' || c == '|' ||
	       c == '<' || c == '>' || c == '(' || c == ')';
}

bool fq_script_looks_at(const struct script_lexer *lx, const char *string);
struct fq_text fq_script_identifier(const struct script_lexer *lx, size_t at); /* may be empty */
void fq_script_mark(struct script_lexer *lx, enum mark_kind kind, size_t at, size_t len, uint32_t index);

/* Ends the walk: not understood, or the text ended too early. Always false. */
bool fq_script_fail(struct script_lexer *lx, size_t at, const char *trouble, const char *hint);
bool fq_script_fail_open(struct script_lexer *lx, size_t at, const char *trouble, const char *hint);

/* A `\` and a newline; false for any other place. */
bool fq_script_continuation(struct script_lexer *lx);

void fq_script_blanks(struct script_lexer *lx);
void fq_script_comment(struct script_lexer *lx);

/* The whole text, or a nested one from behind `(` to behind its `)`. */
void fq_script_lex(struct script_lexer *lx);
void fq_script_lex_nested(struct script_lexer *lx, bool is_substitution);

/* --- words (script_word.c, script_expand.c) ------------------------------------ */

enum word_place {
	WORD_COMMAND, /* an assignment or the command's name */
	WORD_ARGUMENT,
	WORD_DECLARED, /* of `export`, `local`: may be an assignment */
	WORD_ITEM,     /* of `for x in` or an array */
	WORD_TARGET,   /* of a redirection, or a here-string */
	WORD_CASE,     /* what is compared, and a pattern */
	WORD_NAME,     /* of `for` or a function */
};

struct script_word {
	enum word_place place;
	size_t at;
	size_t name_len;     /* NAME of NAME= or NAME[; 0: none */
	bool is_assignment;  /* NAME= or NAME+= */
	bool is_plain;       /* no quote, no expansion, no placeholder: may be reserved */
	bool is_dynamic;     /* its last path component is known at run time alone */
	bool is_conditional; /* it is a {?word …} */
	bool is_open;        /* what it begins with is, too, and may be an option */
	uint8_t demand;      /* of what stands in it directly, not in a $( ) of it */
	bool has_slash, has_brace, has_glob;
	size_t first_use, first_note; /* what stands in it begins there */
	size_t chooser;               /* 1 + the use that may not choose a program; 0: none */
	size_t list;                  /* 1 + the use that is a list and this whole word */
	char text[40];                /* the last path component, as far as it is known */
	size_t len;                   /* may exceed the room: then it is no name we know */
};

void fq_script_word(struct script_lexer *lx, struct script_word *word);
struct fq_text fq_script_word_text(const struct script_word *word); /* empty if too long */
void fq_script_word_add(struct script_word *word, char c);

/* NAME= or NAME[ at the lexer's place. */
struct fq_text fq_script_assigned(const struct script_lexer *lx, bool *ret_is_assignment);

void fq_script_single(struct script_lexer *lx, struct script_word *word); /* from its `'` */
void fq_script_double(struct script_lexer *lx, struct script_word *word); /* from its `"` */
void fq_script_dollar(struct script_lexer *lx, struct script_word *word, bool in_double);
void fq_script_backticks(struct script_lexer *lx, struct script_word *word);
void fq_script_arithmetic(struct script_lexer *lx, bool has_semicolons); /* from behind `((` to behind `))` */
void fq_script_subscript(struct script_lexer *lx);                       /* from its `[` to behind `]` */
void fq_script_condition(struct script_lexer *lx);                       /* from its `[[` to behind `]]` */

/* At a `{` that is one or the other. */
void fq_script_brace(struct script_lexer *lx, enum fq_context context);
/* At a `{`: takes a placeholder and says true, or leaves the brace to the caller. */
bool fq_script_placeholder(struct script_lexer *lx, enum fq_context context, struct script_word *word);

/* A use of what stands at the lexer's place; its index. Marks nothing. */
size_t fq_script_add_use(struct script_lexer *lx, enum fq_context context, const struct script_word *word,
        const struct placeholder *p);
/* Complains of a list; false. */
bool fq_script_refuse_list(struct script_lexer *lx, const struct fq_ref *ref);

/* --- {?word …} (script_when.c) --------------------------------------------------------- */

/* At a `{`: takes a conditional and says true, or leaves the brace to the caller. */
bool fq_script_take_when(struct script_lexer *lx, enum fq_context context, struct script_word *word);
/* Its text; numbers[i]: N of _fqN, of each of the task's refs. */
void fq_script_put_when(const struct script_lexer *lx, const struct script_when *when,
        const uint32_t *numbers, struct fq_buf *text);

/* --- texts that are parsed again (script_again.c) --------------------------------- */

/* By whom: by no one; as arithmetic; by this shell; by another, which knows the
 * exported variables alone. */
enum scan_kind { SCAN_NONE, SCAN_ARITHMETIC, SCAN_HERE, SCAN_CHILD };
/* From that place to the lexer's: sinks for the variables that it would parse once more. */
void fq_script_scan_again(struct script_lexer *lx, size_t from, enum scan_kind kind);
/* The same of a text that the carrier gets, if ever it is parsed. */
void fq_script_scan_carried(struct script_lexer *lx, size_t from);

/* --- programs in other languages (script_program.c) --------------------------------- */

struct script_program_state {
	const struct script_program *of; /* NULL: none */
	unsigned operands, skip;         /* operands so far; words that belong to an option */
	bool is_next;                    /* the next word is a program */
	bool has_program;
	bool is_certain; /* it is called, and no mere word of the arguments */
};
/* Where a word that is known names a program that we know. */
void fq_script_begin_program(struct script_program_state *state, struct fq_text name, bool is_certain);
/* The next word; true: it is or holds a program, which demands *ret. */
bool fq_script_program_word(struct script_program_state *state, struct fq_text source, uint8_t *ret);
/* What it reads must hold that, because it is its program. */
uint8_t fq_script_program_input(const struct script_program_state *state);
/* Of any program of it; 0 without one. */
uint8_t fq_script_program_demand(const struct script_program_state *state);

/* --- simple commands (script_simple.c) ------------------------------------------- */

struct simple_command {
	uint32_t words;
	unsigned class;               /* COMMAND_… flags of its name */
	uint8_t demand;               /* of the words to come */
	uint8_t next_demand;          /* of the next word alone */
	bool is_prefix;               /* `env`, `exec`: the command's name is still to come */
	bool has_shell;               /* bash, sh, … stands somewhere in it */
	bool is_shell, has_operand;   /* its name is a shell; what that runs is an argument */
	bool takes_input, skips_next; /* bash -s; bash -o OPTION */
	bool is_test, is_printf, is_chmod, is_tee, is_copy;
	bool is_declaring_number;  /* declare -i, -n */
	bool is_piped, has_string; /* stands behind a `|`; has a here-string */
	bool has_feeder;           /* xargs, find: what they read becomes arguments */
	bool has_device;           /* its operand is /dev/stdin or its like */
	bool has_known_shell;      /* one that is named */
	enum scan_kind scan;       /* how the words to come are read again */
	struct script_program_state program;
	size_t first_use, first_note, first_heredoc, name_at, string_use, string_note;
};

void fq_script_begin_simple(struct script_lexer *lx, struct simple_command *simple);
void fq_script_end_simple(struct script_lexer *lx, const struct simple_command *simple);
/* A word of it: its name, or an argument. */
void fq_script_name_word(
        struct script_lexer *lx, struct simple_command *simple, const struct script_word *word);
void fq_script_argument_word(
        struct script_lexer *lx, struct simple_command *simple, const struct script_word *word);

/* --- words of it (script_guise.c) --------------------------------------------------- */

/* As written, without the quote that it begins with. */
struct fq_text fq_script_source(const struct script_lexer *lx, const struct script_word *word);
struct fq_text fq_script_last_component(struct fq_text text);
void fq_script_note_guise(
        struct script_lexer *lx, struct simple_command *simple, const struct script_word *word);
/* A file that the script reads or writes, or runs: what it has written may hold any value. */
void fq_script_note_file(struct script_lexer *lx, const struct script_word *word, bool is_written);
void fq_script_note_run(struct script_lexer *lx, const struct script_word *word);

/* --- redirections (script_redirect.c) -------------------------------------------- */

void fq_script_redirection(struct script_lexer *lx, struct simple_command *simple);
void fq_script_bodies(struct script_lexer *lx); /* of here-documents, behind the newline */

/* --- lists (script_list.c, script_state.c) ---------------------------------------- */

enum expected {
	EXPECT_COMMAND, /* reserved words, assignments, a command's name */
	EXPECT_ARGUMENT,
	EXPECT_FOR_NAME,
	EXPECT_FOR_IN,
	EXPECT_FOR_ITEM,
	EXPECT_CASE_WORD,
	EXPECT_CASE_IN,
	EXPECT_PATTERN,
	EXPECT_FUNCTION_NAME,
};

/* One list of commands: the script, or what stands in one pair of parentheses. */
struct script_list {
	enum expected expected;
	bool is_nested, is_substitution;
	bool is_pattern_start;
	unsigned cases; /* how many are open */
	size_t first_heredoc;
	struct fq_text loop_name;
	struct simple_command simple;
};

enum word_place fq_script_place_of(const struct script_list *list);
/* The list's state behind that word. */
void fq_script_end_word(struct script_lexer *lx, struct script_list *list, const struct script_word *word);

/* --- names (script_commands.c) ----------------------------------------------------- */

enum {
	COMMAND_RESERVED = 1,
	COMMAND_BUILTIN = 2,
	COMMAND_REPARSES = 4,  /* its arguments are parsed a second time */
	COMMAND_READS = 8,     /* and so is what it reads */
	COMMAND_ANYWHERE = 16, /* wherever in a command it stands */
	COMMAND_DECLARES = 32, /* its arguments may be assignments */
	COMMAND_PREFIX = 64,   /* the next word is a command's name */
	COMMAND_SHELL = 128,
	COMMAND_NAMES = 256,  /* its arguments are names of variables, */
	COMMAND_FILLS = 512,  /* which it fills with what it reads */
	COMMAND_FEEDS = 1024, /* what it reads or finds becomes arguments of a command */
	COMMAND_HERE = 2048,  /* its arguments are parsed by this shell */
	COMMAND_WRAPS = 4096, /* a command is among its arguments */
};
unsigned fq_script_command_class(struct fq_text name);
/* Whether `name`, a pattern of files' names, may become a shell's. */
bool fq_script_may_be_shell(struct fq_text pattern);
/* Variables that a shell parses by itself: BASH_ENV, PS4, RANDOM, … */
bool fq_script_is_parsed_variable(struct fq_text name);

/* --- flow, emit, direct -------------------------------------------------------------- */

struct script_parts {
	struct script_lexer setup, command;
};
void fq_script_emit(struct fq_task *task, struct fq_arena *arena, const struct script_parts *parts);
void fq_script_make_direct(struct loader *loader, struct fq_task *task, const struct script_lexer *lx);

/* script_draws.c: the word from there to the lexer's place. */
void fq_script_note_drawer(struct script_lexer *lx, size_t from);
/* The words of what is not followed. */
void fq_script_note_drawers(struct script_lexer *lx, size_t from, size_t to);
/* What all of them come to. */
void fq_script_set_draws(struct fq_task *task, const struct script_parts *parts);

#endif
