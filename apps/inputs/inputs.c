/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Puts generated or listed inputs together with what is known of them. */
#include "inputs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int no_memory(struct mr_errtext *err)
{
	return mr_errtext_set(err, MR_ERR_NOMEM, "no memory for the inputs");
}

static int inputs_alloc(struct mr_inputs *inputs, uint32_t n,
                        struct mr_errtext *err)
{
	size_t room = n ? n : 1; /* calloc may answer NULL to 0 */

	inputs->n = n;
	inputs->rate_hz = calloc(room, sizeof *inputs->rate_hz);
	inputs->label = calloc(room, sizeof *inputs->label);
	inputs->group = calloc(room, sizeof *inputs->group);
	if (inputs->rate_hz && inputs->label && inputs->group)
		return MR_OK;
	return no_memory(err);
}

int mr_inputs_generated(struct mr_inputs *inputs,
                        const struct mr_process *process,
                        uint32_t n_processes, double dt_s,
                        struct mr_errtext *err)
{
	uint32_t n = 0;
	int code;

	memset(inputs, 0, sizeof *inputs);
	for (uint32_t k = 0; k < n_processes; k++)
		n += process[k].count;
	code = inputs_alloc(inputs, n, err);
	if (code != MR_OK) {
		mr_inputs_free(inputs);
		return code;
	}
	inputs->dt_s = dt_s;
	inputs->process = process;
	inputs->n_processes = n_processes;
	inputs->n_groups = n_processes;
	inputs->labelled = true;
	for (uint32_t k = 0, i = 0; k < n_processes; k++) {
		uint32_t end = i + process[k].count;

		snprintf(inputs->group_name[k], sizeof inputs->group_name[k], "%s",
		         process[k].name);
		for (; i < end; i++) {
			inputs->rate_hz[i] = process[k].rate_hz;
			inputs->label[i] = process[k].c > 0;
			inputs->group[i] = (uint8_t)k;
		}
	}
	return MR_OK;
}

/* ---- lists --------------------------------------------------------------- */

/* Without panel or labels, every station of the list is an input. */
static int take_all(const struct mr_stations *stations,
                    struct mr_panel *panel, struct mr_errtext *err)
{
	panel->station = calloc(stations->n, sizeof *panel->station);
	panel->label = malloc(stations->n);
	if (!panel->station || !panel->label)
		return no_memory(err);
	memset(panel->label, -1, stations->n);
	for (uint32_t s = 0; s < stations->n; s++)
		if (stations->station[s].known)
			panel->station[panel->n++] = s;
	return MR_OK;
}

static int read_panel(const struct mr_inputs_files *files,
                      const struct mr_stations *stations,
                      struct mr_panel *panel, struct mr_errtext *err)
{
	const struct mr_stations *known = stations->n ? stations : NULL;

	if (files->panels && files->panel)
		return mr_panel_read(files->panels, files->panel, known, panel, err);
	if (files->labels)
		return mr_panel_read(files->labels, NULL, known, panel, err);
	return known ? take_all(known, panel, err) : MR_OK;
}

/* Which input a station is: [n] with n stations of the list, or as many as
 * there may be. */
static int32_t *map_stations(const struct mr_stations *stations,
                             const struct mr_panel *panel, uint32_t *n)
{
	int32_t *input_of;

	*n = stations->n ? stations->n : MR_STATIONS_MAX;
	input_of = malloc(*n * sizeof *input_of);
	if (!input_of)
		return NULL;
	for (uint32_t s = 0; s < *n; s++)
		input_of[s] = stations->n && !stations->station[s].known
		                      ? MR_STATION_UNKNOWN
		                      : MR_STATION_UNUSED;
	for (uint32_t i = 0; i < panel->n; i++)
		input_of[panel->station[i]] = (int32_t)i;
	return input_of;
}

static int read_events(struct mr_inputs *inputs,
                       const struct mr_inputs_files *files,
                       const struct mr_panel *panel, struct mr_errtext *err)
{
	struct mr_events_options options = {
		.dense = files->dense,
		.threshold = files->threshold,
		.n_hours = files->n_hours,
		.first_hour = files->first_hour,
		.end_hour = files->end_hour,
		.n_inputs = panel->n,
	};
	int32_t *input_of = NULL;
	int code;

	if (panel->n) {
		input_of = map_stations(&inputs->stations, panel,
		                        &options.n_stations);
		if (!input_of)
			return no_memory(err);
	}
	options.input_of = input_of;
	code = mr_events_read(files->events, &options, &inputs->events, err);
	free(input_of);
	return code;
}

static void name_groups(struct mr_inputs *inputs)
{
	static const char *const name[] = {"background", "group", "unlabelled"};
	uint8_t number[3] = {0};
	uint32_t count[3] = {0};

	for (uint32_t i = 0; i < inputs->n; i++)
		count[inputs->label[i] < 0 ? 2 : inputs->label[i]]++;
	inputs->labelled = count[0] && count[1];
	for (uint32_t k = 0; k < 3; k++) {
		uint32_t which = k == 0 ? 1 : k == 1 ? 0 : 2; /* the group first */

		if (!count[which])
			continue;
		number[which] = (uint8_t)inputs->n_groups;
		snprintf(inputs->group_name[inputs->n_groups++],
		         sizeof inputs->group_name[0], "%s", name[which]);
	}
	for (uint32_t i = 0; i < inputs->n; i++)
		inputs->group[i] =
		        number[inputs->label[i] < 0 ? 2 : inputs->label[i]];
}

static void count_rates(struct mr_inputs *inputs)
{
	const struct mr_events *e = &inputs->events;

	for (size_t k = 0; k < e->first[e->n_steps]; k++)
		inputs->rate_hz[e->input[k]] += 1 / (e->n_steps * inputs->dt_s);
}

static int describe_inputs(struct mr_inputs *inputs, struct mr_panel *panel,
                           struct mr_errtext *err)
{
	int code = inputs_alloc(inputs, inputs->events.n, err);

	if (code != MR_OK)
		return code;
	memset(inputs->label, -1, inputs->n);
	if (panel->n)
		memcpy(inputs->label, panel->label, inputs->n);
	if (panel->n && inputs->stations.n) {
		inputs->station = panel->station;
		panel->station = NULL;
	}
	count_rates(inputs);
	name_groups(inputs);
	return MR_OK;
}

int mr_inputs_listed(struct mr_inputs *inputs,
                     const struct mr_inputs_files *files, double dt_s,
                     struct mr_errtext *err)
{
	struct mr_panel panel = {0};
	int code = MR_OK;

	memset(inputs, 0, sizeof *inputs);
	inputs->dt_s = dt_s;
	if (files->stations)
		code = mr_stations_read(files->stations, &inputs->stations, err);
	if (code == MR_OK)
		code = read_panel(files, &inputs->stations, &panel, err);
	if (code == MR_OK)
		code = read_events(inputs, files, &panel, err);
	if (code == MR_OK)
		code = describe_inputs(inputs, &panel, err);
	mr_panel_free(&panel);
	if (code != MR_OK)
		mr_inputs_free(inputs);
	return code;
}

void mr_inputs_free(struct mr_inputs *inputs)
{
	free(inputs->rate_hz);
	free(inputs->label);
	free(inputs->group);
	free(inputs->stations.station);
	free(inputs->station);
	mr_events_free(&inputs->events);
	memset(inputs, 0, sizeof *inputs);
}

/* ---- feed ---------------------------------------------------------------- */

int mr_feed_init(struct mr_feed *feed, const struct mr_inputs *inputs,
                 uint64_t seed, struct mr_errtext *err)
{
	*feed = (struct mr_feed){.inputs = inputs};
	if (!inputs->process)
		return MR_OK;
	return mr_generator_alloc(inputs->process, inputs->n_processes,
	                          inputs->dt_s, seed, &feed->generator, err);
}

const uint32_t *mr_feed_next(struct mr_feed *feed, uint32_t *n)
{
	const struct mr_events *e = &feed->inputs->events;
	uint32_t t = feed->step;

	if (feed->generator)
		return mr_generator_next(feed->generator, n);
	feed->step = t + 1 < e->n_steps ? t + 1 : 0;
	*n = (uint32_t)(e->first[t + 1] - e->first[t]);
	return e->input + e->first[t];
}

void mr_feed_free(struct mr_feed *feed)
{
	mr_generator_free(feed->generator);
	*feed = (struct mr_feed){0};
}
