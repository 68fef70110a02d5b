/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The tool's main function: finds the verb and hands over. What a verb does
 * is in cmd_*.c.
 */
#include "cmd.h"

#include <stdlib.h>
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
	{"plan", NULL, "what one of these would do, without doing it"},
	{"measure", mr_cmd_measure, "characterise cells by protocols, into a log"},
	{"run", mr_cmd_run, "run an algorithm with its weights on an array"},
	{"wait", mr_cmd_wait, "let array time pass"},
	{"configure", mr_cmd_configure, "change a condition of the array"},
	{"serve", mr_cmd_serve, "a virtual board for other programs"},
	{"fit", mr_cmd_fit, "parameters of a cell model from what was measured"},
	{"compare", mr_cmd_compare, "whether two logs could be of the same cells"},
	{"report", mr_cmd_report, "a page about what a log says of its cells"},
	{"calibrate", mr_cmd_calibrate, "measure a board's gain and offset"},
	{"log", mr_cmd_log, "list, count and export what was logged"},
	{"import", mr_cmd_import, "take measurements of other programs into a log"},
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

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < N_VERBS; i++)
		if (verbs[i].run && strcmp(name, verbs[i].name) == 0)
			return &verbs[i];
	return NULL;
}

/* "plan VERB ..." is "VERB ... --plan". */
static int plan(int argc, char **argv)
{
	static const char usage[] =
		"usage: memrig plan VERB [OPTION]...\n\n"
		"Says what read, pulse, program, drive, trace, wait or configure "
		"would do with\nthese options: the volts, amperes and seconds after "
		"the board's quantisation, the\nvoltage of each line, or why it "
		"would be refused. Nothing is applied; a board is\nopened, and made "
		"safe by that.\n\n"
		"examples:\n"
		"  memrig plan pulse --array 'emu:pcm?rows=4&cols=4' --name set\n";
	const struct verb *verb = argc > 1 ? find_verb(argv[1]) : NULL;
	char **all;
	int status;

	if (argc < 2 || strcmp(argv[1], "--help") == 0) {
		fputs(usage, argc < 2 ? stderr : stdout);
		return argc < 2 ? 2 : 0;
	}
	if (!verb)
		return unknown_verb(argv[1]);
	all = calloc((size_t)argc + 1, sizeof *all);
	if (!all)
		return 1;
	for (int i = 1; i < argc; i++)
		all[i - 1] = argv[i];
	all[argc - 1] = (char[]){"--plan"};
	status = verb->run(argc, all);
	free(all);
	return status;
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
	if (strcmp(argv[1], "plan") == 0)
		return plan(argc - 1, argv + 1);
	if (strcmp(argv[1], "guardian") == 0)
		return mr_cmd_guardian(argc - 1, argv + 1);
	const struct verb *verb = find_verb(argv[1]);

	return verb ? verb->run(argc - 1, argv + 1) : unknown_verb(argv[1]);
}
