/* Samples from a sheet: a row is a lane, and rows of one sample are its lanes in
 * order. The columns that say what a row is have the names that nf-core's
 * pipelines give them; every column is a placeholder besides. */
#include "internal.h"
#include "rows.h"

#include <string.h>
#include <strings.h>

enum role { ROLE_SAMPLE, ROLE_R1, ROLE_R2, ROLE_COUNT };

struct row {
	uint32_t sample, next; /* index into `firsts`; the next row of that sample, UINT32_MAX: none */
	uint32_t line;
	const struct fq_cell *cells;
};

/* The first and last row of each sample. */
struct first {
	uint32_t row, last;
};

struct sheet {
	struct loader *loader;
	uint32_t lines_before;
	size_t field_count; /* of the header */
	bool has_header, is_tsv;
	size_t roles[ROLE_COUNT]; /* fields; SIZE_MAX: the sheet has none */
	uint32_t number;          /* of it in the manifest */
	struct row *rows;
	struct first *firsts;
	size_t row_count, row_cap, first_count, first_cap;
	struct fq_map samples;
};

static void complain(struct sheet *sheet, const struct fq_cell *cell, const char *hint, const char *text)
{
	fq_manifest_complain_at(
	        sheet->loader, sheet->lines_before + cell->line, cell->column, hint, "%s", text);
}

/* --- the header -------------------------------------------------------------------- */

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

static void take_field(struct sheet *sheet, const struct fq_cell *cells, size_t i, uint32_t *columns)
{
	columns[i] = UINT32_MAX;
	if (cells[i].text.len == 0) {
		return; /* a trailing comma */
	}
	int role = role_of(cells[i].text);
	if (role >= 0 && sheet->roles[role] != SIZE_MAX) {
		static const char *const things[] = {"a second column for the sample",
		        "a second column for the first reads", "a second column for the second reads"};
		complain(sheet, &cells[i], "keep one of them", things[role]);
	} else if (role >= 0) {
		sheet->roles[role] = i;
	}
	columns[i] = add_column(sheet, &cells[i], role == ROLE_SAMPLE);
	for (size_t j = 0; j < i; j++) {
		if (columns[j] == columns[i] && !(role >= 0 && sheet->roles[role] != i)) {
			struct fq_manifest *manifest = sheet->loader->manifest;
			complain(sheet, &cells[i], "rename one of them",
			        fq_arena_format(&manifest->arena, "two columns are called {%s}",
			                manifest->columns[columns[i]].name));
			return;
		}
	}
}

/* A spreadsheet of another country or another button cuts cells otherwise. */
static const char *header_hint(const struct sheet *sheet, const struct fq_cell *first)
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

static void take_header(struct sheet *sheet, const struct fq_cell *cells, size_t count)
{
	struct fq_manifest *manifest = sheet->loader->manifest;
	uint32_t *columns = fq_arena_alloc(&manifest->arena, count * sizeof(*columns));
	sheet->has_header = true;
	sheet->field_count = count;
	for (size_t i = 0; i < count; i++) {
		take_field(sheet, cells, i, columns);
	}
	manifest->sheets = fq_grow(
	        manifest->sheets, &manifest->sheet_cap, manifest->sheet_count + 1, sizeof(*manifest->sheets));
	sheet->number = (uint32_t)manifest->sheet_count;
	manifest->sheets[manifest->sheet_count++] = (struct fq_sheet){(uint32_t)count, columns};
	if (sheet->roles[ROLE_SAMPLE] == SIZE_MAX) {
		complain(sheet, &cells[0], header_hint(sheet, &cells[0]),
		        "the sheet has no column \"sample\"");
	}
	if (sheet->roles[ROLE_R2] != SIZE_MAX && sheet->roles[ROLE_R1] == SIZE_MAX) {
		complain(sheet, &cells[sheet->roles[ROLE_R2]], "name the column of the first reads fastq_1",
		        "the sheet has second reads but no first ones");
	}
}

/* --- rows ----------------------------------------------------------------------------- */

static bool check_width(struct sheet *sheet, const struct fq_cell *cells, size_t count)
{
	if (count < sheet->field_count) {
		fq_manifest_complain_at(sheet->loader, sheet->lines_before + cells[0].line, cells[0].column,
		        sheet->is_tsv ? "an empty cell still needs its tab"
		                      : "an empty cell still needs its comma",
		        "the row has %zu cell%s, the first row has %zu", count, count == 1 ? "" : "s",
		        sheet->field_count);
		return false;
	}
	for (size_t i = sheet->field_count; i < count; i++) {
		if (cells[i].text.len) {
			complain(sheet, &cells[i],
			        sheet->is_tsv ? "put a cell that holds a tab in \"quotes\""
			                      : "put a cell that holds a comma in \"quotes\"",
			        "a cell behind the last column");
			return false;
		}
	}
	return true;
}

static bool is_url(struct fq_text text)
{
	const char *colon = memchr(text.at, ':', text.len);
	size_t rest = colon ? text.len - (size_t)(colon - text.at) : 0;
	return rest > 2 && colon > text.at && memcmp(colon, "://", 3) == 0;
}

static struct fq_text cell_of(const struct sheet *sheet, const struct fq_cell *cells, enum role role)
{
	size_t field = sheet->roles[role];
	return field == SIZE_MAX ? (struct fq_text){"", 0} : cells[field].text;
}

static bool check_files(struct sheet *sheet, const struct fq_cell *cells)
{
	bool ok = true;
	for (enum role role = ROLE_R1; role <= ROLE_R2; role++) {
		if (is_url(cell_of(sheet, cells, role))) {
			complain(sheet, &cells[sheet->roles[role]],
			        "download it first, and name the file here",
			        "an address instead of a file is not supported");
			ok = false;
		}
	}
	if (sheet->roles[ROLE_R1] != SIZE_MAX && cell_of(sheet, cells, ROLE_R1).len == 0) {
		complain(sheet, &cells[sheet->roles[ROLE_R1]], "name the file of the (first) reads",
		        "the row names no reads");
		ok = false;
	}
	return ok;
}

static bool check_cells(struct sheet *sheet, const struct fq_cell *cells)
{
	const uint32_t *columns = sheet->loader->manifest->sheets[sheet->number].columns;
	for (size_t i = 0; i < sheet->field_count; i++) {
		if (columns[i] == UINT32_MAX && cells[i].text.len) {
			complain(sheet, &cells[i], "give the column a name in the first row",
			        "a cell in a column without a name");
			return false;
		}
	}
	return check_files(sheet, cells);
}

static bool same_name(uint32_t index, const void *context)
{
	const struct sheet *sheet = ((const void *const *)context)[0];
	const struct fq_text *name = ((const void *const *)context)[1];
	return fq_text_equal(*name, cell_of(sheet, sheet->rows[sheet->firsts[index].row].cells, ROLE_SAMPLE));
}

/* Single and paired rows of one sample do not go together. */
static bool check_pairing(struct sheet *sheet, uint32_t first, const struct fq_cell *cells)
{
	const struct row *before = &sheet->rows[first];
	bool is_paired = cell_of(sheet, cells, ROLE_R2).len > 0;
	bool was_paired = cell_of(sheet, before->cells, ROLE_R2).len > 0;
	if (is_paired == was_paired) {
		return true;
	}
	struct fq_text name = cell_of(sheet, cells, ROLE_SAMPLE);
	fq_manifest_complain_at(sheet->loader, sheet->lines_before + cells[0].line,
	        cells[sheet->roles[ROLE_R2]].column, "give the single reads a sample of their own",
	        "sample \"%.*s\" mixes %s reads here and %s reads on line %u", (int)name.len, name.at,
	        is_paired ? "paired" : "single", was_paired ? "paired" : "single", before->line);
	return false;
}

static void add_row(struct sheet *sheet, const struct fq_cell *cells)
{
	struct fq_text name = cell_of(sheet, cells, ROLE_SAMPLE);
	uint32_t number = (uint32_t)sheet->row_count;
	const void *context[] = {sheet, &name};
	uint64_t hash = fq_hash(name.at, name.len);
	const uint32_t *known = fq_map_find(&sheet->samples, hash, same_name, context);
	uint32_t sample = known ? *known : (uint32_t)sheet->first_count;
	if (known && !check_pairing(sheet, sheet->firsts[sample].row, cells)) {
		return;
	}
	sheet->rows = fq_grow(sheet->rows, &sheet->row_cap, sheet->row_count + 1, sizeof(*sheet->rows));
	sheet->rows[sheet->row_count++] = (struct row){sample, UINT32_MAX, cells[0].line, cells};
	if (known) {
		sheet->rows[sheet->firsts[sample].last].next = number;
		sheet->firsts[sample].last = number;
		return;
	}
	sheet->firsts =
	        fq_grow(sheet->firsts, &sheet->first_cap, sheet->first_count + 1, sizeof(*sheet->firsts));
	sheet->firsts[sheet->first_count++] = (struct first){number, number};
	fq_map_add(&sheet->samples, hash, sample);
}

static void take_row(void *context, const struct fq_cell *cells, size_t count, uint32_t line)
{
	struct sheet *sheet = context;
	(void)line;
	if (!sheet->has_header) {
		take_header(sheet, cells, count);
		return;
	}
	if (sheet->roles[ROLE_SAMPLE] == SIZE_MAX || !check_width(sheet, cells, count) ||
	        !check_cells(sheet, cells)) {
		return;
	}
	if (cell_of(sheet, cells, ROLE_SAMPLE).len == 0) {
		complain(sheet, &cells[sheet->roles[ROLE_SAMPLE]], "name the sample",
		        "the row names no sample");
		return;
	}
	struct fq_cell *kept =
	        fq_arena_alloc(&sheet->loader->manifest->arena, sheet->field_count * sizeof(*kept));
	memcpy(kept, cells, sheet->field_count * sizeof(*kept));
	add_row(sheet, kept);
}

static void take_error(void *context, uint32_t line, uint32_t column, const char *hint, const char *text)
{
	struct sheet *sheet = context;
	fq_manifest_complain_at(sheet->loader, sheet->lines_before + line, column, hint, "%s", text);
}

/* --- samples from rows ------------------------------------------------------------------ */

static void add_lane(struct sheet *sheet, const struct row *row)
{
	struct fq_arena *arena = &sheet->loader->manifest->arena;
	struct fq_text *cells = fq_arena_alloc(arena, sheet->field_count * sizeof(*cells));
	for (size_t i = 0; i < sheet->field_count; i++) {
		cells[i] = row->cells[i].text;
	}
	struct fq_lane *lane = fq_manifest_begin_lane(sheet->loader, sheet->lines_before + row->line);
	lane->sheet = sheet->number;
	lane->cells = cells;
	for (enum role role = ROLE_R1; role <= ROLE_R2; role++) {
		struct fq_text path = cell_of(sheet, row->cells, role);
		if (path.len) {
			fq_manifest_add_file(sheet->loader, path);
		}
	}
}

static void add_samples(struct sheet *sheet)
{
	for (size_t i = 0; i < sheet->first_count; i++) {
		const struct row *row = &sheet->rows[sheet->firsts[i].row];
		const struct fq_cell *name = &row->cells[sheet->roles[ROLE_SAMPLE]];
		if (!fq_manifest_begin_sample(
		            sheet->loader, name->text, sheet->lines_before + name->line, name->column)) {
			continue;
		}
		for (uint32_t at = sheet->firsts[i].row; at != UINT32_MAX; at = sheet->rows[at].next) {
			add_lane(sheet, &sheet->rows[at]);
		}
	}
}

static bool has_suffix(struct fq_text text, const char *suffix)
{
	size_t len = strlen(suffix);
	return text.len >= len && strncasecmp(text.at + text.len - len, suffix, len) == 0;
}

static void read_sheet(struct loader *loader, const struct ini_value *value, const struct plain_word *word)
{
	struct sheet sheet = {.loader = loader,
	        .roles = {SIZE_MAX, SIZE_MAX, SIZE_MAX},
	        .is_tsv = has_suffix(word->text, ".tsv")};
	struct fq_buf text = {0};
	struct fq_error err = {0};
	const char *path = fq_arena_copy(&loader->manifest->arena, word->text.at, word->text.len);
	if (!fq_file_read(path, FQ_SHEET_BYTES_MAX, &text, &err)) {
		fq_manifest_complain_of_file(loader, value, word->offset,
		        "a path begins at the folder in which fqrun runs; -C changes it", &err);
		fq_error_finish(&err);
		fq_buf_finish(&text);
		return;
	}
	uint32_t number = fq_manifest_add_source(loader->manifest, path, &text);
	const struct fq_source *source = &loader->manifest->sources[number];
	sheet.lines_before = source->lines_before;
	struct fq_rows_reader reader = {
	        .source = {source->text.at, source->text.len},
	        .delimiter = sheet.is_tsv ? '\t' : ',',
	        .arena = &loader->manifest->arena,
	        .on_row = take_row,
	        .on_error = take_error,
	        .context = &sheet,
	};
	size_t before = loader->errors->errors;
	fq_rows_read(&reader);
	if (sheet.row_count == 0 && loader->errors->errors == before) {
		fq_manifest_complain(loader, value, word->offset, "each row below the first names a sample",
		        "the sheet %s has no samples", path);
	}
	add_samples(&sheet);
	fq_release(sheet.rows);
	fq_release(sheet.firsts);
	fq_map_finish(&sheet.samples);
}

void fq_manifest_read_sheets(struct loader *loader, const struct ini_value *value)
{
	size_t count;
	const struct plain_word *words = fq_manifest_split(loader, value, &count);
	for (size_t i = 0; i < count; i++) {
		bool is_known = !words[i].is_broken &&
		                (has_suffix(words[i].text, ".csv") || has_suffix(words[i].text, ".tsv"));
		if (is_known) {
			read_sheet(loader, value, &words[i]);
		} else if (!words[i].is_broken) {
			fq_manifest_complain(loader, value, words[i].offset,
			        "save it as text: .csv with commas, .tsv with tabs",
			        "a sheet's name ends in .csv or .tsv");
		}
	}
	if (count == 0) {
		fq_manifest_complain(loader, value, 0, "sheet = samplesheet.csv", "`sheet` without a name");
	}
}
