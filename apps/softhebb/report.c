/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Results of "memrig run softhebb" as a table or as JSON. */
#include "app.h"
#include "cells.h"
#include "histogram.h"
#include "tiles.h"

#include <math.h>
#include <string.h>

#define SECONDS_OF_HOUR 3600

/* Weights of the layer. */
static double weights(const struct mr_softhebb_app *app)
{
	return (double)app->n_out * app->train.channels * app->train.height *
	       app->train.width;
}

void mr_softhebb_summarise(const struct mr_softhebb_app *app, uint32_t n_cells,
                           struct mr_softhebb_summary *out)
{
	struct mr_softhebb_summary s = {0};
	double labels2 = 0, soft2 = 0;

	for (uint32_t k = 0; k < app->n_runs; k++) {
		const struct mr_softhebb_run *r = &app->run[k];

		if (r->n_cells != n_cells || r->result.partial)
			continue;
		s.n++;
		s.labels += r->result.test.labels;
		s.soft += r->result.test.soft;
		s.linear += r->linear;
		s.used += r->result.vote.n_used;
		s.pulses += (double)r->wear.pulses / weights(app);
		labels2 += pow(r->result.test.labels, 2);
		soft2 += pow(r->result.test.soft, 2);
	}
	if (s.n) {
		s.labels /= s.n;
		s.soft /= s.n;
		s.linear /= s.n;
		s.used /= s.n;
		s.pulses /= s.n;
		s.labels_sd = sqrt(fmax(labels2 / s.n - s.labels * s.labels, 0));
		s.soft_sd = sqrt(fmax(soft2 / s.n - s.soft * s.soft, 0));
	}
	*out = s;
}

static const char *weights_name(bool array)
{
	return array ? "array" : "float";
}

/* ---- for people ------------------------------------------------------------------ */

static void print_run(const struct mr_softhebb_app *app,
                      const struct mr_softhebb_run *r)
{
	const struct mr_shallow_result *s = &r->result;
	char cells[24];

	fprintf(app->tool->out,
	        "%-6s %5llu  %8.2f  %8.2f  %5u/%-5u  %6.3f +- %.3f  %7.1f%s%s\n",
	        weights_name(r->array), (unsigned long long)r->seed,
	        100 * s->test.labels, 100 * s->test.soft,
	        (unsigned)s->vote.n_used, (unsigned)app->n_out, s->radius_mean,
	        s->radius_sd, r->wall_s, mr_cells_text(app, r->n_cells, cells),
	        s->partial ? "  (stopped)" : "");
}

static void print_ages(const struct mr_softhebb_app *app,
                       const struct mr_softhebb_run *r)
{
	FILE *to = app->tool->out;
	char text[32], cells[24];

	if (!r->n_ages)
		return;
	fprintf(to,
	        "\nafter training, seed %llu%s, test %%\n"
	        "time            labels kept  soft vote  compensated  relabelled\n",
	        (unsigned long long)r->seed, mr_cells_text(app, r->n_cells, cells));
	for (uint32_t k = 0; k < r->n_ages; k++)
		fprintf(to, "%-14s  %11.2f  %9.2f  %11.2f  %10.2f\n",
		        mr_tool_pretty(text, r->age[k].t_s, "s"),
		        100 * r->age[k].kept, 100 * r->age[k].soft,
		        100 * r->age[k].compensated,
		        100 * r->age[k].relabelled);
}

static void print_wear(const struct mr_softhebb_app *app,
                       const struct mr_softhebb_run *r)
{
	double n = weights(app);
	char busy[32], lived[32], cells[24];

	if (!r->array)
		return;
	fprintf(app->tool->out,
	        "\narray, seed %llu%s: %.1f pulses and %.2f refreshes per weight, "
	        "%llu cells missed,\n%llu operations, %s at work of %s of array "
	        "time\n",
	        (unsigned long long)r->seed, mr_cells_text(app, r->n_cells, cells),
	        (double)r->wear.pulses / n,
	        (double)r->wear.refreshed / n,
	        (unsigned long long)r->wear.missed,
	        (unsigned long long)r->n_ops,
	        mr_tool_pretty(busy, r->busy_s, "s"),
	        mr_tool_pretty(lived, r->array_s, "s"));
	fprintf(app->tool->out,
	        "energy in the cells: reads %s, pulses %s (reckoned from the "
	        "description)%s\n",
	        mr_tool_pretty(busy, r->energy.reads_J, "J"),
	        mr_tool_pretty(lived, r->energy.pulses_J, "J"),
	        r->energy.n_uncounted ? ", and what the array programmed on its "
	                                "own"
	                              : "");
	if (r->board)
		fprintf(app->tool->out,
		        "on the board: %.2f hours of work, those of the rating "
		        "included\n",
		        r->busy_s / SECONDS_OF_HOUR);
	if (r->wear.dropped)
		fprintf(app->tool->out,
		        "%llu pulses were dropped: more than %d for a weight at "
		        "once\n",
		        (unsigned long long)r->wear.dropped, MR_TILES_PULSES);
}

static void print_mean(const struct mr_softhebb_app *app, uint32_t n_cells)
{
	struct mr_softhebb_summary s;
	char cells[24];

	mr_softhebb_summarise(app, n_cells, &s);
	if (s.n > 1)
		fprintf(app->tool->out,
		        "%-6s  mean  %8.2f  %8.2f  %5.0f          (sd %.2f, "
		        "%.2f)%s\n",
		        weights_name(n_cells), 100 * s.labels, 100 * s.soft,
		        s.used, 100 * s.labels_sd, 100 * s.soft_sd,
		        mr_cells_text(app, n_cells, cells));
}

static void print_mean_linear(const struct mr_softhebb_app *app,
                              uint32_t n_cells)
{
	struct mr_softhebb_summary s;
	char cells[24];

	mr_softhebb_summarise(app, n_cells, &s);
	if (s.n > 1 && !isnan(s.linear))
		fprintf(app->tool->out, "linear read-out, %s%s, mean: %.2f %%\n",
		        weights_name(n_cells), mr_cells_text(app, n_cells, cells),
		        100 * s.linear);
}

static void print_linear(const struct mr_softhebb_app *app)
{
	char cells[24];

	for (uint32_t k = 0; k < app->n_runs; k++) {
		const struct mr_softhebb_run *r = &app->run[k];

		if (!isnan(r->linear))
			fprintf(app->tool->out,
			        "%slinear read-out, %s%s, seed %llu: %.2f %%\n",
			        k ? "" : "\n", weights_name(r->array),
			        mr_cells_text(app, r->n_cells, cells),
			        (unsigned long long)r->seed, 100 * r->linear);
	}
	print_mean_linear(app, 0);
	for (uint32_t k = 0; k < app->n_cells; k++)
		print_mean_linear(app, app->cells[k]);
}

static void print_table(const struct mr_softhebb_app *app)
{
	FILE *to = app->tool->out;

	fprintf(to, "%s: %s, weights on %s\n\n", app->preset->name,
	        app->preset->text,
	        app->carriers & MR_CARRY_ARRAY ? app->where : "no array");
	fputs("weights seed  labels %  soft v.%  neurons used  radius"
	      "            wall s\n",
	      to);
	for (uint32_t k = 0; k < app->n_runs; k++)
		print_run(app, &app->run[k]);
	print_mean(app, 0);
	for (uint32_t k = 0; k < app->n_cells; k++)
		print_mean(app, app->cells[k]);
	if (app->preset->published > 0)
		fprintf(to, "\npublished: %.2f %% (%s)\n",
		        100 * app->preset->published, app->preset->source);
	print_linear(app);
	mr_cells_print(app);
	for (uint32_t k = 0; k < app->n_runs; k++) {
		print_wear(app, &app->run[k]);
		print_ages(app, &app->run[k]);
	}
	mr_study_print(app);
	if (app->plotted)
		fprintf(to, "\nfigure: %s\n", app->plot);
}

/* ---- for programs ---------------------------------------------------------------- */

static json_t *ages_json(const struct mr_softhebb_run *r)
{
	json_t *list = json_array();

	for (uint32_t k = 0; k < r->n_ages; k++)
		json_array_append_new(
			list, json_pack("{s:o,s:o,s:o,s:o,s:o}", "t_s",
		                        mr_tool_real(r->age[k].t_s), "accuracy",
		                        mr_tool_real(r->age[k].kept),
		                        "soft_vote",
		                        mr_tool_real(r->age[k].soft),
		                        "compensated",
		                        mr_tool_real(r->age[k].compensated),
		                        "relabelled",
		                        mr_tool_real(r->age[k].relabelled)));
	return list;
}

static json_t *wear_json(const struct mr_softhebb_run *r)
{
	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I}", "pulses",
	                 (json_int_t)r->wear.pulses, "pulses_dropped",
	                 (json_int_t)r->wear.dropped, "refreshed",
	                 (json_int_t)r->wear.refreshed, "missed",
	                 (json_int_t)r->wear.missed, "reads",
	                 (json_int_t)r->wear.reads, "drives",
	                 (json_int_t)r->wear.drives);
}

static json_t *energy_json(const struct mr_energy *e)
{
	return json_pack("{s:o,s:o,s:I}", "reads_J", mr_tool_real(e->reads_J),
	                 "pulses_J", mr_tool_real(e->pulses_J), "uncounted",
	                 (json_int_t)e->n_uncounted);
}

static json_t *radius_json(const struct mr_shallow_result *s)
{
	return json_pack("{s:o,s:o,s:o,s:o,s:o}", "histogram",
	                 mr_histogram_json(s->radius_bins, MR_RADIUS_BINS,
	                                   s->radius_top),
	                 "mean", mr_tool_real(s->radius_mean), "sd",
	                 mr_tool_real(s->radius_sd), "min",
	                 mr_tool_real(s->radius_min), "max",
	                 mr_tool_real(s->radius_max));
}

static json_t *run_json(const struct mr_softhebb_run *r)
{
	const struct mr_shallow_result *s = &r->result;
	json_t *o = json_object();

	json_object_set_new(o, "weights", json_string(weights_name(r->array)));
	json_object_set_new(o, "seed", json_integer((json_int_t)r->seed));
	json_object_set_new(o, "accuracy", mr_tool_real(s->test.labels));
	json_object_set_new(o, "readout", json_string("neuron labels"));
	json_object_set_new(o, "soft_vote", mr_tool_real(s->test.soft));
	json_object_set_new(o, "linear", mr_tool_real(r->linear));
	json_object_set_new(o, "winner_p", mr_tool_real(s->test.winner_p));
	json_object_set_new(o, "winner_p_histogram",
	                    mr_histogram_json(s->test.winner_bins, MR_VOTE_BINS,
	                                      1));
	json_object_set_new(o, "neurons_used", json_integer(s->vote.n_used));
	json_object_set_new(o, "radius", radius_json(s));
	json_object_set_new(o, "samples", json_integer((json_int_t)s->n_seen));
	json_object_set_new(o, "partial", json_boolean(s->partial));
	json_object_set_new(o, "wall_s", mr_tool_real(r->wall_s));
	if (r->array) {
		json_object_set_new(o, "cells_per_weight",
		                    json_integer(r->n_cells));
		json_object_set_new(o, "wear", wear_json(r));
		json_object_set_new(o, "energy", energy_json(&r->energy));
		json_object_set_new(o, "array_s", mr_tool_real(r->array_s));
		json_object_set_new(o, "busy_s", mr_tool_real(r->busy_s));
		json_object_set_new(o, "board_hours",
		                    r->board ? mr_tool_real(r->busy_s /
		                                            SECONDS_OF_HOUR)
		                             : json_null());
		json_object_set_new(o, "operations",
		                    json_integer((json_int_t)r->n_ops));
		json_object_set_new(o, "ages", ages_json(r));
	}
	return o;
}

/* Cells per weight on the array, null in floating point. */
static json_t *cells_json(uint32_t n_cells)
{
	return n_cells ? json_integer(n_cells) : json_null();
}

static void add_summary(const struct mr_softhebb_app *app, uint32_t n_cells,
                        json_t *list)
{
	struct mr_softhebb_summary s;

	mr_softhebb_summarise(app, n_cells, &s);
	if (s.n)
		json_array_append_new(
			list, json_pack("{s:s,s:o,s:i,s:o,s:o,s:o,s:o,s:o,s:o,"
		                        "s:o}",
		                        "weights", weights_name(n_cells),
		                        "cells_per_weight", cells_json(n_cells),
		                        "runs", (int)s.n,
		                        "accuracy", mr_tool_real(s.labels),
		                        "accuracy_sd", mr_tool_real(s.labels_sd),
		                        "soft_vote", mr_tool_real(s.soft),
		                        "soft_vote_sd", mr_tool_real(s.soft_sd),
		                        "pulses_per_weight",
		                        mr_tool_real(s.pulses),
		                        "linear", mr_tool_real(s.linear),
		                        "neurons_used", mr_tool_real(s.used)));
}

static json_t *rule_json(const struct mr_hebb_params *p)
{
	return json_pack("{s:o,s:o,s:o,s:o,s:o,s:b,s:b}", "t",
	                 mr_tool_real(p->t), "eta", mr_tool_real(p->eta0),
	                 "radius", mr_tool_real(p->radius), "norm_rate",
	                 mr_tool_real(p->p), "bias_rate",
	                 mr_tool_real(p->bias_rate), "by_max", (int)p->by_max,
	                 "hard", (int)p->hard);
}

static json_t *mapping_json(const struct mr_softhebb_app *app)
{
	static const char *const pulses[] = {"accumulate", "round", "outer"};
	const struct mr_hebb_mapping *m = &app->mapping;

	return json_pack("{s:s,s:s,s:o,s:o,s:I,s:o}", "radius",
	                 m->digital ? "digital" : "plain", "pulses",
	                 pulses[m->pulsing], "cells_per_weight",
	                 mr_cells_json(app), "w_clip",
	                 mr_tool_real(m->w_clip), "refresh_every",
	                 (json_int_t)m->refresh_every, "sample_s",
	                 mr_tool_real(m->sample_s));
}

static json_t *text_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

static int print_json(struct mr_softhebb_app *app)
{
	json_t *o = mr_tool_object("run");
	json_t *results = json_array(), *summary = json_array();
	bool on_array = app->carriers & MR_CARRY_ARRAY;

	for (uint32_t k = 0; k < app->n_runs; k++)
		json_array_append_new(results, run_json(&app->run[k]));
	add_summary(app, 0, summary);
	for (uint32_t k = 0; k < app->n_cells; k++)
		add_summary(app, app->cells[k], summary);
	json_object_set_new(o, "app", json_string("softhebb"));
	json_object_set_new(o, "array",
	                    text_or_null(on_array ? app->where : NULL));
	json_object_set_new(o, "preset", json_string(app->preset->name));
	json_object_set_new(o, "data", json_string(app->preset->set));
	json_object_set_new(o, "neurons", json_integer(app->n_out));
	json_object_set_new(o, "tiles", json_pack("[i,i]", (int)app->tile_rows,
	                                          (int)app->tile_cols));
	json_object_set_new(o, "batch", json_integer(app->batch));
	json_object_set_new(o, "epochs", json_integer(app->epochs));
	json_object_set_new(o, "rule", rule_json(&app->params));
	json_object_set_new(o, "array_rule", rule_json(&app->array_params));
	json_object_set_new(o, "mapping", mapping_json(app));
	json_object_set_new(o, "partial",
	                    json_boolean(app->partial ||
	                                 app->n_runs < app->n_planned));
	mr_study_json(app, o);
	json_object_set_new(o, "results", results);
	json_object_set_new(o, "summary", summary);
	json_object_set_new(o, "log", text_or_null(app->tool->log_path));
	json_object_set_new(o, "plot",
	                    text_or_null(app->plotted ? app->plot : NULL));
	return mr_tool_print(app->tool, o);
}

int mr_softhebb_report(struct mr_softhebb_app *app)
{
	if (app->tool->json)
		return print_json(app);
	print_table(app);
	return MR_OK;
}
