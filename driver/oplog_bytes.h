/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Blobs of the op log: little-endian elements, and the packings of inputs
 * that are mostly zero. Buffers grow and are kept, so that logging an
 * operation allocates nothing once the sizes have been seen.
 */
#ifndef MR_DRIVER_OPLOG_BYTES_H
#define MR_DRIVER_OPLOG_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memrig/error.h"

/** Room that grows; all-zero = empty. */
struct mr__buffer {
	void *data;
	size_t size;
};

/**
 * Make room; what was in it is lost.
 *
 * @param buffer  the buffer.
 * @param size    bytes needed; 0 counts as 1.
 * @return MR_OK; MR_ERR_NOMEM.
 */
int mr__buffer_reserve(struct mr__buffer *buffer, size_t size);

/**
 * Release.
 *
 * @param buffer  becomes empty.
 */
void mr__buffer_free(struct mr__buffer *buffer);

/**
 * Copy elements between the host's byte order and little-endian.
 *
 * @param to     [n*width] bytes.
 * @param from   [n*width] bytes; no alignment needed.
 * @param n      elements.
 * @param width  bytes of an element: 1, 4 or 8.
 */
void mr__bytes_copy(void *to, const void *from, size_t n, size_t width);

/**
 * Elements as little-endian bytes: the elements themselves where the host's
 * order is that already.
 *
 * @param from     [n*width] bytes.
 * @param n        elements.
 * @param width    bytes of an element.
 * @param scratch  used if they must be turned round.
 * @param out      receives the bytes; valid as long as `from` and `scratch`.
 * @return MR_OK; MR_ERR_NOMEM.
 */
int mr__bytes_of(const void *from, size_t n, size_t width,
                 struct mr__buffer *scratch, const void **out);

/** Floats as they are stored. */
struct mr__packed {
	const void *bytes;
	size_t size;
	const char *packing; /**< "dense": f4 each; "sparse": (u4 index, f4
	                          value) of each nonzero; "bits": one f4, then a
	                          bit per element, lowest first: 1 = that value,
	                          0 = zero */
};

/**
 * Pack floats, the smallest way. Every bit of every value is kept.
 *
 * @param x        [n] values.
 * @param n        how many.
 * @param scratch  holds the result where it is not `x` itself.
 * @param out      filled in.
 * @return MR_OK; MR_ERR_NOMEM.
 */
int mr__pack(const float *x, size_t n, struct mr__buffer *scratch,
             struct mr__packed *out);

/**
 * Unpack floats.
 *
 * @param packed  what was stored; nothing of it is trusted.
 * @param x       [n] receives the values.
 * @param n       how many there must be.
 * @return MR_OK; MR_ERR_FORMAT if it does not fit (x is then undefined).
 */
int mr__unpack(const struct mr__packed *packed, float *x, size_t n);

#endif
