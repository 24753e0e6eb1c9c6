/* What options and their values may be: each sets its field, or says what is wrong. */
#include "cli.h"
#include "option_values.h"

#include <stdlib.h>
#include <string.h>

bool fq_cli_complain(const char *hint, const char *format, ...)
{
	struct fq_error err = {0};
	struct fq_buf text = {0};
	va_list args;
	va_start(args, format);
	fq_buf_vaddf(&text, format, args);
	va_end(args);
	fq_fail(&err, FQ_NOWHERE, hint, "%s", text.at);
	fq_cli_print_error(&err);
	fq_error_finish(&err);
	fq_buf_finish(&text);
	return false;
}

bool fq_option_set_jobs(struct fq_options *options, const char *text)
{
	enum { MOST = 100000 };
	uint64_t jobs;
	if (!fq_parse_number(fq_text(text), &jobs) || jobs == 0 || jobs > MOST) {
		return fq_cli_complain(
		        "-j 4 runs at most four at once", "not a number of jobs: \"%s\"", text);
	}
	options->jobs = (uint32_t)jobs;
	return true;
}

/* Which of the words it is; `count`: none of them. */
static size_t find_word(const char *text, const char *const *words, size_t count)
{
	size_t i = 0;
	while (i < count && strcmp(text, words[i]) != 0) {
		i++;
	}
	return i;
}

bool fq_option_set_color(struct fq_options *options, const char *text)
{
	static const char *const words[] = {"auto", "always", "never"};
	size_t word = find_word(text, words, FQ_COUNT(words));
	if (word == FQ_COUNT(words)) {
		return fq_cli_complain("auto, always or never", "--color cannot be \"%s\"", text);
	}
	options->color = (enum fq_color)word;
	return true;
}

bool fq_option_set_style(struct fq_options *options, const char *text)
{
	static const char *const words[] = {
	        [FQ_JOBSERVER_NONE] = "none", [FQ_JOBSERVER_PIPE] = "pipe", [FQ_JOBSERVER_FIFO] = "fifo"};
	size_t word = find_word(text, words, FQ_COUNT(words));
	if (word == FQ_COUNT(words)) {
		return fq_cli_complain("pipe, fifo or none", "--jobserver-style cannot be \"%s\"", text);
	}
	options->style = (enum fq_jobserver_style)word;
	options->has_style = true;
	return true;
}

bool fq_option_set_sync(struct fq_options *options, const char *text)
{
	static const char *const words[] = {
	        [FQ_SYNC_BATCH] = "batch", [FQ_SYNC_FULL] = "full", [FQ_SYNC_OFF] = "off"};
	size_t word = find_word(text, words, FQ_COUNT(words));
	if (word == FQ_COUNT(words)) {
		return fq_cli_complain("full, batch or off", "--sync cannot be \"%s\"", text);
	}
	options->sync = (enum fq_sync)word;
	return true;
}

bool fq_option_set_attempt(struct fq_options *options, const char *text)
{
	uint64_t attempt;
	if (!fq_parse_number(fq_text(text), &attempt) || attempt == 0 || attempt > UINT8_MAX) {
		return fq_cli_complain(
		        "--attempt 1 is the first", "not the number of an attempt: \"%s\"", text);
	}
	options->attempt = (uint32_t)attempt;
	return true;
}

bool fq_option_set_memory(struct fq_options *options, const char *text)
{
	return fq_parse_size(fq_text(text), &options->memory_bytes) ||
	       fq_cli_complain("--memory 16G", "not an amount of memory: \"%s\"", text);
}

bool fq_option_set_load(struct fq_options *options, const char *text)
{
	char *end;
	options->load = strtod(text, &end);
	bool is_number = text[0] >= '0' && text[0] <= '9' && *end == '\0';
	return (is_number && options->load > 0 && options->load < 1e6) ||
	       fq_cli_complain("-l 7.5 starts no more while the load is 7.5", "not a load: \"%s\"", text);
}

bool fq_option_add_setting(struct fq_options *options, const char *text)
{
	const char *equals = strchr(text, '=');
	if (!equals) {
		return fq_cli_complain(
		        "--set adapter=AGATCGGAAGAGC", "--set needs NAME=VALUE, not \"%s\"", text);
	}
	options->settings = fq_grow(options->settings, &options->setting_cap, options->setting_count + 1,
	        sizeof(*options->settings));
	options->settings[options->setting_count++] = (struct fq_setting){
	        fq_arena_copy(&options->arena, text, (size_t)(equals - text)), equals + 1};
	return true;
}
