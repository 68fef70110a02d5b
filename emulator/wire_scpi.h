/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The virtual board of the open board protocol 1.0 (docs/board-protocol.md):
 * a state machine in front of an emulated array, which it reaches by operations
 * only. Written from the document alone; nothing is shared with the driver of
 * such boards, so that a mistake of one side is seen by the other.
 *
 * Bytes are cut into messages (wire_scpi_frame.c), messages into commands
 * (wire_scpi_parse.c), commands are looked up (wire_scpi_tree.c) and done:
 * common ones and registers (wire_scpi_status.c), identity and time
 * (wire_scpi_system.c), selection (wire_scpi_select.c), acting
 * (wire_scpi_act.c) by jobs that take time (wire_scpi_jobs.c), and safety
 * (wire_scpi_safety.c). wire_scpi.c keeps time and order.
 *
 * Time. The board's clock is its host's plus what SYST:TIME:ADV added. The
 * array's age never runs ahead of it while nothing is done: before a command
 * acts, the array waits for what it is behind. A job begins at that age and is
 * applied when the clock has passed its end, or cut where an ABORt finds it.
 * With board.time=instant the board's clock is the array's age.
 */
#ifndef MR_EMULATOR_WIRE_SCPI_H
#define MR_EMULATOR_WIRE_SCPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memrig/array.h"

#define WS_ERRORS_MAX 16     /* the protocol asks for 8 at least */
#define WS_PARAMS_MAX 8
#define WS_HEADER_MAX 96     /* bytes of a header with its path */
#define WS_WORK 4            /* buffers of a job */
#define WS_NAME_MAX 64       /* identity texts */

/* Errors of the protocol. */
enum ws_error {
	WS_OK = 0,
	WS_SYNTAX = -102,
	WS_MISSING = -109,
	WS_HEADER = -113,
	WS_BLOCK = -161,
	WS_CONFLICT = -221,
	WS_RANGE = -222,
	WS_TOO_MUCH = -223,
	WS_HARDWARE = -240,
	WS_SYSTEM = -310,
	WS_OVERFLOW = -350,
	WS_COMMUNICATION = -360,
	WS_FORBIDDEN = 101,
	WS_WATCHDOG = 102,
	WS_ABORTED = 103
};

/* Bits of the standard event register. */
#define WS_ESR_OPC 0x01u
#define WS_ESR_PON 0x80u

/* ---- buffers ---------------------------------------------------------------- */

/* Grows, never shrinks; once memory ran out it takes nothing until emptied. */
struct ws_buffer {
	uint8_t *data; /* from malloc: aligned for any number */
	size_t n;
	size_t room;
	bool failed;
};

/** Room for n more bytes; NULL when there is no memory. */
uint8_t *mr__ws_room(struct ws_buffer *b, size_t n);
void mr__ws_append(struct ws_buffer *b, const void *data, size_t n);
void mr__ws_print(struct ws_buffer *b, const char *fmt, ...) MR_PRINTF(2, 3);
/** A number with the fewest digits that give it back. */
void mr__ws_print_real(struct ws_buffer *b, double x);
/** Make it n bytes long, whatever they are; NULL when there is no memory. */
void *mr__ws_resize(struct ws_buffer *b, size_t n);
void mr__ws_empty(struct ws_buffer *b);
void mr__ws_swap(struct ws_buffer *a, struct ws_buffer *b);
void mr__ws_free(struct ws_buffer *b);

/* ---- messages and commands ------------------------------------------------------ */

enum ws_scan { SCAN_TEXT = 0, SCAN_STRING, SCAN_HASH, SCAN_DIGITS, SCAN_BLOCK };

/* Where in a message the next byte stands. */
struct ws_framer {
	struct ws_buffer bytes; /* the message so far, or the COBS packet */
	enum ws_scan scan;
	uint8_t quote;
	uint32_t digits;  /* of a block's length that are to come */
	size_t length;    /* of the block, as far as it is known */
	size_t left;      /* bytes of the block that are to come */
	size_t text_from; /* end of the last block */
	bool too_long;    /* the rest is skipped */
};

/* A message on its way: waiting or being worked off. */
struct ws_message {
	struct ws_message *next;
	struct ws_buffer bytes;
	size_t at;                /* of the next command */
	char path[WS_HEADER_MAX]; /* what a header without ':' is appended to */
	bool cobs;                /* how it came and is answered */
	uint16_t sequence;
};

enum ws_param_kind { PARAM_TEXT, PARAM_STRING, PARAM_BLOCK, PARAM_LIST };

/* Points into the message. */
struct ws_param {
	enum ws_param_kind kind;
	const uint8_t *p; /* content, without quotes, parentheses or header */
	size_t n;
};

struct ws_command {
	char header[WS_HEADER_MAX]; /* upper case, from the root, no '?' */
	bool query;
	uint32_t n_params;
	struct ws_param params[WS_PARAMS_MAX];
};

struct wire_scpi;

/* One line of the command tree. */
struct ws_entry {
	const char *pattern; /* short form in capitals; '?' at its end: a query */
	uint8_t n_least;
	uint8_t n_most;
	/* Does it, or begins a job; an error of the protocol else. */
	int (*act)(struct wire_scpi *b, const struct ws_command *c);
};

/** The next command of a message. @return 1, 0 at its end, or an error */
int mr__ws_next(struct ws_message *m, struct ws_command *c);
bool mr__ws_matches(const char *pattern, const struct ws_command *c);
const struct ws_entry *mr__ws_find(const struct ws_command *c);
/** Whether a message holds only what is taken during a job. */
bool mr__ws_is_urgent(const struct ws_message *m);

int mr__ws_real(const struct ws_command *c, uint32_t i, double *x);
int mr__ws_whole(const struct ws_command *c, uint32_t i, double max,
                 uint32_t *x);
int mr__ws_switch(const struct ws_command *c, uint32_t i, bool *on);
/** A word or a string, terminated. */
int mr__ws_word(const struct ws_command *c, uint32_t i, char *word, size_t room);
/** The bytes of a block of elements of `size` bytes, copied to `to`. */
int mr__ws_elements(const struct ws_command *c, uint32_t i, size_t size,
                    struct ws_buffer *to, uint32_t *n);
/** The same for finite float32. */
int mr__ws_floats(const struct ws_command *c, uint32_t i, struct ws_buffer *to,
                  uint32_t *n);

/* ---- jobs --------------------------------------------------------------------------- */

enum ws_job_kind {
	JOB_NONE = 0,
	JOB_READ,
	JOB_PULSE,
	JOB_PROGRAM,
	JOB_DRIVE,
	JOB_TRACE,
	JOB_FORM
};

/* An operation that takes time. Its arrays are in `work`. */
struct ws_job {
	enum ws_job_kind kind;
	struct mr_op op;
	int64_t begin_ns;  /* array time */
	int64_t length_ns; /* as far as it is known */
	uint32_t n;        /* selected cells */
	uint32_t at;       /* program: next cell; form: pulses so far */
	uint32_t status;
	struct ws_buffer work[WS_WORK];
};

/** Begin the job that b->job describes: the array is brought up to now. */
int mr__ws_job_begin(struct wire_scpi *b, enum ws_job_kind kind,
                     double length_s);
/** Work on it as far as the clock has come. @return WS_OK or an error */
int mr__ws_job_step(struct wire_scpi *b);
/** End it where the clock is; what it did not reach is not touched.
 * @return whether there was one */
bool mr__ws_job_cut(struct wire_scpi *b);
/** Have the array do one thing. @return WS_OK or an error */
int mr__ws_do(struct wire_scpi *b, struct mr_op *op);
/** Whether the array would take these pulses; nothing is applied. */
int mr__ws_try_pulses(struct wire_scpi *b, const struct mr_op *op);

/* ---- the board ------------------------------------------------------------------------ */

struct ws_status {
	int errors[WS_ERRORS_MAX];
	uint32_t n_errors;
	uint8_t esr, ese, sre;
	uint8_t seen; /* enabled bits of the last look, to find new reasons */
	bool rqs;
};

struct ws_output {
	struct ws_buffer bytes;
	size_t head;            /* first byte that was not fetched */
	struct ws_buffer ends;  /* size_t each: where answers end */
	size_t first_end;       /* index of the next one */
};

struct ws_selection {
	struct mr_selection where;
	struct ws_buffer list[2]; /* cells, or rows and columns */
	uint32_t n;
};

struct ws_safety {
	bool enabled;
	bool locked;
	double v_max_V, i_max_A; /* of the session; INFINITY = the board's own */
	double watchdog_s;
	int64_t heard_ns;        /* host time of the last message */
	bool expired;            /* since then */
	bool armed;
	uint32_t armed_cell;
	int64_t armed_ns;        /* board time */
	int64_t safe_since_ns;   /* host time */
};

struct ws_forming {
	uint32_t cell;
	double start, step, width_s, g_stop_S;
	uint32_t n_most;
	bool reached;
	double amplitude;
	uint32_t pulses;
};

struct wire_scpi {
	struct mr_array *array;
	const struct mr_description *desc; /* the array's, borrowed */
	struct mr_limits limits;           /* the board's */
	enum mr_unit unit;
	uint32_t abilities;
	char scheme[16]; /* at power-on */

	char serial[WS_NAME_MAX], firmware[WS_NAME_MAX], protocol[WS_NAME_MAX];
	uint64_t message_max;
	uint64_t simulated;  /* what the record says: 0 or 1 */
	uint64_t packets; /* whether it offers them */
	uint64_t watchdog;
	bool instant;

	int64_t now_ns; /* host time of this call */
	int64_t opened_ns, born_ns; /* host and array time at power-on */
	int64_t advanced_ns;

	bool cobs;           /* what comes next is a packet */
	bool has_sequence;
	uint16_t sequence;   /* of the last request that was taken */
	bool has_again;
	struct ws_buffer again; /* its answer */
	struct ws_framer framer;

	struct ws_message *running, *spare;
	struct ws_message *first, **last; /* waiting behind it */
	size_t waiting; /* bytes */
	struct ws_buffer line; /* answers of the running message */
	bool asked; /* the message at work held a query so far */
	uint32_t n_answers;

	struct ws_output out;
	struct ws_status status;
	struct ws_selection selection;
	struct ws_safety safety;
	struct ws_forming forming;
	struct ws_job job;
	struct ws_buffer element_status; /* of the last job, a byte each */
	uint32_t pulse_n, pulse_status;  /* what PULS:DONE? answers */
};

/* wire_scpi.c */
int64_t mr__ws_board_ns(const struct wire_scpi *b);
int mr__ws_sync(struct wire_scpi *b);
/** Forget messages that wait and the one that runs; a PULS:DONE? that waited
 * for the pulses is answered if `answer`. */
void mr__ws_drop_messages(struct wire_scpi *b, bool answer);
/** Take the message that the framer has gathered; empties it. */
void mr__ws_take(struct wire_scpi *b, bool cobs, uint16_t sequence);

/* wire_scpi_frame.c */
void mr__ws_frame(struct wire_scpi *b, const uint8_t *data, size_t n, bool end);
void mr__ws_frame_reset(struct wire_scpi *b);
void mr__ws_send(struct wire_scpi *b, const struct ws_buffer *answer, bool cobs,
                 uint16_t sequence);

/* wire_scpi_status.c */
void mr__ws_raise(struct wire_scpi *b, int error);
uint8_t mr__ws_stb(struct wire_scpi *b);
uint8_t mr__ws_serial_poll(struct wire_scpi *b);
/** Whether an answer, or a part of one, has not been fetched. */
bool mr__ws_has_output(const struct wire_scpi *b);

/* Begin an answer; what is printed next is its text. */
struct ws_buffer *mr__ws_answer(struct wire_scpi *b);
void mr__ws_answer_block(struct ws_buffer *line, const void *data, size_t n,
                         size_t size);

/* wire_scpi_system.c */
void mr__ws_describe(struct wire_scpi *b);

/* wire_scpi_select.c */
void mr__ws_select_all(struct wire_scpi *b);

/* wire_scpi_safety.c */
/** Safe outputs: the job is cut, the arm taken; `error` tells why, if a job was
 * cut or `always`. */
void mr__ws_make_safe(struct wire_scpi *b, int error, bool always);
void mr__ws_unlimit(struct wire_scpi *b);
bool mr__ws_volts_ok(const struct wire_scpi *b, double v_V, double max_V);
bool mr__ws_amplitude_ok(const struct wire_scpi *b, enum mr_unit unit, double a);
bool mr__ws_width_ok(const struct wire_scpi *b, double width_s);

/* The commands, by the file that holds them. */
#define WS_ACT(name)                                                          \
	int mr__ws_##name(struct wire_scpi *b, const struct ws_command *c)
WS_ACT(idn);
WS_ACT(rst);
WS_ACT(cls);
WS_ACT(opc);
WS_ACT(opc_query);
WS_ACT(esr_query);
WS_ACT(ese);
WS_ACT(ese_query);
WS_ACT(sre);
WS_ACT(sre_query);
WS_ACT(stb_query);
WS_ACT(wai);
WS_ACT(tst_query);
WS_ACT(error_query);
WS_ACT(version_query);
WS_ACT(protocol_query);
WS_ACT(capability_query);
WS_ACT(cobs);
WS_ACT(time_query);
WS_ACT(advance);
WS_ACT(scheme);
WS_ACT(scheme_query);
WS_ACT(select_whole);
WS_ACT(select_rect);
WS_ACT(select_list);
WS_ACT(select_outer);
WS_ACT(select_channels);
WS_ACT(select_query);
WS_ACT(conductance_query);
WS_ACT(status_query);
WS_ACT(pulse);
WS_ACT(train);
WS_ACT(done_query);
WS_ACT(program_query);
WS_ACT(drive_query);
WS_ACT(trace_query);
WS_ACT(enable);
WS_ACT(enable_query);
WS_ACT(safe);
WS_ACT(abort);
WS_ACT(heart);
WS_ACT(limit_voltage);
WS_ACT(limit_voltage_query);
WS_ACT(limit_current);
WS_ACT(limit_current_query);
WS_ACT(limit_lock);
WS_ACT(watchdog);
WS_ACT(watchdog_query);
WS_ACT(arm);
WS_ACT(form);
WS_ACT(form_query);

#endif
