/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The one error convention: a function that can fail returns an int that is
 * MR_OK or one negative code of enum mr_error. The sentence for people is kept
 * in the handle (mr_array_errmsg()) or, where no handle exists yet, in a
 * struct mr_errtext of the caller's. The library prints nothing.
 */
#ifndef MEMRIG_ERROR_H
#define MEMRIG_ERROR_H

#if defined(__GNUC__)
#define MR_API __attribute__((visibility("default")))
#define MR_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define MR_API
#define MR_PRINTF(fmt, args)
#endif

/* A function whose loops are compiled once more for AVX2 and chosen at run
 * time. Sanitizers cannot start with functions that are chosen so early. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&        \
	defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) &&            \
	!defined(__SANITIZE_THREAD__)
#define MR_CLONES                                                             \
	__attribute__((target_clones("default", "avx2"), optimize("O3")))
#else
#define MR_CLONES
#endif

/** What went wrong. Values are unique, negative and never reused. */
enum mr_error {
	MR_OK = 0,
	MR_ERR_USAGE = -1,       /**< a wrong argument, key, option or record */
	MR_ERR_RANGE = -2,       /**< a value outside its stated limits */
	MR_ERR_UNSUPPORTED = -3, /**< the back end does not describe this */
	MR_ERR_NOMEM = -4,       /**< out of memory */
	MR_ERR_IO = -5,          /**< a file, disk or link failed */
	MR_ERR_FORMAT = -6,      /**< a file is malformed or cut off */
	MR_ERR_REFUSED = -7,     /**< the guard filter stopped the operation */
	MR_ERR_STOPPED = -8,     /**< the stop flag was raised */
	MR_ERR_TIMEOUT = -9,     /**< the deadline passed */
	MR_ERR_OUTCOME = -10,    /**< sent, outcome unknown: never repeated */
	MR_ERR_MISMATCH = -11,   /**< differs from the recorded operation */
	MR_ERR_BUSY = -12,       /**< in use elsewhere, or called from a callback */
	MR_ERR_NOT_RUN = -13,    /**< an earlier operation of the list failed */
	MR_ERR_MISSING = -14     /**< a named input is not there or not readable */
};

/** Room for one sentence about an error, owned by the caller. */
struct mr_errtext {
	char text[512]; /**< always terminated; empty when nothing failed */
};

/**
 * Name of a code as it stands in the log, such as "range".
 *
 * @param code MR_OK or a member of enum mr_error; any other int is accepted.
 * @return static text, never NULL; "unknown" for a value that is no code.
 */
MR_API const char *mr_error_name(int code);

/**
 * Code of a name, the inverse of mr_error_name().
 *
 * @param name  terminated text; NULL counts as unknown.
 * @return the code; MR_ERR_FORMAT when the name is no error's.
 */
MR_API int mr_error_of_name(const char *name);

/**
 * General sentence of a code, such as "a value is outside its limits".
 *
 * @param code MR_OK or a member of enum mr_error; any other int is accepted.
 * @return static text, never NULL.
 */
MR_API const char *mr_error_message(int code);

/**
 * Write a sentence and hand the code back, so that a failing function can end
 * with `return mr_errtext_set(err, MR_ERR_RANGE, "...", ...);`.
 *
 * @param err   where the sentence goes; NULL drops it. Cut at its size.
 * @param code  returned as it is.
 * @param fmt   printf format.
 * @return code.
 */
MR_API int mr_errtext_set(struct mr_errtext *err, int code, const char *fmt,
                          ...) MR_PRINTF(3, 4);

#endif
