/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* A history while it grows: events in the order of the log, sorted at the
 * end. */
#ifndef MR_CALIBRATION_HISTORY_PRIV_H
#define MR_CALIBRATION_HISTORY_PRIV_H

#include "memrig/history.h"

/** Why something was left out; index of the losses. */
enum mr__loss {
	MR__LOSS_NO_VALUE,     /**< the log did not keep the reading */
	MR__LOSS_NOT_A_NUMBER,
	MR__LOSS_OVER_RANGE,
	MR__LOSS_SUSPECT,
	MR__LOSS_COMPLIANCE,
	MR__LOSS_UNKNOWN,
	MR__LOSS_NEVER_ENDED,  /**< operations */
	MR__LOSS_FAILED,       /**< operations */
	MR__LOSS_BACKWARDS,    /**< operations whose time ran backwards */
	MR__LOSS_DRIVE,        /**< operations: sums over cells */
	MR__N_LOSSES
};

/** A history that is being built. */
struct mr__history_build {
	struct mr_description *desc; /**< of the runs */
	struct mr_history_event *events; /**< in the order they came */
	uint32_t *cells;                 /**< [n] whose event it is */
	size_t n;
	size_t room;
	struct mr_history_sweep *sweeps;
	size_t n_sweeps;
	size_t sweep_room;
	struct mr_history_part *parts;
	size_t n_parts;
	int64_t t_last_ns; /**< array time that must not be undercut */
	uint64_t sweeping; /**< id of the last composed trace of the run */
	uint64_t lost[MR__N_LOSSES];
};

/**
 * Add one event.
 * @param build  what grows.
 * @param cell   whose.
 * @param event  copied.
 * @return MR_OK; MR_ERR_NOMEM.
 */
int mr__history_push(struct mr__history_build *build, uint32_t cell,
                     const struct mr_history_event *event);

/**
 * Add what a recorded operation did to its cells.
 * @param build   what grows.
 * @param part    index of its run.
 * @param record  the operation.
 * @return MR_OK; MR_ERR_NOMEM.
 */
int mr__history_record(struct mr__history_build *build, uint16_t part,
                       const struct mr_oplog_record *record);

/**
 * Put a gap into every cell.
 * @param build  what grows.
 * @param part   index of the run that begins.
 * @param t_ns   array time there.
 * @return MR_OK; MR_ERR_NOMEM.
 */
int mr__history_gap(struct mr__history_build *build, uint16_t part,
                    int64_t t_ns);

/**
 * Release what a build owns.
 * @param build  zeroed afterwards.
 */
void mr__history_build_free(struct mr__history_build *build);

#endif
