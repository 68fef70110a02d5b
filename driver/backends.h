/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The back ends of this folder that the table lists, one per file. */
#ifndef MR_DRIVER_BACKENDS_H
#define MR_DRIVER_BACKENDS_H

#include "memrig/backend.h"

extern const struct mr_backend mr__backend_arc1;
extern const struct mr_backend mr__backend_playback;
extern const struct mr_backend mr__backend_rig;
extern const struct mr_backend mr__backend_scpi;
extern const struct mr_backend mr__backend_smu;

#endif
