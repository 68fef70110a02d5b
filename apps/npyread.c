/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Reads arrays of NumPy. The head is a Python dictionary of three keys, of
 * which only what NumPy itself writes is understood. */
#include "npyfile.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define HEAD_MAX 65536 /* longest text of a head */
#define MAGIC "\x93NUMPY"
#define N_MAX (UINT64_C(1) << 40) /* elements; more is no measurement */
#define TAKE 512 /* elements at a time */

static int no_npy(const struct mr_npy *npy, const char *what,
                  struct mr_errtext *err)
{
	return mr_errtext_set(err, MR_ERR_FORMAT, "%s: %s", npy->path, what);
}

/* Behind a key of the head, or NULL. */
static const char *find_key(const char *head, const char *key)
{
	const char *at = strstr(head, key);

	if (!at)
		return NULL;
	at += strlen(key);
	while (*at == ' ')
		at++;
	if (*at++ != ':')
		return NULL;
	while (*at == ' ')
		at++;
	return at;
}

static bool take_type(struct mr_npy *npy, const char *text)
{
	if (text[0] != '\'' || !strchr("<>", text[1]) || !text[1] ||
	    !text[2] || !strchr("fiu", text[2]) || !text[3] ||
	    !strchr("48", text[3]) || text[4] != '\'')
		return false;
	npy->big = text[1] == '>';
	npy->kind = text[2];
	npy->bytes = (unsigned)(text[3] - '0');
	return true;
}

/* "(3, 4)", "(3,)"; the product fits. */
static bool take_shape(struct mr_npy *npy, const char *text)
{
	npy->n = 1;
	if (*text++ != '(')
		return false;
	while (*text != ')') {
		char *end;

		if (!isdigit((unsigned char)*text) ||
		    npy->n_axes == MR_NPY_AXES_MAX)
			return false;
		errno = 0;
		uint64_t length = strtoull(text, &end, 10);

		if (errno || length > N_MAX ||
		    (length && npy->n > N_MAX / length))
			return false;
		npy->shape[npy->n_axes++] = length;
		npy->n *= length;
		text = end + (*end == ',');
		while (*text == ' ')
			text++;
	}
	return npy->n_axes > 0;
}

static int take_head(struct mr_npy *npy, const char *head,
                     struct mr_errtext *err)
{
	const char *type = find_key(head, "'descr'");
	const char *order = find_key(head, "'fortran_order'");
	const char *shape = find_key(head, "'shape'");

	if (!type || !order || !shape)
		return no_npy(npy, "its head names no descr, fortran_order and "
		                   "shape; is it damaged?", err);
	if (strncmp(order, "False", 5) != 0)
		return no_npy(npy, "it is in Fortran order; save it with "
		                   "np.save(file, np.ascontiguousarray(x))", err);
	if (!take_type(npy, type))
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: its type is %.*s; it must be float32 "
		                      "or float64: save it with np.save(file, "
		                      "x.astype('<f8'))",
		                      npy->path, (int)strcspn(type, ",}\n"), type);
	if (!take_shape(npy, shape))
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: its shape is %.*s; it must have one to "
		                      "three axes",
		                      npy->path,
		                      (int)(strcspn(shape, ")\n") + 1) % 60, shape);
	return MR_OK;
}

static int read_head(struct mr_npy *npy, struct mr_errtext *err)
{
	unsigned char first[12];
	size_t length;
	char *head;
	int code;

	if (fread(first, 1, 10, npy->from) != 10 ||
	    memcmp(first, MAGIC, 6) != 0)
		return no_npy(npy, "it is no NumPy file (.npy); save it with "
		                   "np.save(file, x)", err);
	if (first[6] < 1 || first[6] > 3)
		return no_npy(npy, "its format is newer than version 3", err);
	length = first[8] | (size_t)first[9] << 8;
	if (first[6] > 1) {
		if (fread(first + 10, 1, 2, npy->from) != 2)
			return no_npy(npy, "it is cut off in its head", err);
		length |= (size_t)first[10] << 16 | (size_t)first[11] << 24;
	}
	if (length > HEAD_MAX)
		return no_npy(npy, "its head is longer than any of an array of "
		                   "numbers", err);
	head = calloc(length + 1, 1);
	if (!head)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	code = fread(head, 1, length, npy->from) == length
	               ? take_head(npy, head, err)
	               : no_npy(npy, "it is cut off in its head", err);
	free(head);
	return code;
}

static int check_length(struct mr_npy *npy, struct mr_errtext *err)
{
	long begin = ftell(npy->from);
	long end = fseek(npy->from, 0, SEEK_END) == 0 ? ftell(npy->from) : -1;
	uint64_t there;

	if (begin < 0 || end < begin ||
	    fseek(npy->from, begin, SEEK_SET) != 0)
		return mr_errtext_set(err, MR_ERR_IO, "cannot read %s: %s",
		                      npy->path, strerror(errno));
	there = (uint64_t)(end - begin);
	if (there == npy->n * npy->bytes)
		return MR_OK;
	return mr_errtext_set(err, MR_ERR_FORMAT,
	                      "%s: its head promises %" PRIu64 " bytes of "
	                      "elements, but there are %" PRIu64 "; %s",
	                      npy->path, npy->n * npy->bytes, there,
	                      there < npy->n * npy->bytes
	                              ? "it is cut off"
	                              : "something else is behind them");
}

int mr_npy_open(const char *path, struct mr_npy *npy, struct mr_errtext *err)
{
	int code;

	*npy = (struct mr_npy){.path = path};
	errno = 0;
	npy->from = fopen(path, "rb");
	if (!npy->from)
		return mr_errtext_set(err, MR_ERR_MISSING, "cannot open %s: %s",
		                      path, strerror(errno));
	code = read_head(npy, err);
	if (!code)
		code = check_length(npy, err);
	if (code)
		mr_npy_close(npy);
	return code;
}

void mr_npy_close(struct mr_npy *npy)
{
	if (npy->from)
		(void)fclose(npy->from);
	npy->from = NULL;
}

static double to_real(const struct mr_npy *npy, const unsigned char *bytes)
{
	uint64_t bits = 0;
	uint32_t half;
	float single;
	double real;

	for (unsigned k = 0; k < npy->bytes; k++)
		bits = bits << 8 |
		       bytes[npy->big ? k : npy->bytes - 1 - k];
	if (npy->kind == 'u')
		return (double)bits;
	if (npy->kind == 'i')
		return npy->bytes == 4 ? (double)(int32_t)(uint32_t)bits
		                       : (double)(int64_t)bits;
	if (npy->bytes == 8) {
		memcpy(&real, &bits, sizeof real);
		return real;
	}
	half = (uint32_t)bits;
	memcpy(&single, &half, sizeof single);
	return (double)single;
}

int mr_npy_take(struct mr_npy *npy, double *x, size_t n, struct mr_errtext *err)
{
	unsigned char bytes[TAKE * 8];

	while (n > 0) {
		size_t some = n < TAKE ? n : TAKE;

		if (fread(bytes, npy->bytes, some, npy->from) != some)
			return mr_errtext_set(err, MR_ERR_IO,
			                      "cannot read %s: it ends at element "
			                      "%" PRIu64,
			                      npy->path, npy->at);
		for (size_t k = 0; k < some; k++)
			*x++ = to_real(npy, bytes + k * npy->bytes);
		npy->at += some;
		n -= some;
	}
	return MR_OK;
}
