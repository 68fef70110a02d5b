/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The energy that operations spend in an array's cells, reckoned from above:
 *
 *     read    sum of V^2 G t of the cells, G as read, t the integration time
 *     drive   max |V| sum |I| t of each vector: what its lines would take if all
 *             were at the greatest voltage
 *     pulse   V^2 g_max t or V I_compliance t, whichever is less; of a current
 *             I V t with the compliance or the described greatest voltage,
 *             where neither is there I^2 t / g_max
 *     trace   as pulses, level by level
 *
 * t of a pulse is its width and both edges. The last formula takes the resistance
 * of the most conducting state that is described; a cell that conducts better
 * while a pulse flows, as phase-change cells do, takes less. Lines, selectors,
 * converters and the board are not counted, nor is what an array does on its own
 * (a program without pulses from here): such operations are told.
 */
#ifndef MR_APPS_ENERGY_H
#define MR_APPS_ENERGY_H

#include <stdint.h>

#include "memrig/array.h"

/** Energy so far; an observer adds to it. */
struct mr_energy {
	double reads_J;   /**< reads and drives */
	double pulses_J;  /**< pulses and traces */
	uint64_t n_uncounted; /**< operations whose energy is not known */
	uint64_t parent;  /**< of the last operation that ended; 0 = none */
};

/**
 * Watch an array; parts of composed operations count, not the whole.
 *
 * @param energy  must live until mr_array_unobserve() or the array's end.
 * @param array   the handle.
 * @return as mr_array_observe().
 */
int mr_energy_watch(struct mr_energy *energy, struct mr_array *array);

#endif
