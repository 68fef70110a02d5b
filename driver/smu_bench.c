/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* A bench as a back end: what it can do, its way through a list, its end. */
#include "smu_bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_MAX_S 1e9
#define COUNT_MAX 1000000
#define AVERAGES_MAX 10000

static struct smu *units(struct bench *b, size_t i)
{
	struct smu *const all[] = {&b->source, &b->meter, &b->router};

	return i < sizeof all / sizeof all[0] ? all[i] : NULL;
}

void mr__bench_start(struct bench *b)
{
	mr__board_time_start(&b->time, mr__transport_clock(b->source.pipe));
	(void)snprintf(b->limit_text, sizeof b->limit_text, "%g",
	               fmin(b->source.limit_A, mr__bench_limit_max_A(b)));
}

/* ---- describing ---------------------------------------------------------------- */

static void describe_identity(const struct bench *b, struct mr_description *d)
{
	(void)snprintf(d->identity, sizeof d->identity, "%.60s%s%.40s%s%.20s",
	               b->source.identity, b->router.pipe ? " + " : "",
	               b->router.pipe ? b->router.profile.title : "",
	               b->meter.pipe ? " + " : "",
	               b->meter.pipe ? b->meter.profile.title : "");
}

static void describe_limit(const struct bench *b, struct mr_description *d)
{
	struct mr_condition *c = &d->conditions[d->n_conditions++];

	*c = (struct mr_condition){.name = "limit",
	                           .unit = "A",
	                           .min = b->source.profile.i_min_A,
	                           .max = mr__bench_limit_max_A(b)};
	(void)snprintf(c->value, sizeof c->value, "%s", b->limit_text);
}

int mr__bench_describe(void *self, struct mr_description *out,
                       struct mr_errtext *err)
{
	const struct bench *b = self;
	const struct smu_profile *p = &b->source.profile;
	double v_V = b->v_max_V > 0 ? fmin(b->v_max_V, p->v_max_V) : p->v_max_V;
	const struct mr_limits limits = {.v_read_max_V = v_V,
	                                 .v_pulse_max_V = v_V,
	                                 .width_min_s = mr__bench_width_min_s(b),
	                                 .width_max_s = p->pulse_max_s,
	                                 .wait_max_s = WAIT_MAX_S,
	                                 .count_max = COUNT_MAX,
	                                 .batch_max = COUNT_MAX,
	                                 .averages_max = AVERAGES_MAX};

	(void)err;
	(void)snprintf(out->driver, sizeof out->driver, "%s", b->driver);
	out->rows = b->rows;
	out->cols = b->cols;
	out->order = MR_ORDER_CELLS;
	out->abilities = MR_ABILITY(MR_OP_READ) | MR_ABILITY(MR_OP_PULSE) |
	                 MR_ABILITY(MR_OP_TRACE) | MR_ABILITY(MR_OP_WAIT) |
	                 MR_ABILITY(MR_OP_CONFIGURE) | MR_ABILITY_RESYNC;
	mr__device_type_describe(&b->type, out);
	mr__device_type_narrow(out, &limits);
	describe_identity(b, out);
	describe_limit(b, out);
	return MR_OK;
}

/* ---- the waist ------------------------------------------------------------------- */

static void run_with(struct bench *b, const struct mr_run *run)
{
	struct smu *s;

	for (size_t i = 0; (s = units(b, i)) != NULL; i++)
		s->run = run;
}

/* Off, as far as the pipes still work. */
static void make_safe(struct bench *b)
{
	struct mr_errtext ignored = {""};

	(void)mr__unit_safe(&b->source, &ignored);
	if (b->meter.pipe && b->meter.profile.kind == SMU_KIND_SMU)
		(void)mr__unit_safe(&b->meter, &ignored);
}

/* The source first: nothing is switched while it might be on. */
static int in_step(struct bench *b, struct mr_errtext *err)
{
	struct smu *s;
	int rc = MR_OK;

	for (size_t i = 0; (s = units(b, i)) != NULL && !rc; i++) {
		if (!s->pipe || s->in_step)
			continue;
		if (s == &b->router) {
			rc = mr__unit_rest(&b->source, err);
			b->is_routed = false;
		}
		if (!rc)
			rc = mr__unit_restart(s, err);
	}
	return rc;
}

static int submit_one(void *self, struct mr_op *op, const struct mr_run *run)
{
	struct bench *b = self;
	int rc = mr_run_check(run);

	op->outcome.t_begin_ns = b->time.t_ns;
	if (!rc)
		rc = in_step(b, run->err);
	if (!rc)
		rc = mr__bench_operate(b, op, run);
	if (rc)
		make_safe(b);
	op->outcome.error = rc;
	op->outcome.t_end_ns = mr__board_time_next(&b->time);
	return rc;
}

int mr__bench_submit(void *self, struct mr_op *ops, size_t n,
                     const struct mr_run *run, size_t *n_done)
{
	struct bench *b = self;
	int rc;

	run_with(b, run);
	rc = mr__board_submit(b, submit_one, ops, n, run, n_done);
	run_with(b, NULL);
	return rc;
}

int mr__bench_resync(void *self, const struct mr_run *run)
{
	struct bench *b = self;
	struct smu *s;
	int rc;

	run_with(b, run);
	for (size_t i = 0; (s = units(b, i)) != NULL; i++)
		s->in_step = false;
	rc = in_step(b, run->err);
	run_with(b, NULL);
	return rc;
}

/* The reeds open where the source has said that it is off, and stay as they are
 * where it cannot say so. */
static void disconnect(struct bench *b)
{
	struct mr_errtext ignored = {""};
	int rc = mr__unit_rest(&b->source, &ignored);

	if (!rc)
		rc = mr__unit_say(&b->router, SMU_OPEN_ALL, NULL, &ignored);
	if (!rc)
		(void)mr__unit_settle(&b->router, 0, &ignored);
}

int mr__bench_close(void *self, struct mr_errtext *err)
{
	struct bench *b = self;
	struct mr_errtext *to = err;
	struct smu *s;
	int rc = MR_OK;

	if (b->router.pipe && b->router.in_step && b->source.in_step &&
	    !mr__transport_is_recorded(b->source.pipe))
		disconnect(b);

	for (size_t i = 0; (s = units(b, i)) != NULL; i++) {
		int one = mr__unit_close(s, to);

		if (one && !rc) { /* the first failure is told */
			rc = one;
			to = NULL;
		}
	}
	free(b->channels);
	free(b);
	return rc;
}
