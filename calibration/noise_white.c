/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * White noise: the squared residuals of each span's trend, in blocks over which
 * the conductance is the same, are sigma(G)^2 chi^2 with the degrees of freedom
 * that the trend left them: a restricted likelihood (H. D. Patterson and
 * R. Thompson, Biometrika 58, 545, 1971), here by blocks. Units are cells.
 */
#include "noise_priv.h"

#include <math.h>
#include <stdlib.h>

#include "likelihood.h"

#define SILENT 1e-9 /* sd of nothing but rounding, of the greatest reading */
#define SAME 0.03   /* relative range of conductance in a block */

struct block {
	double g_S;
	double squares_S2; /* of residuals, times averages */
	double dof;
};

struct blocks {
	struct block *at;
	size_t n;
	size_t room;
	size_t *unit; /* [n_units+1] first block of each cell */
	size_t n_units;
	double log_scale; /* of the sd, for the size of numbers */
};

static int add_block(struct blocks *b, const struct block *block)
{
	if (block->dof <= 0)
		return MR_OK;
	if (b->n == b->room) {
		size_t room = b->room ? 2 * b->room : 1024;
		struct block *at = realloc(b->at, room * sizeof *at);

		if (!at)
			return MR_ERR_NOMEM;
		b->at = at;
		b->room = room;
	}
	b->at[b->n++] = *block;
	return MR_OK;
}

static int add_span(struct blocks *b, const struct mr__noise_work *w,
                    const struct mr__span *s)
{
	const struct mr__trend *t = &w->trend;
	struct block now = {0};
	double begin = t->fit_S[0];
	double sum = 0;

	for (uint32_t i = 0; i < s->n; i++) {
		double dof = 1 - t->leverage[i];

		if (fabs(t->fit_S[i] - begin) > SAME * fabs(begin)) {
			now.g_S = now.dof > 0 ? sum / now.dof : 0;
			if (add_block(b, &now) != MR_OK)
				return MR_ERR_NOMEM;
			now = (struct block){0};
			begin = t->fit_S[i];
			sum = 0;
		}
		now.squares_S2 += t->left_S[i] * t->left_S[i]
		                  * (double)s->reads[i].count;
		now.dof += dof;
		sum += dof * t->fit_S[i];
	}
	now.g_S = now.dof > 0 ? sum / now.dof : 0;
	return add_block(b, &now);
}

static int gather(struct mr__noise_work *w, struct blocks *b)
{
	uint32_t cell = UINT32_MAX;

	b->n = 0;
	b->n_units = 0;
	for (size_t k = 0; k < w->spans.n; k++) {
		const struct mr__span *s = &w->spans.at[k];

		/* readings that are all the same, such as a clamped cell's 0,
		 * are no sample of noise: a floor of 0 would explain them
		 * infinitely well */
		if (w->rtn[k] || !(w->sd_S[k] > SILENT * w->spans.top_S))
			continue;
		if (s->cell != cell)
			b->unit[b->n_units++] = b->n;
		cell = s->cell;
		if (mr__trend_fit(&w->trend, s, w->t0_s, &w->weights) != MR_OK
		    || add_span(b, w, s) != MR_OK)
			return MR_ERR_NOMEM;
	}
	b->unit[b->n_units] = b->n;
	return MR_OK;
}

static double of_unit(const void *self, size_t unit, const double *p)
{
	const struct blocks *b = self;
	double sum = 0;

	for (size_t k = b->unit[unit]; k < b->unit[unit + 1]; k++) {
		const struct block *at = &b->at[k];
		double sigma = p[0] * at->g_S + p[1];

		if (!(sigma > 0))
			return -INFINITY;
		sum -= at->dof * (log(sigma) - b->log_scale)
		       + at->squares_S2 / (2 * sigma * sigma);
	}
	return sum;
}

/* Two levels of conductance, the sd of each: a line to begin with. */
static void start(const struct blocks *b, double *p)
{
	double mean = 0;
	double dof = 0;
	double sd[2] = {0};
	double g[2] = {0};
	double n[2] = {0};

	for (size_t k = 0; k < b->n; k++) {
		mean += b->at[k].g_S * b->at[k].dof;
		dof += b->at[k].dof;
	}
	mean /= dof;
	for (size_t k = 0; k < b->n; k++) {
		int side = b->at[k].g_S > mean;

		sd[side] += b->at[k].squares_S2;
		g[side] += b->at[k].g_S * b->at[k].dof;
		n[side] += b->at[k].dof;
	}
	for (int side = 0; side < 2; side++) {
		sd[side] = n[side] > 0 ? sqrt(sd[side] / n[side]) : 0;
		g[side] = n[side] > 0 ? g[side] / n[side] : 0;
	}
	p[0] = n[0] > 0 && n[1] > 0 ? (sd[1] - sd[0]) / (g[1] - g[0]) : 0;
	p[1] = (n[0] > 0 ? sd[0] - p[0] * g[0] : sd[1] - p[0] * g[1]);
	if (p[1] < 0 || p[0] < 0) {
		p[0] = 0;
		p[1] = fmax(sd[0], sd[1]);
	}
}

static int maximise(struct mr__noise_work *w, struct blocks *b, double *p,
                    double *cov)
{
	double sd = p[0] * b->at[0].g_S + p[1];
	double step[2] = {1e-4, 1e-4 * sd};
	struct mr__likelihood l = {b, b->n_units, 2, of_unit, step, 0};
	struct mr__maximum best;

	for (size_t k = 0; k < b->n; k++)
		step[0] = fmin(step[0], 1e-4 * sd / fabs(b->at[k].g_S));
	b->log_scale = log(sd);
	return mr__likelihood_maximise(&l, p, cov, &best, w->f->err);
}

static int fit(struct mr__noise_work *w, struct blocks *b)
{
	double p[2];
	int code = gather(w, b);

	if (code != MR_OK || b->n == 0)
		return code;
	start(b, p);
	if (!(p[0] * b->at[0].g_S + p[1] > 0))
		return MR_OK; /* readings that are all the same */
	code = maximise(w, b, p, NULL);
	if (code != MR_OK)
		return code;
	w->weights = (struct mr__trend_noise){p[0], p[1]};
	code = gather(w, b);
	if (code == MR_OK) /* a rough fit, too, must know what it can tell */
		code = maximise(w, b, p, w->out->white_cov);
	w->weights = (struct mr__trend_noise){p[0], p[1]};
	w->out->slope = p[0];
	w->out->floor_S = p[1];
	w->out->n_cells = (uint32_t)b->n_units;
	return code;
}

int mr__noise_white(struct mr__noise_work *w)
{
	struct blocks b = {0};
	int code;

	for (int k = 0; k < 4; k++)
		w->out->white_cov[k] = NAN;
	b.unit = malloc((w->spans.n + 1) * sizeof *b.unit);
	code = b.unit ? fit(w, &b) : MR_ERR_NOMEM;
	if (code == MR_ERR_NOMEM)
		(void)mr_errtext_set(w->f->err, code, "no memory for noise");
	free(b.at);
	free(b.unit);
	return code;
}
