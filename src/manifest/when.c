#include "internal.h"

void fq_manifest_set_when(struct loader *loader, const struct raw_task *raw, struct fq_task *task)
{
	(void)loader;
	(void)raw;
	(void)task;
}
