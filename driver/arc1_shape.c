/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Waveforms that are a job of the board: sweeps and steady levels; the choice. */
#include "arc1_shape.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arc1.h"

#define CURVE_HOLD_MIN_S 1e-3 /* sheet: a step of a CurveTracer */
#define CURVE_START_MIN_V 50e-3
#define GUI_HOLD_S 2e-3       /* what the vendor's GUI takes off */
#define CUTOFF_MIN_A 10e-6
#define CUTOFF_MAX_A 1e-3
#define CUTOFF_LOWEST_A 10.1e-6 /* sent for 10 uA: there the range changes */
#define CHRONO_SAMPLE_S 5e-6  /* 200 kS/s, and a sample each read cycle */
#define CHRONO_MAX_S 1000.0   /* assumed */
#define NEAR 1e-3
#define NEAR_V 1e-4

static const char *const names[ARC1_SHAPES] = {
	"auto", "curve",     "chrono", "volatility", "former",
	"seeker", "endurance", "stdp",   "reads"};

const char *mr__arc1_shape_name(enum arc1_shape shape)
{
	return names[shape];
}

bool mr__arc1_shape_find(const char *name, enum arc1_shape *out)
{
	for (int i = 0; i < ARC1_SHAPES; i++) {
		if (strcmp(name, names[i]) == 0) {
			*out = (enum arc1_shape)i;
			return true;
		}
	}
	return false;
}

double mr__arc1_rounded(double value)
{
	char text[32];

	(void)snprintf(text, sizeof text, ARC1_REAL, value);
	return strtod(text, NULL);
}

const char *mr__arc1_play_name(const struct arc1_play *play)
{
	static const struct {
		const char *job;
		const char *name;
	} jobs[] = {
		{"201", "CurveTracer (job 201)"},
		{"220", "ChronoAmperometry (job 220)"},
		{"33", "VolatilityRead (job 33)"},
		{"14", "FormFinder (job 14)"},
		{"141", "FormFinder (job 141)"},
		{"15", "SwitchSeeker (job 15)"},
		{"152", "SwitchSeeker (job 152)"},
		{"191", "Endurance (job 191)"},
	};

	for (size_t i = 0; i < sizeof jobs / sizeof jobs[0]; i++)
		if (strcmp(jobs[i].job, play->job) == 0)
			return jobs[i].name;
	return "STDP (job 40)";
}

int mr__arc1_play_room(struct arc1_play *out, uint32_t n, struct mr_errtext *err)
{
	out->point = calloc(n ? n : 1, sizeof *out->point);
	out->n_points = 0;
	return out->point ? MR_OK
	                  : mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
}

void mr__arc1_play_free(struct arc1_play *play)
{
	free(play->point);
	play->point = NULL;
}

static bool sampled(const struct mr_trace_op *tr, uint32_t k)
{
	return !tr->sample || tr->sample[k];
}

static bool near(double a, double b)
{
	return fabs(a - b) <= NEAR * fabs(b) + NEAR_V;
}

static bool same_hold(double a, double b)
{
	return fabs(a - b) <= NEAR * fabs(b);
}

/* ---- ChronoAmperometry --------------------------------------------------------- */

static int check_chrono(const struct mr_trace_op *tr,
                        const struct arc1_settings *s, struct mr_errtext *err)
{
	double least_s = CHRONO_SAMPLE_S * s->read_cycles;

	for (uint32_t k = 0; k < tr->n_levels; k++)
		if (tr->level[k] == 0 || tr->level[k] != tr->level[0] ||
		    !same_hold(tr->hold_s[k], tr->hold_s[0]))
			return mr_errtext_set(err, MR_ERR_UNSUPPORTED,
			                      "chrono is one level other than 0 "
			                      "with equal holds; level %u is not",
			                      k);
	if (tr->n_levels < 2 || tr->compliance > 0)
		return mr_errtext_set(err, MR_ERR_UNSUPPORTED,
		                      "chrono has 2 levels or more and no "
		                      "compliance");
	if (tr->hold_s[0] < least_s ||
	    tr->hold_s[0] * tr->n_levels > CHRONO_MAX_S)
		return mr_errtext_set(err, MR_ERR_UNSUPPORTED,
		                      "chrono holds each level for %g s and "
		                      "more, and for %g s in all at most",
		                      least_s, CHRONO_MAX_S);
	return MR_OK;
}

static int fit_chrono(const struct mr_trace_op *tr,
                      const struct arc1_settings *s, struct arc1_play *out,
                      struct mr_errtext *err)
{
	double width_s = tr->hold_s[0] * tr->n_levels;
	uint32_t sample = 0;
	int rc = check_chrono(tr, s, err);

	if (!rc)
		rc = mr__arc1_play_room(out, tr->n_levels, err);
	if (rc)
		return rc;
	out->job = "220";
	out->kinds = "ddi";
	out->param[0] = (double)tr->level[0];
	out->param[1] = width_s;
	out->param[2] = tr->n_levels;
	out->duration_s = width_s + ARC1_READ_S * s->read_cycles * tr->n_levels;
	for (uint32_t k = 0; k < tr->n_levels; k++)
		out->point[out->n_points++] = (struct arc1_point){
			.v_V = mr__arc1_rounded(out->param[0]),
			.sample = sampled(tr, k) ? sample++ : ARC1_NO_SAMPLE};
	return MR_OK;
}

/* ---- CurveTracer --------------------------------------------------------------- */

/* One side of a sweep, as it is found. */
struct side {
	uint32_t n;   /* levels up to the far end */
	double sign;
	double max_V;
};

struct curve {
	const struct mr_trace_op *tr;
	uint32_t *at;     /* [n] levels other than 0 */
	uint32_t n;
	bool pulsed;
	double pause_s;
	double start_V, step_V;
	struct side side[2];
	uint32_t sides;
	uint32_t cycles;
};

/* The levels other than 0, and whether one of 0 is between each two. */
static int find_levels(struct curve *c, struct mr_errtext *err)
{
	const struct mr_trace_op *tr = c->tr;
	uint32_t gaps = 0, steps = 0;

	for (uint32_t k = 0; k < tr->n_levels; k++) {
		if (tr->level[k] == 0)
			continue;
		uint32_t before = c->n ? c->at[c->n - 1] : k;

		if (c->n && (double)tr->level[before] * (double)tr->level[k] > 0) {
			steps++;
			gaps += k == before + 2;
			if (k > before + 2)
				gaps = UINT32_MAX / 2;
			if (k == before + 2)
				c->pause_s = tr->hold_s[k - 1];
		}
		c->at[c->n++] = k;
	}
	c->pulsed = gaps > 0;
	if (c->n < 3 || (gaps && gaps != steps))
		return mr_errtext_set(err, MR_ERR_UNSUPPORTED,
		                      "curve is a staircase, or pulses with one "
		                      "level of 0 between each two");
	return MR_OK;
}

static int check_holds(const struct curve *c, const struct arc1_settings *s,
                       struct mr_errtext *err)
{
	const struct mr_trace_op *tr = c->tr;
	double hold_s = tr->hold_s[c->at[0]];
	double least_s = s->gui ? GUI_HOLD_S : CURVE_HOLD_MIN_S;

	for (uint32_t i = 0; i < c->n; i++) {
		uint32_t k = c->at[i];
		bool gap = c->pulsed && k + 1 < tr->n_levels &&
		           tr->level[k + 1] == 0;

		if (!same_hold(tr->hold_s[k], hold_s) ||
		    (gap && !same_hold(tr->hold_s[k + 1], c->pause_s)))
			return mr_errtext_set(err, MR_ERR_UNSUPPORTED,
			                      "curve has equal holds; that of "
			                      "level %u is another",
			                      k);
	}
	if (hold_s < least_s)
		return mr_errtext_set(err, MR_ERR_UNSUPPORTED,
		                      "curve holds each level for %g s and more",
		                      least_s);
	return MR_OK;
}

static double level_of(const struct curve *c, uint32_t i)
{
	return (double)c->tr->level[c->at[i]];
}

/* A side from level `from`: start, ..., max, ..., start of one sign. */
static bool find_side(const struct curve *c, uint32_t from, struct side *out)
{
	uint32_t up = 1;

	out->sign = copysign(1, level_of(c, from));
	while (from + up < c->n &&
	       out->sign * level_of(c, from + up) >
	               out->sign * level_of(c, from + up - 1))
		up++;
	out->n = up;
	out->max_V = fabs(level_of(c, from + up - 1));
	return from + 2 * up - 1 <= c->n;
}

static double ramp(const struct curve *c, const struct side *side, uint32_t k)
{
	uint32_t level = k < side->n ? k : 2 * side->n - 2 - k;

	return side->sign * (mr__arc1_rounded(c->start_V) +
	                     level * mr__arc1_rounded(c->step_V));
}

static const struct side *side_of(const struct curve *c, uint32_t i, uint32_t *k)
{
	uint32_t first = 2 * c->side[0].n - 1;
	uint32_t cycle = first + (c->sides == 2 ? 2 * c->side[1].n - 1 : 0);

	*k = i % cycle;
	if (*k < first)
		return &c->side[0];
	*k -= first;
	return &c->side[1];
}

static int find_sides(struct curve *c, struct mr_errtext *err)
{
	bool ok = find_side(c, 0, &c->side[0]);
	uint32_t cycle = 2 * c->side[0].n - 1, k;

	c->sides = 1;
	if (ok && cycle < c->n && find_side(c, cycle, &c->side[1]) &&
	    c->side[1].sign != c->side[0].sign) {
		cycle += 2 * c->side[1].n - 1;
		c->sides = 2;
	}
	c->start_V = fabs(level_of(c, 0));
	c->step_V = c->side[0].n > 1 ? fabs(level_of(c, 1)) - c->start_V : 0;
	c->cycles = c->n / cycle;
	if (!ok || c->n % cycle || !(c->step_V > 0))
		return mr_errtext_set(err, MR_ERR_UNSUPPORTED,
		                      "curve goes from a start up in equal steps "
		                      "and the same way back, of one sign, or "
		                      "then of the other; whole cycles of it");
	for (uint32_t i = 0; i < c->n; i++) {
		const struct side *side = side_of(c, i, &k);

		if (!near(level_of(c, i), ramp(c, side, k)))
			return mr_errtext_set(err, MR_ERR_UNSUPPORTED,
			                      "curve has equal steps: level %u is "
			                      "%g V, not %g",
			                      c->at[i], level_of(c, i),
			                      ramp(c, side, k));
	}
	return MR_OK;
}

static int check_curve(const struct curve *c, struct mr_errtext *err)
{
	double limit_A = c->tr->compliance;

	if (c->start_V < CURVE_START_MIN_V * (1 - NEAR))
		return mr_errtext_set(err, MR_ERR_UNSUPPORTED,
		                      "curve starts at %g V or more, not %g",
		                      CURVE_START_MIN_V, c->start_V);
	if (limit_A > 0 && (limit_A < CUTOFF_MIN_A * (1 - NEAR) ||
	                    limit_A > CUTOFF_MAX_A * (1 + NEAR)))
		return mr_errtext_set(err, MR_ERR_UNSUPPORTED,
		                      "curve cuts off at %g to %g A, not %g",
		                      CUTOFF_MIN_A, CUTOFF_MAX_A, limit_A);
	return MR_OK;
}

/* A level of 0 is not asked of the board: nothing flows. */
static void curve_points(const struct curve *c, struct arc1_play *out)
{
	const struct mr_trace_op *tr = c->tr;
	uint32_t sample = 0, i = 0, k;

	for (uint32_t j = 0; j < tr->n_levels; j++) {
		struct arc1_point p = {.silent = tr->level[j] == 0};

		p.sample = sampled(tr, j) ? sample++ : ARC1_NO_SAMPLE;
		if (!p.silent) {
			const struct side *side = side_of(c, i++, &k);

			p.v_V = ramp(c, side, k);
		}
		out->point[out->n_points++] = p;
	}
}

static double cut_off(double limit_A)
{
	return fabs(limit_A - CUTOFF_MIN_A) <= NEAR * CUTOFF_MIN_A
	               ? CUTOFF_LOWEST_A
	               : limit_A;
}

static void curve_params(const struct curve *c, const struct arc1_settings *s,
                         struct arc1_play *out)
{
	double hold_s = c->tr->hold_s[c->at[0]];
	double limit_A = cut_off(c->tr->compliance);
	bool negative = c->side[0].sign < 0;
	uint32_t up = negative ? 1 : 0;
	/* a side that is not played gets the least voltage */
	double max_V[2] = {c->start_V, c->start_V};

	for (uint32_t i = 0; i < c->sides; i++)
		max_V[c->side[i].sign < 0] = c->side[i].max_V;
	const double param[] = {
		max_V[0], -max_V[1], c->start_V, c->step_V,
		s->gui ? hold_s - GUI_HOLD_S : hold_s, c->pause_s, limit_A,
		limit_A > 0 ? -limit_A : 0, c->cycles, c->pulsed,
		c->sides == 2 ? up : 2 + up, s->halt};

	memcpy(out->param, param, sizeof param);
	out->job = "201";
	out->kinds = "ddddddddiiii";
	out->cycles = c->cycles;
	out->stops = s->halt;
	out->duration_s =
		c->n * (hold_s + c->pause_s + ARC1_READ_S * s->read_cycles);
}

static int find_curve(struct curve *c, const struct arc1_settings *s,
                      struct arc1_play *out, struct mr_errtext *err)
{
	int rc = find_levels(c, err);

	if (!rc)
		rc = check_holds(c, s, err);
	if (!rc)
		rc = find_sides(c, err);
	if (!rc)
		rc = check_curve(c, err);
	if (!rc)
		rc = mr__arc1_play_room(out, c->tr->n_levels, err);
	if (rc)
		return rc;
	curve_params(c, s, out);
	curve_points(c, out);
	return MR_OK;
}

static int fit_curve(const struct mr_trace_op *tr,
                     const struct arc1_settings *s, struct arc1_play *out,
                     struct mr_errtext *err)
{
	struct curve c = {.tr = tr,
	                  .at = calloc(tr->n_levels, sizeof(uint32_t))};
	int rc = c.at ? find_curve(&c, s, out, err)
	              : mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");

	free(c.at);
	return rc;
}

/* ---- the choice ---------------------------------------------------------------- */

static int fit(const struct mr_trace_op *tr, enum arc1_shape shape,
               const struct arc1_settings *s, struct arc1_play *out,
               struct mr_errtext *err)
{
	static int (*const fits[])(const struct mr_trace_op *,
	                           const struct arc1_settings *,
	                           struct arc1_play *, struct mr_errtext *) = {
		[ARC1_SHAPE_CURVE] = fit_curve,
		[ARC1_SHAPE_CHRONO] = fit_chrono,
		[ARC1_SHAPE_VOLATILITY] = mr__arc1_fit_volatility,
		[ARC1_SHAPE_FORMER] = mr__arc1_fit_former,
		[ARC1_SHAPE_SEEKER] = mr__arc1_fit_seeker,
		[ARC1_SHAPE_ENDURANCE] = mr__arc1_fit_endurance,
		[ARC1_SHAPE_STDP] = mr__arc1_fit_stdp};

	struct arc1_play play = {.shape = shape};
	int rc = fits[shape](tr, s, &play, err);

	if (rc)
		mr__arc1_play_free(&play);
	else
		*out = play;
	return rc;
}

/* A SwitchSeeker is never chosen: it leaves most of its waveform out. */
static int choose(const struct mr_trace_op *tr, const struct arc1_settings *s,
                  struct arc1_play *out, struct mr_errtext *err)
{
	static const enum arc1_shape order[] = {
		ARC1_SHAPE_CHRONO,     ARC1_SHAPE_CURVE,  ARC1_SHAPE_ENDURANCE,
		ARC1_SHAPE_VOLATILITY, ARC1_SHAPE_FORMER, ARC1_SHAPE_STDP};

	for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
		int rc = fit(tr, order[i], s, out, NULL);

		if (rc != MR_ERR_UNSUPPORTED)
			return rc;
	}
	return mr_errtext_set(err, MR_ERR_UNSUPPORTED,
	                      "no job of an ArC ONE plays this waveform");
}

int mr__arc1_shape_fit(const struct mr_trace_op *tr, enum arc1_shape shape,
                       const struct arc1_settings *s, struct arc1_play *out,
                       struct mr_errtext *err)
{
	*out = (struct arc1_play){.shape = shape};
	if (tr->unit != MR_UNIT_VOLT)
		return mr_errtext_set(err, MR_ERR_UNSUPPORTED,
		                      "an ArC ONE applies volts, not amperes");
	if (shape == ARC1_SHAPE_READS)
		return mr_errtext_set(err, MR_ERR_UNSUPPORTED,
		                      "trace=reads: no job is wanted");
	return shape == ARC1_SHAPE_AUTO ? choose(tr, s, out, err)
	                                : fit(tr, shape, s, out, err);
}
