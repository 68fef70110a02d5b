/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Options of what is asked after learning. */
#include "app.h"

#include <stdlib.h>
#include <string.h>

#define T_READOUT 20.0    /* sums of rows of length 1 differ by tenths */
#define ATTACKED 500      /* pictures, by default */
#define ATTACKED_MAX 1000000

static int take_readout(struct mr_softhebb_app *app)
{
	const char *name = mr_tool_value(app->tool, "readout");
	struct mr_study *s = &app->study;

	s->t = T_READOUT;
	s->linear = name && strcmp(name, "linear") == 0;
	if (name && !s->linear && strcmp(name, "labels") != 0)
		return mr_tool_fail(app->tool, MR_ERR_USAGE,
		                    "--readout: '%s' is not labels or linear",
		                    name);
	return mr_tool_double(app->tool, "readout-t", "1", 1e-3, 1e4, &s->t);
}

static int take_class(struct mr_softhebb_app *app, const char *word)
{
	const struct mr_dataset *set = mr_dataset_find(app->preset->set);
	struct mr_study *s = &app->study;
	uint64_t class;

	if (s->n_classes == MR_STUDY_CLASSES_MAX)
		return mr_tool_fail(app->tool, MR_ERR_USAGE,
		                    "--interpolate: at most %d classes",
		                    MR_STUDY_CLASSES_MAX);
	if (mr_tool_whole(word, &class) != MR_OK || class >= set->n_classes ||
	    (s->n_classes && class == s->class[s->n_classes - 1]))
		return mr_tool_fail(app->tool, MR_ERR_USAGE,
		                    "--interpolate: '%s' is not a class from 0 "
		                    "to %u other than the one before it",
		                    word, (unsigned)set->n_classes - 1);
	s->class[s->n_classes++] = (uint32_t)class;
	return MR_OK;
}

static int take_classes(struct mr_softhebb_app *app)
{
	const char *value = mr_tool_value(app->tool, "interpolate");
	char *list = value ? strdup(value) : NULL;
	int code = MR_OK;

	if (value && !list)
		return mr_tool_fail(app->tool, MR_ERR_NOMEM, "out of memory");
	for (char *word = list, *next; code == MR_OK && word; word = next) {
		next = strchr(word, ',');
		if (next)
			*next++ = '\0';
		code = take_class(app, word);
	}
	free(list);
	if (code == MR_OK && app->study.n_classes == 1)
		code = mr_tool_fail(app->tool, MR_ERR_USAGE,
		                    "--interpolate: name two classes or more, "
		                    "such as 3,8");
	return code;
}

static int refuse_array(struct mr_softhebb_app *app)
{
	const struct mr_study *s = &app->study;
	bool asked = s->robustness || s->posthoc || s->n_classes;

	if (!asked || app->carriers & MR_CARRY_FLOAT)
		return MR_OK;
	return mr_tool_fail(app->tool, MR_ERR_USAGE,
	                    "--%s: looks at floating-point weights; say "
	                    "--weights float or both",
	                    s->robustness ? "robustness"
	                    : s->posthoc  ? "posthoc"
	                                  : "interpolate");
}

static int refuse_unseen(struct mr_softhebb_app *app)
{
	if (!app->study.n_classes || app->plot || app->tool->json)
		return MR_OK;
	return mr_tool_fail(app->tool, MR_ERR_USAGE,
	                    "--interpolate: draws pictures; say --plot FILE, "
	                    "or --json for their numbers");
}

/* With --plot NAME.png: NAME-study.png and NAME-between.png. */
static int take_figures(struct mr_softhebb_app *app)
{
	struct mr_study *s = &app->study;
	int code = MR_OK;

	if (s->robustness || s->posthoc)
		code = mr_ending_beside(app->tool, app->plot, "-study",
		                        s->figure);
	if (code == MR_OK && s->n_classes)
		code = mr_ending_beside(app->tool, app->plot, "-between",
		                        s->walks);
	return code;
}

int mr_study_settle(struct mr_softhebb_app *app)
{
	struct mr_tool *tool = app->tool;
	uint64_t attacked = ATTACKED;
	int code = take_readout(app);

	app->study.robustness = mr_tool_value(tool, "robustness") != NULL;
	app->study.posthoc = mr_tool_value(tool, "posthoc") != NULL;
	if (code == MR_OK)
		code = mr_tool_u64(tool, "attacked", 1, ATTACKED_MAX, &attacked);
	if (code == MR_OK)
		code = take_classes(app);
	if (code == MR_OK)
		code = refuse_array(app);
	if (code == MR_OK)
		code = refuse_unseen(app);
	if (code == MR_OK)
		code = take_figures(app);
	app->study.n_attacked = (uint32_t)attacked;
	return code;
}
