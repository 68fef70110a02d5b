/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The capability record of the open board protocol, section 3. */
#include "scpi.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_LENGTH 256
#define NUMBERS_MAX 8
#define LINES_MAX 65536

/* Numbers that go to a member of their own. */
enum kind { DOUBLE, UINT32, SIZE, FLAG };

struct plain {
	const char *key;
	enum kind kind;
	size_t at; /* in struct scpi_board */
	double min;
	double max;
};

#define LIMIT(member) offsetof(struct scpi_board, desc.limits.member)
#define DESC(member) offsetof(struct scpi_board, desc.member)

static const struct plain plains[] = {
	{"rows", UINT32, DESC(rows), 1, LINES_MAX},
	{"cols", UINT32, DESC(cols), 1, LINES_MAX},
	{"v_read_max_V", DOUBLE, LIMIT(v_read_max_V), 0, 1e3},
	{"v_pulse_max_V", DOUBLE, LIMIT(v_pulse_max_V), 0, 1e3},
	{"i_pulse_max_A", DOUBLE, LIMIT(i_pulse_max_A), 0, 1e2},
	{"width_min_s", DOUBLE, LIMIT(width_min_s), 1e-12, 1e9},
	{"width_max_s", DOUBLE, LIMIT(width_max_s), 1e-12, 1e9},
	{"count_max", UINT32, LIMIT(count_max), 1, UINT_MAX},
	{"batch_max", UINT32, LIMIT(batch_max), 1, UINT_MAX},
	{"averages_max", UINT32, LIMIT(averages_max), 1, UINT_MAX},
	{"message_max", SIZE, offsetof(struct scpi_board, message_max), 256,
         UINT_MAX},
	{"g_min_S", DOUBLE, DESC(g_min_S), 0, 1e3},
	{"g_max_S", DOUBLE, DESC(g_max_S), 1e-15, 1e3},
	{"g_unit_S", DOUBLE, DESC(g_unit_S), 1e-15, 1e3},
	{"drift_nu", DOUBLE, DESC(drift_nu), 0, 10},
	{"drift_t0_s", DOUBLE, DESC(drift_t0_s), 0, 1e9},
	{"cobs", FLAG, offsetof(struct scpi_board, packets), 0, 1},
	{"watchdog", FLAG, offsetof(struct scpi_board, watchdog), 0, 1},
	{"simulated", FLAG, offsetof(struct scpi_board, simulated), 0, 1},
	{"abort_s", DOUBLE, offsetof(struct scpi_board, abort_s), 0, 1e3},
	{"v_step_V", DOUBLE, offsetof(struct scpi_board, v_step_V), 0, 1e3},
	{"width_step_s", DOUBLE, offsetof(struct scpi_board, width_step_s), 0,
         1e3},
};

#define N_PLAINS (sizeof plains / sizeof plains[0])

/* One line that is being taken apart. */
struct line {
	int number;
	char *key;
	char *value;
	struct scpi_board *board;
	struct mr_errtext *err;
};

static int bad(const struct line *l, const char *why)
{
	return mr_errtext_set(l->err, MR_ERR_FORMAT,
	                      "the board's capability record, line %d, "
	                      "%.40s=%.60s: %s",
	                      l->number, l->key, l->value, why);
}

/* Numbers separated by blanks; returns how many, or -1. */
static int numbers(const char *text, double out[NUMBERS_MAX])
{
	int n = 0;

	while (*text) {
		char *rest;

		if (n == NUMBERS_MAX)
			return -1;
		out[n++] = strtod(text, &rest);
		if (rest == text || (*rest && *rest != ' '))
			return -1;
		text = rest + strspn(rest, " ");
	}
	return n;
}

static void store(const struct plain *p, struct scpi_board *b, double value)
{
	char *at = (char *)b + p->at;
	uint32_t whole = value < (double)UINT_MAX ? (uint32_t)value : UINT_MAX;
	size_t size = whole;
	bool flag = value != 0;

	if (p->kind == DOUBLE)
		memcpy(at, &value, sizeof value);
	else if (p->kind == UINT32)
		memcpy(at, &whole, sizeof whole);
	else if (p->kind == SIZE)
		memcpy(at, &size, sizeof size);
	else
		memcpy(at, &flag, sizeof flag);
}

static int take_plain(const struct line *l, const struct plain *p)
{
	double value[NUMBERS_MAX];

	if (numbers(l->value, value) != 1 || !isfinite(value[0]))
		return bad(l, "must be one number");
	if (value[0] < p->min || value[0] > p->max)
		return bad(l, "is outside what makes sense");
	if (p->kind != DOUBLE && value[0] != floor(value[0]))
		return bad(l, "must be a whole number");
	store(p, l->board, value[0]);
	return MR_OK;
}

static int take_offers(const struct line *l)
{
	static const enum mr_op_kind kinds[] = {MR_OP_READ, MR_OP_PULSE,
	                                        MR_OP_TRACE, MR_OP_PROGRAM,
	                                        MR_OP_DRIVE};
	char *save = NULL;

	for (char *word = strtok_r(l->value, " ", &save); word;
	     word = strtok_r(NULL, " ", &save))
		for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
			if (strcmp(word, mr_op_kind_name(kinds[i])) == 0)
				l->board->desc.abilities |= MR_ABILITY(kinds[i]);
	return MR_OK;
}

static int take_levels(const struct line *l)
{
	struct mr_description *d = &l->board->desc;
	double value[NUMBERS_MAX];
	int n = numbers(l->value, value);

	if (n < 1)
		return bad(l, "must be 1 to 8 voltages");
	d->n_levels = (uint32_t)n;
	for (int i = 0; i < n; i++)
		d->level_V[i] = (float)value[i];
	return MR_OK;
}

static int take_scheme(const struct line *l, const char *name)
{
	struct mr_description *d = &l->board->desc;
	struct mr_scheme *s = &d->schemes[d->n_schemes];
	double v[NUMBERS_MAX];

	if (d->n_schemes == MR_SCHEMES_MAX || strlen(name) >= sizeof s->name)
		return bad(l, "more schemes, or a longer name, than there is "
		              "room for");
	if (numbers(l->value, v) != 4)
		return bad(l, "must be four fractions");
	(void)snprintf(s->name, sizeof s->name, "%s", name);
	s->row_selected = v[0];
	s->row_other = v[1];
	s->col_selected = v[2];
	s->col_other = v[3];
	d->n_schemes++;
	return MR_OK;
}

static int effect_of(const char *name, size_t n, enum mr_effect *out)
{
	static const char *const names[] = {"none", "raise", "lower", "erase"};

	for (int i = 0; i < 4; i++) {
		if (strlen(names[i]) == n && strncmp(name, names[i], n) == 0) {
			*out = (enum mr_effect)i;
			return MR_OK;
		}
	}
	return MR_ERR_FORMAT;
}

static int take_waveform(const struct line *l, const char *name)
{
	struct mr_description *d = &l->board->desc;
	struct mr_waveform *w = &d->waveforms[d->n_waveforms];
	size_t word = strcspn(l->value, " ");
	double v[NUMBERS_MAX];

	if (d->n_waveforms == MR_WAVEFORMS_MAX || strlen(name) >= sizeof w->name)
		return bad(l, "more waveforms, or a longer name, than there is "
		              "room for");
	if (effect_of(l->value, word, &w->effect) ||
	    numbers(l->value + word + strspn(l->value + word, " "), v) != 4)
		return bad(l, "must be an effect and four numbers");
	if (!isfinite(v[0]) || v[0] == 0 || !(v[1] > 0) || !(v[2] >= 0) ||
	    !(v[3] >= 0))
		return bad(l, "has an amplitude of 0 or a width that is none");
	(void)snprintf(w->name, sizeof w->name, "%s", name);
	w->amplitude = v[0];
	w->width_s = v[1];
	w->t_rise_s = v[2];
	w->t_fall_s = v[3];
	/* until its step.NAME says more */
	w->step = (struct mr_step){.memory_pulses = 1};
	d->n_waveforms++;
	return MR_OK;
}

static int take_step(const struct line *l, const char *name)
{
	struct mr_description *d = &l->board->desc;
	double v[NUMBERS_MAX];

	if (numbers(l->value, v) != 5 || !(v[0] > 0) || !(v[4] > 0))
		return bad(l, "must be five numbers, the first and the last "
		              "greater than 0");
	for (uint32_t i = 0; i < d->n_waveforms; i++) {
		if (strcmp(d->waveforms[i].name, name) == 0) {
			d->waveforms[i].step = (struct mr_step){
				v[0], v[1], v[2], v[3], v[4]};
			return MR_OK;
		}
	}
	return bad(l, "comes before its waveform");
}

static int take_text(const struct line *l)
{
	struct mr_description *d = &l->board->desc;

	(void)snprintf(d->model, sizeof d->model, "%.23s", l->value);
	return MR_OK;
}

static int take_unit(struct line *l, bool *amperes)
{
	if (strcmp(l->value, "V") != 0 && strcmp(l->value, "A") != 0)
		return bad(l, "must be V or A");
	*amperes = l->value[0] == 'A';
	return MR_OK;
}

static int take_line(struct line *l, bool *amperes)
{
	for (size_t i = 0; i < N_PLAINS; i++)
		if (strcmp(l->key, plains[i].key) == 0)
			return take_plain(l, &plains[i]);
	if (strcmp(l->key, "technology") == 0)
		return take_text(l);
	if (strcmp(l->key, "unit") == 0)
		return take_unit(l, amperes);
	if (strcmp(l->key, "offers") == 0)
		return take_offers(l);
	if (strcmp(l->key, "levels_V") == 0)
		return take_levels(l);
	if (strncmp(l->key, "scheme.", 7) == 0)
		return take_scheme(l, l->key + 7);
	if (strncmp(l->key, "waveform.", 9) == 0)
		return take_waveform(l, l->key + 9);
	if (strncmp(l->key, "step.", 5) == 0)
		return take_step(l, l->key + 5);
	return MR_OK; /* of a later minor version */
}

/* The unit is stated once and may come after a waveform. */
static void set_units(struct mr_description *d, bool amperes)
{
	for (uint32_t i = 0; i < d->n_waveforms; i++)
		if (d->waveforms[i].effect != MR_EFFECT_NONE)
			d->waveforms[i].unit = amperes ? MR_UNIT_AMPERE
			                               : MR_UNIT_VOLT;
}

static int check_whole(const struct scpi_board *b, struct mr_errtext *err)
{
	const struct mr_description *d = &b->desc;
	const char *missing = NULL;

	if (!d->rows || !d->cols)
		missing = "rows and cols";
	else if (!(d->abilities & MR_ABILITY(MR_OP_READ)))
		missing = "offers with read";
	else if (!(d->limits.width_max_s > d->limits.width_min_s))
		missing = "width_min_s below width_max_s";
	else if (!(d->g_max_S > d->g_min_S) || !(d->g_unit_S > 0))
		missing = "g_min_S, g_max_S, g_unit_S";
	else if (!mr_description_effect(d, MR_EFFECT_NONE))
		missing = "waveform.read";
	else if (b->message_max < 256)
		missing = "message_max";
	if (!missing)
		return MR_OK;
	return mr_errtext_set(err, MR_ERR_FORMAT,
	                      "the board's capability record lacks %s "
	                      "(docs/board-protocol.md, section 3)",
	                      missing);
}

int mr__scpi_record_parse(const char *text, size_t n, struct scpi_board *out,
                          struct mr_errtext *err)
{
	struct line l = {.board = out, .err = err};
	bool amperes = false;

	*out = (struct scpi_board){
		.desc.limits = {.count_max = 1, .batch_max = 1, .averages_max = 1},
		.desc.model = "unknown"};
	while (n) {
		const char *end = memchr(text, '\n', n);
		size_t length = end ? (size_t)(end - text) : n;
		char copy[LINE_MAX_LENGTH];

		l.number++;
		l.key = copy;
		l.value = "";
		(void)snprintf(copy, sizeof copy, "%.*s",
		               (int)(length < sizeof copy ? length
		                                          : sizeof copy - 1),
		               text);
		copy[strcspn(copy, "\r")] = '\0';
		char *equals = strchr(copy, '=');

		if (length >= sizeof copy)
			return bad(&l, "is too long");
		if (!equals && copy[0])
			return bad(&l, "must be key=value");
		if (equals) {
			*equals = '\0';
			l.value = equals + 1;
			int rc = take_line(&l, &amperes);

			if (rc)
				return rc;
		}
		text += length + (end ? 1 : 0);
		n -= length + (end ? 1 : 0);
	}
	set_units(&out->desc, amperes);
	return check_whole(out, err);
}

int mr__scpi_record(struct scpi *s, struct scpi_board *out,
                    struct mr_errtext *err)
{
	char *text = malloc(SCPI_RECORD_MAX);
	size_t n = 0;
	char end;
	int rc;

	if (!text)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	mr__scpi_begin(s);
	mr__scpi_add(s, ":SYST:CAP?");
	rc = mr__scpi_send(s, err);
	if (!rc)
		rc = mr__scpi_await(s, 0, err);
	if (!rc)
		rc = mr__scpi_block_some(s, text, SCPI_RECORD_MAX, &n, &end, err);
	if (!rc)
		rc = mr__scpi_record_parse(text, n, out, err);
	free(text);
	return rc;
}
