/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Jump tables: reading, checking, interpolating. */
#include "jumptable.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC 0x504d554au /* "JUMP" */
#define LINE_MAX_BYTES 200
#define POINTS_MAX 1000000u
#define HEADING "pulse,g_S,u,dg_S"

static const char *const kind_names[JUMP_KINDS] = {"set", "reset"};

/* One kind of pulse: where its numbers stand in table.x, and how many. */
struct sheet {
	uint32_t n_g;
	uint32_t n_u;
	uint32_t g;  /* [n_g] conductances, ascending */
	uint32_t u;  /* [n_u] probabilities, ascending */
	uint32_t dg; /* [n_g*n_u] steps, ascending with u */
};

struct table {
	uint32_t magic;
	uint32_t n; /* numbers */
	struct sheet sheet[JUMP_KINDS];
	double x[];
};

/* ---- reading --------------------------------------------------------------- */

struct point {
	enum jump_kind kind;
	unsigned line;
	double g_S;
	double u;
	double dg_S;
};

struct reader {
	const char *path;
	struct mr_errtext *err;
	unsigned line;
	struct point *points;
	size_t n;
	size_t room;
};

static int wrong(const struct reader *r, unsigned line, const char *what)
{
	return mr_errtext_set(r->err, MR_ERR_FORMAT, "%s:%u: %s", r->path, line,
	                      what);
}

/* "set,1e-06,0.5,8.5e-07" */
static bool parse(const char *text, struct point *p)
{
	double *const to[] = {&p->g_S, &p->u, &p->dg_S};
	size_t len = strcspn(text, ",");
	char *end;

	for (p->kind = JUMP_SET; p->kind < JUMP_KINDS; p->kind++)
		if (strlen(kind_names[p->kind]) == len &&
		    strncmp(text, kind_names[p->kind], len) == 0)
			break;
	if (p->kind == JUMP_KINDS)
		return false;
	for (int k = 0; k < 3; k++) {
		if (text[len] != ',')
			return false;
		text += len + 1;
		*to[k] = strtod(text, &end);
		len = (size_t)(end - text);
		if (len == 0 || !isfinite(*to[k]))
			return false;
	}
	return text[len] == '\0';
}

static int add_point(struct reader *r, const char *text)
{
	struct point p = {.line = r->line};

	if (!parse(text, &p) || p.g_S < 0 || p.u < 0 || p.u > 1)
		return wrong(r, r->line,
		             "expected set or reset, a conductance from 0 on, a "
		             "probability from 0 to 1 and a step, such as "
		             "set,1e-06,0.5,8.5e-07");
	if (r->n == POINTS_MAX)
		return wrong(r, r->line, "more than a million points");
	if (r->n == r->room) {
		size_t room = r->room ? 2 * r->room : 512;
		struct point *more = realloc(r->points, room * sizeof *more);

		if (!more)
			return mr_errtext_set(r->err, MR_ERR_NOMEM,
			                      "%s: out of memory", r->path);
		r->points = more;
		r->room = room;
	}
	r->points[r->n++] = p;
	return MR_OK;
}

static int read_line(struct reader *r, char *text, bool *headed)
{
	size_t len = strcspn(text, "\r\n");

	if (len >= LINE_MAX_BYTES - 1)
		return wrong(r, r->line, "longer than 198 bytes");
	text[len] = '\0';
	if (len == 0 || text[0] == '#')
		return MR_OK;
	if (*headed)
		return add_point(r, text);
	*headed = true;
	return strcmp(text, HEADING) == 0
	               ? MR_OK
	               : wrong(r, r->line, "expected the heading " HEADING);
}

static int read_file(struct reader *r, FILE *f)
{
	char text[LINE_MAX_BYTES + 2];
	bool headed = false;
	int rc = MR_OK;

	while (!rc && fgets(text, sizeof text, f)) {
		r->line++;
		rc = read_line(r, text, &headed);
	}
	if (!rc && ferror(f))
		rc = mr_errtext_set(r->err, MR_ERR_IO, "%s: %s", r->path,
		                    strerror(errno));
	return rc;
}

/* ---- arranging ------------------------------------------------------------- */

/* Points of one kind stand together, by conductance, then by probability, with
 * the same probabilities at each conductance. */
static int arrange(const struct reader *r, const struct point *p, size_t n,
                   struct sheet *s)
{
	s->n_u = 1;
	while (s->n_u < n && p[s->n_u].g_S == p[0].g_S)
		s->n_u++;
	for (size_t i = 0; i < n; i++) {
		size_t k = i % s->n_u;
		bool fits = k == 0 ? i == 0 || p[i].g_S > p[i - 1].g_S
		                   : p[i].g_S == p[i - 1].g_S;

		if (!fits)
			return wrong(r, p[i].line,
			             "conductances must ascend, with equally "
			             "many points each");
		if (p[i].u != p[k].u || (k && p[i].u <= p[i - 1].u))
			return wrong(r, p[i].line,
			             "probabilities must ascend, the same at "
			             "each conductance");
		if (k && p[i].dg_S < p[i - 1].dg_S)
			return wrong(r, p[i].line,
			             "steps must not fall with probability");
	}
	s->n_g = (uint32_t)(n / s->n_u);
	if (n % s->n_u || s->n_g < 2 || s->n_u < 2)
		return wrong(r, p[n - 1].line,
		             "each kind of pulse needs two conductances or "
		             "more, each with the same two probabilities or "
		             "more");
	return MR_OK;
}

static void fill(struct table *t, struct sheet s, const struct point *p)
{
	for (uint32_t i = 0; i < s.n_g; i++)
		t->x[s.g + i] = p[(size_t)i * s.n_u].g_S;
	for (uint32_t k = 0; k < s.n_u; k++)
		t->x[s.u + k] = p[k].u;
	for (uint32_t i = 0; i < s.n_g * s.n_u; i++)
		t->x[s.dg + i] = p[i].dg_S;
}

static int split(const struct reader *r, size_t *n_set)
{
	size_t i = 0;

	while (i < r->n && r->points[i].kind == JUMP_SET)
		i++;
	*n_set = i;
	while (i < r->n && r->points[i].kind == JUMP_RESET)
		i++;
	if (i < r->n)
		return wrong(r, r->points[i].line,
		             "all of set must come before all of reset");
	if (*n_set == 0 || *n_set == r->n)
		return wrong(r, r->line, "points of set, then of reset are "
		                         "needed; one kind is missing");
	return MR_OK;
}

static int make(const struct reader *r, void **data, size_t *size)
{
	struct table head = {.magic = MAGIC};
	size_t n_set;

	if (!r->points)
		return wrong(r, r->line, "holds no points");
	int rc = split(r, &n_set);

	if (rc)
		return rc;
	for (int k = 0; k < JUMP_KINDS && !rc; k++) {
		struct sheet *s = &head.sheet[k];

		rc = arrange(r, r->points + (k ? n_set : 0),
		             k ? r->n - n_set : n_set, s);
		s->g = head.n;
		s->u = s->g + s->n_g;
		s->dg = s->u + s->n_u;
		head.n = s->dg + s->n_g * s->n_u;
	}
	if (rc)
		return rc;
	*size = sizeof head + head.n * sizeof(double);
	struct table *t = malloc(*size);

	if (!t)
		return mr_errtext_set(r->err, MR_ERR_NOMEM, "%s: out of memory",
		                      r->path);
	memcpy(t, &head, sizeof head);
	fill(t, head.sheet[JUMP_SET], r->points);
	fill(t, head.sheet[JUMP_RESET], r->points + n_set);
	*data = t;
	return MR_OK;
}

int mr__jumptable_load(const char *path, void **data, size_t *size,
                       struct mr_errtext *err)
{
	struct reader r = {.path = path, .err = err};
	FILE *f = fopen(path, "r");
	int rc;

	if (!f)
		return mr_errtext_set(err, MR_ERR_MISSING, "%s: %s", path,
		                      strerror(errno));
	rc = read_file(&r, f);
	(void)fclose(f);
	if (!rc)
		rc = make(&r, data, size);
	free(r.points);
	return rc;
}

/* ---- checking ------------------------------------------------------------ */

static bool ascends(const double *x, uint32_t n, bool strictly)
{
	for (uint32_t i = 0; i < n; i++)
		if (!isfinite(x[i]) ||
		    (i && (strictly ? x[i] <= x[i - 1] : x[i] < x[i - 1])))
			return false;
	return true;
}

static bool check_sheet(const struct table *t, const struct sheet *s,
                        uint32_t at)
{
	if (s->n_g < 2 || s->n_u < 2 || s->n_g > POINTS_MAX ||
	    s->n_u > POINTS_MAX || (uint64_t)s->n_g * s->n_u > POINTS_MAX)
		return false;
	if (s->g != at || s->u != s->g + s->n_g || s->dg != s->u + s->n_u ||
	    s->dg + s->n_g * s->n_u > t->n)
		return false;
	for (uint32_t i = 0; i < s->n_g; i++)
		if (!ascends(t->x + s->dg + (size_t)i * s->n_u, s->n_u, false))
			return false;
	return ascends(t->x + s->g, s->n_g, true) &&
	       ascends(t->x + s->u, s->n_u, true);
}

bool mr__jumptable_check(const void *data, size_t size)
{
	const struct table *t = data;
	uint32_t at = 0;

	if (size < sizeof *t || t->magic != MAGIC || t->n > 8 * POINTS_MAX ||
	    size != sizeof *t + t->n * sizeof(double))
		return false;
	for (int k = 0; k < JUMP_KINDS; k++) {
		const struct sheet *s = &t->sheet[k];

		if (!check_sheet(t, s, at))
			return false;
		at = s->dg + s->n_g * s->n_u;
	}
	return at == t->n;
}

/* ---- interpolating --------------------------------------------------------- */

/* The interval of an axis that holds a value, and where in it: 0 .. 1. */
static uint32_t locate(const double *axis, uint32_t n, double value,
                       double *part)
{
	uint32_t low = 0, high = n - 1;

	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (value < axis[middle])
			high = middle;
		else
			low = middle;
	}
	double at = (value - axis[low]) / (axis[high] - axis[low]);

	*part = fmin(fmax(at, 0), 1);
	return low;
}

double mr__jumptable_step(const void *data, enum jump_kind kind, double g_S,
                          double u)
{
	const struct table *t = data;
	const struct sheet *s = &t->sheet[kind];
	double a, b;
	uint32_t i = locate(t->x + s->g, s->n_g, g_S, &a);
	uint32_t k = locate(t->x + s->u, s->n_u, u, &b);
	const double *low = t->x + s->dg + (size_t)i * s->n_u + k;
	const double *high = low + s->n_u;

	return (1 - a) * ((1 - b) * low[0] + b * low[1]) +
	       a * ((1 - b) * high[0] + b * high[1]);
}
