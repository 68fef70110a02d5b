/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The one table of models, and what all of them share: looking up and
 * checking parameters. */
#include "models.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct mr_model *const table[] = {
	&mr__model_ideal,
	&mr__model_pcm,
	&mr__model_pcm_hermes1,
	&mr__model_pcm_hermes2,
	&mr__model_pcm_step,
	&mr__model_pcm_table,
	&mr__model_pcm_target,
};

#define TABLE_SIZE (sizeof table / sizeof table[0])

const struct mr_model *const *mr_models(size_t *n)
{
	if (n)
		*n = TABLE_SIZE;
	return table;
}

const struct mr_model *mr_model_find(const char *name, struct mr_errtext *err)
{
	char known[256] = "";
	size_t used = 0;

	for (size_t i = 0; i < TABLE_SIZE; i++) {
		if (name && strcmp(table[i]->name, name) == 0)
			return table[i];
		if (used < sizeof known)
			used += (size_t)snprintf(known + used,
			                         sizeof known - used, "%s%s",
			                         i ? ", " : "", table[i]->name);
	}
	(void)mr_errtext_set(err, MR_ERR_USAGE,
	                     "unknown model '%s'; there are: %s",
	                     name ? name : "", known);
	return NULL;
}

void mr_model_defaults(const struct mr_model *model, double *values)
{
	for (uint32_t i = 0; i < model->n_params; i++)
		values[i] = model->params[i].value;
}

int mr_model_param(const struct mr_model *model, const char *name,
                   uint32_t *out, struct mr_errtext *err)
{
	char known[512] = "";
	size_t used = 0;

	for (uint32_t i = 0; i < model->n_params; i++) {
		if (strcmp(model->params[i].name, name) == 0) {
			*out = i;
			return MR_OK;
		}
		if (used < sizeof known)
			used += (size_t)snprintf(
				known + used, sizeof known - used, "%s%s",
				i ? ", " : "", model->params[i].name);
	}
	return mr_errtext_set(err, MR_ERR_USAGE,
	                      "model %s has no parameter '%s'; it has: %s",
	                      model->name, name, known);
}

int mr_model_set(const struct mr_model *model, const char *name, double value,
                 double *values, struct mr_errtext *err)
{
	uint32_t i = 0;
	int rc = mr_model_param(model, name, &i, err);

	if (rc)
		return rc;
	const struct mr_param *p = &model->params[i];

	if (!(value >= p->min && value <= p->max))
		return mr_errtext_set(
			err, MR_ERR_RANGE,
			"parameter %s = %g %s of model %s: must be %g to %g",
			name, value, p->unit, model->name, p->min, p->max);
	values[i] = value;
	return MR_OK;
}

MR_CLONES
void mr__models_stamp(int64_t *t_p_ns, uint32_t n, int64_t t_ns)
{
	for (uint32_t i = 0; i < n; i++)
		t_p_ns[i] = t_ns;
}
