/* The order in which the files of one sample stand together. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

static int compare_numbers(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

static int first_of(const int *orders, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (orders[i]) {
			return orders[i];
		}
	}
	return 0;
}

int fq_discover_by_sample(const struct reads_file *x, const struct reads_file *y)
{
	const struct fq_reads_name *a = &x->name, *b = &y->name;
	const int orders[] = {
	        fq_discover_compare(x->group, y->group),
	        fq_discover_compare(a->sample, b->sample),
	        fq_discover_compare(a->tail, b->tail),
	};
	return first_of(orders, FQ_COUNT(orders));
}

int fq_discover_by_group(const struct reads_file *x, const struct reads_file *y)
{
	const struct fq_reads_name *a = &x->name, *b = &y->name;
	const int orders[] = {
	        fq_discover_by_sample(x, y),
	        (b->read > 0) - (a->read > 0),
	        fq_discover_compare(a->number, b->number),
	        (int)a->trust - (int)b->trust,
	};
	return first_of(orders, FQ_COUNT(orders));
}

int fq_discover_by_lane(const struct reads_file *x, const struct reads_file *y)
{
	const int orders[] = {
	        fq_discover_by_group(x, y),
	        compare_numbers(x->name.lane, y->name.lane),
	        compare_numbers(x->name.chunk, y->name.chunk),
	        fq_discover_compare(x->folder, y->folder),
	};
	return first_of(orders, FQ_COUNT(orders));
}

static int by_place(const void *a, const void *b)
{
	const struct reads_file *x = a, *y = b;
	int order = fq_discover_by_lane(x, y);
	order = order ? order : compare_numbers(x->name.read, y->name.read);
	/* gzip in front of plain: "x.fq.gz" is longer than "x.fq" */
	return order ? order : -strcmp(x->path, y->path);
}

void fq_discover_sort(struct reads_files *files)
{
	fq_sort(files->files, files->count, sizeof(*files->files), by_place);
}

size_t fq_discover_end(const struct reads_files *files, size_t start, fq_discover_order *order)
{
	size_t end = start + 1;
	while (end < files->count && order(&files->files[start], &files->files[end]) == 0) {
		end++;
	}
	return end;
}
