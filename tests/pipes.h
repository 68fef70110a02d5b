/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Pipes to boards, opened as a board's driver opens them. */
#ifndef MR_TESTS_PIPES_H
#define MR_TESTS_PIPES_H

#include "driver/transports.h"

#define MR_TEST_MS INT64_C(1000000)

/** Open a URI's pipe on the system's clock; *out is NULL after a failure. */
int mr_test_open_pipe(const char *text, struct mr__transport **out,
                      struct mr_errtext *err);

/** The same; ends the test if it fails. */
struct mr__transport *mr_test_pipe(const char *text);

/** A deadline on the pipe's clock. */
int64_t mr_test_in(const struct mr__transport *t, int64_t ns);

#endif
