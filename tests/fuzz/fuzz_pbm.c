/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Bitmaps, plain and raw, and what scaling makes of them. */
#include <stdlib.h>

#include "apps/pbmfile.h"
#include "fuzz.h"

#define PIXELS_SCALED 4096 /* so that an input costs little */

const char mr_fuzz_name[] = "pbm";

static void check_pixels(const struct mr_pbm *pbm)
{
	size_t n = (size_t)pbm->width * pbm->height;

	mr_fuzz_must(n > 0, "a bitmap has pixels");
	mr_fuzz_must(pbm->width <= MR_PBM_SIDE_MAX &&
	                     pbm->height <= MR_PBM_SIDE_MAX,
	             "its sides are in limits");
	for (size_t k = 0; k < n; k++)
		mr_fuzz_must(pbm->black[k] <= 1, "a pixel is 0 or 1");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mr_pbm pbm = {0};
	struct mr_errtext err = {""};

	if (!mr_fuzz_judge(mr_pbm_read(mr_fuzz_file(data, size), &pbm, &err),
	                   err.text)) {
		mr_fuzz_must(pbm.black == NULL, "a refusal leaves nothing");
		return 0;
	}
	check_pixels(&pbm);
	if ((uint64_t)pbm.width * pbm.height <= PIXELS_SCALED &&
	    mr_fuzz_judge(mr_pbm_scale(&pbm, 3, &err), err.text))
		check_pixels(&pbm);
	mr_pbm_free(&pbm);
	return 0;
}
