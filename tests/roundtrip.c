/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Round trips of fits: measured, fitted, and compared with their twins. */
#include "roundtrip.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "test.h"

#define ALPHA 0.01
#define LINES_MAX 12 /* groups that are printed */
#define SEEDS 10
#define NAMES_MAX 16
#define URI_MAX 1700
#define MANY 60 /* intervals: of fewer, all may well cover */

unsigned mr_roundtrip_number(const char *name, unsigned other)
{
	const char *text = getenv(name);

	return text ? (unsigned)strtoul(text, NULL, 10) : other;
}

static unsigned seeds(void)
{
	return mr_roundtrip_number("MEMRIG_FIT_SEEDS", SEEDS);
}

static unsigned first_seed(void)
{
	return mr_roundtrip_number("MEMRIG_FIT_FIRST", 1);
}

void mr_roundtrip_look(const struct mr_fit *fit, const struct mr_wanted *wanted,
                       struct mr_found *found)
{
	const struct mr_estimate *e = mr_fit_find(fit, wanted->name);
	double off;

	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT_EQUAL(e->state, MR_ESTIMATE_FITTED);
	off = fabs(e->value - wanted->truth) / e->se;
	found->sum += e->value;
	found->sum_se += e->se;
	found->worst = fmax(found->worst, off);
	found->covered += off <= 1.96;
	found->fits++;
}

void mr_roundtrip_judge(const struct mr_wanted *wanted,
                        const struct mr_found *found)
{
	double mean = found->sum / found->fits;
	double off = fabs(mean / wanted->truth - 1);
	double se = found->sum_se / found->fits / sqrt(found->fits);

	printf("  %-12s truth %11.4g mean %11.4g off %6.2f %% (bound %4.0f %%) "
	       "worst %4.2f se, covered %u of %u\n", wanted->name,
	       wanted->truth, mean, off * 100, wanted->within * 100,
	       found->worst, found->covered, found->fits);
	CU_ASSERT(found->worst <= 4.5);
	if (wanted->within > 0)
		CU_ASSERT(off <= wanted->within
		          || fabs(mean - wanted->truth) <= 2 * se);
}

void mr_roundtrip_measure(struct mr_array *array, const char *path)
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

struct mr_history *mr_roundtrip_load(const char *path)
{
	struct mr_history *history = NULL;
	struct mr_errtext err = {""};

	MR_CODE_ERR(mr_history_load(path, NULL, &history, &err), MR_OK, err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(history);
	return history;
}

static void print_group(const struct mr_compare_test *t)
{
	printf("    %s, %s, level %g: effect %.3f KS %.3f corrected p %.2g\n",
	       t->protocol, mr_compare_quantity_name(t->quantity), t->level,
	       t->effect, t->ks, t->p);
}

size_t mr_roundtrip_differ(const struct mr_history *fresh, const char *log,
                           const char *uri, size_t *groups)
{
	char copy[MR_TEST_PATH_MAX];
	struct mr_comparison *c = NULL;
	struct mr_history *other;
	struct mr_errtext err = {""};
	size_t printed = 0;
	size_t n;

	(void)remove(mr_test_path(copy, "copy.db"));
	MR_CODE_ERR(mr_replay(log, NULL, uri, copy, NULL, NULL, &err), MR_OK,
	            err);
	other = mr_roundtrip_load(copy);
	MR_CODE_ERR(mr_compare(fresh, other, ALPHA, &c, &err), MR_OK, err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	for (size_t k = 0; k < c->n_tests && printed < LINES_MAX; k++)
		if (c->tests[k].rejected) {
			print_group(&c->tests[k]);
			printed++;
		}
	n = c->rejected;
	*groups = c->n_tests;
	mr_comparison_free(c);
	mr_history_free(other);
	return n;
}

void mr_roundtrip_twin(const struct mr_history *fresh, const char *log,
                       const char *uri, unsigned seed)
{
	size_t n = 1;

	for (unsigned draw = 1; draw <= 2 && n > 0; draw++) {
		char drawn[URI_MAX];
		size_t groups = 0;

		(void)snprintf(drawn, sizeof drawn, "%s%u", uri,
		               1000 * draw + seed);
		n = mr_roundtrip_differ(fresh, log, drawn, &groups);
		printf("  seed %u: twin (draw %u) differs in %zu of %zu groups\n",
		       seed, draw, n, groups);
	}
	CU_ASSERT_EQUAL(n, 0);
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

	mr_roundtrip_measure(array, log);
	fresh = mr_roundtrip_load(log);
	(void)snprintf(uri, sizeof uri, "emu:%s?seed=", ini);
	mr_roundtrip_twin(fresh, log, uri, seed);
	for (; *wrong && seed == first_seed(); wrong++) {
		(void)snprintf(uri, sizeof uri, "emu:%s?seed=%u&%s", ini,
		               1000 + seed, *wrong);
		n = mr_roundtrip_differ(fresh, log, uri, &groups);
		printf("  seed %u: twin with %s differs in %zu of %zu groups\n",
		       seed, *wrong, n, groups);
		CU_ASSERT(n > 0);
	}
	mr_history_free(fresh);
}

/* Measure, fit, look; then the same chip once more beside its twin. */
static void one_trip(const char *uri, const char *model, unsigned seed,
                     const char *const *wrong, const struct mr_wanted *wanted,
                     size_t n, struct mr_found *found)
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
	mr_roundtrip_measure(array, path);
	history = mr_roundtrip_load(path);
	MR_CODE_ERR(mr_fit_history(history, &options, &fit, &err), MR_OK, err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(fit);
	for (size_t k = 0; k < n; k++)
		mr_roundtrip_look(fit, &wanted[k], &found[k]);
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
	struct mr_found found[NAMES_MAX] = {{0}};
	unsigned covered = 0;
	unsigned all = 0;

	printf("\n%s, %u seeds\n", uri, seeds());
	for (unsigned k = 0; k < seeds(); k++)
		one_trip(uri, model, first_seed() + k, wrong, wanted, n, found);
	for (size_t k = 0; k < n; k++) {
		mr_roundtrip_judge(&wanted[k], &found[k]);
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
