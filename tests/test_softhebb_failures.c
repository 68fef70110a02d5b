/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* A deep network when memory or disk run out: what was there stays. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "apps/softhebb/deep.h"
#include "badmemory.h"
#include "test.h"

#define N_IMAGES 12
#define SIDE 8
#define STEPS_MAX 200 /* of a sweep: far above what there are */
#define FILE_MAX (1 << 16)

static uint8_t pixels[N_IMAGES * SIDE * SIDE];
static uint16_t labels[N_IMAGES];

static const struct mr_deep_preset tiny = {
	.name = "tiny", .dataset = "mnist", .n_layers = 1, .batch = 4,
	.layer = {{.n_kernels = 6, .kernel = 3, .pad = 1, .t = 1,
                   .eta0 = 0.08f, .p = 0.5f, .pool = MR_DEEP_POOL_MAX,
                   .pool_size = 4, .pool_stride = 2, .pool_pad = 1,
                   .q = 0.7f}},
	.epochs = 1, .epoch_batch = 4, .dropout = 0.4f};

static struct mr_images speckles(void)
{
	for (size_t i = 0; i < sizeof pixels; i++)
		pixels[i] = (uint8_t)(i * i % 251);
	for (uint16_t i = 0; i < N_IMAGES; i++)
		labels[i] = i % 3;
	return (struct mr_images){.n = N_IMAGES, .channels = 1, .height = SIDE,
	                          .width = SIDE, .n_classes = 3,
	                          .label = labels, .pixels = pixels};
}

static size_t slurp(const char *path, uint8_t *bytes)
{
	FILE *f = fopen(path, "rb");
	size_t n = f ? fread(bytes, 1, FILE_MAX, f) : 0;

	if (f)
		(void)fclose(f);
	return n;
}

/* ---- memory -------------------------------------------------------------- */

static bool run_short_of_memory(const struct mr_deep_plan *plan, uint64_t k)
{
	struct mr_deep_result result;
	struct mr_errtext err = {""};
	long before = mr_badmemory_blocks();

	mr_badmemory_arm(k, MR_MEMORY_OWN);
	int code = mr_deep_run(plan, &result, &err);
	bool failed = mr_badmemory_disarm();

	if (failed) {
		MR_CODE_ERR(code, MR_ERR_NOMEM, err);
		CU_ASSERT(err.text[0] != '\0');
	} else {
		MR_CODE_ERR(code, MR_OK, err);
	}
	mr_deep_result_free(&result);
	/* the file's name is a strdup() of the C library's, which is not
	 * counted, and given back by a free() that is */
	if (!plan->checkpoint)
		CU_ASSERT_EQUAL(mr_badmemory_blocks(), before);
	return failed;
}

static void run_kth_allocation_fails_cleanly(void)
{
	char path[MR_TEST_PATH_MAX];
	struct mr_images images = speckles();
	struct mr_deep_plan plan = {.preset = &tiny, .train = &images,
	                            .test = &images, .threads = 1};
	uint64_t k = 1;

	while (k < STEPS_MAX && run_short_of_memory(&plan, k))
		k++;
	CU_ASSERT(k > 20 && k < STEPS_MAX);
	plan.checkpoint = mr_test_path(path, "m.ck");
	for (k = 1; k < STEPS_MAX && run_short_of_memory(&plan, k); k++)
		;
	CU_ASSERT(k > 20 && k < STEPS_MAX);
	plan.resume = true;
	k = 1;
	while (k < STEPS_MAX && run_short_of_memory(&plan, k))
		k++;
	CU_ASSERT(k > 20 && k < STEPS_MAX);
}

/* ---- disk ---------------------------------------------------------------- */

/* No file may grow beyond so many bytes; a signal would end the program. */
static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	(void)signal(SIGXFSZ, SIG_IGN);
	if (getrlimit(RLIMIT_FSIZE, &limit))
		abort();
	limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
	if (setrlimit(RLIMIT_FSIZE, &limit))
		abort();
}

static void checkpoint_on_a_full_disk_keeps_the_previous_one(void)
{
	static uint8_t before[FILE_MAX], after[FILE_MAX];
	char path[MR_TEST_PATH_MAX];
	struct mr_images images = speckles();
	struct mr_deep_plan plan = {.preset = &tiny, .train = &images,
	                            .checkpoint = mr_test_path(path, "d.ck")};
	struct mr_deep_result result;
	struct mr_errtext err = {""};

	MR_CODE_ERR(mr_deep_run(&plan, &result, &err), MR_OK, err);
	mr_deep_result_free(&result);
	size_t n = slurp(path, before);

	CU_ASSERT(n > 1000 && n < FILE_MAX);
	plan.seed = 1; /* other weights, were they written */
	limit_files(1000);
	int code = mr_deep_run(&plan, &result, &err);

	limit_files(RLIM_INFINITY);
	MR_CODE_ERR(code, MR_ERR_IO, err);
	MR_HAS(err.text, "d.ck cannot be written");
	CU_ASSERT(slurp(path, after) == n);
	CU_ASSERT(memcmp(before, after, n) == 0);
}

static void features_on_a_full_disk_are_refused(void)
{
	struct mr_images images = speckles();
	struct mr_deep_plan plan = {.preset = &tiny, .train = &images,
	                            .test = &images};
	struct mr_deep_result result;
	struct mr_errtext err = {""};

	limit_files(100);
	int code = mr_deep_run(&plan, &result, &err);

	limit_files(RLIM_INFINITY);
	MR_CODE_ERR(code, MR_ERR_IO, err);
	MR_HAS(err.text, "no temporary file");
}

const struct mr_test mr_tests[] = {
	{"run_kth_allocation_fails_cleanly", run_kth_allocation_fails_cleanly},
	{"checkpoint_on_a_full_disk_keeps_the_previous_one",
	 checkpoint_on_a_full_disk_keeps_the_previous_one},
	{"features_on_a_full_disk_are_refused",
	 features_on_a_full_disk_are_refused},
	{0},
};
