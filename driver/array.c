/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Life of a handle: open by URI, wrap in filters, look into, close. */
#include "array_priv.h"
#include "filters.h"
#include "guard.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_S 1e9
#define SURVEY_MAX_S 1e9

/* ---- open and close ------------------------------------------------------ */

void mr__list_name(char *list, size_t size, const char *name)
{
	size_t used = strlen(list);

	if (used + strlen(name) + sizeof ", " <= size)
		(void)snprintf(list + used, size - used, "%s%s",
		               used ? ", " : "", name);
}

static const struct mr_backend *find_backend(const struct mr_uri *uri,
                                             struct mr_errtext *err)
{
	char known[256] = "";
	size_t n;
	const struct mr_backend *const *table = mr_backends(&n);

	for (size_t i = 0; i < n; i++) {
		if (strcmp(table[i]->name, uri->driver) == 0)
			return table[i];
		mr__list_name(known, sizeof known, table[i]->name);
	}
	(void)mr_errtext_set(err, MR_ERR_USAGE,
	                     "URI '%.200s': unknown driver '%.40s'; there are: "
	                     "%.200s",
	                     uri->given, uri->driver, known);
	return NULL;
}

static struct mr_stage *outermost(struct mr_array *array)
{
	return &array->stages[array->n_stages - 1];
}

static int describe(struct mr_array *array, struct mr_errtext *err)
{
	struct mr_stage *s = outermost(array);

	array->desc = (struct mr_description){0};
	int rc = s->type->describe(s->self, &array->desc, err);

	mr__expect_apply(&array->expected, &array->desc);
	return rc;
}

static bool is_narrower(const struct mr_limits *a, const struct mr_limits *b)
{
	return a->v_read_max_V < b->v_read_max_V ||
	       a->v_pulse_max_V < b->v_pulse_max_V ||
	       a->i_pulse_max_A < b->i_pulse_max_A ||
	       a->width_max_s < b->width_max_s || a->count_max < b->count_max;
}

static bool filter_asked(const struct mr_filter *f, const struct mr_uri *uri)
{
	size_t len = strlen(f->name);

	for (uint32_t i = 0; i < uri->n_keys; i++)
		if (strncmp(uri->keys[i].name, f->name, len) == 0 &&
		    (uri->keys[i].name[len] == '.' ||
		     uri->keys[i].name[len] == '\0'))
			return true;
	return f->always;
}

static int wrap(struct mr_array *array, const struct mr_filter *filter,
                struct mr_uri *uri, struct mr_errtext *err)
{
	struct mr_limits before = array->desc.limits;
	void *self;
	int rc = filter->wrap(uri, *outermost(array), &array->desc, &self, err);

	if (rc)
		return rc;
	array->stages[array->n_stages++] =
		(struct mr_stage){.type = &filter->waist, .self = self};
	rc = describe(array, err);
	if (!rc && is_narrower(&array->desc.limits, &before))
		(void)snprintf(array->narrowed, sizeof array->narrowed,
		               " (limits are narrowed by %.16s.*)",
		               filter->name);
	return rc;
}

static int wrap_filters(struct mr_array *array, struct mr_uri *uri,
                        struct mr_errtext *err)
{
	size_t n;
	const struct mr_filter *const *table = mr_filters(&n);
	int rc = describe(array, err);

	for (size_t i = 0; i < n && !rc; i++) {
		/* also of one that is not made, a misspelt key may be meant */
		for (const char *const *key = table[i]->keys; key && *key; key++)
			mr_uri_know(uri, *key);
		if (filter_asked(table[i], uri))
			rc = wrap(array, table[i], uri, err);
	}
	return rc;
}

static int open_stages(struct mr_array *array, struct mr_uri *uri,
                       const struct mr_open_options *options,
                       struct mr_errtext *err)
{
	const struct mr_backend *backend = find_backend(uri, err);
	void *self;

	if (!backend)
		return MR_ERR_USAGE;
	int rc = backend->open(uri, options, &self, err);

	if (rc)
		return rc;
	array->stages[0] = (struct mr_stage){.type = backend, .self = self};
	array->n_stages = 1;
	rc = wrap_filters(array, uri, err);
	array->t_ns = array->desc.time_ns;
	return rc ? rc : mr_uri_finish(uri, err);
}

static int open_parsed(struct mr_array *array, struct mr_uri *uri,
                       const char *text, const struct mr_open_options *options,
                       struct mr_errtext *err)
{
	struct mr_open_options all = options ? *options
	                                     : (struct mr_open_options){0};
	int rc = mr_uri_parse(uri, text, err);

	if (rc)
		return rc;
	(void)snprintf(array->uri, sizeof array->uri, "%s", text);
	if (all.clock)
		array->clock = *all.clock;
	else
		mr_clock_system(&array->clock);
	all.clock = &array->clock;
	return open_stages(array, uri, &all, err);
}

int mr_array_open(const char *text, const struct mr_open_options *options,
                  struct mr_array **out, struct mr_errtext *err)
{
	struct mr_array *array = calloc(1, sizeof *array);
	struct mr_uri *uri = malloc(sizeof *uri);
	int rc;

	if (array && uri)
		rc = open_parsed(array, uri, text, options, err);
	else
		rc = mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	free(uri);
	if (rc) {
		/* the first failure is what the caller wants to read */
		(void)mr_array_close(array, NULL);
		return rc;
	}
	*out = array;
	return MR_OK;
}

/* A filter's close closes the stage inside it, so only the outermost is
 * asked. */
int mr_array_close(struct mr_array *array, struct mr_errtext *err)
{
	int rc = MR_OK;

	if (!array)
		return MR_OK;
	if (array->n_stages)
		rc = outermost(array)->type->close(outermost(array)->self, err);
	free(array->survey_g_S);
	free(array);
	return rc;
}

/* ---- looking into -------------------------------------------------------- */

const struct mr_description *mr_array_describe(const struct mr_array *array)
{
	return &array->desc;
}

uint32_t mr_array_abilities(const struct mr_array *array)
{
	uint32_t has = array->desc.abilities;
	uint32_t read_wait = MR_ABILITY(MR_OP_READ) | MR_ABILITY(MR_OP_WAIT);
	bool changes = mr_description_effect(&array->desc, MR_EFFECT_RAISE) &&
	               (mr_description_effect(&array->desc, MR_EFFECT_LOWER) ||
	                mr_description_effect(&array->desc, MR_EFFECT_ERASE));

	/* what is composed reads as described */
	if (!mr_description_effect(&array->desc, MR_EFFECT_NONE))
		return has;
	if (has & MR_ABILITY(MR_OP_READ))
		has |= MR_ABILITY(MR_OP_DRIVE);
	if ((has & read_wait) == read_wait)
		has |= MR_ABILITY(MR_OP_TRACE);
	if (has & MR_ABILITY(MR_OP_READ) && has & MR_ABILITY(MR_OP_PULSE) &&
	    changes)
		has |= MR_ABILITY(MR_OP_PROGRAM);
	return has;
}

const char *mr_array_uri(const struct mr_array *array)
{
	return array->uri;
}

const char *mr_array_errmsg(const struct mr_array *array)
{
	return array->err.text;
}

int64_t mr_array_time_ns(const struct mr_array *array)
{
	return array->t_ns;
}

const struct mr_stage *mr_array_stage(const struct mr_array *array)
{
	return &array->stages[0];
}

void mr_array_stop(struct mr_array *array)
{
	__atomic_store_n(&array->stop, 1, __ATOMIC_RELAXED);
}

void mr_array_resume(struct mr_array *array)
{
	__atomic_store_n(&array->stop, 0, __ATOMIC_RELAXED);
}

/* ---- observers ----------------------------------------------------------- */

int mr_array_observe(struct mr_array *array, const struct mr_observer *observer)
{
	if (array->inside)
		return MR_ERR_BUSY;
	if (array->n_observers == MR_OBSERVERS_MAX)
		return mr_errtext_set(&array->err, MR_ERR_RANGE,
		                      "more than %d observers",
		                      MR_OBSERVERS_MAX);
	array->observers[array->n_observers++] = *observer;
	return MR_OK;
}

void mr_array_unobserve(struct mr_array *array, const void *self)
{
	for (uint32_t i = 0; i < array->n_observers; i++)
		if (array->observers[i].self == self)
			array->gone[i] = true;
	if (!array->inside)
		mr__array_sweep(array);
}

/* Not while the list is gone through: the others would be skipped. */
void mr__array_sweep(struct mr_array *array)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < array->n_observers; i++) {
		if (!array->gone[i])
			array->observers[kept++] = array->observers[i];
		array->gone[i] = false;
	}
	array->n_observers = kept;
}

int mr_array_survey(struct mr_array *array, double interval_s)
{
	size_t n = (size_t)array->desc.rows * array->desc.cols;

	if (!(interval_s >= 0 && interval_s <= SURVEY_MAX_S))
		return mr_errtext_set(&array->err, MR_ERR_RANGE,
		                      "survey interval %g s: must be 0 to %g",
		                      interval_s, SURVEY_MAX_S);
	if (!(array->desc.abilities & MR_ABILITY(MR_OP_READ)))
		return mr_errtext_set(&array->err, MR_ERR_UNSUPPORTED,
		                      "this array cannot read");
	if (interval_s > 0 && !array->survey_g_S)
		array->survey_g_S = malloc(n * sizeof(float));
	if (interval_s > 0 && !array->survey_g_S)
		return mr_errtext_set(&array->err, MR_ERR_NOMEM,
		                      "out of memory for surveys");
	array->survey_ns = (int64_t)llround(interval_s * NS_PER_S);
	if (interval_s > 0 && array->survey_ns == 0)
		array->survey_ns = 1;
	array->next_survey_ns = array->t_ns + array->survey_ns;
	return MR_OK;
}

/* ---- snapshots ----------------------------------------------------------- */

static int offered(struct mr_array *array, uint32_t ability, const char *name)
{
	if (array->inside)
		return MR_ERR_BUSY;
	array->err.text[0] = '\0';
	if (array->desc.abilities & ability)
		return MR_OK;
	return mr_errtext_set(&array->err, MR_ERR_UNSUPPORTED,
	                      "%s offers no %s", array->desc.driver, name);
}

int mr_array_snapshot(struct mr_array *array, struct mr_blob *out)
{
	struct mr_stage *s = &array->stages[0];
	int rc = offered(array, MR_ABILITY_SNAPSHOT, "snapshot");

	return rc ? rc : s->type->snapshot(s->self, out, &array->err);
}

int mr_array_restore(struct mr_array *array, const struct mr_blob *blob)
{
	struct mr_stage *s = &array->stages[0];
	int rc = offered(array, MR_ABILITY_SNAPSHOT, "restore");

	if (!rc)
		rc = s->type->restore(s->self, blob, &array->err);
	if (!rc)
		rc = describe(array, &array->err);
	if (!rc) {
		array->t_ns = array->desc.time_ns;
		array->next_survey_ns = array->t_ns + array->survey_ns;
	}
	return rc;
}

int mr_array_exposure(const struct mr_array *array, uint32_t cell,
                      struct mr_exposure *out)
{
	if ((uint64_t)cell >= (uint64_t)array->desc.rows * array->desc.cols)
		return MR_ERR_RANGE;
	for (uint32_t i = 0; i < array->n_stages; i++)
		if (array->stages[i].type == &mr__filter_guard.waist)
			return mr__guard_exposure(array->stages[i].self, cell,
			                          out);
	return MR_ERR_UNSUPPORTED;
}

int mr_array_watch_wire(struct mr_array *array,
                        const struct mr_wire_watcher *watcher)
{
	const struct mr_stage *s = &array->stages[0];

	if (array->inside)
		return mr_errtext_set(&array->err, MR_ERR_BUSY,
		                      "the wire is watched from outside a callback");
	if (!s->type->watch_wire)
		return mr_errtext_set(&array->err, MR_ERR_UNSUPPORTED,
		                      "%s has no wire to watch", s->type->name);
	return s->type->watch_wire(s->self, watcher, &array->err);
}

int mr_array_resync(struct mr_array *array)
{
	struct mr_stage *s = &array->stages[0];
	struct mr_run run = {.stop = &array->stop,
	                     .clock = &array->clock,
	                     .err = &array->err};
	int rc = offered(array, MR_ABILITY_RESYNC, "resync");

	return rc ? rc : s->type->resync(s->self, &run);
}
