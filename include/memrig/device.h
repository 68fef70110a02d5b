/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * What is plugged in. Listing looks at what the system knows of its devices and
 * opens none of them: a session that goes on is not disturbed.
 */
#ifndef MEMRIG_DEVICE_H
#define MEMRIG_DEVICE_H

#include <stdint.h>

#include "memrig/error.h"

/** A device that a board may be behind. */
struct mr_device {
	char uri[256];    /**< opens it, such as "arc1+serial:/dev/ttyACM0"; the
	                       driver is a guess from the USB numbers, "?" where
	                       they say nothing */
	char transport[16]; /**< such as "serial" */
	char path[128];   /**< node or bus position */
	uint16_t vendor;  /**< USB; 0 = none */
	uint16_t product;
	char serial[64];  /**< "" = none */
	char name[128];   /**< what it calls itself; "" = nothing */
	char note[160];   /**< what stands in the way, such as a missing
	                       permission; "" = nothing */
};

/** Called for each device; anything but MR_OK ends the listing. */
typedef int mr_device_fn(void *user, const struct mr_device *device);

/**
 * List devices.
 * @param found  called for each, transport by transport; the record is only
 *               valid during the call.
 * @param user   handed to it.
 * @param err    explains a failure; or NULL.
 * @return MR_OK; MR_ERR_IO if a transport could not look; what `found`
 *         returned.
 */
MR_API int mr_devices_list(mr_device_fn *found, void *user,
                           struct mr_errtext *err);

#endif
