#include "internal.h"

#include <string.h>

static struct fq_preflight_finding *add_note(struct fq_preflight_notes *notes, uint32_t file,
        enum fq_preflight_check check, const char *hint, const char *format, va_list args)
{
	struct fq_buf text = {0};
	fq_buf_vaddf(&text, format, args);
	notes->at = fq_grow(notes->at, &notes->cap, notes->count + 1, sizeof(*notes->at));
	struct fq_preflight_finding *note = &notes->at[notes->count++];
	*note = (struct fq_preflight_finding){.file = file, .check = (uint8_t)check};
	note->text = fq_arena_copy(&notes->arena, text.at, text.len);
	note->hint = hint ? fq_arena_copy(&notes->arena, hint, strlen(hint)) : NULL;
	fq_buf_finish(&text);
	return note;
}

void fq_preflight_error(struct fq_preflight_notes *notes, uint32_t file, enum fq_preflight_check check,
        const char *hint, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	add_note(notes, file, check, hint, format, args);
	va_end(args);
}

void fq_preflight_warn(struct fq_preflight_notes *notes, uint32_t file, enum fq_preflight_check check,
        const char *hint, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	add_note(notes, file, check, hint, format, args)->is_warning = true;
	va_end(args);
}

void fq_preflight_notes_finish(struct fq_preflight_notes *notes)
{
	fq_arena_finish(&notes->arena);
	fq_release(notes->at);
	*notes = (struct fq_preflight_notes){0};
}
