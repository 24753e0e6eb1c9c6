#include "removal.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void add_path(struct fq_buf *buf, const char *path)
{
	fq_ui_add_shown(buf, fq_text(path));
}

static void add_bytes(struct fq_buf *buf, int64_t bytes)
{
	if (bytes < 1024) {
		fq_buf_addf(buf, "%lld byte%s", (long long)bytes, bytes == 1 ? "" : "s");
	} else {
		fq_buf_add_size(buf, bytes);
	}
}

void fq_removal_add_totals(const struct fq_removal *removal, struct fq_buf *buf)
{
	size_t files = removal->files, jobs = removal->forgotten;
	fq_buf_addf(buf, "%zu file%s (", files, files == 1 ? "" : "s");
	add_bytes(buf, removal->bytes);
	fq_buf_putc(buf, ')');
	if (removal->is_gc) {
		fq_buf_addf(buf, " and the records of %zu job%s", jobs, jobs == 1 ? "" : "s");
	}
}

void fq_removal_tell_kept(const struct fq_removal *removal, const struct fq_doomed *doomed)
{
	struct fq_buf text = {0};
	if (removal->s->options->quiet) {
		return;
	}
	fq_buf_puts(&text, "fqrun: kept ");
	add_path(&text, doomed->path);
	fq_buf_addf(&text, ": %s\n", doomed->kept);
	fputs(text.at, stderr);
	fq_buf_finish(&text);
}

/* --- JSON ----------------------------------------------------------------------------------------- */

static json_t *text_of(const char *text)
{
	struct fq_buf clean = {0};
	fq_buf_puts(&clean, "");
	fq_buf_add_utf8(&clean, fq_text(text));
	json_t *json = json_stringn(clean.at, clean.len);
	fq_buf_finish(&clean);
	return json;
}

static void print_object(const struct fq_doomed *doomed, bool *is_first)
{
	json_t *object = json_object();
	json_object_set_new(object, "path", text_of(doomed->path));
	if (doomed->kept) {
		json_object_set_new(object, "reason", text_of(doomed->kept));
	} else {
		json_object_set_new(object, "files", json_integer(doomed->files));
		json_object_set_new(object, "bytes", json_integer(doomed->bytes));
	}
	fputs(*is_first ? "\n  " : ",\n  ", stdout);
	json_dumpf(object, stdout, JSON_COMPACT);
	json_decref(object);
	*is_first = false;
}

static void print_list(const struct fq_removal *removal, bool kept)
{
	bool is_first = true;
	for (size_t i = 0; i < removal->doomed_count; i++) {
		if ((removal->doomed[i].kept != NULL) == kept) {
			print_object(&removal->doomed[i], &is_first);
		}
	}
}

static void add_owner(struct fq_buf *buf, const struct fq_owner *owner)
{
	fq_buf_add_text(buf, owner->task);
	fq_buf_puts(buf, owner->unit.len ? "/" : "");
	fq_buf_add_text(buf, owner->unit);
}

/* `clean` forgets the jobs whose outputs go; only gc those of which nothing is there. */
static void print_forgotten(const struct fq_removal *removal)
{
	bool is_first = true;
	for (size_t i = 0; i < removal->owner_count; i++) {
		struct fq_buf name = {0};
		if (!removal->owners[i].must_forget) {
			continue;
		}
		add_owner(&name, &removal->owners[i]);
		json_t *text = text_of(name.at);
		fputs(is_first ? "\n  " : ",\n  ", stdout);
		json_dumpf(text, stdout, JSON_ENCODE_ANY);
		json_decref(text);
		fq_buf_finish(&name);
		is_first = false;
	}
}

static void print_json(const struct fq_removal *removal)
{
	fputs("{\"remove\": [", stdout);
	print_list(removal, false);
	fputs("\n],\n\"keep\": [", stdout);
	print_list(removal, true);
	fputs("\n],\n\"forget\": [", stdout);
	print_forgotten(removal);
	fputs("\n]}\n", stdout);
}

/* --- for people -------------------------------------------------------------------------------------- */

static void print_lines(const struct fq_removal *removal)
{
	struct fq_buf text = {0};
	for (size_t i = 0; i < removal->doomed_count; i++) {
		if (!removal->doomed[i].kept) {
			fq_buf_puts(&text, "would remove ");
			add_path(&text, removal->doomed[i].path);
			fq_buf_putc(&text, '\n');
		}
	}
	for (size_t i = 0; i < removal->owner_count; i++) {
		struct fq_buf name = {0};
		if (removal->owners[i].must_forget) {
			add_owner(&name, &removal->owners[i]);
			fq_buf_puts(&text, "would forget ");
			fq_ui_add_shown(&text, (struct fq_text){name.at, name.len});
			fq_buf_putc(&text, '\n');
			fq_buf_finish(&name);
		}
	}
	if (removal->files == 0 && removal->forgotten == 0) {
		fq_buf_puts(&text, "nothing to remove");
	} else {
		fq_buf_puts(&text, "would remove ");
		fq_removal_add_totals(removal, &text);
	}
	puts(text.at);
	fq_buf_finish(&text);
}

void fq_removal_tell(const struct fq_removal *removal)
{
	bool is_dry = removal->s->options->dry_run;
	if (is_dry && removal->s->options->json) {
		print_json(removal);
		return;
	}
	for (size_t i = 0; i < removal->doomed_count; i++) {
		if (removal->doomed[i].kept) {
			fq_removal_tell_kept(removal, &removal->doomed[i]);
		}
	}
	if (is_dry) {
		print_lines(removal);
	}
}

/* --- asking -------------------------------------------------------------------------------------------- */

static bool says_yes(void)
{
	char answer[16] = "";
	return fgets(answer, sizeof(answer), stdin) &&
	       (strcmp(answer, "y\n") == 0 || strcmp(answer, "Y\n") == 0 || strcmp(answer, "yes\n") == 0);
}

static bool ask(const struct fq_removal *removal)
{
	struct fq_buf text = {0};
	fq_buf_puts(&text, "remove ");
	fq_removal_add_totals(removal, &text);
	fprintf(stderr, "%s? [y/N] ", text.at);
	fflush(stderr);
	fq_buf_finish(&text);
	return says_yes();
}

static void refuse(const struct fq_removal *removal)
{
	const char *command = removal->s->options->command;
	struct fq_buf text = {0};
	fq_removal_add_totals(removal, &text);
	fprintf(stderr,
	        "fqrun: %s would remove %s, and there is no terminal to ask at\n"
	        "  hint: fqrun %s --yes does it, fqrun %s -n shows which\n",
	        command, text.at, command, command);
	fq_buf_finish(&text);
}

bool fq_removal_is_agreed(const struct fq_removal *removal, int *ret_status)
{
	if (removal->s->options->yes) {
		return true;
	}
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
		refuse(removal);
		*ret_status = 2;
		return false;
	}
	bool is_agreed = ask(removal);
	if (!is_agreed) {
		fputs("nothing was removed\n", stderr);
		*ret_status = 1;
	}
	return is_agreed;
}
