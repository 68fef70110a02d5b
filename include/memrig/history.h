/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Histories: what was done to each cell and what was seen of it, in the order
 * of array time, whatever program did it. Fits, comparisons and reports work on
 * histories, never on an array; they hold measured values only.
 *
 * A history is made from runs of an op log (or from a foreign file, import.h).
 * Runs that share the metadata key "session" shared one opened array and its
 * time; between others, where a condition "temperature..." was set, and after an
 * operation whose outcome is unknown, stands a gap in every cell concerned: nothing
 * is known of what happened there.
 */
#ifndef MEMRIG_HISTORY_H
#define MEMRIG_HISTORY_H

#include "memrig/oplog.h"

/** What an event is. */
enum mr_history_kind {
	MR_HISTORY_GAP = 0,    /**< whatever was known of the cell no longer is */
	MR_HISTORY_READ = 1,   /**< a reading, or the mean of several */
	MR_HISTORY_PULSE = 2,  /**< programming pulses */
	MR_HISTORY_PROGRAM = 3 /**< the end of a program-and-verify: its pulses and
	                            reads, where they were seen, stand before it */
};

/** One event of one cell. */
struct mr_history_event {
	int64_t t_ns;    /**< array time at its end */
	float over_s;    /**< READ: array time from the first to the last of the
	                      readings averaged, where other cells had theirs in
	                      between; 0 = one right after the other */
	float g_S;       /**< READ, PROGRAM: measured; NAN = not kept */
	float amplitude; /**< PULSE: V or A, see `unit`; PROGRAM: target in S; READ:
	                      read voltage, 0 = the described one */
	float width_s;   /**< PULSE: flat top; READ: integration time, 0 = the
	                      described one; PROGRAM: tolerance in S */
	uint32_t count;  /**< PULSE: pulses; READ: readings averaged; PROGRAM: pulses
	                      spent, 0 = unknown */
	uint16_t part;   /**< index of the run it is from */
	uint8_t kind;    /**< enum mr_history_kind */
	uint8_t effect;  /**< PULSE: enum mr_effect of the described waveform that it
	                      is; NONE = another pulse */
	uint8_t unit;    /**< PULSE: enum mr_unit */
	uint8_t status;  /**< MR_STATUS_ bits of the result */
};

/** One trace of one cell: a sweep. Arrays belong to the history. */
struct mr_history_sweep {
	uint32_t cell;
	uint16_t part;
	uint8_t unit;          /**< enum mr_unit of what was forced */
	uint32_t n;            /**< samples */
	double compliance;     /**< limit in the other unit; 0 = none */
	const float *v_V;      /**< [n]; NULL = not kept */
	const float *i_A;      /**< [n] */
	const double *t_s;     /**< [n] since the operation's begin; or NULL */
	const uint8_t *status; /**< [n]; or NULL */
	int64_t t_ns;          /**< array time at its end */
};

/** A run that went into the history. */
struct mr_history_part {
	int64_t run;            /**< its number in the log */
	char protocol[24];      /**< metadata "protocol"; "" = no measurement */
	char session[40];       /**< metadata "session"; "" = none */
	int64_t started_wall_ns;
	int64_t t_begin_ns;     /**< array time of its first operation */
	int64_t t_end_ns;       /**< of its last */
	uint64_t n_ops;         /**< operations used */
};

/** Why something of the log is not in the history, and how often. */
struct mr_history_loss {
	const char *why; /**< static text */
	uint64_t n;      /**< cells' events, or operations where it says so */
};

#define MR_HISTORY_LOSSES_MAX 12 /**< reasons there are */

/** A history; read-only. */
struct mr_history {
	struct mr_description desc;     /**< of the array */
	char uri[512];                  /**< as in the first run */
	uint32_t n_cells;               /**< rows * cols */
	const size_t *first;            /**< [n_cells+1] cell c has the events
	                                     first[c] .. first[c+1] - 1 */
	const struct mr_history_event *events; /**< each cell's in time order */
	size_t n_sweeps;
	const struct mr_history_sweep *sweeps; /**< in the order of the log */
	size_t n_parts;
	const struct mr_history_part *parts;
	size_t n_losses;
	struct mr_history_loss losses[MR_HISTORY_LOSSES_MAX];
	uint64_t digest;                /**< FNV-1a of all events: provenance */
};

/** Which runs. All-zero = all runs of the log. */
struct mr_history_options {
	const int64_t *runs;  /**< [n_runs] their numbers, or NULL = all */
	size_t n_runs;
	const char *protocol; /**< only runs of this protocol; or NULL */
	bool measured_only;   /**< only runs that have a protocol */
};

/**
 * Read a history from an op log. The log is not changed.
 *
 * Refused are runs of arrays that differ in identity, shape or model: each is
 * named. Readings that are no numbers, over range, suspect or of unknown
 * outcome, and operations that were never ended, are left out and counted.
 *
 * @param path     the log.
 * @param options  NULL = all runs.
 * @param out      receives the history; release it with mr_history_free().
 * @param err      explains a failure; or NULL.
 * @return MR_OK; MR_ERR_MISSING, MR_ERR_IO, MR_ERR_FORMAT as
 *         mr_oplog_open(); MR_ERR_USAGE for a run that is not there, runs of
 *         different arrays, or none that fits; MR_ERR_RANGE for more than
 *         65,535 runs; MR_ERR_NOMEM.
 */
MR_API int mr_history_load(const char *path,
                           const struct mr_history_options *options,
                           struct mr_history **out, struct mr_errtext *err);

/**
 * Release a history.
 *
 * @param history  NULL is allowed.
 */
MR_API void mr_history_free(struct mr_history *history);

#endif
