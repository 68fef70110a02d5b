/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Threads that share out numbered tasks. */
#include "team.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

struct mr_team {
	uint32_t n_workers;
	pthread_t *workers;
	pthread_mutex_t lock;
	pthread_cond_t start;
	pthread_cond_t done;
	_Atomic uint64_t round;
	bool quit;
	void (*task)(void *work, uint32_t i);
	void *work;
	uint32_t n;
	atomic_uint next;
	atomic_uint busy;
};

/* How often a thread looks before it sleeps, some tens of microseconds in all:
 * waking one up costs more than a small pass. */
#define LOOKS 3000

static inline void pause_briefly(void)
{
#if defined(__x86_64__) && defined(__GNUC__)
	__builtin_ia32_pause();
#endif
}

/* Left with the lock held. */
static void await_round(struct mr_team *team, uint64_t seen)
{
	for (int i = 0; i < LOOKS && atomic_load(&team->round) == seen; i++)
		pause_briefly();
	pthread_mutex_lock(&team->lock);
	while (!team->quit && atomic_load(&team->round) == seen)
		pthread_cond_wait(&team->start, &team->lock);
}

static void take_tasks(struct mr_team *team)
{
	for (;;) {
		uint32_t i = atomic_fetch_add(&team->next, 1);

		if (i >= team->n)
			return;
		team->task(team->work, i);
	}
}

static void *be_worker(void *arg)
{
	struct mr_team *team = arg;
	uint64_t seen = 0;

	for (;;) {
		await_round(team, seen);
		bool quit = team->quit;

		seen = atomic_load(&team->round);
		pthread_mutex_unlock(&team->lock);
		if (quit)
			return NULL;
		take_tasks(team);
		pthread_mutex_lock(&team->lock);
		if (atomic_fetch_sub(&team->busy, 1) == 1)
			pthread_cond_signal(&team->done);
		pthread_mutex_unlock(&team->lock);
	}
}

static void await_workers(struct mr_team *team)
{
	for (int i = 0; i < LOOKS && atomic_load(&team->busy); i++)
		pause_briefly();
	pthread_mutex_lock(&team->lock);
	while (atomic_load(&team->busy))
		pthread_cond_wait(&team->done, &team->lock);
	pthread_mutex_unlock(&team->lock);
}

void mr_team_run(struct mr_team *team, void (*task)(void *work, uint32_t i),
                 void *work, uint32_t n)
{
	if (team->n_workers == 0 || n < 2) {
		for (uint32_t i = 0; i < n; i++)
			task(work, i);
		return;
	}
	pthread_mutex_lock(&team->lock);
	team->task = task;
	team->work = work;
	team->n = n;
	atomic_store(&team->next, 0);
	atomic_store(&team->busy, team->n_workers);
	atomic_fetch_add(&team->round, 1);
	pthread_cond_broadcast(&team->start);
	pthread_mutex_unlock(&team->lock);
	take_tasks(team);
	await_workers(team);
}

static int start_workers(struct mr_team *team, uint32_t wanted)
{
	team->workers = calloc(wanted, sizeof *team->workers);
	if (!team->workers)
		return MR_ERR_NOMEM;
	while (team->n_workers < wanted) {
		if (pthread_create(&team->workers[team->n_workers], NULL,
		                   be_worker, team))
			return MR_ERR_NOMEM;
		team->n_workers++;
	}
	return MR_OK;
}

int mr_team_start(uint32_t n_threads, struct mr_team **out,
                  struct mr_errtext *err)
{
	struct mr_team *team = calloc(1, sizeof *team);
	long there = sysconf(_SC_NPROCESSORS_ONLN);

	if (!team)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	pthread_mutex_init(&team->lock, NULL);
	pthread_cond_init(&team->start, NULL);
	pthread_cond_init(&team->done, NULL);
	if (n_threads == 0)
		n_threads = there > 0 ? (uint32_t)there : 1;
	if (n_threads > 1 && start_workers(team, n_threads - 1)) {
		mr_team_free(team);
		return mr_errtext_set(err, MR_ERR_NOMEM,
		                      "%u threads cannot be started",
		                      n_threads);
	}
	*out = team;
	return MR_OK;
}

uint32_t mr_team_threads(const struct mr_team *team)
{
	return team->n_workers + 1;
}

void mr_team_free(struct mr_team *team)
{
	if (!team)
		return;
	pthread_mutex_lock(&team->lock);
	team->quit = true;
	pthread_cond_broadcast(&team->start);
	pthread_mutex_unlock(&team->lock);
	for (uint32_t i = 0; i < team->n_workers; i++)
		pthread_join(team->workers[i], NULL);
	free(team->workers);
	pthread_cond_destroy(&team->done);
	pthread_cond_destroy(&team->start);
	pthread_mutex_destroy(&team->lock);
	free(team);
}
