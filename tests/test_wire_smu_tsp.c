/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The virtual unit that speaks TSP, by bytes alone: the statements of the fact
 * sheet's table for the 2600B (section 1.6), the matrix over the link, and what
 * is refused. Cells as in smuhost.h.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "smuhost.h"
#include "test.h"

#define ONE "&rows=1&cols=1"
#define OFFSET_A 1e-12
#define MS 1000000

static void open_unit(struct wirehost *h, const char *cells)
{
	smuhost_open(h, "2600b", cells);
	wirehost_say(h, "smua.reset()");
	wirehost_say(h, "smua.source.func = smua.OUTPUT_DCVOLTS");
	wirehost_say(h, "smua.source.rangev = 1");
	wirehost_say(h, "smua.source.limiti = 0.01 smua.measure.nplc = 0.05");
	smuhost_wait(h, 0.1);
}

static int error_of(struct wirehost *h)
{
	return (int)smuhost_number(h, "print(errorqueue.next())", 0);
}

static void hold(struct wirehost *h, double s)
{
	wirehost_say(h, "smua.source.levelv = 1 smua.source.output = 1");
	smuhost_wait(h, s);
	wirehost_say(h, "smua.source.levelv = 0.1");
	smuhost_wait(h, 0.01);
}

static void attributes_are_set_and_printed(void)
{
	struct wirehost h;

	open_unit(&h, ONE);
	SAYS(&h, "print(smua.source.func)", "1.00000e+00");
	SAYS(&h, "smua.source.levelv = -0.25;print(smua.source.levelv)",
	     "-2.50000e-01");
	SAYS(&h, "print(smua.source.rangev, smua.source.limiti)",
	     "1.00000e+00\t1.00000e-02");
	SAYS(&h, "x = smua.measure.nplc y = 'text' print(x, y, nil, true)",
	     "5.00000e-02\ttext\tnil\ttrue");
	SAYS(&h, "buf = smua.nvbuffer1 print(buf.n) -- a comment",
	     "0.00000e+00");
	SAYS(&h, "format.asciiprecision = 3 print(smua.sense)", "0.00e+00");
	SAYS(&h, "print(localnode.model)", "2601B");
	SAYS(&h, "print(errorqueue.count)", "0.00e+00");
	wirehost_close(&h);
}

static void what_is_unknown_is_an_error(void)
{
	static const struct {
		const char *line;
		int error;
	} lines[] = {
		{"foo.bar = 1", -286},
		{"foo()", -286},
		{"print(smua.foo)", -286},
		{"smua.source.levelv = 'a'", -286},
		{"smua.source.levelv = 41", -222},
		{"smua.source.levelv = 1.1", -222}, /* beyond the range */
		{"smua.source.compliance = 1", -286},
		{"smua.measure.nplc = 26", -222},
		{"smua.source.output = 3", -222},
		{"smua.source.output", -285},
		{"smua.source.output = ", -285},
		{"smua.source.output = 1 +", -285},
		{"smua.source.output = 2 * 3", -285},
		{"print(1", -285},
		{"print('a)", -285},
		{"= 1", -285},
		{"node[3].channel.close('1A01')", -286},
		{"node[2].channel.close('1A01')", -286}, /* one cell, no matrix */
		{"channel.close('1A01')", -286},
		{"smua.measure.iv(smua)", -286},
		{"printbuffer(1, 2, smua.nvbuffer1.readings)", -286},
		{"print(print(print(print(print(print(print(print(1))))))))", -285},
		{"for i = 1, 10 do print(i) end", -285},
		{":SYST:ERR?", -285},
		{"*FOO?", -113},
	};
	struct wirehost h;

	open_unit(&h, ONE);
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		SAYS(&h, lines[i].line, "");
		int error = error_of(&h);

		CU_assertImplementation(error == lines[i].error, __LINE__,
		                        lines[i].line, __FILE__, "", CU_FALSE);
		CU_ASSERT_EQUAL(error_of(&h), 0);
	}
	SAYS(&h, "print(smua.source.output, smua.source.levelv)",
	     "0.00000e+00\t0.00000e+00");
	/* the rest of a line is not done */
	SAYS(&h, "foo() smua.source.levelv = 0.5", "");
	SAYS(&h, "print(smua.source.levelv, errorqueue.count)",
	     "0.00000e+00\t1.00000e+00");
	wirehost_say(&h, "errorqueue.clear()");
	SAYS(&h, "print(errorqueue.next())",
	     "0.00000e+00\tQueue Is Empty\t0.00000e+00\t1.00000e+00");
	wirehost_close(&h);
}

static void common_commands_are_taken(void)
{
	struct wirehost h;

	open_unit(&h, ONE "&board.serial=77");
	SAYS(&h, "*IDN?", "Keithley Instruments Inc., Model 2601B, 77, 3.3.5");
	SAYS(&h, "*OPC?", "1");
	SAYS(&h, "*TST?", "0");
	wirehost_say(&h, "foo()");
	SAYS(&h, "*STB?", "4");
	SAYS(&h, "*ESR?", "144"); /* power on, execution error */
	wirehost_say(&h, "*CLS");
	SAYS(&h, "*STB?", "0");
	wirehost_say(&h, "smua.source.levelv = 0.5");
	wirehost_say(&h, "*RST");
	SAYS(&h, "print(smua.source.levelv)", "0.00000e+00");
	wirehost_close(&h);
}

static void measurement_takes_its_time(void)
{
	struct wirehost h;
	int64_t begin_ns;

	open_unit(&h, ONE);
	hold(&h, 10e-3); /* 10 uS */
	begin_ns = h.now_ns;
	wirehost_say(&h, "print(smua.measure.iv())");
	CU_ASSERT_EQUAL(wirehost_listen(&h), 0);
	MR_NEAR(strtod(wirehost_hear(&h), NULL), 1e-6, OFFSET_A);
	/* 0.05 cycles of 50 Hz, and the command */
	CU_ASSERT_EQUAL(h.now_ns - begin_ns, MS + MS / 10);
	MR_NEAR(smuhost_number(&h, "print(smua.measure.iv())", 1), 0.1, 1e-9);
	MR_NEAR(smuhost_number(&h, "print(smua.measure.r())", 0), 1e5, 1);
	MR_NEAR(smuhost_number(&h, "print(smua.measure.p())", 0), 1e-7, 1e-12);
	MR_NEAR(smuhost_number(&h, "print(smua.measure.v(), smua.measure.i())",
	                       1),
	        1e-6, OFFSET_A);
	begin_ns = h.now_ns;
	SAYS(&h, "delay(0.5) print(1)", "1.00000e+00");
	CU_ASSERT_EQUAL(h.now_ns - begin_ns, 500 * MS + MS / 10);
	wirehost_close(&h);
}

static void limit_is_compliance(void)
{
	struct wirehost h;

	open_unit(&h, ONE);
	hold(&h, 50e-3); /* 50 uS */
	SAYS(&h, "print(smua.source.compliance)", "false");
	wirehost_say(&h, "smua.source.limiti = 1e-6");
	SAYS(&h, "print(smua.source.compliance)", "true");
	SAYS(&h, "print(smua.measure.iv())", "1.00000e-06\t2.00000e-02");
	wirehost_say(&h, "smua.source.output = smua.OUTPUT_OFF");
	SAYS(&h, "print(smua.source.compliance)", "false");
	wirehost_close(&h);
}

static void pulses_report_failure_by_their_value(void)
{
	static const char *const wrong[] = {
		"ConfigPulseVMeasureI(smua, 0, 50, 1e-3, 1e-3, 1e-3, 2, "
		"smua.nvbuffer1, 1)",
		"ConfigPulseVMeasureI(smua, 0, 1, 1e-3, 1e-3, 1e-3, 0, "
		"smua.nvbuffer1, 1)",
		"ConfigPulseVMeasureI(smua, 0, 1, 1e-3, 1e-6, 1e-3, 2, "
		"smua.nvbuffer1, 1)",
		/* NPLC 0.05 of 20 ms does not fit */
		"ConfigPulseVMeasureI(smua, 0, 1, 1e-3, 5e-4, 1e-3, 2, "
		"smua.nvbuffer1, 1)",
		"ConfigPulseVMeasureI(smua, 0, 1)",
		"InitiatePulseTest(9)",
		"InitiatePulseTest()",
	};
	struct wirehost h;
	char line[256];

	open_unit(&h, ONE);
	SAYS(&h, "f, msg = ConfigPulseVMeasureI(smua, 0, 1, 1e-3, 1e-3, 1e-3, "
	         "2, smua.nvbuffer1, 1) print(f, msg)",
	     "false\toutput is off");
	wirehost_say(&h, "smua.source.output = 1");
	SAYS(&h, "print(ConfigPulseVMeasureI(smua, 0, 1, 1e-3, 1e-3, 1e-3, 2, "
	         "smua.nvbuffer1, 1))",
	     "false\tsource or measure autorange is on");
	wirehost_say(&h, "smua.measure.rangei = 1e-3");
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		(void)snprintf(line, sizeof line, "f, msg = %s print(f)",
		               wrong[i]);
		SAYS(&h, line, "false");
	}
	SAYS(&h, "print(smua.nvbuffer1.n, errorqueue.count)",
	     "0.00000e+00\t0.00000e+00");
	wirehost_close(&h);
}

static void pulse_train_has_its_widths(void)
{
	struct wirehost h;
	int64_t begin_ns;

	open_unit(&h, ONE);
	wirehost_say(&h, "smua.source.output = 1 smua.measure.rangei = 1e-3");
	wirehost_say(&h, "smua.nvbuffer1.clear() smua.nvbuffer1.appendmode = 1 "
	                 "smua.nvbuffer1.collectsourcevalues = 1");
	SAYS(&h, "print(ConfigPulseVMeasureI(smua, 0, 1, 0.01, 2e-3, 3e-3, 4, "
	         "smua.nvbuffer1, 3))",
	     "true\t");
	begin_ns = h.now_ns;
	SAYS(&h, "f, msg = InitiatePulseTest(3) print(f, smua.nvbuffer1.n)",
	     "true\t4.00000e+00");
	CU_ASSERT_EQUAL(h.now_ns - begin_ns, 20 * MS + MS / 10);
	/* measured at the end of each pulse of 2 ms at 1 V */
	SAYS(&h, "printbuffer(1, 2, smua.nvbuffer1.sourcevalues, "
	         "smua.nvbuffer1.readings)",
	     "1.00000e+00, 2.00000e-06, 1.00000e+00, 4.00000e-06");
	SAYS(&h, "print(smua.nvbuffer1[4])", "8.00000e-06");
	SAYS(&h, "print(ConfigPulseVMeasureISweepLin(smua, 0, 0.1, 0.3, 0.01, "
	         "2e-3, 3e-3, 3, smua.nvbuffer2, 4))",
	     "true\t");
	SAYS(&h, "print(InitiatePulseTest(4))", "true\t");
	MR_NEAR(smuhost_number(&h, "printbuffer(1, 3, smua.nvbuffer2)", 2),
	        0.3 * 8e-6, 1e-11);
	wirehost_close(&h);
}

static void block_has_no_length(void)
{
	struct wirehost h;
	float x;

	open_unit(&h, ONE);
	hold(&h, 10e-3);
	wirehost_say(&h, "smua.nvbuffer1.appendmode = 1 smua.measure.count = 3 "
	                 "smua.measure.i(smua.nvbuffer1)");
	smuhost_wait(&h, 1);
	wirehost_say(&h, "format.data = format.REAL32 "
	                 "format.byteorder = format.LITTLEENDIAN");
	(void)wirehost_ask(&h, "printbuffer(1, smua.nvbuffer1.n, "
	                       "smua.nvbuffer1.readings)");
	CU_ASSERT_EQUAL_FATAL(h.n, 2 + 3 * 4); /* "#0"; LF is cut */
	CU_ASSERT_EQUAL(memcmp(h.heard, "#0", 2), 0);
	memcpy(&x, h.heard + 10, sizeof x);
	MR_NEAR((double)x, 1e-6, OFFSET_A);
	CU_ASSERT_EQUAL(error_of(&h), 0);
	wirehost_close(&h);
}

static void script_is_loaded_and_run(void)
{
	struct wirehost h;

	open_unit(&h, ONE);
	wirehost_say(&h, "loadandrunscript");
	SAYS(&h, "print(1)", "");
	wirehost_say(&h, "i, v = smua.measure.iv()");
	wirehost_say(&h, "print(v, 'end') print('more')");
	SAYS(&h, "endscript", "1.00000e+00");
	/* off: the meter's offset */
	CU_ASSERT_STRING_EQUAL(wirehost_hear(&h), "2.00000e-05\tend");
	CU_ASSERT_STRING_EQUAL(wirehost_hear(&h), "more");
	wirehost_close(&h);
}

static void abort_cuts_a_train(void)
{
	struct wirehost h;

	open_unit(&h, ONE);
	wirehost_say(&h, "smua.source.output = 1 smua.measure.rangei = 1e-3");
	wirehost_say(&h, "ConfigPulseVMeasureI(smua, 0, 1, 0.01, 0.1, 0.1, 100, "
	                 "smua.nvbuffer1, 1)");
	smuhost_wait(&h, 0.1);
	wirehost_say(&h, "print(InitiatePulseTest(1))");
	smuhost_wait(&h, 0.25); /* in the middle of the second pulse */
	wirehost_say(&h, "abort");
	CU_ASSERT_STRING_EQUAL(wirehost_hear(&h), "");
	SAYS(&h, "print(smua.nvbuffer1.n)", "1.00000e+00");
	wirehost_say(&h, "smua.source.levelv = 0.1");
	/* 100 ms, and 50 ms less the command's 0.1 ms */
	MR_NEAR(smuhost_number(&h, "print(smua.measure.i())", 0),
	        0.1 * 149.9e-6, 1e-10);
	wirehost_close(&h);
}

static void matrix_is_reached_over_the_link(void)
{
	struct wirehost h;

	open_unit(&h, "&rows=2&cols=3");
	SAYS(&h, "print(tsplink.reset(), tsplink.state)", "2.00000e+00\tonline");
	SAYS(&h, "print(node[2].localnode.model, node[1].smua.source.levelv)",
	     "707B\t0.00000e+00");
	wirehost_say(&h, "node[2].channel.exclusiveclose('1A02,1B05')");
	SAYS(&h, "print(node[2].channel.getclose('allslots'))", "1A02;1B05");
	hold(&h, 10e-3); /* cell (1, 2) */
	MR_NEAR(smuhost_number(&h, "print(smua.measure.i())", 0), 1e-6,
	        OFFSET_A);
	wirehost_say(&h, "smua.source.output = 0");
	wirehost_say(&h, "node[2].channel.exclusiveclose('1A01,1B05')");
	wirehost_say(&h, "smua.source.output = 1");
	MR_NEAR(smuhost_number(&h, "print(smua.measure.i())", 0), 0, OFFSET_A);
	SAYS(&h, "print(memrig.hotswitches)", "0.00000e+00");
	wirehost_say(&h, "node[2].channel.open('allslots')");
	SAYS(&h, "print(memrig.hotswitches)", "1.00000e+00");
	SAYS(&h, "print(node[2].channel.getclose('allslots'))", "nil");
	CU_ASSERT_EQUAL(error_of(&h), 0);
	wirehost_close(&h);
}

const struct mr_test mr_tests[] = {
	{"attributes_are_set_and_printed", attributes_are_set_and_printed},
	{"what_is_unknown_is_an_error", what_is_unknown_is_an_error},
	{"common_commands_are_taken", common_commands_are_taken},
	{"measurement_takes_its_time", measurement_takes_its_time},
	{"limit_is_compliance", limit_is_compliance},
	{"pulses_report_failure_by_their_value",
	 pulses_report_failure_by_their_value},
	{"pulse_train_has_its_widths", pulse_train_has_its_widths},
	{"block_has_no_length", block_has_no_length},
	{"script_is_loaded_and_run", script_is_loaded_and_run},
	{"abort_cuts_a_train", abort_cuts_a_train},
	{"matrix_is_reached_over_the_link", matrix_is_reached_over_the_link},
	{0},
};
