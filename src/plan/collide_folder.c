/* Files and folders that lie in a folder. One that is an output belongs to one job, with
 * all that is in it; who reads a folder waits for whoever makes something in it. */
#include "collide.h"

#include <string.h>

/* --- folders around a path ------------------------------------------------------------------- */

/* The next folder around it, from the outermost on; *at begins at 0. */
static bool next_around(struct fq_text path, size_t *at, struct fq_text *ret)
{
	for (size_t i = *at + 1; i + 1 < path.len; i++) {
		if (path.at[i] == '/') {
			*at = i;
			*ret = (struct fq_text){path.at, i};
			return true;
		}
	}
	return false;
}

const struct fq_made *fq_matcher_find_around(struct fq_matcher *m, struct fq_text path, struct fq_text *ret)
{
	const struct fq_made *found = NULL;
	for (size_t at = 0; m->folder_count && !found && next_around(path, &at, ret);) {
		found = fq_matcher_find(m, *ret);
		found = found && found->is_folder ? found : NULL;
	}
	return found;
}

/* --- a folder belongs to one job --------------------------------------------------------------- */

/* What of rule `b` may lie in that folder output of rule `a`. */
static void mark_in(struct fq_matcher *m, uint32_t a, const struct fq_word *folder, uint32_t b)
{
	struct fq_plan *plan = m->plan;
	const struct fq_rule *rule = &plan->rules[b];
	for (uint32_t y = 0; y < rule->task->outputs.count; y++) {
		const struct fq_word *word = &rule->task->outputs.words[y];
		if (word != folder && fq_plan_may_hold(plan, &plan->rules[a], folder, rule, word)) {
			m->is_hashed[a] = m->is_hashed[b] = true;
		}
	}
	if (a != b && rule->task->dir.count) {
		struct fq_buf dir = {0};
		fq_plan_add_dir(plan, rule, &dir);
		fq_plan_tidy(&dir);
		m->is_hashed[a] |= fq_plan_may_hold_path(
		        plan, &plan->rules[a], folder, (struct fq_text){dir.at, dir.len});
		fq_buf_finish(&dir);
	}
}

void fq_matcher_mark_nested(struct fq_matcher *m)
{
	struct fq_plan *plan = m->plan;
	for (uint32_t a = 0; a < plan->rule_count; a++) {
		const struct fq_words *folders = &plan->rules[a].task->outputs;
		for (uint32_t x = 0; x < folders->count; x++) {
			if (!fq_plan_may_be_folder(plan, &plan->rules[a], &folders->words[x])) {
				continue;
			}
			for (uint32_t b = 0; b < plan->rule_count; b++) {
				mark_in(m, a, &folders->words[x], b);
			}
		}
	}
}

/* `path`, in the folder that it lies in. */
static void complain_nested(
        struct fq_matcher *m, uint32_t job, uint32_t owner, const char *path, struct fq_text folder)
{
	const struct fq_plan *plan = m->plan;
	struct fq_buf first = {0}, second = {0};
	const struct fq_word *word = &fq_plan_rule(plan, job)->task->outputs.words[0];
	fq_matcher_add_place(m, job, word->line, &first);
	fq_matcher_add_place(m, owner, word->line, &second);
	fq_errors_add(m->errors, fq_manifest_where(plan->manifest, word->line, word->column),
	        job == owner ? "leave it out: the folder is an output with all that is in it"
	                     : "a folder that is an output belongs to one job: write elsewhere",
	        "output %s of %s lies in %.*s/, the output of %s", path, first.at, (int)folder.len, folder.at,
	        second.at)
	        ->source = fq_manifest_line(plan->manifest, word->line);
	fq_buf_finish(&first);
	fq_buf_finish(&second);
}

void fq_matcher_check_nested(struct fq_matcher *m, uint32_t job)
{
	struct fq_list outputs = {0};
	if (m->folder_count) {
		fq_plan_outputs(m->plan, job, &outputs);
	}
	for (const char *path = NULL; (path = fq_list_next(&outputs, path));) {
		struct fq_text folder;
		const struct fq_made *around =
		        fq_matcher_find_around(m, fq_matcher_tidy(path, &m->tidy), &folder);
		if (around && fq_matcher_is_news(m, job, around->job)) {
			complain_nested(m, job, around->job, path, folder);
		}
	}
	fq_list_finish(&outputs);
}

void fq_matcher_check_dirs(struct fq_matcher *m)
{
	const struct fq_plan *plan = m->plan;
	struct fq_buf dir = {0}, name = {0};
	for (uint32_t i = 0; i < plan->rule_count && m->folder_count; i++) {
		const struct fq_rule *rule = &plan->rules[i];
		dir.len = name.len = 0;
		fq_buf_puts(&dir, "");
		fq_plan_add_dir(m->plan, rule, &dir);
		struct fq_text folder;
		const struct fq_made *around =
		        fq_matcher_find_around(m, fq_matcher_tidy(dir.at, &m->tidy), &folder);
		if (!around || fq_plan_rule(plan, around->job) == rule) {
			continue;
		}
		const struct fq_word *word = &rule->task->dir.words[0];
		fq_matcher_add_place(m, around->job, word->line, &name);
		fq_errors_add(m->errors, fq_manifest_where(plan->manifest, word->line, word->column),
		        "a folder that is an output belongs to one job: choose another `dir`",
		        "the folder %s of task \"%s\" lies in %.*s/, the output of %s", dir.at,
		        rule->task->name, (int)folder.len, folder.at, name.at)
		        ->source = fq_manifest_line(plan->manifest, word->line);
	}
	fq_buf_finish(&dir);
	fq_buf_finish(&name);
}

/* --- folders that are read --------------------------------------------------------------------- */

/* Whether the jobs that share atoms are just those whose paths it holds. */
static bool is_shared_by_atoms(const struct fq_plan *plan, const struct fq_task *reader,
        const struct fq_word *x, const struct fq_task *maker)
{
	bool is_whole = fq_plan_is_fixed(reader, x);
	if (fq_plan_gathers(plan, maker, reader)) {
		return is_whole && reader->per == FQ_PER_COHORT;
	}
	return maker->per == FQ_PER_COHORT ||
	       (maker->per == reader->per && !is_whole && fq_plan_tells_units_apart(reader, x));
}

enum fq_meeting fq_matcher_meet_folder(
        struct fq_matcher *m, uint32_t to, const struct fq_word *x, uint32_t from, const struct fq_word *y)
{
	struct fq_plan *plan = m->plan;
	const struct fq_rule *a = &plan->rules[to], *b = &plan->rules[from];
	if (!fq_plan_may_hold(plan, a, x, b, y)) {
		return MEET_NEVER;
	}
	if (to != from && fq_plan_holds_alike(a->task, x, b->task, y) &&
	        is_shared_by_atoms(plan, a->task, x, b->task)) {
		return MEET_ARROW;
	}
	m->reads_folder[to] = m->is_in_folder[from] = true;
	return MEET_NEVER;
}

struct wanted_folder {
	const struct fq_matcher *matcher;
	struct fq_text path;
};

static bool same_folder(uint32_t index, const void *context)
{
	const struct wanted_folder *wanted = context;
	const struct fq_matcher *m = wanted->matcher;
	return fq_text_is(wanted->path, m->paths.at + m->read[index].path);
}

static uint32_t *find_read(const struct fq_matcher *m, struct fq_text path)
{
	struct wanted_folder wanted = {m, path};
	return fq_map_find(&m->read_map, fq_hash(path.at, path.len), same_folder, &wanted);
}

void fq_matcher_add_read_folders(struct fq_matcher *m, uint32_t job)
{
	struct fq_list inputs = {0};
	fq_plan_inputs(m->plan, job, &inputs);
	for (const char *path = NULL; (path = fq_list_next(&inputs, path));) {
		if (!fq_path_is_folder(path)) {
			continue;
		}
		struct fq_text key = fq_matcher_tidy(path, &m->tidy);
		uint32_t *known = find_read(m, key);
		struct fq_read_folder read = {m->paths.len, job, known ? *known + 1 : 0};
		m->read = fq_grow(m->read, &m->read_cap, m->read_count + 1, sizeof(*m->read));
		if (known) {
			read.path = m->read[*known].path;
			*known = (uint32_t)m->read_count;
		} else {
			fq_buf_add_text(&m->paths, key);
			fq_buf_putc(&m->paths, '\0');
		}
		m->read[m->read_count++] = read;
		if (!known) {
			fq_map_add(&m->read_map, fq_hash(key.at, key.len), (uint32_t)m->read_count - 1);
		}
	}
	fq_list_finish(&inputs);
}

static void complain_inside(struct fq_matcher *m, uint32_t job, struct fq_text folder, const char *path)
{
	struct fq_buf name = {0};
	const struct fq_plan *plan = m->plan;
	const struct fq_word *word = &fq_plan_rule(plan, job)->task->outputs.words[0];
	fq_plan_add_name(plan, job, &name);
	fq_errors_add(m->errors, fq_manifest_where(plan->manifest, word->line, word->column),
	        "it would never be up to date: write elsewhere, or name the files that it reads",
	        "%s would write %s into the folder %.*s/, which its task reads", name.at, path,
	        folder.len ? (int)folder.len : 1, folder.len ? folder.at : ".")
	        ->source = fq_manifest_line(plan->manifest, word->line);
	fq_buf_finish(&name);
}

/* All jobs that read the folder wait for one that makes something in it. */
static void add_readers(struct fq_matcher *m, uint32_t job, struct fq_text folder, const char *path)
{
	const uint32_t *index = find_read(m, folder);
	const struct fq_rule *rule = fq_plan_rule(m->plan, job);
	for (uint32_t i = index ? *index + 1 : 0; i; i = m->read[i - 1].next) {
		uint32_t reader = m->read[i - 1].job;
		if (fq_plan_rule(m->plan, reader) != rule) {
			fq_matcher_add_side(m, job, reader);
		} else if (fq_matcher_is_news(m, job, reader)) {
			complain_inside(m, job, folder, path);
		}
	}
}

void fq_matcher_find_readers(struct fq_matcher *m, uint32_t job)
{
	struct fq_list outputs = {0};
	fq_plan_outputs(m->plan, job, &outputs);
	for (const char *path = NULL; (path = fq_list_next(&outputs, path));) {
		struct fq_text key = fq_matcher_tidy(path, &m->tidy), folder = {key.at, 0};
		if (key.len && key.at[0] != '/') {
			add_readers(m, job, folder, path); /* of "./" */
		}
		for (size_t at = 0; next_around(key, &at, &folder);) {
			add_readers(m, job, folder, path);
		}
	}
	fq_list_finish(&outputs);
}
