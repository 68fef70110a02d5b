/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Files of image sets that a test makes, in the formats in which they are
 * distributed, and where the real ones are.
 */
#ifndef MR_TESTS_IMAGEFILES_H
#define MR_TESTS_IMAGEFILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "test.h"

/**
 * An empty folder, in the program's scratch folder; what was in it is removed.
 *
 * @param dir  [MR_TEST_PATH_MAX] receives its path.
 */
void imagefiles_begin(char *dir);

/** Remove that folder. At the end of each test that made it. */
void imagefiles_end(void);

/**
 * Write a file; folders are made.
 *
 * @param dir    from imagefiles_begin().
 * @param name   may have '/'.
 * @param bytes  [n] content.
 * @param n      how many.
 */
void imagefiles_write(const char *dir, const char *name, const void *bytes,
                      size_t n);

/** The same, packed by gzip. */
void imagefiles_gzip(const char *dir, const char *name, const void *bytes,
                     size_t n);

/**
 * Read a file.
 *
 * @param bytes  [room] receives the content.
 * @return its size.
 */
size_t imagefiles_read(const char *dir, const char *name, uint8_t *bytes,
                       size_t room);

/**
 * Write the head of an IDX file.
 *
 * @param to     receives 4 + 4 * axes bytes.
 * @param axes   1 to 3.
 * @param sizes  [axes].
 * @return how many bytes.
 */
size_t imagefiles_idx_head(uint8_t *to, unsigned axes, const uint32_t *sizes);

/** Kinds of JPEG files. */
enum imagefiles_jpeg {
	IMAGEFILES_RGB,         /**< YCbCr inside, colours at half resolution */
	IMAGEFILES_GREY,        /**< one channel */
	IMAGEFILES_CMYK_ADOBE,  /**< YCCK inside, inks inverted */
	IMAGEFILES_CMYK_PLAIN,  /**< without Adobe's mark */
	IMAGEFILES_PROGRESSIVE, /**< as RGB, in several scans */
	IMAGEFILES_STRIP        /**< as RGB, with restarts after each 32 rows of
	                             a picture that is 32 wide */
};

/**
 * Make a JPEG file, of quality 95.
 *
 * @param kind    as above.
 * @param pixels  [height*width*channels] row, column, channel; 4 channels for
 *                CMYK, 1 for grey.
 * @param out     receives the file; free() it.
 * @return its size.
 */
size_t imagefiles_jpeg(enum imagefiles_jpeg kind, uint32_t width,
                       uint32_t height, const uint8_t *pixels, uint8_t **out);

/** Kinds of PNG files. */
enum imagefiles_png {
	IMAGEFILES_PNG_RGB,
	IMAGEFILES_PNG_RGBA,
	IMAGEFILES_PNG_GREY,       /**< 8 bits */
	IMAGEFILES_PNG_GREY_16,    /**< 16 bits, highest byte first */
	IMAGEFILES_PNG_PALETTE,    /**< entry i is the colour (i, 2i, 255-i) */
	IMAGEFILES_PNG_INTERLACED  /**< RGB */
};

/**
 * Make a PNG file.
 *
 * @param kind    as above.
 * @param pixels  rows as they are in the file.
 * @param out     receives the file; free() it.
 * @return its size.
 */
size_t imagefiles_png(enum imagefiles_png kind, uint32_t width, uint32_t height,
                      const uint8_t *pixels, uint8_t **out);

/**
 * The folder with a real set: in $MEMRIG_DATA, or in shared/data beside the
 * source tree or a folder above it.
 *
 * @param out   [MR_TEST_PATH_MAX] receives the path.
 * @param name  such as "mnist".
 * @return whether it is there.
 */
bool imagefiles_data(char *out, const char *name);

#endif
