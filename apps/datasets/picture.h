/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Pictures in files, by libjpeg and libpng. The libraries neither print nor end
 * the program; what they warn of is a failure where pixels are lost. Which
 * library reads a file depends on its first bytes, not on its name.
 */
#ifndef MR_APPS_PICTURE_H
#define MR_APPS_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memrig/error.h"

#define MR_PICTURE_PIXELS_MAX (1u << 26) /**< of a picture that is read; the
	largest of ImageNet has 61 million */

/** A file in memory. */
struct mr_picture_file {
	const char *path;     /**< for messages */
	const uint8_t *bytes; /**< [n] */
	size_t n;
};

/** Pixels. */
struct mr_picture {
	uint32_t width;
	uint32_t height;
	uint8_t *rgb; /**< [height*width*3] row, column, colour; owned */
};

/** How a JPEG file is decoded. */
struct mr_jpeg_how {
	unsigned shrink; /**< 1, 2, 4 or 8: sides divided by it, rounded up */
	bool plain;      /**< replicate colours instead of smoothing them, and
	                      tolerate no warning */
};

/**
 * The size of a picture, from its head.
 *
 * @param file    JPEG or PNG.
 * @param width   receives it.
 * @param height  receives it; their product is at most MR_PICTURE_PIXELS_MAX.
 * @param err     explains a failure.
 * @return MR_OK; MR_ERR_FORMAT; MR_ERR_NOMEM.
 */
int mr_picture_size(const struct mr_picture_file *file, uint32_t *width,
                    uint32_t *height, struct mr_errtext *err);

/**
 * Decode. Grey becomes three equal colours, CMYK becomes RGB, 16 bits become 8,
 * transparency is dropped.
 *
 * @param file    JPEG or PNG.
 * @param shrink  1, 2, 4, 8: what is enough; PNG is decoded in full.
 * @param out     filled in; free(out->rgb). Untouched by a failure.
 * @param err     explains a failure: path, offset, what is wrong.
 * @return MR_OK; MR_ERR_FORMAT; MR_ERR_NOMEM.
 */
int mr_picture_decode(const struct mr_picture_file *file, unsigned shrink,
                      struct mr_picture *out, struct mr_errtext *err);

/** As mr_picture_size(), of a JPEG file. */
int mr_jpeg_size(const struct mr_picture_file *file, uint32_t *width,
                 uint32_t *height, struct mr_errtext *err);

/** As mr_picture_decode(), of a JPEG file. */
int mr_jpeg_decode(const struct mr_picture_file *file, struct mr_jpeg_how how,
                   struct mr_picture *out, struct mr_errtext *err);

/** As mr_picture_size(), of a PNG file. */
int mr_png_size(const struct mr_picture_file *file, uint32_t *width,
                uint32_t *height, struct mr_errtext *err);

/** As mr_picture_decode(), of a PNG file. */
int mr_png_decode(const struct mr_picture_file *file, struct mr_picture *out,
                  struct mr_errtext *err);

/**
 * Make room for pixels, once the size is known.
 *
 * @param file    for messages, and its length for a bound on what it can hold.
 * @param width   of the picture as it is in the file.
 * @param height  likewise.
 * @param err     explains a failure.
 * @return MR_OK; MR_ERR_FORMAT for sizes that are out of bounds.
 */
int mr_picture_check(const struct mr_picture_file *file, uint32_t width,
                     uint32_t height, struct mr_errtext *err);

/** Part of a picture, in pixels of the file; need not be whole. */
struct mr_picture_box {
	double x;
	double y;
	double width;
	double height;
	bool flip; /**< left to right */
};

/**
 * Scale a part of a picture to a square, by a triangle filter that is as wide
 * as a pixel of the coarser of both grids: linear interpolation where it
 * enlarges, a weighted mean where it makes smaller.
 *
 * @param from  the picture.
 * @param box   within it.
 * @param size  side of the square.
 * @param out   [3*size*size] receives colour, row, column.
 * @param err   explains a failure.
 * @return MR_OK; MR_ERR_NOMEM.
 */
int mr_picture_scale(const struct mr_picture *from,
                     const struct mr_picture_box *box, uint32_t size,
                     uint8_t *out, struct mr_errtext *err);

#endif
