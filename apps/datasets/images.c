/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Image sets: find, fetch, release. */
#include "images.h"

#include <stdlib.h>
#include <string.h>

#include "folder.h"
#include "formats.h"
#include "shift.h"

#define SIDE_MAX 4096u /* of pictures that are scaled */

static size_t picture_bytes(const struct mr_images *images)
{
	return (size_t)images->channels * images->height * images->width;
}

int mr_images_room(const struct mr_images_job *job, uint32_t n, bool labelled,
                   struct mr_images *out, struct mr_errtext *err)
{
	*out = (struct mr_images){
		.n = n,
		.channels = job->set->channels,
		.height = job->set->height,
		.width = job->set->width,
		.n_classes = job->set->n_classes,
	};
	out->pixels = malloc((size_t)n * picture_bytes(out));
	if (labelled)
		out->label = malloc((size_t)n * sizeof(*out->label));
	if (out->pixels == NULL || (labelled && out->label == NULL))
		return mr_errtext_set(err, MR_ERR_NOMEM,
		                      "out of memory for %u pictures of %s, "
		                      "%zu bytes each", n, job->set->title,
		                      picture_bytes(out));
	return MR_OK;
}

/* The size of pictures; only those of folders are scaled. */
static int choose_size(const struct mr_dataset_entry *entry, uint32_t wanted,
                       uint32_t *size, struct mr_errtext *err)
{
	*size = wanted != 0 ? wanted : entry->set.height;
	if (*size == entry->set.height)
		return MR_OK;
	if (entry->load != mr_folder_load)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "pictures of %s are %u x %u, not %u x %u: "
		                      "this set is not scaled", entry->set.title,
		                      entry->set.height, entry->set.width,
		                      wanted, wanted);
	if (*size > SIDE_MAX)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "pictures of %u x %u are wanted; at most "
		                      "%u x %u", wanted, wanted, SIDE_MAX,
		                      SIDE_MAX);
	return MR_OK;
}

int mr_images_load(const struct mr_dataset *set, const char *dir,
                   enum mr_images_part part, uint32_t size,
                   struct mr_images *out, struct mr_errtext *err)
{
	char place[MR_BYTEFILE_PATH_MAX];
	const struct mr_dataset_entry *entry = mr_dataset_entry(set->name);
	struct mr_images_job job = {.set = set, .dir = place, .part = part};
	int code;

	memset(out, 0, sizeof(*out));
	if (entry == NULL)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "'%s' is no image set that is known",
		                      set->name);
	code = choose_size(entry, size, &job.size, err);
	if (code == MR_OK)
		code = mr_dataset_place(entry, dir, place, err);
	if (code == MR_OK)
		code = entry->load(&job, out, err);
	if (code != MR_OK)
		mr_images_free(out);
	else if (err != NULL)
		err->text[0] = '\0'; /* of names that were tried in vain */
	return code;
}

/* From memory, moved or not. */
static void take(const struct mr_images *images, uint32_t index,
                 const struct mr_images_cut *cut, uint8_t *to)
{
	size_t plane = (size_t)images->height * images->width;
	const uint8_t *from = images->pixels + index * picture_bytes(images);
	struct mr_shift shift;

	if (cut == NULL || cut->shift == 0) {
		memcpy(to, from, picture_bytes(images));
		return;
	}
	shift = mr_shift_choose(cut, index);
	for (uint32_t c = 0; c < images->channels; c++)
		mr_shift_plane(&shift, images->height, images->width,
		               from + c * plane, to + c * plane);
}

static int check_shift(const struct mr_images *images,
                       const struct mr_images_cut *cut, struct mr_errtext *err)
{
	if (cut == NULL || images->pixels == NULL ||
	    (cut->shift < images->height && cut->shift < images->width))
		return MR_OK;
	return mr_errtext_set(err, MR_ERR_USAGE,
	                      "pictures of %u x %u cannot be moved by %u pixels",
	                      images->height, images->width, cut->shift);
}

int mr_images_fetch(const struct mr_images *images, const uint32_t *index,
                    uint32_t n, const struct mr_images_cut *cut, uint8_t *out,
                    struct mr_errtext *err)
{
	size_t bytes = picture_bytes(images);
	int code = check_shift(images, cut, err);

	if (code != MR_OK)
		return code;
	for (uint32_t i = 0; i < n; i++) {
		uint8_t *to = out + i * bytes;

		if (images->pixels != NULL) {
			take(images, index[i], cut, to);
			continue;
		}
		code = mr_folder_fetch(images, index[i], cut, to, err);
		if (code != MR_OK)
			return code;
	}
	return MR_OK;
}

void mr_images_free(struct mr_images *images)
{
	free(images->label);
	free(images->pixels);
	mr_folder_free(images->folder);
	memset(images, 0, sizeof(*images));
}
