/* Inside script*.c: the variables, files and functions of a script that may carry a
 * value to a place where it is parsed again. */
#ifndef FQRUN_MANIFEST_SCRIPT_FLOW_H
#define FQRUN_MANIFEST_SCRIPT_FLOW_H

#include "fqrun/manifest.h"

struct script_lexer;

/* Of the script's own variables: `to` is assigned from `from`; what `from` holds
 * is parsed again, so it must hold `demand`; a command of that name runs where its
 * output goes to `carrier` or is parsed again. The name "*" is all that the script
 * was given: a variable that is read from somewhere may hold any of it. */
struct flow_edge {
	struct fq_text to, from;
	bool is_direct;
	bool is_of_number; /* it counts only if `to` is declared a number, which is reckoned with */
};
struct flow_sink {
	struct fq_text from;
	uint8_t demand;
};
struct flow_call {
	struct fq_text name, carrier;
	uint8_t demand;
};
struct flow_names {
	struct fq_text *at;
	size_t count, cap;
};
struct script_flow {
	struct flow_edge *edges;
	struct flow_sink *sinks;
	struct flow_call *calls;
	size_t edge_count, edge_cap, sink_count, sink_cap, call_count, call_cap;
	struct fq_map sink_names;       /* indices of sinks */
	struct flow_names functions;    /* that the script defines */
	struct flow_names numbers;      /* variables of `declare -i` */
	struct flow_names written, run; /* files, as the script calls them */
	struct flow_names copies;       /* of cp and mv; an empty one in front of each command's */
	struct flow_names texts;        /* that are parsed again and may run one */
	uint8_t everywhere;             /* a shell reads what the script writes */
};

/* Beside the demands of fqrun/manifest.h, of the flow alone: it would be a program's name. */
enum { FLOW_CHOOSES = 128 };

/* A `$NAME` or NAME, from that many bytes ahead to behind it; or just those bytes. */
void fq_script_take_name(struct script_lexer *lx, size_t ahead);
/* A variable is used here: a sink if something is demanded, else part of the carrier. */
void fq_script_note_variable(struct script_lexer *lx, struct fq_text name);
void fq_script_add_sink(struct script_flow *flow, struct fq_text name, uint8_t demand);
void fq_script_add_name(struct flow_names *names, struct fq_text name);
void fq_script_add_edge(struct script_flow *flow, struct flow_edge edge);
/* The variable holds something that the script was given; nobody knows what. */
void fq_script_note_filled(struct script_flow *flow, struct fq_text name);
void fq_script_note_call(struct script_lexer *lx, struct fq_text name);
void fq_script_note_function(struct script_flow *flow, struct fq_text name);
/* Of all that stands in the script from those on. */
void fq_script_demand_since(struct script_lexer *lx, size_t use, size_t note, uint8_t demand);
void fq_script_settle_flow(struct script_flow *flow, struct script_lexer *part);
void fq_script_flow_finish(struct script_flow *flow);

#endif
