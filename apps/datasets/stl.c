/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * STL-10, binary version: pictures of three colours one after the other, each
 * column by column; labels 1 to 10 in a file of their own.
 */
#include "formats.h"

#define SIDE 96u
#define PIXELS ((size_t)SIDE * SIDE)
#define COLOURS ((size_t)3)
#define PICTURE_BYTES (COLOURS * PIXELS)

static const char *const part_names[] = {
	[MR_IMAGES_TRAIN] = "train",
	[MR_IMAGES_TEST] = "test",
	[MR_IMAGES_UNLABELLED] = "unlabeled", /* the archive's spelling */
};

static int open_part(const struct mr_images_job *job, const char *tail,
                     struct mr_bytefile *file, struct mr_errtext *err)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "%s_%s.bin", part_names[job->part],
	               tail);
	return mr_bytefile_open(file, job->dir, name, false, err);
}

static int check_length(const struct mr_bytefile *file, struct mr_errtext *err)
{
	uint64_t n = file->bytes / PICTURE_BYTES;

	if (file->bytes % PICTURE_BYTES != 0)
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: byte %llu: the file ends within "
		                      "picture %llu; a picture has %zu bytes",
		                      file->path, (unsigned long long)file->bytes,
		                      (unsigned long long)n, PICTURE_BYTES);
	if (n == 0 || n > UINT32_MAX)
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: %llu pictures; that is too %s",
		                      file->path, (unsigned long long)n,
		                      n ? "many" : "few");
	return MR_OK;
}

static void turn(const uint8_t *from, uint8_t *to)
{
	for (uint32_t c = 0; c < COLOURS; c++)
		for (uint32_t y = 0; y < SIDE; y++)
			for (uint32_t x = 0; x < SIDE; x++)
				*to++ = from[c * PIXELS + (size_t)x * SIDE + y];
}

static int read_pictures(const struct mr_images_job *job,
                         struct mr_bytefile *file, struct mr_images *out,
                         struct mr_errtext *err)
{
	uint8_t picture[PICTURE_BYTES];
	int code = check_length(file, err);

	if (code == MR_OK)
		code = mr_images_room(job,
		                      (uint32_t)(file->bytes / PICTURE_BYTES),
		                      job->part != MR_IMAGES_UNLABELLED, out,
		                      err);
	for (uint32_t i = 0; code == MR_OK && i < out->n; i++) {
		code = mr_bytefile_read(file, picture, PICTURE_BYTES,
		                        "pictures", err);
		if (code == MR_OK)
			turn(picture, out->pixels + i * PICTURE_BYTES);
	}
	return code;
}

static int read_labels(struct mr_bytefile *file, struct mr_images *out,
                       struct mr_errtext *err)
{
	if (file->bytes != out->n)
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: %llu labels for %u pictures",
		                      file->path, (unsigned long long)file->bytes,
		                      out->n);
	for (uint32_t i = 0; i < out->n; i++) {
		uint8_t label;
		int code = mr_bytefile_read(file, &label, 1, "labels", err);

		if (code != MR_OK)
			return code;
		if (label < 1 || label > out->n_classes)
			return mr_errtext_set(err, MR_ERR_FORMAT,
			                      "%s: byte %u: label %u; labels "
			                      "are 1 to %u", file->path, i,
			                      label, out->n_classes);
		out->label[i] = (uint16_t)(label - 1);
	}
	return MR_OK;
}

int mr_stl_load(const struct mr_images_job *job, struct mr_images *out,
                struct mr_errtext *err)
{
	struct mr_bytefile file;
	int code = open_part(job, "X", &file, err);

	if (code != MR_OK)
		return code;
	code = read_pictures(job, &file, out, err);
	mr_bytefile_close(&file);
	if (code != MR_OK || job->part == MR_IMAGES_UNLABELLED)
		return code;
	code = open_part(job, "y", &file, err);
	if (code != MR_OK)
		return code;
	code = read_labels(&file, out, err);
	mr_bytefile_close(&file);
	return code;
}
