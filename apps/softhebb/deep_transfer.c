/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Transfers from the command line: options, and the table. */
#include "ages.h"
#include "deep_app.h"

#include "../seeds.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEEDS 3
#define SAMPLES 1000
#define LEVEL_READS 16 /* noise of a factor against drift: a quarter */

static const double usual_s[] = {100, 3600, 86400, 2592000, 31536000};
static const char *const care_names[MR_CARES] = {"none", "global", "column",
                                              "norm"};

/* ---- options ---------------------------------------------------------------------- */

static int take_uris(struct mr_deep_app *app)
{
	const struct mr_tool *tool = app->tool;
	uint32_t n = 0;

	app->uris = calloc(tool->n_given + 1, sizeof *app->uris);
	if (!app->uris)
		return mr_tool_fail(app->tool, MR_ERR_NOMEM, "out of memory");
	for (size_t k = 0; k < tool->n_given; k++)
		if (strcmp(tool->given[k].option->name, "transfer") == 0)
			app->uris[n++] = tool->given[k].value;
	app->transfer.uris = app->uris;
	app->transfer.n_uris = n;
	return MR_OK;
}

static int take_seeds(struct mr_deep_app *app)
{
	uint64_t samples = SAMPLES;
	int code = mr_seeds_list(app->tool, "transfer-seeds", SEEDS,
	                         &app->programmings, &app->transfer.n_seeds);

	if (code == MR_OK)
		code = mr_tool_u64(app->tool, "transfer-samples", 1, UINT32_MAX,
		                   &samples);
	app->transfer.seeds = app->programmings;
	app->transfer.n_test = (uint32_t)samples;
	return code;
}

/* What fills a cell: each output's largest weight, or the layer's. */
static int take_scale(struct mr_deep_app *app)
{
	const char *scale = mr_tool_value(app->tool, "transfer-scale");

	if (scale && strcmp(scale, "output") != 0 && strcmp(scale, "layer") != 0)
		return mr_tool_fail(app->tool, MR_ERR_USAGE,
		                    "--transfer-scale: '%s' is not output (the "
		                    "largest weight of each output fills a "
		                    "cell; the default) or layer",
		                    scale);
	app->transfer.mapping.per_output = !scale ||
	                                   strcmp(scale, "output") == 0;
	return MR_OK;
}

static int take_care(struct mr_deep_app *app, const char *name, size_t n)
{
	for (unsigned care = 0; care < MR_CARES; care++)
		if (strlen(care_names[care]) == n &&
		    strncmp(care_names[care], name, n) == 0) {
			app->transfer.cares |= 1u << care;
			return MR_OK;
		}
	return mr_tool_fail(app->tool, MR_ERR_USAGE,
	                    "--transfer-care: '%.*s' is not none, global, "
	                    "column or norm",
	                    (int)n, name);
}

static int take_cares(struct mr_deep_app *app)
{
	const char *at = mr_tool_value(app->tool, "transfer-care");
	int code = MR_OK;

	while (at && code == MR_OK) {
		size_t n = strcspn(at, ",");

		code = take_care(app, at, n);
		at = at[n] ? at + n + 1 : NULL;
	}
	return code;
}

static int take_ages(struct mr_deep_app *app)
{
	uint32_t n;
	int code = mr_ages_take(app->tool, MR_TRANSFER_AGES_MAX, app->age_s, &n);

	if (code != MR_OK)
		return code;
	if (n == 0) {
		n = sizeof usual_s / sizeof *usual_s;
		memcpy(app->age_s, usual_s, sizeof usual_s);
	}
	app->transfer.age_s = app->age_s;
	app->transfer.n_ages = n;
	return MR_OK;
}

static int refuse_alone(struct mr_deep_app *app)
{
	static const char *const only[] = {"transfer-seeds", "transfer-samples",
	                                   "transfer-scale", "transfer-care",
	                                   "ages"};

	for (size_t k = 0; k < sizeof only / sizeof *only; k++)
		if (mr_tool_value(app->tool, only[k]))
			return mr_tool_fail(app->tool, MR_ERR_USAGE,
			                    "--%s of a deep network needs "
			                    "--transfer URI",
			                    only[k]);
	return MR_OK;
}

static void show(void *user, uint32_t done, uint32_t total)
{
	struct mr_deep_app *app = user;

	mr_tool_note(app->tool, "transfer: rating %u of %u", done, total);
	mr_tool_progress(app->tool, "transfer", done, total);
}

int mr_deep_take_transfer(struct mr_deep_app *app)
{
	int code = take_uris(app);

	if (code != MR_OK)
		return code;
	if (app->transfer.n_uris == 0)
		return refuse_alone(app);
	app->transfer.test = &app->test;
	app->transfer.threads = app->tool->open.threads;
	app->transfer.folder = app->plan.folder;
	app->transfer.fit = &app->train;
	app->transfer.mapping = (struct mr_hebb_mapping){
		.coding = MR_CODING_PAIR, .n_cells = 1,
		.level_reads = LEVEL_READS};
	app->transfer.progress = show;
	app->transfer.user = app;
	code = take_scale(app);
	if (code == MR_OK)
		code = take_cares(app);
	if (code == MR_OK)
		code = take_seeds(app);
	return code == MR_OK ? take_ages(app) : code;
}

int mr_deep_move(void *user, struct mr_deep_network *network,
                 struct mr_classifier *classifier, struct mr_errtext *err)
{
	struct mr_deep_app *app = user;

	app->transfer.stop = app->plan.stop;
	if (app->table.row)
		return MR_OK;
	return mr_transfer(&app->transfer, network, classifier, &app->table, err);
}

/* ---- table ------------------------------------------------------------------------ */

/* Over the programmings on one array. */
static double mean(const struct mr_deep_app *app, uint32_t uri, uint32_t age,
                   unsigned care, double *sd)
{
	double sum = 0, square = 0;
	uint32_t n = 0;

	for (uint32_t k = 0; k < app->table.n_rows; k++) {
		const struct mr_transfer_row *row = &app->table.row[k];

		if (row->uri != uri || age >= row->n_ages)
			continue;
		sum += row->age[age].accuracy[care];
		square += pow(row->age[age].accuracy[care], 2);
		n++;
	}
	*sd = n ? sqrt(fmax(square / n - pow(sum / n, 2), 0)) : NAN;
	return n ? sum / n : NAN;
}

static void print_age(const struct mr_deep_app *app, uint32_t uri, uint32_t age)
{
	char text[32];

	fprintf(app->tool->out, "  %-12s",
	        mr_tool_pretty(text, app->transfer.age_s[age], "s"));
	for (unsigned care = 0; care < MR_CARES; care++) {
		double sd, m = mean(app, uri, age, care, &sd);

		if (isnan(m))
			fprintf(app->tool->out, "  %6s    %5s", "-", "");
		else
			fprintf(app->tool->out, "  %6.2f +- %-5.2f", 100 * m,
			        100 * sd);
	}
	fputc('\n', app->tool->out);
}

/* Only where the currents have a limit. */
static void print_meters(const struct mr_deep_app *app, uint32_t uri)
{
	uint64_t sums = 0, clipped = 0;
	bool limited = false;

	for (uint32_t k = 0; k < app->table.n_rows; k++) {
		const struct mr_transfer_row *row = &app->table.row[k];

		if (row->uri != uri)
			continue;
		limited = limited || row->range_A[0] > 0;
		sums += row->n_sums;
		clipped += row->n_clipped;
	}
	if (limited || clipped)
		fprintf(app->tool->out,
		        "  clipped: %llu of %llu currents, %.2g\n",
		        (unsigned long long)clipped, (unsigned long long)sums,
		        (double)clipped / (double)sums);
}

void mr_deep_print_transfer(const struct mr_deep_app *app)
{
	FILE *to = app->tool->out;

	if (!app->table.n_rows)
		return;
	fprintf(to,
	        "\ntransfer, %u programmings, each rated on %u test images of its "
	        "turn; all %u in floating point %.2f %%\n",
	        app->transfer.n_seeds, app->table.n_test, app->table.n_float,
	        100 * app->table.in_float);
	for (uint32_t u = 0; u < app->transfer.n_uris; u++) {
		fprintf(to,
		        "%s\n  since          no care          global           "
		        "per output       norms\n",
		        app->uris[u]);
		for (uint32_t k = 0; k < app->transfer.n_ages; k++)
			print_age(app, u, k);
		print_meters(app, u);
	}
}

static json_t *row_json(const struct mr_deep_app *app,
                        const struct mr_transfer_row *row)
{
	json_t *ages = json_array(), *ranges = json_array();

	for (uint32_t l = 0; l < row->n_layers; l++)
		json_array_append_new(ranges, mr_tool_real(row->range_A[l]));
	for (uint32_t k = 0; k < row->n_ages; k++) {
		json_t *age = json_object();

		json_object_set_new(age, "t_s", mr_tool_real(row->age[k].t_s));
		for (unsigned care = 0; care < MR_CARES; care++)
			json_object_set_new(
				age, care_names[care],
				mr_tool_real(row->age[k].accuracy[care]));
		json_array_append_new(ages, age);
	}
	return json_pack("{s:s,s:I,s:I,s:o,s:I,s:I,s:o}", "array",
	                 app->uris[row->uri], "seed", (json_int_t)row->seed,
	                 "missed", (json_int_t)row->n_missed, "ranges_A", ranges,
	                 "sums", (json_int_t)row->n_sums, "clipped",
	                 (json_int_t)row->n_clipped, "ages", ages);
}

json_t *mr_deep_transfer_json(const struct mr_deep_app *app)
{
	json_t *rows = json_array();

	for (uint32_t k = 0; k < app->table.n_rows; k++)
		json_array_append_new(rows, row_json(app, &app->table.row[k]));
	return json_pack("{s:i,s:i,s:o,s:o}", "samples", (int)app->table.n_test,
	                 "float_samples", (int)app->table.n_float, "float",
	                 mr_tool_real(app->table.in_float), "rows", rows);
}
