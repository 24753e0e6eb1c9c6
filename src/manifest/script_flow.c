/* Variables of the script that carry a value to a place where it is parsed again:
 * `n={count}; echo $((n + 1))` lets bash reckon with the value, as `$(( {count} ))`
 * would. So what is assigned from a placeholder, directly or through other
 * variables, must hold what is demanded where that variable is used.
 *
 * What travels through a pipe, a file or `read` is not followed. */
#include "script.h"

void fq_script_add_sink(struct script_flow *flow, struct fq_text name, uint8_t demand)
{
	for (size_t i = 0; i < flow->sink_count; i++) {
		if (fq_text_equal(flow->sinks[i].from, name)) {
			flow->sinks[i].demand |= demand;
			return;
		}
	}
	flow->sinks = fq_grow(flow->sinks, &flow->sink_cap, flow->sink_count + 1, sizeof(*flow->sinks));
	flow->sinks[flow->sink_count++] = (struct flow_sink){name, demand};
}

void fq_script_note_variable(struct script_lexer *lx, struct fq_text name)
{
	struct script_flow *flow = lx->flow;
	if (lx->demand) {
		uint8_t demand = (uint8_t)((lx->demand & ~FQ_DEMAND_INTEGER) | FQ_DEMAND_PLAIN);
		fq_script_add_sink(flow, name, demand);
	}
	if (lx->carrier.len) {
		flow->edges =
		        fq_grow(flow->edges, &flow->edge_cap, flow->edge_count + 1, sizeof(*flow->edges));
		flow->edges[flow->edge_count++] = (struct flow_edge){lx->carrier, name};
	}
}

void fq_script_take_name(struct script_lexer *lx, size_t ahead)
{
	struct fq_text name = fq_script_identifier(lx, lx->at + ahead);
	if (name.len) {
		fq_script_note_variable(lx, name);
	}
	lx->at += ahead + name.len;
}

static uint8_t demand_of(const struct script_flow *flow, struct fq_text name)
{
	for (size_t i = 0; name.len && i < flow->sink_count; i++) {
		if (fq_text_equal(flow->sinks[i].from, name)) {
			return flow->sinks[i].demand;
		}
	}
	return 0;
}

/* One step back along all edges; true if anything was new. */
static bool propagate(struct script_flow *flow)
{
	bool is_new = false;
	for (size_t i = 0; i < flow->edge_count; i++) {
		uint8_t demand = demand_of(flow, flow->edges[i].to);
		if (demand & ~demand_of(flow, flow->edges[i].from)) {
			fq_script_add_sink(flow, flow->edges[i].from, demand);
			is_new = true;
		}
	}
	return is_new;
}

/* $1 and $@ may be any value that is an argument of a function or of `set`. */
static void settle_positional(struct script_flow *flow)
{
	for (size_t i = 0; i < flow->sink_count; i++) {
		char c = flow->sinks[i].from.at[0];
		if ((c >= '0' && c <= '9') || c == '@' || c == '*') {
			flow->everywhere |= flow->sinks[i].demand;
		}
	}
}

void fq_script_settle_flow(struct script_flow *flow, struct script_lexer *part)
{
	while (propagate(flow)) {
	}
	settle_positional(flow);
	for (size_t i = 0; i < part->use_count; i++) {
		struct script_use *use = &part->uses[i];
		if (!use->is_target) {
			use->ref.demand |= flow->everywhere | demand_of(flow, use->carrier);
		}
	}
}

void fq_script_flow_finish(struct script_flow *flow)
{
	fq_release(flow->edges);
	fq_release(flow->sinks);
	*flow = (struct script_flow){0};
}
