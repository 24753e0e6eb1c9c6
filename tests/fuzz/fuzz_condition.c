/* A condition, parsed and judged. A reference is any {word}; its length chooses
 * its value. */
#include "fqrun/condition.h"
#include "fuzz.h"

static const char *const values[] = {"1000", "", "case", "0", "no", "-2.5e3", "9223372036854775807", "1e999",
        " 7", NULL, "case_R1.fastq.gz", "0x10"};

static const char *text;
static size_t text_len, errors;

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || c == '.' || c == '_';
}

static ptrdiff_t find_ref(void *context, size_t offset, int32_t *ret_ref)
{
	(void)context;
	size_t at = offset + 1;
	MUST(offset < text_len && text[offset] == '{');
	while (at < text_len && is_letter(text[at])) {
		at++;
	}
	if (at == text_len || text[at] != '}' || at == offset + 1) {
		return FQ_REF_NONE;
	}
	size_t len = at + 1 - offset;
	if (len > 40) {
		errors++;
		return FQ_REF_REFUSED;
	}
	*ret_ref = (int32_t)(len % FQ_COUNT(values));
	return (ptrdiff_t)len;
}

static void count_error(void *context, size_t offset, const char *hint, const char *words)
{
	(void)context;
	(void)hint;
	MUST(offset <= text_len && words[0]);
	errors++;
}

static struct fq_text look_up(void *context, int32_t ref)
{
	(void)context;
	return fq_text(values[ref]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fq_arena arena = {0};
	text = (const char *)data;
	text_len = size;
	errors = 0;
	struct fq_condition_reader reader = {
	        .text = {text, size}, .arena = &arena, .on_ref = find_ref, .on_error = count_error};
	struct fq_condition *condition = fq_condition_parse(&reader);
	MUST(errors == (condition ? 0 : 1));
	if (condition) {
		struct fq_error err = {0}, again = {0};
		enum fq_truth holds = fq_condition_holds(condition, look_up, NULL, &err);
		MUST((holds == FQ_UNKNOWN) == (err.text != NULL));
		MUST(fq_condition_holds(condition, look_up, NULL, &again) == holds);
		fq_error_finish(&err);
		fq_error_finish(&again);
	}
	fq_condition_finish(condition);
	fq_arena_finish(&arena);
	return 0;
}
