/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Two-level noise: residuals that two normals of one width describe so much
 * better than one, so far apart and with so many changes between them, that
 * neither white nor 1/f noise looks like it. The mixture is fitted by
 * expectation and maximisation (A. P. Dempster et al., J. R. Stat. Soc. B 39, 1,
 * 1977).
 */
#include "noise_priv.h"

#include <math.h>
#include <stdlib.h>

#define READS_MIN 64
#define ROUNDS 60
#define SOON 6
#define APART_SOON 3.0
#define APART 4.0     /* levels, in widths of one */
#define RARE 0.03     /* least share of a level */
#define BETTER 30.0   /* log likelihood */
#define CHANGES_MIN 4

struct pair {
	double low;
	double high;
	double share; /* of the high one */
	double sd;
	double gain;  /* log likelihood over one normal */
};

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static double of_high(const struct pair *p, double x)
{
	double low = (x - p->low) / p->sd;
	double high = (x - p->high) / p->sd;
	double odds = p->share / (1 - p->share)
	              * exp(0.5 * (low * low - high * high));

	return isfinite(odds) ? odds / (1 + odds) : 1;
}

static void improve(struct pair *p, const double *x, uint32_t n)
{
	double weight = 0;
	double sum[2] = {0};
	double squares = 0;

	for (uint32_t i = 0; i < n; i++) {
		double h = of_high(p, x[i]);

		weight += h;
		sum[1] += h * x[i];
		sum[0] += (1 - h) * x[i];
		squares += x[i] * x[i];
	}
	if (!(weight > 1) || !(weight < n - 1))
		return;
	p->share = weight / n;
	p->high = sum[1] / weight;
	p->low = sum[0] / (n - weight);
	squares -= weight * p->high * p->high
	           + (n - weight) * p->low * p->low;
	p->sd = sqrt(fmax(squares / n, 1e-12 * p->sd * p->sd));
}

static double log_density(const struct pair *p, double x)
{
	double low = (x - p->low) / p->sd;
	double high = (x - p->high) / p->sd;
	double a = log(1 - p->share) - 0.5 * low * low;
	double b = log(p->share) - 0.5 * high * high;
	double most = fmax(a, b);

	return most + log(exp(a - most) + exp(b - most)) - log(p->sd);
}

/* `sorted` has the same values: the outer tenths are where levels begin. */
static struct pair fit_pair(const double *x, const double *sorted, uint32_t n,
                            double sd)
{
	struct pair p = {.low = sorted[n / 10], .high = sorted[n - 1 - n / 10],
	                 .share = 0.5, .sd = 0.5 * sd};

	for (int round = 0; round < ROUNDS; round++) {
		double apart = p.high - p.low;

		improve(&p, x, n);
		/* two levels that are there are soon found */
		if (round >= SOON && p.high - p.low < APART_SOON * p.sd)
			return p;
		if (fabs(p.high - p.low - apart) < 1e-5 * p.sd)
			break;
	}
	p.gain = n * (log(sd) + 0.5);
	for (uint32_t i = 0; i < n; i++)
		p.gain += log_density(&p, x[i]);
	return p;
}

/* Changes of level and mean stays at each, in seconds. */
static uint32_t changes(const struct pair *p, const struct mr__span *s,
                        const double *x, double *dwell_s)
{
	double stays[2] = {1, 1};
	double time[2] = {0};
	uint32_t n = 0;

	for (uint32_t i = 1; i < s->n; i++) {
		bool was = of_high(p, x[i - 1]) > 0.5;
		bool is = of_high(p, x[i]) > 0.5;

		time[was] += (double)(s->reads[i].t_ns - s->reads[i - 1].t_ns)
		             * 1e-9;
		if (was == is)
			continue;
		stays[is]++;
		n++;
	}
	dwell_s[0] = time[0] / stays[0];
	dwell_s[1] = time[1] / stays[1];
	return n;
}

struct finding {
	size_t span;
	struct pair pair;
	double dwell_s[2];
};

static bool look(struct mr__noise_work *w, size_t k, double *sorted,
                 struct finding *out)
{
	const struct mr__span *s = &w->spans.at[k];
	const double *x = w->trend.left_S;
	double squares = 0;
	double sd;

	for (uint32_t i = 0; i < s->n; i++) {
		sorted[i] = x[i];
		squares += x[i] * x[i];
	}
	sd = sqrt(squares / s->n);
	if (!(sd > 1e-6 * fabs(w->level_S[k])))
		return false;
	qsort(sorted, s->n, sizeof *sorted, by_value);
	out->span = k;
	out->pair = fit_pair(x, sorted, s->n, sd);
	return out->pair.gain > BETTER
	       && out->pair.high - out->pair.low > APART * out->pair.sd
	       && fmin(out->pair.share, 1 - out->pair.share) > RARE
	       && changes(&out->pair, s, x, out->dwell_s) >= CHANGES_MIN;
}

static int list(struct mr__noise_work *w, const struct finding *found, size_t n)
{
	static const char *const columns[] = {
		"cell", "level_S", "amplitude_S", "dwell_low_s", "dwell_high_s"};
	double *row;

	w->out->n_rtn = (uint32_t)n;
	if (n == 0 || w->f->rough)
		return MR_OK;
	row = mr__fit_table(w->f, "rtn", columns, 5, n);
	if (!row)
		return MR_ERR_NOMEM;
	for (size_t i = 0; i < n; i++, row += 5) {
		row[0] = w->spans.at[found[i].span].cell;
		row[1] = w->level_S[found[i].span];
		row[2] = found[i].pair.high - found[i].pair.low;
		row[3] = found[i].dwell_s[0];
		row[4] = found[i].dwell_s[1];
	}
	mr__fit_warn(w->f, "%zu sequences of readings show two-level noise (table "
	             "rtn); they are left out of the noise", n);
	return MR_OK;
}

static int keep(struct finding **found, size_t n, const struct finding *f)
{
	struct finding *more = *found;

	if ((n & (n - 1)) == 0)
		more = realloc(more, (n ? 2 * n : 1) * sizeof *more);
	if (!more)
		return MR_ERR_NOMEM;
	*found = more;
	more[n] = *f;
	return MR_OK;
}

static void note_span(struct mr__noise_work *w, size_t k)
{
	const struct mr__trend *t = &w->trend;
	double dof = (double)(t->n - t->p);
	double squares = 0;
	double of_one = 0;

	for (uint32_t i = 0; i < t->n; i++) {
		double square = t->left_S[i] * t->left_S[i];

		squares += square;
		of_one += square * (double)w->spans.at[k].reads[i].count;
	}
	w->level_S[k] = mr__trend_level_S(t);
	w->scatter_S[k] = sqrt(squares / dof);
	w->sd_S[k] = sqrt(of_one / dof);
}

int mr__noise_rtn(struct mr__noise_work *w)
{
	struct finding *found = NULL;
	struct finding one = {0};
	double *sorted = NULL;
	size_t n = 0;
	uint32_t longest = 1;
	int code = MR_OK;

	for (size_t k = 0; k < w->spans.n; k++)
		longest = w->spans.at[k].n > longest ? w->spans.at[k].n
		                                     : longest;
	sorted = malloc(longest * sizeof *sorted);
	if (!sorted)
		code = MR_ERR_NOMEM;
	for (size_t k = 0; k < w->spans.n && code == MR_OK; k++) {
		const struct mr__span *s = &w->spans.at[k];

		code = mr__trend_fit(&w->trend, s, w->t0_s, &w->weights);
		if (code != MR_OK)
			break;
		note_span(w, k);
		w->rtn[k] = s->n >= READS_MIN && look(w, k, sorted, &one);
		if (w->rtn[k])
			code = keep(&found, n++, &one);
	}
	if (code == MR_OK)
		code = list(w, found, n);
	free(found);
	free(sorted);
	return code == MR_OK
	       ? MR_OK : mr_errtext_set(w->f->err, code, "no memory for noise");
}
