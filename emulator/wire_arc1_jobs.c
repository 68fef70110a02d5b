/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The job table of the virtual ArC ONE, what each number may be, and the jobs
 * that are one piece of work or a few. Numbers that a job table of a client
 * would call out of range are brought into it and counted as misuse.
 *
 * Assumed of the jobs here:
 *   0    always accepts ("1")
 *   04   pulses the crosspoint that 02 closed
 *   2    words come first, the bit index runs fastest; masked: one reading
 *        after each pair
 */
#include "wire_arc1.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Limits that are no hardware limits keep a virtual board from working for
 * ever. */
#define TIME_MAX_S 1e3
#define R_MAX_OHM 1e15
#define PERCENT_MAX 1e6
#define CURVE_WIDTH_MIN_S 1e-3
#define GUI_WIDTH_S 2e-3

/* ---- numbers ------------------------------------------------------------- */

struct kind {
	char letter;
	double min;
	double max;
	bool whole;
	const double *extra; /* further values, ended by NAN */
};

static const double sneak_floating[] = {256, NAN};
static const double series_none[] = {7, NAN};
static const double off[] = {0, NAN};

static const struct kind kinds[] = {
	{'w', 1, ARC1_LINES, true, NULL},            /* word */
	{'b', 1, ARC1_LINES, true, NULL},            /* bit */
	{'V', -ARC1_V_MAX_V, ARC1_V_MAX_V, false, NULL},
	{'T', ARC1_WIDTH_MIN_S, TIME_MAX_S, false, NULL}, /* width */
	{'G', CURVE_WIDTH_MIN_S, TIME_MAX_S, false, NULL}, /* width of 201 */
	{'P', 0, TIME_MAX_S, false, NULL},           /* pause, s */
	{'R', 0, R_MAX_OHM, false, NULL},
	{'%', 0, PERCENT_MAX, false, NULL},
	{'C', 1, ARC1_COUNT_MAX, true, NULL},
	{'D', 2, ARC1_COUNT_MAX, true, NULL},        /* reads of 220 */
	{'I', 10e-6, 1e-3, false, off},              /* cut-off, A */
	{'S', 1, 4, true, series_none},              /* series resistor */
	{'N', 1, ARC1_LINES * ARC1_LINES, true, NULL},
	{'m', 0, 3, true, NULL},                     /* read mode */
	{'s', 0, 3, true, NULL},                     /* session */
	{'k', 0, 1, true, sneak_floating},
	{'f', 0, 1, true, NULL},                     /* flag */
	{'a', 1, 2, true, NULL},
	{'d', 0, 3, true, NULL},                     /* span of 201 */
	{'p', -1, 1, true, NULL},                    /* polarity */
	{'x', -1e15, 1e15, false, NULL},             /* anything */
};

static const struct kind *kind_of(char letter)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (kinds[i].letter == letter)
			return &kinds[i];
	return &kinds[0];
}

static bool is_extra(const struct kind *kind, double value)
{
	for (const double *e = kind->extra; e && !isnan(*e); e++)
		if (value == *e)
			return true;
	return false;
}

/* Limits such as 10 uA come as decimal text: a hair more. */
static double bring_in(const struct kind *kind, double value)
{
	double hair = 1e-9 * fabs(kind->min);

	if (kind->whole)
		value = trunc(value);
	if (is_extra(kind, value) ||
	    (value >= kind->min - hair &&
	     value <= kind->max + 1e-9 * fabs(kind->max)))
		return value;
	return value < kind->min ? kind->min : kind->max;
}

double mr__arc1_bound(struct arc1 *b, char letter, double value)
{
	double taken = bring_in(kind_of(letter), value);

	b->seen.misuse += taken != value;
	return taken;
}

double mr__arc1_number(struct arc1 *b, char letter, const char *token)
{
	char *end;
	size_t n = strspn(token, "0123456789+-.eE");
	double value = strtod(token, &end);
	bool negative = letter == 'i';
	const struct kind *kind = kind_of(negative ? 'I' : letter);

	if (!token[0] || token[n] || *end || !isfinite(value)) {
		b->seen.misuse++;
		return bring_in(kind, 0);
	}
	if (letter == 'G' && b->gui)
		value += GUI_WIDTH_S;
	if (negative) /* a cut-off for negative currents may have their sign */
		value = fabs(value);
	return mr__arc1_bound(b, kind->letter, value);
}

/* ---- settings ------------------------------------------------------------ */

/* Mode 3 is for negative voltages, 2 for others; mode 0 knows one voltage. */
static void set_mode(struct arc1 *b, double mode, double v_V)
{
	bool clash = (mode == 2 && v_V < 0) || (mode == 3 && v_V >= 0) ||
	             (mode != 0 && v_V == 0);

	b->seen.misuse += clash;
	b->seen.read_mode = (unsigned)mode;
	b->seen.v_read_V = mode == 0 ? 0.5 : v_V;
}

static enum arc1_step initialise(struct arc1 *b)
{
	b->seen.read_cycles = (unsigned)b->p[0];
	b->words = (uint32_t)b->p[1];
	b->bits = (uint32_t)b->p[2];
	b->seen.session = (unsigned)b->p[4];
	b->seen.sneak_path = (unsigned)b->p[5];
	set_mode(b, b->p[3], b->p[6]);
	b->seen.initialised = true;
	mr__arc1_text(b, "1");
	return ARC1_DONE;
}

static enum arc1_step read_mode(struct arc1 *b)
{
	set_mode(b, b->p[0], b->p[1]);
	return ARC1_DONE;
}

static enum arc1_step settings(struct arc1 *b)
{
	b->seen.read_cycles = (unsigned)b->p[0];
	b->seen.sneak_path = (unsigned)b->p[1];
	return ARC1_DONE;
}

static enum arc1_step version(struct arc1 *b)
{
	for (int i = 0; b->has_version && i < 2; i++) {
		mr__arc1_byte(b, (uint8_t)(b->version[i] & 0xff));
		mr__arc1_byte(b, (uint8_t)(b->version[i] >> 8));
	}
	return ARC1_DONE;
}

/* ---- one crosspoint ------------------------------------------------------ */

void mr__arc1_address(struct arc1 *b, double word, double bit)
{
	b->word = (uint32_t)word - 1;
	b->bit = (uint32_t)bit - 1;
	if (b->seen.session == 1 && (b->word || b->bit)) {
		b->seen.misuse++;
		b->word = b->bit = 0;
	}
}

static enum arc1_step select_one(struct arc1 *b)
{
	mr__arc1_address(b, b->p[0], b->p[1]);
	b->closed = true;
	b->closed_word = b->word;
	b->closed_bit = b->bit;
	b->live_ns = b->t_ns;
	return ARC1_DONE;
}

static enum arc1_step pulse_selected(struct arc1 *b)
{
	if (!b->closed) {
		b->seen.misuse++;
		return ARC1_DONE;
	}
	b->word = b->closed_word;
	b->bit = b->closed_bit;
	mr__arc1_pulse(b, b->p[0], b->p[1]);
	return ARC1_DONE;
}

static enum arc1_step read_one(struct arc1 *b)
{
	mr__arc1_address(b, b->p[0], b->p[1]);
	mr__arc1_float(b, mr__arc1_read(b, b->word, b->bit));
	return ARC1_DONE;
}

static enum arc1_step pulse_read(struct arc1 *b)
{
	mr__arc1_address(b, b->p[0], b->p[1]);
	mr__arc1_pulse(b, b->p[2], b->p[3]);
	mr__arc1_float(b, mr__arc1_read(b, b->word, b->bit));
	return ARC1_DONE;
}

/* ---- many crosspoints ---------------------------------------------------- */

static enum arc1_step read_masked(struct arc1 *b)
{
	struct arc1_run *r = &b->run;

	if (r->stage == 1) {
		r->n = (uint32_t)mr__arc1_bound(b, 'N', b->arg[0]);
	} else if (r->stage == 2) {
		mr__arc1_address(b, mr__arc1_bound(b, 'w', b->arg[0]),
		        mr__arc1_bound(b, 'b', b->arg[1]));
		mr__arc1_float(b, mr__arc1_read(b, b->word, b->bit));
		r->k++;
	}
	if (r->stage && r->k == r->n)
		return ARC1_DONE;
	b->want = r->stage == 0 ? 1 : 2;
	r->stage = r->stage == 0 ? 1 : 2;
	return ARC1_TOKENS;
}

static enum arc1_step read_all(struct arc1 *b)
{
	struct arc1_run *r = &b->run;

	if (b->p[0] == 2)
		return read_masked(b);
	if (r->k == 0) {
		r->n = (uint32_t)mr__arc1_bound(b, 'w', b->p[1]);
		r->n2 = (uint32_t)mr__arc1_bound(b, 'b', b->p[2]);
	}
	uint32_t word = 1 + r->k / r->n2, bit = 1 + r->k % r->n2;

	mr__arc1_address(b, word, bit);
	mr__arc1_float(b, mr__arc1_read(b, b->word, b->bit));
	return ++r->k == r->n * r->n2 ? ARC1_DONE : ARC1_MORE;
}

/* ---- the table ----------------------------------------------------------- */

static const struct arc1_job jobs[] = {
	{"0", "CwbmskV", initialise, false},
	{"01", "mV", read_mode, false},
	{"011", "Ck", settings, false},
	{"02", "wb", select_one, false},
	{"04", "VT", pulse_selected, false},
	{"1", "wb", read_one, false},
	{"2", "axx", read_all, false},
	{"3", "wbVT", pulse_read, false},
	{"14", "VVVT%TPR%SCN", mr__arc1_former, true},
	{"141", "VVVTPTPR%fSCN", mr__arc1_former2, true},
	{"15", "TVVVPRCCC%fpN", mr__arc1_switch, true},
	{"152", "TVVVPRCCC%fpN", mr__arc1_switch, true},
	{"161", "TVVVPCC%fN", mr__arc1_polarity, false},
	{"162", "VTN", mr__arc1_retention, false},
	{"163", "CCxxxTVVVPPN", mr__arc1_states_v, false},
	{"164", "CCxxxTVPTPPN", mr__arc1_states_w, false},
	{"165", "CCCCxxxTVPPN", mr__arc1_states_n, false},
	{"191", "VTIVTiPCCCN", mr__arc1_endurance, true},
	{"201", "VVVVGPIiCfdfN", mr__arc1_curve, false},
	{"21", "VVVT%TPR%%CpN", mr__arc1_converge, true},
	{"220", "VTDN", mr__arc1_chrono, true},
	{"33", "VTCCN", mr__arc1_volatility, false},
	{"40", "N", mr__arc1_stdp, false},
	{"50", "VTVCba", mr__arc1_bias, false},
	{"999", "", version, false},
};

const struct arc1_job *mr__arc1_job(const char *token)
{
	for (size_t i = 0; i < sizeof jobs / sizeof jobs[0]; i++)
		if (strcmp(jobs[i].token, token) == 0)
			return &jobs[i];
	return NULL;
}
