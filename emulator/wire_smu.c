/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The virtual source-measure units: power, keys, and the order of events. */
#include "wire_smu.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wires.h"

#define NAMES_MAX 64
#define SERIAL_SPAN 1000000
#define MATRIX_COMMAND_S 1e-3 /* assumed */
#define USER_ROOM 100000
#define KEY "board."

/* ---- order ---------------------------------- */

static int64_t after(int64_t t_ns, double s)
{
	return t_ns + llround(s * SMU_NS_PER_S);
}

static void come_to(struct smu *b, int64_t t_ns)
{
	b->t_ns = t_ns > b->t_ns ? t_ns : b->t_ns;
}

static void end_message(struct smu *b)
{
	if (!mr__smu_pipe_send(&b->pipe))
		mr__smu_raise(b, SMU_SYSTEM);
	mr__smu_pipe_drop_first(&b->pipe);
}

/* A command error makes the rest of its message void. */
static bool is_fatal(int error)
{
	return error <= -100 && error > -200;
}

static int look_up(struct smu *b)
{
	const struct smu_command *c = &b->command;

	b->entry = mr__smu_find(b, c);
	if (!b->entry)
		return SMU_HEADER;
	if (b->entry->setting != SET_NONE && !b->entry->act)
		return 0; /* counted there */
	if (c->n < b->entry->n_least)
		return SMU_MISSING;
	return c->n > b->entry->n_most ? SMU_NOT_ALLOWED : 0;
}

/* The next command of the first message that has one. */
static bool begin(struct smu *b)
{
	struct smu_message *m;

	while (!b->has_command && (m = b->pipe.first)) {
		int64_t from_ns = m->arrived_ns > b->t_ns ? m->arrived_ns
		                                          : b->t_ns;

		from_ns = b->free_ns > from_ns ? b->free_ns : from_ns;
		int rc = b->profile->dialect == SMU_2600B
		                 ? 1
		                 : mr__smu_next(m, &b->command);

		if (rc == 1 && b->profile->dialect != SMU_2600B) {
			int error = look_up(b);

			rc = error ? error : 1;
		}
		b->has_command = rc == 1;
		b->command_ns = after(from_ns, b->profile->command_s);
		if (rc < 0) {
			come_to(b, from_ns);
			mr__smu_raise(b, rc);
		}
		if (rc == 0 || is_fatal(rc))
			end_message(b);
	}
	return b->has_command;
}

static bool is_blocked(const struct smu *b)
{
	if (!b->job.running)
		return false;
	return !b->job.overlapped || !b->entry ||
	       !(b->entry->flags & SMU_ASIDE);
}

static void perform_tsp(struct smu *b)
{
	const char *text = (const char *)b->pipe.first->bytes.data;

	b->has_command = false;
	b->matrix.wait_s = 0;
	if (mr__tsp_line(b, &b->tsp, text) == TSP_WAIT)
		b->waits_for_job = true;
	else
		end_message(b);
	b->free_ns = after(b->t_ns, b->matrix.wait_s);
}

static void perform(struct smu *b)
{
	const struct smu_entry *e = b->entry;
	const struct smu_command *c = &b->command;
	int rc;

	if (b->profile->dialect == SMU_2600B) {
		perform_tsp(b);
		return;
	}
	b->has_command = false;
	rc = e->act    ? e->act(b, c)
	     : c->query ? mr__smu_ask(b, e, c)
	                : mr__smu_tell(b, e, c);
	if (rc)
		mr__smu_raise(b, rc);
	if (is_fatal(rc))
		end_message(b);
	else
		b->waits_for_job = b->job.running && b->job.answer;
}

/* The message that waited for the job goes on. */
static void go_on(struct smu *b)
{
	b->waits_for_job = false;
	if (b->profile->dialect != SMU_2600B) {
		mr__smu_answer_job(b);
		return;
	}
	mr__tsp_results(b, &b->tsp.log.results[b->tsp.log.n++]);
	perform_tsp(b);
}

static int64_t matrix_due(const struct smu *b)
{
	return b->matrix_pipe.first ? b->matrix_ns : INT64_MAX;
}

static void perform_matrix(struct smu *b)
{
	struct smu_pipe *p = &b->matrix_pipe;

	b->matrix.wait_s = 0;
	(void)mr__tsp_line(b, &b->matrix_tsp, (const char *)p->first->bytes.data);
	(void)mr__smu_pipe_send(p);
	mr__smu_pipe_drop_first(p);
	b->matrix_ns = after(b->t_ns, MATRIX_COMMAND_S + b->matrix.wait_s);
}

/* When something happens next, and what. */
static int64_t next_ns(struct smu *b, bool *job, bool *matrix)
{
	int64_t command_ns = INT64_MAX, job_ns = INT64_MAX;
	int64_t matrix_ns = matrix_due(b);

	if (b->job.running)
		job_ns = b->job.due_ns;
	if (!b->waits_for_job && begin(b) && !is_blocked(b))
		command_ns = b->command_ns;
	*job = job_ns <= command_ns && job_ns <= matrix_ns;
	*matrix = !*job && matrix_ns <= command_ns;
	return *job ? job_ns : *matrix ? matrix_ns : command_ns;
}

static void advance(struct smu *b, int64_t now_ns)
{
	bool job, matrix;

	b->now_ns = now_ns > b->now_ns ? now_ns : b->now_ns;
	for (;;) {
		int64_t t_ns = next_ns(b, &job, &matrix);

		if (t_ns > b->now_ns)
			return;
		come_to(b, t_ns);
		if (job)
			mr__smu_job_step(b);
		else if (matrix)
			perform_matrix(b);
		else
			perform(b);
		if (b->waits_for_job && !b->job.running)
			go_on(b);
	}
}

/* Whether a message begins with what ends a job. */
static bool is_abort(const struct smu *b, const uint8_t *data, size_t n)
{
	char word[8] = "";
	size_t k = 0;

	while (n && (*data == ' ' || *data == ':')) {
		data++;
		n--;
	}
	while (k < n && k + 1 < sizeof word && data[k] > ' ' && data[k] != ';')
		k++;
	memcpy(word, data, k);
	return mr__smu_word_is(word, k, b->profile->dialect == SMU_2600B
	                                        ? "abort"
	                                        : "ABORt");
}

/* An abort overtakes what waits: the job is cut where it is, whoever waited for
 * it gets no answer. */
static void overtake(struct smu *b)
{
	if (!b->job.running || (!b->waits_for_job && !is_blocked(b)))
		return;
	come_to(b, b->now_ns);
	(void)mr__smu_job_cut(b);
	if (b->waits_for_job && b->profile->dialect != SMU_2600B)
		mr__smu_raise(b, SMU_INTERRUPTED);
	b->waits_for_job = b->has_command = false;
	b->tsp.log.n = 0;
	b->tsp.at = 0;
	b->tsp.in_script = false;
	b->pipe.n_answers = 0;
	mr__ws_empty(&b->pipe.line);
	while (b->pipe.first)
		mr__smu_pipe_drop_first(&b->pipe);
}

/* ---- the host's calls ---------------------------------- */

static void board_input(void *self, int64_t now_ns, const uint8_t *data,
                        size_t n, bool end)
{
	struct smu *b = self;
	int rc;

	advance(b, now_ns);
	if (b->pipe.in.n == 0 && is_abort(b, data, n))
		overtake(b);
	rc = mr__smu_pipe_input(&b->pipe, b->now_ns, data, n, end);
	if (rc) {
		come_to(b, b->now_ns);
		mr__smu_raise(b, rc);
	}
	advance(b, now_ns);
}

static size_t board_output(void *self, int64_t now_ns, uint8_t *buf,
                           size_t room, bool *end)
{
	struct smu *b = self;

	advance(b, now_ns);
	return mr__smu_pipe_output(&b->pipe, buf, room, end);
}

static int64_t due(struct smu *b, const struct smu_pipe *p)
{
	bool job, matrix;

	if (mr__smu_pipe_has_output(p))
		return b->now_ns;
	int64_t t_ns = next_ns(b, &job, &matrix);

	return t_ns > b->now_ns ? t_ns : b->now_ns;
}

static int64_t board_due(void *self, int64_t now_ns)
{
	struct smu *b = self;

	advance(b, now_ns);
	return due(b, &b->pipe);
}

/* The job is cut; the output stays as it is, as with the real ones. */
static void reset_link(struct smu *b)
{
	b->job.answer = ANSWER_NONE;
	if (b->waits_for_job) {
		come_to(b, b->now_ns);
		(void)mr__smu_job_cut(b);
	}
	b->waits_for_job = b->has_command = false;
	b->tsp.log.n = 0;
	b->tsp.at = 0;
	b->tsp.loading = b->tsp.in_script = false;
	mr__smu_pipe_reset(&b->pipe);
}

static void board_clear(void *self, int64_t now_ns)
{
	struct smu *b = self;

	advance(b, now_ns);
	come_to(b, b->now_ns);
	(void)mr__smu_job_cut(b);
	reset_link(b);
}

static uint8_t board_status_byte(void *self, int64_t now_ns)
{
	struct smu *b = self;

	advance(b, now_ns);
	return mr__smu_stb_now(b);
}

static void board_link(void *self, int64_t now_ns, bool up)
{
	struct smu *b = self;

	advance(b, now_ns);
	if (up)
		reset_link(b);
	else
		mr__smu_pipe_hang_up(&b->pipe);
}

static bool board_is_safe(void *self, int64_t now_ns, int64_t *since_ns)
{
	struct smu *b = self;

	advance(b, now_ns);
	if (since_ns)
		*since_ns = b->changed_ns;
	return b->was_safe;
}

/* ---- the matrix's pipe ---------------------------------- */

static void matrix_input(void *self, int64_t now_ns, const uint8_t *data,
                         size_t n, bool end)
{
	struct smu *b = self;
	bool idle;
	int rc;

	advance(b, now_ns);
	idle = !b->matrix_pipe.first;
	rc = mr__smu_pipe_input(&b->matrix_pipe, b->now_ns, data, n, end);
	if (rc)
		mr__smu_queue_add(&b->matrix.errors, rc, b->now_ns);
	if (idle && b->matrix_ns < after(b->now_ns, MATRIX_COMMAND_S))
		b->matrix_ns = after(b->now_ns, MATRIX_COMMAND_S);
	advance(b, now_ns);
}

static size_t matrix_output(void *self, int64_t now_ns, uint8_t *buf,
                            size_t room, bool *end)
{
	struct smu *b = self;

	advance(b, now_ns);
	return mr__smu_pipe_output(&b->matrix_pipe, buf, room, end);
}

static int64_t matrix_due_ns(void *self, int64_t now_ns)
{
	struct smu *b = self;

	advance(b, now_ns);
	return due(b, &b->matrix_pipe);
}

static void matrix_clear(void *self, int64_t now_ns)
{
	struct smu *b = self;

	advance(b, now_ns);
	mr__smu_pipe_reset(&b->matrix_pipe);
	b->matrix_tsp.loading = false;
}

static void matrix_link(void *self, int64_t now_ns, bool up)
{
	struct smu *b = self;

	if (up)
		matrix_clear(self, now_ns);
	else
		mr__smu_pipe_hang_up(&b->matrix_pipe);
}

static const struct mr__wire_type matrix_wire = {
	.name = "matrix",
	.summary = "matrix: the switch matrix of a virtual bench",
	.messages = true,
	.input = matrix_input,
	.output = matrix_output,
	.due_ns = matrix_due_ns,
	.clear = matrix_clear,
	.link = matrix_link,
	.is_safe = board_is_safe,
};

static const struct mr__wire_type *board_port(void *self)
{
	const struct smu *b = self;

	return b->matrix.there ? &matrix_wire : NULL;
}

/* ---- power ---------------------------------- */

static int take_text(struct mr_uri *uri, const char *key, char *to,
                     struct mr_errtext *err)
{
	const char *text = mr_uri_take(uri, key);

	if (!text)
		return MR_OK;
	if (!text[0] || strlen(text) >= SMU_NAME_MAX || strpbrk(text, ",;\n\""))
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "key '%s=%s': must have 1 to %d bytes, "
		                      "without ',' ';' '\"' and line ends",
		                      key, text, SMU_NAME_MAX - 1);
	(void)snprintf(to, SMU_NAME_MAX, "%s", text);
	return MR_OK;
}

static int take_profile(struct mr_uri *uri, struct smu *b,
                        struct mr_errtext *err)
{
	const char *name = mr_uri_take(uri, KEY "profile");
	char names[NAMES_MAX];

	b->profile = mr__smu_profile(name ? name : "2450");
	if (b->profile)
		return MR_OK;
	mr__smu_profile_names(names, sizeof names);
	return mr_errtext_set(err, MR_ERR_USAGE,
	                      "key '" KEY "profile=%s': must be one of %s", name,
	                      names);
}

static int take_matrix(struct mr_uri *uri, struct smu *b, struct mr_errtext *err)
{
	const char *name = mr_uri_take(uri, KEY "matrix");
	bool one = b->desc->rows == 1 && b->desc->cols == 1;

	if (!name)
		name = one ? "none" : "707B";
	b->matrix.there = strcmp(name, "none") != 0;
	b->matrix.model = strcmp(name, "3706A") == 0 ? "3706A" : "707B";
	if (b->matrix.there && strcmp(name, b->matrix.model) != 0)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "key '" KEY "matrix=%s': must be 707B, "
		                      "3706A or none",
		                      name);
	if (!b->matrix.there && !one)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "key '" KEY "matrix=none': %u rows and %u "
		                      "columns need a matrix; without one there is "
		                      "one cell, rows=1 and cols=1",
		                      b->desc->rows, b->desc->cols);
	if (b->matrix.there && (uint64_t)b->desc->rows + b->desc->cols > SMU_LINES)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "%u rows and %u columns: the matrix has %d "
		                      "lines (%d slots of %d columns)",
		                      b->desc->rows, b->desc->cols, SMU_LINES,
		                      SMU_SLOTS, SMU_MATRIX_COLS);
	return MR_OK;
}

static int open_array(struct mr_uri *uri, struct smu *b, struct mr_errtext *err)
{
	const char *matrix = mr_uri_take(uri, KEY "matrix");
	int rc = mr__wire_array(uri, &b->array, err);

	(void)matrix; /* it is judged when the shape is known */
	if (rc)
		return rc;
	b->desc = mr_array_describe(b->array);
	if (!b->serial[0]) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		(void)snprintf(b->serial, sizeof b->serial, b->profile->serial,
		               (unsigned)(b->desc->seed % SERIAL_SPAN));
#pragma GCC diagnostic pop
	}
	return take_matrix(uri, b, err);
}

static void name_stores(struct smu *b)
{
	bool tsp = b->profile->dialect == SMU_2600B;

	(void)snprintf(b->stores[0].name, SMU_NAME_MAX, "%s",
	               tsp ? "smua.nvbuffer1" : "defbuffer1");
	(void)snprintf(b->stores[1].name, SMU_NAME_MAX, "%s",
	               tsp ? "smua.nvbuffer2" : "defbuffer2");
	for (int i = 0; i < SMU_STORES_MAX; i++)
		b->stores[i].room = USER_ROOM;
	if (b->profile->dialect == SMU_2400)
		b->stores[1].room = 100;
}

static void power_on(struct smu *b, int64_t now_ns)
{
	b->now_ns = b->t_ns = b->opened_ns = b->changed_ns = now_ns;
	b->base_ns = now_ns - mr_array_time_ns(b->array);
	b->was_safe = true;
	b->errors.max = b->profile->errors_max;
	b->errors.esr = 0x80;
	b->matrix.errors.max = SMU_ERRORS_MAX;
	mr__smu_defaults(b);
	name_stores(b);
	mr__tsp_init(b, &b->tsp, SMU_2600B, &b->pipe, &b->errors);
	mr__tsp_init(b, &b->matrix_tsp, SMU_MATRIX, &b->matrix_pipe,
	             &b->matrix.errors);
	mr__smu_route(b);
}

static void release(struct smu *b)
{
	mr__smu_pipe_free(&b->pipe);
	mr__smu_pipe_free(&b->matrix_pipe);
	for (int i = 0; i < SMU_STORES_MAX; i++)
		mr__ws_free(&b->stores[i].readings);
	mr__ws_free(&b->job.levels);
	mr__ws_free(&b->tsp.script);
	mr__ws_free(&b->matrix_tsp.script);
	free(b);
}

static int board_open(struct mr_uri *uri, int64_t now_ns, void **self,
                      struct mr_errtext *err)
{
	struct smu *b = calloc(1, sizeof *b);
	int rc;

	if (!b)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	mr__smu_pipe_init(&b->pipe);
	mr__smu_pipe_init(&b->matrix_pipe);
	rc = take_profile(uri, b, err);
	if (!rc)
		rc = take_text(uri, KEY "serial", b->serial, err);
	if (!rc)
		(void)snprintf(b->firmware, sizeof b->firmware, "%s",
		               b->profile->firmware);
	if (!rc)
		rc = take_text(uri, KEY "firmware", b->firmware, err);
	if (!rc)
		rc = open_array(uri, b, err);
	if (rc) {
		(void)mr_array_close(b->array, NULL);
		release(b);
		return rc;
	}
	power_on(b, now_ns);
	*self = b;
	return MR_OK;
}

static int board_close(void *self, struct mr_errtext *err)
{
	struct smu *b = self;
	int rc;

	(void)mr__smu_job_cut(b);
	rc = mr_array_close(b->array, err);
	release(b);
	return rc;
}

const struct mr__wire_type mr__wire_smu = {
	.name = "smu",
	.summary = "smu: a source-measure unit: board.profile=2450|2400|b2900|"
		   "2600b, .serial, .firmware, .matrix=707B|3706A|none",
	.messages = true,
	.open = board_open,
	.input = board_input,
	.output = board_output,
	.due_ns = board_due,
	.clear = board_clear,
	.status_byte = board_status_byte,
	.link = board_link,
	.is_safe = board_is_safe,
	.port = board_port,
	.close = board_close,
};
