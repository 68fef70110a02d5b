/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* A fit as a parameter file: written beside its place and renamed. */
#include "memrig/clock.h"
#include "memrig/fit.h"
#include "memrig/memrig.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Readers cut lines behind this. */
#define LINE_MAX_BYTES 190

struct output {
	FILE *file;
	const struct mr_fit *fit;
	const struct mr_history *history;
	const char *log;
	const char *table; /* path of the table; or NULL */
};

static const char *state_text(enum mr_estimate_state state)
{
	switch (state) {
	case MR_ESTIMATE_FITTED:
		return "fitted";
	case MR_ESTIMATE_DESCRIBED:
		return "described";
	case MR_ESTIMATE_ASSUMED:
		return "assumed";
	case MR_ESTIMATE_UNDETERMINED:
		break;
	}
	return "undetermined, the default is kept";
}

/* One line, cut where readers would, without what ends a line. */
static void put(const struct output *o, const char *name, const char *text)
{
	int room = LINE_MAX_BYTES - (int)strlen(name);

	fprintf(o->file, "%s = ", name);
	for (int k = 0; k < room && text[k]; k++)
		fputc(text[k] == '\n' || text[k] == '\r' ? ' ' : text[k],
		      o->file);
	fputc('\n', o->file);
}

static void put_time(const struct output *o)
{
	struct mr_clock clock;
	char text[40] = "";
	time_t now;
	struct tm utc;

	mr_clock_system(&clock);
	now = (time_t)(clock.wall_ns(clock.self) / 1000000000);
	if (gmtime_r(&now, &utc))
		(void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
	put(o, "written", text);
}

/* "1, 2, 5": as many as fit into the line. */
static void put_runs(const struct output *o)
{
	char text[LINE_MAX_BYTES] = "";
	size_t used = 0;

	for (size_t k = 0; k < o->history->n_parts && used < sizeof text - 24;
	     k++)
		used += (size_t)snprintf(text + used, sizeof text - used,
		                         "%s%" PRId64, k ? ", " : "",
		                         o->history->parts[k].run);
	put(o, "runs", text);
}

static void put_origin(const struct output *o)
{
	char text[64];

	fputs("\n[fit]\n", o->file);
	put(o, "log", o->log);
	put_runs(o);
	(void)snprintf(text, sizeof text, "%016" PRIx64, o->history->digest);
	put(o, "digest", text);
	put(o, "array", o->history->desc.identity);
	put(o, "uri", o->history->uri);
	put(o, "memrig", mr_version());
	put_time(o);
	for (uint32_t k = 0; k < o->fit->n_warnings; k++)
		put(o, "warning", o->fit->warnings[k]);
}

static void put_estimate(const struct output *o, uint32_t i)
{
	const struct mr_estimate *e = &o->fit->estimates[i];
	const struct mr_param *p = &o->fit->model->params[i];
	char text[160];

	fprintf(o->file, "\n[%s]\nvalue = %.9g\nunit = %s\n", p->name, e->value,
	        p->unit);
	if (e->state == MR_ESTIMATE_FITTED && isfinite(e->se))
		fprintf(o->file,
		        "se = %.4g\ncells = %" PRIu32 "\nreadings = %" PRIu64
		        "\n",
		        e->se, e->n_cells, e->n_points);
	(void)snprintf(text, sizeof text, "%s%s%s", state_text(e->state),
	               e->how && *e->how ? ": " : "", e->how ? e->how : "");
	put(o, "source", text);
	put(o, "text", p->text);
}

static void put_all(const struct output *o)
{
	fprintf(o->file, "; Parameters of a board's cells, fitted by memrig; "
	        "emu:FILE runs them.\n\n[memrig]\n");
	put(o, "model", o->fit->model->name);
	put(o, "noise", o->fit->noise);
	if (o->table) {
		const char *slash = strrchr(o->table, '/');

		put(o, "table", slash ? slash + 1 : o->table);
	}
	fprintf(o->file, "rows = %" PRIu32 "\ncols = %" PRIu32 "\n",
	        o->history->desc.rows, o->history->desc.cols);
	put_origin(o);
	for (uint32_t i = 0; i < o->fit->n_estimates; i++)
		put_estimate(o, i);
}

/* ---- the table beside it ------------------------------------------------- */

static const struct mr_fit_table *jumps_of(const struct mr_fit *fit)
{
	for (uint32_t k = 0; k < fit->n_tables && fit->model->table_load; k++)
		if (strcmp(fit->tables[k].name, "jumps") == 0)
			return &fit->tables[k];
	return NULL;
}

/* "dir/chip.ini" -> "dir/chip.csv", with `ending` behind it. */
static char *table_path(const char *path, const char *ending)
{
	size_t n = strlen(path);
	size_t stem = n > 4 && strcmp(path + n - 4, ".ini") == 0 ? n - 4 : n;
	size_t size = stem + 5 + strlen(ending);
	char *out = malloc(size);

	if (out)
		(void)snprintf(out, size, "%.*s.csv%s", (int)stem, path,
		               ending);
	return out;
}

static void put_jumps(FILE *to, const struct mr_fit_table *t)
{
	fputs("# Steps of SETs and RESETs, fitted by memrig\n"
	      "pulse,g_S,u,dg_S\n", to);
	for (size_t k = 0; k < t->n_rows; k++) {
		const double *row = t->values + 4 * k;

		fprintf(to, "%s,%.6g,%.4g,%.6g\n", row[0] > 0 ? "reset" : "set",
		        row[1], row[2], row[3]);
	}
}

static int fail(struct mr_errtext *err, const char *path, const char *what)
{
	return mr_errtext_set(err, MR_ERR_IO, "%s: %s: %s", path, what,
	                      strerror(errno));
}

static int save_table(const struct mr_fit *fit, const char *path,
                      struct mr_errtext *err)
{
	const struct mr_fit_table *t = jumps_of(fit);
	char *beside = t ? table_path(path, ".new") : NULL;
	char *place = t ? table_path(path, "") : NULL;
	FILE *to = beside && place ? fopen(beside, "w") : NULL;
	int code = MR_OK;
	bool bad;

	if (!t)
		return MR_OK;
	if (!beside || !place)
		code = mr_errtext_set(err, MR_ERR_NOMEM, "no memory");
	else if (!to)
		code = fail(err, place, "cannot be written");
	if (code == MR_OK) {
		put_jumps(to, t);
		bad = ferror(to) != 0;
		bad = fclose(to) != 0 || bad;
		if (bad || rename(beside, place) != 0) {
			code = fail(err, place, "cannot be written");
			(void)remove(beside);
		}
	}
	free(beside);
	free(place);
	return code;
}

int mr_fit_save(const struct mr_fit *fit, const struct mr_history *history,
                const char *log, const char *path, struct mr_errtext *err)
{
	struct output o = {NULL, fit, history, log, NULL};
	size_t size = strlen(path) + 8;
	char *beside = malloc(size);
	char *table;
	int code = MR_OK;
	bool bad;

	if (!beside)
		return mr_errtext_set(err, MR_ERR_NOMEM, "no memory");
	(void)snprintf(beside, size, "%s.new", path);
	code = save_table(fit, path, err);
	if (code != MR_OK) {
		free(beside);
		return code;
	}
	o.file = fopen(beside, "w");
	if (!o.file) {
		code = fail(err, path, "cannot be written");
		free(beside);
		return code;
	}
	o.table = table = jumps_of(fit) ? table_path(path, "") : NULL;
	put_all(&o);
	free(table);
	bad = ferror(o.file) != 0;
	bad = fclose(o.file) != 0 || bad;
	if (bad || rename(beside, path) != 0) {
		code = fail(err, path, "cannot be written");
		(void)remove(beside);
	}
	free(beside);
	return code;
}
