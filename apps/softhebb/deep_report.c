/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Results of deep networks: table and JSON. */
#include "deep_app.h"
#include "histogram.h"

#include <math.h>
#include <stdio.h>
#include <sys/resource.h>

static double peak_GiB(void)
{
	struct rusage used;

	return getrusage(RUSAGE_SELF, &used) == 0
	               ? (double)used.ru_maxrss / 1048576
	               : NAN;
}

/* ---- for people ------------------------------------------------------------------ */

static void print_layers(FILE *to, const struct mr_deep_result *r,
                         const struct mr_deep_preset *preset)
{
	fputs("layer  winner p  radius           at 1   won   pass s\n", to);
	for (uint32_t k = 0; k < r->n_layers; k++) {
		const struct mr_deep_layer *l = &preset->layer[k];

		fprintf(to, "%5u  %8.3f  %6.2f +- %-5.2f  %5u %5u  %7.1f\n",
		        k + 1, (double)r->layer[k].p_winner,
		        (double)r->layer[k].radius_mean,
		        (double)r->layer[k].radius_sd, r->layer[k].n_radius_one,
		        r->layer[k].n_used, r->layer[k].spent_s);
		if (l->seen_p > 0)
			fprintf(to, "       %8.3f  %6.2f +- %-5.2f  in a run of "
			        "other people\n",
			        (double)l->seen_p, (double)l->seen_radius,
			        (double)l->seen_radius_sd);
	}
}

/* The first, the last and every fifth. */
static void print_epochs(FILE *to, const struct mr_deep_result *r)
{
	fputs("epoch  loss    train %  test %\n", to);
	for (uint32_t k = 0; k < r->n_epochs; k++)
		if (k == 0 || k + 1 == r->n_epochs || (k + 1) % 5 == 0)
			fprintf(to, "%5u  %6.4f  %7.2f  %6.2f\n", k + 1,
			        (double)r->epoch[k].loss,
			        100 * (double)r->epoch[k].train_accuracy,
			        100 * (double)r->epoch[k].test_accuracy);
}

static void print_run(const struct mr_deep_app *app,
                      const struct mr_deep_app_run *run)
{
	const struct mr_deep_result *r = &run->result;
	FILE *to = app->tool->out;

	fprintf(to, "\nseed %llu%s\n", (unsigned long long)run->seed,
	        r->partial ? " (stopped)" : "");
	print_layers(to, r, app->preset);
	if (app->on_array) {
		char lived[32];

		fprintf(to,
		        "first layer on %s: %llu pulses, %llu pairs refreshed, "
		        "%llu vectors driven, %s of array time\n",
		        app->tool->uri, (unsigned long long)run->wear.pulses,
		        (unsigned long long)run->wear.refreshed,
		        (unsigned long long)run->wear.drives,
		        mr_tool_pretty(lived, run->array_s, "s"));
	}
	if (r->n_epochs)
		print_epochs(to, r);
	fprintf(to,
	        "test accuracy %.2f %%; pass %.1f s, features %.1f s (%u, mean "
	        "%.2f, greatest %.1f), classifier %.1f s, in all %.1f s\n",
	        100 * (double)r->test_accuracy, r->pass_s, r->features_s,
	        r->n_features, (double)r->feature_mean, (double)r->feature_max,
	        r->classifier_s, run->wall_s);
}

static void print_table(const struct mr_deep_app *app)
{
	FILE *to = app->tool->out;

	fprintf(to, "%s: %s, %s%s\n", app->preset->name, app->preset->title,
	        app->plan.simultaneous ? "all layers at once"
	                               : "layer after layer",
	        app->plan.random ? ", weights left random" : "");
	for (uint32_t k = 0; k < app->n_runs; k++)
		print_run(app, &app->run[k]);
	if (app->preset->published > 0)
		fprintf(to, "published: %.2f %%\n",
		        100 * app->preset->published);
	mr_deep_print_transfer(app);
	fprintf(to, "peak memory %.2f GiB\n", peak_GiB());
	if (app->plotted)
		fprintf(to, "figure: %s\n", app->plot);
	if (app->plotted && app->table.n_rows)
		fprintf(to, "figure: %s\n", app->transfer_plot);
}

/* ---- for programs ---------------------------------------------------------------- */

static json_t *seen_json(const struct mr_deep_layer *l)
{
	return l->seen_p > 0
	               ? json_pack("{s:o,s:{s:o,s:o}}", "winner_p",
	                           mr_tool_real((double)l->seen_p), "radius",
	                           "mean", mr_tool_real((double)l->seen_radius),
	                           "sd",
	                           mr_tool_real((double)l->seen_radius_sd))
	               : json_null();
}

static json_t *layers_json(const struct mr_deep_result *r,
                           const struct mr_deep_preset *preset)
{
	json_t *list = json_array();

	for (uint32_t k = 0; k < r->n_layers; k++)
		json_array_append_new(
			list,
			json_pack("{s:o,s:o,s:o,s:{s:o,s:o,s:o},s:i,s:i,s:o}",
		                  "winner_p",
		                  mr_tool_real((double)r->layer[k].p_winner),
		                  "winner_p_histogram",
		                  mr_histogram_json(r->layer[k].p_bins,
		                                    MR_DEEP_BINS, 1),
		                  "others", seen_json(&preset->layer[k]),
		                  "radius", "histogram",
		                  mr_histogram_json(
					  r->layer[k].radius_bins, MR_DEEP_BINS,
					  (double)r->layer[k].radius_top),
		                  "mean",
		                  mr_tool_real((double)r->layer[k].radius_mean),
		                  "sd",
		                  mr_tool_real((double)r->layer[k].radius_sd),
		                  "at_one", (int)r->layer[k].n_radius_one,
		                  "neurons_used", (int)r->layer[k].n_used,
		                  "pass_s", mr_tool_real(r->layer[k].spent_s)));
	return list;
}

static json_t *epochs_json(const struct mr_deep_result *r)
{
	json_t *list = json_array();

	for (uint32_t k = 0; k < r->n_epochs; k++)
		json_array_append_new(
			list, json_pack("{s:o,s:o,s:o}", "loss",
		                        mr_tool_real((double)r->epoch[k].loss),
		                        "train",
		                        mr_tool_real((double)r->epoch[k]
		                                             .train_accuracy),
		                        "test",
		                        mr_tool_real((double)r->epoch[k]
		                                             .test_accuracy)));
	return list;
}

static json_t *run_json(const struct mr_deep_app_run *run,
                        const struct mr_deep_preset *preset)
{
	const struct mr_deep_result *r = &run->result;

	return json_pack(
		"{s:I,s:o,s:s,s:o,s:o,s:i,s:o,s:o,s:o,s:o,s:o,s:o,s:b,s:I,s:I,"
		"s:o}",
		"seed", (json_int_t)run->seed, "accuracy",
		mr_tool_real((double)r->test_accuracy), "readout",
		"linear classifier", "layers", layers_json(r, preset), "epochs",
		epochs_json(r), "features", (int)r->n_features, "feature_mean",
		mr_tool_real((double)r->feature_mean), "feature_max",
		mr_tool_real((double)r->feature_max), "pass_s",
		mr_tool_real(r->pass_s), "features_s",
		mr_tool_real(r->features_s), "classifier_s",
		mr_tool_real(r->classifier_s), "wall_s",
		mr_tool_real(run->wall_s), "partial", (int)r->partial, "pulses",
		(json_int_t)run->wear.pulses, "refreshed",
		(json_int_t)run->wear.refreshed, "array_s",
		mr_tool_real(run->array_s));
}

static json_t *text_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

int mr_deep_report(struct mr_deep_app *app)
{
	json_t *o, *results;

	if (!app->tool->json) {
		print_table(app);
		return MR_OK;
	}
	o = mr_tool_object("run");
	results = json_array();
	for (uint32_t k = 0; k < app->n_runs; k++)
		json_array_append_new(results, run_json(&app->run[k], app->preset));
	json_object_set_new(o, "app", json_string("softhebb"));
	json_object_set_new(o, "array",
	                    text_or_null(app->on_array ? app->tool->uri : NULL));
	json_object_set_new(o, "preset", json_string(app->preset->name));
	json_object_set_new(o, "data", json_string(app->preset->dataset));
	json_object_set_new(o, "weights",
	                    json_string(app->on_array ? "first layer on the array"
	                                              : "float"));
	json_object_set_new(o, "simultaneous",
	                    json_boolean(app->plan.simultaneous));
	json_object_set_new(o, "random", json_boolean(app->plan.random));
	json_object_set_new(o, "published",
	                    mr_tool_real(app->preset->published));
	json_object_set_new(o, "peak_GiB", mr_tool_real(peak_GiB()));
	json_object_set_new(o, "results", results);
	json_object_set_new(o, "transfer", mr_deep_transfer_json(app));
	json_object_set_new(o, "plot",
	                    text_or_null(app->plotted ? app->plot : NULL));
	json_object_set_new(o, "transfer_plot",
	                    text_or_null(app->plotted && app->table.n_rows
	                                         ? app->transfer_plot
	                                         : NULL));
	return mr_tool_print(app->tool, o);
}
