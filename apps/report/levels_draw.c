/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Draws levels over time. */
#include "levels.h"

#include <math.h>

#include "../figure.h"
#include "panels.h"

/* Bars of different levels stand beside each other: a factor of time. */
#define SIDESTEP 1.07

/* The reference time of the drift law: the fit's, the array's, or none. */
static double t0_of(const struct mr_report *r)
{
	const struct mr_estimate *e = r->fit ? mr_fit_find(r->fit, "t0_s") : NULL;

	return e ? e->value : r->history->desc.drift_t0_s;
}

static double log_age(double age_s, double t0_s)
{
	return t0_s > 0 ? log((age_s + t0_s) / t0_s) : log(age_s);
}

/* The exponent that goes best through the medians; NAN = too few. */
static double exponent(const struct mr_level *level, double t0_s)
{
	double xx = 0;
	double xy = 0;
	double l0;

	if (level->ratio.n < 2)
		return NAN;
	l0 = log_age(mr_group_quantile(&level->age_s.at[0], 0.5), t0_s);
	for (size_t k = 1; k < level->ratio.n; k++) {
		double x = log_age(mr_group_quantile(&level->age_s.at[k], 0.5),
		                   t0_s) - l0;
		double median = mr_group_quantile(&level->ratio.at[k], 0.5);

		if (!(median > 0) || !isfinite(x))
			continue;
		xx += x * x;
		xy += x * log(median);
	}
	return xx > 0 ? -xy / xx : NAN;
}

/* Age, median, 25 and 75 %, and the law. */
static void put_level(FILE *to, const struct mr_level *level, size_t k,
                      double t0_s, double nu)
{
	double l0 = log_age(mr_group_quantile(&level->age_s.at[0], 0.5), t0_s);

	fprintf(to, "$level%zu << EOD\n", k);
	for (size_t i = 0; i < level->ratio.n; i++) {
		double age_s = mr_group_quantile(&level->age_s.at[i], 0.5);
		const struct mr_group *g = &level->ratio.at[i];

		fprintf(to, "%.6g %.6g %.6g %.6g %.6g\n", age_s,
		        mr_group_quantile(g, 0.5), mr_group_quantile(g, 0.25),
		        mr_group_quantile(g, 0.75),
		        exp(-nu * (log_age(age_s, t0_s) - l0)));
	}
	fputs("EOD\n", to);
}

static void put_plot(FILE *to, const struct mr_level *level, size_t k, size_t n,
                     double nu)
{
	const char *colour = mr_panel_ramp(k, n);

	fprintf(to, "%s$level%zu using ($1*%.4g):2:3:4 with yerrorbars pt 7 ps 0.6 "
	        "lw 0.8 lc rgb '%s' title '%.2f µS: %.4f', $level%zu using 1:5 "
	        "with lines lw 1.6 lc rgb '%s' notitle", k ? ", " : "", k,
	        pow(SIDESTEP, (double)k - 0.5 * (double)(n - 1)), colour,
	        1e6 * mr_group_quantile(&level->first_S.at[0], 0.5), nu, k, colour);
}

void mr_levels_draw(struct mr_report *r, const struct mr_levels *l,
                    const struct mr_report_caption *caption)
{
	FILE *to = mr_report_figure(r);
	size_t n = l->n < MR_LEVELS_DRAWN ? l->n : MR_LEVELS_DRAWN;
	double t0_s = t0_of(r);
	size_t which[MR_LEVELS_DRAWN];
	double nu[MR_LEVELS_DRAWN];

	for (size_t k = 0; k < n; k++) {
		which[k] = n > 1 ? k * (l->n - 1) / (n - 1) : 0;
		nu[k] = exponent(&l->at[which[k]], t0_s);
		put_level(to, &l->at[which[k]], k, t0_s, nu[k]);
	}
	fputs("set logscale x\nset format x '10^{%L}'\nset xlabel 'time since "
	      "programming (s)'\nset ylabel 'conductance / first reading (1)'\n"
	      "set key outside right top invert title 'level: exponent'\nplot ", to);
	for (size_t k = 0; k < n; k++) /* the noisiest, the lowest, behind */
		put_plot(to, &l->at[which[k]], k, n, nu[k]);
	fputs("\n", to);
	mr_report_draw(r, caption);
}
