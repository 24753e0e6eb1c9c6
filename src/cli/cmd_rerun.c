#include "cli.h"
#include "session.h"

int fq_cli_rerun(const struct fq_options *options)
{
	(void)options;
	return 2;
}
