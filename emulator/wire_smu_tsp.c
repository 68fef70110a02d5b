/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Statements of TSP: assignments and calls, one after another in a line or a
 * script. A name is looked up as it is written ("smua.source.levelv"); no loops,
 * branches, functions or arithmetic. What is not understood is an error in the
 * queue, and the rest of its text is not done.
 *
 * A call that takes time begins a job and gives TSP_WAIT. When the job has ended
 * the statement is evaluated again from its begin, and the calls whose results
 * are known already are not made a second time.
 */
#include "wire_smu.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define NESTED_MAX 6
#define NAMES_MAX 8

struct reader {
	struct smu *b;
	struct tsp *t;
	const char *s;
	int nested;
};

/* A name as it was written. */
struct path {
	char text[TSP_NAME_LENGTH + 1];
	enum smu_dialect where;
	bool indexed; /* name[index] of something stored */
	double index;
};

static int evaluate(struct reader *r, struct tsp_values *out);

/* ---- values ---------------------------------- */

void mr__tsp_number(struct tsp_value *v, double x)
{
	v->kind = TSP_NUMBER;
	v->x = x;
}

void mr__tsp_bool(struct tsp_value *v, bool x)
{
	v->kind = TSP_BOOL;
	v->x = x;
}

void mr__tsp_text(struct tsp_value *v, const char *text)
{
	size_t n = strlen(text);

	v->kind = TSP_TEXT;
	n = n < TSP_TEXT_MAX ? n : TSP_TEXT_MAX - 1;
	memcpy(v->text, text, n);
	v->text[n] = '\0';
}

void mr__tsp_print_number(const struct tsp *t, struct ws_buffer *to, double x)
{
	mr__ws_print(to, "%.*e", (int)t->precision - 1, x);
}

/* ---- reading ---------------------------------- */

static void skip(struct reader *r)
{
	for (;;) {
		while (*r->s && isspace((unsigned char)*r->s))
			r->s++;
		if (strncmp(r->s, "--", 2) != 0)
			return;
		r->s += strcspn(r->s, "\n");
	}
}

static bool take(struct reader *r, char c)
{
	skip(r);
	if (*r->s != c || (c == '=' && r->s[1] == '='))
		return false;
	r->s++;
	return true;
}

static bool is_word_byte(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* An identifier is appended to the path. */
static int take_word(struct reader *r, struct path *p)
{
	size_t n = 0, at = strlen(p->text);

	if (!isalpha((unsigned char)*r->s) && *r->s != '_')
		return SMU_TSP_SYNTAX;
	while (is_word_byte(r->s[n]))
		n++;
	if (at + n > TSP_NAME_LENGTH)
		return SMU_TSP_SYNTAX;
	memcpy(p->text + at, r->s, n);
	p->text[at + n] = '\0';
	r->s += n;
	return 0;
}

static const struct tsp_global *global(const struct tsp *t, const char *name)
{
	for (uint32_t i = 0; i < t->n_globals; i++)
		if (strcmp(t->globals[i].name, name) == 0)
			return &t->globals[i];
	return NULL;
}

static int take_index(struct reader *r, double *x)
{
	char *rest;

	skip(r);
	*x = strtod(r->s, &rest);
	if (rest == r->s || !isdigit((unsigned char)*r->s))
		return SMU_TSP_SYNTAX;
	r->s = rest;
	return take(r, ']') ? 0 : SMU_TSP_SYNTAX;
}

/* node[1] is the unit, node[2] the matrix; node[] of what speaks is nothing. */
static int take_node(struct reader *r, struct path *p)
{
	double node;
	int rc = take_index(r, &node);

	if (rc)
		return rc;
	if (node == 1)
		p->where = SMU_2600B;
	else if (node == 2 && r->b->matrix.there)
		p->where = SMU_MATRIX;
	else
		return SMU_TSP_RUNTIME;
	p->text[0] = '\0';
	if (!take(r, '.'))
		return SMU_TSP_SYNTAX;
	skip(r);
	return take_word(r, p);
}

/* A global may stand for a table: buf = smua.nvbuffer1. */
static void substitute(struct reader *r, struct path *p)
{
	const struct tsp_global *g = global(r->t, p->text);

	if (g && g->value.kind == TSP_NAME &&
	    strlen(g->value.text) <= TSP_NAME_LENGTH)
		memcpy(p->text, g->value.text, strlen(g->value.text) + 1);
}

static int take_path(struct reader *r, struct path *p)
{
	int rc;

	*p = (struct path){.where = r->t->here};
	skip(r);
	rc = take_word(r, p);
	if (!rc && strcmp(p->text, "node") == 0 && *r->s == '[') {
		r->s++;
		rc = take_node(r, p);
	} else if (!rc && strcmp(p->text, "localnode") == 0 && *r->s != '.') {
		rc = SMU_TSP_SYNTAX;
	}
	substitute(r, p);
	while (!rc && (*r->s == '.' || *r->s == '[')) {
		size_t at = strlen(p->text);

		if (p->indexed || at == TSP_NAME_LENGTH)
			return SMU_TSP_SYNTAX;
		if (*r->s++ == '[') {
			p->indexed = true;
			rc = take_index(r, &p->index);
			continue;
		}
		p->text[at] = '.';
		p->text[at + 1] = '\0';
		rc = take_word(r, p);
	}
	return rc;
}

static int take_string(struct reader *r, struct tsp_value *v)
{
	char quote = *r->s++;
	size_t n = strcspn(r->s, quote == '"' ? "\"\n" : "'\n");

	if (r->s[n] != quote || n >= TSP_TEXT_MAX)
		return SMU_TSP_SYNTAX;
	v->kind = TSP_TEXT;
	memcpy(v->text, r->s, n);
	v->text[n] = '\0';
	r->s += n + 1;
	return 0;
}

static int take_number(struct reader *r, struct tsp_value *v)
{
	char *rest;
	size_t n = strspn(r->s, "+-.0123456789eExXabcdefABCDEF");

	if (n == 0)
		return SMU_TSP_SYNTAX;
	mr__tsp_number(v, strtod(r->s, &rest));
	if (rest == r->s || is_word_byte(*rest))
		return SMU_TSP_SYNTAX;
	r->s = rest;
	return 0;
}

/* ---- calls ---------------------------------- */

static int printed(struct reader *r, const struct tsp_values *in)
{
	struct ws_buffer *to = mr__smu_answer(r->t->pipe);

	for (uint32_t i = 0; i < in->n; i++) {
		const struct tsp_value *v = &in->v[i];

		if (i)
			mr__ws_append(to, "\t", 1);
		if (v->kind == TSP_NUMBER)
			mr__tsp_print_number(r->t, to, v->x);
		else if (v->kind == TSP_TEXT)
			mr__ws_append(to, v->text, strlen(v->text));
		else if (v->kind == TSP_BOOL)
			mr__ws_print(to, v->x != 0 ? "true" : "false");
		else
			mr__ws_print(to, v->kind == TSP_NIL ? "nil" : "table");
	}
	return mr__smu_pipe_send(r->t->pipe) ? 0 : SMU_SYSTEM;
}

static int make_call(struct reader *r, const struct path *p,
                     const struct tsp_values *in, struct tsp_values *out)
{
	struct tsp_log *log = &r->t->log;
	const struct tsp_name *n;
	int rc;

	out->n = 0;
	if (strcmp(p->text, "print") == 0)
		return printed(r, in);
	if (log->at < log->n) {
		*out = log->results[log->at++];
		return 0;
	}
	n = mr__tsp_find(p->where, p->text);
	if (!n || !n->call || p->indexed)
		return SMU_TSP_RUNTIME;
	if (log->n == TSP_LOG_MAX)
		return SMU_TSP_RUNTIME;
	rc = n->call(r->b, r->t, n, in, out);
	if (!rc) {
		log->results[log->n++] = *out;
		log->at = log->n;
	}
	return rc;
}

/* All values between parentheses; the last expression gives all of its. */
static int take_arguments(struct reader *r, struct tsp_values *in)
{
	struct tsp_values *one;
	int rc = 0;

	in->n = 0;
	if (take(r, ')'))
		return 0;
	if (++r->nested > NESTED_MAX)
		return SMU_TSP_SYNTAX;
	one = malloc(sizeof *one);
	if (!one)
		return SMU_SYSTEM;
	do {
		rc = evaluate(r, one);
		skip(r);
		for (uint32_t i = 0; i < one->n && !rc; i++) {
			if (i && *r->s == ',')
				break;
			if (in->n == TSP_VALUES_MAX)
				rc = SMU_TSP_RUNTIME;
			else
				in->v[in->n++] = one->v[i];
		}
	} while (!rc && take(r, ','));
	free(one);
	r->nested--;
	return rc ? rc : take(r, ')') ? 0 : SMU_TSP_SYNTAX;
}

static int call(struct reader *r, const struct path *p, struct tsp_values *out)
{
	struct tsp_values *in = malloc(sizeof *in);
	int rc = in ? take_arguments(r, in) : SMU_SYSTEM;

	if (!rc)
		rc = make_call(r, p, in, out);
	free(in);
	return rc;
}

/* ---- expressions ---------------------------------- */

static int get(struct reader *r, const struct path *p, struct tsp_value *out)
{
	const struct tsp_global *g = global(r->t, p->text);
	const struct tsp_name *n = mr__tsp_find(p->where, p->text);
	double x;
	int rc;

	if (p->indexed) {
		rc = mr__tsp_element(r->b, p->text, p->index, &x);
		if (!rc)
			mr__tsp_number(out, x);
		return rc;
	}
	if (g && !n) {
		*out = g->value;
		return 0;
	}
	out->kind = TSP_NIL;
	if (!n)
		return strchr(p->text, '.') ? SMU_TSP_RUNTIME : 0;
	return n->get ? n->get(r->b, r->t, n, out) : SMU_TSP_RUNTIME;
}

static bool take_constant(const struct path *p, struct tsp_value *v)
{
	if (strcmp(p->text, "nil") == 0)
		v->kind = TSP_NIL;
	else if (strcmp(p->text, "true") == 0)
		mr__tsp_bool(v, true);
	else if (strcmp(p->text, "false") == 0)
		mr__tsp_bool(v, false);
	else
		return false;
	return true;
}

static int evaluate(struct reader *r, struct tsp_values *out)
{
	struct path p;
	int rc;

	out->n = 1;
	skip(r);
	if (*r->s == '"' || *r->s == '\'')
		return take_string(r, &out->v[0]);
	if (!isalpha((unsigned char)*r->s) && *r->s != '_')
		return take_number(r, &out->v[0]);
	rc = take_path(r, &p);
	if (rc || take_constant(&p, &out->v[0]))
		return rc;
	if (take(r, '('))
		return call(r, &p, out);
	return get(r, &p, &out->v[0]);
}

/* ---- statements ---------------------------------- */

static int set_global(struct tsp *t, const char *name, const struct tsp_value *v)
{
	for (uint32_t i = 0; i < t->n_globals; i++)
		if (strcmp(t->globals[i].name, name) == 0) {
			t->globals[i].value = *v;
			return 0;
		}
	if (t->n_globals == TSP_GLOBALS_MAX)
		return SMU_TSP_RUNTIME;
	memcpy(t->globals[t->n_globals].name, name, strlen(name) + 1);
	t->globals[t->n_globals++].value = *v;
	return 0;
}

static int assign(struct reader *r, const struct path *p,
                  const struct tsp_value *v)
{
	const struct tsp_name *n = mr__tsp_find(p->where, p->text);

	if (p->indexed)
		return SMU_TSP_RUNTIME;
	if (!n && !strchr(p->text, '.') &&
	    strlen(p->text) < TSP_NAME_LENGTH)
		return set_global(r->t, p->text, v);
	return n && n->set ? n->set(r->b, r->t, n, v) : SMU_TSP_RUNTIME;
}

/* name {, name} = expression; what the expression does not give is nil. */
static int assignment(struct reader *r, struct path *names, uint32_t n)
{
	static const struct tsp_value nil = {.kind = TSP_NIL};
	struct tsp_values *values = malloc(sizeof *values);
	int rc = values ? 0 : SMU_SYSTEM;

	if (!rc)
		rc = evaluate(r, values);
	for (uint32_t i = 0; i < n && !rc; i++)
		rc = assign(r, &names[i], i < values->n ? &values->v[i] : &nil);
	free(values);
	return rc;
}

static int statement(struct reader *r)
{
	struct path names[NAMES_MAX];
	struct tsp_values *out;
	uint32_t n = 1;
	int rc = take_path(r, &names[0]);

	if (!rc && strcmp(names[0].text, "local") == 0)
		rc = take_path(r, &names[0]);
	if (rc)
		return rc;
	if (take(r, '(')) {
		out = malloc(sizeof *out);
		rc = out ? call(r, &names[0], out) : SMU_SYSTEM;
		free(out);
		return rc;
	}
	while (take(r, ',')) {
		if (n == NAMES_MAX)
			return SMU_TSP_SYNTAX;
		rc = take_path(r, &names[n++]);
		if (rc)
			return rc;
	}
	return take(r, '=') ? assignment(r, names, n) : SMU_TSP_SYNTAX;
}

int mr__tsp_run(struct smu *b, struct tsp *t, const char *text)
{
	struct reader r = {.b = b, .t = t, .s = text + t->at};
	int rc = 0;

	for (;;) {
		skip(&r);
		while (take(&r, ';'))
			skip(&r);
		if (!*r.s)
			break;
		t->at = (size_t)(r.s - text);
		t->log.at = 0;
		rc = statement(&r);
		if (rc == TSP_WAIT)
			return rc;
		t->log.n = 0;
		if (rc)
			break;
	}
	if (rc)
		mr__smu_queue_add(t->errors, rc, b->t_ns);
	t->at = 0;
	t->log.n = 0;
	return 0;
}

/* ---- lines ---------------------------------- */

static int common(struct smu *b, struct tsp *t, const char *line)
{
	struct ws_buffer *to = mr__smu_answer(t->pipe);
	struct smu_queue *q = t->errors;
	struct tsp_values *none = NULL;

	if (strcmp(line, "*IDN?") == 0 && t->here == SMU_MATRIX) {
		mr__ws_print(to, "KEITHLEY INSTRUMENTS INC.,MODEL %s,%s,01.40a",
		             b->matrix.model, b->serial);
	} else if (strcmp(line, "*IDN?") == 0) {
		t->pipe->n_answers--;
		(void)mr__smu_idn(b, NULL);
	} else if (strcmp(line, "*OPC?") == 0) {
		mr__ws_print(to, "1");
	} else if (strcmp(line, "*ESR?") == 0) {
		mr__ws_print(to, "%d", q->esr);
		q->esr = 0;
	} else if (strcmp(line, "*STB?") == 0) {
		mr__ws_print(to, "%d", q->n ? 4 : 0);
	} else if (strcmp(line, "*TST?") == 0) {
		mr__ws_print(to, "0");
	} else {
		t->pipe->n_answers--;
		if (strcmp(line, "*CLS") == 0) {
			q->n = 0;
			q->esr = 0;
		} else if (strcmp(line, "*RST") == 0) {
			none = calloc(1, sizeof *none);
			if (none)
				(void)mr__tsp_find(t->here, "reset")
					->call(b, t, NULL, none, none);
			free(none);
		} else if (strcmp(line, "*OPC") == 0) {
			q->esr |= 1;
		} else if (strcmp(line, "*WAI") != 0) {
			mr__smu_queue_add(q, SMU_HEADER, b->t_ns);
		}
	}
	return mr__smu_pipe_send(t->pipe) ? 0 : SMU_SYSTEM;
}

/* The script is kept with the ends of its lines. */
static int load(struct smu *b, struct tsp *t, const char *line)
{
	if (strcmp(line, "endscript") != 0) {
		mr__ws_append(&t->script, line, strlen(line));
		mr__ws_append(&t->script, "\n", 1);
		return 0;
	}
	t->loading = false;
	mr__ws_append(&t->script, "", 1);
	if (t->script.failed || !t->runs) {
		if (t->script.failed)
			mr__smu_queue_add(t->errors, SMU_SYSTEM, b->t_ns);
		return 0;
	}
	t->in_script = true;
	return mr__tsp_run(b, t, (const char *)t->script.data);
}

int mr__tsp_line(struct smu *b, struct tsp *t, const char *line)
{
	int rc;

	while (isspace((unsigned char)*line))
		line++;
	if (t->in_script)
		rc = mr__tsp_run(b, t, (const char *)t->script.data);
	else if (t->loading)
		rc = load(b, t, line);
	else if (t->at == 0 && strncmp(line, "loadandrunscript", 16) == 0) {
		t->loading = t->runs = true;
		mr__ws_empty(&t->script);
		rc = 0;
	} else if (t->at == 0 && line[0] == '*') {
		rc = common(b, t, line);
	} else if (t->at == 0 && strcmp(line, "abort") == 0) {
		rc = 0; /* it has overtaken what it could stop */
	} else {
		rc = mr__tsp_run(b, t, line);
	}
	if (rc != TSP_WAIT)
		t->in_script = false;
	return rc;
}
