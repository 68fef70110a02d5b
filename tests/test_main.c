/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The main function of every test program: runs the table through CUnit, one
 * line per test, and ends with "N passed, N failed, N skipped". `--list`
 * prints the names; any other argument runs the tests whose names contain it.
 * Exit status: 0 all passed, 1 a failure, 2 wrong use, 77 all were skipped.
 */
#include "test.h"

#include <CUnit/TestRun.h>
#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memrig/error.h"

#define EXIT_ALL_SKIPPED 77 /* what automake's harness counts as a skip */

/* CUnit hands no argument to its callbacks: what they share is here. */
static struct {
	unsigned passed;
	unsigned failed;
	unsigned skipped;
	unsigned asserts_before;
	const char *skip_reason;
	char folder[MR_TEST_PATH_MAX / 2];
} run;

void mr_test_skip(const char *reason)
{
	run.skip_reason = reason;
	longjmp(*CU_get_current_test()->pJumpBuf, 1);
}

const char *mr_test_path(char *out, const char *name)
{
	const char *base = getenv("TMPDIR");

	if (run.folder[0] == '\0') {
		snprintf(run.folder, sizeof(run.folder), "%s/memrig-test-XXXXXX",
		         base != NULL ? base : "/tmp");
		if (mkdtemp(run.folder) == NULL) {
			perror(run.folder);
			exit(1);
		}
	}
	snprintf(out, MR_TEST_PATH_MAX, "%s/%s", run.folder, name);
	return out;
}

static void remove_folder(void)
{
	char path[MR_TEST_PATH_MAX + sizeof(run.folder)];
	struct dirent *entry;
	DIR *dir;

	if (run.folder[0] == '\0')
		return;
	dir = opendir(run.folder);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", run.folder, entry->d_name);
		unlink(path);
	}
	if (dir != NULL)
		closedir(dir);
	rmdir(run.folder);
}

void mr_test_near(double actual, double expected, double tolerance,
                  const char *what, const char *file, unsigned line)
{
	char text[512];

	snprintf(text, sizeof(text), "%s is %.9g, expected %.9g +- %.3g", what,
	         actual, expected, tolerance);
	CU_assertImplementation(fabs(actual - expected) <= tolerance, line, text,
	                        file, "", CU_FALSE);
}

void mr_test_code(int actual, int expected, const char *text,
                  const char *what, const char *file, unsigned line)
{
	char message[1024];

	snprintf(message, sizeof(message), "%s returned %s, expected %s%s%s",
	         what, mr_error_name(actual), mr_error_name(expected),
	         text[0] != '\0' ? ": " : "", text);
	CU_assertImplementation(actual == expected, line, message, file, "",
	                        CU_FALSE);
}

void mr_test_has(const char *text, const char *part, const char *what,
                 const char *file, unsigned line)
{
	char message[2048];

	snprintf(message, sizeof(message), "%s is \"%.900s\", expected \"%.300s\"",
	         what, text, part);
	CU_assertImplementation(strstr(text, part) != NULL, line, message, file,
	                        "", CU_FALSE);
}

static void test_begins(const CU_pTest test, const CU_pSuite suite)
{
	(void)test;
	(void)suite;
	run.skip_reason = NULL;
	run.asserts_before = CU_get_run_summary()->nAsserts;
}

static void print_failures(const char *name, CU_pFailureRecord failure)
{
	for (; failure != NULL; failure = failure->pNext)
		printf("FAIL: %s: %s:%u: %s\n", name, failure->strFileName,
		       failure->uiLineNumber, failure->strCondition);
}

static void test_ends(const CU_pTest test, const CU_pSuite suite,
                      const CU_pFailureRecord failure)
{
	const char *name = test->pName;

	(void)suite;
	if (failure != NULL) {
		print_failures(name, failure);
		run.failed++;
	} else if (run.skip_reason != NULL) {
		printf("SKIP: %s: %s\n", name, run.skip_reason);
		run.skipped++;
	} else if (CU_get_run_summary()->nAsserts == run.asserts_before) {
		printf("FAIL: %s: it asserts nothing\n", name);
		run.failed++;
	} else {
		printf("PASS: %s\n", name);
		run.passed++;
	}
	fflush(stdout);
}

static int list_tests(void)
{
	for (size_t i = 0; mr_tests[i].name != NULL; i++)
		puts(mr_tests[i].name);
	return 0;
}

/* How many tests were added; 0 if no name contains the filter. */
static unsigned add_tests(CU_pSuite suite, const char *filter)
{
	unsigned n = 0;

	for (size_t i = 0; mr_tests[i].name != NULL; i++) {
		if (filter != NULL && strstr(mr_tests[i].name, filter) == NULL)
			continue;
		if (CU_add_test(suite, mr_tests[i].name,
		                mr_tests[i].function) == NULL)
			exit(1);
		n++;
	}
	return n;
}

static int run_tests(const char *filter)
{
	CU_pSuite suite;

	if (CU_initialize_registry() != CUE_SUCCESS)
		return 1;
	suite = CU_add_suite("memrig", NULL, NULL);
	if (suite == NULL)
		return 1;
	if (add_tests(suite, filter) == 0) {
		fprintf(stderr, "no test's name contains '%s'; see --list\n",
		        filter != NULL ? filter : "");
		CU_cleanup_registry();
		return 2;
	}
	CU_set_test_start_handler(test_begins);
	CU_set_test_complete_handler(test_ends);
	CU_run_all_tests();
	CU_cleanup_registry();
	printf("%u passed, %u failed, %u skipped\n", run.passed, run.failed,
	       run.skipped);
	if (run.failed > 0)
		return 1;
	return run.passed > 0 ? 0 : EXIT_ALL_SKIPPED;
}

int main(int argc, char **argv)
{
	if (argc > 2) {
		fprintf(stderr, "usage: %s [--list | PART-OF-A-NAME]\n", argv[0]);
		return 2;
	}
	if (argc == 2 && strcmp(argv[1], "--list") == 0)
		return list_tests();
	atexit(remove_folder);
	return run_tests(argc == 2 ? argv[1] : NULL);
}
