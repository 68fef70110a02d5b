/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Small operations with the log off and at two levels, and how much a log
 * takes in a second. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memrig/memrig.h"

#include "bench.h"

#define ROWS 14
#define COLS 4
#define SMALL_OPS 100000
#define ADDED_US 2 /* what the log may add to an operation */
#define SIDE 256
#define WHOLE_READS 60
#define REPEATS 5

/* One kind of operation, `n` times, under a log of one level. */
struct job {
	struct mr_array *array;
	int (*one)(struct mr_array *array, size_t i, float *room);
	size_t n;
	enum mr_oplog_level level; /* 0 = no log */
	float *room;               /* [rows*cols] for results */
};

/* ---- the operations ------------------------------------------------------ */

static int read_one(struct mr_array *array, size_t i, float *room)
{
	uint32_t cell = (uint32_t)(i % (ROWS * COLS));
	struct mr_selection where = {
		.kind = MR_SELECT_LIST, .cells = &cell, .n_cells = 1};

	return mr_array_read(array, &where, room);
}

static int pulse_one(struct mr_array *array, size_t i, float *room)
{
	uint32_t cell = (uint32_t)(i % (ROWS * COLS));
	struct mr_selection where = {
		.kind = MR_SELECT_LIST, .cells = &cell, .n_cells = 1};

	(void)room;
	return mr_array_pulse(array, &where, "set", 1);
}

static int drive_small(struct mr_array *array, size_t i, float *room)
{
	float v_V[ROWS] = {0};

	v_V[i % ROWS] = 0.2f;
	v_V[(i * 5 + 3) % ROWS] = 0.2f;
	return mr_array_drive(array, v_V, room);
}

static int read_whole(struct mr_array *array, size_t i, float *room)
{
	(void)i;
	return mr_array_read(array, NULL, room);
}

/* ---- measuring ----------------------------------------------------------- */

static struct mr_oplog *start_log(const struct job *job, char *path)
{
	struct mr_oplog_options options = {.level = job->level};
	struct mr_oplog *log = NULL;
	struct mr_errtext err = {""};
	int file = mkstemp(path);

	if (file < 0)
		mr_bench_die(path, "cannot be made");
	(void)close(file);
	if (mr_oplog_start(path, job->array, &options, &log, &err))
		mr_bench_die(path, err.text);
	return log;
}

/* Seconds of the whole job; with a log, until the last row is committed. */
static double seconds(void *state)
{
	struct job *job = state;
	char path[] = "bench_oplog.XXXXXX";
	struct mr_errtext err = {""};
	struct mr_oplog *log = job->level ? start_log(job, path) : NULL;
	double began_s = mr_bench_now_s();

	for (size_t i = 0; i < job->n; i++)
		if (job->one(job->array, i, job->room))
			mr_bench_die("operation", mr_array_errmsg(job->array));
	if (mr_oplog_finish(log, &err))
		mr_bench_die(path, err.text);
	double spent_s = mr_bench_now_s() - began_s;

	if (log)
		(void)unlink(path);
	return spent_s;
}

static void measure_levels(const struct job *job, struct mr_bench_case c[3])
{
	static struct job jobs[3];

	for (int level = 0; level < 3; level++) {
		jobs[level] = *job;
		jobs[level].level = (enum mr_oplog_level)level;
		c[level] = (struct mr_bench_case){.measure = seconds,
		                                  .state = &jobs[level]};
	}
	mr_bench_measure(c, 3, REPEATS);
}

static struct mr_array *open_array(const char *uri)
{
	struct mr_array *array = NULL;
	struct mr_errtext err = {""};

	if (mr_array_open(uri, NULL, &array, &err))
		mr_bench_die(uri, err.text);
	return array;
}

static void report_small(const char *what, const struct mr_bench_case c[3])
{
	static const char *const levels[] = {
		"no log", "what log level 1 adds", "what log level 2 adds"};
	double off_us = c[0].median * 1e6 / SMALL_OPS;

	for (int level = 0; level < 3; level++) {
		double us = c[level].median * 1e6 / SMALL_OPS;
		char name[64];

		(void)snprintf(name, sizeof name, "%s, %s", what,
		               levels[level]);
		mr_bench_report(&(struct mr_bench_figure){
			.name = name,
			.unit = "us",
			.value = level ? us - off_us : us,
			.baseline = level ? levels[0] : NULL,
			.baseline_value = off_us,
			.target = level ? ADDED_US : 0});
	}
}

static void report_rate(const char *name, const char *unit, double n,
                        const struct mr_bench_case c[3], double target)
{
	mr_bench_report(&(struct mr_bench_figure){
		.name = name,
		.unit = unit,
		.higher = true,
		.value = n / c[MR_OPLOG_VALUES].median,
		.baseline = "the same reads without a log",
		.baseline_value = n / c[0].median,
		.target = target});
}

static void bench_small(void)
{
	static const struct {
		const char *name;
		int (*one)(struct mr_array *, size_t, float *);
	} kinds[] = {{"read of 1 cell", read_one},
	             {"pulse on 1 cell", pulse_one},
	             {"drive 14x4", drive_small}};
	float room[ROWS * COLS];
	struct job job = {.array = open_array("emu:pcm?rows=14&cols=4&seed=7"),
	                  .n = SMALL_OPS,
	                  .room = room};
	struct mr_bench_case c[3];

	for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
		job.one = kinds[k].one;
		measure_levels(&job, c);
		report_small(kinds[k].name, c);
		if (k == 0)
			report_rate("log rows, one state each", "rows/s",
			            SMALL_OPS, c, 300e3);
	}
	(void)mr_array_close(job.array, NULL);
}

/* On noiseless cells, so that the log has the larger part of the time. */
static void bench_blobs(void)
{
	struct job job = {
		.array = open_array("emu:ideal?rows=256&cols=256"),
		.one = read_whole,
		.n = WHOLE_READS,
		.room = calloc((size_t)SIDE * SIDE, sizeof(float))};
	struct mr_bench_case c[3];

	if (!job.room)
		mr_bench_die("buffers", "out of memory");
	measure_levels(&job, c);
	report_rate("log values as blobs", "values/s",
	            (double)SIDE * SIDE * WHOLE_READS, c, 20e6);
	free(job.room);
	(void)mr_array_close(job.array, NULL);
}

const struct mr_bench mr_benches[] = {
	{"small", bench_small},
	{"blobs", bench_blobs},
	{0},
};
