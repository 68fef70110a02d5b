/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Pictures in folders by class: PART/CLASS/FILE. Classes are numbered in the
 * order of their folders' names.
 */
#include "folder.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "crop.h"
#include "formats.h"
#include "names.h"
#include "picture.h"

#define FILE_MAX (256u << 20) /* bytes of a picture's file */

struct mr_folder {
	char dir[MR_BYTEFILE_PATH_MAX];
	char *names;    /* CLASS/FILE, one after the other, each terminated */
	size_t used;
	size_t room;
	size_t *at;     /* [n] where in names */
	uint32_t n_room;
};

/* ---- the list ------------------------------------------------------------ */

static bool has_picture_ending(const char *name)
{
	static const char *const endings[] = {".jpg", ".jpeg", ".png"};
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot != NULL && i < sizeof(endings) /
	                                      sizeof(endings[0]); i++)
		if (strcasecmp(dot, endings[i]) == 0)
			return true;
	return false;
}

static int no_memory(const struct mr_folder *folder, struct mr_errtext *err)
{
	return mr_errtext_set(err, MR_ERR_NOMEM,
	                      "%s: out of memory for the names of the pictures",
	                      folder->dir);
}

/* Room for one picture more, whose name has so many bytes. */
static int make_room(struct mr_images *out, size_t bytes)
{
	struct mr_folder *folder = out->folder;
	size_t room = 2 * folder->room + bytes;
	uint32_t n_room = folder->n_room != 0 ? 2 * folder->n_room : 1024;
	void *more;

	if (folder->used + bytes > folder->room) {
		more = realloc(folder->names, room);
		if (more == NULL)
			return MR_ERR_NOMEM;
		folder->names = more;
		folder->room = room;
	}
	if (out->n < folder->n_room)
		return MR_OK;
	more = realloc(folder->at, n_room * sizeof(*folder->at));
	if (more == NULL)
		return MR_ERR_NOMEM;
	folder->at = more;
	more = realloc(out->label, n_room * sizeof(*out->label));
	if (more == NULL)
		return MR_ERR_NOMEM;
	out->label = more;
	folder->n_room = n_room;
	return MR_OK;
}

static int add(struct mr_images *out, const char *class_name, const char *name,
               uint32_t label, struct mr_errtext *err)
{
	struct mr_folder *folder = out->folder;
	size_t bytes = strlen(class_name) + 1 + strlen(name) + 1;

	if (!has_picture_ending(name))
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s/%s/%s: no picture by its name; those "
		                      "end in .jpg, .jpeg or .png", folder->dir,
		                      class_name, name);
	if (out->n >= UINT32_MAX / 2 || make_room(out, bytes) != MR_OK)
		return no_memory(folder, err);
	(void)snprintf(folder->names + folder->used, bytes, "%s/%s",
	               class_name, name);
	folder->at[out->n] = folder->used;
	out->label[out->n] = (uint16_t)label;
	folder->used += bytes;
	out->n++;
	return MR_OK;
}

static int add_class(struct mr_images *out, const char *class_name,
                     uint32_t label, struct mr_errtext *err)
{
	char path[MR_BYTEFILE_PATH_MAX];
	struct mr_names names = {0};
	struct stat about;
	int code = mr_bytefile_join(path, out->folder->dir, class_name, err);

	if (code != MR_OK)
		return code;
	if (stat(path, &about) == 0 && !S_ISDIR(about.st_mode))
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: is not a folder; here is one folder "
		                      "per class, with its pictures", path);
	code = mr_names_read(path, &names, err);
	if (code == MR_OK && names.n == 0)
		code = mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: the folder of a class is empty",
		                      path);
	for (size_t i = 0; code == MR_OK && i < names.n; i++)
		code = add(out, class_name, names.name[i], label, err);
	mr_names_free(&names);
	return code;
}

static int add_classes(struct mr_images *out, const struct mr_names *names,
                       struct mr_errtext *err)
{
	int code = MR_OK;

	if (names->n != out->n_classes)
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: has %zu entries; there must be one "
		                      "folder for each of the %u classes",
		                      out->folder->dir, names->n,
		                      out->n_classes);
	for (uint32_t i = 0; code == MR_OK && i < out->n_classes; i++)
		code = add_class(out, names->name[i], i, err);
	return code;
}

/* Test pictures are in val, or else in test. */
static int open_part(const struct mr_images_job *job, char *dir,
                     struct mr_names *names, struct mr_errtext *err)
{
	bool test = job->part == MR_IMAGES_TEST;
	int code = mr_bytefile_join(dir, job->dir, test ? "val" : "train", err);

	if (code == MR_OK)
		code = mr_names_read(dir, names, err);
	if (code != MR_ERR_MISSING || !test)
		return code;
	code = mr_bytefile_join(dir, job->dir, "test", err);
	if (code == MR_OK)
		code = mr_names_read(dir, names, err);
	if (code == MR_ERR_MISSING)
		return mr_errtext_set(err, code,
		                      "%s: there is neither a folder val nor a "
		                      "folder test", job->dir);
	return code;
}

int mr_folder_load(const struct mr_images_job *job, struct mr_images *out,
                   struct mr_errtext *err)
{
	struct mr_names names = {0};
	struct mr_folder *folder = calloc(1, sizeof(*folder));
	int code;

	if (folder == NULL)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	*out = (struct mr_images){
		.channels = job->set->channels,
		.height = job->size,
		.width = job->size,
		.n_classes = job->set->n_classes,
		.folder = folder,
	};
	code = open_part(job, folder->dir, &names, err);
	if (code == MR_OK)
		code = add_classes(out, &names, err);
	mr_names_free(&names);
	return code;
}

void mr_folder_free(struct mr_folder *folder)
{
	if (folder == NULL)
		return;
	free(folder->names);
	free(folder->at);
	free(folder);
}

/* ---- one picture --------------------------------------------------------- */

/* The bytes of a file; free() them. */
static int read_bytes(const char *dir, const char *name, char *path,
                      struct mr_picture_file *to, uint8_t **bytes,
                      struct mr_errtext *err)
{
	struct mr_bytefile file;
	int code = mr_bytefile_open(&file, dir, name, false, err);

	*bytes = NULL;
	if (code != MR_OK)
		return code == MR_ERR_MISSING ? MR_ERR_IO : code;
	memcpy(path, file.path, sizeof(file.path));
	if (file.bytes == 0 || file.bytes > FILE_MAX)
		code = mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: a file of %llu bytes is no picture",
		                      path, (unsigned long long)file.bytes);
	if (code == MR_OK)
		*bytes = malloc((size_t)file.bytes + 1);
	if (code == MR_OK && *bytes == NULL)
		code = mr_errtext_set(err, MR_ERR_NOMEM, "%s: out of memory",
		                      path);
	if (code == MR_OK)
		code = mr_bytefile_read(&file, *bytes, (size_t)file.bytes,
		                        "picture", err);
	mr_bytefile_close(&file);
	*to = (struct mr_picture_file){path, *bytes, (size_t)file.bytes};
	return code;
}

static int scale(const struct mr_picture_file *file, uint32_t size,
                 const struct mr_images_cut *cut, uint32_t index, uint8_t *out,
                 struct mr_errtext *err)
{
	struct mr_picture picture = {0};
	struct mr_picture_box box;
	uint32_t width;
	uint32_t height;
	double to_x;
	double to_y;
	int code = mr_picture_size(file, &width, &height, err);

	if (code != MR_OK)
		return code;
	box = mr_crop_choose(width, height, cut, index);
	code = mr_picture_decode(file, mr_crop_shrink(&box, size), &picture,
	                         err);
	if (code != MR_OK)
		return code;
	to_x = (double)picture.width / width;
	to_y = (double)picture.height / height;
	box.x *= to_x;
	box.width *= to_x;
	box.y *= to_y;
	box.height *= to_y;
	code = mr_picture_scale(&picture, &box, size, out, err);
	free(picture.rgb);
	return code;
}

int mr_folder_fetch(const struct mr_images *images, uint32_t index,
                    const struct mr_images_cut *cut, uint8_t *out,
                    struct mr_errtext *err)
{
	const struct mr_folder *folder = images->folder;
	char path[MR_BYTEFILE_PATH_MAX];
	struct mr_picture_file file;
	uint8_t *bytes;
	int code = read_bytes(folder->dir, folder->names + folder->at[index],
	                      path, &file, &bytes, err);

	if (code == MR_OK)
		code = scale(&file, images->height, cut, index, out, err);
	free(bytes);
	return code;
}
