/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* DAC and ADC: resolution, range and clipping, errors of gain and offset. */
#include "periphery.h"

#include <math.h>

#include "memrig/types.h"

static double quantise(double value, double range, uint32_t bits)
{
	double codes = ldexp(1.0, (int)bits - 1) - 1;
	double lsb = range / codes;

	return rint(value / lsb) * lsb;
}

float mr__periphery_dac(const struct periphery *p, float v_V)
{
	if (p->dac_bits == 0)
		return v_V;
	return (float)quantise((double)v_V, p->dac_range_V, p->dac_bits);
}

float mr__periphery_adc(const struct periphery *p, float i_A, uint8_t *status)
{
	double i = (double)i_A * (1 + p->adc_gain_error) + p->adc_offset_A;

	if (p->adc_range_A > 0 && fabs(i) > p->adc_range_A) {
		*status |= MR_STATUS_OVER_RANGE;
		i = copysign(p->adc_range_A, i);
	}
	if (p->adc_bits)
		i = quantise(i, p->adc_range_A, p->adc_bits);
	return (float)i;
}
