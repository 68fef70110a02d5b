/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* What is to be measured: protocols in order, with the values of their
 * settings. */
#ifndef MR_CALIBRATION_MEASURE_STEPS_H
#define MR_CALIBRATION_MEASURE_STEPS_H

#include "measuring.h"

#define MR__STEPS_MAX 32 /**< protocols in one measurement */

/** A protocol with its values. */
struct mr__step {
	const struct mr__protocol *protocol;
	double value[MR_MEASURE_SETTINGS_MAX];
	char *text[MR_MEASURE_SETTINGS_MAX]; /**< owned; or NULL */
};

/** All of them. */
struct mr__steps {
	struct mr__step step[MR__STEPS_MAX];
	size_t n;
};

/**
 * Make the steps of a suite or a list of protocols.
 * @param steps     zeroed; release with mr__steps_free() whatever is returned.
 * @param what      as in struct mr_measure_options.
 * @param settings  likewise.
 * @param err       says what is wrong and what would be right.
 * @return MR_OK; MR_ERR_USAGE; MR_ERR_RANGE; MR_ERR_NOMEM.
 */
int mr__steps_make(struct mr__steps *steps, const char *what,
                   const char *const *settings, struct mr_errtext *err);

/**
 * Its settings as text, "key=value key=value"; those that follow from the
 * description are left out.
 * @param step  the step.
 * @param out   [size] receives the text.
 * @param size  of it.
 */
void mr__step_text(const struct mr__step *step, char *out, size_t size);

/**
 * Release.
 * @param steps  the steps.
 */
void mr__steps_free(struct mr__steps *steps);

#endif
