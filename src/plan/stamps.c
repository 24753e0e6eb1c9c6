#include "internal.h"

/* A job's output is the next one's input, and both are looked at within a few
 * jobs of each other: a small table by hash saves the second system call. */
enum { SLOTS = 4096 };

struct fq_stamp_cache {
	uint64_t age; /* entries of another age are none */
	struct {
		uint64_t hash, age;
		struct fq_stamp stamp;
	} slots[SLOTS];
};

struct fq_stamp fq_plan_stamp(struct fq_plan *plan, const char *path, size_t len)
{
	if (!plan->stamps) {
		plan->stamps = fq_zeroed(1, sizeof(*plan->stamps));
		plan->stamps->age = 1;
	}
	/* The age is no seed of the hash: for a short text XXH3 only adds a seed to its bytes, and
	 * one path would be taken for another. */
	uint64_t hash = fq_hash(path, len), age = plan->stamps->age;
	size_t slot = hash % SLOTS;
	if (plan->stamps->slots[slot].hash != hash || plan->stamps->slots[slot].age != age) {
		plan->stamps->slots[slot].stamp = fq_stamp_read(path);
		plan->stamps->slots[slot].hash = hash;
		plan->stamps->slots[slot].age = age;
	}
	return plan->stamps->slots[slot].stamp;
}

void fq_plan_forget_stamps(struct fq_plan *plan)
{
	if (plan->stamps) {
		plan->stamps->age++;
	}
}
