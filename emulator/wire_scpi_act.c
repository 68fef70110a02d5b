/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Commands that act on cells: what they ask for is checked in full, then a job
 * begins. Values are checked as float32 where they came as such. */
#include "wire_scpi.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#define ANSWER_MAX ((uint64_t)1 << 28) /* bytes of one answer */
#define TRAIN_VALUES 3 /* amplitude, width, count of each cell */

static bool offers(const struct wire_scpi *b, enum mr_op_kind kind)
{
	return b->abilities & MR_ABILITY(kind);
}

/* The job's operation, on what is selected. */
static struct mr_op *fresh(struct wire_scpi *b, enum mr_op_kind kind)
{
	b->job.op = (struct mr_op){.kind = kind, .where = b->selection.where};
	b->job.n = b->selection.n;
	b->job.at = 0;
	b->job.status = 0;
	return &b->job.op;
}

static uint8_t *status_room(struct wire_scpi *b, uint64_t n)
{
	uint8_t *status = mr__ws_resize(&b->element_status, n);

	if (status)
		memset(status, 0, n);
	return status;
}

/* What a read or a drive says: 0 for what the read waveform has. */
static int reading(const struct wire_scpi *b, double *v_V, double *t_s)
{
	const struct mr_waveform *w =
		mr_description_effect(b->desc, MR_EFFECT_NONE);

	if (v_V && *v_V == 0 && w)
		*v_V = w->amplitude;
	if (*t_s == 0 && w)
		*t_s = w->width_s;
	if (v_V && (*v_V == 0 ||
	            !mr__ws_volts_ok(b, *v_V, b->limits.v_read_max_V)))
		return WS_RANGE;
	return mr__ws_width_ok(b, *t_s) ? WS_OK : WS_RANGE;
}

/* Readings that are averaged: 0 counts as 1. */
static int averages(const struct wire_scpi *b, const struct ws_command *c,
                    uint32_t i, uint32_t *n)
{
	int rc = mr__ws_whole(c, i, b->limits.averages_max, n);

	if (!rc && *n == 0)
		*n = 1;
	return rc;
}

static int no_compliance(const struct ws_command *c, uint32_t i)
{
	double compliance;
	int rc = mr__ws_real(c, i, &compliance);

	return rc ? rc : compliance == 0 ? WS_OK : WS_RANGE;
}

int mr__ws_conductance_query(struct wire_scpi *b, const struct ws_command *c)
{
	struct mr_op *op = fresh(b, MR_OP_READ);
	struct mr_read_op *rd = &op->read;
	uint32_t slots = b->selection.n, n_cols;
	int rc = offers(b, MR_OP_READ) ? mr__ws_real(c, 0, &rd->v_read_V)
	                               : WS_HEADER;

	if (!rc)
		rc = mr__ws_real(c, 1, &rd->t_int_s);
	if (!rc)
		rc = averages(b, c, 2, &rd->averages);
	if (!rc)
		rc = reading(b, &rd->v_read_V, &rd->t_int_s);
	if (rc)
		return rc;
	rd->g_S = mr__ws_resize(&b->job.work[0],
	                        b->selection.n * sizeof(float));
	rd->status = status_room(b, b->selection.n);
	if (!rd->g_S || !rd->status)
		return WS_SYSTEM;
	(void)mr_selection_lines(&op->where, b->desc, &slots, &n_cols);
	return mr__ws_job_begin(b, JOB_READ,
	                        rd->t_int_s * rd->averages * slots);
}

int mr__ws_status_query(struct wire_scpi *b, const struct ws_command *c)
{
	(void)c;
	mr__ws_answer_block(mr__ws_answer(b), b->element_status.data,
	                    b->element_status.n, 1);
	return WS_OK;
}

/* ---- pulses ------------------------------------------------------------------------ */

static double period_s(const struct mr_pulse_op *pu, uint32_t i)
{
	double width_s = pu->widths_s ? (double)pu->widths_s[i] : pu->width_s;

	return pu->t_rise_s + width_s + pu->t_fall_s;
}

static uint32_t count_of(const struct mr_pulse_op *pu, uint32_t i)
{
	return pu->counts ? pu->counts[i] : pu->count;
}

/* A list takes the sum of its trains, lines at once the longest. */
static double pulses_s(const struct mr_op *op, uint32_t n)
{
	bool list = op->where.kind == MR_SELECT_LIST;
	double all_s = 0;

	if (!op->pulse.counts)
		return period_s(&op->pulse, 0) * op->pulse.count *
		       (list ? n : 1);
	for (uint32_t i = 0; i < n; i++) {
		double s = period_s(&op->pulse, i) * count_of(&op->pulse, i);

		all_s = list ? all_s + s : fmax(all_s, s);
	}
	return all_s;
}

static int edge(const struct wire_scpi *b, const struct ws_command *c,
                uint32_t i, double *s)
{
	int rc = mr__ws_real(c, i, s);

	if (!rc && !(*s >= 0 && *s <= b->limits.width_max_s))
		rc = WS_RANGE;
	return rc;
}

static int begin_pulses(struct wire_scpi *b)
{
	struct mr_op *op = &b->job.op;

	op->pulse.status = status_room(b, b->selection.n);
	if (!op->pulse.status)
		return WS_SYSTEM;
	int rc = mr__ws_try_pulses(b, op);

	return rc ? rc
	          : mr__ws_job_begin(b, JOB_PULSE,
	                             pulses_s(op, b->selection.n));
}

int mr__ws_pulse(struct wire_scpi *b, const struct ws_command *c)
{
	struct mr_pulse_op *pu = &fresh(b, MR_OP_PULSE)->pulse;
	int rc = offers(b, MR_OP_PULSE) ? mr__ws_real(c, 0, &pu->amplitude)
	                                : WS_HEADER;

	pu->unit = b->unit;
	if (!rc)
		rc = mr__ws_real(c, 1, &pu->width_s);
	if (!rc)
		rc = edge(b, c, 2, &pu->t_rise_s);
	if (!rc)
		rc = edge(b, c, 3, &pu->t_fall_s);
	if (!rc)
		rc = mr__ws_whole(c, 4, b->limits.count_max, &pu->count);
	if (!rc)
		rc = no_compliance(c, 5);
	if (!rc && (pu->count == 0 || !mr__ws_width_ok(b, pu->width_s) ||
	            !mr__ws_amplitude_ok(b, b->unit, pu->amplitude)))
		rc = WS_RANGE;
	return rc ? rc : begin_pulses(b);
}

/* Takes the triples of the block apart. */
static int take_trains(struct wire_scpi *b, const float *from, uint32_t n)
{
	struct mr_pulse_op *pu = &b->job.op.pulse;
	struct ws_buffer *work = b->job.work;
	float *amplitude = mr__ws_resize(&work[0], n * sizeof(float));
	float *width_s = mr__ws_resize(&work[1], n * sizeof(float));
	uint32_t *count = mr__ws_resize(&work[2], n * sizeof(uint32_t));

	if (!amplitude || !width_s || !count)
		return WS_SYSTEM;
	for (uint32_t i = 0; i < n; i++, from += TRAIN_VALUES) {
		double pulses = (double)from[2];

		if (!mr__ws_amplitude_ok(b, b->unit, (double)from[0]) ||
		    !mr__ws_width_ok(b, (double)from[1]) ||
		    !(pulses >= 0 && pulses <= b->limits.count_max) ||
		    pulses != floor(pulses))
			return WS_RANGE;
		amplitude[i] = from[0];
		width_s[i] = from[1];
		count[i] = (uint32_t)pulses;
	}
	pu->amplitudes = amplitude;
	pu->widths_s = width_s;
	pu->counts = count;
	return WS_OK;
}

int mr__ws_train(struct wire_scpi *b, const struct ws_command *c)
{
	struct mr_pulse_op *pu = &fresh(b, MR_OP_PULSE)->pulse;
	struct ws_buffer *triples = &b->job.work[3];
	uint32_t n = 0;
	int rc = offers(b, MR_OP_PULSE) ? mr__ws_floats(c, 0, triples, &n)
	                                : WS_HEADER;

	pu->unit = b->unit;
	pu->count = 1;
	if (!rc)
		rc = edge(b, c, 1, &pu->t_rise_s);
	if (!rc)
		rc = edge(b, c, 2, &pu->t_fall_s);
	if (!rc)
		rc = no_compliance(c, 3);
	if (!rc && n != (uint64_t)b->selection.n * TRAIN_VALUES)
		rc = WS_BLOCK;
	if (!rc)
		rc = take_trains(b, (const void *)triples->data,
		                 b->selection.n);
	return rc ? rc : begin_pulses(b);
}

int mr__ws_done_query(struct wire_scpi *b, const struct ws_command *c)
{
	(void)c;
	mr__ws_print(mr__ws_answer(b), "%u,%u", b->pulse_n, b->pulse_status);
	return WS_OK;
}

/* ---- targets ------------------------------------------------------------------------ */

/* The pulses and reads that a verify loop is made of are those of the record:
 * a session that forbids them forbids it. */
static bool waves_ok(const struct wire_scpi *b)
{
	const struct mr_description *d = b->desc;
	bool ok = true;

	for (uint32_t i = 0; i < d->n_waveforms; i++) {
		const struct mr_waveform *w = &d->waveforms[i];

		if (w->effect != MR_EFFECT_NONE)
			ok = ok && mr__ws_amplitude_ok(b, w->unit, w->amplitude);
	}
	return ok || d->abilities & MR_ABILITY(MR_OP_PROGRAM);
}

static bool repeats(const struct wire_scpi *b)
{
	const uint32_t zero = 0;
	const struct mr_selection *s = &b->selection.where;
	struct mr_selection once = {.kind = MR_SELECT_OUTER,
	                            .rows = s->cells,
	                            .n_rows = s->n_cells,
	                            .cols = &zero,
	                            .n_cols = 1};
	struct mr_description flat = {.rows = b->desc->rows * b->desc->cols,
	                              .cols = 1};

	return s->kind == MR_SELECT_LIST &&
	       mr_selection_check(&once, &flat, NULL) != MR_OK;
}

static int take_targets(struct wire_scpi *b, const struct ws_command *c)
{
	struct mr_program_op *pg = &b->job.op.program;
	double max = (double)(float)b->desc->g_max_S;
	uint32_t n = 0;
	int rc = mr__ws_floats(c, 3, &b->job.work[0], &n);
	const float *target_S = (const void *)b->job.work[0].data;

	if (!rc && n != 1 && n != b->selection.n)
		rc = WS_BLOCK;
	for (uint32_t i = 0; i < n && !rc; i++)
		if (!((double)target_S[i] >= 0 && (double)target_S[i] <= max))
			rc = WS_RANGE;
	if (rc)
		return rc;
	pg->target = (double)target_S[0];
	pg->target_S = n == 1 ? NULL : target_S;
	return WS_OK;
}

int mr__ws_program_query(struct wire_scpi *b, const struct ws_command *c)
{
	struct mr_program_op *pg = &fresh(b, MR_OP_PROGRAM)->program;
	uint32_t n = b->selection.n;
	int rc = offers(b, MR_OP_PROGRAM) ? mr__ws_real(c, 0, &pg->tolerance_S)
	                                  : WS_HEADER;

	if (!rc)
		rc = mr__ws_whole(c, 1, b->limits.count_max, &pg->budget);
	if (!rc)
		rc = averages(b, c, 2, &pg->averages);
	if (!rc)
		rc = take_targets(b, c);
	if (!rc && (!(pg->tolerance_S > 0 &&
	              pg->tolerance_S <= b->desc->g_max_S) ||
	            pg->budget == 0 || !waves_ok(b)))
		rc = WS_RANGE;
	if (!rc && repeats(b))
		rc = WS_CONFLICT;
	if (rc)
		return rc;
	pg->g_S = mr__ws_resize(&b->job.work[1], n * sizeof(float));
	pg->pulses = mr__ws_resize(&b->job.work[2], n * sizeof(uint32_t));
	pg->status = status_room(b, n);
	if (!pg->g_S || !pg->pulses || !pg->status)
		return WS_SYSTEM;
	return mr__ws_job_begin(b, JOB_PROGRAM, 0);
}

/* ---- drives and traces ---------------------------------------------------------- */

static bool pause_ok(const struct wire_scpi *b, double s)
{
	double max = b->limits.wait_max_s > 0 ? b->limits.wait_max_s
	                                      : b->limits.width_max_s;

	return s >= 0 && s <= max;
}

static int take_vectors(struct wire_scpi *b, const struct ws_command *c,
                        uint32_t n_rows, uint32_t n_cols)
{
	struct mr_drive_op *dr = &b->job.op.drive;
	bool by_rows = dr->axis == MR_AXIS_ROWS;
	uint64_t n_in = (uint64_t)dr->batch * (by_rows ? n_rows : n_cols);
	uint64_t n_out = (uint64_t)dr->batch * (by_rows ? n_cols : n_rows);
	uint32_t n = 0;
	int rc = mr__ws_floats(c, 4, &b->job.work[0], &n);

	dr->v_V = (const void *)b->job.work[0].data;
	if (!rc && n != n_in)
		rc = WS_BLOCK;
	if (!rc && n_out * sizeof(float) > ANSWER_MAX)
		rc = WS_TOO_MUCH;
	for (uint32_t i = 0; i < n && !rc; i++)
		if (!mr__ws_volts_ok(b, (double)dr->v_V[i],
		                     b->limits.v_read_max_V))
			rc = WS_RANGE;
	if (rc)
		return rc;
	dr->i_A = mr__ws_resize(&b->job.work[1], n_out * sizeof(float));
	dr->status = status_room(b, n_out);
	return dr->i_A && dr->status ? WS_OK : WS_SYSTEM;
}

int mr__ws_drive_query(struct wire_scpi *b, const struct ws_command *c)
{
	struct mr_drive_op *dr = &fresh(b, MR_OP_DRIVE)->drive;
	uint32_t axis = 0, n_rows = 0, n_cols = 0;
	int rc = offers(b, MR_OP_DRIVE) ? mr__ws_whole(c, 0, 1, &axis)
	                                : WS_HEADER;

	dr->axis = axis ? MR_AXIS_COLS : MR_AXIS_ROWS;
	if (!rc)
		rc = mr__ws_real(c, 1, &dr->duration_s);
	if (!rc)
		rc = mr__ws_real(c, 2, &dr->period_s);
	if (!rc)
		rc = mr__ws_whole(c, 3, b->limits.batch_max, &dr->batch);
	if (!rc && (dr->batch == 0 || !pause_ok(b, dr->period_s)))
		rc = WS_RANGE;
	if (!rc)
		rc = reading(b, NULL, &dr->duration_s);
	if (!rc && mr_selection_lines(&b->job.op.where, b->desc, &n_rows,
	                              &n_cols))
		rc = WS_CONFLICT;
	if (!rc)
		rc = take_vectors(b, c, n_rows, n_cols);
	if (rc)
		return rc;
	return mr__ws_job_begin(b, JOB_DRIVE,
	                        fmax(dr->duration_s, dr->period_s) * dr->batch);
}

static bool level_ok(const struct wire_scpi *b, enum mr_unit unit, double level,
                     double hold_s)
{
	if (level == 0)
		return pause_ok(b, hold_s) && hold_s >= b->limits.width_min_s;
	if (!mr__ws_width_ok(b, hold_s))
		return false;
	return mr__ws_amplitude_ok(b, unit, level) ||
	       (unit == MR_UNIT_VOLT &&
	        mr__ws_volts_ok(b, level, b->limits.v_read_max_V));
}

/* The three blocks; the holds become double. */
static int take_levels(struct wire_scpi *b, const struct ws_command *c)
{
	struct mr_trace_op *tr = &b->job.op.trace;
	struct ws_buffer *work = b->job.work;
	uint32_t n = 0, n_holds = 0, n_samples = 0;
	int rc = mr__ws_floats(c, 2, &work[0], &n);

	if (!rc)
		rc = mr__ws_floats(c, 3, &work[3], &n_holds);
	if (!rc)
		rc = mr__ws_elements(c, 4, 1, &work[2], &n_samples);
	if (!rc && (n == 0 || n_holds != n || n_samples != n))
		rc = WS_BLOCK;
	double *hold_s = rc ? NULL : mr__ws_resize(&work[1], n * sizeof(double));
	const float *given_s = (const void *)work[3].data;

	if (!rc && !hold_s)
		rc = WS_SYSTEM;
	tr->n_levels = n;
	tr->level = (const void *)work[0].data;
	tr->hold_s = hold_s;
	tr->sample = work[2].data;
	for (uint32_t k = 0; k < n && !rc; k++) {
		hold_s[k] = (double)given_s[k];
		if (!level_ok(b, tr->unit, (double)tr->level[k], hold_s[k]))
			rc = WS_RANGE;
	}
	return rc;
}

static int take_unit(const struct ws_command *c, enum mr_unit *unit)
{
	char word[2] = "";
	int rc = mr__ws_word(c, 0, word, sizeof word);

	word[0] = (char)toupper((unsigned char)word[0]);
	if (!rc && word[0] != 'V' && word[0] != 'A')
		rc = WS_RANGE;
	*unit = word[0] == 'A' ? MR_UNIT_AMPERE : MR_UNIT_VOLT;
	return rc;
}

int mr__ws_trace_query(struct wire_scpi *b, const struct ws_command *c)
{
	struct mr_trace_op *tr = &fresh(b, MR_OP_TRACE)->trace;
	double cell_s = 0;
	int rc = offers(b, MR_OP_TRACE) ? take_unit(c, &tr->unit) : WS_HEADER;

	if (!rc)
		rc = no_compliance(c, 1);
	if (!rc)
		rc = take_levels(b, c);
	if (rc)
		return rc;
	uint64_t n = (uint64_t)b->selection.n * mr_trace_samples(tr);

	if (n == 0)
		return WS_RANGE;
	if (n * 2 * sizeof(float) > ANSWER_MAX)
		return WS_TOO_MUCH;
	tr->v_V = mr__ws_resize(&b->job.work[3], n * 2 * sizeof(float));
	tr->status = status_room(b, n);
	if (!tr->v_V || !tr->status)
		return WS_SYSTEM;
	tr->i_A = tr->v_V + n;
	for (uint32_t k = 0; k < tr->n_levels; k++)
		cell_s += tr->hold_s[k];
	return mr__ws_job_begin(b, JOB_TRACE, cell_s * b->selection.n);
}
