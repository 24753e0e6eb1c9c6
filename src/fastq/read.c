#include "inner.h"

#include <string.h>

/* How far a damaged member is read on for the proof that it is damaged. */
enum { LARGEST_SEARCH_BYTES = 256 << 20 };

struct reader {
	struct fq_fastq_input input;
	struct fq_fastq_parser parser;
	struct fq_error why;
	bool has_place;  /* the fault is somewhere in the text */
	bool is_of_gzip; /* the fault is the compression's, not the text's */
};

/* Reads on to the end of the member, where its checksum is, or to the damage. */
static void look_for_damage(struct reader *reader, struct fq_error *ret_damage)
{
	struct fq_fastq_input *input = &reader->input;
	uint64_t member = input->members;
	size_t len = 1, sum = 0;
	bool ok = true;
	while (ok && len && sum < LARGEST_SEARCH_BYTES && input->in_member && input->members == member) {
		ok = fq_fastq_read_input(input, reader->parser.at, FQ_FASTQ_TEXT_BYTES, &len, ret_damage);
		sum += len;
	}
}

/* Damaged gzip data shows first as a strange record, long before the checksum:
 * then the damage is the better message. `fault` is the input's, if it has one yet. */
static bool fail_parse(struct reader *reader, struct fq_error *fault)
{
	if (!fault->text) {
		look_for_damage(reader, fault);
	}
	if (reader->input.is_damaged) {
		struct fq_error strange = reader->why;
		reader->why = *fault;
		*fault = strange;
		reader->is_of_gzip = true;
	}
	fq_error_finish(fault);
	return false;
}

static bool fail_read(struct reader *reader, const struct fq_error *fault)
{
	reader->why = *fault;
	reader->is_of_gzip = reader->input.is_gzip;
	reader->parser.fault_offset = reader->parser.offset + reader->parser.len;
	return false;
}

static bool read_records(struct reader *reader)
{
	struct fq_fastq_parser *parser = &reader->parser;
	for (;;) {
		struct fq_error fault = {0};
		size_t room, len;
		char *to = fq_fastq_parser_room(parser, &room);
		bool ok = fq_fastq_read_input(&reader->input, to, room, &len, &fault);
		if (!fq_fastq_parse(parser, len, &reader->why)) {
			return fail_parse(reader, &fault);
		}
		if (!ok) {
			return fail_read(reader, &fault);
		}
		if (len == 0) {
			return fq_fastq_parse_end(parser, &reader->why);
		}
	}
}

static bool read_file(struct reader *reader, const char *path)
{
	if (!fq_fastq_open_input(&reader->input, path, &reader->why)) {
		return false;
	}
	reader->has_place = true;
	return fq_fastq_detect_input(&reader->input, path, &reader->why) && read_records(reader);
}

/* Puts the place in front of what was expected and found. */
static void describe(const struct reader *reader, const char *path, struct fq_error *err)
{
	struct fq_buf place = {0};
	struct fq_where where = {strcmp(path, "-") == 0 ? "standard input" : path, 0, 0};
	if (!err || err->text) {
		return;
	}
	if (reader->has_place) {
		fq_buf_addf(&place, "record %llu, byte %llu",
		        (unsigned long long)reader->parser.stats.reads + 1,
		        (unsigned long long)reader->parser.fault_offset);
	}
	if (reader->is_of_gzip) {
		fq_buf_addf(&place, ", compressed byte %llu", (unsigned long long)reader->input.offset);
	}
	fq_fail(err, where, reader->why.hint, "%s%s%s", place.len ? place.at : "", place.len ? ": " : "",
	        reader->why.text);
	err->number = reader->why.number;
	fq_buf_finish(&place);
}

bool fq_fastq_read(const char *path, struct fq_fastq_stats *ret, struct fq_error *err)
{
	struct reader reader = {0};
	bool ok = read_file(&reader, path);
	*ret = ok ? reader.parser.stats : (struct fq_fastq_stats){0};
	if (!ok) {
		describe(&reader, path, err);
	}
	fq_error_finish(&reader.why);
	fq_fastq_parser_finish(&reader.parser);
	fq_fastq_close_input(&reader.input);
	return ok;
}

void fq_fastq_add(struct fq_fastq_stats *sum, const struct fq_fastq_stats *more)
{
	if (more->reads && (sum->reads == 0 || more->min_length < sum->min_length)) {
		sum->min_length = more->min_length;
	}
	if (more->max_length > sum->max_length) {
		sum->max_length = more->max_length;
	}
	sum->reads += more->reads;
	sum->bases += more->bases;
	sum->gc += more->gc;
	sum->n += more->n;
	sum->q20 += more->q20;
	sum->q30 += more->q30;
}
