/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* STL-10: the last byte says how many of those before it are labels; the others
 * are pictures. */
#include "apps/datasets/formats.h"
#include "fuzz.h"

const char mr_fuzz_name[] = "stl";

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
	struct mr_images_job job = {.set = mr_dataset_find("stl10"),
	                            .part = MR_IMAGES_TRAIN};
	struct mr_images images = {0};
	struct mr_errtext err = {""};
	size_t labels;

	if (size < 1)
		return 0;
	size--;
	labels = data[size] < size ? data[size] : size;
	job.dir = mr_fuzz_folder("train_X.bin", data, size - labels);
	(void)mr_fuzz_folder("train_y.bin", data + size - labels, labels);
	judge(mr_stl_load(&job, &images, &err), &images, &err);
	return 0;
}
