/* exec, inside: what its files share. */
#ifndef FQRUN_EXEC_INTERNAL_H
#define FQRUN_EXEC_INTERNAL_H

#include "fqrun/exec.h"

#include <spawn.h>
#include <sys/types.h>

/* --- the log of one job (log.c) ---------------------------------------------------------- */

/* The file is made when the first byte comes, and holds the bytes as they came. With a
 * limit it is at most so large, and a line longer: the first half of what came, one line
 * that says how much was left out, and the last half, from a line's beginning if one is
 * near. Until the end that last half goes round in the file: a log whose job still runs,
 * or whose keeper was killed, is the first half and behind it a ring, out of order. */
struct fq_exec_log {
	int fd;    /* -1: nothing came yet */
	int spare; /* kept until then, so that there is room for fd; -1: none */
	bool failed;
	char *path;
	size_t path_cap;
	int64_t limit_bytes, came_bytes;
};
void fq_exec_log_begin(struct fq_exec_log *log, const char *path, int64_t limit_bytes);
void fq_exec_log_write(struct fq_exec_log *log, const char *at, size_t len);
bool fq_exec_log_end(struct fq_exec_log *log); /* false: part of it could not be written */

/* --- processes (spawn.c) ----------------------------------------------------------------- */

struct fq_exec_spawner {
	int null;
	posix_spawnattr_t attributes;
	struct fq_buf program;
	int *sources; /* of the descriptors that a job gets */
	size_t source_cap;
};
bool fq_exec_spawner_init(struct fq_exec_spawner *spawner, struct fq_error *err);
void fq_exec_spawner_finish(struct fq_exec_spawner *spawner);

/* Starts the command in a session of its own, both its outputs into `output`. */
bool fq_exec_spawn(struct fq_exec_spawner *spawner, const struct fq_launch *launch, int output,
        pid_t *ret_pid, struct fq_error *err);

/* From now on no program that we start gets a descriptor of which we do not say so. */
void fq_exec_keep_descriptors(void);

/* --- executors without processes (noop.c) -------------------------------------------------- */

struct fq_process fq_exec_no_process(const struct fq_executor *executor, uint32_t slot);
size_t fq_exec_watch_nothing(struct fq_executor *executor, struct pollfd *ret);
void fq_exec_absorb_nothing(struct fq_executor *executor, const struct pollfd *watched, size_t count);

#endif
