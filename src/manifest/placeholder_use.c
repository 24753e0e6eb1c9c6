/* Whether a task has what a placeholder names, and how many things that is. */
#include "internal.h"

/* --- how many things it stands for ------------------------------------------------- */

bool fq_manifest_are_list(const struct fq_task *task, const struct fq_words *words, uint32_t count)
{
	if (count != 1) {
		return true;
	}
	const struct fq_word *word = &words->words[0];
	return word->count == 1 && word->pieces[0].ref >= 0 && task->refs[word->pieces[0].ref].is_list;
}

/* Whether a job of `task` takes in several of `maker`. */
static bool gathers(const struct loader *loader, const struct fq_task *maker, const struct fq_task *task)
{
	enum fq_relation relation = fq_units_relation(loader->manifest, maker->per, task->per);
	return relation == FQ_RELATION_FAN_IN || relation == FQ_RELATION_NONE;
}

bool fq_manifest_is_list(const struct loader *loader, const struct fq_task *task, const struct fq_ref *ref)
{
	switch (ref->kind) {
	case FQ_REF_READS:
		return true;
	case FQ_REF_R1:
	case FQ_REF_R2:
		return task->per >= FQ_PER_COHORT || (task->per == FQ_PER_SAMPLE && loader->multiple_lanes);
	case FQ_REF_OPTIONS:
		return true;
	case FQ_REF_INPUT:
		return fq_manifest_are_list(task, &task->inputs, task->own_input_count) ||
		       task->inputs.words[0].is_optional;
	case FQ_REF_OUTPUT:
		return fq_manifest_are_list(task, &task->outputs, task->outputs.count);
	case FQ_REF_VARIABLE:
		return loader->manifest->variables[ref->index].word_count != 1;
	case FQ_REF_TASK_OUTPUT: {
		const struct fq_task *maker = &loader->manifest->tasks[ref->index];
		return gathers(loader, maker, task) ||
		       fq_manifest_are_list(maker, &maker->outputs, maker->outputs.count);
	}
	case FQ_REF_VALUE:
		return gathers(
		        loader, &loader->manifest->tasks[loader->manifest->values[ref->index].task], task);
	default:
		return false;
	}
}

/* --- whether this task has such a thing at all -------------------------------------- */

static bool lies_in(const struct loader *loader, const struct fq_task *task, uint32_t per)
{
	enum fq_relation relation = fq_units_relation(loader->manifest, task->per, per);
	return relation == FQ_RELATION_SAME || relation == FQ_RELATION_FAN_IN;
}

static struct placeholder check_unit(struct loader *loader, const struct fq_task *task, struct placeholder p)
{
	switch (p.ref.kind) {
	case FQ_REF_SAMPLE:
		if (!lies_in(loader, task, FQ_PER_SAMPLE)) {
			return fq_manifest_wrong(p,
			        task->per == FQ_PER_COHORT
			                ? "{sample} is one sample's name, but this task runs once for all"
			                : "{sample} is one sample's name, but this task gathers several",
			        "write `per = sample`");
		}
		break;
	case FQ_REF_LANE:
		if (!lies_in(loader, task, FQ_PER_LANE)) {
			return fq_manifest_wrong(p, "{lane} needs a job for each lane", "write `per = lane`");
		}
		break;
	default:
		if (task->per != FQ_PER_FILE) {
			return fq_manifest_wrong(
			        p, "{file} and {read} need a job for each file", "write `per = file`");
		}
		break;
	}
	return p;
}

/* The template may be a preset's: the hint says whose key it is. */
static struct placeholder check_keys(struct loader *loader, const struct fq_task *task, struct placeholder p)
{
	struct fq_arena *arena = &loader->manifest->arena;
	if (p.ref.kind == FQ_REF_DIR && task->dir.count == 0) {
		return fq_manifest_wrong(p, "{dir} stands for this task's `dir`, which is not set",
		        fq_arena_format(arena, "add `dir = FOLDER` to [task %s]", task->name));
	}
	if (p.ref.kind == FQ_REF_INPUT && !task->has_input_key) {
		return fq_manifest_wrong(p, "{input} stands for this task's `input`, which is not set",
		        fq_arena_format(arena,
		                "add `input = FILE...` to [task %s], or use {reads} or {TASK.output}",
		                task->name));
	}
	if (p.ref.kind == FQ_REF_OUTPUT && task->outputs.count == 0) {
		return fq_manifest_wrong(p, "{output} stands for this task's `output`, which is not set",
		        fq_arena_format(arena, "add `output = FILE...` to [task %s]", task->name));
	}
	return p;
}

/* A unit must have one value in the column. */
static struct placeholder check_column(
        struct loader *loader, const struct fq_task *task, struct placeholder p)
{
	const struct fq_manifest *manifest = loader->manifest;
	const char *name = manifest->columns[p.ref.index].name;
	struct fq_arena *arena = &loader->manifest->arena;
	if (task->per == FQ_PER_COHORT) {
		return fq_manifest_wrong(p,
		        fq_arena_format(
		                arena, "{%s} is one row's cell, but this task runs once for all", name),
		        fq_arena_format(arena, "write `per = sample`, or `per = %s`", name));
	}
	uint32_t lane = fq_manifest_split_lane(manifest, task->per, p.ref.index);
	if (lane == UINT32_MAX) {
		return p;
	}
	const struct fq_sample *sample = &manifest->samples[manifest->lanes[lane].sample];
	const char *place = fq_manifest_place(loader, manifest->lanes[lane].line, task->line);
	return fq_manifest_wrong(p,
	        fq_arena_format(arena, "{%s} differs between the rows of one %s: sample \"%s\", %s", name,
	                fq_per_name(manifest, task->per), sample->name, place),
	        "write `per = lane`, or let all rows agree");
}

static struct placeholder check_maker(struct loader *loader, const struct fq_task *task, struct placeholder p)
{
	const struct fq_manifest *manifest = loader->manifest;
	struct fq_arena *arena = &loader->manifest->arena;
	bool is_value = p.ref.kind == FQ_REF_VALUE;
	const struct fq_task *maker =
	        &manifest->tasks[is_value ? manifest->values[p.ref.index].task : p.ref.index];
	if (maker == task) {
		return fq_manifest_wrong(p, "a task cannot wait for itself",
		        is_value ? "a value is of a task that has ended"
		                 : "{output} is the task's own output");
	}
	/* Of one whose preset is unknown nobody knows what it makes: that was said. */
	bool is_unknown = loader->tasks[maker - manifest->tasks].is_incomplete;
	if (!is_value && maker->outputs.count == 0 && !is_unknown) {
		return fq_manifest_wrong(p, "that task has no `output`", "wait for it with `after`");
	}
	if (fq_units_relation(manifest, maker->per, task->per) == FQ_RELATION_NONE) {
		const char *split = fq_manifest_split_unit(loader, maker->per, task->per);
		return fq_manifest_wrong(p,
		        fq_arena_format(arena, "the units of the two tasks cut each other: %s", split),
		        "`after` waits for all of them");
	}
	if (is_value && maker->builtin && !fq_manifest_is_reported(manifest->values[p.ref.index].name)) {
		return fq_manifest_wrong(p,
		        fq_arena_format(arena, "fastq-stats reports no value \"%s\"",
		                manifest->values[p.ref.index].name),
		        fq_manifest_reported_hint());
	}
	return p;
}

struct placeholder fq_manifest_check_use(
        struct loader *loader, const struct fq_task *task, struct placeholder p)
{
	switch (p.ref.kind) {
	case FQ_REF_SAMPLE:
	case FQ_REF_LANE:
	case FQ_REF_FILE:
	case FQ_REF_READ:
		return check_unit(loader, task, p);
	case FQ_REF_DIR:
	case FQ_REF_INPUT:
	case FQ_REF_OUTPUT:
		return check_keys(loader, task, p);
	case FQ_REF_COLUMN:
		return check_column(loader, task, p);
	case FQ_REF_TASK_OUTPUT:
	case FQ_REF_VALUE:
		return check_maker(loader, task, p);
	default:
		return p;
	}
}
