#include "internal.h"

#include <string.h>

static bool same_sample(uint32_t index, const void *context)
{
	const struct loader *loader = ((const void *const *)context)[0];
	const struct fq_text *name = ((const void *const *)context)[1];
	const struct fq_sample *sample = &loader->manifest->samples[index];
	return fq_text_equal(*name, (struct fq_text){sample->name, sample->name_len});
}

const char *fq_sample_name_problem(struct fq_text name)
{
	enum { LONGEST = 255 };
	if (name.len == 0) {
		return "a sample must have a name";
	}
	if (memchr(name.at, '\n', name.len) || memchr(name.at, '\0', name.len)) {
		return "a sample's name may hold no newline and no NUL";
	}
	if (fq_text_is(name, ".") || fq_text_is(name, "..")) {
		return "a sample cannot be called . or ..";
	}
	if (memchr(name.at, '/', name.len)) {
		return "a sample's name may hold no `/`: it becomes part of file names";
	}
	if (name.at[0] == '-') {
		return "a sample's name may not begin with `-`: tools would take it for an option";
	}
	return name.len > LONGEST ? "a sample's name may have 255 bytes at most" : NULL;
}

static bool check_name(struct loader *loader, const struct ini_value *value, uint64_t hash)
{
	const char *problem = fq_sample_name_problem(value->key);
	if (problem) {
		fq_manifest_complain_at(loader, value->line, value->column, NULL, "%s", problem);
		return false;
	}
	const void *context[] = {loader, &value->key};
	const uint32_t *known = fq_map_find(&loader->sample_names, hash, same_sample, context);
	if (known) {
		fq_manifest_complain_at(loader, value->line, value->column, "each sample has one line",
		        "sample \"%.*s\" is already on line %u", (int)value->key.len, value->key.at,
		        loader->manifest->samples[*known].line);
		return false;
	}
	return true;
}

static void add_file(struct fq_manifest *manifest, struct fq_text path, uint32_t lane)
{
	/* A path that begins with `-` would be an option to a tool. */
	const char *copy = path.len && path.at[0] == '-'
	                           ? fq_arena_format(&manifest->arena, "./%.*s", (int)path.len, path.at)
	                           : fq_arena_copy(&manifest->arena, path.at, path.len);
	manifest->files = fq_grow(
	        manifest->files, &manifest->file_cap, manifest->file_count + 1, sizeof(*manifest->files));
	manifest->files[manifest->file_count++] = (struct fq_file){copy, lane};
}

static bool needs_parsing(struct fq_text text)
{
	static const bool acts[256] = {['\\'] = true,
	        ['\''] = true,
	        ['"'] = true,
	        ['$'] = true,
	        ['`'] = true,
	        ['*'] = true,
	        ['~'] = true};
	for (size_t i = 0; i < text.len; i++) {
		if (acts[(unsigned char)text.at[i]]) {
			return true;
		}
	}
	return false;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* Blanks alone cut the words: nearly every manifest. Returns how many there were. */
static size_t add_plain_files(struct loader *loader, struct fq_text text, uint32_t lane)
{
	size_t count = 0, at = 0;
	while (at < text.len) {
		size_t start = at;
		while (at < text.len && !is_blank(text.at[at])) {
			at++;
		}
		if (at > start) {
			add_file(loader->manifest, (struct fq_text){text.at + start, at - start}, lane);
			count++;
		}
		at++;
	}
	return count;
}

static size_t add_quoted_files(struct loader *loader, const struct ini_value *value, uint32_t lane)
{
	size_t count;
	const struct plain_word *words = fq_manifest_split(loader, value, &count);
	for (size_t i = 0; i < count; i++) {
		if (words[i].would_act) {
			fq_manifest_complain(loader, value, words[i].acts_at,
			        "write the path out, or in quotes if the name really holds it",
			        "no shell reads this: ~, $ and * are not expanded here");
		}
		if (words[i].text.len == 0) {
			fq_manifest_complain(loader, value, words[i].offset, NULL, "an empty file name");
		}
		add_file(loader->manifest, words[i].text, lane);
	}
	return count;
}

void fq_manifest_add_sample(struct loader *loader, const struct ini_value *value)
{
	struct fq_manifest *manifest = loader->manifest;
	uint64_t hash = fq_hash(value->key.at, value->key.len);
	if (!check_name(loader, value, hash)) {
		return;
	}
	uint32_t index = (uint32_t)manifest->sample_count, lane = (uint32_t)manifest->lane_count;
	manifest->samples = fq_grow(manifest->samples, &manifest->sample_cap, manifest->sample_count + 1,
	        sizeof(*manifest->samples));
	manifest->samples[manifest->sample_count++] = (struct fq_sample){
	        .name = fq_arena_copy(&manifest->arena, value->key.at, value->key.len),
	        .name_len = (uint32_t)value->key.len,
	        .first_lane = lane,
	        .line = value->line,
	        .column = value->column,
	};
	fq_map_add(&loader->sample_names, hash, index);
	manifest->lanes = fq_grow(
	        manifest->lanes, &manifest->lane_cap, manifest->lane_count + 1, sizeof(*manifest->lanes));
	manifest->lanes[manifest->lane_count++] = (struct fq_lane){index, (uint32_t)manifest->file_count};
	size_t count = needs_parsing(value->text) ? add_quoted_files(loader, value, lane)
	                                          : add_plain_files(loader, value->text, lane);
	if (count > 2) {
		fq_manifest_complain(loader, value, 0,
		        "name one file, or the two of a pair; lanes come from a sheet, which is not "
		        "available in this version",
		        "sample \"%s\" has %zu files", manifest->samples[index].name, count);
	}
	if (manifest->sample_count == FQ_SAMPLES_MAX + 1) {
		fq_manifest_complain_at(
		        loader, value->line, value->column, NULL, "more than 10 million samples");
	}
}
