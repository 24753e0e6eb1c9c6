/* preset: what is known of tools, in INI files that `use = NAME` of a task takes in.
 *
 * Looked for in ./presets, then in $XDG_CONFIG_HOME/fqrun/presets (~/.config/…),
 * then where fqrun is installed; the first of a name counts. Part of the manifest
 * room. */
#ifndef FQRUN_PRESET_H
#define FQRUN_PRESET_H

#include "fqrun/base.h"

/* The folders, each that may hold presets, in that order; texts in the arena. */
size_t fq_preset_folders(struct fq_arena *arena, const char **ret, size_t most);

/* The path of a preset's file, or NULL if there is none. */
const char *fq_preset_find(struct fq_arena *arena, struct fq_text name);

struct fq_preset {
	const char *name, *path;
	const char *about; /* its [preset] about; empty if it says nothing */
};
/* All of them, sorted by name; *ret is in the arena. */
size_t fq_preset_list(struct fq_arena *arena, struct fq_preset **ret);

#endif
