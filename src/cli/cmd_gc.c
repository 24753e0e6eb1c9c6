/* `fqrun gc`: what the manifest knows no more. */
#include "cli.h"
#include "removal.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

struct collecting {
	struct fq_session *s;
	struct fq_removal removal;
	struct fq_hashes names, logs; /* of today's jobs */
	struct fq_buf buf;
};

static uint64_t hash_name(struct collecting *c, struct fq_text task, struct fq_text unit)
{
	c->buf.len = 0;
	fq_buf_add_text(&c->buf, task);
	fq_buf_putc(&c->buf, '\t'); /* no task's name holds one */
	fq_buf_add_text(&c->buf, unit);
	return fq_hash(c->buf.at, c->buf.len);
}

static void read_plan(struct collecting *c)
{
	const struct fq_plan *plan = &c->s->plan;
	const char *logs = fq_session_logs(c->s);
	struct fq_buf unit = {0};
	for (uint32_t job = 0; job < plan->job_count; job++) {
		struct fq_text task = fq_text(fq_plan_rule(plan, job)->task->name);
		unit.len = 0;
		fq_plan_add_unit(plan, job, &unit);
		fq_hashes_add(&c->names, hash_name(c, task, (struct fq_text){unit.at, unit.len}));
		c->buf.len = 0;
		fq_run_add_log_of(logs, task, (struct fq_text){unit.at, unit.len}, &c->buf);
		fq_hashes_add(&c->logs, fq_hash(c->buf.at, c->buf.len));
	}
	fq_buf_finish(&unit);
}

/* The last one, and those of attempts before it; unless a job of today writes there. */
static void add_logs(struct collecting *c, const struct fq_journal_job *job)
{
	struct stat file;
	c->buf.len = 0;
	fq_run_add_log_of(fq_session_logs(c->s), job->task, job->unit, &c->buf);
	if (fq_hashes_have(&c->logs, fq_hash(c->buf.at, c->buf.len))) {
		return;
	}
	size_t len = c->buf.len;
	fq_removal_add_own(&c->removal, c->buf.at);
	for (unsigned attempt = 1; attempt <= UINT8_MAX; attempt++) {
		c->buf.len = len;
		fq_buf_addf(&c->buf, ".%u", attempt);
		if (lstat(c->buf.at, &file) != 0) {
			break;
		}
		fq_removal_add_own(&c->removal, c->buf.at);
	}
}

/* Names come escaped. */
static void add_job(struct collecting *c, const struct fq_journal_job *job, bool must_forget)
{
	struct fq_buf task = {0}, unit = {0};
	fq_buf_puts(&task, "");
	fq_buf_puts(&unit, "");
	fq_buf_add_unescaped(&task, job->task);
	fq_buf_add_unescaped(&unit, job->unit);
	struct fq_journal_job plain = {
	        .task = {task.at, task.len}, .unit = {unit.at, unit.len}, .record = job->record};
	if (!fq_hashes_have(&c->names, hash_name(c, plain.task, plain.unit))) {
		fq_removal_add_job(&c->removal, &plain, false, must_forget);
		add_logs(c, &plain);
	}
	fq_buf_finish(&task);
	fq_buf_finish(&unit);
}

/* What is known of a job that is forgotten is which outputs a run made. */
static void add_forgotten(struct collecting *c)
{
	struct fq_journal *journal = &c->s->journal;
	struct fq_journal_event event;
	struct fq_buf task = {0}, unit = {0};
	for (size_t at = 0; fq_journal_next_event(journal, &at, &event);) {
		if (event.type != FQ_EVENT_FORGET || event.job.record.items.len == 0) {
			continue;
		}
		task.len = unit.len = 0;
		fq_buf_puts(&unit, "");
		fq_buf_add_unescaped(&task, event.job.task);
		fq_buf_add_unescaped(&unit, event.job.unit);
		struct fq_record last = fq_journal_find(
		        journal, (struct fq_text){task.at, task.len}, (struct fq_text){unit.at, unit.len});
		if (last.verdict == FQ_VERDICT_NONE && last.seq == event.seq) {
			struct fq_journal_job job = {event.job.task, event.job.unit, last};
			add_job(c, &job, false);
		}
	}
	fq_buf_finish(&task);
	fq_buf_finish(&unit);
}

/* --- the state itself ------------------------------------------------------------------------------- */

/* The N of `journal.bad.N`; 0: it is no such file. */
static uint64_t bad_number(const char *name)
{
	static const char prefix[] = "journal.bad.";
	uint64_t number = 0;
	if (strncmp(name, prefix, sizeof(prefix) - 1) == 0) {
		fq_parse_number(fq_text(name + sizeof(prefix) - 1), &number);
	}
	return number;
}

/* What was cut off damaged journals, but for the last of it. */
static void add_damaged(struct collecting *c)
{
	DIR *folder = opendir(c->s->state);
	uint64_t last = 0;
	for (struct dirent *entry; folder && (entry = readdir(folder));) {
		uint64_t number = bad_number(entry->d_name);
		last = number > last ? number : last;
	}
	if (folder) {
		rewinddir(folder);
	}
	for (struct dirent *entry; folder && (entry = readdir(folder));) {
		uint64_t number = bad_number(entry->d_name);
		if (number && number < last) {
			c->buf.len = 0;
			fq_buf_addf(&c->buf, "%s/%s", c->s->state, entry->d_name);
			fq_removal_add_own(&c->removal, c->buf.at);
		}
	}
	if (folder) {
		closedir(folder);
	}
}

static void prune_versions(struct fq_session *s)
{
	struct fq_run run = {.plan = &s->plan,
	        .journal = &s->journal,
	        .options = {.fqrun = fq_session_our_path(s),
	                .versions = fq_arena_format(&s->arena, "%s/versions", s->state)}};
	fq_run_prune_versions(&run);
	fq_run_finish(&run);
}

/* --- all of it --------------------------------------------------------------------------------------------
 */

static int collect(struct collecting *c)
{
	struct fq_session *s = c->s;
	struct fq_journal_job job, state = {.task = {"", 0}, .unit = {"", 0}};
	read_plan(c);
	for (size_t at = 0; fq_journal_next_job(&s->journal, &at, &job);) {
		add_job(c, &job, true);
	}
	add_forgotten(c);
	fq_removal_add_job(&c->removal, &state, false, false);
	add_damaged(c);
	int status = fq_removal_carry_out(&c->removal);
	if (status == 0 && s->journal.options.mode == FQ_JOURNAL_WRITE) {
		prune_versions(s);
		/* A journal that is mostly dead is written anew when it is opened. */
		fq_journal_close(&s->journal);
		status = fq_session_open_journal(s, FQ_JOURNAL_WRITE) ? 0 : fq_session_fail(s, 3);
	}
	return status;
}

static bool has_no_target(struct fq_session *s)
{
	return s->options->target_count == 0 ||
	       fq_fail(&s->err, FQ_NOWHERE, "fqrun clean TARGET removes what its jobs made",
	               "gc takes no TARGET: it is for what the manifest knows no more");
}

static int gc(struct fq_session *s)
{
	struct collecting c = {.s = s, .removal = fq_removal_begin(s, true)};
	int status = collect(&c);
	fq_removal_finish(&c.removal);
	fq_hashes_finish(&c.names);
	fq_hashes_finish(&c.logs);
	fq_buf_finish(&c.buf);
	return status;
}

int fq_cli_gc(const struct fq_options *options)
{
	return fq_session_change(options, has_no_target, gc);
}
