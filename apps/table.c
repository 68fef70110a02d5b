/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Prints tables of results. */
#include "table.h"

#include <stdlib.h>
#include <string.h>

#define STATUS_TEXT 64  /* room for the names of all status bits */
#define CELL_TEXT 64    /* room for one printed entry */
#define NS_PER_S 1e9

void *mr_table_add(struct mr_table *table, const char *name, const char *unit,
                   enum mr_column_kind kind)
{
	static const size_t size[] = {
		[MR_COLUMN_WHOLE] = sizeof(uint32_t),
		[MR_COLUMN_REAL] = sizeof(float),
		[MR_COLUMN_TIME] = sizeof(double),
		[MR_COLUMN_STATUS] = sizeof(uint8_t),
	};
	struct mr_column *column = &table->columns[table->n_columns];

	if (table->n_columns == MR_TABLE_COLUMNS_MAX) {
		table->failed = true;
		return NULL;
	}
	*column = (struct mr_column){name, unit, kind, NULL};
	column->data = calloc(table->n, size[kind]);
	if (column->data == NULL) {
		table->failed = true;
		return NULL;
	}
	table->n_columns++;
	return column->data;
}

void mr_table_cells(struct mr_table *table, const struct mr_cells *cells,
                    const struct mr_description *desc)
{
	uint32_t *row = mr_table_add(table, "row", "", MR_COLUMN_WHOLE);
	uint32_t *col = mr_table_add(table, "col", "", MR_COLUMN_WHOLE);
	size_t each = table->n / (size_t)cells->n;

	if (table->failed)
		return;
	for (size_t i = 0; i < table->n; i++) {
		uint32_t cell = mr_selection_cell(&cells->where, desc,
		                                  i / each);

		row[i] = cell / desc->cols;
		col[i] = cell % desc->cols;
	}
}

void mr_table_free(struct mr_table *table)
{
	for (size_t i = 0; i < table->n_columns; i++)
		free(table->columns[i].data);
	table->n_columns = 0;
}

/* ---- entries ------------------------------------------------------------- */

/* Names of status bits joined by '|'; empty if none is set. */
static const char *status_text(uint32_t status, char *out)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} bits[] = {
		{MR_STATUS_COMPLIANCE, "compliance"},
		{MR_STATUS_OVER_RANGE, "over-range"},
		{MR_STATUS_SATURATED, "saturated"},
		{MR_STATUS_NOT_CONVERGED, "not-converged"},
		{MR_STATUS_UNKNOWN, "unknown"},
		{MR_STATUS_SUSPECT, "suspect"},
	};

	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		if (status & bits[i].bit)
			len += (size_t)snprintf(out + len, STATUS_TEXT - len,
			                        "%s%s", len > 0 ? "|" : "",
			                        bits[i].name);
	}
	return out;
}

static double real_at(const struct mr_column *column, size_t i)
{
	if (column->kind == MR_COLUMN_TIME)
		return ((const double *)column->data)[i];
	return (double)((const float *)column->data)[i];
}

static void entry(const struct mr_column *column, size_t i, bool pretty,
                  char out[CELL_TEXT])
{
	if (column->kind == MR_COLUMN_WHOLE)
		snprintf(out, CELL_TEXT, "%u",
		         ((const uint32_t *)column->data)[i]);
	else if (column->kind == MR_COLUMN_STATUS)
		status_text(((const uint8_t *)column->data)[i], out);
	else if (pretty)
		mr_tool_pretty(out, real_at(column, i), column->unit);
	else
		snprintf(out, CELL_TEXT, "%.9g", real_at(column, i));
}

/* ---- for people ---------------------------------------------------------- */

static size_t column_width(const struct mr_table *table, size_t c)
{
	char text[CELL_TEXT];
	size_t width = strlen(table->columns[c].name);

	for (size_t i = 0; i < table->n; i++) {
		size_t len;

		entry(&table->columns[c], i, true, text);
		len = strlen(text);
		if (len > width)
			width = len;
	}
	return width;
}

static void print_text(struct mr_tool *tool, const struct mr_table *table)
{
	int width[MR_TABLE_COLUMNS_MAX];
	char text[CELL_TEXT];

	for (size_t c = 0; c < table->n_columns; c++) {
		width[c] = (int)column_width(table, c);
		fprintf(tool->out, "%s%*s", c > 0 ? "  " : "", width[c],
		        table->columns[c].name);
	}
	if (table->n_columns > 0)
		fputc('\n', tool->out);
	for (size_t i = 0; table->n_columns > 0 && i < table->n; i++) {
		for (size_t c = 0; c < table->n_columns; c++) {
			entry(&table->columns[c], i, true, text);
			fprintf(tool->out, "%s%*s", c > 0 ? "  " : "",
			        width[c], text);
		}
		fputc('\n', tool->out);
	}
}

static void print_outcome(struct mr_tool *tool, const struct mr_op *op)
{
	const struct mr_outcome *outcome = &op->outcome;
	char status[STATUS_TEXT];
	char begin[32];
	char end[32];

	mr_tool_pretty(begin, (double)outcome->t_begin_ns / NS_PER_S, "s");
	mr_tool_pretty(end, (double)outcome->t_end_ns / NS_PER_S, "s");
	status_text(outcome->status, status);
	fprintf(tool->out, "%s: %llu done, array time %s to %s%s%s\n",
	        mr_op_kind_name(op->kind),
	        (unsigned long long)outcome->n_effect, begin, end,
	        status[0] != '\0' ? ", " : "", status);
}

/* ---- for programs -------------------------------------------------------- */

static void print_csv(struct mr_tool *tool, const struct mr_table *table)
{
	char text[CELL_TEXT];

	for (size_t c = 0; c < table->n_columns; c++)
		fprintf(tool->out, "%s%s", c > 0 ? "," : "",
		        table->columns[c].name);
	fputc('\n', tool->out);
	for (size_t i = 0; i < table->n; i++) {
		for (size_t c = 0; c < table->n_columns; c++) {
			entry(&table->columns[c], i, false, text);
			fprintf(tool->out, "%s%s", c > 0 ? "," : "", text);
		}
		fputc('\n', tool->out);
	}
}

static json_t *json_column(const struct mr_column *column, size_t n)
{
	json_t *array = json_array();
	char text[STATUS_TEXT];

	for (size_t i = 0; i < n; i++) {
		json_t *value;

		if (column->kind == MR_COLUMN_WHOLE)
			value = json_integer(
				((const uint32_t *)column->data)[i]);
		else if (column->kind == MR_COLUMN_STATUS)
			value = json_string(status_text(
				((const uint8_t *)column->data)[i], text));
		else
			value = mr_tool_real(real_at(column, i));
		json_array_append_new(array, value);
	}
	return array;
}

static json_t *json_outcome(const struct mr_op *op)
{
	const struct mr_outcome *outcome = &op->outcome;
	char status[STATUS_TEXT];

	return json_pack("{s:s, s:I, s:I, s:I, s:s}", "error",
	                 mr_error_name(outcome->error), "n_effect",
	                 (json_int_t)outcome->n_effect, "t_begin_ns",
	                 (json_int_t)outcome->t_begin_ns, "t_end_ns",
	                 (json_int_t)outcome->t_end_ns, "status",
	                 status_text(outcome->status, status));
}

static int print_json(struct mr_tool *tool, const struct mr_table *table,
                      const struct mr_op *op, json_t *extra)
{
	json_t *object = mr_tool_object(mr_op_kind_name(op->kind));

	json_object_set_new(object, "array", json_string(tool->uri));
	if (extra != NULL)
		json_object_update(object, extra);
	for (size_t c = 0; c < table->n_columns; c++)
		json_object_set_new(object, table->columns[c].name,
		                    json_column(&table->columns[c], table->n));
	json_object_set_new(object, "outcome", json_outcome(op));
	return mr_tool_print(tool, object);
}

int mr_table_print(struct mr_tool *tool, const struct mr_table *table,
                   const struct mr_op *op, json_t *extra)
{
	if (tool->json)
		return print_json(tool, table, op, extra);
	if (mr_tool_value(tool, "csv") != NULL) {
		print_csv(tool, table);
		return MR_OK;
	}
	print_text(tool, table);
	if (!tool->quiet)
		print_outcome(tool, op);
	return MR_OK;
}
