/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The seeds of an app's runs: --seeds, --seed, the URI's, or the default. */
#ifndef MR_APPS_SEEDS_H
#define MR_APPS_SEEDS_H

#include "cmd.h"

/** The option, for the table of an app's page. */
#define MR_SEEDS_OPTION                                                       \
	{"seeds", "LIST", "10 = seeds 1 to 10; or 3-7, or 1,5,9", false}

/**
 * Choose the seeds.
 *
 * @param tool       the verb; its page has MR_SEEDS_OPTION.
 * @param n_default  seeds 1 .. n_default where nobody says.
 * @param seeds      receives [*n] seeds; free() them.
 * @param n          receives how many, >= 1.
 * @return MR_OK; MR_ERR_USAGE; MR_ERR_RANGE; MR_ERR_NOMEM, after telling the
 *         user.
 */
int mr_seeds_take(struct mr_tool *tool, uint32_t n_default, uint64_t **seeds,
                  uint32_t *n);

/**
 * The seeds of another option of the same form.
 *
 * @param tool       the verb.
 * @param option     its name, without dashes.
 * @param n_default  seeds 1 .. n_default where it is not given.
 * @param seeds      as mr_seeds_take().
 * @param n          likewise.
 * @return as mr_seeds_take().
 */
int mr_seeds_list(struct mr_tool *tool, const char *option, uint32_t n_default,
                  uint64_t **seeds, uint32_t *n);

#endif
