/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * IDX, the format of MNIST: numbers of 32 bits, highest byte first (magic, then
 * one size per axis), then bytes.
 */
#include "formats.h"

#define MAGIC_PICTURES 0x00000803u /* unsigned bytes, three axes */
#define MAGIC_LABELS 0x00000801u   /* unsigned bytes, one axis */
#define NUMBER_BYTES ((size_t)4)
#define AXES_MAX 3
#define CHUNK 4096 /* labels read at once */

/* Behind the part's name: as published, and as some programs unpack it. */
struct names {
	const char *tails[4];
};

static const struct names pictures_names = {
	{"-images-idx3-ubyte", "-images-idx3-ubyte.gz", "-images.idx3-ubyte",
	 "-images.idx3-ubyte.gz"}};
static const struct names labels_names = {
	{"-labels-idx1-ubyte", "-labels-idx1-ubyte.gz", "-labels.idx1-ubyte",
	 "-labels.idx1-ubyte.gz"}};

static int open_any(struct mr_bytefile *file, const struct mr_images_job *job,
                    const struct names *names, struct mr_errtext *err)
{
	const char *part = job->part == MR_IMAGES_TEST ? "t10k" : "train";
	char name[64];

	for (size_t i = 0; i < sizeof(names->tails) / sizeof(*names->tails);
	     i++) {
		int code;

		(void)snprintf(name, sizeof(name), "%s%s", part,
		               names->tails[i]);
		code = mr_bytefile_open(file, job->dir, name, true, err);
		if (code != MR_ERR_MISSING)
			return code;
	}
	return mr_errtext_set(err, MR_ERR_MISSING,
	                      "%s: there is no file %s%s, with .gz or without",
	                      job->dir, part, names->tails[0]);
}

static uint32_t number(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
	       (uint32_t)at[2] << 8 | at[3];
}

static int read_head(struct mr_bytefile *file, uint32_t magic, unsigned axes,
                     uint32_t size[AXES_MAX], struct mr_errtext *err)
{
	uint8_t head[NUMBER_BYTES * (1 + AXES_MAX)];
	int code = mr_bytefile_read(file, head, NUMBER_BYTES * (1 + axes),
	                            "head", err);

	if (code != MR_OK)
		return code;
	if (number(head) != magic)
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: byte 0: 0x%08x where an IDX file of "
		                      "bytes with %u axes has 0x%08x", file->path,
		                      number(head), axes, magic);
	for (unsigned i = 0; i < axes; i++)
		size[i] = number(head + NUMBER_BYTES * (1 + i));
	return MR_OK;
}

static int check_sizes(const struct mr_bytefile *file, const uint32_t *size,
                       const struct mr_dataset *set, struct mr_errtext *err)
{
	uint64_t bytes = (uint64_t)size[0] * set->height * set->width;

	if (size[1] != set->height || size[2] != set->width)
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: byte 8: pictures of %u x %u; those of "
		                      "%s are %u x %u", file->path, size[1],
		                      size[2], set->title, set->height,
		                      set->width);
	if (size[0] == 0)
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: byte 4: no pictures", file->path);
	if (!mr_bytefile_may_hold(file, bytes))
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: byte 4: %u pictures, which do not fit "
		                      "in a file of %llu bytes", file->path,
		                      size[0], (unsigned long long)file->bytes);
	return MR_OK;
}

static int read_pictures(const struct mr_images_job *job,
                         struct mr_bytefile *file, struct mr_images *out,
                         struct mr_errtext *err)
{
	uint32_t size[AXES_MAX] = {0};
	int code = read_head(file, MAGIC_PICTURES, AXES_MAX, size, err);

	if (code == MR_OK)
		code = check_sizes(file, size, job->set, err);
	if (code == MR_OK)
		code = mr_images_room(job, size[0], true, out, err);
	if (code == MR_OK)
		code = mr_bytefile_read(file, out->pixels,
		                        (size_t)out->n * out->height *
		                        out->width, "pictures", err);
	return code == MR_OK ? mr_bytefile_end(file, "pictures", err) : code;
}

static int take_labels(const struct mr_bytefile *file, const uint8_t *from,
                       uint32_t n, uint32_t first, struct mr_images *out,
                       struct mr_errtext *err)
{
	for (uint32_t i = 0; i < n; i++) {
		uint64_t at = file->at - n + i;

		if (from[i] >= out->n_classes)
			return mr_errtext_set(err, MR_ERR_FORMAT,
			                      "%s: byte %llu: label %u of "
			                      "picture %u; labels are 0 to %u",
			                      file->path, (unsigned long long)at,
			                      from[i], first + i,
			                      out->n_classes - 1);
		out->label[first + i] = from[i];
	}
	return MR_OK;
}

static int read_labels(struct mr_bytefile *file, struct mr_images *out,
                       struct mr_errtext *err)
{
	uint8_t chunk[CHUNK];
	uint32_t size[AXES_MAX] = {0};
	int code = read_head(file, MAGIC_LABELS, 1, size, err);
	uint32_t n = size[0];

	if (code == MR_OK && n != out->n)
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: byte 4: %u labels for %u pictures",
		                      file->path, n, out->n);
	for (uint32_t i = 0; code == MR_OK && i < n; i += CHUNK) {
		uint32_t some = n - i < CHUNK ? n - i : CHUNK;

		code = mr_bytefile_read(file, chunk, some, "labels", err);
		if (code == MR_OK)
			code = take_labels(file, chunk, some, i, out, err);
	}
	return code == MR_OK ? mr_bytefile_end(file, "labels", err) : code;
}

int mr_idx_load(const struct mr_images_job *job, struct mr_images *out,
                struct mr_errtext *err)
{
	struct mr_bytefile file;
	int code = open_any(&file, job, &pictures_names, err);

	if (code != MR_OK)
		return code;
	code = read_pictures(job, &file, out, err);
	mr_bytefile_close(&file);
	if (code == MR_OK)
		code = open_any(&file, job, &labels_names, err);
	if (code != MR_OK)
		return code;
	code = read_labels(&file, out, err);
	mr_bytefile_close(&file);
	return code;
}
