#include "fastq_files.h"

#include <sys/stat.h>
#include <sys/wait.h>

TestSuite(fastq_input, .init = make_folder, .fini = remove_folder);

static void add_run(struct fq_buf *buf, char c, size_t len)
{
	memset(fq_buf_room(buf, len), c, len);
	buf->len += len;
}

Test(fastq_input, reads_of_three_million_bases)
{
	const size_t lengths[] = {3000000, 1, 2999999, 3145728};
	struct fq_buf text = {0};
	for (size_t i = 0; i < FQ_COUNT(lengths); i++) {
		fq_buf_puts(&text, "@long\n");
		add_run(&text, i % 2 ? 'N' : 'G', lengths[i]);
		fq_buf_puts(&text, "\n+\n");
		add_run(&text, i % 2 ? '5' : '?', lengths[i]);
		fq_buf_puts(&text, "\n");
	}
	expect_counts("a.fq", text.at, text.len,
	        &(struct fq_fastq_stats){4, 9145728, 5999999, 3145729, 9145728, 5999999, 1, 3145728});
	expect_error("a.fq", text.at, text.len - 2,
	        "expected 3145728 qualities, found the end of the file after 3145727", NULL);
	fq_buf_finish(&text);
}

Test(fastq_input, a_title_of_a_million_bytes)
{
	struct fq_buf text = {0};
	fq_buf_puts(&text, "@");
	add_run(&text, 't', 1000000);
	fq_buf_puts(&text, "\nAC\n+");
	add_run(&text, 't', 1000000);
	fq_buf_puts(&text, "\nII\n");
	expect_counts("a.fq", text.at, text.len, &(struct fq_fastq_stats){1, 2, 1, 0, 2, 2, 2, 2});
	fq_buf_finish(&text);
}

/* Small records at every offset around a boundary: their bytes begin `shift` bytes before it. */
static void shift_records(size_t boundary, size_t shift)
{
	const char small[] = "@a\nACGT\n+\nIIII\n@b b\r\nGN\r\n+b b\r\n5!\r\n@c\n\n+\n\n@d\nCC\n+\n@+\n";
	struct fq_buf text = {0};
	fq_buf_puts(&text, "@");
	add_run(&text, 't', boundary - shift - 8);
	fq_buf_puts(&text, "\nA\n+\nI\n");
	cr_assert(text.len == boundary - shift);
	fq_buf_puts(&text, small);
	fq_buf_puts(&text, "\n\n");
	expect_counts("a.fq", text.at, text.len, &(struct fq_fastq_stats){5, 9, 5, 1, 7, 6, 0, 4});
	/* The same with a wrong byte: the second base of the last record. */
	char words[64];
	size_t at = boundary - shift + sizeof(small) - 1 - 7;
	text.at[at] = '9';
	snprintf(words, sizeof(words), "record 5, byte %zu: expected a base", at);
	expect_error("a.fq", text.at, text.len, words, NULL);
	fq_buf_finish(&text);
}

Test(fastq_input, records_at_every_offset_around_the_buffers_ends)
{
	for (size_t shift = 0; shift < 72; shift++) {
		shift_records(128 << 10, shift);
		shift_records(256 << 10, shift);
		shift_records(384 << 10, shift);
	}
}

static pid_t start_writer(int fd, const char *text, size_t step)
{
	pid_t child = fork();
	if (child == 0) {
		for (size_t at = 0, len = strlen(text); at < len; at += step) {
			usleep(500);
			write(fd, text + at, len - at < step ? len - at : step);
		}
		_exit(0);
	}
	return child;
}

Test(fastq_input, standard_input_comes_in_small_pieces)
{
	int ends[2];
	struct fq_fastq_stats stats;
	struct fq_error err = {0};
	cr_assert(pipe2(ends, O_NONBLOCK) == 0);
	dup2(ends[0], 0);
	pid_t child = start_writer(ends[1], "@a\nAC\n+\nII\n@b\nGCT\n+\n!!!\n", 3);
	close(ends[1]);
	cr_assert(fq_fastq_read("-", &stats, &err), "%s", err.text);
	cr_assert(is_same(&stats, &(struct fq_fastq_stats){2, 5, 3, 0, 2, 2, 2, 3}));
	cr_assert(waitpid(child, NULL, 0) == child && fcntl(0, F_GETFD) != -1);
}

Test(fastq_input, an_error_in_standard_input_names_it)
{
	int ends[2];
	struct fq_fastq_stats stats;
	struct fq_error err = {0};
	cr_assert(pipe(ends) == 0);
	dup2(ends[0], 0);
	cr_assert(write(ends[1], "@a\nAC\n", 6) == 6);
	close(ends[1]);
	cr_assert(!fq_fastq_read("-", &stats, &err) && strcmp(err.where.file, "standard input") == 0);
	fq_error_finish(&err);
}

Test(fastq_input, a_named_pipe_is_read)
{
	struct fq_fastq_stats stats;
	struct fq_error err = {0};
	snprintf(path, sizeof(path), "%s/pipe", folder);
	cr_assert(mkfifo(path, 0600) == 0);
	pid_t child = fork();
	if (child == 0) {
		int fd = open(path, O_WRONLY);
		_exit(!fq_file_write_all(fd, "@a\nAC\n+\nII\n", 11));
	}
	cr_assert(fq_fastq_read(path, &stats, &err), "%s", err.text);
	cr_assert(is_same(&stats, &(struct fq_fastq_stats){1, 2, 1, 0, 2, 2, 2, 2}));
	waitpid(child, NULL, 0);
}
