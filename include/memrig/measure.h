/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Measurements: protocols, each a program over operations that works on any
 * array and takes its defaults from what the array says of itself, and suites
 * of them. Each protocol is a run of its own in an op log, with the metadata
 * `protocol`, `suite`, `settings`, `measurement` (the same for all runs of one
 * call and of those that resumed it) and `session` (the same while the array
 * and its time lived on). What was seen is in the log alone; a result counts.
 *
 * A protocol is a function of what its operations gave. So it can be planned
 * against a counter, and resumed by walking it along the log: an emulated array
 * that is as it was at the begin does everything again (and must give the same
 * bits), for any other one the recorded results stand. A pulse is never
 * repeated: where the log does not say whether it took effect, its cells are
 * listed as unknown.
 */
#ifndef MEMRIG_MEASURE_H
#define MEMRIG_MEASURE_H

#include "memrig/oplog.h"

/** What a setting takes. */
enum mr_setting_kind {
	MR_SETTING_NUMBER = 0, /**< a finite number in its unit */
	MR_SETTING_WHOLE = 1,  /**< a whole number */
	MR_SETTING_TEXT = 2    /**< a text, such as a list */
};

/** A setting of a protocol; static. */
struct mr_measure_setting {
	const char *name;
	const char *unit; /**< SI symbol; "" = a pure number or a text */
	enum mr_setting_kind kind;
	double min;
	double max;
	double preset;    /**< default; NAN = follows from the description; a text
	                       is empty */
	const char *text; /**< one line */
};

#define MR_MEASURE_SETTINGS_MAX 10 /**< of one protocol */

/** What a protocol says of itself; static. */
struct mr_measure_protocol {
	const char *name;    /**< such as "drift" */
	const char *summary; /**< one line */
	const char *needs;   /**< what the array must offer, one line */
	const struct mr_measure_setting *settings; /**< [n_settings] */
	size_t n_settings;
};

/** A step of a suite. */
struct mr_measure_step {
	const char *protocol;
	const char *settings; /**< "key=value key=value"; "" = all defaults */
};

/** A suite; static. */
struct mr_measure_suite {
	const char *name;
	const char *summary;
	const struct mr_measure_step *steps; /**< [n_steps] */
	size_t n_steps;
};

/** How a measurement is to be done. */
struct mr_measure_options {
	const char *what; /**< a suite, or protocols separated by commas */
	const char *const *settings; /**< "KEY=VALUE" (of every protocol that has
	                                  it) or "PROTOCOL.KEY=VALUE", ended by
	                                  NULL; or NULL */
	const struct mr_selection *where; /**< NULL = all cells */
	const char *log_path;             /**< the log; needed but for a plan */
	const struct mr_oplog_options *log; /**< level 2 or 3, command, metadata;
	                                         NULL = defaults */
	bool plan;   /**< touch nothing: say what it would do */
	bool resume; /**< go on with the last measurement of `what` on this array
	                  in the log */
	const struct mr_context *context; /**< stop, deadline; progress is told in
	                                       parts of the whole measurement;
	                                       or NULL */
	const struct mr_clock *clock; /**< NULL = the system's */
};

/** What became of a protocol. */
enum mr_measure_state {
	MR_MEASURE_WAITING = 0, /**< not reached */
	MR_MEASURE_DONE = 1,
	MR_MEASURE_TAKEN = 2,   /**< resumed: the log had all of it */
	MR_MEASURE_SKIPPED = 3, /**< the array cannot: see `reason` */
	MR_MEASURE_REFUSED = 4, /**< the array or its guard refused an operation:
	                             see `reason`; what came before is in the log */
	MR_MEASURE_STOPPED = 5, /**< on request; it can be resumed */
	MR_MEASURE_FAILED = 6   /**< see `reason`; it can be resumed */
};

/** What a protocol did, or by a plan would do. */
struct mr_measure_result {
	char protocol[24];
	enum mr_measure_state state;
	char reason[256];      /**< why it was skipped, refused, stopped; or "" */
	char settings[512];    /**< all its settings, "key=value key=value" */
	int64_t run;           /**< its last run in the log; 0 = none */
	uint64_t n_ops;        /**< operations, those taken from the log too */
	uint64_t n_repeated;   /**< resumed: of these, done again or taken */
	uint64_t n_readings;   /**< readings of cells */
	uint64_t pulses_most;  /**< programming pulses on the cell that got most;
	                            of a plan: at most */
	double array_s;        /**< array time that passed */
	uint64_t n_over_range; /**< readings beyond the meter's range */
	uint64_t n_saturated;  /**< pulses on cells at their end of range */
	uint64_t n_missed;     /**< programmed cells that missed their target */
	uint32_t n_silent;     /**< cells that were raised and never answered */
	uint32_t n_unknown;    /**< cells with a pulse of unknown outcome */
};

/** What a measurement did. */
struct mr_measure {
	char what[128];
	char session[40];
	char measurement[40];
	uint32_t n_cells; /**< selected */
	size_t n;
	struct mr_measure_result *results; /**< [n] in order */
	double array_s;       /**< array time in all */
	uint64_t pulses_most; /**< on the cell that got most in all */
};

/**
 * The protocols.
 *
 * @param i  index.
 * @return the i-th, static; NULL behind the last.
 */
MR_API const struct mr_measure_protocol *mr_measure_protocol(size_t i);

/**
 * The suites.
 *
 * @param n  receives their number.
 * @return [n], static.
 */
MR_API const struct mr_measure_suite *mr_measure_suites(size_t *n);

/**
 * Name of a state, such as "skipped".
 *
 * @param state  any value.
 * @return static text.
 */
MR_API const char *mr_measure_state_name(enum mr_measure_state state);

/**
 * Measure. Protocols that the array cannot do are skipped and say why; one that
 * is refused ends there, and the next one begins; any other failure and a stop
 * end the measurement, which can be resumed.
 *
 * On an array with a seed the stop flag is looked at between operations only,
 * so that none is cut in two.
 *
 * @param array    the handle; must have no log of its own at the same file.
 * @param options  what and how.
 * @param out      receives the results, also after a failure, NULL if it failed
 *                 before the first protocol; release with mr_measure_free().
 * @param err      explains a failure; or NULL.
 * @return MR_OK; MR_ERR_USAGE for an unknown protocol or setting, a value that
 *         is none, or a missing log; MR_ERR_RANGE for a value outside its
 *         limits; MR_ERR_MISSING if there is nothing to resume;
 *         MR_ERR_MISMATCH if what is resumed differs from the record, or the
 *         array is not as it was then; MR_ERR_STOPPED; what mr_array_submit()
 *         and mr_oplog_start() return.
 */
MR_API int mr_measure_run(struct mr_array *array,
                          const struct mr_measure_options *options,
                          struct mr_measure **out, struct mr_errtext *err);

/**
 * Release results.
 *
 * @param measure  NULL is allowed.
 */
MR_API void mr_measure_free(struct mr_measure *measure);

#endif
