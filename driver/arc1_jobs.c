/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* ArC ONE: jobs that read and pulse. */
#include "arc1.h"

#include <stdio.h>

static double read_s(const struct arc1 *a)
{
	return ARC1_READ_S * a->read_cycles;
}

static int crosspoint(struct arc1 *a, uint32_t word, uint32_t bit,
                      struct mr_errtext *err)
{
	int rc = mr__arc1_integer(a, word, err);

	return rc ? rc : mr__arc1_integer(a, bit, err);
}

int mr__arc1_read_one(struct arc1 *a, uint32_t word, uint32_t bit, float *r_ohm,
                      struct mr_errtext *err)
{
	int rc = mr__arc1_token(a, "1", err);

	if (!rc)
		rc = crosspoint(a, word, bit, err);
	return rc ? rc : mr__arc1_floats(a, r_ohm, 1, read_s(a), err);
}

static int begin_readings(struct arc1 *a, uint32_t kind, struct mr_errtext *err)
{
	int rc = mr__arc1_token(a, "2", err);

	if (!rc)
		rc = mr__arc1_integer(a, kind, err);
	if (!rc)
		rc = crosspoint(a, a->words, a->bits, err);
	return rc;
}

int mr__arc1_read_all(struct arc1 *a, float *r_ohm, struct mr_errtext *err)
{
	uint32_t n = a->words * a->bits;
	int rc = begin_readings(a, 1, err);

	return rc ? rc : mr__arc1_floats(a, r_ohm, n, read_s(a) * n, err);
}

int mr__arc1_read_listed(struct arc1 *a, const uint8_t *word,
                         const uint8_t *bit, uint32_t n, float *r_ohm,
                         struct mr_errtext *err)
{
	int rc = begin_readings(a, 2, err);

	if (!rc)
		rc = mr__arc1_integer(a, n, err);
	for (uint32_t i = 0; i < n && !rc; i++) {
		rc = crosspoint(a, word[i], bit[i], err);
		if (!rc)
			rc = mr__arc1_floats(a, &r_ohm[i], 1, read_s(a), err);
	}
	return rc;
}

int mr__arc1_pulse_read(struct arc1 *a, uint32_t word, uint32_t bit, double v_V,
                        double width_s, float *r_ohm, struct mr_errtext *err)
{
	int rc = mr__arc1_token(a, "3", err);

	if (!rc)
		rc = crosspoint(a, word, bit, err);
	if (!rc)
		rc = mr__arc1_decimal(a, v_V, err);
	if (!rc)
		rc = mr__arc1_decimal(a, width_s, err);
	return rc ? rc
	          : mr__arc1_floats(a, r_ohm, 1, width_s + read_s(a), err);
}

int mr__arc1_column_current(struct arc1 *a, uint32_t bit, const uint8_t *word,
                            uint32_t n, double v_V, double width_s, float *i_A,
                            struct mr_errtext *err)
{
	float triple[3];
	int rc = mr__arc1_token(a, "50", err);

	if (!rc)
		rc = mr__arc1_decimal(a, v_V, err);
	if (!rc)
		rc = mr__arc1_decimal(a, width_s, err);
	if (!rc)
		rc = mr__arc1_decimal(a, v_V, err);
	if (!rc)
		rc = crosspoint(a, n, bit, err);
	if (!rc)
		rc = mr__arc1_integer(a, 1, err); /* read, not write */
	for (uint32_t i = 0; i < n && !rc; i++)
		rc = mr__arc1_integer(a, word[i], err);
	if (!rc)
		rc = mr__arc1_floats(a, triple, 3, width_s + read_s(a), err);
	if (!rc)
		*i_A = triple[0] != 0 ? triple[1] / triple[0] : 0;
	return rc;
}

static int number(struct arc1 *a, char kind, double value,
                  struct mr_errtext *err)
{
	char text[16];

	if (kind == 'd')
		return mr__arc1_decimal(a, value, err);
	(void)snprintf(text, sizeof text, "%.0f", value);
	return mr__arc1_token(a, text, err);
}

int mr__arc1_begin(struct arc1 *a, const char *job, const char *kinds,
                   const double *param, struct mr_errtext *err)
{
	int rc = mr__arc1_token(a, job, err);

	for (size_t i = 0; kinds[i] && !rc; i++)
		rc = number(a, kinds[i], param[i], err);
	return rc ? rc : mr__arc1_integer(a, 1, err);
}

int mr__arc1_device(struct arc1 *a, uint32_t word, uint32_t bit,
                    struct mr_errtext *err)
{
	int rc = crosspoint(a, word, bit, err);

	return rc ? rc : mr__arc1_flush(a, err);
}
