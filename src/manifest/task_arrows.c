/* The tasks that a task waits for, and the inputs that its command implies. */
#include "internal.h"

#include <string.h>

static const unsigned reads_kinds =
        ALLOW(FQ_REF_READS) | ALLOW(FQ_REF_R1) | ALLOW(FQ_REF_R2) | ALLOW(FQ_REF_FILE);

static void add_after(struct loader *loader, struct fq_task *task, uint32_t index, uint32_t line)
{
	for (uint32_t i = 0; i < task->after_count; i++) {
		if (task->after[i].task == index) {
			return;
		}
	}
	if (!task->after) {
		task->after = fq_arena_alloc(
		        &loader->manifest->arena, loader->manifest->task_count * sizeof(*task->after));
	}
	task->after[task->after_count++] = (struct fq_after){index, line};
}

void fq_manifest_set_after(struct loader *loader, const struct raw_task *raw, struct fq_task *task)
{
	const struct ini_value *value = raw->values[TASK_AFTER];
	if (!value) {
		return;
	}
	const struct fq_manifest *manifest = loader->manifest;
	size_t count;
	const struct plain_word *words = fq_manifest_split(loader, value, &count);
	for (size_t i = 0; i < count; i++) {
		const struct fq_task *other = fq_manifest_named_task(loader, value, &words[i]);
		if (other) {
			uint32_t line = fq_ini_where(NULL, value, words[i].offset).line;
			add_after(loader, task, (uint32_t)(other - manifest->tasks), line);
		}
	}
}

static bool inputs_hold(const struct fq_task *task, unsigned kinds, uint32_t index)
{
	for (uint32_t i = 0; i < task->inputs.count; i++) {
		const struct fq_word *word = &task->inputs.words[i];
		for (uint32_t j = 0; j < word->count; j++) {
			if (word->pieces[j].ref < 0) {
				continue;
			}
			const struct fq_ref *ref = &task->refs[word->pieces[j].ref];
			if ((kinds & ALLOW(ref->kind)) && ref->index == index) {
				return true;
			}
		}
	}
	return false;
}

static void add_input(struct loader *loader, struct fq_task *task, const struct fq_ref *ref)
{
	struct fq_arena *arena = &loader->manifest->arena;
	struct fq_word *words = fq_arena_alloc(arena, (task->inputs.count + 1) * sizeof(*words));
	if (task->inputs.count) {
		memcpy(words, task->inputs.words, task->inputs.count * sizeof(*words));
	}
	struct fq_piece *piece = fq_arena_alloc(arena, sizeof(*piece));
	piece->ref = (int32_t)fq_manifest_intern(loader, task, ref);
	words[task->inputs.count] = (struct fq_word){piece, 1, false, task->line, task->column};
	task->inputs.words = words;
	task->inputs.count++;
}

/* What a command reads without saying so in `input`: reads, and other tasks' outputs. */
void fq_manifest_add_implied(struct loader *loader, struct fq_task *task)
{
	bool reads = task->builtin && !task->has_input_key;
	for (uint32_t i = 0; i < task->ref_count; i++) {
		struct fq_ref ref = task->refs[i];
		reads |= (reads_kinds & ALLOW(ref.kind)) && ref.part == FQ_PART_WHOLE;
		if (ref.kind == FQ_REF_VALUE) {
			add_after(loader, task, loader->manifest->values[ref.index].task, ref.line);
		}
		if (ref.kind != FQ_REF_TASK_OUTPUT) {
			continue;
		}
		add_after(loader, task, ref.index, ref.line);
		if (!inputs_hold(task, ALLOW(FQ_REF_TASK_OUTPUT), ref.index)) {
			ref.form = FQ_FORM_WORDS;
			ref.is_list = fq_manifest_is_list(loader, task, &ref);
			ref.demand = 0;
			add_input(loader, task, &ref);
		}
	}
	if (reads && !inputs_hold(task, ALLOW(FQ_REF_READS) | ALLOW(FQ_REF_FILE), 0)) {
		struct fq_ref ref = {.kind = FQ_REF_READS, .is_list = true, .text = "{reads}"};
		add_input(loader, task, &ref);
	}
}
