/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Jobs: points one after another, each phase applied to the cells when the
 * clock has passed its end, or cut where an abort finds it. */
#include "wire_smu.h"

#include <math.h>
#include <string.h>

#define BUFFER_FULL 0x200u /* bit 9 of the measurement event register */

/* ---- stores ---------------------------------- */

uint32_t mr__smu_store_n(const struct smu_store *s)
{
	return (uint32_t)(s->readings.n / sizeof(struct smu_reading));
}

const struct smu_reading *mr__smu_store_at(const struct smu_store *s, uint32_t i)
{
	return (const struct smu_reading *)(const void *)s->readings.data + i;
}

/* A full one takes no more. */
void mr__smu_store_add(struct smu_store *s, const struct smu_reading *r)
{
	uint32_t n = mr__smu_store_n(s);

	if (n >= s->room)
		return;
	if (n == 0)
		s->t0_s = r->t_s;
	mr__ws_append(&s->readings, r, sizeof *r);
	s->readings.failed = false;
}

void mr__smu_store_clear(struct smu_store *s)
{
	mr__ws_empty(&s->readings);
}

struct smu_store *mr__smu_store_find(struct smu *b, const char *name)
{
	for (int i = 0; i < SMU_STORES_MAX; i++)
		if (b->stores[i].name[0] && strcmp(b->stores[i].name, name) == 0)
			return &b->stores[i];
	return NULL;
}

/* ---- phases ---------------------------------- */

static double phase_s(const struct smu_job *j)
{
	return j->phase == 0 ? j->lead_s : j->phase == 1 ? j->hold_s : j->trail_s;
}

static double phase_level(const struct smu_job *j)
{
	const double *levels = (const void *)j->levels.data;

	return j->phase == 1 ? levels[j->at % j->n_points] : j->base;
}

/* The next phase that takes time. @return false at the job's end */
static bool enter(struct smu *b, int64_t t_ns)
{
	struct smu_job *j = &b->job;

	for (;;) {
		if (j->phase > 2) {
			j->phase = 0;
			j->at++;
		}
		if (j->at >= j->n_points * j->repeats)
			return false;
		if (j->phase == 1 || phase_s(j) > 0)
			break;
		j->phase++;
	}
	j->level = phase_level(j);
	j->due_ns = t_ns + llround(fmin(phase_s(j), 1e9) * SMU_NS_PER_S);
	mr__smu_note(b);
	return true;
}

static void finish(struct smu *b)
{
	struct smu_job *j = &b->job;

	j->running = false;
	if (j->off_at_end)
		mr__smu_output(b, false);
	mr__smu_note(b);
}

struct smu_job *mr__smu_job_new(struct smu *b)
{
	struct ws_buffer levels = b->job.levels;

	mr__ws_empty(&levels);
	b->job = (struct smu_job){.levels = levels, .repeats = 1,
	                          .store = &b->stores[0]};
	return &b->job;
}

bool mr__smu_job_point(struct smu *b, double level)
{
	mr__ws_append(&b->job.levels, &level, sizeof level);
	b->job.n_points++;
	return !b->job.levels.failed;
}

void mr__smu_job_begin(struct smu *b)
{
	struct smu_job *j = &b->job;

	mr__smu_settle(b);
	j->first = mr__smu_store_n(j->store);
	j->at = j->phase = j->n_read = 0;
	j->running = true;
	if (!enter(b, b->t_ns))
		finish(b);
}

/* A 2400 stores readings beside giving them. */
static void feed(struct smu *b, const struct smu_reading *r)
{
	struct smu_store *s = &b->stores[1];

	if (b->profile->dialect != SMU_2400 || b->set[SET_FEED_CONTROL] == 0)
		return;
	mr__smu_store_add(s, r);
	if (mr__smu_store_n(s) < s->room)
		return;
	b->set[SET_FEED_CONTROL] = 0;
	b->measure_event |= BUFFER_FULL;
}

/* What the unit does when it sees its limit act. */
static bool stops(struct smu *b, const struct smu_reading *r)
{
	if (!(r->status & SMU_LIMITED))
		return false;
	if (b->set[SET_OFF_ON_TRIP] != 0) {
		mr__smu_output(b, false);
		return true;
	}
	return b->job.stops_on_limit;
}

void mr__smu_job_step(struct smu *b)
{
	struct smu_job *j = &b->job;
	struct smu_reading r = {.status = 0};
	bool reads = j->phase == (j->late ? 2 : 1);

	mr__smu_pass(b, j->due_ns, reads ? &r : NULL);
	if (reads) {
		r.source = phase_level(&(struct smu_job){
			.levels = j->levels, .at = j->at, .phase = 1,
			.n_points = j->n_points});
		mr__smu_store_add(j->store, &r);
		feed(b, &r);
		j->n_read++;
	}
	if (reads && stops(b, &r)) {
		finish(b);
		return;
	}
	j->phase++;
	if (!enter(b, j->due_ns))
		finish(b);
}

bool mr__smu_job_cut(struct smu *b)
{
	if (!b->job.running)
		return false;
	mr__smu_settle(b);
	finish(b);
	return true;
}
