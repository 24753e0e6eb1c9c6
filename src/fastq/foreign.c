#include "inner.h"

#include <string.h>

static const char download_hint[] =
        "a download gave this page instead of the file: look at it for the reason, download again";

/* Magic numbers: each format's own specification, or file(1). None begins a FASTQ file; a
 * SAM header's first line could, as the title of a read, but for its tab and its key. */
static const struct foreign {
	const char *magic;
	uint16_t len, at;
	struct fq_fastq_foreign known;
} formats[] = {
        {"BZh", 3, 0, {"bzip2 data", "decompress first: bunzip2 -k FILE"}},
        {"\xfd"
         "7zXZ\0",
                6, 0, {"xz data", "decompress first: unxz -k FILE"}},
        {"\x28\xb5\x2f\xfd", 4, 0, {"zstd data", "decompress first: unzstd FILE"}},
        {"\x04\x22\x4d\x18", 4, 0, {"lz4 data", "decompress first: unlz4 FILE"}},
        {"\x1f\x9d", 2, 0, {"compress (.Z) data", "decompress first: uncompress FILE"}},
        {"PK\x03\x04", 4, 0, {"a zip archive", "decompress first: unzip FILE"}},
        {"7z\xbc\xaf\x27\x1c", 6, 0, {"a 7z archive", "unpack it first: 7z x FILE"}},
        {"Rar!\x1a\x07", 6, 0, {"a rar archive", "unpack it first: unrar x FILE"}},
        {"ustar", 5, 257, {"a tar archive", "unpack it first: tar -xf FILE"}},
        {"BAM\1", 4, 0, {"BAM", "convert it first, for example with samtools fastq"}},
        {"CRAM", 4, 0, {"CRAM", "convert it first, for example with samtools fastq"}},
        {"@HD\tVN:", 7, 0, {"SAM", "convert it first, for example with samtools fastq"}},
        {"@SQ\tSN:", 7, 0, {"SAM", "convert it first, for example with samtools fastq"}},
        {"NCBI.sra", 8, 0, {"an SRA archive", "convert it first: fasterq-dump --split-files FILE"}},
        {"\x89HDF\r\n\x1a\n", 8, 0, {"HDF5 (FAST5?)", "call its bases first, for example with dorado"}},
        {"\x8bPOD\r\n\x1a\n", 8, 0, {"POD5", "call its bases first, for example with dorado"}},
        {"crypt4gh", 8, 0, {"an encrypted file (Crypt4GH)", "decrypt it first: crypt4gh decrypt"}},
        {"version https://git-lfs", 23, 0, {"a Git LFS pointer", "fetch the file itself: git lfs pull"}},
        {"/annex/objects/", 15, 0, {"a git-annex pointer", "fetch the file itself: git annex get"}},
        {"<!DOCTYPE", 9, 0, {"a web page (HTML)", download_hint}},
        {"<!doctype", 9, 0, {"a web page (HTML)", download_hint}},
        {"<html", 5, 0, {"a web page (HTML)", download_hint}},
        {"<HTML", 5, 0, {"a web page (HTML)", download_hint}},
        {"<?xml", 5, 0, {"a page of XML", download_hint}},
        {"{\"", 2, 0, {"a page of JSON", download_hint}},
        {"\xff\xfe", 2, 0, {"UTF-16 text", "make it plain text first: iconv -f UTF-16 -t ASCII FILE"}},
        {"\xfe\xff", 2, 0, {"UTF-16 text", "make it plain text first: iconv -f UTF-16 -t ASCII FILE"}},
        {"@\0", 2, 0, {"UTF-16 text", "make it plain text first: iconv -f UTF-16LE -t ASCII FILE"}},
        {"\0\0\0\0\0\0\0\0", 8, 0, {"zeros", "the copy was never finished: download or copy it again"}},
};

const struct fq_fastq_foreign *fq_fastq_recognise(const char *at, size_t len)
{
	for (size_t i = 0; i < FQ_COUNT(formats); i++) {
		const struct foreign *format = &formats[i];
		size_t end = (size_t)format->at + format->len;
		/* Far from the beginning a few letters prove little, if a title stands in front. */
		bool is_title = format->at && len && at[0] == '@';
		if (len >= end && !is_title && memcmp(at + format->at, format->magic, format->len) == 0) {
			return &format->known;
		}
	}
	return NULL;
}
