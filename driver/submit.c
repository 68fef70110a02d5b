/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The single submit path: check, compose, begin, send, stamp, end. */
#include "array_priv.h"
#include "calibration.h"
#include "filters.h"

#include <stdio.h>
#include <string.h>

static void tell_progress(struct mr_progress *p, size_t done)
{
	if (!p->context || !p->context->progress || p->before + done <= p->told)
		return;
	p->told = p->before + done;
	p->context->progress(p->context->user, p->told, p->total);
}

/* Another thread, or a signal's handler in one, may set it. */
static bool is_set(const volatile sig_atomic_t *stop)
{
	return stop && __atomic_load_n(stop, __ATOMIC_RELAXED);
}

int mr_run_check(const struct mr_run *run)
{
	const struct mr_context *c = run->context;

	if (run->progress)
		tell_progress(run->progress, *run->progress->done);
	if (is_set(run->stop) || (c && is_set(c->stop)))
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

int mr__array_begin(struct mr_array *array, struct mr_op *op, uint64_t parent,
                    uint32_t *n_told)
{
	struct mr_errtext why; /* 512 bytes, each time */
	int rc = MR_OK;

	why.text[0] = '\0';
	op->outcome = (struct mr_outcome){.error = MR_ERR_NOT_RUN,
	                                  .t_begin_ns = array->t_ns,
	                                  .t_end_ns = array->t_ns,
	                                  .id = ++array->last_id};
	*n_told = 0;
	if (array->n_observers == 0)
		return MR_OK;
	struct mr_event event = event_of(array, op, parent);

	while (*n_told < array->n_observers && !rc) {
		uint32_t i = (*n_told)++;
		const struct mr_observer *o = &array->observers[i];

		if (o->begin && !array->gone[i])
			rc = o->begin(o->self, &event, &why);
	}
	return rc ? mr_errtext_set(&array->err, rc, "%s", why.text) : MR_OK;
}

/* The filter stands next to the back end, if it is there. */
static const struct mr_stage *calibration(const struct mr_array *array)
{
	const struct mr_stage *s = &array->stages[1];

	return array->n_stages > 1 && s->type == &mr__filter_calibration.waist
	               ? s
	               : NULL;
}

void mr__array_end(struct mr_array *array, struct mr_op *op, uint64_t parent,
                   uint32_t n_told)
{
	if (n_told == 0)
		return;
	struct mr_event event = event_of(array, op, parent);
	const struct mr_stage *s = calibration(array);

	if (op->outcome.error == MR_ERR_NOT_RUN)
		event.errtext = mr_error_message(MR_ERR_NOT_RUN);
	else if (op->outcome.error)
		event.errtext = array->err.text;
	if (s)
		event.raw = mr__calibration_raw(s->self, op);
	for (uint32_t i = 0; i < n_told; i++) {
		const struct mr_observer *o = &array->observers[i];

		if (o->end && !array->gone[i])
			o->end(o->self, &event);
	}
}

/* Who was told of which operations: all observers of the first n - 1, and
 * n_told of them of the last. */
struct announced {
	size_t n;
	uint32_t n_told;
};

static int announce(struct mr_array *array, struct mr_op *ops, size_t n,
                    uint64_t parent, struct announced *to)
{
	int rc = MR_OK;

	for (*to = (struct announced){0}; to->n < n && !rc; to->n++)
		rc = mr__array_begin(array, &ops[to->n], parent, &to->n_told);
	for (uint32_t i = 0; i < array->n_observers && !rc; i++) {
		const struct mr_observer *o = &array->observers[i];
		struct mr_errtext why;

		why.text[0] = '\0';
		if (o->sending && !array->gone[i])
			rc = o->sending(o->self, &array->desc, &why);
		if (rc)
			(void)mr_errtext_set(&array->err, rc, "%s", why.text);
	}
	return rc;
}

static void close_up(struct mr_array *array, struct mr_op *ops,
                     const struct announced *to, uint64_t parent)
{
	for (size_t i = 0; i < to->n; i++)
		mr__array_end(array, &ops[i], parent,
		              i + 1 < to->n ? array->n_observers
		                            : to->n_told);
}

/* ---- sending ------------------------------------------------------------- */

uint64_t mr__op_applied(const struct mr_op *op, uint64_t n)
{
	const struct mr_outcome *out = &op->outcome;

	if (out->error == MR_OK || out->error == MR_ERR_OUTCOME ||
	    out->status & MR_STATUS_UNKNOWN)
		return n;
	return out->n_effect < n ? out->n_effect : n;
}

/* After a configure, also when something behind it in the list failed. The old
 * description stays where a new one cannot be had. */
static int redescribe(struct mr_array *array, const struct mr_op *ops, size_t n,
                      struct mr_errtext *err)
{
	struct mr_stage *s = &array->stages[array->n_stages - 1];
	struct mr_description desc = {0};
	bool changed = false;

	for (size_t i = 0; i < n; i++)
		changed = changed || (ops[i].kind == MR_OP_CONFIGURE &&
		                      mr__op_applied(&ops[i], 1));
	if (!changed)
		return MR_OK;
	int rc = s->type->describe(s->self, &desc, err);

	mr__expect_apply(&array->expected, &desc);
	if (!rc)
		array->desc = desc;
	return rc;
}

int mr__array_send(struct mr_array *array, struct mr_op *ops, size_t n,
                   uint64_t parent, const struct mr_context *context,
                   struct mr_progress *progress, size_t *n_done)
{
	struct mr_stage *s = &array->stages[array->n_stages - 1];
	struct mr_run run = {.context = context,
	                     .stop = &array->stop,
	                     .clock = &array->clock,
	                     .err = &array->err,
	                     .progress = progress};
	struct announced told;

	*n_done = 0;
	if (progress)
		progress->done = n_done;
	if (calibration(array))
		mr__calibration_forget(calibration(array)->self);
	int rc = announce(array, ops, n, parent, &told);

	if (!rc) {
		rc = s->type->submit(s->self, ops, n, &run, n_done);
		for (size_t i = 0; i < *n_done; i++)
			ops[i].outcome.error = MR_OK;
		if (rc && *n_done < n)
			ops[*n_done].outcome.error = rc;
		size_t last = *n_done < n ? *n_done : n - 1;

		array->t_ns = ops[last].outcome.t_end_ns;
	}
	close_up(array, ops, &told, parent);
	int rc2 = redescribe(array, ops, told.n, rc ? NULL : &array->err);

	return rc ? rc : rc2;
}

static bool takes_drive(const struct mr_description *d, const struct mr_op *op)
{
	uint32_t n_rows = 1, n_cols = 1;

	(void)mr_selection_lines(&op->where, d, &n_rows, &n_cols);
	uint64_t n = (op->drive.axis == MR_AXIS_ROWS ? n_rows : n_cols) *
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

/* Whether the back end must be asked about an operation. */
static bool must_ask(const struct mr_array *array, const struct mr_op *op)
{
	return array->stages[0].type->means &&
	       (op->kind == MR_OP_TRACE || op->kind == MR_OP_PROGRAM);
}

int mr__array_means(const struct mr_array *array, const struct mr_op *op,
                    const char **means, struct mr_errtext *err)
{
	const struct mr_stage *s = &array->stages[0];

	*means = NULL;
	if (!must_ask(array, op) ||
	    !(array->desc.abilities & MR_ABILITY(op->kind)))
		return MR_OK;
	return s->type->means(s->self, op, means, err);
}

bool mr__array_takes(const struct mr_array *array, const struct mr_op *op)
{
	const struct mr_description *d = &array->desc;
	const char *means;

	if (!(d->abilities & MR_ABILITY(op->kind)))
		return false;
	if (must_ask(array, op)) /* what it refuses is its to refuse */
		return mr__array_means(array, op, &means, NULL) != MR_OK ||
		       means != NULL;
	return op->kind != MR_OP_DRIVE || d->n_levels == 0 || takes_drive(d, op);
}

/* How many operations of the list go to the back end together. One that it is
 * asked about goes alone: its answer may change with what came before. */
static size_t find_segment(const struct mr_array *array,
                           const struct mr_op *ops, size_t n)
{
	size_t length = 0;

	if (must_ask(array, &ops[0]))
		return mr__array_takes(array, &ops[0]);
	while (length < n && !must_ask(array, &ops[length]) &&
	       mr__array_takes(array, &ops[length]))
		length++;
	return length;
}

/* Send a run of operations that the back end takes, or compose one that it
 * does not; says how many operations of the list that covered. */
static int run_segment(struct mr_array *array, struct mr_op *ops, size_t n,
                       const struct mr_context *context,
                       struct mr_progress *progress, size_t *n_done)
{
	size_t length = find_segment(array, ops, n);

	if (length)
		return mr__array_send(array, ops, length, 0, context, progress,
		                      n_done);
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
			return mr_errtext_set(
				&array->err, rc, "operation %zu (%s): %.380s%s",
				i + 1, mr_op_kind_name(ops[i].kind), why.text,
				rc == MR_ERR_USAGE ? "" : array->narrowed);
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

	return rc ? rc : mr__array_send(array, &op, 1, 0, context, NULL, &done);
}

static int submit_list(struct mr_array *array, struct mr_op *ops, size_t n,
                       const struct mr_context *context, size_t *n_done)
{
	struct mr_progress progress = {.context = context, .total = n};
	int rc = check_all(array, ops, n);

	while (*n_done < n && !rc) {
		size_t done = 0;

		progress.before = *n_done;
		rc = run_segment(array, ops + *n_done, n - *n_done, context,
		                 &progress, &done);
		tell_progress(&progress, done);
		*n_done += done;
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
	mr__array_sweep(array);
	if (n_done)
		*n_done = done;
	return rc;
}
