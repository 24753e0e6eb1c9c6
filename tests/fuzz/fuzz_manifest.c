/* A whole manifest. */
#include "manifest_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	load_manifest(data, size);
	return 0;
}
