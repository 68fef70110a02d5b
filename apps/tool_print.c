/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* JSON objects, the progress bar and the command line as text. */
#include "cmd.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool_priv.h"

#define JSON_DIGITS 15          /* decimals of a double survive unchanged */
#define BAR_WIDTH 30            /* characters */
#define BAR_EVERY_NS 100000000  /* redrawn ten times per second */

json_t *mr_tool_object(const char *kind)
{
	json_t *object = json_object();

	json_object_set_new(object, "schema",
	                    json_sprintf("memrig.%s/1", kind));
	return object;
}

json_t *mr_tool_real(double x)
{
	char text[32];

	if (!isfinite(x))
		return json_null();
	/* a float has nine digits at most: the rest would be noise */
	snprintf(text, sizeof(text), "%.9g", x);
	return json_real(strtod(text, NULL));
}

json_t *mr_tool_reals(const float *x, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(array, mr_tool_real((double)x[i]));
	return array;
}

int mr_tool_print(struct mr_tool *tool, json_t *object)
{
	int bad = object == NULL
	          || json_dumpf(object, tool->out,
	                        JSON_REAL_PRECISION(JSON_DIGITS)) != 0;

	json_decref(object);
	if (bad)
		return mr_tool_fail(tool, MR_ERR_NOMEM, "out of memory");
	fputc('\n', tool->out);
	return MR_OK;
}

/* ---- progress ------------------------------------------------------------ */

void mr__tool_end_bar(struct mr_tool *tool)
{
	if (tool->bar_shown)
		fputs("\r\033[K", stderr);
	tool->bar_shown = false;
	tool->bar_ns = 0;
}

static void draw_bar(struct mr_tool *tool, const char *what, double share,
                     double elapsed_s)
{
	char bar[BAR_WIDTH + 1];
	char left[32];
	int full = (int)(share * BAR_WIDTH);

	memset(bar, '.', BAR_WIDTH);
	memset(bar, '#', (size_t)full);
	bar[BAR_WIDTH] = '\0';
	left[0] = '\0';
	if (share > 0.0)
		snprintf(left, sizeof(left), "%.0f s left",
		         elapsed_s * (1.0 - share) / share);
	fprintf(stderr, "\r%s [%s] %3.0f %% %s\033[K", what, bar,
	        share * 100.0, left);
	tool->bar_shown = true;
}

void mr_tool_progress(struct mr_tool *tool, const char *what, uint64_t done,
                      uint64_t total)
{
	int64_t now_ns;

	if (tool->quiet || total == 0 || !isatty(STDERR_FILENO))
		return;
	if (done >= total) {
		mr__tool_end_bar(tool);
		return;
	}
	now_ns = tool->clock.monotonic_ns(tool->clock.self);
	if (tool->bar_ns == 0)
		tool->bar_begin_ns = now_ns;
	else if (now_ns - tool->bar_ns < BAR_EVERY_NS)
		return;
	tool->bar_ns = now_ns;
	draw_bar(tool, what, (double)done / (double)total,
	         (double)(now_ns - tool->bar_begin_ns) * 1e-9);
}

/* ---- command line -------------------------------------------------------- */

static void put_quoted(FILE *to, const char *text)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789-_=+:,./%@";

	if (text[0] != '\0' && strspn(text, plain) == strlen(text)) {
		fputs(text, to);
		return;
	}
	fputc('\'', to);
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			fputs("'\\''", to);
		else
			fputc(*text, to);
	}
	fputc('\'', to);
}

char *mr__tool_command(const char *name, int argc, char **argv)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	if (to == NULL)
		return NULL;
	fprintf(to, "memrig %s", name);
	for (int i = 1; i < argc; i++) {
		fputc(' ', to);
		put_quoted(to, argv[i]);
	}
	if (fclose(to) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
