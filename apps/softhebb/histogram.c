/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

#include "histogram.h"

#include "../cmd.h"

json_t *mr_histogram_json(const uint32_t *bins, uint32_t n, double top)
{
	json_t *counts = json_array();

	for (uint32_t k = 0; k < n; k++)
		json_array_append_new(counts, json_integer(bins[k]));
	return json_pack("{s:i,s:o,s:o}", "from", 0, "to", mr_tool_real(top),
	                 "counts", counts);
}

void mr_histogram_put(FILE *to, const char *name, const uint32_t *bins,
                      uint32_t n, double top)
{
	double all = 0;

	for (uint32_t k = 0; bins && k < n; k++)
		all += bins[k];
	fprintf(to, "$%s << EOD\n", name);
	for (uint32_t k = 0; bins && k < n; k++)
		fprintf(to, "%g %g\n", (k + 0.5) * top / n,
		        all > 0 ? 100 * bins[k] / all : 0);
	fputs("EOD\n", to);
}
