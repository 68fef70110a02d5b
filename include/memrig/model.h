/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * A cell model: declared parameters, pure functions, and state that belongs to
 * whoever calls. A model never asks for time or chance: it is given an age and
 * standard normal numbers. One table lists all models (devices/models.c).
 *
 * Inside a model, conductances are float siemens in flat columns.
 */
#ifndef MEMRIG_MODEL_H
#define MEMRIG_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memrig/error.h"
#include "memrig/types.h"

#define MR_PARAMS_MAX 40 /**< parameters of one model */

/** A declared parameter. Its text is what `memrig models` prints. */
struct mr_param {
	const char *name;   /**< as in files and URIs, with its unit at the end */
	const char *unit;   /**< SI symbol; "1" for a pure number */
	double value;       /**< default */
	double min;         /**< least allowed */
	double max;         /**< greatest allowed */
	const char *text;   /**< meaning, one line */
	const char *source; /**< where the default comes from */
};

/** State of cells as flat columns, indexed by cell number; owned by the
 * emulator. A model touches only the cells that it is given. */
struct mr_columns {
	float *g_S;       /**< conductance as programmed (not drifted) */
	float *memory;    /**< what the model keeps of the past, see its file */
	float *nu;        /**< drift exponent of the cell */
	int64_t *t_p_ns;  /**< array time of the last programming event */
	const void *table; /**< the model's table, read-only; or NULL */
};

#define MR_NORMALS_MAX 3 /**< standard normals of one programming event */

/** A pulse as one cell feels it. */
struct mr_stimulus {
	enum mr_unit unit;
	double amplitude; /**< V or A, signed */
	double width_s;   /**< flat top */
};

/**
 * How conductance ages: G(t) = G * exp(-nu * L) with the logarithmic age
 * L = log((max(age, t_min_s) + shift_s) / t0_s), age = time since the last
 * programming event. All zero = no drift.
 */
struct mr_drift {
	double t0_s;    /**< reference time, > 0 */
	double shift_s; /**< t0_s: no drift at age 0; 0: the pure power law */
	double t_min_s; /**< least age that counts; > 0 for the pure law */
};

/**
 * Read noise. White: each reading is off by a normal of variance
 * (slope * G + floor_S)^2 + Q_s^2 G^2 log((age + t0_s + t_read_s) /
 * (2 t_read_s)), the last term only with `accumulates`. Flicker: the last term
 * alone, as a process in time, for models that have a Q_s.
 */
struct mr_noise {
	double slope;
	double floor_S;
	double t_read_s;  /**< integration time that the 1/f term is stated for */
	double t0_s;      /**< see above; >= 0 */
	bool accumulates; /**< white readings have the 1/f term's variance too */
};

/** A model. Function members are pure: they touch nothing but their
 * arguments, and are safe to call from several threads on different cells. */
struct mr_model {
	const char *name;    /**< as in "emu:NAME" */
	const char *summary; /**< one line */
	const char *source;  /**< paper and DOI, or "definition" */
	const struct mr_param *params;
	uint32_t n_params;

	/**
	 * Read the table that the model works on (key "table"): what does not
	 * fit into parameters. NULL = the model has none.
	 * @param path  the file.
	 * @param data  receives the table, to be freed by the caller: bytes
	 *              without pointers, so that a state file can carry them.
	 * @param size  receives its size.
	 * @param err   names file, line and what is wrong; or NULL.
	 * @return MR_OK; MR_ERR_MISSING, MR_ERR_IO, MR_ERR_FORMAT,
	 *         MR_ERR_NOMEM.
	 */
	int (*table_load)(const char *path, void **data, size_t *size,
	                  struct mr_errtext *err);

	/**
	 * Check a table that a state file brought. NULL like table_load.
	 * @param data  bytes, aligned as from malloc().
	 * @param size  how many.
	 * @return whether the other members may rely on them.
	 */
	bool (*table_check)(const void *data, size_t size);

	/**
	 * Check that parameters fit each other.
	 * @param p    [n_params] values, each within its own limits.
	 * @param err  names the parameters that clash; or NULL.
	 * @return MR_OK or MR_ERR_RANGE.
	 */
	int (*check)(const double *p, struct mr_errtext *err);

	/**
	 * Fill in the part of a description that follows from the model:
	 * limits, conductance range, drift, waveforms.
	 * @param p     [n_params] values.
	 * @param desc  written; other fields are left alone.
	 */
	void (*describe)(const double *p, struct mr_description *desc);

	/**
	 * Say whether the model knows this pulse.
	 * @param p    [n_params] values.
	 * @param s    the pulse.
	 * @param err  says what the model accepts; or NULL.
	 * @return MR_OK; MR_ERR_UNSUPPORTED for a unit, amplitude or width that
	 *         the model's equations do not cover.
	 */
	int (*accepts)(const double *p, const struct mr_stimulus *s,
	               struct mr_errtext *err);

	/**
	 * Make one cell, as it comes from the factory.
	 * @param p     [n_params] values.
	 * @param c     columns.
	 * @param cell  which.
	 * @param z     [MR_NORMALS_MAX] standard normals.
	 * @param t_ns  array time.
	 */
	void (*birth)(const double *p, struct mr_columns *c, uint32_t cell,
	              const float *z, int64_t t_ns);

	/**
	 * One pulse on one cell. A pulse that programs sets t_p_ns; one that
	 * leaves it alone has done nothing. NULL = the model takes targets
	 * only.
	 * @param p     [n_params] values.
	 * @param s     an accepted pulse.
	 * @param c     columns.
	 * @param cell  which.
	 * @param z     [n_normals] standard normals of this event.
	 * @param t_ns  array time at the end of the pulse.
	 * @return status bits (MR_STATUS_SATURATED at an end of the range).
	 */
	uint8_t (*pulse)(const double *p, const struct mr_stimulus *s,
	                 struct mr_columns *c, uint32_t cell, const float *z,
	                 int64_t t_ns);

	/**
	 * One pulse on each of many neighbouring cells: the bulk form of pulse,
	 * with the same results bit for bit. NULL = pulse is called for each.
	 * @param p       [n_params] values.
	 * @param s       an accepted pulse.
	 * @param c       columns.
	 * @param first   first cell.
	 * @param n       how many.
	 * @param z       [n] the first normal of each event.
	 * @param t_ns    array time at the end of the pulse.
	 * @param status  [n] receives status bits.
	 */
	void (*pulse_run)(const double *p, const struct mr_stimulus *s,
	                  struct mr_columns *c, uint32_t first, uint32_t n,
	                  const float *z, int64_t t_ns, uint8_t *status);

	/**
	 * Bring one cell to a target, with the error of its programming. NULL =
	 * the model takes pulses only.
	 * @param p         [n_params] values.
	 * @param c         columns.
	 * @param cell      which.
	 * @param target_S  0 .. described g_max_S.
	 * @param z         [n_normals] standard normals of this event.
	 * @param t_ns      array time at the end of programming.
	 */
	void (*target)(const double *p, struct mr_columns *c, uint32_t cell,
	               float target_S, const float *z, int64_t t_ns);

	/**
	 * Bring many neighbouring cells to targets: the bulk form of target,
	 * with the same results bit for bit. NULL = target is called for each.
	 * @param p         [n_params] values.
	 * @param c         columns.
	 * @param first     first cell.
	 * @param n         how many.
	 * @param target_S  [n] targets.
	 * @param z         normal k of cell first + i is z[k * stride + i].
	 * @param stride    from one normal of an event to its next, >= n.
	 * @param t_ns      array time at the end of programming.
	 */
	void (*target_run)(const double *p, struct mr_columns *c,
	                   uint32_t first, uint32_t n, const float *target_S,
	                   const float *z, size_t stride, int64_t t_ns);

	uint32_t n_normals; /**< of one programming event, <= MR_NORMALS_MAX */

	/**
	 * How it drifts. NULL = it does not.
	 * @param p    [n_params] values.
	 * @param out  receives the law.
	 */
	void (*drift)(const double *p, struct mr_drift *out);

	/**
	 * Relative amplitude Q_s of a cell's 1/f noise, of spectrum Q_s^2 / f,
	 * since its last programming event. NULL = it has none.
	 * @param p     [n_params] values.
	 * @param c     columns.
	 * @param cell  which.
	 * @return Q_s >= 0.
	 */
	float (*flicker)(const double *p, const struct mr_columns *c,
	                 uint32_t cell);

	/**
	 * The bulk form of flicker, with the same results bit for bit. NULL =
	 * flicker is called for each.
	 * @param p      [n_params] values.
	 * @param c      columns.
	 * @param first  first cell.
	 * @param n      how many.
	 * @param q_s    [n] receives the amplitudes.
	 */
	void (*flicker_run)(const double *p, const struct mr_columns *c,
	                    uint32_t first, uint32_t n, float *q_s);

	/** Whether flicker returns what column `memory` holds, so that no second
	 * column is kept for it. */
	bool flicker_is_memory;

	/**
	 * How readings are off. NULL = not at all.
	 * @param p    [n_params] values.
	 * @param out  zeroed; receives the law.
	 */
	void (*noise)(const double *p, struct mr_noise *out);
};

/**
 * The table of models.
 *
 * @param n  receives the number of models; may be NULL.
 * @return the models in alphabetical order; static.
 */
MR_API const struct mr_model *const *mr_models(size_t *n);

/**
 * Find a model.
 *
 * @param name  such as "pcm".
 * @param err   names the models there are; or NULL.
 * @return the model; NULL if there is none of that name.
 */
MR_API const struct mr_model *mr_model_find(const char *name,
                                            struct mr_errtext *err);

/**
 * Default values of all parameters.
 *
 * @param model   the model.
 * @param values  [MR_PARAMS_MAX] receives the values.
 */
MR_API void mr_model_defaults(const struct mr_model *model, double *values);

/**
 * Index of a parameter.
 *
 * @param model  the model.
 * @param name   its name.
 * @param out    receives the index.
 * @param err    names the parameters there are; or NULL.
 * @return MR_OK; MR_ERR_USAGE if the model has no such parameter.
 */
MR_API int mr_model_param(const struct mr_model *model, const char *name,
                          uint32_t *out, struct mr_errtext *err);

/**
 * Set one parameter, checked against its limits.
 *
 * @param model   the model.
 * @param name    its name.
 * @param value   in the declared unit.
 * @param values  [MR_PARAMS_MAX]; written on success.
 * @param err     names parameter, value and limits; or NULL.
 * @return MR_OK; MR_ERR_USAGE for an unknown name; MR_ERR_RANGE outside its
 *         limits or not finite.
 */
MR_API int mr_model_set(const struct mr_model *model, const char *name,
                        double value, double *values, struct mr_errtext *err);

/**
 * Read parameters from an INI file: a section [memrig] with `model = NAME`,
 * then one section per parameter with `value`, and for people `unit`, `min`,
 * `max`, `source`, `text` and, of a fit, `se`, `cells`, `readings`. A section
 * [fit] says where a fit comes from. A unit that is not the declared one is an error,
 * min and max may only narrow the declared limits, and lines over 199 bytes
 * are refused.
 *
 * @param model   the model that the file must be for.
 * @param path    the file.
 * @param values  [MR_PARAMS_MAX]; written on success.
 * @param err     names file, line, what is wrong and what would be right; or
 *                NULL.
 * @return MR_OK; MR_ERR_MISSING if it cannot be opened; MR_ERR_IO if it cannot
 *         be read; MR_ERR_FORMAT for a malformed
 *         line or unknown name; MR_ERR_RANGE for a value outside its limits.
 */
MR_API int mr_model_load(const struct mr_model *model, const char *path,
                         double *values, struct mr_errtext *err);

/** What a parameter file says of the array as a whole. */
struct mr_model_file {
	char model[24];
	char noise[12];  /**< as of the URI key "noise"; "" = not said */
	char table[512]; /**< path of the model's table; "" = none */
	uint32_t rows;   /**< shape of the array it was fitted to; 0 = not said */
	uint32_t cols;
};

/**
 * Read the head of a parameter file: its section [memrig] with `model`, and
 * `noise`, `table` (relative to the file), `rows` and `cols` where they are
 * said.
 *
 * @param path  the file.
 * @param out   filled in.
 * @param err   names file, line and what is wrong; or NULL.
 * @return MR_OK; MR_ERR_MISSING; MR_ERR_IO; MR_ERR_FORMAT; MR_ERR_RANGE.
 */
MR_API int mr_model_file_head(const char *path, struct mr_model_file *out,
                              struct mr_errtext *err);

#endif
