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

#include "driftspan.h"
#include "ladder.h"
#include "likelihood.h"

#define RANGE_MIN 1.0 /* of log age: less says nothing of an exponent */
#define FAINT 4.0     /* least level, in sd of a reading */
#define T0_FACTOR 30.0 /* how far off the model's t0 may be */
#define LEAST_SCATTER 1e-3 /* relative: less is no board's */
#define GOLDEN 0.6180339887498949
#define LN_2PI 1.8378770664093453
#define ROOT_HALF 0.7071067811865476
#define T0_LOST 1.0   /* standard error of log t0 that says nothing */

struct drifts {
	struct mr__fitting *f;
	const struct mr__noise_fit *noise;
	struct mr__drift_fit *out;
	struct mr__spans spans;
	struct mr__drift_span *at; /* [n] */
	size_t n;
	size_t *unit; /* [n_units+1] first span of each cell */
	size_t n_units;
	double *room; /* of all readings */
	uint32_t *averages; /* likewise */
	size_t n_kept;
	double **kept; /* [n_kept] factors, to be freed */
	struct mr__drift_seen *seen; /* [n] at seen_t0 */
	double *seen_t0; /* [n_units] */
	double t0_s;
	enum mr__drift_owner owner;
};

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
		                  : post > 0;

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

static double hierarchy(const struct drifts *d, size_t unit, double mean,
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

static bool look(const struct drifts *d, size_t unit, double t0_s)
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
	const struct drifts *d = self;
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
	const struct drifts *d = self;

	return look(d, unit, d->t0_s) ? hierarchy(d, unit, p[0], p[1])
	                              : -INFINITY;
}

/* ---- the readings -------------------------------------------------------- */

static bool usable(struct drifts *d, const struct mr__span *s)
{
	double range = log1p(mr__span_age_s(s, s->n - 1) / d->t0_s)
	               - log1p(mr__span_age_s(s, 0) / d->t0_s);

	if (!s->known)
		d->out->n_unknown++;
	else if (s->n < 3)
		d->out->n_short += s->n == 2;
	else if (range < RANGE_MIN)
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
static void set_scales(const struct drifts *d, struct mr__drift_span *s,
                       double relative)
{
	for (uint32_t i = 0; i < s->n; i++) {
		double g = s->g0_S
		           * exp(-s->nu * log1p(s->age_s[i] / d->t0_s));
		double sd = s->factor
		            ? g * mr__noise_q(d->noise, s->g0_S)
		            : mr__noise_sd_S(d->noise, g, s->g0_S, s->age_s[i],
		                             s->averages[i]);

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

static double *make_factor(struct drifts *d, const struct mr__drift_span *s,
                           const uint32_t *which)
{
	double t_int_s[MR__DRIFT_READS];
	double *factor = malloc((size_t)s->n * s->n * sizeof *factor);
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
static int set_factor(struct drifts *d, struct mr__drift_span *s,
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

static bool is_faint(const struct mr__drift_span *s)
{
	double sum = 0;

	for (uint32_t i = 0; i < s->n; i++)
		sum += s->scale_S[i] / s->n;
	return !(s->level_S > FAINT * sum);
}

static int add_span(struct drifts *d, const struct mr__span *span,
                    double *room)
{
	struct mr__drift_span s = {.span = span,
	                           .age_s = room,
	                           .g_S = room + MR__DRIFT_READS,
	                           .scale_S = room + 2 * MR__DRIFT_READS,
	                           .averages = d->averages
	                                       + (room - d->room) / 3};
	uint32_t which[MR__DRIFT_READS];
	bool flicker = d->noise->kind && strcmp(d->noise->kind, "flicker") == 0
	               && isfinite(d->noise->q_at_1);

	s.n = mr__span_thin(span, MR__DRIFT_READS, which);
	for (uint32_t i = 0; i < s.n; i++) {
		s.age_s[i] = mr__span_age_s(span, which[i]);
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
static bool settle(struct drifts *d, struct mr__drift_span *s, double relative)
{
	struct mr__drift_seen seen;

	for (int round = 0; round < 3; round++) {
		set_scales(d, s, relative);
		if (is_faint(s) || !mr__drift_span_fit(s, d->t0_s, &seen))
			return false;
	}
	set_scales(d, s, relative);
	return true;
}

/* Relative scatter of all spans about their fits at a t0. */
static double scatter(struct drifts *d, double t0_s)
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
			           * exp(-s.nu * log1p(s.age_s[i] / t0_s));

			squares += (s.g_S[i] / g - 1) * (s.g_S[i] / g - 1);
		}
		dof += s.n - 2;
	}
	return dof > 0 ? sqrt(squares / dof) : 0;
}

/* Without a noise fit the spans' own scatter has to do; it may be so small that
 * the search for the maximum must begin at the t0 of least scatter. */
static double own_scatter(struct drifts *d)
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

static void index_units(struct drifts *d)
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

static int gather(struct drifts *d)
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
	d->room = malloc((n + 1) * 3 * MR__DRIFT_READS * sizeof *d->room);
	d->averages = malloc((n + 1) * MR__DRIFT_READS * sizeof *d->averages);
	if (!d->averages || !d->at || !d->seen || !d->unit || !d->seen_t0 || !d->room)
		return MR_ERR_NOMEM;
	for (size_t k = 0; k < n; k++)
		if (add_span(d, &d->spans.at[k],
		             d->room + k * 3 * MR__DRIFT_READS) != MR_OK)
			return MR_ERR_NOMEM;
	index_units(d);
	return MR_OK;
}

static int none_usable(const struct drifts *d)
{
	const struct mr__drift_fit *o = d->out;

	return mr_errtext_set(
		d->f->err, MR_ERR_UNSUPPORTED,
		"drift needs 3 readings of a cell after it was programmed, over "
		"%g in log((age + t0) / t0) with t0 = %g s; there are spans "
		"with 2 readings: %u, over too short a time: %u, with a gap or "
		"an unknown pulse before them: %u, lost in noise: %u",
		RANGE_MIN, d->t0_s, o->n_short, o->n_narrow, o->n_unknown,
		o->n_faint);
}

/* ---- the fit ------------------------------------------------------------- */

static void first_guess(struct drifts *d, double *p)
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

/* Which of the two owners the data prefer, at the given t0. */
static int choose_owner(struct drifts *d, double *p)
{
	static const double step[2] = {1e-5, 1e-5};
	struct mr__likelihood l = {d, d->n_units, 2, of_unit_fixed, step};
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

static int fit_all(struct drifts *d, double *p)
{
	static const double step[3] = {1e-5, 1e-5, 1e-3};
	struct mr__likelihood l = {d, d->n_units, 3, of_unit, step};
	struct mr__maximum best;

	return mr__likelihood_maximise(&l, p, d->out->cov, &best, d->f->err);
}

static int fit_without_t0(struct drifts *d, double *p)
{
	static const double step[2] = {1e-5, 1e-5};
	struct mr__likelihood l = {d, d->n_units, 2, of_unit_fixed, step};
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
static void conclude(struct drifts *d, const double *p)
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

static int table(struct drifts *d)
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

static void warn(const struct drifts *d)
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

static int run(struct drifts *d)
{
	double p[3];
	int code = gather(d);

	if (code != MR_OK)
		return mr_errtext_set(d->f->err, code, "no memory for drift");
	if (d->n == 0)
		return none_usable(d);
	first_guess(d, p);
	code = choose_owner(d, p);
	if (code != MR_OK)
		return code;
	code = fit_all(d, p);
	if (code == MR_ERR_RANGE || !(sqrt(d->out->cov[8]) < T0_LOST))
		code = fit_without_t0(d, p);
	if (code != MR_OK)
		return code;
	conclude(d, p);
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
	struct drifts d = {.f = f, .noise = noise, .out = out};
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
