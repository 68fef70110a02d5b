/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Data blocks and bands. */
#include "panels.h"

#include "../figure.h"

void mr_panel_groups(FILE *to, const char *name, const struct mr_groups *g,
                     size_t least)
{
	static const double parts[] = {0.05, 0.25, 0.5, 0.75, 0.95};

	fprintf(to, "$%s << EOD\n", name);
	for (size_t k = 0; k < g->n; k++) {
		if (g->at[k].n < least)
			continue;
		fprintf(to, "%.7g %.6g", g->at[k].key, mr_group_mean(&g->at[k]));
		for (size_t p = 0; p < sizeof parts / sizeof *parts; p++)
			fprintf(to, " %.6g",
			        mr_group_quantile(&g->at[k], parts[p]));
		fprintf(to, " %zu\n", g->at[k].n);
	}
	fputs("EOD\n", to);
}

void mr_panel_bands(FILE *to, const char *name, const char *colour)
{
	fprintf(to,
	        "$%s using 1:3:7 with filledcurves fs transparent solid 0.18 "
	        "lc rgb '%s' title '5 to 95 %%', "
	        "$%s using 1:4:6 with filledcurves fs transparent solid 0.38 "
	        "lc rgb '%s' title '25 to 75 %%'",
	        name, colour, name, colour);
}

const char *mr_panel_colour(size_t n)
{
	static const char *const colours[] = {
		MR_FIGURE_BLUE, MR_FIGURE_RED, MR_FIGURE_GREEN, MR_FIGURE_PURPLE,
		MR_FIGURE_ORANGE, MR_FIGURE_SKY, "#000000", MR_FIGURE_GREY};

	return colours[n % (sizeof colours / sizeof *colours)];
}

/* Of the map "viridis" (S. van der Walt and N. Smith, 2015) what is dark enough
 * for white paper: seen in order also without colour. */
const char *mr_panel_ramp(size_t k, size_t n)
{
	static const char *const ramp[] = {"#440154", "#443983", "#31688e",
	                                   "#21918c", "#35b779", "#6dcd59",
	                                   "#a8b800"};
	size_t last = sizeof ramp / sizeof *ramp - 1;

	return ramp[n > 1 ? (k * last + (n - 1) / 2) / (n - 1) : 0];
}
