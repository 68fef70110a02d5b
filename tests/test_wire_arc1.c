/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The virtual ArC ONE: session, tokens, jobs of one crosspoint, time, restart.
 * Vectors are from the protocol's table (what two open clients send and
 * expect), not from the driver.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "memrig/emulator.h"
#include "memrig/random.h"

#include "arc1host.h"
#include "test.h"

#define BYTES 100000u /* random ones */
#define BYTE_NS 11936 /* 11 bits at 921600 baud */
#define READINGS 500  /* of one cell */

/* ---- session ------------------------------------------------------------- */

static void arc1_session_starts(void)
{
	struct bench h;

	start(&h, IDEAL);
	CU_ASSERT(report(&h).initialised);
	CU_ASSERT_EQUAL(report(&h).read_cycles, 5);
	CU_ASSERT_EQUAL(report(&h).read_mode, 2);
	MR_NEAR(report(&h).v_read_V, 0.2, 0);
	ask(&h, "011\n50\n256\n");
	CU_ASSERT_EQUAL(h.n, 0);
	CU_ASSERT_EQUAL(report(&h).read_cycles, 50);
	CU_ASSERT_EQUAL(report(&h).sneak_path, 256);
	ask(&h, "01\n3\n-0.2\n");
	MR_NEAR(report(&h).v_read_V, -0.2, 0);
	ask(&h, "01\n0\n0.3\n");
	MR_NEAR(report(&h).v_read_V, 0.5, 0); /* classic knows one voltage */
	end(&h);
}

/* After 00 the board is deaf for 0.5 s, and does not tell a late token from
 * another. */
static void arc1_boot_loses_bytes(void)
{
	struct bench h;

	start(&h, IDEAL);
	say(&h, "00\n999\n");
	h.t_ns += S / 2 - 1;
	say(&h, "999\n");
	settle(&h);
	CU_ASSERT_EQUAL(h.n, 0);
	CU_ASSERT_EQUAL(report(&h).deaf, 8);
	CU_ASSERT_EQUAL(report(&h).restarts, 2);
	CU_ASSERT(!report(&h).initialised);
	h.t_ns += 1;
	ask(&h, "999\n");
	CU_ASSERT_EQUAL(h.n, 4);
	end(&h);
}

static void arc1_version_is_told(void)
{
	static const uint8_t expected[] = {3, 0, 17, 1};
	struct bench h;

	start(&h, IDEAL "&board.firmware=3.273");
	ask(&h, "999\n");
	CU_ASSERT_EQUAL(h.n, 4);
	CU_ASSERT_EQUAL(memcmp(h.got, expected, 4), 0);
	end(&h);
	start(&h, IDEAL "&board.firmware=none");
	ask(&h, "999\n");
	CU_ASSERT_EQUAL(h.n, 0);
	end(&h);
}

static void arc1_wrong_keys_are_refused(void)
{
	static const char *const wrong[][2] = {
		{IDEAL "&board.firmware=3", "MAJOR.MINOR"},
		{IDEAL "&board.firmware=3.1x", "MAJOR.MINOR"},
		{IDEAL "&board.line=fast", "ideal"},
		{IDEAL "&board.strict=yes", "must be 0 or 1"},
		{IDEAL "&board.profile=x", "library or gui"},
		{IDEAL "&board.noise=none", "cycle or reading"},
		{IDEAL "&board.speed=1", "board.speed"},
		{"ideal?rows=33&cols=2", "32x32"},
		{"ideal?rows=3&cols=2&offer=read", "trace"},
		{"nothing", "pcm"},
	};
	const struct mr__wire_type *type = mr__wire_find("arc1");

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		char text[MR_URI_TEXT_MAX];
		struct mr_uri uri;
		struct mr_errtext err = {""};
		void *board = NULL;

		(void)snprintf(text, sizeof text, "emu:%s", wrong[i][0]);
		MR_CODE(mr_uri_parse(&uri, text, NULL), MR_OK);
		CU_ASSERT(type->open(&uri, 0, &board, &err) != MR_OK);
		CU_ASSERT_PTR_NULL(board);
		MR_HAS(err.text, wrong[i][1]);
	}
}

static void arc1_stands_in_the_table(void)
{
	size_t n = 0;
	const struct mr__wire_type *const *all = mr__wires(&n);

	CU_ASSERT(n >= 1);
	CU_ASSERT_PTR_NOT_NULL(mr__wire_find("arc1"));
	CU_ASSERT_PTR_NULL(mr__wire_find("arc"));
	for (size_t i = 0; i < n; i++)
		CU_ASSERT_PTR_EQUAL(mr__wire_find(all[i]->name), all[i]);
}

/* ---- tokens -------------------------------------------------------------- */

/* The nine jobs that a number parser would mix up. What tells them apart is how
 * many numbers they take and what they answer. */
static void arc1_leading_zeros_count(void)
{
	static const struct {
		const char *bytes;
		size_t n; /* bytes of the answer, with those of a 999 */
	} jobs[] = {
		{"0\n5\n32\n32\n2\n0\n0\n0.2\n999\n", 2 + 4},
		{"01\n2\n0.2\n999\n", 4},
		{"011\n5\n0\n999\n", 4},
		{"02\n1\n1\n999\n", 4},
		{"02\n1\n1\n04\n1\n1e-7\n999\n", 4},
		{"1\n1\n1\n999\n", 4 + 4},
		{"2\n1\n2\n3\n999\n", 6 * 4 + 4},
		{"3\n1\n1\n1\n1e-7\n999\n", 4 + 4},
		{"00\n999\n", 0},
	};
	struct bench h;

	start(&h, IDEAL);
	for (size_t i = 0; i < sizeof jobs / sizeof jobs[0]; i++) {
		ask(&h, jobs[i].bytes);
		CU_ASSERT_EQUAL(h.n, jobs[i].n);
		CU_ASSERT_EQUAL(report(&h).ignored, 0);
	}
	end(&h);
}

static void arc1_unknown_tokens_are_ignored(void)
{
	static const char *const unknown[] = {"001\n", "1.0\n", "+1\n", " 1\n",
	                                      "1\r\n", "\n",    "9\n",  "x\n"};
	struct bench h;

	start(&h, IDEAL);
	for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
		ask(&h, unknown[i]);
		CU_ASSERT_EQUAL(h.n, 0);
		CU_ASSERT_EQUAL(report(&h).ignored, i + 1);
	}
	ask(&h, "1\n1\n1\n");
	CU_ASSERT_EQUAL(h.n, 4);
	CU_ASSERT_EQUAL(report(&h).misuse, 0);
	switch_off(&h);
}

static void arc1_bytes_may_come_one_by_one(void)
{
	static const char bytes[] = "3\n2\n3\n1.000e+00\n1.000e-07\n";
	struct bench h;

	start(&h, COARSE);
	for (size_t i = 0; i + 1 < sizeof bytes; i++) {
		h.type->input(h.board, h.t_ns, (const uint8_t *)bytes + i, 1,
		              false);
		h.t_ns += 13 * US;
	}
	settle(&h);
	CU_ASSERT_EQUAL(h.n, 4);
	MR_NEAR(at(&h, 0), 1e6, 1);
	end(&h);
}

/* Each is brought to a limit and counted once. */
static void arc1_misuse_is_counted(void)
{
	static const char *const wrong[] = {
		"1\n0\n1\n",          "1\n33\n1\n",          "1\n1\n33\n",
		"1\n1.5\n1\n",        "1\nx\n1\n",           "1\n1\ninf\n",
		"3\n1\n1\n12.5\n1e-7\n", "3\n1\n1\n1\n80e-9\n",
		"01\n-1\n0.2\n",      "01\n2\n-0.2\n",       "01\n3\n0.2\n",
		"01\n2\n0\n",         "011\n0\n0\n",         "011\n5\n2\n",
		"04\n1\n1e-7\n",      "220\n1\n1e-3\n1\n1\n1\n1\n",
		"1\n1\n0x1\n",
	};
	struct bench h;

	start(&h, IDEAL);
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		ask(&h, wrong[i]);
		CU_ASSERT_EQUAL(report(&h).misuse, i + 1);
	}
	CU_ASSERT_EQUAL(report(&h).ignored, 0);
	switch_off(&h);
	switch_on(&h, IDEAL);
	ask(&h, "1\n1\n1\n"); /* before job 0 */
	CU_ASSERT_EQUAL(h.n, 4);
	CU_ASSERT_EQUAL(report(&h).misuse, 1);
	switch_off(&h);
}

/* Relative standard deviation of many readings of a cell. */
static double scatter(const char *keys)
{
	struct bench h;
	double sum = 0;
	double squares = 0;

	start(&h, keys);
	for (int k = 0; k < READINGS; k++) {
		double g_S;

		ask(&h, "1\n1\n1\n");
		CU_ASSERT_EQUAL(h.n, 4);
		g_S = 1 / at(&h, 0);
		sum += g_S;
		squares += g_S * g_S;
	}
	end(&h);
	return sqrt(squares * READINGS / sum / sum - 1);
}

/* Noise of 4 %: of each of 5 cycles, or of the whole reading. The standard
 * deviation of a sample of 500 is off by 3 %. */
static void arc1_noise_is_of_cycles_or_readings(void)
{
	const char *pcm = "pcm?rows=1&cols=1&m3=0.04&c3_S=0&seed=7";
	char keys[80];

	MR_NEAR(scatter(pcm), 0.04 / sqrt(5), 0.003);
	(void)snprintf(keys, sizeof keys, "%s&board.noise=reading", pcm);
	MR_NEAR(scatter(keys), 0.04, 0.006);
}

/* Strict: 0.5 ms between writes, and none within one. */
static void arc1_strict_loses_hasty_tokens(void)
{
	struct bench h;

	start(&h, COARSE "&board.strict=1");
	h.t_ns += MS;
	say(&h, "1\n1\n");
	h.t_ns += 499 * US;
	say(&h, "4\n");
	CU_ASSERT_EQUAL(report(&h).lost, 1);
	h.t_ns += 500 * US;
	say(&h, "2\n");
	CU_ASSERT_EQUAL(report(&h).lost, 1);
	settle(&h);
	CU_ASSERT_EQUAL(h.n, 4);
	h.t_ns += MS;
	say(&h, "1\n2");
	h.t_ns += 10 * US;
	say(&h, "\n3\n"); /* ends one token; a hasty one never came */
	CU_ASSERT_EQUAL(report(&h).lost, 1);
	settle(&h);
	CU_ASSERT_EQUAL(h.n, 4);
	switch_off(&h);
	start(&h, COARSE);
	say(&h, "1\n");
	say(&h, "1\n");
	say(&h, "1\n");
	settle(&h);
	CU_ASSERT_EQUAL(h.n, 4);
	end(&h);
}

static void arc1_long_tokens_are_lost(void)
{
	char text[200];
	struct bench h;

	start(&h, COARSE);
	memset(text, '1', sizeof text);
	text[sizeof text - 2] = '\n';
	text[sizeof text - 1] = '\0';
	ask(&h, text);
	CU_ASSERT_EQUAL(report(&h).lost, 1);
	ask(&h, "1\n1\n1\n");
	CU_ASSERT_EQUAL(h.n, 4);
	switch_off(&h);
}

/* ---- single jobs --------------------------------------------------------- */

/* A float by its bytes: 1e6 is 0x49742400. */
static void arc1_floats_are_little_endian(void)
{
	static const uint8_t million[] = {0x00, 0x24, 0x74, 0x49};
	struct bench h;

	start(&h, COARSE);
	ask(&h, "3\n1\n1\n1\n1e-7\n");
	CU_ASSERT_EQUAL(h.n, 4);
	CU_ASSERT_EQUAL(memcmp(h.got, million, 4), 0);
	end(&h);
}

static void arc1_pulse_and_read(void)
{
	struct bench h;

	start(&h, COARSE);
	ask(&h, "1\n2\n3\n");
	CU_ASSERT_EQUAL(h.n, 4);
	CU_ASSERT(at(&h, 0) > 1e10); /* conducts nothing */
	ask(&h, "3\n2\n3\n1.500e+00\n2.000e-07\n"); /* 3 uS */
	CU_ASSERT_EQUAL(h.n, 4);
	MR_NEAR(at(&h, 0), 1e6 / 3, 1);
	ask(&h, "3\n2\n3\n-1\n1e-7\n"); /* 2 uS */
	MR_NEAR(at(&h, 0), 5e5, 1);
	ask(&h, "1\n3\n2\n");
	CU_ASSERT(at(&h, 0) > 1e10);
	ask(&h, "1\n5\n1\n"); /* within 32 x 32, not in this array */
	CU_ASSERT(at(&h, 0) > 1e10);
	ask(&h, "01\n3\n-0.2\n1\n2\n3\n");
	MR_NEAR(at(&h, 0), 5e5, 1);
	ask(&h, "01\n0\n0.2\n1\n2\n3\n");
	MR_NEAR(at(&h, 0), 5e5, 1);
	end(&h);
}

static void arc1_selected_cell_is_pulsed(void)
{
	struct bench h;
	int64_t since_ns;

	start(&h, COARSE);
	CU_ASSERT(h.type->is_safe(h.board, h.t_ns, &since_ns));
	h.t_ns += MS;
	ask(&h, "02\n4\n5\n");
	CU_ASSERT(!h.type->is_safe(h.board, h.t_ns + S, &since_ns));
	CU_ASSERT_EQUAL(since_ns, h.t_ns);
	ask(&h, "04\n1\n1e-7\n04\n1\n1e-7\n");
	CU_ASSERT_EQUAL(h.n, 0);
	ask(&h, "01\n2\n0.1\n"); /* no selecting job: stays closed */
	CU_ASSERT(!h.type->is_safe(h.board, h.t_ns + S, NULL));
	ask(&h, "1\n4\n5\n");
	MR_NEAR(at(&h, 0), 5e5, 1);
	CU_ASSERT(h.type->is_safe(h.board, h.t_ns, &since_ns));
	CU_ASSERT(since_ns <= h.t_ns && since_ns > h.t_ns - MS);
	end(&h);
}

/* Word by word, the bit index fastest. */
static void arc1_read_all_in_order(void)
{
	struct bench h;

	start(&h, COARSE);
	for (int i = 0; i < 6; i++) {
		char text[64];

		(void)snprintf(text, sizeof text, "3\n%d\n%d\n1\n%de-7\n",
		               1 + i / 3, 1 + i % 3, i + 1);
		ask(&h, text);
	}
	ask(&h, "2\n1\n2\n3\n");
	CU_ASSERT_EQUAL(h.n, 6 * 4);
	for (int i = 0; i < 6; i++)
		MR_NEAR(at(&h, (size_t)i), 1e6 / (i + 1), 1);
	end(&h);
}

/* A reading after each pair; words and bits of the job are ignored. */
static void arc1_read_masked_in_order(void)
{
	struct bench h;

	start(&h, COARSE);
	ask(&h, "3\n1\n2\n1\n1e-7\n3\n4\n5\n1\n2e-7\n");
	ask(&h, "2\n2\n0\n0\n3\n4\n5\n");
	CU_ASSERT_EQUAL(h.n, 4);
	MR_NEAR(at(&h, 0), 5e5, 1);
	ask(&h, "1\n2\n4\n5\n");
	CU_ASSERT_EQUAL(h.n, 8);
	MR_NEAR(at(&h, 0), 1e6, 1);
	MR_NEAR(at(&h, 1), 5e5, 1);
	end(&h);
}

static void arc1_sessions_differ(void)
{
	struct bench h;

	start(&h, COARSE);
	ask(&h, "3\n1\n1\n1\n1e-7\n");
	ask(&h, "0\n5\n32\n32\n2\n1\n1\n0.2\n1\n1\n1\n");
	CU_ASSERT_EQUAL(h.n, 6);
	memmove(h.got, h.got + 2, 4);
	MR_NEAR(at(&h, 0), 2e6, 1); /* BNC: the GUI halves it */
	CU_ASSERT_EQUAL(report(&h).session, 1);
	CU_ASSERT_EQUAL(report(&h).sneak_path, 1);
	end(&h);
	start(&h, COARSE);
	ask(&h, "0\n5\n32\n32\n2\n2\n0\n0.2\n3\n1\n1\n1\n1e-7\n");
	CU_ASSERT_EQUAL(h.n, 6);
	memmove(h.got, h.got + 2, 4);
	CU_ASSERT(at(&h, 0) > 1e10);
	CU_ASSERT_EQUAL(report(&h).misuse, 2); /* its source reaches nothing */
	switch_off(&h);
}

/* ---- time ---------------------------------------------------------------- */

/* 5 cycles of 20 us, then 4 bytes of 11 bits at 921600 baud. */
static void arc1_output_falls_due(void)
{
	struct bench h;
	int64_t t0_ns, ready_ns = 5 * 20 * US;
	bool unused;

	start(&h, COARSE);
	h.t_ns += S;
	t0_ns = h.t_ns;
	say(&h, "1\n1\n1\n");
	for (int i = 1; i <= 4; i++) {
		int64_t due_ns = t0_ns + ready_ns + i * BYTE_NS;

		CU_ASSERT_EQUAL(h.type->due_ns(h.board, t0_ns), due_ns);
		CU_ASSERT_EQUAL(h.type->output(h.board, due_ns - 1, h.got, 9,
		                               &unused),
		                0);
		CU_ASSERT_EQUAL(h.type->output(h.board, due_ns, h.got, 9,
		                               &unused),
		                1);
	}
	CU_ASSERT_EQUAL(h.type->due_ns(h.board, t0_ns), INT64_MAX);
	end(&h);
}

static void arc1_ideal_line_takes_no_time(void)
{
	struct bench h;
	int64_t t0_ns;

	start(&h, COARSE "&board.line=ideal");
	h.t_ns += S;
	t0_ns = h.t_ns;
	ask(&h, "2\n1\n4\n5\n");
	CU_ASSERT_EQUAL(h.n, 80);
	CU_ASSERT_EQUAL(h.t_ns - t0_ns, 20 * 5 * 20 * US);
	end(&h);
}

/* A job's pieces fall due one by one, and the next job waits for its end. */
static void arc1_jobs_queue_up(void)
{
	struct bench h;
	int64_t t0_ns;
	bool unused;

	start(&h, COARSE "&board.line=ideal");
	h.t_ns += S;
	t0_ns = h.t_ns;
	say(&h, "2\n1\n2\n2\n1\n1\n1\n");
	for (int i = 1; i <= 5; i++) {
		CU_ASSERT_EQUAL(h.type->due_ns(h.board, h.t_ns),
		                t0_ns + i * 100 * US);
		h.t_ns = t0_ns + i * 100 * US;
		CU_ASSERT_EQUAL(h.type->output(h.board, h.t_ns, h.got, 99,
		                               &unused),
		                4);
	}
	end(&h);
}

/* Nine times 1024 floats are more than the board keeps; the rest comes from when
 * the host reads on, and nothing is lost. */
static void arc1_unread_output_stops_the_board(void)
{
	struct bench h;
	size_t n;
	int64_t t_ns;

	start(&h, COARSE "&board.line=ideal");
	for (int i = 0; i < 9; i++)
		say(&h, "2\n1\n32\n32\n");
	h.t_ns += 3600 * S;
	h.n = 0;
	collect(&h);
	n = h.n;
	CU_ASSERT(n > 32000 && n < 9 * 4096);
	t_ns = h.t_ns;
	settle(&h);
	CU_ASSERT_EQUAL(n + h.n, 9 * 4096);
	MR_NEAR((double)(h.t_ns - t_ns), (9 * 4096 - (double)n) / 4 * 100 * US,
	        200 * US); /* a reading in hand, one that is not begun */
	CU_ASSERT_EQUAL(report(&h).dropped, 0);
	end(&h);
}

/* Array time is board time: what a cell feels is when it was read, not how
 * often. The law of pcm is that of test_models. */
static void arc1_idle_board_ages(void)
{
	static const char keys[] =
		"pcm?rows=2&cols=2&seed=3&noise=none&nu_spread=0&g_max_S=1e-5&"
		"r_load_ohm=1000&width_set_s=1e-7&width_max_s=2e-7&"
		"board.line=ideal";
	struct bench h;
	double first, later;

	start(&h, keys);
	for (int i = 0; i < 12; i++)
		ask(&h, "3\n1\n1\n90e-3\n100e-9\n");
	first = at(&h, 0);
	CU_ASSERT(first < 3e5);
	h.t_ns += 90 * 24 * 3600 * S;
	ask(&h, "1\n1\n1\n");
	later = at(&h, 0);
	/* ratio of the law at 90 days; the first read was 0.1 ms old */
	MR_NEAR(later / first, pow((90 * 86400 + 38.6) / 38.6, 0.04), 1e-4);
	MR_NEAR((double)mr_array_time_ns(mr__arc1_array(h.board)) +
	                7 * (double)S,
	        (double)h.t_ns, 1e3);
	end(&h);
}

/* ---- restart ------------------------------------------------------------- */

/* 00 amid numbers, and amid a job. What was not sent never comes. */
static void arc1_restart_ends_a_job(void)
{
	struct bench h;
	int64_t since_ns, t_ns;
	uint64_t reads;
	struct mr_truth truth;

	start(&h, COARSE "&board.line=ideal");
	say(&h, "2\n1\n4\n5\n");
	h.t_ns += 450 * US;
	h.n = 0;
	collect(&h);
	CU_ASSERT_EQUAL(h.n, 4 * 4);
	CU_ASSERT(!h.type->is_safe(h.board, h.t_ns, &since_ns));
	t_ns = h.t_ns;
	say(&h, "00\n");
	CU_ASSERT(h.type->is_safe(h.board, h.t_ns, &since_ns));
	CU_ASSERT_EQUAL(since_ns, t_ns);
	settle(&h);
	CU_ASSERT_EQUAL(h.n, 0);
	MR_CODE(mr_emulator_truth(mr__arc1_array(h.board), &truth), MR_OK);
	reads = 0;
	for (int i = 0; i < 20; i++)
		reads += truth.reads[i];
	CU_ASSERT(reads <= 5 * 5);
	h.t_ns += S / 2;
	ask(&h, "0\n5\n00\n"); /* out of step: 00 helps */
	h.t_ns += S / 2;
	ask(&h, "0\n5\n32\n32\n2\n0\n0\n0.2\n");
	CU_ASSERT(is_text(&h, 0, "1\n"));
	end(&h);
}

static void arc1_break_and_link_restart(void)
{
	struct bench h;

	start(&h, COARSE);
	h.type->link(h.board, h.t_ns, true); /* was up */
	CU_ASSERT_EQUAL(report(&h).restarts, 1);
	ask(&h, "02\n1\n1\n");
	h.type->clear(h.board, h.t_ns);
	CU_ASSERT_EQUAL(report(&h).restarts, 2);
	CU_ASSERT(h.type->is_safe(h.board, h.t_ns, NULL));
	say(&h, "999\n");
	CU_ASSERT_EQUAL(report(&h).deaf, 4);
	h.t_ns += S;
	ask(&h, "02\n1\n1\n");
	CU_ASSERT(!h.type->is_safe(h.board, h.t_ns, NULL));
	h.type->link(h.board, h.t_ns, false);
	CU_ASSERT(h.type->is_safe(h.board, h.t_ns, NULL));
	h.type->link(h.board, h.t_ns, true);
	CU_ASSERT_EQUAL(report(&h).restarts, 4);
	switch_off(&h);
}

/* ---- what the cell does not know ----------------------------------------- */

/* pcm without a load line takes no volts: the board pulses all the same, the
 * cell stays, a counter tells, nobody misused anything. */
static void arc1_unknown_pulses_leave_the_cell(void)
{
	struct bench h;
	double before;

	start(&h, "pcm?rows=2&cols=2&noise=none&nu=0&nu_spread=0");
	ask(&h, "1\n1\n1\n");
	before = at(&h, 0);
	ask(&h, "3\n1\n1\n1\n1e-7\n");
	MR_NEAR(at(&h, 0), before, 1e-6 * before);
	CU_ASSERT_EQUAL(report(&h).refused, 1);
	ask(&h, "01\n0\n0.5\n1\n1\n1\n"); /* beyond reading: taken as linear */
	MR_NEAR(at(&h, 0), before, 1e-6 * before);
	CU_ASSERT_EQUAL(report(&h).refused, 2);
	end(&h);
}

/* Through a load line it is programmed: RESET by 1.0 V / 1 us, SETs by 0.65. */
static void arc1_pcm_on_a_load_line(void)
{
	struct bench h;
	double low, high;

	start(&h, "pcm?rows=2&cols=2&seed=4&noise=none&nu=0&nu_spread=0&"
	          "r_load_ohm=1000&v_hold_V=0.56&width_set_s=1e-7&"
	          "width_max_s=2e-7");
	for (int i = 0; i < 10; i++)
		ask(&h, "3\n1\n1\n0.65\n1e-7\n");
	low = at(&h, 0);
	ask(&h, "3\n1\n1\n1.0\n1e-6\n");
	high = at(&h, 0);
	CU_ASSERT(low < 3e5 && high > 5e6);
	/* below hold: reads, changes nothing */
	ask(&h, "01\n0\n0.5\n1\n1\n1\n");
	MR_NEAR(at(&h, 0), high, 1e-5 * high);
	CU_ASSERT_EQUAL(report(&h).refused, 0);
	end(&h);
}

/* ---- anything ------------------------------------------------------------ */

/* Random bytes, of those that tokens are made of and of all: no crash, no hang,
 * and a restart brings it in step again. */
static void random_bytes(bool tokens)
{
	static const char letters[] = "012345691\n\n\n\n\n\n.e-1";
	struct bench h;

	start(&h, COARSE);
	for (uint32_t i = 0; i < BYTES / 16; i++) {
		uint32_t bits[4];
		uint8_t bytes[16];

		struct mr_address where = {.purpose = MR_PURPOSE_INPUT,
		                           .subject = i,
		                           .event = tokens};

		mr_random_bits(11, where, bits);
		memcpy(bytes, bits, sizeof bytes);
		for (int k = 0; tokens && k < 16; k++) {
			bytes[k] = (uint8_t)letters[bytes[k] %
			                            (sizeof letters - 1)];
			if (k && bytes[k] == '0' && bytes[k - 1] == '0')
				bytes[k] = '5'; /* 00 would end all too often */
		}
		if (i % 40 == 0) { /* out of a job without end */
			h.type->clear(h.board, h.t_ns);
			h.t_ns += S;
		}
		h.type->input(h.board, h.t_ns, bytes, sizeof bytes, false);
		h.t_ns += bits[0] % (20 * MS);
		h.n = 0;
		collect(&h);
		CU_ASSERT(h.type->due_ns(h.board, h.t_ns) > h.t_ns ||
		          h.n == ROOM);
	}
	CU_ASSERT(report(&h).ignored + report(&h).misuse + report(&h).lost >
	          100);
	/* it got somewhere */
	CU_ASSERT(!tokens || report(&h).jobs > 100);
	h.type->clear(h.board, h.t_ns);
	h.t_ns += S;
	settle(&h);
	ask(&h, "0\n5\n32\n32\n2\n0\n0\n0.2\n");
	CU_ASSERT_EQUAL(h.n, 2);
	switch_off(&h);
}

static void arc1_random_bytes_do_no_harm(void)
{
	random_bytes(false);
	random_bytes(true);
}

const struct mr_test mr_tests[] = {
	{"arc1_session_starts", arc1_session_starts},
	{"arc1_boot_loses_bytes", arc1_boot_loses_bytes},
	{"arc1_version_is_told", arc1_version_is_told},
	{"arc1_wrong_keys_are_refused", arc1_wrong_keys_are_refused},
	{"arc1_stands_in_the_table", arc1_stands_in_the_table},
	{"arc1_leading_zeros_count", arc1_leading_zeros_count},
	{"arc1_unknown_tokens_are_ignored", arc1_unknown_tokens_are_ignored},
	{"arc1_bytes_may_come_one_by_one", arc1_bytes_may_come_one_by_one},
	{"arc1_misuse_is_counted", arc1_misuse_is_counted},
	{"arc1_noise_is_of_cycles_or_readings",
	 arc1_noise_is_of_cycles_or_readings},
	{"arc1_strict_loses_hasty_tokens", arc1_strict_loses_hasty_tokens},
	{"arc1_long_tokens_are_lost", arc1_long_tokens_are_lost},
	{"arc1_floats_are_little_endian", arc1_floats_are_little_endian},
	{"arc1_pulse_and_read", arc1_pulse_and_read},
	{"arc1_selected_cell_is_pulsed", arc1_selected_cell_is_pulsed},
	{"arc1_read_all_in_order", arc1_read_all_in_order},
	{"arc1_read_masked_in_order", arc1_read_masked_in_order},
	{"arc1_sessions_differ", arc1_sessions_differ},
	{"arc1_output_falls_due", arc1_output_falls_due},
	{"arc1_ideal_line_takes_no_time", arc1_ideal_line_takes_no_time},
	{"arc1_jobs_queue_up", arc1_jobs_queue_up},
	{"arc1_unread_output_stops_the_board",
         arc1_unread_output_stops_the_board},
	{"arc1_idle_board_ages", arc1_idle_board_ages},
	{"arc1_restart_ends_a_job", arc1_restart_ends_a_job},
	{"arc1_break_and_link_restart", arc1_break_and_link_restart},
	{"arc1_unknown_pulses_leave_the_cell",
         arc1_unknown_pulses_leave_the_cell},
	{"arc1_pcm_on_a_load_line", arc1_pcm_on_a_load_line},
	{"arc1_random_bytes_do_no_harm", arc1_random_bytes_do_no_harm},
	{0},
};
