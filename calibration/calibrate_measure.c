/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Reads of references at several voltages. */
#include "memrig/calibrate.h"

#include <math.h>
#include <stdlib.h>

#define VOLTAGES 4 /* where the plan names none */
#define REPEATS 64 /* so that the variance of a point is known to a fifth */

/* A measurement at work. */
struct work {
	struct mr_array *array;
	const struct mr_description *desc;
	const struct mr_calibration_plan *plan;
	const struct mr_context *context;
	uint32_t repeats;
	size_t n_voltages;
	double v_V[MR_CALIBRATION_VOLTAGES_MAX];
	struct mr_errtext *err;
};

static int check_plan(const struct work *w)
{
	const struct mr_calibration_plan *p = w->plan;
	uint64_t cells = (uint64_t)w->desc->rows * w->desc->cols;

	if (w->desc->calibration[0])
		return mr_errtext_set(w->err, MR_ERR_USAGE,
		                      "this array reads through calibration %s; "
		                      "open it without calibration=",
		                      w->desc->calibration);
	if (p->n_references < 2)
		return mr_errtext_set(w->err, MR_ERR_USAGE,
		                      "%zu references; a line needs two at least",
		                      p->n_references);
	if (p->repeats == 1 || p->n_voltages > MR_CALIBRATION_VOLTAGES_MAX)
		return mr_errtext_set(w->err, MR_ERR_USAGE,
		                      "%zu read voltages and %u repeats; give at "
		                      "most %d and at least 2",
		                      p->n_voltages, p->repeats,
		                      MR_CALIBRATION_VOLTAGES_MAX);
	for (size_t k = 0; k < p->n_references; k++) {
		if (p->references[k].cell >= cells)
			return mr_errtext_set(
				w->err, MR_ERR_RANGE,
				"reference %u is no cell: the array has 0 to "
				"%llu",
				p->references[k].cell,
				(unsigned long long)cells - 1);
		if (!(p->references[k].r_Ohm > 0 &&
		      isfinite(p->references[k].r_Ohm)))
			return mr_errtext_set(w->err, MR_ERR_USAGE,
			                      "reference %u has %g Ohm; give more "
			                      "than 0",
			                      p->references[k].cell,
			                      p->references[k].r_Ohm);
	}
	return MR_OK;
}

static int take_voltages(struct work *w)
{
	const struct mr_waveform *read =
		mr_description_effect(w->desc, MR_EFFECT_NONE);
	const double v_max_V = w->desc->limits.v_read_max_V;

	w->n_voltages = w->plan->n_voltages ? w->plan->n_voltages : VOLTAGES;
	if (!read && !w->plan->n_voltages)
		return mr_errtext_set(w->err, MR_ERR_USAGE,
		                      "the array describes no read; name the read "
		                      "voltages");
	for (size_t k = 0; k < w->n_voltages; k++) {
		w->v_V[k] = w->plan->n_voltages
		                    ? w->plan->v_V[k]
		                    : read->amplitude * (double)(k + 1) /
		                              VOLTAGES;
		if (!(w->v_V[k] != 0 && fabs(w->v_V[k]) <= v_max_V))
			return mr_errtext_set(w->err, MR_ERR_RANGE,
			                      "read voltage %g V: must be up to %g "
			                      "V and not 0",
			                      w->v_V[k], v_max_V);
	}
	return MR_OK;
}

/* Mean and its standard error; whether no reading was over range. */
static int read_point(const struct work *w,
                      const struct mr_calibration_reference *reference,
                      double v_V, struct mr_calibration_point *to, bool *good)
{
	double mean = 0, square = 0;
	float g_S = 0, volt_V = 0;
	uint8_t status = 0;
	struct mr_op op = {
		.kind = MR_OP_READ,
		.where = {.kind = MR_SELECT_LIST,
	                  .cells = &reference->cell,
	                  .n_cells = 1},
		.read = {.v_read_V = v_V,
	                 .averages = w->plan->averages,
	                 .g_S = &g_S,
	                 .v_V = &volt_V,
	                 .status = &status}};

	*good = true;
	for (uint32_t k = 0; k < w->repeats && *good; k++) {
		int code = mr_array_submit(w->array, &op, 1, w->context, NULL);
		double i_A = (double)g_S * v_V, d = i_A - mean;

		if (code)
			return mr_errtext_set(w->err, code, "%s",
			                      mr_array_errmsg(w->array));
		mean += d / (k + 1);
		square += d * (i_A - mean);
		*good = !(status & (MR_STATUS_OVER_RANGE | MR_STATUS_UNKNOWN)) &&
		        isfinite(g_S);
	}
	*to = (struct mr_calibration_point){
		.cell = reference->cell,
		.g_S = 1 / reference->r_Ohm,
		.v_V = v_V,
		.i_A = mean,
		.se_A = sqrt(square / (w->repeats - 1) / w->repeats),
		.n = w->repeats};
	return MR_OK;
}

int mr_calibration_measure(struct mr_array *array,
                           const struct mr_calibration_plan *plan,
                           const struct mr_context *context,
                           struct mr_calibration_point *out, size_t *n,
                           size_t *n_over, struct mr_errtext *err)
{
	struct work w = {.array = array,
	                 .desc = mr_array_describe(array),
	                 .plan = plan,
	                 .context = context,
	                 .repeats = plan->repeats ? plan->repeats : REPEATS,
	                 .err = err};
	size_t over = 0;
	int code = check_plan(&w);

	*n = 0;
	if (!code)
		code = take_voltages(&w);
	for (size_t r = 0; r < plan->n_references && !code; r++) {
		for (size_t k = 0; k < w.n_voltages && !code; k++) {
			bool good = true;

			code = read_point(&w, &plan->references[r], w.v_V[k],
			                  &out[*n], &good);
			*n += good && !code ? 1 : 0;
			over += good ? 0 : 1;
		}
	}
	if (n_over)
		*n_over = over;
	return code;
}
