/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Everything an application needs, in one include. */
#ifndef MEMRIG_MEMRIG_H
#define MEMRIG_MEMRIG_H

#include "memrig/array.h"
#include "memrig/calibrate.h"
#include "memrig/clock.h"
#include "memrig/compare.h"
#include "memrig/device.h"
#include "memrig/doctor.h"
#include "memrig/error.h"
#include "memrig/fit.h"
#include "memrig/history.h"
#include "memrig/measure.h"
#include "memrig/oplog.h"
#include "memrig/random.h"
#include "memrig/serve.h"
#include "memrig/synapse.h"
#include "memrig/types.h"
#include "memrig/uri.h"

/**
 * Version of the library.
 *
 * @return static text such as "0.1.0".
 */
MR_API const char *mr_version(void);

#endif
