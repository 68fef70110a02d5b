/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The names in a folder. */
#ifndef MR_APPS_NAMES_H
#define MR_APPS_NAMES_H

#include <stddef.h>

#include "memrig/error.h"

/** Names in the order of their bytes. */
struct mr_names {
	char **name; /**< [n] each from malloc() */
	size_t n;
	size_t room;
};

/**
 * Read the names in a folder, without those that begin with a dot.
 *
 * @param dir  the folder.
 * @param out  filled in; release with mr_names_free().
 * @param err  explains a failure.
 * @return MR_OK; MR_ERR_MISSING; MR_ERR_IO; MR_ERR_NOMEM.
 */
int mr_names_read(const char *dir, struct mr_names *out,
                  struct mr_errtext *err);

/**
 * Release.
 *
 * @param names  from mr_names_read(), or all zero.
 */
void mr_names_free(struct mr_names *names);

#endif
