/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* What a submit would do: the same checks and the same guard, and nothing sent. */
#include "array_priv.h"
#include "filters.h"
#include "guard.h"

#include <math.h>
#include <string.h>

static double quantised(const struct mr_array *array, enum mr_quantity what,
                        double value)
{
	const struct mr_stage *s = &array->stages[0];

	return s->type->quantise ? s->type->quantise(s->self, what, value)
	                         : value;
}

/* Least and greatest of a value that may be listed per cell. */
static struct mr_span span_of(const struct mr_array *array,
                              enum mr_quantity what, double one,
                              const float *each, uint64_t n)
{
	struct mr_span s = {INFINITY, -INFINITY};

	for (uint64_t i = 0; i < (each ? n : 1); i++) {
		double v = quantised(array, what, each ? (double)each[i] : one);

		s.least = fmin(s.least, v);
		s.greatest = fmax(s.greatest, v);
	}
	return s;
}

static void plan_pulse(const struct mr_array *array, const struct mr_op *op,
                       uint64_t n, struct mr_plan *p)
{
	const struct mr_pulse_op *pu = &op->pulse;
	enum mr_quantity what = pu->unit == MR_UNIT_VOLT ? MR_QUANTITY_V
	                                                 : MR_QUANTITY_A;

	p->unit = pu->unit;
	p->amplitude = span_of(array, what, pu->amplitude, pu->amplitudes, n);
	p->width_s = span_of(array, MR_QUANTITY_S, pu->width_s, pu->widths_s, n);
	for (uint64_t i = 0; i < n; i++) {
		double width_s = pu->widths_s
		                         ? quantised(array, MR_QUANTITY_S,
		                                     (double)pu->widths_s[i])
		                         : p->width_s.least;
		uint32_t count = pu->counts  ? pu->counts[i]
		                 : pu->count ? pu->count
		                             : 1;

		p->n_pulses += count;
		p->duration_s += count *
		                 (pu->t_rise_s + width_s + pu->t_fall_s);
	}
}

static void plan_trace(const struct mr_array *array, const struct mr_op *op,
                       uint64_t n, struct mr_plan *p)
{
	const struct mr_trace_op *tr = &op->trace;
	enum mr_quantity what = tr->unit == MR_UNIT_VOLT ? MR_QUANTITY_V
	                                                 : MR_QUANTITY_A;
	struct mr_span w = {INFINITY, -INFINITY};

	p->unit = tr->unit;
	p->amplitude = span_of(array, what, 0, tr->level, tr->n_levels);
	for (uint32_t k = 0; k < tr->n_levels; k++) {
		double hold_s = quantised(array, MR_QUANTITY_S, tr->hold_s[k]);

		w.least = fmin(w.least, hold_s);
		w.greatest = fmax(w.greatest, hold_s);
		p->duration_s += (double)n * hold_s;
	}
	p->width_s = w;
}

static void plan_drive(const struct mr_array *array, const struct mr_op *op,
                       struct mr_plan *p)
{
	const struct mr_drive_op *dr = &op->drive;
	uint32_t n_rows = 0, n_cols = 0;
	double each_s = quantised(array, MR_QUANTITY_S, dr->duration_s);

	(void)mr_selection_lines(&op->where, &array->desc, &n_rows, &n_cols);
	p->amplitude = span_of(array, MR_QUANTITY_V, 0, dr->v_V,
	                       (uint64_t)dr->batch *
	                               (dr->axis == MR_AXIS_ROWS ? n_rows
	                                                         : n_cols));
	p->width_s = (struct mr_span){each_s, each_s};
	p->duration_s = dr->batch * fmax(each_s, dr->period_s);
}

static void plan_values(const struct mr_array *array, const struct mr_op *op,
                        struct mr_plan *p)
{
	uint64_t n = mr_op_elements(op, &array->desc);
	double t_int_s;

	switch (op->kind) {
	case MR_OP_READ:
		t_int_s = quantised(array, MR_QUANTITY_S, op->read.t_int_s);
		p->amplitude = span_of(array, MR_QUANTITY_V, op->read.v_read_V,
		                       NULL, 1);
		p->width_s = (struct mr_span){t_int_s, t_int_s};
		p->duration_s = (double)n * t_int_s * op->read.averages;
		break;
	case MR_OP_PULSE:
		plan_pulse(array, op, n, p);
		break;
	case MR_OP_TRACE:
		plan_trace(array, op, n, p);
		break;
	case MR_OP_DRIVE:
		plan_drive(array, op, p);
		break;
	case MR_OP_PROGRAM:
		p->n_pulses = n * op->program.budget;
		p->duration_s = NAN;
		break;
	case MR_OP_WAIT:
		p->duration_s = op->wait.duration_s;
		break;
	case MR_OP_CONFIGURE:
		break;
	}
}

/* What the lines carry at the greatest amplitude, by the scheme in force. */
static void plan_lines(const struct mr_array *array, const struct mr__guard *g,
                       struct mr_plan *p)
{
	const struct mr_description *d = &array->desc;
	double v_V = fmax(fabs(p->amplitude.least), fabs(p->amplitude.greatest));

	for (uint32_t i = 0; i < d->n_schemes; i++) {
		const struct mr_scheme *s = &d->schemes[i];

		if (strcmp(s->name, g->bias.name) != 0)
			continue;
		p->scheme = s;
		p->row_selected_V = v_V * s->row_selected;
		p->row_other_V = v_V * s->row_other;
		p->col_selected_V = v_V * s->col_selected;
		p->col_other_V = v_V * s->col_other;
		p->half_selected_V = v_V * mr__guard_worst(g);
	}
}

static struct mr__guard *guard_of(const struct mr_array *array)
{
	for (uint32_t i = 0; i < array->n_stages; i++)
		if (array->stages[i].type == &mr__filter_guard.waist)
			return array->stages[i].self;
	return NULL;
}

static int plan_one(struct mr_array *array, const struct mr_op *asked,
                    struct mr_plan *p)
{
	struct mr_op op = *asked;
	struct mr__guard *g = guard_of(array);
	struct mr_run run = {.stop = &array->stop,
	                     .clock = &array->clock,
	                     .err = &array->err};
	int rc = mr__op_check(&array->desc, mr_array_abilities(array), &op,
	                      &array->err);

	if (rc)
		return rc;
	*p = (struct mr_plan){.composed = !mr__array_takes(array, &op),
	                      .amplitude = {INFINITY, -INFINITY},
	                      .width_s = {INFINITY, -INFINITY}};
	rc = mr__array_means(array, &op, &p->means, &array->err);
	/* what a composed operation sends meets the guard part by part */
	if (!rc && g && !p->composed)
		rc = mr__guard_would(g, &op, &run);
	if (rc)
		return rc;
	plan_values(array, &op, p);
	if (g && op.kind <= MR_OP_DRIVE && op.kind != MR_OP_PROGRAM &&
	    p->unit == MR_UNIT_VOLT)
		plan_lines(array, g, p);
	return MR_OK;
}

int mr_array_plan(struct mr_array *array, const struct mr_op *op,
                  struct mr_plan *out)
{
	if (array->inside)
		return MR_ERR_BUSY;
	array->err.text[0] = '\0';
	return plan_one(array, op, out);
}
