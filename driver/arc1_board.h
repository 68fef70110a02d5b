/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* An ArC ONE as an array, shared by its files. */
#ifndef MR_DRIVER_ARC1_BOARD_H
#define MR_DRIVER_ARC1_BOARD_H

#include "arc1.h"
#include "arc1_map.h"
#include "arc1_shape.h"
#include "board.h"
#include "device_type.h"

/* The numbers of ConvergeToState that no program operation has. */
struct arc1_converge {
	bool offered;     /* converge.v_max_V was given */
	bool on;          /* programs are this job */
	double v_min_V;
	double v_step_V;
	double v_max_V;
	double w_min_s;
	double w_step_pct;
	double w_max_s;
	double pause_s;
	double initial_pct; /* further away than this from where it was: turn */
	double polarity;    /* 1: pulses above 0 raise the conductance; or -1 */
	uint32_t pulses;    /* between two readings */
};

struct arc1_board {
	struct arc1 link;
	struct mr__device_type type;
	uint32_t rows;    /* of the array: words of the board, or of the map */
	uint32_t cols;
	bool multibias;   /* offer drives as the board's own column reads */
	double level_V;   /* of a word that such a drive switches on */
	double v_pulse_max_V;
	enum arc1_shape trace; /* job for traces */
	struct arc1_settings settings;
	struct arc1_converge converge;
	struct arc1_map *map;  /* NULL = rows are words, columns are bits */
	struct mr__board_time time;
};

/* A crosspoint of the board, counted from 1. */
struct arc1_place {
	uint8_t word;
	uint8_t bit;
};

/* ---- board_arc1.c -------------------------------------------------------------- */

/* A half-select scheme by its name. */
int mr__arc1_scheme(const char *name, enum arc1_sneak *out,
                    struct mr_errtext *err);

/* ---- arc1_keys.c --------------------------------------------------------------- */

/* Take the keys of the array and its board. */
int mr__arc1_take_keys(struct mr_uri *uri, const struct mr_open_options *options,
                       struct arc1_board *b, struct mr_errtext *err);

/* The conditions, and what they are now. */
void mr__arc1_describe_conditions(const struct arc1_board *b,
                                  struct mr_description *d);

/* Change one of them. */
int mr__arc1_configure(struct arc1_board *b, const struct mr_configure_op *cf,
                       struct mr_errtext *err);

/* ---- arc1_ops.c ---------------------------------------------------------------- */

int mr__arc1_submit(void *self, struct mr_op *ops, size_t n,
                    const struct mr_run *run, size_t *n_done);

/* Which job does a trace or program. */
int mr__arc1_means(void *self, const struct mr_op *op, const char **means,
                   struct mr_errtext *err);

/* The shape of the array alone, for selections. */
struct mr_description mr__arc1_shape_of(const struct arc1_board *b);

/* Where a cell is on the board. */
struct arc1_place mr__arc1_place(const struct arc1_board *b, uint32_t cell);

/* ---- arc1_trace.c, arc1_program.c ---------------------------------------------- */

int mr__arc1_operate_trace(struct arc1_board *b, struct mr_op *op,
                           const struct mr_run *run);
/* What a ConvergeToState job cannot do. */
int mr__arc1_check_program(const struct arc1_board *b, const struct mr_op *op,
                           struct mr_errtext *err);
int mr__arc1_operate_program(struct arc1_board *b, struct mr_op *op,
                             const struct mr_run *run);

#endif
