/* `fqrun forget TARGET...`: it is to run again. */
#include "cli.h"
#include "known.h"

#include <stdio.h>

/* Those that a run made: forgetting a job makes them nobody else's. */
static void add_made(const struct fq_record *record, struct fq_buf *items)
{
	struct fq_text rest = record->items;
	struct fq_item item;
	while (fq_items_next(&rest, &item)) {
		if (!fq_record_is_made(record, &item)) {
			continue;
		}
		fq_buf_puts(items, items->len ? "\to" : "o");
		fq_buf_add_text(items, item.name);
		fq_buf_putc(items, '\t');
		fq_buf_add_text(items, item.value);
	}
}

static bool forget(struct fq_session *s, uint32_t job)
{
	struct fq_record record = fq_known_record(s, job);
	struct fq_buf items = {0}, unit = {0};
	bool ok = true;
	if (record.verdict == FQ_VERDICT_NONE) {
		fq_known_tell(s, "nothing is known of", job);
		return true;
	}
	add_made(&record, &items);
	fq_buf_puts(&unit, "");
	fq_plan_add_unit(&s->plan, job, &unit);
	if (!s->options->dry_run) {
		fq_run_drop_asides(&record);
	}
	ok = s->options->dry_run ||
	     fq_journal_forget_but(&s->journal, fq_text(fq_plan_rule(&s->plan, job)->task->name),
	             (struct fq_text){unit.at, unit.len}, (struct fq_text){items.at, items.len}, &s->err);
	if (ok) {
		fq_known_tell(s, s->options->dry_run ? "would forget" : "forgot", job);
	}
	fq_buf_finish(&items);
	fq_buf_finish(&unit);
	return ok;
}

int fq_cli_forget(const struct fq_options *options)
{
	struct fq_session s = fq_session_begin(options);
	if (!fq_session_load(&s) || !fq_known_has_target(&s) || !fq_session_select_named(&s)) {
		int status = fq_session_fail(&s, 2);
		fq_session_finish(&s);
		return status;
	}
	bool ok = fq_session_open_to_change(&s);
	for (uint32_t job = 0; ok && job < s.plan.job_count; job++) {
		ok = !s.wanted[job] || forget(&s, job);
	}
	int status = fq_session_fail(&s, ok ? 0 : 3);
	fq_session_finish(&s);
	return fq_cli_flush(status);
}
