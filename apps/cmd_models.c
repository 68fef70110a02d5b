/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The verb models: cell models and their declared parameters. */
#include "cmd.h"

#include "memrig/model.h"

static const struct mr_tool_page models_page = {
	.name = "models",
	.summary = "Lists the cell models, or the parameters of one: unit, range, "
		   "default,\nmeaning and where the default comes from. A "
		   "parameter is set in a URI, such as\n"
		   "'emu:NAME?PARAMETER=VALUE'.",
	.usage = "[OPTION]... [NAME]",
	.groups = MR_TOOL_JSON,
	.args_max = 1,
	.examples =
		"  memrig models\n"
		"  memrig models pcm --json\n",
};

static json_t *json_model(const struct mr_model *model)
{
	json_t *params = json_array();

	for (uint32_t i = 0; i < model->n_params; i++) {
		const struct mr_param *p = &model->params[i];

		json_array_append_new(
			params,
			json_pack("{s:s, s:s, s:o, s:o, s:o, s:s, s:s}",
		                  "name", p->name, "unit", p->unit, "value",
		                  mr_tool_real(p->value), "min",
		                  mr_tool_real(p->min), "max",
		                  mr_tool_real(p->max), "text", p->text,
		                  "source", p->source));
	}
	return json_pack("{s:s, s:s, s:s, s:o}", "name", model->name,
	                 "summary", model->summary, "source", model->source,
	                 "parameters", params);
}

static int print_json(struct mr_tool *tool,
                      const struct mr_model *const *models, size_t n)
{
	json_t *object = mr_tool_object("models");
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_model(models[i]));
	json_object_set_new(object, "models", list);
	return mr_tool_print(tool, object);
}

static void print_model(struct mr_tool *tool, const struct mr_model *model)
{
	char range[64];

	fprintf(tool->out, "%s: %s\nsource: %s\n\n  %-22s %-6s %12s %-24s %s\n",
	        model->name, model->summary, model->source, "parameter",
	        "unit", "default", "range", "meaning (source of the default)");
	for (uint32_t i = 0; i < model->n_params; i++) {
		const struct mr_param *p = &model->params[i];

		snprintf(range, sizeof(range), "%g to %g", p->min, p->max);
		fprintf(tool->out, "  %-22s %-6s %12.6g %-24s %s (%s)\n",
		        p->name, p->unit, p->value, range, p->text, p->source);
	}
}

static int models_work(struct mr_tool *tool)
{
	size_t n = 0;
	const struct mr_model *const *models = mr_models(&n);
	const struct mr_model *one = NULL;
	struct mr_errtext err = {{0}};

	if (tool->n_args == 1) {
		one = mr_model_find(tool->args[0], &err);
		if (one == NULL)
			return mr_tool_fail(tool, MR_ERR_USAGE, "%s",
			                    err.text);
		models = &one;
		n = 1;
	}
	if (tool->json)
		return print_json(tool, models, n);
	if (one != NULL) {
		print_model(tool, one);
		return MR_OK;
	}
	for (size_t i = 0; i < n; i++)
		fprintf(tool->out, "%-12s %s\n", models[i]->name,
		        models[i]->summary);
	return MR_OK;
}

int mr_cmd_models(int argc, char **argv)
{
	struct mr_tool tool;
	int code = MR_OK;

	if (mr_tool_parse(&tool, &models_page, argc, argv))
		code = models_work(&tool);
	return mr_tool_end(&tool, code);
}
