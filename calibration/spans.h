/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Spans: the readings of a cell between two things that changed it. Noise,
 * drift and errors of programming are all read off spans.
 *
 * The readings of a verify are no part of a span: they were kept because of
 * what they showed.
 */
#ifndef MR_CALIBRATION_SPANS_H
#define MR_CALIBRATION_SPANS_H

#include "fits.h"

/** Readings with nothing between them. */
struct mr__span {
	const struct mr_history_event *reads; /**< [n] in the order of time */
	uint32_t n;
	uint32_t cell;
	int64_t t_p_ns;  /**< end of what programmed the cell */
	double target_S; /**< that it was programmed to; NAN = pulses */
	bool known;      /**< t_p_ns and target_S mean something: no gap, and no
	                      pulse of unknown effect, came after them */
};

/** Spans of all cells in use, cell after cell. */
struct mr__spans {
	struct mr__span *at; /**< [n] */
	size_t n;
	uint64_t n_reads;
	double top_S;     /**< greatest reading */
	uint64_t n_jumps; /**< spans that were cut because time went back */
};

/**
 * Take the spans out of a history.
 * @param f      the fit: history, cells in use.
 * @param least  readings that a span must have, >= 1.
 * @param out    receives them; release with mr__spans_free().
 * @return MR_OK; MR_ERR_NOMEM.
 */
int mr__spans_take(const struct mr__fitting *f, uint32_t least,
                   struct mr__spans *out);

/** Release spans. @param s  as taken, or all-zero. */
void mr__spans_free(struct mr__spans *s);

/**
 * Age of a reading, at its end.
 * @param s  its span.
 * @param i  0 .. n - 1.
 * @return seconds since the cell was programmed.
 */
double mr__span_age_s(const struct mr__span *s, uint32_t i);

/**
 * What a drift law goes by: the mean of log((t + t0) / t0) over a reading.
 * @param age_s   at its end.
 * @param over_s  how long it took, see mr_history_event.
 * @param t0_s    reference time.
 * @return it; 0 before age 0.
 */
double mr__log_age(double age_s, double over_s, double t0_s);

/**
 * The same of a span's reading.
 * @param s     the span.
 * @param i     0 .. n - 1.
 * @param t0_s  reference time.
 * @return it.
 */
double mr__span_log_age(const struct mr__span *s, uint32_t i, double t0_s);

/**
 * Indices of some readings, spread evenly over the logarithm of the time since
 * the span began as far as there are readings: first and last are among them.
 * @param s     the span.
 * @param most  how many at most, >= 2.
 * @param out   [most] receives them, ascending.
 * @return how many.
 */
uint32_t mr__span_thin(const struct mr__span *s, uint32_t most, uint32_t *out);

/**
 * Time from one to the next of the readings that were averaged.
 * @param h  the history.
 * @param e  the reading.
 * @return seconds: the integration time, or more where other cells had their
 *         turns in between.
 */
double mr__span_t_int_s(const struct mr_history *h,
                        const struct mr_history_event *e);

#endif
