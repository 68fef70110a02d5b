/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The one door to chance. Random numbers are addressed, not streamed: a draw
 * is a pure function of (seed, purpose, subject, event, block), so results do
 * not depend on the order in which cells are visited, on threads or on how
 * operations are batched.
 *
 * Generator: Philox4x32-10 (J. K. Salmon, M. A. Moraes, R. O. Dror and
 * D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11,
 * doi:10.1145/2063384.2063405). key = seed; counter words = subject, low and
 * high half of the event number, purpose * 256 + block: no two addresses share
 * a counter.
 *
 * All functions are pure and thread-safe.
 */
#ifndef MEMRIG_RANDOM_H
#define MEMRIG_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#include "memrig/error.h"

/** What a draw is for. Numbers are part of the format: never reused. */
enum mr_purpose {
	MR_PURPOSE_BIRTH = 1,  /**< properties of a cell when it is made */
	MR_PURPOSE_PULSE = 2,  /**< programming events of a cell */
	MR_PURPOSE_READ = 3,   /**< read noise of a cell */
	MR_PURPOSE_DRIVE = 4,  /**< folded noise of a driven line */
	MR_PURPOSE_FAULT = 5,  /**< the fault filter */
	MR_PURPOSE_INPUT = 6,  /**< event generators of the apps */
	MR_PURPOSE_UPDATE = 7, /**< stochastic learning rules of the apps */
	MR_PURPOSE_TRACE = 8   /**< noise of the samples of a trace */
};

/** Where in the space of draws: everything but the seed. */
struct mr_address {
	enum mr_purpose purpose; /**< which family of draws */
	uint32_t subject;        /**< cell, line or input index */
	uint64_t event;          /**< that subject's event number */
	uint8_t block;           /**< more than four words for one event: 0.. */
};

/**
 * Four words of 32 random bits.
 *
 * @param seed  any value.
 * @param at    the address of the draw.
 * @param out   [4] receives the words.
 */
MR_API void mr_random_bits(uint64_t seed, struct mr_address at,
                           uint32_t out[4]);

/**
 * A uniform number in (0, 1], with 53 random bits; never zero, so its
 * logarithm is finite.
 *
 * @param seed  any value.
 * @param at    the address of the draw; its first two words are used.
 * @return the number.
 */
MR_API double mr_random_uniform(uint64_t seed, struct mr_address at);

/**
 * Two independent standard normal numbers (Box-Muller, single precision).
 *
 * @param seed  any value.
 * @param at    the address of the draw; its first two words are used.
 * @param z     [2] receives the numbers.
 */
MR_API void mr_random_normal2(uint64_t seed, struct mr_address at, float z[2]);

/**
 * Two standard normals for each of many cells: the bulk form of
 * mr_random_normal2(), with the same values bit for bit.
 *
 * @param seed     any value.
 * @param purpose  family of the draws.
 * @param cells    [n] subjects.
 * @param events   event numbers indexed by subject: cell c uses events[c].
 * @param n        how many cells.
 * @param z        [2*n] receives the pairs, in the order of `cells`.
 */
MR_API void mr_random_normals(uint64_t seed, enum mr_purpose purpose,
                              const uint32_t *cells, const uint64_t *events,
                              size_t n, float *z);

#endif
