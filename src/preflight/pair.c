#include "internal.h"

#include <string.h>

/* How the two files of a pair name a read, and say which of the two it is:
 * - NAME/1, NAME/2                       (Illumina before 1.8, BGI)
 * - NAME 1:N:0:INDEX, NAME 2:N:0:INDEX   (Illumina from 1.8)
 * - SRR1.7 DESCRIPTION, both the same    (SRA)
 * - SRR1.7.1, SRR1.7.2                   (SRA, fastq-dump -I)
 * - NAME_1, NAME_R2                      (of many origins)
 * More than two files have been known: 3 and 4 are numbers as well. */
struct mate {
	struct fq_text name, base; /* whole, and without what says 1 or 2 */
	int number;                /* 0: not said */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* SRR12, ERR12, DRR12: a run of the archives, which counts its reads behind a dot. */
static bool is_run(struct fq_text name, size_t dot)
{
	size_t at = dot;
	while (at && is_digit(name.at[at - 1])) {
		at--;
	}
	return at == 3 && at < dot && name.at[1] == 'R' && name.at[2] == 'R';
}

/* Between SRR1.1 and SRR1.2 a read is missing; SRR1.1.1 and SRR1.1.2 are mates. */
static bool has_count_before(struct fq_text name, size_t dot)
{
	if (!is_run(name, dot) && !memchr(name.at, '.', dot)) {
		return true;
	}
	size_t at = dot;
	while (at && is_digit(name.at[at - 1])) {
		at--;
	}
	return at < dot && at && name.at[at - 1] == '.';
}

static size_t base_length(struct fq_text name)
{
	size_t at = name.len;
	if (at < 3 || name.at[at - 1] < '1' || name.at[at - 1] > '4') {
		return name.len;
	}
	at -= name.at[at - 2] == 'R' ? 3 : 2;
	char mark = name.at[at];
	bool is_mark = mark == '/' || mark == '_' || (mark == '.' && has_count_before(name, at));
	return is_mark && at ? at : name.len;
}

/* "1:N:0:ACGT" */
static int number_in_description(const char *text)
{
	bool is_illumina = text[0] >= '1' && text[0] <= '4' && text[1] == ':' &&
	                   (text[2] == 'N' || text[2] == 'Y') && text[3] == ':' && is_digit(text[4]);
	return is_illumina ? text[0] - '0' : 0;
}

static struct mate take_mate(const struct fq_fastq_peek *peek)
{
	struct mate mate = {.name = fq_text(peek->name)};
	size_t len = base_length(mate.name);
	mate.base = (struct fq_text){mate.name.at, len};
	if (len < mate.name.len) {
		mate.number = mate.name.at[mate.name.len - 1] - '0';
	}
	return mate;
}

/* Of two equal names, NAME_1 may as well be the first of many: only `/` is sure. */
static bool is_sure(struct mate mate)
{
	return mate.base.len < mate.name.len && mate.name.at[mate.base.len] == '/';
}

static bool is_same_read(struct mate mate[2])
{
	if (fq_text_equal(mate[0].name, mate[1].name)) {
		for (size_t i = 0; i < 2; i++) {
			mate[i].number = is_sure(mate[i]) ? mate[i].number : 0;
		}
		return true;
	}
	if (mate[0].number && mate[1].number) {
		return fq_text_equal(mate[0].base, mate[1].base);
	}
	/* One alone says it, NAME/1 and NAME. */
	size_t with = mate[0].number ? 0 : 1;
	return is_sure(mate[with]) && fq_text_equal(mate[with].base, mate[1 - with].name);
}

bool fq_preflight_are_mates(const struct fq_fastq_peek *first, const struct fq_fastq_peek *second)
{
	struct mate mate[2] = {take_mate(first), take_mate(second)};
	int one = number_in_description(first->description);
	int other = number_in_description(second->description);
	return is_same_read(mate) && !(one && one == other);
}

static void compare_names(struct fq_preflight_notes *notes, uint32_t second, const char *first_path,
        const struct fq_fastq_peek peek[2])
{
	struct mate mate[2] = {take_mate(&peek[0]), take_mate(&peek[1])};
	if (!is_same_read(mate)) {
		fq_preflight_error(notes, second, FQ_PREFLIGHT_PAIR,
		        "the files of a pair hold the same reads in the same order: one is another "
		        "sample's or lane's, or they were filtered apart",
		        "begins with read \"%.80s\", but %s with \"%.80s\"", peek[1].name, first_path,
		        peek[0].name);
		return;
	}
	for (size_t i = 0; i < 2; i++) {
		int number = number_in_description(peek[i].description);
		mate[i].number = number ? number : mate[i].number;
	}
	if (mate[1].number && mate[0].number > mate[1].number) {
		fq_preflight_error(notes, second, FQ_PREFLIGHT_ORDER, "name them the other way round",
		        "holds reads %d, but stands second, behind %s with reads %d", mate[1].number,
		        first_path, mate[0].number);
	} else if (mate[0].number && mate[0].number == mate[1].number) {
		fq_preflight_warn(notes, second, FQ_PREFLIGHT_ORDER, "is one of them an index read's file?",
		        "says that it holds reads %d, and so does %s", mate[1].number, first_path);
	}
}

void fq_preflight_compare_pair(const struct fq_preflight_work *work, struct fq_preflight_notes *notes,
        uint32_t second, const struct fq_fastq_peek peek[2])
{
	const char *first_path = work->manifest->files[second - 1].path;
	if (peek[0].device == peek[1].device && peek[0].inode == peek[1].inode) {
		return; /* compare.c says so */
	}
	if (peek[0].is_empty != peek[1].is_empty) {
		fq_preflight_error(notes, second, FQ_PREFLIGHT_PAIR,
		        "the files of a pair hold the same reads",
		        peek[1].is_empty ? "holds no reads, but %s does" : "holds reads, but %s does not",
		        first_path);
		return;
	}
	if (peek[0].stamp.size_bytes == peek[1].stamp.size_bytes && peek[0].head_hash == peek[1].head_hash &&
	        !peek[0].is_empty) {
		work->seen[second].is_copy = true;
		fq_preflight_error(notes, second, FQ_PREFLIGHT_TWICE, "name the two files of the pair",
		        "holds the same as %s", first_path);
		return;
	}
	bool is_known = peek[0].name[0] && peek[1].name[0] && !peek[0].is_name_cut && !peek[1].is_name_cut;
	if (is_known) {
		compare_names(notes, second, first_path, peek);
	}
}
