/* [pool NAME], and the tasks that are in one. */
#include "internal.h"

static uint32_t find_pool(const struct fq_manifest *manifest, struct fq_text name)
{
	for (uint32_t i = 0; i < manifest->pool_count; i++) {
		if (fq_text_is(name, manifest->pools[i].name)) {
			return i;
		}
	}
	return FQ_NO_POOL;
}

bool fq_manifest_begin_pool(struct loader *loader, struct fq_text name, uint32_t line, uint32_t column)
{
	struct fq_manifest *manifest = loader->manifest;
	uint32_t known = find_pool(manifest, name);
	if (known != FQ_NO_POOL) {
		fq_manifest_complain_at(loader, line, 1, "keep one of them",
		        "section [pool %.*s] is already on %s", (int)name.len, name.at,
		        fq_manifest_place(loader, manifest->pools[known].line, line));
		return false;
	}
	manifest->pools = fq_grow(
	        manifest->pools, &manifest->pool_cap, manifest->pool_count + 1, sizeof(*manifest->pools));
	manifest->pools[manifest->pool_count++] = (struct fq_pool){
	        .name = fq_arena_copy(&manifest->arena, name.at, name.len),
	        .line = line,
	        .column = column,
	};
	return true;
}

void fq_manifest_take_depth(struct loader *loader, const struct ini_value *value)
{
	enum { MOST = 100000 };
	struct fq_manifest *manifest = loader->manifest;
	struct fq_pool *pool = &manifest->pools[manifest->pool_count - 1];
	uint64_t depth;
	if (!value) {
		pool->depth = pool->depth ? pool->depth : 1;
	} else if (!fq_parse_number(value->text, &depth) || depth == 0 || depth > MOST) {
		pool->depth = 1;
		fq_manifest_complain(loader, value, 0, "depth = 2: at most two of its jobs at a time",
		        "not a depth from 1 to %d: \"%.*s\"", MOST, (int)value->text.len, value->text.at);
	} else {
		pool->depth = (uint32_t)depth;
	}
}

/* --- a task's --------------------------------------------------------------------- */

static const char *pools_hint(struct loader *loader, struct fq_text name)
{
	struct fq_manifest *manifest = loader->manifest;
	const char **names = fq_zeroed(manifest->pool_count, sizeof(*names));
	for (size_t i = 0; i < manifest->pool_count; i++) {
		names[i] = manifest->pools[i].name;
	}
	const char *hint = fq_manifest_hint(loader, name, names, manifest->pool_count);
	fq_release(names);
	if (!hint && !fq_manifest_is_name(name)) {
		hint = name.len == 0 ? "name one, or leave the key out"
		                     : "a task is in one pool: letters, digits, _ and -, a letter or _ first";
	}
	return hint ? hint
	            : fq_arena_format(&manifest->arena,
	                      "add a section [pool %.*s] with `depth = 2`: at most two of its jobs at a time",
	                      (int)name.len, name.at);
}

void fq_manifest_set_pool(struct loader *loader, const struct raw_task *raw, struct fq_task *task)
{
	const struct ini_value *value = raw->values[TASK_POOL];
	task->pool = value ? find_pool(loader->manifest, value->text) : FQ_NO_POOL;
	if (value && task->pool == FQ_NO_POOL) {
		fq_manifest_complain(loader, value, 0, pools_hint(loader, value->text),
		        value->text.len ? "no pool is called \"%.*s\"" : "`pool` without a name%.*s",
		        (int)value->text.len, value->text.at);
	}
}

/* --- all of them ------------------------------------------------------------------- */

static bool is_used(const struct fq_manifest *manifest, uint32_t pool)
{
	for (size_t i = 0; i < manifest->task_count; i++) {
		if (manifest->tasks[i].pool == pool) {
			return true;
		}
	}
	return false;
}

void fq_manifest_check_pools(struct loader *loader)
{
	const struct fq_manifest *manifest = loader->manifest;
	for (uint32_t i = 0; i < manifest->pool_count; i++) {
		const struct fq_pool *pool = &manifest->pools[i];
		if (pool->depth == 0) {
			fq_manifest_complain_at(loader, pool->line, pool->column,
			        "depth = 2: at most two of its jobs at a time", "pool \"%s\" has no depth",
			        pool->name);
		}
	}
	/* A name that was refused may have been one of them. */
	for (uint32_t i = 0; i < manifest->pool_count && loader->errors->errors == 0; i++) {
		const struct fq_pool *pool = &manifest->pools[i];
		if (!is_used(manifest, i)) {
			fq_manifest_warn_at(loader, pool->line, pool->column,
			        fq_arena_format(&loader->manifest->arena,
			                "write `pool = %s` in the tasks that it is for", pool->name),
			        "no task is in pool \"%s\"", pool->name);
		}
	}
}
