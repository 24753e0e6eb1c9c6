#include "cli.h"

int main(int argc, char **argv)
{
	return fq_cli_main(argc, argv);
}
