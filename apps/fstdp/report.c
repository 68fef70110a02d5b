/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Results of "memrig run fstdp" as a table or as JSON. */
#include "app.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *rule_name(bool fatigue)
{
	return fatigue ? "fstdp" : "stdp";
}

static const char *weights_name(bool array)
{
	return array ? "array" : "float";
}

/* ---- over seeds ---------------------------------------------------------- */

static void widen(double *sum, double *min, double *max, double x, bool first)
{
	*sum += x;
	if (first || x < *min)
		*min = x;
	if (first || x > *max)
		*max = x;
}

void mr_fstdp_summarise(const struct mr_fstdp_app *app, bool fatigue,
                        bool array, struct mr_fstdp_summary *out)
{
	struct mr_fstdp_summary s = {0};

	for (uint32_t k = 0; k < app->n_results; k++) {
		const struct mr_fstdp_result *r = &app->result[k];
		bool first = s.n == 0;

		if (r->fatigue != fatigue || r->array != array || r->partial)
			continue;
		widen(&s.auc, &s.auc_min, &s.auc_max, r->auc, first);
		widen(&s.precision, &s.precision_min, &s.precision_max,
		      r->detection.precision, first);
		widen(&s.recall, &s.recall_min, &s.recall_max,
		      r->detection.recall, first);
		s.w_rate_r += r->w_rate_r;
		for (uint32_t g = 0; g < app->inputs.n_groups; g++)
			s.group_mean[g] += r->group_mean[g];
		s.n++;
	}
	if (s.n) {
		s.auc /= s.n;
		s.precision /= s.n;
		s.recall /= s.n;
		s.w_rate_r /= s.n;
		for (uint32_t g = 0; g < app->inputs.n_groups; g++)
			s.group_mean[g] /= s.n;
	}
	*out = s;
}

/* ---- clusters of unlabelled inputs --------------------------------------- */

/** Stations of one cluster of the station list. */
struct cluster {
	int32_t number;
	uint32_t n;
	uint32_t found; /* above MR_DETECTED_ABOVE */
};

#define CLUSTERS_MAX 64

static uint32_t count_clusters(const struct mr_inputs *in, const float *w,
                               struct cluster *cluster)
{
	uint32_t n = 0;

	for (uint32_t i = 0; in->station && i < in->n; i++) {
		int32_t number = in->stations.station[in->station[i]].cluster;
		uint32_t k = 0;

		while (k < n && cluster[k].number != number)
			k++;
		if (k == CLUSTERS_MAX)
			continue;
		if (k == n)
			cluster[n++] = (struct cluster){.number = number};
		cluster[k].n++;
		cluster[k].found += w[i] > MR_DETECTED_ABOVE;
	}
	return n;
}

static int by_found(const void *a, const void *b)
{
	const struct cluster *x = a;
	const struct cluster *y = b;

	if (x->found != y->found)
		return x->found < y->found ? 1 : -1;
	return (x->number > y->number) - (x->number < y->number);
}

static void print_clusters(struct mr_fstdp_app *app,
                           const struct mr_fstdp_result *r)
{
	struct cluster cluster[CLUSTERS_MAX];
	uint32_t n = count_clusters(&app->inputs, r->w, cluster);
	FILE *to = app->tool->out;

	qsort(cluster, n, sizeof *cluster, by_found);
	fprintf(to, "%s, %s weights", rule_name(r->fatigue),
	        weights_name(r->array));
	if (r->has_seed)
		fprintf(to, ", seed %llu", (unsigned long long)r->seed);
	fprintf(to, ": found %u of %u inputs", (unsigned)r->n_found,
	        (unsigned)app->inputs.n);
	for (uint32_t k = 0; k < n && cluster[k].found; k++)
		fprintf(to, "%s %u of the %u in cluster %d", k ? "," : ":",
		        (unsigned)cluster[k].found, (unsigned)cluster[k].n,
		        (int)cluster[k].number);
	fputc('\n', to);
}

/* ---- table --------------------------------------------------------------- */

static void print_time(FILE *to, double dt_s)
{
	char text[32];

	if (dt_s >= 3600)
		fprintf(to, "%g h", dt_s / 3600);
	else
		fputs(mr_tool_pretty(text, dt_s, "s"), to);
}

static void print_head(struct mr_fstdp_app *app)
{
	const struct mr_inputs *in = &app->inputs;
	FILE *to = app->tool->out;

	fprintf(to, "%s on %s: %u inputs x %u cell%s, %llu steps of ", app->data,
	        app->tool->uri, (unsigned)in->n, (unsigned)app->n_cells,
	        app->n_cells == 1 ? "" : "s", (unsigned long long)app->steps);
	print_time(to, in->dt_s);
	fprintf(to, "%s\n", app->mode == MR_FSTDP_THRESHOLD
	                            ? ", threshold pulses" : "");
	fputs("mean weights by group; detected = weight above 0.5\n\n", to);
	fprintf(to, "%-6s %-7s %5s", "rule", "weights", "seed");
	for (uint32_t g = 0; g < in->n_groups; g++)
		fprintf(to, " %16s", in->group_name[g]);
	if (in->labelled)
		fprintf(to, " %6s %9s %6s", "AUC", "precision", "recall");
	fprintf(to, " %8s %9s\n", "detected", "r(w,rate)");
}

static void print_row(struct mr_fstdp_app *app,
                      const struct mr_fstdp_result *r)
{
	FILE *to = app->tool->out;

	fprintf(to, "%-6s %-7s ", rule_name(r->fatigue), weights_name(r->array));
	if (r->has_seed)
		fprintf(to, "%5llu", (unsigned long long)r->seed);
	else
		fprintf(to, "%5s", "-");
	for (uint32_t g = 0; g < app->inputs.n_groups; g++)
		fprintf(to, " %16.3f", r->group_mean[g]);
	if (app->inputs.labelled)
		fprintf(to, " %6.3f %9.3f %6.3f", r->auc, r->detection.precision,
		        r->detection.recall);
	fprintf(to, " %8u %9.2f", (unsigned)r->n_found, r->w_rate_r);
	if (r->partial)
		fprintf(to, "  partial: stopped after %.0f %% of the run",
		        100.0 * (double)r->steps / (double)app->steps);
	fputc('\n', to);
}

static void print_mean(struct mr_fstdp_app *app, bool fatigue, bool array)
{
	struct mr_fstdp_summary s;
	FILE *to = app->tool->out;

	mr_fstdp_summarise(app, fatigue, array, &s);
	if (s.n < 2)
		return;
	fprintf(to, "%-6s %-7s %5s", rule_name(fatigue), weights_name(array),
	        "mean");
	for (uint32_t g = 0; g < app->inputs.n_groups; g++)
		fprintf(to, " %16.3f", s.group_mean[g]);
	if (app->inputs.labelled)
		fprintf(to, " %6.3f %9.3f %6.3f", s.auc, s.precision, s.recall);
	fprintf(to, " %8s %9.2f\n", "", s.w_rate_r);
}

static void print_table(struct mr_fstdp_app *app)
{
	FILE *to = app->tool->out;

	print_head(app);
	for (uint32_t k = 0; k < app->n_results; k++) {
		const struct mr_fstdp_result *r = &app->result[k];
		const struct mr_fstdp_result *next = r + 1;

		print_row(app, r);
		if (k + 1 == app->n_results || next->array != r->array ||
		    next->fatigue != r->fatigue)
			print_mean(app, r->fatigue, r->array);
	}
	fputc('\n', to);
	for (uint32_t k = 0; !app->inputs.labelled && k < app->n_results; k++)
		print_clusters(app, &app->result[k]);
	fprintf(to,
	        "the array was at work for %.4g s (%.3g h) in %llu operations;"
	        " the rest are pauses\n",
	        app->busy.busy_s, app->busy.busy_s / 3600,
	        (unsigned long long)app->busy.n_ops);
	fprintf(to, "%.3g s of work, %.4g s of array time", app->wall_s,
	        app->array_s);
	if (app->tool->log_path)
		fprintf(to, "; log %s", app->tool->log_path);
	if (app->plotted)
		fprintf(to, "; figure %s", app->plot);
	fputc('\n', to);
	if (app->n_results < app->n_planned || app->partial)
		fprintf(to, "partial: %u of %u runs were begun\n",
		        (unsigned)app->n_results, (unsigned)app->n_planned);
}

/* ---- JSON ---------------------------------------------------------------- */

static json_t *text_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

static json_t *groups_json(const struct mr_inputs *in, const double *mean)
{
	json_t *groups = json_object();

	for (uint32_t g = 0; g < in->n_groups; g++)
		json_object_set_new(groups, in->group_name[g],
		                    mr_tool_real(mean[g]));
	return groups;
}

static json_t *clusters_json(const struct mr_inputs *in, const float *w)
{
	struct cluster cluster[CLUSTERS_MAX];
	uint32_t n = count_clusters(in, w, cluster);
	json_t *list = json_array();

	qsort(cluster, n, sizeof *cluster, by_found);
	for (uint32_t k = 0; k < n; k++)
		json_array_append_new(
			list, json_pack("{s:i,s:i,s:i}", "cluster",
		                        (int)cluster[k].number, "detected",
		                        (int)cluster[k].found, "of",
		                        (int)cluster[k].n));
	return list;
}

static void set_scores(json_t *object, bool labelled, double auc,
                       double precision, double recall)
{
	json_object_set_new(object, "auc", mr_tool_real(labelled ? auc : NAN));
	json_object_set_new(object, "precision",
	                    mr_tool_real(labelled ? precision : NAN));
	json_object_set_new(object, "recall",
	                    mr_tool_real(labelled ? recall : NAN));
}

static json_t *result_json(const struct mr_fstdp_app *app,
                           const struct mr_fstdp_result *r)
{
	const struct mr_inputs *in = &app->inputs;
	json_t *o = json_object();

	json_object_set_new(o, "rule", json_string(rule_name(r->fatigue)));
	json_object_set_new(o, "weights", json_string(weights_name(r->array)));
	json_object_set_new(o, "seed",
	                    r->has_seed ? json_integer((json_int_t)r->seed)
	                                : json_null());
	json_object_set_new(o, "groups", groups_json(in, r->group_mean));
	set_scores(o, in->labelled, r->auc, r->detection.precision,
	           r->detection.recall);
	json_object_set_new(o, "detected", json_integer(r->n_found));
	if (!in->labelled && in->station)
		json_object_set_new(o, "clusters", clusters_json(in, r->w));
	json_object_set_new(o, "r_weight_rate", mr_tool_real(r->w_rate_r));
	json_object_set_new(o, "output_spikes",
	                    json_integer((json_int_t)r->n_spikes));
	json_object_set_new(o, "pulses_raised",
	                    json_integer((json_int_t)r->counts.raised));
	json_object_set_new(o, "pulses_lowered",
	                    json_integer((json_int_t)r->counts.lowered));
	json_object_set_new(o, "steps", json_integer((json_int_t)r->steps));
	json_object_set_new(o, "partial", json_boolean(r->partial));
	json_object_set_new(o, "wall_s", mr_tool_real(r->wall_s));
	json_object_set_new(o, "array_s", mr_tool_real(r->array_s));
	json_object_set_new(o, "w", mr_tool_reals(r->w, in->n));
	return o;
}

static void add_summary(const struct mr_fstdp_app *app, bool fatigue,
                        bool array, json_t *list)
{
	struct mr_fstdp_summary s;
	json_t *o = json_object();

	mr_fstdp_summarise(app, fatigue, array, &s);
	if (!s.n) {
		json_decref(o);
		return;
	}
	json_object_set_new(o, "rule", json_string(rule_name(fatigue)));
	json_object_set_new(o, "weights", json_string(weights_name(array)));
	json_object_set_new(o, "runs", json_integer(s.n));
	json_object_set_new(o, "groups", groups_json(&app->inputs,
	                                             s.group_mean));
	set_scores(o, app->inputs.labelled, s.auc, s.precision, s.recall);
	if (app->inputs.labelled) {
		json_object_set_new(o, "auc_min", mr_tool_real(s.auc_min));
		json_object_set_new(o, "auc_max", mr_tool_real(s.auc_max));
		json_object_set_new(o, "precision_min",
		                    mr_tool_real(s.precision_min));
		json_object_set_new(o, "precision_max",
		                    mr_tool_real(s.precision_max));
		json_object_set_new(o, "recall_min", mr_tool_real(s.recall_min));
		json_object_set_new(o, "recall_max", mr_tool_real(s.recall_max));
	}
	json_object_set_new(o, "r_weight_rate", mr_tool_real(s.w_rate_r));
	json_array_append_new(list, o);
}

static json_t *constants_json(const struct mr_fstdp_app *app)
{
	struct mr_fstdp_params params = app->params;
	json_t *o = json_object();
	size_t n;
	const struct mr_fstdp_constant *c = mr_fstdp_constants(&n);

	for (size_t k = 0; k < n; k++)
		json_object_set_new(o, c[k].option,
		                    mr_tool_real(*mr_fstdp_constant_in(&params,
		                                                       &c[k])));
	return o;
}

static json_t *seeds_json(const struct mr_fstdp_app *app)
{
	json_t *list = json_array();

	for (uint32_t k = 0; k < app->n_seeds; k++)
		json_array_append_new(list,
		                      json_integer((json_int_t)app->seeds[k]));
	return list;
}

static int print_json(struct mr_fstdp_app *app)
{
	json_t *o = mr_tool_object("run");
	json_t *results = json_array();
	json_t *summary = json_array();

	for (uint32_t k = 0; k < app->n_results; k++)
		json_array_append_new(results, result_json(app, &app->result[k]));
	for (int k = 3; k >= 0; k--)
		add_summary(app, k & 2, k & 1, summary);
	json_object_set_new(o, "app", json_string("fstdp"));
	json_object_set_new(o, "array", json_string(app->tool->uri));
	json_object_set_new(o, "preset", json_string(app->preset->name));
	json_object_set_new(o, "data", json_string(app->data));
	json_object_set_new(o, "mode",
	                    json_string(app->mode == MR_FSTDP_THRESHOLD
	                                        ? "threshold" : "accumulate"));
	json_object_set_new(o, "inputs", json_integer(app->inputs.n));
	json_object_set_new(o, "cells_per_synapse", json_integer(app->n_cells));
	json_object_set_new(o, "steps", json_integer((json_int_t)app->steps));
	json_object_set_new(o, "step_time_s", mr_tool_real(app->step_time_s));
	json_object_set_new(o, "constants", constants_json(app));
	json_object_set_new(o, "seeds", seeds_json(app));
	json_object_set_new(o, "partial",
	                    json_boolean(app->partial ||
	                                 app->n_results < app->n_planned));
	json_object_set_new(o, "results", results);
	json_object_set_new(o, "summary", summary);
	json_object_set_new(o, "timing",
	                    json_pack("{s:o,s:o,s:o,s:I}", "wall_s",
	                              mr_tool_real(app->wall_s), "array_s",
	                              mr_tool_real(app->array_s), "busy_s",
	                              mr_tool_real(app->busy.busy_s),
	                              "operations",
	                              (json_int_t)app->busy.n_ops));
	json_object_set_new(o, "log", text_or_null(app->tool->log_path));
	json_object_set_new(o, "plot",
	                    text_or_null(app->plotted ? app->plot : NULL));
	return mr_tool_print(app->tool, o);
}

int mr_fstdp_report(struct mr_fstdp_app *app)
{
	if (app->tool->json)
		return print_json(app);
	print_table(app);
	return MR_OK;
}
