/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Two passes over a run: what there is, then a few cells in detail. */
#include "cmd_plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_S 1e9
#define AGES_PER_E 6.0   /* bins per factor e: 300 of them reach 10^21 ns */
#define DECADES_LOG 3.0  /* a logarithmic axis pays from here on, .. */
#define SHARE_LOG 0.02   /* .. if half of the reads lie in this share of it */

static size_t cells_of(const struct mr_plot_data *data)
{
	return (size_t)data->info.desc.rows * data->info.desc.cols;
}

static int no_memory(const struct mr_plot_data *data)
{
	return mr_tool_fail(data->log->tool, MR_ERR_NOMEM, "out of memory");
}

void mr_plot_free(struct mr_plot_data *data)
{
	free(data->g_S);
	free(data->reads);
	free(data->sweeps);
	for (uint32_t i = 0; i < MR_PLOT_CELLS_MAX; i++) {
		free(data->cells[i].bins);
		free(data->traced[i].v_V);
		free(data->traced[i].i_A);
	}
}

/* ---- what an operation measured ------------------------------------------ */

/* Conductances; NULL if it has none. A composed program's are those of its
 * last reads, which are operations of their own. */
static const float *conductances(const struct mr_oplog_record *record)
{
	if (record->op.kind == MR_OP_READ)
		return record->op.read.g_S;
	if (record->op.kind == MR_OP_PROGRAM && !record->composed)
		return record->op.program.g_S;
	return NULL;
}

static bool is_sweep(const struct mr_oplog_record *record)
{
	const struct mr_trace_op *trace = &record->op.trace;

	return record->op.kind == MR_OP_TRACE && trace->i_A != NULL
	       && (trace->v_V != NULL
	           || (trace->unit == MR_UNIT_VOLT && trace->level != NULL));
}

static bool is_programming(const struct mr_oplog_record *record)
{
	return record->ended && record->op.outcome.n_effect > 0
	       && (record->op.kind == MR_OP_PULSE
	           || (record->op.kind == MR_OP_PROGRAM && !record->composed));
}

static double since_begin_s(const struct mr_plot_data *data, int64_t t_ns)
{
	return ((double)t_ns - (double)data->t0_ns) / NS_PER_S;
}

static int next(struct mr_plot_data *data, struct mr_oplog_record *record,
                bool *more, uint64_t *done)
{
	int code = mr_logfile_next(data->log, record, more);

	mr_tool_progress(data->log->tool, "reading", ++*done,
	                 2 * (uint64_t)data->info.n_ops + 2);
	return code;
}

/* ---- first pass ---------------------------------------------------------- */

static void survey_time(struct mr_plot_data *data, double t_s)
{
	double age = log(t_s * NS_PER_S) * AGES_PER_E;

	if (t_s <= 0.0)
		return;
	if (data->t_min_s == 0.0 || t_s < data->t_min_s)
		data->t_min_s = t_s;
	if (t_s > data->t_max_s)
		data->t_max_s = t_s;
	age = age < 0.0 ? 0.0 : age;
	data->ages[age < MR_PLOT_AGES - 1 ? (size_t)age : MR_PLOT_AGES - 1]++;
}

static void survey_read(struct mr_plot_data *data,
                        const struct mr_oplog_record *record, const float *g_S)
{
	const struct mr_description *desc = &data->info.desc;
	uint64_t n = mr_selection_count(&record->op.where, desc);
	bool any = false;

	for (uint64_t i = 0; i < n; i++) {
		uint32_t cell = mr_selection_cell(&record->op.where, desc, i);

		if (!isfinite(g_S[i]))
			continue;
		any = true;
		data->n_known += isnan(data->g_S[cell]) ? 1 : 0;
		data->g_S[cell] = g_S[i];
		data->reads[cell] += data->reads[cell] < UINT32_MAX;
		if (data->reads[cell] > data->reads_most)
			data->reads_most = data->reads[cell];
	}
	if (any)
		survey_time(data, since_begin_s(data,
		                                record->op.outcome.t_end_ns));
}

static void survey_sweep(struct mr_plot_data *data,
                         const struct mr_oplog_record *record)
{
	const struct mr_description *desc = &data->info.desc;
	uint64_t n = mr_logfile_effect(record, desc);

	for (uint64_t i = 0; i < n; i++) {
		uint32_t cell = mr_selection_cell(&record->op.where, desc, i);

		data->n_swept += data->sweeps[cell] == 0;
		data->sweeps[cell] += data->sweeps[cell] < UINT32_MAX;
		if (data->sweeps[cell] > data->sweeps_most)
			data->sweeps_most = data->sweeps[cell];
	}
}

static void survey_op(struct mr_plot_data *data,
                      const struct mr_oplog_record *record)
{
	const float *g_S = conductances(record);

	if (!record->ended || record->op.outcome.n_effect == 0)
		return;
	if (!data->begun)
		data->t0_ns = record->op.outcome.t_begin_ns;
	data->begun = true;
	if (g_S != NULL)
		survey_read(data, record, g_S);
	if (is_sweep(record))
		survey_sweep(data, record);
}

/* Time in which half of the measurements were made. */
static double half_time_s(const struct mr_plot_data *data)
{
	uint64_t all = 0;
	uint64_t sum = 0;
	size_t i = 0;

	for (size_t k = 0; k < MR_PLOT_AGES; k++)
		all += data->ages[k];
	while (i < MR_PLOT_AGES - 1 && (sum += data->ages[i]) * 2 < all)
		i++;
	return exp((double)(i + 1) / AGES_PER_E) / NS_PER_S;
}

static void choose_axis(struct mr_plot_data *data)
{
	bool wide = data->t_min_s > 0.0
	            && log10(data->t_max_s / data->t_min_s) > DECADES_LOG;

	if (data->linear_time || data->t_min_s == 0.0)
		data->log_time = false;
	else if (wide && half_time_s(data) < SHARE_LOG * data->t_max_s)
		data->log_time = true;
}

int mr_plot_survey(struct mr_plot_data *data)
{
	size_t n = cells_of(data);
	struct mr_oplog_record record;
	uint64_t done = 0;
	bool more = true;
	int code = MR_OK;

	data->g_S = malloc(n * sizeof(*data->g_S));
	data->reads = calloc(n, sizeof(*data->reads));
	data->sweeps = calloc(n, sizeof(*data->sweeps));
	if (data->g_S == NULL || data->reads == NULL || data->sweeps == NULL)
		return no_memory(data);
	for (size_t i = 0; i < n; i++)
		data->g_S[i] = NAN;
	while (code == MR_OK) {
		code = next(data, &record, &more, &done);
		if (code != MR_OK || !more)
			break;
		survey_op(data, &record);
	}
	choose_axis(data);
	return code;
}

/* ---- choosing ------------------------------------------------------------ */

/** A cell and what it is sorted by. */
struct ranked {
	float key;
	uint32_t cell;
};

static int by_key(const void *a, const void *b)
{
	const struct ranked *x = a;
	const struct ranked *y = b;

	if (x->key < y->key || x->key > y->key)
		return x->key < y->key ? -1 : 1;
	return x->cell < y->cell ? -1 : x->cell > y->cell;
}

/* Those that were met at least half as often as the one met most; all of
 * them, if that does not make too many. */
static size_t candidates(const struct mr_plot_data *data,
                         const uint32_t *times, uint32_t most,
                         struct ranked *out)
{
	size_t all = 0;
	size_t n = 0;
	uint32_t least;

	for (size_t i = 0; i < cells_of(data); i++)
		all += times[i] > 0;
	least = all > MR_PLOT_CELLS_CHOSEN ? (most + 1) / 2 : 1;
	for (size_t i = 0; i < cells_of(data); i++) {
		bool known = !isnan(data->g_S[i]);

		if (times[i] < least || times[i] == 0)
			continue;
		out[n].key = known ? data->g_S[i] : 0.0f;
		out[n++].cell = (uint32_t)i;
	}
	qsort(out, n, sizeof(*out), by_key);
	return n;
}

/* From the lowest to the highest, both included, at even distances of the
 * key as far as there are cells. */
static uint32_t spread(const struct ranked *list, size_t n,
                       uint32_t out[MR_PLOT_CELLS_MAX])
{
	uint32_t k = n < MR_PLOT_CELLS_CHOSEN ? (uint32_t)n
	                                      : MR_PLOT_CELLS_CHOSEN;
	size_t at = 0;

	for (uint32_t i = 0; i < k; i++, at++) {
		float share = k > 1 ? (float)i / (float)(k - 1) : 0.0f;
		float key = list[0].key
		            + share * (list[n - 1].key - list[0].key);

		while (at < n - (k - i) && list[at].key < key)
			at++;
		out[i] = list[at].cell;
	}
	return k;
}

int mr_plot_choose(struct mr_plot_data *data)
{
	uint32_t cells[MR_PLOT_CELLS_MAX];
	struct ranked *list = malloc(cells_of(data) * sizeof(*list));
	size_t n;

	if (list == NULL)
		return no_memory(data);
	n = candidates(data, data->reads, data->reads_most, list);
	data->n_cells = spread(list, n, cells);
	for (uint32_t i = 0; i < data->n_cells; i++)
		data->cells[i] = (struct mr_plot_cell){cells[i], i, NULL};
	n = candidates(data, data->sweeps, data->sweeps_most, list);
	data->n_traced = spread(list, n, cells);
	for (uint32_t i = 0; i < data->n_traced; i++)
		data->traced[i] = (struct mr_plot_sweep){.cell = cells[i],
		                                         .color = i};
	free(list);
	return MR_OK;
}

/* ---- second pass --------------------------------------------------------- */

static size_t bin_of(const struct mr_plot_data *data, double t_s)
{
	double span = data->t_max_s;
	double share = span > 0.0 ? t_s / span : 0.0;

	if (data->log_time) {
		span = log(data->t_max_s / data->t_min_s);
		share = t_s > 0.0 && span > 0.0
			? log(t_s / data->t_min_s) / span : 0.0;
	}
	share = share < 0.0 ? 0.0 : share > 1.0 ? 1.0 : share;
	return (size_t)(share * (MR_PLOT_BINS - 1));
}

static void add_point(struct mr_plot_bin *bin, double t_s, float g_S)
{
	struct mr_plot_point point = {t_s, g_S};

	if (bin->n == 0)
		*bin = (struct mr_plot_bin){0, point, point, point, point};
	if (g_S < bin->min.g_S)
		bin->min = point;
	if (g_S > bin->max.g_S)
		bin->max = point;
	bin->last = point;
	bin->n += bin->n < UINT32_MAX;
}

static int find_cell(const struct mr_plot_data *data, uint32_t cell)
{
	for (uint32_t i = 0; i < data->n_cells; i++) {
		if (data->cells[i].cell == cell)
			return (int)i;
	}
	return -1;
}

static void follow_read(struct mr_plot_data *data,
                        const struct mr_oplog_record *record, const float *g_S)
{
	const struct mr_description *desc = &data->info.desc;
	uint64_t n = mr_selection_count(&record->op.where, desc);
	double t_s = since_begin_s(data, record->op.outcome.t_end_ns);
	size_t bin = bin_of(data, t_s);

	for (uint64_t i = 0; i < n; i++) {
		int k = find_cell(data, mr_selection_cell(&record->op.where,
		                                          desc, i));

		if (k >= 0 && isfinite(g_S[i]))
			add_point(&data->cells[k].bins[bin], t_s, g_S[i]);
	}
}

static void follow_programming(struct mr_plot_data *data,
                               const struct mr_oplog_record *record)
{
	const struct mr_description *desc = &data->info.desc;
	double t_s = since_begin_s(data, record->op.outcome.t_begin_ns);
	double *event_s = &data->events_s[bin_of(data, t_s)];
	uint64_t n = mr_logfile_effect(record, desc);

	if (t_s > data->t_max_s)
		return;
	for (uint64_t i = 0; i < n && isnan(*event_s); i++) {
		uint32_t cell = mr_selection_cell(&record->op.where, desc, i);

		if (find_cell(data, cell) >= 0)
			*event_s = t_s;
	}
}

static int keep_sweep(struct mr_plot_data *data, struct mr_plot_sweep *sweep,
                      const struct mr_trace_op *trace, uint64_t i)
{
	uint32_t n = mr_trace_samples(trace);
	uint32_t k = 0;

	if (n > sweep->n) {
		free(sweep->v_V);
		free(sweep->i_A);
		sweep->v_V = malloc(n * sizeof(*sweep->v_V));
		sweep->i_A = malloc(n * sizeof(*sweep->i_A));
		if (sweep->v_V == NULL || sweep->i_A == NULL)
			return no_memory(data);
	}
	sweep->n = n;
	memcpy(sweep->i_A, trace->i_A + i * n, n * sizeof(*sweep->i_A));
	if (trace->v_V != NULL) {
		memcpy(sweep->v_V, trace->v_V + i * n, n * sizeof(*sweep->v_V));
		return MR_OK;
	}
	for (uint32_t level = 0; level < trace->n_levels; level++) {
		if (trace->sample == NULL || trace->sample[level] != 0)
			sweep->v_V[k++] = trace->level[level];
	}
	return MR_OK;
}

static int follow_sweep(struct mr_plot_data *data,
                        const struct mr_oplog_record *record)
{
	const struct mr_op *op = &record->op;
	uint64_t n = mr_logfile_effect(record, &data->info.desc);
	int code = MR_OK;

	for (uint64_t i = 0; code == MR_OK && i < n; i++) {
		uint32_t cell = mr_selection_cell(&op->where,
		                                  &data->info.desc, i);

		for (uint32_t k = 0; code == MR_OK && k < data->n_traced; k++) {
			if (data->traced[k].cell == cell)
				code = keep_sweep(data, &data->traced[k],
				                  &op->trace, i);
		}
	}
	return code;
}

static int follow_op(struct mr_plot_data *data,
                     const struct mr_oplog_record *record)
{
	const float *g_S = conductances(record);

	if (!record->ended || record->op.outcome.n_effect == 0)
		return MR_OK;
	if (g_S != NULL)
		follow_read(data, record, g_S);
	if (is_programming(record))
		follow_programming(data, record);
	return is_sweep(record) ? follow_sweep(data, record) : MR_OK;
}

int mr_plot_follow(struct mr_plot_data *data)
{
	struct mr_oplog_record record;
	uint64_t done = (uint64_t)data->info.n_ops;
	bool more;
	int code;

	for (size_t i = 0; i < MR_PLOT_BINS; i++)
		data->events_s[i] = NAN;
	for (uint32_t i = 0; i < data->n_cells; i++) {
		data->cells[i].bins = calloc(MR_PLOT_BINS,
		                             sizeof(*data->cells[i].bins));
		if (data->cells[i].bins == NULL)
			return no_memory(data);
	}
	code = mr_logfile_begin(data->log, data->info.run, &data->info, &more);
	while (code == MR_OK) {
		code = next(data, &record, &more, &done);
		if (code != MR_OK || !more)
			break;
		code = follow_op(data, &record);
	}
	return code;
}
