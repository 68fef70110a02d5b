/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* What a caller knows better than the array's own description. It is kept beside
 * it, for each configure makes a new one. */
#include <math.h>

#include "array_priv.h"

static void put_step(struct mr_description *desc, enum mr_effect effect,
                     const struct mr_step *step)
{
	const struct mr_waveform *wave = mr_description_effect(desc, effect);

	if (wave)
		desc->waveforms[wave - desc->waveforms].step = *step;
}

void mr__expect_apply(const struct mr__expected *e, struct mr_description *desc)
{
	if (e->has_raise)
		put_step(desc, MR_EFFECT_RAISE, &e->raise);
	if (e->has_lower)
		put_step(desc, MR_EFFECT_LOWER, &e->lower);
	if (e->has_range) {
		desc->g_min_S = e->g_min_S;
		desc->g_max_S = e->g_max_S;
	}
}

static bool can_plan_by(const struct mr_step *s)
{
	return isfinite(s->floor_S) && s->floor_S >= 0
	       && isfinite(s->offset_S) && isfinite(s->slope)
	       && isfinite(s->history_S) && isfinite(s->memory_pulses)
	       && (s->history_S == 0 || s->memory_pulses > 0);
}

int mr_array_expect_step(struct mr_array *array, enum mr_effect effect,
                         const struct mr_step *step)
{
	const struct mr_waveform *wave =
		mr_description_effect(&array->desc, effect);

	if (array->inside)
		return MR_ERR_BUSY;
	if ((effect != MR_EFFECT_RAISE && effect != MR_EFFECT_LOWER) || !wave)
		return mr_errtext_set(&array->err, MR_ERR_UNSUPPORTED,
		                      "%s has no waveform of that effect with "
		                      "steps", array->desc.driver);
	if (!can_plan_by(step))
		return mr_errtext_set(&array->err, MR_ERR_RANGE,
		                      "step of '%s': must be finite, its floor "
		                      ">= 0, its memory > 0", wave->name);
	*(effect == MR_EFFECT_RAISE ? &array->expected.raise
	                            : &array->expected.lower) = *step;
	*(effect == MR_EFFECT_RAISE ? &array->expected.has_raise
	                            : &array->expected.has_lower) = true;
	mr__expect_apply(&array->expected, &array->desc);
	return MR_OK;
}

int mr_array_expect_range(struct mr_array *array, double g_min_S,
                          double g_max_S)
{
	if (array->inside)
		return MR_ERR_BUSY;
	if (array->desc.abilities & MR_ABILITY(MR_OP_PROGRAM))
		return mr_errtext_set(&array->err, MR_ERR_UNSUPPORTED,
		                      "%s programs targets on its own, from %g to "
		                      "%g S", array->desc.driver,
		                      array->desc.g_min_S, array->desc.g_max_S);
	if (!(g_min_S >= 0 && g_max_S > g_min_S && isfinite(g_max_S)))
		return mr_errtext_set(&array->err, MR_ERR_RANGE,
		                      "targets from %g to %g S: must be finite, "
		                      "0 or more and ascending", g_min_S, g_max_S);
	array->expected.g_min_S = g_min_S;
	array->expected.g_max_S = g_max_S;
	array->expected.has_range = true;
	mr__expect_apply(&array->expected, &array->desc);
	return MR_OK;
}
