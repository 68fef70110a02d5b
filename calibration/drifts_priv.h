/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Spans that tell of drift, cell by cell; see fit_drift.h. */
#ifndef MR_CALIBRATION_DRIFTS_PRIV_H
#define MR_CALIBRATION_DRIFTS_PRIV_H

#include "driftspan.h"
#include "fit_drift.h"

#define MR__DRIFT_RANGE_MIN 1.0 /* of log age: less says nothing of an exponent */

struct mr__drifts {
	struct mr__fitting *f;
	const struct mr__noise_fit *noise;
	struct mr__drift_fit *out;
	struct mr__spans spans;
	struct mr__drift_span *at; /* [n] */
	size_t n;
	size_t *unit; /* [n_units+1] first span of each cell */
	size_t n_units;
	double *room; /* of all readings */
	uint32_t *averages; /* likewise */
	size_t n_kept;
	double **kept; /* [n_kept] factors, to be freed */
	struct mr__drift_seen *seen; /* [n] at seen_t0 */
	double *seen_t0; /* [n_units] */
	double t0_s;
	enum mr__drift_owner owner;
};


/* Picks the spans, weighs their readings, and groups them by cell; what is left
 * out is counted. */
int mr__drifts_gather(struct mr__drifts *d);

#endif
