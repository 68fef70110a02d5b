/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Instruments that say what a test has them say: a thread behind a Unix socket
 * that keeps a journal of all that it hears, and answers as a source-measure
 * unit with a resistor at its terminals, or as a switch matrix. Written from
 * the fact sheet's command tables; knows nothing of profiles.
 */
#ifndef MR_TESTS_SMUPEER_H
#define MR_TESTS_SMUPEER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#define SMUPEER_JOURNAL 65536

/** What all peers of a test heard, a line each, in order. */
struct journal {
	pthread_mutex_t lock;
	char text[SMUPEER_JOURNAL];
	size_t n;
};

/** An answer that the test wants to a line that begins so. */
struct smupeer_rule {
	const char *begin;
	const char *answer; /**< "" = none */
};

struct smupeer {
	const char *identity;
	const char *tag;  /**< before its lines in the journal */
	double r_ohm;
	const struct smupeer_rule *rules; /**< ended by a NULL; or NULL */
	const char *error; /**< the error after a line that begins with: */
	const char *error_after;
	struct journal *journal;
	/* the peer's own: */
	char path[256]; /**< of its socket */
	pthread_t thread;
	int listener;
	bool on;
	bool error_waits;
	double v_V;
	double limit_A;
	char closed[64];
};

/** Begin to listen at a path of the test's own; a failure ends the test. */
void smupeer_start(struct smupeer *p);

/** Its end; the host must have closed before. */
void smupeer_stop(struct smupeer *p);

void journal_clear(struct journal *j);

/** Whether these lines come in this order, others between them; NULL ends. */
bool journal_has_order(struct journal *j, const char *const *lines);

/** How many lines begin so. */
unsigned journal_count(struct journal *j, const char *begin);

#endif
