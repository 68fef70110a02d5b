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

/** What became of a device. */
enum mr_device_change { MR_DEVICE_ARRIVED, MR_DEVICE_LEFT };

/** Called for each change; `device` is only valid during the call, and of one
 * that has left it is what was known before. Anything but MR_OK ends the
 * waiting. */
typedef int mr_device_change_fn(void *user, enum mr_device_change change,
                                const struct mr_device *device);

struct mr_device_watch; /**< one thread at a time */

/**
 * Begin to watch what is plugged in and out: USB devices, and the serial ports
 * and nodes that the system makes of them. There is no thread: changes are seen
 * while somebody waits for them, and none that happens in between is lost.
 * @param out  receives the watch, to which what is there now is no news.
 * @param err  explains a failure; or NULL.
 * @return MR_OK; MR_ERR_UNSUPPORTED (the system tells no changes); MR_ERR_IO;
 *         MR_ERR_NOMEM.
 */
MR_API int mr_device_watch_open(struct mr_device_watch **out,
                                struct mr_errtext *err);

/**
 * Wait for changes, and report them. A device may be reported some tenths of a
 * second after it was plugged in, when the system has made its node.
 * @param watch      the watch.
 * @param timeout_s  how long to wait, 0 to 86400 s; 0 = only what has happened.
 * @param changed    called for each change, before this returns.
 * @param user       handed to it.
 * @param err        explains a failure; or NULL.
 * @return MR_OK after one or more changes; MR_ERR_TIMEOUT if there was none;
 *         MR_ERR_RANGE (timeout); MR_ERR_IO; MR_ERR_NOMEM; what `changed`
 *         returned.
 */
MR_API int mr_device_watch_wait(struct mr_device_watch *watch, double timeout_s,
                                mr_device_change_fn *changed, void *user,
                                struct mr_errtext *err);

/**
 * End a watch.
 * @param watch  may be NULL.
 */
MR_API void mr_device_watch_close(struct mr_device_watch *watch);

#endif
