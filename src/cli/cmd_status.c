#include "cli.h"
#include "session.h"

int fq_cli_status(const struct fq_options *options)
{
	(void)options;
	return 2;
}

int fq_cli_why(const struct fq_options *options)
{
	(void)options;
	return 2;
}
