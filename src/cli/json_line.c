#include "json_line.h"
#include "table.h"

#include <stdio.h>

json_t *fq_json_text(struct fq_text text)
{
	struct fq_buf clean = {0};
	fq_buf_puts(&clean, "");
	fq_buf_add_utf8(&clean, text);
	json_t *json = json_stringn(clean.at, clean.len);
	fq_buf_finish(&clean);
	return json;
}

void fq_json_set_text(json_t *object, const char *key, struct fq_text text)
{
	json_object_set_new(object, key, fq_json_text(text));
}

void fq_json_set(json_t *object, const char *key, const char *text)
{
	fq_json_set_text(object, key, fq_text(text));
}

void fq_json_set_number(json_t *object, const char *key, int64_t number)
{
	json_object_set_new(object, key, json_integer(number));
}

void fq_json_set_time(json_t *object, const char *key, int64_t time_s)
{
	struct fq_buf text = {0};
	if (time_s) {
		fq_cli_add_utc(&text, time_s);
		fq_json_set(object, key, text.at);
		fq_buf_finish(&text);
	}
}

json_t *fq_json_list(const struct fq_list *list)
{
	json_t *array = json_array();
	for (const char *text = NULL; (text = fq_list_next(list, text));) {
		json_array_append_new(array, fq_json_text(fq_text(text)));
	}
	return array;
}

void fq_json_print(json_t *object)
{
	json_dumpf(object, stdout, JSON_COMPACT);
	fputc('\n', stdout);
	json_decref(object);
}
