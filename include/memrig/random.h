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
	MR_PURPOSE_BIRTH = 1,  /**< properties of a cell: event = which */
	MR_PURPOSE_PULSE = 2,  /**< programming events of a cell */
	MR_PURPOSE_READ = 3,   /**< read noise of a cell */
	MR_PURPOSE_DRIVE = 4,  /**< folded noise of a driven line */
	MR_PURPOSE_FAULT = 5,  /**< the fault filter */
	MR_PURPOSE_INPUT = 6,  /**< event generators of the apps */
	MR_PURPOSE_UPDATE = 7, /**< stochastic learning rules of the apps */
	MR_PURPOSE_TRACE = 8,  /**< noise of the samples of a trace */
	MR_PURPOSE_PULSE_2 = 9, /**< second normal of a programming event */
	MR_PURPOSE_PULSE_3 = 10, /**< third */
	MR_PURPOSE_FLICKER = 11, /**< steps of 1/f noise: event * 16 + state */
	MR_PURPOSE_DEFECT = 12,  /**< which cells are stuck or missing */
	MR_PURPOSE_WEIGHT = 13,  /**< first weights of the apps' layers */
	MR_PURPOSE_ORDER = 14,   /**< order in which samples are shown */
	MR_PURPOSE_PICTURE = 15, /**< noise on the apps' pictures */
	MR_PURPOSE_PERMUTE = 16, /**< permutations of a test */
	MR_PURPOSE_LIKELIHOOD = 17 /**< walks over a likelihood */
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
 * A standard normal number (Box-Muller, single precision). Four neighbouring
 * subjects share the words of one counter: subject / 4 stands in it, and
 * subject mod 4 chooses among the four normals that its words give.
 *
 * @param seed     any value.
 * @param purpose  family of the draws; one that is not used with
 *                 mr_random_bits() or mr_random_uniform().
 * @param subject  cell, line or input index.
 * @param event    that subject's event number.
 * @return the number; |z| <= 5.77.
 */
MR_API float mr_random_normal(uint64_t seed, enum mr_purpose purpose,
                              uint32_t subject, uint64_t event);

/**
 * Normals of neighbouring subjects: the bulk form of mr_random_normal(), with
 * the same values bit for bit. Fast where neighbours are at the same event.
 *
 * @param seed     any value.
 * @param purpose  family of the draws.
 * @param first    first subject.
 * @param event    [n] event number of subject first + i.
 * @param n        how many.
 * @param z        [n] receives the numbers.
 */
MR_API void mr_random_normals(uint64_t seed, enum mr_purpose purpose,
                              uint32_t first, const uint64_t *event,
                              uint32_t n, float *z);

#endif
