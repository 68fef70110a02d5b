/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The single submit path: check, compose, begin, send, stamp, end. */
#include "array_priv.h"

#include <stdio.h>
#include <string.h>

int mr_run_check(const struct mr_run *run)
{
	const struct mr_context *c = run->context;

	if (*run->stop || (c && c->stop && *c->stop))
		return mr_errtext_set(run->err, MR_ERR_STOPPED,
		                      "stopped on request");
	if (c && c->deadline_ns &&
	    run->clock->monotonic_ns(run->clock->self) >= c->deadline_ns)
		return mr_errtext_set(run->err, MR_ERR_TIMEOUT,
		                      "the deadline has passed");
	return MR_OK;
}

/* ---- observers ----------------------------------------------------------- */

static struct mr_event event_of(const struct mr_array *array,
                                const struct mr_op *op, uint64_t parent)
{
	return (struct mr_event){
		.op = op,
		.desc = &array->desc,
		.id = op->outcome.id,
		.parent = parent,
		.wall_ns = array->clock.wall_ns(array->clock.self),
		.errtext = ""};
}

int mr__array_begin(struct mr_array *array, struct mr_op *op, uint64_t parent)
{
	struct mr_errtext why = {""};
	int rc = MR_OK;

	op->outcome = (struct mr_outcome){.error = MR_ERR_NOT_RUN,
	                                  .t_begin_ns = array->t_ns,
	                                  .t_end_ns = array->t_ns,
	                                  .id = ++array->last_id};
	if (array->n_observers == 0)
		return MR_OK;
	struct mr_event event = event_of(array, op, parent);

	for (uint32_t i = 0; i < array->n_observers && !rc; i++) {
		const struct mr_observer *o = &array->observers[i];

		if (o->begin)
			rc = o->begin(o->self, &event, &why);
	}
	return rc ? mr_errtext_set(&array->err, rc, "%s", why.text) : MR_OK;
}

void mr__array_end(struct mr_array *array, struct mr_op *op, uint64_t parent)
{
	if (array->n_observers == 0)
		return;
	struct mr_event event = event_of(array, op, parent);

	if (op->outcome.error == MR_ERR_NOT_RUN)
		event.errtext = mr_error_message(MR_ERR_NOT_RUN);
	else if (op->outcome.error)
		event.errtext = array->err.text;
	for (uint32_t i = 0; i < array->n_observers; i++) {
		const struct mr_observer *o = &array->observers[i];

		if (o->end)
			o->end(o->self, &event);
	}
}

static int announce(struct mr_array *array, struct mr_op *ops, size_t n,
                    uint64_t parent, size_t *n_begun)
{
	int rc = MR_OK;

	for (*n_begun = 0; *n_begun < n && !rc; (*n_begun)++)
		rc = mr__array_begin(array, &ops[*n_begun], parent);
	for (uint32_t i = 0; i < array->n_observers && !rc; i++) {
		const struct mr_observer *o = &array->observers[i];
		struct mr_errtext why = {""};

		if (o->sending)
			rc = o->sending(o->self, &array->desc, &why);
		if (rc)
			(void)mr_errtext_set(&array->err, rc, "%s", why.text);
	}
	return rc;
}

/* ---- sending ------------------------------------------------------------- */

static int redescribe(struct mr_array *array, const struct mr_op *ops, size_t n)
{
	struct mr_stage *s = &array->stages[array->n_stages - 1];
	bool changed = false;

	for (size_t i = 0; i < n; i++)
		changed = changed || ops[i].kind == MR_OP_CONFIGURE;
	if (!changed)
		return MR_OK;
	array->desc = (struct mr_description){0};
	return s->type->describe(s->self, &array->desc, &array->err);
}

int mr__array_send(struct mr_array *array, struct mr_op *ops, size_t n,
                   uint64_t parent, const struct mr_context *context,
                   size_t *n_done)
{
	struct mr_stage *s = &array->stages[array->n_stages - 1];
	struct mr_run run = {.context = context,
	                     .stop = &array->stop,
	                     .clock = &array->clock,
	                     .err = &array->err};
	size_t n_begun;

	*n_done = 0;
	int rc = announce(array, ops, n, parent, &n_begun);

	if (!rc) {
		rc = s->type->submit(s->self, ops, n, &run, n_done);
		for (size_t i = 0; i < *n_done; i++)
			ops[i].outcome.error = MR_OK;
		if (rc && *n_done < n)
			ops[*n_done].outcome.error = rc;
		size_t last = *n_done < n ? *n_done : n - 1;

		array->t_ns = ops[last].outcome.t_end_ns;
	}
	for (size_t i = 0; i < n_begun; i++)
		mr__array_end(array, &ops[i], parent);
	return rc ? rc : redescribe(array, ops, n);
}

bool mr__array_takes(const struct mr_array *array, const struct mr_op *op)
{
	const struct mr_description *d = &array->desc;

	if (!(d->abilities & MR_ABILITY(op->kind)))
		return false;
	if (op->kind != MR_OP_DRIVE || d->n_levels == 0)
		return true;
	uint64_t n = mr_selection_count(&op->where, d);
	uint32_t n_rows = 1, n_cols = 1;

	(void)mr_selection_lines(&op->where, d, &n_rows, &n_cols);
	n = (op->drive.axis == MR_AXIS_ROWS ? n_rows : n_cols) *
	    (uint64_t)op->drive.batch;
	for (uint64_t i = 0; i < n; i++) {
		bool known = false;

		for (uint32_t k = 0; k < d->n_levels && !known; k++)
			known = op->drive.v_V[i] == d->level_V[k];
		if (!known)
			return false;
	}
	return true;
}

/* Send a run of operations that the back end takes, or compose one that it
 * does not; says how many operations of the list that covered. */
static int run_segment(struct mr_array *array, struct mr_op *ops, size_t n,
                       const struct mr_context *context, size_t *n_done)
{
	size_t length = 0;

	while (length < n && mr__array_takes(array, &ops[length]))
		length++;
	if (length)
		return mr__array_send(array, ops, length, 0, context, n_done);
	int rc = mr__array_compose(array, ops, context);

	*n_done = rc ? 0 : 1;
	return rc;
}

static int check_all(struct mr_array *array, struct mr_op *ops, size_t n)
{
	uint32_t abilities = mr_array_abilities(array);

	for (size_t i = 0; i < n; i++) {
		struct mr_errtext why = {""};
		int rc = mr__op_check(&array->desc, abilities, &ops[i], &why);

		ops[i].outcome = (struct mr_outcome){.error = MR_ERR_NOT_RUN};
		if (rc) {
			ops[i].outcome.error = rc;
			return mr_errtext_set(&array->err, rc,
			                      "operation %zu (%s): %.400s", i + 1,
			                      mr_op_kind_name(ops[i].kind),
			                      why.text);
		}
	}
	return MR_OK;
}

static int survey(struct mr_array *array, const struct mr_context *context)
{
	struct mr_op op = {.kind = MR_OP_READ,
	                   .read = {.g_S = array->survey_g_S}};
	size_t done;

	if (!array->survey_ns || array->t_ns < array->next_survey_ns)
		return MR_OK;
	array->next_survey_ns += array->survey_ns *
	                         ((array->t_ns - array->next_survey_ns) /
	                                  array->survey_ns +
	                          1);
	int rc = check_all(array, &op, 1);

	return rc ? rc : mr__array_send(array, &op, 1, 0, context, &done);
}

static int submit_list(struct mr_array *array, struct mr_op *ops, size_t n,
                       const struct mr_context *context, size_t *n_done)
{
	int rc = check_all(array, ops, n);

	while (*n_done < n && !rc) {
		size_t done;

		rc = run_segment(array, ops + *n_done, n - *n_done, context,
		                 &done);
		*n_done += done;
		if (context && context->progress)
			context->progress(context->user, *n_done, n);
	}
	return rc ? rc : survey(array, context);
}

int mr_array_submit(struct mr_array *array, struct mr_op *ops, size_t n,
                    const struct mr_context *context, size_t *n_done)
{
	size_t done = 0;

	if (array->inside)
		return MR_ERR_BUSY;
	array->err.text[0] = '\0';
	array->inside = true;
	int rc = submit_list(array, ops, n, context, &done);

	array->inside = false;
	if (n_done)
		*n_done = done;
	return rc;
}
