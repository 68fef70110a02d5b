/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Calibration: what the fit recovers, what a file may say, and that an array
 * reads through it what is true, raw values and all. The emulator's converter is
 * wrong on purpose; cells of model ideal that were pulsed so often are the
 * references: each set pulse adds exactly 0.05 uS (devices/model_ideal.c). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memrig/emulator.h"
#include "memrig/memrig.h"

#include "session.h"
#include "test.h"

#define STEP_S 0.05e-6
#define CELLS 8
#define CHIP "emu:ideal?rows=2&cols=4"

/* gain 1.0385, offset 23.85 nA, 13 bits to +-4 uA: an LSB of 0.98 nA */
#define WRONG                                                                 \
	CHIP "&adc_gain_error=0.0385&adc_offset_A=2.385e-8&adc_bits=13"       \
	     "&adc_range_A=4e-6"

/* ---- the fit ------------------------------------------------------------- */

static const struct mr_description board = {
	.driver = "scpi", .identity = "maker;1", .rows = 3, .cols = 4};

/* Deterministic noise of about unit variance: sum of three uniform ones. */
static double noise(uint64_t k)
{
	double sum = 0;

	for (uint32_t i = 0; i < 3; i++)
		sum += mr_random_uniform(2385, (struct mr_address){
						       .purpose =
							       MR_PURPOSE_FAULT,
						       .subject = i,
						       .event = k}) -
		       0.5;
	return 2 * sum; /* 3 / 12 of variance each side of it, times 4 */
}

static void make_points(struct mr_calibration_point *p, size_t n, double gain,
                        double offset_A, double sd_A, double bow_A,
                        uint64_t seed)
{
	for (size_t k = 0; k < n; k++) {
		size_t level = k / 4;
		double g_S = 1e-6 * (double)(1 + level);
		double v_V = 0.05 * (double)(1 + k % 4);
		double i_A = g_S * v_V, full_A = 1.6e-6;
		double x = i_A / full_A;

		p[k] = (struct mr_calibration_point){
			.cell = (uint32_t)(k / 4),
			.g_S = g_S,
			.v_V = v_V,
			.i_A = offset_A + gain * i_A + bow_A * x * (1 - x) +
		               sd_A * noise(seed * 1000 + k),
			.se_A = sd_A,
			.n = 64};
	}
}

static void fit_recovers_gain_and_offset_with_honest_errors(void)
{
	struct mr_calibration_point p[32];
	static struct mr_calibration c;
	double zz_gain = 0, zz_offset = 0;
	int applied = 0;

	for (uint64_t seed = 0; seed < 200; seed++) {
		struct mr_errtext err = {""};

		make_points(p, 32, 0.97, -5e-9, 2e-10, 0, seed);
		MR_CODE_ERR(mr_calibration_fit(p, 32, &board, 7, &c, &err),
		            MR_OK, err);
		zz_gain += pow((c.gain - 0.97) / c.gain_se, 2);
		zz_offset += pow((c.offset_A + 5e-9) / c.offset_se_A, 2);
		applied += c.inl_applies;
	}
	/* mean of z^2 over 200: 1 +- 0.1 (sd sqrt(2 / 200)); a little less since
	 * the errors are never narrowed */
	MR_NEAR(zz_gain / 200, 0.93, 0.3);
	MR_NEAR(zz_offset / 200, 0.93, 0.3);
	CU_ASSERT_TRUE(applied <= 8); /* the test's level is 1 % */
	CU_ASSERT_EQUAL(c.n_references, 8);
	CU_ASSERT_EQUAL(c.n_points, 32);
	CU_ASSERT_EQUAL(c.dof, 30);
	CU_ASSERT_STRING_EQUAL(c.identity, "maker?1");
	MR_NEAR(c.least_A, 5e-8, 1e-16);
	MR_NEAR(c.greatest_A, 1.6e-6, 1e-15);
}

static void fit_of_a_bent_meter_uses_its_table(void)
{
	struct mr_calibration_point p[32];
	static struct mr_calibration c;
	struct mr_errtext err = {""};
	double line = 0, table = 0;

	make_points(p, 32, 1.02, 1e-9, 1e-11, 5e-9, 1);
	MR_CODE_ERR(mr_calibration_fit(p, 32, &board, 7, &c, &err), MR_OK, err);
	CU_ASSERT_TRUE(c.inl_applies);
	CU_ASSERT_TRUE(c.n_levels >= 10);
	for (size_t k = 0; k < 32; k++) {
		double i_A = p[k].g_S * p[k].v_V;

		line = fmax(line, fabs((p[k].i_A - c.offset_A) / c.gain - i_A));
		table = fmax(table,
		             fabs(mr_calibration_correct(&c, p[k].i_A) - i_A));
	}
	CU_ASSERT_TRUE(line > 2e-10);
	CU_ASSERT_TRUE(table < 5e-11); /* noise is 1e-11 */
	for (int k = 1; k < 400; k++)
		CU_ASSERT_TRUE(mr_calibration_correct(&c, k * 5e-9) >
		               mr_calibration_correct(&c, (k - 1) * 5e-9));
}

static void fit_with_few_references_has_no_table(void)
{
	struct mr_calibration_point p[16];
	static struct mr_calibration c;
	struct mr_errtext err = {""};

	make_points(p, 16, 1, 0, 1e-12, 5e-9, 1);
	MR_CODE_ERR(mr_calibration_fit(p, 16, &board, 7, &c, &err), MR_OK, err);
	CU_ASSERT_EQUAL(c.n_levels, 0);
	CU_ASSERT_FALSE(c.inl_applies);
	/* the errors say that the line does not fit: sd alone would give some
	 * 5e-13 */
	CU_ASSERT_TRUE(c.offset_se_A > 2e-11);
}

static void fit_without_sense_is_refused(void)
{
	struct mr_calibration_point p[32];
	static struct mr_calibration c;
	struct mr_errtext err = {""};

	make_points(p, 32, 1, 0, 1e-10, 0, 1);
	MR_CODE(mr_calibration_fit(p, 2, &board, 7, &c, &err), MR_ERR_USAGE);
	MR_HAS(err.text, "give at least 3");
	make_points(p, 32, -1, 0, 1e-10, 0, 1);
	MR_CODE(mr_calibration_fit(p, 32, &board, 7, &c, &err), MR_ERR_RANGE);
	MR_HAS(err.text, "a gain must be above 0");
	for (size_t k = 0; k < 4; k++)
		p[k] = (struct mr_calibration_point){.g_S = 1e-6,
		                                     .v_V = 0.1,
		                                     .i_A = 1e-7,
		                                     .cell = (uint32_t)k};
	MR_CODE(mr_calibration_fit(p, 4, &board, 7, &c, &err), MR_ERR_RANGE);
	MR_HAS(err.text, "at the same current");
	/* two references that were taken for each other */
	make_points(p, 32, 1, 0, 1e-12, 0, 1);
	for (size_t k = 8; k < 12; k++) {
		double i_A = p[k].i_A;

		p[k].i_A = p[k + 4].i_A;
		p[k + 4].i_A = i_A;
	}
	MR_CODE(mr_calibration_fit(p, 32, &board, 7, &c, &err), MR_ERR_RANGE);
	MR_HAS(err.text, "not monotone");
}

/* ---- files --------------------------------------------------------------- */

static void write_calibration(const struct mr_calibration *c, const char *path)
{
	FILE *file = fopen(path, "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	mr_calibration_write(c, file);
	CU_ASSERT_EQUAL(fclose(file), 0);
}

static void file_gives_back_what_was_written(void)
{
	struct mr_calibration_point p[32];
	static struct mr_calibration c, back;
	char path[MR_TEST_PATH_MAX], label[48], name[64];
	struct mr_errtext err = {""};

	make_points(p, 32, 1.02, 1e-9, 1e-11, 5e-9, 1);
	MR_CODE_ERR(mr_calibration_fit(p, 32, &board, 1769000000000000000, &c,
	                               &err), MR_OK, err);
	write_calibration(&c, mr_test_path(path, "c.ini"));
	MR_CODE_ERR(mr_calibration_read(path, &back, &err), MR_OK, err);
	CU_ASSERT_STRING_EQUAL(back.id, c.id);
	CU_ASSERT_EQUAL(back.gain, c.gain);
	CU_ASSERT_EQUAL(back.covariance_A, c.covariance_A);
	CU_ASSERT_EQUAL(back.n_levels, c.n_levels);
	CU_ASSERT_EQUAL(back.levels[3].residual_A, c.levels[3].residual_A);
	CU_ASSERT_EQUAL(mr_calibration_correct(&back, 5e-7),
	                mr_calibration_correct(&c, 5e-7));
	MR_CODE(mr_calibration_check(&back, &board, &err), MR_OK);
	mr_calibration_label(&back, label, sizeof label);
	MR_HAS(label, " 2026-01-21"); /* date -u -d @1769000000 */
	mr_calibration_name(&board, name, sizeof name);
	CU_ASSERT_EQUAL(strncmp(name, "scpi-", 5), 0);
	MR_HAS(name, ".ini");
}

static const char good[] =
	"[board]\ndriver = emu\nidentity = x\nboard = 0123456789abcdef\n"
	"rows = 2\ncols = 4\n[line]\nmade_ns = 1\ngain = 1\ngain_se = 0\n"
	"offset_A = 0\noffset_se_A = 0\ncovariance_A = 0\nleast_A = 0\n"
	"greatest_A = 1\nchi2 = 1\ndof = 1\nreferences = 2\npoints = 3\n"
	"inl_applies = yes\n";

static void put(const char *path, const char *text, const char *more)
{
	FILE *file = fopen(path, "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	fputs(text, file);
	fputs(more, file);
	CU_ASSERT_EQUAL(fclose(file), 0);
}

static void files_that_are_wrong_are_refused(void)
{
	static const struct {
		const char *more; /* behind a good file */
		int code;
		const char *has;
	} faults[] = {
		{"gain = 2\n", MR_ERR_FORMAT, "'gain' is there twice"},
		{"[board]\nrows = 3\n", MR_ERR_FORMAT, "'rows' is there twice"},
		{"[board]\ndriver = x\n", MR_ERR_FORMAT, "there twice"},
		{"colour = 2\n", MR_ERR_FORMAT, "no entry of a calibration"},
		{"[other]\ngain = 2\n", MR_ERR_FORMAT, "no entry"},
		{"[inl]\n2 = 1 1 1\n", MR_ERR_FORMAT, "levels are numbered"},
		{"[inl]\n1 = 1 1\n", MR_ERR_FORMAT, "three numbers"},
		{"[inl]\n1 = 1 1 1 1\n", MR_ERR_FORMAT, "three numbers"},
		{"[inl]\n1 = 1 nan 1\n", MR_ERR_FORMAT, "three numbers"},
		{"[inl]\n1 = 2e-6 0 0\n2 = 1e-6 0 0\n", MR_ERR_RANGE,
		 "not monotone"},
		{"[inl]\n1 = 1e-6 0 0\n2 = 2e-6 1e-6 0\n", MR_ERR_RANGE,
		 "not monotone"},
	};
	static const struct {
		const char *text;
		const char *by;
		const char *has;
	} edits[] = {
		{"gain = 1\n", "gain = -1\n", "gain"},
		{"gain = 1\n", "gain = none\n", "gain"},
		{"gain = 1\n", "", "'gain' is missing"},
		{"rows = 2\n", "", "'rows' is missing"},
		{"rows = 2\n", "rows = 2.5\n", "whole number"},
		{"inl_applies = yes\n", "", "'inl_applies' is missing"},
		{"inl_applies = yes\n", "inl_applies = maybe\n", "yes or no"},
		{"made_ns = 1\n", "made_ns = today\n", "whole number"},
		{"0123456789abcdef", "0123", "16 hexadecimal digits"},
		{"driver = emu", "driver = a-driver-that-has-no-end",
		 "too long"},
	};
	char path[MR_TEST_PATH_MAX], text[1024];
	static struct mr_calibration c;
	struct mr_errtext err = {""};

	mr_test_path(path, "w.ini");
	put(path, good, "");
	MR_CODE_ERR(mr_calibration_read(path, &c, &err), MR_OK, err);
	for (size_t k = 0; k < sizeof faults / sizeof faults[0]; k++) {
		put(path, good, faults[k].more);
		MR_CODE_ERR(mr_calibration_read(path, &c, &err),
		            faults[k].code, err);
		MR_HAS(err.text, faults[k].has);
	}
	for (size_t k = 0; k < sizeof edits / sizeof edits[0]; k++) {
		const char *at = strstr(good, edits[k].text);

		CU_ASSERT_PTR_NOT_NULL_FATAL(at);
		(void)snprintf(text, sizeof text, "%.*s%s%s", (int)(at - good),
		               good, edits[k].by, at + strlen(edits[k].text));
		put(path, text, "");
		CU_ASSERT_NOT_EQUAL(mr_calibration_read(path, &c, &err), MR_OK);
		MR_HAS(err.text, edits[k].has);
	}
	MR_CODE(mr_calibration_read("/nowhere/c.ini", &c, &err),
	        MR_ERR_MISSING);
}

/* ---- arrays -------------------------------------------------------------- */

static struct mr_array *open_chip(const char *uri, const char *calibration)
{
	struct mr_array *array = NULL;
	struct mr_errtext err = {""};
	char text[MR_URI_TEXT_MAX];

	(void)snprintf(text, sizeof text, "%s", uri);
	if (calibration)
		MR_CODE(mr_uri_with(uri, "calibration", calibration, text,
		                    &err), MR_OK);
	MR_CODE_ERR(mr_array_open(text, NULL, &array, &err), MR_OK, err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(array);
	return array;
}

/* Cell k gets 25 (k + 1) pulses: 1.25 to 10 uS. */
static void make_references(struct mr_array *array,
                            struct mr_calibration_reference *to)
{
	for (uint32_t k = 0; k < CELLS; k++) {
		struct mr_selection one = {.kind = MR_SELECT_LIST,
		                           .cells = &k,
		                           .n_cells = 1};

		MR_CODE(mr_array_pulse(array, &one, "set", 25 * (k + 1)), MR_OK);
		to[k] = (struct mr_calibration_reference){
			.cell = k, .r_Ohm = 1 / (25 * (k + 1) * STEP_S)};
	}
}

static void calibrate(const char *uri, struct mr_calibration *c)
{
	struct mr_calibration_reference references[CELLS];
	struct mr_calibration_plan plan = {.n_references = CELLS,
	                                   .references = references,
	                                   .repeats = 4};
	struct mr_calibration_point points[CELLS * 4];
	struct mr_array *array = open_chip(uri, NULL);
	struct mr_errtext err = {""};
	size_t n = 0, n_over = 1;

	make_references(array, references);
	MR_CODE_ERR(mr_calibration_measure(array, &plan, NULL, points, &n,
	                                   &n_over, &err), MR_OK, err);
	CU_ASSERT_EQUAL(n, CELLS * 4);
	CU_ASSERT_EQUAL(n_over, 0);
	MR_CODE_ERR(mr_calibration_fit(points, n, mr_array_describe(array), 7,
	                               c, &err), MR_OK, err);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

static void array_reads_through_its_calibration_what_is_true(void)
{
	static struct mr_calibration c;
	struct mr_calibration_reference references[CELLS];
	char path[MR_TEST_PATH_MAX];
	float g_S[CELLS];
	const float v_V[2] = {0.2f, 0.1f};
	float i_A[4];
	const double lsb_A = 4e-6 / 4095; /* 13 bits: 2^12 - 1 codes a side */
	struct mr_array *array;

	calibrate(WRONG, &c);
	/* the emulator's own errors, within 4 standard errors */
	MR_NEAR(c.gain, 1.0385, 4 * c.gain_se);
	MR_NEAR(c.offset_A, 2.385e-8, 4 * c.offset_se_A);
	CU_ASSERT_TRUE(c.gain_se < 5e-4 && c.offset_se_A < lsb_A);
	write_calibration(&c, mr_test_path(path, "chip.ini"));
	array = open_chip(WRONG, path);
	make_references(array, references);
	MR_CODE(mr_array_read(array, NULL, g_S), MR_OK);
	for (uint32_t k = 0; k < CELLS; k++) {
		double raw_A = c.offset_A + c.gain * 0.2 / references[k].r_Ohm;
		/* half a code of the converter, and the stated error */
		double tolerance_A = 0.5 * lsb_A / c.gain +
		                     3 * mr_calibration_error(&c, raw_A);

		MR_NEAR((double)g_S[k], 1 / references[k].r_Ohm,
		        tolerance_A / 0.2);
	}
	MR_CODE(mr_array_drive(array, v_V, i_A), MR_OK);
	for (uint32_t k = 0; k < 4; k++) {
		double true_A = 0.2 / references[k].r_Ohm +
		                0.1 / references[k + 4].r_Ohm;

		MR_NEAR((double)i_A[k], true_A,
		        0.5 * lsb_A + 3 * mr_calibration_error(&c, true_A));
	}
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

static void program_verifies_with_corrected_reads(void)
{
	static struct mr_calibration c;
	char path[MR_TEST_PATH_MAX];
	const uint32_t cell = 2;
	float g_S = 0;
	struct mr_truth truth;
	struct mr_op op = {.kind = MR_OP_PROGRAM,
	                   .where = {.kind = MR_SELECT_LIST,
	                             .cells = &cell,
	                             .n_cells = 1},
	                   .program = {.target = 3e-6,
	                               .tolerance_S = 0.03e-6,
	                               .budget = 100,
	                               .g_S = &g_S}};
	struct mr_array *array;

	calibrate(WRONG, &c);
	write_calibration(&c, mr_test_path(path, "p.ini"));
	array = open_chip(WRONG, path);
	CU_ASSERT_FALSE(mr_array_describe(array)->abilities &
	                MR_ABILITY(MR_OP_PROGRAM));
	CU_ASSERT_TRUE(mr_array_abilities(array) & MR_ABILITY(MR_OP_PROGRAM));
	MR_CODE(mr_array_submit(array, &op, 1, NULL, NULL), MR_OK);
	MR_CODE(mr_emulator_truth(array, &truth), MR_OK);
	/* raw, 3 uS would have read 3.2 uS and been left 0.2 uS too low */
	MR_NEAR(60 * STEP_S, 3e-6, 1e-18);
	CU_ASSERT_TRUE(truth.pulses[cell] == 60 || truth.pulses[cell] == 59 ||
	               truth.pulses[cell] == 61);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

/* What an observer sees at ends. */
struct seen {
	float raw[64];
	size_t n;
	bool any;
};

static void on_end(void *self, const struct mr_event *event)
{
	struct seen *seen = self;

	seen->any = event->raw != NULL;
	if (event->raw)
		memcpy(seen->raw, event->raw, seen->n * sizeof seen->raw[0]);
}

static void over_range_stays_as_it_is(void)
{
	static struct mr_calibration c;
	char path[MR_TEST_PATH_MAX];
	struct mr_calibration_reference references[CELLS];
	float g_S[CELLS], raw_S[CELLS];
	uint8_t status[CELLS];
	struct mr_op op = {.kind = MR_OP_READ, .read = {.g_S = g_S}};
	struct seen seen = {.n = CELLS};
	struct mr_observer observer = {.self = &seen, .end = on_end};
	struct mr_array *array;

	calibrate(WRONG, &c);
	write_calibration(&c, mr_test_path(path, "o.ini"));
	array = open_chip(WRONG, path);
	make_references(array, references);
	MR_CODE(mr_array_submit(array,
	                        &(struct mr_op){.kind = MR_OP_CONFIGURE,
	                                        .configure = {"read_range",
	                                                      "1e-6"}},
	                        1, NULL, NULL), MR_OK);
	MR_CODE(mr_array_observe(array, &observer), MR_OK);
	/* without room for the status: the filter finds out by itself */
	MR_CODE(mr_array_submit(array, &op, 1, NULL, NULL), MR_OK);
	CU_ASSERT_PTR_NULL(op.read.status);
	CU_ASSERT_TRUE(seen.any);
	memcpy(raw_S, seen.raw, sizeof raw_S);
	CU_ASSERT_EQUAL(g_S[7], raw_S[7]);        /* 2 uA: clipped to 1 uA */
	MR_NEAR((double)g_S[7], 1e-6 / 0.2, 1e-11);
	CU_ASSERT_TRUE(g_S[1] < raw_S[1] * 0.99f);
	op.read.status = status;
	MR_CODE(mr_array_submit(array, &op, 1, NULL, NULL), MR_OK);
	CU_ASSERT_TRUE(status[7] & MR_STATUS_OVER_RANGE);
	CU_ASSERT_EQUAL(status[0], 0);
	MR_CODE(mr_array_wait(array, 1e-3), MR_OK);
	CU_ASSERT_FALSE(seen.any);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

static void log_keeps_raw_values_and_the_calibration(void)
{
	static struct mr_calibration c;
	char path[MR_TEST_PATH_MAX], db[MR_TEST_PATH_MAX], label[48];
	char uri[MR_URI_TEXT_MAX], twice[MR_URI_TEXT_MAX];
	struct mr_calibration_reference references[CELLS];
	float g_S[CELLS], back[CELLS], i_A[CELLS * 2];
	const float level[2] = {0.1f, 0.2f};
	const double hold_s[2] = {1e-3, 1e-3};
	struct mr_op trace = {.kind = MR_OP_TRACE,
	                      .trace = {.n_levels = 2,
	                                .level = level,
	                                .hold_s = hold_s,
	                                .i_A = i_A}};
	struct mr_array *array;
	struct mr_oplog *log;
	struct mr_oplog_reader *reader = NULL;
	struct mr_oplog_record record;
	struct mr_oplog_run_info info;
	struct mr_errtext err = {""};
	bool more = true;

	calibrate(WRONG, &c);
	mr_calibration_label(&c, label, sizeof label);
	write_calibration(&c, mr_test_path(path, "l.ini"));
	array = open_chip(WRONG, path);
	make_references(array, references);
	log = mr_session_start(mr_session_path(db, "raw.db"), array, NULL);
	MR_CODE(mr_array_read(array, NULL, g_S), MR_OK);
	MR_CODE(mr_array_submit(array, &trace, 1, NULL, NULL), MR_OK);
	mr_session_finish(log, array);

	MR_CODE_ERR(mr_oplog_open(db, &reader, &err), MR_OK, err);
	MR_CODE(mr_oplog_info(reader, 1, &info), MR_OK);
	MR_HAS(info.metadata, label);
	CU_ASSERT_STRING_EQUAL(info.desc.calibration, label);
	MR_CODE(mr_oplog_rewind(reader, 1), MR_OK);
	MR_CODE(mr_oplog_next(reader, &record, &more), MR_OK);
	CU_ASSERT_PTR_NOT_NULL_FATAL(record.raw);
	for (uint32_t k = 0; k < CELLS; k++) {
		CU_ASSERT_EQUAL(record.op.read.g_S[k], g_S[k]);
		MR_NEAR(((double)record.raw[k] * 0.2 - c.offset_A) / c.gain,
		        (double)g_S[k] * 0.2, 1e-12);
	}
	MR_CODE(mr_oplog_next(reader, &record, &more), MR_OK);
	CU_ASSERT_PTR_NOT_NULL_FATAL(record.raw);
	MR_NEAR(((double)record.raw[1] - c.offset_A) / c.gain, (double)i_A[1],
	        1e-12);
	mr_oplog_close(reader);

	(void)snprintf(uri, sizeof uri, "playback:%s", db);
	array = open_chip(uri, NULL);
	MR_CODE(mr_array_read(array, NULL, back), MR_OK);
	CU_ASSERT_TRUE(mr_session_same_bits(back, g_S, sizeof back));
	MR_CODE(mr_array_close(array, NULL), MR_OK);
	MR_CODE(mr_uri_with(uri, "calibration", path, twice, &err), MR_OK);
	array = NULL;
	MR_CODE(mr_array_open(twice, NULL, &array, &err), MR_ERR_USAGE);
	MR_HAS(err.text, "already");
}

static void another_board_is_refused_with_both_named(void)
{
	static struct mr_calibration c;
	char path[MR_TEST_PATH_MAX], uri[MR_URI_TEXT_MAX];
	struct mr_array *array = NULL;
	struct mr_errtext err = {""};

	calibrate(WRONG, &c);
	write_calibration(&c, mr_test_path(path, "b.ini"));
	(void)snprintf(uri, sizeof uri,
	               "emu:ideal?rows=2&cols=4&seed=5&calibration=%s", path);
	MR_CODE(mr_array_open(uri, NULL, &array, &err), MR_ERR_MISMATCH);
	MR_HAS(err.text, "seed 0");
	MR_HAS(err.text, "seed 5");
	MR_CODE(mr_array_open(CHIP "&calibration=/nowhere", NULL, &array, &err),
	        MR_ERR_MISSING);
	MR_CODE(mr_array_open(CHIP "&calibration=", NULL, &array, &err),
	        MR_ERR_USAGE);
	MR_CODE(mr_array_open(CHIP "&calibration.x=1", NULL, &array, &err),
	        MR_ERR_USAGE);
}

static void measuring_refuses_a_wrong_plan(void)
{
	static struct mr_calibration c;
	struct mr_calibration_reference r[2] = {{0, 1e5}, {1, 1e6}};
	double v_V[20] = {0.1};
	struct mr_calibration_plan plan = {.n_references = 2, .references = r};
	struct mr_calibration_point p[40];
	char path[MR_TEST_PATH_MAX];
	struct mr_array *array = open_chip(WRONG, NULL);
	struct mr_errtext err = {""};
	size_t n = 0, n_over = 0;

	plan.n_references = 1;
	MR_CODE(mr_calibration_measure(array, &plan, NULL, p, &n, NULL, &err),
	        MR_ERR_USAGE);
	plan.n_references = 2;
	plan.repeats = 1;
	MR_CODE(mr_calibration_measure(array, &plan, NULL, p, &n, NULL, &err),
	        MR_ERR_USAGE);
	plan.repeats = 2;
	r[1].cell = 8;
	MR_CODE(mr_calibration_measure(array, &plan, NULL, p, &n, NULL, &err),
	        MR_ERR_RANGE);
	MR_HAS(err.text, "0 to 7");
	r[1] = (struct mr_calibration_reference){1, 0};
	MR_CODE(mr_calibration_measure(array, &plan, NULL, p, &n, NULL, &err),
	        MR_ERR_USAGE);
	r[1].r_Ohm = 1e6;
	plan.v_V = v_V;
	plan.n_voltages = 20;
	MR_CODE(mr_calibration_measure(array, &plan, NULL, p, &n, NULL, &err),
	        MR_ERR_USAGE);
	plan.n_voltages = 2; /* the second is 0 */
	MR_CODE(mr_calibration_measure(array, &plan, NULL, p, &n, NULL, &err),
	        MR_ERR_RANGE);
	plan.n_voltages = 1;
	plan.averages = UINT32_MAX;
	CU_ASSERT_NOT_EQUAL(mr_calibration_measure(array, &plan, NULL, p, &n,
	                                           NULL, &err), MR_OK);
	plan.averages = 0;
	MR_CODE(mr_array_submit(array,
	                        &(struct mr_op){.kind = MR_OP_CONFIGURE,
	                                        .configure = {"read_range",
	                                                      "1e-8"}},
	                        1, NULL, NULL), MR_OK);
	MR_CODE(mr_calibration_measure(array, &plan, NULL, p, &n, &n_over,
	                               &err), MR_OK); /* offset: 2.4e-8 */
	CU_ASSERT_EQUAL(n, 0);
	CU_ASSERT_EQUAL(n_over, 2);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
	calibrate(WRONG, &c);
	write_calibration(&c, mr_test_path(path, "m.ini"));
	array = open_chip(WRONG, path);
	MR_CODE(mr_calibration_measure(array, &plan, NULL, p, &n, NULL, &err),
	        MR_ERR_USAGE);
	MR_HAS(err.text, "without calibration=");
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

const struct mr_test mr_tests[] = {
	{"fit_recovers_gain_and_offset_with_honest_errors",
	 fit_recovers_gain_and_offset_with_honest_errors},
	{"fit_of_a_bent_meter_uses_its_table",
	 fit_of_a_bent_meter_uses_its_table},
	{"fit_with_few_references_has_no_table",
	 fit_with_few_references_has_no_table},
	{"fit_without_sense_is_refused", fit_without_sense_is_refused},
	{"file_gives_back_what_was_written", file_gives_back_what_was_written},
	{"files_that_are_wrong_are_refused", files_that_are_wrong_are_refused},
	{"array_reads_through_its_calibration_what_is_true",
	 array_reads_through_its_calibration_what_is_true},
	{"program_verifies_with_corrected_reads",
	 program_verifies_with_corrected_reads},
	{"over_range_stays_as_it_is", over_range_stays_as_it_is},
	{"log_keeps_raw_values_and_the_calibration",
	 log_keeps_raw_values_and_the_calibration},
	{"another_board_is_refused_with_both_named",
	 another_board_is_refused_with_both_named},
	{"measuring_refuses_a_wrong_plan", measuring_refuses_a_wrong_plan},
	{0},
};
