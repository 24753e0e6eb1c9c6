#include "internal.h"

#include <string.h>
#include <unistd.h>

/* Nothing that a client, or the shell in a recipe, might take for something else. */
static bool is_plain(const char *path)
{
	for (const char *at = path; *at; at++) {
		if ((unsigned char)*at <= ' ' || *at == 127 || strchr("\\\"'`,$#", *at)) {
			return false;
		}
	}
	return path[0] == '/';
}

char *fq_tokens_choose_path(const struct fq_tokens *tokens, const char *fifo)
{
	struct fq_buf path = {0};
	if (fifo && is_plain(fifo)) {
		fq_buf_puts(&path, fifo);
		return path.at;
	}
	fq_buf_addf(&path, "/proc/%ld/fd/%d", (long)getpid(), tokens->read_fd);
	if (access(path.at, R_OK | W_OK) != 0) {
		path.len = 0;
		if (!fifo) {
			fq_buf_finish(&path);
			return NULL;
		}
		fq_buf_puts(&path, fifo);
	}
	return path.at;
}

/* Our own two descriptors' numbers: nothing that a child still needs can stand there. */
static void offer_pipe(const struct fq_tokens *tokens, struct fq_offer *ret)
{
	ret->style = FQ_JOBSERVER_PIPE;
	ret->path = tokens->path;
	ret->read_fd = tokens->path ? -1 : tokens->passed_read;
	ret->write_fd = tokens->path ? -1 : tokens->passed_write;
	ret->read_number = tokens->read_fd;
	ret->write_number = tokens->write_fd;
	fq_buf_addf(&ret->auth, "%d,%d", ret->read_number, ret->write_number);
}

void fq_tokens_offer(const struct fq_tokens *tokens, enum fq_jobserver_style style, struct fq_offer *ret)
{
	*ret = (struct fq_offer){.read_fd = -1, .write_fd = -1, .read_number = -1, .write_number = -1};
	if (tokens->kind == FQ_TOKENS_OWN || tokens->is_gone) {
		return;
	}
	if (style == FQ_JOBSERVER_PIPE) {
		offer_pipe(tokens, ret);
	} else if (style == FQ_JOBSERVER_FIFO && tokens->path) {
		ret->style = FQ_JOBSERVER_FIFO;
		fq_buf_addf(&ret->auth, "fifo:%s", tokens->path);
	}
}
