/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Pictures in memory, moved a little and flipped: what is known as a random crop
 * of a padded picture. */
#ifndef MR_APPS_SHIFT_H
#define MR_APPS_SHIFT_H

#include "images.h"

/** Where a picture is moved. */
struct mr_shift {
	int32_t x;  /**< columns to the right, -cut->shift to cut->shift */
	int32_t y;  /**< rows down, likewise */
	bool flip;  /**< left to right, after it was moved */
};

/**
 * Draw: x and y uniform, each flip by chance 1/2, a pure function of (cut->seed,
 * cut->epoch, index).
 *
 * @param cut    its shift at most INT32_MAX.
 * @param index  of the picture.
 * @return the shift.
 */
struct mr_shift mr_shift_choose(const struct mr_images_cut *cut, uint32_t index);

/**
 * Move one plane. What comes in from beyond the border is its mirror image, the
 * pixel at the border not repeated: index -1 is 1, height is height - 2.
 *
 * @param shift   |x| < width, |y| < height.
 * @param height  rows.
 * @param width   pixels of a row.
 * @param in      [height*width].
 * @param out     [height*width]; another place than `in`.
 */
void mr_shift_plane(const struct mr_shift *shift, uint32_t height,
                    uint32_t width, const uint8_t *in, uint8_t *out);

#endif
