/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Opens logs, chooses runs, and lets long listings stream. */
#include "logfile.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define SPILL_BYTES (1 << 20) /* of results that wait in memory */
#define NS_PER_S INT64_C(1000000000)

static int tell(struct mr_logfile *log, int code)
{
	return mr_tool_fail(log->tool, code, "%s",
	                    mr_oplog_errmsg(log->reader));
}

static int choose_runs(struct mr_logfile *log, bool all)
{
	const char *text = mr_tool_value(log->tool, "run");
	uint64_t run = 0;

	log->first = all ? log->oldest : log->newest;
	log->last = log->newest;
	if (text == NULL)
		return MR_OK;
	if (strcmp(text, "all") == 0) {
		log->first = log->oldest;
		return MR_OK;
	}
	if (mr_tool_whole(text, &run) != MR_OK || run > INT64_MAX)
		return mr_tool_fail(log->tool, MR_ERR_USAGE,
		                    "--run: '%s' is no run; say for example "
		                    "--run 1, or --run all", text);
	log->first = (int64_t)run;
	log->last = (int64_t)run;
	return MR_OK;
}

int mr_logfile_open(struct mr_logfile *log, struct mr_tool *tool,
                    const char *path, bool all)
{
	struct mr_errtext err = {{0}};
	int code = mr_oplog_open(path, &log->reader, &err);

	log->tool = tool;
	log->path = path;
	if (code != MR_OK)
		return mr_tool_fail(tool, code, "%s", err.text);
	code = mr_oplog_runs(log->reader, &log->oldest, &log->newest);
	if (code != MR_OK)
		return tell(log, code);
	return choose_runs(log, all);
}

void mr_logfile_close(struct mr_logfile *log)
{
	mr_oplog_close(log->reader);
	log->reader = NULL;
	for (size_t i = 0; i < 4; i++) {
		free(log->texts[i]);
		log->texts[i] = NULL;
	}
}

bool mr_logfile_many(const struct mr_logfile *log)
{
	return log->first != log->last;
}

static int keep_texts(struct mr_logfile *log, struct mr_oplog_run_info *info)
{
	const char **const from[] = {&info->uri, &info->command,
	                             &info->version, &info->metadata};

	for (size_t i = 0; i < 4; i++) {
		char *copy = strdup(*from[i]);

		if (copy == NULL)
			return mr_tool_fail(log->tool, MR_ERR_NOMEM,
			                    "out of memory");
		free(log->texts[i]);
		log->texts[i] = copy;
		*from[i] = copy;
	}
	return MR_OK;
}

int mr_logfile_begin(struct mr_logfile *log, int64_t run,
                     struct mr_oplog_run_info *info, bool *found)
{
	int code = mr_oplog_info(log->reader, run, info);

	*found = code == MR_OK;
	if (code == MR_ERR_USAGE && mr_logfile_many(log))
		return MR_OK;
	if (code != MR_OK)
		return tell(log, code);
	code = keep_texts(log, info);
	if (code != MR_OK)
		return code;
	code = mr_oplog_rewind(log->reader, run);
	return code == MR_OK ? MR_OK : tell(log, code);
}

int mr_logfile_next(struct mr_logfile *log, struct mr_oplog_record *record,
                    bool *more)
{
	int code = mr_oplog_next(log->reader, record, more);

	return code == MR_OK ? MR_OK : tell(log, code);
}

uint64_t mr_logfile_effect(const struct mr_oplog_record *record,
                           const struct mr_description *desc)
{
	uint64_t all = mr_op_elements(&record->op, desc);
	uint64_t n = record->op.outcome.n_effect;

	return n < all ? n : all;
}

int mr_logfile_spare(const struct mr_logfile *log, const char *option,
                     const char *path)
{
	struct stat ours;
	struct stat theirs;

	if (stat(log->path, &ours) == 0 && stat(path, &theirs) == 0
	    && ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino)
		return mr_tool_fail(log->tool, MR_ERR_USAGE,
		                    "--%s: %s is the log itself; name another "
		                    "file", option, path);
	return MR_OK;
}

/* Writing begins at the start of the memory again. */
int mr_logfile_spill(struct mr_tool *tool)
{
	if (ftell(tool->out) < SPILL_BYTES)
		return MR_OK;
	if (fflush(tool->out) != 0)
		return mr_tool_fail(tool, MR_ERR_NOMEM, "out of memory");
	if (fwrite(tool->out_text, 1, tool->out_size, stdout)
	    != tool->out_size)
		return mr_tool_fail(tool, MR_ERR_IO,
		                    "standard output cannot be written");
	rewind(tool->out);
	return MR_OK;
}

const char *mr_logfile_level(enum mr_oplog_level level)
{
	switch (level) {
	case MR_OPLOG_OPERATIONS:
		return "1 (operations)";
	case MR_OPLOG_VALUES:
		return "2 (values)";
	case MR_OPLOG_SURVEYS:
		return "3 (values and surveys)";
	}
	return "unknown";
}

static json_t *json_metadata(const char *lines)
{
	json_t *object = json_object();

	while (*lines != '\0') {
		size_t length = strcspn(lines, "\n");
		size_t key = strcspn(lines, "=");
		char name[256];

		if (key < length && key < sizeof(name)) {
			memcpy(name, lines, key);
			name[key] = '\0';
			json_object_set_new(object, name,
			                    json_stringn(lines + key + 1,
			                                 length - key - 1));
		}
		lines += length;
		lines += *lines == '\n';
	}
	return object;
}

json_t *mr_logfile_json(const struct mr_oplog_run_info *info)
{
	json_t *ended = info->ended_wall_ns != 0
		? json_integer((json_int_t)info->ended_wall_ns)
		: json_null();

	return json_pack("{s:I, s:s, s:s, s:s, s:i, s:I, s:o, s:I, s:i, s:i, "
	                 "s:o}", "run", (json_int_t)info->run, "array",
	                 info->uri, "command", info->command, "version",
	                 info->version, "level", (int)info->level,
	                 "started_wall_ns", (json_int_t)info->started_wall_ns,
	                 "ended_wall_ns", ended, "n_ops",
	                 (json_int_t)info->n_ops, "rows",
	                 (int)info->desc.rows, "cols", (int)info->desc.cols,
	                 "metadata", json_metadata(info->metadata));
}

const char *mr_logfile_date(char *out, int64_t wall_ns)
{
	time_t seconds = (time_t)(wall_ns / NS_PER_S);
	struct tm parts;

	if (gmtime_r(&seconds, &parts) == NULL
	    || strftime(out, 32, "%Y-%m-%d %H:%M:%S UTC", &parts) == 0)
		snprintf(out, 32, "-");
	return out;
}
