/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Pulse tests of the 2600B: configured under a tag, then initiated. They report
 * what is wrong in their return values only; the error queue stays empty. */
#include "wire_smu.h"

#include <math.h>
#include <string.h>

#define WIDTH_MIN_S 20e-6 /* assumed */
#define WIDTH_MAX_S 1e3
#define TAGS_MAX 255

static int say(struct tsp_values *out, const char *what)
{
	out->n = 2;
	mr__tsp_bool(&out->v[0], !what);
	mr__tsp_text(&out->v[1], what ? what : "");
	return 0;
}

static bool are_numbers(const struct tsp_values *in, uint32_t from, uint32_t n)
{
	for (uint32_t i = from; i < from + n; i++)
		if (i >= in->n || in->v[i].kind != TSP_NUMBER ||
		    !isfinite(in->v[i].x))
			return false;
	return true;
}

static const char *wrong(const struct smu *b, const struct smu_pulse_test *p,
                         double points)
{
	double most, least, limit_least, limit_most;

	mr__smu_bounds(b, SET_LEVEL_V, &least, &most);
	mr__smu_bounds(b, SET_LIMIT_A, &limit_least, &limit_most);
	if (fabs(p->bias) > most || fabs(p->start) > most ||
	    fabs(p->stop) > most || !mr__smu_level_ok(b, p->bias) ||
	    !mr__smu_level_ok(b, p->start) || !mr__smu_level_ok(b, p->stop))
		return "level out of range";
	if (!(p->limit_A >= limit_least && p->limit_A <= limit_most))
		return "limit out of range";
	if (!(p->on_s >= WIDTH_MIN_S && p->on_s <= WIDTH_MAX_S) ||
	    !(p->off_s >= WIDTH_MIN_S && p->off_s <= WIDTH_MAX_S))
		return "ton or toff out of range";
	if (!(points >= 1 && points <= b->profile->points_max) ||
	    points != floor(points))
		return "points out of range";
	if (p->log && !(p->start * p->stop > 0))
		return "a logarithmic sweep cannot cross zero";
	return NULL;
}

static const char *unready(const struct smu *b, const struct smu_pulse_test *p)
{
	if (!b->on)
		return "output is off";
	if (b->set[SET_FUNCTION] != 0)
		return "source function is not volts";
	if (b->set[SET_AUTO_V] != 0 || b->set[SET_SENSE_AUTO_A] != 0)
		return "source or measure autorange is on";
	if (mr__smu_aperture_s(b) > p->on_s)
		return "NPLC does not fit in ton";
	return NULL;
}

static struct smu_pulse_test *slot_of(struct smu *b, double tag)
{
	struct smu_pulse_test *empty = NULL;

	for (int i = 0; i < SMU_TAGS_MAX; i++) {
		if (b->tests[i].tag == tag)
			return &b->tests[i];
		if (b->tests[i].tag == 0 && !empty)
			empty = &b->tests[i];
	}
	return empty;
}

/* (smu, bias, level, limit, ton, toff, points, buffer, tag, ...); a sweep has
 * start and stop in the place of the level. */
int mr__tsp_config_pulse(struct smu *b, struct tsp *t, const struct tsp_name *n,
                         const struct tsp_values *in, struct tsp_values *out)
{
	bool sweeps = strstr(n->name, "Sweep") != NULL;
	uint32_t k = sweeps ? 4 : 3; /* of the limit */
	struct smu_pulse_test p = {.log = strstr(n->name, "Log") != NULL}, *slot;
	const char *what;

	(void)t;
	if (in->n < k + 6 || in->v[0].kind != TSP_NAME ||
	    strcmp(in->v[0].text, "smua") != 0 ||
	    !are_numbers(in, 1, k + 3) || in->v[k + 4].kind != TSP_NAME ||
	    !are_numbers(in, k + 5, 1))
		return say(out, "wrong parameters");
	p.bias = in->v[1].x;
	p.start = in->v[2].x;
	p.stop = in->v[sweeps ? 3 : 2].x;
	p.limit_A = in->v[k].x;
	p.on_s = in->v[k + 1].x;
	p.off_s = in->v[k + 2].x;
	p.store = mr__smu_store_find(b, in->v[k + 4].text);
	p.tag = in->v[k + 5].x;
	what = wrong(b, &p, in->v[k + 3].x);
	if (!what)
		what = unready(b, &p);
	if (!what && !p.store)
		what = "no such buffer";
	if (!what && !(p.tag >= 1 && p.tag <= TAGS_MAX))
		what = "tag out of range";
	slot = slot_of(b, p.tag);
	if (!what && !slot)
		what = "too many tags";
	if (what)
		return say(out, what);
	p.points = (uint32_t)in->v[k + 3].x;
	*slot = p;
	return say(out, NULL);
}

static double level_at(const struct smu_pulse_test *p, uint32_t i)
{
	double part = p->points > 1 ? (double)i / (p->points - 1) : 0;

	return p->log ? p->start * pow(p->stop / p->start, part)
	              : p->start + (p->stop - p->start) * part;
}

int mr__tsp_initiate_pulse(struct smu *b, struct tsp *t, const struct tsp_name *n,
                           const struct tsp_values *in, struct tsp_values *out)
{
	const struct smu_pulse_test *p = NULL;
	const char *what;

	(void)t;
	(void)n;
	for (int i = 0; i < SMU_TAGS_MAX; i++)
		if (are_numbers(in, 0, 1) && b->tests[i].tag > 0 &&
		    b->tests[i].tag == in->v[0].x)
			p = &b->tests[i];
	if (!p)
		return say(out, "no test has this tag");
	what = unready(b, p);
	if (what)
		return say(out, what);
	mr__smu_job_new(b);
	for (uint32_t i = 0; i < p->points; i++)
		if (!mr__smu_job_point(b, level_at(p, i)))
			return SMU_SYSTEM;
	if (!p->store->appends)
		mr__smu_store_clear(p->store);
	b->senses_v = false;
	b->job.base = p->bias;
	b->job.hold_s = p->on_s;
	b->job.trail_s = p->off_s;
	b->job.limit_A = p->limit_A;
	b->job.store = p->store;
	b->job.answer = ANSWER_TSP;
	b->job.what = 't';
	mr__smu_job_begin(b);
	return TSP_WAIT;
}
