/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Frames of conductances in NumPy files. */
#include "import.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "npyfile.h"

#define INTERVAL_S 1.0
#define NS_PER_S 1e9

/* A file that is being read. */
struct frames {
	struct mr_npy values;
	struct mr_npy times;
	const struct mr_import_options *options;
	struct mr_import *to;
	double *frame; /* [rows*cols] */
	int64_t t_last_ns;
};

static int take_shape(struct frames *f, struct mr_errtext *err)
{
	const struct mr_import_options *o = f->options;
	const struct mr_npy *v = &f->values;
	uint64_t rows = v->n_axes == 3 ? v->shape[1] : o->rows ? o->rows : 1;
	uint64_t cols = v->n_axes == 3 ? v->shape[2]
	                : o->cols      ? o->cols
	                : v->n_axes == 2 ? v->shape[1] / rows
	                                 : 0;

	if (v->kind != 'f')
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: its type is a whole number; it must be "
		                      "float32 or float64: save it with "
		                      "np.save(file, x.astype('<f8'))",
		                      v->path);
	if (v->n_axes < 2)
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: it has one axis; it must have "
		                      "[time][cells] or [time][rows][cols]",
		                      v->path);
	if (v->n == 0)
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: there is no element in it", v->path);
	if (v->n / v->shape[0] > MR_IMPORT_CELLS_MAX)
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "%s: %" PRIu64 " cells in a frame; at most "
		                      "%u are",
		                      v->path, v->n / v->shape[0],
		                      MR_IMPORT_CELLS_MAX);
	if (rows * cols != v->n / v->shape[0] || (o->rows && o->rows != rows) ||
	    (o->cols && o->cols != cols))
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "%s: frames of %" PRIu64 " cells are not %"
		                      PRIu64 " x %" PRIu64
		                      "; give --rows and --cols that are",
		                      v->path, v->n / v->shape[0],
		                      o->rows ? o->rows : rows,
		                      o->cols ? o->cols : cols);
	f->to->rows = (uint32_t)rows;
	f->to->cols = (uint32_t)cols;
	return MR_OK;
}

static int open_times(struct frames *f, struct mr_errtext *err)
{
	int code;

	if (!f->options->times)
		return MR_OK;
	code = mr_npy_open(f->options->times, &f->times, err);
	if (code)
		return code;
	f->to->timed = true;
	if (f->times.n_axes == 1 && f->times.n == f->values.shape[0])
		return MR_OK;
	return mr_errtext_set(err, MR_ERR_FORMAT,
	                      "%s: it must have one axis of %" PRIu64
	                      " times, one for each frame of %s (it has %u of %"
	                      PRIu64 " in all)",
	                      f->times.path, f->values.shape[0], f->values.path,
	                      f->times.n_axes, f->times.n);
}

static int take_time(struct frames *f, uint64_t k, int64_t *t_ns,
                     struct mr_errtext *err)
{
	double interval_s = f->options->interval_s > 0 ? f->options->interval_s
	                                               : INTERVAL_S;
	double t_s = (double)k * interval_s;
	int code = f->times.from ? mr_npy_take(&f->times, &t_s, 1, err) : MR_OK;

	if (code)
		return code;
	if (!(t_s >= 0 && t_s <= MR_IMPORT_T_MAX_S))
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: frame %" PRIu64 " is at %g s; times are "
		                      "0 to 9e9 s",
		                      f->times.from ? f->times.path
		                                    : f->values.path,
		                      k, t_s);
	*t_ns = (int64_t)llround(t_s * NS_PER_S);
	if (*t_ns < f->t_last_ns)
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: time goes back at frame %" PRIu64
		                      ", from %.9g to %.9g s; frames must be in "
		                      "order of time",
		                      f->times.path, k,
		                      (double)f->t_last_ns / NS_PER_S, t_s);
	f->t_last_ns = *t_ns;
	return MR_OK;
}

static int implausible(const struct frames *f, uint64_t k, uint64_t cell,
                       double x, struct mr_errtext *err)
{
	bool ohms = f->options->r_unit_Ohm > 0;

	return mr_errtext_set(
		err, MR_ERR_FORMAT,
		"%s: element [%" PRIu64 "][%" PRIu64 "][%" PRIu64
		"] is %g: a %s; give the unit, such as --unit %s",
		f->values.path, k, cell / f->to->cols, cell % f->to->cols, x,
		ohms ? "resistance below 1 Ohm" : "conductance above 1 S",
		ohms ? "S, uS or kOhm" : "uS, or Ohm for resistances");
}

static int take_value(struct frames *f, uint64_t k, uint64_t cell, int64_t t_ns,
                      struct mr_errtext *err)
{
	const struct mr_import_options *o = f->options;
	double x = f->frame[cell];
	double g_S = x * (o->g_unit_S > 0 ? o->g_unit_S : 1);
	double r_Ohm = x * o->r_unit_Ohm;
	struct mr_import_event e = {.kind = MR_IMPORT_READ,
	                            .t_ns = t_ns,
	                            .volt_V = o->v_read_V,
	                            .row = (uint32_t)(cell / f->to->cols),
	                            .col = (uint32_t)(cell % f->to->cols)};

	if (isnan(x))
		return MR_OK;
	if (o->r_unit_Ohm > 0 && r_Ohm > 0 && r_Ohm < MR_IMPORT_R_MIN_OHM)
		return implausible(f, k, cell, x, err);
	if (o->r_unit_Ohm > 0)
		g_S = r_Ohm > 0 && isfinite(r_Ohm) ? 1 / r_Ohm : NAN;
	if (isfinite(g_S) && fabs(g_S) > MR_IMPORT_G_MAX_S)
		return implausible(f, k, cell, x, err);
	e.g_S = (float)g_S;
	return mr_import_add(f->to, &e, err);
}

static int take_frames(struct frames *f, struct mr_errtext *err)
{
	uint64_t n = (uint64_t)f->to->rows * f->to->cols;
	int code = MR_OK;

	f->frame = malloc((n ? n : 1) * sizeof *f->frame);
	if (!f->frame)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	for (uint64_t k = 0; k < f->values.shape[0] && !code; k++) {
		int64_t t_ns = 0;

		code = mr_npy_take(&f->values, f->frame, n, err);
		if (!code)
			code = take_time(f, k, &t_ns, err);
		for (uint64_t cell = 0; cell < n && !code; cell++)
			code = take_value(f, k, cell, t_ns, err);
	}
	free(f->frame);
	if (!code && f->to->n == 0)
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: all its elements are NAN",
		                      f->values.path);
	return code;
}

int mr_import_npy(const char *path, const struct mr_import_options *options,
                  struct mr_import *out, struct mr_errtext *err)
{
	struct frames f = {.options = options, .to = out};
	int code = mr_npy_open(path, &f.values, err);

	if (!code)
		code = take_shape(&f, err);
	if (!code)
		code = open_times(&f, err);
	if (!code)
		code = take_frames(&f, err);
	mr_npy_close(&f.values);
	mr_npy_close(&f.times);
	return code;
}
