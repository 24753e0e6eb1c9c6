/* What jobs left that were cut off with their run: it goes before anything is looked at,
 * also what is of tasks and samples that are in the manifest no more. */
#include "internal.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* --- what must stay ------------------------------------------------------------------------- */

/* The files that jobs of today read, by what they are. Samples' files are none of these. */
struct inputs {
	struct fq_map map;
	struct inode {
		uint64_t device, number;
	} * files;
	size_t count, cap;
	bool are_known;
};

struct sweep {
	struct fq_run *run;
	struct inputs inputs;
};

static bool same_inode(uint32_t index, const void *context)
{
	const struct inode *const *two = context;
	return two[0][index].device == two[1]->device && two[0][index].number == two[1]->number;
}

/* Whether the word names a file of its own for each job, that no sample has and no job makes. */
static bool differs(const struct fq_task *task, const struct fq_word *word)
{
	enum { SAME = 1 << FQ_REF_VARIABLE | 1 << FQ_REF_DIR };
	enum {
		KNOWN = 1 << FQ_REF_READS | 1 << FQ_REF_R1 | 1 << FQ_REF_R2 | 1 << FQ_REF_FILE |
		        1 << FQ_REF_TASK_OUTPUT
	};
	bool is = false;
	for (uint32_t i = 0; i < word->count && !is; i++) {
		const struct fq_ref *ref = word->pieces[i].ref < 0 ? NULL : &task->refs[word->pieces[i].ref];
		bool is_whole = ref && word->count == 1 && ref->part == FQ_PART_WHOLE;
		is = ref && !(1U << ref->kind & (is_whole ? SAME | KNOWN : SAME));
	}
	return is;
}

static void add_inputs(struct sweep *sweep, uint32_t job)
{
	struct inputs *inputs = &sweep->inputs;
	struct fq_list paths = {0};
	struct stat file;
	fq_plan_inputs(sweep->run->plan, job, &paths);
	for (const char *path = NULL; (path = fq_list_next(&paths, path));) {
		if (stat(path, &file) == 0) {
			inputs->files = fq_grow(
			        inputs->files, &inputs->cap, inputs->count + 1, sizeof(*inputs->files));
			struct inode *inode = &inputs->files[inputs->count];
			*inode = (struct inode){(uint64_t)file.st_dev, (uint64_t)file.st_ino};
			fq_map_add(&inputs->map, fq_hash(inode, sizeof(*inode)), (uint32_t)inputs->count++);
		}
	}
	fq_list_finish(&paths);
}

static void find_inputs(struct sweep *sweep)
{
	const struct fq_plan *plan = sweep->run->plan;
	sweep->inputs.are_known = true;
	for (uint32_t i = 0; i < plan->rule_count; i++) {
		const struct fq_rule *rule = &plan->rules[i];
		bool all = false;
		for (uint32_t j = 0; j < rule->task->inputs.count && !all; j++) {
			all = differs(rule->task, &rule->task->inputs.words[j]);
		}
		for (uint32_t j = 0; j < rule->job_count && (all || j == 0); j++) {
			add_inputs(sweep, rule->first_job + j);
		}
	}
}

static bool is_kept_file(const char *path, const struct stat *file, void *context)
{
	struct stat behind;
	(void)file;
	if (stat(path, &behind) != 0) {
		return errno != ENOENT && errno != ENOTDIR && errno != ELOOP; /* who knows what it is */
	}
	return fq_run_is_input(context, UINT32_MAX, &behind);
}

static bool is_input_file(const char *path, const struct stat *file, void *context)
{
	struct sweep *sweep = context;
	struct stat behind;
	(void)file;
	if (!sweep->inputs.are_known) {
		find_inputs(sweep);
	}
	if (stat(path, &behind) != 0) {
		return false;
	}
	struct inode inode = {(uint64_t)behind.st_dev, (uint64_t)behind.st_ino};
	const struct inode *const two[] = {sweep->inputs.files, &inode};
	return fq_map_find(&sweep->inputs.map, fq_hash(&inode, sizeof(inode)), same_inode, two) != NULL;
}

/* A sample's file, the manifest, or what jobs read and none makes: not ours to take away,
 * whatever the journal says. */
static bool must_stay(struct sweep *sweep, const char *path)
{
	return fq_run_any_file(path, is_kept_file, sweep->run) ||
	       (fq_run_any_file(path, is_input_file, sweep) && !fq_run_is_made(sweep->run, path));
}

/* --- folders beside outputs ------------------------------------------------------------------ */

bool fq_run_is_aside_item(const struct fq_item *item)
{
	char name[sizeof(FQ_ASIDE_PREFIX) + 16];
	const size_t len = sizeof(name) - 1;
	if (item->kind != FQ_BEFORE_FOLDER || item->name.len < len ||
	        (item->name.len > len && item->name.at[item->name.len - len - 1] != '/')) {
		return false;
	}
	memcpy(name, item->name.at + item->name.len - len, len);
	name[len] = '\0';
	return fq_name_is_aside(name);
}

void fq_run_drop_asides(const struct fq_record *record)
{
	struct fq_text rest = record->items;
	struct fq_buf path = {0};
	struct fq_item item;
	while (record->verdict == FQ_VERDICT_BEGUN && fq_items_next(&rest, &item)) {
		if (fq_run_is_aside_item(&item)) {
			path.len = 0;
			fq_buf_add_unescaped(&path, item.name);
			fq_tree_remove(path.at, NULL);
		}
	}
	fq_buf_finish(&path);
}

/* --- one job ---------------------------------------------------------------------------------- */

struct cut {
	struct fq_buf task, unit, items; /* of its `begin` */
	struct fq_buf words, path;
	enum fq_left what; /* becomes of it: as the task is today */
};

static const char *path_of(struct cut *cut, const struct fq_item *item)
{
	cut->path.len = 0;
	fq_buf_add_unescaped(&cut->path, item->name);
	return cut->path.at;
}

static void sweep_output(struct sweep *sweep, struct cut *cut, const char *path)
{
	if (!fq_run_stands(path)) {
		return;
	}
	if (must_stay(sweep, path)) {
		fq_run_remark(sweep->run, FQ_NOWHERE, "see whether it is whole",
		        "%s%s%s was cut off while it wrote %s, which is an input now: it stays", cut->task.at,
		        cut->unit.len ? "/" : "", cut->unit.at, path);
		return;
	}
	fq_run_take_away(path, path, cut->what, &cut->words);
}

/* DIR/.fqrun-tmp-…: an output below DIR was written below that. */
static void sweep_folder(struct sweep *sweep, struct cut *cut, const char *folder)
{
	struct fq_buf output = {0}, left = {0};
	struct fq_text rest = {cut->items.at, cut->items.len};
	struct fq_item item;
	const char *slash = strrchr(folder, '/');
	size_t base = slash ? (size_t)(slash + 1 - folder) : 0;
	while (cut->what != FQ_LEFT_GOES && fq_items_next(&rest, &item)) {
		output.len = left.len = 0;
		fq_buf_add_unescaped(&output, item.name);
		if (item.kind != FQ_BEFORE_FOLDER && strncmp(output.at, folder, base) == 0) {
			fq_buf_addf(&left, "%s/%s", folder, output.at + base);
			fq_run_take_away(left.at, output.at, cut->what, &cut->words);
		}
	}
	fq_run_remove_aside(sweep->run, folder, cut->what);
	fq_buf_finish(&output);
	fq_buf_finish(&left);
}

static void sweep_items(struct sweep *sweep, struct cut *cut)
{
	struct fq_text rest = {cut->items.at, cut->items.len};
	struct fq_item item;
	while (fq_items_next(&rest, &item)) {
		const char *path = path_of(cut, &item);
		if (fq_run_is_aside_item(&item)) {
			sweep_folder(sweep, cut, path);
		} else if (item.kind == FQ_ITEM_OUTPUT && fq_text_is(item.value, "-")) {
			sweep_output(sweep, cut, path);
		}
	}
}

/* So that it is done once. */
static void record(struct fq_run *run, struct cut *cut)
{
	struct fq_error err = {0};
	struct fq_buf cause = {0}, ours = {0};
	struct fq_record begun = {.verdict = FQ_VERDICT_BEGUN, .items = {cut->items.at, cut->items.len}};
	fq_buf_addf(&cause, FQ_CAUSE_KILLED "%s%s", cut->words.len ? "; " : "",
	        cut->words.len ? cut->words.at : "");
	fq_run_add_ours(&begun, &ours);
	struct fq_record record = {.items = {ours.at, ours.len}};
	if (!fq_journal_fail(run->journal, (struct fq_text){cut->task.at, cut->task.len},
	            (struct fq_text){cut->unit.at, cut->unit.len}, &record, fq_text(cause.at), &err)) {
		fq_run_fault(run, &err);
	}
	fq_buf_finish(&cause);
	fq_buf_finish(&ours);
}

static bool is_of_unit(struct fq_run *run, uint32_t job, const struct fq_buf *wanted)
{
	struct fq_buf unit = {0};
	fq_buf_puts(&unit, "");
	fq_plan_add_unit(run->plan, job, &unit);
	bool is =
	        fq_text_equal((struct fq_text){unit.at, unit.len}, (struct fq_text){wanted->at, wanted->len});
	fq_buf_finish(&unit);
	return is;
}

/* Its task may be gone, and its sample; one that was found on the disk with its very file. */
static void find_what(struct fq_run *run, struct cut *cut)
{
	const struct fq_text name = {cut->task.at, cut->task.len};
	const struct fq_task *task = fq_manifest_task(run->plan->manifest, name);
	cut->what = task && task->keeps_partial ? FQ_LEFT_ASIDE : FQ_LEFT_GOES;
	cut->what = task && run->plan->manifest->has_find ? FQ_LEFT_STAYS : cut->what;
	for (uint32_t i = 0; i < run->plan->rule_count; i++) {
		const struct fq_rule *rule = &run->plan->rules[i];
		for (uint32_t j = 0; rule->task == task && j < rule->job_count; j++) {
			if (is_of_unit(run, rule->first_job + j, &cut->unit)) {
				cut->what = fq_run_left_of(run, rule->first_job + j, NULL);
				return;
			}
		}
	}
}

static void sweep_job(struct sweep *sweep, const struct fq_journal_job *job)
{
	struct cut cut = {0};
	fq_buf_puts(&cut.unit, "");
	fq_buf_add_unescaped(&cut.task, job->task);
	fq_buf_add_unescaped(&cut.unit, job->unit);
	fq_buf_add_text(&cut.items, job->record.items);
	find_what(sweep->run, &cut);
	sweep_items(sweep, &cut);
	record(sweep->run, &cut);
	fq_buf_finish(&cut.task);
	fq_buf_finish(&cut.unit);
	fq_buf_finish(&cut.items);
	fq_buf_finish(&cut.words);
	fq_buf_finish(&cut.path);
}

void fq_run_sweep(struct fq_run *run)
{
	struct sweep sweep = {.run = run};
	struct fq_journal_job job;
	size_t at = 0;
	if (run->options.dry_run || !fq_journal_has_begun(run->journal)) {
		return;
	}
	while (!run->starts_no_more && fq_journal_next_job(run->journal, &at, &job)) {
		if (job.record.verdict == FQ_VERDICT_BEGUN) {
			sweep_job(&sweep, &job);
		}
	}
	fq_plan_forget_stamps(run->plan);
	fq_map_finish(&sweep.inputs.map);
	fq_release(sweep.inputs.files);
}
