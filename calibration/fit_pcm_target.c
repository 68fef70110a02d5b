/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* pcm-target: see fit_target.h; the model's parameters say which pieces its laws have. */
#include "fit_target.h"

const struct mr__fit_family mr__fit_pcm_target = {
	"pcm-target", true, mr__fit_target_suits, mr__fit_target_estimate,
	mr__fit_target_score};
