/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The emulated chip as one block of bytes, for checkpoints and state files:
 * a header (magic, version, byte order, model, shape, seed, time, parameters),
 * the columns, and a checksum (FNV-1a, 64 bits) over all of it.
 */
#include "crossbar.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC "MRSTATE"
#define VERSION 1u
#define BYTE_ORDER_MARK 0x01020304u
#define FNV_BASIS UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)
#define FILE_MAX ((size_t)1 << 36)

struct header {
	char magic[8];
	uint32_t version;
	uint32_t byte_order;
	char model[24];
	uint32_t rows;
	uint32_t cols;
	uint64_t seed;
	int64_t t_ns;
	uint32_t n_params;
	uint32_t reserved;
	double params[MR_PARAMS_MAX];
};

/* One column of the state: where it is and how long. */
struct column {
	void *data;
	size_t size;
};

#define N_COLUMNS 8

static void list_columns(const struct crossbar *x,
                         struct column out[N_COLUMNS])
{
	size_t n = x->n_cells;
	const struct column all[N_COLUMNS] = {
		{x->c.g_S, n * sizeof(float)},
		{x->c.memory, n * sizeof(float)},
		{x->c.nu, n * sizeof(float)},
		{x->c.t_p_ns, n * sizeof(int64_t)},
		{x->pulses, n * sizeof(uint64_t)},
		{x->reads, n * sizeof(uint64_t)},
		{x->row_drives, x->rows * sizeof(uint64_t)},
		{x->col_drives, x->cols * sizeof(uint64_t)},
	};

	memcpy(out, all, sizeof all);
}

static uint64_t checksum(const unsigned char *data, size_t size)
{
	uint64_t h = FNV_BASIS;

	for (size_t i = 0; i < size; i++)
		h = (h ^ data[i]) * FNV_PRIME;
	return h;
}

static size_t blob_size(uint32_t rows, uint32_t cols)
{
	size_t n = (size_t)rows * cols;
	size_t per_cell = 3 * sizeof(float) + sizeof(int64_t) +
	                  2 * sizeof(uint64_t);

	return sizeof(struct header) + n * per_cell +
	       ((size_t)rows + cols) * sizeof(uint64_t) + sizeof(uint64_t);
}

static struct header make_header(const struct crossbar *x)
{
	struct header h = {.magic = MAGIC,
	                   .version = VERSION,
	                   .byte_order = BYTE_ORDER_MARK,
	                   .rows = x->rows,
	                   .cols = x->cols,
	                   .seed = x->seed,
	                   .t_ns = x->t_ns,
	                   .n_params = x->model->n_params};

	(void)snprintf(h.model, sizeof h.model, "%s", x->model->name);
	memcpy(h.params, x->p, x->model->n_params * sizeof(double));
	return h;
}

int mr__state_pack(const struct crossbar *x, struct mr_blob *out,
                   struct mr_errtext *err)
{
	size_t size = blob_size(x->rows, x->cols);
	unsigned char *data = malloc(size);
	struct header h = make_header(x);
	struct column columns[N_COLUMNS];
	size_t at = sizeof h;

	if (!data)
		return mr_errtext_set(err, MR_ERR_NOMEM,
		                      "out of memory for a snapshot");
	memcpy(data, &h, sizeof h);
	list_columns(x, columns);
	for (int i = 0; i < N_COLUMNS; i++) {
		memcpy(data + at, columns[i].data, columns[i].size);
		at += columns[i].size;
	}
	uint64_t sum = checksum(data, at);

	memcpy(data + at, &sum, sizeof sum);
	*out = (struct mr_blob){.data = data, .size = size};
	return MR_OK;
}

static int bad(const char *name, const char *what, struct mr_errtext *err)
{
	return mr_errtext_set(err, MR_ERR_FORMAT,
	                      "%s: %s; expected a memrig state of version %u",
	                      name, what, VERSION);
}

/* Sizes of what is larger would not fit either. */
static bool is_shape(uint32_t rows, uint32_t cols)
{
	return rows > 0 && cols > 0 && rows <= LINES_MAX &&
	       cols <= LINES_MAX && (uint64_t)rows * cols <= CELLS_MAX;
}

static int read_header(const struct mr_blob *blob, const char *name,
                       struct header *h, struct mr_errtext *err)
{
	uint64_t sum;

	if (blob->size < sizeof *h + sizeof sum)
		return bad(name, "too short", err);
	memcpy(h, blob->data, sizeof *h);
	if (memcmp(h->magic, MAGIC, sizeof h->magic) != 0)
		return bad(name, "is no memrig state", err);
	if (h->byte_order != BYTE_ORDER_MARK)
		return bad(name, "was written with another byte order", err);
	if (h->version != VERSION)
		return bad(name, "is of another version", err);
	if (!is_shape(h->rows, h->cols) || h->n_params > MR_PARAMS_MAX ||
	    h->model[sizeof h->model - 1] || h->t_ns < 0 ||
	    h->t_ns > TIME_MAX_NS ||
	    blob->size != blob_size(h->rows, h->cols))
		return bad(name, "is cut off or has a damaged header", err);
	memcpy(&sum, (const unsigned char *)blob->data + blob->size - sizeof sum,
	       sizeof sum);
	if (sum != checksum(blob->data, blob->size - sizeof sum))
		return bad(name, "is damaged (wrong checksum)", err);
	return MR_OK;
}

int mr__state_peek(const struct mr_blob *blob, const char *name, char *model,
                   size_t model_size, uint32_t *rows, uint32_t *cols,
                   double *params, struct mr_errtext *err)
{
	struct header h;
	int rc = read_header(blob, name, &h, err);

	if (rc)
		return rc;
	(void)snprintf(model, model_size, "%s", h.model);
	*rows = h.rows;
	*cols = h.cols;
	memcpy(params, h.params, h.n_params * sizeof(double));
	return MR_OK;
}

static int check_params(const struct mr_model *model, const double *p,
                        const char *name, struct mr_errtext *err)
{
	for (uint32_t i = 0; i < model->n_params; i++)
		if (!(p[i] >= model->params[i].min &&
		      p[i] <= model->params[i].max))
			return bad(name, "has a parameter outside its limits",
			           err);
	return model->check(p, err);
}

/* Models and the clock rely on this much of every cell. */
static bool check_cells(const struct crossbar *x, const struct header *h,
                        const unsigned char *from)
{
	const unsigned char *times = from + 3 * sizeof(float) * x->n_cells;

	for (size_t i = 0; i < (size_t)x->n_cells * 3; i++) {
		float value; /* of g_S, then memory, then nu */

		memcpy(&value, from + i * sizeof value, sizeof value);
		if (!isfinite(value) || (i < x->n_cells && value < 0))
			return false;
	}
	for (size_t i = 0; i < x->n_cells; i++) {
		int64_t t_p_ns;

		memcpy(&t_p_ns, times + i * sizeof t_p_ns, sizeof t_p_ns);
		if (t_p_ns < 0 || t_p_ns > h->t_ns)
			return false;
	}
	return true;
}

int mr__state_unpack(struct crossbar *x, const struct mr_blob *blob,
                     const char *name, struct mr_errtext *err)
{
	struct header h = {.version = VERSION};
	struct column columns[N_COLUMNS];
	size_t at = sizeof h;
	int rc = read_header(blob, name, &h, err);

	if (rc)
		return rc;
	if (strcmp(h.model, x->model->name) != 0 || h.rows != x->rows ||
	    h.cols != x->cols || h.n_params != x->model->n_params)
		return mr_errtext_set(
			err, MR_ERR_FORMAT,
			"%s holds a %s array of %ux%u; this is %s, %ux%u", name,
			h.model, h.rows, h.cols, x->model->name, x->rows,
			x->cols);
	rc = check_params(x->model, h.params, name, err);
	if (rc)
		return rc;
	if (!check_cells(x, &h, (const unsigned char *)blob->data + at))
		return bad(name, "holds a cell that cannot be", err);
	memcpy(x->p, h.params, h.n_params * sizeof(double));
	mr__crossbar_set_noise(x);
	x->seed = h.seed;
	x->t_ns = h.t_ns;
	list_columns(x, columns);
	for (int i = 0; i < N_COLUMNS; i++) {
		memcpy(columns[i].data, (const unsigned char *)blob->data + at,
		       columns[i].size);
		at += columns[i].size;
	}
	mr__crossbar_touch_all(x);
	return MR_OK;
}

static int io_error(const char *path, const char *what, struct mr_errtext *err)
{
	return mr_errtext_set(err, MR_ERR_IO, "state file %s: %s: %s", path,
	                      what, strerror(errno));
}

static int read_all(FILE *f, const char *path, size_t size,
                    struct mr_blob *out, struct mr_errtext *err)
{
	void *data = malloc(size ? size : 1);

	if (!data)
		return mr_errtext_set(err, MR_ERR_NOMEM,
		                      "state file %s: out of memory", path);
	if (fread(data, 1, size, f) != size) {
		int rc = io_error(path, "cannot read", err);

		free(data);
		return rc;
	}
	*out = (struct mr_blob){.data = data, .size = size};
	return MR_OK;
}

int mr__state_load(const char *path, struct mr_blob *out,
                   struct mr_errtext *err)
{
	struct stat st;
	FILE *f = fopen(path, "rb");
	int rc;

	*out = (struct mr_blob){0};
	if (!f)
		return errno == ENOENT ? MR_OK
		                       : io_error(path, "cannot open", err);
	if (fstat(fileno(f), &st) || !S_ISREG(st.st_mode) ||
	    (size_t)st.st_size > FILE_MAX)
		rc = mr_errtext_set(err, MR_ERR_FORMAT,
		                    "state file %s is no regular file of a "
		                    "sensible size",
		                    path);
	else
		rc = read_all(f, path, (size_t)st.st_size, out, err);
	(void)fclose(f);
	return rc;
}

static bool write_all(int fd, const unsigned char *data, size_t size)
{
	while (size) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data += n;
		size -= (size_t)n;
	}
	return fsync(fd) == 0;
}

/* Written beside the old file and renamed over it: never half a chip. */
int mr__state_save(const char *path, const struct mr_blob *blob,
                   struct mr_errtext *err)
{
	char tmp[4096];
	int n = snprintf(tmp, sizeof tmp, "%s.tmp", path);

	if (n < 0 || (size_t)n >= sizeof tmp)
		return mr_errtext_set(err, MR_ERR_IO, "state file name is too "
		                                      "long");
	int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC, 0666);

	if (fd < 0)
		return io_error(path, "cannot create a file beside it", err);
	bool written = write_all(fd, blob->data, blob->size);
	int saved = errno;

	if (close(fd) && written) {
		written = false;
		saved = errno;
	}
	if (written && rename(tmp, path) == 0)
		return MR_OK;
	if (!written)
		errno = saved;
	int rc = io_error(path, "cannot write; the old state is kept", err);

	(void)unlink(tmp);
	return rc;
}
