/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* What the contract suite does not ask of an ArC ONE: its own column reads, and
 * what it refuses before a byte leaves. */
#include <string.h>

#include "memrig/memrig.h"

#include "test.h"

#define ROWS 3
#define COLS 2
#define URI                                                                   \
	"arc1+loop:ideal?rows=3&cols=2&emu.rows=3&emu.cols=2&device=ideal"    \
	"&board.line=ideal"

static struct mr_array *open_board(const char *uri)
{
	struct mr_array *array = NULL;
	struct mr_errtext err = {""};

	MR_CODE_ERR(mr_array_open(uri, NULL, &array, &err), MR_OK, err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(array);
	return array;
}

static void multibias_sums_the_words_that_are_on(void)
{
	struct mr_array *array = open_board(URI "&multibias=1");
	const struct mr_description *d = mr_array_describe(array);
	float level_V = d->level_V[1], g_S[ROWS * COLS], i_A[COLS];
	float v_V[ROWS] = {level_V, 0, level_V};
	uint32_t one[] = {4};
	const struct mr_selection where = {
		.kind = MR_SELECT_LIST, .cells = one, .n_cells = 1};
	float unused_S;
	struct mr_op other = {.kind = MR_OP_READ,
	                      .where = where,
	                      .read = {.v_read_V = 0.1, .g_S = &unused_S}};

	CU_ASSERT_EQUAL(d->n_levels, 2);
	MR_CODE(mr_array_pulse(array, NULL, "set", 5), MR_OK);
	MR_CODE(mr_array_pulse(array, &where, "set", 9), MR_OK);
	MR_CODE(mr_array_read(array, NULL, g_S), MR_OK);
	double sum[COLS] = {(double)(g_S[0] + g_S[4]), (double)(g_S[1] + g_S[5])};

	/* a read at another voltage leaves the level of drives alone */
	MR_CODE(mr_array_submit(array, &other, 1, NULL, NULL), MR_OK);
	MR_CODE(mr_array_drive(array, v_V, i_A), MR_OK);
	for (int c = 0; c < COLS; c++) /* floats on the wire, ohms in between */
		MR_NEAR((double)i_A[c], (double)level_V * sum[c], 1e-12);
	/* what the board cannot drive is composed from reads */
	v_V[1] = 0.5f * level_V;
	MR_CODE(mr_array_drive(array, v_V, i_A), MR_OK);
	for (int c = 0; c < COLS; c++)
		MR_NEAR((double)i_A[c],
		        (double)level_V * (sum[c] + 0.5 * (double)g_S[2 + c]),
		        1e-12);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

static void pulses_beyond_the_board_are_refused(void)
{
	struct mr_array *array = open_board(URI);
	struct mr_op op = {.kind = MR_OP_PULSE};

	mr_pulse_from(&op, mr_description_waveform(mr_array_describe(array),
	                                           "set"));
	op.pulse.t_rise_s = 1e-6;
	MR_CODE(mr_array_submit(array, &op, 1, NULL, NULL), MR_ERR_UNSUPPORTED);
	MR_HAS(mr_array_errmsg(array), "edges");
	op.pulse.t_rise_s = 0;
	op.pulse.compliance = 1e-3;
	MR_CODE(mr_array_submit(array, &op, 1, NULL, NULL), MR_ERR_UNSUPPORTED);
	MR_HAS(mr_array_errmsg(array), "compliance");
	op.pulse.compliance = 0;
	MR_CODE(mr_array_submit(array, &op, 1, NULL, NULL), MR_OK);
	MR_CODE(mr_array_resync(array), MR_OK);
	MR_CODE(mr_array_submit(array, &op, 1, NULL, NULL), MR_OK);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

static void wrong_keys_are_refused(void)
{
	static const struct {
		const char *key;
		int code;
		const char *text;
	} wrong[] = {
		{"&mode=classic", MR_ERR_USAGE, "tia4p"},
		{"&scheme=v9", MR_ERR_USAGE, "v3, v2 and float"},
		{"&read_cycles=0", MR_ERR_RANGE, "read_cycles"},
		{"&device.nonsense=1", MR_ERR_USAGE, "nonsense"},
		{"&colour=red", MR_ERR_USAGE, "colour"},
	};

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct mr_array *array = NULL;
		struct mr_errtext err = {""};
		char uri[300] = URI;

		(void)strncat(uri, wrong[i].key, 40);
		MR_CODE_ERR(mr_array_open(uri, NULL, &array, &err),
		            wrong[i].code, err);
		MR_HAS(err.text, wrong[i].text);
	}
}

const struct mr_test mr_tests[] = {
	{"multibias_sums_the_words_that_are_on",
	 multibias_sums_the_words_that_are_on},
	{"pulses_beyond_the_board_are_refused",
	 pulses_beyond_the_board_are_refused},
	{"wrong_keys_are_refused", wrong_keys_are_refused},
	{0},
};
