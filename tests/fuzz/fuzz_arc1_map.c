/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Fixture maps of an ArC ONE. */
#include <string.h>

#include "driver/arc1_map.h"
#include "fuzz.h"

const char mr_fuzz_name[] = "arc1_map";

static struct arc1_map map;

static void look_at_side(const struct arc1_side *side)
{
	uint32_t seen = 0, joined = 0;

	mr_fuzz_must(side->n >= 1 && side->n <= ARC1_MAP_LINES, "a size");
	for (uint32_t i = 0; i < ARC1_MAP_LINES; i++) {
		uint32_t line = side->wire[i].line;

		if (!line)
			continue;
		mr_fuzz_must(line <= ARC1_MAP_LINES && i < side->n,
		             "a line of the board, a row of the array");
		mr_fuzz_must(!(seen & 1u << (line - 1)), "each line once");
		seen |= 1u << (line - 1);
		joined++;
	}
	mr_fuzz_must(joined > 0, "something is connected");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *path = mr_fuzz_file(data, size);
	struct mr_errtext err = {""};

	if (!mr_fuzz_judge(mr__arc1_map_read(path, &map, &err), err.text)) {
		mr_fuzz_must(strstr(err.text, path) != NULL,
		             "the sentence names the file");
		return 0;
	}
	look_at_side(&map.rows);
	look_at_side(&map.cols);
	for (uint32_t r = 0; r < map.rows.n; r++)
		for (uint32_t c = 0; c < map.cols.n; c++)
			(void)mr_fuzz_judge(mr__arc1_map_check(&map, r, c, &err),
			                    err.text);
	return 0;
}
