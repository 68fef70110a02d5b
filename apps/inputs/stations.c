/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Station lists, panels and labels (inputs.h). */
#include "inputs.h"

#include "../csvfile.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* First row of a file that must have a header. */
static int open_with_header(const char *path, struct mr_csv **csv,
                            struct mr_csv_row *row, struct mr_errtext *err)
{
	bool more = false;
	int code = mr_csv_open(path, csv, err);

	if (code != MR_OK)
		return code;
	code = mr_csv_next(*csv, row, &more, err);
	if (code == MR_OK && !more)
		code = mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s is empty; its first line must name the "
		                      "columns",
		                      path);
	if (code == MR_OK)
		return MR_OK;
	mr_csv_close(*csv);
	*csv = NULL;
	return code;
}

static int check_columns(const struct mr_csv_row *row, uint32_t wanted,
                         struct mr_errtext *err)
{
	if (row->n == wanted)
		return MR_OK;
	return mr_errtext_set(err, MR_ERR_FORMAT,
	                      "%s:%" PRIu64 ": %u columns; the header line has %u",
	                      row->file, row->line, (unsigned)row->n,
	                      (unsigned)wanted);
}

/* ---- stations ------------------------------------------------------------ */

struct station_columns {
	uint32_t n, s, lat, lon, cluster;
	bool has_cluster;
};

static int find_columns(const struct mr_csv_row *header,
                        struct station_columns *c, struct mr_errtext *err)
{
	int code = mr_csv_column(header, "s", &c->s, err);

	if (code == MR_OK)
		code = mr_csv_column(header, "lat", &c->lat, err);
	if (code == MR_OK)
		code = mr_csv_column(header, "lon", &c->lon, err);
	c->n = header->n;
	c->has_cluster = mr_csv_column(header, "cluster12", &c->cluster, NULL) ==
	                 MR_OK;
	return code;
}

/* The place of station s, made if there is none; NULL without memory. */
static struct mr_station *place_of(struct mr_stations *stations, size_t s)
{
	size_t n = stations->n;
	struct mr_station *bigger;

	if (s < n)
		return &stations->station[s];
	n = s < 2 * n ? 2 * n : s + 1;
	bigger = realloc(stations->station, n * sizeof *bigger);
	if (!bigger)
		return NULL;
	memset(bigger + stations->n, 0, (n - stations->n) * sizeof *bigger);
	stations->station = bigger;
	stations->n = (uint32_t)n;
	return &bigger[s];
}

static int take_station(const struct mr_csv_row *row,
                        const struct station_columns *c,
                        struct mr_stations *stations, struct mr_errtext *err)
{
	struct mr_station at = {.known = true}, *place;
	int64_t s = 0, cluster = 0;
	int code = check_columns(row, c->n, err);

	if (code == MR_OK)
		code = mr_csv_integer(row, c->s, "station index s", 0,
		                      MR_STATIONS_MAX - 1, &s, err);
	if (code == MR_OK)
		code = mr_csv_number(row, c->lat, "latitude", -90, 90, &at.lat_deg,
		                     err);
	if (code == MR_OK)
		code = mr_csv_number(row, c->lon, "longitude", -180, 180,
		                     &at.lon_deg, err);
	if (code == MR_OK && c->has_cluster)
		code = mr_csv_integer(row, c->cluster, "cluster", 0, INT32_MAX,
		                      &cluster, err);
	if (code != MR_OK)
		return code;
	place = place_of(stations, (size_t)s);
	if (!place)
		return mr_errtext_set(err, MR_ERR_NOMEM, "no memory for stations");
	if (place->known)
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s:%" PRIu64 ": station %" PRId64
		                      " is listed twice",
		                      row->file, row->line, s);
	at.cluster = (int32_t)cluster;
	*place = at;
	return MR_OK;
}

int mr_stations_read(const char *path, struct mr_stations *out,
                     struct mr_errtext *err)
{
	struct mr_stations stations = {0};
	struct station_columns columns = {0};
	struct mr_csv_row row;
	struct mr_csv *csv = NULL;
	bool more = true;
	int code = open_with_header(path, &csv, &row, err);

	if (code != MR_OK)
		return code;
	code = find_columns(&row, &columns, err);
	while (code == MR_OK && more) {
		code = mr_csv_next(csv, &row, &more, err);
		if (code == MR_OK && more)
			code = take_station(&row, &columns, &stations, err);
	}
	mr_csv_close(csv);
	if (code == MR_OK && stations.n == 0)
		code = mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s lists no station below its header", path);
	if (code != MR_OK) {
		free(stations.station);
		return code;
	}
	*out = stations;
	return MR_OK;
}

/* ---- panels and labels --------------------------------------------------- */

struct panel_reader {
	const char *name; /* NULL = all rows */
	const struct mr_stations *stations;
	uint32_t n_columns, panel, s, label;
	uint32_t room;
	char last[24];    /* panel of the last row */
	char seen[160];   /* panels met, for the message */
	struct mr_panel out;
	uint8_t *taken;   /* [MR_STATIONS_MAX] */
};

static void note_panel(struct panel_reader *r, const char *name)
{
	size_t size = strlen(r->seen);

	if (strcmp(r->last, name) == 0)
		return;
	snprintf(r->last, sizeof r->last, "%s", name);
	snprintf(r->seen + size, sizeof r->seen - size, "%s%s",
	         size ? ", " : "", name);
}

static int panel_push(struct panel_reader *r, uint32_t station, int8_t label)
{
	if (r->out.n == r->room) {
		uint32_t room = 2 * r->room + 64;
		uint32_t *s = realloc(r->out.station, room * sizeof *s);
		int8_t *l;

		if (!s)
			return MR_ERR_NOMEM;
		r->out.station = s;
		l = realloc(r->out.label, room * sizeof *l);
		if (!l)
			return MR_ERR_NOMEM;
		r->out.label = l;
		r->room = room;
	}
	r->out.station[r->out.n] = station;
	r->out.label[r->out.n++] = label;
	return MR_OK;
}

static int check_member(struct panel_reader *r, const struct mr_csv_row *row,
                        int64_t s, struct mr_errtext *err)
{
	const struct mr_stations *known = r->stations;

	if (known && (s >= known->n || !known->station[s].known))
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s:%" PRIu64 ": station %" PRId64 " is not in "
		                      "the station list",
		                      row->file, row->line, s);
	if (r->taken[s])
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s:%" PRIu64 ": station %" PRId64
		                      " is listed twice",
		                      row->file, row->line, s);
	r->taken[s] = 1;
	return MR_OK;
}

static int take_member(struct panel_reader *r, const struct mr_csv_row *row,
                       struct mr_errtext *err)
{
	int64_t s = 0, label = 0;
	int code = check_columns(row, r->n_columns, err);

	if (code != MR_OK)
		return code;
	if (r->name) {
		note_panel(r, row->field[r->panel]);
		if (strcmp(row->field[r->panel], r->name) != 0)
			return MR_OK;
	}
	code = mr_csv_integer(row, r->s, "station index s", 0,
	                      MR_STATIONS_MAX - 1, &s, err);
	if (code == MR_OK)
		code = mr_csv_integer(row, r->label, "label", -1, 1, &label, err);
	if (code == MR_OK)
		code = check_member(r, row, s, err);
	if (code == MR_OK &&
	    panel_push(r, (uint32_t)s, (int8_t)label) != MR_OK)
		code = mr_errtext_set(err, MR_ERR_NOMEM, "no memory for a panel");
	return code;
}

static int panel_columns(struct panel_reader *r,
                         const struct mr_csv_row *header,
                         struct mr_errtext *err)
{
	int code = mr_csv_column(header, "s", &r->s, err);

	if (code == MR_OK)
		code = mr_csv_column(header, "label", &r->label, err);
	if (code == MR_OK && r->name)
		code = mr_csv_column(header, "panel", &r->panel, err);
	r->n_columns = header->n;
	r->taken = calloc(MR_STATIONS_MAX, 1);
	if (code == MR_OK && !r->taken)
		code = mr_errtext_set(err, MR_ERR_NOMEM, "no memory for a panel");
	return code;
}

int mr_panel_read(const char *path, const char *name,
                  const struct mr_stations *stations, struct mr_panel *out,
                  struct mr_errtext *err)
{
	struct panel_reader r = {.name = name, .stations = stations};
	struct mr_csv_row row;
	struct mr_csv *csv = NULL;
	bool more = true;
	int code = open_with_header(path, &csv, &row, err);

	if (code != MR_OK)
		return code;
	code = panel_columns(&r, &row, err);
	while (code == MR_OK && more) {
		code = mr_csv_next(csv, &row, &more, err);
		if (code == MR_OK && more)
			code = take_member(&r, &row, err);
	}
	mr_csv_close(csv);
	free(r.taken);
	if (code == MR_OK && r.out.n == 0)
		code = mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s has no panel '%s'; it has: %s", path,
		                      name ? name : "(any)",
		                      r.seen[0] ? r.seen : "none");
	if (code != MR_OK) {
		mr_panel_free(&r.out);
		return code;
	}
	*out = r.out;
	return MR_OK;
}

void mr_panel_free(struct mr_panel *panel)
{
	free(panel->station);
	free(panel->label);
	*panel = (struct mr_panel){0};
}
