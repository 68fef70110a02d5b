/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The op log: a SQLite file with every operation and what it measured.
 * Written by an observer, read by an iterator, answered from by playback. The
 * schema is in docs/oplog.md; plain sqlite3 and pandas read it.
 *
 * Commits are grouped by rows and time on an emulator; on a board everything
 * begun is committed before a byte leaves. After a crash the file opens and
 * holds every committed operation.
 */
#ifndef MEMRIG_OPLOG_H
#define MEMRIG_OPLOG_H

#include <stdint.h>

#include "memrig/array.h"

/** How much is kept. */
enum mr_oplog_level {
	MR_OPLOG_OPERATIONS = 1, /**< operations and their outcomes */
	MR_OPLOG_VALUES = 2,     /**< + inputs and measured values */
	MR_OPLOG_SURVEYS = 3     /**< + whole-array reads at an interval */
};

/** How a run is logged. All-zero = level VALUES. */
struct mr_oplog_options {
	enum mr_oplog_level level;   /**< 0 = MR_OPLOG_VALUES */
	double survey_interval_s;    /**< level SURVEYS: array time between reads,
	                                  > 0 */
	const char *command;         /**< command line, or NULL */
	const char *const *metadata; /**< NULL-terminated "key=value" texts
	                                  (operator, sample, die, note), or NULL */
	uint32_t group_rows;         /**< rows per commit on an emulator; 0 = 4096 */
	double group_s;              /**< longest wall time between commits; 0 = 1 */
	bool wire;                   /**< + the bytes between driver and board; open
	                                  the array with `keep_wire` to have its
	                                  opening dialogue too */
};

struct mr_oplog; /**< opaque: a log that is being written */

/**
 * Start logging an array as a new run in a file. An existing memrig log is
 * added to; anything else is refused and left alone.
 *
 * @param path     the file; created if missing.
 * @param array    the handle to watch; must outlive the log.
 * @param options  NULL = defaults.
 * @param out      receives the log; end it with mr_oplog_finish().
 * @param err      explains a failure; or NULL.
 * @return MR_OK; MR_ERR_IO if it cannot be written; MR_ERR_FORMAT if it is no
 *         memrig log or of another version; MR_ERR_USAGE for wrong options;
 *         MR_ERR_RANGE if the array has MR_OBSERVERS_MAX observers already;
 *         MR_ERR_UNSUPPORTED for surveys of an array that cannot read, or the
 *         wire of one that has none;
 *         MR_ERR_NOMEM.
 */
MR_API int mr_oplog_start(const char *path, struct mr_array *array,
                          const struct mr_oplog_options *options,
                          struct mr_oplog **out, struct mr_errtext *err);

/**
 * Number of the run in its file.
 *
 * @param log  the log.
 * @return its id, 1..
 */
MR_API int64_t mr_oplog_run(const struct mr_oplog *log);

/**
 * Commit, mark the run as ended and close. Must come before mr_array_close().
 *
 * @param log  NULL is allowed.
 * @param err  explains the first failure since the start (it is sticky: after
 *             one, nothing more is written); or NULL.
 * @return MR_OK; MR_ERR_IO; MR_ERR_FORMAT if the file got damaged;
 *         MR_ERR_NOMEM. The log is gone either way.
 */
MR_API int mr_oplog_finish(struct mr_oplog *log, struct mr_errtext *err);

/* ---- taking in what was measured elsewhere ------------------------------- */

struct mr_oplog_import; /**< opaque: a run that is being taken in */

/**
 * Begin a run of operations that no array here has done, such as those in a
 * file of another program. All of it is one transaction: the run is in the log
 * when mr_oplog_import_end() has kept it, and until then nothing of it is.
 *
 * @param path     the log, as for mr_oplog_start().
 * @param uri      stands for the array in the run, such as "import:FILE".
 * @param desc     describes what was measured; shape, driver and identity at
 *                 least.
 * @param options  its command and metadata are taken; NULL = none.
 * @param clock    dates the run; NULL = the system's.
 * @param out      receives the import; end it with mr_oplog_import_end().
 * @param err      explains a failure; or NULL.
 * @return MR_OK; MR_ERR_USAGE for wrong metadata, or no cells; MR_ERR_IO,
 *         MR_ERR_FORMAT as mr_oplog_start(); MR_ERR_NOMEM.
 */
MR_API int mr_oplog_import_start(const char *path, const char *uri,
                                 const struct mr_description *desc,
                                 const struct mr_oplog_options *options,
                                 const struct mr_clock *clock,
                                 struct mr_oplog_import **out,
                                 struct mr_errtext *err);

/**
 * Add an operation with its results and its outcome (error, status, n_effect,
 * t_begin_ns, t_end_ns; the id is given by the order).
 *
 * @param import  the import.
 * @param op      copied; reads, pulses and programs.
 * @param err     explains a failure; or NULL.
 * @return MR_OK; MR_ERR_USAGE, MR_ERR_RANGE for cells that are not there, times
 *         that run backwards, or another kind; MR_ERR_IO; MR_ERR_NOMEM. After a
 *         failure the import can only be dropped.
 */
MR_API int mr_oplog_import_add(struct mr_oplog_import *import,
                               const struct mr_op *op,
                               struct mr_errtext *err);

/**
 * Keep the run or drop it. What is dropped leaves a log as it was, and none
 * where there was none.
 *
 * @param import  gone either way; NULL is allowed.
 * @param keep    false: drop it. What has failed is dropped anyway.
 * @param run     receives the number of a run that was kept; or NULL.
 * @param err     explains a failure; or NULL.
 * @return MR_OK; the first failure.
 */
MR_API int mr_oplog_import_end(struct mr_oplog_import *import, bool keep,
                               int64_t *run, struct mr_errtext *err);

/* ---- reading ------------------------------------------------------------- */

struct mr_oplog_reader; /**< opaque: a log that is being read */

/** A run as it was recorded; texts are borrowed from the reader. */
struct mr_oplog_run_info {
	int64_t run;
	const char *uri;
	const char *command;      /**< "" if not given */
	const char *version;      /**< memrig's */
	enum mr_oplog_level level;
	int64_t started_wall_ns;
	int64_t ended_wall_ns;    /**< 0 = never finished (crash or kill) */
	int64_t n_ops;            /**< committed operations */
	const char *metadata;     /**< "key=value" lines */
	struct mr_description desc; /**< as at the start */
};

/** A recorded operation; buffers are borrowed until the next step. */
struct mr_oplog_record {
	int64_t row;          /**< row of view op */
	uint64_t id;          /**< order in its run */
	uint64_t parent;      /**< 0 = none */
	struct mr_op op;      /**< parameters, inputs, results, outcome; result
	                           pointers are NULL where nothing was kept */
	bool ended;           /**< false: begun, never ended */
	bool composed;        /**< a program over operations that name it as
	                           their parent: the back end never saw it */
	bool survey;          /**< a read that mr_array_survey() issued */
	int64_t wall_begin_ns;
	int64_t wall_end_ns;
	const char *errtext;  /**< "" if it succeeded */
	const float *raw;     /**< the result before a calibration corrected it,
	                           see mr_event; NULL = not corrected, or not
	                           kept */
};

/**
 * Open a log for reading. The file is not changed.
 *
 * @param path  the file.
 * @param out   receives the reader; close with mr_oplog_close().
 * @param err   explains a failure; or NULL.
 * @return MR_OK; MR_ERR_MISSING if there is none or it is empty; MR_ERR_IO if
 *         it cannot be opened; MR_ERR_FORMAT if it is no
 *         memrig log, damaged or of another version; MR_ERR_NOMEM.
 */
MR_API int mr_oplog_open(const char *path, struct mr_oplog_reader **out,
                         struct mr_errtext *err);

/**
 * Close a reader.
 *
 * @param reader  NULL is allowed.
 */
MR_API void mr_oplog_close(struct mr_oplog_reader *reader);

/**
 * Numbers of the first and last run.
 *
 * @param reader  the reader.
 * @param first   receives the first run's id; 0 if the log holds none.
 * @param last    receives the last run's id; 0 if the log holds none.
 * @return MR_OK; MR_ERR_IO; MR_ERR_FORMAT.
 */
MR_API int mr_oplog_runs(struct mr_oplog_reader *reader, int64_t *first,
                         int64_t *last);

/**
 * What is known of a run.
 *
 * @param reader  the reader.
 * @param run     its id.
 * @param out     filled in; texts valid until the next call with this reader.
 * @return MR_OK; MR_ERR_USAGE if there is no such run; MR_ERR_IO;
 *         MR_ERR_FORMAT.
 */
MR_API int mr_oplog_info(struct mr_oplog_reader *reader, int64_t run,
                         struct mr_oplog_run_info *out);

/**
 * Go to the first operation of a run.
 *
 * @param reader  the reader.
 * @param run     its id.
 * @return MR_OK; MR_ERR_USAGE if there is no such run; MR_ERR_IO.
 */
MR_API int mr_oplog_rewind(struct mr_oplog_reader *reader, int64_t run);

/**
 * Take the next operation, in the order of their ids.
 *
 * @param reader  the reader, after mr_oplog_rewind().
 * @param out     filled in; buffers valid until the next call.
 * @param more    receives false at the end (then `out` is untouched).
 * @return MR_OK; MR_ERR_IO; MR_ERR_FORMAT for a damaged row (named);
 *         MR_ERR_NOMEM.
 */
MR_API int mr_oplog_next(struct mr_oplog_reader *reader,
                         struct mr_oplog_record *out, bool *more);

/**
 * Go to the first piece of a run's wire.
 *
 * @param reader  the reader.
 * @param run     its id.
 * @return MR_OK; MR_ERR_USAGE if there is no such run; MR_ERR_MISSING if its
 *         wire was not recorded; MR_ERR_IO.
 */
MR_API int mr_oplog_wire_rewind(struct mr_oplog_reader *reader, int64_t run);

/**
 * Take the next piece of the wire, in the order it moved.
 *
 * @param reader  the reader, after mr_oplog_wire_rewind().
 * @param out     filled in; its data are valid until the next call.
 * @param op      receives the id of the operation that had been begun last; 0
 *                while opening. Or NULL.
 * @param more    receives false at the end (then `out` is untouched).
 * @return MR_OK; MR_ERR_IO; MR_ERR_FORMAT for a damaged row; MR_ERR_NOMEM.
 */
MR_API int mr_oplog_wire_next(struct mr_oplog_reader *reader,
                              struct mr_wire_piece *out, uint64_t *op,
                              bool *more);

/**
 * Sentence about the last failure of a reader.
 *
 * @param reader  the reader.
 * @return borrowed text.
 */
MR_API const char *mr_oplog_errmsg(const struct mr_oplog_reader *reader);

/* ---- descriptions -------------------------------------------------------- */

/**
 * A description as JSON, as it stands in a log: every field under its own
 * name, abilities and enumerations by name; null = not a number (a floating
 * line), "inf" and "-inf" = no bound, seed null = none.
 *
 * @param desc  the description.
 * @param out   receives one line of text; release it with free().
 * @return MR_OK; MR_ERR_NOMEM.
 */
MR_API int mr_description_json(const struct mr_description *desc, char **out);

#endif
