/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Counts over even bins from 0 to a top, for programs and figures. */
#ifndef MR_SOFTHEBB_HISTOGRAM_H
#define MR_SOFTHEBB_HISTOGRAM_H

#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

/**
 * For --json: {"from": 0, "to": top, "counts": [..]}.
 *
 * @param bins  [n] counts; what is over the top is in the last.
 * @param n     how many.
 * @param top   upper end of the last.
 * @return a new object.
 */
json_t *mr_histogram_json(const uint32_t *bins, uint32_t n, double top);

/**
 * For gnuplot: a block "$name << EOD" of middles and shares of all counts.
 *
 * @param to    the script.
 * @param name  of the block.
 * @param bins  as of mr_histogram_json(); NULL = an empty block.
 * @param n     how many.
 * @param top   upper end of the last.
 */
void mr_histogram_put(FILE *to, const char *name, const uint32_t *bins,
                      uint32_t n, double top);

#endif
