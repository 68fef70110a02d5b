/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Results of "memrig run synapses" as a table or as JSON. */
#include "app.h"

#include <stdio.h>

static const char *carrier(const struct mr_synapses_row *row)
{
	return row->array ? "array" : "float";
}

/* Mean over the seeds of one size and carrier; n = how many. */
static struct mr_synapses_gap mean_gap(const struct mr_synapses_app *app,
                                       uint32_t n_cells, bool array,
                                       uint32_t *n)
{
	struct mr_synapses_gap sum = {{0}, {0}, 0, 0};

	*n = 0;
	for (uint32_t k = 0; k < app->n_rows; k++) {
		const struct mr_synapses_row *row = &app->row[k];

		if (row->n_cells != n_cells || row->array != array ||
		    row->result.partial)
			continue;
		(*n)++;
		for (int g = 0; g < 2; g++) {
			sum.mean[g] += row->gap.mean[g];
			sum.sd[g] += row->gap.sd[g];
		}
		sum.d_prime += row->gap.d_prime;
		sum.auc += row->gap.auc;
	}
	for (int g = 0; g < 2 && *n; g++) {
		sum.mean[g] /= *n;
		sum.sd[g] /= *n;
	}
	sum.d_prime /= *n ? *n : 1;
	sum.auc /= *n ? *n : 1;
	return sum;
}

/* ---- table ------------------------------------------------------------------ */

static void print_gap(FILE *to, const struct mr_synapses_gap *gap)
{
	fprintf(to, " %7.3f +-%6.3f %7.3f +-%6.3f %7.2f %7.4f", gap->mean[1],
	        gap->sd[1], gap->mean[0], gap->sd[0], gap->d_prime, gap->auc);
}

static void print_table(struct mr_synapses_app *app)
{
	FILE *to = app->tool->out;
	double wall_s = 0, array_s = 0;

	fprintf(to, "%u inputs on %s, rate %g per step, correlation %g, %llu "
	            "steps\nweights of the group and of the others, mean and "
	            "spread\n\n",
	        (unsigned)app->plan.n, app->tool->uri, app->plan.params.p,
	        app->plan.params.c, (unsigned long long)app->plan.steps);
	fprintf(to, "%5s %-7s %5s %16s  %16s %7s %7s %8s %8s\n", "cells",
	        "weights", "seed", "group", "others", "d'", "AUC", "raised",
	        "erased");
	for (uint32_t k = 0; k < app->n_rows; k++) {
		const struct mr_synapses_row *row = &app->row[k];

		wall_s += row->wall_s;
		array_s += row->array_s;
		fprintf(to, "%5u %-7s %5llu", (unsigned)row->n_cells,
		        carrier(row), (unsigned long long)row->seed);
		print_gap(to, &row->gap);
		fprintf(to, " %8llu %8llu%s\n",
		        (unsigned long long)row->counts.raised,
		        (unsigned long long)row->counts.lowered,
		        row->result.partial ? "  partial" : "");
	}
	fputc('\n', to);
	for (uint32_t s = 0; s < app->n_sizes; s++) {
		uint32_t n;
		struct mr_synapses_gap gap = mean_gap(app, app->sizes[s], true,
		                                      &n);

		if (n < 2)
			continue;
		fprintf(to, "%5u %-7s %5s", (unsigned)app->sizes[s], "array",
		        "mean");
		print_gap(to, &gap);
		fputc('\n', to);
	}
	fprintf(to, "\n%.3g s of work, %.4g s of array time", wall_s, array_s);
	if (app->tool->log_path)
		fprintf(to, "; log %s", app->tool->log_path);
	if (app->plotted)
		fprintf(to, "; figure %s", app->plot);
	fputc('\n', to);
}

/* ---- JSON ------------------------------------------------------------------- */

static void put_gap(json_t *o, const struct mr_synapses_gap *gap)
{
	json_object_set_new(o, "groups",
	                    json_pack("{s:o,s:o}", "group",
	                              mr_tool_real(gap->mean[1]), "others",
	                              mr_tool_real(gap->mean[0])));
	json_object_set_new(o, "spreads",
	                    json_pack("{s:o,s:o}", "group",
	                              mr_tool_real(gap->sd[1]), "others",
	                              mr_tool_real(gap->sd[0])));
	json_object_set_new(o, "d_prime", mr_tool_real(gap->d_prime));
	json_object_set_new(o, "auc", mr_tool_real(gap->auc));
}

static json_t *row_json(const struct mr_synapses_app *app,
                        const struct mr_synapses_row *row)
{
	json_t *o = json_pack("{s:s,s:s,s:I,s:i}", "rule", "synapses", "weights",
	                      carrier(row), "seed", (json_int_t)row->seed,
	                      "cells_per_synapse", (int)row->n_cells);

	put_gap(o, &row->gap);
	json_object_set_new(o, "output_spikes",
	                    json_integer((json_int_t)row->result.n_spikes));
	json_object_set_new(o, "pulses_raised",
	                    json_integer((json_int_t)row->counts.raised));
	json_object_set_new(o, "pulses_lowered",
	                    json_integer((json_int_t)row->counts.lowered));
	json_object_set_new(o, "steps",
	                    json_integer((json_int_t)row->result.steps));
	json_object_set_new(o, "partial", json_boolean(row->result.partial));
	json_object_set_new(o, "wall_s", mr_tool_real(row->wall_s));
	json_object_set_new(o, "array_s", mr_tool_real(row->array_s));
	json_object_set_new(o, "w", mr_tool_reals(row->result.w, app->plan.n));
	return o;
}

static json_t *summary_json(const struct mr_synapses_app *app)
{
	json_t *list = json_array();

	for (uint32_t s = 0; s < app->n_sizes; s++) {
		for (int array = 1; array >= 0; array--) {
			uint32_t n;
			struct mr_synapses_gap gap =
				mean_gap(app, app->sizes[s], array, &n);
			json_t *o;

			if (!n)
				continue;
			o = json_pack("{s:s,s:i,s:i}", "weights",
			              array ? "array" : "float",
			              "cells_per_synapse", (int)app->sizes[s],
			              "runs", (int)n);
			put_gap(o, &gap);
			json_array_append_new(list, o);
		}
	}
	return list;
}

static json_t *constants_json(const struct mr_synapses_app *app)
{
	const struct mr_synapses_params *p = &app->plan.params;

	return json_pack("{s:o,s:o,s:o,s:o,s:o,s:i,s:i,s:i,s:o}", "p",
	                 mr_tool_real(p->p), "c", mr_tool_real(p->c), "r0",
	                 mr_tool_real(p->r0), "kappa", mr_tool_real(p->kappa),
	                 "threshold_factor", mr_tool_real(p->theta_factor),
	                 "window", (int)p->window, "raise_every",
	                 (int)app->raise_every, "lower_every",
	                 (int)app->lower_every, "step_time_s",
	                 mr_tool_real(app->step_time_s));
}

static int print_json(struct mr_synapses_app *app)
{
	json_t *o = mr_tool_object("run"), *seeds = json_array();
	json_t *results = json_array();
	double wall_s = 0, array_s = 0;

	for (uint32_t k = 0; k < app->n_seeds; k++)
		json_array_append_new(seeds,
		                      json_integer((json_int_t)app->seeds[k]));
	for (uint32_t k = 0; k < app->n_rows; k++) {
		json_array_append_new(results, row_json(app, &app->row[k]));
		wall_s += app->row[k].wall_s;
		array_s += app->row[k].array_s;
	}
	json_object_set_new(o, "app", json_string("synapses"));
	json_object_set_new(o, "array", json_string(app->tool->uri));
	json_object_set_new(o, "preset", json_null());
	json_object_set_new(o, "inputs", json_integer(app->plan.n));
	json_object_set_new(o, "constants", constants_json(app));
	json_object_set_new(o, "seeds", seeds);
	json_object_set_new(o, "partial", json_boolean(app->partial));
	json_object_set_new(o, "results", results);
	json_object_set_new(o, "summary", summary_json(app));
	json_object_set_new(o, "timing",
	                    json_pack("{s:o,s:o}", "wall_s",
	                              mr_tool_real(wall_s), "array_s",
	                              mr_tool_real(array_s)));
	json_object_set_new(o, "log",
	                    app->tool->log_path
	                            ? json_string(app->tool->log_path)
	                            : json_null());
	json_object_set_new(o, "plot", app->plotted ? json_string(app->plot)
	                                            : json_null());
	return mr_tool_print(app->tool, o);
}

int mr_synapses_report(struct mr_synapses_app *app)
{
	if (app->tool->json)
		return print_json(app);
	print_table(app);
	return MR_OK;
}
