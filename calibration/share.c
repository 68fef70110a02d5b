/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

#include "share.h"

#include <pthread.h>
#include <stdbool.h>

#define UNITS_LEAST 16 /* of a thread: starting one takes some 20 us */

struct stretch {
	size_t first;
	size_t end;
	void (*fn)(void *work, size_t unit);
	void *work;
	pthread_t thread;
	bool runs;
};

static void *be_done(void *arg)
{
	struct stretch *s = arg;

	for (size_t u = s->first; u < s->end; u++)
		s->fn(s->work, u);
	return NULL;
}

void mr__share(uint32_t threads, size_t n,
               void (*fn)(void *work, size_t unit), void *work)
{
	struct stretch s[MR__SHARE_THREADS_MAX] = {{.first = 0}};
	size_t most = threads < MR__SHARE_THREADS_MAX ? threads
	                                              : MR__SHARE_THREADS_MAX;
	size_t parts = n / UNITS_LEAST < most ? n / UNITS_LEAST : most;

	parts = parts > 0 ? parts : 1;
	for (size_t k = 0; k < parts; k++)
		s[k] = (struct stretch){.first = n * k / parts,
		                        .end = n * (k + 1) / parts,
		                        .fn = fn,
		                        .work = work};
	for (size_t k = 1; k < parts; k++)
		s[k].runs = pthread_create(&s[k].thread, NULL, be_done, &s[k])
		            == 0;
	be_done(&s[0]);
	for (size_t k = 1; k < parts; k++)
		if (s[k].runs)
			(void)pthread_join(s[k].thread, NULL);
		else
			be_done(&s[k]);
}
