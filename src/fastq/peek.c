#include "inner.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A first record is mostly shorter than that; only a longer one is worth more inflating. */
enum { FIRST_TEXT_BYTES = 8 << 10 };

struct peek {
	const char *path;
	struct fq_fastq_peek *ret;
	int fd;
	size_t head_len;
	bool is_all; /* the head is the whole file */
	struct fq_fastq_inflater *inflater;
	struct fq_fastq_flow flow;
	uint64_t members;
	bool in_member;
	bool is_text_end;
	struct fq_fastq_parser parser; /* its text is the head, or `text` */
	struct fq_error why;
	char head[FQ_FASTQ_PEEK_BYTES + 1]; /* later the tail */
	char text[FQ_FASTQ_PEEK_BYTES + 1];
};

static struct fq_stamp stamp_of(const struct stat *st)
{
	uint64_t mtime_ns = (uint64_t)st->st_mtim.tv_sec * 1000000000 + (uint64_t)st->st_mtim.tv_nsec;
	return (struct fq_stamp){(int64_t)st->st_size, (int64_t)mtime_ns};
}

/* --- the file ------------------------------------------------------------- */

static bool fail_kind(struct peek *peek, mode_t mode)
{
	static const char pipe_hint[] =
	        "it can be read once, by one job alone: write what comes out of it to a file";
	if (S_ISDIR(mode)) {
		return fq_fail(
		        &peek->why, FQ_NOWHERE, "name the file in it", "expected a file, found a folder");
	}
	if (S_ISFIFO(mode) || S_ISSOCK(mode)) {
		return fq_fail(&peek->why, FQ_NOWHERE, pipe_hint, "expected a file, found a %s",
		        S_ISFIFO(mode) ? "named pipe" : "socket");
	}
	return fq_fail(&peek->why, FQ_NOWHERE, NULL, "expected a file, found a device");
}

static bool open_file(struct peek *peek)
{
	struct stat st;
	if (stat(peek->path, &st) != 0) {
		return fq_fail_errno(&peek->why, "cannot look at it");
	}
	if (!S_ISREG(st.st_mode)) {
		return fail_kind(peek, st.st_mode);
	}
	peek->ret->stamp = stamp_of(&st);
	peek->ret->device = (uint64_t)st.st_dev;
	peek->ret->inode = (uint64_t)st.st_ino;
	/* O_NONBLOCK: if a pipe took its place just now, nobody waits. */
	peek->fd = open(peek->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return peek->fd >= 0 || fq_fail_errno(&peek->why, "cannot open");
}

/* Less than `len` only at the file's end. */
static bool read_at(struct peek *peek, uint64_t offset, size_t len, size_t *ret_len)
{
	*ret_len = 0;
	while (*ret_len < len) {
		ssize_t got =
		        pread(peek->fd, peek->head + *ret_len, len - *ret_len, (off_t)(offset + *ret_len));
		if (got < 0 && errno != EINTR) {
			return fq_fail_errno(&peek->why, "cannot read at byte %llu",
			        (unsigned long long)offset + (unsigned long long)*ret_len);
		}
		if (got == 0) {
			return true;
		}
		*ret_len += got > 0 ? (size_t)got : 0;
	}
	return true;
}

static bool read_head(struct peek *peek)
{
	int64_t size = peek->ret->stamp.size_bytes;
	/* Not a byte more than is there: a second read would only say that nothing is left. */
	size_t len = size > 0 && size < FQ_FASTQ_PEEK_BYTES ? (size_t)size : FQ_FASTQ_PEEK_BYTES;
	if (!read_at(peek, 0, len, &peek->head_len)) {
		return false;
	}
	peek->is_all = (int64_t)peek->head_len >= peek->ret->stamp.size_bytes;
	peek->ret->head_hash = fq_hash(peek->head, peek->head_len);
	const struct fq_fastq_foreign *foreign = fq_fastq_recognise(peek->head, peek->head_len);
	if (foreign) {
		return fq_fail(&peek->why, FQ_NOWHERE, foreign->hint,
		        "expected FASTQ, plain or gzip, found %s", foreign->name);
	}
	if (peek->head_len == 0 && fq_fastq_is_called_gzip(peek->path)) {
		return fq_fail(
		        &peek->why, FQ_NOWHERE, fq_fastq_cut_hint, "expected gzip data, found an empty file");
	}
	return true;
}

/* Whether somebody wrote to it meanwhile, or put another in its place. */
static void look_again(struct peek *peek)
{
	struct stat st;
	peek->ret->has_changed = fstat(peek->fd, &st) != 0 ||
	                         !fq_stamp_equal(peek->ret->stamp, stamp_of(&st)) ||
	                         (uint64_t)st.st_ino != peek->ret->inode;
}

/* --- its text ------------------------------------------------------------- */

static bool begin_text(struct peek *peek)
{
	bool is_gzip =
	        peek->head_len && peek->head[0] == '\x1f' && (peek->head_len == 1 || peek->head[1] == '\x8b');
	peek->parser.at = is_gzip ? peek->text : peek->head;
	peek->parser.cap = FQ_FASTQ_PEEK_BYTES + 1;
	if (!is_gzip) {
		peek->ret->kind = FQ_FASTQ_PLAIN;
		return true;
	}
	bool is_bgzf = fq_fastq_bgzf_block(peek->head, peek->head_len) != 0;
	peek->ret->kind = is_bgzf ? FQ_FASTQ_BGZF : FQ_FASTQ_GZIP;
	peek->flow = (struct fq_fastq_flow){peek->head, peek->head_len, peek->text, 0};
	peek->in_member = true;
	peek->members = 1;
	peek->inflater = fq_fastq_create_inflater();
	return peek->inflater || fq_fail(&peek->why, FQ_NOWHERE, NULL, "the zlib found here cannot inflate");
}

static bool fail_gzip(struct peek *peek, const char *hint, const char *expected, const char *found)
{
	return fq_fail(&peek->why, FQ_NOWHERE, hint,
	        "compressed byte %zu: expected %s, found %s (gzip member %llu)",
	        (size_t)(peek->flow.from - peek->head), expected, found, (unsigned long long)peek->members);
}

/* Behind a member: another, or (zero padding may follow) the end. */
static bool begin_member(struct peek *peek)
{
	struct fq_fastq_flow *flow = &peek->flow;
	peek->in_member = flow->from[0] == '\x1f' && (flow->from_len == 1 || flow->from[1] == '\x8b');
	if (peek->in_member) {
		fq_fastq_reset_inflater(peek->inflater);
		peek->members++;
		return true;
	}
	while (flow->from_len && *flow->from == 0) {
		flow->from++;
		flow->from_len--;
	}
	return flow->from_len == 0 ||
	       fail_gzip(peek, fq_fastq_damaged_hint, "the end of the file or another member", "other bytes");
}

/* Inflates until there is `flow.to_len` more text, or no more to inflate. */
static bool inflate_text(struct peek *peek)
{
	struct fq_fastq_flow *flow = &peek->flow;
	const char *fault = NULL;
	while (flow->to_len && flow->from_len) {
		if (!peek->in_member && !begin_member(peek)) {
			return false;
		}
		if (!peek->in_member) {
			break;
		}
		enum fq_fastq_inflated got = fq_fastq_inflate(peek->inflater, flow, &fault);
		if (got == FQ_INFLATED_DAMAGE) {
			return fail_gzip(peek, fq_fastq_damaged_hint, "whole gzip data", fault);
		}
		peek->in_member = got != FQ_INFLATED_MEMBER;
	}
	peek->is_text_end = peek->is_all && flow->from_len == 0 && !peek->in_member;
	if (peek->is_all && flow->from_len == 0 && peek->in_member && flow->to_len) {
		return fail_gzip(peek, fq_fastq_cut_hint, "the rest of it", "the end of the file");
	}
	return true;
}

/* Text up to `want` bytes in all; *ret_len: how many more than before. */
static bool fill_text(struct peek *peek, size_t want, size_t *ret_len)
{
	size_t before = peek->parser.len;
	*ret_len = 0;
	if (peek->ret->kind == FQ_FASTQ_PLAIN) {
		size_t len = peek->is_all || want > peek->head_len ? peek->head_len : want;
		peek->is_text_end = peek->is_all;
		*ret_len = len - before;
		return true;
	}
	peek->flow.to_len = want - before;
	if (!inflate_text(peek)) {
		return false;
	}
	*ret_len = want - before - peek->flow.to_len;
	return true;
}

/* --- its first records ---------------------------------------------------- */

static void keep_part(struct peek *peek, char *to, const char *at, size_t len)
{
	peek->ret->is_name_cut |= len >= FQ_FASTQ_NAME_BYTES;
	memcpy(to, at, len < FQ_FASTQ_NAME_BYTES ? len : FQ_FASTQ_NAME_BYTES - 1);
}

static void keep_title(struct peek *peek, const char *at, size_t len)
{
	const char *newline = memchr(at, '\n', len);
	if (!newline || at[0] != '@' || peek->ret->name[0]) {
		return;
	}
	const char *end = newline > at && newline[-1] == '\r' ? newline - 1 : newline;
	const char *blank = ++at;
	while (blank < end && *blank != ' ' && *blank != '\t') {
		blank++;
	}
	keep_part(peek, peek->ret->name, at, (size_t)(blank - at));
	if (blank < end) {
		keep_part(peek, peek->ret->description, blank + 1, (size_t)(end - blank - 1));
	}
}

/* The record that begins the text is longer than it: what there is of it must be right. */
static bool check_begun(struct peek *peek)
{
	struct fq_fastq_parser *parser = &peek->parser;
	struct fq_text text = {parser->at, parser->len};
	const char *end = text.at + text.len, *title_end = memchr(text.at, '\n', text.len);
	if (!title_end) {
		return true;
	}
	const char *bases = title_end + 1, *bases_end = memchr(bases, '\n', (size_t)(end - bases));
	size_t len = (size_t)((bases_end ? bases_end : end) - bases);
	len -= len && bases[len - 1] == '\r';
	bool is_right = !memchr(text.at, 0, (size_t)(bases - text.at)) &&
	                fq_fastq_count_bases(bases, len).valid == len &&
	                (!bases_end || bases_end + 1 == end || bases_end[1] == '+');
	if (is_right) {
		return true;
	}
	size_t fault_at = 0;
	fq_fastq_explain(text, false, &fault_at, &peek->why);
	parser->fault_offset = fault_at;
	return false;
}

/* Puts the place in front, as fq_fastq_read() does. */
static bool fail_record(struct peek *peek)
{
	struct fq_error fault = peek->why;
	peek->why = (struct fq_error){0};
	fq_fail(&peek->why, FQ_NOWHERE, fault.hint, "record %llu, byte %llu: %s",
	        (unsigned long long)peek->parser.stats.reads + 1,
	        (unsigned long long)peek->parser.fault_offset, fault.text);
	fq_error_finish(&fault);
	return false;
}

static bool refuse_foreign_text(struct peek *peek, size_t len)
{
	const struct fq_fastq_foreign *foreign = fq_fastq_recognise(peek->parser.at, len);
	return !foreign || fq_fail(&peek->why, FQ_NOWHERE, foreign->hint,
	                           "expected FASTQ inside of the gzip data, found %s", foreign->name);
}

static bool parse_more(struct peek *peek, size_t want)
{
	struct fq_fastq_parser *parser = &peek->parser;
	size_t len;
	if (!fill_text(peek, want, &len)) {
		return false;
	}
	size_t sum = parser->len + len;
	if (parser->len == 0 && !refuse_foreign_text(peek, sum)) {
		return false;
	}
	keep_title(peek, parser->at, sum);
	peek->ret->is_empty = peek->is_text_end && sum == 0;
	bool ok = fq_fastq_parse(parser, len, &peek->why) &&
	          (!peek->is_text_end || fq_fastq_parse_end(parser, &peek->why));
	peek->ret->has_record = parser->stats.reads > 0;
	return ok || fail_record(peek);
}

static bool look_at_text(struct peek *peek)
{
	if (!begin_text(peek) || !parse_more(peek, FIRST_TEXT_BYTES)) {
		return false;
	}
	if (peek->ret->has_record || peek->is_text_end) {
		return true;
	}
	if (!parse_more(peek, FQ_FASTQ_PEEK_BYTES)) {
		return false;
	}
	return peek->ret->has_record || peek->is_text_end || check_begun(peek) || fail_record(peek);
}

/* --- its end ---------------------------------------------------------------- */

static bool look_at_end(struct peek *peek)
{
	size_t len = peek->head_len;
	uint64_t size = (uint64_t)peek->ret->stamp.size_bytes;
	if (!peek->is_all && !read_at(peek, size - FQ_FASTQ_PEEK_BYTES, FQ_FASTQ_PEEK_BYTES, &len)) {
		return false;
	}
	if (!peek->is_all && len < FQ_FASTQ_PEEK_BYTES) {
		return true; /* it shrank: has_changed will say so */
	}
	return fq_fastq_check_end((struct fq_text){peek->head, len}, peek->is_all, peek->ret, &peek->why);
}

static bool look(struct peek *peek)
{
	if (!open_file(peek)) {
		return false;
	}
	bool ok = read_head(peek) && look_at_text(peek) && look_at_end(peek);
	look_again(peek);
	close(peek->fd);
	return ok;
}

bool fq_fastq_peek(const char *path, struct fq_fastq_peek *ret, struct fq_error *err)
{
	struct peek *peek = fq_zeroed(1, sizeof(*peek));
	*ret = (struct fq_fastq_peek){.stamp.size_bytes = -1};
	peek->path = path;
	peek->ret = ret;
	bool ok = look(peek);
	if (!ok && err && !err->text) {
		*err = peek->why;
		err->where.file = path;
		peek->why = (struct fq_error){0};
	}
	fq_error_finish(&peek->why);
	fq_fastq_destroy_inflater(peek->inflater);
	fq_release(peek);
	return ok;
}
