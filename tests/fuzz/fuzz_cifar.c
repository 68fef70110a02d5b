/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* CIFAR-100's records and CIFAR-10's, of the same bytes. */
#include "apps/datasets/formats.h"
#include "fuzz.h"

const char mr_fuzz_name[] = "cifar";

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

static void load(const char *name, const char *file, mr_images_loader *loader,
                 const uint8_t *data, size_t size)
{
	struct mr_images_job job = {.set = mr_dataset_find(name),
	                            .part = MR_IMAGES_TEST};
	struct mr_images images = {0};
	struct mr_errtext err = {""};

	job.dir = mr_fuzz_folder(file, data, size);
	judge(loader(&job, &images, &err), &images, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	load("cifar10", "test_batch.bin", mr_cifar10_load, data, size);
	load("cifar100", "test.bin", mr_cifar100_load, data, size);
	return 0;
}
