/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The virtual board of the open protocol when memory runs out: at the k-th
 * allocation of a session, for k = 1, 2, ... until it is not reached. */
#include <string.h>

#include "badmemory.h"
#include "driver/transport.h"
#include "memrig/uri.h"
#include "test.h"

#define IDEAL "emu:ideal?rows=16&cols=16&board.time=instant"
#define MANY 2000 /* more allocations than a session makes */

struct session {
	const struct mr__wire_type *type;
	void *board;
	uint8_t heard[65536];
};

static int switch_on(struct session *s)
{
	static struct mr_uri uri;

	s->type = mr__wire_find("scpi");
	MR_CODE(mr_uri_parse(&uri, IDEAL, NULL), MR_OK);
	return s->type->open(&uri, 0, &s->board, NULL);
}

static void say(struct session *s, const void *text, size_t n)
{
	s->type->input(s->board, 0, text, n, true);
}

static size_t hear(struct session *s)
{
	bool end = false;

	return s->type->output(s->board, 0, s->heard, sizeof s->heard, &end);
}

static void talk(struct session *s)
{
	static const char *const lines[] = {
		"SYST:CAP?",
		"OUTP:ENAB 1;:ROUT:SEL (@1!1:2!2)",
		"SOUR:PULS 1,1e-7,0,0,2,0;:SOUR:PULS:DONE?",
		"SOUR:PROG? 2e-8,9,1,#14\0\0\0\0",
		"ROUT:SEL:LIST #14\1\0\0\0",
		"SOUR:TRAC? V,0,#14\xcd\xcc\x4c\x3e,#14\xbd\x37\x86\x35,#11\1",
		"ROUT:SEL:OUT #14\1\0\0\0,#14\1\0\0\0",
		"SOUR:DRIV? 0,0,0,1,#14\0\0\0\0",
		"ROUT:SEL:ALL;:MEAS:COND? 0,0,0;:MEAS:STAT?",
		"SYST:ARM 1;:FORM:STAR 1,1.2,0.1,1e-7,1,0;:FORM:RES?",
		"SYST:ERR?",
		"SYST:COMM:COBS ON",
	};
	static const size_t binary[] = {0, 0, 0, 27, 21, 35, 28, 26, 0, 0, 0, 0};

	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		say(s, lines[i], binary[i] ? binary[i] : strlen(lines[i]));
		(void)hear(s);
	}
}

static void session_without_memory_goes_on_after_it(void)
{
	static struct session s;
	bool failed = true;

	mr_badmemory_install();
	for (uint64_t k = 1; failed && k < MANY; k++) {
		long before = mr_badmemory_blocks();

		CU_ASSERT_FATAL(switch_on(&s) == MR_OK);
		mr_badmemory_arm(k, MR_MEMORY_OWN);
		talk(&s);
		failed = mr_badmemory_disarm();
		s.type->clear(s.board, 0);
		say(&s, "*CLS;*TST?\n", 11);
		CU_ASSERT_EQUAL(hear(&s), 2);
		say(&s, "OUTP:ENAB 1;:ROUT:SEL:ALL;:MEAS:COND? 0,0,0\n", 44);
		CU_ASSERT_EQUAL(hear(&s), 6 + 256 * sizeof(float) + 3);
		MR_CODE(s.type->close(s.board, NULL), MR_OK);
		CU_ASSERT_EQUAL(mr_badmemory_blocks(), before);
	}
	CU_ASSERT_FALSE(failed);
}

static void board_without_memory_is_not_switched_on(void)
{
	static struct session s;
	bool failed = true;

	mr_badmemory_install();
	for (uint64_t k = 1; failed && k < MANY; k++) {
		long before = mr_badmemory_blocks();

		mr_badmemory_arm(k, MR_MEMORY_OWN);
		int rc = switch_on(&s);

		failed = mr_badmemory_disarm();
		CU_ASSERT_EQUAL(rc, failed ? MR_ERR_NOMEM : MR_OK);
		if (rc == MR_OK)
			MR_CODE(s.type->close(s.board, NULL), MR_OK);
		CU_ASSERT_EQUAL(mr_badmemory_blocks(), before);
	}
	CU_ASSERT_FALSE(failed);
}

const struct mr_test mr_tests[] = {
	{"session_without_memory_goes_on_after_it",
         session_without_memory_goes_on_after_it},
	{"board_without_memory_is_not_switched_on",
         board_without_memory_is_not_switched_on},
	{0},
};
