/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* An observer for tests: writes down what it sees, and may say no. */
#ifndef MR_TESTS_SCRIBE_H
#define MR_TESTS_SCRIBE_H

#include "memrig/memrig.h"

#define MR_RECORD_MAX 256 /**< calls that a record has room for */
#define MR_RECORD_TEXT (2 * MR_RECORD_MAX + 1)

/** One call of an observer. */
struct mr_event_seen {
	char who;  /**< the observer's name */
	char what; /**< b begin, s sending, e end */
	enum mr_op_kind kind;
	uint64_t id;
	uint64_t parent;
	int64_t wall_ns;
	int error;
	uint64_t pulses; /**< of a pulse: over all its cells */
	char errtext[64];
};

/** Calls of one or several observers in the order in which they came. */
struct mr_record {
	size_t n;
	struct mr_event_seen events[MR_RECORD_MAX];
};

/** The observer; the zeros are an agreeable one. */
struct mr_scribe {
	char name;             /**< one letter */
	struct mr_record *to;  /**< where it writes */
	int refuse_begin;      /**< code that its begin returns */
	int refuse_sending;    /**< code that its sending returns */
	struct mr_array *busy; /**< handle to try from inside; or NULL */
};

/**
 * Add it to the observers of a handle.
 *
 * @param array  the handle.
 * @param s      must outlive the handle or be unobserved.
 */
void mr_scribe_watch(struct mr_array *array, struct mr_scribe *s);

/**
 * Assert that nothing can be done to a handle from inside a callback.
 *
 * @param array  the handle; NULL = nothing to try.
 */
void mr_scribe_try(struct mr_array *array);

/**
 * The record as text: "AbBb" for A's begin, then B's.
 *
 * @param r    the record.
 * @param out  [MR_RECORD_TEXT] receives the text.
 * @return out.
 */
const char *mr_record_text(const struct mr_record *r, char *out);

/** How many reads have ended. */
size_t mr_record_reads(const struct mr_record *r);

#endif
