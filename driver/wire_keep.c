/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Who records a wire comes after the board was opened; what was said until then
 * is kept here. */
#include "transports.h"

#include <stdlib.h>
#include <string.h>

#define KEEP_MAX ((size_t)4 << 20) /* an opening dialogue is some kB */

static bool make_room(struct mr__wire_keep *keep, size_t more)
{
	size_t room = keep->room ? keep->room : 4096;
	uint8_t *grown;

	while (room - keep->size < more)
		room *= 2;
	if (room == keep->room)
		return true;
	grown = room <= KEEP_MAX ? realloc(keep->bytes, room) : NULL;
	if (!grown)
		return false;
	keep->bytes = grown;
	keep->room = room;
	return true;
}

void mr__wire_keep_add(struct mr__wire_keep *keep,
                       const struct mr_wire_piece *piece)
{
	if (keep->lost || piece->size > KEEP_MAX ||
	    !make_room(keep, sizeof *piece + piece->size)) {
		keep->lost = true;
		return;
	}
	memcpy(keep->bytes + keep->size, piece, sizeof *piece);
	if (piece->size)
		memcpy(keep->bytes + keep->size + sizeof *piece, piece->data,
		       piece->size);
	keep->size += sizeof *piece + piece->size;
}

void mr__wire_keep_tell(struct mr__wire_keep *keep,
                        const struct mr_wire_watcher *watcher)
{
	for (size_t at = 0; at < keep->size;) {
		struct mr_wire_piece head;

		memcpy(&head, keep->bytes + at, sizeof head);
		head.data = keep->bytes + at + sizeof head;
		watcher->piece(watcher->self, &head);
		at += sizeof head + head.size;
	}
	mr__wire_keep_free(keep);
}

void mr__wire_keep_free(struct mr__wire_keep *keep)
{
	free(keep->bytes);
	*keep = (struct mr__wire_keep){.on = false};
}
