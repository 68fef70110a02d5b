/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The verb doctor: what stands between a user and a board. */
#include "cmd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memrig/device.h"
#include "memrig/doctor.h"

#define NODE_BYTES 160

static const struct mr_tool_page doctor_page = {
	.name = "doctor",
	.summary = "Looks for what stands between you and a board: its node and "
		   "whose it is, who\nhas it open, udev rules, ModemManager, "
		   "kernel drivers; and says what would\nmend it. Opens no board. "
		   "Without a NODE, each device that 'memrig list' finds.\nExit "
		   "status 1 if there is trouble.",
	.usage = "[OPTION]... [NODE]",
	.groups = MR_TOOL_JSON,
	.args_max = 1,
	.examples =
		"  memrig doctor\n"
		"  memrig doctor --json\n",
};

struct round {
	struct mr_tool *tool;
	json_t *list; /* NULL = for people */
	char about[NODE_BYTES];
	bool begun;
	unsigned n_trouble;
	char seen[1024]; /* nodes that were looked at, each after a newline */
};

static const char *const words[] = {[MR_HEALTH_FINE] = "fine",
                                    [MR_HEALTH_NOTE] = "note",
                                    [MR_HEALTH_TROUBLE] = "TROUBLE"};

static int show(void *user, const struct mr_finding *f)
{
	struct round *r = user;
	FILE *to = r->tool->out;

	r->n_trouble += f->health == MR_HEALTH_TROUBLE;
	if (r->list)
		return json_array_append_new(
			       r->list,
			       json_pack("{s:s,s:s,s:s,s:s}", "about", f->about,
		                         "health",
		                         f->health == MR_HEALTH_TROUBLE
		                                 ? "trouble"
		                                 : words[f->health],
		                         "what", f->what, "remedy", f->remedy))
		               ? MR_ERR_NOMEM
		               : MR_OK;
	if (!r->begun || strcmp(r->about, f->about) != 0)
		fprintf(to, "%s%s\n", r->begun ? "\n" : "",
		        f->about[0] ? f->about : "this machine");
	r->begun = true;
	(void)snprintf(r->about, sizeof r->about, "%s", f->about);
	fprintf(to, "  %-7s  %s\n", words[f->health], f->what);
	if (f->remedy[0])
		fprintf(to, "           do: %s\n", f->remedy);
	return MR_OK;
}

/* A USB position "usb 1.4" has its node in the bus's folder. */
static void node_of(const struct mr_device *d, char *out)
{
	unsigned long bus, number;
	char *end;

	(void)snprintf(out, NODE_BYTES, "%s", d->path);
	if (strncmp(d->path, "usb ", 4) != 0)
		return;
	bus = strtoul(d->path + 4, &end, 10);
	if (*end != '.')
		return;
	number = strtoul(end + 1, &end, 10);
	if (*end == '\0')
		(void)snprintf(out, NODE_BYTES, "/dev/bus/usb/%03lu/%03lu", bus,
		               number);
}

static int look_at(void *user, const struct mr_device *d)
{
	struct round *r = user;
	char node[NODE_BYTES + 2];
	size_t used = strlen(r->seen);

	node[0] = '\n';
	node_of(d, node + 1);
	/* a composite device is found by more than one transport */
	if (strstr(r->seen, node) || used + strlen(node) >= sizeof r->seen)
		return MR_OK;
	memcpy(r->seen + used, node, strlen(node) + 1);
	return mr_doctor_node(NULL, node + 1, show, r);
}

static int all_devices(struct round *r)
{
	struct mr_errtext err = {""};
	int code = mr_doctor_machine(NULL, show, r);

	if (code == MR_OK)
		code = mr_devices_list(look_at, r, &err);
	if (code == MR_OK && !r->seen[0] && !r->list)
		fputs("\nno device is plugged in that a board may be behind\n",
		      r->tool->out);
	return code == MR_OK ? code
	                     : mr_tool_fail(r->tool, code, "%s", err.text);
}

static int doctor_work(struct mr_tool *tool)
{
	struct round r = {.tool = tool,
	                  .list = tool->json ? json_array() : NULL};
	const char *node = tool->n_args ? tool->args[0] : NULL;
	int code;

	if (node && node[0] != '/') {
		json_decref(r.list);
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "'%s': name a node, such as /dev/ttyACM0",
		                    node);
	}
	code = node ? mr_doctor_node(NULL, node, show, &r) : all_devices(&r);
	if (code == MR_OK && tool->json) {
		json_t *object = mr_tool_object("doctor");

		json_object_set_new(object, "findings", r.list);
		code = mr_tool_print(tool, object);
	} else {
		json_decref(r.list);
	}
	tool->show_always = true;
	if (code == MR_OK && r.n_trouble)
		tool->status = 1;
	return code;
}

int mr_cmd_doctor(int argc, char **argv)
{
	struct mr_tool tool;
	int code = MR_OK;

	if (mr_tool_parse(&tool, &doctor_page, argc, argv))
		code = doctor_work(&tool);
	return mr_tool_end(&tool, code);
}
