/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Distribution functions of both samples, a panel per group. */
#include "cmd_compare.h"

#include <math.h>
#include <string.h>

#include "figure.h"

#define PANELS_MAX 12
#define COLUMNS 4
#define PANEL_W_PX 320
#define PANEL_H_PX 270
#define POINTS 160 /* of a curve */

/* Values are drawn in the unit that keeps numbers short. */
static const char *axis_of(enum mr_compare_quantity q, double *scale)
{
	*scale = 1e6;
	switch (q) {
	case MR_COMPARE_AFTER_SET:
		return "conductance (uS)";
	case MR_COMPARE_STEP:
		return "step (uS)";
	case MR_COMPARE_PROGRAMMED:
		return "error (uS)";
	case MR_COMPARE_SWEEP:
		return "current (uA)";
	case MR_COMPARE_DRIFT:
		*scale = 1;
		return "drift exponent";
	case MR_COMPARE_PULSES:
		*scale = 1;
		return "pulses";
	case MR_COMPARE_FAST_NOISE:
	case MR_COMPARE_SLOW_NOISE:
		break;
	}
	*scale = 1;
	return "ln of relative spread";
}

static void level_text(const struct mr_compare_test *t, char *out, size_t size)
{
	switch (t->quantity) {
	case MR_COMPARE_AFTER_SET:
	case MR_COMPARE_STEP:
		(void)snprintf(out, size, "SET %g", t->level);
		return;
	case MR_COMPARE_SWEEP:
		(void)snprintf(out, size, "sample %g", t->level);
		return;
	case MR_COMPARE_DRIFT:
	case MR_COMPARE_FAST_NOISE:
	case MR_COMPARE_SLOW_NOISE:
	case MR_COMPARE_PROGRAMMED:
	case MR_COMPARE_PULSES:
		break;
	}
	(void)snprintf(out, size, "%.3g uS", t->level * 1e6);
}

/* Differing groups first; then the rest, evenly. */
static size_t choose(const struct mr_comparison *c, size_t *chosen)
{
	size_t n = 0;
	size_t rest = c->n_tests - c->rejected;
	size_t room;
	size_t seen = 0;

	for (size_t k = 0; k < c->n_tests && n < PANELS_MAX; k++)
		if (c->tests[k].rejected)
			chosen[n++] = k;
	room = PANELS_MAX - n < rest ? PANELS_MAX - n : rest;
	for (size_t k = 0; k < c->n_tests && n < PANELS_MAX && room; k++) {
		if (c->tests[k].rejected)
			continue;
		if (seen * room / rest != (seen + 1) * room / rest)
			chosen[n++] = k;
		seen++;
	}
	return n;
}

static void put_sample(FILE *to, const char *name, size_t panel,
                       const double *v, size_t n, double scale)
{
	size_t points = n < POINTS ? n : POINTS;

	fprintf(to, "$%s%zu << EOD\n", name, panel);
	for (size_t k = 0; k < points; k++) {
		size_t i = points > 1 ? k * (n - 1) / (points - 1) : 0;

		fprintf(to, "%.6g %.5f\n", v[i] * scale,
		        ((double)i + 0.5) / (double)n);
	}
	fputs("EOD\n", to);
}

static void put_panel(struct mr_figure *figure, const struct mr_compare_test *t,
                      size_t panel)
{
	FILE *to = mr_figure_script(figure);
	char level[32];
	char title[128];
	double scale;
	const char *axis = axis_of(t->quantity, &scale);

	level_text(t, level, sizeof level);
	(void)snprintf(title, sizeof title, "%s, %s%s",
	               mr_compare_quantity_name(t->quantity), level,
	               t->rejected ? " *" : "");
	put_sample(to, "a", panel, t->a, t->n_a, scale);
	put_sample(to, "b", panel, t->b, t->n_b, scale);
	fputs("set title ", to);
	mr_figure_text(figure, title);
	fprintf(to, " font ',10' offset 0,-0.5\nset xlabel '%s' offset 0,0.5\n"
	        "set yrange [0:1]\nset ytics 0.5\nset xtics autofreq\n"
	        "%s\n"
	        "plot $a%zu using 1:2 with lines lw 2 lc rgb '" MR_FIGURE_BLUE
	        "' title 'A', $b%zu using 1:2 with lines lw 2 dt 2 lc rgb '"
	        MR_FIGURE_ORANGE "' title 'B'\n",
	        axis, panel ? "unset key" : "set key bottom right samplen 1",
	        panel, panel);
}

int mr_compare_plot(struct mr_tool *tool, const struct mr_comparison *c,
                    const char *path)
{
	size_t chosen[PANELS_MAX];
	size_t n = choose(c, chosen);
	size_t rows = (n + COLUMNS - 1) / COLUMNS;
	size_t cols = n < COLUMNS ? n : COLUMNS;
	struct mr_figure *figure;
	struct mr_errtext err = {""};
	int code = mr_figure_begin(path, (unsigned)(cols * PANEL_W_PX),
	                           (unsigned)(rows * PANEL_H_PX), &figure,
	                           &err);

	if (code == MR_OK) {
		fprintf(mr_figure_script(figure),
		        "set multiplot layout %zu,%zu\nset border 3\n"
		        "set tics nomirror font ',9'\n", rows, cols);
		for (size_t k = 0; k < n; k++)
			put_panel(figure, &c->tests[chosen[k]], k);
		fputs("unset multiplot\n", mr_figure_script(figure));
		code = mr_figure_end(figure, true, &err);
	}
	return code == MR_OK ? MR_OK
	                     : mr_tool_fail(tool, code, "%s", err.text);
}
