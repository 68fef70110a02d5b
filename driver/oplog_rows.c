/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Rows of table operation, one or many in a statement. */
#include "oplog_rows.h"

#include <stdlib.h>
#include <string.h>

#define MANY 32   /* rows of a statement; twice as many gain nothing more */
#define SMALL 512 /* bytes of blobs of a row that waits */

#define INTO                                                                   \
	"INSERT INTO operation(row,form,wall_begin_ns,parent,wall_end_ns,"     \
	"t_begin_ns,t_end_ns,cells,input,result) VALUES"
#define ONE "(?,?,?,?,?,?,?,?,?,?)"

/* Parameters of a row, in that order. */
enum parameter {
	P_ROW = 1,
	P_FORM,
	P_WALL_BEGIN,
	P_PARENT,
	P_WALL_END,
	P_T_BEGIN,
	P_T_END,
	P_BLOBS,
	PARAMETERS = P_BLOBS + MR__BLOB_COLUMNS - 1
};

struct mr__rows {
	struct mr__query *one;
	struct mr__query *many;
	unsigned bound_one;        /* parameters that are not NULL, .. */
	unsigned bound_many[MANY]; /* .. by row of the statement */
	struct mr__row waiting[MANY];
	unsigned char blobs[MANY][SMALL]; /* of them */
	size_t n;
};

static int prepare_many(struct mr__rows *rows, struct mr__db *db)
{
	char sql[sizeof(INTO) + MANY * sizeof(ONE)] = INTO;
	char *to = sql + sizeof(INTO) - 1;

	for (int i = 0; i < MANY; i++) {
		if (i > 0) {
			*to++ = ',';
		}
		memcpy(to, ONE, sizeof(ONE));
		to += sizeof(ONE) - 1;
	}
	return mr__db_prepare(db, sql, &rows->many);
}

int mr__rows_open(struct mr__db *db, struct mr__rows **out)
{
	struct mr__rows *rows = calloc(1, sizeof(*rows));
	int code;

	if (!rows) {
		return MR_ERR_NOMEM;
	}
	code = mr__db_prepare(db, INTO ONE, &rows->one);
	if (code == MR_OK) {
		code = prepare_many(rows, db);
	}
	if (code != MR_OK) {
		free(rows);
		return code;
	}
	*out = rows;
	return MR_OK;
}

void mr__rows_close(struct mr__rows *rows)
{
	free(rows);
}

/* Whether a parameter gets a value; what is NULL is mostly NULL already. */
static bool takes(struct mr__query *to, int base, enum parameter at, bool set,
                  unsigned *bound)
{
	unsigned bit = 1u << at;

	if (set) {
		*bound |= bit;
	} else if (*bound & bit) {
		*bound &= ~bit;
		mr__query_set_null(to, base + (int)at);
	}
	return set;
}

static void bind(struct mr__query *to, int base, const struct mr__row *row,
                 unsigned *bound)
{
	mr__query_set_int(to, base + P_ROW, row->row);
	mr__query_set_int(to, base + P_FORM, row->form);
	mr__query_set_int(to, base + P_WALL_BEGIN, row->wall_begin_ns);
	if (takes(to, base, P_PARENT, row->parent != 0, bound)) {
		mr__query_set_int(to, base + P_PARENT, row->parent);
	}
	if (takes(to, base, P_WALL_END, row->ended, bound)) {
		mr__query_set_int(to, base + P_WALL_END, row->wall_end_ns);
	}
	if (takes(to, base, P_T_BEGIN, row->ended, bound)) {
		mr__query_set_int(to, base + P_T_BEGIN, row->t_begin_ns);
	}
	if (takes(to, base, P_T_END, row->ended, bound)) {
		mr__query_set_int(to, base + P_T_END, row->t_end_ns);
	}
	for (int i = 0; i < MR__BLOB_COLUMNS; i++) {
		const struct mr__span *span = &row->blobs[i];

		if (takes(to, base, P_BLOBS + i, span->bytes != NULL, bound)) {
			mr__query_set_blob(to, base + P_BLOBS + i, span->bytes,
			                   span->size);
		}
	}
}

int mr__rows_insert(struct mr__rows *rows, const struct mr__row *row)
{
	bind(rows->one, 0, row, &rows->bound_one);
	return mr__query_run(rows->one);
}

static int insert_many(struct mr__rows *rows)
{
	for (int i = 0; i < MANY; i++) {
		bind(rows->many, i * PARAMETERS, &rows->waiting[i],
		     &rows->bound_many[i]);
	}
	rows->n = 0;
	return mr__query_run(rows->many);
}

/* The blobs are the caller's only for the call. */
static void keep(struct mr__rows *rows, const struct mr__row *row)
{
	struct mr__row *kept = &rows->waiting[rows->n];
	unsigned char *to = rows->blobs[rows->n];

	*kept = *row;
	for (int i = 0; i < MR__BLOB_COLUMNS; i++) {
		struct mr__span *span = &kept->blobs[i];

		if (span->bytes) {
			memcpy(to, span->bytes, span->size);
			span->bytes = to;
			to += span->size;
		}
	}
	rows->n++;
}

static bool is_small(const struct mr__row *row)
{
	size_t left = SMALL;

	for (int i = 0; i < MR__BLOB_COLUMNS; i++) {
		size_t size = row->blobs[i].bytes ? row->blobs[i].size : 0;

		if (size > left) {
			return false;
		}
		left -= size;
	}
	return true;
}

int mr__rows_add(struct mr__rows *rows, const struct mr__row *row)
{
	if (!is_small(row)) {
		return mr__rows_insert(rows, row);
	}
	keep(rows, row);
	return rows->n == MANY ? insert_many(rows) : MR_OK;
}

int mr__rows_flush(struct mr__rows *rows)
{
	int code = MR_OK;

	for (size_t i = 0; code == MR_OK && i < rows->n; i++) {
		code = mr__rows_insert(rows, &rows->waiting[i]);
	}
	rows->n = 0;
	return code;
}
