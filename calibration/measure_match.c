/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Compares operations with recorded ones, and takes over what they gave. */
#include "measure_record.h"

#include <string.h>

/* ---- parameters ---------------------------------------------------------- */

struct comparison {
	const char *kind;
	struct mr_errtext *err;
};

static int differ(const struct comparison *c, const char *what)
{
	return mr_errtext_set(c->err, MR_ERR_MISMATCH,
	                      "the recorded %s has another %s", c->kind, what);
}

/* Whether numbers are the same; a wanted 0 stands for the described value. */
static bool same(double was, double want)
{
	return was == want || want == 0;
}

static bool same_list(const void *was, const void *want, size_t size)
{
	if (!was || !want)
		return !was == !want;
	return memcmp(was, want, size) == 0;
}

static bool same_cells(const struct mr_selection *was,
                       const struct mr_selection *want,
                       const struct mr_description *d)
{
	uint64_t n = mr_selection_count(want, d);

	if (was->kind != want->kind || mr_selection_count(was, d) != n)
		return false;
	for (uint64_t i = 0; i < n && want->kind != MR_SELECT_ALL; i++)
		if (mr_selection_cell(was, d, i) != mr_selection_cell(want, d, i))
			return false;
	return true;
}

static int match_read(const struct comparison *c, const struct mr_read_op *was,
                      const struct mr_read_op *want)
{
	if (!same(was->v_read_V, want->v_read_V))
		return differ(c, "read voltage");
	if (!same(was->t_int_s, want->t_int_s))
		return differ(c, "integration time");
	if (!same(was->averages, want->averages))
		return differ(c, "number of averages");
	return MR_OK;
}

static int match_pulse(const struct comparison *c, const struct mr_pulse_op *was,
                       const struct mr_pulse_op *want, size_t n)
{
	if (was->unit != want->unit || was->amplitude != want->amplitude
	    || !same_list(was->amplitudes, want->amplitudes, n * 4))
		return differ(c, "amplitude");
	if (was->width_s != want->width_s || was->t_rise_s != want->t_rise_s
	    || was->t_fall_s != want->t_fall_s
	    || !same_list(was->widths_s, want->widths_s, n * 4))
		return differ(c, "width or edge");
	if ((!want->counts && !same(was->count, want->count))
	    || !same_list(was->counts, want->counts, n * 4))
		return differ(c, "number of pulses");
	return was->compliance == want->compliance ? MR_OK
	                                           : differ(c, "compliance");
}

static int match_program(const struct comparison *c,
                         const struct mr_program_op *was,
                         const struct mr_program_op *want, size_t n)
{
	if ((!want->target_S && was->target != want->target)
	    || !same_list(was->target_S, want->target_S, n * 4))
		return differ(c, "target");
	if (was->tolerance_S != want->tolerance_S)
		return differ(c, "tolerance");
	if (was->budget != want->budget || !same(was->averages, want->averages))
		return differ(c, "budget or number of averages");
	return MR_OK;
}

static int match_trace(const struct comparison *c, const struct mr_trace_op *was,
                       const struct mr_trace_op *want)
{
	size_t n = want->n_levels;

	if (was->unit != want->unit || was->n_levels != n
	    || memcmp(was->level, want->level, n * sizeof(float)) != 0)
		return differ(c, "waveform");
	if (memcmp(was->hold_s, want->hold_s, n * sizeof(double)) != 0)
		return differ(c, "duration of a level");
	if (mr_trace_samples(was) != mr_trace_samples(want))
		return differ(c, "number of samples");
	return was->compliance == want->compliance ? MR_OK
	                                           : differ(c, "compliance");
}

static int match_configure(const struct comparison *c,
                           const struct mr_configure_op *was,
                           const struct mr_configure_op *want)
{
	return strcmp(was->name, want->name) == 0
	       && strcmp(was->value, want->value) == 0
	       ? MR_OK
	       : differ(c, "condition or value");
}

int mr__op_match(const struct mr_op *was, const struct mr_op *want,
                 const struct mr_description *desc, struct mr_errtext *err)
{
	struct comparison c = {mr_op_kind_name(was->kind), err};
	bool cells = want->kind != MR_OP_WAIT && want->kind != MR_OP_CONFIGURE;
	size_t n = (size_t)mr_op_elements(want, desc);

	if (was->kind != want->kind)
		return mr_errtext_set(err, MR_ERR_MISMATCH, "recorded was a %s, "
		                      "now comes a %s", c.kind,
		                      mr_op_kind_name(want->kind));
	if (cells && !same_cells(&was->where, &want->where, desc))
		return differ(&c, "choice of cells");
	switch (want->kind) {
	case MR_OP_READ:
		return match_read(&c, &was->read, &want->read);
	case MR_OP_PULSE:
		return match_pulse(&c, &was->pulse, &want->pulse, n);
	case MR_OP_PROGRAM:
		return match_program(&c, &was->program, &want->program, n);
	case MR_OP_TRACE:
		return match_trace(&c, &was->trace, &want->trace);
	case MR_OP_WAIT:
		return was->wait.duration_s == want->wait.duration_s
		       ? MR_OK
		       : differ(&c, "duration");
	case MR_OP_CONFIGURE:
		return match_configure(&c, &was->configure, &want->configure);
	case MR_OP_DRIVE:
		break;
	}
	return differ(&c, "kind than protocols use");
}

/* ---- results ------------------------------------------------------------- */

/* The results of an operation, one after another. */
struct piece {
	const void *was;
	void *to;
	size_t size;
	bool may_lack; /* status bits are kept only where one is set */
};

static size_t pieces_of(const struct mr_op *was, const struct mr_op *to,
                        const struct mr_description *desc, struct piece *out)
{
	size_t n = (size_t)mr_op_elements(to, desc);
	size_t k = 0;

	if (to->kind == MR_OP_READ) {
		out[k++] = (struct piece){was->read.g_S, to->read.g_S, n * 4, false};
		out[k++] = (struct piece){was->read.status, to->read.status, n,
		                          true};
	} else if (to->kind == MR_OP_PULSE) {
		out[k++] = (struct piece){was->pulse.status, to->pulse.status, n,
		                          true};
	} else if (to->kind == MR_OP_PROGRAM) {
		out[k++] = (struct piece){was->program.g_S, to->program.g_S,
		                          n * 4, false};
		out[k++] = (struct piece){was->program.pulses,
		                          to->program.pulses, n * 4, false};
		out[k++] = (struct piece){was->program.status,
		                          to->program.status, n, true};
	} else if (to->kind == MR_OP_TRACE) {
		n *= mr_trace_samples(&to->trace);
		out[k++] = (struct piece){was->trace.i_A, to->trace.i_A, n * 4, false};
		out[k++] = (struct piece){was->trace.v_V, to->trace.v_V, n * 4, false};
		out[k++] = (struct piece){was->trace.t_s, to->trace.t_s, n * 8, false};
		out[k++] = (struct piece){was->trace.status, to->trace.status,
		                          n, true};
	}
	return k;
}

bool mr__op_gave_same(const struct mr_op *was, const struct mr_op *is,
                      const struct mr_description *desc)
{
	struct piece piece[4];
	size_t n = pieces_of(was, is, desc, piece);

	for (size_t k = 0; k < n; k++)
		if (piece[k].was && piece[k].to
		    && memcmp(piece[k].was, piece[k].to, piece[k].size) != 0)
			return false;
	return was->outcome.t_end_ns == is->outcome.t_end_ns
	       && was->outcome.status == is->outcome.status;
}

int mr__op_take(const struct mr_op *was, struct mr_op *to,
                const struct mr_description *desc, struct mr_errtext *err)
{
	struct piece piece[4];
	size_t n = pieces_of(was, to, desc, piece);

	to->outcome = was->outcome;
	for (size_t k = 0; k < n; k++) {
		if (!piece[k].to)
			continue;
		if (!piece[k].was && !piece[k].may_lack)
			return mr_errtext_set(err, MR_ERR_MISMATCH,
			                      "the log did not keep what a %s "
			                      "gave", mr_op_kind_name(to->kind));
		if (piece[k].was)
			memcpy(piece[k].to, piece[k].was, piece[k].size);
		else
			memset(piece[k].to, 0, piece[k].size);
	}
	return MR_OK;
}
