/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The names in a folder, in an order that no locale changes. */
#include "names.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 64

static int make_room(struct mr_names *names)
{
	size_t room = names->room != 0 ? 2 * names->room : ROOM_FIRST;
	char **more;

	if (names->n < names->room)
		return MR_OK;
	more = realloc(names->name, room * sizeof(*more));
	if (more == NULL)
		return MR_ERR_NOMEM;
	names->name = more;
	names->room = room;
	return MR_OK;
}

static int add(struct mr_names *names, const char *name)
{
	size_t bytes = strlen(name) + 1;
	char *copy;

	if (make_room(names) != MR_OK)
		return MR_ERR_NOMEM;
	copy = malloc(bytes);
	if (copy == NULL)
		return MR_ERR_NOMEM;
	memcpy(copy, name, bytes);
	names->name[names->n++] = copy;
	return MR_OK;
}

static int compare(const void *a, const void *b)
{
	const char *const *left = a;
	const char *const *right = b;

	return strcmp(*left, *right);
}

static int read_all(DIR *stream, struct mr_names *out)
{
	struct dirent *entry;

	errno = 0;
	while ((entry = readdir(stream)) != NULL) {
		if (entry->d_name[0] != '.' &&
		    add(out, entry->d_name) != MR_OK)
			return MR_ERR_NOMEM;
		errno = 0;
	}
	return errno == 0 ? MR_OK : MR_ERR_IO;
}

int mr_names_read(const char *dir, struct mr_names *out,
                  struct mr_errtext *err)
{
	DIR *stream;
	int code;

	memset(out, 0, sizeof(*out));
	stream = opendir(dir);
	if (stream == NULL)
		return mr_errtext_set(err, errno == ENOENT ? MR_ERR_MISSING
		                                           : MR_ERR_IO,
		                      "%s: %s", dir, strerror(errno));
	code = read_all(stream, out);
	if (code != MR_OK)
		(void)mr_errtext_set(err, code, "%s: %s", dir,
		                     code == MR_ERR_IO ? strerror(errno)
		                                       : "out of memory");
	(void)closedir(stream);
	if (code == MR_OK && out->n > 0)
		qsort(out->name, out->n, sizeof(*out->name), compare);
	if (code != MR_OK)
		mr_names_free(out);
	return code;
}

void mr_names_free(struct mr_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->name[i]);
	free(names->name);
	memset(names, 0, sizeof(*names));
}
