/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Finds the runs of a measurement and walks their operations. */
#include "measure_record.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Value of a "key=value" line, or "". */
static void value_of(const char *lines, const char *key, char *out, size_t size)
{
	size_t n = strlen(key);

	*out = '\0';
	while (*lines) {
		size_t line = strcspn(lines, "\n");

		if (line > n && strncmp(lines, key, n) == 0 && lines[n] == '=')
			(void)snprintf(out, size, "%.*s", (int)(line - n - 1),
			               lines + n + 1);
		lines += line;
		lines += *lines == '\n';
	}
}

static bool same_array(const struct mr_description *a,
                       const struct mr_description *b)
{
	return a->rows == b->rows && a->cols == b->cols
	       && strcmp(a->driver, b->driver) == 0
	       && strcmp(a->model, b->model) == 0
	       && strcmp(a->identity, b->identity) == 0
	       && a->has_seed == b->has_seed && a->seed == b->seed;
}

static int reader_failed(struct mr__record *r, int code, struct mr_errtext *err)
{
	return mr_errtext_set(err, code, "%s", mr_oplog_errmsg(r->reader));
}

/* ---- runs ---------------------------------------------------------------- */

static int add_run(struct mr__record *r, const struct mr_oplog_run_info *info,
                   struct mr_errtext *err)
{
	struct mr__record_run *runs =
		realloc(r->runs, (r->n + 1) * sizeof *runs);
	struct mr__record_run *run;
	char text[24];

	if (!runs)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	r->runs = runs;
	run = &runs[r->n++];
	run->run = info->run;
	value_of(info->metadata, "protocol", run->protocol, sizeof run->protocol);
	value_of(info->metadata, "settings", run->settings, sizeof run->settings);
	value_of(info->metadata, "session", run->session, sizeof run->session);
	value_of(info->metadata, "redone_from", text, sizeof text);
	run->redone = strtoll(text, NULL, 10);
	value_of(info->metadata, "began_ns", text, sizeof text);
	run->time_ns = strtoll(text, NULL, 10);
	return info->level >= MR_OPLOG_VALUES
	       ? MR_OK
	       : mr_errtext_set(err, MR_ERR_FORMAT,
	                        "run %" PRId64 " was recorded at level 1 "
	                        "(operations), to resume needs level 2 "
	                        "(values) or 3", info->run);
}

/* A later measurement of the same kind takes the place of an earlier one. */
static int look_at(struct mr__record *r, int64_t run, const char *what,
                   const struct mr_description *desc, struct mr_errtext *err)
{
	struct mr_oplog_run_info *info = malloc(sizeof *info);
	char suite[128];
	char id[40];
	int code;

	if (!info)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	code = mr_oplog_info(r->reader, run, info);
	if (code == MR_ERR_USAGE) { /* taken out of the file */
		free(info);
		return MR_OK;
	}
	if (code != MR_OK) {
		free(info);
		return reader_failed(r, code, err);
	}
	value_of(info->metadata, "suite", suite, sizeof suite);
	value_of(info->metadata, "measurement", id, sizeof id);
	if (*id && strcmp(suite, what) == 0 && same_array(desc, &info->desc)) {
		if (strcmp(id, r->measurement) != 0)
			r->n = 0;
		(void)snprintf(r->measurement, sizeof r->measurement, "%s", id);
		code = add_run(r, info, err);
	}
	free(info);
	return code;
}

int mr__record_open(struct mr__record *r, const char *path, const char *what,
                    const struct mr_description *desc, struct mr_errtext *err)
{
	int64_t first;
	int64_t last;
	int code = mr_oplog_open(path, &r->reader, err);

	if (code != MR_OK)
		return code;
	code = mr_oplog_runs(r->reader, &first, &last);
	if (code != MR_OK)
		return reader_failed(r, code, err);
	for (int64_t run = first; first && run <= last && code == MR_OK; run++)
		code = look_at(r, run, what, desc, err);
	if (code == MR_OK && r->n == 0)
		return mr_errtext_set(err, MR_ERR_MISSING,
		                      "%s holds no measurement '%s' of this array "
		                      "(%s %s, %s); to begin one, leave out "
		                      "--resume", path, what, desc->driver,
		                      desc->model, desc->identity);
	return code;
}

/* ---- operations ---------------------------------------------------------- */

static int rewind_to(struct mr__record *r, struct mr_errtext *err)
{
	int code = MR_OK;

	r->first = true;
	if (r->at < r->end)
		code = mr_oplog_rewind(r->reader, r->runs[r->at].run);
	return code == MR_OK ? MR_OK : reader_failed(r, code, err);
}

int mr__record_begin(struct mr__record *r, const char *protocol,
                     struct mr_errtext *err)
{
	r->at = 0;
	while (r->at < r->n && strcmp(r->runs[r->at].protocol, protocol) != 0)
		r->at++;
	r->end = r->at;
	while (r->end < r->n && strcmp(r->runs[r->end].protocol, protocol) == 0)
		r->end++;
	return rewind_to(r, err);
}

const struct mr__record_run *mr__record_first(const struct mr__record *r)
{
	return r->at < r->end ? &r->runs[r->at] : NULL;
}

/* Conditions that were set again when the array was opened anew. */
static bool is_restored(const struct mr__record *r, size_t began)
{
	return r->first && r->at > began
	       && r->next.op.kind == MR_OP_CONFIGURE;
}

static bool is_redone(const struct mr__record *r)
{
	return r->at + 1 < r->end && r->runs[r->at + 1].redone > 0
	       && (int64_t)r->next.id >= r->runs[r->at + 1].redone;
}

/* The first of the runs of the protocol that is being walked. */
static size_t first_of(const struct mr__record *r)
{
	size_t k = r->at;

	while (k > 0 && strcmp(r->runs[k - 1].protocol, r->runs[r->at].protocol)
	                == 0)
		k--;
	return k;
}

int mr__record_next(struct mr__record *r, bool *more, struct mr_errtext *err)
{
	while (r->at < r->end) {
		bool found = false;
		int code = mr_oplog_next(r->reader, &r->next, &found);

		if (code != MR_OK)
			return reader_failed(r, code, err);
		if (found && (r->next.parent || r->next.survey || is_redone(r)
		              || is_restored(r, first_of(r))))
			continue;
		*more = found;
		r->first = false;
		r->last_id = found ? r->next.id : r->last_id;
		if (found)
			return MR_OK;
		r->at++;
		code = rewind_to(r, err);
		if (code != MR_OK)
			return code;
	}
	*more = false;
	return MR_OK;
}

int mr__record_last_ns(struct mr__record *r, int64_t *t_ns,
                       struct mr_errtext *err)
{
	int code = MR_OK;

	*t_ns = 0;
	for (size_t k = 0; k < r->n && code == MR_OK; k++) {
		bool more = true;

		code = mr_oplog_rewind(r->reader, r->runs[k].run);
		while (code == MR_OK && more) {
			code = mr_oplog_next(r->reader, &r->next, &more);
			if (code == MR_OK && more && r->next.ended
			    && r->next.op.outcome.t_end_ns > *t_ns)
				*t_ns = r->next.op.outcome.t_end_ns;
		}
	}
	return code == MR_OK ? MR_OK : reader_failed(r, code, err);
}

void mr__record_close(struct mr__record *r)
{
	mr_oplog_close(r->reader);
	free(r->runs);
	*r = (struct mr__record){0};
}
