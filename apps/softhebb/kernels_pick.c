/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Which form of the deep network's passes this processor runs. */
#include "kernels.h"

static const struct mr_deep_kernels *const all[] = {
#if defined(MR_KERNELS_AVX2)
	&mr__deep_kernels_avx2,
#endif
	&mr__deep_kernels_base,
};

#define N_ALL (sizeof all / sizeof all[0])

const struct mr_deep_kernels *const *mr__deep_kernels_all(size_t *n)
{
	size_t first = 0;

#if defined(MR_KERNELS_AVX2)
	if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
		first = 1;
#endif
	*n = N_ALL - first;
	return all + first;
}

const struct mr_deep_kernels *mr__deep_kernels_pick(void)
{
	size_t n;

	return mr__deep_kernels_all(&n)[0];
}
