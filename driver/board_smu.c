/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * smu: a source-measure unit with one cell at its terminals. What it is told is
 * in a profile (smu_profile.h); several instruments around an array of cells
 * are a rig (board_rig.c).
 */
#include "board.h"
#include "backends.h"

#include <stdio.h>
#include <stdlib.h>

#include "smu_bench.h"

static int smu_open(struct mr_uri *uri, const struct mr_open_options *options,
                    void **self, struct mr_errtext *err)
{
	struct bench *b = calloc(1, sizeof *b);
	int rc;

	if (!b)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	(void)snprintf(b->driver, sizeof b->driver, "smu");
	b->rows = b->cols = 1;
	rc = mr__device_type_take(uri, &b->type, err);
	if (!rc)
		rc = mr__unit_open(uri, options, SMU_KIND_SMU, &b->source, err);
	if (rc) {
		free(b);
		return rc;
	}
	mr__bench_start(b);
	*self = b;
	return MR_OK;
}

static double smu_quantise(void *self, enum mr_quantity what, double value)
{
	const struct bench *b = self;

	return mr__nearest_step(value, what == MR_QUANTITY_S
	                                       ? b->source.profile.pulse_step_s
	                                       : 0);
}

static int smu_watch_wire(void *self, const struct mr_wire_watcher *watcher,
                          struct mr_errtext *err)
{
	struct bench *b = self;

	return mr__transport_watch(b->source.pipe, watcher, err);
}

const struct mr_backend mr__backend_smu = {
	.name = "smu",
	.summary = "a source-measure unit: smu+usbtmc:VID:PID[:SERIAL], "
		   "smu+serial:PORT, smu+tcp:HOST"
		   "[?profile=2450|2461|2400|b2900|2600b|FILE&device=MODEL...]",
	.open = smu_open,
	.describe = mr__bench_describe,
	.submit = mr__bench_submit,
	.close = mr__bench_close,
	.resync = mr__bench_resync,
	.quantise = smu_quantise,
	.watch_wire = smu_watch_wire,
};
