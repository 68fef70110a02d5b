/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* What playback needs of a reader beyond memrig/oplog.h. */
#ifndef MR_DRIVER_OPLOG_READ_H
#define MR_DRIVER_OPLOG_READ_H

#include "memrig/oplog.h"

/**
 * The description that held after a configure.
 *
 * @param reader  the reader.
 * @param row     of the configure in table op.
 * @param out     filled in if there is one.
 * @param found   receives whether there is one.
 * @return MR_OK; MR_ERR_FORMAT; MR_ERR_IO; MR_ERR_NOMEM.
 */
int mr__oplog_description(struct mr_oplog_reader *reader, int64_t row,
                          struct mr_description *out, bool *found);

#endif
