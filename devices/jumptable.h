/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Jump tables: the step of a cell as a function of its conductance and of
 * chance, measured rather than written as an equation. docs/models.md has the
 * format of the file.
 */
#ifndef MR_DEVICES_JUMPTABLE_H
#define MR_DEVICES_JUMPTABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memrig/error.h"

enum jump_kind {
	JUMP_SET = 0,
	JUMP_RESET = 1,
	JUMP_KINDS
};

/* mr_model.table_load and .table_check. */
int mr__jumptable_load(const char *path, void **data, size_t *size,
                       struct mr_errtext *err);
bool mr__jumptable_check(const void *data, size_t size);

/* The step at g_S that a part u of all steps stays below: bilinear between the
 * table's points, the outermost beyond them. */
double mr__jumptable_step(const void *data, enum jump_kind kind, double g_S,
                          double u);

#endif
