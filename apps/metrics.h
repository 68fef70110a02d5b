/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* How well weights tell a group of inputs from the rest. */
#ifndef MR_APPS_METRICS_H
#define MR_APPS_METRICS_H

#include <stdint.h>

#include "memrig/error.h"

#define MR_DETECTED_ABOVE 0.5f /**< an input counts as detected above this w */

/** Precision and recall of "w > MR_DETECTED_ABOVE". */
struct mr_detection {
	uint32_t n_true;     /**< inputs with label 1 */
	uint32_t n_detected; /**< detected, with label 0 or 1 */
	uint32_t n_hit;      /**< detected, with label 1 */
	double precision;    /**< hit / detected; 0 if nothing was detected */
	double recall;       /**< hit / true; 0 if nothing is true */
};

/**
 * Area under the receiver operating curve: the chance that a random input
 * with label 1 scores above a random one with label 0, ties counting half.
 *
 * @param score  [n] scores.
 * @param label  [n] 1, 0, or anything else = left out.
 * @param n      how many.
 * @param auc    receives the area; NAN if one of the two classes is empty.
 * @return MR_OK; MR_ERR_NOMEM.
 */
int mr_metric_auc(const float *score, const int8_t *label, uint32_t n,
                  double *auc);

/**
 * Count detected inputs.
 *
 * @param w      [n] weights.
 * @param label  [n] 1, 0, or anything else = left out.
 * @param n      how many.
 * @param out    filled in.
 */
void mr_metric_detect(const float *w, const int8_t *label, uint32_t n,
                      struct mr_detection *out);

/** The best that a single threshold can do. */
struct mr_cut {
	float threshold;  /**< detected = score >= threshold */
	double precision; /**< of label 1 */
	double recall;
	double f1;        /**< 2 P R / (P + R) */
	double miss;      /**< share of label 1 below */
	double alarm;     /**< share of label 0 not below */
	double error;     /**< share of all that are on the wrong side */
};

/** What is best. */
enum mr_best {
	MR_BEST_F1 = 0,   /**< greatest F1 */
	MR_BEST_ERROR = 1 /**< least error */
};

/**
 * Find the best threshold.
 *
 * @param score  [n] scores.
 * @param label  [n] 1, 0, or anything else = left out.
 * @param n      how many.
 * @param best   what to look for.
 * @param out    filled in; all NAN if one of the two classes is empty.
 * @return MR_OK; MR_ERR_NOMEM.
 */
int mr_metric_cut(const float *score, const int8_t *label, uint32_t n,
                  enum mr_best best, struct mr_cut *out);

/**
 * Mean of one group.
 *
 * @param w      [n] weights.
 * @param group  [n] group of each input.
 * @param n      how many.
 * @param which  the group.
 * @return its mean; NAN if it is empty.
 */
double mr_metric_mean(const float *w, const uint8_t *group, uint32_t n,
                      uint8_t which);

/**
 * Pearson's correlation coefficient.
 *
 * @param a  [n] numbers.
 * @param b  [n] numbers.
 * @param n  how many.
 * @return -1 .. 1; NAN if either does not vary.
 */
double mr_metric_pearson(const float *a, const double *b, uint32_t n);

#endif
