/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * What the cells conduct as they age. A read evaluates the drift law at its
 * own time. A drive uses a cached value: the cell as it was at the begin of
 * the largest block of time that holds now, is aligned to its own length (a
 * power of two of nanoseconds), and over which the logarithmic age moves by
 * no more than drift_step. Blocks nest, so the value depends on the time alone
 * and not on who looked before, it never goes back in time, and cells that were
 * programmed at different times fall due together.
 */
#include "crossbar.h"

#include <math.h>

#define NEVER INT64_MAX
#define NOW_STALE (INT64_MIN + 1)
#define BLOCK_BITS_MAX 61

static void set_flicker(struct crossbar *x, uint32_t first, uint32_t n)
{
	const struct mr_model *m = x->model;

	if (m->flicker_is_memory)
		return;
	if (m->flicker_run) {
		m->flicker_run(x->p, &x->c, first, n, x->q_s + first);
		return;
	}
	for (uint32_t cell = first; cell < first + n; cell++)
		x->q_s[cell] = m->flicker(x->p, &x->c, cell);
}

static void forget_row(struct crossbar *x, uint32_t row)
{
	x->row_alike[row] = 1;
	x->row_stale_ns[row] = NOW_STALE;
}

void mr__aging_touch_all(struct crossbar *x)
{
	for (uint32_t row = 0; row < x->rows; row++)
		forget_row(x, row);
	if (x->q_s)
		set_flicker(x, 0, x->n_cells);
}

/* From here on each cell of the row has a time of its own. */
static void set_apart(struct crossbar *x, uint32_t row)
{
	int64_t *stale = &x->stale_ns[(size_t)row * x->cols];

	if (!x->row_alike[row])
		return;
	for (uint32_t j = 0; j < x->cols; j++)
		stale[j] = x->row_stale_ns[row];
	x->row_alike[row] = 0;
}

void mr__aging_forget(struct crossbar *x, uint32_t cell)
{
	uint32_t row = cell / x->cols;

	if (x->row_alike[row] && x->row_stale_ns[row] == NOW_STALE)
		return;
	set_apart(x, row);
	x->stale_ns[cell] = x->row_stale_ns[row] = NOW_STALE;
}

void mr__aging_forget_lines(struct crossbar *x, const struct lines *l)
{
	bool whole = !l->cols && l->n_cols == x->cols;

	for (uint32_t i = 0; i < l->n_rows; i++) {
		uint32_t row = line_row(l, i);

		if (whole)
			forget_row(x, row);
		for (uint32_t j = 0; !whole && j < l->n_cols; j++)
			mr__aging_forget(x, row * x->cols + line_col(l, j));
	}
}

void mr__aging_programmed(struct crossbar *x, uint32_t first, uint32_t n,
                          int64_t t_ns)
{
	if (x->q_s)
		set_flicker(x, first, n);
	if (x->noise_kind == NOISE_FLICKER)
		mr__flicker_restart(x, first, n, t_ns);
}

static double age_s(const struct crossbar *x, uint32_t cell, int64_t t_ns)
{
	int64_t age_ns = t_ns - x->c.t_p_ns[cell];

	return age_ns > 0 ? (double)age_ns / NS_PER_S : 0;
}

double mr__aging_now(const struct crossbar *x, uint32_t cell, int64_t t_ns)
{
	const struct mr_drift *d = &x->drift;
	double g = (double)x->c.g_S[cell];

	if (!x->drifts)
		return g;
	double age = fmax(age_s(x, cell, t_ns), d->t_min_s) + d->shift_s;

	return g * exp(-(double)x->c.nu[cell] * log(age / d->t0_s));
}

MR_CLONES
static bool alike(const int64_t *t_p_ns, uint32_t n)
{
	int64_t differ = 0;

	for (uint32_t i = 0; i < n; i++)
		differ |= t_p_ns[i] ^ t_p_ns[0];
	return differ == 0;
}

/* Neighbours are as old as each other more often than not. */
void mr__aging_run(const struct crossbar *x, uint32_t first, uint32_t n,
                   int64_t t_ns, float *g_S)
{
	float age[CHUNK];

	if (!x->drifts) {
		for (uint32_t i = 0; i < n; i++)
			g_S[i] = x->c.g_S[first + i];
		return;
	}
	if (alike(x->c.t_p_ns + first, n)) {
		x->kernels->drift_alike(&x->kernel_drift, x->c.g_S + first,
		                        x->c.nu + first,
		                        (float)age_s(x, first, t_ns), n, g_S);
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		age[i] = (float)age_s(x, first + i, t_ns);
	x->kernels->drift(&x->kernel_drift, x->c.g_S + first, x->c.nu + first,
	                  age, n, g_S);
}

void mr__aging_cells(const struct crossbar *x, const uint32_t *cell, uint32_t n,
                     const int64_t *t_ns, float *g_S)
{
	float g[CHUNK], nu[CHUNK], age[CHUNK];

	for (uint32_t i = 0; i < n; i++)
		g_S[i] = g[i] = x->c.g_S[cell[i]];
	if (!x->drifts)
		return;
	for (uint32_t i = 0; i < n; i++) {
		nu[i] = x->c.nu[cell[i]];
		age[i] = (float)age_s(x, cell[i], t_ns[i]);
	}
	x->kernels->drift(&x->kernel_drift, g, nu, age, n, g_S);
}

/* How far 1/f noise has spread: its variance in units of Q_s^2. */
static double spread(const struct crossbar *x, uint32_t cell, int64_t t_ns)
{
	const struct mr_noise *n = &x->noise;
	double span = (age_s(x, cell, t_ns) + n->t0_s + n->t_read_s) /
	              (2 * n->t_read_s);

	return fmax(log(span), 0);
}

static inline double variance(const struct mr_noise *n, double g_S, double q_s,
                              double spread_by)
{
	double sd = n->slope * g_S + n->floor_S;
	double q = q_s * g_S;

	return sd * sd + q * q * spread_by;
}

double mr__aging_variance(const struct crossbar *x, uint32_t cell, double g_S,
                          int64_t t_ns)
{
	if (!x->noise.accumulates)
		return variance(&x->noise, g_S, 0, 0);
	return variance(&x->noise, g_S, (double)x->q_s[cell],
	                spread(x, cell, t_ns));
}

/* What the deviations of one reading of cells of one age have in common. */
struct deviation {
	float slope;
	float floor_S;
	float root_spread;
	float share;
};

MR_CLONES
static void deviate_white(const struct deviation *given,
                          const float *restrict z, uint32_t n,
                          float *restrict g_S)
{
	const struct deviation d = *given;

	for (uint32_t i = 0; i < n; i++)
		g_S[i] += __builtin_fabsf(d.slope * g_S[i] + d.floor_S) *
		          d.share * z[i];
}

MR_CLONES
static void deviate_spread(const struct deviation *given,
                           const float *restrict q_s, const float *restrict z,
                           uint32_t n, float *restrict g_S)
{
	const struct deviation d = *given;
	const float by = d.root_spread * d.share;

	for (uint32_t i = 0; i < n; i++)
		g_S[i] += q_s[i] * g_S[i] * by * z[i];
}

static void deviate_both(const struct deviation *d, const float *q_s,
                         const float *z, uint32_t n, float *g_S)
{
	for (uint32_t i = 0; i < n; i++) {
		float white = d->slope * g_S[i] + d->floor_S;
		float spread_by = q_s[i] * g_S[i] * d->root_spread;

		g_S[i] += __builtin_sqrtf(white * white +
		                          spread_by * spread_by) *
		          d->share * z[i];
	}
}

void mr__aging_deviate(const struct crossbar *x, uint32_t first, uint32_t n,
                       int64_t t_ns, double share, const float *z, float *g_S)
{
	const int64_t *t_p_ns = x->c.t_p_ns + first;
	struct deviation d = {.slope = (float)x->noise.slope,
	                      .floor_S = (float)x->noise.floor_S,
	                      .share = (float)share};
	uint32_t m;

	if (!x->noise.accumulates) {
		deviate_white(&d, z, n, g_S);
		return;
	}
	for (uint32_t i = 0; i < n; i += m) {
		const float *q_s = x->q_s + first + i;

		m = n - i;
		if (!alike(t_p_ns + i, m))
			for (m = 1; t_p_ns[i + m] == t_p_ns[i];)
				m++;
		d.root_spread = (float)sqrt(spread(x, first + i, t_ns));
		if (d.slope == 0 && d.floor_S == 0)
			deviate_spread(&d, q_s, z + i, m, g_S + i);
		else
			deviate_both(&d, q_s, z + i, m, g_S + i);
	}
}

/* ---- blocks of time ------------------------------------------------------ */

/* Longest span from an age on over which the logarithmic age moves by no more
 * than drift_step: d L = d age / (age + shift). */
static double width_ns(const struct crossbar *x, int64_t age_ns)
{
	double least_ns = x->drift.t_min_s * NS_PER_S;
	double age = (double)age_ns > least_ns ? (double)age_ns : least_ns;

	return x->drift_step * (age + x->drift.shift_s * NS_PER_S);
}

static int64_t block_begin(const struct crossbar *x, int64_t t_p_ns,
                           int64_t t_ns, int64_t *end_ns)
{
	double widest = width_ns(x, t_ns - t_p_ns);
	int bits = widest >= 2 ? ilogb(widest) : 0;

	if (bits > BLOCK_BITS_MAX)
		bits = BLOCK_BITS_MAX;
	for (;; bits--) {
		int64_t length = INT64_C(1) << bits;
		int64_t begin = t_ns & ~(length - 1);
		int64_t at = begin > t_p_ns ? begin : t_p_ns;

		*end_ns = begin + length;
		if (bits == 0 || (double)length <= width_ns(x, at - t_p_ns))
			return at;
	}
}

/* ---- refreshing ---------------------------------------------------------- */

/* Cells of a row that are due. */
struct due {
	uint32_t n;
	int64_t t_p_ns;   /* what a cell of this age has in common with the */
	int64_t begin_ns; /* next, which was programmed with it more often */
	int64_t end_ns;   /* than not */
	uint32_t cell[CHUNK];
	float g_S[CHUNK];
	float nu[CHUNK];
	float age_s[CHUNK];
	double spread_now; /* of cells of t_p_ns at begin_ns */
	double spread[CHUNK];
};

static void refresh_due(struct crossbar *x, struct due *due)
{
	float g[CHUNK];

	x->kernels->drift(&x->kernel_drift, due->g_S, due->nu, due->age_s, due->n,
	                  g);
	for (uint32_t i = 0; i < due->n; i++) {
		uint32_t cell = due->cell[i];

		x->g_now[cell] = g[i];
		if (x->var_now && x->noise_kind == NOISE_WHITE)
			x->var_now[cell] = (float)variance(
				&x->noise, (double)g[i],
				(double)x->q_s[cell], due->spread[i]);
	}
	due->n = 0;
}

static void add_due(struct crossbar *x, struct due *due, uint32_t cell,
                    int64_t t_ns)
{
	if (x->c.t_p_ns[cell] != due->t_p_ns) {
		due->t_p_ns = x->c.t_p_ns[cell];
		due->begin_ns = t_ns;
		due->end_ns = t_ns + 1;
		if (x->drift_step > 0)
			due->begin_ns = block_begin(x, due->t_p_ns, t_ns,
			                            &due->end_ns);
		due->spread_now = x->noise.accumulates
		                          ? spread(x, cell, due->begin_ns)
		                          : 0;
	}
	x->stale_ns[cell] = due->end_ns;
	due->cell[due->n] = cell;
	due->spread[due->n] = due->spread_now;
	due->g_S[due->n] = x->c.g_S[cell];
	due->nu[due->n] = x->c.nu[cell];
	due->age_s[due->n] = (float)age_s(x, cell, due->begin_ns);
	if (++due->n == CHUNK)
		refresh_due(x, due);
}

/* Cells that never change until they are programmed again. */
static bool keeps(const struct crossbar *x, uint32_t cell)
{
	return !x->drifts || (x->c.nu[cell] == 0.0f && !x->var_now);
}

static void refresh_piece(struct crossbar *x, uint32_t first, uint32_t n,
                          int64_t t_ns)
{
	bool white = x->var_now && x->noise_kind == NOISE_WHITE;
	double spread_by = x->noise.accumulates ? spread(x, first, t_ns) : 0;

	x->kernels->drift_alike(&x->kernel_drift, x->c.g_S + first,
	                        x->c.nu + first, (float)age_s(x, first, t_ns),
	                        n, x->g_now + first);
	for (uint32_t cell = first; white && cell < first + n; cell++)
		x->var_now[cell] = (float)variance(&x->noise,
		                                   (double)x->g_now[cell],
		                                   (double)x->q_s[cell],
		                                   spread_by);
}

/* The common case: a row that is due as a whole, of cells of one age. */
static bool refresh_alike(struct crossbar *x, uint32_t row, int64_t t_ns)
{
	uint32_t first = row * x->cols;
	int64_t t_p_ns = x->c.t_p_ns[first], begin_ns = t_ns, end_ns = t_ns + 1;

	if (!x->row_alike[row] || !x->drifts ||
	    !alike(&x->c.t_p_ns[first], x->cols))
		return false;
	if (x->drift_step > 0)
		begin_ns = block_begin(x, t_p_ns, t_ns, &end_ns);
	for (uint32_t j = 0; j < x->cols; j += CHUNK)
		refresh_piece(x, first + j,
		              x->cols - j < CHUNK ? x->cols - j : CHUNK,
		              begin_ns);
	x->row_stale_ns[row] = end_ns;
	return true;
}

/* Cells outside the selection keep their own due time, so the row's bound is
 * raised only when the whole row was looked at. */
static void refresh_row(struct crossbar *x, const struct lines *l,
                        uint32_t row, int64_t t_ns)
{
	int64_t *stale = &x->stale_ns[(size_t)row * x->cols];
	bool whole = !l->cols && l->n_cols == x->cols;
	int64_t earliest = NEVER;
	struct due due;

	if (whole && refresh_alike(x, row, t_ns))
		return;

	due.n = 0;
	due.t_p_ns = -1; /* no cell is that old */
	due.begin_ns = due.end_ns = t_ns;
	due.spread_now = 0;
	set_apart(x, row);
	for (uint32_t j = 0; j < l->n_cols; j++) {
		uint32_t cell = row * x->cols + line_col(l, j);

		if (t_ns < x->stale_ns[cell])
			continue;
		if (keeps(x, cell)) {
			x->g_now[cell] = x->c.g_S[cell];
			x->stale_ns[cell] = NEVER;
		} else {
			add_due(x, &due, cell, t_ns);
		}
	}
	if (due.n)
		refresh_due(x, &due);
	for (uint32_t j = 0; j < l->n_cols; j++)
		if (stale[line_col(l, j)] < earliest)
			earliest = stale[line_col(l, j)];
	if (whole)
		x->row_stale_ns[row] = earliest;
}

/* With flicker every drive looks at every cell. */
static void flicker_row(struct crossbar *x, const struct lines *l, uint32_t row,
                        int64_t t_ns)
{
	float factor[CHUNK], var[CHUNK];

	for (uint32_t j = 0; j < l->n_cols;) {
		uint32_t first = row * x->cols + line_col(l, j);
		uint32_t n = 1;

		while (j + n < l->n_cols && n < CHUNK &&
		       line_col(l, j + n) == line_col(l, j) + n)
			n++;
		mr__flicker_drive(x, first, n, t_ns, factor, var);
		for (uint32_t i = 0; i < n; i++) {
			float g = x->g_now[first + i];

			x->g_seen[first + i] = g * factor[i];
			x->var_now[first + i] = g * g * var[i];
		}
		j += n;
	}
}

struct refresh {
	struct crossbar *x;
	const struct lines *l;
	int64_t t_ns;
	uint32_t rows_per_block;
};

static void refresh_block(void *arg, uint32_t block)
{
	const struct refresh *w = arg;
	uint32_t first = block * w->rows_per_block;
	uint32_t end = first + w->rows_per_block;

	for (uint32_t i = first; i < end && i < w->l->n_rows; i++) {
		uint32_t row = line_row(w->l, i);

		if (w->t_ns >= w->x->row_stale_ns[row])
			refresh_row(w->x, w->l, row, w->t_ns);
		if (w->x->noise_kind == NOISE_FLICKER)
			flicker_row(w->x, w->l, row, w->t_ns);
	}
}

/* No later than any selected cell: a row whose bound was not raised because
 * only a part of it is selected is looked through. */
static int64_t holds_until(const struct crossbar *x, const struct lines *l,
                           int64_t t_ns, int64_t horizon_ns)
{
	bool whole = !l->cols && l->n_cols == x->cols;

	for (uint32_t i = 0; i < l->n_rows && horizon_ns > t_ns + 1; i++) {
		size_t row = line_row(l, i);
		int64_t bound = x->row_stale_ns[row];

		if (bound < horizon_ns && !whole && !x->row_alike[row]) {
			bound = NEVER;
			for (uint32_t j = 0; j < l->n_cols; j++) {
				int64_t stale = x->stale_ns[row * x->cols +
				                            line_col(l, j)];

				bound = stale < bound ? stale : bound;
			}
		}
		if (bound < horizon_ns)
			horizon_ns = bound;
	}
	return horizon_ns;
}

int64_t mr__aging_refresh(struct crossbar *x, const struct lines *l,
                          int64_t t_ns, int64_t horizon_ns)
{
	uint32_t per_block = 4 * CHUNK / l->n_cols + 1;
	struct refresh w = {
		.x = x, .l = l, .t_ns = t_ns, .rows_per_block = per_block};
	uint32_t n_blocks = (l->n_rows + per_block - 1) / per_block;
	bool due = x->noise_kind == NOISE_FLICKER;

	for (uint32_t i = 0; i < l->n_rows && !due; i++)
		due = t_ns >= x->row_stale_ns[line_row(l, i)];
	if (due)
		mr__pool_run(x->pool, refresh_block, &w, n_blocks);
	if (x->noise_kind == NOISE_FLICKER)
		return t_ns + 1;
	return horizon_ns > t_ns + 1 ? holds_until(x, l, t_ns, horizon_ns)
	                             : horizon_ns;
}
