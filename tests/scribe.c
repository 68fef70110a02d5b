/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The observer of tests. */
#include "scribe.h"

#include <stdio.h>

#include "test.h"

static uint64_t pulses_of(const struct mr_op *op,
                          const struct mr_description *desc)
{
	uint64_t n = mr_op_elements(op, desc), sum = 0;

	if (op->kind != MR_OP_PULSE)
		return 0;
	for (uint64_t i = 0; i < n; i++)
		sum += op->pulse.counts ? op->pulse.counts[i] : op->pulse.count;
	return sum;
}

static void note(const struct mr_scribe *s, char what, const struct mr_event *e)
{
	struct mr_record *r = s->to;
	struct mr_event_seen *to = &r->events[r->n++];

	CU_ASSERT_FATAL(r->n < MR_RECORD_MAX);
	*to = (struct mr_event_seen){.who = s->name, .what = what};
	if (!e)
		return;
	to->kind = e->op->kind;
	to->id = e->id;
	to->parent = e->parent;
	to->wall_ns = e->wall_ns;
	to->error = e->op->outcome.error;
	to->pulses = pulses_of(e->op, e->desc);
	(void)snprintf(to->errtext, sizeof to->errtext, "%.63s", e->errtext);
}

void mr_scribe_try(struct mr_array *array)
{
	struct mr_blob blob = {0};
	float g_S;

	if (!array)
		return;
	MR_CODE(mr_array_read(array, NULL, &g_S), MR_ERR_BUSY);
	MR_CODE(mr_array_wait(array, 2.385), MR_ERR_BUSY);
	MR_CODE(mr_array_snapshot(array, &blob), MR_ERR_BUSY);
	MR_CODE(mr_array_restore(array, &blob), MR_ERR_BUSY);
	MR_CODE(mr_array_resync(array), MR_ERR_BUSY);
}

static int scribe_begin(void *self, const struct mr_event *event,
                        struct mr_errtext *err)
{
	const struct mr_scribe *s = self;

	note(s, 'b', event);
	mr_scribe_try(s->busy);
	return s->refuse_begin ? mr_errtext_set(err, s->refuse_begin,
	                                        "%c dislikes it", s->name)
	                       : MR_OK;
}

static int scribe_sending(void *self, const struct mr_description *desc,
                          struct mr_errtext *err)
{
	const struct mr_scribe *s = self;

	CU_ASSERT(desc->rows > 0);
	note(s, 's', NULL);
	mr_scribe_try(s->busy);
	return s->refuse_sending ? mr_errtext_set(err, s->refuse_sending,
	                                          "%c cannot keep it", s->name)
	                         : MR_OK;
}

static void scribe_end(void *self, const struct mr_event *event)
{
	const struct mr_scribe *s = self;

	note(s, 'e', event);
	mr_scribe_try(s->busy);
}

void mr_scribe_watch(struct mr_array *array, struct mr_scribe *s)
{
	struct mr_observer o = {.self = s,
	                        .begin = scribe_begin,
	                        .sending = scribe_sending,
	                        .end = scribe_end};

	MR_CODE(mr_array_observe(array, &o), MR_OK);
}

const char *mr_record_text(const struct mr_record *r, char *out)
{
	for (size_t i = 0; i < r->n; i++) {
		out[2 * i] = r->events[i].who;
		out[2 * i + 1] = r->events[i].what;
	}
	out[2 * r->n] = '\0';
	return out;
}

size_t mr_record_reads(const struct mr_record *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		n += r->events[i].what == 'e' &&
		     r->events[i].kind == MR_OP_READ;
	return n;
}
