/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

#include "plan.h"

#include <math.h>
#include <string.h>

static void print_span(struct mr_tool *tool, const char *what,
                       const struct mr_span *s, const char *unit)
{
	char least[32], greatest[32];

	if (!(s->greatest >= s->least) || (s->least == 0 && s->greatest == 0))
		return;
	fprintf(tool->out, "  %-12s %s", what,
	        mr_tool_pretty(least, s->least, unit));
	if (s->greatest > s->least)
		fprintf(tool->out, " to %s",
		        mr_tool_pretty(greatest, s->greatest, unit));
	fputc('\n', tool->out);
}

static void print_line(struct mr_tool *tool, const char *what, double v_V)
{
	char text[32];

	fprintf(tool->out, "  %-18s %s\n", what,
	        isfinite(v_V) ? mr_tool_pretty(text, v_V, "V") : "floating");
}

static void print_lines(struct mr_tool *tool, const struct mr_plan *p)
{
	if (!p->scheme)
		return;
	fprintf(tool->out, "lines, by scheme %s\n", p->scheme->name);
	print_line(tool, "selected row", p->row_selected_V);
	print_line(tool, "other rows", p->row_other_V);
	print_line(tool, "selected column", p->col_selected_V);
	print_line(tool, "other columns", p->col_other_V);
	print_line(tool, "half-selected cell", p->half_selected_V);
}

static int print_text(struct mr_tool *tool, const struct mr_op *op,
                      const struct mr_plan *p)
{
	const struct mr_description *d = mr_array_describe(tool->array);
	const char *unit = p->unit == MR_UNIT_VOLT ? "V" : "A";
	char text[32];

	fprintf(tool->out, "%s of %llu %s%s\n", mr_op_kind_name(op->kind),
	        (unsigned long long)mr_op_elements(op, d),
	        op->kind == MR_OP_DRIVE ? "vectors" : "cells",
	        p->composed ? ", by reads and pulses that the guard sees one by "
	                      "one"
	                    : "");
	if (p->means)
		fprintf(tool->out, "  %-12s %s\n", "by", p->means);
	print_span(tool, "amplitude", &p->amplitude, unit);
	print_span(tool, "width", &p->width_s, "s");
	if (p->n_pulses)
		fprintf(tool->out, "  %-12s %s%llu\n", "pulses",
		        op->kind == MR_OP_PROGRAM ? "at most " : "",
		        (unsigned long long)p->n_pulses);
	if (isfinite(p->duration_s))
		fprintf(tool->out, "  %-12s %s\n", "applied for",
		        mr_tool_pretty(text, p->duration_s, "s"));
	print_lines(tool, p);
	fputs("nothing was done\n", tool->out);
	return MR_OK;
}

static void put_span(json_t *o, const char *name, const struct mr_span *s)
{
	json_object_set_new(o, name,
	                    s->greatest >= s->least
	                            ? json_pack("[o,o]", mr_tool_real(s->least),
	                                        mr_tool_real(s->greatest))
	                            : json_null());
}

static int print_json(struct mr_tool *tool, const struct mr_op *op,
                      const struct mr_plan *p)
{
	const struct mr_description *d = mr_array_describe(tool->array);
	json_t *o = mr_tool_object("plan");

	if (p->means)
		json_object_set_new(o, "means", json_string(p->means));
	json_object_update_new(
		o, json_pack("{s:s,s:I,s:b,s:s,s:I,s:o}", "kind",
	                     mr_op_kind_name(op->kind), "elements",
	                     (json_int_t)mr_op_elements(op, d), "composed",
	                     p->composed, "unit",
	                     p->unit == MR_UNIT_VOLT ? "V" : "A", "pulses",
	                     (json_int_t)p->n_pulses, "duration_s",
	                     mr_tool_real(p->duration_s)));
	put_span(o, "amplitude", &p->amplitude);
	put_span(o, "width_s", &p->width_s);
	if (p->scheme)
		json_object_update_new(
			o,
			json_pack("{s:s,s:o,s:o,s:o,s:o,s:o}", "scheme",
		                  p->scheme->name, "row_selected_V",
		                  mr_tool_real(p->row_selected_V), "row_other_V",
		                  mr_tool_real(p->row_other_V), "col_selected_V",
		                  mr_tool_real(p->col_selected_V), "col_other_V",
		                  mr_tool_real(p->col_other_V),
		                  "half_selected_V",
		                  mr_tool_real(p->half_selected_V)));
	return mr_tool_print(tool, o);
}

int mr_plan_print(struct mr_tool *tool, const struct mr_op *op)
{
	struct mr_plan p;
	int code;

	code = mr_array_plan(tool->array, op, &p);
	if (code != MR_OK)
		return mr_tool_fail(tool, code, "it would be refused: %s",
		                    mr_array_errmsg(tool->array));
	return tool->json ? print_json(tool, op, &p) : print_text(tool, op, &p);
}
