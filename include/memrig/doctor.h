/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Why a device cannot be used: its node, whose it is, who holds it, the udev
 * rules, ModemManager, a kernel driver. Looks only; opens no device.
 */
#ifndef MEMRIG_DOCTOR_H
#define MEMRIG_DOCTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "memrig/error.h"

/** How it is. */
enum mr_health {
	MR_HEALTH_FINE = 0,
	MR_HEALTH_NOTE = 1,   /**< may matter */
	MR_HEALTH_TROUBLE = 2 /**< the device cannot be used like this */
};

/** One thing that was looked at. */
struct mr_finding {
	enum mr_health health;
	char about[160];  /**< a node; "" = the machine */
	char what[256];   /**< a sentence without its point */
	char remedy[256]; /**< what to do; "" = nothing */
};

/** Where, and for whom, to look. All-zero: this machine, this process. */
struct mr_doctor_options {
	const char *root; /**< a tree to look at in place of "/"; or NULL */
	bool other_user;  /**< judge for `uid` and `gid` alone */
	uint32_t uid;
	uint32_t gid;
};

/** Called for each finding; anything but MR_OK ends the round. The record is
 * valid during the call. */
typedef int mr_finding_fn(void *user, const struct mr_finding *finding);

/**
 * Look at the machine: udev rules, ModemManager, whether there is USB.
 *
 * @param options  NULL = defaults.
 * @param found    called for each finding.
 * @param user     handed to it.
 * @return MR_OK; what `found` returned.
 */
MR_API int mr_doctor_machine(const struct mr_doctor_options *options,
                             mr_finding_fn *found, void *user);

/**
 * Look at a device node, such as /dev/ttyACM0, /dev/usbtmc0 or
 * /dev/bus/usb/001/004. (A USB device's interfaces that a kernel driver holds
 * are found through sysfs.)
 *
 * @param options  NULL = defaults.
 * @param node     absolute path.
 * @param found    called for each finding, at least once.
 * @param user     handed to it.
 * @return MR_OK; what `found` returned.
 */
MR_API int mr_doctor_node(const struct mr_doctor_options *options,
                          const char *node, mr_finding_fn *found, void *user);

#endif
