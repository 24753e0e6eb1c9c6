/* A MAKEFLAGS: what is read of it, and what a job gets instead. The input up to the
 * first newline is the auth of the pool that is offered, if there is one. */
#include "fqrun/jobserver.h"
#include "fuzz.h"

#include <string.h>

static void read_again(const char *text, struct fq_arena *arena, struct fq_makeflags *ret)
{
	fq_makeflags_read(text, arena, ret);
	MUST((ret->style == FQ_JOBSERVER_NONE) == (ret->auth == NULL));
	MUST((ret->style == FQ_JOBSERVER_FIFO) == (ret->path != NULL));
}

/* Behind ` -- ` nothing is touched. */
static void compare_ends(const char *text, const char *made)
{
	const char *tail = strstr(text, " -- ");
	if (!tail || (tail > text && tail[-1] == '\\')) {
		return;
	}
	size_t len = strlen(tail), made_len = strlen(made);
	MUST(made_len >= len && memcmp(made + made_len - len, tail, len) == 0);
}

static void check(const char *text, const char *auth, uint32_t jobs)
{
	struct fq_arena arena = {0};
	struct fq_makeflags flags, bare_flags, offer_flags;
	struct fq_buf bare = {0}, again = {0}, offer = {0}, bare_offer = {0};
	fq_buf_puts(&bare, "");
	fq_makeflags_add_bare(text, &bare);
	fq_makeflags_add_bare(bare.at, &again);
	fq_makeflags_add_offer(text, jobs, auth, &offer);
	fq_makeflags_add_bare(offer.at, &bare_offer);
	MUST(strcmp(bare.at, again.at ? again.at : "") == 0);
	MUST(strcmp(bare.at, bare_offer.at ? bare_offer.at : "") == 0);
	compare_ends(text, offer.at);

	read_again(text, &arena, &flags);
	read_again(bare.at, &arena, &bare_flags);
	read_again(offer.at, &arena, &offer_flags);
	MUST(!bare_flags.auth && bare_flags.jobs == 0 && bare_flags.is_dry_run == flags.is_dry_run);
	MUST(strcmp(offer_flags.auth, auth) == 0 && offer_flags.jobs == jobs);
	MUST(offer_flags.is_dry_run == flags.is_dry_run);
	fq_buf_finish(&bare);
	fq_buf_finish(&again);
	fq_buf_finish(&offer);
	fq_buf_finish(&bare_offer);
	fq_arena_finish(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fq_buf input = {0};
	fq_buf_puts(&input, "");
	for (size_t i = 0; i < size && data[i]; i++) {
		fq_buf_putc(&input, (char)data[i]);
	}
	char *newline = strchr(input.at, '\n');
	const char *auth = newline ? input.at : "64,65";
	if (newline) {
		*newline = '\0';
	}
	check(newline ? newline + 1 : input.at, auth, (uint32_t)(size % 7));
	fq_buf_finish(&input);
	return 0;
}
