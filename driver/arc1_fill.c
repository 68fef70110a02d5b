/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

#include "arc1_fill.h"

#include <ctype.h>
#include <math.h>

#define NEAR 1e-4 /* floats there, four digits here */
#define NEAR_V 1e-5
#define DIGITS_MAX 15
#define INSTANT_S 1e-9

float mr__arc1_conductance(float r_ohm, uint8_t *status)
{
	float g_S = 1.0f / r_ohm;

	if (isfinite(g_S))
		return g_S;
	*status |= MR_STATUS_OVER_RANGE;
	return 0;
}

bool mr__arc1_is_end(const float triple[3])
{
	return triple[0] == 0 && triple[1] == 0 && triple[2] == 0;
}

bool mr__arc1_whole(const char *line, size_t n, double *out)
{
	double value = 0;

	while (n && isspace((unsigned char)line[n - 1]))
		n--;
	if (n == 0 || n > DIGITS_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!isdigit((unsigned char)line[i]))
			return false;
		value = 10 * value + (line[i] - '0');
	}
	*out = value;
	return true;
}

/* ---- samples ------------------------------------------------------------------- */

struct sample {
	float v_V;
	float i_A;
	uint8_t status;
};

static void put(struct arc1_fill *f, const struct sample *s, double t_s)
{
	const struct arc1_point *p = &f->play->point[f->at];
	struct mr_trace_op *tr = f->trace;

	f->at++;
	f->reported += !p->silent;
	if (p->sample == ARC1_NO_SAMPLE)
		return;
	uint64_t i = f->first + p->sample;

	f->last_s = t_s;

	tr->i_A[i] = s->i_A;
	if (tr->v_V)
		tr->v_V[i] = s->v_V;
	if (tr->t_s)
		tr->t_s[i] = t_s;
	if (tr->status)
		tr->status[i] = s->status;
	f->status |= s->status;
}

/* A level of 0, or a point that was left out: nothing was applied, and it took no
 * time. */
static void put_nothing(struct arc1_fill *f)
{
	bool silent = f->play->point[f->at].silent;
	const struct sample s = {
		.status = silent ? 0 : MR_STATUS_NOT_CONVERGED};

	f->cut_short = f->cut_short || !(silent || f->play->stops);
	put(f, &s, f->last_s + INSTANT_S);
}

static void put_reading(struct arc1_fill *f, float r_ohm, float v_V, double t_s)
{
	const struct arc1_point *p = &f->play->point[f->at];
	struct sample s = {.v_V = p->v_read_V != 0 ? (float)p->v_read_V : v_V};
	double limit_A = f->trace->compliance;

	s.i_A = s.v_V * mr__arc1_conductance(r_ohm, &s.status);
	if (limit_A > 0 && p->v_read_V == 0 &&
	    (double)fabsf(s.i_A) >= limit_A * (1 - NEAR))
		s.status |= MR_STATUS_COMPLIANCE;
	put(f, &s, t_s);
}

/* ---- reports ------------------------------------------------------------------- */

static bool is_of(const struct arc1_point *p, double v_V)
{
	return !p->silent &&
	       fabs(v_V - p->v_V) <= NEAR * fabs(p->v_V) + NEAR_V;
}

int mr__arc1_fill_report(struct arc1_fill *f, const float triple[3], double t_s,
                         struct mr_errtext *err)
{
	const struct arc1_play *play = f->play;
	uint32_t at = f->at;

	while (at < play->n_points && !is_of(&play->point[at], (double)triple[1]) &&
	       (play->stops || play->point[at].silent))
		at++;
	if (at == play->n_points || !is_of(&play->point[at], (double)triple[1]))
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "job %s of the ArC ONE reports %g V where "
		                      "the waveform has no such level: is its "
		                      "firmware another one?",
		                      play->job, (double)triple[1]);
	while (f->at < at)
		put_nothing(f);
	put_reading(f, triple[0], triple[1], fmax(t_s, f->last_s + INSTANT_S));
	return MR_OK;
}

void mr__arc1_fill_reading(struct arc1_fill *f, float r_ohm, double t_s)
{
	if (f->at < f->play->n_points)
		put_reading(f, r_ohm, 0, t_s);
}

static uint32_t reports(const struct arc1_play *play)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < play->n_points; i++)
		n += !play->point[i].silent;
	return n;
}

void mr__arc1_fill_end(struct arc1_fill *f, uint32_t cycle)
{
	const struct arc1_play *play = f->play;
	bool last = cycle + 1 >= play->cycles;
	uint32_t until = last ? UINT32_MAX
	                      : reports(play) / play->cycles * (cycle + 1);

	while (f->at < play->n_points && f->reported < until)
		put_nothing(f);
}
