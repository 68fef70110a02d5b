/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Only what memrig has a transport for; the rest is refused by name. */
#include "visa.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FIELDS_MAX 8
#define FIELD_BYTES 256

/* Who makes source-measure units: Keithley, Agilent, Keysight, Rohde & Schwarz,
 * Tektronix. */
static const uint16_t smu_vendors[] = {0x05e6, 0x0957, 0x2a8d, 0x0aad, 0x0699};

struct visa {
	char text[FIELD_BYTES]; /* without driver and keys; cut at each "::" */
	const char *field[FIELDS_MAX];
	size_t n;
	const char *driver;     /* [driver_length] in front; "" if none */
	size_t driver_length;
	const char *keys;       /* "" or "?..." */
};

static int malformed(const char *text, const char *right, struct mr_errtext *err)
{
	return mr_errtext_set(err, MR_ERR_USAGE,
	                      "VISA resource '%.200s': %s", text, right);
}

/* ---- taking apart ------------------------------------------------------------ */

static bool begins(const char *text, const char *word)
{
	return strncasecmp(text, word, strlen(word)) == 0;
}

/* What stands in keys makes no resource. */
static bool is_visa(const char *resource)
{
	static const char *const words[] = {"USB", "TCPIP", "ASRL", "GPIB",
	                                    "PXI", "VXI"};
	const char *colons = strstr(resource, "::");

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (begins(resource, words[i]))
			return colons &&
			       colons < resource + strcspn(resource, "?");
	return false;
}

static int split(struct visa *v, const char *resource, struct mr_errtext *err)
{
	size_t length = strcspn(resource, "?");
	char *at = v->text;

	v->keys = resource + length;
	if (length >= sizeof v->text)
		return malformed(resource, "is too long", err);
	memcpy(v->text, resource, length);
	v->text[length] = '\0';
	while (at) {
		char *next = strstr(at, "::");

		if (v->n == FIELDS_MAX)
			return malformed(resource, "has too many parts", err);
		v->field[v->n++] = at;
		if (next) {
			*next = '\0';
			next += 2;
		}
		at = next;
	}
	return MR_OK;
}

static bool ends_with(const struct visa *v, const char *word)
{
	return v->n > 0 && strcasecmp(v->field[v->n - 1], word) == 0;
}

/* ---- each kind --------------------------------------------------------------- */

static bool take_id(const char *text, uint16_t *out)
{
	char *end;
	unsigned long value = strtoul(text, &end, 0);

	*out = (uint16_t)value;
	return isdigit((unsigned char)text[0]) && *end == '\0' && value <= 0xffff;
}

static bool makes_smus(uint16_t vendor)
{
	for (size_t i = 0; i < sizeof smu_vendors / sizeof smu_vendors[0]; i++)
		if (smu_vendors[i] == vendor)
			return true;
	return false;
}

static int finish(const struct visa *v, const char *driver,
                  const char *rest, char *out, size_t room,
                  struct mr_errtext *err)
{
	int n = v->driver_length
	                ? snprintf(out, room, "%.*s+%s%s",
	                           (int)v->driver_length, v->driver, rest,
	                           v->keys)
	                : snprintf(out, room, "%s+%s%s", driver, rest, v->keys);

	return n >= 0 && (size_t)n < room
	               ? MR_OK
	               : malformed(v->field[0], "is too long", err);
}

static int usb(const struct visa *v, const char *given, char *out, size_t room,
               struct mr_errtext *err)
{
	uint16_t vendor = 0, product = 0;
	bool raw = ends_with(v, "RAW");
	size_t n = v->n - (raw || ends_with(v, "INSTR"));
	char rest[FIELD_BYTES + 32];

	if (n < 4 || n > 5 || !take_id(v->field[1], &vendor) ||
	    !take_id(v->field[2], &product))
		return malformed(given,
		                 "a USB instrument is "
		                 "USB0::0xVVVV::0xPPPP::SERIAL::INSTR",
		                 err);
	(void)snprintf(rest, sizeof rest, "%s:%04x:%04x:%s",
	               raw ? "usb" : "usbtmc", vendor, product, v->field[3]);
	return finish(v, makes_smus(vendor) ? "smu" : "scpi", rest, out, room,
	              err);
}

static int tcpip(const struct visa *v, const char *given, char *out, size_t room,
                 struct mr_errtext *err)
{
	char rest[2 * FIELD_BYTES];

	if (!ends_with(v, "SOCKET") || v->n != 4 || !v->field[1][0] ||
	    !v->field[2][0])
		return malformed(given,
		                 "memrig reaches instruments on a network by "
		                 "their raw socket: TCPIP0::HOST::5025::SOCKET",
		                 err);
	(void)snprintf(rest, sizeof rest, "tcp:%s:%s", v->field[1], v->field[2]);
	return finish(v, "smu", rest, out, room, err);
}

static int asrl(const struct visa *v, const char *given, char *out, size_t room,
                struct mr_errtext *err)
{
	const char *port = v->text + strlen("ASRL");
	char rest[FIELD_BYTES + 16];

	if (port[0] != '/' || v->n > 2 || (v->n == 2 && !ends_with(v, "INSTR")))
		return malformed(given,
		                 "which port a number means is one VISA's own "
		                 "matter; name the node: "
		                 "ASRL/dev/ttyUSB0::INSTR",
		                 err);
	(void)snprintf(rest, sizeof rest, "serial:%s", port);
	return finish(v, "smu", rest, out, room, err);
}

int mr__visa_uri(const char *text, char *out, size_t room, bool *is,
                 struct mr_errtext *err)
{
	struct visa v = {.field = {""}, .driver = text};
	const char *plus = strpbrk(text, "+:?");
	const char *resource = plus && *plus == '+' ? plus + 1 : text;
	int rc;

	*is = is_visa(resource);
	if (!*is)
		return MR_OK;
	v.driver_length = resource > text ? (size_t)(resource - text) - 1 : 0;
	rc = split(&v, resource, err);
	if (rc)
		return rc;
	if (begins(resource, "USB"))
		return usb(&v, resource, out, room, err);
	if (begins(resource, "TCPIP"))
		return tcpip(&v, resource, out, room, err);
	if (begins(resource, "ASRL"))
		return asrl(&v, resource, out, room, err);
	return malformed(resource,
	                 "memrig reaches USB, TCPIP and ASRL resources only", err);
}
