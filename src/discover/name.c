/* What the name of a file says. The rules are tables; a name is read from its end. */
#include "fqrun/discover.h"

#include <string.h>

/* --- the end of a name ------------------------------------------------------------ */

static const char *const gzipped[] = {".gz", ".bgz", ".bgzf"};
static const char *const packed[] = {".bz2", ".xz", ".zst", ".zip", ".lz4", ".z"};
static const char *const formats[] = {".fastq", ".fq", ".fastqsanger"};

/* What tools put behind the read's mark: part of the sample's name, so that x_R1.fq and
 * x_R1.trimmed.fq are two samples. */
static const char *const tails[] = {"trimmed", "trim", "clean", "cleaned", "filtered", "filt", "paired",
        "fastp", "cutadapt", "dedup", "corrected", "subsampled", "sub", "qc", "raw"};

/* Of a name without .fastq.gz; the first that fits is taken. In a pattern stand
 *   %S the sample's number   %L a lane   %C a chunk (both: three digits)   %l a lane of one to three
 *   %R a read, 1 to 3   %I an index read   %N any digit   ~ one of _ . -
 * and all else for itself, letters in either case. */
static const struct scheme {
	const char *pattern;
	enum fq_reads_trust trust;
	uint32_t read;    /* where no digit says it */
	const char *tail; /* part of the sample's name */
	bool is_alone;    /* it is the whole name: the folder is called like the sample */
} schemes[] = {
        {"_S%S_L%L_R%R_%C", FQ_TRUST_SURE, 0, NULL, false},
        {"_S%S_L%L_I%I_%C", FQ_TRUST_SURE, 0, NULL, false},
        {"_S%S_R%R_%C", FQ_TRUST_SURE, 0, NULL, false},
        {"_S%S_I%I_%C", FQ_TRUST_SURE, 0, NULL, false},
        {"_L%l~R%R_%C", FQ_TRUST_SURE, 0, NULL, false},
        {"_L%l~I%I_%C", FQ_TRUST_SURE, 0, NULL, false},
        {"~R%R_%C", FQ_TRUST_SURE, 0, NULL, false},
        {"~I%I_%C", FQ_TRUST_SURE, 0, NULL, false},
        {"_S%S_L%L_R%R", FQ_TRUST_SURE, 0, NULL, false},
        {"_S%S_L%L_I%I", FQ_TRUST_SURE, 0, NULL, false},
        {"_L%l~R%R", FQ_TRUST_SURE, 0, NULL, false},
        {"_L%l~I%I", FQ_TRUST_SURE, 0, NULL, false},
        {"~R%R_val_%R", FQ_TRUST_SURE, 0, "_val", false},
        {"~%R_val_%R", FQ_TRUST_SURE, 0, "_val", false},
        {"~R%N", FQ_TRUST_LETTER, 0, NULL, false},
        {"~read~%R", FQ_TRUST_SURE, 0, NULL, false},
        {"~read%R", FQ_TRUST_SURE, 0, NULL, false},
        {"~forward", FQ_TRUST_SURE, 1, NULL, false},
        {"~reverse", FQ_TRUST_SURE, 2, NULL, false},
        {"~fwd", FQ_TRUST_SURE, 1, NULL, false},
        {"~rev", FQ_TRUST_SURE, 2, NULL, false},
        {"_%RP", FQ_TRUST_SURE, 0, NULL, false},
        {"~I%I", FQ_TRUST_BARE, 0, NULL, false},
        {"_L%l_%R", FQ_TRUST_SURE, 0, NULL, false},
        {"_%N", FQ_TRUST_BARE, 0, NULL, false},
        {".%N", FQ_TRUST_BARE, 0, NULL, false},
        {"_S%S_L%L", FQ_TRUST_SURE, 0, NULL, false},
        {"_L%L", FQ_TRUST_SURE, 0, NULL, false},
        {"R%R_%C", FQ_TRUST_SURE, 0, NULL, true},
        {"R%R", FQ_TRUST_SURE, 0, NULL, true},
        {"read%R", FQ_TRUST_SURE, 0, NULL, true},
};

/* --- matching ------------------------------------------------------------------------ */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_separator(char c)
{
	return c == '_' || c == '.' || c == '-';
}

static bool ends_like(struct fq_text text, const char *end)
{
	size_t len = strlen(end);
	for (size_t i = 0; i < len; i++) {
		if (len >= text.len || lower(text.at[text.len - len + i]) != end[i]) {
			return false;
		}
	}
	return true;
}

/* The one of `ends` that the text ends in, but is not; or NULL. */
static const char *find_end(struct fq_text text, const char *const *ends, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (ends_like(text, ends[i])) {
			return ends[i];
		}
	}
	return NULL;
}

static bool drop_end(struct fq_text *text, const char *const *ends, size_t count)
{
	const char *end = find_end(*text, ends, count);
	text->len -= end ? strlen(end) : 0;
	return end;
}

/* The digits that a %code may stand for. */
static const struct number_rule {
	char code;
	size_t least_digits, most_digits;
	uint32_t least, most;
} number_rules[] = {
        {'S', 1, 6, 0, 999999},
        {'L', 3, 3, 1, 999},
        {'l', 1, 3, 1, 999},
        {'C', 3, 3, 0, 999},
        {'R', 1, 1, 1, 3},
        {'I', 1, 1, 1, 2},
        {'N', 1, 1, 0, 9},
};

static void keep_number(struct fq_reads_name *name, char code, uint32_t number)
{
	switch (code) {
	case 'L':
	case 'l':
		name->lane = number;
		break;
	case 'C':
		name->chunk = number;
		break;
	case 'I':
		name->kind = FQ_READS_INDEX;
		name->read = number;
		break;
	case 'R':
	case 'N':
		name->read = number;
		break;
	default:
		break;
	}
}

/* The digits before *end, which goes to their start. */
static bool take_number(struct fq_reads_name *name, char code, struct fq_text text, size_t *end)
{
	const struct number_rule *rule = number_rules;
	while (rule->code != code) {
		rule++;
	}
	size_t start = *end;
	while (start && is_digit(text.at[start - 1]) && *end - start < rule->most_digits) {
		start--;
	}
	bool is_longer = start && is_digit(text.at[start - 1]);
	if (*end - start < rule->least_digits || is_longer) {
		return false;
	}
	uint64_t number = 0;
	fq_parse_number((struct fq_text){text.at + start, *end - start}, &number);
	if (number < rule->least || number > rule->most) {
		return false;
	}
	keep_number(name, code, (uint32_t)number);
	if (code == 'S') {
		name->number = (struct fq_text){text.at, *end}; /* its start is not known yet */
	}
	*end = start;
	return true;
}

/* Whether the pattern is the end of `text`; then what it says is in *ret. */
static bool fit(const struct scheme *scheme, struct fq_text text, struct fq_reads_name *ret)
{
	const char *pattern = scheme->pattern;
	size_t end = text.len;
	for (size_t p = strlen(pattern); p; p--) {
		char c = pattern[p - 1];
		if (p > 1 && pattern[p - 2] == '%') {
			if (!take_number(ret, c, text, &end)) {
				return false;
			}
			p--;
			continue;
		}
		bool fits = end &&
		            (c == '~' ? is_separator(text.at[end - 1]) : lower(text.at[end - 1]) == lower(c));
		if (!fits) {
			return false;
		}
		end--;
	}
	ret->sample = (struct fq_text){text.at, end};
	ret->read = scheme->read ? scheme->read : ret->read;
	return scheme->is_alone == (end == 0);
}

static bool find_scheme(struct fq_text text, struct fq_reads_name *name)
{
	for (size_t i = 0; i < FQ_COUNT(schemes); i++) {
		struct fq_reads_name tried = *name;
		if (fit(&schemes[i], text, &tried)) {
			tried.trust = schemes[i].trust;
			tried.tail = fq_text(schemes[i].tail ? schemes[i].tail : "");
			if (tried.number.at) {
				size_t len = tried.number.len - tried.sample.len;
				tried.number = (struct fq_text){text.at + tried.sample.len, len};
			}
			*name = tried;
			return true;
		}
	}
	return false;
}

/* --- the whole name ---------------------------------------------------------------------- */

/* SRR1, ERR1, DRR1: what fasterq-dump puts behind it is a read's number. */
static bool is_accession(struct fq_text text)
{
	bool is = text.len > 3 && strchr("SED", text.at[0]) && memcmp(text.at + 1, "RR", 2) == 0;
	for (size_t i = 3; is && i < text.len; i++) {
		is = is_digit(text.at[i]);
	}
	return is;
}

static bool is_undetermined(struct fq_text sample)
{
	static const char word[] = "undetermined";
	size_t len = sizeof(word) - 1;
	for (size_t i = 0; i < len; i++) {
		if (i >= sample.len || lower(sample.at[i]) != word[i]) {
			return false;
		}
	}
	return sample.len == len || is_separator(sample.at[len]);
}

/* R1 or R2 between separators, somewhere inside. */
static bool holds_mark(struct fq_text text)
{
	for (size_t i = 0; i + 3 < text.len; i++) {
		const char *at = text.at + i;
		if (is_separator(at[0]) && at[1] == 'R' && (at[2] == '1' || at[2] == '2') &&
		        is_separator(at[3])) {
			return true;
		}
	}
	return false;
}

/* "x_R1_trimmed": the rules look at what is before the tail, of one word. */
static bool find_scheme_before_tail(struct fq_reads_name *name)
{
	struct fq_text text = name->stem;
	size_t len;
	const char *tail = find_end(text, tails, FQ_COUNT(tails));
	if (!tail || (len = text.len - strlen(tail)) < 2 || !is_separator(text.at[len - 1])) {
		return false;
	}
	text.len = len - 1;
	if (!find_scheme(text, name)) {
		return false;
	}
	name->tail = (struct fq_text){text.at + text.len, name->stem.len - text.len};
	return true;
}

struct fq_reads_name fq_discover_name(struct fq_text name)
{
	struct fq_reads_name ret = {.kind = FQ_READS_FILE, .stem = name};
	if (drop_end(&ret.stem, packed, FQ_COUNT(packed))) {
		ret.kind = FQ_READS_PACKED;
	} else {
		drop_end(&ret.stem, gzipped, FQ_COUNT(gzipped));
	}
	if (!drop_end(&ret.stem, formats, FQ_COUNT(formats))) {
		return (struct fq_reads_name){.kind = FQ_READS_NONE};
	}
	ret.sample = ret.stem;
	if (ret.kind == FQ_READS_PACKED) {
		return ret;
	}
	if (!find_scheme(ret.stem, &ret) && !find_scheme_before_tail(&ret)) {
		ret.is_odd = holds_mark(ret.stem);
	}
	if (is_accession(ret.sample) && ret.kind == FQ_READS_FILE && ret.read) {
		ret.trust = FQ_TRUST_SURE;
	}
	if (ret.kind == FQ_READS_FILE && is_undetermined(ret.sample)) {
		ret.kind = FQ_READS_UNDETERMINED;
	}
	return ret;
}

/* --- order --------------------------------------------------------------------------------- */

int fq_discover_compare(struct fq_text a, struct fq_text b)
{
	return fq_text_compare(a, b);
}
