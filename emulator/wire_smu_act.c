/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Commands of the SCPI units that are more than a setting: output, limits, what
 * is measured, formats. */
#include "wire_smu.h"

#include <math.h>
#include <string.h>

/* ---- output ---------------------------------- */

int mr__smu_output_act(struct smu *b, const struct smu_command *c)
{
	double x = 0;
	int rc;

	if (c->query) {
		mr__ws_print(mr__smu_answer(&b->pipe), "%d", b->on);
		return 0;
	}
	if (c->n != 1)
		return SMU_MISSING;
	rc = mr__smu_choice(&c->params[0], "OFF|ON", &x);
	if (rc)
		return rc;
	if (x == 0)
		(void)mr__smu_job_cut(b);
	mr__smu_output(b, x != 0);
	if (x != 0 && b->set[SET_OFF_ON_TRIP] != 0 && mr__smu_is_limited(b))
		mr__smu_output(b, false);
	return 0;
}

/* Whether the limit acts now. */
int mr__smu_trip(struct smu *b, const struct smu_command *c)
{
	(void)c;
	mr__ws_print(mr__smu_answer(&b->pipe), "%d", mr__smu_is_limited(b));
	return 0;
}

int mr__smu_protection_trip(struct smu *b, const struct smu_command *c)
{
	(void)c;
	(void)mr__smu_is_limited(b);
	mr__ws_print(mr__smu_answer(&b->pipe), "%d", b->on && b->protecting);
	return 0;
}

/* The bench's cover is closed. */
int mr__smu_interlock(struct smu *b, const struct smu_command *c)
{
	(void)c;
	mr__ws_print(mr__smu_answer(&b->pipe), "1");
	return 0;
}

/* Both directions at once. */
int mr__smu_limits(struct smu *b, const struct smu_command *c)
{
	double x = 0;
	int rc;

	if (c->query) {
		mr__smu_print(b, mr__smu_answer(&b->pipe), b->set[SET_LIMIT_POS]);
		return 0;
	}
	rc = c->n == 1 ? mr__smu_real(b, c, 0, SET_LIMIT_POS, &x) : SMU_MISSING;
	if (!rc)
		rc = mr__smu_set(b, SET_LIMIT_POS, x);
	return rc ? rc : mr__smu_set(b, SET_LIMIT_NEG, -x);
}

/* ---- what is measured ---------------------------------- */

static bool names(const struct smu_param *p, const char *what)
{
	char text[SMU_NAME_MAX];

	mr__smu_copy(p, text, sizeof text);
	return mr__smu_word_is(text, strcspn(text, ":"), what);
}

static int answer_functions(struct smu *b)
{
	static const char *const words[] = {"VOLT", "CURR", "RES"};
	bool on[] = {b->senses_v, b->senses_a, b->senses_r};
	struct ws_buffer *to = mr__smu_answer(&b->pipe);
	const char *dc = b->profile->dialect == SMU_B2900 ? "" : ":DC";
	int n = 0;

	for (int i = 0; i < 3; i++)
		if (on[i])
			mr__ws_print(to, "%s\"%s%s\"", n++ ? "," : "", words[i],
			             i < 2 ? dc : "");
	if (n == 0)
		mr__ws_print(to, "\"\"");
	return 0;
}

int mr__smu_sense_function(struct smu *b, const struct smu_command *c)
{
	bool v = false, a = false, r = false;

	if (c->query)
		return answer_functions(b);
	if (c->n == 0)
		return SMU_MISSING;
	for (uint32_t i = 0; i < c->n; i++) {
		const struct smu_param *p = &c->params[i];

		if (p->quote != '"')
			return SMU_TYPE;
		if (!names(p, "VOLTage") && !names(p, "CURRent") &&
		    !names(p, "RESistance"))
			return SMU_ILLEGAL;
		v = v || names(p, "VOLTage");
		a = a || names(p, "CURRent");
		r = r || names(p, "RESistance");
	}
	bool adds = b->profile->dialect == SMU_B2900 ||
	            (b->profile->dialect == SMU_2400 &&
	             b->set[SET_CONCURRENT] != 0);

	if (!adds && c->n > 1)
		return SMU_CONFLICT;
	b->senses_v = v || (adds && b->senses_v);
	b->senses_a = a || (adds && b->senses_a);
	b->senses_r = r || (adds && b->senses_r);
	return 0;
}

int mr__smu_sense_off(struct smu *b, const struct smu_command *c)
{
	(void)c;
	b->senses_v = b->senses_a = b->senses_r = false;
	return 0;
}

int mr__smu_aperture(struct smu *b, const struct smu_command *c)
{
	double s = 0;
	int rc;

	if (c->query) {
		mr__smu_print(b, mr__smu_answer(&b->pipe), mr__smu_aperture_s(b));
		return 0;
	}
	rc = c->n == 1 ? mr__smu_number(&c->params[0], &s) : SMU_MISSING;
	if (!rc && !(s >= b->profile->nplc_min / SMU_LINE_HZ &&
	             s <= b->profile->nplc_max / SMU_LINE_HZ))
		rc = SMU_RANGE;
	if (!rc)
		b->set[SET_NPLC] = s * SMU_LINE_HZ;
	return rc;
}

/* ---- pulses of the B2900 ---------------------------------- */

int mr__smu_peak(struct smu *b, const struct smu_command *c)
{
	double x = 0;
	int rc;

	if (c->query) {
		mr__smu_print(b, mr__smu_answer(&b->pipe),
		              b->set[b->peak_set ? SET_PEAK : SET_LEVEL_V]);
		return 0;
	}
	rc = c->n == 1 ? mr__smu_real(b, c, 0, SET_PEAK, &x) : SMU_MISSING;
	if (!rc && !mr__smu_level_ok(b, x))
		rc = SMU_RANGE;
	if (rc)
		return rc;
	b->set[SET_PEAK] = x;
	b->peak_set = true;
	return 0;
}

int mr__smu_pulse_shape(struct smu *b, const struct smu_command *c)
{
	double x = 0;
	int rc;

	if (c->query) {
		mr__ws_print(mr__smu_answer(&b->pipe), "%s",
		             b->set[SET_SHAPE] != 0 ? "PULS" : "DC");
		return 0;
	}
	rc = c->n == 1 ? mr__smu_choice(&c->params[0], "DC|PULSe", &x)
	               : SMU_MISSING;
	return rc ? rc : mr__smu_set(b, SET_SHAPE, x);
}

/* ---- formats ---------------------------------- */

/* ASCii, REAL,32, REAL,64, SREal. A 2450's REAL is of 64 bits. */
int mr__smu_format(struct smu *b, const struct smu_command *c)
{
	double kind = 0, bits = b->profile->dialect == SMU_2450 ? 64 : 32;
	static const char *const names_of[] = {"ASC", "REAL,32", "REAL,64"};
	int rc;

	if (c->query) {
		mr__ws_print(mr__smu_answer(&b->pipe), "%s",
		             names_of[(int)b->set[SET_FORMAT]]);
		return 0;
	}
	rc = c->n ? mr__smu_choice(&c->params[0], "ASCii|REAL|SREal", &kind)
	          : SMU_MISSING;
	if (!rc && c->n == 2)
		rc = kind == 1 ? mr__smu_number(&c->params[1], &bits)
		               : SMU_NOT_ALLOWED;
	if (!rc && c->n == 2 && b->profile->dialect == SMU_2450)
		rc = SMU_NOT_ALLOWED;
	if (!rc && bits != 32 &&
	    (bits != 64 || b->profile->dialect == SMU_2400))
		rc = SMU_ILLEGAL;
	if (!rc)
		b->set[SET_FORMAT] = kind == 0 ? 0
		                     : kind == 1 && bits == 64 ? 2 : 1;
	return rc;
}

static const char element_words[] =
	"VOLTage|CURRent|RESistance|TIME|STATus|SOURce";

static int answer_elements(struct smu *b)
{
	static const char *const words[] = {"VOLT", "CURR", "RES",
	                                    "TIME", "STAT", "SOUR"};
	struct ws_buffer *to = mr__smu_answer(&b->pipe);
	int n = 0;

	for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++)
		if (b->elements >> i & 1)
			mr__ws_print(to, "%s%s", n++ ? "," : "", words[i]);
	return 0;
}

int mr__smu_elements(struct smu *b, const struct smu_command *c)
{
	unsigned mask = 0;

	if (c->query)
		return answer_elements(b);
	if (c->n == 0)
		return SMU_MISSING;
	for (uint32_t i = 0; i < c->n; i++) {
		double k;
		int rc = mr__smu_choice(&c->params[i], element_words, &k);

		if (!rc && k == 5 && b->profile->dialect == SMU_2400)
			rc = SMU_ILLEGAL;
		if (rc)
			return rc;
		mask |= 1u << (unsigned)k;
	}
	b->elements = mask;
	return 0;
}
