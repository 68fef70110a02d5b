/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* CSV files whose columns a map names. */
#include "import.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define INTERVAL_S 1.0
#define NS_PER_S 1e9
#define ABSENT UINT32_MAX
#define N_QUANTITIES (MR_IMPORT_CONDUCTANCE + 1)

/* Names that need no option. */
static const struct mr_import_name usual[] = {
	{"read", MR_IMPORT_READ, MR_EFFECT_NONE, 0, 0},
	{"pulse", MR_IMPORT_PULSE, MR_EFFECT_NONE, 0, 0},
	{"set", MR_IMPORT_PULSE, MR_EFFECT_RAISE, 0, 0},
	{"reset", MR_IMPORT_PULSE, MR_EFFECT_ERASE, 0, 0},
};

/* A file that is being read. */
struct table {
	struct mr_csv *csv;
	const struct mr_import_options *options;
	uint32_t n_fields;
	uint32_t at[N_QUANTITIES]; /* field, or ABSENT */
	const struct mr_import_column *column[N_QUANTITIES];
	uint64_t n_rows;
	int64_t t_last_ns;
	struct mr_import *to;
};

/* One row, as far as it is understood. */
struct entry {
	const struct mr_csv_row *row;
	struct mr_import_name name;
	struct mr_import_event e;
	bool has[N_QUANTITIES];
	double x[N_QUANTITIES];
};

/* ---- the map ------------------------------------------------------------- */

static int check_map(const struct table *t, struct mr_errtext *err)
{
	const bool cell = t->column[MR_IMPORT_CELL] != NULL;
	const bool row = t->column[MR_IMPORT_ROW] != NULL;
	const bool col = t->column[MR_IMPORT_COL] != NULL;
	int results = (t->column[MR_IMPORT_CURRENT] != NULL) +
	              (t->column[MR_IMPORT_RESISTANCE] != NULL) +
	              (t->column[MR_IMPORT_CONDUCTANCE] != NULL);

	if (cell ? row || col : !row && !col)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "map: say which cell a row is of, by cell= "
		                      "or by row= and col= (one of these, where "
		                      "there is one line)");
	if (results != 1)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "map: name one column of results, by "
		                      "current=, resistance= or conductance= (got "
		                      "%d)",
		                      results);
	if (t->column[MR_IMPORT_CURRENT] && !t->column[MR_IMPORT_VOLTAGE] &&
	    t->options->v_read_V == 0)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "map: a current alone is no conductance; "
		                      "name its voltage= too, or give --v-read");
	if (cell && t->options->rows > 1 && !t->options->cols)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "map: cells are counted row by row: give "
		                      "--cols with --rows");
	return MR_OK;
}

static int find_column(struct table *t, const struct mr_csv_row *head,
                       const struct mr_import_column *c, struct mr_errtext *err)
{
	unsigned long k;
	char *end;

	if (c->name[0] != '#')
		return mr_csv_column(head, c->name, &t->at[c->what], err);
	k = strtoul(c->name + 1, &end, 10);
	if (*end || end == c->name + 1 || k < 1 || k > head->n)
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s:%" PRIu64 ": there is no column '%s'; "
		                      "the file has #1 to #%" PRIu32,
		                      head->file, head->line, c->name, head->n);
	t->at[c->what] = (uint32_t)k - 1;
	return MR_OK;
}

static int find_columns(struct table *t, const char *path,
                        struct mr_errtext *err)
{
	const struct mr_import_options *o = t->options;
	struct mr_csv_row head;
	bool more;
	int code = MR_OK;

	for (size_t q = 0; q < N_QUANTITIES; q++)
		t->at[q] = ABSENT;
	for (size_t k = 0; k < o->n_columns; k++)
		t->column[o->columns[k].what] = &o->columns[k];
	code = check_map(t, err);
	if (!code)
		code = mr_csv_next(t->csv, &head, &more, err);
	if (code)
		return code;
	if (!more)
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: it is empty; the first line must name "
		                      "the columns",
		                      path);
	t->n_fields = head.n;
	for (size_t k = 0; k < o->n_columns && !code; k++)
		code = find_column(t, &head, &o->columns[k], err);
	return code;
}

/* ---- rows ---------------------------------------------------------------- */

static int take_index(const struct table *t, const struct entry *n,
                      enum mr_import_quantity q, uint64_t of, uint32_t *out,
                      struct mr_errtext *err)
{
	*out = 0;
	if (t->at[q] == ABSENT)
		return MR_OK;
	return mr_import_index(n->row, t->at[q], t->column[q], t->options->base,
	                       of < UINT32_MAX ? (uint32_t)of : UINT32_MAX, out,
	                       err);
}

static int take_cell(const struct table *t, struct entry *n,
                     struct mr_errtext *err)
{
	const uint64_t rows = t->options->rows, cols = t->options->cols;
	const uint64_t most = MR_IMPORT_LINES_MAX;
	uint32_t cell;
	int code;

	if (t->column[MR_IMPORT_CELL]) {
		code = take_index(t, n, MR_IMPORT_CELL,
		                  cols ? (rows ? rows : most) * cols : most,
		                  &cell, err);
		if (code)
			return code;
		n->e.row = cols ? cell / (uint32_t)cols : 0;
		n->e.col = cols ? cell % (uint32_t)cols : cell;
		return MR_OK;
	}
	code = take_index(t, n, MR_IMPORT_ROW, rows ? rows : most, &n->e.row,
	                  err);
	return code ? code
	            : take_index(t, n, MR_IMPORT_COL, cols ? cols : most,
	                         &n->e.col, err);
}

/* An empty field is nothing, unless everything needs it. */
static int take_numbers(const struct table *t, struct entry *n,
                        struct mr_errtext *err)
{
	int code = MR_OK;

	for (int q = MR_IMPORT_TIME; q < N_QUANTITIES && !code; q++) {
		if (q == MR_IMPORT_EVENT || t->at[q] == ABSENT)
			continue;
		n->has[q] = n->row->field[t->at[q]][0] != '\0' ||
		            q == MR_IMPORT_TIME;
		if (n->has[q])
			code = mr_import_number(n->row, t->at[q], t->column[q],
			                        t->options->decimal, &n->x[q],
			                        err);
	}
	return code;
}

static int take_time(struct table *t, struct entry *n, struct mr_errtext *err)
{
	double interval_s = t->options->interval_s > 0 ? t->options->interval_s
	                                               : INTERVAL_S;
	double t_s = t->at[MR_IMPORT_TIME] == ABSENT
	                     ? (double)t->n_rows * interval_s
	                     : n->x[MR_IMPORT_TIME];

	if (t_s > MR_IMPORT_T_MAX_S)
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "%s:%" PRIu64 ": at an interval of %g s this "
		                      "row is beyond 9e9 s; give a shorter one",
		                      n->row->file, n->row->line, interval_s);
	n->e.t_ns = (int64_t)llround(t_s * NS_PER_S);
	if (n->e.t_ns < t->t_last_ns && !t->options->sort)
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s:%" PRIu64 ":%" PRIu32
		                      ": column '%s' goes back, from %.9g to %.9g "
		                      "s; if rows are not in order of time, say "
		                      "--sort",
		                      n->row->file, n->row->line,
		                      t->at[MR_IMPORT_TIME] + 1,
		                      t->column[MR_IMPORT_TIME]->name,
		                      (double)t->t_last_ns / NS_PER_S, t_s);
	t->t_last_ns = n->e.t_ns;
	return MR_OK;
}

static const struct mr_import_name *find_name(const struct mr_import_name *names,
                                              size_t n, const char *text)
{
	for (size_t k = 0; k < n; k++)
		if (strcasecmp(names[k].name, text) == 0)
			return &names[k];
	return NULL;
}

static int take_name(const struct table *t, struct entry *n,
                     struct mr_errtext *err)
{
	const struct mr_import_options *o = t->options;
	const struct mr_import_name *name = &usual[0];
	const char *text = "";

	if (t->at[MR_IMPORT_EVENT] != ABSENT) {
		text = n->row->field[t->at[MR_IMPORT_EVENT]];
		name = find_name(o->names, o->n_names, text);
		if (!name)
			name = find_name(usual, sizeof usual / sizeof usual[0],
			                 text);
	}
	if (!name)
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s:%" PRIu64 ":%" PRIu32
		                      ": column '%s' is '%.40s', which is neither "
		                      "read, pulse, set nor reset; say what it is, "
		                      "such as --event '%.15s=read'",
		                      n->row->file, n->row->line,
		                      t->at[MR_IMPORT_EVENT] + 1,
		                      t->column[MR_IMPORT_EVENT]->name, text, text);
	n->name = *name;
	return MR_OK;
}

/* ---- events -------------------------------------------------------------- */

static int lacks(const struct entry *n, const char *what, struct mr_errtext *err)
{
	return mr_errtext_set(err, MR_ERR_FORMAT,
	                      "%s:%" PRIu64 ": a %.15s %s", n->row->file,
	                      n->row->line, n->name.name, what);
}

static void note_name(struct mr_import *to, const struct mr_import_name *name,
                      const struct mr_import_event *e)
{
	struct mr_import_seen *seen = to->seen;

	if (name->effect == MR_EFFECT_NONE)
		return;
	while (seen < to->seen + to->n_seen &&
	       strcmp(seen->name, name->name) != 0)
		seen++;
	if (seen == to->seen + to->n_seen) {
		to->n_seen++;
		*seen = (struct mr_import_seen){.effect = name->effect,
		                                .least_V = e->volt_V,
		                                .greatest_V = e->volt_V,
		                                .width_s = e->width_s,
		                                .one_width = true};
		memcpy(seen->name, name->name, sizeof seen->name);
	}
	seen->least_V = fmin(seen->least_V, e->volt_V);
	seen->greatest_V = fmax(seen->greatest_V, e->volt_V);
	seen->one_width = seen->one_width && seen->width_s == e->width_s;
}

static int add_pulse(const struct table *t, const struct entry *n,
                     struct mr_errtext *err)
{
	struct mr_import_event e = n->e;

	e.kind = MR_IMPORT_PULSE;
	e.g_S = NAN;
	e.volt_V = n->name.amplitude_V != 0 ? n->name.amplitude_V
	                                    : n->x[MR_IMPORT_VOLTAGE];
	e.width_s = n->name.width_s > 0 ? n->name.width_s
	                                : n->x[MR_IMPORT_WIDTH];
	if (e.volt_V == 0)
		return lacks(n, "has no amplitude; map a column as voltage=, "
		                "or say it, as in --event set=set,1.2V,100ns",
		             err);
	if (e.width_s == 0)
		return lacks(n, "has no width; map a column as width=, or say "
		                "it, as in --event set=set,1.2V,100ns",
		             err);
	note_name(t->to, &n->name, &e);
	return mr_import_add(t->to, &e, err);
}

/* The reading behind a pulse is at a voltage that nothing tells. */
static int add_reading(const struct table *t, const struct entry *n, bool pulse,
                       struct mr_errtext *err)
{
	struct mr_import_event e = n->e;
	double volt_V = !pulse && n->has[MR_IMPORT_VOLTAGE]
	                        ? n->x[MR_IMPORT_VOLTAGE]
	                        : t->options->v_read_V;
	double g_S = n->x[MR_IMPORT_CONDUCTANCE];

	if (n->has[MR_IMPORT_RESISTANCE])
		g_S = n->x[MR_IMPORT_RESISTANCE] > 0 &&
		                      isfinite(n->x[MR_IMPORT_RESISTANCE])
		              ? 1 / n->x[MR_IMPORT_RESISTANCE]
		              : NAN;
	if (n->has[MR_IMPORT_CURRENT] && volt_V == 0)
		return lacks(n, "has a current but no voltage; map a column as "
		                "voltage=, or give --v-read",
		             err);
	if (n->has[MR_IMPORT_CURRENT])
		g_S = n->x[MR_IMPORT_CURRENT] / volt_V;
	if (fabs(g_S) > MR_IMPORT_G_MAX_S && isfinite(g_S))
		return lacks(n, "has a current over its voltage above 1 S; give "
		                "the units, such as current=I[uA]",
		             err);
	e.kind = MR_IMPORT_READ;
	e.volt_V = volt_V;
	e.g_S = (float)g_S;
	return mr_import_add(t->to, &e, err);
}

static int add_events(const struct table *t, const struct entry *n,
                      struct mr_errtext *err)
{
	bool pulse = n->name.kind == MR_IMPORT_PULSE;
	bool reading = n->has[MR_IMPORT_RESISTANCE] ||
	               n->has[MR_IMPORT_CONDUCTANCE] ||
	               (n->has[MR_IMPORT_CURRENT] && !pulse);
	int code = MR_OK;

	if (!pulse && !reading)
		return lacks(n, "has no result; leave the row out, or say what "
		                "it is with event=",
		             err);
	if (pulse)
		code = add_pulse(t, n, err);
	return code || !reading ? code : add_reading(t, n, pulse, err);
}

static int take_row(struct table *t, const struct mr_csv_row *row,
                    struct mr_errtext *err)
{
	struct entry n = {.row = row};
	int code = take_cell(t, &n, err);

	if (!code)
		code = take_numbers(t, &n, err);
	if (!code)
		code = take_time(t, &n, err);
	if (!code)
		code = take_name(t, &n, err);
	t->n_rows++;
	return code ? code : add_events(t, &n, err);
}

static int take_rows(struct table *t, const char *path, struct mr_errtext *err)
{
	struct mr_csv_row row;
	bool more = true;
	int code = find_columns(t, path, err);

	while (!code) {
		code = mr_import_row(t->csv, &row, t->n_fields, &more, err);
		if (code || !more)
			break;
		code = take_row(t, &row, err);
	}
	return code;
}

int mr_import_csv(const char *path, const struct mr_import_options *options,
                  struct mr_import *out, struct mr_errtext *err)
{
	struct table t = {.options = options, .to = out};
	char separator;
	int code = mr_import_separator(path, options, &separator, err);

	if (!code)
		code = mr_csv_open(path, &t.csv, err);
	if (code)
		return code;
	mr_csv_separate(t.csv, separator);
	code = take_rows(&t, path, err);
	mr_csv_close(t.csv);
	out->timed = t.column[MR_IMPORT_TIME] != NULL;
	return code ? code : mr_import_complete(out, path, options, err);
}
