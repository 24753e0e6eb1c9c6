/* What the values of options may be. Each sets its field, or says what is wrong: false. */
#ifndef FQRUN_CLI_OPTION_VALUES_H
#define FQRUN_CLI_OPTION_VALUES_H

#include "options.h"

bool fq_option_set_jobs(struct fq_options *options, const char *text);
bool fq_option_set_color(struct fq_options *options, const char *text);
bool fq_option_set_style(struct fq_options *options, const char *text);
bool fq_option_set_sync(struct fq_options *options, const char *text);
bool fq_option_set_attempt(struct fq_options *options, const char *text);
bool fq_option_set_memory(struct fq_options *options, const char *text);
bool fq_option_set_load(struct fq_options *options, const char *text);
bool fq_option_add_setting(struct fq_options *options, const char *text);

#endif
