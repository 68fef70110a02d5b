/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Does the operations of protocols: counts them for a plan, finds them in the
 * record of a measurement that is resumed, or submits them. */
#ifndef MR_CALIBRATION_MEASURE_ENGINE_H
#define MR_CALIBRATION_MEASURE_ENGINE_H

#include "measure_record.h"

#define MR__CONDITIONS_KEPT 8

/** A condition that a protocol set. */
struct mr__condition_set {
	char name[24];
	char value[32];
};

/** A measurement at work. */
struct mr__engine {
	struct mr_array *array;
	const struct mr_description *desc;
	const struct mr_measure_options *options;
	struct mr_clock clock;
	struct mr_errtext *err; /**< never NULL */
	struct mr__measuring m;
	struct mr_measure *out;

	bool planning;
	uint64_t done;  /**< of the progress, in units of weight */
	uint64_t total; /**< likewise; from the plan */

	struct mr__record record;
	bool walking;   /**< the record may hold the next operation */
	const struct mr__record_run *walked; /**< the last run that was walked */
	bool again;     /**< the array is as it was at the begin: do again what
	                     is recorded */
	bool opened;    /**< the array is at work on what is not recorded */
	uint64_t redone; /**< last recorded operation that was passed over and is
	                      to be done again; 0 = none */
	int64_t continues; /**< last recorded run of the protocol; 0 = none */
	int64_t offset_ns; /**< of m.t_ns against the array's time */
	uint32_t *rest;    /**< cells of a pulse that was cut off; or NULL */
	struct mr__condition_set set[MR__CONDITIONS_KEPT];
	size_t n_set;

	struct mr_oplog *log; /**< of the protocol; NULL = not begun */
	struct mr_measure_result *result; /**< of the protocol */
	int64_t began_ns;     /**< array time when the measurement began */
};

/**
 * Do one operation; a protocol's submit.
 * @param engine  a struct mr__engine.
 * @param op      the operation.
 * @return as mr_array_submit(); MR_ERR_MISMATCH from the record.
 */
int mr__engine_submit(void *engine, struct mr_op *op);

/**
 * Count one operation of a plan.
 * @param e   the engine.
 * @param op  its readings become NAN.
 * @return as mr_array_plan().
 */
int mr__engine_plan(struct mr__engine *e, struct mr_op *op);

/**
 * Tell how far the measurement has come.
 * @param e   the engine.
 * @param op  that was done.
 */
void mr__engine_progress(struct mr__engine *e, const struct mr_op *op);

/**
 * Find the next operation in the record.
 * @param e      walking.
 * @param op     wanted; a pulse that was cut off becomes what is left of it.
 * @param found  receives whether `op` is done with.
 * @return MR_OK; MR_ERR_MISMATCH; as mr_array_submit().
 */
int mr__engine_walk(struct mr__engine *e, struct mr_op *op, bool *found);

/**
 * Begin the log of the protocol.
 * @param e  the engine.
 * @return as mr_oplog_start().
 */
int mr__engine_open_log(struct mr__engine *e);

/**
 * End the log of the protocol, if it was begun.
 * @param e  the engine.
 * @return as mr_oplog_finish().
 */
int mr__engine_close_log(struct mr__engine *e);

#endif
