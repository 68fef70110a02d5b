/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Values under numbers: what was read after each count of pulses, at each
 * target, at each voltage; and what lies where in such a group. */
#ifndef MR_APPS_REPORT_GROUPS_H
#define MR_APPS_REPORT_GROUPS_H

#include <stdbool.h>
#include <stddef.h>

/** The values under one number. */
struct mr_group {
	double key;
	double *v;     /**< [n]; ascending after mr_groups_sort() */
	size_t n;
	size_t room;
};

/** All of them. All-zero = empty. */
struct mr_groups {
	struct mr_group *at; /**< [n]; by key after mr_groups_sort() */
	size_t n;
	size_t room;
	size_t last;   /**< where the last value went: the next often follows */
	bool failed;   /**< out of memory: what came after is not in it */
};

/**
 * Add a value.
 *
 * @param g    the groups.
 * @param key  whose it is; compared exactly.
 * @param v    the value; what is not finite is left out.
 */
void mr_groups_add(struct mr_groups *g, double key, double v);

/**
 * Put groups and their values in order.
 *
 * @param g  the groups.
 */
void mr_groups_sort(struct mr_groups *g);

/**
 * How many values there are in all.
 *
 * @param g  the groups.
 * @return the number.
 */
size_t mr_groups_count(const struct mr_groups *g);

/**
 * Release.
 *
 * @param g  the groups; empty then.
 */
void mr_groups_free(struct mr_groups *g);

/**
 * A quantile, interpolated.
 *
 * @param g  a group in order.
 * @param p  0 .. 1.
 * @return the value; NAN of an empty group.
 */
double mr_group_quantile(const struct mr_group *g, double p);

/**
 * The mean.
 *
 * @param g  a group.
 * @return the value; NAN of an empty group.
 */
double mr_group_mean(const struct mr_group *g);

#endif
