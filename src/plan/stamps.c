#include "internal.h"

#include <string.h>

/* A job's output is the next one's input, and both are looked at within a few
 * jobs of each other: a small table by hash saves the second system call. */
enum { SLOTS = 4096 };

struct fq_stamp_cache {
	uint64_t age; /* entries of another age are none */
	struct {
		uint64_t hash;
		struct fq_stamp stamp;
	} slots[SLOTS];
	struct content {
		uint64_t hash, content;
	} * contents; /* beside the slots; NULL until a file is read */
};

/* The age is no seed: of short texts, another text with another seed can have the same hash. */
static uint64_t key_of(const struct fq_stamp_cache *stamps, const char *path, size_t len)
{
	return (fq_hash(path, len) ^ (stamps->age * UINT64_C(0x9e3779b97f4a7c15))) | 1;
}

struct fq_stamp fq_plan_stamp(struct fq_plan *plan, const char *path, size_t len)
{
	if (!plan->stamps) {
		plan->stamps = fq_zeroed(1, sizeof(*plan->stamps));
	}
	uint64_t hash = key_of(plan->stamps, path, len);
	size_t slot = (hash >> 1) % SLOTS;
	if (plan->stamps->slots[slot].hash != hash) {
		plan->stamps->slots[slot].stamp =
		        fq_path_is_folder(path) ? fq_tree_stamp(path) : fq_stamp_read(path);
		plan->stamps->slots[slot].hash = hash;
	}
	return plan->stamps->slots[slot].stamp;
}

static bool read_content(const struct fq_plan *plan, const char *path, int64_t most, uint64_t *ret_hash)
{
	return fq_path_is_folder(path)
	               ? fq_tree_hash(path, most, ret_hash, plan->is_stopped, plan->stop_context)
	               : fq_file_hash(path, ret_hash, plan->is_stopped, plan->stop_context);
}

/* After its stamp: what is written between the two shows in the next stamp. */
bool fq_plan_hash_file(struct fq_plan *plan, const struct fq_task *task, const char *path, uint64_t *ret_hash)
{
	size_t len = strlen(path);
	fq_plan_stamp(plan, path, len);
	struct fq_stamp_cache *stamps = plan->stamps;
	if (!stamps->contents) {
		stamps->contents = fq_zeroed(SLOTS, sizeof(*stamps->contents));
	}
	int64_t most = task->compare == FQ_COMPARE_CONTENT ? INT64_MAX : FQ_CONTENT_BYTES;
	uint64_t hash = key_of(stamps, path, len) ^ (fq_path_is_folder(path) ? (uint64_t)most << 1 : 0);
	struct content *slot = &stamps->contents[(hash >> 1) % SLOTS];
	if (slot->hash != hash) {
		if (!read_content(plan, path, most, ret_hash)) {
			return false;
		}
		*slot = (struct content){hash, *ret_hash};
	}
	*ret_hash = slot->content;
	return true;
}

void fq_plan_finish_stamps(struct fq_plan *plan)
{
	if (plan->stamps) {
		fq_release(plan->stamps->contents);
	}
	fq_release(plan->stamps);
	plan->stamps = NULL;
}

void fq_plan_forget_stamps(struct fq_plan *plan)
{
	if (plan->stamps) {
		plan->stamps->age++;
	}
}
