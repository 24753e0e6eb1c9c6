/* What tools answered, so that a run with nothing to do need not start them. An answer
 * counts as long as the program is the same file: path, inode, size and times. A script
 * is asked in each run: what it starts may change behind the same file. */
#include "internal.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char header[] = "fqrun versions 1\n";
enum { HEADER_LEN = sizeof(header) - 1, CHECK_LEN = 16, FILE_BYTES_MAX = 1 << 20 };

static bool is_binary(const char *path)
{
	static const char magic[] = {'\177', 'E', 'L', 'F'};
	char start[sizeof(magic)];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool is = fd >= 0 && read(fd, start, sizeof(start)) == (ssize_t)sizeof(start) &&
	          memcmp(start, magic, sizeof(magic)) == 0;
	if (fd >= 0) {
		close(fd);
	}
	return is;
}

bool fq_run_version_key(const struct fq_run *run, const struct fq_job_command *command, char *const *env,
        char ret_key[FQ_DIGEST_LEN + 1])
{
	struct fq_buf program = {0}, text = {0};
	struct fq_error err = {0};
	struct stat file;
	const char *name = fq_list_next(&command->argv, NULL);
	bool ok = run->options.versions && name && fq_exec_find(name, env, &program, &err) &&
	          stat(program.at, &file) == 0 && is_binary(program.at);
	if (ok) {
		fq_buf_addf(&text, "%s\n%lld %lld %lld\n%lld.%09ld %lld.%09ld\n", program.at,
		        (long long)file.st_dev, (long long)file.st_ino, (long long)file.st_size,
		        (long long)file.st_mtim.tv_sec, file.st_mtim.tv_nsec, (long long)file.st_ctim.tv_sec,
		        file.st_ctim.tv_nsec);
		fq_buf_add(&text, command->argv.bytes.at, command->argv.bytes.len);
		fq_buf_putc(&text, '\n');
		fq_buf_add(&text, command->env.bytes.at, command->env.bytes.len);
		fq_digest(text.at, text.len, ret_key);
	}
	fq_error_finish(&err);
	fq_buf_finish(&program);
	fq_buf_finish(&text);
	return ok;
}

void fq_run_versions_load(const struct fq_run *run, struct fq_buf *ret)
{
	struct fq_error err = {0};
	struct stat file;
	const char *path = run->options.versions;
	/* What cannot be read, or is no such file, is as good as none. */
	bool ok = path && stat(path, &file) == 0 && fq_file_read(path, FILE_BYTES_MAX, ret, &err) &&
	          ret->len >= HEADER_LEN && memcmp(ret->at, header, HEADER_LEN) == 0;
	if (!ok) {
		ret->len = 0;
	}
	fq_error_finish(&err);
}

static void add_check(struct fq_buf *buf, struct fq_text text)
{
	fq_buf_addf(buf, "%016llx", (unsigned long long)fq_hash(text.at, text.len));
}

static bool is_whole(struct fq_text line)
{
	enum { LEAST = CHECK_LEN + 1 + FQ_DIGEST_LEN + 1 };
	if (line.len <= LEAST) {
		return false;
	}
	struct fq_buf check = {0};
	add_check(&check, (struct fq_text){line.at + CHECK_LEN + 1, line.len - CHECK_LEN - 1});
	bool is = memcmp(check.at, line.at, CHECK_LEN) == 0;
	fq_buf_finish(&check);
	return is;
}

bool fq_run_versions_find(const struct fq_buf *cache, const char *key, struct fq_buf *ret)
{
	const size_t before = CHECK_LEN + 1 + FQ_DIGEST_LEN + 1;
	for (size_t at = HEADER_LEN; at < cache->len;) {
		const char *end = memchr(cache->at + at, '\n', cache->len - at);
		struct fq_text line = {cache->at + at, end ? (size_t)(end - cache->at) - at : 0};
		if (!end) {
			return false;
		}
		at += line.len + 1;
		if (is_whole(line) && memcmp(line.at + CHECK_LEN + 1, key, FQ_DIGEST_LEN) == 0) {
			fq_buf_add_unescaped(ret, (struct fq_text){line.at + before, line.len - before});
			return true;
		}
	}
	return false;
}

void fq_run_versions_add(struct fq_buf *lines, const char *key, struct fq_text answer)
{
	struct fq_buf line = {0};
	fq_buf_addf(&line, "%s\t", key);
	fq_buf_add_escaped(&line, answer);
	add_check(lines, (struct fq_text){line.at, line.len});
	fq_buf_addf(lines, "\t%s\n", line.at);
	fq_buf_finish(&line);
}

void fq_run_versions_save(const struct fq_run *run, const struct fq_buf *cache, const struct fq_buf *lines)
{
	enum { KEPT_BYTES = 1 << 16 };
	struct fq_buf text = {0};
	struct fq_error err = {0};
	if (run->options.dry_run || lines->len == 0) {
		return;
	}
	fq_buf_puts(&text, header);
	fq_buf_add(&text, lines->at, lines->len);
	if (cache->len > HEADER_LEN && cache->len <= KEPT_BYTES) {
		fq_buf_add(&text, cache->at + HEADER_LEN, cache->len - HEADER_LEN);
	}
	/* Without it the tools are asked once more: no fault of the run. */
	fq_file_replace(run->options.versions, text.at, text.len, &err);
	fq_error_finish(&err);
	fq_buf_finish(&text);
}

void fq_run_versions_keep(const struct fq_run *run, const struct fq_buf *cache, const struct fq_buf *keys)
{
	struct fq_buf text = {0};
	struct fq_error err = {0};
	fq_buf_puts(&text, header);
	for (size_t at = HEADER_LEN; at < cache->len;) {
		const char *end = memchr(cache->at + at, '\n', cache->len - at);
		struct fq_text line = {cache->at + at, end ? (size_t)(end - cache->at) - at : 0};
		if (!end) {
			break;
		}
		at += line.len + 1;
		if (is_whole(line) && memmem(keys->at, keys->len, line.at + CHECK_LEN + 1, FQ_DIGEST_LEN)) {
			fq_buf_add(&text, line.at, line.len + 1);
		}
	}
	if (text.len < cache->len) {
		fq_file_replace(run->options.versions, text.at, text.len, &err);
	}
	fq_error_finish(&err);
	fq_buf_finish(&text);
}
