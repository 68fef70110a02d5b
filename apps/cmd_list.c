/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The verbs list and probe: what is plugged in, and what answers there. */
#include "cmd.h"

#include <string.h>

#include "memrig/device.h"

static const struct mr_tool_option list_options[] = {
	{"watch", NULL, "a line for each that is there or comes (+) or goes (-), until ^C",
	 false},
	{"for", "TIME", "with --watch: only so long", false},
	{0},
};

static const struct mr_tool_page list_page = {
	.name = "list",
	.summary = "Lists devices that a board may be behind, without opening any "
		   "of them.\nWhat stands before the '+' is a guess; 'memrig "
		   "probe URI' asks the board.",
	.usage = "[OPTION]...",
	.options = list_options,
	.groups = MR_TOOL_JSON,
	.examples =
		"  memrig list\n"
		"  memrig list --json\n"
		"  memrig list --watch --for 1min\n",
};

#define WATCH_SLICE_S 0.2 /* how long a signal may go unnoticed */
#define WATCH_MAX_S 1e9

static const struct mr_tool_page probe_page = {
	.name = "probe",
	.summary = "Opens what a URI names, says who answers, and closes it "
		   "again. A board is\nput into its safe state by that. A port is "
		   "named such as\narc1+serial:/dev/ttyACM0, "
		   "scpi+usbtmc:VID:PID, scpi+tcp:192.168.0.7.",
	.usage = "[OPTION]... URI",
	.groups = MR_TOOL_JSON,
	.args_min = 1,
	.args_max = 1,
	.examples =
		"  memrig probe 'scpi+loop:ideal?emu.rows=8&emu.cols=8'\n"
		"  memrig probe 'arc1+loop:ideal?device=ideal'\n",
};

/* ---- list ---------------------------------------------------------------------- */

struct listing {
	struct mr_tool *tool;
	json_t *list; /* NULL = for people */
	unsigned n;
};

static json_t *numbers(const struct mr_device *d)
{
	char text[16];

	if (!d->vendor)
		return json_null();
	(void)snprintf(text, sizeof text, "%04x:%04x", d->vendor, d->product);
	return json_string(text);
}

static json_t *object_of(const struct mr_device *d)
{
	return json_pack("{s:s, s:s, s:s, s:o, s:s, s:s, s:s}", "uri", d->uri,
	                 "transport", d->transport, "path", d->path, "usb",
	                 numbers(d), "serial", d->serial, "name", d->name,
	                 "note", d->note);
}

static void print_line(FILE *out, const struct mr_device *d)
{
	fprintf(out, "%-48s %s", d->uri, d->name[0] ? d->name : "-");
	if (d->vendor)
		fprintf(out, "  [%04x:%04x]", d->vendor, d->product);
	if (d->note[0])
		fprintf(out, "  (%s)", d->note);
	fputc('\n', out);
}

static int show(void *user, const struct mr_device *d)
{
	struct listing *l = user;

	l->n++;
	if (l->list)
		json_array_append_new(l->list, object_of(d));
	else
		print_line(l->tool->out, d);
	return MR_OK;
}

/* Each change at once, not at the end: somebody waits for it. */
static int show_change(void *user, enum mr_device_change change,
                       const struct mr_device *d)
{
	const struct mr_tool *tool = user;
	bool came = change == MR_DEVICE_ARRIVED;

	if (tool->json) {
		json_t *object = mr_tool_object("list-change");

		json_object_set_new(object, "change",
		                    json_string(came ? "arrived" : "left"));
		json_object_set_new(object, "device", object_of(d));
		(void)json_dumpf(object, stdout, JSON_COMPACT);
		json_decref(object);
		fputc('\n', stdout);
	} else {
		fputs(came ? "+ " : "- ", stdout);
		print_line(stdout, d);
	}
	return fflush(stdout) ? MR_ERR_IO : MR_OK;
}

static int show_first(void *user, const struct mr_device *d)
{
	return show_change(user, MR_DEVICE_ARRIVED, d);
}

static int watch_on(struct mr_tool *tool, struct mr_device_watch *watch,
                    double for_s)
{
	struct mr_errtext err = {""};
	struct mr_clock clock;
	int64_t end_ns;
	int code = MR_ERR_TIMEOUT;

	mr_clock_system(&clock);
	end_ns = clock.monotonic_ns(clock.self) + (int64_t)(for_s * 1e9);
	while (code == MR_OK || code == MR_ERR_TIMEOUT) {
		if (*tool->context.stop ||
		    clock.monotonic_ns(clock.self) >= end_ns)
			return MR_OK;
		code = mr_device_watch_wait(watch, WATCH_SLICE_S, show_change,
		                            tool, &err);
	}
	return mr_tool_fail(tool, code, "%s",
	                    err.text[0] ? err.text : "cannot write");
}

static int watch_work(struct mr_tool *tool)
{
	struct mr_device_watch *watch;
	struct mr_errtext err = {""};
	double for_s = WATCH_MAX_S;
	int code = mr_tool_double(tool, "for", "s", 0, WATCH_MAX_S, &for_s);

	if (code != MR_OK)
		return code;
	mr_tool_catch_signals(tool);
	code = mr_device_watch_open(&watch, &err);
	if (code != MR_OK)
		return mr_tool_fail(tool, code, "%s", err.text);
	/* what is there has arrived before */
	struct mr_errtext why = {""};

	code = mr_devices_list(show_first, tool, &why);
	if (code != MR_OK)
		code = mr_tool_fail(tool, code, "%s", why.text);
	else
		code = watch_on(tool, watch, for_s);
	mr_device_watch_close(watch);
	return code;
}

static int list_work(struct mr_tool *tool)
{
	struct listing l = {.tool = tool};
	struct mr_errtext err = {""};
	int code;

	if (mr_tool_value(tool, "watch"))
		return watch_work(tool);
	if (mr_tool_value(tool, "for"))
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--for is for --watch: how long to watch");
	if (tool->json)
		l.list = json_array();
	code = mr_devices_list(show, &l, &err);
	if (code != MR_OK) {
		json_decref(l.list);
		return mr_tool_fail(tool, code, "%s", err.text);
	}
	if (!tool->json) {
		if (l.n == 0)
			fputs("no device; emulated arrays need none: memrig "
			      "info emu:pcm\n", tool->out);
		return MR_OK;
	}
	json_t *object = mr_tool_object("list");

	json_object_set_new(object, "devices", l.list);
	return mr_tool_print(tool, object);
}

int mr_cmd_list(int argc, char **argv)
{
	struct mr_tool tool;
	int code = MR_OK;

	if (mr_tool_parse(&tool, &list_page, argc, argv))
		code = list_work(&tool);
	return mr_tool_end(&tool, code);
}

/* ---- probe --------------------------------------------------------------------- */

static int probe_work(struct mr_tool *tool)
{
	const struct mr_description *d;
	int code;

	tool->uri = tool->args[0];
	code = mr_tool_open(tool);
	if (code != MR_OK)
		return code;
	d = mr_array_describe(tool->array);
	if (!tool->json) {
		fprintf(tool->out, "%s\n%s, %u rows x %u columns of %s\n",
		        d->identity, d->driver, (unsigned)d->rows,
		        (unsigned)d->cols, d->model);
		return MR_OK;
	}
	json_t *object = mr_tool_object("probe");

	json_object_update_new(
		object, json_pack("{s:s, s:s, s:s, s:s, s:i, s:i}", "uri",
	                          tool->uri, "identity", d->identity, "driver",
	                          d->driver, "model", d->model, "rows",
	                          (int)d->rows, "cols", (int)d->cols));
	return mr_tool_print(tool, object);
}

int mr_cmd_probe(int argc, char **argv)
{
	struct mr_tool tool;
	int code = MR_OK;

	if (mr_tool_parse(&tool, &probe_page, argc, argv))
		code = probe_work(&tool);
	return mr_tool_end(&tool, code);
}
