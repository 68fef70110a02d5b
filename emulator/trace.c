/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Waveforms on emulated cells, one cell after another. */
#include "crossbar.h"

#include <math.h>

#include "memrig/random.h"

static bool programs(const struct crossbar *x, double level)
{
	double max = x->desc.limits.v_read_max_V;

	return fabs(level) > fmax(max, (double)(float)max);
}

static int check_trace(const struct crossbar *x, const struct mr_trace_op *tr,
                       struct mr_errtext *err)
{
	if (tr->unit != MR_UNIT_VOLT)
		return mr_errtext_set(err, MR_ERR_UNSUPPORTED,
		                      "the emulator traces voltages only");
	for (uint32_t k = 0; k < tr->n_levels; k++) {
		struct mr_stimulus s = {.unit = MR_UNIT_VOLT,
		                        .amplitude = (double)tr->level[k],
		                        .width_s = tr->hold_s[k]};
		int rc = programs(x, s.amplitude)
		                 ? x->model->accepts(x->p, &s, err)
		                 : MR_OK;

		if (rc)
			return rc;
	}
	return MR_OK;
}

static void trace_level(struct crossbar *x, uint32_t cell,
                        const struct mr_trace_op *tr, uint32_t k)
{
	struct mr_stimulus s = {.unit = MR_UNIT_VOLT,
	                        .amplitude = (double)tr->level[k],
	                        .width_s = tr->hold_s[k]};
	float z[MR_NORMALS_MAX * CHUNK], own[MR_NORMALS_MAX];

	x->t_ns += mr__crossbar_ns(s.width_s);
	if (!programs(x, s.amplitude) ||
	    (x->defect && x->defect[cell] != DEFECT_NONE))
		return;
	mr__operate_draw(x, cell, 1, z);
	for (uint32_t i = 0; i < x->model->n_normals; i++)
		own[i] = z[(size_t)i * CHUNK];
	(void)x->model->pulse(x->p, &s, &x->c, cell, own, x->t_ns);
	mr__aging_programmed(x, cell, 1, x->t_ns);
	mr__aging_forget(x, cell);
}

/* What a sample sees of the cell, with its noise. */
static double conductance(struct crossbar *x, uint32_t cell)
{
	double g = mr__aging_now(x, cell, x->t_ns);
	float factor;

	if (x->noise_kind == NOISE_WHITE)
		g += sqrt(mr__aging_variance(x, cell, g, x->t_ns)) *
		     (double)mr_random_normal(x->seed, MR_PURPOSE_TRACE, cell,
		                              x->reads[cell]);
	if (x->noise_kind == NOISE_FLICKER) {
		mr__flicker_read(x, cell, 1, x->t_ns, &factor);
		g *= (double)factor;
	}
	x->reads[cell]++;
	return g;
}

static uint8_t trace_sample(struct crossbar *x, uint32_t cell,
                            const struct mr_trace_op *tr, uint32_t k,
                            size_t at, int64_t t0_ns)
{
	double v = (double)tr->level[k];
	double g = conductance(x, cell);
	double i = v * g;
	uint8_t status = 0;

	if (tr->compliance > 0 && fabs(i) > tr->compliance) {
		status |= MR_STATUS_COMPLIANCE;
		i = copysign(tr->compliance, i);
		v = g > 0 ? i / g : v;
	}
	tr->i_A[at] = mr__periphery_adc(&x->periphery, (float)i, &status);
	if (tr->v_V)
		tr->v_V[at] = (float)v;
	if (tr->t_s)
		tr->t_s[at] = (double)(x->t_ns - t0_ns) / NS_PER_S;
	if (tr->status)
		tr->status[at] = status;
	return status;
}

int mr__operate_trace(struct crossbar *x, struct mr_op *op,
                      const struct mr_run *run)
{
	const struct mr_trace_op *tr = &op->trace;
	uint64_t n = mr_selection_count(&op->where, &x->desc);
	int64_t t0_ns = x->t_ns;
	size_t at = 0;
	int rc = check_trace(x, tr, run->err);

	for (uint64_t i = 0; i < n && !rc; i++) {
		uint32_t cell = mr_selection_cell(&op->where, &x->desc, i);

		for (uint32_t k = 0; k < tr->n_levels; k++) {
			trace_level(x, cell, tr, k);
			if (!tr->sample || tr->sample[k])
				op->outcome.status |= trace_sample(
					x, cell, tr, k, at++, t0_ns);
		}
		op->outcome.n_effect++;
		rc = i + 1 < n ? mr_run_check(run) : MR_OK;
	}
	return rc;
}
