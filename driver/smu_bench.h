/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * A bench: a source, a meter (often the same unit) and perhaps a switch matrix
 * in front of the cells. The back ends smu and rig are this with one unit, and
 * with what a file names.
 *
 * The matrix changes only while the source says that its output is off.
 */
#ifndef MR_DRIVER_SMU_BENCH_H
#define MR_DRIVER_SMU_BENCH_H

#include "board.h"
#include "device_type.h"
#include "smu.h"

#define BENCH_CHANNEL_MAX 96
#define BENCH_CELLS_MAX 4096

/* Hands on what goes over the wire of one of its instruments. */
struct bench_tap {
	struct mr_wire_watcher to;
	const char *part;
};

struct bench {
	struct smu source;
	struct smu meter;  /* pipe NULL = the source measures */
	struct smu router; /* pipe NULL = there is one cell */
	struct mr__device_type type;
	struct mr__board_time time;
	char driver[16];
	uint32_t rows;
	uint32_t cols;
	double v_max_V;   /* of the file; 0 = the unit's */
	double i_max_A;   /* likewise */
	double meter_sign; /* -1: the meter counts the other way round */
	char (*channels)[BENCH_CHANNEL_MAX]; /* [rows*cols] "1A01,1B02", or NULL */
	char ground[BENCH_CHANNEL_MAX]; /* closed while cells change; "" = none */
	uint32_t routed;  /* the cell that is connected */
	bool is_routed;
	char limit_text[32]; /* of the condition `limit` */
	struct bench_tap taps[3]; /* source, meter, router of a rig */
};

/* The back ends' functions; `self` is a struct bench. */
int mr__bench_describe(void *self, struct mr_description *out,
                       struct mr_errtext *err);
int mr__bench_submit(void *self, struct mr_op *ops, size_t n,
                     const struct mr_run *run, size_t *n_done);
int mr__bench_resync(void *self, const struct mr_run *run);

/** The wires of all its instruments, each piece with its part (smu_wire.c).
 * @return as of watch_wire; after a failure none is watched. */
int mr__bench_watch_wire(void *self, const struct mr_wire_watcher *watcher,
                         struct mr_errtext *err);

/** All off and closed, and the bench freed. */
int mr__bench_close(void *self, struct mr_errtext *err);

/** Begin its time, when everything is open. */
void mr__bench_start(struct bench *b);

/* ---- its operations (smu_ops.c) ------------------------------------------------ */

/** Greatest current limit there is. */
double mr__bench_limit_max_A(const struct bench *b);

/** Shortest level that it can do: pulse, read or step of a trace. */
double mr__bench_width_min_s(const struct bench *b);

/** Execute one operation. */
int mr__bench_operate(struct bench *b, struct mr_op *op,
                      const struct mr_run *run);

/** Connect a cell (smu_route.c). */
int mr__bench_route(struct bench *b, uint32_t cell, struct mr_errtext *err);

/** Which channels a cell has by the matrix's own scheme.
 * @return MR_OK; MR_ERR_RANGE (the matrix has no such line). */
int mr__bench_channel(const struct smu_profile *p, uint32_t row, uint32_t col,
                      char out[BENCH_CHANNEL_MAX], struct mr_errtext *err);

#endif
