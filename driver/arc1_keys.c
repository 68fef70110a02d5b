/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Keys and conditions of an ArC ONE. */
#include "arc1_board.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PACE_S 1e-3   /* clients that send faster lose tokens */
#define ANSWER_S 7.0
#define READ_CYCLES 30
#define READ_CYCLES_MAX 255
#define NS_PER_S 1e9
#define STOP_MAX_OHM 1e12
#define STOP_MAX_PCT 1e3
#define PAUSE_MAX_S 10.0
#define PULSES_MAX 10000
#define SERIES_NONE 7

static const char *const programs[] = {"pulses", "converge"};

static int take_count(struct mr_uri *uri, const char *key, uint64_t min,
                      uint64_t max, uint32_t *out, struct mr_errtext *err)
{
	uint64_t value = *out;
	int rc = mr_uri_take_u64(uri, key, min, max, &value, err);

	*out = (uint32_t)value;
	return rc;
}

/* The fixture's rows and columns instead of the board's words and bits. */
static int take_map(struct mr_uri *uri, const char *path, struct arc1_board *b,
                    struct mr_errtext *err)
{
	int rc;

	if (mr_uri_take(uri, "rows") || mr_uri_take(uri, "cols"))
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "keys 'rows' and 'cols' do not go with "
		                      "'map': the map says them");
	b->map = malloc(sizeof *b->map);
	if (!b->map)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	rc = mr__arc1_map_read(path, b->map, err);
	b->link.words = b->link.bits = ARC1_LINES;
	b->rows = b->map->rows.n;
	b->cols = b->map->cols.n;
	return rc;
}

static int take_lines(struct mr_uri *uri, const struct mr_open_options *options,
                      struct arc1_board *b, struct mr_errtext *err)
{
	struct arc1 *a = &b->link;
	const char *map = mr_uri_take(uri, "map");
	int rc;

	if (map)
		return take_map(uri, map, b, err);
	a->words = options->rows && options->rows <= ARC1_LINES ? options->rows
	                                                        : ARC1_LINES;
	a->bits = options->cols && options->cols <= ARC1_LINES ? options->cols
	                                                       : ARC1_LINES;
	rc = take_count(uri, "rows", 1, ARC1_LINES, &a->words, err);
	if (!rc)
		rc = take_count(uri, "cols", 1, ARC1_LINES, &a->bits, err);
	b->rows = a->words;
	b->cols = a->bits;
	return rc;
}

static int take_mode(struct mr_uri *uri, struct arc1 *a, struct mr_errtext *err)
{
	/* classic reads at .5 V whatever is asked: not offered */
	static const char *const names[] = {"tia", "tia4p"};
	const char *mode = mr_uri_take(uri, "mode");
	const char *sneak = mr_uri_take(uri, "scheme");

	a->mode = ARC1_MODE_TIA4P;
	for (int i = 0; mode && i < 2; i++) {
		if (strcmp(mode, names[i]) == 0) {
			a->mode = (enum arc1_mode)(ARC1_MODE_TIA + i);
			mode = NULL;
		}
	}
	if (mode)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "key 'mode=%s': an ArC ONE reads in mode "
		                      "tia or tia4p",
		                      mode);
	return sneak ? mr__arc1_scheme(sneak, &a->sneak, err) : MR_OK;
}

/* One of a few words; `out` stays what it is where the key is not there. */
static int take_word(struct mr_uri *uri, const char *key,
                     const char *const *words, uint32_t n, uint32_t *out,
                     struct mr_errtext *err)
{
	const char *value = mr_uri_take(uri, key);
	char known[100] = "";

	if (!value)
		return MR_OK;
	for (uint32_t i = 0; i < n; i++) {
		size_t at = strlen(known);

		(void)snprintf(known + at, sizeof known - at, "%s%s",
		               i ? ", " : "", words[i]);
		if (strcmp(value, words[i]) == 0) {
			*out = i;
			return MR_OK;
		}
	}
	return mr_errtext_set(err, MR_ERR_USAGE,
	                      "key '%s=%.40s': must be one of %s", key, value,
	                      known);
}

static int take_variants(struct mr_uri *uri, struct arc1_settings *s,
                         struct mr_errtext *err)
{
	static const char *const profiles[] = {"library", "gui"};
	static const char *const forms[] = {"14", "141"};
	static const char *const seeks[] = {"15", "152"};
	static const char *const series[] = {"none", "1k", "10k", "100k", "1M"};
	uint32_t gui = 0, linear = 0, slow = 0, ohm = 0, halt = 0;
	int rc = take_word(uri, "profile", profiles, 2, &gui, err);

	if (!rc)
		rc = take_word(uri, "form", forms, 2, &linear, err);
	if (!rc)
		rc = take_word(uri, "seek", seeks, 2, &slow, err);
	if (!rc)
		rc = take_word(uri, "series", series, 5, &ohm, err);
	if (!rc)
		rc = take_count(uri, "halt", 0, 1, &halt, err);
	s->gui = gui != 0;
	s->linear = linear != 0;
	s->slow = slow != 0;
	s->halt = halt != 0;
	s->series = ohm ? ohm : SERIES_NONE;
	return rc;
}

static int take_converge(struct mr_uri *uri, struct arc1_converge *c,
                         struct mr_errtext *err)
{
	struct {
		const char *key;
		double min, max, *out;
	} const keys[] = {
		{"converge.v_max_V", 1e-3, ARC1_V_MAX_V, &c->v_max_V},
		{"converge.v_min_V", 1e-3, ARC1_V_MAX_V, &c->v_min_V},
		{"converge.v_step_V", 1e-3, ARC1_V_MAX_V, &c->v_step_V},
		{"converge.w_min_s", ARC1_WIDTH_MIN_S, ARC1_WIDTH_MAX_S,
	         &c->w_min_s},
		{"converge.w_max_s", ARC1_WIDTH_MIN_S, ARC1_WIDTH_MAX_S,
	         &c->w_max_s},
		{"converge.w_step_pct", 1, STOP_MAX_PCT, &c->w_step_pct},
		{"converge.pause_s", 0, PAUSE_MAX_S, &c->pause_s},
		{"converge.initial_pct", 0, STOP_MAX_PCT, &c->initial_pct},
		{"converge.polarity", -1, 1, &c->polarity},
	};
	int rc = MR_OK;

	*c = (struct arc1_converge){.v_step_V = 0.1,
	                            .w_min_s = 1e-6,
	                            .w_step_pct = 100,
	                            .initial_pct = 10,
	                            .polarity = 1,
	                            .pulses = 1};
	for (size_t i = 0; i < sizeof keys / sizeof keys[0] && !rc; i++)
		rc = mr_uri_take_double(uri, keys[i].key, keys[i].min,
		                        keys[i].max, keys[i].out, err);
	if (!rc)
		rc = take_count(uri, "converge.pulses", 1, PULSES_MAX,
		                &c->pulses, err);
	c->offered = c->v_max_V > 0;
	if (c->v_min_V == 0)
		c->v_min_V = c->v_max_V;
	if (c->w_max_s == 0)
		c->w_max_s = c->w_min_s;
	if (!rc && (c->v_min_V > c->v_max_V || c->w_min_s > c->w_max_s ||
	            fabs(c->polarity) != 1) && c->offered)
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "keys 'converge...': v_min_V %g is at most "
		                      "v_max_V %g, w_min_s %g at most w_max_s %g, "
		                      "and polarity is 1 or -1",
		                      c->v_min_V, c->v_max_V, c->w_min_s,
		                      c->w_max_s);
	return rc;
}

static int take_jobs(struct mr_uri *uri, struct arc1_board *b,
                     struct mr_errtext *err)
{
	struct arc1_settings *s = &b->settings;
	const char *trace = mr_uri_take(uri, "trace");
	uint32_t program = 0;
	int rc = take_variants(uri, s, err);

	if (!rc && trace && !mr__arc1_shape_find(trace, &b->trace))
		rc = mr_errtext_set(err, MR_ERR_USAGE,
		                    "key 'trace=%.40s': a trace is auto, curve, "
		                    "chrono, volatility, former, seeker, "
		                    "endurance, stdp or reads",
		                    trace);
	if (!rc)
		rc = mr_uri_take_double(uri, "stop_ohm", 0, STOP_MAX_OHM,
		                        &s->stop_ohm, err);
	if (!rc)
		rc = mr_uri_take_double(uri, "stop_pct", 0, STOP_MAX_PCT,
		                        &s->stop_pct, err);
	if (!rc)
		rc = take_converge(uri, &b->converge, err);
	if (!rc)
		rc = take_word(uri, "program", programs, 2, &program, err);
	if (!rc && program && !b->converge.offered)
		rc = mr_errtext_set(err, MR_ERR_USAGE,
		                    "key 'program=converge' needs key "
		                    "'converge.v_max_V', how far its pulses may "
		                    "go");
	b->converge.on = program != 0;
	return rc;
}

int mr__arc1_take_keys(struct mr_uri *uri, const struct mr_open_options *options,
                       struct arc1_board *b, struct mr_errtext *err)
{
	struct arc1 *a = &b->link;
	bool socket = strcmp(uri->transport, "unix") == 0 ||
	              strcmp(uri->transport, "tcp") == 0;
	double pace_s = socket ? 0 : PACE_S, answer_s = ANSWER_S;
	uint32_t multibias = 0;

	a->read_cycles = READ_CYCLES;
	int rc = take_lines(uri, options, b, err);

	if (!rc)
		rc = take_count(uri, "read_cycles", 1, READ_CYCLES_MAX,
		                &a->read_cycles, err);
	if (!rc)
		rc = take_mode(uri, a, err);
	if (!rc)
		rc = take_jobs(uri, b, err);
	if (!rc)
		rc = mr_uri_take_double(uri, "pace_s", 0, 1, &pace_s, err);
	if (!rc)
		rc = mr_uri_take_double(uri, "answer_s", 0.01, 3600, &answer_s,
		                        err);
	if (!rc)
		rc = take_count(uri, "multibias", 0, 1, &multibias, err);
	if (!rc)
		rc = mr__device_type_take(uri, &b->type, err);
	a->pace_ns = (int64_t)(pace_s * NS_PER_S);
	a->answer_ns = (int64_t)(answer_s * NS_PER_S);
	b->settings.read_cycles = a->read_cycles;
	b->multibias = multibias != 0;
	return rc;
}

/* ---- conditions ---------------------------------------------------------------- */

static struct mr_condition *choice(struct mr_description *d, const char *name,
                                   const char *value)
{
	struct mr_condition *c = &d->conditions[d->n_conditions++];

	(void)snprintf(c->name, sizeof c->name, "%s", name);
	(void)snprintf(c->value, sizeof c->value, "%s", value);
	return c;
}

static void number(struct mr_description *d, const char *name, const char *unit,
                   double max, double value)
{
	struct mr_condition *c = choice(d, name, "");

	(void)snprintf(c->unit, sizeof c->unit, "%s", unit);
	(void)snprintf(c->value, sizeof c->value, "%g", value);
	c->max = max;
}

void mr__arc1_describe_conditions(const struct arc1_board *b,
                                  struct mr_description *d)
{
	struct mr_condition *c = choice(d, "trace",
	                                mr__arc1_shape_name(b->trace));

	for (int i = 0; i < ARC1_SHAPES; i++) {
		size_t n = strlen(c->choices);

		(void)snprintf(c->choices + n, sizeof c->choices - n, "%s%s",
		               n ? "|" : "",
		               mr__arc1_shape_name((enum arc1_shape)i));
	}
	number(d, "stop_ohm", "ohm", STOP_MAX_OHM, b->settings.stop_ohm);
	number(d, "stop_pct", "%", STOP_MAX_PCT, b->settings.stop_pct);
	if (!b->converge.offered)
		return;
	c = choice(d, "program", programs[b->converge.on]);
	(void)snprintf(c->choices, sizeof c->choices, "%s|%s", programs[0],
	               programs[1]);
}

int mr__arc1_configure(struct arc1_board *b, const struct mr_configure_op *cf,
                       struct mr_errtext *err)
{
	enum arc1_sneak sneak = b->link.sneak;
	int rc;

	if (strcmp(cf->name, "trace") == 0) {
		(void)mr__arc1_shape_find(cf->value, &b->trace);
	} else if (strcmp(cf->name, "stop_ohm") == 0) {
		b->settings.stop_ohm = strtod(cf->value, NULL);
	} else if (strcmp(cf->name, "stop_pct") == 0) {
		b->settings.stop_pct = strtod(cf->value, NULL);
	} else if (strcmp(cf->name, "program") == 0) {
		b->converge.on = strcmp(cf->value, programs[1]) == 0;
	} else {
		rc = mr__arc1_scheme(cf->value, &sneak, err);
		return rc ? rc : mr__arc1_sneak(&b->link, sneak, err);
	}
	return MR_OK;
}

