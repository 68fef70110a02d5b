/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Operations that the back end lacks, as programs over those it has: above
 * the filters, so that guard, faults and log see the children. */
#include "array_priv.h"

#include <math.h>
#include <stdlib.h>

/* What every composition hands around. */
struct composition {
	struct mr_array *array;
	struct mr_op *parent;
	const struct mr_context *context;
};

/* Check, default and send one child. */
static int send_child(const struct composition *c, struct mr_op *op)
{
	struct mr_array *a = c->array;
	size_t done;
	int rc = mr__op_check(&a->desc, a->desc.abilities, op, &a->err);

	if (rc)
		return rc;
	return mr__array_send(a, op, 1, c->parent->outcome.id, c->context,
	                      NULL, &done);
}

static int no_memory(const struct composition *c)
{
	return mr_errtext_set(&c->array->err, MR_ERR_NOMEM,
	                      "out of memory for %s",
	                      mr_op_kind_name(c->parent->kind));
}

/* ---- program: a verify loop ---------------------------------------------- */

struct verify {
	struct composition c;
	uint32_t n;
	uint32_t n_active;
	uint32_t *active;     /* [n] elements that are not yet there */
	uint32_t *chosen;     /* [n] elements of one child operation */
	uint32_t *cells;      /* [n] and their cells */
	uint32_t *counts;     /* [n] pulses of one child operation */
	uint32_t *spent;      /* [n] pulses so far */
	float *read_S;        /* [n] readings of the active elements */
	float *g_S;           /* [n] last reading of each element */
	uint8_t *bits;        /* [n] status of one child operation */
	uint8_t *read_bits;   /* [n] status of each element's last reading */
	uint8_t *pulse_bits;  /* [n] and of its last pulse */
	const struct mr_waveform *raise;
	const struct mr_waveform *lower;
};

static double target_of(const struct verify *v, uint32_t i)
{
	const struct mr_program_op *pg = &v->c.parent->program;

	return pg->target_S ? (double)pg->target_S[i] : pg->target;
}

static uint32_t cell_of(const struct verify *v, uint32_t i)
{
	return mr_selection_cell(&v->c.parent->where, &v->c.array->desc, i);
}

static bool clipped(const struct verify *v, uint32_t i)
{
	return v->read_bits[i] & MR_STATUS_OVER_RANGE;
}

static bool reached(const struct verify *v, uint32_t i)
{
	return !clipped(v, i) && fabs((double)v->g_S[i] - target_of(v, i)) <=
	                                 v->c.parent->program.tolerance_S;
}

/* A clipped reading only says "more than this": below the target it does not
 * say which way to go, and a pulse would be blind. */
static bool given_up(const struct verify *v, uint32_t i)
{
	return v->spent[i] >= v->c.parent->program.budget ||
	       (clipped(v, i) && (double)v->g_S[i] < target_of(v, i));
}

static int read_active(struct verify *v)
{
	struct mr_op op = {
		.kind = MR_OP_READ,
		.where = {.kind = MR_SELECT_LIST,
	                  .cells = v->cells,
	                  .n_cells = v->n_active},
		.read = {.g_S = v->read_S,
	                 .averages = v->c.parent->program.averages,
	                 .status = v->bits}};

	for (uint32_t k = 0; k < v->n_active; k++)
		v->cells[k] = cell_of(v, v->active[k]);
	int rc = send_child(&v->c, &op);

	for (uint32_t k = 0; k < v->n_active && !rc; k++) {
		v->g_S[v->active[k]] = v->read_S[k];
		v->read_bits[v->active[k]] = v->bits[k];
	}
	return rc;
}

static void drop_finished(struct verify *v)
{
	uint32_t kept = 0;

	for (uint32_t k = 0; k < v->n_active; k++) {
		uint32_t i = v->active[k];

		if (!reached(v, i) && !given_up(v, i))
			v->active[kept++] = i;
	}
	v->n_active = kept;
}

/* Half the gap in typical steps: stochastic steps must not overshoot, since
 * coming back may cost an erase. */
static uint32_t pulses_for(const struct verify *v, uint32_t i,
                           const struct mr_waveform *wave)
{
	double g = (double)v->g_S[i];
	double gap = fabs(target_of(v, i) - g);
	const struct mr_step *s = &wave->step;
	double step = fmax(s->floor_S, s->offset_S + s->slope * g);
	uint32_t left = v->c.parent->program.budget - v->spent[i];

	if (wave->effect == MR_EFFECT_ERASE || !(step > 0))
		return 1;
	double wanted = floor(0.5 * gap / step);

	return wanted < 1 ? 1 : wanted > left ? left : (uint32_t)wanted;
}

/* The active elements on one side of their targets. */
static uint32_t choose(struct verify *v, const struct mr_waveform *wave, bool up)
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < v->n_active; k++) {
		uint32_t i = v->active[k];

		if (((double)v->g_S[i] < target_of(v, i)) != up)
			continue;
		v->chosen[n] = i;
		v->cells[n] = cell_of(v, i);
		v->counts[n++] = pulses_for(v, i, wave);
	}
	return n;
}

/* What took effect, also where the operation failed on its way. */
static void take_note(struct verify *v, const struct mr_op *op, bool up,
                      bool erases)
{
	struct mr__tally *t = v->c.array->tally;
	uint64_t n = mr__op_applied(op, op->where.n_cells);

	for (uint64_t k = 0; k < n; k++) {
		uint32_t i = v->chosen[k];

		v->spent[i] += v->counts[k];
		v->pulse_bits[i] = v->bits[k];
		if (!t)
			continue;
		*(up ? &t->n_raised : &t->n_lowered) += v->counts[k];
		if (up)
			t->raised[i] += v->counts[k];
		else if (erases)
			t->raised[i] = 0;
	}
}

static int pulse_side(struct verify *v, const struct mr_waveform *wave, bool up)
{
	struct mr_op op;
	uint32_t n = choose(v, wave, up);

	if (n == 0)
		return MR_OK;
	mr_pulse_from(&op, wave);
	op.where = (struct mr_selection){
		.kind = MR_SELECT_LIST, .cells = v->cells, .n_cells = n};
	op.pulse.counts = v->counts;
	op.pulse.status = v->bits;
	int rc = send_child(&v->c, &op);

	take_note(v, &op, up, wave->effect == MR_EFFECT_ERASE);
	return rc;
}

static int verify_loop(struct verify *v)
{
	int rc = MR_OK;

	v->n_active = v->n;
	for (uint32_t i = 0; i < v->n; i++)
		v->active[i] = i;
	for (;;) {
		rc = read_active(v);
		if (rc)
			return rc;
		drop_finished(v);
		if (v->n_active == 0)
			return MR_OK;
		rc = pulse_side(v, v->raise, true);
		if (!rc)
			rc = pulse_side(v, v->lower, false);
		if (rc)
			return rc;
	}
}

static void report(const struct verify *v)
{
	struct mr_program_op *pg = &v->c.parent->program;
	struct mr_outcome *out = &v->c.parent->outcome;

	for (uint32_t i = 0; i < v->n; i++) {
		uint8_t status = v->read_bits[i] | v->pulse_bits[i];

		if (!reached(v, i))
			status |= MR_STATUS_NOT_CONVERGED;
		out->status |= status;
		if (pg->g_S)
			pg->g_S[i] = v->g_S[i];
		if (pg->pulses)
			pg->pulses[i] = v->spent[i];
		if (pg->status)
			pg->status[i] = status;
	}
	out->n_effect = v->n;
}

static int verify_with(struct verify *v, uint32_t *words, float *floats,
                       uint8_t *bytes)
{
	size_t n = v->n;

	v->active = words;
	v->chosen = words + n;
	v->cells = words + 2 * n;
	v->counts = words + 3 * n;
	v->spent = words + 4 * n;
	v->read_S = floats;
	v->g_S = floats + n;
	v->bits = bytes;
	v->read_bits = bytes + n;
	v->pulse_bits = bytes + 2 * n;
	int rc = verify_loop(v);

	if (!rc)
		report(v);
	return rc;
}

static int compose_program(const struct composition *c)
{
	const struct mr_description *d = &c->array->desc;
	const struct mr_waveform *lower =
		mr_description_effect(d, MR_EFFECT_LOWER);
	struct verify v = {
		.c = *c,
		.n = (uint32_t)mr_selection_count(&c->parent->where, d),
		.raise = mr_description_effect(d, MR_EFFECT_RAISE),
		.lower = lower ? lower
	                       : mr_description_effect(d, MR_EFFECT_ERASE)};
	uint32_t *words = calloc(v.n, 5 * sizeof(uint32_t));
	float *floats = calloc(v.n, 2 * sizeof(float));
	uint8_t *bytes = calloc(v.n, 3);
	int rc;

	if (words && floats && bytes)
		rc = verify_with(&v, words, floats, bytes);
	else
		rc = no_memory(c);
	free(words);
	free(floats);
	free(bytes);
	return rc;
}

/* ---- drive: reads and a digital sum -------------------------------------- */

struct product {
	struct composition c;
	bool by_rows;
	uint32_t n_in;
	uint32_t n_out;
	uint32_t *in_lines;   /* [n_in] line numbers */
	uint32_t *out_lines;  /* [n_out] */
	uint32_t *fed;        /* [n_in] lines of the current vector */
	float *fed_V;         /* [n_in] their voltages */
	float *g_S;           /* [n_in*n_out] readings */
	uint8_t *bits;        /* [n_in*n_out] and their status */
};

static uint32_t line_of(const struct mr_selection *s, bool row, uint32_t i)
{
	switch (s->kind) {
	case MR_SELECT_RECT:
		return (row ? s->row : s->col) + i;
	case MR_SELECT_OUTER:
		return row ? s->rows[i] : s->cols[i];
	default:
		return i;
	}
}

static int read_fed(struct product *p, uint32_t n_fed)
{
	struct mr_op op = {.kind = MR_OP_READ,
	                   .where = {.kind = MR_SELECT_OUTER},
	                   .read = {.g_S = p->g_S, .status = p->bits}};

	op.where.rows = p->by_rows ? p->fed : p->out_lines;
	op.where.n_rows = p->by_rows ? n_fed : p->n_out;
	op.where.cols = p->by_rows ? p->out_lines : p->fed;
	op.where.n_cols = p->by_rows ? p->n_out : n_fed;
	return send_child(&p->c, &op);
}

/* Sums of vector b. What was wrong with a reading is wrong with the sum. */
static void add_up(const struct product *p, uint32_t n_fed, uint32_t b)
{
	struct mr_op *parent = p->c.parent;
	size_t first = (size_t)b * p->n_out;

	for (uint32_t j = 0; j < p->n_out; j++) {
		double sum = 0;
		uint8_t bits = 0;

		for (uint32_t k = 0; k < n_fed; k++) {
			size_t at = p->by_rows ? (size_t)k * p->n_out + j
			                       : (size_t)j * n_fed + k;

			sum += (double)p->fed_V[k] * (double)p->g_S[at];
			bits |= p->bits[at];
		}
		parent->drive.i_A[first + j] = (float)sum;
		if (parent->drive.status)
			parent->drive.status[first + j] = bits;
		parent->outcome.status |= bits;
	}
}

/* The rest of the period passes as a wait, where the array can. */
static int rest(struct product *p, int64_t t0_ns, double period_s)
{
	struct mr_array *a = p->c.array;
	double spent_s = (double)(a->t_ns - t0_ns) * 1e-9;
	struct mr_op op = {.kind = MR_OP_WAIT,
	                   .wait = {.duration_s = period_s - spent_s}};

	if (op.wait.duration_s <= 0 ||
	    !(a->desc.abilities & MR_ABILITY(MR_OP_WAIT)))
		return MR_OK;
	return send_child(&p->c, &op);
}

static int drive_vector(struct product *p, uint32_t b)
{
	const struct mr_drive_op *dr = &p->c.parent->drive;
	const float *v_V = &dr->v_V[(size_t)b * p->n_in];
	int64_t t0_ns = p->c.array->t_ns;
	uint32_t n_fed = 0;

	for (uint32_t k = 0; k < p->n_in; k++) {
		if (v_V[k] == 0.0f)
			continue;
		p->fed[n_fed] = p->in_lines[k];
		p->fed_V[n_fed++] = v_V[k];
	}
	int rc = n_fed ? read_fed(p, n_fed) : MR_OK;

	if (rc)
		return rc;
	add_up(p, n_fed, b);
	return rest(p, t0_ns, fmax(dr->period_s, dr->duration_s));
}

static int drive_all(struct product *p)
{
	struct mr_op *parent = p->c.parent;
	int rc = MR_OK;

	for (uint32_t k = 0; k < p->n_in; k++)
		p->in_lines[k] = line_of(&parent->where, p->by_rows, k);
	for (uint32_t k = 0; k < p->n_out; k++)
		p->out_lines[k] = line_of(&parent->where, !p->by_rows, k);
	for (uint32_t b = 0; b < parent->drive.batch && !rc; b++) {
		rc = drive_vector(p, b);
		parent->outcome.n_effect += rc == MR_OK;
	}
	return rc;
}

static int drive_with(struct product *p, uint32_t *words, float *floats,
                      uint8_t *bytes)
{
	p->in_lines = words;
	p->fed = words + p->n_in;
	p->out_lines = words + 2 * (size_t)p->n_in;
	p->fed_V = floats;
	p->g_S = floats + p->n_in;
	p->bits = bytes;
	return drive_all(p);
}

static int compose_drive(const struct composition *c)
{
	struct product p = {
		.c = *c, .by_rows = c->parent->drive.axis == MR_AXIS_ROWS};
	uint32_t n_rows = 0, n_cols = 0;

	(void)mr_selection_lines(&c->parent->where, &c->array->desc, &n_rows,
	                         &n_cols);
	p.n_in = p.by_rows ? n_rows : n_cols;
	p.n_out = p.by_rows ? n_cols : n_rows;
	uint32_t *words = calloc(2 * (size_t)p.n_in + p.n_out,
	                         sizeof(uint32_t));
	float *floats = calloc(p.n_in + (size_t)p.n_in * p.n_out,
	                       sizeof(float));
	uint8_t *bytes = calloc(p.n_in, p.n_out);
	int rc;

	if (words && floats && bytes)
		rc = drive_with(&p, words, floats, bytes);
	else
		rc = no_memory(c);
	free(words);
	free(floats);
	free(bytes);
	return rc;
}

/* ---- trace: waits and reads ---------------------------------------------- */

static bool sampled(const struct mr_trace_op *tr, uint32_t k)
{
	return !tr->sample || tr->sample[k];
}

/* One level on one cell: most of its hold as a wait, its end as a read. */
static int hold_level(const struct composition *c, uint32_t cell, uint32_t k,
                      float *g_S, uint8_t *bits)
{
	const struct mr_trace_op *tr = &c->parent->trace;
	const struct mr_waveform *wave =
		mr_description_effect(&c->array->desc, MR_EFFECT_NONE);
	bool reads = sampled(tr, k) && tr->level[k] != 0.0f;
	double read_s = reads ? fmin(tr->hold_s[k], wave->width_s) : 0;
	struct mr_op wait = {.kind = MR_OP_WAIT,
	                     .wait = {.duration_s = tr->hold_s[k] - read_s}};
	struct mr_op read = {
		.kind = MR_OP_READ,
		.where = {.kind = MR_SELECT_LIST, .cells = &cell, .n_cells = 1},
		.read = {.v_read_V = (double)tr->level[k],
	                 .t_int_s = read_s,
	                 .g_S = g_S,
	                 .status = bits}};
	int rc = wait.wait.duration_s > 0 ? send_child(c, &wait) : MR_OK;

	return rc || !reads ? rc : send_child(c, &read);
}

static int trace_level(const struct composition *c, uint32_t cell, uint32_t k,
                       size_t at, int64_t t0_ns)
{
	const struct mr_trace_op *tr = &c->parent->trace;
	float g_S = 0;
	uint8_t bits = 0;
	int rc = hold_level(c, cell, k, &g_S, &bits);

	if (rc || !sampled(tr, k))
		return rc;
	tr->i_A[at] = tr->level[k] == 0.0f ? 0.0f : tr->level[k] * g_S;
	if (tr->v_V)
		tr->v_V[at] = tr->level[k];
	if (tr->t_s)
		tr->t_s[at] = (double)(c->array->t_ns - t0_ns) * 1e-9;
	if (tr->status)
		tr->status[at] = bits;
	c->parent->outcome.status |= bits;
	return MR_OK;
}

static int compose_trace(const struct composition *c)
{
	const struct mr_trace_op *tr = &c->parent->trace;
	const struct mr_description *d = &c->array->desc;
	uint64_t n = mr_selection_count(&c->parent->where, d);
	int64_t t0_ns = c->array->t_ns;
	size_t at = 0;
	int rc = MR_OK;

	for (uint32_t k = 0; k < tr->n_levels; k++)
		if (tr->unit != MR_UNIT_VOLT || tr->compliance > 0 ||
		    fabsf(tr->level[k]) > (float)d->limits.v_read_max_V)
			return mr_errtext_set(
				&c->array->err, MR_ERR_UNSUPPORTED,
				"%s %s; from reads only voltages up to %g V "
				"without compliance can be composed",
				d->driver,
				d->abilities & MR_ABILITY(MR_OP_TRACE)
					? "does not take this waveform itself"
					: "offers no trace",
				d->limits.v_read_max_V);
	for (uint64_t i = 0; i < n && !rc; i++) {
		uint32_t cell = mr_selection_cell(&c->parent->where, d, i);

		for (uint32_t k = 0; k < tr->n_levels && !rc; k++) {
			rc = trace_level(c, cell, k, at, t0_ns);
			at += sampled(tr, k);
		}
		c->parent->outcome.n_effect += rc == MR_OK;
	}
	return rc;
}

int mr__array_compose(struct mr_array *array, struct mr_op *op,
                      const struct mr_context *context)
{
	struct composition c = {
		.array = array, .parent = op, .context = context};
	uint32_t n_told;
	int rc = mr__array_begin(array, op, 0, &n_told);

	if (!rc && op->kind == MR_OP_PROGRAM)
		rc = compose_program(&c);
	else if (!rc && op->kind == MR_OP_DRIVE)
		rc = compose_drive(&c);
	else if (!rc)
		rc = compose_trace(&c);
	op->outcome.error = rc;
	op->outcome.t_end_ns = array->t_ns;
	mr__array_end(array, op, 0, n_told);
	return rc;
}
