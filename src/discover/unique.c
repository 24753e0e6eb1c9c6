/* Two samples of one name, from two folders: the folder's name tells them apart. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

/* What is put in front, or behind, in turn until no two are alike. */
enum round { LAST_FOLDER, ALL_FOLDERS, FIRST_NUMBER, ROUNDS = 8 };

static int by_name(const void *a, const void *b)
{
	const struct fq_reads_sample *x = *(struct fq_reads_sample *const *)a;
	const struct fq_reads_sample *y = *(struct fq_reads_sample *const *)b;
	int order = strcmp(x->name, y->name);
	return order ? order : (x > y) - (x < y);
}

/* run1/lane2 + x: run1_lane2_x */
static const char *put_in_front(struct fq_arena *arena, struct fq_text folder, const char *name)
{
	if (folder.len == 0) {
		return name;
	}
	char *joined = fq_arena_format(arena, "%.*s_%s", (int)folder.len, folder.at, name);
	for (size_t i = 0; i < folder.len; i++) {
		joined[i] = joined[i] == '/' ? '_' : joined[i];
	}
	return joined;
}

/* `nth` of those of one name, from 0. */
static void rename_one(struct fq_discovery *d, struct fq_reads_sample *sample, int round, size_t nth)
{
	struct fq_text last = fq_discover_last(sample->folder);
	struct fq_text others = {
	        sample->folder.at, sample->folder.len > last.len ? sample->folder.len - last.len - 1 : 0};
	if (round >= FIRST_NUMBER) {
		sample->name =
		        nth ? fq_arena_format(&d->arena, "%s-%zu", sample->name, nth + 1) : sample->name;
		return;
	}
	sample->name = put_in_front(&d->arena, round == LAST_FOLDER ? last : others, sample->name);
	if (round == LAST_FOLDER && last.len) {
		fq_discover_remark(d, FQ_REMARK_FOLDER, sample->lanes[0].files[0]);
	}
}

static bool rename_alike(struct fq_discovery *d, struct fq_reads_sample **sorted, int round)
{
	bool any = false;
	for (size_t i = 0, end; i < d->sample_count; i = end) {
		const char *name = sorted[i]->name;
		for (end = i + 1; end < d->sample_count && strcmp(sorted[end]->name, name) == 0;) {
			end++;
		}
		for (size_t j = i; end - i > 1 && j < end; j++) {
			rename_one(d, sorted[j], round, j - i);
			any = true;
		}
	}
	return any;
}

void fq_discover_make_unique(struct fq_discovery *discovery)
{
	size_t count = discovery->sample_count;
	struct fq_reads_sample **sorted = fq_zeroed(count, sizeof(struct fq_reads_sample *));
	for (size_t i = 0; i < count; i++) {
		sorted[i] = &discovery->samples[i];
	}
	bool any = count > 0;
	for (int round = LAST_FOLDER; any && round < ROUNDS; round++) {
		fq_sort(sorted, count, sizeof(struct fq_reads_sample *), by_name);
		any = rename_alike(discovery, sorted, round);
	}
	fq_release(sorted);
}
