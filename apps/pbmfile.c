/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The reader of pbmfile.h. */
#include "pbmfile.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reader {
	FILE *f;
	const char *path;
	struct mr_errtext *err;
};

static int bad(const struct reader *r, const char *what)
{
	if (ferror(r->f))
		return mr_errtext_set(r->err, MR_ERR_IO, "cannot read %s: %s",
		                      r->path, strerror(errno));
	return mr_errtext_set(r->err, MR_ERR_FORMAT,
	                      "%s: %s; expected a portable bitmap: P1 or P4, "
	                      "width, height, pixels",
	                      r->path, what);
}

/* Next byte that is neither blank nor in a comment. */
static int next_byte(const struct reader *r)
{
	int c = getc(r->f);

	while (isspace(c) || c == '#') {
		if (c == '#')
			while (c != '\n' && c != EOF)
				c = getc(r->f);
		c = getc(r->f);
	}
	return c;
}

static int read_side(const struct reader *r, uint32_t *out)
{
	int c = next_byte(r);
	uint32_t side = 0;

	if (!isdigit(c))
		return bad(r, "its size is no number");
	for (; isdigit(c); c = getc(r->f)) {
		side = side * 10 + (uint32_t)(c - '0');
		if (side > MR_PBM_SIDE_MAX)
			return mr_errtext_set(r->err, MR_ERR_FORMAT,
			                      "%s: a side of more than %d pixels",
			                      r->path, MR_PBM_SIDE_MAX);
	}
	if (side == 0)
		return bad(r, "a side of 0 pixels");
	if (!isspace(c))
		return bad(r, "no blank behind its size");
	*out = side;
	return MR_OK;
}

static int read_plain(const struct reader *r, struct mr_pbm *pbm)
{
	size_t n = (size_t)pbm->width * pbm->height;

	for (size_t i = 0; i < n; i++) {
		int c = next_byte(r);

		if (c != '0' && c != '1')
			return bad(r, c == EOF ? "it is cut off"
			                       : "a pixel is neither 0 nor 1");
		pbm->black[i] = c == '1';
	}
	return MR_OK;
}

/* Rows are padded to whole bytes, the first pixel in the highest bit. */
static int read_raw(const struct reader *r, struct mr_pbm *pbm)
{
	uint8_t line[MR_PBM_SIDE_MAX / 8];
	size_t bytes = (pbm->width + 7) / 8;

	for (uint32_t y = 0; y < pbm->height; y++) {
		uint8_t *to = pbm->black + (size_t)y * pbm->width;

		if (fread(line, 1, bytes, r->f) != bytes)
			return bad(r, "it is cut off");
		for (uint32_t x = 0; x < pbm->width; x++)
			to[x] = line[x / 8] >> (7 - x % 8) & 1;
	}
	return MR_OK;
}

static int read_all(const struct reader *r, struct mr_pbm *pbm)
{
	int p = getc(r->f), kind = getc(r->f);
	int code;

	if (p != 'P' || (kind != '1' && kind != '4'))
		return bad(r, "it is no bitmap");
	code = read_side(r, &pbm->width);
	if (code == MR_OK)
		code = read_side(r, &pbm->height);
	if (code != MR_OK)
		return code;
	/* read_side() takes no side of 0
	 * NOLINTNEXTLINE(clang-analyzer-optin.portability.UnixAPI) */
	pbm->black = calloc((size_t)pbm->width * pbm->height, 1);
	if (!pbm->black)
		return mr_errtext_set(r->err, MR_ERR_NOMEM,
		                      "no memory for %s", r->path);
	return kind == '1' ? read_plain(r, pbm) : read_raw(r, pbm);
}

int mr_pbm_read(const char *path, struct mr_pbm *out, struct mr_errtext *err)
{
	struct reader r = {.f = fopen(path, "rb"), .path = path, .err = err};
	struct mr_pbm pbm = {0};
	int code;

	if (!r.f)
		return mr_errtext_set(err, MR_ERR_MISSING, "cannot open %s: %s",
		                      path, strerror(errno));
	code = read_all(&r, &pbm);
	(void)fclose(r.f);
	if (code != MR_OK)
		mr_pbm_free(&pbm);
	else
		*out = pbm;
	return code;
}

int mr_pbm_scale(struct mr_pbm *pbm, uint32_t scale, struct mr_errtext *err)
{
	uint32_t width = pbm->width * scale, height = pbm->height * scale;
	uint8_t *black;

	if (scale > MR_PBM_SIDE_MAX || width > MR_PBM_SIDE_MAX ||
	    height > MR_PBM_SIDE_MAX)
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "%u x %u pixels, %u times as large, are more "
		                      "than %d in a row or column",
		                      (unsigned)pbm->width,
		                      (unsigned)pbm->height, (unsigned)scale,
		                      MR_PBM_SIDE_MAX);
	black = malloc((size_t)width * height);
	if (!black)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	for (uint32_t y = 0; y < height; y++)
		for (uint32_t x = 0; x < width; x++)
			black[(size_t)y * width + x] =
				pbm->black[(size_t)(y / scale) * pbm->width +
			                   x / scale];
	free(pbm->black);
	*pbm = (struct mr_pbm){width, height, black};
	return MR_OK;
}

void mr_pbm_free(struct mr_pbm *pbm)
{
	free(pbm->black);
	*pbm = (struct mr_pbm){0};
}
