/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Parameter files, read for every model there is. */
#include <string.h>

#include "fuzz.h"
#include "memrig/memrig.h"
#include "memrig/model.h"

const char mr_fuzz_name[] = "params";

static void load(const struct mr_model *model, const char *path)
{
	double values[MR_PARAMS_MAX] = {0}, before[MR_PARAMS_MAX] = {0};
	struct mr_errtext err = {""};

	mr_model_defaults(model, values);
	memcpy(before, values, sizeof values);
	if (!mr_fuzz_judge(mr_model_load(model, path, values, &err),
	                   err.text)) {
		for (uint32_t i = 0; i < model->n_params; i++)
			mr_fuzz_must(values[i] == before[i],
			             "what is refused changes nothing");
		mr_fuzz_must(strstr(err.text, path) != NULL ||
		                     strstr(err.text, "must") != NULL,
		             "the sentence names the file or the clash");
		return;
	}
	for (uint32_t i = 0; i < model->n_params; i++)
		mr_fuzz_must(values[i] >= model->params[i].min &&
		                     values[i] <= model->params[i].max,
		             "a value is within its limits");
	mr_fuzz_must(!model->check || model->check(values, &err) == MR_OK,
	             "the values fit each other");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *path = mr_fuzz_file(data, size);
	size_t n = 0;
	const struct mr_model *const *models = mr_models(&n);

	for (size_t i = 0; i < n; i++)
		load(models[i], path);
	return 0;
}
