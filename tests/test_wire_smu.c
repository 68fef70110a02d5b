/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The virtual units that speak SCPI, by bytes alone. Commands and what comes of
 * them are those of the fact sheet's table of units (its section 1.6); numbers
 * follow from the cells (smuhost.h): G = 1 uS for each ms at 1 V, I = V * G, and
 * the meter's offset of 0.4 pA.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "memrig/random.h"
#include "smuhost.h"
#include "test.h"

#define ONE "&rows=1&cols=1"
#define OFFSET_A 1e-12 /* more than the meter's */
#define MS 1000000

/* A 2450 with its output on at a level, the limit wide. */
static void open_2450(struct wirehost *h)
{
	smuhost_open(h, "2450", ONE);
	wirehost_say(h, "*RST");
	wirehost_say(h, ":SOUR:FUNC VOLT");
	wirehost_say(h, ":SOUR:VOLT:ILIM 0.01");
	wirehost_say(h, ":SENS:FUNC \"CURR\"");
	smuhost_wait(h, 0.1);
}

/* Hold a level for so long: as the clock goes between the two commands. */
static void hold(struct wirehost *h, const char *level, double s)
{
	wirehost_say(h, ":OUTP ON");
	smuhost_wait(h, 0.01);
	wirehost_say(h, level);
	smuhost_wait(h, s);
	wirehost_say(h, ":SOUR:VOLT 0");
	smuhost_wait(h, 0.01);
}

/* ---- identity, errors, forms ---------------------------------- */

static void identity_is_the_units(void)
{
	static const char *const units[][2] = {
		{"2450", "KEITHLEY INSTRUMENTS,MODEL 2450,S1,F1"},
		{"2400", "KEITHLEY INSTRUMENTS INC.,MODEL 2400,S1,F1"},
		{"b2900", "Keysight Technologies,B2901A,S1,F1"},
		{"2600b", "Keithley Instruments Inc., Model 2601B, S1, F1"}};
	struct wirehost h;

	for (int i = 0; i < 4; i++) {
		smuhost_open(&h, units[i][0],
		             ONE "&board.serial=S1&board.firmware=F1");
		SAYS(&h, "*IDN?", units[i][1]);
		SAYS(&h, "*idn?", i < 3 ? units[i][1] : "");
		wirehost_close(&h);
	}
}

static void errors_have_the_units_form(void)
{
	struct wirehost h;

	smuhost_open(&h, "2400", ONE);
	SAYS(&h, ":SYST:ERR?", "0,\"No error\"");
	SAYS(&h, ":FOO 1", "");
	SAYS(&h, ":SYST:ERR?", "-113,\"Undefined header\"");
	wirehost_close(&h);
	smuhost_open(&h, "b2900", ONE);
	SAYS(&h, ":SYST:ERR?", "+0,\"No error\"");
	SAYS(&h, ":SOUR:VOLT 1000", "");
	SAYS(&h, ":SYST:ERR?", "-222,\"Parameter data out of range\"");
	wirehost_close(&h);
	smuhost_open(&h, "2450", ONE);
	SAYS(&h, ":SYST:ERR?", "0,\"No error;0;0 0\"");
	wirehost_say(&h, ":SOUR:VOLT");
	MR_HAS(wirehost_ask(&h, ":SYST:ERR?"), "-109,\"Missing parameter;1;");
	wirehost_close(&h);
}

static void error_queue_overflows(void)
{
	struct wirehost h;

	smuhost_open(&h, "2400", ONE); /* 10 entries: its manual */
	for (int i = 0; i < 12; i++)
		wirehost_say(&h, ":FOO");
	for (int i = 0; i < 9; i++)
		CU_ASSERT_EQUAL(smuhost_error(&h), -113);
	CU_ASSERT_EQUAL(smuhost_error(&h), -350);
	CU_ASSERT_EQUAL(smuhost_error(&h), 0);
	wirehost_say(&h, ":FOO");
	wirehost_say(&h, ":SYST:CLE");
	CU_ASSERT_EQUAL(smuhost_error(&h), 0);
	wirehost_close(&h);
}

static void wrong_parameters_are_refused(void)
{
	static const struct {
		const char *line;
		int error;
	} lines[] = {
		{":SOUR:VOLT abc", -104},
		{":SOUR:VOLT 1,2", -108},
		{":SOUR:VOLT nan", -104},
		{":SOUR:VOLT 0x10", -104},
		{":SOUR:VOLT \"1\"", -104},
		{":SOUR:VOLT 1e999", -222},
		{":SOUR:VOLT 211", -222},
		{":SOUR:FUNC OHM", -224},
		{":OUTP 2", -224},
		{":OUTP", -109},
		{":SENS:FUNC \"TEMP\"", -224},
		{":SENS:FUNC CURR", -104},
		{":SENS:CURR:NPLC 0.001", -222},
		{":SENS:CURR:NPLC 11", -222},
		{":SOUR:VOLT:ILIM 2", -222},
		{":SOUR2:VOLT 1", -113},
		{"*ESE 256", -222},
		{":TRAC:DATA? 1,1", -230},
		{":TRAC:CLE \"nosuch\"", -224},
		{":SOUR:VOLT 1,", -102},
		{"!", -102},
		{":SOUR:PULS:SWE:VOLT:LIN 0,0,1,5,1e-3,ON,\"defbuffer1\"", -113},
		{":SOUR:SWE:VOLT:LIN 0,1,1", -222},
		{":SOUR:SWE:VOLT:LIST 1", -221},
		{":INIT", -221},
		{":SOUR:VOLT:RANG 2;:SOUR:VOLT 3", -222},
		{":SOUR:VOLT 1;:SOUR:VOLT:RANG 0.02", -221},
	};
	struct wirehost h;

	open_2450(&h);
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		SAYS(&h, lines[i].line, "");
		int error = smuhost_error(&h);

		CU_assertImplementation(error == lines[i].error, __LINE__,
		                        lines[i].line, __FILE__, "", CU_FALSE);
		CU_ASSERT_EQUAL(smuhost_error(&h), 0);
	}
	wirehost_close(&h);
}

static void commands_have_long_and_short_forms(void)
{
	struct wirehost h;

	smuhost_open(&h, "b2900", ONE);
	SAYS(&h, ":SOURce:VOLTage:LEVel:IMMediate:AMPLitude 0.25;:sour:volt?",
	     "+2.500000E-01");
	SAYS(&h, "volt 0.5;:SOUR1:VOLT:LEV?", "+5.000000E-01");
	SAYS(&h, ":SOUR:VOLT 0.125,(@1);VOLT?", "+1.250000E-01");
	SAYS(&h, ":SOUR:VOLT?;FUNC:MODE?", "+1.250000E-01;VOLT");
	SAYS(&h, ":OUTP ON,(@2)", "");
	CU_ASSERT_EQUAL(smuhost_error(&h), -222);
	SAYS(&h, ":SOUR:VOLTA?", ""); /* neither form */
	CU_ASSERT_EQUAL(smuhost_error(&h), -113);
	SAYS(&h, ":SOUR:VOLT:RANG:AUTO OFF;AUTO?", "0");
	SAYS(&h, ":SOUR:VOLT? MAX", "+2.100000E+02");
	wirehost_close(&h);
}

static void registers_are_those_of_488(void)
{
	struct wirehost h;

	smuhost_open(&h, "2450", ONE);
	SAYS(&h, "*ESR?", "128"); /* power on */
	SAYS(&h, "*STB?", "0");
	wirehost_say(&h, "*ESE 32;*SRE 32");
	wirehost_say(&h, ":FOO");
	SAYS(&h, "*STB?", "100"); /* error, event, service */
	CU_ASSERT_EQUAL(h.type->status_byte(h.board, h.now_ns), 100);
	SAYS(&h, "*ESR?;*ESE?;*SRE?", "32;32;32");
	wirehost_say(&h, "*CLS");
	SAYS(&h, "*STB?;*OPC?;*TST?", "0;1;0");
	wirehost_say(&h, "*OPC");
	SAYS(&h, "*ESR?;*LANG?", "1;SCPI");
	wirehost_close(&h);
}

/* ---- what the cell feels ---------------------------------- */

static void level_that_holds_is_a_pulse(void)
{
	struct wirehost h;

	open_2450(&h);
	hold(&h, ":SOUR:VOLT 1", 5e-3);
	wirehost_say(&h, ":SOUR:VOLT 0.1");
	MR_NEAR(smuhost_number(&h, ":READ?", 0), 0.1 * 5e-6, OFFSET_A);
	/* looking on meanwhile does not cut it in two */
	wirehost_say(&h, ":SOUR:VOLT 2");
	for (int i = 0; i < 10; i++)
		smuhost_wait(&h, 1e-4);
	wirehost_say(&h, ":SOUR:VOLT 0.1");
	MR_NEAR(smuhost_number(&h, ":READ?", 0), 0.1 * 7e-6, OFFSET_A);
	wirehost_close(&h);
}

static void limit_makes_the_voltage_fall(void)
{
	struct wirehost h;

	open_2450(&h);
	hold(&h, ":SOUR:VOLT 1", 50e-3); /* 50 uS */
	wirehost_say(&h, ":SOUR:VOLT 0.1");
	SAYS(&h, ":SOUR:VOLT:ILIM:TRIP?", "0");
	wirehost_say(&h, ":SOUR:VOLT:ILIM 1e-6");
	SAYS(&h, ":SOUR:VOLT:ILIM:TRIP?", "1");
	SAYS(&h, ":READ? \"defbuffer1\",READ,SOUR,SOURSTAT",
	     "1.000000E-06,2.000000E-02,40");
	/* what would program is held below the threshold by it */
	wirehost_say(&h, ":SOUR:VOLT 1");
	smuhost_wait(&h, 0.1);
	wirehost_say(&h, ":SOUR:VOLT 0.1;:SOUR:VOLT:ILIM 1e-3");
	MR_NEAR(smuhost_number(&h, ":READ?", 0), 0.1 * 50e-6, 1e-10);
	wirehost_close(&h);
}

/* pcm covers SETs of 25 to 100 ns, which no unit can give: nothing happens to the
 * cell, and it is counted. */
static void level_that_the_model_does_not_know_is_counted(void)
{
	struct wirehost h;

	wirehost_open(&h, "smu", "emu:pcm?rows=1&cols=1&r_load_ohm=2385");
	wirehost_say(&h, ":SOUR:VOLT:ILIM 0.01");
	hold(&h, ":SOUR:VOLT 0.1", 1e-3);
	SAYS(&h, ":DIAG:REF?", "0");
	hold(&h, ":SOUR:VOLT 1", 1e-3);
	SAYS(&h, ":DIAG:REF?", "1");
	CU_ASSERT_EQUAL(smuhost_error(&h), 0);
	wirehost_close(&h);
}

static void protection_holds_the_voltage(void)
{
	struct wirehost h;

	open_2450(&h);
	hold(&h, ":SOUR:VOLT 1", 10e-3);
	wirehost_say(&h, ":SOUR:VOLT:PROT PROT2");
	SAYS(&h, ":SOUR:VOLT:PROT?;PROT:TRIP?", "PROT2;0");
	wirehost_say(&h, ":SOUR:VOLT 3");
	SAYS(&h, ":SOUR:VOLT:PROT:TRIP?", "1");
	wirehost_close(&h);
}

static void amperes_are_sourced(void)
{
	struct wirehost h;

	open_2450(&h);
	hold(&h, ":SOUR:VOLT 1", 10e-3); /* 10 uS */
	wirehost_say(&h, ":SOUR:FUNC CURR;:SOUR:CURR 1e-6;:SENS:FUNC \"VOLT\"");
	SAYS(&h, ":OUTP?", "0"); /* changing the function switched it off */
	wirehost_say(&h, ":OUTP ON");
	MR_NEAR(smuhost_number(&h, ":READ?", 0), 0.1, 1e-6);
	wirehost_say(&h, ":SOUR:CURR:VLIM 0.05");
	SAYS(&h, ":SOUR:CURR:VLIM:TRIP?", "1");
	MR_NEAR(smuhost_number(&h, ":READ?", 0), 0.05, 1e-9);
	wirehost_close(&h);
}

static void output_that_is_off_reads_what_the_unit_would(void)
{
	struct wirehost h;

	open_2450(&h);
	wirehost_say(&h, ":SOUR:VOLT 0.1");
	MR_NEAR(smuhost_number(&h, ":READ?", 0), 0, OFFSET_A);
	SAYS(&h, ":OUTP?", "0");
	wirehost_close(&h);
	smuhost_open(&h, "2400", ONE);
	SAYS(&h, ":READ?", "");
	CU_ASSERT_EQUAL(smuhost_error(&h), 803);
	wirehost_close(&h);
	smuhost_open(&h, "b2900", ONE);
	SAYS(&h, ":OUTP:ON:AUTO?", "1");
	wirehost_say(&h, ":OUTP:ON:AUTO OFF");
	SAYS(&h, ":MEAS:CURR? (@1)", "+9.910000E+37");
	wirehost_say(&h, ":OUTP:ON:AUTO ON");
	MR_NEAR(smuhost_number(&h, ":MEAS:CURR? (@1)", 0), 0, OFFSET_A);
	SAYS(&h, ":OUTP?", "1");
	wirehost_close(&h);
}

static void range_that_is_too_small_overflows(void)
{
	struct wirehost h;

	open_2450(&h);
	hold(&h, ":SOUR:VOLT 1", 100e-3); /* 100 uS */
	wirehost_say(&h, ":SENS:CURR:RANG 1e-6;:SOUR:VOLT 0.1");
	SAYS(&h, ":SENS:CURR:RANG:AUTO?", "0");
	SAYS(&h, ":READ?", "9.900000E+37");
	wirehost_say(&h, ":SENS:CURR:RANG 1e-5");
	MR_NEAR(smuhost_number(&h, ":READ?", 0), 1e-5, OFFSET_A);
	wirehost_close(&h);
}

static void safety_is_told_with_its_time(void)
{
	struct wirehost h;
	int64_t since_ns = 0;

	open_2450(&h);
	CU_ASSERT_TRUE(h.type->is_safe(h.board, h.now_ns, NULL));
	wirehost_say(&h, ":OUTP ON");
	smuhost_wait(&h, 1e-3);
	CU_ASSERT_TRUE(h.type->is_safe(h.board, h.now_ns, NULL)); /* at 0 V */
	wirehost_say(&h, ":SOUR:VOLT 0.1");
	smuhost_wait(&h, 1e-3);
	CU_ASSERT_FALSE(h.type->is_safe(h.board, h.now_ns, &since_ns));
	CU_ASSERT_EQUAL(since_ns, h.now_ns - MS + MS / 5); /* a command: 0.2 ms */
	h.type->link(h.board, h.now_ns, false); /* the host went: it stays on */
	CU_ASSERT_FALSE(h.type->is_safe(h.board, h.now_ns, NULL));
	wirehost_say(&h, ":ABOR;:OUTP OFF");
	smuhost_wait(&h, 1e-3);
	CU_ASSERT_TRUE(h.type->is_safe(h.board, h.now_ns, &since_ns));
	wirehost_close(&h);
}

/* ---- time ---------------------------------- */

static void reading_takes_its_aperture(void)
{
	struct wirehost h;
	int64_t begin_ns;

	open_2450(&h);
	wirehost_say(&h, ":SOUR:VOLT 0.1;:OUTP ON;:SENS:CURR:NPLC 2");
	smuhost_wait(&h, 0.1);
	begin_ns = h.now_ns;
	wirehost_say(&h, ":READ?");
	CU_ASSERT_EQUAL(wirehost_listen(&h), 0);
	CU_ASSERT_STRING_NOT_EQUAL(wirehost_hear(&h), "");
	/* 2 cycles of 50 Hz, and the command */
	CU_ASSERT_EQUAL(h.now_ns - begin_ns, 40 * MS + MS / 5);
	wirehost_close(&h);
}

static void sweep_takes_its_points(void)
{
	struct wirehost h;
	int64_t begin_ns;

	open_2450(&h);
	wirehost_say(&h, ":SENS:CURR:NPLC 1");
	wirehost_say(&h, ":SOUR:SWE:VOLT:LIN 0,0.2,3,0.01,2,AUTO,OFF,ON,"
	                 "\"defbuffer1\"");
	CU_ASSERT_EQUAL(smuhost_error(&h), 0);
	smuhost_wait(&h, 1);
	begin_ns = h.now_ns;
	wirehost_say(&h, ":INIT");
	smuhost_wait(&h, 0.035);
	SAYS(&h, ":TRAC:ACT?", "1"); /* taken meanwhile */
	wirehost_say(&h, "*OPC?");
	CU_ASSERT_STRING_EQUAL(wirehost_hear(&h), "1");
	/* dual: 5 points, twice; each 10 ms and 20 ms */
	MR_NEAR((double)(h.now_ns - begin_ns) / MS, 300, 1);
	SAYS(&h, ":TRAC:ACT? \"defbuffer1\"", "10");
	SAYS(&h, ":TRAC:DATA? 1,3,\"defbuffer1\",SOUR",
	     "0.000000E+00,1.000000E-01,2.000000E-01");
	MR_NEAR(smuhost_number(&h, ":TRAC:DATA? 2,3,\"defbuffer1\",REL,READ", 0),
	        0.03, 1e-9);
	SAYS(&h, ":OUTP?", "0");
	wirehost_close(&h);
}

static void abort_cuts_a_sweep(void)
{
	struct wirehost h;

	open_2450(&h);
	wirehost_say(&h, ":SENS:CURR:NPLC 1");
	/* 1 V all along, 30 ms a point */
	wirehost_say(&h, ":SOUR:LIST:VOLT 1,1,1,1");
	wirehost_say(&h, ":SOUR:SWE:VOLT:LIST 1,0.01");
	smuhost_wait(&h, 1);
	wirehost_say(&h, ":INIT");
	smuhost_wait(&h, 0.05);
	SAYS(&h, ":INIT", "");
	CU_ASSERT_EQUAL(smuhost_error(&h), -213);
	wirehost_say(&h, ":ABOR");
	smuhost_wait(&h, 1);
	SAYS(&h, ":OUTP?", "0");
	SAYS(&h, ":TRAC:ACT?", "1");
	wirehost_say(&h, ":SOUR:VOLT 0.1;:OUTP ON");
	/* begun 0.2 ms after INIT, cut 0.2 ms after ABOR; SYST:ERR? took
	 * 0.2 ms between them */
	MR_NEAR(smuhost_number(&h, ":READ?", 0), 0.1 * 52.2e-6, 1e-11);
	wirehost_close(&h);
}

static void abort_interrupts_a_query(void)
{
	struct wirehost h;

	open_2450(&h);
	wirehost_say(&h, ":SOUR:VOLT 0.1;:OUTP ON;:SENS:CURR:NPLC 10");
	smuhost_wait(&h, 0.1);
	wirehost_say(&h, ":READ?");
	smuhost_wait(&h, 0.01);
	wirehost_say(&h, ":ABOR");
	CU_ASSERT_STRING_EQUAL(wirehost_hear(&h), "");
	CU_ASSERT_EQUAL(smuhost_error(&h), -410);
	SAYS(&h, ":OUTP?", "1");
	wirehost_close(&h);
}

static void reset_ends_what_runs(void)
{
	struct wirehost h;

	smuhost_open(&h, "b2900", ONE);
	wirehost_say(&h, ":SENS:CURR:APER 0.1;:INIT (@1)");
	smuhost_wait(&h, 0.01);
	wirehost_say(&h, "*RST"); /* what ends it is taken meanwhile */
	SAYS(&h, ":OUTP?", "0");
	CU_ASSERT_EQUAL(smuhost_error(&h), 0);
	wirehost_close(&h);
}

static void clear_ends_what_runs(void)
{
	struct wirehost h;

	open_2450(&h);
	wirehost_say(&h, ":SOUR:VOLT 0.1;:OUTP ON;:SENS:CURR:NPLC 10;:READ?");
	smuhost_wait(&h, 0.05);
	h.type->clear(h.board, h.now_ns);
	CU_ASSERT_EQUAL(h.type->due_ns(h.board, h.now_ns), INT64_MAX);
	SAYS(&h, "*IDN?;:OUTP?",
	     "KEITHLEY INSTRUMENTS,MODEL 2450,04000000,1.7.12b;1");
	CU_ASSERT_EQUAL(smuhost_error(&h), 0);
	wirehost_close(&h);
}

/* ---- the 2400 ---------------------------------- */

static void open_2400(struct wirehost *h)
{
	smuhost_open(h, "2400", ONE);
	wirehost_say(h, "*RST;:SOUR:FUNC VOLT;:SOUR:VOLT:MODE FIX");
	wirehost_say(h, ":SENS:FUNC \"CURR\";:SENS:CURR:PROT 0.01");
	wirehost_say(h, ":FORM:ELEM VOLT,CURR,STAT");
	smuhost_wait(h, 0.1);
	hold(h, ":SOUR:VOLT 1", 10e-3); /* 10 uS */
	CU_ASSERT_EQUAL(smuhost_error(h), 0);
}

static void sweeps_of_the_2400_give_elements(void)
{
	struct wirehost h;

	open_2400(&h);
	wirehost_say(&h, ":SOUR:VOLT:STAR -0.1;STOP 0.1;STEP 0.1;MODE SWE");
	wirehost_say(&h, ":TRIG:COUN 3");
	MR_NEAR(smuhost_number(&h, ":READ?", 0), -0.1, 1e-9);
	MR_NEAR(smuhost_number(&h, ":READ?", 1), -1e-6, OFFSET_A);
	MR_NEAR(smuhost_number(&h, ":READ?", 7), 1e-6, OFFSET_A);
	wirehost_say(&h, ":SOUR:LIST:VOLT 0.1,0.2;:SOUR:LIST:VOLT:APP 0.3");
	SAYS(&h, ":SOUR:LIST:VOLT:POIN?", "3");
	wirehost_say(&h, ":SOUR:VOLT:MODE LIST;:SENS:CURR:PROT 2e-6");
	MR_NEAR(smuhost_number(&h, ":READ?", 7), 2e-6, 1e-12);
	MR_NEAR(smuhost_number(&h, ":FETC?", 8), 8, 0); /* compliance */
	MR_NEAR(smuhost_number(&h, ":FETC?", 5), 0, 0);
	wirehost_say(&h, ":SOUR:VOLT:MODE SWE;STEP -0.1");
	SAYS(&h, ":READ?", "");
	CU_ASSERT_EQUAL(smuhost_error(&h), -221);
	wirehost_say(&h, ":TRIG:COUN 2500;:ARM:COUN 2");
	SAYS(&h, ":READ?", "");
	CU_ASSERT_EQUAL(smuhost_error(&h), -221); /* 2500 at most */
	SAYS(&h, ":SOUR:FUNC:SHAP PULS", "");
	CU_ASSERT_EQUAL(smuhost_error(&h), -113); /* only a 2430 has it */
	wirehost_close(&h);
}

static float float_at(const uint8_t *p, bool big)
{
	uint8_t bytes[4];
	float x;

	for (int i = 0; i < 4; i++)
		bytes[i] = p[big ? 3 - i : i];
	memcpy(&x, bytes, sizeof x); /* this machine is little-endian */
	return x;
}

static void blocks_have_floats(void)
{
	struct wirehost h;

	open_2400(&h);
	wirehost_say(&h, ":SOUR:VOLT 0.2;:FORM REAL,32");
	(void)wirehost_ask(&h, ":READ?");
	CU_ASSERT_EQUAL_FATAL(h.n, 2 + 3 * 4); /* "#0", elements; LF is cut */
	CU_ASSERT_EQUAL(memcmp(h.heard, "#0", 2), 0);
	MR_NEAR((double)float_at(h.heard + 6, true), 2e-6, OFFSET_A);
	wirehost_say(&h, ":FORM:BORD SWAP");
	(void)wirehost_ask(&h, ":FETC?");
	MR_NEAR((double)float_at(h.heard + 6, false), 2e-6, OFFSET_A);
	SAYS(&h, ":FORM REAL,64", "");
	wirehost_say(&h, ":FORM ASC");
	CU_ASSERT_EQUAL(smuhost_error(&h), -224);
	wirehost_close(&h);
	smuhost_open(&h, "b2900", ONE);
	wirehost_say(&h, ":SOUR:VOLT 0.2;:FORM:DATA REAL,32;BORD SWAP");
	wirehost_say(&h, ":TRIG:COUN 3;:INIT (@1)");
	(void)wirehost_ask(&h, ":FETC:ARR:VOLT? (@1)");
	CU_ASSERT_EQUAL_FATAL(h.n, 4 + 3 * 4);
	CU_ASSERT_EQUAL(memcmp(h.heard, "#212", 4), 0);
	MR_NEAR((double)float_at(h.heard + 12, false), 0.2, 1e-7);
	wirehost_close(&h);
}

static void full_buffer_raises_its_bit(void)
{
	struct wirehost h;

	open_2400(&h);
	wirehost_say(&h, ":TRAC:CLE;POIN 2;FEED SENS;FEED:CONT NEXT");
	wirehost_say(&h, ":STAT:MEAS:ENAB 512;*SRE 1;:SOUR:VOLT 0.1");
	(void)wirehost_ask(&h, ":READ?");
	SAYS(&h, "*STB?;:TRAC:POIN:ACT?", "0;1");
	(void)wirehost_ask(&h, ":READ?");
	SAYS(&h, "*STB?;:TRAC:FEED:CONT?", "65;NEV");
	MR_NEAR(smuhost_number(&h, ":TRAC:DATA?", 4), 1e-6, OFFSET_A);
	SAYS(&h, ":STAT:MEAS?", "512");
	CU_ASSERT_EQUAL(smuhost_error(&h), 0);
	wirehost_close(&h);
}

/* ---- the B2900 ---------------------------------- */

static void pulses_of_the_b2900_have_their_width(void)
{
	struct wirehost h;

	smuhost_open(&h, "b2900", ONE);
	wirehost_say(&h, ":SENS:CURR:PROT 0.01;:SENS:CURR:APER 2e-5");
	wirehost_say(&h, ":SOUR:FUNC:SHAP PULS;:SOUR:VOLT 0.1;:SOUR:VOLT:TRIG 1");
	wirehost_say(&h, ":SOUR:PULS:WIDT 1e-4;:SOUR:PULS:DEL 1e-4");
	wirehost_say(&h, ":TRIG:SOUR TIM;:TRIG:TIM 1e-3;:TRIG:COUN 5");
	wirehost_say(&h, ":TRIG:ACQ:DEL 1.5e-4");
	wirehost_say(&h, ":INIT (@1)");
	SAYS(&h, "*OPC?", "1");
	/* the fifth pulse ends at 5 * 0.1 ms of 1 V */
	MR_NEAR(smuhost_number(&h, ":FETC:ARR:CURR? (@1)", 4), 0.5e-6, 1e-11);
	SAYS(&h, ":FETC:ARR:SOUR? (@1)",
	     "+1.000000E+00,+1.000000E+00,+1.000000E+00,+1.000000E+00,"
	     "+1.000000E+00");
	MR_NEAR(smuhost_number(&h, ":FETC:ARR:TIME?", 4) -
	                smuhost_number(&h, ":FETC:ARR:TIME?", 3),
	        1e-3, 2e-9);
	wirehost_say(&h, ":SOUR:PULS:WIDT 4.9e-5");
	CU_ASSERT_EQUAL(smuhost_error(&h), -222);
	wirehost_say(&h, ":TRIG:TIM 1e-5"); /* below 20 us */
	CU_ASSERT_EQUAL(smuhost_error(&h), -222);
	CU_ASSERT_EQUAL(smuhost_error(&h), 0);
	wirehost_close(&h);
}

static void limits_of_the_b2900_have_directions(void)
{
	struct wirehost h;

	smuhost_open(&h, "b2900", ONE);
	wirehost_say(&h, ":SENS:CURR:PROT 0.01");
	hold(&h, ":SOUR:VOLT 1", 50e-3);
	wirehost_say(&h, ":SENS:CURR:PROT:POS 1e-6;NEG -2e-6");
	wirehost_say(&h, ":SOUR:VOLT 0.1");
	SAYS(&h, ":SENS:CURR:PROT:TRIP?", "1");
	MR_NEAR(smuhost_number(&h, ":MEAS:CURR?", 0), 1e-6, 1e-12);
	wirehost_say(&h, ":SOUR:VOLT -0.1");
	MR_NEAR(smuhost_number(&h, ":MEAS:CURR?", 0), -2e-6, 1e-12);
	wirehost_say(&h, ":OUTP:PROT ON;:SOUR:VOLT -0.2");
	SAYS(&h, ":OUTP?", "0"); /* off as soon as the limit acts */
	CU_ASSERT_EQUAL(smuhost_error(&h), 0);
	wirehost_close(&h);
}

static void sense_functions_are_chosen(void)
{
	struct wirehost h;

	smuhost_open(&h, "b2900", ONE);
	SAYS(&h, ":SENS:FUNC?", "\"VOLT\",\"CURR\",\"RES\"");
	wirehost_say(&h, ":SENS:FUNC:OFF:ALL;:SENS:FUNC \"CURR\"");
	SAYS(&h, ":SENS:FUNC?", "\"CURR\"");
	SAYS(&h, ":FORM:ELEM:SENS CURR,TIME;SENS?", "CURR,TIME");
	CU_ASSERT_EQUAL(smuhost_error(&h), 0);
	wirehost_close(&h);
}

/* ---- the 2450's buffers ---------------------------------- */

static void buffers_are_made(void)
{
	struct wirehost h;

	open_2450(&h);
	wirehost_say(&h, ":TRAC:MAKE \"mine\",10;:SOUR:VOLT 0.1;:OUTP ON");
	for (int i = 0; i < 11; i++)
		(void)wirehost_ask(&h, ":READ? \"mine\"");
	SAYS(&h, ":TRAC:ACT? \"mine\"", "10"); /* and no more */
	SAYS(&h, ":TRAC:POIN? \"mine\"", "10");
	SAYS(&h, ":TRAC:ACT?", "0");
	wirehost_say(&h, ":TRAC:CLE \"mine\"");
	SAYS(&h, ":TRAC:ACT? \"mine\"", "0");
	wirehost_say(&h, ":TRAC:MAKE \"mine\",10");
	CU_ASSERT_EQUAL(smuhost_error(&h), -230); /* the eleventh was lost */
	CU_ASSERT_EQUAL(smuhost_error(&h), -221);
	wirehost_close(&h);
}

/* ---- keys, and whatever comes ---------------------------------- */

static void keys_that_are_wrong_are_refused(void)
{
	static const char *const texts[][2] = {
		{"emu:ideal?board.profile=2410", "2450, 2400, b2900, 2600b"},
		{"emu:ideal?rows=1&cols=1&board.serial=a,b", "board.serial"},
		{"emu:ideal?rows=1&cols=2&board.matrix=none", "need a matrix"},
		{"emu:ideal?rows=1&cols=2&board.matrix=7709", "3706A"},
		{"emu:ideal?rows=64&cols=9", "72 lines"},
		{"emu:ideal?board.colour=red", "colour"},
		{"playback:x.db", "emu:MODEL"},
	};
	const struct mr__wire_type *type = mr__wire_find("smu");
	struct mr_errtext err;
	struct mr_uri uri;
	void *self;

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		MR_CODE(mr_uri_parse(&uri, texts[i][0], &err), MR_OK);
		MR_CODE(type->open(&uri, 0, &self, &err), MR_ERR_USAGE);
		MR_HAS(err.text, texts[i][1]);
	}
}

static void random_bytes_leave_a_unit_that_answers(void)
{
	static const char *const words[] = {
		":SOUR:VOLT ", "0.5", ":READ?", ";", "\n", ":OUTP ON", "\"", "(@1)",
		":INIT", ":ABOR", ":TRAC:DATA? ", "1,", "smua.", "print(", ")",
		"=", "[", "measure.iv()", "node[2].", "channel.close(", "'1A01'"};
	static const char *const profiles[] = {"2450", "2400", "b2900", "2600b"};
	struct wirehost h;

	for (uint64_t i = 0; i < 400; i++) {
		smuhost_open(&h, profiles[i % 4], "&rows=2&cols=2");
		for (uint64_t k = 0; k < 60; k++) {
			struct mr_address at = {.purpose = MR_PURPOSE_INPUT,
			                        .subject = (uint32_t)i,
			                        .event = k};
			uint64_t x = (uint64_t)(mr_random_uniform(5, at) *
			                        9007199254740992.0);
			const char *word = words[x / 8 % 21];
			const char byte = (char)(x >> 16);

			if (x % 8 == 0)
				wirehost_send(&h, &byte, 1);
			else
				wirehost_send(&h, word, strlen(word));
			h.now_ns += (int64_t)(x >> 36);
			(void)wirehost_listen(&h);
		}
		h.type->clear(h.board, h.now_ns);
		MR_HAS(wirehost_ask(&h, "*IDN?"), ","); /* an identity */
		wirehost_close(&h);
	}
}

const struct mr_test mr_tests[] = {
	{"identity_is_the_units", identity_is_the_units},
	{"errors_have_the_units_form", errors_have_the_units_form},
	{"error_queue_overflows", error_queue_overflows},
	{"wrong_parameters_are_refused", wrong_parameters_are_refused},
	{"commands_have_long_and_short_forms",
	 commands_have_long_and_short_forms},
	{"registers_are_those_of_488", registers_are_those_of_488},
	{"level_that_holds_is_a_pulse", level_that_holds_is_a_pulse},
	{"limit_makes_the_voltage_fall", limit_makes_the_voltage_fall},
	{"level_that_the_model_does_not_know_is_counted",
	 level_that_the_model_does_not_know_is_counted},
	{"protection_holds_the_voltage", protection_holds_the_voltage},
	{"amperes_are_sourced", amperes_are_sourced},
	{"output_that_is_off_reads_what_the_unit_would",
	 output_that_is_off_reads_what_the_unit_would},
	{"range_that_is_too_small_overflows", range_that_is_too_small_overflows},
	{"safety_is_told_with_its_time", safety_is_told_with_its_time},
	{"reading_takes_its_aperture", reading_takes_its_aperture},
	{"sweep_takes_its_points", sweep_takes_its_points},
	{"abort_cuts_a_sweep", abort_cuts_a_sweep},
	{"abort_interrupts_a_query", abort_interrupts_a_query},
	{"reset_ends_what_runs", reset_ends_what_runs},
	{"clear_ends_what_runs", clear_ends_what_runs},
	{"sweeps_of_the_2400_give_elements", sweeps_of_the_2400_give_elements},
	{"blocks_have_floats", blocks_have_floats},
	{"full_buffer_raises_its_bit", full_buffer_raises_its_bit},
	{"pulses_of_the_b2900_have_their_width",
	 pulses_of_the_b2900_have_their_width},
	{"limits_of_the_b2900_have_directions",
	 limits_of_the_b2900_have_directions},
	{"sense_functions_are_chosen", sense_functions_are_chosen},
	{"buffers_are_made", buffers_are_made},
	{"keys_that_are_wrong_are_refused", keys_that_are_wrong_are_refused},
	{"random_bytes_leave_a_unit_that_answers",
	 random_bytes_leave_a_unit_that_answers},
	{0},
};
