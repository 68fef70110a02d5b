/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* What the words of the verb log share: show, stats, export, wire. */
#ifndef MR_APPS_CMD_LOG_H
#define MR_APPS_CMD_LOG_H

#include "logfile.h"

/**
 * List runs and their operations.
 *
 * @param log  open.
 * @return MR_OK or a code.
 */
int mr_log_show(struct mr_logfile *log);

/**
 * Count what is in the runs.
 *
 * @param log  open.
 * @return MR_OK or a code.
 */
int mr_log_stats(struct mr_logfile *log);

/**
 * Write operations or values as CSV or for NumPy.
 *
 * @param log  open.
 * @return MR_OK or a code.
 */
int mr_log_export(struct mr_logfile *log);

/**
 * Show the bytes between driver and board.
 *
 * @param log  open.
 * @return MR_OK or a code; MR_ERR_MISSING if they were not recorded.
 */
int mr_log_wire(struct mr_logfile *log);

/**
 * Write the operations as CSV: a header, or one record.
 *
 * @param to      where to.
 * @param run     of the record.
 * @param record  the operation; NULL = the header.
 * @param desc    gives the shape.
 */
void mr_log_csv_op(FILE *to, int64_t run, const struct mr_oplog_record *record,
                   const struct mr_description *desc);

/**
 * Write the values of an operation as CSV, one per line, or the header.
 *
 * @param to      where to.
 * @param run     of the record.
 * @param record  the operation; NULL = the header.
 * @param desc    gives the shape.
 * @return how many values were written.
 */
uint64_t mr_log_csv_values(FILE *to, int64_t run,
                           const struct mr_oplog_record *record,
                           const struct mr_description *desc);

#endif
