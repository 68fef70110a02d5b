/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * ideal: one step for all, no noise, no drift: the control case. The step is the
 * median over readings clear of the ends, and its standard error that of a median
 * of these steps, or the rounding of a reading where they are all alike. The
 * ends and the threshold are what the array says.
 */
#include "fit_before.h"
#include "steplaw_priv.h"

#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>

#define ROUNDING 1e-7         /* of a reading, relative */
#define MEDIAN_FACTOR 1.2533  /* standard error of a median over a mean's */
#define MAD_FACTOR 1.4826
#define HOW "median step of single SETs"

static int suits(const struct mr_history *h, struct mr_errtext *err)
{
	return mr__fit_pcm.suits(h, err);
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static bool is_clear(const struct mr__steplaw *s, size_t i, double top_S)
{
	return s->readings[i].follows && s->readings[i].pulses > 0
	       && (double)s->readings[i].g_S < 0.999 * top_S;
}

/* Median and its robust spread; returns how many steps there were. */
static size_t middle(const struct mr__steplaw *s, double top_S, double *room,
                     double *median, double *spread)
{
	size_t n = 0;

	for (size_t i = 1; i < s->n; i++)
		if (is_clear(s, i, top_S))
			room[n++] = (double)s->readings[i].g_S
			            - (double)s->readings[i - 1].g_S;
	if (n == 0)
		return 0;
	qsort(room, n, sizeof *room, ascending);
	*median = gsl_stats_median_from_sorted_data(room, 1, n);
	for (size_t k = 0; k < n; k++)
		room[k] = fabs(room[k] - *median);
	qsort(room, n, sizeof *room, ascending);
	*spread = MAD_FACTOR * gsl_stats_median_from_sorted_data(room, 1, n);
	return n;
}

static void describe(struct mr__fitting *f)
{
	const struct mr_description *d = &f->history->desc;

	mr__fit_describe(f, "g_min_S", d->g_min_S);
	mr__fit_describe(f, "g_max_S", d->g_max_S);
	mr__fit_describe(f, "v_threshold_V", d->limits.v_read_max_V);
	mr__fit_describe(f, "v_max_V", d->limits.v_pulse_max_V);
}

static struct mr__steplaw_seen seen_of(const struct mr__fitting *f)
{
	struct mr__steplaw_seen seen = {.noise = {.kind = "none"}, .t0_s = 1};

	mr__fit_leave_out(f, &seen);
	return seen;
}

static int estimate(struct mr__fitting *f)
{
	struct mr__steplaw_seen seen = seen_of(f);
	struct mr__steplaw *s;
	double median = 0;
	double spread = 0;
	double *room;
	size_t n;
	int code = mr__steplaw_new(f, &seen, MR__STEP_READINGS_LEAST, &s);

	if (code != MR_OK)
		return code;
	room = malloc(s->n * sizeof *room);
	if (!room) {
		mr__steplaw_free(s);
		return mr_errtext_set(f->err, MR_ERR_NOMEM, "no memory");
	}
	describe(f);
	n = middle(s, f->history->desc.g_max_S, room, &median, &spread);
	free(room);
	if (n > 0 && median > 0)
		mr__fit_set(f, "dg_S", median,
		            fmax(MEDIAN_FACTOR * spread / sqrt((double)n),
		                 ROUNDING * s->highest_S), s->n_cells, n, HOW);
	else
		code = mr_errtext_set(f->err, MR_ERR_UNSUPPORTED,
		                      "no step that is clear of the ends of "
		                      "the range");
	if (code == MR_OK && !f->rough && spread > 0.1 * median)
		mr__fit_warn(f, "steps spread by %.0f %% of their median; this "
		             "model has no spread", 100 * spread / median);
	if (code == MR_OK && !f->rough)
		code = mr__steplaw_table(f, s);
	mr__steplaw_free(s);
	return code;
}

/* A reading is what the step makes of the one before; its error that of a
 * reading, and no less than the rounding. */
static double reading_density(const struct mr__steplaw *s, size_t i,
                              double step_S, double lo_S, double hi_S)
{
	double expected = lo_S;
	double sd = fmax(ROUNDING * s->highest_S, 1e-10);
	double d;

	if (s->readings[i].pulses > 0)
		expected = fmin((double)s->readings[i - 1].g_S + step_S, hi_S);
	d = ((double)s->readings[i].g_S - expected) / sd;
	return fmax(-0.5 * d * d, -1e4) - log(sd * 2.5066282746310002);
}

static int score(const struct mr__fitting *f, double *sum, double *per_cell,
                 uint64_t *n)
{
	struct mr__steplaw_seen seen = seen_of(f);
	double step_S = mr__fit_value(f, "dg_S");
	double lo_S = mr__fit_value(f, "g_min_S");
	double hi_S = mr__fit_value(f, "g_max_S");
	struct mr__steplaw *s;
	int code = mr__steplaw_new(f, &seen, 1, &s);

	if (code != MR_OK)
		return code;
	for (size_t k = 0; k < s->n_cells; k++) {
		double d = 0;

		for (size_t i = s->first[k]; i < s->first[k + 1]; i++)
			d += reading_density(s, i, step_S, lo_S, hi_S);
		per_cell[s->cells[k]] = d;
		*sum += d;
	}
	*n += s->n;
	mr__steplaw_free(s);
	return MR_OK;
}

const struct mr__fit_family mr__fit_ideal = {
	"ideal", false, suits, estimate, score};
