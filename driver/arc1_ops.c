/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Operations of an ArC ONE: readings, pulses, drives, waits, conditions. */
#include "arc1_board.h"
#include "arc1_fill.h"

#define CELLS_MAX 1024 /* ARC1_LINES squared */

/* ---- reading ------------------------------------------------------------------- */

struct mr_description mr__arc1_shape_of(const struct arc1_board *b)
{
	return (struct mr_description){.rows = b->rows, .cols = b->cols};
}

struct arc1_place mr__arc1_place(const struct arc1_board *b, uint32_t cell)
{
	uint32_t row = cell / b->cols, col = cell % b->cols;

	if (b->map)
		return (struct arc1_place){b->map->rows.wire[row].line,
		                           b->map->cols.wire[col].line};
	return (struct arc1_place){(uint8_t)(row + 1), (uint8_t)(col + 1)};
}

/* Cells of an operation by their words and bits. */
struct points {
	uint32_t n;
	uint8_t word[CELLS_MAX];
	uint8_t bit[CELLS_MAX];
};

static void find_points(const struct arc1_board *b, const struct mr_selection *where,
                        uint64_t first, struct points *p)
{
	const struct mr_description shape = mr__arc1_shape_of(b);
	uint64_t n = mr_selection_count(where, &shape) - first;

	p->n = n < CELLS_MAX ? (uint32_t)n : CELLS_MAX;
	for (uint32_t i = 0; i < p->n; i++) {
		uint32_t cell = mr_selection_cell(where, &shape, first + i);

		struct arc1_place at = mr__arc1_place(b, cell);

		p->word[i] = at.word;
		p->bit[i] = at.bit;
	}
}

static int read_points(struct arc1_board *b, const struct points *p, bool all,
                       float *r_ohm, struct mr_errtext *err)
{
	if (all)
		return mr__arc1_read_all(&b->link, r_ohm, err);
	if (p->n == 1)
		return mr__arc1_read_one(&b->link, p->word[0], p->bit[0], r_ohm,
		                         err);
	return mr__arc1_read_listed(&b->link, p->word, p->bit, p->n, r_ohm, err);
}

static void put_reading(struct mr_op *op, uint64_t i, double sum_S,
                        uint32_t averages, uint8_t status)
{
	struct mr_read_op *rd = &op->read;
	float g_S = (float)(sum_S / averages), v_V = (float)rd->v_read_V;

	rd->g_S[i] = g_S;
	if (rd->v_V)
		rd->v_V[i] = v_V;
	if (rd->i_A)
		rd->i_A[i] = v_V * g_S;
	if (rd->status)
		rd->status[i] = status;
	op->outcome.status |= status;
}

/* A stretch of cells, each as often as asked for. */
static int read_stretch(struct arc1_board *b, struct mr_op *op, uint64_t first,
                        const struct points *p, bool all,
                        const struct mr_run *run)
{
	float r_ohm[CELLS_MAX];
	double sum_S[CELLS_MAX] = {0};
	uint8_t status[CELLS_MAX] = {0};
	int rc = MR_OK;

	for (uint32_t k = 0; k < op->read.averages && !rc; k++) {
		rc = mr_run_check(run);
		if (!rc)
			rc = read_points(b, p, all, r_ohm, run->err);
		for (uint32_t i = 0; i < p->n && !rc; i++)
			sum_S[i] += (double)mr__arc1_conductance(r_ohm[i], &status[i]);
	}
	for (uint32_t i = 0; i < p->n && !rc; i++)
		put_reading(op, first + i, sum_S[i], op->read.averages,
		            status[i]);
	return rc;
}

static int operate_read(struct arc1_board *b, struct mr_op *op,
                        const struct mr_run *run)
{
	const struct mr_description shape = mr__arc1_shape_of(b);
	uint64_t n = mr_selection_count(&op->where, &shape);
	bool all = op->where.kind == MR_SELECT_ALL && !b->map;
	int rc = mr__arc1_read_voltage(&b->link, op->read.v_read_V, run->err);

	while (op->outcome.n_effect < n && !rc) {
		uint64_t first = op->outcome.n_effect;
		struct points p;

		find_points(b, &op->where, first, &p);
		rc = read_stretch(b, op, first, &p, all, run);
		if (!rc)
			op->outcome.n_effect += p.n;
	}
	return rc;
}

/* ---- pulsing ------------------------------------------------------------------- */

static int check_pulse(const struct mr_pulse_op *pu, struct mr_errtext *err)
{
	if (pu->t_rise_s != 0 || pu->t_fall_s != 0)
		return mr_errtext_set(err, MR_ERR_UNSUPPORTED,
		                      "edges of %g and %g s: an ArC ONE has no "
		                      "control of them; ask for 0",
		                      pu->t_rise_s, pu->t_fall_s);
	if (pu->compliance != 0)
		return mr_errtext_set(err, MR_ERR_UNSUPPORTED,
		                      "a compliance of %g A: an ArC ONE limits no "
		                      "pulses; put a resistor in series, or ask "
		                      "for 0",
		                      pu->compliance);
	return MR_OK;
}

/* What one element of a pulse operation asks for. */
struct wanted {
	double v_V;
	double width_s;
	uint32_t count;
};

static struct wanted wanted(const struct mr_pulse_op *pu, uint64_t i)
{
	return (struct wanted){
		.v_V = pu->amplitudes ? (double)pu->amplitudes[i]
	                              : pu->amplitude,
		.width_s = pu->widths_s ? (double)pu->widths_s[i] : pu->width_s,
		.count = pu->counts ? pu->counts[i] : pu->count};
}

/* Once its first byte may have left, nobody knows what became of a pulse that
 * was not answered. */
static int pulse_point(struct arc1_board *b, struct mr_op *op, uint64_t i,
                       const struct points *p, uint32_t k,
                       const struct mr_run *run)
{
	struct wanted w = wanted(&op->pulse, i);
	uint8_t status = 0;
	int rc = MR_OK;

	for (uint32_t n = 0; n < w.count && !rc; n++) {
		float r_ohm;

		rc = mr_run_check(run);
		if (rc)
			break;
		rc = mr__arc1_pulse_read(&b->link, p->word[k], p->bit[k], w.v_V,
		                         w.width_s, &r_ohm, run->err);
		if (rc)
			status |= MR_STATUS_UNKNOWN;
		if (rc == MR_ERR_TIMEOUT || rc == MR_ERR_IO)
			rc = MR_ERR_OUTCOME;
	}
	if (op->pulse.status)
		op->pulse.status[i] = status;
	op->outcome.status |= status;
	return rc;
}

static int operate_pulse(struct arc1_board *b, struct mr_op *op,
                         const struct mr_run *run)
{
	const struct mr_description shape = mr__arc1_shape_of(b);
	uint64_t n = mr_selection_count(&op->where, &shape);
	struct points p = {.n = 0};
	uint32_t k = 0;
	int rc = check_pulse(&op->pulse, run->err);

	for (uint64_t i = 0; i < n && !rc; i++) {
		if (k == p.n) {
			find_points(b, &op->where, i, &p);
			k = 0;
		}
		rc = pulse_point(b, op, i, &p, k++, run);
		if (!rc)
			op->outcome.n_effect = i + 1;
	}
	return rc;
}

/* ---- driving ------------------------------------------------------------------- */

/* One vector: the words that are on, then a column after the other. */
static int drive_vector(struct arc1_board *b, struct mr_op *op, uint32_t vector,
                        const uint32_t *row, uint32_t n_in, const uint32_t *col,
                        uint32_t n_out, const struct mr_run *run)
{
	struct mr_drive_op *dr = &op->drive;
	const float *v = dr->v_V + (size_t)vector * n_in;
	float *i_A = dr->i_A + (size_t)vector * n_out;
	uint8_t on[ARC1_LINES];
	uint32_t n = 0;
	int rc = MR_OK;

	for (uint32_t i = 0; i < n_in; i++)
		if (v[i] != 0)
			on[n++] = mr__arc1_place(b, row[i] * b->cols).word;
	for (uint32_t j = 0; j < n_out && !rc; j++) {
		i_A[j] = 0;
		if (dr->status)
			dr->status[(size_t)vector * n_out + j] = 0;
		if (n)
			rc = mr__arc1_column_current(
				&b->link, mr__arc1_place(b, col[j]).bit, on, n,
				b->level_V, dr->duration_s, &i_A[j], run->err);
	}
	return rc;
}

static void find_lines(const struct arc1_board *b, const struct mr_selection *where,
                       uint32_t *row, uint32_t *col)
{
	const struct mr_description shape = mr__arc1_shape_of(b);
	uint32_t n_rows = 0, n_cols = 0;

	(void)mr_selection_lines(where, &shape, &n_rows, &n_cols);
	for (uint32_t i = 0; i < n_rows; i++)
		row[i] = mr_selection_cell(where, &shape,
		                           (uint64_t)i * n_cols) /
		         shape.cols;
	for (uint32_t j = 0; j < n_cols; j++)
		col[j] = mr_selection_cell(where, &shape, j) % shape.cols;
}

static int operate_drive(struct arc1_board *b, struct mr_op *op,
                         const struct mr_run *run)
{
	const struct mr_description shape = mr__arc1_shape_of(b);
	uint32_t row[ARC1_LINES] = {0}, col[ARC1_LINES] = {0};
	uint32_t n_rows = 0, n_cols = 0;
	int rc = MR_OK;

	if (op->drive.axis != MR_AXIS_ROWS)
		return mr_errtext_set(run->err, MR_ERR_UNSUPPORTED,
		                      "an ArC ONE feeds words (rows) and reads "
		                      "bits (columns), not the other way round");
	(void)mr_selection_lines(&op->where, &shape, &n_rows, &n_cols);
	find_lines(b, &op->where, row, col);
	for (uint32_t k = 0; k < op->drive.batch && !rc; k++) {
		rc = mr_run_check(run);
		if (!rc)
			rc = drive_vector(b, op, k, row, n_rows, col, n_cols,
			                  run);
		if (!rc)
			op->outcome.n_effect = k + 1;
	}
	return rc;
}

/* ---- waiting and conditions ------------------------------------------------------ */

static int operate_wait(struct arc1_board *b, struct mr_op *op,
                        const struct mr_run *run)
{
	int rc = mr__transport_pause(b->link.pipe, op->wait.duration_s, run);

	op->outcome.n_effect = rc ? 0 : 1;
	return rc;
}

static int operate_configure(struct arc1_board *b, struct mr_op *op,
                             const struct mr_run *run)
{
	int rc = mr__arc1_configure(b, &op->configure, run->err);

	op->outcome.n_effect = rc ? 0 : 1;
	return rc;
}

/* ---- the waist ------------------------------------------------------------------- */

static int operate(struct arc1_board *b, struct mr_op *op,
                   const struct mr_run *run)
{
	switch (op->kind) {
	case MR_OP_READ:
		return operate_read(b, op, run);
	case MR_OP_PULSE:
		return operate_pulse(b, op, run);
	case MR_OP_DRIVE:
		return operate_drive(b, op, run);
	case MR_OP_TRACE:
		return mr__arc1_operate_trace(b, op, run);
	case MR_OP_PROGRAM:
		return mr__arc1_operate_program(b, op, run);
	case MR_OP_WAIT:
		return operate_wait(b, op, run);
	default:
		return operate_configure(b, op, run);
	}
}

/* All of the cells, before a byte leaves. */
static int check_cells(const struct arc1_board *b, const struct mr_op *op,
                       struct mr_errtext *err)
{
	const struct mr_description shape = mr__arc1_shape_of(b);
	int rc = MR_OK;

	if (!b->map || op->kind == MR_OP_WAIT || op->kind == MR_OP_CONFIGURE)
		return MR_OK;
	uint64_t n = mr_selection_count(&op->where, &shape);

	for (uint64_t i = 0; i < n && !rc; i++) {
		uint32_t cell = mr_selection_cell(&op->where, &shape, i);

		rc = mr__arc1_map_check(b->map, cell / b->cols, cell % b->cols,
		                        err);
	}
	return rc;
}

int mr__arc1_means(void *self, const struct mr_op *op, const char **means,
                   struct mr_errtext *err)
{
	const struct arc1_board *b = self;
	struct arc1_play play;
	int rc;

	*means = "ConvergeToState (job 21)";
	if (op->kind == MR_OP_PROGRAM)
		return mr__arc1_check_program(b, op, err);
	rc = mr__arc1_shape_fit(&op->trace, b->trace, &b->settings, &play, err);
	*means = rc ? NULL : mr__arc1_play_name(&play);
	mr__arc1_play_free(&play);
	return rc == MR_ERR_UNSUPPORTED && b->trace == ARC1_SHAPE_AUTO ? MR_OK
	                                                               : rc;
}

static int submit_one(void *self, struct mr_op *op, const struct mr_run *run)
{
	struct arc1_board *b = self;
	int rc = mr_run_check(run);

	op->outcome.t_begin_ns = b->time.t_ns;
	if (!rc)
		rc = check_cells(b, op, run->err);
	if (!rc && !b->link.in_step)
		rc = mr__arc1_start(&b->link, run->err);
	if (!rc)
		rc = operate(b, op, run);
	if (rc == MR_ERR_STOPPED)
		(void)mr__arc1_safe(&b->link, NULL);
	op->outcome.error = rc;
	op->outcome.t_end_ns = mr__board_time_next(&b->time);
	return rc;
}

int mr__arc1_submit(void *self, struct mr_op *ops, size_t n,
                    const struct mr_run *run, size_t *n_done)
{
	struct arc1_board *b = self;
	int rc;

	b->link.run = run;
	rc = mr__board_submit(b, submit_one, ops, n, run, n_done);
	b->link.run = NULL;
	return rc;
}
