/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Descriptions as JSON and back, without losing a bit: numbers are written
 * with 17 digits; what JSON cannot say is null (not a number: a floating line)
 * or "inf" and "-inf", and a seed beyond 2^63 - 1 is a decimal text.
 */
#include "description_json.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "memrig/oplog.h"

#define DIGITS 17 /* of a double, enough to read it back unchanged */

static const char *const unit_names[] = {"V", "A"};
static const char *const order_names[] = {"rows", "cells", "passes"};
static const char *const effect_names[] = {"none", "raise", "lower", "erase"};

static const struct {
	const char *name;
	uint32_t bit;
} ability_names[] = {
	{"read", MR_ABILITY(MR_OP_READ)},
	{"pulse", MR_ABILITY(MR_OP_PULSE)},
	{"trace", MR_ABILITY(MR_OP_TRACE)},
	{"program", MR_ABILITY(MR_OP_PROGRAM)},
	{"drive", MR_ABILITY(MR_OP_DRIVE)},
	{"wait", MR_ABILITY(MR_OP_WAIT)},
	{"configure", MR_ABILITY(MR_OP_CONFIGURE)},
	{"snapshot", MR_ABILITY_SNAPSHOT},
	{"resync", MR_ABILITY_RESYNC},
};

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

/* ---- the numbers of each record, by name --------------------------------- */

struct number {
	const char *name;
	size_t offset; /* of a double */
};

static const struct number limit_numbers[] = {
	{"v_read_max_V", offsetof(struct mr_limits, v_read_max_V)},
	{"v_pulse_max_V", offsetof(struct mr_limits, v_pulse_max_V)},
	{"i_pulse_max_A", offsetof(struct mr_limits, i_pulse_max_A)},
	{"width_min_s", offsetof(struct mr_limits, width_min_s)},
	{"width_max_s", offsetof(struct mr_limits, width_max_s)},
	{"wait_max_s", offsetof(struct mr_limits, wait_max_s)},
};

static const struct number description_numbers[] = {
	{"g_min_S", offsetof(struct mr_description, g_min_S)},
	{"g_max_S", offsetof(struct mr_description, g_max_S)},
	{"g_unit_S", offsetof(struct mr_description, g_unit_S)},
	{"drift_nu", offsetof(struct mr_description, drift_nu)},
	{"drift_t0_s", offsetof(struct mr_description, drift_t0_s)},
};

static const struct number waveform_numbers[] = {
	{"amplitude", offsetof(struct mr_waveform, amplitude)},
	{"amplitude_min", offsetof(struct mr_waveform, amplitude_min)},
	{"amplitude_max", offsetof(struct mr_waveform, amplitude_max)},
	{"width_s", offsetof(struct mr_waveform, width_s)},
	{"t_rise_s", offsetof(struct mr_waveform, t_rise_s)},
	{"t_fall_s", offsetof(struct mr_waveform, t_fall_s)},
};

static const struct number step_numbers[] = {
	{"floor_S", offsetof(struct mr_step, floor_S)},
	{"offset_S", offsetof(struct mr_step, offset_S)},
	{"slope", offsetof(struct mr_step, slope)},
	{"history_S", offsetof(struct mr_step, history_S)},
	{"memory_pulses", offsetof(struct mr_step, memory_pulses)},
};

static const struct number scheme_numbers[] = {
	{"row_selected", offsetof(struct mr_scheme, row_selected)},
	{"row_other", offsetof(struct mr_scheme, row_other)},
	{"col_selected", offsetof(struct mr_scheme, col_selected)},
	{"col_other", offsetof(struct mr_scheme, col_other)},
};

static const struct number condition_numbers[] = {
	{"min", offsetof(struct mr_condition, min)},
	{"max", offsetof(struct mr_condition, max)},
};

static const struct {
	const char *name;
	size_t offset; /* of a uint32_t */
} limit_counts[] = {
	{"count_max", offsetof(struct mr_limits, count_max)},
	{"batch_max", offsetof(struct mr_limits, batch_max)},
	{"averages_max", offsetof(struct mr_limits, averages_max)},
};

/* ---- writing ------------------------------------------------------------- */

/* jansson takes what it could not allocate as NULL and drops it: one lost
 * member must fail the whole. */
static void put(bool *lost, json_t *to, const char *name, json_t *value)
{
	if (json_object_set_new(to, name, value) != 0) {
		*lost = true;
	}
}

static void append(bool *lost, json_t *to, json_t *value)
{
	if (json_array_append_new(to, value) != 0) {
		*lost = true;
	}
}

static json_t *real_json(double x)
{
	if (isnan(x)) {
		return json_null();
	}
	if (isinf(x)) {
		return json_string(x > 0.0 ? "inf" : "-inf");
	}
	return json_real(x);
}

/* A board's identity may hold any bytes; JSON takes UTF-8 only. */
static json_t *text_json(const char *text)
{
	json_t *value = json_string(text);
	char clean[sizeof(((struct mr_description *)0)->identity)];
	size_t n = 0;

	if (value) {
		return value;
	}
	for (; text[n] && n + 1 < sizeof(clean); n++) {
		clean[n] = (unsigned char)text[n] < 0x80 ? text[n] : '?';
	}
	clean[n] = '\0';
	return json_string(clean);
}

static json_t *u64_json(uint64_t x)
{
	char text[24];

	if (x <= (uint64_t)INT64_MAX) {
		return json_integer((json_int_t)x);
	}
	snprintf(text, sizeof(text), "%" PRIu64, x);
	return json_string(text);
}

static void put_numbers(bool *lost, json_t *to, const void *from,
                        const struct number *numbers, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		double x;

		memcpy(&x, (const char *)from + numbers[i].offset, sizeof(x));
		put(lost, to, numbers[i].name, real_json(x));
	}
}

static json_t *abilities_json(bool *lost, uint32_t abilities)
{
	json_t *list = json_array();

	for (size_t i = 0; i < N_OF(ability_names); i++) {
		if (abilities & ability_names[i].bit) {
			append(lost, list, json_string(ability_names[i].name));
		}
	}
	return list;
}

static json_t *limits_json(bool *lost, const struct mr_limits *limits)
{
	json_t *to = json_object();

	put_numbers(lost, to, limits, limit_numbers, N_OF(limit_numbers));
	for (size_t i = 0; i < N_OF(limit_counts); i++) {
		uint32_t x;

		memcpy(&x, (const char *)limits + limit_counts[i].offset,
		       sizeof(x));
		put(lost, to, limit_counts[i].name,
		    json_integer((json_int_t)x));
	}
	return to;
}

static json_t *waveform_json(bool *lost, const struct mr_waveform *wave)
{
	json_t *to = json_object();
	json_t *step = json_object();

	put(lost, to, "name", text_json(wave->name));
	put(lost, to, "unit", json_string(unit_names[wave->unit]));
	put_numbers(lost, to, wave, waveform_numbers, N_OF(waveform_numbers));
	put(lost, to, "effect", json_string(effect_names[wave->effect]));
	put_numbers(lost, step, &wave->step, step_numbers, N_OF(step_numbers));
	put(lost, to, "step", step);
	return to;
}

static json_t *scheme_json(bool *lost, const struct mr_scheme *scheme)
{
	json_t *to = json_object();

	put(lost, to, "name", text_json(scheme->name));
	put_numbers(lost, to, scheme, scheme_numbers, N_OF(scheme_numbers));
	return to;
}

static json_t *condition_json(bool *lost, const struct mr_condition *condition)
{
	json_t *to = json_object();

	put(lost, to, "name", text_json(condition->name));
	put(lost, to, "unit", text_json(condition->unit));
	put_numbers(lost, to, condition, condition_numbers,
	            N_OF(condition_numbers));
	put(lost, to, "choices", text_json(condition->choices));
	put(lost, to, "value", text_json(condition->value));
	return to;
}

static void put_lists(bool *lost, json_t *to, const struct mr_description *desc)
{
	json_t *levels = json_array();
	json_t *waveforms = json_array();
	json_t *schemes = json_array();
	json_t *conditions = json_array();

	for (uint32_t i = 0; i < desc->n_levels; i++) {
		append(lost, levels, real_json((double)desc->level_V[i]));
	}
	for (uint32_t i = 0; i < desc->n_waveforms; i++) {
		append(lost, waveforms, waveform_json(lost, &desc->waveforms[i]));
	}
	for (uint32_t i = 0; i < desc->n_schemes; i++) {
		append(lost, schemes, scheme_json(lost, &desc->schemes[i]));
	}
	for (uint32_t i = 0; i < desc->n_conditions; i++) {
		append(lost, conditions,
		       condition_json(lost, &desc->conditions[i]));
	}
	put(lost, to, "levels_V", levels);
	put(lost, to, "waveforms", waveforms);
	put(lost, to, "schemes", schemes);
	put(lost, to, "conditions", conditions);
}

/* Not json_dumps(): without memory it drops names and calls it a success
 * (jansson 2.14). */
static int dump(const json_t *from, char **out)
{
	size_t flags = JSON_COMPACT | JSON_REAL_PRECISION(DIGITS);
	size_t size = json_dumpb(from, NULL, 0, flags);
	char *text = malloc(size + 1);

	if (!text || size == 0 || json_dumpb(from, text, size, flags) != size) {
		free(text);
		return MR_ERR_NOMEM;
	}
	text[size] = '\0';
	*out = text;
	return MR_OK;
}

int mr_description_json(const struct mr_description *desc, char **out)
{
	json_t *to = json_object();
	bool lost = false;
	int code = MR_ERR_NOMEM;

	put(&lost, to, "driver", text_json(desc->driver));
	put(&lost, to, "model", text_json(desc->model));
	put(&lost, to, "identity", text_json(desc->identity));
	if (desc->calibration[0]) {
		put(&lost, to, "calibration", text_json(desc->calibration));
	}
	put(&lost, to, "rows", json_integer((json_int_t)desc->rows));
	put(&lost, to, "cols", json_integer((json_int_t)desc->cols));
	put(&lost, to, "abilities", abilities_json(&lost, desc->abilities));
	put(&lost, to, "order", json_string(order_names[desc->order]));
	put(&lost, to, "seed",
	    desc->has_seed ? u64_json(desc->seed) : json_null());
	put(&lost, to, "time_ns", json_integer((json_int_t)desc->time_ns));
	put(&lost, to, "limits", limits_json(&lost, &desc->limits));
	put_numbers(&lost, to, desc, description_numbers,
	            N_OF(description_numbers));
	put_lists(&lost, to, desc);
	if (!lost) {
		code = dump(to, out);
	}
	json_decref(to);
	return code;
}

/* ---- reading ------------------------------------------------------------- */

/* Failures leave the name of the member in `bad`; the first one stays. */
struct reader {
	const char *bad;
};

static void reject(struct reader *reader, const char *name)
{
	if (!reader->bad) {
		reader->bad = name;
	}
}

static void get_text(struct reader *reader, const json_t *from,
                     const char *name, char *to, size_t room)
{
	const json_t *value = json_object_get(from, name);
	const char *text = value ? json_string_value(value) : "";

	if (!text || strlen(text) >= room) {
		reject(reader, name);
		return;
	}
	memcpy(to, text, strlen(text) + 1);
}

static bool real_of(const json_t *value, double *out)
{
	const char *text = json_string_value(value);

	if (json_is_number(value)) {
		*out = json_number_value(value);
	} else if (json_is_null(value)) {
		*out = NAN;
	} else if (text && strcmp(text, "inf") == 0) {
		*out = INFINITY;
	} else if (text && strcmp(text, "-inf") == 0) {
		*out = -INFINITY;
	} else {
		return false;
	}
	return true;
}

static void get_numbers(struct reader *reader, const json_t *from, void *to,
                        const struct number *numbers, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const json_t *value = json_object_get(from, numbers[i].name);
		double x = 0.0;

		if (value && !real_of(value, &x)) {
			reject(reader, numbers[i].name);
		}
		memcpy((char *)to + numbers[i].offset, &x, sizeof(x));
	}
}

static uint32_t get_u32(struct reader *reader, const json_t *from,
                        const char *name)
{
	const json_t *value = json_object_get(from, name);
	json_int_t x = value ? json_integer_value(value) : 0;

	if (value && (!json_is_integer(value) || x < 0 || x > UINT32_MAX)) {
		reject(reader, name);
		return 0;
	}
	return (uint32_t)x;
}

static int get_name(struct reader *reader, const json_t *from,
                    const char *name, const char *const *names, size_t n)
{
	const char *text = json_string_value(json_object_get(from, name));

	for (size_t i = 0; text && i < n; i++) {
		if (strcmp(text, names[i]) == 0) {
			return (int)i;
		}
	}
	reject(reader, name);
	return 0;
}

static uint32_t get_abilities(struct reader *reader, const json_t *from)
{
	const json_t *list = json_object_get(from, "abilities");
	uint32_t abilities = 0;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));
		uint32_t bit = 0;

		for (size_t k = 0; name && k < N_OF(ability_names); k++) {
			if (strcmp(name, ability_names[k].name) == 0) {
				bit = ability_names[k].bit;
			}
		}
		if (bit == 0) {
			reject(reader, "abilities");
		}
		abilities |= bit;
	}
	return abilities;
}

static void get_seed(struct reader *reader, const json_t *from,
                     struct mr_description *desc)
{
	const json_t *value = json_object_get(from, "seed");
	const char *text = json_string_value(value);
	char *end = NULL;

	if (!value || json_is_null(value)) {
		return;
	}
	desc->has_seed = true;
	if (json_is_integer(value) && json_integer_value(value) >= 0) {
		desc->seed = (uint64_t)json_integer_value(value);
		return;
	}
	errno = 0;
	desc->seed = text ? strtoull(text, &end, 10) : 0;
	if (!text || end == text || *end || errno != 0) {
		reject(reader, "seed");
	}
}

static int64_t get_time(struct reader *reader, const json_t *from)
{
	const json_t *value = json_object_get(from, "time_ns");

	if (value && !json_is_integer(value)) {
		reject(reader, "time_ns");
	}
	return json_integer_value(value); /* 0 if it is none */
}

/* The list of a name; *n becomes its length. */
static const json_t *get_list(struct reader *reader, const json_t *from,
                              const char *name, size_t room, uint32_t *n)
{
	const json_t *list = json_object_get(from, name);
	size_t size = json_array_size(list);

	if ((list && !json_is_array(list)) || size > room) {
		reject(reader, name);
		size = 0;
	}
	*n = (uint32_t)size;
	return list;
}

static void get_waveform(struct reader *reader, const json_t *from,
                         struct mr_waveform *wave)
{
	get_text(reader, from, "name", wave->name, sizeof(wave->name));
	wave->unit = (enum mr_unit)get_name(reader, from, "unit", unit_names,
	                                    N_OF(unit_names));
	get_numbers(reader, from, wave, waveform_numbers,
	            N_OF(waveform_numbers));
	wave->effect = (enum mr_effect)get_name(reader, from, "effect",
	                                        effect_names,
	                                        N_OF(effect_names));
	get_numbers(reader, json_object_get(from, "step"), &wave->step,
	            step_numbers, N_OF(step_numbers));
}

static void get_condition(struct reader *reader, const json_t *from,
                          struct mr_condition *condition)
{
	get_text(reader, from, "name", condition->name,
	         sizeof(condition->name));
	get_text(reader, from, "unit", condition->unit,
	         sizeof(condition->unit));
	get_numbers(reader, from, condition, condition_numbers,
	            N_OF(condition_numbers));
	get_text(reader, from, "choices", condition->choices,
	         sizeof(condition->choices));
	get_text(reader, from, "value", condition->value,
	         sizeof(condition->value));
}

static void get_levels(struct reader *reader, const json_t *from,
                       struct mr_description *desc)
{
	const json_t *list = get_list(reader, from, "levels_V", MR_LEVELS_MAX,
	                              &desc->n_levels);

	for (uint32_t i = 0; i < desc->n_levels; i++) {
		double x = 0.0;

		if (!real_of(json_array_get(list, i), &x)) {
			reject(reader, "levels_V");
		}
		desc->level_V[i] = (float)x;
	}
}

static void get_lists(struct reader *reader, const json_t *from,
                      struct mr_description *desc)
{
	const json_t *list = get_list(reader, from, "waveforms",
	                              MR_WAVEFORMS_MAX, &desc->n_waveforms);

	for (uint32_t i = 0; i < desc->n_waveforms; i++) {
		get_waveform(reader, json_array_get(list, i),
		             &desc->waveforms[i]);
	}
	list = get_list(reader, from, "schemes", MR_SCHEMES_MAX,
	                &desc->n_schemes);
	for (uint32_t i = 0; i < desc->n_schemes; i++) {
		const json_t *scheme = json_array_get(list, i);

		get_text(reader, scheme, "name", desc->schemes[i].name,
		         sizeof(desc->schemes[i].name));
		get_numbers(reader, scheme, &desc->schemes[i], scheme_numbers,
		            N_OF(scheme_numbers));
	}
	list = get_list(reader, from, "conditions", MR_CONDITIONS_MAX,
	                &desc->n_conditions);
	for (uint32_t i = 0; i < desc->n_conditions; i++) {
		get_condition(reader, json_array_get(list, i),
		              &desc->conditions[i]);
	}
}

static void get_description(struct reader *reader, const json_t *from,
                            struct mr_description *desc)
{
	const json_t *limits = json_object_get(from, "limits");

	get_text(reader, from, "driver", desc->driver, sizeof(desc->driver));
	get_text(reader, from, "model", desc->model, sizeof(desc->model));
	get_text(reader, from, "identity", desc->identity,
	         sizeof(desc->identity));
	get_text(reader, from, "calibration", desc->calibration,
	         sizeof(desc->calibration));
	if (json_object_get(from, "order")) { /* earlier logs have none */
		desc->order = (enum mr_order)get_name(reader, from, "order",
		                                      order_names,
		                                      N_OF(order_names));
	}
	desc->rows = get_u32(reader, from, "rows");
	desc->cols = get_u32(reader, from, "cols");
	if (desc->rows == 0 || desc->cols == 0) {
		reject(reader, desc->rows == 0 ? "rows" : "cols");
	}
	if ((uint64_t)desc->rows * desc->cols > UINT32_MAX) {
		reject(reader, "cols"); /* cells have numbers of 32 bits */
	}
	desc->abilities = get_abilities(reader, from);
	get_seed(reader, from, desc);
	desc->time_ns = get_time(reader, from);
	get_numbers(reader, limits, &desc->limits, limit_numbers,
	            N_OF(limit_numbers));
	for (size_t i = 0; i < N_OF(limit_counts); i++) {
		uint32_t x = get_u32(reader, limits, limit_counts[i].name);

		memcpy((char *)&desc->limits + limit_counts[i].offset, &x,
		       sizeof(x));
	}
	get_numbers(reader, from, desc, description_numbers,
	            N_OF(description_numbers));
	get_levels(reader, from, desc);
	get_lists(reader, from, desc);
}

/* jansson takes a text that it has no room for as malformed, and says nothing
 * at all where its first allocation fails. What is malformed is so twice, at
 * the same place. */
static json_t *load(const char *text, json_error_t *where, bool *starved)
{
	json_error_t first = {0};
	json_t *from = json_loads(text, 0, &first);

	if (!from) {
		from = json_loads(text, 0, where);
	}
	*starved = !from && (where->text[0] == '\0' ||
	                     where->position != first.position);
	return from;
}

int mr__description_parse(const char *text, struct mr_description *out,
                          struct mr_errtext *err)
{
	struct mr_description desc = {0};
	struct reader reader = {0};
	json_error_t where = {0};
	bool starved;
	json_t *from = load(text, &where, &starved);

	if (starved) {
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	}
	if (!from) {
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "description: %s at byte %d", where.text,
		                      where.position);
	}
	get_description(&reader, from, &desc);
	json_decref(from);
	if (reader.bad) {
		return mr_errtext_set(err, MR_ERR_FORMAT, "description: \"%s\" is "
		                      "missing or malformed", reader.bad);
	}
	*out = desc;
	return MR_OK;
}
