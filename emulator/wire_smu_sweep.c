/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Sweeps, pulses and single readings of the SCPI units, as jobs. */
#include "wire_smu.h"

#include <math.h>
#include <string.h>

#define LIST_MESSAGE_MAX 100 /* values of one message */
#define DELAY_LEAST_S 50e-6
#define DELAY_AUTO (-1.0)
#define POINTS_MAX 1000000.0

/* ---- lists ---------------------------------- */

static int add_to_list(struct smu *b, const struct smu_command *c, uint32_t at)
{
	double most, least;

	if (c->n == 0)
		return SMU_MISSING;
	if (c->n > LIST_MESSAGE_MAX)
		return SMU_NOT_ALLOWED;
	if (at + c->n > SMU_LIST_MAX)
		return SMU_TOO_MUCH;
	mr__smu_bounds(b, SET_LEVEL_V, &least, &most);
	for (uint32_t i = 0; i < c->n; i++) {
		double x;
		int rc = mr__smu_number(&c->params[i], &x);

		if (!rc && fabs(x) > most)
			rc = SMU_RANGE;
		if (rc)
			return rc;
	}
	for (uint32_t i = 0; i < c->n; i++)
		(void)mr__smu_number(&c->params[i], &b->list[at + i]);
	b->n_list = at + c->n;
	return 0;
}

int mr__smu_list(struct smu *b, const struct smu_command *c)
{
	struct ws_buffer *to;

	if (!c->query)
		return add_to_list(b, c, 0);
	to = mr__smu_answer(&b->pipe);
	for (uint32_t i = 0; i < b->n_list; i++) {
		if (i)
			mr__ws_append(to, ",", 1);
		mr__smu_print(b, to, b->list[i]);
	}
	return 0;
}

int mr__smu_list_append(struct smu *b, const struct smu_command *c)
{
	return add_to_list(b, c, b->n_list);
}

int mr__smu_list_points(struct smu *b, const struct smu_command *c)
{
	(void)c;
	mr__ws_print(mr__smu_answer(&b->pipe), "%u", b->n_list);
	return 0;
}

/* ---- sweeps that a 2450 is told in one command ------------------------------------- */

/* What may be left out keeps its value; an empty one cannot be sent. */
static int sweep_rest(struct smu *b, const struct smu_command *c, uint32_t i,
                      bool ranges, struct smu_sweep *s)
{
	double x = 0;
	int rc = 0;

	s->delay_s = DELAY_AUTO;
	s->count = 1;
	s->store = &b->stores[0];
	if (i < c->n) {
		rc = mr__smu_number(&c->params[i++], &s->delay_s);
		if (!rc && s->delay_s != DELAY_AUTO && s->delay_s != 0 &&
		    !(s->delay_s >= DELAY_LEAST_S && s->delay_s <= 1e4))
			rc = SMU_RANGE;
	}
	if (!rc && i < c->n) {
		rc = mr__smu_number(&c->params[i++], &x);
		if (!rc && !(x >= 1 && x <= POINTS_MAX))
			rc = SMU_RANGE;
		s->count = rc ? 1 : (uint32_t)x;
	}
	if (!rc && ranges && i < c->n)
		rc = mr__smu_choice(&c->params[i++], "AUTO|BEST|FIXed", &x);
	if (!rc && i < c->n) {
		rc = mr__smu_choice(&c->params[i++], "OFF|ON", &x);
		s->stops = x != 0;
	}
	if (!rc && ranges && i < c->n) {
		rc = mr__smu_choice(&c->params[i++], "OFF|ON", &x);
		s->dual = x != 0;
	}
	if (!rc && i < c->n) {
		char name[SMU_NAME_MAX];

		mr__smu_copy(&c->params[i], name, sizeof name);
		s->store = mr__smu_store_find(b, name);
		rc = c->params[i].quote != '"' ? SMU_TYPE
		     : s->store                ? 0
		                               : SMU_ILLEGAL;
	}
	return rc;
}

int mr__smu_sweep_linear(struct smu *b, const struct smu_command *c)
{
	struct smu_sweep s = {.log = strstr(c->header, ":LOG") != NULL};
	double points = 0;
	int rc = mr__smu_real(b, c, 0, SET_LEVEL_V, &s.start);

	if (!rc)
		rc = mr__smu_real(b, c, 1, SET_LEVEL_V, &s.stop);
	if (!rc)
		rc = mr__smu_number(&c->params[2], &points);
	if (!rc && !(points >= 2 && points <= POINTS_MAX))
		rc = SMU_RANGE;
	if (!rc && s.log && !(s.start * s.stop > 0))
		rc = SMU_RANGE;
	if (!rc)
		rc = sweep_rest(b, c, 3, true, &s);
	if (!rc && (double)s.count * points * (s.dual ? 2 : 1) >
	                   b->profile->points_max)
		rc = SMU_RANGE;
	if (rc)
		return rc;
	s.points = (uint32_t)points;
	b->sweep = s;
	b->swept = 1;
	return 0;
}

int mr__smu_sweep_list(struct smu *b, const struct smu_command *c)
{
	struct smu_sweep s = {.start = 0};
	int rc = mr__smu_number(&c->params[0], &s.first);

	if (!rc && !(s.first >= 1 && s.first <= b->n_list))
		rc = b->n_list ? SMU_RANGE : SMU_CONFLICT;
	if (!rc)
		rc = sweep_rest(b, c, 1, false, &s);
	if (!rc && (double)s.count * b->n_list > b->profile->points_max)
		rc = SMU_RANGE;
	if (rc)
		return rc;
	b->sweep = s;
	b->swept = 2;
	return 0;
}

int mr__smu_points(struct smu *b, const struct smu_command *c)
{
	double x = 0;
	int rc;

	if (c->query) {
		mr__ws_print(mr__smu_answer(&b->pipe), "%.0f", b->set[SET_POINTS]);
		return 0;
	}
	rc = c->n == 1 ? mr__smu_real(b, c, 0, SET_POINTS, &x) : SMU_MISSING;
	if (!rc)
		rc = mr__smu_set(b, SET_POINTS, x);
	if (!rc && x > 1)
		b->set[SET_STEP] = (b->set[SET_STOP] - b->set[SET_START]) /
		                   (b->set[SET_POINTS] - 1);
	return rc;
}

/* ---- levels of a job ---------------------------------- */

static double between(double start, double stop, bool log, uint32_t i, uint32_t n)
{
	double part = n > 1 ? (double)i / (n - 1) : 0;

	if (i + 1 == n && n > 1)
		return stop;
	return log ? start * pow(stop / start, part)
	           : start + (stop - start) * part;
}

/* Whether an output that is off is a reason to refuse, or is switched on. */
static int ready(struct smu *b)
{
	if (b->on)
		return 0;
	if (b->set[SET_ON_AUTO] != 0)
		mr__smu_output(b, true);
	else if (b->profile->dialect == SMU_2400)
		return SMU_OUTPUT_OFF;
	return 0;
}

static double settle_s(const struct smu *b)
{
	double s = b->set[SET_DELAY];

	return s > 0 ? s : b->profile->settle_s;
}

static int sweep_points_2400(const struct smu *b, double *n)
{
	double step = b->set[SET_STEP], span = b->set[SET_STOP] -
	                                       b->set[SET_START];

	*n = b->set[SET_POINTS];
	if (b->profile->dialect != SMU_2400 || b->set[SET_SPACING] != 0)
		return 0;
	if (step == 0 || span / step < 0)
		return SMU_CONFLICT;
	*n = floor(span / step + 1 + 1e-6);
	return *n <= b->profile->points_max ? 0 : SMU_CONFLICT;
}

/* The i-th level of what the mode says, from the sweep's n. */
static double swept_level(const struct smu *b, uint32_t i, uint32_t n)
{
	double start = b->set[SET_START], stop = b->set[SET_STOP];
	bool log = b->set[SET_SPACING] != 0;

	if (b->set[SET_MODE] == 2)
		return b->list[i % b->n_list];
	i %= n;
	if (b->set[SET_DIRECTION] != 0)
		i = n - 1 - i;
	if (b->profile->dialect == SMU_2400 && !log)
		return start + i * b->set[SET_STEP];
	return between(start, stop, log, i, n);
}

static int moded_levels(struct smu *b, uint32_t n_total)
{
	double n = 1, fixed = b->set[SET_LEVEL_V];
	bool pulses = b->set[SET_SHAPE] != 0;
	int rc = b->set[SET_MODE] == 1 ? sweep_points_2400(b, &n) : 0;

	if (b->set[SET_FUNCTION] != 0) {
		fixed = b->set[SET_LEVEL_A];
		rc = b->set[SET_MODE] != 0 || pulses ? SMU_CONFLICT : rc;
	} else if (b->peak_set) {
		fixed = b->set[SET_PEAK];
	}
	if (b->set[SET_MODE] == 2 && b->n_list == 0)
		rc = SMU_CONFLICT;
	if (b->set[SET_MODE] == 1 && b->set[SET_SPACING] != 0 &&
	    !(b->set[SET_START] * b->set[SET_STOP] > 0))
		rc = SMU_CONFLICT;
	for (uint32_t i = 0; i < n_total && !rc; i++) {
		double level = b->set[SET_MODE] == 0
		                       ? fixed
		                       : swept_level(b, i, (uint32_t)n);

		if (!mr__smu_level_ok(b, level))
			rc = SMU_CONFLICT;
		else if (!mr__smu_job_point(b, level))
			rc = SMU_SYSTEM;
	}
	return rc;
}

/* ---- timing of a job ---------------------------------- */

static void time_2400(struct smu *b)
{
	b->job.hold_s = mr__smu_aperture_s(b) + b->set[SET_TRIGGER_DELAY];
	if (b->set[SET_MODE] != 0)
		b->job.hold_s += settle_s(b);
	else
		b->job.hold_s += b->set[SET_DELAY];
}

static double interval_s(const struct smu *b)
{
	return b->set[SET_TRIGGER_SOURCE] != 0 ? b->set[SET_TRIGGER_TIMER] : 0;
}

/* The level comes TRAN:DEL after a trigger, the measurement begins ACQ:DEL after
 * it; a pulse goes back when its width is over, measured or not. */
static int time_b2900(struct smu *b)
{
	struct smu_job *j = &b->job;
	double measured_s = b->set[SET_ACQUIRE_DELAY] + mr__smu_aperture_s(b);

	j->base = b->set[SET_LEVEL_V];
	if (b->set[SET_SHAPE] == 0) {
		double s = fmax(measured_s, interval_s(b));

		if (b->set[SET_ACQUIRE_DELAY] == 0)
			s += b->profile->settle_s;
		j->hold_s = fmax(s, b->set[SET_TRIGGER_DELAY] + 1e-6);
		return 0;
	}
	j->lead_s = b->set[SET_TRIGGER_DELAY] + b->set[SET_PULSE_DELAY];
	j->hold_s = b->set[SET_PULSE_WIDTH];
	double end_s = j->lead_s + j->hold_s;

	j->late = measured_s > end_s * (1 + 1e-9);
	j->trail_s = fmax(fmax(measured_s, interval_s(b)) - end_s, 0);
	if (interval_s(b) > 0 && interval_s(b) < end_s)
		return SMU_CONFLICT;
	/* a pulse that measures at its end is as good as over */
	return 0;
}

/* ---- beginning a job ---------------------------------- */

static int build_2450(struct smu *b)
{
	const struct smu_sweep *s = &b->sweep;
	uint32_t n = s->points;
	bool fine = true;

	b->job.store = s->store;
	b->job.repeats = s->count;
	b->job.stops_on_limit = s->stops;
	b->job.hold_s = (s->delay_s >= 0 ? s->delay_s : b->profile->settle_s) +
	                mr__smu_aperture_s(b);
	b->job.off_at_end = true;
	for (uint32_t i = 0; b->swept == 1 && i < n && fine; i++)
		fine = mr__smu_job_point(
			b, between(s->start, s->stop, s->log, i, n));
	for (uint32_t i = n; b->swept == 1 && s->dual && i > 1 && fine; i--)
		fine = mr__smu_job_point(
			b, between(s->start, s->stop, s->log, i - 2, n));
	for (uint32_t i = (uint32_t)s->first;
	     b->swept == 2 && i <= b->n_list && fine; i++)
		fine = mr__smu_job_point(b, b->list[i - 1]);
	return fine && b->job.n_points ? 0 : fine ? SMU_CONFLICT : SMU_SYSTEM;
}

static int build(struct smu *b)
{
	double n = b->set[SET_TRIGGER_COUNT] * b->set[SET_ARM_COUNT];
	int rc;

	mr__smu_job_new(b);
	if (b->profile->dialect == SMU_2450)
		return build_2450(b);
	if (n > b->profile->points_max)
		return SMU_CONFLICT;
	rc = moded_levels(b, (uint32_t)n);
	if (!rc && b->profile->dialect == SMU_2400)
		time_2400(b);
	else if (!rc)
		rc = time_b2900(b);
	mr__smu_store_clear(b->job.store);
	return rc;
}

int mr__smu_init(struct smu *b, const struct smu_command *c)
{
	int rc;

	(void)c;
	if (b->job.running)
		return SMU_INIT_IGNORED;
	if (b->profile->dialect == SMU_2450 &&
	    (b->swept == 0 || b->set[SET_FUNCTION] != 0))
		return SMU_CONFLICT;
	rc = ready(b);
	if (!rc)
		rc = build(b);
	if (rc)
		return rc;
	if (b->profile->dialect == SMU_2450) {
		mr__smu_store_clear(b->job.store);
		mr__smu_output(b, true);
	}
	b->job.overlapped = b->profile->dialect != SMU_2400;
	mr__smu_job_begin(b);
	return 0;
}

/* As many readings of the level that is there as are wanted. */
static int spot(struct smu *b, const struct smu_command *c)
{
	char name[SMU_NAME_MAX] = "";

	mr__smu_job_new(b);
	if (c->n && c->params[0].quote == '"') {
		mr__smu_copy(&c->params[0], name, sizeof name);
		b->job.store = mr__smu_store_find(b, name);
		if (!b->job.store)
			return SMU_ILLEGAL;
	}
	for (uint32_t i = 0; i < (uint32_t)b->set[SET_COUNT]; i++)
		if (!mr__smu_job_point(b, mr__smu_level(b)))
			return SMU_SYSTEM;
	b->job.hold_s = mr__smu_aperture_s(b);
	b->job.answer = ANSWER_LAST;
	return 0;
}

int mr__smu_read(struct smu *b, const struct smu_command *c)
{
	int rc = ready(b);

	if (rc)
		return rc;
	if (b->profile->dialect == SMU_2450)
		rc = spot(b, c);
	else if (c->n)
		rc = SMU_NOT_ALLOWED;
	else
		rc = build(b);
	if (rc)
		return rc;
	if (b->profile->dialect != SMU_2450)
		b->job.answer = ANSWER_ALL;
	mr__smu_job_begin(b);
	return 0;
}

/* One reading of one thing; a 2450 measures that from then on. */
int mr__smu_measure(struct smu *b, const struct smu_command *c)
{
	bool volts = strstr(c->header, ":VOLT") != NULL;
	int rc = ready(b);

	if (!rc && b->profile->dialect != SMU_2450 && c->n)
		rc = SMU_NOT_ALLOWED;
	if (!rc)
		rc = spot(b, c);
	if (rc)
		return rc;
	if (b->profile->dialect == SMU_2450) {
		b->senses_v = volts;
		b->senses_a = !volts;
	} else {
		mr__smu_store_clear(b->job.store);
	}
	mr__smu_job_begin(b);
	return 0;
}

int mr__smu_abort(struct smu *b, const struct smu_command *c)
{
	(void)c;
	(void)mr__smu_job_cut(b);
	return 0;
}
