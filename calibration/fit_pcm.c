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
#include "fit_before.h"
#include "steplaw.h"

#include <math.h>
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
	double cov[MR__STEP_N * MR__STEP_N] = {0};
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

static int estimate(struct mr__fitting *f)
{
	int code = mr__fit_before(f);

	return code == MR_OK ? mr__fit_steps(f, fit_steps) : code;
}

static double density(const struct mr__steplaw *s, size_t k, const void *with)
{
	return mr__steplaw_density(s, k, with);
}

static int score(const struct mr__fitting *f, double *sum, double *per_cell,
                 uint64_t *n)
{
	double params[MR__STEP_N];

	for (int k = 0; k < MR__STEP_N; k++)
		params[k] = mr__fit_value(f, names[k]);
	return mr__score_steps(f, density, params, sum, per_cell, n);
}

const struct mr__fit_family mr__fit_pcm = {
	"pcm", false, suits, estimate, score};
