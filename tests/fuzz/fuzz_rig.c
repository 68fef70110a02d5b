/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Files of rigs; nothing that they name is opened. */
#include <string.h>

#include "driver/rigfile.h"
#include "fuzz.h"

const char mr_fuzz_name[] = "rig";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *path = mr_fuzz_file(data, size);
	struct rig_file f;
	struct mr_errtext err = {""};

	if (mr_fuzz_judge(mr__rig_load(path, &f, &err), err.text)) {
		mr_fuzz_must(f.part[RIG_SOURCE].uri[0] && f.rows && f.cols,
		             "what is accepted is whole");
		for (uint32_t i = 0; i < f.n_map; i++) {
			const struct rig_entry *e = &f.map[i];

			mr_fuzz_must(e->row < f.rows && e->col < f.cols,
			             "a cell is inside");
			mr_fuzz_must(e->channel[0] &&
			                     !strpbrk(e->channel, "\"() ;\n"),
			             "a channel ends no text of a command");
		}
	} else {
		mr_fuzz_must(strstr(err.text, path) != NULL,
		             "the sentence names the file");
	}
	mr__rig_free(&f);
	return 0;
}
