/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* "memrig compare A B": could two logs be of the same kind of cells? */
#include "cmd.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd_compare.h"
#include "memrig/compare.h"
#include "runlist.h"

static const struct mr_tool_option options[] = {
	{"alpha", "P", "level at which all tests together reject; default 0.01",
	 false},
	{"keep", "FILE", "keep the log of what was done to the array B", false},
	{"plot", "FILE", "draw the distributions, .png or .svg (needs gnuplot)",
	 false},
	{"all", NULL, "list all groups, not only those that differ", false},
	MR_RUNLIST_OPTION,
	{0},
};

static const struct mr_tool_page page = {
	.name = "compare",
	.usage = "LOG LOG|URI [OPTION]...",
	.summary =
		"Tests whether two logs could be of the same kind of cells. With "
		"an\narray instead of the second log, does with it what the first "
		"log did.\nExit status 0 whatever the answer; --json says 'rejected'.",
	.groups = MR_TOOL_JSON,
	.options = options,
	.args_min = 2,
	.args_max = 2,
	.examples = "  memrig compare run.db emu:mychip.ini?seed=3\n"
		    "  memrig compare monday.db tuesday.db --all\n",
};

/* ---- results ------------------------------------------------------------- */

static json_t *test_json(const struct mr_compare_test *t)
{
	return json_pack(
		"{ss, ss, so, sI, sI, so, so, so, so, so, so, so, so, sb}",
		"protocol", t->protocol, "quantity",
		mr_compare_quantity_name(t->quantity), "level",
		mr_tool_real(t->level), "n_a", (json_int_t)t->n_a, "n_b",
		(json_int_t)t->n_b, "median_a", mr_tool_real(t->median_a),
		"median_b", mr_tool_real(t->median_b), "effect",
		mr_tool_real(t->effect), "ks", mr_tool_real(t->ks), "ks_p",
		mr_tool_real(t->ks_p), "energy", mr_tool_real(t->energy),
		"energy_p", mr_tool_real(t->energy_p), "p_corrected",
		mr_tool_real(t->p), "rejected", t->rejected);
}

static void print_json(struct mr_tool *tool, const struct mr_comparison *c,
                       const struct mr_replay_notes *notes)
{
	json_t *object = mr_tool_object("compare");
	json_t *list = json_array();

	for (size_t k = 0; k < c->n_tests; k++)
		(void)json_array_append_new(list, test_json(&c->tests[k]));
	(void)json_object_set_new(object, "a", json_string(tool->args[0]));
	(void)json_object_set_new(object, "b", json_string(tool->args[1]));
	(void)json_object_set_new(object, "alpha", mr_tool_real(c->alpha));
	(void)json_object_set_new(object, "groups",
	                          json_integer((json_int_t)c->n_tests));
	(void)json_object_set_new(object, "skipped",
	                          json_integer((json_int_t)c->n_skipped));
	(void)json_object_set_new(object, "rejected",
	                          json_integer((json_int_t)c->rejected));
	(void)json_object_set_new(object, "targets_moved",
	                          json_integer((json_int_t)notes->n_moved));
	(void)json_object_set_new(
		object, "operations_left_out",
		json_integer((json_int_t)notes->n_unsupported));
	(void)json_object_set_new(object, "tests", list);
	(void)mr_tool_print(tool, object);
}

static void print_test(FILE *to, const struct mr_compare_test *t)
{
	fprintf(to, "%s %-10s %-18s %10.4g %7zu %7zu %11.4g %11.4g %7.2f %6.3f "
	        "%9.2g %6.3f %9.2g %9.2g\n",
	        t->rejected ? "*" : " ", t->protocol,
	        mr_compare_quantity_name(t->quantity), t->level, t->n_a, t->n_b,
	        t->median_a, t->median_b, t->effect, t->ks, t->ks_p, t->energy,
	        t->energy_p, t->p);
}

static void print_notes(FILE *to, const struct mr_replay_notes *notes)
{
	if (notes->n_moved)
		fprintf(to, "%" PRIu64 " targets a little beyond the range of B "
		        "went to its end\n", notes->n_moved);
	if (notes->n_unsupported)
		fprintf(to, "%" PRIu64 " operations that B cannot do were left "
		        "out\n", notes->n_unsupported);
}

static void print_text(struct mr_tool *tool, const struct mr_comparison *c,
                       const struct mr_replay_notes *notes)
{
	bool all = mr_tool_value(tool, "all") != NULL;

	fprintf(tool->out, "%zu of %zu groups differ (level %g for all tests "
	        "together; %zu groups too small or on one side only)\n",
	        c->rejected, c->n_tests, c->alpha, c->n_skipped);
	if (c->rejected > 0 || all)
		fprintf(tool->out,
		        "\n  %-10s %-18s %10s %7s %7s %11s %11s %7s %6s %9s "
		        "%6s %9s %9s\n",
		        "protocol", "quantity", "level", "n A", "n B",
		        "median A", "median B", "effect", "KS", "p", "energy",
		        "p", "corrected");
	for (size_t k = 0; k < c->n_tests; k++)
		if (all || c->tests[k].rejected)
			print_test(tool->out, &c->tests[k]);
	print_notes(tool->out, notes);
}

/* ---- work ---------------------------------------------------------------- */

static bool is_uri(const char *text)
{
	const char *colon = strchr(text, ':');

	return colon && access(text, F_OK) != 0
	       && strcspn(text, "/.") > (size_t)(colon - text);
}

struct sides {
	struct mr_history *a;
	struct mr_history *b;
	char copy[512];   /* log of what was done to the array */
	bool temporary;
	struct mr_replay_notes notes;
};

static void show_progress(void *user, uint64_t done, uint64_t total)
{
	mr_tool_progress(user, "replay", done, total);
}

/* Does with the array what the log did, and reads what came of it. */
static int replay(struct mr_tool *tool,
                  const struct mr_history_options *which, struct sides *s)
{
	const char *keep = mr_tool_value(tool, "keep");
	const char *dir = getenv("TMPDIR");
	struct mr_errtext err = {""};
	int code;

	s->temporary = !keep;
	(void)snprintf(s->copy, sizeof s->copy, "%s%s%s",
	               keep ? keep : dir ? dir : "/tmp", keep ? "" : "/memrig.",
	               keep ? "" : "compare");
	if (!keep) {
		size_t n = strlen(s->copy);

		(void)snprintf(s->copy + n, sizeof s->copy - n, ".%ld.db",
		               (long)getpid());
		(void)unlink(s->copy);
	}
	mr_tool_catch_signals(tool);
	tool->context.progress = show_progress;
	tool->context.user = tool;
	code = mr_replay(tool->args[0], which, tool->args[1], s->copy,
	                 &tool->context, &s->notes, &err);
	if (code == MR_OK)
		code = mr_history_load(s->copy, NULL, &s->b, &err);
	return code == MR_OK ? MR_OK
	                     : mr_tool_fail(tool, code, "%s: %s", tool->args[1],
	                                    err.text);
}

static int load_sides(struct mr_tool *tool, struct sides *s)
{
	struct mr_history_options which = {0};
	struct mr_errtext err = {""};
	int64_t *runs;
	int code = mr_runlist_take(tool, &runs, &which.n_runs);

	if (code != MR_OK)
		return code;
	which.runs = runs;
	code = mr_history_load(tool->args[0], &which, &s->a, &err);
	if (code != MR_OK)
		(void)mr_tool_fail(tool, code, "%s: %s", tool->args[0],
		                   err.text);
	else if (is_uri(tool->args[1]))
		code = replay(tool, &which, s);
	else
		code = mr_history_load(tool->args[1], NULL, &s->b, &err);
	if (code != MR_OK && s->a && !is_uri(tool->args[1]))
		(void)mr_tool_fail(tool, code, "%s: %s", tool->args[1],
		                   err.text);
	free(runs);
	return code;
}

static int compare(struct mr_tool *tool, const struct sides *s)
{
	struct mr_comparison *c = NULL;
	struct mr_errtext err = {""};
	const char *plot = mr_tool_value(tool, "plot");
	double alpha = 0.01;
	int code = mr_tool_double(tool, "alpha", "1", 1e-12, 0.999999, &alpha);

	if (code != MR_OK)
		return code;
	code = mr_compare(s->a, s->b, alpha, &c, &err);
	if (code != MR_OK)
		return mr_tool_fail(tool, code, "%s", err.text);
	if (tool->json)
		print_json(tool, c, &s->notes);
	else
		print_text(tool, c, &s->notes);
	if (plot)
		code = mr_compare_plot(tool, c, plot);
	mr_comparison_free(c);
	return code;
}

static void end_sides(struct sides *s)
{
	char beside[600];

	mr_history_free(s->a);
	mr_history_free(s->b);
	if (!s->temporary)
		return;
	(void)unlink(s->copy);
	(void)snprintf(beside, sizeof beside, "%s-wal", s->copy);
	(void)unlink(beside);
	(void)snprintf(beside, sizeof beside, "%s-shm", s->copy);
	(void)unlink(beside);
}

int mr_cmd_compare(int argc, char **argv)
{
	struct mr_tool tool;
	struct sides sides = {0};
	int code;

	if (!mr_tool_parse(&tool, &page, argc, argv))
		return mr_tool_end(&tool, MR_OK);
	code = load_sides(&tool, &sides);
	if (code == MR_OK)
		code = compare(&tool, &sides);
	end_sides(&sides);
	return mr_tool_end(&tool, code);
}
