/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * What the jobs of the virtual ArC ONE can do to the emulated array, through
 * array.h alone: read, pulse, trace, wait. Each takes board time, and before
 * each the array catches up with the board.
 */
#include "wire_arc1.h"

#include <math.h>

#define OVERHEAD_S 20e-6   /* assumed: setting up a pulse */
#define WAIT_MAX_S 1e9     /* longest wait of the emulator */
#define V_LEAST_V 1e-6     /* below it there is nothing to read by */

static int64_t to_ns(double s)
{
	return (int64_t)llround(s * ARC1_NS_PER_S);
}

/* ---- time ---------------------------------------------------------------- */

/* Whether the model knows what is asked of the cell. */
static bool submit(struct arc1 *b, struct mr_op *op)
{
	bool took = mr_array_submit(b->array, op, 1, NULL, NULL) == MR_OK;

	b->seen.refused += !took;
	return took;
}

/* A board that idles for months lets its cells drift for months. */
static void catch_up(struct arc1 *b)
{
	int64_t behind_ns = b->t_ns - b->base_ns - mr_array_time_ns(b->array);

	while (behind_ns > 0) {
		double wait_s = fmin((double)behind_ns / ARC1_NS_PER_S,
		                     WAIT_MAX_S);
		int64_t before_ns = mr_array_time_ns(b->array);

		if (mr_array_wait(b->array, wait_s) ||
		    mr_array_time_ns(b->array) == before_ns)
			return;
		behind_ns -= mr_array_time_ns(b->array) - before_ns;
	}
}

/* The array may have taken longer than was reckoned with. */
static void spend(struct arc1 *b, double s)
{
	int64_t array_ns = b->base_ns + mr_array_time_ns(b->array);

	b->t_ns += to_ns(s);
	if (b->t_ns < array_ns)
		b->t_ns = array_ns;
}

void mr__arc1_pause(struct arc1 *b, double pause_s)
{
	b->t_ns += to_ns(pause_s);
}

/* ---- one cell ------------------------------------------------------------ */

/* Whether the board's source and meter reach a cell of the emulated array. */
static bool is_there(struct arc1 *b)
{
	const struct mr_description *d = mr_array_describe(b->array);

	if (b->seen.session >= 2) {
		b->seen.misuse++;
		return false;
	}
	return b->word < d->rows && b->bit < d->cols;
}

static struct mr_selection cell_of(const struct arc1 *b)
{
	return (struct mr_selection){.kind = MR_SELECT_RECT,
	                             .row = b->word,
	                             .col = b->bit,
	                             .n_rows = 1,
	                             .n_cols = 1};
}

static double resistance(const struct arc1 *b, double v_V, double i_A)
{
	double g_S = i_A / v_V;
	double r_ohm = g_S > 1 / ARC1_R_OPEN_OHM ? 1 / g_S : ARC1_R_OPEN_OHM;

	return b->seen.session == 1 ? 2 * r_ohm : r_ohm;
}

/* One level of a trace. */
static bool trace(struct arc1 *b, double v_V, double hold_s, float *i_A)
{
	float level = (float)v_V;
	struct mr_op op = {.kind = MR_OP_TRACE,
	                   .where = cell_of(b),
	                   .trace = {.unit = MR_UNIT_VOLT,
	                             .n_levels = 1,
	                             .level = &level,
	                             .hold_s = &hold_s,
	                             .i_A = i_A}};

	*i_A = 0;
	return submit(b, &op);
}

static bool reads_at(const struct arc1 *b, double v_V)
{
	double max = mr_array_describe(b->array)->limits.v_read_max_V;

	return fabs(v_V) <= fmax(max, (double)(float)max);
}

static double plain_read(struct arc1 *b, double v_V, uint32_t reads,
                         double each_s)
{
	float g_S = 0;
	struct mr_op op = {.kind = MR_OP_READ,
	                   .where = cell_of(b),
	                   .read = {.v_read_V = v_V,
	                            .t_int_s = b->whole ? reads * each_s
	                                                : each_s,
	                            .averages = b->whole ? 1 : reads,
	                            .g_S = &g_S}};

	(void)submit(b, &op);
	return resistance(b, v_V, v_V * (double)g_S);
}

double mr__arc1_read_at(struct arc1 *b, double v_V, uint32_t reads,
                        double each_s)
{
	double max_V = mr_array_describe(b->array)->limits.v_read_max_V;
	double time_s = reads * each_s, r_ohm = ARC1_R_OPEN_OHM;
	float i_A;

	catch_up(b);
	if (!is_there(b) || fabs(v_V) < V_LEAST_V)
		r_ohm = ARC1_R_OPEN_OHM;
	else if (reads_at(b, v_V))
		r_ohm = plain_read(b, v_V, reads, each_s);
	else if (trace(b, v_V, time_s, &i_A))
		r_ohm = resistance(b, v_V, (double)i_A);
	else /* taken as linear */
		r_ohm = plain_read(b, copysign(max_V, v_V), reads, each_s);
	spend(b, time_s);
	return r_ohm;
}

double mr__arc1_read(struct arc1 *b, uint32_t word, uint32_t bit)
{
	b->word = word;
	b->bit = bit;
	return mr__arc1_read_at(b, b->seen.v_read_V, b->seen.read_cycles,
	                        ARC1_READ_S);
}

void mr__arc1_pulse(struct arc1 *b, double v_V, double width_s)
{
	struct mr_op op = {.kind = MR_OP_PULSE,
	                   .where = cell_of(b),
	                   .pulse = {.unit = MR_UNIT_VOLT,
	                             .amplitude = v_V,
	                             .width_s = width_s}};

	mr__arc1_pause(b, OVERHEAD_S);
	catch_up(b);
	if (is_there(b) && v_V != 0)
		(void)submit(b, &op);
	spend(b, width_s);
}

/* A level that the model does not know, taken as linear. */
static double hold_unknown(struct arc1 *b, double v_V, double hold_s)
{
	double max_V = mr_array_describe(b->array)->limits.v_read_max_V;

	spend(b, fmax(hold_s - ARC1_READ_S, 0));
	return mr__arc1_read_at(b, copysign(max_V, v_V), 1, ARC1_READ_S);
}

double mr__arc1_hold(struct arc1 *b, double v_V, double hold_s)
{
	double r_ohm = ARC1_R_OPEN_OHM;
	float i_A;

	catch_up(b);
	if (is_there(b) && fabs(v_V) >= V_LEAST_V) {
		if (!trace(b, v_V, hold_s, &i_A))
			return hold_unknown(b, v_V, hold_s);
		r_ohm = resistance(b, (double)(float)v_V, (double)i_A);
	}
	spend(b, hold_s);
	return r_ohm;
}

/* ---- one bit line -------------------------------------------------------- */

double mr__arc1_column(struct arc1 *b, const bool *words, uint32_t bit,
                       double v_V)
{
	double g_S = 0;

	b->bit = bit;
	for (uint32_t i = 0; i < ARC1_LINES; i++) {
		if (!words[i])
			continue;
		b->word = i;
		double r_ohm = mr__arc1_read_at(b, v_V, b->seen.read_cycles,
		                                ARC1_READ_S);

		if (r_ohm < ARC1_R_OPEN_OHM)
			g_S += 1 / r_ohm;
	}
	return g_S;
}
