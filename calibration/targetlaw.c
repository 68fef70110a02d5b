/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The laws in double precision. */
#include "targetlaw.h"

#include <math.h>
#include <stdio.h>

#define LEAST_G 1e-7

static int find(const struct mr_model *model, const char *prefix,
                const char *name)
{
	char full[40];
	uint32_t i;

	(void)snprintf(full, sizeof full, "%s%s", prefix, name);
	return mr_model_param(model, full, &i, NULL) == MR_OK ? (int)i : -1;
}

static struct mr__law find_law(const struct mr_model *m, const char *prefix)
{
	static const char *const terms[MR__LAW_TERMS] = {"c0", "c1", "c2", "c3"};
	struct mr__law l = {
		.slope = find(m, prefix, "slope"),
		.offset = find(m, prefix, "offset"),
		.min = find(m, prefix, "min"),
		.max = find(m, prefix, "max"),
		.split = find(m, prefix, "split"),
		.at_1 = find(m, prefix, "at_1"),
		.exponent = find(m, prefix, "exponent"),
	};

	for (int k = 0; k < MR__LAW_TERMS; k++)
		l.term[k] = find(m, prefix, terms[k]);
	return l;
}

void mr__target_laws_find(const struct mr_model *model,
                          struct mr__target_laws *out)
{
	static const char *const prog[MR__LAW_TERMS] = {
		"prog_c0_S", "prog_c1_S", "prog_c2_S", "prog_c3_S"};

	for (int k = 0; k < MR__LAW_TERMS; k++)
		out->prog[k] = find(model, "", prog[k]);
	out->nu = find_law(model, "nu_");
	out->nu_sd = find_law(model, "nu_sd_");
	out->q = find_law(model, "q_");
	out->t0 = find(model, "", "t0_s");
	out->t_read = find(model, "", "t_read_s");
}

bool mr__law_has(const struct mr__law *l, int param)
{
	bool term = false;

	for (int k = 0; k < MR__LAW_TERMS; k++)
		term = term || l->term[k] == param;
	return param >= 0
	       && (term || param == l->slope || param == l->offset
	           || param == l->min || param == l->max || param == l->split
	           || param == l->at_1 || param == l->exponent);
}

static double polynomial(const int *term, const double *p, double g)
{
	double sum = 0;

	for (int k = MR__LAW_TERMS - 1; k >= 0; k--)
		sum = sum * g + (term[k] >= 0 ? p[term[k]] : 0);
	return fmax(sum, 0);
}

double mr__target_error_S(const struct mr__target_laws *l, const double *p,
                          double g)
{
	return polynomial(l->prog, p, g);
}

static bool is_above(const struct mr__law *l, const double *p, double g)
{
	return l->split >= 0 && g >= p[l->split];
}

double mr__law_value(const struct mr__law *l, const double *p, double g)
{
	double log_g = log(fmax(g, LEAST_G));

	if (l->at_1 >= 0)
		return fmin(p[l->at_1]
		            / fmax(exp(p[l->exponent] * log_g), 1e-3),
		            p[l->max]);
	if (is_above(l, p, g))
		return polynomial(l->term, p, g);
	return fmin(fmax(p[l->slope] * log_g + p[l->offset], p[l->min]),
	            p[l->max]);
}

int mr__law_ruler(const struct mr__law *l, const double *p, double g)
{
	double log_g = log(fmax(g, LEAST_G));
	double line;

	if (l->at_1 >= 0)
		return p[l->at_1] * exp(-p[l->exponent] * log_g) > p[l->max]
		       ? l->max : l->at_1;
	if (is_above(l, p, g))
		return l->term[0];
	line = p[l->slope] * log_g + p[l->offset];
	return line > p[l->max] ? l->max : line < p[l->min] ? l->min : l->slope;
}

double mr__law_line(const struct mr__law *l, const double *p, double g)
{
	if (l->slope < 0 || is_above(l, p, g))
		return NAN;
	return p[l->slope] * log(fmax(g, LEAST_G)) + p[l->offset];
}
