#include "fqrun/base.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Blocks double up to this size, so a small run stays small. */
enum { FIRST_BLOCK_BYTES = 4096, LARGEST_BLOCK_BYTES = 1 << 20, ALIGNMENT = 16 };

struct fq_block {
	struct fq_block *before;
	size_t used, size;
	alignas(ALIGNMENT) char bytes[];
};

static fq_exhausted_fn *on_exhausted;

void fq_memory_on_exhausted(fq_exhausted_fn *handler)
{
	on_exhausted = handler;
}

static FQ_NORETURN void give_up(size_t bytes)
{
	if (on_exhausted) {
		on_exhausted(bytes);
	}
	abort();
}

static struct fq_block *add_block(struct fq_arena *arena, size_t bytes)
{
	size_t size = arena->block ? arena->block->size * 2 : FIRST_BLOCK_BYTES;
	if (size > LARGEST_BLOCK_BYTES) {
		size = LARGEST_BLOCK_BYTES;
	}
	if (size < bytes) {
		size = bytes;
	}
	struct fq_block *block = calloc(1, sizeof(*block) + size);
	if (!block) {
		give_up(size);
	}
	block->before = arena->block;
	block->size = size;
	arena->block = block;
	return block;
}

void *fq_arena_alloc(struct fq_arena *arena, size_t bytes)
{
	size_t rounded = (bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	if (rounded < bytes || rounded > SIZE_MAX - sizeof(struct fq_block)) {
		give_up(bytes);
	}
	struct fq_block *block = arena->block;
	if (!block || block->size - block->used < rounded) {
		block = add_block(arena, rounded);
	}
	void *at = block->bytes + block->used;
	block->used += rounded;
	return at;
}

char *fq_arena_copy(struct fq_arena *arena, const char *at, size_t len)
{
	char *copy = fq_arena_alloc(arena, len + 1);
	if (len) {
		memcpy(copy, at, len);
	}
	return copy;
}

char *fq_arena_format(struct fq_arena *arena, const char *format, ...)
{
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	int len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	char *text = fq_arena_alloc(arena, (size_t)(len < 0 ? 0 : len) + 1);
	if (len > 0) {
		vsnprintf(text, (size_t)len + 1, format, again);
	}
	va_end(again);
	return text;
}

void fq_arena_finish(struct fq_arena *arena)
{
	for (struct fq_block *block = arena->block, *before; block; block = before) {
		before = block->before;
		free(block);
	}
	arena->block = NULL;
}

void *fq_grow(void *array, size_t *cap, size_t need, size_t size)
{
	if (need <= *cap) {
		return array;
	}
	size_t next = *cap + *cap / 2;
	if (next < need) {
		next = need;
	}
	if (next < 8) {
		next = 8;
	}
	if (next > SIZE_MAX / size) {
		give_up(SIZE_MAX);
	}
	char *grown = realloc(array, next * size);
	if (!grown) {
		give_up(next * size);
	}
	memset(grown + *cap * size, 0, (next - *cap) * size);
	*cap = next;
	return grown;
}

void *fq_zeroed(size_t count, size_t size)
{
	void *at = calloc(count ? count : 1, size);
	if (!at) {
		give_up(count * size);
	}
	return at;
}

void fq_release(void *array)
{
	free(array);
}

void fq_sort(void *array, size_t count, size_t size, int (*compare)(const void *, const void *))
{
	if (count > 1) {
		qsort(array, count, size, compare);
	}
}
