/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Which part of a picture is taken. */
#ifndef MR_APPS_CROP_H
#define MR_APPS_CROP_H

#include "images.h"
#include "picture.h"

/**
 * The part to take: the square in the middle whose side is the picture's
 * shorter one, or a part that was drawn. The draw is a pure function of
 * (cut->seed, cut->epoch, index) and of the picture's size: up to ten times an
 * area (uniform in 8 % to 100 % of the picture) and an aspect (its logarithm
 * uniform between those of 3/4 and 4/3), until they fit; then the place. If
 * none fits, the middle, as large as the limits of the aspect allow. Half of
 * the parts are flipped. This is the "random resized crop" of C. Szegedy et
 * al., "Going deeper with convolutions", CVPR 2015, section 6.
 *
 * @param width   of the picture, at least 1.
 * @param height  likewise.
 * @param cut     NULL = the middle.
 * @param index   of the picture.
 * @return the part, in pixels.
 */
struct mr_picture_box mr_crop_choose(uint32_t width, uint32_t height,
                                     const struct mr_images_cut *cut,
                                     uint32_t index);

/**
 * By how much a picture may be made smaller while it is decoded, so that the
 * part still has as many pixels as are wanted.
 *
 * @param box   the part.
 * @param size  pixels wanted to a side.
 * @return 1, 2, 4 or 8.
 */
unsigned mr_crop_shrink(const struct mr_picture_box *box, uint32_t size);

#endif
