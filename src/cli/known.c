#include "known.h"

#include <stdio.h>
#include <string.h>

void fq_known_add_key(const struct fq_plan *plan, uint32_t job, struct fq_buf *buf)
{
	struct fq_buf unit = {0};
	fq_buf_puts(&unit, "");
	fq_plan_add_unit(plan, job, &unit);
	fq_buf_add_escaped(buf, fq_text(fq_plan_rule(plan, job)->task->name));
	fq_buf_putc(buf, '\t');
	fq_buf_add_escaped(buf, (struct fq_text){unit.at, unit.len});
	fq_buf_finish(&unit);
}

struct fq_record fq_known_record(struct fq_session *s, uint32_t job)
{
	struct fq_buf unit = {0};
	fq_buf_puts(&unit, "");
	fq_plan_add_unit(&s->plan, job, &unit);
	struct fq_record record = fq_journal_find(&s->journal,
	        fq_text(fq_plan_rule(&s->plan, job)->task->name), (struct fq_text){unit.at, unit.len});
	fq_buf_finish(&unit);
	return record;
}

struct key {
	const struct fq_plan *plan;
	struct fq_text text;
};

static bool same_name(uint32_t job, const void *context)
{
	const struct key *key = context;
	struct fq_buf name = {0};
	fq_known_add_key(key->plan, job, &name);
	bool same = fq_text_equal(key->text, (struct fq_text){name.at, name.len});
	fq_buf_finish(&name);
	return same;
}

/* Those whose last record is no success: it may have one further back. */
static void add_names(struct fq_known *known)
{
	struct fq_buf name = {0};
	for (uint32_t job = 0; job < known->s->plan.job_count; job++) {
		bool is_wanted = !known->s->wanted || known->s->wanted[job];
		if (is_wanted && fq_known_record(known->s, job).verdict != FQ_VERDICT_DONE) {
			name.len = 0;
			fq_known_add_key(&known->s->plan, job, &name);
			fq_map_add(&known->places_by_name, fq_hash(name.at, name.len), job);
		}
	}
	fq_buf_finish(&name);
}

static void note_success(struct fq_known *known, const struct fq_journal_job *job, size_t place)
{
	struct fq_buf name = {0};
	fq_buf_add_text(&name, job->task);
	fq_buf_putc(&name, '\t');
	fq_buf_add_text(&name, job->unit);
	struct key key = {&known->s->plan, {name.at, name.len}};
	uint32_t *found = fq_map_find(&known->places_by_name, fq_hash(name.at, name.len), same_name, &key);
	if (found) {
		known->places[*found] = place + 1;
	}
	fq_buf_finish(&name);
}

void fq_known_begin(struct fq_known *ret, struct fq_session *s)
{
	struct fq_journal_event event;
	size_t at = 0, place = 0;
	*ret = (struct fq_known){.s = s, .places = fq_zeroed(s->plan.job_count, sizeof(*ret->places))};
	add_names(ret);
	for (; ret->places_by_name.count && fq_journal_next_event(&s->journal, &at, &event); place = at) {
		if (event.type == FQ_EVENT_JOB && event.job.record.verdict == FQ_VERDICT_DONE) {
			note_success(ret, &event.job, place);
		}
	}
}

bool fq_known_success(struct fq_known *known, uint32_t job, struct fq_record *ret)
{
	struct fq_journal_event event;
	size_t at = known->places[job];
	*ret = fq_known_record(known->s, job);
	if (at-- && fq_journal_next_event(&known->s->journal, &at, &event)) {
		*ret = event.job.record;
	}
	known->items.len = 0;
	fq_buf_add_text(&known->items, ret->items);
	ret->items = (struct fq_text){known->items.at, known->items.len};
	return ret->verdict == FQ_VERDICT_DONE;
}

void fq_known_finish(struct fq_known *known)
{
	fq_map_finish(&known->places_by_name);
	fq_release(known->places);
	fq_buf_finish(&known->items);
}

/* --- words ---------------------------------------------------------------------------------- */

bool fq_known_has_target(struct fq_session *s)
{
	const char *command = s->options->command;
	struct fq_buf hint = {0};
	bool has = s->options->target_count > 0;
	if (!has) {
		fq_buf_addf(&hint, "fqrun %s TASK/SAMPLE, or a task, a sample, an output's path", command);
		fq_fail(&s->err, FQ_NOWHERE, hint.at, "%s needs a TARGET", command);
		fq_buf_finish(&hint);
	}
	return has;
}

void fq_known_tell(struct fq_session *s, const char *word, uint32_t job)
{
	struct fq_buf name = {0}, line = {0};
	if (s->options->quiet) {
		return;
	}
	fq_plan_add_name(&s->plan, job, &name);
	fq_buf_addf(&line, "%s ", word);
	fq_ui_add_shown(&line, (struct fq_text){name.at, name.len});
	puts(line.at);
	fq_buf_finish(&name);
	fq_buf_finish(&line);
}
