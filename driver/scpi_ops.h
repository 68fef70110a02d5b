/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Operations of the waist as messages of the open board protocol. */
#ifndef MR_DRIVER_SCPI_OPS_H
#define MR_DRIVER_SCPI_OPS_H

#include "scpi.h"

#define WAIT_MAX_S 1e9

struct board {
	struct scpi link;
	struct scpi_board can;
	char identity[SCPI_TEXT_MAX];
	char scheme[16];    /* that was configured; "" = as at power-on */
	const char *serial; /* wanted; only while it opens */
	enum {
		PACKETS_NO,
		PACKETS_IF_OFFERED,
		PACKETS_YES
	} packets;
	int64_t t0_ns;      /* of its clock, when it was opened */
	int64_t t_ns;       /* array time, never running backwards */
	bool sent;          /* a message of this operation has left */
	bool selected;      /* the whole array is what the board has selected */
	uint8_t *status;    /* scratch: [cells or outputs] */
	size_t n_status;
	void *pack;         /* scratch: what a block is made of */
	size_t n_pack;
};

/* Execute one operation; outcome.n_effect and b->t_ns are kept. */
int mr__scpi_operate(struct board *b, struct mr_op *op,
                     const struct mr_run *run);

#endif
