/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Suites, protocols and settings by name. */
#include "measure_steps.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MAX 400

/* ---- names --------------------------------------------------------------- */

static const struct mr__protocol *find_protocol(const char *name, size_t n)
{
	for (size_t i = 0; mr__measure_protocol(i); i++) {
		const char *known = mr__measure_protocol(i)->about.name;

		if (strlen(known) == n && strncmp(known, name, n) == 0)
			return mr__measure_protocol(i);
	}
	return NULL;
}

static void add_name(char *names, const char *name)
{
	size_t n = strlen(names);

	(void)snprintf(names + n, NAMES_MAX - n, "%s%s", n ? ", " : "", name);
}

static int unknown_protocol(const char *name, size_t n, struct mr_errtext *err)
{
	size_t n_suites;
	const struct mr_measure_suite *suites = mr_measure_suites(&n_suites);
	char names[NAMES_MAX] = "";

	for (size_t i = 0; i < n_suites; i++)
		add_name(names, suites[i].name);
	for (size_t i = 0; mr__measure_protocol(i); i++)
		add_name(names, mr__measure_protocol(i)->about.name);
	return mr_errtext_set(err, MR_ERR_USAGE,
	                      "'%.*s' is no suite and no protocol; there are %s",
	                      n > 40 ? 40 : (int)n, name, names);
}

/* ---- values -------------------------------------------------------------- */

static const struct mr_measure_setting *
find_setting(const struct mr__protocol *p, const char *name, size_t n)
{
	for (size_t i = 0; i < p->about.n_settings; i++) {
		const char *known = p->about.settings[i].name;

		if (strlen(known) == n && strncmp(known, name, n) == 0)
			return &p->about.settings[i];
	}
	return NULL;
}

static int unknown_setting(const struct mr__protocol *p, const char *name,
                           size_t n, struct mr_errtext *err)
{
	char names[NAMES_MAX] = "";

	for (size_t i = 0; i < p->about.n_settings; i++)
		add_name(names, p->about.settings[i].name);
	return mr_errtext_set(err, MR_ERR_USAGE,
	                      "%s has no setting '%.*s'; it has %s",
	                      p->about.name, n > 40 ? 40 : (int)n, name, names);
}

static int parse_number(const struct mr__protocol *p,
                        const struct mr_measure_setting *s, const char *value,
                        double *out, struct mr_errtext *err)
{
	char *end;
	double x = strtod(value, &end);
	bool whole = s->kind == MR_SETTING_WHOLE;

	if (end == value || *end || !isfinite(x) || (whole && x != floor(x)))
		return mr_errtext_set(
			err, MR_ERR_USAGE, "%s.%s: '%.60s' is no %s%s%s, such as "
			"%.9g", p->about.name, s->name, value,
			whole ? "whole number" : "number", *s->unit ? " in " : "",
			s->unit, isnan(s->preset) ? s->min : s->preset);
	if (x < s->min || x > s->max)
		return mr_errtext_set(
			err, MR_ERR_RANGE, "%s.%s: %.60s is outside %.9g to "
			"%.9g%s%s", p->about.name, s->name, value, s->min,
			s->max, *s->unit ? " " : "", s->unit);
	*out = x;
	return MR_OK;
}

static int set_value(struct mr__step *step, const struct mr_measure_setting *s,
                     const char *value, struct mr_errtext *err)
{
	size_t i = (size_t)(s - step->protocol->about.settings);
	char *copy;

	if (s->kind != MR_SETTING_TEXT)
		return parse_number(step->protocol, s, value, &step->value[i],
		                    err);
	if (strlen(value) > 200 || strpbrk(value, " \n\t"))
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "%s.%s takes up to 200 characters without "
		                      "blanks", step->protocol->about.name,
		                      s->name);
	copy = strdup(value);
	if (!copy)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	free(step->text[i]);
	step->text[i] = copy;
	return MR_OK;
}

/* ---- steps --------------------------------------------------------------- */

static int add_step(struct mr__steps *steps, const char *name, size_t n,
                    struct mr_errtext *err)
{
	const struct mr__protocol *p = find_protocol(name, n);
	struct mr__step *step = &steps->step[steps->n];

	if (!p)
		return unknown_protocol(name, n, err);
	if (steps->n == MR__STEPS_MAX)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "more than %d protocols", MR__STEPS_MAX);
	for (size_t k = 0; k < steps->n; k++)
		if (steps->step[k].protocol == p)
			return mr_errtext_set(err, MR_ERR_USAGE,
			                      "%s is named twice", p->about.name);
	*step = (struct mr__step){.protocol = p};
	for (size_t i = 0; i < p->about.n_settings; i++)
		step->value[i] = p->about.settings[i].preset;
	steps->n++;
	return MR_OK;
}

static int apply_suite_settings(struct mr__step *step, const char *settings,
                                struct mr_errtext *err)
{
	char copy[256];
	char *rest = NULL;
	int code = MR_OK;

	(void)snprintf(copy, sizeof copy, "%s", settings);
	for (char *one = strtok_r(copy, " ", &rest); one && code == MR_OK;
	     one = strtok_r(NULL, " ", &rest)) {
		size_t n = strcspn(one, "=");
		const struct mr_measure_setting *s =
			find_setting(step->protocol, one, n);

		code = s ? set_value(step, s, one + n + 1, err)
		         : unknown_setting(step->protocol, one, n, err);
	}
	return code;
}

static int add_suite(struct mr__steps *steps,
                     const struct mr_measure_suite *suite,
                     struct mr_errtext *err)
{
	int code = MR_OK;

	for (size_t i = 0; i < suite->n_steps && code == MR_OK; i++) {
		const struct mr_measure_step *s = &suite->steps[i];

		code = add_step(steps, s->protocol, strlen(s->protocol), err);
		if (code == MR_OK)
			code = apply_suite_settings(&steps->step[i], s->settings,
			                            err);
	}
	return code;
}

static int add_list(struct mr__steps *steps, const char *list,
                    struct mr_errtext *err)
{
	int code = MR_OK;

	do {
		size_t n = strcspn(list, ",");

		code = add_step(steps, list, n, err);
		list += n;
	} while (code == MR_OK && *list++ == ',');
	return code;
}

/* ---- the user's settings ------------------------------------------------- */

static int apply_one(struct mr__steps *steps, const char *one,
                     struct mr_errtext *err)
{
	size_t n_key = strcspn(one, "=");
	size_t n_name = strcspn(one, ".=");
	const char *key = one[n_name] == '.' ? one + n_name + 1 : one;
	size_t n = (size_t)(one + n_key - key);
	bool found = false;

	if (one[n_key] != '=')
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "setting '%.60s' is not KEY=VALUE, such as "
		                      "cycles=4 or pulses.cycles=4", one);
	for (size_t i = 0; i < steps->n; i++) {
		struct mr__step *step = &steps->step[i];
		const struct mr_measure_setting *s =
			find_setting(step->protocol, key, n);
		int code;

		if (key != one
		    && find_protocol(one, n_name) != step->protocol)
			continue;
		if (key != one && !s)
			return unknown_setting(step->protocol, key, n, err);
		if (!s)
			continue;
		found = true;
		code = set_value(step, s, one + n_key + 1, err);
		if (code != MR_OK)
			return code;
	}
	return found ? MR_OK
	             : mr_errtext_set(err, MR_ERR_USAGE,
	                              "setting '%.60s': no protocol of this "
	                              "measurement has it; 'memrig measure "
	                              "--list' shows all", one);
}

int mr__steps_make(struct mr__steps *steps, const char *what,
                   const char *const *settings, struct mr_errtext *err)
{
	size_t n_suites;
	const struct mr_measure_suite *suites = mr_measure_suites(&n_suites);
	const struct mr_measure_suite *suite = NULL;
	int code;

	for (size_t i = 0; i < n_suites; i++)
		if (strcmp(suites[i].name, what) == 0)
			suite = &suites[i];
	code = suite ? add_suite(steps, suite, err) : add_list(steps, what, err);
	for (; settings && *settings && code == MR_OK; settings++)
		code = apply_one(steps, *settings, err);
	return code;
}

void mr__step_text(const struct mr__step *step, char *out, size_t size)
{
	const struct mr_measure_protocol *p = &step->protocol->about;
	size_t n = 0;

	*out = '\0';
	for (size_t i = 0; i < p->n_settings && n < size; i++) {
		const char *gap = n ? " " : "";

		if (step->text[i])
			n += (size_t)snprintf(out + n, size - n, "%s%s=%s", gap,
			                      p->settings[i].name, step->text[i]);
		else if (p->settings[i].kind != MR_SETTING_TEXT
		         && !isnan(step->value[i]))
			n += (size_t)snprintf(out + n, size - n, "%s%s=%.9g",
			                      gap, p->settings[i].name,
			                      step->value[i]);
	}
}

void mr__steps_free(struct mr__steps *steps)
{
	for (size_t i = 0; i < steps->n; i++)
		for (size_t k = 0; k < MR_MEASURE_SETTINGS_MAX; k++)
			free(steps->step[i].text[k]);
}
