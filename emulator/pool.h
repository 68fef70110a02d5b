/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* A few threads that share out numbered blocks of work. Which thread takes
 * which block is left to chance; results must not depend on it. */
#ifndef MR_EMULATOR_POOL_H
#define MR_EMULATOR_POOL_H

#include <stdint.h>

#include "memrig/error.h"

struct pool;

/* Work on one block; must touch nothing that another block writes. */
typedef void pool_fn(void *work, uint32_t block);

/* n_threads counts the caller; 1 makes no thread. MR_OK or MR_ERR_NOMEM. */
int mr__pool_alloc(uint32_t n_threads, struct pool **out);
void mr__pool_free(struct pool *pool);
uint32_t mr__pool_threads(const struct pool *pool);

/* Run fn on blocks 0..n_blocks-1 and return when all are done. */
void mr__pool_run(struct pool *pool, pool_fn *fn, void *work,
                  uint32_t n_blocks);

#endif
