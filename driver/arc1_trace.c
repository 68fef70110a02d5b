/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Traces as jobs of an ArC ONE. Each cell is a job of its own with one device:
 * a board that was given many waits for addresses if the host goes away.
 */
#include "arc1_board.h"

#include <math.h>

#include "arc1_fill.h"

#define NS_PER_S 1e9
#define S_PER_US 1e-6
#define LINE_MAX_BYTES 24

/* A job on one cell. */
struct act {
	struct arc1_board *b;
	const struct mr_trace_op *trace;
	const struct arc1_play *play;
	struct arc1_fill fill;
	int64_t begin_ns; /* array time of the operation's begin */
	int64_t end_ns;   /* by then, on the pipe's clock, it has ended */
	const struct mr_run *run;
};

/* Array time since the operation's begin; each later than the one before. */
static double time_s(struct act *a)
{
	return (double)(mr__board_time_next(&a->b->time) - a->begin_ns) /
	       NS_PER_S;
}

static int64_t deadline_ns(const struct act *a)
{
	return mr__board_in(a->b->link.pipe,
	                    (int64_t)(a->play->duration_s * NS_PER_S));
}

static int receive(struct act *a, float *out, uint32_t n)
{
	int64_t left_ns = a->end_ns - mr__board_in(a->b->link.pipe, 0);
	double left_s = left_ns > 0 ? (double)left_ns / NS_PER_S : 0;

	return mr__arc1_floats(&a->b->link, out, n, left_s, a->run->err);
}

/* ---- jobs that only report ----------------------------------------------------- */

static int out_of_step(struct act *a, int rc)
{
	a->b->link.in_step = rc == MR_OK && a->b->link.in_step;
	return rc;
}

/* Triples until (0, 0, 0). */
static int take_triples(struct act *a)
{
	float triple[3];
	int rc;

	for (;;) {
		rc = receive(a, triple, 3);
		if (rc || mr__arc1_is_end(triple))
			break;
		rc = mr__arc1_fill_report(&a->fill, triple, time_s(a),
		                          a->run->err);
		if (rc)
			return out_of_step(a, rc);
	}
	if (!rc)
		mr__arc1_fill_end(&a->fill, 0);
	return rc;
}

/* The same, each cycle of it ended by a resistance that is none. After one that
 * came too early nobody knows how many follow. */
static int take_cycles(struct act *a)
{
	float triple[3];
	uint32_t cycle = 0;
	int rc = MR_OK;

	while (cycle < a->play->cycles && !a->fill.cut_short && !rc) {
		rc = receive(a, triple, 3);
		if (!rc && triple[0] <= 0)
			mr__arc1_fill_end(&a->fill, cycle++);
		else if (!rc)
			rc = out_of_step(a, mr__arc1_fill_report(
						    &a->fill, triple, time_s(a),
						    a->run->err));
	}
	if (!rc)
		mr__arc1_fill_end(&a->fill, a->play->cycles);
	return rc;
}

/* ---- VolatilityRead ------------------------------------------------------------ */

/* A time in us, then a resistance. The first sample is at the host's time, the
 * others are from there at the board's. */
static int take_timed(struct act *a, double *from_s, double *last_s)
{
	char line[LINE_MAX_BYTES];
	double us = 0, t_s;
	float r_ohm;
	size_t n = 0;
	int rc = mr__arc1_line(&a->b->link, line, sizeof line, &n,
	                       a->play->duration_s, a->run->err);

	if (!rc && !mr__arc1_whole(line, n, &us))
		rc = mr_errtext_set(a->run->err, MR_ERR_FORMAT,
		                    "job 33 of the ArC ONE sent '%.*s' where the "
		                    "time of a reading is due",
		                    (int)n, line);
	rc = out_of_step(a, rc);
	if (!rc)
		rc = receive(a, &r_ohm, 1);
	if (rc)
		return rc;
	t_s = time_s(a);
	if (isnan(*from_s))
		*from_s = t_s - us * S_PER_US;
	*last_s = fmax(*from_s + us * S_PER_US, nextafter(*last_s, INFINITY));
	mr__arc1_fill_reading(&a->fill, r_ohm, *last_s);
	return MR_OK;
}

static int take_volatility(struct act *a)
{
	const struct arc1_play *play = a->play;
	struct arc1 *link = &a->b->link;
	double from_s = NAN, last_s;
	float r_ohm;
	int rc = receive(a, &r_ohm, 1);

	last_s = time_s(a);
	if (!rc)
		mr__arc1_fill_reading(&a->fill, r_ohm, last_s);
	while (!rc && a->fill.at < play->n_points) {
		for (uint32_t i = 0; i < play->batch && !rc; i++)
			rc = take_timed(a, &from_s, &last_s);
		if (!rc) /* 0: another batch */
			rc = mr__arc1_integer(link,
			                      a->fill.at >= play->n_points,
			                      a->run->err);
	}
	return rc ? rc : receive(a, &r_ohm, 1);
}

/* ---- STDP ---------------------------------------------------------------------- */

static int put_point(struct arc1 *link, double t_s, double v_V,
                     struct mr_errtext *err)
{
	int rc = mr__arc1_time(link, t_s, err);

	return rc ? rc : mr__arc1_decimal(link, v_V, err);
}

/* Levels from *k on up to the next sample; a point where each begins, and one at
 * the end. */
static int send_step(struct act *a, uint32_t *k)
{
	const struct mr_trace_op *tr = a->trace;
	struct arc1 *link = &a->b->link;
	uint32_t first = *k;
	double t_s = 0;

	while (*k < tr->n_levels && tr->sample && !tr->sample[*k])
		++*k;
	int rc = mr__arc1_integer(link, *k - first + 1, a->run->err);

	for (uint32_t i = first; i < *k && !rc; i++) {
		rc = put_point(link, t_s, (double)tr->level[i], a->run->err);
		t_s += tr->hold_s[i];
	}
	return rc ? rc : put_point(link, t_s, 0, a->run->err);
}

static uint32_t count_steps(const struct mr_trace_op *tr)
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < tr->n_levels; k++)
		n += !tr->sample[k] && (k == 0 || tr->sample[k - 1]);
	return n;
}

/* Readings before and after a step; the one before counts where the waveform
 * begins with a sample. */
static int take_step(struct act *a, bool first, bool leads, bool samples)
{
	float before[3], after[3];
	int rc = receive(a, before, 3);

	if (!rc && first && leads)
		mr__arc1_fill_reading(&a->fill, before[0], time_s(a));
	if (!rc)
		rc = receive(a, after, 3);
	if (!rc && samples)
		mr__arc1_fill_reading(&a->fill, after[0], time_s(a));
	return rc;
}

static int take_stdp(struct act *a)
{
	const struct mr_trace_op *tr = a->trace;
	struct arc1 *link = &a->b->link;
	bool leads = tr->sample[0];
	uint32_t k = leads ? 1 : 0;
	float triple[3];
	int rc = receive(a, triple, 3);

	if (!rc)
		rc = mr__arc1_integer(link, count_steps(tr), a->run->err);
	for (bool first = true; k < tr->n_levels && !rc; first = false, k++) {
		rc = send_step(a, &k);
		a->end_ns = deadline_ns(a); /* its points took time to send */
		if (!rc)
			rc = take_step(a, first, leads, k < tr->n_levels);
	}
	return rc ? rc : receive(a, triple, 3);
}

/* ---- one cell ------------------------------------------------------------------ */

static int begin(struct act *a, uint32_t word, uint32_t bit)
{
	const struct arc1_play *play = a->play;
	struct arc1 *link = &a->b->link;
	int rc = MR_OK;

	if (!link->in_step)
		rc = mr__arc1_start(link, a->run->err);
	if (!rc && play->v_read_V != 0)
		rc = mr__arc1_read_voltage(link, play->v_read_V, a->run->err);
	if (!rc)
		rc = mr__arc1_begin(link, play->job, play->kinds, play->param,
		                    a->run->err);
	if (!rc)
		rc = mr__arc1_device(link, word, bit, a->run->err);
	a->fill.last_s = time_s(a);
	a->end_ns = deadline_ns(a);
	return rc;
}

static int play_cell(struct act *a, uint32_t word, uint32_t bit)
{
	int rc = begin(a, word, bit);

	if (rc)
		return rc;
	switch (a->play->shape) {
	case ARC1_SHAPE_CURVE:
		rc = take_cycles(a);
		break;
	case ARC1_SHAPE_VOLATILITY:
		rc = take_volatility(a);
		break;
	case ARC1_SHAPE_STDP:
		rc = take_stdp(a);
		break;
	default:
		rc = take_triples(a);
	}
	if (a->fill.cut_short)
		a->b->link.in_step = false;
	return rc;
}

/* Once a waveform has begun, nobody knows what became of one that was not
 * reported to its end. */
static int play_all(struct arc1_board *b, struct mr_op *op,
                    const struct arc1_play *play, const struct mr_run *run)
{
	const struct mr_description shape = mr__arc1_shape_of(b);
	uint64_t n = mr_selection_count(&op->where, &shape);
	int64_t begin_ns = b->time.t_ns;
	uint32_t samples = mr_trace_samples(&op->trace);
	int rc = MR_OK;

	for (uint64_t i = 0; i < n && !rc; i++) {
		struct act a = {.b = b,
		                .trace = &op->trace,
		                .play = play,
		                .fill = {.play = play,
		                         .trace = &op->trace,
		                         .first = i * samples},
		                .begin_ns = begin_ns,
		                .run = run};
		struct arc1_place at = mr__arc1_place(
			b, mr_selection_cell(&op->where, &shape, i));

		rc = mr_run_check(run);
		if (rc)
			break;
		rc = play_cell(&a, at.word, at.bit);
		op->outcome.status |= a.fill.status;
		op->outcome.n_effect += rc == MR_OK;
		if (rc)
			op->outcome.status |= MR_STATUS_UNKNOWN;
		if (rc == MR_ERR_TIMEOUT || rc == MR_ERR_IO)
			rc = MR_ERR_OUTCOME;
	}
	return rc;
}

int mr__arc1_operate_trace(struct arc1_board *b, struct mr_op *op,
                           const struct mr_run *run)
{
	struct arc1_play play;
	int rc = mr__arc1_shape_fit(&op->trace, b->trace, &b->settings, &play,
	                            run->err);

	if (rc)
		return rc;
	rc = play_all(b, op, &play, run);
	mr__arc1_play_free(&play);
	return rc;
}
