/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The hierarchy over cells: what a span says of its nu is normal around it;
 * nu = |N(mean, spread)| is integrated out in closed form.
 */
#include "fit_drift.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "drifts_priv.h"
#include "likelihood.h"

#define LN_2PI 1.8378770664093453
#define ROOT_HALF 0.7071067811865476
#define STILL 3.0   /* nats: one set of cells without drift in twenty shows more */
#define T0_LOST 1.0 /* standard error of log t0 that says nothing */

/* ---- one cell ------------------------------------------------------------ */

/* log density of `x` = nu + N(0, var), nu = |N(mean, spread)|. */
static double folded(double x, double var, double mean, double spread)
{
	double v = spread * spread;
	double all = v + var;
	double sum = 0;

	for (int side = -1; side <= 1; side += 2) {
		double m = side * mean;
		double post = (x * v + m * var) / all;
		double post_sd = sqrt(v * var / all);
		double positive = post_sd > 0
		                  ? 0.5 * erfc(-post / post_sd * ROOT_HALF)
		                  : (post > 0) + 0.5 * (post == 0);

		sum += positive * exp(-0.5 * (x - m) * (x - m) / all);
	}
	return log(fmax(sum, 1e-300)) - 0.5 * (log(all) + LN_2PI);
}

static double log_normal(double off, double var)
{
	return -0.5 * (off * off / var + log(var) + LN_2PI);
}

/* Spans of one cell that share their nu are as one that saw it better. */
static double of_shared(const struct mr__drift_seen *seen, size_t n,
                        double mean, double spread)
{
	double weight = 0;
	double x = 0;
	double sum = 0;

	for (size_t k = 0; k < n; k++) {
		weight += 1 / seen[k].var;
		x += seen[k].nu / seen[k].var;
	}
	x /= weight;
	for (size_t k = 0; k < n; k++)
		sum += log_normal(seen[k].nu - x, seen[k].var);
	return sum - log_normal(0, 1 / weight)
	       + folded(x, 1 / weight, mean, spread);
}

static double hierarchy(const struct mr__drifts *d, size_t unit, double mean,
                        double spread)
{
	const struct mr__drift_seen *seen = d->seen + d->unit[unit];
	size_t n = d->unit[unit + 1] - d->unit[unit];
	double sum = 0;

	if (d->owner == MR__DRIFT_OF_CELL)
		return of_shared(seen, n, mean, spread);
	for (size_t k = 0; k < n; k++)
		sum += folded(seen[k].nu, seen[k].var, mean, spread);
	return sum;
}

static bool look(const struct mr__drifts *d, size_t unit, double t0_s)
{
	if (d->seen_t0[unit] == t0_s)
		return true;
	for (size_t k = d->unit[unit]; k < d->unit[unit + 1]; k++)
		if (!mr__drift_span_fit(&d->at[k], t0_s, &d->seen[k])) {
			d->seen_t0[unit] = NAN;
			return false;
		}
	d->seen_t0[unit] = t0_s;
	return true;
}

/* Parameters: mean, spread, log(t0 / where the search began). */
static double of_unit(const void *self, size_t unit, const double *p)
{
	const struct mr__drifts *d = self;
	double sum;

	if (fabs(p[2]) > 12 || !look(d, unit, d->t0_s * exp(p[2])))
		return -INFINITY;
	sum = hierarchy(d, unit, p[0], p[1]);
	for (size_t k = d->unit[unit]; k < d->unit[unit + 1]; k++)
		sum += d->seen[k].log_peak;
	return sum;
}

static double of_unit_fixed(const void *self, size_t unit, const double *p)
{
	const struct mr__drifts *d = self;

	return look(d, unit, d->t0_s) ? hierarchy(d, unit, p[0], p[1])
	                              : -INFINITY;
}

static int none_usable(const struct mr__drifts *d)
{
	const struct mr__drift_fit *o = d->out;

	return mr_errtext_set(
		d->f->err, MR_ERR_UNSUPPORTED,
		"drift needs 3 readings of a cell after it was programmed, over "
		"%g in log((age + t0) / t0) with t0 = %g s; there are spans "
		"with 2 readings: %u, over too short a time: %u, with a gap or "
		"an unknown pulse before them: %u, lost in noise: %u",
		MR__DRIFT_RANGE_MIN, d->t0_s, o->n_short, o->n_narrow, o->n_unknown,
		o->n_faint);
}

/* ---- the fit ------------------------------------------------------------- */

static void first_guess(struct mr__drifts *d, double *p)
{
	double sum = 0;
	double squares = 0;
	double n = 0;

	for (size_t u = 0; u < d->n_units; u++) {
		if (!look(d, u, d->t0_s))
			continue;
		for (size_t k = d->unit[u]; k < d->unit[u + 1]; k++) {
			sum += d->seen[k].nu;
			squares += d->seen[k].nu * d->seen[k].nu
			           - d->seen[k].var;
			n++;
		}
	}
	p[0] = fabs(sum / n);
	p[1] = sqrt(fmax(squares / n - p[0] * p[0], 1e-6));
	p[2] = 0;
}

static double at_fixed_t0(struct mr__drifts *d, double mean, double spread)
{
	double sum = 0;

	for (size_t u = 0; u < d->n_units; u++)
		if (look(d, u, d->t0_s))
			sum += hierarchy(d, u, mean, spread);
	return sum;
}

/* How much better mean and spread are than no drift, by moments: weighted, and
 * with or without a spread. Receives the standard error of the mean. */
static double gain_of_drift(struct mr__drifts *d, double *mean_se)
{
	double weights = 0;
	double sum = 0;
	double squares = 0;
	double mean;
	double spread;

	for (size_t u = 0; u < d->n_units; u++)
		for (size_t k = d->unit[u];
		     k < d->unit[u + 1] && look(d, u, d->t0_s); k++) {
			double x = d->seen[k].nu;
			double weight = 1 / d->seen[k].var;

			weights += weight;
			sum += weight * x;
			squares += weight * (x * x - d->seen[k].var);
		}
	mean = fabs(sum / weights);
	spread = sqrt(fmax(squares / weights - mean * mean, 0));
	*mean_se = sqrt(1 / weights);
	return fmax(at_fixed_t0(d, mean, spread), at_fixed_t0(d, mean, 0))
	       - at_fixed_t0(d, 0, 0);
}

/* Cells that do not drift: both coefficients are at the end of their range, where
 * a likelihood has no maximum to be searched. Their errors are those of the mean of
 * all that was seen, and of the spread that this many spans would show. */
static bool is_still(struct mr__drifts *d)
{
	struct mr__drift_fit *o = d->out;
	double se;

	d->owner = MR__DRIFT_OF_CELL;
	if (gain_of_drift(d, &se) > STILL)
		return false;
	for (int k = 0; k < 9; k++)
		o->cov[k] = NAN;
	o->owner = MR__DRIFT_UNKNOWN;
	o->nu = o->spread = 0;
	o->nu_se = se;
	o->spread_se = se * pow(2 * (double)d->n, 0.25);
	o->cov[0] = o->nu_se * o->nu_se;
	o->cov[4] = o->spread_se * o->spread_se;
	o->t0 = d->t0_s;
	o->t0_se = NAN;
	return true;
}

/* Which of the two owners the data prefer, at the given t0. */
static int choose_owner(struct mr__drifts *d, double *p)
{
	static const double step[2] = {1e-5, 1e-5};
	struct mr__likelihood l = {d, d->n_units, 2, of_unit_fixed, step,
	                           d->f->threads};
	struct mr__maximum best[2];
	double fits[2][2];

	for (int k = 0; k < 2; k++) {
		int code;

		d->owner = k ? MR__DRIFT_OF_EVENT : MR__DRIFT_OF_CELL;
		fits[k][0] = p[0];
		fits[k][1] = p[1];
		code = mr__likelihood_maximise(&l, fits[k], NULL, &best[k],
		                               d->f->err);
		if (code != MR_OK)
			return code;
	}
	d->out->owner_score = best[0].log_likelihood - best[1].log_likelihood;
	d->owner = d->out->owner_score >= 0 ? MR__DRIFT_OF_CELL
	                                    : MR__DRIFT_OF_EVENT;
	d->out->owner = d->n > d->n_units ? d->owner : MR__DRIFT_UNKNOWN;
	memcpy(p, fits[d->owner == MR__DRIFT_OF_EVENT], 2 * sizeof *p);
	return MR_OK;
}

static int fit_all(struct mr__drifts *d, double *p)
{
	static const double step[3] = {1e-5, 1e-5, 1e-3};
	struct mr__likelihood l = {d, d->n_units, 3, of_unit, step,
	                           d->f->threads};
	struct mr__maximum best;

	return mr__likelihood_maximise(&l, p, d->out->cov, &best, d->f->err);
}

static bool tells_t0(const struct mr__drifts *d)
{
	return sqrt(d->out->cov[8]) < T0_LOST;
}

/* At a wrong t0 the exponents of old and of young spans differ, as if each
 * programming had its own: so whose they are is asked once more at the t0 that was
 * found. */
static int fit_and_ask_again(struct mr__drifts *d, double *p)
{
	enum mr__drift_owner owner = d->owner;
	int code = fit_all(d, p);

	if (code != MR_OK || !tells_t0(d))
		return code;
	d->t0_s *= exp(p[2]);
	p[2] = 0;
	code = choose_owner(d, p);
	if (code != MR_OK || d->owner == owner)
		return code;
	return fit_all(d, p);
}

static int fit_without_t0(struct mr__drifts *d, double *p)
{
	static const double step[2] = {1e-5, 1e-5};
	struct mr__likelihood l = {d, d->n_units, 2, of_unit_fixed, step,
	                           d->f->threads};
	struct mr__maximum best;
	double cov[4];
	int code;

	p[2] = 0;
	code = mr__likelihood_maximise(&l, p, cov, &best, d->f->err);
	if (code != MR_OK)
		return code;
	for (int k = 0; k < 9; k++)
		d->out->cov[k] = k % 3 < 2 && k < 6 ? cov[k / 3 * 2 + k % 3]
		                                    : NAN;
	return MR_OK;
}

/* Covariances were those of log t0. */
static void conclude(struct mr__drifts *d, const double *p)
{
	struct mr__drift_fit *o = d->out;
	double sign[3] = {p[0] < 0 ? -1 : 1, p[1] < 0 ? -1 : 1,
	                  d->t0_s * exp(p[2])};

	for (int i = 0; i < 3; i++)
		for (int j = 0; j < 3; j++)
			o->cov[3 * i + j] *= sign[i] * sign[j];
	o->nu = fabs(p[0]);
	o->spread = fabs(p[1]);
	o->t0 = sign[2];
	o->nu_se = sqrt(o->cov[0]);
	o->spread_se = sqrt(o->cov[4]);
	o->t0_se = sqrt(o->cov[8]);
	for (size_t u = 0; u < d->n_units; u++)
		(void)look(d, u, o->t0);
	for (size_t k = 0; k < d->n; k++)
		o->n_outliers += d->seen[k].outliers;
}

/* The exponent of each cell: its spans, and what is known of all cells. */
static void keep_cells(const struct mr__drifts *d)
{
	double prior = 1 / (d->out->spread * d->out->spread);

	if (!d->f->cell_nu || d->out->owner != MR__DRIFT_OF_CELL
	    || !isfinite(prior))
		return;
	for (size_t u = 0; u < d->n_units; u++) {
		double weight = prior;
		double sum = prior * d->out->nu;

		for (size_t k = d->unit[u]; k < d->unit[u + 1]; k++) {
			weight += 1 / d->seen[k].var;
			sum += d->seen[k].nu / d->seen[k].var;
		}
		if (isfinite(sum / weight))
			d->f->cell_nu[d->at[d->unit[u]].span->cell] =
				(struct mr__cell_nu){(float)(sum / weight),
			                             (float)sqrt(1 / weight)};
	}
}

static int table(struct mr__drifts *d)
{
	static const char *const columns[] = {"cell", "level_S", "nu", "se",
	                                      "n"};
	double *row = mr__fit_table(d->f, "drift", columns, 5, d->n);

	if (!row)
		return mr_errtext_set(d->f->err, MR_ERR_NOMEM,
		                      "no memory for the drift table");
	for (size_t k = 0; k < d->n; k++, row += 5) {
		row[0] = d->at[k].span->cell;
		row[1] = d->at[k].g0_S;
		row[2] = d->seen[k].nu;
		row[3] = sqrt(d->seen[k].var);
		row[4] = d->at[k].n;
	}
	return MR_OK;
}

static void warn(const struct mr__drifts *d)
{
	const struct mr__drift_fit *o = d->out;

	if (o->n_unknown + o->n_faint > 0 || o->n_jumps > 0)
		mr__fit_warn(d->f, "left out of the drift: %u spans of readings "
		             "with a gap or unknown pulse before them, %u lost "
		             "in noise, %llu cut where the clock went back",
		             o->n_unknown, o->n_faint,
		             (unsigned long long)o->n_jumps);
	if (o->n_outliers * 100 > o->n_points)
		mr__fit_warn(d->f, "%llu of %llu readings of drift are more than "
		             "3 sd off", (unsigned long long)o->n_outliers,
		             (unsigned long long)o->n_points);
}

static int run(struct mr__drifts *d)
{
	double p[3];
	double t0_s;
	int code = mr__drifts_gather(d);

	if (code != MR_OK)
		return mr_errtext_set(d->f->err, code, "no memory for drift");
	if (d->n == 0)
		return none_usable(d);
	if (is_still(d)) {
		warn(d);
		return d->f->rough ? MR_OK : table(d);
	}
	t0_s = d->t0_s; /* the model's, or that of least scatter */
	first_guess(d, p);
	code = choose_owner(d, p);
	if (code != MR_OK)
		return code;
	code = fit_and_ask_again(d, p);
	if (code == MR_ERR_RANGE
	    || (code == MR_OK && !tells_t0(d))) {
		d->t0_s = t0_s;
		mr__fit_warn(d->f, "the reference time of drift cannot be told "
		             "from these ages; %g s is kept", d->t0_s);
		code = fit_without_t0(d, p);
	}
	if (code != MR_OK)
		return code;
	conclude(d, p);
	keep_cells(d);
	warn(d);
	return d->f->rough ? MR_OK : table(d);
}

static double model_t0(const struct mr__fitting *f)
{
	uint32_t i;

	if (mr_model_param(f->fit->model, "t0_s", &i, NULL) == MR_OK)
		return f->fit->estimates[i].value;
	return f->history->desc.drift_t0_s > 0 ? f->history->desc.drift_t0_s : 1;
}

int mr__fit_drift(struct mr__fitting *f, const struct mr__noise_fit *noise,
                  struct mr__drift_fit *out)
{
	struct mr__drifts d = {.f = f, .noise = noise, .out = out};
	int code = mr__spans_take(f, 2, &d.spans);

	if (code != MR_OK)
		return code;
	*out = (struct mr__drift_fit){.n_jumps = d.spans.n_jumps};
	d.t0_s = model_t0(f);
	code = run(&d);
	mr__spans_free(&d.spans);
	for (size_t k = 0; k < d.n_kept; k++)
		free(d.kept[k]);
	free(d.kept);
	free(d.at);
	free(d.seen);
	free(d.unit);
	free(d.seen_t0);
	free(d.room);
	free(d.averages);
	return code;
}
