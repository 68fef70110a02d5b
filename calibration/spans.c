/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Cuts each cell's events at what changes the cell. */
#include "spans.h"

#include <math.h>
#include <stdlib.h>

/* Where a cell's walk is. */
struct walk {
	struct mr__spans *out;
	size_t room;
	uint32_t least;
	struct mr__span now;
	int64_t pulsed_ns; /* last pulse since the last target or gap */
	bool pulsed;
};

static int put(struct walk *w)
{
	struct mr__spans *s = w->out;

	if (w->now.n < w->least)
		return MR_OK;
	if (s->n == w->room) {
		size_t room = w->room ? 2 * w->room : 1024;
		struct mr__span *at = realloc(s->at, room * sizeof *at);

		if (!at)
			return MR_ERR_NOMEM;
		s->at = at;
		w->room = room;
	}
	s->at[s->n++] = w->now;
	s->n_reads += w->now.n;
	for (uint32_t i = 0; i < w->now.n; i++)
		s->top_S = fmax(s->top_S, fabs((double)w->now.reads[i].g_S));
	return MR_OK;
}

/* Programming by pulses that were seen ended with the last of them; what was
 * done out of sight ended when the operation did. */
static void programmed(struct walk *w, const struct mr_history_event *e)
{
	w->now.t_p_ns = w->pulsed ? w->pulsed_ns : e->t_ns;
	w->now.target_S = (double)e->amplitude;
	w->now.known = true;
	w->pulsed = false;
}

static void changed(struct walk *w, const struct mr_history_event *e)
{
	w->now.n = 0;
	if (e->kind == MR_HISTORY_PROGRAM) {
		programmed(w, e);
		return;
	}
	w->now.target_S = NAN;
	w->now.t_p_ns = e->t_ns;
	w->now.known = e->kind == MR_HISTORY_PULSE
	               && e->effect != MR_EFFECT_NONE;
	w->pulsed = e->kind == MR_HISTORY_PULSE;
	w->pulsed_ns = e->t_ns;
}

static int take_cell(struct walk *w, const struct mr_history *h, uint32_t cell)
{
	w->now = (struct mr__span){.cell = cell, .target_S = NAN};
	w->pulsed = false;
	for (size_t k = h->first[cell]; k < h->first[cell + 1]; k++) {
		const struct mr_history_event *e = &h->events[k];
		bool back = w->now.n > 0 && e->t_ns < e[-1].t_ns;

		if (e->kind == MR_HISTORY_READ && !back) {
			if (w->now.n++ == 0)
				w->now.reads = e;
			continue;
		}
		if (put(w) != MR_OK)
			return MR_ERR_NOMEM;
		if (e->kind == MR_HISTORY_READ) {
			w->out->n_jumps++;
			w->now.known = false;
			w->now.n = 1;
			w->now.reads = e;
		} else {
			changed(w, e);
		}
	}
	return put(w);
}

int mr__spans_take(const struct mr__fitting *f, uint32_t least,
                   struct mr__spans *out)
{
	const struct mr_history *h = f->history;
	struct walk w = {.out = out, .least = least};

	*out = (struct mr__spans){0};
	for (uint32_t c = 0; c < h->n_cells; c++)
		if (f->use[c] && take_cell(&w, h, c) != MR_OK) {
			mr__spans_free(out);
			return mr_errtext_set(f->err, MR_ERR_NOMEM,
			                      "no memory for the readings");
		}
	return MR_OK;
}

void mr__spans_free(struct mr__spans *s)
{
	free(s->at);
	*s = (struct mr__spans){0};
}

double mr__span_age_s(const struct mr__span *s, uint32_t i)
{
	return fmax((double)(s->reads[i].t_ns - s->t_p_ns) * 1e-9, 0);
}

/* The integral in closed form loses its digits where the reading is short. */
double mr__log_age(double age_s, double over_s, double t0_s)
{
	double age = fmax(age_s, 0);
	double over = fmin(over_s, age);
	double from = (age - over) / t0_s;
	double middle = age - 0.5 * over;
	double x2 = over * over / ((middle + t0_s) * (middle + t0_s));

	if (x2 < 0.01)
		return log1p(middle / t0_s) - x2 * (1 / 24.0 + x2 / 320);
	return ((1 + age / t0_s) * log1p(age / t0_s)
	        - (1 + from) * log1p(from)) * t0_s / over - 1;
}

double mr__span_log_age(const struct mr__span *s, uint32_t i, double t0_s)
{
	return mr__log_age(mr__span_age_s(s, i), (double)s->reads[i].over_s,
	                   t0_s);
}

uint32_t mr__span_thin(const struct mr__span *s, uint32_t most, uint32_t *out)
{
	int64_t begin = s->reads[0].t_ns;
	double range = log1p((double)(s->reads[s->n - 1].t_ns - begin));
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->n; i++) {
		double at = log1p((double)(s->reads[i].t_ns - begin));
		uint32_t left = s->n - 1 - i;
		/* as many as are due, all where few enough are left */
		double due = range > 0 ? at / range * (double)(most - 1)
		                       : (double)i;

		if (n + 1 + left <= most || i == 0 || left == 0
		    || (due >= (double)n && n + 1 < most))
			out[n++] = i;
	}
	return n;
}

double mr__span_t_int_s(const struct mr_history *h,
                        const struct mr_history_event *e)
{
	const struct mr_waveform *read =
		mr_description_waveform(&h->desc, "read");

	if (e->over_s > 0 && e->count > 1)
		return (double)e->over_s / (e->count - 1);
	if (e->width_s > 0)
		return (double)e->width_s;
	return read && read->width_s > 0 ? read->width_s : 1e-6;
}
