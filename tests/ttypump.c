/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

#include "ttypump.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "driver/transport.h"
#include "test.h"

#define PIECE 4096
#define NS_PER_MS 1000000
#define LOOK_MS 20 /* how long an order to stop may wait */

struct ttypump {
	int fd;
	const struct mr__wire_type *type;
	void *board;
	pthread_t thread;
	pthread_mutex_t lock; /* of what follows and the board */
	bool stop;
	uint8_t out[PIECE];   /* from the board, not yet sent */
	size_t n_out;
	size_t sent;
};

static int64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void move(struct ttypump *p)
{
	uint8_t in[PIECE];
	ssize_t n = read(p->fd, in, sizeof in);

	if (n > 0)
		p->type->input(p->board, now_ns(), in, (size_t)n, false);
	if (p->sent == p->n_out) {
		bool end;

		p->sent = 0;
		p->n_out = p->type->output(p->board, now_ns(), p->out,
		                           sizeof p->out, &end);
	}
	n = p->n_out > p->sent
	            ? write(p->fd, p->out + p->sent, p->n_out - p->sent)
	            : 0;
	if (n > 0)
		p->sent += (size_t)n;
}

static int nap_ms(struct ttypump *p)
{
	int64_t due_ns = p->type->due_ns(p->board, now_ns());
	int64_t left_ms = due_ns == INT64_MAX
	                          ? LOOK_MS
	                          : (due_ns - now_ns()) / NS_PER_MS;

	return left_ms < 0 ? 0 : left_ms < LOOK_MS ? (int)left_ms : LOOK_MS;
}

static void *run(void *user)
{
	struct ttypump *p = user;
	bool go_on = true;

	while (go_on) {
		(void)pthread_mutex_lock(&p->lock);
		move(p);
		struct pollfd at = {.fd = p->fd, .events = POLLIN};
		int nap = p->n_out > p->sent ? 1 : nap_ms(p);

		go_on = !p->stop;
		(void)pthread_mutex_unlock(&p->lock);
		if (go_on && poll(&at, 1, nap) > 0 && !(at.revents & POLLIN))
			(void)poll(NULL, 0, 1); /* the port is not open */
	}
	return NULL;
}

struct ttypump *ttypump_start(int fd, const char *board, const char *uri)
{
	struct ttypump *p = calloc(1, sizeof *p);
	struct mr_uri *parsed = malloc(sizeof *parsed);
	struct mr_errtext err = {""};

	CU_ASSERT_FATAL(p && parsed);
	p->fd = fd;
	MR_CODE_ERR(mr_uri_parse(parsed, uri, &err), MR_OK, err);
	MR_CODE_ERR(mr__wire_open(mr__wire_find(board), parsed, now_ns(),
	                          &p->type, &p->board, &err),
	            MR_OK, err);
	free(parsed);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p->board);
	p->type->link(p->board, now_ns(), true);
	CU_ASSERT_FATAL(pthread_mutex_init(&p->lock, NULL) == 0);
	CU_ASSERT_FATAL(pthread_create(&p->thread, NULL, run, p) == 0);
	return p;
}

void ttypump_stop(struct ttypump *p)
{
	(void)pthread_mutex_lock(&p->lock);
	p->stop = true;
	(void)pthread_mutex_unlock(&p->lock);
	(void)pthread_join(p->thread, NULL);
	MR_CODE(p->type->close(p->board, NULL), MR_OK);
	(void)pthread_mutex_destroy(&p->lock);
	free(p);
}
