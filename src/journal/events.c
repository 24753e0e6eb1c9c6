/* The journal as it was written, record after record. */
#include "internal.h"

#include <string.h>

/* The fields behind the type, of a run's beginning or end. */
static void read_run(struct fq_journal_event *event, struct fq_text rest)
{
	struct fq_text fields[7] = {{0}};
	uint64_t numbers[7] = {0};
	for (size_t i = 0; i < FQ_COUNT(fields) && fq_journal_field(&rest, &fields[i]); i++) {
		if (!fq_parse_number(fields[i], &numbers[i])) {
			numbers[i] = 0;
		}
	}
	event->run = fields[0];
	if (event->type == FQ_EVENT_RUN) {
		event->time_s = (int64_t)numbers[1];
		event->pid = (int64_t)numbers[2];
		event->host = fields[5];
		event->command = fields[6];
		return;
	}
	event->status = (int)numbers[1];
	event->time_s = (int64_t)numbers[2];
	event->totals = (struct fq_journal_totals){
	        (uint32_t)numbers[3], (uint32_t)numbers[4], (uint32_t)numbers[5], (uint32_t)numbers[6]};
}

static bool read_event(const struct fq_journal *journal, size_t offset, const struct fq_journal_line *line,
        struct fq_journal_event *ret)
{
	*ret = (struct fq_journal_event){.seq = line->seq};
	if (line->type == FQ_JOURNAL_RUN || line->type == FQ_JOURNAL_END) {
		ret->type = line->type == FQ_JOURNAL_RUN ? FQ_EVENT_RUN : FQ_EVENT_END;
		read_run(ret, line->rest);
		return true;
	}
	struct fq_text key = fq_journal_key(line->rest);
	if (line->type == FQ_JOURNAL_OTHER || line->type > FQ_JOURNAL_FORGET || !key.at) {
		return false;
	}
	ret->type = line->type == FQ_JOURNAL_FORGET ? FQ_EVENT_FORGET : FQ_EVENT_JOB;
	ret->job = fq_journal_read_job(journal, fq_journal_make_entry(journal, offset, line, key));
	return true;
}

bool fq_journal_next_event(struct fq_journal *journal, size_t *at, struct fq_journal_event *ret)
{
	struct fq_journal_line line;
	struct fq_text text;
	*at = *at ? *at : sizeof(FQ_JOURNAL_HEADER) - 1;
	for (size_t offset = *at; fq_journal_next_line(journal, at, &text); offset = *at) {
		if (fq_journal_read_line(text, &line) && read_event(journal, offset, &line, ret)) {
			return true;
		}
	}
	return false;
}

struct fq_record fq_journal_last_success(struct fq_journal *journal, struct fq_text task, struct fq_text unit)
{
	struct fq_record last = {.verdict = FQ_VERDICT_NONE};
	struct fq_journal_event event;
	struct fq_buf names[2] = {{0}};
	fq_buf_puts(&names[0], "");
	fq_buf_puts(&names[1], "");
	fq_buf_add_escaped(&names[0], task);
	fq_buf_add_escaped(&names[1], unit);
	const struct fq_text wanted[2] = {{names[0].at, names[0].len}, {names[1].at, names[1].len}};
	bool is_certain = journal->bad_records == 0 && !journal->is_shuffled;
	for (size_t at = 0; is_certain && fq_journal_next_event(journal, &at, &event);) {
		bool is_of_job = event.type == FQ_EVENT_JOB || event.type == FQ_EVENT_FORGET;
		if (!is_of_job || !fq_text_equal(event.job.task, wanted[0]) ||
		        !fq_text_equal(event.job.unit, wanted[1])) {
			continue;
		}
		if (event.type == FQ_EVENT_FORGET) {
			last.verdict = FQ_VERDICT_NONE;
		} else if (event.job.record.verdict == FQ_VERDICT_DONE) {
			last = event.job.record;
		}
	}
	fq_buf_finish(&names[0]);
	fq_buf_finish(&names[1]);
	return last;
}
