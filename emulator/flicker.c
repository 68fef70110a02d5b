/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * 1/f noise that is consistent in time: a ladder of Ornstein-Uhlenbeck states
 * per cell, one per decade, all zero when the cell is programmed (of a model
 * whose ages count from t_0 after that: t_0 before age 0),
 *
 *     tau_k = 7.12 t_read 10^(k + 1/2),  k = 0 .. 15,
 *     variance of each state Q^2 ln 10,
 *     x(t + d) = x(t) exp(-d / tau) + sqrt(1 - exp(-2 d / tau)) N(0, 1),
 *
 * whose sum has the variance Q^2 ln((t + t_read) / (2 t_read)) within .3 % and
 * the spectrum Q^2 / f. A state is sampled at the begin of the largest block
 * of time that is aligned to its own length and no longer than tau / 16 and
 * age / 64, and held within it (blocks nest, see aging.c).
 *
 * Reads and drives see the same states. A drive does not draw those that are
 * fast against the last two times between accesses: they are independent from
 * access to access, and their variance is folded into the one Gaussian of each
 * output. What was folded is not known afterwards and is drawn anew when an
 * access comes sooner.
 *
 * Variance law: V. Joshi et al., Nat. Commun. 11, 2473 (2020), as shipped in
 * aihwkit; the ladder is this project's. Checked by tests/test_flicker.c.
 */
#include "crossbar.h"

#include <math.h>
#include <stdlib.h>

#include "memrig/random.h"

#define TAU_0 7.12       /* of the first state, in t_read, but for 10^(1/2) */
#define FAST 8.0         /* times tau: a correlation of exp(-8) is none */
#define HOLDS_PER_TAU 16 /* samples of a state within its time constant */
#define HOLDS_PER_AGE 64 /* likewise within the age of a young cell */
#define SQRT_LN_10 1.517427129385146f

int mr__flicker_alloc(struct crossbar *x)
{
	struct flicker *f = &x->flicker;
	size_t n = x->n_cells;

	f->x = calloc(n * FLICKER_STATES, sizeof(float));
	f->seen_ns = calloc(n, sizeof(int64_t));
	f->kept = calloc(n, sizeof(uint8_t));
	f->idle = calloc(n, sizeof(uint8_t));
	f->events = calloc(n, sizeof(uint64_t));
	f->lead_ns = mr__crossbar_ns(x->noise.t0_s);
	for (int k = 0; k < FLICKER_STATES; k++) {
		double tau_ns = TAU_0 * x->noise.t_read_s * NS_PER_S *
		                pow(10, k + 0.5);
		double hold_ns = tau_ns / HOLDS_PER_TAU;

		f->tau_ns[k] = tau_ns;
		f->hold_ns[k] = INT64_C(1)
		                << (hold_ns >= 2 ? (int)fmin(ilogb(hold_ns), 61)
		                                 : 0);
	}
	return f->x && f->seen_ns && f->kept && f->idle &&
	                       f->events
	               ? MR_OK
	               : MR_ERR_NOMEM;
}

void mr__flicker_free(struct crossbar *x)
{
	struct flicker *f = &x->flicker;

	free(f->events);
	free(f->idle);
	free(f->kept);
	free(f->seen_ns);
	free(f->x);
}

static int64_t born_ns(const struct crossbar *x, uint32_t cell)
{
	return x->c.t_p_ns[cell] - x->flicker.lead_ns;
}

void mr__flicker_restart(struct crossbar *x, uint32_t first, uint32_t n,
                         int64_t t_ns)
{
	struct flicker *f = &x->flicker;

	for (uint32_t cell = first; cell < first + n; cell++) {
		if (x->c.t_p_ns[cell] != t_ns)
			continue; /* a pulse too weak, or a defect */
		f->seen_ns[cell] = born_ns(x, cell);
		f->kept[cell] = 0;
		f->idle[cell] = 0;
		for (size_t k = 0; k < FLICKER_STATES; k++)
			f->x[k * x->n_cells + cell] = 0;
	}
}

/* Cells at work, and the step that the last of them took: neighbours take the
 * same one more often than not. */
struct ladder {
	struct crossbar *x;
	uint32_t first;
	uint32_t n;
	int64_t t_ns;
	int64_t step_ns;
	float keeps;
	float gains;
};

/* The greatest that is no greater. Half the time of reads went into finding it by
 * doubling. */
static int64_t power_of_2(int64_t most)
{
#if defined(__GNUC__)
	return INT64_C(1) << (63 - __builtin_clzll((unsigned long long)most));
#else
	int64_t length = 1;

	while (length <= most / 2)
		length *= 2;
	return length;
#endif
}

static int64_t on_grid(const struct ladder *l, uint32_t cell, int k,
                       int64_t t_ns)
{
	int64_t from_ns = born_ns(l->x, cell);
	int64_t longest = (t_ns - from_ns) / HOLDS_PER_AGE;
	int64_t length;

	if (longest > l->x->flicker.hold_ns[k])
		longest = l->x->flicker.hold_ns[k];
	length = longest > 1 ? power_of_2(longest) : 1;
	for (;; length /= 2) {
		int64_t begin = t_ns & ~(length - 1);
		int64_t at = begin > from_ns ? begin : from_ns;

		if (length == 1 || length <= (at - from_ns) / HOLDS_PER_AGE)
			return at;
	}
}

static void take_step(struct ladder *l, int k, int64_t step_ns)
{
	double d = (double)step_ns / l->x->flicker.tau_ns[k];

	l->step_ns = step_ns;
	l->keeps = (float)exp(-d);
	l->gains = (float)sqrt(-expm1(-2 * d));
}

/* A way that a state has to go: neighbours of the same age that were last seen
 * together have the same, and finding it is what takes longest. */
struct way {
	int64_t born_ns;
	int64_t seen_ns;
	int64_t step_ns;
	bool anew;
	bool known;
};

/* How far state k of a cell has to go; what was not kept begins at its
 * programming, from zero, as if never looked at. */
static void find_way(struct ladder *l, uint32_t cell, int k, struct way *w)
{
	const struct flicker *f = &l->x->flicker;
	int64_t born = born_ns(l->x, cell);
	bool anew = k < f->kept[cell];

	if (w->known && w->born_ns == born && w->seen_ns == f->seen_ns[cell]
	    && w->anew == anew)
		return;
	*w = (struct way){born, f->seen_ns[cell], 0, anew, true};
	w->step_ns = on_grid(l, cell, k, l->t_ns)
	             - (anew ? born : on_grid(l, cell, k, w->seen_ns));
}

/* One state of all cells, from its kept ones on; returns whether it drew. */
static bool advance_state(struct ladder *l, int k, const uint8_t *fast)
{
	struct flicker *f = &l->x->flicker;
	float *state = &f->x[(size_t)k * l->x->n_cells + l->first];
	uint64_t event[CHUNK];
	int64_t step[CHUNK];
	bool anew[CHUNK], any = false;
	struct way way = {.known = false};
	float z[CHUNK];

	for (uint32_t i = 0; i < l->n; i++) {
		step[i] = 0;
		if (k >= fast[i]) {
			find_way(l, l->first + i, k, &way);
			step[i] = way.step_ns;
			anew[i] = way.anew;
		}
		event[i] = f->events[l->first + i] * FLICKER_STATES +
		           (uint64_t)k;
		any = any || step[i] > 0;
	}
	if (!any)
		return false;
	mr_random_normals(l->x->seed, MR_PURPOSE_FLICKER, l->first, event, l->n,
	                  z);
	l->step_ns = 0;
	for (uint32_t i = 0; i < l->n; i++) {
		if (step[i] <= 0)
			continue;
		if (step[i] != l->step_ns)
			take_step(l, k, step[i]);
		state[i] = (anew[i] ? 0 : state[i]) * l->keeps + l->gains * z[i];
	}
	return true;
}

static void advance(struct ladder *l, const uint8_t *fast, float *factor)
{
	struct flicker *f = &l->x->flicker;
	bool drew = false;

	for (uint32_t i = 0; i < l->n; i++)
		factor[i] = 0;
	for (int k = 0; k < FLICKER_STATES; k++) {
		const float *state = &f->x[(size_t)k * l->x->n_cells + l->first];

		drew = advance_state(l, k, fast) || drew;
		for (uint32_t i = 0; i < l->n; i++)
			factor[i] += k < fast[i] ? 0 : state[i];
	}
	for (uint32_t i = 0; i < l->n; i++) {
		uint32_t cell = l->first + i;

		factor[i] = 1 + SQRT_LN_10 * l->x->q_s[cell] * factor[i];
		f->kept[cell] = fast[i];
		f->seen_ns[cell] = l->t_ns;
		f->events[cell] += drew;
	}
}

/* How many states have forgotten what they were after so long. */
static uint8_t outrun(const struct flicker *f, int64_t idle_ns)
{
	uint8_t k = 0;

	while (k < FLICKER_STATES && (double)idle_ns >= FAST * f->tau_ns[k])
		k++;
	return k;
}

void mr__flicker_read(struct crossbar *x, uint32_t first, uint32_t n,
                      int64_t t_ns, float *factor)
{
	struct flicker *f = &x->flicker;
	struct ladder l = {.x = x, .first = first, .n = n, .t_ns = t_ns};
	const uint8_t fast[CHUNK] = {0};

	for (uint32_t cell = first; cell < first + n; cell++)
		f->idle[cell] = outrun(f, t_ns - f->seen_ns[cell]);
	advance(&l, fast, factor);
}

void mr__flicker_drive(struct crossbar *x, uint32_t first, uint32_t n,
                       int64_t t_ns, float *factor, float *var)
{
	struct flicker *f = &x->flicker;
	struct ladder l = {.x = x, .first = first, .n = n, .t_ns = t_ns};
	uint8_t fast[CHUNK] = {0};

	for (uint32_t i = 0; i < n; i++) {
		uint32_t cell = first + i;
		uint8_t before = f->idle[cell];
		uint8_t now = outrun(f, t_ns - f->seen_ns[cell]);
		float sd = SQRT_LN_10 * x->q_s[cell];

		fast[i] = now < before ? now : before;
		f->idle[cell] = now;
		var[i] = sd * sd * (float)fast[i];
	}
	advance(&l, fast, factor);
}
