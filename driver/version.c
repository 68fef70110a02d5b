/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The version, from the build. */
#include "memrig/memrig.h"

#include "config.h"

const char *mr_version(void)
{
	return PACKAGE_VERSION;
}
