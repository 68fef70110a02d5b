/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The file that says what a rig is made of; docs/smu.md. */
#ifndef MR_DRIVER_RIGFILE_H
#define MR_DRIVER_RIGFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "memrig/error.h"

#define RIG_TEXT_MAX 200
#define RIG_CHANNEL_MAX 96
#define RIG_CELLS_MAX 4096

enum rig_role { RIG_SOURCE, RIG_METER, RIG_ROUTER, RIG_ROLES };

/* An instrument and where it was named. */
struct rig_part {
	char uri[RIG_TEXT_MAX]; /* "" = there is none */
	int line;
};

/* The channels of a cell. */
struct rig_entry {
	uint32_t row;
	uint32_t col;
	int line;
	char channel[RIG_CHANNEL_MAX];
};

struct rig_file {
	char path[256];
	uint32_t rows; /* 1.. */
	uint32_t cols;
	struct rig_part part[RIG_ROLES];
	double meter_sign; /* 1 or -1 */
	char ground[RIG_CHANNEL_MAX];
	char hi; /* matrix row that has the source's HI, 'A'..; 0 = a crosspoint */
	char lo; /* is a cell; else: columns are the array's lines */
	double v_max_V; /* 0 = not said */
	double i_max_A;
	uint32_t n_map;
	uint32_t room;
	struct rig_entry *map; /* mr__rig_free() */
};

/** Name of a role: "source", "meter", "router". */
const char *mr__rig_role_name(enum rig_role role);

/**
 * Read and check a rig's file.
 * @param out  filled in; to be freed also after a failure.
 * @return MR_OK; MR_ERR_MISSING; MR_ERR_FORMAT and MR_ERR_RANGE name file and
 *         line, and what would be right; MR_ERR_NOMEM.
 */
int mr__rig_load(const char *path, struct rig_file *out,
                 struct mr_errtext *err);

void mr__rig_free(struct rig_file *file);

#endif
