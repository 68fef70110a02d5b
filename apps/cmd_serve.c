/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The verb serve: a virtual board for other programs. */
#include "cmd.h"

#include <string.h>

#include "memrig/serve.h"

static const struct mr_tool_option serve_options[] = {
	{"listen", "WHERE", "unix:PATH, tcp:127.0.0.1:PORT (0 = any), pty or "
	 "usbip:PATH", false},
	{"attach", "vhci", "instead: be a USB device of this machine (Linux, "
	 "root, modprobe vhci-hcd)", false},
	{"personality", "KIND", "of the USB device: usbtmc, bulk or acm; default: "
	 "what suits the board", false},
	{"time-scale", "X", "seconds of the board per second; default 1; 0 = "
	 "emulated time", false},
	{"control", "unix:PATH", "a socket that takes lines 'advance SECONDS'",
	 false},
	{"router", "WHERE", "the switch matrix of an smu bench; as --listen",
	 false},
	{0},
};

static const struct mr_tool_page serve_page = {
	.name = "serve",
	.summary = "Serves a virtual board: the bytes of a real one, an emulated "
		   "array behind\nthem. Prints where it listens, and on a second "
		   "line where its router does; ^C\nends it. With --time-scale 0 "
		   "the board's clock moves by what its work takes,\nat once.",
	.usage = "[OPTION]... BOARD emu:MODEL[?KEY=VALUE...] "
		 "--listen=WHERE|--attach=vhci",
	.groups = MR_TOOL_JSON,
	.options = serve_options,
	.args_min = 2,
	.args_max = 2,
	.examples =
		"  memrig serve scpi 'emu:ideal?rows=8&cols=8' --listen "
		"unix:/tmp/board\n"
		"  memrig probe scpi+unix:/tmp/board\n"
		"  sudo memrig serve scpi emu:pcm --attach vhci\n"
		"  memrig probe scpi+usbtmc:1209:0001\n"
		"  memrig serve smu 'emu:ideal?rows=4&cols=4&board.profile=2400' "
		"\\\n      --listen unix:/tmp/smu --router unix:/tmp/matrix\n",
};

/* Where it listens; NULL after a message. */
static const char *place(struct mr_tool *tool, int *code)
{
	const char *listen = mr_tool_value(tool, "listen");
	const char *attach = mr_tool_value(tool, "attach");

	if (!listen == !attach)
		*code = mr_tool_fail(tool, MR_ERR_USAGE,
		                     listen ? "either --listen or --attach"
		                            : "where? Say for example --listen "
		                              "unix:/tmp/board");
	else if (attach && strcmp(attach, "vhci") != 0)
		*code = mr_tool_fail(tool, MR_ERR_USAGE,
		                     "--attach %s: must be vhci", attach);
	else
		return listen ? listen : attach;
	return NULL;
}

/* Now, not at the end: whoever started this waits for it. */
static void tell_addresses(const struct mr_tool *tool,
                           const struct mr_server *server)
{
	const char *router = mr_server_router(server);
	json_t *o = tool->json ? mr_tool_object("serve") : NULL;

	if (o) {
		json_object_set_new(o, "address",
		                    json_string(mr_server_address(server)));
		json_object_set_new(o, "router",
		                    router ? json_string(router) : json_null());
		(void)json_dumpf(o, stdout, 0);
		(void)putchar('\n');
		json_decref(o);
	} else {
		printf("%s\n", mr_server_address(server));
		if (router)
			printf("%s\n", router);
	}
	(void)fflush(stdout);
}

static int serve_work(struct mr_tool *tool)
{
	struct mr_serve_options options = {
		.time_scale = 1,
		.control = mr_tool_value(tool, "control"),
		.personality = mr_tool_value(tool, "personality"),
		.router = mr_tool_value(tool, "router")};
	const char *listen;
	struct mr_errtext err = {""};
	struct mr_server *server = NULL;
	int code = mr_tool_double(tool, "time-scale", "1", 0, 1e9,
	                          &options.time_scale);

	if (code != MR_OK)
		return code;
	listen = place(tool, &code);
	if (!listen)
		return code;
	mr_tool_catch_signals(tool);
	code = mr_server_open(tool->args[0], tool->args[1], listen, &options,
	                      &server, &err);
	if (code == MR_OK) {
		tell_addresses(tool, server);
		code = mr_server_run(server, tool->context.stop, &err);
	}
	struct mr_errtext late = {""};
	int closed = mr_server_close(server, &late);

	if (code == MR_OK && closed != MR_OK)
		return mr_tool_fail(tool, closed, "%s", late.text);
	return code == MR_OK ? MR_OK : mr_tool_fail(tool, code, "%s", err.text);
}

int mr_cmd_serve(int argc, char **argv)
{
	struct mr_tool tool;
	int code = MR_OK;

	if (mr_tool_parse(&tool, &serve_page, argc, argv))
		code = serve_work(&tool);
	return mr_tool_end(&tool, code);
}
