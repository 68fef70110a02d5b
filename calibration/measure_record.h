/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The record of a measurement: its runs in a log, protocol by protocol, as one
 * row of operations; and how a recorded operation compares with a wanted one. */
#ifndef MR_CALIBRATION_MEASURE_RECORD_H
#define MR_CALIBRATION_MEASURE_RECORD_H

#include "measuring.h"

/** A run of the measurement. */
struct mr__record_run {
	int64_t run;
	char protocol[24];
	char settings[512];
	char session[40];
	int64_t time_ns; /**< array time when it began */
	int64_t redone;  /**< operations of the run before it from this id on were
	                      done again; 0 = none */
};

/** A measurement in a log. */
struct mr__record {
	struct mr_oplog_reader *reader;
	char measurement[40];
	struct mr__record_run *runs; /**< [n] in order */
	size_t n;
	size_t at;         /**< the run that is being walked */
	size_t end;        /**< behind the last of its protocol */
	bool first;        /**< nothing of run `at` was taken yet */
	uint64_t last_id;  /**< of what was taken last */
	struct mr_oplog_record next; /**< after mr__record_next() */
};

/**
 * Find the last measurement of a kind on an array.
 * @param r     zeroed; release with mr__record_close() whatever is returned.
 * @param path  the log.
 * @param what  suite or protocols, as they were asked for.
 * @param desc  of the array.
 * @param err   explains a failure.
 * @return MR_OK; MR_ERR_MISSING if there is none; as mr_oplog_open().
 */
int mr__record_open(struct mr__record *r, const char *path, const char *what,
                    const struct mr_description *desc, struct mr_errtext *err);

/**
 * Go to the first operation of a protocol.
 * @param r         the record.
 * @param protocol  its name.
 * @param err       explains a failure.
 * @return MR_OK; as mr_oplog_rewind().
 */
int mr__record_begin(struct mr__record *r, const char *protocol,
                     struct mr_errtext *err);

/**
 * The run that a protocol began with.
 * @param r  after mr__record_begin().
 * @return the run; NULL if the log has none of it.
 */
const struct mr__record_run *mr__record_first(const struct mr__record *r);

/**
 * Take the next operation that somebody asked for, in the order of the runs.
 * @param r     the record.
 * @param more  receives false at the end; else r->next is it.
 * @param err   explains a failure.
 * @return MR_OK; as mr_oplog_next().
 */
int mr__record_next(struct mr__record *r, bool *more, struct mr_errtext *err);

/**
 * Array time when the last operation of the measurement ended.
 * @param r     the record; its walk is lost.
 * @param t_ns  receives it; 0 = there is none.
 * @param err   explains a failure.
 * @return MR_OK; as mr_oplog_next().
 */
int mr__record_last_ns(struct mr__record *r, int64_t *t_ns,
                       struct mr_errtext *err);

/**
 * Close.
 * @param r  the record.
 */
void mr__record_close(struct mr__record *r);

/**
 * Whether a recorded operation is the wanted one. What is 0 for "described" in
 * the wanted one may be anything.
 * @param was   recorded.
 * @param want  wanted.
 * @param desc  of the array.
 * @param err   says the first difference.
 * @return MR_OK; MR_ERR_MISMATCH.
 */
int mr__op_match(const struct mr_op *was, const struct mr_op *want,
                 const struct mr_description *desc, struct mr_errtext *err);

/**
 * Whether two operations gave the same, to the bit.
 * @param was   recorded.
 * @param is    done again.
 * @param desc  of the array.
 * @return whether.
 */
bool mr__op_gave_same(const struct mr_op *was, const struct mr_op *is,
                      const struct mr_description *desc);

/**
 * Copy recorded results.
 * @param was   recorded.
 * @param to    receives them, and the outcome.
 * @param desc  of the array.
 * @param err   says what the log did not keep.
 * @return MR_OK; MR_ERR_MISMATCH.
 */
int mr__op_take(const struct mr_op *was, struct mr_op *to,
                const struct mr_description *desc, struct mr_errtext *err);

#endif
