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
