/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * CIFAR-10 as strips: JPEG files of pictures one below the other, PART-00.jpg
 * and so on, and PART-labels.bin with a byte for each picture. Colours are
 * replicated when they are decoded: smoothing would mix neighbours.
 */
#include <stdlib.h>

#include "formats.h"
#include "picture.h"

#define SIDE 32u
#define PIXELS ((size_t)SIDE * SIDE)
#define COLOURS ((size_t)3)
#define FILE_MAX (64u << 20) /* bytes of a strip; those there are have 0.6e6 */
#define STRIPS_MAX 100       /* two digits */

static const char *part_of(const struct mr_images_job *job)
{
	return job->part == MR_IMAGES_TEST ? "test" : "train";
}

static int read_labels(const struct mr_images_job *job, struct mr_images *out,
                       struct mr_errtext *err)
{
	struct mr_bytefile file;
	char name[64];
	int code;

	(void)snprintf(name, sizeof(name), "%s-labels.bin", part_of(job));
	code = mr_bytefile_open(&file, job->dir, name, false, err);
	if (code != MR_OK)
		return code;
	if (file.bytes == 0 || file.bytes > UINT32_MAX / (COLOURS * PIXELS))
		code = mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: %llu labels; that is %s", file.path,
		                      (unsigned long long)file.bytes,
		                      file.bytes ? "too many" : "too few");
	if (code == MR_OK)
		code = mr_images_room(job, (uint32_t)file.bytes, true, out,
		                      err);
	for (uint32_t i = 0; code == MR_OK && i < out->n; i++) {
		uint8_t label;

		code = mr_bytefile_read(&file, &label, 1, "labels", err);
		if (code == MR_OK && label >= out->n_classes)
			code = mr_errtext_set(err, MR_ERR_FORMAT,
			                      "%s: byte %u: label %u; labels "
			                      "are 0 to %u", file.path, i,
			                      label, out->n_classes - 1);
		out->label[i] = label;
	}
	mr_bytefile_close(&file);
	return code;
}

/* The bytes of a strip; free() them. */
static int read_strip(struct mr_bytefile *file, uint8_t **bytes,
                      struct mr_errtext *err)
{
	int code;

	*bytes = NULL;
	if (file->bytes == 0 || file->bytes > FILE_MAX)
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: a file of %llu bytes is no strip",
		                      file->path,
		                      (unsigned long long)file->bytes);
	*bytes = malloc((size_t)file->bytes);
	if (*bytes == NULL)
		return mr_errtext_set(err, MR_ERR_NOMEM, "%s: out of memory",
		                      file->path);
	code = mr_bytefile_read(file, *bytes, (size_t)file->bytes, "strip",
	                        err);
	if (code != MR_OK) {
		free(*bytes);
		*bytes = NULL;
	}
	return code;
}

static void take_pictures(const struct mr_picture *strip, uint8_t *to)
{
	const uint8_t *from = strip->rgb;

	for (uint32_t i = 0; i < strip->height / SIDE; i++) {
		for (uint32_t p = 0; p < PIXELS; p++) {
			to[p] = from[COLOURS * p];
			to[PIXELS + p] = from[COLOURS * p + 1];
			to[2 * PIXELS + p] = from[COLOURS * p + 2];
		}
		from += COLOURS * PIXELS;
		to += COLOURS * PIXELS;
	}
}

/* Decodes a strip to the pictures from *done on. */
static int decode_strip(const struct mr_picture_file *file,
                        struct mr_images *out, uint32_t *done,
                        struct mr_errtext *err)
{
	struct mr_picture strip;
	struct mr_jpeg_how how = {.shrink = 1, .plain = true};
	int code = mr_jpeg_decode(file, how, &strip, err);

	if (code != MR_OK)
		return code;
	if (strip.width != SIDE || strip.height % SIDE != 0)
		code = mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: %u x %u pixels; a strip is %u wide "
		                      "and a multiple of %u high", file->path,
		                      strip.width, strip.height, SIDE, SIDE);
	else if (strip.height / SIDE > out->n - *done)
		code = mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: has %u pictures where %u labels are "
		                      "left", file->path, strip.height / SIDE,
		                      out->n - *done);
	if (code == MR_OK) {
		take_pictures(&strip, out->pixels + *done * COLOURS *
		                      PIXELS);
		*done += strip.height / SIDE;
	}
	free(strip.rgb);
	return code;
}

static int load_strip(const struct mr_images_job *job, unsigned k,
                      struct mr_images *out, uint32_t *done,
                      struct mr_errtext *err)
{
	struct mr_bytefile file;
	struct mr_picture_file picture = {.path = file.path};
	uint8_t *bytes;
	char name[64];
	int code;

	(void)snprintf(name, sizeof(name), "%s-%02u.jpg", part_of(job), k);
	code = mr_bytefile_open(&file, job->dir, name, false, err);
	if (code != MR_OK)
		return code;
	code = read_strip(&file, &bytes, err);
	mr_bytefile_close(&file);
	if (code != MR_OK)
		return code;
	picture.bytes = bytes;
	picture.n = (size_t)file.bytes;
	code = decode_strip(&picture, out, done, err);
	free(bytes);
	return code;
}

/* A strip more than there are labels has is refused, too. */
int mr_strips_load(const struct mr_images_job *job, struct mr_images *out,
                   struct mr_errtext *err)
{
	uint32_t done = 0;
	int code = read_labels(job, out, err);
	unsigned k = 0;

	while (code == MR_OK && k < STRIPS_MAX) {
		code = load_strip(job, k, out, &done, err);
		k++;
	}
	if (code == MR_ERR_MISSING && done == out->n)
		return MR_OK;
	if (code == MR_ERR_MISSING)
		return mr_errtext_set(err, MR_ERR_MISSING,
		                      "%s: %u pictures in the %u strips "
		                      "%s-NN.jpg, but %u labels", job->dir,
		                      done, k - 1, part_of(job), out->n);
	return code;
}
