/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The example of README.md; test_readme.sh compares and runs it. */
#include <memrig/memrig.h>
#include <stdio.h>

int main(void)
{
	float g_S[4], v_V[2] = {0.1f, 0.2f}, i_A[2];
	struct mr_errtext err;
	struct mr_array *array;

	if (mr_array_open("emu:pcm?rows=2&cols=2&seed=7", NULL, &array, &err))
		return fprintf(stderr, "%s\n", err.text), 1;
	mr_array_pulse(array, NULL, "set", 5);   /* five pulses on each cell */
	mr_array_wait(array, 3600.0);            /* an hour of drift */
	mr_array_read(array, NULL, g_S);
	mr_array_drive(array, v_V, i_A);         /* i = v G, in the array */
	printf("%.2f uS, %.3f uA\n", g_S[0] * 1e6, i_A[0] * 1e6);
	return mr_array_close(array, &err) != MR_OK;
}
