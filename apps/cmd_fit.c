/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* "memrig fit LOG": parameters of a cell model from what a log saw. */
#include "cmd.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "memrig/fit.h"
#include "runlist.h"

static const struct mr_tool_option options[] = {
	{"output", "FILE", "(-o) write the parameters there; emu:FILE runs them",
	 false},
	{"model", "NAME", "fit this model; default: the one that foretells best",
	 false},
	{"cells", "N", "cells that slow estimators use; default by time", false},
	MR_TOOL_THREADS_OPTION,
	MR_RUNLIST_OPTION,
	{0},
};

static const struct mr_tool_page page = {
	.name = "fit",
	.usage = "LOG [OPTION]...",
	.summary =
		"Fits a cell model to what was measured, whatever program measured\n"
		"it ('memrig measure' does it best), with standard errors, and "
		"writes\na parameter file: the emulator's twin of the array.",
	.groups = MR_TOOL_JSON,
	.options = options,
	.args_min = 1,
	.args_max = 1,
	.examples = "  memrig measure pulses,drift,noise "
		    "'emu:pcm?rows=8&cols=8&seed=7' --log chip.db\n"
		    "  memrig fit chip.db -o mychip.ini\n"
		    "  memrig info emu:mychip.ini\n",
};

static const char *state_name(enum mr_estimate_state state)
{
	static const char *const names[] = {"fitted", "described", "assumed",
	                                    "undetermined"};

	return names[state];
}

static json_t *estimate_json(const struct mr_fit *fit, uint32_t i)
{
	const struct mr_estimate *e = &fit->estimates[i];
	const struct mr_param *p = &fit->model->params[i];

	return json_pack("{ss, ss, ss, so, so, sI, sI, ss}", "name", p->name,
	                 "unit", p->unit, "state", state_name(e->state),
	                 "value", mr_tool_real(e->value), "se",
	                 mr_tool_real(e->se), "cells", (json_int_t)e->n_cells,
	                 "readings", (json_int_t)e->n_points, "how",
	                 e->how ? e->how : "");
}

static json_t *choices_json(const struct mr_fit *fit)
{
	json_t *list = json_array();

	for (uint32_t k = 0; k < fit->n_choices; k++) {
		const struct mr_fit_choice *c = &fit->choices[k];

		(void)json_array_append_new(
			list, json_pack("{ss, so, so, ss}", "model", c->model,
		                        "score", mr_tool_real(c->score),
		                        "behind_se", mr_tool_real(c->se), "why",
		                        c->why));
	}
	return list;
}

static json_t *correlation_json(const struct mr_fit *fit)
{
	json_t *rows = json_object();
	uint32_t n = fit->n_estimates;

	for (uint32_t i = 0; i < n; i++) {
		json_t *row = json_object();

		for (uint32_t j = 0; j < i; j++)
			if (isfinite(fit->correlation[i * n + j]))
				(void)json_object_set_new(
					row, fit->model->params[j].name,
					mr_tool_real(
						fit->correlation[i * n + j]));
		if (json_object_size(row) > 0)
			(void)json_object_set_new(
				rows, fit->model->params[i].name, row);
		else
			json_decref(row);
	}
	return rows;
}

static void print_json(struct mr_tool *tool, const struct mr_fit *fit,
                       const struct mr_history *history)
{
	json_t *object = mr_tool_object("fit");
	json_t *list = json_array();
	json_t *warnings = json_array();
	json_t *losses = json_object();

	for (uint32_t i = 0; i < fit->n_estimates; i++)
		(void)json_array_append_new(list, estimate_json(fit, i));
	for (uint32_t k = 0; k < fit->n_warnings; k++)
		(void)json_array_append_new(warnings,
		                            json_string(fit->warnings[k]));
	for (size_t k = 0; k < history->n_losses; k++)
		(void)json_object_set_new(
			losses, history->losses[k].why,
			json_integer((json_int_t)history->losses[k].n));
	(void)json_object_set_new(object, "model",
	                          json_string(fit->model->name));
	(void)json_object_set_new(object, "noise", json_string(fit->noise));
	(void)json_object_set_new(object, "array",
	                          json_string(history->desc.identity));
	(void)json_object_set_new(object, "estimates", list);
	(void)json_object_set_new(object, "correlation", correlation_json(fit));
	(void)json_object_set_new(object, "choices", choices_json(fit));
	(void)json_object_set_new(object, "left_out", losses);
	(void)json_object_set_new(object, "warnings", warnings);
	(void)mr_tool_print(tool, object);
}

static void print_estimate(FILE *to, const struct mr_fit *fit, uint32_t i)
{
	const struct mr_estimate *e = &fit->estimates[i];
	const struct mr_param *p = &fit->model->params[i];
	char error[32] = "";

	if (e->state == MR_ESTIMATE_FITTED && isfinite(e->se))
		(void)snprintf(error, sizeof error, "+- %.2g", e->se);
	fprintf(to, "  %-16s %12.6g %-12s %-4s %s%s%s\n", p->name, e->value,
	        error, strcmp(p->unit, "1") == 0 ? "" : p->unit,
	        state_name(e->state), e->how && *e->how ? ": " : "",
	        e->how ? e->how : "");
}

static void print_choices(FILE *to, const struct mr_fit *fit)
{
	for (uint32_t k = 0; k < fit->n_choices; k++) {
		const struct mr_fit_choice *c = &fit->choices[k];

		if (k == 0)
			fprintf(to, "\nhow well models foretell a reading of "
			        "cells they were not fitted to (nat):\n");
		if (isfinite(c->score))
			fprintf(to, "  %-16s %9.4f%s", c->model, c->score,
			        k ? "" : "\n");
		else
			fprintf(to, "  %-16s         - %s\n", c->model, c->why);
		if (isfinite(c->score) && k)
			fprintf(to, "  behind by %.4f +- %.4f\n",
			        fit->choices[0].score - c->score, c->se);
	}
}

static void print_text(struct mr_tool *tool, const struct mr_fit *fit,
                       const struct mr_history *history)
{
	FILE *to = tool->out;

	fprintf(to, "model %s, %s noise, of %s (%s)\n\n", fit->model->name,
	        fit->noise, history->desc.identity, history->uri);
	for (int state = MR_ESTIMATE_FITTED; state <= MR_ESTIMATE_UNDETERMINED;
	     state++)
		for (uint32_t i = 0; i < fit->n_estimates; i++)
			if ((int)fit->estimates[i].state == state)
				print_estimate(to, fit, i);
	print_choices(to, fit);
	for (size_t k = 0; k < history->n_losses; k++)
		fprintf(to, "%sleft out: %" PRIu64 " %s\n", k ? "" : "\n",
		        history->losses[k].n, history->losses[k].why);
	for (uint32_t k = 0; k < fit->n_warnings; k++)
		fprintf(to, "%swarning: %s\n", k ? "" : "\n",
		        fit->warnings[k]);
}

static int load(struct mr_tool *tool, struct mr_history **history)
{
	struct mr_history_options which = {0};
	struct mr_errtext err = {""};
	int64_t *runs;
	int code = mr_runlist_take(tool, &runs, &which.n_runs);

	if (code != MR_OK)
		return code;
	which.runs = runs;
	code = mr_history_load(tool->args[0], &which, history, &err);
	free(runs);
	return code == MR_OK ? MR_OK
	                     : mr_tool_fail(tool, code, "%s: %s",
	                                    tool->args[0], err.text);
}

static int fit_and_save(struct mr_tool *tool, const struct mr_history *history)
{
	struct mr_fit_options how = {.model = mr_tool_value(tool, "model")};
	const char *path = mr_tool_value(tool, "output");
	struct mr_errtext err = {""};
	struct mr_fit *fit = NULL;
	int code = mr_tool_u32(tool, "cells", 1, UINT32_MAX, &how.cells_max);

	if (code == MR_OK)
		code = mr_tool_threads(tool, &how.threads);
	if (code != MR_OK)
		return code;
	code = mr_fit_history(history, &how, &fit, &err);
	if (code == MR_OK && path)
		code = mr_fit_save(fit, history, tool->args[0], path, &err);
	if (code != MR_OK)
		(void)mr_tool_fail(tool, code, "%s: %s", tool->args[0],
		                   err.text);
	else if (tool->json)
		print_json(tool, fit, history);
	else
		print_text(tool, fit, history);
	mr_fit_free(fit);
	return code;
}

int mr_cmd_fit(int argc, char **argv)
{
	struct mr_tool tool;
	struct mr_history *history = NULL;
	int code;

	if (!mr_tool_parse(&tool, &page, argc, argv))
		return mr_tool_end(&tool, MR_OK);
	code = load(&tool, &history);
	if (code == MR_OK)
		code = fit_and_save(&tool, history);
	mr_history_free(history);
	return mr_tool_end(&tool, code);
}
