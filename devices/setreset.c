/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* What models of one SET and one RESET pulse say of them. */
#include "setreset.h"

int mr__setreset_check(const struct setreset *k, struct mr_errtext *err)
{
	if (k->i_set_A * (1 + k->tolerance) < k->i_reset_A * (1 - k->tolerance))
		return MR_OK;
	return mr_errtext_set(err, MR_ERR_RANGE,
	                      "i_set_A = %g must be clearly below i_reset_A = "
	                      "%g",
	                      k->i_set_A, k->i_reset_A);
}

int mr__setreset_accepts(const struct setreset *k, const char *model,
                         const struct mr_stimulus *s, struct mr_errtext *err)
{
	if (mr__setreset_is_set(k, s) || mr__setreset_is_reset(k, s))
		return MR_OK;
	return mr_errtext_set(
		err, MR_ERR_UNSUPPORTED,
		"a pulse of %g %s, %g s: model %s covers only SET (%g A, %g s) "
		"and RESET (%g A, %g s), each within %g %%",
		s->amplitude, s->unit == MR_UNIT_AMPERE ? "A" : "V", s->width_s,
		model, k->i_set_A, k->w_set_s, k->i_reset_A, k->w_reset_s,
		100 * k->tolerance);
}

void mr__setreset_describe(const struct setreset *k, double v_read_V,
                           double v_read_max_V, double t_read_s,
                           struct mr_step step, struct mr_description *desc)
{
	const struct mr_waveform waves[] = {
		{.name = "read", .unit = MR_UNIT_VOLT, .amplitude = v_read_V,
		 .width_s = t_read_s, .effect = MR_EFFECT_NONE},
		{.name = "set", .unit = MR_UNIT_AMPERE, .amplitude = k->i_set_A,
		 .width_s = k->w_set_s, .effect = MR_EFFECT_RAISE, .step = step},
		{.name = "reset", .unit = MR_UNIT_AMPERE,
		 .amplitude = k->i_reset_A, .width_s = k->w_reset_s,
		 .effect = MR_EFFECT_ERASE},
	};

	desc->limits.v_read_max_V = v_read_max_V;
	desc->limits.v_pulse_max_V = 0;
	desc->limits.i_pulse_max_A = k->i_reset_A * (1 + k->tolerance);
	desc->n_waveforms = sizeof waves / sizeof waves[0];
	for (uint32_t i = 0; i < desc->n_waveforms; i++)
		desc->waveforms[i] = waves[i];
}
