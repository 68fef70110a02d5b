/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Submits operations and keeps their log. */
#include "measure_engine.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OWN_METADATA 8

/* ---- the log ------------------------------------------------------------- */

struct labels {
	char text[OWN_METADATA][640];
	size_t n;
};

static void label(struct labels *l, const char *key, const char *value)
{
	(void)snprintf(l->text[l->n], sizeof l->text[0], "%s=%s", key, value);
	l->n++;
}

static void label_number(struct labels *l, const char *key, int64_t value)
{
	char text[24];

	(void)snprintf(text, sizeof text, "%" PRId64, value);
	label(l, key, text);
}

static void label_all(const struct mr__engine *e, struct labels *l)
{
	label(l, "protocol", e->result->protocol);
	label(l, "suite", e->out->what);
	label(l, "settings", e->result->settings);
	label(l, "session", e->out->session);
	label(l, "measurement", e->out->measurement);
	label_number(l, "began_ns", e->began_ns);
	if (e->continues)
		label_number(l, "continues", e->continues);
	if (e->redone)
		label_number(l, "redone_from", (int64_t)e->redone);
}

static int start_log(struct mr__engine *e, const struct labels *own,
                     const char **all)
{
	struct mr_oplog_options options = {0};
	const char *const *given;
	size_t n = 0;

	if (e->options->log)
		options = *e->options->log;
	for (size_t k = 0; k < own->n; k++)
		all[n++] = own->text[k];
	for (given = options.metadata; given && *given; given++)
		all[n++] = *given;
	options.metadata = all;
	return mr_oplog_start(e->options->log_path, e->array, &options, &e->log,
	                      e->err);
}

int mr__engine_open_log(struct mr__engine *e)
{
	struct labels *own = calloc(1, sizeof *own);
	const char *const *given =
		e->options->log ? e->options->log->metadata : NULL;
	const char **all;
	size_t n = 0;
	int code = MR_ERR_NOMEM;

	while (given && given[n])
		n++;
	all = calloc(n + OWN_METADATA + 1, sizeof *all);
	if (own && all) {
		label_all(e, own);
		code = start_log(e, own, all);
	}
	if (code == MR_OK)
		e->result->run = mr_oplog_run(e->log);
	else if (!own || !all)
		(void)mr_errtext_set(e->err, code, "out of memory");
	free(all);
	free(own);
	return code;
}

int mr__engine_close_log(struct mr__engine *e)
{
	int code = mr_oplog_finish(e->log, e->err);

	e->log = NULL;
	return code;
}

/* ---- going on where the record ends --------------------------------------- */

static int set_again(struct mr__engine *e, const struct mr__condition_set *set)
{
	struct mr_op op = {.kind = MR_OP_CONFIGURE,
	                   .configure = {set->name, set->value}};
	int code = mr_array_submit(e->array, &op, 1, NULL, NULL);

	return code == MR_OK ? MR_OK
	                     : mr_errtext_set(e->err, code, "%s",
	                                      mr_array_errmsg(e->array));
}

/* The first operation that the record does not hold. An array that was opened
 * anew has its own time and its own conditions. */
static int go_live(struct mr__engine *e)
{
	int code = e->log ? MR_OK : mr__engine_open_log(e);

	if (code != MR_OK || e->opened)
		return code;
	e->opened = true;
	if (!e->again)
		e->offset_ns = e->m.t_ns - mr_array_time_ns(e->array);
	for (size_t k = 0; k < e->n_set && code == MR_OK && !e->again; k++)
		code = set_again(e, &e->set[k]);
	return code;
}

static bool stop_is_set(const struct mr__engine *e)
{
	const struct mr_context *c = e->options->context;

	return c && c->stop && __atomic_load_n(c->stop, __ATOMIC_RELAXED);
}

static int submit(struct mr__engine *e, struct mr_op *op)
{
	struct mr_context context = {0};
	int code;

	if (e->options->context)
		context = *e->options->context;
	context.progress = NULL;
	if (e->desc->has_seed) /* never in the midst of an operation */
		context.stop = NULL;
	code = mr_array_submit(e->array, op, 1, &context, NULL);
	if (op->outcome.id)
		e->m.t_ns = op->outcome.t_end_ns + e->offset_ns;
	return code == MR_OK ? MR_OK
	                     : mr_errtext_set(e->err, code, "%s",
	                                      mr_array_errmsg(e->array));
}

static void keep_condition(struct mr__engine *e, const struct mr_op *op)
{
	size_t k = 0;

	while (k < e->n_set && strcmp(e->set[k].name, op->configure.name) != 0)
		k++;
	if (k == MR__CONDITIONS_KEPT)
		return;
	e->n_set = k == e->n_set ? k + 1 : e->n_set;
	(void)snprintf(e->set[k].name, sizeof e->set[k].name, "%s",
	               op->configure.name);
	(void)snprintf(e->set[k].value, sizeof e->set[k].value, "%s",
	               op->configure.value);
}

static int walk_or_submit(struct mr__engine *e, struct mr_op *op)
{
	bool found = false;
	int code = MR_OK;

	if (stop_is_set(e))
		return mr_errtext_set(e->err, MR_ERR_STOPPED,
		                      "stopped on request");
	while (e->walking && !found && code == MR_OK)
		code = mr__engine_walk(e, op, &found);
	if (found || code != MR_OK)
		return code;
	code = go_live(e);
	return code == MR_OK ? submit(e, op) : code;
}

int mr__engine_submit(void *engine, struct mr_op *op)
{
	struct mr__engine *e = engine;
	struct mr_op now = *op; /* what is left of it may become less */
	int code;

	if (e->planning)
		return mr__engine_plan(e, op);
	op->outcome = now.outcome = (struct mr_outcome){.error = MR_ERR_NOT_RUN};
	code = walk_or_submit(e, &now);
	op->outcome = now.outcome;
	if (code == MR_OK) {
		op->outcome.error = MR_OK;
		op->outcome.n_effect = mr_op_elements(op, e->desc);
		if (op->kind == MR_OP_CONFIGURE)
			keep_condition(e, op);
	}
	mr__engine_progress(e, op);
	free(e->rest);
	e->rest = NULL;
	return code;
}
