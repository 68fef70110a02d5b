/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Settings: what they are at power-on, what they may be, and what changes with
 * them. Nothing is clipped. */
#include "wire_smu.h"

#include <math.h>
#include <string.h>

#define COUNT_MAX 300000.0
#define DELAY_MAX_S 9999.0
#define WIDTH_MIN_S 50e-6  /* of the B2900 */
#define WIDTH_MAX_S 1e5
#define REGISTER_MAX 65535.0
#define POINTS_DEFAULT 1
#define NO_PROTECTION_V 1e9
#define PROTECTION_STEP_V 20.0 /* of the 2400 */
#define PROTECTION_MOST_V 160.0

double mr__smu_last_range(const double ranges[SMU_RANGES_MAX])
{
	double last = 0;

	for (int i = 0; i < SMU_RANGES_MAX && ranges[i] > 0; i++)
		last = ranges[i];
	return last;
}

static double v_most(const struct smu *b)
{
	return mr__smu_last_range(b->profile->v_range_V) * b->profile->over;
}

static double i_most(const struct smu *b)
{
	return mr__smu_last_range(b->profile->i_range_A) * b->profile->over;
}

/* 2 V to 180 V and none, by the order of the words in the tree. */
double mr__smu_protection_V(const struct smu *b)
{
	static const double steps_V[] = {2,  5,  10,  20,  40,  60,
	                                 80, 100, 120, 140, 160, 180};
	double x = b->set[SET_PROTECTION];
	size_t n = sizeof steps_V / sizeof steps_V[0], k = (size_t)x;

	if (b->profile->dialect == SMU_2450)
		return k < n ? steps_V[k] : NO_PROTECTION_V;
	if (b->profile->dialect != SMU_2400 || x > PROTECTION_MOST_V)
		return NO_PROTECTION_V;
	/* fixed steps, rounded down */
	return x >= PROTECTION_STEP_V
	               ? floor(x / PROTECTION_STEP_V) * PROTECTION_STEP_V
	               : x;
}

void mr__smu_defaults(struct smu *b)
{
	const struct smu_profile *p = b->profile;
	double *s = b->set;

	memset(b->set, 0, sizeof b->set);
	s[SET_RANGE_V] = mr__smu_last_range(p->v_range_V);
	s[SET_RANGE_A] = mr__smu_last_range(p->i_range_A);
	s[SET_SENSE_A] = s[SET_RANGE_A];
	s[SET_SENSE_V] = s[SET_RANGE_V];
	s[SET_AUTO_V] = s[SET_AUTO_A] = 1;
	s[SET_SENSE_AUTO_A] = s[SET_SENSE_AUTO_V] = 1;
	s[SET_LIMIT_A] = s[SET_LIMIT_POS] = p->i_limit_A;
	s[SET_LIMIT_NEG] = -p->i_limit_A;
	s[SET_LIMIT_V] = p->v_limit_V;
	s[SET_PROTECTION] = p->dialect == SMU_2400 ? 210 : 12;
	s[SET_POINTS] = POINTS_DEFAULT;
	s[SET_NPLC] = p->nplc;
	s[SET_CONCURRENT] = 1;
	s[SET_COUNT] = s[SET_ARM_COUNT] = s[SET_TRIGGER_COUNT] = 1;
	s[SET_AUTOZERO] = 1;
	s[SET_READ_BACK] = 1;
	s[SET_ON_AUTO] = p->dialect == SMU_B2900;
	s[SET_PULSE_WIDTH] = WIDTH_MIN_S;
	s[SET_TRIGGER_TIMER] = s[SET_ARM_TIMER] = 0.1;
	s[SET_SWAPPED] = p->dialect == SMU_2450;
	b->senses_a = true;
	b->senses_v = b->senses_r = p->dialect == SMU_B2900;
	b->elements = p->dialect == SMU_2400 ? 0x1f : 0x3f;
	b->n_list = 0;
	b->peak_set = false;
	b->swept = 0;
	b->limited = b->protecting = false;
	b->feed_points = 100;
	memset(b->tests, 0, sizeof b->tests);
}

double mr__smu_aperture_s(const struct smu *b)
{
	return b->set[SET_NPLC] / SMU_LINE_HZ;
}

/* ---- bounds ---------------------------------- */

static void symmetric(double most, double *min, double *max)
{
	*max = most;
	*min = -most;
}

static double limit_least(const struct smu *b)
{
	return b->profile->i_range_A[0] / 10;
}

void mr__smu_bounds(const struct smu *b, enum smu_setting which, double *min,
                    double *max)
{
	const struct smu_profile *p = b->profile;

	*min = 0;
	*max = COUNT_MAX;
	switch (which) {
	case SET_LEVEL_V:
	case SET_START:
	case SET_STOP:
	case SET_STEP:
	case SET_PEAK:
	case SET_RANGE_V:
	case SET_SENSE_V:
		symmetric(v_most(b), min, max);
		break;
	case SET_LEVEL_A:
	case SET_RANGE_A:
	case SET_SENSE_A:
		symmetric(i_most(b), min, max);
		break;
	case SET_LIMIT_A:
	case SET_LIMIT_POS:
		*min = limit_least(b);
		*max = i_most(b);
		break;
	case SET_LIMIT_NEG:
		*min = -i_most(b);
		*max = -limit_least(b);
		break;
	case SET_LIMIT_V:
	case SET_PROTECTION:
		*min = p->v_range_V[0] / 10;
		*max = v_most(b);
		break;
	case SET_NPLC:
		*min = p->nplc_min;
		*max = p->nplc_max;
		break;
	case SET_POINTS:
	case SET_TRIGGER_COUNT:
	case SET_ARM_COUNT:
		*min = 1;
		*max = p->points_max;
		break;
	case SET_COUNT:
		*min = 1;
		break;
	case SET_PULSE_WIDTH:
		*min = WIDTH_MIN_S;
		*max = WIDTH_MAX_S;
		break;
	case SET_DELAY:
	case SET_PULSE_DELAY:
	case SET_TRIGGER_DELAY:
	case SET_ACQUIRE_DELAY:
		*max = DELAY_MAX_S;
		break;
	case SET_TRIGGER_TIMER:
	case SET_ARM_TIMER:
		*min = 20e-6; /* B2901 */
		*max = DELAY_MAX_S;
		break;
	case SET_SENSE_LEAST:
		*max = i_most(b);
		break;
	case SET_MEASURE_ENABLE:
		*max = REGISTER_MAX;
		break;
	default:
		break;
	}
}

static double smallest(const double ranges[SMU_RANGES_MAX], double x)
{
	int i = 0;

	while (i + 1 < SMU_RANGES_MAX && ranges[i + 1] > 0 &&
	       ranges[i] < fabs(x) * (1 - 1e-9))
		i++;
	return ranges[i];
}

bool mr__smu_level_ok(const struct smu *b, double level)
{
	bool amperes = b->set[SET_FUNCTION] != 0;
	double range = b->set[amperes ? SET_RANGE_A : SET_RANGE_V];

	if (b->set[amperes ? SET_AUTO_A : SET_AUTO_V] != 0)
		range = amperes ? i_most(b) : v_most(b);
	else
		range *= b->profile->over;
	return fabs(level) <= range * (1 + 1e-9);
}

/* ---- setting ---------------------------------- */

static int set_level(struct smu *b, enum smu_setting which, double x)
{
	bool amperes = which == SET_LEVEL_A;

	if (amperes == (b->set[SET_FUNCTION] != 0) && !mr__smu_level_ok(b, x))
		return SMU_RANGE;
	b->set[which] = x;
	return 0;
}

static int set_range(struct smu *b, enum smu_setting which, double x)
{
	bool amperes = which == SET_RANGE_A || which == SET_SENSE_A;
	double range = smallest(amperes ? b->profile->i_range_A
	                                : b->profile->v_range_V, x);
	enum smu_setting level = amperes ? SET_LEVEL_A : SET_LEVEL_V;
	bool source = which == SET_RANGE_V || which == SET_RANGE_A;

	if (source && fabs(b->set[level]) > range * b->profile->over)
		return SMU_CONFLICT;
	b->set[which] = range;
	b->set[which == SET_RANGE_V   ? SET_AUTO_V
	       : which == SET_RANGE_A ? SET_AUTO_A
	       : which == SET_SENSE_V ? SET_SENSE_AUTO_V
	                              : SET_SENSE_AUTO_A] = 0;
	return 0;
}

/* What the cells see changes with these. */
static bool is_felt(enum smu_setting which)
{
	return which == SET_LEVEL_V || which == SET_LEVEL_A ||
	       which == SET_LIMIT_A || which == SET_LIMIT_V ||
	       which == SET_LIMIT_POS || which == SET_LIMIT_NEG ||
	       which == SET_PROTECTION;
}

static int assign(struct smu *b, enum smu_setting which, double x)
{
	switch (which) {
	case SET_LEVEL_V:
	case SET_LEVEL_A:
		return set_level(b, which, x);
	case SET_RANGE_V:
	case SET_RANGE_A:
	case SET_SENSE_V:
	case SET_SENSE_A:
		return set_range(b, which, x);
	case SET_FUNCTION:
	case SET_TERMINALS:
		/* neither changes under a voltage */
		if (b->set[which] != x)
			mr__smu_output(b, false);
		break;
	case SET_POINTS:
	case SET_TRIGGER_COUNT:
	case SET_ARM_COUNT:
	case SET_COUNT:
		x = floor(x);
		break;
	default:
		break;
	}
	b->set[which] = x;
	return 0;
}

int mr__smu_set(struct smu *b, enum smu_setting which, double x)
{
	int rc;

	if (is_felt(which))
		mr__smu_settle(b);
	rc = assign(b, which, x);
	if (rc)
		return rc;
	mr__smu_note(b);
	if (b->set[SET_OFF_ON_TRIP] != 0 && is_felt(which) &&
	    mr__smu_is_limited(b))
		mr__smu_output(b, false);
	return 0;
}

/* ---- commands ---------------------------------- */

int mr__smu_tell(struct smu *b, const struct smu_entry *e,
                 const struct smu_command *c)
{
	double x = 0;
	int rc = c->n < 1 ? SMU_MISSING : c->n > 1 ? SMU_NOT_ALLOWED : 0;

	if (!rc)
		rc = e->words ? mr__smu_choice(&c->params[0], e->words, &x)
		              : mr__smu_real(b, c, 0, e->setting, &x);
	return rc ? rc : mr__smu_set(b, e->setting, x);
}

static void print_word(struct ws_buffer *to, const char *words, double x)
{
	size_t n = 0;

	for (uint32_t k = (uint32_t)x; k && strchr(words, '|'); k--)
		words = strchr(words, '|') + 1;
	while ((words[n] >= 'A' && words[n] <= 'Z') ||
	       (words[n] >= '0' && words[n] <= '9'))
		n++;
	mr__ws_append(to, words, n);
}

int mr__smu_ask(struct smu *b, const struct smu_entry *e,
                const struct smu_command *c)
{
	struct ws_buffer *to;
	double x = b->set[e->setting], min, max;

	if (c->n > 1)
		return SMU_NOT_ALLOWED;
	if (c->n == 1) { /* MIN or MAX */
		int rc = e->words ? SMU_NOT_ALLOWED
		                  : mr__smu_real(b, c, 0, e->setting, &x);

		mr__smu_bounds(b, e->setting, &min, &max);
		if (rc || (x != min && x != max))
			return rc ? rc : SMU_NOT_ALLOWED;
	}
	to = mr__smu_answer(&b->pipe);
	if (!e->words)
		mr__smu_print(b, to, x);
	else if (strncmp(e->words, "OFF|ON", 6) == 0)
		mr__ws_print(to, "%d", x != 0);
	else
		print_word(to, e->words, x);
	return 0;
}
