/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Readings as the SCPI units give them: elements, text and blocks, stores. */
#include "wire_smu.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define STATUS_OVERFLOW 0x1u   /* 2400, B2900 */
#define STATUS_COMPLIANCE 0x8u
#define STATUS_2450_FRONT 0x8u
#define SOURCE_2450_LIMIT 0x8u
#define SOURCE_2450_OUTPUT 0x20u
#define BUFFER_FULL 0x200u     /* bit 9 of the measurement event register */
#define ELEMENTS_MAX 14
#define LEAST_ROOM 10

enum element {
	EL_VOLTAGE, EL_CURRENT, EL_RESISTANCE, EL_TIME, EL_STATUS, EL_SOURCE,
	EL_READING, EL_RELATIVE, EL_SOURCE_STATUS, EL_SECONDS, EL_FRACTION,
	EL_UNIT, EL_SOURCE_UNIT
};

void mr__smu_print(const struct smu *b, struct ws_buffer *to, double x)
{
	char text[SMU_NAME_MAX];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	int n = snprintf(text, sizeof text, b->profile->number, x);
#pragma GCC diagnostic pop

	mr__ws_append(to, text, n > 0 ? (size_t)n : 0);
}

static double beyond(const struct smu *b)
{
	return b->profile->dialect == SMU_B2900 ? SMU_NAN : SMU_OVERFLOW;
}

double mr__smu_shown_A(const struct smu *b, double i_A)
{
	double range = b->set[SET_SENSE_AUTO_A] != 0
	                       ? mr__smu_last_range(b->profile->i_range_A)
	                       : b->set[SET_SENSE_A];

	return fabs(i_A) > range * b->profile->over * (1 + 1e-6)
	               ? copysign(beyond(b), i_A)
	               : i_A;
}

static double shown_V(const struct smu *b, double v_V)
{
	double range = b->set[SET_SENSE_AUTO_V] != 0
	                       ? mr__smu_last_range(b->profile->v_range_V)
	                       : b->set[SET_SENSE_V];

	return fabs(v_V) > range * b->profile->over * (1 + 1e-6)
	               ? copysign(beyond(b), v_V)
	               : v_V;
}

/* ---- one reading ---------------------------------- */

static double status_word(const struct smu *b, const struct smu_reading *r)
{
	unsigned word = 0;

	if (b->profile->dialect == SMU_2450)
		return STATUS_2450_FRONT * (b->set[SET_TERMINALS] == 0);
	if (fabs(mr__smu_shown_A(b, r->i_A)) >= SMU_OVERFLOW)
		word |= STATUS_OVERFLOW;
	if (r->status & SMU_LIMITED)
		word |= STATUS_COMPLIANCE;
	return word;
}

static double source_status(const struct smu_reading *r)
{
	return (r->status & SMU_LIMITED ? SOURCE_2450_LIMIT : 0u) |
	       (r->status & SMU_WAS_OFF ? 0u : SOURCE_2450_OUTPUT);
}

/* What is not measured is the source's own value, or no number. */
static double element(const struct smu *b, const struct smu_store *s,
                      const struct smu_reading *r, enum element what)
{
	bool no_output = r->status & SMU_WAS_OFF &&
	                 b->profile->dialect == SMU_B2900;
	bool amperes = b->set[SET_FUNCTION] != 0;

	switch (what) {
	case EL_VOLTAGE:
		if (no_output)
			return SMU_NAN;
		return b->senses_v ? shown_V(b, r->v_V)
		                   : amperes ? SMU_NAN : r->source;
	case EL_CURRENT:
		if (no_output)
			return SMU_NAN;
		return b->senses_a ? mr__smu_shown_A(b, r->i_A)
		                   : amperes ? r->source : SMU_NAN;
	case EL_RESISTANCE:
		return b->senses_r && !no_output && r->i_A != 0 ? r->v_V / r->i_A
		                                                : SMU_NAN;
	case EL_STATUS:
		return status_word(b, r);
	case EL_SOURCE:
		if (b->profile->dialect == SMU_2450 &&
		    b->set[SET_READ_BACK] != 0)
			return amperes ? r->i_A : r->v_V;
		return r->source;
	case EL_READING:
		return b->senses_v ? shown_V(b, r->v_V)
		                   : mr__smu_shown_A(b, r->i_A);
	case EL_RELATIVE:
		return r->t_s - s->t0_s;
	case EL_SOURCE_STATUS:
		return source_status(r);
	case EL_SECONDS:
		return floor(r->t_s);
	case EL_FRACTION:
		return r->t_s - floor(r->t_s);
	default:
		return r->t_s;
	}
}

/* ---- many ---------------------------------- */

/* Which elements, of which readings. */
struct form {
	const struct smu_store *store;
	uint32_t from, n;
	uint32_t n_elements;
	enum element elements[ELEMENTS_MAX];
};

static bool is_whole(const struct smu *b, enum element what)
{
	return b->profile->dialect == SMU_2450 &&
	       (what == EL_STATUS || what == EL_SOURCE_STATUS ||
	        what == EL_SECONDS);
}

static void print_text(const struct smu *b, struct ws_buffer *to,
                       const struct form *f)
{
	for (uint32_t i = 0; i < f->n; i++) {
		const struct smu_reading *r =
			mr__smu_store_at(f->store, f->from + i);

		for (uint32_t k = 0; k < f->n_elements; k++) {
			double x = element(b, f->store, r, f->elements[k]);

			if (i || k)
				mr__ws_append(to, ",", 1);
			if (f->elements[k] == EL_UNIT)
				mr__ws_print(to, b->senses_v ? "Volt DC"
				                             : "Amp DC");
			else if (f->elements[k] == EL_SOURCE_UNIT)
				mr__ws_print(to, b->set[SET_FUNCTION] != 0
				                         ? "Amp DC"
				                         : "Volt DC");
			else if (is_whole(b, f->elements[k]))
				mr__ws_print(to, "%.0f", x);
			else
				mr__smu_print(b, to, x);
		}
	}
}

static void put_swapped(struct ws_buffer *to, const void *p, size_t size,
                        bool little)
{
	const uint16_t one = 1;
	const uint8_t *bytes = p;
	uint8_t low;

	memcpy(&low, &one, 1);
	for (size_t i = 0; i < size; i++)
		mr__ws_append(to, bytes + ((low != 0) == little ? i
		                                               : size - 1 - i),
		              1);
}

static void put_number(const struct smu *b, struct ws_buffer *to, double x)
{
	bool little = b->set[SET_SWAPPED] != 0;
	float narrow = (float)x;

	if (b->set[SET_FORMAT] == 2)
		put_swapped(to, &x, sizeof x, little);
	else
		put_swapped(to, &narrow, sizeof narrow, little);
}

/* A 2400's block says no length and ends with the message. */
static void put_block(const struct smu *b, struct ws_buffer *to,
                      const struct form *f)
{
	size_t size = b->set[SET_FORMAT] == 2 ? sizeof(double) : sizeof(float);
	char length[SMU_NAME_MAX];
	int digits = snprintf(length, sizeof length, "%zu",
	                      size * f->n * f->n_elements);

	if (b->profile->dialect == SMU_2400)
		mr__ws_print(to, "#0");
	else
		mr__ws_print(to, "#%d%s", digits, length);
	for (uint32_t i = 0; i < f->n; i++)
		for (uint32_t k = 0; k < f->n_elements; k++)
			put_number(b, to,
			           element(b, f->store,
			                   mr__smu_store_at(f->store,
			                                    f->from + i),
			                   f->elements[k]));
}

static void answer(struct smu *b, const struct form *f)
{
	struct ws_buffer *to = mr__smu_answer(&b->pipe);

	if (b->set[SET_FORMAT] == 0)
		print_text(b, to, f);
	else
		put_block(b, to, f);
}

/* ---- what is asked for ---------------------------------- */

static void default_elements(const struct smu *b, struct form *f)
{
	f->n_elements = 0;
	if (b->profile->dialect == SMU_2450) {
		f->elements[f->n_elements++] = EL_READING;
		return;
	}
	for (unsigned i = 0; i <= EL_SOURCE; i++)
		if (b->elements >> i & 1)
			f->elements[f->n_elements++] = (enum element)i;
}

static int named_elements(const struct smu_command *c, uint32_t i, struct form *f)
{
	static const struct {
		const char *word;
		enum element what;
	} words[] = {
		{"READing", EL_READING}, {"SOURce", EL_SOURCE},
		{"RELative", EL_RELATIVE}, {"STATus", EL_STATUS},
		{"SOURSTATus", EL_SOURCE_STATUS}, {"SEConds", EL_SECONDS},
		{"FRACtional", EL_FRACTION}, {"UNIT", EL_UNIT},
		{"SOURUNIT", EL_SOURCE_UNIT},
	};

	for (f->n_elements = 0; i < c->n; i++) {
		size_t k = 0, n = sizeof words / sizeof words[0];
		const struct smu_param *p = &c->params[i];

		while (k < n && (p->quote ||
		                 !mr__smu_word_is(p->p, p->n, words[k].word)))
			k++;
		if (k == n)
			return SMU_ILLEGAL;
		if (f->n_elements == ELEMENTS_MAX)
			return SMU_NOT_ALLOWED;
		f->elements[f->n_elements++] = words[k].what;
	}
	return 0;
}

/* Elements that a 2450 is asked for, from the i-th parameter on. */
static int wanted(const struct smu *b, const struct smu_command *c, uint32_t i,
                  struct form *f)
{
	default_elements(b, f);
	if (b->profile->dialect != SMU_2450 || i >= c->n)
		return 0;
	return named_elements(c, i, f);
}

/* The answer of a READ? or MEAS? when its job has ended. */
void mr__smu_answer_job(struct smu *b)
{
	const struct smu_command *c = &b->command;
	const struct smu_job *j = &b->job;
	struct form f = {.store = j->store, .from = j->first, .n = j->n_read};
	uint32_t n = mr__smu_store_n(j->store);
	int rc = wanted(b, c, c->n && c->params[0].quote == '"', &f);

	if (f.from + f.n > n)
		f.n = n > f.from ? n - f.from : 0;
	if (j->answer == ANSWER_LAST && f.n > 1) {
		f.from += f.n - 1;
		f.n = 1;
	}
	if (b->profile->dialect == SMU_B2900 && j->answer == ANSWER_LAST &&
	    strstr(c->header, ":MEAS")) {
		bool volts = strstr(c->header, ":VOLT") != NULL;

		if (volts || strstr(c->header, ":CURR")) {
			f.n_elements = 1;
			f.elements[0] = volts ? EL_VOLTAGE : EL_CURRENT;
		}
	}
	if (!rc && f.n == 0)
		rc = SMU_CORRUPT;
	if (rc)
		mr__smu_raise(b, rc);
	else
		answer(b, &f);
}

/* ---- FETCh, TRACe, SENSe:DATA ---------------------------------- */

static int named_store(struct smu *b, const struct smu_command *c, uint32_t *i,
                       struct smu_store **s)
{
	char name[SMU_NAME_MAX];

	*s = &b->stores[0];
	if (*i >= c->n || c->params[*i].quote != '"')
		return 0;
	mr__smu_copy(&c->params[(*i)++], name, sizeof name);
	*s = mr__smu_store_find(b, name);
	return *s ? 0 : SMU_ILLEGAL;
}

/* The latest readings again, without measuring. */
int mr__smu_fetch(struct smu *b, const struct smu_command *c)
{
	struct form f = {.n = 0};
	struct smu_store *s;
	uint32_t i = 0;
	int rc = named_store(b, c, &i, &s);

	if (!rc)
		rc = wanted(b, c, i, &f);
	if (rc)
		return rc;
	f.store = s;
	f.n = mr__smu_store_n(s);
	if (f.n == 0)
		return SMU_CORRUPT;
	if (b->profile->dialect != SMU_2400) {
		f.from = f.n - 1;
		f.n = 1;
	}
	answer(b, &f);
	return 0;
}

int mr__smu_fetch_array(struct smu *b, const struct smu_command *c)
{
	static const struct {
		const char *word;
		enum element what;
	} words[] = {{":CURR", EL_CURRENT}, {":VOLT", EL_VOLTAGE},
	             {":RES", EL_RESISTANCE}, {":TIME", EL_TIME},
	             {":STAT", EL_STATUS}, {":SOUR", EL_SOURCE}};
	struct form f = {.store = &b->stores[0],
	                 .n = mr__smu_store_n(&b->stores[0])};

	default_elements(b, &f);
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strstr(c->header, words[i].word)) {
			f.n_elements = 1;
			f.elements[0] = words[i].what;
		}
	if (f.n == 0)
		return SMU_CORRUPT;
	answer(b, &f);
	return 0;
}

/* offset, size; without them all. */
int mr__smu_sense_data(struct smu *b, const struct smu_command *c)
{
	struct form f = {.store = &b->stores[0],
	                 .n = mr__smu_store_n(&b->stores[0])};
	double from = 0, n = f.n;
	int rc = 0;

	default_elements(b, &f);
	if (c->n > 0)
		rc = mr__smu_number(&c->params[0], &from);
	if (!rc && c->n > 1)
		rc = mr__smu_number(&c->params[1], &n);
	else
		n -= from;
	if (!rc && f.n == 0)
		rc = SMU_CORRUPT;
	if (!rc && !(from >= 0 && n >= 1 && from + n <= f.n))
		rc = SMU_RANGE;
	if (rc)
		return rc;
	f.from = (uint32_t)from;
	f.n = (uint32_t)n;
	answer(b, &f);
	return 0;
}

/* "name", size[, style] */
int mr__smu_trace_make(struct smu *b, const struct smu_command *c)
{
	char name[SMU_NAME_MAX];
	double room = 0;
	int rc = c->params[0].quote == '"' && c->params[0].n > 0 &&
	                         c->params[0].n < SMU_NAME_MAX
	                 ? mr__smu_number(&c->params[1], &room)
	                 : SMU_TYPE;

	if (rc)
		return rc;
	if (!(room >= LEAST_ROOM && room <= b->profile->points_max))
		return SMU_RANGE;
	mr__smu_copy(&c->params[0], name, sizeof name);
	if (mr__smu_store_find(b, name))
		return SMU_CONFLICT;
	for (int i = 0; i < SMU_STORES_MAX; i++) {
		struct smu_store *s = &b->stores[i];

		if (s->name[0])
			continue;
		memcpy(s->name, name, sizeof name);
		s->room = (uint32_t)room;
		return 0;
	}
	return SMU_TOO_MUCH;
}

static int the_store(struct smu *b, const struct smu_command *c, uint32_t i,
                     struct smu_store **s)
{
	int rc;

	if (b->profile->dialect == SMU_2400) {
		*s = &b->stores[1];
		return i < c->n ? SMU_NOT_ALLOWED : 0;
	}
	if (i < c->n && c->params[i].quote != '"')
		return SMU_TYPE;
	rc = named_store(b, c, &i, s);
	return rc;
}

int mr__smu_trace_clear(struct smu *b, const struct smu_command *c)
{
	struct smu_store *s;
	int rc = the_store(b, c, 0, &s);

	if (rc)
		return rc;
	mr__smu_store_clear(s);
	b->measure_event &= ~BUFFER_FULL;
	return 0;
}

int mr__smu_trace_actual(struct smu *b, const struct smu_command *c)
{
	struct smu_store *s;
	int rc = the_store(b, c, 0, &s);

	if (!rc)
		mr__ws_print(mr__smu_answer(&b->pipe), "%u", mr__smu_store_n(s));
	return rc;
}

int mr__smu_trace_points(struct smu *b, const struct smu_command *c)
{
	struct smu_store *s;
	double room = 0;
	int rc = the_store(b, c, c->query ? 0 : 1, &s);

	if (!rc && c->query)
		mr__ws_print(mr__smu_answer(&b->pipe), "%u", s->room);
	if (rc || c->query)
		return rc;
	rc = c->n ? mr__smu_number(&c->params[0], &room) : SMU_MISSING;
	if (!rc && !(room >= 1 && room <= b->profile->points_max))
		rc = SMU_RANGE;
	if (rc)
		return rc;
	mr__smu_store_clear(s);
	s->room = (uint32_t)room;
	return 0;
}

/* i, j[, "name"[, elements...]]; a 2400 gives all that is stored. */
int mr__smu_trace_data(struct smu *b, const struct smu_command *c)
{
	struct form f = {.n = 0};
	struct smu_store *s;
	double from = 1, to;
	uint32_t i = b->profile->dialect == SMU_2450 ? 2 : 0;
	int rc = b->profile->dialect == SMU_2400 ? the_store(b, c, 0, &s)
	         : c->n < 2                      ? SMU_MISSING
	                                         : named_store(b, c, &i, &s);

	if (rc)
		return rc;
	to = mr__smu_store_n(s);
	if (b->profile->dialect == SMU_2450) {
		rc = mr__smu_number(&c->params[0], &from);
		if (!rc)
			rc = mr__smu_number(&c->params[1], &to);
	}
	if (!rc && mr__smu_store_n(s) == 0)
		rc = SMU_CORRUPT;
	if (!rc && !(from >= 1 && to >= from && to <= mr__smu_store_n(s)))
		rc = SMU_RANGE;
	if (!rc)
		rc = wanted(b, c, i, &f);
	if (rc)
		return rc;
	f.store = s;
	f.from = (uint32_t)from - 1;
	f.n = (uint32_t)to - f.from;
	answer(b, &f);
	return 0;
}

int mr__smu_trace_feed(struct smu *b, const struct smu_command *c)
{
	double x;

	(void)b;
	return mr__smu_choice(&c->params[0], "SENSe|SENSe1|SENS1", &x);
}
