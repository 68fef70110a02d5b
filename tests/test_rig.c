/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Rigs: instruments of the test's own (smupeer.c) around cells, with one journal
 * of what all of them heard, so that the order between them can be seen.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memrig/memrig.h"

#include "pipes.h"
#include "smupeer.h"
#include "test.h"

#define R_OHM 2385.0

struct rig {
	struct journal journal;
	struct smupeer source;
	struct smupeer meter;
	struct smupeer router;
	char file[MR_TEST_PATH_MAX];
	struct mr_array *array;
	struct mr_errtext err;
};

static void write_file(struct rig *r, const char *text)
{
	FILE *f;

	mr_test_path(r->file, "rig.ini");
	f = fopen(r->file, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT(fputs(text, f) >= 0);
	CU_ASSERT_EQUAL(fclose(f), 0);
}

static void start(struct rig *r)
{
	*r = (struct rig){.array = NULL};
	(void)pthread_mutex_init(&r->journal.lock, NULL);
	r->source = (struct smupeer){
		.identity = "KEITHLEY INSTRUMENTS,MODEL 2450,1,1.7",
		.tag = "S ",
		.r_ohm = R_OHM,
		.journal = &r->journal};
	r->meter = r->source;
	r->meter.tag = "M ";
	r->meter.identity = "KEITHLEY INSTRUMENTS INC.,MODEL 2400,2,C32";
	r->router = r->source;
	r->router.tag = "R ";
	r->router.identity =
		"Keithley Instruments Inc., Model 707B, 3, 1.2";
	smupeer_start(&r->source);
	smupeer_start(&r->meter);
	smupeer_start(&r->router);
}

static void stop(struct rig *r)
{
	if (r->array)
		MR_CODE_ERR(mr_array_close(r->array, &r->err), MR_OK, r->err);
	smupeer_stop(&r->source);
	smupeer_stop(&r->meter);
	smupeer_stop(&r->router);
	CU_ASSERT(!r->source.on && !r->meter.on);
	(void)pthread_mutex_destroy(&r->journal.lock);
}

static int open_rig(struct rig *r, const char *keys)
{
	char uri[MR_TEST_PATH_MAX + 100];

	(void)snprintf(uri, sizeof uri, "rig:%s%s", r->file, keys);
	return mr_array_open(uri, NULL, &r->array, &r->err);
}

/* A source and a matrix in front of 2 x 3 cells. */
static void routed_file(struct rig *r, const char *more)
{
	char text[2000];

	(void)snprintf(text, sizeof text,
	               "[memrig]\nrows = 2\ncols = 3\n"
	               "[source]\nuri = smu+unix:%s?profile=2450&answer_s=0.3\n"
	               "[meter]\nrole = source\n"
	               "[router]\nuri = router+unix:%s?profile=707b&answer_s=0.3\n"
	               "%s",
	               r->source.path, r->router.path, more);
	write_file(r, text);
}

static void open_routed(struct rig *r, const char *more)
{
	start(r);
	routed_file(r, more);
	MR_CODE_ERR(open_rig(r, "?device=ideal"), MR_OK, r->err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r->array);
}

/* ---- tests --------------------------------------------------------------------- */

static void every_cell_is_read_through_its_channel(void)
{
	struct rig r;
	float g_S[6];
	const char *const order[] = {"R channel.close(\"1A01\")",
	                             "R channel.close(\"1A02\")",
	                             "R channel.close(\"1A03\")",
	                             "R channel.close(\"1B01\")",
	                             "R channel.close(\"1B02\")",
	                             "R channel.close(\"2H12\")",
	                             "R channel.close(\"2H11\")", NULL};

	open_routed(&r, "[map]\n1,2 = 2H12,2H11\n");
	CU_ASSERT_EQUAL(mr_array_describe(r.array)->rows, 2);
	CU_ASSERT_EQUAL(mr_array_describe(r.array)->cols, 3);
	CU_ASSERT_STRING_EQUAL(mr_array_describe(r.array)->driver, "rig");
	MR_CODE(mr_array_read(r.array, NULL, g_S), MR_OK);
	for (int i = 0; i < 6; i++)
		MR_NEAR((double)g_S[i], 1 / R_OHM, 1e-9);
	CU_ASSERT(journal_has_order(&r.journal, order));
	stop(&r);
}

/* A change of cells: level 0, off, the source says so; then the reeds. */
static void router_changes_only_while_the_source_is_off(void)
{
	struct rig r;
	float g_S[6];
	const char *const order[] = {
		"R channel.close(\"1A01\")", "S :OUTP ON", "S :SOUR:VOLT 0",
		"S :OUTP OFF", "S :OUTP?", "R channel.open(\"1A01\")",
		"R channel.close(\"1A02\")",
		"R print(channel.getclose(\"allslots\"))", "S :OUTP ON", NULL};

	open_routed(&r, "");
	MR_CODE(mr_array_read(r.array, NULL, g_S), MR_OK);
	CU_ASSERT(journal_has_order(&r.journal, order));
	bool on = false;

	for (const char *at = r.journal.text; *at; at = strchr(at, '\n') + 1) {
		if (strncmp(at, "S :OUTP O", 9) == 0)
			on = at[9] == 'N';
		CU_ASSERT(!on || (strncmp(at, "R channel.close", 15) != 0 &&
		                  strncmp(at, "R channel.open", 14) != 0));
	}
	stop(&r);
}

/* The way a crossbar is wired to a matrix: its lines are columns of it. */
static void cell_is_reached_by_its_two_lines(void)
{
	struct rig r;
	float g_S[6];
	const char *const order[] = {
		"R channel.close(\"1A01\")", "R channel.close(\"1B03\")",
		"R channel.open(\"1A02\")",  "R channel.open(\"1B04\")",
		"R channel.close(\"1A02\")", "R channel.close(\"1B05\")", NULL};

	open_routed(&r, "hi = A\nlo = B\n");
	MR_CODE(mr_array_read(r.array, NULL, g_S), MR_OK);
	CU_ASSERT(journal_has_order(&r.journal, order));
	stop(&r);
}

/* ---- a virtual bench ------------------------------------------------------------ */

struct served {
	struct mr_server *server;
	volatile sig_atomic_t stop;
	pthread_t thread;
};

static void *run_server(void *user)
{
	struct served *s = user;

	(void)mr_server_run(s->server, &s->stop, NULL);
	return NULL;
}

static void serve(struct served *s, const char *listen, const char *router)
{
	const struct mr_serve_options options = {.router = router};
	struct mr_errtext err = {""};

	*s = (struct served){.stop = 0};
	MR_CODE_ERR(mr_server_open("smu",
	                           "emu:ideal?rows=2&cols=3&width_set_s=1e-3&"
	                           "board.profile=2600b",
	                           listen, &options, &s->server, &err),
	            MR_OK, err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s->server);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&s->thread, NULL, run_server, s), 0);
}

/* How often the virtual matrix was switched with the output on. */
static double hot_switches(const char *matrix)
{
	static const char question[] = "print(memrig.hotswitches)\n";
	char uri[MR_TEST_PATH_MAX + 16], answer[64] = "";
	struct mr_errtext err = {""};
	size_t got = 0;

	(void)snprintf(uri, sizeof uri, "router+unix:%s", matrix);
	struct mr__transport *t = mr_test_pipe(uri);

	MR_CODE_ERR(mr__transport_write(t, question, sizeof question - 1, true,
	                                mr_test_in(t, 1000 * MR_TEST_MS), NULL,
	                                &err),
	            MR_OK, err);
	MR_CODE_ERR(mr__transport_read_until(t, '\n', answer, sizeof answer - 1,
	                                     mr_test_in(t, 1000 * MR_TEST_MS),
	                                     &got, &err),
	            MR_OK, err);
	mr__transport_close(t);
	return got ? strtod(answer, NULL) : -1;
}

/* Six emulated cells behind a virtual 2600B and a virtual matrix. */
static void serve_bench(struct served *s, struct rig *r,
                        char unit[MR_TEST_PATH_MAX],
                        char matrix[MR_TEST_PATH_MAX])
{
	char text[2 * MR_TEST_PATH_MAX + 200];
	char listen[MR_TEST_PATH_MAX + 8], router[MR_TEST_PATH_MAX + 8];

	(void)snprintf(listen, sizeof listen, "unix:%s",
	               mr_test_path(unit, "unit.sock"));
	(void)snprintf(router, sizeof router, "unix:%s",
	               mr_test_path(matrix, "matrix.sock"));
	serve(s, listen, router);
	(void)snprintf(text, sizeof text,
	               "[memrig]\nrows = 2\ncols = 3\n[source]\n"
	               "uri = smu+unix:%s\n[router]\nuri = router+unix:%s\n"
	               "hi = A\nlo = B\n",
	               unit, matrix);
	write_file(r, text);
}

static void end_serving(struct served *s)
{
	s->stop = 1;
	CU_ASSERT_EQUAL(pthread_join(s->thread, NULL), 0);
	MR_CODE(mr_server_close(s->server, NULL), MR_OK);
}

static void virtual_bench_pulses_the_cell_that_is_meant(void)
{
	struct served s;
	struct rig r = {.array = NULL};
	char unit[MR_TEST_PATH_MAX], matrix[MR_TEST_PATH_MAX];
	uint32_t last[] = {5};
	const struct mr_selection one = {.kind = MR_SELECT_LIST,
	                                 .cells = last,
	                                 .n_cells = 1};
	float before[6] = {0}, after[6] = {0};

	serve_bench(&s, &r, unit, matrix);
	MR_CODE_ERR(open_rig(&r, "?device=ideal&device.width_set_s=1e-3"), MR_OK,
	            r.err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r.array);
	MR_CODE(mr_array_read(r.array, NULL, before), MR_OK);
	MR_CODE(mr_array_pulse(r.array, &one, "set", 3), MR_OK);
	MR_CODE(mr_array_read(r.array, NULL, after), MR_OK);
	const struct mr_waveform *set =
		mr_description_waveform(mr_array_describe(r.array), "set");

	CU_ASSERT_PTR_NOT_NULL_FATAL(set);
	for (int i = 0; i < 6; i++) /* the meter's resolution is 2 pS here */
		MR_NEAR((double)after[i] - (double)before[i],
		        i == 5 ? 3 * set->step.offset_S : 0, 1e-10);
	MR_CODE_ERR(mr_array_close(r.array, &r.err), MR_OK, r.err);
	CU_ASSERT_EQUAL(hot_switches(matrix), 0);
	end_serving(&s);
}

/* ---- the wires of a rig ---------------------------------------------------------- */

#define BENCH_KEYS "?device=ideal&device.width_set_s=1e-3"

static int work(struct mr_array *array, float before[6], float after[6])
{
	uint32_t last[] = {5};
	const struct mr_selection one = {.kind = MR_SELECT_LIST,
	                                 .cells = last,
	                                 .n_cells = 1};
	int rc = mr_array_read(array, NULL, before);

	if (!rc)
		rc = mr_array_pulse(array, &one, "set", 3);
	return rc ? rc : mr_array_read(array, NULL, after);
}

/* A session on the virtual bench, with all that went over its two wires. */
static void record_bench(const char *path, float before[6], float after[6])
{
	const struct mr_open_options keep = {.keep_wire = true};
	const struct mr_oplog_options wire = {.wire = true};
	char unit[MR_TEST_PATH_MAX], matrix[MR_TEST_PATH_MAX];
	char uri[MR_TEST_PATH_MAX + 100];
	struct served s;
	struct rig r = {.array = NULL};
	struct mr_oplog *log = NULL;

	(void)remove(path);
	serve_bench(&s, &r, unit, matrix);
	(void)snprintf(uri, sizeof uri, "rig:%s" BENCH_KEYS, r.file);
	MR_CODE_ERR(mr_array_open(uri, &keep, &r.array, &r.err), MR_OK, r.err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r.array);
	MR_CODE_ERR(mr_oplog_start(path, r.array, &wire, &log, &r.err), MR_OK,
	            r.err);
	MR_CODE(work(r.array, before, after), MR_OK);
	MR_CODE(mr_oplog_finish(log, NULL), MR_OK);
	MR_CODE_ERR(mr_array_close(r.array, &r.err), MR_OK, r.err);
	end_serving(&s);
}

static int open_played(struct rig *r, const char *path, const char *source,
                       const char *router)
{
	char text[2 * MR_TEST_PATH_MAX + 200];

	(void)snprintf(text, sizeof text,
	               "[memrig]\nrows = 2\ncols = 3\n[source]\n"
	               "uri = smu+trace:%s%s\n[router]\n"
	               "uri = router+trace:%s%s\nhi = A\nlo = B\n",
	               path, source, path, router);
	write_file(r, text);
	return open_rig(r, BENCH_KEYS);
}

static void wires_of_a_rig_are_recorded_and_played_back(void)
{
	char path[MR_TEST_PATH_MAX];
	struct rig r = {.array = NULL};
	float before[2][6] = {{0}}, after[2][6] = {{0}};

	mr_test_path(path, "bench.db");
	record_bench(path, before[0], after[0]);
	MR_CODE_ERR(open_played(&r, path, "?part=source", "?part=router"), MR_OK,
	            r.err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r.array);
	MR_CODE(work(r.array, before[1], after[1]), MR_OK);
	CU_ASSERT(memcmp(before[0], before[1], sizeof before[0]) == 0);
	CU_ASSERT(memcmp(after[0], after[1], sizeof after[0]) == 0);
	CU_ASSERT(after[0][5] > before[0][5]);
	MR_CODE_ERR(mr_array_close(r.array, &r.err), MR_OK, r.err);
}

static void wire_of_a_rig_is_played_by_its_part(void)
{
	static const struct {
		const char *source, *router, *says;
		int code;
	} bad[] = {
		{"", "?part=router", "part=source, meter or router", MR_ERR_USAGE},
		{"?part=table", "?part=router", "part=table: must be source",
		 MR_ERR_USAGE},
		{"?part=meter", "?part=router", "has no meter", MR_ERR_MISMATCH},
	};
	char path[MR_TEST_PATH_MAX];
	float before[6], after[6];

	mr_test_path(path, "bench.db");
	record_bench(path, before, after);
	for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
		struct rig r = {.array = NULL};

		MR_CODE_ERR(open_played(&r, path, bad[k].source, bad[k].router),
		            bad[k].code, r.err);
		MR_HAS(r.err.text, bad[k].says);
		CU_ASSERT_PTR_NULL(r.array);
	}
}

static void source_that_stays_on_keeps_the_router(void)
{
	static const struct smupeer_rule stuck[] = {{":OUTP?", "1"}, {0}};
	struct rig r;
	float g_S[6];

	open_routed(&r, "");
	r.source.rules = stuck;
	journal_clear(&r.journal);
	MR_CODE(mr_array_read(r.array, NULL, g_S), MR_ERR_REFUSED);
	MR_HAS(mr_array_errmsg(r.array), ":OUTP?");
	CU_ASSERT_EQUAL(journal_count(&r.journal, "R channel"), 0);
	CU_ASSERT_EQUAL(journal_count(&r.journal, "S :OUTP ON"), 0);
	r.source.rules = NULL;
	MR_CODE(mr_array_read(r.array, NULL, g_S), MR_OK);
	stop(&r);
}

static void channel_that_does_not_close_is_an_error(void)
{
	static const struct smupeer_rule open[] = {
		{"print(channel.getclose", "nil"}, {0}};
	struct rig r;
	float g_S[6];

	open_routed(&r, "");
	r.router.rules = open;
	journal_clear(&r.journal);
	MR_CODE(mr_array_read(r.array, NULL, g_S), MR_ERR_REFUSED);
	MR_HAS(mr_array_errmsg(r.array), "1A01");
	CU_ASSERT_EQUAL(journal_count(&r.journal, "S :OUTP ON"), 0);
	stop(&r);
}

static void ground_is_closed_while_cells_change(void)
{
	struct rig r;
	float g_S[6];
	const char *const order[] = {
		"S :OUTP OFF", "R channel.open(\"1A01\")",
		"R channel.close(\"6H12\")", "R channel.close(\"1A02\")",
		"R channel.open(\"6H12\")", "S :OUTP ON", NULL};

	open_routed(&r, "ground = 6H12\n");
	MR_CODE(mr_array_read(r.array, NULL, g_S), MR_OK);
	CU_ASSERT(journal_has_order(&r.journal, order));
	stop(&r);
}

static void close_switches_off_and_then_opens_the_reeds(void)
{
	struct rig r;
	float g_S[6];
	const char *const order[] = {"S :OUTP OFF", "S :OUTP?",
	                             "R channel.open(\"allslots\")", NULL};

	open_routed(&r, "");
	MR_CODE(mr_array_read(r.array, NULL, g_S), MR_OK);
	journal_clear(&r.journal);
	MR_CODE_ERR(mr_array_close(r.array, &r.err), MR_OK, r.err);
	r.array = NULL;
	CU_ASSERT(journal_has_order(&r.journal, order));
	stop(&r);
}

/* The meter is the other unit: at 0 V it counts what flows in, negative. */
static void separate_meter_measures_what_the_source_drives(void)
{
	static const struct smupeer_rule reads[] = {{":READ?", "0.0,-1.5E-6"},
	                                            {0}};
	struct rig r;
	char text[1000];
	float g_S = 0, v_V = 0;
	struct mr_op op = {.kind = MR_OP_READ,
	                   .read = {.v_read_V = 0.25, .g_S = &g_S, .v_V = &v_V}};
	const char *const order[] = {"M :OUTP ON", "S :OUTP ON",
	                             "S :SOUR:VOLT 0.25", "M :READ?",
	                             "S :SOUR:VOLT 0", NULL};

	start(&r);
	r.meter.rules = reads;
	(void)snprintf(text, sizeof text,
	               "[source]\nuri = smu+unix:%s?profile=2450\n"
	               "[meter]\nuri = smu+unix:%s?profile=auto\nsign = -1\n",
	               r.source.path, r.meter.path);
	write_file(&r, text);
	MR_CODE_ERR(open_rig(&r, "?device=ideal"), MR_OK, r.err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r.array);
	MR_CODE(mr_array_submit(r.array, &op, 1, NULL, NULL), MR_OK);
	MR_NEAR((double)g_S, 6e-6, 1e-12); /* 1.5 uA / 0.25 V */
	MR_NEAR((double)v_V, 0.25, 1e-9);
	CU_ASSERT(journal_has_order(&r.journal, order));
	CU_ASSERT_EQUAL(journal_count(&r.journal, "S :READ?"), 0);
	stop(&r);
}

static void limits_of_the_file_hold(void)
{
	struct rig r;
	struct mr_op op = {.kind = MR_OP_PULSE,
	                   .pulse = {.amplitude = 1.6, .width_s = 0.02}};

	open_routed(&r, "[limits]\nv_max_V = 1.5\ni_max_A = 1e-3\n");
	CU_ASSERT(mr_array_describe(r.array)->limits.v_pulse_max_V == 1.5);
	MR_CODE(mr_array_submit(r.array, &op, 1, NULL, NULL), MR_ERR_RANGE);
	op.pulse.amplitude = 0.5;
	op.pulse.compliance = 2e-3;
	MR_CODE(mr_array_submit(r.array, &op, 1, NULL, NULL), MR_ERR_RANGE);
	MR_HAS(mr_array_errmsg(r.array), "0.001");
	stop(&r);
}

/* The second of two is not what the file says: the first is left off. */
static void wrong_router_leaves_nothing_on(void)
{
	struct rig r;

	start(&r);
	r.router.identity = "ACME,Relays,1,2";
	routed_file(&r, "");
	MR_CODE_ERR(open_rig(&r, ""), MR_ERR_MISMATCH, r.err);
	MR_HAS(r.err.text, "rig.ini:9: [router]");
	MR_HAS(r.err.text, "ACME");
	MR_HAS(r.err.text, "707B");
	CU_ASSERT_EQUAL(journal_count(&r.journal, "S :OUTP ON"), 0);
	CU_ASSERT_EQUAL(journal_count(&r.journal, "R channel"), 0);
	stop(&r);
}

static void bad(const char *text, int code, const char *says,
                const char *right)
{
	struct rig r = {.array = NULL};

	write_file(&r, text);
	MR_CODE_ERR(open_rig(&r, ""), code, r.err);
	MR_HAS(r.err.text, "rig.ini");
	MR_HAS(r.err.text, says);
	MR_HAS(r.err.text, right);
}

static void bad_file_is_named_with_its_line(void)
{
	bad("", MR_ERR_FORMAT, "[source]", "uri = smu+");
	bad("[sauce]\nuri = smu+tcp:x\n", MR_ERR_FORMAT, ":2:", "[router]");
	bad("[source]\nurl = smu+tcp:x\n", MR_ERR_FORMAT, ":2:", "knows uri");
	bad("[source]\nuri = nothing\n", MR_ERR_FORMAT, ":2:", "smu+tcp:HOST");
	bad("[source]\nuri = emu:pcm\n", MR_ERR_USAGE, ":2: [source]", "smu+");
	bad("[source]\nuri = a:b\nuri = a:b\n", MR_ERR_FORMAT, ":3:", "twice");
	bad("[source]\nuri = smu+unix:/no/such?profile=2450\n", MR_ERR_MISSING,
	    ":2: [source]", "/no/such");
	bad("[source]\nuri = smu+unix:/x?profile=9\n", MR_ERR_USAGE, ":2:",
	    "2600b");
	bad("[memrig]\nrows = 2\n[source]\nuri = smu+unix:/x\n", MR_ERR_FORMAT,
	    "[router]", "router+");
	bad("[memrig]\nrows = 2.5\n", MR_ERR_FORMAT, ":2:", "whole number");
	bad("[memrig]\nrows = 0\n", MR_ERR_RANGE, ":2:", "1 to");
	bad("[memrig]\nrows = 1\nrows = 1\n", MR_ERR_FORMAT, ":3:", "twice");
	bad("[memrig]\nwords = 1\n", MR_ERR_FORMAT, ":2:", "rows, cols");
	bad("[memrig]\nrows = 100\ncols = 100\n[source]\nuri = a:b\n[router]\n"
	    "uri = a:b\n", MR_ERR_RANGE, "100 rows", "4096");
	bad("[router]\nhi = AB\n", MR_ERR_FORMAT, ":2:", "such as A");
	bad("[source]\nuri = a:b\n[router]\nuri = a:b\nhi = A\n",
	    MR_ERR_FORMAT, "[router]", "both hi and lo");
	bad("[meter]\nsign = 0.5\n", MR_ERR_FORMAT, ":2:", "1 or -1");
	bad("[meter]\nrole = router\n", MR_ERR_FORMAT, ":2:", "must be source");
	bad("[limits]\nv_max_V = -1\n", MR_ERR_RANGE, ":2:", "1e-06");
	bad("[limits]\nw_max = 1\n", MR_ERR_FORMAT, ":2:", "i_max_A");
	bad("[map]\n1 = 1A01\n", MR_ERR_FORMAT, ":2:", "ROW,COLUMN");
	bad("[map]\n0,0 = 1A01\")os.exit(\"\n", MR_ERR_FORMAT, ":2:",
	    "1A01,1B02");
	bad("[map]\n0,0 = 1A01\n0,0 = 1A02\n", MR_ERR_FORMAT, ":3:", "twice");
	bad("[map]\n0,7 = 1A01\n[source]\nuri = a:b\n[router]\nuri = a:b\n",
	    MR_ERR_RANGE, ":2:", "outside");
	bad("rows\n", MR_ERR_FORMAT, ":1:", "name = value");
}

static void uri_of_a_rig_is_a_file(void)
{
	struct mr_array *array = NULL;
	struct mr_errtext err = {""};

	MR_CODE_ERR(mr_array_open("rig:/no/such.ini", NULL, &array, &err),
	            MR_ERR_MISSING, err);
	MR_HAS(err.text, "/no/such.ini");
	MR_CODE_ERR(mr_array_open("rig+tcp:here", NULL, &array, &err),
	            MR_ERR_USAGE, err);
	MR_HAS(err.text, "rig:FILE");
}

/* A 707B has 8 rows and 6 x 12 columns. */
static void cell_beyond_the_matrix_is_named(void)
{
	struct rig r;
	char text[1000];

	start(&r);
	(void)snprintf(text, sizeof text,
	               "[memrig]\nrows = 9\n"
	               "[source]\nuri = smu+unix:%s?profile=2450\n"
	               "[router]\nuri = router+unix:%s?profile=707b\n",
	               r.source.path, r.router.path);
	write_file(&r, text);
	MR_CODE_ERR(open_rig(&r, ""), MR_ERR_RANGE, r.err);
	MR_HAS(r.err.text, "cell 8,0");
	MR_HAS(r.err.text, "[map]");
	stop(&r);
}

const struct mr_test mr_tests[] = {
	{"every_cell_is_read_through_its_channel",
	 every_cell_is_read_through_its_channel},
	{"router_changes_only_while_the_source_is_off",
	 router_changes_only_while_the_source_is_off},
	{"cell_is_reached_by_its_two_lines", cell_is_reached_by_its_two_lines},
	{"virtual_bench_pulses_the_cell_that_is_meant",
	 virtual_bench_pulses_the_cell_that_is_meant},
	{"wires_of_a_rig_are_recorded_and_played_back",
	 wires_of_a_rig_are_recorded_and_played_back},
	{"wire_of_a_rig_is_played_by_its_part",
	 wire_of_a_rig_is_played_by_its_part},
	{"source_that_stays_on_keeps_the_router",
	 source_that_stays_on_keeps_the_router},
	{"channel_that_does_not_close_is_an_error",
	 channel_that_does_not_close_is_an_error},
	{"ground_is_closed_while_cells_change",
	 ground_is_closed_while_cells_change},
	{"close_switches_off_and_then_opens_the_reeds",
	 close_switches_off_and_then_opens_the_reeds},
	{"separate_meter_measures_what_the_source_drives",
	 separate_meter_measures_what_the_source_drives},
	{"limits_of_the_file_hold", limits_of_the_file_hold},
	{"wrong_router_leaves_nothing_on", wrong_router_leaves_nothing_on},
	{"bad_file_is_named_with_its_line", bad_file_is_named_with_its_line},
	{"uri_of_a_rig_is_a_file", uri_of_a_rig_is_a_file},
	{"cell_beyond_the_matrix_is_named", cell_beyond_the_matrix_is_named},
	{0},
};
