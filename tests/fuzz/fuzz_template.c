/* A command: the input behind its first byte, which chooses the shell (`s` is sh),
 * stands in a manifest that has everything a command may refer to. */
#include "manifest_file.h"

static const char head[] = "[samples]\n"
                           "a = a_R1.fq.gz a_R2.fq.gz\n"
                           "b = b.fq\n"
                           "[vars]\n"
                           "one = 1\n"
                           "many = x 'y z'\n"
                           "none =\n"
                           "[task n]\n"
                           "command = count {file}\n"
                           "output = n/{file.name}\n"
                           "[task t]\n"
                           "dir = d\n"
                           "input = {reads} {n.output}\n"
                           "output = o/{sample}\n"
                           "per = sample\n";

/* Each line is indented, so that none begins another key. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fq_buf text = {0};
	if (size == 0) {
		return 0;
	}
	fq_buf_puts(&text, head);
	fq_buf_puts(&text, data[0] == 's' ? "shell = sh\ncommand = " : "command = ");
	for (size_t i = 1; i < size; i++) {
		fq_buf_putc(&text, (char)data[i]);
		fq_buf_puts(&text, data[i] == '\n' ? "  " : "");
	}
	fq_buf_putc(&text, '\n');
	load_manifest(text.at, text.len);
	fq_buf_finish(&text);
	return 0;
}
