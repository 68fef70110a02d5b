/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Groups that both histories have, tested, and all tests corrected together. */
#include "samples.h"

#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "twosample.h"

#define ROUNDING 1e-6 /* relative: some units in the last place of a float */
#define VALUES_MIN 12 /* of a side: fewer tell nothing */

/* The public record first, so that one pointer serves both. */
struct whole {
	struct mr_comparison comparison;
	struct mr_compare_test *tests;
	double *values; /* all samples, one after the other */
};

const char *mr_compare_quantity_name(enum mr_compare_quantity quantity)
{
	static const char *const names[] = {
		[MR_COMPARE_AFTER_SET] = "reading after SET",
		[MR_COMPARE_STEP] = "step of a SET",
		[MR_COMPARE_DRIFT] = "drift exponent",
		[MR_COMPARE_FAST_NOISE] = "noise, fast",
		[MR_COMPARE_SLOW_NOISE] = "noise, slow",
		[MR_COMPARE_PROGRAMMED] = "programming error",
		[MR_COMPARE_PULSES] = "programming pulses",
		[MR_COMPARE_SWEEP] = "current of a sweep",
	};

	return (unsigned)quantity < sizeof names / sizeof *names
	       ? names[quantity] : "unknown";
}

/* ---- groups -------------------------------------------------------------- */

struct groups {
	const struct mr__samples *a;
	const struct mr__samples *b;
	double scale_S;
	double *next; /* room for values */
};

static size_t group_end(const struct mr__samples *s, size_t from)
{
	size_t end = from;

	while (end < s->n && mr__samples_order(&s->v[end], &s->v[from]) == 0)
		end++;
	return end;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static double *take_values(struct groups *g, const struct mr__samples *s,
                                 size_t from, size_t to)
{
	double *values = g->next;

	for (size_t i = from; i < to; i++)
		*g->next++ = (double)s->v[i].value;
	qsort(values, to - from, sizeof *values, ascending);
	return values;
}

/* What rounding may make of a value: readings are floats, and steps their
 * differences. */
static double resolution(const struct groups *g, const struct mr_compare_test *t)
{
	switch (t->quantity) {
	case MR_COMPARE_AFTER_SET:
	case MR_COMPARE_STEP:
	case MR_COMPARE_PROGRAMMED:
		return ROUNDING * g->scale_S;
	case MR_COMPARE_SWEEP:
		return ROUNDING
		       * fmax(fabs(t->a[0]), fabs(t->a[t->n_a - 1]));
	case MR_COMPARE_PULSES:
	case MR_COMPARE_DRIFT:
	case MR_COMPARE_FAST_NOISE:
	case MR_COMPARE_SLOW_NOISE:
		break;
	}
	return ROUNDING;
}

/* Values that only rounding parts are the same, to either side: without noise, all
 * of a cell's kind would differ from all of its twin's. */
static void tie(double *a, size_t n_a, double *b, size_t n_b, double within)
{
	double first = -INFINITY;
	size_t i = 0;
	size_t j = 0;

	while (i < n_a || j < n_b) {
		double *v = j == n_b || (i < n_a && a[i] <= b[j]) ? &a[i++]
		                                                  : &b[j++];

		if (*v - first <= within)
			*v = first;
		else
			first = *v;
	}
}

static double part(const double *v, size_t n, double f)
{
	return gsl_stats_quantile_from_sorted_data(v, 1, n, f);
}

static void describe(struct mr_compare_test *t)
{
	double spread_a = part(t->a, t->n_a, 0.84) - part(t->a, t->n_a, 0.16);
	double spread_b = part(t->b, t->n_b, 0.84) - part(t->b, t->n_b, 0.16);
	double spread = sqrt((spread_a * spread_a + spread_b * spread_b) / 2)
	                / 2;

	t->median_a = part(t->a, t->n_a, 0.5);
	t->median_b = part(t->b, t->n_b, 0.5);
	t->effect = spread > 0 ? (t->median_b - t->median_a) / spread
	            : t->median_a < t->median_b ? INFINITY
	            : t->median_a > t->median_b ? -INFINITY : 0;
}

static int test_group(struct groups *g, size_t i, size_t i_end, size_t j,
                      size_t j_end, uint64_t seed, struct mr_compare_test *t)
{
	const struct mr__sample *s = &g->a->v[i];
	struct mr__twosample two;
	double *a;
	double *b;
	int code;

	*t = (struct mr_compare_test){
		.quantity = (enum mr_compare_quantity)s->quantity,
		.level = mr__samples_level(s, g->scale_S),
		.n_a = i_end - i,
		.n_b = j_end - j,
	};
	(void)snprintf(t->protocol, sizeof t->protocol, "%s", s->protocol);
	t->a = a = take_values(g, g->a, i, i_end);
	t->b = b = take_values(g, g->b, j, j_end);
	tie(a, t->n_a, b, t->n_b, resolution(g, t));
	code = mr__twosample_test(t->a, t->n_a, t->b, t->n_b, seed, &two);
	if (code != MR_OK)
		return code;
	t->ks = two.ks;
	t->ks_p = two.ks_p;
	t->energy = two.energy;
	t->energy_p = two.energy_p;
	describe(t);
	return MR_OK;
}

/* Both lists are in the order of groups: walk them side by side. */
static int test_groups(struct groups *g, struct whole *w)
{
	struct mr_comparison *c = &w->comparison;
	size_t i = 0;
	size_t j = 0;

	while (i < g->a->n && j < g->b->n) {
		int order = mr__samples_order(&g->a->v[i], &g->b->v[j]);
		size_t i_end = order <= 0 ? group_end(g->a, i) : i;
		size_t j_end = order >= 0 ? group_end(g->b, j) : j;

		if (order == 0 && i_end - i >= VALUES_MIN
		    && j_end - j >= VALUES_MIN) {
			int code = test_group(g, i, i_end, j, j_end,
			                      c->n_tests,
			                      &w->tests[c->n_tests]);

			if (code != MR_OK)
				return code;
			c->n_tests++;
		} else {
			c->n_skipped++;
		}
		i = i_end;
		j = j_end;
	}
	return MR_OK;
}

static size_t count_groups(const struct mr__samples *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i = group_end(s, i))
		n++;
	return n;
}

/* ---- correction ---------------------------------------------------------- */

struct ranked {
	double p;
	struct mr_compare_test *test;
};

static int by_p(const void *a, const void *b)
{
	const struct ranked *x = a;
	const struct ranked *y = b;

	return (x->p > y->p) - (x->p < y->p);
}

/* Holm: the k-th smallest of m is judged as one of m - k. */
static int correct(struct whole *w, double alpha)
{
	size_t n = w->comparison.n_tests;
	size_t m = 2 * n;
	struct ranked *order = malloc((m + 1) * sizeof *order);
	double running = 0;

	if (!order)
		return MR_ERR_NOMEM;
	for (size_t k = 0; k < n; k++) {
		w->tests[k].p = 1;
		order[2 * k] = (struct ranked){w->tests[k].ks_p, &w->tests[k]};
		order[2 * k + 1] = (struct ranked){w->tests[k].energy_p,
		                                   &w->tests[k]};
	}
	qsort(order, m, sizeof *order, by_p);
	for (size_t k = 0; k < m; k++) {
		running = fmax(running, fmin(order[k].p * (double)(m - k), 1));
		order[k].test->p = fmin(order[k].test->p, running);
	}
	for (size_t k = 0; k < n; k++) {
		w->tests[k].rejected = w->tests[k].p < alpha;
		w->comparison.rejected += w->tests[k].rejected;
	}
	w->comparison.alpha = alpha;
	free(order);
	return MR_OK;
}

/* ---- entry --------------------------------------------------------------- */

static int compare_samples(const struct mr__samples *a,
                           const struct mr__samples *b, double scale_S,
                           double alpha, struct mr_comparison **out)
{
	struct whole *w = calloc(1, sizeof *w);
	size_t n = count_groups(a);
	struct groups g = {a, b, scale_S, NULL};
	int code = MR_ERR_NOMEM;

	if (!w)
		return MR_ERR_NOMEM;
	w->tests = calloc(n + 1, sizeof *w->tests);
	w->values = malloc((a->n + b->n + 1) * sizeof *w->values);
	w->comparison.tests = w->tests;
	g.next = w->values;
	if (w->tests && w->values)
		code = test_groups(&g, w);
	if (code == MR_OK)
		code = correct(w, alpha);
	if (code == MR_OK)
		*out = &w->comparison;
	else
		mr_comparison_free(&w->comparison);
	return code;
}

int mr_compare(const struct mr_history *a, const struct mr_history *b,
               double alpha, struct mr_comparison **out,
               struct mr_errtext *err)
{
	double scale_S = a->desc.g_max_S > 0 ? a->desc.g_max_S : 1e-5;
	struct mr__samples x = {0};
	struct mr__samples y = {0};
	int code;

	if (!(alpha > 0 && alpha < 1))
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "level %g: must lie between 0 and 1",
		                      alpha);
	code = mr__samples_take(a, scale_S, &x);
	if (code == MR_OK)
		code = mr__samples_take(b, scale_S, &y);
	if (code == MR_OK)
		code = compare_samples(&x, &y, scale_S, alpha, out);
	free(x.v);
	free(y.v);
	if (code != MR_OK)
		return mr_errtext_set(err, code, "no memory");
	if ((*out)->n_tests == 0) {
		mr_comparison_free(*out);
		*out = NULL;
		return mr_errtext_set(err, MR_ERR_UNSUPPORTED,
		                      "the two have no group of %d values or "
		                      "more in common: the same protocols must "
		                      "have been measured on both", VALUES_MIN);
	}
	return MR_OK;
}

void mr_comparison_free(struct mr_comparison *comparison)
{
	struct whole *w = (struct whole *)comparison;

	if (!w)
		return;
	free(w->tests);
	free(w->values);
	free(w);
}
