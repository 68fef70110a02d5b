/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Tiles in a checkpoint: each array's own snapshot, then what its synapses know. */
#include "tiles.h"

#include "passage.h"

#include <stdlib.h>

static void failed(struct mr_passage *p, const struct mr_tile *at, int code)
{
	p->code = mr_errtext_set(p->err, code, "%s: %s", p->path,
	                         mr_array_errmsg(at->array));
}

static void give(const struct mr_tile *at, struct mr_passage *p)
{
	struct mr_blob cells = {0}, known = {0};
	int code = mr_array_snapshot(at->array, &cells);

	if (code == MR_OK)
		code = mr_synapse_save(at->synapse, &known);
	if (code != MR_OK)
		failed(p, at, code);
	if (code == MR_OK) {
		mr_passage_blob(p, &cells);
		mr_passage_blob(p, &known);
	}
	free(cells.data);
	free(known.data);
}

static void take(const struct mr_tile *at, struct mr_passage *p)
{
	struct mr_blob cells = {0}, known = {0};
	int code = MR_OK;

	mr_passage_blob(p, &cells);
	mr_passage_blob(p, &known);
	if (!p->code)
		code = mr_array_restore(at->array, &cells);
	if (!p->code && code == MR_OK)
		code = mr_synapse_restore(at->synapse, &known);
	if (code != MR_OK)
		failed(p, at, code);
	free(cells.data);
	free(known.data);
}

void mr_tiles_keep(struct mr_tiles *t, struct mr_passage *p)
{
	for (uint32_t i = 0; i < t->n && !p->code; i++)
		if (p->write)
			give(&t->tile[i], p);
		else
			take(&t->tile[i], p);
}
