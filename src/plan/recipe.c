#include "internal.h"

/* The recipe is text that a person can compare: a line for each thing that makes
 * a task's jobs what they are, except their files. */

static bool has_blank(struct fq_text text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == ' ' || text.at[i] == '\t' || text.at[i] == '\n' || text.at[i] == '\'') {
			return true;
		}
	}
	return false;
}

static void add_words(const struct fq_task *task, const struct fq_words *words, struct fq_buf *buf)
{
	for (uint32_t i = 0; i < words->count; i++) {
		struct fq_buf word = {0};
		bool is_plain = true;
		fq_buf_puts(&word, "");
		for (uint32_t j = 0; j < words->words[i].count; j++) {
			const struct fq_piece *piece = &words->words[i].pieces[j];
			fq_buf_add_text(
			        &word, piece->ref < 0 ? piece->text : fq_text(task->refs[piece->ref].text));
			is_plain &= piece->ref >= 0 || !has_blank(piece->text);
		}
		fq_buf_putc(buf, ' ');
		if (is_plain && word.len) {
			fq_buf_add(buf, word.at, word.len);
		} else {
			fq_buf_add_quoted(
			        buf, (struct fq_text){word.at, word.len}); /* "a b" is not a and b */
		}
		fq_buf_finish(&word);
	}
	fq_buf_putc(buf, '\n');
}

static void add_key(
        const struct fq_task *task, const char *key, const struct fq_words *words, struct fq_buf *buf)
{
	if (words->count) {
		fq_buf_puts(buf, key);
		add_words(task, words, buf);
	}
}

static void add_variable(const struct fq_variable *variable, struct fq_buf *buf)
{
	fq_buf_addf(buf, "%s =", variable->name);
	for (uint32_t i = 0; i < variable->word_count; i++) {
		fq_buf_putc(buf, ' ');
		fq_buf_add_quoted(buf, variable->words[i]);
	}
	fq_buf_putc(buf, '\n');
}

/* The placeholders in the order in which their values reach the script. */
static void add_values(const struct fq_task *task, struct fq_buf *buf)
{
	fq_buf_puts(buf, "values");
	for (uint32_t i = 0; i < task->script.value_count; i++) {
		fq_buf_addf(buf, " %s", task->refs[task->script.values[i]].text);
	}
	fq_buf_putc(buf, '\n');
}

static void add_command(const struct fq_task *task, struct fq_buf *buf)
{
	if (task->builtin) {
		fq_buf_puts(buf, "builtin fastq-stats\n");
		return;
	}
	fq_buf_puts(buf, task->shell == FQ_SHELL_SH ? "shell sh\n" : "shell bash\n");
	add_values(task, buf);
	fq_buf_add_text(buf, task->script.normal);
	fq_buf_putc(buf, '\n');
}

void fq_plan_set_recipe(struct fq_plan *plan, struct fq_rule *rule)
{
	const struct fq_task *task = rule->task;
	struct fq_buf buf = {0};
	add_command(task, &buf);
	add_key(task, "env", &task->env, &buf);
	add_key(task, "wrap", &task->wrap, &buf);
	add_key(task, "options", &task->options, &buf);
	add_key(task, "cwd", &task->cwd, &buf);
	for (uint32_t i = 0; i < task->strip_count; i++) {
		fq_buf_puts(&buf, i ? " " : "strip ");
		fq_buf_add_quoted(&buf, task->strip[i]);
		fq_buf_puts(&buf, i + 1 < task->strip_count ? "" : "\n");
	}
	if (task->dir.count) {
		fq_buf_puts(&buf, "dir ");
		fq_plan_add_dir(plan, rule, &buf);
		fq_buf_putc(&buf, '\n');
	}
	for (uint32_t i = 0; i < task->ref_count; i++) {
		if (task->refs[i].kind == FQ_REF_VARIABLE) {
			add_variable(&plan->manifest->variables[task->refs[i].index], &buf);
		}
	}
	rule->recipe = (struct fq_text){fq_arena_copy(&plan->arena, buf.at, buf.len), buf.len};
	fq_digest(buf.at, buf.len, rule->digest);
	fq_buf_finish(&buf);
}
