/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Runs out of histories. */
#include "spans.h"
#include "steplaw_priv.h"

#include <gsl/gsl_integration.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define READINGS_MOST 500000
#define LEVEL_LEAST_S 1e-9 /* that a reading's noise is stated for */
#define NU_LEAST 1e-9
#define DRIFT_MOST 0.01 /* relative, that cells may have drifted apart */

/* Where a walk along a cell's events stands. */
enum place { LOST, ERASED, RAISED, SEEN };

static double undo_drift(const struct mr__steplaw_seen *seen, double age_s,
                         double over_s)
{
	return seen->nu > 0
	       ? exp(seen->nu * mr__log_age(age_s, over_s, seen->t0_s)) : 1;
}

/* Noise that depends on the conductance alone: what a reading's age and averages
 * make of it is a factor. */
static double unit_noise(const struct mr__steplaw_seen *seen, double g_S)
{
	return mr__noise_sd_S(&seen->noise, g_S, g_S, 1, 1, 0);
}

static int fill_nodes(struct mr__steplaw *s)
{
	gsl_integration_glfixed_table *table =
		gsl_integration_glfixed_table_alloc(MR__STEP_NODES);

	for (size_t k = 0; table && k < MR__STEP_NODES; k++)
		(void)gsl_integration_glfixed_point(0, 1, k, &s->node[k],
		                                    &s->node_weight[k], table);
	if (table)
		gsl_integration_glfixed_table_free(table);
	return table ? MR_OK : MR_ERR_NOMEM;
}

static void fill_noise(struct mr__steplaw *s,
                       const struct mr__steplaw_seen *seen)
{
	double top_S = fmax(2 * s->highest_S, 1e-9);

	s->noise_step_S = top_S / (MR__STEP_NOISE_N - 1);
	s->per_noise_step = 1 / s->noise_step_S;
	for (size_t k = 0; k < MR__STEP_NOISE_N; k++)
		s->noise_S[k] = unit_noise(seen, (double)k * s->noise_step_S);
}

/* By what part cells of different exponents have drifted apart. */
static double apart(const struct mr__steplaw_seen *seen, double age_s)
{
	return seen->nu > 0
	       ? seen->nu_spread * log1p(fmax(age_s, 0) / seen->t0_s) : 0;
}

/* What a cell is known to do by itself takes the place of what all do. */
static struct mr__steplaw_seen seen_of(const struct mr__steplaw_seen *all,
                                       uint32_t cell)
{
	struct mr__steplaw_seen own = *all;
	const struct mr__cell_nu *c = all->cell_nu ? &all->cell_nu[cell] : NULL;

	if (c && all->nu > 0 && isfinite(c->nu)) {
		own.nu = fmax((double)c->nu, NU_LEAST);
		own.nu_spread = (double)c->sd;
	}
	return own;
}

/* Whether that is more than noise. */
static bool is_left_out(const struct mr__steplaw_seen *seen, double age_s)
{
	return seen->left_spread > 0
	       && seen->left_spread * log1p(fmax(age_s, 0) / seen->left_t0_s)
	          > DRIFT_MOST;
}

static int push(struct mr__steplaw *s, const struct mr__steplaw_seen *seen,
                const struct mr_history_event *e, double age_s,
                double t_int_s, uint32_t pulses, bool follows)
{
	double back = undo_drift(seen, age_s, (double)e->over_s);
	double g_S = fmax(fabs((double)e->g_S) * back, LEVEL_LEAST_S);
	double sd = mr__noise_sd_S(&seen->noise, g_S, g_S, age_s, e->count,
	                           t_int_s);
	double unit_S = unit_noise(seen, g_S);
	double drifted_S = apart(seen, age_s) * g_S;

	if (s->n == s->room) {
		size_t room = s->room ? 2 * s->room : 1024;
		struct mr__step_reading *more =
			realloc(s->readings, room * sizeof *more);

		if (!more)
			return MR_ERR_NOMEM;
		s->readings = more;
		s->room = room;
	}
	sd = fmax(hypot(sd * back, drifted_S), MR__STEP_NOISE_LEAST_S);
	s->readings[s->n++] = (struct mr__step_reading){
		(float)(e->g_S * back), (float)(sd * sd),
		(float)(unit_S > 0 ? sd / unit_S : 0), (float)log(back), pulses,
		follows};
	if (pulses > s->pulses_max)
		s->pulses_max = pulses;
	if (pulses > 0) {
		s->lowest_S = fmin(s->lowest_S, e->g_S * back);
		s->highest_S = fmax(s->highest_S, e->g_S * back);
	}
	return MR_OK;
}

/* One event; returns where the walk stands then. */
static enum place step(const struct mr_history_event *e, enum place place,
                       uint32_t *pulses)
{
	if (e->kind == MR_HISTORY_PULSE && e->effect == MR_EFFECT_ERASE) {
		*pulses = 0;
		return ERASED;
	}
	if (e->kind == MR_HISTORY_PULSE && e->effect == MR_EFFECT_RAISE
	    && e->count == 1 && place == SEEN) {
		++*pulses;
		return RAISED;
	}
	if (e->kind == MR_HISTORY_READ)
		return place == LOST ? LOST : SEEN;
	return LOST;
}

static int walk_cell(struct mr__steplaw *s, const struct mr_history *h,
                     const struct mr__steplaw_seen *seen, uint32_t cell)
{
	enum place place = LOST;
	uint32_t pulses = 0;
	bool follows = false;
	int64_t t_p_ns = 0;
	int code = MR_OK;

	for (size_t k = h->first[cell]; k < h->first[cell + 1]; k++) {
		const struct mr_history_event *e = &h->events[k];
		enum place was = place;
		double age_s;

		place = step(e, place, &pulses);
		if (place == ERASED || place == RAISED) {
			t_p_ns = e->t_ns;
			follows = was == SEEN;
		}
		age_s = (double)(e->t_ns - t_p_ns) * 1e-9;
		if (place == SEEN && was != SEEN
		    && is_left_out(seen, age_s))
			place = LOST;
		if (place == SEEN && was != SEEN)
			code = push(s, seen, e, age_s, mr__span_t_int_s(h, e),
			            pulses, follows);
		if (code != MR_OK)
			return code;
	}
	return MR_OK;
}

static int walk_all(struct mr__steplaw *s, const struct mr__fitting *f,
                    const struct mr__steplaw_seen *seen)
{
	const struct mr_history *h = f->history;

	for (uint32_t c = 0; c < h->n_cells; c++) {
		size_t before = s->n;
		struct mr__steplaw_seen own = seen_of(seen, c);

		if (f->use[c] && walk_cell(s, h, &own, c) != MR_OK)
			return MR_ERR_NOMEM;
		if (s->n == before)
			continue;
		s->cells[s->n_cells] = c;
		s->first[s->n_cells++] = before;
	}
	s->first[s->n_cells] = s->n;
	return MR_OK;
}

/* Fewer cells where there are more readings than time: evenly spread ones. */
static void thin(struct mr__steplaw *s)
{
	size_t n = s->n / READINGS_MOST + 1;
	uint32_t kept = 0;
	size_t to = 0;

	if (n == 1)
		return;
	for (uint32_t k = 0; k < s->n_cells; k += (uint32_t)n) {
		size_t size = s->first[k + 1] - s->first[k];

		memmove(s->readings + to, s->readings + s->first[k],
		        size * sizeof *s->readings);
		s->cells[kept] = s->cells[k];
		s->first[kept++] = to;
		to += size;
	}
	s->first[kept] = to;
	s->n_cells = kept;
	s->n = to;
}

int mr__steplaw_new(const struct mr__fitting *f,
                    const struct mr__steplaw_seen *seen, uint64_t least,
                    struct mr__steplaw **out)
{
	struct mr__steplaw *s = calloc(1, sizeof *s);
	uint32_t n = f->history->n_cells;
	int code = MR_ERR_NOMEM;

	if (s) {
		s->threads = f->threads;
		s->lowest_S = INFINITY;
		s->highest_S = -INFINITY;
		s->cells = malloc((n + 1) * sizeof *s->cells);
		s->first = malloc((n + 1) * sizeof *s->first);
	}
	if (s && s->cells && s->first && fill_nodes(s) == MR_OK)
		code = walk_all(s, f, seen);
	if (code != MR_OK) {
		mr__steplaw_free(s);
		return mr_errtext_set(f->err, code, "no memory");
	}
	if (s->n < least || (least > 1 && s->pulses_max < 3)) {
		code = mr_errtext_set(
			f->err, MR_ERR_UNSUPPORTED,
			"%zu readings of cells after single SET pulses that "
			"follow a RESET; at least %" PRIu64 " are needed, over "
			"3 pulses and more (protocol pulses)", s->n, least);
		mr__steplaw_free(s);
		return code;
	}
	thin(s);
	fill_noise(s, seen);
	*out = s;
	return MR_OK;
}

void mr__steplaw_free(struct mr__steplaw *s)
{
	if (!s)
		return;
	free(s->readings);
	free(s->cells);
	free(s->first);
	free(s);
}

uint64_t mr__steplaw_readings(const struct mr__steplaw *s)
{
	return s->n;
}

uint32_t mr__steplaw_cells(const struct mr__steplaw *s)
{
	return s->n_cells;
}

double mr__steplaw_undone(const struct mr__steplaw *s, size_t k)
{
	double sum = 0;

	for (size_t i = s->first[k]; i < s->first[k + 1]; i++)
		sum += (double)s->readings[i].log_back;
	return sum;
}

uint32_t mr__steplaw_cell(const struct mr__steplaw *s, size_t k)
{
	return s->cells[k];
}
