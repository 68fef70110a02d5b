/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* One operation into rows of tables operation, form and data. */
#ifndef MR_DRIVER_OPLOG_ENCODE_H
#define MR_DRIVER_OPLOG_ENCODE_H

#include "database.h"
#include "memrig/array.h"
#include "oplog_bytes.h"
#include "oplog_form.h"
#include "oplog_rows.h"

#define MR__EXTRAS_MAX 6   /**< rows of data that one operation needs */

/** A row of table data that waits until its operation is in. */
struct mr__extra {
	const char *name;
	const char *role;   /**< "input" or "result" */
	const char *source; /**< "measured", "inferred"; NULL for inputs */
	const char *type;   /**< "f4", "f8", "u4", "u1" */
	size_t width;       /**< bytes of an element */
	const void *data;   /**< [n] */
	size_t n;
};

/** Kept statements and buffers. All-zero, then mr__encoder_open(). */
struct mr__encoder {
	struct mr__rows *rows;
	struct mr__query *update;
	struct mr__query *data;
	struct mr__forms *forms;
	struct mr__form form; /**< of the operation at hand; its blobs are .. */
	struct mr__span blobs[MR__BLOB_COLUMNS];
	bool values;          /**< keep inputs and results */
	bool composed;        /**< the operation at hand is */
	int error;            /**< MR_ERR_NOMEM if a buffer could not grow */
	uint64_t bytes;       /**< of blobs so far */
	uint32_t n_extras;
	struct mr__extra extras[MR__EXTRAS_MAX];
	struct mr__buffer scratch[MR__BLOB_COLUMNS];
	struct mr__buffer spare;
};

/** Where and when an operation is recorded. */
struct mr__place {
	int64_t row;
	int64_t wall_begin_ns;
	int64_t wall_end_ns;
	bool composed; /**< the back end did not take it itself */
	bool survey;   /**< issued by mr_array_survey() */
};

/**
 * Prepare the statements.
 *
 * @param encoder  all-zero.
 * @param db       open for writing; outlives the encoder.
 * @param values   whether inputs and results are kept.
 * @return MR_OK; the connection's code.
 */
int mr__encoder_open(struct mr__encoder *encoder, struct mr__db *db,
                     bool values);

/**
 * Release the buffers.
 *
 * @param encoder  the encoder.
 */
void mr__encoder_close(struct mr__encoder *encoder);

/**
 * Insert an operation that was begun.
 *
 * @param encoder  the encoder.
 * @param event    at begin.
 * @param place    its end is ignored.
 * @return MR_OK; the connection's code; MR_ERR_NOMEM.
 */
int mr__encode_begin(struct mr__encoder *encoder, const struct mr_event *event,
                     const struct mr__place *place);

/**
 * Complete an operation that mr__encode_begin() inserted.
 *
 * @param encoder  the encoder.
 * @param event    at end.
 * @param place    as it was at begin, with the end.
 * @return MR_OK; the connection's code; MR_ERR_NOMEM.
 */
int mr__encode_end(struct mr__encoder *encoder, const struct mr_event *event,
                   const struct mr__place *place);

/**
 * Insert an operation that was begun and ended: both in one. It may wait for
 * others of the same transaction until mr__encoder_flush().
 *
 * @param encoder  the encoder.
 * @param event    at end.
 * @param place    when and where.
 * @return MR_OK; the connection's code, maybe about one that waited;
 *         MR_ERR_NOMEM.
 */
int mr__encode_whole(struct mr__encoder *encoder, const struct mr_event *event,
                     const struct mr__place *place);

/**
 * Insert what waits; to be done before a commit.
 *
 * @param encoder  the encoder.
 * @return MR_OK; the connection's code.
 */
int mr__encoder_flush(struct mr__encoder *encoder);

#endif
