/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Files of other programs: what is taken out of them, how faults are named, and
 * that a log has all of a run or nothing. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "apps/import.h"
#include "apps/npyfile.h"
#include "test.h"

/* Three lines before the rows, as the vendor's program writes them. */
#define ARC1_HEAD                                                             \
	"session\nThu Nov 26 2026\n"                                          \
	"Wordline,Bitline,Resistance,Amplitude (V),Pulse width (s),Tag,"      \
	"ReadTag,ReadVoltage\n"

static const char *put(const char *name, const void *bytes, size_t size)
{
	static char path[4][MR_TEST_PATH_MAX];
	static int next;
	char *to = path[next++ % 4];
	FILE *file = fopen(mr_test_path(to, name), "wb");

	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	CU_ASSERT_EQUAL(fwrite(bytes, 1, size, file), size);
	CU_ASSERT_EQUAL(fclose(file), 0);
	return to;
}

static const char *put_text(const char *name, const char *text)
{
	return put(name, text, strlen(text));
}

static struct mr_import_options with_map(const char *map)
{
	struct mr_import_options o = {0};
	struct mr_errtext err = {""};

	MR_CODE_ERR(mr_import_map(&o, map, &err), MR_OK, err);
	return o;
}

/* ---- the vendor's log ---------------------------------------------------- */

static void arc1_rows_become_readings_and_pulses(void)
{
	const char *path = put_text(
		"a.csv", ARC1_HEAD "1,1,12500.0,0.5,0,S R2 V=0.5,2,0.5\n"
				   "1,2,8000.0,-1.35,0.0002,P,2,0.4\n"
				   "32,7,16000,0,0,FF_e,2,0.2\n"
				   "2,1,-3.5,,,MR_s,2,0.25\n");
	struct mr_import_options o = {.interval_s = 0.25};
	struct mr_import im = {0};
	struct mr_errtext err = {""};

	MR_CODE_ERR(mr_import_arc1(path, &o, &im, &err), MR_OK, err);
	CU_ASSERT_EQUAL(im.n, 5);
	CU_ASSERT_EQUAL(im.rows, 32);
	CU_ASSERT_EQUAL(im.cols, 7);
	CU_ASSERT_EQUAL(im.n_pulses, 1);
	CU_ASSERT_EQUAL(im.n_useless, 1);
	CU_ASSERT_FALSE(im.timed);
	/* a reading at its amplitude: the vendor's single read */
	CU_ASSERT_EQUAL(im.events[0].kind, MR_IMPORT_READ);
	CU_ASSERT_EQUAL(im.events[0].g_S, 8e-5f); /* 1 / 12.5 kOhm */
	CU_ASSERT_EQUAL(im.events[0].volt_V, 0.5);
	/* a pulse, and the reading behind it at the read voltage */
	CU_ASSERT_EQUAL(im.events[1].kind, MR_IMPORT_PULSE);
	CU_ASSERT_EQUAL(im.events[1].volt_V, -1.35);
	CU_ASSERT_EQUAL(im.events[1].width_s, 2e-4);
	CU_ASSERT_EQUAL(im.events[1].row, 0);
	CU_ASSERT_EQUAL(im.events[1].col, 1);
	CU_ASSERT_EQUAL(im.events[2].volt_V, 0.4);
	CU_ASSERT_EQUAL(im.events[2].t_ns, 250000000);
	CU_ASSERT_EQUAL(im.events[3].volt_V, 0.2);
	CU_ASSERT_EQUAL(im.events[3].row, 31);
	CU_ASSERT_TRUE(isnan(im.events[4].g_S));
	mr_import_free(&im);
}

static void arc1_gzip_reads_like_plain(void)
{
	static const char text[] = ARC1_HEAD "3,2,20000,0.5,0,S,2,0.5\n";
	char path[MR_TEST_PATH_MAX];
	gzFile gz = gzopen(mr_test_path(path, "a.csv.gz"), "wb");
	struct mr_import_options o = {0};
	struct mr_import im = {0};
	struct mr_errtext err = {""};
	struct stat status;

	gzwrite(gz, text, sizeof text - 1);
	gzclose(gz);
	MR_CODE_ERR(mr_import_arc1(path, &o, &im, &err), MR_OK, err);
	CU_ASSERT_EQUAL(im.n, 1);
	CU_ASSERT_EQUAL(im.events[0].g_S, 5e-5f);
	mr_import_free(&im);
	CU_ASSERT_EQUAL(stat(path, &status), 0);
	CU_ASSERT_EQUAL(truncate(path, status.st_size - 12), 0);
	MR_CODE(mr_import_arc1(path, &o, &im, &err), MR_ERR_FORMAT);
	MR_HAS(err.text, "damaged or cut off");
	mr_import_free(&im);
}

/* What is wrong with one file, and how it is named. */
struct fault {
	const char *text;
	int code;
	const char *has;
};

static void meet_faults(const struct fault *faults,
                        int (*read)(const char *,
                                    const struct mr_import_options *,
                                    struct mr_import *, struct mr_errtext *),
                        const struct mr_import_options *o)
{
	for (; faults->text; faults++) {
		const char *path = put_text("wrong.csv", faults->text);
		struct mr_errtext err = {""};
		struct mr_import im = {0};

		MR_CODE_ERR(read(path, o, &im, &err), faults->code, err);
		MR_HAS(err.text, faults->has);
		mr_import_free(&im);
	}
}

static void arc1_faults_are_named(void)
{
	static const struct fault faults[] = {
		{"", MR_ERR_FORMAT, "no head in the first"},
		{"a\nb\n", MR_ERR_FORMAT, "begins with Wordline"},
		{"Wordline,Bitline,R\n", MR_ERR_FORMAT,
		 ":1: the head names no column 'resistance'"},
		{ARC1_HEAD, MR_ERR_FORMAT, "no row of data"},
		{ARC1_HEAD "1,1,9e3,0.5,0,S,2\n", MR_ERR_FORMAT,
		 ":4: 7 fields, but the head has 8"},
		{ARC1_HEAD "1,1,9000,5,0,5,0,S,2,0.5\n", MR_ERR_FORMAT,
		 "if the decimal sign is a comma"},
		{ARC1_HEAD "1,1,\"9000,5\",0.5,0,S,2,0.5\n", MR_ERR_FORMAT,
		 ":4:3: column 'resistance' is '9000,5': a comma is not the "
		 "decimal sign"},
		{ARC1_HEAD "0,1,9e3,0.5,0,S,2,0.5\n", MR_ERR_RANGE,
		 ":4:1: column 'word' is 0: it must be 1 to 32"},
		{ARC1_HEAD "1,33,9e3,0.5,0,S,2,0.5\n", MR_ERR_RANGE,
		 ":4:2: column 'bit' is 33: it must be 1 to 32"},
		{ARC1_HEAD "1,1,1.25e-6,0.5,0,S,2,0.5\n", MR_ERR_FORMAT,
		 "if it is a conductance"},
		{ARC1_HEAD "1,1,,0.5,0,S,2,0.5\n", MR_ERR_FORMAT,
		 "column 'resistance' is '': it must be a number"},
		{ARC1_HEAD "1,1,0x10,0.5,0,S,2,0.5\n", MR_ERR_FORMAT,
		 "it must be a number"},
		{ARC1_HEAD "1,1,9e3,inf,0,S,2,0.5\n", MR_ERR_FORMAT,
		 "it must be a finite number"},
		{ARC1_HEAD "1,1,9e3,5000,0.1,S,2,0.5\n", MR_ERR_FORMAT,
		 "a voltage above 1000 V"},
		{ARC1_HEAD "1,1,9e3,1,-0.1,S,2,0.5\n", MR_ERR_FORMAT,
		 "a width must be"},
		{ARC1_HEAD "1,one,9e3,1,-0.1,S,2,0.5\n", MR_ERR_FORMAT,
		 ":4:2: column 'bit' is 'one': it must be a whole number"},
		{ARC1_HEAD "1,1,\"9e3,1\n", MR_ERR_FORMAT, "wrong quoting"},
		{0},
	};
	struct mr_import_options o = {0};
	struct mr_errtext err = {""};
	struct mr_import im = {0};

	meet_faults(faults, mr_import_arc1, &o);
	MR_CODE(mr_import_arc1("/nowhere/a.csv", &o, &im, &err),
	        MR_ERR_MISSING);
	o.interval_s = 8e9;
	MR_CODE(mr_import_arc1(put_text("a.csv", ARC1_HEAD
	                                "1,1,9e3,0.5,0,S,2,0.5\n"
	                                "1,1,9e3,0.5,0,S,2,0.5\n"
	                                "1,1,9e3,0.5,0,S,2,0.5\n"),
	                       &o, &im, &err),
	        MR_ERR_RANGE);
	MR_HAS(err.text, "give a shorter one");
	mr_import_free(&im);
}

/* ---- any CSV ------------------------------------------------------------- */

static void csv_map_gives_units_and_events(void)
{
	const char *path = put_text("b.csv", "# a remark\n"
	                                     "t;w;b;U;I;what\n"
	                                     "0,5;1;1;200;12,5;READ\n"
	                                     "1;1;2;;;up\n"
	                                     "1;1;2;100;-2,5;read\n"
	                                     "2,25;2;2;1500;;down\n");
	struct mr_import_options o = with_map(
		"time=t[ms],row=w,col=#3,voltage=U[mV],current=I[uA],event=what");
	struct mr_import im = {0};
	struct mr_errtext err = {""};

	o.base = 1;
	o.decimal = ',';
	MR_CODE_ERR(mr_import_name(&o, "up=set,1.2V,100ns", &err), MR_OK, err);
	MR_CODE_ERR(mr_import_name(&o, "down=reset,-1.5,2us", &err), MR_OK,
	            err);
	MR_CODE_ERR(mr_import_csv(path, &o, &im, &err), MR_OK, err);
	CU_ASSERT_EQUAL_FATAL(im.n, 4);
	CU_ASSERT_TRUE(im.timed);
	CU_ASSERT_EQUAL(im.events[0].t_ns, 500000);
	CU_ASSERT_EQUAL(im.events[0].g_S, 6.25e-5f); /* 12.5 uA / 0.2 V */
	CU_ASSERT_EQUAL(im.events[0].volt_V, 0.2);
	CU_ASSERT_EQUAL(im.events[1].kind, MR_IMPORT_PULSE);
	CU_ASSERT_EQUAL(im.events[1].volt_V, 1.2);
	MR_NEAR(im.events[1].width_s, 1e-7, 1e-21); /* 100 * 1e-9: rounding */
	CU_ASSERT_EQUAL(im.events[2].g_S, -2.5e-5f); /* noise may be below 0 */
	CU_ASSERT_EQUAL(im.events[3].volt_V, -1.5);
	CU_ASSERT_EQUAL(im.n_seen, 2);
	mr_import_free(&im);
}

static void csv_sorts_on_request(void)
{
	const char *path = put_text("c.csv", "n,t,G\n0,3,5\n1,1,7\n2,3,9\n");
	struct mr_import_options o =
		with_map("cell=n,time=t,conductance=G[uS]");
	struct mr_import im = {0};
	struct mr_errtext err = {""};

	MR_CODE(mr_import_csv(path, &o, &im, &err), MR_ERR_FORMAT);
	MR_HAS(err.text, ":3:2: column 't' goes back, from 3 to 1 s");
	mr_import_free(&im);
	o.sort = true;
	MR_CODE_ERR(mr_import_csv(path, &o, &im, &err), MR_OK, err);
	CU_ASSERT_EQUAL(im.events[0].g_S, 7e-6f);
	CU_ASSERT_EQUAL(im.events[1].g_S, 5e-6f); /* stable */
	CU_ASSERT_EQUAL(im.events[2].g_S, 9e-6f);
	CU_ASSERT_EQUAL(im.cols, 3);
	mr_import_free(&im);
}

static void csv_faults_are_named(void)
{
	static const struct fault faults[] = {
		{"", MR_ERR_FORMAT, "it is empty"},
		{"n,t\n", MR_ERR_FORMAT, ":1: no column is called 'R'"},
		{"n,t,R,ev\n", MR_ERR_FORMAT, "no row of data"},
		{"n,t,R,ev\n0,1,1e-6,read\n", MR_ERR_FORMAT,
		 ":2:3: column 'R' is '1e-6': a resistance below 1 Ohm"},
		{"n,t,R,ev\n0,1,1e30,read\n", MR_ERR_FORMAT, "above 1e18"},
		{"n,t,R,ev\n0,1,9e3,jump\n", MR_ERR_FORMAT,
		 ":2:4: column 'ev' is 'jump', which is neither"},
		{"n,t,R,ev\n0,1,9e3,set\n", MR_ERR_FORMAT,
		 "a set has no amplitude"},
		{"n,t,R,ev\n0,1,9e3,mild\n", MR_ERR_FORMAT,
		 "a mild has no width"},
		{"n,t,R,ev\n0,1,,read\n", MR_ERR_FORMAT, "has no result"},
		{"n,t,R,ev\n0,,9e3,read\n", MR_ERR_FORMAT,
		 ":2:2: column 't' is '': it must be a number"},
		{"n,t,R,ev\n0,-1,9e3,read\n", MR_ERR_FORMAT, "0 to 9e9 s"},
		{"n,t,R,ev\n12,1,9e3,read\n", MR_ERR_RANGE,
		 "column 'n' is 12: it must be 0 to 11"},
		{"n,t,R,ev\n0,nan,9e3,read\n", MR_ERR_FORMAT, "finite"},
		{0},
	};
	static const struct fault currents[] = {
		{"n,V,I\n0,0.1,11\n", MR_ERR_FORMAT, "a current above 10 A"},
		{"n,V,I\n0,,1e-6\n", MR_ERR_FORMAT, "current but no voltage"},
		{"n,V,I\n0,1e-9,1\n", MR_ERR_FORMAT, "above 1 S"},
		{"n,V,I\n0,0;1,1\n", MR_ERR_FORMAT, "it must be a number"},
		{0},
	};
	struct mr_import_options o =
		with_map("cell=n,time=t,resistance=R,event=ev");
	struct mr_errtext err = {""};

	MR_CODE_ERR(mr_import_name(&o, "mild=pulse,0.5V", &err), MR_OK, err);
	o.rows = 4;
	o.cols = 3;
	meet_faults(faults, mr_import_csv, &o);
	o = with_map("cell=n,voltage=V,current=I");
	o.separator = ',';
	meet_faults(currents, mr_import_csv, &o);
	o = with_map("cell=n,conductance=G");
	meet_faults((const struct fault[]){
			    {"n,G\n0,12\n", MR_ERR_FORMAT,
	                     "a conductance above 1 S"},
			    {0}},
	            mr_import_csv, &o);
	o = with_map("row=r,col=c,conductance=G");
	meet_faults((const struct fault[]){
			    {"r,c,G\n65000,65000,1e-6\n", MR_ERR_RANGE,
	                     "are row and column the right ones"},
			    {"r,c,G\n65536,0,1e-6\n", MR_ERR_RANGE, "65535"},
			    {0}},
	            mr_import_csv, &o);
	o = with_map("row=#4,conductance=G");
	meet_faults((const struct fault[]){
			    {"r,c,G\n1,1,1e-6\n", MR_ERR_FORMAT,
	                     "there is no column '#4'; the file has #1 to #3"},
			    {0}},
	            mr_import_csv, &o);
}

static void maps_that_say_too_little_are_refused(void)
{
	static const struct {
		const char *map;
		const char *has;
	} maps[] = {
		{"time=t,resistance=R", "say which cell a row is of"},
		{"cell=n,row=r,resistance=R", "say which cell a row is of"},
		{"cell=n,time=t", "name one column of results"},
		{"cell=n,current=I,resistance=R", "(got 2)"},
		{"cell=n,current=I", "a current alone is no conductance"},
	};
	const char *path = put_text("d.csv", "n,t,R\n");

	for (size_t k = 0; k < sizeof maps / sizeof maps[0]; k++) {
		struct mr_import_options o = with_map(maps[k].map);
		struct mr_import im = {0};
		struct mr_errtext err = {""};

		MR_CODE(mr_import_csv(path, &o, &im, &err), MR_ERR_USAGE);
		MR_HAS(err.text, maps[k].has);
		mr_import_free(&im);
	}
}

static void options_that_are_wrong_are_refused(void)
{
	static const char long_name[] =
		"time=a-name-that-is-longer-than-any-column-of-a-file-should-be-"
		"called";
	static const char *const maps[] = {
		"", "time", "time=", "colour=c", "time=t[V]", "time=t[]",
		"cell=n[m]", "time=[s]", "time=t,time=u",
		long_name};
	static const char *const names[] = {
		"", "up", "=set", "up=jump", "up=set,", "up=set,1A", "up=set,0",
		"up=read,1V", "up=set,1V,", "up=set,1V,1m,3", "up=set,1V,0",
		"a-name-of-sixteen=read"};
	struct mr_errtext err = {""};

	for (size_t k = 0; k < sizeof maps / sizeof maps[0]; k++) {
		struct mr_import_options o = {0};

		MR_CODE(mr_import_map(&o, maps[k], &err), MR_ERR_USAGE);
		MR_HAS(err.text, "map '");
	}
	for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
		struct mr_import_options o = {0};

		MR_CODE(mr_import_name(&o, names[k], &err), MR_ERR_USAGE);
		MR_HAS(err.text, "event '");
	}
	struct mr_import_options o = {.n_names = MR_IMPORT_EVENTS_MAX};

	MR_CODE(mr_import_name(&o, "up=read", &err), MR_ERR_USAGE);
}

/* ---- NumPy --------------------------------------------------------------- */

/* A file of float64, as NumPy writes it. */
static const char *put_npy(const char *name, const char *shape, const double *x,
                           size_t n)
{
	char bytes[4096] = "\x93NUMPY\x01\x00v";
	int used = snprintf(bytes + 10, 120,
	                    "{'descr': '<f8', 'fortran_order': False, "
	                    "'shape': %s, }",
	                    shape);

	memset(bytes + 10 + used, ' ', (size_t)(118 - used));
	bytes[8] = 118;
	bytes[9] = 0;
	bytes[127] = '\n';
	memcpy(bytes + 128, x, n * sizeof *x);
	return put(name, bytes, 128 + n * sizeof *x);
}

static void npy_frames_and_times_are_read(void)
{
	const double g[] = {1, 2, 3.5, 4, NAN, 6};
	const double t[] = {0.5, 2.25};
	const char *path = put_npy("g.npy", "(2, 3)", g, 6);
	struct mr_import_options o = {
		.times = put_npy("t.npy", "(2,)", t, 2), .g_unit_S = 1e-6};
	struct mr_import im = {0};
	struct mr_errtext err = {""};

	MR_CODE_ERR(mr_import_npy(path, &o, &im, &err), MR_OK, err);
	CU_ASSERT_EQUAL_FATAL(im.n, 5);
	CU_ASSERT_EQUAL(im.rows, 1);
	CU_ASSERT_EQUAL(im.cols, 3);
	CU_ASSERT_EQUAL(im.events[2].g_S, 3.5e-6f);
	CU_ASSERT_EQUAL(im.events[2].t_ns, 500000000);
	CU_ASSERT_EQUAL(im.events[4].col, 2);
	CU_ASSERT_EQUAL(im.events[4].t_ns, 2250000000);
	mr_import_free(&im);
	path = put_npy("g.npy", "(1, 2, 3)", (const double[]){1e3, 2e3, 4e3,
	                                                      -1, 8e3, 16e3}, 6);
	o = (struct mr_import_options){.r_unit_Ohm = 1, .rows = 2};
	MR_CODE_ERR(mr_import_npy(path, &o, &im, &err), MR_OK, err);
	CU_ASSERT_EQUAL(im.events[4].g_S, 1.25e-4f);
	CU_ASSERT_EQUAL(im.events[4].row, 1);
	CU_ASSERT_EQUAL(im.n_useless, 1);
	mr_import_free(&im);
}

static void npy_that_memrig_writes_is_read(void)
{
	const float g_S[] = {1e-6f, 2.385e-6f, 3e-6f, 4e-6f};
	char path[MR_TEST_PATH_MAX];
	FILE *file = fopen(mr_test_path(path, "own.npy"), "wb");
	struct mr_import_options o = {.v_read_V = 0.1};
	struct mr_import im = {0};
	struct mr_errtext err = {""};

	mr_npy_head(file, "'<f4'", 1, "2, 2");
	mr_npy_floats(file, g_S, 4);
	CU_ASSERT_EQUAL(fclose(file), 0);
	MR_CODE_ERR(mr_import_npy(path, &o, &im, &err), MR_OK, err);
	CU_ASSERT_EQUAL_FATAL(im.n, 4);
	for (size_t k = 0; k < 4; k++)
		CU_ASSERT_EQUAL(im.events[k].g_S, g_S[k]);
	mr_import_free(&im);
}

static void meet_npy(const char *path, const struct mr_import_options *o,
                     int code, const char *has)
{
	struct mr_import im = {0};
	struct mr_errtext err = {""};

	MR_CODE_ERR(mr_import_npy(path, o, &im, &err), code, err);
	MR_HAS(err.text, has);
	mr_import_free(&im);
}

static void npy_faults_are_named(void)
{
	static const struct {
		const char *head;
		const char *has;
	} heads[] = {
		{"{'descr': '<f8', 'fortran_order': True, 'shape': (1, 1), }",
		 "np.ascontiguousarray"},
		{"{'descr': '<c8', 'fortran_order': False, 'shape': (1, 1), }",
		 "its type is '<c8'"},
		{"{'descr': '<i8', 'fortran_order': False, 'shape': (1, 1), }",
		 "whole number"},
		{"{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }",
		 "it has one axis"},
		{"{'descr': '<f8', 'fortran_order': False, 'shape': (), }",
		 "one to three axes"},
		{"{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1, 1, "
		 "1), }",
		 "one to three axes"},
		{"{'descr': '<f8', 'fortran_order': False, 'shape': (9999999, "
		 "9999999, 9999999), }",
		 "one to three axes"},
		{"{'descr': '<f8', 'fortran_order': False, 'shape': (7, 1), }",
		 "it is cut off"},
		{"{'descr': '<f8', 'fortran_order': False, 'shape': (0, 1), }",
		 "something else is behind"},
		{"{'descr': '<f8'}", "is it damaged"},
	};
	struct mr_import_options o = {0};

	for (size_t k = 0; k < sizeof heads / sizeof heads[0]; k++) {
		char bytes[256] = "\x93NUMPY\x01\x00";
		size_t n = strlen(heads[k].head);

		bytes[8] = (char)n;
		memcpy(bytes + 10, heads[k].head, n);
		meet_npy(put("w.npy", bytes, 10 + n + 8), &o, MR_ERR_FORMAT,
		         heads[k].has);
	}
	meet_npy(put_text("w.npy", "1,2\n"), &o, MR_ERR_FORMAT,
	         "it is no NumPy file");
	meet_npy(put("w.npy", "\x93NUMPY\x01\x00v\x00{", 11), &o, MR_ERR_FORMAT,
	         "cut off in its head");
	meet_npy(put("w.npy", "\x93NUMPY\x02\x00\x00\x00", 10), &o,
	         MR_ERR_FORMAT, "cut off in its head");
	meet_npy(put("w.npy", "\x93NUMPY\x02\x00\xff\xff\xff\x7f", 12), &o,
	         MR_ERR_FORMAT, "longer than any");
	meet_npy(put("w.npy", "\x93NUMPY\x04\x00\x00\x00", 10), &o,
	         MR_ERR_FORMAT, "newer than version 3");
	meet_npy("/nowhere/g.npy", &o, MR_ERR_MISSING, "cannot open");
}

static void npy_values_that_make_no_sense_are_refused(void)
{
	const double ones[] = {1e-6, 2e-6, 3e-6, 4e-6};
	const double times[] = {2, 1};
	struct mr_import_options o = {.rows = 3};
	const char *path = put_npy("g.npy", "(2, 2)", ones, 4);

	meet_npy(path, &o, MR_ERR_USAGE, "frames of 2 cells are not 3 x");
	o = (struct mr_import_options){
		.times = put_npy("t.npy", "(2,)", times, 2)};
	meet_npy(path, &o, MR_ERR_FORMAT,
	         "time goes back at frame 1, from 2 to 1 s");
	o.times = put_npy("t.npy", "(1,)", times, 1);
	meet_npy(path, &o, MR_ERR_FORMAT, "one axis of 2 times");
	o.times = put_npy("t.npy", "(2,)", (const double[]){NAN, 1}, 2);
	meet_npy(path, &o, MR_ERR_FORMAT, "frame 0 is at nan s");
	o = (struct mr_import_options){.r_unit_Ohm = 1};
	meet_npy(path, &o, MR_ERR_FORMAT, "resistance below 1 Ohm");
	o = (struct mr_import_options){.g_unit_S = 1e7};
	meet_npy(path, &o, MR_ERR_FORMAT,
	         "element [0][0][0] is 1e-06: a conductance above 1 S");
	o = (struct mr_import_options){0};
	meet_npy(put_npy("g.npy", "(1, 2)", (const double[]){NAN, NAN}, 2), &o,
	         MR_ERR_FORMAT, "all its elements are NAN");
	meet_npy(put_npy("g.npy", "(0, 2)", ones, 0), &o, MR_ERR_FORMAT,
	         "no element");
}

/* ---- into a log ---------------------------------------------------------- */

static int write_run(const struct mr_import *im,
                     const struct mr_import_options *o, const char *log,
                     const char *const *metadata, struct mr_errtext *err)
{
	struct mr_oplog_options options = {.metadata = metadata};
	struct mr_import_label label = {.path = "b.csv",
	                                .model = "hafnia",
	                                .identity = "die 3",
	                                .log = &options};
	struct mr_description desc;
	int64_t run = 0;
	int code;

	mr_import_describe(im, o, &label, &desc);
	code = mr_import_write(im, log, &desc, &label, NULL, &run, err);
	CU_ASSERT_TRUE(code != MR_OK || run > 0);
	return code;
}

static void a_history_gives_the_events_back(void)
{
	const char *path =
		put_text("h.csv", "t,r,c,V,w,G,what\n"
	                          "0.5,0,0,0.2,,12.5,read\n"
	                          "1.0,0,1,1.2,1e-6,,set\n"
	                          "2.0,0,1,0.2,,23.85,read\n"
	                          "2.0,1,1,0.2,,7,read\n"
	                          "3.0,0,1,-1.5,2e-6,8,reset\n");
	struct mr_import_options o =
		with_map("time=t,row=r,col=c,voltage=V,width=w,"
	                 "conductance=G[uS],event=what");
	static const char *const metadata[] = {"imported=h.csv", NULL};
	char log[MR_TEST_PATH_MAX];
	struct mr_import im = {0};
	struct mr_history *h = NULL;
	struct mr_errtext err = {""};

	mr_test_path(log, "h.db");
	MR_CODE_ERR(mr_import_csv(path, &o, &im, &err), MR_OK, err);
	MR_CODE_ERR(write_run(&im, &o, log, metadata, &err), MR_OK, err);
	mr_import_free(&im);
	MR_CODE_ERR(mr_history_load(log, NULL, &h, &err), MR_OK, err);
	CU_ASSERT_EQUAL(h->n_cells, 4);
	CU_ASSERT_STRING_EQUAL(h->desc.driver, "import");
	CU_ASSERT_STRING_EQUAL(h->desc.model, "hafnia");
	CU_ASSERT_FALSE(h->desc.has_seed);
	CU_ASSERT_EQUAL(h->first[1] - h->first[0], 1);
	CU_ASSERT_EQUAL_FATAL(h->first[2] - h->first[1], 4);
	const struct mr_history_event *e = h->events + h->first[1];

	CU_ASSERT_EQUAL(e[0].kind, MR_HISTORY_PULSE);
	CU_ASSERT_EQUAL(e[0].effect, MR_EFFECT_RAISE);
	CU_ASSERT_EQUAL(e[0].amplitude, 1.2f);
	CU_ASSERT_EQUAL(e[0].width_s, 1e-6f);
	CU_ASSERT_EQUAL(e[0].t_ns, 1000000000);
	CU_ASSERT_EQUAL(e[1].kind, MR_HISTORY_READ);
	CU_ASSERT_EQUAL(e[1].g_S, (float)(23.85 * 1e-6));
	CU_ASSERT_EQUAL(e[1].amplitude, 0.2f);
	CU_ASSERT_EQUAL(e[2].effect, MR_EFFECT_ERASE);
	CU_ASSERT_EQUAL(e[2].amplitude, -1.5f);
	CU_ASSERT_EQUAL(e[3].g_S, (float)(8 * 1e-6));
	CU_ASSERT_EQUAL(e[3].amplitude, 0); /* behind a pulse nothing tells it */
	CU_ASSERT_EQUAL(h->n_losses, 0);
	mr_history_free(h);
}

static off_t size_of(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 ? status.st_size : -1;
}

static void what_fails_leaves_the_log_as_it_was(void)
{
	const double g[] = {1e-6, 2e-6, 3e-6, 4e-6};
	static const char *const wrong[] = {"no-equals-sign", NULL};
	const char *path = put_npy("g.npy", "(2, 2)", g, 4);
	struct mr_import_options o = {0};
	char log[MR_TEST_PATH_MAX];
	struct mr_import im = {0};
	struct mr_errtext err = {""};
	off_t size;

	mr_test_path(log, "atomic.db");
	MR_CODE_ERR(mr_import_npy(path, &o, &im, &err), MR_OK, err);
	MR_CODE(write_run(&im, &o, log, wrong, &err), MR_ERR_USAGE);
	CU_ASSERT_EQUAL(size_of(log), -1);
	im.events[3].t_ns = -5; /* the last operation is refused */
	MR_CODE(write_run(&im, &o, log, NULL, &err), MR_ERR_RANGE);
	MR_HAS(err.text, "time must not run backwards");
	CU_ASSERT_EQUAL(size_of(log), -1);
	im.events[3].t_ns = 1000000000;
	MR_CODE_ERR(write_run(&im, &o, log, NULL, &err), MR_OK, err);
	size = size_of(log);
	CU_ASSERT_TRUE(size > 0);
	im.events[3].t_ns = -5;
	MR_CODE(write_run(&im, &o, log, NULL, &err), MR_ERR_RANGE);
	CU_ASSERT_EQUAL(size_of(log), size);
	mr_import_free(&im);

	struct mr_oplog_reader *reader = NULL;
	int64_t first = 0, last = 0;

	MR_CODE_ERR(mr_oplog_open(log, &reader, &err), MR_OK, err);
	MR_CODE(mr_oplog_runs(reader, &first, &last), MR_OK);
	CU_ASSERT_EQUAL(last, 1);
	mr_oplog_close(reader);
}

static void a_stop_drops_the_run(void)
{
	const volatile sig_atomic_t stop = 1;
	struct mr_context context = {.stop = &stop};
	struct mr_import_options o = {0};
	struct mr_import im = {.rows = 1, .cols = 1};
	struct mr_import_label label = {.path = "x", .model = "m",
	                                .identity = "i"};
	struct mr_description desc;
	char log[MR_TEST_PATH_MAX];
	struct mr_errtext err = {""};
	int64_t run = 0;

	for (int k = 0; k < 5000; k++)
		MR_CODE(mr_import_add(&im,
		                      &(struct mr_import_event){.t_ns = k,
		                                                .g_S = 1e-6f},
		                      &err),
		        MR_OK);
	mr_import_describe(&im, &o, &label, &desc);
	MR_CODE(mr_import_write(&im, mr_test_path(log, "stop.db"), &desc,
	                        &label, &context, &run, &err),
	        MR_ERR_STOPPED);
	CU_ASSERT_EQUAL(size_of(log), -1);
	mr_import_free(&im);
}

static void an_import_refuses_what_it_cannot_hold(void)
{
	struct mr_description desc = {.driver = "import", .rows = 2, .cols = 2};
	struct mr_oplog_import *im = NULL;
	struct mr_op wait = {.kind = MR_OP_WAIT};
	float g_S = 1e-6f;
	const uint32_t cell = 4;
	struct mr_op read = {.kind = MR_OP_READ,
	                     .where = {.kind = MR_SELECT_LIST,
	                               .cells = &cell,
	                               .n_cells = 1},
	                     .read = {.g_S = &g_S}};
	char log[MR_TEST_PATH_MAX];
	struct mr_errtext err = {""};
	const struct mr_description none = {0};

	mr_test_path(log, "refuse.db");
	MR_CODE(mr_oplog_import_start(log, "x", &none, NULL, NULL, &im, &err),
	        MR_ERR_USAGE);
	MR_CODE(mr_oplog_import_start(put_text("no.db", "no database at all"),
	                              "x", &desc, NULL, NULL, &im, &err),
	        MR_ERR_FORMAT);
	MR_CODE(mr_oplog_import_end(NULL, true, NULL, &err), MR_OK);
	for (int k = 0; k < 2; k++) {
		MR_CODE_ERR(mr_oplog_import_start(log, "x", &desc, NULL, NULL,
		                                  &im, &err),
		            MR_OK, err);
		MR_CODE(mr_oplog_import_add(im, k ? &wait : &read, &err),
		        k ? MR_ERR_USAGE : MR_ERR_RANGE);
		/* what has failed stays so, and is not kept */
		MR_CODE(mr_oplog_import_add(im, &read, &err),
		        k ? MR_ERR_USAGE : MR_ERR_RANGE);
		MR_CODE(mr_oplog_import_end(im, true, NULL, &err),
		        k ? MR_ERR_USAGE : MR_ERR_RANGE);
		CU_ASSERT_EQUAL(size_of(log), -1);
	}
}

const struct mr_test mr_tests[] = {
	{"arc1_rows_become_readings_and_pulses",
	 arc1_rows_become_readings_and_pulses},
	{"arc1_gzip_reads_like_plain", arc1_gzip_reads_like_plain},
	{"arc1_faults_are_named", arc1_faults_are_named},
	{"csv_map_gives_units_and_events", csv_map_gives_units_and_events},
	{"csv_sorts_on_request", csv_sorts_on_request},
	{"csv_faults_are_named", csv_faults_are_named},
	{"maps_that_say_too_little_are_refused",
	 maps_that_say_too_little_are_refused},
	{"options_that_are_wrong_are_refused",
	 options_that_are_wrong_are_refused},
	{"npy_frames_and_times_are_read", npy_frames_and_times_are_read},
	{"npy_that_memrig_writes_is_read", npy_that_memrig_writes_is_read},
	{"npy_faults_are_named", npy_faults_are_named},
	{"npy_values_that_make_no_sense_are_refused",
	 npy_values_that_make_no_sense_are_refused},
	{"a_history_gives_the_events_back", a_history_gives_the_events_back},
	{"what_fails_leaves_the_log_as_it_was",
	 what_fails_leaves_the_log_as_it_was},
	{"a_stop_drops_the_run", a_stop_drops_the_run},
	{"an_import_refuses_what_it_cannot_hold",
	 an_import_refuses_what_it_cannot_hold},
	{0},
};
