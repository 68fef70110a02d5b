/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Measurements of noise, drift and targets for tests of fits. */
#include "fitbench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memrig/compare.h"
#include "roundtrip.h"
#include "test.h"

void mr_bench_wait(struct mr_bench_log *b, double s)
{
	struct mr_op op = {.kind = MR_OP_WAIT, .wait = {.duration_s = s}};

	MR_CODE(mr_array_submit(b->array, &op, 1, NULL, NULL), MR_OK);
}

void mr_bench_levels(struct mr_bench_log *b, uint32_t levels, uint32_t each)
{
	const struct mr_description *d = mr_array_describe(b->array);
	const struct mr_waveform *w =
		mr_description_effect(d, MR_EFFECT_RAISE);
	uint32_t n = d->rows * d->cols;
	uint32_t *counts = malloc(n * sizeof *counts);
	struct mr_op op = {.kind = MR_OP_PULSE};

	CU_ASSERT_PTR_NOT_NULL_FATAL(counts);
	for (uint32_t i = 0; i < n; i++)
		counts[i] = i % d->cols % levels * each;
	op.pulse = (struct mr_pulse_op){.unit = w->unit,
	                                .amplitude = w->amplitude,
	                                .width_s = w->width_s,
	                                .counts = counts};
	mr_bench_pulse(b, MR_EFFECT_ERASE);
	MR_CODE(mr_array_submit(b->array, &op, 1, NULL, NULL), MR_OK);
	free(counts);
}

void mr_bench_targets(struct mr_bench_log *b, uint32_t levels, uint32_t shift,
                      double least)
{
	const struct mr_description *d = mr_array_describe(b->array);
	uint32_t n = d->rows * d->cols;
	float *target_S = malloc(n * sizeof *target_S);
	struct mr_op op = {.kind = MR_OP_PROGRAM};

	CU_ASSERT_PTR_NOT_NULL_FATAL(target_S);
	for (uint32_t i = 0; i < n; i++) {
		double up = (double)((i + shift) % levels) / (levels - 1);

		target_S[i] = (float)(d->g_max_S * (least + (1 - least) * up)
		                      * (1 - 1e-7));
	}
	op.program = (struct mr_program_op){.target_S = target_S,
	                                    .tolerance_S = d->g_max_S,
	                                    .budget = 1};
	MR_CODE(mr_array_submit(b->array, &op, 1, NULL, NULL), MR_OK);
	free(target_S);
}

void mr_bench_ageing(struct mr_bench_log *b, uint32_t decades,
                     uint32_t per_decade, uint32_t averages)
{
	double now = 0;

	for (uint32_t k = 0; k <= decades * per_decade; k++) {
		double at = pow(10, (double)k / per_decade);

		mr_bench_wait(b, at - now);
		mr_bench_read(b, averages);
		now = at;
	}
}

void mr_bench_repeat(struct mr_bench_log *b, uint32_t n, double interval_s)
{
	for (uint32_t k = 0; k < n; k++) {
		mr_bench_wait(b, interval_s);
		mr_bench_read(b, 1);
	}
}

static void load(struct mr_fitbench *t, const char *path)
{
	t->history = mr_roundtrip_load(path);
	t->use = malloc(t->history->n_cells);
	CU_ASSERT_PTR_NOT_NULL_FATAL(t->use);
	memset(t->use, 1, t->history->n_cells);
}

static void make_fit(struct mr_fitbench *t, const char *model)
{
	const struct mr_model *m = mr_model_find(model, NULL);

	CU_ASSERT_PTR_NOT_NULL_FATAL(m);
	t->fit = calloc(1, sizeof *t->fit);
	CU_ASSERT_PTR_NOT_NULL_FATAL(t->fit);
	t->fit->model = m;
	t->fit->n_estimates = m->n_params;
	t->fit->correlation = calloc((size_t)m->n_params * m->n_params,
	                             sizeof *t->fit->correlation);
	for (uint32_t i = 0; i < m->n_params; i++)
		t->fit->estimates[i] = (struct mr_estimate){
			.param = i,
			.state = MR_ESTIMATE_ASSUMED,
			.value = m->params[i].value,
			.se = NAN,
			.how = ""};
}

/* The log goes on in another file. */
static void change_log(struct mr_fitbench *t, struct mr_bench_log *b,
                       const char *path)
{
	(void)remove(path);
	MR_CODE_ERR(mr_oplog_finish(b->log, &t->err), MR_OK, t->err);
	MR_CODE_ERR(mr_oplog_start(path, b->array, NULL, &b->log, &t->err), MR_OK,
	            t->err);
}

void mr_fitbench_begin(struct mr_fitbench *t, const char *uri,
                       const char *model,
                       void (*measure)(struct mr_bench_log *b))
{
	mr_fitbench_begin_twice(t, uri, model, measure, NULL);
}

void mr_fitbench_begin_twice(struct mr_fitbench *t, const char *uri,
                             const char *model,
                             void (*measure)(struct mr_bench_log *b),
                             const char *fresh)
{
	char path[MR_TEST_PATH_MAX];
	struct mr_bench_log b;

	*t = (struct mr_fitbench){.err = {""}};
	(void)remove(mr_test_path(path, "fitbench.db"));
	mr_bench_open(&b, uri, path);
	measure(&b);
	if (fresh) {
		change_log(t, &b, fresh);
		measure(&b);
	}
	mr_bench_close(&b);
	load(t, path);
	make_fit(t, model);
	t->f = (struct mr__fitting){.history = t->history,
	                            .use = t->use,
	                            .fit = t->fit,
	                            .err = &t->err};
}

void mr_fitbench_invent(struct mr_fitbench *t,
                        const struct mr_history_event *events, size_t n)
{
	*t = (struct mr_fitbench){.err = {""}};
	t->invented.first = t->first;
	t->first[1] = n;
	t->invented.n_cells = 1;
	t->invented.events = events;
	t->use = malloc(1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(t->use);
	t->use[0] = 1;
	make_fit(t, "pcm");
	t->f = (struct mr__fitting){.history = &t->invented,
	                            .use = t->use,
	                            .fit = t->fit,
	                            .err = &t->err};
}

void mr_fitbench_end(struct mr_fitbench *t)
{
	mr_fit_free(t->fit);
	mr_history_free(t->history);
	free(t->use);
}
