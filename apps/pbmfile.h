/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Pictures of one bit per pixel: portable bitmaps, plain (P1) and raw (P4). */
#ifndef MR_APPS_PBMFILE_H
#define MR_APPS_PBMFILE_H

#include <stdint.h>

#include "memrig/error.h"

#define MR_PBM_SIDE_MAX 16384 /**< pixels in a row or column */

/** A picture. */
struct mr_pbm {
	uint32_t width;
	uint32_t height;
	uint8_t *black; /**< [height*width] 1 = black; row by row; owned */
};

/**
 * Read a picture.
 *
 * @param path  the file.
 * @param out   filled in; release with mr_pbm_free().
 * @param err   names the file, what is wrong and what would be right.
 * @return MR_OK; MR_ERR_MISSING if it cannot be opened; MR_ERR_FORMAT if it is
 *         no bitmap, cut off, or larger than MR_PBM_SIDE_MAX; MR_ERR_IO;
 *         MR_ERR_NOMEM.
 */
int mr_pbm_read(const char *path, struct mr_pbm *out, struct mr_errtext *err);

/**
 * Make each pixel a square of several.
 *
 * @param pbm    changed on success.
 * @param scale  pixels per side, >= 1.
 * @param err    says what does not fit; or NULL.
 * @return MR_OK; MR_ERR_RANGE if a side would pass MR_PBM_SIDE_MAX;
 *         MR_ERR_NOMEM.
 */
int mr_pbm_scale(struct mr_pbm *pbm, uint32_t scale, struct mr_errtext *err);

/**
 * Release.
 *
 * @param pbm  from mr_pbm_read(), or all zero.
 */
void mr_pbm_free(struct mr_pbm *pbm);

#endif
