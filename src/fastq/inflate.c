#define ZLIB_CONST
#include "inner.h"

#include <limits.h>
#include <string.h>
#include <zlib.h>

enum { GZIP_ONLY = 16 + MAX_WBITS }; /* zlib checks header CRC, data CRC and length itself */

struct fq_fastq_inflater {
	z_stream stream;
};

static voidpf take_memory(voidpf unused, uInt count, uInt size)
{
	(void)unused;
	return fq_zeroed(count, size);
}

static void give_memory(voidpf unused, voidpf at)
{
	(void)unused;
	fq_release(at);
}

struct fq_fastq_inflater *fq_fastq_create_inflater(void)
{
	struct fq_fastq_inflater *inflater = fq_zeroed(1, sizeof(*inflater));
	inflater->stream.zalloc = take_memory;
	inflater->stream.zfree = give_memory;
	if (inflateInit2(&inflater->stream, GZIP_ONLY) != Z_OK) {
		/* Not for want of memory: another zlib than we were built for. */
		fq_release(inflater);
		return NULL;
	}
	return inflater;
}

void fq_fastq_destroy_inflater(struct fq_fastq_inflater *inflater)
{
	if (inflater) {
		inflateEnd(&inflater->stream);
		fq_release(inflater);
	}
}

void fq_fastq_reset_inflater(struct fq_fastq_inflater *inflater)
{
	inflateReset(&inflater->stream);
}

/* zlib's words, where they would not help. */
static const char *name_fault(const char *message)
{
	static const char *const words[][2] = {
	        {"incorrect header check", "a wrong header"},
	        {"header crc mismatch", "a header whose checksum is wrong"},
	        {"incorrect data check", "data whose checksum (CRC-32) is wrong"},
	        {"incorrect length check", "data of another length than the trailer says"},
	};
	for (size_t i = 0; message && i < FQ_COUNT(words); i++) {
		if (strcmp(message, words[i][0]) == 0) {
			return words[i][1];
		}
	}
	return message ? message : "data that cannot be inflated";
}

static uInt limit(size_t len)
{
	return len < UINT_MAX ? (uInt)len : UINT_MAX;
}

static enum fq_fastq_inflated inflate_once(z_stream *stream, struct fq_fastq_flow *flow)
{
	stream->next_in = (const Bytef *)flow->from;
	stream->avail_in = limit(flow->from_len);
	stream->next_out = (Bytef *)flow->to;
	stream->avail_out = limit(flow->to_len);
	int result = inflate(stream, Z_NO_FLUSH);
	flow->from_len -= (size_t)((const char *)stream->next_in - flow->from);
	flow->from = (const char *)stream->next_in;
	flow->to_len -= (size_t)((char *)stream->next_out - flow->to);
	flow->to = (char *)stream->next_out;
	if (result == Z_STREAM_END) {
		return FQ_INFLATED_MEMBER;
	}
	return result == Z_OK || result == Z_BUF_ERROR ? FQ_INFLATED_SOME : FQ_INFLATED_DAMAGE;
}

enum fq_fastq_inflated fq_fastq_inflate(
        struct fq_fastq_inflater *inflater, struct fq_fastq_flow *flow, const char **ret_fault)
{
	for (;;) {
		const char *from = flow->from, *to = flow->to;
		enum fq_fastq_inflated got = inflate_once(&inflater->stream, flow);
		bool is_used_up = flow->from_len == 0 || flow->to_len == 0;
		if (got == FQ_INFLATED_SOME && !is_used_up && flow->from == from && flow->to == to) {
			got = FQ_INFLATED_DAMAGE; /* no step forward: whatever the reason, never spin */
		}
		if (got == FQ_INFLATED_DAMAGE) {
			*ret_fault = name_fault(inflater->stream.msg);
		}
		if (got != FQ_INFLATED_SOME || is_used_up) {
			return got;
		}
	}
}
