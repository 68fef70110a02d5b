/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Addresses of USB devices, and their time-outs. */
#include "usb_address.h"

#include <stdlib.h>

#define NS_PER_MS INT64_C(1000000)
#define MS_MAX 3600000
#define HEX 16
#define NUMBER_MAX 0xffffL

static int number(const char **text, uint16_t *out)
{
	char *rest;
	long value = strtol(*text, &rest, HEX);

	if (rest == *text || value <= 0 || value > NUMBER_MAX)
		return MR_ERR_USAGE;
	*text = rest;
	*out = (uint16_t)value;
	return MR_OK;
}

int mr__usb_address(const char *text, struct usb_wish *wish,
                    struct mr_errtext *err)
{
	const char *at = text;

	if (!*text && wish->vendor)
		return MR_OK;
	if (number(&at, &wish->vendor) || *at++ != ':' ||
	    number(&at, &wish->product) || (*at && *at != ':') ||
	    (*at == ':' && !at[1]))
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "'%s' is no USB address: must be "
		                      "VID:PID or VID:PID:SERIAL, in hex, such "
		                      "as 05e6:2450:04501234",
		                      text);
	if (*at == ':')
		wish->serial = at + 1;
	return MR_OK;
}

unsigned mr__usb_left_ms(const struct mr_clock *clock, int64_t deadline_ns)
{
	int64_t left_ns = deadline_ns - clock->monotonic_ns(clock->self);

	if (left_ns <= 0)
		return 0;
	left_ns = (left_ns + NS_PER_MS - 1) / NS_PER_MS;
	return left_ns < MS_MAX ? (unsigned)left_ns : MS_MAX;
}
