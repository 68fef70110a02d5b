/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* A loss against the samples seen. */
#include "curve.h"

void mr_curve_add(struct mr_curve *curve, uint64_t n_seen, double loss)
{
	uint64_t k = (n_seen - 1) * MR_CURVE_POINTS / curve->total;

	curve->n[k]++;
	curve->sum[k] += loss;
	curve->n_seen[k] = n_seen;
}

bool mr_curve_point(const struct mr_curve *curve, unsigned k, uint64_t *n_seen,
                    double *loss)
{
	if (!curve->n[k])
		return false;
	*n_seen = curve->n_seen[k];
	*loss = curve->sum[k] / curve->n[k];
	return true;
}
