#include "removal.h"
#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct fq_removal fq_removal_begin(struct fq_session *s, bool is_gc)
{
	s->plan.journal = &s->journal; /* paths may hold what jobs reported */
	return (struct fq_removal){.s = s, .is_gc = is_gc};
}

void fq_removal_finish(struct fq_removal *removal)
{
	fq_reserved_finish(&removal->reserved);
	fq_release(removal->owners);
	fq_release(removal->doomed);
	fq_arena_finish(&removal->arena);
}

/* --- what is to go ----------------------------------------------------------------------------------- */

static struct fq_text keep(struct fq_removal *removal, struct fq_text text)
{
	return (struct fq_text){fq_arena_copy(&removal->arena, text.at ? text.at : "", text.len), text.len};
}

static void add(struct fq_removal *removal, struct fq_doomed doomed)
{
	doomed.kept = fq_removal_judge(removal, &removal->owners[removal->owner_count - 1], &doomed);
	if (doomed.kept == fq_removal_gone) {
		return;
	}
	removal->doomed = fq_grow(
	        removal->doomed, &removal->doomed_cap, removal->doomed_count + 1, sizeof(*removal->doomed));
	removal->doomed[removal->doomed_count++] = doomed;
	if (!doomed.kept) {
		removal->files += doomed.files;
		removal->bytes += doomed.bytes;
	}
}

static void add_output(struct fq_removal *removal, const struct fq_record *record, const struct fq_item *item)
{
	struct fq_buf path = {0};
	fq_buf_add_unescaped(&path, item->name);
	struct fq_doomed doomed = {.path = fq_arena_copy(&removal->arena, path.at, path.len),
	        .value = keep(removal, item->value)};
	if (fq_record_is_made(record, item)) {
		add(removal, doomed);
	}
	fq_removal_add_partial(removal, doomed.path);
	fq_buf_finish(&path);
}

static void add_aside(struct fq_removal *removal, const struct fq_item *item)
{
	struct fq_buf path = {0};
	fq_buf_add_unescaped(&path, item->name);
	fq_removal_add_own(removal, path.at);
	fq_buf_finish(&path);
}

/* One that a person accepted, and no run made, is named as such. */
static void add_accepted(struct fq_removal *removal, const struct fq_item *item)
{
	struct fq_doomed doomed = {.kept = "it was accepted as it is, and no run made it so"};
	struct fq_buf path = {0};
	struct stat file;
	fq_buf_add_unescaped(&path, item->name);
	if (lstat(path.at, &file) == 0) {
		doomed.path = fq_arena_copy(&removal->arena, path.at, path.len);
		removal->doomed = fq_grow(removal->doomed, &removal->doomed_cap, removal->doomed_count + 1,
		        sizeof(*removal->doomed));
		removal->doomed[removal->doomed_count++] = doomed;
	}
	fq_buf_finish(&path);
}

void fq_removal_add_job(
        struct fq_removal *removal, const struct fq_journal_job *job, bool is_protected, bool must_forget)
{
	struct fq_text rest = keep(removal, job->record.items);
	struct fq_item item;
	removal->owners = fq_grow(
	        removal->owners, &removal->owner_cap, removal->owner_count + 1, sizeof(*removal->owners));
	removal->owners[removal->owner_count++] = (struct fq_owner){.task = keep(removal, job->task),
	        .unit = keep(removal, job->unit),
	        .first = removal->doomed_count,
	        .ended_s = job->record.usage.ended_s,
	        .is_protected = is_protected,
	        .must_forget = must_forget};
	removal->forgotten += must_forget;
	bool is_cut_off = job->record.verdict == FQ_VERDICT_BEGUN;
	bool is_by_hand = job->record.verdict == FQ_VERDICT_DONE && !fq_record_is_by_run(&job->record);
	while (fq_items_next(&rest, &item)) {
		if (is_cut_off && fq_run_is_aside_item(&item)) {
			add_aside(removal, &item);
		} else if (item.kind == FQ_ITEM_OUTPUT && is_by_hand) {
			add_accepted(removal, &item);
		} else {
			add_output(removal, &job->record, &item);
		}
	}
}

void fq_removal_add_own(struct fq_removal *removal, const char *path)
{
	add(removal, (struct fq_doomed){.path = fq_arena_copy(&removal->arena, path, strlen(path))});
}

/* Not through a link, behind which is somebody's. */
static bool is_in_own_folder(const char *path)
{
	struct fq_buf folder = {0};
	struct stat file;
	fq_buf_add(&folder, path, (size_t)(strrchr(path, '/') - path));
	bool is = lstat(folder.at, &file) == 0 && S_ISDIR(file.st_mode);
	fq_buf_finish(&folder);
	return is;
}

/* DIR/NAME or DIR/NAME/ was moved to DIR/.fqrun-partial/NAME. */
void fq_removal_add_partial(struct fq_removal *removal, const char *output)
{
	struct fq_buf path = {0};
	size_t end = strlen(output), start;
	while (end && output[end - 1] == '/') {
		end--;
	}
	for (start = end; start && output[start - 1] != '/';) {
		start--;
	}
	fq_buf_add(&path, output, start);
	fq_buf_puts(&path, FQ_PARTIAL_NAME "/");
	fq_buf_add(&path, output + start, end - start);
	for (size_t i = removal->owners[removal->owner_count - 1].first; i < removal->doomed_count; i++) {
		if (strcmp(removal->doomed[i].path, path.at) == 0) {
			fq_buf_finish(&path);
			return;
		}
	}
	if (is_in_own_folder(path.at)) {
		fq_removal_add_own(removal, path.at);
	}
	fq_buf_finish(&path);
}

/* --- removing --------------------------------------------------------------------------------------------
 */

static size_t end_of(const struct fq_removal *removal, size_t owner)
{
	return owner + 1 < removal->owner_count ? removal->owners[owner + 1].first : removal->doomed_count;
}

static void tell_removed(const struct fq_removal *removal, const struct fq_doomed *doomed)
{
	struct fq_buf text = {0};
	if (removal->s->options->verbose) {
		fq_buf_puts(&text, "removed ");
		fq_ui_add_shown(&text, fq_text(doomed->path));
		puts(text.at);
		fq_buf_finish(&text);
	}
}

/* Whether it is gone, by us. */
static bool remove_one(struct fq_removal *removal, const struct fq_owner *owner, struct fq_doomed *doomed)
{
	struct fq_error err = {0};
	if (doomed->kept) {
		return false;
	}
	doomed->kept = fq_removal_judge(removal, owner, doomed);
	if (doomed->kept) {
		if (doomed->kept != fq_removal_gone) {
			fq_removal_tell_kept(removal, doomed);
		}
		return false;
	}
	if (!fq_removal_unlink(removal, doomed->path, &err)) {
		fq_cli_print_error(&err);
		fq_error_finish(&err);
		doomed->kept = "it cannot be removed";
		doomed->stays_ours = removal->has_failed = true;
		return false;
	}
	tell_removed(removal, doomed);
	removal->files += doomed->files;
	removal->bytes += doomed->bytes;
	return true;
}

/* But for what is still there and may go another time. */
static bool forget(struct fq_removal *removal, size_t number)
{
	const struct fq_owner *owner = &removal->owners[number];
	struct fq_session *s = removal->s;
	struct fq_buf items = {0};
	for (size_t i = owner->first; i < end_of(removal, number); i++) {
		const struct fq_doomed *doomed = &removal->doomed[i];
		if (doomed->kept && doomed->stays_ours && doomed->value.at) {
			fq_items_add(&items, 'o', fq_text(doomed->path), doomed->value);
		}
	}
	removal->forgotten++;
	bool ok = fq_journal_forget_but(
	        &s->journal, owner->task, owner->unit, (struct fq_text){items.at, items.len}, &s->err);
	fq_buf_finish(&items);
	return ok;
}

/* First the files, then the record: if we are killed in between, a success without its files is
 * believed by nobody, and the next `clean` ends what this one began. The other way round it would
 * leave files that nobody knows as ours. */
static bool remove_job(struct fq_removal *removal, size_t number)
{
	bool has_gone = false;
	for (size_t i = removal->owners[number].first; i < end_of(removal, number); i++) {
		struct fq_doomed *doomed = &removal->doomed[i];
		bool is_output = doomed->value.at != NULL;
		has_gone |= remove_one(removal, &removal->owners[number], doomed) && is_output;
	}
	return !(has_gone || removal->owners[number].must_forget) || forget(removal, number);
}

static int remove_all(struct fq_removal *removal)
{
	struct fq_buf text = {0};
	bool ok = true;
	fq_plan_forget_stamps(&removal->s->plan);
	removal->files = removal->forgotten = 0;
	removal->bytes = 0;
	for (size_t i = 0; ok && i < removal->owner_count; i++) {
		ok = remove_job(removal, i);
	}
	if (!removal->s->options->quiet) {
		fq_buf_puts(&text, "removed ");
		fq_removal_add_totals(removal, &text);
		puts(text.at);
		fq_buf_finish(&text);
	}
	return ok ? removal->has_failed : fq_session_fail(removal->s, 3);
}

int fq_removal_carry_out(struct fq_removal *removal)
{
	int status = 0;
	bool is_dry = removal->s->options->dry_run;
	fq_removal_tell(removal);
	if (is_dry) {
		return 0;
	}
	if (removal->files == 0 && removal->forgotten == 0) {
		if (!removal->s->options->quiet) {
			puts("nothing to remove");
		}
		return 0;
	}
	return fq_removal_is_agreed(removal, &status) ? remove_all(removal) : status;
}
