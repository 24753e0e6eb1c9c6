/* Which descriptors a job has, and what happens when there are no more of them. */
#include "exec_jobs.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

TestSuite(exec_descriptors, .init = make_executor, .fini = destroy_executor, .timeout = 60);

static bool start_with(
        const char *script, const struct fq_descriptor *descriptors, size_t count, struct fq_error *err)
{
	char *argv[] = {"bash", "-c", (char *)(uintptr_t)script, NULL};
	struct fq_launch launch = {.argv = argv,
	        .env = usual_env,
	        .log = "log",
	        .descriptors = descriptors,
	        .descriptor_count = count};
	return executor->impl->start(executor, 0, &launch, err);
}

static void run_with(const char *script, const struct fq_descriptor *descriptors, size_t count)
{
	struct fq_error err = {0};
	cr_assert(start_with(script, descriptors, count, &err), "%s", err.text);
	cr_assert(wait_exit().status == 0);
}

/* A file of ours at that very number, with one line that has been read already. */
static void open_at(int number, const char *path, const char *text)
{
	char line[64];
	put_program(path, text, 0600);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	cr_assert(read(fd, line, 2) == 2 && dup3(fd, number, O_CLOEXEC) == number);
	close(fd);
}

/* --- none but those that were asked for ------------------------------------ */

static void leave_open(int number)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	cr_assert(dup2(fd, number) == number && fcntl(number, F_GETFD) == 0);
	close(fd);
}

static void make_executor_anew(void)
{
	executor->impl->destroy(executor);
	for (int number = 40; number < 90; number += 7) {
		leave_open(number);
	}
	executor = fq_exec_local(SLOTS, NULL);
	cr_assert(executor);
}

Test(exec_descriptors, what_we_inherited_reaches_no_job)
{
	make_executor_anew();
	cr_assert(run_script("ls /proc/$$/fd; :") == 0);
	expect_log("log", "0\n1\n2\n");
}

Test(exec_descriptors, what_we_inherited_reaches_no_job_on_an_old_system)
{
	struct sock_filter steps[] = {
	        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
	        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close_range, 0, 1),
	        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
	        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {FQ_COUNT(steps), steps};
	cr_assert(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
		cr_skip_test("no seccomp here");
	}
	cr_assert(close_range(1000, 1000, 0) != 0 && errno == ENOSYS);
	make_executor_anew();
	cr_assert(run_script("ls /proc/$$/fd; :") == 0);
	expect_log("log", "0\n1\n2\n");
}

/* --- those that were asked for ---------------------------------------------- */

Test(exec_descriptors, opened_anew_begins_at_the_beginning_and_a_copy_goes_on)
{
	char byte;
	open_at(30, "file", "a\nb\nc\n");
	const struct fq_descriptor wanted[] = {{.number = 3, .path = "file", .how = O_RDONLY},
	        {.number = 4, .path = "/proc/self/fd/30", .how = O_RDONLY}, {.number = 9, .fd = 30}};
	run_with("read -r -N 1 -u 3 x; read -r -N 1 -u 4 y; read -r -N 1 -u 9 z; echo $x $y $z; ls "
	         "/proc/$$/fd; :",
	        wanted, FQ_COUNT(wanted));
	expect_log("log", "a a b\n0\n1\n2\n3\n4\n9\n");
	cr_assert(read(30, &byte, 1) == 1 && byte == '\n', "the copy is ours, too");
}

Test(exec_descriptors, may_have_numbers_that_we_use_ourselves)
{
	open_at(60, "ten", "a\nten\n");
	open_at(61, "eleven", "a\neleven\n");
	const struct fq_descriptor swapped[] = {{.number = 60, .fd = 61}, {.number = 61, .fd = 60}};
	run_with("read -u 60 x; read -u 61 y; echo $x $y; ls /proc/$$/fd; :", swapped, 2);
	expect_log("log", "eleven ten\n0\n1\n2\n60\n61\n");
	const struct fq_descriptor anew[] = {{.number = 60, .path = "/proc/self/fd/61", .how = O_RDONLY},
	        {.number = 61, .path = "/proc/self/fd/60", .how = O_RDONLY}};
	run_with("read -u 60 x; read -u 60 x; read -u 61 y; read -u 61 y; echo $x $y", anew, 2);
	expect_log("log", "eleven ten\n");
	const struct fq_descriptor same[] = {{.number = 60, .path = "/proc/self/fd/60", .how = O_RDONLY},
	        {.number = 61, .fd = 61}, {.number = 0, .path = "ten", .how = O_RDONLY}};
	lseek(61, 2, SEEK_SET);
	run_with("read x; read -u 60 y; read -u 61 z; echo $x $y $z", same, 3);
	expect_log("log", "a a eleven\n");
}

/* All low numbers, whatever the executor itself has there; in either order, so that
 * each is the number of another's source. */
Test(exec_descriptors, each_number_can_be_given)
{
	enum { COUNT = 32, FIRST = 3 };
	struct fq_descriptor wanted[COUNT];
	open_at(60, "even", "e\neven\n");
	open_at(61, "odd", "o\nodd\n");
	size_t before = count_descriptors();
	for (int turn = 0; turn < 4; turn++) {
		bool is_downwards = turn % 2, is_anew = turn / 2;
		for (int i = 0; i < COUNT; i++) {
			int number = FIRST + (is_downwards ? COUNT - 1 - i : i);
			wanted[i] = (struct fq_descriptor){.number = number, .fd = 60 + number % 2};
			if (is_anew) {
				wanted[i].path = number % 2 ? "odd" : "even";
			}
		}
		run_with("for ((i = 3; i < 35; i++)); do t=$(readlink /proc/$$/fd/$i); "
		         "[ ${t##*/} = $( ((i % 2)) && echo odd || echo even) ] || echo $i; done",
		        wanted, COUNT);
		cr_assert(access("log", F_OK) != 0, "turn %d", turn);
	}
	cr_assert(count_descriptors() == before);
}

Test(exec_descriptors, writing_through_one_arrives)
{
	int ends[2];
	char text[16] = "";
	cr_assert(pipe2(ends, O_CLOEXEC) == 0);
	run_with("echo hello >&7", &(struct fq_descriptor){.number = 7, .fd = ends[1]}, 1);
	close(ends[1]);
	cr_assert(read(ends[0], text, sizeof(text)) == 6 && strcmp(text, "hello\n") == 0);
	cr_assert(read(ends[0], text, sizeof(text)) == 0, "nobody else has it");
}

Test(exec_descriptors, that_cannot_be_opened_is_told)
{
	struct fq_error err = {0};
	const struct fq_descriptor wanted[] = {{.number = 3, .path = "/dev/null", .how = O_RDONLY},
	        {.number = 4, .path = "missing", .how = O_RDONLY}};
	size_t before = count_descriptors();
	cr_assert_not(start_with("true", wanted, 2, &err));
	cr_assert(strstr(err.text, "missing") && err.number == ENOENT, "%s", err.text);
	cr_assert(count_descriptors() == before);
	fq_error_finish(&err);
	cr_assert_not(start_with("true", &(struct fq_descriptor){.number = 4, .fd = 999}, 1, &err));
	cr_assert(err.number == EBADF && count_descriptors() == before, "%s", err.text);
	fq_error_finish(&err);
	cr_assert(run_script("exit 3") == 3 << 8, "the slot is free");
}

/* --- no more of something ---------------------------------------------------- */

Test(exec_descriptors, when_we_have_none_left_the_number_is_told)
{
	struct fq_error err = {0};
	int last = -1, fd;
	cr_assert(setrlimit(RLIMIT_NOFILE, &(struct rlimit){100, 100}) == 0);
	while ((fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0) {
		last = fd;
	}
	for (int unused = 0; unused < 3; unused++) {
		cr_assert_not(start_with("true", NULL, 0, &err));
		cr_assert(err.number == EMFILE, "%s", err.text);
		fq_error_finish(&err);
		err = (struct fq_error){0};
		close(last--);
	}
	cr_assert(run_script("exit 3") == 3 << 8, "three are enough");
}

/* In a process of its own, since it stays another user. */
static int number_of_failure_as_nobody(void)
{
	struct fq_error err = {0};
	if ((getuid() == 0 && setuid(65534) != 0) || setrlimit(RLIMIT_NPROC, &(struct rlimit){0, 0}) != 0) {
		return 255;
	}
	return start_with("true", NULL, 0, &err) ? 0 : err.number;
}

Test(exec_descriptors, when_the_system_has_no_process_left_the_number_is_told)
{
	int status;
	cr_assert(chmod(".", 0777) == 0);
	pid_t pid = fork();
	if (pid == 0) {
		_exit(number_of_failure_as_nobody());
	}
	cr_assert(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	cr_assert(WEXITSTATUS(status) == EAGAIN, "%s", strerror(WEXITSTATUS(status)));
}

Test(exec_descriptors, folder_that_is_not_there_is_told_as_that)
{
	struct fq_error err = {0};
	char *argv[] = {"true", NULL};
	struct fq_launch launch = {.argv = argv, .env = usual_env, .log = "log", .cwd = "gone"};
	cr_assert_not(executor->impl->start(executor, 0, &launch, &err));
	cr_assert(strstr(err.text, "folder gone") && err.number == ENOENT, "%s", err.text);
	fq_error_finish(&err);
}
