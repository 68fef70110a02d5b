/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* What makes an operation well-formed for an array. Back ends rely on it. */
#include "array_priv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int bad(struct mr_errtext *err, const char *what, double value,
               double min, double max)
{
	return mr_errtext_set(err, MR_ERR_RANGE, "%s is %g: must be %g to %g",
	                      what, value, min, max);
}

/* Per-element values are float: a limit that a float cannot hold exactly must
 * still let the float nearest to it through. */
static double as_float(double limit)
{
	return fmax(limit, (double)(float)limit);
}

/* A voltage is within a limit exactly if it is within the float next to it. */
MR_CLONES
bool mr__all_within(const float *v, uint64_t n, double limit)
{
	const float max = (float)limit;
	bool ok = true;

	for (uint64_t i = 0; i < n; i++)
		ok &= fabsf(v[i]) <= max;
	return ok;
}

/* NaN fails too. */
static bool within(double value, double min, double max)
{
	return value >= min && value <= max;
}

static int check_width(const struct mr_description *d, const char *what,
                       double width_s, struct mr_errtext *err)
{
	double min = d->limits.width_min_s, max = d->limits.width_max_s;

	if (within(width_s, fmin(min, (double)(float)min), as_float(max)))
		return MR_OK;
	return bad(err, what, width_s, min, max);
}

/* Time in which nothing is applied. */
static int check_pause(const struct mr_description *d, const char *what,
                       double pause_s, double min, struct mr_errtext *err)
{
	double max = d->limits.wait_max_s;

	if (max == 0)
		max = d->limits.width_max_s;
	if (within(pause_s, min, max))
		return MR_OK;
	return bad(err, what, pause_s, min, max);
}

static const struct mr_waveform *read_wave(const struct mr_description *d)
{
	return mr_description_effect(d, MR_EFFECT_NONE);
}

static int check_read(const struct mr_description *d, struct mr_op *op,
                      struct mr_errtext *err)
{
	struct mr_read_op *rd = &op->read;
	const struct mr_waveform *wave = read_wave(d);
	double v_max = d->limits.v_read_max_V;

	if (!rd->g_S)
		return mr_errtext_set(err, MR_ERR_USAGE, "g_S is NULL");
	if (rd->v_read_V == 0 && wave)
		rd->v_read_V = wave->amplitude;
	if (rd->t_int_s == 0 && wave)
		rd->t_int_s = wave->width_s;
	if (rd->averages == 0)
		rd->averages = 1;
	if (!within(fabs(rd->v_read_V), 0, as_float(v_max)) ||
	    rd->v_read_V == 0)
		return bad(err, "v_read_V", rd->v_read_V, -v_max, v_max);
	if (rd->averages > d->limits.averages_max)
		return bad(err, "averages", rd->averages, 1,
		           d->limits.averages_max);
	return check_width(d, "t_int_s", rd->t_int_s, err);
}

static int check_amplitude(const struct mr_description *d, enum mr_unit unit,
                           double amplitude, struct mr_errtext *err)
{
	bool volts = unit == MR_UNIT_VOLT;
	double max = volts ? d->limits.v_pulse_max_V : d->limits.i_pulse_max_A;

	if ((unsigned)unit > MR_UNIT_AMPERE)
		return mr_errtext_set(err, MR_ERR_USAGE, "unknown unit %d",
		                      (int)unit);
	if (d->limits.v_pulse_max_V == 0 && d->limits.i_pulse_max_A == 0)
		return mr_errtext_set(err, MR_ERR_UNSUPPORTED,
		                      "%s %s takes no pulses", d->driver,
		                      d->model);
	if (max == 0)
		return mr_errtext_set(
			err, MR_ERR_UNSUPPORTED,
			"%s %s takes no %s pulses; it takes %s", d->driver,
			d->model, volts ? "voltage" : "current",
			volts ? "current (A)" : "voltage (V)");
	if (!within(fabs(amplitude), 0, as_float(max)))
		return bad(err, volts ? "amplitude in V" : "amplitude in A",
		           amplitude, -max, max);
	return MR_OK;
}

static int check_edges(const struct mr_description *d,
                       const struct mr_pulse_op *pu, struct mr_errtext *err)
{
	double max = d->limits.width_max_s;

	if (!within(pu->t_rise_s, 0, max))
		return bad(err, "t_rise_s", pu->t_rise_s, 0, max);
	if (!within(pu->t_fall_s, 0, max))
		return bad(err, "t_fall_s", pu->t_fall_s, 0, max);
	if (!within(pu->compliance, 0, HUGE_VAL))
		return bad(err, "compliance", pu->compliance, 0, HUGE_VAL);
	return MR_OK;
}

static int check_pulse(const struct mr_description *d, struct mr_op *op,
                       struct mr_errtext *err)
{
	struct mr_pulse_op *pu = &op->pulse;
	uint64_t n = mr_selection_count(&op->where, d);
	uint32_t max = d->limits.count_max;
	int rc = check_edges(d, pu, err);

	if (pu->count == 0)
		pu->count = 1;
	if (!rc && pu->count > max)
		rc = bad(err, "count", pu->count, 1, max);
	if (!rc && !pu->amplitudes)
		rc = check_amplitude(d, pu->unit, pu->amplitude, err);
	if (!rc && !pu->widths_s)
		rc = check_width(d, "width_s", pu->width_s, err);
	for (uint64_t i = 0; i < n && !rc; i++) {
		if (pu->amplitudes)
			rc = check_amplitude(d, pu->unit,
			                     (double)pu->amplitudes[i], err);
		if (!rc && pu->widths_s)
			rc = check_width(d, "a width in widths_s",
			                 (double)pu->widths_s[i], err);
		if (!rc && pu->counts && pu->counts[i] > max)
			rc = bad(err, "a count in counts", pu->counts[i], 0,
			         max);
		if (!pu->amplitudes && !pu->widths_s && !pu->counts)
			break;
	}
	return rc;
}

static int check_trace(const struct mr_description *d, struct mr_op *op,
                       struct mr_errtext *err)
{
	const struct mr_trace_op *tr = &op->trace;
	bool volts = tr->unit == MR_UNIT_VOLT;
	double read_max = d->limits.v_read_max_V;
	int rc = MR_OK;

	if (tr->n_levels == 0 || !tr->level || !tr->hold_s || !tr->i_A)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "level, hold_s, i_A and at least one level "
		                      "are needed");
	if (mr_trace_samples(tr) == 0)
		return mr_errtext_set(err, MR_ERR_USAGE, "no level is sampled");
	if (!within(tr->compliance, 0, HUGE_VAL))
		return bad(err, "compliance", tr->compliance, 0, HUGE_VAL);
	for (uint32_t k = 0; k < tr->n_levels && !rc; k++) {
		double level = (double)tr->level[k];

		rc = level == 0 ? check_pause(d, "a hold in hold_s",
		                              tr->hold_s[k],
		                              d->limits.width_min_s, err)
		                : check_width(d, "a hold in hold_s",
		                              tr->hold_s[k], err);
		if (!rc &&
		    !(volts && within(fabs(level), 0, as_float(read_max))))
			rc = check_amplitude(d, tr->unit, level, err);
	}
	return rc;
}

/* Many at once; (float)max is the greatest float that as_float() lets pass. */
MR_CLONES
static bool all_within(const float *value, uint64_t n, double max)
{
	const float most = (float)max;
	uint32_t outside = 0;

	for (uint64_t i = 0; i < n; i++)
		outside |= !(value[i] >= 0) | !(value[i] <= most);
	return outside == 0;
}

static int check_targets(const struct mr_description *d,
                         const struct mr_program_op *pg, uint64_t n,
                         struct mr_errtext *err)
{
	if (pg->target_S && all_within(pg->target_S, n, d->g_max_S))
		return MR_OK;
	for (uint64_t i = 0; i < n; i++) {
		double target = pg->target_S ? (double)pg->target_S[i]
		                             : pg->target;

		if (!within(target, 0, as_float(d->g_max_S)))
			return mr_errtext_set(
				err, MR_ERR_RANGE,
				"target %llu is %g S: must be 0 to %g",
				(unsigned long long)i, target, d->g_max_S);
	}
	return MR_OK;
}

static int check_program(const struct mr_description *d, struct mr_op *op,
                         struct mr_errtext *err)
{
	struct mr_program_op *pg = &op->program;
	uint64_t n = pg->target_S ? mr_selection_count(&op->where, d) : 1;
	int rc = check_targets(d, pg, n, err);

	if (rc)
		return rc;
	if (!(pg->tolerance_S > 0 && pg->tolerance_S <= d->g_max_S))
		return bad(err, "tolerance_S", pg->tolerance_S, 0, d->g_max_S);
	if (pg->budget == 0 || pg->budget > d->limits.count_max)
		return bad(err, "budget", pg->budget, 1, d->limits.count_max);
	if (pg->averages == 0)
		pg->averages = 1;
	if (pg->averages > d->limits.averages_max)
		return bad(err, "averages", pg->averages, 1,
		           d->limits.averages_max);
	if (op->where.kind != MR_SELECT_LIST)
		return MR_OK;
	struct mr_selection once = {.kind = MR_SELECT_OUTER,
	                            .rows = op->where.cells,
	                            .n_rows = op->where.n_cells,
	                            .cols = (const uint32_t[]){0},
	                            .n_cols = 1};
	struct mr_description flat = {.rows = d->rows * d->cols, .cols = 1};

	if (mr_selection_check(&once, &flat, err))
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "a cell is listed twice: a target for each "
		                      "cell once");
	return MR_OK;
}

static int check_drive(const struct mr_description *d, struct mr_op *op,
                       struct mr_errtext *err)
{
	struct mr_drive_op *dr = &op->drive;
	const struct mr_waveform *wave = read_wave(d);
	double v_max = d->limits.v_read_max_V;
	uint32_t n_rows, n_cols;

	if (mr_selection_lines(&op->where, d, &n_rows, &n_cols))
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "a drive needs rows and columns, not a list "
		                      "of cells");
	if (!dr->v_V || !dr->i_A)
		return mr_errtext_set(err, MR_ERR_USAGE, "v_V or i_A is NULL");
	if ((unsigned)dr->axis > MR_AXIS_COLS)
		return mr_errtext_set(err, MR_ERR_USAGE, "unknown axis %d",
		                      (int)dr->axis);
	if (dr->batch == 0 || dr->batch > d->limits.batch_max)
		return bad(err, "batch", dr->batch, 1, d->limits.batch_max);
	if (dr->duration_s == 0 && wave)
		dr->duration_s = wave->width_s;
	int rc = check_pause(d, "period_s", dr->period_s, 0, err);

	if (rc)
		return rc;
	uint64_t n = (uint64_t)dr->batch *
	             (dr->axis == MR_AXIS_ROWS ? n_rows : n_cols);

	bool ok = mr__all_within(dr->v_V, n, v_max);

	for (uint64_t i = 0; i < n && !ok; i++)
		if (!mr__all_within(&dr->v_V[i], 1, v_max))
			return bad(err, "a voltage in v_V", (double)dr->v_V[i],
			           -v_max, v_max);
	return check_width(d, "duration_s", dr->duration_s, err);
}

static bool is_choice(const char *choices, const char *value)
{
	size_t len = strlen(value);

	while (*choices) {
		size_t next = strcspn(choices, "|");

		if (next == len && strncmp(choices, value, len) == 0)
			return true;
		choices += next + (choices[next] == '|');
	}
	return false;
}

static int check_value(const struct mr_condition *c, const char *value,
                       struct mr_errtext *err)
{
	char *end;

	if (c->choices[0])
		return is_choice(c->choices, value)
		               ? MR_OK
		               : mr_errtext_set(err, MR_ERR_RANGE,
		                                "condition %s = '%s': must be one "
		                                "of %s",
		                                c->name, value, c->choices);
	double number = strtod(value, &end);

	if (end == value || *end)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "condition %s = '%s': not a number", c->name,
		                      value);
	if (!within(number, c->min, c->max))
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "condition %s = %s: must be %g to %g %s",
		                      c->name, value, c->min, c->max, c->unit);
	return MR_OK;
}

static int check_configure(const struct mr_description *d, struct mr_op *op,
                           struct mr_errtext *err)
{
	const struct mr_configure_op *cf = &op->configure;
	char known[256] = "";

	if (!cf->name || !cf->value)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "name or value is NULL");
	for (uint32_t i = 0; i < d->n_conditions; i++) {
		if (strcmp(d->conditions[i].name, cf->name) == 0)
			return check_value(&d->conditions[i], cf->value, err);
		mr__list_name(known, sizeof known, d->conditions[i].name);
	}
	return mr_errtext_set(err, MR_ERR_USAGE,
	                      "unknown condition '%s'; there are: %s", cf->name,
	                      known);
}

static int check_wait(const struct mr_description *d, struct mr_op *op,
                      struct mr_errtext *err)
{
	return check_pause(d, "duration_s", op->wait.duration_s, 0, err);
}

int mr__op_check(const struct mr_description *desc, uint32_t abilities,
                 struct mr_op *op, struct mr_errtext *err)
{
	static int (*const checks[])(const struct mr_description *,
	                             struct mr_op *, struct mr_errtext *) = {
		[MR_OP_READ] = check_read,       [MR_OP_PULSE] = check_pulse,
		[MR_OP_TRACE] = check_trace,     [MR_OP_PROGRAM] = check_program,
		[MR_OP_DRIVE] = check_drive,     [MR_OP_WAIT] = check_wait,
		[MR_OP_CONFIGURE] = check_configure};

	if (op->kind < MR_OP_READ || op->kind > MR_OP_CONFIGURE)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "unknown kind %d", (int)op->kind);
	if (!(abilities & MR_ABILITY(op->kind)))
		return mr_errtext_set(err, MR_ERR_UNSUPPORTED,
		                      "%s offers no %s, and it cannot be composed "
		                      "from what it offers",
		                      desc->driver, mr_op_kind_name(op->kind));
	if (op->kind != MR_OP_WAIT && op->kind != MR_OP_CONFIGURE) {
		int rc = mr_selection_check(&op->where, desc, err);

		if (rc)
			return rc;
	}
	return checks[op->kind](desc, op, err);
}
