/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The steps of a noise fit. */
#include "fit_noise.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ladder.h"
#include "noise_priv.h"

#define CLOSE 0.01 /* range of log age in which nothing drifts */
#define LEAST_RANGE 1.5 /* of log age, for a rough exponent */

static double param_or(const struct mr__fitting *f, const char *name,
                       double other)
{
	uint32_t i;

	return mr_model_param(f->fit->model, name, &i, NULL) == MR_OK
	       ? f->fit->estimates[i].value : other;
}

static bool has_param(const struct mr__fitting *f, const char *name)
{
	uint32_t i;

	return mr_model_param(f->fit->model, name, &i, NULL) == MR_OK;
}

static void take_model(struct mr__noise_work *w)
{
	const struct mr__fitting *f = w->f;
	struct mr__noise_fit *out = w->out;
	const struct mr_description *d = &f->history->desc;

	w->t0_s = param_or(f, "t0_s", d->drift_t0_s > 0 ? d->drift_t0_s : 1);
	out->t_read_s = param_or(f, "t_flicker_s", param_or(f, "t_read_s",
	                                                    1e-6));
	/* models of targets count ages from their first reliable read on */
	out->lead_s = has_param(f, "prog_c0_S") ? w->t0_s : 0;
	out->g_unit_S = param_or(f, "g_unit_S",
	                         param_or(f, "g_max_S",
	                                  d->g_unit_S > 0 ? d->g_unit_S
	                                                  : 10e-6));
	out->q_exponent = param_or(f, "q_exponent", 0.65);
	out->q_max = param_or(f, "q_max", 0.2);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The median of what spans that are long enough fall by. */
static int rough_exponent(struct mr__noise_work *w)
{
	double *nu = malloc((w->spans.n + 1) * sizeof *nu);
	size_t n = 0;

	if (!nu)
		return MR_ERR_NOMEM;
	for (size_t k = 0; k < w->spans.n; k++) {
		const struct mr__span *s = &w->spans.at[k];
		const struct mr__trend *t = &w->trend;
		double range = mr__span_log_age(s, s->n - 1, w->t0_s)
		               - mr__span_log_age(s, 0, w->t0_s);

		if (!s->known || range < LEAST_RANGE
		    || w->scatter_S[k] > 0.2 * w->level_S[k])
			continue;
		if (mr__trend_fit(&w->trend, s, w->t0_s, &w->weights) != MR_OK) {
			free(nu);
			return MR_ERR_NOMEM;
		}
		nu[n++] = log(t->fit_S[0] / t->fit_S[t->n - 1]) / range;
	}
	qsort(nu, n, sizeof *nu, by_value);
	w->nu = n > 0 && isfinite(nu[n / 2]) ? nu[n / 2] : 0;
	free(nu);
	return MR_OK;
}

/* Relative scatter of some readings that stand close together in log age, about
 * the line between their neighbours; NAN = none do. */
static double close_scatter(const struct mr__noise_work *w,
                            const struct mr__span *s)
{
	double squares = 0;
	double level = 0;
	uint32_t n = 0;

	for (uint32_t i = 1; i + 1 < s->n; i++) {
		double range = mr__span_log_age(s, i + 1, w->t0_s)
		               - mr__span_log_age(s, i - 1, w->t0_s);
		double off = (double)s->reads[i].g_S
		             - 0.5 * ((double)s->reads[i - 1].g_S
		                      + (double)s->reads[i + 1].g_S);

		if (range > CLOSE)
			continue;
		squares += off * off;
		level += fabs((double)s->reads[i].g_S);
		n++;
	}
	return n > 0 && level > 0 ? sqrt(squares / n) / (level / n) : NAN;
}

/* Readings that only rounding tells apart. Over long times a trend leaves a
 * little of the drift, so readings close together decide if there are any. */
static bool is_silent(const struct mr__noise_work *w)
{
	double most = NAN;

	for (size_t k = 0; k < w->spans.n; k++)
		most = fmax(most, close_scatter(w, &w->spans.at[k]));
	if (!isnan(most))
		return most < 1e-5;
	for (size_t k = 0; k < w->spans.n; k++)
		if (w->sd_S[k] > 1e-3 * fabs(w->level_S[k]))
			return false;
	return true;
}

static int run(struct mr__noise_work *w)
{
	int code = mr__noise_rtn(w);

	if (code != MR_OK)
		return code;
	if (is_silent(w)) {
		w->out->kind = "none";
		return MR_OK;
	}
	if (rough_exponent(w) != MR_OK)
		return mr_errtext_set(w->f->err, MR_ERR_NOMEM,
		                      "no memory for noise");
	code = mr__noise_kind(w);
	if (code == MR_OK && strcmp(w->out->kind, "white") == 0)
		code = mr__noise_white(w);
	if (code == MR_OK && !w->f->rough)
		code = mr__noise_tables(w);
	return code;
}

static int run_again(struct mr__noise_work *w)
{
	int code = mr__noise_rtn(w);

	if (code != MR_OK)
		return code;
	return strcmp(w->out->kind, "white") == 0 ? mr__noise_white(w)
	                                          : mr__noise_kind(w);
}

static bool make_room(struct mr__noise_work *w)
{
	size_t n = w->spans.n + 1;

	w->rtn = calloc(n, 1);
	w->level_S = calloc(3 * n, sizeof *w->level_S);
	w->amplitude = calloc(n, sizeof *w->amplitude);
	if (!w->rtn || !w->level_S || !w->amplitude)
		return false;
	w->sd_S = w->level_S + n;
	w->scatter_S = w->sd_S + n;
	return true;
}

static int work(struct mr__noise_work *w, int (*how)(struct mr__noise_work *w))
{
	int code = mr__spans_take(w->f, MR__NOISE_READS_MIN, &w->spans);

	if (code != MR_OK)
		return code;
	w->out->n_points = w->spans.n_reads;
	if (!make_room(w))
		code = mr_errtext_set(w->f->err, MR_ERR_NOMEM,
		                      "no memory for noise");
	else if (w->spans.n > 0)
		code = how(w);
	mr__trend_free(&w->trend);
	mr__spans_free(&w->spans);
	free(w->rtn);
	free(w->level_S);
	free(w->amplitude);
	return code;
}

int mr__fit_noise(struct mr__fitting *f, struct mr__noise_fit *out)
{
	struct mr__noise_work w = {.f = f, .out = out};

	*out = (struct mr__noise_fit){.q_at_1 = NAN, .q_se = NAN};
	take_model(&w);
	return work(&w, run);
}

int mr__fit_noise_aged(const struct mr__fitting *f, double nu, double t0_s,
                       struct mr__noise_fit *out)
{
	struct mr__fitting again = *f;
	struct mr__noise_work w = {.f = &again, .out = out, .aged = true};

	if (!out->kind || strcmp(out->kind, "none") == 0)
		return MR_OK;
	again.rough = true; /* tables and warnings are there */
	take_model(&w);
	w.t0_s = t0_s;
	w.nu = nu;
	return work(&w, run_again);
}

double mr__noise_q(const struct mr__noise_fit *n, double g0_S)
{
	double g = fmin(fmax(g0_S / n->g_unit_S, 1e-7), 1);

	return isfinite(n->q_at_1)
	       ? fmin(n->q_at_1 * pow(g, -n->q_exponent), n->q_max) : 0;
}

double mr__noise_sd_S(const struct mr__noise_fit *n, double g_S, double g0_S,
                      double age_s, uint32_t averages, double t_int_s)
{
	struct mr__ladder l = {n->t_read_s, n->lead_s, 1, &age_s, &averages,
	                       &t_int_s};

	if (!n->kind || strcmp(n->kind, "none") == 0)
		return 0;
	if (strcmp(n->kind, "flicker") == 0)
		return fabs(g_S) * mr__noise_q(n, g0_S)
		       * sqrt(fmax(mr__ladder_of_reading(&l, 0), 0));
	return fmax(n->slope * g_S + n->floor_S, 0)
	       / sqrt(averages > 1 ? averages : 1);
}
