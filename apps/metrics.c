/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The figures of merit of metrics.h, straight from their definitions. */
#include "metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct scored {
	float score;
	int8_t label;
};

static int by_score(const void *a, const void *b)
{
	float x = ((const struct scored *)a)->score;
	float y = ((const struct scored *)b)->score;

	return (x > y) - (x < y);
}

/* Sum of the ranks of label 1 (Mann-Whitney); equal scores share the mean of
 * their ranks. */
static double rank_sum(const struct scored *item, uint32_t n)
{
	double sum = 0;

	for (uint32_t from = 0, to; from < n; from = to) {
		uint32_t ones = item[from].label == 1;

		for (to = from + 1;
		     to < n && item[to].score == item[from].score; to++)
			ones += item[to].label == 1;
		sum += ones * (from + 1.0 + to) / 2;
	}
	return sum;
}

/* Labelled items in ascending order; *ones = how many have label 1. */
static struct scored *sorted(const float *score, const int8_t *label,
                             uint32_t n, uint32_t *kept, double *ones)
{
	struct scored *item = malloc((n ? n : 1) * sizeof *item);

	*kept = 0;
	*ones = 0;
	if (!item)
		return NULL;
	for (uint32_t i = 0; i < n; i++) {
		if (label[i] != 0 && label[i] != 1)
			continue;
		item[(*kept)++] = (struct scored){score[i], label[i]};
		*ones += label[i];
	}
	qsort(item, *kept, sizeof *item, by_score);
	return item;
}

/* Everything from a threshold on is detected: `hits` of the ones, `alarms` of
 * the others. */
static struct mr_cut cut_at(float threshold, double hits, double alarms,
                            double ones, double zeros)
{
	struct mr_cut c = {.threshold = threshold};

	c.precision = hits / (hits + alarms);
	c.recall = hits / ones;
	c.f1 = 2 * hits / (hits + alarms + ones);
	c.miss = 1 - c.recall;
	c.alarm = alarms / zeros;
	c.error = (ones - hits + alarms) / (ones + zeros);
	return c;
}

int mr_metric_cut(const float *score, const int8_t *label, uint32_t n,
                  enum mr_best best, struct mr_cut *out)
{
	uint32_t kept;
	double ones, hits = 0, alarms = 0;
	struct scored *item = sorted(score, label, n, &kept, &ones);

	if (!item)
		return MR_ERR_NOMEM;
	*out = (struct mr_cut){NAN, NAN, NAN, NAN, NAN, NAN, NAN};
	for (uint32_t i = kept; ones > 0 && ones < kept && i > 0; i--) {
		struct mr_cut c;

		hits += item[i - 1].label == 1;
		alarms += item[i - 1].label == 0;
		if (i > 1 && item[i - 2].score == item[i - 1].score)
			continue;
		c = cut_at(item[i - 1].score, hits, alarms, ones, kept - ones);
		if (isnan(out->f1) ||
		    (best == MR_BEST_F1 ? c.f1 > out->f1
		                        : c.error < out->error))
			*out = c;
	}
	free(item);
	return MR_OK;
}

int mr_metric_auc(const float *score, const int8_t *label, uint32_t n,
                  double *auc)
{
	uint32_t kept;
	double ones;
	struct scored *item = sorted(score, label, n, &kept, &ones);

	if (!item)
		return MR_ERR_NOMEM;
	*auc = NAN;
	if (ones > 0 && ones < kept)
		*auc = (rank_sum(item, kept) - ones * (ones + 1) / 2) /
		       (ones * (kept - ones));
	free(item);
	return MR_OK;
}

void mr_metric_detect(const float *w, const int8_t *label, uint32_t n,
                      struct mr_detection *out)
{
	memset(out, 0, sizeof *out);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t detected = w[i] > MR_DETECTED_ABOVE;

		if (label[i] != 0 && label[i] != 1)
			continue;
		out->n_true += label[i] == 1;
		out->n_detected += detected;
		out->n_hit += detected && label[i] == 1;
	}
	if (out->n_detected)
		out->precision = (double)out->n_hit / out->n_detected;
	if (out->n_true)
		out->recall = (double)out->n_hit / out->n_true;
}

double mr_metric_mean(const float *w, const uint8_t *group, uint32_t n,
                      uint8_t which)
{
	double sum = 0;
	uint32_t count = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (group[i] != which)
			continue;
		sum += (double)w[i];
		count++;
	}
	return count ? sum / count : NAN;
}

double mr_metric_pearson(const float *a, const double *b, uint32_t n)
{
	double mean_a = 0, mean_b = 0, aa = 0, bb = 0, ab = 0;

	for (uint32_t i = 0; i < n; i++) {
		mean_a += (double)a[i] / n;
		mean_b += b[i] / n;
	}
	for (uint32_t i = 0; i < n; i++) {
		double da = (double)a[i] - mean_a;
		double db = b[i] - mean_b;

		aa += da * da;
		bb += db * db;
		ab += da * db;
	}
	return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : NAN;
}
