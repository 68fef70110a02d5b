/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* A walk along each cell's events: what happened decides what a reading is a
 * value of. */
#include "samples.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "spans.h"

#define SEQUENCE_MIN 8      /* readings of a noise sequence */
#define DRIFT_MIN 4         /* readings of a drift, over a decade at least */
#define DRIFT_T0_S 20.0     /* where the array names none */

/* Readings since the last event that was none. */
struct quiet {
	const struct mr_history_event *first;
	size_t n;
	int64_t t_p_ns; /* last programming event */
	bool known;     /* there was one */
};

struct walk {
	const struct mr_history *h;
	double scale_S;
	struct mr__samples *out;
	uint32_t cell;
	int pulses;      /* since the RESET; -1 = not known */
	bool seen;       /* a reading since the last pulse */
	float before_S;  /* that reading */
	float target_S;  /* of a programming that was not read yet; NAN */
	bool found;      /* still as it came, though it will be programmed: what
	                    shows is of the time before the log */
};

static int push(struct walk *w, uint16_t part,
                enum mr_compare_quantity quantity, double level, double value)
{
	struct mr__samples *s = w->out;

	if (!isfinite(value))
		return MR_OK;
	if (s->n == s->room) {
		size_t room = s->room ? 2 * s->room : 4096;
		struct mr__sample *v = realloc(s->v, room * sizeof *v);

		if (!v)
			return MR_ERR_NOMEM;
		s->v = v;
		s->room = room;
	}
	s->v[s->n++] = (struct mr__sample){w->h->parts[part].protocol,
	                                   (uint8_t)quantity, (int32_t)level,
	                                   w->cell, (float)value};
	return MR_OK;
}

static double class_of(const struct walk *w, double g_S)
{
	double k = floor(g_S / w->scale_S * MR__LEVEL_CLASSES);

	return fmin(fmax(k, 0), 2 * MR__LEVEL_CLASSES);
}

/* ---- pulses -------------------------------------------------------------- */

/* Counts that are looked at: all at first, fewer later. */
static bool is_looked_at(int pulses)
{
	return pulses <= 10 || (pulses <= 20 && pulses % 5 == 0)
	       || (pulses <= 100 && pulses % 20 == 0);
}

static int after_pulse(struct walk *w, const struct mr_history_event *e)
{
	int code = MR_OK;
	bool first = !w->seen;

	if (w->pulses < 0 || !first)
		return MR_OK;
	if (is_looked_at(w->pulses))
		code = push(w, e->part, MR_COMPARE_AFTER_SET, w->pulses,
		            (double)e->g_S);
	if (code == MR_OK && w->pulses > 0 && is_looked_at(w->pulses)
	    && isfinite(w->before_S))
		code = push(w, e->part, MR_COMPARE_STEP, w->pulses,
		            (double)e->g_S - (double)w->before_S);
	w->before_S = e->g_S;
	return code;
}

static void count_pulse(struct walk *w, const struct mr_history_event *e)
{
	w->target_S = NAN;
	if (e->effect == MR_EFFECT_ERASE) {
		w->pulses = 0;
		w->before_S = NAN;
	} else if (e->effect == MR_EFFECT_RAISE && w->pulses >= 0) {
		if (!w->seen)
			w->before_S = NAN;
		w->pulses += (int)(e->count < 10000 ? e->count : 10000);
	} else {
		w->pulses = -1;
	}
	w->seen = false;
}

/* ---- quiet times --------------------------------------------------------- */

static bool equally_spaced(const struct quiet *q)
{
	double whole = (double)(q->first[q->n - 1].t_ns - q->first[0].t_ns)
	               / (double)(q->n - 1);

	for (size_t k = 1; k < q->n; k++) {
		double step = (double)(q->first[k].t_ns - q->first[k - 1].t_ns);

		if (fabs(step - whole) > 0.02 * whole + 1
		    || q->first[k].count != q->first[0].count)
			return false;
	}
	return true;
}

static int add_noise(struct walk *w, const struct quiet *q)
{
	const struct mr_history_event *e = q->first;
	double n = (double)q->n;
	double sum = 0;
	double squares = 0;
	double steps = 0;
	double fast;
	double slow;
	int code;

	for (size_t k = 0; k < q->n; k++) {
		double g = (double)e[k].g_S;
		double d = k ? g - (double)e[k - 1].g_S : 0;

		sum += g;
		squares += g * g;
		steps += d * d;
	}
	fast = sqrt(steps / (2 * (n - 1)));
	slow = sqrt(fmax(squares / n - sum * sum / n / n, 0));
	if (!(fast > 0) || !(sum > 0))
		return MR_OK;
	code = push(w, e->part, MR_COMPARE_FAST_NOISE, class_of(w, sum / n),
	            log(fast / (sum / n)));
	return code == MR_OK
	       ? push(w, e->part, MR_COMPARE_SLOW_NOISE, class_of(w, sum / n),
	              log(slow / fast))
	       : code;
}

/* Slope of ln G over ln((age + t0) / t0), least squares. */
static int add_drift(struct walk *w, const struct quiet *q)
{
	double t0 = w->h->desc.drift_t0_s > 0 ? w->h->desc.drift_t0_s
	                                      : DRIFT_T0_S;
	double sums[5] = {0}; /* 1, x, y, xx, xy */
	double spread;

	for (size_t k = 0; k < q->n; k++) {
		double age = (double)(q->first[k].t_ns - q->t_p_ns) * 1e-9;
		double x = mr__log_age(age, (double)q->first[k].over_s, t0);
		double y = log((double)q->first[k].g_S);

		if (!(q->first[k].g_S > 0))
			return MR_OK;
		sums[0]++;
		sums[1] += x;
		sums[2] += y;
		sums[3] += x * x;
		sums[4] += x * y;
	}
	spread = sums[0] * sums[3] - sums[1] * sums[1];
	if (!(spread > 0.1 * sums[0] * sums[0]))
		return MR_OK;
	return push(w, q->first->part, MR_COMPARE_DRIFT,
	            class_of(w, (double)q->first->g_S),
	            -(sums[0] * sums[4] - sums[1] * sums[2]) / spread);
}

static int end_quiet(struct walk *w, struct quiet *q)
{
	int code = MR_OK;
	double ages = 0;

	if (q->n >= SEQUENCE_MIN && equally_spaced(q)) {
		code = w->found ? MR_OK : add_noise(w, q);
	} else if (q->n >= DRIFT_MIN && q->known) {
		double first = (double)(q->first[0].t_ns - q->t_p_ns) + 1;

		ages = (double)(q->first[q->n - 1].t_ns - q->t_p_ns) / first;
		if (ages >= 10)
			code = add_drift(w, q);
	}
	q->n = 0;
	return code;
}

/* ---- all of it ----------------------------------------------------------- */

static int on_read(struct walk *w, const struct mr_history_event *e)
{
	int code = after_pulse(w, e);

	if (code == MR_OK && isfinite(w->target_S))
		code = push(w, e->part, MR_COMPARE_PROGRAMMED,
		            floor((double)w->target_S / w->scale_S * 64 + 0.5),
		            (double)e->g_S - (double)w->target_S);
	w->target_S = NAN;
	w->seen = true;
	return code;
}

static int on_event(struct walk *w, const struct mr_history_event *e)
{
	switch ((enum mr_history_kind)e->kind) {
	case MR_HISTORY_READ:
		return on_read(w, e);
	case MR_HISTORY_PULSE:
		count_pulse(w, e);
		return MR_OK;
	case MR_HISTORY_PROGRAM:
		w->pulses = -1;
		w->target_S = e->amplitude;
		w->seen = false;
		if (e->count == 0)
			return MR_OK;
		return push(w, e->part, MR_COMPARE_PULSES,
		            floor((double)e->amplitude / w->scale_S * 64 + 0.5),
		            e->count);
	case MR_HISTORY_GAP:
		break;
	}
	w->pulses = -1;
	w->target_S = NAN;
	w->seen = false;
	return MR_OK;
}

static bool is_programmed(const struct mr_history *h, uint32_t cell)
{
	for (size_t k = h->first[cell]; k < h->first[cell + 1]; k++)
		if (h->events[k].kind == MR_HISTORY_PULSE
		    || h->events[k].kind == MR_HISTORY_PROGRAM)
			return true;
	return false;
}

static int walk_cell(struct walk *w)
{
	const struct mr_history *h = w->h;
	struct quiet q = {0};
	int code = MR_OK;

	w->found = is_programmed(h, w->cell);
	w->pulses = -1;
	w->seen = false;
	w->before_S = NAN;
	w->target_S = NAN;
	for (size_t k = h->first[w->cell];
	     k < h->first[w->cell + 1] && code == MR_OK; k++) {
		const struct mr_history_event *e = &h->events[k];

		if (e->kind == MR_HISTORY_READ) {
			if (q.n > 0 && q.first->part != e->part)
				code = end_quiet(w, &q);
			if (q.n++ == 0)
				q.first = e;
		} else {
			code = end_quiet(w, &q);
			w->found = false;
			q.known = e->kind != MR_HISTORY_GAP;
			q.t_p_ns = e->t_ns;
		}
		if (code == MR_OK)
			code = on_event(w, e);
	}
	return code == MR_OK ? end_quiet(w, &q) : code;
}

static int add_sweeps(struct walk *w)
{
	int code = MR_OK;

	for (size_t k = 0; k < w->h->n_sweeps && code == MR_OK; k++) {
		const struct mr_history_sweep *s = &w->h->sweeps[k];

		w->cell = s->cell;
		for (uint32_t i = 0; i < s->n && code == MR_OK; i++)
			code = push(w, s->part, MR_COMPARE_SWEEP, i,
			            (double)s->i_A[i]);
	}
	return code;
}

/* ---- order --------------------------------------------------------------- */

int mr__samples_order(const struct mr__sample *a, const struct mr__sample *b)
{
	int order = strcmp(a->protocol, b->protocol);

	if (order != 0)
		return order;
	if (a->quantity != b->quantity)
		return a->quantity < b->quantity ? -1 : 1;
	return (a->level > b->level) - (a->level < b->level);
}

static int by_group_and_cell(const void *a, const void *b)
{
	const struct mr__sample *x = a;
	const struct mr__sample *y = b;
	int order = mr__samples_order(x, y);

	if (order == 0)
		order = (x->cell > y->cell) - (x->cell < y->cell);
	return order ? order : (x->value > y->value) - (x->value < y->value);
}

/* One of each cell's values, whichever its number says. */
static void thin(struct mr__samples *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->n;) {
		size_t end = i + 1;
		uint32_t pick = s->v[i].cell * 2654435761u >> 8;

		while (end < s->n && s->v[end].cell == s->v[i].cell
		       && mr__samples_order(&s->v[end], &s->v[i]) == 0)
			end++;
		s->v[kept++] = s->v[i + pick % (end - i)];
		i = end;
	}
	s->n = kept;
}

int mr__samples_take(const struct mr_history *h, double scale_S,
                     struct mr__samples *out)
{
	struct walk w = {.h = h, .scale_S = scale_S, .out = out};
	int code = MR_OK;

	*out = (struct mr__samples){0};
	for (uint32_t c = 0; c < h->n_cells && code == MR_OK; c++) {
		w.cell = c;
		code = walk_cell(&w);
	}
	if (code == MR_OK)
		code = add_sweeps(&w);
	if (code != MR_OK) {
		free(out->v);
		*out = (struct mr__samples){0};
		return code;
	}
	if (out->n > 0)
		qsort(out->v, out->n, sizeof *out->v, by_group_and_cell);
	thin(out);
	return MR_OK;
}

double mr__samples_level(const struct mr__sample *s, double scale_S)
{
	switch ((enum mr_compare_quantity)s->quantity) {
	case MR_COMPARE_DRIFT:
	case MR_COMPARE_FAST_NOISE:
	case MR_COMPARE_SLOW_NOISE:
		return (s->level + 0.5) / MR__LEVEL_CLASSES * scale_S;
	case MR_COMPARE_PROGRAMMED:
	case MR_COMPARE_PULSES:
		return s->level / 64.0 * scale_S;
	case MR_COMPARE_AFTER_SET:
	case MR_COMPARE_STEP:
	case MR_COMPARE_SWEEP:
		break;
	}
	return s->level;
}
