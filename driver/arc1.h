/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The protocol of the ArC ONE board, host side. Towards the board go ASCII
 * tokens, each ended by LF, one number a token; from it come bare little-endian
 * float32 in counts that follow from the job. There is no length, checksum,
 * acknowledgement or error reply: what is sent must be right, and a board that
 * did not answer in time is out of step until it is restarted.
 *
 * Readings are resistances. Words and bits count from 1; a word is a row, a
 * bit a column.
 */
#ifndef MR_DRIVER_ARC1_H
#define MR_DRIVER_ARC1_H

#include <stdbool.h>
#include <stdint.h>

#include "transport.h"

#define ARC1_LINES 32     /* words, and bits */
#define ARC1_V_MAX_V 12.0
#define ARC1_WIDTH_MIN_S 90e-9
#define ARC1_WIDTH_MAX_S 10.0
#define ARC1_REAL "%.3e" /* how a number goes over the wire */
#define ARC1_READ_S 1e-3  /* longest that one read cycle takes */
#define ARC1_QUEUE 512    /* bytes of tokens that go together */

enum arc1_mode {
	ARC1_MODE_CLASSIC = 0,  /* fixed .5 V, linear resistors */
	ARC1_MODE_TIA = 1,
	ARC1_MODE_TIA4P = 2,
	ARC1_MODE_TIA4P_NEG = 3 /* the same for read voltages below 0 */
};

enum arc1_sneak {
	ARC1_SNEAK_V3 = 0,
	ARC1_SNEAK_V2 = 1,
	ARC1_SNEAK_FLOAT = 256
};

struct arc1 {
	struct mr__transport *pipe;
	uint32_t words;
	uint32_t bits;
	uint32_t read_cycles;
	uint32_t session;
	enum arc1_sneak sneak;
	enum arc1_mode mode;    /* wanted for positive voltages */
	double v_read_V;        /* what the board reads with now */
	int64_t pace_ns;        /* between two tokens; it loses faster ones */
	int64_t answer_ns;      /* grace on top of what a job takes */
	const struct mr_run *run; /* of the submit that goes on; or NULL */
	bool in_step;           /* false: it must be restarted first */
	unsigned firmware;      /* major << 16 | minor; 0 = it does not say */
	char queue[ARC1_QUEUE];
	uint32_t queued;
};

/* ---- arc1_link.c ------------------------------------------------------------- */

/* Queue one token; what does not fit leaves at once. After the last token of a
 * job, arc1_flush(). A failure to send leaves the board out of step. */
int mr__arc1_token(struct arc1 *a, const char *text, struct mr_errtext *err);
int mr__arc1_integer(struct arc1 *a, uint32_t value, struct mr_errtext *err);
/* Four significant digits: the form that its clients send. */
int mr__arc1_decimal(struct arc1 *a, double value, struct mr_errtext *err);
/* A time to the nanosecond: four digits would lose a pulse late in a waveform. */
int mr__arc1_time(struct arc1 *a, double t_s, struct mr_errtext *err);
int mr__arc1_flush(struct arc1 *a, struct mr_errtext *err);

/* Receive n floats that may take duration_s to come; the stop flag is looked at
 * all the time. MR_ERR_TIMEOUT and MR_ERR_STOPPED leave the board out of step. */
int mr__arc1_floats(struct arc1 *a, float *out, uint32_t n, double duration_s,
                    struct mr_errtext *err);

/* Receive a line, without its end; for the rest as mr__arc1_floats(). */
int mr__arc1_line(struct arc1 *a, char *out, size_t room, size_t *n,
                  double duration_s, struct mr_errtext *err);

/* Restart the board and set it up: at open, and after it fell out of step. */
int mr__arc1_start(struct arc1 *a, struct mr_errtext *err);

/* Bring it to its safe state: restart, and a BREAK where the pipe has one. */
int mr__arc1_safe(struct arc1 *a, struct mr_errtext *err);

/* Have it read with v_read_V from here on. */
int mr__arc1_read_voltage(struct arc1 *a, double v_read_V,
                          struct mr_errtext *err);

/* Change what holds for unselected lines. */
int mr__arc1_sneak(struct arc1 *a, enum arc1_sneak sneak,
                   struct mr_errtext *err);

/* ---- arc1_jobs.c -------------------------------------------------------------- */

/* Read one, all (bit index fastest), or n listed crosspoints; resistances in
 * ohm. word[i] and bit[i] count from 1. */
int mr__arc1_read_one(struct arc1 *a, uint32_t word, uint32_t bit, float *r_ohm,
                      struct mr_errtext *err);
int mr__arc1_read_all(struct arc1 *a, float *r_ohm, struct mr_errtext *err);
int mr__arc1_read_listed(struct arc1 *a, const uint8_t *word,
                         const uint8_t *bit, uint32_t n, float *r_ohm,
                         struct mr_errtext *err);

/* One pulse, then a reading, whose coming says that the pulse was applied. */
int mr__arc1_pulse_read(struct arc1 *a, uint32_t word, uint32_t bit, double v_V,
                        double width_s, float *r_ohm, struct mr_errtext *err);

/* The current of one bit line while n words are at v_V. */
int mr__arc1_column_current(struct arc1 *a, uint32_t bit, const uint8_t *word,
                            uint32_t n, double v_V, double width_s, float *i_A,
                            struct mr_errtext *err);

/* Begin a job that is for one device: its token and its numbers, each whole (i)
 * or decimal (d) as `kinds` says, then how many devices follow. */
int mr__arc1_begin(struct arc1 *a, const char *job, const char *kinds,
                   const double *param, struct mr_errtext *err);

/* Name the device; the board goes to work. */
int mr__arc1_device(struct arc1 *a, uint32_t word, uint32_t bit,
                    struct mr_errtext *err);

#endif
