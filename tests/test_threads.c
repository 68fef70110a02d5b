/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Threads: those of the emulator do not change a result, handles in different
 * threads are independent, also while they log, and an array is stopped from
 * another thread. `make check-tsan` runs this under ThreadSanitizer.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "session.h"
#include "test.h"

#define HANDLES 3

/* Larger than one block of work, with odd ends. */
static void live(struct mr_array *array, float *g_S, float *i_A)
{
	static const float v_V[67] = {[0] = 0.1385f, [33] = -0.07f,
	                              [66] = 0.2f};
	struct mr_op drive = {.kind = MR_OP_DRIVE,
	                      .drive = {.batch = 1, .v_V = v_V, .i_A = i_A}};

	MR_CODE(mr_array_pulse(array, NULL, "set", 2), MR_OK);
	MR_CODE(mr_array_wait(array, 2.385), MR_OK);
	MR_CODE(mr_array_submit(array, &drive, 1, NULL, NULL), MR_OK);
	MR_CODE(mr_array_read(array, NULL, g_S), MR_OK);
}

struct sight {
	float g_S[67 * 263];
	float i_A[263];
};

static struct sight *see(const char *uri)
{
	struct sight *s = calloc(1, sizeof *s);
	struct mr_array *array = mr_session_open(uri);

	CU_ASSERT_FATAL(s != NULL);
	live(array, s->g_S, s->i_A);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
	return s;
}

static void emulator_gives_the_same_on_any_number(void)
{
	struct sight *one = see("emu:pcm?rows=67&cols=263&seed=21");

	for (int n = 2; n <= 4; n++) {
		char uri[64];

		(void)snprintf(uri, sizeof uri,
		               "emu:pcm?rows=67&cols=263&seed=21&threads=%d",
		               n);
		struct sight *many = see(uri);

		CU_ASSERT(mr_session_same_bits(one, many, sizeof *one));
		free(many);
	}
	free(one);
}

static void session_gives_the_same_on_any_number(void)
{
	struct mr_session *one = mr_session_alloc();
	struct mr_array *array = mr_session_open(MR_SESSION_URI);

	mr_session_run(one, array);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
	for (int n = 2; n <= 4; n++) {
		struct mr_session *many = mr_session_alloc();
		char uri[128];

		(void)snprintf(uri, sizeof uri, MR_SESSION_URI "&threads=%d",
		               n);
		array = mr_session_open(uri);
		mr_session_run(many, array);
		MR_CODE(mr_array_close(array, NULL), MR_OK);
		mr_session_same(one, many);
		free(many);
	}
	free(one);
}

/* ---- handles in threads of their own ------------------------------------- */

struct worker {
	pthread_t thread;
	char path[MR_TEST_PATH_MAX];
	int code; /* first failure; CUnit is for one thread */
	float g_S[12];
};

static int log_run(struct worker *w)
{
	struct mr_array *array = NULL;
	struct mr_oplog *log = NULL;
	int code = mr_array_open("emu:pcm?rows=3&cols=4&seed=7&threads=2", NULL,
	                         &array, NULL);

	if (code == MR_OK)
		code = mr_oplog_start(w->path, array, NULL, &log, NULL);
	for (int k = 0; k < 40 && code == MR_OK; k++) {
		code = mr_array_pulse(array, NULL, "set", 1);
		if (code == MR_OK)
			code = mr_array_read(array, NULL, w->g_S);
	}
	int closing = mr_oplog_finish(log, NULL);

	code = code ? code : closing;
	closing = mr_array_close(array, NULL);
	return code ? code : closing;
}

static void *work(void *self)
{
	struct worker *w = self;

	w->code = log_run(w);
	return NULL;
}

static void handles_in_threads_are_independent(void)
{
	static struct worker workers[HANDLES];

	for (int i = 0; i < HANDLES; i++) {
		char name[16];

		(void)snprintf(name, sizeof name, "%d.db", i);
		mr_session_path(workers[i].path, name);
		CU_ASSERT_EQUAL_FATAL(pthread_create(&workers[i].thread, NULL,
		                                     work, &workers[i]),
		                      0);
	}
	for (int i = 0; i < HANDLES; i++) {
		CU_ASSERT_EQUAL(pthread_join(workers[i].thread, NULL), 0);
		MR_CODE(workers[i].code, MR_OK);
		CU_ASSERT(mr_session_same_bits(workers[i].g_S, workers[0].g_S,
		                               sizeof workers[0].g_S));
	}
}

static void *stop(void *array)
{
	mr_array_stop(array);
	return NULL;
}

/* Reads until the other thread has said stop. */
static void array_is_stopped_from_another_thread(void)
{
	struct mr_array *array = mr_session_open(MR_SESSION_URI);
	pthread_t thread;
	float g_S[35];
	int code = MR_OK;

	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, stop, array), 0);
	while (code == MR_OK)
		code = mr_array_read(array, NULL, g_S);
	MR_CODE(code, MR_ERR_STOPPED);
	CU_ASSERT_EQUAL(pthread_join(thread, NULL), 0);
	mr_array_resume(array);
	MR_CODE(mr_array_read(array, NULL, g_S), MR_OK);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

const struct mr_test mr_tests[] = {
	{"threads_of_the_emulator_do_not_change_a_bit",
         emulator_gives_the_same_on_any_number},
	{"threads_do_not_change_a_session", session_gives_the_same_on_any_number},
	{"handles_in_threads_are_independent", handles_in_threads_are_independent},
	{"array_is_stopped_from_another_thread",
         array_is_stopped_from_another_thread},
	{0},
};
