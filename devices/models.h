/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The models that the table lists, one per file. */
#ifndef MR_DEVICES_MODELS_H
#define MR_DEVICES_MODELS_H

#include "memrig/model.h"

extern const struct mr_model mr__model_ideal;
extern const struct mr_model mr__model_pcm;
extern const struct mr_model mr__model_pcm_hermes1;
extern const struct mr_model mr__model_pcm_hermes2;
extern const struct mr_model mr__model_pcm_step;
extern const struct mr_model mr__model_pcm_table;
extern const struct mr_model mr__model_pcm_target;

/* All of these cells were programmed at t_ns. */
void mr__models_stamp(int64_t *t_p_ns, uint32_t n, int64_t t_ns);

#endif
