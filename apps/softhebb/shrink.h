/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Pictures made smaller, so that a small array can carry a layer for them. */
#ifndef MR_SOFTHEBB_SHRINK_H
#define MR_SOFTHEBB_SHRINK_H

#include <stdint.h>

#include "../datasets/images.h"

/**
 * Shrink all pictures to size x size by the mean over areas.
 *
 * @param images  with pixels in memory; changed.
 * @param size    wanted, >= 1, at most their height and width.
 * @return MR_OK; MR_ERR_NOMEM, then nothing was changed.
 */
int mr_images_shrink(struct mr_images *images, uint32_t size);

#endif
