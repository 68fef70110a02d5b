/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Profiles of instruments: the shipped ones are whole, a user's own is read,
 * and what is wrong with a file is said with its line and what would be right. */
#include <stdio.h>
#include <string.h>

#include "memrig/memrig.h"

#include "driver/smu.h"
#include "test.h"

/* A unit with nothing but what must be there. */
static const char *const least[] = {
	"[memrig]", "profile = mine", "kind = smu", "[unit]", "name = Mine",
	"idn = ACME*", "v_max_V = 10", "i_max_A = 1", "i_min_A = 1e-6",
	"limit_A = 0.01", "pulse_min_s = 0.01", "pulse_max_s = 10",
	"nplc_min = 0.1", "nplc_max = 10", "reply = - i v", "[commands]",
	"limit = ILIM {i}", "level = VOLT {v}", "on = ON", "off = OFF",
	"is_off = ON? -> 0", "read = READ?", "sync = *OPC? -> 1",
	"error = ERR?",
};

#define N_LEAST (sizeof least / sizeof least[0])

/* The least profile with line `at` (1-based; 0 = none) replaced, NULL = left
 * out; its path in `path`. */
static int load(size_t at, const char *line, struct smu_profile *p,
                char path[MR_TEST_PATH_MAX], struct mr_errtext *err)
{
	FILE *f = fopen(mr_test_path(path, "mine.ini"), "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	for (size_t i = 0; i < N_LEAST; i++) {
		const char *text = i + 1 == at ? line : least[i];

		if (text)
			CU_ASSERT(fprintf(f, "%s\n", text) > 0);
	}
	CU_ASSERT_EQUAL(fclose(f), 0);
	return mr__unit_profile_find(path, SMU_KIND_SMU, p, err);
}

static void own_file_is_read(void)
{
	struct smu_profile p;
	struct smu_reading r;
	char path[MR_TEST_PATH_MAX], text[SMU_ANSWER_MAX];
	struct mr_errtext err = {""};

	MR_CODE_ERR(load(0, NULL, &p, path, &err), MR_OK, err);
	CU_ASSERT_STRING_EQUAL(p.title, "Mine");
	CU_ASSERT(mr__unit_profile_fits(&p, "ACME,1,2,3"));
	CU_ASSERT(!mr__unit_profile_fits(&p, "The ACME,1,2,3"));
	MR_CODE_ERR(mr__unit_take_reading(&p, "7,2.385e-6 , 0.25", &r, &err),
	            MR_OK, err);
	CU_ASSERT(r.i_A == 2.385e-6 && r.v_V == 0.25 && r.status == 0);
	MR_CODE_ERR(mr__unit_fill("A {v} {i}{s} {nplc} {channel} {x",
	                         &(struct smu_values){.v_V = -0.25,
	                                              .i_A = 1e-6,
	                                              .width_s = 2,
	                                              .nplc = 0.5,
	                                              .channel = "1A01"},
	                         text, &err),
	            MR_OK, err);
	CU_ASSERT_STRING_EQUAL(text, "A -0.25 1e-062 0.5 1A01 {x");
}

static void shipped_profiles_are_whole(void)
{
	const char *name;
	enum smu_kind kind;
	struct mr_errtext err = {""};
	size_t n = 0;

	for (; mr__unit_profile_shipped(n, &name, &kind); n++) {
		struct smu_profile p;

		MR_CODE_ERR(mr__unit_profile_find(name, kind, &p, &err), MR_OK,
		            err);
		CU_ASSERT_STRING_EQUAL(p.name, name);
	}
	CU_ASSERT_EQUAL(n, 7);
}

/* The same bytes from the folder as from the library. */
static void shipped_profiles_are_the_files(void)
{
	static struct smu_profile built_in, file;
	const char *name;
	enum smu_kind kind;
	struct mr_errtext err = {""};

	for (size_t n = 0; mr__unit_profile_shipped(n, &name, &kind); n++) {
		char path[MR_TEST_PATH_MAX];

		(void)snprintf(path, sizeof path, MR_SRCDIR "/devices/%s-%s.ini",
		               mr__unit_kind_name(kind), name);
		MR_CODE_ERR(mr__unit_profile_find(path, kind, &file, &err), MR_OK,
		            err);
		MR_CODE_ERR(mr__unit_profile_find(name, kind, &built_in, &err),
		            MR_OK, err);
		memset(file.path, 0, sizeof file.path);
		memset(built_in.path, 0, sizeof built_in.path);
		CU_ASSERT_EQUAL(file.n_lines, built_in.n_lines);
		for (uint32_t i = 0; i < file.n_lines; i++)
			CU_ASSERT_STRING_EQUAL(file.lines[i].text,
			                       built_in.lines[i].text);
	}
}

static void needed_line_that_is_missing_is_named(void)
{
	for (size_t at = 1; at <= N_LEAST; at++) {
		struct smu_profile p;
		char path[MR_TEST_PATH_MAX], name[40];
		struct mr_errtext err = {""};

		if (least[at - 1][0] == '[')
			continue;
		MR_CODE_ERR(load(at, NULL, &p, path, &err), MR_ERR_FORMAT, err);
		(void)snprintf(name, sizeof name, "%.*s",
		               (int)strcspn(least[at - 1], " "), least[at - 1]);
		MR_HAS(err.text, path);
		MR_HAS(err.text, name);
	}
}

static void bad(size_t at, const char *line, int code, const char *says)
{
	static struct smu_profile p;
	char path[MR_TEST_PATH_MAX], where[MR_TEST_PATH_MAX + 16];
	struct mr_errtext err = {""};

	MR_CODE_ERR(load(at, line, &p, path, &err), code, err);
	(void)snprintf(where, sizeof where, "%s:%zu: ", path, at);
	MR_HAS(err.text, where);
	MR_HAS(err.text, says);
}

static void bad_line_is_named_with_what_would_be_right(void)
{
	char long_line[256];

	memset(long_line, 'x', sizeof long_line);
	long_line[220] = '\0';
	bad(2, "profil = mine", MR_ERR_FORMAT, "knows profile");
	bad(2, "profile = ", MR_ERR_FORMAT, "empty");
	bad(3, "kind = scope", MR_ERR_FORMAT, "smu, meter or router");
	bad(7, "v_max_V = ten", MR_ERR_FORMAT, "finite number");
	bad(7, "v_max_V = -10", MR_ERR_RANGE, "1e-06");
	bad(8, "v_max_V = 10", MR_ERR_FORMAT, "twice");
	bad(8, "i_max = 1", MR_ERR_FORMAT, "unknown");
	bad(15, "reply = v", MR_ERR_FORMAT, "an i");
	bad(15, "reply = v,i", MR_ERR_FORMAT, "blanks");
	bad(15, "reply = i i i i i i i i i", MR_ERR_FORMAT, "up to 8");
	bad(17, "limit = ILIM {a}", MR_ERR_FORMAT, "{i}");
	bad(18, "level = VOLT {v", MR_ERR_FORMAT, "{v}");
	bad(19, "on = ON {v}", MR_ERR_FORMAT, "no placeholder {v}");
	bad(19, "onn = ON", MR_ERR_FORMAT, "docs/smu.md");
	bad(21, "is_off = ON?", MR_ERR_FORMAT, "QUESTION -> PATTERN");
	bad(22, "read = READ? -> 1", MR_ERR_FORMAT, "one question alone");
	bad(20, "nothing", MR_ERR_FORMAT, "name = value");
	bad(20, long_line, MR_ERR_FORMAT, "199");
}

static void contradiction_in_a_file_is_named(void)
{
	static const struct {
		size_t at;
		const char *line;
		const char *says;
	} cases[] = {
		{1, "[memory]", ":2: [memory]: unknown"},
		{24, "error = ERR?\nerror = ERR?", ":25: error"},
		{9, "i_min_A = 2", "i_min_A <="},
		{13, "nplc_min = 20", "nplc_min <="},
		{11, "pulse_min_s = 20", "pulse_min_s <="},
		{17, "limit = ILIM", "{i}"},
		{18, "level = VOLT", "{v}"},
		{14, "nplc_max = 10\nrows = 3", "no rows"},
		{19, "on = ON\nclose = {channel}", "no command 'close'"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct smu_profile p;
		char path[MR_TEST_PATH_MAX];
		struct mr_errtext err = {""};
		int rc = load(cases[i].at, cases[i].line, &p, path, &err);

		CU_ASSERT(rc == MR_ERR_FORMAT || rc == MR_ERR_RANGE);
		MR_HAS(err.text, path);
		MR_HAS(err.text, cases[i].says);
	}
}

/* A line in place of another, n times. */
static void refuse_many(size_t at, const char *begin, const char *line, int n,
                        const char *says)
{
	static struct smu_profile p;
	char path[MR_TEST_PATH_MAX], text[2000];
	struct mr_errtext err = {""};
	int used = snprintf(text, sizeof text, "%s", begin);

	for (int i = 0; i < n; i++)
		used += snprintf(text + used, sizeof text - (size_t)used, "%s\n",
		                 line);
	MR_CODE_ERR(load(at, text, &p, path, &err), MR_ERR_FORMAT, err);
	MR_HAS(err.text, says);
}

static void too_much_is_refused(void)
{
	refuse_many(17, "", "start = GO", 70, "64");
	refuse_many(6, "", "idn = X*", 9, "more than 8");
	refuse_many(4, "[unit]\n", "overflow = 1e37", 5, "more than 4");
}

static void profile_of_another_kind_is_refused(void)
{
	struct smu_profile p;
	struct mr_errtext err = {""};

	MR_CODE_ERR(mr__unit_profile_find(MR_SRCDIR "/devices/router-707b.ini",
	                                 SMU_KIND_SMU, &p, &err),
	            MR_ERR_USAGE, err);
	MR_HAS(err.text, "of a router, not of a smu");
	MR_CODE_ERR(mr__unit_profile_find("34410a", SMU_KIND_METER, &p, &err),
	            MR_ERR_USAGE, err);
	MR_HAS(err.text, "there are none");
	MR_CODE_ERR(mr__unit_profile_find("/no/such", SMU_KIND_SMU, &p, &err),
	            MR_ERR_MISSING, err);
}

const struct mr_test mr_tests[] = {
	{"own_file_is_read", own_file_is_read},
	{"shipped_profiles_are_whole", shipped_profiles_are_whole},
	{"shipped_profiles_are_the_files", shipped_profiles_are_the_files},
	{"needed_line_that_is_missing_is_named",
	 needed_line_that_is_missing_is_named},
	{"bad_line_is_named_with_what_would_be_right",
	 bad_line_is_named_with_what_would_be_right},
	{"contradiction_in_a_file_is_named", contradiction_in_a_file_is_named},
	{"too_much_is_refused", too_much_is_refused},
	{"profile_of_another_kind_is_refused",
	 profile_of_another_kind_is_refused},
	{0},
};
