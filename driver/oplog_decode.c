/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Rows of tables op and data back into one operation. A file may have been
 * damaged or edited: every number, name and blob length is checked before it
 * is used, and the first that is wrong is named.
 */
#include "oplog_decode.h"

#include <math.h>
#include <string.h>

#include "oplog_schema.h"

static const char *const selection_names[] = {"all", "rect", "list", "outer"};
static const char *const unit_names[] = {"V", "A"};
static const char *const axis_names[] = {"rows", "cols"};

/* Values of one input or result: what the largest array reads at once. A row
 * that keeps some and claims more is damaged, whatever their packing. */
#define VALUES_MAX ((size_t)1 << 28)

/* How many elements the blobs of an operation must hold. */
struct shape {
	size_t elements; /* as mr_op_elements() */
	size_t done;     /* of them, with a result */
	size_t per;      /* result values of an element */
	size_t inputs;   /* values of the main input */
};

void mr__decoder_close(struct mr__decoder *decoder)
{
	for (int i = 0; i < MR__SLOTS; i++) {
		mr__buffer_free(&decoder->slots[i]);
	}
}

/* ---- single values ------------------------------------------------------- */

static void reject(struct mr__decoder *decoder, const char *what)
{
	if (!decoder->bad) {
		decoder->bad = what;
	}
}

static void reject_column(struct mr__decoder *decoder,
                          enum mr__op_column column)
{
	reject(decoder, mr__op_column_name(column));
}

static bool is_null(struct mr__decoder *decoder, enum mr__op_column column)
{
	return mr__query_type(decoder->row, (int)column) == MR__VALUE_NULL;
}

static int64_t get_int(struct mr__decoder *decoder, enum mr__op_column column)
{
	if (mr__query_type(decoder->row, (int)column) != MR__VALUE_INT) {
		reject_column(decoder, column);
		return 0;
	}
	return mr__query_int(decoder->row, (int)column);
}

static uint64_t get_u64(struct mr__decoder *decoder, enum mr__op_column column)
{
	int64_t value = get_int(decoder, column);

	if (value < 0) {
		reject_column(decoder, column);
		return 0;
	}
	return (uint64_t)value;
}

static uint32_t get_u32(struct mr__decoder *decoder, enum mr__op_column column)
{
	uint64_t value = get_u64(decoder, column);

	if (value > UINT32_MAX) {
		reject_column(decoder, column);
		return 0;
	}
	return (uint32_t)value;
}

static double get_real(struct mr__decoder *decoder, enum mr__op_column column)
{
	if (mr__query_type(decoder->row, (int)column) != MR__VALUE_REAL) {
		reject_column(decoder, column);
		return NAN;
	}
	return mr__query_real(decoder->row, (int)column);
}

static const char *get_text(struct mr__decoder *decoder,
                            enum mr__op_column column)
{
	if (mr__query_type(decoder->row, (int)column) != MR__VALUE_TEXT) {
		reject_column(decoder, column);
		return "";
	}
	return mr__query_text(decoder->row, (int)column);
}

static int get_name(struct mr__decoder *decoder, enum mr__op_column column,
                    const char *const *names, int n)
{
	const char *text = get_text(decoder, column);

	for (int i = 0; i < n; i++) {
		if (strcmp(text, names[i]) == 0) {
			return i;
		}
	}
	reject_column(decoder, column);
	return 0;
}

/* NULL stands for "per cell": the input of this name must be there then. */
static bool is_per_cell(struct mr__decoder *decoder, enum mr__op_column column,
                        const void *input)
{
	if (!is_null(decoder, column)) {
		return false;
	}
	if (decoder->values && !input) {
		reject_column(decoder, column);
	}
	return true;
}

/* ---- blobs --------------------------------------------------------------- */

static const uint32_t *get_list(struct mr__decoder *decoder,
                                enum mr__op_column column, enum mr__slot slot,
                                uint32_t *n)
{
	struct mr__buffer *to = &decoder->slots[slot];
	size_t size;
	const void *bytes = mr__query_blob(decoder->row, (int)column, &size);

	if (size == 0 || size % sizeof(uint32_t) != 0 ||
	    size / sizeof(uint32_t) > UINT32_MAX) {
		reject_column(decoder, column);
		return NULL;
	}
	if (mr__buffer_reserve(to, size) != MR_OK) {
		return NULL;
	}
	*n = (uint32_t)(size / sizeof(uint32_t));
	mr__bytes_copy(to->data, bytes, *n, sizeof(uint32_t));
	return to->data;
}

/* Before room is made for as many values as a damaged row claims. */
static bool may_hold(const struct mr__packed *packed, size_t n)
{
	if (strcmp(packed->packing, "sparse") == 0) {
		return true;
	}
	return packed->size / sizeof(float) == n || packed->size >= n / 8;
}

static int get_input(struct mr__decoder *decoder, size_t n, const float **out)
{
	struct mr__buffer *to = &decoder->slots[MR__SLOT_INPUT];
	struct mr__packed packed;

	if (is_null(decoder, MR__OP_INPUT)) {
		return MR_OK;
	}
	packed.packing = get_text(decoder, MR__OP_PACKING);
	packed.bytes = mr__query_blob(decoder->row, MR__OP_INPUT,
	                              &packed.size);
	if (!may_hold(&packed, n)) {
		reject_column(decoder, MR__OP_INPUT);
		return MR_ERR_FORMAT;
	}
	if (n > SIZE_MAX / sizeof(float) / 2 ||
	    mr__buffer_reserve(to, n * sizeof(float)) != MR_OK) {
		return MR_ERR_NOMEM;
	}
	if (mr__unpack(&packed, to->data, n) != MR_OK) {
		reject_column(decoder, MR__OP_INPUT);
		return MR_ERR_FORMAT;
	}
	*out = to->data;
	return MR_OK;
}

/* Room for all, of which `got` come from the file; the rest is marked as not
 * measured: not a number, or zero bits. */
static int fill(struct mr__buffer *to, const void *bytes, size_t got,
                size_t all, size_t width)
{
	if (all > SIZE_MAX / width / 2 ||
	    mr__buffer_reserve(to, all * width) != MR_OK) {
		return MR_ERR_NOMEM;
	}
	mr__bytes_copy(to->data, bytes, got, width);
	memset((char *)to->data + got * width, width == 1 ? 0 : 0xff,
	       (all - got) * width);
	return MR_OK;
}

static int get_result(struct mr__decoder *decoder, const struct shape *shape,
                      float **out)
{
	size_t got = shape->done * shape->per;
	size_t size;
	const void *bytes;

	if (is_null(decoder, MR__OP_RESULT)) {
		return MR_OK;
	}
	bytes = mr__query_blob(decoder->row, MR__OP_RESULT, &size);
	if (size % sizeof(float) != 0 || size / sizeof(float) != got) {
		reject_column(decoder, MR__OP_RESULT);
		return MR_ERR_FORMAT;
	}
	if (fill(&decoder->slots[MR__SLOT_RESULT], bytes, got,
	         shape->elements * shape->per, sizeof(float)) != MR_OK) {
		return MR_ERR_NOMEM;
	}
	*out = decoder->slots[MR__SLOT_RESULT].data;
	return MR_OK;
}

/* ---- rows of data -------------------------------------------------------- */

static size_t width_of(const char *type)
{
	static const struct {
		const char *type;
		size_t width;
	} widths[] = {{"f4", 4}, {"f8", 8}, {"u4", 4}, {"u1", 1}};

	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		if (strcmp(type, widths[i].type) == 0) {
			return widths[i].width;
		}
	}
	return 0;
}

#define TARGETS_MAX 7 /* a trace has six, and an end */

/* Where a datum goes; exactly one pointer of `to` is set. */
struct target {
	const char *name;
	const char *type;
	void **result;          /* [elements*per] */
	const void **input;     /* [n] */
	size_t n;
};

/* Buffers come as void *; the fields have their own types. */
struct extras {
	void *v_V;
	void *i_A;
	void *t_s;
	void *status;
	void *pulses;
	void *raw;
	const void *widths_s;
	const void *counts;
	const void *hold_s;
	const void *sample;
};

static int take_datum(struct mr__decoder *decoder, struct mr__buffer *slot,
                      const struct target *target, const struct shape *shape)
{
	bool input = target->input != NULL;
	size_t got = input ? target->n : shape->done * shape->per;
	size_t all = input ? target->n : shape->elements * shape->per;
	size_t width = width_of(mr__query_text(decoder->data, 1));
	size_t size;
	const void *bytes = mr__query_blob(decoder->data, 3, &size);

	if (strcmp(mr__query_text(decoder->data, 1), target->type) != 0 ||
	    (uint64_t)mr__query_int(decoder->data, 2) != got ||
	    size % width != 0 || size / width != got) {
		reject(decoder, target->name);
		return MR_ERR_FORMAT;
	}
	if (fill(slot, bytes, got, all, width) != MR_OK) {
		return MR_ERR_NOMEM;
	}
	if (input) {
		*target->input = slot->data;
	} else {
		*target->result = slot->data;
	}
	return MR_OK;
}

/* Which data an operation of a kind may have, ended by {0}. */
static void targets_of(const struct mr_op *op, size_t elements,
                       struct extras *to, struct target out[TARGETS_MAX])
{
	size_t n = 0;

	memset(out, 0, TARGETS_MAX * sizeof(*out));
	if (op->kind == MR_OP_PULSE) {
		out[n++] = (struct target){"widths_s", "f4", NULL,
		                           &to->widths_s, elements};
		out[n++] = (struct target){"counts", "u4", NULL, &to->counts,
		                           elements};
	}
	if (op->kind == MR_OP_TRACE) {
		out[n++] = (struct target){"hold_s", "f8", NULL, &to->hold_s,
		                           op->trace.n_levels};
		out[n++] = (struct target){"sample", "u1", NULL, &to->sample,
		                           op->trace.n_levels};
		out[n++] = (struct target){"t_s", "f8", &to->t_s, NULL, 0};
	}
	if (op->kind == MR_OP_TRACE || op->kind == MR_OP_READ) {
		out[n++] = (struct target){"v_V", "f4", &to->v_V, NULL, 0};
	}
	if (op->kind == MR_OP_READ) {
		out[n++] = (struct target){"i_A", "f4", &to->i_A, NULL, 0};
	}
	if (op->kind == MR_OP_PROGRAM) {
		out[n++] = (struct target){"pulses", "u4", &to->pulses, NULL,
		                           0};
	}
	if (op->kind == MR_OP_READ) {
		out[n++] = (struct target){"raw_g_S", "f4", &to->raw, NULL, 0};
	}
	if (op->kind == MR_OP_TRACE || op->kind == MR_OP_DRIVE) {
		out[n++] = (struct target){"raw_i_A", "f4", &to->raw, NULL, 0};
	}
	if (op->kind != MR_OP_WAIT && op->kind != MR_OP_CONFIGURE) {
		out[n++] = (struct target){"status", "u1", &to->status, NULL,
		                           0};
	}
}

static int next_datum(struct mr__decoder *decoder, struct mr__buffer *slot,
                      const struct target *targets, const struct shape *shape)
{
	bool more = false;
	int code = mr__query_next(decoder->data, &more);
	const char *name;

	if (code != MR_OK || !more) {
		reject_column(decoder, MR__OP_N_DATA);
		return code != MR_OK ? code : MR_ERR_FORMAT;
	}
	name = mr__query_text(decoder->data, 0);
	for (size_t i = 0; i < TARGETS_MAX && targets[i].name; i++) {
		if (strcmp(name, targets[i].name) == 0) {
			return take_datum(decoder, slot, &targets[i], shape);
		}
	}
	reject_column(decoder, MR__OP_N_DATA);
	return MR_ERR_FORMAT;
}

static int get_extras(struct mr__decoder *decoder, const struct mr_op *op,
                      const struct shape *shape, struct extras *to)
{
	struct target targets[TARGETS_MAX];
	uint32_t n = 0;
	int code = MR_OK;

	if (!is_null(decoder, MR__OP_N_DATA)) {
		n = get_u32(decoder, MR__OP_N_DATA);
	}
	if (n > MR__SLOTS - MR__SLOT_EXTRA) {
		reject_column(decoder, MR__OP_N_DATA);
		return MR_ERR_FORMAT;
	}
	if (n == 0) {
		return MR_OK;
	}
	targets_of(op, shape->elements, to, targets);
	mr__query_set_int(decoder->data, 1,
	                  mr__query_int(decoder->row, MR__OP_ROW));
	for (uint32_t i = 0; code == MR_OK && i < n; i++) {
		code = next_datum(decoder, &decoder->slots[MR__SLOT_EXTRA + i],
		                  targets, shape);
	}
	mr__query_reset(decoder->data);
	return code;
}

/* ---- parameters ---------------------------------------------------------- */

static void get_kind(struct mr__decoder *decoder, struct mr_op *op)
{
	const char *name = get_text(decoder, MR__OP_KIND);

	for (int kind = MR_OP_READ; kind <= MR_OP_CONFIGURE; kind++) {
		if (strcmp(name, mr_op_kind_name((enum mr_op_kind)kind)) == 0) {
			op->kind = (enum mr_op_kind)kind;
			return;
		}
	}
	op->kind = MR_OP_WAIT;
	reject_column(decoder, MR__OP_KIND);
}

static int get_outer(struct mr__decoder *decoder, struct mr_selection *where)
{
	where->rows = get_list(decoder, MR__OP_ROWS, MR__SLOT_ROWS,
	                       &where->n_rows);
	where->cols = get_list(decoder, MR__OP_COLS, MR__SLOT_COLS,
	                       &where->n_cols);
	return where->rows && where->cols ? MR_OK : MR_ERR_NOMEM;
}

static int get_selection(struct mr__decoder *decoder, enum mr_op_kind kind,
                         struct mr_selection *where)
{
	int code = MR_OK;

	where->kind = (enum mr_selection_kind)get_name(
		decoder, MR__OP_SELECTION, selection_names, 4);
	if (where->kind == MR_SELECT_RECT) {
		where->row = get_u32(decoder, MR__OP_ROW0);
		where->col = get_u32(decoder, MR__OP_COL0);
		where->n_rows = get_u32(decoder, MR__OP_N_ROWS);
		where->n_cols = get_u32(decoder, MR__OP_N_COLS);
	} else if (where->kind == MR_SELECT_OUTER) {
		code = get_outer(decoder, where);
	} else if (where->kind == MR_SELECT_LIST) {
		where->cells = get_list(decoder, MR__OP_CELLS, MR__SLOT_CELLS,
		                        &where->n_cells);
		code = where->cells ? MR_OK : MR_ERR_NOMEM;
	}
	if (decoder->bad) {
		return MR_ERR_FORMAT;
	}
	if (kind == MR_OP_DRIVE && where->kind == MR_SELECT_LIST) {
		reject_column(decoder, MR__OP_SELECTION);
		code = MR_ERR_FORMAT;
	}
	if (code == MR_OK &&
	    mr_selection_check(where, decoder->desc, NULL) != MR_OK) {
		reject_column(decoder, MR__OP_SELECTION);
		code = MR_ERR_FORMAT;
	}
	return code;
}

static void get_read(struct mr__decoder *decoder, struct mr_read_op *read)
{
	read->v_read_V = get_real(decoder, MR__OP_V_READ);
	read->t_int_s = get_real(decoder, MR__OP_T_INT);
	read->averages = get_u32(decoder, MR__OP_AVERAGES);
}

static void get_trace(struct mr__decoder *decoder, struct mr_trace_op *trace)
{
	trace->unit = (enum mr_unit)get_name(decoder, MR__OP_UNIT, unit_names,
	                                     2);
	trace->n_levels = get_u32(decoder, MR__OP_N_LEVELS);
	trace->compliance = get_real(decoder, MR__OP_COMPLIANCE);
}

static void get_drive(struct mr__decoder *decoder, struct mr_drive_op *drive)
{
	drive->axis = (enum mr_axis)get_name(decoder, MR__OP_AXIS, axis_names,
	                                     2);
	drive->batch = get_u32(decoder, MR__OP_BATCH);
	if (drive->batch == 0 ||
	    drive->batch > decoder->desc->limits.batch_max) {
		reject_column(decoder, MR__OP_BATCH);
	}
	drive->duration_s = get_real(decoder, MR__OP_DURATION);
	drive->period_s = get_real(decoder, MR__OP_PERIOD);
}

/* What can be read before the inputs are known. */
static void get_parameters(struct mr__decoder *decoder, struct mr_op *op)
{
	switch (op->kind) {
	case MR_OP_READ:
		get_read(decoder, &op->read);
		break;
	case MR_OP_PULSE:
		op->pulse.unit = (enum mr_unit)get_name(
			decoder, MR__OP_UNIT, unit_names, 2);
		op->pulse.t_rise_s = get_real(decoder, MR__OP_RISE);
		op->pulse.t_fall_s = get_real(decoder, MR__OP_FALL);
		op->pulse.compliance = get_real(decoder, MR__OP_COMPLIANCE);
		break;
	case MR_OP_TRACE:
		get_trace(decoder, &op->trace);
		break;
	case MR_OP_PROGRAM:
		op->program.tolerance_S = get_real(decoder, MR__OP_TOLERANCE);
		op->program.budget = get_u32(decoder, MR__OP_BUDGET);
		op->program.averages = get_u32(decoder, MR__OP_AVERAGES);
		break;
	case MR_OP_DRIVE:
		get_drive(decoder, &op->drive);
		break;
	case MR_OP_WAIT:
		op->wait.duration_s = get_real(decoder, MR__OP_DURATION);
		break;
	case MR_OP_CONFIGURE:
		op->configure.name = get_text(decoder, MR__OP_NAME);
		op->configure.value = get_text(decoder, MR__OP_VALUE);
		break;
	}
}

/* ---- outcome ------------------------------------------------------------- */

static int get_error(struct mr__decoder *decoder)
{
	const char *name = get_text(decoder, MR__OP_ERROR);
	int code = mr_error_of_name(name);

	if (strcmp(name, "unknown") == 0) {
		return MR_ERR_IO; /* a code that memrig has no name for */
	}
	if (code == MR_ERR_FORMAT &&
	    strcmp(name, mr_error_name(MR_ERR_FORMAT)) != 0) {
		reject_column(decoder, MR__OP_ERROR);
	}
	return code;
}

static void get_outcome(struct mr__decoder *decoder,
                        struct mr_oplog_record *out)
{
	struct mr_outcome *outcome = &out->op.outcome;

	outcome->id = out->id;
	out->errtext = mr__query_text(decoder->row, MR__OP_ERRTEXT);
	out->ended = !is_null(decoder, MR__OP_WALL_END);
	if (!out->ended) {
		outcome->error = MR_ERR_OUTCOME;
		outcome->status = MR_STATUS_UNKNOWN;
		return;
	}
	out->wall_end_ns = get_int(decoder, MR__OP_WALL_END);
	outcome->t_begin_ns = get_int(decoder, MR__OP_T_BEGIN);
	outcome->t_end_ns = get_int(decoder, MR__OP_T_END);
	outcome->n_effect = get_u64(decoder, MR__OP_N_EFFECT);
	outcome->status = get_u32(decoder, MR__OP_STATUS);
	outcome->error = get_error(decoder);
}

static void get_shape(const struct mr__decoder *decoder,
                      const struct mr_op *op, struct shape *shape)
{
	uint32_t n_rows = 0;
	uint32_t n_cols = 0;
	bool by_rows;

	*shape = (struct shape){.per = 1};
	shape->elements = (size_t)mr_op_elements(op, decoder->desc);
	shape->done = shape->elements;
	shape->inputs = shape->elements;
	if (op->outcome.error != MR_OK &&
	    op->outcome.n_effect < shape->elements) {
		shape->done = (size_t)op->outcome.n_effect;
	}
	if (op->kind == MR_OP_TRACE) {
		shape->inputs = op->trace.n_levels;
		shape->per = mr_trace_samples(&op->trace);
	}
	if (op->kind == MR_OP_DRIVE) {
		by_rows = op->drive.axis == MR_AXIS_ROWS;
		(void)mr_selection_lines(&op->where, decoder->desc, &n_rows,
		                         &n_cols);
		shape->inputs = (size_t)op->drive.batch *
		                (by_rows ? n_rows : n_cols);
		shape->per = by_rows ? n_cols : n_rows;
	}
}

/* ---- putting it together ------------------------------------------------- */

static void set_pulse(struct mr__decoder *decoder, struct mr_pulse_op *pulse,
                      const float *input, const struct extras *extras)
{
	pulse->amplitudes = input;
	pulse->widths_s = extras->widths_s;
	pulse->counts = extras->counts;
	pulse->status = extras->status;
	pulse->amplitude = is_per_cell(decoder, MR__OP_AMPLITUDE, input)
		? NAN : get_real(decoder, MR__OP_AMPLITUDE);
	pulse->width_s = is_per_cell(decoder, MR__OP_WIDTH, extras->widths_s)
		? NAN : get_real(decoder, MR__OP_WIDTH);
	pulse->count = is_per_cell(decoder, MR__OP_COUNT, extras->counts)
		? 0 : get_u32(decoder, MR__OP_COUNT);
}

static void set_trace(struct mr_trace_op *trace, const float *input,
                      float *result, const struct extras *extras)
{
	trace->level = input;
	trace->hold_s = extras->hold_s;
	trace->sample = extras->sample;
	trace->v_V = extras->v_V;
	trace->i_A = result;
	trace->t_s = extras->t_s;
	trace->status = extras->status;
}

static void set_buffers(struct mr__decoder *decoder, struct mr_op *op,
                        const float *input, float *result,
                        const struct extras *extras)
{
	switch (op->kind) {
	case MR_OP_READ:
		op->read.g_S = result;
		op->read.v_V = extras->v_V;
		op->read.i_A = extras->i_A;
		op->read.status = extras->status;
		break;
	case MR_OP_PULSE:
		set_pulse(decoder, &op->pulse, input, extras);
		break;
	case MR_OP_TRACE:
		set_trace(&op->trace, input, result, extras);
		break;
	case MR_OP_PROGRAM:
		op->program.target_S = input;
		op->program.target =
			is_per_cell(decoder, MR__OP_TARGET, input)
			? NAN : get_real(decoder, MR__OP_TARGET);
		op->program.g_S = result;
		op->program.pulses = extras->pulses;
		op->program.status = extras->status;
		break;
	case MR_OP_DRIVE:
		op->drive.v_V = input;
		op->drive.i_A = result;
		op->drive.status = extras->status;
		break;
	case MR_OP_WAIT:
	case MR_OP_CONFIGURE:
		break;
	}
}

/* What every operation of these kinds has, if values were kept at all. */
static void check_complete(struct mr__decoder *decoder,
                           const struct mr_oplog_record *out,
                           const float *input, const float *result,
                           const struct extras *extras)
{
	enum mr_op_kind kind = out->op.kind;
	bool ok = out->ended && out->op.outcome.error == MR_OK;

	if (!decoder->values) {
		return;
	}
	if ((kind == MR_OP_DRIVE || kind == MR_OP_TRACE) && !input) {
		reject_column(decoder, MR__OP_INPUT);
	}
	if (kind == MR_OP_TRACE && !extras->hold_s) {
		reject(decoder, "hold_s");
	}
	if (ok && !result && (kind == MR_OP_READ || kind == MR_OP_DRIVE ||
	                      kind == MR_OP_TRACE)) {
		reject_column(decoder, MR__OP_RESULT);
	}
}

static bool keeps_values(struct mr__decoder *decoder)
{
	return !is_null(decoder, MR__OP_INPUT) ||
	       !is_null(decoder, MR__OP_RESULT) ||
	       !is_null(decoder, MR__OP_N_DATA);
}

/* The column to blame for more values than there can be. */
static enum mr__op_column claim_of(enum mr_op_kind kind)
{
	if (kind == MR_OP_DRIVE) {
		return MR__OP_BATCH;
	}
	return kind == MR_OP_TRACE ? MR__OP_N_SAMPLES : MR__OP_SELECTION;
}

/* The samples of a trace are counted with its mask, which is a datum: data
 * come first, then the shape again. */
static int get_values(struct mr__decoder *decoder, struct mr_oplog_record *out)
{
	struct mr_op *op = &out->op;
	struct extras extras = {0};
	struct shape shape;
	const float *input = NULL;
	float *result = NULL;
	int code;

	get_shape(decoder, op, &shape);
	if (op->kind == MR_OP_TRACE) {
		shape.per = get_u32(decoder, MR__OP_N_SAMPLES);
	}
	if (keeps_values(decoder) &&
	    (shape.inputs > VALUES_MAX ||
	     shape.per > VALUES_MAX / shape.elements)) {
		reject_column(decoder, claim_of(op->kind));
		return MR_ERR_FORMAT;
	}
	code = get_extras(decoder, op, &shape, &extras);
	if (code == MR_OK) {
		code = get_result(decoder, &shape, &result);
	}
	if (code == MR_OK) {
		code = get_input(decoder, shape.inputs, &input);
	}
	if (code != MR_OK) {
		return code;
	}
	set_buffers(decoder, op, input, result, &extras);
	out->raw = extras.raw;
	if (op->kind == MR_OP_TRACE && decoder->values &&
	    mr_trace_samples(&op->trace) != shape.per) {
		reject_column(decoder, MR__OP_N_SAMPLES);
	}
	check_complete(decoder, out, input, result, &extras);
	return MR_OK;
}

static void get_place(struct mr__decoder *decoder, struct mr_oplog_record *out)
{
	out->row = get_int(decoder, MR__OP_ROW);
	out->id = (uint64_t)(out->row % MR__RUN_ROWS);
	if (!is_null(decoder, MR__OP_PARENT)) {
		out->parent = (uint64_t)get_int(decoder, MR__OP_PARENT);
	}
	out->composed = !is_null(decoder, MR__OP_COMPOSED);
	out->survey = !is_null(decoder, MR__OP_SURVEY);
	out->wall_begin_ns = get_int(decoder, MR__OP_WALL_BEGIN);
}

int mr__decode(struct mr__decoder *decoder, struct mr_oplog_record *out)
{
	struct mr_op *op = &out->op;
	int code = MR_OK;

	*out = (struct mr_oplog_record){0};
	decoder->bad = NULL;
	get_place(decoder, out);
	get_kind(decoder, op);
	if (!decoder->bad && op->kind != MR_OP_WAIT &&
	    op->kind != MR_OP_CONFIGURE) {
		code = get_selection(decoder, op->kind, &op->where);
	}
	get_parameters(decoder, op);
	get_outcome(decoder, out);
	if (code == MR_OK && !decoder->bad) {
		code = get_values(decoder, out);
	}
	return decoder->bad && code == MR_OK ? MR_ERR_FORMAT : code;
}
