/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * One operation into rows of tables operation, form and data. Blobs are
 * borrowed from the operation, so that nothing is copied or allocated on the
 * way.
 */
#include "oplog_encode.h"

#include <string.h>

#include "oplog_schema.h"

static const char *const selection_names[] = {"all", "rect", "list", "outer"};
static const char *const unit_names[] = {"V", "A"};
static const char *const axis_names[] = {"rows", "cols"};

/* Parameters of the update. */
enum parameter {
	P_ROW = 1,
	P_FORM,
	P_T_BEGIN,
	P_T_END,
	P_WALL_END,
	P_RESULT,
};

static const char update_sql[] =
	"UPDATE operation SET form=?2,t_begin_ns=?3,t_end_ns=?4,wall_end_ns=?5,"
	"result=?6 WHERE row=?1";

static const char data_sql[] =
	"INSERT INTO data(row,name,role,source,type,n,bytes) "
	"VALUES(?,?,?,?,?,?,?)";

/* The columns of table operation that are blobs. */
enum blob {
	BLOB_CELLS,
	BLOB_INPUT,
	BLOB_RESULT
};

int mr__encoder_open(struct mr__encoder *encoder, struct mr__db *db,
                     bool values)
{
	int code = mr__rows_open(db, &encoder->rows);

	encoder->values = values;
	if (code == MR_OK) {
		code = mr__db_prepare(db, update_sql, &encoder->update);
	}
	if (code == MR_OK) {
		code = mr__db_prepare(db, data_sql, &encoder->data);
	}
	if (code == MR_OK) {
		code = mr__forms_open(db, &encoder->forms);
	}
	return code;
}

void mr__encoder_close(struct mr__encoder *encoder)
{
	for (int i = 0; i < MR__BLOB_COLUMNS; i++) {
		mr__buffer_free(&encoder->scratch[i]);
	}
	mr__buffer_free(&encoder->spare);
	mr__forms_close(encoder->forms);
	mr__rows_close(encoder->rows);
}

/* ---- single values ------------------------------------------------------- */

static void put_int(struct mr__encoder *encoder, enum mr__op_column column,
                    int64_t value)
{
	mr__form_int(&encoder->form, column, value);
}

static void put_real(struct mr__encoder *encoder, enum mr__op_column column,
                     double value)
{
	mr__form_real(&encoder->form, column, value);
}

static void put_text(struct mr__encoder *encoder, enum mr__op_column column,
                     const char *text)
{
	mr__form_text(&encoder->form, column, text);
}

static void put_bytes(struct mr__encoder *encoder, enum blob blob,
                      const void *bytes, size_t size)
{
	encoder->bytes += size;
	encoder->blobs[blob] = (struct mr__span){bytes, size};
}

/* [n] float or uint32_t */
static void put_list(struct mr__encoder *encoder, enum blob blob,
                     const void *list, size_t n)
{
	const void *bytes;

	if (!list) {
		return;
	}
	if (mr__bytes_of(list, n, sizeof(float), &encoder->scratch[blob],
	                 &bytes) != MR_OK) {
		encoder->error = MR_ERR_NOMEM;
		return;
	}
	put_bytes(encoder, blob, bytes, n * sizeof(float));
}

static void put_outer(struct mr__encoder *encoder,
                      const struct mr_selection *where)
{
	struct mr__buffer *to = &encoder->scratch[BLOB_CELLS];
	size_t n_rows = where->n_rows;
	size_t size = (n_rows + where->n_cols) * sizeof(uint32_t);

	if (mr__buffer_reserve(to, size) != MR_OK) {
		encoder->error = MR_ERR_NOMEM;
		return;
	}
	mr__bytes_copy(to->data, where->rows, n_rows, sizeof(uint32_t));
	mr__bytes_copy((char *)to->data + n_rows * sizeof(uint32_t),
	               where->cols, where->n_cols, sizeof(uint32_t));
	put_bytes(encoder, BLOB_CELLS, to->data, size);
}

static void put_input(struct mr__encoder *encoder, const float *x, size_t n)
{
	if (encoder->values && x) {
		put_list(encoder, BLOB_INPUT, x, n);
		put_text(encoder, MR__OP_PACKING, "dense");
	}
}

static void put_packed(struct mr__encoder *encoder, const float *x, size_t n)
{
	struct mr__packed packed;

	if (!encoder->values) {
		return;
	}
	if (mr__pack(x, n, &encoder->scratch[BLOB_INPUT], &packed) !=
	    MR_OK) {
		encoder->error = MR_ERR_NOMEM;
		return;
	}
	put_bytes(encoder, BLOB_INPUT, packed.bytes, packed.size);
	put_text(encoder, MR__OP_PACKING, packed.packing);
}

static void put_result(struct mr__encoder *encoder, const float *x, size_t n,
                       const char *source)
{
	if (encoder->values && x && n > 0) {
		put_list(encoder, BLOB_RESULT, x, n);
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
		put_list(encoder, BLOB_CELLS, where->cells, where->n_cells);
		break;
	case MR_SELECT_OUTER:
		put_int(encoder, MR__OP_N_ROWS, where->n_rows);
		put_int(encoder, MR__OP_N_COLS, where->n_cols);
		put_outer(encoder, where);
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
		mr__form_passing(&encoder->form, MR__OP_NAME,
		                 op->configure.name);
		mr__form_passing(&encoder->form, MR__OP_VALUE,
		                 op->configure.value);
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
                              const struct mr_op *op, const float *raw,
                              size_t n)
{
	add_result(encoder, "raw_i_A", "f4", 4, raw, n);
	put_result(encoder, op->trace.i_A, n, "measured");
	add_result(encoder, "v_V", "f4", 4, op->trace.v_V, n);
	add_result(encoder, "t_s", "f8", 8, op->trace.t_s, n);
	add_status(encoder, op, op->trace.status, n);
}

static void put_drive_results(struct mr__encoder *encoder,
                              const struct mr_event *event, size_t batch)
{
	const struct mr_op *op = event->op;
	size_t n_in;
	size_t n_out;

	drive_lines(op, event->desc, &n_in, &n_out);
	add_result(encoder, "raw_i_A", "f4", 4, event->raw, batch * n_out);
	/* a drive that the core composed is a sum over reads */
	put_result(encoder, op->drive.i_A, batch * n_out,
	           encoder->composed ? "inferred" : "measured");
	add_status(encoder, op, op->drive.status, batch * n_out);
}

static void put_results(struct mr__encoder *encoder,
                        const struct mr_event *event)
{
	const struct mr_op *op = event->op;
	size_t n = elements_done(op, event->desc);

	switch (op->kind) {
	case MR_OP_READ:
		put_result(encoder, op->read.g_S, n, "measured");
		add_result(encoder, "raw_g_S", "f4", 4, event->raw, n);
		add_result(encoder, "v_V", "f4", 4, op->read.v_V, n);
		add_result(encoder, "i_A", "f4", 4, op->read.i_A, n);
		add_status(encoder, op, op->read.status, n);
		break;
	case MR_OP_PULSE:
		add_status(encoder, op, op->pulse.status, n);
		break;
	case MR_OP_TRACE:
		put_trace_results(encoder, op, event->raw,
		                  n * mr_trace_samples(&op->trace));
		break;
	case MR_OP_PROGRAM:
		put_result(encoder, op->program.g_S, n, "measured");
		add_result(encoder, "pulses", "u4", 4, op->program.pulses, n);
		add_status(encoder, op, op->program.status, n);
		break;
	case MR_OP_DRIVE:
		put_drive_results(encoder, event, n);
		break;
	case MR_OP_WAIT:
	case MR_OP_CONFIGURE:
		break;
	}
}

static void put_outcome(struct mr__encoder *encoder,
                        const struct mr_event *event)
{
	const struct mr_outcome *outcome = &event->op->outcome;

	put_int(encoder, MR__OP_N_EFFECT, (int64_t)outcome->n_effect);
	put_int(encoder, MR__OP_STATUS, outcome->status);
	put_text(encoder, MR__OP_ERROR, mr_error_name(outcome->error));
	if (event->errtext && event->errtext[0]) {
		mr__form_passing(&encoder->form, MR__OP_ERRTEXT,
		                 event->errtext);
	}
	if (encoder->values) {
		put_results(encoder, event);
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

/* Those of one role, or all. */
static int insert_extras(struct mr__encoder *encoder, int64_t row,
                         bool inputs, bool results)
{
	int code = MR_OK;

	for (uint32_t i = 0; code == MR_OK && i < encoder->n_extras; i++) {
		const struct mr__extra *extra = &encoder->extras[i];

		if (extra->source ? results : inputs) {
			code = insert_extra(encoder, row, extra);
		}
	}
	return code;
}

static void start(struct mr__encoder *encoder, const struct mr_event *event,
                  const struct mr__place *place)
{
	encoder->composed = place->composed;
	encoder->error = MR_OK;
	encoder->n_extras = 0;
	encoder->form = (struct mr__form){0};
	memset(encoder->blobs, 0, sizeof(encoder->blobs));
	if (place->composed) {
		put_int(encoder, MR__OP_COMPOSED, 1);
	}
	if (place->survey) {
		put_int(encoder, MR__OP_SURVEY, 1);
	}
	put_parameters(encoder, event->op, event->desc);
}

/* The form is complete. */
static int get_form(struct mr__encoder *encoder, int64_t *key)
{
	if (encoder->error != MR_OK) {
		return encoder->error;
	}
	if (encoder->n_extras > 0) {
		put_int(encoder, MR__OP_N_DATA, encoder->n_extras);
	}
	return mr__forms_key(encoder->forms, &encoder->form, key);
}

static struct mr__row row_of(const struct mr__encoder *encoder,
                             const struct mr_event *event,
                             const struct mr__place *place)
{
	struct mr__row row = {.row = place->row,
	                      .parent = (int64_t)event->parent,
	                      .wall_begin_ns = place->wall_begin_ns};

	memcpy(row.blobs, encoder->blobs, sizeof(row.blobs));
	return row;
}

int mr__encode_begin(struct mr__encoder *encoder, const struct mr_event *event,
                     const struct mr__place *place)
{
	struct mr__row row;
	int code;

	start(encoder, event, place);
	row = row_of(encoder, event, place);
	code = get_form(encoder, &row.form);
	if (code == MR_OK) {
		code = mr__rows_insert(encoder->rows, &row);
	}
	return code == MR_OK ? insert_extras(encoder, row.row, true, false)
	                     : code;
}

static int update(struct mr__encoder *encoder, const struct mr_outcome *outcome,
                  const struct mr__place *place, int64_t form)
{
	struct mr__query *to = encoder->update;
	const struct mr__span *result = &encoder->blobs[BLOB_RESULT];

	mr__query_set_int(to, P_ROW, place->row);
	mr__query_set_int(to, P_FORM, form);
	mr__query_set_int(to, P_T_BEGIN, outcome->t_begin_ns);
	mr__query_set_int(to, P_T_END, outcome->t_end_ns);
	mr__query_set_int(to, P_WALL_END, place->wall_end_ns);
	if (result->bytes) {
		mr__query_set_blob(to, P_RESULT, result->bytes, result->size);
	} else {
		mr__query_set_null(to, P_RESULT);
	}
	return mr__query_run(to);
}

/* The inputs are there since the begin. */
int mr__encode_end(struct mr__encoder *encoder, const struct mr_event *event,
                   const struct mr__place *place)
{
	int64_t form;
	int code;

	start(encoder, event, place);
	put_outcome(encoder, event);
	code = get_form(encoder, &form);
	if (code == MR_OK) {
		code = update(encoder, &event->op->outcome, place, form);
	}
	return code == MR_OK ? insert_extras(encoder, place->row, false, true)
	                     : code;
}

int mr__encode_whole(struct mr__encoder *encoder, const struct mr_event *event,
                     const struct mr__place *place)
{
	struct mr__row row;
	int code;

	start(encoder, event, place);
	put_outcome(encoder, event);
	row = row_of(encoder, event, place);
	row.ended = true;
	row.wall_end_ns = place->wall_end_ns;
	row.t_begin_ns = event->op->outcome.t_begin_ns;
	row.t_end_ns = event->op->outcome.t_end_ns;
	code = get_form(encoder, &row.form);
	if (code == MR_OK) {
		code = mr__rows_add(encoder->rows, &row);
	}
	return code == MR_OK ? insert_extras(encoder, row.row, true, true)
	                     : code;
}

int mr__encoder_flush(struct mr__encoder *encoder)
{
	return mr__rows_flush(encoder->rows);
}
