/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* A host of one virtual board, on a clock that the test moves. */
#ifndef MR_TESTS_WIREHOST_H
#define MR_TESTS_WIREHOST_H

#include "driver/transport.h"

/** A board that is switched on, and what it said last. */
struct wirehost {
	const struct mr__wire_type *type;
	void *board;
	int64_t now_ns;
	bool bare;      /**< messages go without their end, as on a stream */
	size_t piece;   /**< bytes of one input; 0 = all at once */
	uint8_t *heard; /**< the last answer, terminated */
	size_t n;       /**< its bytes */
	size_t room;
};

/** Switch a board of that name on; a failure ends the test. */
void wirehost_open(struct wirehost *h, const char *board, const char *uri);

void wirehost_close(struct wirehost *h);

/** Send bytes in pieces; a message ends with the last one unless `bare`. */
void wirehost_send(struct wirehost *h, const void *data, size_t n);

/** Send text and LF. */
void wirehost_say(struct wirehost *h, const char *text);

/** What is due now, up to the end of an answer. @return bytes */
size_t wirehost_listen(struct wirehost *h);

/** The next answer, waited for on the clock; "" = none is to come. */
const char *wirehost_hear(struct wirehost *h);

/** Say, and hear. The answer is without its LF. */
const char *wirehost_ask(struct wirehost *h, const char *text);

#endif
