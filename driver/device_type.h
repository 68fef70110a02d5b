/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * What sits in a board's sockets. A board knows volts and seconds; what a SET
 * is and how far a cell goes is known of the kind of device, which the URI
 * names: `device=MODEL`, its parameters by `device.params=FILE.ini` or one by
 * one, `device.PARAMETER=VALUE`.
 */
#ifndef MR_DRIVER_DEVICE_TYPE_H
#define MR_DRIVER_DEVICE_TYPE_H

#include "memrig/model.h"
#include "memrig/uri.h"

struct mr__device_type {
	const struct mr_model *model; /* NULL = nothing is known */
	double p[MR_PARAMS_MAX];
};

/* Take the keys. MR_ERR_USAGE, MR_ERR_RANGE, MR_ERR_FORMAT, MR_ERR_MISSING. */
int mr__device_type_take(struct mr_uri *uri, struct mr__device_type *out,
                         struct mr_errtext *err);

/* Fill in what follows from the device: model, conductances, drift, limits,
 * waveforms. Where nothing is known: a read waveform and wide bounds. */
void mr__device_type_describe(const struct mr__device_type *type,
                              struct mr_description *desc);

/* Narrow what a device takes to what a board can do: limits become the tighter
 * of both, and waveforms that the board cannot apply are dropped. */
void mr__device_type_narrow(struct mr_description *desc,
                            const struct mr_limits *board);

#endif
