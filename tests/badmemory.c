/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* What the linker, SQLite and jansson call in place of malloc() and so on. */
#include "badmemory.h"

#include <errno.h>
#include <jansson.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

/* No argument can be handed to those functions. Workers may allocate, too. */
static struct {
	bool armed;
	unsigned how;
	bool foreign; /* SQLite or jansson asks */
	bool failed;
	uint64_t at;
	_Atomic uint64_t count;
	atomic_long blocks; /* that are held */
} memory;

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
int __real_posix_memalign(void **out, size_t alignment, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
int __wrap_posix_memalign(void **out, size_t alignment, size_t size);
void __wrap_free(void *block);

static bool runs_out(void)
{
	if (!memory.armed || (memory.foreign && memory.how & MR_MEMORY_OWN))
		return false;
	uint64_t count = ++memory.count;

	if (memory.at && (count == memory.at ||
	                  (memory.how & MR_MEMORY_FOR_GOOD &&
	                   count > memory.at))) {
		memory.failed = true;
		return true;
	}
	return false;
}

void *__wrap_malloc(size_t size)
{
	void *block = runs_out() ? NULL : __real_malloc(size);

	memory.blocks += block != NULL;
	return block;
}

void *__wrap_calloc(size_t n, size_t size)
{
	void *block = runs_out() ? NULL : __real_calloc(n, size);

	memory.blocks += block != NULL;
	return block;
}

void *__wrap_realloc(void *old, size_t size)
{
	void *block = runs_out() ? NULL : __real_realloc(old, size);

	memory.blocks += block != NULL && old == NULL;
	return block;
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
	void *block = runs_out() ? NULL : __real_aligned_alloc(alignment, size);

	memory.blocks += block != NULL;
	return block;
}

int __wrap_posix_memalign(void **out, size_t alignment, size_t size)
{
	int code = runs_out() ? ENOMEM
	                      : __real_posix_memalign(out, alignment, size);

	memory.blocks += code == 0;
	return code;
}

void __wrap_free(void *block)
{
	memory.blocks -= block != NULL;
	__real_free(block);
}

/* SQLite wants to know sizes: kept in front of each block. */
union header {
	size_t size;
	max_align_t align;
};

static void *foreign_malloc(size_t size)
{
	memory.foreign = true;
	void *block = __wrap_malloc(size);

	memory.foreign = false;
	return block;
}

static void *sqlite_malloc(int size)
{
	union header *block = foreign_malloc((size_t)size + sizeof *block);

	if (!block)
		return NULL;
	block->size = (size_t)size;
	return block + 1;
}

static void sqlite_free(void *block)
{
	if (block)
		__wrap_free((union header *)block - 1);
}

static void *sqlite_realloc(void *old, int size)
{
	memory.foreign = true;
	union header *block = __wrap_realloc((union header *)old - 1,
	                                     (size_t)size + sizeof *block);

	memory.foreign = false;
	if (!block)
		return NULL;
	block->size = (size_t)size;
	return block + 1;
}

static int sqlite_size(void *block)
{
	return block ? (int)((union header *)block - 1)->size : 0;
}

static int sqlite_round(int size)
{
	return (size + 7) & ~7;
}

static int sqlite_init(void *arg)
{
	(void)arg;
	return SQLITE_OK;
}

static void sqlite_shutdown(void *arg)
{
	(void)arg;
}

void mr_badmemory_install(void)
{
	static bool done;
	sqlite3_mem_methods methods = {
		sqlite_malloc, sqlite_free, sqlite_realloc,  sqlite_size,
		sqlite_round,  sqlite_init, sqlite_shutdown, NULL};

	if (done)
		return;
	if (sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) != SQLITE_OK)
		abort(); /* something of SQLite was used before */
	json_set_alloc_funcs(foreign_malloc, __wrap_free);
	done = true;
}

void mr_badmemory_arm(uint64_t at, unsigned how)
{
	memory.at = at;
	memory.how = how;
	memory.count = 0;
	memory.failed = false;
	memory.armed = true;
}

bool mr_badmemory_disarm(void)
{
	memory.armed = false;
	return memory.failed;
}

uint64_t mr_badmemory_count(void)
{
	return memory.count;
}

long mr_badmemory_blocks(void)
{
	return memory.blocks;
}
