/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* What the files of the verb calibrate share. */
#ifndef MR_APPS_CMD_CALIBRATE_H
#define MR_APPS_CMD_CALIBRATE_H

#include "cmd.h"

#define MR_CALIBRATION_PATH_MAX 4096

/**
 * Folder of calibrations: --dir, or the user's.
 *
 * @param tool  the verb.
 * @param out   [MR_CALIBRATION_PATH_MAX] receives it.
 * @return MR_OK; MR_ERR_USAGE if there is none.
 */
int mr_calibrate_dir(struct mr_tool *tool, char *out);

/**
 * Where the calibration of a board is: --store, or its name in the folder.
 *
 * @param tool  the verb.
 * @param desc  the board.
 * @param out   [MR_CALIBRATION_PATH_MAX] receives the path.
 * @return MR_OK; MR_ERR_USAGE.
 */
int mr_calibrate_path(struct mr_tool *tool, const struct mr_description *desc,
                      char *out);

/**
 * Print a calibration, or add it to a JSON list.
 *
 * @param tool  the verb.
 * @param path  its file.
 * @param c     the calibration.
 * @param list  of --json; else NULL.
 */
void mr_calibrate_print(struct mr_tool *tool, const char *path,
                        const struct mr_calibration *c, json_t *list);

/**
 * --show and --remove.
 *
 * @param tool  the verb.
 * @return MR_OK or a code.
 */
int mr_calibrate_show(struct mr_tool *tool);
int mr_calibrate_remove(struct mr_tool *tool);

#endif
