/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* "memrig log FILE wire": the bytes between a driver and its board, a line each. */
#include "cmd_log.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>

#define SHOWN_MAX 64 /* bytes of a piece, as text */

static const char *const arrows[] = {
	[MR_WIRE_OPENED] = "open", [MR_WIRE_SENT] = "-->",
	[MR_WIRE_RECEIVED] = "<--", [MR_WIRE_CLEARED] = "clear",
	[MR_WIRE_STATUS] = "stb",
};

static const char *const names[] = {
	[MR_WIRE_OPENED] = "opened", [MR_WIRE_SENT] = "sent",
	[MR_WIRE_RECEIVED] = "received", [MR_WIRE_CLEARED] = "cleared",
	[MR_WIRE_STATUS] = "status",
};

static void put_text(FILE *to, const struct mr_wire_piece *piece)
{
	const unsigned char *data = piece->data;

	for (size_t k = 0; k < piece->size && k < SHOWN_MAX; k++) {
		if (data[k] == '\n')
			fputs("\\n", to);
		else if (data[k] == '\\')
			fputs("\\\\", to);
		else if (isprint(data[k]))
			fputc(data[k], to);
		else
			fprintf(to, "\\x%02x", data[k]);
	}
	if (piece->size > SHOWN_MAX)
		fputs(" ...", to);
}

static void print_piece(struct mr_tool *tool, const struct mr_wire_piece *piece,
                        uint64_t op, int64_t t0_ns)
{
	fprintf(tool->out, "%8" PRIu64 " %14.6f  %-5s %8zu%c  ", op,
	        (double)(piece->t_ns - t0_ns) * 1e-9, arrows[piece->what],
	        piece->size,
	        piece->end && piece->what != MR_WIRE_OPENED ? '.' : ' ');
	if (piece->part[0])
		fprintf(tool->out, "%-6s  ", piece->part);
	put_text(tool->out, piece);
	fputc('\n', tool->out);
}

static json_t *piece_json(const struct mr_wire_piece *piece, uint64_t op)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *data = piece->data;
	char *hex = malloc(2 * piece->size + 1);
	json_t *o;

	if (!hex)
		return NULL;
	for (size_t k = 0; k < piece->size; k++) {
		hex[2 * k] = digits[data[k] >> 4];
		hex[2 * k + 1] = digits[data[k] & 15];
	}
	hex[2 * piece->size] = '\0';
	o = json_pack("{s:I,s:I,s:s,s:b,s:s,s:s}", "op", (json_int_t)op, "t_ns",
	              (json_int_t)piece->t_ns, "what", names[piece->what],
	              "message_end", piece->end, "bytes", hex, "part",
	              piece->part);
	free(hex);
	return o;
}

static int next(struct mr_logfile *log, struct mr_wire_piece *piece,
                uint64_t *op, bool *more)
{
	int code = mr_oplog_wire_next(log->reader, piece, op, more);

	return code == MR_OK ? code
	                     : mr_tool_fail(log->tool, code, "%s",
	                                    mr_oplog_errmsg(log->reader));
}

static int show_run(struct mr_logfile *log, int64_t run, json_t *list)
{
	struct mr_wire_piece piece;
	int64_t t0_ns = 0;
	uint64_t op, n = 0;
	bool more;
	int code = mr_oplog_wire_rewind(log->reader, run);

	if (code != MR_OK)
		return mr_tool_fail(log->tool, code, "%s",
		                    mr_oplog_errmsg(log->reader));
	if (!list)
		fprintf(log->tool->out,
		        "run %" PRId64 "\n%8s %14s  %-5s %8s   %s\n", run, "op",
		        "t / s", "", "bytes", "text (.: a message ends)");
	while ((code = next(log, &piece, &op, &more)) == MR_OK && more) {
		t0_ns = n++ ? t0_ns : piece.t_ns;
		if (!list)
			print_piece(log->tool, &piece, op, t0_ns);
		else if (json_array_append_new(list, piece_json(&piece, op)))
			return mr_tool_fail(log->tool, MR_ERR_NOMEM,
			                    "out of memory");
		if (mr_logfile_spill(log->tool) != MR_OK)
			return MR_ERR_IO;
	}
	return code;
}

int mr_log_wire(struct mr_logfile *log)
{
	json_t *list = log->tool->json ? json_array() : NULL;
	int code = MR_OK;

	for (int64_t run = log->first; run <= log->last && code == MR_OK; run++)
		code = show_run(log, run, list);
	if (!list)
		return code;
	if (code != MR_OK) {
		json_decref(list);
		return code;
	}
	json_t *object = mr_tool_object("log-wire");

	json_object_set_new(object, "wire", list);
	return mr_tool_print(log->tool, object);
}
