/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Figures of merit of "memrig run correlation", as a table or as JSON. */
#include "app.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define ROUNDS_MAX 100 /* of 2-means; a handful is usual */

/* ---- rating ----------------------------------------------------------------- */

/* 2-means of the ideal dose in one dimension: the halves on each side of the
 * middle of their means. */
static void label_by_dose(const double *dose, uint32_t n, int8_t *label)
{
	double middle = 0;

	for (uint32_t i = 0; i < n; i++)
		middle += dose[i] / n;
	for (int round = 0; round < ROUNDS_MAX; round++) {
		double sum[2] = {0, 0}, count[2] = {0, 0}, next;

		for (uint32_t i = 0; i < n; i++) {
			label[i] = dose[i] > middle;
			sum[label[i]] += dose[i];
			count[label[i]]++;
		}
		if (count[0] == 0 || count[1] == 0)
			return;
		next = (sum[0] / count[0] + sum[1] / count[1]) / 2;
		if (next == middle)
			return;
		middle = next;
	}
}

static double mean_of(const float *g_S, const int8_t *label, uint32_t n,
                      int8_t which)
{
	double sum = 0;
	uint32_t count = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (label[i] != which)
			continue;
		sum += (double)g_S[i];
		count++;
	}
	return count ? sum / count : NAN;
}

static int rate_dose(const struct mr_correlation_app *app,
                     struct mr_correlation_row *row)
{
	float *dose = malloc(app->n * sizeof *dose);
	int code;

	if (!dose)
		return MR_ERR_NOMEM;
	for (uint32_t i = 0; i < app->n; i++)
		dose[i] = (float)row->result.dose[i];
	code = mr_metric_auc(dose, app->label, app->n, &row->dose_auc);
	free(dose);
	return code;
}

int mr_correlation_rate(struct mr_correlation_app *app,
                        struct mr_correlation_row *row)
{
	const struct mr_correlation_result *r = &row->result;
	const uint32_t n = app->n;
	int code;

	if (app->inputs.n)
		label_by_dose(r->dose, n, app->label);
	row->group_S = mean_of(r->g_S, app->label, n, 1);
	row->others_S = mean_of(r->g_S, app->label, n, 0);
	row->dose_r = mr_metric_pearson(r->g_S, r->dose, n);
	row->rate_r = mr_metric_pearson(r->g_S, r->rate, n);
	code = mr_metric_auc(r->g_S, app->label, n, &row->auc);
	if (code == MR_OK)
		code = mr_metric_cut(r->g_S, app->label, n, MR_BEST_F1,
		                     &row->best);
	if (code == MR_OK)
		code = mr_metric_cut(r->g_S, app->label, n, MR_BEST_ERROR,
		                     &row->least);
	return code == MR_OK ? rate_dose(app, row) : code;
}

/* ---- table ------------------------------------------------------------------ */

static void print_head(struct mr_correlation_app *app)
{
	FILE *to = app->tool->out;
	char text[32];

	fprintf(to, "%s on %s: %u processes x %u cell%s, %llu steps of %s, %s "
	            "coding\n",
	        app->data, app->tool->uri, (unsigned)app->n,
	        (unsigned)app->plan.n_cells,
	        app->plan.n_cells == 1 ? "" : "s",
	        (unsigned long long)app->plan.steps,
	        mr_tool_pretty(text, app->plan.step_time_s, "s"),
	        app->plan.coding == MR_ACTIVITY_AMPLITUDE ? "amplitude"
	                                                  : "threshold");
	if (app->inputs.n)
		fputs("the group is what 2-means finds in the ideal dose\n", to);
	else
		fprintf(to, "rate %g per step, correlation %g\n", app->p, app->c);
	fprintf(to, "\n%5s %9s %9s %6s %6s %6s %7s %7s %9s %9s %8s\n", "seed",
	        "group", "others", "AUC", "P", "R", "error", "ideal",
	        "r(G,dose)", "r(G,rate)", "pulses");
}

static void print_row(struct mr_correlation_app *app,
                      const struct mr_correlation_row *row)
{
	FILE *to = app->tool->out;

	fprintf(to, "%5llu %6.2f uS %6.2f uS %6.3f %6.3f %6.3f %6.2f%% %7.3f "
	            "%9.3f %9.3f %8.3g",
	        (unsigned long long)row->seed, row->group_S * 1e6,
	        row->others_S * 1e6, row->auc, row->best.precision,
	        row->best.recall, row->least.error * 100, row->dose_auc,
	        row->dose_r, row->rate_r, (double)row->result.pulses);
	if (row->result.partial)
		fprintf(to, "  partial: stopped after %llu steps",
		        (unsigned long long)row->result.steps);
	fputc('\n', to);
}

static double mean_over(const struct mr_correlation_app *app, size_t offset)
{
	double sum = 0;

	for (uint32_t k = 0; k < app->n_rows; k++)
		sum += *(const double *)(const void *)((const char *)&app->row[k] +
		                                       offset);
	return sum / app->n_rows;
}

#define MEAN(app, member)                                                     \
	mean_over((app), offsetof(struct mr_correlation_row, member))

static void print_mean(struct mr_correlation_app *app)
{
	fprintf(app->tool->out,
	        "%5s %6.2f uS %6.2f uS %6.3f %6.3f %6.3f %6.2f%% %7.3f %9.3f "
	        "%9.3f\n",
	        "mean", MEAN(app, group_S) * 1e6, MEAN(app, others_S) * 1e6,
	        MEAN(app, auc), MEAN(app, best.precision),
	        MEAN(app, best.recall), MEAN(app, least.error) * 100,
	        MEAN(app, dose_auc), MEAN(app, dose_r), MEAN(app, rate_r));
}

static void print_table(struct mr_correlation_app *app)
{
	FILE *to = app->tool->out;

	print_head(app);
	for (uint32_t k = 0; k < app->n_rows; k++)
		print_row(app, &app->row[k]);
	if (app->n_rows > 1)
		print_mean(app);
	fputs("\nP, R: precision and recall at the best F1; error: at the best "
	      "threshold for it;\nideal: AUC of the ideal dose, the same rule "
	      "with numbers that do not saturate\n",
	      to);
	fprintf(to, "%.3g s of work, %.4g s of array time",
	        MEAN(app, wall_s) * app->n_rows,
	        MEAN(app, array_s) * app->n_rows);
	if (app->tool->log_path)
		fprintf(to, "; log %s", app->tool->log_path);
	if (app->plotted)
		fprintf(to, "; figure %s", app->plot);
	fputc('\n', to);
}

/* ---- JSON ------------------------------------------------------------------- */

static void put(json_t *o, const char *name, double x)
{
	json_object_set_new(o, name, mr_tool_real(x));
}

static json_t *row_json(const struct mr_correlation_app *app,
                        const struct mr_correlation_row *row)
{
	const struct mr_correlation_result *r = &row->result;
	json_t *o = json_pack("{s:s,s:s}", "rule", "correlation", "weights",
	                      "array");

	json_object_set_new(o, "seed", json_integer((json_int_t)row->seed));
	json_object_set_new(o, "groups",
	                    json_pack("{s:o,s:o}", "group",
	                              mr_tool_real(row->group_S), "others",
	                              mr_tool_real(row->others_S)));
	put(o, "auc", row->auc);
	put(o, "precision", row->best.precision);
	put(o, "recall", row->best.recall);
	put(o, "threshold_S", (double)row->best.threshold);
	put(o, "least_error", row->least.error);
	put(o, "least_error_threshold_S", (double)row->least.threshold);
	put(o, "least_error_miss", row->least.miss);
	put(o, "least_error_alarm", row->least.alarm);
	put(o, "ideal_dose_auc", row->dose_auc);
	put(o, "r_conductance_dose", row->dose_r);
	put(o, "r_conductance_rate", row->rate_r);
	json_object_set_new(o, "latent_events",
	                    app->inputs.n
	                            ? json_null()
	                            : json_integer((json_int_t)row->latent));
	json_object_set_new(o, "pulses", json_integer((json_int_t)r->pulses));
	json_object_set_new(o, "steps_with_pulses",
	                    json_integer((json_int_t)r->n_pulsed));
	json_object_set_new(o, "steps", json_integer((json_int_t)r->steps));
	json_object_set_new(o, "partial", json_boolean(r->partial));
	put(o, "wall_s", row->wall_s);
	put(o, "array_s", row->array_s);
	return o;
}

static json_t *constants_json(const struct mr_correlation_app *app)
{
	const struct mr_correlation_plan *plan = &app->plan;
	json_t *o = json_object();

	put(o, "p", app->inputs.n ? NAN : app->p);
	put(o, "c", app->inputs.n ? NAN : app->c);
	put(o, "gain_A", plan->gain_A);
	put(o, "i_min_A", plan->i_min_A);
	put(o, "i_max_A", plan->i_max_A);
	put(o, "sigma", plan->sigma);
	put(o, "step_time_s", plan->step_time_s);
	return o;
}

static json_t *summary_json(const struct mr_correlation_app *app)
{
	json_t *o = json_object();

	json_object_set_new(o, "runs", json_integer(app->n_rows));
	put(o, "auc", MEAN(app, auc));
	put(o, "precision", MEAN(app, best.precision));
	put(o, "recall", MEAN(app, best.recall));
	put(o, "least_error", MEAN(app, least.error));
	put(o, "ideal_dose_auc", MEAN(app, dose_auc));
	put(o, "r_conductance_dose", MEAN(app, dose_r));
	put(o, "r_conductance_rate", MEAN(app, rate_r));
	return o;
}

static int print_json(struct mr_correlation_app *app)
{
	json_t *o = mr_tool_object("run"), *seeds = json_array();
	json_t *results = json_array(), *timing = json_object();

	for (uint32_t k = 0; k < app->n_seeds; k++)
		json_array_append_new(seeds,
		                      json_integer((json_int_t)app->seeds[k]));
	for (uint32_t k = 0; k < app->n_rows; k++)
		json_array_append_new(results, row_json(app, &app->row[k]));
	put(timing, "wall_s", MEAN(app, wall_s) * app->n_rows);
	put(timing, "array_s", MEAN(app, array_s) * app->n_rows);
	json_object_set_new(o, "app", json_string("correlation"));
	json_object_set_new(o, "array", json_string(app->tool->uri));
	json_object_set_new(o, "preset", json_string(app->preset->name));
	json_object_set_new(o, "data", json_string(app->data));
	json_object_set_new(o, "coding",
	                    json_string(app->plan.coding ==
	                                                MR_ACTIVITY_AMPLITUDE
	                                        ? "amplitude"
	                                        : "threshold"));
	json_object_set_new(o, "processes", json_integer(app->n));
	json_object_set_new(o, "cells_per_process",
	                    json_integer(app->plan.n_cells));
	json_object_set_new(o, "constants", constants_json(app));
	json_object_set_new(o, "seeds", seeds);
	json_object_set_new(o, "partial", json_boolean(app->partial));
	json_object_set_new(o, "results", results);
	json_object_set_new(o, "summary", summary_json(app));
	json_object_set_new(o, "timing", timing);
	json_object_set_new(o, "log",
	                    app->tool->log_path
	                            ? json_string(app->tool->log_path)
	                            : json_null());
	json_object_set_new(o, "plot", app->plotted ? json_string(app->plot)
	                                            : json_null());
	return mr_tool_print(app->tool, o);
}

int mr_correlation_report(struct mr_correlation_app *app)
{
	if (app->tool->json)
		return print_json(app);
	print_table(app);
	return MR_OK;
}
