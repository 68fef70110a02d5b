/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Models that know one SET and one RESET pulse, both of current: which of
 * them a pulse is. */
#ifndef MR_DEVICES_SETRESET_H
#define MR_DEVICES_SETRESET_H

#include <math.h>

#include "memrig/model.h"

struct setreset {
	double i_set_A;
	double w_set_s;
	double i_reset_A;
	double w_reset_s;
	double tolerance; /* how far a pulse may be from them, relative */
};

/* A hair more, because amplitudes come as float. */
static inline bool mr__near(double value, double target, double tolerance)
{
	return fabs(value - target) <= tolerance * target * (1 + 1e-6);
}

static inline bool mr__setreset_is_set(const struct setreset *k,
                                       const struct mr_stimulus *s)
{
	return s->unit == MR_UNIT_AMPERE &&
	       mr__near(s->amplitude, k->i_set_A, k->tolerance) &&
	       mr__near(s->width_s, k->w_set_s, k->tolerance);
}

static inline bool mr__setreset_is_reset(const struct setreset *k,
                                         const struct mr_stimulus *s)
{
	return s->unit == MR_UNIT_AMPERE &&
	       mr__near(s->amplitude, k->i_reset_A, k->tolerance) &&
	       mr__near(s->width_s, k->w_reset_s, k->tolerance);
}

/* mr_model.check of these parameters. */
int mr__setreset_check(const struct setreset *k, struct mr_errtext *err);

/* mr_model.accepts; `model` is named in the sentence. */
int mr__setreset_accepts(const struct setreset *k, const char *model,
                         const struct mr_stimulus *s, struct mr_errtext *err);

/* The waveforms read, set and reset, and the limits that follow. */
void mr__setreset_describe(const struct setreset *k, double v_read_V,
                           double v_read_max_V, double t_read_s,
                           struct mr_step step, struct mr_description *desc);

#endif
