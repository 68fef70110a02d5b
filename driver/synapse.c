/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Logical weights on cells, as a program over an array. */
#include "memrig/synapse.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "array_priv.h"

/* A reading goes through at most three roundings to float: that much below 1
 * still is 1. The least step of any cell is far more. */
#define FULL (1 - 4 * (double)FLT_EPSILON)

struct mr_synapse {
	struct mr_array *array;
	struct mr_synapse_options o; /* with defaults filled in */
	uint32_t n_sides;  /* 1, or 2 for a pair */
	uint32_t per_out;  /* columns of one output */
	uint32_t n_cols;   /* columns used */
	double per_weight_S; /* conductance of a synapse of weight 1, undrifted */
	struct mr_waveform raise;
	struct mr_waveform lower; /* LOWER, or else ERASE */
	uint64_t next;     /* the global selection counter */
	double *chi;       /* [n_in*n_out] accumulated wanted change */
	uint32_t *raised;  /* [n_in*n_cols] raising pulses since the last erase */
	float *g_S;        /* [n_in*n_cols] last reading */
	uint32_t *up;      /* [n_in*n_cols] cells to raise */
	uint32_t *down;    /* [n_in*n_cols] cells to lower or erase */
	uint32_t n_up;
	uint32_t n_down;
	float *v_V;        /* [n_in] */
	float *i_A;        /* [n_cols] */
	uint32_t *cols;    /* [n_cols] 0, 1, ... */
	uint32_t *rows;    /* [n_in] 0, 1, ... */
	struct mr_synapse_counts counts;
};

/* One synapse while an update looks at it. */
struct site {
	uint32_t in;
	uint32_t out;
	double weight;
	double *chi;
};

/* ---- making -------------------------------------------------------------- */

static int fail(struct mr_array *array, int rc, const char *why)
{
	return mr_errtext_set(&array->err, rc, "synapses: %s", why);
}

static bool step_given(const struct mr_step *s)
{
	return s->floor_S != 0 || s->offset_S != 0 || s->slope != 0 ||
	       s->history_S != 0;
}

static int fill_in(struct mr_synapse *s)
{
	const struct mr_description *d = &s->array->desc;
	const struct mr_waveform *raise =
		mr_description_effect(d, MR_EFFECT_RAISE);
	const struct mr_waveform *lower =
		mr_description_effect(d, MR_EFFECT_LOWER);
	const struct mr_waveform *erase =
		mr_description_effect(d, MR_EFFECT_ERASE);
	const struct mr_waveform *read =
		mr_description_effect(d, MR_EFFECT_NONE);

	if (!raise || !erase)
		return mr_errtext_set(&s->array->err, MR_ERR_UNSUPPORTED,
		                      "synapses: the array describes no raising "
		                      "and erasing waveform%s",
		                      s->array->narrowed);
	if (!(d->abilities & MR_ABILITY(MR_OP_READ)))
		return fail(s->array, MR_ERR_UNSUPPORTED,
		            "the array cannot read");
	s->raise = *raise;
	s->lower = lower ? *lower : *erase;
	if (s->o.g_unit_S == 0)
		s->o.g_unit_S = d->g_unit_S;
	if (s->o.drift_scale == 0)
		s->o.drift_scale = 1;
	if (s->o.pulse_at == 0)
		s->o.pulse_at = 1;
	if (s->o.v_read_V == 0 && read)
		s->o.v_read_V = read->amplitude;
	if (!step_given(&s->o.step))
		s->o.step = raise->step;
	return MR_OK;
}

static bool positive(double x)
{
	return x > 0 && isfinite(x);
}

/* A raising pulse at pulse_at steps leaves 1 - pulse_at of a step to lower. If
 * that in turn is enough for a step down, or for one of the other side, the two
 * follow each other without end. An erase takes what the cell carries, which
 * never leaves anything to raise. */
static int check_pulse_at(const struct mr_synapse *s)
{
	bool steps = s->n_sides == 2 || s->lower.effect == MR_EFFECT_LOWER;

	if (positive(s->o.pulse_at) && !(steps && s->o.pulse_at <= 0.5))
		return MR_OK;
	return mr_errtext_set(&s->array->err, MR_ERR_USAGE,
	                      "synapses: pulse_at is %g: must be over %g%s",
	                      s->o.pulse_at, steps ? 0.5 : 0.0,
	                      steps ? ", or steps up and down call for each other "
	                              "without end"
	                            : "");
}

static int check_options(const struct mr_synapse *s)
{
	const struct mr_synapse_options *o = &s->o;
	const struct mr_description *d = &s->array->desc;

	if (o->n_in == 0 || o->n_out == 0)
		return fail(s->array, MR_ERR_USAGE,
		            "n_in and n_out must be at least 1");
	if ((unsigned)o->coding > MR_CODING_PAIR)
		return fail(s->array, MR_ERR_USAGE, "unknown coding");
	if (!positive(o->g_unit_S) || !positive(o->drift_scale) ||
	    !positive(o->v_read_V))
		return fail(s->array, MR_ERR_USAGE,
		            "g_unit_S, drift_scale and v_read_V must be "
		            "positive");
	if (!positive(o->step.floor_S) || !positive(o->step.memory_pulses))
		return fail(s->array, MR_ERR_USAGE,
		            "step.floor_S and step.memory_pulses must be "
		            "positive");
	uint64_t cols = (uint64_t)o->n_out * o->n_cells; /* twice that fits too */
	bool wide = cols > UINT32_MAX;

	cols *= wide ? 1 : s->n_sides;
	if (o->n_in > d->rows || cols > d->cols)
		return mr_errtext_set(&s->array->err, MR_ERR_RANGE,
		                      "synapses: %u x %llu cells are needed, the "
		                      "array has %u x %u (rows=%u&cols=%llu would "
		                      "do)",
		                      o->n_in, (unsigned long long)cols, d->rows,
		                      d->cols, o->n_in, (unsigned long long)cols);
	return MR_OK;
}

static int make_buffers(struct mr_synapse *s)
{
	size_t n_cells = (size_t)s->o.n_in * s->n_cols;

	s->chi = calloc((size_t)s->o.n_in * s->o.n_out, sizeof *s->chi);
	s->raised = calloc(n_cells, sizeof *s->raised);
	s->g_S = calloc(n_cells, sizeof *s->g_S);
	s->up = calloc(n_cells, sizeof *s->up);
	s->down = calloc(n_cells, sizeof *s->down);
	s->v_V = calloc(s->o.n_in, sizeof *s->v_V);
	s->i_A = calloc(s->n_cols, sizeof *s->i_A);
	s->cols = calloc(s->n_cols, sizeof *s->cols);
	s->rows = calloc(s->o.n_in, sizeof *s->rows);
	if (!s->chi || !s->raised || !s->g_S || !s->up || !s->down || !s->v_V ||
	    !s->i_A || !s->cols || !s->rows)
		return fail(s->array, MR_ERR_NOMEM, "out of memory");
	for (uint32_t j = 0; j < s->n_cols; j++)
		s->cols[j] = j;
	for (uint32_t i = 0; i < s->o.n_in; i++)
		s->rows[i] = i;
	return MR_OK;
}

int mr_synapse_alloc(struct mr_array *array,
                     const struct mr_synapse_options *options,
                     struct mr_synapse **out)
{
	struct mr_synapse *s = calloc(1, sizeof *s);

	if (!s)
		return fail(array, MR_ERR_NOMEM, "out of memory");
	s->array = array;
	s->o = *options;
	if (s->o.n_cells == 0)
		s->o.n_cells = 1;
	s->n_sides = s->o.coding == MR_CODING_PAIR ? 2 : 1;
	int rc = fill_in(s);

	if (!rc)
		rc = check_options(s);
	if (!rc)
		rc = check_pulse_at(s);
	if (!rc) {
		s->per_out = s->n_sides * s->o.n_cells;
		s->n_cols = s->o.n_out * s->per_out;
		s->per_weight_S = s->o.n_cells * s->o.g_unit_S;
		rc = make_buffers(s);
	}
	if (rc) {
		mr_synapse_free(s);
		return rc;
	}
	*out = s;
	return MR_OK;
}

void mr_synapse_free(struct mr_synapse *s)
{
	if (!s)
		return;
	free(s->rows);
	free(s->cols);
	free(s->i_A);
	free(s->v_V);
	free(s->down);
	free(s->up);
	free(s->g_S);
	free(s->raised);
	free(s->chi);
	free(s);
}

const struct mr_synapse_counts *mr_synapse_counts(const struct mr_synapse *s)
{
	return &s->counts;
}

/* ---- whole-layer operations ---------------------------------------------- */

static struct mr_selection all_cells(const struct mr_synapse *s)
{
	return (struct mr_selection){.kind = MR_SELECT_RECT,
	                             .n_rows = s->o.n_in,
	                             .n_cols = s->n_cols};
}

static void forget(struct mr_synapse *s)
{
	memset(s->chi, 0, (size_t)s->o.n_in * s->o.n_out * sizeof *s->chi);
}

static uint32_t *raised_of(struct mr_synapse *s, uint32_t cell)
{
	uint32_t cols = s->array->desc.cols;

	return &s->raised[(size_t)(cell / cols) * s->n_cols + cell % cols];
}

/* Count what a pulse operation did, also one that failed on its way. */
static void count_pulses(struct mr_synapse *s, const struct mr_op *op,
                         enum mr_effect effect)
{
	const struct mr_description *d = &s->array->desc;
	bool up = effect == MR_EFFECT_RAISE;
	uint64_t n = mr__op_applied(op, mr_selection_count(&op->where, d));

	*(up ? &s->counts.raised : &s->counts.lowered) += n * op->pulse.count;
	for (uint64_t i = 0; i < n; i++) {
		uint32_t *r = raised_of(s, mr_selection_cell(&op->where, d, i));

		if (up)
			*r += op->pulse.count;
		else if (effect == MR_EFFECT_ERASE)
			*r = 0;
	}
}

static int submit_pulses(struct mr_synapse *s, struct mr_op *ops,
                         const enum mr_effect *effects, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ops[i].outcome.error = MR_ERR_NOT_RUN; /* if it is not checked */
	int rc = mr_array_submit(s->array, ops, n, NULL, NULL);

	for (size_t i = 0; i < n; i++)
		count_pulses(s, &ops[i], effects[i]);
	return rc;
}

int mr_synapse_reset(struct mr_synapse *s, uint32_t pulses)
{
	const struct mr_waveform *erase =
		mr_description_effect(&s->array->desc, MR_EFFECT_ERASE);
	struct mr_op ops[2] = {{.where = all_cells(s)},
	                       {.where = all_cells(s)}};
	const enum mr_effect effects[2] = {MR_EFFECT_ERASE, MR_EFFECT_RAISE};

	if (!erase)
		return fail(s->array, MR_ERR_UNSUPPORTED,
		            "the array no longer describes an erasing waveform");
	mr_pulse_from(&ops[0], erase);
	mr_pulse_from(&ops[1], &s->raise);
	ops[1].pulse.count = pulses;
	int rc = submit_pulses(s, ops, effects, pulses ? 2 : 1);

	if (rc)
		return rc;
	forget(s);
	return MR_OK;
}

static int fill_targets(struct mr_synapse *s, const float *w)
{
	for (uint32_t i = 0; i < s->o.n_in; i++) {
		for (uint32_t c = 0; c < s->n_cols; c++) {
			uint32_t j = c / s->per_out;
			bool minus = c % s->per_out >= s->o.n_cells;
			double weight = (double)w[(size_t)i * s->o.n_out + j];

			if (!isfinite(weight) || (weight < 0 && s->n_sides == 1))
				return mr_errtext_set(
					&s->array->err, MR_ERR_RANGE,
					"synapses: weight of input %u, output %u "
					"is %g: must be finite%s",
					i, j, weight,
					s->n_sides == 1 ? " and not negative"
							: "");
			weight = minus ? -weight : weight;
			s->g_S[(size_t)i * s->n_cols + c] =
				(float)(fmax(weight, 0) * s->o.g_unit_S);
		}
	}
	return MR_OK;
}

/* The core's own program tells which way its pulses went. One that the array
 * does by itself tells only how many: they are taken to be raising. */
static int submit_program(struct mr_synapse *s, struct mr_op *op)
{
	struct mr__tally tally = {.raised = s->raised};
	size_t n_cells = (size_t)s->o.n_in * s->n_cols;
	bool own = mr__array_takes(s->array, op);

	s->array->tally = own ? NULL : &tally;
	int rc = mr_array_submit(s->array, op, 1, NULL, NULL);

	s->array->tally = NULL;
	for (size_t c = 0; c < n_cells && own && !rc; c++) {
		s->raised[c] += s->up[c];
		tally.n_raised += s->up[c];
	}
	s->counts.raised += tally.n_raised;
	s->counts.lowered += tally.n_lowered;
	return rc;
}

static uint64_t count_missed(const struct mr_synapse *s, const uint8_t *status)
{
	size_t n_cells = (size_t)s->o.n_in * s->n_cols;
	uint64_t missed = 0;

	for (size_t c = 0; c < n_cells; c++)
		missed += (status[c] & MR_STATUS_NOT_CONVERGED) != 0;
	return missed;
}

int mr_synapse_set(struct mr_synapse *s, const float *w, double tolerance,
                   uint32_t budget, uint64_t *n_missed)
{
	uint8_t *status = calloc((size_t)s->o.n_in * s->n_cols, 1);

	if (!status)
		return fail(s->array, MR_ERR_NOMEM, "out of memory");
	struct mr_op op = {.kind = MR_OP_PROGRAM,
	                   .where = all_cells(s),
	                   .program = {.target_S = s->g_S,
	                               .tolerance_S = tolerance * s->o.g_unit_S,
	                               .budget = budget,
	                               .pulses = s->up,
	                               .status = status}};
	int rc = fill_targets(s, w);

	if (!rc)
		rc = submit_program(s, &op);
	if (!rc)
		forget(s);
	if (!rc && n_missed)
		*n_missed = count_missed(s, status);
	free(status);
	return rc;
}

/* Read the cells of outputs first..first+n-1 into s->g_S. */
static int read_outputs(struct mr_synapse *s, uint32_t first, uint32_t n)
{
	struct mr_op op = {.kind = MR_OP_READ,
	                   .where = {.kind = MR_SELECT_RECT,
	                             .col = first * s->per_out,
	                             .n_rows = s->o.n_in,
	                             .n_cols = n * s->per_out},
	                   .read = {.v_read_V = s->o.v_read_V, .g_S = s->g_S}};

	s->counts.reads += (uint64_t)s->o.n_in * n * s->per_out;
	return mr_array_submit(s->array, &op, 1, NULL, NULL);
}

/* Readings of one synapse, N per side, from the last read of n outputs. */
static const float *readings(const struct mr_synapse *s, uint32_t in,
                             uint32_t k, uint32_t n)
{
	return &s->g_S[((size_t)in * n + k) * s->per_out];
}

static double weight_of(const struct mr_synapse *s, const float *g_S)
{
	double sum = 0;

	for (uint32_t d = 0; d < s->per_out; d++)
		sum += d < s->o.n_cells ? (double)g_S[d] : -(double)g_S[d];
	return sum / (s->per_weight_S * s->o.drift_scale);
}

int mr_synapse_read(struct mr_synapse *s, float *w)
{
	uint32_t n = s->o.n_out;
	int rc = read_outputs(s, 0, n);

	for (uint32_t i = 0; i < s->o.n_in && !rc; i++)
		for (uint32_t j = 0; j < n; j++)
			w[(size_t)i * n + j] =
				(float)weight_of(s, readings(s, i, j, n));
	return rc;
}

/* ---- forward ------------------------------------------------------------- */

static void sum_currents(const struct mr_synapse *s, float *y)
{
	for (uint32_t j = 0; j < s->o.n_out; j++)
		y[j] = (float)(weight_of(s, &s->i_A[(size_t)j * s->per_out]) /
		               s->o.v_read_V);
}

static int idle(struct mr_synapse *s, double period_s, float *y)
{
	struct mr_op op = {.kind = MR_OP_WAIT, .wait = {.duration_s = period_s}};

	for (uint32_t j = 0; j < s->o.n_out; j++)
		y[j] = 0;
	return period_s == 0 ? MR_OK
	                     : mr_array_submit(s->array, &op, 1, NULL, NULL);
}

int mr_synapse_forward(struct mr_synapse *s, const uint32_t *in, const float *x,
                       uint32_t n, double period_s, float *y)
{
	struct mr_op op = {
		.kind = MR_OP_DRIVE,
		.where = {.kind = MR_SELECT_OUTER,
	                  .rows = in ? in : s->rows,
	                  .n_rows = n,
	                  .cols = s->cols,
	                  .n_cols = s->n_cols},
		.drive = {.batch = 1,
	                  .v_V = s->v_V,
	                  .period_s = period_s,
	                  .i_A = s->i_A}};

	if (n == 0)
		return idle(s, period_s, y);
	if (n > s->o.n_in)
		return fail(s->array, MR_ERR_USAGE, "more inputs than there are");
	for (uint32_t k = 0; k < n; k++) {
		if (in && in[k] >= s->o.n_in)
			return mr_errtext_set(&s->array->err, MR_ERR_RANGE,
			                      "synapses: input %u is outside "
			                      "0..%u",
			                      in[k], s->o.n_in - 1);
		if (!(fabsf(x[k]) <= 1.0f))
			return mr_errtext_set(&s->array->err, MR_ERR_RANGE,
			                      "synapses: input %u is %g: must be "
			                      "-1 to 1",
			                      k, (double)x[k]);
		s->v_V[k] = (float)((double)x[k] * s->o.v_read_V);
	}
	int rc = mr_array_submit(s->array, &op, 1, NULL, NULL);

	if (!rc)
		sum_currents(s, y);
	return rc;
}

/* ---- updates ------------------------------------------------------------- */

static uint32_t cell_at(const struct mr_synapse *s, const struct site *at,
                        uint32_t d)
{
	return at->in * s->array->desc.cols + at->out * s->per_out + d;
}

static uint32_t *raised_at(struct mr_synapse *s, const struct site *at,
                           uint32_t d)
{
	return &s->raised[(size_t)at->in * s->n_cols +
	                  (size_t)at->out * s->per_out + d];
}

/* Mean step of a cell in units of weight. */
static double mean_step(const struct mr_synapse *s, double g_S, uint32_t n)
{
	const struct mr_step *st = &s->o.step;
	double step = st->offset_S + st->slope * g_S +
	              st->history_S * exp(-(n + 1.0) / st->memory_pulses);

	return fmax(step, st->floor_S) / s->per_weight_S;
}

static void raise_cell(struct mr_synapse *s, const struct site *at, uint32_t d)
{
	s->up[s->n_up++] = cell_at(s, at, d);
	s->next++;
}

static void lower_cell(struct mr_synapse *s, const struct site *at, uint32_t d)
{
	s->down[s->n_down++] = cell_at(s, at, d);
	s->next++;
}

/* Spend a positive or (pair) negative chi on a raising pulse of one side. */
static void spend_up(struct mr_synapse *s, const struct site *at,
                     const float *g_S, uint32_t side, double sign)
{
	uint32_t d = side * s->o.n_cells + (uint32_t)(s->next % s->o.n_cells);
	double g = (double)g_S[d] / s->o.drift_scale;
	double step = mean_step(s, g, *raised_at(s, at, d));

	if (sign * *at->chi < s->o.pulse_at * step)
		return;
	raise_cell(s, at, d);
	*at->chi -= sign * step;
}

static void spend_step_down(struct mr_synapse *s, const struct site *at)
{
	uint32_t d = (uint32_t)(s->next % s->o.n_cells);
	double step = fmax(s->lower.step.floor_S, s->lower.step.offset_S) /
	              s->per_weight_S;

	if (-*at->chi < s->o.pulse_at * step)
		return;
	lower_cell(s, at, d);
	*at->chi += step;
}

/* The next cell, from the counter on, that has anything to erase. */
static void spend_erase(struct mr_synapse *s, const struct site *at,
                        const float *g_S)
{
	for (uint32_t k = 0; k < s->o.n_cells; k++) {
		uint32_t d = (uint32_t)((s->next + k) % s->o.n_cells);
		double carried = fmax((double)g_S[d], 0) /
		                 (s->per_weight_S * s->o.drift_scale);

		if (*raised_at(s, at, d) == 0)
			continue;
		if (-*at->chi >= carried) {
			lower_cell(s, at, d);
			*at->chi += carried;
		}
		return;
	}
	*at->chi = fmax(*at->chi, 0);
}

static void decide(struct mr_synapse *s, const struct site *at,
                   const float *g_S)
{
	bool pair = s->n_sides == 2;

	if ((at->weight >= FULL && *at->chi > 0) ||
	    (pair && at->weight <= -FULL && *at->chi < 0))
		*at->chi = 0;
	else if (*at->chi > 0)
		spend_up(s, at, g_S, 0, 1);
	else if (*at->chi < 0 && pair)
		spend_up(s, at, g_S, 1, -1);
	else if (*at->chi < 0 && s->lower.effect == MR_EFFECT_LOWER)
		spend_step_down(s, at);
	else if (*at->chi < 0)
		spend_erase(s, at, g_S);
}

static struct mr_op list_pulse(const struct mr_waveform *wave,
                               const uint32_t *cells, uint32_t n)
{
	struct mr_op op = {.where = {.kind = MR_SELECT_LIST,
	                             .cells = cells,
	                             .n_cells = n}};

	mr_pulse_from(&op, wave);
	return op;
}

static int send_pulses(struct mr_synapse *s)
{
	struct mr_op ops[2];
	enum mr_effect effects[2];
	size_t n = 0;

	if (s->n_up) {
		effects[n] = MR_EFFECT_RAISE;
		ops[n++] = list_pulse(&s->raise, s->up, s->n_up);
	}
	if (s->n_down) {
		effects[n] = s->lower.effect;
		ops[n++] = list_pulse(&s->lower, s->down, s->n_down);
	}
	return n ? submit_pulses(s, ops, effects, n) : MR_OK;
}

static int which_outputs(struct mr_synapse *s, uint32_t out, uint32_t *first,
                         uint32_t *n)
{
	if (out != MR_OUTPUTS_ALL && out >= s->o.n_out)
		return mr_errtext_set(&s->array->err, MR_ERR_RANGE,
		                      "synapses: output %u is outside 0..%u", out,
		                      s->o.n_out - 1);
	*first = out == MR_OUTPUTS_ALL ? 0 : out;
	*n = out == MR_OUTPUTS_ALL ? s->o.n_out : 1;
	s->n_up = 0;
	s->n_down = 0;
	return MR_OK;
}

int mr_synapse_update(struct mr_synapse *s, uint32_t out, const float *dw,
                      float *w)
{
	uint32_t first = 0, n = 0;
	int rc = which_outputs(s, out, &first, &n);

	for (size_t k = 0; !rc && k < (size_t)s->o.n_in * n; k++)
		if (!isfinite(dw[k]))
			rc = fail(s->array, MR_ERR_RANGE,
			          "a wanted change is not finite");
	if (!rc)
		rc = read_outputs(s, first, n);
	for (uint32_t i = 0; i < s->o.n_in && !rc; i++) {
		for (uint32_t k = 0; k < n; k++) {
			const float *g_S = readings(s, i, k, n);
			struct site at = {
				.in = i,
				.out = first + k,
				.weight = weight_of(s, g_S),
				.chi = &s->chi[(size_t)i * s->o.n_out + first +
			                       k]};

			*at.chi += (double)dw[(size_t)i * n + k];
			if (w)
				w[(size_t)i * n + k] = (float)at.weight;
			decide(s, &at, g_S);
		}
	}
	return rc ? rc : send_pulses(s);
}

int mr_synapse_pulse(struct mr_synapse *s, uint32_t out, const int8_t *change)
{
	uint32_t first = 0, n = 0;
	int rc = which_outputs(s, out, &first, &n);

	for (uint32_t i = 0; i < s->o.n_in && !rc; i++) {
		for (uint32_t k = 0; k < n; k++) {
			int8_t sign = change[(size_t)i * n + k];
			struct site at = {.in = i, .out = first + k};
			uint32_t d = (uint32_t)(s->next % s->o.n_cells);

			if (sign > 0)
				raise_cell(s, &at, d);
			else if (sign < 0 && s->n_sides == 2)
				raise_cell(s, &at, s->o.n_cells + d);
			else if (sign < 0)
				lower_cell(s, &at, d);
		}
	}
	return rc ? rc : send_pulses(s);
}
