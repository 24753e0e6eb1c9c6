/* What a manifest may say and most likely does not mean. */
#include "session.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void warn(const struct fq_plan *plan, struct fq_errors *errors, uint32_t line, uint32_t column,
        const char *hint, const char *text)
{
	struct fq_where where = fq_manifest_where(plan->manifest, line, column);
	fq_errors_warn(errors, where, hint, "%s", text)->source = fq_manifest_line(plan->manifest, line);
}

/* --- tasks that nothing runs ----------------------------------------------------------- */

static void mark_needed(const struct fq_plan *plan, uint32_t rule, bool *needed)
{
	const struct fq_rule *at = &plan->rules[rule];
	if (needed[rule]) {
		return;
	}
	needed[rule] = true;
	for (uint32_t i = 0; i < at->in_count; i++) {
		mark_needed(plan, plan->arrows[at->in[i]].from, needed);
	}
}

/* Those whose files a needed one reads, until that adds none. */
static void mark_makers(const struct fq_plan *plan, bool *needed)
{
	bool is_new = true;
	while (is_new) {
		is_new = false;
		for (size_t i = 0; i < plan->side_count; i++) {
			const struct fq_side_arrow *side = &plan->side_by_from[i];
			uint32_t from = (uint32_t)(fq_plan_rule(plan, side->from) - plan->rules);
			if (needed[fq_plan_rule(plan, side->to) - plan->rules] && !needed[from]) {
				mark_needed(plan, from, needed);
				is_new = true;
			}
		}
	}
}

static void check_reached(const struct fq_plan *plan, struct fq_errors *errors)
{
	const struct fq_manifest *manifest = plan->manifest;
	bool *needed = fq_zeroed(plan->rule_count, sizeof(*needed));
	for (size_t i = 0; i < manifest->default_count; i++) {
		mark_needed(plan, manifest->defaults[i], needed);
	}
	mark_makers(plan, needed);
	for (uint32_t i = 0; manifest->default_count && i < plan->rule_count; i++) {
		const struct fq_task *task = plan->rules[i].task;
		if (!needed[i]) {
			struct fq_buf text = {0};
			fq_buf_addf(&text, "task \"%s\" runs only when it is named", task->name);
			warn(plan, errors, task->line, task->column,
			        "nothing of `default` in [fqrun] needs it", text.at);
			fq_buf_finish(&text);
		}
	}
	fq_release(needed);
}

/* --- outputs elsewhere ------------------------------------------------------------------- */

static bool leaves_folder(const char *path)
{
	int depth = 0;
	bool is_outside = path[0] == '/';
	for (size_t len; *path && !is_outside; path += len + (path[len] == '/')) {
		len = strcspn(path, "/");
		bool is_up = len == 2 && path[0] == '.' && path[1] == '.';
		bool is_here = len == 0 || (len == 1 && path[0] == '.');
		depth += is_up ? -1 : is_here ? 0 : 1;
		is_outside = depth < 0;
	}
	return is_outside;
}

/* The first job speaks for its task. */
static void check_outputs(struct fq_plan *plan, struct fq_errors *errors)
{
	for (uint32_t i = 0; i < plan->rule_count; i++) {
		const struct fq_rule *rule = &plan->rules[i];
		struct fq_list outputs = {0};
		if (rule->job_count) {
			fq_plan_outputs(plan, rule->first_job, &outputs);
		}
		bool is_word_each = outputs.count == rule->task->outputs.count;
		uint32_t number = 0;
		for (const char *path = NULL; (path = fq_list_next(&outputs, path)); number++) {
			if (leaves_folder(path)) {
				struct fq_buf text = {0};
				const struct fq_word *word =
				        &rule->task->outputs.words[is_word_each ? number : 0];
				fq_buf_addf(&text, "output %s is outside of this folder", path);
				warn(plan, errors, word->line, word->column,
				        "whoever moves the folder leaves it behind", text.at);
				fq_buf_finish(&text);
				break;
			}
		}
		fq_list_finish(&outputs);
	}
}

/* --- folders that are read as files --------------------------------------------------------- */

/* The first job speaks for its task. */
static void check_inputs(struct fq_plan *plan, const struct fq_rule *rule, struct fq_errors *errors)
{
	struct fq_list inputs = {0};
	struct stat file;
	if (rule->job_count) {
		fq_plan_inputs(plan, rule->first_job, &inputs);
	}
	for (const char *path = NULL; (path = fq_list_next(&inputs, path));) {
		if (!fq_path_is_folder(path) && stat(path, &file) == 0 && S_ISDIR(file.st_mode)) {
			struct fq_buf text = {0};
			const struct fq_word *word = &rule->task->inputs.words[0];
			fq_buf_addf(&text, "input %s is a folder: what is in it does not count", path);
			warn(plan, errors, word->line, word->column,
			        "end its name in a `/`, then it counts as a whole", text.at);
			fq_buf_finish(&text);
			break;
		}
	}
	fq_list_finish(&inputs);
}

/* --- names that a shell would look up ------------------------------------------------------- */

/* A bare word of a script that is a path with a wildcard: its length, 0 if it is none. */
static size_t glob_at(struct fq_text text, size_t at)
{
	size_t end = at;
	bool has_slash = false, has_star = false;
	while (end < text.len && !strchr(" \t\n;|&<>()'\"`$\\={}", text.at[end])) {
		has_slash |= text.at[end] == '/' || text.at[end] == '.';
		has_star |= text.at[end] == '*' || text.at[end] == '?';
		end++;
	}
	return has_slash && has_star ? end - at : 0;
}

/* Behind a quoted part, a comment or an escape; `at` itself if there is none. */
static size_t skip_quoted(struct fq_text text, size_t at)
{
	char c = text.at[at];
	bool begins_word = at == 0 || strchr(" \t\n;", text.at[at - 1]);
	if (c == '\\') {
		return at + 2;
	}
	if (c == '#' && begins_word) {
		const char *end = memchr(text.at + at, '\n', text.len - at);
		return end ? (size_t)(end - text.at) : text.len;
	}
	if (c != '\'' && c != '"') {
		return at;
	}
	size_t end = at + 1;
	while (end < text.len && text.at[end] != c) {
		end += c == '"' && text.at[end] == '\\' ? 2 : 1;
	}
	return end + 1;
}

static void check_globs(const struct fq_plan *plan, const struct fq_task *task, struct fq_errors *errors)
{
	if (task->preset) {
		return; /* its command is not the user's */
	}
	for (uint32_t i = 0; i < task->script.piece_count; i++) {
		struct fq_text text = task->script.pieces[i].text;
		for (size_t at = 0; task->script.pieces[i].ref < 0 && at < text.len;) {
			size_t next = skip_quoted(text, at);
			bool begins = at == 0 || strchr(" \t\n;|&(<>", text.at[at - 1]);
			size_t len = next == at && begins ? glob_at(text, at) : 0;
			if (len) {
				struct fq_buf words = {0};
				fq_buf_addf(&words, "%.*s in the command of \"%s\" is looked up by the shell",
				        (int)len, text.at + at, task->name);
				warn(plan, errors, task->line, task->column,
				        "name the files with {TASK.output} or in `input`: then a change of "
				        "them is seen",
				        words.at);
				fq_buf_finish(&words);
				return;
			}
			at = next > at ? next : at + 1;
		}
	}
}

/* --- lists that no command line holds --------------------------------------------------------- */

static size_t list_bytes(struct fq_plan *plan, const struct fq_rule *rule, const struct fq_ref *ref)
{
	struct fq_list values = {0};
	fq_plan_ref(plan, rule->first_job, ref, &values);
	size_t bytes = values.bytes.len + values.count * sizeof(char *);
	fq_list_finish(&values);
	return bytes;
}

static void check_lists(struct fq_plan *plan, const struct fq_rule *rule, struct fq_errors *errors)
{
	const struct fq_task *task = rule->task;
	long most = sysconf(_SC_ARG_MAX);
	for (uint32_t i = 0; i < task->ref_count && rule->job_count; i++) {
		const struct fq_ref *ref = &task->refs[i];
		size_t bytes = ref->is_list && ref->line ? list_bytes(plan, rule, ref) : 0;
		if (most > 0 && bytes > (size_t)most) {
			struct fq_buf text = {0};
			fq_buf_addf(&text, "%s is a list of %zu KiB, more than one command takes", ref->text,
			        bytes / 1024);
			warn(plan, errors, ref->line, ref->column,
			        "builtins of the shell take it; for a program name a file: xargs -0 -a "
			        "{…:list0}",
			        text.at);
			fq_buf_finish(&text);
		}
	}
}

/* --- rows without a value ---------------------------------------------------------------------- */

static void check_rows(const struct fq_plan *plan, uint32_t per, struct fq_errors *errors)
{
	enum { SHOWN = 5 };
	const struct fq_manifest *manifest = plan->manifest;
	size_t count = 0;
	uint32_t last = 0;
	for (uint32_t lane = 0; lane < manifest->lane_count; lane++) {
		const char *name = manifest->samples[manifest->lanes[lane].sample].name;
		if (fq_manifest_cell(manifest, lane, per - FQ_PER_COLUMN).len || count++ >= SHOWN) {
			continue;
		}
		struct fq_buf text = {0};
		fq_buf_addf(&text, "sample \"%s\" has nothing in column \"%s\", and is in no job of it", name,
		        fq_per_name(manifest, per));
		warn(plan, errors, manifest->lanes[lane].line, 1, NULL, text.at);
		fq_buf_finish(&text);
		last = manifest->lanes[lane].line;
	}
	if (count > SHOWN) {
		struct fq_buf text = {0};
		fq_buf_addf(&text, "%zu more rows have nothing in column \"%s\"", count - SHOWN,
		        fq_per_name(manifest, per));
		warn(plan, errors, last, 1, NULL, text.at);
		fq_buf_finish(&text);
	}
}

/* --- temporary outputs ------------------------------------------------------------------------ */

static void check_temp(const struct fq_plan *plan, const struct fq_rule *rule, struct fq_errors *errors)
{
	bool is_read = !rule->task->is_temp;
	for (uint32_t i = 0; i < rule->job_count && !is_read; i++) {
		is_read = fq_plan_readers(plan, rule->first_job + i) != 0;
	}
	if (!is_read && rule->job_count) {
		struct fq_buf text = {0};
		fq_buf_addf(&text, "nothing waits for \"%s\": its temporary outputs stay", rule->task->name);
		warn(plan, errors, rule->task->line, rule->task->column,
		        "remove `temp`, or name its outputs in the `input` of a task", text.at);
		fq_buf_finish(&text);
	}
}

void fq_cli_lint(struct fq_plan *plan, struct fq_errors *errors)
{
	check_reached(plan, errors);
	check_outputs(plan, errors);
	for (uint32_t i = 0; i < plan->rule_count; i++) {
		const struct fq_task *task = plan->rules[i].task;
		check_inputs(plan, &plan->rules[i], errors);
		check_globs(plan, task, errors);
		check_lists(plan, &plan->rules[i], errors);
		check_temp(plan, &plan->rules[i], errors);
		bool is_first = true;
		for (uint32_t j = 0; j < i; j++) {
			is_first &= plan->rules[j].task->per != task->per;
		}
		if (task->per >= FQ_PER_COLUMN && is_first) {
			check_rows(plan, task->per, errors);
		}
	}
}
