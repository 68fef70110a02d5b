/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The reader of csvfile.h. libcsv is fed one line at a time, so that the line
 * number is known when a row ends.
 */
#include "csvfile.h"

#include <csv.h>
#include <zlib.h>

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHUNK 65536

struct mr_csv {
	char *name;
	gzFile file;
	struct csv_parser parser;
	bool parsing;      /* the parser is set up */
	char chunk[CHUNK]; /* decompressed bytes */
	size_t have;       /* in the chunk */
	size_t used;       /* of them */
	bool at_end;
	bool finished;     /* the parser has been told of the end */
	uint64_t line;     /* lines begun so far */
	bool fresh;        /* the next byte begins a line */
	bool comment;      /* this line is one */
	bool row_ready;
	bool out_of_memory;
	char *text;        /* fields of the row, one after another */
	size_t text_size, text_room;
	size_t *start;     /* [n_fields] offsets in the text */
	const char **field;
	uint32_t n_fields, fields_room;
};

static bool grow(void **block, size_t size)
{
	void *bigger = realloc(*block, size);

	if (bigger)
		*block = bigger;
	return bigger != NULL;
}

static void take_field(void *bytes, size_t size, void *self)
{
	struct mr_csv *csv = self;

	if (csv->n_fields == csv->fields_room) {
		uint32_t room = 2 * csv->fields_room + 16;

		if (!grow((void **)&csv->start, room * sizeof *csv->start) ||
		    !grow((void **)&csv->field, room * sizeof *csv->field)) {
			csv->out_of_memory = true;
			return;
		}
		csv->fields_room = room;
	}
	if (csv->text_size + size + 1 > csv->text_room) {
		size_t room = 2 * (csv->text_size + size) + 256;

		if (!grow((void **)&csv->text, room)) {
			csv->out_of_memory = true;
			return;
		}
		csv->text_room = room;
	}
	csv->start[csv->n_fields++] = csv->text_size;
	memcpy(csv->text + csv->text_size, bytes ? bytes : "", size);
	csv->text_size += size;
	csv->text[csv->text_size++] = '\0';
}

static void take_row(int last, void *self)
{
	struct mr_csv *csv = self;

	(void)last;
	csv->row_ready = true;
}

/* A row ends at a line feed only, so that one fed line is at most one row;
 * the carriage return of a DOS file is a blank. */
static int ends_row(unsigned char c)
{
	return c == '\n';
}

static int is_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

int mr_csv_open(const char *path, struct mr_csv **out, struct mr_errtext *err)
{
	struct mr_csv *csv = calloc(1, sizeof *csv);
	bool standard = strcmp(path, "-") == 0;
	int fd = -1;

	if (!csv || !(csv->name = strdup(standard ? "standard input" : path)))
		goto no_memory;
	errno = 0;
	if (standard)
		fd = dup(STDIN_FILENO);
	csv->file = standard ? (fd < 0 ? NULL : gzdopen(fd, "rb"))
	                     : gzopen(path, "rb");
	if (!csv->file) {
		int code = mr_errtext_set(err, MR_ERR_MISSING,
		                          "cannot open %s: %s",
		                          csv->name,
		                          errno ? strerror(errno)
		                                : "out of memory");

		if (fd >= 0)
			close(fd);
		mr_csv_close(csv);
		return code;
	}
	csv->fresh = true;
	csv->parsing = csv_init(&csv->parser, CSV_STRICT | CSV_STRICT_FINI |
	                                              CSV_APPEND_NULL) == 0;
	if (!csv->parsing)
		goto no_memory;
	csv_set_term_func(&csv->parser, ends_row);
	csv_set_space_func(&csv->parser, is_blank);
	*out = csv;
	return MR_OK;
no_memory:
	mr_csv_close(csv);
	return mr_errtext_set(err, MR_ERR_NOMEM, "no memory to read %s", path);
}

static int is_blank_but_tab(unsigned char c)
{
	return c == ' ' || c == '\r';
}

void mr_csv_separate(struct mr_csv *csv, char separator)
{
	csv_set_delim(&csv->parser, (unsigned char)separator);
	if (separator == '\t')
		csv_set_space_func(&csv->parser, is_blank_but_tab);
}

void mr_csv_close(struct mr_csv *csv)
{
	if (!csv)
		return;
	if (csv->file)
		gzclose(csv->file);
	if (csv->parsing)
		csv_free(&csv->parser);
	free(csv->name);
	free(csv->text);
	free(csv->start);
	free(csv->field);
	free(csv);
}

static int refill(struct mr_csv *csv, struct mr_errtext *err)
{
	int got = gzread(csv->file, csv->chunk, CHUNK);
	int code = Z_OK;
	const char *why = gzerror(csv->file, &code);

	if (got < 0 || (code != Z_OK && code != Z_STREAM_END)) {
		if (code == Z_ERRNO)
			return mr_errtext_set(err, MR_ERR_IO, "cannot read %s: %s",
			                      csv->name, strerror(errno));
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s:%" PRIu64 ": the gzip file is damaged or "
		                      "cut off (%s)",
		                      csv->name, csv->line, why);
	}
	csv->have = (size_t)got;
	csv->used = 0;
	csv->at_end = got == 0;
	return MR_OK;
}

static int check_parse(struct mr_csv *csv, bool failed,
                       struct mr_errtext *err)
{
	if (csv->out_of_memory ||
	    (failed && csv_error(&csv->parser) == CSV_ENOMEM))
		return mr_errtext_set(err, MR_ERR_NOMEM, "no memory to read %s",
		                      csv->name);
	if (failed)
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s:%" PRIu64 ": wrong quoting; a quoted "
		                      "field begins and ends with \" and doubles "
		                      "each \" inside",
		                      csv->name, csv->line);
	return MR_OK;
}

/* Hands the parser what is left of the present line. */
static int feed_line(struct mr_csv *csv, struct mr_errtext *err)
{
	const char *from = csv->chunk + csv->used;
	const char *end = memchr(from, '\n', csv->have - csv->used);
	size_t size = end ? (size_t)(end - from) + 1 : csv->have - csv->used;

	if (csv->fresh) {
		csv->line++;
		csv->comment = from[0] == '#';
	}
	csv->fresh = end != NULL;
	csv->used += size;
	if (memchr(from, '\0', size))
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s:%" PRIu64 ": a zero byte; this is no "
		                      "text file",
		                      csv->name, csv->line);
	if (csv->comment)
		return MR_OK;
	return check_parse(csv,
	                   csv_parse(&csv->parser, from, size, take_field,
	                             take_row, csv) != size,
	                   err);
}

static int advance(struct mr_csv *csv, struct mr_errtext *err)
{
	if (csv->used < csv->have)
		return feed_line(csv, err);
	if (!csv->at_end)
		return refill(csv, err);
	csv->finished = true;
	return check_parse(csv,
	                   csv_fini(&csv->parser, take_field, take_row, csv) != 0,
	                   err);
}

int mr_csv_next(struct mr_csv *csv, struct mr_csv_row *row, bool *more,
                struct mr_errtext *err)
{
	csv->row_ready = false;
	csv->n_fields = 0;
	csv->text_size = 0;
	while (!csv->row_ready && !csv->finished) {
		int code = advance(csv, err);

		if (code != MR_OK)
			return code;
	}
	*more = csv->row_ready;
	if (!csv->row_ready)
		return MR_OK;
	for (uint32_t k = 0; k < csv->n_fields; k++)
		csv->field[k] = csv->text + csv->start[k];
	*row = (struct mr_csv_row){.file = csv->name,
	                           .line = csv->line,
	                           .n = csv->n_fields,
	                           .field = csv->field};
	return MR_OK;
}

int mr_csv_column(const struct mr_csv_row *header, const char *name,
                  uint32_t *out, struct mr_errtext *err)
{
	for (uint32_t k = 0; k < header->n; k++) {
		if (strcmp(header->field[k], name) == 0) {
			*out = k;
			return MR_OK;
		}
	}
	return mr_errtext_set(err, MR_ERR_FORMAT,
	                      "%s:%" PRIu64 ": no column is called '%s'; the first "
	                      "line must name the columns",
	                      header->file, header->line, name);
}

int mr_csv_number(const struct mr_csv_row *row, uint32_t k, const char *what,
                  double min, double max, double *out, struct mr_errtext *err)
{
	const char *text = row->field[k];
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || !isfinite(value))
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s:%" PRIu64 ": %s is '%.40s'; it must be a "
		                      "number from %g to %g",
		                      row->file, row->line, what, text, min, max);
	if (value < min || value > max)
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s:%" PRIu64 ": %s is %g, out of range; it "
		                      "must be from %g to %g",
		                      row->file, row->line, what, value, min, max);
	*out = value;
	return MR_OK;
}

int mr_csv_integer(const struct mr_csv_row *row, uint32_t k, const char *what,
                   int64_t min, int64_t max, int64_t *out,
                   struct mr_errtext *err)
{
	const char *text = row->field[k];
	char *end;
	long long value;

	errno = 0;
	value = strtoll(text, &end, 10);
	if (end == text || *end)
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s:%" PRIu64 ": %s is '%.40s'; it must be a "
		                      "whole number from %" PRId64 " to %" PRId64,
		                      row->file, row->line, what, text, min, max);
	if (errno == ERANGE || value < min || value > max)
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s:%" PRIu64 ": %s is %.40s, out of range; it "
		                      "must be from %" PRId64 " to %" PRId64,
		                      row->file, row->line, what, text, min, max);
	*out = value;
	return MR_OK;
}
