/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The virtual board of the open protocol on the clock: when answers fall due,
 * what a cut job has touched, watchdog, registers during a job. The arrays are
 * 4x4 `ideal` ones: a pulse of 1 V, 100 ns adds 50 nS.
 */
#include <stdio.h>
#include <string.h>

#include "emulator/wire_cobs.h"
#include "test.h"
#include "wirehost.h"

#define IDEAL "emu:ideal?rows=4&cols=4"
#define S_NS INT64_C(1000000000)
#define MS_NS INT64_C(1000000)

static void is_answered(struct wirehost *h, const char *text,
                        const char *answer)
{
	CU_ASSERT_STRING_EQUAL(wirehost_ask(h, text), answer);
}

static void open_enabled(struct wirehost *h, const char *select)
{
	char text[128];

	wirehost_open(h, "scpi", IDEAL);
	(void)snprintf(text, sizeof text, "OUTP:ENAB 1;:%s", select);
	wirehost_say(h, text);
}

static uint8_t status_byte(struct wirehost *h)
{
	return h->type->status_byte(h->board, h->now_ns);
}

static bool is_safe(struct wirehost *h, int64_t *since_ns)
{
	return h->type->is_safe(h->board, h->now_ns, since_ns);
}

/* Conductances of all cells in steps of 50 nS, such as "10 10 5 0". */
static void steps_are(struct wirehost *h, const char *expected)
{
	char text[128];
	size_t n = 0;

	wirehost_say(h, "OUTP:ENAB 1;:ROUT:SEL:RECT 0,0,1,4;:MEAS:COND? 0,0,0");
	(void)wirehost_hear(h);
	CU_ASSERT_FATAL(h->n > 4 + 4 * sizeof(float));
	for (size_t i = 0; i < 4; i++) {
		float g_S;

		memcpy(&g_S, h->heard + 4 + i * sizeof g_S, sizeof g_S);
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%.6g",
		                      i ? " " : "", (double)g_S / 50e-9);
	}
	CU_ASSERT_STRING_EQUAL(text, expected);
}

static void errors_are(struct wirehost *h, const char *expected)
{
	char text[256] = "";
	size_t n = 0;

	for (const char *e; *(e = wirehost_ask(h, "SYST:ERR?")) != '0';) {
		CU_ASSERT_FATAL(*e != '\0' && n < sizeof text - 8);
		n += (size_t)snprintf(text + n, sizeof text - n, "%.*s ",
		                      (int)strcspn(e, ","), e);
	}
	CU_ASSERT_STRING_EQUAL(text, expected);
}

/* ---- when answers fall due --------------------------------------------------------- */

static void answer_falls_due_when_its_work_is_done(void)
{
	struct wirehost h;

	open_enabled(&h, "ROUT:SEL (@1!1,1!2)");
	int64_t t_ns = h.now_ns;

	/* 2 cells * 3 readings of 1 ms, then 2 trains of 5 pulses of 2 ms */
	wirehost_say(&h, "MEAS:COND? 0,1e-3,3;:SOUR:PULS 1,2e-3,0,0,5,0;"
	                 ":SOUR:PULS:DONE?;:SYST:TIME?");
	CU_ASSERT_EQUAL(h.type->due_ns(h.board, t_ns), t_ns + 6 * MS_NS);
	h.now_ns = t_ns + 6 * MS_NS;
	CU_ASSERT_EQUAL(wirehost_listen(&h), 0);
	CU_ASSERT_EQUAL(h.type->due_ns(h.board, h.now_ns), t_ns + 26 * MS_NS);
	h.now_ns = t_ns + 26 * MS_NS - 1;
	CU_ASSERT_EQUAL(wirehost_listen(&h), 0);
	h.now_ns++;
	CU_ASSERT(wirehost_listen(&h) > 0);
	MR_HAS((char *)h.heard + 11, "0;2,4;26000000\n");
	CU_ASSERT_EQUAL(h.type->due_ns(h.board, h.now_ns), INT64_MAX);
	wirehost_close(&h);
}

static void idle_time_ages_the_array(void)
{
	struct wirehost h;

	wirehost_open(&h, "scpi", IDEAL);
	h.now_ns += 5 * S_NS + 3;
	is_answered(&h, "SYST:TIME?", "5000000003");
	is_answered(&h, "SYST:TIME:ADV 1e6;:SYST:TIME?", "1000005000000003");
	h.now_ns += 7;
	is_answered(&h, "SYST:TIME?", "1000005000000010");
	wirehost_close(&h);
	wirehost_open(&h, "scpi", IDEAL "&board.time=instant");
	h.now_ns += 5 * S_NS;
	is_answered(&h, "SYST:TIME?", "0");
	wirehost_close(&h);
}

/* Half a year with the real drift of a PCM cell: it conducts less. */
static void drift_goes_on_while_nobody_asks(void)
{
	struct wirehost h;
	float before_S, after_S;

	wirehost_open(&h, "scpi", "emu:pcm?rows=1&cols=1&noise=none");
	wirehost_say(&h, "OUTP:ENAB 1;:SOUR:PULS 9e-5,50e-9,0,0,20,0");
	h.now_ns += S_NS;
	(void)wirehost_ask(&h, "MEAS:COND? 0,0,0");
	memcpy(&before_S, h.heard + 3, sizeof before_S);
	h.now_ns += 15552000 * S_NS;
	(void)wirehost_ask(&h, "MEAS:COND? 0,0,0");
	memcpy(&after_S, h.heard + 3, sizeof after_S);
	CU_ASSERT(after_S > 0 && after_S < 0.9F * before_S);
	wirehost_close(&h);
}

static void messages_wait_for_the_job_before(void)
{
	struct wirehost h;

	open_enabled(&h, "ROUT:SEL (@1!1)");
	int64_t t_ns = h.now_ns;

	wirehost_say(&h, "SOUR:PULS 1,1,0,0,3,0");
	wirehost_say(&h, "*TST?");
	wirehost_say(&h, "*OPC?;:SYST:TIME?");
	CU_ASSERT_EQUAL(wirehost_listen(&h), 0);
	CU_ASSERT_STRING_EQUAL(wirehost_hear(&h), "0");
	CU_ASSERT_EQUAL(h.now_ns, t_ns + 3 * S_NS);
	CU_ASSERT_STRING_EQUAL(wirehost_hear(&h), "1;3000000000");
	wirehost_close(&h);
}

/* ---- jobs that are cut ------------------------------------------------------------- */

/* Four cells of a list, ten pulses of 100 ns each; cut in the third cell. */
static void list_cut_in_mid_train_leaves_the_rest_untouched(void)
{
	struct wirehost h;
	int64_t since_ns;

	open_enabled(&h, "ROUT:SEL:RECT 0,0,1,4");
	wirehost_say(&h, "ROUT:SEL (@1!1:1!4)");
	wirehost_say(&h, "SOUR:PULS 1,1e-7,0,0,10,0;:SOUR:PULS:DONE?");
	h.now_ns += 2350;
	CU_ASSERT_FALSE(is_safe(&h, &since_ns));
	wirehost_say(&h, "ABOR");
	CU_ASSERT_TRUE(is_safe(&h, &since_ns));
	CU_ASSERT_EQUAL(since_ns, h.now_ns);
	CU_ASSERT(wirehost_listen(&h) > 0);
	CU_ASSERT_STRING_EQUAL((char *)h.heard, "2,16\n");
	is_answered(&h, "OUTP:ENAB?;:SOUR:PULS:DONE?", "1;2,16");
	(void)wirehost_ask(&h, "MEAS:STAT?");
	CU_ASSERT(memcmp(h.heard, "#14\0\0\020\0", 7) == 0);
	errors_are(&h, "103 ");
	steps_are(&h, "10 10 3 0");
	wirehost_close(&h);
}

static void lines_cut_in_mid_train_have_got_the_same(void)
{
	struct wirehost h;

	open_enabled(&h, "ROUT:SEL:RECT 0,0,1,4");
	wirehost_say(&h, "SOUR:PULS 1,1e-7,0,0,10,0;:SOUR:PULS:DONE?");
	h.now_ns += 400; /* between two pulses */
	wirehost_say(&h, "OUTP:SAFE");
	CU_ASSERT_STRING_EQUAL(wirehost_hear(&h), "0,0");
	is_answered(&h, "OUTP:ENAB?", "0");
	errors_are(&h, "103 ");
	steps_are(&h, "4 4 4 4");
	wirehost_close(&h);
}

/* Trains of 2, 10, 1 and 10 pulses at once: two are whole, the first in order */
static void trains_that_are_cut_count_whole_cells(void)
{
	static const float triples[] = {1, 1e-7F, 2, 1, 1e-7F, 10,
	                                1, 1e-7F, 1, 1, 2e-7F, 10};
	struct wirehost h;
	char message[128];
	int n = snprintf(message, sizeof message, "SOUR:PULS:TRA #248");

	open_enabled(&h, "ROUT:SEL:RECT 0,0,1,4");
	memcpy(message + n, triples, sizeof triples);
	(void)snprintf(message + n + sizeof triples,
	               sizeof message - (size_t)n - sizeof triples,
	               ",0,0,0;:SOUR:PULS:DONE?\n");
	wirehost_send(&h, message, (size_t)n + sizeof triples + 24);
	h.now_ns += 650;
	wirehost_say(&h, "ABOR");
	CU_ASSERT_STRING_EQUAL(wirehost_hear(&h), "1,16");
	steps_are(&h, "2 6 1 6");
	wirehost_close(&h);
}

/* Each nanosecond of a short train: pulses that had ended, no more. */
static void train_cut_anywhere_is_applied_so_far(void)
{
	struct wirehost h;
	char expected[32];

	for (int64_t t_ns = 0; t_ns <= 800; t_ns += 25) {
		open_enabled(&h, "ROUT:SEL (@1!2,1!1)");
		wirehost_say(&h, "SOUR:PULS 1,1e-7,0,0,4,0");
		h.now_ns += t_ns;
		wirehost_say(&h, "ABOR");
		int n = (int)(t_ns / 100), first = n < 4 ? n : 4;

		(void)snprintf(expected, sizeof expected, "%d %d 0 0", n - first,
		               first);
		steps_are(&h, expected);
		errors_are(&h, t_ns < 800 ? "103 " : "");
		wirehost_close(&h);
	}
}

static void trace_that_is_cut_ends_where_it_was(void)
{
	static const float levels[] = {1, 0.2F, 1}, holds[] = {1e-7F, 1e-7F, 1e-7F};
	struct wirehost h;
	uint8_t message[128];
	size_t n = 0;

	open_enabled(&h, "ROUT:SEL (@1!1:1!4)");
	n += (size_t)snprintf((char *)message, 64, "SOUR:TRAC? V,0,#212");
	memcpy(message + n, levels, sizeof levels);
	n += sizeof levels;
	n += (size_t)snprintf((char *)message + n, 8, ",#212");
	memcpy(message + n, holds, sizeof holds);
	n += sizeof holds;
	n += (size_t)snprintf((char *)message + n, 16, ",#13\1\1\1\n");
	wirehost_send(&h, message, n);
	h.now_ns += 3 * 300 - 1; /* in the last level of the third cell */
	wirehost_say(&h, "ABOR");
	CU_ASSERT_STRING_EQUAL(wirehost_hear(&h), "");
	errors_are(&h, "103 ");
	steps_are(&h, "2 2 1 0");
	wirehost_close(&h);
}

static void program_that_is_cut_leaves_later_cells(void)
{
	static const float target = 500e-9F;
	struct wirehost h;
	char message[64];
	int n = snprintf(message, sizeof message, "SOUR:PROG? 20e-9,99,1,#14");

	open_enabled(&h, "ROUT:SEL (@1!1:1!4)");
	memcpy(message + n, &target, sizeof target);
	message[n + 4] = '\n';
	wirehost_send(&h, message, (size_t)n + 5);
	int64_t due_ns = h.type->due_ns(h.board, h.now_ns);

	CU_ASSERT(due_ns > h.now_ns && due_ns < h.now_ns + S_NS);
	h.now_ns = due_ns; /* the first cell is done, the second is begun */
	CU_ASSERT_EQUAL(wirehost_listen(&h), 0);
	wirehost_say(&h, "ABOR");
	CU_ASSERT_STRING_EQUAL(wirehost_hear(&h), "");
	errors_are(&h, "103 ");
	steps_are(&h, "10 10 0 0");
	wirehost_close(&h);
}

static void forming_that_is_cut_goes_no_further(void)
{
	struct wirehost h;

	open_enabled(&h, "ROUT:SEL:ALL");
	wirehost_say(&h, "SYST:ARM 2;:FORM:STAR 1,2,0.1,1e-7,1,0;:*TST?");
	int64_t due_ns = h.type->due_ns(h.board, h.now_ns);

	CU_ASSERT(due_ns < h.now_ns + MS_NS);
	h.now_ns = due_ns;
	wirehost_say(&h, "ABOR");
	is_answered(&h, "FORM:RES?", "0,1.1,2");
	steps_are(&h, "0 0 2.1 0");
	wirehost_close(&h);
}

static void abort_takes_what_was_sent_before_it(void)
{
	struct wirehost h;

	open_enabled(&h, "ROUT:SEL (@1!1)");
	wirehost_say(&h, "*TST?;:SOUR:PULS 1,1,0,0,3,0;:SYST:VERS?");
	wirehost_say(&h, "*OPC?");
	wirehost_say(&h, "SYST:HEAR;:ABOR");
	wirehost_say(&h, "SYST:VERS?");
	CU_ASSERT_STRING_EQUAL(wirehost_hear(&h), "0");
	CU_ASSERT_STRING_EQUAL(wirehost_hear(&h), "1999.0");
	CU_ASSERT_STRING_EQUAL(wirehost_hear(&h), "");
	errors_are(&h, "103 ");
	wirehost_close(&h);
}

static void clear_empties_all_and_cuts_the_job(void)
{
	struct wirehost h;

	open_enabled(&h, "ROUT:SEL (@1!1)");
	wirehost_say(&h, "SYST:VERS?");
	wirehost_say(&h, "SOUR:PULS 1,1e-7,0,0,10,0;:SOUR:PULS:DONE?");
	wirehost_say(&h, "*TST?");
	h.bare = true;
	wirehost_send(&h, "ROUT:SEL:LIST #3900xx", 21);
	h.bare = false;
	h.now_ns += 250;
	h.type->clear(h.board, h.now_ns);
	CU_ASSERT_TRUE(is_safe(&h, NULL));
	CU_ASSERT_STRING_EQUAL(wirehost_hear(&h), "");
	is_answered(&h, "OUTP:ENAB?", "1");
	errors_are(&h, "103 ");
	steps_are(&h, "2 0 0 0");
	wirehost_close(&h);
}

static void link_that_ends_makes_it_safe(void)
{
	struct wirehost h;
	int64_t since_ns;

	open_enabled(&h, "ROUT:SEL (@1!1)");
	wirehost_say(&h, "SOUR:LIM:LOCK;:SOUR:PULS 1,1e-7,0,0,10,0");
	h.now_ns += 300;
	CU_ASSERT_FALSE(is_safe(&h, &since_ns));
	h.type->link(h.board, h.now_ns, false);
	CU_ASSERT_TRUE(is_safe(&h, &since_ns));
	CU_ASSERT_EQUAL(since_ns, h.now_ns);
	h.now_ns += S_NS;
	h.type->link(h.board, h.now_ns, true);
	is_answered(&h, "OUTP:ENAB?", "0");
	wirehost_say(&h, "SOUR:LIM:VOLT 1"); /* no power-on: still locked */
	errors_are(&h, "103 101 ");
	steps_are(&h, "3 0 0 0");
	wirehost_close(&h);
}

static void board_is_safe_since_its_job_ended(void)
{
	struct wirehost h;
	int64_t since_ns, t_ns;

	open_enabled(&h, "ROUT:SEL (@1!1)");
	CU_ASSERT_TRUE(is_safe(&h, &since_ns));
	CU_ASSERT_EQUAL(since_ns, h.now_ns);
	h.now_ns += 77;
	t_ns = h.now_ns;
	wirehost_say(&h, "SOUR:PULS 1,1e-7,0,0,10,0");
	h.now_ns += S_NS;
	CU_ASSERT_TRUE(is_safe(&h, &since_ns));
	CU_ASSERT_EQUAL(since_ns, t_ns + 1000);
	wirehost_close(&h);
}

/* ---- watchdog ------------------------------------------------------------------------- */

static void watchdog_ends_a_job_when_it_expires(void)
{
	struct wirehost h;
	int64_t since_ns, t_ns;

	open_enabled(&h, "ROUT:SEL (@1!1)");
	t_ns = h.now_ns;
	wirehost_say(&h, "SYST:WDOG 2;:SOUR:PULS 1,1,0,0,100,0;"
	                 ":SOUR:PULS:DONE?");
	h.now_ns += 50 * S_NS; /* nobody looked meanwhile */
	CU_ASSERT_TRUE(is_safe(&h, &since_ns));
	CU_ASSERT_EQUAL(since_ns, t_ns + 2 * S_NS);
	CU_ASSERT_STRING_EQUAL(wirehost_hear(&h), "0,4");
	is_answered(&h, "OUTP:ENAB?", "0");
	errors_are(&h, "102 ");
	wirehost_close(&h);
}

static void heartbeat_during_a_job_feeds_the_watchdog(void)
{
	struct wirehost h;

	open_enabled(&h, "ROUT:SEL (@1!1)");
	wirehost_say(&h, "SYST:WDOG 2;:SOUR:PULS 1,1,0,0,5,0;"
	                 ":SOUR:PULS:DONE?");
	for (int i = 0; i < 5; i++) {
		h.now_ns += S_NS;
		wirehost_say(&h, "SYST:HEAR");
	}
	CU_ASSERT_STRING_EQUAL(wirehost_hear(&h), "1,4");
	errors_are(&h, "");
	wirehost_close(&h);
}

/* Time that is made to pass is no silence. */
static void advance_is_no_silence(void)
{
	struct wirehost h;

	wirehost_open(&h, "scpi", IDEAL);
	wirehost_say(&h, "SYST:WDOG 2;:OUTP:ENAB 1");
	wirehost_say(&h, "SYST:TIME:ADV 1e5");
	is_answered(&h, "OUTP:ENAB?", "1");
	wirehost_close(&h);
}

/* ---- registers ------------------------------------------------------------------------ */

static void status_byte_tells_during_a_job(void)
{
	struct wirehost h;

	open_enabled(&h, "ROUT:SEL (@1!1)");
	CU_ASSERT_EQUAL(status_byte(&h), 0);
	wirehost_say(&h, "*SRE 16;:SOUR:PULS 1,1,0,0,5,0;:SOUR:PULS:DONE?");
	CU_ASSERT_EQUAL(status_byte(&h), 0x01); /* voltage */
	h.now_ns += 5 * S_NS;
	CU_ASSERT_EQUAL(status_byte(&h), 0x50); /* MAV, and asks for service */
	CU_ASSERT_EQUAL(status_byte(&h), 0x10); /* once */
	CU_ASSERT_STRING_EQUAL(wirehost_hear(&h), "1,4");
	CU_ASSERT_EQUAL(status_byte(&h), 0);
	wirehost_say(&h, "FOO");
	CU_ASSERT_EQUAL(status_byte(&h), 0x04);
	wirehost_say(&h, "*SRE 4");
	CU_ASSERT_EQUAL(status_byte(&h), 0x44);
	is_answered(&h, "*STB?", "68");
	wirehost_close(&h);
}

/* A request that is sent again while its job runs is answered once. */
static void packet_repeated_during_its_job_is_ignored(void)
{
	static const char text[] = "SOUR:PULS 1,1,0,0,1,0;:SOUR:PULS:DONE?";
	struct wirehost h;
	uint8_t packet[64], *message = NULL;
	uint16_t number;
	size_t n = mr__wire_packet_make(5, (const uint8_t *)text,
	                                sizeof text - 1, packet);

	open_enabled(&h, "ROUT:SEL (@1!1)");
	is_answered(&h, "SYST:COMM:COBS ON", "1");
	wirehost_send(&h, packet, n);
	wirehost_send(&h, packet, n);
	h.now_ns += S_NS / 2;
	wirehost_send(&h, packet, n);
	(void)wirehost_hear(&h);
	CU_ASSERT_FATAL(h.n > 0);
	CU_ASSERT(mr__wire_packet_open(h.heard, h.n - 1, &number, &message, &n));
	CU_ASSERT(n == 3 && memcmp(message, "1,4", 3) == 0);
	CU_ASSERT_STRING_EQUAL(wirehost_hear(&h), "");
	wirehost_close(&h);
}

const struct mr_test mr_tests[] = {
	{"answer_falls_due_when_its_work_is_done",
         answer_falls_due_when_its_work_is_done},
	{"idle_time_ages_the_array", idle_time_ages_the_array},
	{"drift_goes_on_while_nobody_asks", drift_goes_on_while_nobody_asks},
	{"messages_wait_for_the_job_before", messages_wait_for_the_job_before},
	{"list_cut_in_mid_train_leaves_the_rest_untouched",
         list_cut_in_mid_train_leaves_the_rest_untouched},
	{"lines_cut_in_mid_train_have_got_the_same",
         lines_cut_in_mid_train_have_got_the_same},
	{"trains_that_are_cut_count_whole_cells",
         trains_that_are_cut_count_whole_cells},
	{"train_cut_anywhere_is_applied_so_far",
         train_cut_anywhere_is_applied_so_far},
	{"trace_that_is_cut_ends_where_it_was",
         trace_that_is_cut_ends_where_it_was},
	{"program_that_is_cut_leaves_later_cells",
         program_that_is_cut_leaves_later_cells},
	{"forming_that_is_cut_goes_no_further",
         forming_that_is_cut_goes_no_further},
	{"abort_takes_what_was_sent_before_it",
         abort_takes_what_was_sent_before_it},
	{"clear_empties_all_and_cuts_the_job",
         clear_empties_all_and_cuts_the_job},
	{"link_that_ends_makes_it_safe", link_that_ends_makes_it_safe},
	{"board_is_safe_since_its_job_ended", board_is_safe_since_its_job_ended},
	{"watchdog_ends_a_job_when_it_expires",
         watchdog_ends_a_job_when_it_expires},
	{"heartbeat_during_a_job_feeds_the_watchdog",
         heartbeat_during_a_job_feeds_the_watchdog},
	{"advance_is_no_silence", advance_is_no_silence},
	{"status_byte_tells_during_a_job", status_byte_tells_during_a_job},
	{"packet_repeated_during_its_job_is_ignored",
         packet_repeated_during_its_job_is_ignored},
	{0},
};
