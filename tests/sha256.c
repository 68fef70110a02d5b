/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* SHA-256, short rather than fast. Section numbers are those of FIPS 180-4. */
#include "sha256.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static uint32_t fraction(double x)
{
	return (uint32_t)((x - floor(x)) * 0x1p32);
}

static bool is_prime(unsigned n)
{
	for (unsigned d = 2; d * d <= n; d++)
		if (n % d == 0)
			return false;
	return true;
}

/* 4.2.2 and 5.3.3: roots of the first primes; 53 bits hold what is needed. */
void sha256_begin(struct sha256 *sum)
{
	unsigned prime = 2;

	memset(sum, 0, sizeof(*sum));
	for (unsigned i = 0; i < 64; prime++) {
		if (!is_prime(prime))
			continue;
		if (i < 8)
			sum->state[i] = fraction(sqrt(prime));
		sum->k[i++] = fraction(cbrt(prime));
	}
}

static uint32_t turn(uint32_t x, unsigned n)
{
	return x >> n | x << (32 - n);
}

/* 6.2.2, step 1 */
static void spread(const uint8_t *block, uint32_t w[64])
{
	for (unsigned t = 0; t < 16; t++)
		w[t] = (uint32_t)block[4 * t] << 24 |
		       (uint32_t)block[4 * t + 1] << 16 |
		       (uint32_t)block[4 * t + 2] << 8 | block[4 * t + 3];
	for (unsigned t = 16; t < 64; t++) {
		uint32_t a = w[t - 15];
		uint32_t b = w[t - 2];

		w[t] = w[t - 16] + w[t - 7] +
		       (turn(a, 7) ^ turn(a, 18) ^ a >> 3) +
		       (turn(b, 17) ^ turn(b, 19) ^ b >> 10);
	}
}

/* 6.2.2, steps 2 to 4: s holds a to h */
static void mix(struct sha256 *sum)
{
	uint32_t w[64];
	uint32_t s[8];

	spread(sum->block, w);
	memcpy(s, sum->state, sizeof(s));
	for (unsigned t = 0; t < 64; t++) {
		uint32_t t1 = s[7] + sum->k[t] + w[t] +
		              (turn(s[4], 6) ^ turn(s[4], 11) ^ turn(s[4], 25)) +
		              ((s[4] & s[5]) ^ (~s[4] & s[6]));
		uint32_t t2 = (turn(s[0], 2) ^ turn(s[0], 13) ^ turn(s[0], 22)) +
		              ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));

		memmove(s + 1, s, 7 * sizeof(*s));
		s[4] += t1;
		s[0] = t1 + t2;
	}
	for (unsigned i = 0; i < 8; i++)
		sum->state[i] += s[i];
}

void sha256_take(struct sha256 *sum, const void *bytes, size_t n)
{
	const uint8_t *from = bytes;

	for (size_t i = 0; i < n; i++) {
		sum->block[sum->bytes++ % 64] = from[i];
		if (sum->bytes % 64 == 0)
			mix(sum);
	}
}

/* 5.1.1 */
void sha256_end(struct sha256 *sum, char text[SHA256_TEXT])
{
	uint64_t bits = sum->bytes * 8;
	uint8_t length[8];

	for (unsigned i = 0; i < 8; i++)
		length[i] = (uint8_t)(bits >> (56 - 8 * i));
	sha256_take(sum, "\x80", 1);
	while (sum->bytes % 64 != 56)
		sha256_take(sum, "", 1);
	sha256_take(sum, length, sizeof(length));
	for (unsigned i = 0; i < 8; i++)
		(void)snprintf(text + (size_t)8 * i, 9, "%08x", sum->state[i]);
}
