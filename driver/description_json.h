/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Reading back what mr_description_json() wrote. */
#ifndef MR_DRIVER_DESCRIPTION_JSON_H
#define MR_DRIVER_DESCRIPTION_JSON_H

#include "memrig/types.h"

/**
 * Read a description.
 *
 * @param text  JSON as mr_description_json() writes it; members that are
 *              missing count as zero, unknown ones are ignored.
 * @param out   filled in on success.
 * @param err   says what is malformed; or NULL.
 * @return MR_OK; MR_ERR_FORMAT for malformed text, a member of another type,
 *         no shape, or more entries than a description holds; MR_ERR_NOMEM.
 */
int mr__description_parse(const char *text, struct mr_description *out,
                          struct mr_errtext *err);

#endif
