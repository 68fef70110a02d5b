/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * URIs: taken apart, changed by a key, and, if they ask for a small emulator
 * and for no file, opened and used.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "memrig/memrig.h"

#define LINES_MAX 40
#define THREADS_MAX 3

const char mr_fuzz_name[] = "uri";

static const char awkward[] = "a b&c=%41?:\xc2\xb5";

static const char *value_of(const struct mr_uri *uri, const char *name)
{
	for (uint32_t i = 0; i < uri->n_keys; i++)
		if (strcmp(uri->keys[i].name, name) == 0)
			return uri->keys[i].value;
	return NULL;
}

/* A key that was set is there, and so are driver and address. */
static void set_key(const struct mr_uri *uri, const char *text,
                    const char *name)
{
	char changed[MR_URI_TEXT_MAX];
	struct mr_errtext err = {""};
	struct mr_uri again;
	int code = mr_uri_with(text, name, awkward, changed, &err);

	if (!mr_fuzz_judge(code, err.text))
		return;
	code = mr_uri_parse(&again, changed, &err);
	mr_fuzz_must(code == MR_OK, "mr_uri_with() gives a URI");
	const char *value = value_of(&again, name);

	mr_fuzz_must(value && strcmp(value, awkward) == 0, "the key is set");
	mr_fuzz_must(strcmp(again.driver, uri->driver) == 0, "same driver");
	mr_fuzz_must(strcmp(again.address, uri->address) == 0, "same address");
	mr_fuzz_must(again.n_keys - uri->n_keys <= 1, "at most one key more");
}

static void take_keys(struct mr_uri *uri)
{
	static const char *const names[] = {"rows", "seed", "drift_step",
	                                    "guard.v", "x"};
	struct mr_errtext err = {""};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		uint64_t whole = 7;
		double real = 7;

		if (mr_fuzz_judge(mr_uri_take_u64(uri, names[i], 2, 1000, &whole,
		                                  &err),
		                  err.text))
			mr_fuzz_must(whole >= 2 && whole <= 1000, "in limits");
		if (mr_fuzz_judge(mr_uri_take_double(uri, names[i], -8, 8, &real,
		                                     &err),
		                  err.text))
			mr_fuzz_must(real >= -8 && real <= 8, "in limits");
		(void)mr_uri_take(uri, names[i]);
	}
	(void)mr_fuzz_judge(mr_uri_finish(uri, &err), err.text);
}

static bool at_most(const struct mr_uri *uri, const char *name, uint64_t max,
                    bool needed)
{
	const char *value = value_of(uri, name);
	bool hex = value && value[0] == '0' && (value[1] | 0x20) == 'x';

	return value ? strtoull(value, NULL, hex ? 16 : 10) <= max : !needed;
}

/* No file is to be read or written, and nothing large to be made. */
static bool is_harmless(const struct mr_uri *uri)
{
	return strcmp(uri->driver, "emu") == 0 && !value_of(uri, "state") &&
	       !value_of(uri, "params") && !value_of(uri, "curves") &&
	       !value_of(uri, "table") && !value_of(uri, "map") &&
	       at_most(uri, "rows", LINES_MAX, true) &&
	       at_most(uri, "cols", LINES_MAX, true) &&
	       at_most(uri, "threads", THREADS_MAX, false);
}

static void use(struct mr_array *array)
{
	const struct mr_description *desc = mr_array_describe(array);
	static float v_V[LINES_MAX], i_A[LINES_MAX], g_S[LINES_MAX * LINES_MAX];

	mr_fuzz_must(desc->rows <= LINES_MAX && desc->cols <= LINES_MAX,
	             "the shape is that of the URI");
	(void)mr_fuzz_judge(mr_array_read(array, NULL, g_S),
	                    mr_array_errmsg(array));
	(void)mr_fuzz_judge(mr_array_pulse(array, NULL, "set", 1),
	                    mr_array_errmsg(array));
	(void)mr_fuzz_judge(mr_array_wait(array, 2.385),
	                    mr_array_errmsg(array));
	(void)mr_fuzz_judge(mr_array_drive(array, v_V, i_A),
	                    mr_array_errmsg(array));
}

static void open_array(const char *text)
{
	struct mr_errtext err = {""};
	struct mr_array *array = NULL;

	if (!mr_fuzz_judge(mr_array_open(text, NULL, &array, &err), err.text))
		return;
	use(array);
	(void)mr_fuzz_judge(mr_array_close(array, &err), err.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = mr_fuzz_text(data, size);
	struct mr_errtext err = {""};
	struct mr_uri uri;

	if (mr_fuzz_judge(mr_uri_parse(&uri, text, &err), err.text)) {
		mr_fuzz_must(uri.n_keys <= MR_URI_KEYS_MAX, "keys fit");
		set_key(&uri, text, "seed");
		if (uri.n_keys)
			set_key(&uri, text, uri.keys[uri.n_keys - 1].name);
		if (is_harmless(&uri))
			open_array(text);
		take_keys(&uri);
	}
	free(text);
	return 0;
}
