#include "cli.h"
#include "session.h"

int fq_cli_clean(const struct fq_options *options)
{
	(void)options;
	return 2;
}

int fq_cli_gc(const struct fq_options *options)
{
	(void)options;
	return 2;
}
