/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * One operation into rows of tables op and data. Parameters are bound by
 * column, one statement for all kinds; blobs are borrowed from the operation,
 * so that nothing is copied or allocated on the way.
 */
#include "oplog_encode.h"

#include <string.h>

#include "oplog_schema.h"

static const char *const selection_names[] = {"all", "rect", "list", "outer"};
static const char *const unit_names[] = {"V", "A"};
static const char *const axis_names[] = {"rows", "cols"};

int mr__encoder_open(struct mr__encoder *encoder, struct mr__db *db,
                     bool values)
{
	char sql[MR__OPLOG_SQL_MAX];
	int code;

	encoder->values = values;
	mr__oplog_insert_sql(sql);
	code = mr__db_prepare(db, sql, &encoder->insert);
	if (code == MR_OK) {
		mr__oplog_update_sql(sql);
		code = mr__db_prepare(db, sql, &encoder->update);
	}
	if (code == MR_OK) {
		code = mr__db_prepare(db, "INSERT INTO data(row,name,role,"
		                      "source,type,n,bytes) "
		                      "VALUES(?,?,?,?,?,?,?)",
		                      &encoder->data);
	}
	return code;
}

void mr__encoder_close(struct mr__encoder *encoder)
{
	for (int i = 0; i < MR__BLOB_COLUMNS; i++) {
		mr__buffer_free(&encoder->scratch[i]);
	}
	mr__buffer_free(&encoder->spare);
}

/* ---- single values ------------------------------------------------------- */

static void put_int(struct mr__encoder *encoder, enum mr__op_column column,
                    int64_t value)
{
	mr__query_set_int(encoder->to, (int)column + 1, value);
}

static void put_real(struct mr__encoder *encoder, enum mr__op_column column,
                     double value)
{
	mr__query_set_real(encoder->to, (int)column + 1, value);
}

static void put_text(struct mr__encoder *encoder, enum mr__op_column column,
                     const char *text)
{
	mr__query_set_text(encoder->to, (int)column + 1, text);
}

static void put_bytes(struct mr__encoder *encoder, enum mr__op_column column,
                      const void *bytes, size_t size)
{
	encoder->bytes += size;
	mr__query_set_blob(encoder->to, (int)column + 1, bytes, size);
}

static struct mr__buffer *scratch_of(struct mr__encoder *encoder,
                                     enum mr__op_column column)
{
	return &encoder->scratch[column - MR__OP_ROWS];
}

/* [n] float or uint32_t */
static void put_list(struct mr__encoder *encoder, enum mr__op_column column,
                     const void *list, size_t n)
{
	const void *bytes;

	if (!list) {
		return;
	}
	if (mr__bytes_of(list, n, sizeof(float), scratch_of(encoder, column),
	                 &bytes) != MR_OK) {
		encoder->error = MR_ERR_NOMEM;
		return;
	}
	put_bytes(encoder, column, bytes, n * sizeof(float));
}

static void put_input(struct mr__encoder *encoder, const float *x, size_t n)
{
	if (encoder->values && x) {
		put_list(encoder, MR__OP_INPUT, x, n);
		put_text(encoder, MR__OP_PACKING, "dense");
	}
}

static void put_packed(struct mr__encoder *encoder, const float *x, size_t n)
{
	struct mr__packed packed;

	if (!encoder->values) {
		return;
	}
	if (mr__pack(x, n, scratch_of(encoder, MR__OP_INPUT), &packed) !=
	    MR_OK) {
		encoder->error = MR_ERR_NOMEM;
		return;
	}
	put_bytes(encoder, MR__OP_INPUT, packed.bytes, packed.size);
	put_text(encoder, MR__OP_PACKING, packed.packing);
}

static void put_result(struct mr__encoder *encoder, const float *x, size_t n,
                       const char *source)
{
	if (encoder->values && x && n > 0) {
		put_list(encoder, MR__OP_RESULT, x, n);
		put_text(encoder, MR__OP_SOURCE, source);
	}
}

static void add_extra(struct mr__encoder *encoder, struct mr__extra extra)
{
	if (encoder->values && extra.data && extra.n > 0) {
		encoder->extras[encoder->n_extras++] = extra;
	}
}

static void add_input(struct mr__encoder *encoder, const char *name,
                      const char *type, size_t width, const void *data,
                      size_t n)
{
	add_extra(encoder, (struct mr__extra){
		.name = name, .role = "input", .type = type, .width = width,
		.data = data, .n = n});
}

static void add_result(struct mr__encoder *encoder, const char *name,
                       const char *type, size_t width, const void *data,
                       size_t n)
{
	add_extra(encoder, (struct mr__extra){
		.name = name, .role = "result", .source = "measured",
		.type = type, .width = width, .data = data, .n = n});
}

static void add_status(struct mr__encoder *encoder, const struct mr_op *op,
                       const uint8_t *status, size_t n)
{
	bool any = op->outcome.status != 0;

	for (size_t i = 0; status && !any && i < n; i++) {
		any = status[i] != 0;
	}
	if (any) {
		add_result(encoder, "status", "u1", 1, status, n);
	}
}

/* ---- parameters and inputs ----------------------------------------------- */

static void put_lines(struct mr__encoder *encoder, uint32_t row0,
                      uint32_t col0, uint32_t n_rows, uint32_t n_cols)
{
	put_int(encoder, MR__OP_ROW0, row0);
	put_int(encoder, MR__OP_COL0, col0);
	put_int(encoder, MR__OP_N_ROWS, n_rows);
	put_int(encoder, MR__OP_N_COLS, n_cols);
}

static void put_selection(struct mr__encoder *encoder,
                          const struct mr_selection *where,
                          const struct mr_description *desc)
{
	put_text(encoder, MR__OP_SELECTION, selection_names[where->kind]);
	put_int(encoder, MR__OP_N_CELLS,
	        (int64_t)mr_selection_count(where, desc));
	switch (where->kind) {
	case MR_SELECT_ALL:
		put_lines(encoder, 0, 0, desc->rows, desc->cols);
		break;
	case MR_SELECT_RECT:
		put_lines(encoder, where->row, where->col, where->n_rows,
		          where->n_cols);
		break;
	case MR_SELECT_LIST:
		put_list(encoder, MR__OP_CELLS, where->cells, where->n_cells);
		break;
	case MR_SELECT_OUTER:
		put_int(encoder, MR__OP_N_ROWS, where->n_rows);
		put_int(encoder, MR__OP_N_COLS, where->n_cols);
		put_list(encoder, MR__OP_ROWS, where->rows, where->n_rows);
		put_list(encoder, MR__OP_COLS, where->cols, where->n_cols);
		break;
	}
}

static void put_read(struct mr__encoder *encoder, const struct mr_read_op *read)
{
	put_real(encoder, MR__OP_V_READ, read->v_read_V);
	put_real(encoder, MR__OP_T_INT, read->t_int_s);
	put_int(encoder, MR__OP_AVERAGES, read->averages);
}

static void put_pulse(struct mr__encoder *encoder,
                      const struct mr_pulse_op *pulse, size_t n)
{
	put_text(encoder, MR__OP_UNIT, unit_names[pulse->unit]);
	if (pulse->amplitudes) {
		put_input(encoder, pulse->amplitudes, n);
	} else {
		put_real(encoder, MR__OP_AMPLITUDE, pulse->amplitude);
	}
	if (pulse->widths_s) {
		add_input(encoder, "widths_s", "f4", 4, pulse->widths_s, n);
	} else {
		put_real(encoder, MR__OP_WIDTH, pulse->width_s);
	}
	if (pulse->counts) {
		add_input(encoder, "counts", "u4", 4, pulse->counts, n);
	} else {
		put_int(encoder, MR__OP_COUNT, pulse->count);
	}
	put_real(encoder, MR__OP_RISE, pulse->t_rise_s);
	put_real(encoder, MR__OP_FALL, pulse->t_fall_s);
	put_real(encoder, MR__OP_COMPLIANCE, pulse->compliance);
}

static void put_trace(struct mr__encoder *encoder,
                      const struct mr_trace_op *trace)
{
	size_t n = trace->n_levels;

	put_text(encoder, MR__OP_UNIT, unit_names[trace->unit]);
	put_int(encoder, MR__OP_N_LEVELS, trace->n_levels);
	put_int(encoder, MR__OP_N_SAMPLES, mr_trace_samples(trace));
	put_real(encoder, MR__OP_COMPLIANCE, trace->compliance);
	put_input(encoder, trace->level, n);
	add_input(encoder, "hold_s", "f8", 8, trace->hold_s, n);
	add_input(encoder, "sample", "u1", 1, trace->sample, n);
}

static void put_program(struct mr__encoder *encoder,
                        const struct mr_program_op *program, size_t n)
{
	if (program->target_S) {
		put_input(encoder, program->target_S, n);
	} else {
		put_real(encoder, MR__OP_TARGET, program->target);
	}
	put_real(encoder, MR__OP_TOLERANCE, program->tolerance_S);
	put_int(encoder, MR__OP_BUDGET, program->budget);
	put_int(encoder, MR__OP_AVERAGES, program->averages);
}

/* Lines that are fed and lines that are read. */
static void drive_lines(const struct mr_op *op,
                        const struct mr_description *desc, size_t *n_in,
                        size_t *n_out)
{
	bool by_rows = op->drive.axis == MR_AXIS_ROWS;
	uint32_t n_rows = 0;
	uint32_t n_cols = 0;

	(void)mr_selection_lines(&op->where, desc, &n_rows, &n_cols);
	*n_in = by_rows ? n_rows : n_cols;
	*n_out = by_rows ? n_cols : n_rows;
}

static void put_drive(struct mr__encoder *encoder, const struct mr_op *op,
                      const struct mr_description *desc)
{
	size_t n_in;
	size_t n_out;

	drive_lines(op, desc, &n_in, &n_out);
	put_text(encoder, MR__OP_AXIS, axis_names[op->drive.axis]);
	put_int(encoder, MR__OP_BATCH, op->drive.batch);
	put_real(encoder, MR__OP_DURATION, op->drive.duration_s);
	put_real(encoder, MR__OP_PERIOD, op->drive.period_s);
	put_packed(encoder, op->drive.v_V, op->drive.batch * n_in);
}

static void put_parameters(struct mr__encoder *encoder, const struct mr_op *op,
                           const struct mr_description *desc)
{
	size_t n = (size_t)mr_op_elements(op, desc);

	put_text(encoder, MR__OP_KIND, mr_op_kind_name(op->kind));
	if (op->kind != MR_OP_WAIT && op->kind != MR_OP_CONFIGURE) {
		put_selection(encoder, &op->where, desc);
	}
	switch (op->kind) {
	case MR_OP_READ:
		put_read(encoder, &op->read);
		break;
	case MR_OP_PULSE:
		put_pulse(encoder, &op->pulse, n);
		break;
	case MR_OP_TRACE:
		put_trace(encoder, &op->trace);
		break;
	case MR_OP_PROGRAM:
		put_program(encoder, &op->program, n);
		break;
	case MR_OP_DRIVE:
		put_drive(encoder, op, desc);
		break;
	case MR_OP_WAIT:
		put_real(encoder, MR__OP_DURATION, op->wait.duration_s);
		break;
	case MR_OP_CONFIGURE:
		put_text(encoder, MR__OP_NAME, op->configure.name);
		put_text(encoder, MR__OP_VALUE, op->configure.value);
		break;
	}
}

/* ---- outcome and results ------------------------------------------------- */

/* Elements whose results mean something. */
static size_t elements_done(const struct mr_op *op,
                            const struct mr_description *desc)
{
	uint64_t all = mr_op_elements(op, desc);

	if (op->outcome.error == MR_OK || op->outcome.n_effect > all) {
		return (size_t)all;
	}
	return (size_t)op->outcome.n_effect;
}

static void put_trace_results(struct mr__encoder *encoder,
                              const struct mr_op *op, size_t n)
{
	put_result(encoder, op->trace.i_A, n, "measured");
	add_result(encoder, "v_V", "f4", 4, op->trace.v_V, n);
	add_result(encoder, "t_s", "f8", 8, op->trace.t_s, n);
	add_status(encoder, op, op->trace.status, n);
}

static void put_drive_results(struct mr__encoder *encoder,
                              const struct mr_op *op,
                              const struct mr_description *desc, size_t batch)
{
	size_t n_in;
	size_t n_out;

	drive_lines(op, desc, &n_in, &n_out);
	/* a drive that the core composed is a sum over reads */
	put_result(encoder, op->drive.i_A, batch * n_out,
	           encoder->composed ? "inferred" : "measured");
	add_status(encoder, op, op->drive.status, batch * n_out);
}

static void put_results(struct mr__encoder *encoder, const struct mr_op *op,
                        const struct mr_description *desc)
{
	size_t n = elements_done(op, desc);

	switch (op->kind) {
	case MR_OP_READ:
		put_result(encoder, op->read.g_S, n, "measured");
		add_result(encoder, "v_V", "f4", 4, op->read.v_V, n);
		add_result(encoder, "i_A", "f4", 4, op->read.i_A, n);
		add_status(encoder, op, op->read.status, n);
		break;
	case MR_OP_PULSE:
		add_status(encoder, op, op->pulse.status, n);
		break;
	case MR_OP_TRACE:
		put_trace_results(encoder, op,
		                  n * mr_trace_samples(&op->trace));
		break;
	case MR_OP_PROGRAM:
		put_result(encoder, op->program.g_S, n, "measured");
		add_result(encoder, "pulses", "u4", 4, op->program.pulses, n);
		add_status(encoder, op, op->program.status, n);
		break;
	case MR_OP_DRIVE:
		put_drive_results(encoder, op, desc, n);
		break;
	case MR_OP_WAIT:
	case MR_OP_CONFIGURE:
		break;
	}
}

static void put_outcome(struct mr__encoder *encoder,
                        const struct mr_event *event, int64_t wall_end_ns)
{
	const struct mr_outcome *outcome = &event->op->outcome;

	put_int(encoder, MR__OP_T_BEGIN, outcome->t_begin_ns);
	put_int(encoder, MR__OP_T_END, outcome->t_end_ns);
	put_int(encoder, MR__OP_WALL_END, wall_end_ns);
	put_int(encoder, MR__OP_N_EFFECT, (int64_t)outcome->n_effect);
	put_int(encoder, MR__OP_STATUS, outcome->status);
	put_text(encoder, MR__OP_ERROR, mr_error_name(outcome->error));
	if (event->errtext && event->errtext[0]) {
		put_text(encoder, MR__OP_ERRTEXT, event->errtext);
	}
	if (encoder->values) {
		put_results(encoder, event->op, event->desc);
	}
}

/* ---- rows ---------------------------------------------------------------- */

static int insert_extra(struct mr__encoder *encoder, int64_t row,
                        const struct mr__extra *extra)
{
	struct mr__query *to = encoder->data;
	const void *bytes;

	if (mr__bytes_of(extra->data, extra->n, extra->width, &encoder->spare,
	                 &bytes) != MR_OK) {
		return MR_ERR_NOMEM;
	}
	mr__query_clear(to);
	mr__query_set_int(to, 1, row);
	mr__query_set_text(to, 2, extra->name);
	mr__query_set_text(to, 3, extra->role);
	if (extra->source) {
		mr__query_set_text(to, 4, extra->source);
	}
	mr__query_set_text(to, 5, extra->type);
	mr__query_set_int(to, 6, (int64_t)extra->n);
	mr__query_set_blob(to, 7, bytes, extra->n * extra->width);
	encoder->bytes += extra->n * extra->width;
	return mr__query_run(to);
}

static void start(struct mr__encoder *encoder, struct mr__query *to,
                  const struct mr__place *place)
{
	encoder->to = to;
	encoder->composed = place->composed;
	encoder->error = MR_OK;
	encoder->n_extras = 0;
	mr__query_clear(to);
	put_int(encoder, MR__OP_ROW, place->row);
}

static int finish(struct mr__encoder *encoder, int64_t row)
{
	int code = encoder->error;

	if (encoder->n_extras > 0) {
		put_int(encoder, MR__OP_N_DATA, encoder->n_extras);
	}
	if (code == MR_OK) {
		code = mr__query_run(encoder->to);
	}
	for (uint32_t i = 0; code == MR_OK && i < encoder->n_extras; i++) {
		code = insert_extra(encoder, row, &encoder->extras[i]);
	}
	return code;
}

static void put_begin(struct mr__encoder *encoder, const struct mr_event *event,
                      const struct mr__place *place)
{
	if (event->parent != 0) {
		put_int(encoder, MR__OP_PARENT, (int64_t)event->parent);
	}
	if (place->composed) {
		put_int(encoder, MR__OP_COMPOSED, 1);
	}
	if (place->survey) {
		put_int(encoder, MR__OP_SURVEY, 1);
	}
	put_int(encoder, MR__OP_WALL_BEGIN, place->wall_begin_ns);
	put_parameters(encoder, event->op, event->desc);
}

int mr__encode_begin(struct mr__encoder *encoder, const struct mr_event *event,
                     const struct mr__place *place)
{
	start(encoder, encoder->insert, place);
	put_begin(encoder, event, place);
	return finish(encoder, place->row);
}

int mr__encode_end(struct mr__encoder *encoder, const struct mr_event *event,
                   const struct mr__place *place)
{
	start(encoder, encoder->update, place);
	put_outcome(encoder, event, place->wall_end_ns);
	return finish(encoder, place->row);
}

int mr__encode_whole(struct mr__encoder *encoder, const struct mr_event *event,
                     const struct mr__place *place)
{
	start(encoder, encoder->insert, place);
	put_begin(encoder, event, place);
	put_outcome(encoder, event, place->wall_end_ns);
	return finish(encoder, place->row);
}
