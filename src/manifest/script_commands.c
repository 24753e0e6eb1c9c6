/* The names that shells give a meaning to: reserved words and builtins of bash,
 * dash, ksh and busybox, and the programs that hand their arguments to a shell. */
#include "script.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

enum {
	R = COMMAND_RESERVED,
	B = COMMAND_BUILTIN,
	AGAIN = COMMAND_REPARSES,
	READS = COMMAND_REPARSES | COMMAND_READS,
	REMOTE = COMMAND_REPARSES | COMMAND_READS | COMMAND_ANYWHERE,
	DECLARES = COMMAND_BUILTIN | COMMAND_REPARSES | COMMAND_DECLARES,
	PREFIX = COMMAND_PREFIX,
	SHELL = COMMAND_SHELL,
	NAMES = COMMAND_BUILTIN | COMMAND_REPARSES | COMMAND_NAMES,
	FILLS = NAMES | COMMAND_FILLS,
	HERE = COMMAND_BUILTIN | COMMAND_HERE,
	FEEDS = COMMAND_FEEDS,
	WRAPS = COMMAND_WRAPS,
};

/* Sorted by strcmp. */
static const struct known_name {
	const char *name;
	unsigned class;
} known_names[] = {
        {"!", R},
        {".", B | READS},
        {":", B},
        {"[", B},
        {"[[", R},
        {"]]", R},
        {"alias", B},
        {"apptainer", WRAPS},
        {"ash", SHELL},
        {"bash", SHELL},
        {"bg", B},
        {"bind", B | AGAIN},
        {"break", B},
        {"bsub", READS},
        {"builtin", B | PREFIX},
        {"busybox", SHELL},
        {"caller", B},
        {"case", R},
        {"cd", B},
        {"chdir", B},
        {"chroot", WRAPS},
        {"chrt", WRAPS},
        {"command", B | PREFIX},
        {"compgen", B | AGAIN},
        {"complete", B | AGAIN},
        {"compopt", B},
        {"conda", WRAPS},
        {"continue", B},
        {"coproc", R},
        {"dash", SHELL},
        {"declare", DECLARES},
        {"dirs", B},
        {"disown", B},
        {"do", R},
        {"doas", PREFIX},
        {"docker", WRAPS},
        {"done", R},
        {"echo", B},
        {"elif", R},
        {"else", R},
        {"enable", B | AGAIN},
        {"env", PREFIX},
        {"esac", R},
        {"eval", HERE | REMOTE},
        {"exec", B | PREFIX},
        {"exit", B},
        {"export", DECLARES},
        {"false", B},
        {"fc", B | AGAIN},
        {"fg", B},
        {"fi", R},
        {"find", FEEDS},
        {"fish", SHELL},
        {"flock", WRAPS},
        {"for", R},
        {"function", R},
        {"getopts", FILLS},
        {"hash", B},
        {"help", B},
        {"history", B | AGAIN},
        {"hyperfine", AGAIN},
        {"if", R},
        {"in", R},
        {"ionice", WRAPS},
        {"jobs", B | AGAIN},
        {"kill", B},
        {"ksh", SHELL},
        {"let", B | AGAIN},
        {"local", DECLARES},
        {"logout", B},
        {"mamba", WRAPS},
        {"mapfile", FILLS},
        {"micromamba", WRAPS},
        {"mksh", SHELL},
        {"nice", WRAPS},
        {"nohup", PREFIX},
        {"numactl", WRAPS},
        {"parallel", REMOTE | FEEDS},
        {"pdsh", READS},
        {"podman", WRAPS},
        {"popd", B},
        {"print", B},
        {"printf", B},
        {"pushd", B},
        {"pwd", B},
        {"rbash", SHELL},
        {"read", FILLS},
        {"readarray", FILLS},
        {"readonly", DECLARES},
        {"return", B},
        {"rsh", REMOTE},
        {"runuser", READS},
        {"script", WRAPS},
        {"select", R},
        {"set", B},
        {"setsid", WRAPS},
        {"sg", READS},
        {"sh", SHELL},
        {"shift", B},
        {"shopt", B},
        {"singularity", WRAPS},
        {"source", B | READS},
        {"srun", WRAPS},
        {"ssh", REMOTE},
        {"stdbuf", WRAPS},
        {"strace", WRAPS},
        {"su", READS},
        {"sudo", PREFIX},
        {"suspend", B},
        {"systemd-run", WRAPS},
        {"taskset", WRAPS},
        {"test", B},
        {"then", R},
        {"time", R | PREFIX},
        {"timeout", WRAPS},
        {"times", B},
        {"tmux", READS},
        {"trap", HERE | AGAIN},
        {"true", B},
        {"type", B},
        {"typeset", DECLARES},
        {"ulimit", B},
        {"umask", B},
        {"unalias", B},
        {"unset", NAMES},
        {"unshare", WRAPS},
        {"until", R},
        {"wait", NAMES},
        {"watch", READS},
        {"whence", B},
        {"while", R},
        {"xargs", FEEDS},
        {"xvfb-run", WRAPS},
        {"zsh", SHELL},
        {"{", R},
        {"}", R},
};

static int compare_name(const void *key, const void *entry)
{
	const struct fq_text *name = key;
	const char *known = ((const struct known_name *)entry)->name;
	size_t len = strlen(known);
	int order = memcmp(name->at, known, name->len < len ? name->len : len);
	return order ? order : (name->len > len) - (name->len < len);
}

unsigned fq_script_command_class(struct fq_text name)
{
	if (name.len == 0) {
		return 0;
	}
	const struct known_name *found =
	        bsearch(&name, known_names, FQ_COUNT(known_names), sizeof(*known_names), compare_name);
	return found ? found->class : 0;
}

bool fq_script_may_be_shell(struct fq_text pattern)
{
	char text[41];
	if (pattern.len == 0 || pattern.len >= sizeof(text)) {
		return pattern.len > 0;
	}
	memcpy(text, pattern.at, pattern.len);
	text[pattern.len] = '\0';
	for (size_t i = 0; i < FQ_COUNT(known_names); i++) {
		bool counts = known_names[i].class & (COMMAND_SHELL | COMMAND_ANYWHERE);
		if (counts && fnmatch(text, known_names[i].name, 0) == 0) {
			return true;
		}
	}
	return false;
}

/* bash expands BASH_ENV, ENV and the prompts, and reckons with the numbers, even
 * with `a[$(…)]`, when they are assigned. */
bool fq_script_is_parsed_variable(struct fq_text name)
{
	static const char *const names[] = {"ENV", "PS0", "PS1", "PS2", "PS3", "PS4", "PROMPT_COMMAND",
	        "RANDOM", "SRANDOM", "SECONDS", "LINENO", "HISTCMD", "OPTIND", "MAILPATH", "EPOCHSECONDS",
	        "EPOCHREALTIME"};
	if (name.len >= 4 && memcmp(name.at, "BASH", 4) == 0) {
		return true;
	}
	for (size_t i = 0; i < FQ_COUNT(names); i++) {
		if (fq_text_is(name, names[i])) {
			return true;
		}
	}
	return false;
}
