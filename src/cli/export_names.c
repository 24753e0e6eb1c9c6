/* The names of files, and what stands for a job, in the words of the other tool. */
#include "export.h"

#include <string.h>

/* --- names that the other tool reads ------------------------------------------------------ */

/* Without what says nothing in a path: two slashes, a dot between slashes. */
static void add_tidy(struct fq_buf *buf, struct fq_text path)
{
	size_t start = buf->len;
	for (size_t i = 0; i < path.len; i++) {
		bool is_start = buf->len == start || buf->at[buf->len - 1] == '/';
		bool is_dot = path.at[i] == '.' && i + 1 < path.len && path.at[i + 1] == '/';
		if (is_start && is_dot) {
			i++;
		} else if (!(is_start && path.at[i] == '/' && buf->len > start)) {
			fq_buf_putc(buf, path.at[i]);
		}
	}
}

/* Make knows no way to write some, ninja none to write others; its log has tabs between fields. */
bool fq_export_can_name(const struct fq_exporter *x, struct fq_text name)
{
	static const char make_knows[] = "_./,+@- #:$'\"!^{}";
	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = (unsigned char)name.at[i];
		bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		if (x->format == 'm' ? !is_letter && c < 0x80 && !strchr(make_knows, c)
		                     : c == '|' || c == '\t' || c == '\n' || c == '\r') {
			return false;
		}
	}
	return name.len && !(x->format == 'm' && (name.at[0] == ' ' || name.at[name.len - 1] == ' '));
}

void fq_export_add_name(struct fq_exporter *x, struct fq_text path)
{
	struct fq_buf name = {0};
	add_tidy(&name, path);
	for (size_t i = 0; i < name.len; i++) {
		char c = name.at[i];
		if (c == '$' || (x->format == 'n' && strchr(" :", c))) {
			fq_buf_putc(&x->out, '$');
		} else if (x->format == 'm' && strchr(" :#", c)) {
			fq_buf_putc(&x->out, '\\');
		}
		fq_buf_putc(&x->out, c);
	}
	fq_buf_finish(&name);
}

/* --- where the other tool sees that a job is done ------------------------------------------ */

/* The outputs that are always there, up to `most`, each behind a blank; how many. */
uint32_t fq_export_add_outputs(struct fq_exporter *x, uint32_t job, uint32_t most)
{
	struct fq_list outputs = {0};
	const struct fq_task *task = fq_plan_rule(&x->session->plan, job)->task;
	uint32_t count = 0, i = 0;
	fq_plan_outputs(&x->session->plan, job, &outputs);
	for (const char *text = NULL; (text = fq_list_next(&outputs, text)); i++) {
		bool is_optional = fq_plan_may_lack(task, &outputs, i);
		if (!is_optional && count < most) {
			fq_buf_putc(&x->out, ' ');
			fq_export_add_name(x, fq_text(text));
			count++;
		}
	}
	fq_list_finish(&outputs);
	return count;
}

/* It has no outputs, or folders, or some that the tool cannot name: a file of ours stands for them. */
bool fq_export_needs_mark(const struct fq_exporter *x, uint32_t job)
{
	struct fq_list outputs = {0};
	const struct fq_task *task = fq_plan_rule(&x->session->plan, job)->task;
	uint32_t named = 0, i = 0;
	bool can = true;
	fq_plan_outputs(&x->session->plan, job, &outputs);
	for (const char *text = NULL; (text = fq_list_next(&outputs, text)); i++) {
		bool is_optional = fq_plan_may_lack(task, &outputs, i);
		/* The time of a folder says nothing of what is in it. */
		can = can && !fq_path_is_folder(text) &&
		      (is_optional || fq_export_can_name(x, fq_text(text)));
		named += !is_optional;
	}
	fq_list_finish(&outputs);
	return !can || named == 0;
}

/* Of letters, digits, `.` and `-`, and _XX for the rest: every tool can name it. */
void fq_export_add_mark(const struct fq_exporter *x, uint32_t job, struct fq_buf *buf)
{
	enum { LONGEST = 200 };
	struct fq_buf name = {0};
	fq_plan_add_name(&x->session->plan, job, &name);
	fq_buf_puts(buf, ".fqrun-export/");
	size_t start = buf->len;
	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = (unsigned char)name.at[i];
		bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		                c == '-' || c == '.';
		fq_buf_addf(buf, is_plain ? "%c" : "_%02X", c);
	}
	if (buf->len - start > LONGEST) {
		buf->len = start + LONGEST;
		fq_buf_addf(buf, "-%016llx", (unsigned long long)fq_hash(name.at, name.len));
	}
	fq_buf_finish(&name);
}

/* Each behind a blank. */
void fq_export_add_marks(struct fq_exporter *x, uint32_t job, uint32_t most)
{
	struct fq_buf mark = {0};
	if (!fq_export_needs_mark(x, job)) {
		fq_export_add_outputs(x, job, most);
		return;
	}
	fq_export_add_mark(x, job, &mark);
	fq_buf_addf(&x->out, " %s", mark.at);
	fq_buf_finish(&mark);
}
