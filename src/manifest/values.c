/* The values that fastq-stats reports to the tasks behind it. */
#include "internal.h"

#include <string.h>

static const char *const reported[] = {"reads", "bases", "min_length", "mean_length", "max_length", "gc",
        "gc_percent", "n", "q20", "q20_percent", "q30", "q30_percent"};

bool fq_manifest_is_reported(const char *name)
{
	for (size_t i = 0; i < FQ_COUNT(reported); i++) {
		if (strcmp(name, reported[i]) == 0) {
			return true;
		}
	}
	return false;
}

const char *fq_manifest_reported_hint(void)
{
	return "it reports reads, bases, min_length, mean_length, max_length, gc, gc_percent, n, q20, "
	       "q20_percent, q30 and q30_percent";
}
