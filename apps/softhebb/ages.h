/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The option --ages: times after training or programming. */
#ifndef MR_SOFTHEBB_AGES_H
#define MR_SOFTHEBB_AGES_H

#include "../cmd.h"

/**
 * Read the list.
 *
 * @param tool  the verb.
 * @param most  how many fit.
 * @param t_s   [most] receives rising times.
 * @param n     receives how many; 0 if the option was not given.
 * @return MR_OK; MR_ERR_USAGE or MR_ERR_NOMEM, after telling the user.
 */
int mr_ages_take(struct mr_tool *tool, uint32_t most, double *t_s, uint32_t *n);

#endif
