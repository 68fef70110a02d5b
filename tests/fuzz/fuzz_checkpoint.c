/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Checkpoints of SoftHebb: a shallow network in floating point and on an array,
 * and a deep one, each of a few weights. The first byte says which; the rest is
 * the file as it comes, or, with bit 2, what follows its head, with the right
 * head before it and the right check behind, so that what lies behind those is
 * reached. A run that accepts it goes on to its end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "apps/softhebb/deep.h"
#include "apps/softhebb/shallow_keep.h"
#include "fuzz.h"
#include "memrig/memrig.h"

#define NAME "x.ck"
#define SIDE 6
#define IMAGES 8
#define NEURONS 3
#define HEAD_MAX 64
#define FILE_MAX ((size_t)1 << 16)

const char mr_fuzz_name[] = "checkpoint";

static uint8_t pixels[IMAGES * SIDE * SIDE];
static uint16_t labels[IMAGES];
static char path[512];

static struct mr_images images_of(void)
{
	for (uint32_t i = 0; i < sizeof pixels; i++)
		pixels[i] = (uint8_t)(i * 37 % 251);
	for (uint16_t i = 0; i < IMAGES; i++)
		labels[i] = i % 2;
	return (struct mr_images){.n = IMAGES, .channels = 1, .height = SIDE,
	                          .width = SIDE, .n_classes = 2,
	                          .pixels = pixels, .label = labels};
}

/* ---- runs ------------------------------------------------------------------------ */

static int shallow(bool on_array, bool resume, struct mr_errtext *err)
{
	static const struct mr_hebb_params rule = {.t = 30, .eta0 = 0.2,
	                                           .radius = 2.5};
	const struct mr_hebb_mapping how = {.digital = true, .w_clip = 0.6,
	                                    .coding = MR_CODING_PAIR};
	const struct mr_images images = images_of();
	struct mr_shallow_keep keep = {.path = path, .resume = resume};
	struct mr_shallow_plan plan = {
		.params = rule, .train = &images, .test = &images,
		.n_out = NEURONS, .batch = 2, .epochs = 1, .keep = &keep};
	struct mr_shallow_result result = {0};
	struct mr_hebb_carrier c = {0};
	struct mr_array *array = NULL;
	int code;

	mr_shallow_identify(&plan, on_array ? &how : NULL, NULL, 1,
	                    &keep.identity);
	if (on_array) {
		mr_fuzz_must(mr_array_open("emu:pcm?rows=36&cols=6&seed=1", NULL,
		                           &array, err) == MR_OK, "an array");
		code = mr_hebb_array(&rule, &how, &array, 1, 1, SIDE * SIDE,
		                     NEURONS, &c, err);
	} else {
		code = mr_hebb_float(&rule, SIDE * SIDE, NEURONS, 1, &c, err);
	}
	mr_fuzz_must(code == MR_OK, "a carrier");
	code = mr_shallow_run(&plan, &c, 1, &result, err);
	mr_shallow_free(&result);
	mr_hebb_free(&c);
	mr_fuzz_must(mr_array_close(array, NULL) == MR_OK, "it closes");
	return code;
}

static int deep(bool resume, struct mr_errtext *err)
{
	static const struct mr_deep_preset tiny = {
		.name = "tiny", .dataset = "none", .title = "two kernels",
		.batch = 2, .epochs = 2, .epoch_batch = 4, .n_layers = 1,
		.layer = {{.n_kernels = 2, .kernel = 3, .pad = 1, .t = 1,
	                   .eta0 = 0.01f, .p = 0.5f, .pool = MR_DEEP_POOL_AVG,
	                   .pool_size = 2, .pool_stride = 2, .q = 1}}};
	const struct mr_images images = images_of();
	const struct mr_deep_plan plan = {.preset = &tiny, .train = &images,
	                                  .test = &images, .threads = 1,
	                                  .checkpoint = path,
	                                  .resume = resume};
	struct mr_deep_result result = {0};
	int code = mr_deep_run(&plan, &result, err);

	mr_deep_result_free(&result);
	return code;
}

static int run(unsigned which, bool resume, struct mr_errtext *err)
{
	return which == 2 ? deep(resume, err) : shallow(which, resume, err);
}

/* ---- files ----------------------------------------------------------------------- */

static void put(const void *data, size_t size)
{
	(void)snprintf(path, sizeof path, "%s/" NAME,
	               mr_fuzz_folder(NAME, data, size));
}

/* The head that a run writes itself: three words and those of its identity. */
static size_t head_of(unsigned which, uint8_t *head)
{
	size_t n = which == 2 ? 12 * 4 : 14 * 4;
	struct mr_errtext err = {""};
	FILE *f;

	put("", 0);
	mr_fuzz_must(run(which, false, &err) == MR_OK, err.text);
	f = fopen(path, "rb");
	mr_fuzz_must(f && fread(head, 1, n, f) == n, "a checkpoint");
	(void)fclose(f);
	return n;
}

/* Working it out once is enough. */
static size_t known_head(unsigned which, const uint8_t **head)
{
	static uint8_t heads[3][HEAD_MAX];
	static size_t sizes[3];

	if (!sizes[which])
		sizes[which] = head_of(which, heads[which]);
	*head = heads[which];
	return sizes[which];
}

static void put_mended(unsigned which, const uint8_t *data, size_t size)
{
	static uint8_t bytes[FILE_MAX];
	const uint8_t *head;
	size_t n = known_head(which, &head);
	uint32_t crc;

	if (size > sizeof bytes - n - 4)
		size = sizeof bytes - n - 4;
	memcpy(bytes, head, n);
	memcpy(bytes + n, data, size);
	n += size;
	crc = (uint32_t)crc32(0, bytes, (uInt)n);
	for (int i = 0; i < 4; i++)
		bytes[n++] = (uint8_t)(crc >> 8 * i);
	put(bytes, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mr_errtext err = {""};
	unsigned which;

	if (size == 0)
		return 0;
	which = (data[0] & 3u) % 3;
	if (data[0] & 4)
		put_mended(which, data + 1, size - 1);
	else
		put(data + 1, size - 1);
	(void)mr_fuzz_judge(run(which, true, &err), err.text);
	return 0;
}
