/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Virtual board of the open protocol: commands that touch cells. */
#include "wire_scpi.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ERR_CONFLICT (-221)
#define ERR_RANGE (-222)
#define ERR_HARDWARE (-240)
#define ERR_SYSTEM (-310)
#define ERR_LIMIT 101
#define SLICE_S 1e-3 /* trains longer than this are worked off by the clock */
#define WORD 24

/* What the array makes of an operation. */
int mr__scpi_code(int rc)
{
	switch (rc) {
	case MR_OK:
		return 0;
	case MR_ERR_RANGE:
	case MR_ERR_USAGE:
	case MR_ERR_UNSUPPORTED:
	case MR_ERR_REFUSED:
		return ERR_RANGE;
	case MR_ERR_NOMEM:
		return ERR_SYSTEM;
	default:
		return ERR_HARDWARE;
	}
}

static int run(struct scpi_wire *w, struct mr_op *op)
{
	return mr__scpi_code(mr_array_submit(w->array, op, 1, NULL, NULL));
}

void *mr__scpi_more_room(struct bytes *b, size_t n)
{
	b->n = 0;
	return mr__scpi_room(b, n ? n : 1);
}

static uint64_t n_selected(const struct scpi_wire *w)
{
	return mr_selection_count(&w->where, &w->desc);
}

static void summarise(struct scpi_wire *w, size_t n)
{
	w->status.n = n;
	w->summary = 0;
	for (size_t i = 0; i < n; i++)
		w->summary |= w->status.at[i];
}

/* ---- checks -------------------------------------------------------------------------------- */

/* Nothing is applied while the output is off, or beyond this session's limits. */
static int check_volts(const struct scpi_wire *w, double v_V)
{
	if (!w->enabled)
		return ERR_CONFLICT;
	return fabs(v_V) > w->limit_V ? ERR_RANGE : 0;
}

static int check_amplitude(const struct scpi_wire *w, double amplitude)
{
	if (w->desc.limits.v_pulse_max_V > 0)
		return check_volts(w, amplitude);
	if (!w->enabled)
		return ERR_CONFLICT;
	return fabs(amplitude) > w->limit_A ? ERR_RANGE : 0;
}

int mr__scpi_read(struct scpi_wire *w, int64_t now_ns, struct params *p)
{
	struct mr_op op = {.kind = MR_OP_READ, .where = w->where};
	size_t n = n_selected(w);
	float *g_S = malloc(n * sizeof *g_S);
	int error;

	(void)now_ns;
	op.read.v_read_V = mr__scpi_number(p);
	op.read.t_int_s = mr__scpi_number(p);
	op.read.averages = mr__scpi_whole(p);
	mr__scpi_end(p);
	op.read.g_S = g_S;
	op.read.status = mr__scpi_more_room(&w->status, n);
	error = p->error ? p->error : check_volts(w, op.read.v_read_V);
	if (!error && (!g_S || !op.read.status))
		error = ERR_SYSTEM;
	if (!error)
		error = run(w, &op);
	if (!error) {
		summarise(w, n);
		mr__scpi_answer(w, "%s", "");
		mr__scpi_answer_block(w, g_S, n * sizeof *g_S);
		mr__scpi_more(w, ",%u", w->summary);
	}
	free(g_S);
	return error;
}

int mr__scpi_status(struct scpi_wire *w, int64_t now_ns, struct params *p)
{
	(void)now_ns;
	(void)p;
	mr__scpi_answer(w, "%s", "");
	mr__scpi_answer_block(w, w->status.at, w->status.n);
	return 0;
}

/* Whether every pulse of a train would be taken: nothing happens otherwise. */
static int check_train(const struct scpi_wire *w, const struct mr_pulse_op *pu,
                       const float *train, uint32_t n)
{
	const struct mr_limits *l = &w->desc.limits;
	double max = l->v_pulse_max_V > 0 ? l->v_pulse_max_V : l->i_pulse_max_A;
	int error = 0;

	for (uint32_t i = 0; i < n && !error; i++) {
		double amplitude = (double)train[3 * i];
		double width_s = (double)train[3 * i + 1];
		double count = (double)train[3 * i + 2];

		error = check_amplitude(w, amplitude);
		if (!error &&
		    !(fabs(amplitude) <= fmax(max, (double)(float)max) &&
		      width_s >= fmin(l->width_min_s,
		                      (double)(float)l->width_min_s) &&
		      width_s <= l->width_max_s && count >= 0 &&
		      count <= l->count_max && count == floor(count)))
			error = ERR_RANGE;
	}
	return error || !(pu->compliance >= 0) ? (error ? error : ERR_RANGE) : 0;
}

static void begin_job(struct scpi_wire *w, int64_t now_ns,
                      const struct mr_pulse_op *pu, float *train, uint32_t n)
{
	w->job = (struct job){.runs = true, .n = n, .pulse = *pu, .train = train};
	w->done = 0;
	w->summary = 0;
	w->status.n = n;
	memset(w->status.at, 0, n);
	w->live_until_ns = INT64_MAX;
	mr__scpi_go_on(w, now_ns, false);
}

/* Cells of a product are pulsed together, listed ones one after another. */
static int pulse_alike(struct scpi_wire *w, int64_t now_ns,
                       const struct mr_pulse_op *pu)
{
	uint32_t n = (uint32_t)n_selected(w);
	struct mr_op op = {.kind = MR_OP_PULSE, .where = w->where, .pulse = *pu};
	double each_s = (pu->width_s + pu->t_rise_s + pu->t_fall_s) * pu->count;
	int error;

	if (!mr__scpi_more_room(&w->status, n))
		return ERR_SYSTEM;
	if (w->where.kind == MR_SELECT_LIST && each_s * n > SLICE_S && n > 1) {
		float one[3] = {(float)pu->amplitude, (float)pu->width_s,
		                (float)pu->count};

		error = check_train(w, pu, one, 1);
		if (!error)
			begin_job(w, now_ns, pu, NULL, n);
		return error;
	}
	op.pulse.status = w->status.at;
	error = run(w, &op);
	if (!error) {
		summarise(w, n);
		w->done = n;
	}
	return error;
}

int mr__scpi_pulse(struct scpi_wire *w, int64_t now_ns, struct params *p)
{
	struct mr_pulse_op pu = {.unit = w->desc.limits.v_pulse_max_V > 0
	                                         ? MR_UNIT_VOLT
	                                         : MR_UNIT_AMPERE};
	int error;

	w->done = 0;
	pu.amplitude = mr__scpi_number(p);
	pu.width_s = mr__scpi_number(p);
	pu.t_rise_s = mr__scpi_number(p);
	pu.t_fall_s = mr__scpi_number(p);
	pu.count = mr__scpi_whole(p);
	pu.compliance = mr__scpi_number(p);
	mr__scpi_end(p);
	error = p->error ? p->error : check_amplitude(w, pu.amplitude);
	return error ? error : pulse_alike(w, now_ns, &pu);
}

int mr__scpi_train(struct scpi_wire *w, int64_t now_ns, struct params *p)
{
	struct mr_pulse_op pu = {.unit = w->desc.limits.v_pulse_max_V > 0
	                                         ? MR_UNIT_VOLT
	                                         : MR_UNIT_AMPERE};
	size_t n;
	const uint8_t *data = mr__scpi_elements(p, sizeof(float), &n);
	float *train;
	int error;

	w->done = 0;
	pu.t_rise_s = mr__scpi_number(p);
	pu.t_fall_s = mr__scpi_number(p);
	pu.compliance = mr__scpi_number(p);
	mr__scpi_end(p);
	if (!p->error && n != 3 * n_selected(w))
		p->error = ERR_RANGE;
	if (p->error)
		return p->error;
	train = malloc(n * sizeof *train);
	if (!train || !mr__scpi_more_room(&w->status, n / 3)) {
		free(train);
		return ERR_SYSTEM;
	}
	memcpy(train, data, n * sizeof *train);
	error = check_train(w, &pu, train, (uint32_t)(n / 3));
	if (error)
		free(train);
	else
		begin_job(w, now_ns, &pu, train, (uint32_t)(n / 3));
	return error;
}

int mr__scpi_done(struct scpi_wire *w, int64_t now_ns, struct params *p)
{
	(void)p;
	mr__scpi_go_on(w, now_ns, true);
	mr__scpi_answer(w, "%" PRIu32 ",%u", w->done, w->summary);
	return 0;
}

int mr__scpi_program(struct scpi_wire *w, int64_t now_ns, struct params *p)
{
	struct mr_op op = {.kind = MR_OP_PROGRAM, .where = w->where};
	size_t n = n_selected(w), n_targets;
	float *g_S = malloc(n * sizeof *g_S);
	float *target_S = malloc(n * sizeof *target_S);
	uint32_t *pulses = malloc(n * sizeof *pulses);
	const uint8_t *data;
	int error;

	(void)now_ns;
	op.program.tolerance_S = mr__scpi_number(p);
	op.program.budget = mr__scpi_whole(p);
	op.program.averages = mr__scpi_whole(p);
	data = mr__scpi_elements(p, sizeof(float), &n_targets);
	mr__scpi_end(p);
	if (!p->error && n_targets != 1 && n_targets != n)
		p->error = ERR_RANGE;
	error = p->error ? p->error : check_volts(w, 0);
	op.program.status = mr__scpi_more_room(&w->status, n);
	if (!error && (!g_S || !target_S || !pulses || !op.program.status))
		error = ERR_SYSTEM;
	if (!error) {
		for (size_t i = 0; i < n; i++)
			memcpy(&target_S[i],
			       data + (n_targets == 1 ? 0 : 4 * i), 4);
		op.program.target_S = target_S;
		op.program.g_S = g_S;
		op.program.pulses = pulses;
		error = run(w, &op);
	}
	if (!error) {
		summarise(w, n);
		mr__scpi_answer(w, "%s", "");
		mr__scpi_answer_block(w, g_S, n * 4);
		mr__scpi_more(w, ",");
		mr__scpi_answer_block(w, pulses, n * 4);
		mr__scpi_more(w, ",%u", w->summary);
	}
	free(g_S);
	free(target_S);
	free(pulses);
	return error;
}

int mr__scpi_drive(struct scpi_wire *w, int64_t now_ns, struct params *p)
{
	struct mr_op op = {.kind = MR_OP_DRIVE, .where = w->where};
	uint32_t n_rows = 0, n_cols = 0, axis = mr__scpi_whole(p);
	float *v_V = NULL, *i_A = NULL;
	const uint8_t *data;
	size_t n, n_in, n_out;
	int error;

	(void)now_ns;
	op.drive.duration_s = mr__scpi_number(p);
	op.drive.period_s = mr__scpi_number(p);
	op.drive.batch = mr__scpi_whole(p);
	data = mr__scpi_elements(p, sizeof(float), &n);
	mr__scpi_end(p);
	if (!p->error && (axis > 1 || mr_selection_lines(&w->where, &w->desc,
	                                                 &n_rows, &n_cols)))
		p->error = ERR_RANGE;
	n_in = axis == 0 ? n_rows : n_cols;
	n_out = axis == 0 ? n_cols : n_rows;
	if (!p->error && n != n_in * op.drive.batch)
		p->error = ERR_RANGE;
	if (p->error)
		return p->error;
	n_out *= op.drive.batch;
	v_V = malloc(n * sizeof *v_V + 1);
	i_A = malloc(n_out * sizeof *i_A + 1);
	op.drive.status = mr__scpi_more_room(&w->status, n_out);
	error = v_V && i_A && op.drive.status ? 0 : ERR_SYSTEM;
	if (!error)
		memcpy(v_V, data, n * sizeof *v_V);
	for (size_t i = 0; i < n && !error; i++)
		error = check_volts(w, (double)v_V[i]);
	op.drive.axis = axis == 0 ? MR_AXIS_ROWS : MR_AXIS_COLS;
	op.drive.v_V = v_V;
	op.drive.i_A = i_A;
	if (!error)
		error = run(w, &op);
	if (!error) {
		summarise(w, n_out);
		mr__scpi_answer(w, "%s", "");
		mr__scpi_answer_block(w, i_A, n_out * sizeof *i_A);
		mr__scpi_more(w, ",%u", w->summary);
	}
	free(v_V);
	free(i_A);
	return error;
}

int mr__scpi_trace(struct scpi_wire *w, int64_t now_ns, struct params *p)
{
	struct mr_op op = {.kind = MR_OP_TRACE, .where = w->where};
	struct mr_trace_op *tr = &op.trace;
	size_t n, n_hold, n_sample, n_out = 0;
	char unit[WORD];
	const uint8_t *level, *hold, *sample;
	float *v_V = NULL, *i_A = NULL, *levels = NULL;
	double *hold_s = NULL;
	int error;

	(void)now_ns;
	mr__scpi_word(p, unit, sizeof unit);
	tr->compliance = mr__scpi_number(p);
	level = mr__scpi_elements(p, sizeof(float), &n);
	hold = mr__scpi_elements(p, sizeof(float), &n_hold);
	sample = mr__scpi_elements(p, 1, &n_sample);
	mr__scpi_end(p);
	if (!p->error && (n == 0 || n_hold != n || n_sample != n ||
	                  (strcmp(unit, "V") != 0 && strcmp(unit, "A") != 0)))
		p->error = ERR_RANGE;
	if (p->error)
		return p->error;
	tr->unit = unit[0] == 'V' ? MR_UNIT_VOLT : MR_UNIT_AMPERE;
	tr->n_levels = (uint32_t)n;
	tr->sample = sample;
	n_out = n_selected(w) * mr_trace_samples(tr);
	levels = malloc(n * sizeof *levels);
	hold_s = malloc(n * sizeof *hold_s);
	v_V = malloc(n_out * sizeof *v_V + 1);
	i_A = malloc(n_out * sizeof *i_A + 1);
	tr->status = mr__scpi_more_room(&w->status, n_out);
	error = levels && hold_s && v_V && i_A && tr->status ? 0 : ERR_SYSTEM;
	for (size_t k = 0; k < n && !error; k++) {
		float h;

		memcpy(&levels[k], level + 4 * k, 4);
		memcpy(&h, hold + 4 * k, 4);
		hold_s[k] = (double)h;
		error = tr->unit == MR_UNIT_VOLT
		                ? check_volts(w, (double)levels[k])
		                : check_amplitude(w, (double)levels[k]);
	}
	tr->level = levels;
	tr->hold_s = hold_s;
	tr->v_V = v_V;
	tr->i_A = i_A;
	if (!error)
		error = run(w, &op);
	if (!error) {
		summarise(w, n_out);
		mr__scpi_answer(w, "%s", "");
		mr__scpi_answer_block(w, v_V, n_out * 4);
		mr__scpi_more(w, ",");
		mr__scpi_answer_block(w, i_A, n_out * 4);
		mr__scpi_more(w, ",%u", w->summary);
	}
	free(levels);
	free(hold_s);
	free(v_V);
	free(i_A);
	return error;
}

/* Pulses of growing amplitude until the cell conducts. */
int mr__scpi_form(struct scpi_wire *w, int64_t now_ns, struct params *p)
{
	double start = mr__scpi_number(p), stop = mr__scpi_number(p);
	double step = mr__scpi_number(p), width_s = mr__scpi_number(p);
	double g_stop_S = mr__scpi_number(p), compliance = mr__scpi_number(p);
	struct mr_selection where = {.kind = MR_SELECT_LIST,
	                             .cells = &w->armed_cell,
	                             .n_cells = 1};
	float g_S = 0;

	mr__scpi_end(p);
	if (p->error)
		return p->error;
	if (now_ns >= w->armed_until_ns)
		return ERR_LIMIT;
	if (!(step > 0) || stop < start || (stop - start) / step > 1e5)
		return ERR_RANGE;
	w->armed_until_ns = now_ns;
	w->formed.reached = false;
	w->formed.pulses = 0;
	for (double v = start; v <= stop && !w->formed.reached; v += step) {
		struct mr_op op = {.kind = MR_OP_PULSE, .where = where};
		int error = check_amplitude(w, v);

		op.pulse.unit = w->desc.limits.v_pulse_max_V > 0
		                        ? MR_UNIT_VOLT
		                        : MR_UNIT_AMPERE;
		op.pulse.amplitude = v;
		op.pulse.width_s = width_s;
		op.pulse.count = 1;
		op.pulse.compliance = compliance;
		if (!error)
			error = run(w, &op);
		if (!error)
			error = mr__scpi_code(mr_array_read(w->array, &where, &g_S));
		if (error)
			return error;
		w->formed.amplitude = v;
		w->formed.pulses++;
		w->formed.reached = (double)g_S > g_stop_S;
	}
	return 0;
}

int mr__scpi_formed(struct scpi_wire *w, int64_t now_ns, struct params *p)
{
	(void)now_ns;
	(void)p;
	mr__scpi_answer(w, "%d,%.9g,%" PRIu32, w->formed.reached,
	                w->formed.amplitude, w->formed.pulses);
	return 0;
}

