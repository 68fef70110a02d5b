/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The one table of virtual boards, and how one is switched on. */
#include "wires.h"

#include <stdio.h>
#include <string.h>

static const struct mr__wire_type *const boards[] = {
	&mr__wire_arc1,
	&mr__wire_echo,
	&mr__wire_scpi,
	&mr__wire_smu,
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

int mr__wire_array(const struct mr_uri *uri, struct mr_array **out,
                   struct mr_errtext *err)
{
	char text[MR_URI_TEXT_MAX];
	int n = snprintf(text, sizeof text, "emu:%s", uri->address);

	if (strcmp(uri->driver, "emu") != 0 || uri->transport[0] ||
	    n >= (int)sizeof text)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "a virtual board stands in front of an "
		                      "emulated array: emu:MODEL[?KEY=VALUE...], "
		                      "not %.200s",
		                      uri->given);
	for (uint32_t i = 0; i < uri->n_keys; i++) {
		const struct mr_uri_key *key = &uri->keys[i];
		int rc = key->taken ? MR_OK
		                    : mr_uri_with(text, key->name, key->value,
		                                  text, err);

		if (rc)
			return rc;
	}
	return mr_array_open(text, NULL, out, err);
}

int mr__wire_open(const struct mr__wire_type *board, struct mr_uri *uri,
                  int64_t now_ns, const struct mr__wire_type **type,
                  void **self, struct mr_errtext *err)
{
	const char *script = mr_uri_take(uri, "board.fault");

	*type = script ? &mr__wire_fault : board;
	if (script)
		return mr__wire_fault_open(board, script, uri, now_ns, self,
		                           err);
	return board->open(uri, now_ns, self, err);
}
