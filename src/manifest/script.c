/* A task's `setup` and `command`, compiled once for all its jobs. */
#include "script.h"

#include <string.h>

static void begin(struct script_lexer *lx, struct loader *loader, struct fq_task *task,
        const struct ini_value *value, struct script_flow *flow)
{
	*lx = (struct script_lexer){.loader = loader, .task = task, .value = value, .flow = flow};
	if (value) {
		lx->text = value->text;
		lx->end = value->text.len;
	}
	lx->is_sh = task->shell == FQ_SHELL_SH;
	fq_script_lex(lx);
	if (lx->trouble) {
		fq_script_note_drawers(lx, lx->trouble_at, lx->text.len);
	}
}

static void finish(struct script_lexer *lx)
{
	fq_release(lx->marks);
	fq_release(lx->uses);
	fq_release(lx->heredocs);
	fq_release(lx->notes.at);
	fq_release(lx->whens);
	fq_release(lx->parts);
}

/* Behind the place where the walk ended, any placeholder might stand anywhere. */
static void look_behind(struct script_lexer *lx)
{
	for (size_t i = lx->trouble ? lx->trouble_at : lx->text.len; i < lx->text.len && !lx->has_refs; i++) {
		if (lx->text.at[i] == '{' && !(i && lx->text.at[i - 1] == '$')) {
			enum placeholder_kind kind =
			        fq_manifest_placeholder(lx->loader, lx->task, lx->text, i).kind;
			lx->has_refs = kind != PLACEHOLDER_NONE && kind != PLACEHOLDER_UNKNOWN;
		}
	}
}

static void complain(const struct script_lexer *lx, const char *about)
{
	const char *colon = lx->is_of_when ? "" : ": ";
	fq_manifest_complain(lx->loader, lx->value, lx->trouble_at, lx->trouble_hint, "%s%s%s",
	        lx->is_of_when ? "" : about, colon, lx->trouble);
}

/* A shell would read the command as the rest of what the setup began. */
static bool ends_in_backslash(struct fq_text text)
{
	size_t count = 0;
	while (count < text.len && text.at[text.len - 1 - count] == '\\') {
		count++;
	}
	return count % 2 == 1;
}

static void check_setup(struct script_lexer *setup)
{
	if (setup->trouble && setup->is_unfinished) {
		complain(setup, "a `setup` must be whole");
	} else if (ends_in_backslash(setup->text)) {
		fq_manifest_complain(setup->loader, setup->value, setup->text.len - 1, "remove it",
		        "a `setup` must be whole: it ends in a `\\`");
	}
}

static bool is_in_comment(const struct script_lexer *lx, size_t at)
{
	for (size_t i = 0; i < lx->mark_count; i++) {
		const struct script_mark *mark = &lx->marks[i];
		if (mark->kind == MARK_COMMENT && at >= mark->at && at < mark->at + mark->len) {
			return true;
		}
	}
	return false;
}

/* _fq and a number, even one that is put together at run time. */
static bool is_own_name(struct fq_text text, size_t at)
{
	bool begins = at == 0 ||
	              (!fq_script_is_name_start(text.at[at - 1]) && !fq_script_is_digit(text.at[at - 1]));
	at += strlen("_fq");
	while (at < text.len && strchr("\"'\\", text.at[at])) {
		at++;
	}
	return begins && at < text.len && (fq_script_is_digit(text.at[at]) || strchr("${`", text.at[at]));
}

/* Our own variables hold the values, and what is demanded of those is that of the
 * places where the placeholders stand. */
static void check_names(const struct script_lexer *lx)
{
	const char *from = lx->text.at, *end = from ? from + lx->text.len : NULL;
	for (const char *at; from && (at = memmem(from, (size_t)(end - from), "_fq", 3)); from = at + 3) {
		size_t offset = (size_t)(at - lx->text.at);
		if (is_own_name(lx->text, offset) && !is_in_comment(lx, offset)) {
			fq_manifest_complain(lx->loader, lx->value, offset,
			        "write the placeholder itself, or choose another name",
			        "names that begin with _fq are fqrun's own");
			return;
		}
	}
}

static void check_parts(struct script_parts *parts)
{
	struct script_lexer *setup = &parts->setup, *command = &parts->command;
	look_behind(setup);
	look_behind(command);
	if (setup->trouble && !setup->is_unfinished && (setup->has_refs || command->has_refs)) {
		complain(setup, "not in a script with placeholders");
	}
	if (command->trouble && (setup->has_refs || command->has_refs)) {
		complain(command, command->is_open_quote   ? "the script ends inside a quote"
		                  : command->is_unfinished ? "the script ends too early"
		                                           : "not in a script with placeholders");
	} else if (command->is_open_quote && !setup->trouble) {
		complain(command, "the script ends inside a quote"); /* no shell finds its end */
	}
	check_setup(setup);
	if (setup->has_refs || command->has_refs) {
		check_names(setup);
		check_names(command);
	}
}

static void intern(struct script_lexer *lx)
{
	for (size_t i = 0; i < lx->use_count; i++) {
		lx->uses[i].interned = fq_manifest_intern(lx->loader, lx->task, &lx->uses[i].ref);
	}
}

static void settle(struct script_lexer *lx)
{
	fq_script_settle_flow(lx->flow, lx);
	intern(lx);
}

/* An empty {r2}, or a value that nobody reported, is for a {?r2 …} alone; an input that is
 * said to be none for a {?input …}. */
static void demand_presence(struct fq_task *task, const struct script_lexer *lx)
{
	for (size_t i = 0; i < lx->use_count; i++) {
		struct fq_ref *ref = &task->refs[lx->uses[i].interned];
		bool is_needed =
		        ref->kind == FQ_REF_R1 || ref->kind == FQ_REF_R2 || ref->kind == FQ_REF_VALUE;
		if (!lx->uses[i].is_conditional && is_needed) {
			ref->demand |= FQ_DEMAND_PRESENT;
		}
		if (!lx->uses[i].is_conditional && ref->kind == FQ_REF_INPUT && task->own_input_count == 0) {
			fq_manifest_complain_at(lx->loader, lx->uses[i].ref.line, lx->uses[i].ref.column,
			        fq_arena_format(&lx->loader->manifest->arena,
			                "add `input = FILE...` to [task %s], or use {reads} or {TASK.output}",
			                task->name),
			        "{input} stands for this task's `input`, which is not set");
		}
	}
}

static bool check_size(struct loader *loader, const struct ini_value *command, size_t bytes)
{
	if (bytes > FQ_SCRIPT_BYTES_MAX) {
		fq_manifest_complain(loader, command, 0, "put it into a file and run that",
		        "a script of %zu bytes is longer than a shell takes (%d)", bytes,
		        FQ_SCRIPT_BYTES_MAX);
	}
	return bytes <= FQ_SCRIPT_BYTES_MAX;
}

void fq_manifest_compile(struct loader *loader, struct fq_task *task, const struct ini_value *setup,
        const struct ini_value *command)
{
	struct script_flow flow = {0};
	struct script_parts parts;
	if (!check_size(loader, command, command->text.len + (setup ? setup->text.len : 0))) {
		return;
	}
	begin(&parts.setup, loader, task, setup, &flow);
	begin(&parts.command, loader, task, command, &flow);
	check_parts(&parts);
	settle(&parts.setup);
	settle(&parts.command);
	demand_presence(task, &parts.setup);
	demand_presence(task, &parts.command);
	fq_script_emit(task, &loader->manifest->arena, &parts);
	fq_script_set_draws(task, &parts);
	if (!setup) {
		fq_script_make_direct(loader, task, &parts.command);
	}
	check_size(loader, command, task->script.text.len);
	finish(&parts.setup);
	finish(&parts.command);
	fq_script_flow_finish(&flow);
}
