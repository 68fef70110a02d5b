/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The one table of back ends and the one table of filters. */
#include "memrig/backend.h"

#include "backends.h"
#include "filters.h"

static const struct mr_backend *const backends[] = {
	&mr__backend_arc1,
	&mr__backend_emulator,
	&mr__backend_playback,
	&mr__backend_rig,
	&mr__backend_scpi,
	&mr__backend_smu,
};

static const struct mr_filter *const filters[] = {
	&mr__filter_calibration,
	&mr__filter_fault,
	&mr__filter_guard,
};

const struct mr_backend *const *mr_backends(size_t *n)
{
	if (n)
		*n = sizeof backends / sizeof backends[0];
	return backends;
}

const struct mr_filter *const *mr_filters(size_t *n)
{
	if (n)
		*n = sizeof filters / sizeof filters[0];
	return filters;
}
