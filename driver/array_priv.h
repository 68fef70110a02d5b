/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The handle and what the files of the submit path call of each other.
 * Visible in driver/ only. */
#ifndef MR_DRIVER_ARRAY_PRIV_H
#define MR_DRIVER_ARRAY_PRIV_H

#include <signal.h>

#include "memrig/array.h"

#define STAGES_MAX 4

struct mr_array {
	char uri[MR_URI_TEXT_MAX];
	struct mr_stage stages[STAGES_MAX]; /* innermost first */
	uint32_t n_stages;
	struct mr_description desc;
	struct mr_clock clock;
	struct mr_errtext err;
	volatile sig_atomic_t stop;
	bool inside; /* a submit is running: callbacks must not submit */
	int64_t t_ns;
	uint64_t last_id;
	struct mr_observer observers[MR_OBSERVERS_MAX];
	uint32_t n_observers;
	int64_t survey_ns;      /* interval; 0 = off */
	int64_t next_survey_ns;
	float *survey_g_S;      /* [rows*cols] */
};

/* Whether the back end takes this very operation by itself. */
bool mr__array_takes(const struct mr_array *array, const struct mr_op *op);

/* Fill in defaults and check one operation against the description. */
int mr__op_check(const struct mr_description *desc, uint32_t abilities,
                 struct mr_op *op, struct mr_errtext *err);

/* Send operations that the back end takes, as children of `parent`. */
int mr__array_send(struct mr_array *array, struct mr_op *ops, size_t n,
                   uint64_t parent, const struct mr_context *context,
                   size_t *n_done);

/* Run one operation as a program over others. */
int mr__array_compose(struct mr_array *array, struct mr_op *op,
                      const struct mr_context *context);

/* Tell observers of the begin and end of a composed operation. */
int mr__array_begin(struct mr_array *array, struct mr_op *op, uint64_t parent);
void mr__array_end(struct mr_array *array, struct mr_op *op, uint64_t parent);

#endif
