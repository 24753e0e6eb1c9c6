/* Partitions of the atoms. Files lie in the order of lanes, lanes in that of
 * samples: there a unit of the coarser is a span of the finer. A column's values
 * gather lanes from anywhere: what overlaps what is then a list, made once for
 * each pair of partitions that are in use. */
#include "internal.h"

#include <string.h>

/* For each unit of `from`: units[starts[unit]] to units[starts[unit + 1]] of `to`. */
struct fq_overlap {
	uint32_t from, to;
	uint32_t *starts, *units;
	bool is_function; /* each has one at most */
};

/* --- spans ------------------------------------------------------------------------- */

uint32_t fq_units_count(const struct fq_manifest *manifest, uint32_t per)
{
	switch (per) {
	case FQ_PER_FILE:
		return (uint32_t)manifest->file_count;
	case FQ_PER_LANE:
		return (uint32_t)manifest->lane_count;
	case FQ_PER_SAMPLE:
		return (uint32_t)manifest->sample_count;
	case FQ_PER_COHORT:
		return 1;
	default:
		return manifest->columns[per - FQ_PER_COLUMN].value_count;
	}
}

static uint32_t first_lane(const struct fq_manifest *manifest, uint32_t sample)
{
	return sample < manifest->sample_count ? manifest->samples[sample].first_lane
	                                       : (uint32_t)manifest->lane_count;
}

static uint32_t first_file(const struct fq_manifest *manifest, uint32_t lane)
{
	return lane < manifest->lane_count ? manifest->lanes[lane].first_file
	                                   : (uint32_t)manifest->file_count;
}

/* Where the units of `inner` begin that lie in unit `unit` of `outer` or behind it. */
static uint32_t first_inside(
        const struct fq_manifest *manifest, uint32_t outer, uint32_t unit, uint32_t inner)
{
	if (outer == inner) {
		return unit;
	}
	if (outer == FQ_PER_COHORT) {
		return unit ? fq_units_count(manifest, inner) : 0;
	}
	if (outer == FQ_PER_SAMPLE) {
		uint32_t lane = first_lane(manifest, unit);
		return inner == FQ_PER_LANE ? lane : first_file(manifest, lane);
	}
	return first_file(manifest, unit);
}

static uint32_t around(const struct fq_manifest *manifest, uint32_t inner, uint32_t unit, uint32_t outer)
{
	if (outer == FQ_PER_COHORT) {
		return 0;
	}
	uint32_t lane = inner == FQ_PER_FILE ? manifest->files[unit].lane : unit;
	return outer == FQ_PER_LANE ? lane : manifest->lanes[lane].sample;
}

/* --- lists -------------------------------------------------------------------------- */

/* The units that a lane has in a partition: a lane's files, or one, or none. */
static struct fq_units of_lane(const struct fq_manifest *manifest, uint32_t lane, uint32_t per)
{
	if (per == FQ_PER_FILE) {
		uint32_t first = first_file(manifest, lane);
		return (struct fq_units){first, first_file(manifest, lane + 1) - first, NULL};
	}
	if (per < FQ_PER_COHORT) {
		return (struct fq_units){per == FQ_PER_LANE ? lane : manifest->lanes[lane].sample, 1, NULL};
	}
	uint32_t value = manifest->columns[per - FQ_PER_COLUMN].value_of_lane[lane];
	return (struct fq_units){value, value != UINT32_MAX, NULL};
}

/* Counts each pair of units that share a lane at its `from`. */
static void count_pairs(const struct fq_manifest *manifest, struct fq_overlap *overlap)
{
	for (uint32_t lane = 0; lane < manifest->lane_count; lane++) {
		struct fq_units from = of_lane(manifest, lane, overlap->from);
		uint32_t pairs = of_lane(manifest, lane, overlap->to).count;
		for (uint32_t i = 0; i < from.count; i++) {
			overlap->starts[from.first + i + 1] += pairs;
		}
	}
	for (uint32_t i = 0; i < fq_units_count(manifest, overlap->from); i++) {
		overlap->starts[i + 1] += overlap->starts[i];
	}
}

static void place_pairs(const struct fq_manifest *manifest, struct fq_overlap *overlap, uint32_t *next)
{
	for (uint32_t lane = 0; lane < manifest->lane_count; lane++) {
		struct fq_units from = of_lane(manifest, lane, overlap->from);
		struct fq_units to = of_lane(manifest, lane, overlap->to);
		for (uint32_t i = 0; i < from.count; i++) {
			for (uint32_t j = 0; j < to.count; j++) {
				overlap->units[next[from.first + i]++] = to.first + j;
			}
		}
	}
}

/* Two lanes of one unit may share another: it counts once. */
static void drop_repeated(const struct fq_manifest *manifest, struct fq_overlap *overlap)
{
	uint32_t *seen = fq_zeroed(fq_units_count(manifest, overlap->to), sizeof(*seen));
	uint32_t kept = 0, start = 0;
	overlap->is_function = true;
	for (uint32_t i = 0; i < fq_units_count(manifest, overlap->from); i++) {
		uint32_t end = overlap->starts[i + 1], first = kept;
		for (uint32_t j = start; j < end; j++) {
			uint32_t unit = overlap->units[j];
			if (seen[unit] != i + 1) {
				seen[unit] = i + 1;
				overlap->units[kept++] = unit;
			}
		}
		start = end;
		overlap->starts[i + 1] = kept;
		overlap->is_function &= kept - first <= 1;
	}
	fq_release(seen);
}

static void add_overlap(struct fq_manifest *manifest, uint32_t from, uint32_t to)
{
	size_t count = fq_units_count(manifest, from);
	struct fq_overlap overlap = {.from = from, .to = to};
	overlap.starts = fq_arena_alloc(&manifest->arena, (count + 1) * sizeof(uint32_t));
	count_pairs(manifest, &overlap);
	overlap.units = fq_arena_alloc(&manifest->arena, overlap.starts[count] * sizeof(uint32_t));
	uint32_t *next = fq_zeroed(count + 1, sizeof(*next));
	memcpy(next, overlap.starts, count * sizeof(*next));
	place_pairs(manifest, &overlap, next);
	fq_release(next);
	drop_repeated(manifest, &overlap);
	manifest->overlaps = fq_grow(manifest->overlaps, &manifest->overlap_cap, manifest->overlap_count + 1,
	        sizeof(*manifest->overlaps));
	manifest->overlaps[manifest->overlap_count++] = overlap;
}

static const struct fq_overlap *find_overlap(const struct fq_manifest *manifest, uint32_t from, uint32_t to)
{
	for (size_t i = 0; i < manifest->overlap_count; i++) {
		if (manifest->overlaps[i].from == from && manifest->overlaps[i].to == to) {
			return &manifest->overlaps[i];
		}
	}
	return NULL;
}

/* --- columns ---------------------------------------------------------------------------- */

struct fq_text fq_manifest_cell(const struct fq_manifest *manifest, uint32_t lane, uint32_t column)
{
	const struct fq_lane *row = &manifest->lanes[lane];
	const struct fq_sheet *sheet = row->sheet == UINT32_MAX ? NULL : &manifest->sheets[row->sheet];
	for (uint32_t i = 0; sheet && i < sheet->field_count; i++) {
		if (sheet->columns[i] == column) {
			return row->cells[i];
		}
	}
	return (struct fq_text){"", 0};
}

struct fq_text fq_units_value(const struct fq_manifest *manifest, uint32_t per, uint32_t unit)
{
	return manifest->columns[per - FQ_PER_COLUMN].values[unit];
}

struct wanted_value {
	const struct fq_column *column;
	struct fq_text text;
};

static bool same_value(uint32_t index, const void *context)
{
	const struct wanted_value *wanted = context;
	return fq_text_equal(wanted->column->values[index], wanted->text);
}

static uint32_t intern_value(struct fq_column *column, struct fq_map *map, struct fq_text text)
{
	struct wanted_value wanted = {column, text};
	uint64_t hash = fq_hash(text.at, text.len);
	const uint32_t *known = fq_map_find(map, hash, same_value, &wanted);
	if (known) {
		return *known;
	}
	column->values =
	        fq_grow(column->values, &column->value_cap, column->value_count + 1, sizeof(*column->values));
	column->values[column->value_count] = text;
	fq_map_add(map, hash, column->value_count);
	return column->value_count++;
}

static void number_values(struct fq_manifest *manifest, uint32_t index)
{
	struct fq_column *column = &manifest->columns[index];
	struct fq_map map = {0};
	column->value_of_lane =
	        fq_arena_alloc(&manifest->arena, manifest->lane_count * sizeof(*column->value_of_lane));
	for (uint32_t lane = 0; lane < manifest->lane_count; lane++) {
		struct fq_text text = fq_manifest_cell(manifest, lane, index);
		column->value_of_lane[lane] = text.len ? intern_value(column, &map, text) : UINT32_MAX;
	}
	fq_map_finish(&map);
}

void fq_manifest_partition(struct fq_manifest *manifest, uint32_t index)
{
	if (manifest->columns[index].value_of_lane) {
		return;
	}
	number_values(manifest, index);
	uint32_t per = FQ_PER_COLUMN + index;
	for (uint32_t other = 0; other < FQ_PER_COLUMN + manifest->column_count; other++) {
		bool is_used = other < FQ_PER_COHORT ||
		               (other >= FQ_PER_COLUMN && other != per &&
		                       manifest->columns[other - FQ_PER_COLUMN].value_of_lane);
		if (is_used) {
			add_overlap(manifest, per, other);
			add_overlap(manifest, other, per);
		}
	}
}

/* --- what lies in what -------------------------------------------------------------------- */

/* FAN_IN if each unit of the first lies in one of the second. Where both do so, a
 * built-in partition counts as the finer one. */
static enum fq_relation relation_of_columns(const struct fq_manifest *manifest, uint32_t from, uint32_t to)
{
	bool in = find_overlap(manifest, from, to)->is_function;
	bool out = find_overlap(manifest, to, from)->is_function;
	if (in && out) {
		return from < FQ_PER_COLUMN ? FQ_RELATION_FAN_IN
		       : to < FQ_PER_COLUMN ? FQ_RELATION_FAN_OUT
		                            : FQ_RELATION_SAME;
	}
	return in ? FQ_RELATION_FAN_IN : out ? FQ_RELATION_FAN_OUT : FQ_RELATION_NONE;
}

enum fq_relation fq_units_relation(const struct fq_manifest *manifest, uint32_t from, uint32_t to)
{
	if (from == to) {
		return FQ_RELATION_SAME;
	}
	if (from == FQ_PER_COHORT || to == FQ_PER_COHORT) {
		return to == FQ_PER_COHORT ? FQ_RELATION_FAN_IN : FQ_RELATION_FAN_OUT;
	}
	if (from < FQ_PER_COLUMN && to < FQ_PER_COLUMN) {
		return from < to ? FQ_RELATION_FAN_IN : FQ_RELATION_FAN_OUT;
	}
	return relation_of_columns(manifest, from, to);
}

struct fq_units fq_units_overlapping(
        const struct fq_manifest *manifest, uint32_t per, uint32_t unit, uint32_t other)
{
	if (per == other) {
		return (struct fq_units){unit, 1, NULL};
	}
	if (per == FQ_PER_COHORT) {
		return (struct fq_units){0, fq_units_count(manifest, other), NULL};
	}
	if (other == FQ_PER_COHORT) {
		return (struct fq_units){0, 1, NULL};
	}
	if (per < FQ_PER_COLUMN && other < FQ_PER_COLUMN) {
		if (other > per) {
			return (struct fq_units){around(manifest, per, unit, other), 1, NULL};
		}
		uint32_t first = first_inside(manifest, per, unit, other);
		return (struct fq_units){first, first_inside(manifest, per, unit + 1, other) - first, NULL};
	}
	if (relation_of_columns(manifest, per, other) == FQ_RELATION_NONE) {
		return (struct fq_units){0, fq_units_count(manifest, other), NULL};
	}
	const struct fq_overlap *overlap = find_overlap(manifest, per, other);
	uint32_t start = overlap->starts[unit];
	return (struct fq_units){0, overlap->starts[unit + 1] - start, overlap->units + start};
}

/* --- units that are cut -------------------------------------------------------------------- */

uint32_t fq_manifest_split_lane(const struct fq_manifest *manifest, uint32_t per, uint32_t column)
{
	uint32_t *first = fq_zeroed(fq_units_count(manifest, per), sizeof(*first));
	uint32_t found = UINT32_MAX;
	for (uint32_t lane = 0; lane < manifest->lane_count && found == UINT32_MAX; lane++) {
		struct fq_units units = of_lane(manifest, lane, per);
		for (uint32_t i = 0; i < units.count && found == UINT32_MAX; i++) {
			uint32_t *before = &first[units.first + i];
			if (*before == 0) {
				*before = lane + 1;
			} else if (!fq_text_equal(fq_manifest_cell(manifest, lane, column),
			                   fq_manifest_cell(manifest, *before - 1, column))) {
				found = lane;
			}
		}
	}
	fq_release(first);
	return found;
}

const char *fq_manifest_split_unit(struct loader *loader, uint32_t from, uint32_t to)
{
	struct fq_manifest *manifest = loader->manifest;
	if (to == FQ_PER_SAMPLE) {
		to = from; /* where samples are cut, one of them says most */
		from = FQ_PER_SAMPLE;
	}
	const struct fq_overlap *overlap = find_overlap(manifest, from, to);
	for (uint32_t i = 0; i < fq_units_count(manifest, from); i++) {
		if (overlap->starts[i + 1] - overlap->starts[i] > 1) {
			struct fq_text name = from == FQ_PER_SAMPLE   ? fq_text(manifest->samples[i].name)
			                      : from >= FQ_PER_COLUMN ? fq_units_value(manifest, from, i)
			                                              : fq_text("one");
			return fq_arena_format(&manifest->arena, "%s \"%.*s\" lies in several of `%s`",
			        fq_per_name(manifest, from), (int)name.len, name.at,
			        fq_per_name(manifest, to));
		}
	}
	return "";
}

const char *fq_per_name(const struct fq_manifest *manifest, uint32_t per)
{
	static const char *const names[] = {"file", "lane", "sample", "cohort"};
	return per < FQ_PER_COLUMN ? names[per] : manifest->columns[per - FQ_PER_COLUMN].name;
}
