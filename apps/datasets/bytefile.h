/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * A file that is read from its begin to its end, as it is or unpacked from
 * gzip. Messages name the file and the offset; of a gzip file it is that of the
 * unpacked bytes.
 */
#ifndef MR_APPS_BYTEFILE_H
#define MR_APPS_BYTEFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "memrig/error.h"

#define MR_BYTEFILE_PATH_MAX 4096 /**< room for a path */

/** An open file. */
struct mr_bytefile {
	char path[MR_BYTEFILE_PATH_MAX];
	FILE *plain;    /**< NULL if read through zlib */
	void *gz;       /**< zlib's handle, or NULL */
	uint64_t at;    /**< bytes read so far */
	uint64_t bytes; /**< size of the file on disk */
};

/**
 * Join a folder and a name.
 *
 * @param out   [MR_BYTEFILE_PATH_MAX] receives the path.
 * @param dir   the folder.
 * @param name  a name in it.
 * @param err   explains a failure.
 * @return MR_OK; MR_ERR_USAGE if the path is too long.
 */
int mr_bytefile_join(char *out, const char *dir, const char *name,
                     struct mr_errtext *err);

/**
 * Open a file.
 *
 * @param file  filled in; close it with mr_bytefile_close() if MR_OK.
 * @param dir   the folder.
 * @param name  its name there.
 * @param gzip  true: unpack it if it begins as a gzip file does.
 * @param err   explains a failure.
 * @return MR_OK; MR_ERR_MISSING; MR_ERR_IO; MR_ERR_NOMEM; MR_ERR_USAGE.
 */
int mr_bytefile_open(struct mr_bytefile *file, const char *dir,
                     const char *name, bool gzip, struct mr_errtext *err);

/**
 * Whether so many bytes can follow: exact for a file that is not packed, a
 * bound for one that is. Asked before room is allocated for what a file
 * announces.
 *
 * @param file  the file.
 * @param n     bytes wanted from here.
 * @return false if there cannot be as many.
 */
bool mr_bytefile_may_hold(const struct mr_bytefile *file, uint64_t n);

/**
 * Read.
 *
 * @param file  the file.
 * @param to    [n] receives the bytes.
 * @param n     how many.
 * @param what  what they are, for messages, such as "labels".
 * @param err   explains a failure.
 * @return MR_OK; MR_ERR_FORMAT if the file ends before or is damaged; MR_ERR_IO.
 */
int mr_bytefile_read(struct mr_bytefile *file, void *to, size_t n,
                     const char *what, struct mr_errtext *err);

/**
 * Check that the file ends here.
 *
 * @param file  the file.
 * @param what  what was read last, for messages.
 * @param err   explains a failure.
 * @return MR_OK; MR_ERR_FORMAT if bytes follow, or a gzip file does not end as
 *         it should; MR_ERR_IO.
 */
int mr_bytefile_end(struct mr_bytefile *file, const char *what,
                    struct mr_errtext *err);

/**
 * Close.
 *
 * @param file  from mr_bytefile_open(), or all zero.
 */
void mr_bytefile_close(struct mr_bytefile *file);

#endif
