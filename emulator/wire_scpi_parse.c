/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Messages into commands, and what their parameters say. */
#include "wire_scpi.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_MAX 64
#define TEN 10

/* What is left of a message. */
struct cursor {
	const uint8_t *p;
	const uint8_t *end;
};

static bool is_blank(uint8_t c)
{
	return c <= ' ';
}

static void skip_blanks(struct cursor *c)
{
	while (c->p < c->end && is_blank(*c->p))
		c->p++;
}

static bool at(const struct cursor *c, char what)
{
	return c->p < c->end && *c->p == (uint8_t)what;
}

/* ---- headers ------------------------------------------------------------------------ */

static bool is_header_byte(uint8_t c)
{
	return isalnum(c) || c == '_' || c == ':' || c == '*';
}

/* The header as it stands; false if it is none or too long. */
static bool take_header(struct cursor *s, char *word, bool *query)
{
	size_t n = 0;

	while (s->p < s->end && is_header_byte(*s->p)) {
		if (n == WS_HEADER_MAX - 1)
			return false;
		word[n++] = (char)toupper(*s->p++);
	}
	word[n] = '\0';
	*query = at(s, '?');
	s->p += *query;
	return n > 0 && (s->p == s->end || is_blank(*s->p) || at(s, ';'));
}

/* A header that begins with neither ':' nor '*' continues the path of the one
 * before; common commands leave the path alone. */
static bool root(struct ws_message *m, const char *word, char *header)
{
	size_t prefix = strlen(m->path);

	if (word[0] == '*') {
		memcpy(header, word, strlen(word) + 1);
		return true;
	}
	if (word[0] == ':') {
		prefix = 0;
		word++;
	}
	if (prefix + strlen(word) >= WS_HEADER_MAX)
		return false;
	memmove(header, m->path, prefix);
	memcpy(header + prefix, word, strlen(word) + 1);
	const char *last = strrchr(header, ':');
	size_t keep = last ? (size_t)(last - header) + 1 : 0;

	memcpy(m->path, header, keep);
	m->path[keep] = '\0';
	return true;
}

static bool node_is(const char *node, size_t n, const char *word, size_t length)
{
	for (size_t i = 0; i < n; i++)
		if (toupper((unsigned char)node[i]) != word[i])
			return false;
	return n == length;
}

static size_t short_form(const char *node, size_t n)
{
	size_t k = 0;

	while (k < n && !islower((unsigned char)node[k]))
		k++;
	return k;
}

bool mr__ws_matches(const char *pattern, const struct ws_command *c)
{
	const char *word = c->header;

	if (toupper((unsigned char)pattern[0]) != word[0])
		return false;
	for (;;) {
		size_t n = strcspn(pattern, ":?");
		size_t length = strcspn(word, ":");

		if (!node_is(pattern, n, word, length) &&
		    !node_is(pattern, short_form(pattern, n), word, length))
			return false;
		pattern += n;
		word += length;
		if (*pattern != ':' || *word != ':')
			break;
		pattern++;
		word++;
	}
	return *word == '\0' && *pattern == (c->query ? '?' : '\0');
}

/* ---- parameters ------------------------------------------------------------------ */

static int take_block(struct cursor *s, struct ws_param *p)
{
	size_t length = 0;

	if (s->end - s->p < 2 || s->p[1] < '1' || s->p[1] > '9')
		return WS_BLOCK;
	size_t digits = (size_t)(s->p[1] - '0');

	s->p += 2;
	for (; digits; digits--, s->p++) {
		if (s->p == s->end || !isdigit(*s->p))
			return WS_BLOCK;
		length = length * TEN + (size_t)(*s->p - '0');
	}
	if (length > (size_t)(s->end - s->p))
		return WS_BLOCK;
	*p = (struct ws_param){.kind = PARAM_BLOCK, .p = s->p, .n = length};
	s->p += length;
	return WS_OK;
}

static int take_enclosed(struct cursor *s, enum ws_param_kind kind, uint8_t close,
                         struct ws_param *p)
{
	const uint8_t *from = s->p + 1;
	const uint8_t *to = memchr(from, close, (size_t)(s->end - from));

	if (!to)
		return WS_SYNTAX;
	*p = (struct ws_param){.kind = kind, .p = from, .n = (size_t)(to - from)};
	s->p = to + 1;
	return WS_OK;
}

static int take_text(struct cursor *s, struct ws_param *p)
{
	const uint8_t *from = s->p;

	while (s->p < s->end && !is_blank(*s->p) && *s->p != ',' &&
	       *s->p != ';' && *s->p != '#' && *s->p != '"' &&
	       *s->p != '\'' && *s->p != '(')
		s->p++;
	*p = (struct ws_param){
		.kind = PARAM_TEXT, .p = from, .n = (size_t)(s->p - from)};
	return p->n ? WS_OK : WS_SYNTAX;
}

static int take_param(struct cursor *s, struct ws_param *p)
{
	if (at(s, '#'))
		return take_block(s, p);
	if (at(s, '('))
		return take_enclosed(s, PARAM_LIST, ')', p);
	if (at(s, '"') || at(s, '\''))
		return take_enclosed(s, PARAM_STRING, *s->p, p);
	return take_text(s, p);
}

static int take_params(struct cursor *s, struct ws_command *c)
{
	skip_blanks(s);
	while (s->p < s->end && !at(s, ';')) {
		if (c->n_params == WS_PARAMS_MAX)
			return WS_SYNTAX;
		int rc = take_param(s, &c->params[c->n_params++]);

		if (rc)
			return rc;
		skip_blanks(s);
		if (s->p == s->end || at(s, ';'))
			break;
		if (!at(s, ','))
			return WS_SYNTAX;
		s->p++;
		skip_blanks(s);
		if (s->p == s->end || at(s, ';'))
			return WS_SYNTAX;
	}
	return WS_OK;
}

int mr__ws_next(struct ws_message *m, struct ws_command *c)
{
	const uint8_t *data = m->bytes.data;
	char word[WS_HEADER_MAX];

	while (m->at < m->bytes.n &&
	       (is_blank(data[m->at]) || data[m->at] == ';'))
		m->at++;
	if (m->at == m->bytes.n)
		return 0;
	struct cursor s = {.p = data + m->at, .end = data + m->bytes.n};

	c->n_params = 0;
	if (!take_header(&s, word, &c->query) || !root(m, word, c->header))
		return WS_SYNTAX;
	int rc = take_params(&s, c);

	m->at = (size_t)(s.p - data);
	return rc ? rc : 1;
}

bool mr__ws_is_urgent(const struct ws_message *m)
{
	static const char *const urgent[] = {"ABORt", "OUTPut:SAFE",
	                                     "SYSTem:HEARt"};
	struct ws_message look = *m;
	struct ws_command c;
	bool any = false;
	int rc;

	while ((rc = mr__ws_next(&look, &c)) == 1) {
		bool known = false;

		for (size_t i = 0; i < sizeof urgent / sizeof urgent[0]; i++)
			known = known || mr__ws_matches(urgent[i], &c);
		if (!known || c.n_params)
			return false;
		any = true;
	}
	return rc == 0 && any;
}

/* ---- values ------------------------------------------------------------------------ */

/* Decimal, as 488.2's NRf: hexadecimal, NAN and INF are none. */
static bool is_decimal(const char *s)
{
	size_t digits = 0;

	s += *s == '+' || *s == '-';
	for (; isdigit((unsigned char)*s); s++)
		digits++;
	s += *s == '.';
	for (; isdigit((unsigned char)*s); s++)
		digits++;
	if (!digits)
		return false;
	if (*s == 'e' || *s == 'E') {
		s++;
		s += *s == '+' || *s == '-';
		if (!isdigit((unsigned char)*s))
			return false;
		s += strspn(s, "0123456789");
	}
	return *s == '\0';
}

/* Words for what is no finite number: refused as out of range. */
static bool is_no_number(const char *s)
{
	s += *s == '+' || *s == '-';
	char a = (char)toupper((unsigned char)s[0]);

	return (a == 'N' || a == 'I') && strlen(s) >= 3 &&
	       (toupper((unsigned char)s[2]) == (a == 'N' ? 'N' : 'F'));
}

int mr__ws_real(const struct ws_command *c, uint32_t i, double *x)
{
	const struct ws_param *p = &c->params[i];
	char text[NUMBER_MAX];

	if (p->kind != PARAM_TEXT || p->n >= sizeof text)
		return WS_SYNTAX;
	memcpy(text, p->p, p->n);
	text[p->n] = '\0';
	if (!is_decimal(text))
		return is_no_number(text) ? WS_RANGE : WS_SYNTAX;
	*x = strtod(text, NULL);
	return isfinite(*x) ? WS_OK : WS_RANGE;
}

int mr__ws_whole(const struct ws_command *c, uint32_t i, double max,
                 uint32_t *x)
{
	double value;
	int rc = mr__ws_real(c, i, &value);

	if (rc)
		return rc;
	if (!(value >= 0 && value <= max) || value != floor(value))
		return WS_RANGE;
	*x = (uint32_t)value;
	return WS_OK;
}

int mr__ws_word(const struct ws_command *c, uint32_t i, char *word, size_t room)
{
	const struct ws_param *p = &c->params[i];

	if (p->kind != PARAM_TEXT && p->kind != PARAM_STRING)
		return WS_SYNTAX;
	if (p->n >= room)
		return WS_RANGE;
	memcpy(word, p->p, p->n);
	word[p->n] = '\0';
	return WS_OK;
}

int mr__ws_switch(const struct ws_command *c, uint32_t i, bool *on)
{
	char word[4] = "";
	uint32_t value;
	int rc;

	if (c->params[i].kind == PARAM_TEXT && isalpha(c->params[i].p[0])) {
		rc = mr__ws_word(c, i, word, sizeof word);
		for (char *s = word; *s; s++)
			*s = (char)toupper((unsigned char)*s);
		*on = strcmp(word, "ON") == 0;
		return !rc && (*on || strcmp(word, "OFF") == 0) ? WS_OK
		                                                : WS_SYNTAX;
	}
	rc = mr__ws_whole(c, i, 1, &value);
	if (!rc)
		*on = value;
	return rc;
}

/* Elements as they lie in memory here: the wire is little-endian. */
static void order(uint8_t *p, size_t n, size_t size)
{
	const uint16_t one = 1;
	uint8_t low;

	memcpy(&low, &one, 1);
	for (size_t i = 0; !low && i < n; i += size)
		for (size_t k = 0; k < size / 2; k++) {
			uint8_t was = p[i + k];

			p[i + k] = p[i + size - 1 - k];
			p[i + size - 1 - k] = was;
		}
}

int mr__ws_elements(const struct ws_command *c, uint32_t i, size_t size,
                    struct ws_buffer *to, uint32_t *n)
{
	const struct ws_param *p = &c->params[i];

	if (p->kind != PARAM_BLOCK)
		return WS_SYNTAX;
	if (p->n % size)
		return WS_BLOCK;
	if (p->n / size > UINT32_MAX || !mr__ws_resize(to, p->n))
		return WS_SYSTEM;
	if (p->n)
		memcpy(to->data, p->p, p->n);
	order(to->data, p->n, size);
	*n = (uint32_t)(p->n / size);
	return WS_OK;
}

int mr__ws_floats(const struct ws_command *c, uint32_t i, struct ws_buffer *to,
                  uint32_t *n)
{
	int rc = mr__ws_elements(c, i, sizeof(float), to, n);
	const float *x = (const void *)to->data;
	bool ok = true;

	for (uint32_t k = 0; !rc && k < *n; k++)
		ok &= isfinite(x[k]) != 0;
	return rc ? rc : ok ? WS_OK : WS_RANGE;
}

/* ---- answers ---------------------------------------------------------------------- */

struct ws_buffer *mr__ws_answer(struct wire_scpi *b)
{
	if (b->n_answers++)
		mr__ws_append(&b->line, ";", 1);
	return &b->line;
}

void mr__ws_answer_block(struct ws_buffer *line, const void *data, size_t n,
                         size_t size)
{
	char length[NUMBER_MAX];
	int digits = snprintf(length, sizeof length, "%zu", n);

	mr__ws_print(line, "#%d%s", digits, length);
	size_t from = line->n;

	mr__ws_append(line, data, n);
	if (!line->failed && n)
		order(line->data + from, n, size);
}
