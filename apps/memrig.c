/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The tool's main function: finds the verb and hands over. What a verb does
 * is in cmd_*.c.
 */
#include "cmd.h"

#include <string.h>

/** A verb of the tool. */
struct verb {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *text;
};

/* In the order in which a newcomer meets them. */
static const struct verb verbs[] = {
	{"list", mr_cmd_list, "what is plugged in"},
	{"doctor", mr_cmd_doctor, "what stands between you and a board"},
	{"probe", mr_cmd_probe, "who answers at a URI"},
	{"info", mr_cmd_info, "what an array says of itself"},
	{"models", mr_cmd_models, "the cell models and their parameters"},
	{"read", mr_cmd_read, "read conductances"},
	{"pulse", mr_cmd_pulse, "apply programming pulses"},
	{"program", mr_cmd_program, "bring cells to target conductances"},
	{"drive", mr_cmd_drive, "analog matrix-vector products"},
	{"trace", mr_cmd_trace, "play a waveform and sample it (I-V sweeps)"},
	{"run", mr_cmd_run, "run an algorithm with its weights on an array"},
	{"wait", mr_cmd_wait, "let array time pass"},
	{"configure", mr_cmd_configure, "change a condition of the array"},
	{"serve", mr_cmd_serve, "a virtual board for other programs"},
	{"log", mr_cmd_log, "list, count and export what was logged"},
	{"plot", mr_cmd_plot, "draw what was logged"},
};

#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

static void print_help(FILE *to)
{
	fputs("usage: memrig VERB [OPTION]...\n\n"
	      "Drives memristive crossbars: emulated ones, recorded ones and\n"
	      "boards. An array is named by one string, such as\n"
	      "'emu:pcm?rows=4&cols=4&seed=7', with --array or in "
	      "$MEMRIG_ARRAY.\n\nverbs:\n", to);
	for (size_t i = 0; i < N_VERBS; i++)
		fprintf(to, "  %-10s %s\n", verbs[i].name, verbs[i].text);
	fputs("\nexamples:\n"
	      "  memrig info 'emu:pcm?rows=4&cols=4'\n"
	      "  memrig read --array 'emu:pcm?rows=4&cols=4' --rows 0-1\n\n"
	      "'memrig VERB --help' explains a verb. Exit status: 0 success,\n"
	      "1 failure at run time, 2 wrong use or input.\n", to);
}

static int unknown_verb(const char *name)
{
	fprintf(stderr, "memrig: '%s' is no verb; there are", name);
	for (size_t i = 0; i < N_VERBS; i++)
		fprintf(stderr, "%s %s", i > 0 ? "," : "", verbs[i].name);
	fputs(" (and --help, --version)\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		print_help(stderr);
		return 2;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
		print_help(stdout);
		return 0;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("memrig %s\n", mr_version());
		return 0;
	}
	if (strcmp(argv[1], "guardian") == 0)
		return mr_cmd_guardian(argc - 1, argv + 1);
	for (size_t i = 0; i < N_VERBS; i++) {
		if (strcmp(argv[1], verbs[i].name) == 0)
			return verbs[i].run(argc - 1, argv + 1);
	}
	return unknown_verb(argv[1]);
}
