/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * pcm: phase-change memory under identical partial-SET pulses, with pulse
 * history, stochastic steps, drift and white read noise.
 *
 * Equations:
 *   RESET        P = 1; G = N(g_reset, sd_reset), not below 0
 *   each SET     P <- P exp(-e/alpha) before use; G <- clip(G + N(mu, sd),
 *                g_min, g_max) with
 *                mu = e (m1 G + c1 + a1 P)  sd = e (m2 G + c2 + a2 P)
 *   efficacy     e = ((I - i_on) / (i_set - i_on))^gamma_i (w / w_set)^gamma_w
 *                of a pulse of I, w; 1 for the measured SET
 *   both         restart the drift clock: t_p = now. A SET acts on the
 *                conductance as programmed, not on the drifted one.
 *   drift        G(t) = G exp(-nu L(t - t_p)), nu per cell = |N(nu, nu_spread)|
 *                drift_law 1: L = ln((age + t0) / t0)   (1 at age 0)
 *                drift_law 0: L = ln(max(age, t_min) / t0), the published pure
 *                power law, which diverges at age 0 and is cut at t_min
 *   read         G(t) + N(0, m3 G(t) + c3), independent from read to read
 *                (noise=white); or G(t) (1 + x), x a process of spectrum
 *                Q^2 / f with Q = min(q_flicker / g^0.65, 0.2), g = G / g_unit
 *                (noise=flicker)
 *
 *   load line    a voltage pulse V is one of the current
 *                I = max(0, V - v_hold) / r_load, with r_load_ohm > 0 only
 *
 * State per cell: G, P (column memory), nu, t_p. Parameters: the table below.
 *
 * Validity: measured are two pulses, SET 90 uA / 50 ns and RESET 440 uA / 1 us
 * (each within pulse_tolerance). Other SETs are an extension, tunable and not
 * measured: amplitudes up to i_melt and widths from w_min to w_max act with the
 * efficacy e, in which gamma_i, gamma_w, i_melt and the widths are free choices
 * and i_on is the amplitude below which Sebastian 2017 does not pulse. Pulses
 * up to i_on do nothing: they restart neither drift nor noise. What lies
 * between i_melt and RESET (partial RESET) is refused. No spread of
 * parameters from cell to cell but nu, no temperature. The 1/f amplitude is
 * that of the target-programmed devices of the same group, an extension. The
 * load line is this project's, too, so that the cell can sit on a board that
 * gives voltages: it takes the cell as threshold-switched from the first
 * instant on, with v_hold across it whatever it holds, and the rest across a
 * resistor of r_load. Real cells switch only above a threshold that depends on
 * their state and history, and their on-resistance is not zero. Voltages whose
 * current is i_on at most do nothing, at any width; negative ones never do.
 *
 * Source: S. R. Nandakumar et al., J. Appl. Phys. 124, 152135 (2018),
 * doi:10.1063/1.5042408; coefficients as in the public code of the same group
 * (srnn-pcm, MIT licence). drift_law 1 and nu_spread are this project's.
 * 1/f amplitude: S. R. Nandakumar et al., ICECS 2019,
 * and V. Joshi et al., Nat. Commun. 11, 2473 (2020), as shipped in aihwkit.
 * Checked by tests/test_models.c (means and deviations after n pulses, drift)
 * and tests/test_loadline.c.
 */
#include "models.h"

#include "bulk.h"
#include "setreset.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum {
	G_RESET,
	SD_RESET,
	ALPHA,
	M1,
	C1,
	A1,
	M2,
	C2,
	A2,
	G_MIN,
	G_MAX,
	NU,
	NU_SPREAD,
	T0,
	DRIFT_LAW,
	T_MIN,
	M3,
	C3,
	I_SET,
	W_SET,
	I_RESET,
	W_RESET,
	PULSE_TOLERANCE,
	V_READ,
	V_READ_MAX,
	T_READ,
	G_UNIT,
	Q_FLICKER,
	T_FLICKER,
	I_ON,
	I_MELT,
	GAMMA_I,
	GAMMA_W,
	W_MIN,
	W_MAX,
	R_LOAD,
	V_HOLD,
	N_PARAMS
};

#define JAP "Nandakumar 2018"
#define OWN "this project"
#define NATCOMM "Sebastian 2017"
#define NANDAKUMAR19 "Nandakumar 2019"

static const struct mr_param params[N_PARAMS] = {
	[G_RESET] = {"g_reset_S", "S", 0.1e-6, 0, 1e-3, "mean after RESET", JAP},
	[SD_RESET] = {"sd_reset_S", "S", 0.01e-6, 0, 1e-3, "spread after RESET",
                      JAP},
	[ALPHA] = {"alpha_pulses", "1", 2.6, 0.1, 1000,
                   "pulses over which the history fades", JAP},
	[M1] = {"m1", "1", -0.084, -1, 0, "mean step: slope with G", JAP},
	[C1] = {"c1_S", "S", 0.880e-6, 0, 1e-3, "mean step: constant", JAP},
	[A1] = {"a1_S", "S", 1.40e-6, 0, 1e-3, "mean step: history", JAP},
	[M2] = {"m2", "1", 0.091, 0, 1, "spread of a step: slope with G", JAP},
	[C2] = {"c2_S", "S", 0.260e-6, 0, 1e-3, "spread of a step: constant",
                JAP},
	[A2] = {"a2_S", "S", 2.15e-6, 0, 1e-3, "spread of a step: history", JAP},
	[G_MIN] = {"g_min_S", "S", 0.1e-6, 0, 1e-3, "lower clamp of a SET", JAP},
	[G_MAX] = {"g_max_S", "S", 12e-6, 1e-9, 1e-3, "upper clamp of a SET",
                   JAP},
	[NU] = {"nu", "1", 0.04, 0, 0.5, "mean drift exponent", JAP},
	[NU_SPREAD] = {"nu_spread", "1", 0.01, 0, 0.5,
                       "spread of the drift exponent from cell to cell", OWN},
	[T0] = {"t0_s", "s", 38.6, 1e-9, 1e9, "reference time of drift", JAP},
	[DRIFT_LAW] = {"drift_law", "1", 1, 0, 1,
                       "1: shifted power law; 0: pure, cut at t_min_s", OWN},
	[T_MIN] = {"t_min_s", "s", 1e-3, 1e-9, 1e3,
                   "least age of the pure drift law", OWN},
	[M3] = {"m3", "1", 0.03, 0, 1, "read noise: relative part", JAP},
	[C3] = {"c3_S", "S", 0.13e-6, 0, 1e-3, "read noise: absolute part", JAP},
	[I_SET] = {"i_set_A", "A", 90e-6, 1e-9, 1e-2, "amplitude of a SET", JAP},
	[W_SET] = {"width_set_s", "s", 50e-9, 1e-9, 1e-3, "width of a SET", JAP},
	[I_RESET] = {"i_reset_A", "A", 440e-6, 1e-9, 1e-2, "amplitude of a RESET",
                     NATCOMM},
	[W_RESET] = {"width_reset_s", "s", 1e-6, 1e-9, 1e-3, "width of a RESET",
                     NATCOMM},
	[PULSE_TOLERANCE] = {"pulse_tolerance", "1", 0.01, 0, 0.5,
                             "how far a pulse may be from SET or RESET", OWN},
	[V_READ] = {"v_read_V", "V", 0.2, 1e-3, 1, "read voltage", NATCOMM},
	[V_READ_MAX] = {"v_read_max_V", "V", 0.3, 1e-3, 1,
                        "greatest voltage that does not disturb", NATCOMM},
	[T_READ] = {"t_read_s", "s", 1e-6, 1e-9, 1, "integration time of a read",
                    NATCOMM},
	[G_UNIT] = {"g_unit_S", "S", 10e-6, 1e-9, 1e-3,
                    "a cell that counts as fully SET", OWN},
	[Q_FLICKER] = {"q_flicker", "1", 0.0088, 0, 1,
                       "1/f noise of a fully SET cell, relative (key noise)",
                       NANDAKUMAR19},
	[T_FLICKER] = {"t_flicker_s", "s", 250e-9, 1e-9, 1,
                       "integration time that q_flicker is stated for",
                       NANDAKUMAR19},
	[I_ON] = {"i_on_A", "A", 25e-6, 0, 1e-2,
	          "SETs up to this amplitude do nothing (tunable)", NATCOMM},
	[I_MELT] = {"i_melt_A", "A", 110e-6, 1e-9, 1e-2,
	            "greatest amplitude of a SET (tunable)", OWN},
	[GAMMA_I] = {"gamma_i", "1", 1, 0, 10,
	             "efficacy of a SET: power of its amplitude (tunable)", OWN},
	[GAMMA_W] = {"gamma_w", "1", 1, 0, 10,
	             "efficacy of a SET: power of its width (tunable)", OWN},
	[W_MIN] = {"width_min_s", "s", 25e-9, 1e-9, 1e-3,
	           "least width of a SET (tunable)", OWN},
	[W_MAX] = {"width_max_s", "s", 100e-9, 1e-9, 1e-3,
	           "greatest width of a SET (tunable)", OWN},
	[R_LOAD] = {"r_load_ohm", "ohm", 0, 0, 1e9,
	            "load line: series resistance; 0 = no voltage pulses", OWN},
	[V_HOLD] = {"v_hold_V", "V", 0, 0, 10,
	            "load line: voltage across the switched-on cell", OWN},
};

/* Least step to reckon with, and the fresh cell's memory, for step planning. */
#define STEP_FLOOR_S 0.2e-6

static int check_efficacy(const double *p, struct mr_errtext *err)
{
	if (p[I_ON] >= p[I_SET] * (1 - p[PULSE_TOLERANCE]) ||
	    p[I_SET] > p[I_MELT] ||
	    p[I_MELT] >= p[I_RESET] * (1 - p[PULSE_TOLERANCE]))
		return mr_errtext_set(
			err, MR_ERR_RANGE,
			"must hold, with pulse_tolerance between: i_on_A < "
			"i_set_A <= i_melt_A < i_reset_A (are %g, %g, %g, %g)",
			p[I_ON], p[I_SET], p[I_MELT], p[I_RESET]);
	if (p[W_MIN] > p[W_SET] || p[W_SET] > p[W_MAX])
		return mr_errtext_set(
			err, MR_ERR_RANGE,
			"must hold: width_min_s <= width_set_s <= width_max_s "
			"(are %g, %g, %g)",
			p[W_MIN], p[W_SET], p[W_MAX]);
	return MR_OK;
}

static int check(const double *p, struct mr_errtext *err)
{
	if (p[G_MIN] >= p[G_MAX])
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "g_min_S = %g must be below g_max_S = %g",
		                      p[G_MIN], p[G_MAX]);
	if (p[V_READ] > p[V_READ_MAX])
		return mr_errtext_set(
			err, MR_ERR_RANGE,
			"v_read_V = %g must not exceed v_read_max_V = %g",
			p[V_READ], p[V_READ_MAX]);
	if (p[I_SET] * (1 + p[PULSE_TOLERANCE]) >=
	    p[I_RESET] * (1 - p[PULSE_TOLERANCE]))
		return mr_errtext_set(
			err, MR_ERR_RANGE,
			"i_set_A = %g must be clearly below i_reset_A = %g",
			p[I_SET], p[I_RESET]);
	if (p[DRIFT_LAW] != 0 && p[DRIFT_LAW] != 1)
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "drift_law = %g must be 0 or 1",
		                      p[DRIFT_LAW]);
	return check_efficacy(p, err);
}

static double load_volts(const double *p, double i_A)
{
	return p[V_HOLD] + i_A * p[R_LOAD];
}

/* The pulses of a description in volts. */
static void describe_volts(const double *p, struct mr_description *desc)
{
	for (uint32_t i = 0; i < desc->n_waveforms; i++) {
		struct mr_waveform *w = &desc->waveforms[i];

		if (w->unit != MR_UNIT_AMPERE)
			continue;
		w->unit = MR_UNIT_VOLT;
		w->amplitude = load_volts(p, w->amplitude);
		if (w->amplitude_max > 0) {
			w->amplitude_min = load_volts(p, w->amplitude_min);
			w->amplitude_max = load_volts(p, w->amplitude_max);
		}
	}
	desc->limits.v_pulse_max_V = load_volts(p, desc->limits.i_pulse_max_A);
}

static void describe(const double *p, struct mr_description *desc)
{
	struct mr_step step = {.floor_S = STEP_FLOOR_S,
	                       .offset_S = p[C1],
	                       .slope = p[M1],
	                       .history_S = p[A1],
	                       .memory_pulses = p[ALPHA]};
	const struct mr_waveform waves[] = {
		{.name = "read", .unit = MR_UNIT_VOLT, .amplitude = p[V_READ],
		 .width_s = p[T_READ], .effect = MR_EFFECT_NONE},
		{.name = "set", .unit = MR_UNIT_AMPERE, .amplitude = p[I_SET],
		 .amplitude_min = p[I_ON], .amplitude_max = p[I_MELT],
		 .width_s = p[W_SET], .effect = MR_EFFECT_RAISE, .step = step},
		{.name = "reset", .unit = MR_UNIT_AMPERE, .amplitude = p[I_RESET],
		 .width_s = p[W_RESET], .effect = MR_EFFECT_ERASE},
	};

	desc->limits.v_read_max_V = p[V_READ_MAX];
	desc->limits.v_pulse_max_V = 0;
	desc->limits.i_pulse_max_A = p[I_RESET] * (1 + p[PULSE_TOLERANCE]);
	desc->g_min_S = p[G_MIN];
	desc->g_max_S = p[G_MAX];
	desc->g_unit_S = p[G_UNIT];
	desc->drift_nu = p[NU];
	desc->drift_t0_s = p[T0];
	desc->n_waveforms = sizeof waves / sizeof waves[0];
	for (uint32_t i = 0; i < desc->n_waveforms; i++)
		desc->waveforms[i] = waves[i];
	if (p[R_LOAD] > 0)
		describe_volts(p, desc);
}

/* Amplitudes come as float: a bound counts as it is in either precision. */
static bool within(double value, double least, double most)
{
	return value >= fmin(least, (double)(float)least) &&
	       value <= fmax(most, (double)(float)most);
}

/* Whether a voltage is at most that of a current; a hair more, because
 * amplitudes come as float. */
static bool is_up_to(const double *p, double v_V, double i_A)
{
	return v_V <= load_volts(p, i_A) * (1 + 2 * (double)FLT_EPSILON);
}

/* The pulse as a current. */
static struct mr_stimulus load_line(const double *p,
                                    const struct mr_stimulus *s)
{
	struct mr_stimulus out = *s;

	if (s->unit == MR_UNIT_AMPERE)
		return out;
	out.unit = MR_UNIT_AMPERE;
	out.amplitude = fmax(s->amplitude - p[V_HOLD], 0) / p[R_LOAD];
	if (is_up_to(p, s->amplitude, p[I_ON]))
		out.amplitude = fmin(out.amplitude, p[I_ON]);
	else if (is_up_to(p, s->amplitude, p[I_MELT]))
		out.amplitude = fmin(out.amplitude, p[I_MELT]);
	return out;
}

static bool is_set(const double *p, const struct mr_stimulus *s)
{
	double tolerance = p[PULSE_TOLERANCE];

	return (mr__near(s->amplitude, p[I_SET], tolerance) ||
	        within(s->amplitude, 0, p[I_MELT])) &&
	       (mr__near(s->width_s, p[W_SET], tolerance) ||
	        within(s->width_s, p[W_MIN], p[W_MAX]));
}

/* 1 for the measured pulse, exactly; 0 for one that does nothing. */
static double efficacy(const double *p, const struct mr_stimulus *s)
{
	double e = 1;

	if (!mr__near(s->amplitude, p[I_SET], p[PULSE_TOLERANCE]))
		e = s->amplitude <= fmax(p[I_ON], (double)(float)p[I_ON])
		            ? 0
		            : pow((s->amplitude - p[I_ON]) /
		                          (p[I_SET] - p[I_ON]),
		                  p[GAMMA_I]);
	if (!mr__near(s->width_s, p[W_SET], p[PULSE_TOLERANCE]))
		e *= pow(s->width_s / p[W_SET], p[GAMMA_W]);
	return e;
}

static bool is_reset(const double *p, const struct mr_stimulus *s)
{
	return mr__near(s->amplitude, p[I_RESET], p[PULSE_TOLERANCE]) &&
	       mr__near(s->width_s, p[W_RESET], p[PULSE_TOLERANCE]);
}

static bool is_known(const double *p, const struct mr_stimulus *s)
{
	bool volts = s->unit == MR_UNIT_VOLT;

	if (volts && p[R_LOAD] == 0)
		return false;
	struct mr_stimulus on = load_line(p, s);

	return (volts && on.amplitude <= p[I_ON]) || is_set(p, &on) ||
	       is_reset(p, &on);
}

static int accepts(const double *p, const struct mr_stimulus *s,
                   struct mr_errtext *err)
{
	if (is_known(p, s))
		return MR_OK;
	return mr_errtext_set(
		err, MR_ERR_UNSUPPORTED,
		"a pulse of %g %s, %g s: model pcm covers SET (0 to %g A, %g to "
		"%g s) and RESET (%g A, %g s, within %g %%), no partial RESET%s",
		s->amplitude, s->unit == MR_UNIT_AMPERE ? "A" : "V", s->width_s,
		p[I_MELT], p[W_MIN], p[W_MAX], p[I_RESET], p[W_RESET],
		100 * p[PULSE_TOLERANCE],
		s->unit == MR_UNIT_VOLT && p[R_LOAD] == 0
			? "; volts need a load line (r_load_ohm)"
			: "");
}

static void flicker_run(const double *p, const struct mr_columns *c,
                        uint32_t first, uint32_t n, float *q_s)
{
	const struct bulk_power law = {.at_1 = (float)p[Q_FLICKER],
	                               .exponent = 0.65f,
	                               .max = 0.2f};

	mr__bulk_pick()->power(&law, (float)p[G_UNIT], c->g_S + first, n, q_s);
}

static float flicker(const double *p, const struct mr_columns *c,
                     uint32_t cell)
{
	float q_s;

	flicker_run(p, c, cell, 1, &q_s);
	return q_s;
}

static void reset(const double *p, struct mr_columns *c, uint32_t cell, float z)
{
	c->g_S[cell] = (float)fmax(p[G_RESET] + p[SD_RESET] * (double)z, 0);
	c->memory[cell] = 1.0f;
}

static void birth(const double *p, struct mr_columns *c, uint32_t cell,
                  const float *z, int64_t t_ns)
{
	reset(p, c, cell, z[0]);
	c->nu[cell] = (float)fabs(p[NU] + p[NU_SPREAD] * (double)z[1]);
	c->t_p_ns[cell] = t_ns;
}

/* What a SET of efficacy e does; fade is exp(-e / alpha). */
struct set_law {
	double e;
	double fade;
	double m1, c1_S, a1_S;
	double m2, c2_S, a2_S;
	double g_min_S, g_max_S;
};

static struct set_law set_law(const double *p, double e)
{
	return (struct set_law){.e = e,
	                        .fade = exp(-e / p[ALPHA]),
	                        .m1 = p[M1],
	                        .c1_S = p[C1],
	                        .a1_S = p[A1],
	                        .m2 = p[M2],
	                        .c2_S = p[C2],
	                        .a2_S = p[A2],
	                        .g_min_S = p[G_MIN],
	                        .g_max_S = p[G_MAX]};
}

/* A copy, because the compiler cannot know that writing a cell leaves the law
 * alone. Clipped when rounded, which gives the same float as the other way
 * round; with doubles, or with the status in the same pass, nothing here is
 * vectorised. */
MR_CLONES
static void set_run(const struct set_law *law, float *restrict g_S,
                    float *restrict memory, const float *restrict z,
                    uint32_t n, uint8_t *restrict status)
{
	const struct set_law l = *law;
	const float empty_S = (float)l.g_min_S, full_S = (float)l.g_max_S;

	for (uint32_t i = 0; i < n; i++) {
		double g = (double)g_S[i];
		double left = (double)memory[i] * l.fade;
		double mean = l.m1 * g + l.c1_S + l.a1_S * left;
		double sd = l.m2 * g + l.c2_S + l.a2_S * left;
		float next = (float)(g + l.e * mean + l.e * sd * (double)z[i]);
		float least = next < empty_S ? empty_S : next;

		memory[i] = (float)left;
		g_S[i] = least > full_S ? full_S : least;
	}
	for (uint32_t i = 0; i < n; i++)
		status[i] = g_S[i] >= full_S ? MR_STATUS_SATURATED : 0;
}

static void pulse_run(const double *p, const struct mr_stimulus *given,
                      struct mr_columns *c, uint32_t first, uint32_t n,
                      const float *z, int64_t t_ns, uint8_t *status)
{
	struct mr_stimulus s = load_line(p, given);

	if (is_reset(p, &s)) {
		for (uint32_t i = 0; i < n; i++) {
			reset(p, c, first + i, z[i]);
			status[i] = 0;
		}
	} else {
		double e = efficacy(p, &s);

		if (e == 0) {
			memset(status, 0, n);
			return;
		}
		struct set_law law = set_law(p, e);

		set_run(&law, c->g_S + first, c->memory + first, z, n, status);
	}
	mr__models_stamp(c->t_p_ns + first, n, t_ns);
}

static uint8_t pulse(const double *p, const struct mr_stimulus *s,
                     struct mr_columns *c, uint32_t cell, const float *z,
                     int64_t t_ns)
{
	uint8_t status;

	pulse_run(p, s, c, cell, 1, z, t_ns, &status);
	return status;
}

static void drift(const double *p, struct mr_drift *out)
{
	bool shifted = p[DRIFT_LAW] == 1;

	*out = (struct mr_drift){.t0_s = p[T0],
	                         .shift_s = shifted ? p[T0] : 0,
	                         .t_min_s = shifted ? 0 : p[T_MIN]};
}

static void noise(const double *p, struct mr_noise *out)
{
	out->slope = p[M3];
	out->floor_S = p[C3];
	out->t_read_s = p[T_FLICKER];
	out->t0_s = 0;
}

const struct mr_model mr__model_pcm = {
	.name = "pcm",
	.summary = "phase-change memory: accumulation with pulse history, drift",
	.source = "Nandakumar et al., J. Appl. Phys. 124, 152135 (2018), "
		  "doi:10.1063/1.5042408",
	.params = params,
	.n_params = N_PARAMS,
	.check = check,
	.describe = describe,
	.accepts = accepts,
	.birth = birth,
	.pulse = pulse,
	.pulse_run = pulse_run,
	.n_normals = 1,
	.drift = drift,
	.flicker = flicker,
	.flicker_run = flicker_run,
	.noise = noise,
};
