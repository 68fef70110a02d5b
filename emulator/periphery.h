/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Converters between the numbers of an operation and the lines of a chip. */
#ifndef MR_EMULATOR_PERIPHERY_H
#define MR_EMULATOR_PERIPHERY_H

#include <stdbool.h>
#include <stdint.h>

/* A resolution of 0 bits is an ideal converter. Both converters are mid-tread
 * and symmetric: 2^bits - 1 codes from -range to +range. */
struct periphery {
	uint32_t dac_bits;
	double dac_range_V;
	uint32_t adc_bits;
	double adc_range_A; /* 0 = no limit (only with adc_bits 0) */
	double adc_gain_error; /* relative: it sees (1 + this) times the current */
	double adc_offset_A;   /* and so much more */
};

/* What the converter puts on a line for a wanted voltage within its range. */
float mr__periphery_dac(const struct periphery *p, float v_V);

/* What the converter reports for a current; sets MR_STATUS_OVER_RANGE in
 * *status where it had to clip. */
float mr__periphery_adc(const struct periphery *p, float i_A, uint8_t *status);

/* Whether the converter reports every current as it is. */
static inline bool mr__periphery_reads_all(const struct periphery *p)
{
	return p->adc_bits == 0 && !(p->adc_range_A > 0) &&
	       p->adc_gain_error == 0 && p->adc_offset_A == 0;
}

#endif
