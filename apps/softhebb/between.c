/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Walks between classes. */
#include "between.h"

#include <stdlib.h>
#include <string.h>

#define ALPHA 0.01  /* change of a pixel in a step */
#define STEPS 10    /* between two pictures shown */

static bool takes_it(const struct mr_judge *judge, const float *x, float *z,
                     uint32_t class)
{
	const uint16_t label = (uint16_t)class;

	judge->type->scores(judge->self, x, 1, z);
	return mr_dense_right(z, &label, 1, judge->n_classes, NULL) == 1;
}

static int find(struct mr_between *b, const struct mr_judge *judge,
                const struct mr_images *images, float *z)
{
	for (b->image = 0; b->image < images->n; b->image++) {
		if (images->label[b->image] != b->from)
			continue;
		mr_attack_pixels(images, b->image, 1, b->x);
		if (takes_it(judge, b->x, z, b->from))
			return MR_OK;
	}
	return MR_ERR_MISSING;
}

static double probability(const struct mr_judge *judge, const float *x,
                          float *z, uint32_t class)
{
	const uint16_t label = (uint16_t)class;

	judge->type->scores(judge->self, x, 1, z);
	(void)mr_dense_loss(z, &label, 1, judge->n_classes, z);
	return 1 + (double)z[class];
}

static void walk(struct mr_between *b, const struct mr_judge *judge, float *z,
                 float *gx)
{
	const struct mr_attack attack = {.eps = 1, .alpha = ALPHA,
	                                 .steps = STEPS, .towards = true};
	const uint16_t label = (uint16_t)b->to;
	size_t n_in = judge->n_in;

	b->p[0] = probability(judge, b->x, z, b->to);
	for (unsigned k = 1; k < MR_BETWEEN_SHOWN; k++) {
		float *x = &b->x[k * n_in];

		memcpy(x, x - n_in, n_in * sizeof *x);
		mr_attack_go(&attack, judge, b->x, &label, 1, gx, x);
		b->p[k] = probability(judge, x, z, b->to);
	}
}

int mr_between_walk(struct mr_between *between, const struct mr_judge *judge,
                    const struct mr_images *images)
{
	float *z = calloc(judge->n_classes, sizeof *z);
	float *gx = calloc(judge->n_in, sizeof *gx);
	int code = MR_ERR_NOMEM;

	between->n_in = judge->n_in;
	between->x = calloc(MR_BETWEEN_SHOWN, judge->n_in * sizeof *between->x);
	if (z && gx && between->x)
		code = find(between, judge, images, z);
	if (code == MR_OK)
		walk(between, judge, z, gx);
	else
		mr_between_free(between);
	free(z);
	free(gx);
	return code;
}

void mr_between_free(struct mr_between *between)
{
	free(between->x);
	between->x = NULL;
}
