/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The conversation with an instrument. */
#include "smu.h"

#include <errno.h>
#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "board.h"

#define NS_PER_S 1e9
#define TCP_PORT 5025
#define BAUD 9600
#define ANSWER_S 5.0
#define LASTS_MAX_S 1e6
#define SENDING_NS INT64_C(10000000000)
#define ERRORS_MAX 64 /* more than a queue holds: it does not empty */

/* ---- lines ---------------------------------------------------------------------- */

static int lose_step(struct smu *s, int rc)
{
	if (rc)
		s->in_step = false;
	return rc;
}

static int send_line(struct smu *s, char text[SMU_ANSWER_MAX],
                     struct mr_errtext *err)
{
	size_t n = strlen(text);

	text[n] = '\n';
	s->sent = true;
	return lose_step(s, mr__transport_write(s->pipe, text, n + 1, true,
	                                        mr__board_in(s->pipe, SENDING_NS),
	                                        NULL, err));
}

static int hear_line(struct smu *s, double lasts_s, char out[SMU_ANSWER_MAX],
                     struct mr_errtext *err)
{
	int64_t lasts_ns = (int64_t)(fmin(lasts_s, LASTS_MAX_S) * NS_PER_S);
	int64_t deadline_ns = mr__board_in(s->pipe, s->answer_ns + lasts_ns);
	size_t n = 0;
	int rc = mr__board_await(s->pipe, deadline_ns, s->run, err);

	if (!rc)
		rc = mr__transport_read_until(s->pipe, '\n', out, SMU_ANSWER_MAX,
		                              mr__board_in(s->pipe, s->answer_ns),
		                              &n, err);
	if (rc)
		return lose_step(s, rc);
	while (n && (out[n - 1] == '\n' || out[n - 1] == '\r'))
		n--;
	out[n] = '\0';
	return MR_OK;
}

static int ask(struct smu *s, const char *question, double lasts_s,
               char answer[SMU_ANSWER_MAX], struct mr_errtext *err)
{
	int rc;

	(void)snprintf(answer, SMU_ANSWER_MAX - 1, "%s", question);
	rc = send_line(s, answer, err);
	return rc ? rc : hear_line(s, lasts_s, answer, err);
}

/* ---- errors --------------------------------------------------------------------- */

static int code_of(long number)
{
	switch (number) {
	case -113:
		return MR_ERR_UNSUPPORTED;
	case -222:
	case -223:
		return MR_ERR_RANGE;
	case -221:
		return MR_ERR_REFUSED;
	default:
		return MR_ERR_IO;
	}
}

static int clear(struct smu *s, struct mr_errtext *err)
{
	struct mr_errtext why = {""};
	int rc = mr__transport_clear(s->pipe,
	                             mr__board_in(s->pipe, SENDING_NS), &why);

	if (rc && rc != MR_ERR_UNSUPPORTED)
		return mr_errtext_set(err, rc, "%s", why.text);
	return mr__transport_flush(s->pipe, err);
}

static const char *question_of(const struct smu *s, enum smu_command command)
{
	for (uint32_t i = 0; i < s->profile.n_lines; i++)
		if (s->profile.lines[i].command == command)
			return s->profile.lines[i].text;
	return "";
}

/* A unit that did not understand a question stays silent, and its error queue
 * says so. It is switched off before it is asked. */
static int explain(struct smu *s, const char *question, int rc,
                   struct mr_errtext *err)
{
	struct mr_errtext ignored = {""};
	char answer[SMU_ANSWER_MAX];
	const char *text = "";
	long number = 0;

	if (rc != MR_ERR_TIMEOUT || s->explaining)
		return rc;
	s->explaining = true;
	if (clear(s, &ignored) || mr__unit_safe(s, &ignored) ||
	    ask(s, question_of(s, SMU_ERROR), 0, answer, &ignored) ||
	    mr__unit_take_error(answer, &number, &text, &ignored))
		number = 0;
	s->explaining = false;
	if (!number)
		return rc;
	return mr_errtext_set(err, code_of(number),
	                      "%.60s does not answer '%.100s', and reports error "
	                      "%ld, %.200s",
	                      s->profile.title, question, number, text);
}

/* An answer that must fit; a TSP function gives its reason behind a tab. */
static int must_fit(struct smu *s, const struct smu_line *l,
                    const struct smu_values *values, const char *question,
                    struct mr_errtext *err)
{
	char answer[SMU_ANSWER_MAX], right[SMU_ANSWER_MAX];
	int rc = mr__unit_fill(l->answer, values, right, err);

	if (!rc)
		rc = hear_line(s, values ? values->lasts_s : 0, answer, err);
	if (rc)
		return explain(s, question, rc, err);
	if (fnmatch(right, answer, 0) == 0)
		return MR_OK;
	return mr_errtext_set(
		err, l->command == SMU_CHECK ? MR_ERR_MISMATCH : MR_ERR_REFUSED,
		"%.60s answers '%.140s' to '%.100s'; it must be %.100s",
		s->profile.title, answer, question, right);
}

int mr__unit_say(struct smu *s, enum smu_command command,
                const struct smu_values *values, struct mr_errtext *err)
{
	int rc = MR_OK;

	for (uint32_t i = 0; i < s->profile.n_lines && !rc; i++) {
		const struct smu_line *l = &s->profile.lines[i];
		char text[SMU_ANSWER_MAX], shown[SMU_ANSWER_MAX];

		if (l->command != command)
			continue;
		rc = mr__unit_fill(l->text, values, text, err);
		(void)snprintf(shown, sizeof shown, "%s", rc ? "" : text);
		if (!rc)
			rc = send_line(s, text, err);
		if (!rc && l->answer[0])
			rc = must_fit(s, l, values, shown, err);
	}
	return rc;
}

/* The one line of a question without a pattern. */
static int ask_command(struct smu *s, enum smu_command command, double lasts_s,
                       char answer[SMU_ANSWER_MAX], struct mr_errtext *err)
{
	int rc = mr__unit_say(s, command, NULL, err);

	if (!rc)
		rc = hear_line(s, lasts_s, answer, err);
	return rc && command != SMU_ERROR
	               ? explain(s, question_of(s, command), rc, err)
	               : rc;
}

static int drain(struct smu *s, struct mr_errtext *err)
{
	int rc = MR_OK;

	for (int k = 0; k < ERRORS_MAX; k++) {
		char answer[SMU_ANSWER_MAX];
		const char *text = "";
		long number = 0;
		int got = ask_command(s, SMU_ERROR, 0, answer, err);

		if (!got)
			got = lose_step(s, mr__unit_take_error(answer, &number,
			                                      &text, err));
		if (got)
			return got;
		if (number == 0)
			return rc;
		if (!rc)
			rc = mr_errtext_set(err, code_of(number),
			                    "%.60s reports error %ld, %.300s",
			                    s->profile.title, number, text);
	}
	s->in_step = false;
	return rc;
}

int mr__unit_settle(struct smu *s, double lasts_s, struct mr_errtext *err)
{
	struct smu_values values = {.lasts_s = lasts_s};
	int rc = mr__unit_say(s, SMU_SYNC, &values, err);

	if (rc == MR_ERR_REFUSED) /* another answer comes first */
		s->in_step = false;
	return rc ? rc : drain(s, err);
}

/* ---- sessions -------------------------------------------------------------------- */

static int set_up(struct smu *s, struct mr_errtext *err)
{
	int rc = mr__unit_say(s, SMU_CHECK, NULL, err);

	s->set_limit_A = s->set_range_V = s->set_nplc = 0;
	if (!rc)
		rc = mr__unit_say(s, SMU_START, NULL, err);
	if (!rc)
		rc = mr__unit_say(s, s->four_wires ? SMU_WIRES_4 : SMU_WIRES_2,
		                 NULL, err);
	if (!rc)
		rc = mr__unit_say(s, SMU_OFF, NULL, err);
	if (!rc)
		rc = mr__unit_settle(s, 0, err);
	if (!rc)
		s->on = false;
	s->in_step = rc == MR_OK;
	return rc;
}

int mr__unit_restart(struct smu *s, struct mr_errtext *err)
{
	char identity[SMU_ANSWER_MAX];
	int rc = clear(s, err);

	if (!rc)
		rc = ask(s, "*IDN?", 0, identity, err);
	if (!rc && strcmp(identity, s->identity) != 0)
		rc = mr_errtext_set(err, MR_ERR_MISMATCH,
		                    "another instrument answers now: %.150s "
		                    "instead of %.150s",
		                    identity, s->identity);
	return rc ? rc : set_up(s, err);
}

int mr__unit_safe(struct smu *s, struct mr_errtext *err)
{
	struct mr_errtext ignored = {""};
	const struct mr_run *run = s->run;
	int rc;

	s->run = NULL; /* a stop must not keep the output on */
	(void)mr__unit_say(s, SMU_ABORT, NULL, &ignored);
	rc = mr__unit_say(s, SMU_OFF, NULL, err);
	s->on = false;
	s->in_step = false;
	s->run = run;
	return rc;
}

int mr__unit_close(struct smu *s, struct mr_errtext *err)
{
	bool listens = s->in_step;
	int rc = MR_OK;

	if (!s->pipe)
		return MR_OK;
	s->run = NULL;
	if (mr__transport_is_recorded(s->pipe))
		listens = false;
	else if (s->profile.kind == SMU_KIND_SMU)
		rc = mr__unit_safe(s, err);
	if (!rc && listens) /* it may forget what it has not done when we go */
		rc = mr__unit_say(s, SMU_SYNC, NULL, err);
	mr__transport_close(s->pipe);
	s->pipe = NULL;
	return rc;
}

/* ---- opening ---------------------------------------------------------------------- */

static int take_numbers(struct mr_uri *uri, enum smu_kind kind, struct smu *s,
                        struct mr_errtext *err)
{
	double answer_s = ANSWER_S;
	uint64_t wires = 2;
	int rc = mr_uri_take_double(uri, "answer_s", 0.01, 3600, &answer_s, err);

	s->answer_ns = (int64_t)(answer_s * NS_PER_S);
	s->line_hz = 50;
	if (!rc && kind != SMU_KIND_ROUTER)
		rc = mr_uri_take_double(uri, "line_hz", 40, 450, &s->line_hz,
		                        err);
	if (!rc && kind != SMU_KIND_ROUTER)
		rc = mr_uri_take_u64(uri, "wires", 2, 4, &wires, err);
	if (!rc && wires == 3)
		rc = mr_errtext_set(err, MR_ERR_RANGE,
		                    "key 'wires=3': must be 2 or 4");
	s->four_wires = wires == 4;
	if (!rc && kind == SMU_KIND_SMU)
		rc = mr_uri_take_double(uri, "limit_A", 1e-15, 1e3, &s->limit_A,
		                        err);
	if (!rc && kind == SMU_KIND_SMU)
		rc = mr_uri_take_double(uri, "range_V", 1e-6, 1e4, &s->range_V,
		                        err);
	return rc;
}

static int check_numbers(struct smu *s, struct mr_errtext *err)
{
	const struct smu_profile *p = &s->profile;

	if (s->four_wires && !mr__unit_profile_has(p, SMU_WIRES_4))
		return mr_errtext_set(err, MR_ERR_UNSUPPORTED,
		                      "key 'wires=4': profile %.60s has no "
		                      "'wires_4 = ...'",
		                      p->path);
	if (p->kind != SMU_KIND_SMU)
		return MR_OK;
	if (s->limit_A == 0)
		s->limit_A = p->limit_A;
	if (s->limit_A < p->i_min_A || s->limit_A > p->i_max_A)
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "key 'limit_A=%g': a %s limits to %g to %g A",
		                      s->limit_A, p->title, p->i_min_A,
		                      p->i_max_A);
	if (s->range_V > p->v_max_V)
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "key 'range_V=%g': a %s goes to %g V",
		                      s->range_V, p->title, p->v_max_V);
	return MR_OK;
}

static int identify(struct smu *s, enum smu_kind kind, bool known,
                    struct mr_errtext *err)
{
	int rc = clear(s, err);

	if (!rc)
		rc = ask(s, "*IDN?", 0, s->identity, err);
	if (!rc && !known)
		rc = mr__unit_profile_match(s->identity, kind, &s->profile, err);
	if (!rc && !mr__unit_profile_fits(&s->profile, s->identity))
		rc = mr_errtext_set(err, MR_ERR_MISMATCH,
		                    "'%.150s' is there, and profile %.40s is for a "
		                    "%.60s ('%.100s')",
		                    s->identity, s->profile.name,
		                    s->profile.title, s->profile.idn[0]);
	return rc;
}

static int begin(struct smu *s, enum smu_kind kind, bool known,
                 struct mr_errtext *err)
{
	struct mr_errtext ignored = {""};
	int rc = identify(s, kind, known, err);

	if (!rc)
		rc = check_numbers(s, err);
	if (rc)
		return rc;
	rc = set_up(s, err);
	if (rc && kind == SMU_KIND_SMU)
		(void)mr__unit_safe(s, &ignored);
	return rc;
}

/* What a guardian sends should this process die: it ends a line that was cut
 * off, aborts and switches off. */
static int watch_over(struct smu *s, const char *guardian,
                      struct mr_errtext *err)
{
	static const enum smu_command last[] = {SMU_ABORT, SMU_OFF};
	char text[2 * SMU_ANSWER_MAX] = "\n";
	size_t n = 1;

	for (size_t k = 0; k < sizeof last / sizeof last[0]; k++) {
		for (uint32_t i = 0; i < s->profile.n_lines; i++) {
			const struct smu_line *l = &s->profile.lines[i];

			if (l->command == last[k] && n + SMU_TEXT_MAX < sizeof text)
				n += (size_t)snprintf(text + n, sizeof text - n,
				                      "%s\n", l->text);
		}
	}
	return mr__transport_watch_over(s->pipe, guardian, text,
	                                strlen(text), err);
}

int mr__unit_open(struct mr_uri *uri, const struct mr_open_options *options,
                 enum smu_kind kind, struct smu *out, struct mr_errtext *err)
{
	struct mr__wish wish = {.line = {.baud = BAUD,
	                                 .data_bits = 8,
	                                 .parity = 'N',
	                                 .stop_bits = 1},
	                        .tcp_port = TCP_PORT};
	const char *name = mr_uri_take(uri, "profile");
	bool known = name && strcmp(name, "auto") != 0;
	int rc = take_numbers(uri, kind, out, err);

	if (!rc && known)
		rc = mr__unit_profile_find(name, kind, &out->profile, err);
	if (!rc && known && out->profile.baud > 0)
		wish.line.baud = (uint32_t)out->profile.baud;
	if (!rc)
		rc = mr__transport_open(uri, options, &wish, &out->pipe, err);
	if (rc) {
		out->pipe = NULL;
		return rc;
	}
	rc = begin(out, kind, known, err);
	if (!rc && kind == SMU_KIND_SMU)
		rc = watch_over(out, options->guardian, err);
	if (rc) {
		mr__transport_close(out->pipe);
		out->pipe = NULL;
	}
	return rc;
}

/* ---- a unit ----------------------------------------------------------------------- */

int mr__unit_rest(struct smu *s, struct mr_errtext *err)
{
	const struct smu_values zero = {.v_V = 0};
	int rc = MR_OK;

	if (s->on)
		rc = mr__unit_say(s, SMU_LEVEL, &zero, err);
	if (!rc)
		rc = mr__unit_say(s, SMU_OFF, NULL, err);
	if (!rc)
		rc = mr__unit_settle(s, 0, err);
	if (!rc)
		rc = mr__unit_say(s, SMU_IS_OFF, NULL, err);
	if (!rc)
		s->on = false;
	return rc;
}

int mr__unit_ready(struct smu *s, double v_V, double limit_A,
                  struct mr_errtext *err)
{
	struct smu_values values = {.i_A = limit_A};
	double range_V = fmax(fmax(v_V, s->range_V), s->set_range_V);
	int rc = MR_OK;

	if (s->on && limit_A == s->set_limit_A && range_V == s->set_range_V)
		return MR_OK;
	if (s->on)
		rc = mr__unit_rest(s, err);
	if (!rc)
		rc = mr__unit_say(s, SMU_LIMIT, &values, err);
	values.v_V = range_V;
	if (!rc && range_V > 0)
		rc = mr__unit_say(s, SMU_RANGE, &values, err);
	values.v_V = 0;
	if (!rc)
		rc = mr__unit_say(s, SMU_LEVEL, &values, err);
	if (!rc)
		rc = mr__unit_settle(s, 0, err); /* refused: not switched on */
	if (!rc)
		rc = mr__unit_say(s, SMU_ON, NULL, err);
	s->on = s->on || !rc;
	if (!rc)
		rc = mr__unit_settle(s, 0, err);
	if (rc)
		return rc;
	s->set_limit_A = limit_A;
	s->set_range_V = range_V;
	return MR_OK;
}

int mr__unit_aperture(struct smu *s, double t_int_s, struct mr_errtext *err)
{
	const struct smu_profile *p = &s->profile;
	double nplc = fmin(fmax(t_int_s * s->line_hz, p->nplc_min), p->nplc_max);
	struct smu_values values = {.nplc = nplc, .width_s = nplc / s->line_hz};
	int rc = MR_OK;

	if (nplc != s->set_nplc)
		rc = mr__unit_say(s, SMU_APERTURE, &values, err);
	if (!rc)
		s->set_nplc = nplc;
	return rc;
}

int mr__unit_tripped(struct smu *s, bool *out, struct mr_errtext *err)
{
	char answer[SMU_ANSWER_MAX];
	int rc;

	*out = false;
	if (!mr__unit_profile_has(&s->profile, SMU_TRIPPED))
		return MR_OK;
	rc = ask_command(s, SMU_TRIPPED, 0, answer, err);
	return rc ? rc : lose_step(s, mr__unit_take_flag(answer, out, err));
}

int mr__unit_read(struct smu *s, struct smu_reading *out, struct mr_errtext *err)
{
	char answer[SMU_ANSWER_MAX];
	bool tripped = false;
	int rc = ask_command(s, SMU_READ, s->set_nplc / s->line_hz, answer, err);

	if (!rc)
		rc = lose_step(s, mr__unit_take_reading(&s->profile, answer, out,
		                                       err));
	if (!rc)
		rc = mr__unit_tripped(s, &tripped, err);
	if (!rc && tripped)
		out->status |= MR_STATUS_COMPLIANCE;
	return rc;
}
