/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Waiting for a descriptor, on the handle's clock. */
#include "transports.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#define NS_PER_MS INT64_C(1000000)
#define NAP_MS 1000 /* a clock that is not the system's is looked at again */

int mr__fd_await(int fd, bool writing, const struct mr_clock *clock,
                 int64_t deadline_ns, struct mr_errtext *err)
{
	struct pollfd at = {.fd = fd, .events = writing ? POLLOUT : POLLIN};

	for (;;) {
		int64_t left_ns = deadline_ns - clock->monotonic_ns(clock->self);
		int64_t left_ms = (left_ns + NS_PER_MS - 1) / NS_PER_MS;
		int n = poll(&at, 1,
		             left_ns <= 0       ? 0
		             : left_ms < NAP_MS ? (int)left_ms
		                                : NAP_MS);

		if (n > 0)
			return MR_OK;
		if (n < 0 && errno != EINTR)
			return mr_errtext_set(err, MR_ERR_IO, "poll: %s",
			                      strerror(errno));
		if (left_ns <= 0)
			return mr_errtext_set(err, MR_ERR_TIMEOUT,
			                      writing ? "the board takes no "
			                                "bytes"
			                              : "the board does not "
			                                "answer");
	}
}
