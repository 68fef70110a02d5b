/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The one table of virtual boards. */
#include "wires.h"

#include <string.h>

static const struct mr__wire_type *const boards[] = {
	&mr__wire_arc1,
};

#define N_BOARDS (sizeof boards / sizeof boards[0])

const struct mr__wire_type *const *mr__wires(size_t *n)
{
	if (n)
		*n = N_BOARDS;
	return boards;
}

const struct mr__wire_type *mr__wire_find(const char *name)
{
	for (size_t i = 0; i < N_BOARDS; i++)
		if (strcmp(boards[i]->name, name) == 0)
			return boards[i];
	return NULL;
}
