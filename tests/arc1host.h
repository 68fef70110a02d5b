/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * A host for the virtual ArC ONE, byte by byte, at times that the test sets.
 * Cells are those of model ideal: dG = dg_S per 1 V and 100 ns, from 0 to 10
 * uS, linear, no noise; so a read is 1 / G.
 */
#ifndef MR_TESTS_ARC1HOST_H
#define MR_TESTS_ARC1HOST_H

#include "driver/transport.h"
#include "emulator/wire_arc1.h"

#define S INT64_C(1000000000)
#define MS INT64_C(1000000)
#define US INT64_C(1000)

#define IDEAL "ideal?rows=32&cols=32"
/* 1 uS a pulse of 1 V, 100 ns: whole megohms after each */
#define COARSE "ideal?rows=4&cols=5&dg_S=1e-6"

#define ROOM 32768

struct bench {
	const struct mr__wire_type *type;
	void *board;
	int64_t t_ns;
	uint8_t got[ROOM]; /* the last answer */
	size_t n;
};

/** Switch a board on; `keys` is an emu: URI's rest. */
void switch_on(struct bench *h, const char *keys);
void switch_off(struct bench *h);

/** The session start of the sheet: 00, a pause, 0 with seven numbers, 01. */
void start(struct bench *h, const char *keys);

/** Switch off a board whose driver did nothing wrong. */
void end(struct bench *h);

/** Send. */
void say(struct bench *h, const char *bytes);

/** Take what is due now. */
void collect(struct bench *h);

/** Go from due time to due time until nothing is to come. */
void settle(struct bench *h);

/** Send, and take all of the answer. */
void ask(struct bench *h, const char *bytes);

/** The i-th float of the answer. */
double at(const struct bench *h, size_t i);

/** Assert the i-th triple. */
void is_triple(const struct bench *h, size_t i, double r, double v, double w);

/** Whether a text stands in the answer. */
bool is_text(const struct bench *h, size_t from, const char *text);

struct mr__arc1_report report(const struct bench *h);

#endif
