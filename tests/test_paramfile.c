/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Parameter files: what is read, and each way to be wrong. That the shipped
 * files equal the compiled tables is in test_models.c. */
#include <stdio.h>
#include <string.h>

#include "memrig/memrig.h"
#include "memrig/model.h"

#include "test.h"

#define HEAD "[memrig]\nmodel = pcm\n" /* two lines */

static const struct mr_model *pcm(void)
{
	const struct mr_model *m = mr_model_find("pcm", NULL);

	CU_ASSERT_FATAL(m != NULL);
	return m;
}

static double get(const double *p, const char *name)
{
	uint32_t i = 0;

	MR_CODE(mr_model_param(pcm(), name, &i, NULL), MR_OK);
	return p[i];
}

static const char *put_file(char path[MR_TEST_PATH_MAX], const char *text)
{
	FILE *f = fopen(mr_test_path(path, "params.ini"), "wb");

	CU_ASSERT_FATAL(f != NULL);
	CU_ASSERT_EQUAL(fwrite(text, 1, strlen(text), f), strlen(text));
	CU_ASSERT_EQUAL(fclose(f), 0);
	return path;
}

static int load(const char *text, double *p, struct mr_errtext *err)
{
	char path[MR_TEST_PATH_MAX];

	mr_model_defaults(pcm(), p);
	return mr_model_load(pcm(), put_file(path, text), p, err);
}

/* Refused with the file's name, this place in it and these words; the values
 * are left as they were. */
static void refuse(const char *text, int code, const char *place,
                   const char *words)
{
	double p[MR_PARAMS_MAX], before[MR_PARAMS_MAX];
	struct mr_errtext err = {""};
	char expected[64];

	mr_model_defaults(pcm(), before);
	MR_CODE_ERR(load(text, p, &err), code, err);
	(void)snprintf(expected, sizeof expected, "params.ini:%s", place);
	MR_HAS(err.text, expected);
	MR_HAS(err.text, words);
	CU_ASSERT_EQUAL(memcmp(p, before, pcm()->n_params * sizeof p[0]), 0);
}

static void paramfile_values_replace_defaults(void)
{
	double p[MR_PARAMS_MAX];
	struct mr_errtext err = {""};

	MR_CODE_ERR(load("; a remark\n" HEAD "note = mine\n\n"
	                 "[nu]\nvalue = 0.06\nunit = 1\nmin = 0.01\nmax = 0.1\n"
	                 "source = chip 7\ntext = drift\n"
	                 "[g_max_S]\nvalue = 2.385e-5\n",
	                 p, &err),
	            MR_OK, err);
	CU_ASSERT_EQUAL(get(p, "nu"), 0.06);
	CU_ASSERT_EQUAL(get(p, "g_max_S"), 2.385e-5);
	CU_ASSERT_EQUAL(get(p, "v_read_V"), 0.2); /* not named: kept */
	MR_CODE_ERR(load(HEAD, p, &err), MR_OK, err); /* none is fine */
	MR_CODE_ERR(load("[nu]\r\nvalue = 0.06\r\n[memrig]\r\nmodel = pcm\r\n",
	                 p, &err),
	            MR_OK, err);
	CU_ASSERT_EQUAL(get(p, "nu"), 0.06);
}

static void paramfile_for_another_model_is_refused(void)
{
	refuse("[memrig]\nmodel = ideal\n", MR_ERR_FORMAT, "2",
	       "another model");
	refuse("[nu]\nvalue = 0.06\n", MR_ERR_FORMAT, " ",
	       "[memrig] with model = pcm is missing");
	refuse("", MR_ERR_FORMAT, " ", "is missing");
	refuse("[memrig]\nmodel = pcm\nauthor = me\n", MR_ERR_FORMAT, "3",
	       "[memrig] knows model, noise, table");
}

static void paramfile_unknown_names_are_refused(void)
{
	refuse(HEAD "[mu]\nvalue = 0.06\n", MR_ERR_FORMAT, "4", "nu_spread");
	refuse(HEAD "[nu]\nvalue = 0.06\nvolume = 3\n", MR_ERR_FORMAT, "5",
	       "value, unit, min, max");
	refuse("value = 0.06\n" HEAD, MR_ERR_FORMAT, "1", "nu");
}

static void paramfile_malformed_numbers_are_refused(void)
{
	static const char *const wrong[] = {"0.06x", "", "high", "nan", "inf",
	                                    "1e999", "0,06"};

	for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++) {
		char text[128];

		(void)snprintf(text, sizeof text, HEAD "[nu]\nvalue = %s\n",
		               wrong[k]);
		refuse(text, MR_ERR_FORMAT, "4", "finite number");
	}
	refuse(HEAD "[nu]\nmin = few\n", MR_ERR_FORMAT, "4", "finite number");
	refuse(HEAD "[nu]\nmax = many\n", MR_ERR_FORMAT, "4", "finite number");
}

static void paramfile_repetitions_are_refused(void)
{
	refuse(HEAD "[nu]\nvalue = 0.06\nvalue = 0.06\n", MR_ERR_FORMAT, "5",
	       "given twice");
	refuse(HEAD "[nu]\nmin = 0\n[t_0_s]\n[nu]\nmin = 0\n", MR_ERR_FORMAT,
	       "7", "given twice");
	refuse(HEAD "[nu]\nmax = 1\nmax = 1\n", MR_ERR_FORMAT, "5",
	       "given twice");
}

static void paramfile_other_units_are_refused(void)
{
	refuse(HEAD "[g_max_S]\nunit = uS\nvalue = 20\n", MR_ERR_FORMAT, "4",
	       "unit = 'uS'");
}

static void paramfile_lines_that_say_nothing_are_refused(void)
{
	refuse(HEAD "[nu\nvalue = 0.06\n", MR_ERR_FORMAT, "3",
	       "neither [section] nor name = value");
	refuse(HEAD "[nu]\njust words\n", MR_ERR_FORMAT, "4", "neither");
	/* the first mistake counts, of whichever kind */
	refuse(HEAD "[nu]\njust words\nvalue = high\n", MR_ERR_FORMAT, "4",
	       "neither");
	refuse(HEAD "[nu]\nvalue = high\njust words\n", MR_ERR_FORMAT, "4",
	       "finite number");
}

static void paramfile_values_outside_limits_are_refused(void)
{
	refuse(HEAD "[nu]\nvalue = 0.7\n", MR_ERR_RANGE, "4: [nu]",
	       "0 to 0.5");
	refuse(HEAD "[nu]\nmin = 0\nvalue = -0.01\nmax = 1\n", MR_ERR_RANGE,
	       "5: [nu]", "0 to 0.5");
	/* the file's own limits narrow, and never widen */
	refuse(HEAD "[nu]\nvalue = 0.06\nmax = 0.05\n", MR_ERR_RANGE, "4: [nu]",
	       "0 to 0.05");
	refuse(HEAD "[nu]\nvalue = 0.02\nmin = 0.03\n", MR_ERR_RANGE, "4: [nu]",
	       "0.03 to 0.5");
	refuse(HEAD "[nu]\nvalue = 0.7\nmin = -1\nmax = 1\n", MR_ERR_RANGE,
	       "4: [nu]", "0 to 0.5");
	/* an earlier parameter of the table is good: it is not taken either */
	refuse(HEAD "[g_max_S]\nvalue = 2e-5\n[nu]\nvalue = 0.7\n",
	       MR_ERR_RANGE, "6: [nu]", "0 to 0.5");
}

static void paramfile_values_that_clash_are_refused(void)
{
	double p[MR_PARAMS_MAX];
	struct mr_errtext err = {""};

	MR_CODE_ERR(load(HEAD "[g_min_S]\nvalue = 5e-6\n"
	                      "[g_max_S]\nvalue = 4e-6\n",
	                 p, &err),
	            MR_ERR_RANGE, err);
	MR_HAS(err.text, "g_min_S");
	MR_NEAR(get(p, "g_max_S"), 12e-6, 1e-12); /* as it was */
}

/* inih would cut such a line without a word. */
static void paramfile_long_lines_are_refused(void)
{
	char text[512];
	int n = snprintf(text, sizeof text, HEAD "[nu]\nvalue = 0.06\ntext = ");

	memset(text + n, 'x', 300);
	text[n + 300] = '\0';
	refuse(text, MR_ERR_FORMAT, "5", "longer than");
	memset(text, ';', 250); /* remarks too */
	text[250] = '\0';
	refuse(text, MR_ERR_FORMAT, "1", "longer than");
	/* one that just fits is one line */
	memset(text, ';', 199);
	(void)snprintf(text + 199, sizeof text - 199,
	               "\n" HEAD "[nu]\nvalue = high\n");
	refuse(text, MR_ERR_FORMAT, "5", "finite number");
}

static void paramfile_that_cannot_be_read_is_reported(void)
{
	double p[MR_PARAMS_MAX];
	char path[MR_TEST_PATH_MAX];
	struct mr_errtext err = {""};

	mr_test_path(path, "missing.ini");
	MR_CODE(mr_model_load(pcm(), path, p, &err), MR_ERR_MISSING);
	MR_HAS(err.text, "missing.ini");
	mr_test_path(path, ""); /* a folder */
	MR_CODE(mr_model_load(pcm(), path, p, &err), MR_ERR_IO);
	MR_HAS(err.text, "cannot read");
}

static void paramfile_reaches_an_array_by_its_key(void)
{
	char path[MR_TEST_PATH_MAX], uri[MR_TEST_PATH_MAX + 64];
	struct mr_array *array = NULL;
	struct mr_errtext err = {""};

	put_file(path, HEAD "[nu]\nvalue = 0.06\n[g_max_S]\nvalue = 2e-5\n");
	(void)snprintf(uri, sizeof uri, "emu:pcm?params=%s&g_max_S=2.385e-5",
	               path);
	MR_CODE_ERR(mr_array_open(uri, NULL, &array, &err), MR_OK, err);
	CU_ASSERT_FATAL(array != NULL);
	CU_ASSERT_EQUAL(mr_array_describe(array)->drift_nu, 0.06);
	/* a key of the URI goes over the file */
	CU_ASSERT_EQUAL(mr_array_describe(array)->g_max_S, 2.385e-5);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

const struct mr_test mr_tests[] = {
	{"paramfile_values_replace_defaults",
         paramfile_values_replace_defaults},
	{"paramfile_for_another_model_is_refused",
         paramfile_for_another_model_is_refused},
	{"paramfile_unknown_names_are_refused",
         paramfile_unknown_names_are_refused},
	{"paramfile_malformed_numbers_are_refused",
         paramfile_malformed_numbers_are_refused},
	{"paramfile_repetitions_are_refused",
         paramfile_repetitions_are_refused},
	{"paramfile_other_units_are_refused",
         paramfile_other_units_are_refused},
	{"paramfile_lines_that_say_nothing_are_refused",
         paramfile_lines_that_say_nothing_are_refused},
	{"paramfile_values_outside_limits_are_refused",
         paramfile_values_outside_limits_are_refused},
	{"paramfile_values_that_clash_are_refused",
         paramfile_values_that_clash_are_refused},
	{"paramfile_long_lines_are_refused", paramfile_long_lines_are_refused},
	{"paramfile_that_cannot_be_read_is_reported",
         paramfile_that_cannot_be_read_is_reported},
	{"paramfile_reaches_an_array_by_its_key",
         paramfile_reaches_an_array_by_its_key},
	{0},
};
