/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * One string names an array everywhere: command line, environment, log.
 *
 *     driver[+transport]:address[?key=value&key=value...]
 *
 * such as "emu:pcm?rows=64&cols=64&seed=7" or "playback:run.db"; VISA resource
 * strings such as "USB0::0x05E6::0x2450::04402::INSTR" are aliases, with or
 * without a "driver+" before and keys behind. Values and addresses may hold
 * %XX escapes. Keys are strict: each is taken once by
 * whoever knows it, and what is left over is an error.
 */
#ifndef MEMRIG_URI_H
#define MEMRIG_URI_H

#include <stdbool.h>
#include <stdint.h>

#include "memrig/error.h"

#define MR_URI_KEYS_MAX 48   /**< keys in one URI */
#define MR_URI_TEXT_MAX 1024 /**< bytes of a URI, with its terminator */
#define MR_URI_KNOWN_MAX 4096 /**< room for the names of all known keys */

/** One key=value pair of a parsed URI. */
struct mr_uri_key {
	const char *name;  /**< points into the URI's own text */
	const char *value; /**< likewise; unescaped */
	bool taken;        /**< somebody has asked for it */
};

/** A parsed URI; plain storage of the caller's, not copyable by assignment
 * (it points into itself). */
struct mr_uri {
	char text[MR_URI_TEXT_MAX];  /**< unescaped pieces, each terminated */
	char given[MR_URI_TEXT_MAX]; /**< as it was given */
	const char *driver;          /**< such as "emu" */
	const char *transport;       /**< such as "serial"; "" if absent */
	const char *address;         /**< such as "pcm"; may be "" */
	uint32_t n_keys;
	struct mr_uri_key keys[MR_URI_KEYS_MAX];
	char known[MR_URI_KNOWN_MAX]; /**< names that somebody knows: "a, b" */
};

/**
 * Take a URI apart.
 *
 * @param uri   filled in.
 * @param text  the URI.
 * @param err   says what is malformed and what would be right; or NULL.
 * @return MR_OK; MR_ERR_USAGE for a missing driver, an empty or repeated key,
 *         a bad escape, too many keys or too long a text.
 */
MR_API int mr_uri_parse(struct mr_uri *uri, const char *text,
                        struct mr_errtext *err);

/**
 * Say that a key is known, for the message about unknown ones.
 *
 * @param uri   the URI.
 * @param name  the key; left out if there is no more room.
 */
MR_API void mr_uri_know(struct mr_uri *uri, const char *name);

/**
 * Take a key as text.
 *
 * @param uri   the URI; the key is marked as taken.
 * @param name  the key.
 * @return its value, inside `uri`; NULL if it was not given.
 */
MR_API const char *mr_uri_take(struct mr_uri *uri, const char *name);

/**
 * Take a key as a whole number: decimal, also with zeros in front, or
 * hexadecimal behind 0x.
 *
 * @param uri   the URI; the key is marked as taken.
 * @param name  the key.
 * @param min   least allowed value.
 * @param max   greatest allowed value.
 * @param out   written only if the key was given and is right.
 * @param err   names key, value and limits; or NULL.
 * @return MR_OK (also when absent); MR_ERR_USAGE for no number;
 *         MR_ERR_RANGE outside the limits.
 */
MR_API int mr_uri_take_u64(struct mr_uri *uri, const char *name, uint64_t min,
                           uint64_t max, uint64_t *out,
                           struct mr_errtext *err);

/**
 * Take a key as a finite number in SI base units.
 *
 * @param uri   the URI; the key is marked as taken.
 * @param name  the key.
 * @param min   least allowed value.
 * @param max   greatest allowed value.
 * @param out   written only if the key was given and is right.
 * @param err   names key, value and limits; or NULL.
 * @return MR_OK (also when absent); MR_ERR_USAGE for no number;
 *         MR_ERR_RANGE outside the limits.
 */
MR_API int mr_uri_take_double(struct mr_uri *uri, const char *name, double min,
                              double max, double *out,
                              struct mr_errtext *err);

/**
 * Refuse what nobody took.
 *
 * @param uri  the URI, after every taker had its turn.
 * @param err  names the first key left over and those that are known, or where
 *             they are many, the nearest of them; or NULL.
 * @return MR_OK; MR_ERR_USAGE if a key is left over.
 */
MR_API int mr_uri_finish(const struct mr_uri *uri, struct mr_errtext *err);

/**
 * The same URI with one key set: replaced if present, else added.
 *
 * @param text   the URI.
 * @param name   the key.
 * @param value  its value; escaped as needed.
 * @param out    [MR_URI_TEXT_MAX] receives the new URI; may be `text`.
 * @param err    says what is malformed; or NULL.
 * @return MR_OK; MR_ERR_USAGE if the URI is malformed, gets too long or has
 *         MR_URI_KEYS_MAX other keys.
 */
MR_API int mr_uri_with(const char *text, const char *name, const char *value,
                       char *out, struct mr_errtext *err);

#endif
