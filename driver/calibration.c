/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Calibrations: what they do to a current, and whose they are. */
#include "calibration.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <time.h>

#define FNV_BASIS UINT64_C(14695981039346656037) /* FNV-1a, 64 bits */
#define FNV_PRIME UINT64_C(1099511628211)
#define NS_PER_S 1000000000

/* ---- currents ------------------------------------------------------------ */

/* Between levels on a straight line; beyond the last ones, theirs holds. */
static double residual(const struct mr_calibration *c, double raw_A)
{
	uint32_t low = 0, high = c->n_levels - 1;
	const struct mr_calibration_level *a, *b;

	if (raw_A <= c->levels[low].raw_A)
		return c->levels[low].residual_A;
	if (raw_A >= c->levels[high].raw_A)
		return c->levels[high].residual_A;
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (c->levels[middle].raw_A <= raw_A)
			low = middle;
		else
			high = middle;
	}
	a = &c->levels[low];
	b = &c->levels[high];
	return a->residual_A + (b->residual_A - a->residual_A) *
	                               (raw_A - a->raw_A) / (b->raw_A - a->raw_A);
}

double mr_calibration_correct(const struct mr_calibration *c, double raw_A)
{
	double i_A = (raw_A - c->offset_A) / c->gain;

	return c->inl_applies && c->n_levels ? i_A - residual(c, raw_A) : i_A;
}

/* i = (raw - offset) / gain: propagation to first order. */
double mr_calibration_error(const struct mr_calibration *c, double raw_A)
{
	double i_A = (raw_A - c->offset_A) / c->gain;
	double var = c->offset_se_A * c->offset_se_A +
	             i_A * i_A * c->gain_se * c->gain_se +
	             2 * i_A * c->covariance_A;

	return var > 0 ? sqrt(var) / c->gain : 0;
}

static bool is_monotone(const struct mr_calibration *c)
{
	for (uint32_t k = 1; k < c->n_levels; k++) {
		const struct mr_calibration_level *a = &c->levels[k - 1];
		const struct mr_calibration_level *b = &c->levels[k];

		if (!(b->raw_A > a->raw_A) ||
		    !((b->raw_A - a->raw_A) / c->gain >
		      b->residual_A - a->residual_A))
			return false;
	}
	return true;
}

/* ---- whose it is --------------------------------------------------------- */

static uint64_t add_bytes(uint64_t hash, const void *bytes, size_t n)
{
	for (size_t k = 0; k < n; k++)
		hash = (hash ^ ((const unsigned char *)bytes)[k]) * FNV_PRIME;
	return hash;
}

static uint64_t add_text(uint64_t hash, const char *text)
{
	return add_bytes(hash, text, strlen(text) + 1);
}

static uint64_t board_of(const struct mr_description *desc)
{
	char shape[48];

	(void)snprintf(shape, sizeof shape, "%" PRIu32 "x%" PRIu32, desc->rows,
	               desc->cols);
	return add_text(add_text(add_text(FNV_BASIS, desc->driver),
	                         desc->identity),
	                shape);
}

/* As it can stand in a file: plain ASCII without signs of comments. */
static void put_plain(const char *identity, char *out, size_t size)
{
	size_t n = 0;

	for (; identity[n] && n + 1 < size; n++)
		out[n] = identity[n] < ' ' || identity[n] > '~' ||
		                         strchr(";#", identity[n])
		                 ? '?'
		                 : identity[n];
	out[n] = '\0';
}

static void set_owner(struct mr_calibration *c,
                      const struct mr_description *desc)
{
	(void)snprintf(c->driver, sizeof c->driver, "%s", desc->driver);
	put_plain(desc->identity, c->identity, sizeof c->identity);
	c->board = board_of(desc);
	c->rows = desc->rows;
	c->cols = desc->cols;
}

int mr_calibration_settle(struct mr_calibration *c,
                          const struct mr_description *desc,
                          struct mr_errtext *err)
{
	char numbers[256];
	uint64_t hash;

	if (desc)
		set_owner(c, desc);

	if (!(c->gain > 0 && isfinite(c->gain) && isfinite(c->offset_A)))
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "calibration: gain %g and offset %g A; a "
		                      "gain must be above 0: are the resistances "
		                      "and cells the right ones?",
		                      c->gain, c->offset_A);
	if (!is_monotone(c))
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "calibration: its table of residuals is not "
		                      "monotone, so that two currents would read "
		                      "the same");
	(void)snprintf(numbers, sizeof numbers,
	               "%016" PRIx64 " %" PRId64 " %.17g %.17g %d", c->board,
	               c->made_wall_ns, c->gain, c->offset_A, c->inl_applies);
	hash = add_text(FNV_BASIS, numbers);
	for (uint32_t k = 0; k < c->n_levels; k++) {
		(void)snprintf(numbers, sizeof numbers, "%.17g %.17g",
		               c->levels[k].raw_A, c->levels[k].residual_A);
		hash = add_text(hash, numbers);
	}
	(void)snprintf(c->id, sizeof c->id, "%016" PRIx64, hash);
	return MR_OK;
}

int mr_calibration_check(const struct mr_calibration *c,
                         const struct mr_description *desc,
                         struct mr_errtext *err)
{
	char there[sizeof desc->identity];

	if (c->board == board_of(desc))
		return MR_OK;
	put_plain(desc->identity, there, sizeof there);
	return mr_errtext_set(err, MR_ERR_MISMATCH,
	                      "calibration is of %s \"%s\", %" PRIu32 " x %" PRIu32
	                      "; this is %s \"%s\", %" PRIu32 " x %" PRIu32
	                      ": calibrate this one",
	                      c->driver, c->identity, c->rows, c->cols,
	                      desc->driver, there, desc->rows, desc->cols);
}

void mr_calibration_name(const struct mr_description *desc, char *out,
                         size_t size)
{
	(void)snprintf(out, size, "%s-%016" PRIx64 ".ini", desc->driver,
	               board_of(desc));
}

void mr_calibration_label(const struct mr_calibration *c, char *out,
                          size_t size)
{
	time_t seconds = (time_t)(c->made_wall_ns / NS_PER_S);
	struct tm day = {0};
	char date[16] = "?";

	if (gmtime_r(&seconds, &day))
		(void)strftime(date, sizeof date, "%Y-%m-%d", &day);
	(void)snprintf(out, size, "%s %s", c->id, date);
}
