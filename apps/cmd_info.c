/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The verb info: what an array says of itself. */
#include "cmd.h"

#include <math.h>
#include <string.h>

#define NS_PER_S 1e9

static const struct mr_tool_page info_page = {
	.name = "info",
	.summary = "Prints what an array says of itself: shape, limits, what it "
		   "offers, its\nwaveforms, half-select schemes and conditions.",
	.usage = "[OPTION]... [URI]",
	.groups = MR_TOOL_ARRAY | MR_TOOL_JSON,
	.args_max = 1,
	.examples =
		"  memrig info 'emu:pcm?rows=4&cols=4'\n"
		"  memrig info --array playback:run.db --json\n",
};

static const char *const order_names[] = {
	[MR_ORDER_ROWS] = "rows", [MR_ORDER_CELLS] = "cells",
	[MR_ORDER_PASSES] = "passes"};

static const char *effect_name(enum mr_effect effect)
{
	switch (effect) {
	case MR_EFFECT_NONE:
		return "none";
	case MR_EFFECT_RAISE:
		return "raise";
	case MR_EFFECT_LOWER:
		return "lower";
	case MR_EFFECT_ERASE:
		return "erase";
	default:
		return "unknown";
	}
}

static const char *unit_symbol(enum mr_unit unit)
{
	return unit == MR_UNIT_AMPERE ? "A" : "V";
}

/** A limit and how it is called. */
struct limit {
	const char *key;
	const char *text;
	const char *unit;
	double value;
};

#define N_LIMITS 8

static void list_limits(const struct mr_limits *limits,
                        struct limit out[N_LIMITS])
{
	const struct limit list[N_LIMITS] = {
		{"v_read_max_V", "read voltage up to", "V",
		 limits->v_read_max_V},
		{"v_pulse_max_V", "pulse voltage up to", "V",
		 limits->v_pulse_max_V},
		{"i_pulse_max_A", "pulse current up to", "A",
		 limits->i_pulse_max_A},
		{"width_min_s", "width from", "s", limits->width_min_s},
		{"width_max_s", "width up to", "s", limits->width_max_s},
		{"count_max", "pulses per operation", "1", limits->count_max},
		{"batch_max", "vectors per drive", "1", limits->batch_max},
		{"averages_max", "averages", "1", limits->averages_max},
	};

	memcpy(out, list, sizeof(list));
}

/* ---- JSON ---------------------------------------------------------------- */

static json_t *json_abilities(uint32_t offered)
{
	json_t *list = json_array();

	for (int kind = MR_OP_READ; kind <= MR_OP_CONFIGURE; kind++) {
		if (offered & MR_ABILITY(kind))
			json_array_append_new(list, json_string(mr_op_kind_name(
				(enum mr_op_kind)kind)));
	}
	if (offered & MR_ABILITY_SNAPSHOT)
		json_array_append_new(list, json_string("snapshot"));
	if (offered & MR_ABILITY_RESYNC)
		json_array_append_new(list, json_string("resync"));
	return list;
}

static json_t *json_limits(const struct mr_limits *limits)
{
	struct limit list[N_LIMITS];
	json_t *object = json_object();

	list_limits(limits, list);
	for (size_t i = 0; i < N_LIMITS; i++)
		json_object_set_new(object, list[i].key,
		                    mr_tool_real(list[i].value));
	return object;
}

static json_t *json_step(const struct mr_step *step)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "floor_S",
	                 mr_tool_real(step->floor_S), "offset_S",
	                 mr_tool_real(step->offset_S), "slope",
	                 mr_tool_real(step->slope), "history_S",
	                 mr_tool_real(step->history_S), "memory_pulses",
	                 mr_tool_real(step->memory_pulses));
}

static json_t *json_waveforms(const struct mr_description *desc)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < desc->n_waveforms; i++) {
		const struct mr_waveform *wave = &desc->waveforms[i];

		json_array_append_new(
			list,
			json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o}",
		                  "name", wave->name, "effect",
		                  effect_name(wave->effect), "unit",
		                  unit_symbol(wave->unit), "amplitude",
		                  mr_tool_real(wave->amplitude), "width_s",
		                  mr_tool_real(wave->width_s), "t_rise_s",
		                  mr_tool_real(wave->t_rise_s), "t_fall_s",
		                  mr_tool_real(wave->t_fall_s), "step",
		                  json_step(&wave->step)));
	}
	return list;
}

static json_t *json_schemes(const struct mr_description *desc)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < desc->n_schemes; i++) {
		const struct mr_scheme *scheme = &desc->schemes[i];

		json_array_append_new(
			list, json_pack("{s:s, s:o, s:o, s:o, s:o}", "name",
		                        scheme->name, "row_selected",
		                        mr_tool_real(scheme->row_selected),
		                        "row_other",
		                        mr_tool_real(scheme->row_other),
		                        "col_selected",
		                        mr_tool_real(scheme->col_selected),
		                        "col_other",
		                        mr_tool_real(scheme->col_other)));
	}
	return list;
}

static json_t *json_conditions(const struct mr_description *desc)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < desc->n_conditions; i++) {
		const struct mr_condition *c = &desc->conditions[i];

		json_array_append_new(
			list,
			json_pack("{s:s, s:s, s:o, s:o, s:s, s:s}", "name",
		                  c->name, "unit", c->unit, "min",
		                  mr_tool_real(c->min), "max",
		                  mr_tool_real(c->max), "choices", c->choices,
		                  "value", c->value));
	}
	return list;
}

static int print_json(struct mr_tool *tool, const struct mr_description *desc)
{
	json_t *object = mr_tool_object("info");
	json_t *rest = json_pack(
		"{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:o, s:o, s:o}", "array",
		tool->uri, "driver", desc->driver, "model", desc->model,
		"identity", desc->identity, "rows", (json_int_t)desc->rows,
		"cols", (json_int_t)desc->cols, "time_ns",
		(json_int_t)mr_array_time_ns(tool->array), "offers",
		json_abilities(mr_array_abilities(tool->array)), "native",
		json_abilities(desc->abilities), "limits",
		json_limits(&desc->limits));
	json_t *more = json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "g_min_S",
		mr_tool_real(desc->g_min_S), "g_max_S",
		mr_tool_real(desc->g_max_S), "g_unit_S",
		mr_tool_real(desc->g_unit_S), "drift_nu",
		mr_tool_real(desc->drift_nu), "drift_t0_s",
		mr_tool_real(desc->drift_t0_s), "levels_V",
		mr_tool_reals(desc->level_V, desc->n_levels), "waveforms",
		json_waveforms(desc), "schemes", json_schemes(desc),
		"conditions", json_conditions(desc));

	json_object_update(object, rest);
	json_object_set_new(object, "order",
	                    json_string(order_names[desc->order]));
	if (desc->calibration[0])
		json_object_set_new(object, "calibration",
		                    json_string(desc->calibration));
	if (desc->has_seed)
		json_object_set_new(object, "seed",
		                    json_integer((json_int_t)desc->seed));
	json_object_update(object, more);
	json_decref(rest);
	json_decref(more);
	return mr_tool_print(tool, object);
}

/* ---- for people ---------------------------------------------------------- */

static void print_abilities(struct mr_tool *tool,
                            const struct mr_description *desc)
{
	uint32_t offered = mr_array_abilities(tool->array);
	const char *comma = "";

	fputs("offers        ", tool->out);
	for (int kind = MR_OP_READ; kind <= MR_OP_CONFIGURE; kind++) {
		if (!(offered & MR_ABILITY(kind)))
			continue;
		fprintf(tool->out, "%s%s%s", comma,
		        mr_op_kind_name((enum mr_op_kind)kind),
		        desc->abilities & MR_ABILITY(kind) ? ""
		                                           : " (composed)");
		comma = ", ";
	}
	if (offered & MR_ABILITY_SNAPSHOT)
		fprintf(tool->out, "%ssnapshot", comma);
	if (offered & MR_ABILITY_RESYNC)
		fprintf(tool->out, ", resync");
	fputc('\n', tool->out);
}

static void print_range(struct mr_tool *tool,
                        const struct mr_description *desc)
{
	char a[32];
	char b[32];
	char c[32];

	fprintf(tool->out, "conductance   %s to %s, a full cell is %s\n",
	        mr_tool_pretty(a, desc->g_min_S, "S"),
	        mr_tool_pretty(b, desc->g_max_S, "S"),
	        mr_tool_pretty(c, desc->g_unit_S, "S"));
	if (desc->drift_nu > 0.0)
		fprintf(tool->out, "drift         nu %.4g, reference time %s\n",
		        desc->drift_nu,
		        mr_tool_pretty(a, desc->drift_t0_s, "s"));
	if (desc->n_levels == 0)
		return;
	fputs("drive levels  ", tool->out);
	for (uint32_t i = 0; i < desc->n_levels; i++)
		fprintf(tool->out, "%s%s", i > 0 ? ", " : "",
		        mr_tool_pretty(a, (double)desc->level_V[i], "V"));
	fputc('\n', tool->out);
}

static void print_limits(struct mr_tool *tool,
                         const struct mr_description *desc)
{
	struct limit list[N_LIMITS];
	char text[32];

	fputs("limits\n", tool->out);
	list_limits(&desc->limits, list);
	for (size_t i = 0; i < N_LIMITS; i++) {
		if (list[i].value == 0.0)
			continue;
		if (list[i].unit[0] == '1')
			snprintf(text, sizeof(text), "%.0f", list[i].value);
		else
			mr_tool_pretty(text, list[i].value, list[i].unit);
		fprintf(tool->out, "  %-22s %s\n", list[i].text, text);
	}
}

static void print_waveforms(struct mr_tool *tool,
                            const struct mr_description *desc)
{
	if (desc->n_waveforms > 0)
		fprintf(tool->out, "waveforms\n  %-14s %-6s %10s %10s %10s %10s"
		        "  %s\n", "name", "effect", "amplitude", "width",
		        "rise", "fall", "mean step at 0 S");
	for (uint32_t i = 0; i < desc->n_waveforms; i++) {
		const struct mr_waveform *wave = &desc->waveforms[i];
		char a[32];
		char w[32];
		char r[32];
		char f[32];
		char s[32] = "-";

		if (wave->effect == MR_EFFECT_RAISE
		    || wave->effect == MR_EFFECT_LOWER)
			mr_tool_pretty(s, wave->step.offset_S, "S");
		fprintf(tool->out, "  %-14s %-6s %10s %10s %10s %10s  %s\n",
		        wave->name, effect_name(wave->effect),
		        mr_tool_pretty(a, wave->amplitude,
		                       unit_symbol(wave->unit)),
		        mr_tool_pretty(w, wave->width_s, "s"),
		        mr_tool_pretty(r, wave->t_rise_s, "s"),
		        mr_tool_pretty(f, wave->t_fall_s, "s"), s);
	}
}

static void print_bias(struct mr_tool *tool, double bias)
{
	if (isnan(bias))
		fprintf(tool->out, " %12s", "floating");
	else
		fprintf(tool->out, " %12.4g", bias);
}

static void print_schemes(struct mr_tool *tool,
                          const struct mr_description *desc)
{
	if (desc->n_schemes > 0)
		fprintf(tool->out, "half-select schemes, as a fraction of the "
		        "amplitude\n  %-14s %12s %12s %12s %12s\n", "name",
		        "row", "other rows", "column", "other cols");
	for (uint32_t i = 0; i < desc->n_schemes; i++) {
		const struct mr_scheme *scheme = &desc->schemes[i];

		fprintf(tool->out, "  %-14s", scheme->name);
		print_bias(tool, scheme->row_selected);
		print_bias(tool, scheme->row_other);
		print_bias(tool, scheme->col_selected);
		print_bias(tool, scheme->col_other);
		fputc('\n', tool->out);
	}
}

static void print_conditions(struct mr_tool *tool,
                             const struct mr_description *desc)
{
	if (desc->n_conditions > 0)
		fputs("conditions\n", tool->out);
	for (uint32_t i = 0; i < desc->n_conditions; i++) {
		const struct mr_condition *c = &desc->conditions[i];

		if (c->choices[0] != '\0')
			fprintf(tool->out, "  %-22s %s (%s)\n", c->name,
			        c->value, c->choices);
		else
			fprintf(tool->out, "  %-22s %s %s (%.6g to %.6g)\n",
			        c->name, c->value, c->unit, c->min, c->max);
	}
}

static int print_text(struct mr_tool *tool, const struct mr_description *desc)
{
	char text[32];

	fprintf(tool->out, "array         %s\ndriver        %s\nmodel         "
	        "%s\nidentity      %s\nshape         %u rows x %u columns, "
	        "%llu cells\n", tool->uri, desc->driver, desc->model,
	        desc->identity, desc->rows, desc->cols,
	        (unsigned long long)desc->rows * desc->cols);
	if (desc->calibration[0])
		fprintf(tool->out, "calibration   %s\n", desc->calibration);
	if (desc->order != MR_ORDER_ROWS)
		fprintf(tool->out, "order         cell after cell%s\n",
		        desc->order == MR_ORDER_PASSES
		        ? "; averaged reads in as many passes" : "");
	if (desc->has_seed)
		fprintf(tool->out, "seed          %llu\n",
		        (unsigned long long)desc->seed);
	fprintf(tool->out, "array time    %s\n",
	        mr_tool_pretty(text,
	                       (double)mr_array_time_ns(tool->array) / NS_PER_S,
	                       "s"));
	print_abilities(tool, desc);
	print_range(tool, desc);
	print_limits(tool, desc);
	print_waveforms(tool, desc);
	print_schemes(tool, desc);
	print_conditions(tool, desc);
	return MR_OK;
}

static int info_work(struct mr_tool *tool)
{
	const struct mr_description *desc;
	int code;

	if (tool->n_args == 1 && mr_tool_value(tool, "array") != NULL)
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "the array is given twice: --array %s and "
		                    "%s", tool->uri, tool->args[0]);
	if (tool->n_args == 1)
		tool->uri = tool->args[0];
	code = mr_tool_open(tool);
	if (code != MR_OK)
		return code;
	desc = mr_array_describe(tool->array);
	return tool->json ? print_json(tool, desc) : print_text(tool, desc);
}

int mr_cmd_info(int argc, char **argv)
{
	struct mr_tool tool;
	int code = MR_OK;

	if (mr_tool_parse(&tool, &info_page, argc, argv))
		code = info_work(&tool);
	return mr_tool_end(&tool, code);
}
