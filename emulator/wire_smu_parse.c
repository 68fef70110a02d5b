/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Messages of the SCPI units into commands, and what their parameters say. */
#include "wire_smu.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_MAX 64

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static const char *skip(const char *s)
{
	while (is_blank(*s))
		s++;
	return s;
}

/* ---- headers ---------------------------------- */

/* The header from the root: ':' before it, or a common command's '*'. */
static int root(struct smu_message *m, const char *word, size_t n, char *header)
{
	size_t prefix = word[0] == ':' || word[0] == '*' ? 0 : strlen(m->path);

	if (prefix + n + 2 > SMU_HEADER_MAX)
		return SMU_SYNTAX;
	memcpy(header, m->path, prefix);
	if (prefix == 0 && word[0] != ':' && word[0] != '*')
		header[prefix++] = ':';
	for (size_t i = 0; i < n; i++)
		header[prefix + i] = (char)toupper((unsigned char)word[i]);
	header[prefix + n] = '\0';
	if (header[0] == '*')
		return 0;
	size_t keep = (size_t)(strrchr(header, ':') - header) + 1;

	memcpy(m->path, header, keep);
	m->path[keep] = '\0';
	return 0;
}

static int take_header(struct smu_message *m, const char **s,
                       struct smu_command *c)
{
	const char *word = *s;
	size_t n = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                        "abcdefghijklmnopqrstuvwxyz0123456789_:*");

	*s += n;
	c->query = **s == '?';
	*s += c->query;
	if (n == 0 || (**s && !is_blank(**s) && **s != ';'))
		return SMU_SYNTAX;
	return root(m, word, n, c->header);
}

static bool node_is(const char *node, size_t n, const char *word, size_t k)
{
	while (k > 1 && isdigit((unsigned char)word[k - 1]) &&
	       word[k - 1] == '1' && !isdigit((unsigned char)word[k - 2]))
		k--; /* channel 1, the only one */
	return mr__smu_word_is(word, k, node) && n > 0;
}

/* Nodes in brackets may be left out. */
bool mr__smu_matches(const char *pattern, const char *word)
{
	if (*pattern == '*')
		return strcmp(pattern, word) == 0;
	if (!*pattern)
		return !*word;
	bool optional = *pattern == '[';
	const char *node = pattern + optional + 1;
	size_t n = strcspn(node, ":[]");
	const char *next = node + n + optional;

	if (*word == ':') {
		size_t k = strcspn(word + 1, ":");

		if (node_is(node, n, word + 1, k) &&
		    mr__smu_matches(next, word + 1 + k))
			return true;
	}
	return optional && mr__smu_matches(next, word);
}

/* Long form or the capitals of it; the pattern ends at what is no letter. */
bool mr__smu_word_is(const char *word, size_t n, const char *pattern)
{
	size_t whole = 0, brief = 0;

	while (isalnum((unsigned char)pattern[whole])) {
		brief += brief == whole &&
		         !islower((unsigned char)pattern[whole]);
		whole++;
	}
	if (n != whole && n != brief)
		return false;
	for (size_t i = 0; i < n; i++)
		if (toupper((unsigned char)word[i]) !=
		    toupper((unsigned char)pattern[i]))
			return false;
	return n > 0;
}

/* ---- parameters ---------------------------------- */

static int take_param(const char **s, struct smu_param *p)
{
	char quote = **s == '\'' ? '"' : **s;
	const char *to;

	if (quote != '"' && quote != '(') {
		size_t n = strcspn(*s, ",;");
		size_t trim = n;

		while (trim && is_blank((*s)[trim - 1]))
			trim--;
		*p = (struct smu_param){.p = *s, .n = trim};
		*s += n;
		return trim ? 0 : SMU_SYNTAX;
	}
	to = strchr(*s + 1, quote == '(' ? ')' : **s);
	if (!to)
		return SMU_SYNTAX;
	*p = (struct smu_param){
		.p = *s + 1, .n = (size_t)(to - *s - 1), .quote = quote};
	*s = skip(to + 1);
	return **s && **s != ',' && **s != ';' ? SMU_SYNTAX : 0;
}

/* The only channel may be named; it is then taken off the parameters. */
static int take_channel(struct smu_command *c)
{
	const struct smu_param *p = &c->params[c->n ? c->n - 1 : 0];

	if (!c->n || p->quote != '(')
		return 0;
	if (p->n != 2 || p->p[0] != '@' || p->p[1] != '1')
		return SMU_RANGE;
	c->n--;
	return 0;
}

static int take_params(const char **s, struct smu_command *c)
{
	*s = skip(*s);
	while (**s && **s != ';') {
		int rc = c->n == SMU_PARAMS_MAX
		                 ? SMU_NOT_ALLOWED
		                 : take_param(s, &c->params[c->n++]);

		if (rc)
			return rc;
		if (**s != ',')
			break;
		*s = skip(*s + 1);
		if (!**s || **s == ';')
			return SMU_SYNTAX;
	}
	return take_channel(c);
}

/* @return 1; 0 at the end of the message; an error */
int mr__smu_next(struct smu_message *m, struct smu_command *c)
{
	const char *text = (const char *)m->bytes.data, *s = text + m->at;
	int rc;

	while (is_blank(*s) || *s == ';')
		s++;
	m->at = (size_t)(s - text);
	if (!*s)
		return 0;
	c->n = 0;
	rc = take_header(m, &s, c);
	if (!rc)
		rc = take_params(&s, c);
	m->at = (size_t)(s - text);
	return rc ? rc : 1;
}

/* ---- values ---------------------------------- */

void mr__smu_copy(const struct smu_param *p, char *to, size_t room)
{
	size_t n = p->n < room - 1 ? p->n : room - 1;

	memcpy(to, p->p, n);
	to[n] = '\0';
}

int mr__smu_number(const struct smu_param *p, double *x)
{
	char text[NUMBER_MAX], *rest;

	if (p->quote || p->n >= sizeof text)
		return SMU_TYPE;
	mr__smu_copy(p, text, sizeof text);
	if (strspn(text, "+-.0123456789eE") != strlen(text))
		return SMU_TYPE;
	*x = strtod(text, &rest);
	if (*rest || rest == text)
		return SMU_TYPE;
	return isfinite(*x) ? 0 : SMU_RANGE;
}

int mr__smu_real(const struct smu *b, const struct smu_command *c, uint32_t i,
                 enum smu_setting bounds, double *x)
{
	const struct smu_param *p = &c->params[i];
	double min, max;
	int rc;

	mr__smu_bounds(b, bounds, &min, &max);
	if (!p->quote && mr__smu_word_is(p->p, p->n, "MINimum"))
		*x = min;
	else if (!p->quote && mr__smu_word_is(p->p, p->n, "MAXimum"))
		*x = max;
	else {
		rc = mr__smu_number(p, x);
		if (rc)
			return rc;
	}
	return *x >= min && *x <= max ? 0 : SMU_RANGE;
}

/* Which of "ONE|TWo"; also by number where the words are OFF|ON. */
int mr__smu_choice(const struct smu_param *p, const char *words, double *x)
{
	bool is_switch = strncmp(words, "OFF|ON", 6) == 0;
	uint32_t k = 0;

	for (const char *w = words; w; k++) {
		if (p->quote != '(' && mr__smu_word_is(p->p, p->n, w)) {
			*x = k;
			return 0;
		}
		w = strchr(w, '|');
		w = w ? w + 1 : NULL;
	}
	if (!is_switch || mr__smu_number(p, x))
		return SMU_ILLEGAL;
	return *x == 0 || *x == 1 ? 0 : SMU_ILLEGAL;
}
