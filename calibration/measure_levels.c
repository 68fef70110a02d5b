/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Levels all over the range, and readings at times that grow. */
#include "measuring.h"

#include <math.h>

#define PULSES_TOP 30     /* pulses of the highest level */
#define BUDGET 50         /* pulses per cell of a programmed level */
#define TOLERANCE 0.02    /* of a full cell */
#define VERIFY_AVERAGES 8

int mr__measure_can_level(struct mr__measuring *m)
{
	if (!(m->abilities & MR_ABILITY(MR_OP_READ))
	    || !(m->abilities & MR_ABILITY(MR_OP_WAIT)))
		return mr__measure_skip(m, "the array cannot read and wait");
	if (mr__measure_wave(m, MR_EFFECT_RAISE) && mr__measure_clears(m))
		return MR_OK;
	if (m->abilities & MR_ABILITY(MR_OP_PROGRAM))
		return MR_OK;
	return mr__measure_skip(m, "the array has no pulses that lead up and "
	                           "down, and does not program");
}

static uint32_t level_of(uint32_t i, uint32_t round, uint32_t n_levels)
{
	return (i + round) % n_levels;
}

/* 0, 1, 2, .. growing by a factor: steps are large at first, small later. */
static uint32_t pulses_of(uint32_t level, uint32_t n_levels)
{
	double share = n_levels > 1 ? (double)level / (n_levels - 1) : 1;

	return (uint32_t)lround(pow(PULSES_TOP + 1, share) - 1);
}

/* Closer together where conductances are low: much happens there. */
static double target_of(const struct mr_description *d, uint32_t level,
                        uint32_t n_levels)
{
	double share = (double)(level + 1) / n_levels;

	return d->g_min_S + (d->g_max_S - d->g_min_S) * share * share;
}

static int level_by_pulses(struct mr__measuring *m, uint32_t round,
                           uint32_t n_levels)
{
	int code = mr__measure_clear(m);

	for (uint32_t i = 0; i < m->n; i++)
		m->counts[i] = pulses_of(level_of(i, round, n_levels), n_levels);
	return code != MR_OK
	       ? code
	       : mr__measure_counts(m, mr__measure_wave(m, MR_EFFECT_RAISE));
}

int mr__measure_levels(struct mr__measuring *m, uint32_t round,
                       uint32_t n_levels)
{
	if (mr__measure_wave(m, MR_EFFECT_RAISE) && mr__measure_clears(m))
		return level_by_pulses(m, round, n_levels);
	for (uint32_t i = 0; i < m->n; i++)
		m->targets_S[i] = (float)target_of(
			m->desc, level_of(i, round, n_levels), n_levels);
	return mr__measure_targets(m, TOLERANCE * m->desc->g_unit_S, BUDGET,
	                           VERIFY_AVERAGES);
}

int mr__measure_log_times(struct mr__measuring *m, int64_t t0_ns,
                          double first_s, double last_s, uint32_t per_decade,
                          uint32_t averages)
{
	double steps = log10(last_s / first_s) * per_decade;
	int code = MR_OK;

	for (uint32_t k = 0; k <= (uint32_t)(steps + 1e-6) && code == MR_OK;
	     k++) {
		double age_s = first_s * pow(10, (double)k / per_decade);

		code = mr__measure_until(m, t0_ns + (int64_t)(age_s * 1e9));
		if (code == MR_OK)
			code = mr__measure_read(m, averages);
	}
	return code;
}
