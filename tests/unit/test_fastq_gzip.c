#include "fastq_files.h"

#include <zlib.h>

TestSuite(fastq_gzip, .init = make_folder, .fini = remove_folder);

static const char first[] = "@a\nACGT\n+\nIIII\n@b\nGN\n+\n5!\n";
static const struct fq_fastq_stats first_stats = {2, 6, 3, 1, 5, 4, 2, 4};
static const struct fq_fastq_stats twice_stats = {4, 12, 6, 2, 10, 8, 2, 4};

/* One member more behind what is there. */
static void add_member(struct fq_buf *buf, const char *at, size_t len, int level, gz_header *header)
{
	z_stream stream = {0};
	cr_assert(deflateInit2(&stream, level, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) == Z_OK);
	cr_assert(!header || deflateSetHeader(&stream, header) == Z_OK);
	size_t room = deflateBound(&stream, len) + 200;
	stream.next_in = (Bytef *)at;
	stream.avail_in = len;
	stream.next_out = (Bytef *)fq_buf_room(buf, room);
	stream.avail_out = room;
	cr_assert(deflate(&stream, Z_FINISH) == Z_STREAM_END);
	buf->len += stream.total_out;
	deflateEnd(&stream);
}

static void add_text(struct fq_buf *buf, const char *text)
{
	add_member(buf, text, strlen(text), 6, NULL);
}

/* Extra field, name, comment and header CRC. */
static void add_member_with_all_fields(struct fq_buf *buf, const char *text)
{
	gz_header header = {.text = 1,
	        .time = 1700000000,
	        .os = 3,
	        .extra = (Bytef *)"fq\4\0abcd",
	        .extra_len = 8,
	        .name = (Bytef *)"a name.fq",
	        .comment = (Bytef *)"a comment",
	        .hcrc = 1};
	add_member(buf, text, strlen(text), 6, &header);
}

static void expect(const struct fq_buf *buf, const struct fq_fastq_stats *right)
{
	expect_counts("a.fq.gz", buf->at, buf->len, right);
}

static void refuse(const struct fq_buf *buf, const char *words, const char *hint)
{
	expect_error("a.fq.gz", buf->at, buf->len, words, hint);
}

/* `reads` records of 60 bases that do not compress to nothing. */
static void add_records(struct fq_buf *text, size_t reads)
{
	uint64_t seed = 7;
	for (size_t i = 0; i < reads; i++) {
		char line[2][61] = {{0}};
		for (size_t k = 0; k < 60; k++) {
			seed = seed * UINT64_C(6364136223846793005) + 1;
			line[0][k] = "ACGT"[seed >> 40 & 3];
			line[1][k] = (char)('#' + (seed >> 45 & 31));
		}
		fq_buf_addf(text, "@read%zu\n%s\n+\n%s\n", i, line[0], line[1]);
	}
}

Test(fastq_gzip, content_counts_and_not_the_name)
{
	struct fq_buf buf = {0};
	add_text(&buf, first);
	expect_counts("a.fq", buf.at, buf.len, &first_stats);
	expect_counts("a.fq.gz", first, strlen(first), &first_stats);
	fq_buf_finish(&buf);
}

Test(fastq_gzip, members_follow_each_other)
{
	struct fq_buf buf = {0};
	add_text(&buf, first);
	add_member(&buf, first, strlen(first), 0, NULL);
	expect(&buf, &twice_stats);
	fq_buf_finish(&buf);
}

Test(fastq_gzip, empty_members_are_nothing)
{
	struct fq_buf buf = {0};
	add_text(&buf, "");
	expect(&buf, &(struct fq_fastq_stats){0});
	add_text(&buf, "");
	add_text(&buf, first);
	add_text(&buf, "");
	add_text(&buf, first);
	add_text(&buf, "");
	expect(&buf, &twice_stats);
	fq_buf_finish(&buf);
}

Test(fastq_gzip, a_member_may_end_inside_a_record)
{
	for (size_t at = 0; at <= strlen(first); at++) {
		struct fq_buf buf = {0};
		add_member(&buf, first, at, 6, NULL);
		add_text(&buf, first + at);
		expect(&buf, &first_stats);
		fq_buf_finish(&buf);
	}
}

Test(fastq_gzip, many_members_and_buffers)
{
	struct fq_buf text = {0}, buf = {0};
	struct fq_fastq_stats right;
	add_records(&text, 20000);
	cr_assert(naive_count(text.at, text.len, &right) && right.reads == 20000);
	for (size_t at = 0; at < text.len; at += 65280) {
		add_member(&buf, text.at + at, text.len - at < 65280 ? text.len - at : 65280, 6, NULL);
	}
	cr_assert(buf.len > 4 * 131072);
	expect(&buf, &right);
	buf.len = 0;
	add_member(&buf, text.at, text.len, 1, NULL);
	expect(&buf, &right);
	fq_buf_finish(&text);
	fq_buf_finish(&buf);
}

/* One stored member of exactly `size` bytes with one read of two bases. */
static void add_member_of_size(struct fq_buf *buf, size_t size)
{
	for (size_t title = size - 100, tries = 0; buf->len != size && tries < 3; tries++) {
		struct fq_buf text = {0};
		title += buf->len ? size - buf->len : 0;
		fq_buf_puts(&text, "@");
		memset(fq_buf_room(&text, title), 't', title);
		text.len += title;
		fq_buf_puts(&text, "\nGN\n+\nI!\n");
		buf->len = 0;
		add_member(buf, text.at, text.len, 0, NULL);
		fq_buf_finish(&text);
	}
	cr_assert(buf->len == size);
}

Test(fastq_gzip, members_meet_at_every_offset_around_the_buffers_end)
{
	for (size_t shift = 0; shift < 24; shift++) {
		struct fq_buf buf = {0};
		add_member_of_size(&buf, (128 << 10) - shift);
		add_text(&buf, first);
		expect(&buf, &(struct fq_fastq_stats){3, 8, 4, 2, 6, 5, 2, 4});
		buf.len = (128 << 10) - shift;
		fq_buf_puts(&buf, "\x1f\x8c");
		refuse(&buf, "found other bytes after member 1", NULL);
		fq_buf_finish(&buf);
	}
}

Test(fastq_gzip, all_header_fields_are_understood)
{
	struct fq_buf buf = {0};
	add_member_with_all_fields(&buf, first);
	add_member_with_all_fields(&buf, first);
	expect(&buf, &twice_stats);
	fq_buf_finish(&buf);
}

Test(fastq_gzip, a_wrong_header_checksum_is_an_error)
{
	struct fq_buf buf = {0};
	add_member_with_all_fields(&buf, first);
	buf.at[4] ^= 1; /* the time, which nothing but the checksum guards */
	refuse(&buf, "record 1, byte 0, compressed byte ", "damaged");
	refuse(&buf, "found a header whose checksum is wrong", NULL);
	fq_buf_finish(&buf);
}

Test(fastq_gzip, zeros_may_follow)
{
	const size_t zeros[] = {1, 2, 512, 300000};
	for (size_t i = 0; i < FQ_COUNT(zeros); i++) {
		struct fq_buf buf = {0};
		add_text(&buf, first);
		memset(fq_buf_room(&buf, zeros[i]), 0, zeros[i]);
		buf.len += zeros[i];
		expect(&buf, &first_stats);
		size_t end = buf.len;
		fq_buf_puts(&buf, "x");
		refuse(&buf, "record 3, byte 26, compressed byte ", NULL);
		buf.len = end;
		add_text(&buf, first);
		refuse(&buf, "found other bytes after member 1", "appended");
		fq_buf_finish(&buf);
	}
}

Test(fastq_gzip, nothing_else_may_follow)
{
	const char *const tails[] = {"x", "@c\nA\n+\nI\n", "\x1f\x8c", "\x8b\x1f", "\n", "BZh9"};
	for (size_t i = 0; i < FQ_COUNT(tails); i++) {
		struct fq_buf buf = {0};
		char words[120];
		add_text(&buf, first);
		snprintf(words, sizeof(words),
		        "record 3, byte 26, compressed byte %zu: expected the end of the file or another "
		        "gzip member",
		        buf.len);
		fq_buf_puts(&buf, tails[i]);
		refuse(&buf, words, NULL);
		fq_buf_finish(&buf);
	}
}

Test(fastq_gzip, a_file_of_no_bytes_is_no_gzip)
{
	expect_error(
	        "a.fq.gz", "", 0, "record 1, byte 0: expected gzip data, found an empty file", "cut off");
	expect_error("a.fq.bgz", "", 0, "expected gzip data, found an empty file", NULL);
	expect_counts("a.fq", "", 0, &(struct fq_fastq_stats){0});
}

/* Only the whole file may pass, and what ends exactly behind the first member,
 * where that ends behind a record. */
static void cut_everywhere(const struct fq_buf *buf, size_t boundary,
        const struct fq_fastq_stats *at_boundary, const struct fq_fastq_stats *whole)
{
	for (size_t len = 0; len <= buf->len; len++) {
		struct fq_fastq_stats got;
		struct fq_error err = {0};
		bool ok = read_bytes("a.fq.gz", buf->at, len, &got, &err);
		if (len == buf->len) {
			cr_assert(ok && is_same(&got, whole));
		} else if (len == boundary && at_boundary) {
			cr_assert(ok && is_same(&got, at_boundary));
		} else {
			cr_assert(!ok, "%zu of %zu bytes were believed", len, buf->len);
			cr_assert(err.hint && strstr(err.hint, "cut off"), "%zu: %s", len, err.text);
		}
		fq_error_finish(&err);
	}
}

Test(fastq_gzip, every_cut_is_seen)
{
	struct fq_buf text = {0}, buf = {0};
	struct fq_fastq_stats half, whole;
	add_records(&text, 13);
	size_t half_len = text.len;
	cr_assert(naive_count(text.at, half_len, &half));
	add_records(&text, 13);
	cr_assert(naive_count(text.at, text.len, &whole) && whole.reads == 26);
	add_member_with_all_fields(&buf, "");
	buf.len = 0;
	add_member(&buf, text.at, half_len, 6, NULL);
	size_t boundary = buf.len;
	add_member_with_all_fields(&buf, text.at + half_len);
	cr_assert(buf.len > 1800, "%zu", buf.len);
	cut_everywhere(&buf, boundary, &half, &whole);

	/* The first member ends inside a record: then its end is no end. */
	buf.len = 0;
	add_member(&buf, text.at, half_len - 30, 6, NULL);
	boundary = buf.len;
	add_text(&buf, text.at + half_len - 30);
	cut_everywhere(&buf, boundary, NULL, &whole);
	fq_buf_finish(&text);
	fq_buf_finish(&buf);
}

Test(fastq_gzip, a_cut_is_told_with_every_place)
{
	struct fq_buf buf = {0};
	char words[160];
	add_member(&buf, first, strlen(first), 0, NULL);
	/* Stored: header 10, block head 5, then the text as it is. 10 + 5 + 20: inside record 2. */
	expect_error("a.fq.gz", buf.at, 35,
	        "record 2, byte 20, compressed byte 35: expected the rest of gzip member 1, found the end of "
	        "the file",
	        "the file is cut off: download or copy it again");
	snprintf(words, sizeof(words),
	        "record 3, byte 26, compressed byte %zu: expected the rest of gzip member 1", buf.len - 8);
	for (size_t missing = 1; missing <= 8; missing++) {
		expect_error("a.fq.gz", buf.at, buf.len - missing, "record 3, byte 26, compressed byte ",
		        "cut off");
	}
	expect_error("a.fq.gz", buf.at, buf.len - 8, words, NULL);
	fq_buf_finish(&buf);
}

/* Either an error or the right counts; returns how many flips passed. */
static size_t flip_every_bit(struct fq_buf *buf, const struct fq_fastq_stats *right)
{
	size_t passed = 0;
	for (size_t bit = 0; bit < buf->len * 8; bit++) {
		struct fq_fastq_stats got;
		struct fq_error err = {0};
		buf->at[bit / 8] ^= (char)(1 << bit % 8);
		bool ok = read_bytes("a.fq.gz", buf->at, buf->len, &got, &err);
		cr_assert(!ok || is_same(&got, right), "bit %zu changed the counts", bit);
		passed += ok;
		buf->at[bit / 8] ^= (char)(1 << bit % 8);
		fq_error_finish(&err);
	}
	return passed;
}

Test(fastq_gzip, every_flipped_bit_is_seen_or_harmless)
{
	struct fq_buf text = {0}, buf = {0};
	struct fq_fastq_stats right;
	add_records(&text, 4);
	cr_assert(naive_count(text.at, text.len, &right));
	add_member(&buf, text.at, text.len, 6, NULL);
	cr_assert(buf.len > 250 && buf.len < 400, "%zu", buf.len);
	/* Harmless: time, extra flags and system (48 bits), FTEXT, and up to 7 bits behind the last block. */
	size_t passed = flip_every_bit(&buf, &right);
	cr_assert(passed >= 49 && passed <= 49 + 7, "%zu passed", passed);

	/* With a header checksum only the bits behind the last block are unguarded. */
	buf.len = 0;
	add_member_with_all_fields(&buf, text.at);
	passed = flip_every_bit(&buf, &right);
	cr_assert(passed <= 7, "%zu passed", passed);
	fq_buf_finish(&text);
	fq_buf_finish(&buf);
}

Test(fastq_gzip, damage_is_named_rather_than_the_strange_record)
{
	struct fq_buf buf = {0};
	add_member(&buf, first, strlen(first), 0, NULL);
	/* Stored: the text begins at 15. A base becomes '@', which is none. */
	buf.at[15 + 3] = '@';
	refuse(&buf, "record 1, byte 3, compressed byte ", "damaged");
	refuse(&buf, "found data whose checksum (CRC-32) is wrong (member 1)", NULL);
	fq_buf_finish(&buf);
}

Test(fastq_gzip, damage_is_found_far_behind_the_strange_record)
{
	struct fq_buf text = {0}, buf = {0};
	add_records(&text, 20000);
	add_member(&buf, text.at, text.len, 0, NULL);
	/* In the third base of the first record: "@read0\n" begins at 15. */
	buf.at[15 + 9] = '!';
	refuse(&buf, "record 1, byte 9, compressed byte ", "damaged");
	fq_buf_finish(&text);
	fq_buf_finish(&buf);
}

Test(fastq_gzip, a_strange_record_in_whole_data_is_named)
{
	struct fq_buf buf = {0};
	add_text(&buf, first);
	add_text(&buf, "@c\nA1\n+\nII\n");
	refuse(&buf, "record 3, byte 30: expected a base", "four lines");
	fq_buf_finish(&buf);
}

Test(fastq_gzip, wrong_sums_are_told_apart)
{
	struct fq_buf buf = {0};
	add_text(&buf, first);
	buf.at[buf.len - 8] ^= 1;
	refuse(&buf, "record 3, byte 26, compressed byte ", "damaged");
	refuse(&buf, "found data whose checksum (CRC-32) is wrong (member 1)", NULL);
	buf.at[buf.len - 8] ^= 1;
	buf.at[buf.len - 4] ^= 1;
	refuse(&buf, "found data of another length than the trailer says (member 1)", NULL);
	fq_buf_finish(&buf);
}

Test(fastq_gzip, gzip_in_gzip_is_named)
{
	struct fq_buf inner = {0}, buf = {0};
	add_text(&inner, first);
	add_member(&buf, inner.at, inner.len, 6, NULL);
	refuse(&buf, "record 1, byte 0: expected a title that begins with '@', found byte 0x1f",
	        "gzip inside of gzip");
	fq_buf_finish(&inner);
	fq_buf_finish(&buf);
}
