/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Jobs of the virtual ArC ONE that talk with the host on the way, and those of
 * several lines: MultiStateSeeker, VolatilityRead, STDP, MultiBias.
 *
 * The sheet gives parameters and replies; assumed here is:
 *   161      SwitchSeeker's stage I (with read/write flag 0, readings only).
 *            (R, V, width) each; then (R, 0, -1), status "0" and "1", "0",
 *            sign if a polarity was found, else status "1".
 *   162      one pulse, then readings until the host says 1.
 *   163-165  a ramp of voltage, width or pulse count; after each step `reads`
 *            readings, (R, V, width) each. A mean that is off the last state's
 *            by more than sigma deviations is a new state: (-1, 0, 0),
 *            (number, mean - sigma sd, mean + sigma sd). At the end (R, 0,
 *            -1), status "0" and the number of states and "0" if there are
 *            any, else "1". Monotony and counter reset are taken and do
 *            nothing; retention is a pause before the readings.
 *   33       time lines are whole us since the end of the pulse.
 *   40       points are pairs of time and voltage, time since the begin of the
 *            step; each voltage holds until the next point, the last is 0
 *            after it. Triples (R, Vread, 0): one for the address, two for
 *            each step, one at the end.
 *   50       read: (R, Vread, 0) of the listed words together. Write: triples
 *            of all words of job 0, a pulse on each listed one, triples again.
 */
#include "wire_arc1.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#define SAMPLE_S 5e-6 /* sheet: VolatilityRead samples at 200 kS/s */
#define PERCENT 0.01
#define NS_PER_US 1000
#define STDP_STEPS_MAX 100000.0
#define LINE_ROOM 24

static double again(struct arc1 *b)
{
	return b->run.r_ohm = mr__arc1_read(b, b->word, b->bit);
}

/* ---- MultiStateSeeker I and II ------------------------------------------- */

static enum arc1_step polarity_end(struct arc1 *b, int sign)
{
	mr__arc1_triple(b, b->run.r_ohm, 0, -1);
	mr__arc1_text(b, sign ? "0" : "1");
	if (sign) {
		mr__arc1_text(b, "1");
		mr__arc1_text(b, "0");
		mr__arc1_text(b, sign > 0 ? "1" : "-1");
	}
	return ARC1_DONE;
}

enum arc1_step mr__arc1_polarity(struct arc1 *b)
{
	struct arc1_run *r = &b->run;
	double v = mr__arc1_at(b->p[1], b->p[2], b->p[3], r->k / 2);
	int sign = r->k % 2 ? -1 : 1;
	double sum = 0;

	if (r->k == 0) {
		r->n = mr__arc1_steps(b, b->p[1], b->p[2], b->p[3]);
		r->r0_ohm = again(b);
	}
	for (uint32_t i = 0; b->p[8] == 1 && i < (uint32_t)b->p[6]; i++) {
		mr__arc1_pulse(b, sign * v, b->p[0]);
		mr__arc1_pause(b, b->p[4]);
	}
	for (uint32_t i = 0; i < (uint32_t)b->p[5]; i++)
		sum += again(b);
	r->r_ohm = sum / trunc(b->p[5]);
	mr__arc1_triple(b, r->r_ohm, sign * v, b->p[0]);
	if (fabs(r->r_ohm - r->r0_ohm) > PERCENT * b->p[7] * r->r0_ohm)
		return polarity_end(b, sign);
	return ++r->k == 2 * r->n ? polarity_end(b, 0) : ARC1_MORE;
}

enum arc1_step mr__arc1_retention(struct arc1 *b)
{
	struct arc1_run *r = &b->run;

	if (r->stage++ == 0)
		mr__arc1_pulse(b, b->p[0], b->p[1]);
	else if (b->arg[0] != 0)
		return ARC1_DONE;
	mr__arc1_float(b, again(b));
	b->want = 1;
	return ARC1_TOKENS;
}

/* ---- MultiStateSeeker III ------------------------------------------------ */

/* What the three forms differ in. */
struct states {
	double reads, sigma, pause_s, retention_s;
	double v_V, width_s, count;
	uint32_t n;
};

static enum arc1_step states_end(struct arc1 *b)
{
	char line[LINE_ROOM];

	mr__arc1_triple(b, b->run.r_ohm, 0, -1);
	if (!b->run.cycle) {
		mr__arc1_text(b, "1");
		return ARC1_DONE;
	}
	(void)snprintf(line, sizeof line, "%" PRIu32, b->run.cycle);
	mr__arc1_text(b, "0");
	mr__arc1_text(b, line);
	mr__arc1_text(b, "0");
	return ARC1_DONE;
}

static void judge_state(struct arc1 *b, const struct states *s)
{
	struct arc1_run *r = &b->run;
	double n = trunc(s->reads), mean = r->sum / n;
	double sd = sqrt(fmax(r->square / n - mean * mean, 0));

	if (r->cycle && fabs(mean - r->r0_ohm) <= fabs(s->sigma) * sd)
		return;
	r->r0_ohm = mean;
	r->cycle++;
	mr__arc1_triple(b, -1, 0, 0);
	mr__arc1_triple(b, r->cycle, mean - fabs(s->sigma) * sd,
	                mean + fabs(s->sigma) * sd);
}

static enum arc1_step states(struct arc1 *b, const struct states *s)
{
	struct arc1_run *r = &b->run;

	if (r->k2 == 0) {
		for (uint32_t i = 0; i < (uint32_t)s->count; i++) {
			mr__arc1_pulse(b, s->v_V, s->width_s);
			mr__arc1_pause(b, s->pause_s);
		}
		mr__arc1_pause(b, s->retention_s);
		r->sum = r->square = 0;
	}
	again(b);
	r->sum += r->r_ohm;
	r->square += r->r_ohm * r->r_ohm;
	mr__arc1_triple(b, r->r_ohm, s->v_V, s->width_s);
	if (++r->k2 < (uint32_t)s->reads)
		return ARC1_MORE;
	r->k2 = 0;
	judge_state(b, s);
	return ++r->k >= s->n ? states_end(b) : ARC1_MORE;
}

enum arc1_step mr__arc1_states_v(struct arc1 *b)
{
	const double *p = b->p;

	if (!b->run.n)
		b->run.n = mr__arc1_steps(b, p[6], p[7], p[8]);
	return states(b, &(struct states){
				 .reads = p[0],
				 .count = p[1],
				 .sigma = p[2],
				 .width_s = p[5],
				 .v_V = mr__arc1_at(p[6], p[7], p[8], b->run.k),
				 .pause_s = p[9],
				 .retention_s = p[10],
				 .n = b->run.n});
}

enum arc1_step mr__arc1_states_w(struct arc1 *b)
{
	const double *p = b->p;

	if (!b->run.n)
		b->run.n = mr__arc1_steps(b, p[5], p[7], p[8]);
	return states(b, &(struct states){.reads = p[0],
	                                  .count = p[1],
	                                  .sigma = p[2],
	                                  .width_s = mr__arc1_at(
						  p[5], p[7], p[8], b->run.k),
	                                  .v_V = p[6],
	                                  .pause_s = p[9],
	                                  .retention_s = p[10],
	                                  .n = b->run.n});
}

enum arc1_step mr__arc1_states_n(struct arc1 *b)
{
	const double *p = b->p;

	if (!b->run.n)
		b->run.n = mr__arc1_steps(b, p[1], p[2], p[3]);
	return states(b, &(struct states){.reads = p[0],
	                                  .count = mr__arc1_at(p[1], p[2], p[3],
	                                                       b->run.k),
	                                  .sigma = p[4],
	                                  .width_s = p[7],
	                                  .v_V = p[8],
	                                  .pause_s = p[9],
	                                  .retention_s = p[10],
	                                  .n = b->run.n});
}

/* ---- VolatilityRead ------------------------------------------------------ */

static void sample(struct arc1 *b)
{
	char line[LINE_ROOM];
	double r_ohm = mr__arc1_read_at(b, b->seen.v_read_V,
	                                (uint32_t)b->p[3], SAMPLE_S);

	(void)snprintf(line, sizeof line, "%" PRId64,
	               (b->t_ns - b->run.t0_ns) / NS_PER_US);
	mr__arc1_text(b, line);
	mr__arc1_float(b, r_ohm);
}

enum arc1_step mr__arc1_volatility(struct arc1 *b)
{
	struct arc1_run *r = &b->run;

	if (r->stage == 0) {
		mr__arc1_float(b, again(b));
		mr__arc1_pulse(b, b->p[0], b->p[1]);
		r->t0_ns = b->t_ns;
		r->stage = 1;
		return ARC1_MORE;
	}
	if (r->stage == 2 && b->arg[0] != 0) {
		mr__arc1_float(b, again(b));
		return ARC1_DONE;
	}
	r->stage = 1;
	sample(b);
	if (++r->k < (uint32_t)b->p[2])
		return ARC1_MORE;
	r->k = 0;
	r->stage = 2;
	b->want = 1;
	return ARC1_TOKENS;
}

/* ---- STDP ---------------------------------------------------------------- */

enum { STDP_BEGIN, STDP_STEPS, STDP_POINTS, STDP_POINT, STDP_END };

static void stdp_triple(struct arc1 *b)
{
	mr__arc1_triple(b, again(b), b->seen.v_read_V, 0);
}

static enum arc1_step stdp_want(struct arc1 *b, uint32_t stage, uint32_t n)
{
	b->run.stage = stage;
	b->want = n;
	return ARC1_TOKENS;
}

static uint32_t count_of(struct arc1 *b, double max)
{
	double n = fmin(fmax(trunc(b->arg[0]), 0), max);

	b->seen.misuse += n != b->arg[0];
	return (uint32_t)n;
}

/* After a step, or before the first: the next one, or the end. */
static enum arc1_step stdp_next(struct arc1 *b)
{
	if (b->run.n--)
		return stdp_want(b, STDP_POINTS, 1);
	stdp_triple(b);
	return ARC1_DONE;
}

/* What was held until this point. */
static void stdp_point(struct arc1 *b)
{
	struct arc1_run *r = &b->run;
	double t_s = mr__arc1_bound(b, 'P', b->arg[0]);

	b->seen.misuse += t_s < r->t_s;
	if (t_s > r->t_s && r->level_V != 0)
		(void)mr__arc1_hold(b, (double)r->level_V, t_s - r->t_s);
	else if (t_s > r->t_s)
		mr__arc1_pause(b, t_s - r->t_s);
	r->t_s = fmax(t_s, r->t_s);
	r->level_V = (float)mr__arc1_bound(b, 'V', b->arg[1]);
}

static enum arc1_step stdp_step_end(struct arc1 *b)
{
	stdp_triple(b);
	return stdp_next(b);
}

enum arc1_step mr__arc1_stdp(struct arc1 *b)
{
	struct arc1_run *r = &b->run;

	switch (r->stage) {
	case STDP_BEGIN:
		stdp_triple(b);
		return stdp_want(b, STDP_STEPS, 1);
	case STDP_STEPS:
		r->n = count_of(b, STDP_STEPS_MAX);
		return stdp_next(b);
	case STDP_POINTS:
		r->n2 = count_of(b, STDP_STEPS_MAX);
		r->t_s = 0;
		r->level_V = 0;
		stdp_triple(b);
		break;
	default:
		stdp_point(b);
		r->n2--;
	}
	return r->n2 ? stdp_want(b, STDP_POINT, 2) : stdp_step_end(b);
}

/* ---- MultiBias ----------------------------------------------------------- */

enum { BIAS_LIST, BIAS_TAKE, BIAS_READ, BIAS_BEFORE, BIAS_PULSE, BIAS_AFTER };

static enum arc1_step bias_take(struct arc1 *b)
{
	struct arc1_run *r = &b->run;

	r->lines[(uint32_t)mr__arc1_bound(b, 'w', b->arg[0]) - 1] = true;
	if (++r->k < r->n) {
		b->want = 1;
		return ARC1_TOKENS;
	}
	r->k = 0;
	r->stage = b->p[5] == 1 ? BIAS_READ : BIAS_BEFORE;
	return ARC1_MORE;
}

static enum arc1_step bias_read(struct arc1 *b)
{
	uint32_t bit = (uint32_t)b->p[4] - 1;
	double g_S = mr__arc1_column(b, b->run.lines, bit, b->p[2]);

	mr__arc1_triple(b,
	                g_S > 1 / ARC1_R_OPEN_OHM ? 1 / g_S : ARC1_R_OPEN_OHM,
	                b->p[2], 0);
	return ARC1_DONE;
}

static enum arc1_step bias_triple(struct arc1 *b)
{
	struct arc1_run *r = &b->run;

	b->word = r->k;
	mr__arc1_triple(b, mr__arc1_read_at(b, b->p[2], b->seen.read_cycles,
	                                    ARC1_READ_S),
	                b->p[2], 0);
	if (++r->k < b->words)
		return ARC1_MORE;
	r->k = 0;
	return r->stage++ == BIAS_AFTER ? ARC1_DONE : ARC1_MORE;
}

/* At the same time on a board; the emulated cells of different words do not
 * know of each other. */
static enum arc1_step bias_pulse(struct arc1 *b)
{
	struct arc1_run *r = &b->run;

	for (uint32_t i = 0; i < ARC1_LINES; i++) {
		b->word = i;
		if (r->lines[i])
			mr__arc1_pulse(b, b->p[0], b->p[1]);
	}
	r->stage = BIAS_AFTER;
	return ARC1_MORE;
}

enum arc1_step mr__arc1_bias(struct arc1 *b)
{
	struct arc1_run *r = &b->run;

	b->bit = (uint32_t)b->p[4] - 1;
	switch (r->stage) {
	case BIAS_LIST:
		r->n = (uint32_t)mr__arc1_bound(b, 'w', b->p[3]);
		r->stage = BIAS_TAKE;
		b->want = 1;
		return ARC1_TOKENS;
	case BIAS_TAKE:
		return bias_take(b);
	case BIAS_READ:
		return bias_read(b);
	case BIAS_PULSE:
		return bias_pulse(b);
	default:
		return bias_triple(b);
	}
}
