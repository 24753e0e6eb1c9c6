#include "fqrun/base.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

/* With AddressSanitizer too, memory that cannot be had is NULL. */
const char *__asan_default_options(void);
__attribute__((visibility("default"))) const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static jmp_buf exhausted;

static void jump(size_t bytes)
{
	(void)bytes;
	longjmp(exhausted, 1);
}

static bool is_zero(const char *at, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (at[i]) {
			return false;
		}
	}
	return true;
}

/* --- memory -------------------------------------------------------------- */

Test(base, arena_gives_zeroed_memory_aligned_to_16_of_any_size)
{
	struct fq_arena arena = {0};
	char *before[200];
	for (size_t len = 0; len < FQ_COUNT(before); len++) {
		before[len] = fq_arena_alloc(&arena, len);
		cr_assert((uintptr_t)before[len] % 16 == 0, "%zu", len);
		cr_assert(is_zero(before[len], len), "%zu", len);
		memset(before[len], (int)len, len);
	}
	for (size_t len = 1; len < FQ_COUNT(before); len++) {
		cr_assert(before[len][0] == (char)len && before[len][len - 1] == (char)len, "%zu", len);
	}
	fq_arena_finish(&arena);
}

Test(base, arena_gives_more_than_a_block_and_goes_on)
{
	struct fq_arena arena = {0};
	char *small = fq_arena_copy(&arena, "small", 5);
	char *large = fq_arena_alloc(&arena, 5 << 20);
	cr_assert(is_zero(large, 5 << 20));
	memset(large, 1, 5 << 20);
	for (int i = 0; i < 1000; i++) {
		cr_assert(is_zero(fq_arena_alloc(&arena, 4000), 4000));
	}
	cr_assert_str_eq(small, "small");
	fq_arena_finish(&arena);
	fq_arena_finish(&arena);
	cr_assert_null(arena.block);
}

Test(base, arena_copies_bytes_and_formats)
{
	struct fq_arena arena = {0};
	cr_assert(memcmp(fq_arena_copy(&arena, "a\0b", 3), "a\0b", 4) == 0);
	cr_assert_str_eq(fq_arena_copy(&arena, NULL, 0), "");
	cr_assert_str_eq(fq_arena_format(&arena, "%s", ""), "");
	const char *text = fq_arena_format(&arena, "%0*d", 20000, 7);
	cr_assert(strlen(text) == 20000 && text[19999] == '7');
	fq_arena_finish(&arena);
}

Test(base, sizes_beyond_all_memory_reach_the_handler)
{
	static volatile size_t case_number, given;
	struct fq_arena arena = {0};
	size_t cap = 0;
	fq_memory_on_exhausted(jump);
	if (setjmp(exhausted) == 0) {
		for (case_number = 0; case_number < 80; case_number++) {
			if (setjmp(exhausted) == 0) {
				fq_arena_alloc(&arena, SIZE_MAX - case_number);
				given++;
			}
		}
	}
	cr_assert(given == 0);
	if (setjmp(exhausted) == 0) {
		fq_grow(NULL, &cap, SIZE_MAX / 4, 8);
		given++;
	}
	cr_assert(given == 0 && cap == 0);
	fq_arena_finish(&arena);
}

Test(base, grown_array_keeps_its_elements_and_zeroes_new_ones)
{
	size_t cap = 0;
	uint32_t *array = NULL;
	for (size_t i = 0; i < 10000; i++) {
		array = fq_grow(array, &cap, i + 1, sizeof(*array));
		cr_assert(cap > i && array[i] == 0);
		array[i] = (uint32_t)i + 1;
	}
	for (size_t i = 0; i < 10000; i++) {
		cr_assert(array[i] == i + 1);
	}
	size_t before = cap;
	cr_assert(fq_grow(array, &cap, 1, sizeof(*array)) == array && cap == before);
	fq_release(array);
	fq_release(NULL);
}

/* --- buffers ------------------------------------------------------------- */

Test(base, buffer_ends_in_nul_whatever_was_added)
{
	struct fq_buf buf = {0};
	fq_buf_addf(&buf, "%s", "");
	cr_assert(buf.at && buf.len == 0 && buf.at[0] == '\0');
	fq_buf_finish(&buf);
	fq_buf_puts(&buf, "");
	cr_assert_str_eq(buf.at, "");
	fq_buf_add(&buf, "a\0b", 3);
	fq_buf_putc(&buf, '-');
	fq_buf_add_text(&buf, (struct fq_text){0});
	fq_buf_addf(&buf, "%d%s", -5, "z");
	cr_assert(buf.len == 7 && memcmp(buf.at, "a\0b--5z", 8) == 0);
	fq_buf_finish(&buf);
	cr_assert(!buf.at && !buf.len && !buf.cap);
}

Test(base, buffer_has_the_room_that_was_asked_for)
{
	struct fq_buf buf = {0};
	for (size_t len = 0; len < 3000; len += 7) {
		memset(fq_buf_room(&buf, len), 'x', len);
		buf.len += len;
		cr_assert(buf.cap > buf.len);
	}
	cr_assert(buf.at[0] == 'x' && buf.at[buf.len - 1] == 'x');
	fq_buf_finish(&buf);
}

Test(base, number_is_written_as_printf_does)
{
	static const int64_t numbers[] = {0, 1, 9, 10, 11, 99, 100, 101, 999, 1000, 12345, -1, -9, -10, -100,
	        -12345, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};
	for (size_t i = 0; i < FQ_COUNT(numbers); i++) {
		struct fq_buf got = {0}, right = {0};
		fq_buf_add_number(&got, numbers[i]);
		fq_buf_addf(&right, "%lld", (long long)numbers[i]);
		cr_assert_str_eq(got.at, right.at);
		fq_buf_finish(&got);
		fq_buf_finish(&right);
	}
}

/* --- hashes -------------------------------------------------------------- */

Test(base, digest_is_xxh3_128_and_never_changes)
{
	/* As `xxhsum -H2` tells them. */
	static const char *const vectors[][2] = {
	        {"", "99aa06d3014798d86001c324468d497f"},
	        {"a", "a96faf705af16834e6c632b61e964e1f"},
	        {"abc", "06b05ab6733a618578af5f94892f3950"},
	        {"The quick brown fox jumps over the lazy dog", "ddd650205ca3e7fa24a1cc2e3a8a7651"},
	};
	char hex[FQ_DIGEST_LEN + 1], large[1000];
	for (size_t i = 0; i < FQ_COUNT(vectors); i++) {
		fq_digest(vectors[i][0], strlen(vectors[i][0]), hex);
		cr_assert_str_eq(hex, vectors[i][1]);
	}
	for (size_t i = 0; i < sizeof(large); i++) {
		large[i] = (char)(i * 7);
	}
	fq_digest(large, sizeof(large), hex);
	cr_assert_str_eq(hex, "abee229cdadad76d10ad30264426c830");
}

Test(base, hash_of_two_depends_on_their_order)
{
	uint64_t ab = fq_hash_next(fq_hash("a", 1), "b", 1), ba = fq_hash_next(fq_hash("b", 1), "a", 1);
	cr_assert(ab != ba && ab == fq_hash_next(fq_hash("a", 1), "b", 1));
}

struct wanted {
	uint32_t value;
	size_t comparisons;
};

static bool is_wanted(uint32_t value, const void *context)
{
	struct wanted *wanted = (struct wanted *)(uintptr_t)context;
	wanted->comparisons++;
	return value == wanted->value;
}

static uint32_t *find(const struct fq_map *map, uint64_t hash, uint32_t value, size_t *comparisons)
{
	struct wanted wanted = {value, 0};
	uint32_t *found = fq_map_find(map, hash, is_wanted, &wanted);
	*comparisons += wanted.comparisons;
	return found;
}

Test(base, map_finds_each_of_many_and_none_that_is_not_there)
{
	enum { MANY = 100000 };
	struct fq_map map = {0};
	size_t comparisons = 0;
	cr_assert_null(find(&map, 1, 1, &comparisons));
	for (uint32_t i = 0; i < MANY; i++) {
		fq_map_add(&map, fq_hash(&i, sizeof(i)), i);
	}
	cr_assert(map.count == MANY);
	for (uint32_t i = 0; i < 2 * MANY; i++) {
		const uint32_t *found = find(&map, fq_hash(&i, sizeof(i)), i, &comparisons);
		cr_assert(i < MANY ? found && *found == i : !found, "%u", i);
	}
	cr_assert(comparisons < MANY + 100, "%zu", comparisons);
	fq_map_finish(&map);
	cr_assert(!map.entries && !map.count);
}

Test(base, map_holds_many_under_one_hash)
{
	struct fq_map map = {0};
	size_t comparisons = 0;
	for (uint64_t hash = 0; hash < 2; hash++) {
		for (uint32_t i = 0; i < 1000; i++) {
			fq_map_add(&map, hash << 32, i);
		}
	}
	for (uint32_t i = 0; i < 1000; i++) {
		uint32_t *found = find(&map, 0, i, &comparisons);
		cr_assert(found && *found == i);
	}
	cr_assert_null(find(&map, 0, 1000, &comparisons));
	fq_map_finish(&map);
}

Test(base, map_value_can_be_changed_in_place)
{
	struct fq_map map = {0};
	size_t comparisons = 0;
	fq_map_add(&map, 5, 1);
	*find(&map, 5, 1, &comparisons) = 2;
	cr_assert_null(find(&map, 5, 1, &comparisons));
	cr_assert(*find(&map, 5, 2, &comparisons) == 2);
	fq_map_finish(&map);
}

/* --- errors -------------------------------------------------------------- */

Test(base, the_first_error_stays)
{
	struct fq_error err = {0};
	cr_assert_not(fq_fail(&err, (struct fq_where){"a.ini", 3, 4}, "do this", "no %s", "way"));
	cr_assert_not(fq_fail(&err, FQ_NOWHERE, "other", "other"));
	errno = ENOENT;
	cr_assert_not(fq_fail_errno(&err, "other"));
	cr_assert_str_eq(err.text, "no way");
	cr_assert_str_eq(err.hint, "do this");
	cr_assert_str_eq(err.where.file, "a.ini");
	cr_assert(err.where.line == 3 && err.where.column == 4 && err.number == 0);
	fq_error_finish(&err);
	cr_assert(!err.text && !err.hint && !err.where.file);
}

Test(base, an_error_may_have_nobody_to_hear_it)
{
	cr_assert_not(fq_fail(NULL, FQ_NOWHERE, NULL, "x"));
	cr_assert_not(fq_fail_errno(NULL, "x"));
}

Test(base, an_error_without_words_is_an_error)
{
	struct fq_error err = {0};
	fq_fail(&err, FQ_NOWHERE, "hint", "%s", "");
	cr_assert_not_null(err.text);
	fq_fail(&err, FQ_NOWHERE, NULL, "second");
	cr_assert_str_eq(err.hint, "hint");
	fq_error_finish(&err);
}

Test(base, a_system_error_is_told_in_words)
{
	struct fq_error err = {0};
	errno = ENOSPC;
	cr_assert_not(fq_fail_errno(&err, "cannot write %s", "x"));
	cr_assert_str_eq(err.text, "cannot write x: No space left on device");
	cr_assert(err.number == ENOSPC && !err.hint && !err.where.file);
	fq_error_finish(&err);
}

Test(base, findings_keep_their_order_and_are_counted)
{
	struct fq_errors errors = {0};
	fq_errors_add(&errors, (struct fq_where){"f", 1, 0}, NULL, "one");
	fq_errors_warn(&errors, FQ_NOWHERE, "hint", "%s", "two");
	fq_errors_add(&errors, FQ_NOWHERE, NULL, "%s", "");
	const struct fq_finding *at = errors.first;
	cr_assert(errors.errors == 2 && errors.warnings == 1);
	cr_assert(strcmp(at->text, "one") == 0 && !at->hint && !at->is_warning && at->where.line == 1);
	at = at->next;
	cr_assert(strcmp(at->text, "two") == 0 && strcmp(at->hint, "hint") == 0 && at->is_warning);
	at = at->next;
	cr_assert(strcmp(at->text, "") == 0 && at == errors.last && !at->next);
	fq_errors_finish(&errors);
	cr_assert(!errors.first && !errors.errors && !errors.warnings);
}
