/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * pcm-step: the law of steps without history, of one spread and with relative
 * noise: m1 = -step / g_full, c1 = step, c2 = sd, the rest 0. g_full is a
 * quotient of two estimates; its error is propagated.
 */
#include "fit_before.h"

#include <math.h>
#include <string.h>

#define HOW "likelihood of the readings after single SETs"

static const enum mr__steplaw_param all[] = {
	MR__STEP_G_RESET, MR__STEP_SD_RESET, MR__STEP_M1, MR__STEP_C1,
	MR__STEP_C2, MR__STEP_G_MAX};

#define N_ALL (sizeof all / sizeof *all)

/* Places in `all`. */
enum { AT_G_RESET, AT_SD_RESET, AT_M1, AT_C1, AT_C2, AT_G_MAX };

static int suits(const struct mr_history *h, struct mr_errtext *err)
{
	return mr__fit_pcm.suits(h, err);
}

static void without_history(double *p)
{
	p[MR__STEP_ALPHA] = 1;
	p[MR__STEP_A1] = 0;
	p[MR__STEP_A2] = 0;
	p[MR__STEP_M2] = 0;
	p[MR__STEP_G_MIN] = 0;
}

/* In the names of the model, with the variances that go with them. */
static void keep(struct mr__fitting *f, const struct mr__steplaw *s, size_t n,
                 const double *p, const double *cov)
{
	uint32_t cells = mr__steplaw_cells(s);
	uint64_t points = mr__steplaw_readings(s);
	double full = -p[MR__STEP_C1] / p[MR__STEP_M1];
	double by_step = -1 / p[MR__STEP_M1];
	double by_slope = -full / p[MR__STEP_M1];
	double var = by_step * by_step * cov[AT_C1 * n + AT_C1]
	             + by_slope * by_slope * cov[AT_M1 * n + AT_M1]
	             + 2 * by_step * by_slope * cov[AT_C1 * n + AT_M1];

	mr__fit_set(f, "step_S", p[MR__STEP_C1], sqrt(cov[AT_C1 * n + AT_C1]),
	            cells, points, HOW);
	mr__fit_set(f, "g_full_S", full, sqrt(var), cells, points, HOW);
	mr__fit_set(f, "sd_S", p[MR__STEP_C2], sqrt(cov[AT_C2 * n + AT_C2]),
	            cells, points, HOW);
	mr__fit_set(f, "g_reset_S", p[MR__STEP_G_RESET],
	            sqrt(cov[AT_G_RESET * n + AT_G_RESET]), cells, points, HOW);
	mr__fit_set(f, "sd_reset_S", p[MR__STEP_SD_RESET],
	            sqrt(cov[AT_SD_RESET * n + AT_SD_RESET]), cells, points,
	            HOW);
	if (n > AT_G_MAX)
		mr__fit_set(f, "g_max_S", p[MR__STEP_G_MAX],
		            sqrt(cov[AT_G_MAX * n + AT_G_MAX]), cells, points,
		            HOW);
}

static int fit_steps(struct mr__fitting *f, const struct mr__steplaw *s)
{
	double p[MR__STEP_N];
	double cov[N_ALL * N_ALL] = {0};
	size_t n = N_ALL;
	int code;

	mr__steplaw_start(s, p);
	without_history(p);
	if (!mr__steplaw_piles_up(s, p, true)) {
		mr__fit_undetermined(f, "g_max_S", "no readings pile up there");
		p[MR__STEP_G_MAX] = 1e-3;
		n--;
	}
	code = mr__steplaw_fit(s, all, n, p, f->rough ? NULL : cov, f->err);
	if (code != MR_OK)
		return code;
	if (!(p[MR__STEP_M1] < 0))
		return mr_errtext_set(f->err, MR_ERR_RANGE,
		                      "steps do not get smaller with the "
		                      "conductance, which this model needs");
	keep(f, s, n, p, cov);
	return f->rough ? MR_OK : mr__steplaw_table(f, s);
}

static int fit_noise(struct mr__fitting *f)
{
	struct mr__before own = {0};
	const struct mr__before *b;
	int code = mr__before_take(f, &own, &b);

	if (code != MR_OK || !b->noise.kind)
		return code;
	if (strcmp(b->noise.kind, "white") != 0 || !(b->noise.white_cov[0] > 0))
		return MR_OK;
	mr__fit_set(f, "noise", b->noise.slope, sqrt(b->noise.white_cov[0]),
	            b->noise.n_cells, b->noise.n_points,
	            "likelihood of repeated readings");
	if (!f->rough
	    && b->noise.floor_S > 4 * sqrt(b->noise.white_cov[3]))
		mr__fit_warn(f, "readings have noise of %.2g S at 0 S; this "
		             "model's is relative", b->noise.floor_S);
	return MR_OK;
}

static int estimate(struct mr__fitting *f)
{
	int code = fit_noise(f);

	return code == MR_OK ? mr__fit_steps(f, fit_steps) : code;
}

static double density(const struct mr__steplaw *s, size_t k, const void *with)
{
	return mr__steplaw_density(s, k, with);
}

static int score(const struct mr__fitting *f, double *sum, double *per_cell,
                 uint64_t *n)
{
	double p[MR__STEP_N];

	without_history(p);
	p[MR__STEP_C1] = mr__fit_value(f, "step_S");
	p[MR__STEP_M1] = -p[MR__STEP_C1] / mr__fit_value(f, "g_full_S");
	p[MR__STEP_C2] = mr__fit_value(f, "sd_S");
	p[MR__STEP_G_RESET] = mr__fit_value(f, "g_reset_S");
	p[MR__STEP_SD_RESET] = mr__fit_value(f, "sd_reset_S");
	p[MR__STEP_G_MAX] = mr__fit_value(f, "g_max_S");
	return mr__score_steps(f, density, p, sum, per_cell, n);
}

const struct mr__fit_family mr__fit_pcm_step = {
	"pcm-step", false, suits, estimate, score};
