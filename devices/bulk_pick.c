/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Which form of the inner loops this processor runs. */
#include "bulk.h"

static const struct bulk *const all[] = {
#if defined(MR_BULK_AVX2)
	&mr__bulk_avx2,
#endif
	&mr__bulk_base,
};

#define N_ALL (sizeof all / sizeof all[0])

const struct bulk *const *mr__bulk_all(size_t *n)
{
	size_t first = 0;

#if defined(MR_BULK_AVX2)
	if (!__builtin_cpu_supports("avx2"))
		first = 1;
#endif
	*n = N_ALL - first;
	return all + first;
}

const struct bulk *mr__bulk_pick(void)
{
	size_t n;

	return mr__bulk_all(&n)[0];
}
