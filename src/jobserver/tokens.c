#include "fqrun/jobserver.h"

void fq_tokens_own(struct fq_tokens *ret, uint32_t jobs)
{
	*ret = (struct fq_tokens){.kind = FQ_TOKENS_OWN,
	        .limit = jobs,
	        .total = jobs,
	        .implicit_is_free = true,
	        .read_fd = -1,
	        .write_fd = -1,
	        .passed_read = -1,
	        .passed_write = -1};
}

bool fq_tokens_take(struct fq_tokens *tokens, struct fq_token *ret)
{
	if (tokens->implicit_is_free) {
		tokens->implicit_is_free = false;
		ret->byte = FQ_TOKEN_IMPLICIT;
		return true;
	}
	ret->byte = FQ_TOKEN_NONE;
	if (tokens->held + 1 >= tokens->limit) {
		return false;
	}
	tokens->held++;
	ret->byte = '+';
	return true;
}

void fq_tokens_give(struct fq_tokens *tokens, struct fq_token *token)
{
	if (token->byte == FQ_TOKEN_IMPLICIT) {
		tokens->implicit_is_free = true;
	} else if (token->byte != FQ_TOKEN_NONE) {
		tokens->held--;
	}
	token->byte = FQ_TOKEN_NONE;
}

bool fq_tokens_are_home(const struct fq_tokens *tokens)
{
	return tokens->implicit_is_free && tokens->held == 0;
}

int fq_tokens_watch(const struct fq_tokens *tokens)
{
	return tokens->read_fd;
}

void fq_tokens_finish(struct fq_tokens *tokens)
{
	*tokens = (struct fq_tokens){0};
}
