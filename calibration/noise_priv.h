/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* What the files of the noise fit share; see fit_noise.h. */
#ifndef MR_CALIBRATION_NOISE_PRIV_H
#define MR_CALIBRATION_NOISE_PRIV_H

#include "fit_noise.h"
#include "trend.h"

#define MR__NOISE_READS_MIN 8 /* readings of a span that tells of noise */

/* What a span says of the amplitude of 1/f noise. */
struct mr__noise_amplitude {
	double squares;   /* relative ones, whitened, after the trend */
	double dof;       /* that they have; 0 = it says nothing */
	double level_var; /* of the level that they are relative to, at Q = 1 */
};

/* A noise fit at work. */
struct mr__noise_work {
	struct mr__fitting *f;
	struct mr__noise_fit *out;
	struct mr__spans spans;
	struct mr__trend trend; /* of the span looked at */
	struct mr__trend_noise weights;
	uint8_t *rtn;    /* [spans.n] shows two levels */
	double *level_S; /* [spans.n] */
	double *sd_S;    /* [spans.n] of one reading, if they are independent */
	double *scatter_S; /* [spans.n] sd of the readings as they are: with all
	                      that was averaged */
	struct mr__noise_amplitude *amplitude; /* [spans.n] */
	double t0_s;
	double nu;       /* exponent, to go back to programming */
	bool aged;       /* it and t0_s are known; only the amplitude is not */
};

/* Marks spans of two levels and lists them. */
int mr__noise_rtn(struct mr__noise_work *w);

/* Slope and floor of white noise. */
int mr__noise_white(struct mr__noise_work *w);

/* White or 1/f; and the amplitude of 1/f. */
int mr__noise_kind(struct mr__noise_work *w);

/* The amplitude of 1/f noise, from what the spans say of it. */
int mr__noise_flicker(struct mr__noise_work *w);

/* Tables "noise" and "psd". */
int mr__noise_tables(struct mr__noise_work *w);

#endif
