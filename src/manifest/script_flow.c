/* Variables of the script that carry a value to a place where it is parsed again:
 * `n={count}; echo $((n + 1))` lets bash reckon with the value, as `$(( {count} ))`
 * would. So what is assigned from a placeholder, directly or through other
 * variables, must hold what is demanded where that variable is used.
 *
 * What travels through a pipe, a file or `read` is not followed: what comes out of
 * one may be any value of the script. */
#include "script.h"

#include <string.h>

static const struct fq_text anything = {"*", 1};

/* --- what the walk notes ------------------------------------------------------------- */

void fq_script_add_name(struct flow_names *names, struct fq_text name)
{
	names->at = fq_grow(names->at, &names->cap, names->count + 1, sizeof(*names->at));
	names->at[names->count++] = name;
}

void fq_script_add_edge(struct script_flow *flow, struct flow_edge edge)
{
	flow->edges = fq_grow(flow->edges, &flow->edge_cap, flow->edge_count + 1, sizeof(*flow->edges));
	flow->edges[flow->edge_count++] = edge;
}

static bool same_sink(uint32_t value, const void *context)
{
	const void *const *looked_for = context;
	const struct script_flow *flow = looked_for[0];
	return fq_text_equal(flow->sinks[value].from, *(const struct fq_text *)looked_for[1]);
}

static struct flow_sink *find_sink(const struct script_flow *flow, struct fq_text name)
{
	const void *context[] = {flow, &name};
	uint32_t *index = fq_map_find(&flow->sink_names, fq_hash(name.at, name.len), same_sink, context);
	return index ? &flow->sinks[*index] : NULL;
}

void fq_script_add_sink(struct script_flow *flow, struct fq_text name, uint8_t demand)
{
	struct flow_sink *known = find_sink(flow, name);
	if (known) {
		known->demand |= demand;
		return;
	}
	fq_map_add(&flow->sink_names, fq_hash(name.at, name.len), (uint32_t)flow->sink_count);
	flow->sinks = fq_grow(flow->sinks, &flow->sink_cap, flow->sink_count + 1, sizeof(*flow->sinks));
	flow->sinks[flow->sink_count++] = (struct flow_sink){name, demand};
}

/* Of a variable the shell need not take the integer itself: plain does. */
static uint8_t demand_of_variable(uint8_t demand)
{
	return demand ? (uint8_t)((demand & ~FQ_DEMAND_INTEGER) | FQ_DEMAND_PLAIN) : 0;
}

void fq_script_note_variable(struct script_lexer *lx, struct fq_text name)
{
	if (name.len == 0) {
		return; /* `${` without an end */
	}
	fq_script_add_name(&lx->notes, name);
	if (lx->demand) {
		fq_script_add_sink(lx->flow, name, demand_of_variable(lx->demand));
	}
	if (lx->carrier.len) {
		fq_script_add_edge(lx->flow, (struct flow_edge){lx->carrier, name, !lx->is_indirect, false});
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

void fq_script_note_filled(struct script_flow *flow, struct fq_text name)
{
	fq_script_add_edge(flow, (struct flow_edge){name, anything, false, false});
}

void fq_script_note_function(struct script_flow *flow, struct fq_text name)
{
	fq_script_add_name(&flow->functions, name);
}

void fq_script_note_call(struct script_lexer *lx, struct fq_text name)
{
	struct script_flow *flow = lx->flow;
	uint8_t demand = demand_of_variable(lx->demand);
	if (name.len && (demand || lx->carrier.len)) {
		flow->calls =
		        fq_grow(flow->calls, &flow->call_cap, flow->call_count + 1, sizeof(*flow->calls));
		flow->calls[flow->call_count++] = (struct flow_call){name, lx->carrier, demand};
	}
}

void fq_script_demand_since(struct script_lexer *lx, size_t use, size_t note, uint8_t demand)
{
	for (size_t i = use; i < lx->use_count; i++) {
		lx->uses[i].ref.demand |= lx->uses[i].is_target ? 0 : demand;
	}
	for (size_t i = note; i < lx->notes.count; i++) {
		fq_script_add_sink(lx->flow, lx->notes.at[i], demand);
	}
}

/* --- what follows from it --------------------------------------------------------------- */

static uint8_t demand_of(const struct script_flow *flow, struct fq_text name)
{
	const struct flow_sink *sink = name.len ? find_sink(flow, name) : NULL;
	return (sink ? sink->demand : 0) | (fq_script_is_parsed_variable(name) ? DEMAND_WORD : 0);
}

static bool holds(const struct flow_names *names, struct fq_text name)
{
	for (size_t i = 0; i < names->count; i++) {
		if (fq_text_equal(names->at[i], name)) {
			return true;
		}
	}
	return false;
}

/* True if that was new. */
static bool propagate(struct script_flow *flow, const struct flow_edge *edge)
{
	uint8_t demand = demand_of(flow, edge->to);
	demand &= edge->is_direct ? 0xff : (uint8_t)~FLOW_CHOOSES;
	if (!demand || (edge->is_of_number && !holds(&flow->numbers, edge->to)) ||
	        !(demand & ~demand_of(flow, edge->from))) {
		return false;
	}
	fq_script_add_sink(flow, edge->from, demand);
	return true;
}

/* Back along all edges; from the last on, since a script uses what it has set before. */
static void propagate_all(struct script_flow *flow)
{
	for (bool is_new = true; is_new;) {
		is_new = false;
		for (size_t i = flow->edge_count; i-- > 0;) {
			is_new |= propagate(flow, &flow->edges[i]);
		}
		for (size_t i = 0; i < flow->edge_count; i++) {
			is_new |= propagate(flow, &flow->edges[i]);
		}
	}
}

/* $1 and $@ may be any value that is an argument of a function or of `set`; others
 * the shell fills by itself. */
static bool may_be_anything(struct fq_text name)
{
	static const char *const names[] = {"_", "REPLY", "MAPFILE", "OPTARG", "PWD", "OLDPWD", "DIRSTACK"};
	if (fq_script_is_digit(name.at[0]) || name.at[0] == '@' || name.at[0] == '*') {
		return true;
	}
	for (size_t i = 0; i < FQ_COUNT(names); i++) {
		if (fq_text_is(name, names[i])) {
			return true;
		}
	}
	return fq_text_is(name, "BASH_REMATCH") || fq_text_is(name, "BASH_ARGV");
}

static bool is_file_byte(char c)
{
	return fq_script_is_name_start(c) || fq_script_is_digit(c) || c == '.' || c == '-';
}

/* Whether the text names that file, by a word of its own. */
static bool mentions(struct fq_text text, struct fq_text file)
{
	const char *end = text.at + text.len;
	for (const char *at = text.at; file.len && at; at++) {
		at = memmem(at, (size_t)(end - at), file.at, file.len);
		if (!at) {
			break;
		}
		bool begins = at == text.at || !is_file_byte(at[-1]);
		if (begins && (at + file.len == end || !is_file_byte(at[file.len]))) {
			return true;
		}
	}
	return false;
}

/* What one cp or mv names, if any of it was written; true if that was new. */
static bool settle_copies(struct script_flow *flow)
{
	bool is_new = false;
	for (size_t i = 0, first = 0; i < flow->copies.count; i++) {
		first = flow->copies.at[i].len ? first : i + 1;
		if (!flow->copies.at[i].len || !holds(&flow->written, flow->copies.at[i])) {
			continue;
		}
		for (size_t j = first; j < flow->copies.count && flow->copies.at[j].len; j++) {
			if (!holds(&flow->written, flow->copies.at[j])) {
				fq_script_add_name(&flow->written, flow->copies.at[j]);
				is_new = true;
			}
		}
	}
	return is_new;
}

/* Of a file that the script has written, which a shell runs. */
static bool runs_own_file(const struct script_flow *flow)
{
	for (size_t i = 0; i < flow->written.count; i++) {
		struct fq_text file = flow->written.at[i];
		if (holds(&flow->run, file)) {
			return true;
		}
		for (size_t j = 0; j < flow->texts.count; j++) {
			if (mentions(flow->texts.at[j], file)) {
				return true;
			}
		}
	}
	return false;
}

/* Prints names of files, folders or variables, which may be called like a value. */
static bool lists_names(struct fq_text name)
{
	return fq_text_is(name, "ls") || fq_text_is(name, "find") || fq_text_is(name, "pwd") ||
	       fq_text_is(name, "env") || fq_text_is(name, "printenv");
}

static void settle_everywhere(struct script_flow *flow)
{
	for (size_t i = 0; i < flow->sink_count; i++) {
		if (may_be_anything(flow->sinks[i].from)) {
			flow->everywhere |= flow->sinks[i].demand;
		}
	}
	for (size_t i = 0; i < flow->call_count; i++) {
		const struct flow_call *call = &flow->calls[i];
		uint8_t demand = call->demand | (call->carrier.len ? demand_of(flow, call->carrier) : 0);
		bool is_listing = (demand & FQ_DEMAND_NO_BLANK) && lists_names(call->name);
		if (is_listing || holds(&flow->functions, call->name) || holds(&flow->written, call->name)) {
			flow->everywhere |= demand;
		}
	}
	flow->everywhere |= runs_own_file(flow) ? DEMAND_WORD : 0;
	flow->everywhere &= (uint8_t)~FLOW_CHOOSES;
}

/* A file that lists values is as good as the values. */
static bool is_out_of_reach(const struct script_use *use)
{
	bool is_list = use->ref.form == FQ_FORM_LIST || use->ref.form == FQ_FORM_LIST0;
	return use->is_target && !is_list;
}

void fq_script_settle_flow(struct script_flow *flow, struct script_lexer *part)
{
	propagate_all(flow);
	while (settle_copies(flow)) {
	}
	settle_everywhere(flow);
	for (size_t i = 0; i < part->use_count; i++) {
		struct script_use *use = &part->uses[i];
		uint8_t demand = use->carrier.len ? demand_of(flow, use->carrier) : 0;
		if (is_out_of_reach(use)) {
			continue;
		}
		if ((demand & FLOW_CHOOSES) && use->is_direct && use->ref.kind != FQ_REF_VARIABLE) {
			fq_manifest_complain(part->loader, part->value, use->at,
			        "name the program, or put its words into [vars]",
			        "%s may not choose the program that runs", use->ref.text);
		}
		use->ref.demand |= flow->everywhere | (demand & (uint8_t)~FLOW_CHOOSES);
	}
}

void fq_script_flow_finish(struct script_flow *flow)
{
	fq_release(flow->edges);
	fq_release(flow->sinks);
	fq_map_finish(&flow->sink_names);
	fq_release(flow->calls);
	fq_release(flow->functions.at);
	fq_release(flow->numbers.at);
	fq_release(flow->texts.at);
	fq_release(flow->copies.at);
	fq_release(flow->written.at);
	fq_release(flow->run.at);
	*flow = (struct script_flow){0};
}
