/* What to start for a job, and what to show of it. The script is its task's and
 * never changes; only the values differ. */
#include "command.h"

#include <string.h>

/* --- lists -------------------------------------------------------------------------------- */

/* The values, each behind the other with `end` after it, in a file of the job's own. */
static bool write_list(struct builder *b, const struct fq_ref *ref, char end, struct fq_buf *ret_path)
{
	uint32_t number = (uint32_t)(ref - b->at.rule->task->refs);
	fq_buf_addf(ret_path, "%s/%u", b->context->lists, number);
	b->command->wrote_lists = true;
	if (!fq_folder_make(b->context->lists, b->err)) {
		return false;
	}
	for (size_t i = 0; end != '\0' && i < b->values.bytes.len; i++) {
		if (b->values.bytes.at[i] == '\0') {
			b->values.bytes.at[i] = end;
		}
	}
	return fq_file_replace(ret_path->at, b->values.bytes.at, b->values.bytes.len, b->err);
}

/* Makes the one text that a form stands for the only value. */
static bool apply_form(struct builder *b, const struct fq_ref *ref)
{
	struct fq_buf text = {0};
	bool ok = true;
	if (ref->form == FQ_FORM_COMMA) {
		for (const char *value = NULL; (value = fq_list_next(&b->values, value));) {
			fq_buf_addf(&text, "%s%s", text.len ? "," : "", value);
		}
	} else {
		ok = write_list(b, ref, ref->form == FQ_FORM_LIST ? '\n' : '\0', &text);
	}
	fq_list_finish(&b->values);
	fq_list_add(&b->values, (struct fq_text){text.at, text.len});
	fq_buf_finish(&text);
	return ok;
}

static bool find_values(struct builder *b, const struct fq_ref *ref)
{
	fq_list_finish(&b->values);
	fq_plan_values(b->plan, b->at, ref, &b->values);
	fq_plan_make_absolute(b->plan, b->at.rule->task, ref, &b->values);
	/* What a list's file holds may be parsed as well as its name. */
	return fq_command_check_values(b, ref) &&
	       (ref->form == FQ_FORM_WORDS || (apply_form(b, ref) && fq_command_check_values(b, ref)));
}

static bool is_empty(const struct builder *b, const struct fq_ref *ref)
{
	bool may_be_none = ref->is_list && ref->kind != FQ_REF_R1 && ref->kind != FQ_REF_R2;
	return b->values.count == 0 && ref->form == FQ_FORM_WORDS && !may_be_none;
}

/* One that is used outside of {?word ...} must be there. */
static bool find_present(struct builder *b, const struct fq_ref *ref)
{
	uint32_t silent;
	if (ref->kind == FQ_REF_VALUE && fq_plan_find_silent(b->plan, b->at, ref, &silent)) {
		return fq_command_refuse_silent(b, ref, silent);
	}
	return find_values(b, ref) && (!is_empty(b, ref) || fq_command_refuse_empty(b, ref));
}

static bool may_be_empty(const struct fq_ref *ref)
{
	return ref->kind == FQ_REF_R1 || ref->kind == FQ_REF_R2 || ref->kind == FQ_REF_VALUE ||
	       ref->kind == FQ_REF_TASK_OUTPUT;
}

/* What stands in {options} must be there as if it stood in the command. */
static bool check_options(struct builder *b)
{
	const struct fq_task *task = b->at.rule->task;
	for (uint32_t i = 0; i < task->options.count; i++) {
		for (uint32_t j = 0; j < task->options.words[i].count; j++) {
			int32_t number = task->options.words[i].pieces[j].ref;
			if (number >= 0 && may_be_empty(&task->refs[number]) &&
			        !find_present(b, &task->refs[number])) {
				return false;
			}
		}
	}
	return true;
}

/* --- arguments ------------------------------------------------------------------------------ */

static void add_values(struct builder *b)
{
	for (const char *text = NULL; (text = fq_list_next(&b->values, text));) {
		fq_list_add(&b->command->argv, fq_text(text));
	}
}

/* A list behind its count; a long one as "@FILE". */
static bool add_list(struct builder *b, const struct fq_ref *ref)
{
	struct fq_buf head = {0};
	bool ok = true;
	if (b->values.bytes.len <= FQ_LIST_ARGUMENTS_BYTES) {
		fq_buf_add_number(&head, b->values.count);
		fq_list_add(&b->command->argv, (struct fq_text){head.at, head.len});
		add_values(b);
	} else {
		struct fq_buf path = {0};
		ok = write_list(b, ref, '\0', &path);
		fq_buf_addf(&head, "@%s", path.at);
		fq_list_add(&b->command->argv, (struct fq_text){head.at, head.len});
		fq_buf_finish(&path);
	}
	fq_buf_finish(&head);
	return ok;
}

static bool build_word(struct builder *b, const struct fq_word *word)
{
	const struct fq_ref *refs = b->at.rule->task->refs;
	if (word->count == 1 && word->pieces[0].ref >= 0) {
		if (!find_present(b, &refs[word->pieces[0].ref])) {
			return false;
		}
		add_values(b);
		return true;
	}
	struct fq_buf text = {0};
	bool ok = true;
	for (uint32_t i = 0; i < word->count && ok; i++) {
		const struct fq_piece *piece = &word->pieces[i];
		if (piece->ref < 0) {
			fq_buf_add_text(&text, piece->text);
		} else if ((ok = find_present(b, &refs[piece->ref]))) {
			fq_buf_puts(&text, b->values.bytes.at);
		}
	}
	fq_list_add(&b->command->argv, (struct fq_text){text.at, text.len});
	fq_buf_finish(&text);
	return ok;
}

static bool build_wrap(struct builder *b)
{
	const struct fq_words *wrap = &b->at.rule->task->wrap;
	for (uint32_t i = 0; i < wrap->count; i++) {
		if (!build_word(b, &wrap->words[i])) {
			return false;
		}
	}
	return true;
}

static bool build_shell(struct builder *b)
{
	static const char *const bash[] = {"bash", "-euo", "pipefail", "-c"};
	static const char *const sh[] = {"sh", "-eu", "-c"};
	const struct fq_task *task = b->at.rule->task;
	bool is_sh = task->shell == FQ_SHELL_SH;
	const char *const *words = is_sh ? sh : bash;
	if (!build_wrap(b)) {
		return false;
	}
	for (size_t i = 0; i < (is_sh ? FQ_COUNT(sh) : FQ_COUNT(bash)); i++) {
		fq_list_add(&b->command->argv, fq_text(words[i]));
	}
	fq_list_add(&b->command->argv, b->script->text);
	fq_list_add(&b->command->argv, fq_text("fqrun"));
	for (uint32_t i = 0; i < b->script->value_count; i++) {
		const struct fq_ref *ref = &task->refs[b->script->values[i]];
		bool must_be = !may_be_empty(ref) || (ref->demand & FQ_DEMAND_PRESENT);
		if (!(must_be ? find_present(b, ref) : find_values(b, ref))) {
			return false;
		}
		if (!ref->is_list && b->values.count == 0) {
			fq_list_add(&b->command->argv, (struct fq_text){"", 0});
		} else if (!ref->is_list) {
			add_values(b);
		} else if (!add_list(b, ref)) {
			return false;
		}
	}
	return true;
}

static bool build_direct(struct builder *b)
{
	const struct fq_words *words = &b->script->direct;
	for (uint32_t i = 0; i < words->count; i++) {
		if (!build_word(b, &words->words[i])) {
			return false;
		}
	}
	return true;
}

static bool build_builtin(struct builder *b)
{
	struct fq_list *argv = &b->command->argv;
	uint32_t sample = fq_plan_sample(b->plan, b->job);
	fq_list_add(argv, fq_text(b->context->fqrun));
	fq_list_add(argv, fq_text("fastq-stats"));
	if (sample != UINT32_MAX) {
		fq_list_add(argv, fq_text("--name"));
		fq_list_add(argv, fq_text(b->plan->manifest->samples[sample].name));
	}
	fq_list_add(argv, fq_text("-o"));
	fq_plan_values(b->plan, b->at, &(struct fq_ref){.kind = FQ_REF_OUTPUT}, argv);
	fq_list_add(argv, fq_text("--"));
	const struct fq_words *inputs = &b->at.rule->task->inputs;
	for (uint32_t i = 0; i < inputs->count; i++) {
		fq_plan_word(b->plan, b->at, &inputs->words[i], argv); /* also those that it gathers */
	}
	return true;
}

static void add_env(struct builder *b, const char *name, const char *value)
{
	struct fq_buf text = {0};
	fq_buf_addf(&text, "%s=%s", name, value);
	fq_list_add(&b->command->env, (struct fq_text){text.at, text.len});
	fq_buf_finish(&text);
}

/* A word that is no argument. */
static bool build_text(struct builder *b, const struct fq_word *word, struct fq_list *ret)
{
	struct fq_list argv = b->command->argv;
	b->command->argv = *ret;
	bool ok = build_word(b, word);
	*ret = b->command->argv;
	b->command->argv = argv;
	return ok;
}

/* The user's own come first: of two with one name, the first counts. */
static bool build_env(struct builder *b)
{
	const struct fq_task *task = b->at.rule->task;
	uint32_t sample = fq_plan_sample(b->plan, b->job);
	for (uint32_t i = 0; i < task->env.count; i++) {
		if (!build_text(b, &task->env.words[i], &b->command->env)) {
			return false;
		}
	}
	add_env(b, "FQRUN_TASK", task->name);
	if (sample != UINT32_MAX) {
		add_env(b, "FQRUN_SAMPLE", b->plan->manifest->samples[sample].name);
	}
	add_env(b, "FQRUN_VALUES", b->context->values);
	add_env(b, "TMPDIR", b->context->tmp);
	return true;
}

static bool build_cwd(struct builder *b)
{
	const struct fq_task *task = b->at.rule->task;
	struct fq_list list = {0};
	bool ok = task->cwd.count == 0 || build_text(b, &task->cwd.words[0], &list);
	if (ok && list.count) {
		fq_buf_puts(&b->command->cwd, list.bytes.at);
	}
	fq_list_finish(&list);
	return ok;
}

static bool build_words(struct builder *b)
{
	const struct fq_task *task = b->at.rule->task;
	if (task->builtin) {
		return build_builtin(b);
	}
	return b->script->is_direct && !b->context->use_shell ? build_direct(b) : build_shell(b);
}

static struct builder begin_build(struct fq_plan *plan, uint32_t job, const struct fq_job_context *context,
        struct fq_job_command *ret, struct fq_error *err)
{
	struct fq_job_at at = fq_plan_at(plan, job);
	*ret = (struct fq_job_command){0};
	return (struct builder){.plan = plan,
	        .job = job,
	        .at = at,
	        .script = &at.rule->task->script,
	        .context = context,
	        .command = ret,
	        .err = err};
}

bool fq_plan_command(struct fq_plan *plan, uint32_t job, const struct fq_job_context *context,
        struct fq_job_command *ret, struct fq_error *err)
{
	struct builder b = begin_build(plan, job, context, ret, err);
	plan->tmp = context->tmp;
	plan->aside = context->aside;
	bool ok = fq_command_check_paths(&b) && check_options(&b) && build_words(&b) && build_env(&b) &&
	          build_cwd(&b);
	plan->tmp = plan->aside = NULL;
	fq_list_finish(&b.values);
	return ok;
}

bool fq_plan_surroundings(struct fq_plan *plan, uint32_t job, const struct fq_job_context *context,
        struct fq_job_command *ret, struct fq_error *err)
{
	struct builder b = begin_build(plan, job, context, ret, err);
	plan->tmp = context->tmp;
	bool ok = build_wrap(&b) && build_env(&b) && build_cwd(&b);
	plan->tmp = NULL;
	fq_list_finish(&b.values);
	return ok;
}

/* Whether a word is the same for all jobs of its task. */
static bool is_fixed(const struct fq_task *task, const struct fq_word *word)
{
	for (uint32_t i = 0; i < word->count; i++) {
		int32_t ref = word->pieces[i].ref;
		if (ref >= 0 && task->refs[ref].kind != FQ_REF_VARIABLE) {
			return false;
		}
	}
	return true;
}

bool fq_plan_version_command(struct fq_plan *plan, const struct fq_rule *rule,
        const struct fq_job_context *context, struct fq_job_command *ret, struct fq_error *err)
{
	struct builder b = begin_build(plan, rule->first_job, context, ret, err);
	const struct fq_task *task = rule->task;
	b.script = &task->version;
	plan->tmp = context->tmp;
	bool ok = task->version.is_direct && task->wrap.count == 0 ? build_direct(&b) : build_shell(&b);
	for (uint32_t i = 0; i < task->env.count && ok; i++) {
		ok = !is_fixed(task, &task->env.words[i]) || build_text(&b, &task->env.words[i], &ret->env);
	}
	plan->tmp = NULL;
	fq_list_finish(&b.values);
	return ok;
}

void fq_job_command_finish(struct fq_job_command *command)
{
	fq_list_finish(&command->argv);
	fq_list_finish(&command->env);
	fq_buf_finish(&command->cwd);
}
