/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* What the files of the synapses share. Visible in driver/ only. */
#ifndef MR_DRIVER_SYNAPSE_PRIV_H
#define MR_DRIVER_SYNAPSE_PRIV_H

#include "memrig/synapse.h"

#include "array_priv.h"

/* Room for a run of vectors, kept: new pages cost as much as the sums. */
struct synapse_run {
	uint32_t most;   /* vectors that fit */
	float *v_V;      /* [most*n_rows] of one fold */
	float *i_A;      /* [most*n_cols] of one fold */
	uint8_t *status; /* [most*n_cols] of one fold */
	double *sum_A;   /* [most*n_cols] over the folds */
};

struct mr_synapse {
	struct mr_array *array;
	struct mr_synapse_options o; /* with defaults filled in */
	uint32_t n_sides;  /* 1, or 2 for a pair */
	uint32_t per_out;  /* columns of one output */
	uint32_t n_ref;    /* columns of the shared reference, after the outputs' */
	uint32_t n_cols;   /* columns used by one fold */
	uint32_t n_rows;   /* rows used: inputs of one fold */
	uint32_t n_folds;  /* over 1 where there are more inputs than rows */
	double per_weight_S; /* conductance of a synapse of weight 1, undrifted */
	bool pulses;       /* the array describes raising and erasing */
	struct mr_waveform raise;
	struct mr_waveform lower; /* LOWER, or else ERASE */
	uint64_t next;     /* the global selection counter */
	uint64_t ups;      /* candidates that mr_synapse_pulse() met */
	uint64_t downs;
	uint32_t *own;     /* [n_in*n_out] selection counters, or NULL */
	double *chi;       /* [n_in*n_out] accumulated wanted change */
	uint32_t *raised;  /* [n_in*n_cols] raising pulses since the last erase */
	float *g_S;        /* [n_in*n_cols] last reading */
	uint32_t seen_first; /* outputs of that reading */
	uint32_t seen_n;     /* 0 = it is used up */
	float *ref_S;      /* [n_in*n_ref] last reading of the reference */
	uint32_t *up;      /* [n_in*n_cols] cells to raise */
	uint32_t *down;    /* [n_in*n_cols] cells to lower or erase */
	uint32_t n_up;
	uint32_t n_down;
	float *v_V;        /* [n_in] */
	float *fed_V;      /* [n_in] the same by folds */
	uint32_t *fed;     /* [n_in] and their rows */
	struct mr_op *ops; /* [n_folds] drives */
	uint32_t n_ops;    /* of the last drive */
	float *i_A;        /* [n_folds*n_cols] */
	uint8_t *bits;     /* [n_folds*n_cols] their status */
	double *sum_A;     /* [n_cols] over the folds, of the last drive */
	double *sum0_A;    /* [n_out] of the calibration; 0 = never */
	struct synapse_run run;
	double *scale;     /* [n_out] what is left of the calibrated level */
	uint32_t *cols;    /* [n_folds*n_cols] 0, 1, ... */
	uint32_t *list;    /* [n_in*n_cols] a selection, where folded */
	struct mr_synapse_counts counts;
};

/* Leave a sentence in the array's handle. */
int mr__synapse_fail(const struct mr_synapse *s, int rc, const char *why);

/* MR_OK if the array can be pulsed. */
int mr__synapse_can_pulse(const struct mr_synapse *s);

/* ---- synapse_layout.c: where the cells lie ------------------------------------ */

/* Choose rows and folds for n_in inputs. */
void mr__synapse_fold(struct mr_synapse *s);

/* The array's cell that carries column c of an input. */
uint32_t mr__synapse_cell(const struct mr_synapse *s, uint32_t in, uint32_t c);

/* Columns c..c+n-1 of all inputs, in the order of the inputs: a rectangle, or
 * where folded a list, written to list[n_in*n]. */
struct mr_selection mr__synapse_columns(const struct mr_synapse *s, uint32_t c,
                                        uint32_t n, uint32_t *list);

/* All cells, references included; may use s->list. */
struct mr_selection mr__synapse_all(const struct mr_synapse *s);

/* Drive n inputs (NULL = 0..n-1; n >= 1) with v_V[n]; the currents are in
 * s->sum_A[n_cols]. */
int mr__synapse_drive(struct mr_synapse *s, const uint32_t *in,
                      const float *v_V, uint32_t n, double period_s);

/* Drive n vectors x[n*n_in], n <= s->run.most, and leave the sums over the folds
 * in s->run.sum_A; `most_A` receives the greatest current of a line, or NULL. */
int mr__synapse_drive_run(struct mr_synapse *s, const float *x, uint32_t n,
                          float *most_A);

/* Make room for a run of at most `batch` vectors. */
int mr__synapse_make_run(struct mr_synapse *s, uint32_t batch);
void mr__synapse_free_run(struct mr_synapse *s);

/* As mr__synapse_drive() of all inputs in s->v_V, with the meter's range widened
 * where that is needed. */
int mr__synapse_drive_widely(struct mr_synapse *s);

/* MR_OK if all are -1 to 1. */
int mr__synapse_check_inputs(const struct mr_synapse *s, const float *x,
                             size_t n);

/* ---- what the others share ----------------------------------------------------- */

/* Send pulse operations and count what they did, also when they fail. */
int mr__synapse_submit(struct mr_synapse *s, struct mr_op *ops,
                       const enum mr_effect *effects, size_t n);

/* Send a program of n elements; add to their `raised` counts. */
int mr__synapse_program(struct mr_synapse *s, struct mr_op *op, size_t n,
                        uint32_t *raised);

/* Raising pulses of a cell since its last erase. */
uint32_t *mr__synapse_raised(struct mr_synapse *s, uint32_t cell);

/* Conductance of column c of a synapse's cells for this weight. */
float mr__synapse_target(const struct mr_synapse *s, double weight, uint32_t c);

/* Read the cells of outputs first..first+n-1 into s->g_S, and the reference. */
int mr__synapse_look(struct mr_synapse *s, uint32_t first, uint32_t n);

/* Readings of one synapse, from the last look at n outputs. */
const float *mr__synapse_readings(const struct mr_synapse *s, uint32_t in,
                                  uint32_t k, uint32_t n);

/* What readings of output `out` are divided by. */
double mr__synapse_drift(const struct mr_synapse *s, uint32_t out);

/* Weight of readings g_S[per_out] of output `out`, over ref_S[n_ref]. */
double mr__synapse_weight(const struct mr_synapse *s, uint32_t out,
                          const float *g_S, const float *ref_S);

#endif
