/* What a sheet's columns are: placeholders all, and some say what a row is. */
#include "sheet.h"

#include <string.h>
#include <strings.h>

static int role_of(struct fq_text name)
{
	/* rnaseq and most others; sarek; ampliseq; what people write by hand */
	static const struct {
		const char *name;
		enum role role;
	} names[] = {{"sample", ROLE_SAMPLE}, {"sampleid", ROLE_SAMPLE}, {"sample_id", ROLE_SAMPLE},
	        {"sample_name", ROLE_SAMPLE}, {"fastq_1", ROLE_R1}, {"fastq_2", ROLE_R2}, {"fastq1", ROLE_R1},
	        {"fastq2", ROLE_R2}, {"forwardreads", ROLE_R1}, {"reversereads", ROLE_R2},
	        {"short_reads_1", ROLE_R1}, {"short_reads_2", ROLE_R2}};
	for (size_t i = 0; i < FQ_COUNT(names); i++) {
		if (strlen(names[i].name) == name.len && strncasecmp(names[i].name, name.at, name.len) == 0) {
			return (int)names[i].role;
		}
	}
	return -1;
}

static const char *placeholder_name(struct sheet *sheet, struct fq_text text)
{
	struct fq_buf name = {0};
	struct fq_text first = {text.at, 1};
	if (!fq_manifest_is_name(first) && text.at[0] >= '0' && text.at[0] <= '9') {
		fq_buf_putc(&name, '_');
	}
	for (size_t i = 0; i < text.len; i++) {
		char byte[2] = {'a', text.at[i]};
		fq_buf_putc(&name, fq_manifest_is_name((struct fq_text){byte, 2}) ? text.at[i] : '_');
	}
	if (name.at[0] == '-') {
		name.at[0] = '_';
	}
	const char *copy = fq_arena_copy(&sheet->loader->manifest->arena, name.at, name.len);
	fq_buf_finish(&name);
	return copy;
}

static uint32_t find_column(const struct fq_manifest *manifest, const char *name)
{
	for (uint32_t i = 0; i < manifest->column_count; i++) {
		if (strcmp(manifest->columns[i].name, name) == 0) {
			return i;
		}
	}
	return UINT32_MAX;
}

/* {sample} is the same as the column, whose cells made it. */
static void warn_of_hidden(struct sheet *sheet, const struct fq_cell *cell, const char *name, bool is_sample)
{
	if (!is_sample) {
		fq_manifest_warn_at(sheet->loader, sheet->lines_before + cell->line, cell->column,
		        fq_arena_format(&sheet->loader->manifest->arena, "{sheet.%s} is the column", name),
		        "column \"%s\" is called like the built-in placeholder {%s}", name, name);
	}
}

static uint32_t add_column(struct sheet *sheet, const struct fq_cell *cell, bool is_sample)
{
	struct fq_manifest *manifest = sheet->loader->manifest;
	const char *name = placeholder_name(sheet, cell->text);
	uint32_t known = find_column(manifest, name);
	if (known != UINT32_MAX) {
		return known;
	}
	manifest->columns = fq_grow(manifest->columns, &manifest->column_cap, manifest->column_count + 1,
	        sizeof(*manifest->columns));
	bool is_hidden = fq_manifest_builtin_word(fq_text(name)) >= 0;
	manifest->columns[manifest->column_count] = (struct fq_column){.name = name,
	        .line = sheet->lines_before + cell->line,
	        .column = cell->column,
	        .is_hidden = is_hidden};
	if (is_hidden) {
		warn_of_hidden(sheet, cell, name, is_sample);
	}
	return (uint32_t)manifest->column_count++;
}

/* Beside `sample`, its cousins are columns like any other. */
static int role_in(struct fq_text name, bool has_sample)
{
	int role = role_of(name);
	bool is_sample = name.len == strlen("sample");
	return role == ROLE_SAMPLE && has_sample && !is_sample ? -1 : role;
}

static bool has_sample(const struct fq_cell *cells, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (cells[i].text.len == strlen("sample") && role_of(cells[i].text) == ROLE_SAMPLE) {
			return true;
		}
	}
	return false;
}

static void take_field(
        struct sheet *sheet, const struct fq_cell *cells, size_t i, int role, uint32_t *columns)
{
	columns[i] = UINT32_MAX;
	if (cells[i].text.len == 0) {
		return; /* a trailing comma */
	}
	if (role >= 0 && sheet->roles[role] != SIZE_MAX) {
		static const char *const things[] = {"a second column for the sample",
		        "a second column for the first reads", "a second column for the second reads"};
		fq_sheet_complain(sheet, &cells[i], "keep one of them", things[role]);
	} else if (role >= 0) {
		sheet->roles[role] = i;
	}
	columns[i] = add_column(sheet, &cells[i], role == ROLE_SAMPLE);
	for (size_t j = 0; j < i; j++) {
		if (columns[j] == columns[i] && !(role >= 0 && sheet->roles[role] != i)) {
			struct fq_manifest *manifest = sheet->loader->manifest;
			fq_sheet_complain(sheet, &cells[i], "rename one of them",
			        fq_arena_format(&manifest->arena, "two columns are called {%s}",
			                manifest->columns[columns[i]].name));
			return;
		}
	}
}

/* A spreadsheet of another country or another button cuts cells otherwise. */
static const char *hint_of_columns(const struct sheet *sheet, const struct fq_cell *first)
{
	struct fq_text text = first->text;
	if (sheet->is_tsv && memchr(text.at, ',', text.len)) {
		return "tabs cut the cells of a .tsv, and here are commas: call it .csv";
	}
	if (!sheet->is_tsv && memchr(text.at, '\t', text.len)) {
		return "commas cut the cells of a .csv, and here are tabs: call it .tsv";
	}
	if (memchr(text.at, ';', text.len)) {
		return "save it with commas between the cells, here are semicolons";
	}
	static const char *const name = "sample";
	return fq_suggest(text, &name, 1) ? "if this is it, call it sample"
	                                  : "the first row names the columns: sample,fastq_1,fastq_2";
}

void fq_sheet_take_header(struct sheet *sheet, const struct fq_cell *cells, size_t count)
{
	struct fq_manifest *manifest = sheet->loader->manifest;
	uint32_t *columns = fq_arena_alloc(&manifest->arena, count * sizeof(*columns));
	sheet->has_header = true;
	sheet->field_count = count;
	bool is_exact = has_sample(cells, count);
	for (size_t i = 0; i < count; i++) {
		take_field(sheet, cells, i, role_in(cells[i].text, is_exact), columns);
	}
	manifest->sheets = fq_grow(
	        manifest->sheets, &manifest->sheet_cap, manifest->sheet_count + 1, sizeof(*manifest->sheets));
	sheet->number = (uint32_t)manifest->sheet_count;
	manifest->sheets[manifest->sheet_count++] = (struct fq_sheet){(uint32_t)count, columns};
	if (sheet->roles[ROLE_SAMPLE] == SIZE_MAX) {
		sheet->loader->lacks_sheet = true;
		fq_sheet_complain(sheet, &cells[0], hint_of_columns(sheet, &cells[0]),
		        "the sheet has no column \"sample\"");
	}
	if (sheet->roles[ROLE_R2] != SIZE_MAX && sheet->roles[ROLE_R1] == SIZE_MAX) {
		fq_sheet_complain(sheet, &cells[sheet->roles[ROLE_R2]],
		        "name the column of the first reads fastq_1",
		        "the sheet has second reads but no first ones");
	}
}
