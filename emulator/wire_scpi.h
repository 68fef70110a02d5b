/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The virtual board of the open protocol (docs/board-protocol.md): what its
 * files share. */
#ifndef MR_EMULATOR_WIRE_SCPI_H
#define MR_EMULATOR_WIRE_SCPI_H

#include "wires.h"

#define SCPI_ERRORS 8

/* ESR and STB bits of IEEE 488.2. */
#define ESR_OPC 0x01u
#define ESR_QUERY 0x04u
#define ESR_DEVICE 0x08u
#define ESR_EXECUTION 0x10u
#define ESR_COMMAND 0x20u
#define ESR_POWER 0x80u
#define STB_LIVE 0x01u
#define STB_ERRORS 0x04u
#define STB_MAV 0x10u
#define STB_ESB 0x20u
#define STB_RQS 0x40u

struct bytes {
	uint8_t *at;
	size_t n;
	size_t room;
};

/* A train of pulses on listed cells that goes on while the clock does. */
struct job {
	bool runs;
	uint32_t next; /* place in the selection */
	uint32_t n;
	struct mr_pulse_op pulse; /* of one cell; with `train` without values */
	float *train;             /* [n*3] amplitude, width, count; or NULL */
};

struct scpi_wire {
	struct mr_array *array;
	struct mr_description desc;
	size_t message_max;
	char serial[32];
	char firmware[32];
	char protocol[32];
	bool instant;

	/* time: of the board = of the host + ahead_ns */
	int64_t on_ns;
	int64_t ahead_ns;
	int64_t heard_ns;
	double watchdog_s;

	/* messages */
	struct bytes in;
	size_t scanned;
	size_t skip;       /* bytes of a block still to pass over */
	int block_digits;  /* of a block's length still to come; -1 = '#' seen */
	size_t block_size;
	bool too_long;
	bool resumes;      /* what waits is the rest of a message */
	bool waits;        /* a whole message waits until the board is free */
	struct bytes out;
	size_t sent;
	int64_t due_ns;
	bool queried;      /* the present message held a query */
	bool answered;     /* an answer of it stands in `out` */

	/* 488.2 */
	int errors[SCPI_ERRORS];
	size_t n_errors;
	uint8_t esr;
	uint8_t ese;
	uint8_t sre;

	/* the array */
	struct mr_selection where;
	struct bytes list;  /* what `where` points to */
	struct bytes list2;
	struct bytes status; /* of the last action, one byte an element */
	uint8_t summary;
	struct job job;
	uint32_t done;      /* of the last pulse command */
	bool enabled;
	double limit_V;
	double limit_A;
	bool locked;
	int64_t armed_until_ns;
	uint32_t armed_cell;
	struct { bool reached; double amplitude; uint32_t pulses; } formed;
	int64_t live_until_ns; /* an output carries a voltage until then */
};

/* ---- wire_scpi_parse.c ----------------------------------------------------------- */

/* A command's text, and how far it has been taken apart. */
struct params {
	const uint8_t *at;
	size_t n;
	int error; /* of the protocol; 0 = none so far */
};

void *mr__scpi_room(struct bytes *b, size_t n); /* n more bytes, or NULL */
double mr__scpi_number(struct params *p);
uint32_t mr__scpi_whole(struct params *p);
/* The next word, upper case. */
void mr__scpi_word(struct params *p, char *out, size_t room);
/* A block of elements of `size` bytes; its bytes stay where they are. */
const uint8_t *mr__scpi_elements(struct params *p, size_t size, size_t *n);
/* A channel list: cell numbers are appended. */
void mr__scpi_channels(struct params *p, const struct mr_description *d,
                       struct bytes *out);
void mr__scpi_end(struct params *p);
/* Whether a header as it was sent is the command `pattern`, such as
 * ":SYSTem:ERRor?". */
bool mr__scpi_is(const char *header, const char *pattern);

/* ---- wire_scpi_commands.c ----------------------------------------------------------- */

/* A command's function: an error of the protocol or 0. */
typedef int command_fn(struct scpi_wire *w, int64_t now_ns, struct params *p);

/* wire_scpi_act.c: what touches cells. */
command_fn mr__scpi_read, mr__scpi_status, mr__scpi_pulse, mr__scpi_train,
	mr__scpi_done, mr__scpi_program, mr__scpi_drive, mr__scpi_trace,
	mr__scpi_form, mr__scpi_formed;
int mr__scpi_code(int rc); /* of what the array says */
void *mr__scpi_more_room(struct bytes *b, size_t n); /* n bytes, old ones go */

/* Execute one command; returns an error of the protocol or 0. */
int mr__scpi_command(struct scpi_wire *w, int64_t now_ns, const char *header,
                     struct params *p);

/* ---- wire_scpi.c -------------------------------------------------------------------- */

void mr__scpi_error(struct scpi_wire *w, int code);
/* The beginning of an answer; then as many bytes as it takes. */
void mr__scpi_answer(struct scpi_wire *w, const char *format, ...)
	MR_PRINTF(2, 3);
void mr__scpi_answer_block(struct scpi_wire *w, const void *data, size_t n);
void mr__scpi_more(struct scpi_wire *w, const char *format, ...)
	MR_PRINTF(2, 3);

int64_t mr__scpi_board_ns(const struct scpi_wire *w, int64_t now_ns);
/* Do what is due of a job by now; with `all` the whole of it. */
void mr__scpi_go_on(struct scpi_wire *w, int64_t now_ns, bool all);
/* Everything off at once. */
void mr__scpi_make_safe(struct scpi_wire *w, int64_t now_ns);
const char *mr__scpi_error_text(int code);

#endif
