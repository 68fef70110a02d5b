/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

#include "pipes.h"

#include <stdlib.h>

#include "test.h"

int mr_test_open_pipe(const char *text, struct mr__transport **out,
                     struct mr_errtext *err)
{
	static const struct mr__wish wish = {.line = {.baud = 115200,
	                                              .data_bits = 8,
	                                              .parity = 'N',
	                                              .stop_bits = 1},
	                                     .tcp_port = 5025};
	struct mr_clock clock;
	struct mr_open_options options = {.clock = &clock};
	struct mr_uri *uri = malloc(sizeof *uri);
	int rc = mr_uri_parse(uri, text, err);

	mr_clock_system(&clock);
	*out = NULL;
	if (!rc)
		rc = mr__transport_open(uri, &options, &wish, out, err);
	free(uri);
	return rc;
}

struct mr__transport *mr_test_pipe(const char *text)
{
	struct mr__transport *t;
	struct mr_errtext err = {""};

	MR_CODE_ERR(mr_test_open_pipe(text, &t, &err), MR_OK, err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	return t;
}

int64_t mr_test_in(const struct mr__transport *t, int64_t ns)
{
	const struct mr_clock *clock = mr__transport_clock(t);

	return clock->monotonic_ns(clock->self) + ns;
}
