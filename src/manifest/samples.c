#include "internal.h"

#include <string.h>

enum { NAME_BYTES_MAX = 255 };

/* A name that is looked for among those that are there. */
struct wanted_name {
	const struct loader *loader;
	struct fq_text name;
	uint32_t near; /* the first that differs in case alone; UINT32_MAX: none */
};

static char fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_folded_equal(struct fq_text a, struct fq_text b)
{
	bool is = a.len == b.len;
	for (size_t i = 0; i < a.len && is; i++) {
		is = fold(a.at[i]) == fold(b.at[i]);
	}
	return is;
}

static bool same_sample(uint32_t index, const void *context)
{
	struct wanted_name *wanted = *(struct wanted_name *const *)context;
	const struct fq_sample *sample = &wanted->loader->manifest->samples[index];
	struct fq_text name = {sample->name, sample->name_len};
	if (fq_text_equal(wanted->name, name)) {
		return true;
	}
	if (index < wanted->near && is_folded_equal(wanted->name, name)) {
		wanted->near = index;
	}
	return false;
}

/* Names that differ in case alone have one hash: they are told of. */
static uint64_t hash_folded(struct fq_text name)
{
	char folded[NAME_BYTES_MAX];
	for (size_t i = 0; i < name.len; i++) {
		folded[i] = fold(name.at[i]);
	}
	return fq_hash(folded, name.len);
}

const char *fq_sample_name_problem(struct fq_text name)
{
	if (name.len == 0) {
		return "a sample must have a name";
	}
	if (fq_text_is(name, ".") || fq_text_is(name, "..")) {
		return "a sample cannot be called . or ..";
	}
	if (memchr(name.at, '\n', name.len) || memchr(name.at, '\0', name.len)) {
		return "a sample's name may hold no end of line and no NUL byte";
	}
	if (memchr(name.at, '/', name.len)) {
		return "a sample's name may hold no `/`: it becomes part of file names";
	}
	if (name.at[0] == '-') {
		return "a sample's name may not begin with `-`: tools would take it for an option";
	}
	return name.len > NAME_BYTES_MAX ? "a sample's name may have 255 bytes at most" : NULL;
}

static bool check_name(struct loader *loader, struct fq_text name, uint32_t line, uint32_t column)
{
	const char *problem = fq_sample_name_problem(name);
	if (problem) {
		fq_manifest_complain_at(loader, line, column, "give it another name", "%s", problem);
		return false;
	}
	if (loader->manifest->sample_count == FQ_SAMPLES_MAX) {
		fq_manifest_complain_at(loader, line, column, "split them over two manifests",
		        "more than 10 million samples");
		return false;
	}
	return true;
}

/* On many file systems their outputs would be one file. */
static void warn_of_case(
        struct loader *loader, struct fq_text name, uint32_t other, uint32_t line, uint32_t column)
{
	const struct fq_sample *sample = &loader->manifest->samples[other];
	fq_manifest_warn_at(loader, line, column,
	        "on a disk that does not tell case apart their outputs are one file",
	        "samples \"%.*s\" and \"%s\" (%s) differ in case alone", (int)name.len, name.at, sample->name,
	        fq_manifest_place(loader, sample->line, line));
}

/* False if the name is there; else it is noted. */
static bool note_name(struct loader *loader, struct fq_text name, uint32_t line, uint32_t column)
{
	struct wanted_name wanted = {loader, name, UINT32_MAX};
	struct wanted_name *context = &wanted;
	uint64_t hash = hash_folded(name);
	const uint32_t *known = fq_map_find(&loader->sample_names, hash, same_sample, &context);
	if (known) {
		fq_manifest_complain_at(loader, line, column, "each sample comes from one place, once",
		        "sample \"%.*s\" is already on %s", (int)name.len, name.at,
		        fq_manifest_place(loader, loader->manifest->samples[*known].line, line));
		return false;
	}
	if (wanted.near != UINT32_MAX) {
		warn_of_case(loader, name, wanted.near, line, column);
	}
	fq_map_add(&loader->sample_names, hash, (uint32_t)loader->manifest->sample_count);
	return true;
}

void fq_manifest_expect_samples(struct loader *loader, size_t samples, size_t lanes)
{
	struct fq_manifest *m = loader->manifest;
	m->samples = fq_grow(m->samples, &m->sample_cap, m->sample_count + samples, sizeof(*m->samples));
	m->lanes = fq_grow(m->lanes, &m->lane_cap, m->lane_count + lanes, sizeof(*m->lanes));
	m->files = fq_grow(m->files, &m->file_cap, m->file_count + lanes, sizeof(*m->files));
}

bool fq_manifest_begin_sample(struct loader *loader, struct fq_text name, uint32_t line, uint32_t column)
{
	struct fq_manifest *manifest = loader->manifest;
	if (!check_name(loader, name, line, column) || !note_name(loader, name, line, column)) {
		return false;
	}
	manifest->samples = fq_grow(manifest->samples, &manifest->sample_cap, manifest->sample_count + 1,
	        sizeof(*manifest->samples));
	manifest->samples[manifest->sample_count++] = (struct fq_sample){
	        .name = fq_arena_copy(&manifest->arena, name.at, name.len),
	        .name_len = (uint32_t)name.len,
	        .first_lane = (uint32_t)manifest->lane_count,
	        .line = line,
	        .column = column,
	};
	return true;
}

struct fq_lane *fq_manifest_begin_lane(struct loader *loader, uint32_t line)
{
	struct fq_manifest *manifest = loader->manifest;
	manifest->lanes = fq_grow(
	        manifest->lanes, &manifest->lane_cap, manifest->lane_count + 1, sizeof(*manifest->lanes));
	struct fq_lane *lane = &manifest->lanes[manifest->lane_count++];
	*lane = (struct fq_lane){.sample = (uint32_t)manifest->sample_count - 1,
	        .first_file = (uint32_t)manifest->file_count,
	        .line = line,
	        .sheet = UINT32_MAX};
	return lane;
}

void fq_manifest_add_file(struct loader *loader, struct fq_text path)
{
	struct fq_manifest *manifest = loader->manifest;
	/* A path that begins with `-` would be an option to a tool. */
	const char *copy = path.len && path.at[0] == '-'
	                           ? fq_arena_format(&manifest->arena, "./%.*s", (int)path.len, path.at)
	                           : fq_arena_copy(&manifest->arena, path.at, path.len);
	manifest->files = fq_grow(
	        manifest->files, &manifest->file_cap, manifest->file_count + 1, sizeof(*manifest->files));
	manifest->files[manifest->file_count++] = (struct fq_file){copy, (uint32_t)manifest->lane_count - 1};
}

/* --- [samples] ------------------------------------------------------------------------------ */

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
static size_t add_plain_files(struct loader *loader, struct fq_text text)
{
	size_t count = 0, at = 0;
	while (at < text.len) {
		size_t start = at;
		while (at < text.len && !is_blank(text.at[at])) {
			at++;
		}
		if (at > start) {
			fq_manifest_add_file(loader, (struct fq_text){text.at + start, at - start});
			count++;
		}
		at++;
	}
	return count;
}

static size_t add_quoted_files(struct loader *loader, const struct ini_value *value)
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
			fq_manifest_complain(
			        loader, value, words[i].offset, "name the file", "an empty file name");
		}
		fq_manifest_add_file(loader, words[i].text);
	}
	return count;
}

void fq_manifest_add_sample(struct loader *loader, const struct ini_value *value)
{
	if (!fq_manifest_begin_sample(loader, value->key, value->line, value->column)) {
		return;
	}
	fq_manifest_begin_lane(loader, value->line);
	size_t count = needs_parsing(value->text) ? add_quoted_files(loader, value)
	                                          : add_plain_files(loader, value->text);
	if (count > 2) {
		bool has_sign = memmem(value->text.at, value->text.len, " = ", 3) ||
		                memmem(value->text.at, value->text.len, " : ", 3);
		fq_manifest_complain(loader, value, 0,
		        has_sign ? "a name that holds = or : stands in a sheet"
		                 : "name one file, or the two of a pair; lanes come from a sheet or `find`",
		        "sample \"%.*s\" has %zu files", (int)value->key.len, value->key.at, count);
	}
}
