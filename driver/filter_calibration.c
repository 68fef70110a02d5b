/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Readings through a calibration; what it does and where it stands is in
 * memrig/calibrate.h. Raw results are kept until the core has told observers of
 * the operations, whose addresses do not change until then.
 */
#include "calibration.h"
#include "filters.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Raw results of one operation. */
struct kept {
	const struct mr_op *op;
	float *raw; /* behind them the status, where the caller has no room */
};

struct filter {
	struct mr_stage inner;
	struct mr_calibration calibration;
	char label[48];
	struct mr_description desc;
	struct kept *kept; /* [n] in the order of submit */
	size_t n;
	size_t room;
};

/* ---- results ------------------------------------------------------------- */

/* The result that a calibration is about; NULL = it has none. */
static float *result_of(const struct mr_op *op)
{
	switch (op->kind) {
	case MR_OP_READ:
		return op->read.g_S;
	case MR_OP_TRACE:
		return op->trace.i_A;
	case MR_OP_DRIVE:
		return op->drive.i_A;
	default:
		return NULL;
	}
}

static uint8_t **status_of(struct mr_op *op)
{
	return op->kind == MR_OP_READ    ? &op->read.status
	       : op->kind == MR_OP_TRACE ? &op->trace.status
	                                 : &op->drive.status;
}

/* Results per element: cell, or vector. */
static size_t width_of(const struct mr_op *op, const struct mr_description *desc)
{
	uint32_t n_rows = 1, n_cols = 1;

	if (op->kind == MR_OP_TRACE)
		return mr_trace_samples(&op->trace);
	if (op->kind == MR_OP_READ)
		return 1;
	(void)mr_selection_lines(&op->where, desc, &n_rows, &n_cols);
	return op->drive.axis == MR_AXIS_ROWS ? n_cols : n_rows;
}

static bool is_known(uint8_t status)
{
	return !(status & (MR_STATUS_OVER_RANGE | MR_STATUS_NOT_CONVERGED |
	                   MR_STATUS_UNKNOWN));
}

static void correct_reads(const struct filter *f, struct mr_read_op *rd,
                          size_t k)
{
	double v_V = rd->v_V && rd->v_V[k] != 0 ? (double)rd->v_V[k]
	                                        : rd->v_read_V;
	double i_A = rd->i_A ? (double)rd->i_A[k] : (double)rd->g_S[k] * v_V;

	if (v_V == 0)
		return;
	i_A = mr_calibration_correct(&f->calibration, i_A);
	rd->g_S[k] = (float)(i_A / v_V);
	if (rd->i_A)
		rd->i_A[k] = (float)i_A;
}

static void correct(const struct filter *f, struct mr_op *op,
                    const struct kept *kept, size_t n)
{
	const uint8_t *status = *status_of(op);
	float *x = result_of(op);

	memcpy(kept->raw, x, n * sizeof *x);
	for (size_t k = 0; k < n; k++) {
		if (!is_known(status[k]) || !isfinite(x[k]))
			continue;
		if (op->kind == MR_OP_READ)
			correct_reads(f, &op->read, k);
		else
			x[k] = (float)mr_calibration_correct(&f->calibration,
			                                     (double)x[k]);
	}
}

/* ---- keeping ------------------------------------------------------------- */

static int keep(struct filter *f, struct mr_op *op, const struct mr_run *run)
{
	size_t n = (size_t)mr_op_elements(op, &f->desc) * width_of(op, &f->desc);
	uint8_t **status = status_of(op);
	struct kept k = {.op = op};

	if (f->n == f->room) {
		size_t room = f->room ? 2 * f->room : 16;
		struct kept *more = realloc(f->kept, room * sizeof *more);

		if (!more)
			return mr_errtext_set(run->err, MR_ERR_NOMEM,
			                      "out of memory");
		f->kept = more;
		f->room = room;
	}
	k.raw = calloc(n, sizeof *k.raw + 1);
	if (!k.raw)
		return mr_errtext_set(run->err, MR_ERR_NOMEM, "out of memory");
	if (!*status)
		*status = (uint8_t *)(k.raw + n);
	f->kept[f->n++] = k;
	return MR_OK;
}

/* The room for the status that was lent is taken back. */
static void give_back(const struct filter *f, struct mr_op *op,
                      const struct kept *kept)
{
	size_t n = (size_t)mr_op_elements(op, &f->desc) * width_of(op, &f->desc);
	uint8_t **status = status_of(op);

	if (*status == (uint8_t *)(kept->raw + n))
		*status = NULL;
}

const float *mr__calibration_raw(void *self, const struct mr_op *op)
{
	const struct filter *f = self;
	size_t low = 0, high = f->n;

	/* they are parts of one list: their addresses ascend */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if ((uintptr_t)f->kept[middle].op < (uintptr_t)op)
			low = middle + 1;
		else
			high = middle;
	}
	return low < f->n && f->kept[low].op == op ? f->kept[low].raw : NULL;
}

void mr__calibration_forget(void *self)
{
	struct filter *f = self;

	for (size_t k = 0; k < f->n; k++)
		free(f->kept[k].raw);
	f->n = 0;
}

/* ---- the waist ----------------------------------------------------------- */

static void narrow(struct filter *f, struct mr_description *desc)
{
	desc->abilities &= ~MR_ABILITY(MR_OP_PROGRAM);
	(void)snprintf(desc->calibration, sizeof desc->calibration, "%s",
	               f->label);
	f->desc = *desc;
}

static int filter_describe(void *self, struct mr_description *out,
                           struct mr_errtext *err)
{
	struct filter *f = self;
	int rc = f->inner.type->describe(f->inner.self, out, err);

	if (!rc)
		narrow(f, out);
	return rc;
}

static int filter_submit(void *self, struct mr_op *ops, size_t n,
                         const struct mr_run *run, size_t *n_done)
{
	struct filter *f = self;
	size_t first = f->n, at = first, begun;
	int rc = MR_OK;

	*n_done = 0;
	for (size_t i = 0; i < n && !rc; i++)
		if (result_of(&ops[i]))
			rc = keep(f, &ops[i], run);
	if (!rc)
		rc = f->inner.type->submit(f->inner.self, ops, n, run, n_done);
	begun = rc && *n_done < n ? *n_done + 1 : *n_done;
	for (size_t i = 0; i < n && at < f->n; i++) {
		struct mr_op *op = &ops[i];

		if (f->kept[at].op != op)
			continue;
		size_t done = i < *n_done ? (size_t)mr_op_elements(op, &f->desc)
		              : i < begun ? (size_t)op->outcome.n_effect
		                          : 0;

		correct(f, op, &f->kept[at], done * width_of(op, &f->desc));
		give_back(f, op, &f->kept[at++]);
	}
	return rc;
}

static int filter_close(void *self, struct mr_errtext *err)
{
	struct filter *f = self;
	int rc = f->inner.type->close(f->inner.self, err);

	mr__calibration_forget(f);
	free(f->kept);
	free(f);
	return rc;
}

static int set_up(struct filter *f, struct mr_uri *uri,
                  const struct mr_description *desc, struct mr_errtext *err)
{
	const char *path = mr_uri_take(uri, "calibration");
	int rc;

	if (!path || !path[0])
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "key 'calibration': name the file");
	if (desc->calibration[0])
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "key 'calibration=%.100s': what this array "
		                      "reads went through calibration %s already",
		                      path, desc->calibration);
	rc = mr_calibration_read(path, &f->calibration, err);
	if (!rc)
		rc = mr_calibration_check(&f->calibration, desc, err);
	if (rc)
		return rc;
	mr_calibration_label(&f->calibration, f->label, sizeof f->label);
	f->desc = *desc;
	return MR_OK;
}

static int filter_wrap(struct mr_uri *uri, struct mr_stage inner,
                       const struct mr_description *desc, void **self,
                       struct mr_errtext *err)
{
	struct filter *f = calloc(1, sizeof *f);
	int rc;

	if (!f)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	f->inner = inner;
	rc = set_up(f, uri, desc, err);
	if (rc) {
		free(f);
		return rc;
	}
	*self = f;
	return MR_OK;
}

static const char *const keys[] = {"calibration", NULL};

const struct mr_filter mr__filter_calibration = {
	.name = "calibration",
	.summary = "readings through a calibration of this board: "
		   "calibration=FILE",
	.keys = keys,
	.waist = {.name = "calibration",
	          .describe = filter_describe,
	          .submit = filter_submit,
	          .close = filter_close},
	.wrap = filter_wrap,
};
