#include "cli.h"
#include "session.h"

int fq_cli_log(const struct fq_options *options)
{
	(void)options;
	return 2;
}

int fq_cli_history(const struct fq_options *options)
{
	(void)options;
	return 2;
}
