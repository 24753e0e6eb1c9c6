/* Programs that share a make's tokens, found by their names: bare words of a script,
 * wherever in a command they stand (`nice -n 5 make`, `env FOO=1 /usr/bin/ninja`). */
#include "script.h"

#include <string.h>

static const struct {
	const char *name;
	enum fq_draws draws;
} drawers[] = {
        {"make", FQ_DRAWS_PIPE},
        {"gmake", FQ_DRAWS_PIPE},
        {"cargo", FQ_DRAWS_PIPE},
        {"fqrun", FQ_DRAWS_PIPE},
        {"ninja", FQ_DRAWS_FIFO},
        {"ninja-build", FQ_DRAWS_FIFO},
        {"samu", FQ_DRAWS_FIFO},
};

/* -j, -j8: with it a make leaves our tokens. (One of {threads} has been counted.) */
static bool is_own_jobs(struct fq_text word)
{
	size_t digits = 2;
	while (digits < word.len && word.at[digits] >= '0' && word.at[digits] <= '9') {
		digits++;
	}
	return word.len >= 2 && memcmp(word.at, "-j", 2) == 0 && digits == word.len;
}

static void note(struct script_lexer *lx, struct fq_text word)
{
	while (word.len > 1 && memcmp(word.at + word.len - 2, "\\\n", 2) == 0) {
		word.len -= 2;
	}
	struct fq_text name = fq_script_last_component(word);
	if (lx->draws && !lx->own_jobs_at && is_own_jobs(word)) {
		lx->own_jobs_at = (size_t)(word.at - lx->text.at);
	}
	for (size_t i = 0; i < FQ_COUNT(drawers); i++) {
		if (fq_text_is(name, drawers[i].name)) {
			lx->draws = (uint8_t)(lx->draws | 1U << drawers[i].draws);
		}
	}
}

/* As it is written: a word in quotes is none of these. */
void fq_script_note_drawer(struct script_lexer *lx, size_t from)
{
	note(lx, (struct fq_text){lx->text.at + from, lx->at - from});
}

void fq_script_note_drawers(struct script_lexer *lx, size_t from, size_t to)
{
	bool is_comment = false;
	for (size_t at = from; at < to; at++) {
		size_t start = at;
		while (at < to && !fq_script_is_meta(lx->text.at[at]) && lx->text.at[at] != '`') {
			at++;
		}
		is_comment |= at > start && lx->text.at[start] == '#';
		if (!is_comment) {
			note(lx, (struct fq_text){lx->text.at + start, at - start});
		}
		is_comment &= at == to || lx->text.at[at] != '\n';
	}
}

static enum fq_draws draws_of(const struct script_parts *parts)
{
	unsigned draws = parts->setup.draws | parts->command.draws;
	return draws & (1U << FQ_DRAWS_PIPE)   ? FQ_DRAWS_PIPE
	       : draws & (1U << FQ_DRAWS_FIFO) ? FQ_DRAWS_FIFO
	                                       : FQ_DRAWS_NOT;
}

/* A make takes tokens as it goes, beside those that the job holds: who writes
 * `threads = 4` for it has four idle, and a make of one job. */
static void warn_of_idle_threads(
        struct loader *loader, const struct raw_task *raw, const struct fq_task *task)
{
	static const char used[] = "{threads}";
	const struct ini_value *threads = raw->values[TASK_THREADS], *command = raw->values[TASK_COMMAND];
	if (threads && command && task->most_threads > 1 && task->draws != FQ_DRAWS_NOT &&
	        !memmem(command->text.at, command->text.len, used, sizeof(used) - 1)) {
		struct fq_where where = fq_ini_where(NULL, threads, 0);
		fq_manifest_warn_at(loader, where.line, where.column,
		        "leave it out: it takes of -j what is free; or say `jobserver = no` and use "
		        "{threads}",
		        "`threads` is not for a make in the command: it shares -j by itself");
	}
}

/* As many as the task has threads are counted; else it runs them beside all that -j allows. */
static void check_own_jobs(const struct script_lexer *lx, struct fq_task *task)
{
	if (!lx->own_jobs_at) {
		return;
	}
	uint32_t jobs = 0;
	const char *end = lx->text.at + lx->text.len;
	for (const char *at = lx->text.at + lx->own_jobs_at + 2; at < end && *at >= '0' && *at <= '9'; at++) {
		jobs = jobs < UINT32_MAX / 16 ? 10 * jobs + (uint32_t)(*at - '0') : jobs;
	}
	if (jobs && jobs <= task->least_threads) {
		task->draws = FQ_DRAWS_NOT;
		return;
	}
	struct fq_where where = fq_ini_where(NULL, lx->value, lx->own_jobs_at);
	fq_manifest_warn_at(lx->loader, where.line, where.column,
	        "leave it out: it takes of fqrun's -j what is free; or say `threads = 4` and -j{threads}",
	        "with a -j of its own the command runs so many beside what -j of fqrun allows");
}

void fq_script_set_draws(struct fq_task *task, const struct script_parts *parts)
{
	task->draws = (uint8_t)draws_of(parts);
	check_own_jobs(&parts->setup, task);
	check_own_jobs(&parts->command, task);
}

void fq_manifest_set_draws(struct loader *loader, const struct raw_task *raw, struct fq_task *task)
{
	static const char *const words[] = {"auto", "pipe", "fifo", "no"};
	static const uint8_t draws[] = {0, FQ_DRAWS_PIPE, FQ_DRAWS_FIFO, FQ_DRAWS_NOT};
	const struct ini_value *value = raw->values[TASK_JOBSERVER];
	size_t choice = value && !task->builtin ? fq_manifest_choice(loader, value, words, 4) : 0;
	task->draws = choice ? draws[choice] : task->draws;
	if (!choice) {
		warn_of_idle_threads(loader, raw, task);
	}
}
