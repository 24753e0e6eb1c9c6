#define XXH_INLINE_ALL
#include "fqrun/base.h"

#include <stdio.h>
#include <xxhash.h>

uint64_t fq_hash(const void *at, size_t len)
{
	return XXH3_64bits(at, len);
}

uint64_t fq_hash_next(uint64_t before, const void *at, size_t len)
{
	return XXH3_64bits_withSeed(at, len, before);
}

void fq_digest(const void *at, size_t len, char ret_hex[FQ_DIGEST_LEN + 1])
{
	XXH128_hash_t hash = XXH3_128bits(at, len);
	snprintf(ret_hex, FQ_DIGEST_LEN + 1, "%016llx%016llx", (unsigned long long)hash.high64,
	        (unsigned long long)hash.low64);
}

/* Open addressing; half of the hash is kept, so that nearly every comparison is one that matches. */
struct fq_map_entry {
	uint32_t tag; /* 0: free */
	uint32_t value;
};

static uint32_t tag_of(uint64_t hash)
{
	uint32_t tag = (uint32_t)(hash >> 32);
	return tag ? tag : 1;
}

static void insert(struct fq_map *map, uint64_t low, uint32_t tag, uint32_t value)
{
	size_t at = low & (map->cap - 1);
	while (map->entries[at].tag) {
		at = (at + 1) & (map->cap - 1);
	}
	map->entries[at] = (struct fq_map_entry){tag, value};
}

/* The place comes from the tag, so that a table can grow without the whole hash. */
static uint64_t place_of(uint32_t tag)
{
	return tag * UINT64_C(0x9e3779b97f4a7c15) >> 20;
}

static void grow(struct fq_map *map)
{
	struct fq_map old = *map;
	map->cap = old.cap ? old.cap * 2 : 64;
	map->entries = fq_zeroed(map->cap, sizeof(*map->entries));
	for (size_t i = 0; i < old.cap; i++) {
		if (old.entries[i].tag) {
			insert(map, place_of(old.entries[i].tag), old.entries[i].tag, old.entries[i].value);
		}
	}
	fq_release(old.entries);
}

uint32_t *fq_map_find(const struct fq_map *map, uint64_t hash, fq_map_same_fn *same, const void *context)
{
	if (map->cap == 0) {
		return NULL;
	}
	uint32_t tag = tag_of(hash);
	for (size_t at = place_of(tag) & (map->cap - 1); map->entries[at].tag;
	        at = (at + 1) & (map->cap - 1)) {
		if (map->entries[at].tag == tag && same(map->entries[at].value, context)) {
			return &map->entries[at].value;
		}
	}
	return NULL;
}

void fq_map_add(struct fq_map *map, uint64_t hash, uint32_t value)
{
	if ((map->count + 1) * 3 > map->cap * 2) {
		grow(map);
	}
	uint32_t tag = tag_of(hash);
	insert(map, place_of(tag), tag, value);
	map->count++;
}

void fq_map_finish(struct fq_map *map)
{
	fq_release(map->entries);
	*map = (struct fq_map){0};
}
