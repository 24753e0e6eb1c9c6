#ifndef FQRUN_JOBSERVER_INTERNAL_H
#define FQRUN_JOBSERVER_INTERNAL_H

#include "fqrun/jobserver.h"

/* Never blocking, closed at exec, out of the way of what a job's descriptors may be; -1
 * and errno. `how`: O_RDONLY or O_WRONLY. */
int fq_tokens_open(const char *path, int how);
int fq_tokens_copy(int fd); /* of the same description; numbers as above */

void fq_tokens_close(struct fq_tokens *tokens); /* both that are ours; not what was passed */

/* What must go back, in memory that a guard process still sees when we are dead. */
bool fq_tokens_count_bytes(struct fq_tokens *tokens, struct fq_error *err);

/* What a job opens; `fifo` NULL: there is no such file. The caller releases. */
char *fq_tokens_choose_path(const struct fq_tokens *tokens, const char *fifo);

#endif
