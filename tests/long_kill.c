/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * A thousand logging runs, each killed at a moment that its number gives, with
 * commits after every row, every 64 rows and by default (`make check-long`). No
 * operation that another reader saw may be gone.
 */
#include <stdio.h>

#include "kill.h"
#include "session.h"
#include "test.h"

#define KILLS 1000

static void log_survives_a_thousand_kills(void)
{
	static const uint32_t groups[] = {1, 64, 0};
	uint64_t committed = 0, lost = 0, closed = 0, early = 0;

	for (uint64_t k = 0; k < KILLS; k++) {
		const struct mr_kill how = {.seed = k, .group_rows = groups[k % 3]};
		char path[MR_TEST_PATH_MAX];

		mr_session_path(path, "killed.db");
		struct mr_killed left = mr_kill_run(path, &how);

		committed += left.reported;
		lost += left.reported > left.kept ? left.reported - left.kept : 0;
		closed += !left.opens && !left.none;
		early += left.none;
		CU_ASSERT(left.goes_on);
	}
	(void)printf("%d kills, %llu operations committed, %llu lost, %llu logs "
	             "that do not open\n",
	             KILLS, (unsigned long long)committed,
	             (unsigned long long)lost, (unsigned long long)closed);
	(void)printf("%llu of them before there was a log\n",
	             (unsigned long long)early);
	CU_ASSERT(committed > 100 * (uint64_t)KILLS);
	CU_ASSERT_EQUAL(lost, 0);
	CU_ASSERT_EQUAL(closed, 0);
	CU_ASSERT(early < KILLS / 20);
}

const struct mr_test mr_tests[] = {
	{"log_survives_a_thousand_kills", log_survives_a_thousand_kills},
	{0},
};
