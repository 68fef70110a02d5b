/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The layer learns again under a read-out that is held. */
#include "posthoc.h"

#include <stdlib.h>

struct watching {
	const struct mr_readout *readout;
	const struct mr_watch *watch;
	struct mr_curve *curve;
	struct mr_hebb_carrier carrier;
	struct mr_samples samples; /* in the order of the pass */
	uint64_t seed;
	uint32_t epoch;
	uint64_t n_seen;
	float *w;        /* first weights */
	float *phi;      /* [batch*k] */
	float *z;        /* [batch*n_classes] */
	uint16_t *label; /* [batch] */
};

static void find_labels(struct watching *w, uint32_t first, uint32_t n)
{
	if (first == 0)
		mr_samples_shuffle(&w->samples, w->seed, w->epoch++);
	for (uint32_t i = 0; i < n; i++)
		w->label[i] = (uint16_t)mr_samples_label(&w->samples, first + i);
}

static int look(void *user, uint64_t step, const struct mr_hebb_batch *batch,
                uint32_t first)
{
	struct watching *w = user;
	struct mr_dense size = w->readout->size;
	double loss;
	int code = w->carrier.type->multiply(w->carrier.self, batch->x,
	                                     batch->n, w->phi);

	(void)step;
	if (code != MR_OK)
		return code;
	find_labels(w, first, batch->n);
	mr_readout_features(w->readout->t, w->phi, batch->n, size.n_in, w->phi);
	mr_dense_apply(size, w->readout->p, w->phi, batch->n, w->z);
	loss = mr_dense_loss(w->z, w->label, batch->n, size.n_out, w->z);
	w->n_seen += batch->n;
	mr_curve_add(w->curve, w->n_seen, loss / batch->n);
	return MR_OK;
}

static void tell(void *user, uint64_t done, uint64_t total)
{
	const struct watching *w = user;

	mr_watch_tell(w->watch, "post-hoc loss", done, total);
}

static int begin(struct watching *w, const struct mr_shallow_plan *plan,
                 uint32_t threads, struct mr_errtext *err)
{
	const struct mr_images *train = plan->train;
	uint32_t n_in = train->channels * train->height * train->width;
	size_t batch = plan->batch;
	int code = mr_hebb_float(&plan->params, n_in, plan->n_out, threads,
	                         &w->carrier, err);

	if (code != MR_OK)
		return code;
	code = mr_samples_take(&w->samples, train, plan->samples);
	w->w = calloc(plan->n_out, n_in * sizeof *w->w);
	w->phi = calloc(batch, plan->n_out * sizeof *w->phi);
	w->z = calloc(batch, train->n_classes * sizeof *w->z);
	w->label = calloc(batch, sizeof *w->label);
	if (code != MR_OK || !w->w || !w->phi || !w->z || !w->label)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	mr_hebb_first(&plan->params, w->seed, n_in, plan->n_out, w->w);
	w->curve->total = (uint64_t)plan->epochs * w->samples.n;
	return w->carrier.type->start(w->carrier.self, w->w);
}

static void end(struct watching *w)
{
	mr_hebb_free(&w->carrier);
	mr_samples_free(&w->samples);
	free(w->w);
	free(w->phi);
	free(w->z);
	free(w->label);
}

int mr_posthoc_run(const struct mr_shallow_plan *plan, uint64_t seed,
                   const struct mr_readout *readout,
                   const struct mr_watch *watch, uint32_t threads,
                   struct mr_curve *curve, struct mr_errtext *err)
{
	struct mr_shallow_plan again = *plan;
	struct watching w = {.readout = readout, .watch = watch, .curve = curve,
	                     .seed = seed};
	uint64_t n_seen;
	int code;

	*curve = (struct mr_curve){0};
	again.after = look;
	again.progress = tell;
	again.user = &w;
	code = begin(&w, plan, threads, err);
	if (code == MR_OK) {
		code = mr_shallow_learn(&again, &w.carrier, seed, &n_seen);
		if (code == MR_ERR_NOMEM)
			mr_errtext_set(err, code, "out of memory");
	}
	end(&w);
	return code;
}
