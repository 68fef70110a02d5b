/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* temperature: levels read at each of several temperatures, where the array can
 * set one: a described condition whose name begins with "temperature". */
#include "measuring.h"

#include <stdio.h>
#include <string.h>

#define VALUES_MAX 16

static const struct mr_measure_setting settings[] = {
	{"values", "", MR_SETTING_TEXT, 0, 0, 0,
	 "temperatures in the condition's unit, such as 300,330,360; none: five "
	 "all over its range"},
	{"settle", "s", MR_SETTING_NUMBER, 0, 1e6, 600, "after each change"},
	{"levels", "", MR_SETTING_WHOLE, 1, 64, 8, "groups of cells"},
	{"reads", "", MR_SETTING_WHOLE, 1, 100000, 8, "readings at each"},
	{"averages", "", MR_SETTING_WHOLE, 1, 1e6, 64, "averaged in each"},
};

static const struct mr_condition *condition_of(const struct mr_description *d)
{
	for (uint32_t k = 0; k < d->n_conditions; k++)
		if (strncmp(d->conditions[k].name, "temperature", 11) == 0
		    && d->conditions[k].max > d->conditions[k].min)
			return &d->conditions[k];
	return NULL;
}

static int set_to(struct mr__measuring *m, const char *name, const char *value)
{
	struct mr_op op = {.kind = MR_OP_CONFIGURE, .configure = {name, value}};
	int code = mr__measure_do(m, &op);

	return code == MR_OK
	       ? mr__measure_wait(m, mr__measure_value(m, "settle"))
	       : code;
}

static int read_at(struct mr__measuring *m, const char *name, double value)
{
	char text[32];
	int code;

	(void)snprintf(text, sizeof text, "%.9g", value);
	code = set_to(m, name, text);
	for (uint32_t k = 0; k < mr__measure_whole(m, "reads")
	                     && code == MR_OK; k++)
		code = mr__measure_read(m, mr__measure_whole(m, "averages"));
	return code;
}

static int at_all(struct mr__measuring *m, const struct mr_condition *c,
                  double *values, size_t n)
{
	char name[sizeof c->name];
	char was[sizeof c->value];
	int code = MR_OK;

	(void)snprintf(name, sizeof name, "%s", c->name);
	(void)snprintf(was, sizeof was, "%s", c->value);
	if (n == 0)
		for (; n < 5; n++)
			values[n] = c->min + (c->max - c->min) * (double)n / 4;
	code = mr__measure_levels(m, 0, mr__measure_whole(m, "levels"));
	for (size_t k = 0; k < n && code == MR_OK; k++)
		code = read_at(m, name, values[k]);
	return code == MR_OK ? set_to(m, name, was) : code;
}

/* Before a cell is touched. */
static int check(const struct mr__measuring *m, const struct mr_condition *c,
                 const double *values, size_t n)
{
	for (size_t k = 0; k < n; k++)
		if (!(values[k] >= c->min && values[k] <= c->max))
			return mr_errtext_set(
				m->err, MR_ERR_USAGE,
				"temperature.values=%s: %g is not %g to %g %s "
				"(%s of this array)",
				mr__measure_text(m, "values"), values[k],
				c->min, c->max, c->unit, c->name);
	return MR_OK;
}

static int run(struct mr__measuring *m)
{
	const struct mr_condition *c = condition_of(m->desc);
	double values[VALUES_MAX];
	size_t n;
	int code = mr__measure_list(m, "values", values, VALUES_MAX, &n);

	if (code != MR_OK)
		return code;
	if (!c)
		return mr__measure_skip(m, "the array has no condition "
		                           "'temperature' that could be set");
	code = check(m, c, values, n);
	if (code == MR_OK)
		code = mr__measure_can_level(m);
	return code == MR_OK ? at_all(m, c, values, n) : code;
}

const struct mr__protocol mr__measure_temperature = {
	.about = {"temperature", "levels read at several temperatures",
	          "a condition 'temperature'; reads; pulses or programming",
	          settings, sizeof settings / sizeof *settings},
	.run = run,
};
