/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Tables of the verb measure, for people and as JSON. */
#include "cmd_measure.h"

#include <inttypes.h>
#include <math.h>

/* ---- what there is --------------------------------------------------------- */

static const char *preset_text(const struct mr_measure_setting *s, char *out,
                               size_t size)
{
	if (s->kind == MR_SETTING_TEXT)
		(void)snprintf(out, size, "none");
	else if (isnan(s->preset))
		(void)snprintf(out, size, "auto");
	else
		(void)snprintf(out, size, "%.9g%s%s", s->preset,
		               *s->unit ? " " : "", s->unit);
	return out;
}

static void list_protocol(FILE *out, const struct mr_measure_protocol *p)
{
	char text[48];

	fprintf(out, "\n%s: %s\n  needs %s\n", p->name, p->summary, p->needs);
	for (size_t k = 0; k < p->n_settings; k++) {
		const struct mr_measure_setting *s = &p->settings[k];

		fprintf(out, "  %-12s %-10s %s", s->name,
		        preset_text(s, text, sizeof text), s->text);
		if (s->kind != MR_SETTING_TEXT)
			fprintf(out, " (%g to %g)", s->min, s->max);
		fputc('\n', out);
	}
}

static int list_text(struct mr_tool *tool)
{
	size_t n;
	const struct mr_measure_suite *suites = mr_measure_suites(&n);

	fputs("suites\n", tool->out);
	for (size_t i = 0; i < n; i++) {
		fprintf(tool->out, "  %-10s %s\n", suites[i].name,
		        suites[i].summary);
		for (size_t k = 0; k < suites[i].n_steps; k++)
			fprintf(tool->out, "             %-12s %s\n",
			        suites[i].steps[k].protocol,
			        suites[i].steps[k].settings);
	}
	fputs("\nprotocols, with their settings: name, default, meaning, range\n",
	      tool->out);
	for (size_t i = 0; mr_measure_protocol(i); i++)
		list_protocol(tool->out, mr_measure_protocol(i));
	return MR_OK;
}

static json_t *protocol_json(const struct mr_measure_protocol *p)
{
	static const char *const kinds[] = {"number", "whole", "text"};
	json_t *settings = json_array();

	for (size_t k = 0; k < p->n_settings; k++) {
		const struct mr_measure_setting *s = &p->settings[k];

		json_array_append_new(
			settings,
			json_pack("{s:s,s:s,s:s,s:o,s:o,s:o,s:s}", "name",
		                  s->name, "kind", kinds[s->kind], "unit", s->unit,
		                  "min", mr_tool_real(s->min), "max",
		                  mr_tool_real(s->max), "default",
		                  mr_tool_real(s->preset), "text", s->text));
	}
	return json_pack("{s:s,s:s,s:s,s:o}", "name", p->name, "summary",
	                 p->summary, "needs", p->needs, "settings", settings);
}

static json_t *suite_json(const struct mr_measure_suite *suite)
{
	json_t *steps = json_array();

	for (size_t k = 0; k < suite->n_steps; k++)
		json_array_append_new(
			steps, json_pack("{s:s,s:s}", "protocol",
		                         suite->steps[k].protocol, "settings",
		                         suite->steps[k].settings));
	return json_pack("{s:s,s:s,s:o}", "name", suite->name, "summary",
	                 suite->summary, "steps", steps);
}

static int list_json(struct mr_tool *tool)
{
	json_t *object = mr_tool_object("measures");
	json_t *protocols = json_array();
	json_t *all = json_array();
	size_t n;
	const struct mr_measure_suite *suites = mr_measure_suites(&n);

	for (size_t i = 0; i < n; i++)
		json_array_append_new(all, suite_json(&suites[i]));
	for (size_t i = 0; mr_measure_protocol(i); i++)
		json_array_append_new(protocols,
		                      protocol_json(mr_measure_protocol(i)));
	json_object_set_new(object, "suites", all);
	json_object_set_new(object, "protocols", protocols);
	return mr_tool_print(tool, object);
}

int mr_measure_list(struct mr_tool *tool)
{
	return tool->json ? list_json(tool) : list_text(tool);
}

/* ---- what came of it --------------------------------------------------------- */

static const char *duration(char *out, double s)
{
	if (s >= 2 * 86400)
		(void)snprintf(out, 32, "%.3g d", s / 86400);
	else if (s >= 2 * 3600)
		(void)snprintf(out, 32, "%.3g h", s / 3600);
	else if (s >= 2 * 60)
		(void)snprintf(out, 32, "%.3g min", s / 60);
	else
		(void)mr_tool_pretty(out, s, "s");
	return out;
}

static void warn(FILE *out, uint64_t n, const char *what)
{
	if (n > 0)
		fprintf(out, "             warning: %" PRIu64 " %s\n", n, what);
}

static void print_result(FILE *out, const struct mr_measure_result *r, bool plan)
{
	char text[32];
	const char *state = plan && r->state == MR_MEASURE_DONE
	                    ? "planned"
	                    : mr_measure_state_name(r->state);

	fprintf(out, "%-12s %-8s %10" PRIu64 " %10" PRIu64 "  %s\n", r->protocol,
	        state, r->n_ops, r->pulses_most, duration(text, r->array_s));
	if (r->reason[0])
		fprintf(out, "             %s\n", r->reason);
	if (plan)
		return;
	warn(out, r->n_silent, "cells never answered");
	warn(out, r->n_unknown, "cells with a pulse whose outcome is unknown");
	warn(out, r->n_over_range, "readings were over range");
	warn(out, r->n_saturated, "pulses met a cell at its end of range");
	warn(out, r->n_missed, "times a cell missed its target");
}

static int print_text(struct mr_tool *tool, const struct mr_measure *m,
                      bool plan)
{
	char text[32];

	fprintf(tool->out, "%s of %" PRIu32 " cells\n%-12s %-8s %10s %10s  %s\n",
	        m->what, m->n_cells, "protocol", "state", "operations",
	        "pulses", plan ? "array time, about" : "array time");
	for (size_t k = 0; k < m->n; k++)
		print_result(tool->out, &m->results[k], plan);
	fprintf(tool->out,
	        "array time %s%s; %s%" PRIu64 " pulses on the cell that %s most\n",
	        plan ? "about " : "", duration(text, m->array_s),
	        plan ? "at most " : "", m->pulses_most, plan ? "gets" : "got");
	if (plan)
		fputs("nothing was done\n", tool->out);
	return MR_OK;
}

static json_t *result_json(const struct mr_measure_result *r, bool plan)
{
	json_t *o = json_pack(
		"{s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:o}", "protocol", r->protocol,
		"state", plan && r->state == MR_MEASURE_DONE
		         ? "planned"
		         : mr_measure_state_name(r->state),
		"reason", r->reason, "settings", r->settings, "operations",
		(json_int_t)r->n_ops, "readings", (json_int_t)r->n_readings,
		"pulses_most", (json_int_t)r->pulses_most, "array_s",
		mr_tool_real(r->array_s));

	if (plan)
		return o;
	json_object_update_new(
		o, json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "run",
	                     (json_int_t)r->run, "repeated",
	                     (json_int_t)r->n_repeated, "silent_cells",
	                     (json_int_t)r->n_silent, "unknown_cells",
	                     (json_int_t)r->n_unknown, "over_range",
	                     (json_int_t)r->n_over_range, "saturated",
	                     (json_int_t)r->n_saturated, "missed",
	                     (json_int_t)r->n_missed));
	return o;
}

static int print_json(struct mr_tool *tool, const struct mr_measure *m,
                      bool plan)
{
	json_t *o = mr_tool_object(plan ? "measure-plan" : "measure");
	json_t *results = json_array();

	for (size_t k = 0; k < m->n; k++)
		json_array_append_new(results, result_json(&m->results[k], plan));
	json_object_update_new(
		o, json_pack("{s:s,s:I,s:o,s:I,s:o}", "suite", m->what, "cells",
	                     (json_int_t)m->n_cells, "array_s",
	                     mr_tool_real(m->array_s), "pulses_most",
	                     (json_int_t)m->pulses_most, "protocols", results));
	if (!plan)
		json_object_update_new(
			o, json_pack("{s:s,s:s}", "session", m->session,
		                     "measurement", m->measurement));
	return mr_tool_print(tool, o);
}

int mr_measure_print(struct mr_tool *tool, const struct mr_measure *measure,
                     bool plan)
{
	return tool->json ? print_json(tool, measure, plan)
	                  : print_text(tool, measure, plan);
}
