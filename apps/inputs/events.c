/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Event files (inputs.h): rows of station,hour,amount, or a 0/1 matrix. Events
 * are collected with their line, put in order, and checked for repetitions.
 */
#include "inputs.h"

#include "../csvfile.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define AMOUNT_MAX 1e9 /* no gauge shows more, whatever the unit */

struct event {
	uint32_t step;
	uint32_t station;
	uint64_t line;
	bool counts; /* its amount reaches the threshold */
};

struct reader {
	const struct mr_events_options *options;
	struct event *event;
	size_t n, room;
	uint32_t n_stations; /* highest index + 1; of a matrix: its columns */
	uint32_t n_steps;    /* likewise */
	bool first_row;
};

static int push(struct reader *r, struct event event, struct mr_errtext *err)
{
	if (r->n == r->room) {
		size_t room = 2 * r->room + 4096;
		struct event *bigger = realloc(r->event, room * sizeof *bigger);

		if (!bigger)
			return mr_errtext_set(err, MR_ERR_NOMEM,
			                      "no memory for %zu events", room);
		r->event = bigger;
		r->room = room;
	}
	r->event[r->n++] = event;
	return MR_OK;
}

/* A header is a first row whose first field is not a number. */
static bool is_header(const struct mr_csv_row *row)
{
	char *end;

	(void)strtod(row->field[0], &end);
	return end == row->field[0] && row->field[0][0];
}

static int take_sparse(struct reader *r, const struct mr_csv_row *row,
                       struct mr_errtext *err)
{
	const struct mr_events_options *o = r->options;
	uint32_t stations = o->n_stations ? o->n_stations : MR_STATIONS_MAX;
	uint32_t hours = o->n_hours ? o->n_hours : MR_STEPS_MAX;
	int64_t s = 0, hour = 0;
	double amount = 0;
	int code;

	if (row->n != 3)
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s:%" PRIu64 ": %u column%s; a row must be "
		                      "station,hour,amount",
		                      row->file, row->line, (unsigned)row->n,
		                      row->n == 1 ? "" : "s");
	code = mr_csv_integer(row, 0, "station", 0, stations - 1, &s, err);
	if (code == MR_OK)
		code = mr_csv_integer(row, 1, "hour", 0, hours - 1, &hour, err);
	if (code == MR_OK)
		code = mr_csv_number(row, 2, "amount", 0, AMOUNT_MAX, &amount, err);
	if (code != MR_OK)
		return code;
	if (o->input_of && o->input_of[s] == MR_STATION_UNKNOWN)
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s:%" PRIu64 ": station %" PRId64 " is not in "
		                      "the station list",
		                      row->file, row->line, s);
	if (s >= r->n_stations)
		r->n_stations = (uint32_t)s + 1;
	if (hour >= r->n_steps)
		r->n_steps = (uint32_t)hour + 1;
	return push(r,
	            (struct event){.step = (uint32_t)hour,
	                           .station = (uint32_t)s,
	                           .line = row->line,
	                           .counts = amount >= o->threshold},
	            err);
}

static int check_width(struct reader *r, const struct mr_csv_row *row,
                       struct mr_errtext *err)
{
	if (r->n_stations == 0 && row->n <= MR_STATIONS_MAX)
		r->n_stations = row->n;
	if (row->n != r->n_stations)
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s:%" PRIu64 ": %u columns; every row must "
		                      "have %u, one per input",
		                      row->file, row->line, (unsigned)row->n,
		                      r->n_stations ? (unsigned)r->n_stations
		                                    : (unsigned)MR_STATIONS_MAX);
	if (r->n_steps == MR_STEPS_MAX)
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s:%" PRIu64 ": more than %d rows", row->file,
		                      row->line, MR_STEPS_MAX);
	return MR_OK;
}

static int take_dense(struct reader *r, const struct mr_csv_row *row,
                      struct mr_errtext *err)
{
	int code = check_width(r, row, err);

	for (uint32_t k = 0; k < row->n && code == MR_OK; k++) {
		const char *text = row->field[k];

		if ((text[0] != '0' && text[0] != '1') || text[1])
			return mr_errtext_set(err, MR_ERR_FORMAT,
			                      "%s:%" PRIu64 ": column %u is '%.40s'; it "
			                      "must be 0 or 1",
			                      row->file, row->line, (unsigned)k + 1,
			                      text);
		if (text[0] == '1')
			code = push(r,
			            (struct event){.step = r->n_steps,
			                           .station = k,
			                           .line = row->line,
			                           .counts = true},
			            err);
	}
	r->n_steps++;
	return code;
}

static int take_rows(struct reader *r, struct mr_csv *csv,
                     struct mr_errtext *err)
{
	struct mr_csv_row row;
	bool first = true;
	bool more = true;
	int code = MR_OK;

	while (code == MR_OK) {
		code = mr_csv_next(csv, &row, &more, err);
		if (code != MR_OK || !more)
			break;
		if (!(first && is_header(&row)))
			code = r->options->dense ? take_dense(r, &row, err)
			                         : take_sparse(r, &row, err);
		first = false;
	}
	return code;
}

static int in_order(const void *a, const void *b)
{
	const struct event *x = a;
	const struct event *y = b;

	if (x->step != y->step)
		return x->step < y->step ? -1 : 1;
	if (x->station != y->station)
		return x->station < y->station ? -1 : 1;
	return (x->line > y->line) - (x->line < y->line);
}

static int refuse_repeats(const struct reader *r, const char *path,
                          struct mr_errtext *err)
{
	for (size_t k = 1; k < r->n; k++) {
		const struct event *a = &r->event[k - 1];
		const struct event *b = &r->event[k];

		if (a->step == b->step && a->station == b->station)
			return mr_errtext_set(err, MR_ERR_FORMAT,
			                      "%s:%" PRIu64 ": station %u, hour %u was "
			                      "already given in line %" PRIu64,
			                      path, b->line, (unsigned)b->station,
			                      (unsigned)b->step, a->line);
	}
	return MR_OK;
}

/* Input of an event inside the window, or -1. */
static int64_t input_of(const struct reader *r, const struct event *event,
                        uint32_t end)
{
	const struct mr_events_options *o = r->options;

	if (!event->counts || event->step < o->first_hour || event->step >= end)
		return -1;
	if (!o->input_of)
		return event->station;
	return event->station < o->n_stations ? o->input_of[event->station] : -1;
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Stations of a panel need not be in the order of its inputs. */
static void sort_steps(struct mr_events *out)
{
	for (uint32_t t = 0; t < out->n_steps; t++)
		qsort(out->input + out->first[t], out->first[t + 1] - out->first[t],
		      sizeof *out->input, by_number);
}

/* A label for a column that a matrix does not have is a mistake. */
static int check_labels(const struct reader *r, const char *path,
                        struct mr_errtext *err)
{
	const struct mr_events_options *o = r->options;

	if (!o->dense || !o->input_of)
		return MR_OK;
	for (uint32_t s = r->n_stations; s < o->n_stations; s++)
		if (o->input_of[s] >= 0)
			return mr_errtext_set(err, MR_ERR_FORMAT,
			                      "%s has %u columns; input %u of the list "
			                      "is not among them (0 is the first)",
			                      path, (unsigned)r->n_stations,
			                      (unsigned)s);
	return MR_OK;
}

static int collect(const struct reader *r, struct mr_events *out,
                   struct mr_errtext *err)
{
	const struct mr_events_options *o = r->options;
	uint32_t end = o->n_hours ? o->n_hours : r->n_steps;
	size_t n = 0, k = 0;

	if (o->end_hour && o->end_hour < end)
		end = o->end_hour;
	out->n_steps = end > o->first_hour ? end - o->first_hour : 0;
	out->n = o->input_of ? o->n_inputs : r->n_stations;
	out->first = calloc(out->n_steps + 1, sizeof *out->first);
	out->input = malloc((r->n + 1) * sizeof *out->input);
	if (!out->first || !out->input)
		return mr_errtext_set(err, MR_ERR_NOMEM, "no memory for %zu events",
		                      r->n);
	for (uint32_t t = 0; t < out->n_steps; t++) {
		out->first[t] = n;
		for (; k < r->n && r->event[k].step <= t + o->first_hour; k++) {
			int64_t input = input_of(r, &r->event[k], end);

			if (input >= 0)
				out->input[n++] = (uint32_t)input;
		}
	}
	out->first[out->n_steps] = n;
	sort_steps(out);
	return MR_OK;
}

int mr_events_read(const char *path, const struct mr_events_options *options,
                   struct mr_events *out, struct mr_errtext *err)
{
	struct reader r = {.options = options};
	struct mr_events events = {0};
	struct mr_csv *csv = NULL;
	int code = mr_csv_open(path, &csv, err);

	if (code != MR_OK)
		return code;
	code = take_rows(&r, csv, err);
	mr_csv_close(csv);
	if (code == MR_OK && r.n > 0) {
		qsort(r.event, r.n, sizeof *r.event, in_order);
		code = refuse_repeats(&r, path, err);
	}
	if (code == MR_OK)
		code = check_labels(&r, path, err);
	if (code == MR_OK)
		code = collect(&r, &events, err);
	if (code == MR_OK && (events.n_steps == 0 ||
	                      events.first[events.n_steps] == 0))
		code = mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s holds no event that counts for these "
		                      "inputs, hours and threshold",
		                      path);
	free(r.event);
	if (code != MR_OK)
		mr_events_free(&events);
	else
		*out = events;
	return code;
}

void mr_events_free(struct mr_events *events)
{
	free(events->first);
	free(events->input);
	*events = (struct mr_events){0};
}
