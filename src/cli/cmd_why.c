/* `fqrun why [--json] [TARGET...]`: what a run would make of a job, and why. */
#include "cli.h"
#include "judge.h"
#include "known.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct why {
	struct fq_judge *judge;
	bool color;
	bool is_brief; /* nobody named them */
	struct fq_buf text;
};

/* --- the first line ------------------------------------------------------------------------ */

static const char *words_of(enum fq_standing standing)
{
	static const char *const words[] = {[FQ_STANDING_DONE] = "is up to date",
	        [FQ_STANDING_RUNNING] = "is running",
	        [FQ_STANDING_FAILED] = "failed",
	        [FQ_STANDING_CUT_OFF] = "was cut off",
	        [FQ_STANDING_STALE] = "is stale",
	        [FQ_STANDING_BLOCKED] = "never ran, it is blocked",
	        [FQ_STANDING_MISSING] = "never ran",
	        [FQ_STANDING_LEFT_OUT] = "is left out"};
	return words[standing];
}

/* The attempt by which it is what it is, and whether a person said that it is good. */
static void add_record(struct why *why, const struct fq_record *record)
{
	struct fq_buf *text = &why->text;
	bool is_done = record->verdict == FQ_VERDICT_DONE;
	bool is_accepted = is_done && record->how == FQ_HOW_ACCEPTED;
	if (!record->usage.ended_s && !is_done) {
		return;
	}
	fq_buf_puts(text, is_accepted ? " (accepted" : is_done ? " (done" : " (");
	if (record->usage.ended_s) {
		fq_buf_puts(text, is_accepted ? "; done " : is_done ? " " : "");
		fq_cli_add_local(text, record->usage.ended_s);
	}
	if (record->usage.attempt) {
		fq_buf_puts(text, ", ");
		fq_cli_add_ms(text, record->usage.ms);
	}
	if (record->usage.attempt > 1) {
		fq_buf_addf(text, ", attempt %lld", (long long)record->usage.attempt);
	}
	fq_buf_puts(text, ")");
}

static bool is_forgotten(enum fq_standing standing, const struct fq_record *record)
{
	return standing == FQ_STANDING_MISSING && record->verdict == FQ_VERDICT_NONE && record->items.len;
}

static void add_first(struct why *why, uint32_t job, enum fq_standing standing)
{
	struct fq_record record = fq_known_record(why->judge->s, job);
	struct fq_buf name = {0};
	fq_plan_add_name(&why->judge->s->plan, job, &name);
	fq_ui_add_shown(&why->text, (struct fq_text){name.at, name.len});
	fq_buf_putc(&why->text, ' ');
	fq_cli_add_tinted(&why->text, why->color, fq_standing_tint(standing),
	        is_forgotten(standing, &record) ? "was forgotten" : words_of(standing));
	add_record(why, &record);
	fq_buf_putc(&why->text, '\n');
	fq_buf_finish(&name);
}

/* --- the others ---------------------------------------------------------------------------- */

/* Tabs stay: a command is there to be pasted. */
static void add_line(struct why *why, const char *before, struct fq_text line)
{
	fq_buf_puts(&why->text, before);
	for (const char *tab; (tab = memchr(line.at, '\t', line.len));) {
		size_t len = (size_t)(tab - line.at);
		fq_ui_add_shown(&why->text, (struct fq_text){line.at, len});
		fq_buf_putc(&why->text, '\t');
		line = (struct fq_text){tab + 1, line.len - len - 1};
	}
	fq_ui_add_shown(&why->text, line);
	fq_buf_putc(&why->text, '\n');
}

static void add_lines(struct why *why, const char *before, const char *goes_on, struct fq_text text)
{
	while (text.len) {
		const char *end = memchr(text.at, '\n', text.len);
		struct fq_text line = {text.at, end ? (size_t)(end - text.at) : text.len};
		size_t taken = line.len + (end != NULL);
		add_line(why, line.len && line.at[0] == ' ' ? goes_on : before, line);
		text = (struct fq_text){text.at + taken, text.len - taken};
	}
}

static void add_waits(struct why *why, uint32_t job)
{
	enum { SHOWN = 5 };
	uint32_t before[SHOWN];
	struct fq_buf line = {0};
	size_t count = fq_judge_waits(why->judge, job, before, SHOWN);
	for (size_t i = 0; i < count && i < SHOWN; i++) {
		fq_buf_puts(&line, i ? ", " : "");
		fq_plan_add_name(&why->judge->s->plan, before[i], &line);
		fq_buf_addf(&line, " (%s)", fq_standing_names[why->judge->standings[before[i]]]);
	}
	if (count > SHOWN) {
		fq_buf_addf(&line, " and %zu more", count - SHOWN);
	}
	if (count) {
		add_line(why, "  waits for ", (struct fq_text){line.at, line.len});
	}
	fq_buf_finish(&line);
}

static void add_command(struct why *why, uint32_t job)
{
	struct fq_buf text = {0};
	fq_plan_show_command(&why->judge->s->plan, job, &text);
	fq_buf_puts(&why->text, "  command\n");
	add_lines(why, "    ", "    ", fq_text_trim((struct fq_text){text.at, text.len}));
	text.len = 0;
	fq_judge_add_log(why->judge, job, &text);
	if (access(text.at, F_OK) == 0) {
		add_line(why, "  log ", (struct fq_text){text.at, text.len});
	}
	fq_buf_finish(&text);
}

static void add_job(struct why *why, uint32_t job)
{
	enum { FLUSH_BYTES = 1 << 16 };
	enum fq_standing standing = (enum fq_standing)why->judge->standings[job];
	struct fq_buf reasons = {0};
	add_first(why, job, standing);
	if (standing != FQ_STANDING_MISSING && standing != FQ_STANDING_BLOCKED) {
		fq_judge_add_why(why->judge, job, &reasons);
		add_lines(why, "  because ", "    ", (struct fq_text){reasons.at, reasons.len});
	}
	if (standing != FQ_STANDING_DONE) {
		add_waits(why, job);
	}
	if (!why->is_brief) {
		add_command(why, job);
	}
	if (why->text.len > FLUSH_BYTES) {
		fwrite(why->text.at, 1, why->text.len, stdout);
		why->text.len = 0;
	}
	fq_buf_finish(&reasons);
}

/* --- JSON ---------------------------------------------------------------------------------- */

static void print_json(struct fq_judge *judge, uint32_t job)
{
	struct fq_session *s = judge->s;
	json_t *object = fq_judge_json(judge, job), *array = json_array();
	size_t most = fq_judge_waits(judge, job, NULL, 0);
	uint32_t *before = fq_zeroed(most, sizeof(*before));
	struct fq_buf text = {0};
	fq_judge_waits(judge, job, before, most);
	for (size_t i = 0; i < most; i++) {
		text.len = 0;
		fq_plan_add_name(&s->plan, before[i], &text);
		json_array_append_new(array, fq_json_text((struct fq_text){text.at, text.len}));
	}
	json_object_set_new(object, "waits_for", array);
	text.len = 0;
	fq_plan_show_command(&s->plan, job, &text);
	fq_json_set_text(object, "command", fq_text_trim((struct fq_text){text.at, text.len}));
	fq_json_print(object);
	fq_buf_finish(&text);
	fq_release(before);
}

static void show(struct fq_judge *judge, const struct fq_options *options)
{
	struct why why = {
	        .judge = judge, .color = fq_cli_has_color(options), .is_brief = options->target_count == 0};
	uint32_t shown = 0;
	for (uint32_t job = 0; job < judge->s->plan.job_count; job++) {
		bool is_meant = why.is_brief ? judge->standings[job] != FQ_STANDING_DONE : judge->named[job];
		if (is_meant && options->json) {
			print_json(judge, job);
		} else if (is_meant) {
			add_job(&why, job);
		}
		shown += is_meant;
	}
	if (shown == 0 && !options->json) {
		fq_buf_puts(&why.text, "all jobs are up to date\n");
	}
	if (why.text.len) {
		fwrite(why.text.at, 1, why.text.len, stdout);
	}
	fq_buf_finish(&why.text);
}

int fq_cli_why(const struct fq_options *options)
{
	struct fq_session s = fq_session_begin(options);
	struct fq_judge judge;
	int status = fq_judge_begin(&judge, &s);
	if (status == 0) {
		show(&judge, options);
	}
	fq_judge_finish(&judge);
	fq_session_finish(&s);
	return fq_cli_flush(status);
}
