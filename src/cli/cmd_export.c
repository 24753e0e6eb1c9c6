/* `fqrun export --ninja | --make | --sh`: the same jobs for another tool. */
#include "export.h"
#include "cli.h"

#include <stdio.h>
#include <string.h>

static bool is_told(const struct fq_exporter *x, uint32_t job)
{
	const struct fq_session *s = x->session;
	return (!s->wanted || s->wanted[job]) && !x->left_out[fq_plan_rule(&s->plan, job) - s->plan.rules];
}

/* --- what a job waits for --------------------------------------------------------------------- */

static bool is_whole(const struct fq_plan *plan, const struct fq_arrow *arrow, uint32_t job)
{
	struct fq_jobs before = fq_plan_before(plan, arrow, job);
	return before.count == plan->rules[arrow->from].job_count && before.count > 1;
}

static void add_before(struct fq_exporter *x, uint32_t job)
{
	struct fq_plan *plan = &x->session->plan;
	const struct fq_rule *rule = fq_plan_rule(plan, job);
	for (uint32_t i = 0; i < rule->in_count; i++) {
		const struct fq_arrow *arrow = &plan->arrows[rule->in[i]];
		struct fq_jobs before = fq_plan_before(plan, arrow, job);
		if (is_whole(plan, arrow, job)) {
			fq_buf_addf(&x->out, x->format == 'n' ? " fqrun-all-%s" : " $(fqrun-all-%s)",
			        plan->rules[arrow->from].task->name);
			continue;
		}
		for (uint32_t j = 0; j < before.count; j++) {
			fq_export_add_marks(x, fq_jobs_at(&before, j), 1);
		}
	}
	const struct fq_side_arrow *side;
	size_t count = fq_plan_side_before(plan, job, &side);
	for (size_t i = 0; i < count; i++) {
		fq_export_add_marks(x, side[i].from, 1);
	}
}

/* Whether a path lies in a folder, written with its slash; or is it, with a slash or without. */
static bool is_in(const char *folder, const char *path)
{
	size_t len = strlen(folder) - 1;
	return fq_path_is_folder(folder) && strncmp(folder, path, len) == 0 &&
	       (path[len] == '\0' || path[len] == '/');
}

/* Whether a job makes a file without being named by it: it has a mark, or may leave it out,
 * or it stands for a folder that the other tool would not find. */
static bool makes_unnamed(struct fq_exporter *x, uint32_t job, const char *path)
{
	const struct fq_task *task = fq_plan_rule(&x->session->plan, job)->task;
	struct fq_list outputs = {0};
	bool is = false, has_mark = fq_export_needs_mark(x, job);
	uint32_t i = 0;
	fq_plan_outputs(&x->session->plan, job, &outputs);
	for (const char *text = NULL; !is && (text = fq_list_next(&outputs, text)); i++) {
		bool is_optional = fq_plan_may_lack(task, &outputs, i);
		is = ((has_mark || is_optional) && strcmp(text, path) == 0) || is_in(text, path) ||
		     is_in(path, text);
	}
	fq_list_finish(&outputs);
	return is;
}

/* Made by a job that is not named by it: that job's first name, or its mark, is waited for. */
static bool is_behind_mark(struct fq_exporter *x, uint32_t job, const char *path)
{
	struct fq_plan *plan = &x->session->plan;
	const struct fq_rule *rule = fq_plan_rule(plan, job);
	const struct fq_side_arrow *side;
	size_t count = fq_plan_side_before(plan, job, &side);
	bool is = false;
	for (size_t i = 0; i < count && !is; i++) {
		is = makes_unnamed(x, side[i].from, path);
	}
	for (uint32_t i = 0; i < rule->in_count && !is; i++) {
		struct fq_jobs before = fq_plan_before(plan, &plan->arrows[rule->in[i]], job);
		for (uint32_t j = 0; j < before.count && !is; j++) {
			uint32_t other = fq_jobs_at(&before, j);
			is = makes_unnamed(x, other, path);
		}
	}
	return is;
}

static void add_inputs(struct fq_exporter *x, uint32_t job)
{
	struct fq_list inputs = {0};
	fq_plan_inputs(&x->session->plan, job, &inputs);
	for (const char *path = NULL; (path = fq_list_next(&inputs, path));) {
		if (fq_export_can_name(x, fq_text(path)) && !is_behind_mark(x, job, path)) {
			fq_buf_putc(&x->out, ' ');
			fq_export_add_name(x, fq_text(path));
		}
	}
	fq_list_finish(&inputs);
	add_before(x, job);
}

/* --- jobs --------------------------------------------------------------------------------- */

static void add_dollars(struct fq_buf *buf, struct fq_text text)
{
	for (size_t i = 0; i < text.len; i++) {
		fq_buf_puts(buf, text.at[i] == '$' ? "$" : "");
		fq_buf_putc(buf, text.at[i]);
	}
}

static void add_ninja(struct fq_exporter *x, uint32_t job, struct fq_text line)
{
	struct fq_buf name = {0}, shown = {0};
	fq_plan_add_name(&x->session->plan, job, &name);
	fq_ui_add_shown(&shown, (struct fq_text){name.at, name.len});
	fq_buf_puts(&x->out, "build");
	fq_export_add_marks(x, job, UINT32_MAX);
	fq_buf_puts(&x->out, ": run");
	add_inputs(x, job);
	fq_buf_puts(&x->out, "\n  cmd = ");
	add_dollars(&x->out, line);
	fq_buf_puts(&x->out, "\n  name = ");
	add_dollars(&x->out, (struct fq_text){shown.at, shown.len});
	uint32_t pool = fq_plan_rule(&x->session->plan, job)->task->pool;
	if (pool != FQ_NO_POOL) {
		fq_buf_addf(&x->out, "\n  pool = fqrun-%s", x->session->manifest.pools[pool].name);
	}
	fq_buf_puts(&x->out, "\n\n");
	fq_buf_finish(&name);
	fq_buf_finish(&shown);
}

/* Several outputs of one command are a group; `&:` is of GNU make 4.3. */
static void add_make(struct fq_exporter *x, uint32_t job, struct fq_text line)
{
	struct fq_buf out = x->out, marks = {0};
	x->out = marks;
	uint32_t count = fq_export_needs_mark(x, job) ? 0 : fq_export_add_outputs(x, job, UINT32_MAX);
	if (count == 0) {
		fq_export_add_marks(x, job, 1);
	}
	marks = x->out;
	x->out = out;
	fq_buf_puts(&x->out, marks.at + 1);
	fq_buf_puts(&x->out, count > 1 ? " &:" : ":");
	add_inputs(x, job);
	fq_buf_puts(&x->out, "\n\t");
	add_dollars(&x->out, line);
	fq_buf_puts(&x->out, "\n\n");
	fq_buf_finish(&marks);
}

static void add_job(struct fq_exporter *x, uint32_t job)
{
	struct fq_buf line = {0}, command = {0}, mark = {0};
	fq_export_add_line(x->session, job, &command);
	if (x->format != 's' && fq_export_needs_mark(x, job)) {
		fq_export_add_mark(x, job, &mark);
		fq_buf_addf(&line, "( %s ) && mkdir -p .fqrun-export && : > %s", command.at, mark.at);
	} else {
		fq_buf_addf(&line, "( %s )", command.at);
	}
	struct fq_text text = {line.at, line.len};
	x->longest = line.len > x->longest ? line.len : x->longest;
	if (x->format == 'n') {
		add_ninja(x, job, text);
	} else if (x->format == 'm') {
		add_make(x, job, text);
	} else {
		fq_buf_add_text(&x->out, text);
		fq_buf_putc(&x->out, '\n');
	}
	fq_buf_finish(&line);
	fq_buf_finish(&command);
	fq_buf_finish(&mark);
}

/* --- the file ------------------------------------------------------------------------------ */

/* A name for all jobs of a task, so that one who waits for all needs one name. In make a
 * variable: what waits for a phony target is made each time. */
static void add_group(struct fq_exporter *x, const struct fq_rule *rule)
{
	if (rule->job_count < 2 || x->format == 's') {
		return;
	}
	fq_buf_addf(&x->out,
	        x->format == 'n' ? "build fqrun-all-%s: phony" : "fqrun-all-%s :=", rule->task->name);
	for (uint32_t j = 0; j < rule->job_count; j++) {
		if (is_told(x, rule->first_job + j)) {
			fq_export_add_marks(x, rule->first_job + j, 1);
		}
	}
	fq_buf_puts(&x->out, "\n\n");
}

static void add_head(struct fq_exporter *x)
{
	struct fq_buf path = {0};
	fq_ui_add_shown(&path, fq_text(x->session->manifest.path));
	fq_buf_addf(&x->out,
	        x->format == 's' ? "#!/bin/bash\n# From %s, by fqrun " FQ_VERSION ".\nset -eu\n"
	                         : "# From %s, by fqrun " FQ_VERSION ".\n",
	        path.at);
	fq_buf_finish(&path);
}

/* `console` is a pool of ninja's own. */
static void add_pools(struct fq_buf *out, const struct fq_manifest *manifest)
{
	for (size_t i = 0; i < manifest->pool_count; i++) {
		fq_buf_addf(out, "pool fqrun-%s\n  depth = %u\n\n", manifest->pools[i].name,
		        manifest->pools[i].depth);
	}
}

/* The rules of the tool itself, behind the comments. */
static void add_rules(struct fq_exporter *x)
{
	if (x->format == 'n') {
		fq_buf_puts(&x->out, "rule run\n  command = $cmd\n  description = $name\n\n");
		add_pools(&x->out, &x->session->manifest);
		return;
	}
	if (x->format != 'm') {
		return;
	}
	fq_buf_puts(&x->out, "SHELL = /bin/sh\n.DELETE_ON_ERROR:\n.PHONY: fqrun-all\nfqrun-all:");
	for (uint32_t job = 0; job < x->session->plan.job_count; job++) {
		if (is_told(x, job)) {
			fq_export_add_marks(x, job, 1);
		}
	}
	fq_buf_puts(&x->out, "\n\n");
}

/* --- what is lost ---------------------------------------------------------------------------- */

/* Those that cannot be expressed, and those behind them. */
static void leave_out(struct fq_exporter *x, struct fq_buf *losses)
{
	const struct fq_plan *plan = &x->session->plan;
	x->left_out = fq_zeroed(plan->rule_count, sizeof(*x->left_out));
	for (uint32_t i = 0; i < plan->rule_count; i++) {
		uint32_t number = plan->order[i];
		const struct fq_rule *rule = &plan->rules[number];
		const char *behind = NULL;
		for (uint32_t j = 0; j < rule->in_count; j++) {
			uint32_t from = plan->arrows[rule->in[j]].from;
			behind = x->left_out[from] ? plan->rules[from].task->name : behind;
		}
		for (size_t j = 0; j < plan->side_count; j++) {
			const struct fq_rule *from = fq_plan_rule(plan, plan->side_by_from[j].from);
			bool is_ours = fq_plan_rule(plan, plan->side_by_from[j].to) == rule;
			behind = is_ours && x->left_out[from - plan->rules] ? from->task->name : behind;
		}
		x->left_out[number] = behind || fq_export_reads_values(rule->task);
		if (behind) {
			fq_buf_addf(losses, "task %s: left out: it waits for %s, which is left out\n",
			        rule->task->name, behind);
		}
	}
}

/* Names that the tool cannot write, counted for each task. */
static void add_unnamed(struct fq_exporter *x, const struct fq_rule *rule, struct fq_buf *losses)
{
	size_t inputs = 0, outputs = 0;
	for (uint32_t j = 0; j < rule->job_count && x->format != 's'; j++) {
		struct fq_list list = {0};
		if (!is_told(x, rule->first_job + j)) {
			continue;
		}
		fq_plan_inputs(&x->session->plan, rule->first_job + j, &list);
		for (const char *path = NULL; (path = fq_list_next(&list, path));) {
			inputs += !fq_export_can_name(x, fq_text(path));
		}
		fq_list_finish(&list);
		fq_plan_outputs(&x->session->plan, rule->first_job + j, &list);
		for (const char *path = NULL; (path = fq_list_next(&list, path));) {
			outputs += !fq_export_can_name(x, fq_text(path));
		}
		fq_list_finish(&list);
	}
	const char *tool = x->format == 'm' ? "make" : "ninja";
	if (inputs) {
		fq_buf_addf(losses,
		        "task %s: %s cannot write the names of %zu inputs: a change of them is not seen\n",
		        rule->task->name, tool, inputs);
	}
	if (outputs) {
		fq_buf_addf(losses,
		        "task %s: %s cannot write the names of %zu outputs: files in .fqrun-export stand for "
		        "them\n",
		        rule->task->name, tool, outputs);
	}
}

/* In the file as comments, and on standard error, where they are seen. */
static void tell_losses(struct fq_exporter *x)
{
	struct fq_buf losses = {0};
	const struct fq_plan *plan = &x->session->plan;
	leave_out(x, &losses);
	for (uint32_t i = 0; i < plan->rule_count; i++) {
		fq_export_add_losses(plan->rules[i].task, x->format, &losses);
		add_unnamed(x, &plan->rules[i], &losses);
	}
	struct fq_text rest = {losses.at, losses.len};
	while (rest.len) {
		size_t len = (size_t)((const char *)memchr(rest.at, '\n', rest.len) - rest.at) + 1;
		fq_buf_addf(&x->out, "# %.*s", (int)len, rest.at);
		fprintf(stderr, "fqrun: warning: %.*s", (int)len, rest.at);
		rest = (struct fq_text){rest.at + len, rest.len - len};
	}
	fq_buf_finish(&losses);
}

enum { ARGUMENT_BYTES_MAX = 128 << 10 };

static void export_all(struct fq_exporter *x)
{
	const struct fq_plan *plan = &x->session->plan;
	add_head(x);
	tell_losses(x);
	add_rules(x);
	for (uint32_t i = 0; i < plan->rule_count; i++) {
		const struct fq_rule *rule = &plan->rules[plan->order[i]];
		for (uint32_t j = 0; j < rule->job_count; j++) {
			if (is_told(x, rule->first_job + j)) {
				add_job(x, rule->first_job + j);
			}
		}
		add_group(x, rule);
	}
	if (x->longest >= ARGUMENT_BYTES_MAX) {
		static const char text[] =
		        "a command of over 128 KiB is more than the system takes as one word: it will fail";
		fq_buf_addf(&x->out, "# %s\n", text);
		fprintf(stderr, "fqrun: warning: %s\n", text);
	}
	fwrite(x->out.at, 1, x->out.len, stdout);
}

int fq_cli_export(const struct fq_options *options)
{
	struct fq_session s = fq_session_begin(options);
	bool loaded = fq_session_load(&s) && fq_session_select(&s);
	int status = fq_session_fail(&s, loaded ? 0 : 2);
	if (loaded) {
		struct fq_exporter x = {.session = &s, .format = options->format};
		export_all(&x);
		fq_buf_finish(&x.out);
		fq_release(x.left_out);
	}
	fq_session_finish(&s);
	return fq_cli_flush(status);
}
