/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Foreign measurements as a run of an op log. */
#include "import.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define G_FALLBACK_S 1e-6 /* where no reading is a conductance */
#define V_FALLBACK_V 1.0  /* where no voltage is known */
#define WIDTH_FALLBACK_S 1e-6
#define STEPS 100         /* a step is this part of the span: unknown, but > 0 */
#define LOOK_EVERY 4096   /* operations between looks at the stop flag */

/* ---- describing ---------------------------------------------------------- */

static void widen(struct mr_description *d, const struct mr_import_event *e)
{
	struct mr_limits *l = &d->limits;

	if (e->kind == MR_IMPORT_PULSE) {
		l->v_pulse_max_V = fmax(l->v_pulse_max_V, fabs(e->volt_V));
		l->width_min_s = fmin(l->width_min_s, e->width_s);
		l->width_max_s = fmax(l->width_max_s, e->width_s);
		return;
	}
	l->v_read_max_V = fmax(l->v_read_max_V, fabs(e->volt_V));
	if (!isfinite(e->g_S))
		return;
	d->g_min_S = fmin(d->g_min_S, (double)e->g_S);
	d->g_max_S = fmax(d->g_max_S, (double)e->g_S);
}

static void measure_spans(struct mr_description *d,
                          const struct mr_import *import)
{
	d->limits.width_min_s = INFINITY;
	d->g_min_S = INFINITY;
	for (size_t k = 0; k < import->n; k++)
		widen(d, &import->events[k]);
	if (d->limits.width_max_s == 0)
		d->limits.width_min_s = d->limits.width_max_s =
			WIDTH_FALLBACK_S;
	if (d->limits.v_read_max_V == 0)
		d->limits.v_read_max_V = V_FALLBACK_V;
	if (!(d->g_max_S > 0))
		d->g_max_S = G_FALLBACK_S;
	d->g_min_S = d->g_min_S > 0 && isfinite(d->g_min_S) ? d->g_min_S : 0;
	d->g_unit_S = d->g_max_S;
}

static void add_waveform(struct mr_description *d, const char *name,
                         enum mr_effect effect, const struct mr_span *volt_V,
                         double width_s)
{
	bool spans = volt_V->least > 0 && volt_V->greatest > volt_V->least;
	struct mr_waveform *w = &d->waveforms[d->n_waveforms];

	if (d->n_waveforms == MR_WAVEFORMS_MAX ||
	    mr_description_waveform(d, name))
		return;
	d->n_waveforms++;
	*w = (struct mr_waveform){
		.unit = MR_UNIT_VOLT,
		.amplitude = volt_V->least,
		.amplitude_min = spans ? volt_V->least : 0,
		.amplitude_max = spans ? volt_V->greatest : 0,
		.width_s = width_s,
		.effect = effect,
		.step = {.floor_S = (d->g_max_S - d->g_min_S) / STEPS,
	                 .memory_pulses = 1}};
	(void)snprintf(w->name, sizeof w->name, "%s", name);
	if (!(w->step.floor_S > 0))
		w->step.floor_S = d->g_max_S / STEPS;
}

/* What the options say outright, then what the file has shown. */
static void add_waveforms(struct mr_description *d,
                          const struct mr_import *import,
                          const struct mr_import_options *options)
{
	struct mr_span read = {d->limits.v_read_max_V, d->limits.v_read_max_V};

	add_waveform(d, "read", MR_EFFECT_NONE, &read, WIDTH_FALLBACK_S);
	for (size_t k = 0; k < options->n_names; k++) {
		const struct mr_import_name *n = &options->names[k];
		struct mr_span volt_V = {n->amplitude_V, n->amplitude_V};

		if (n->effect != MR_EFFECT_NONE && n->amplitude_V != 0 &&
		    n->width_s > 0)
			add_waveform(d, n->name, n->effect, &volt_V,
			             n->width_s);
	}
	for (size_t k = 0; k < import->n_seen; k++) {
		const struct mr_import_seen *s = &import->seen[k];
		struct mr_span volt_V = {s->least_V, s->greatest_V};
		bool one = s->least_V > 0 || s->least_V == s->greatest_V;

		if (s->one_width && one)
			add_waveform(d, s->name, s->effect, &volt_V, s->width_s);
	}
}

void mr_import_describe(const struct mr_import *import,
                        const struct mr_import_options *options,
                        const struct mr_import_label *label,
                        struct mr_description *out)
{
	*out = (struct mr_description){
		.driver = "import",
		.rows = import->rows,
		.cols = import->cols,
		.abilities = MR_ABILITY(MR_OP_READ) | MR_ABILITY(MR_OP_PULSE),
		.limits = {.count_max = 1, .averages_max = 1}};
	(void)snprintf(out->model, sizeof out->model, "%s", label->model);
	(void)snprintf(out->identity, sizeof out->identity, "%s",
	               label->identity);
	measure_spans(out, import);
	add_waveforms(out, import, options);
}

/* ---- writing ------------------------------------------------------------- */

/* Buffers for one operation. */
struct writer {
	const struct mr_import *import;
	const struct mr_context *context;
	struct mr_oplog_import *to;
	uint32_t *cells; /* [room] */
	float *g_S;      /* [room] */
	size_t room;
};

static bool alike(const struct mr_import_event *a,
                  const struct mr_import_event *b)
{
	return a->kind == b->kind && a->t_ns == b->t_ns &&
	       a->volt_V == b->volt_V && a->width_s == b->width_s;
}

/* How many events from the k-th on are one operation: no cell twice. */
static size_t group_length(const struct writer *w, size_t k)
{
	const struct mr_import *im = w->import;
	size_t n = 1;

	while (k + n < im->n && n < w->room &&
	       alike(&im->events[k], &im->events[k + n]) &&
	       (uint64_t)im->events[k + n].row * im->cols +
	                       im->events[k + n].col >
	               (uint64_t)im->events[k + n - 1].row * im->cols +
	                       im->events[k + n - 1].col)
		n++;
	return n;
}

static int write_group(struct writer *w, size_t k, size_t n,
                       struct mr_errtext *err)
{
	const struct mr_import *im = w->import;
	const struct mr_import_event *e = &im->events[k];
	struct mr_op op = {
		.kind = e->kind == MR_IMPORT_PULSE ? MR_OP_PULSE : MR_OP_READ,
		.where = {.kind = MR_SELECT_LIST,
	                  .cells = w->cells,
	                  .n_cells = (uint32_t)n},
		.outcome = {.n_effect = n,
	                    .t_begin_ns = e->t_ns,
	                    .t_end_ns = e->t_ns}};

	for (size_t i = 0; i < n; i++) {
		w->cells[i] = e[i].row * im->cols + e[i].col;
		w->g_S[i] = e[i].g_S;
	}
	if (n == (size_t)im->rows * im->cols)
		op.where = (struct mr_selection){.kind = MR_SELECT_ALL};
	if (op.kind == MR_OP_PULSE)
		op.pulse = (struct mr_pulse_op){.unit = MR_UNIT_VOLT,
		                                .amplitude = e->volt_V,
		                                .width_s = e->width_s,
		                                .count = 1};
	else
		op.read = (struct mr_read_op){.v_read_V = e->volt_V,
		                              .averages = 1,
		                              .g_S = w->g_S};
	return mr_oplog_import_add(w->to, &op, err);
}

static int write_all(struct writer *w, struct mr_errtext *err)
{
	uint64_t n_ops = 0;
	int code = MR_OK;

	for (size_t k = 0; k < w->import->n && !code;) {
		size_t n = group_length(w, k);

		code = write_group(w, k, n, err);
		k += n;
		if (!code && ++n_ops % LOOK_EVERY == 0 && w->context &&
		    w->context->stop && *w->context->stop)
			code = mr_errtext_set(err, MR_ERR_STOPPED,
			                      "stopped on request; nothing was "
			                      "written");
	}
	return code;
}

int mr_import_write(const struct mr_import *import, const char *log,
                    const struct mr_description *desc,
                    const struct mr_import_label *label,
                    const struct mr_context *context, int64_t *run,
                    struct mr_errtext *err)
{
	struct writer w = {.import = import,
	                   .context = context,
	                   .room = (size_t)import->rows * import->cols};
	char uri[MR_URI_TEXT_MAX];
	int code;

	(void)snprintf(uri, sizeof uri, "import:%s", label->path);
	w.cells = malloc(w.room * sizeof *w.cells);
	w.g_S = malloc(w.room * sizeof *w.g_S);
	if (!w.cells || !w.g_S) {
		free(w.cells);
		free(w.g_S);
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	}
	code = mr_oplog_import_start(log, uri, desc, label->log, NULL, &w.to,
	                             err);
	if (!code) {
		struct mr_errtext why = {""};
		int ended;

		code = write_all(&w, &why);
		ended = mr_oplog_import_end(w.to, code == MR_OK, run, err);
		if (code)
			(void)mr_errtext_set(err, code, "%s", why.text);
		code = code ? code : ended;
	}
	free(w.cells);
	free(w.g_S);
	return code;
}
