/* Without a shell, by property: commands that need none are started both ways, and
 * the program that they name must see the same arguments, byte for byte.
 *
 * Usage: direct [SEED [COUNT]]; as `show` it is that program. */
#include "fqrun/plan.h"

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static uint64_t state;
static struct fq_buf out; /* the manifest being made */
static struct fq_manifest manifest;
static struct fq_plan plan;
static struct tally {
	unsigned same, refused, different, not_direct;
} tally;

/* --- chance ------------------------------------------------------------------------------- */

static unsigned below(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)((state * 0x2545F4914F6CDD1DULL) >> 33) % n;
}

#define PICK(...) pick((const char *const[]){__VA_ARGS__}, FQ_COUNT(((const char *const[]){__VA_ARGS__})))
static void pick(const char *const *texts, size_t count)
{
	fq_buf_puts(&out, texts[below((unsigned)count)]);
}

/* --- commands ------------------------------------------------------------------------------ */

static void put_quoted(char quote)
{
	fq_buf_putc(&out, quote);
	for (unsigned parts = below(4); parts; parts--) {
		if (quote == '"') {
			PICK("a  b", "*", "it's", "{sample}", "{r1}", "#", ";x&", "~", "{reads:,}",
			        "{{sample}}", "<(", "!", "{a,b}", "=");
		} else {
			PICK("a  b", "*", "$x", "`", "\\", "\"", "#", "~", "$(x)", "{threads}", "{{sample}}",
			        "{print}", "!", "{sample}");
		}
	}
	fq_buf_putc(&out, quote);
}

static void put_part(void)
{
	switch (below(8)) {
	case 0:
		put_quoted('"');
		break;
	case 1:
		put_quoted('\'');
		break;
	case 2:
	case 3:
		PICK("{sample}", "{r1}", "{r1.stem}", "{reads:,}", "{threads}", "{tmp}", "{one}");
		break;
	default:
		PICK("a", "-", "--x=", "=", "@", "%s", "+", ":", ",", ".", "..", "/", "_9", "if", "x=y", "-n",
		        "1");
		break;
	}
}

static void put_word(void)
{
	if (below(6) == 0) {
		PICK("{reads}", "{many}", "{none}", "{reads.name}", "''", "\"\"");
		return;
	}
	for (unsigned parts = 1 + below(3); parts; parts--) {
		put_part();
	}
}

static void put_command(void)
{
	fq_buf_puts(&out, "./show");
	for (unsigned count = below(6); count; count--) {
		PICK(" ", "  ", " \t");
		put_word();
	}
}

static const char head[] = "[samples]\n"
                           "it's $(x) `y` = 'a  b_1.fq' '$x_2.fq'\n"
                           "a\"b\\ {sample} *? = \"it's.fq\"\n"
                           "~ !x &|<>() = '*.fq.gz' 'caf\xc3\xa9 \xff.fq.gz'\n"
                           "{a,b} [c] % # ; = -x.fq\n"
                           "plain-1 = r/plain_1.fq r/plain_2.fq\n"
                           "\\n\001\033 =\n"
                           "[vars]\none = 'a b'\nmany = -a '*' \"$x\" ''\nnone =\n";

static void make_manifest(unsigned count)
{
	out.len = 0;
	fq_buf_puts(&out, head);
	for (unsigned i = 0; i < count; i++) {
		fq_buf_addf(&out, "[task t%u]\nper = sample\ncommand = ", i);
		put_command();
		fq_buf_putc(&out, '\n');
	}
}

/* --- running ---------------------------------------------------------------------------------- */

static bool show(int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		if (printf("%zu:%s\n", strlen(argv[i]), argv[i]) < 0) {
			return false;
		}
	}
	return true;
}

static bool run(const struct fq_list *words, struct fq_buf *ret)
{
	char *argv[64] = {0};
	size_t n = 0;
	int ends[2], status = -1;
	pid_t pid;
	posix_spawn_file_actions_t actions;
	for (const char *text = NULL; (text = fq_list_next(words, text)) && n < 63;) {
		argv[n++] = (char *)(uintptr_t)text;
	}
	if (pipe(ends) != 0) {
		return false;
	}
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
	posix_spawn_file_actions_addclose(&actions, ends[0]);
	bool ok = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ) == 0;
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	ret->len = 0;
	for (ssize_t got; (got = read(ends[0], fq_buf_room(ret, 4096), 4096)) > 0;) {
		ret->len += (size_t)got;
	}
	close(ends[0]);
	return ok && waitpid(pid, &status, 0) == pid && status == 0;
}

/* What the program sees; false: that job is refused. */
static bool run_job(uint32_t job, bool use_shell, struct fq_buf *ret)
{
	struct fq_job_context context = {.fqrun = "/bin/fqrun",
	        .tmp = "/tmp/a b",
	        .values = "/v",
	        .lists = "lists",
	        .use_shell = use_shell};
	struct fq_job_command command;
	struct fq_error err = {0};
	bool ok = fq_plan_command(&plan, job, &context, &command, &err);
	ret->len = 0;
	if (ok && !run(&command.argv, ret)) {
		fq_buf_addf(ret, "failed %s", use_shell ? "in a shell" : "without one");
	}
	fq_job_command_finish(&command);
	fq_error_finish(&err);
	return ok;
}

static void check_job(uint32_t job)
{
	struct fq_buf direct = {0}, shell = {0}, shown = {0};
	bool started = run_job(job, false, &direct), started_in_shell = run_job(job, true, &shell);
	bool same = started == started_in_shell && direct.len == shell.len &&
	            (direct.len == 0 || memcmp(direct.at, shell.at, direct.len) == 0);
	tally.same += started && same;
	tally.refused += !started && same;
	if (!same || (started && direct.len == 0)) {
		tally.different++;
		fq_plan_show_command(&plan, job, &shown);
		printf("DIFFERENT %.*s\n--- without a shell\n%.*s\n--- in one\n%.*s\n", (int)shown.len,
		        shown.at, (int)direct.len, direct.len ? direct.at : "", (int)shell.len,
		        shell.len ? shell.at : "");
	}
	fq_buf_finish(&direct);
	fq_buf_finish(&shell);
	fq_buf_finish(&shown);
}

/* One sample for each task. */
static void check_all(void)
{
	for (size_t i = 0; i < plan.rule_count; i++) {
		const struct fq_rule *rule = &plan.rules[i];
		tally.not_direct += !rule->task->script.is_direct;
		check_job(rule->first_job + below(rule->job_count));
	}
}

static bool check(unsigned count)
{
	struct fq_errors errors = {0};
	struct fq_error err = {0};
	make_manifest(count);
	bool ok = fq_file_replace("m.ini", out.at, out.len, &err) &&
	          fq_manifest_load(&manifest, "m.ini", NULL, 0, &errors) &&
	          fq_plan_init(&plan, &manifest, &errors);
	if (ok) {
		check_all();
	} else {
		printf("not loaded: %s\n", errors.first ? errors.first->text : err.text);
	}
	printf("%u same, %u refused both ways, %u different, %u need a shell\n", tally.same, tally.refused,
	        tally.different, tally.not_direct);
	fq_plan_finish(&plan);
	fq_manifest_finish(&manifest);
	fq_errors_finish(&errors);
	fq_error_finish(&err);
	return ok && tally.different == 0 && tally.not_direct == 0 && tally.same * 2 > count;
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');
	if (name && strcmp(name, "/show") == 0) {
		return show(argc, argv) ? 0 : 1;
	}
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	unsigned count = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 500;
	char folder[] = "/tmp/fqrun-direct-XXXXXX", *self = realpath(argv[0], NULL);
	struct fq_error err = {0};
	if (!self || !mkdtemp(folder) || chdir(folder) != 0) {
		return 3;
	}
	state = seed * 0x9E3779B97F4A7C15ULL + 1;
	bool ok = symlink(self, "show") == 0 && check(count);
	free(self);
	fq_buf_finish(&out);
	ok &= chdir("/") == 0 && fq_tree_remove(folder, &err);
	fq_error_finish(&err);
	return ok ? 0 : 1;
}
