#include "fqrun/jobserver.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Flags of make that take what follows in their word, so no letters stand behind them. */
#define TAKES_THE_REST "CEIWfjloO"

enum kind { OTHER, AUTH, JOBS, END };

struct word {
	enum kind kind;
	struct fq_text raw;  /* as it stands there */
	const char *value;   /* of AUTH and JOBS; lies in the reader's plain */
	size_t letters_kept; /* of JOBS: "kj3" and "-kj3" without it; 0: nothing is left */
	bool is_bare;        /* neither an option nor a variable */
	bool is_first;
};

struct reader {
	const char *at;
	struct fq_buf plain; /* the word, its escapes taken off, and a NUL */
	bool is_behind_first;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The bytes up to the next blank that no `\` escapes. */
static void read_plain(struct reader *reader)
{
	reader->plain.len = 0;
	while (*reader->at && !is_blank(*reader->at)) {
		if (*reader->at == '\\' && reader->at[1]) {
			reader->at++;
		}
		fq_buf_putc(&reader->plain, *reader->at++);
	}
}

/* make takes `-j 4` for -j4, but no other word. */
static void read_number_behind(struct reader *reader, struct word *word)
{
	const char *from = reader->at, *end;
	while (is_blank(*from)) {
		from++;
	}
	for (end = from; is_digit(*end);) {
		end++;
	}
	if (end > from && (!*end || is_blank(*end))) {
		size_t len = reader->plain.len + 1;
		fq_buf_putc(&reader->plain, '\0');
		fq_buf_add(&reader->plain, from, (size_t)(end - from));
		word->value = reader->plain.at + len;
		reader->at = end;
	}
}

/* -jN, which may stand behind other letters, and --jobs. */
static void recognize_jobs(struct word *word, const char *plain)
{
	size_t dash = plain[0] == '-', letters = dash;
	while (isalpha((unsigned char)plain[letters]) && !strchr(TAKES_THE_REST, plain[letters])) {
		letters++;
	}
	if (strncmp(plain, "--jobs", 6) == 0 && (!plain[6] || plain[6] == '=')) {
		word->kind = JOBS;
		word->value = plain + 6 + (plain[6] == '=');
	} else if (strncmp(plain, "--", 2) != 0 && plain[letters] == 'j' &&
	           (dash || (word->is_bare && word->is_first))) {
		word->kind = JOBS;
		word->value = plain + letters + 1;
		word->letters_kept = letters > dash ? letters : 0;
	}
}

static void recognize(struct word *word, const char *plain)
{
	static const char *const auths[] = {"--jobserver-auth=", "--jobserver-fds="};
	word->is_bare = plain[0] != '-' && !strchr(plain, '=');
	for (size_t i = 0; i < FQ_COUNT(auths); i++) {
		if (strncmp(plain, auths[i], strlen(auths[i])) == 0) {
			word->kind = AUTH;
			word->value = plain + strlen(auths[i]);
			return;
		}
	}
	if (strcmp(plain, "--") == 0) {
		word->kind = END;
		return;
	}
	recognize_jobs(word, plain);
}

/* The words as make's decode_env_switches() splits them, up to `--`. Where false,
 * reader->at stands before the blanks that lead to what is no option any more. */
static bool read_word(struct reader *reader, struct word *ret)
{
	const char *before = reader->at;
	while (is_blank(*reader->at)) {
		reader->at++;
	}
	*ret = (struct word){.raw.at = reader->at, .is_first = !reader->is_behind_first};
	read_plain(reader);
	if (reader->at > ret->raw.at) {
		recognize(ret, reader->plain.at);
	}
	if (reader->at == ret->raw.at || ret->kind == END) {
		reader->at = before;
		return false;
	}
	if (ret->kind == JOBS && !*ret->value) {
		read_number_behind(reader, ret);
	}
	ret->raw.len = (size_t)(reader->at - ret->raw.at);
	reader->is_behind_first = true;
	return true;
}

/* --- what it says ------------------------------------------------------------------ */

static uint32_t parse_jobs(const char *value, uint32_t before)
{
	uint64_t number = 0;
	if (!*value) {
		return UINT32_MAX;
	}
	if (!fq_parse_number(fq_text(value), &number) || number == 0) {
		return before;
	}
	return number < UINT32_MAX ? (uint32_t)number : UINT32_MAX - 1;
}

/* Returns what stands behind the number; NULL: it is none. */
static const char *parse_fd(const char *at, int *ret)
{
	char *end = NULL;
	long long number = is_digit(at[*at == '-']) ? strtoll(at, &end, 10) : LLONG_MAX;
	if (number > INT_MAX || number < INT_MIN) {
		return NULL;
	}
	*ret = (int)number;
	return end;
}

static void parse_auth(struct fq_makeflags *ret)
{
	if (strncmp(ret->auth, "fifo:", 5) == 0 && ret->auth[5]) {
		ret->style = FQ_JOBSERVER_FIFO;
		ret->path = ret->auth + 5;
		return;
	}
	int fds[2];
	const char *end = parse_fd(ret->auth, &fds[0]);
	end = end && *end == ',' ? parse_fd(end + 1, &fds[1]) : NULL;
	ret->style = FQ_JOBSERVER_UNKNOWN;
	if (end && !*end) {
		ret->style = FQ_JOBSERVER_PIPE;
		ret->read_fd = fds[0];
		ret->write_fd = fds[1];
	}
}

/* The letters are the first word, unless a blank stands before it. */
static bool has_letter_n(const char *text, const struct word *word, const char *plain)
{
	return word->is_first && word->is_bare && word->raw.at == text &&
	       memchr(plain, 'n', strcspn(plain, TAKES_THE_REST)) != NULL;
}

void fq_makeflags_read(const char *text, struct fq_arena *arena, struct fq_makeflags *ret)
{
	struct reader reader = {.at = text ? text : ""};
	struct word word;
	*ret = (struct fq_makeflags){0};
	while (read_word(&reader, &word)) {
		ret->is_dry_run |= has_letter_n(text, &word, reader.plain.at);
		if (word.kind == AUTH) {
			ret->auth = fq_arena_copy(arena, word.value, strlen(word.value));
		} else if (word.kind == JOBS) {
			ret->jobs = parse_jobs(word.value, ret->jobs);
		}
	}
	if (ret->auth) {
		parse_auth(ret);
	}
	fq_buf_finish(&reader.plain);
}

/* --- with another pool, or none ------------------------------------------------------ */

/* What stays of a word: make would take a bare one that becomes the first for letters,
 * and takes no notice of it anywhere else. */
static struct fq_text keep(const struct word *word, const char *plain, bool is_first_kept)
{
	if (word->kind == AUTH || (word->is_bare && !word->is_first && is_first_kept)) {
		return (struct fq_text){0};
	}
	return word->kind == JOBS ? (struct fq_text){plain, word->letters_kept} : word->raw;
}

/* A `\` that ends the text escapes nothing; with more behind it, it would. */
static bool ends_in_lone_backslash(struct fq_text word)
{
	size_t count = 0;
	while (count < word.len && word.at[word.len - 1 - count] == '\\') {
		count++;
	}
	return count % 2 == 1;
}

/* Adds the options that are no jobserver's, each with the blanks before it. Returns what
 * follows them: blanks, or ` -- VARIABLE...`. */
static const char *add_options(const char *text, struct fq_buf *buf)
{
	struct reader reader = {.at = text ? text : ""};
	struct word word;
	size_t start = buf->len;
	const char *from = reader.at;
	for (; read_word(&reader, &word); from = reader.at) {
		struct fq_text kept = keep(&word, reader.plain.at, buf->len == start);
		if (kept.len) {
			fq_buf_add(buf, from, (size_t)(word.raw.at - from));
			fq_buf_add_text(buf, kept);
			fq_buf_puts(buf, ends_in_lone_backslash(kept) ? "\\" : "");
		}
	}
	fq_buf_finish(&reader.plain);
	return from;
}

/* A blank before `--`, where it is the first word. */
static void add_rest(const char *rest, struct fq_buf *buf)
{
	fq_buf_puts(buf, *rest && !is_blank(*rest) ? " " : "");
	fq_buf_puts(buf, rest);
}

void fq_makeflags_add_bare(const char *text, struct fq_buf *buf)
{
	size_t start = buf->len;
	const char *rest = add_options(text, buf);
	if (buf->len > start || rest[strspn(rest, " \t")]) {
		add_rest(rest, buf);
	}
}

void fq_makeflags_add_offer(const char *text, uint32_t jobs, const char *auth, struct fq_buf *buf)
{
	const char *rest = add_options(text, buf);
	if (jobs) {
		fq_buf_addf(buf, " -j%lu", (unsigned long)jobs);
	}
	fq_buf_puts(buf, " --jobserver-auth=");
	for (; *auth; auth++) {
		fq_buf_puts(buf, is_blank(*auth) || *auth == '\\' ? "\\" : "");
		fq_buf_putc(buf, *auth);
	}
	add_rest(rest, buf);
}
