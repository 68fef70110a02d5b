/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The kind of device on a board, from the models' table. */
#include "device_type.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define KEY_MAX 64
#define UNKNOWN_V_READ_V 0.2
#define UNKNOWN_V_READ_MAX_V 0.5
#define UNKNOWN_WIDTH_S 1e-3
#define UNKNOWN_G_MAX_S 10e-3
#define UNKNOWN_G_UNIT_S 100e-6

static int take_param(struct mr_uri *uri, struct mr__device_type *type,
                      uint32_t i, struct mr_errtext *err)
{
	const struct mr_param *param = &type->model->params[i];
	char key[KEY_MAX];

	(void)snprintf(key, sizeof key, "device.%s", param->name);
	return mr_uri_take_double(uri, key, param->min, param->max, &type->p[i],
	                          err);
}

int mr__device_type_take(struct mr_uri *uri, struct mr__device_type *out,
                         struct mr_errtext *err)
{
	const char *name = mr_uri_take(uri, "device");
	const char *file = mr_uri_take(uri, "device.params");
	int rc = MR_OK;

	out->model = NULL;
	if (!name && file)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "key 'device.params=%s' needs key "
		                      "'device=MODEL', the model it is for",
		                      file);
	if (!name)
		return MR_OK;
	out->model = mr_model_find(name, err);
	if (!out->model)
		return MR_ERR_USAGE;
	mr_model_defaults(out->model, out->p);
	if (file)
		rc = mr_model_load(out->model, file, out->p, err);
	for (uint32_t i = 0; i < out->model->n_params && !rc; i++)
		rc = take_param(uri, out, i, err);
	return rc ? rc : out->model->check(out->p, err);
}

static void describe_unknown(struct mr_description *desc)
{
	(void)snprintf(desc->model, sizeof desc->model, "unknown");
	desc->limits.v_read_max_V = UNKNOWN_V_READ_MAX_V;
	desc->limits.v_pulse_max_V = INFINITY;
	desc->g_max_S = UNKNOWN_G_MAX_S;
	desc->g_unit_S = UNKNOWN_G_UNIT_S;
	desc->n_waveforms = 1;
	desc->waveforms[0] = (struct mr_waveform){.name = "read",
	                                          .unit = MR_UNIT_VOLT,
	                                          .amplitude = UNKNOWN_V_READ_V,
	                                          .width_s = UNKNOWN_WIDTH_S};
}

void mr__device_type_describe(const struct mr__device_type *type,
                              struct mr_description *desc)
{
	if (!type->model) {
		describe_unknown(desc);
		return;
	}
	(void)snprintf(desc->model, sizeof desc->model, "%s", type->model->name);
	type->model->describe(type->p, desc);
}

static bool can_apply(const struct mr_waveform *w, const struct mr_limits *l)
{
	double max = w->effect == MR_EFFECT_NONE ? l->v_read_max_V
	             : w->unit == MR_UNIT_VOLT   ? l->v_pulse_max_V
	                                         : l->i_pulse_max_A;

	return fabs(w->amplitude) <= max && w->width_s >= l->width_min_s &&
	       w->width_s <= l->width_max_s;
}

/* A read lasts as long as the board takes, whatever the device would allow. */
static void fit_read(struct mr_waveform *w, const struct mr_limits *l)
{
	if (w->effect != MR_EFFECT_NONE)
		return;
	w->width_s = fmin(fmax(w->width_s, l->width_min_s), l->width_max_s);
	w->amplitude = fmin(w->amplitude, l->v_read_max_V);
	w->t_rise_s = w->t_fall_s = 0;
}

void mr__device_type_narrow(struct mr_description *desc,
                            const struct mr_limits *board)
{
	struct mr_limits *l = &desc->limits;
	double v_read_V = fmin(l->v_read_max_V, board->v_read_max_V);
	double v_pulse_V = fmin(l->v_pulse_max_V, board->v_pulse_max_V);
	double i_pulse_A = fmin(l->i_pulse_max_A, board->i_pulse_max_A);
	uint32_t kept = 0;

	*l = *board;
	l->v_read_max_V = v_read_V;
	l->v_pulse_max_V = v_pulse_V;
	l->i_pulse_max_A = i_pulse_A;
	for (uint32_t i = 0; i < desc->n_waveforms; i++) {
		struct mr_waveform w = desc->waveforms[i];

		fit_read(&w, l);
		if (can_apply(&w, l))
			desc->waveforms[kept++] = w;
	}
	desc->n_waveforms = kept;
}
