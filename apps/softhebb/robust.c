/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Disturbed pictures, counted block by block. */
#include "robust.h"

#include <stdlib.h>
#include <string.h>

#define STEP_OF_BALL 2.5 /* alpha N / eps: Madry et al. */

double mr_robust_sigma(unsigned k)
{
	return k / 10.0;
}

double mr_robust_eps(unsigned k)
{
	static const double eps[MR_ROBUST_EPS] = {0, 8, 16, 32, 64};

	return eps[k] / 255;
}

struct work {
	const struct mr_robust_plan *plan;
	const struct mr_judge *judge[2]; /* by loss, by ln h */
	const char *name;
	struct mr_robust_row *row;
	float *origin; /* [block*n_in] */
	float *x;
	float *gx;
	float *z;       /* [block*n_classes] */
	uint8_t *right; /* [2*block] */
	uint64_t done, total;
};

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static int tell(struct work *w, uint32_t n)
{
	w->done += n;
	mr_watch_tell(&w->plan->watch, w->name, w->done, w->total);
	return mr_watch_stopped(&w->plan->watch) ? MR_ERR_STOPPED : MR_OK;
}

static uint32_t count(struct work *w, const float *x, uint32_t first,
                      uint32_t n, uint8_t *right)
{
	const struct mr_judge *judge = w->judge[0];

	judge->type->scores(judge->self, x, n, w->z);
	return mr_dense_right(w->z, &w->plan->images->label[first], n,
	                      judge->n_classes, right);
}

/* ---- noise ----------------------------------------------------------------------- */

static int add_noise(struct work *w, unsigned level)
{
	uint32_t n_all = w->plan->images->n, right = 0;
	int code = MR_OK;

	for (uint32_t at = 0; at < n_all && code == MR_OK;
	     at += MR_JUDGE_BLOCK) {
		uint32_t n = least(n_all - at, MR_JUDGE_BLOCK);

		mr_attack_pixels(w->plan->images, at, n, w->x);
		if (level)
			mr_attack_noise(mr_robust_sigma(level), w->plan->seed,
			                at, n, w->judge[0]->n_in, w->x);
		right += count(w, w->x, at, n, NULL);
		code = tell(w, n);
	}
	w->row->noise[level] = (double)right / n_all;
	return code;
}

/* ---- attacks --------------------------------------------------------------------- */

static uint32_t attack_block(struct work *w, unsigned by, unsigned strength,
                             uint32_t at, uint32_t n)
{
	double eps = mr_robust_eps(strength);
	const struct mr_attack attack = {
		.eps = eps,
		.alpha = STEP_OF_BALL * eps / w->plan->steps,
		.steps = strength ? w->plan->steps : 0,
		.seed = w->plan->seed,
		.still = strength == 0};

	mr_attack_run(&attack, w->judge[by], w->origin,
	              &w->plan->images->label[at], at, n, w->gx, w->x);
	return count(w, w->x, at, n, &w->right[(size_t)by * MR_JUDGE_BLOCK]);
}

static uint32_t both(const uint8_t *right, uint32_t n)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += right[i] && right[MR_JUDGE_BLOCK + i];
	return sum;
}

static int attack(struct work *w, unsigned strength)
{
	uint32_t n_all = least(w->plan->n_attacked, w->plan->images->n);
	uint32_t right[MR_ROBUST_ATTACKS] = {0};
	int code = MR_OK;

	for (uint32_t at = 0; at < n_all && code == MR_OK;
	     at += MR_JUDGE_BLOCK) {
		uint32_t n = least(n_all - at, MR_JUDGE_BLOCK);

		mr_attack_pixels(w->plan->images, at, n, w->origin);
		for (unsigned by = 0; by < 2 && w->judge[by]; by++)
			right[by] += attack_block(w, by, strength, at, n);
		if (w->judge[1])
			right[MR_ROBUST_WORST] += both(w->right, n);
		code = tell(w, n * w->plan->steps);
	}
	for (unsigned by = 0; by < MR_ROBUST_ATTACKS; by++)
		w->row->pgd[by][strength] = (double)right[by] / n_all;
	return code;
}

/* ---- all ------------------------------------------------------------------------- */

static int measure(struct work *w)
{
	uint32_t n_attacked = least(w->plan->n_attacked, w->plan->images->n);
	int code = MR_OK;

	w->total = (uint64_t)MR_ROBUST_SIGMAS * w->plan->images->n +
	           (uint64_t)MR_ROBUST_EPS * n_attacked * w->plan->steps;
	for (unsigned k = 0; k < MR_ROBUST_SIGMAS && code == MR_OK; k++)
		code = add_noise(w, k);
	for (unsigned k = 0; k < MR_ROBUST_EPS && code == MR_OK; k++)
		code = attack(w, k);
	return code;
}

int mr_robust_measure(const struct mr_robust_plan *plan,
                      const struct mr_judge *judge,
                      const struct mr_judge *by_log, const char *name,
                      struct mr_robust_row *row)
{
	const size_t block = MR_JUDGE_BLOCK;
	struct work w = {.plan = plan, .judge = {judge, by_log}, .name = name,
	                 .row = row};
	int code = MR_ERR_NOMEM;

	memset(row, 0, sizeof *row);
	w.origin = calloc(block, judge->n_in * sizeof *w.origin);
	w.x = calloc(block, judge->n_in * sizeof *w.x);
	w.gx = calloc(block, judge->n_in * sizeof *w.gx);
	w.z = calloc(block, judge->n_classes * sizeof *w.z);
	w.right = calloc(2, block);
	if (w.origin && w.x && w.gx && w.z && w.right)
		code = measure(&w);
	free(w.origin);
	free(w.x);
	free(w.gx);
	free(w.z);
	free(w.right);
	return code;
}
