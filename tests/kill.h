/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * A logging run that is killed. A child process logs for ever; what another
 * reader of the file saw is committed, and the child reports it through a pipe
 * before it goes on. It is killed from outside after so many reports, or kills
 * itself at a step of the disk. Then the log is looked at.
 */
#ifndef MR_TESTS_KILL_H
#define MR_TESTS_KILL_H

#include <stdbool.h>
#include <stdint.h>

/** One kill; all-zero but for the seed will do. */
struct mr_kill {
	uint64_t seed;       /**< gives the moment and what the child does */
	uint32_t group_rows; /**< rows per commit; 0 = default */
};

/** What became of it. */
struct mr_killed {
	uint64_t reported; /**< operations that were said to be committed */
	uint64_t kept;     /**< operations that the log holds */
	bool none;         /**< the log was not even made, and nothing reported */
	bool opens;        /**< the log opens and each operation can be read */
	bool goes_on;      /**< a run can be added and what was there stays */
};

/**
 * Let a child log and be killed. Asserts that it died of SIGKILL, and that it
 * got as far as it was to get.
 *
 * @param path  of a log that does not exist.
 * @param how   the kill.
 * @return what is left; lost = reported > kept.
 */
struct mr_killed mr_kill_run(const char *path, const struct mr_kill *how);

#endif
