/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* URIs, and the small modules beside them: errors and clocks. */
#include <stdio.h>
#include <string.h>

#include "memrig/clock.h"
#include "memrig/memrig.h"

#include "test.h"

static void uri_parts_are_found(void)
{
	struct mr_uri uri;
	double x = 0;
	uint64_t n = 0;

	MR_CODE(mr_uri_parse(&uri, "arc1+serial:/dev/tty%20x?a=1e-6&b=0x10&c=%26",
	                     NULL),
	        MR_OK);
	CU_ASSERT_STRING_EQUAL(uri.driver, "arc1");
	CU_ASSERT_STRING_EQUAL(uri.transport, "serial");
	CU_ASSERT_STRING_EQUAL(uri.address, "/dev/tty x");
	MR_CODE(mr_uri_take_double(&uri, "a", 0, 1, &x, NULL), MR_OK);
	CU_ASSERT_EQUAL(x, 1e-6);
	MR_CODE(mr_uri_take_u64(&uri, "b", 0, 20, &n, NULL), MR_OK);
	CU_ASSERT_EQUAL(n, 16);
	MR_CODE(mr_uri_finish(&uri, NULL), MR_ERR_USAGE);
	CU_ASSERT_STRING_EQUAL(mr_uri_take(&uri, "c"), "&");
	MR_CODE(mr_uri_finish(&uri, NULL), MR_OK);
	CU_ASSERT_PTR_NULL(mr_uri_take(&uri, "d"));
}

static void uri_malformed_is_refused(void)
{
	static const struct {
		const char *text, *part;
	} wrong[] = {
		{"emu", "driver"},         {":pcm", "driver"},
		{"emu:pcm?rows", "key"},   {"emu:pcm?=4", "key"},
		{"emu:pcm?a=%4", "escape"}, {"emu:p%00m", "escape"},
		{"emu:pcm?a=1&a=2", "twice"}, {"emu:%zz", "escape"},
	};
	struct mr_uri uri;
	struct mr_errtext err = {""};
	char longest[MR_URI_TEXT_MAX + 1];

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		MR_CODE(mr_uri_parse(&uri, wrong[i].text, &err), MR_ERR_USAGE);
		MR_HAS(err.text, wrong[i].part);
	}
	memset(longest, 'a', sizeof longest);
	longest[MR_URI_TEXT_MAX] = '\0';
	MR_CODE(mr_uri_parse(&uri, longest, &err), MR_ERR_USAGE);
	MR_CODE(mr_uri_parse(&uri, NULL, &err), MR_ERR_USAGE);
}

/* Forms of VPP-4.3, table 4.1, and pyvisa's ASRL with a path. */
static void visa_strings_are_aliases(void)
{
	static const struct {
		const char *text, *driver, *transport, *address;
	} right[] = {
		{"USB0::0x05E6::0x2450::04402::INSTR", "smu", "usbtmc",
	         "05e6:2450:04402"},
		{"usb::1510::9296::04402::0::instr", "smu", "usbtmc",
	         "05e6:2450:04402"},
		{"USB::0x1209::0x0001::7", "scpi", "usbtmc", "1209:0001:7"},
		{"scpi+USB0::0x05E6::0x2450::A1::INSTR?serial=A1", "scpi",
	         "usbtmc", "05e6:2450:A1"},
		{"USB0::0x1209::0x0001::7::RAW", "scpi", "usb", "1209:0001:7"},
		{"TCPIP0::10.0.0.5::5025::SOCKET", "smu", "tcp", "10.0.0.5:5025"},
		{"scpi+TCPIP::lab.local::9::SOCKET", "scpi", "tcp", "lab.local:9"},
		{"arc1+ASRL/dev/ttyACM0::INSTR", "arc1", "serial", "/dev/ttyACM0"},
		/* what stands in a key makes no resource */
		{"ASRL/dev/tty:x?note=a::INSTR", "ASRL/dev/tty", "", "x"},
	};
	static const struct {
		const char *text, *part;
	} wrong[] = {
		{"USB0::0x05E6::INSTR", "0xPPPP"},
		{"USB0::x::0x2450::1::INSTR", "0xVVVV"},
		{"USB0::0x105E6::0x2450::1::INSTR", "0xVVVV"},
		{"TCPIP0::10.0.0.5::inst0::INSTR", "raw socket"},
		{"TCPIP0::::5025::SOCKET", "raw socket"},
		{"ASRL1::INSTR", "name the node"},
		{"ASRL/dev/x::1::INSTR", "name the node"},
		{"GPIB0::24::INSTR", "USB, TCPIP and ASRL"},
		{"USB::1::2::3::4::5::6::7::8::9", "too many parts"},
	};
	struct mr_uri uri;
	struct mr_errtext err = {""};
	char longest[300];

	for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
		MR_CODE_ERR(mr_uri_parse(&uri, right[i].text, &err), MR_OK, err);
		CU_ASSERT_STRING_EQUAL(uri.driver, right[i].driver);
		CU_ASSERT_STRING_EQUAL(uri.transport, right[i].transport);
		CU_ASSERT_STRING_EQUAL(uri.address, right[i].address);
		CU_ASSERT_STRING_EQUAL(uri.given, right[i].text);
	}
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		MR_CODE(mr_uri_parse(&uri, wrong[i].text, &err), MR_ERR_USAGE);
		MR_HAS(err.text, wrong[i].part);
	}
	memset(longest, 'a', sizeof longest);
	memcpy(longest, "TCPIP::", 7);
	longest[sizeof longest - 1] = '\0';
	MR_CODE(mr_uri_parse(&uri, longest, &err), MR_ERR_USAGE);
	MR_HAS(err.text, "too long");
}

static void uri_too_many_keys_are_refused(void)
{
	char text[MR_URI_TEXT_MAX] = "emu:pcm?";
	struct mr_uri uri;
	size_t used = strlen(text);

	for (int i = 0; i <= MR_URI_KEYS_MAX; i++)
		used += (size_t)snprintf(text + used, sizeof text - used,
		                         "k%d=%d&", i, i);
	MR_CODE(mr_uri_parse(&uri, text, NULL), MR_ERR_USAGE);
}

static void uri_numbers_are_strict(void)
{
	struct mr_uri uri;
	struct mr_errtext err = {""};
	uint64_t n = 7;
	double x = 7;

	MR_CODE(mr_uri_parse(&uri, "e:?a=-1&b=4x&c=99&d=nan&e=&f= 2&g=1e999",
	                     NULL),
	        MR_OK);
	MR_CODE(mr_uri_take_u64(&uri, "a", 0, 9, &n, &err), MR_ERR_USAGE);
	MR_CODE(mr_uri_take_u64(&uri, "b", 0, 9, &n, &err), MR_ERR_USAGE);
	MR_CODE(mr_uri_take_u64(&uri, "c", 0, 9, &n, &err), MR_ERR_RANGE);
	MR_HAS(err.text, "0 to 9");
	MR_CODE(mr_uri_take_double(&uri, "d", 0, 9, &x, &err), MR_ERR_RANGE);
	MR_CODE(mr_uri_take_double(&uri, "e", 0, 9, &x, &err), MR_ERR_USAGE);
	MR_CODE(mr_uri_take_double(&uri, "f", 0, 9, &x, &err), MR_ERR_USAGE);
	MR_CODE(mr_uri_take_double(&uri, "g", 0, 9, &x, &err), MR_ERR_RANGE);
	MR_CODE(mr_uri_take_u64(&uri, "h", 0, 9, &n, &err), MR_OK);
	CU_ASSERT(n == 7 && x == 7);
	MR_CODE(mr_uri_parse(&uri, "e:?a=010&b=0x10&c=0x", NULL), MR_OK);
	MR_CODE(mr_uri_take_u64(&uri, "a", 0, 99, &n, &err), MR_OK);
	CU_ASSERT_EQUAL(n, 10); /* not octal */
	MR_CODE(mr_uri_take_u64(&uri, "b", 0, 99, &n, &err), MR_OK);
	CU_ASSERT_EQUAL(n, 16);
	MR_CODE(mr_uri_take_u64(&uri, "c", 0, 99, &n, &err), MR_ERR_USAGE);
}

static void uri_with_sets_one_key(void)
{
	char out[MR_URI_TEXT_MAX];

	MR_CODE(mr_uri_with("emu:pcm", "seed", "3", out, NULL), MR_OK);
	CU_ASSERT_STRING_EQUAL(out, "emu:pcm?seed=3");
	MR_CODE(mr_uri_with(out, "seed", "4", out, NULL), MR_OK);
	CU_ASSERT_STRING_EQUAL(out, "emu:pcm?seed=4");
	MR_CODE(mr_uri_with("emu:pcm?a=1", "state", "x&y.s", out, NULL), MR_OK);
	CU_ASSERT_STRING_EQUAL(out, "emu:pcm?a=1&state=x%26y.s");
	MR_CODE(mr_uri_with("emu", "a", "1", out, NULL), MR_ERR_USAGE);
}

static void uri_unknown_key_names_the_known(void)
{
	struct mr_errtext err = {""};
	struct mr_array *array = NULL;

	MR_CODE(mr_array_open("emu:pcm?rowz=3", NULL, &array, &err),
	        MR_ERR_USAGE);
	MR_HAS(err.text, "unknown key 'rowz'");
	MR_HAS(err.text, "the nearest are: rows, ");
	MR_CODE(mr_array_open("emo:pcm", NULL, &array, &err), MR_ERR_USAGE);
	MR_HAS(err.text, "there are: arc1, emu");
	MR_CODE(mr_array_open("emu:pcx", NULL, &array, &err), MR_ERR_USAGE);
	MR_HAS(err.text, "ideal, pcm");
	MR_CODE(mr_array_open("emu:pcm?offer=read+fly", NULL, &array, &err),
	        MR_ERR_USAGE);
	MR_CODE(mr_array_open("emu:pcm?noise=pink", NULL, &array, &err),
	        MR_ERR_USAGE);
	MR_CODE(mr_array_open("emu:pcm?adc_bits=1", NULL, &array, &err),
	        MR_ERR_RANGE);
	MR_CODE(mr_array_open("emu:pcm?rows=65536&cols=65536", NULL, &array,
	                      &err),
	        MR_ERR_RANGE);
	CU_ASSERT_PTR_NULL(array);
}

static void refuse_key(const char *uri, const char *part)
{
	struct mr_errtext err = {""};
	struct mr_array *array = NULL;

	MR_CODE_ERR(mr_array_open(uri, NULL, &array, &err), MR_ERR_USAGE, err);
	MR_HAS(err.text, part);
	CU_ASSERT(strlen(err.text) < sizeof err.text - 1); /* not cut */
}

static void uri_misspelt_key_finds_its_neighbour(void)
{
	char uri[MR_URI_TEXT_MAX], key[200];

	refuse_key("emu:pcm?guard.volts=1", "guard.v_V");
	refuse_key("emu:pcm?guard.w=1", "guard.width_s");
	refuse_key("emu:pcm?gard.pulses=1", "are: guard.pulses, ");
	/* also of a filter that nobody asked for */
	refuse_key("emu:pcm?falt.seed=1", "are: fault.seed, ");
	refuse_key("emu:ideal?dg=1", "dg_S");
	refuse_key("emu:pcm?%20=1", "man memrig");
	memset(key, 'q', sizeof key); /* longer than any key */
	key[sizeof key - 1] = '\0';
	(void)snprintf(uri, sizeof uri, "emu:pcm?%s=1", key);
	refuse_key(uri, "man memrig");
}

static void uri_known_keys_are_listed_when_they_are_few(void)
{
	struct mr_uri uri;
	struct mr_errtext err = {""};

	MR_CODE(mr_uri_parse(&uri, "e:?abd=1", NULL), MR_OK);
	mr_uri_know(&uri, "abcd");
	mr_uri_know(&uri, "abc"); /* a part of one that is there */
	mr_uri_know(&uri, "abcd");
	MR_CODE(mr_uri_finish(&uri, &err), MR_ERR_USAGE);
	CU_ASSERT_STRING_EQUAL(err.text,
	                       "URI 'e:?abd=1': unknown key 'abd'; known: "
	                       "abcd, abc");
	for (int k = 0; k < 2000; k++) { /* more than there is room for */
		char name[16];

		(void)snprintf(name, sizeof name, "key%d", k);
		mr_uri_know(&uri, name);
	}
	CU_ASSERT_STRING_EQUAL(uri.keys[0].name, "abd");
	MR_CODE(mr_uri_finish(&uri, &err), MR_ERR_USAGE);
	MR_HAS(err.text, "are: abcd, abc, ");
}

static void paramfile_values_that_clash_name_the_file(void)
{
	char path[MR_TEST_PATH_MAX], uri[MR_TEST_PATH_MAX + 32];
	FILE *f = fopen(mr_test_path(path, "clash.ini"), "w");

	CU_ASSERT_FATAL(f != NULL);
	(void)fputs("[memrig]\nmodel = pcm\n[g_min_S]\nvalue = 5e-6\n"
	            "[g_max_S]\nvalue = 4e-6\n",
	            f);
	(void)fclose(f);
	struct mr_errtext err = {""};
	struct mr_array *array = NULL;

	(void)snprintf(uri, sizeof uri, "emu:pcm?params=%s", path);
	MR_CODE_ERR(mr_array_open(uri, NULL, &array, &err), MR_ERR_RANGE, err);
	MR_HAS(err.text, path);
	MR_HAS(err.text, ": g_min_S");
	CU_ASSERT_PTR_NULL(array);
}

static void error_names_go_both_ways(void)
{
	for (int code = MR_ERR_MISSING; code <= MR_OK; code++) {
		CU_ASSERT_EQUAL(mr_error_of_name(mr_error_name(code)), code);
		CU_ASSERT(strlen(mr_error_message(code)) > 0);
	}
	CU_ASSERT_STRING_EQUAL(mr_error_name(-99), "unknown");
	CU_ASSERT_STRING_EQUAL(mr_error_message(-99), "unknown error");
	CU_ASSERT_EQUAL(mr_error_of_name("nonsense"), MR_ERR_FORMAT);
	CU_ASSERT_EQUAL(mr_error_of_name(NULL), MR_ERR_FORMAT);
	CU_ASSERT_EQUAL(mr_errtext_set(NULL, MR_ERR_IO, "x"), MR_ERR_IO);
}

static void clock_manual_moves_only_when_slept_on(void)
{
	struct mr_manual_clock state = {.monotonic_ns = 5, .wall_ns = 7};
	struct mr_clock c;

	mr_clock_manual(&c, &state);
	CU_ASSERT_EQUAL(c.monotonic_ns(c.self), 5);
	c.sleep_ns(c.self, 2385);
	c.sleep_ns(c.self, -1);
	CU_ASSERT_EQUAL(c.monotonic_ns(c.self), 2390);
	CU_ASSERT_EQUAL(c.wall_ns(c.self), 2392);
	mr_clock_system(&c);
	int64_t t_ns = c.monotonic_ns(c.self);

	c.sleep_ns(c.self, 1);
	c.sleep_ns(c.self, 0);
	CU_ASSERT(c.monotonic_ns(c.self) >= t_ns);
	CU_ASSERT(c.wall_ns(c.self) > 0);
	CU_ASSERT(strlen(mr_version()) > 0);
}

const struct mr_test mr_tests[] = {
	{"uri_parts_are_found", uri_parts_are_found},
	{"uri_malformed_is_refused", uri_malformed_is_refused},
	{"visa_strings_are_aliases", visa_strings_are_aliases},
	{"uri_too_many_keys_are_refused", uri_too_many_keys_are_refused},
	{"uri_numbers_are_strict", uri_numbers_are_strict},
	{"uri_with_sets_one_key", uri_with_sets_one_key},
	{"uri_unknown_key_names_the_known", uri_unknown_key_names_the_known},
	{"uri_misspelt_key_finds_its_neighbour",
         uri_misspelt_key_finds_its_neighbour},
	{"uri_known_keys_are_listed_when_they_are_few",
         uri_known_keys_are_listed_when_they_are_few},
	{"paramfile_values_that_clash_name_the_file",
         paramfile_values_that_clash_name_the_file},
	{"error_names_go_both_ways", error_names_go_both_ways},
	{"clock_manual_moves_only_when_slept_on",
         clock_manual_moves_only_when_slept_on},
	{0},
};
