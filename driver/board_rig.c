/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * rig: several instruments as one array: a source, a meter where it is another
 * unit, and a switch matrix that connects the cells, as a file says. All of
 * them are opened, or none is left open.
 */
#include "backends.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rigfile.h"
#include "smu_bench.h"

static_assert(RIG_CHANNEL_MAX == BENCH_CHANNEL_MAX, "one room for channels");

/* What stands before the colon of a role's URI. */
static int kind_of(enum rig_role role, const char *driver, enum smu_kind *kind,
                   struct mr_errtext *err)
{
	static const unsigned takes[RIG_ROLES] = {
		[RIG_SOURCE] = 1u << SMU_KIND_SMU,
		[RIG_METER] = 1u << SMU_KIND_SMU | 1u << SMU_KIND_METER,
		[RIG_ROUTER] = 1u << SMU_KIND_ROUTER};

	for (int k = 0; k < SMU_KINDS; k++) {
		*kind = (enum smu_kind)k;
		if (takes[role] & 1u << k &&
		    strcmp(driver, mr__unit_kind_name(*kind)) == 0)
			return MR_OK;
	}
	return mr_errtext_set(err, MR_ERR_USAGE,
	                      "'%.40s' is no %s: its URI begins with %s", driver,
	                      mr__rig_role_name(role),
	                      role == RIG_SOURCE  ? "smu+"
	                      : role == RIG_METER ? "smu+ or meter+"
	                                          : "router+");
}

static int open_uri(struct mr_uri *uri, const struct mr_open_options *options,
                    enum rig_role role, const char *text, struct smu *out,
                    struct mr_errtext *err)
{
	enum smu_kind kind = SMU_KIND_SMU;
	int rc = mr_uri_parse(uri, text, err);

	if (!rc)
		rc = kind_of(role, uri->driver, &kind, err);
	if (!rc)
		rc = mr__unit_open(uri, options, kind, out, err);
	return rc ? rc : mr_uri_finish(uri, err);
}

static int open_part(const struct rig_file *f,
                     const struct mr_open_options *options, enum rig_role role,
                     struct smu *out, struct mr_errtext *err)
{
	const struct rig_part *part = &f->part[role];
	struct mr_errtext why = {""};
	struct mr_uri *uri;
	int rc;

	if (!part->uri[0])
		return MR_OK;
	uri = malloc(sizeof *uri);
	if (!uri)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	rc = open_uri(uri, options, role, part->uri, out, &why);
	free(uri);
	if (rc)
		return mr_errtext_set(err, rc, "%s:%d: [%s] %s", f->path,
		                      part->line, mr__rig_role_name(role),
		                      why.text);
	return MR_OK;
}

/* HI on the column that is the array's row, LO on the one that is its column. */
static int by_lines(const struct bench *b, const struct rig_file *f,
                    uint32_t row, uint32_t col, char out[BENCH_CHANNEL_MAX],
                    struct mr_errtext *err)
{
	const struct smu_profile *p = &b->router.profile;
	char hi[BENCH_CHANNEL_MAX], lo[BENCH_CHANNEL_MAX];
	int rc = mr__bench_channel(p, (uint32_t)(f->hi - 'A'), row, hi, err);

	if (!rc)
		rc = mr__bench_channel(p, (uint32_t)(f->lo - 'A'),
		                       f->rows + col, lo, err);
	if (!rc && snprintf(out, BENCH_CHANNEL_MAX, "%s,%s", hi, lo) >=
	                   BENCH_CHANNEL_MAX)
		rc = mr_errtext_set(err, MR_ERR_RANGE,
		                    "names of channels are too long");
	return rc;
}

static int own_scheme(const struct bench *b, const struct rig_file *f, size_t i,
                      char out[BENCH_CHANNEL_MAX], struct mr_errtext *err)
{
	uint32_t row = (uint32_t)i / f->cols, col = (uint32_t)i % f->cols;

	return f->hi ? by_lines(b, f, row, col, out, err)
	             : mr__bench_channel(&b->router.profile, row, col, out, err);
}

/* What the file names; the rest by the matrix's own scheme. */
static int map_cells(struct bench *b, const struct rig_file *f,
                     struct mr_errtext *err)
{
	size_t n = (size_t)f->rows * f->cols;
	struct mr_errtext why = {""};
	int rc = MR_OK;

	if (!b->router.pipe)
		return MR_OK;
	b->channels = calloc(n, sizeof *b->channels);
	if (!b->channels)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	for (uint32_t i = 0; i < f->n_map; i++) {
		const struct rig_entry *e = &f->map[i];

		memcpy(b->channels[(size_t)e->row * f->cols + e->col],
		       e->channel, sizeof e->channel);
	}
	for (size_t i = 0; i < n && !rc; i++)
		if (!b->channels[i][0])
			rc = own_scheme(b, f, i, b->channels[i], &why);
	return rc ? mr_errtext_set(err, rc, "%s: %s", f->path, why.text) : MR_OK;
}

static int check_limits(const struct bench *b, const struct rig_file *f,
                        struct mr_errtext *err)
{
	if (f->i_max_A > 0 && f->i_max_A < b->source.profile.i_min_A)
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "%s: i_max_A = %g: a %s limits to %g A and "
		                      "more",
		                      f->path, f->i_max_A, b->source.profile.title,
		                      b->source.profile.i_min_A);
	return MR_OK;
}

static int assemble(struct bench *b, const struct rig_file *f,
                    const struct mr_open_options *options,
                    struct mr_errtext *err)
{
	struct smu *const units[RIG_ROLES] = {[RIG_SOURCE] = &b->source,
	                                      [RIG_METER] = &b->meter,
	                                      [RIG_ROUTER] = &b->router};
	int rc = MR_OK;

	b->rows = f->rows;
	b->cols = f->cols;
	b->v_max_V = f->v_max_V;
	b->i_max_A = f->i_max_A;
	b->meter_sign = f->meter_sign;
	memcpy(b->ground, f->ground, sizeof b->ground);
	for (int r = 0; r < RIG_ROLES && !rc; r++)
		rc = open_part(f, options, (enum rig_role)r, units[r], err);
	if (!rc)
		rc = check_limits(b, f, err);
	return rc ? rc : map_cells(b, f, err);
}

static int rig_open(struct mr_uri *uri, const struct mr_open_options *options,
                    void **self, struct mr_errtext *err)
{
	struct bench *b = calloc(1, sizeof *b);
	struct rig_file f = {.rows = 0};
	struct mr_errtext ignored = {""};
	int rc;

	if (!b)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	(void)snprintf(b->driver, sizeof b->driver, "rig");
	rc = uri->transport[0]
	             ? mr_errtext_set(err, MR_ERR_USAGE,
	                              "a rig is a file, rig:FILE; how each "
	                              "instrument is reached stands in it")
	             : mr__device_type_take(uri, &b->type, err);
	if (!rc)
		rc = mr__rig_load(uri->address, &f, err);
	if (!rc)
		rc = assemble(b, &f, options, err);
	mr__rig_free(&f);
	if (rc) {
		(void)mr__bench_close(b, &ignored);
		return rc;
	}
	mr__bench_start(b);
	*self = b;
	return MR_OK;
}

const struct mr_backend mr__backend_rig = {
	.name = "rig",
	.summary = "instruments that a file names, as one array: rig:FILE"
		   "[?device=MODEL...]",
	.open = rig_open,
	.describe = mr__bench_describe,
	.submit = mr__bench_submit,
	.close = mr__bench_close,
	.resync = mr__bench_resync,
	.watch_wire = mr__bench_watch_wire,
};
