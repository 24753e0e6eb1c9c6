/* `fqrun accept TARGET...`: as it is, it is good. */
#include "cli.h"
#include "known.h"

#include <stdio.h>
#include <string.h>

struct accepting {
	struct fq_session *s;
	struct fq_known past;
	bool *text_is_kept; /* by rule */
	bool *accepted;     /* by job */
	struct fq_buf items;
	size_t refused;
};

/* --- compared with the last success ------------------------------------------------------------ */

static bool find_item(struct fq_text items, char kind, struct fq_text name, struct fq_text *ret_value)
{
	struct fq_item item;
	while (fq_items_next(&items, &item)) {
		if (item.kind == kind && fq_text_equal(item.name, name)) {
			*ret_value = item.value;
			return true;
		}
	}
	return false;
}

/* SIZE, and HASH without the mark of a young stamp; false: there is no hash. */
static bool split_stamp(struct fq_text value, struct fq_text *ret_size, struct fq_text *ret_hash)
{
	const char *size_end = memchr(value.at, ' ', value.len);
	const char *time = size_end ? size_end + 1 : value.at;
	size_t left = value.len - (size_t)(time - value.at);
	const char *time_end = memchr(time, ' ', left);
	if (!size_end || !time_end) {
		return false;
	}
	const char *hash = time_end + 1;
	hash += hash < value.at + value.len && *hash == '~';
	*ret_size = (struct fq_text){value.at, (size_t)(size_end - value.at)};
	*ret_hash = (struct fq_text){hash, value.len - (size_t)(hash - value.at)};
	return true;
}

static bool is_same_output(struct fq_text a, struct fq_text b)
{
	struct fq_text sizes[2], hashes[2];
	if (split_stamp(a, &sizes[0], &hashes[0]) && split_stamp(b, &sizes[1], &hashes[1])) {
		return fq_text_equal(sizes[0], sizes[1]) && fq_text_equal(hashes[0], hashes[1]);
	}
	return fq_text_equal(a, b);
}

/* Whether both name the same outputs, with the same content. */
static bool are_same_outputs(struct fq_text old, struct fq_text now)
{
	struct fq_text rest = now, then;
	struct fq_item item;
	int surplus = 0;
	while (fq_items_next(&rest, &item)) {
		surplus += item.kind == 'o';
		if (item.kind == 'o' &&
		        (!find_item(old, 'o', item.name, &then) || !is_same_output(then, item.value))) {
			return false;
		}
	}
	while (fq_items_next(&old, &item)) {
		surplus -= item.kind == 'o';
	}
	return surplus == 0;
}

/* Items are escaped already. */
static void keep_values(struct fq_buf *items, struct fq_text old)
{
	struct fq_item item;
	while (fq_items_next(&old, &item)) {
		if (item.kind == FQ_ITEM_VALUE) {
			fq_buf_puts(items, "\tv");
			fq_buf_add_text(items, item.name);
			fq_buf_putc(items, '\t');
			fq_buf_add_text(items, item.value);
		}
	}
}

/* --- one job ---------------------------------------------------------------------------------------- */

/* What it depends on now. A tool that does not tell its version has the one that is recorded. */
static void add_items(struct accepting *a, uint32_t job, struct fq_text old)
{
	struct fq_rule *rule = &a->s->plan.rules[fq_plan_rule(&a->s->plan, job) - a->s->plan.rules];
	struct fq_text version = rule->version, recorded;
	struct fq_buf text = {0};
	if (rule->version_unknown && find_item(old, 'p', (struct fq_text){"", 0}, &recorded)) {
		fq_buf_add_unescaped(&text, recorded);
		rule->version = (struct fq_text){text.at, text.len};
	}
	a->items.len = 0;
	fq_plan_add_items(&a->s->plan, job, &a->items);
	rule->version = version;
	fq_buf_finish(&text);
}

static void refuse(struct accepting *a, uint32_t job, const char *missing)
{
	struct fq_buf name = {0}, hint = {0};
	struct fq_error err = {0};
	fq_plan_add_name(&a->s->plan, job, &name);
	fq_buf_puts(&hint, "fqrun ");
	fq_buf_add_quoted(&hint, (struct fq_text){name.at, name.len});
	fq_buf_puts(&hint, " makes it");
	fq_fail(&err, FQ_NOWHERE, hint.at, "%s is not accepted: output %s is not there", name.at, missing);
	fq_cli_print_error(&err);
	fq_error_finish(&err);
	fq_buf_finish(&name);
	fq_buf_finish(&hint);
	a->refused++;
}

static bool write_record(struct accepting *a, uint32_t job, const struct fq_record *record)
{
	struct fq_session *s = a->s;
	const struct fq_rule *rule = fq_plan_rule(&s->plan, job);
	size_t number = (size_t)(rule - s->plan.rules);
	char digest[FQ_DIGEST_LEN + 1];
	struct fq_record last = fq_known_record(s, job);
	struct fq_buf unit = {0};
	fq_run_drop_asides(&last);
	fq_buf_puts(&unit, "");
	fq_plan_add_unit(&s->plan, job, &unit);
	bool ok = (a->text_is_kept[number] ||
	                  fq_journal_keep_text(&s->journal, rule->recipe, digest, &s->err)) &&
	          fq_journal_done(&s->journal, fq_text(rule->task->name), (struct fq_text){unit.at, unit.len},
	                  record, &s->err);
	a->text_is_kept[number] = true;
	fq_buf_finish(&unit);
	return ok;
}

/* Outputs that are as its last success left them are still that attempt's, and no news to
 * those behind it. Others no attempt made. False: the journal cannot be written. */
static bool accept(struct accepting *a, uint32_t job)
{
	struct fq_session *s = a->s;
	struct fq_record old, record = {.verdict = FQ_VERDICT_DONE, .how = FQ_HOW_ACCEPTED};
	struct fq_buf missing = {0};
	bool has_old = fq_known_success(&a->past, job, &old);
	old.items = has_old ? old.items : (struct fq_text){"", 0};
	add_items(a, job, old.items);
	bool ok = fq_plan_add_output_items(&s->plan, job, &a->items, &missing);
	if (!ok) {
		refuse(a, job, missing.at);
		fq_buf_finish(&missing);
		return true;
	}
	if (has_old && are_same_outputs(old.items, (struct fq_text){a->items.at, a->items.len})) {
		record.since = old.since;
		record.usage = old.usage;
	}
	keep_values(&a->items, old.items);
	record.items = (struct fq_text){a->items.at, a->items.len};
	fq_plan_keep_values(&s->plan, job, record.items);
	a->accepted[job] = true;
	ok = s->options->dry_run || write_record(a, job, &record);
	fq_known_tell(s, s->options->dry_run ? "would accept" : "accepted", job);
	return ok;
}

/* --- all of them ---------------------------------------------------------------------------------------- */

static void begin_watching(struct fq_observer *observer, const struct fq_run *run)
{
	(void)observer, (void)run;
}

struct watcher {
	struct fq_observer base;
	const bool *accepted; /* NULL: tells nothing */
};

/* One that is accepted and runs all the same. */
static void watch(struct fq_observer *observer, const struct fq_run *run, uint32_t job, enum fq_state from,
        const struct fq_failure *failure)
{
	const struct watcher *watcher = (const struct watcher *)observer;
	struct fq_buf name = {0}, text = {0};
	(void)from, (void)failure;
	if (!watcher->accepted || !watcher->accepted[job] || run->states[job] != FQ_STATE_QUEUED) {
		return;
	}
	fq_plan_add_name(run->plan, job, &name);
	fq_buf_puts(&text, "fqrun: warning: ");
	fq_ui_add_shown(&text, (struct fq_text){name.at, name.len});
	fq_buf_puts(&text, " will run all the same\n");
	for (const char *line = run->why.at; line && *line;) {
		size_t len = strcspn(line, "\n");
		fq_buf_puts(&text, "  ");
		fq_ui_add_shown(&text, (struct fq_text){line, len});
		fq_buf_putc(&text, '\n');
		line += len + (line[len] == '\n');
	}
	fputs(text.at, stderr);
	fq_buf_finish(&name);
	fq_buf_finish(&text);
}

static struct watcher watch_for(const bool *accepted)
{
	return (struct watcher){{.begin = begin_watching, .moved = watch, .end = begin_watching}, accepted};
}

/* Those before others first: what one reports, and when it was accepted, is the next one's. */
static bool accept_all(struct accepting *a)
{
	const struct fq_plan *plan = &a->s->plan;
	bool ok = true;
	for (uint32_t i = 0; i < plan->rule_count; i++) {
		const struct fq_rule *rule = &plan->rules[plan->order[i]];
		for (uint32_t job = rule->first_job; ok && job < rule->first_job + rule->job_count; job++) {
			ok = !a->s->wanted[job] || accept(a, job);
		}
	}
	return ok;
}

/* What a run would say of them now. */
static int check(struct accepting *a, const bool *around)
{
	struct fq_session *s = a->s;
	struct watcher watcher = watch_for(a->accepted);
	fq_run_finish(&s->run);
	fq_journal_close(&s->journal);
	if (!fq_session_open_journal(s, FQ_JOURNAL_READ)) {
		return fq_session_fail(s, 3);
	}
	return fq_session_judge(s, around, &watcher.base);
}

static int go(struct accepting *a, bool *around)
{
	struct fq_session *s = a->s;
	struct watcher watcher = watch_for(NULL);
	/* Which tools there are, and which jobs are left out. */
	int status = fq_session_judge(s, around, &watcher.base);
	s->plan.is_dry = false;
	s->plan.seqs = NULL;
	if (status == 0 && !accept_all(a)) {
		return fq_session_fail(s, 3);
	}
	if (status == 0 && !s->options->dry_run && !s->options->quiet) {
		status = check(a, around);
	}
	return status ? status : a->refused > 0;
}

/* Where nothing was known it was opened to read: here something will be. */
static bool reopen(struct fq_session *s)
{
	if (s->options->dry_run || s->journal.options.mode == FQ_JOURNAL_WRITE) {
		return true;
	}
	fq_journal_close(&s->journal);
	return fq_session_open_journal(s, FQ_JOURNAL_WRITE);
}

int fq_cli_accept(const struct fq_options *options)
{
	struct fq_session s = fq_session_begin(options);
	if (!fq_session_load(&s) || !fq_known_has_target(&s) || !fq_session_select_named(&s)) {
		int status = fq_session_fail(&s, 2);
		fq_session_finish(&s);
		return status;
	}
	bool is_open = fq_session_open_to_change(&s) && reopen(&s);
	int status = fq_session_fail(&s, is_open ? 0 : 3);
	if (is_open) {
		struct accepting a = {.s = &s,
		        .text_is_kept = fq_zeroed(s.plan.rule_count, sizeof(bool)),
		        .accepted = fq_zeroed(s.plan.job_count, sizeof(bool))};
		bool *around = fq_zeroed(s.plan.job_count, sizeof(*around));
		memcpy(around, s.wanted, s.plan.job_count * sizeof(*around));
		fq_plan_select_needed(&s.plan, around);
		fq_known_begin(&a.past, &s);
		status = go(&a, around);
		fq_known_finish(&a.past);
		fq_buf_finish(&a.items);
		fq_release(a.text_is_kept);
		fq_release(a.accepted);
		fq_release(around);
	}
	fq_session_finish(&s);
	return fq_cli_flush(status);
}
