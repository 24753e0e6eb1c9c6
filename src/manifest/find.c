/* Samples found on disk: the files whose paths fit a pattern. The pattern's
 * folders are walked one part at a time; nothing below a part that does not fit
 * is looked at. */
#include "find.h"
#include "internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct found {
	const char *path;
	struct captures captures; /* in the arena */
};

struct search {
	struct loader *loader;
	const struct ini_value *value;
	const struct plain_word *word;
	struct fq_text pattern;
	bool has[CAPTURE_COUNT];
	bool has_failed;
	struct fq_buf path;    /* walked so far */
	struct fq_buf nearest; /* the last folder that was there */
	struct fq_buf scratch;
	struct found *found;
	size_t count, cap;
};

static void complain(const struct search *s, const char *hint, const char *text)
{
	fq_manifest_complain(s->loader, s->value, s->word->offset, hint, "%s", text);
}

/* --- walking ------------------------------------------------------------------------ */

static void walk(struct search *s, size_t at, struct captures captures);

/* A link that leads nowhere is kept too: its sample is told of, and left out, by whoever reads it. */
static void keep_found(struct search *s, const struct captures *captures)
{
	struct stat file;
	bool is_there = stat(s->path.at, &file) == 0 || lstat(s->path.at, &file) == 0;
	if (!is_there || S_ISDIR(file.st_mode)) {
		return;
	}
	s->found = fq_grow(s->found, &s->cap, s->count + 1, sizeof(*s->found));
	s->found[s->count++] = (struct found){
	        fq_arena_copy(&s->loader->manifest->arena, s->path.at, s->path.len), *captures};
}

/* One more part of the path: `name` fits the pattern up to `next`. */
static void descend(struct search *s, const char *name, size_t next, const struct captures *captures)
{
	size_t len = s->path.len;
	fq_buf_puts(&s->path, name);
	if (next >= s->pattern.len) {
		keep_found(s, captures);
	} else {
		fq_buf_putc(&s->path, '/');
		walk(s, next + 1, *captures);
	}
	s->path.len = len;
	if (s->path.at) {
		s->path.at[len] = '\0';
	}
}

/* What was taken must outlive the folder's buffer. */
static void keep_texts(struct search *s, const struct captures *before, struct captures *now)
{
	for (int i = 0; i < CAPTURE_COUNT; i++) {
		struct fq_text *text = &now->text[i];
		if (text->at && text->at != before->text[i].at) {
			text->at = fq_arena_copy(&s->loader->manifest->arena, text->at, text->len);
		}
	}
}

static void complain_of_folder(struct search *s, const char *path)
{
	struct fq_error err = {0};
	if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP) {
		return;
	}
	fq_fail_errno(&err, "the folder %s cannot be read", path);
	complain(s, NULL, err.text);
	fq_error_finish(&err);
	s->has_failed = true;
}

static bool is_hidden(struct fq_text part, const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || (name[0] == '.' && part.at[0] != '.');
}

static void walk_folder(struct search *s, struct fq_text part, size_t next, const struct captures *captures)
{
	const char *path = s->path.len ? s->path.at : ".";
	DIR *folder = opendir(path);
	if (!folder) {
		complain_of_folder(s, path);
		return;
	}
	s->nearest.len = 0;
	fq_buf_puts(&s->nearest, path);
	for (struct dirent *entry; (entry = readdir(folder));) {
		struct captures tried = *captures;
		const char *name = entry->d_name;
		if (is_hidden(part, name) || !fq_find_matches(part, fq_text(name), &tried, &s->scratch)) {
			continue;
		}
		keep_texts(s, captures, &tried);
		descend(s, name, next, &tried);
	}
	closedir(folder);
}

/* From the part of the pattern that begins at `at`. */
static void walk(struct search *s, size_t at, struct captures captures)
{
	const char *slash = memchr(s->pattern.at + at, '/', s->pattern.len - at);
	size_t next = slash ? (size_t)(slash - s->pattern.at) : s->pattern.len;
	struct fq_text part = {s->pattern.at + at, next - at};
	if (fq_find_has_wildcard(part)) {
		walk_folder(s, part, next, &captures);
		return;
	}
	struct fq_buf name = {0};
	fq_buf_add_text(&name, part);
	descend(s, part.len ? name.at : "", next, &captures);
	fq_buf_finish(&name);
}

/* --- order ----------------------------------------------------------------------------- */

static int by_sample(const void *a, const void *b)
{
	const struct found *x = a, *y = b;
	int order = 0;
	for (int i = 0; i < CAPTURE_COUNT && order == 0; i++) {
		order = fq_text_compare(x->captures.text[i], y->captures.text[i]);
	}
	return order ? order : strcmp(x->path, y->path);
}

/* --- complaints --------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_names(struct search *s, struct fq_buf *buf, const char *path)
{
	enum { SHOWN = 10 };
	const char **names = NULL;
	size_t count = 0, cap = 0;
	DIR *folder = opendir(path);
	for (struct dirent *entry; folder && (entry = readdir(folder));) {
		if (entry->d_name[0] != '.') {
			names = fq_grow(names, &cap, count + 1, sizeof(*names));
			names[count++] = fq_arena_copy(
			        &s->loader->manifest->arena, entry->d_name, strlen(entry->d_name));
		}
	}
	fq_sort(names, count, sizeof(*names), by_name);
	for (size_t i = 0; i < count && i < SHOWN; i++) {
		fq_buf_addf(buf, "%s%s", i ? ", " : "", names[i]);
	}
	if (count > SHOWN) {
		fq_buf_addf(buf, " and %zu more", count - SHOWN);
	}
	fq_buf_puts(buf, count ? "" : "nothing");
	fq_release(names);
	if (folder) {
		closedir(folder);
	}
}

/* Shows what the nearest folder of the pattern does hold. */
static void complain_of_nothing(struct search *s)
{
	struct fq_buf hint = {0}, folder = {0};
	const char *end = s->pattern.at + strcspn(s->pattern.at, "{*");
	struct stat file;
	if (s->nearest.len) {
		fq_buf_puts(&folder, s->nearest.at);
	} else {
		fq_buf_add(&folder, s->pattern.at, (size_t)(end - s->pattern.at));
	}
	while (folder.len && (stat(folder.at, &file) != 0 || !S_ISDIR(file.st_mode))) {
		do {
			folder.len--;
		} while (folder.len && folder.at[folder.len - 1] != '/');
		folder.at[folder.len] = '\0';
	}
	const char *shown = folder.len ? folder.at : ".";
	fq_buf_addf(&hint, "%s holds ", shown);
	add_names(s, &hint, shown);
	struct fq_buf text = {0};
	fq_buf_addf(&text, "no file fits the pattern %.*s", (int)s->pattern.len, s->pattern.at);
	complain(s, hint.at, text.at);
	fq_buf_finish(&hint);
	fq_buf_finish(&text);
	fq_buf_finish(&folder);
}

static void add_paths(struct fq_buf *buf, const struct found *found, size_t count)
{
	enum { SHOWN = 4 };
	for (size_t i = 0; i < count && i < SHOWN; i++) {
		fq_buf_addf(buf, "%s%s", i ? ", " : "", found[i].path);
	}
	if (count > SHOWN) {
		fq_buf_addf(buf, " and %zu more", count - SHOWN);
	}
}

static void complain_of_lane(
        struct search *s, const struct found *found, size_t count, const char *what, const char *hint)
{
	struct fq_text sample = found->captures.text[CAPTURE_SAMPLE];
	struct fq_buf text = {0};
	fq_buf_addf(&text, "sample \"%.*s\" %s: ", (int)sample.len, sample.at, what);
	add_paths(&text, found, count);
	complain(s, hint, text.at);
	fq_buf_finish(&text);
}

static void complain_of_name(struct search *s, const char *problem, const char *path)
{
	fq_manifest_complain(
	        s->loader, s->value, s->word->offset, "give the file another name", "%s: %s", problem, path);
}

/* --- samples --------------------------------------------------------------------------------- */

static bool same_until(const struct found *a, const struct found *b, int last)
{
	for (int i = 0; i <= last; i++) {
		if (!fq_text_equal(a->captures.text[i], b->captures.text[i])) {
			return false;
		}
	}
	return true;
}

static size_t run_length(const struct search *s, size_t start, int last)
{
	size_t end = start + 1;
	while (end < s->count && same_until(&s->found[start], &s->found[end], last)) {
		end++;
	}
	return end - start;
}

/* The files of one lane: the two of a pair, or one where the pattern knows no reads. */
static void add_lane(struct search *s, const struct found *found, size_t count)
{
	size_t wanted = s->has[CAPTURE_READ] ? 2 : 1;
	if (count > wanted || (count == 2 && same_until(&found[0], &found[1], CAPTURE_READ))) {
		complain_of_lane(s, found, count, "fits more than one file for the same reads",
		        "let {read} stand where the two of a pair differ, {lane} where lanes do, or write "
		        "out "
		        "what `*` stands for");
		return;
	}
	if (count < wanted) {
		complain_of_lane(s, found, count, "has half a pair",
		        "where is the other file? For single reads write the number in place of {read}");
		return;
	}
	uint32_t line = fq_ini_where(NULL, s->value, s->word->offset).line;
	fq_manifest_begin_lane(s->loader, line);
	for (size_t i = 0; i < count; i++) {
		fq_manifest_add_file(s->loader, fq_text(found[i].path));
	}
}

static void add_samples(struct search *s)
{
	struct fq_where where = fq_ini_where(NULL, s->value, s->word->offset);
	for (size_t at = 0; at < s->count;) {
		size_t end = at + run_length(s, at, CAPTURE_SAMPLE);
		struct fq_text name = s->found[at].captures.text[CAPTURE_SAMPLE];
		const char *problem = fq_sample_name_problem(name);
		if (problem) {
			complain_of_name(s, problem, s->found[at].path);
		}
		bool is_new = !problem && fq_manifest_begin_sample(s->loader, name, where.line, where.column);
		while (at < end) {
			size_t count = run_length(s, at, CAPTURE_LANE);
			if (is_new) {
				add_lane(s, &s->found[at], count);
			}
			at += count;
		}
	}
}

/* --- the pattern ------------------------------------------------------------------------------- */

/* Where in the value a part of the pattern stands, quoted or not. */
static size_t written_at(const struct search *s, size_t at, size_t len)
{
	struct fq_text value = s->value->text;
	size_t start = s->word->offset;
	const char *found = memmem(value.at + start, value.len - start, s->pattern.at + at, len);
	return found ? (size_t)(found - value.at) : start;
}

static bool check_pattern(struct search *s)
{
	for (size_t i = 0; i < s->pattern.len; i++) {
		int capture;
		struct fq_text rest = {s->pattern.at + i, s->pattern.len - i};
		size_t len = fq_find_wildcard(rest, &capture);
		if (capture >= 0) {
			s->has[capture] = true;
		}
		struct placeholder_shape shape = {0};
		if (s->pattern.at[i] == '{' && len == 0) {
			shape = fq_manifest_shape(s->pattern, i);
		}
		if (shape.len) {
			fq_manifest_complain(s->loader, s->value, written_at(s, i, shape.len),
			        "a pattern has {sample}, {read}, {lane} and *",
			        "{%.*s} cannot stand in `find`", (int)shape.word.len, shape.word.at);
			return false;
		}
		i += len ? len - 1 : 0;
	}
	if (s->pattern.len > FIND_PATTERN_BYTES_MAX) {
		complain(s, NULL, "a pattern of more than 4096 bytes");
		return false;
	}
	static const char *const adjacent[] = {"{sample}{lane}", "{lane}{sample}"};
	for (size_t i = 0; i < FQ_COUNT(adjacent); i++) {
		if (memmem(s->pattern.at, s->pattern.len, adjacent[i], strlen(adjacent[i]))) {
			struct fq_arena *arena = &s->loader->manifest->arena;
			complain(s, "let some text stand between them, as in {sample}_L{lane}",
			        fq_arena_format(arena, "where does the name end in %s?", adjacent[i]));
			return false;
		}
	}
	if (!s->has[CAPTURE_SAMPLE]) {
		complain(s, "find = reads/{sample}_R{read}.fastq.gz", "a pattern without {sample}");
	}
	return s->has[CAPTURE_SAMPLE];
}

static void find(struct loader *loader, const struct ini_value *value, const struct plain_word *word)
{
	struct search s = {.loader = loader, .value = value, .word = word, .pattern = word->text};
	if (check_pattern(&s)) {
		walk(&s, 0, (struct captures){0});
		if (s.count == 0 && !s.has_failed) {
			complain_of_nothing(&s);
		} else if (s.count) {
			fq_sort(s.found, s.count, sizeof(*s.found), by_sample);
			add_samples(&s);
		}
	}
	fq_release(s.found);
	fq_buf_finish(&s.path);
	fq_buf_finish(&s.nearest);
	fq_buf_finish(&s.scratch);
}

void fq_manifest_find_samples(struct loader *loader, const struct ini_value *value)
{
	size_t count;
	const struct plain_word *words = fq_manifest_split(loader, value, &count);
	for (size_t i = 0; i < count; i++) {
		if (!words[i].is_broken) {
			find(loader, value, &words[i]);
		}
	}
	if (count == 0) {
		fq_manifest_complain(loader, value, 0, "find = reads/{sample}_R{read}.fastq.gz",
		        "`find` without a pattern");
	}
}
