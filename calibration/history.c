/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* A log's runs, walked once; then the events sorted by cell. */
#include "history_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A run that is looked at. */
struct look {
	struct mr_oplog_reader *reader;
	const struct mr_history_options *options;
	struct mr__history_build build;
	struct mr_oplog_run_info *info; /* of the run at hand */
	char uri[512];
	int64_t first_run;
	struct mr_errtext *err;
};

/* Value of a "key=value" line, or "". */
static void metadata_value(const char *lines, const char *key, char *out,
                           size_t size)
{
	size_t n = strlen(key);

	*out = '\0';
	while (lines && *lines) {
		size_t line = strcspn(lines, "\n");

		if (strncmp(lines, key, n) == 0 && lines[n] == '='
		    && line - n - 1 < size) {
			(void)snprintf(out, size, "%.*s", (int)(line - n - 1),
			               lines + n + 1);
			return;
		}
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

static bool is_wanted(const struct look *look, int64_t run,
                      const char *protocol)
{
	const struct mr_history_options *o = look->options;
	bool listed = !o || !o->runs;

	for (size_t k = 0; o && o->runs && k < o->n_runs; k++)
		listed = listed || o->runs[k] == run;
	if (o && o->protocol && strcmp(o->protocol, protocol) != 0)
		return false;
	return listed && !(o && o->measured_only && !*protocol);
}

static int refuse_other_array(const struct look *look, int64_t run)
{
	const struct mr_description *a = look->build.desc;
	const struct mr_description *b = &look->info->desc;

	return mr_errtext_set(
		look->err, MR_ERR_USAGE,
		"run %" PRId64 " is of another array (%s %s, %s, %" PRIu32
		" x %" PRIu32 ") than run %" PRId64 " (%s %s, %s, %" PRIu32
		" x %" PRIu32 "); choose runs of one array",
		run, b->driver, b->model, b->identity, b->rows, b->cols,
		look->first_run, a->driver, a->model, a->identity, a->rows,
		a->cols);
}

static int first_array(struct look *look, int64_t run)
{
	struct mr__history_build *b = &look->build;

	b->desc = malloc(sizeof *b->desc);
	if (!b->desc)
		return mr_errtext_set(look->err, MR_ERR_NOMEM, "no memory");
	*b->desc = look->info->desc;
	look->first_run = run;
	(void)snprintf(look->uri, sizeof look->uri, "%s", look->info->uri);
	return MR_OK;
}

/* Whether the array lived on from the last run to this one. */
static bool goes_on(const struct mr__history_build *b,
                    const struct mr_history_part *part)
{
	return b->n_parts > 0 && part->session[0]
	       && strcmp(b->parts[b->n_parts - 1].session, part->session) == 0;
}

static int add_part(struct look *look, const struct mr_history_part *part)
{
	struct mr__history_build *b = &look->build;
	bool new_session = !goes_on(b, part);
	struct mr_history_part *parts =
		realloc(b->parts, (b->n_parts + 1) * sizeof *parts);

	if (!parts)
		return mr_errtext_set(look->err, MR_ERR_NOMEM, "no memory");
	b->parts = parts;
	b->parts[b->n_parts++] = *part;
	b->sweeping = 0; /* each run counts its operations anew */
	if (!new_session || b->n_parts == 1)
		return MR_OK;
	b->t_last_ns = INT64_MIN;
	if (mr__history_gap(b, (uint16_t)(b->n_parts - 1), 0) != MR_OK)
		return mr_errtext_set(look->err, MR_ERR_NOMEM, "no memory");
	return MR_OK;
}

/* From which operation on a later run did again what this one had begun; a
 * resumed measurement says so (measure.h). */
static uint64_t redone_from(struct look *look, int64_t run)
{
	uint64_t from = UINT64_MAX;
	int64_t first;
	int64_t last;

	if (mr_oplog_runs(look->reader, &first, &last) != MR_OK)
		return from;
	for (int64_t later = run + 1; later <= last; later++) {
		char text[24];

		if (mr_oplog_info(look->reader, later, look->info) != MR_OK)
			continue;
		metadata_value(look->info->metadata, "continues", text,
		               sizeof text);
		if (strtoll(text, NULL, 10) != run)
			continue;
		metadata_value(look->info->metadata, "redone_from", text,
		               sizeof text);
		if (*text)
			from = strtoull(text, NULL, 10);
	}
	return from;
}

static int add_records(struct look *look, int64_t run, uint64_t end)
{
	struct mr_oplog_record record;
	bool more = true;
	int code = mr_oplog_rewind(look->reader, run);

	while (code == MR_OK) {
		code = mr_oplog_next(look->reader, &record, &more);
		if (code != MR_OK || !more || record.id >= end)
			break;
		code = mr__history_record(
			&look->build, (uint16_t)(look->build.n_parts - 1),
			&record);
		if (code != MR_OK)
			return mr_errtext_set(look->err, code, "no memory");
	}
	return code == MR_OK ? MR_OK
	                     : mr_errtext_set(look->err, code, "%s",
	                                      mr_oplog_errmsg(look->reader));
}

static int add_run(struct look *look, int64_t run)
{
	struct mr_history_part part = {.run = run};
	int code = mr_oplog_info(look->reader, run, look->info);

	if (code == MR_ERR_USAGE && !(look->options && look->options->runs))
		return MR_OK; /* taken out of the file */
	if (code != MR_OK)
		return mr_errtext_set(look->err, code, "%s",
		                      mr_oplog_errmsg(look->reader));
	metadata_value(look->info->metadata, "protocol", part.protocol,
	               sizeof part.protocol);
	metadata_value(look->info->metadata, "session", part.session,
	               sizeof part.session);
	part.started_wall_ns = look->info->started_wall_ns;
	if (!is_wanted(look, run, part.protocol))
		return MR_OK;
	if (!look->build.desc)
		code = first_array(look, run);
	else if (!same_array(look->build.desc, &look->info->desc))
		return refuse_other_array(look, run);
	if (code == MR_OK && look->build.n_parts == UINT16_MAX)
		return mr_errtext_set(look->err, MR_ERR_RANGE,
		                      "more than %d runs; choose some",
		                      UINT16_MAX);
	if (code == MR_OK)
		code = add_part(look, &part);
	if (code != MR_OK)
		return code;
	return add_records(look, run,
	                   part.protocol[0] ? redone_from(look, run)
	                                    : UINT64_MAX);
}

/* A run that was asked for by number must be there. */
static int check_runs(const struct look *look, int64_t first, int64_t last)
{
	const struct mr_history_options *o = look->options;

	for (size_t k = 0; o && o->runs && k < o->n_runs; k++)
		if (o->runs[k] < first || o->runs[k] > last || first == 0)
			return mr_errtext_set(
				look->err, MR_ERR_USAGE,
				"there is no run %" PRId64
				"; the log has runs %" PRId64 " to %" PRId64,
				o->runs[k], first, last);
	return MR_OK;
}

static int walk(struct look *look)
{
	int64_t first;
	int64_t last;
	int code = mr_oplog_runs(look->reader, &first, &last);

	if (code != MR_OK)
		return mr_errtext_set(look->err, code, "%s",
		                      mr_oplog_errmsg(look->reader));
	code = check_runs(look, first, last);
	for (int64_t run = first; code == MR_OK && first && run <= last; run++)
		code = add_run(look, run);
	if (code == MR_OK && look->build.n_parts == 0)
		return mr_errtext_set(look->err, MR_ERR_USAGE,
		                      "the log holds no run that fits%s%s",
		                      look->options && look->options->protocol
		                      ? ": no measurement "
		                      : "",
		                      look->options && look->options->protocol
		                      ? look->options->protocol
		                      : "");
	return code;
}

/* ---- the finished history ------------------------------------------------ */

static const char *const whys[MR__N_LOSSES] = {
	[MR__LOSS_NO_VALUE] = "readings that the log did not keep",
	[MR__LOSS_NOT_A_NUMBER] = "readings that are no numbers",
	[MR__LOSS_OVER_RANGE] = "readings over range",
	[MR__LOSS_SUSPECT] = "readings of cells marked bad",
	[MR__LOSS_COMPLIANCE] = "readings at the current limit",
	[MR__LOSS_UNKNOWN] = "events of unknown outcome",
	[MR__LOSS_NEVER_ENDED] = "operations that were never ended",
	[MR__LOSS_FAILED] = "operations that failed",
	[MR__LOSS_BACKWARDS] = "operations before which the clock jumped back",
	[MR__LOSS_DRIVE] = "drives: sums over cells",
};

/* The public record first, so that one pointer serves both. */
struct whole {
	struct mr_history history;
	struct mr__history_build build;
	size_t *first;
	struct mr_history_event *sorted;
};

/* A programming that was composed stands in the log before its pulses and reads:
 * it goes behind them. */
static void settle_programs(struct mr_history_event *e, size_t n)
{
	for (size_t k = n; k-- > 0;) {
		struct mr_history_event moved = e[k];
		size_t to = k;

		if (moved.kind != MR_HISTORY_PROGRAM)
			continue;
		for (; to + 1 < n && e[to + 1].t_ns <= moved.t_ns
		       && e[to + 1].kind != MR_HISTORY_GAP; to++)
			e[to] = e[to + 1];
		e[to] = moved;
	}
}

/* Counting sort: keeps the order in time of each cell. */
static int sort_events(struct whole *w, uint32_t n_cells)
{
	const struct mr__history_build *b = &w->build;
	size_t *next = calloc((size_t)n_cells + 1, sizeof *next);

	w->first = calloc((size_t)n_cells + 1, sizeof *w->first);
	w->sorted = malloc((b->n ? b->n : 1) * sizeof *w->sorted);
	if (!next || !w->first || !w->sorted) {
		free(next);
		return MR_ERR_NOMEM;
	}
	for (size_t k = 0; k < b->n; k++)
		w->first[b->cells[k] + 1]++;
	for (uint32_t c = 0; c < n_cells; c++)
		w->first[c + 1] += w->first[c];
	memcpy(next, w->first, n_cells * sizeof *next);
	for (size_t k = 0; k < b->n; k++)
		w->sorted[next[b->cells[k]]++] = b->events[k];
	for (uint32_t c = 0; c < n_cells; c++)
		settle_programs(w->sorted + w->first[c],
		                w->first[c + 1] - w->first[c]);
	free(next);
	return MR_OK;
}

static uint64_t fnv1a(uint64_t hash, const void *data, size_t size)
{
	const unsigned char *byte = data;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ byte[i]) * 0x100000001b3u;
	return hash;
}

static uint64_t digest_of(const struct whole *w)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t k = 0; k < w->build.n; k++) {
		const struct mr_history_event *e = &w->sorted[k];

		hash = fnv1a(hash, &e->t_ns, sizeof e->t_ns);
		hash = fnv1a(hash, &e->g_S, sizeof e->g_S);
		hash = fnv1a(hash, &e->amplitude, sizeof e->amplitude);
		hash = fnv1a(hash, &e->kind, sizeof e->kind);
	}
	return hash;
}

static void list_losses(struct whole *w)
{
	struct mr_history *h = &w->history;

	for (size_t k = 0; k < MR__N_LOSSES; k++)
		if (w->build.lost[k] > 0)
			h->losses[h->n_losses++] = (struct mr_history_loss){
				whys[k], w->build.lost[k]};
}

static int finish(struct look *look, struct mr_history **out)
{
	struct whole *w = calloc(1, sizeof *w);
	struct mr_history *h;

	if (!w)
		return MR_ERR_NOMEM;
	h = &w->history;
	w->build = look->build;
	look->build = (struct mr__history_build){0};
	h->desc = *w->build.desc;
	h->n_cells = h->desc.rows * h->desc.cols;
	(void)snprintf(h->uri, sizeof h->uri, "%s", look->uri);
	if (sort_events(w, h->n_cells) != MR_OK) {
		mr_history_free(h);
		return MR_ERR_NOMEM;
	}
	free(w->build.events);
	free(w->build.cells);
	w->build.events = NULL;
	w->build.cells = NULL;
	h->first = w->first;
	h->events = w->sorted;
	h->n_sweeps = w->build.n_sweeps;
	h->sweeps = w->build.sweeps;
	h->n_parts = w->build.n_parts;
	h->parts = w->build.parts;
	list_losses(w);
	h->digest = digest_of(w);
	*out = h;
	return MR_OK;
}

int mr_history_load(const char *path, const struct mr_history_options *options,
                    struct mr_history **out, struct mr_errtext *err)
{
	struct look look = {.options = options, .err = err};
	int code = mr_oplog_open(path, &look.reader, err);

	if (code != MR_OK)
		return code;
	look.build.t_last_ns = INT64_MIN;
	look.info = calloc(1, sizeof *look.info);
	code = look.info ? walk(&look)
	                 : mr_errtext_set(err, MR_ERR_NOMEM, "no memory");
	if (code == MR_OK && finish(&look, out) != MR_OK)
		code = mr_errtext_set(err, MR_ERR_NOMEM, "no memory");
	free(look.info);
	mr__history_build_free(&look.build);
	mr_oplog_close(look.reader);
	return code;
}

void mr_history_free(struct mr_history *history)
{
	struct whole *w = (struct whole *)history;

	if (!w)
		return;
	free(w->first);
	free(w->sorted);
	mr__history_build_free(&w->build);
	free(w);
}
