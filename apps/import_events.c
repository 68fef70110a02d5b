/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The events of an import: they grow, get their shape and their order. */
#include "import.h"

#include <math.h>
#include <stdlib.h>

int mr_import_add(struct mr_import *import, const struct mr_import_event *event,
                  struct mr_errtext *err)
{
	if (import->n == import->room) {
		size_t room = import->room ? 2 * import->room : 1024;
		struct mr_import_event *events =
			realloc(import->events, room * sizeof *events);

		if (!events)
			return mr_errtext_set(err, MR_ERR_NOMEM,
			                      "no memory for %zu events", room);
		import->events = events;
		import->room = room;
	}
	import->events[import->n++] = *event;
	if (event->kind == MR_IMPORT_PULSE) {
		import->n_pulses++;
		return MR_OK;
	}
	import->n_values++;
	if (!isfinite(event->g_S)) {
		import->n_useless++;
		import->events[import->n - 1].g_S = NAN; /* also infinity */
	}
	return MR_OK;
}

void mr_import_free(struct mr_import *import)
{
	free(import->events);
	*import = (struct mr_import){0};
}

/* Stable: what stands earlier in the file comes first. Bottom-up merge sort,
 * for qsort() is not stable. */
static int sort_events(struct mr_import *import, struct mr_errtext *err)
{
	size_t n = import->n;
	struct mr_import_event *from = import->events;
	struct mr_import_event *to = malloc(n * sizeof *to);

	if (!to)
		return mr_errtext_set(err, MR_ERR_NOMEM,
		                      "no memory to sort %zu events", n);
	for (size_t width = 1; width < n; width *= 2) {
		struct mr_import_event *other = from;

		for (size_t low = 0; low < n; low += 2 * width) {
			size_t mid = low + width < n ? low + width : n;
			size_t high = mid + width < n ? mid + width : n;
			size_t a = low, b = mid;

			for (size_t k = low; k < high; k++) {
				bool left = a < mid &&
				            (b == high ||
				             from[a].t_ns <= from[b].t_ns);

				to[k] = left ? from[a++] : from[b++];
			}
		}
		from = to;
		to = other;
	}
	free(to);
	import->events = from;
	import->room = n;
	return MR_OK;
}

int mr_import_complete(struct mr_import *import, const char *path,
                       const struct mr_import_options *options,
                       struct mr_errtext *err)
{
	uint32_t rows = 1, cols = 1;

	if (import->n == 0)
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: there is no row of data in it", path);
	for (size_t k = 0; k < import->n; k++) {
		const struct mr_import_event *e = &import->events[k];

		rows = e->row >= rows ? e->row + 1 : rows;
		cols = e->col >= cols ? e->col + 1 : cols;
	}
	import->rows = options->rows ? options->rows : rows;
	import->cols = options->cols ? options->cols : cols;
	if ((uint64_t)import->rows * import->cols > MR_IMPORT_CELLS_MAX)
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "%s: %u x %u cells are more than %u; are row "
		                      "and column the right ones?",
		                      path, import->rows, import->cols,
		                      MR_IMPORT_CELLS_MAX);
	return options->sort ? sort_events(import, err) : MR_OK;
}
