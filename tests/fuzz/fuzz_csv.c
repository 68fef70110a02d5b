/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Comma-separated files, plain and gzipped: rows, and the readers of events,
 * stations and panels of fstdp. Each input is given to all of them. */
#include <stdlib.h>
#include <string.h>

#include "apps/csvfile.h"
#include "apps/inputs/inputs.h"
#include "fuzz.h"

#define HOURS 400 /* so that an input costs little */

const char mr_fuzz_name[] = "csv";

static void look_at(const struct mr_csv_row *row)
{
	struct mr_errtext err = {""};
	double real = 0;
	int64_t whole = 0;
	uint32_t column = 0;

	mr_fuzz_must(row->n >= 1 && row->line >= 1, "a row has a field");
	for (uint32_t k = 0; k < row->n; k++) {
		(void)strlen(row->field[k]); /* it ends */
		if (mr_fuzz_judge(mr_csv_number(row, k, "x", -8, 1e9, &real,
		                                &err),
		                  err.text))
			mr_fuzz_must(real >= -8 && real <= 1e9, "in limits");
		if (mr_fuzz_judge(mr_csv_integer(row, k, "n", -8, 1000, &whole,
		                                 &err),
		                  err.text))
			mr_fuzz_must(whole >= -8 && whole <= 1000, "in limits");
	}
	if (mr_fuzz_judge(mr_csv_column(row, "label", &column, &err), err.text))
		mr_fuzz_must(column < row->n, "the column is there");
}

static void read_rows(const char *path)
{
	struct mr_errtext err = {""};
	struct mr_csv *csv = NULL;
	struct mr_csv_row row;
	uint64_t line = 0;
	bool more = true;
	bool good = mr_fuzz_judge(mr_csv_open(path, &csv, &err), err.text);

	mr_fuzz_must(good, "the scratch file is there");
	while (more && mr_fuzz_judge(mr_csv_next(csv, &row, &more, &err),
	                             err.text)) {
		if (!more)
			break;
		mr_fuzz_must(row.line > line, "lines go on");
		line = row.line;
		look_at(&row);
	}
	mr_csv_close(csv);
}

static void check_events(const struct mr_events *events)
{
	for (uint32_t t = 0; t < events->n_steps; t++) {
		mr_fuzz_must(events->first[t] <= events->first[t + 1],
		             "steps are in order");
		for (size_t k = events->first[t]; k < events->first[t + 1]; k++)
			mr_fuzz_must(events->input[k] < events->n &&
			                     (k == events->first[t] ||
			                      events->input[k - 1] <
			                              events->input[k]),
			             "inputs are in order");
	}
}

static void read_events(const char *path, struct mr_events_options options)
{
	struct mr_events events = {0};
	struct mr_errtext err = {""};

	if (!mr_fuzz_judge(mr_events_read(path, &options, &events, &err),
	                   err.text))
		return;
	check_events(&events);
	mr_events_free(&events);
}

static void read_stations(const char *path)
{
	struct mr_stations stations = {0};
	struct mr_panel panel = {0};
	struct mr_errtext err = {""};

	if (mr_fuzz_judge(mr_stations_read(path, &stations, &err), err.text))
		mr_fuzz_must(stations.n <= MR_STATIONS_MAX, "they fit");
	if (mr_fuzz_judge(mr_panel_read(path, NULL,
	                                stations.n ? &stations : NULL, &panel,
	                                &err),
	                  err.text))
		mr_fuzz_must(panel.n > 0 && panel.label[panel.n - 1] <= 1,
		             "a panel has members");
	mr_panel_free(&panel);
	if (mr_fuzz_judge(mr_panel_read(path, "ncal", NULL, &panel, &err),
	                  err.text))
		mr_panel_free(&panel);
	free(stations.station);
}

/* One file in three roles; seldom right, but then all meet. */
static void read_inputs(const char *path, bool dense)
{
	const struct mr_inputs_files files = {.events = path,
	                                      .labels = path,
	                                      .dense = dense,
	                                      .threshold = 1,
	                                      .n_hours = HOURS};
	struct mr_inputs inputs = {0};
	struct mr_errtext err = {""};

	if (mr_fuzz_judge(mr_inputs_listed(&inputs, &files, 1, &err),
	                  err.text)) {
		check_events(&inputs.events);
		mr_inputs_free(&inputs);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int32_t input_of[] = {1, MR_STATION_UNUSED, 0,
	                                   MR_STATION_UNKNOWN, 2};
	const char *path = mr_fuzz_file(data, size);
	struct mr_events_options options = {.n_hours = HOURS, .threshold = 2.385};

	read_rows(path);
	read_events(path, options);
	options.dense = true;
	read_events(path, options);
	options = (struct mr_events_options){.n_hours = HOURS,
	                                     .first_hour = 1,
	                                     .end_hour = 7,
	                                     .n_stations = 5,
	                                     .input_of = input_of,
	                                     .n_inputs = 3};
	read_events(path, options);
	options.dense = true;
	read_events(path, options);
	read_stations(path);
	read_inputs(path, false);
	return 0;
}
