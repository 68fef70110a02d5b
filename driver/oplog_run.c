/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Begins and ends of runs, whoever writes them. */
#include "oplog_run.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "memrig/memrig.h"
#include "oplog_schema.h"

int mr__run_check_metadata(const char *const *metadata, struct mr_errtext *err)
{
	for (size_t i = 0; metadata && metadata[i]; i++) {
		const char *equals = strchr(metadata[i], '=');

		if (!equals || equals == metadata[i]) {
			return mr_errtext_set(err, MR_ERR_USAGE,
			                      "metadata \"%s\": give key=value, "
			                      "such as operator=Ada",
			                      metadata[i]);
		}
		for (size_t k = 0; k < i; k++) {
			size_t length = (size_t)(equals - metadata[i]) + 1;

			if (strncmp(metadata[i], metadata[k], length) == 0) {
				return mr_errtext_set(
					err, MR_ERR_USAGE,
					"metadata \"%s\": the key was given "
					"before", metadata[i]);
			}
		}
	}
	return MR_OK;
}

static int insert_row(struct mr__db *db, const struct mr__run_row *row,
                      const char *json)
{
	struct mr__query *to;
	struct utsname host;
	char seed[24];
	int code = mr__db_prepare(db, "INSERT INTO run(uri,seed,command,"
	                          "version,level,survey_interval_s,host,"
	                          "started_wall_ns,description) "
	                          "VALUES(?,?,?,?,?,?,?,?,?)", &to);

	if (code != MR_OK) {
		return code;
	}
	mr__query_set_text(to, 1, row->uri);
	if (row->desc->has_seed) {
		snprintf(seed, sizeof(seed), "%" PRIu64, row->desc->seed);
		mr__query_set_text(to, 2, seed);
	}
	if (row->options->command) {
		mr__query_set_text(to, 3, row->options->command);
	}
	mr__query_set_text(to, 4, mr_version());
	mr__query_set_int(to, 5, (int64_t)row->level);
	if (row->survey_interval_s > 0.0) {
		mr__query_set_real(to, 6, row->survey_interval_s);
	}
	if (uname(&host) >= 0) {
		mr__query_set_text(to, 7, host.nodename);
	}
	mr__query_set_int(to, 8, row->wall_ns);
	mr__query_set_text(to, 9, json);
	return mr__query_run(to);
}

static int insert_metadata(struct mr__db *db, int64_t run,
                           const char *const *metadata)
{
	struct mr__query *to;
	int code = mr__db_prepare(db, "INSERT INTO metadata SELECT ?1,"
	                          "substr(?2,1,instr(?2,'=')-1),"
	                          "substr(?2,instr(?2,'=')+1)", &to);

	for (size_t i = 0; code == MR_OK && metadata && metadata[i]; i++) {
		mr__query_set_int(to, 1, run);
		mr__query_set_text(to, 2, metadata[i]);
		code = mr__query_run(to);
	}
	return code;
}

/* Whoever gave that key for something else keeps it. */
static int insert_calibration(struct mr__db *db, int64_t run, const char *label)
{
	struct mr__query *to;
	int code = mr__db_prepare(db, "INSERT OR IGNORE INTO metadata "
	                          "VALUES(?,'calibration',?)", &to);

	if (code != MR_OK) {
		return code;
	}
	mr__query_set_int(to, 1, run);
	mr__query_set_text(to, 2, label);
	return mr__query_run(to);
}

int mr__run_insert(struct mr__db *db, const struct mr__run_row *row,
                   int64_t *run)
{
	char *json = NULL;
	int code = mr_description_json(row->desc, &json);

	if (code == MR_OK) {
		code = insert_row(db, row, json);
	}
	free(json);
	if (code != MR_OK) {
		return code;
	}
	*run = mr__db_inserted(db);
	code = insert_metadata(db, *run, row->options->metadata);
	if (code == MR_OK && row->desc->calibration[0]) {
		code = insert_calibration(db, *run, row->desc->calibration);
	}
	return code == MR_OK && *run >= MR__RUNS_MAX ? MR_ERR_NOMEM : code;
}

int mr__run_end(struct mr__db *db, int64_t run, int64_t wall_ns)
{
	struct mr__query *to;
	int code = mr__db_prepare(db, "UPDATE run SET ended_wall_ns=? "
	                          "WHERE run=?", &to);

	if (code != MR_OK) {
		return code;
	}
	mr__query_set_int(to, 1, wall_ns);
	mr__query_set_int(to, 2, run);
	return mr__query_run(to);
}
