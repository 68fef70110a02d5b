/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The processes of crowd.h. */
#include "crowd.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "memrig/random.h"

#define GROUP 0u /* subjects of draws */
#define OTHERS 1u
#define REFERENCE 2u
#define STEP_SHIFT 32 /* event = step and the number of the draw in it */

static int no_memory(struct mr_errtext *err)
{
	return mr_errtext_set(err, MR_ERR_NOMEM, "no memory for the processes");
}

static int check(double p, double c, uint32_t n, struct mr_errtext *err)
{
	if (n == 0 || n > MR_CROWD_MAX)
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "%u processes; there must be 1 to %u",
		                      (unsigned)n, MR_CROWD_MAX);
	if (!(p > 0 && p < 1))
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "a rate of %g per step; it must be above 0 "
		                      "and below 1",
		                      p);
	if (!(c >= 0 && c <= 1))
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "a correlation of %g; it must be 0 to 1", c);
	return MR_OK;
}

int mr_crowd_draw(struct mr_crowd *crowd, const int8_t *label, uint32_t n,
                  double p, double c, uint64_t seed, struct mr_errtext *err)
{
	int code = check(p, c, n, err);
	uint32_t at = 0;

	memset(crowd, 0, sizeof *crowd);
	if (code != MR_OK)
		return code;
	crowd->member = malloc(n * sizeof *crowd->member);
	crowd->active = malloc(n * sizeof *crowd->active);
	if (!crowd->member || !crowd->active) {
		mr_crowd_free(crowd);
		return no_memory(err);
	}
	for (int part = 1; part >= 0; part--) {
		for (uint32_t i = 0; i < n; i++)
			if ((label[i] == 1) == part)
				crowd->member[at++] = i;
		if (part)
			crowd->n_group = at;
	}
	crowd->n = n;
	crowd->p = p;
	crowd->c = c;
	crowd->seed = seed;
	crowd->mean = n * p;
	crowd->sd = sqrt(n * p * (1 - p));
	return MR_OK;
}

int mr_crowd_list(struct mr_crowd *crowd, const struct mr_inputs *inputs,
                  struct mr_errtext *err)
{
	double variance = 0;

	memset(crowd, 0, sizeof *crowd);
	crowd->n = inputs->n;
	crowd->events = &inputs->events;
	crowd->active = malloc(inputs->n * sizeof *crowd->active);
	if (!crowd->active)
		return no_memory(err);
	for (uint32_t i = 0; i < inputs->n; i++) {
		double p = inputs->rate_hz[i] * inputs->dt_s;

		crowd->mean += p;
		variance += p * (1 - p);
	}
	crowd->sd = sqrt(variance);
	return MR_OK;
}

void mr_crowd_free(struct mr_crowd *crowd)
{
	free(crowd->member);
	free(crowd->active);
	memset(crowd, 0, sizeof *crowd);
}

/* Uniform numbers in (0, 1], two from each address. */
struct source {
	uint64_t seed;
	struct mr_address at;
	double u[2];
	int left;
};

static double uniform_of(uint32_t high, uint32_t low)
{
	uint64_t bits = (uint64_t)high << 32 | low;

	return ((double)(bits >> 11) + 1.0) * 0x1p-53;
}

static double next_uniform(struct source *s)
{
	if (s->left == 0) {
		uint32_t w[4];

		mr_random_bits(s->seed, s->at, w);
		s->at.event++;
		s->u[0] = uniform_of(w[0], w[1]);
		s->u[1] = uniform_of(w[2], w[3]);
		s->left = 2;
	}
	return s->u[--s->left];
}

/* Members first .. end - 1 are active with probability q each. The gap to the
 * next active one is geometric: P(gap > k) = (1 - q)^k. */
static void draw_part(struct mr_crowd *crowd, uint32_t subject, uint32_t first,
                      uint32_t end, double q)
{
	struct source s = {.seed = crowd->seed,
	                   .at = {.purpose = MR_PURPOSE_INPUT,
	                          .subject = subject,
	                          .event = crowd->step << STEP_SHIFT}};
	double scale = q < 1 ? 1 / log1p(-q) : 0;
	uint64_t i = first;

	if (q <= 0)
		return;
	for (;; i++) {
		double gap = log(next_uniform(&s)) * scale;

		if (gap >= end - i)
			return;
		i += (uint64_t)gap;
		crowd->active[crowd->n_active++] = crowd->member[i];
	}
}

static void draw_step(struct mr_crowd *crowd)
{
	struct mr_address at = {.purpose = MR_PURPOSE_INPUT,
	                        .subject = REFERENCE,
	                        .event = crowd->step};
	double p = crowd->p, root = sqrt(crowd->c);
	bool reference = mr_random_uniform(crowd->seed, at) <= p;

	crowd->latent += reference;
	draw_part(crowd, GROUP, 0, crowd->n_group,
	          p + root * ((reference ? 1 : 0) - p));
	draw_part(crowd, OTHERS, crowd->n_group, crowd->n, p);
}

static void list_step(struct mr_crowd *crowd)
{
	const struct mr_events *e = crowd->events;
	uint32_t t = (uint32_t)(crowd->step % e->n_steps);

	crowd->n_active = (uint32_t)(e->first[t + 1] - e->first[t]);
	memcpy(crowd->active, e->input + e->first[t],
	       crowd->n_active * sizeof *crowd->active);
}

void mr_crowd_step(struct mr_crowd *crowd)
{
	crowd->n_active = 0;
	if (crowd->events)
		list_step(crowd);
	else
		draw_step(crowd);
	crowd->step++;
}
