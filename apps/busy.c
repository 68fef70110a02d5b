/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

#include "busy.h"

#include <math.h>

/* What a drive fits between its vectors is no work. */
static double work_of(const struct mr_event *event, double took_s)
{
	const struct mr_drive_op *drive = &event->op->drive;
	const struct mr_waveform *read;
	double each_s = drive->duration_s;

	if (event->op->kind != MR_OP_DRIVE)
		return event->op->kind == MR_OP_WAIT ? 0 : took_s;
	read = mr_description_effect(event->desc, MR_EFFECT_NONE);
	if (each_s == 0)
		each_s = read ? read->width_s : took_s;
	return fmin(took_s, each_s * drive->batch);
}

static void ends(void *self, const struct mr_event *event)
{
	struct mr_busy *busy = self;
	const struct mr_outcome *o = &event->op->outcome;
	double took_s = (double)(o->t_end_ns - o->t_begin_ns) * 1e-9;

	bool whole = event->id == busy->parent; /* it ends after its parts */

	busy->parent = event->parent;
	if (o->error == MR_ERR_NOT_RUN || whole)
		return;
	busy->n_ops += event->op->kind != MR_OP_WAIT;
	busy->busy_s += work_of(event, took_s);
}

int mr_busy_watch(struct mr_busy *busy, struct mr_array *array)
{
	const struct mr_observer observer = {.self = busy, .end = ends};

	return mr_array_observe(array, &observer);
}
