/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The tool's session: opens the array and its log, turns signals into
 * the stop flag, and ends everything in the right order.
 */
#include "cmd.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "tool_priv.h"

/* A signal handler has nothing but file scope to write to. */
static volatile sig_atomic_t stop_flag;

static void raise_stop(int signal_number)
{
	(void)signal_number;
	stop_flag = 1;
}

/* nohup and its like mean a run to outlive who started it. */
static bool is_detached(void)
{
	struct sigaction now;

	return sigaction(SIGHUP, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

/* A board is not left at work for nobody: a parent that is gone stops the run as
 * a signal does. */
static void follow_parent(const struct mr_array *array)
{
	const char *driver = mr_array_describe(array)->driver;
	pid_t parent = getppid();

	if (is_detached() || strcmp(driver, "emu") == 0 ||
	    strcmp(driver, "playback") == 0)
		return;
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		stop_flag = 1;
}

void mr_tool_catch_signals(struct mr_tool *tool)
{
	/* SA_RESETHAND: the second signal kills, should the first hang */
	struct sigaction action = {
		.sa_handler = raise_stop,
		.sa_flags = (int)SA_RESETHAND,
	};

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	if (!is_detached())
		sigaction(SIGHUP, &action, NULL);
	tool->context.stop = &stop_flag;
}

static int start_log(struct mr_tool *tool)
{
	struct mr_errtext err = {""};
	int code;

	if (!tool->log_path)
		return MR_OK;
	code = mr_oplog_start(tool->log_path, tool->array, &tool->log,
	                      &tool->oplog, &err);
	if (code != MR_OK)
		return mr_tool_fail(tool, code, "--log %s: %s", tool->log_path,
		                    err.text);
	mr_tool_note(tool, "run %lld of %s",
	             (long long)mr_oplog_run(tool->oplog), tool->log_path);
	return MR_OK;
}

int mr_tool_open(struct mr_tool *tool)
{
	struct mr_errtext err = {{0}};
	int code;

	if (tool->uri == NULL || tool->uri[0] == '\0')
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "which array? Say for example --array "
		                    "'emu:pcm?rows=4&cols=4', or set "
		                    "$MEMRIG_ARRAY");
	mr_tool_catch_signals(tool);
	tool->open.guardian = "/proc/self/exe";
	code = mr_array_open(tool->uri, &tool->open, &tool->array, &err);
	if (code != MR_OK)
		return mr_tool_fail(tool, code, "--array %s: %s", tool->uri,
		                    err.text);
	follow_parent(tool->array);
	return start_log(tool);
}

int mr_tool_submit(struct mr_tool *tool, struct mr_op *ops, size_t n)
{
	int code = mr_array_submit(tool->array, ops, n, &tool->context, NULL);

	if (code != MR_OK)
		return mr_tool_fail(tool, code, "%s",
		                    mr_array_errmsg(tool->array));
	return MR_OK;
}

/* ---- one run after another ------------------------------------------------ */

int mr_tool_close_log(struct mr_tool *tool)
{
	struct mr_errtext err = {""};
	int code = mr_oplog_finish(tool->oplog, &err);

	tool->oplog = NULL;
	return code == MR_OK ? code
	                     : mr_tool_fail(tool, code, "--log %s: %s",
	                                    tool->log_path, err.text);
}

static int close_array(struct mr_tool *tool)
{
	struct mr_errtext err = {""};
	int code = mr_tool_close_log(tool);
	int closed = mr_array_close(tool->array, &err);

	tool->array = NULL;
	if (closed != MR_OK)
		mr_tool_fail(tool, closed, "closing %s: %s", tool->uri, err.text);
	return code != MR_OK ? code : closed;
}

/* A board keeps its cells, and its handle; an emulated chip is made anew from
 * each seed. */
static int open_for(struct mr_tool *tool, const struct mr_tool_run *run)
{
	if (mr_tool_value(tool, "plan"))
		return mr_tool_fail(tool, MR_ERR_USAGE,
		                    "--plan is for single operations: read, "
		                    "pulse, program, drive, trace, wait and "
		                    "configure");
	if (tool->array && mr_array_describe(tool->array)->has_seed) {
		int code = close_array(tool);

		if (code != MR_OK)
			return code;
	}
	if (tool->array)
		return start_log(tool);
	tool->open.has_seed = true;
	tool->open.seed = run->seed;
	tool->open.rows = run->rows;
	tool->open.cols = run->cols;
	return mr_tool_open(tool);
}

/* The metadata given and those of the run; free() the list. */
static const char **all_metadata(struct mr_tool *tool,
                                 const struct mr_tool_run *run)
{
	const char *const *given = tool->log.metadata;
	const char **all;
	size_t n_given = 0, n = 0;

	while (given && given[n_given])
		n_given++;
	while (run->metadata && run->metadata[n])
		n++;
	all = calloc(n_given + n + 1, sizeof *all);
	for (size_t k = 0; all && k < n_given; k++)
		all[k] = given[k];
	for (size_t k = 0; all && k < n; k++)
		all[n_given + k] = run->metadata[k];
	if (!all)
		mr_tool_fail(tool, MR_ERR_NOMEM, "out of memory");
	return all;
}

int mr_tool_reopen(struct mr_tool *tool, const struct mr_tool_run *run)
{
	const char *const *given = tool->log.metadata;
	const char **all = all_metadata(tool, run);
	int code;

	if (!all)
		return MR_ERR_NOMEM;
	tool->log.metadata = all;
	code = open_for(tool, run);
	tool->log.metadata = given;
	free(all);
	return code;
}

/* ---- arrays beside it --------------------------------------------------------- */

/* A chip that its URI names stays that one. */
static bool names_seed(const char *text)
{
	struct mr_uri uri;

	return mr_uri_parse(&uri, text, NULL) == MR_OK &&
	       mr_uri_take(&uri, "seed") != NULL;
}

/* "a/b.db" and 2 make "a/b-2.db". */
static char *numbered(const char *path, unsigned number)
{
	const char *slash = strrchr(path, '/');
	const char *dot = strrchr(slash ? slash : path, '.');
	size_t size = strlen(path) + 16;
	size_t stem = dot ? (size_t)(dot - path) : strlen(path);
	char *out = malloc(size);

	if (out)
		snprintf(out, size, "%.*s-%u%s", (int)stem, path, number,
		         dot ? dot : "");
	return out;
}

static int log_beside(struct mr_tool *tool, const struct mr_tool_run *run,
                      unsigned number, struct mr_tool_beside *b)
{
	struct mr_oplog_options options = tool->log;
	struct mr_errtext err = {""};
	const char **all;
	int code;

	if (!tool->log_path)
		return MR_OK;
	if (!b->log_path)
		b->log_path = numbered(tool->log_path, number);
	if (!b->log_path)
		return mr_tool_fail(tool, MR_ERR_NOMEM, "out of memory");
	all = all_metadata(tool, run);
	if (!all)
		return MR_ERR_NOMEM;
	options.metadata = all;
	code = mr_oplog_start(b->log_path, b->array, &options, &b->oplog, &err);
	free(all);
	if (code != MR_OK)
		return mr_tool_fail(tool, code, "--log %s: %s", b->log_path,
		                    err.text);
	mr_tool_note(tool, "run %lld of %s", (long long)mr_oplog_run(b->oplog),
	             b->log_path);
	return MR_OK;
}

int mr_tool_open_beside(struct mr_tool *tool, const char *uri,
                        const struct mr_tool_run *run, unsigned number,
                        struct mr_tool_beside *b)
{
	struct mr_open_options open = tool->open;
	struct mr_errtext err = {""};
	int code;

	b->uri = uri;
	open.has_seed = !names_seed(uri);
	open.seed = run->seed;
	open.rows = run->rows;
	open.cols = run->cols;
	if (!b->array) {
		code = mr_array_open(uri, &open, &b->array, &err);
		if (code != MR_OK)
			return mr_tool_fail(tool, code, "--array %s: array %u: %s",
			                    uri, number, err.text);
		follow_parent(b->array);
	}
	return log_beside(tool, run, number, b);
}

static int end_log_beside(struct mr_tool *tool, struct mr_tool_beside *b)
{
	struct mr_errtext err = {""};
	int code = mr_oplog_finish(b->oplog, &err);

	b->oplog = NULL;
	if (code != MR_OK)
		mr_tool_fail(tool, code, "--log %s: %s", b->log_path, err.text);
	return code;
}

int mr_tool_close_beside(struct mr_tool *tool, struct mr_tool_beside *b,
                         bool end)
{
	struct mr_errtext err = {""};
	int code = end_log_beside(tool, b), closed = MR_OK;

	if (b->array && (end || mr_array_describe(b->array)->has_seed)) {
		closed = mr_array_close(b->array, &err);
		b->array = NULL;
	}
	if (closed != MR_OK)
		mr_tool_fail(tool, closed, "closing %s: %s", b->uri, err.text);
	if (end) {
		free(b->log_path);
		b->log_path = NULL;
	}
	return code != MR_OK ? code : closed;
}

/* ---- ending ----------------------------------------------------------------- */

static int close_all(struct mr_tool *tool, int code)
{
	struct mr_errtext err = {{0}};
	int log_code = mr_tool_close_log(tool);
	int array_code;

	array_code = mr_array_close(tool->array, &err);
	tool->array = NULL;
	if (array_code != MR_OK)
		mr_tool_fail(tool, array_code, "closing %s: %s", tool->uri,
		             err.text);
	if (code == MR_OK)
		code = log_code;
	return code != MR_OK ? code : array_code;
}

static int show(struct mr_tool *tool)
{
	if (fflush(tool->out) != 0)
		return mr_tool_fail(tool, MR_ERR_NOMEM, "out of memory");
	if (fwrite(tool->out_text, 1, tool->out_size, stdout)
	            != tool->out_size
	    || fflush(stdout) != 0)
		return mr_tool_fail(tool, MR_ERR_IO,
		                    "standard output cannot be written");
	return MR_OK;
}

int mr_tool_end(struct mr_tool *tool, int code)
{
	mr__tool_end_bar(tool);
	code = close_all(tool, code);
	if (code == MR_OK && (tool->status == 0 || tool->show_always))
		code = show(tool);
	if (tool->out != NULL)
		fclose(tool->out);
	free(tool->out_text);
	free(tool->given);
	free(tool->command);
	free(tool->metadata);
	return code != MR_OK ? mr_tool_status(code) : tool->status;
}
