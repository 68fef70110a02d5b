/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * What the verbs share: quantities, options, lists and CSV files. What the
 * verbs do with an array is in test_cli.sh.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/cells.h"
#include "apps/cmd.h"
#include "apps/input.h"
#include "apps/table.h"
#include "apps/tool_priv.h"
#include "test.h"

/** A text and what it means in its unit. */
struct reading {
	const char *text;
	const char *unit;
	double value;
};

/* Values by the definition of the SI prefixes, a minute, an hour and a day. */
static void quantity_with_unit_is_si(void)
{
	static const struct reading readings[] = {
		{"2.385", "V", 2.385},     {"90uA", "A", 90e-6},
		{"50ns", "s", 50e-9},      {"0.2V", "V", 0.2},
		{"1e-6", "s", 1e-6},       {"-17.5mV", "V", -0.0175},
		{"+3k", "V", 3000.0},      {"2.5 us", "s", 2.5e-6},
		{"1.5h", "s", 5400.0},     {"3d", "s", 259200.0},
		{"7min", "s", 420.0},      {"\x31\xc2\xb5S", "S", 1e-6},
		{".5", "1", 0.5},          {"4.25", "1", 4.25},
		{"12pS", "S", 12e-12},     {"3m", "s", 3e-3},
		{"1.25e3ms", "s", 1.25},   {"9fA", "A", 9e-15},
		{"2.25M", "V", 2.25e6},    {"1G", "V", 1e9},
	};

	for (size_t i = 0; i < sizeof(readings) / sizeof(readings[0]); i++) {
		double value = NAN;

		MR_CODE(mr_tool_quantity(readings[i].text, readings[i].unit,
		                         &value), MR_OK);
		MR_NEAR(value, readings[i].value,
		        1e-15 * fabs(readings[i].value));
	}
}

static void quantity_malformed_is_refused(void)
{
	static const struct reading readings[] = {
		{"", "V", 0},        {"V", "V", 0},       {"nan", "V", 0},
		{"inf", "V", 0},     {"-inf", "V", 0},    {"0x10", "V", 0},
		{" 1", "V", 0},      {"1 ", "V", 0},      {"1V ", "V", 0},
		{"1A", "V", 0},      {"1VV", "V", 0},     {"1xV", "V", 0},
		{"1e400", "V", 0},   {"1h", "V", 0},      {"1,5", "V", 0},
		{"1s", "S", 0},      {"--1", "V", 0},     {"1k", "1", 0},
		{"1e306M", "V", 0},  {".", "V", 0},       {"1  V", "V", 0},
		{"3 1", "1", 0},
	};

	for (size_t i = 0; i < sizeof(readings) / sizeof(readings[0]); i++) {
		double value = 4.125;

		MR_CODE(mr_tool_quantity(readings[i].text, readings[i].unit,
		                         &value), MR_ERR_USAGE);
		CU_ASSERT_EQUAL(value, 4.125);
	}
}

static void whole_number_is_strict(void)
{
	static const char *const wrong[] = {
		"", "-1", "+1", "1.0", "1e3", " 1", "1 ", "0x1", "nan",
		"18446744073709551616",
	};
	uint64_t value = 0;

	MR_CODE(mr_tool_whole("18446744073709551615", &value), MR_OK);
	CU_ASSERT_EQUAL(value, UINT64_MAX);
	MR_CODE(mr_tool_whole("007", &value), MR_OK);
	CU_ASSERT_EQUAL(value, 7);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		MR_CODE(mr_tool_whole(wrong[i], &value), MR_ERR_USAGE);
	CU_ASSERT_EQUAL(value, 7);
}

static void pretty_quantity_takes_the_prefix_that_fits(void)
{
	static const struct reading readings[] = {
		{"23.85 uS", "S", 23.85e-6}, {"50 ns", "s", 50e-9},
		{"-1.2 V", "V", -1.2},       {"0 S", "S", 0.0},
		{"1 mA", "A", 0.99999e-3},
		{"999.9 uA", "A", 0.9999e-3}, {"2.592 Ms", "s", 2.592e6},
		{"nan S", "S", NAN},         {"1.5", "1", 1.5},
	};
	char text[32];

	for (size_t i = 0; i < sizeof(readings) / sizeof(readings[0]); i++) {
		mr_tool_pretty(text, readings[i].value, readings[i].unit);
		CU_ASSERT_STRING_EQUAL(text, readings[i].text);
	}
}

static void exit_status_tells_input_from_failure(void)
{
	CU_ASSERT_EQUAL(mr_tool_status(MR_OK), 0);
	CU_ASSERT_EQUAL(mr_tool_status(MR_ERR_USAGE), 2);
	CU_ASSERT_EQUAL(mr_tool_status(MR_ERR_RANGE), 2);
	CU_ASSERT_EQUAL(mr_tool_status(MR_ERR_UNSUPPORTED), 2);
	CU_ASSERT_EQUAL(mr_tool_status(MR_ERR_FORMAT), 2);
	CU_ASSERT_EQUAL(mr_tool_status(MR_ERR_MISMATCH), 2);
	CU_ASSERT_EQUAL(mr_tool_status(MR_ERR_IO), 1);
	CU_ASSERT_EQUAL(mr_tool_status(MR_ERR_STOPPED), 1);
	CU_ASSERT_EQUAL(mr_tool_status(-99), 1);
}

/* ---- options ------------------------------------------------------------- */

static const struct mr_tool_option own_options[] = {
	{"width", "TIME", "a time", false},
	{"input", "FILE", "a file", false},
	{"set", "X", "repeatable", true},
	{"flag", NULL, "a flag", false},
	{0},
};

static const struct mr_tool_page page = {
	.name = "test",
	.summary = "A page for tests.",
	.usage = "[OPTION]... [NAME]",
	.groups = MR_TOOL_ARRAY | MR_TOOL_LOG | MR_TOOL_JSON,
	.options = own_options,
	.args_max = 1,
	.examples = "  memrig test\n",
};

#define ARGS_MAX 40

/* Parses the words of a line, separated by single blanks. */
static bool parse(struct mr_tool *tool, const char *line)
{
	static char text[256];
	static char *argv[ARGS_MAX];
	int argc = 0;

	snprintf(text, sizeof(text), "%s", line);
	for (char *word = strtok(text, " "); word != NULL && argc < ARGS_MAX - 1;
	     word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	return mr_tool_parse(tool, &page, argc, argv);
}

static void options_right_are_taken(void)
{
	struct mr_tool tool;
	double width_s = 0.0;

	CU_ASSERT_TRUE(parse(&tool, "test --seed 71 --width=2.385us --set a "
	                            "name --set b --flag --threads 3 -q "
	                            "--array emu:ideal --log r.db --meta die=4 "
	                            "--log-level 3 --log-interval 20s"));
	CU_ASSERT_STRING_EQUAL(tool.uri, "emu:ideal");
	CU_ASSERT_TRUE(tool.open.has_seed);
	CU_ASSERT_EQUAL(tool.open.seed, 71);
	CU_ASSERT_EQUAL(tool.open.threads, 3);
	CU_ASSERT_EQUAL(tool.n_args, 1);
	CU_ASSERT_STRING_EQUAL(tool.args[0], "name");
	CU_ASSERT_TRUE(tool.quiet);
	CU_ASSERT_FALSE(tool.json);
	CU_ASSERT_STRING_EQUAL(mr_tool_value(&tool, "set"), "b");
	CU_ASSERT_STRING_EQUAL(mr_tool_value(&tool, "flag"), "");
	CU_ASSERT_PTR_NULL(mr_tool_value(&tool, "input"));
	CU_ASSERT_EQUAL(tool.log.level, MR_OPLOG_SURVEYS);
	MR_NEAR(tool.log.survey_interval_s, 20.0, 0.0);
	CU_ASSERT_STRING_EQUAL(tool.log.metadata[0], "die=4");
	CU_ASSERT_PTR_NULL(tool.log.metadata[1]);
	MR_CODE(mr_tool_double(&tool, "width", "s", 0, 1, &width_s), MR_OK);
	MR_NEAR(width_s, 2.385e-6, 1e-21);
	CU_ASSERT_EQUAL(mr_tool_end(&tool, MR_OK), 0);
}

static void options_wrong_end_with_status_2(void)
{
	static const char *const lines[] = {
		"test --bogus", "test -z", "test --width", "test --flag=3",
		"test a b", "test --width 1 --width 2", "test --seed -1",
		"test --seed 1.5", "test --threads 0", "test --threads 257",
		"test --log-level 2", "test --meta a=b", "test --log x --meta ab",
		"test --log x --meta =b", "test --log x --log-level 4",
		"test --log x --log-level 3", "test --log x --log-interval 1s",
		"test --log x --log-level 3 --log-interval nan",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct mr_tool tool;

		CU_ASSERT_FALSE(parse(&tool, lines[i]));
		CU_ASSERT_EQUAL(mr_tool_end(&tool, MR_OK), 2);
	}
}

static void option_outside_its_range_is_refused(void)
{
	struct mr_tool tool;
	double width_s = 0.75;
	uint64_t set = 3;

	CU_ASSERT_TRUE(parse(&tool, "test --width 3s --set 9 --input x"));
	MR_CODE(mr_tool_double(&tool, "width", "s", 0, 2.9, &width_s),
	        MR_ERR_RANGE);
	MR_CODE(mr_tool_double(&tool, "input", "s", 0, 1, &width_s),
	        MR_ERR_USAGE);
	MR_CODE(mr_tool_u64(&tool, "set", 10, 11, &set), MR_ERR_RANGE);
	MR_CODE(mr_tool_u64(&tool, "width", 0, 9, &set), MR_ERR_USAGE);
	CU_ASSERT_EQUAL(width_s, 0.75);
	CU_ASSERT_EQUAL(set, 3);
	CU_ASSERT_EQUAL(mr_tool_end(&tool, MR_ERR_RANGE), 2);
}

static void command_line_is_quoted_for_a_shell(void)
{
	char *argv[] = {"test", "emu:pcm?rows=4&cols=4", "it's", "", "a-b=1"};
	char *text = mr__tool_command("test", 5, argv);

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	CU_ASSERT_STRING_EQUAL(text, "memrig test 'emu:pcm?rows=4&cols=4' "
	                             "'it'\\''s' '' a-b=1");
	free(text);
}

/* ---- CSV ----------------------------------------------------------------- */

/* Reads a file with this content; the caller frees the numbers. */
static int read_csv(const char *content, size_t size, struct mr_matrix *out)
{
	char path[MR_TEST_PATH_MAX];
	struct mr_tool tool;
	FILE *file;
	int code;

	mr_test_path(path, "in.csv");
	file = fopen(path, "wb");
	if (file == NULL)
		exit(1);
	fwrite(content, 1, size, file);
	fclose(file);
	*out = (struct mr_matrix){0};
	parse(&tool, "test");
	code = mr_input_csv(&tool, "input", path, "V", out);
	mr_tool_end(&tool, MR_OK);
	return code;
}

static void csv_right_is_read_in_rows(void)
{
	static const char text[] =
		"# header\n0.1,200mV, 3e-2\n\n\"0.4\",-0.5V,6m\r\n0.7,0.8,0.9";
	static const float expected[] = {0.1f, 0.2f, 0.03f, 0.4f, -0.5f,
	                                 0.006f, 0.7f, 0.8f, 0.9f};
	struct mr_matrix in;

	MR_CODE(read_csv(text, sizeof(text) - 1, &in), MR_OK);
	CU_ASSERT_EQUAL_FATAL(in.rows, 3);
	CU_ASSERT_EQUAL_FATAL(in.cols, 3);
	for (size_t i = 0; i < 9; i++)
		MR_NEAR((double)in.x[i], (double)expected[i], 1e-9);
	free(in.x);
}

static void csv_wrong_is_refused(void)
{
	static const char *const texts[] = {
		"0.1,0.2\n0.3\n", "0.1,x\n", "0.1,nan\n", "0.1,,0.3\n", "",
		"# nothing\n", "0.1 0.2\n", "1e39\n", "\"0.1\n",
		"\"0.1\"7,2\n",
	};
	struct mr_matrix in;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		MR_CODE(read_csv(texts[i], strlen(texts[i]), &in),
		        MR_ERR_FORMAT);
		free(in.x);
	}
	MR_CODE(read_csv("0.1\0x,0.2\n", 10, &in), MR_ERR_FORMAT);
	free(in.x);
}

static void csv_of_many_rows_is_whole(void)
{
	const size_t n_rows = 1237;
	char *text = malloc(n_rows * 16);
	struct mr_matrix in;
	size_t size = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	for (size_t i = 0; i < n_rows; i++)
		size += (size_t)snprintf(text + size, 16, "%zu,-%zu\n", i, i);
	MR_CODE(read_csv(text, size, &in), MR_OK);
	free(text);
	CU_ASSERT_EQUAL_FATAL(in.rows, n_rows);
	for (size_t i = 0; i < n_rows; i++) {
		CU_ASSERT_EQUAL(in.x[2 * i], (float)i);
		CU_ASSERT_EQUAL(in.x[2 * i + 1], -(float)i);
	}
	free(in.x);
}

static void csv_missing_is_named(void)
{
	struct mr_matrix in = {0};
	struct mr_tool tool;

	parse(&tool, "test");
	MR_CODE(mr_input_csv(&tool, "input", "/nowhere/x.csv", "V", &in),
	        MR_ERR_MISSING);
	mr_tool_end(&tool, MR_OK);
}

/* ---- tables -------------------------------------------------------------- */

static void table_columns_have_their_limit(void)
{
	struct mr_table table = {.n = 3};

	for (size_t i = 0; i < MR_TABLE_COLUMNS_MAX; i++)
		CU_ASSERT_PTR_NOT_NULL(mr_table_add(&table, "x", "",
		                                    MR_COLUMN_TIME));
	CU_ASSERT_FALSE(table.failed);
	CU_ASSERT_PTR_NULL(mr_table_add(&table, "x", "", MR_COLUMN_TIME));
	CU_ASSERT_TRUE(table.failed);
	mr_table_free(&table);
}

static void json_numbers_are_short_and_finite(void)
{
	static const float x[] = {0.1f, 2.385e-5f};
	json_t *list = mr_tool_reals(x, 2);
	json_t *none = mr_tool_real(NAN);
	char *text = json_dumps(list, JSON_COMPACT | JSON_REAL_PRECISION(15));

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	/* 9 digits of the floats nearest to 0.1 and 2.385e-5 (IEEE 754) */
	CU_ASSERT_STRING_EQUAL(text, "[0.100000001,2.38499997e-5]");
	CU_ASSERT_TRUE(json_is_null(none));
	free(text);
	json_decref(list);
	json_decref(none);
}

const struct mr_test mr_tests[] = {
	{"quantity_with_unit_is_si", quantity_with_unit_is_si},
	{"quantity_malformed_is_refused", quantity_malformed_is_refused},
	{"whole_number_is_strict", whole_number_is_strict},
	{"pretty_quantity_takes_the_prefix_that_fits",
	 pretty_quantity_takes_the_prefix_that_fits},
	{"exit_status_tells_input_from_failure",
	 exit_status_tells_input_from_failure},
	{"options_right_are_taken", options_right_are_taken},
	{"options_wrong_end_with_status_2", options_wrong_end_with_status_2},
	{"option_outside_its_range_is_refused",
	 option_outside_its_range_is_refused},
	{"command_line_is_quoted_for_a_shell",
	 command_line_is_quoted_for_a_shell},
	{"csv_right_is_read_in_rows", csv_right_is_read_in_rows},
	{"csv_wrong_is_refused", csv_wrong_is_refused},
	{"csv_of_many_rows_is_whole", csv_of_many_rows_is_whole},
	{"csv_missing_is_named", csv_missing_is_named},
	{"table_columns_have_their_limit", table_columns_have_their_limit},
	{"json_numbers_are_short_and_finite",
	 json_numbers_are_short_and_finite},
	{0},
};
