/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Small measurements for tests of fits: operations on an array, with a log. */
#ifndef MR_TESTS_PROTOCOLS_H
#define MR_TESTS_PROTOCOLS_H

#include "memrig/memrig.h"

/** A measurement at work. */
struct mr_bench_log {
	struct mr_array *array;
	struct mr_oplog *log;
	float *g_S;       /**< [rows*cols] room for a whole read */
	uint8_t *status;  /**< [rows*cols] likewise */
};

/**
 * Open an array and begin a log; asserts that both succeed.
 * @param b     filled in.
 * @param uri   of the array.
 * @param path  of the log.
 */
void mr_bench_open(struct mr_bench_log *b, const char *uri, const char *path);

/** End log and array. @param b  as opened. */
void mr_bench_close(struct mr_bench_log *b);

/** Read all cells. @param b  as opened. @param averages  readings each. */
void mr_bench_read(struct mr_bench_log *b, uint32_t averages);

/** Pulse all cells. @param b  as opened. @param effect  of the waveform. */
void mr_bench_pulse(struct mr_bench_log *b, enum mr_effect effect);

/**
 * Cycles of a RESET and single SETs, with a reading after each.
 * @param b         as opened.
 * @param cycles    how many.
 * @param pulses    SETs of a cycle.
 * @param averages  readings each.
 */
void mr_bench_pulses(struct mr_bench_log *b, uint32_t cycles, uint32_t pulses,
                     uint32_t averages);

#endif
