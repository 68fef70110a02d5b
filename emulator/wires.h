/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The virtual boards that the table lists, one per file. */
#ifndef MR_EMULATOR_WIRES_H
#define MR_EMULATOR_WIRES_H

#include "driver/transport.h"

extern const struct mr__wire_type mr__wire_arc1;
extern const struct mr__wire_type mr__wire_echo;
extern const struct mr__wire_type mr__wire_scpi;
extern const struct mr__wire_type mr__wire_smu;

/* A board with faults; see wire_fault.c for the script. */
extern const struct mr__wire_type mr__wire_fault;
int mr__wire_fault_open(const struct mr__wire_type *board, const char *script,
                        struct mr_uri *uri, int64_t now_ns, void **self,
                        struct mr_errtext *err);

#endif
