/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* What the readings of each span weigh, and which spans say something. */
#include "drifts_priv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ladder.h"

#define FAINT 4.0     /* least level, in sd of a reading */
#define T0_FACTOR 30.0 /* how far off the model's t0 may be */
#define LEAST_SCATTER 1e-3 /* relative: less is no board's */
#define GOLDEN 0.6180339887498949

static bool usable(struct mr__drifts *d, const struct mr__span *s)
{
	double range = mr__span_log_age(s, s->n - 1, d->t0_s)
	               - mr__span_log_age(s, 0, d->t0_s);

	if (!s->known)
		d->out->n_unknown++;
	else if (s->n < 3)
		d->out->n_short += s->n == 2;
	else if (range < MR__DRIFT_RANGE_MIN)
		d->out->n_narrow++;
	else
		return true;
	return false;
}

/* The level at the ends of the span gives a first idea of the fit. */
static void begin(struct mr__drift_span *d)
{
	uint32_t some = d->n / 3 ? d->n / 3 : 1;
	double first = 0;

	d->level_S = 0;
	for (uint32_t i = 0; i < d->n; i++) {
		d->level_S += d->g_S[i] / d->n;
		first += i < some ? d->g_S[i] / some : 0;
	}
	d->g0_S = first;
	d->nu = 0;
}

/* What the fit follows gives the sd of readings, not each reading itself. */
static void set_scales(const struct mr__drifts *d, struct mr__drift_span *s,
                       double relative)
{
	for (uint32_t i = 0; i < s->n; i++) {
		double g = s->g0_S
		           * exp(-s->nu * mr__log_age(s->age_s[i], s->over_s[i],
		                                      d->t0_s));
		double sd = s->factor
		            ? g * mr__noise_q(d->noise, s->g0_S)
		            : mr__noise_sd_S(d->noise, g, s->g0_S, s->age_s[i],
		                             s->averages[i], 0);

		s->scale_S[i] = sd > relative * g ? sd : relative * g;
	}
}

static bool same_instants(const struct mr__drift_span *a,
                          const struct mr__drift_span *b)
{
	if (a->n != b->n)
		return false;
	for (uint32_t i = 0; i < a->n; i++)
		if (fabs(a->age_s[i] - b->age_s[i]) > 1e-4 * b->age_s[i]
		    || a->averages[i] != b->averages[i])
			return false;
	return true;
}

static double *make_factor(struct mr__drifts *d, const struct mr__drift_span *s,
                           const uint32_t *which)
{
	double t_int_s[MR__DRIFT_READS];
	double *factor = malloc(((size_t)s->n * s->n + 1) * sizeof *factor);
	struct mr__ladder l = {d->noise->t_read_s, d->noise->lead_s, s->n,
	                       s->age_s, s->averages, t_int_s};

	for (uint32_t i = 0; i < s->n; i++) {
		const struct mr_history_event *e = &s->span->reads[which[i]];

		t_int_s[i] = mr__span_t_int_s(d->f->history, e);
	}
	if (!factor)
		return NULL;
	mr__ladder_covariance(&l, factor);
	if (!isfinite(mr__ladder_factor(factor, s->n))) {
		free(factor);
		return NULL;
	}
	return factor;
}

/* Cells that are read together share a factor. */
static int set_factor(struct mr__drifts *d, struct mr__drift_span *s,
                      const uint32_t *which)
{
	double **kept;

	for (size_t k = d->n; k > 0 && k + 16 > d->n; k--)
		if (same_instants(&d->at[k - 1], s)) {
			s->factor = d->at[k - 1].factor;
			return MR_OK;
		}
	kept = realloc(d->kept, (d->n_kept + 1) * sizeof *kept);
	if (!kept)
		return MR_ERR_NOMEM;
	d->kept = kept;
	d->kept[d->n_kept] = make_factor(d, s, which);
	s->factor = d->kept[d->n_kept];
	if (!s->factor)
		return MR_ERR_NOMEM;
	d->n_kept++;
	return MR_OK;
}

/* Under 1/f noise the scale is not the deviation of a reading yet. */
static bool is_faint(const struct mr__drifts *d, const struct mr__drift_span *s)
{
	struct mr__ladder l = {.t_read_s = d->noise->t_read_s,
	                       .lead_s = d->noise->lead_s};
	double sum = 0;

	for (uint32_t i = 0; i < s->n; i++) {
		double by = s->factor ? sqrt(mr__ladder_variance(&l, s->age_s[i]))
		                      : 1;

		sum += by * s->scale_S[i] / s->n;
	}
	return !(s->level_S > FAINT * sum);
}

static int add_span(struct mr__drifts *d, const struct mr__span *span,
                    double *room)
{
	struct mr__drift_span s = {.span = span,
	                           .age_s = room,
	                           .g_S = room + MR__DRIFT_READS,
	                           .scale_S = room
	                                      + (size_t)2 * MR__DRIFT_READS,
	                           .over_s = room + (size_t)3 * MR__DRIFT_READS,
	                           .averages = d->averages
	                                       + (room - d->room) / 4};
	uint32_t which[MR__DRIFT_READS];
	bool flicker = d->noise->kind && strcmp(d->noise->kind, "flicker") == 0
	               && isfinite(d->noise->q_at_1);

	s.n = mr__span_thin(span, MR__DRIFT_READS, which);
	for (uint32_t i = 0; i < s.n; i++) {
		s.age_s[i] = mr__span_age_s(span, which[i]);
		s.over_s[i] = (double)span->reads[which[i]].over_s;
		s.g_S[i] = (double)span->reads[which[i]].g_S;
		s.averages[i] = span->reads[which[i]].count;
	}
	begin(&s);
	if (!(s.g0_S > 0) || !(s.level_S > 0)) {
		d->out->n_faint++;
		return MR_OK;
	}
	if (flicker && set_factor(d, &s, which) != MR_OK)
		return MR_ERR_NOMEM;
	d->at[d->n++] = s;
	return MR_OK;
}

/* Two rounds of scales and fits; spans that come to nothing are left out. */
static bool settle(struct mr__drifts *d, struct mr__drift_span *s, double relative)
{
	struct mr__drift_seen seen;

	for (int round = 0; round < 3; round++) {
		set_scales(d, s, relative);
		if (is_faint(d, s) || !mr__drift_span_fit(s, d->t0_s, &seen))
			return false;
	}
	set_scales(d, s, relative);
	return true;
}

/* Relative scatter of all spans about their fits at a t0. */
static double scatter(struct mr__drifts *d, double t0_s)
{
	double squares = 0;
	double dof = 0;

	d->t0_s = t0_s;
	for (size_t k = 0; k < d->n; k++) {
		struct mr__drift_span s = d->at[k];

		if (!settle(d, &s, 0.01))
			continue;
		for (uint32_t i = 0; i < s.n; i++) {
			double g = s.g0_S
			           * exp(-s.nu * mr__log_age(s.age_s[i],
			                                     s.over_s[i], t0_s));

			squares += (s.g_S[i] / g - 1) * (s.g_S[i] / g - 1);
		}
		dof += s.n - 2;
	}
	return dof > 0 ? sqrt(squares / dof) : 0;
}

/* Without a noise fit the spans' own scatter has to do; it may be so small that
 * the search for the maximum must begin at the t0 of least scatter. */
static double own_scatter(struct mr__drifts *d)
{
	double model = d->t0_s;
	double low = log(model / T0_FACTOR);
	double high = log(model * T0_FACTOR);
	double least;
	double begin;

	if (d->noise->kind && strcmp(d->noise->kind, "none") != 0)
		return 0;
	begin = scatter(d, model);
	for (int round = 0; round < 24; round++) {
		double a = high - GOLDEN * (high - low);
		double b = low + GOLDEN * (high - low);

		if (scatter(d, exp(a)) < scatter(d, exp(b)))
			high = b;
		else
			low = a;
	}
	least = scatter(d, exp(0.5 * (low + high)));
	if (least > 0.98 * begin) {
		d->t0_s = model;
		least = begin;
	}
	return fmax(least, LEAST_SCATTER);
}

static void index_units(struct mr__drifts *d)
{
	double relative = own_scatter(d);
	size_t kept = 0;

	for (size_t k = 0; k < d->n; k++) {
		struct mr__drift_span s = d->at[k];

		if (!settle(d, &s, relative)) {
			d->out->n_faint++;
			continue;
		}
		if (kept == 0 || d->at[kept - 1].span->cell != s.span->cell) {
			d->seen_t0[d->n_units] = NAN;
			d->unit[d->n_units++] = kept;
		}
		d->out->n_points += s.n;
		d->at[kept++] = s;
	}
	d->n = kept;
	d->unit[d->n_units] = kept;
	d->out->n_cells = (uint32_t)d->n_units;
	d->out->n_spans = (uint32_t)kept;
}

int mr__drifts_gather(struct mr__drifts *d)
{
	size_t n = 0;

	for (size_t k = 0; k < d->spans.n; k++)
		if (usable(d, &d->spans.at[k]))
			d->spans.at[n++] = d->spans.at[k];
	d->spans.n = n;
	d->at = calloc(n + 1, sizeof *d->at);
	d->seen = calloc(n + 1, sizeof *d->seen);
	d->unit = calloc(n + 2, sizeof *d->unit);
	d->seen_t0 = calloc(n + 1, sizeof *d->seen_t0);
	d->room = malloc((n + 1) * 4 * MR__DRIFT_READS * sizeof *d->room);
	d->averages = malloc((n + 1) * MR__DRIFT_READS * sizeof *d->averages);
	if (!d->averages || !d->at || !d->seen || !d->unit || !d->seen_t0 || !d->room)
		return MR_ERR_NOMEM;
	for (size_t k = 0; k < n; k++)
		if (add_span(d, &d->spans.at[k],
		             d->room + k * 4 * MR__DRIFT_READS) != MR_OK)
			return MR_ERR_NOMEM;
	index_units(d);
	return MR_OK;
}
