/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Work on many units, shared out among threads for as long as a call takes. */
#ifndef MR_CALIBRATION_SHARE_H
#define MR_CALIBRATION_SHARE_H

#include <stddef.h>
#include <stdint.h>

#define MR__SHARE_THREADS_MAX 64 /* more are not used */

/**
 * Call fn once for each unit. Each thread has a stretch of neighbouring units; where
 * no thread can be had the caller does its share.
 * @param threads  how many, the caller's among them; 0 = 1.
 * @param n        units 0 .. n - 1.
 * @param fn       touches nothing that another unit's call writes.
 * @param work     handed to it.
 */
void mr__share(uint32_t threads, size_t n,
               void (*fn)(void *work, size_t unit), void *work);

#endif
