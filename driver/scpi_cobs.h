/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Packets of the open board protocol (docs/board-protocol.md, section 1) on the
 * driver's side: COBS (Cheshire and Baker, IEEE/ACM Trans. Networking 7, 159
 * (1999)) around a sequence number, a message and a CRC-32.
 */
#ifndef MR_DRIVER_SCPI_COBS_H
#define MR_DRIVER_SCPI_COBS_H

#include <stddef.h>
#include <stdint.h>

/** Bytes that a packet of a message of n bytes takes at most, with its 0. */
size_t mr__cobs_room(size_t n);

/**
 * Make a packet.
 * @param to  [mr__cobs_room(n)] receives it, with its final 0.
 * @return its length.
 */
size_t mr__cobs_pack(uint16_t sequence, const void *message, size_t n,
                     uint8_t *to);

/**
 * Take a packet apart in place; the message moves to the front of p.
 * @param p         [n] the packet without its 0.
 * @param sequence  receives its number.
 * @param length    and the length of the message.
 * @return MR_OK; MR_ERR_FORMAT: it is not whole, and nothing is known of it.
 */
int mr__cobs_unpack(uint8_t *p, size_t n, uint16_t *sequence, size_t *length);

#endif
