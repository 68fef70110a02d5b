/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The emulated chip: cells as flat columns, aged only when an operation asks
 * for them. Private to the emulator.
 *
 * Aging: the conductance now is g * exp(-nu * L), L the model's logarithmic
 * age. A read evaluates it exactly. A drive uses a cached value whose L is
 * rounded down to a multiple of drift_step, so that it depends on the time
 * alone and not on when somebody looked before; stale_ns says until when the
 * cached value holds.
 */
#ifndef MR_EMULATOR_CROSSBAR_H
#define MR_EMULATOR_CROSSBAR_H

#include <stdbool.h>

#include "memrig/backend.h"
#include "memrig/model.h"

#include "periphery.h"
#include "pool.h"

#define NS_PER_S 1e9
#define LINES_MAX 65536 /* rows or columns of a chip */
#define CELLS_MAX (UINT32_C(1) << 28)
#define TIME_MAX_NS (INT64_MAX / 2) /* array time */
#define CHUNK 256 /* cells worked on together, also the unit of threading */

struct crossbar {
	const struct mr_model *model;
	double p[MR_PARAMS_MAX];
	uint32_t rows;
	uint32_t cols;
	uint32_t n_cells;
	uint64_t seed;
	int64_t t_ns;             /* array time now */
	struct mr_columns c;      /* [n_cells] */
	uint64_t *pulses;         /* [n_cells] programming events so far */
	uint64_t *reads;          /* [n_cells] read events so far */
	uint64_t *row_drives;     /* [rows] times a row was an output */
	uint64_t *col_drives;     /* [cols] times a column was an output */
	float *g_now;             /* [n_cells] cached conductance */
	int64_t *stale_ns;        /* [n_cells] array time until which it holds */
	int64_t *row_stale_ns;    /* [rows] earliest of its cells */
	float *line_V;            /* [max(rows, cols)] scratch of a drive */
	double drift_step;        /* in logarithmic age; 0 = exact */
	bool noise_asked; /* by the URI */
	bool noisy;       /* and the parameters have some */
	double noise_slope;
	double noise_floor_S;
	struct periphery periphery;
	struct pool *pool;
	struct mr_description desc; /* what the chip offers */
};

/* Rows and columns of a product selection. */
struct lines {
	uint32_t n_rows;
	uint32_t n_cols;
	const uint32_t *rows; /* NULL = row0, row0 + 1, ... */
	const uint32_t *cols;
	uint32_t row0;
	uint32_t col0;
};

static inline uint32_t line_row(const struct lines *l, uint32_t i)
{
	return l->rows ? l->rows[i] : l->row0 + i;
}

static inline uint32_t line_col(const struct lines *l, uint32_t i)
{
	return l->cols ? l->cols[i] : l->col0 + i;
}

/* Storage for cells; model, p, rows and cols are set. MR_OK, MR_ERR_NOMEM. */
int mr__crossbar_alloc(struct crossbar *x);
void mr__crossbar_free(struct crossbar *x);

/* Make all cells, as from the factory, at array time 0. */
void mr__crossbar_birth(struct crossbar *x);

/* Read noise from the parameters in p. */
void mr__crossbar_set_noise(struct crossbar *x);

/* Forget all cached conductances. */
void mr__crossbar_touch_all(struct crossbar *x);

/* Conductance at a time, exactly, without noise. */
double mr__crossbar_now(const struct crossbar *x, uint32_t cell, int64_t t_ns);

/* Bring the cached conductances of the selected cells to a time. */
void mr__crossbar_refresh(struct crossbar *x, const struct lines *l,
                          int64_t t_ns);

/* Nanoseconds of a duration; at least 1 for what is not 0. */
int64_t mr__crossbar_ns(double duration_s);

struct lines mr__crossbar_lines(const struct crossbar *x,
                                const struct mr_selection *where);

/* Cell numbers of `n` elements of a selection from element `first` on. */
void mr__crossbar_cells(const struct crossbar *x,
                        const struct mr_selection *where, uint64_t first,
                        uint32_t n, uint32_t *cells);

/* The operations; each fills results and outcome and advances time. */
int mr__operate_read(struct crossbar *x, struct mr_op *op,
                     const struct mr_run *run);
int mr__operate_pulse(struct crossbar *x, struct mr_op *op,
                      const struct mr_run *run);
int mr__operate_trace(struct crossbar *x, struct mr_op *op,
                      const struct mr_run *run);
int mr__operate_drive(struct crossbar *x, struct mr_op *op,
                      const struct mr_run *run);

/* The chip as a file. A blob is what the file holds. */
int mr__state_pack(const struct crossbar *x, struct mr_blob *out,
                   struct mr_errtext *err);
int mr__state_unpack(struct crossbar *x, const struct mr_blob *blob,
                     const char *name, struct mr_errtext *err);
/* Shape and parameters of a blob, before a crossbar exists. */
int mr__state_peek(const struct mr_blob *blob, const char *name, char *model,
                   size_t model_size, uint32_t *rows, uint32_t *cols,
                   double *params, struct mr_errtext *err);
/* MR_OK with data NULL when there is no such file. */
int mr__state_load(const char *path, struct mr_blob *out,
                   struct mr_errtext *err);
int mr__state_save(const char *path, const struct mr_blob *blob,
                   struct mr_errtext *err);

#endif
