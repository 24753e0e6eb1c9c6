/* Feeds each file of a folder to a fuzz target: its corpus as an ordinary test,
 * or one finding again.
 *
 * usage: replay_NAME FOLDER|FILE... */
#include "fqrun/base.h"
#include "fuzz.h"

#include <dirent.h>
#include <sys/stat.h>

enum { INPUT_BYTES_MAX = 64 << 20 };

static size_t replayed;

static void replay_file(const char *path)
{
	struct fq_buf data = {0};
	struct fq_error err = {0};
	if (!fq_file_read(path, INPUT_BYTES_MAX, &data, &err)) {
		fprintf(stderr, "replay: %s\n", err.text);
		exit(2);
	}
	/* A block of its own length, so that a read behind its end is seen. */
	uint8_t *exact = fq_zeroed(data.len, 1);
	for (size_t i = 0; i < data.len; i++) {
		exact[i] = (uint8_t)data.at[i];
	}
	fprintf(stderr, "%s\n", path);
	LLVMFuzzerTestOneInput(exact, data.len);
	fq_release(exact);
	fq_buf_finish(&data);
	replayed++;
}

static void replay_folder(const char *folder)
{
	struct fq_buf path = {0};
	DIR *dir = opendir(folder);
	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		struct stat st;
		path.len = 0;
		fq_buf_addf(&path, "%s/%s", folder, entry->d_name);
		if (stat(path.at, &st) == 0 && S_ISREG(st.st_mode)) {
			replay_file(path.at);
		}
	}
	if (dir) {
		closedir(dir);
	}
	fq_buf_finish(&path);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct stat st;
		if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode)) {
			replay_folder(argv[i]);
		} else {
			replay_file(argv[i]);
		}
	}
	if (replayed == 0) {
		fputs("replay: no input\n", stderr);
		return 2;
	}
	return 0;
}
