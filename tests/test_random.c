/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The door to chance: known answers, addressing, moments. */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "emulator/boxmuller.h"
#include "memrig/random.h"

#include "test.h"

/* Known answers of Philox4x32-10 from Random123's kat_vectors (zero and
 * all-ones counter and key). Our address puts purpose * 256 + block into the
 * last counter word, so they are reached with out-of-enum purposes. */
static void random_bits_match_known_answers(void)
{
	static const uint32_t zero[4] = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c,
	                                 0x9b00dbd8};
	static const uint32_t ones[4] = {0x408f276d, 0x41c83b0e, 0xa20bc7c6,
	                                 0x6d5451fd};
	uint32_t out[4];
	struct mr_address at = {.purpose = (enum mr_purpose)0};

	mr_random_bits(0, at, out);
	CU_ASSERT_EQUAL(memcmp(out, zero, sizeof out), 0);
	at = (struct mr_address){.purpose = (enum mr_purpose)0xffffff,
	                         .subject = UINT32_MAX,
	                         .event = UINT64_MAX,
	                         .block = 255};
	mr_random_bits(UINT64_MAX, at, out);
	CU_ASSERT_EQUAL(memcmp(out, ones, sizeof out), 0);
}

/* Each part of the address matters. */
static void random_address_parts_all_count(void)
{
	const struct mr_address base = {MR_PURPOSE_PULSE, 5, 7, 0};
	const struct mr_address others[] = {{MR_PURPOSE_READ, 5, 7, 0},
	                                    {MR_PURPOSE_PULSE, 6, 7, 0},
	                                    {MR_PURPOSE_PULSE, 5, 8, 0},
	                                    {MR_PURPOSE_PULSE, 5,
	                                     7 + (UINT64_C(1) << 40), 0},
	                                    {MR_PURPOSE_PULSE, 5, 7, 1}};
	uint32_t a[4], b[4];

	mr_random_bits(42, base, a);
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		mr_random_bits(42, others[i], b);
		CU_ASSERT(memcmp(a, b, sizeof a) != 0);
	}
	mr_random_bits(43, base, b);
	CU_ASSERT(memcmp(a, b, sizeof a) != 0);
}

static void random_uniform_lies_in_its_interval(void)
{
	enum { N = 200000 };
	double sum = 0;

	for (uint32_t i = 0; i < N; i++) {
		struct mr_address at = {.purpose = MR_PURPOSE_INPUT,
		                        .subject = i};
		double u = mr_random_uniform(1, at);

		if (!(u > 0 && u <= 1))
			CU_FAIL("outside (0, 1]");
		sum += u;
	}
	MR_NEAR(sum / N, 0.5, 5 * sqrt(1.0 / 12 / N)); /* 5 standard errors */
}

/* Moments of 4e5 normals, and no correlation between the four neighbours that
 * share a counter. */
static void random_normals_have_normal_moments(void)
{
	enum { N = 100000 };
	double m1 = 0, m2 = 0, m4 = 0, cross = 0;

	for (uint32_t i = 0; i < N; i++) {
		float z[4];

		for (uint32_t k = 0; k < 4; k++) {
			z[k] = mr_random_normal(9, MR_PURPOSE_PULSE, 12 + k, i);
			double x = (double)z[k];

			m1 += x;
			m2 += x * x;
			m4 += x * x * x * x;
		}
		cross += (double)(z[0] * z[1] + z[1] * z[2] + z[2] * z[3] +
		                  z[3] * z[0] + z[0] * z[2] + z[1] * z[3]);
	}
	MR_NEAR(m1 / (4 * N), 0, 5 / sqrt(4.0 * N));
	MR_NEAR(m2 / (4 * N), 1, 5 * sqrt(2 / (4.0 * N)));
	MR_NEAR(m4 / (4 * N), 3, 5 * sqrt(96 / (4.0 * N)));
	MR_NEAR(cross / (6 * N), 0, 5 / sqrt(6.0 * N));
}

static void random_normals_differ_by_all_of_their_address(void)
{
	float z = mr_random_normal(9, MR_PURPOSE_PULSE, 12, 7);

	CU_ASSERT(mr_random_normal(10, MR_PURPOSE_PULSE, 12, 7) != z);
	CU_ASSERT(mr_random_normal(9, MR_PURPOSE_READ, 12, 7) != z);
	CU_ASSERT(mr_random_normal(9, MR_PURPOSE_PULSE, 13, 7) != z);
	CU_ASSERT(mr_random_normal(9, MR_PURPOSE_PULSE, 16, 7) != z);
	CU_ASSERT(mr_random_normal(9, MR_PURPOSE_PULSE, 12, 8) != z);
	CU_ASSERT(mr_random_normal(9, MR_PURPOSE_PULSE, 12,
	                           7 + (UINT64_C(1) << 40)) != z);
}

/* Odd begins and lengths, neighbours in step and out of step, events beyond
 * 32 bits. */
static void random_bulk_equals_single(void)
{
	enum { N = 331 };
	uint64_t event[N];
	float bulk[N];

	for (uint32_t first = 0; first < 6; first++) {
		for (uint32_t i = 0; i < N; i++)
			event[i] = i < 200 ? 5 : i % 7 + (UINT64_C(1) << 33);
		mr_random_normals(77, MR_PURPOSE_READ, first, event, N, bulk);
		for (uint32_t i = 0; i < N; i++)
			CU_ASSERT(bulk[i] == mr_random_normal(
						     77, MR_PURPOSE_READ,
						     first + i, event[i]));
	}
}

/* ---- boxmuller.h against double precision, over all words ------------------ */

#define ALL_WORDS (UINT32_C(1) << 24)
#define PI 3.14159265358979323846

/* In units of the last place of a float. */
static double ulps_off(float got, double want)
{
	int exponent;

	(void)frexp(want, &exponent);
	return fabs((double)got - want) / ldexp(1, exponent - 24);
}

/* Three roundings in a row and the polynomial's own 1.7 ulp. */
static void random_logarithm_is_good_to_4_ulp(void)
{
	double worst = 0;

	for (uint32_t i = 0; i + 1 < ALL_WORDS; i++) {
		double want = -2 * log((i + 1.0) / ALL_WORDS);

		worst = fmax(worst, ulps_off(mr__box_log(i << 8), want));
	}
	CU_ASSERT(worst > 0 && worst < 4);
	CU_ASSERT(mr__box_log(UINT32_MAX) == 0);
}

/* Half a turn is enough in double precision: the other half is its negative,
 * exactly. At quarters of a turn libm's cosine or sine is not 0, ours is. */
static void random_sine_and_cosine_are_good_to_2_ulp(void)
{
	const uint32_t half = ALL_WORDS / 2;
	double worst = 0;
	float c, s, c2, s2;
	bool opposite = true;

	for (uint32_t i = 0; i < half; i++) {
		double turns = (double)i / ALL_WORDS;

		mr__box_turn(i << 8, &c, &s);
		mr__box_turn((i + half) << 8 | 0xff, &c2, &s2);
		opposite = opposite && c2 == -c && s2 == -s;
		if (i % (half / 2) == 0)
			continue;
		worst = fmax(worst, ulps_off(c, cos(2 * PI * turns)));
		worst = fmax(worst, ulps_off(s, sin(2 * PI * turns)));
	}
	CU_ASSERT(opposite);
	CU_ASSERT(worst > 0 && worst < 2);
	mr__box_turn(0, &c, &s);
	CU_ASSERT(c == 1 && s == 0);
	mr__box_turn(UINT32_C(1) << 30, &c, &s);
	CU_ASSERT(c == 0 && s == 1);
}

/* sqrt(2 * 24 ln 2): the least u there is. */
static void random_tails_end_at_5_77(void)
{
	MR_NEAR((double)sqrtf(mr__box_log(0)), 5.768, 0.001);
}

const struct mr_test mr_tests[] = {
	{"random_bits_match_known_answers", random_bits_match_known_answers},
	{"random_address_parts_all_count", random_address_parts_all_count},
	{"random_uniform_lies_in_its_interval",
         random_uniform_lies_in_its_interval},
	{"random_normals_have_normal_moments",
         random_normals_have_normal_moments},
	{"random_normals_differ_by_all_of_their_address",
	 random_normals_differ_by_all_of_their_address},
	{"random_bulk_equals_single", random_bulk_equals_single},
	{"random_logarithm_is_good_to_4_ulp", random_logarithm_is_good_to_4_ulp},
	{"random_sine_and_cosine_are_good_to_2_ulp",
	 random_sine_and_cosine_are_good_to_2_ulp},
	{"random_tails_end_at_5_77", random_tails_end_at_5_77},
	{0},
};
