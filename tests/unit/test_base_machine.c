/* The machine and our control group, as folders of a test's own tell of them. */
#include "fqrun/base.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/fqrun-machine-XXXXXX";

static void enter(void)
{
	cr_assert(mkdtemp(folder) && chdir(folder) == 0);
}

static void leave(void)
{
	cr_assert(chdir("/") == 0 && fq_tree_remove(folder, NULL));
}

TestSuite(machine, .init = enter, .fini = leave);

static void put(const char *path, const char *text)
{
	struct fq_error err = {0};
	cr_assert(fq_folder_make_for(path, &err), "%s", err.text);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	cr_assert(fd >= 0 && fq_file_write_all(fd, text, strlen(text)), "%s", path);
	close(fd);
}

/* A machine of its own for each row of a test. */
static const char *fresh(void)
{
	static unsigned count;
	static char name[16];
	snprintf(name, sizeof(name), "m%u", ++count);
	return name;
}

static void put_in(const char *root, const char *path, const char *text)
{
	char whole[256];
	snprintf(whole, sizeof(whole), "%s/%s", root, path);
	put(whole, text);
}

#define EVENTS(kills) "low 0\nhigh 3\nmax 7\noom 2\noom_kill " kills "\noom_group_kill 9\n"
#define CONTROL(kills) "oom_kill_disable 0\nunder_oom 0\noom_kill " kills "\n"

Test(machine, nothing_is_known_where_nothing_is_told)
{
	cr_assert(fq_memory_oom_kills("none") == -1 && fq_memory_limit("none") == 0);
	cr_assert(fq_memory_available() > 0 && fq_memory_available() >= fq_memory_limit(""));
}

Test(machine, kills_of_our_own_group_in_version_2)
{
	const char *root = fresh();
	put_in(root, "proc/self/cgroup", "0::/slurm/job_7/step_0\n");
	put_in(root, "sys/fs/cgroup/slurm/job_7/step_0/memory.events", EVENTS("4"));
	put_in(root, "sys/fs/cgroup/slurm/job_7/memory.events", EVENTS("50"));
	put_in(root, "proc/vmstat", "nr_free_pages 5\noom_kill 900\n");
	cr_assert(fq_memory_oom_kills(root) == 4);
}

Test(machine, kills_of_our_own_group_in_version_1)
{
	const char *root = fresh();
	put_in(root, "proc/self/cgroup",
	        "9:name=systemd:/x\n5:cpu,cpuacct:/c\n4:hugetlb,memory:/a/b\n2:memorylike:/n\n0::/u\n");
	put_in(root, "sys/fs/cgroup/memory/a/b/memory.oom_control", CONTROL("3"));
	put_in(root, "sys/fs/cgroup/memory/memory.oom_control", CONTROL("70"));
	cr_assert(fq_memory_oom_kills(root) == 3);
}

Test(machine, in_a_container_the_tree_is_its_own)
{
	const char *two = fresh();
	put_in(two, "proc/self/cgroup", "0::/docker/0123\n"); /* as the host calls it */
	put_in(two, "sys/fs/cgroup/memory.events", EVENTS("1"));
	cr_assert(fq_memory_oom_kills(two) == 1);
	const char *one = fresh();
	put_in(one, "proc/self/cgroup", "4:memory:/docker/0123\n");
	put_in(one, "sys/fs/cgroup/memory/memory.oom_control", CONTROL("2"));
	cr_assert(fq_memory_oom_kills(one) == 2);
}

Test(machine, kills_of_the_whole_machine_where_no_group_tells)
{
	const char *root = fresh();
	put_in(root, "proc/self/cgroup", "0::/\n");
	put_in(root, "proc/vmstat", "oom_kill_not 5\nnr_oom_kill 6\noom_kill 12\n");
	cr_assert(fq_memory_oom_kills(root) == 12);
}

Test(machine, noise_is_no_count)
{
	static const char *const rows[] = {"", "\n", "oom_kill\n", "oom_kill \n", "oom_kill x\n",
	        "oom_kill -1\n", "oom_kill 99999999999999999999\n", "oom_kill 5 6\n", "\noom_kill", "oom"};
	for (size_t i = 0; i < FQ_COUNT(rows); i++) {
		const char *root = fresh();
		put_in(root, "proc/self/cgroup", i % 2 ? "noise" : "a:b\n::\n0::\n");
		put_in(root, "sys/fs/cgroup/memory.events", rows[i]);
		cr_assert(fq_memory_oom_kills(root) == -1, "row %zu", i);
	}
}

Test(machine, the_least_limit_of_all_groups_around_us_holds)
{
	const char *two = fresh();
	put_in(two, "proc/self/cgroup", "0::/slurm/job_7/step_0\n");
	put_in(two, "sys/fs/cgroup/slurm/job_7/step_0/memory.max", "max\n");
	cr_assert(fq_memory_limit(two) == 0);
	put_in(two, "sys/fs/cgroup/slurm/job_7/memory.max", "4294967296\n");
	put_in(two, "sys/fs/cgroup/slurm/memory.max", "8589934592\n");
	cr_assert(fq_memory_limit(two) == INT64_C(1) << 32);
	const char *one = fresh();
	put_in(one, "proc/self/cgroup", "4:memory:/a/b\n");
	put_in(one, "sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
	cr_assert(fq_memory_limit(one) == 0);
	put_in(one, "sys/fs/cgroup/memory/a/b/memory.limit_in_bytes", "1048576\n");
	cr_assert(fq_memory_limit(one) == 1 << 20);
}
