/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* What Linux says of USB devices in sysfs, without opening them. */
#ifndef MR_DRIVER_USB_SYSFS_H
#define MR_DRIVER_USB_SYSFS_H

#include <stdbool.h>
#include <stddef.h>

/* The name of a device's folder below /sys/bus/usb/devices, such as "1-4.2", by
 * its place; false if there is none. `root` stands before the path; "" = /. */
bool mr__usb_sysfs_find(const char *root, unsigned long bus,
                        unsigned long number, char *out, size_t room);

/* An attribute such as "serial", one line; false (and "") if it has none. */
bool mr__usb_sysfs_read(const char *root, const char *device,
                        const char *attribute, char *out, size_t room);

#endif
