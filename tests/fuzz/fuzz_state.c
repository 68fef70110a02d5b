/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * States of emulated chips, as a snapshot and as a state file: as they come,
 * and once more with the checksum put right, so that what lies behind it is
 * reached. What is accepted must be usable.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "memrig/memrig.h"

#define CELLS_MAX 4096
#define FNV_BASIS UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

const char mr_fuzz_name[] = "state";

/* A description changes with what is restored: it must stay sensible. */
static void use(struct mr_array *array)
{
	static float g_S[CELLS_MAX], v_V[CELLS_MAX], i_A[CELLS_MAX];
	const struct mr_description *desc = mr_array_describe(array);
	uint64_t n = (uint64_t)desc->rows * desc->cols;
	struct mr_op op = {.kind = MR_OP_READ, .read = {.g_S = g_S,
	                                                .averages = 2}};

	if (n > CELLS_MAX || desc->rows > CELLS_MAX || desc->cols > CELLS_MAX)
		return;
	for (uint32_t i = 0; i < desc->rows; i++)
		v_V[i] = 0.1f;
	(void)mr_fuzz_judge(mr_array_drive(array, v_V, i_A),
	                    mr_array_errmsg(array));
	(void)mr_fuzz_judge(mr_array_pulse(array, NULL, "set", 3),
	                    mr_array_errmsg(array));
	(void)mr_fuzz_judge(mr_array_wait(array, 1e5), mr_array_errmsg(array));
	(void)mr_fuzz_judge(mr_array_submit(array, &op, 1, NULL, NULL),
	                    mr_array_errmsg(array));
	(void)mr_fuzz_judge(mr_array_drive(array, v_V, i_A),
	                    mr_array_errmsg(array));
	mr_fuzz_must(mr_array_time_ns(array) >= 0, "array time goes on");
}

/* What was restored is what a snapshot then gives. */
static void compare(struct mr_array *array, const struct mr_blob *blob)
{
	struct mr_blob again = {0};

	mr_fuzz_must(mr_array_snapshot(array, &again) == MR_OK, "a snapshot");
	mr_fuzz_must(again.size == blob->size, "of the same size");
	mr_fuzz_must(mr_array_restore(array, &again) == MR_OK,
	             "that can be restored");
	free(again.data);
}

static void restore(const char *uri, const struct mr_blob *blob)
{
	struct mr_errtext err = {""};
	struct mr_array *array = NULL;

	mr_fuzz_must(mr_array_open(uri, NULL, &array, &err) == MR_OK, uri);
	if (mr_fuzz_judge(mr_array_restore(array, blob),
	                  mr_array_errmsg(array)))
		compare(array, blob);
	use(array);
	mr_fuzz_must(mr_array_close(array, &err) == MR_OK, "it closes");
}

static void open_file(const char *model, const struct mr_blob *blob)
{
	const char *path = mr_fuzz_file(blob->data, blob->size);
	struct mr_errtext err = {""};
	struct mr_array *array = NULL;
	char uri[512];

	(void)snprintf(uri, sizeof uri, "emu:%s?state=%s", model, path);
	if (!mr_fuzz_judge(mr_array_open(uri, NULL, &array, &err), err.text))
		return;
	use(array);
	(void)mr_fuzz_judge(mr_array_close(array, &err), err.text);
}

static void try_all(const struct mr_blob *blob)
{
	restore("emu:pcm?rows=3&cols=4&seed=7&adc_bits=9", blob);
	restore("emu:pcm?rows=3&cols=4&noise=flicker", blob);
	restore("emu:ideal?rows=2&cols=2", blob);
	open_file("pcm", blob);
	open_file("ideal", blob);
}

static void mend(unsigned char *data, size_t size)
{
	uint64_t h = FNV_BASIS;
	size_t n = size - sizeof h;

	for (size_t i = 0; i < n; i++)
		h = (h ^ data[i]) * FNV_PRIME;
	memcpy(data + n, &h, sizeof h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char *copy = malloc(size ? size : 1);
	struct mr_blob blob = {.data = copy, .size = size};

	if (!copy)
		abort();
	if (size)
		memcpy(copy, data, size);
	try_all(&blob);
	if (size >= sizeof(uint64_t)) {
		mend(copy, size);
		try_all(&blob);
	}
	free(copy);
	return 0;
}
