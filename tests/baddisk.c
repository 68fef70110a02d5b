/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The bad disk: each method counts and hands on to the real file. */
#include "baddisk.h"

#include <signal.h>
#include <sqlite3.h>
#include <stddef.h>

struct file {
	sqlite3_file base;
	sqlite3_file *real; /* behind this record */
};

/* SQLite hands no argument to a VFS method that a test could set. */
static struct {
	sqlite3_vfs vfs;
	sqlite3_vfs *real;
	unsigned steps;
	uint64_t at;
	uint64_t count;
	bool kill;
	bool failed;
} disk;

static bool fails(unsigned step)
{
	if (!(disk.steps & step) || disk.at == 0)
		return false;
	disk.count++;
	if (disk.count < disk.at)
		return false;
	if (disk.kill)
		(void)raise(SIGKILL);
	disk.failed = true;
	return true;
}

static sqlite3_file *real_of(sqlite3_file *file)
{
	return ((struct file *)file)->real;
}

/* ---- files --------------------------------------------------------------- */

static int disk_close(sqlite3_file *file)
{
	sqlite3_file *real = real_of(file);

	return real->pMethods ? real->pMethods->xClose(real) : SQLITE_OK;
}

static int disk_read(sqlite3_file *file, void *to, int n, sqlite3_int64 at)
{
	sqlite3_file *real = real_of(file);

	return fails(MR_DISK_READ) ? SQLITE_IOERR_READ
	                           : real->pMethods->xRead(real, to, n, at);
}

static int disk_write(sqlite3_file *file, const void *from, int n,
                      sqlite3_int64 at)
{
	sqlite3_file *real = real_of(file);

	if (fails(MR_DISK_WRITE)) {
		if (n > 1)
			(void)real->pMethods->xWrite(real, from, n / 2, at);
		return SQLITE_FULL;
	}
	return real->pMethods->xWrite(real, from, n, at);
}

static int disk_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	sqlite3_file *real = real_of(file);

	return fails(MR_DISK_WRITE) ? SQLITE_IOERR_TRUNCATE
	                            : real->pMethods->xTruncate(real, size);
}

static int disk_sync(sqlite3_file *file, int flags)
{
	(void)file;
	(void)flags;
	return fails(MR_DISK_SYNC) ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

static int disk_size(sqlite3_file *file, sqlite3_int64 *size)
{
	sqlite3_file *real = real_of(file);

	return real->pMethods->xFileSize(real, size);
}

static int disk_lock(sqlite3_file *file, int lock)
{
	sqlite3_file *real = real_of(file);

	return real->pMethods->xLock(real, lock);
}

static int disk_unlock(sqlite3_file *file, int lock)
{
	sqlite3_file *real = real_of(file);

	return real->pMethods->xUnlock(real, lock);
}

static int disk_reserved(sqlite3_file *file, int *out)
{
	sqlite3_file *real = real_of(file);

	return real->pMethods->xCheckReservedLock(real, out);
}

static int disk_control(sqlite3_file *file, int what, void *arg)
{
	sqlite3_file *real = real_of(file);

	return real->pMethods->xFileControl(real, what, arg);
}

static int disk_sector(sqlite3_file *file)
{
	sqlite3_file *real = real_of(file);

	return real->pMethods->xSectorSize(real);
}

static int disk_traits(sqlite3_file *file)
{
	sqlite3_file *real = real_of(file);

	return real->pMethods->xDeviceCharacteristics(real);
}

static int disk_map(sqlite3_file *file, int page, int size, int extend,
                    void volatile **out)
{
	sqlite3_file *real = real_of(file);

	return real->pMethods->xShmMap(real, page, size, extend, out);
}

static int disk_shm_lock(sqlite3_file *file, int at, int n, int flags)
{
	sqlite3_file *real = real_of(file);

	return real->pMethods->xShmLock(real, at, n, flags);
}

static void disk_barrier(sqlite3_file *file)
{
	sqlite3_file *real = real_of(file);

	real->pMethods->xShmBarrier(real);
}

static int disk_unmap(sqlite3_file *file, int remove)
{
	sqlite3_file *real = real_of(file);

	return real->pMethods->xShmUnmap(real, remove);
}

/* Version 2: with shared memory (WAL), without mapped reads. */
static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = disk_close,
	.xRead = disk_read,
	.xWrite = disk_write,
	.xTruncate = disk_truncate,
	.xSync = disk_sync,
	.xFileSize = disk_size,
	.xLock = disk_lock,
	.xUnlock = disk_unlock,
	.xCheckReservedLock = disk_reserved,
	.xFileControl = disk_control,
	.xSectorSize = disk_sector,
	.xDeviceCharacteristics = disk_traits,
	.xShmMap = disk_map,
	.xShmLock = disk_shm_lock,
	.xShmBarrier = disk_barrier,
	.xShmUnmap = disk_unmap,
};

/* ---- the disk ------------------------------------------------------------ */

static int disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *out,
                     int flags, int *out_flags)
{
	struct file *file = (struct file *)out;
	int code;

	(void)vfs;
	file->base.pMethods = NULL;
	file->real = (sqlite3_file *)(void *)(file + 1);
	if (fails(MR_DISK_OPEN))
		return SQLITE_CANTOPEN;
	code = disk.real->xOpen(disk.real, name, file->real, flags, out_flags);
	if (code == SQLITE_OK)
		file->base.pMethods = &methods;
	return code;
}

static int disk_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
	(void)vfs;
	(void)sync;
	return fails(MR_DISK_OPEN) ? SQLITE_IOERR_DELETE
	                           : disk.real->xDelete(disk.real, name, 0);
}

void mr_baddisk_install(void)
{
	if (disk.real)
		return;
	disk.real = sqlite3_vfs_find(NULL);
	disk.vfs = *disk.real;
	disk.vfs.pNext = NULL;
	disk.vfs.zName = "memrig-bad-disk";
	disk.vfs.szOsFile += (int)sizeof(struct file);
	disk.vfs.xOpen = disk_open;
	disk.vfs.xDelete = disk_delete;
	(void)sqlite3_vfs_register(&disk.vfs, 1);
}

void mr_baddisk_arm(unsigned steps, uint64_t at, bool kill)
{
	mr_baddisk_install();
	disk.steps = steps;
	disk.at = at;
	disk.kill = kill;
	disk.count = 0;
	disk.failed = false;
}

bool mr_baddisk_disarm(void)
{
	disk.at = 0;
	return disk.failed;
}
