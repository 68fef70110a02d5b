/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * A session for tests of the op log and of playback: every kind of operation
 * on every kind of selection, with and without each optional input and output,
 * and comparisons of operations field by field.
 */
#ifndef MR_TESTS_SESSION_H
#define MR_TESTS_SESSION_H

#include "memrig/memrig.h"

/** The array that a session fits; odd on purpose. Append further keys. */
#define MR_SESSION_URI "emu:pcm?rows=5&cols=7&seed=11&adc_bits=10"

#define MR_SESSION_OPS 32 /**< room for operations */

/** Operations and the room that they point to; do not copy. */
struct mr_session {
	size_t n;
	struct mr_op ops[MR_SESSION_OPS];
	float floats[2048];
	double doubles[512];
	uint32_t words[512];
	uint8_t bytes[1024];
	size_t n_floats;
	size_t n_doubles;
	size_t n_words;
	size_t n_bytes;
};

/**
 * A session, filled.
 *
 * @return release it with free(); never NULL.
 */
struct mr_session *mr_session_alloc(void);

/**
 * Path of a log that does not exist; what lies there, and what SQLite left
 * beside it, is removed.
 *
 * @param out   [MR_TEST_PATH_MAX] receives the path.
 * @param name  the file's name.
 * @return out.
 */
const char *mr_session_path(char *out, const char *name);

/**
 * Compare bits, also of floats: -0 differs from 0, and NAN may be equal.
 *
 * @param a     [size] bytes.
 * @param b     [size] bytes.
 * @param size  how many.
 * @return whether they are the same.
 */
bool mr_session_same_bits(const void *a, const void *b, size_t size);

/**
 * Run SQL on a file.
 *
 * @param path  the file; created if missing.
 * @param text  one or more statements that give no rows.
 */
void mr_session_sql(const char *path, const char *text);

/**
 * Start a log; the test ends if it cannot be started.
 *
 * @param path     the file.
 * @param array    the handle.
 * @param options  or NULL.
 * @return the log.
 */
struct mr_oplog *mr_session_start(const char *path, struct mr_array *array,
                                  const struct mr_oplog_options *options);

/**
 * Finish a log and close its array; neither may fail.
 *
 * @param log    the log.
 * @param array  the handle.
 */
void mr_session_finish(struct mr_oplog *log, struct mr_array *array);

/**
 * Make the session: the same one each time.
 *
 * @param session  becomes ready to be run once.
 */
void mr_session_fill(struct mr_session *session);

/**
 * Submit the operations one by one; each must succeed.
 *
 * @param session  filled; results and outcomes are written.
 * @param array    of MR_SESSION_URI, or its playback.
 */
void mr_session_run(struct mr_session *session, struct mr_array *array);

/**
 * Submit up to the first failure.
 *
 * @param session  filled.
 * @param array    the array.
 * @param code     receives the failure, or MR_OK.
 * @return how many operations succeeded.
 */
size_t mr_session_try(struct mr_session *session, struct mr_array *array,
                      int *code);

/**
 * Assert that two sessions have the same outcomes, times and results.
 *
 * @param want  one that was run.
 * @param got   another.
 */
void mr_session_same(const struct mr_session *want,
                     const struct mr_session *got);

/**
 * Open an array; the test ends if it cannot be opened.
 *
 * @param uri  its URI.
 * @return the handle.
 */
struct mr_array *mr_session_open(const char *uri);

/**
 * Run a session on MR_SESSION_URI and log it.
 *
 * @param session  is filled and run.
 * @param path     the log; added to.
 * @param options  of the log; or NULL.
 */
void mr_session_record(struct mr_session *session, const char *path,
                       const struct mr_oplog_options *options);

/**
 * Assert that two operations agree: kind, cells, parameters, outcome (but for
 * its id), and bit by bit inputs and results.
 *
 * @param want    one that was submitted.
 * @param got     another, or a record of it.
 * @param desc    gives the shape.
 * @param values  false: no inputs or results may be there in `got`.
 * @param at      shown in messages.
 */
void mr_op_same(const struct mr_op *want, const struct mr_op *got,
                const struct mr_description *desc, bool values, size_t at);

/**
 * Assert that a question has the same answer in two logs: row by row, every
 * column but wall times.
 *
 * @param path_a  a log.
 * @param path_b  another.
 * @param text    one SELECT.
 * @return the number of rows.
 */
int mr_session_same_rows(const char *path_a, const char *path_b,
                         const char *text);

#endif
