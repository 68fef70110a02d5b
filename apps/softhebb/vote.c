/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Neuron labels and the soft vote. */
#include "vote.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 250 /* samples that pass the layer at once */

/* Answers to a block of samples. */
struct pass {
	const struct mr_hebb_params *params;
	struct mr_hebb_carrier *carrier;
	const struct mr_samples *samples;
	const float *bias;
	float *x;
	float *u;
	float *y;
	void *user;
	/* one answered sample */
	void (*see)(struct pass *pass, uint32_t at, const float *u,
	            const float *y);
};

static int show_block(struct pass *p, uint32_t first, uint32_t n)
{
	uint32_t k = p->carrier->n_out;
	int code;

	mr_samples_rows(p->samples, first, n, p->x);
	code = p->carrier->type->multiply(p->carrier->self, p->x, n, p->u);
	if (code != MR_OK)
		return code;
	mr_hebb_answer(p->params, p->bias, p->u, n, k, p->y);
	for (uint32_t i = 0; i < n; i++)
		p->see(p, first + i, &p->u[(size_t)i * k],
		       &p->y[(size_t)i * k]);
	return MR_OK;
}

static int show_all(struct pass *p)
{
	size_t k = p->carrier->n_out;
	int code = MR_OK;

	p->bias = p->params->bias_rate > 0 ? p->carrier->bias : NULL;
	p->x = calloc(BLOCK, p->samples->n_in * sizeof *p->x);
	p->u = calloc(BLOCK, k * sizeof *p->u);
	p->y = calloc(BLOCK, k * sizeof *p->y);
	if (!p->x || !p->u || !p->y)
		code = MR_ERR_NOMEM;
	for (uint32_t at = 0; at < p->samples->n && code == MR_OK; at += BLOCK)
		code = show_block(p, at,
		                  p->samples->n - at < BLOCK ? p->samples->n - at
		                                             : BLOCK);
	free(p->x);
	free(p->u);
	free(p->y);
	return code;
}

/* ---- taking votes -------------------------------------------------------------- */

static void count(struct pass *p, uint32_t at, const float *u, const float *y)
{
	struct mr_vote *vote = p->user;
	uint32_t class = mr_samples_label(p->samples, at);

	vote->wins[(size_t)mr_hebb_winner(p->bias, u, vote->n_out) *
	                   vote->n_classes +
	           class]++;
	for (uint32_t k = 0; k < vote->n_out; k++)
		vote->mass[(size_t)k * vote->n_classes + class] += (double)y[k];
}

static void label(struct mr_vote *vote, uint32_t k)
{
	const uint32_t *wins = &vote->wins[(size_t)k * vote->n_classes];
	const double *mass = &vote->mass[(size_t)k * vote->n_classes];
	uint32_t most = 0, heaviest = 0;

	for (uint32_t c = 1; c < vote->n_classes; c++) {
		if (wins[c] > wins[most])
			most = c;
		if (mass[c] > mass[heaviest])
			heaviest = c;
	}
	vote->n_used += wins[most] > 0;
	vote->label[k] = (uint16_t)(wins[most] > 0 ? most : heaviest);
}

static void level_rows(struct mr_vote *vote)
{
	for (uint32_t k = 0; k < vote->n_out; k++) {
		double *mass = &vote->mass[(size_t)k * vote->n_classes];
		double sum = 0;

		for (uint32_t c = 0; c < vote->n_classes; c++)
			sum += mass[c];
		for (uint32_t c = 0; c < vote->n_classes && sum > 0; c++)
			mass[c] /= sum;
	}
}

int mr_vote_take(struct mr_vote *vote, const struct mr_hebb_params *params,
                 struct mr_hebb_carrier *carrier,
                 const struct mr_samples *samples)
{
	uint32_t n_classes = samples->images->n_classes;
	size_t n = (size_t)carrier->n_out * n_classes;
	struct pass pass = {.params = params, .carrier = carrier,
	                    .samples = samples, .user = vote, .see = count};

	*vote = (struct mr_vote){.n_out = carrier->n_out,
	                         .n_classes = n_classes,
	                         .wins = calloc(n, sizeof *vote->wins),
	                         .mass = calloc(n, sizeof *vote->mass),
	                         .label = calloc(carrier->n_out,
	                                         sizeof *vote->label)};
	int code = vote->wins && vote->mass && vote->label ? show_all(&pass)
	                                                   : MR_ERR_NOMEM;

	for (uint32_t k = 0; k < carrier->n_out && code == MR_OK; k++)
		label(vote, k);
	if (code == MR_OK)
		level_rows(vote);
	else
		mr_vote_free(vote);
	return code;
}

/* ---- rating -------------------------------------------------------------------- */

struct rating {
	const struct mr_vote *vote;
	uint32_t n_labels; /* right by the winner's label */
	uint32_t n_soft;
	double winner_p;
	uint32_t bins[MR_VOTE_BINS];
};

static uint32_t soft_class(const struct mr_vote *vote, const float *y)
{
	double best = -1;
	uint32_t class = 0;

	for (uint32_t c = 0; c < vote->n_classes; c++) {
		double sum = 0;

		for (uint32_t k = 0; k < vote->n_out; k++)
			if (y[k] > 0)
				sum += (double)y[k] *
				       vote->mass[(size_t)k * vote->n_classes +
				                  c];
		if (sum > best) {
			best = sum;
			class = c;
		}
	}
	return class;
}

static void compare(struct pass *p, uint32_t at, const float *u, const float *y)
{
	struct rating *r = p->user;
	uint32_t class = mr_samples_label(p->samples, at);
	uint32_t winner = mr_hebb_winner(p->bias, u, r->vote->n_out);

	r->n_labels += r->vote->label[winner] == class;
	r->n_soft += soft_class(r->vote, y) == class;
	r->winner_p += (double)y[winner];
	r->bins[(int)fmin(fmax((double)y[winner], 0) * MR_VOTE_BINS,
	                  MR_VOTE_BINS - 1)]++;
}

int mr_vote_rate(const struct mr_vote *vote,
                 const struct mr_hebb_params *params,
                 struct mr_hebb_carrier *carrier,
                 const struct mr_samples *samples,
                 struct mr_vote_score *score)
{
	struct rating r = {.vote = vote};
	struct pass pass = {.params = params, .carrier = carrier,
	                    .samples = samples, .user = &r, .see = compare};
	int code = show_all(&pass);

	if (code != MR_OK)
		return code;
	score->labels = (double)r.n_labels / samples->n;
	score->soft = (double)r.n_soft / samples->n;
	score->winner_p = r.winner_p / samples->n;
	memcpy(score->winner_bins, r.bins, sizeof r.bins);
	return MR_OK;
}

void mr_vote_free(struct mr_vote *vote)
{
	free(vote->wins);
	free(vote->mass);
	free(vote->label);
	memset(vote, 0, sizeof *vote);
}
