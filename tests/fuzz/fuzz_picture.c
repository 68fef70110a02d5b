/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* JPEG and PNG files, in each size that a decoder gives. */
#include <stdlib.h>

#include "apps/datasets/crop.h"
#include "apps/datasets/picture.h"
#include "fuzz.h"

#define PIXELS_DECODED (1u << 20) /* so that an input costs little */
#define SIDE 8

const char mr_fuzz_name[] = "picture";

static void scale(const struct mr_picture *picture)
{
	static const struct mr_images_cut cut = {
		.random = true, .seed = 5, .epoch = 1};
	struct mr_picture_box box;
	uint8_t out[3 * SIDE * SIDE];
	struct mr_errtext err = {""};

	box = mr_crop_choose(picture->width, picture->height, &cut, 7);
	mr_fuzz_must(mr_picture_scale(picture, &box, SIDE, out, &err) == MR_OK,
	             "a picture can be scaled");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mr_picture_file file = {"a picture", data, size};
	struct mr_errtext err = {""};
	uint32_t width = 0;
	uint32_t height = 0;

	if (!mr_fuzz_judge(mr_picture_size(&file, &width, &height, &err),
	                   err.text))
		return 0;
	mr_fuzz_must((uint64_t)width * height <= MR_PICTURE_PIXELS_MAX,
	             "a picture is within the limit");
	if ((uint64_t)width * height > PIXELS_DECODED)
		return 0;
	for (unsigned shrink = 1; shrink <= 8; shrink *= 2) {
		struct mr_picture picture = {0};

		if (!mr_fuzz_judge(mr_picture_decode(&file, shrink, &picture,
		                                     &err), err.text)) {
			mr_fuzz_must(picture.rgb == NULL,
			             "a refusal leaves nothing");
			continue;
		}
		scale(&picture);
		free(picture.rgb);
	}
	return 0;
}
