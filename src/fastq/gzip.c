#include "inner.h"

/* Any number of members, then nothing or zero padding (RFC 1952, 2.2; tapes and
 * block devices pad). Every member is checked before its end is believed. */

static bool fail_cut(struct fq_fastq_input *input, struct fq_error *why)
{
	return fq_fail(why, FQ_NOWHERE, fq_fastq_cut_hint,
	        "expected the rest of gzip member %llu, found the end of the file",
	        (unsigned long long)input->members);
}

static bool fail_damaged(struct fq_fastq_input *input, const char *fault, struct fq_error *why)
{
	input->is_damaged = true;
	return fq_fail(why, FQ_NOWHERE, fq_fastq_damaged_hint,
	        "expected whole gzip data, found %s (member %llu)", fault,
	        (unsigned long long)input->members);
}

/* Inflates what is held. A last call at the file's end lets out what the inflater still keeps. */
static bool inflate_held(struct fq_fastq_input *input, struct fq_fastq_flow *flow, struct fq_error *why)
{
	const char *fault = NULL;
	size_t room = flow->to_len;
	flow->from = input->held + input->held_at;
	flow->from_len = input->held_len;
	enum fq_fastq_inflated got = fq_fastq_inflate(input->inflater, flow, &fault);
	fq_fastq_use_input(input, input->held_len - flow->from_len);
	if (got == FQ_INFLATED_DAMAGE) {
		return fail_damaged(input, fault, why);
	}
	if (got == FQ_INFLATED_MEMBER) {
		input->in_member = false;
	} else if (input->is_eof && input->held_len == 0 && flow->to_len == room) {
		return fail_cut(input, why);
	}
	return true;
}

/* Zeros to the file's end, or it is no padding. */
static bool skip_padding(struct fq_fastq_input *input, struct fq_error *why)
{
	while (fq_fastq_hold_input(input, 1, why)) {
		size_t zeros = 0;
		while (zeros < input->held_len && input->held[input->held_at + zeros] == 0) {
			zeros++;
		}
		fq_fastq_use_input(input, zeros);
		if (input->held_len) {
			return fq_fail(why, FQ_NOWHERE,
			        "the file is damaged, or something was appended: download or copy it again",
			        "expected the end of the file or another gzip member, found other bytes "
			        "after "
			        "member %llu",
			        (unsigned long long)input->members);
		}
		if (input->is_eof) {
			return true;
		}
	}
	return false;
}

/* At a member's beginning, or behind the last one. */
static bool begin_member(struct fq_fastq_input *input, struct fq_error *why)
{
	if (!fq_fastq_hold_input(input, 2, why)) {
		return false;
	}
	const char *next = input->held + input->held_at;
	bool has_first = input->held_len >= 1 && next[0] == '\x1f';
	bool has_both = has_first && input->held_len >= 2 && next[1] == '\x8b';
	if (!has_both && !(has_first && input->held_len == 1)) {
		return skip_padding(input, why);
	}
	if (input->members++) {
		fq_fastq_reset_inflater(input->inflater);
	}
	input->in_member = true;
	return true;
}

bool fq_fastq_read_gzip(struct fq_fastq_input *input, struct fq_fastq_flow *flow, struct fq_error *why)
{
	while (flow->to_len) {
		if (!input->in_member && !begin_member(input, why)) {
			return false;
		}
		if (!input->in_member) {
			return true;
		}
		if (!fq_fastq_hold_input(input, 1, why) || !inflate_held(input, flow, why)) {
			return false;
		}
	}
	return true;
}
