/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Networks on arrays, programmed and left alone. */
#include "transfer.h"

#include "deep_crossbar.h"
#include "norms.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define N_NORM 200 /* images that batch norms are taken anew from */

/** The table at work. */
struct moving {
	const struct mr_transfer_plan *plan;
	struct mr_deep_network *network;
	struct mr_classifier *classifier;
	struct mr_transfer_table *table;
	struct mr_errtext *err;
	uint32_t done; /* ratings */
	struct mr_deep_carrier own[MR_DEEP_LAYERS_MAX]; /* in floating point */
	struct mr_deep_carrier moved[MR_DEEP_LAYERS_MAX];
	struct mr_array *array[MR_DEEP_LAYERS_MAX];
	struct mr_norms norms; /* as trained */
};

/* ---- rating ---------------------------------------------------------------------- */

static int work_out(struct moving *m, uint32_t first,
                    struct mr_features *features, uint16_t *label)
{
	struct mr_deep_network *network = m->network;
	const struct mr_deep_route route = {0, 0, network->n_layers, false,
	                                    true, 0};
	uint32_t batch = network->preset.batch, index[1024];
	int code = MR_OK;

	for (uint32_t at = 0; at < features->n && code == MR_OK; at += batch) {
		uint32_t n = features->n - at < batch ? features->n - at : batch;

		for (uint32_t i = 0; i < n; i++)
			index[i] = (uint32_t)(((uint64_t)first + at + i) %
			                      m->plan->test->n);
		for (uint32_t i = 0; i < n; i++)
			label[at + i] = m->plan->test->label[index[i]];
		if (m->plan->stop && *m->plan->stop)
			return mr_errtext_set(m->err, MR_ERR_STOPPED, "stopped");
		code = mr_deep_network_run(network, m->plan->test, index, n,
		                           NULL, &route, NULL, NULL, m->err);
		if (code == MR_OK)
			code = mr_features_put(
				features, network->tools.kernels, at, n,
				network->block[network->n_layers - 1].out,
				m->err);
	}
	features->label = label;
	return code;
}

static bool is_wanted(const struct moving *m, int care)
{
	return m->plan->cares == 0 || (m->plan->cares >> care & 1);
}

static void tell(struct moving *m)
{
	uint32_t n_cares = 0;

	for (int care = 0; care < MR_CARES; care++)
		n_cares += is_wanted(m, care);
	m->done++;
	if (m->plan->progress)
		m->plan->progress(m->plan->user, m->done,
		                  1 + n_cares * m->plan->n_uris *
		                              m->plan->n_seeds *
		                              m->plan->n_ages);
}

/* Images first, first + 1, ..., n of them. */
static int rate(struct moving *m, uint32_t first, uint32_t n, double *accuracy)
{
	struct mr_features features = {0};
	struct mr_classifier_tally tally = {0};
	uint16_t *label = calloc(n, sizeof *label);
	int code = label ? mr_features_alloc(
				   n, mr_deep_network_features(m->network),
				   m->plan->folder, &features, m->err)
	                 : mr_errtext_set(m->err, MR_ERR_NOMEM,
	                                  "out of memory");

	if (code == MR_OK)
		code = work_out(m, first, &features, label);
	if (code == MR_OK) {
		mr_classifier_judge(m->classifier, &features, &tally);
		*accuracy = (double)tally.right / tally.seen;
	}
	mr_features_free(&features);
	free(label);
	tell(m);
	return code;
}

/* ---- programming ------------------------------------------------------------------ */

static int open_layer(struct moving *m, const struct mr_transfer_row *row,
                      uint32_t l)
{
	const struct mr_deep_block *b = &m->network->block[l];
	const char *uri = m->plan->uris[row->uri];
	uint32_t n_cells = m->plan->mapping.n_cells ? m->plan->mapping.n_cells
	                                            : 1;
	struct mr_open_options o = {
		.has_seed = true, .seed = row->seed * MR_DEEP_LAYERS_MAX + l,
		.rows = (uint32_t)b->shape.fan_in,
		.cols = b->spec->n_kernels * 2 * n_cells,
		.threads = m->plan->threads};
	int code = mr_array_open(uri, &o, &m->array[l], m->err);

	if (code == MR_OK)
		code = mr_deep_crossbar(m->array[l], &m->plan->mapping, o.rows,
		                        b->spec->n_kernels, &m->moved[l],
		                        m->err);
	return code;
}

static int program_layer(struct moving *m, uint32_t l)
{
	struct mr_deep_block *b = &m->network->block[l];
	size_t n = b->shape.fan_in * b->spec->n_kernels;
	float *w = calloc(n, sizeof *w);
	int code = w ? m->own[l].weights(m->own[l].self, w, m->err)
	             : mr_errtext_set(m->err, MR_ERR_NOMEM, "out of memory");

	if (code == MR_OK)
		code = m->moved[l].start(m->moved[l].self, w, m->err);
	if (code == MR_OK)
		code = mr_deep_crossbar_calibrate(&m->moved[l], m->err);
	if (code == MR_OK)
		b->carrier = m->moved[l];
	free(w);
	return code;
}

static int program(struct moving *m, struct mr_transfer_row *row)
{
	int code = MR_OK;

	for (uint32_t l = 0; l < m->network->n_layers && code == MR_OK; l++) {
		code = open_layer(m, row, l);
		if (code == MR_OK)
			code = program_layer(m, l);
		if (code == MR_OK)
			row->n_missed +=
				mr_deep_crossbar_worn(&m->moved[l]).missed;
	}
	return code;
}

static void take_back(struct moving *m)
{
	for (uint32_t l = 0; l < m->network->n_layers; l++) {
		m->network->block[l].carrier = m->own[l];
		mr_deep_crossbar_free(&m->moved[l]);
		(void)mr_array_close(m->array[l], NULL);
		m->array[l] = NULL;
	}
}

/* Each layer fits what comes, and gives what is fitted to the next. */
static int fit(struct moving *m, struct mr_transfer_row *row)
{
	struct mr_deep_network *network = m->network;
	const struct mr_deep_route route = {0, 0, network->n_layers, false,
	                                    true, 0};
	const struct mr_images *images = m->plan->fit;
	uint32_t n = network->preset.batch, index[1024];
	int code;

	if (!images || images->n == 0)
		return MR_OK;
	n = n < images->n ? n : images->n;
	for (uint32_t i = 0; i < n; i++)
		index[i] = mr_evenly(i, n, images->n);
	for (uint32_t l = 0; l < network->n_layers; l++)
		mr_deep_crossbar_fit(&m->moved[l]);
	code = mr_deep_network_run(network, images, index, n, NULL, &route,
	                           NULL, NULL, m->err);
	for (uint32_t l = 0; l < network->n_layers; l++)
		row->range_A[l] = mr_deep_crossbar_range(&m->moved[l]);
	return code;
}

static void count_sums(struct moving *m, struct mr_transfer_row *row,
                       int64_t sign)
{
	for (uint32_t l = 0; l < m->network->n_layers; l++) {
		struct mr_hebb_wear wear = mr_deep_crossbar_worn(&m->moved[l]);

		row->n_sums += (uint64_t)sign * wear.sums;
		row->n_clipped += (uint64_t)sign * wear.clipped;
	}
}

/* ---- time ------------------------------------------------------------------------- */

static int wait_until(struct moving *m, double t_s)
{
	int code = MR_OK;

	for (uint32_t l = 0; l < m->network->n_layers && code == MR_OK; l++) {
		double lived_s = (double)mr_array_time_ns(m->array[l]) * 1e-9;
		struct mr_op op = {.kind = MR_OP_WAIT,
		                   .wait = {.duration_s =
		                                    fmax(t_s - lived_s, 0)}};

		code = mr_array_submit(m->array[l], &op, 1, NULL, NULL);
		if (code != MR_OK)
			mr_errtext_set(m->err, code, "%s",
			               mr_array_errmsg(m->array[l]));
	}
	return code;
}

static int compensate(struct moving *m, bool per_output)
{
	int code = MR_OK;

	for (uint32_t l = 0; l < m->network->n_layers && code == MR_OK; l++)
		code = mr_deep_crossbar_compensate(&m->moved[l], per_output,
		                                   m->err);
	return code;
}

/* These sums are no part of a rating. */
static int renorm(struct moving *m, struct mr_transfer_row *row)
{
	const struct mr_transfer_plan *plan = m->plan;
	int code;

	if (!plan->fit || plan->fit->n == 0)
		return MR_OK;
	count_sums(m, row, 1);
	code = mr_norms_learn(m->network, plan->fit,
	                      plan->n_norm ? plan->n_norm : N_NORM, plan->stop,
	                      m->err);
	count_sums(m, row, -1);
	return code;
}

/* Without care comes first: compensating holds until the next time. */
static int rate_age(struct moving *m, uint32_t first, struct mr_transfer_row *row,
                    struct mr_transfer_age *age)
{
	int code = MR_OK;

	for (int care = 0; care < MR_CARES && code == MR_OK; care++) {
		if (!is_wanted(m, care))
			continue;
		if (care != MR_CARE_NONE)
			code = compensate(m, care == MR_CARE_COLUMN);
		if (code == MR_OK && care == MR_CARE_NORM)
			code = renorm(m, row);
		if (code == MR_OK)
			code = rate(m, first, m->table->n_test,
			            &age->accuracy[care]);
	}
	mr_norms_restore(&m->norms, m->network);
	return code;
}

static void forget_care(struct moving *m)
{
	for (uint32_t l = 0; l < m->network->n_layers; l++)
		mr_deep_crossbar_uncompensate(&m->moved[l]);
}

static int grow_old(struct moving *m, uint32_t first, struct mr_transfer_row *row)
{
	int code = MR_OK;

	for (uint32_t k = 0; k < m->plan->n_ages && code == MR_OK; k++) {
		struct mr_transfer_age *age = &row->age[k];

		age->t_s = m->plan->age_s[k];
		for (int care = 0; care < MR_CARES; care++)
			age->accuracy[care] = NAN;
		code = wait_until(m, age->t_s);
		forget_care(m);
		if (code == MR_OK)
			code = rate_age(m, first, row, age);
		row->n_ages += code == MR_OK;
	}
	return code;
}

/* ---- all -------------------------------------------------------------------------- */

/* The first image of a programming. */
static uint32_t turn_of(const struct moving *m, uint64_t seed)
{
	uint64_t n = m->plan->test->n;

	return (uint32_t)((seed ? seed - 1 : 0) % n * m->table->n_test % n);
}

static int one_row(struct moving *m, uint32_t uri, uint64_t seed)
{
	struct mr_transfer_row *row = &m->table->row[m->table->n_rows];
	uint32_t first = turn_of(m, seed);
	int code;

	row->uri = uri;
	row->seed = seed;
	row->n_layers = m->network->n_layers;
	code = program(m, row);
	if (code == MR_OK)
		code = fit(m, row);
	if (code == MR_OK) {
		count_sums(m, row, -1); /* of the fit */
		code = grow_old(m, first, row);
		count_sums(m, row, 1);
	}
	m->table->n_rows += row->n_ages > 0;
	take_back(m);
	return code;
}

int mr_transfer(const struct mr_transfer_plan *plan,
                struct mr_deep_network *network,
                struct mr_classifier *classifier,
                struct mr_transfer_table *table, struct mr_errtext *err)
{
	struct moving m = {.plan = plan, .network = network,
	                   .classifier = classifier, .table = table, .err = err};
	uint64_t n_rated;
	int code;

	*table = (struct mr_transfer_table){
		.n_test = plan->n_test && plan->n_test < plan->test->n
	                          ? plan->n_test
	                          : plan->test->n,
		.row = calloc((size_t)plan->n_uris * plan->n_seeds,
	                      sizeof *table->row)};
	if (!table->row)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	for (uint32_t l = 0; l < network->n_layers; l++)
		m.own[l] = network->block[l].carrier;
	n_rated = (uint64_t)table->n_test * plan->n_seeds;
	table->n_float = n_rated < plan->test->n ? (uint32_t)n_rated
	                                         : plan->test->n;
	code = mr_norms_keep(network, &m.norms, err);
	if (code == MR_OK)
		code = rate(&m, plan->n_seeds ? turn_of(&m, plan->seeds[0]) : 0,
		            table->n_float, &table->in_float);
	for (uint32_t u = 0; u < plan->n_uris && code == MR_OK; u++)
		for (uint32_t s = 0; s < plan->n_seeds && code == MR_OK; s++)
			code = one_row(&m, u, plan->seeds[s]);
	mr_norms_free(&m.norms);
	return code;
}
