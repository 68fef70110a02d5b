/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* What the columns and the events of a foreign file are called. */
#include "import.h"

#include <stdio.h>
#include <string.h>

#include "cmd.h"

#define ITEM_MAX 128

/* A word of the map, and in which unit its column is if nothing is said. */
static const struct {
	const char *word;
	enum mr_import_quantity what;
	const char *unit; /* NULL = it has none */
} words[] = {
	{"cell", MR_IMPORT_CELL, NULL},
	{"row", MR_IMPORT_ROW, NULL},
	{"col", MR_IMPORT_COL, NULL},
	{"time", MR_IMPORT_TIME, "s"},
	{"event", MR_IMPORT_EVENT, NULL},
	{"voltage", MR_IMPORT_VOLTAGE, "V"},
	{"width", MR_IMPORT_WIDTH, "s"},
	{"current", MR_IMPORT_CURRENT, "A"},
	{"resistance", MR_IMPORT_RESISTANCE, "Ohm"},
	{"conductance", MR_IMPORT_CONDUCTANCE, "S"},
};

#define N_WORDS (sizeof words / sizeof words[0])

static int wrong_item(const char *item, struct mr_errtext *err)
{
	return mr_errtext_set(err, MR_ERR_USAGE,
	                      "map '%.80s': give WORD=COLUMN or WORD=COLUMN[UNIT] "
	                      "with cell, row, col, time, event, voltage, width, "
	                      "current, resistance or conductance, such as "
	                      "time=t[ms]",
	                      item);
}

/* "t[ms]" is a name and a unit; the brackets of the file's own head are written
 * twice or left to "#3". */
static int take_unit(struct mr_import_column *c, char *column, const char *unit,
                     const char *item, struct mr_errtext *err)
{
	char *open = strrchr(column, '[');
	size_t length = strlen(column);
	char one[ITEM_MAX + 1];

	c->factor = 1;
	if (!open || column[length - 1] != ']')
		return MR_OK;
	column[length - 1] = '\0';
	*open = '\0';
	(void)snprintf(one, sizeof one, "1%s", open + 1);
	if (unit && open[1] && mr_tool_quantity(one, unit, &c->factor) == MR_OK)
		return MR_OK;
	return mr_errtext_set(err, MR_ERR_USAGE,
	                      "map '%.60s': '%.20s' is no unit of it%s%s", item,
	                      open + 1, unit ? "; give one such as m" : "",
	                      unit ? unit : "");
}

static int take_item(struct mr_import_options *options, const char *item,
                     struct mr_errtext *err)
{
	struct mr_import_column *c = &options->columns[options->n_columns];
	char copy[ITEM_MAX];
	char *equals;
	size_t w = 0;
	int code;

	(void)snprintf(copy, sizeof copy, "%s", item);
	equals = strchr(copy, '=');
	if (!equals || !equals[1])
		return wrong_item(item, err);
	*equals = '\0';
	while (w < N_WORDS && strcmp(words[w].word, copy) != 0)
		w++;
	if (w == N_WORDS)
		return wrong_item(item, err);
	for (size_t k = 0; k < options->n_columns; k++)
		if (options->columns[k].what == words[w].what)
			return mr_errtext_set(err, MR_ERR_USAGE,
			                      "map '%.80s': %s was mapped before",
			                      item, copy);
	c->what = words[w].what;
	code = take_unit(c, equals + 1, words[w].unit, item, err);
	if (code)
		return code;
	if (!equals[1] || strlen(equals + 1) >= sizeof c->name)
		return wrong_item(item, err);
	(void)snprintf(c->name, sizeof c->name, "%.*s", (int)sizeof c->name - 1,
	               equals + 1);
	options->n_columns++;
	return MR_OK;
}

int mr_import_map(struct mr_import_options *options, const char *text,
                  struct mr_errtext *err)
{
	char item[ITEM_MAX];
	int code = MR_OK;

	while (!code) {
		size_t n = strcspn(text, ",");

		if (n >= sizeof item)
			return wrong_item(text, err);
		memcpy(item, text, n);
		item[n] = '\0';
		code = take_item(options, item, err);
		if (text[n] == '\0')
			break;
		text += n + 1;
	}
	return code;
}

/* ---- events -------------------------------------------------------------- */

static const struct {
	const char *word;
	enum mr_import_kind kind;
	enum mr_effect effect;
} kinds[] = {
	{"read", MR_IMPORT_READ, MR_EFFECT_NONE},
	{"pulse", MR_IMPORT_PULSE, MR_EFFECT_NONE},
	{"set", MR_IMPORT_PULSE, MR_EFFECT_RAISE},
	{"lower", MR_IMPORT_PULSE, MR_EFFECT_LOWER},
	{"reset", MR_IMPORT_PULSE, MR_EFFECT_ERASE},
};

#define N_KINDS (sizeof kinds / sizeof kinds[0])

static int wrong_name(const char *text, struct mr_errtext *err)
{
	return mr_errtext_set(err, MR_ERR_USAGE,
	                      "event '%.80s': give NAME=KIND[,AMPLITUDE[,WIDTH]] "
	                      "with a name of 15 letters at most, kind read, "
	                      "pulse, set, lower or reset, and an amplitude and a "
	                      "width of pulses, such as up=set,1.2V,100ns",
	                      text);
}

static bool take_pulse(struct mr_import_name *name, char *amplitude)
{
	char *width = strchr(amplitude, ',');

	if (width)
		*width++ = '\0';
	if (name->kind != MR_IMPORT_PULSE ||
	    mr_tool_quantity(amplitude, "V", &name->amplitude_V) != MR_OK ||
	    !(name->amplitude_V >= -MR_IMPORT_V_MAX_V &&
	      name->amplitude_V <= MR_IMPORT_V_MAX_V && name->amplitude_V != 0))
		return false;
	return !width || (mr_tool_quantity(width, "s", &name->width_s) == MR_OK &&
	                  name->width_s >= MR_IMPORT_WIDTH_MIN_S &&
	                  name->width_s <= MR_IMPORT_WIDTH_MAX_S);
}

int mr_import_name(struct mr_import_options *options, const char *text,
                   struct mr_errtext *err)
{
	struct mr_import_name *name;
	char copy[ITEM_MAX];
	char *kind, *more;
	size_t k = 0;

	if (options->n_names == MR_IMPORT_EVENTS_MAX)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "event '%.80s': there are %d already", text,
		                      MR_IMPORT_EVENTS_MAX);
	name = &options->names[options->n_names];
	*name = (struct mr_import_name){0};
	if (strlen(text) >= sizeof copy)
		return wrong_name(text, err);
	memcpy(copy, text, strlen(text) + 1);
	kind = strchr(copy, '=');
	if (!kind || kind == copy || (size_t)(kind - copy) >= sizeof name->name)
		return wrong_name(text, err);
	*kind++ = '\0';
	more = strchr(kind, ',');
	if (more)
		*more++ = '\0';
	while (k < N_KINDS && strcmp(kinds[k].word, kind) != 0)
		k++;
	if (k == N_KINDS)
		return wrong_name(text, err);
	memcpy(name->name, copy, strlen(copy) + 1);
	name->kind = kinds[k].kind;
	name->effect = kinds[k].effect;
	if (more && !take_pulse(name, more))
		return wrong_name(text, err);
	options->n_names++;
	return MR_OK;
}
