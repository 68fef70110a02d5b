/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Memory that runs out: the k-th allocation fails, in memrig's own code, in
 * SQLite and in jansson. A program that uses it is linked with --wrap for
 * malloc and its kin (see local.mk); sanitizers still see each block. What
 * other shared libraries allocate for themselves is not seen.
 */
#ifndef MR_TESTS_BADMEMORY_H
#define MR_TESTS_BADMEMORY_H

#include <stdbool.h>
#include <stdint.h>

/** @name Which allocations fail */
/**@{*/
#define MR_MEMORY_FOR_GOOD 1u /**< all after the k-th fail too */
#define MR_MEMORY_OWN 2u      /**< only memrig's own are counted and fail */
/**@}*/

/** Hook into SQLite and jansson: before anything of them is used. May be
 * repeated. */
void mr_badmemory_install(void);

/**
 * From now on count allocations, and let one fail.
 *
 * @param at   which, 1.. ; 0 = none.
 * @param how  MR_MEMORY_ bits.
 */
void mr_badmemory_arm(uint64_t at, unsigned how);

/**
 * Have memory again.
 *
 * @return whether an allocation failed.
 */
bool mr_badmemory_disarm(void);

/**
 * Allocations since it was armed, of all threads.
 *
 * @return their number, those that failed included.
 */
uint64_t mr_badmemory_count(void);

/**
 * Blocks that are held.
 *
 * @return their number: the same before and after what leaks nothing.
 */
long mr_badmemory_blocks(void);

#endif
