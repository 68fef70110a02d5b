/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * arc1: the ArC ONE board as an array of up to 32 x 32 cells. Words are rows,
 * bits are columns.
 *
 * The board answers nothing to a mistake, so that everything is checked before
 * a byte leaves, every answer is awaited for a computed time, and after one
 * that did not come the board is restarted before anything else. A pulse is
 * sent as pulse-and-read: its reading is the only sign that it was applied.
 */
#include "backends.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arc1.h"
#include "device_type.h"

#define BAUD 921600
#define VENDOR 0x0d28 /* the mbed interface chip that the board carries */
#define PRODUCT 0x0204
#define PACE_S 1e-3   /* clients that send faster lose tokens */
#define ANSWER_S 7.0
#define READ_CYCLES 30
#define READ_CYCLES_MAX 255
#define WAIT_MAX_S 1e9
#define COUNT_MAX 1000000
#define AVERAGES_MAX 1000
#define NS_PER_S 1e9
#define CELLS_MAX 1024 /* ARC1_LINES squared */

struct board {
	struct arc1 link;
	struct mr__device_type type;
	bool multibias;   /* offer drives as the board's own column reads */
	double level_V;   /* of a word that such a drive switches on */
	int64_t t0_ns;    /* of its clock, when it was opened */
	int64_t t_ns;     /* array time, never running backwards */
};

static const struct {
	const char *name;
	enum arc1_sneak code;
	double others; /* of the amplitude, on unselected words and bits */
} schemes[] = {
	{"v3", ARC1_SNEAK_V3, 1.0 / 3},
	{"v2", ARC1_SNEAK_V2, 0.5},
	{"float", ARC1_SNEAK_FLOAT, NAN},
};

#define N_SCHEMES (sizeof schemes / sizeof schemes[0])

/* ---- opening ----------------------------------------------------------------- */

static int scheme_of(const char *name, enum arc1_sneak *out,
                     struct mr_errtext *err)
{
	for (size_t i = 0; i < N_SCHEMES; i++) {
		if (strcmp(name, schemes[i].name) == 0) {
			*out = schemes[i].code;
			return MR_OK;
		}
	}
	return mr_errtext_set(err, MR_ERR_USAGE,
	                      "'%s' is no half-select scheme of an ArC ONE: "
	                      "there are v3, v2 and float",
	                      name);
}

static int take_count(struct mr_uri *uri, const char *key, uint64_t min,
                      uint64_t max, uint32_t *out, struct mr_errtext *err)
{
	uint64_t value = *out;
	int rc = mr_uri_take_u64(uri, key, min, max, &value, err);

	*out = (uint32_t)value;
	return rc;
}

static int take_shape(struct mr_uri *uri, struct arc1 *a,
                      struct mr_errtext *err)
{
	int rc = take_count(uri, "rows", 1, ARC1_LINES, &a->words, err);

	if (!rc)
		rc = take_count(uri, "cols", 1, ARC1_LINES, &a->bits, err);
	if (!rc)
		rc = take_count(uri, "read_cycles", 1, READ_CYCLES_MAX,
		                &a->read_cycles, err);
	return rc;
}

static int take_mode(struct mr_uri *uri, struct arc1 *a, struct mr_errtext *err)
{
	/* classic reads at .5 V whatever is asked: not offered */
	static const char *const names[] = {"tia", "tia4p"};
	const char *mode = mr_uri_take(uri, "mode");
	const char *sneak = mr_uri_take(uri, "scheme");

	a->mode = ARC1_MODE_TIA4P;
	for (int i = 0; mode && i < 2; i++) {
		if (strcmp(mode, names[i]) == 0) {
			a->mode = (enum arc1_mode)(ARC1_MODE_TIA + i);
			mode = NULL;
		}
	}
	if (mode)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "key 'mode=%s': an ArC ONE reads in mode "
		                      "tia or tia4p",
		                      mode);
	return sneak ? scheme_of(sneak, &a->sneak, err) : MR_OK;
}

static int take_keys(struct mr_uri *uri, const struct mr_open_options *options,
                     struct board *b, struct mr_errtext *err)
{
	struct arc1 *a = &b->link;
	bool socket = strcmp(uri->transport, "unix") == 0 ||
	              strcmp(uri->transport, "tcp") == 0;
	double pace_s = socket ? 0 : PACE_S, answer_s = ANSWER_S;
	uint32_t multibias = 0;

	a->words = options->rows && options->rows <= ARC1_LINES ? options->rows
	                                                        : ARC1_LINES;
	a->bits = options->cols && options->cols <= ARC1_LINES ? options->cols
	                                                       : ARC1_LINES;
	a->read_cycles = READ_CYCLES;
	int rc = take_shape(uri, a, err);

	if (!rc)
		rc = take_mode(uri, a, err);
	if (!rc)
		rc = mr_uri_take_double(uri, "pace_s", 0, 1, &pace_s, err);
	if (!rc)
		rc = mr_uri_take_double(uri, "answer_s", 0.01, 3600, &answer_s,
		                        err);
	if (!rc)
		rc = take_count(uri, "multibias", 0, 1, &multibias, err);
	if (!rc)
		rc = mr__device_type_take(uri, &b->type, err);
	a->pace_ns = (int64_t)(pace_s * NS_PER_S);
	a->answer_ns = (int64_t)(answer_s * NS_PER_S);
	b->multibias = multibias != 0;
	return rc;
}

static int64_t clock_ns(const struct board *b)
{
	const struct mr_clock *clock = mr__transport_clock(b->link.pipe);

	return clock->monotonic_ns(clock->self);
}

static int start(struct board *b, struct mr_errtext *err)
{
	struct mr_description desc = {.rows = 0};

	mr__device_type_describe(&b->type, &desc);
	const struct mr_waveform *read =
		mr_description_effect(&desc, MR_EFFECT_NONE);

	b->level_V = b->link.v_read_V = read ? read->amplitude : 0.5;
	int rc = mr__arc1_start(&b->link, err);

	b->t0_ns = clock_ns(b);
	return rc;
}

static int arc1_open(struct mr_uri *uri, const struct mr_open_options *options,
                     void **self, struct mr_errtext *err)
{
	const struct mr__wish wish = {.line = {.baud = BAUD,
	                                       .data_bits = 8,
	                                       .parity = 'E',
	                                       .stop_bits = 1,
	                                       .raise_dtr = true},
	                              .usb_vendor = VENDOR,
	                              .usb_product = PRODUCT};
	struct board *b = calloc(1, sizeof *b);
	int rc;

	if (!b)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	rc = take_keys(uri, options, b, err);
	if (!rc)
		rc = mr__transport_open(uri, options, &wish, &b->link.pipe, err);
	if (!rc)
		rc = start(b, err);
	/* after an empty token, which a cut-off one becomes whole by */
	if (!rc)
		rc = mr__transport_watch_over(b->link.pipe, options->guardian,
		                              "\n00\n", 4, err);
	if (rc) {
		mr__transport_close(b->link.pipe);
		free(b);
		return rc;
	}
	*self = b;
	return MR_OK;
}

static int arc1_close(void *self, struct mr_errtext *err)
{
	struct board *b = self;
	int rc = mr__arc1_safe(&b->link, err);

	mr__transport_close(b->link.pipe);
	free(b);
	return rc;
}

/* ---- describing ---------------------------------------------------------------- */

static void describe_schemes(const struct board *b, struct mr_description *d)
{
	struct mr_condition *c = &d->conditions[0];

	*c = (struct mr_condition){.name = "scheme", .choices = "v3|v2|float"};
	d->n_conditions = 1;
	d->n_schemes = N_SCHEMES;
	for (size_t i = 0; i < N_SCHEMES; i++) {
		struct mr_scheme *s = &d->schemes[i];

		*s = (struct mr_scheme){.row_selected = 1,
		                        .row_other = schemes[i].others,
		                        .col_selected = 0,
		                        .col_other = schemes[i].others};
		(void)snprintf(s->name, sizeof s->name, "%s", schemes[i].name);
		if (schemes[i].code == b->link.sneak)
			(void)snprintf(c->value, sizeof c->value, "%s",
			               schemes[i].name);
	}
}

static void describe_identity(const struct board *b, struct mr_description *d)
{
	struct mr__peer peer;
	unsigned firmware = b->link.firmware;

	mr__transport_peer(b->link.pipe, &peer);
	if (firmware)
		(void)snprintf(d->identity, sizeof d->identity,
		               "ArC ONE, firmware %u.%u, serial %.40s",
		               firmware >> 16, firmware & 0xffffu,
		               peer.serial[0] ? peer.serial : "unknown");
	else
		(void)snprintf(d->identity, sizeof d->identity,
		               "ArC ONE, firmware unknown, serial %.40s",
		               peer.serial[0] ? peer.serial : "unknown");
}

static void describe_levels(const struct board *b, struct mr_description *d)
{
	if (!b->multibias)
		return;
	d->abilities |= MR_ABILITY(MR_OP_DRIVE);
	d->n_levels = 2;
	d->level_V[0] = 0;
	d->level_V[1] = (float)b->level_V;
}

static int arc1_describe(void *self, struct mr_description *out,
                         struct mr_errtext *err)
{
	const struct board *b = self;
	const struct mr_limits board = {.v_read_max_V = ARC1_V_MAX_V,
	                                .v_pulse_max_V = ARC1_V_MAX_V,
	                                .width_min_s = ARC1_WIDTH_MIN_S,
	                                .width_max_s = ARC1_WIDTH_MAX_S,
	                                .wait_max_s = WAIT_MAX_S,
	                                .count_max = COUNT_MAX,
	                                .batch_max = COUNT_MAX,
	                                .averages_max = AVERAGES_MAX};

	(void)err;
	(void)snprintf(out->driver, sizeof out->driver, "arc1");
	out->rows = b->link.words;
	out->cols = b->link.bits;
	out->abilities = MR_ABILITY(MR_OP_READ) | MR_ABILITY(MR_OP_PULSE) |
	                 MR_ABILITY(MR_OP_WAIT) | MR_ABILITY(MR_OP_CONFIGURE) |
	                 MR_ABILITY_RESYNC;
	mr__device_type_describe(&b->type, out);
	mr__device_type_narrow(out, &board);
	describe_identity(b, out);
	describe_schemes(b, out);
	describe_levels(b, out);
	return MR_OK;
}

/* ---- reading ------------------------------------------------------------------- */

/* Cells of an operation by their words and bits. */
struct points {
	uint32_t n;
	uint8_t word[CELLS_MAX];
	uint8_t bit[CELLS_MAX];
};

static void find_points(const struct board *b, const struct mr_selection *where,
                        uint64_t first, struct points *p)
{
	const struct mr_description shape = {.rows = b->link.words,
	                                     .cols = b->link.bits};
	uint64_t n = mr_selection_count(where, &shape) - first;

	p->n = n < CELLS_MAX ? (uint32_t)n : CELLS_MAX;
	for (uint32_t i = 0; i < p->n; i++) {
		uint32_t cell = mr_selection_cell(where, &shape, first + i);

		p->word[i] = (uint8_t)(cell / shape.cols + 1);
		p->bit[i] = (uint8_t)(cell % shape.cols + 1);
	}
}

/* A resistance that cannot be one is no conductance: 0, and said so. One without
 * end is: nothing flows. */
static float conductance(float r_ohm, uint8_t *status)
{
	float g_S = 1.0f / r_ohm;

	if (isfinite(g_S))
		return g_S;
	*status |= MR_STATUS_OVER_RANGE;
	return 0;
}

static int read_points(struct board *b, const struct points *p, bool all,
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
static int read_stretch(struct board *b, struct mr_op *op, uint64_t first,
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
			sum_S[i] += (double)conductance(r_ohm[i], &status[i]);
	}
	for (uint32_t i = 0; i < p->n && !rc; i++)
		put_reading(op, first + i, sum_S[i], op->read.averages,
		            status[i]);
	return rc;
}

static int operate_read(struct board *b, struct mr_op *op,
                        const struct mr_run *run)
{
	const struct mr_description shape = {.rows = b->link.words,
	                                     .cols = b->link.bits};
	uint64_t n = mr_selection_count(&op->where, &shape);
	bool all = op->where.kind == MR_SELECT_ALL;
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
static int pulse_point(struct board *b, struct mr_op *op, uint64_t i,
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

static int operate_pulse(struct board *b, struct mr_op *op,
                         const struct mr_run *run)
{
	const struct mr_description shape = {.rows = b->link.words,
	                                     .cols = b->link.bits};
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
static int drive_vector(struct board *b, struct mr_op *op, uint32_t vector,
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
			on[n++] = (uint8_t)(row[i] + 1);
	for (uint32_t j = 0; j < n_out && !rc; j++) {
		i_A[j] = 0;
		if (dr->status)
			dr->status[(size_t)vector * n_out + j] = 0;
		if (n)
			rc = mr__arc1_column_current(&b->link, col[j] + 1, on, n,
			                             b->level_V,
			                             dr->duration_s, &i_A[j],
			                             run->err);
	}
	return rc;
}

static void find_lines(const struct board *b, const struct mr_selection *where,
                       uint32_t *row, uint32_t *col)
{
	const struct mr_description shape = {.rows = b->link.words,
	                                     .cols = b->link.bits};
	uint32_t n_rows = 0, n_cols = 0;

	(void)mr_selection_lines(where, &shape, &n_rows, &n_cols);
	for (uint32_t i = 0; i < n_rows; i++)
		row[i] = mr_selection_cell(where, &shape,
		                           (uint64_t)i * n_cols) /
		         shape.cols;
	for (uint32_t j = 0; j < n_cols; j++)
		col[j] = mr_selection_cell(where, &shape, j) % shape.cols;
}

static int operate_drive(struct board *b, struct mr_op *op,
                         const struct mr_run *run)
{
	const struct mr_description shape = {.rows = b->link.words,
	                                     .cols = b->link.bits};
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

static int operate_wait(struct board *b, struct mr_op *op,
                        const struct mr_run *run)
{
	int rc = mr__transport_pause(b->link.pipe, op->wait.duration_s, run);

	op->outcome.n_effect = rc ? 0 : 1;
	return rc;
}

static int operate_configure(struct board *b, struct mr_op *op,
                             const struct mr_run *run)
{
	enum arc1_sneak sneak = b->link.sneak;
	int rc = scheme_of(op->configure.value, &sneak, run->err);

	if (!rc)
		rc = mr__arc1_sneak(&b->link, sneak, run->err);
	op->outcome.n_effect = rc ? 0 : 1;
	return rc;
}

/* ---- the waist ------------------------------------------------------------------- */

static int operate(struct board *b, struct mr_op *op, const struct mr_run *run)
{
	switch (op->kind) {
	case MR_OP_READ:
		return operate_read(b, op, run);
	case MR_OP_PULSE:
		return operate_pulse(b, op, run);
	case MR_OP_DRIVE:
		return operate_drive(b, op, run);
	case MR_OP_WAIT:
		return operate_wait(b, op, run);
	default:
		return operate_configure(b, op, run);
	}
}

/* Array time is the board's clock since it was opened; an operation takes at
 * least a nanosecond of it. */
static int64_t array_ns(struct board *b)
{
	int64_t t_ns = clock_ns(b) - b->t0_ns;

	b->t_ns = t_ns > b->t_ns ? t_ns : b->t_ns + 1;
	return b->t_ns;
}

static int submit_one(struct board *b, struct mr_op *op,
                      const struct mr_run *run)
{
	int rc = mr_run_check(run);

	op->outcome.t_begin_ns = b->t_ns;
	if (!rc && !b->link.in_step)
		rc = mr__arc1_start(&b->link, run->err);
	if (!rc)
		rc = operate(b, op, run);
	if (rc == MR_ERR_STOPPED)
		(void)mr__arc1_safe(&b->link, NULL);
	op->outcome.error = rc;
	op->outcome.t_end_ns = array_ns(b);
	return rc;
}

static int arc1_submit(void *self, struct mr_op *ops, size_t n,
                       const struct mr_run *run, size_t *n_done)
{
	struct board *b = self;
	int rc = MR_OK;

	b->link.run = run;
	while (*n_done < n && !rc) {
		rc = submit_one(b, &ops[*n_done], run);
		if (!rc)
			++*n_done;
	}
	b->link.run = NULL;
	return rc;
}

static int arc1_watch_wire(void *self, const struct mr_wire_watcher *watcher,
                           struct mr_errtext *err)
{
	struct board *b = self;

	return mr__transport_watch(b->link.pipe, watcher, err);
}

static int arc1_resync(void *self, const struct mr_run *run)
{
	struct board *b = self;

	return mr__arc1_start(&b->link, run->err);
}

const struct mr_backend mr__backend_arc1 = {
	.name = "arc1",
	.summary = "ArC ONE board: arc1+serial:PORT[?rows=32&cols=32&scheme=v2"
		   "&device=MODEL...]",
	.open = arc1_open,
	.describe = arc1_describe,
	.submit = arc1_submit,
	.close = arc1_close,
	.resync = arc1_resync,
	.watch_wire = arc1_watch_wire,
};
