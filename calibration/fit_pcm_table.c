/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * pcm-table: no law at all, the measured distribution of steps by conductance.
 * Steps are put into classes of conductance with as many steps in each; the
 * quantiles of a class stand at its mean conductance. After a RESET it is the
 * conductance whose quantiles are taken, for the step falls with what was there
 * before. Read noise widens a class: its quantiles are drawn in towards the
 * median by the part of the variance that is not noise. Readings of clamped cells
 * (pile.h) are at the clamp, and steps to it are long enough from wherever in their
 * class.
 *
 * A table has no standard errors of its own: a quantile at u of n steps is that
 * of u within sqrt(u (1 - u) / n), which the file's remark states.
 */
#include "fit_before.h"
#include "pile.h"
#include "steplaw_priv.h"

#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CLASSES 48
#define CLASS_MIN 60 /* steps of a class */
#define CLEAR 4.0    /* sd after a RESET that its clamp stays clear of */
#define HOW "readings after RESET"
#define SQRT_2 1.4142135623730951

static const double parts[] = {0.005, 0.01, 0.02, 0.05, 0.1,  0.15, 0.2, 0.25,
                               0.3,   0.35, 0.4,  0.45, 0.5,  0.55, 0.6, 0.65,
                               0.7,   0.75, 0.8,  0.85, 0.9,  0.95, 0.98,
                               0.99,  0.995};

#define N_PARTS (sizeof parts / sizeof *parts)

static const char *const jump_columns[] = {"pulse", "g_S", "u", "dg_S"};

enum { CLEAR_OF_CLAMPS, AT_LOW, AT_HIGH };

/* A step as it was seen. */
struct jump {
	double from_S;
	double to_S;
	double var_S2; /* of what is taken: the step, or where a RESET ended */
	uint8_t end;   /* a SET's: whether at a clamp */
};

static int suits(const struct mr_history *h, struct mr_errtext *err)
{
	return mr__fit_pcm.suits(h, err);
}

static int by_start(const void *a, const void *b)
{
	const struct jump *x = a;
	const struct jump *y = b;

	return (x->from_S > y->from_S) - (x->from_S < y->from_S);
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Where cells are clamped; infinite where no readings pile up. */
struct clamps {
	double low_S;
	double high_S;
};

/* One side's clamp: how far readings after SETs are beyond it. */
static int mark_side(const struct mr__steplaw *s, double clamp_S, double sign,
                     uint8_t value, double *beyond, uint8_t *mark)
{
	if (isinf(clamp_S))
		return MR_OK;
	for (size_t i = 0; i < s->n; i++) {
		const struct mr__step_reading *o = &s->readings[i];

		beyond[i] = o->pulses == 0 ? NAN
		            : sign * ((double)o->g_S - clamp_S)
		              / sqrt((double)o->var_S2);
	}
	return mr__pile_mark(beyond, s->n, value, mark);
}

/* By a class's quantiles the noise of a pile cannot be told from steps, so readings
 * of clamped cells become what they are of. */
static int mark_clamped(const struct mr__steplaw *s, const struct clamps *clamps,
                        uint8_t *mark)
{
	double *beyond = malloc((s->n + 1) * sizeof *beyond);
	int code = beyond ? mark_side(s, clamps->low_S, -1, AT_LOW, beyond, mark)
	                  : MR_ERR_NOMEM;

	if (code == MR_OK)
		code = mark_side(s, clamps->high_S, 1, AT_HIGH, beyond, mark);
	free(beyond);
	return code;
}

struct end {
	double g_S;
	double var_S2;
};

static struct end end_of(const struct mr__step_reading *o,
                         const struct clamps *clamps, uint8_t mark)
{
	if (mark == CLEAR_OF_CLAMPS)
		return (struct end){(double)o->g_S, (double)o->var_S2};
	return (struct end){mark == AT_LOW ? clamps->low_S : clamps->high_S, 0};
}

static size_t take_jumps(const struct mr__steplaw *s, bool reset,
                         const struct clamps *clamps, const uint8_t *mark,
                         struct jump *out)
{
	size_t n = 0;

	for (size_t i = 1; i < s->n; i++) {
		const struct mr__step_reading *o = &s->readings[i];
		struct end from;
		struct end to;

		if (!o->follows || (o->pulses == 0) != reset)
			continue;
		from = end_of(&o[-1], clamps, mark[i - 1]);
		to = end_of(o, clamps, mark[i]);
		out[n++] = (struct jump){from.g_S, to.g_S,
		                         to.var_S2
		                         + (reset ? 0 : from.var_S2),
		                         mark[i]};
	}
	qsort(out, n, sizeof *out, by_start);
	return n;
}

/* Of a step that ended at a clamp one only knows that it was long enough: so it is,
 * from wherever in its class, and the model clips it. */
static double step_of(const struct jump *jump, size_t n, size_t i)
{
	double from = jump[i].end == AT_HIGH  ? jump[0].from_S
	              : jump[i].end == AT_LOW ? jump[n - 1].from_S
	                                      : jump[i].from_S;

	return jump[i].to_S - from;
}

/* Rows of one class. */
static void put_class(const struct jump *jump, size_t n, bool reset,
                      double *room, double *rows)
{
	double from = 0;
	double noise = 0;
	double low = 0;
	double high = 0;
	double median;
	double var;
	double keep;

	for (size_t i = 0; i < n; i++) {
		from += jump[i].from_S / (double)n;
		noise += jump[i].var_S2 / (double)n;
		low += jump[i].end == AT_LOW;
		high += jump[i].end == AT_HIGH;
		room[i] = reset ? jump[i].to_S : step_of(jump, n, i);
	}
	qsort(room, n, sizeof *room, ascending);
	median = gsl_stats_median_from_sorted_data(room, 1, n);
	var = gsl_stats_variance(room, 1, n);
	keep = var > 0 ? sqrt(fmax(1 - noise / var, 0)) : 0;
	for (size_t k = 0; k < N_PARTS; k++) {
		double q = gsl_stats_quantile_from_sorted_data(room, 1, n,
		                                               parts[k]);

		/* what ends at a clamp has no noise, and is to get there */
		if (parts[k] * (double)n > low
		    && parts[k] * (double)n < (double)n - high)
			q = median + keep * (q - median);
		rows[4 * k] = reset;
		rows[4 * k + 1] = fmax(from, 0);
		rows[4 * k + 2] = parts[k];
		rows[4 * k + 3] = reset ? q - from : q;
	}
}

/* Classes of equal size; neighbours with the same mean are one. */
static size_t put_classes(const struct jump *jump, size_t n, bool reset,
                          double *room, double *rows)
{
	size_t classes = n / CLASS_MIN < CLASSES ? n / CLASS_MIN : CLASSES;
	size_t done = 0;

	for (size_t k = 0; k < classes; k++) {
		size_t from = n * k / classes;
		size_t to = n * (k + 1) / classes;
		double *at = rows + done * N_PARTS * 4;

		put_class(jump + from, to - from, reset, room, at);
		if (done == 0 || at[1] > at[1 - (int)(N_PARTS * 4)] * 1.0001)
			done++;
	}
	return done;
}

/* The same quantiles of where RESETs end, as steps from another conductance. */
static void put_end(const double *of, double from_S, double *rows)
{
	for (size_t k = 0; k < N_PARTS; k++) {
		const double *row = of + 4 * k;

		rows[4 * k] = row[0];
		rows[4 * k + 1] = from_S;
		rows[4 * k + 2] = row[2];
		rows[4 * k + 3] = row[3] + row[1] - from_S;
	}
}

/* Beyond its first and last conductance a table goes on with the steps that it has
 * there; from all of them a RESET ends where it does. */
static size_t put_ends(double *rows, size_t classes, double highest_S)
{
	size_t size = N_PARTS * 4;

	if (classes == 0)
		return 0;
	if (rows[1] > 0) {
		memmove(rows + size, rows, classes * size * sizeof *rows);
		put_end(rows + size, 0, rows);
		classes++;
	}
	if (highest_S > rows[(classes - 1) * size + 1] * 1.0001) {
		put_end(rows + (classes - 1) * size, highest_S,
		        rows + classes * size);
		classes++;
	}
	return classes;
}

static int put_table(struct mr__fitting *f, const struct mr__steplaw *s,
                     const struct clamps *clamps)
{
	size_t most = (size_t)(2 * CLASSES + 2) * N_PARTS;
	double *rows = mr__fit_table(f, "jumps", jump_columns, 4, most);
	struct jump *jump = malloc((s->n + 1) * sizeof *jump);
	double *room = malloc((s->n + 1) * sizeof *room);
	uint8_t *mark = calloc(s->n + 1, 1);
	size_t classes[2] = {0, 0};
	int code = MR_OK;

	if (!rows || !jump || !room || !mark
	    || mark_clamped(s, clamps, mark) != MR_OK) {
		free(jump);
		free(room);
		free(mark);
		return mr_errtext_set(f->err, MR_ERR_NOMEM, "no memory");
	}

	for (int reset = 0; reset < 2 && code == MR_OK; reset++) {
		size_t n = take_jumps(s, reset, clamps, mark, jump);

		classes[reset] = put_classes(
			jump, n, reset, room,
			rows + classes[0] * N_PARTS * 4);
		if (classes[reset] < 2)
			code = mr_errtext_set(
				f->err, MR_ERR_UNSUPPORTED,
				"%zu %ss with a reading before and after; a "
				"table needs %d and more, at different "
				"conductances", n, reset ? "RESET" : "SET",
				2 * CLASS_MIN);
	}
	classes[1] = put_ends(rows + classes[0] * N_PARTS * 4, classes[1],
	                      s->highest_S);
	if (code == MR_OK)
		f->fit->tables[f->fit->n_tables - 1].n_rows =
			(classes[0] + classes[1]) * N_PARTS;
	free(jump);
	free(room);
	free(mark);
	return code;
}

/* How a cell comes: as after a RESET. */
static void set_birth(struct mr__fitting *f, const struct mr__steplaw *s,
                      const double *params)
{
	double n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += s->readings[i].pulses == 0;
	mr__fit_set(f, "g_reset_S", params[MR__STEP_G_RESET],
	            params[MR__STEP_SD_RESET] / sqrt(n), s->n_cells,
	            (uint64_t)n, HOW);
	mr__fit_set(f, "sd_reset_S", params[MR__STEP_SD_RESET],
	            params[MR__STEP_SD_RESET] / sqrt(2 * n), s->n_cells,
	            (uint64_t)n, HOW);
}

/* The model clips RESETs, too, which may end below where SETs are clamped. */
static void set_clamps(struct mr__fitting *f, const struct mr__steplaw *s,
                       const double *params, struct clamps *clamps)
{
	double reset_S = params[MR__STEP_G_RESET]
	                 - CLEAR * params[MR__STEP_SD_RESET];
	bool low = mr__steplaw_piles_up(s, params, false);
	bool high = mr__steplaw_piles_up(s, params, true);

	clamps->low_S = low ? params[MR__STEP_G_MIN] : -INFINITY;
	clamps->high_S = high ? params[MR__STEP_G_MAX] : INFINITY;
	mr__fit_set(f, "g_min_S",
	            low ? fmax(fmin(clamps->low_S, reset_S), 0) : 0, NAN,
	            s->n_cells, s->n, "least conductance that was seen");
	mr__fit_set(f, "g_max_S", high ? clamps->high_S : s->highest_S, NAN,
	            s->n_cells, s->n, "greatest conductance that was seen");
}

/* Who programs a twin plans its pulses as on the original. */
static void describe_step(struct mr__fitting *f)
{
	const struct mr_waveform *set =
		mr_description_effect(&f->history->desc, MR_EFFECT_RAISE);

	mr__fit_describe(f, "step_S", set->step.offset_S);
	mr__fit_describe(f, "step_floor_S", set->step.floor_S);
	mr__fit_describe(f, "step_slope", set->step.slope);
}

static int fit_steps(struct mr__fitting *f, const struct mr__steplaw *s)
{
	double params[MR__STEP_N];
	struct clamps clamps;
	int code;

	mr__steplaw_start(s, params);
	describe_step(f);
	set_birth(f, s, params);
	set_clamps(f, s, params, &clamps);
	code = put_table(f, s, &clamps);
	return code == MR_OK && !f->rough ? mr__steplaw_table(f, s) : code;
}

static int estimate(struct mr__fitting *f)
{
	int code = mr__fit_before(f);

	return code == MR_OK ? mr__fit_steps(f, fit_steps) : code;
}

/* ---- score --------------------------------------------------------------- */

static const struct mr_fit_table *jumps_of(const struct mr_fit *fit)
{
	for (uint32_t k = 0; k < fit->n_tables; k++)
		if (fit->tables[k].columns == jump_columns)
			return &fit->tables[k];
	return NULL;
}

/* Density at x of what lies evenly between a and b, with noise. */
static double blurred(double x, double a, double b, double noise_S)
{
	double z = (x - 0.5 * (a + b)) / noise_S;

	if (b - a < 0.1 * noise_S)
		return exp(-0.5 * z * z) / (noise_S * 2.5066282746310002);
	return 0.5 * (erfc((x - b) / (noise_S * SQRT_2))
	              - erfc((x - a) / (noise_S * SQRT_2))) / (b - a);
}

/* Density of the reading after a SET: between two quantiles conductances lie evenly,
 * clipped; a class is mixed from its neighbours as the model does. Where the cell was
 * before, its reading tells with noise of its own, but a clamp is where it is. */
static double step_density(const struct mr__fitting *f,
                           const struct mr_fit_table *t,
                           const struct mr__step_reading *o)
{
	double from = (double)o[-1].g_S;
	double noise_S = sqrt((double)o->var_S2);
	double both_S = sqrt((double)o->var_S2 + (double)o[-1].var_S2);
	double low = mr__fit_value(f, "g_min_S");
	double high = mr__fit_value(f, "g_max_S");
	size_t classes = 0;
	size_t k = 0;
	double w = 0;
	double last = 0;
	double sum = 0;

	while (classes < t->n_rows / N_PARTS
	       && !(t->values[classes * N_PARTS * 4] > 0))
		classes++;
	while (k + 1 < classes
	       && from > t->values[(k + 1) * N_PARTS * 4 + 1])
		k++;
	if (k + 1 < classes) {
		double g0 = t->values[k * N_PARTS * 4 + 1];
		double g1 = t->values[(k + 1) * N_PARTS * 4 + 1];

		w = fmin(fmax((from - g0) / (g1 - g0), 0), 1);
	}
	for (size_t i = 0; i < N_PARTS; i++) {
		const double *row = &t->values[(k * N_PARTS + i) * 4];
		double q = row[3];

		if (k + 1 < classes)
			q = (1 - w) * q + w * row[N_PARTS * 4 + 3];
		q = fmin(fmax(from + q, low), high);
		if (i > 0)
			sum += (parts[i] - parts[i - 1])
			       * blurred((double)o->g_S, last, q,
			                 q > last ? both_S : noise_S);
		last = q;
	}
	return sum;
}

#define OUTLIERS 0.01 /* what lies outside the table's ends */

static double reading_density(const struct mr__fitting *f,
                              const struct mr_fit_table *t,
                              const struct mr__step_reading *o)
{
	double span = mr__fit_value(f, "g_max_S");
	double sd = mr__fit_value(f, "sd_reset_S");
	double inside;

	if (o->pulses == 0) {
		double var = sd * sd + (double)o->var_S2;
		double d = (double)o->g_S - mr__fit_value(f, "g_reset_S");

		inside = exp(-0.5 * d * d / var) / sqrt(6.283185307179586 * var);
	} else {
		inside = step_density(f, t, o);
	}
	return log((1 - OUTLIERS) * inside + OUTLIERS / span);
}

/* What readings are scored by. */
struct scored {
	const struct mr__fitting *f;
	const struct mr_fit_table *table;
};

static double density(const struct mr__steplaw *s, size_t k, const void *with)
{
	const struct scored *by = with;
	double sum = 0;

	for (size_t i = s->first[k]; i < s->first[k + 1]; i++)
		sum += reading_density(by->f, by->table, &s->readings[i]);
	return sum;
}

static int score(const struct mr__fitting *f, double *sum, double *per_cell,
                 uint64_t *n)
{
	struct scored by = {f, jumps_of(f->fit)};

	return mr__score_steps(f, density, &by, sum, per_cell, n);
}

const struct mr__fit_family mr__fit_pcm_table = {
	"pcm-table", false, suits, estimate, score};
