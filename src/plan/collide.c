/* Files that two jobs share: one output is made by one job, and an input that is
 * another job's output waits for it.
 *
 * Templates are compared first. Where two cannot give the same path, or where a
 * template alone tells its units apart, no path is ever rendered: that is nearly
 * every manifest, whatever its number of samples. */
#include "collide.h"

#include <string.h>

/* --- outputs, found by path ------------------------------------------------------------------ */

struct wanted_path {
	struct fq_matcher *matcher;
	struct fq_text path;
};

struct fq_text fq_matcher_tidy(const char *path, struct fq_buf *buf)
{
	struct fq_text text = fq_text(path);
	/* Nearly every path is tidy. */
	if (path[0] == '.' || strstr(path, "//") || strstr(path, "/./")) {
		buf->len = 0;
		fq_buf_puts(buf, path);
		fq_plan_tidy(buf);
		text = (struct fq_text){buf->at, buf->len};
	}
	/* A folder is one path with its slash and without. */
	text.len -= text.len > 1 && text.at[text.len - 1] == '/';
	return text;
}

static bool same_output(uint32_t index, const void *context)
{
	const struct wanted_path *wanted = context;
	const struct fq_made *made = &wanted->matcher->made[index];
	struct fq_list outputs = {0};
	struct fq_buf path = {0};
	fq_plan_outputs(wanted->matcher->plan, made->job, &outputs);
	const char *text = NULL;
	for (uint32_t i = 0; i <= made->output; i++) {
		text = fq_list_next(&outputs, text);
	}
	bool same = fq_text_equal(wanted->path, fq_matcher_tidy(text, &path));
	fq_list_finish(&outputs);
	fq_buf_finish(&path);
	return same;
}

const struct fq_made *fq_matcher_find(struct fq_matcher *m, struct fq_text path)
{
	struct wanted_path wanted = {m, path};
	uint64_t hash = fq_hash(wanted.path.at, wanted.path.len);
	const uint32_t *index = fq_map_find(&m->map, hash, same_output, &wanted);
	return index ? &m->made[*index] : NULL;
}

static const char *hint_of_twice(const struct fq_plan *plan, uint32_t job, uint32_t before)
{
	if (job == before) {
		return "name each output once";
	}
	return fq_plan_rule(plan, job) == fq_plan_rule(plan, before)
	               ? "each output belongs to one job: let {sample} stand in its name"
	               : "each output belongs to one job: give one of them another name";
}

void fq_matcher_add_place(const struct fq_matcher *m, uint32_t job, uint32_t beside, struct fq_buf *buf)
{
	const struct fq_plan *plan = m->plan;
	fq_plan_add_name(plan, job, buf);
	fq_buf_puts(buf, " (");
	fq_manifest_add_place(
	        plan->manifest, buf, fq_plan_rule(plan, job)->task->outputs.words[0].line, beside);
	fq_buf_putc(buf, ')');
}

static void complain_twice(struct fq_matcher *m, uint32_t job, uint32_t before, const char *path)
{
	const struct fq_plan *plan = m->plan;
	struct fq_buf first = {0}, second = {0};
	const struct fq_word *word = &fq_plan_rule(plan, job)->task->outputs.words[0];
	uint32_t line = word->line;
	struct fq_where where = fq_manifest_where(plan->manifest, line, word->column);
	fq_matcher_add_place(m, before, line, &first);
	fq_matcher_add_place(m, job, line, &second);
	fq_errors_add(m->errors, where, hint_of_twice(plan, job, before), "%s and %s have the same output %s",
	        first.at, second.at, path)
	        ->source = fq_manifest_line(plan->manifest, line);
	fq_buf_finish(&first);
	fq_buf_finish(&second);
}

bool fq_matcher_is_news(struct fq_matcher *m, uint32_t job, uint32_t before)
{
	uint32_t *told = &m->told[fq_plan_rule(m->plan, job) - m->plan->rules];
	uint32_t rule = (uint32_t)(fq_plan_rule(m->plan, before) - m->plan->rules) + 1;
	bool is_news = *told != rule;
	*told = rule;
	return is_news;
}

static void add_outputs(struct fq_matcher *m, uint32_t job)
{
	struct fq_list outputs = {0};
	fq_plan_outputs(m->plan, job, &outputs);
	uint32_t i = 0;
	for (const char *path = NULL; (path = fq_list_next(&outputs, path)); i++) {
		struct fq_text key = fq_matcher_tidy(path, &m->tidy);
		const struct fq_made *before = fq_matcher_find(m, key);
		if (before) {
			if (fq_matcher_is_news(m, job, before->job)) {
				complain_twice(m, job, before->job, path);
			}
			continue;
		}
		m->made = fq_grow(m->made, &m->made_cap, m->made_count + 1, sizeof(*m->made));
		fq_map_add(&m->map, fq_hash(key.at, key.len), (uint32_t)m->made_count);
		m->made[m->made_count++] = (struct fq_made){job, i, fq_path_is_folder(path)};
		m->folder_count += fq_path_is_folder(path);
	}
	fq_list_finish(&outputs);
}

/* --- one output, one job ----------------------------------------------------------------------- */

/* Output `x` of rule `a` against those behind it, in its own rule and the next ones. */
static void mark_shared_output(struct fq_matcher *m, uint32_t a, uint32_t x)
{
	struct fq_plan *plan = m->plan;
	const struct fq_rule *rule = &plan->rules[a];
	const struct fq_word *word = &rule->task->outputs.words[x];
	m->is_hashed[a] |= !fq_plan_tells_units_apart(rule->task, word);
	for (uint32_t b = a; b < plan->rule_count; b++) {
		const struct fq_words *others = &plan->rules[b].task->outputs;
		for (uint32_t y = b == a ? x + 1 : 0; y < others->count; y++) {
			if (fq_plan_may_unify(plan, rule, word, &plan->rules[b], &others->words[y])) {
				m->is_hashed[a] = m->is_hashed[b] = true;
			}
		}
	}
}

static void mark_shared_outputs(struct fq_matcher *m)
{
	for (uint32_t a = 0; a < m->plan->rule_count; a++) {
		for (uint32_t x = 0; x < m->plan->rules[a].task->outputs.count; x++) {
			mark_shared_output(m, a, x);
		}
	}
}

/* --- inputs that are outputs --------------------------------------------------------------------- */

/* Whether the word is some of the samples' files, and nothing else. */
static bool is_file_ref(const struct fq_task *task, const struct fq_word *word)
{
	if (word->count != 1 || word->pieces[0].ref < 0) {
		return false;
	}
	const struct fq_ref *ref = &task->refs[word->pieces[0].ref];
	return ref->part == FQ_PART_WHOLE && (ref->kind == FQ_REF_READS || ref->kind == FQ_REF_FILE ||
	                                             ref->kind == FQ_REF_R1 || ref->kind == FQ_REF_R2);
}

/* Whether some sample's file could be such an output. */
static bool files_may_match(struct fq_plan *plan, const struct fq_rule *rule, const struct fq_word *word)
{
	struct fq_buf left = {0}, right = {0}, file = {0};
	struct fq_text front = fq_plan_fixed_end(plan, rule, word, true, &left);
	struct fq_text back = fq_plan_fixed_end(plan, rule, word, false, &right);
	bool may = false, is_folder = fq_plan_may_be_folder(plan, rule, word);
	for (size_t i = 0; i < plan->manifest->file_count && !may; i++) {
		struct fq_text path = fq_matcher_tidy(plan->manifest->files[i].path, &file);
		may = path.len >= front.len && path.len >= back.len && fq_plan_starts_alike(path, front) &&
		      (is_folder || fq_plan_ends_alike(path, back));
	}
	fq_buf_finish(&file);
	fq_buf_finish(&left);
	fq_buf_finish(&right);
	return may;
}

static bool has_arrow(const struct fq_arrow_list *list, uint32_t from, uint32_t to)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->arrows[i].from == from && list->arrows[i].to == to) {
			return true;
		}
	}
	return false;
}

static void add_arrow(struct fq_arrow_list *list, struct fq_arrow arrow)
{
	list->arrows = fq_grow(list->arrows, &list->cap, list->count + 1, sizeof(*list->arrows));
	list->arrows[list->count++] = arrow;
}

static bool is_task_output(const struct fq_task *task, const struct fq_word *word)
{
	return word->count == 1 && word->pieces[0].ref >= 0 &&
	       task->refs[word->pieces[0].ref].kind == FQ_REF_TASK_OUTPUT;
}

static enum fq_meeting meet_output(
        struct fq_matcher *m, uint32_t to, const struct fq_word *x, uint32_t from, const struct fq_word *y)
{
	struct fq_plan *plan = m->plan;
	const struct fq_rule *a = &plan->rules[to], *b = &plan->rules[from];
	if (to != from && !fq_plan_gathers(plan, b->task, a->task) &&
	        (fq_plan_same_template(a->task, x, b->task, y) ||
	                fq_plan_holds_alike(b->task, y, a->task, x))) {
		return MEET_ARROW;
	}
	enum fq_meeting how = fq_matcher_meet_folder(m, to, x, from, y);
	if (how == MEET_ARROW) {
		return how;
	}
	bool may = is_file_ref(a->task, x)
	                   ? files_may_match(plan, b, y)
	                   : fq_plan_may_unify(plan, a, x, b, y) || fq_plan_may_hold(plan, b, y, a, x);
	return may ? MEET_LOOK_UP : how;
}

static enum fq_meeting meet(struct fq_matcher *m, uint32_t to, const struct fq_word *x, uint32_t from)
{
	const struct fq_words *outputs = &m->plan->rules[from].task->outputs;
	enum fq_meeting found = MEET_NEVER;
	for (uint32_t i = 0; i < outputs->count && found != MEET_ARROW; i++) {
		enum fq_meeting how = meet_output(m, to, x, from, &outputs->words[i]);
		found = how > found || how == MEET_ARROW ? how : found;
	}
	return found;
}

static void mark_read_output(struct fq_matcher *m, uint32_t to, const struct fq_word *word, bool *looks_up)
{
	for (uint32_t from = 0; from < m->plan->rule_count; from++) {
		enum fq_meeting how = meet(m, to, word, from);
		if (how == MEET_ARROW && !has_arrow(m->arrows, from, to)) {
			add_arrow(m->arrows, (struct fq_arrow){from, to, word->line});
		}
		m->is_hashed[from] |= how == MEET_LOOK_UP;
		looks_up[to] |= how == MEET_LOOK_UP;
	}
}

static void mark_read_outputs(struct fq_matcher *m, bool *looks_up)
{
	for (uint32_t to = 0; to < m->plan->rule_count; to++) {
		const struct fq_task *task = m->plan->rules[to].task;
		for (uint32_t i = 0; i < task->inputs.count; i++) {
			if (!is_task_output(task, &task->inputs.words[i])) {
				mark_read_output(m, to, &task->inputs.words[i], looks_up);
			}
		}
	}
}

static void complain_own(struct fq_matcher *m, uint32_t job, const char *path)
{
	struct fq_buf name = {0};
	fq_plan_add_name(m->plan, job, &name);
	const struct fq_word *word = &fq_plan_rule(m->plan, job)->task->outputs.words[0];
	uint32_t line = word->line;
	fq_errors_add(m->errors, fq_manifest_where(m->plan->manifest, line, word->column),
	        "a job's outputs are removed before it runs: give it another name",
	        "%s would write over its own input %s", name.at, path)
	        ->source = fq_manifest_line(m->plan->manifest, line);
	fq_buf_finish(&name);
}

void fq_matcher_add_side(struct fq_matcher *m, uint32_t from, uint32_t to)
{
	struct fq_plan *plan = m->plan;
	m->side = fq_grow(m->side, &m->side_cap, m->side_count + 1, sizeof(*m->side));
	m->side[m->side_count++] = (struct fq_side_arrow){from, to};
	uint32_t a = (uint32_t)(fq_plan_rule(plan, from) - plan->rules);
	uint32_t b = (uint32_t)(fq_plan_rule(plan, to) - plan->rules);
	for (size_t i = 0; i < m->between_count; i++) {
		if (m->between[i].from == a && m->between[i].to == b) {
			return;
		}
	}
	m->between = fq_grow(m->between, &m->between_cap, m->between_count + 1, sizeof(*m->between));
	m->between[m->between_count++] = (struct fq_arrow){a, b, plan->rules[b].task->line};
}

static void look_up_inputs(struct fq_matcher *m, uint32_t job)
{
	struct fq_list inputs = {0};
	fq_plan_inputs(m->plan, job, &inputs);
	for (const char *path = NULL; (path = fq_list_next(&inputs, path));) {
		struct fq_text key = fq_matcher_tidy(path, &m->tidy), around;
		const struct fq_made *made = fq_matcher_find(m, key);
		made = made ? made : fq_matcher_find_around(m, key, &around);
		if (made && made->job == job) {
			complain_own(m, job, path);
		} else if (made) {
			fq_matcher_add_side(m, made->job, job);
		}
	}
	fq_list_finish(&inputs);
}

static void keep_side(struct fq_matcher *m)
{
	struct fq_plan *plan = m->plan;
	size_t bytes = m->side_count * sizeof(*m->side);
	plan->side_count = m->side_count;
	plan->side_by_from = fq_arena_alloc(&plan->arena, bytes);
	if (bytes) {
		memcpy(plan->side_by_from, m->side, bytes);
	}
}

static void for_jobs(
        struct fq_matcher *m, const bool *of_rules, void (*visit)(struct fq_matcher *, uint32_t job))
{
	for (uint32_t i = 0; i < m->plan->rule_count; i++) {
		const struct fq_rule *rule = &m->plan->rules[i];
		for (uint32_t j = 0; j < rule->job_count && of_rules[i]; j++) {
			visit(m, rule->first_job + j);
		}
	}
}

uint32_t fq_plan_match_files(struct fq_plan *plan, struct fq_arrow_list *arrows, struct fq_errors *errors)
{
	bool *marks = fq_zeroed((size_t)plan->rule_count * 4, sizeof(*marks));
	struct fq_matcher m = {.plan = plan,
	        .errors = errors,
	        .arrows = arrows,
	        .is_hashed = marks,
	        .reads_folder = marks + plan->rule_count,
	        .is_in_folder = marks + (size_t)plan->rule_count * 2,
	        .told = fq_zeroed(plan->rule_count, sizeof(*m.told))};
	bool *looks_up = marks + (size_t)plan->rule_count * 3;
	mark_shared_outputs(&m);
	fq_matcher_mark_nested(&m);
	mark_read_outputs(&m, looks_up);
	for_jobs(&m, m.is_hashed, add_outputs);
	for_jobs(&m, m.is_hashed, fq_matcher_check_nested);
	fq_matcher_check_dirs(&m);
	for_jobs(&m, looks_up, look_up_inputs);
	for_jobs(&m, m.reads_folder, fq_matcher_add_read_folders);
	for_jobs(&m, m.is_in_folder, fq_matcher_find_readers);
	keep_side(&m);
	uint32_t regular = (uint32_t)arrows->count;
	for (size_t i = 0; i < m.between_count; i++) {
		add_arrow(arrows, m.between[i]);
	}
	fq_release(marks);
	fq_release(m.told);
	fq_release(m.made);
	fq_release(m.read);
	fq_release(m.side);
	fq_release(m.between);
	fq_buf_finish(&m.tidy);
	fq_buf_finish(&m.paths);
	fq_map_finish(&m.map);
	fq_map_finish(&m.read_map);
	return regular;
}
