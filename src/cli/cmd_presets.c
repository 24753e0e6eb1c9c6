/* `fqrun presets [NAME...]` */
#include "cli.h"
#include "options.h"

#include <stdio.h>
#include <string.h>

static void list(const struct fq_preset *presets, size_t count)
{
	size_t widest = 0;
	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(presets[i].name);
		widest = len > widest ? len : widest;
	}
	for (size_t i = 0; i < count; i++) {
		printf("%-*s  %s\n", (int)widest, presets[i].name, presets[i].about);
	}
	if (count == 0) {
		puts("no presets are installed");
	}
}

/* Its file as it is: that is what `use` reads, and what a user copies to change it. */
static bool show(const char *path, bool is_first)
{
	enum { BYTES_MAX = 1 << 20 };
	struct fq_buf text = {0};
	struct fq_error err = {0};
	bool ok = fq_file_read(path, BYTES_MAX, &text, &err);
	if (ok) {
		printf("%s; %s\n", is_first ? "" : "\n", path);
		fwrite(text.at, 1, text.len, stdout);
	} else {
		fq_cli_print_error(&err);
	}
	fq_error_finish(&err);
	fq_buf_finish(&text);
	return ok;
}

static void complain(const char *name, const struct fq_preset *presets, size_t count)
{
	struct fq_error err = {0};
	struct fq_buf hint = {0};
	const char **names = fq_zeroed(count, sizeof(*names));
	for (size_t i = 0; i < count; i++) {
		names[i] = presets[i].name;
	}
	const char *meant = fq_suggest(fq_text(name), names, count);
	fq_buf_addf(
	        &hint, meant ? "did you mean \"%s\"?" : "`fqrun presets` lists them%s", meant ? meant : "");
	fq_fail(&err, FQ_NOWHERE, hint.at, "no preset is called \"%s\"", name);
	fq_cli_print_error(&err);
	fq_error_finish(&err);
	fq_buf_finish(&hint);
	fq_release(names);
}

int fq_cli_presets(const struct fq_options *options)
{
	struct fq_arena arena = {0};
	struct fq_preset *presets;
	size_t count = fq_preset_list(&arena, &presets);
	int status = 0;
	if (options->target_count == 0) {
		list(presets, count);
	}
	for (size_t i = 0; i < options->target_count; i++) {
		const char *path = fq_preset_find(&arena, fq_text(options->targets[i]));
		if (!path) {
			complain(options->targets[i], presets, count);
			status = 2;
		} else if (!show(path, i == 0)) {
			status = 3;
		}
	}
	fq_arena_finish(&arena);
	return fq_cli_flush(status);
}
