/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The guard: the limits of board, device type and run, whichever is tightest.
 * Always in the chain.
 *
 * What it limits in a single operation it also describes, so that the core
 * refuses it before anything is begun (MR_ERR_RANGE). It checks all of that
 * once more itself, since a filter trusts no caller, and besides what no
 * description says: pulses in all, the whole length of a pulse with its edges,
 * the whole length of a trace beyond reading (MR_ERR_REFUSED). Operations
 * before the refused one of a list are let through.
 */
#include "filters.h"
#include "guard.h"

#include <math.h>
#include <stdlib.h>

/* ---- describing ---------------------------------------------------------- */

static bool allows(const struct mr__guard *g, const struct mr_waveform *w)
{
	double v_max = w->effect == MR_EFFECT_NONE ? g->desc.limits.v_read_max_V
	                                           : g->desc.limits.v_pulse_max_V;
	double max = w->unit == MR_UNIT_VOLT ? v_max
	                                     : g->desc.limits.i_pulse_max_A;

	return mr__guard_within(w->amplitude, max) &&
	       mr__guard_within(w->t_rise_s + w->width_s + w->t_fall_s, g->width_max_s);
}

/* A waveform that would always be refused is not described. */
static void narrow_waveforms(struct mr__guard *g)
{
	struct mr_description *d = &g->desc;
	uint32_t kept = 0;

	if (!mr__guard_is_narrowed(g))
		return;
	for (uint32_t i = 0; i < d->n_waveforms; i++)
		if (allows(g, &d->waveforms[i]))
			d->waveforms[kept++] = d->waveforms[i];
	for (uint32_t i = kept; i < d->n_waveforms; i++)
		d->waveforms[i] = (struct mr_waveform){0};
	d->n_waveforms = kept;
}

static void narrow(struct mr__guard *g, const struct mr_description *inner)
{
	struct mr_limits *l = &g->desc.limits;

	g->desc = *inner;
	g->v_reads_V = l->v_read_max_V;
	if (isfinite(g->width_max_s) && l->wait_max_s == 0)
		l->wait_max_s = l->width_max_s; /* waiting is no pulse */
	l->v_read_max_V = fmin(l->v_read_max_V, g->v_max_V);
	l->v_pulse_max_V = fmin(l->v_pulse_max_V, g->v_max_V);
	l->i_pulse_max_A = fmin(l->i_pulse_max_A, g->i_max_A);
	l->width_max_s = fmin(l->width_max_s, g->width_max_s);
	/* the array would choose the pulses of a program itself, unseen here; the
	 * core's own program sends each through the guard */
	if (mr__guard_is_narrowed(g))
		g->desc.abilities &= ~MR_ABILITY(MR_OP_PROGRAM);
	narrow_waveforms(g);
}

static int guard_describe(void *self, struct mr_description *out,
                          struct mr_errtext *err)
{
	struct mr__guard *g = self;
	int rc = g->inner.type->describe(g->inner.self, out, err);

	if (rc)
		return rc;
	narrow(g, out);
	*out = g->desc;
	return MR_OK;
}

static int take_keys(struct mr__guard *g, struct mr_uri *uri,
                     const struct mr_limits *l, struct mr_errtext *err)
{
	int rc = mr_uri_take_double(uri, "guard.v_V", 0,
	                            fmax(l->v_read_max_V, l->v_pulse_max_V),
	                            &g->v_max_V, err);

	if (!rc)
		rc = mr_uri_take_double(uri, "guard.i_A", 0, l->i_pulse_max_A,
		                        &g->i_max_A, err);
	if (!rc)
		rc = mr_uri_take_double(uri, "guard.width_s", 0, l->width_max_s,
		                        &g->width_max_s, err);
	return rc ? rc : mr_uri_take_u64(uri, "guard.pulses", 0, UINT64_MAX,
	                                 &g->pulses_max, err);
}

static int guard_wrap(struct mr_uri *uri, struct mr_stage inner,
                      const struct mr_description *desc, void **self,
                      struct mr_errtext *err)
{
	struct mr__guard *g = malloc(sizeof *g);

	if (!g)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	*g = (struct mr__guard){.inner = inner,
	                    .v_max_V = INFINITY,
	                    .i_max_A = INFINITY,
	                    .width_max_s = INFINITY,
	                    .pulses_max = UINT64_MAX};
	int rc = take_keys(g, uri, &desc->limits, err);

	if (rc) {
		free(g);
		return rc;
	}
	g->pulses_left = g->pulses_max;
	narrow(g, desc);
	*self = g;
	return MR_OK;
}

/* ---- the waist ----------------------------------------------------------- */

static int guard_submit(void *self, struct mr_op *ops, size_t n,
                        const struct mr_run *run, size_t *n_done)
{
	struct mr__guard *g = self;
	struct mr_errtext why = {""};
	size_t n_good = 0;
	int refused = MR_OK;

	*n_done = 0;
	while (n_good < n && !refused) {
		ops[n_good].outcome.n_effect = 0; /* mr__guard_settle() goes by these */
		ops[n_good].outcome.status = 0;
		refused = mr__guard_admit(g, &ops[n_good], &why);
		n_good += refused == MR_OK;
	}
	int rc = n_good ? g->inner.type->submit(g->inner.self, ops, n_good, run,
	                                        n_done)
	                : MR_OK;

	mr__guard_settle(g, ops, n_good, *n_done, rc);
	if (rc || !refused)
		return rc;
	if (n_good)
		ops[n_good].outcome.t_begin_ns = ops[n_good].outcome.t_end_ns =
			ops[n_good - 1].outcome.t_end_ns;
	return mr_errtext_set(run->err, refused, "%s", why.text);
}

static int guard_close(void *self, struct mr_errtext *err)
{
	struct mr__guard *g = self;
	int rc = g->inner.type->close(g->inner.self, err);

	free(g);
	return rc;
}

static const char *const keys[] = {"guard.v_V", "guard.i_A", "guard.width_s",
                                   "guard.pulses", NULL};

const struct mr_filter mr__filter_guard = {
	.name = "guard",
	.summary = "limits of this run: guard.v_V, guard.i_A, guard.width_s, "
		   "guard.pulses",
	.keys = keys,
	.always = true,
	.waist = {.name = "guard",
	          .describe = guard_describe,
	          .submit = guard_submit,
	          .close = guard_close},
	.wrap = guard_wrap,
};
