/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The verb run: finds the app and hands over. */
#include "cmd.h"

#include "correlation/app.h"
#include "fstdp/app.h"
#include "softhebb/app.h"
#include "synapses/app.h"

#include <string.h>

/** An app. */
struct app {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *text;
};

static const struct app apps[] = {
	{"correlation", mr_app_correlation,
	 "correlation detection by accumulated pulses"},
	{"fstdp", mr_app_fstdp,
	 "correlation detection with fatiguing plasticity (FSTDP)"},
	{"softhebb", mr_app_softhebb,
	 "images learned without labels by soft winner-take-all (SoftHebb)"},
	{"synapses", mr_app_synapses,
	 "weights of several cells each come apart, the more the better"},
};

#define N_APPS (sizeof apps / sizeof *apps)

static void print_help(FILE *to)
{
	fputs("usage: memrig run APP [OPTION]...\n\n"
	      "Runs an algorithm with its weights on an array, beside a software\n"
	      "baseline.\n\napps:\n",
	      to);
	for (size_t k = 0; k < N_APPS; k++)
		fprintf(to, "  %-10s %s\n", apps[k].name, apps[k].text);
	fputs("\nexamples:\n  memrig run fstdp --plot rain.png\n"
	      "\n'memrig run APP --help' explains an app.\n",
	      to);
}

int mr_cmd_run(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;

	if (name && (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)) {
		print_help(stdout);
		return 0;
	}
	for (size_t k = 0; name && k < N_APPS; k++)
		if (strcmp(apps[k].name, name) == 0)
			return apps[k].run(argc - 1, argv + 1);
	if (name)
		fprintf(stderr, "memrig: run: '%s' is no app\n", name);
	print_help(stderr);
	return 2;
}
