#include "internal.h"

static void swap(uint64_t *a, uint64_t *b)
{
	uint64_t kept = *a;
	*a = *b;
	*b = kept;
}

void fq_run_queue_push(struct fq_run_queue *queue, uint32_t job)
{
	queue->keys = fq_grow(queue->keys, &queue->cap, queue->count + 1, sizeof(*queue->keys));
	size_t at = queue->count++;
	queue->keys[at] = job;
	while (at && queue->keys[at] < queue->keys[(at - 1) / 2]) {
		swap(&queue->keys[at], &queue->keys[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
}

bool fq_run_queue_pop(struct fq_run_queue *queue, uint32_t *ret_job)
{
	if (queue->count == 0) {
		return false;
	}
	*ret_job = (uint32_t)queue->keys[0];
	queue->keys[0] = queue->keys[--queue->count];
	for (size_t at = 0;;) {
		size_t least = at, left = 2 * at + 1, right = left + 1;
		if (left < queue->count && queue->keys[left] < queue->keys[least]) {
			least = left;
		}
		if (right < queue->count && queue->keys[right] < queue->keys[least]) {
			least = right;
		}
		if (least == at) {
			return true;
		}
		swap(&queue->keys[at], &queue->keys[least]);
		at = least;
	}
}
