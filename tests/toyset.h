/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* A small set of pictures in four classes that anybody can tell apart: noisy
 * bars, 8 x 8. */
#ifndef MR_TESTS_TOYSET_H
#define MR_TESTS_TOYSET_H

#include "apps/datasets/images.h"

#define TOY_SIDE 8
#define TOY_CLASSES 4

/**
 * Make pictures.
 *
 * @param n     how many; classes take turns.
 * @param seed  of the noise.
 * @return release with mr_images_free().
 */
struct mr_images toyset_make(uint32_t n, uint64_t seed);

#endif
