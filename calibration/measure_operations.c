/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Operations as protocols ask for them, and settings as they look them up. */
#include "measuring.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure_tally.h"

#define STEPS_DOWN_MAX 400 /* pulses that stand for an erase, at most */

int mr__measure_do(struct mr__measuring *m, struct mr_op *op)
{
	int64_t before_ns = m->t_ns;
	int code = m->submit(m->self, op);

	mr__tally_add(&m->tally, m->desc, op);
	m->tally.result->array_s += 1e-9 * (double)(m->t_ns - before_ns);
	return code;
}

int mr__measure_skip(struct mr__measuring *m, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(m->err->text, sizeof m->err->text, fmt, args);
	va_end(args);
	m->skipped = true;
	return MR_ERR_UNSUPPORTED;
}

/* ---- settings ------------------------------------------------------------ */

static size_t index_of(const struct mr__measuring *m, const char *name)
{
	const struct mr_measure_protocol *p = &m->protocol->about;
	size_t i = 0;

	while (i + 1 < p->n_settings && strcmp(p->settings[i].name, name) != 0)
		i++;
	return i;
}

double mr__measure_value(const struct mr__measuring *m, const char *name)
{
	return m->value[index_of(m, name)];
}

double mr__measure_value_or(const struct mr__measuring *m, const char *name,
                            double preset)
{
	double value = mr__measure_value(m, name);

	return isnan(value) ? preset : value;
}

uint32_t mr__measure_whole(const struct mr__measuring *m, const char *name)
{
	return (uint32_t)mr__measure_value(m, name);
}

const char *mr__measure_text(const struct mr__measuring *m, const char *name)
{
	const char *text = m->text[index_of(m, name)];

	return text ? text : "";
}

int mr__measure_list(const struct mr__measuring *m, const char *name,
                     double *out, size_t max, size_t *n)
{
	const char *text = mr__measure_text(m, name);

	*n = 0;
	while (*text) {
		char *end;
		double x = strtod(text, &end);

		if (end == text || (*end && *end != ',') || !isfinite(x)
		    || *n == max)
			return mr_errtext_set(
				m->err, MR_ERR_USAGE,
				"%s.%s=%s: give up to %zu numbers separated by "
				"commas, such as 1,10,100",
				m->protocol->about.name, name,
				mr__measure_text(m, name), max);
		out[(*n)++] = x;
		text = *end ? end + 1 : end;
	}
	return MR_OK;
}

/* ---- operations ---------------------------------------------------------- */

const struct mr_waveform *mr__measure_wave(const struct mr__measuring *m,
                                           enum mr_effect effect)
{
	if (!(m->abilities & MR_ABILITY(MR_OP_PULSE)))
		return NULL;
	return mr_description_effect(m->desc, effect);
}

int mr__measure_read(struct mr__measuring *m, uint32_t averages)
{
	uint32_t most = m->desc->limits.averages_max;
	struct mr_op op = {.kind = MR_OP_READ, .where = m->where};

	op.read.averages = most && averages > most ? most : averages;
	op.read.g_S = m->g_S;
	op.read.status = m->status;
	return mr__measure_do(m, &op);
}

static uint32_t count_max(const struct mr__measuring *m)
{
	uint32_t most = m->desc->limits.count_max;

	return most ? most : UINT32_MAX;
}

int mr__measure_pulse(struct mr__measuring *m, const struct mr_waveform *wave,
                      uint32_t count)
{
	int code = MR_OK;

	while (count > 0 && code == MR_OK) {
		struct mr_op op;

		mr_pulse_from(&op, wave);
		op.where = m->where;
		op.pulse.count = count < count_max(m) ? count : count_max(m);
		op.pulse.status = m->status;
		count -= op.pulse.count;
		code = mr__measure_do(m, &op);
	}
	return code;
}

/* One operation takes so many pulses of a cell at most; what is over waits. */
static bool split_counts(struct mr__measuring *m, uint32_t *now)
{
	uint32_t most = count_max(m);
	bool any = false;

	for (uint32_t i = 0; i < m->n; i++) {
		now[i] = m->counts[i] < most ? m->counts[i] : most;
		m->counts[i] -= now[i];
		any = any || now[i] > 0;
	}
	return any;
}

int mr__measure_counts(struct mr__measuring *m, const struct mr_waveform *wave)
{
	int code = MR_OK;

	while (code == MR_OK && split_counts(m, m->spent)) {
		struct mr_op op;

		mr_pulse_from(&op, wave);
		op.where = m->where;
		op.pulse.counts = m->spent;
		op.pulse.status = m->status;
		code = mr__measure_do(m, &op);
	}
	return code;
}

bool mr__measure_clears(const struct mr__measuring *m)
{
	return mr__measure_wave(m, MR_EFFECT_ERASE) != NULL
	       || mr__measure_wave(m, MR_EFFECT_LOWER) != NULL;
}

int mr__measure_clear(struct mr__measuring *m)
{
	const struct mr_waveform *erase = mr__measure_wave(m, MR_EFFECT_ERASE);
	const struct mr_waveform *lower = mr__measure_wave(m, MR_EFFECT_LOWER);
	double range_S = m->desc->g_max_S - m->desc->g_min_S;
	double steps = STEPS_DOWN_MAX;

	if (erase)
		return mr__measure_pulse(m, erase, 1);
	if (lower->step.floor_S > 0)
		steps = fmin(steps, ceil(range_S / lower->step.floor_S));
	return mr__measure_pulse(m, lower, (uint32_t)fmax(1, steps));
}

int mr__measure_targets(struct mr__measuring *m, double tolerance_S,
                        uint32_t budget, uint32_t averages)
{
	uint32_t most = m->desc->limits.averages_max;
	struct mr_op op = {.kind = MR_OP_PROGRAM, .where = m->where};

	op.program.target_S = m->targets_S;
	op.program.tolerance_S = tolerance_S;
	op.program.budget = budget;
	op.program.averages = most && averages > most ? most : averages;
	op.program.g_S = m->g_S;
	op.program.pulses = m->spent;
	op.program.status = m->status;
	return mr__measure_do(m, &op);
}

int mr__measure_wait(struct mr__measuring *m, double duration_s)
{
	const struct mr_limits *l = &m->desc->limits;
	double most_s = l->wait_max_s > 0 ? l->wait_max_s : l->width_max_s;
	int code = MR_OK;

	while (duration_s > 0 && code == MR_OK) {
		struct mr_op op = {.kind = MR_OP_WAIT};

		op.wait.duration_s = most_s > 0 ? fmin(duration_s, most_s)
		                                : duration_s;
		duration_s -= op.wait.duration_s;
		code = mr__measure_do(m, &op);
	}
	return code;
}

int mr__measure_until(struct mr__measuring *m, int64_t t_ns)
{
	return mr__measure_wait(m, 1e-9 * (double)(t_ns - m->t_ns));
}
