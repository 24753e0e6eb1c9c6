#include "internal.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* A thread takes so many files at once; more threads than LARGEST gained nothing. */
enum { CHUNK_FILES = 16, LARGEST_THREADS = 16, PROGRESS_NS = 100 * 1000 * 1000 };

struct shared {
	struct fq_preflight_work work;
	const struct fq_preflight_options *options;
	size_t total; /* files that are wanted */
	atomic_size_t next, done;
	atomic_bool is_stopped;
};

struct worker {
	struct shared *shared;
	struct fq_preflight_notes notes;
	struct fq_error err;
	pthread_t thread;
	bool is_own; /* the caller's thread */
	int64_t told_ns;
};

/* --- in each thread --------------------------------------------------------- */

static void tell(struct worker *worker)
{
	const struct fq_preflight_options *options = worker->shared->options;
	if (!worker->is_own || !options->progress) {
		return;
	}
	if (fq_clock_ns() - worker->told_ns < PROGRESS_NS) {
		return;
	}
	size_t done = atomic_load(&worker->shared->done);
	if (!options->progress(options->context, done, worker->shared->total)) {
		atomic_store(&worker->shared->is_stopped, true);
	}
	worker->told_ns = fq_clock_ns();
}

static bool is_wanted(const struct shared *shared, uint32_t file)
{
	const bool *wanted = shared->options->wanted;
	return !wanted || wanted[fq_preflight_sample(shared->work.manifest, file)];
}

static bool begins_lane(const struct fq_manifest *manifest, size_t file)
{
	return file == 0 || manifest->files[file].lane != manifest->files[file - 1].lane;
}

/* A lane belongs to the chunk in which it begins. */
static void look_at_chunk(struct worker *worker, size_t first)
{
	struct shared *shared = worker->shared;
	const struct fq_manifest *manifest = shared->work.manifest;
	size_t count = manifest->file_count;
	size_t chunk_end = count - first > CHUNK_FILES ? first + CHUNK_FILES : count;
	for (size_t file = first, end; file < chunk_end; file = end) {
		end = file + 1;
		while (end < count && !begins_lane(manifest, end)) {
			end++;
		}
		if (!begins_lane(manifest, file) || !is_wanted(shared, (uint32_t)file)) {
			continue;
		}
		if (!fq_preflight_look(
		            &shared->work, &worker->notes, (uint32_t)file, (uint32_t)end, &worker->err)) {
			atomic_store(&shared->is_stopped, true);
			return;
		}
		atomic_fetch_add(&shared->done, end - file);
		tell(worker);
	}
}

static void *work_on(void *context)
{
	struct worker *worker = context;
	struct shared *shared = worker->shared;
	size_t count = shared->work.manifest->file_count;
	while (!atomic_load(&shared->is_stopped)) {
		size_t first = atomic_fetch_add(&shared->next, CHUNK_FILES);
		if (first >= count) {
			break;
		}
		look_at_chunk(worker, first);
	}
	return NULL;
}

/* --- the threads -------------------------------------------------------------- */

static size_t choose_threads(const struct shared *shared)
{
	size_t useful = shared->total / CHUNK_FILES, asked = shared->options->threads;
	size_t most = asked ? asked : LARGEST_THREADS;
	return useful < 1 ? 1 : useful < most ? useful : most;
}

/* Signals go to the caller's thread alone. Too few threads are no fault: the caller works too. */
static size_t start_workers(struct worker *workers, size_t count)
{
	sigset_t all, before;
	size_t started = 1;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (started < count &&
	        pthread_create(&workers[started].thread, NULL, work_on, &workers[started]) == 0) {
		started++;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return started;
}

static void run_workers(struct shared *shared, struct worker *workers, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		workers[i].shared = shared;
	}
	workers[0].is_own = true;
	workers[0].told_ns = fq_clock_ns();
	size_t started = start_workers(workers, count);
	work_on(&workers[0]);
	for (size_t i = 1; i < started; i++) {
		pthread_join(workers[i].thread, NULL);
	}
}

/* --- what came of it ------------------------------------------------------------ */

static int compare_numbers(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

/* No check says two things of one file, so that this is an order of all. */
static int compare_findings(const void *left, const void *right)
{
	const struct fq_preflight_finding *a = left, *b = right;
	int order = compare_numbers(a->sample, b->sample);
	order = order ? order : compare_numbers(a->file, b->file);
	return order ? order : compare_numbers(a->check, b->check);
}

static void keep_finding(
        struct fq_preflight *ret, const struct fq_manifest *manifest, const struct fq_preflight_finding *note)
{
	struct fq_preflight_finding *finding = &ret->findings[ret->count++];
	*finding = *note;
	finding->sample = fq_preflight_sample(manifest, note->file);
	finding->text = fq_arena_copy(&ret->arena, note->text, strlen(note->text));
	finding->hint = note->hint ? fq_arena_copy(&ret->arena, note->hint, strlen(note->hint)) : NULL;
	ret->errors += !note->is_warning;
	ret->warnings += note->is_warning;
	if (!note->is_warning) {
		ret->is_bad[finding->sample] = true;
	}
}

static void keep_findings(struct fq_preflight *ret, const struct fq_manifest *manifest,
        const struct worker *workers, size_t worker_count)
{
	size_t count = 0;
	for (size_t i = 0; i < worker_count; i++) {
		count += workers[i].notes.count;
	}
	ret->findings = fq_arena_alloc(&ret->arena, (count + 1) * sizeof(*ret->findings));
	for (size_t i = 0; i < worker_count; i++) {
		for (size_t j = 0; j < workers[i].notes.count; j++) {
			keep_finding(ret, manifest, &workers[i].notes.at[j]);
		}
	}
	fq_sort(ret->findings, ret->count, sizeof(*ret->findings), compare_findings);
}

/* Hands on the first refusal of the system, if there was one. */
static bool finish_workers(struct worker *workers, size_t count, struct fq_error *err)
{
	bool ok = true;
	for (size_t i = 0; i < count; i++) {
		struct fq_error *why = &workers[i].err;
		if (why->text && ok) {
			ok = false;
			fq_fail(err, FQ_NOWHERE, why->hint, "%s: %s", why->where.file, why->text);
			if (err) {
				err->number = why->number;
			}
		}
		fq_error_finish(why);
		fq_preflight_notes_finish(&workers[i].notes);
	}
	return ok;
}

static size_t count_wanted(const struct shared *shared)
{
	size_t total = 0;
	for (size_t file = 0; file < shared->work.manifest->file_count; file++) {
		total += is_wanted(shared, (uint32_t)file);
	}
	return total;
}

bool fq_preflight(struct fq_preflight *ret, const struct fq_manifest *manifest,
        const struct fq_preflight_options *options, struct fq_error *err)
{
	static const struct fq_preflight_options none = {0};
	struct shared shared = {.work.manifest = manifest, .options = options ? options : &none};
	*ret = (struct fq_preflight){0};
	ret->is_bad = fq_arena_alloc(&ret->arena, manifest->sample_count + 1);
	shared.work.seen = fq_zeroed(manifest->file_count, sizeof(*shared.work.seen));
	shared.total = count_wanted(&shared);
	size_t count = choose_threads(&shared);
	struct worker *workers = fq_zeroed(count, sizeof(*workers));
	run_workers(&shared, workers, count);
	bool is_stopped = atomic_load(&shared.is_stopped);
	if (!is_stopped) {
		struct fq_preflight_notes *notes = &workers[0].notes;
		fq_preflight_explain_missing(&shared.work, notes);
		fq_preflight_compare_files(&shared.work, notes);
		fq_preflight_find_changing(&shared.work, notes);
		keep_findings(ret, manifest, workers, count);
	}
	bool ok = finish_workers(workers, count, err);
	fq_release(workers);
	fq_release(shared.work.seen);
	return ok && !is_stopped;
}

void fq_preflight_finish(struct fq_preflight *preflight)
{
	fq_arena_finish(&preflight->arena);
	*preflight = (struct fq_preflight){0};
}
