/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Worker threads of one emulated array. */
#include "pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

struct pool {
	uint32_t n_workers;
	pthread_t *workers;
	pthread_mutex_t lock;
	pthread_cond_t start;
	pthread_cond_t done;
	_Atomic uint64_t generation;
	bool quit;
	pool_fn *fn;
	void *work;
	uint32_t n_blocks;
	uint32_t next;
	atomic_uint busy;
};

/* How often a thread looks before it sleeps, some tens of microseconds in all:
 * waking one up costs more than a small product. */
#define LOOKS 3000

static inline void pause_briefly(void)
{
#if defined(__x86_64__) && defined(__GNUC__)
	__builtin_ia32_pause();
#endif
}

static void await_work(struct pool *pool, uint64_t seen)
{
	for (int i = 0; i < LOOKS; i++) {
		if (atomic_load(&pool->generation) != seen)
			break;
		pause_briefly();
	}
	pthread_mutex_lock(&pool->lock);
	while (!pool->quit && atomic_load(&pool->generation) == seen)
		pthread_cond_wait(&pool->start, &pool->lock);
}

static void await_workers(struct pool *pool)
{
	for (int i = 0; i < LOOKS && atomic_load(&pool->busy); i++)
		pause_briefly();
	pthread_mutex_lock(&pool->lock);
	while (atomic_load(&pool->busy))
		pthread_cond_wait(&pool->done, &pool->lock);
	pthread_mutex_unlock(&pool->lock);
}

/* Take blocks until none is left; called and left with the lock held. */
static void take_blocks(struct pool *pool)
{
	while (pool->next < pool->n_blocks) {
		uint32_t block = pool->next++;

		pthread_mutex_unlock(&pool->lock);
		pool->fn(pool->work, block);
		pthread_mutex_lock(&pool->lock);
	}
}

static void *worker_main(void *arg)
{
	struct pool *pool = arg;
	uint64_t seen = 0;

	for (;;) {
		await_work(pool, seen);
		if (pool->quit)
			break;
		seen = atomic_load(&pool->generation);
		take_blocks(pool);
		if (atomic_fetch_sub(&pool->busy, 1) == 1)
			pthread_cond_signal(&pool->done);
		pthread_mutex_unlock(&pool->lock);
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

static int start_workers(struct pool *pool, uint32_t wanted)
{
	pool->workers = calloc(wanted, sizeof *pool->workers);
	if (!pool->workers)
		return MR_ERR_NOMEM;
	while (pool->n_workers < wanted) {
		pthread_t *slot = &pool->workers[pool->n_workers];

		if (pthread_create(slot, NULL, worker_main, pool))
			return MR_ERR_NOMEM;
		pool->n_workers++;
	}
	return MR_OK;
}

int mr__pool_alloc(uint32_t n_threads, struct pool **out)
{
	struct pool *pool = calloc(1, sizeof *pool);

	if (!pool)
		return MR_ERR_NOMEM;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->start, NULL);
	pthread_cond_init(&pool->done, NULL);
	if (n_threads > 1 && start_workers(pool, n_threads - 1)) {
		mr__pool_free(pool);
		return MR_ERR_NOMEM;
	}
	*out = pool;
	return MR_OK;
}

void mr__pool_free(struct pool *pool)
{
	if (!pool)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->quit = true;
	pthread_cond_broadcast(&pool->start);
	pthread_mutex_unlock(&pool->lock);
	for (uint32_t i = 0; i < pool->n_workers; i++)
		pthread_join(pool->workers[i], NULL);
	free(pool->workers);
	pthread_cond_destroy(&pool->done);
	pthread_cond_destroy(&pool->start);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

uint32_t mr__pool_threads(const struct pool *pool)
{
	return pool->n_workers + 1;
}

void mr__pool_run(struct pool *pool, pool_fn *fn, void *work,
                  uint32_t n_blocks)
{
	if (pool->n_workers == 0 || n_blocks < 2) {
		for (uint32_t i = 0; i < n_blocks; i++)
			fn(work, i);
		return;
	}
	pthread_mutex_lock(&pool->lock);
	pool->fn = fn;
	pool->work = work;
	pool->n_blocks = n_blocks;
	pool->next = 0;
	atomic_store(&pool->busy, pool->n_workers);
	atomic_fetch_add(&pool->generation, 1);
	pthread_cond_broadcast(&pool->start);
	take_blocks(pool);
	pthread_mutex_unlock(&pool->lock);
	await_workers(pool);
}
