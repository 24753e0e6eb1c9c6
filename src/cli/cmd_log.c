/* `fqrun log TARGET... [--attempt N]`: what jobs printed when they last ran. */
#include "cli.h"
#include "known.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct logs {
	struct fq_session *s;
	bool *named;
	uint32_t count, shown; /* jobs named, and those of which there was one */
	uint32_t attempt;      /* 0: the last */
	bool is_terminal, has_failed;
};

/* --- finding it ---------------------------------------------------------------------------- */

/* Those of earlier attempts are numbered without a gap. */
static uint32_t count_earlier(const char *log)
{
	struct fq_buf path = {0};
	uint32_t count = 0;
	do {
		path.len = 0;
		fq_buf_addf(&path, "%s.%u", log, count + 1);
	} while (access(path.at, F_OK) == 0 && ++count < UINT8_MAX);
	fq_buf_finish(&path);
	return count;
}

/* -1 and errno where there is none, or it is no file. */
static int open_log(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd >= 0 && fstat(fd, &st) == 0 && !S_ISREG(st.st_mode)) {
		close(fd);
		errno = EINVAL;
		return -1;
	}
	return fd;
}

static const char *words_of(const struct fq_record *record)
{
	if (record->verdict == FQ_VERDICT_NONE) {
		return "never ran";
	}
	return record->verdict == FQ_VERDICT_BEGUN ? "has printed nothing yet" : "printed nothing";
}

static void tell_none(struct logs *logs, const struct fq_text name, uint32_t job, uint32_t earlier)
{
	struct fq_record record = fq_known_record(logs->s, job);
	struct fq_buf text = {0};
	fq_buf_puts(&text, "fqrun: ");
	fq_ui_add_shown(&text, name);
	if (logs->attempt > earlier + 1 && record.verdict != FQ_VERDICT_NONE) {
		fq_buf_addf(&text, " had no attempt %u, it had %u", logs->attempt, earlier + 1);
	} else {
		fq_buf_addf(&text, " %s", words_of(&record));
	}
	if (record.verdict == FQ_VERDICT_FAILED && logs->attempt <= earlier + 1) {
		struct fq_buf cause = {0};
		fq_buf_add_unescaped(&cause, record.cause);
		fq_buf_puts(&text, fq_cause_is_cut_off(record.cause) ? "; " : "; it failed: ");
		fq_ui_add_shown(&text, (struct fq_text){cause.at, cause.len});
		fq_buf_finish(&cause);
	}
	fprintf(stderr, "%s\n", text.at);
	fq_buf_finish(&text);
}

/* --- showing it ---------------------------------------------------------------------------- */

static void add_line(struct fq_buf *shown, struct fq_text line)
{
	while (line.len) {
		const char *tab = memchr(line.at, '\t', line.len);
		size_t len = tab ? (size_t)(tab - line.at) : line.len;
		fq_ui_add_shown(shown, (struct fq_text){line.at, len});
		fq_buf_puts(shown, tab ? "\t" : "");
		len += tab != NULL;
		line = (struct fq_text){line.at + len, line.len - len};
	}
}

/* On a terminal nothing that would disturb it. A line may be longer than all memory. */
static void show_safely(struct fq_buf *kept, bool is_end)
{
	enum { LINE_MOST = 1 << 16 };
	struct fq_text rest = {kept->at, kept->len};
	struct fq_buf shown = {0};
	const char *newline;
	while (rest.len && (newline = memchr(rest.at, '\n', rest.len))) {
		size_t len = (size_t)(newline - rest.at);
		add_line(&shown, (struct fq_text){rest.at, len});
		fq_buf_putc(&shown, '\n');
		rest = (struct fq_text){newline + 1, rest.len - len - 1};
	}
	if (rest.len && (is_end || rest.len >= LINE_MOST)) {
		add_line(&shown, rest);
		fq_buf_puts(&shown, is_end ? "\n" : "");
		rest.len = 0;
	}
	fwrite(shown.at ? shown.at : "", 1, shown.len, stdout);
	kept->len = rest.len;
	memmove(kept->at, rest.at, rest.len);
	fq_buf_finish(&shown);
}

static bool show(const struct logs *logs, int fd)
{
	enum { BLOCK_BYTES = 1 << 16 };
	struct fq_buf kept = {0};
	ssize_t got;
	do {
		got = read(fd, fq_buf_room(&kept, BLOCK_BYTES), BLOCK_BYTES);
		kept.len += got > 0 ? (size_t)got : 0;
		if (logs->is_terminal) {
			show_safely(&kept, got == 0);
		} else {
			fwrite(kept.at, 1, kept.len, stdout);
			kept.len = 0;
		}
	} while ((got > 0 || (got < 0 && errno == EINTR)) && !ferror(stdout));
	fq_buf_finish(&kept);
	return got >= 0;
}

static void show_header(struct logs *logs, struct fq_text name)
{
	struct fq_buf shown = {0};
	fq_ui_add_shown(&shown, name);
	printf("%s==> %s <==\n", logs->shown ? "\n" : "", shown.at);
	fq_buf_finish(&shown);
}

static void show_path(
        struct logs *logs, struct fq_text name, uint32_t job, const char *path, uint32_t earlier)
{
	struct fq_error err = {0};
	int fd = open_log(path);
	if (fd < 0 && errno != ENOENT && errno != ENOTDIR) {
		fq_fail_errno(&err, "cannot read %s", path);
	} else if (fd < 0) {
		if (logs->count == 1) {
			tell_none(logs, name, job, earlier);
		}
	} else {
		if (logs->count > 1) {
			show_header(logs, name);
		}
		logs->shown++;
		if (!show(logs, fd)) {
			fq_fail_errno(&err, "cannot read %s", path);
		}
	}
	if (fd >= 0) {
		close(fd);
	}
	if (err.text) {
		logs->has_failed = true;
		fq_cli_print_error(&err);
		fq_error_finish(&err);
	}
}

static void show_job(struct logs *logs, uint32_t job)
{
	struct fq_buf name = {0}, path = {0};
	fq_plan_add_name(&logs->s->plan, job, &name);
	fq_run_add_log(&logs->s->run, job, &path);
	uint32_t earlier = logs->attempt || logs->count == 1 ? count_earlier(path.at) : 0;
	if (logs->attempt && logs->attempt != earlier + 1) {
		fq_buf_addf(&path, ".%u", logs->attempt);
	}
	show_path(logs, (struct fq_text){name.at, name.len}, job, path.at, earlier);
	fq_buf_finish(&name);
	fq_buf_finish(&path);
}

static void show_all(struct logs *logs)
{
	struct fq_session *s = logs->s;
	s->run.plan = &s->plan;
	s->run.options.logs = fq_session_logs(s);
	for (uint32_t job = 0; job < s->plan.job_count; job++) {
		logs->count += logs->named[job];
	}
	for (uint32_t job = 0; job < s->plan.job_count && !ferror(stdout); job++) {
		if (logs->named[job]) {
			show_job(logs, job);
		}
	}
	if (logs->count > 1 && logs->shown < logs->count && !s->options->quiet) {
		fflush(stdout);
		fprintf(stderr, "fqrun: of %u %s there is no log: nothing was printed\n",
		        logs->count - logs->shown, logs->count - logs->shown == 1 ? "job" : "jobs");
	}
}

static bool name_targets(struct logs *logs)
{
	struct fq_session *s = logs->s;
	const struct fq_options *options = s->options;
	logs->named = fq_zeroed(s->plan.job_count, sizeof(*logs->named));
	for (size_t i = 0; i < options->target_count; i++) {
		if (!fq_plan_select(&s->plan, options->targets[i], logs->named, &s->err)) {
			return false;
		}
	}
	return options->target_count > 0 ||
	       fq_fail(&s->err, FQ_NOWHERE, "fqrun log TASK/SAMPLE", "log needs the name of a job");
}

int fq_cli_log(const struct fq_options *options)
{
	struct fq_session s = fq_session_begin(options);
	struct logs logs = {.s = &s, .attempt = options->attempt, .is_terminal = isatty(STDOUT_FILENO) != 0};
	int status = 0;
	if (!fq_session_load(&s) || !name_targets(&logs)) {
		status = fq_session_fail(&s, 2);
	} else if (!fq_session_open_journal(&s, FQ_JOURNAL_READ)) {
		status = fq_session_fail(&s, 3);
	} else {
		fq_session_fail(&s, 0);
		show_all(&logs);
		status = logs.has_failed ? 3 : logs.shown == 0;
	}
	fq_release(logs.named);
	fq_session_finish(&s);
	return fq_cli_flush(status);
}
