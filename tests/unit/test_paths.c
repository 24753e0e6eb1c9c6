/* Parts of paths, what values must be like, and words that are paths. */
#include "manifest_text.h"

TestSuite(paths, .init = make_folder, .fini = remove_folder);

/* --- parts -------------------------------------------------------------------- */

static const struct {
	const char *path, *name, *stem;
} parts[] = {
        {"reads/x_R1.fastq.gz", "x_R1.fastq.gz", "x_R1"},
        {"x.fq.gz", "x.fq.gz", "x"},
        {"x.fq", "x.fq", "x"},
        {"x.fastq", "x.fastq", "x"},
        {"x.gz", "x.gz", "x"},
        {"x", "x", "x"},
        {"", "", ""},
        {"a/b/c.d.fq.bz2", "c.d.fq.bz2", "c.d"},
        {"/x.fq.xz", "x.fq.xz", "x"},
        {"./x.fa.zst", "x.fa.zst", "x"},
        {"x.bam", "x.bam", "x"},
        {"x.txt", "x.txt", "x.txt"},
        {"x.txt.gz", "x.txt.gz", "x.txt"},
        {"x.gz.fq", "x.gz.fq", "x.gz"},
        {"x.fq.fq.gz", "x.fq.fq.gz", "x.fq"},
        {"xfq.gz", "xfq.gz", "xfq"},
        {"gz", "gz", "gz"},
        {".gz", ".gz", ".gz"},       /* nothing would be left */
        {".fq.gz", ".fq.gz", ".fq"}, /* nor here */
        {"a.fq.gz/b", "b", "b"},
        {"a/", "a", "a"}, /* a folder's name is that of its last part */
        {"a/b.fq.gz//", "b.fq.gz", "b"},
        {"/", "", ""},
        {"it's; $(x).fq.gz", "it's; $(x).fq.gz", "it's; $(x)"},
};

Test(paths, parts_are_as_by_hand)
{
	for (size_t i = 0; i < FQ_COUNT(parts); i++) {
		struct fq_text whole = fq_text(parts[i].path);
		cr_assert(fq_text_equal(fq_path_part(whole, FQ_PART_WHOLE), whole));
		cr_assert(fq_text_is(fq_path_part(whole, FQ_PART_NAME), parts[i].name), "%s", parts[i].path);
		cr_assert(fq_text_is(fq_path_part(whole, FQ_PART_STEM), parts[i].stem), "%s", parts[i].path);
	}
}

/* --- demands ------------------------------------------------------------------ */

/* The contract: letters, digits, blank, ._/:,+@%=- or beyond ASCII. */
static bool is_plain(int byte)
{
	static const char plain[] =
	        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ._/:,+@%=-";
	return byte >= 0x80 || (byte && strchr(plain, byte));
}

Test(paths, each_byte_is_plain_or_not)
{
	for (int byte = 0; byte < 256; byte++) {
		char bytes[] = {'a', (char)byte, 'b'}, bad = 'x';
		struct fq_text value = {bytes, 3};
		cr_assert_eq(fq_demand_holds(FQ_DEMAND_PLAIN, value, &bad), is_plain(byte), "byte %d", byte);
		cr_assert(is_plain(byte) || bad == (char)byte, "byte %d", byte);
		bool may = is_plain(byte) && byte != ' ';
		cr_assert_eq(fq_demand_holds(FQ_DEMAND_PLAIN | FQ_DEMAND_NO_BLANK, value, &bad), may,
		        "byte %d", byte);
		cr_assert(fq_demand_holds(0, value, &bad));
	}
}

static const struct {
	unsigned demand;
	const char *value;
	bool holds;
	char bad;
} demands[] = {
        {0, "x;touch PWNED", true, 0},
        {FQ_DEMAND_PLAIN, "", true, 0},
        {FQ_DEMAND_PLAIN, "a b", true, 0},
        {FQ_DEMAND_PLAIN, "caf\xc3\xa9 \xff", true, 0},
        {FQ_DEMAND_PLAIN, "a_b-c/d:e,f+g@h%i=j.k", true, 0},
        {FQ_DEMAND_PLAIN, "x;touch PWNED", false, ';'},
        {FQ_DEMAND_PLAIN, "$(touch PWNED)", false, '$'},
        {FQ_DEMAND_PLAIN, "it's", false, '\''},
        {FQ_DEMAND_PLAIN, "a\tb", false, '\t'},
        {FQ_DEMAND_PLAIN, "a\\b\"", false, '\\'},
        {FQ_DEMAND_PLAIN | FQ_DEMAND_NO_BLANK, "a.b", true, 0},
        {FQ_DEMAND_PLAIN | FQ_DEMAND_NO_BLANK, "a b;", false, ' '},
        {FQ_DEMAND_PLAIN | FQ_DEMAND_NO_BLANK, "a; b", false, ';'},
        {FQ_DEMAND_NO_BLANK, "a b", false, ' '},
        {FQ_DEMAND_NO_BLANK, "a\tb", false, '\t'},
        {FQ_DEMAND_NO_BLANK, "a;b", true, 0},
        {FQ_DEMAND_INTEGER, "0", true, 0},
        {FQ_DEMAND_INTEGER, "42", true, 0},
        {FQ_DEMAND_INTEGER, "-42", true, 0},
        {FQ_DEMAND_INTEGER, "+7", true, 0},
        {FQ_DEMAND_INTEGER, "", false, 0},
        {FQ_DEMAND_INTEGER, "-", false, 0},
        {FQ_DEMAND_INTEGER, "+-1", false, '-'},
        {FQ_DEMAND_INTEGER, "1-", false, '-'},
        {FQ_DEMAND_INTEGER, "1.5", false, '.'},
        {FQ_DEMAND_INTEGER, "0x1f", false, 'x'},
        {FQ_DEMAND_INTEGER, " 1", false, ' '},
        {FQ_DEMAND_INTEGER, "a[$(touch PWNED)]", false, 'a'},
        {FQ_DEMAND_INTEGER | FQ_DEMAND_PLAIN, "12", true, 0},
        {FQ_DEMAND_INTEGER | FQ_DEMAND_PLAIN, "1 2", false, ' '},
};

Test(paths, demands_are_as_by_hand)
{
	for (size_t i = 0; i < FQ_COUNT(demands); i++) {
		char bad = 0;
		bool holds = fq_demand_holds(demands[i].demand, fq_text(demands[i].value), &bad);
		cr_assert_eq(holds, demands[i].holds, "%u: %s", demands[i].demand, demands[i].value);
		cr_assert(holds || bad == demands[i].bad, "%u: %s: %d", demands[i].demand, demands[i].value,
		        bad);
	}
}

/* --- words of input and output -------------------------------------------------- */

static void expect_outputs(const char *output, const char *right)
{
	char text[1000];
	snprintf(text, sizeof(text),
	        "[samples]\na = x\n[vars]\nv = x\n[task t]\ncommand = true\nper = sample\ndir = d\noutput = "
	        "%s\n",
	        output);
	load(text);
	expect_words(task("t"), &task("t")->outputs, right);
}

Test(paths, outputs_are_tidied)
{
	expect_outputs("./a ././b a//b c///d//e.txt", "a|b|a/b|c/d/e.txt");
	expect_outputs(".//a .///./b /a //a", "a|b|/a|/a");
	expect_outputs("./{sample} ././{sample}.x {dir}//{sample} x/./y ./x/././y",
	        "{sample}|{sample}.x|{dir}/{sample}|x/y|x/y");
	expect_outputs("'./a b' x./y ../z a.//b .a ./.a", "a b|x./y|../z|a./b|.a|.a");
	expect_outputs("./-x", "-x"); /* rendered ./-x, as any that begins so */
}

Test(paths, an_output_may_be_optional)
{
	expect_outputs("a? b {sample}? 'c'? 'd?' e\\? f??", "a?|b|{sample}?|c?|d?|e?|f??");
	const struct fq_word *words = task("t")->outputs.words;
	static const bool right[] = {true, false, true, true, false, false, true};
	for (size_t i = 0; i < FQ_COUNT(right); i++) {
		cr_assert_eq(words[i].is_optional, right[i], "%zu", i);
	}
}

Test(paths, a_question_mark_elsewhere_is_a_byte)
{
	load("[task t]\ncommand = true\ninput = 'a?' b c?\nenv = Q=what?\ndir = d?\n");
	const struct fq_task *t = task("t");
	cr_assert(!t->inputs.words[0].is_optional && !t->env.words[0].is_optional);
	cr_assert(t->inputs.words[2].is_optional && fq_text_is(t->inputs.words[2].pieces[0].text, "c"));
	cr_assert(fq_text_is(t->inputs.words[0].pieces[0].text, "a?"));
	cr_assert(fq_text_is(t->env.words[0].pieces[0].text, "Q=what?"));
	cr_assert(fq_text_is(t->dir.words[0].pieces[0].text, "d?"));
}

Test(paths, words_know_their_place)
{
	load("[task t]\ncommand = true\noutput = a\n  'b c'   d\n\n  e\n");
	const struct fq_word *words = task("t")->outputs.words;
	cr_assert_eq(task("t")->outputs.count, 4);
	cr_assert(words[0].line == 3 && words[0].column == 10);
	cr_assert(words[1].line == 4 && words[1].column == 3);
	cr_assert(words[2].line == 4 && words[2].column == 11);
	cr_assert(words[3].line == 6 && words[3].column == 3);
}

Test(paths, quotes_and_escapes)
{
	expect_outputs("'a b' \"c d\" e\\ f 'g'\"h\"i \"j'k\" 'l\"m'", "a b|c d|e f|ghi|j'k|l\"m");
	expect_outputs("'$x' \"$x\" \\$x '*' '~' a~ \"\\`\\\\\\\"\\a\"", "$x|$x|$x|*|~|a~|`\\\"\\a");
	expect_outputs("'{sample} x' \"{sample}\"y", "{sample} x|{sample}y");
	expect_outputs("a \\\n  b\\\n  c", "a|bc");
}

Test(paths, what_a_shell_would_expand_is_refused)
{
	static const struct {
		const char *word;
		uint32_t column;
	} cases[] = {{"~/x", 10}, {"x ~", 12}, {"$x", 10}, {"a$x", 11}, {"*.fq", 10}, {"x*", 11}, {"`x", 10}};
	char text[200];
	for (size_t i = 0; i < FQ_COUNT(cases); i++) {
		snprintf(text, sizeof(text), "[task t]\ncommand = true\noutput = %s\n", cases[i].word);
		refuse(text, 3, cases[i].column, "not expanded here", "quotes");
		snprintf(text, sizeof(text), "[task t]\ncommand = true\ninput  = %s\n", cases[i].word);
		refuse(text, 3, cases[i].column, "not expanded here", "quotes");
	}
}

Test(paths, a_folder_is_an_output_and_nothing_is_none)
{
	static const char head[] = "[task t]\ncommand = true\n";
	char text[200];
	static const char *const folders[] = {"d/", "d//", "./d/", "'d/'", "{v}/", "d/?", "/"};
	for (size_t i = 0; i < FQ_COUNT(folders); i++) {
		snprintf(text, sizeof(text), "%soutput = x %s\n[vars]\nv = x\n", head, folders[i]);
		load(text);
		const struct fq_word *word = &manifest.tasks[0].outputs.words[1];
		struct fq_text last = word->pieces[word->count - 1].text;
		cr_assert(last.at[last.len - 1] == '/' && word->is_optional == (i == 5), "%s", folders[i]);
	}
	snprintf(text, sizeof(text), "%soutput = x ''\n", head);
	refuse(text, 3, 12, "without a name", NULL);
	snprintf(text, sizeof(text), "%sinput = x \"\"\n", head);
	refuse(text, 3, 11, "without a name", NULL);
	snprintf(text, sizeof(text), "%sdir = ''\n", head);
	refuse(text, 3, 7, "without a name", NULL);
	snprintf(text, sizeof(text), "%soutput = x 'y\n", head);
	refuse(text, 3, 12, "quote has no end", NULL);
}

Test(paths, a_dir_is_one_folder)
{
	static const char head[] = "[vars]\none = x\ntwo = x y\nnone =\n[task t]\ncommand = true\n";
	char text[200];
	static const char *const wrong[] = {"a b", "{two}", "{none}"};
	for (size_t i = 0; i < FQ_COUNT(wrong); i++) {
		snprintf(text, sizeof(text), "%sdir = %s\n", head, wrong[i]);
		refuse(text, 7, 7, "one folder", NULL);
	}
	snprintf(text, sizeof(text), "%sdir = 'a b/{one}'\n", head);
	load(text);
	expect_words(task("t"), &task("t")->dir, "a b/{one}");
	snprintf(text, sizeof(text), "%sdir = ./a//b/\n", head);
	load(text);
	cr_assert_eq(task("t")->dir.count, 1);
}
