/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* What the board says of itself, its time, and how its bytes travel. */
#include "wire_scpi.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define NS_PER_S 1e9
#define ADVANCE_MAX_S 1e9 /* about 32 years at once */
#define TIME_MAX_NS 4e18  /* about 127 years in all */
#define COUNT_MAX 1000000u  /* what a firmware would count to */
#define BATCH_MAX 1000000u
#define AVERAGES_MAX 65535u
#define ABORT_S 1e-3        /* it is at once; a margin for the host */
#define WIDTH_STEP_S 1e-9   /* array time is counted in nanoseconds */

/* ---- the capability record ---------------------------------------------------------- */

static uint32_t at_most(uint32_t described, uint32_t most)
{
	return described < most ? described : most;
}

void mr__ws_describe(struct wire_scpi *b)
{
	const struct mr_description *d = b->desc;

	b->limits = d->limits;
	b->limits.count_max = at_most(d->limits.count_max, COUNT_MAX);
	b->limits.batch_max = at_most(d->limits.batch_max, BATCH_MAX);
	b->limits.averages_max = at_most(d->limits.averages_max, AVERAGES_MAX);
	b->abilities = mr_array_abilities(b->array);
	b->unit = d->limits.v_pulse_max_V > 0 || d->limits.i_pulse_max_A == 0
	                  ? MR_UNIT_VOLT
	                  : MR_UNIT_AMPERE;
	for (uint32_t i = 0; i < d->n_conditions; i++)
		if (strcmp(d->conditions[i].name, "scheme") == 0)
			(void)snprintf(b->scheme, sizeof b->scheme, "%.15s",
			               d->conditions[i].value);
}

static void put_real(struct ws_buffer *to, const char *key, double x)
{
	mr__ws_print(to, "%s=", key);
	mr__ws_print_real(to, x);
	mr__ws_append(to, "\n", 1);
}

static void put_whole(struct ws_buffer *to, const char *key, uint64_t n)
{
	mr__ws_print(to, "%s=%" PRIu64 "\n", key, n);
}

static void put_reals(struct ws_buffer *to, const double *x, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		mr__ws_append(to, " ", i > 0);
		if (isnan(x[i]))
			mr__ws_append(to, "nan", 3);
		else
			mr__ws_print_real(to, x[i]);
	}
	mr__ws_append(to, "\n", 1);
}

static void put_offers(const struct wire_scpi *b, struct ws_buffer *to)
{
	static const enum mr_op_kind kinds[] = {MR_OP_READ, MR_OP_PULSE,
	                                        MR_OP_TRACE, MR_OP_PROGRAM,
	                                        MR_OP_DRIVE};
	const char *before = "offers=";

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (!(b->abilities & MR_ABILITY(kinds[i])))
			continue;
		mr__ws_print(to, "%s%s", before, mr_op_kind_name(kinds[i]));
		before = " ";
	}
	mr__ws_append(to, "\n", 1);
}

static void put_limits(const struct wire_scpi *b, struct ws_buffer *to)
{
	const struct mr_limits *l = &b->limits;

	put_real(to, "v_read_max_V", l->v_read_max_V);
	put_real(to, "v_pulse_max_V", l->v_pulse_max_V);
	put_real(to, "i_pulse_max_A", l->i_pulse_max_A);
	put_real(to, "width_min_s", l->width_min_s);
	put_real(to, "width_max_s", l->width_max_s);
	put_real(to, "width_step_s", WIDTH_STEP_S);
	put_whole(to, "count_max", l->count_max);
	put_whole(to, "batch_max", l->batch_max);
	put_whole(to, "averages_max", l->averages_max);
	put_whole(to, "selection_max",
	          (uint64_t)b->desc->rows * b->desc->cols);
	put_whole(to, "message_max", b->message_max);
}

static void put_cells(const struct mr_description *d, struct ws_buffer *to)
{
	double levels_V[MR_LEVELS_MAX];

	put_real(to, "g_min_S", d->g_min_S);
	put_real(to, "g_max_S", d->g_max_S);
	put_real(to, "g_unit_S", d->g_unit_S);
	put_real(to, "drift_nu", d->drift_nu);
	put_real(to, "drift_t0_s", d->drift_t0_s);
	if (d->n_levels == 0)
		return;
	for (uint32_t i = 0; i < d->n_levels; i++)
		levels_V[i] = (double)d->level_V[i];
	mr__ws_print(to, "levels_V=");
	put_reals(to, levels_V, d->n_levels);
}

static void put_schemes(const struct mr_description *d, struct ws_buffer *to)
{
	for (uint32_t i = 0; i < d->n_schemes; i++) {
		const struct mr_scheme *s = &d->schemes[i];
		const double bias[] = {s->row_selected, s->row_other,
		                       s->col_selected, s->col_other};

		mr__ws_print(to, "scheme.%s=", s->name);
		put_reals(to, bias, sizeof bias / sizeof bias[0]);
	}
}

static void put_waveforms(const struct mr_description *d, struct ws_buffer *to)
{
	static const char *const effects[] = {"none", "raise", "lower", "erase"};

	for (uint32_t i = 0; i < d->n_waveforms; i++) {
		const struct mr_waveform *w = &d->waveforms[i];
		const struct mr_step *s = &w->step;
		const double shape[] = {w->amplitude, w->width_s, w->t_rise_s,
		                        w->t_fall_s};
		const double step[] = {s->floor_S, s->offset_S, s->slope,
		                       s->history_S, s->memory_pulses};

		mr__ws_print(to, "waveform.%s=%s ", w->name, effects[w->effect]);
		put_reals(to, shape, sizeof shape / sizeof shape[0]);
		if (w->effect != MR_EFFECT_RAISE && w->effect != MR_EFFECT_LOWER)
			continue;
		mr__ws_print(to, "step.%s=", w->name);
		put_reals(to, step, sizeof step / sizeof step[0]);
	}
}

int mr__ws_capability_query(struct wire_scpi *b, const struct ws_command *c)
{
	const struct mr_description *d = b->desc;
	struct ws_buffer text = {0};

	(void)c;
	put_whole(&text, "rows", d->rows);
	put_whole(&text, "cols", d->cols);
	mr__ws_print(&text, "technology=%s\n", d->model);
	put_offers(b, &text);
	mr__ws_print(&text, "unit=%s\n", b->unit == MR_UNIT_VOLT ? "V" : "A");
	put_limits(b, &text);
	put_cells(d, &text);
	put_schemes(d, &text);
	put_waveforms(d, &text);
	mr__ws_print(&text, "compliance=none\ncobs=%d\nwatchdog=%d\n",
	             (int)b->packets, (int)b->watchdog);
	put_real(&text, "abort_s", ABORT_S);
	mr__ws_print(&text, "simulated=%d\n", (int)b->simulated);
	bool failed = text.failed;

	if (!failed)
		mr__ws_answer_block(mr__ws_answer(b), text.data, text.n, 1);
	mr__ws_free(&text);
	return failed ? WS_SYSTEM : WS_OK;
}

/* ---- the rest ------------------------------------------------------------------------- */

int mr__ws_version_query(struct wire_scpi *b, const struct ws_command *c)
{
	(void)c;
	mr__ws_print(mr__ws_answer(b), "1999.0");
	return WS_OK;
}

int mr__ws_protocol_query(struct wire_scpi *b, const struct ws_command *c)
{
	(void)c;
	mr__ws_print(mr__ws_answer(b), "MEMRIG,%s", b->protocol);
	return WS_OK;
}

/* The message that changes it is still answered in the old form. */
int mr__ws_cobs(struct wire_scpi *b, const struct ws_command *c)
{
	bool on = false;
	int rc = b->packets ? mr__ws_switch(c, 0, &on) : WS_HEADER;

	if (rc)
		return rc;
	if (on != b->cobs)
		b->has_sequence = false;
	b->cobs = on;
	mr__ws_print(mr__ws_answer(b), "%d", on);
	return WS_OK;
}

int mr__ws_time_query(struct wire_scpi *b, const struct ws_command *c)
{
	int rc = mr__ws_sync(b);

	(void)c;
	if (!rc)
		mr__ws_print(mr__ws_answer(b), "%" PRId64,
		             mr_array_time_ns(b->array));
	return rc;
}

int mr__ws_advance(struct wire_scpi *b, const struct ws_command *c)
{
	double s = 0;
	int rc = mr__ws_real(c, 0, &s);

	if (rc)
		return rc;
	int64_t now_ns = b->instant ? mr_array_time_ns(b->array)
	                            : mr__ws_board_ns(b);

	if (!(s >= 0 && s <= ADVANCE_MAX_S) ||
	    (double)now_ns + s * NS_PER_S > TIME_MAX_NS)
		return WS_RANGE;
	struct mr_op op = {.kind = MR_OP_WAIT, .wait = {.duration_s = s}};

	if (b->instant)
		return mr__ws_do(b, &op);
	b->advanced_ns += llround(s * NS_PER_S);
	return mr__ws_sync(b);
}

static bool has_scheme(const struct mr_description *d, const char *name)
{
	for (uint32_t i = 0; i < d->n_schemes; i++)
		if (strcmp(d->schemes[i].name, name) == 0)
			return true;
	return false;
}

int mr__ws_scheme(struct wire_scpi *b, const struct ws_command *c)
{
	char name[sizeof b->scheme] = "";
	struct mr_op op = {.kind = MR_OP_CONFIGURE,
	                   .configure = {.name = "scheme", .value = name}};
	int rc = mr__ws_word(c, 0, name, sizeof name);

	if (!rc && !has_scheme(b->desc, name))
		rc = WS_RANGE;
	return rc ? rc : mr__ws_do(b, &op);
}

int mr__ws_scheme_query(struct wire_scpi *b, const struct ws_command *c)
{
	const char *value = b->scheme;

	(void)c;
	for (uint32_t i = 0; i < b->desc->n_conditions; i++)
		if (strcmp(b->desc->conditions[i].name, "scheme") == 0)
			value = b->desc->conditions[i].value;
	mr__ws_print(mr__ws_answer(b), "%s", value);
	return WS_OK;
}
