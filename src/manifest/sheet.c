/* Samples from a sheet: a row is a lane, and rows of one sample are its lanes in
 * order. The columns that say what a row is have the names that nf-core's
 * pipelines give them; every column is a placeholder besides. */
#include "sheet.h"

#include <string.h>
#include <strings.h>

void fq_sheet_complain(struct sheet *sheet, const struct fq_cell *cell, const char *hint, const char *text)
{
	fq_manifest_complain_at(
	        sheet->loader, sheet->lines_before + cell->line, cell->column, hint, "%s", text);
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
			fq_sheet_complain(sheet, &cells[i],
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

static struct fq_text text_of(const struct sheet *sheet, const struct row *row, enum role role)
{
	size_t field = sheet->roles[role];
	return field == SIZE_MAX ? (struct fq_text){"", 0} : row->cells[field];
}

static bool check_files(struct sheet *sheet, const struct fq_cell *cells)
{
	bool ok = true;
	for (enum role role = ROLE_R1; role <= ROLE_R2; role++) {
		if (is_url(cell_of(sheet, cells, role))) {
			fq_sheet_complain(sheet, &cells[sheet->roles[role]],
			        "download it first, and name the file here",
			        "an address instead of a file is not supported");
			ok = false;
		}
	}
	if (sheet->roles[ROLE_R1] != SIZE_MAX && cell_of(sheet, cells, ROLE_R1).len == 0) {
		fq_sheet_complain(sheet, &cells[sheet->roles[ROLE_R1]], "name the file of the (first) reads",
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
			fq_sheet_complain(sheet, &cells[i], "give the column a name in the first row",
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
	return fq_text_equal(*name, text_of(sheet, &sheet->rows[sheet->firsts[index].row], ROLE_SAMPLE));
}

/* Single and paired rows of one sample do not go together. */
static bool check_pairing(struct sheet *sheet, uint32_t first, const struct fq_cell *cells)
{
	const struct row *before = &sheet->rows[first];
	bool is_paired = cell_of(sheet, cells, ROLE_R2).len > 0;
	bool was_paired = text_of(sheet, before, ROLE_R2).len > 0;
	if (is_paired == was_paired) {
		return true;
	}
	struct fq_text name = cell_of(sheet, cells, ROLE_SAMPLE);
	const struct fq_cell *at = &cells[sheet->roles[ROLE_R2]];
	fq_manifest_complain_at(sheet->loader, sheet->lines_before + at->line, at->column,
	        "give the single reads a sample of their own",
	        "sample \"%.*s\" mixes %s reads here and %s reads on line %u", (int)name.len, name.at,
	        is_paired ? "paired" : "single", was_paired ? "paired" : "single", before->line);
	return false;
}

/* What is kept of a row: its texts, and where its sample's name stands. */
static void keep_row(struct sheet *sheet, const struct fq_cell *cells, uint32_t sample)
{
	struct fq_arena *arena = &sheet->loader->manifest->arena;
	struct fq_text *texts = fq_arena_alloc(arena, sheet->field_count * sizeof(*texts));
	const struct fq_cell *name = &cells[sheet->roles[ROLE_SAMPLE]];
	for (size_t i = 0; i < sheet->field_count; i++) {
		texts[i] = cells[i].text;
	}
	sheet->rows = fq_grow(sheet->rows, &sheet->row_cap, sheet->row_count + 1, sizeof(*sheet->rows));
	sheet->rows[sheet->row_count++] =
	        (struct row){sample, UINT32_MAX, cells[0].line, name->line, name->column, texts};
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
	keep_row(sheet, cells, sample);
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

/* Where rows were emptied, spreadsheets leave commas. */
static bool is_blank_row(const struct fq_cell *cells, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (cells[i].text.len) {
			return false;
		}
	}
	return true;
}

static void take_row(void *context, const struct fq_cell *cells, size_t count, uint32_t line)
{
	struct sheet *sheet = context;
	(void)line;
	if (is_blank_row(cells, count)) {
		return;
	}
	if (!sheet->has_header) {
		fq_sheet_take_header(sheet, cells, count);
		return;
	}
	if (sheet->roles[ROLE_SAMPLE] == SIZE_MAX || !check_width(sheet, cells, count) ||
	        !check_cells(sheet, cells)) {
		return;
	}
	if (cell_of(sheet, cells, ROLE_SAMPLE).len == 0) {
		fq_sheet_complain(sheet, &cells[sheet->roles[ROLE_SAMPLE]], "name the sample",
		        "the row names no sample");
		return;
	}
	add_row(sheet, cells);
}

static void take_error(void *context, uint32_t line, uint32_t column, const char *hint, const char *text)
{
	struct sheet *sheet = context;
	fq_manifest_complain_at(sheet->loader, sheet->lines_before + line, column, hint, "%s", text);
}

/* --- samples from rows ------------------------------------------------------------------ */

static void add_lane(struct sheet *sheet, const struct row *row)
{
	struct fq_lane *lane = fq_manifest_begin_lane(sheet->loader, sheet->lines_before + row->line);
	lane->sheet = sheet->number;
	lane->cells = row->cells;
	for (enum role role = ROLE_R1; role <= ROLE_R2; role++) {
		struct fq_text path = text_of(sheet, row, role);
		if (path.len) {
			fq_manifest_add_file(sheet->loader, path);
		}
	}
}

static void add_samples(struct sheet *sheet)
{
	fq_manifest_expect_samples(sheet->loader, sheet->first_count, sheet->row_count);
	for (size_t i = 0; i < sheet->first_count; i++) {
		const struct row *row = &sheet->rows[sheet->firsts[i].row];
		if (!fq_manifest_begin_sample(sheet->loader, text_of(sheet, row, ROLE_SAMPLE),
		            sheet->lines_before + row->name_line, row->name_column)) {
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
		loader->lacks_sheet = true;
		fq_error_finish(&err);
		fq_buf_finish(&text);
		return;
	}
	uint32_t number = fq_manifest_add_source(loader->manifest, path, &text, true);
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
	loader->lacks_sheet |= !sheet.has_header;
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
