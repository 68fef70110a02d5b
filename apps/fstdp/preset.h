/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Named experiments, and the one table of the rule's constants. */
#ifndef MR_APPS_FSTDP_PRESET_H
#define MR_APPS_FSTDP_PRESET_H

#include <stddef.h>
#include <stdint.h>

#include "../inputs/inputs.h"
#include "rule.h"

/** A constant of struct mr_fstdp_params. */
struct mr_fstdp_constant {
	const char *option;  /**< name on the command line and in JSON */
	const char *unit;    /**< SI symbol; "1" = a pure number */
	size_t offset;       /**< in struct mr_fstdp_params */
	double synthetic;    /**< value for generated inputs */
	double weather;      /**< value for rain gauges and event files */
	double min, max;     /**< allowed */
	const char *text;    /**< meaning, one line */
	const char *source;  /**< section of the fact sheet (algorithms-spiking) */
};

/** A named experiment. */
struct mr_fstdp_preset {
	const char *name;
	const char *text;      /**< one line */
	const char *panel;     /**< of the rain data; NULL = generated inputs */
	uint32_t end_hour;     /**< of the rain data: hours 0 .. end_hour - 1 */
	uint64_t steps;        /**< generated inputs: steps of a run */
	uint64_t steps_chance; /**< likewise in threshold mode */
	uint32_t n_seeds;      /**< seeds 1 .. n_seeds unless others are named */
};

/**
 * All constants.
 *
 * @param n  receives how many.
 * @return [*n]; static.
 */
const struct mr_fstdp_constant *mr_fstdp_constants(size_t *n);

/**
 * Place of a constant in a set of parameters.
 *
 * @param params    the set.
 * @param constant  which.
 * @return inside `params`.
 */
double *mr_fstdp_constant_in(struct mr_fstdp_params *params,
                             const struct mr_fstdp_constant *constant);

/**
 * All presets.
 *
 * @param n  receives how many.
 * @return [*n]; static; the first is the default.
 */
const struct mr_fstdp_preset *mr_fstdp_presets(size_t *n);

/**
 * Find a preset.
 *
 * @param name  such as "b1".
 * @return the preset; NULL if there is none of that name.
 */
const struct mr_fstdp_preset *mr_fstdp_preset_find(const char *name);

/**
 * How often listed events are gone through unless the user says: so that about
 * 35,000 steps are seen, and at least once.
 *
 * @param n_steps  steps of the list, >= 1.
 * @return passes, >= 1.
 */
uint64_t mr_fstdp_passes(uint32_t n_steps);

/**
 * The constants of a preset.
 *
 * @param preset  which.
 * @param params  filled in.
 */
void mr_fstdp_preset_params(const struct mr_fstdp_preset *preset,
                            struct mr_fstdp_params *params);

/**
 * The inputs of a preset.
 *
 * @param preset     which.
 * @param directory  where the rain data are; not used for generated inputs.
 * @param threshold  least amount that is an event.
 * @param dt_s       step.
 * @param inputs     filled in; release with mr_inputs_free().
 * @param err        explains a failure.
 * @return MR_OK; as mr_inputs_generated() or mr_inputs_listed().
 */
int mr_fstdp_preset_inputs(const struct mr_fstdp_preset *preset,
                           const char *directory, double threshold,
                           double dt_s, struct mr_inputs *inputs,
                           struct mr_errtext *err);

#endif
