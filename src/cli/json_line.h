/* JSON as our commands write it: an object a line, all text UTF-8. */
#ifndef FQRUN_CLI_JSON_LINE_H
#define FQRUN_CLI_JSON_LINE_H

#include "fqrun/plan.h"

#include <jansson.h>

json_t *fq_json_text(struct fq_text text);
void fq_json_set(json_t *object, const char *key, const char *text);
void fq_json_set_text(json_t *object, const char *key, struct fq_text text);
void fq_json_set_number(json_t *object, const char *key, int64_t number);
/* RFC 3339, in UTC; 0 is not known and not written. */
void fq_json_set_time(json_t *object, const char *key, int64_t time_s);
json_t *fq_json_list(const struct fq_list *list);
/* A line on standard output; takes the object over. */
void fq_json_print(json_t *object);

#endif
