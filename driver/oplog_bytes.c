/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Byte order and packing of the op log's blobs. */
#include "oplog_bytes.h"

#include <stdlib.h>
#include <string.h>

#define PAIR 8 /* bytes of an index and a value */

int mr__buffer_reserve(struct mr__buffer *buffer, size_t size)
{
	void *data;

	if (buffer->data && buffer->size >= size) {
		return MR_OK;
	}
	size += size / 2 + 64; /* so that growing sizes seldom allocate */
	data = malloc(size);
	if (!data) {
		return MR_ERR_NOMEM;
	}
	free(buffer->data);
	buffer->data = data;
	buffer->size = size;
	return MR_OK;
}

void mr__buffer_free(struct mr__buffer *buffer)
{
	free(buffer->data);
	buffer->data = NULL;
	buffer->size = 0;
}

static bool host_is_little(void)
{
	const uint16_t one = 1;
	unsigned char first;

	memcpy(&first, &one, 1);
	return first == 1;
}

void mr__bytes_copy(void *to, const void *from, size_t n, size_t width)
{
	const unsigned char *source = from;
	unsigned char *target = to;

	if (n == 0) {
		return;
	}
	if (width == 1 || host_is_little()) {
		memcpy(to, from, n * width);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < width; k++) {
			target[i * width + k] =
				source[i * width + width - 1 - k];
		}
	}
}

int mr__bytes_of(const void *from, size_t n, size_t width,
                 struct mr__buffer *scratch, const void **out)
{
	if (width == 1 || host_is_little()) {
		*out = from;
		return MR_OK;
	}
	if (mr__buffer_reserve(scratch, n * width) != MR_OK) {
		return MR_ERR_NOMEM;
	}
	mr__bytes_copy(scratch->data, from, n, width);
	*out = scratch->data;
	return MR_OK;
}

/* ---- packing ------------------------------------------------------------- */

/* Zero is all bits zero: -0.0 and NaN are values like any other. */
static uint32_t bits_of(float x)
{
	uint32_t bits;

	memcpy(&bits, &x, sizeof(bits));
	return bits;
}

static size_t bits_size(size_t n)
{
	return sizeof(float) + (n + 7) / 8;
}

/* Counts nonzeros; *same tells whether they are one value. */
static size_t survey(const float *x, size_t n, uint32_t *value, bool *same)
{
	uint32_t differs = 0;
	size_t nonzeros = 0;

	*value = 0;
	for (size_t i = 0; i < n && *value == 0; i++) {
		*value = bits_of(x[i]);
	}
	for (size_t i = 0; i < n; i++) {
		uint32_t bits = bits_of(x[i]);

		nonzeros += bits != 0;
		differs |= bits != 0 && bits != *value;
	}
	*same = differs == 0;
	return nonzeros;
}

static void pack_sparse(const float *x, size_t n, unsigned char *to)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t index = (uint32_t)i;

		if (bits_of(x[i]) != 0) {
			mr__bytes_copy(to, &index, 1, sizeof(index));
			mr__bytes_copy(to + sizeof(index), &x[i], 1,
			               sizeof(x[i]));
			to += PAIR;
		}
	}
}

static void pack_bits(const float *x, size_t n, uint32_t value,
                      unsigned char *to)
{
	mr__bytes_copy(to, &value, 1, sizeof(value));
	to += sizeof(value);
	memset(to, 0, (n + 7) / 8);
	for (size_t i = 0; i < n; i++) {
		to[i / 8] |= (unsigned char)((bits_of(x[i]) != 0) << (i % 8));
	}
}

int mr__pack(const float *x, size_t n, struct mr__buffer *scratch,
             struct mr__packed *out)
{
	uint32_t value;
	bool same;
	size_t sparse = survey(x, n, &value, &same) * PAIR;
	size_t bits = same ? bits_size(n) : SIZE_MAX;
	size_t dense = n * sizeof(float);

	if (n > UINT32_MAX || (dense <= sparse && dense <= bits)) {
		out->size = dense;
		out->packing = "dense";
		return mr__bytes_of(x, n, sizeof(float), scratch, &out->bytes);
	}
	out->size = sparse <= bits ? sparse : bits;
	if (mr__buffer_reserve(scratch, out->size) != MR_OK) {
		return MR_ERR_NOMEM;
	}
	out->bytes = scratch->data;
	if (sparse <= bits) {
		out->packing = "sparse";
		pack_sparse(x, n, scratch->data);
	} else {
		out->packing = "bits";
		pack_bits(x, n, value, scratch->data);
	}
	return MR_OK;
}

static int unpack_sparse(const unsigned char *from, size_t size, float *x,
                         size_t n)
{
	if (size % PAIR != 0) {
		return MR_ERR_FORMAT;
	}
	memset(x, 0, n * sizeof(*x));
	for (size_t at = 0; at < size; at += PAIR) {
		uint32_t index;

		mr__bytes_copy(&index, from + at, 1, sizeof(index));
		if (index >= n) {
			return MR_ERR_FORMAT;
		}
		mr__bytes_copy(&x[index], from + at + sizeof(index), 1,
		               sizeof(x[index]));
	}
	return MR_OK;
}

static void unpack_bits(const unsigned char *from, float *x, size_t n)
{
	float value;

	mr__bytes_copy(&value, from, 1, sizeof(value));
	from += sizeof(value);
	for (size_t i = 0; i < n; i++) {
		x[i] = (from[i / 8] >> (i % 8)) & 1 ? value : 0.0f;
	}
}

int mr__unpack(const struct mr__packed *packed, float *x, size_t n)
{
	if (strcmp(packed->packing, "sparse") == 0) {
		return unpack_sparse(packed->bytes, packed->size, x, n);
	}
	if (strcmp(packed->packing, "bits") == 0) {
		if (packed->size != bits_size(n)) {
			return MR_ERR_FORMAT;
		}
		unpack_bits(packed->bytes, x, n);
		return MR_OK;
	}
	if (strcmp(packed->packing, "dense") != 0 ||
	    packed->size != n * sizeof(float)) {
		return MR_ERR_FORMAT;
	}
	mr__bytes_copy(x, packed->bytes, n, sizeof(float));
	return MR_OK;
}
