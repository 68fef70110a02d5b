/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Wall time of whole jobs, by running the program in the build folder; one of
 * a million processes, in a child of its own, with its memory. */
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "apps/correlation/run.h"
#include "memrig/memrig.h"

#include "bench.h"

#define PROGRAM "./memrig"
#define LOG "bench_apps.db"
#define REPORT "bench_apps.json"
#define RUN PROGRAM, "run", "fstdp", "--quiet", "--json", "--array", "emu:pcm"
#define WORDS_MAX 16
#define REPEATS 3
#define B1_FLOAT_S 10 /* target of issue 3 */
#define B1_PCM_S 40
#define CROWD 1000000 /* processes: as many as preset `picture` has */
#define CROWD_GROUP (CROWD / 10)
#define CROWD_STEPS 10000
#define CROWD_S 30 /* targets */
#define CROWD_MB 200

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

/* ---- a million processes ------------------------------------------------- */

struct cost {
	double spent_s;
	double peak_MB;
};

/* Amplitudes of the app's options.c: 2 nA per active process of a million. */
static void correlate(int8_t *label)
{
	struct mr_correlation_plan plan = {.n_cells = 1,
	                                   .steps = CROWD_STEPS,
	                                   .coding = MR_ACTIVITY_AMPLITUDE,
	                                   .gain_A = 2e-9,
	                                   .i_min_A = 25e-6,
	                                   .i_max_A = 80e-6,
	                                   .step_time_s = 1e-3};
	struct mr_correlation_result result;
	struct mr_errtext err = {""};
	struct mr_array *array = NULL;
	struct mr_crowd crowd;

	memset(label, 1, CROWD_GROUP);
	if (mr_array_open("emu:pcm?rows=1000&cols=1000&seed=7", NULL, &array,
	                  &err) ||
	    mr_crowd_draw(&crowd, label, CROWD, 0.01, 0.1, 7, &err) ||
	    mr_correlation_run(&plan, &crowd, array, &result, &err))
		mr_bench_die("correlation", err.text);
	mr_correlation_free(&result);
	mr_crowd_free(&crowd);
	(void)mr_array_close(array, NULL);
}

_Noreturn static void be_child(int to)
{
	int8_t *label = calloc(CROWD, 1);
	double began_s = mr_bench_now_s();
	struct rusage used;
	struct cost cost;

	if (label)
		correlate(label);
	else
		mr_bench_die("correlation", "out of memory");
	cost.spent_s = mr_bench_now_s() - began_s;
	(void)getrusage(RUSAGE_SELF, &used);
	cost.peak_MB = (double)used.ru_maxrss * 1024 * 1e-6;
	_exit(write(to, &cost, sizeof cost) != (ssize_t)sizeof cost);
}

/* The peak of a process covers all that it did: this one does nothing else. */
static struct cost run_child(void)
{
	struct cost cost = {0};
	int ends[2], status = -1;

	if (pipe(ends))
		mr_bench_die("correlation", "no pipe");
	pid_t pid = fork();

	if (pid == 0)
		be_child(ends[1]);
	(void)close(ends[1]);
	if (pid < 0 || read(ends[0], &cost, sizeof cost) != sizeof cost ||
	    waitpid(pid, &status, 0) != pid || status != 0)
		mr_bench_die("correlation", "its process failed");
	(void)close(ends[0]);
	return cost;
}

static void bench_correlation(void)
{
	struct cost cost = run_child();

	mr_bench_report(&(struct mr_bench_figure){
		.name = "correlation, 1e6 processes, 1e4 steps",
		.unit = "s",
		.value = cost.spent_s,
		.target = CROWD_S});
	mr_bench_report(&(struct mr_bench_figure){
		.name = "correlation, peak memory",
		.unit = "MB",
		.value = cost.peak_MB,
		.target = CROWD_MB});
}

const struct mr_bench mr_benches[] = {
	{"main", bench_main_job},
	{"b1", bench_b1},
	{"correlation", bench_correlation},
	{0},
};
