/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * What every test program shares. A program is one file that defines
 *
 *     const struct mr_test mr_tests[] = {
 *             {"noun_condition_expectation", function},
 *             {0},
 *     };
 *
 * and is linked with test_main.c. Assertions are CUnit's; those below add the
 * values to the message. A test that asserts nothing fails.
 */
#ifndef MR_TESTS_TEST_H
#define MR_TESTS_TEST_H

#include <CUnit/CUnit.h>

/** One test. */
struct mr_test {
	const char *name; /**< <noun>_<condition>_<expectation> */
	void (*function)(void);
};

/** The program's tests, ended by an all-zero record. */
extern const struct mr_test mr_tests[];

#define MR_TEST_PATH_MAX 256 /**< room that mr_test_path() needs */

/**
 * Path of a file in a scratch folder of this program alone; the folder and
 * the files in it are removed when the program ends.
 *
 * @param out   [MR_TEST_PATH_MAX] receives the path.
 * @param name  the file's name, without '/'.
 * @return out.
 */
const char *mr_test_path(char *out, const char *name);

/**
 * End the running test as skipped. Call it before anything is allocated.
 *
 * @param reason  static text: why it cannot run here.
 */
_Noreturn void mr_test_skip(const char *reason);

/** Assert that two numbers differ by no more than a tolerance. */
void mr_test_near(double actual, double expected, double tolerance,
                  const char *what, const char *file, unsigned line);

/** Assert that a call returned a code of enum mr_error. */
void mr_test_code(int actual, int expected, const char *text,
                  const char *what, const char *file, unsigned line);

/** Assert that a text holds another. */
void mr_test_has(const char *text, const char *part, const char *what,
                 const char *file, unsigned line);

/** Skip the running test, with a reason. */
#define MR_SKIP(reason) mr_test_skip(reason)

/** |actual - expected| <= tolerance; NAN never is. */
#define MR_NEAR(actual, expected, tolerance)                                  \
	mr_test_near((actual), (expected), (tolerance), #actual, __FILE__,    \
	             __LINE__)

/** `call` returned `expected`. */
#define MR_CODE(call, expected)                                               \
	mr_test_code((call), (expected), "", #call, __FILE__, __LINE__)

/** `call` returned `expected`; `err` (struct mr_errtext) is shown if not. */
#define MR_CODE_ERR(call, expected, err)                                      \
	mr_test_code((call), (expected), (err).text, #call, __FILE__, __LINE__)

/** `text` contains `part`. */
#define MR_HAS(text, part)                                                    \
	mr_test_has((text), (part), #text, __FILE__, __LINE__)

#endif
