/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* SHA-256 (FIPS 180-4), to compare files with the sums that are published. */
#ifndef MR_TESTS_SHA256_H
#define MR_TESTS_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_TEXT 65 /**< room for a sum as text */

/** A sum that is being made. */
struct sha256 {
	uint32_t state[8];
	uint32_t k[64];      /**< the constants */
	uint8_t block[64];
	uint64_t bytes;      /**< taken so far */
};

/** Begin. */
void sha256_begin(struct sha256 *sum);

/** Take n bytes more. */
void sha256_take(struct sha256 *sum, const void *bytes, size_t n);

/** End: the sum as lower-case hexadecimal digits. */
void sha256_end(struct sha256 *sum, char text[SHA256_TEXT]);

#endif
