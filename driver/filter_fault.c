/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Faults on purpose, seeded and counted: the k-th operation, or each with a
 * probability, fails before it is sent or has an unknown outcome after it. */
#include "filters.h"

#include <stdlib.h>
#include <string.h>

#include "memrig/random.h"

struct fault {
	struct mr_stage inner;
	uint64_t at;    /* 1-based operation that fails; 0 = none */
	double rate;
	uint64_t seed;
	int error;      /* MR_ERR_IO, MR_ERR_TIMEOUT or MR_ERR_OUTCOME */
	uint64_t count; /* operations so far */
};

static int take_error(struct mr_uri *uri, struct fault *f,
                      struct mr_errtext *err)
{
	const char *name = mr_uri_take(uri, "fault.error");

	f->error = name ? mr_error_of_name(name) : MR_ERR_IO;
	if (f->error == MR_ERR_IO || f->error == MR_ERR_TIMEOUT ||
	    f->error == MR_ERR_OUTCOME)
		return MR_OK;
	return mr_errtext_set(err, MR_ERR_USAGE,
	                      "key 'fault.error=%s': must be io, timeout or "
	                      "outcome",
	                      name);
}

static int fault_wrap(struct mr_uri *uri, struct mr_stage inner,
                      const struct mr_description *desc, void **self,
                      struct mr_errtext *err)
{
	struct fault *f = calloc(1, sizeof *f);

	(void)desc;
	if (!f)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	f->inner = inner;
	int rc = mr_uri_take_u64(uri, "fault.at", 1, UINT64_MAX, &f->at, err);

	if (!rc)
		rc = mr_uri_take_double(uri, "fault.rate", 0, 1, &f->rate, err);
	if (!rc)
		rc = mr_uri_take_u64(uri, "fault.seed", 0, UINT64_MAX, &f->seed,
		                     err);
	if (!rc)
		rc = take_error(uri, f, err);
	if (rc) {
		free(f);
		return rc;
	}
	*self = f;
	return MR_OK;
}

static bool hits(struct fault *f)
{
	struct mr_address at = {.purpose = MR_PURPOSE_FAULT,
	                        .event = ++f->count};

	if (f->count == f->at)
		return true;
	return f->rate > 0 && mr_random_uniform(f->seed, at) <= f->rate;
}

static int hit(struct fault *f, struct mr_op *op, const struct mr_run *run)
{
	size_t done;
	int rc = MR_OK;

	if (f->error == MR_ERR_OUTCOME)
		rc = f->inner.type->submit(f->inner.self, op, 1, run, &done);
	if (rc)
		return rc;
	op->outcome.status |= f->error == MR_ERR_OUTCOME ? MR_STATUS_UNKNOWN
	                                                 : 0;
	return mr_errtext_set(run->err, f->error,
	                      "fault injected into operation %llu (fault.*)",
	                      (unsigned long long)f->count);
}

static int fault_submit(void *self, struct mr_op *ops, size_t n,
                        const struct mr_run *run, size_t *n_done)
{
	struct fault *f = self;
	int rc = MR_OK;

	*n_done = 0;
	while (*n_done < n && !rc) {
		size_t done;
		struct mr_op *op = &ops[*n_done];

		if (*n_done)
			op->outcome.t_begin_ns = op->outcome.t_end_ns =
				ops[*n_done - 1].outcome.t_end_ns;
		rc = hits(f) ? hit(f, op, run)
		                : f->inner.type->submit(f->inner.self, op, 1,
		                                        run, &done);
		*n_done += rc == MR_OK;
	}
	return rc;
}

static int fault_describe(void *self, struct mr_description *out,
                          struct mr_errtext *err)
{
	struct fault *f = self;

	return f->inner.type->describe(f->inner.self, out, err);
}

static int fault_close(void *self, struct mr_errtext *err)
{
	struct fault *f = self;
	int rc = f->inner.type->close(f->inner.self, err);

	free(f);
	return rc;
}

static const char *const keys[] = {"fault.at", "fault.rate", "fault.seed",
                                   "fault.error", NULL};

const struct mr_filter mr__filter_fault = {
	.name = "fault",
	.summary = "faults on purpose: fault.at, fault.rate, fault.seed, "
		   "fault.error=io|timeout|outcome",
	.keys = keys,
	.waist = {.name = "fault",
	          .describe = fault_describe,
	          .submit = fault_submit,
	          .close = fault_close},
	.wrap = fault_wrap,
};
