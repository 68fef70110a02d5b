/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The map of a fixture: which words and bits of an ArC ONE reach which pins of
 * a package, and which pins the rows and columns of the array in it are on.
 * The file is described in docs/arc1.md.
 */
#ifndef MR_DRIVER_ARC1_MAP_H
#define MR_DRIVER_ARC1_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "memrig/error.h"

#define ARC1_MAP_LINES 32
#define ARC1_PIN_MAX 12   /* bytes of a pin's name, with its terminator */
#define ARC1_NOTE_MAX 40
#define ARC1_PATH_MAX 160

/* A pin that the board reaches. */
struct arc1_pin {
	char name[ARC1_PIN_MAX];
	uint8_t line;  /* word or bit, from 1 */
	int at;        /* line of the file */
};

/* A row or column of the array. */
struct arc1_wire {
	char pin[ARC1_PIN_MAX]; /* "" = on none */
	uint8_t line;           /* word or bit, from 1; 0 = not connected */
	int at;
};

/* A cell that is known not to be connected, and why. */
struct arc1_open_cell {
	uint8_t row;
	uint8_t col;
	int at;
	char why[ARC1_NOTE_MAX];
};

/* One side of the fixture: words and rows, or bits and columns. */
struct arc1_side {
	struct arc1_pin pin[ARC1_MAP_LINES];
	struct arc1_wire wire[ARC1_MAP_LINES];
	uint32_t n_pins;
	uint32_t n;    /* rows or columns; 0 = not said */
};

struct arc1_map {
	char path[ARC1_PATH_MAX];
	struct arc1_side rows;
	struct arc1_side cols;
	struct arc1_open_cell open[ARC1_MAP_LINES * ARC1_MAP_LINES];
	uint32_t n_open;
};

/**
 * Read a map.
 * @param path  the file.
 * @param out   receives it.
 * @param err   file, line and sentence.
 * @return MR_OK; MR_ERR_MISSING; MR_ERR_FORMAT; MR_ERR_RANGE; MR_ERR_IO.
 */
int mr__arc1_map_read(const char *path, struct arc1_map *out,
                      struct mr_errtext *err);

/**
 * Whether a cell is connected.
 * @return MR_OK; MR_ERR_REFUSED (the sentence names the cell and why).
 */
int mr__arc1_map_check(const struct arc1_map *map, uint32_t row, uint32_t col,
                       struct mr_errtext *err);

#endif
