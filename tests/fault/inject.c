/* A library to preload: lets the n-th call of a kind fail, once or from then on.
 *
 *     FQ_FAULT=KIND:N[+]   the N-th call of KIND, counted from 1; `+`: and all after it
 *     FQ_FAULT_MARK=FILE   is made when the first one fails
 *
 * KIND is malloc, open, read, write, fsync, rename, spawn, pipe, mkdir, stat, unlink, mmap,
 * lock, truncate, allocate, space, chmod, copy or link. Only calls of the program that it was preloaded into
 * are counted, not those of what that starts: the variables are taken out of its environment. */
#undef _FILE_OFFSET_BITS /* else open is called open64, and there are two of them */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind {
	MALLOC,
	OPEN,
	READ,
	WRITE,
	FSYNC,
	RENAME,
	SPAWN,
	PIPE,
	MKDIR,
	STAT,
	UNLINK,
	MMAP,
	LOCK,
	TRUNCATE,
	ALLOCATE,
	SPACE, /* how much is free */
	CHMOD,
	COPY, /* of a descriptor */
	LINK, /* where one leads */
	KINDS,
};

static const struct {
	const char *name;
	int number; /* errno */
} kinds[KINDS] = {
        [MALLOC] = {"malloc", ENOMEM},
        [OPEN] = {"open", EMFILE},
        [READ] = {"read", EIO},
        [WRITE] = {"write", ENOSPC},
        [FSYNC] = {"fsync", EIO},
        [RENAME] = {"rename", EIO},
        [SPAWN] = {"spawn", EAGAIN},
        [PIPE] = {"pipe", EMFILE},
        [MKDIR] = {"mkdir", ENOSPC},
        [STAT] = {"stat", EIO},
        [UNLINK] = {"unlink", EIO},
        [MMAP] = {"mmap", ENOMEM},
        [LOCK] = {"lock", ENOLCK},
        [TRUNCATE] = {"truncate", EIO},
        [ALLOCATE] = {"allocate", ENOSPC},
        [SPACE] = {"space", EIO},
        [CHMOD] = {"chmod", EIO},
        [COPY] = {"copy", EMFILE},
        [LINK] = {"link", EIO},
};

static enum kind wanted = KINDS;
static unsigned long from;
static bool stays;
static char mark[4096];
static atomic_ulong calls;

__attribute__((constructor)) static void begin(void)
{
	const char *fault = getenv("FQ_FAULT"), *file = getenv("FQ_FAULT_MARK");
	const char *colon = fault ? strchr(fault, ':') : NULL;
	if (!colon) {
		return;
	}
	for (int kind = 0; kind < KINDS; kind++) {
		size_t len = strlen(kinds[kind].name);
		if (len == (size_t)(colon - fault) && memcmp(fault, kinds[kind].name, len) == 0) {
			wanted = (enum kind)kind;
		}
	}
	char *end;
	from = strtoul(colon + 1, &end, 10);
	stays = *end == '+';
	if (file) {
		snprintf(mark, sizeof(mark), "%s", file);
	}
	unsetenv("FQ_FAULT");
	unsetenv("FQ_FAULT_MARK");
	unsetenv("LD_PRELOAD");
}

/* Whether this call is to fail; sets errno. */
static bool fails(enum kind kind)
{
	if (kind != wanted) {
		return false;
	}
	unsigned long call = atomic_fetch_add(&calls, 1) + 1;
	if (call != from && !(stays && call > from)) {
		return false;
	}
	if (call == from && mark[0]) {
		long fd = syscall(SYS_openat, AT_FDCWD, mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		if (fd >= 0) {
			syscall(SYS_close, fd);
		}
	}
	errno = kinds[kind].number;
	return true;
}

/* The function behind ours. */
#define REAL(name)                                                                                           \
	static __typeof__(&name) real;                                                                       \
	if (!real) {                                                                                         \
		*(void **)&real = dlsym(RTLD_NEXT, #name);                                                   \
	}

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *at, size_t size);

void *malloc(size_t size)
{
	return fails(MALLOC) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fails(MALLOC) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *at, size_t size)
{
	return fails(MALLOC) ? NULL : __libc_realloc(at, size);
}

#define OPEN_LIKE(name)                                                                                      \
	int name(const char *path, int how, ...)                                                             \
	{                                                                                                    \
		REAL(name)                                                                                   \
		va_list args;                                                                                \
		va_start(args, how);                                                                         \
		mode_t mode = (how & (O_CREAT | O_TMPFILE)) ? va_arg(args, mode_t) : 0;                      \
		va_end(args);                                                                                \
		return fails(OPEN) ? -1 : real(path, how, mode);                                             \
	}
OPEN_LIKE(open)
OPEN_LIKE(open64)

#define OPENAT_LIKE(name)                                                                                    \
	int name(int folder, const char *path, int how, ...)                                                 \
	{                                                                                                    \
		REAL(name)                                                                                   \
		va_list args;                                                                                \
		va_start(args, how);                                                                         \
		mode_t mode = (how & (O_CREAT | O_TMPFILE)) ? va_arg(args, mode_t) : 0;                      \
		va_end(args);                                                                                \
		return fails(OPEN) ? -1 : real(folder, path, how, mode);                                     \
	}
OPENAT_LIKE(openat)
OPENAT_LIKE(openat64)

/* RETURNS NAME(PARAMETERS) that hands on ARGUMENTS, or fails with VALUE. */
#define LIKE(kind, value, returns, name, parameters, arguments)                                              \
	returns name parameters                                                                              \
	{                                                                                                    \
		REAL(name)                                                                                   \
		return fails(kind) ? (value) : real arguments;                                               \
	}

LIKE(OPEN, NULL, DIR *, opendir, (const char *path), (path))
LIKE(OPEN, NULL, DIR *, fdopendir, (int fd), (fd))
LIKE(READ, -1, ssize_t, read, (int fd, void *at, size_t len), (fd, at, len))
LIKE(READ, -1, ssize_t, pread, (int fd, void *at, size_t len, off_t from_), (fd, at, len, from_))
LIKE(READ, -1, ssize_t, pread64, (int fd, void *at, size_t len, off64_t from_), (fd, at, len, from_))
LIKE(READ, -1, ssize_t, preadv64v2, (int fd, const struct iovec *to, int count, off64_t from_, int how),
        (fd, to, count, from_, how))
LIKE(READ, NULL, struct dirent64 *, readdir64, (DIR * dir), (dir))
LIKE(WRITE, -1, ssize_t, write, (int fd, const void *at, size_t len), (fd, at, len))
LIKE(WRITE, -1, ssize_t, pwrite64, (int fd, const void *at, size_t len, off64_t to), (fd, at, len, to))
LIKE(FSYNC, -1, int, fsync, (int fd), (fd))
LIKE(FSYNC, -1, int, fdatasync, (int fd), (fd))
LIKE(RENAME, -1, int, rename, (const char *from_, const char *to), (from_, to))
LIKE(RENAME, -1, int, link, (const char *from_, const char *to), (from_, to))
LIKE(RENAME, -1, int, renameat2,
        (int from_folder, const char *from_, int to_folder, const char *to, unsigned how),
        (from_folder, from_, to_folder, to, how))
LIKE(SPAWN, EAGAIN, int, pthread_create,
        (pthread_t * ret, const pthread_attr_t *how, void *(*work)(void *), void *context),
        (ret, how, work, context))
LIKE(SPAWN, -1, pid_t, fork, (void), ())
LIKE(PIPE, -1, int, pipe2, (int ends[2], int how), (ends, how))
LIKE(MKDIR, -1, int, mkdir, (const char *path, mode_t mode), (path, mode))
LIKE(MKDIR, -1, int, mkfifo, (const char *path, mode_t mode), (path, mode))
LIKE(STAT, -1, int, access, (const char *path, int how), (path, how))
LIKE(STAT, -1, int, faccessat, (int fd, const char *path, int what, int how), (fd, path, what, how))
LIKE(STAT, -1, int, stat64, (const char *path, struct stat64 *ret), (path, ret))
LIKE(STAT, -1, int, lstat64, (const char *path, struct stat64 *ret), (path, ret))
LIKE(STAT, -1, int, fstat64, (int fd, struct stat64 *ret), (fd, ret))
LIKE(STAT, -1, int, fstatat64, (int fd, const char *path, struct stat64 *ret, int how), (fd, path, ret, how))
LIKE(UNLINK, -1, int, unlink, (const char *path), (path))
LIKE(UNLINK, -1, int, unlinkat, (int fd, const char *path, int how), (fd, path, how))
LIKE(UNLINK, -1, int, rmdir, (const char *path), (path))
LIKE(MMAP, MAP_FAILED, void *, mmap64, (void *at, size_t len, int may, int how, int fd, off64_t from_),
        (at, len, may, how, fd, from_))
LIKE(LOCK, -1, int, flock, (int fd, int how), (fd, how))
LIKE(TRUNCATE, -1, int, ftruncate64, (int fd, off64_t len), (fd, len))
LIKE(ALLOCATE, -1, int, fallocate64, (int fd, int how, off64_t from_, off64_t len), (fd, how, from_, len))
LIKE(SPACE, -1, int, statvfs64, (const char *path, struct statvfs64 *ret), (path, ret))
LIKE(SPACE, -1, int, fstatvfs64, (int fd, struct statvfs64 *ret), (fd, ret))
LIKE(CHMOD, -1, int, chmod, (const char *path, mode_t mode), (path, mode))
LIKE(CHMOD, -1, int, fchmod, (int fd, mode_t mode), (fd, mode))
LIKE(CHMOD, -1, int, fchmodat, (int fd, const char *path, mode_t mode, int how), (fd, path, mode, how))
LIKE(COPY, -1, int, dup2, (int from_, int to), (from_, to))
LIKE(LINK, -1, ssize_t, readlink, (const char *path, char *ret, size_t room), (path, ret, room))
LIKE(LINK, -1, ssize_t, readlinkat, (int fd, const char *path, char *ret, size_t room), (fd, path, ret, room))
LIKE(LINK, NULL, char *, realpath, (const char *path, char *ret), (path, ret))
LIKE(LINK, NULL, char *, getcwd, (char *ret, size_t room), (ret, room))

/* Only what makes a descriptor is a copy. */
int fcntl64(int fd, int what, ...)
{
	REAL(fcntl64)
	va_list args;
	va_start(args, what);
	void *value = va_arg(args, void *);
	va_end(args);
	return (what == F_DUPFD || what == F_DUPFD_CLOEXEC) && fails(COPY) ? -1 : real(fd, what, value);
}

/* Says what went wrong by what it returns. */
int posix_spawn(pid_t *ret, const char *path, const posix_spawn_file_actions_t *actions,
        const posix_spawnattr_t *attributes, char *const argv[], char *const env[])
{
	REAL(posix_spawn)
	return fails(SPAWN) ? errno : real(ret, path, actions, attributes, argv, env);
}
