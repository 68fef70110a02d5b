/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* VISA resource strings (VPP-4.3), as other lab programs name instruments. */
#ifndef MR_DRIVER_VISA_H
#define MR_DRIVER_VISA_H

#include <stdbool.h>
#include <stddef.h>

#include "memrig/error.h"

/**
 * Write a URI for a VISA resource string, which may stand behind "DRIVER+" and
 * before "?KEYS":
 *
 *     USB0::0x05E6::0x2450::04402::INSTR   usbtmc:05e6:2450:04402
 *     TCPIP0::10.0.0.5::5025::SOCKET       tcp:10.0.0.5:5025
 *     ASRL/dev/ttyUSB0::INSTR              serial:/dev/ttyUSB0
 *
 * Without a driver it is an SMU's, but for a USB vendor that makes none: then
 * a board's of the open protocol.
 *
 * @param text  what was given.
 * @param out   [room] receives the URI.
 * @param room  bytes.
 * @param is    receives whether it is a VISA string at all; if not, out is
 *              untouched.
 * @param err   says what is malformed, or cannot be reached so, and what would
 *              be right.
 * @return MR_OK; MR_ERR_USAGE.
 */
int mr__visa_uri(const char *text, char *out, size_t room, bool *is,
                 struct mr_errtext *err);

#endif
