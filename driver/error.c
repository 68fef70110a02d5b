/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Names and sentences of the error codes. */
#include "memrig/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct error_entry {
	int code;
	const char *name;
	const char *message;
};

static const struct error_entry entries[] = {
	{MR_OK, "ok", "success"},
	{MR_ERR_USAGE, "usage", "a wrong argument, key or option"},
	{MR_ERR_RANGE, "range", "a value is outside its limits"},
	{MR_ERR_UNSUPPORTED, "unsupported", "the array does not offer this"},
	{MR_ERR_NOMEM, "nomem", "out of memory"},
	{MR_ERR_IO, "io", "a file, disk or link failed"},
	{MR_ERR_FORMAT, "format", "a file is malformed or cut off"},
	{MR_ERR_REFUSED, "refused", "the guard refused the operation"},
	{MR_ERR_STOPPED, "stopped", "stopped on request"},
	{MR_ERR_TIMEOUT, "timeout", "the deadline passed"},
	{MR_ERR_OUTCOME, "outcome", "sent, but the outcome is unknown"},
	{MR_ERR_MISMATCH, "mismatch", "differs from the recorded operation"},
	{MR_ERR_BUSY, "busy", "in use elsewhere"},
	{MR_ERR_NOT_RUN, "not-run", "an earlier operation failed"},
	{MR_ERR_MISSING, "missing", "a named input is not there"},
};

static const struct error_entry *find_code(int code)
{
	for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++)
		if (entries[i].code == code)
			return &entries[i];
	return NULL;
}

const char *mr_error_name(int code)
{
	const struct error_entry *e = find_code(code);

	return e ? e->name : "unknown";
}

int mr_error_of_name(const char *name)
{
	for (size_t i = 0; name && i < sizeof entries / sizeof entries[0]; i++)
		if (strcmp(entries[i].name, name) == 0)
			return entries[i].code;
	return MR_ERR_FORMAT;
}

const char *mr_error_message(int code)
{
	const struct error_entry *e = find_code(code);

	return e ? e->message : "unknown error";
}

int mr_errtext_set(struct mr_errtext *err, int code, const char *fmt, ...)
{
	va_list args;

	if (!err)
		return code;
	va_start(args, fmt);
	(void)vsnprintf(err->text, sizeof err->text, fmt, args);
	va_end(args);
	return code;
}
