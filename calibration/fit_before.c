/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Noise and drift in the names of the pcm models; and the runs that their steps
 * are fitted to. */
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
	return b->drift_code != MR_OK
	       ? MR_OK
	       : mr__fit_noise_aged(f, b->drift.nu, b->drift.t0, &b->noise);
}

int mr__before_take(struct mr__fitting *f, struct mr__before *own,
                    const struct mr__before **out)
{
	struct mr__before *b = f->rough && f->before ? f->before : own;

	*out = b;
	return b->there ? MR_OK : fill(f, b);
}

/* What came before the steps; without drift readings the defaults stay. */
int mr__fit_before(struct mr__fitting *f)
{
	struct mr__before own = {0};
	const struct mr__before *b;
	int code = mr__before_take(f, &own, &b);

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

/* The value of a parameter that the model may not have. */
static double value_or(const struct mr__fitting *f, const char *name,
                       double otherwise)
{
	const struct mr_estimate *e = mr_fit_find(f->fit, name);

	return e ? e->value : otherwise;
}

void mr__fit_leave_out(const struct mr__fitting *f,
                       struct mr__steplaw_seen *seen)
{
	const struct mr__before *b = f->before;
	bool shared = b && b->there && b->drift_code == MR_OK;

	seen->left_spread = shared ? b->drift.spread
	                    : seen->nu > 0 ? seen->nu_spread : 0;
	seen->left_t0_s = shared ? b->drift.t0 : seen->t0_s;
}

struct mr__steplaw_seen mr__fit_seen(const struct mr__fitting *f)
{
	struct mr__steplaw_seen seen = {
		.noise = {.kind = f->fit->noise,
	                  .slope = value_or(f, "m3", value_or(f, "noise", 0)),
	                  .floor_S = value_or(f, "c3_S", 0),
	                  .q_at_1 = value_or(f, "q_flicker", 0),
	                  .q_exponent = value_or(f, "q_exponent", 0.65),
	                  .q_max = value_or(f, "q_max", 0.2),
	                  .g_unit_S = value_or(f, "g_unit_S",
	                                       f->history->desc.g_unit_S),
	                  .t_read_s = value_or(f, "t_flicker_s",
	                                       value_or(f, "t_read_s", 1e-6))},
		.nu = value_or(f, "nu", 0),
		.nu_spread = value_or(f, "nu_spread", 0),
		.cell_nu = f->cell_nu,
		.t0_s = value_or(f, "t0_s", 1),
	};

	mr__fit_leave_out(f, &seen);
	return seen;
}

int mr__fit_steps(struct mr__fitting *f,
                  int (*fit)(struct mr__fitting *f,
                             const struct mr__steplaw *s))
{
	struct mr__steplaw_seen seen = mr__fit_seen(f);
	struct mr__steplaw *s;
	int code = mr__steplaw_new(f, &seen, MR__STEP_READINGS_LEAST, &s);

	if (code != MR_OK)
		return code;
	code = fit(f, s);
	mr__steplaw_free(s);
	return code;
}

int mr__score_steps(const struct mr__fitting *f,
                    double (*density)(const struct mr__steplaw *s, size_t k,
                                      const void *with),
                    const void *with, double *sum, double *per_cell,
                    uint64_t *n)
{
	struct mr__steplaw_seen seen = mr__fit_seen(f);
	struct mr__steplaw *s;
	int code = mr__steplaw_new(f, &seen, 1, &s);

	if (code != MR_OK)
		return code;
	for (size_t k = 0; k < mr__steplaw_cells(s); k++) {
		double d = density(s, k, with) + mr__steplaw_undone(s, k);

		per_cell[mr__steplaw_cell(s, k)] = d;
		*sum += d;
	}
	*n += mr__steplaw_readings(s);
	mr__steplaw_free(s);
	return MR_OK;
}
