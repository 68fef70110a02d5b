/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Where a run of shallow.h is, and the file that keeps it: passage.h's, with the
 * magic "MRSHALCK". Random numbers are addressed by the position, so that there
 * is no state of them to keep. It is written between two batches, also when the
 * run is stopped and once all is learned, always before the network is rated:
 * a run that goes on from it equals one that was not interrupted bit for bit.
 */
#ifndef MR_SOFTHEBB_SHALLOW_KEEP_H
#define MR_SOFTHEBB_SHALLOW_KEEP_H

#include "crossbar.h"
#include "passage.h"
#include "shallow.h"

#define MR_SHALLOW_KEEP_VERSION 1

/** What a run is of: a checkpoint goes with one run alone. */
struct mr_shallow_identity {
	uint32_t rule;    /**< CRC-32 of the rule's constants */
	uint32_t mapping; /**< CRC-32 of the mapping; 0 in floating point */
	uint32_t array;   /**< CRC-32 of the array's URI; 0 in floating point */
	uint32_t data;    /**< CRC-32 of the training images */
	uint64_t seed;
	uint32_t n_out;
	uint32_t batch;
	uint32_t samples;
	uint32_t epochs;
	uint32_t tiles;   /**< grid of arrays, rows << 16 | columns; 0 = one */
};

/** A checkpoint of a plan. */
struct mr_shallow_keep {
	const char *path;
	uint32_t every;  /**< batches; 0 = when stopped and when all is learned */
	bool resume;     /**< go on from the file, which must be there */
	struct mr_shallow_identity identity;
	/** passes what the caller wants kept beside the network; or NULL */
	void (*more)(void *user, struct mr_passage *p);
	void *user;      /**< handed to more */
	bool failed;     /**< it was the file that ended the run */
	struct mr_errtext err; /**< and this is why */
};

/**
 * What a plan is a run of.
 *
 * @param plan      the plan, with images.
 * @param mapping   on arrays; NULL in floating point.
 * @param uri       of the array; NULL in floating point.
 * @param seed      of the run.
 * @param identity  filled in.
 */
void mr_shallow_identify(const struct mr_shallow_plan *plan,
                         const struct mr_hebb_mapping *mapping,
                         const char *uri, uint64_t seed,
                         struct mr_shallow_identity *identity);

/**
 * Keep a run; the file before stays until the new one is whole.
 *
 * @param keep     where.
 * @param carrier  of the weights.
 * @param step     batches done.
 * @param n_seen   samples done.
 * @return as mr_passage_write(); MR_ERR_UNSUPPORTED for an array that gives no
 *         snapshot; the sentence is in keep->err.
 */
int mr_shallow_save(struct mr_shallow_keep *keep,
                    struct mr_hebb_carrier *carrier, uint64_t step,
                    uint64_t n_seen);

/**
 * Take it up again.
 *
 * @param keep     where.
 * @param carrier  filled in; useless after a failure.
 * @param n_steps  batches of the whole run.
 * @param step     receives the batches done.
 * @param n_seen   receives the samples done.
 * @return as mr_passage_read(); MR_ERR_FORMAT for a place that is not in the run,
 *         or what an array or its synapses do not take; the sentence is in
 *         keep->err.
 */
int mr_shallow_load(struct mr_shallow_keep *keep,
                    struct mr_hebb_carrier *carrier, uint64_t n_steps,
                    uint64_t *step, uint64_t *n_seen);

#endif
