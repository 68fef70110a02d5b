/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The handle and what the files of the submit path call of each other.
 * Visible in driver/ only. */
#ifndef MR_DRIVER_ARRAY_PRIV_H
#define MR_DRIVER_ARRAY_PRIV_H

#include <signal.h>

#include "memrig/array.h"

#define STAGES_MAX 4

/* What a composed program did to each of its elements, for who asked for it. */
struct mr__tally {
	uint32_t *raised;  /* [n] raising pulses since the last erase; added to */
	uint64_t n_raised; /* pulses in all */
	uint64_t n_lowered; /* lowering or erasing */
};

/* What takes the place of parts of the description; see expect.c. */
struct mr__expected {
	struct mr_step raise;
	struct mr_step lower;
	double g_min_S;
	double g_max_S;
	bool has_raise;
	bool has_lower;
	bool has_range;
};

void mr__expect_apply(const struct mr__expected *e, struct mr_description *desc);

struct mr_array {
	char uri[MR_URI_TEXT_MAX];
	struct mr_stage stages[STAGES_MAX]; /* innermost first */
	uint32_t n_stages;
	struct mr_description desc;
	struct mr__expected expected; /* is in desc already */
	char narrowed[64]; /* "", or which filter narrowed the limits */
	struct mr_clock clock;
	struct mr_errtext err;
	volatile sig_atomic_t stop;
	bool inside; /* a submit is running: callbacks must not submit */
	int64_t t_ns;
	uint64_t last_id;
	struct mr_observer observers[MR_OBSERVERS_MAX];
	bool gone[MR_OBSERVERS_MAX]; /* unobserved during a submit */
	uint32_t n_observers;
	int64_t survey_ns;      /* interval; 0 = off */
	int64_t next_survey_ns;
	float *survey_g_S;      /* [rows*cols] */
	struct mr__tally *tally; /* of the program that runs, or NULL */
};

/* Whether the back end takes this very operation by itself. */
bool mr__array_takes(const struct mr_array *array, const struct mr_op *op);

/* By what means, where it has names for them; else NULL. The code is what it
 * refuses the operation with. */
int mr__array_means(const struct mr_array *array, const struct mr_op *op,
                    const char **means, struct mr_errtext *err);

/* Whether the magnitude of none of n voltages is over a limit; NaN is. */
bool mr__all_within(const float *v, uint64_t n, double limit);

/* Fill in defaults and check one operation against the description. */
int mr__op_check(const struct mr_description *desc, uint32_t abilities,
                 struct mr_op *op, struct mr_errtext *err);

/* Send operations that the back end takes, as children of `parent`; progress
 * is NULL where nobody counts them. */
int mr__array_send(struct mr_array *array, struct mr_op *ops, size_t n,
                   uint64_t parent, const struct mr_context *context,
                   struct mr_progress *progress, size_t *n_done);

/* How many of an operation's n elements count as applied: those that took
 * effect, and all of one whose outcome is unknown. */
uint64_t mr__op_applied(const struct mr_op *op, uint64_t n);

/* Run one operation as a program over others. */
int mr__array_compose(struct mr_array *array, struct mr_op *op,
                      const struct mr_context *context);

/* Tell observers of a begin. The first n_told were told, the last of them may
 * have said no: they, and only they, are told of the end. */
int mr__array_begin(struct mr_array *array, struct mr_op *op, uint64_t parent,
                    uint32_t *n_told);
void mr__array_end(struct mr_array *array, struct mr_op *op, uint64_t parent,
                   uint32_t n_told);

/* Drop the observers that left during a submit. */
void mr__array_sweep(struct mr_array *array);

/* Append a name to a list for a message: "a, b". One that has no room is left
 * out whole. */
void mr__list_name(char *list, size_t size, const char *name);

#endif
