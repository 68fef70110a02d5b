/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* One operation at a time, for programs that need no more. */
#include "array_priv.h"

static struct mr_selection chosen(const struct mr_selection *where)
{
	return where ? *where : (struct mr_selection){.kind = MR_SELECT_ALL};
}

int mr_array_read(struct mr_array *array, const struct mr_selection *where,
                  float *g_S)
{
	struct mr_op op = {.kind = MR_OP_READ,
	                   .where = chosen(where),
	                   .read = {.g_S = g_S}};

	return mr_array_submit(array, &op, 1, NULL, NULL);
}

void mr_pulse_from(struct mr_op *op, const struct mr_waveform *wave)
{
	op->kind = MR_OP_PULSE;
	op->pulse = (struct mr_pulse_op){.unit = wave->unit,
	                                 .amplitude = wave->amplitude,
	                                 .width_s = wave->width_s,
	                                 .t_rise_s = wave->t_rise_s,
	                                 .t_fall_s = wave->t_fall_s,
	                                 .count = 1};
	op->outcome = (struct mr_outcome){0};
}

int mr_array_pulse(struct mr_array *array, const struct mr_selection *where,
                   const char *name, uint32_t count)
{
	const struct mr_description *d = &array->desc;
	const struct mr_waveform *wave = mr_description_waveform(d, name);
	struct mr_op op = {.where = chosen(where)};
	char known[MR_WAVEFORMS_MAX * (sizeof wave->name + 2)] = "";

	if (wave && wave->effect != MR_EFFECT_NONE && count >= 1) {
		mr_pulse_from(&op, wave);
		op.pulse.count = count;
		return mr_array_submit(array, &op, 1, NULL, NULL);
	}
	for (uint32_t i = 0; i < d->n_waveforms; i++) {
		if (d->waveforms[i].effect == MR_EFFECT_NONE)
			continue;
		mr__list_name(known, sizeof known, d->waveforms[i].name);
	}
	if (count < 1)
		return mr_errtext_set(&array->err, MR_ERR_USAGE,
		                      "a pulse count of 0");
	return mr_errtext_set(&array->err, MR_ERR_USAGE,
	                      "no programming waveform '%.40s'; there are: %s%s",
	                      name ? name : "", known[0] ? known : "none",
	                      array->narrowed);
}

int mr_array_wait(struct mr_array *array, double duration_s)
{
	struct mr_op op = {.kind = MR_OP_WAIT,
	                   .wait = {.duration_s = duration_s}};

	return mr_array_submit(array, &op, 1, NULL, NULL);
}

int mr_array_drive(struct mr_array *array, const float *v_V, float *i_A)
{
	struct mr_op op = {.kind = MR_OP_DRIVE,
	                   .drive = {.batch = 1, .v_V = v_V, .i_A = i_A}};

	return mr_array_submit(array, &op, 1, NULL, NULL);
}
