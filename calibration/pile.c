/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

#include "pile.h"

#include <math.h>
#include <stdlib.h>

#define REACH 4.5    /* of the pile's noise */
#define ASIDE 9.0    /* readings between the two tell how dense others are */
#define CROSSING 0.4 /* integral of Phi(-x) over x > 0 */

struct reading {
	double distance;
	size_t at;
};

static int by_distance(const void *a, const void *b)
{
	double x = ((const struct reading *)a)->distance;
	double y = ((const struct reading *)b)->distance;

	return (x > y) - (x < y);
}

/* Readings of one side within reach, nearest first. */
static size_t take_side(const double *beyond, size_t n, double sign,
                        struct reading *out)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		if (sign * beyond[i] >= 0 && sign * beyond[i] < REACH)
			out[found++] = (struct reading){sign * beyond[i], i};
	qsort(out, found, sizeof *out, by_distance);
	return found;
}

static size_t crossing(const double *beyond, size_t n)
{
	size_t aside = 0;

	for (size_t i = 0; i < n; i++)
		aside += -beyond[i] >= REACH && -beyond[i] < ASIDE;
	return (size_t)lround(CROSSING * (double)aside / (ASIDE - REACH));
}

/* For each one outside the nearest inside that is left, in order. */
static void match(const struct reading *outside, size_t n_out,
                  const struct reading *inside, size_t n_in, uint8_t value,
                  uint8_t *mark)
{
	size_t j = 0;

	for (size_t i = 0; i < n_out; i++) {
		double d = outside[i].distance;

		mark[outside[i].at] = value;
		while (j + 1 < n_in && fabs(inside[j + 1].distance - d)
		                       <= fabs(inside[j].distance - d))
			j++;
		if (j < n_in)
			mark[inside[j++].at] = value;
	}
}

int mr__pile_mark(const double *beyond, size_t n, uint8_t value, uint8_t *mark)
{
	struct reading *outside = malloc(2 * (n + 1) * sizeof *outside);
	struct reading *inside;
	size_t n_out;
	size_t n_in;
	size_t others = crossing(beyond, n);

	if (!outside)
		return MR_ERR_NOMEM;
	inside = outside + n + 1;
	n_out = take_side(beyond, n, 1, outside);
	n_in = take_side(beyond, n, -1, inside);
	others = others < n_out ? others : n_out;
	match(outside + others, n_out - others, inside, n_in, value, mark);
	free(outside);
	return MR_OK;
}
