/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Several wires as one: a watcher is told which instrument a piece is of. */
#include "smu_bench.h"

static void on_piece(void *self, const struct mr_wire_piece *piece)
{
	const struct bench_tap *tap = self;
	struct mr_wire_piece with_part = *piece;

	with_part.part = tap->part;
	tap->to.piece(tap->to.self, &with_part);
}

int mr__bench_watch_wire(void *self, const struct mr_wire_watcher *watcher,
                         struct mr_errtext *err)
{
	static const char *const names[] = {"source", "meter", "router"};
	struct bench *b = self;
	struct smu *const units[] = {&b->source, &b->meter, &b->router};
	struct mr_errtext ignored = {""};
	int rc = MR_OK;

	for (int k = 0; k < 3 && !rc; k++) {
		struct mr_wire_watcher tapped = {.self = &b->taps[k],
		                                 .piece = on_piece};

		if (!units[k]->pipe)
			continue;
		if (watcher)
			b->taps[k] = (struct bench_tap){*watcher, names[k]};
		rc = mr__transport_watch(units[k]->pipe,
		                         watcher ? &tapped : NULL, err);
	}
	for (int k = 0; k < 3 && rc; k++)
		if (units[k]->pipe)
			(void)mr__transport_watch(units[k]->pipe, NULL,
			                          &ignored);
	return rc;
}
