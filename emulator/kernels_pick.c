/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Which form of the inner loops this processor runs. */
#include "kernels.h"

static const struct kernels *const all[] = {
#if defined(MR_KERNELS_AVX2)
	&mr__kernels_avx2,
#endif
	&mr__kernels_base,
};

#define N_ALL (sizeof all / sizeof all[0])

const struct kernels *const *mr__kernels_all(size_t *n)
{
	size_t first = 0;

#if defined(MR_KERNELS_AVX2)
	if (!__builtin_cpu_supports("avx2"))
		first = 1;
#endif
	*n = N_ALL - first;
	return all + first;
}

const struct kernels *mr__kernels_pick(void)
{
	size_t n;

	return mr__kernels_all(&n)[0];
}
