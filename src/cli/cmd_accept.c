#include "cli.h"
#include "session.h"

int fq_cli_accept(const struct fq_options *options)
{
	(void)options;
	return 2;
}

int fq_cli_forget(const struct fq_options *options)
{
	(void)options;
	return 2;
}
