/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Noise and drift in the names of the pcm models. */
#include "fit_before.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void keep_white(struct mr__fitting *f, const struct mr__noise_fit *n)
{
	static const char *const white[] = {"m3", "c3_S"};

	if (!(n->white_cov[0] > 0) || !(n->white_cov[3] > 0)) {
		mr__fit_undetermined(f, "m3", "readings at one level only");
		mr__fit_undetermined(f, "c3_S", "readings at one level only");
		return;
	}
	mr__fit_set(f, "m3", n->slope, sqrt(n->white_cov[0]), n->n_cells,
	            n->n_points, "likelihood of repeated readings");
	mr__fit_set(f, "c3_S", n->floor_S, sqrt(n->white_cov[3]), n->n_cells,
	            n->n_points, "likelihood of repeated readings");
	mr__fit_correlate(f, white, 2, n->white_cov);
}

static void keep_noise(struct mr__fitting *f, const struct mr__noise_fit *n)
{
	if (!n->kind)
		return;
	if (f->fit->model->flicker || strcmp(n->kind, "flicker") != 0)
		(void)snprintf(f->fit->noise, sizeof f->fit->noise, "%s",
		               n->kind);
	if (strcmp(n->kind, "white") == 0)
		keep_white(f, n);
	if (strcmp(n->kind, "flicker") == 0 && !f->fit->model->flicker)
		mr__fit_warn(f, "readings have 1/f noise; this model has none");
	else if (strcmp(n->kind, "flicker") == 0 && isfinite(n->q_at_1))
		mr__fit_set(f, "q_flicker", n->q_at_1, n->q_se, n->n_cells,
		            n->n_points, "likelihood of the readings in time");
}

static void keep_drift(struct mr__fitting *f, const struct mr__drift_fit *d)
{
	static const char *const with_t0[] = {"nu", "nu_spread", "t0_s"};
	bool t0 = isfinite(d->t0_se);

	mr__fit_set(f, "nu", d->nu, d->nu_se, d->n_cells, d->n_points,
	            "likelihood of the cells' drifts");
	mr__fit_set(f, "nu_spread", d->spread, d->spread_se, d->n_cells,
	            d->n_points, "likelihood of the cells' drifts");
	if (t0) {
		mr__fit_set(f, "t0_s", d->t0, d->t0_se, d->n_cells, d->n_points,
		            "likelihood of the cells' drifts");
		mr__fit_correlate(f, with_t0, 3, d->cov);
	} else {
		mr__fit_undetermined(f, "t0_s", "drifts began too late to "
		                     "tell it from the conductance");
	}
	if (d->owner == MR__DRIFT_OF_EVENT)
		mr__fit_warn(f, "drift exponents differ from programming to "
		             "programming; this model has one per cell");
}

static int fill(struct mr__fitting *f, struct mr__before *b)
{
	struct mr_errtext *err = f->err;
	int code = mr__fit_noise(f, &b->noise);

	if (code != MR_OK)
		return code;
	f->err = &b->why;
	b->drift_code = mr__fit_drift(f, &b->noise, &b->drift);
	f->err = err;
	b->there = true;
	return MR_OK;
}

/* What came before the steps; without drift readings the defaults stay. */
int mr__fit_before(struct mr__fitting *f)
{
	struct mr__before own = {0};
	struct mr__before *b = f->rough && f->before ? f->before : &own;
	int code = b->there ? MR_OK : fill(f, b);

	if (code != MR_OK)
		return code;
	keep_noise(f, &b->noise);
	if (b->drift_code == MR_OK)
		keep_drift(f, &b->drift);
	else if (b->drift_code != MR_ERR_UNSUPPORTED)
		return mr_errtext_set(f->err, b->drift_code, "%s", b->why.text);
	else if (!f->rough)
		mr__fit_warn(f, "no drift: %s", b->why.text);
	return MR_OK;
}

/* 1/f noise of a reading right after its pulse is small against a step; what
 * the likelihood must know is its order. */
struct mr__steplaw_seen mr__fit_seen(const struct mr__fitting *f)
{
	bool white = strcmp(f->fit->noise, "white") == 0;
	bool flicker = strcmp(f->fit->noise, "flicker") == 0;

	return (struct mr__steplaw_seen){
		.noise_slope = white ? mr__fit_value(f, "m3")
	                       : flicker ? mr__fit_value(f, "q_flicker") : 0,
		.noise_floor_S = white ? mr__fit_value(f, "c3_S") : 0,
		.nu = mr__fit_value(f, "nu"),
		.t0_s = mr__fit_value(f, "t0_s"),
	};
}
