/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The open board protocol (docs/board-protocol.md), host side: messages are put
 * together, sent, and their answers taken apart. One message is one round trip.
 */
#ifndef MR_DRIVER_SCPI_H
#define MR_DRIVER_SCPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transport.h"

#define SCPI_TEXT_MAX 256  /* longest answer that is no block */
#define SCPI_RECORD_MAX 16384 /* longest capability record */

/* The integrity layer of streams; all-zero is off. */
struct scpi_packets {
	bool on;
	bool wanted;       /* on whenever a session begins */
	uint16_t number;   /* of the request that goes on */
	uint8_t *request;  /* its packet, for a second time */
	size_t n_request;
	size_t room_request;
	unsigned tries;    /* how often it was sent again */
	unsigned strange;  /* packets that came and were others' */
	bool emptied;      /* an empty answer came to it */
	uint8_t *in;       /* the answer [at, end), and what came after it */
	size_t n_in;
	size_t room_in;
	size_t scanned;    /* of it holds no end */
	size_t next;       /* where what came after it begins */
	size_t at;
	size_t end;
};

struct scpi {
	struct mr__transport *pipe;
	const struct mr_run *run; /* of the submit that goes on; or NULL */
	int64_t answer_ns;        /* grace on top of what a command takes */
	int64_t beat_ns;          /* when the next heartbeat is due; 0 = never */
	bool in_step;             /* false: clear it before anything else */
	char *out;                /* the message so far; no end yet */
	size_t n_out;
	size_t room;
	int failed;               /* of building the message */
	struct scpi_packets packets;
};

/* ---- a message ------------------------------------------------------------------ */

void mr__scpi_begin(struct scpi *s);
void mr__scpi_add(struct scpi *s, const char *format, ...) MR_PRINTF(2, 3);
/* A block of n bytes, after a comma or a blank that the text ended with. */
void mr__scpi_add_block(struct scpi *s, const void *data, size_t n);

/* Send it. MR_ERR_NOMEM, MR_ERR_TIMEOUT, MR_ERR_IO. */
int mr__scpi_send(struct scpi *s, struct mr_errtext *err);

/* ---- its answers, in their order -------------------------------------------------- */

/* Wait until the answer begins, for duration_s and the grace; the stop flag is
 * looked at all the time. On MR_ERR_STOPPED the board has been told to abort. */
int mr__scpi_await(struct scpi *s, double duration_s, struct mr_errtext *err);

/* From here until mr__scpi_unwatch() the board goes to its safe state by itself
 * when we fall silent; mr__scpi_await() keeps it content. The message that is
 * being put together ends the watch as its last command. */
int mr__scpi_watch(struct scpi *s, struct mr_errtext *err);
void mr__scpi_unwatch(struct scpi *s);

/* A block of exactly n bytes and what ends it: ',' or ';' or LF. */
int mr__scpi_block(struct scpi *s, void *out, size_t n, char *end,
                   struct mr_errtext *err);
/* A block of up to room bytes. */
int mr__scpi_block_some(struct scpi *s, void *out, size_t room, size_t *n,
                        char *end, struct mr_errtext *err);
/* Text up to ',' ';' or LF; a quoted string is one text, quotes left out. */
int mr__scpi_text(struct scpi *s, char out[SCPI_TEXT_MAX], char *end,
                  struct mr_errtext *err);
int mr__scpi_integer(struct scpi *s, int64_t *out, char *end,
                     struct mr_errtext *err);

/* A line that was cut short or empty: what the board says of it. Always an
 * error; MR_ERR_RANGE, MR_ERR_REFUSED, MR_ERR_UNSUPPORTED or MR_ERR_IO. */
int mr__scpi_complaint(struct scpi *s, struct mr_errtext *err);

/* ---- sessions ---------------------------------------------------------------------- */

/* Clear what was going on, ask who is there and whether it speaks this
 * protocol; `identity` receives its answer to *IDN?. */
int mr__scpi_start(struct scpi *s, char identity[SCPI_TEXT_MAX],
                   struct mr_errtext *err);

/* Abort and make safe, whatever is going on. */
int mr__scpi_safe(struct scpi *s, struct mr_errtext *err);

/* Likewise at the end of a session; where packets may be garbled, it waits until
 * the board says that it is done. */
int mr__scpi_end(struct scpi *s, struct mr_errtext *err);

void mr__scpi_free(struct scpi *s);

/* Carry all that follows in packets, and so after each start. MR_ERR_IO: the
 * board does not want to. */
int mr__scpi_use_packets(struct scpi *s, struct mr_errtext *err);

/* ---- packets (scpi_packets.c) -------------------------------------------------------- */

/* Send a request under a new number; what was waiting of answers is dropped. */
int mr__packets_send(struct scpi *s, const char *text, size_t n,
                     struct mr_errtext *err);
/* Send a heartbeat while a request goes on. */
int mr__packets_beat(struct scpi *s, struct mr_errtext *err);
/* Send the request again; MR_ERR_IO where that was done too often. */
int mr__packets_send_again(struct scpi *s, struct mr_errtext *err);
/* Wait for the answer, whole and right. MR_ERR_TIMEOUT: go on waiting, or not. */
int mr__packets_await(struct scpi *s, int64_t deadline_ns,
                      struct mr_errtext *err);
/* Take bytes of the answer that came. */
int mr__packets_read(struct scpi *s, void *out, size_t n,
                     struct mr_errtext *err);
/* The board has been cleared: it speaks without packets. */
void mr__packets_stop(struct scpi *s);
void mr__packets_free(struct scpi *s);

/* ---- the capability record (scpi_record.c) ------------------------------------------ */

struct scpi_board {
	struct mr_description desc;
	size_t message_max;
	bool simulated;
	bool watchdog;
	bool packets; /* offers the integrity layer */
	double abort_s;
	double v_step_V;     /* resolutions; 0 = unknown */
	double width_step_s;
};

/* Ask for it and take it apart. MR_ERR_FORMAT names line and key. */
int mr__scpi_record(struct scpi *s, struct scpi_board *out,
                    struct mr_errtext *err);

/* Take a record's text apart. */
int mr__scpi_record_parse(const char *text, size_t n, struct scpi_board *out,
                          struct mr_errtext *err);

#endif
