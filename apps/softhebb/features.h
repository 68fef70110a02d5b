/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* What the last layer gives for each image, as half precision numbers in a
 * temporary file that has no name and is seen as memory. */
#ifndef MR_APPS_SOFTHEBB_FEATURES_H
#define MR_APPS_SOFTHEBB_FEATURES_H

#include "kernels.h"
#include "memrig/error.h"

/** The features of some images. */
struct mr_features {
	uint16_t *half;    /**< [n*width] */
	const uint16_t *label; /**< [n]; owned by the caller */
	uint32_t n;        /**< images */
	size_t width;      /**< features of an image */
	size_t bytes;      /**< of the file */
	double sum;        /**< of all that was written */
	float largest;     /**< magnitude */
};

/**
 * Make room, all zero.
 *
 * @param n       images, > 0.
 * @param width   features of an image, > 0.
 * @param folder  where the file is; NULL = /tmp.
 * @param out     filled in; release with mr_features_free().
 * @param err     explains a failure, naming the folder and the size.
 * @return MR_OK; MR_ERR_IO if the file cannot be made or the disk is too
 *         small.
 */
int mr_features_alloc(uint32_t n, size_t width, const char *folder,
                      struct mr_features *out, struct mr_errtext *err);

/**
 * Write features.
 *
 * @param features  the room.
 * @param kernels   passes.
 * @param first     first image.
 * @param n         images.
 * @param in        [n*width].
 * @param err       explains a failure.
 * @return MR_OK; MR_ERR_RANGE for one that half precision does not hold
 *         (65504 is the most) or that is no number.
 */
int mr_features_put(struct mr_features *features,
                    const struct mr_deep_kernels *kernels, uint32_t first,
                    uint32_t n, const float *in, struct mr_errtext *err);

/** Release; all zero is allowed. */
void mr_features_free(struct mr_features *features);

#endif
