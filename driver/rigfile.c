/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

#include "rigfile.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inifile.h"

const char *mr__rig_role_name(enum rig_role role)
{
	static const char *const names[RIG_ROLES] = {"source", "meter",
	                                             "router"};

	return names[role];
}

static int take_count(const char *name, const char *value, uint32_t *out,
                      struct mr_errtext *why)
{
	double number = 0;
	int rc = mr__ini_number(name, value, 1, RIG_CELLS_MAX, &number, why);

	if (!rc && number != floor(number))
		rc = mr__ini_wrong(why, name, value, "must be a whole number");
	if (!rc && *out)
		rc = mr__ini_wrong(why, name, value, "given twice");
	if (!rc)
		*out = (uint32_t)number;
	return rc;
}

/* They go into commands: nothing may end a text there. */
static int take_channels(char out[RIG_CHANNEL_MAX], const char *name,
                         const char *value, struct mr_errtext *why)
{
	size_t n = strlen(value);
	bool ok = n > 0 && n < RIG_CHANNEL_MAX && value[0] != ',' &&
	          value[n - 1] != ',' && !strstr(value, ",,");

	for (const char *at = value; *at; at++)
		ok = ok && (isalnum((unsigned char)*at) || *at == ',');
	if (!ok)
		return mr__ini_wrong(why, name, value,
		             "must be channels such as 1A01 or 1A01,1B02");
	if (out[0])
		return mr__ini_wrong(why, name, value, "given twice");
	(void)snprintf(out, RIG_CHANNEL_MAX, "%s", value);
	return MR_OK;
}

/* A row of the matrix by its letter. */
static int take_row(char *out, const char *name, const char *value,
                    struct mr_errtext *why)
{
	if (value[0] < 'A' || value[0] > 'Z' || value[1])
		return mr__ini_wrong(why, name, value,
		             "must be a row of the matrix, such as A");
	*out = value[0];
	return MR_OK;
}

/* ---- sections ------------------------------------------------------------------- */

static int take_head(struct rig_file *f, const char *name, const char *value,
                     struct mr_errtext *why)
{
	if (strcmp(name, "rows") == 0)
		return take_count(name, value, &f->rows, why);
	if (strcmp(name, "cols") == 0)
		return take_count(name, value, &f->cols, why);
	if (strcmp(name, "note") == 0)
		return MR_OK;
	return mr__ini_wrong(why, name, value,
	             "unknown; [memrig] knows rows, cols and note");
}

static int take_uri(struct rig_part *part, int line, const char *value,
                    struct mr_errtext *why)
{
	if (part->uri[0])
		return mr__ini_wrong(why, "uri", value, "given twice");
	if (!strchr(value, ':'))
		return mr__ini_wrong(why, "uri", value,
		             "must be like smu+tcp:HOST?profile=2450");
	(void)snprintf(part->uri, sizeof part->uri, "%s", value);
	part->line = line;
	return MR_OK;
}

static int take_sign(struct rig_file *f, const char *value,
                     struct mr_errtext *why)
{
	double sign = 0;
	int rc = mr__ini_number("sign", value, -1, 1, &sign, why);

	if (!rc && fabs(sign) != 1)
		rc = mr__ini_wrong(why, "sign", value, "must be 1 or -1");
	if (!rc)
		f->meter_sign = sign;
	return rc;
}

static int take_part(struct rig_file *f, enum rig_role role, int line,
                     const char *name, const char *value,
                     struct mr_errtext *why)
{
	if (strcmp(name, "uri") == 0)
		return take_uri(&f->part[role], line, value, why);
	if (role == RIG_METER && strcmp(name, "sign") == 0)
		return take_sign(f, value, why);
	if (role == RIG_METER && strcmp(name, "role") == 0)
		return strcmp(value, "source") == 0
		               ? MR_OK
		               : mr__ini_wrong(why, name, value,
		                       "must be source: the unit that does both");
	if (role == RIG_ROUTER && strcmp(name, "ground") == 0)
		return take_channels(f->ground, name, value, why);
	if (role == RIG_ROUTER && strcmp(name, "hi") == 0)
		return take_row(&f->hi, name, value, why);
	if (role == RIG_ROUTER && strcmp(name, "lo") == 0)
		return take_row(&f->lo, name, value, why);
	return mr__ini_wrong(why, name, value,
	             role == RIG_SOURCE  ? "unknown; [source] knows uri"
	             : role == RIG_METER ? "unknown; [meter] knows uri, sign and "
					   "role = source"
	                                 : "unknown; [router] knows uri, hi, lo "
	                                   "and ground");
}

static int take_limit(struct rig_file *f, const char *name, const char *value,
                      struct mr_errtext *why)
{
	if (strcmp(name, "v_max_V") == 0)
		return mr__ini_number(name, value, 1e-6, 1e4, &f->v_max_V, why);
	if (strcmp(name, "i_max_A") == 0)
		return mr__ini_number(name, value, 1e-12, 1e3, &f->i_max_A, why);
	return mr__ini_wrong(why, name, value,
	             "unknown; [limits] knows v_max_V and i_max_A");
}

static struct rig_entry *more_map(struct rig_file *f)
{
	if (f->n_map == f->room) {
		uint32_t room = f->room ? 2 * f->room : 64;
		struct rig_entry *map = realloc(f->map, room * sizeof *map);

		if (!map)
			return NULL;
		f->map = map;
		f->room = room;
	}
	f->map[f->n_map] = (struct rig_entry){.line = 0};
	return &f->map[f->n_map];
}

static int take_cell(struct rig_file *f, int line, const char *name,
                     const char *value, struct mr_errtext *why)
{
	struct rig_entry *e;
	char *end, *last;
	unsigned long row = strtoul(name, &end, 10), col = 0;

	last = end;
	if (*end == ',')
		col = strtoul(end + 1, &last, 10);
	if (!isdigit((unsigned char)name[0]) || *end != ',' || last == end + 1 ||
	    *last || row >= RIG_CELLS_MAX || col >= RIG_CELLS_MAX)
		return mr__ini_wrong(why, name, value,
		             "a line of [map] is ROW,COLUMN = CHANNELS, both "
		             "counted from 0");
	for (uint32_t i = 0; i < f->n_map; i++)
		if (f->map[i].row == row && f->map[i].col == col)
			return mr__ini_wrong(why, name, value, "the cell is there twice");
	if (f->n_map == RIG_CELLS_MAX)
		return mr__ini_wrong(why, name, value, "more than 4096 cells");
	e = more_map(f);
	if (!e)
		return mr_errtext_set(why, MR_ERR_NOMEM, "out of memory");
	e->row = (uint32_t)row;
	e->col = (uint32_t)col;
	e->line = line;
	f->n_map++;
	return take_channels(e->channel, name, value, why);
}

static int take_entry(void *user, int line, const char *section,
                      const char *name, const char *value,
                      struct mr_errtext *why)
{
	struct rig_file *f = user;

	for (int r = 0; r < RIG_ROLES; r++)
		if (strcmp(section, mr__rig_role_name((enum rig_role)r)) == 0)
			return take_part(f, (enum rig_role)r, line, name, value,
			                 why);
	if (strcmp(section, "memrig") == 0)
		return take_head(f, name, value, why);
	if (strcmp(section, "limits") == 0)
		return take_limit(f, name, value, why);
	if (strcmp(section, "map") == 0)
		return take_cell(f, line, name, value, why);
	return mr_errtext_set(why, MR_ERR_FORMAT,
	                      "[%.40s]: unknown; a rig has [memrig], [source], "
	                      "[meter], [router], [limits] and [map]",
	                      section);
}

/* ---- the whole ------------------------------------------------------------------- */

static int check_map(const struct rig_file *f, struct mr_errtext *err)
{
	for (uint32_t i = 0; i < f->n_map; i++) {
		const struct rig_entry *e = &f->map[i];

		if (e->row >= f->rows || e->col >= f->cols)
			return mr_errtext_set(err, MR_ERR_RANGE,
			                      "%s:%d: cell %u,%u is outside the "
			                      "rig's %u rows and %u columns",
			                      f->path, e->line, e->row, e->col,
			                      f->rows, f->cols);
	}
	return MR_OK;
}

static int check_whole(struct rig_file *f, struct mr_errtext *err)
{
	bool routed = f->part[RIG_ROUTER].uri[0] != '\0';

	f->rows = f->rows ? f->rows : 1;
	f->cols = f->cols ? f->cols : 1;
	if (!f->part[RIG_SOURCE].uri[0])
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: [source] with uri = smu+... is missing",
		                      f->path);
	if ((uint64_t)f->rows * f->cols > RIG_CELLS_MAX)
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "%s: %u rows x %u columns: at most %d cells",
		                      f->path, f->rows, f->cols, RIG_CELLS_MAX);
	if (!routed && (f->rows * f->cols > 1 || f->n_map || f->ground[0]))
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: more than one cell, or channels, need "
		                      "[router] with uri = router+...",
		                      f->path);
	if (!f->hi != !f->lo || (f->hi && f->hi == f->lo))
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: [router] needs both hi and lo, two "
		                      "different rows of the matrix, or neither",
		                      f->path);
	return check_map(f, err);
}

int mr__rig_load(const char *path, struct rig_file *out, struct mr_errtext *err)
{
	int rc;

	*out = (struct rig_file){.meter_sign = 1};
	(void)snprintf(out->path, sizeof out->path, "%s", path);
	rc = mr__ini_read("rig file", path, take_entry, out, err);
	return rc ? rc : check_whole(out, err);
}

void mr__rig_free(struct rig_file *file)
{
	free(file->map);
	file->map = NULL;
}
