/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* An ArC ONE as an array, shared by its files. */
#ifndef MR_DRIVER_ARC1_BOARD_H
#define MR_DRIVER_ARC1_BOARD_H

#include "arc1.h"
#include "board.h"
#include "device_type.h"

struct arc1_board {
	struct arc1 link;
	struct mr__device_type type;
	bool multibias;   /* offer drives as the board's own column reads */
	double level_V;   /* of a word that such a drive switches on */
	struct mr__board_time time;
};

/* ---- board_arc1.c -------------------------------------------------------------- */

/* A half-select scheme by its name. */
int mr__arc1_scheme(const char *name, enum arc1_sneak *out,
                    struct mr_errtext *err);

/* ---- arc1_ops.c ---------------------------------------------------------------- */

int mr__arc1_submit(void *self, struct mr_op *ops, size_t n,
                    const struct mr_run *run, size_t *n_done);

#endif
