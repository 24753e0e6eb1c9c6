#include "init.h"

#include "fqrun/manifest.h"

#include <stdlib.h>
#include <string.h>

/* --- [samples] ---------------------------------------------------------------------- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool fq_cli_init_fits_line(const struct fq_reads_sample *sample)
{
	const char *name = sample->name;
	size_t len = strlen(name);
	return sample->lane_count == 1 && !strpbrk(name, "=:") && !strchr(";#[", name[0]) &&
	       !is_blank(name[0]) && !is_blank(name[len - 1]);
}

static bool is_in_sheet(const struct fq_init *init, const struct fq_reads_sample *sample)
{
	return init->has_lanes || !fq_cli_init_fits_line(sample);
}

static bool is_plain(unsigned char c)
{
	return c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       strchr("_@%+=:,./-", c);
}

/* As [samples] reads it: words of a shell, but $'' is not known. */
static void add_word(struct fq_buf *buf, const char *path)
{
	bool plain = true;
	for (const char *c = path; *c; c++) {
		plain &= is_plain((unsigned char)*c);
	}
	if (plain) {
		fq_buf_puts(buf, path);
		return;
	}
	fq_buf_putc(buf, '\'');
	for (const char *c = path; *c; c++) {
		if (*c == '\'') {
			fq_buf_puts(buf, "'\\''");
		} else {
			fq_buf_putc(buf, *c);
		}
	}
	fq_buf_putc(buf, '\'');
}

/* The width that most names fit into. */
static size_t name_width(const struct fq_init *init)
{
	enum { WIDEST = 32 };
	size_t width = 0;
	for (size_t i = 0; i < init->found.sample_count; i++) {
		size_t len = strlen(init->found.samples[i].name);
		width = len > width && len <= WIDEST ? len : width;
	}
	return width;
}

static void add_samples(struct fq_buf *buf, const struct fq_init *init)
{
	size_t width = name_width(init), lines = 0;
	for (size_t i = 0; i < init->found.sample_count; i++) {
		lines += !is_in_sheet(init, &init->found.samples[i]);
	}
	if (lines == 0) {
		return;
	}
	fq_buf_puts(buf, "; A name and its files: one is single-end, two are paired.\n[samples]\n");
	for (size_t i = 0; i < init->found.sample_count; i++) {
		const struct fq_reads_sample *sample = &init->found.samples[i];
		if (is_in_sheet(init, sample)) {
			continue;
		}
		size_t len = strlen(sample->name);
		fq_buf_addf(buf, "%s%*s =", sample->name, len < width ? (int)(width - len) : 0, "");
		for (size_t j = 0; j < 2 && sample->lanes[0].files[j]; j++) {
			fq_buf_putc(buf, ' ');
			add_word(buf, sample->lanes[0].files[j]);
		}
		fq_buf_putc(buf, '\n');
	}
	fq_buf_putc(buf, '\n');
}

/* --- the sheet ------------------------------------------------------------------------- */

/* RFC 4180; also where a reader might trim. */
static void add_cell(struct fq_buf *buf, const char *text)
{
	size_t len = strlen(text);
	if (!strpbrk(text, ",\"\r\n;\t") && (!len || (text[0] != ' ' && text[len - 1] != ' '))) {
		fq_buf_puts(buf, text);
		return;
	}
	fq_buf_putc(buf, '"');
	for (const char *c = text; *c; c++) {
		fq_buf_puts(buf, *c == '"' ? "\"" : "");
		fq_buf_putc(buf, *c);
	}
	fq_buf_putc(buf, '"');
}

void fq_cli_init_add_sheet(struct fq_buf *buf, const struct fq_init *init)
{
	fq_buf_puts(buf, "sample,fastq_1,fastq_2\n");
	for (size_t i = 0; i < init->found.sample_count; i++) {
		const struct fq_reads_sample *sample = &init->found.samples[i];
		for (size_t j = 0; j < sample->lane_count && is_in_sheet(init, sample); j++) {
			const struct fq_reads_lane *lane = &sample->lanes[j];
			add_cell(buf, sample->name);
			fq_buf_putc(buf, ',');
			add_cell(buf, lane->files[0]);
			fq_buf_putc(buf, ',');
			add_cell(buf, lane->files[1] ? lane->files[1] : "");
			fq_buf_putc(buf, '\n');
		}
	}
}

/* --- tasks ---------------------------------------------------------------------------------- */

struct stem {
	struct fq_text text;
	size_t sample;
};

static int by_stem(const void *a, const void *b)
{
	const struct stem *x = a, *y = b;
	int order = fq_discover_compare(x->text, y->text);
	return order ? order : (x->sample > y->sample) - (x->sample < y->sample);
}

static struct stem *list_stems(const struct fq_init *init)
{
	struct stem *stems = fq_zeroed(init->file_count, sizeof(*stems));
	size_t count = 0;
	for (size_t i = 0; i < init->found.sample_count; i++) {
		const struct fq_reads_sample *sample = &init->found.samples[i];
		for (size_t j = 0; j < 2 * sample->lane_count; j++) {
			const char *file = sample->lanes[j / 2].files[j % 2];
			if (file) {
				stems[count++] = (struct stem){fq_path_part(fq_text(file), FQ_PART_STEM), i};
			}
		}
	}
	fq_sort(stems, count, sizeof(*stems), by_stem);
	return stems;
}

/* FastQC names its reports after the files alone: where two files have one name, those of
 * each sample, or of each lane, need a folder of their own. */
static const char *choose_fastqc_folder(const struct fq_init *init)
{
	const char *folder = "results/fastqc";
	struct stem *stems = list_stems(init);
	for (size_t i = 1; i < init->file_count; i++) {
		if (!fq_text_equal(stems[i - 1].text, stems[i].text)) {
			continue;
		}
		folder = "results/fastqc/{sample}";
		if (stems[i - 1].sample == stems[i].sample) {
			folder = "results/fastqc/{sample}/{lane}";
			break;
		}
	}
	fq_release(stems);
	return folder;
}

/* FastQC unpacks what is called .gz, and takes all else for text. */
static bool any_bgz(const struct fq_init *init)
{
	bool any = false;
	for (size_t i = 0; i < init->found.sample_count; i++) {
		const struct fq_reads_sample *sample = &init->found.samples[i];
		for (size_t j = 0; j < 2 * sample->lane_count; j++) {
			const char *file = sample->lanes[j / 2].files[j % 2];
			const char *dot = file ? strrchr(file, '.') : NULL;
			any |= dot && (strcasecmp(dot, ".bgz") == 0 || strcasecmp(dot, ".bgzf") == 0);
		}
	}
	return any;
}

/* `off` is put in front of each line: "" or "; ". */
/* A preset's outputs lie in one folder; where they would meet, all is written out. */
static void add_fastqc(struct fq_buf *buf, const struct fq_init *init, const char *off)
{
	const char *folder = choose_fastqc_folder(init);
	fq_buf_addf(buf, "; For each file, once its sample is known to be whole.\n%s[task fastqc]\n", off);
	if (strcmp(folder, "results/fastqc") == 0) {
		fq_buf_addf(buf, "%suse     = fastqc\n%safter   = stats\n\n", off, off);
		return;
	}
	fq_buf_addf(buf,
	        "%sper     = file\n"
	        "%safter   = stats\n"
	        "%scommand = fastqc --quiet --outdir %s {file}\n",
	        off, off, off, folder);
	fq_buf_addf(buf, "%soutput  = %s/{file.stem}_fastqc.zip %s/{file.stem}_fastqc.html\n\n", off, folder,
	        folder);
}

static void add_multiqc(struct fq_buf *buf, const struct fq_init *init, const char *off)
{
	bool is_flat = strcmp(choose_fastqc_folder(init), "results/fastqc") == 0;
	fq_buf_addf(buf,
	        "; Once, when every file has its report: one page over them all.\n"
	        "%s[task multiqc]\n"
	        "%suse     = multiqc\n"
	        "%sinput   = {fastqc.output}\n",
	        off, off, off);
	if (!is_flat) {
		fq_buf_addf(buf, "%soptions = --dirs\n", off); /* names of the samples' folders */
	}
}

static void add_tasks(struct fq_buf *buf, const struct fq_init *init)
{
	bool has_bgz = any_bgz(init);
	bool with_fastqc = init->has_fastqc && !has_bgz, with_multiqc = with_fastqc && init->has_multiqc;
	fq_buf_puts(buf, "; For each sample: its files, read to their ends: reads, bases, GC and qualities.\n"
	                 "; fqrun does this itself.\n"
	                 "[task stats]\n"
	                 "builtin = fastq-stats\n"
	                 "output  = results/stats/{sample}.json\n"
	                 "\n");
	if (has_bgz) {
		fq_buf_puts(buf,
		        "; FastQC unpacks .gz alone, and some files are called .bgz: rename them to\n"
		        "; .gz, make this anew, or write a task that unpacks them.\n\n");
	} else if (!with_multiqc) {
		fq_buf_addf(buf,
		        "; %s not found when this was written. To have the reports:\n"
		        ";   conda install -c bioconda fastqc multiqc   (or: apt install fastqc; pip install "
		        "multiqc)\n"
		        "; and take away the `; ` in front of the tasks below.\n\n",
		        init->has_fastqc    ? "MultiQC was"
		        : init->has_multiqc ? "FastQC was"
		                            : "FastQC and MultiQC were");
	}
	add_fastqc(buf, init, with_fastqc ? "" : "; ");
	add_multiqc(buf, init, with_multiqc ? "" : "; ");
}

/* --- the whole -------------------------------------------------------------------------------- */

/* A path in a comment: on one line, whatever it holds. */
static void add_quoted(struct fq_buf *buf, const char *path)
{
	fq_buf_add_quoted(buf, fq_text(path));
}

static void add_head(struct fq_buf *buf, const struct fq_init *init)
{
	fq_buf_addf(buf,
	        "; %zu %s in %zu %s, found by `fqrun init`. From here on it is yours to change.\n;\n",
	        init->found.sample_count, init->found.sample_count == 1 ? "sample" : "samples",
	        init->file_count, init->file_count == 1 ? "file" : "files");
	static const char *const uses[][2] = {
	        {"fqrun -n -f ", "      shows what would run\n"},
	        {"fqrun -f ", " -j 4    runs it, at most four jobs at a time\n"},
	        {"fqrun -f ", " -j 4    again: runs what is not up to date\n"},
	};
	for (size_t i = 0; i < FQ_COUNT(uses); i++) {
		fq_buf_addf(buf, ";   %s", uses[i][0]);
		add_quoted(buf, init->manifest);
		fq_buf_puts(buf, uses[i][1]);
	}
	fq_buf_puts(buf, ";\n; Relative paths begin in the folder where fqrun is started.\n\n");
}

void fq_cli_init_add_remarks(
        struct fq_buf *buf, const struct fq_discovery *found, const struct fq_remark_style *style)
{
	for (int what = 0; what < FQ_REMARK_COUNT; what++) {
		size_t count = 0;
		for (size_t i = 0; i < found->remark_count; i++) {
			if ((int)found->remarks[i].what != what || count++ >= style->shown) {
				continue;
			}
			if (count == 1) {
				fq_buf_addf(buf, "%s%s%s:\n", style->head,
				        what <= FQ_REMARK_LEFT_OUT ? "left out: " : "note: ",
				        fq_remark_words[what]);
			}
			fq_buf_puts(buf, style->indent);
			add_quoted(buf, found->remarks[i].path);
			fq_buf_putc(buf, '\n');
		}
		if (count > style->shown) {
			fq_buf_addf(buf, "%sand %zu more\n", style->indent, count - style->shown);
		}
		fq_buf_puts(buf, count ? style->gap : "");
	}
}

void fq_cli_init_add_manifest(struct fq_buf *buf, const struct fq_init *init)
{
	add_head(buf, init);
	if (init->sheet) {
		fq_buf_addf(buf,
		        "; A row is one file or a pair; rows of one name are the lanes of that sample.\n"
		        "[fqrun]\nsheet = %s\n\n",
		        init->sheet);
	}
	add_samples(buf, init);
	static const struct fq_remark_style comments = {"; ", ";   ", "\n", 100};
	fq_cli_init_add_remarks(buf, &init->found, &comments);
	add_tasks(buf, init);
}

/* --- what a person is told ------------------------------------------------------------------ */

/* The folder that all files stand in, or NULL. */
static const char *common_folder(const struct fq_init *init, size_t *ret_len)
{
	const char *first = init->found.samples[0].lanes[0].files[0];
	const char *slash = strrchr(first, '/');
	*ret_len = slash ? (size_t)(slash + 1 - first) : 0;
	for (size_t i = 0; i < init->found.sample_count; i++) {
		const struct fq_reads_sample *sample = &init->found.samples[i];
		for (size_t j = 0; j < 2 * sample->lane_count; j++) {
			const char *file = sample->lanes[j / 2].files[j % 2];
			if (file && (strncmp(file, first, *ret_len) != 0 || strchr(file + *ret_len, '/'))) {
				return NULL;
			}
		}
	}
	return first;
}

void fq_cli_init_add_found(struct fq_buf *buf, const struct fq_init *init)
{
	size_t count = init->found.sample_count, singles = count - init->paired_count, len;
	const char *folder = common_folder(init, &len);
	fq_buf_addf(buf, "%zu %s: %zu paired, %zu single", count, count == 1 ? "sample" : "samples",
	        init->paired_count, singles);
	if (!folder) {
		fq_buf_puts(buf, ", in more than one folder\n");
	} else if (len == 0) {
		fq_buf_puts(buf, ", here\n");
	} else {
		fq_buf_puts(buf, ", in ");
		fq_buf_add_quoted(buf, (struct fq_text){folder, len});
		fq_buf_putc(buf, '\n');
	}
}
