/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The emulated chip as one block of bytes, for checkpoints and state files:
 * a header (magic, version, byte order, model, shape, seed, time, parameters),
 * the model's table if it has one, the columns, and a checksum (FNV-1a, 64 bits) over all of it.
 */
#include "crossbar.h"

#include <errno.h>
#include <fcntl.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC "MRSTATE"
#define VERSION 2u
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
	uint32_t noise_kind;
	uint32_t defects; /* 1: there is a column of them */
	uint32_t table_size; /* of the model's table; 0 = none */
	double adc_range_A;
	double params[MR_PARAMS_MAX];
};

/* One column of the state: where it is and how long. */
struct column {
	void *data;
	size_t size;
};

#define COLUMNS_MAX 16
#define COLUMNS_ALWAYS 8

/* Returns how many. */
static size_t list_columns(const struct crossbar *x,
                           struct column out[COLUMNS_MAX])
{
	const struct flicker *f = &x->flicker;
	size_t n = x->n_cells;
	size_t count = 0;
	const struct column all[COLUMNS_ALWAYS] = {
		{x->c.g_S, n * sizeof(float)},
		{x->c.memory, n * sizeof(float)},
		{x->c.nu, n * sizeof(float)},
		{x->c.t_p_ns, n * sizeof(int64_t)},
		{x->pulses, n * sizeof(uint64_t)},
		{x->reads, n * sizeof(uint64_t)},
		{x->row_drives, x->rows * sizeof(uint64_t)},
		{x->col_drives, x->cols * sizeof(uint64_t)},
	};

	if (x->table) /* first, so that it is aligned */
		out[count++] = (struct column){x->table, x->table_size};
	memcpy(out + count, all, sizeof all);
	count += COLUMNS_ALWAYS;
	if (x->noise_asked == NOISE_FLICKER) {
		out[count++] = (struct column){
			f->x, n * FLICKER_STATES * sizeof(float)};
		out[count++] =
			(struct column){f->seen_ns, n * sizeof(int64_t)};
		out[count++] = (struct column){f->kept, n};
		out[count++] = (struct column){f->idle, n};
		out[count++] =
			(struct column){f->events, n * sizeof(uint64_t)};
	}
	if (x->defect)
		out[count++] = (struct column){x->defect, n};
	return count;
}

static uint64_t checksum(const unsigned char *data, size_t size)
{
	uint64_t h = FNV_BASIS;

	for (size_t i = 0; i < size; i++)
		h = (h ^ data[i]) * FNV_PRIME;
	return h;
}

static size_t blob_size(const struct header *h)
{
	size_t n = (size_t)h->rows * h->cols;
	size_t per_cell = 3 * sizeof(float) + sizeof(int64_t) +
	                  2 * sizeof(uint64_t);

	if (h->noise_kind == NOISE_FLICKER)
		per_cell += FLICKER_STATES * sizeof(float) + sizeof(int64_t) +
		            2 + sizeof(uint64_t);
	per_cell += h->defects;
	return sizeof(struct header) + h->table_size + n * per_cell +
	       ((size_t)h->rows + h->cols) * sizeof(uint64_t) +
	       sizeof(uint64_t);
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
	                   .n_params = x->model->n_params,
	                   .noise_kind = x->noise_asked,
	                   .defects = x->defect != NULL,
	                   .table_size = (uint32_t)x->table_size,
	                   .adc_range_A = x->periphery.adc_range_A};

	(void)snprintf(h.model, sizeof h.model, "%s", x->model->name);
	memcpy(h.params, x->p, x->model->n_params * sizeof(double));
	return h;
}

int mr__state_pack(const struct crossbar *x, struct mr_blob *out,
                   struct mr_errtext *err)
{
	struct header h = make_header(x);
	size_t size = blob_size(&h);
	unsigned char *data = malloc(size);
	struct column columns[COLUMNS_MAX];
	size_t n = list_columns(x, columns);
	size_t at = sizeof h;

	if (!data)
		return mr_errtext_set(err, MR_ERR_NOMEM,
		                      "out of memory for a snapshot");
	memcpy(data, &h, sizeof h);
	for (size_t i = 0; i < n; i++) {
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
	    h->noise_kind > NOISE_FLICKER || h->defects > 1 ||
	    h->model[sizeof h->model - 1] || !(h->adc_range_A >= 0) ||
	    !isfinite(h->adc_range_A) || h->t_ns < 0 ||
	    h->t_ns > TIME_MAX_NS || blob->size != blob_size(h))
		return bad(name, "is cut off or has a damaged header", err);
	memcpy(&sum, (const unsigned char *)blob->data + blob->size - sizeof sum,
	       sizeof sum);
	if (sum != checksum(blob->data, blob->size - sizeof sum))
		return bad(name, "is damaged (wrong checksum)", err);
	return MR_OK;
}

int mr__state_peek(const struct mr_blob *blob, const char *name, char *model,
                   size_t model_size, uint32_t *rows, uint32_t *cols,
                   uint32_t *noise_kind, double *params,
                   struct mr_errtext *err)
{
	struct header h = {0};
	int rc = read_header(blob, name, &h, err);

	if (rc)
		return rc;
	(void)snprintf(model, model_size, "%s", h.model);
	*rows = h.rows;
	*cols = h.cols;
	*noise_kind = h.noise_kind;
	memcpy(params, h.params, h.n_params * sizeof(double));
	return MR_OK;
}

/* A chip keeps its table: that of the state must be the one that was asked
 * for, if any was. */
static int adopt_table(struct crossbar *x, const struct mr_blob *blob,
                       size_t size, const char *name, struct mr_errtext *err)
{
	const unsigned char *bytes = blob->data;

	bytes += sizeof(struct header);
	if (x->table && (size != x->table_size ||
	                 memcmp(bytes, x->table, size) != 0))
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s was made with another table than the "
		                      "one of key 'table'",
		                      name);
	if (x->table || (!size && !x->model->table_load))
		return MR_OK;
	void *copy = malloc(size ? size : 1);

	if (!copy)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	memcpy(copy, bytes, size);
	if (!x->model->table_check || !x->model->table_check(copy, size)) {
		free(copy);
		return bad(name, "holds no table that fits its model", err);
	}
	x->table = copy;
	x->table_size = size;
	x->c.table = copy;
	return MR_OK;
}

/* The column of defects comes and goes with the state. */
static int make_room(struct crossbar *x, bool defects)
{
	uint8_t *column = defects ? calloc(x->n_cells, 1) : NULL;

	if (defects && !column)
		return MR_ERR_NOMEM;
	free(x->defect);
	x->defect = column;
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

static bool times_within(const unsigned char *from, size_t n, int64_t least_ns,
                         int64_t most_ns)
{
	for (size_t i = 0; i < n; i++) {
		int64_t at_ns;

		memcpy(&at_ns, from + i * sizeof at_ns, sizeof at_ns);
		if (at_ns < least_ns || at_ns > most_ns)
			return false;
	}
	return true;
}

static bool all_finite(const unsigned char *from, size_t n, float least)
{
	for (size_t i = 0; i < n; i++) {
		float value;

		memcpy(&value, from + i * sizeof value, sizeof value);
		if (!isfinite(value) || value < least)
			return false;
	}
	return true;
}

static bool all_at_most(const unsigned char *from, size_t n, unsigned most)
{
	for (size_t i = 0; i < n; i++)
		if (from[i] > most)
			return false;
	return true;
}

/* Models, ladder and clock rely on this much of every cell. The ladder starts
 * before a cell's age 0. */
static bool check_cells(const struct header *h, const unsigned char *from)
{
	size_t n = (size_t)h->rows * h->cols;
	const unsigned char *nu = from + 2 * n * sizeof(float);
	const unsigned char *t_p = nu + n * sizeof(float);
	const unsigned char *at = t_p + n * sizeof(int64_t) +
	                          2 * n * sizeof(uint64_t) +
	                          ((size_t)h->rows + h->cols) *
	                                  sizeof(uint64_t);

	if (!all_finite(from, n, 0) ||
	    !all_finite(from + n * sizeof(float), 2 * n, -FLT_MAX) ||
	    !times_within(t_p, n, 0, h->t_ns))
		return false;
	if (h->noise_kind == NOISE_FLICKER) {
		const unsigned char *seen =
			at + n * FLICKER_STATES * sizeof(float);
		const unsigned char *kept = seen + n * sizeof(int64_t);

		if (!all_finite(at, n * FLICKER_STATES, -FLT_MAX) ||
		    !times_within(seen, n, -TIME_MAX_NS, h->t_ns) ||
		    !all_at_most(kept, 2 * n, FLICKER_STATES))
			return false;
		at = kept + 2 * n + n * sizeof(uint64_t);
	}
	return !h->defects || all_at_most(at, n, DEFECT_MISSING);
}

int mr__state_unpack(struct crossbar *x, const struct mr_blob *blob,
                     const char *name, struct mr_errtext *err)
{
	struct header h = {.version = VERSION};
	struct column columns[COLUMNS_MAX];
	size_t at = sizeof h;
	int rc = read_header(blob, name, &h, err);

	if (rc)
		return rc;
	if (h.noise_kind != (uint32_t)x->noise_asked)
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s was made with another kind of noise",
		                      name);
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
	if (!check_cells(&h, (const unsigned char *)blob->data + at +
	                             h.table_size))
		return bad(name, "holds a cell that cannot be", err);
	rc = adopt_table(x, blob, h.table_size, name, err);
	if (rc)
		return rc;
	if (make_room(x, h.defects))
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	memcpy(x->p, h.params, h.n_params * sizeof(double));
	x->seed = h.seed;
	x->t_ns = h.t_ns;
	x->periphery.adc_range_A = h.adc_range_A;
	size_t n = list_columns(x, columns);

	for (size_t i = 0; i < n; i++) {
		memcpy(columns[i].data, (const unsigned char *)blob->data + at,
		       columns[i].size);
		at += columns[i].size;
	}
	mr__aging_touch_all(x);
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
