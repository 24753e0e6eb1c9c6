/* A manifest that is loaded from memory, without a name on any disk. */
#ifndef FQRUN_FUZZ_MANIFEST_FILE_H
#define FQRUN_FUZZ_MANIFEST_FILE_H

#include "fqrun/manifest.h"
#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

static void check_words(const struct fq_task *task, const struct fq_words *words)
{
	for (uint32_t i = 0; i < words->count; i++) {
		for (uint32_t j = 0; j < words->words[i].count; j++) {
			MUST(words->words[i].pieces[j].ref < (int32_t)task->ref_count);
		}
	}
}

static void check_task(const struct fq_task *task)
{
	const struct fq_script *script = &task->script;
	check_words(task, &task->inputs);
	check_words(task, &task->outputs);
	check_words(task, &task->dir);
	check_words(task, &task->env);
	check_words(task, &script->direct);
	for (uint32_t i = 0; i < script->value_count; i++) {
		MUST(script->values[i] < task->ref_count);
	}
	for (uint32_t i = 0; i < script->piece_count; i++) {
		MUST(script->pieces[i].ref < (int32_t)task->ref_count);
	}
	MUST(!script->is_direct || script->direct.count > 0);
}

static void load_manifest(const void *at, size_t len)
{
	static int fd = -1;
	char path[64];
	if (fd < 0) {
		fd = memfd_create("manifest", MFD_CLOEXEC);
	}
	MUST(fd >= 0 && ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0);
	MUST(fq_file_write_all(fd, at, len));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	struct fq_manifest manifest;
	struct fq_errors errors = {0};
	bool ok = fq_manifest_load(&manifest, path, NULL, 0, &errors);
	MUST(ok == (errors.errors == 0));
	for (size_t i = 0; ok && i < manifest.task_count; i++) {
		check_task(&manifest.tasks[i]);
	}
	fq_manifest_finish(&manifest);
	fq_errors_finish(&errors);
}

#endif
