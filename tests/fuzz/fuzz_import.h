/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* What must hold of an import that was accepted. */
#ifndef MR_TESTS_FUZZ_IMPORT_H
#define MR_TESTS_FUZZ_IMPORT_H

#include <math.h>

#include "apps/import.h"
#include "fuzz.h"

/**
 * Judge what a reader said, and look at what it gave; it is released.
 *
 * @param code     of the reader.
 * @param import   what it gave.
 * @param options  how.
 * @param err      what it said.
 */
static inline void mr_fuzz_import(int code, struct mr_import *import,
                                  const struct mr_import_options *options,
                                  const struct mr_errtext *err)
{
	const struct mr_import_label label = {"file", "model", "identity", NULL};
	struct mr_description desc;
	int64_t t_ns = 0;

	if (mr_fuzz_judge(code, err->text)) {
		mr_fuzz_must(import->n > 0, "there is an event");
		for (size_t k = 0; k < import->n; k++) {
			const struct mr_import_event *e = &import->events[k];

			mr_fuzz_must(e->row < import->rows &&
			                     e->col < import->cols,
			             "cells are inside");
			mr_fuzz_must(e->t_ns >= t_ns, "time goes on");
			mr_fuzz_must(isfinite(e->volt_V) && isfinite(e->width_s),
			             "voltages and widths are finite");
			mr_fuzz_must(!(fabsf(e->g_S) > 1), "units are plausible");
			t_ns = e->t_ns;
		}
		mr_import_describe(import, options, &label, &desc);
		mr_fuzz_must(desc.g_max_S > 0 && desc.g_unit_S > 0,
		             "it can be described");
	}
	mr_import_free(import);
}

#endif
