/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* How a long piece of work is stopped and watched. */
#ifndef MR_SOFTHEBB_WATCH_H
#define MR_SOFTHEBB_WATCH_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/** Who watches; all zero = nobody. */
struct mr_watch {
	const volatile sig_atomic_t *stop; /**< not 0 = end early; or NULL */
	/** called now and then; or NULL */
	void (*progress)(void *user, const char *what, uint64_t done,
	                 uint64_t total);
	void *user; /**< handed to progress */
};

/**
 * Whether to end early.
 *
 * @param watch  who watches.
 * @return true after the stop flag was raised.
 */
static inline bool mr_watch_stopped(const struct mr_watch *watch)
{
	return watch->stop && *watch->stop;
}

/**
 * Tell how far it is.
 *
 * @param watch  who watches.
 * @param what   what is being done.
 * @param done   how much.
 * @param total  of how much.
 */
static inline void mr_watch_tell(const struct mr_watch *watch, const char *what,
                                 uint64_t done, uint64_t total)
{
	if (watch->progress)
		watch->progress(watch->user, what, done, total);
}

#endif
