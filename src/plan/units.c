#include "internal.h"

uint32_t fq_units_count(const struct fq_manifest *manifest, enum fq_per per)
{
	switch (per) {
	case FQ_PER_FILE:
		return (uint32_t)manifest->file_count;
	case FQ_PER_LANE:
		return (uint32_t)manifest->lane_count;
	case FQ_PER_SAMPLE:
		return (uint32_t)manifest->sample_count;
	default:
		return 1;
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
        const struct fq_manifest *manifest, enum fq_per outer, uint32_t unit, enum fq_per inner)
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

struct fq_span fq_units_inside(
        const struct fq_manifest *manifest, enum fq_per outer, uint32_t unit, enum fq_per inner)
{
	uint32_t first = first_inside(manifest, outer, unit, inner);
	return (struct fq_span){first, first_inside(manifest, outer, unit + 1, inner) - first};
}

uint32_t fq_units_around(
        const struct fq_manifest *manifest, enum fq_per inner, uint32_t unit, enum fq_per outer)
{
	if (outer == inner) {
		return unit;
	}
	if (outer == FQ_PER_COHORT) {
		return 0;
	}
	uint32_t lane = inner == FQ_PER_FILE ? manifest->files[unit].lane : unit;
	return outer == FQ_PER_LANE ? lane : manifest->lanes[lane].sample;
}

struct fq_span fq_units_overlapping(
        const struct fq_manifest *manifest, enum fq_per per, uint32_t unit, enum fq_per other)
{
	if (other <= per) {
		return fq_units_inside(manifest, per, unit, other);
	}
	return (struct fq_span){fq_units_around(manifest, per, unit, other), 1};
}
