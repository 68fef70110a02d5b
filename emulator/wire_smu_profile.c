/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The units that are there: their ranges and manners. */
#include "wire_smu.h"

#include <stdio.h>
#include <string.h>

static const struct smu_profile profiles[] = {
	{.name = "2450",
	 .dialect = SMU_2450,
	 .identity = "KEITHLEY INSTRUMENTS,MODEL 2450,%s,%s",
	 .serial = "04%06u",
	 .firmware = "1.7.12b",
	 .v_range_V = {0.02, 0.2, 2, 20, 200},
	 .i_range_A = {1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1},
	 .over = 1.05,
	 .i_limit_A = 1.05e-4,
	 .v_limit_V = 21,
	 .nplc_min = 0.01,
	 .nplc_max = 10,
	 .nplc = 1,
	 .command_s = 0.2e-3,
	 .settle_s = 1e-3,
	 .points_max = 100000,
	 .errors_max = SMU_ERRORS_MAX,
	 .number = "%.6E"},
	{.name = "2400",
	 .dialect = SMU_2400,
	 .identity = "KEITHLEY INSTRUMENTS INC.,MODEL 2400,%s,%s",
	 .serial = "1%06u",
	 .firmware = "C33   Mar 31 2015 09:32:39/A02  /K/J",
	 .v_range_V = {0.2, 2, 20, 200},
	 .i_range_A = {1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1},
	 .over = 1.05,
	 .i_limit_A = 1.05e-4,
	 .v_limit_V = 21,
	 .nplc_min = 0.01,
	 .nplc_max = 10,
	 .nplc = 1,
	 .command_s = 1e-3,
	 .settle_s = 1e-3,
	 .points_max = 2500,
	 .errors_max = 10,
	 .number = "%+.6E"},
	{.name = "b2900",
	 .dialect = SMU_B2900,
	 .identity = "Keysight Technologies,B2901A,%s,%s",
	 .serial = "MY51%06u",
	 .firmware = "3.4.2011.5100",
	 .v_range_V = {0.2, 2, 20, 200},
	 .i_range_A = {1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 1.5},
	 .over = 1.05,
	 .i_limit_A = 1e-4,
	 .v_limit_V = 2,
	 .nplc_min = 4e-4,
	 .nplc_max = 100,
	 .nplc = 5e-3,
	 .command_s = 0.2e-3,
	 .settle_s = 50e-6,
	 .points_max = 100000,
	 .errors_max = 32,
	 .number = "%+.6E"},
	{.name = "2600b",
	 .dialect = SMU_2600B,
	 .identity = "Keithley Instruments Inc., Model 2601B, %s, %s",
	 .serial = "4%06u",
	 .firmware = "3.3.5",
	 .v_range_V = {0.1, 1, 6, 40},
	 .i_range_A = {1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 3},
	 .over = 1.01,
	 .i_limit_A = 0.1,
	 .v_limit_V = 40,
	 .nplc_min = 0.001,
	 .nplc_max = 25,
	 .nplc = 1,
	 .command_s = 0.1e-3,
	 .settle_s = 50e-6,
	 .points_max = 60000,
	 .errors_max = SMU_ERRORS_MAX,
	 .number = "%.5e"},
};

#define N_PROFILES (sizeof profiles / sizeof profiles[0])

const struct smu_profile *mr__smu_profile(const char *name)
{
	for (size_t i = 0; i < N_PROFILES; i++)
		if (strcmp(profiles[i].name, name) == 0)
			return &profiles[i];
	return NULL;
}

void mr__smu_profile_names(char *to, size_t room)
{
	size_t at = 0;

	to[0] = '\0';
	for (size_t i = 0; i < N_PROFILES && at < room; i++)
		at += (size_t)snprintf(to + at, room - at, "%s%s",
		                       i ? ", " : "", profiles[i].name);
}
