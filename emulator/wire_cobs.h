/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Packets of the open board protocol as a virtual board makes them: COBS
 * (Cheshire and Baker, "Consistent Overhead Byte Stuffing", IEEE/ACM Trans.
 * Networking 7, 159 (1999)) around a sequence number, a message and a CRC-32
 * (IEEE 802.3, as zlib's crc32()), numbers little-endian.
 */
#ifndef MR_EMULATOR_WIRE_COBS_H
#define MR_EMULATOR_WIRE_COBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_PACKET_EXTRA 6u /* sequence number and CRC */

/** Bytes that a packet of a message of n bytes takes at most, with its 0. */
size_t mr__wire_packet_room(size_t n);

/**
 * Make a packet.
 * @param to  [mr__wire_packet_room(n)] receives it, with its final 0.
 * @return its length.
 */
size_t mr__wire_packet_make(uint16_t sequence, const uint8_t *message, size_t n,
                            uint8_t *to);

/**
 * Take a packet apart, in place.
 * @param p         [n] the packet without its 0.
 * @param sequence  receives its number, also where the CRC is wrong; 0 where
 *                  it has none.
 * @param message   receives where the message begins in p.
 * @param length    and its length.
 * @return whether it is whole.
 */
bool mr__wire_packet_open(uint8_t *p, size_t n, uint16_t *sequence,
                          uint8_t **message, size_t *length);

#endif
