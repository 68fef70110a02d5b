/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Quantities, whole numbers, lists and selections of cells as they are typed
 * after an option. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/cells.h"
#include "apps/cmd.h"
#include "apps/input.h"
#include "fuzz.h"

const char mr_fuzz_name[] = "quantity";

static const char *const units[] = {"1", "s", "V", "A", "S"};
#define N_UNITS (sizeof units / sizeof units[0])

static const struct mr_tool_option options[] = {
	MR_CELLS_OPTIONS,
	{"v", "V", "a quantity", false},
	{"n", "N", "a whole number", false},
	{0},
};

static const struct mr_tool_page page = {.name = "fuzz",
                                         .summary = "",
                                         .usage = "",
                                         .options = options,
                                         .examples = ""};

static void read_quantity(const char *text)
{
	char pretty[32];
	uint64_t whole = 0;

	for (size_t i = 0; i < N_UNITS; i++) {
		double x = NAN;
		int code = mr_tool_quantity(text, units[i], &x);

		if (!mr_fuzz_judge(code, "it says nothing"))
			continue;
		mr_fuzz_must(isfinite(x), "a quantity is finite");
		mr_fuzz_must(strlen(mr_tool_pretty(pretty, x, units[i])) < 32,
		             "it is shown");
	}
	(void)mr_fuzz_judge(mr_tool_whole(text, &whole), "it says nothing");
}

/* As the one option of a command line. The tool tells of faults itself. */
static void select_cells(const char *option, char *text)
{
	char name[32], verb[] = "fuzz";
	char *argv[] = {verb, name, text, NULL};
	struct mr_tool tool;
	struct mr_cells cells = {0};
	int code = MR_OK;

	(void)snprintf(name, sizeof name, "--%s", option);
	if (!mr_tool_parse(&tool, &page, 3, argv)) {
		(void)mr_tool_end(&tool, MR_OK);
		return;
	}
	code = mr_array_open("emu:ideal?rows=5&cols=7", NULL, &tool.array, NULL);
	mr_fuzz_must(code == MR_OK, "the array opens");
	const struct mr_description *desc = mr_array_describe(tool.array);

	code = mr_cells_select(&tool, &cells);
	if (mr_fuzz_judge(code, "it was told")) {
		mr_fuzz_must(mr_selection_check(&cells.where, desc, NULL) ==
		                     MR_OK,
		             "the selection fits the array");
		mr_fuzz_must(cells.n == mr_selection_count(&cells.where, desc),
		             "and has so many cells");
	}
	mr_cells_free(&cells);
	(void)mr_tool_end(&tool, code);
}

static void read_option(char *text)
{
	char verb[] = "fuzz", v[] = "--v", n[] = "--n";
	char *argv[] = {verb, v, text, n, text, NULL};
	struct mr_matrix matrix = {0};
	struct mr_tool tool;
	double x = 0.5;
	uint64_t whole = 3;
	int code = MR_OK;

	if (mr_tool_parse(&tool, &page, 5, argv)) {
		code = mr_tool_double(&tool, "v", "V", -1, 1, &x);
		(void)mr_fuzz_judge(code, "it was told");
		mr_fuzz_must(x >= -1 && x <= 1, "in limits");
		code = mr_tool_u64(&tool, "n", 1, 9, &whole);
		(void)mr_fuzz_judge(code, "it was told");
		mr_fuzz_must(whole >= 1 && whole <= 9, "in limits");
		code = mr_input_list(&tool, "v", text, "V", &matrix);
		if (mr_fuzz_judge(code, "it was told"))
			mr_fuzz_must(matrix.rows == 1 && matrix.cols >= 1,
			             "a list is a row");
		free(matrix.x);
	}
	(void)mr_tool_end(&tool, code);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = mr_fuzz_text(data, size);

	read_quantity(text);
	read_option(text);
	select_cells("rows", text);
	select_cells("cells", text);
	select_cells("rect", text);
	free(text);
	return 0;
}
