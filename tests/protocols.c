/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Small measurements for tests of fits. */
#include "protocols.h"

#include <stdlib.h>

#include "test.h"

void mr_bench_open(struct mr_bench_log *b, const char *uri, const char *path)
{
	struct mr_errtext err = {""};
	const struct mr_description *d;

	*b = (struct mr_bench_log){0};
	MR_CODE_ERR(mr_array_open(uri, NULL, &b->array, &err), MR_OK, err);
	d = mr_array_describe(b->array);
	b->g_S = calloc((size_t)d->rows * d->cols, sizeof *b->g_S);
	b->status = calloc((size_t)d->rows * d->cols, 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b->g_S);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b->status);
	MR_CODE_ERR(mr_oplog_start(path, b->array, NULL, &b->log, &err), MR_OK,
	            err);
}

void mr_bench_close(struct mr_bench_log *b)
{
	struct mr_errtext err = {""};

	MR_CODE_ERR(mr_oplog_finish(b->log, &err), MR_OK, err);
	MR_CODE_ERR(mr_array_close(b->array, &err), MR_OK, err);
	free(b->g_S);
	free(b->status);
}

void mr_bench_read(struct mr_bench_log *b, uint32_t averages)
{
	struct mr_op op = {.kind = MR_OP_READ,
	                   .read = {.averages = averages,
	                            .g_S = b->g_S,
	                            .status = b->status}};

	MR_CODE(mr_array_submit(b->array, &op, 1, NULL, NULL), MR_OK);
}

void mr_bench_pulse(struct mr_bench_log *b, enum mr_effect effect)
{
	const struct mr_waveform *w = mr_description_effect(
		mr_array_describe(b->array), effect);
	struct mr_op op = {.kind = MR_OP_PULSE};

	CU_ASSERT_PTR_NOT_NULL_FATAL(w);
	op.pulse = (struct mr_pulse_op){.unit = w->unit,
	                                .amplitude = w->amplitude,
	                                .width_s = w->width_s,
	                                .t_rise_s = w->t_rise_s,
	                                .t_fall_s = w->t_fall_s};
	MR_CODE(mr_array_submit(b->array, &op, 1, NULL, NULL), MR_OK);
}

void mr_bench_pulses(struct mr_bench_log *b, uint32_t cycles, uint32_t pulses,
                     uint32_t averages)
{
	for (uint32_t k = 0; k < cycles; k++) {
		mr_bench_pulse(b, MR_EFFECT_ERASE);
		mr_bench_read(b, averages);
		for (uint32_t n = 0; n < pulses; n++) {
			mr_bench_pulse(b, MR_EFFECT_RAISE);
			mr_bench_read(b, averages);
		}
	}
}
