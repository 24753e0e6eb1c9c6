#include "internal.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

static bool ends_in(const char *path, const char *end)
{
	size_t len = strlen(path), end_len = strlen(end);
	return len >= end_len && strcmp(path + len - end_len, end) == 0;
}

/* Most tools go by the name alone. */
static void check_name(struct fq_preflight_notes *notes, uint32_t file, const char *path, bool is_gzip)
{
	bool is_called_gzip = ends_in(path, ".gz") || ends_in(path, ".bgz");
	if (is_called_gzip && !is_gzip) {
		fq_preflight_warn(notes, file, FQ_PREFLIGHT_NAME, "rename it, or compress it: gzip",
		        "is plain text, whatever its name says: tools that go by the name will fail");
	} else if (is_gzip && (ends_in(path, ".fq") || ends_in(path, ".fastq"))) {
		fq_preflight_warn(notes, file, FQ_PREFLIGHT_NAME, "rename it to end in .gz",
		        "is gzip data, whatever its name says: tools that go by the name will fail");
	}
}

static void check_end(struct fq_preflight_notes *notes, uint32_t file, const struct fq_fastq_peek *peek)
{
	if (peek->ends_in_zeros) {
		fq_preflight_warn(notes, file, FQ_PREFLIGHT_END, "download or copy it again",
		        "ends in zeros: was the copy ever finished?");
	} else if (peek->lacks_end_block) {
		fq_preflight_warn(notes, file, FQ_PREFLIGHT_END,
		        "compare its size with the source's; some programs leave that block out, bgzip and "
		        "samtools do not",
		        "is a BGZF file without its end block: cut off?");
	}
}

static void check_empty(struct fq_preflight_notes *notes, uint32_t file, const struct fq_fastq_peek *peek)
{
	if (peek->is_empty && peek->kind == FQ_FASTQ_PLAIN) {
		fq_preflight_error(notes, file, FQ_PREFLIGHT_EMPTY,
		        "what should have written it has failed: make or copy it again", "is empty");
	} else if (peek->is_empty) {
		fq_preflight_warn(notes, file, FQ_PREFLIGHT_EMPTY,
		        "many tools fail on that: take the sample out, unless it is meant so",
		        "holds no reads");
	}
}

static void keep_seen(struct fq_preflight_seen *seen, const struct fq_fastq_peek *peek)
{
	*seen = (struct fq_preflight_seen){.stamp = peek->stamp,
	        .device = peek->device,
	        .inode = peek->inode,
	        .head_hash = peek->head_hash,
	        .has_changed = peek->has_changed,
	        .is_finished = peek->kind == FQ_FASTQ_BGZF && !peek->lacks_end_block && !peek->ends_in_zeros,
	        .was_looked_at = true};
}

static bool is_our_trouble(int number)
{
	return number == EMFILE || number == ENFILE || number == ENOMEM;
}

/* False: what went wrong is no fault of the file. */
static bool note_failure(const struct fq_preflight_work *work, struct fq_preflight_notes *notes,
        uint32_t file, struct fq_error *why)
{
	static const char access_hint[] =
	        "its owner can change that: chmod a+r on the file, a+x on the folders above it";
	int number = why->number;
	if (is_our_trouble(number)) {
		return false;
	}
	work->seen[file].is_missing = number == ENOENT || number == ENOTDIR;
	work->seen[file].is_finished = false;
	if (!work->seen[file].is_missing) {
		const char *hint = number == EACCES || number == EPERM ? access_hint : why->hint;
		fq_preflight_error(notes, file, FQ_PREFLIGHT_FILE, hint, "%s", why->text);
	}
	fq_error_finish(why);
	return true;
}

/* Reads by their name, as tools take them: what else a sample may name (BAM, a table) is
 * no concern of a FASTQ reader. */
static bool is_called_reads(const char *path)
{
	static const char *const packed[] = {".gz", ".bgz"}, *const content[] = {".fq", ".fastq"};
	size_t len = strlen(path);
	for (size_t i = 0; i < FQ_COUNT(packed); i++) {
		size_t end = strlen(packed[i]);
		if (len > end && strcasecmp(path + len - end, packed[i]) == 0) {
			len -= end;
			break;
		}
	}
	for (size_t i = 0; i < FQ_COUNT(content); i++) {
		size_t end = strlen(content[i]);
		if (len > end && strncasecmp(path + len - end, content[i], end) == 0) {
			return true;
		}
	}
	return false;
}

/* Any other file: there, and readable. */
static bool look_at_other(const char *path, struct fq_fastq_peek *peek, struct fq_error *why)
{
	struct stat file;
	*peek = (struct fq_fastq_peek){0};
	if (stat(path, &file) != 0 || access(path, R_OK) != 0) {
		return fq_fail_errno(why, "cannot be read");
	}
	if (S_ISDIR(file.st_mode)) {
		return true;
	}
	peek->stamp = fq_stamp_read(path);
	peek->device = (uint64_t)file.st_dev;
	peek->inode = (uint64_t)file.st_ino;
	return true;
}

static bool look_at_file(const struct fq_preflight_work *work, struct fq_preflight_notes *notes,
        uint32_t file, struct fq_fastq_peek *peek, struct fq_error *why)
{
	const char *path = work->manifest->files[file].path;
	bool is_reads = is_called_reads(path);
	bool ok = is_reads ? fq_fastq_peek(path, peek, why) : look_at_other(path, peek, why);
	keep_seen(&work->seen[file], peek);
	if (!ok || !is_reads) {
		work->seen[file].is_finished |= ok;
		return ok;
	}
	check_empty(notes, file, peek);
	check_end(notes, file, peek);
	if (peek->stamp.size_bytes > 0) {
		check_name(notes, file, path, peek->kind != FQ_FASTQ_PLAIN);
	}
	return true;
}

bool fq_preflight_look(const struct fq_preflight_work *work, struct fq_preflight_notes *notes, uint32_t first,
        uint32_t end, struct fq_error *err)
{
	struct fq_fastq_peek peek[2];
	bool is_pair = end - first == 2 && is_called_reads(work->manifest->files[first].path) &&
	               is_called_reads(work->manifest->files[first + 1].path);
	for (uint32_t file = first; file < end; file++) {
		struct fq_error why = {0};
		if (look_at_file(work, notes, file, &peek[(file - first) % 2], &why)) {
			continue;
		}
		is_pair = false;
		if (!note_failure(work, notes, file, &why)) {
			*err = why;
			return false;
		}
	}
	if (is_pair) {
		fq_preflight_compare_pair(work, notes, first + 1, peek);
	}
	return true;
}
