#include "fqrun/run.h"

void fq_tokens_init(struct fq_tokens *tokens, uint32_t jobs)
{
	*tokens = (struct fq_tokens){.free_count = jobs - 1, .total = jobs - 1, .implicit_is_free = true};
	tokens->bytes = fq_zeroed(tokens->total, 1);
	for (size_t i = 0; i < tokens->total; i++) {
		tokens->bytes[i] = '+';
	}
}

bool fq_tokens_take(struct fq_tokens *tokens, struct fq_token *ret)
{
	if (tokens->implicit_is_free) {
		tokens->implicit_is_free = false;
		ret->byte = FQ_TOKEN_IMPLICIT;
		return true;
	}
	if (tokens->free_count == 0) {
		ret->byte = FQ_TOKEN_NONE;
		return false;
	}
	ret->byte = tokens->bytes[--tokens->free_count];
	return true;
}

void fq_tokens_give(struct fq_tokens *tokens, struct fq_token *token)
{
	if (token->byte == FQ_TOKEN_IMPLICIT) {
		tokens->implicit_is_free = true;
	} else if (token->byte != FQ_TOKEN_NONE) {
		tokens->bytes[tokens->free_count++] = (unsigned char)token->byte;
	}
	token->byte = FQ_TOKEN_NONE;
}

bool fq_tokens_are_home(const struct fq_tokens *tokens)
{
	return tokens->implicit_is_free && tokens->free_count == tokens->total;
}

void fq_tokens_finish(struct fq_tokens *tokens)
{
	fq_release(tokens->bytes);
	*tokens = (struct fq_tokens){0};
}
