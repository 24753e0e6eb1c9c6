/* What two looks at a file tell, and what they must not claim. */
#include "fastq_files.h"

#include <errno.h>
#include <sys/stat.h>
#include <zlib.h>

TestSuite(fastq_peek, .init = make_folder, .fini = remove_folder);

static const char two[] = "@a/1 lane 4\nACGT\n+\nIIII\n@b/1\nGN\n+\n5!\n";
static const char end_block[28] = "\x1f\x8b\x08\x04\0\0\0\0\0\xff\6\0BC\2\0\x1b\0\3\0\0\0\0\0\0\0\0";
static struct fq_fastq_peek peek;
static struct fq_buf bytes;

/* --- bytes ------------------------------------------------------------------- */

/* A gzip member around deflated text; with `is_bgzf`, one that knows its length. */
static void add_member(const char *at, size_t len, int level, bool is_bgzf)
{
	z_stream stream = {0};
	cr_assert(deflateInit2(&stream, level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) == Z_OK);
	size_t start = bytes.len, room = deflateBound(&stream, len) + 64,
	       sum = crc32(0, (const Bytef *)at, len);
	fq_buf_add(&bytes, is_bgzf ? end_block : "\x1f\x8b\x08\0\0\0\0\0\0\3", is_bgzf ? 18 : 10);
	stream.next_in = (Bytef *)at;
	stream.avail_in = len;
	stream.next_out = (Bytef *)fq_buf_room(&bytes, room);
	stream.avail_out = room;
	cr_assert(deflate(&stream, Z_FINISH) == Z_STREAM_END);
	bytes.len += stream.total_out;
	deflateEnd(&stream);
	for (size_t i = 0; i < 8; i++) {
		fq_buf_putc(&bytes, (char)((i < 4 ? sum : len) >> 8 * (i % 4)));
	}
	if (is_bgzf) {
		bytes.at[start + 16] = (char)(bytes.len - start - 1);
		bytes.at[start + 17] = (char)((bytes.len - start - 1) >> 8);
	}
}

static void add_records(struct fq_buf *text, size_t reads, size_t bases)
{
	uint64_t seed = 7;
	struct fq_buf line[2] = {0};
	for (size_t i = 0; i < reads; i++) {
		line[0].len = line[1].len = 0;
		for (size_t k = 0; k < bases; k++) {
			seed = seed * UINT64_C(6364136223846793005) + 1;
			fq_buf_putc(&line[0], "ACGT"[seed >> 40 & 3]);
			fq_buf_putc(&line[1], (char)('#' + (seed >> 45 & 31)));
		}
		fq_buf_addf(text, "@read%zu\n%s\n+\n%s\n", i, line[0].at, line[1].at);
	}
	fq_buf_finish(&line[0]);
	fq_buf_finish(&line[1]);
}

/* --- what is said -------------------------------------------------------------- */

static void accept(const char *name, const char *at, size_t len)
{
	struct fq_error err = {0};
	memset(&peek, 0x55, sizeof(peek));
	cr_assert(fq_fastq_peek(put_file(name, at, len), &peek, &err), "%s", err.text);
	cr_assert(!err.text && peek.stamp.size_bytes == (int64_t)len && !peek.has_changed);
}

/* What a look refuses a full reading must refuse as well. */
static void refuse(const char *name, const char *at, size_t len, const char *words, const char *hint)
{
	struct fq_error err = {0};
	struct fq_fastq_stats stats;
	put_file(name, at, len);
	cr_assert_not(fq_fastq_peek(path, &peek, &err), "accepted, but expected: %s", words);
	cr_assert(strcmp(err.where.file, path) == 0);
	cr_assert(strstr(err.text, words), "got: %s\nexpected: %s", err.text, words);
	cr_assert(err.hint && strstr(err.hint, hint), "hint: %s, not %s", err.hint ? err.hint : "none", hint);
	cr_assert_eq(peek.stamp.size_bytes, (int64_t)len);
	fq_error_finish(&err);
	cr_assert_not(fq_fastq_read(path, &stats, &err), "a full reading finds nothing wrong with it");
	fq_error_finish(&err);
}

static void expect_title(const char *name, const char *description)
{
	cr_assert_str_eq(peek.name, name);
	cr_assert_str_eq(peek.description, description);
}

Test(fastq_peek, plain_text_is_known)
{
	accept("a.fq", two, strlen(two));
	expect_title("a/1", "lane 4");
	cr_assert(peek.kind == FQ_FASTQ_PLAIN && peek.has_record && !peek.is_empty && !peek.is_name_cut);
}

Test(fastq_peek, gzip_and_bgzf_are_told_apart)
{
	add_member(two, strlen(two), 6, false);
	accept("a.fq", bytes.at, bytes.len);
	expect_title("a/1", "lane 4");
	cr_assert(peek.kind == FQ_FASTQ_GZIP && peek.has_record && !peek.lacks_end_block);
	bytes.len = 0;
	add_member(two, strlen(two), 6, true);
	fq_buf_add(&bytes, end_block, 28);
	accept("a.fq.gz", bytes.at, bytes.len);
	expect_title("a/1", "lane 4");
	cr_assert(peek.kind == FQ_FASTQ_BGZF && peek.has_record && !peek.lacks_end_block);
	fq_buf_finish(&bytes);
}

Test(fastq_peek, a_title_ends_at_crlf_and_begins_a_description_at_a_tab)
{
	static const char text[] = "@x:1\t2:N:0\r\nA\r\n+\r\nI\r\n";
	accept("a.fq", text, strlen(text));
	expect_title("x:1", "2:N:0");
}

Test(fastq_peek, a_long_name_is_cut_and_says_so)
{
	char text[400] = "@";
	memset(text + 1, 'n', 300);
	strcpy(text + 301, "\nA\n+\nI\n");
	accept("a.fq", text, strlen(text));
	cr_assert(peek.is_name_cut && strlen(peek.name) == FQ_FASTQ_NAME_BYTES - 1);
}

Test(fastq_peek, nothing_is_empty_but_a_gz_of_no_bytes_is_broken)
{
	accept("a.fq", "", 0);
	cr_assert(peek.is_empty && !peek.has_record && peek.kind == FQ_FASTQ_PLAIN);
	add_member("", 0, 6, false);
	accept("a.fq.gz", bytes.at, bytes.len);
	cr_assert(peek.is_empty && !peek.has_record && peek.kind == FQ_FASTQ_GZIP);
	refuse("b.fq.gz", "", 0, "expected gzip data, found an empty file", "cut off");
	fq_buf_finish(&bytes);
}

Test(fastq_peek, empty_members_stand_in_front_of_the_first_record)
{
	fq_buf_add(&bytes, end_block, 28);
	add_member("", 0, 6, false);
	add_member(two, strlen(two), 0, false);
	fq_buf_add(&bytes, "\0\0\0\0", 4);
	accept("a.fq.gz", bytes.at, bytes.len);
	expect_title("a/1", "lane 4");
	cr_assert(peek.has_record);
	fq_buf_finish(&bytes);
}

/* --- long reads: nothing may be demanded of what is not seen --------------------- */

Test(fastq_peek, a_read_longer_than_what_is_looked_at_is_no_fault)
{
	struct fq_buf text = {0};
	add_records(&text, 2, 5000000);
	accept("a.fq", text.at, text.len);
	expect_title("read0", "");
	cr_assert(!peek.has_record && !peek.is_empty);
	add_member(text.at, text.len, 1, false);
	accept("a.fq.gz", bytes.at, bytes.len);
	expect_title("read0", "");
	cr_assert(!peek.has_record && !peek.is_empty);
	fq_buf_finish(&text);
	fq_buf_finish(&bytes);
}

Test(fastq_peek, a_long_read_that_is_none_is_found_as_far_as_it_is_seen)
{
	struct fq_buf text = {0};
	add_records(&text, 1, 200000);
	text.at[60000] = '!';
	refuse("a.fq", text.at, text.len, "record 1, byte 60000: expected a base", "four lines");
	fq_buf_finish(&text);
}

/* Around the 8 KiB and 64 KiB that are looked at, each length of a record must do. */
Test(fastq_peek, records_of_any_length_pass)
{
	static const size_t sizes[] = {4080, 8180, 32750, 65520};
	for (size_t i = 0; i < FQ_COUNT(sizes); i++) {
		for (size_t more = 0; more < 24; more++) {
			struct fq_buf text = {0};
			add_records(&text, 3, sizes[i] + more);
			accept("a.fq", text.at, text.len);
			text.len -= 1;
			accept("a.fq", text.at, text.len);
			cr_assert(peek.has_record == (2 * (sizes[i] + more) + 11 <= FQ_FASTQ_PEEK_BYTES));
			fq_buf_finish(&text);
		}
	}
}

/* --- the end of plain text -------------------------------------------------------- */

/* Cut anywhere, a file is accepted only where a whole record ends. */
Test(fastq_peek, plain_text_cut_within_a_record_is_found)
{
	struct fq_buf text = {0};
	add_records(&text, 1500, 40);
	size_t record = text.len;
	add_records(&text, 1, 40);
	cr_assert_gt(record, FQ_FASTQ_PEEK_BYTES);
	for (size_t len = record + 1; len < text.len - 1; len++) {
		refuse("a.fq", text.at, len, "expected a whole record at the end of the file", "cut off");
	}
	accept("a.fq", text.at, record);
	accept("a.fq", text.at, text.len - 1);
	fq_buf_puts(&text, "\r\n\n");
	accept("a.fq", text.at, text.len);
	fq_buf_finish(&text);
}

Test(fastq_peek, short_plain_text_is_judged_whole)
{
	for (size_t len = 1; len < strlen(two) - 1; len++) {
		size_t first = strstr(two, "@b") - two;
		if (len + 1 < first || len > first) {
			refuse("a.fq", two, len, "cut off", "cut off");
		} else {
			accept("a.fq", two, len);
		}
	}
}

Test(fastq_peek, reads_without_bases_may_end_a_file)
{
	static const char *const ends[] = {"@e\n\n+\n\n", "@e\n\n+\n", "@e\n\n+e\n\n", "@e\r\n\r\n+\r\n\r\n"};
	for (size_t i = 0; i < FQ_COUNT(ends); i++) {
		struct fq_buf text = {0};
		add_records(&text, 1500, 40);
		fq_buf_puts(&text, ends[i]);
		accept("a.fq", text.at, text.len);
		fq_buf_finish(&text);
	}
}

Test(fastq_peek, a_long_last_read_is_cut_for_certain_only_if_its_plus_is_seen)
{
	struct fq_buf text = {0};
	add_records(&text, 2, 200000);
	accept("a.fq", text.at, text.len - 1000); /* only qualities are seen */
	refuse("a.fq", text.at, text.len - 190000, "found a line that breaks off", "cut off");
	fq_buf_finish(&text);
}

Test(fastq_peek, a_copy_that_was_never_filled_is_found)
{
	struct fq_buf text = {0};
	add_records(&text, 1500, 40);
	fq_buf_room(&text, 1 << 17);
	memset(text.at + text.len, 0, 1 << 17);
	refuse("a.fq", text.at, text.len + (1 << 17), "found zeros", "never finished");
	refuse("a.fq", text.at + text.len, 1 << 17, "found zeros", "never finished");
	add_member(text.at, text.len, 6, false);
	fq_buf_room(&bytes, 1 << 17);
	memset(bytes.at + bytes.len, 0, 1 << 17);
	accept("a.fq.gz", bytes.at, bytes.len + (1 << 17));
	cr_assert(peek.ends_in_zeros);
	accept("a.fq.gz", bytes.at, bytes.len + 100);
	cr_assert_not(peek.ends_in_zeros);
	fq_buf_finish(&text);
	fq_buf_finish(&bytes);
}

/* --- gzip -------------------------------------------------------------------------- */

Test(fastq_peek, a_short_gzip_file_cut_anywhere_is_found)
{
	add_member(two, strlen(two), 6, false);
	for (size_t len = 1; len < bytes.len; len++) {
		refuse("a.fq.gz", bytes.at, len, "compressed byte ", "cut off");
	}
	fq_buf_finish(&bytes);
}

Test(fastq_peek, damage_within_the_first_records_is_found)
{
	add_member(two, strlen(two), 6, false);
	bytes.at[2] = 7;
	refuse("a.fq.gz", bytes.at, bytes.len, "compressed byte ", "damaged");
	bytes.at[2] = 8;
	bytes.at[bytes.len - 7] ^= 1;
	refuse("a.fq.gz", bytes.at, bytes.len, "found data whose checksum (CRC-32) is wrong", "damaged");
	bytes.at[bytes.len - 7] ^= 1;
	fq_buf_puts(&bytes, "junk");
	refuse("a.fq.gz", bytes.at, bytes.len, "found other bytes", "damaged");
	fq_buf_finish(&bytes);
}

static void add_blocks(size_t count)
{
	struct fq_buf text = {0};
	add_records(&text, 500, 40);
	for (size_t i = 0; i < count; i++) {
		add_member(text.at, text.len, 0, true);
	}
	fq_buf_finish(&text);
}

Test(fastq_peek, bgzf_cut_within_a_block_is_found)
{
	add_blocks(3);
	size_t before = bytes.len;
	cr_assert_gt(before, FQ_FASTQ_PEEK_BYTES);
	accept("a.fq.gz", bytes.at, bytes.len);
	cr_assert(peek.lacks_end_block && peek.kind == FQ_FASTQ_BGZF);
	add_blocks(1);
	for (size_t len = before + 1; len < bytes.len; len += len < before + 40 ? 1 : 997) {
		refuse("a.fq.gz", bytes.at, len, "expected a last BGZF block of ", "cut off");
	}
	accept("a.fq.gz", bytes.at, bytes.len);
	cr_assert(peek.lacks_end_block);
	fq_buf_add(&bytes, end_block, 28);
	accept("a.fq.gz", bytes.at, bytes.len);
	cr_assert_not(peek.lacks_end_block);
	fq_buf_finish(&bytes);
}

Test(fastq_peek, other_gzip_behind_bgzf_is_no_fault)
{
	add_blocks(3);
	add_member(two, strlen(two), 0, false);
	accept("a.fq.gz", bytes.at, bytes.len);
	cr_assert(peek.lacks_end_block);
	fq_buf_finish(&bytes);
}

/* --- whatever the file ---------------------------------------------------------------- */

static uint64_t seed = 3;
static size_t roll(size_t sides)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (size_t)(seed >> 33) % sides;
}

static void damage_text(struct fq_buf *text)
{
	size_t near = text->len < 200 ? text->len : 200;
	if (roll(2)) {
		text->at[roll(2) ? roll(text->len) : text->len - 1 - roll(near)] = "\n@+A!\0\r~"[roll(8)];
	}
	text->len -= roll(3) ? 0 : roll(near);
}

/* Plain, a gzip member, or a BGZF file of several blocks; then cut or changed. */
static void put_some(const struct fq_buf *text)
{
	size_t kind = roll(3), at = 0;
	bytes.len = 0;
	if (kind == 0) {
		fq_buf_add(&bytes, text->at, text->len);
	} else if (kind == 1) {
		add_member(text->at, text->len, (int)roll(7), false);
	}
	while (kind == 2 && at < text->len) {
		size_t len = 1 + roll(60000);
		len = len < text->len - at ? len : text->len - at;
		add_member(text->at + at, len, (int)roll(7), true);
		at += len;
	}
	bytes.len -= roll(2) ? roll(bytes.len < 100 ? bytes.len : 100) : 0;
	if (roll(4) == 0) {
		bytes.at[20 + roll(bytes.len > 20 ? bytes.len - 20 : 1)] ^= (char)(1 << roll(8));
	}
	put_file("a.fq", bytes.at, bytes.len);
}

Test(fastq_peek, nothing_is_refused_that_a_full_reading_accepts)
{
	size_t refused = 0, accepted = 0;
	for (size_t i = 0; i < 1500; i++) {
		struct fq_buf text = {0};
		struct fq_error why[2] = {0};
		struct fq_fastq_stats stats;
		add_records(&text, 1 + roll(roll(2) ? 4 : 800), roll(120));
		damage_text(&text);
		put_some(&text);
		bool is_refused = !fq_fastq_peek(path, &peek, &why[0]);
		bool is_read = fq_fastq_read(path, &stats, &why[1]);
		cr_assert(!is_refused || !is_read, "round %zu: %s", i, why[0].text);
		cr_assert(!is_read || is_refused || peek.has_record, "round %zu", i);
		refused += is_refused;
		accepted += is_read;
		fq_error_finish(&why[0]);
		fq_error_finish(&why[1]);
		fq_buf_finish(&text);
	}
	/* Both happen often, so that it means something. */
	cr_assert(refused > 300 && accepted > 300, "%zu and %zu", refused, accepted);
	fq_buf_finish(&bytes);
}

/* --- what is no FASTQ ---------------------------------------------------------------- */

static const struct {
	const char *bytes;
	size_t len;
	const char *words, *hint;
} others[] = {
        {"BZh91AY&SY", 10, "found bzip2 data", "bunzip2"},
        {"\xfd"
         "7zXZ\0\0\4",
                8, "found xz data", "unxz"},
        {"\x28\xb5\x2f\xfd\4", 5, "found zstd data", "unzstd"},
        {"PK\3\4\24\0", 6, "found a zip archive", "unzip"},
        {"CRAM\3\0", 6, "found CRAM", "samtools fastq"},
        {"@HD\tVN:1.6\n", 11, "found SAM", "samtools fastq"},
        {"@SQ\tSN:chr1\tLN:9\n", 17, "found SAM", "samtools fastq"},
        {"NCBI.sra\5", 9, "found an SRA archive", "fasterq-dump"},
        {"<!DOCTYPE html>\n<html>", 22, "found a web page (HTML)", "download"},
        {"<html>404", 9, "found a web page (HTML)", "download"},
        {"<?xml version=\"1.0\"?><Error>", 28, "found a page of XML", "download"},
        {"{\"error\": \"expired\"}", 20, "found a page of JSON", "download"},
        {"version https://git-lfs.github.com/spec/v1\n", 43, "found a Git LFS pointer", "git lfs pull"},
        {"/annex/objects/MD5E-s3--1.fq.gz\n", 32, "found a git-annex pointer", "git annex get"},
        {"\xff\xfe@\0a\0\n\0", 8, "found UTF-16 text", "iconv"},
        {"@\0a\0\n\0", 6, "found UTF-16 text", "iconv"},
        {">a\nACGT\n", 8, "found '>'", "FASTA"},
        {"\xef\xbb\xbf@a\nA\n+\nI\n", 12, "found byte 0xef", "byte order mark"},
        {"hello\n", 6, "expected a title that begins with '@', found 'h'", "four lines"},
        {"@a\nAC\nGT\n+\nIIII\n", 16, "found more bases: multi-line", "seqtk"},
        {"@a\nACGT\n+\nIII\n@b\n", 17, "expected 4 qualities", "four lines"},
        {"@a\nACGT\nIIII\n@b\n", 16, "expected a '+' line", "four lines"},
};

Test(fastq_peek, what_is_no_fastq_is_called_by_its_name)
{
	for (size_t i = 0; i < FQ_COUNT(others); i++) {
		refuse("a.fq", others[i].bytes, others[i].len, others[i].words, others[i].hint);
		bytes.len = 0;
		add_member(others[i].bytes, others[i].len, 6, false);
		refuse("a.fq.gz", bytes.at, bytes.len, others[i].words, others[i].hint);
	}
	fq_buf_finish(&bytes);
}

Test(fastq_peek, what_is_packed_in_gzip_is_called_by_its_name)
{
	char tar[512] = "reads/a.fq";
	memcpy(tar + 257, "ustar", 5);
	add_member(tar, sizeof(tar), 6, false);
	refuse("a.fq.gz", bytes.at, bytes.len, "inside of the gzip data, found a tar archive", "tar -xf");
	bytes.len = 0;
	add_member("BAM\1\0\0\0\0", 8, 6, true);
	refuse("a.bam", bytes.at, bytes.len, "found BAM", "samtools fastq");
	bytes.len = 0;
	add_member("\x1f\x8b\x08", 3, 6, false);
	refuse("a.fq.gz", bytes.at, bytes.len, "found byte 0x1f", "gzip inside of gzip");
	fq_buf_finish(&bytes);
}

/* --- what is no file ------------------------------------------------------------------ */

static void refuse_path(const char *words, int number)
{
	struct fq_error err = {0};
	cr_assert_not(fq_fastq_peek(path, &peek, &err));
	cr_assert(strstr(err.text, words), "got: %s\nexpected: %s", err.text, words);
	cr_assert_eq(err.number, number);
	fq_error_finish(&err);
}

Test(fastq_peek, a_pipe_is_never_opened)
{
	snprintf(path, sizeof(path), "%s/pipe", folder);
	cr_assert(mkfifo(path, 0600) == 0);
	refuse_path("found a named pipe", 0);
	unlink(path);
}

Test(fastq_peek, folders_devices_and_nothing_are_refused)
{
	snprintf(path, sizeof(path), "%s", folder);
	refuse_path("found a folder", 0);
	snprintf(path, sizeof(path), "/dev/null");
	refuse_path("found a device", 0);
	snprintf(path, sizeof(path), "%s/none", folder);
	refuse_path("No such file", ENOENT);
	cr_assert_eq(peek.stamp.size_bytes, -1);
}

Test(fastq_peek, two_names_of_one_file_are_one)
{
	char other[160];
	accept("a.fq", two, strlen(two));
	struct fq_fastq_peek first = peek;
	snprintf(other, sizeof(other), "%s/b.fq", folder);
	cr_assert(symlink("a.fq", other) == 0 && fq_fastq_peek(other, &peek, NULL));
	cr_assert(peek.inode == first.inode && peek.device == first.device);
	accept("c.fq", two, strlen(two));
	cr_assert(peek.inode != first.inode && peek.head_hash == first.head_hash);
}
