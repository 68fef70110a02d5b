/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Jobs of the virtual ArC ONE that ramp amplitudes and widths: FormFinder,
 * SwitchSeeker, Endurance, CurveTracer, ConvergeToState, ChronoAmperometry.
 * One pulse or level and its reading is one piece of work.
 *
 * The sheet gives parameters and replies; how the ramps run is assumed here:
 *   14, 141  for each voltage all widths, `pulses` pulses each, then a triple
 *            (R, V, width); ends below R threshold, or R0 (1 - R threshold %).
 *            A series resistor divides the voltage with the last reading.
 *   15, 152  stage I, with polarity 0: +V and -V in turn, V rising, until the
 *            resistance has moved by the tolerance: the sign that did it is
 *            the polarity. Stage II: a ramp of it until the resistance has
 *            moved, then one of the other sign, `cycles` times. A first
 *            reading above a threshold ends the device at once. Fast and slow
 *            are the same. Triples (R, V, width), after each pulse or after
 *            each train.
 *   191      a triple after each pulse. A current that the last reading lets
 *            expect beyond the cut-off ends the pulse after 30 us.
 *   201      start, ..., max, ..., start of one sign, then of the other; (R,
 *            V, 0) at each level, R <= 0 after each cycle. A level whose
 *            current is beyond the cut-off after 30 us is taken away then;
 *            with halt and return the sweep turns back there. Pulsed: 0 V
 *            between levels.
 *   21       width by width a voltage ramp; a target that was passed, or a
 *            resistance that moves away from it by more than the initial
 *            tolerance, turns the polarity and starts again, TURNS_MAX times.
 *   220      a triple (R, V, time since begin) at the end of each of `reads`
 *            equal parts of the width.
 */
#include "wire_arc1.h"

#include <math.h>

#define CUTOFF_S 30e-6 /* sheet: acts within about 30 us */
#define TURNS_MAX 20
#define PERCENT 0.01
#define V_START_MIN_V 50e-3 /* sheet: least start of a CurveTracer */

/* ---- ramps --------------------------------------------------------------- */

static uint32_t bounded(struct arc1 *b, double n)
{
	if (n <= ARC1_COUNT_MAX)
		return (uint32_t)n;
	b->seen.misuse++;
	return ARC1_COUNT_MAX;
}

uint32_t mr__arc1_steps(struct arc1 *b, double from, double step, double to)
{
	if (step == 0 || from == to)
		return 1;
	return bounded(b, floor(fabs((to - from) / step) + 1e-6) + 1);
}

double mr__arc1_at(double from, double step, double to, uint32_t k)
{
	double v = from + copysign(step, to - from) * k;

	return k == 0 ? from : v;
}

static uint32_t growth_steps(struct arc1 *b, double from, double percent,
                             double to)
{
	if (percent <= 0 || to <= from)
		return 1;
	return bounded(b, floor(log(to / from) / log1p(PERCENT * percent) +
	                        1e-6) + 1);
}

static double grown(double from, double percent, uint32_t k)
{
	return from * pow(1 + PERCENT * percent, k);
}

static double again(struct arc1 *b)
{
	return b->run.r_ohm = mr__arc1_read(b, b->word, b->bit);
}

static void pulses(struct arc1 *b, double v_V, double width_s, double count,
                   double pause_s)
{
	for (uint32_t i = 0; i < (uint32_t)count; i++) {
		mr__arc1_pulse(b, v_V, width_s);
		mr__arc1_pause(b, pause_s);
	}
}

static bool has_moved(double r_ohm, double r0_ohm, double percent)
{
	return fabs(r_ohm - r0_ohm) > PERCENT * percent * r0_ohm;
}

/* ---- FormFinder ---------------------------------------------------------- */

static double series_ohm(double code)
{
	return code == 7 ? 0 : pow(10, 2 + code);
}

static bool has_formed(const struct arc1 *b)
{
	const struct arc1_run *r = &b->run;

	if (b->p[8] > 0)
		return r->r_ohm <= r->r0_ohm * (1 - PERCENT * b->p[8]);
	return r->r_ohm < b->p[7];
}

static enum arc1_step form(struct arc1 *b, uint32_t n_w, double width_s,
                           double series, double count)
{
	struct arc1_run *r = &b->run;
	double v = mr__arc1_at(b->p[0], fabs(b->p[1]), b->p[2], r->k / n_w);
	double part = r->r_ohm / (r->r_ohm + series_ohm(series));

	pulses(b, v * part, width_s, count, b->p[6]);
	again(b);
	mr__arc1_triple(b, r->r_ohm, v, width_s);
	return ++r->k == r->n * n_w || has_formed(b) ? ARC1_DONE : ARC1_MORE;
}

static void form_begin(struct arc1 *b)
{
	if (b->run.n)
		return;
	b->run.n = mr__arc1_steps(b, b->p[0], b->p[1], b->p[2]);
	b->run.r0_ohm = again(b);
}

enum arc1_step mr__arc1_former(struct arc1 *b)
{
	form_begin(b);
	if (!b->run.n2)
		b->run.n2 = growth_steps(b, b->p[3], b->p[4], b->p[5]);
	return form(b, b->run.n2,
	            grown(b->p[3], b->p[4], b->run.k % b->run.n2), b->p[9],
	            b->p[10]);
}

enum arc1_step mr__arc1_former2(struct arc1 *b)
{
	struct arc1_run *r = &b->run;
	bool linear = b->p[9] == 1;

	form_begin(b);
	if (!r->n2)
		r->n2 = linear ? mr__arc1_steps(b, b->p[3], b->p[4], b->p[5])
		               : growth_steps(b, b->p[3], b->p[4], b->p[5]);
	return form(b, r->n2,
	            linear ? mr__arc1_at(b->p[3], b->p[4], b->p[5],
	                                 r->k % r->n2)
	                   : grown(b->p[3], b->p[4], r->k % r->n2),
	            b->p[10], b->p[11]);
}

/* ---- SwitchSeeker -------------------------------------------------------- */

/* One pulse of a train; whether it was the last. Then r_ohm says what the train
 * did. */
static bool seek(struct arc1 *b, double v_V)
{
	bool last = ++b->run.k2 == (uint32_t)b->p[7];

	pulses(b, v_V, b->p[0], 1, b->p[4]);
	if (last || b->p[10] == 1)
		mr__arc1_triple(b, again(b), v_V, b->p[0]);
	if (last)
		b->run.k2 = 0;
	return last;
}

static double averaged(struct arc1 *b, double reads)
{
	double sum = 0;

	for (uint32_t i = 0; i < (uint32_t)reads; i++)
		sum += again(b);
	return sum / trunc(reads);
}

static enum arc1_step seek_polarity(struct arc1 *b)
{
	struct arc1_run *r = &b->run;
	double v = mr__arc1_at(b->p[1], b->p[2], b->p[3], r->k / 2);
	int sign = r->k % 2 ? -1 : 1;

	if (!seek(b, sign * v))
		return ARC1_MORE;
	if (has_moved(r->r_ohm, r->r0_ohm, b->p[9])) {
		r->sign = -sign; /* it has switched that way just now */
		r->stage = 2;
		r->k = 0;
		return ARC1_MORE;
	}
	return ++r->k == 2 * r->n ? ARC1_DONE : ARC1_MORE;
}

static enum arc1_step seek_switch(struct arc1 *b)
{
	struct arc1_run *r = &b->run;
	double v = mr__arc1_at(b->p[1], b->p[2], b->p[3], r->k);

	if (r->k == 0 && r->k2 == 0)
		r->r0_ohm = averaged(b, b->p[6]);
	if (!seek(b, r->sign * v))
		return ARC1_MORE;
	if (++r->k < r->n && !has_moved(r->r_ohm, r->r0_ohm, b->p[9]))
		return ARC1_MORE;
	r->k = 0;
	r->sign = -r->sign;
	return ++r->cycle == 2 * (uint32_t)b->p[8] ? ARC1_DONE : ARC1_MORE;
}

enum arc1_step mr__arc1_switch(struct arc1 *b)
{
	struct arc1_run *r = &b->run;

	if (r->stage == 1)
		return seek_polarity(b);
	if (r->stage == 2)
		return seek_switch(b);
	r->r0_ohm = averaged(b, b->p[6]);
	if (b->p[5] > 0 && r->r0_ohm > b->p[5])
		return ARC1_DONE;
	r->n = mr__arc1_steps(b, b->p[1], b->p[2], b->p[3]);
	r->sign = (int)b->p[11];
	r->stage = r->sign ? 2 : 1;
	return ARC1_MORE;
}

/* ---- Endurance ----------------------------------------------------------- */

static double cut_width(const struct arc1 *b, double v_V, double width_s,
                        double cutoff_A)
{
	double i_A = fabs(v_V) / b->run.r_ohm;

	return cutoff_A > 0 && i_A > cutoff_A ? fmin(width_s, CUTOFF_S)
	                                      : width_s;
}

enum arc1_step mr__arc1_endurance(struct arc1 *b)
{
	struct arc1_run *r = &b->run;
	const double *up = &b->p[0], *down = &b->p[3];
	uint32_t n_up = (uint32_t)b->p[7], n = n_up + (uint32_t)b->p[8];
	const double *side = r->k % n < n_up ? up : down;
	double pause_s = b->gui ? b->p[6] / 1e3 : b->p[6];

	if (r->k == 0)
		again(b);
	pulses(b, side[0], cut_width(b, side[0], side[1], side[2]), 1, pause_s);
	mr__arc1_triple(b, again(b), side[0], side[1]);
	if (++r->k % n == 0)
		r->cycle++;
	return r->cycle == (uint32_t)b->p[9] ? ARC1_DONE : ARC1_MORE;
}

/* ---- CurveTracer --------------------------------------------------------- */

/* Holds a level, or cuts it off; returns whether it was. */
static bool curve_level(struct arc1 *b, double v_V)
{
	double width_s = b->p[4], cutoff_A = v_V > 0 ? b->p[6] : b->p[7];
	double first_s = cutoff_A > 0 ? fmin(width_s, CUTOFF_S) : width_s;
	double r_ohm = mr__arc1_hold(b, v_V, first_s);
	bool cut = cutoff_A > 0 && fabs(v_V) / r_ohm > cutoff_A;

	if (cut)
		mr__arc1_pause(b, width_s - first_s);
	else if (width_s > first_s)
		r_ohm = mr__arc1_hold(b, v_V, width_s - first_s);
	mr__arc1_pause(b, b->p[5]);
	mr__arc1_triple(b, r_ohm, v_V, 0);
	return cut;
}

/* The next side of the loop, the next cycle, or the end. */
static enum arc1_step curve_turn(struct arc1 *b)
{
	struct arc1_run *r = &b->run;

	r->k = r->n = 0;
	if (b->p[10] < 2 && ++r->stage < 2)
		return ARC1_MORE;
	r->stage = 0;
	mr__arc1_triple(b, 0, 0, 0);
	return ++r->cycle == (uint32_t)b->p[8] ? ARC1_DONE : ARC1_MORE;
}

static void curve_side(struct arc1 *b)
{
	struct arc1_run *r = &b->run;
	bool negative = ((int)b->p[10] % 2 == 1) != (r->stage == 1);
	double max = fabs(negative ? b->p[1] : b->p[0]);

	r->sign = negative ? -1 : 1;
	r->n = max < fabs(b->p[2])
	               ? 1
	               : mr__arc1_steps(b, fabs(b->p[2]), b->p[3], max);
	r->n2 = r->n;
}

static void curve_check(struct arc1 *b)
{
	b->seen.misuse += fabs(b->p[2]) < V_START_MIN_V * (1 - 1e-9);
	if (fabs(b->p[2]) < V_START_MIN_V)
		b->p[2] = V_START_MIN_V;
}

enum arc1_step mr__arc1_curve(struct arc1 *b)
{
	struct arc1_run *r = &b->run;

	if (!r->cycle && !r->k && !r->stage)
		curve_check(b);
	if (!r->n)
		curve_side(b);
	/* up to n2 levels, and the same back again */
	uint32_t level = r->k < r->n2 ? r->k : 2 * r->n2 - 2 - r->k;
	double v = r->sign * (fabs(b->p[2]) + level * fabs(b->p[3]));
	bool cut = curve_level(b, fmin(fmax(v, -ARC1_V_MAX_V), ARC1_V_MAX_V));

	if (cut && b->p[11] == 1 && r->k < r->n2)
		r->n2 = r->k + 1;
	if (++r->k < 2 * r->n2 - 1)
		return ARC1_MORE;
	return curve_turn(b);
}

/* ---- ConvergeToState ----------------------------------------------------- */

static bool turn(struct arc1 *b)
{
	struct arc1_run *r = &b->run;

	r->sign = -r->sign;
	r->k = 0;
	r->r0_ohm = r->r_ohm;
	return ++r->cycle <= TURNS_MAX;
}

/* Whether the last reading calls for the other polarity. */
static bool is_astray(const struct arc1 *b)
{
	const struct arc1_run *r = &b->run;
	double want = b->p[7], before = r->r0_ohm - want, now = r->r_ohm - want;

	return before * now < 0 ||
	       (fabs(now) > fabs(before) &&
	        has_moved(r->r_ohm, r->r0_ohm, b->p[9]));
}

static void converge_begin(struct arc1 *b)
{
	struct arc1_run *r = &b->run;

	r->stage = 1;
	r->n = mr__arc1_steps(b, b->p[0], b->p[1], b->p[2]);
	r->n2 = growth_steps(b, b->p[3], b->p[4], b->p[5]);
	r->sign = b->p[11] < 0 ? -1 : 1;
	r->r0_ohm = again(b);
}

enum arc1_step mr__arc1_converge(struct arc1 *b)
{
	struct arc1_run *r = &b->run;

	if (!r->stage)
		converge_begin(b);
	if (!has_moved(r->r_ohm, b->p[7], b->p[8]))
		return ARC1_DONE;
	double v = r->sign *
	           mr__arc1_at(b->p[0], b->p[1], b->p[2], r->k % r->n);
	double width_s = grown(b->p[3], b->p[4], r->k / r->n);

	pulses(b, v, width_s, b->p[10], b->p[6]);
	mr__arc1_triple(b, again(b), v, width_s);
	r->k++;
	if (!has_moved(r->r_ohm, b->p[7], b->p[8]))
		return ARC1_DONE;
	if (is_astray(b))
		return turn(b) ? ARC1_MORE : ARC1_DONE;
	return r->k == r->n * r->n2 ? ARC1_DONE : ARC1_MORE;
}

/* ---- ChronoAmperometry --------------------------------------------------- */

enum arc1_step mr__arc1_chrono(struct arc1 *b)
{
	struct arc1_run *r = &b->run;

	if (r->k == 0)
		r->t0_ns = b->t_ns;
	double r_ohm = mr__arc1_hold(b, b->p[0], b->p[1] / b->p[2]);

	mr__arc1_triple(b, r_ohm, b->p[0],
	                (double)(b->t_ns - r->t0_ns) / ARC1_NS_PER_S);
	return ++r->k == (uint32_t)b->p[2] ? ARC1_DONE : ARC1_MORE;
}
