/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Capability records of boards of the open protocol, taken apart. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "driver/scpi.h"
#include "fuzz.h"

const char mr_fuzz_name[] = "scpi_record";

static void is_terminated(const char *text, size_t room)
{
	mr_fuzz_must(memchr(text, 0, room) != NULL, "texts end");
}

static void look(const struct mr_description *d)
{
	mr_fuzz_must(d->rows > 0 && d->cols > 0, "there are cells");
	mr_fuzz_must((uint64_t)d->rows * d->cols <= UINT32_MAX,
	             "cells can be numbered");
	mr_fuzz_must(d->limits.v_read_max_V >= 0 && d->limits.v_pulse_max_V >= 0,
	             "limits are no negative numbers");
	mr_fuzz_must(d->limits.batch_max >= 1 && d->limits.count_max >= 1,
	             "something may be done");
	mr_fuzz_must(d->n_waveforms <= sizeof d->waveforms / sizeof d->waveforms[0],
	             "waveforms fit");
	mr_fuzz_must(d->n_schemes <= sizeof d->schemes / sizeof d->schemes[0],
	             "schemes fit");
	for (uint32_t i = 0; i < d->n_waveforms; i++)
		is_terminated(d->waveforms[i].name, sizeof d->waveforms[i].name);
	for (uint32_t i = 0; i < d->n_schemes; i++)
		is_terminated(d->schemes[i].name, sizeof d->schemes[i].name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct scpi_board *board = malloc(sizeof *board);
	char *exact = malloc(size ? size : 1);
	struct mr_errtext err = {""};

	mr_fuzz_must(board && exact, "there is memory");
	if (size)
		memcpy(exact, data, size);
	if (mr_fuzz_judge(mr__scpi_record_parse(exact, size, board, &err),
	                  err.text))
		look(&board->desc);
	free(exact);
	free(board);
	return 0;
}
