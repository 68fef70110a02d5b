/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* What may be applied, and what takes it away again. */
#include "wire_scpi.h"

#include <math.h>

#define ARM_NS INT64_C(10000000000) /* the protocol's 10 s */
#define WATCHDOG_MAX_S 1e9
#define RAMP_SLACK 1e-9 /* of a step, for ramps whose end is a decimal */

/* ---- bounds ------------------------------------------------------------------------ */

/* Values come as float32 too: the float nearest to a bound is within it. */
static double as_float(double bound)
{
	return fmax(bound, (double)(float)bound);
}

static bool within(double x, double bound)
{
	return fabs(x) <= as_float(bound);
}

bool mr__ws_volts_ok(const struct wire_scpi *b, double v_V, double max_V)
{
	return within(v_V, max_V) && within(v_V, b->safety.v_max_V);
}

bool mr__ws_amplitude_ok(const struct wire_scpi *b, enum mr_unit unit, double a)
{
	if (unit == MR_UNIT_VOLT)
		return mr__ws_volts_ok(b, a, b->limits.v_pulse_max_V);
	return within(a, b->limits.i_pulse_max_A) &&
	       within(a, b->safety.i_max_A);
}

bool mr__ws_width_ok(const struct wire_scpi *b, double width_s)
{
	double min = b->limits.width_min_s;

	return width_s >= fmin(min, (double)(float)min) &&
	       width_s <= as_float(b->limits.width_max_s);
}

static double volts_most(const struct wire_scpi *b)
{
	return fmax(b->limits.v_read_max_V, b->limits.v_pulse_max_V);
}

void mr__ws_unlimit(struct wire_scpi *b)
{
	if (b->safety.locked)
		return;
	b->safety.v_max_V = HUGE_VAL;
	b->safety.i_max_A = HUGE_VAL;
}

static int set_limit(const struct wire_scpi *b, const struct ws_command *c,
                     double most, double *limit)
{
	double x;
	int rc = b->safety.locked ? WS_FORBIDDEN : mr__ws_real(c, 0, &x);

	if (rc)
		return rc;
	if (!(x >= 0 && x <= as_float(most)))
		return WS_RANGE;
	*limit = x;
	return WS_OK;
}

int mr__ws_limit_voltage(struct wire_scpi *b, const struct ws_command *c)
{
	return set_limit(b, c, volts_most(b), &b->safety.v_max_V);
}

/* A board without current pulses has no bound of its own to be beyond. */
int mr__ws_limit_current(struct wire_scpi *b, const struct ws_command *c)
{
	double most = b->limits.i_pulse_max_A;

	return set_limit(b, c, most > 0 ? most : HUGE_VAL, &b->safety.i_max_A);
}

static void answer_real(struct wire_scpi *b, double x)
{
	mr__ws_print_real(mr__ws_answer(b), x);
}

int mr__ws_limit_voltage_query(struct wire_scpi *b, const struct ws_command *c)
{
	(void)c;
	answer_real(b, fmin(volts_most(b), b->safety.v_max_V));
	return WS_OK;
}

int mr__ws_limit_current_query(struct wire_scpi *b, const struct ws_command *c)
{
	(void)c;
	answer_real(b, isfinite(b->safety.i_max_A) ? b->safety.i_max_A
	                                           : b->limits.i_pulse_max_A);
	return WS_OK;
}

int mr__ws_limit_lock(struct wire_scpi *b, const struct ws_command *c)
{
	(void)c;
	b->safety.locked = true;
	return WS_OK;
}

/* ---- stopping ---------------------------------------------------------------------- */

void mr__ws_make_safe(struct wire_scpi *b, int error, bool always)
{
	bool cut = mr__ws_job_cut(b);

	b->safety.armed = false;
	if (cut || always)
		mr__ws_raise(b, error);
}

int mr__ws_abort(struct wire_scpi *b, const struct ws_command *c)
{
	(void)c;
	mr__ws_make_safe(b, WS_ABORTED, false);
	return WS_OK;
}

int mr__ws_safe(struct wire_scpi *b, const struct ws_command *c)
{
	b->safety.enabled = false;
	return mr__ws_abort(b, c);
}

int mr__ws_heart(struct wire_scpi *b, const struct ws_command *c)
{
	(void)b;
	(void)c;
	return WS_OK;
}

int mr__ws_enable(struct wire_scpi *b, const struct ws_command *c)
{
	return mr__ws_switch(c, 0, &b->safety.enabled);
}

int mr__ws_enable_query(struct wire_scpi *b, const struct ws_command *c)
{
	(void)c;
	mr__ws_print(mr__ws_answer(b), "%d", b->safety.enabled);
	return WS_OK;
}

int mr__ws_watchdog(struct wire_scpi *b, const struct ws_command *c)
{
	double s = 0;
	int rc = mr__ws_real(c, 0, &s);

	if (rc)
		return rc;
	if (!(s >= 0 && s <= WATCHDOG_MAX_S))
		return WS_RANGE;
	b->safety.watchdog_s = s;
	return WS_OK;
}

int mr__ws_watchdog_query(struct wire_scpi *b, const struct ws_command *c)
{
	(void)c;
	answer_real(b, b->safety.watchdog_s);
	return WS_OK;
}

/* ---- forming ------------------------------------------------------------------------ */

static int64_t clock_ns(const struct wire_scpi *b)
{
	return b->instant ? mr_array_time_ns(b->array) : mr__ws_board_ns(b);
}

int mr__ws_arm(struct wire_scpi *b, const struct ws_command *c)
{
	uint32_t cell = 0;
	double last = (double)b->desc->rows * b->desc->cols - 1;
	int rc = mr__ws_whole(c, 0, last, &cell);

	if (rc)
		return rc;
	b->safety.armed = true;
	b->safety.armed_cell = cell;
	b->safety.armed_ns = clock_ns(b);
	return WS_OK;
}

static bool is_armed(const struct wire_scpi *b)
{
	return b->safety.armed && clock_ns(b) - b->safety.armed_ns <= ARM_NS;
}

static int plan_ramp(const struct wire_scpi *b, const double *x,
                     struct ws_forming *f)
{
	double stop = x[1], span;

	*f = (struct ws_forming){.cell = b->safety.armed_cell,
	                         .start = x[0],
	                         .step = x[2],
	                         .width_s = x[3],
	                         .g_stop_S = x[4]};
	if (!mr__ws_amplitude_ok(b, b->unit, f->start) ||
	    !mr__ws_amplitude_ok(b, b->unit, stop) || f->step == 0 ||
	    !mr__ws_width_ok(b, f->width_s) || f->g_stop_S < 0 || x[5] != 0)
		return WS_RANGE;
	span = (stop - f->start) / f->step + RAMP_SLACK;
	if (!(span >= 0 && span < b->limits.count_max))
		return WS_RANGE;
	f->n_most = (uint32_t)span + 1;
	return WS_OK;
}

/* The reads between the pulses are the record's: a tighter bound forbids. */
static bool read_ok(const struct wire_scpi *b)
{
	const struct mr_waveform *w =
		mr_description_effect(b->desc, MR_EFFECT_NONE);

	return !w || mr__ws_volts_ok(b, w->amplitude, b->limits.v_read_max_V);
}

static int try_ramp(struct wire_scpi *b, const struct ws_forming *f)
{
	struct mr_op op = {.kind = MR_OP_PULSE,
	                   .where = {.kind = MR_SELECT_LIST,
	                             .cells = &f->cell,
	                             .n_cells = 1},
	                   .pulse = {.unit = b->unit,
	                             .amplitude = f->start,
	                             .width_s = f->width_s,
	                             .count = 1}};
	int rc = mr__ws_try_pulses(b, &op);

	op.pulse.amplitude = f->start + f->step * (f->n_most - 1);
	return rc ? rc : mr__ws_try_pulses(b, &op);
}

int mr__ws_form(struct wire_scpi *b, const struct ws_command *c)
{
	double x[6] = {0};
	struct ws_forming f;
	int rc = is_armed(b) ? WS_OK : WS_FORBIDDEN;

	for (uint32_t i = 0; i < sizeof x / sizeof x[0] && !rc; i++)
		rc = mr__ws_real(c, i, &x[i]);
	if (!rc)
		rc = plan_ramp(b, x, &f);
	if (!rc && !read_ok(b))
		rc = WS_RANGE;
	if (!rc)
		rc = try_ramp(b, &f);
	if (!rc)
		rc = mr__ws_job_begin(b, JOB_FORM, 0);
	if (rc)
		return rc;
	b->safety.armed = false;
	b->forming = f;
	return WS_OK;
}

int mr__ws_form_query(struct wire_scpi *b, const struct ws_command *c)
{
	const struct ws_forming *f = &b->forming;

	(void)c;
	mr__ws_print(mr__ws_answer(b), "%d,%.9g,%u", f->reached, f->amplitude,
	             f->pulses);
	return WS_OK;
}
