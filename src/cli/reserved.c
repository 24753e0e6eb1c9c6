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

/* One spelling of a path; a folder's without the `/` behind it. */
static void tidy(struct fq_buf *ret, const char *path)
{
	fq_buf_puts(ret, path);
	fq_plan_tidy(ret);
	while (ret->len > 1 && ret->at[ret->len - 1] == '/') {
		ret->len--;
	}
}

static uint64_t hash_path(const char *path)
{
	struct fq_buf text = {0};
	tidy(&text, path);
	uint64_t hash = fq_hash(text.at, text.len);
	fq_buf_finish(&text);
	return hash;
}

/* Whether a job makes it, or a folder that it is in. */
static bool is_made(const struct fq_reserved *reserved, const char *path)
{
	struct fq_buf text = {0};
	tidy(&text, path);
	bool is = false;
	while (!is && text.len) {
		is = fq_hashes_have(&reserved->outputs, fq_hash(text.at, text.len));
		while (text.len && text.at[--text.len] != '/') {
		}
	}
	fq_buf_finish(&text);
	return is;
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
			if (fq_hashes_add(&seen, hash_path(path)) && !is_made(reserved, path)) {
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
