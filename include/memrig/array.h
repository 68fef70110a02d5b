/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The handle: an open array, whatever is behind it.
 *
 * Path of a submit: check -> compose what is missing -> begin observers ->
 * filters -> back end -> stamp -> end observers. One handle is used by one
 * thread at a time; different handles are independent. mr_array_stop() alone
 * may be called from anywhere, also from a signal handler.
 */
#ifndef MEMRIG_ARRAY_H
#define MEMRIG_ARRAY_H

#include "memrig/backend.h"
#include "memrig/types.h"

struct mr_array; /**< opaque */

/** An operation as observers see it; pointers are valid during the call. */
struct mr_event {
	const struct mr_op *op;             /**< its outcome is filled in at end */
	const struct mr_description *desc;  /**< what holds for the operation */
	uint64_t id;                        /**< order in this handle, 1.. */
	uint64_t parent;                    /**< id of the composed operation that
	                                         this is a child of; 0 = none */
	int64_t wall_ns;                    /**< wall clock now */
	const char *errtext;                /**< at end of a failed operation, what
	                                         went wrong; else "" */
	const float *raw;                   /**< at end, the result as the array
	                                         gave it, where a calibration has
	                                         corrected it (calibrate.h): of a
	                                         read S, of a trace or drive A;
	                                         else NULL */
};

/**
 * An observer watches; it cannot submit (MR_ERR_BUSY) or change a result.
 * It is told of the end of exactly those operations of which it was told the
 * begin, also when they failed, were refused or never reached (MR_ERR_NOT_RUN):
 * one that said no is told, those behind it never hear of the operation.
 */
struct mr_observer {
	void *self; /**< handed to the functions */
	/** before anything happens, in submit order; a nonzero return (a code,
	 * explained in err) keeps the operation from being sent. May be NULL. */
	int (*begin)(void *self, const struct mr_event *event,
	             struct mr_errtext *err);
	/** once, after all begins of one submit and before anything is sent; a
	 * nonzero return keeps all of them from being sent. May be NULL. */
	int (*sending)(void *self, const struct mr_description *desc,
	               struct mr_errtext *err);
	/** after it happened, failed or was not run. May be NULL. */
	void (*end)(void *self, const struct mr_event *event);
};

#define MR_OBSERVERS_MAX 8 /**< observers of one handle */

/**
 * Open an array.
 *
 * @param uri      see uri.h; also the keys of filters, such as guard.v=1.2.
 * @param options  NULL = all defaults.
 * @param out      receives the handle; close it with mr_array_close().
 * @param err      explains a failure; or NULL.
 * @return MR_OK; MR_ERR_USAGE for a malformed URI, an unknown driver or key;
 *         MR_ERR_RANGE for a value outside its limits; MR_ERR_IO,
 *         MR_ERR_FORMAT for a file or link; MR_ERR_BUSY if it is in use;
 *         MR_ERR_NOMEM.
 */
MR_API int mr_array_open(const char *uri, const struct mr_open_options *options,
                         struct mr_array **out, struct mr_errtext *err);

/**
 * Close: bring a board to its safe state, write an emulator's state file.
 *
 * @param array  NULL is allowed.
 * @param err    explains a failure; or NULL.
 * @return MR_OK; MR_ERR_IO if something could not be written. The handle is
 *         gone either way.
 */
MR_API int mr_array_close(struct mr_array *array, struct mr_errtext *err);

/**
 * What the array says of itself.
 *
 * @param array  the handle.
 * @return borrowed; its content changes only by a configure.
 */
MR_API const struct mr_description *
mr_array_describe(const struct mr_array *array);

/**
 * What can be submitted: the abilities of the back end and what the core can
 * compose from them (program from read and pulse; drive and trace from reads).
 *
 * @param array  the handle.
 * @return MR_ABILITY() bits.
 */
MR_API uint32_t mr_array_abilities(const struct mr_array *array);

/**
 * The URI that it was opened with.
 *
 * @param array  the handle.
 * @return borrowed text, valid until close.
 */
MR_API const char *mr_array_uri(const struct mr_array *array);

/**
 * Sentence about the last failure on this handle.
 *
 * @param array  the handle.
 * @return borrowed text, "" if nothing failed; valid until the next call.
 */
MR_API const char *mr_array_errmsg(const struct mr_array *array);

/**
 * Array time now.
 *
 * @param array  the handle.
 * @return nanoseconds that the array has lived; the end of the last operation.
 */
MR_API int64_t mr_array_time_ns(const struct mr_array *array);

/**
 * Submit operations; they take effect in order up to the first failure. The
 * whole list is checked before the first one is begun.
 *
 * @param array    the handle.
 * @param ops      [n]; results and outcomes are written. Zeros that mean
 *                 "described" are filled in.
 * @param n        how many; 0 is allowed.
 * @param context  stop, deadline, progress; NULL = none.
 * @param n_done   receives how many operations succeeded; or NULL.
 * @return MR_OK; MR_ERR_USAGE or MR_ERR_RANGE for a wrong operation, also one
 *         beyond a described limit, be it the array's or the guard's (nothing
 *         was sent); MR_ERR_UNSUPPORTED for what was not described;
 *         MR_ERR_REFUSED by the guard, for what no described limit says:
 *         pulses in all, pulses too long with their edges, traces that stay
 *         beyond reading too long (what came before it took effect);
 *         MR_ERR_STOPPED; MR_ERR_TIMEOUT;
 *         MR_ERR_OUTCOME; MR_ERR_IO; MR_ERR_MISMATCH from playback;
 *         MR_ERR_BUSY from inside a callback; MR_ERR_NOMEM.
 */
MR_API int mr_array_submit(struct mr_array *array, struct mr_op *ops, size_t n,
                           const struct mr_context *context, size_t *n_done);

/**
 * Raise the stop flag: a running submit ends with MR_ERR_STOPPED, and so does
 * every later one until mr_array_resume(). Async-signal-safe; any thread.
 *
 * @param array  the handle.
 */
MR_API void mr_array_stop(struct mr_array *array);

/**
 * Lower the stop flag.
 *
 * @param array  the handle.
 */
MR_API void mr_array_resume(struct mr_array *array);

/**
 * Add an observer; called in the order of adding.
 *
 * @param array     the handle.
 * @param observer  copied.
 * @return MR_OK; MR_ERR_RANGE if there are MR_OBSERVERS_MAX already;
 *         MR_ERR_BUSY from inside a callback.
 */
MR_API int mr_array_observe(struct mr_array *array,
                            const struct mr_observer *observer);

/**
 * Remove an observer. From inside a callback too: it is not called again.
 *
 * @param array  the handle.
 * @param self   as in the observer; unknown is ignored.
 */
MR_API void mr_array_unobserve(struct mr_array *array, const void *self);

/** Least and greatest of a quantity; least > greatest = there is none. */
struct mr_span {
	double least;
	double greatest;
};

/** What an operation would do. Values are those that would be applied, after the
 * board's quantisation. */
struct mr_plan {
	bool composed;            /**< by reads and pulses, each planned when due:
	                               no guard has looked at them yet */
	const char *means;        /**< by what the back end does it, where it has
	                               several, such as a board's job; else NULL */
	enum mr_unit unit;        /**< of the amplitude */
	struct mr_span amplitude; /**< V or A; of a read, its voltage */
	struct mr_span width_s;   /**< of pulses, levels or integrations */
	uint64_t n_pulses;        /**< in all; of a program, at most */
	double duration_s;        /**< that the cells see; without what a board
	                               needs in between. NAN = it depends */
	const struct mr_scheme *scheme; /**< in force; NULL = none */
	double row_selected_V;    /**< lines at the greatest amplitude; NAN =
	                               floating */
	double row_other_V;
	double col_selected_V;
	double col_other_V;
	double half_selected_V;   /**< worst on a cell that is not selected */
};

/**
 * Plan an operation: check it as mr_array_submit() would, guard included, and say
 * what would happen. Nothing is sent, spent, logged or changed.
 *
 * @param array  the handle.
 * @param op     as for mr_array_submit(); results are not touched.
 * @param out    filled in; its scheme is borrowed from the description, its
 *               means from the back end.
 * @return MR_OK; what a submit would refuse it with; MR_ERR_BUSY from inside a
 *         callback.
 */
MR_API int mr_array_plan(struct mr_array *array, const struct mr_op *op,
                         struct mr_plan *out);

/** What a cell has been through since the array was opened. */
struct mr_exposure {
	uint64_t pulses;        /**< programming pulses on it, at most */
	uint64_t half_selected; /**< pulses on others that put more on it than
	                             what does not disturb (the read limit, or
	                             guard.disturb_from_V), by the scheme's bias */
	bool bad;               /**< the guard marked it (MR_STATUS_SUSPECT) */
};

/**
 * How much a cell has been through. The guard counts where the half-select
 * scheme can disturb at all, or where a key limits such counts; it marks cells
 * where a key says which are bad. What is not counted is 0.
 *
 * @param array  the handle.
 * @param cell   row * cols + col.
 * @param out    filled in.
 * @return MR_OK; MR_ERR_RANGE for no cell; MR_ERR_UNSUPPORTED if nothing is
 *         counted (nothing can disturb) or marked.
 */
MR_API int mr_array_exposure(const struct mr_array *array, uint32_t cell,
                             struct mr_exposure *out);

/**
 * Watch the bytes between a board driver and its board. With the open option
 * `keep_wire` the watcher is first told of all since the opening.
 *
 * @param array    the handle.
 * @param watcher  copied; it must not use the handle. NULL ends it.
 * @return MR_OK; MR_ERR_UNSUPPORTED if there is no wire, as of an emulator;
 *         MR_ERR_NOMEM if the opening dialogue could not be kept;
 *         MR_ERR_BUSY from inside a callback.
 */
MR_API int mr_array_watch_wire(struct mr_array *array,
                               const struct mr_wire_watcher *watcher);

/**
 * Read the whole array whenever so much array time has passed since the last
 * such read, after the submit that passed it. The reads are ordinary
 * operations: they take array time, age and are logged.
 *
 * @param array       the handle.
 * @param interval_s  > 0; 0 switches off.
 * @return MR_OK; MR_ERR_RANGE if negative or not finite; MR_ERR_NOMEM;
 *         MR_ERR_UNSUPPORTED if the array cannot read.
 */
MR_API int mr_array_survey(struct mr_array *array, double interval_s);

/**
 * Plan with another typical step than the array says of itself: that of a fit,
 * or the one by which another array planned what is now done again. It takes its
 * place in the description, so composed programming and synapses go by it;
 * what the array programs on its own, it plans on its own.
 *
 * @param array   the handle.
 * @param effect  of the waveform: RAISE or LOWER.
 * @param step    all finite, floor_S >= 0, memory_pulses > 0 if there is
 *                history_S; all 0 = not known: one pulse at a time.
 * @return MR_OK; MR_ERR_UNSUPPORTED if no waveform has this effect;
 *         MR_ERR_RANGE (step); MR_ERR_BUSY from inside a callback.
 */
MR_API int mr_array_expect_step(struct mr_array *array, enum mr_effect effect,
                                const struct mr_step *step);

/**
 * Take targets from another range than the array says of itself, such as that of an
 * array whose operations are done again: program-and-verify tries for targets that
 * the cells may never reach, and says so (NOT_CONVERGED). It takes its place in the
 * description.
 *
 * @param array    the handle; composes its programming.
 * @param g_min_S  least target, >= 0.
 * @param g_max_S  greatest, > g_min_S.
 * @return MR_OK; MR_ERR_UNSUPPORTED if the array programs targets on its own;
 *         MR_ERR_RANGE; MR_ERR_BUSY from inside a callback.
 */
MR_API int mr_array_expect_range(struct mr_array *array, double g_min_S,
                                 double g_max_S);

/**
 * Save the state of the array (ability SNAPSHOT).
 *
 * @param array  the handle.
 * @param out    receives the state; release with free(out->data).
 * @return MR_OK; MR_ERR_UNSUPPORTED; MR_ERR_NOMEM.
 */
MR_API int mr_array_snapshot(struct mr_array *array, struct mr_blob *out);

/**
 * Restore a state that mr_array_snapshot() of the same kind of array gave.
 *
 * @param array  the handle.
 * @param blob   the state.
 * @return MR_OK; MR_ERR_UNSUPPORTED; MR_ERR_FORMAT if it is malformed or from
 *         another model or shape (the array is unchanged).
 */
MR_API int mr_array_restore(struct mr_array *array,
                            const struct mr_blob *blob);

/**
 * Get in step again after MR_ERR_OUTCOME (ability RESYNC).
 *
 * @param array  the handle.
 * @return MR_OK; MR_ERR_UNSUPPORTED; what the back end says.
 */
MR_API int mr_array_resync(struct mr_array *array);

/**
 * The innermost stage: the back end behind all filters. For out-of-band
 * headers such as emulator.h; not for applications.
 *
 * @param array  the handle.
 * @return borrowed.
 */
MR_API const struct mr_stage *mr_array_stage(const struct mr_array *array);

/* ---- one operation at a time -------------------------------------------- */

/**
 * Read conductances with the described read waveform.
 *
 * @param array  the handle.
 * @param where  which cells; NULL = all.
 * @param g_S    [number of cells] receives S.
 * @return as mr_array_submit().
 */
MR_API int mr_array_read(struct mr_array *array,
                         const struct mr_selection *where, float *g_S);

/**
 * Apply a named waveform.
 *
 * @param array  the handle.
 * @param where  which cells; NULL = all.
 * @param name   a described waveform that programs, such as "set".
 * @param count  pulses per cell, >= 1.
 * @return as mr_array_submit(); MR_ERR_USAGE for an unknown or read waveform.
 */
MR_API int mr_array_pulse(struct mr_array *array,
                          const struct mr_selection *where, const char *name,
                          uint32_t count);

/**
 * Fill in a pulse operation from a described waveform.
 *
 * @param op    kind, unit, amplitude, width and edges are written; the rest is
 *              zeroed; `where` is left alone.
 * @param wave  the waveform.
 */
MR_API void mr_pulse_from(struct mr_op *op, const struct mr_waveform *wave);

/**
 * Let array time pass.
 *
 * @param array       the handle.
 * @param duration_s  >= 0.
 * @return as mr_array_submit().
 */
MR_API int mr_array_wait(struct mr_array *array, double duration_s);

/**
 * One analog matrix-vector product over the whole array.
 *
 * @param array  the handle.
 * @param v_V    [rows] row voltages.
 * @param i_A    [cols] receives column currents in A.
 * @return as mr_array_submit().
 */
MR_API int mr_array_drive(struct mr_array *array, const float *v_V,
                          float *i_A);

#endif
