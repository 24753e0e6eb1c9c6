#include "fqrun/fastq.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct fq_fastq_row rows[] = {
        {"a.fq", {3, 800, 401, 1, 533, 200, 100, 400}},
        {"b\t\xff.fq", {0}},
};

Test(fastq_write, json_has_name_sum_and_files)
{
	struct fq_buf buf = {0};
	fq_fastq_add_json(&buf, "s\"1", rows, 1);
	/* 800/3 = 266.666..., 401/800 = 50.125 %, 533/800 = 66.625 %, 200/800 = 25 %. */
	cr_assert_str_eq(buf.at,
	        "{\n  \"name\": \"s\\\"1\",\n  \"reads\": 3,\n  \"bases\": 800,\n  \"min_length\": 100,\n"
	        "  \"mean_length\": 266.67,\n  \"max_length\": 400,\n  \"gc\": 401,\n  \"gc_percent\": "
	        "50.13,\n"
	        "  \"n\": 1,\n  \"q20\": 533,\n  \"q20_percent\": 66.63,\n  \"q30\": 200,\n"
	        "  \"q30_percent\": 25.0,\n  \"files\": [\n    {\n      \"file\": \"a.fq\",\n"
	        "      \"reads\": 3,\n      \"bases\": 800,\n      \"min_length\": 100,\n"
	        "      \"mean_length\": 266.67,\n      \"max_length\": 400,\n      \"gc\": 401,\n"
	        "      \"gc_percent\": 50.13,\n      \"n\": 1,\n      \"q20\": 533,\n"
	        "      \"q20_percent\": 66.63,\n      \"q30\": 200,\n      \"q30_percent\": 25.0\n"
	        "    }\n  ]\n}\n");
	fq_buf_finish(&buf);
}

Test(fastq_write, json_without_name_or_reads)
{
	struct fq_buf buf = {0};
	fq_fastq_add_json(&buf, NULL, rows + 1, 1);
	cr_assert(strncmp(buf.at, "{\n  \"reads\": 0,\n", 16) == 0);
	cr_assert(strstr(buf.at, "\"mean_length\": 0.0,") && strstr(buf.at, "\"gc_percent\": 0.0,"));
	cr_assert(strstr(buf.at, "\"file\": \"b\\t\xef\xbf\xbd.fq\","), "%s", buf.at);
	fq_buf_finish(&buf);
}

Test(fastq_write, json_replaces_only_stray_bytes)
{
	/* Right: 2, 3 and 4 bytes. Stray: overlong, surrogate, beyond U+10FFFF, cut off. */
	const struct fq_fastq_row names[] = {{"\xc3\xa4\xe2\x82\xac\xf0\x9f\xa7\xac", {0}},
	        {"\xc0\xaf|\xed\xa0\x80|", {0}}, {"\xf4\x90\x80\x80|\xe2\x82", {0}}};
	struct fq_buf buf = {0};
	fq_fastq_add_json(&buf, NULL, names, 3);
	cr_assert(strstr(buf.at, "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\xa7\xac\""));
#define STRAY "\xef\xbf\xbd"
	cr_assert(strstr(buf.at, "\"" STRAY STRAY "|" STRAY STRAY STRAY "|\""));
	cr_assert(strstr(buf.at, "\"" STRAY STRAY STRAY STRAY "|" STRAY STRAY "\""));
	fq_buf_finish(&buf);
}

Test(fastq_write, tsv_has_a_header_and_a_line_a_file)
{
	struct fq_buf buf = {0};
	const struct fq_fastq_row more[] = {rows[0], {"b\t\n\\\x1b.fq", {0}}};
	fq_fastq_add_tsv(&buf, more, 2);
	cr_assert_str_eq(buf.at, "file\treads\tbases\tmin_length\tmean_length\tmax_length\tgc\tgc_"
	                         "percent\tn\tq20\tq20_percent\tq30\t"
	                         "q30_percent\n"
	                         "a.fq\t3\t800\t100\t266.67\t400\t401\t50.13\t1\t533\t66.63\t200\t25.00\n"
	                         "b\\t\\n\\\\\\x1b.fq\t0\t0\t0\t0.00\t0\t0\t0.00\t0\t0\t0.00\t0\t0.00\n");
	fq_buf_finish(&buf);
}

Test(fastq_write, a_table_is_aligned_and_has_a_total)
{
	struct fq_buf buf = {0};
	const struct fq_fastq_row more[] = {
	        {"\xc3\xa4", {1, 7, 0, 0, 0, 0, 7, 7}}, {"bb", {1, 3, 3, 1, 3, 3, 3, 3}}};
	fq_fastq_add_table(&buf, more, 2);
	cr_assert_str_eq(buf.at, "file   reads  bases  min  mean  max     GC%  N    Q20%    Q30%\n"
	                         "\xc3\xa4          1      7    7  7.00    7    0.00  0    0.00    0.00\n"
	                         "bb         1      3    3  3.00    3  100.00  1  100.00  100.00\n"
	                         "total      2     10    3  5.00    7   30.00  1   30.00   30.00\n");
	fq_buf_finish(&buf);
}
