/* Preflight in front of a run, and in `check`. */
#include "session.h"

#include <stdio.h>
#include <unistd.h>

struct progress {
	struct fq_cli_gate *gate;
	struct fq_run *run;
	bool was_shown;
};

static bool show_progress(void *context, size_t done, size_t total)
{
	struct progress *progress = context;
	if (progress->gate->shows_progress) {
		fprintf(stderr, "\rlooking at the reads: %zu of %zu files\033[K", done, total);
		progress->was_shown = true;
	}
	return !progress->run || !fq_run_is_stopped(progress->run);
}

static void add_refusal(struct fq_cli_gate *gate, const struct fq_manifest *manifest,
        const struct fq_preflight_finding *finding)
{
	const struct fq_file *file = &manifest->files[finding->file];
	const struct fq_sample *sample = &manifest->samples[finding->sample];
	uint32_t line = manifest->lanes[file->lane].line;
	gate->base.refusals[gate->base.refusal_count++] = (struct fq_refusal){
	        .sample = finding->sample,
	        .where = fq_manifest_where(manifest, line, line == sample->line ? sample->column : 1),
	        .text = fq_arena_format(&gate->arena, "%s: %s", file->path, finding->text),
	        .hint = finding->hint,
	        .is_warning = finding->is_warning,
	};
}

bool fq_cli_gate_look(
        struct fq_cli_gate *gate, const struct fq_manifest *manifest, const bool *samples, struct fq_run *run)
{
	struct fq_error err = {0};
	struct progress progress = {.gate = gate, .run = run};
	struct fq_preflight_options options = {
	        .wanted = samples, .progress = show_progress, .context = &progress};
	gate->is_open = true;
	bool ok = fq_preflight(&gate->preflight, manifest, &options, &err);
	if (progress.was_shown) {
		fputs("\r\033[K", stderr);
	}
	if (!ok && err.text) {
		/* That the reads could not be looked at is no reason not to try them. */
		fprintf(stderr, "fqrun: warning: the reads were not looked at: %s\n", err.text);
	}
	const struct fq_preflight *preflight = &gate->preflight;
	gate->base.refusals = fq_arena_alloc(&gate->arena, preflight->count * sizeof(*gate->base.refusals));
	for (size_t i = 0; ok && i < preflight->count; i++) {
		add_refusal(gate, manifest, &preflight->findings[i]);
	}
	fq_error_finish(&err);
	return !(gate->is_strict && gate->base.refusal_count);
}

static bool look(struct fq_gate *base, struct fq_run *run, const bool *samples)
{
	return fq_cli_gate_look((struct fq_cli_gate *)base, run->plan->manifest, samples, run);
}

void fq_cli_gate_begin(struct fq_cli_gate *gate, const struct fq_options *options)
{
	*gate = (struct fq_cli_gate){.base = {.look = look},
	        .is_strict = options->strict,
	        .shows_progress = isatty(STDERR_FILENO) && !options->quiet};
}

void fq_cli_gate_finish(struct fq_cli_gate *gate)
{
	if (gate->is_open) {
		fq_preflight_finish(&gate->preflight);
	}
	fq_arena_finish(&gate->arena);
}
