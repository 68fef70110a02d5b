/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * pcm: the law of steps (steplaw.h) with its history, all coefficients
 * together. Read noise and drift come first: the law's readings are taken back
 * to the instant of their pulse, and their noise out of the spread.
 *
 * What data do not tell: the law of amplitudes and widths (gamma_i, gamma_w,
 * load line), the laws' switch drift_law, tolerance of pulses.
 */
#include "fit_drift.h"
#include "steplaw.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define HOW "likelihood of the readings after single SETs"

static const char *const names[MR__STEP_N] = {
	"g_reset_S", "sd_reset_S", "alpha_pulses", "m1", "c1_S", "a1_S",
	"m2", "c2_S", "a2_S", "g_min_S", "g_max_S"};

static int suits(const struct mr_history *h, struct mr_errtext *err)
{
	const struct mr_waveform *set =
		mr_description_effect(&h->desc, MR_EFFECT_RAISE);
	const struct mr_waveform *reset =
		mr_description_effect(&h->desc, MR_EFFECT_ERASE);

	if (set && reset)
		return MR_OK;
	return mr_errtext_set(err, MR_ERR_UNSUPPORTED,
	                      "the array describes no %s pulse",
	                      set ? "RESET" : "SET");
}

/* 1/f noise of a reading right after its pulse is small against a step; what
 * the likelihood must know is its order. */
static struct mr__steplaw_seen seen_of(const struct mr__fitting *f)
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

/* A clamp that no reading reached is not fitted, and does not clip. */
static size_t choose_free(struct mr__fitting *f, const struct mr__steplaw *s,
                          double *params, enum mr__steplaw_param *which)
{
	size_t n = 0;

	for (int k = 0; k < MR__STEP_N; k++) {
		bool clamp = k == MR__STEP_G_MIN || k == MR__STEP_G_MAX;

		if (clamp && !mr__steplaw_piles_up(s, params,
		                                   k == MR__STEP_G_MAX)) {
			params[k] = k == MR__STEP_G_MAX ? 1e-3 : -1e-3;
			mr__fit_undetermined(f, names[k],
			                     "no readings pile up there");
			continue;
		}
		which[n++] = (enum mr__steplaw_param)k;
	}
	return n;
}

static void keep(struct mr__fitting *f, const struct mr__steplaw *s,
                 const enum mr__steplaw_param *which, size_t n,
                 const double *params, const double *cov)
{
	const char *fitted[MR__STEP_N];

	for (size_t k = 0; k < n; k++) {
		double var = cov[k * n + k];

		fitted[k] = names[which[k]];
		if (var > 0)
			mr__fit_set(f, fitted[k], params[which[k]], sqrt(var),
			            mr__steplaw_cells(s),
			            mr__steplaw_readings(s), HOW);
		else
			mr__fit_undetermined(f, fitted[k], HOW);
	}
	mr__fit_correlate(f, fitted, n, cov);
}

static int fit_steps(struct mr__fitting *f, const struct mr__steplaw *s)
{
	enum mr__steplaw_param which[MR__STEP_N];
	double params[MR__STEP_N];
	double cov[MR__STEP_N * MR__STEP_N];
	size_t n;
	int code;

	mr__steplaw_start(s, params);
	n = choose_free(f, s, params, which);
	code = mr__steplaw_fit(s, which, n, params, f->rough ? NULL : cov,
	                       f->err);
	if (code != MR_OK)
		return code;
	for (size_t k = 0; k < n * n && f->rough; k++)
		cov[k] = k % (n + 1) == 0;
	keep(f, s, which, n, params, cov);
	return f->rough ? MR_OK : mr__steplaw_table(f, s);
}

/* ---- noise and drift ----------------------------------------------------- */

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
	(void)snprintf(f->fit->noise, sizeof f->fit->noise, "%s", n->kind);
	if (strcmp(n->kind, "white") == 0)
		keep_white(f, n);
	if (strcmp(n->kind, "flicker") == 0 && isfinite(n->q_at_1))
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

/* What came before the steps; without drift readings the defaults stay. */
static int fit_before(struct mr__fitting *f)
{
	struct mr_errtext *err = f->err;
	struct mr_errtext why = {""};
	struct mr__noise_fit noise;
	struct mr__drift_fit drift;
	int code = mr__fit_noise(f, &noise);

	if (code != MR_OK)
		return code;
	keep_noise(f, &noise);
	f->err = &why;
	code = mr__fit_drift(f, &noise, &drift);
	f->err = err;
	if (code == MR_OK)
		keep_drift(f, &drift);
	else if (code == MR_ERR_UNSUPPORTED && !f->rough)
		mr__fit_warn(f, "no drift: %s", why.text);
	return code == MR_ERR_UNSUPPORTED
	       ? MR_OK
	       : code == MR_OK ? MR_OK
	                       : mr_errtext_set(err, code, "%s", why.text);
}

static int estimate(struct mr__fitting *f)
{
	struct mr__steplaw_seen seen;
	struct mr__steplaw *s;
	int code = fit_before(f);

	if (code != MR_OK)
		return code;
	seen = seen_of(f);
	code = mr__steplaw_new(f, &seen, &s);
	if (code != MR_OK)
		return code;
	code = fit_steps(f, s);
	mr__steplaw_free(s);
	return code;
}

static int score(const struct mr__fitting *f, double *sum, double *per_cell,
                 uint64_t *n)
{
	struct mr__steplaw_seen seen = seen_of(f);
	struct mr__steplaw *s;
	double params[MR__STEP_N];
	int code = mr__steplaw_new(f, &seen, &s);

	if (code != MR_OK)
		return code;
	for (int k = 0; k < MR__STEP_N; k++)
		params[k] = mr__fit_value(f, names[k]);
	for (size_t k = 0; k < mr__steplaw_cells(s); k++) {
		double d = mr__steplaw_density(s, k, params);

		per_cell[mr__steplaw_cell(s, k)] = d;
		*sum += d;
	}
	*n += mr__steplaw_readings(s);
	mr__steplaw_free(s);
	return MR_OK;
}

const struct mr__fit_family mr__fit_pcm = {"pcm", suits, estimate, score};
