/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * What an ArC ONE reports of a job, put where the samples of the trace are. No
 * input and output: bytes come from elsewhere, also from a fuzzer.
 */
#ifndef MR_DRIVER_ARC1_FILL_H
#define MR_DRIVER_ARC1_FILL_H

#include "arc1_shape.h"

struct arc1_fill {
	const struct arc1_play *play;
	struct mr_trace_op *trace;
	uint64_t first;    /* sample of the cell that is at work */
	uint32_t at;       /* points so far */
	uint32_t reported; /* of them, those that are not silent */
	double last_s;     /* time of the sample before; at first, of the begin */
	uint32_t status;   /* OR of all status bits */
	bool cut_short;    /* a job ended that does not end by itself */
};

/** A conductance; 0 and OVER_RANGE for what can be none. One of an infinite
 * resistance is: nothing flows. */
float mr__arc1_conductance(float r_ohm, uint8_t *status);

/** Whether three numbers end a device: (0, 0, 0), each exactly. */
bool mr__arc1_is_end(const float triple[3]);

/** A line that holds a whole number >= 0. @return whether it does. */
bool mr__arc1_whole(const char *line, size_t n, double *out);

/**
 * Take a report (R, V): the point that it is of, and those that were left out.
 * @param t_s  when it came.
 * @return MR_OK; MR_ERR_FORMAT (the waveform has no such point from here on).
 */
int mr__arc1_fill_report(struct arc1_fill *f, const float triple[3], double t_s,
                         struct mr_errtext *err);

/** Take a reading of the next point, whose voltage is known. */
void mr__arc1_fill_reading(struct arc1_fill *f, float r_ohm, double t_s);

/** The device, or the given cycle of it (from 0), has ended. */
void mr__arc1_fill_end(struct arc1_fill *f, uint32_t cycle);

#endif
