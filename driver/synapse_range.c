/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The range of the meter behind the sums, fitted to data. */
#include "synapse_priv.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONDITION "read_range"
#define WIDEN 4.0   /* while currents are clipped */
#define NARROW 64.0 /* while all are below the resolution */
#define CLOSE 0.5   /* of the range: the greatest current is known well */
#define MARGIN 1.01 /* what is read is uncertain by half a step: at 8 bits and
                       half of the range .8 % */
#define TRIES 64    /* from 1e3 A to 1e-15 A and back takes half of it */

static const struct mr_condition *condition(const struct mr_synapse *s)
{
	const struct mr_description *d = mr_array_describe(s->array);

	for (uint32_t k = 0; k < d->n_conditions; k++)
		if (strcmp(d->conditions[k].name, CONDITION) == 0)
			return &d->conditions[k];
	return NULL;
}

static int set_range(struct mr_synapse *s, const char *value)
{
	struct mr_op op = {.kind = MR_OP_CONFIGURE,
	                   .configure = {.name = CONDITION, .value = value}};

	return mr_array_submit(s->array, &op, 1, NULL, NULL);
}

static int set_number(struct mr_synapse *s, double range_A)
{
	char value[32];

	(void)snprintf(value, sizeof value, "%.9g", range_A);
	return set_range(s, value);
}

static double range_of(const struct mr_condition *c)
{
	return c->choices[0] ? 0 : strtod(c->value, NULL);
}

/* ---- of the level -------------------------------------------------------- */

static bool is_clipped(const struct mr_synapse *s)
{
	for (uint32_t k = 0; k < s->n_ops; k++)
		if (s->ops[k].outcome.status & MR_STATUS_OVER_RANGE)
			return true;
	return false;
}

static int drive_all(struct mr_synapse *s)
{
	return mr__synapse_drive(s, NULL, s->v_V, s->o.n_in, 0);
}

/* The condition's text changes with each configure. */
static int widen(struct mr_synapse *s, const struct mr_condition *c)
{
	double range_A = range_of(c);
	char kept[sizeof c->value];
	int rc = MR_OK, back;

	memcpy(kept, c->value, sizeof kept);
	while (!rc && is_clipped(s) && range_A < c->max) {
		range_A = fmin(range_A * 2, c->max);
		rc = set_number(s, range_A);
		if (!rc)
			rc = drive_all(s);
	}
	const struct mr_errtext why = s->array->err;

	back = set_range(s, kept);
	if (rc)
		s->array->err = why;
	return rc ? rc : back;
}

/* A composed drive is reads, each cell by itself: one that is clipped is a
 * defect, and no sum is. */
int mr__synapse_drive_widely(struct mr_synapse *s)
{
	const struct mr_condition *c = condition(s);
	int rc = drive_all(s);

	if (rc || !is_clipped(s) || !mr__array_takes(s->array, &s->ops[0]))
		return rc;
	if (c && range_of(c) > 0)
		rc = widen(s, c);
	if (rc || !is_clipped(s))
		return rc;
	return mr__synapse_fail(s, MR_ERR_RANGE,
	                        "the sums of all inputs are beyond the meter's "
	                        "widest range");
}

/* ---- of data ------------------------------------------------------------- */

/* Greatest current of all vectors, and whether any was clipped. */
static int look(struct mr_synapse *s, const float *x, uint32_t batch,
                float *most_A, bool *clipped)
{
	const struct mr_synapse_counts before = s->counts;
	uint32_t n;
	int rc = MR_OK;

	*most_A = 0;
	for (uint32_t at = 0; at < batch && !rc; at += n) {
		n = batch - at < s->run.most ? batch - at : s->run.most;
		rc = mr__synapse_drive_run(s, &x[(size_t)at * s->o.n_in], n,
		                           most_A);
	}
	*clipped = s->counts.clipped > before.clipped;
	s->counts.sums = before.sums; /* no sums were asked for */
	s->counts.clipped = before.clipped;
	return rc;
}

/* The next range to try; the same one = it fits. */
static double next_range(const struct mr_condition *c, double range_A,
                         double most_A, bool clipped)
{
	double to = range_A;

	if (clipped)
		to = range_A * WIDEN;
	else if (most_A < range_A * CLOSE)
		to = most_A > range_A / NARROW ? most_A / CLOSE
		                               : range_A / NARROW;
	return fmin(fmax(to, c->min), c->max);
}

static int fit(struct mr_synapse *s, const float *x, uint32_t batch,
               double *range_A)
{
	const struct mr_condition *c = condition(s);
	double at = range_of(c), next = at;
	bool clipped = false;
	float most_A = 0;
	int rc = MR_OK;

	for (int k = 0; k < TRIES && !rc; k++) {
		if (next < at || next > at)
			rc = set_number(s, next);
		at = next;
		if (!rc)
			rc = look(s, x, batch, &most_A, &clipped);
		next = next_range(c, at, (double)most_A, clipped);
		if (!rc && !(next < at || next > at) && !clipped &&
		    most_A > 0) {
			*range_A = fmin(fmax((double)most_A * MARGIN, c->min),
			                c->max);
			return set_number(s, *range_A);
		}
	}
	return rc ? rc
	          : mr_errtext_set(&s->array->err, MR_ERR_RANGE,
	                           "synapses: no " CONDITION " from %g to %g A "
	                           "fits these inputs: at %g A the greatest "
	                           "current is %g A%s",
	                           c->min, c->max, at, (double)most_A,
	                           clipped ? ", clipped" : "");
}

int mr_synapse_fit_range(struct mr_synapse *s, const float *x, uint32_t batch,
                         double *range_A)
{
	const struct mr_condition *c = condition(s);
	double fitted_A = 0;
	int rc = MR_OK;

	if (batch == 0)
		return mr__synapse_fail(s, MR_ERR_USAGE,
		                        "no vector to fit a range to");
	if (c && range_of(c) > 0) {
		rc = mr__synapse_check_inputs(s, x, (size_t)batch * s->o.n_in);
		if (!rc)
			rc = mr__synapse_make_run(s, batch);
		if (!rc)
			rc = fit(s, x, batch, &fitted_A);
	}
	if (!rc && range_A)
		*range_A = fitted_A;
	return rc;
}
