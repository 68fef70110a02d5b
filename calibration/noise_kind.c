/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * White or 1/f: the restricted likelihood of some readings of each span, its
 * amplitude profiled, under the covariance (1 - m) ladder + m white, for some
 * shares m. The sum of squares under the ladder alone, Q^2 G^2 chi^2, is kept for
 * the amplitude (noise_flicker.c).
 */
#include "noise_priv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ladder.h"

#define READS 48     /* of a span: Cholesky factors take their cube */
#define PATTERNS 16  /* of instants that are kept: cells share them */
#define MIXTURES 5

static const double mixture[MIXTURES] = {0, 0.25, 0.5, 0.75, 1};

/* Instants, and the factors of their covariances. */
struct pattern {
	uint32_t n;
	double age_s[READS];
	uint32_t averages[READS];
	double t_int_s[READS];
	double factor[MIXTURES][READS * READS];
	double log_det[MIXTURES];
};

struct kinds {
	struct mr__noise_work *w;
	struct pattern *pattern; /* [PATTERNS] */
	uint32_t next;
	double log_sum[MIXTURES]; /* log likelihoods */
};

static bool same_instants(const struct pattern *a, const struct pattern *b)
{
	if (a->n != b->n)
		return false;
	for (uint32_t i = 0; i < a->n; i++)
		if (fabs(a->age_s[i] - b->age_s[i]) > 1e-4 * b->age_s[i]
		    || a->averages[i] != b->averages[i])
			return false;
	return true;
}

static bool make_factors(const struct kinds *k, struct pattern *p)
{
	struct mr__ladder l = {k->w->out->t_read_s, k->w->out->lead_s, p->n,
	                       p->age_s, p->averages, p->t_int_s};
	double *base = p->factor[0];
	double mean = 0;

	mr__ladder_covariance(&l, base);
	for (uint32_t i = 0; i < p->n; i++)
		mean += base[i * p->n + i] / p->n;
	for (int m = MIXTURES - 1; m >= 0; m--) {
		double *to = p->factor[m];

		for (uint32_t i = 0; i < p->n * p->n; i++)
			to[i] = (1 - mixture[m]) * base[i];
		for (uint32_t i = 0; i < p->n; i++)
			to[i * p->n + i] += mixture[m] * mean / p->averages[i];
		p->log_det[m] = mr__ladder_factor(to, p->n);
		if (!isfinite(p->log_det[m]))
			return false;
	}
	return true;
}

static const struct pattern *find_pattern(struct kinds *k,
                                          const struct pattern *want)
{
	struct pattern *at;

	for (uint32_t i = 0; i < PATTERNS; i++)
		if (same_instants(&k->pattern[i], want))
			return &k->pattern[i];
	at = &k->pattern[k->next++ % PATTERNS];
	*at = *want;
	if (make_factors(k, at))
		return at;
	at->n = 0;
	return NULL;
}

/* Some readings of a span, relative to their trend. */
struct sample {
	uint32_t n;
	uint32_t p;
	double y[READS];
	double x[MR__TREND_MAX][READS];
};

/* Squares that are left by generalised least squares, the logarithm of the
 * determinant of the fit's information, and the variance of the level. */
static double squares_left(const double *factor, const struct sample *s,
                           double *log_info, double *level_var)
{
	double y[READS];
	double x[MR__TREND_MAX][READS];
	double sum = 0;

	memcpy(y, s->y, sizeof y);
	mr__ladder_whiten(factor, s->n, y);
	*log_info = 0;
	for (uint32_t k = 0; k < s->p; k++) {
		double norm = 0;
		double part = 0;

		memcpy(x[k], s->x[k], sizeof x[k]);
		mr__ladder_whiten(factor, s->n, x[k]);
		for (uint32_t j = 0; j < k; j++) {
			double along = 0;

			for (uint32_t i = 0; i < s->n; i++)
				along += x[k][i] * x[j][i];
			for (uint32_t i = 0; i < s->n; i++)
				x[k][i] -= along * x[j][i];
		}
		for (uint32_t i = 0; i < s->n; i++)
			norm += x[k][i] * x[k][i];
		for (uint32_t i = 0; i < s->n; i++)
			x[k][i] /= sqrt(norm);
		for (uint32_t i = 0; i < s->n; i++)
			part += x[k][i] * y[i];
		for (uint32_t i = 0; i < s->n; i++)
			y[i] -= part * x[k][i];
		*log_info += log(fmax(norm, 1e-300));
		if (k == 0)
			*level_var = 1 / norm;
	}
	for (uint32_t i = 0; i < s->n; i++)
		sum += y[i] * y[i];
	return sum;
}

/* The trend's powers of the logarithm, relative to the trend itself. */
static void take_sample(const struct mr__noise_work *w,
                        const struct mr__span *s, const uint32_t *which,
                        struct sample *out, struct pattern *instants)
{
	const struct mr__trend *t = &w->trend;
	double middle = 0.5 * (t->log_age[0] + t->log_age[t->n - 1]);
	double half = 0.5 * (t->log_age[t->n - 1] - t->log_age[0]) + 1e-9;

	for (uint32_t i = 0; i < out->n; i++) {
		uint32_t at = which[i];
		double x = (t->log_age[at] - middle) / half;

		out->y[i] = (double)s->reads[at].g_S / t->fit_S[at];
		for (uint32_t k = 0; k < t->p; k++)
			out->x[k][i] = pow(x, k) * w->level_S[s - w->spans.at]
			               / t->fit_S[at];
		instants->age_s[i] = mr__span_age_s(s, at);
		instants->averages[i] = s->reads[at].count;
		instants->t_int_s[i] = mr__span_t_int_s(w->f->history,
		                                        &s->reads[at]);
	}
	instants->n = out->n;
	out->p = t->p;
}

static int add_span(struct kinds *k, size_t at, struct pattern *instants)
{
	struct mr__noise_work *w = k->w;
	const struct mr__span *s = &w->spans.at[at];
	const struct pattern *p;
	uint32_t which[READS];
	struct sample sample = {0};
	double dof;

	if (mr__trend_fit(&w->trend, s, w->t0_s, &w->weights) != MR_OK)
		return MR_ERR_NOMEM;
	sample.n = mr__span_thin(s, READS, which);
	take_sample(w, s, which, &sample, instants);
	p = find_pattern(k, instants);
	if (!p || sample.n <= sample.p)
		return MR_OK;
	dof = sample.n - sample.p;
	for (int m = 0; m < (w->aged ? 1 : MIXTURES); m++) {
		double info;
		double level_var = 0;
		double squares = squares_left(p->factor[m], &sample, &info,
		                              &level_var);

		k->log_sum[m] -= 0.5 * (dof * log(squares / dof)
		                        + p->log_det[m] + info);
		if (m == 0)
			w->amplitude[at] = (struct mr__noise_amplitude){
				squares, dof, level_var};
	}
	return MR_OK;
}

static void conclude(const struct kinds *k)
{
	struct mr__noise_fit *out = k->w->out;
	double both = -INFINITY;

	for (int m = 1; m < MIXTURES - 1; m++)
		both = fmax(both, k->log_sum[m]);
	out->score_flicker = k->log_sum[0];
	out->score_white = k->log_sum[MIXTURES - 1];
	out->score_both = both;
	out->kind = out->score_flicker > out->score_white ? "flicker" : "white";
	if (both > fmax(out->score_flicker, out->score_white) + 10)
		mr__fit_warn(k->w->f, "read noise is white and 1/f together (log "
		             "likelihood %+.0f): the model carries one, here %s",
		             both - fmax(out->score_flicker, out->score_white),
		             out->kind);
}

/* A span whose level is lost in noise has no relative noise. */
static bool stands_out(const struct mr__noise_work *w, size_t k)
{
	return !w->rtn[k] && w->spans.at[k].known
	       && w->level_S[k] > 3 * w->scatter_S[k]
	       && w->scatter_S[k] > 0;
}

static int run(struct kinds *k, struct pattern *instants)
{
	for (size_t at = 0; at < k->w->spans.n; at++)
		if (stands_out(k->w, at)
		    && add_span(k, at, instants) != MR_OK)
			return MR_ERR_NOMEM;
	if (!k->w->aged)
		conclude(k);
	return mr__noise_flicker(k->w);
}

int mr__noise_kind(struct mr__noise_work *w)
{
	struct kinds k = {.w = w};
	struct pattern *instants = calloc(1, sizeof *instants);
	int code = MR_ERR_NOMEM;

	k.pattern = calloc(PATTERNS, sizeof *k.pattern);
	if (instants && k.pattern)
		code = run(&k, instants);
	free(k.pattern);
	free(instants);
	return code == MR_OK
	       ? MR_OK : mr_errtext_set(w->f->err, code, "no memory for noise");
}
