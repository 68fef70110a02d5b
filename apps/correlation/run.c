/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Pulses by the collective activity, as run.h says. */
#include "run.h"

#include <stdlib.h>
#include <string.h>

#define PROGRESS_EVERY 16 /* steps */

struct run {
	const struct mr_correlation_plan *plan;
	struct mr_crowd *crowd;
	struct mr_array *array;
	struct mr_correlation_result *result;
	const struct mr_waveform *raise;
	uint32_t *cells;  /* [n] of the present step */
	float *all_S;     /* [array] one look at everything */
	uint64_t counter; /* global: which cell of a process is next */
};

uint64_t mr_correlation_cells(uint32_t n, uint32_t n_cells)
{
	return (uint64_t)n * n_cells;
}

/* ---- looking --------------------------------------------------------------- */

/* The cells of a process lie side by side. */
static int look(struct run *r, float *g_S)
{
	const uint32_t d = r->plan->n_cells;
	int code = mr_array_read(r->array, NULL, r->all_S);

	for (uint32_t i = 0; code == MR_OK && i < r->crowd->n; i++) {
		float sum = 0;

		for (uint32_t k = 0; k < d; k++)
			sum += r->all_S[(size_t)i * d + k];
		g_S[i] = sum;
	}
	return code;
}

static int look_if_due(struct run *r)
{
	struct mr_correlation_result *out = r->result;
	const struct mr_correlation_plan *plan = r->plan;

	if (out->n_maps == plan->n_maps ||
	    plan->map_at[out->n_maps] != out->steps)
		return MR_OK;
	out->map[out->n_maps] = calloc(r->crowd->n, sizeof(float));
	if (!out->map[out->n_maps])
		return MR_ERR_NOMEM;
	return look(r, out->map[out->n_maps++]);
}

/* ---- pulsing --------------------------------------------------------------- */

/* Amplitude for so much activity; 0 = none. */
static double amplitude(const struct run *r, uint32_t n_active)
{
	const struct mr_correlation_plan *plan = r->plan;
	double i_A = plan->gain_A * n_active;

	if (n_active == 0)
		return 0;
	if (plan->coding == MR_ACTIVITY_THRESHOLD)
		return n_active > r->crowd->mean + plan->sigma * r->crowd->sd
		               ? r->raise->amplitude
		               : 0;
	if (i_A < plan->i_min_A)
		return 0;
	return i_A < plan->i_max_A ? i_A : plan->i_max_A;
}

static void choose_cells(struct run *r)
{
	const uint32_t d = r->plan->n_cells;

	for (uint32_t k = 0; k < r->crowd->n_active; k++)
		r->cells[k] = r->crowd->active[k] * d +
		              (uint32_t)(r->counter++ % d);
}

static void add_dose(struct run *r)
{
	const struct mr_crowd *crowd = r->crowd;

	for (uint32_t k = 0; k < crowd->n_active; k++)
		r->result->dose[crowd->active[k]] += crowd->n_active;
}

/* Pulses, then what is left of the step's time. */
static int one_step(struct run *r)
{
	const struct mr_crowd *crowd = r->crowd;
	struct mr_op ops[2] = {{.kind = MR_OP_PULSE}, {.kind = MR_OP_WAIT}};
	double i_A = amplitude(r, crowd->n_active);
	double left_s = r->plan->step_time_s;
	size_t first = 1, n = 1;

	if (i_A > 0) {
		choose_cells(r);
		add_dose(r);
		mr_pulse_from(&ops[0], r->raise);
		ops[0].pulse.amplitude = i_A;
		ops[0].where = (struct mr_selection){
			.kind = MR_SELECT_LIST,
			.cells = r->cells,
			.n_cells = crowd->n_active};
		left_s -= r->raise->width_s * crowd->n_active;
		r->result->n_pulsed++;
		r->result->pulses += crowd->n_active;
		first = 0;
		n = 2;
	}
	ops[1].wait.duration_s = left_s > 0 ? left_s : 0;
	return mr_array_submit(r->array, ops + first, n, &r->plan->context,
	                       NULL);
}

static bool stopped(const struct mr_correlation_plan *plan)
{
	return plan->context.stop && *plan->context.stop;
}

static int all_steps(struct run *r)
{
	const struct mr_correlation_plan *plan = r->plan;
	struct mr_correlation_result *out = r->result;
	int code = look_if_due(r);

	while (out->steps < plan->steps && code == MR_OK) {
		if (stopped(plan))
			return MR_ERR_STOPPED;
		mr_crowd_step(r->crowd);
		for (uint32_t k = 0; k < r->crowd->n_active; k++)
			out->rate[r->crowd->active[k]]++;
		code = one_step(r);
		out->steps += code == MR_OK;
		if (code == MR_OK)
			code = look_if_due(r);
		if (plan->progress && out->steps % PROGRESS_EVERY == 0)
			plan->progress(plan->user, out->steps, plan->steps);
	}
	return code;
}

/* ---- the whole -------------------------------------------------------------- */

static int check_array(struct run *r, struct mr_errtext *err)
{
	const struct mr_description *d = mr_array_describe(r->array);
	const struct mr_correlation_plan *plan = r->plan;
	uint64_t needed = mr_correlation_cells(r->crowd->n, plan->n_cells);
	const struct mr_waveform *up = mr_description_effect(d, MR_EFFECT_RAISE);

	if ((uint64_t)d->rows * d->cols < needed)
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "%u processes of %u cells need %llu cells; "
		                      "the array has %u x %u",
		                      (unsigned)r->crowd->n,
		                      (unsigned)plan->n_cells,
		                      (unsigned long long)needed,
		                      (unsigned)d->rows, (unsigned)d->cols);
	if (!up || !mr_description_effect(d, MR_EFFECT_ERASE))
		return mr_errtext_set(err, MR_ERR_UNSUPPORTED,
		                      "%s %s has no waveform that raises and one "
		                      "that erases",
		                      d->driver, d->model);
	r->raise = up;
	if (plan->coding == MR_ACTIVITY_THRESHOLD)
		return MR_OK;
	if (up->amplitude_max <= up->amplitude_min)
		return mr_errtext_set(err, MR_ERR_UNSUPPORTED,
		                      "%s %s takes raising pulses of one amplitude "
		                      "only: use threshold coding",
		                      d->driver, d->model);
	if (plan->i_min_A < up->amplitude_min ||
	    plan->i_max_A > up->amplitude_max)
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "amplitudes of %g to %g: the array's raising "
		                      "pulses take %g to %g",
		                      plan->i_min_A, plan->i_max_A,
		                      up->amplitude_min, up->amplitude_max);
	return MR_OK;
}

static int make_room(struct run *r, struct mr_errtext *err)
{
	const struct mr_description *d = mr_array_describe(r->array);
	struct mr_correlation_result *out = r->result;
	size_t n = r->crowd->n;

	out->g_S = calloc(n, sizeof *out->g_S);
	out->dose = calloc(n, sizeof *out->dose);
	out->rate = calloc(n, sizeof *out->rate);
	r->cells = malloc(n * sizeof *r->cells);
	r->all_S = malloc((size_t)d->rows * d->cols * sizeof *r->all_S);
	if (out->g_S && out->dose && out->rate && r->cells && r->all_S)
		return MR_OK;
	return mr_errtext_set(err, MR_ERR_NOMEM, "no memory for %zu processes",
	                      n);
}

static int erase_all(struct run *r)
{
	const struct mr_waveform *down = mr_description_effect(
		mr_array_describe(r->array), MR_EFFECT_ERASE);

	return mr_array_pulse(r->array, NULL, down->name, 1);
}

/* A stopped array answers nothing more: what was looked at last must do. */
static int finish(struct run *r, int code, struct mr_errtext *err)
{
	struct mr_correlation_result *out = r->result;

	if (code == MR_OK)
		code = look(r, out->g_S);
	out->partial = code == MR_ERR_STOPPED;
	if (out->partial && out->n_maps)
		memcpy(out->g_S, out->map[out->n_maps - 1],
		       r->crowd->n * sizeof *out->g_S);
	for (uint32_t i = 0; out->steps && i < r->crowd->n; i++)
		out->rate[i] /= (double)out->steps;
	if (code == MR_ERR_STOPPED)
		return mr_errtext_set(err, code,
		                      "stopped after %llu of %llu steps",
		                      (unsigned long long)out->steps,
		                      (unsigned long long)r->plan->steps);
	if (code == MR_ERR_NOMEM)
		return mr_errtext_set(err, code, "out of memory");
	return code == MR_OK ? code
	                     : mr_errtext_set(err, code, "%s",
	                                      mr_array_errmsg(r->array));
}

int mr_correlation_run(const struct mr_correlation_plan *plan,
                       struct mr_crowd *crowd, struct mr_array *array,
                       struct mr_correlation_result *result,
                       struct mr_errtext *err)
{
	struct run r = {.plan = plan,
	                .crowd = crowd,
	                .array = array,
	                .result = result};
	int code;

	memset(result, 0, sizeof *result);
	code = check_array(&r, err);
	if (code == MR_OK)
		code = make_room(&r, err);
	if (code == MR_OK) {
		code = erase_all(&r);
		code = finish(&r, code == MR_OK ? all_steps(&r) : code, err);
	}
	free(r.cells);
	free(r.all_S);
	if (code != MR_OK && code != MR_ERR_STOPPED)
		mr_correlation_free(result);
	return code;
}

void mr_correlation_free(struct mr_correlation_result *result)
{
	for (uint32_t k = 0; k < result->n_maps; k++)
		free(result->map[k]);
	free(result->g_S);
	free(result->dose);
	free(result->rate);
	memset(result, 0, sizeof *result);
}
