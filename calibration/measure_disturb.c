/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* disturb: pulses on a few cells, on the diagonal, and readings of all: those in
 * their rows and columns are half-selected, the others are the control. Under
 * each half-select scheme that the array has. */
#include "measuring.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIDDLE_PULSES 5

static const struct mr_measure_setting settings[] = {
	{"pulses", "", MR_SETTING_WHOLE, 1, 1e9, 1000,
	 "on each of the pulsed cells, in all, by factors of ten"},
	{"cells", "", MR_SETTING_WHOLE, 1, 65536, 4, "that are pulsed"},
	{"reads", "", MR_SETTING_WHOLE, 1, 1000, 4, "readings of all each time"},
	{"averages", "", MR_SETTING_WHOLE, 1, 1e6, 64, "averaged in each"},
};

static int read_all(struct mr__measuring *m)
{
	int code = MR_OK;

	for (uint32_t k = 0; k < mr__measure_whole(m, "reads")
	                     && code == MR_OK; k++)
		code = mr__measure_read(m, mr__measure_whole(m, "averages"));
	return code;
}

/* Cells of which no two share a row or a column. */
static uint32_t pick(const struct mr__measuring *m, uint32_t *out, uint32_t most)
{
	uint32_t n_cols = m->desc->cols;
	uint32_t n = 0;

	for (uint32_t i = 0; i < m->n && n < most; i++) {
		bool clear = true;

		for (uint32_t k = 0; k < n; k++)
			clear = clear && out[k] / n_cols != m->cells[i] / n_cols
			        && out[k] % n_cols != m->cells[i] % n_cols;
		if (clear)
			out[n++] = m->cells[i];
	}
	return n;
}

/* Pulses on the picked cells alone. */
static int expose(struct mr__measuring *m, const struct mr_waveform *wave,
                  const struct mr_selection *picked, uint32_t count)
{
	struct mr_selection all = m->where;
	uint32_t n = m->n;
	int code;

	m->where = *picked;
	m->n = picked->n_cells;
	code = mr__measure_pulse(m, wave, count);
	m->where = all;
	m->n = n;
	return code;
}

static int exposure(struct mr__measuring *m, const struct mr_selection *picked,
                    const struct mr_waveform *wave)
{
	uint64_t most = (uint64_t)mr__measure_value(m, "pulses");
	uint64_t given = 0;
	int code = mr__measure_clear(m);

	if (code == MR_OK) /* both ways must be open to the neighbours */
		code = mr__measure_pulse(
			m, mr__measure_wave(m, MR_EFFECT_RAISE), MIDDLE_PULSES);
	if (code == MR_OK)
		code = read_all(m);
	for (uint64_t up_to = 1; code == MR_OK && given < most; up_to *= 10) {
		uint64_t now = up_to < most ? up_to : most;

		code = expose(m, wave, picked, (uint32_t)(now - given));
		given = now;
		if (code == MR_OK)
			code = read_all(m);
	}
	return code;
}

static int both_ways(struct mr__measuring *m, const struct mr_selection *picked)
{
	const struct mr_waveform *down = mr__measure_wave(m, MR_EFFECT_ERASE);
	int code = exposure(m, picked, mr__measure_wave(m, MR_EFFECT_RAISE));

	if (!down)
		down = mr__measure_wave(m, MR_EFFECT_LOWER);
	return code == MR_OK ? exposure(m, picked, down) : code;
}

static int set_scheme(struct mr__measuring *m, const char *name)
{
	struct mr_op op = {.kind = MR_OP_CONFIGURE,
	                   .configure = {"scheme", name}};

	return mr__measure_do(m, &op);
}

/* The scheme that held comes last, so that it holds again. */
static int each_scheme(struct mr__measuring *m, const struct mr_condition *c,
                       const struct mr_selection *picked)
{
	char choices[sizeof c->choices];
	char was[sizeof c->value];
	char *rest = NULL;
	int code = MR_OK;

	(void)snprintf(choices, sizeof choices, "%s", c->choices);
	(void)snprintf(was, sizeof was, "%s", c->value);
	for (char *one = strtok_r(choices, "|", &rest); one && code == MR_OK;
	     one = strtok_r(NULL, "|", &rest)) {
		if (strcmp(one, was) == 0)
			continue;
		code = set_scheme(m, one);
		if (code == MR_OK)
			code = both_ways(m, picked);
		if (code == MR_OK)
			code = set_scheme(m, was);
	}
	return code == MR_OK ? both_ways(m, picked) : code;
}

static const struct mr_condition *scheme_of(const struct mr_description *d)
{
	for (uint32_t k = 0; k < d->n_conditions; k++)
		if (strcmp(d->conditions[k].name, "scheme") == 0
		    && strchr(d->conditions[k].choices, '|'))
			return &d->conditions[k];
	return NULL;
}

static int with_cells(struct mr__measuring *m, uint32_t *cells)
{
	const struct mr_condition *scheme = scheme_of(m->desc);
	struct mr_selection picked = {.kind = MR_SELECT_LIST, .cells = cells};

	picked.n_cells = pick(m, cells, mr__measure_whole(m, "cells"));
	return scheme ? each_scheme(m, scheme, &picked) : both_ways(m, &picked);
}

static int run(struct mr__measuring *m)
{
	uint32_t *cells;
	int code;

	if (!mr__measure_wave(m, MR_EFFECT_RAISE) || !mr__measure_clears(m)
	    || !(m->abilities & MR_ABILITY(MR_OP_READ)))
		return mr__measure_skip(m, "the array has no pulses that lead "
		                           "up and down");
	if (m->n < 2)
		return mr__measure_skip(m, "one cell has no neighbours");
	cells = calloc(m->n, sizeof *cells);
	if (!cells)
		return mr_errtext_set(m->err, MR_ERR_NOMEM, "out of memory");
	code = with_cells(m, cells);
	free(cells);
	return code;
}

const struct mr__protocol mr__measure_disturb = {
	.about = {"disturb", "what pulses do to half-selected neighbours",
	          "reads; pulses that lead up and down; two cells or more",
	          settings, sizeof settings / sizeof *settings},
	.run = run,
};
