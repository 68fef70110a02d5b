/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Temperatures, on a chip in an oven: an emulated array below a stage that has a
 * condition temperature_K and multiplies readings by the law of Arrhenius. No
 * array that ships has an oven.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/array_priv.h"
#include "memrig/memrig.h"
#include "session.h"
#include "test.h"

#define CHIP "emu:pcm-target?rows=4&cols=4&seed=3&noise=none&drift_scale=0"
#define K_EV 8.617333e-5 /* Boltzmann's constant, eV/K */
#define BARRIER_EV 0.05
#define ROOM_K 300.0

struct oven {
	struct mr_stage inner;
	double now_K;
	bool broken; /* it does not take temperatures */
};

static double factor_at(double t_K)
{
	return exp(-BARRIER_EV / K_EV * (1 / t_K - 1 / ROOM_K));
}

static int oven_describe(void *self, struct mr_description *out,
                         struct mr_errtext *err)
{
	struct oven *oven = self;
	int code = oven->inner.type->describe(oven->inner.self, out, err);
	struct mr_condition *c = &out->conditions[out->n_conditions++];

	*c = (struct mr_condition){.name = "temperature_K", .unit = "K",
	                           .min = 250, .max = 400};
	(void)snprintf(c->value, sizeof c->value, "%g", oven->now_K);
	return code;
}

static int heat(struct oven *oven, struct mr_op *op, const struct mr_run *run)
{
	if (oven->broken)
		return mr_errtext_set(run->err, MR_ERR_IO, "the oven is cold");
	oven->now_K = strtod(op->configure.value, NULL);
	return MR_OK;
}

static int read_warm(struct oven *oven, struct mr_op *op,
                     const struct mr_run *run)
{
	size_t done;
	int code = oven->inner.type->submit(oven->inner.self, op, 1, run, &done);

	if (op->kind == MR_OP_READ)
		for (uint64_t i = 0; i < op->outcome.n_effect; i++)
			op->read.g_S[i] *= (float)factor_at(oven->now_K);
	return code;
}

static int oven_submit(void *self, struct mr_op *ops, size_t n,
                       const struct mr_run *run, size_t *n_done)
{
	struct oven *oven = self;
	int code = MR_OK;

	for (*n_done = 0; *n_done < n && code == MR_OK; *n_done += code == MR_OK) {
		struct mr_op *op = &ops[*n_done];
		bool ours = op->kind == MR_OP_CONFIGURE &&
		            strcmp(op->configure.name, "temperature_K") == 0;

		if (ours && *n_done)
			op->outcome.t_begin_ns = op->outcome.t_end_ns =
				ops[*n_done - 1].outcome.t_end_ns;
		code = ours ? heat(oven, op, run) : read_warm(oven, op, run);
	}
	return code;
}

static int oven_close(void *self, struct mr_errtext *err)
{
	struct oven *oven = self;

	return oven->inner.type->close(oven->inner.self, err);
}

static const struct mr_backend waist = {.name = "oven",
                                        .describe = oven_describe,
                                        .submit = oven_submit,
                                        .close = oven_close};

/* The outermost stage of an array is put into the oven. */
static struct mr_array *open_in(struct oven *oven)
{
	struct mr_array *array = mr_session_open(CHIP);
	struct mr_stage *outer = &array->stages[array->n_stages - 1];

	oven->inner = *outer;
	*outer = (struct mr_stage){&waist, oven};
	MR_CODE(oven_describe(oven, &array->desc, NULL), MR_OK);
	return array;
}

static int run_in(struct oven *oven, const char *const *settings,
                  const char *path, struct mr_measure **m,
                  struct mr_errtext *err)
{
	const struct mr_measure_options options = {
		.what = "temperature", .settings = settings, .log_path = path};
	struct mr_array *array = open_in(oven);
	int code = mr_measure_run(array, &options, m, err);

	MR_CODE(mr_array_close(array, NULL), MR_OK);
	return code;
}

/* Mean of a cell's readings at the k-th temperature, from 0: each begins with a
 * gap. */
static double mean_at(const struct mr_history *h, uint32_t cell, int k)
{
	double sum = 0;
	unsigned n = 0;
	int gap = -1;

	for (size_t i = h->first[cell]; i < h->first[cell + 1]; i++) {
		const struct mr_history_event *e = &h->events[i];

		gap += e->kind == MR_HISTORY_GAP;
		if (e->kind != MR_HISTORY_READ || gap != k)
			continue;
		sum += (double)e->g_S;
		n++;
	}
	CU_ASSERT(n > 0);
	return sum / n;
}

static void levels_are_read_at_each_temperature(void)
{
	static const char *const settings[] = {"values=300,330,390", "reads=4",
	                                       "settle=60", NULL};
	struct oven oven = {.now_K = 295};
	char path[MR_TEST_PATH_MAX];
	struct mr_measure *m = NULL;
	struct mr_history *h = NULL;
	struct mr_errtext err = {""};

	MR_CODE_ERR(run_in(&oven, settings, mr_session_path(path, "oven.db"), &m,
	                   &err), MR_OK, err);
	CU_ASSERT_EQUAL(m->results[0].state, MR_MEASURE_DONE);
	CU_ASSERT(m->results[0].array_s >= 4 * 60); /* and back */
	CU_ASSERT_EQUAL(oven.now_K, 295);
	mr_measure_free(m);
	MR_CODE_ERR(mr_history_load(path, NULL, &h, &err), MR_OK, err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(h);
	for (uint32_t cell = 0; cell < h->n_cells; cell++) {
		double at_300 = mean_at(h, cell, 0);

		/* cells neither drift nor are noisy here */
		MR_NEAR(mean_at(h, cell, 1) / at_300, factor_at(330),
		        1e-5);
		MR_NEAR(mean_at(h, cell, 2) / at_300, factor_at(390),
		        1e-5);
	}
	mr_history_free(h);
}

/* Five over the range, of a plan as of a run. */
static void range_is_covered_by_default(void)
{
	static const char *const settings[] = {"settle=0", NULL};
	struct oven oven = {.now_K = 300};
	char path[MR_TEST_PATH_MAX];
	struct mr_measure *m = NULL;
	struct mr_history *h = NULL;
	struct mr_errtext err = {""};

	MR_CODE_ERR(run_in(&oven, settings, mr_session_path(path, "five.db"), &m,
	                   &err), MR_OK, err);
	mr_measure_free(m);
	MR_CODE_ERR(mr_history_load(path, NULL, &h, &err), MR_OK, err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(h);
	MR_NEAR(mean_at(h, 5, 4) / mean_at(h, 5, 0),
	        factor_at(400) / factor_at(250), 1e-4);
	mr_history_free(h);
}

static void temperatures_out_of_range_are_refused(void)
{
	static const char *const settings[] = {"values=300,500", NULL};
	struct oven oven = {.now_K = 290};
	char path[MR_TEST_PATH_MAX];
	struct mr_measure *m = NULL;
	struct mr_errtext err = {""};

	MR_CODE(run_in(&oven, settings, mr_session_path(path, "hot.db"), &m,
	               &err), MR_ERR_USAGE);
	MR_HAS(err.text, "temperature.values=300,500: 500 is not 250 to 400 K");
	CU_ASSERT_EQUAL(oven.now_K, 290); /* nothing was done */
	mr_measure_free(m);
}

static void oven_that_fails_ends_the_protocol(void)
{
	struct oven oven = {.now_K = 300, .broken = true};
	char path[MR_TEST_PATH_MAX];
	struct mr_measure *m = NULL;
	struct mr_errtext err = {""};

	MR_CODE(run_in(&oven, NULL, mr_session_path(path, "cold.db"), &m, &err),
	        MR_ERR_IO);
	CU_ASSERT_PTR_NOT_NULL_FATAL(m);
	CU_ASSERT_EQUAL(m->results[0].state, MR_MEASURE_FAILED);
	MR_HAS(m->results[0].reason, "the oven is cold");
	mr_measure_free(m);
}

const struct mr_test mr_tests[] = {
	{"levels_are_read_at_each_temperature",
	 levels_are_read_at_each_temperature},
	{"range_is_covered_by_default", range_is_covered_by_default},
	{"temperatures_out_of_range_are_refused",
	 temperatures_out_of_range_are_refused},
	{"oven_that_fails_ends_the_protocol",
	 oven_that_fails_ends_the_protocol},
	{0},
};
