/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Pictures and labels in IDX, packed or not. The first two bytes are the size of
 * the file with the pictures; the rest are the labels'. */
#include "apps/datasets/formats.h"
#include "fuzz.h"

const char mr_fuzz_name[] = "idx";

static void judge(int code, struct mr_images *images,
                  const struct mr_errtext *err)
{
	if (mr_fuzz_judge(code, err->text)) {
		mr_fuzz_must(images->n > 0, "a set has pictures");
		for (uint32_t i = 0; i < images->n; i++)
			mr_fuzz_must(images->label[i] < images->n_classes,
			             "labels are in range");
	}
	mr_images_free(images);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct mr_dataset set = {"mnist", "MNIST", 1, 2, 2, 3,
	                                      0, 0, 0, NULL};
	struct mr_images_job job = {.set = &set, .part = MR_IMAGES_TRAIN};
	struct mr_images images = {0};
	struct mr_errtext err = {""};
	size_t n;

	if (size < 2)
		return 0;
	n = (size_t)data[0] * 256 + data[1];
	if (n > size - 2)
		n = size - 2;
	job.dir = mr_fuzz_folder("train-images-idx3-ubyte", data + 2, n);
	(void)mr_fuzz_folder("train-labels-idx1-ubyte", data + 2 + n,
	                     size - 2 - n);
	judge(mr_idx_load(&job, &images, &err), &images, &err);
	return 0;
}
