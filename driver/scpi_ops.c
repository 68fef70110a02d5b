/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The open board protocol: what each operation sends and what comes back. */
#include "scpi_ops.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WATCH_FROM_S 1
#define NS_PER_S 1e9
#define HEAD_ROOM 256 /* of a message, beside its blocks */

/* Cells first .. first + n - 1 of an operation. */
struct stretch {
	uint64_t first;
	uint32_t n;
	bool whole; /* all of the operation */
};

static void *room_for(void **at, size_t *has, size_t size,
                      struct mr_errtext *err)
{
	if (*has < size) {
		void *more = realloc(*at, size);

		if (!more) {
			(void)mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
			return NULL;
		}
		*at = more;
		*has = size;
	}
	return *at;
}

static void *pack_room(struct board *b, size_t size, struct mr_errtext *err)
{
	return room_for(&b->pack, &b->n_pack, size ? size : 1, err);
}

/* ---- selections -------------------------------------------------------------- */

static int add_list(struct board *b, const struct mr_selection *where,
                    const struct stretch *s, struct mr_errtext *err)
{
	uint32_t *cells = pack_room(b, (size_t)s->n * sizeof *cells, err);

	if (!cells)
		return MR_ERR_NOMEM;
	for (uint32_t i = 0; i < s->n; i++)
		cells[i] = mr_selection_cell(where, &b->can.desc, s->first + i);
	mr__scpi_add(&b->link, ":ROUT:SEL:LIST ");
	mr__scpi_add_block(&b->link, cells, (size_t)s->n * sizeof *cells);
	mr__scpi_add(&b->link, ";");
	return MR_OK;
}

/* A selection goes as it is, unless only a stretch of it is meant. */
static int add_selection(struct board *b, const struct mr_selection *where,
                         const struct stretch *s, struct mr_errtext *err)
{
	bool all = s->whole && where->kind == MR_SELECT_ALL;

	if (all && b->selected)
		return MR_OK;
	b->selected = all;
	if (all) {
		mr__scpi_add(&b->link, ":ROUT:SEL:ALL;");
	} else if (s->whole && where->kind == MR_SELECT_RECT) {
		mr__scpi_add(&b->link,
		             ":ROUT:SEL:RECT %" PRIu32 ",%" PRIu32 ",%" PRIu32
		             ",%" PRIu32 ";",
		             where->row, where->col, where->n_rows,
		             where->n_cols);
	} else if (s->whole && where->kind == MR_SELECT_OUTER) {
		mr__scpi_add(&b->link, ":ROUT:SEL:OUT ");
		mr__scpi_add_block(&b->link, where->rows,
		                   where->n_rows * sizeof *where->rows);
		mr__scpi_add(&b->link, ",");
		mr__scpi_add_block(&b->link, where->cols,
		                   where->n_cols * sizeof *where->cols);
		mr__scpi_add(&b->link, ";");
	} else {
		return add_list(b, where, s, err);
	}
	return MR_OK;
}

/* How much of an operation one message can name: `bytes` for each cell beside
 * its number; 0 = nothing but the selection. */
static struct stretch next_stretch(const struct board *b,
                                   const struct mr_selection *where,
                                   uint64_t first, size_t bytes)
{
	uint64_t n = mr_selection_count(where, &b->can.desc);
	size_t room = b->can.message_max - HEAD_ROOM;
	bool listed = where->kind == MR_SELECT_LIST;
	size_t named = where->kind == MR_SELECT_OUTER
	                       ? ((size_t)where->n_rows + where->n_cols) *
	                                 sizeof(uint32_t)
	                       : 0;
	uint64_t most = room / (bytes + sizeof(uint32_t));
	struct stretch s = {.first = first, .n = 0, .whole = false};

	if (first == 0 && n <= UINT32_MAX)
		s.whole = listed ? n <= most : n * bytes + named <= room;
	s.n = (uint32_t)(s.whole || n - first < most ? n - first : most);
	return s;
}

/* ---- ends ---------------------------------------------------------------------- */

/* A short job ends by itself sooner than a watchdog would end it; a simulated
 * board's time may run ahead of ours. */
static bool is_worth_watching(const struct board *b, double duration_s)
{
	return b->can.watchdog && !b->can.simulated &&
	       duration_s > WATCH_FROM_S;
}

/* Send what was put together, with a question for the time behind it. */
static int send(struct board *b, double duration_s, struct mr_errtext *err)
{
	int rc;

	mr__scpi_add(&b->link, ":SYST:TIME?");
	b->sent = true;
	rc = is_worth_watching(b, duration_s) ? mr__scpi_watch(&b->link, err)
	                                      : MR_OK;
	if (!rc)
		rc = mr__scpi_send(&b->link, err);
	if (!rc)
		rc = mr__scpi_await(&b->link, duration_s, err);
	mr__scpi_unwatch(&b->link);
	return rc;
}

static int take_time(struct board *b, struct mr_errtext *err)
{
	int64_t t_ns;
	char end;
	int rc = mr__scpi_integer(&b->link, &t_ns, &end, err);

	if (rc)
		return rc;
	t_ns -= b->t0_ns;
	b->t_ns = t_ns > b->t_ns ? t_ns : b->t_ns + 1;
	return MR_OK;
}

/* Status comes apart and only where some of it is set. */
static int fetch_status(struct board *b, uint8_t *out, size_t n, int64_t summary,
                        struct mr_errtext *err)
{
	char end;
	int rc;

	if (!out || !n)
		return MR_OK;
	memset(out, 0, n);
	if (!summary)
		return MR_OK;
	mr__scpi_begin(&b->link);
	mr__scpi_add(&b->link, ":MEAS:STAT?");
	rc = mr__scpi_send(&b->link, err);
	if (!rc)
		rc = mr__scpi_await(&b->link, 0, err);
	return rc ? rc : mr__scpi_block(&b->link, out, n, &end, err);
}

/* Status of the last answer, the time, and the bits apart if they matter. */
static int take_end(struct board *b, struct mr_op *op, uint8_t *status, size_t n,
                    struct mr_errtext *err)
{
	int64_t summary = 0;
	char end;
	int rc = mr__scpi_integer(&b->link, &summary, &end, err);

	if (!rc)
		rc = take_time(b, err);
	if (!rc)
		op->outcome.status |= (uint32_t)summary & 0xffu;
	return rc ? rc : fetch_status(b, status, n, summary, err);
}

/* ---- read ---------------------------------------------------------------------- */

static int read_stretch(struct board *b, struct mr_op *op,
                        const struct stretch *s, struct mr_errtext *err)
{
	struct mr_read_op *rd = &op->read;
	double duration_s = rd->t_int_s * rd->averages * (double)s->n;
	char end;
	int rc;

	mr__scpi_begin(&b->link);
	rc = add_selection(b, &op->where, s, err);
	mr__scpi_add(&b->link, ":MEAS:COND? %.9g,%.9g,%" PRIu32 ";",
	             rd->v_read_V, rd->t_int_s, rd->averages);
	if (!rc)
		rc = send(b, duration_s, err);
	if (!rc)
		rc = mr__scpi_block(&b->link, rd->g_S + s->first,
		                    (size_t)s->n * sizeof(float), &end, err);
	if (!rc)
		rc = take_end(b, op, rd->status ? rd->status + s->first : NULL,
		              s->n, err);
	for (uint64_t i = s->first; i < s->first + s->n && !rc; i++) {
		if (rd->v_V)
			rd->v_V[i] = (float)rd->v_read_V;
		if (rd->i_A)
			rd->i_A[i] = (float)rd->v_read_V * rd->g_S[i];
	}
	return rc;
}

/* ---- pulse --------------------------------------------------------------------- */

static double pulse_s(const struct mr_pulse_op *pu, uint64_t i)
{
	double width_s = pu->widths_s ? (double)pu->widths_s[i] : pu->width_s;

	return (width_s + pu->t_rise_s + pu->t_fall_s) *
	       (pu->counts ? pu->counts[i] : pu->count);
}

static int add_train(struct board *b, const struct mr_pulse_op *pu,
                     const struct stretch *s, struct mr_errtext *err)
{
	float *train = pack_room(b, (size_t)s->n * 3 * sizeof *train, err);

	if (!train)
		return MR_ERR_NOMEM;
	for (uint32_t k = 0; k < s->n; k++) {
		uint64_t i = s->first + k;
		float *one = train + (size_t)3 * k;

		one[0] = pu->amplitudes ? pu->amplitudes[i]
		                        : (float)pu->amplitude;
		one[1] = pu->widths_s ? pu->widths_s[i] : (float)pu->width_s;
		one[2] = (float)(pu->counts ? pu->counts[i] : pu->count);
	}
	mr__scpi_add(&b->link, ":SOUR:PULS:TRA ");
	mr__scpi_add_block(&b->link, train, (size_t)s->n * 3 * sizeof *train);
	mr__scpi_add(&b->link, ",%.9g,%.9g,%.9g;", pu->t_rise_s, pu->t_fall_s,
	             pu->compliance);
	return MR_OK;
}

static bool is_train(const struct mr_pulse_op *pu)
{
	return pu->amplitudes || pu->widths_s || pu->counts;
}

static int take_done(struct board *b, struct mr_op *op, uint8_t *status,
                     const struct stretch *s, struct mr_errtext *err)
{
	int64_t done = 0, summary = 0;
	char end;
	int rc = mr__scpi_integer(&b->link, &done, &end, err);

	if (!rc)
		rc = mr__scpi_integer(&b->link, &summary, &end, err);
	if (!rc)
		rc = take_time(b, err);
	if (!rc)
		op->outcome.status |= (uint32_t)summary & 0xffu;
	if (!rc && done != (int64_t)s->n)
		rc = mr_errtext_set(err, MR_ERR_OUTCOME,
		                    "the board says that %" PRId64
		                    " of %" PRIu32 " cells had their pulses",
		                    done, s->n);
	return rc ? rc : fetch_status(b, status, s->n, summary, err);
}

static int pulse_stretch(struct board *b, struct mr_op *op,
                         const struct stretch *s, struct mr_errtext *err)
{
	struct mr_pulse_op *pu = &op->pulse;
	double duration_s = 0;
	int rc;

	for (uint32_t k = 0; k < s->n; k++)
		duration_s += pulse_s(pu, is_train(pu) ? s->first + k : 0);
	mr__scpi_begin(&b->link);
	rc = add_selection(b, &op->where, s, err);
	if (!rc && is_train(pu))
		rc = add_train(b, pu, s, err);
	else
		mr__scpi_add(&b->link,
		             ":SOUR:PULS %.9g,%.9g,%.9g,%.9g,%" PRIu32 ",%.9g;",
		             pu->amplitude, pu->width_s, pu->t_rise_s,
		             pu->t_fall_s, pu->count, pu->compliance);
	mr__scpi_add(&b->link, ":SOUR:PULS:DONE?;");
	if (!rc)
		rc = send(b, duration_s, err);
	if (!rc)
		rc = take_done(b, op, pu->status ? pu->status + s->first : NULL,
		               s, err);
	return rc;
}

/* ---- program ------------------------------------------------------------------- */

static int take_programmed(struct board *b, struct mr_op *op,
                           const struct stretch *s, struct mr_errtext *err)
{
	struct mr_program_op *pg = &op->program;
	size_t size = (size_t)s->n * sizeof(float);
	void *scratch = pack_room(b, size, err);
	char end;

	if (!scratch)
		return MR_ERR_NOMEM;
	int rc = mr__scpi_block(&b->link, pg->g_S ? pg->g_S + s->first : scratch,
	                        size, &end, err);

	if (!rc)
		rc = mr__scpi_block(&b->link,
		                    pg->pulses ? pg->pulses + s->first : scratch,
		                    size, &end, err);
	if (!rc)
		rc = take_end(b, op, pg->status ? pg->status + s->first : NULL,
		              s->n, err);
	return rc;
}

/* A pulse and its verify read, of the longest kind there is. */
static double attempt_s(const struct mr_description *d, uint32_t averages)
{
	double pulse_s = 0, read_s = 0;

	for (uint32_t i = 0; i < d->n_waveforms; i++) {
		const struct mr_waveform *w = &d->waveforms[i];
		double whole_s = w->t_rise_s + w->width_s + w->t_fall_s;

		if (w->effect == MR_EFFECT_NONE)
			read_s = fmax(read_s, whole_s);
		else
			pulse_s = fmax(pulse_s, whole_s);
	}
	return pulse_s + (averages + 1) * read_s;
}

static int program_stretch(struct board *b, struct mr_op *op,
                           const struct stretch *s, struct mr_errtext *err)
{
	struct mr_program_op *pg = &op->program;
	double each_s = attempt_s(&b->can.desc, pg->averages);
	float one = (float)pg->target;
	int rc;

	mr__scpi_begin(&b->link);
	rc = add_selection(b, &op->where, s, err);
	mr__scpi_add(&b->link, ":SOUR:PROG? %.9g,%" PRIu32 ",%" PRIu32 ",",
	             pg->tolerance_S, pg->budget, pg->averages);
	mr__scpi_add_block(&b->link,
	                   pg->target_S ? pg->target_S + s->first : &one,
	                   (pg->target_S ? s->n : 1) * sizeof(float));
	mr__scpi_add(&b->link, ";");
	if (!rc)
		rc = send(b, (double)s->n * (pg->budget + 1) * each_s, err);
	return rc ? rc : take_programmed(b, op, s, err);
}

/* ---- trace --------------------------------------------------------------------- */

static double trace_s(const struct mr_trace_op *tr)
{
	double sum_s = 0;

	for (uint32_t k = 0; k < tr->n_levels; k++)
		sum_s += tr->hold_s[k];
	return sum_s;
}

static int add_trace(struct board *b, const struct mr_trace_op *tr,
                     struct mr_errtext *err)
{
	size_t n = tr->n_levels;
	float *hold = pack_room(b, n * (sizeof(float) + 1), err);

	if (!hold)
		return MR_ERR_NOMEM;
	uint8_t *sample = (uint8_t *)(hold + n);

	for (size_t k = 0; k < n; k++) {
		hold[k] = (float)tr->hold_s[k];
		sample[k] = !tr->sample || tr->sample[k];
	}
	mr__scpi_add(&b->link, ":SOUR:TRAC? %c,%.9g,",
	             tr->unit == MR_UNIT_VOLT ? 'V' : 'A', tr->compliance);
	mr__scpi_add_block(&b->link, tr->level, n * sizeof(float));
	mr__scpi_add(&b->link, ",");
	mr__scpi_add_block(&b->link, hold, n * sizeof(float));
	mr__scpi_add(&b->link, ",");
	mr__scpi_add_block(&b->link, sample, n);
	mr__scpi_add(&b->link, ";");
	return MR_OK;
}

/* Cells one after the other, each over the whole waveform; samples are taken at
 * the ends of the holds. */
static void fill_times(const struct mr_trace_op *tr, const struct stretch *s)
{
	uint32_t n_samples = mr_trace_samples(tr);
	double whole_s = trace_s(tr);

	for (uint64_t i = s->first; tr->t_s && i < s->first + s->n; i++) {
		double t_s = whole_s * (double)i;
		double *to = tr->t_s + i * n_samples;

		for (uint32_t k = 0; k < tr->n_levels; k++) {
			t_s += tr->hold_s[k];
			if (!tr->sample || tr->sample[k])
				*to++ = t_s;
		}
	}
}

static int trace_stretch(struct board *b, struct mr_op *op,
                         const struct stretch *s, struct mr_errtext *err)
{
	struct mr_trace_op *tr = &op->trace;
	size_t n_samples = mr_trace_samples(tr);
	size_t n = n_samples * s->n, at = n_samples * s->first;
	char end;
	int rc;

	mr__scpi_begin(&b->link);
	rc = add_selection(b, &op->where, s, err);
	if (!rc)
		rc = add_trace(b, tr, err);
	if (!rc)
		rc = send(b, trace_s(tr) * (double)s->n, err);
	float *scratch = rc ? NULL : pack_room(b, n * sizeof(float), err);

	if (!rc && !scratch)
		return MR_ERR_NOMEM;
	if (!rc)
		rc = mr__scpi_block(&b->link, tr->v_V ? tr->v_V + at : scratch,
		                    n * sizeof(float), &end, err);
	if (!rc)
		rc = mr__scpi_block(&b->link, tr->i_A + at, n * sizeof(float),
		                    &end, err);
	if (!rc)
		rc = take_end(b, op, tr->status ? tr->status + at : NULL, n, err);
	if (!rc)
		fill_times(tr, s);
	return rc;
}

/* ---- drive --------------------------------------------------------------------- */

/* Vectors first .. first + n - 1, which share a message. */
static int drive_vectors(struct board *b, struct mr_op *op, uint32_t first,
                         uint32_t n, size_t n_in, size_t n_out,
                         struct mr_errtext *err)
{
	struct mr_drive_op *dr = &op->drive;
	const struct stretch all = {.whole = true};
	double each_s = fmax(dr->duration_s, dr->period_s);
	size_t at = first * n_out;
	char end;
	int rc;

	mr__scpi_begin(&b->link);
	rc = add_selection(b, &op->where, &all, err);
	mr__scpi_add(&b->link, ":SOUR:DRIV? %d,%.9g,%.9g,%" PRIu32 ",",
	             dr->axis == MR_AXIS_ROWS ? 0 : 1, dr->duration_s,
	             dr->period_s, n);
	mr__scpi_add_block(&b->link, dr->v_V + first * n_in,
	                   n * n_in * sizeof(float));
	mr__scpi_add(&b->link, ";");
	if (!rc)
		rc = send(b, each_s * n, err);
	if (!rc)
		rc = mr__scpi_block(&b->link, dr->i_A + at,
		                    n * n_out * sizeof(float), &end, err);
	if (!rc)
		rc = take_end(b, op, dr->status ? dr->status + at : NULL,
		              n * n_out, err);
	return rc;
}

static int operate_drive(struct board *b, struct mr_op *op,
                         const struct mr_run *run)
{
	uint32_t n_rows = 0, n_cols = 0;
	int rc = MR_OK;

	(void)mr_selection_lines(&op->where, &b->can.desc, &n_rows, &n_cols);
	bool rows = op->drive.axis == MR_AXIS_ROWS;
	size_t n_in = rows ? n_rows : n_cols, n_out = rows ? n_cols : n_rows;
	size_t named = (n_in + n_out) * sizeof(uint32_t) + HEAD_ROOM;
	size_t room = b->can.message_max > named ? b->can.message_max - named : 0;
	size_t most = room / (n_in * sizeof(float));

	if (most == 0)
		return mr_errtext_set(run->err, MR_ERR_UNSUPPORTED,
		                      "a vector of %zu voltages: the board takes "
		                      "messages of %zu bytes",
		                      n_in, b->can.message_max);
	while (op->outcome.n_effect < op->drive.batch && !rc) {
		uint32_t first = (uint32_t)op->outcome.n_effect;
		uint32_t left = op->drive.batch - first;
		uint32_t n = left < most ? left : (uint32_t)most;

		rc = mr_run_check(run);
		if (!rc)
			rc = drive_vectors(b, op, first, n, n_in, n_out,
			                   run->err);
		if (!rc)
			op->outcome.n_effect += n;
	}
	return rc;
}

/* ---- wait and configure ----------------------------------------------------------- */

static int operate_wait(struct board *b, struct mr_op *op,
                        const struct mr_run *run)
{
	int rc = b->can.simulated ? MR_OK
	                          : mr__transport_pause(b->link.pipe,
	                                                op->wait.duration_s, run);

	mr__scpi_begin(&b->link);
	if (b->can.simulated)
		mr__scpi_add(&b->link, ":SYST:TIME:ADV %.17g;",
		             op->wait.duration_s);
	if (!rc)
		rc = send(b, 0, run->err);
	if (!rc)
		rc = take_time(b, run->err);
	op->outcome.n_effect = rc ? 0 : 1;
	return rc;
}

static int operate_configure(struct board *b, struct mr_op *op,
                             const struct mr_run *run)
{
	int rc;

	mr__scpi_begin(&b->link);
	mr__scpi_add(&b->link, ":SOUR:ARR:SCH %.15s;", op->configure.value);
	rc = send(b, 0, run->err);
	if (!rc)
		rc = take_time(b, run->err);
	if (!rc) {
		(void)strncpy(b->scheme, op->configure.value,
		              sizeof b->scheme - 1);
		op->outcome.n_effect = 1;
	}
	return rc;
}

/* ---- all ------------------------------------------------------------------------- */

typedef int piece_fn(struct board *b, struct mr_op *op,
                       const struct stretch *s, struct mr_errtext *err);

static int in_stretches(struct board *b, struct mr_op *op, size_t bytes,
                        piece_fn *one, const struct mr_run *run)
{
	uint64_t n = mr_selection_count(&op->where, &b->can.desc);
	int rc = MR_OK;

	while (op->outcome.n_effect < n && !rc) {
		struct stretch s = next_stretch(b, &op->where,
		                                op->outcome.n_effect, bytes);

		rc = mr_run_check(run);
		if (!rc)
			rc = one(b, op, &s, run->err);
		if (!rc)
			op->outcome.n_effect += s.n;
	}
	return rc;
}

int mr__scpi_operate(struct board *b, struct mr_op *op,
                     const struct mr_run *run)
{
	size_t bytes = 0;

	switch (op->kind) {
	case MR_OP_READ:
		return in_stretches(b, op, 0, read_stretch, run);
	case MR_OP_PULSE:
		bytes = is_train(&op->pulse) ? 3 * sizeof(float) : 0;
		return in_stretches(b, op, bytes, pulse_stretch, run);
	case MR_OP_PROGRAM:
		bytes = op->program.target_S ? sizeof(float) : 0;
		return in_stretches(b, op, bytes, program_stretch, run);
	case MR_OP_TRACE:
		return in_stretches(b, op, 0, trace_stretch, run);
	case MR_OP_DRIVE:
		return operate_drive(b, op, run);
	case MR_OP_WAIT:
		return operate_wait(b, op, run);
	default:
		return operate_configure(b, op, run);
	}
}
