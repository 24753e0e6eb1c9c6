/* For the tests of the room fastq: files in a folder of their own, and an
 * independent counter that follows the rules in the door, line by line. */
#ifndef FQRUN_TEST_FASTQ_FILES_H
#define FQRUN_TEST_FASTQ_FILES_H

#include "fqrun/fastq.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/fqrun-fastq-XXXXXX";
static char path[128];

static void make_folder(void)
{
	cr_assert(mkdtemp(folder));
}

static void remove_folder(void)
{
	struct fq_error err = {0};
	cr_assert(fq_tree_remove(folder, &err), "%s", err.text);
}

static inline const char *put_file(const char *name, const void *at, size_t len)
{
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	cr_assert(fd >= 0 && fq_file_write_all(fd, at, len));
	close(fd);
	return path;
}

static inline bool is_same(const struct fq_fastq_stats *a, const struct fq_fastq_stats *b)
{
	return a->reads == b->reads && a->bases == b->bases && a->gc == b->gc && a->n == b->n &&
	       a->q20 == b->q20 && a->q30 == b->q30 && a->min_length == b->min_length &&
	       a->max_length == b->max_length;
}

/* Reads bytes as the file `name`; on false nothing may be counted and words must be there. */
static inline bool read_bytes(
        const char *name, const void *at, size_t len, struct fq_fastq_stats *ret, struct fq_error *err)
{
	memset(ret, 0x55, sizeof(*ret));
	bool ok = fq_fastq_read(put_file(name, at, len), ret, err);
	cr_assert(ok || is_same(ret, &(struct fq_fastq_stats){0}), "a number in spite of an error");
	cr_assert(ok == !err->text);
	return ok;
}

static inline void expect_counts(
        const char *name, const void *at, size_t len, const struct fq_fastq_stats *right)
{
	struct fq_fastq_stats got;
	struct fq_error err = {0};
	cr_assert(read_bytes(name, at, len, &got, &err), "%s", err.text);
	cr_assert(is_same(&got, right), "%llu reads, %llu bases", (unsigned long long)got.reads,
	        (unsigned long long)got.bases);
}

/* `words` must stand in the text; `hint` in the hint (NULL: any). */
static inline void expect_error(
        const char *name, const void *at, size_t len, const char *words, const char *hint)
{
	struct fq_fastq_stats got;
	struct fq_error err = {0};
	cr_assert(!read_bytes(name, at, len, &got, &err), "accepted, but expected: %s", words);
	cr_assert(strcmp(err.where.file, path) == 0);
	cr_assert(strstr(err.text, words), "got: %s\nexpected: %s", err.text, words);
	cr_assert(!hint || (err.hint && strstr(err.hint, hint)), "hint: %s", err.hint ? err.hint : "none");
	fq_error_finish(&err);
}

/* --- the independent counter --------------------------------------------- */

struct naive_line {
	const char *at;
	size_t len;
	bool has_end;
};

static inline bool naive_take(const char **at, const char *end, struct naive_line *ret)
{
	if (*at == end) {
		return false;
	}
	ret->at = *at;
	while (*at < end && **at != '\n') {
		++*at;
	}
	ret->len = (size_t)(*at - ret->at);
	ret->has_end = *at < end;
	*at += ret->has_end;
	if (ret->len && ret->at[ret->len - 1] == '\r') {
		ret->len--;
	}
	return true;
}

static inline bool naive_is_in(const char *set, char c)
{
	return c && strchr(set, c);
}

static inline bool naive_record(struct naive_line line[4], struct fq_fastq_stats *s)
{
	size_t len = line[1].len;
	if (line[0].len == 0 || line[0].at[0] != '@' || line[2].len == 0 || line[2].at[0] != '+' ||
	        line[3].len != len) {
		return false;
	}
	for (size_t i = 0; i < line[0].len; i++) {
		if (line[0].at[i] == 0 ||
		        (line[2].len > 1 && i > 0 && i < line[2].len && line[0].at[i] != line[2].at[i])) {
			return false;
		}
	}
	if (line[2].len > 1 && line[2].len != line[0].len) {
		return false;
	}
	for (size_t i = 0; i < len; i++) {
		int quality = (unsigned char)line[3].at[i] - 33;
		if (!naive_is_in("ACGTURYSWKMBDHVNacgturyswkmbdhvn.*-", line[1].at[i]) || quality < 0 ||
		        quality > 93) {
			return false;
		}
		s->gc += naive_is_in("GCSgcs", line[1].at[i]);
		s->n += naive_is_in("Nn", line[1].at[i]);
		s->q20 += quality >= 20;
		s->q30 += quality >= 30;
	}
	s->min_length = s->reads == 0 || len < s->min_length ? len : s->min_length;
	s->max_length = len > s->max_length ? len : s->max_length;
	s->bases += len;
	s->reads++;
	return true;
}

static inline bool naive_is_blank(const char *at, const char *end)
{
	while (at < end && (*at == '\n' || *at == '\r')) {
		at++;
	}
	return at == end;
}

static inline bool naive_count(const char *at, size_t len, struct fq_fastq_stats *ret)
{
	const char *end = at + len;
	*ret = (struct fq_fastq_stats){0};
	while (at < end && !(ret->reads && naive_is_blank(at, end))) {
		struct naive_line line[4] = {0};
		size_t lines = 0;
		while (lines < 4 && naive_take(&at, end, &line[lines])) {
			lines++;
		}
		/* A read without bases at the very end may lack its empty last line. */
		bool is_open = lines == 3 && line[2].has_end && line[1].len == 0;
		if ((lines < 4 && !is_open) || !naive_record(line, ret)) {
			return false;
		}
	}
	return true;
}

#endif
