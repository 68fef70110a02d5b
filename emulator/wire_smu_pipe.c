/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Bytes of one pipe into messages, answers into bytes. A message ends at LF, or
 * where the pipe says so. */
#include "wire_smu.h"

#include <stdlib.h>
#include <string.h>

#define MESSAGE_MAX 65536 /* bytes; assumed */

void mr__smu_pipe_init(struct smu_pipe *p)
{
	*p = (struct smu_pipe){.first = NULL};
	p->last = &p->first;
}

/* ---- in ---------------------------------- */

static int enqueue(struct smu_pipe *p, int64_t now_ns)
{
	struct smu_message *m = calloc(1, sizeof *m);

	mr__ws_append(&p->in, "", 1);
	if (!m || p->in.failed) {
		free(m);
		mr__ws_empty(&p->in);
		return SMU_SYSTEM;
	}
	mr__ws_swap(&m->bytes, &p->in);
	mr__ws_empty(&p->in);
	m->arrived_ns = now_ns;
	*p->last = m;
	p->last = &m->next;
	return 0;
}

/* An empty message says nothing. */
static int end_message(struct smu_pipe *p, int64_t now_ns)
{
	int rc = 0;

	if (p->too_long)
		rc = SMU_OVERRUN;
	else if (p->in.n)
		rc = enqueue(p, now_ns);
	mr__ws_empty(&p->in);
	p->too_long = false;
	return rc;
}

int mr__smu_pipe_input(struct smu_pipe *p, int64_t now_ns, const uint8_t *data,
                       size_t n, bool end)
{
	int rc = 0, first = 0;

	for (size_t i = 0; i < n; i++) {
		uint8_t c = data[i];

		if (c == '\n') {
			rc = end_message(p, now_ns);
			first = first ? first : rc;
		} else if (p->in.n >= MESSAGE_MAX) {
			p->too_long = true;
		} else if (c != '\r' && c != '\0') {
			mr__ws_append(&p->in, &c, 1);
			p->too_long = p->too_long || p->in.failed;
		}
	}
	if (end && (p->in.n || p->too_long)) {
		rc = end_message(p, now_ns);
		first = first ? first : rc;
	}
	return first;
}

void mr__smu_pipe_drop_first(struct smu_pipe *p)
{
	struct smu_message *m = p->first;

	if (!m)
		return;
	p->first = m->next;
	if (!p->first)
		p->last = &p->first;
	mr__ws_free(&m->bytes);
	free(m);
}

/* ---- out ---------------------------------- */

struct ws_buffer *mr__smu_answer(struct smu_pipe *p)
{
	if (p->n_answers++)
		mr__ws_append(&p->line, ";", 1);
	return &p->line;
}

bool mr__smu_pipe_has_output(const struct smu_pipe *p)
{
	return p->head < p->out.n;
}

bool mr__smu_pipe_send(struct smu_pipe *p)
{
	size_t before = p->out.n;
	bool fine = !p->line.failed;

	if (p->n_answers && fine) {
		mr__ws_append(&p->line, "\n", 1);
		mr__ws_append(&p->out, p->line.data, p->line.n);
		mr__ws_append(&p->ends, &p->out.n, sizeof p->out.n);
		fine = !p->out.failed && !p->ends.failed && !p->line.failed;
		if (!fine) {
			p->out.n = before;
			p->out.failed = p->ends.failed = false;
		}
	}
	p->n_answers = 0;
	mr__ws_empty(&p->line);
	return fine;
}

size_t mr__smu_pipe_output(struct smu_pipe *p, uint8_t *buf, size_t room,
                           bool *end)
{
	const size_t *ends = (const void *)p->ends.data;
	size_t n;

	*end = false;
	if (!mr__smu_pipe_has_output(p) || room == 0)
		return 0;
	n = ends[p->first_end] - p->head;
	*end = n <= room;
	n = *end ? n : room;
	memcpy(buf, p->out.data + p->head, n);
	p->head += n;
	p->first_end += *end;
	if (p->head == p->out.n) {
		p->head = p->first_end = 0;
		mr__ws_empty(&p->out);
		mr__ws_empty(&p->ends);
	}
	return n;
}

/* ---- both ---------------------------------- */

void mr__smu_pipe_reset(struct smu_pipe *p)
{
	while (p->first)
		mr__smu_pipe_drop_first(p);
	mr__ws_empty(&p->in);
	mr__ws_empty(&p->line);
	mr__ws_empty(&p->out);
	mr__ws_empty(&p->ends);
	p->too_long = false;
	p->n_answers = 0;
	p->head = p->first_end = 0;
}

void mr__smu_pipe_hang_up(struct smu_pipe *p)
{
	mr__ws_empty(&p->in);
	mr__ws_empty(&p->line);
	mr__ws_empty(&p->out);
	mr__ws_empty(&p->ends);
	p->too_long = false;
	p->head = p->first_end = 0;
}

void mr__smu_pipe_free(struct smu_pipe *p)
{
	mr__smu_pipe_reset(p);
	mr__ws_free(&p->in);
	mr__ws_free(&p->line);
	mr__ws_free(&p->out);
	mr__ws_free(&p->ends);
}
