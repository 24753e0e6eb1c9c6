/* Writes the same work for fqrun, ninja and make.
 *
 * usage: gen files|spawn|fanin SAMPLES FOLDER
 *
 * files: each sample has `count` (reads data/sNNN.fq, writes out/sNNN.count) and
 *        `qc` (reads that, writes out/sNNN.qc); one cohort task comes after all.
 * spawn: each sample runs /bin/true, without files.
 * fanin: as spawn, and one cohort task after all.
 *
 * The commands need no shell and take no time, so what is measured is the runner. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static FILE *open_out(const char *name)
{
	FILE *out = fopen(name, "w");
	if (!out) {
		perror(name);
		exit(1);
	}
	return out;
}

static void close_out(FILE *out, const char *name)
{
	if (fclose(out)) {
		perror(name);
		exit(1);
	}
}

static void make_folder(const char *name)
{
	if (mkdir(name, 0777) && errno != EEXIST) {
		perror(name);
		exit(1);
	}
}

static void write_reads(unsigned samples)
{
	make_folder("data");
	make_folder("out");
	for (unsigned i = 0; i < samples; i++) {
		char name[32];
		snprintf(name, sizeof(name), "data/s%06u.fq", i);
		FILE *out = open_out(name);
		fprintf(out, "@s%06u\nACGT\n+\nIIII\n", i);
		close_out(out, name);
	}
}

static void write_manifest(unsigned samples, const char *tasks, const char *reads)
{
	FILE *out = open_out("bench.ini");
	fputs("[samples]\n", out);
	for (unsigned i = 0; i < samples; i++) {
		fprintf(out, reads, i, i);
	}
	fputs(tasks, out);
	close_out(out, "bench.ini");
}

/* `each` is written once a sample, `list` within the cohort's list of inputs. */
static void write_graph(const char *name, const char *head, const char *each, const char *cohort,
        const char *list, const char *tail, unsigned samples)
{
	FILE *out = open_out(name);
	fputs(head, out);
	for (unsigned i = 0; i < samples; i++) {
		fprintf(out, each, i, i, i, i);
	}
	fputs(cohort, out);
	for (unsigned i = 0; i < samples; i++) {
		fprintf(out, list, i, i);
	}
	fputs(tail, out);
	close_out(out, name);
}

static void write_files(unsigned samples)
{
	write_reads(samples);
	write_manifest(samples,
	        "[task count]\ncommand = cp {reads} {output}\noutput = out/{sample}.count\n"
	        "[task qc]\ncommand = cp {count.output} {output}\noutput = out/{sample}.qc\n"
	        "[task all]\ncommand = touch {output}\noutput = out/all\nafter = count qc\n",
	        "s%06u = data/s%06u.fq\n");
	write_graph("build.ninja", "rule cp\n command = cp $in $out\nrule touch\n command = touch $out\n",
	        "build out/s%06u.count: cp data/s%06u.fq\nbuild out/s%06u.qc: cp out/s%06u.count\n",
	        "build out/all: touch", " out/s%06u.count out/s%06u.qc", "\n", samples);
	write_graph("Makefile", "MAKEFLAGS += -rR\n.SUFFIXES:\nall: out/all\n",
	        "out/s%06u.count: data/s%06u.fq\n\tcp $< $@\nout/s%06u.qc: out/s%06u.count\n\tcp $< $@\n",
	        "out/all:", " out/s%06u.count out/s%06u.qc", "\n\ttouch $@\n", samples);
}

static void write_spawn(unsigned samples, int fan_in)
{
	FILE *reads = open_out("one.fq");
	fputs("@one\nACGT\n+\nIIII\n", reads);
	close_out(reads, "one.fq");
	write_manifest(samples,
	        fan_in ? "[task run]\nper = sample\ncommand = /bin/true\n"
	                 "[task all]\nper = cohort\ncommand = /bin/true\nafter = run\n"
	               : "[task run]\nper = sample\ncommand = /bin/true\n",
	        "s%06u = one.fq\n");
	write_graph("build.ninja", "rule true\n command = /bin/true\n", "build s%06u: true\n",
	        fan_in ? "build all: true" : "build all: phony", " s%06u", "\n", samples);
	write_graph("Makefile", "MAKEFLAGS += -rR\n.SUFFIXES:\n.PHONY: all\nall:\n",
	        ".PHONY: s%06u\ns%06u:\n\t/bin/true\n", "all:", " s%06u", fan_in ? "\n\t/bin/true\n" : "\n",
	        samples);
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		fputs("usage: gen files|spawn|fanin SAMPLES FOLDER\n", stderr);
		return 2;
	}
	unsigned samples = (unsigned)strtoul(argv[2], NULL, 10);
	make_folder(argv[3]);
	if (chdir(argv[3])) {
		perror(argv[3]);
		return 1;
	}
	if (!strcmp(argv[1], "files")) {
		write_files(samples);
	} else {
		write_spawn(samples, !strcmp(argv[1], "fanin"));
	}
	return 0;
}
