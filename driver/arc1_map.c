/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

#include "arc1_map.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inifile.h"

static int wrong(struct mr_errtext *why, const char *name, const char *value,
                 const char *right)
{
	return mr_errtext_set(why, MR_ERR_FORMAT, "%.60s = '%.60s': %.200s",
	                      name, value, right);
}

/* Digits alone: no sign, no space. */
static bool take_whole(const char *text, unsigned long max, unsigned long *out)
{
	size_t n = strspn(text, "0123456789");

	if (n == 0 || n > 4 || text[n])
		return false;
	*out = strtoul(text, NULL, 10);
	return *out <= max;
}

static bool is_pin(const char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)text[i]) && !strchr("._-", text[i]))
			return false;
	return n > 0 && n < ARC1_PIN_MAX;
}

/* ---- entries ------------------------------------------------------------------- */

static int take_size(struct arc1_side *side, const char *name,
                     const char *value, struct mr_errtext *why)
{
	unsigned long n = 0;

	if (side->n)
		return wrong(why, name, value, "given twice");
	if (!take_whole(value, ARC1_MAP_LINES, &n) || n == 0)
		return wrong(why, name, value, "must be 1 to 32");
	side->n = (uint32_t)n;
	return MR_OK;
}

static int take_head(struct arc1_map *map, const char *name, const char *value,
                     struct mr_errtext *why)
{
	if (strcmp(name, "rows") == 0)
		return take_size(&map->rows, name, value, why);
	if (strcmp(name, "cols") == 0)
		return take_size(&map->cols, name, value, why);
	if (strcmp(name, "note") == 0)
		return MR_OK;
	return wrong(why, name, value,
	             "unknown; [memrig] knows rows, cols and note");
}

static int take_pin(struct arc1_side *side, int line, const char *name,
                    const char *value, struct mr_errtext *why)
{
	unsigned long n = 0;

	if (!is_pin(name))
		return wrong(why, name, value,
		             "a pin's name is 1 to 11 letters, digits, '.', '_' "
		             "or '-'");
	if (!take_whole(value, ARC1_MAP_LINES, &n) || n == 0)
		return wrong(why, name, value,
		             "a line of the board is 1 to 32");
	for (uint32_t i = 0; i < side->n_pins; i++) {
		if (strcmp(side->pin[i].name, name) == 0)
			return wrong(why, name, value, "the pin is there twice");
		if (side->pin[i].line == n)
			return wrong(why, name, value,
			             "the line is on another pin already");
	}
	/* 32 lines, none twice: there is room */
	struct arc1_pin *pin = &side->pin[side->n_pins++];

	(void)snprintf(pin->name, sizeof pin->name, "%s", name);
	pin->line = (uint8_t)n;
	pin->at = line;
	return MR_OK;
}

static int take_wire(struct arc1_side *side, int line, const char *name,
                     const char *value, struct mr_errtext *why)
{
	unsigned long n = 0;

	if (!take_whole(name, ARC1_MAP_LINES - 1, &n))
		return wrong(why, name, value,
		             "a row or column is a number from 0 to 31");
	if (side->wire[n].at)
		return wrong(why, name, value, "given twice");
	if (!is_pin(value))
		return wrong(why, name, value, "must be the name of a pin");
	(void)snprintf(side->wire[n].pin, sizeof side->wire[n].pin, "%s", value);
	side->wire[n].at = line;
	return MR_OK;
}

static int take_open(struct arc1_map *map, int line, const char *name,
                     const char *value, struct mr_errtext *why)
{
	char row_text[8], *comma = strchr(name, ',');
	unsigned long row = 0, col = 0;
	size_t n = comma ? (size_t)(comma - name) : 0;
	bool ok = comma && n < sizeof row_text;

	(void)snprintf(row_text, sizeof row_text, "%.*s", ok ? (int)n : 0, name);
	ok = ok && take_whole(row_text, ARC1_MAP_LINES - 1, &row) &&
	     take_whole(comma + 1, ARC1_MAP_LINES - 1, &col);
	if (!ok)
		return wrong(why, name, value,
		             "a line of [open] is ROW,COLUMN = WHY, both counted "
		             "from 0");
	for (uint32_t i = 0; i < map->n_open; i++)
		if (map->open[i].row == row && map->open[i].col == col)
			return wrong(why, name, value, "the cell is there twice");
	struct arc1_open_cell *cell = &map->open[map->n_open++];

	*cell = (struct arc1_open_cell){
		.row = (uint8_t)row, .col = (uint8_t)col, .at = line};
	(void)snprintf(cell->why, sizeof cell->why, "%s", value);
	return MR_OK;
}

static int take_entry(void *user, int line, const char *section,
                      const char *name, const char *value,
                      struct mr_errtext *why)
{
	struct arc1_map *map = user;

	if (strcmp(section, "memrig") == 0)
		return take_head(map, name, value, why);
	if (strcmp(section, "words") == 0)
		return take_pin(&map->rows, line, name, value, why);
	if (strcmp(section, "bits") == 0)
		return take_pin(&map->cols, line, name, value, why);
	if (strcmp(section, "rows") == 0)
		return take_wire(&map->rows, line, name, value, why);
	if (strcmp(section, "cols") == 0)
		return take_wire(&map->cols, line, name, value, why);
	if (strcmp(section, "open") == 0)
		return take_open(map, line, name, value, why);
	return mr_errtext_set(why, MR_ERR_FORMAT,
	                      "[%.40s]: unknown; a map has [memrig], [words], "
	                      "[bits], [rows], [cols] and [open]",
	                      section);
}

/* ---- the whole ----------------------------------------------------------------- */

static const struct arc1_pin *find_pin(const struct arc1_side *side,
                                       const char *name)
{
	for (uint32_t i = 0; i < side->n_pins; i++)
		if (strcmp(side->pin[i].name, name) == 0)
			return &side->pin[i];
	return NULL;
}

static int join_wire(struct arc1_side *side, uint32_t i, const char *path,
                     const char *what, const char *lines,
                     struct mr_errtext *err)
{
	struct arc1_wire *w = &side->wire[i];
	const struct arc1_pin *pin = find_pin(side, w->pin);

	if (i >= side->n)
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "%s:%d: %s %u: there are only %u", path,
		                      w->at, what, i, side->n);
	if (!pin)
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s:%d: %s %u is on pin %s, which [%s] does "
		                      "not have",
		                      path, w->at, what, i, w->pin, lines);
	for (uint32_t k = 0; k < i; k++)
		if (strcmp(side->wire[k].pin, w->pin) == 0)
			return mr_errtext_set(err, MR_ERR_FORMAT,
			                      "%s:%d: %s %u and %u are both on "
			                      "pin %s",
			                      path, w->at, what, k, i, w->pin);
	w->line = pin->line;
	return MR_OK;
}

static int join_side(struct arc1_side *side, const char *path, const char *what,
                     const char *lines, struct mr_errtext *err)
{
	uint32_t joined = 0;
	int rc = MR_OK;

	if (side->n == 0)
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: [memrig] must say how many %ss there "
		                      "are",
		                      path, what);
	for (uint32_t i = 0; i < ARC1_MAP_LINES && !rc; i++) {
		if (!side->wire[i].at)
			continue;
		rc = join_wire(side, i, path, what, lines, err);
		joined++;
	}
	if (!rc && joined == 0)
		rc = mr_errtext_set(err, MR_ERR_FORMAT,
		                    "%s: no %s is on a pin", path, what);
	return rc;
}

/* A pin is on one line of the board. */
static int check_pins(const struct arc1_map *map, struct mr_errtext *err)
{
	for (uint32_t i = 0; i < map->cols.n_pins; i++) {
		const struct arc1_pin *pin = &map->cols.pin[i];

		if (find_pin(&map->rows, pin->name))
			return mr_errtext_set(err, MR_ERR_FORMAT,
			                      "%s:%d: pin %s is on a word already",
			                      map->path, pin->at, pin->name);
	}
	for (uint32_t i = 0; i < map->n_open; i++) {
		const struct arc1_open_cell *c = &map->open[i];

		if (c->row >= map->rows.n || c->col >= map->cols.n)
			return mr_errtext_set(err, MR_ERR_RANGE,
			                      "%s:%d: cell %u,%u: there are only "
			                      "%u rows and %u columns",
			                      map->path, c->at, c->row, c->col,
			                      map->rows.n, map->cols.n);
	}
	return MR_OK;
}

int mr__arc1_map_read(const char *path, struct arc1_map *out,
                      struct mr_errtext *err)
{
	*out = (struct arc1_map){.n_open = 0};
	if (strlen(path) >= sizeof out->path)
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "map %.80s...: a path of %zu bytes at most",
		                      path, sizeof out->path - 1);
	(void)snprintf(out->path, sizeof out->path, "%s", path);
	int rc = mr__ini_read("fixture map", path, take_entry, out, err);

	if (!rc)
		rc = join_side(&out->rows, path, "row", "words", err);
	if (!rc)
		rc = join_side(&out->cols, path, "col", "bits", err);
	return rc ? rc : check_pins(out, err);
}

int mr__arc1_map_check(const struct arc1_map *map, uint32_t row, uint32_t col,
                       struct mr_errtext *err)
{
	for (int i = 0; i < 2; i++) {
		const struct arc1_side *side = i ? &map->cols : &map->rows;
		uint32_t n = i ? col : row;

		if (!side->wire[n].line)
			return mr_errtext_set(
				err, MR_ERR_REFUSED,
				"cell %u,%u is not connected: %s %u is on no "
				"pin of the fixture (%s)",
				row, col, i ? "column" : "row", n, map->path);
	}
	for (uint32_t i = 0; i < map->n_open; i++)
		if (map->open[i].row == row && map->open[i].col == col)
			return mr_errtext_set(
				err, MR_ERR_REFUSED,
				"cell %u,%u is not connected: %s (%s:%d)", row,
				col, map->open[i].why, map->path,
				map->open[i].at);
	return MR_OK;
}
