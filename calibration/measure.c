/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Measurements: plans all protocols, then does one after another. */
#include "memrig/measure.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure_engine.h"
#include "measure_steps.h"
#include "measure_tally.h"

const char *mr_measure_state_name(enum mr_measure_state state)
{
	static const char *const names[] = {"waiting", "done",    "taken",
	                                    "skipped", "refused", "stopped",
	                                    "failed"};

	return (unsigned)state < sizeof names / sizeof *names ? names[state]
	                                                      : "unknown";
}

/* ---- room ---------------------------------------------------------------- */

static int make_cells(struct mr__engine *e)
{
	struct mr__measuring *m = &e->m;
	int code = mr_selection_check(&m->where, e->desc, e->err);

	if (code != MR_OK)
		return code;
	m->n = (uint32_t)mr_selection_count(&m->where, e->desc);
	m->cells = calloc(m->n, sizeof *m->cells);
	m->g_S = calloc(m->n, sizeof *m->g_S);
	m->status = calloc(m->n, 1);
	m->counts = calloc(m->n, sizeof *m->counts);
	m->targets_S = calloc(m->n, sizeof *m->targets_S);
	m->spent = calloc(m->n, sizeof *m->spent);
	code = mr__tally_make(&m->tally, e->desc->rows * e->desc->cols);
	if (code != MR_OK || !m->cells || !m->g_S || !m->status || !m->counts
	    || !m->targets_S || !m->spent)
		return mr_errtext_set(e->err, MR_ERR_NOMEM, "out of memory");
	for (uint32_t i = 0; i < m->n; i++)
		m->cells[i] = mr_selection_cell(&m->where, e->desc, i);
	return MR_OK;
}

static int make_results(struct mr__engine *e, const struct mr__steps *steps)
{
	struct mr_measure *out = calloc(1, sizeof *out);

	if (out)
		out->results = calloc(steps->n, sizeof *out->results);
	if (!out || !out->results) {
		free(out);
		(void)mr_errtext_set(e->err, MR_ERR_NOMEM, "out of memory");
		return MR_ERR_NOMEM;
	}
	e->out = out;
	out->n = steps->n;
	out->n_cells = e->m.n;
	(void)snprintf(out->what, sizeof out->what, "%s", e->options->what);
	for (size_t k = 0; k < steps->n; k++) {
		struct mr_measure_result *r = &out->results[k];

		(void)snprintf(r->protocol, sizeof r->protocol, "%s",
		               steps->step[k].protocol->about.name);
		mr__step_text(&steps->step[k], r->settings, sizeof r->settings);
	}
	return MR_OK;
}

static void free_engine(struct mr__engine *e)
{
	struct mr__measuring *m = &e->m;

	free(m->cells);
	free(m->g_S);
	free(m->status);
	free(m->counts);
	free(m->targets_S);
	free(m->spent);
	mr__tally_free(&m->tally);
	mr__record_close(&e->record);
	free(e->rest);
}

/* ---- one protocol --------------------------------------------------------- */

static int run_protocol(struct mr__engine *e, const struct mr__step *step,
                        struct mr_measure_result *result)
{
	struct mr__measuring *m = &e->m;
	uint32_t n_array = e->desc->rows * e->desc->cols;
	int code;

	e->result = result;
	m->protocol = step->protocol;
	m->skipped = false;
	for (size_t k = 0; k < MR_MEASURE_SETTINGS_MAX; k++) {
		m->value[k] = step->value[k];
		m->text[k] = step->text[k];
	}
	mr__tally_begin(&m->tally, n_array, result);
	code = step->protocol->run(m);
	mr__tally_end(&m->tally, e->desc);
	return code;
}

/* What a protocol's failure means to the measurement; MR_OK = it goes on. */
static int judge(struct mr__engine *e, struct mr_measure_result *result,
                 int code)
{
	bool may_go_on = code == MR_ERR_RANGE || code == MR_ERR_REFUSED
	                 || code == MR_ERR_UNSUPPORTED;

	if (code == MR_OK) {
		result->state = MR_MEASURE_DONE;
		return MR_OK;
	}
	(void)snprintf(result->reason, sizeof result->reason, "%.255s",
	               e->err->text);
	result->state = e->m.skipped           ? MR_MEASURE_SKIPPED
	                : may_go_on            ? MR_MEASURE_REFUSED
	                : code == MR_ERR_STOPPED ? MR_MEASURE_STOPPED
	                                       : MR_MEASURE_FAILED;
	return e->m.skipped || may_go_on ? MR_OK : code;
}

/* ---- the plan ------------------------------------------------------------- */

static int plan_all(struct mr__engine *e, const struct mr__steps *steps)
{
	int64_t t_ns = e->m.t_ns;
	int code = MR_OK;

	e->planning = true;
	for (size_t k = 0; k < steps->n && code == MR_OK; k++) {
		struct mr_measure_result *r = &e->out->results[k];

		code = judge(e, r, run_protocol(e, &steps->step[k], r));
		r->n_silent = 0; /* nothing was read */
	}
	e->out->pulses_most = mr__tally_most(&e->m.tally,
	                                     e->desc->rows * e->desc->cols);
	e->planning = false;
	e->m.t_ns = t_ns;
	return code;
}

/* Back to before the plan: what was planned does not count. */
static int forget_plan(struct mr__engine *e, const struct mr__steps *steps)
{
	uint32_t n_array = e->desc->rows * e->desc->cols;

	free(e->out->results);
	free(e->out);
	e->out = NULL;
	for (uint32_t c = 0; c < n_array; c++)
		e->m.tally.all[c] = 0;
	return make_results(e, steps);
}

/* ---- resuming -------------------------------------------------------------- */

static int wrong_time(struct mr__engine *e, int64_t last_ns)
{
	return mr_errtext_set(
		e->err, MR_ERR_MISMATCH,
		"the array is %.9g s old, but the measurement began at %.9g s "
		"and got to %.9g s: bring back its state of one of these times, "
		"or leave out --resume",
		1e-9 * (double)mr_array_time_ns(e->array),
		1e-9 * (double)e->record.runs[0].time_ns,
		1e-9 * (double)last_ns);
}

/* Where the array stands in the record. */
static int find_place(struct mr__engine *e)
{
	const struct mr__record_run *last = &e->record.runs[e->record.n - 1];
	int64_t now_ns = mr_array_time_ns(e->array);
	int64_t last_ns;
	int code;

	e->began_ns = e->m.t_ns = e->record.runs[0].time_ns;
	e->again = e->desc->has_seed && now_ns == e->began_ns;
	code = mr__record_last_ns(&e->record, &last_ns, e->err);
	if (code == MR_OK && e->desc->has_seed && !e->again
	    && now_ns != last_ns)
		code = wrong_time(e, last_ns);
	if (e->desc->has_seed) /* its time goes on */
		(void)snprintf(e->out->session, sizeof e->out->session, "%s",
		               last->session);
	(void)snprintf(e->out->measurement, sizeof e->out->measurement, "%s",
	               e->record.measurement);
	return code;
}

static int open_record(struct mr__engine *e)
{
	int code = mr__record_open(&e->record, e->options->log_path,
	                           e->out->what, e->desc, e->err);

	return code == MR_OK ? find_place(e) : code;
}

static int begin_walk(struct mr__engine *e, const struct mr__step *step,
                      const struct mr_measure_result *result)
{
	const struct mr__record_run *run;
	int code;

	e->walking = false;
	e->continues = 0;
	e->redone = 0;
	if (!e->record.reader)
		return MR_OK;
	code = mr__record_begin(&e->record, step->protocol->about.name, e->err);
	run = mr__record_first(&e->record);
	e->walking = code == MR_OK && run;
	if (e->walking && strcmp(run->settings, result->settings) != 0)
		return mr_errtext_set(
			e->err, MR_ERR_MISMATCH,
			"%s cannot be resumed with other settings: run %" PRId64
			" had '%.160s', now come '%.160s'",
			result->protocol, run->run, run->settings,
			result->settings);
	return code;
}

/* The protocol ended; so must its record. */
static int end_walk(struct mr__engine *e)
{
	bool more = false;
	int code = MR_OK;

	if (e->walking)
		code = mr__record_next(&e->record, &more, e->err);
	if (code == MR_OK && more)
		return mr_errtext_set(e->err, MR_ERR_MISMATCH,
		                      "%s: the log has more operations than the "
		                      "protocol has", e->result->protocol);
	return code;
}

/* ---- all protocols ---------------------------------------------------------- */

static int do_step(struct mr__engine *e, const struct mr__step *step,
                   struct mr_measure_result *result)
{
	int code = begin_walk(e, step, result);
	bool was_there = e->walking;
	struct mr_errtext text;
	int ended;

	if (code == MR_OK)
		code = run_protocol(e, step, result);
	if (code == MR_OK)
		code = end_walk(e);
	text = *e->err; /* the log's end may have nothing to say */
	ended = e->log ? mr__engine_close_log(e) : MR_OK;
	if (ended == MR_OK || code != MR_OK)
		*e->err = text;
	if (code == MR_OK)
		code = ended;
	code = judge(e, result, code);
	if (result->state == MR_MEASURE_DONE && was_there && !result->run)
		result->state = MR_MEASURE_TAKEN;
	if (!result->run)
		result->run = e->continues;
	return code;
}

static void name_session(struct mr__engine *e)
{
	int64_t now_ns = e->clock.wall_ns(e->clock.self);
	struct mr_measure *out = e->out;

	(void)snprintf(out->session, sizeof out->session, "%" PRId64, now_ns);
	(void)snprintf(out->measurement, sizeof out->measurement, "%" PRId64,
	               now_ns);
}

static int do_all(struct mr__engine *e, const struct mr__steps *steps)
{
	int code = MR_OK;

	name_session(e);
	if (e->options->resume)
		code = open_record(e);
	for (size_t k = 0; k < steps->n && code == MR_OK; k++)
		code = do_step(e, &steps->step[k], &e->out->results[k]);
	e->out->pulses_most = mr__tally_most(&e->m.tally,
	                                     e->desc->rows * e->desc->cols);
	return code;
}

static int check_options(const struct mr_measure_options *o,
                         struct mr_errtext *err)
{
	if (o->plan)
		return MR_OK;
	if (!o->log_path)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "a measurement needs a log, such as --log "
		                      "run.db");
	if (o->log && o->log->level == MR_OPLOG_OPERATIONS)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "a measurement without values measures "
		                      "nothing: its log needs level 2 or 3");
	return MR_OK;
}

static int measure(struct mr__engine *e, const struct mr__steps *steps)
{
	int code = make_cells(e);

	if (code == MR_OK)
		code = make_results(e, steps);
	if (code == MR_OK)
		code = plan_all(e, steps);
	if (code != MR_OK) {
		mr_measure_free(e->out);
		e->out = NULL;
	}
	if (code != MR_OK || e->options->plan)
		return code;
	code = forget_plan(e, steps);
	return code == MR_OK ? do_all(e, steps) : code;
}

static void init_engine(struct mr__engine *e, struct mr_array *array,
                        const struct mr_measure_options *options)
{
	e->array = array;
	e->desc = mr_array_describe(array);
	e->options = options;
	mr_clock_system(&e->clock);
	if (options->clock)
		e->clock = *options->clock;
	e->m.desc = e->desc;
	e->m.abilities = mr_array_abilities(array);
	e->m.err = e->err;
	e->m.submit = mr__engine_submit;
	e->m.self = e;
	e->m.t_ns = e->began_ns = mr_array_time_ns(array);
	if (options->where)
		e->m.where = *options->where;
}

/* Steps and engine are too large for a caller's stack. */
static int run_with(struct mr__engine *e, struct mr__steps *steps,
                    struct mr_measure **out)
{
	const struct mr_measure_options *o = e->options;
	int code = check_options(o, e->err);

	if (code == MR_OK)
		code = mr__steps_make(steps, o->what, o->settings, e->err);
	if (code == MR_OK)
		code = measure(e, steps);
	*out = e->out;
	for (size_t k = 0; e->out && k < e->out->n; k++)
		e->out->array_s += e->out->results[k].array_s;
	free_engine(e);
	mr__steps_free(steps);
	return code;
}

int mr_measure_run(struct mr_array *array,
                   const struct mr_measure_options *options,
                   struct mr_measure **out, struct mr_errtext *err)
{
	struct mr_errtext own = {""};
	struct mr__steps *steps = calloc(1, sizeof *steps);
	struct mr__engine *e = calloc(1, sizeof *e);
	int code = MR_ERR_NOMEM;

	*out = NULL;
	if (e && steps) {
		e->err = err ? err : &own;
		init_engine(e, array, options);
		code = run_with(e, steps, out);
	} else {
		(void)mr_errtext_set(err, code, "out of memory");
	}
	free(steps);
	free(e);
	return code;
}

void mr_measure_free(struct mr_measure *measure)
{
	if (!measure)
		return;
	free(measure->results);
	free(measure);
}
