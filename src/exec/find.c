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

static bool is_program(const char *path)
{
	struct stat st;
	return access(path, X_OK) == 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* Whether some folder of PATH has it; `found` is the first that is there at all. */
static bool search(const char *name, const char *folders, struct fq_buf *ret, bool *ret_there)
{
	*ret_there = false;
	for (const char *at = folders;; at++) {
		size_t len = strcspn(at, ":");
		ret->len = 0;
		fq_buf_addf(ret, "%.*s%s%s", len ? (int)len : 1, len ? at : ".", "/", name);
		if (is_program(ret->at)) {
			return true;
		}
		*ret_there |= access(ret->at, F_OK) == 0;
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
