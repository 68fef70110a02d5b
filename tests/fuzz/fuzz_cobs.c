/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Packets of the open board protocol: the driver's decoder and the virtual
 * board's say the same of any bytes, and what one packs the other unpacks. The
 * first two bytes are a number.
 */
#include <stdlib.h>
#include <string.h>

#include "driver/scpi_cobs.h"
#include "emulator/wire_cobs.h"
#include "fuzz.h"

const char mr_fuzz_name[] = "cobs";

static uint8_t *copy(const uint8_t *data, size_t n)
{
	uint8_t *p = malloc(n ? n : 1);

	mr_fuzz_must(p != NULL, "there is memory");
	if (n)
		memcpy(p, data, n);
	return p;
}

static void take_apart(const uint8_t *data, size_t n)
{
	uint8_t *a = copy(data, n), *b = copy(data, n), *message = NULL;
	uint16_t a_number = 0, b_number = 0;
	size_t a_length = 0, b_length = 0;
	int rc = mr__cobs_unpack(a, n, &a_number, &a_length);
	bool whole = mr__wire_packet_open(b, n, &b_number, &message, &b_length);

	mr_fuzz_must(whole == (rc == MR_OK), "both judge alike");
	if (mr_fuzz_judge(rc, "not whole")) {
		mr_fuzz_must(a_number == b_number && a_length == b_length,
		             "both read alike");
		mr_fuzz_must(memcmp(a, message, a_length) == 0,
		             "the same message");
		mr_fuzz_must(a_length < n, "it is shorter than its packet");
	}
	free(a);
	free(b);
}

static void there_and_back(uint16_t number, const uint8_t *data, size_t n)
{
	uint8_t *a = malloc(mr__cobs_room(n));
	uint8_t *b = malloc(mr__wire_packet_room(n));
	uint16_t came = 0;
	size_t length = 0;

	mr_fuzz_must(a && b, "there is memory");
	size_t m = mr__cobs_pack(number, data, n, a);

	mr_fuzz_must(m <= mr__cobs_room(n), "it has the room it was promised");
	mr_fuzz_must(memchr(a, 0, m) == a + m - 1, "one zero, at its end");
	mr_fuzz_must(mr__wire_packet_make(number, data, n, b) == m &&
	                     memcmp(a, b, m) == 0,
	             "both pack alike");
	mr_fuzz_must(mr__cobs_unpack(a, m - 1, &came, &length) == MR_OK &&
	                     came == number && length == n &&
	                     (n == 0 || memcmp(a, data, n) == 0),
	             "it comes back");
	free(a);
	free(b);
	take_apart(data, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	take_apart(data + 2, size - 2);
	there_and_back((uint16_t)(data[0] | data[1] << 8), data + 2, size - 2);
	return 0;
}
