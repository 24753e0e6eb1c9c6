/* A job's command being built. */
#ifndef FQRUN_PLAN_COMMAND_H
#define FQRUN_PLAN_COMMAND_H

#include "internal.h"

struct builder {
	struct fq_plan *plan;
	uint32_t job;
	struct fq_job_at at;
	const struct fq_script *script;
	const struct fq_job_context *context;
	struct fq_job_command *command;
	struct fq_error *err;
	struct fq_list values; /* of the reference in hand */
};

/* command_fit.c. False, always or where it is refused, and b->err says why. */
bool fq_command_refuse_empty(struct builder *b, const struct fq_ref *ref);
bool fq_command_refuse_silent(struct builder *b, const struct fq_ref *ref, uint32_t job);
bool fq_command_check_values(struct builder *b, const struct fq_ref *ref); /* b->values */
bool fq_command_check_paths(struct builder *b);

#endif
