/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Which cells an operation names, and small facts about operations. */
#include "memrig/types.h"

#include <stdlib.h>
#include <string.h>

uint64_t mr_selection_count(const struct mr_selection *where,
                            const struct mr_description *desc)
{
	switch (where->kind) {
	case MR_SELECT_ALL:
		return (uint64_t)desc->rows * desc->cols;
	case MR_SELECT_RECT:
	case MR_SELECT_OUTER:
		return (uint64_t)where->n_rows * where->n_cols;
	case MR_SELECT_LIST:
		return where->n_cells;
	}
	return 0;
}

uint32_t mr_selection_cell(const struct mr_selection *where,
                           const struct mr_description *desc, uint64_t i)
{
	uint32_t r, c;

	switch (where->kind) {
	case MR_SELECT_RECT:
		r = where->row + (uint32_t)(i / where->n_cols);
		c = where->col + (uint32_t)(i % where->n_cols);
		return r * desc->cols + c;
	case MR_SELECT_OUTER:
		r = where->rows[i / where->n_cols];
		c = where->cols[i % where->n_cols];
		return r * desc->cols + c;
	case MR_SELECT_LIST:
		return where->cells[i];
	case MR_SELECT_ALL:
		break;
	}
	return (uint32_t)i;
}

static int check_rect(const struct mr_selection *where,
                      const struct mr_description *desc,
                      struct mr_errtext *err)
{
	if (where->row >= desc->rows || where->n_rows > desc->rows - where->row)
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "rows %u..%llu are outside 0..%u", where->row,
		                      (unsigned long long)where->row +
		                              where->n_rows - 1,
		                      desc->rows - 1);
	if (where->col >= desc->cols || where->n_cols > desc->cols - where->col)
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "columns %u..%llu are outside 0..%u",
		                      where->col,
		                      (unsigned long long)where->col +
		                              where->n_cols - 1,
		                      desc->cols - 1);
	return MR_OK;
}

static bool ascends(const uint32_t *lines, uint32_t n)
{
	uint32_t i = 1;

	while (i < n && lines[i - 1] < lines[i])
		i++;
	return i >= n;
}

/* Short lists are compared pairwise; long ones that are out of order are marked
 * in a bit set. */
static int check_repeats(const char *what, const uint32_t *lines, uint32_t n,
                         uint32_t limit, struct mr_errtext *err)
{
	enum { PAIRWISE_MAX = 64 };
	uint8_t *seen = NULL;
	int rc = MR_OK;

	if (ascends(lines, n))
		return MR_OK;
	if (n > PAIRWISE_MAX && !(seen = calloc((size_t)limit / 8 + 1, 1)))
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	for (uint32_t i = 0; i < n && !rc; i++) {
		bool twice = false;

		for (uint32_t j = 0; !seen && j < i && !twice; j++)
			twice = lines[j] == lines[i];
		if (seen) {
			uint8_t bit = (uint8_t)(1u << (lines[i] % 8));

			twice = seen[lines[i] / 8] & bit;
			seen[lines[i] / 8] |= bit;
		}
		if (twice)
			rc = mr_errtext_set(err, MR_ERR_USAGE,
			                    "%s %u is listed twice", what,
			                    lines[i]);
	}
	free(seen);
	return rc;
}

static int check_indices(const char *what, const uint32_t *list, uint32_t n,
                         uint64_t limit, struct mr_errtext *err)
{
	if (!list)
		return mr_errtext_set(err, MR_ERR_USAGE, "the list of %ss is NULL",
		                      what);
	for (uint32_t i = 0; i < n; i++)
		if (list[i] >= limit)
			return mr_errtext_set(err, MR_ERR_RANGE,
			                      "%s %u is outside 0..%llu", what,
			                      list[i],
			                      (unsigned long long)(limit - 1));
	return MR_OK;
}

static int check_outer(const struct mr_selection *where,
                       const struct mr_description *desc,
                       struct mr_errtext *err)
{
	int rc = check_indices("row", where->rows, where->n_rows, desc->rows,
	                       err);

	if (!rc)
		rc = check_indices("column", where->cols, where->n_cols,
		                   desc->cols, err);
	if (!rc)
		rc = check_repeats("row", where->rows, where->n_rows, desc->rows,
		                   err);
	if (!rc)
		rc = check_repeats("column", where->cols, where->n_cols,
		                   desc->cols, err);
	return rc;
}

int mr_selection_check(const struct mr_selection *where,
                       const struct mr_description *desc,
                       struct mr_errtext *err)
{
	if ((unsigned)where->kind > MR_SELECT_OUTER)
		return mr_errtext_set(err, MR_ERR_USAGE, "unknown selection kind %d",
		                      (int)where->kind);
	if (mr_selection_count(where, desc) == 0)
		return mr_errtext_set(err, MR_ERR_USAGE, "no cell is selected");
	switch (where->kind) {
	case MR_SELECT_RECT:
		return check_rect(where, desc, err);
	case MR_SELECT_OUTER:
		return check_outer(where, desc, err);
	case MR_SELECT_LIST:
		return check_indices("cell", where->cells, where->n_cells,
		                     (uint64_t)desc->rows * desc->cols, err);
	case MR_SELECT_ALL:
		break;
	}
	return MR_OK;
}

int mr_selection_lines(const struct mr_selection *where,
                       const struct mr_description *desc, uint32_t *n_rows,
                       uint32_t *n_cols)
{
	if (where->kind == MR_SELECT_LIST)
		return MR_ERR_USAGE;
	*n_rows = where->kind == MR_SELECT_ALL ? desc->rows : where->n_rows;
	*n_cols = where->kind == MR_SELECT_ALL ? desc->cols : where->n_cols;
	return MR_OK;
}

const char *mr_op_kind_name(enum mr_op_kind kind)
{
	static const char *const names[] = {
		[MR_OP_READ] = "read",       [MR_OP_PULSE] = "pulse",
		[MR_OP_TRACE] = "trace",     [MR_OP_PROGRAM] = "program",
		[MR_OP_DRIVE] = "drive",     [MR_OP_WAIT] = "wait",
		[MR_OP_CONFIGURE] = "configure"};

	if (kind < MR_OP_READ || kind > MR_OP_CONFIGURE)
		return "unknown";
	return names[kind];
}

uint64_t mr_op_elements(const struct mr_op *op,
                        const struct mr_description *desc)
{
	switch (op->kind) {
	case MR_OP_DRIVE:
		return op->drive.batch;
	case MR_OP_WAIT:
	case MR_OP_CONFIGURE:
		return 1;
	default:
		return mr_selection_count(&op->where, desc);
	}
}

uint32_t mr_trace_samples(const struct mr_trace_op *trace)
{
	uint32_t n = 0;

	if (!trace->sample)
		return trace->n_levels;
	for (uint32_t i = 0; i < trace->n_levels; i++)
		n += trace->sample[i] != 0;
	return n;
}

const struct mr_waveform *
mr_description_waveform(const struct mr_description *desc, const char *name)
{
	for (uint32_t i = 0; name && i < desc->n_waveforms; i++)
		if (strcmp(desc->waveforms[i].name, name) == 0)
			return &desc->waveforms[i];
	return NULL;
}

const struct mr_waveform *
mr_description_effect(const struct mr_description *desc, enum mr_effect effect)
{
	for (uint32_t i = 0; i < desc->n_waveforms; i++)
		if (desc->waveforms[i].effect == effect)
			return &desc->waveforms[i];
	return NULL;
}
