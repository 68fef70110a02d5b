/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * A bad disk for SQLite: a VFS in front of the real one that counts what is
 * done and from the k-th step on fails, or kills the process. Syncs are not
 * passed on, so that long sweeps are quick.
 */
#ifndef MR_TESTS_BADDISK_H
#define MR_TESTS_BADDISK_H

#include <stdbool.h>
#include <stdint.h>

/** @name Steps that are counted; any of them together. */
/**@{*/
#define MR_DISK_WRITE 1u /**< write and cut; half of the failing one is done */
#define MR_DISK_SYNC 2u
#define MR_DISK_OPEN 4u   /**< open and delete */
#define MR_DISK_READ 8u
#define MR_DISK_ANY 7u    /**< all that change the disk */
/**@}*/

/** Make the disk the one that SQLite uses; may be repeated. */
void mr_baddisk_install(void);

/**
 * From now on count anew, and fail from a step on.
 *
 * @param steps  which are counted and fail.
 * @param at     the first that fails, 1..; 0 = none.
 * @param kill   do not fail but kill the process, before that step.
 */
void mr_baddisk_arm(unsigned steps, uint64_t at, bool kill);

/**
 * Be a good disk again.
 *
 * @return whether a step failed.
 */
bool mr_baddisk_disarm(void);

#endif
