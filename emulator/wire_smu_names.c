/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* What statements of TSP can name: attributes, constants, functions. */
#include "wire_smu.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SCRATCH (SMU_STORES_MAX - 1) /* readings that go into no buffer */
#define DELAY_MAX_S 1e5
#define USER_MAX 1e9                 /* readings that can be asked for */
#define ERROR_SEVERITY 20
#define DATA_TEXT 1
#define DATA_REAL64 3
#define UNIT 1                       /* its node */
#define MATRIX_NODE 2

/* ---- attributes ---------------------------------- */

static int get_constant(struct smu *b, struct tsp *t, const struct tsp_name *n,
                     struct tsp_value *out)
{
	(void)b;
	(void)t;
	mr__tsp_number(out, n->x);
	return 0;
}

/* Something that has parts is passed on by its name. */
static int get_table(struct smu *b, struct tsp *t, const struct tsp_name *n,
                  struct tsp_value *out)
{
	(void)b;
	(void)t;
	mr__tsp_text(out, n->name);
	out->kind = TSP_NAME;
	return 0;
}

static int get_setting(struct smu *b, struct tsp *t, const struct tsp_name *n,
                    struct tsp_value *out)
{
	(void)t;
	mr__tsp_number(out, b->set[n->setting]);
	return 0;
}

static int number_of(const struct tsp_value *in, double *x)
{
	*x = in->x;
	return in->kind == TSP_NUMBER ? isfinite(in->x) ? 0 : SMU_RANGE
	                              : SMU_TSP_RUNTIME;
}

/* n->x: the greatest of a choice; 0 = the setting's own bounds. */
static int set_setting(struct smu *b, struct tsp *t, const struct tsp_name *n,
                   const struct tsp_value *in)
{
	double x = 0, min = 0, max = n->x;
	int rc = number_of(in, &x);

	(void)t;
	if (n->x == 0)
		mr__smu_bounds(b, n->setting, &min, &max);
	if (!rc && !(x >= min && x <= max))
		rc = SMU_RANGE;
	return rc ? rc : mr__smu_set(b, n->setting, x);
}

/* 1 = volts, 0 = amperes. */
static int get_function(struct smu *b, struct tsp *t, const struct tsp_name *n,
                        struct tsp_value *out)
{
	(void)t;
	(void)n;
	mr__tsp_number(out, b->set[SET_FUNCTION] == 0);
	return 0;
}

static int set_function(struct smu *b, struct tsp *t, const struct tsp_name *n,
                        const struct tsp_value *in)
{
	double x = 0;
	int rc = number_of(in, &x);

	(void)t;
	(void)n;
	if (!rc && x != 0 && x != 1)
		rc = SMU_RANGE;
	return rc ? rc : mr__smu_set(b, SET_FUNCTION, x == 0);
}

static int get_output(struct smu *b, struct tsp *t, const struct tsp_name *n,
                      struct tsp_value *out)
{
	(void)t;
	(void)n;
	mr__tsp_number(out, b->on);
	return 0;
}

/* 2 = high impedance, which off is here anyway. */
static int set_output(struct smu *b, struct tsp *t, const struct tsp_name *n,
                      const struct tsp_value *in)
{
	double x = 0;
	int rc = number_of(in, &x);

	(void)t;
	(void)n;
	if (!rc && x != 0 && x != 1 && x != 2)
		rc = SMU_RANGE;
	if (!rc)
		mr__smu_output(b, x == 1);
	return rc;
}

static int get_compliance(struct smu *b, struct tsp *t, const struct tsp_name *n,
                          struct tsp_value *out)
{
	(void)t;
	(void)n;
	mr__tsp_bool(out, mr__smu_is_limited(b));
	return 0;
}

static double *format_of(struct tsp *t, const struct tsp_name *n)
{
	return n->setting == SET_FORMAT    ? &t->data
	       : n->setting == SET_SWAPPED ? &t->order
	                                   : &t->precision;
}

static int get_format(struct smu *b, struct tsp *t, const struct tsp_name *n,
                      struct tsp_value *out)
{
	(void)b;
	mr__tsp_number(out, *format_of(t, n));
	return 0;
}

static int set_format(struct smu *b, struct tsp *t, const struct tsp_name *n,
                      const struct tsp_value *in)
{
	double x = 0;
	int rc = number_of(in, &x);

	(void)b;
	if (!rc && !(x >= (n->setting != SET_SWAPPED) && x <= n->x &&
	             x == floor(x)))
		rc = SMU_RANGE;
	if (!rc)
		*format_of(t, n) = x;
	return rc;
}

static int get_text(struct smu *b, struct tsp *t, const struct tsp_name *n,
                    struct tsp_value *out)
{
	bool matrix = n->where == SMU_MATRIX;

	(void)t;
	if (strcmp(n->name, "localnode.model") == 0)
		mr__tsp_text(out, matrix ? b->matrix.model : "2601B");
	else if (strcmp(n->name, "localnode.serialno") == 0)
		mr__tsp_text(out, b->serial);
	else if (strcmp(n->name, "localnode.version") == 0)
		mr__tsp_text(out, b->firmware);
	else
		mr__tsp_text(out, "online"); /* tsplink.state */
	return 0;
}

static int get_hot(struct smu *b, struct tsp *t, const struct tsp_name *n,
                   struct tsp_value *out)
{
	(void)t;
	mr__tsp_number(out, strcmp(n->name, "memrig.refused") == 0
	                            ? (double)b->refused
	                            : (double)b->matrix.hot);
	return 0;
}

static int get_rule(struct smu *b, struct tsp *t, const struct tsp_name *n,
                    struct tsp_value *out)
{
	(void)t;
	(void)n;
	mr__tsp_number(out, b->matrix.rule);
	return 0;
}

static int set_rule(struct smu *b, struct tsp *t, const struct tsp_name *n,
                    const struct tsp_value *in)
{
	double x = 0;
	int rc = number_of(in, &x);

	(void)t;
	(void)n;
	if (!rc && x != 0 && x != 1 && x != 2)
		rc = SMU_RANGE;
	if (!rc)
		b->matrix.rule = x;
	return rc;
}

/* ---- buffers ---------------------------------- */

static struct smu_store *store_of(struct smu *b, const char *name,
                                  const char **part)
{
	for (int i = 0; i < 2; i++) {
		struct smu_store *s = &b->stores[i];
		size_t n = strlen(s->name);

		if (strncmp(name, s->name, n) != 0 ||
		    (name[n] && name[n] != '.'))
			continue;
		*part = name[n] ? name + n + 1 : "readings";
		return s;
	}
	return NULL;
}

static int get_count(struct smu *b, struct tsp *t, const struct tsp_name *n,
                     struct tsp_value *out)
{
	const char *part = "";
	const struct smu_store *s = store_of(b, n->name, &part);

	(void)t;
	mr__tsp_number(out, strcmp(part, "n") == 0          ? mr__smu_store_n(s)
	                    : strcmp(part, "capacity") == 0 ? s->room
	                    : strcmp(part, "appendmode") == 0
	                            ? s->appends
	                            : s->keeps_sources);
	return 0;
}

static int set_count(struct smu *b, struct tsp *t, const struct tsp_name *n,
                     const struct tsp_value *in)
{
	const char *part = "";
	struct smu_store *s = store_of(b, n->name, &part);
	double x = 0;
	int rc = number_of(in, &x);

	(void)t;
	if (!rc && x != 0 && x != 1)
		rc = SMU_RANGE;
	if (rc)
		return rc;
	if (strcmp(part, "appendmode") == 0)
		s->appends = x != 0;
	else
		s->keeps_sources = x != 0;
	return 0;
}

static int clear_store(struct smu *b, struct tsp *t, const struct tsp_name *n,
                       const struct tsp_values *in, struct tsp_values *out)
{
	const char *part = "";

	(void)t;
	(void)in;
	out->n = 0;
	mr__smu_store_clear(store_of(b, n->name, &part));
	return 0;
}

int mr__tsp_element(struct smu *b, const char *name, double i, double *x)
{
	const char *part = "";
	const struct smu_store *s = store_of(b, name, &part);
	const struct smu_reading *r;

	if (!s || !(i >= 1 && i <= mr__smu_store_n(s)))
		return SMU_TSP_RUNTIME;
	r = mr__smu_store_at(s, (uint32_t)i - 1);
	if (strcmp(part, "readings") == 0)
		*x = b->senses_v ? r->v_V : mr__smu_shown_A(b, r->i_A);
	else if (strcmp(part, "sourcevalues") == 0 && s->keeps_sources)
		*x = r->source;
	else if (strcmp(part, "timestamps") == 0)
		*x = r->t_s - s->t0_s;
	else
		return SMU_TSP_RUNTIME;
	return 0;
}

static void put_bytes(struct ws_buffer *to, const void *p, size_t size,
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

static void put_element(const struct tsp *t, struct ws_buffer *to, double x)
{
	float narrow = (float)x;

	if (t->data == DATA_REAL64)
		put_bytes(to, &x, sizeof x, t->order != 0);
	else
		put_bytes(to, &narrow, sizeof narrow, t->order != 0);
}

/* first, last, buffers: the elements of all of them side by side. A block says
 * no length and ends with the line. */
static int printbuffer(struct smu *b, struct tsp *t, const struct tsp_name *n,
                       const struct tsp_values *in, struct tsp_values *out)
{
	struct ws_buffer *to;
	bool first = true;
	int rc = in->n < 3 || in->v[0].kind != TSP_NUMBER ||
	                         in->v[1].kind != TSP_NUMBER
	                 ? SMU_TSP_RUNTIME
	                 : 0;

	(void)n;
	out->n = 0;
	if (!rc && !(in->v[0].x >= 1 && in->v[1].x <= USER_MAX))
		rc = SMU_TSP_RUNTIME;
	for (uint32_t k = 2; k < in->n && !rc; k++)
		rc = in->v[k].kind == TSP_NAME ? 0 : SMU_TSP_RUNTIME;
	if (rc)
		return rc;
	to = mr__smu_answer(t->pipe);
	if (t->data != DATA_TEXT)
		mr__ws_append(to, "#0", 2);
	for (uint32_t i = (uint32_t)in->v[0].x; i <= in->v[1].x && !rc; i++)
		for (uint32_t k = 2; k < in->n && !rc; k++) {
			double x = 0;

			rc = mr__tsp_element(b, in->v[k].text, i, &x);
			if (t->data != DATA_TEXT) {
				put_element(t, to, x);
				continue;
			}
			if (!first)
				mr__ws_append(to, ", ", 2);
			first = false;
			mr__tsp_print_number(t, to, x);
		}
	if (rc) {
		t->pipe->n_answers = 0;
		mr__ws_empty(to);
		return rc;
	}
	return mr__smu_pipe_send(t->pipe) ? 0 : SMU_SYSTEM;
}

/* ---- calls that take time ---------------------------------- */

static bool is_both(const struct tsp_name *n)
{
	return strcmp(n->name, "smua.measure.iv") == 0;
}

/* smua.measure.i([buffer]) and its like; iv([buffer of i[, buffer of v]]) */
static int measure(struct smu *b, struct tsp *t, const struct tsp_name *n,
                   const struct tsp_values *in, struct tsp_values *out)
{
	const char *part = "";
	struct smu_store *s = &b->stores[SCRATCH];

	(void)t;
	out->n = 0;
	if (in->n) {
		s = in->v[0].kind == TSP_NAME ? store_of(b, in->v[0].text, &part)
		                              : NULL;
		if (!s || strcmp(part, "readings") != 0)
			return SMU_TSP_RUNTIME;
	}
	if (s == &b->stores[SCRATCH] || !s->appends)
		mr__smu_store_clear(s);
	b->senses_v = n->name[strlen(n->name) - 1] == 'v' && !is_both(n);
	mr__smu_job_new(b);
	for (uint32_t i = 0; i < (uint32_t)b->set[SET_COUNT]; i++)
		if (!mr__smu_job_point(b, mr__smu_level(b)))
			return SMU_SYSTEM;
	b->job.store = s;
	b->job.hold_s = mr__smu_aperture_s(b);
	b->job.answer = ANSWER_TSP;
	b->job.what = is_both(n) ? 'b' : n->name[strlen(n->name) - 1];
	mr__smu_job_begin(b);
	return TSP_WAIT;
}

/* delay(s), waitcomplete() */
static int delay(struct smu *b, struct tsp *t, const struct tsp_name *n,
                 const struct tsp_values *in, struct tsp_values *out)
{
	double s = 0;
	int rc = in->n == 1 ? number_of(&in->v[0], &s) : SMU_TSP_RUNTIME;

	(void)t;
	(void)n;
	out->n = 0;
	if (!rc && !(s >= 0 && s <= DELAY_MAX_S))
		rc = SMU_RANGE;
	if (rc || s == 0)
		return rc;
	mr__smu_job_new(b);
	if (!mr__smu_job_point(b, mr__smu_level(b)))
		return SMU_SYSTEM;
	mr__smu_store_clear(&b->stores[SCRATCH]);
	b->job.store = &b->stores[SCRATCH];
	b->job.hold_s = s;
	b->job.answer = ANSWER_TSP;
	b->job.what = 0;
	mr__smu_job_begin(b);
	return TSP_WAIT;
}

static double result(const struct smu *b, const struct smu_reading *r, char what)
{
	double i_A = mr__smu_shown_A(b, r->i_A);

	switch (what) {
	case 'v':
		return r->v_V;
	case 'r':
		return r->i_A != 0 ? r->v_V / r->i_A : SMU_NAN;
	case 'p':
		return r->v_V * i_A;
	default:
		return i_A;
	}
}

void mr__tsp_results(struct smu *b, struct tsp_values *out)
{
	const struct smu_job *j = &b->job;
	uint32_t n = mr__smu_store_n(j->store);
	const struct smu_reading *r;

	out->n = 0;
	if (j->what == 't') {
		out->n = 2;
		mr__tsp_bool(&out->v[0], true);
		mr__tsp_text(&out->v[1], "");
	}
	if (n == 0 || j->what == 0 || j->what == 't')
		return;
	r = mr__smu_store_at(j->store, n - 1);
	out->n = 1;
	mr__tsp_number(&out->v[0], result(b, r, j->what));
	if (j->what == 'b') {
		mr__tsp_number(&out->v[1], r->v_V);
		out->n = 2;
	}
}

/* ---- other calls ---------------------------------- */

static int reset_unit(struct smu *b, struct tsp *t, const struct tsp_name *n,
                      const struct tsp_values *in, struct tsp_values *out)
{
	(void)n;
	(void)in;
	out->n = 0;
	(void)mr__smu_rst(b, NULL);
	t->data = DATA_TEXT;
	t->order = 1;
	t->precision = 6;
	return 0;
}

static int abort_unit(struct smu *b, struct tsp *t, const struct tsp_name *n,
                      const struct tsp_values *in, struct tsp_values *out)
{
	(void)t;
	(void)n;
	(void)in;
	out->n = 0;
	(void)mr__smu_job_cut(b);
	return 0;
}

static int nothing(struct smu *b, struct tsp *t, const struct tsp_name *n,
                   const struct tsp_values *in, struct tsp_values *out)
{
	(void)b;
	(void)t;
	(void)n;
	(void)in;
	out->n = 0;
	return 0;
}

static struct smu_queue *queue_of(struct smu *b, const struct tsp_name *n,
                                  const struct tsp *t)
{
	(void)n;
	return t->here == SMU_MATRIX ? &b->matrix.errors : &b->errors;
}

/* code, message, severity, node */
static int next_error(struct smu *b, struct tsp *t, const struct tsp_name *n,
                      const struct tsp_values *in, struct tsp_values *out)
{
	int64_t at_ns;
	int error = mr__smu_queue_next(queue_of(b, n, t), &at_ns);

	(void)in;
	out->n = 4;
	mr__tsp_number(&out->v[0], error);
	mr__tsp_text(&out->v[1],
	             error ? mr__smu_error_text(error) : "Queue Is Empty");
	mr__tsp_number(&out->v[2], error ? ERROR_SEVERITY : 0);
	mr__tsp_number(&out->v[3], t->here == SMU_MATRIX ? MATRIX_NODE : UNIT);
	return 0;
}

static int clear_queue(struct smu *b, struct tsp *t, const struct tsp_name *n,
                       const struct tsp_values *in, struct tsp_values *out)
{
	(void)in;
	out->n = 0;
	queue_of(b, n, t)->n = 0;
	return 0;
}

static int get_errors(struct smu *b, struct tsp *t, const struct tsp_name *n,
                      struct tsp_value *out)
{
	mr__tsp_number(out, queue_of(b, n, t)->n);
	return 0;
}

/* The nodes that there are. */
static int link_reset(struct smu *b, struct tsp *t, const struct tsp_name *n,
                      const struct tsp_values *in, struct tsp_values *out)
{
	(void)t;
	(void)n;
	(void)in;
	out->n = 1;
	mr__tsp_number(&out->v[0], b->matrix.there ? MATRIX_NODE : UNIT);
	return 0;
}

/* ---- the table ---------------------------------- */

#define U SMU_2600B
#define M SMU_MATRIX
#define ATTRIBUTE(name, setting, most)                                        \
	{name, U, get_setting, set_setting, NULL, setting, most}
#define CONSTANT(name, where, x)                                              \
	{name, where, get_constant, NULL, NULL, SET_NONE, x}
#define TABLE(name) {name, U, get_table, NULL, NULL, SET_NONE, 0}
#define CALL(name, where, function)                                           \
	{name, where, NULL, NULL, function, SET_NONE, 0}
#define BUFFER(name)                                                          \
	TABLE(name), TABLE(name ".readings"), TABLE(name ".sourcevalues"),    \
	TABLE(name ".timestamps"), CALL(name ".clear", U, clear_store),       \
	{name ".n", U, get_count, NULL, NULL, SET_NONE, 0},                   \
	{name ".capacity", U, get_count, NULL, NULL, SET_NONE, 0},            \
	{name ".appendmode", U, get_count, set_count, NULL, SET_NONE, 0},     \
	{name ".collectsourcevalues", U, get_count, set_count, NULL,          \
	 SET_NONE, 0}

static const struct tsp_name names[] = {
	TABLE("smua"),
	BUFFER("smua.nvbuffer1"),
	BUFFER("smua.nvbuffer2"),
	{"smua.source.func", U, get_function, set_function, NULL, SET_NONE, 0},
	{"smua.source.output", U, get_output, set_output, NULL, SET_NONE, 0},
	{"smua.source.compliance", U, get_compliance, NULL, NULL, SET_NONE, 0},
	ATTRIBUTE("smua.source.levelv", SET_LEVEL_V, 0),
	ATTRIBUTE("smua.source.leveli", SET_LEVEL_A, 0),
	ATTRIBUTE("smua.source.rangev", SET_RANGE_V, 0),
	ATTRIBUTE("smua.source.rangei", SET_RANGE_A, 0),
	ATTRIBUTE("smua.source.autorangev", SET_AUTO_V, 1),
	ATTRIBUTE("smua.source.autorangei", SET_AUTO_A, 1),
	ATTRIBUTE("smua.source.limiti", SET_LIMIT_A, 0),
	ATTRIBUTE("smua.source.limitv", SET_LIMIT_V, 0),
	ATTRIBUTE("smua.source.offmode", SET_OFF_STATE, 2),
	ATTRIBUTE("smua.source.delay", SET_DELAY, 0),
	ATTRIBUTE("smua.measure.rangei", SET_SENSE_A, 0),
	ATTRIBUTE("smua.measure.rangev", SET_SENSE_V, 0),
	ATTRIBUTE("smua.measure.autorangei", SET_SENSE_AUTO_A, 1),
	ATTRIBUTE("smua.measure.autorangev", SET_SENSE_AUTO_V, 1),
	ATTRIBUTE("smua.measure.lowrangei", SET_SENSE_LEAST, 0),
	ATTRIBUTE("smua.measure.nplc", SET_NPLC, 0),
	ATTRIBUTE("smua.measure.autozero", SET_AUTOZERO, 2),
	ATTRIBUTE("smua.measure.count", SET_COUNT, 0),
	ATTRIBUTE("smua.sense", SET_WIRES, 1),
	CALL("smua.reset", U, reset_unit),
	CALL("smua.abort", U, abort_unit),
	CALL("smua.measure.v", U, measure),
	CALL("smua.measure.i", U, measure),
	CALL("smua.measure.r", U, measure),
	CALL("smua.measure.p", U, measure),
	CALL("smua.measure.iv", U, measure),
	CONSTANT("smua.OUTPUT_DCAMPS", U, 0),
	CONSTANT("smua.OUTPUT_DCVOLTS", U, 1),
	CONSTANT("smua.OUTPUT_OFF", U, 0),
	CONSTANT("smua.OUTPUT_ON", U, 1),
	CONSTANT("smua.OUTPUT_HIGH_Z", U, 2),
	CONSTANT("smua.OUTPUT_NORMAL", U, 0),
	CONSTANT("smua.OUTPUT_ZERO", U, 1),
	CONSTANT("smua.SENSE_LOCAL", U, 0),
	CONSTANT("smua.SENSE_REMOTE", U, 1),
	CONSTANT("smua.AUTORANGE_OFF", U, 0),
	CONSTANT("smua.AUTORANGE_ON", U, 1),
	CONSTANT("smua.AUTOZERO_OFF", U, 0),
	CONSTANT("smua.AUTOZERO_ONCE", U, 1),
	CONSTANT("smua.AUTOZERO_AUTO", U, 2),
	CALL("reset", U, reset_unit),
	CALL("delay", U, delay),
	CALL("waitcomplete", U | M, nothing),
	CALL("printbuffer", U, printbuffer),
	CALL("ConfigPulseVMeasureI", U, mr__tsp_config_pulse),
	CALL("ConfigPulseVMeasureISweepLin", U, mr__tsp_config_pulse),
	CALL("ConfigPulseVMeasureISweepLog", U, mr__tsp_config_pulse),
	CALL("InitiatePulseTest", U, mr__tsp_initiate_pulse),
	{"format.data", U | M, get_format, set_format, NULL, SET_FORMAT, 3},
	{"format.byteorder", U | M, get_format, set_format, NULL, SET_SWAPPED, 1},
	{"format.asciiprecision", U | M, get_format, set_format, NULL, SET_NONE,
	 16},
	CONSTANT("format.ASCII", U | M, 1),
	CONSTANT("format.REAL32", U | M, 2),
	CONSTANT("format.SREAL", U | M, 2),
	CONSTANT("format.REAL", U | M, 3),
	CONSTANT("format.REAL64", U | M, 3),
	CONSTANT("format.NORMAL", U | M, 0),
	CONSTANT("format.BIGENDIAN", U | M, 0),
	CONSTANT("format.NETWORK", U | M, 0),
	CONSTANT("format.SWAPPED", U | M, 1),
	CONSTANT("format.LITTLEENDIAN", U | M, 1),
	CALL("errorqueue.next", U | M, next_error),
	CALL("errorqueue.clear", U | M, clear_queue),
	{"errorqueue.count", U | M, get_errors, NULL, NULL, SET_NONE, 0},
	{"localnode.model", U, get_text, NULL, NULL, SET_NONE, 0},
	{"localnode.model", M, get_text, NULL, NULL, SET_NONE, 0},
	{"localnode.serialno", U | M, get_text, NULL, NULL, SET_NONE, 0},
	{"localnode.version", U | M, get_text, NULL, NULL, SET_NONE, 0},
	CONSTANT("localnode.linefreq", U | M, SMU_LINE_HZ),
	CALL("tsplink.reset", U | M, link_reset),
	{"tsplink.state", U | M, get_text, NULL, NULL, SET_NONE, 0},
	{"memrig.hotswitches", U | M, get_hot, NULL, NULL, SET_NONE, 0},
	{"memrig.refused", U | M, get_hot, NULL, NULL, SET_NONE, 0},

	CALL("reset", M, mr__tsp_matrix_reset),
	CALL("channel.reset", M, mr__tsp_matrix_reset),
	CALL("channel.close", M, mr__tsp_channel_change),
	CALL("channel.open", M, mr__tsp_channel_change),
	CALL("channel.exclusiveclose", M, mr__tsp_channel_change),
	CALL("channel.getclose", M, mr__tsp_channel_ask),
	CALL("channel.getstate", M, mr__tsp_channel_ask),
	CALL("channel.getforbidden", M, mr__tsp_channel_ask),
	CALL("channel.setforbidden", M, mr__tsp_channel_forbid),
	CALL("channel.clearforbidden", M, mr__tsp_channel_forbid),
	CALL("channel.setdelay", M, mr__tsp_channel_delay),
	{"channel.connectrule", M, get_rule, set_rule, NULL, SET_NONE, 0},
	CONSTANT("channel.OFF", M, 0),
	CONSTANT("channel.BREAK_BEFORE_MAKE", M, 1),
	CONSTANT("channel.MAKE_BEFORE_BREAK", M, 2),
};

const struct tsp_name *mr__tsp_find(enum smu_dialect where, const char *name)
{
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (names[i].where & (unsigned)where &&
		    strcmp(names[i].name, name) == 0)
			return &names[i];
	return NULL;
}

void mr__tsp_init(struct smu *b, struct tsp *t, enum smu_dialect here,
                  struct smu_pipe *pipe, struct smu_queue *errors)
{
	(void)b;
	*t = (struct tsp){.pipe = pipe,
	                  .errors = errors,
	                  .here = here,
	                  .precision = 6,
	                  .data = DATA_TEXT,
	                  .order = 1};
}
