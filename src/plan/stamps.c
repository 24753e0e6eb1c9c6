#include "internal.h"

/* A job's output is the next one's input, and both are looked at within a few
 * jobs of each other: a small table by hash saves the second system call. */
enum { SLOTS = 4096 };

struct fq_stamp_cache {
	uint64_t age; /* entries of another age are none */
	struct {
		uint64_t hash;
		struct fq_stamp stamp;
	} slots[SLOTS];
};

struct fq_stamp fq_plan_stamp(struct fq_plan *plan, const char *path, size_t len)
{
	if (!plan->stamps) {
		plan->stamps = fq_zeroed(1, sizeof(*plan->stamps));
	}
	uint64_t hash = fq_hash_next(plan->stamps->age, path, len) | 1;
	size_t slot = (hash >> 1) % SLOTS;
	if (plan->stamps->slots[slot].hash != hash) {
		plan->stamps->slots[slot].stamp =
		        fq_path_is_folder(path) ? fq_tree_stamp(path) : fq_stamp_read(path);
		plan->stamps->slots[slot].hash = hash;
	}
	return plan->stamps->slots[slot].stamp;
}

void fq_plan_forget_stamps(struct fq_plan *plan)
{
	if (plan->stamps) {
		plan->stamps->age++;
	}
}
