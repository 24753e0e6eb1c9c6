/* `atomic = yes` works through {output} and {dir}: a command that names neither writes at the
 * places themselves. */
#include "internal.h"

static bool is_place(const struct fq_ref *ref)
{
	return (ref->kind == FQ_REF_OUTPUT || ref->kind == FQ_REF_DIR) && ref->part == FQ_PART_WHOLE;
}

static bool has_place(const struct fq_task *task, const struct fq_words *words)
{
	bool has = false;
	for (uint32_t i = 0; i < words->count && !has; i++) {
		for (uint32_t j = 0; j < words->words[i].count && !has; j++) {
			int32_t ref = words->words[i].pieces[j].ref;
			has = ref >= 0 && is_place(&task->refs[ref]);
		}
	}
	return has;
}

static bool names_place(const struct fq_task *task)
{
	bool names = task->builtin || has_place(task, &task->env) || has_place(task, &task->wrap) ||
	             has_place(task, &task->cwd);
	for (uint32_t i = 0; i < task->script.piece_count && !names; i++) {
		int32_t number = task->script.pieces[i].ref;
		const struct fq_ref *ref = number < 0 ? NULL : &task->refs[number];
		names = ref &&
		        (is_place(ref) || (ref->kind == FQ_REF_OPTIONS && has_place(task, &task->options)));
	}
	return names;
}

void fq_manifest_check_atomic(struct loader *loader, const struct raw_task *raw, const struct fq_task *task)
{
	const struct ini_value *atomic = raw->values[TASK_ATOMIC];
	if (task->is_atomic && loader->errors->errors == 0 && !names_place(task)) {
		fq_manifest_complain_at(loader, atomic->line, atomic->column,
		        "write `> {output}`, or `-o {dir}`: with `atomic` these are where the job writes "
		        "before its outputs are moved to their places",
		        "`atomic` of a task whose command names neither {output} nor {dir}");
	}
}
