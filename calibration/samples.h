/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* What a history holds of comparable values, in groups. */
#ifndef MR_CALIBRATION_SAMPLES_H
#define MR_CALIBRATION_SAMPLES_H

#include "memrig/compare.h"

/** One value. */
struct mr__sample {
	const char *protocol; /**< of its run; belongs to the history */
	uint8_t quantity;     /**< enum mr_compare_quantity */
	int32_t level;        /**< number of pulses, class of conductance, target in
	                           64ths of the scale, or sample */
	uint32_t cell;
	float value;
};

/** Values in the order of their groups, in a group by cell; at most one of a
 * cell in a group, so that they are independent. */
struct mr__samples {
	struct mr__sample *v; /**< [n] */
	size_t n;
	size_t room;
};

/** Classes of conductance in the scale. */
#define MR__LEVEL_CLASSES 8

/**
 * Take the values out of a history.
 * @param h        the history.
 * @param scale_S  conductance that classes are fractions of.
 * @param out      filled in; free() its v.
 * @return MR_OK; MR_ERR_NOMEM.
 */
int mr__samples_take(const struct mr_history *h, double scale_S,
                     struct mr__samples *out);

/** Order of two values' groups: as strcmp(). @param a  one. @param b  other.
 * @return less than, equal to or greater than 0. */
int mr__samples_order(const struct mr__sample *a, const struct mr__sample *b);

/**
 * Level of a group in the unit of its quantity.
 * @param s        a value of the group.
 * @param scale_S  as in mr__samples_take().
 * @return see enum mr_compare_quantity.
 */
double mr__samples_level(const struct mr__sample *s, double scale_S);

#endif
