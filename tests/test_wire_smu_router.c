/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The virtual switch matrix by its own pipe: the channel functions of the fact
 * sheet's table (section 1.6, matrices), and which cells the unit reaches by them.
 * The array has 2 rows and 3 columns: its lines are the matrix's columns 1 to 5;
 * HI is on row A, LO on row B (wire_smu_matrix.c).
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "smuhost.h"
#include "test.h"

#define CELLS "&rows=2&cols=3"
#define OFFSET_A 1e-12
#define ROUTED(h, line, expected)                                             \
	CU_ASSERT_STRING_EQUAL(smuhost_route(h, line), expected)

static void open_bench(struct wirehost *h)
{
	smuhost_open(h, "2400", CELLS);
	wirehost_say(h, "*RST;:SOUR:FUNC VOLT;:SENS:FUNC \"CURR\"");
	wirehost_say(h, ":SENS:CURR:PROT 0.01;:FORM:ELEM CURR");
	smuhost_wait(h, 0.1);
}

static double current(struct wirehost *h)
{
	double i_A;

	wirehost_say(h, ":SOUR:VOLT 0.1;:OUTP ON");
	i_A = smuhost_number(h, ":READ?", 0);
	wirehost_say(h, ":OUTP OFF;:SOUR:VOLT 0");
	smuhost_wait(h, 0.1);
	return i_A;
}

static void hold(struct wirehost *h, const char *volts, double s)
{
	wirehost_say(h, ":OUTP ON");
	smuhost_wait(h, 0.01);
	wirehost_say(h, volts);
	smuhost_wait(h, s);
	wirehost_say(h, ":SOUR:VOLT 0");
	smuhost_wait(h, 0.01);
	wirehost_say(h, ":OUTP OFF");
	smuhost_wait(h, 0.01);
}

static int error_of(struct wirehost *h)
{
	return (int)strtod(smuhost_route(h, "print(errorqueue.next())"), NULL);
}

static void identity_is_the_matrixs(void)
{
	struct wirehost h;

	smuhost_open(&h, "2450", CELLS "&board.matrix=3706A&board.serial=7");
	ROUTED(&h, "*IDN?", "KEITHLEY INSTRUMENTS INC.,MODEL 3706A,7,01.40a");
	ROUTED(&h, "print(localnode.model)", "3706A");
	ROUTED(&h, "*OPC?", "1");
	wirehost_close(&h);
	smuhost_open(&h, "2450", "&rows=1&cols=1");
	CU_ASSERT_PTR_NULL(h.type->port(h.board)); /* one cell needs none */
	wirehost_close(&h);
	smuhost_open(&h, "2450", "&rows=1&cols=1&board.matrix=707B");
	CU_ASSERT_PTR_NOT_NULL(h.type->port(h.board));
	wirehost_close(&h);
}

static void channels_are_closed_and_named(void)
{
	struct wirehost h;

	open_bench(&h);
	ROUTED(&h, "print(channel.getclose('allslots'))", "nil");
	ROUTED(&h, "channel.close(\"1A01,1A05\")", "");
	ROUTED(&h, "print(channel.getclose('allslots'))", "1A01;1A05");
	ROUTED(&h, "channel.close('2C03:2C05')", "");
	ROUTED(&h, "print(channel.getclose('slot2'))", "2C03;2C04;2C05");
	ROUTED(&h, "print(channel.getstate('1A01,1A02'))", "1;0");
	ROUTED(&h, "channel.open('1A01')", "");
	ROUTED(&h, "print(channel.getclose('slot1'))", "1A05");
	ROUTED(&h, "channel.exclusiveclose('6H12')", "");
	ROUTED(&h, "print(channel.getclose('allslots'))", "6H12");
	ROUTED(&h, "reset() print(channel.getclose('allslots'))", "nil");
	ROUTED(&h, "channel.connectrule = channel.BREAK_BEFORE_MAKE", "");
	ROUTED(&h, "print(channel.connectrule)", "1.00000e+00");
	CU_ASSERT_EQUAL(error_of(&h), 0);
	wirehost_close(&h);
}

static void wrong_channels_are_refused(void)
{
	static const char *const lines[] = {
		"channel.close('7A01')", "channel.close('1I01')",
		"channel.close('1A13')", "channel.close('1A00')",
		"channel.close('1A01,')", "channel.close('1A01 1A02')",
		"channel.close('1A05:1A01')", "channel.close('')",
		"channel.close(5)", "channel.close()", "channel.close('slot7')",
		"channel.setdelay('1A01', -1)", "smua.source.output = 1",
		"channel.connectrule = 3"};
	struct wirehost h;

	open_bench(&h);
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		ROUTED(&h, lines[i], "");
		CU_assertImplementation(error_of(&h) < 0, __LINE__, lines[i],
		                        __FILE__, "", CU_FALSE);
	}
	ROUTED(&h, "print(channel.getclose('allslots'))", "nil");
	CU_ASSERT_EQUAL(error_of(&h), 0);
	ROUTED(&h, "channel.setforbidden('1A01')", "");
	ROUTED(&h, "channel.close('1A02,1A01')", "");
	CU_ASSERT_EQUAL(error_of(&h), -286);
	ROUTED(&h, "print(channel.getclose('allslots'), "
	           "channel.getforbidden('allslots'))",
	       "nil\t1A01");
	ROUTED(&h, "channel.clearforbidden('allslots') channel.close('1A01') "
	           "print(channel.getclose('allslots'))",
	       "1A01");
	wirehost_close(&h);
}

static void route_selects_the_cell(void)
{
	struct wirehost h;

	open_bench(&h);
	MR_NEAR(current(&h), 0, OFFSET_A); /* nothing closed: open */
	ROUTED(&h, "channel.close('1A02,1B04')", ""); /* cell (1, 1) */
	hold(&h, ":SOUR:VOLT 1", 10e-3);
	MR_NEAR(current(&h), 1e-6, OFFSET_A);
	ROUTED(&h, "channel.exclusiveclose('1A01,1B03')", "");
	MR_NEAR(current(&h), 0, OFFSET_A); /* cell (0, 0) is untouched */
	hold(&h, ":SOUR:VOLT 1", 20e-3);
	MR_NEAR(current(&h), 2e-6, OFFSET_A);
	/* all four of rows 0, 1 and columns 0, 1: the sum */
	ROUTED(&h, "channel.close('1A02,1B04')", "");
	MR_NEAR(current(&h), 3e-6, OFFSET_A);
	/* the other way round */
	ROUTED(&h, "channel.exclusiveclose('1B02,1A04')", "");
	MR_NEAR(current(&h), 1e-6, OFFSET_A);
	hold(&h, ":SOUR:VOLT 1", 5e-3); /* lowers: -1 V for the cell */
	MR_NEAR(current(&h), 0.5e-6, OFFSET_A);
	/* HI and LO on one line: a short */
	ROUTED(&h, "channel.exclusiveclose('1A01,1B01')", "");
	MR_NEAR(current(&h), 0.01, 1e-9);
	CU_ASSERT_EQUAL(error_of(&h), 0);
	wirehost_close(&h);
}

static void hot_switching_is_counted(void)
{
	struct wirehost h;

	open_bench(&h);
	ROUTED(&h, "channel.close('1A01,1B03')", "");
	SAYS(&h, ":DIAG:HOTS?", "0");
	wirehost_say(&h, ":SOUR:VOLT 1;:OUTP ON");
	smuhost_wait(&h, 0.01);
	ROUTED(&h, "channel.close('1A01')", ""); /* it is closed already */
	ROUTED(&h, "channel.close('1C07')", ""); /* leads nowhere */
	SAYS(&h, ":DIAG:HOTS?", "0");
	ROUTED(&h, "channel.open('1A01')", "");
	ROUTED(&h, "print(memrig.hotswitches)", "1.00000e+00");
	SAYS(&h, ":DIAG:HOTS?", "1");
	wirehost_say(&h, ":OUTP OFF");
	smuhost_wait(&h, 0.01);
	ROUTED(&h, "channel.close('1A01')", "");
	SAYS(&h, ":DIAG:HOTS?", "1");
	wirehost_close(&h);
}

static void held_level_ends_where_the_route_changes(void)
{
	struct wirehost h;

	open_bench(&h);
	ROUTED(&h, "channel.close('1A01,1B03')", "");
	wirehost_say(&h, ":OUTP ON");
	smuhost_wait(&h, 0.01);
	wirehost_say(&h, ":SOUR:VOLT 1"); /* felt after its 1 ms */
	smuhost_wait(&h, 10e-3);
	ROUTED(&h, "channel.open('1A01')", ""); /* after 1 ms more */
	wirehost_say(&h, ":SOUR:VOLT 0;:OUTP OFF");
	smuhost_wait(&h, 0.01);
	ROUTED(&h, "channel.close('1A01')", "");
	MR_NEAR(current(&h), 1e-6, OFFSET_A);
	wirehost_close(&h);
}

static void delays_are_waited_for(void)
{
	struct wirehost h;
	const struct mr__wire_type *port;

	open_bench(&h);
	ROUTED(&h, "channel.setdelay('1A01', 0.5)", "");
	ROUTED(&h, "channel.close('1A01')", "");
	ROUTED(&h, "print('done')", ""); /* not within 10 ms */
	port = h.type->port(h.board);
	CU_ASSERT_TRUE(port->due_ns(h.board, h.now_ns) - h.now_ns > 400000000);
	port->link(h.board, h.now_ns, false); /* what came is still worked off */
	CU_ASSERT_TRUE(port->due_ns(h.board, h.now_ns) - h.now_ns > 400000000);
	port->clear(h.board, h.now_ns);
	CU_ASSERT_EQUAL(port->due_ns(h.board, h.now_ns), INT64_MAX);
	wirehost_close(&h);
}

static void port_goes_around_faults(void)
{
	const struct mr__wire_type *type, *port;
	struct mr_errtext err;
	struct mr_uri uri;
	uint8_t buf[64];
	bool end;
	void *self;

	MR_CODE(mr_uri_parse(&uri, SMUHOST_CELLS CELLS "&board.fault=lost:0",
	                     &err),
	        MR_OK);
	MR_CODE_ERR(mr__wire_open(mr__wire_find("smu"), &uri, 0, &type, &self,
	                          &err),
	            MR_OK, err);
	port = type->port(self);
	CU_ASSERT_PTR_NOT_NULL_FATAL(port);
	port->link(self, 0, true);
	port->input(self, 0, (const uint8_t *)"*OPC?\n", 6, true);
	CU_ASSERT_EQUAL(port->output(self, 5000000, buf, sizeof buf, &end), 2);
	CU_ASSERT_EQUAL(port->due_ns(self, 5000000), INT64_MAX);
	port->clear(self, 5000000);
	MR_CODE(type->close(self, NULL), MR_OK);
}

const struct mr_test mr_tests[] = {
	{"identity_is_the_matrixs", identity_is_the_matrixs},
	{"channels_are_closed_and_named", channels_are_closed_and_named},
	{"wrong_channels_are_refused", wrong_channels_are_refused},
	{"route_selects_the_cell", route_selects_the_cell},
	{"hot_switching_is_counted", hot_switching_is_counted},
	{"held_level_ends_where_the_route_changes",
	 held_level_ends_where_the_route_changes},
	{"delays_are_waited_for", delays_are_waited_for},
	{"port_goes_around_faults", port_goes_around_faults},
	{0},
};
