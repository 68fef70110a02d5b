/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The filters that the table lists, one per file. */
#ifndef MR_DRIVER_FILTERS_H
#define MR_DRIVER_FILTERS_H

#include "memrig/backend.h"

extern const struct mr_filter mr__filter_calibration;
extern const struct mr_filter mr__filter_fault;
extern const struct mr_filter mr__filter_guard;

#endif
