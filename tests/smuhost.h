/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* A host of a virtual source-measure unit, and of its switch matrix. */
#ifndef MR_TESTS_SMUHOST_H
#define MR_TESTS_SMUHOST_H

#include "wirehost.h"

/** Cells that tell how long a level was held: 1 ms at 1 V adds 1 uS; 0.6 V and
 * less only read. */
#define SMUHOST_CELLS "emu:ideal?width_set_s=1e-3&dg_S=1e-6&g_max_S=1e-3"

/** Switch on in front of such cells; `more` keys begin with '&'. */
void smuhost_open(struct wirehost *h, const char *profile, const char *more);

/** Let time pass. */
void smuhost_wait(struct wirehost *h, double s);

/** Ask, and assert the answer; "" = none within 2 ms. */
void smuhost_says(struct wirehost *h, const char *line, const char *expected,
                  unsigned at);
#define SAYS(h, line, expected) smuhost_says(h, line, expected, __LINE__)

/** Ask, and give the k-th number of the answer; NAN = there is none. */
double smuhost_number(struct wirehost *h, const char *line, int k);

/** The next error of a unit that speaks SCPI. */
int smuhost_error(struct wirehost *h);

/** Say a line to the matrix. @return its answer, "" = none */
const char *smuhost_route(struct wirehost *h, const char *line);

#endif
