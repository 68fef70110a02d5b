/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * What every benchmark shares. A benchmark is one file that defines
 *
 *     const struct mr_bench mr_benches[] = {
 *             {"noun", function},
 *             {0},
 *     };
 *
 * and is linked with bench_main.c. Its functions measure and report figures;
 * they never fail because something was slow.
 */
#ifndef MR_TESTS_BENCH_H
#define MR_TESTS_BENCH_H

#include <stdbool.h>
#include <stddef.h>

/** One group of figures. */
struct mr_bench {
	const char *name; /**< what to ask for it by */
	void (*function)(void);
};

/** The program's benchmarks, ended by an all-zero record. */
extern const struct mr_bench mr_benches[];

/** A figure; texts are used during the call only. */
struct mr_bench_figure {
	const char *name;      /**< unique among all programs */
	const char *unit;
	bool higher;           /**< higher is better; else lower */
	double value;
	const char *baseline;  /**< what it is compared with; NULL = nothing */
	double baseline_value; /**< measured in the same run, or a document's if
	                            `baseline` says so; ignored without one */
	double target;         /**< what it should reach; 0 = none stated */
	double limit;          /**< what physically stops it, measured in the
	                            same run; 0 = unknown */
};

/**
 * Print a figure as a line of the table and keep it for the file.
 *
 * @param figure  ratio = value / baseline_value is worked out here.
 */
void mr_bench_report(const struct mr_bench_figure *figure);

/** Something that is measured several times. */
struct mr_bench_case {
	double (*measure)(void *state); /**< gives one value */
	void *state;                    /**< handed to it */
	double median;                  /**< written */
};

#define MR_BENCH_CASES_MAX 8
#define MR_BENCH_REPEATS_MAX 15

/**
 * Measure cases in turn, so that what slows the machine for a while hits all
 * of them alike, and take the median of each. A first round is not counted
 * when there is more than one.
 *
 * @param cases    [n] with n <= MR_BENCH_CASES_MAX.
 * @param n        how many.
 * @param repeats  rounds that count, 1 .. MR_BENCH_REPEATS_MAX.
 */
void mr_bench_measure(struct mr_bench_case *cases, size_t n,
                      unsigned repeats);

/** Seconds of a clock that never runs backwards. */
double mr_bench_now_s(void);

/** A remark in front of the figures that follow, such as which kernel runs. */
void mr_bench_note(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/** End the program: it could not measure. */
_Noreturn void mr_bench_die(const char *what, const char *why);

#endif
