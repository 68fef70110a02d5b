/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Fixture maps: the shipped example, where its cells are on the board, and files
 * that are wrong. */
#include <stdio.h>
#include <string.h>

#include "driver/arc1_map.h"
#include "memrig/memrig.h"

#include "test.h"

#define EXAMPLE MR_SRCDIR "/data/fixtures/plcc68.ini"
#define KEYS                                                                  \
	"&emu.rows=32&emu.cols=32&device=ideal&board.line=ideal&multibias=1"
#define HEAD "[memrig]\nrows = 2\ncols = 2\n"
#define PINS "[words]\nA = 1\nB = 2\n[bits]\nC = 1\nD = 2\n"
#define WIRES "[rows]\n0 = A\n1 = B\n[cols]\n0 = C\n1 = D\n"

struct heard {
	char text[2048];
	size_t n;
};

static void on_piece(void *self, const struct mr_wire_piece *piece)
{
	struct heard *h = self;

	if (piece->what != MR_WIRE_SENT || h->n + piece->size >= sizeof h->text)
		return;
	memcpy(h->text + h->n, piece->data, piece->size);
	h->n += piece->size;
	h->text[h->n] = '\0';
}

static struct mr_array *open_map(const char *path, const char *keys,
                                 struct heard *h)
{
	char uri[500];
	struct mr_array *array = NULL;
	struct mr_errtext err = {""};
	const struct mr_wire_watcher watcher = {.self = h, .piece = on_piece};

	(void)snprintf(uri, sizeof uri, "arc1+loop:ideal?map=%s" KEYS "%s", path,
	               keys);
	MR_CODE_ERR(mr_array_open(uri, NULL, &array, &err), MR_OK, err);
	CU_ASSERT_FATAL(array != NULL);
	*h = (struct heard){.n = 0};
	MR_CODE(mr_array_watch_wire(array, &watcher), MR_OK);
	return array;
}

static void example_says_where_cells_are(void)
{
	static struct arc1_map map;
	struct mr_errtext err = {""};

	MR_CODE_ERR(mr__arc1_map_read(EXAMPLE, &map, &err), MR_OK, err);
	CU_ASSERT(map.rows.n == 4 && map.cols.n == 3);
	CU_ASSERT(map.rows.wire[0].line == 4 && map.rows.wire[1].line == 3 &&
	          map.rows.wire[2].line == 0 && map.rows.wire[3].line == 8);
	CU_ASSERT(map.cols.wire[0].line == 1 && map.cols.wire[1].line == 3 &&
	          map.cols.wire[2].line == 8);
}

static void operations_go_to_mapped_lines(void)
{
	struct heard h;
	struct mr_array *array = open_map(EXAMPLE, "", &h);
	const struct mr_description *d = mr_array_describe(array);
	uint32_t cells[] = {0, 4, 11}; /* rows 0, 1, 3; columns 0, 1, 2 */
	const struct mr_selection where = {
		.kind = MR_SELECT_LIST, .cells = cells, .n_cells = 3};
	uint32_t rows[] = {3, 1}, cols[] = {1};
	const struct mr_selection outer = {.kind = MR_SELECT_OUTER,
	                                   .rows = rows,
	                                   .n_rows = 2,
	                                   .cols = cols,
	                                   .n_cols = 1};
	float g_S[3], v_V[2] = {d->level_V[1], d->level_V[1]}, i_A[1];
	struct mr_op drive = {.kind = MR_OP_DRIVE,
	                      .where = outer,
	                      .drive = {.batch = 1, .v_V = v_V, .i_A = i_A}};

	CU_ASSERT(d->rows == 4 && d->cols == 3);
	MR_CODE(mr_array_pulse(array, &where, "set", 1), MR_OK);
	CU_ASSERT_STRING_EQUAL(h.text, "3\n4\n1\n1.000e+00\n1.000e-07\n"
	                               "3\n3\n3\n1.000e+00\n1.000e-07\n"
	                               "3\n8\n8\n1.000e+00\n1.000e-07\n");
	h.n = 0;
	MR_CODE(mr_array_read(array, &where, g_S), MR_OK);
	CU_ASSERT_STRING_EQUAL(h.text,
	                       "2\n2\n32\n32\n3\n4\n1\n3\n3\n8\n8\n");
	for (int i = 0; i < 3; i++) /* a set pulse of an ideal cell */
		MR_NEAR((double)g_S[i], 0.05e-6, 1e-12);
	h.n = 0;
	MR_CODE(mr_array_submit(array, &drive, 1, NULL, NULL), MR_OK);
	CU_ASSERT(strstr(h.text, "\n2\n3\n1\n8\n3\n") != NULL);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

static void cells_that_are_not_connected_are_refused(void)
{
	static const struct {
		uint32_t cell;
		const char *text;
	} open[] = {
		{7, "cell 2,1 is not connected: row 2 is on no pin"},
		{9, "cell 3,0 is not connected: cracked bridge"},
	};
	struct heard h;
	struct mr_array *array = open_map(EXAMPLE, "", &h);
	float g_S[12];

	for (size_t i = 0; i < sizeof open / sizeof open[0]; i++) {
		uint32_t cells[] = {0, open[i].cell};
		const struct mr_selection where = {
			.kind = MR_SELECT_LIST, .cells = cells, .n_cells = 2};

		MR_CODE(mr_array_read(array, &where, g_S), MR_ERR_REFUSED);
		MR_HAS(mr_array_errmsg(array), open[i].text);
		MR_HAS(mr_array_errmsg(array), "plcc68.ini");
		MR_CODE(mr_array_pulse(array, &where, "set", 1),
		        MR_ERR_REFUSED);
	}
	MR_CODE(mr_array_read(array, NULL, g_S), MR_ERR_REFUSED);
	CU_ASSERT_EQUAL(h.n, 0); /* not a byte left */
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

static void put_file(char path[MR_TEST_PATH_MAX], const char *text)
{
	FILE *f;

	mr_test_path(path, "map.ini");
	f = fopen(path, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT(fputs(text, f) >= 0);
	CU_ASSERT_EQUAL(fclose(f), 0);
}

static void wrong_maps_are_refused_by_line(void)
{
	static const struct {
		const char *file;
		int code;
		const char *text;
	} wrong[] = {
		{"[memrig]\nrows = 33\n", MR_ERR_FORMAT, "map.ini:2: "},
		{"[memrig]\nrows = 2\nrows = 2\n", MR_ERR_FORMAT,
	         "map.ini:3: rows = '2': given twice"},
		{"[memrig]\nlayers = 2\n", MR_ERR_FORMAT, "unknown"},
		{"[wires]\n0 = 1\n", MR_ERR_FORMAT, "map.ini:2: [wires]"},
		{"nonsense\n", MR_ERR_FORMAT, "map.ini:1: "},
		{HEAD "[words]\nA B = 1\n", MR_ERR_FORMAT,
	         "map.ini:5: A B = '1': a pin's name"},
		{HEAD "[words]\nA = 0\n", MR_ERR_FORMAT, "1 to 32"},
		{HEAD "[words]\nA = 33\n", MR_ERR_FORMAT, "1 to 32"},
		{HEAD "[words]\nA = 1\nA = 2\n", MR_ERR_FORMAT,
	         "map.ini:6: A = '2': the pin is there twice"},
		{HEAD "[bits]\nA = 1\nB = 1\n", MR_ERR_FORMAT,
	         "on another pin already"},
		{HEAD PINS "[rows]\n-1 = A\n", MR_ERR_FORMAT, "from 0 to 31"},
		{HEAD PINS "[rows]\n0 = A\n0 = B\n", MR_ERR_FORMAT,
	         "map.ini:12: 0 = 'B': given twice"},
		{HEAD PINS "[rows]\n0 = A:1\n", MR_ERR_FORMAT, "name of a pin"},
		{HEAD PINS "[rows]\n0 = C\n[cols]\n0 = C\n", MR_ERR_FORMAT,
	         "map.ini:11: row 0 is on pin C, which [words] does not have"},
		{HEAD PINS "[rows]\n2 = A\n[cols]\n0 = C\n", MR_ERR_RANGE,
	         "map.ini:11: row 2: there are only 2"},
		{HEAD PINS "[rows]\n0 = A\n1 = A\n[cols]\n0 = C\n",
	         MR_ERR_FORMAT, "row 0 and 1 are both on pin A"},
		{HEAD PINS "[rows]\n0 = A\n", MR_ERR_FORMAT,
	         "no col is on a pin"},
		{"[memrig]\nrows = 2\n" PINS WIRES, MR_ERR_FORMAT,
	         "how many cols"},
		{HEAD PINS "A = 3\n" WIRES, MR_ERR_FORMAT,
	         "map.ini:10: pin A is on a word already"},
		{HEAD PINS WIRES "[open]\n2,0 = x\n", MR_ERR_RANGE,
	         "map.ini:17: cell 2,0: there are only 2 rows"},
		{HEAD PINS WIRES "[open]\n0;0 = x\n", MR_ERR_FORMAT,
	         "ROW,COLUMN"},
		{HEAD PINS WIRES "[open]\n0,0 = x\n0,0 = y\n", MR_ERR_FORMAT,
	         "twice"},
	};

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		char path[MR_TEST_PATH_MAX], uri[400];
		struct mr_array *array = NULL;
		struct mr_errtext err = {""};

		put_file(path, wrong[i].file);
		(void)snprintf(uri, sizeof uri, "arc1+loop:ideal?map=%s" KEYS,
		               path);
		MR_CODE_ERR(mr_array_open(uri, NULL, &array, &err),
		            wrong[i].code, err);
		MR_HAS(err.text, wrong[i].text);
	}
}

static void map_does_not_go_with_a_shape(void)
{
	struct mr_array *array = NULL;
	struct mr_errtext err = {""};

	MR_CODE_ERR(mr_array_open("arc1+loop:ideal?rows=3&map=" EXAMPLE KEYS,
	                          NULL, &array, &err),
	            MR_ERR_USAGE, err);
	MR_HAS(err.text, "the map says them");
	MR_CODE_ERR(mr_array_open("arc1+loop:ideal?map=/nowhere/at/all" KEYS,
	                          NULL, &array, &err),
	            MR_ERR_MISSING, err);
	MR_HAS(err.text, "/nowhere/at/all");
}

const struct mr_test mr_tests[] = {
	{"example_says_where_cells_are", example_says_where_cells_are},
	{"operations_go_to_mapped_lines", operations_go_to_mapped_lines},
	{"cells_that_are_not_connected_are_refused",
	 cells_that_are_not_connected_are_refused},
	{"wrong_maps_are_refused_by_line", wrong_maps_are_refused_by_line},
	{"map_does_not_go_with_a_shape", map_does_not_go_with_a_shape},
	{0},
};
