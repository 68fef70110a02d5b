/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Rows of tables op and data back into one operation; trusts nothing. */
#ifndef MR_DRIVER_OPLOG_DECODE_H
#define MR_DRIVER_OPLOG_DECODE_H

#include "database.h"
#include "memrig/oplog.h"
#include "oplog_bytes.h"

/** Buffers of one operation. */
enum mr__slot {
	MR__SLOT_ROWS,
	MR__SLOT_COLS,
	MR__SLOT_CELLS,
	MR__SLOT_INPUT,
	MR__SLOT_RESULT,
	MR__SLOT_EXTRA, /**< and those after it: one per row of data */
	MR__SLOTS = MR__SLOT_EXTRA + 6
};

/** What decoding works on. */
struct mr__decoder {
	struct mr__query *row;  /**< stands on a row of table op */
	struct mr__query *data; /**< rows of data of ?1: name, type, n, bytes */
	const struct mr_description *desc; /**< of the run */
	bool values;            /**< the run kept inputs and results */
	const char *bad;        /**< after MR_ERR_FORMAT: column or datum */
	struct mr__buffer slots[MR__SLOTS];
};

/**
 * Decode the current row.
 *
 * @param decoder  the decoder.
 * @param out      filled in; points into the decoder and the row.
 * @return MR_OK; MR_ERR_FORMAT, and decoder->bad says where; MR_ERR_NOMEM;
 *         the connection's code, and decoder->bad is NULL.
 */
int mr__decode(struct mr__decoder *decoder, struct mr_oplog_record *out);

/**
 * Release the buffers.
 *
 * @param decoder  the decoder.
 */
void mr__decoder_close(struct mr__decoder *decoder);

#endif
