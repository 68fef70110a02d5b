/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Wall time of whole jobs, by running the program in the build folder. */
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "bench.h"

#define PROGRAM "./memrig"
#define LOG "bench_apps.db"
#define REPORT "bench_apps.json"
#define RUN PROGRAM, "run", "fstdp", "--quiet", "--json", "--array", "emu:pcm"
#define WORDS_MAX 16
#define REPEATS 3
#define B1_FLOAT_S 10 /* target of issue 3 */
#define B1_PCM_S 40

/* One command line and what its report says. */
struct job {
	const char *words[WORDS_MAX]; /* ended by NULL */
	double float_s; /* written: its runs on float weights */
	double array_s; /* written: its runs on the array */
};

static void add_up(struct job *job, const json_t *report)
{
	const json_t *results = json_object_get(report, "results");

	job->float_s = job->array_s = 0;
	for (size_t i = 0; i < json_array_size(results); i++) {
		const json_t *run = json_array_get(results, i);
		const char *weights = json_string_value(
			json_object_get(run, "weights"));
		double wall_s = json_number_value(
			json_object_get(run, "wall_s"));

		if (weights && strcmp(weights, "float") == 0)
			job->float_s += wall_s;
		else
			job->array_s += wall_s;
	}
}

extern char **environ;

/* Its report goes into a file. */
static void run_program(const struct job *job)
{
	posix_spawn_file_actions_t files;
	char *words[WORDS_MAX];
	pid_t pid;
	int status = -1;

	memcpy(words, job->words, sizeof words);
	if (posix_spawn_file_actions_init(&files))
		mr_bench_die(PROGRAM, "out of memory");
	int code = posix_spawn_file_actions_addopen(
		&files, STDOUT_FILENO, REPORT, O_WRONLY | O_CREAT | O_TRUNC,
		0666);

	if (!code)
		code = posix_spawn(&pid, PROGRAM, &files, NULL, words, environ);
	(void)posix_spawn_file_actions_destroy(&files);
	if (code)
		mr_bench_die(PROGRAM, strerror(code));
	if (waitpid(pid, &status, 0) != pid || status != 0)
		mr_bench_die(PROGRAM, "failed");
}

/* Seconds of the whole process, its start included. */
static double run_job(void *state)
{
	struct job *job = state;
	json_error_t why;

	(void)unlink(LOG);
	double began_s = mr_bench_now_s();

	run_program(job);
	double spent_s = mr_bench_now_s() - began_s;
	json_t *report = json_load_file(REPORT, 0, &why);

	if (!report)
		mr_bench_die(REPORT, why.text);
	add_up(job, report);
	json_decref(report);
	(void)unlink(REPORT);
	(void)unlink(LOG);
	return spent_s;
}

static void check_program(void)
{
	if (access(PROGRAM, X_OK) != 0)
		mr_bench_die(PROGRAM, "not here: run it in the build folder");
}

static void bench_main_job(void)
{
	struct job plain = {.words = {RUN, "--preset", "ncal-2015h1"}};
	struct job logged = {
		.words = {RUN, "--preset", "ncal-2015h1", "--log", LOG}};
	struct mr_bench_case c[2] = {{.measure = run_job, .state = &plain},
	                             {.measure = run_job, .state = &logged}};

	check_program();
	mr_bench_measure(c, 2, REPEATS);
	mr_bench_report(&(struct mr_bench_figure){
		.name = "main job (fstdp ncal-2015h1), no log",
		.unit = "s",
		.value = c[0].median});
	mr_bench_report(&(struct mr_bench_figure){
		.name = "main job, log level 2",
		.unit = "s",
		.value = c[1].median,
		.baseline = "no log",
		.baseline_value = c[0].median});
}

static double array_part(void *state)
{
	struct job *job = state;

	(void)run_job(job);
	return job->array_s;
}

/* One pair of runs gives both: a round of the floats is one of the array. */
static void bench_b1(void)
{
	struct job job = {.words = {RUN, "--preset", "b1", "--rule", "fstdp",
	                            "--seeds", "1"}};
	struct mr_bench_case c = {.measure = array_part, .state = &job};

	check_program();
	mr_bench_measure(&c, 1, 1);
	mr_bench_report(&(struct mr_bench_figure){
		.name = "b1 on pcm, 4 cells per synapse",
		.unit = "s",
		.value = c.median,
		.baseline = "float weights",
		.baseline_value = job.float_s,
		.target = B1_PCM_S});
	mr_bench_report(&(struct mr_bench_figure){
		.name = "b1 on float weights",
		.unit = "s",
		.value = job.float_s,
		.target = B1_FLOAT_S});
}

const struct mr_bench mr_benches[] = {
	{"main", bench_main_job},
	{"b1", bench_b1},
	{0},
};
