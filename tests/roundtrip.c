/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Round trips of fits: measured, fitted, and compared with their twins. */
#include "roundtrip.h"

#include "memrig/memrig.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

#define SEEDS 10
#define NAMES_MAX 16
#define MANY 60 /* intervals: of fewer, all may well cover */

/* What ten fits made of it. */
struct found {
	double sum;
	double worst;     /* greatest |error| / se */
	unsigned covered; /* by 1.96 se */
	unsigned fits;
	double mean_se;
};

static unsigned seeds(void)
{
	const char *text = getenv("MEMRIG_FIT_SEEDS");

	return text ? (unsigned)strtoul(text, NULL, 10) : SEEDS;
}

static unsigned first_seed(void)
{
	const char *text = getenv("MEMRIG_FIT_FIRST");

	return text ? (unsigned)strtoul(text, NULL, 10) : 1;
}

static void look(const struct mr_fit *fit, const struct mr_wanted *w,
                 struct found *found)
{
	const struct mr_estimate *e = mr_fit_find(fit, w->name);
	double off;

	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT_EQUAL(e->state, MR_ESTIMATE_FITTED);
	off = fabs(e->value - w->truth) / e->se;
	found->sum += e->value;
	found->mean_se += e->se;
	found->worst = fmax(found->worst, off);
	found->covered += off <= 1.96;
	found->fits++;
}

/* Prints a line, and asserts its bounds. */
static void judge(const struct mr_wanted *w, const struct found *f)
{
	double mean = f->sum / f->fits;
	double off = fabs(mean / w->truth - 1);
	double se = f->mean_se / f->fits / sqrt(f->fits);

	printf("  %-12s truth %11.4g mean %11.4g off %6.2f %% (bound %4.0f %%) "
	       "worst %4.2f se, covered %u of %u\n",
	       w->name, w->truth, mean, off * 100, w->within * 100, f->worst,
	       f->covered, f->fits);
	CU_ASSERT(f->worst <= 4.5);
	if (w->within > 0)
		CU_ASSERT(off <= w->within
		          || fabs(mean - w->truth) <= 2 * se);
}

/* The suite "standard" on an array, into a log. */
static void measure_suite(struct mr_array *array, const char *path)
{
	struct mr_measure_options options = {.what = "standard",
	                                     .log_path = path};
	struct mr_measure *measure = NULL;
	struct mr_errtext err = {""};

	(void)remove(path);
	MR_CODE_ERR(mr_measure_run(array, &options, &measure, &err), MR_OK,
	            err);
	mr_measure_free(measure);
}

static struct mr_history *load(const char *path)
{
	struct mr_history *history = NULL;
	struct mr_errtext err = {""};

	MR_CODE_ERR(mr_history_load(path, NULL, &history, &err), MR_OK, err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(history);
	return history;
}

/* Groups that differ between fresh data and what an array does. */
static size_t differ(const struct mr_history *fresh, const char *log,
                     const char *uri, size_t *groups)
{
	char copy[MR_TEST_PATH_MAX];
	struct mr_comparison *c = NULL;
	struct mr_history *other;
	struct mr_errtext err = {""};
	size_t n = 0;

	(void)remove(mr_test_path(copy, "copy.db"));
	MR_CODE_ERR(mr_replay(log, NULL, uri, copy, NULL, NULL, &err), MR_OK,
	            err);
	other = load(copy);
	MR_CODE_ERR(mr_compare(fresh, other, 0.01, &c, &err), MR_OK, err);
	if (c) {
		n = c->rejected;
		*groups = c->n_tests;
		for (size_t k = 0; k < c->n_tests && n < 10; k++)
			if (c->tests[k].rejected)
				printf("    %s, %s, level %g: effect %.3f KS %.3f "
				       "corrected p %.2g\n",
				       c->tests[k].protocol,
				       mr_compare_quantity_name(
					       c->tests[k].quantity),
				       c->tests[k].level, c->tests[k].effect,
				       c->tests[k].ks, c->tests[k].p);
	}
	mr_comparison_free(c);
	mr_history_free(other);
	return n;
}

/* The twin and its wrong brothers against fresh data of the same chip. */
static void compare_twins(struct mr_array *array, const char *log,
                          const char *ini, unsigned seed,
                          const char *const *wrong)
{
	struct mr_history *fresh;
	size_t groups = 0;
	size_t n;
	char uri[2 * MR_TEST_PATH_MAX];

	measure_suite(array, log);
	fresh = load(log);
	(void)snprintf(uri, sizeof uri, "emu:%s?seed=%u", ini, 1000 + seed);
	n = differ(fresh, log, uri, &groups);
	printf("  seed %u: twin differs in %zu of %zu groups\n", seed, n,
	       groups);
	CU_ASSERT_EQUAL(n, 0);
	for (; *wrong && seed == first_seed(); wrong++) {
		(void)snprintf(uri, sizeof uri, "emu:%s?seed=%u&%s", ini,
		               1000 + seed, *wrong);
		n = differ(fresh, log, uri, &groups);
		printf("  seed %u: twin with %s differs in %zu of %zu groups\n",
		       seed, *wrong, n, groups);
		CU_ASSERT(n > 0);
	}
	mr_history_free(fresh);
}

/* Measure, fit, look; then the same chip once more beside its twin. */
static void one_trip(const char *uri, const char *model, unsigned seed,
                     const char *const *wrong, const struct mr_wanted *wanted,
                     size_t n, struct found *found)
{
	struct mr_fit_options options = {.model = model};
	char path[MR_TEST_PATH_MAX];
	char ini[MR_TEST_PATH_MAX];
	struct mr_array *array = NULL;
	struct mr_errtext err = {""};
	struct mr_history *history;
	struct mr_fit *fit = NULL;
	char full[2 * MR_TEST_PATH_MAX + 512];

	(void)snprintf(full, sizeof full, "%s&seed=%u", uri, seed);
	mr_test_path(path, "fit.db");
	mr_test_path(ini, "twin.ini");
	MR_CODE_ERR(mr_array_open(full, NULL, &array, &err), MR_OK, err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(array);
	measure_suite(array, path);
	history = load(path);
	MR_CODE_ERR(mr_fit_history(history, &options, &fit, &err), MR_OK, err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(fit);
	for (size_t k = 0; k < n; k++)
		look(fit, &wanted[k], &found[k]);
	MR_CODE_ERR(mr_fit_save(fit, history, path, ini, &err), MR_OK, err);
	mr_fit_free(fit);
	mr_history_free(history);
	compare_twins(array, path, ini, seed, wrong);
	MR_CODE_ERR(mr_array_close(array, &err), MR_OK, err);
}

void mr_round_trip(const char *uri, const char *model,
                   const char *const *wrong, const struct mr_wanted *wanted,
                   size_t n)
{
	struct found found[NAMES_MAX] = {{0}};
	unsigned covered = 0;
	unsigned all = 0;

	printf("\n%s, %u seeds\n", uri, seeds());
	for (unsigned k = 0; k < seeds(); k++)
		one_trip(uri, model, first_seed() + k, wrong, wanted, n, found);
	for (size_t k = 0; k < n; k++) {
		judge(&wanted[k], &found[k]);
		covered += found[k].covered;
		all += found[k].fits;
	}
	if (all == 0)
		return;
	printf("  covered %.1f %% of %u (bounds 90 to 99 %%)\n",
	       100.0 * covered / all, all);
	if (seeds() >= SEEDS)
		CU_ASSERT(covered >= 0.90 * all);
	if (all >= MANY)
		CU_ASSERT(covered <= 0.99 * all);
}
