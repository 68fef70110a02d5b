/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Takes array URIs apart; knows no driver and no key by itself. */
#include "memrig/uri.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "visa.h"

#define HEX_BASE 16
#define KEY_MAX 63      /* bytes of a key that are looked at */
#define NEAREST_MAX 6   /* keys in a message about an unknown one */
#define LIST_SHOWN 192  /* bytes of a list of keys that is shown whole */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Unescape in place; false for a bad escape or an escaped NUL. */
static bool unescape(char *s)
{
	char *out = s;

	while (*s) {
		if (*s != '%') {
			*out++ = *s++;
			continue;
		}
		int high = hex_digit(s[1]);
		int low = high < 0 ? -1 : hex_digit(s[2]);

		if (low < 0 || high * HEX_BASE + low == 0)
			return false;
		*out++ = (char)(high * HEX_BASE + low);
		s += 3;
	}
	*out = '\0';
	return true;
}

static int add_key(struct mr_uri *uri, char *pair, struct mr_errtext *err)
{
	char *value = strchr(pair, '=');

	if (!value || value == pair)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "URI '%s': '%s' is not key=value",
		                      uri->given, pair);
	*value++ = '\0';
	if (!unescape(pair) || !unescape(value))
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "URI '%s': key '%s' has a bad %%XX escape",
		                      uri->given, pair);
	for (uint32_t i = 0; i < uri->n_keys; i++)
		if (strcmp(uri->keys[i].name, pair) == 0)
			return mr_errtext_set(err, MR_ERR_USAGE,
			                      "URI '%s': key '%s' is given twice",
			                      uri->given, pair);
	if (uri->n_keys == MR_URI_KEYS_MAX)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "URI '%s': more than %d keys", uri->given,
		                      MR_URI_KEYS_MAX);
	uri->keys[uri->n_keys++] =
		(struct mr_uri_key){.name = pair, .value = value};
	return MR_OK;
}

static int add_keys(struct mr_uri *uri, char *query, struct mr_errtext *err)
{
	while (query && *query) {
		char *next = strchr(query, '&');

		if (next)
			*next++ = '\0';
		int rc = add_key(uri, query, err);

		if (rc)
			return rc;
		query = next;
	}
	return MR_OK;
}

static int split(struct mr_uri *uri, struct mr_errtext *err)
{
	char *colon = uri->text + strcspn(uri->text, ":?");

	if (*colon != ':' || colon == uri->text)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "array URI '%s' names no driver; an example: "
		                      "emu:pcm?rows=64&cols=64",
		                      uri->given);
	*colon = '\0';
	char *address = colon + 1;
	char *query = strchr(address, '?');

	if (query)
		*query++ = '\0';
	char *plus = strchr(uri->text, '+');

	if (plus)
		*plus = '\0';
	uri->driver = uri->text;
	uri->transport = plus ? plus + 1 : "";
	uri->address = address;
	if (!unescape(address))
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "URI '%s': the address has a bad %%XX escape",
		                      uri->given);
	return add_keys(uri, query, err);
}

int mr_uri_parse(struct mr_uri *uri, const char *text, struct mr_errtext *err)
{
	bool is_visa = false;

	*uri = (struct mr_uri){.driver = "", .transport = "", .address = ""};
	if (!text || strlen(text) >= sizeof uri->text)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "array URI is missing or longer than %d bytes",
		                      MR_URI_TEXT_MAX - 1);
	int rc = mr__visa_uri(text, uri->text, sizeof uri->text, &is_visa, err);

	if (rc)
		return rc;
	if (!is_visa)
		memcpy(uri->text, text, strlen(text) + 1);
	memcpy(uri->given, text, strlen(text) + 1);
	return split(uri, err);
}

/* The next name of a list "a, b"; its length is 0 at the end. */
static size_t next_name(const char **list)
{
	*list += strspn(*list, ", ");
	return strcspn(*list, ",");
}

static bool is_known(const struct mr_uri *uri, const char *name)
{
	const char *at = uri->known;

	for (size_t len; (len = next_name(&at)) > 0; at += len)
		if (strlen(name) == len && strncmp(at, name, len) == 0)
			return true;
	return false;
}

void mr_uri_know(struct mr_uri *uri, const char *name)
{
	size_t used = strlen(uri->known);

	if (used + strlen(name) + sizeof ", " > sizeof uri->known ||
	    is_known(uri, name))
		return;
	(void)snprintf(uri->known + used, sizeof uri->known - used, "%s%s",
	               used ? ", " : "", name);
}

const char *mr_uri_take(struct mr_uri *uri, const char *name)
{
	mr_uri_know(uri, name);
	for (uint32_t i = 0; i < uri->n_keys; i++) {
		if (strcmp(uri->keys[i].name, name) == 0) {
			uri->keys[i].taken = true;
			return uri->keys[i].value;
		}
	}
	return NULL;
}

int mr_uri_take_u64(struct mr_uri *uri, const char *name, uint64_t min,
                    uint64_t max, uint64_t *out, struct mr_errtext *err)
{
	const char *value = mr_uri_take(uri, name);
	char *end = NULL;

	if (!value)
		return MR_OK;
	/* 010 is ten, as people read it */
	bool hex = value[0] == '0' && (value[1] | 0x20) == 'x';

	errno = 0;
	unsigned long long number = strtoull(value, &end, hex ? 16 : 10);

	if (!isdigit((unsigned char)*value) || *end || errno)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "key '%s=%s': not a whole number", name,
		                      value);
	if (number < min || number > max)
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "key '%s=%s': must be %llu to %llu", name,
		                      value, (unsigned long long)min,
		                      (unsigned long long)max);
	*out = number;
	return MR_OK;
}

int mr_uri_take_double(struct mr_uri *uri, const char *name, double min,
                       double max, double *out, struct mr_errtext *err)
{
	const char *value = mr_uri_take(uri, name);
	char *end = NULL;

	if (!value)
		return MR_OK;
	double number = strtod(value, &end);

	if (end == value || *end || isspace((unsigned char)*value))
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "key '%s=%s': not a number", name, value);
	if (!(number >= min && number <= max))
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "key '%s=%s': must be %g to %g", name, value,
		                      min, max);
	*out = number;
	return MR_OK;
}

/* How many letters must be put in, left out or changed to make one name of the
 * other (the usual edit distance); what is longer than a key is cut. */
static uint32_t distance(const char *a, const char *b, size_t n)
{
	uint32_t row[KEY_MAX + 1];

	n = n < KEY_MAX ? n : KEY_MAX;
	for (uint32_t j = 0; j <= n; j++)
		row[j] = j;
	for (; *a; a++) {
		uint32_t corner = row[0]++;

		for (size_t j = 1; j <= n; j++) {
			uint32_t best = corner + (*a != b[j - 1]);

			corner = row[j];
			best = best < corner + 1 ? best : corner + 1;
			row[j] = best < row[j - 1] + 1 ? best : row[j - 1] + 1;
		}
	}
	return row[n];
}

/* The smaller, the more alike. A shared beginning counts for much: it is what
 * people know for sure, and the family of keys that is meant. */
static int unlikeness(const char *a, const char *b, size_t n)
{
	size_t shared = 0;

	while (shared < n && a[shared] == b[shared]) /* `a` ends in NUL, b not */
		shared++;
	return (int)distance(a, b, n) - (int)shared;
}

/* The known names that come nearest, best first; of equals the first known. */
static void nearest(const struct mr_uri *uri, const char *name, char *out,
                    size_t size)
{
	struct {
		const char *name;
		size_t len;
		int unlikeness;
	} best[NEAREST_MAX + 1];
	uint32_t n = 0;
	const char *at = uri->known;

	for (size_t len; (len = next_name(&at)) > 0; at += len) {
		int far = unlikeness(name, at, len);
		uint32_t k = n < NEAREST_MAX ? n++ : NEAREST_MAX;

		for (; k > 0 && best[k - 1].unlikeness > far; k--)
			best[k] = best[k - 1];
		best[k].name = at;
		best[k].len = len;
		best[k].unlikeness = far;
	}
	out[0] = '\0';
	for (uint32_t k = 0; k < n; k++) {
		size_t used = strlen(out);

		(void)snprintf(out + used, size - used, "%s%.*s",
		               k ? ", " : "", (int)best[k].len, best[k].name);
	}
}

static int refuse_key(const struct mr_uri *uri, const char *name,
                      struct mr_errtext *err)
{
	char near[LIST_SHOWN + 1];

	if (strlen(uri->known) <= LIST_SHOWN)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "URI '%.128s': unknown key '%.64s'; known: "
		                      "%s",
		                      uri->given, name, uri->known);
	nearest(uri, name, near, sizeof near);
	return mr_errtext_set(err, MR_ERR_USAGE,
	                      "URI '%.128s': unknown key '%.64s'; the nearest "
	                      "are: %s (man memrig and 'memrig models' list all)",
	                      uri->given, name, near);
}

int mr_uri_finish(const struct mr_uri *uri, struct mr_errtext *err)
{
	for (uint32_t i = 0; i < uri->n_keys; i++)
		if (!uri->keys[i].taken)
			return refuse_key(uri, uri->keys[i].name, err);
	return MR_OK;
}

/* Append `s`, escaping what would end a value; false when there is no room. */
static bool append(char *out, const char *s, bool escape)
{
	size_t used = strlen(out);

	for (; *s; s++) {
		bool special = escape && (strchr("&%?=#", *s) || !isprint((unsigned char)*s));

		if (used + 4 > MR_URI_TEXT_MAX)
			return false;
		used += (size_t)snprintf(out + used, MR_URI_TEXT_MAX - used,
		                         special ? "%%%02X" : "%c",
		                         special ? (int)(unsigned char)*s : *s);
	}
	return true;
}

static bool append_pair(char *out, const char *name, const char *value)
{
	const char *joint = strchr(out, '?') ? "&" : "?";

	return append(out, joint, false) && append(out, name, true) &&
	       append(out, "=", false) && append(out, value, true);
}

int mr_uri_with(const char *text, const char *name, const char *value,
                char *out, struct mr_errtext *err)
{
	struct mr_uri uri;
	int rc = mr_uri_parse(&uri, text, err);

	if (rc)
		return rc;
	size_t head = strcspn(uri.given, "?");

	memcpy(out, uri.given, head); /* out may be text itself */
	out[head] = '\0';
	bool fits = true;
	bool placed = false;

	for (uint32_t i = 0; i < uri.n_keys; i++) {
		bool same = strcmp(uri.keys[i].name, name) == 0;

		placed = placed || same;
		fits = fits && append_pair(out, uri.keys[i].name,
		                           same ? value : uri.keys[i].value);
	}
	if (!placed && uri.n_keys == MR_URI_KEYS_MAX)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "URI '%s': more than %d keys", uri.given,
		                      MR_URI_KEYS_MAX);
	if (!placed)
		fits = fits && append_pair(out, name, value);
	if (!fits)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "URI '%.200s' gets longer than %d bytes",
		                      uri.given,
		                      MR_URI_TEXT_MAX - 1);
	return MR_OK;
}
