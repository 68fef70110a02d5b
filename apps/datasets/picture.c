/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Pictures of either format. */
#include "picture.h"

#include <string.h>

#define PIXELS_PER_BYTE_MAX ((uint64_t)8 * 1032) /* PNG of one bit, deflate at its best */

int mr_picture_check(const struct mr_picture_file *file, uint32_t width,
                     uint32_t height, struct mr_errtext *err)
{
	uint64_t pixels = (uint64_t)width * height;

	if (pixels > MR_PICTURE_PIXELS_MAX)
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: a picture of %u x %u pixels; at most "
		                      "%u pixels are read", file->path, width,
		                      height, MR_PICTURE_PIXELS_MAX);
	if (pixels / PIXELS_PER_BYTE_MAX > file->n)
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: cut off: %u x %u pixels are not in "
		                      "%zu bytes", file->path, width, height,
		                      file->n);
	return MR_OK;
}

static bool is_jpeg(const struct mr_picture_file *file)
{
	return file->n >= 3 && memcmp(file->bytes, "\xff\xd8\xff", 3) == 0;
}

static bool is_png(const struct mr_picture_file *file)
{
	return file->n >= 8 &&
	       memcmp(file->bytes, "\x89PNG\r\n\x1a\n", 8) == 0;
}

static int refuse(const struct mr_picture_file *file, struct mr_errtext *err)
{
	return mr_errtext_set(err, MR_ERR_FORMAT,
	                      "%s: byte 0: is neither a JPEG nor a PNG file",
	                      file->path);
}

int mr_picture_size(const struct mr_picture_file *file, uint32_t *width,
                    uint32_t *height, struct mr_errtext *err)
{
	if (is_jpeg(file))
		return mr_jpeg_size(file, width, height, err);
	if (is_png(file))
		return mr_png_size(file, width, height, err);
	return refuse(file, err);
}

int mr_picture_decode(const struct mr_picture_file *file, unsigned shrink,
                      struct mr_picture *out, struct mr_errtext *err)
{
	struct mr_jpeg_how how = {.shrink = shrink};

	if (is_jpeg(file))
		return mr_jpeg_decode(file, how, out, err);
	if (is_png(file))
		return mr_png_decode(file, out, err);
	return refuse(file, err);
}
