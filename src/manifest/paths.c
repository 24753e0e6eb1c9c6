#include "internal.h"

#include <string.h>

static bool drop_suffix(struct fq_text *name, const char *const *suffixes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(suffixes[i]);
		if (name->len > len && memcmp(name->at + name->len - len, suffixes[i], len) == 0) {
			name->len -= len;
			return true;
		}
	}
	return false;
}

struct fq_text fq_path_part(struct fq_text path, enum fq_ref_part part)
{
	static const char *const packed[] = {".gz", ".bgz", ".bz2", ".xz", ".zst"};
	static const char *const content[] = {
	        ".fastq", ".fq", ".fasta", ".fa", ".fna", ".sam", ".bam", ".cram"};
	if (part == FQ_PART_WHOLE) {
		return path;
	}
	while (path.len > 1 && path.at[path.len - 1] == '/') {
		path.len--; /* a folder has the name of its last part */
	}
	size_t start = path.len;
	while (start && path.at[start - 1] != '/') {
		start--;
	}
	struct fq_text name = {path.at + start, path.len - start};
	if (part == FQ_PART_STEM) {
		drop_suffix(&name, packed, FQ_COUNT(packed));
		drop_suffix(&name, content, FQ_COUNT(content));
	}
	return name;
}

/* Each of the task's own suffixes once, in their order. */
struct fq_text fq_task_path_part(const struct fq_task *task, struct fq_text path, enum fq_ref_part part)
{
	if (part != FQ_PART_STEM || task->strip_count == 0) {
		return fq_path_part(path, part);
	}
	struct fq_text name = fq_path_part(path, FQ_PART_NAME);
	for (uint32_t i = 0; i < task->strip_count; i++) {
		drop_suffix(&name, &task->strip[i].at, 1);
	}
	return name;
}

static bool is_plain(unsigned char c)
{
	return c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c && strchr(" ._/:,+@%=-", c));
}

static bool is_integer(struct fq_text value, char *ret_bad)
{
	size_t start = value.len && (value.at[0] == '-' || value.at[0] == '+');
	for (size_t i = start; i < value.len; i++) {
		if (value.at[i] < '0' || value.at[i] > '9') {
			*ret_bad = value.at[i];
			return false;
		}
	}
	/* A shell reads 010 as eight, and cuts what 64 bits do not hold. */
	enum { DIGITS_MAX = 18 };
	bool is_octal = value.len > start + 1 && value.at[start] == '0';
	*ret_bad = is_octal ? '0' : '\0';
	return value.len > start && !is_octal && value.len - start <= DIGITS_MAX;
}

bool fq_demand_holds(unsigned demand, struct fq_text value, char *ret_bad)
{
	if ((demand & FQ_DEMAND_INTEGER) && !is_integer(value, ret_bad)) {
		return false;
	}
	for (size_t i = 0; i < value.len && (demand & (FQ_DEMAND_PLAIN | FQ_DEMAND_NO_BLANK)); i++) {
		unsigned char c = (unsigned char)value.at[i];
		if (((demand & FQ_DEMAND_PLAIN) && !is_plain(c)) ||
		        ((demand & FQ_DEMAND_NO_BLANK) && (c == ' ' || c == '\t'))) {
			*ret_bad = value.at[i];
			return false;
		}
	}
	return true;
}
