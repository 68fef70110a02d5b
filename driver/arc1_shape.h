/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Which job of an ArC ONE plays a waveform, and with which numbers. A job has
 * one form of waveform; a trace has any. What fits is decided from the trace
 * and the settings alone, so that it can be foreseen (docs/arc1.md).
 *
 * In the forms below, P is a level that is not sampled, R one within reading
 * that is, all R alike, and Z a level of 0 that is not sampled.
 */
#ifndef MR_DRIVER_ARC1_SHAPE_H
#define MR_DRIVER_ARC1_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "memrig/types.h"

enum arc1_shape {
	ARC1_SHAPE_AUTO = 0,   /* the first that fits, else composed */
	ARC1_SHAPE_CURVE,      /* 201: start, start + step, ..., and back */
	ARC1_SHAPE_CHRONO,     /* 220: one level, sampled evenly */
	ARC1_SHAPE_VOLATILITY, /* 33: [R] P R R R... */
	ARC1_SHAPE_FORMER,     /* 14, 141: (P [Z] R)..., P rising */
	ARC1_SHAPE_SEEKER,     /* 15, 152: the same up and down in sign; stops */
	ARC1_SHAPE_ENDURANCE,  /* 191: (P [Z] R)..., two kinds of P in turn */
	ARC1_SHAPE_STDP,       /* 40: any levels between R */
	ARC1_SHAPE_READS,      /* none: composed from reads and waits */
	ARC1_SHAPES
};

/* What the keys and conditions of the board say. */
struct arc1_settings {
	bool gui;           /* widths and pauses as the vendor's GUI sends them */
	bool halt;          /* a sweep turns back where the cut-off acted */
	bool slow;          /* SwitchSeeker 152 instead of 15 */
	bool linear;        /* FormFinder 141, whose widths may grow in steps */
	uint32_t series;    /* code of the series resistor; 7 = none */
	uint32_t read_cycles;
	double v_reads_V;   /* up to here a level reads */
	double stop_ohm;    /* where a job ends by itself; 0 = nowhere */
	double stop_pct;
};

#define ARC1_NO_SAMPLE UINT32_MAX
#define ARC1_PARAMS_MAX 13

/* A place of the waveform that the board reports. */
struct arc1_point {
	double v_V;      /* it reports this voltage */
	double v_read_V; /* the sample is one at this; 0 = at what it reports */
	uint32_t sample; /* number of the sample; or ARC1_NO_SAMPLE */
	bool silent;     /* level 0: no report */
};

/* A job with its numbers. */
struct arc1_play {
	enum arc1_shape shape;
	const char *job;
	const char *kinds;  /* a letter for each number: i whole, d decimal */
	double param[ARC1_PARAMS_MAX];
	double v_read_V;    /* what it reads with; 0 = it does not read so */
	bool stops;         /* it may leave points out */
	uint32_t cycles;    /* CURVE: ends that it reports */
	double duration_s;  /* longest that it takes with a cell */
	uint32_t batch;     /* VOLATILITY */
	uint32_t n_points;
	struct arc1_point *point; /* from malloc */
};

/**
 * Name of a form, as the condition "trace" has it.
 */
const char *mr__arc1_shape_name(enum arc1_shape shape);

/**
 * The form of a name.
 * @return whether there is one.
 */
bool mr__arc1_shape_find(const char *name, enum arc1_shape *out);

/**
 * Find the job for a waveform.
 * @param tr     within the array's limits; with at least one sample.
 * @param shape  the job that is wanted, or AUTO.
 * @param s      the settings.
 * @param out    receives the job; free it with mr__arc1_play_free().
 * @param err    says what does not fit.
 * @return MR_OK; MR_ERR_UNSUPPORTED (it does not fit); MR_ERR_NOMEM.
 */
int mr__arc1_shape_fit(const struct mr_trace_op *tr, enum arc1_shape shape,
                       const struct arc1_settings *s, struct arc1_play *out,
                       struct mr_errtext *err);

/** Its name for people, with the number of the job. */
const char *mr__arc1_play_name(const struct arc1_play *play);

/** After a failure as well. */
void mr__arc1_play_free(struct arc1_play *play);

/* ---- arc1_train.c: jobs of pulses with a reading after each ------------------- */

/* Room for points; they are all zero. */
int mr__arc1_play_room(struct arc1_play *out, uint32_t n,
                       struct mr_errtext *err);

/* As it arrives there, with the digits of a token. */
double mr__arc1_rounded(double value);

int mr__arc1_fit_volatility(const struct mr_trace_op *tr,
                            const struct arc1_settings *s,
                            struct arc1_play *out, struct mr_errtext *err);
int mr__arc1_fit_former(const struct mr_trace_op *tr,
                        const struct arc1_settings *s, struct arc1_play *out,
                        struct mr_errtext *err);
int mr__arc1_fit_seeker(const struct mr_trace_op *tr,
                        const struct arc1_settings *s, struct arc1_play *out,
                        struct mr_errtext *err);
int mr__arc1_fit_endurance(const struct mr_trace_op *tr,
                           const struct arc1_settings *s,
                           struct arc1_play *out, struct mr_errtext *err);
int mr__arc1_fit_stdp(const struct mr_trace_op *tr,
                      const struct arc1_settings *s, struct arc1_play *out,
                      struct mr_errtext *err);

#endif
