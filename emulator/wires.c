/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The one table of virtual boards. */
#include <string.h>

#include "driver/transport.h"

extern const struct mr__wire_type mr__wire_scpi;

static const struct mr__wire_type *const wires[] = {
	&mr__wire_scpi,
};

const struct mr__wire_type *const *mr__wires(size_t *n)
{
	if (n)
		*n = sizeof wires / sizeof wires[0];
	return wires;
}

const struct mr__wire_type *mr__wire_find(const char *name)
{
	for (size_t i = 0; i < sizeof wires / sizeof wires[0]; i++)
		if (strcmp(wires[i]->name, name) == 0)
			return wires[i];
	return NULL;
}
