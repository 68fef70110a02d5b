/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* What is asked after learning, in order: read-outs, baseline, and then what
 * compares them. */
#include "app.h"

#include "posthoc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of the linear read-out: what the project measured with. */
#define READOUT_RATE 1e-2
#define READOUT_RATE_SOFT 1e-1 /* its features are ten times smaller */
#define READOUT_EPOCHS 5
#define READOUT_BATCH 32
/* Of the baseline. */
#define MLP_RATE 1e-3
#define MLP_EPOCHS 4
#define MLP_BATCH 32
#define PGD_STEPS 20
#define T_SOFT 5.0 /* a second t', so that masked gradients are seen */

struct work {
	struct mr_softhebb_app *app;
	struct mr_study *study;
	const struct mr_softhebb_run *run;
	struct mr_watch watch;
	struct mr_hebb_carrier carrier;
	struct mr_readout readout[2]; /* at t', at T_SOFT */
	uint32_t n_readouts;
	struct mr_mlp mlp;
	struct mr_images test; /* what is looked at */
	struct mr_errtext err; /* "" = out of memory */
};

static void show(void *user, const char *what, uint64_t done, uint64_t total)
{
	mr_tool_progress(user, what, done, total ? total : 1);
}

static struct mr_watch watch_of(struct mr_softhebb_app *app)
{
	return (struct mr_watch){.stop = app->tool->context.stop,
	                         .progress = show,
	                         .user = app->tool};
}

static struct mr_readout_plan readout_plan(struct mr_softhebb_app *app,
                                           uint64_t seed, double t)
{
	return (struct mr_readout_plan){.t = t,
	                                .rate = t > T_SOFT ? READOUT_RATE
	                                                   : READOUT_RATE_SOFT,
	                                .epochs = READOUT_EPOCHS,
	                                .batch = READOUT_BATCH,
	                                .samples = app->samples,
	                                .seed = seed,
	                                .watch = watch_of(app)};
}

static struct mr_images test_of(const struct mr_softhebb_app *app)
{
	struct mr_images test = app->test;

	if (app->test_samples && app->test_samples < test.n)
		test.n = app->test_samples;
	return test;
}

/* ---- linear read-out of each run ------------------------------------------------- */

static int fail(struct mr_softhebb_app *app, int code, const char *what,
                const char *text)
{
	if (code == MR_OK)
		return code;
	app->partial |= code == MR_ERR_STOPPED;
	return mr_tool_fail(app->tool, code, "%s: %s", what,
	                    code == MR_ERR_STOPPED ? "stopped"
	                    : code == MR_ERR_NOMEM || !text[0] ? "out of memory"
	                                                       : text);
}

int mr_study_linear(struct mr_softhebb_app *app, struct mr_softhebb_run *run,
                    struct mr_hebb_carrier *carrier)
{
	const struct mr_readout_plan plan =
		readout_plan(app, run->seed, app->study.t);
	const struct mr_images test = test_of(app);
	struct mr_readout readout = {0};
	int code;

	run->linear = NAN;
	if (!app->study.linear)
		return MR_OK;
	code = mr_readout_learn(&readout, &plan, carrier, &app->train);
	if (code == MR_OK)
		code = mr_readout_rate(&readout, carrier, &test, &run->linear);
	mr_readout_free(&readout);
	return fail(app, code, "linear read-out",
	            carrier->type->errmsg(carrier->self));
}

/* ---- networks -------------------------------------------------------------------- */

static int learn_readout(struct work *w, double t)
{
	const struct mr_readout_plan plan =
		readout_plan(w->app, w->run->seed, t);
	struct mr_readout *r = &w->readout[w->n_readouts];
	int code = mr_readout_learn(r, &plan, &w->carrier, &w->app->train);

	w->n_readouts += code == MR_OK;
	return code;
}

static int take_layer(struct work *w)
{
	const struct mr_images *im = &w->app->train;
	int code = mr_hebb_float(&w->app->params,
	                         im->channels * im->height * im->width,
	                         w->app->n_out, w->app->tool->open.threads,
	                         &w->carrier, &w->err);

	if (code == MR_OK)
		code = w->carrier.type->start(w->carrier.self,
		                              w->run->result.w);
	if (code == MR_OK)
		code = learn_readout(w, w->study->t);
	if (code == MR_OK)
		code = mr_readout_rate(&w->readout[0], &w->carrier,
		                       &w->test, &w->study->hebb);
	if (code == MR_OK && w->study->robustness && w->study->t != T_SOFT)
		code = learn_readout(w, T_SOFT);
	return code;
}

static void note_loss(void *user, uint64_t n_seen, double loss)
{
	struct mr_study *s = user;

	mr_curve_add(&s->mlp_loss, n_seen, loss);
}

/* The share of the test pictures that are right. */
static int rate_mlp(struct work *w, double *accuracy)
{
	const struct mr_images *test = &w->test;
	float *x = calloc(MR_JUDGE_BLOCK, w->mlp.first.n_in * sizeof *x);
	float *z = calloc(MR_JUDGE_BLOCK, test->n_classes * sizeof *z);
	uint32_t right = 0;

	for (uint32_t at = 0; x && z && at < test->n; at += MR_JUDGE_BLOCK) {
		uint32_t n = test->n - at < MR_JUDGE_BLOCK ? test->n - at
		                                           : MR_JUDGE_BLOCK;

		mr_attack_pixels(test, at, n, x);
		mr_mlp_scores(&w->mlp, x, n, z);
		right += mr_dense_right(z, &test->label[at], n, test->n_classes,
		                        NULL);
	}
	*accuracy = (double)right / test->n;
	int code = x && z ? MR_OK : MR_ERR_NOMEM;

	free(x);
	free(z);
	return code;
}

static int learn_mlp(struct work *w)
{
	const struct mr_images *im = &w->app->train;
	struct mr_mlp_plan plan = {.rate = MLP_RATE, .batch = MLP_BATCH,
	                           .samples = w->app->samples,
	                           .seed = w->run->seed, .watch = w->watch,
	                           .after = note_loss, .user = w->study};
	int code = mr_mlp_take(&w->mlp, w->carrier.n_in, w->carrier.n_out,
	                       im->n_classes, w->run->seed);

	w->study->mlp_loss.total =
		w->app->samples && w->app->samples < im->n ? w->app->samples
		                                           : im->n;
	for (uint32_t e = 0; e < MLP_EPOCHS && code == MR_OK; e++) {
		code = mr_mlp_pass(&w->mlp, &plan, im, e);
		plan.after = NULL;
		if (code == MR_OK)
			code = rate_mlp(w, e ? &w->study->mlp
			                     : &w->study->mlp_one);
	}
	return code;
}

/* ---- comparisons ----------------------------------------------------------------- */

static int posthoc(struct work *w)
{
	struct mr_softhebb_app *app = w->app;
	const struct mr_shallow_plan plan = {.params = app->params,
	                                     .train = &app->train,
	                                     .test = &app->test,
	                                     .n_out = app->n_out,
	                                     .batch = app->batch,
	                                     .samples = app->samples,
	                                     .epochs = app->epochs,
	                                     .stop = w->watch.stop};

	return w->study->posthoc
	               ? mr_posthoc_run(&plan, w->run->seed, &w->readout[0],
	                                &w->watch, app->tool->open.threads,
	                                &w->study->hebb_loss, &w->err)
	               : MR_OK;
}

static struct mr_robust_plan robust_plan(const struct work *w)
{
	return (struct mr_robust_plan){.images = &w->test,
	                               .n_attacked = w->study->n_attacked,
	                               .steps = PGD_STEPS,
	                               .seed = w->run->seed,
	                               .watch = w->watch};
}

static int try_hebb(struct work *w, const struct mr_readout *readout)
{
	const struct mr_robust_plan plan = robust_plan(w);
	struct mr_study_row *row = &w->study->row[w->study->n_rows];
	struct mr_judge by_loss = {0}, by_log = {0};
	const float *weights = w->run->result.w;
	int code = mr_judge_hebb(&by_loss, weights, w->carrier.n_in, readout,
	                         false);

	*row = (struct mr_study_row){.network = "softhebb", .t = readout->t};
	if (code == MR_OK)
		code = mr_judge_hebb(&by_log, weights, w->carrier.n_in, readout,
		                     true);
	if (code == MR_OK)
		code = mr_robust_measure(&plan, &by_loss, &by_log,
		                         "robustness, SoftHebb", &row->row);
	w->study->n_rows += code == MR_OK;
	mr_judge_free(&by_loss);
	mr_judge_free(&by_log);
	return code;
}

static int try_mlp(struct work *w)
{
	const struct mr_robust_plan plan = robust_plan(w);
	struct mr_study_row *row = &w->study->row[w->study->n_rows];
	struct mr_judge judge;
	int code;

	mr_judge_mlp(&judge, &w->mlp);
	*row = (struct mr_study_row){.network = "mlp"};
	code = mr_robust_measure(&plan, &judge, NULL, "robustness, MLP",
	                         &row->row);
	w->study->n_rows += code == MR_OK;
	return code;
}

static int robustness(struct work *w)
{
	int code = MR_OK;

	if (!w->study->robustness)
		return MR_OK;
	for (uint32_t k = 0; k < w->n_readouts && code == MR_OK; k++)
		code = try_hebb(w, &w->readout[k]);
	return code == MR_OK ? try_mlp(w) : code;
}

static int walk(struct work *w, const struct mr_judge *judge, uint32_t pair,
                uint32_t place)
{
	struct mr_between *b = &w->study->walk[place];

	b->from = w->study->class[pair];
	b->to = w->study->class[pair + 1];
	return mr_between_walk(b, judge, &w->test);
}

static int interpolate(struct work *w)
{
	struct mr_study *s = w->study;
	uint32_t n = s->n_classes ? s->n_classes - 1 : 0;
	struct mr_judge hebb = {0}, mlp;
	int code = mr_judge_hebb(&hebb, w->run->result.w, w->carrier.n_in,
	                         &w->readout[0], false);

	mr_judge_mlp(&mlp, &w->mlp);
	for (uint32_t k = 0; k < n && code == MR_OK; k++) {
		code = walk(w, &hebb, k, 2 * k);
		if (code == MR_OK)
			code = walk(w, &mlp, k, 2 * k + 1);
		s->n_walks += code == MR_OK;
	}
	mr_judge_free(&hebb);
	return code;
}

/* ---- all ------------------------------------------------------------------------- */

static const struct mr_softhebb_run *chosen(const struct mr_softhebb_app *app)
{
	for (uint32_t k = 0; k < app->n_runs; k++)
		if (!app->run[k].array && !app->run[k].result.partial)
			return &app->run[k];
	return NULL;
}

static void release(struct work *w)
{
	mr_hebb_free(&w->carrier);
	mr_readout_free(&w->readout[0]);
	mr_readout_free(&w->readout[1]);
	mr_mlp_free(&w->mlp);
}

static int work_off(struct work *w)
{
	int (*const steps[])(struct work *w) = {take_layer, learn_mlp, posthoc,
	                                        robustness, interpolate};
	int code = MR_OK;

	for (size_t k = 0; k < sizeof steps / sizeof *steps && code == MR_OK; k++)
		code = steps[k](w);
	return code;
}

int mr_study_run(struct mr_softhebb_app *app)
{
	struct mr_study *s = &app->study;
	struct work w = {.app = app, .study = s, .run = chosen(app),
	                 .watch = watch_of(app), .test = test_of(app)};
	int code;

	if (!w.run || !(s->robustness || s->posthoc || s->n_classes))
		return MR_OK;
	s->seed = w.run->seed;
	if (s->n_attacked > w.test.n)
		s->n_attacked = w.test.n;
	code = work_off(&w);
	s->done = code == MR_OK;
	release(&w);
	mr_tool_progress(app->tool, "done", 1, 1);
	return code == MR_ERR_MISSING
	               ? mr_tool_fail(app->tool, code,
	                              "--interpolate: no test picture of a class "
	                              "named is recognised as such")
	               : fail(app, code, "study", w.err.text);
}

void mr_study_free(struct mr_study *study)
{
	for (uint32_t k = 0; k < 2 * MR_STUDY_CLASSES_MAX; k++)
		mr_between_free(&study->walk[k]);
}
