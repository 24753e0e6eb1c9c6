/* What stands in the places of outputs: whose it is, what is kept, what the next start sweeps. */
#include "run_fixture.h"

TestSuite(outputs, .init = enter_folder, .fini = leave_run);

static const char *output_of(const struct fq_launch *launch)
{
	return launch->argv[1];
}

/* The command is `make OUTPUT...`, as the job gets it. */
static int make(uint32_t slot, const struct fq_launch *launch)
{
	(void)slot;
	for (char *const *at = launch->argv + 1; *at; at++) {
		put(*at, "made");
	}
	return 0;
}

static int make_half(uint32_t slot, const struct fq_launch *launch)
{
	(void)slot;
	put(output_of(launch), "half");
	return 1 << 8;
}

/* A job that was cut off, as a run that was killed left it in the journal. */
static void begin_only(const char *task, const char *unit, const char *name, const char *value)
{
	struct fq_buf items = {0};
	struct fq_error err = {0};
	reopen_journal();
	fq_items_add(&items, 'o', fq_text(name), fq_text(value));
	cr_assert(fq_journal_begin(&journal, fq_text(task), fq_text(unit),
	                  (struct fq_text){items.at, items.len}, &err),
	        "%s", err.text);
	fq_buf_finish(&items);
}

static struct fq_record last_word(const char *task, const char *unit)
{
	reopen_journal();
	return fq_journal_find(&journal, fq_text(task), fq_text(unit));
}

#define ONE "[task t]\noutput = o/t\ncommand = make {output}\n"

/* --- the sweep ------------------------------------------------------------------------- */

Test(outputs, what_was_cut_off_is_swept_once)
{
	load(ONE);
	player.play = make;
	begin_only("gone", "s\t1", "o/left", "-");
	put("o/left", "half");
	cr_assert(go() == 0 && !is_there("o/left") && is_there("o/t"));
	struct fq_record record = last_word("gone", "s\t1");
	cr_assert(record.verdict == FQ_VERDICT_FAILED && record.items.len == 0);
	cr_assert(fq_text_is(record.cause, "fqrun was killed while it ran"));
	put("o/left", "mine");
	cr_assert(go() == 0 && is_there("o/left"));
}

Test(outputs, nothing_is_swept_that_was_there_before)
{
	load(ONE);
	player.play = make;
	put("o/mine", "mine");
	begin_only("gone", "", "o/mine", "4 1700000000000000000");
	cr_assert(go() == 0 && is_there("o/mine"));
	cr_assert(last_word("gone", "").verdict == FQ_VERDICT_FAILED);
}

Test(outputs, nor_in_a_dry_run)
{
	load(ONE);
	begin_only("gone", "", "o/left", "-");
	put("o/left", "half");
	options.dry_run = true;
	go();
	cr_assert(is_there("o/left") && last_word("gone", "").verdict == FQ_VERDICT_BEGUN);
}

Test(outputs, a_folder_is_swept_only_where_one_is_named)
{
	load(ONE);
	player.play = make;
	begin_only("gone", "1", "o/named/", "-");
	begin_only("gone", "2", "o/other", "-");
	put("o/named/x", "half");
	put("o/other/x", "a folder in a file's place");
	cr_assert(go() == 0 && !is_there("o/named") && is_there("o/other/x"));
}

static const char *const kept[] = {"read.fq", "hard.fq", "by_link.fq", "m.ini", "bed", "dir/"};

Test(outputs, inputs_of_today_stay_by_whatever_name)
{
	put("read.fq", "@r\nA\n+\nI\n");
	put("bed", "chr1");
	put("dir/read.fq", "@r\nA\n+\nI\n");
	cr_assert(link("read.fq", "hard.fq") == 0 && symlink("read.fq", "by_link.fq") == 0);
	load("[samples]\ns = hard.fq dir/read.fq\n[task t]\nper = sample\ninput = bed\noutput = o/t\ncommand "
	     "= make {output}\n");
	player.play = make;
	for (size_t i = 0; i < FQ_COUNT(kept); i++) {
		begin_only("gone", kept[i], kept[i], "-");
	}
	cr_assert(go() == 0);
	for (size_t i = 0; i < FQ_COUNT(kept); i++) {
		cr_assert(is_there(kept[i]), "%s", kept[i]);
		cr_assert(last_word("gone", kept[i]).verdict == FQ_VERDICT_FAILED);
	}
	cr_assert(is_there("dir/read.fq") && watcher.remarks == FQ_COUNT(kept));
	cr_assert(strstr(watcher.remark, "gone/dir/ was cut off while it wrote dir/, which is an input now"),
	        "%s", watcher.remark);
}

Test(outputs, an_input_that_a_job_of_today_makes_is_swept)
{
	load(ONE "[task u]\ninput = o/t\noutput = o/u\ncommand = make {output}\n");
	player.play = make_half;
	begin_only("old", "", "o/t", "-");
	put("o/t", "quarter");
	cr_assert(go() == 1 && !is_there("o/t") && watcher.remarks == 0);
}

Test(outputs, a_folder_of_another_name_is_no_temporary_one)
{
	struct fq_buf items = {0};
	struct fq_error err = {0};
	load(ONE);
	player.play = make;
	reopen_journal();
	fq_items_add(&items, 't', fq_text("o/.fqrun-tmp-0123456789abcdef"), fq_text("-"));
	fq_items_add(&items, 't', fq_text("o/.fqrun-tmp-mine"), fq_text("-"));
	fq_items_add(&items, 't', fq_text("o/mine"), fq_text("-"));
	cr_assert(fq_journal_begin(
	        &journal, fq_text("gone"), fq_text(""), (struct fq_text){items.at, items.len}, &err));
	put("o/.fqrun-tmp-0123456789abcdef/deep/x", "half");
	put("o/.fqrun-tmp-mine/x", "mine");
	put("o/mine/x", "mine");
	cr_assert(go() == 0 && !is_there("o/.fqrun-tmp-0123456789abcdef"));
	cr_assert(is_there("o/.fqrun-tmp-mine/x") && is_there("o/mine/x"));
	fq_buf_finish(&items);
}

/* --- whose it is --------------------------------------------------------------------------- */

Test(outputs, what_a_success_did_not_make_is_not_ours)
{
	load("[task t]\noutput = o/t o/maybe?\ncommand = make {output}\n");
	player.play = make_half;
	put("o/maybe", "mine");
	struct fq_error err = {0};
	struct fq_buf items = {0};
	reopen_journal();
	fq_items_add(&items, 'o', fq_text("o/t"), fq_text("4 1"));
	fq_items_add(&items, 'o', fq_text("o/maybe"), fq_text("-"));
	struct fq_record record = {.items = {items.at, items.len}};
	cr_assert(fq_journal_done(&journal, fq_text("t"), fq_text(""), &record, &err));
	put("o/t", "old");
	cr_assert(go() == 1 && !is_there("o/t"));
	cr_assert_str_eq(text_of("o/maybe"), "mine");
	fq_buf_finish(&items);
}

Test(outputs, an_old_one_stays_ours_through_failures)
{
	load("[task t]\noutput = o/t\natomic = yes\ncommand = make {output}\n");
	player.play = make;
	cr_assert(go() == 0);
	options.always = true;
	player.play = make_half;
	for (int i = 0; i < 2; i++) {
		cr_assert(go() == 1 && strcmp(text_of("o/t"), "made") == 0);
		struct fq_record record = last_word("t", "");
		cr_assert(record.verdict == FQ_VERDICT_FAILED && record.items.len > 0 &&
		          memmem(record.items.at, record.items.len, "oo/t\t4 ", 7));
	}
	options.always = false;
	((struct fq_task *)plan.rules[0].task)->is_atomic = false;
	cr_assert(go() == 1 && !is_there("o/t"), "without `atomic` ours is removed before");
}

/* --- atomic ------------------------------------------------------------------------------------ */

static const char *seen; /* at the place, while the job runs */

static int look_then_make(uint32_t slot, const struct fq_launch *launch)
{
	seen = is_there("o/t") ? "old" : "none";
	return make(slot, launch);
}

static int make_a_folder(uint32_t slot, const struct fq_launch *launch)
{
	(void)slot;
	return mkdir(output_of(launch), 0700);
}

/* How many names are in a folder. */
static size_t count_names(const char *path)
{
	struct fq_buf list = {0};
	size_t count = 0;
	fq_buf_addf(&list, "ls -A %s | wc -l", path);
	FILE *pipe = popen(list.at, "r");
	cr_assert(pipe && fscanf(pipe, "%zu", &count) == 1 && pclose(pipe) == 0);
	fq_buf_finish(&list);
	return count;
}

#define ATOMIC "[task t]\noutput = o/t\natomic = yes\ncommand = make {output}\n"

Test(outputs, atomic_leaves_the_old_one_until_the_new_one_is_there)
{
	load(ATOMIC);
	player.play = look_then_make;
	cr_assert(go() == 0 && strcmp(seen, "none") == 0 && count_names("o") == 1);
	cr_assert(go() == 0 && run.counts[FQ_STATE_FRESH] == 1);
	options.always = true;
	cr_assert(go() == 0 && strcmp(seen, "old") == 0 && count_names("o") == 1);
}

Test(outputs, atomic_cut_off_between_two_renames_is_made_again)
{
	struct fq_buf items = {0};
	struct fq_error err = {0};
	load("[task t]\noutput = o/t o/u\natomic = yes\ncommand = make {output}\n");
	player.play = make;
	cr_assert(go() == 0);
	reopen_journal();
	fq_items_add(&items, 'k', fq_text("o/t"), fq_text("4 1"));
	fq_items_add(&items, 'k', fq_text("o/u"), fq_text("4 1"));
	fq_items_add(&items, 't', fq_text("o/.fqrun-tmp-0123456789abcdef"), fq_text("-"));
	cr_assert(fq_journal_begin(
	        &journal, fq_text("t"), fq_text(""), (struct fq_text){items.at, items.len}, &err));
	put("o/t", "new");
	put("o/.fqrun-tmp-0123456789abcdef/u", "new");
	bool wanted = false;
	options.wanted = &wanted;
	cr_assert(go() == 0 && player.starts == 0 && count_names("o") == 2);
	struct fq_record record = last_word("t", "");
	cr_assert(record.verdict == FQ_VERDICT_FAILED &&
	          memmem(record.items.at, record.items.len, "oo/u\t4 ", 7));
	options.wanted = NULL;
	cr_assert(go() == 0 && player.starts == 1 && strcmp(text_of("o/t"), "made") == 0);
	cr_assert(go() == 0 && player.starts == 0);
	fq_buf_finish(&items);
}

Test(outputs, atomic_refuses_a_folder_in_a_files_place)
{
	load(ATOMIC);
	player.play = make_a_folder;
	cr_assert(go() == 1 && strcmp(watcher.cause, "output o/t is a folder") == 0, "%s", watcher.cause);
	cr_assert(count_names("o") == 0);
}

static int make_and_disturb(uint32_t slot, const struct fq_launch *launch)
{
	put("o/t/mine", "a folder that somebody makes meanwhile");
	return make(slot, launch);
}

Test(outputs, atomic_never_takes_the_place_of_a_folder_that_is_not_ours)
{
	load(ATOMIC);
	player.play = make_and_disturb;
	cr_assert(go() == 1 && strstr(watcher.cause, "cannot move "), "%s", watcher.cause);
	cr_assert(is_there("o/t/mine") && count_names("o") == 1);
}

static int not_found(uint32_t slot, const struct fq_launch *launch)
{
	(void)slot;
	(void)launch;
	return -ENOENT;
}

Test(outputs, atomic_leaves_no_folder_where_nothing_was_started)
{
	load(ATOMIC);
	player.play = not_found;
	cr_assert(go() == 1 && count_names("o") == 0);
}

/* --- keep-partial, protect ------------------------------------------------------------------------ */

Test(outputs, each_attempt_takes_the_place_of_the_last_ones_partial)
{
	load("[task t]\noutput = o/t\nkeep-partial = yes\nretries = 1\ncommand = make {output}\n");
	player.play = make_half;
	cr_assert(go() == 1 && !is_there("o/t") && count_names("o/.fqrun-partial") == 1);
	cr_assert(strstr(watcher.hint, "what it left is in o/.fqrun-partial/t"), "%s", watcher.hint);
	player.play = make;
	cr_assert(go() == 0 && !is_there("o/.fqrun-partial"));
}

Test(outputs, protected_ones_are_not_made_anew)
{
	struct stat st;
	load("[task t]\noutput = o/t\nprotect = yes\ncommand = make {output}\n");
	player.play = make;
	cr_assert(go() == 0 && stat("o/t", &st) == 0 && (st.st_mode & 0222) == 0);
	options.always = true;
	cr_assert(go() == 1 && player.starts == 0 &&
	                  strcmp(watcher.hint, "chmod u+w o/t lets it be made anew; or "
	                                       "protect = no in the task") == 0,
	        "%s", watcher.hint);
	cr_assert(last_word("t", "").verdict == FQ_VERDICT_DONE, "the success holds still");
	cr_assert(chmod("o/t", 0600) == 0 && go() == 0 && player.starts == 1);
}

Test(outputs, a_dry_run_protects_nothing)
{
	struct stat st;
	load("[task t]\noutput = o/t\nprotect = yes\ncommand = make {output}\n");
	player.play = make;
	cr_assert(go() == 0 && chmod("o/t", 0600) == 0);
	options.dry_run = true;
	cr_assert(
	        go() == 0 && run.counts[FQ_STATE_FRESH] == 1 && stat("o/t", &st) == 0 && (st.st_mode & 0222));
	options.dry_run = false;
	cr_assert(go() == 0 && run.counts[FQ_STATE_FRESH] == 1 && stat("o/t", &st) == 0 &&
	          !(st.st_mode & 0222));
}
