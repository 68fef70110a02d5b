/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Speed of the emulated chip: analog products beside OpenBLAS, pulses in bulk,
 * normal random numbers, a life of cells that are programmed to targets. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cblas.h>

#include "memrig/memrig.h"
#include "memrig/random.h"

#include "bench.h"

#define SIDE 1024
#define BATCH 256
#define TWO_THREADS 1.7 /* times the rate of one: what they should reach */
#define LINE_V 0.1f
#define STEP_S 1e-3     /* array time between two vectors */
#define SINGLE_CALLS 96 /* one batch has 256 vectors: alike in time */
#define REPEATS 5
#define PULSED 1000
#define NORMALS 1000000
#define SEED 7
#define PAIRED (2 * SIDE) /* columns: two cells per weight */
#define PAIR_NORMALS 3    /* of a cell: its error, its drift, its reading */
#define WEIGHT_MAX_S 25e-6
#define DRIFT_S 3600.0
#define AIHWKIT_MS 66.0 /* from the project's fact sheet on device models */

static void *get(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (!p)
		mr_bench_die("buffers", "out of memory");
	return p;
}

static struct mr_array *open_array(const char *uri, uint32_t threads)
{
	struct mr_open_options options = {.threads = threads};
	struct mr_array *array = NULL;
	struct mr_errtext err = {""};

	if (mr_array_open(uri, &options, &array, &err))
		mr_bench_die(uri, err.text);
	return array;
}

/* ---- drive --------------------------------------------------------------- */

/* Many vectors on one matrix: by the array, or by OpenBLAS. */
struct product {
	struct mr_array *array;
	uint32_t batch;
	uint32_t calls;
	float *v_V; /* [batch*SIDE] */
	float *i_A; /* [batch*SIDE] */
	float *g_S; /* [SIDE*SIDE] */
};

static double rate(const struct product *p, double began_s)
{
	double macs = (double)SIDE * SIDE * p->batch * p->calls;

	return macs * 1e-9 / (mr_bench_now_s() - began_s);
}

static double drive_rate(void *state)
{
	struct product *p = state;
	struct mr_op op = {.kind = MR_OP_DRIVE,
	                   .drive = {.batch = p->batch,
	                             .v_V = p->v_V,
	                             .period_s = STEP_S,
	                             .i_A = p->i_A}};
	double began_s = mr_bench_now_s();

	for (uint32_t k = 0; k < p->calls; k++)
		if (mr_array_submit(p->array, &op, 1, NULL, NULL))
			mr_bench_die("drive", mr_array_errmsg(p->array));
	return rate(p, began_s);
}

static double gemv_rate(void *state)
{
	struct product *p = state;
	double began_s = mr_bench_now_s();

	for (uint32_t k = 0; k < p->calls; k++)
		cblas_sgemv(CblasRowMajor, CblasTrans, SIDE, SIDE, 1.0f, p->g_S,
		            SIDE, p->v_V, 1, 0.0f, p->i_A, 1);
	return rate(p, began_s);
}

static double gemm_rate(void *state)
{
	struct product *p = state;
	double began_s = mr_bench_now_s();

	for (uint32_t k = 0; k < p->calls; k++)
		cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans,
		            (int)p->batch, SIDE, SIDE, 1.0f, p->v_V, SIDE,
		            p->g_S, SIDE, 0.0f, p->i_A, SIDE);
	return rate(p, began_s);
}

/* Fresh cells drift fastest: at 1 ms a vector every cell is due for a refresh
 * each 39 vectors, all of them at once. */
static struct product make_product(uint32_t threads, uint32_t batch)
{
	struct product p = {.batch = batch,
	                    .calls = batch == 1 ? SINGLE_CALLS : 1};
	size_t n_v = (size_t)batch * SIDE;

	p.array = open_array("emu:pcm?rows=1024&cols=1024&seed=7", threads);
	p.v_V = get(n_v, sizeof *p.v_V);
	p.i_A = get(n_v, sizeof *p.i_A);
	p.g_S = get((size_t)SIDE * SIDE, sizeof *p.g_S);
	for (size_t i = 0; i < n_v; i++)
		p.v_V[i] = LINE_V * (float)(i % 13) / 13.0f + 0.01f;
	if (mr_array_pulse(p.array, NULL, "set", 6) ||
	    mr_array_read(p.array, NULL, p.g_S))
		mr_bench_die("drive", mr_array_errmsg(p.array));
	return p;
}

static void free_product(struct product *p)
{
	(void)mr_array_close(p->array, NULL);
	free(p->v_V);
	free(p->i_A);
	free(p->g_S);
}

/* Value and variance are two products where BLAS has one: half of its rate is
 * what a thread cannot exceed. */
static void report_drive(uint32_t batch, double target,
                         const struct mr_bench_case c[3])
{
	const char *blas = batch == 1 ? "cblas_sgemv, 1 thread"
	                              : "cblas_sgemm, 1 thread";
	char name[2][64];

	for (int k = 0; k < 2; k++)
		(void)snprintf(name[k], sizeof name[k],
		               "drive 1024x1024 batch %u, %d thread%s",
		               (unsigned)batch, k + 1, k ? "s" : "");
	mr_bench_report(&(struct mr_bench_figure){
		.name = name[0],
		.unit = "G cell-MAC/s",
		.higher = true,
		.value = c[0].median,
		.baseline = blas,
		.baseline_value = c[2].median,
		.target = target,
		.limit = 0.5 * c[2].median});
	mr_bench_report(&(struct mr_bench_figure){
		.name = name[1],
		.unit = "G cell-MAC/s",
		.higher = true,
		.value = c[1].median,
		.baseline = "1 thread",
		.baseline_value = c[0].median,
		.target = TWO_THREADS * c[0].median,
		.limit = 2 * 0.5 * c[2].median});
}

static void bench_batch(uint32_t batch, double target)
{
	struct product one = make_product(1, batch);
	struct product two = make_product(2, batch);
	struct mr_bench_case cases[3] = {
		{.measure = drive_rate, .state = &one},
		{.measure = drive_rate, .state = &two},
		{.measure = batch == 1 ? gemv_rate : gemm_rate, .state = &one}};

	mr_bench_measure(cases, 3, REPEATS);
	report_drive(batch, target, cases);
	free_product(&one);
	free_product(&two);
}

static void bench_drive(void)
{
	const char *wish = getenv("OPENBLAS_CORETYPE");

	openblas_set_num_threads(1);
	mr_bench_note("OpenBLAS runs its %s kernel (OPENBLAS_CORETYPE=%s)",
	              openblas_get_corename(), wish ? wish : "");
	bench_batch(1, 9);
	bench_batch(BATCH, 18);
}

/* ---- pulses and random numbers ------------------------------------------- */

struct normals {
	uint64_t *events; /* [NORMALS] */
	float *z;         /* [NORMALS] */
};

static double bulk_ns(void *state)
{
	struct normals *n = state;
	double began_s = mr_bench_now_s();

	mr_random_normals(SEED, MR_PURPOSE_PULSE, 0, n->events, NORMALS, n->z);
	return (mr_bench_now_s() - began_s) * 1e9 / NORMALS;
}

static double single_ns(void *state)
{
	struct normals *n = state;
	double began_s = mr_bench_now_s();

	for (uint32_t i = 0; i < NORMALS; i++)
		n->z[i] = mr_random_normal(SEED, MR_PURPOSE_PULSE, i, 0);
	return (mr_bench_now_s() - began_s) * 1e9 / NORMALS;
}

static double pulse_ns(void *state)
{
	struct mr_array *array = state;
	double began_s = mr_bench_now_s();

	if (mr_array_pulse(array, NULL, "set", 1))
		mr_bench_die("pulse", mr_array_errmsg(array));
	return (mr_bench_now_s() - began_s) * 1e9 / PULSED / PULSED;
}

static struct normals make_normals(void)
{
	return (struct normals){.events = get(NORMALS, sizeof(uint64_t)),
	                        .z = get(NORMALS, sizeof(float))};
}

static void bench_pulse(void)
{
	struct normals n = make_normals();
	struct mr_array *array = open_array(
		"emu:pcm?rows=1000&cols=1000&seed=7", 1);
	struct mr_bench_case c[3] = {{.measure = pulse_ns, .state = array},
	                             {.measure = bulk_ns, .state = &n},
	                             {.measure = single_ns, .state = &n}};

	mr_bench_measure(c, 3, REPEATS);
	mr_bench_report(&(struct mr_bench_figure){
		.name = "pulse, per cell of 1e6",
		.unit = "ns",
		.value = c[0].median,
		.baseline = "its normal",
		.baseline_value = c[1].median,
		.target = 6,
		.limit = c[1].median});
	mr_bench_report(&(struct mr_bench_figure){
		.name = "normals in bulk",
		.unit = "ns",
		.value = c[1].median,
		.baseline = "mr_random_normal",
		.baseline_value = c[2].median,
		.target = 3});
	(void)mr_array_close(array, NULL);
	free(n.events);
	free(n.z);
}

/* ---- targets --------------------------------------------------------------- */

struct life {
	struct mr_array *array;
	float *target_S; /* [SIDE*PAIRED] */
	float *g_S;      /* [SIDE*PAIRED] */
};

/* Programmed, drifted and read: what a weight lives through. */
static double life_ms(void *state)
{
	struct life *l = state;
	struct mr_op ops[] = {
		{.kind = MR_OP_PROGRAM,
	         .program = {.target_S = l->target_S,
	                     .tolerance_S = WEIGHT_MAX_S,
	                     .budget = 1}},
		{.kind = MR_OP_WAIT, .wait = {.duration_s = DRIFT_S}},
		{.kind = MR_OP_READ, .read = {.g_S = l->g_S}}};
	double began_s = mr_bench_now_s();

	if (mr_array_submit(l->array, ops, 3, NULL, NULL))
		mr_bench_die("pcm-target", mr_array_errmsg(l->array));
	return (mr_bench_now_s() - began_s) * 1e3;
}

/* Of a pair one cell carries the weight, the other its sign's absence. */
static struct life make_life(void)
{
	size_t n = (size_t)SIDE * PAIRED;
	struct life l = {
		.array = open_array(
			"emu:pcm-target?rows=1024&cols=2048&seed=7", 1),
		.target_S = get(n, sizeof *l.target_S),
		.g_S = get(n, sizeof *l.g_S)};

	for (size_t i = 0; i < n; i += 2)
		l.target_S[i + i / 2 % 2] =
			(float)(WEIGHT_MAX_S * (double)(i % 997) / 997);
	return l;
}

static void bench_target(void)
{
	struct life l = make_life();
	struct normals n = make_normals();
	struct mr_bench_case c[2] = {{.measure = life_ms, .state = &l},
	                             {.measure = bulk_ns, .state = &n}};

	mr_bench_measure(c, 2, REPEATS);
	mr_bench_report(&(struct mr_bench_figure){
		.name = "pcm-target, life of 1024x1024 pairs",
		.unit = "ms",
		.value = c[0].median,
		.baseline = "aihwkit, not measured: from a document",
		.baseline_value = AIHWKIT_MS,
		.target = 12,
		.limit = c[1].median * PAIR_NORMALS * SIDE * PAIRED * 1e-6});
	(void)mr_array_close(l.array, NULL);
	free(l.target_S);
	free(l.g_S);
	free(n.events);
	free(n.z);
}

const struct mr_bench mr_benches[] = {
	{"drive", bench_drive},
	{"pulse", bench_pulse},
	{"target", bench_target},
	{0},
};
