/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The emulated chip: cells as flat columns, aged only when an operation asks
 * for them. Private to the emulator.
 */
#ifndef MR_EMULATOR_CROSSBAR_H
#define MR_EMULATOR_CROSSBAR_H

#include <stdbool.h>

#include "memrig/backend.h"
#include "memrig/model.h"

#include "kernels.h"
#include "periphery.h"
#include "pool.h"

#define NS_PER_S 1e9
#define LINES_MAX 65536 /* rows or columns of a chip */
#define CELLS_MAX (UINT32_C(1) << 28)
#define TIME_MAX_NS (INT64_MAX / 2) /* array time */
#define CHUNK 256 /* cells worked on together, also the unit of threading */

/* Kinds of read noise, key "noise". */
enum noise_kind {
	NOISE_NONE = 0,
	NOISE_WHITE,   /* independent from access to access */
	NOISE_FLICKER, /* 1/f, consistent in time: flicker.c */
};

#define FLICKER_STATES 16 /* one per decade of time constants */

/* 1/f noise as a ladder of Ornstein-Uhlenbeck states, see flicker.c. */
struct flicker {
	float *x;         /* [FLICKER_STATES][n_cells], of unit variance */
	int64_t *seen_ns; /* [n_cells] array time that they stand at */
	uint8_t *kept;    /* [n_cells] states below this were not kept */
	uint8_t *idle;    /* [n_cells] states that the last idle time outran */
	uint64_t *events; /* [n_cells] accesses that drew */
	int64_t lead_ns; /* from a cell's programming to its age 0 */
	double tau_ns[FLICKER_STATES];
	int64_t hold_ns[FLICKER_STATES]; /* power of two: how long it is held */
};

struct crossbar {
	const struct mr_model *model;
	const struct kernels *kernels;
	double p[MR_PARAMS_MAX];
	uint32_t rows;
	uint32_t cols;
	uint32_t n_cells;
	uint64_t seed;
	int64_t t_ns;             /* array time now */
	struct mr_columns c;      /* [n_cells] */
	void *table;              /* c.table; or NULL */
	size_t table_size;
	uint64_t *pulses;         /* [n_cells] programming events so far */
	uint64_t *reads;          /* [n_cells] read events so far */
	uint64_t *row_drives;     /* [rows] times a row was an output */
	uint64_t *col_drives;     /* [cols] times a column was an output */
	uint8_t *defect;          /* [n_cells] enum defect; or NULL */
	float *q_s;               /* [n_cells] amplitude of 1/f noise; or NULL */

	/* what drives see: conductance and variance of read noise */
	float *g_now;             /* [n_cells] cached conductance */
	float *var_now;           /* [n_cells] or NULL: it follows from g_now */
	float *g_seen;            /* [n_cells] with flicker; else g_now */
	int64_t *stale_ns;        /* [n_cells] array time until which it holds */
	int64_t *row_stale_ns;    /* [rows] no later than any of its cells */
	uint8_t *row_alike;       /* [rows] nonzero: the row's time is that of
	                             all its cells, whose own are not kept */
	float *line_V;            /* [max(rows, cols)] scratch of a drive */
	float *packed;            /* scratch of batches: drive.c */

	bool drifts;
	struct mr_drift drift;
	struct kernel_drift kernel_drift;
	double drift_step; /* in logarithmic age; 0 = exact */
	enum noise_kind noise_asked;
	enum noise_kind noise_kind; /* NONE where the model has none */
	struct mr_noise noise;
	struct kernel_noise kernel_noise;
	struct flicker flicker;
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

/* ---- crossbar.c ---------------------------------------------------------- */

/* Storage for cells; model, p, rows, cols and noise are set. MR_OK,
 * MR_ERR_NOMEM. */
int mr__crossbar_alloc(struct crossbar *x);
void mr__crossbar_free(struct crossbar *x);

/* Make all cells, as from the factory, at array time 0. */
void mr__crossbar_birth(struct crossbar *x);

/* Nanoseconds of a duration; at least 1 for what is not 0. */
int64_t mr__crossbar_ns(double duration_s);

struct lines mr__crossbar_lines(const struct crossbar *x,
                                const struct mr_selection *where);

/* Neighbouring cells of a selection from element i on: how many (1 .. max),
 * the first of them, and which row of the selection (of a list: which entry)
 * they stand in. */
uint32_t mr__crossbar_segment(const struct crossbar *x,
                              const struct mr_selection *where, uint64_t i,
                              uint32_t max, uint32_t *first, uint64_t *slot);

/* The same where it does not matter in which row a cell stands: goes on over
 * the ends of whole rows. max: no more elements than the selection has left. */
uint32_t mr__crossbar_stretch(const struct crossbar *x,
                              const struct mr_selection *where, uint64_t i,
                              uint32_t max, uint32_t *first);

/* ---- aging.c ------------------------------------------------------------- */

/* Forget all cached conductances. */
void mr__aging_touch_all(struct crossbar *x);

/* Neighbouring cells were programmed: begin their noise anew. What was cached
 * of them has to be forgotten, too: one cell, or all of a product. */
void mr__aging_programmed(struct crossbar *x, uint32_t first, uint32_t n,
                          int64_t t_ns);
void mr__aging_forget(struct crossbar *x, uint32_t cell);
void mr__aging_forget_lines(struct crossbar *x, const struct lines *l);

/* Conductance at a time, exactly, without noise. */
double mr__aging_now(const struct crossbar *x, uint32_t cell, int64_t t_ns);

/* The same of n <= CHUNK neighbouring cells, as reads and drives see it. */
void mr__aging_run(const struct crossbar *x, uint32_t first, uint32_t n,
                   int64_t t_ns, float *g_S);

/* The same of n <= CHUNK cells anywhere, each at a time of its own. */
void mr__aging_cells(const struct crossbar *x, const uint32_t *cell, uint32_t n,
                     const int64_t *t_ns, float *g_S);

/* Bring what drives see of the selected cells to a time; returns until when it
 * holds, at most `horizon_ns`. */
int64_t mr__aging_refresh(struct crossbar *x, const struct lines *l,
                          int64_t t_ns, int64_t horizon_ns);

/* Variance of a white reading of g that is so old, in S^2. */
double mr__aging_variance(const struct crossbar *x, uint32_t cell, double g_S,
                          int64_t t_ns);

/* Add to conductances of n neighbouring cells of that time the deviations of
 * white readings: share * z[i] standard deviations each. */
void mr__aging_deviate(const struct crossbar *x, uint32_t first, uint32_t n,
                       int64_t t_ns, double share, const float *z, float *g_S);

/* ---- flicker.c ----------------------------------------------------------- */

int mr__flicker_alloc(struct crossbar *x);
void mr__flicker_free(struct crossbar *x);

/* Of these cells, those that were programmed at t_ns begin anew. */
void mr__flicker_restart(struct crossbar *x, uint32_t first, uint32_t n,
                         int64_t t_ns);

/* What a reading of n <= CHUNK neighbouring cells sees: factor[i] multiplies
 * the conductance. All states are kept. */
void mr__flicker_read(struct crossbar *x, uint32_t first, uint32_t n,
                      int64_t t_ns, float *factor);

/* What a drive sees: slow states in factor, the variance of those that are
 * fast against the times between accesses in var (relative). */
void mr__flicker_drive(struct crossbar *x, uint32_t first, uint32_t n,
                       int64_t t_ns, float *factor, float *var);

/* ---- operations; each fills results and outcome and advances time -------- */

int mr__operate_read(struct crossbar *x, struct mr_op *op,
                     const struct mr_run *run);
int mr__operate_pulse(struct crossbar *x, struct mr_op *op,
                      const struct mr_run *run);
int mr__operate_program(struct crossbar *x, struct mr_op *op,
                        const struct mr_run *run);
int mr__operate_trace(struct crossbar *x, struct mr_op *op,
                      const struct mr_run *run);
int mr__operate_drive(struct crossbar *x, struct mr_op *op,
                      const struct mr_run *run);

/* Now and then, look whether to go on; never after the last element, which
 * would report a finished operation as stopped. */
int mr__operate_check(const struct mr_run *run, uint64_t done, uint64_t n);

/* One programming event of n <= CHUNK neighbouring cells, whose normals go to
 * z[k * CHUNK + i]; advances their event numbers. */
void mr__operate_draw(struct crossbar *x, uint32_t first, uint32_t n, float *z);

/* One event more of n neighbouring cells. */
void mr__operate_count(uint64_t *events, uint32_t n);

/* Scratch floats that drives of batches need. */
size_t mr__drive_scratch(const struct crossbar *x);

/* ---- defects.c ----------------------------------------------------------- */

enum defect {
	DEFECT_NONE = 0,
	DEFECT_STUCK = 1,  /* keeps its conductance, whatever is done to it */
	DEFECT_MISSING = 2 /* conducts nothing, shows no noise */
};

/* Cells that are defective with some probability, decided by the seed. */
int mr__defects_draw(struct crossbar *x, double stuck, double missing);

/* Cells that a CSV file names: row,col,kind[,g_S]; kind stuck or missing. */
int mr__defects_load(struct crossbar *x, const char *path,
                     struct mr_errtext *err);

/* ---- state.c: the chip as a file. A blob is what the file holds. ---------- */

int mr__state_pack(const struct crossbar *x, struct mr_blob *out,
                   struct mr_errtext *err);
int mr__state_unpack(struct crossbar *x, const struct mr_blob *blob,
                     const char *name, struct mr_errtext *err);
/* Shape and parameters of a blob, before a crossbar exists. */
int mr__state_peek(const struct mr_blob *blob, const char *name, char *model,
                   size_t model_size, uint32_t *rows, uint32_t *cols,
                   uint32_t *noise_kind, double *params,
                   struct mr_errtext *err);
/* MR_OK with data NULL when there is no such file. */
int mr__state_load(const char *path, struct mr_blob *out,
                   struct mr_errtext *err);
int mr__state_save(const char *path, const struct mr_blob *blob,
                   struct mr_errtext *err);

#endif
