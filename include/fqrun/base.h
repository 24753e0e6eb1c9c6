/* base: what every room needs and no room owns.
 *
 * Memory, text, hashes, errors, files and the clock. Knows nothing of samples,
 * manifests or processes, never prints and never exits.
 *
 * Ownership: `init/finish` work on the caller's memory; a `finish` takes a
 * zeroed value and leaves one. What an arena gave lives until the arena's end.
 * Running out of memory never returns: see fq_memory_on_exhausted(). */
#ifndef FQRUN_BASE_H
#define FQRUN_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define FQ_PRINTF(text, first) __attribute__((format(printf, text, first)))
#define FQ_NORETURN __attribute__((noreturn))
#else
#define FQ_PRINTF(text, first)
#define FQ_NORETURN
#endif

#define FQ_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* --- memory (memory.c, the one file that calls malloc) ------------------- */

/* Called with the number of bytes asked for when memory is exhausted. It must
 * not return; the default prints nothing and aborts. Set once, at start. */
typedef void fq_exhausted_fn(size_t bytes);
void fq_memory_on_exhausted(fq_exhausted_fn *handler);

/* A zeroed arena is ready for use. */
struct fq_arena {
	struct fq_block *block;
};
void *fq_arena_alloc(struct fq_arena *arena, size_t bytes);              /* zeroed, aligned to 16 */
char *fq_arena_copy(struct fq_arena *arena, const char *at, size_t len); /* adds a NUL */
char *fq_arena_format(struct fq_arena *arena, const char *format, ...) FQ_PRINTF(2, 3);
void fq_arena_finish(struct fq_arena *arena);

/* Makes room for `need` elements of `size` bytes; *cap grows by half again.
 * Elements beyond the old capacity are zeroed. Free with fq_release(). */
void *fq_grow(void *array, size_t *cap, size_t need, size_t size);
/* qsort(3), which must not get NULL, for an array that may be empty. */
void fq_sort(void *array, size_t count, size_t size, int (*compare)(const void *, const void *));
void *fq_zeroed(size_t count, size_t size);
void fq_release(void *array);

/* --- text (text.c) ------------------------------------------------------- */

/* Bytes that somebody else owns; may hold NUL, need not end in one. */
struct fq_text {
	const char *at;
	size_t len;
};
struct fq_text fq_text(const char *string);
bool fq_text_equal(struct fq_text a, struct fq_text b);
bool fq_text_is(struct fq_text a, const char *string);
int fq_text_compare(struct fq_text a, struct fq_text b); /* runs of digits by value: s2 before s10 */
bool fq_text_is_utf16(struct fq_text text);              /* it begins with the mark of that */
struct fq_text fq_text_trim(struct fq_text text);        /* without blanks, tabs, CR, newlines at its ends */

/* Bytes of our own that grow; `at` is always followed by a NUL once something was added. */
struct fq_buf {
	char *at;
	size_t len, cap;
};
void fq_buf_add(struct fq_buf *buf, const void *at, size_t len);
void fq_buf_add_text(struct fq_buf *buf, struct fq_text text);
void fq_buf_puts(struct fq_buf *buf, const char *string);
void fq_buf_putc(struct fq_buf *buf, char c);
void fq_buf_add_number(struct fq_buf *buf, int64_t number); /* decimal, much faster than printf */
void fq_buf_addf(struct fq_buf *buf, const char *format, ...) FQ_PRINTF(2, 3);
void fq_buf_vaddf(struct fq_buf *buf, const char *format, va_list args);
char *fq_buf_room(struct fq_buf *buf, size_t len); /* room for len bytes behind buf->len, not counted yet */
void fq_buf_finish(struct fq_buf *buf);

/* How many bytes at `at` are one character of UTF-8 (RFC 3629, section 4); 0: a stray byte. */
size_t fq_utf8_measure(const char *at, size_t room);
/* As UTF-8: a stray byte becomes U+FFFD. */
void fq_buf_add_utf8(struct fq_buf *buf, struct fq_text text);

/* One word of POSIX shell, for a person to paste: quoted only if it must be;
 * bytes that would disturb a terminal appear as $'\033'. */
void fq_buf_add_quoted(struct fq_buf *buf, struct fq_text text);

/* One component of a path that cannot leave its folder, hide, disturb a
 * terminal or be too long: `/`, `%`, control bytes and a leading dot become
 * %XX; over 200 bytes it is cut and ends in a hash of the whole; nothing is `%`. */
void fq_buf_add_file_name(struct fq_buf *buf, struct fq_text text);

/* The candidate that a person most likely meant by `word`, or NULL: at most
 * two typos away (Damerau-Levenshtein), one in words of up to four letters. */
const char *fq_suggest(struct fq_text word, const char *const *candidates, size_t count);

/* "90s", "2h30m", "1d", "0.5s" to nanoseconds; false unless the whole text is a time. */
bool fq_parse_duration(struct fq_text text, int64_t *ret_ns);
/* "512M", "1.5G", "4096B", "2 GiB" to bytes (powers of 1024); false unless the whole text is a size.
 * A bare number is none: who writes `memory = 4` hardly means four bytes. */
bool fq_parse_size(struct fq_text text, int64_t *ret_bytes);
void fq_buf_add_size(struct fq_buf *buf, int64_t bytes); /* in that form: 4G, 3.9G, 512M */
/* A whole decimal number without sign. */
bool fq_parse_number(struct fq_text text, uint64_t *ret_number);

/* --- hashes (hash.c; XXH3 of xxHash) ------------------------------------- */

uint64_t fq_hash(const void *at, size_t len);
uint64_t fq_hash_next(uint64_t before, const void *at, size_t len); /* order matters */
#define FQ_DIGEST_LEN 32
void fq_digest(const void *at, size_t len, char ret_hex[FQ_DIGEST_LEN + 1]); /* XXH3-128, hex */

/* A set of numbers found by a hash of what they stand for. The caller compares:
 * `same(value, context)` says whether this is the one that is looked for. */
struct fq_map {
	struct fq_map_entry *entries;
	size_t cap, count;
};
typedef bool fq_map_same_fn(uint32_t value, const void *context);
uint32_t *fq_map_find(const struct fq_map *map, uint64_t hash, fq_map_same_fn *same, const void *context);
void fq_map_add(struct fq_map *map, uint64_t hash, uint32_t value); /* does not look for an equal one */
void fq_map_finish(struct fq_map *map);

/* --- errors (error.c) ---------------------------------------------------- */

/* A place in something that a person wrote. file NULL: no place; line 0: the
 * whole file; column 0: the whole line. Lines and columns (bytes) count from 1. */
struct fq_where {
	const char *file;
	uint32_t line, column;
};

/* One thing that went wrong: where, what, and what to do (hint, may be NULL).
 * `source` is the text of that line, for the caret; may be empty. A zeroed
 * fq_error is "nothing happened"; texts are owned, fq_error_finish() frees. */
struct fq_error {
	struct fq_where where;
	char *text, *hint;
	int number; /* errno, where the system refused something; else 0 */
};
#define FQ_NOWHERE ((struct fq_where){NULL, 0, 0})
/* Keeps the first error, frees nothing of it. Always false: `return fq_fail(...)`. */
bool fq_fail(struct fq_error *err, struct fq_where where, const char *hint, const char *format, ...)
        FQ_PRINTF(4, 5);
/* The same for a system call: appends ": " and the words of errno. */
bool fq_fail_errno(struct fq_error *err, const char *format, ...) FQ_PRINTF(2, 3);
void fq_error_finish(struct fq_error *err);

/* All that went wrong, in the order it was found. Texts live in its arena. */
struct fq_finding {
	struct fq_finding *next;
	struct fq_where where;
	struct fq_text source;
	const char *text, *hint;
	bool is_warning;
};
struct fq_errors {
	struct fq_arena arena;
	struct fq_finding *first, *last;
	size_t errors, warnings;
};
struct fq_finding *fq_errors_add(struct fq_errors *errors, struct fq_where where, const char *hint,
        const char *format, ...) FQ_PRINTF(4, 5);
struct fq_finding *fq_errors_warn(struct fq_errors *errors, struct fq_where where, const char *hint,
        const char *format, ...) FQ_PRINTF(4, 5);
void fq_errors_sort(
        struct fq_errors *errors); /* file after file, as first met, and in each by line and column */
void fq_errors_finish(struct fq_errors *errors);

/* --- files (file.c) ------------------------------------------------------ */

/* What a file was like. Compared for equality only, never by which is newer. */
struct fq_stamp {
	int64_t size_bytes; /* -1: not there */
	int64_t mtime_ns;   /* since 1970 */
};
bool fq_stamp_equal(struct fq_stamp a, struct fq_stamp b);
struct fq_stamp fq_stamp_read(const char *path); /* follows links; what cannot be looked at is "not there" */

/* All that a system call tells of whether a file was written to, or another put in its place: for
 * as long as it is watched, never to be recorded. */
struct fq_file_state {
	struct fq_stamp stamp;
	int64_t ctime_ns;
	uint64_t device, inode;
	uint64_t standing; /* of its links, its mode and owners */
};
struct fq_file_state fq_file_state_read(const char *path);
/* Whether nobody wrote to it meanwhile. A link to it that came or went, another mode or owner
 * change its ctime as well, and are nothing. */
bool fq_file_state_holds(const struct fq_file_state *before, const struct fq_file_state *now);

/* A hash of a regular file's content; false if it cannot be read, or `is_stopped` (may be
 * NULL; asked now and then) says so. */
bool fq_file_hash(const char *path, uint64_t *ret_hash, bool (*is_stopped)(void *context), void *context);
/* The same for one that is open, from where it stands. */
bool fq_file_hash_open(int fd, uint64_t *ret_hash, bool (*is_stopped)(void *context), void *context);
/* The whole of a regular file; never opens a FIFO or device, refuses over `limit` bytes. */
bool fq_file_read(const char *path, size_t limit_bytes, struct fq_buf *ret, struct fq_error *err);
/* The last `most` bytes of one, however large it is; *ret_hidden are before them. */
bool fq_file_read_end(
        const char *path, size_t most, struct fq_buf *ret, int64_t *ret_hidden, struct fq_error *err);
bool fq_file_write_all(
        int fd, const void *at, size_t len); /* errno on false; retries EINTR and short writes */
/* Beside its place, then renamed: readers see the old content or the new. */
bool fq_file_replace(const char *path, const void *at, size_t len, struct fq_error *err);
bool fq_folder_make(const char *path, struct fq_error *err);     /* with its parents */
bool fq_folder_make_for(const char *file, struct fq_error *err); /* the folder that `file` stands in */
bool fq_folder_is_empty(const char *path);

/* --- folders as one thing (tree.c) ------------------------------------------ */

/* Whether it ends in `/`: so a folder is written that counts as one thing. */
bool fq_path_is_folder(const char *path);

/* What is written to become an output, and what was left of one, stands in folders beside its
 * place: PREFIX and 16 digits, and PARTIAL. */
#define FQ_ASIDE_PREFIX ".fqrun-tmp-"
#define FQ_PARTIAL_NAME ".fqrun-partial"
bool fq_name_is_aside(const char *name); /* of the first kind */

/* A folder and all that is in it, however deep and whatever the names, but for those folders.
 * Links in it are what they say, and are not followed; the folder itself may be one. */
struct fq_tree {
	struct fq_stamp stamp; /* the bytes of all files; in place of a time a number, >= 0: above its
	                          FQ_TREE_FILES_BITS a hash of all names and kinds, of the files' sizes and
	                          times, and of the links' targets; in them how many files, or the most */
	int64_t newest_ns;     /* the latest time of a file in it; INT64_MIN: there is none */
	uint64_t files;        /* whatever is no folder */
};
enum { FQ_TREE_FILES_BITS = 20, FQ_TREE_FILES_MOST = (1 << FQ_TREE_FILES_BITS) - 1 };
/* False: no folder, or what is in it cannot be told now; its stamp says so too. */
bool fq_tree_look(const char *path, struct fq_tree *ret);
struct fq_stamp fq_tree_stamp(const char *path);
bool fq_tree_is_hollow(const char *path); /* there, and no file is in it, nor in a folder in it */
/* The same hash with the content of files of up to `most_bytes` in place of their times. */
bool fq_tree_hash(const char *path, int64_t most_bytes, uint64_t *ret_hash, bool (*is_stopped)(void *context),
        void *context);
/* Or a file, or a link: follows none, also where the path ends in `/`; absent is fine. */
bool fq_tree_remove(const char *path, struct fq_error *err);

/* --- processes (clock.c) --------------------------------------------------- */

/* A process, told apart from a later one that got its number. */
struct fq_process {
	int64_t pid;
	int64_t started_ticks; /* since boot, as /proc/PID/stat has it; a few more are allowed */
};
int64_t fq_clock_ticks(void);     /* since boot, in that unit */
void fq_boot_id(char ret_id[64]); /* another text after each boot; empty if the system has none */

/* --- the machine (machine.c) ------------------------------------------------ */

/* What this machine, or the control group that we are in, lets us use; 0: unknown. */
int64_t fq_memory_available(void);

/* The least limit of our control group and those around it; 0: none. `root` is where
 * proc and sys are, "" for this machine. */
int64_t fq_memory_limit(const char *root);

/* How many processes of our control group, or where none is told of of this machine, the
 * kernel has killed for want of memory; -1: it does not tell. */
int64_t fq_memory_oom_kills(const char *root);

/* --- clock (clock.c) ----------------------------------------------------- */

int64_t fq_clock_ns(void);     /* never goes back */
int64_t fq_clock_wall_s(void); /* since 1970 */
int64_t fq_clock_wall_ns(void);
void fq_buf_add_duration(struct fq_buf *buf, int64_t ns); /* "0.2s", "12s", "3m05s", "2h10m" */

#endif
