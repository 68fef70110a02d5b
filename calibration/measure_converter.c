/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* converter: reference resistors in place of cells, read at several voltages and
 * numbers of averages. Nothing is pulsed. */
#include "measuring.h"

#include <math.h>
#include <stdlib.h>

#define REFERENCES_MAX 64

static const struct mr_measure_setting settings[] = {
	{"reference", "ohm", MR_SETTING_TEXT, 0, 0, 0,
	 "cells that are resistors, as CELL:OHM, such as 0:10000,1:100000"},
	{"voltages", "", MR_SETTING_WHOLE, 1, 1000, 8,
	 "up to the read limit, in both polarities"},
	{"averages", "", MR_SETTING_WHOLE, 1, 1e6, 64,
	 "the most; from 1 on by factors of 4"},
	{"reads", "", MR_SETTING_WHOLE, 1, 100000, 8, "readings at each point"},
};

static int bad_reference(const struct mr__measuring *m)
{
	return mr_errtext_set(
		m->err, MR_ERR_USAGE,
		"converter.reference=%s: give up to %d pairs CELL:OHM of cells "
		"0 to %u, such as 0:10000,1:100000",
		mr__measure_text(m, "reference"), REFERENCES_MAX,
		m->desc->rows * m->desc->cols - 1);
}

static int references(const struct mr__measuring *m, uint32_t *cells,
                      uint32_t *n)
{
	const char *text = mr__measure_text(m, "reference");

	for (*n = 0; *text; (*n)++) {
		char *end;
		double cell = strtod(text, &end);
		double ohm;

		if (end == text || *end != ':' || *n == REFERENCES_MAX
		    || !(cell >= 0 && cell < m->desc->rows * m->desc->cols)
		    || cell != floor(cell))
			return bad_reference(m);
		text = end + 1;
		ohm = strtod(text, &end);
		if (end == text || (*end && *end != ',') || !(ohm > 0)
		    || !isfinite(ohm))
			return bad_reference(m);
		cells[*n] = (uint32_t)cell;
		text = *end ? end + 1 : end;
	}
	return MR_OK;
}

static int read_at(struct mr__measuring *m, const struct mr_selection *where,
                   double v_V, uint32_t averages)
{
	uint32_t most = m->desc->limits.averages_max;
	float g_S[REFERENCES_MAX], volts_V[REFERENCES_MAX], i_A[REFERENCES_MAX];
	uint8_t status[REFERENCES_MAX];
	int code = MR_OK;

	for (uint32_t k = 0; k < mr__measure_whole(m, "reads")
	                     && code == MR_OK; k++) {
		struct mr_op op = {.kind = MR_OP_READ, .where = *where};

		op.read.v_read_V = v_V;
		op.read.averages = most && averages > most ? most : averages;
		op.read.g_S = g_S;
		op.read.v_V = volts_V;
		op.read.i_A = i_A;
		op.read.status = status;
		code = mr__measure_do(m, &op);
	}
	return code;
}

static int sweep(struct mr__measuring *m, const struct mr_selection *where)
{
	double most_V = m->desc->limits.v_read_max_V;
	int n = (int)mr__measure_whole(m, "voltages");
	uint32_t most = mr__measure_whole(m, "averages");
	int code = MR_OK;

	for (uint32_t a = 1; a <= most && code == MR_OK; a *= 4)
		for (int k = -n; k <= n && code == MR_OK; k++)
			if (k != 0)
				code = read_at(m, where, most_V * k / n, a);
	return code;
}

static int run(struct mr__measuring *m)
{
	uint32_t cells[REFERENCES_MAX];
	struct mr_selection where = {.kind = MR_SELECT_LIST, .cells = cells};
	int code = references(m, cells, &where.n_cells);

	if (code != MR_OK)
		return code;
	if (where.n_cells == 0)
		return mr__measure_skip(m, "no cell is named as a reference "
		                           "resistor: say converter.reference="
		                           "CELL:OHM,...");
	if (!(m->abilities & MR_ABILITY(MR_OP_READ)))
		return mr__measure_skip(m, "the array cannot read");
	return sweep(m, &where);
}

const struct mr__protocol mr__measure_converter = {
	.about = {"converter", "the read path against reference resistors",
	          "reads; resistors in place of cells, named by a setting",
	          settings, sizeof settings / sizeof *settings},
	.run = run,
};
