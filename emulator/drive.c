/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The analog matrix-vector product. Read noise that is independent from call
 * to call is a single Gaussian per output, whose variance, sum v^2 sd^2, is
 * summed beside the product.
 *
 * Vectors of a batch that see the same conductances go through the cells
 * together. Sums run in the order of the lines for each output, whatever the
 * blocks, batches and threads, so that none of them changes a bit.
 */
#include "crossbar.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "memrig/random.h"

#define ROW_OUTPUT 0x80000000u /* keeps row outputs apart from column outputs */
#define WIDE 1024              /* columns that are summed in the first cache */
#define THREADS_FROM 65536     /* cells below which threads cost more */
#define RUN_MAX 256            /* vectors that go together */
#define DEPTH 64               /* rows of panels that stay in the cache */
#define TILE KERNEL_COLUMNS
#define TILES 4                /* panels of a block: 64 normals at once */
#define GROUPS_MAX (RUN_MAX / KERNEL_VECTORS)
#define GROUP_SIZE ((size_t)2 * KERNEL_VECTORS) /* floats per line: v, v^2 */

struct driving {
	struct crossbar *x;
	struct mr_op *op;
	struct lines l;
	const float *g;   /* what is summed: [n_cells] */
	uint32_t vector;  /* first of the run */
	uint32_t n_run;   /* vectors of the run */
	uint32_t n_in;
	uint32_t n_out;
	uint32_t n_block; /* outputs of a block */
	atomic_uint status;
};

size_t mr__drive_scratch(const struct crossbar *x)
{
	size_t longest = x->rows > x->cols ? x->rows : x->cols;

	return longest * GROUP_SIZE * GROUPS_MAX;
}

static bool by_rows(const struct driving *w)
{
	return w->op->drive.axis == MR_AXIS_ROWS;
}

/* ---- outputs ------------------------------------------------------------- */

/* Standard normals of outputs first .. first + n - 1 for vector `i` of the
 * run; neighbouring lines are drawn together. */
static void draw(const struct driving *w, uint32_t i, uint32_t first,
                 uint32_t n, float *z)
{
	const struct crossbar *x = w->x;
	const uint64_t *drives = by_rows(w) ? x->col_drives : x->row_drives;
	uint32_t flag = by_rows(w) ? 0 : ROW_OUTPUT;
	uint64_t event[CHUNK];

	for (uint32_t k = 0; k < n;) {
		uint32_t m = 0, line = 0;

		for (; k + m < n; m++) {
			uint32_t at = by_rows(w) ? line_col(&w->l, first + k + m)
			                         : line_row(&w->l, first + k + m);

			if (m && at != line + m)
				break;
			line = m ? line : at;
			event[m] = drives[at] + i;
		}
		mr_random_normals(x->seed, MR_PURPOSE_DRIVE, line | flag, event, m,
		                  z + k);
		k += m;
	}
}

MR_CLONES
static void add_noise(float *restrict y, const float *restrict var, float scale,
                      const float *restrict z, uint32_t n)
{
	for (uint32_t k = 0; k < n; k++)
		y[k] += sqrtf(scale * var[k]) * z[k];
}

/* Currents as the converter reports them. */
static unsigned convert(const struct periphery *p, uint32_t n, float *i_A,
                        uint8_t *status)
{
	unsigned all = 0;

	if (mr__periphery_reads_all(p)) {
		if (status)
			memset(status, 0, n);
		return 0;
	}
	for (uint32_t k = 0; k < n; k++) {
		uint8_t bits = 0;

		i_A[k] = mr__periphery_adc(p, i_A[k], &bits);
		if (status)
			status[k] = bits;
		all |= bits;
	}
	return all;
}

/* Outputs of vector `i` of the run: noise, converter, status. */
static unsigned finish(const struct driving *w, uint32_t i, uint32_t first,
                       uint32_t n, const float *sum, const float *var)
{
	const struct crossbar *x = w->x;
	struct mr_drive_op *dr = &w->op->drive;
	size_t at = (size_t)(w->vector + i) * w->n_out + first;
	float z[CHUNK];

	memcpy(dr->i_A + at, sum, n * sizeof *sum);
	if (x->noise_kind != NOISE_NONE) {
		draw(w, i, first, n, z);
		add_noise(dr->i_A + at, var,
		          x->var_now ? 1.0f : x->kernel_noise.scale, z, n);
	}
	return convert(&x->periphery, n, dr->i_A + at,
	               dr->status ? dr->status + at : NULL);
}

/* ---- one vector, fed on rows --------------------------------------------- */

/* Rows that are summed together: only those that carry a voltage. */
struct sheaf {
	uint32_t n;
	const float *g[KERNEL_ROWS];
	const float *var[KERNEL_ROWS];
	float v[KERNEL_ROWS];
	float v2[KERNEL_ROWS];
	float gathered[2][KERNEL_ROWS][CHUNK];
};

/* Columns first .. first + n - 1 of a row; listed ones are gathered. */
static const float *piece(const struct driving *w, const float *from,
                          uint32_t row, uint32_t first, uint32_t n, float *room)
{
	const float *line = from + (size_t)row * w->x->cols;

	if (!w->l.cols)
		return line + w->l.col0 + first;
	for (uint32_t k = 0; k < n; k++)
		room[k] = line[w->l.cols[first + k]];
	return room;
}

static void add_sheaf(const struct driving *w, struct sheaf *s, uint32_t n,
                      float *sum, float *var)
{
	const struct crossbar *x = w->x;

	if (x->var_now) {
		x->kernels->sums(s->g, s->v, s->n, n, sum);
		x->kernels->sums(s->var, s->v2, s->n, n, var);
	} else if (x->noise_kind == NOISE_NONE) {
		x->kernels->sums(s->g, s->v, s->n, n, sum);
	} else {
		x->kernels->columns(s->g, s->v, s->n, n,
		                    x->kernel_noise.offset_S, sum, var);
	}
	s->n = 0;
}

static void sum_columns(const struct driving *w, uint32_t first, uint32_t n,
                        float *sum, float *var)
{
	const struct crossbar *x = w->x;
	struct sheaf s;

	s.n = 0;
	for (uint32_t i = 0; i < w->n_in; i++) {
		uint32_t row = line_row(&w->l, i);
		float v = x->line_V[i];

		if (v == 0.0f)
			continue;
		s.v[s.n] = v;
		s.v2[s.n] = v * v;
		s.g[s.n] = piece(w, w->g, row, first, n, s.gathered[0][s.n]);
		if (x->var_now)
			s.var[s.n] = piece(w, x->var_now, row, first, n,
			                   s.gathered[1][s.n]);
		if (++s.n == KERNEL_ROWS)
			add_sheaf(w, &s, n, sum, var);
	}
	if (s.n)
		add_sheaf(w, &s, n, sum, var);
}

/* ---- one vector, fed on columns ------------------------------------------ */

static void dot_row(const struct driving *w, uint32_t row, const float *v2,
                    float *sum, float *var)
{
	const struct crossbar *x = w->x;
	const float offset_S = x->var_now ? 0 : x->kernel_noise.offset_S;
	float room[CHUNK], part, noise, unused;

	*sum = *var = 0;
	for (uint32_t j = 0; j < w->n_in; j += CHUNK) {
		uint32_t n = w->n_in - j < CHUNK ? w->n_in - j : CHUNK;

		x->kernels->dot(piece(w, w->g, row, j, n, room), x->line_V + j,
		                n, offset_S, &part, &noise);
		if (x->var_now)
			x->kernels->dot(piece(w, x->var_now, row, j, n, room),
			                v2 + j, n, 0, &noise, &unused);
		*sum += part;
		*var += noise;
	}
}

static void sum_rows(const struct driving *w, uint32_t first, uint32_t n,
                     float *sum, float *var)
{
	for (uint32_t k = 0; k < n; k++)
		dot_row(w, line_row(&w->l, first + k), w->x->packed, &sum[k],
		        &var[k]);
}

static void drive_block(void *arg, uint32_t block)
{
	struct driving *w = arg;
	uint32_t width = by_rows(w) && !w->l.cols ? WIDE : CHUNK;
	uint32_t end = (block + 1) * w->n_block;
	unsigned status = 0;

	if (end > w->n_out)
		end = w->n_out;
	for (uint32_t first = block * w->n_block; first < end; first += width) {
		uint32_t n = end - first < width ? end - first : width;
		float sum[WIDE] = {0};
		float var[WIDE] = {0};

		if (by_rows(w))
			sum_columns(w, first, n, sum, var);
		else
			sum_rows(w, first, n, sum, var);
		for (uint32_t k = 0; k < n; k += CHUNK)
			status |= finish(w, 0, first + k,
			                 n - k < CHUNK ? n - k : CHUNK, sum + k,
			                 var + k);
	}
	atomic_fetch_or(&w->status, status);
}

/* ---- several vectors, fed on rows ---------------------------------------- */

/* Sums and variances of TILES * TILE columns for all vectors of a run, as
 * kernels.batch keeps them. */
struct block {
	uint32_t first;
	uint32_t n; /* columns of it that exist */
	float acc[TILES][GROUPS_MAX][KERNEL_VECTORS][2][TILE];
};

#define ROWS_AHEAD 8 /* rows lie in pages of their own: none comes by itself */
#define LINE_FLOATS 16

static void fetch_ahead(const struct driving *w, const struct block *b,
                        uint32_t i)
{
#if defined(__GNUC__)
	if (w->l.cols || i + ROWS_AHEAD >= w->n_in)
		return;
	size_t at = (size_t)line_row(&w->l, i + ROWS_AHEAD) * w->x->cols +
	            w->l.col0 + b->first;
	const float *var = w->x->var_now;

	for (uint32_t k = 0; k < b->n; k += LINE_FLOATS)
		__builtin_prefetch(w->g + at + k);
	for (uint32_t k = 0; var && k < b->n; k += LINE_FLOATS)
		__builtin_prefetch(var + at + k);
#else
	(void)w, (void)b, (void)i;
#endif
}

/* A row of all panels; columns beyond the selection are 0 and their sums are
 * not looked at. */
static void pack_row(const struct driving *w, const struct block *b,
                     uint32_t row, float *panel)
{
	const struct crossbar *x = w->x;
	const size_t stride = DEPTH * KERNEL_PANEL;
	float padded[TILES * TILE] = {0}, room[TILES * TILE];
	const float *g = piece(w, w->g, row, b->first, b->n, room);

	if (b->n < TILES * TILE)
		g = memcpy(padded, g, b->n * sizeof *g);
	x->kernels->pack(g, TILES, stride, x->kernel_noise.offset_S, panel);
	if (!x->var_now)
		return;
	const float *var = piece(w, x->var_now, row, b->first, b->n, room);

	if (b->n < TILES * TILE)
		var = memcpy(padded, var, b->n * sizeof *var);
	for (size_t tile = 0; tile < TILES; tile++)
		memcpy(panel + tile * stride + TILE, var + tile * TILE,
		       TILE * sizeof *var);
}

static void sum_block(const struct driving *w, struct block *b)
{
	float panel[TILES][DEPTH][KERNEL_PANEL];
	uint32_t n_groups = (w->n_run + KERNEL_VECTORS - 1) / KERNEL_VECTORS;

	for (int tile = 0; tile < TILES; tile++)
		memset(b->acc[tile], 0, n_groups * sizeof b->acc[tile][0]);
	for (uint32_t row = 0; row < w->n_in; row += DEPTH) {
		uint32_t n = w->n_in - row < DEPTH ? w->n_in - row : DEPTH;

		for (uint32_t i = 0; i < n; i++) {
			fetch_ahead(w, b, row + i);
			pack_row(w, b, line_row(&w->l, row + i), panel[0][i]);
		}
		for (uint32_t p = 0; p < n_groups * TILES; p++) {
			uint32_t group = p % n_groups, tile = p / n_groups;
			const float *v = w->x->packed +
			                 ((size_t)group * w->n_in + row) *
			                         GROUP_SIZE;

			w->x->kernels->batch(panel[tile][0], v, n,
			                     b->acc[tile][group][0][0]);
		}
	}
}

/* Sums and variances of one vector, side by side. */
static void gather(const struct block *b, uint32_t i, float *sum, float *var)
{
	for (size_t tile = 0; tile < TILES; tile++) {
		const float(*acc)[TILE] =
			b->acc[tile][i / KERNEL_VECTORS][i % KERNEL_VECTORS];

		memcpy(sum + tile * TILE, acc[0], sizeof acc[0]);
		memcpy(var + tile * TILE, acc[1], sizeof acc[1]);
	}
}

static void batch_block(void *arg, uint32_t number)
{
	struct driving *w = arg;
	struct block b;
	unsigned status = 0;

	b.first = number * TILES * TILE;
	b.n = w->n_out - b.first < TILES * TILE ? w->n_out - b.first
	                                        : TILES * TILE;
	sum_block(w, &b);
	for (uint32_t i = 0; i < w->n_run; i++) {
		float sum[TILES * TILE], var[TILES * TILE];

		gather(&b, i, sum, var);
		status |= finish(w, i, b.first, b.n, sum, var);
	}
	atomic_fetch_or(&w->status, status);
}

/* Line voltages of the run as kernels.batch reads them; a group that
 * lacks vectors gets zeros. */
static void pack_vectors(struct driving *w)
{
	const struct crossbar *x = w->x;
	const float *from = w->op->drive.v_V + (size_t)w->vector * w->n_in;
	uint32_t n = (w->n_run + KERNEL_VECTORS - 1) / KERNEL_VECTORS *
	             KERNEL_VECTORS;

	for (uint32_t b = 0; b < n; b++) {
		float *to = x->packed +
		            (size_t)(b / KERNEL_VECTORS) * w->n_in * GROUP_SIZE +
		            b % KERNEL_VECTORS;

		for (uint32_t i = 0; i < w->n_in; i++) {
			float v = 0;

			if (b < w->n_run)
				v = mr__periphery_dac(
					&x->periphery,
					from[(size_t)b * w->n_in + i]);
			to[(size_t)i * GROUP_SIZE] = v;
			to[(size_t)i * GROUP_SIZE + KERNEL_VECTORS] = v * v;
		}
	}
}

/* ---- runs of vectors ------------------------------------------------------ */

static void count_drives(struct driving *w)
{
	struct crossbar *x = w->x;

	for (uint32_t k = 0; k < w->n_out; k++) {
		if (by_rows(w))
			x->col_drives[line_col(&w->l, k)] += w->n_run;
		else
			x->row_drives[line_row(&w->l, k)] += w->n_run;
	}
}

static void drive_one(struct driving *w)
{
	struct crossbar *x = w->x;
	const float *v = w->op->drive.v_V + (size_t)w->vector * w->n_in;
	uint32_t threads = mr__pool_threads(x->pool), n_blocks;

	for (uint32_t i = 0; i < w->n_in; i++) {
		x->line_V[i] = mr__periphery_dac(&x->periphery, v[i]);
		x->packed[i] = x->line_V[i] * x->line_V[i];
	}
	w->n_block = (w->n_out + threads - 1) / threads;
	if ((uint64_t)w->n_in * w->n_out < THREADS_FROM)
		w->n_block = w->n_out;
	w->n_block = (w->n_block + TILE - 1) / TILE * TILE;
	/* no selection is empty: n_block is not 0
	 * NOLINTNEXTLINE(clang-analyzer-core.DivideZero) */
	n_blocks = (w->n_out + w->n_block - 1) / w->n_block;
	mr__pool_run(x->pool, drive_block, w, n_blocks);
}

/* How many vectors from w->vector on start before what is cached ends. */
static uint32_t run_length(const struct driving *w, int64_t period_ns)
{
	struct crossbar *x = w->x;
	uint32_t left = w->op->drive.batch - w->vector;
	uint32_t most = left < RUN_MAX ? left : RUN_MAX;
	int64_t until_ns;

	if (!by_rows(w))
		most = 1;
	until_ns = mr__aging_refresh(x, &w->l, x->t_ns,
	                             x->t_ns + period_ns * (most - 1) + 1);
	if (period_ns == 0)
		return most;
	int64_t n = (until_ns - x->t_ns + period_ns - 1) / period_ns;

	return n < most ? (uint32_t)n : most;
}

static void drive_run(struct driving *w, int64_t period_ns)
{
	struct crossbar *x = w->x;

	w->n_run = run_length(w, period_ns);
	if (w->n_run == 1) {
		drive_one(w);
	} else {
		pack_vectors(w);
		mr__pool_run(x->pool, batch_block, w,
		             (w->n_out + TILES * TILE - 1) / (TILES * TILE));
	}
	count_drives(w);
	x->t_ns += period_ns * w->n_run;
	w->vector += w->n_run;
}

/* A list of neighbouring columns is as good as a rectangle, and much faster: its
 * rows lie in one piece, and what is known of whole rows can be used. */
static struct lines unlisted(struct lines l)
{
	if (!l.cols)
		return l;
	for (uint32_t k = 1; k < l.n_cols; k++)
		if (l.cols[k] != l.cols[0] + k)
			return l;
	l.col0 = l.cols[0];
	l.cols = NULL;
	return l;
}

int mr__operate_drive(struct crossbar *x, struct mr_op *op,
                      const struct mr_run *run)
{
	const struct mr_drive_op *dr = &op->drive;
	struct driving w = {
		.x = x,
		.op = op,
		.l = unlisted(mr__crossbar_lines(x, &op->where)),
		.g = x->noise_kind == NOISE_FLICKER ? x->g_seen : x->g_now};
	int64_t duration_ns = mr__crossbar_ns(dr->duration_s);
	int64_t period_ns = mr__crossbar_ns(dr->period_s);
	int rc = MR_OK;

	if (period_ns < duration_ns)
		period_ns = duration_ns;
	w.n_in = by_rows(&w) ? w.l.n_rows : w.l.n_cols;
	w.n_out = by_rows(&w) ? w.l.n_cols : w.l.n_rows;
	while (w.vector < dr->batch && !rc) {
		drive_run(&w, period_ns);
		if (w.vector < dr->batch)
			rc = mr_run_check(run);
	}
	op->outcome.n_effect = w.vector;
	op->outcome.status |= atomic_load(&w.status);
	return rc;
}
