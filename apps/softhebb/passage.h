/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * A file that keeps the state of a run, on its way to the disk or back: one
 * description of its content serves for both. Words of four bytes, the least
 * first: two of a magic text, a version, what the run is of, the content, last
 * the CRC-32 of all before it.
 */
#ifndef MR_APPS_SOFTHEBB_PASSAGE_H
#define MR_APPS_SOFTHEBB_PASSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "memrig/error.h"
#include "memrig/array.h"

#include "../datasets/images.h"

#define MR_PASSAGE_ID_MAX 16 /**< words that say what a run is of */

/** A kind of file; static. */
struct mr_passage_kind {
	const char *what;        /**< it keeps, such as "a deep network" */
	char magic[9];           /**< eight letters */
	uint32_t version;
	uint32_t n_id;           /**< <= MR_PASSAGE_ID_MAX */
	const char *const *name; /**< [n_id] what differs, such as "seed" */
};

/** A file that is written or read. After a failure `code` is set, and all calls
 * do nothing. */
struct mr_passage {
	const char *path;
	FILE *file;
	bool write;
	uint32_t crc;
	uint64_t at;   /**< bytes so far */
	uint64_t size; /**< bytes in all, of one that is read */
	int code;
	struct mr_errtext *err;
};

/**
 * Write a file; the one before stays until the new one is whole.
 *
 * @param path  of the file.
 * @param kind  of the file.
 * @param id    [kind->n_id] what the run is of.
 * @param body  passes the content.
 * @param user  handed to body.
 * @param err   explains a failure.
 * @return MR_OK; MR_ERR_USAGE, MR_ERR_IO or MR_ERR_NOMEM as
 *         mr_outfile_begin(); MR_ERR_RANGE for a number that is not finite;
 *         else as body.
 */
int mr_passage_write(const char *path, const struct mr_passage_kind *kind,
                     const uint32_t *id,
                     void (*body)(struct mr_passage *p, void *user),
                     void *user, struct mr_errtext *err);

/**
 * Read it; as mr_passage_write(). The check is made before anything is taken.
 *
 * @return MR_OK; MR_ERR_MISSING; MR_ERR_IO; MR_ERR_USAGE for a file of another
 *         run; MR_ERR_FORMAT for a file of another kind or version, damaged, cut
 *         off, longer than its content or with a number that is not finite;
 *         else as body.
 */
int mr_passage_read(const char *path, const struct mr_passage_kind *kind,
                    const uint32_t *id,
                    void (*body)(struct mr_passage *p, void *user),
                    void *user, struct mr_errtext *err);

/** Words. */
void mr_passage_words(struct mr_passage *p, uint32_t *word, size_t n);
/** A number of 64 bits. */
void mr_passage_wide(struct mr_passage *p, uint64_t *x);
/** A number, finite or not. */
void mr_passage_number(struct mr_passage *p, double *x);
/** Numbers that must be finite. */
void mr_passage_floats(struct mr_passage *p, float *x, size_t n);
/** Bytes with their number; one that is read is to be freed, also after a
 * failure. */
void mr_passage_blob(struct mr_passage *p, struct mr_blob *blob);

/** CRC-32 goes on over words, and over a set of images (NULL = none). */
uint32_t mr_passage_check(uint32_t crc, const uint32_t *word, size_t n);
uint32_t mr_passage_check_images(uint32_t crc, const struct mr_images *images);

#endif
