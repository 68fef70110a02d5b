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
#include <string.h>

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
	l->v_read_max_V = fmin(fmin(l->v_read_max_V, g->v_max_V),
	                       g->read_max_V);
	l->v_pulse_max_V = fmin(l->v_pulse_max_V, g->v_max_V);
	l->i_pulse_max_A = fmin(l->i_pulse_max_A, g->i_max_A);
	l->width_max_s = fmin(l->width_max_s, g->width_max_s);
	/* the array would choose the pulses of a program itself, unseen here; the
	 * core's own program sends each through the guard */
	if (mr__guard_is_narrowed(g))
		g->desc.abilities &= ~MR_ABILITY(MR_OP_PROGRAM);
	narrow_waveforms(g);
	mr__guard_describe_arm(g, &g->desc);
	mr__guard_take_scheme(g, mr__guard_scheme(inner));
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

/* Keys that are numbers, each 0 to what the array itself allows, or to what makes
 * sense. */
static int take_reals(struct mr__guard *g, struct mr_uri *uri,
                      const struct mr_limits *l, struct mr_errtext *err)
{
	double v_max = fmax(l->v_read_max_V, l->v_pulse_max_V);
	const struct {
		const char *key;
		double max;
		double *to;
	} reals[] = {
		{"guard.v_V", v_max, &g->v_max_V},
		{"guard.i_A", l->i_pulse_max_A, &g->i_max_A},
		{"guard.width_s", l->width_max_s, &g->width_max_s},
		{"guard.read_V", l->v_read_max_V, &g->read_max_V},
		{"guard.disturb_V", v_max, &g->disturb_V},
		{"guard.disturb_from_V", v_max, &g->disturb_from_V},
		{"guard.pulse_J", 1e9, &g->pulse_J},
		{"guard.total_J", 1e9, &g->total_J},
		{"guard.form_V", v_max, &g->form_V},
		{"guard.duty", 1, &g->duty.all},
		{"guard.cell_duty", 1, &g->duty.cell},
		{"guard.duty_s", 1e9, &g->duty.window_s},
		{"guard.g_lo_S", 1e9, &g->marks.lo_S},
		{"guard.g_hi_S", 1e9, &g->marks.hi_S},
		{"guard.moved_S", 1e9, &g->marks.moved_S},
	};
	int rc = MR_OK;

	for (size_t i = 0; i < sizeof reals / sizeof reals[0] && !rc; i++)
		rc = mr_uri_take_double(uri, reals[i].key, 0, reals[i].max,
		                        reals[i].to, err);
	return rc;
}

static int take_counts(struct mr__guard *g, struct mr_uri *uri,
                       struct mr_errtext *err)
{
	int rc = mr_uri_take_u64(uri, "guard.pulses", 0, UINT64_MAX,
	                         &g->pulses_max, err);

	if (!rc)
		rc = mr_uri_take_u64(uri, "guard.cell_pulses", 0, UINT64_MAX,
		                     &g->cell_pulses_max, err);
	if (!rc)
		rc = mr_uri_take_u64(uri, "guard.stuck", 1, UINT64_MAX,
		                     &g->marks.stuck, err);
	return rc ? rc : mr_uri_take_u64(uri, "guard.exposures", 0, UINT64_MAX,
	                                 &g->exposures_max, err);
}

/* Cells are not to meet a board that they were not meant for. */
static int check_identity(struct mr_uri *uri, const struct mr_description *desc,
                          struct mr_errtext *err)
{
	const char *wanted = mr_uri_take(uri, "guard.identity");

	if (!wanted || strstr(desc->identity, wanted))
		return MR_OK;
	return mr_errtext_set(err, MR_ERR_MISMATCH,
	                      "guard: \"%.100s\" is there, not what "
	                      "guard.identity=%.60s asks for",
	                      desc->identity, wanted);
}

static int set_up(struct mr__guard *g, struct mr_uri *uri,
                  const struct mr_description *desc, struct mr_errtext *err)
{
	int rc = check_identity(uri, desc, err);

	g->disturb_from_V = desc->limits.v_read_max_V;
	if (!rc)
		rc = take_reals(g, uri, &desc->limits, err);
	if (!rc)
		rc = take_counts(g, uri, err);
	if (rc)
		return rc;
	g->pulses_left = g->pulses_max;
	g->left_J = g->total_J;
	g->t_ns = desc->time_ns;
	narrow(g, desc);
	rc = mr__guard_cells_open(g, err);
	if (!rc)
		rc = mr__guard_duty_open(g, err);
	return rc ? rc : mr__guard_marks_open(g, uri, err);
}

static void free_guard(struct mr__guard *g)
{
	mr__guard_cells_free(g);
	mr__guard_duty_free(g);
	mr__guard_marks_free(g);
	free(g);
}

static int guard_wrap(struct mr_uri *uri, struct mr_stage inner,
                      const struct mr_description *desc, void **self,
                      struct mr_errtext *err)
{
	struct mr__guard *g = malloc(sizeof *g);
	int rc;

	if (!g)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	*g = (struct mr__guard){.inner = inner,
	                        .v_max_V = INFINITY,
	                        .i_max_A = INFINITY,
	                        .width_max_s = INFINITY,
	                        .read_max_V = INFINITY,
	                        .disturb_V = INFINITY,
	                        .pulse_J = INFINITY,
	                        .total_J = INFINITY,
	                        .form_V = INFINITY,
	                        .duty = {.all = INFINITY,
	                                 .cell = INFINITY,
	                                 .window_s = 1},
	                        .marks = {.lo_S = -INFINITY,
	                                  .hi_S = INFINITY,
	                                  .stuck = UINT64_MAX},
	                        .armed = MR__UNARMED,
	                        .pulses_max = UINT64_MAX,
	                        .cell_pulses_max = UINT64_MAX,
	                        .exposures_max = UINT64_MAX};
	rc = set_up(g, uri, desc, err);
	if (rc) {
		free_guard(g);
		return rc;
	}
	*self = g;
	return MR_OK;
}

/* ---- the waist ----------------------------------------------------------- */

static void learn(struct mr__guard *g, struct mr_op *ops, size_t n, size_t n_done)
{
	for (size_t i = 0; i < n && i <= n_done; i++)
		mr__guard_marks_learn(g, &ops[i],
		                      i < n_done ? mr_op_elements(&ops[i], &g->desc)
		                                 : ops[i].outcome.n_effect);
}

/* Operations of which at most the last is a configure. */
static int submit_run(struct mr__guard *g, struct mr_op *ops, size_t n,
                      const struct mr_run *run, size_t *n_done)
{
	struct mr_errtext why = {""};
	size_t n_good = 0;
	int refused = MR_OK;

	*n_done = 0;
	while (n_good < n && !refused) {
		/* mr__guard_settle() goes by these */
		ops[n_good].outcome.n_effect = 0;
		ops[n_good].outcome.status = 0;
		refused = mr__guard_admit(g, &ops[n_good], run, &why);
		n_good += refused == MR_OK;
	}
	int rc = n_good ? g->inner.type->submit(g->inner.self, ops, n_good, run,
	                                        n_done)
	                : MR_OK;

	mr__guard_settle(g, ops, n_good, *n_done, rc);
	learn(g, ops, n_good, *n_done);
	if (n_good)
		g->t_ns = ops[*n_done < n_good ? *n_done : n_good - 1]
		                  .outcome.t_end_ns;
	if (rc || !refused)
		return rc;
	ops[n_good].outcome.t_begin_ns = ops[n_good].outcome.t_end_ns = g->t_ns;
	return mr_errtext_set(run->err, refused, "%s", why.text);
}

static int arm(struct mr__guard *g, struct mr_op *op, const struct mr_run *run)
{
	op->outcome.t_begin_ns = op->outcome.t_end_ns = g->t_ns;
	return mr__guard_arm(g, op, run);
}

/* A scheme that was changed holds for what follows it in a list. */
static size_t run_length(const struct mr__guard *g, const struct mr_op *ops,
                         size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (mr__guard_is_arm(g, &ops[i]))
			return i;
		if (ops[i].kind == MR_OP_CONFIGURE)
			return i + 1;
	}
	return n;
}

static void note_scheme(struct mr__guard *g, const struct mr_op *op)
{
	if (op->kind == MR_OP_CONFIGURE &&
	    strcmp(op->configure.name, "scheme") == 0)
		mr__guard_take_scheme(g, op->configure.value);
}

static int guard_submit(void *self, struct mr_op *ops, size_t n,
                        const struct mr_run *run, size_t *n_done)
{
	struct mr__guard *g = self;
	size_t length = run_length(g, ops, n), at = 0;
	/* progress is read from n_done while the first run goes on */
	int rc = length ? submit_run(g, ops, length, run, n_done) : MR_OK;

	at = length ? *n_done : 0;
	while (!rc && at < n) {
		size_t done = 1;

		if (at)
			note_scheme(g, &ops[at - 1]);
		length = run_length(g, ops + at, n - at);
		rc = length ? submit_run(g, ops + at, length, run, &done)
		            : arm(g, &ops[at], run);
		if (!length && rc)
			done = 0;
		at += done;
		*n_done = at;
	}
	*n_done = at;
	return rc;
}

static int guard_close(void *self, struct mr_errtext *err)
{
	struct mr__guard *g = self;
	int rc = g->inner.type->close(g->inner.self, err);

	free_guard(g);
	return rc;
}

static const char *const keys[] = {
	"guard.v_V",         "guard.i_A",          "guard.width_s",
	"guard.pulses",      "guard.read_V",       "guard.disturb_V",
	"guard.disturb_from_V", "guard.cell_pulses", "guard.exposures",
	"guard.pulse_J",     "guard.total_J",      "guard.form_V",
	"guard.identity",    "guard.duty",         "guard.cell_duty",
	"guard.duty_s",      "guard.g_lo_S",       "guard.g_hi_S",
	"guard.stuck",       "guard.moved_S",      "guard.bad",
	NULL};

const struct mr_filter mr__filter_guard = {
	.name = "guard",
	.summary = "limits of this run: guard.v_V, .i_A, .width_s, .pulses, "
		   ".read_V, .disturb_V, .cell_pulses, .exposures, .pulse_J, "
		   ".total_J, .form_V, .identity, .duty, .cell_duty, .duty_s, "
		   ".g_lo_S, .g_hi_S, .stuck, .moved_S, .bad",
	.keys = keys,
	.always = true,
	.waist = {.name = "guard",
	          .describe = guard_describe,
	          .submit = guard_submit,
	          .close = guard_close},
	.wrap = guard_wrap,
};
