/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Linux's virtual USB host controller: its free ports, and plugging in. */
#ifndef MR_DRIVER_VHCI_H
#define MR_DRIVER_VHCI_H

#include "memrig/error.h"

#define MR__VHCI "/sys/devices/platform/vhci_hcd.0"

/**
 * Give the kernel one end of a stream that speaks USB/IP, as a high-speed
 * device in a free port. The device is unplugged when the other end closes.
 * @param folder  the controller's in sysfs, MR__VHCI.
 * @param fd      receives the device's end; the caller closes it.
 * @param port    receives the port.
 * @return MR_OK; MR_ERR_IO (no such controller, no permission: the remedy is
 *         named); MR_ERR_BUSY (no port is free).
 */
int mr__vhci_attach(const char *folder, int *fd, unsigned *port,
                    struct mr_errtext *err);

#endif
