/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The handle beyond what each back end's contract asks: several observers,
 * surveys, deadlines and snapshots between arrays. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "driver/array_priv.h"
#include "memrig/emulator.h"
#include "memrig/memrig.h"

#include "scribe.h"
#include "session.h"
#include "test.h"

static int submit(struct mr_array *array, struct mr_op *op)
{
	return mr_array_submit(array, op, 1, NULL, NULL);
}

static void close_array(struct mr_array *array)
{
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

static void observers_are_called_in_the_order_of_adding(void)
{
	struct mr_array *array = mr_session_open("emu:ideal?rows=1&cols=1");
	struct mr_record r = {0};
	struct mr_scribe a = {.name = 'A', .to = &r}, b = {.name = 'B', .to = &r};
	char text[MR_RECORD_TEXT];
	float g_S[2];
	struct mr_op ops[2] = {{.kind = MR_OP_READ, .read = {.g_S = &g_S[0]}},
	                       {.kind = MR_OP_READ, .read = {.g_S = &g_S[1]}}};

	mr_scribe_watch(array, &a);
	mr_scribe_watch(array, &b);
	MR_CODE(mr_array_submit(array, ops, 2, NULL, NULL), MR_OK);
	CU_ASSERT_STRING_EQUAL(mr_record_text(&r, text), "AbBbAbBbAsBsAeBeAeBe");
	CU_ASSERT(r.events[0].id == 1 && r.events[2].id == 2);
	CU_ASSERT(r.events[6].id == 1 && r.events[8].id == 2);
	mr_array_unobserve(array, "nobody");
	mr_array_unobserve(array, &a);
	r.n = 0;
	MR_CODE(submit(array, &ops[0]), MR_OK);
	CU_ASSERT_STRING_EQUAL(mr_record_text(&r, text), "BbBsBe");
	close_array(array);
}

static void observer_refusing_to_send_keeps_all_back(void)
{
	struct mr_array *array = mr_session_open("emu:ideal?rows=1&cols=1");
	struct mr_record r = {0};
	struct mr_scribe a = {.name = 'A', .to = &r},
	              b = {.name = 'B', .to = &r,
	                   .refuse_sending = MR_ERR_IO};
	char text[MR_RECORD_TEXT];
	struct mr_op ops[2] = {
		{.kind = MR_OP_WAIT, .wait = {.duration_s = 2.385}},
		{.kind = MR_OP_WAIT, .wait = {.duration_s = 2.385}}};
	size_t done = 9;

	mr_scribe_watch(array, &b);
	mr_scribe_watch(array, &a);
	MR_CODE(mr_array_submit(array, ops, 2, NULL, &done), MR_ERR_IO);
	CU_ASSERT_STRING_EQUAL(mr_array_errmsg(array), "B cannot keep it");
	CU_ASSERT_STRING_EQUAL(mr_record_text(&r, text), "BbAbBbAbBsBeAeBeAe");
	CU_ASSERT_EQUAL(done, 0);
	for (int k = 0; k < 2; k++) {
		CU_ASSERT_EQUAL(ops[k].outcome.error, MR_ERR_NOT_RUN);
		CU_ASSERT_EQUAL(ops[k].outcome.n_effect, 0);
	}
	CU_ASSERT_EQUAL(mr_array_time_ns(array), 0);
	close_array(array);
}

/* An end for each begin, and none without one. */
static void observers_behind_a_refusal_see_nothing(void)
{
	struct mr_array *array = mr_session_open("emu:ideal?rows=1&cols=1");
	struct mr_record r = {0};
	struct mr_scribe a = {.name = 'A', .to = &r}, c = {.name = 'C', .to = &r},
	                 b = {.name = 'B', .to = &r, .refuse_begin = MR_ERR_IO};
	char text[MR_RECORD_TEXT];
	struct mr_op ops[2] = {{.kind = MR_OP_WAIT}, {.kind = MR_OP_WAIT}};
	size_t done = 9;

	mr_scribe_watch(array, &a);
	mr_scribe_watch(array, &b);
	mr_scribe_watch(array, &c);
	MR_CODE(mr_array_submit(array, ops, 2, NULL, &done), MR_ERR_IO);
	CU_ASSERT_STRING_EQUAL(mr_record_text(&r, text), "AbBbAeBe");
	CU_ASSERT_EQUAL(done, 0);
	CU_ASSERT_EQUAL(ops[1].outcome.id, 0); /* never begun */
	r.n = 0;
	b.refuse_begin = MR_OK;
	c.refuse_begin = MR_ERR_IO;
	MR_CODE(mr_array_submit(array, ops, 2, NULL, &done), MR_ERR_IO);
	CU_ASSERT_STRING_EQUAL(mr_record_text(&r, text), "AbBbCbAeBeCe");
	close_array(array);
}

/* Says no to the second operation only. */
static int refuse_second(void *self, const struct mr_event *event,
                         struct mr_errtext *err)
{
	return ++*(int *)self == 2 ? mr_errtext_set(err, MR_ERR_IO, "no %llu",
	                                            (unsigned long long)event->id)
	                           : MR_OK;
}

static void observers_of_a_list_see_whole_operations(void)
{
	struct mr_array *array = mr_session_open("emu:ideal?rows=1&cols=1");
	struct mr_record r = {0};
	struct mr_scribe a = {.name = 'A', .to = &r}, c = {.name = 'C', .to = &r};
	int n = 0;
	struct mr_observer b = {.self = &n, .begin = refuse_second};
	char text[MR_RECORD_TEXT];
	struct mr_op ops[3] = {{.kind = MR_OP_WAIT},
	                       {.kind = MR_OP_WAIT},
	                       {.kind = MR_OP_WAIT}};

	mr_scribe_watch(array, &a);
	MR_CODE(mr_array_observe(array, &b), MR_OK);
	mr_scribe_watch(array, &c);
	MR_CODE(mr_array_submit(array, ops, 3, NULL, NULL), MR_ERR_IO);
	CU_ASSERT_STRING_EQUAL(mr_record_text(&r, text), "AbCbAbAeCeAe");
	CU_ASSERT_STRING_EQUAL(mr_array_errmsg(array), "no 2");
	close_array(array);
}

static void observers_behind_a_refused_composition_see_nothing(void)
{
	struct mr_array *array =
		mr_session_open("emu:ideal?rows=2&cols=1&offer=read");
	struct mr_record r = {0};
	struct mr_scribe a = {.name = 'A', .to = &r, .refuse_begin = MR_ERR_IO},
	                 b = {.name = 'B', .to = &r};
	char text[MR_RECORD_TEXT];
	float v_V[2] = {0.1f, 0.2f}, i_A = -1;

	mr_scribe_watch(array, &a);
	mr_scribe_watch(array, &b);
	MR_CODE(mr_array_drive(array, v_V, &i_A), MR_ERR_IO);
	CU_ASSERT_STRING_EQUAL(mr_record_text(&r, text), "AbAe");
	close_array(array);
}

/* Leaves when it sees its first end, and tries to bring somebody along. */
struct leaver {
	struct mr_array *array;
	int ends;
};

static void leave(void *self, const struct mr_event *event)
{
	struct leaver *l = self;
	struct mr_observer friend = {.self = &l->ends};

	CU_ASSERT(event->id > 0);
	l->ends++;
	MR_CODE(mr_array_observe(l->array, &friend), MR_ERR_BUSY);
	mr_array_unobserve(l->array, l);
}

static void observer_that_leaves_inside_disturbs_nobody(void)
{
	struct mr_array *array = mr_session_open("emu:ideal?rows=1&cols=1");
	struct mr_record r = {0};
	struct mr_scribe b = {.name = 'B', .to = &r};
	struct leaver leaver = {.array = array};
	struct mr_observer a = {.self = &leaver, .end = leave};
	char text[MR_RECORD_TEXT];
	struct mr_op ops[2] = {{.kind = MR_OP_WAIT}, {.kind = MR_OP_WAIT}};

	MR_CODE(mr_array_observe(array, &a), MR_OK);
	mr_scribe_watch(array, &b);
	MR_CODE(mr_array_submit(array, ops, 2, NULL, NULL), MR_OK);
	CU_ASSERT_STRING_EQUAL(mr_record_text(&r, text), "BbBbBsBeBe");
	CU_ASSERT_EQUAL(leaver.ends, 1);
	CU_ASSERT_EQUAL(array->n_observers, 1);
	close_array(array);
}

/* What holds is described also when something behind the configure fails. */
static void description_follows_a_configure_before_a_failure(void)
{
	struct mr_array *array =
		mr_session_open("emu:ideal?rows=1&cols=1&fault.at=2");
	struct mr_op ops[2] = {
		{.kind = MR_OP_CONFIGURE,
	         .configure = {.name = "read_range", .value = "2.385e-06"}},
		{.kind = MR_OP_WAIT}};

	MR_CODE(mr_array_submit(array, ops, 2, NULL, NULL), MR_ERR_IO);
	MR_HAS(mr_array_errmsg(array), "fault injected");
	CU_ASSERT_STRING_EQUAL(mr_array_describe(array)->conditions[1].value,
	                       "2.385e-06");
	close_array(array);
}

static void observer_refusing_a_composed_operation_stops_it(void)
{
	struct mr_array *array =
		mr_session_open("emu:ideal?rows=2&cols=1&offer=read");
	struct mr_record r = {0};
	struct mr_scribe a = {.name = 'A', .to = &r, .refuse_begin = MR_ERR_NOMEM};
	char text[MR_RECORD_TEXT];
	float v_V[2] = {0.1f, 0.2f}, i_A = -1;

	mr_scribe_watch(array, &a);
	MR_CODE(mr_array_drive(array, v_V, &i_A), MR_ERR_NOMEM);
	CU_ASSERT_STRING_EQUAL(mr_array_errmsg(array), "A dislikes it");
	CU_ASSERT_STRING_EQUAL(mr_record_text(&r, text), "AbAe"); /* no children */
	CU_ASSERT_EQUAL(i_A, -1);
	close_array(array);
}

static void observers_have_their_limit(void)
{
	struct mr_array *array = mr_session_open("emu:ideal?rows=1&cols=1");
	struct mr_observer idle = {0};
	float g_S;

	for (int k = 0; k < MR_OBSERVERS_MAX; k++)
		MR_CODE(mr_array_observe(array, &idle), MR_OK);
	MR_CODE(mr_array_observe(array, &idle), MR_ERR_RANGE);
	MR_HAS(mr_array_errmsg(array), "more than 8 observers");
	MR_CODE(mr_array_read(array, NULL, &g_S), MR_OK); /* NULL functions */
	mr_array_unobserve(array, NULL);
	MR_CODE(mr_array_observe(array, &idle), MR_OK);
	close_array(array);
}

static void progress_busy(void *user, uint64_t done, uint64_t total)
{
	CU_ASSERT(done <= total);
	mr_scribe_try(user);
}

static void callbacks_cannot_submit(void)
{
	struct mr_array *array = mr_session_open("emu:ideal?rows=1&cols=1");
	struct mr_record r = {0};
	struct mr_scribe a = {.name = 'A', .to = &r, .busy = array};
	struct mr_context context = {.progress = progress_busy, .user = array};
	float g_S;
	struct mr_op op = {.kind = MR_OP_READ, .read = {.g_S = &g_S}};

	mr_scribe_watch(array, &a);
	MR_CODE(mr_array_submit(array, &op, 1, &context, NULL), MR_OK);
	CU_ASSERT_EQUAL(r.n, 3);
	mr_array_unobserve(array, &a);
	MR_CODE(submit(array, &op), MR_OK); /* and free again afterwards */
	close_array(array);
}

static void failed_operation_ends_with_its_sentence(void)
{
	struct mr_array *array = mr_session_open(
		"emu:ideal?rows=1&cols=1&fault.at=2&fault.error=io");
	struct mr_record r = {0};
	struct mr_scribe a = {.name = 'A', .to = &r};
	float g_S;
	struct mr_op ops[3] = {{.kind = MR_OP_READ, .read = {.g_S = &g_S}},
	                       {.kind = MR_OP_READ, .read = {.g_S = &g_S}},
	                       {.kind = MR_OP_READ, .read = {.g_S = &g_S}}};
	size_t done = 9;

	mr_scribe_watch(array, &a);
	MR_CODE(mr_array_submit(array, ops, 3, NULL, &done), MR_ERR_IO);
	CU_ASSERT_EQUAL(done, 1);
	CU_ASSERT_EQUAL_FATAL(r.n, 7); /* three begins, sending, three ends */
	CU_ASSERT_EQUAL(r.events[4].error, MR_OK);
	CU_ASSERT_STRING_EQUAL(r.events[4].errtext, "");
	CU_ASSERT_EQUAL(r.events[5].error, MR_ERR_IO);
	MR_HAS(r.events[5].errtext, "fault injected into operation 2");
	CU_ASSERT_EQUAL(r.events[6].error, MR_ERR_NOT_RUN);
	MR_HAS(r.events[6].errtext, "earlier operation");
	close_array(array);
}

/* ---- clock --------------------------------------------------------------- */

static void deadline_is_on_the_clock_of_the_handle(void)
{
	struct mr_manual_clock hands = {.monotonic_ns = 2384, .wall_ns = 77};
	struct mr_clock clock;
	struct mr_open_options options = {.clock = &clock};
	struct mr_context context = {.deadline_ns = 2385};
	struct mr_array *array = NULL;
	struct mr_record r = {0};
	struct mr_scribe a = {.name = 'A', .to = &r};
	struct mr_op op = {.kind = MR_OP_WAIT};

	mr_clock_manual(&clock, &hands);
	MR_CODE(mr_array_open("emu:ideal?rows=1&cols=1", &options, &array, NULL),
	        MR_OK);
	mr_scribe_watch(array, &a);
	MR_CODE(mr_array_submit(array, &op, 1, &context, NULL), MR_OK);
	CU_ASSERT_EQUAL(r.events[0].wall_ns, 77);
	clock.sleep_ns(clock.self, 1);
	MR_CODE(mr_array_submit(array, &op, 1, &context, NULL),
	        MR_ERR_TIMEOUT);
	MR_HAS(mr_array_errmsg(array), "deadline");
	CU_ASSERT_EQUAL(r.events[r.n - 1].wall_ns, 78);
	context.deadline_ns = 0; /* none */
	MR_CODE(mr_array_submit(array, &op, 1, &context, NULL), MR_OK);
	close_array(array);
}

struct stopper {
	struct mr_array *array;
	uint64_t at;
	uint64_t calls;
	uint64_t done[8];
};

static void stop_at(void *user, uint64_t done, uint64_t total)
{
	struct stopper *s = user;

	CU_ASSERT_EQUAL(total, 3);
	CU_ASSERT_FATAL(s->calls < 8);
	s->done[s->calls++] = done;
	if (done == s->at)
		mr_array_stop(s->array);
}

static void stop_holds_until_resume(void)
{
	struct mr_array *array = mr_session_open(
		"emu:ideal?rows=1&cols=1&offer=read+pulse+wait");
	struct stopper s = {.array = array, .at = 2};
	struct mr_context context = {.progress = stop_at, .user = &s};
	float g_S;
	struct mr_op ops[3] = {
		{.kind = MR_OP_READ, .read = {.g_S = &g_S}},
		{.kind = MR_OP_PROGRAM,
	         .program = {.target = 2.385e-6,
	                     .tolerance_S = 1e-7,
	                     .budget = 90}},
		{.kind = MR_OP_READ, .read = {.g_S = &g_S}}};
	size_t done;

	MR_CODE(mr_array_submit(array, ops, 3, &context, &done),
	        MR_ERR_STOPPED);
	CU_ASSERT_EQUAL(done, 2);
	CU_ASSERT(s.done[0] == 1 && s.done[1] == 2);
	CU_ASSERT_EQUAL(ops[2].outcome.error, MR_ERR_STOPPED);
	/* a program over operations feels it too */
	MR_CODE(submit(array, &ops[1]), MR_ERR_STOPPED);
	mr_array_resume(array);
	MR_CODE(submit(array, &ops[1]), MR_OK);
	close_array(array);
}

/* ---- progress ------------------------------------------------------------ */

struct told {
	size_t n;
	uint64_t done[16];
	uint64_t total;
};

static void tell(void *user, uint64_t done, uint64_t total)
{
	struct told *t = user;

	CU_ASSERT_FATAL(t->n < 16);
	t->done[t->n++] = done;
	t->total = total;
}

/* n operations, of which so many succeed: 1, 2, ... are told, each once. */
static void check_progress(const char *uri, enum mr_op_kind second,
                           uint64_t succeed, int code)
{
	struct mr_array *array = mr_session_open(uri);
	struct told told = {0};
	struct mr_context context = {.progress = tell, .user = &told};
	float v_V = 0.1f, i_A;
	struct mr_op ops[10] = {{0}};
	size_t done;

	for (int k = 0; k < 10; k++)
		ops[k] = (struct mr_op){.kind = MR_OP_WAIT};
	ops[1].kind = second;
	if (second == MR_OP_DRIVE)
		ops[1].drive = (struct mr_drive_op){
			.batch = 1, .v_V = &v_V, .i_A = &i_A};
	MR_CODE(mr_array_submit(array, ops, 10, &context, &done), code);
	CU_ASSERT_EQUAL(done, succeed);
	CU_ASSERT_EQUAL_FATAL(told.n, succeed);
	CU_ASSERT(succeed == 0 || told.total == 10);
	for (uint64_t k = 0; k < succeed; k++)
		CU_ASSERT_EQUAL(told.done[k], k + 1);
	close_array(array);
}

static void progress_is_told_between_operations(void)
{
	check_progress("emu:ideal?rows=1&cols=1", MR_OP_WAIT, 10, MR_OK);
	check_progress("emu:ideal?rows=1&cols=1&fault.rate=0", MR_OP_WAIT, 10,
	               MR_OK); /* a filter that sends one by one */
	check_progress("emu:ideal?rows=1&cols=1&offer=read+wait", MR_OP_DRIVE,
	               10, MR_OK); /* native, composed, native */
}

static void progress_of_a_failure_ends_before_it(void)
{
	check_progress("emu:ideal?rows=1&cols=1&fault.at=8", MR_OP_WAIT, 7,
	               MR_ERR_IO);
	check_progress("emu:ideal?rows=1&cols=1&fault.at=1", MR_OP_WAIT, 0,
	               MR_ERR_IO);
}

static void stop_at_third(void *user, uint64_t done, uint64_t total)
{
	CU_ASSERT_EQUAL(total, 5);
	if (done == 3)
		mr_array_stop(user);
}

static void progress_can_stop_a_list(void)
{
	struct mr_array *array = mr_session_open("emu:ideal?rows=1&cols=1");
	struct mr_context context = {.progress = stop_at_third, .user = array};
	struct mr_op ops[5] = {{.kind = MR_OP_WAIT}, {.kind = MR_OP_WAIT},
	                       {.kind = MR_OP_WAIT}, {.kind = MR_OP_WAIT},
	                       {.kind = MR_OP_WAIT}};
	size_t done;

	MR_CODE(mr_array_submit(array, ops, 5, &context, &done),
	        MR_ERR_STOPPED);
	CU_ASSERT_EQUAL(done, 3);
	close_array(array);
}

/* ---- surveys ------------------------------------------------------------- */

static void survey_reads_at_its_interval(void)
{
	struct mr_array *array = mr_session_open("emu:pcm?rows=3&cols=2");
	struct mr_record r = {0};
	struct mr_scribe a = {.name = 'A', .to = &r};
	struct mr_truth t;

	mr_scribe_watch(array, &a);
	MR_CODE(mr_array_survey(array, 10), MR_OK);
	MR_CODE(mr_array_wait(array, 9.9), MR_OK);
	CU_ASSERT_EQUAL(mr_record_reads(&r), 0);
	MR_CODE(mr_array_wait(array, 15.2), MR_OK); /* 25.1: once is enough */
	CU_ASSERT_EQUAL(mr_record_reads(&r), 1);
	CU_ASSERT_EQUAL(r.events[r.n - 1].parent, 0);
	MR_CODE(mr_array_wait(array, 4), MR_OK); /* 29.1 */
	CU_ASSERT_EQUAL(mr_record_reads(&r), 1);
	MR_CODE(mr_array_wait(array, 1), MR_OK); /* 30.1 */
	CU_ASSERT_EQUAL(mr_record_reads(&r), 2);
	MR_CODE(mr_emulator_truth(array, &t), MR_OK);
	for (uint32_t cell = 0; cell < t.n_cells; cell++)
		CU_ASSERT_EQUAL(t.reads[cell], 2);
	MR_CODE(mr_array_survey(array, 0), MR_OK);
	MR_CODE(mr_array_wait(array, 100), MR_OK);
	CU_ASSERT_EQUAL(mr_record_reads(&r), 2);
	close_array(array);
}

static void survey_that_is_wrong_is_refused(void)
{
	struct mr_array *array = mr_session_open("emu:pcm?rows=1&cols=1");
	double wrong_s[] = {-2.385, NAN, INFINITY, 1.1e9};

	for (int k = 0; k < 4; k++) {
		MR_CODE(mr_array_survey(array, wrong_s[k]), MR_ERR_RANGE);
		MR_HAS(mr_array_errmsg(array), "survey interval");
	}
	close_array(array);
	array = mr_session_open("emu:pcm?rows=1&cols=1&offer=wait");
	MR_CODE(mr_array_survey(array, 1), MR_ERR_UNSUPPORTED);
	MR_HAS(mr_array_errmsg(array), "cannot read");
	close_array(array);
}

static void survey_that_fails_fails_the_submit(void)
{
	struct mr_array *array =
		mr_session_open("emu:pcm?rows=1&cols=1&fault.at=2");
	struct mr_op op = {.kind = MR_OP_WAIT, .wait = {.duration_s = 2.385}};
	size_t done = 9;

	MR_CODE(mr_array_survey(array, 1), MR_OK);
	MR_CODE(mr_array_submit(array, &op, 1, NULL, &done), MR_ERR_IO);
	CU_ASSERT_EQUAL(done, 1); /* the wait itself took effect */
	CU_ASSERT_EQUAL(op.outcome.error, MR_OK);
	close_array(array);
}

static void survey_left_far_behind_catches_up_at_once(void)
{
	struct mr_array *array = mr_session_open("emu:pcm?rows=1&cols=1");
	struct mr_record r = {0};
	struct mr_scribe a = {.name = 'A', .to = &r};

	mr_scribe_watch(array, &a);
	MR_CODE(mr_array_survey(array, 1e-12), MR_OK); /* counts as 1 ns */
	MR_CODE(mr_array_wait(array, 1e9), MR_OK);     /* 1e18 intervals */
	CU_ASSERT_EQUAL(mr_record_reads(&r), 1);
	close_array(array);
}

/* ---- snapshots ----------------------------------------------------------- */

static void restore_goes_back_in_time(void)
{
	struct mr_array *array = mr_session_open("emu:pcm?rows=2&cols=3&seed=4");
	struct mr_record r = {0};
	struct mr_scribe a = {.name = 'A', .to = &r};
	struct mr_blob blob;

	MR_CODE(mr_array_wait(array, 5), MR_OK);
	MR_CODE(mr_array_snapshot(array, &blob), MR_OK);
	mr_scribe_watch(array, &a);
	MR_CODE(mr_array_survey(array, 10), MR_OK);
	MR_CODE(mr_array_wait(array, 1000), MR_OK);
	CU_ASSERT_EQUAL(mr_record_reads(&r), 1);
	MR_CODE(mr_array_restore(array, &blob), MR_OK);
	CU_ASSERT_EQUAL(mr_array_time_ns(array), 5000000000);
	CU_ASSERT_EQUAL(mr_array_describe(array)->time_ns, 5000000000);
	MR_CODE(mr_array_wait(array, 10.5), MR_OK); /* surveyed as before */
	CU_ASSERT_EQUAL(mr_record_reads(&r), 2);
	free(blob.data);
	close_array(array);
}

static void restore_from_another_array_is_refused(void)
{
	static const char *const others[] = {"emu:pcm?rows=3&cols=2",
	                                     "emu:ideal?rows=2&cols=3"};
	struct mr_array *array = mr_session_open("emu:pcm?rows=2&cols=3&seed=4");
	struct mr_blob blob;
	float before[6] = {0}, after[6] = {0};

	MR_CODE(mr_array_pulse(array, NULL, "set", 3), MR_OK);
	MR_CODE(mr_array_snapshot(array, &blob), MR_OK);
	MR_CODE(mr_array_read(array, NULL, before), MR_OK);
	MR_CODE(mr_array_restore(array, &blob), MR_OK);
	free(blob.data);
	for (int k = 0; k < 2; k++) {
		struct mr_array *other = mr_session_open(others[k]);

		MR_CODE(mr_array_snapshot(other, &blob), MR_OK);
		close_array(other);
		MR_CODE(mr_array_restore(array, &blob), MR_ERR_FORMAT);
		CU_ASSERT(strlen(mr_array_errmsg(array)) > 0);
		free(blob.data);
	}
	MR_CODE(mr_array_read(array, NULL, after), MR_OK); /* unchanged */
	for (int i = 0; i < 6; i++)
		CU_ASSERT_EQUAL(before[i], after[i]);
	close_array(array);
}

/* ---- refusals ------------------------------------------------------------ */

static void refuse(struct mr_array *array, struct mr_op op, int code,
                   const char *words)
{
	MR_CODE(submit(array, &op), code);
	MR_HAS(mr_array_errmsg(array), words);
}

static void counts_beyond_the_described_are_refused(void)
{
	struct mr_array *array = mr_session_open("emu:ideal?rows=1&cols=2");
	const struct mr_description *d = mr_array_describe(array);
	uint32_t counts[2] = {1, d->limits.count_max + 1};
	float g_S[2], level = 0.1f;
	double hold_s = 1e-3;
	struct mr_op op = {.kind = MR_OP_PULSE};

	mr_pulse_from(&op, mr_description_waveform(d, "set"));
	op.pulse.count = d->limits.count_max + 1;
	refuse(array, op, MR_ERR_RANGE, "count is 1e+09");
	op.pulse.count = 1;
	op.pulse.counts = counts;
	refuse(array, op, MR_ERR_RANGE, "a count in counts");
	op.pulse.counts = NULL;
	op.pulse.unit = (enum mr_unit)5;
	refuse(array, op, MR_ERR_USAGE, "unknown unit 5");
	op.pulse.unit = MR_UNIT_VOLT;
	op.pulse.t_rise_s = -1e-9;
	refuse(array, op, MR_ERR_RANGE, "t_rise_s");
	op = (struct mr_op){.kind = MR_OP_READ,
	                    .read = {.averages = d->limits.averages_max + 1,
	                             .g_S = g_S}};
	refuse(array, op, MR_ERR_RANGE, "averages");
	op = (struct mr_op){.kind = MR_OP_PROGRAM,
	                    .program = {.target = 1e-6,
	                                .tolerance_S = 1e-7,
	                                .budget = 3,
	                                .averages = d->limits.averages_max +
	                                            1}};
	refuse(array, op, MR_ERR_RANGE, "averages");
	op = (struct mr_op){.kind = MR_OP_TRACE,
	                    .trace = {.n_levels = 1,
	                              .level = &level,
	                              .hold_s = &hold_s,
	                              .compliance = -2.385,
	                              .i_A = g_S}};
	refuse(array, op, MR_ERR_RANGE, "compliance");
	close_array(array);
}

const struct mr_test mr_tests[] = {
	{"observers_are_called_in_the_order_of_adding",
         observers_are_called_in_the_order_of_adding},
	{"observer_refusing_to_send_keeps_all_back",
         observer_refusing_to_send_keeps_all_back},
	{"observers_behind_a_refusal_see_nothing",
         observers_behind_a_refusal_see_nothing},
	{"observers_of_a_list_see_whole_operations",
         observers_of_a_list_see_whole_operations},
	{"observers_behind_a_refused_composition_see_nothing",
         observers_behind_a_refused_composition_see_nothing},
	{"observer_that_leaves_inside_disturbs_nobody",
         observer_that_leaves_inside_disturbs_nobody},
	{"description_follows_a_configure_before_a_failure",
         description_follows_a_configure_before_a_failure},
	{"observer_refusing_a_composed_operation_stops_it",
         observer_refusing_a_composed_operation_stops_it},
	{"observers_have_their_limit", observers_have_their_limit},
	{"callbacks_cannot_submit", callbacks_cannot_submit},
	{"failed_operation_ends_with_its_sentence",
         failed_operation_ends_with_its_sentence},
	{"deadline_is_on_the_clock_of_the_handle",
         deadline_is_on_the_clock_of_the_handle},
	{"stop_holds_until_resume", stop_holds_until_resume},
	{"progress_is_told_between_operations",
         progress_is_told_between_operations},
	{"progress_of_a_failure_ends_before_it",
         progress_of_a_failure_ends_before_it},
	{"progress_can_stop_a_list", progress_can_stop_a_list},
	{"survey_reads_at_its_interval", survey_reads_at_its_interval},
	{"survey_that_is_wrong_is_refused", survey_that_is_wrong_is_refused},
	{"survey_that_fails_fails_the_submit",
         survey_that_fails_fails_the_submit},
	{"survey_left_far_behind_catches_up_at_once",
         survey_left_far_behind_catches_up_at_once},
	{"restore_goes_back_in_time", restore_goes_back_in_time},
	{"restore_from_another_array_is_refused",
         restore_from_another_array_is_refused},
	{"counts_beyond_the_described_are_refused",
         counts_beyond_the_described_are_refused},
	{0},
};
