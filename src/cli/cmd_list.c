/* `fqrun list [--json] [TARGET...]`: samples, tasks and jobs. */
#include "cli.h"
#include "json_line.h"
#include "session.h"

#include <stdio.h>
#include <string.h>

static bool is_wanted(const struct fq_session *s, uint32_t job)
{
	return !s->wanted || s->wanted[job];
}

static void add_shown(struct fq_buf *buf, const char *text)
{
	fq_ui_add_shown(buf, fq_text(text));
}

/* --- for people ------------------------------------------------------------------------ */

static void list_samples(const struct fq_session *s, struct fq_buf *buf)
{
	const struct fq_manifest *manifest = &s->manifest;
	fq_buf_addf(buf, "samples (%zu)\n", manifest->sample_count);
	for (size_t i = 0; i < manifest->lane_count; i++) {
		const struct fq_lane *lane = &manifest->lanes[i];
		size_t end = i + 1 < manifest->lane_count ? manifest->lanes[i + 1].first_file
		                                          : manifest->file_count;
		fq_buf_puts(buf, "  ");
		add_shown(buf, manifest->samples[lane->sample].name);
		for (size_t file = lane->first_file; file < end; file++) {
			fq_buf_puts(buf, file == lane->first_file ? "  " : " ");
			add_shown(buf, manifest->files[file].path);
		}
		fq_buf_putc(buf, '\n');
	}
}

static void list_tasks(const struct fq_session *s, struct fq_buf *buf)
{
	fq_buf_addf(buf, "tasks (%u)\n", s->plan.rule_count);
	for (uint32_t i = 0; i < s->plan.rule_count; i++) {
		const struct fq_rule *rule = &s->plan.rules[i];
		fq_buf_addf(buf, "  %s  per %s, %u job%s", rule->task->name,
		        fq_per_name(&s->manifest, rule->task->per), rule->job_count,
		        rule->job_count == 1 ? "" : "s");
		for (uint32_t j = 0; j < rule->task->after_count; j++) {
			fq_buf_addf(buf, "%s%s", j ? ", " : ", after ",
			        s->manifest.tasks[rule->task->after[j].task].name);
		}
		fq_buf_putc(buf, '\n');
	}
}

static void list_jobs(struct fq_session *s, struct fq_buf *buf)
{
	struct fq_buf name = {0};
	fq_buf_puts(buf, "jobs\n");
	for (uint32_t job = 0; job < s->plan.job_count; job++) {
		struct fq_list outputs = {0};
		if (!is_wanted(s, job)) {
			continue;
		}
		name.len = 0;
		fq_plan_add_name(&s->plan, job, &name);
		fq_buf_puts(buf, "  ");
		add_shown(buf, name.at);
		fq_plan_outputs(&s->plan, job, &outputs);
		for (const char *path = NULL; (path = fq_list_next(&outputs, path));) {
			fq_buf_puts(buf, path == outputs.bytes.at ? "  -> " : " ");
			add_shown(buf, path);
		}
		fq_buf_putc(buf, '\n');
		fq_list_finish(&outputs);
	}
	fq_buf_finish(&name);
}

/* --- JSON: an object a line, so that a list of a million jobs needs no memory ------------ */

static void set_place(json_t *object, struct fq_where where)
{
	if (where.line) {
		fq_json_set(object, "file", where.file);
		json_object_set_new(object, "line", json_integer(where.line));
	}
}

static json_t *lane_of(const struct fq_manifest *manifest, uint32_t number)
{
	const struct fq_lane *lane = &manifest->lanes[number];
	size_t end = number + 1 < manifest->lane_count ? manifest->lanes[number + 1].first_file
	                                               : manifest->file_count;
	json_t *object = json_object(), *files = json_array(), *cells = json_object();
	for (size_t file = lane->first_file; file < end; file++) {
		json_array_append_new(files, fq_json_text(fq_text(manifest->files[file].path)));
	}
	for (uint32_t i = 0; lane->sheet != UINT32_MAX && i < manifest->column_count; i++) {
		json_object_set_new(cells, manifest->columns[i].name,
		        fq_json_text(fq_manifest_cell(manifest, number, i)));
	}
	json_object_set_new(object, "files", files);
	json_object_set_new(object, "columns", cells);
	return object;
}

static json_t *sample_of(const struct fq_manifest *manifest, uint32_t number)
{
	const struct fq_sample *sample = &manifest->samples[number];
	uint32_t end = number + 1 < manifest->sample_count ? manifest->samples[number + 1].first_lane
	                                                   : (uint32_t)manifest->lane_count;
	json_t *object = json_object(), *lanes = json_array();
	fq_json_set(object, "name", sample->name);
	set_place(object, fq_manifest_where(manifest, sample->line, sample->column));
	for (uint32_t lane = sample->first_lane; lane < end; lane++) {
		json_array_append_new(lanes, lane_of(manifest, lane));
	}
	json_object_set_new(object, "lanes", lanes);
	return object;
}

static void set_number(json_t *object, const char *key, int64_t number)
{
	json_object_set_new(object, key, json_integer(number));
}

/* What a job of it holds while it runs, and when it may. */
static void set_resources(json_t *object, const struct fq_manifest *manifest, const struct fq_task *task)
{
	set_number(object, "threads", task->most_threads);
	if (task->least_threads < task->most_threads) {
		set_number(object, "least_threads", task->least_threads);
	}
	if (task->memory_bytes) {
		set_number(object, "memory_bytes", task->memory_bytes);
	}
	if (task->pool != FQ_NO_POOL) {
		const struct fq_pool *pool = &manifest->pools[task->pool];
		fq_json_set(object, "pool", pool->name);
		set_number(object, "pool_depth", pool->depth);
	}
	set_number(object, "priority", task->priority);
	set_number(object, "retries", task->retries);
}

static json_t *task_of(const struct fq_session *s, const struct fq_rule *rule)
{
	const struct fq_task *task = rule->task;
	json_t *object = json_object(), *after = json_array();
	fq_json_set(object, "name", task->name);
	set_place(object, fq_manifest_where(&s->manifest, task->line, task->column));
	fq_json_set(object, "per", fq_per_name(&s->manifest, task->per));
	json_object_set_new(object, "jobs", json_integer(rule->job_count));
	for (uint32_t i = 0; i < task->after_count; i++) {
		json_array_append_new(
		        after, fq_json_text(fq_text(s->manifest.tasks[task->after[i].task].name)));
	}
	json_object_set_new(object, "after", after);
	if (task->preset) {
		fq_json_set(object, "preset", task->preset);
	}
	set_resources(object, &s->manifest, task);
	return object;
}

static json_t *job_of(struct fq_session *s, uint32_t job)
{
	struct fq_buf text = {0};
	struct fq_list files = {0};
	json_t *object = json_object();
	uint32_t sample = fq_plan_sample(&s->plan, job);
	fq_plan_add_name(&s->plan, job, &text);
	fq_json_set(object, "name", text.at);
	fq_json_set(object, "task", fq_plan_rule(&s->plan, job)->task->name);
	if (sample != UINT32_MAX) {
		fq_json_set(object, "sample", s->manifest.samples[sample].name);
	}
	fq_plan_inputs(&s->plan, job, &files);
	json_object_set_new(object, "inputs", fq_json_list(&files));
	fq_list_finish(&files);
	fq_plan_outputs(&s->plan, job, &files);
	json_object_set_new(object, "outputs", fq_json_list(&files));
	fq_list_finish(&files);
	text.len = 0;
	fq_plan_show_command(&s->plan, job, &text);
	json_object_set_new(
	        object, "command", fq_json_text(fq_text_trim((struct fq_text){text.at, text.len})));
	fq_buf_finish(&text);
	return object;
}

/* Takes the object over. */
static void print(json_t *object, bool *is_first)
{
	fputs(*is_first ? "\n  " : ",\n  ", stdout);
	json_dumpf(object, stdout, JSON_COMPACT);
	json_decref(object);
	*is_first = false;
}

static void print_json(struct fq_session *s)
{
	bool is_first = true;
	fputs("{\"samples\": [", stdout);
	for (uint32_t i = 0; i < s->manifest.sample_count; i++) {
		print(sample_of(&s->manifest, i), &is_first);
	}
	fputs("\n],\n\"tasks\": [", stdout);
	is_first = true;
	for (uint32_t i = 0; i < s->plan.rule_count; i++) {
		print(task_of(s, &s->plan.rules[i]), &is_first);
	}
	fputs("\n],\n\"jobs\": [", stdout);
	is_first = true;
	for (uint32_t job = 0; job < s->plan.job_count; job++) {
		if (is_wanted(s, job)) {
			print(job_of(s, job), &is_first);
		}
	}
	fputs("\n]}\n", stdout);
}

static void print_lists(struct fq_session *s)
{
	struct fq_buf buf = {0};
	if (!s->wanted) {
		list_samples(s, &buf);
		list_tasks(s, &buf);
	}
	list_jobs(s, &buf);
	fwrite(buf.at, 1, buf.len, stdout);
	fq_buf_finish(&buf);
}

int fq_cli_list(const struct fq_options *options)
{
	struct fq_session s = fq_session_begin(options);
	bool loaded = fq_session_load(&s) && fq_session_select(&s);
	int status = fq_session_fail(&s, loaded ? 0 : 2);
	if (loaded && options->json) {
		print_json(&s);
	} else if (loaded) {
		print_lists(&s);
	}
	fq_session_finish(&s);
	return fq_cli_flush(status);
}
