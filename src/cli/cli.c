#include "cli.h"
#include "fqrun/run.h"
#include "options.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A file that we open must not become standard input, output or error because that
 * was closed. The wrong way round, so that using it is the error it should be. */
static void occupy_standard_files(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0) {
			int ignored = open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
			(void)ignored;
		}
	}
}

/* Nothing may be allocated any more: say it, stop the jobs, go. */
static void out_of_memory(size_t bytes)
{
	static const char text[] = "fqrun: out of memory; running jobs are stopped, what is done is kept\n";
	(void)bytes;
	fq_run_abandon();
	ssize_t ignored = write(STDERR_FILENO, text, sizeof(text) - 1);
	(void)ignored;
	_exit(3);
}

/* Where the command word stands; only -C DIR may come before one that has options of its own. */
static int find_word(int argc, char **argv)
{
	int at = 1;
	while (at + 1 < argc && strcmp(argv[at], "-C") == 0) {
		at += 2;
	}
	return at < argc ? at : 0;
}

typedef int command_fn(int argc, char **argv);

/* The command that has options of its own, or NULL. */
static command_fn *find_command(const char *word)
{
	static const struct {
		const char *word;
		command_fn *run;
	} commands[] = {{"fastq-stats", fq_cli_fastq_stats}, {"init", fq_cli_init}};
	for (size_t i = 0; i < FQ_COUNT(commands); i++) {
		if (strcmp(word, commands[i].word) == 0) {
			return commands[i].run;
		}
	}
	return NULL;
}

static int run_command(command_fn *run, int argc, char **argv, int word)
{
	for (int i = 1; i < word; i += 2) {
		if (chdir(argv[i + 1]) != 0) {
			struct fq_error err = {0};
			fq_fail_errno(&err, "cannot go to %s", argv[i + 1]);
			fq_cli_print_error(&err);
			fq_error_finish(&err);
			return 2;
		}
	}
	return run(argc - word, argv + word);
}

static int show(const struct fq_options *options)
{
	struct fq_buf text = {0};
	if (options->help) {
		fq_cli_add_help(&text);
	} else {
		fq_buf_puts(&text, "fqrun " FQ_VERSION "\n");
	}
	fwrite(text.at, 1, text.len, stdout);
	fq_buf_finish(&text);
	if (fflush(stdout) != 0) {
		perror("fqrun: cannot write standard output");
		return 3;
	}
	return 0;
}

static int (*command_of(const struct fq_options *options))(const struct fq_options *options)
{
	static const struct {
		const char *name;
		int (*run)(const struct fq_options *options);
	} commands[] = {{"check", fq_cli_check}, {"list", fq_cli_list}, {"presets", fq_cli_presets},
	        {"export", fq_cli_export}, {"status", fq_cli_status}, {"why", fq_cli_why},
	        {"log", fq_cli_log}, {"history", fq_cli_history}, {"accept", fq_cli_accept},
	        {"forget", fq_cli_forget}, {"clean", fq_cli_clean}, {"gc", fq_cli_gc},
	        {"enter", fq_cli_enter}, {"rerun", fq_cli_rerun}};
	for (size_t i = 0; i < FQ_COUNT(commands); i++) {
		if (strcmp(options->command, commands[i].name) == 0) {
			return commands[i].run;
		}
	}
	return fq_cli_run;
}

int fq_cli_flush(int status)
{
	if ((fflush(stdout) == 0 && !ferror(stdout)) || status >= 2) {
		return status;
	}
	/* `fqrun -n | head`: its reader has seen enough. */
	struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
	if (poll(&out, 1, 0) == 1 && (out.revents & POLLERR)) {
		return 128 + SIGPIPE;
	}
	fputs("fqrun: cannot write standard output: is the disk full?\n", stderr);
	return 3;
}

int fq_cli_main(int argc, char **argv)
{
	occupy_standard_files();
	signal(SIGXFSZ, SIG_IGN); /* a write that fails is told with its place */
	fq_memory_on_exhausted(out_of_memory);
	int word = find_word(argc, argv);
	command_fn *command = word ? find_command(argv[word]) : NULL;
	if (command) {
		return run_command(command, argc, argv, word);
	}
	struct fq_options options;
	int status = 2;
	if (fq_cli_parse(&options, argc, argv)) {
		status = options.help || options.version ? show(&options) : command_of(&options)(&options);
	}
	fq_cli_options_finish(&options);
	return status;
}
