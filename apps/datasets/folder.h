/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Pictures in folders by class, read when they are asked for. */
#ifndef MR_APPS_FOLDER_H
#define MR_APPS_FOLDER_H

#include "images.h"

struct mr_folder; /**< opaque: the names of the files */

/**
 * Read one picture, cut and scale it.
 *
 * @param images  with a folder.
 * @param index   which, < images->n.
 * @param cut     as in mr_images_fetch().
 * @param out     [3*height*width] receives it.
 * @param err     explains a failure.
 * @return as mr_images_fetch().
 */
int mr_folder_fetch(const struct mr_images *images, uint32_t index,
                    const struct mr_images_cut *cut, uint8_t *out,
                    struct mr_errtext *err);

/**
 * Release.
 *
 * @param folder  may be NULL.
 */
void mr_folder_free(struct mr_folder *folder);

#endif
