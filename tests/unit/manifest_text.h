/* For the tests of the room manifest: a manifest written as text, loaded through
 * the door, and its findings looked up by place and words. */
#ifndef FQRUN_TEST_MANIFEST_TEXT_H
#define FQRUN_TEST_MANIFEST_TEXT_H

#include "fqrun/manifest.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/fqrun-manifest-XXXXXX";
static char path[128];
static struct fq_manifest manifest;
static struct fq_errors errors;

static void make_folder(void)
{
	cr_assert(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/qc.ini", folder);
}

static inline void unload(void)
{
	fq_manifest_finish(&manifest);
	fq_errors_finish(&errors);
}

static void remove_folder(void)
{
	struct fq_error err = {0};
	unload();
	cr_assert(fq_tree_remove(folder, &err), "%s", err.text);
}

static inline bool load_with(
        const char *at, size_t len, const struct fq_setting *settings, size_t setting_count)
{
	unload();
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	cr_assert(fd >= 0 && fq_file_write_all(fd, at, len));
	close(fd);
	bool ok = fq_manifest_load(&manifest, path, settings, setting_count, &errors);
	cr_assert_eq(ok, errors.errors == 0);
	return ok;
}

static inline void show_findings(void)
{
	for (const struct fq_finding *f = errors.first; f; f = f->next) {
		fprintf(stderr, "  %u:%u: %s (%s)\n", f->where.line, f->where.column, f->text,
		        f->hint ? f->hint : "");
	}
}

static inline void load_bytes(const char *at, size_t len)
{
	bool ok = load_with(at, len, NULL, 0);
	if (!ok) {
		show_findings();
	}
	cr_assert(ok, "refused: %.*s", len < 2000 ? (int)len : 0, at);
}

static inline void load(const char *text)
{
	load_bytes(text, strlen(text));
}

/* --- what is refused --------------------------------------------------------- */

static inline const struct fq_finding *find_finding(uint32_t line, uint32_t column, const char *words)
{
	for (const struct fq_finding *f = errors.first; f; f = f->next) {
		if (f->where.line == line && f->where.column == column && strstr(f->text, words)) {
			return f;
		}
	}
	return NULL;
}

/* `hint` NULL: whatever it is. */
static inline void expect_finding(uint32_t line, uint32_t column, const char *words, const char *hint)
{
	const struct fq_finding *f = find_finding(line, column, words);
	if (!f) {
		show_findings();
	}
	cr_assert(f, "not found: %u:%u: %s", line, column, words);
	cr_assert(!hint || (f->hint && strstr(f->hint, hint)), "the hint of %s is %s, not %s", f->text,
	        f->hint ? f->hint : "none", hint ? hint : "");
}

static inline void refuse_bytes(const char *at, size_t len)
{
	cr_assert_not(load_with(at, len, NULL, 0), "accepted: %.*s", len < 2000 ? (int)len : 0, at);
}

/* One error and no more, at that place, with these words. */
static inline void refuse(
        const char *text, uint32_t line, uint32_t column, const char *words, const char *hint)
{
	refuse_bytes(text, strlen(text));
	expect_finding(line, column, words, hint);
	if (errors.errors != 1) {
		show_findings();
	}
	cr_assert_eq(errors.errors, 1, "%zu errors in %s", errors.errors, text);
}

/* --- what is there ------------------------------------------------------------ */

static inline const struct fq_task *task(const char *name)
{
	const struct fq_task *found = fq_manifest_task(&manifest, fq_text(name));
	cr_assert(found, "no task %s", name);
	return found;
}

static inline const struct fq_ref *ref_of(const struct fq_task *of, const char *text)
{
	for (uint32_t i = 0; i < of->ref_count; i++) {
		if (strcmp(of->refs[i].text, text) == 0) {
			return &of->refs[i];
		}
	}
	cr_assert_fail("task %s has no %s", of->name, text);
	return NULL;
}

static inline void add_pieces(
        struct fq_buf *buf, const struct fq_task *of, const struct fq_piece *pieces, uint32_t count)
{
	fq_buf_puts(buf, "");
	for (uint32_t i = 0; i < count; i++) {
		if (pieces[i].ref < 0) {
			fq_buf_add_text(buf, pieces[i].text);
		} else {
			fq_buf_puts(buf, of->refs[pieces[i].ref].text);
		}
	}
}

/* The words with their references as written, one behind the other with `|` between. */
static inline void expect_words(const struct fq_task *of, const struct fq_words *words, const char *right)
{
	struct fq_buf got = {0};
	fq_buf_puts(&got, "");
	for (uint32_t i = 0; i < words->count; i++) {
		fq_buf_puts(&got, i ? "|" : "");
		add_pieces(&got, of, words->words[i].pieces, words->words[i].count);
		fq_buf_puts(&got, words->words[i].is_optional ? "?" : "");
	}
	cr_assert_str_eq(got.at, right, "got %s, not %s", got.at, right);
	fq_buf_finish(&got);
}

/* A variable's words, `|` between. */
static inline void expect_variable(const char *name, const char *right)
{
	struct fq_buf got = {0};
	fq_buf_puts(&got, "no such variable");
	for (size_t i = 0; i < manifest.variable_count; i++) {
		const struct fq_variable *variable = &manifest.variables[i];
		if (strcmp(variable->name, name) != 0) {
			continue;
		}
		got.len = 0;
		fq_buf_puts(&got, "");
		for (uint32_t j = 0; j < variable->word_count; j++) {
			fq_buf_puts(&got, j ? "|" : "");
			fq_buf_add_text(&got, variable->words[j]);
		}
	}
	cr_assert_str_eq(got.at, right, "got %s, not %s", got.at, right);
	fq_buf_finish(&got);
}

/* The paths of sample `index`, `|` between. */
static inline void expect_files(size_t index, const char *right)
{
	struct fq_buf got = {0};
	fq_buf_puts(&got, "");
	for (size_t i = 0; i < manifest.file_count; i++) {
		if (manifest.lanes[manifest.files[i].lane].sample == index) {
			fq_buf_puts(&got, got.len ? "|" : "");
			fq_buf_puts(&got, manifest.files[i].path);
		}
	}
	cr_assert_str_eq(got.at, right, "got %s, not %s", got.at, right);
	fq_buf_finish(&got);
}

#endif
