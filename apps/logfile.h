/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * A recorded log as the verbs read it: opened by name, one run or all of them
 * chosen by --run, operation by operation. Failures have been told.
 */
#ifndef MR_APPS_LOGFILE_H
#define MR_APPS_LOGFILE_H

#include "cmd.h"

/** A log that is being read. All-zero, then mr_logfile_open(). */
struct mr_logfile {
	struct mr_tool *tool;
	const char *path;
	struct mr_oplog_reader *reader;
	int64_t oldest; /**< run in the file */
	int64_t newest; /**< likewise */
	int64_t first;  /**< run chosen */
	int64_t last;   /**< likewise */
	char *texts[4]; /**< of the run begun last: the reader's do not stay */
};

/** The option, for the table of a verb's page. */
#define MR_LOGFILE_RUN(words) {"run", "N", words, false}

/**
 * Open the log and choose runs: --run N, --run all, or the default.
 *
 * @param log   all-zero.
 * @param tool  the verb.
 * @param path  the file.
 * @param all   the default is every run; else the last.
 * @return MR_OK or a code.
 */
int mr_logfile_open(struct mr_logfile *log, struct mr_tool *tool,
                    const char *path, bool all);

/**
 * Close.
 *
 * @param log  the log.
 */
void mr_logfile_close(struct mr_logfile *log);

/**
 * Whether more than one run is chosen.
 *
 * @param log  the log.
 * @return whether.
 */
bool mr_logfile_many(const struct mr_logfile *log);

/**
 * Go to a run.
 *
 * @param log    the log.
 * @param run    its number.
 * @param info   filled in; its texts stay until the next run is begun.
 * @param found  receives false if somebody deleted this run from the middle of
 *               those that are chosen.
 * @return MR_OK or a code.
 */
int mr_logfile_begin(struct mr_logfile *log, int64_t run,
                     struct mr_oplog_run_info *info, bool *found);

/**
 * Take the next operation of the run.
 *
 * @param log     the log.
 * @param record  filled in.
 * @param more    receives false at the end.
 * @return MR_OK or a code.
 */
int mr_logfile_next(struct mr_logfile *log, struct mr_oplog_record *record,
                    bool *more);

/**
 * How many elements of an operation took effect: never more than it has,
 * whatever stands in the file.
 *
 * @param record  the operation.
 * @param desc    gives the shape.
 * @return how many.
 */
uint64_t mr_logfile_effect(const struct mr_oplog_record *record,
                           const struct mr_description *desc);

/**
 * Refuse to overwrite the log with a result.
 *
 * @param log     the log.
 * @param option  that named the result.
 * @param path    where it shall go.
 * @return MR_OK; MR_ERR_USAGE if it is the log.
 */
int mr_logfile_spare(const struct mr_logfile *log, const char *option,
                     const char *path);

/**
 * Keep results from piling up: once there is much of them, show what there is
 * on standard output. So a long listing streams, and a short one appears only
 * after success.
 *
 * @param tool  the verb.
 * @return MR_OK; MR_ERR_IO.
 */
int mr_logfile_spill(struct mr_tool *tool);

/**
 * Name of a log level.
 *
 * @param level  which.
 * @return static text such as "2 (values)".
 */
const char *mr_logfile_level(enum mr_oplog_level level);

/**
 * What a run was, for JSON.
 *
 * @param info  the run.
 * @return a new object.
 */
json_t *mr_logfile_json(const struct mr_oplog_run_info *info);

/**
 * Wall clock as text, such as "2026-01-31 17:05:09 UTC".
 *
 * @param out      [32] receives it.
 * @param wall_ns  since 1970-01-01 UTC.
 * @return out.
 */
const char *mr_logfile_date(char *out, int64_t wall_ns);

#endif
