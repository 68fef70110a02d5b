/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The table is made when it is first wanted: logs without one are as before. */
#include "oplog_wire.h"

#include <string.h>

static const char table_sql[] =
	"CREATE TABLE IF NOT EXISTS wire ( -- bytes between driver and board\n"
	"  row INTEGER PRIMARY KEY, -- in the order they moved\n"
	"  run INTEGER NOT NULL REFERENCES run,\n"
	"  op INTEGER,          -- id of the operation begun last; NULL = opening\n"
	"  t_ns INTEGER NOT NULL, -- monotonic clock of the pipe\n"
	"  what TEXT NOT NULL,  -- opened sent received cleared status\n"
	"  message_end INTEGER NOT NULL, -- opened: 1 = the pipe keeps messages\n"
	"  bytes BLOB NOT NULL, -- opened: text, who is at the other end\n"
	"  part TEXT NOT NULL DEFAULT '' -- instrument of a rig: source meter "
	"router\n"
	");";
static const char has_part_sql[] =
	"SELECT count(*) FROM pragma_table_info('wire') WHERE name='part'";

static const char *const names[] = {
	[MR_WIRE_OPENED] = "opened",     [MR_WIRE_SENT] = "sent",
	[MR_WIRE_RECEIVED] = "received", [MR_WIRE_CLEARED] = "cleared",
	[MR_WIRE_STATUS] = "status",
};

#define N_NAMES (sizeof names / sizeof names[0])

/* Logs that were begun before there were rigs have no such column. */
static int add_part(struct mr__db *db)
{
	int64_t there = 0;
	int code = mr__db_number(db, has_part_sql, &there);

	if (code != MR_OK || there)
		return code;
	return mr__db_exec(db, "ALTER TABLE wire ADD COLUMN part TEXT NOT NULL "
	                       "DEFAULT ''");
}

int mr__wire_writer_open(struct mr__wire_writer *to, struct mr__db *db)
{
	int code = mr__db_exec(db, table_sql);

	if (code == MR_OK)
		code = add_part(db);
	return code ? code
	            : mr__db_prepare(db,
	                             "INSERT INTO wire(run,op,t_ns,what,"
	                             "message_end,bytes,part) "
	                             "VALUES(?,?,?,?,?,?,?)",
	                             &to->insert);
}

int mr__wire_write(struct mr__wire_writer *to,
                   const struct mr_wire_piece *piece)
{
	struct mr__query *q = to->insert;

	mr__query_clear(q);
	mr__query_set_int(q, 1, to->run);
	if (to->op)
		mr__query_set_int(q, 2, (int64_t)to->op);
	mr__query_set_int(q, 3, piece->t_ns);
	mr__query_set_text(q, 4, names[piece->what]);
	mr__query_set_int(q, 5, piece->end);
	mr__query_set_blob(q, 6, piece->size ? piece->data : "", piece->size);
	mr__query_set_text(q, 7, piece->part ? piece->part : "");
	return mr__query_run(q);
}

int mr__wire_query(struct mr__db *db, struct mr__query **out)
{
	int64_t there = 0;
	int64_t parts = 0;
	int code = mr__db_number(db,
	                         "SELECT count(*) FROM sqlite_master "
	                         "WHERE type='table' AND name='wire'",
	                         &there);

	if (code == MR_OK && !there)
		return MR_ERR_MISSING;
	if (code == MR_OK)
		code = mr__db_number(db, has_part_sql, &parts);
	if (code != MR_OK)
		return code;
	return mr__db_prepare(db, parts ? "SELECT op,t_ns,what,message_end,"
	                                  "bytes,part FROM wire WHERE run=?1 "
	                                  "ORDER BY row"
	                                : "SELECT op,t_ns,what,message_end,"
	                                  "bytes,'' FROM wire WHERE run=?1 "
	                                  "ORDER BY row",
	                      out);
}

int mr__wire_take(struct mr__query *row, struct mr_wire_piece *out,
                  uint64_t *op)
{
	const char *what = mr__query_text(row, 2);
	size_t k = 0;

	while (k < N_NAMES && strcmp(what, names[k]) != 0)
		k++;
	if (k == N_NAMES || mr__query_type(row, 4) != MR__VALUE_BLOB)
		return MR_ERR_FORMAT;
	if (op)
		*op = (uint64_t)mr__query_int(row, 0);
	out->what = (enum mr_wire_event)k;
	out->t_ns = mr__query_int(row, 1);
	out->end = mr__query_int(row, 3) != 0;
	out->data = mr__query_blob(row, 4, &out->size);
	out->part = mr__query_text(row, 5);
	return MR_OK;
}
