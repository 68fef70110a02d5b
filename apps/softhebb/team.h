/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Threads that share out numbered tasks. Who takes which task is left to
 * chance; how work is cut into tasks must not depend on the number of threads,
 * and then results do not either. */
#ifndef MR_APPS_SOFTHEBB_TEAM_H
#define MR_APPS_SOFTHEBB_TEAM_H

#include <stdint.h>

#include "memrig/error.h"

struct mr_team; /**< opaque: the threads */

/**
 * Start threads.
 *
 * @param n_threads  how many, the caller among them; 0 = as many as the
 *                   processors that are there.
 * @param out        receives them; end them with mr_team_free().
 * @param err        explains a failure.
 * @return MR_OK; MR_ERR_NOMEM.
 */
int mr_team_start(uint32_t n_threads, struct mr_team **out,
                  struct mr_errtext *err);

/**
 * Run tasks and return when all are done.
 *
 * @param team   the threads; one caller at a time.
 * @param task   called with `work` and each number; it must write nothing that
 *               another task touches.
 * @param work   handed to it.
 * @param n      tasks 0 .. n-1.
 */
void mr_team_run(struct mr_team *team, void (*task)(void *work, uint32_t i),
                 void *work, uint32_t n);

/**
 * How many threads there are, the caller among them.
 */
uint32_t mr_team_threads(const struct mr_team *team);

/**
 * End the threads.
 *
 * @param team  gone afterwards; NULL is allowed.
 */
void mr_team_free(struct mr_team *team);

#endif
