/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Calibrations as text: sections [board], [line] and [inl]. */
#include "calibration.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "inifile.h"

#define ANY 1e300 /* of a finite number */

/* Numbers of [line], by name; all are needed. */
static const struct {
	const char *name;
	size_t offset; /* of a double */
	double min;
	double max;
} reals[] = {
	{"gain", offsetof(struct mr_calibration, gain), 1e-12, 1e12},
	{"gain_se", offsetof(struct mr_calibration, gain_se), 0, ANY},
	{"offset_A", offsetof(struct mr_calibration, offset_A), -1e3, 1e3},
	{"offset_se_A", offsetof(struct mr_calibration, offset_se_A), 0, ANY},
	{"covariance_A", offsetof(struct mr_calibration, covariance_A), -ANY,
         ANY},
	{"least_A", offsetof(struct mr_calibration, least_A), -1e3, 1e3},
	{"greatest_A", offsetof(struct mr_calibration, greatest_A), -1e3, 1e3},
	{"chi2", offsetof(struct mr_calibration, chi2), -1, ANY},
};

static const struct {
	const char *section;
	const char *name;
	size_t offset; /* of a uint32_t */
} wholes[] = {
	{"board", "rows", offsetof(struct mr_calibration, rows)},
	{"board", "cols", offsetof(struct mr_calibration, cols)},
	{"line", "dof", offsetof(struct mr_calibration, dof)},
	{"line", "references", offsetof(struct mr_calibration, n_references)},
	{"line", "points", offsetof(struct mr_calibration, n_points)},
};

/* What else must be there, in the bits behind the numbers'. */
static const char *const others[] = {"driver", "identity", "board", "made_ns",
                                     "inl_applies"};

#define N_REALS (sizeof reals / sizeof reals[0])
#define N_WHOLES (sizeof wholes / sizeof wholes[0])
#define N_OTHERS (sizeof others / sizeof others[0])

/* ---- writing ------------------------------------------------------------- */

void mr_calibration_write(const struct mr_calibration *c, FILE *to)
{
	fprintf(to,
	        "# Calibration %s of a board's current meter, by memrig "
	        "calibrate.\n"
	        "# reported = offset + gain * true current; _se = standard "
	        "error.\n"
	        "[board]\ndriver = %s\nidentity = %s\nboard = %016" PRIx64
	        "\nrows = %" PRIu32 "\ncols = %" PRIu32 "\n\n[line]\n"
	        "made_ns = %" PRId64 "\n",
	        c->id, c->driver, c->identity, c->board, c->rows, c->cols,
	        c->made_wall_ns);
	for (size_t k = 0; k < N_REALS; k++) {
		const char *at = (const char *)c + reals[k].offset;
		double x;

		memcpy(&x, at, sizeof x);
		/* -1 = the errors of points are unknown */
		fprintf(to, "%s = %.17g\n", reals[k].name,
		        isfinite(x) ? x : -1.0);
	}
	fprintf(to,
	        "dof = %" PRIu32 "\nreferences = %" PRIu32 "\npoints = %" PRIu32
	        "\ninl_applies = %s\n",
	        c->dof, c->n_references, c->n_points,
	        c->inl_applies ? "yes" : "no");
	if (c->n_levels)
		fprintf(to, "\n# reported current, what is left over, its "
		            "standard error, all in A\n[inl]\n");
	for (uint32_t k = 0; k < c->n_levels; k++)
		fprintf(to, "%" PRIu32 " = %.17g %.17g %.17g\n", k + 1,
		        c->levels[k].raw_A, c->levels[k].residual_A,
		        c->levels[k].se_A);
}

/* ---- reading ------------------------------------------------------------- */

struct reading {
	struct mr_calibration *to;
	uint32_t seen; /* bits: reals, wholes, others */
};

static int see(struct reading *r, size_t bit, const char *name,
               struct mr_errtext *why)
{
	if (r->seen & 1u << bit)
		return mr_errtext_set(why, MR_ERR_FORMAT, "'%.40s' is there twice",
		                      name);
	r->seen |= 1u << bit;
	return MR_OK;
}

static int take_whole(struct reading *r, size_t k, const char *value,
                      struct mr_errtext *why)
{
	double x = 0;
	uint32_t whole;
	int code = mr__ini_number(wholes[k].name, value, 0, 4294967295.0, &x,
	                          why);

	if (!code && x != floor(x))
		code = mr__ini_wrong(why, wholes[k].name, value,
		                     "must be a whole number");
	if (code)
		return code;
	whole = (uint32_t)x;
	memcpy((char *)r->to + wholes[k].offset, &whole, sizeof whole);
	return see(r, N_REALS + k, wholes[k].name, why);
}

static int take_hash(const char *value, uint64_t *out, struct mr_errtext *why)
{
	if (strlen(value) != 16 ||
	    strspn(value, "0123456789abcdef") != strlen(value))
		return mr__ini_wrong(why, "board", value,
		                     "must be 16 hexadecimal digits");
	*out = strtoull(value, NULL, 16);
	return MR_OK;
}

static int take_text(const char *name, const char *value, char *out, size_t size,
                     struct mr_errtext *why)
{
	if (strlen(value) >= size)
		return mr__ini_wrong(why, name, value, "is too long");
	memcpy(out, value, strlen(value) + 1);
	return MR_OK;
}

static int take_time(const char *value, int64_t *out, struct mr_errtext *why)
{
	char *end;

	errno = 0;
	*out = strtoll(value, &end, 10);
	if (errno || end == value || *end)
		return mr__ini_wrong(why, "made_ns", value,
		                     "must be a whole number");
	return MR_OK;
}

static int take_other(struct reading *r, size_t k, const char *value,
                      struct mr_errtext *why)
{
	struct mr_calibration *c = r->to;
	int code;

	switch (k) {
	case 0:
		code = take_text("driver", value, c->driver, sizeof c->driver,
		                 why);
		break;
	case 1:
		code = take_text("identity", value, c->identity,
		                 sizeof c->identity, why);
		break;
	case 2:
		code = take_hash(value, &c->board, why);
		break;
	case 3:
		code = take_time(value, &c->made_wall_ns, why);
		break;
	default:
		c->inl_applies = strcmp(value, "yes") == 0;
		code = c->inl_applies || strcmp(value, "no") == 0
		               ? MR_OK
		               : mr__ini_wrong(why, others[k], value,
		                               "must be yes or no");
		break;
	}
	return code ? code : see(r, N_REALS + N_WHOLES + k, others[k], why);
}

static int take_level(struct reading *r, const char *name, const char *value,
                      struct mr_errtext *why)
{
	struct mr_calibration_level *l = &r->to->levels[r->to->n_levels];
	double *x[] = {&l->raw_A, &l->residual_A, &l->se_A};
	char wanted[16];
	const char *at = value;

	(void)snprintf(wanted, sizeof wanted, "%" PRIu32, r->to->n_levels + 1);
	if (r->to->n_levels == MR_CALIBRATION_LEVELS_MAX ||
	    strcmp(name, wanted) != 0)
		return mr_errtext_set(why, MR_ERR_FORMAT,
		                      "level '%.20s': levels are numbered 1, 2, .. "
		                      "up to %d",
		                      name, MR_CALIBRATION_LEVELS_MAX);
	for (size_t k = 0; k < 3; k++) {
		char *end;

		*x[k] = strtod(at, &end);
		if (end == at || !isfinite(*x[k]) || fabs(*x[k]) > 1e3 ||
		    (*end && *end != ' '))
			return mr__ini_wrong(why, name, value,
			                     "must be three numbers in A: "
			                     "reported, residual, its error");
		at = end;
	}
	if (*at)
		return mr__ini_wrong(why, name, value,
		                     "must be three numbers in A");
	r->to->n_levels++;
	return MR_OK;
}

static int take_entry(void *user, int line, const char *section,
                      const char *name, const char *value,
                      struct mr_errtext *why)
{
	struct reading *r = user;
	double x = 0;

	(void)line;
	if (strcmp(section, "inl") == 0)
		return take_level(r, name, value, why);
	for (size_t k = 0; k < N_REALS; k++) {
		if (strcmp(section, "line") != 0 ||
		    strcmp(name, reals[k].name) != 0)
			continue;
		int code = mr__ini_number(name, value, reals[k].min,
		                          reals[k].max, &x, why);

		if (code)
			return code;
		memcpy((char *)r->to + reals[k].offset, &x, sizeof x);
		return see(r, k, name, why);
	}
	for (size_t k = 0; k < N_WHOLES; k++)
		if (strcmp(section, wholes[k].section) == 0 &&
		    strcmp(name, wholes[k].name) == 0)
			return take_whole(r, k, value, why);
	for (size_t k = 0; k < N_OTHERS; k++)
		if (strcmp(section, k < 3 ? "board" : "line") == 0 &&
		    strcmp(name, others[k]) == 0)
			return take_other(r, k, value, why);
	return mr_errtext_set(why, MR_ERR_FORMAT,
	                      "[%.20s] %.40s is no entry of a calibration; it has "
	                      "sections board, line and inl",
	                      section, name);
}

static const char *missing(const struct reading *r)
{
	for (size_t k = 0; k < N_REALS; k++)
		if (!(r->seen & 1u << k))
			return reals[k].name;
	for (size_t k = 0; k < N_WHOLES; k++)
		if (!(r->seen & 1u << (N_REALS + k)))
			return wholes[k].name;
	for (size_t k = 0; k < N_OTHERS; k++)
		if (!(r->seen & 1u << (N_REALS + N_WHOLES + k)))
			return others[k];
	return NULL;
}

int mr_calibration_read(const char *path, struct mr_calibration *out,
                        struct mr_errtext *err)
{
	struct reading r = {.to = out};
	struct mr_errtext why = {""};
	int code;

	*out = (struct mr_calibration){0};
	code = mr__ini_read("calibration", path, take_entry, &r, err);
	if (code)
		return code;
	if (missing(&r))
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: '%s' is missing; is it a calibration "
		                      "that memrig calibrate wrote?",
		                      path, missing(&r));
	out->chi2 = out->chi2 < 0 ? NAN : out->chi2;
	code = mr_calibration_settle(out, NULL, &why);
	return code ? mr_errtext_set(err, code, "%s: %.400s", path, why.text)
	            : MR_OK;
}
