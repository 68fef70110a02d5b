/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The virtual boards; their one table is in wires.c. */
#ifndef MR_EMULATOR_WIRES_H
#define MR_EMULATOR_WIRES_H

#include "driver/transport.h"

extern const struct mr__wire_type mr__wire_arc1;

#endif
