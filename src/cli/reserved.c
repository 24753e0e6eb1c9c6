#include "removal.h"

static uint64_t hash_of(const struct stat *file)
{
	uint64_t numbers[2] = {(uint64_t)file->st_dev, (uint64_t)file->st_ino};
	return fq_hash(numbers, sizeof(numbers));
}

/* The file, and where it is a link the link too. */
static void reserve(struct fq_reserved *reserved, const char *path)
{
	struct stat file;
	if (stat(path, &file) == 0) {
		fq_hashes_add(&reserved->inodes, hash_of(&file));
	}
	if (lstat(path, &file) == 0) {
		fq_hashes_add(&reserved->inodes, hash_of(&file));
	}
}

static uint64_t hash_path(const char *path)
{
	struct fq_buf tidy = {0};
	fq_buf_puts(&tidy, path);
	fq_plan_tidy(&tidy);
	uint64_t hash = fq_hash(tidy.at, tidy.len);
	fq_buf_finish(&tidy);
	return hash;
}

static void read_outputs(struct fq_reserved *reserved, struct fq_plan *plan, bool with_outputs)
{
	struct fq_list outputs = {0};
	for (uint32_t job = 0; job < plan->job_count; job++) {
		outputs.bytes.len = outputs.count = 0;
		fq_plan_outputs(plan, job, &outputs);
		for (const char *path = NULL; (path = fq_list_next(&outputs, path));) {
			fq_hashes_add(&reserved->outputs, hash_path(path));
			if (with_outputs) {
				reserve(reserved, path);
			}
		}
	}
	fq_list_finish(&outputs);
}

/* Those that no job makes. */
static void read_inputs(struct fq_reserved *reserved, struct fq_plan *plan)
{
	struct fq_list inputs = {0};
	struct fq_hashes seen = {0};
	for (uint32_t job = 0; job < plan->job_count; job++) {
		inputs.bytes.len = inputs.count = 0;
		fq_plan_inputs(plan, job, &inputs);
		for (const char *path = NULL; (path = fq_list_next(&inputs, path));) {
			uint64_t hash = hash_path(path);
			if (fq_hashes_add(&seen, hash) && !fq_hashes_have(&reserved->outputs, hash)) {
				reserve(reserved, path);
			}
		}
	}
	fq_hashes_finish(&seen);
	fq_list_finish(&inputs);
}

void fq_reserved_read(struct fq_reserved *reserved, struct fq_session *s, bool with_outputs)
{
	for (size_t i = 0; i < s->manifest.source_count; i++) {
		reserve(reserved, s->manifest.sources[i].path);
	}
	for (size_t i = 0; i < s->manifest.file_count; i++) {
		reserve(reserved, s->manifest.files[i].path);
	}
	read_outputs(reserved, &s->plan, with_outputs);
	read_inputs(reserved, &s->plan);
	reserved->is_read = true;
}

bool fq_reserved_has(const struct fq_reserved *reserved, const struct stat *file)
{
	return fq_hashes_have(&reserved->inodes, hash_of(file));
}

bool fq_reserved_is_output(const struct fq_reserved *reserved, const char *path)
{
	return fq_hashes_have(&reserved->outputs, hash_path(path));
}

void fq_reserved_finish(struct fq_reserved *reserved)
{
	fq_hashes_finish(&reserved->inodes);
	fq_hashes_finish(&reserved->outputs);
}
