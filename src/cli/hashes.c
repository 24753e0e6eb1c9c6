#include "removal.h"

/* The map tells them apart by 32 bits. */
struct wanted {
	const uint64_t *hashes;
	uint64_t hash;
};

static bool same(uint32_t index, const void *context)
{
	const struct wanted *wanted = context;
	return wanted->hashes[index] == wanted->hash;
}

bool fq_hashes_have(const struct fq_hashes *set, uint64_t hash)
{
	struct wanted wanted = {set->hashes, hash};
	return fq_map_find(&set->map, hash, same, &wanted) != NULL;
}

bool fq_hashes_add(struct fq_hashes *set, uint64_t hash)
{
	if (fq_hashes_have(set, hash)) {
		return false;
	}
	size_t count = set->map.count;
	set->hashes = fq_grow(set->hashes, &set->cap, count + 1, sizeof(*set->hashes));
	set->hashes[count] = hash;
	fq_map_add(&set->map, hash, (uint32_t)count);
	return true;
}

void fq_hashes_finish(struct fq_hashes *set)
{
	fq_map_finish(&set->map);
	fq_release(set->hashes);
	*set = (struct fq_hashes){0};
}
