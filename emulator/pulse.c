/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Programming of emulated cells, by pulses and, where the model is one of
 * targets, by targets. The cells of a product selection are programmed at the
 * same time; a list is worked off cell after cell. */
#include "crossbar.h"

#include <stdatomic.h>
#include <string.h>

#include "memrig/random.h"

/* Full speed at -O2, too; nothing where no optimisation is asked for. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__OPTIMIZE__)
#pragma GCC optimize("O3")
#endif

struct pulsing {
	struct crossbar *x;
	struct mr_op *op;
	int64_t t0_ns;
	uint64_t n; /* elements */
	atomic_uint status; /* OR over all elements, whatever the thread */
};

/* ---- one event of neighbouring cells ------------------------------------- */

MR_CLONES
void mr__operate_count(uint64_t *events, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		events[i]++;
}

void mr__operate_draw(struct crossbar *x, uint32_t first, uint32_t n, float *z)
{
	static const enum mr_purpose purpose[MR_NORMALS_MAX] = {
		MR_PURPOSE_PULSE, MR_PURPOSE_PULSE_2, MR_PURPOSE_PULSE_3};

	for (uint32_t k = 0; k < x->model->n_normals; k++)
		/* n_normals is MR_NORMALS_MAX at most
		 * NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage) */
		mr_random_normals(x->seed, purpose[k], first, &x->pulses[first],
		                  n, z + (size_t)k * CHUNK);
	mr__operate_count(x->pulses + first, n);
}

static void pulse_each(struct crossbar *x, const struct mr_stimulus *s,
                       uint32_t first, uint32_t n, int64_t t_ns,
                       uint8_t *status)
{
	float z[MR_NORMALS_MAX * CHUNK];

	mr__operate_draw(x, first, n, z);
	if (x->model->pulse_run) {
		x->model->pulse_run(x->p, s, &x->c, first, n, z, t_ns, status);
		return;
	}
	for (uint32_t i = 0; i < n; i++) {
		float own[MR_NORMALS_MAX];

		for (uint32_t k = 0; k < x->model->n_normals; k++)
			/* mr__operate_draw() has made n of each NOLINTNEXTLINE */
			own[k] = z[(size_t)k * CHUNK + i];
		status[i] = x->model->pulse(x->p, s, &x->c, first + i, own, t_ns);
	}
}

/* How many cells from `first` on are as sound, or as defective, as it is. */
static uint32_t alike(const struct crossbar *x, uint32_t first, uint32_t n,
                      bool *sound)
{
	uint32_t i = 1;

	*sound = !x->defect || x->defect[first] == DEFECT_NONE;
	if (!x->defect)
		return n;
	while (i < n && (x->defect[first + i] == DEFECT_NONE) == *sound)
		i++;
	return i;
}

/* ---- pulses -------------------------------------------------------------- */

static struct mr_stimulus stimulus(const struct mr_op *op, uint64_t i)
{
	const struct mr_pulse_op *pu = &op->pulse;

	return (struct mr_stimulus){
		.unit = pu->unit,
		.amplitude = pu->amplitudes ? (double)pu->amplitudes[i]
	                                    : pu->amplitude,
		.width_s = pu->widths_s ? (double)pu->widths_s[i] : pu->width_s};
}

static uint32_t pulse_count(const struct mr_op *op, uint64_t i)
{
	return op->pulse.counts ? op->pulse.counts[i] : op->pulse.count;
}

static int64_t train_ns(const struct mr_op *op, uint64_t i)
{
	const struct mr_pulse_op *pu = &op->pulse;
	double width_s = pu->widths_s ? (double)pu->widths_s[i] : pu->width_s;

	return mr__crossbar_ns(pu->t_rise_s + width_s + pu->t_fall_s) *
	       pulse_count(op, i);
}

static bool per_cell(const struct mr_pulse_op *pu)
{
	return pu->amplitudes || pu->widths_s || pu->counts;
}

MR_CLONES
static unsigned any_of(const uint8_t *status, uint32_t n)
{
	uint8_t all = 0;

	for (uint32_t i = 0; i < n; i++)
		all |= status[i];
	return all;
}

/* The whole train on neighbouring cells that get the same one; a defective
 * cell takes it without a change. */
static unsigned train(struct pulsing *w, uint64_t at, uint32_t first,
                      uint32_t n, int64_t t_ns)
{
	struct crossbar *x = w->x;
	struct mr_stimulus s = stimulus(w->op, at);
	uint32_t count = pulse_count(w->op, at);
	uint8_t status[CHUNK] = {0};
	bool sound;

	for (uint32_t i = 0; count && i < n;) {
		uint32_t m = alike(x, first + i, n - i, &sound);

		for (uint32_t k = 0; sound && k < count; k++)
			pulse_each(x, &s, first + i, m, t_ns, status + i);
		if (sound)
			mr__aging_programmed(x, first + i, m, t_ns);
		i += m;
	}
	if (w->op->pulse.status)
		memcpy(w->op->pulse.status + at, status, n);
	return any_of(status, n);
}

static void pulse_block(void *arg, uint32_t block)
{
	struct pulsing *w = arg;
	uint64_t at = (uint64_t)block * CHUNK;
	uint64_t end = w->n - at < CHUNK ? w->n : at + CHUNK;
	unsigned status = 0;

	while (at < end) {
		uint32_t max = per_cell(&w->op->pulse) ? 1
		                                       : (uint32_t)(end - at);
		uint32_t first;
		uint32_t n = mr__crossbar_stretch(w->x, &w->op->where, at, max,
		                                  &first);

		status |= train(w, at, first, n,
		                w->t0_ns + train_ns(w->op, at));
		at += n;
	}
	atomic_fetch_or(&w->status, status);
}

static int check_pulses(const struct crossbar *x, const struct mr_op *op,
                        uint64_t n, struct mr_errtext *err)
{
	const struct mr_pulse_op *pu = &op->pulse;
	uint64_t distinct = pu->amplitudes || pu->widths_s ? n : 1;

	if (pu->compliance > 0)
		return mr_errtext_set(err, MR_ERR_UNSUPPORTED,
		                      "the emulator's pulses know no compliance");
	for (uint64_t i = 0; i < distinct; i++) {
		struct mr_stimulus s = stimulus(op, i);
		int rc = x->model->accepts(x->p, &s, err);

		if (rc)
			return rc;
	}
	return MR_OK;
}

static int pulse_list(struct pulsing *w, const struct mr_run *run)
{
	struct crossbar *x = w->x;
	struct mr_outcome *out = &w->op->outcome;
	int rc = MR_OK;

	while (out->n_effect < w->n && !rc) {
		uint64_t i = out->n_effect;

		x->t_ns += train_ns(w->op, i);
		out->status |= train(w, i, w->op->where.cells[i], 1, x->t_ns);
		mr__aging_forget(x, w->op->where.cells[i]);
		out->n_effect++;
		rc = mr__operate_check(run, out->n_effect, w->n);
	}
	return rc;
}

static void pulse_product(struct pulsing *w)
{
	const struct mr_pulse_op *pu = &w->op->pulse;
	uint64_t distinct = pu->widths_s || pu->counts ? w->n : 1;
	struct lines l = mr__crossbar_lines(w->x, &w->op->where);
	int64_t longest_ns = 0;

	mr__pool_run(w->x->pool, pulse_block, w,
	             (uint32_t)((w->n + CHUNK - 1) / CHUNK));
	mr__aging_forget_lines(w->x, &l);
	for (uint64_t i = 0; i < distinct; i++)
		if (train_ns(w->op, i) > longest_ns)
			longest_ns = train_ns(w->op, i);
	w->x->t_ns += longest_ns;
	w->op->outcome.n_effect = w->n;
	w->op->outcome.status |= atomic_load(&w->status);
}

int mr__operate_pulse(struct crossbar *x, struct mr_op *op,
                      const struct mr_run *run)
{
	struct pulsing w = {.x = x,
	                    .op = op,
	                    .t0_ns = x->t_ns,
	                    .n = mr_selection_count(&op->where, &x->desc)};
	int rc = check_pulses(x, op, w.n, run->err);

	if (rc)
		return rc;
	if (op->where.kind == MR_SELECT_LIST)
		return pulse_list(&w, run);
	pulse_product(&w);
	return MR_OK;
}

/* ---- targets ------------------------------------------------------------- */

/* Programming to a target is one event that takes no array time of its own:
 * such a model states conductances from its first reliable read on. */
static void target_each(struct pulsing *w, uint32_t first, uint32_t n,
                        const float *target_S)
{
	struct crossbar *x = w->x;
	float z[MR_NORMALS_MAX * CHUNK];

	mr__operate_draw(x, first, n, z);
	if (x->model->target_run) {
		x->model->target_run(x->p, &x->c, first, n, target_S, z, CHUNK,
		                     w->t0_ns);
		return;
	}
	for (uint32_t i = 0; i < n; i++) {
		float own[MR_NORMALS_MAX];

		for (uint32_t k = 0; k < x->model->n_normals; k++)
			/* mr__operate_draw() has made n of each NOLINTNEXTLINE */
			own[k] = z[(size_t)k * CHUNK + i];
		/* there are n targets, too NOLINTNEXTLINE */
		x->model->target(x->p, &x->c, first + i, target_S[i], own,
		                 w->t0_ns);
	}
}

/* Which of the cells are beyond the tolerance; returns whether any is. */
MR_CLONES
static unsigned mark_missed(const struct mr_program_op *pg,
                            const float *restrict g_S,
                            const float *restrict target_S, uint32_t n,
                            uint8_t *restrict status)
{
	const double tolerance_S = pg->tolerance_S, same_S = pg->target;
	const bool own = pg->target_S;
	unsigned all = 0;

	for (uint32_t i = 0; i < n; i++) {
		double want_S = own ? (double)target_S[i] : same_S;
		double off_S = __builtin_fabs((double)g_S[i] - want_S);

		status[i] = off_S <= tolerance_S ? 0 : MR_STATUS_NOT_CONVERGED;
	}
	for (uint32_t i = 0; i < n; i++)
		all |= status[i];
	return all;
}

/* What came of it; a cell that missed its target, or is defective, says so. */
static unsigned target_report(const struct pulsing *w, uint64_t at,
                              uint32_t first, uint32_t n,
                              const float *target_S)
{
	const struct mr_program_op *pg = &w->op->program;
	const float *g_S = w->x->c.g_S + first;
	uint8_t status[CHUNK];
	unsigned all = mark_missed(pg, g_S, target_S, n, status);

	if (pg->g_S)
		memcpy(pg->g_S + at, g_S, n * sizeof *g_S);
	if (pg->status)
		memcpy(pg->status + at, status, n);
	for (uint32_t i = 0; pg->pulses && i < n; i++)
		pg->pulses[at + i] = 1;
	return all;
}

static unsigned target_segment(struct pulsing *w, uint64_t at, uint32_t first,
                               uint32_t n)
{
	const struct mr_program_op *pg = &w->op->program;
	const float *target_S = pg->target_S ? pg->target_S + at : NULL;
	float same_S[CHUNK];
	bool sound;

	for (uint32_t i = 0; !target_S && i < n; i++)
		same_S[i] = (float)pg->target;
	target_S = target_S ? target_S : same_S;
	for (uint32_t i = 0; i < n;) {
		uint32_t m = alike(w->x, first + i, n - i, &sound);

		if (sound) {
			target_each(w, first + i, m, target_S + i);
			mr__aging_programmed(w->x, first + i, m, w->t0_ns);
		}
		i += m;
	}
	return target_report(w, at, first, n, target_S);
}

static void target_block(void *arg, uint32_t block)
{
	struct pulsing *w = arg;
	uint64_t at = (uint64_t)block * CHUNK;
	uint64_t end = w->n - at < CHUNK ? w->n : at + CHUNK;
	unsigned status = 0;

	while (at < end) {
		uint32_t first;
		uint32_t n = mr__crossbar_stretch(w->x, &w->op->where, at,
		                                  (uint32_t)(end - at), &first);

		status |= target_segment(w, at, first, n);
		at += n;
	}
	atomic_fetch_or(&w->status, status);
}

static void target_forget(const struct pulsing *w)
{
	const struct mr_selection *where = &w->op->where;

	if (where->kind != MR_SELECT_LIST) {
		struct lines l = mr__crossbar_lines(w->x, where);

		mr__aging_forget_lines(w->x, &l);
		return;
	}
	for (uint64_t i = 0; i < w->n; i++)
		mr__aging_forget(w->x, where->cells[i]);
}

int mr__operate_program(struct crossbar *x, struct mr_op *op,
                        const struct mr_run *run)
{
	struct pulsing w = {.x = x,
	                    .op = op,
	                    .t0_ns = x->t_ns,
	                    .n = mr_selection_count(&op->where, &x->desc)};

	if (!x->model->target)
		return mr_errtext_set(run->err, MR_ERR_UNSUPPORTED,
		                      "model %s takes pulses, no targets",
		                      x->model->name);
	mr__pool_run(x->pool, target_block, &w,
	             (uint32_t)((w.n + CHUNK - 1) / CHUNK));
	target_forget(&w);
	op->outcome.n_effect = w.n;
	op->outcome.status |= atomic_load(&w.status);
	return MR_OK;
}
