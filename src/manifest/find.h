/* Names on disk against one part of a pattern. */
#ifndef FQRUN_MANIFEST_FIND_H
#define FQRUN_MANIFEST_FIND_H

#include "fqrun/base.h"

enum capture { CAPTURE_SAMPLE, CAPTURE_LANE, CAPTURE_READ, CAPTURE_COUNT };

/* Longer names are on no disk, longer paths reach no system call. */
enum { FIND_NAME_BYTES_MAX = 255, FIND_PATTERN_BYTES_MAX = 4096 };

struct captures {
	struct fq_text text[CAPTURE_COUNT]; /* at NULL: not met yet */
};

/* The wildcard that `pattern` begins with: its length, 0 for a literal byte. *ret_capture: -1 for `*`. */
size_t fq_find_wildcard(struct fq_text pattern, int *ret_capture);
bool fq_find_has_wildcard(struct fq_text part);

/* Whether the whole name fits. Where it can in two ways, what stands further left takes as
 * much as it can. What was captured before must come again; what is now are slices of `name`.
 * `scratch` may be kept from name to name. */
bool fq_find_matches(
        struct fq_text part, struct fq_text name, struct captures *captures, struct fq_buf *scratch);

#endif
