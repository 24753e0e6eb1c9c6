#include "fqrun/exec.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *path_of(char *const *env)
{
	for (; *env; env++) {
		if (strncmp(*env, "PATH=", 5) == 0) {
			return *env + 5;
		}
	}
	return "/usr/local/bin:/usr/bin:/bin";
}

/* Whether some folder of PATH has it; *ret_there: one has, but it may not be executed. Each
 * job looks anew: an earlier one may just have installed it. */
static bool search(const char *name, const char *folders, struct fq_buf *ret, bool *ret_there)
{
	*ret_there = false;
	for (const char *at = folders;; at++) {
		size_t len = strcspn(at, ":");
		struct stat st;
		ret->len = 0;
		fq_buf_add(ret, len ? at : ".", len ? len : 1);
		fq_buf_putc(ret, '/');
		fq_buf_puts(ret, name);
		if (stat(ret->at, &st) == 0) {
			if (S_ISREG(st.st_mode) && access(ret->at, X_OK) == 0) {
				return true;
			}
			*ret_there = true;
		}
		at += len;
		if (!*at) {
			return false;
		}
	}
}

bool fq_exec_find(const char *name, char *const *env, struct fq_buf *ret, struct fq_error *err)
{
	bool is_there;
	ret->len = 0;
	if (strchr(name, '/')) {
		fq_buf_puts(ret, name);
		return true; /* spawning tells what is wrong with it */
	}
	if (search(name, path_of(env), ret, &is_there)) {
		return true;
	}
	return is_there
	               ? fq_fail(err, FQ_NOWHERE, "chmod +x it", "%s is found, but may not be executed", name)
	               : fq_fail(err, FQ_NOWHERE, "install it, or set PATH in `env` or `setup`",
	                         "%s: no such program in PATH", name);
}
