/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The fatiguing neuron of rule.h. Fatigue and traces decay lazily: an input
 * is brought up to date when it spikes, all of them at an output spike.
 */
#include "rule.h"

#include "memrig/random.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int decay_init(struct mr_decay *decay, double dt_s, double tau_s)
{
	decay->rate = dt_s / tau_s;
	decay->power = malloc(MR_DECAY_CACHE * sizeof *decay->power);
	if (!decay->power)
		return MR_ERR_NOMEM;
	for (uint32_t k = 0; k < MR_DECAY_CACHE; k++)
		decay->power[k] = exp(-decay->rate * k);
	return MR_OK;
}

static double decay_over(const struct mr_decay *decay, uint64_t steps)
{
	if (steps < MR_DECAY_CACHE)
		return decay->power[steps];
	return exp(-decay->rate * (double)steps);
}

static int params_check(const struct mr_fstdp_params *p,
                        struct mr_errtext *err)
{
	const struct {
		const char *name;
		double value;
		bool zero_allowed;
	} least[] = {
		{"dt", p->dt_s, false},       {"tau_m", p->tau_m_s, true},
		{"tau_p", p->tau_p_s, false}, {"tau_F", p->tau_f_s, false},
		{"f", p->f, true},            {"eta", p->eta, true},
		{"r0", p->r0_hz, false},      {"kappa", p->kappa, true},
		{"x_ref rate", p->x_ref_rate, true},
		{"threshold factor", p->theta_factor, false},
	};

	for (size_t k = 0; k < sizeof least / sizeof *least; k++) {
		double v = least[k].value;

		if (!isfinite(v) || v < 0 || (v == 0 && !least[k].zero_allowed))
			return mr_errtext_set(err, MR_ERR_RANGE,
			                      "%s is %g; it must be a finite number %s 0",
			                      least[k].name, v,
			                      least[k].zero_allowed ? ">=" : ">");
	}
	if (p->f >= 1)
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "f is %g; fatigue per spike must be below 1",
		                      p->f);
	if (p->r0_hz * p->dt_s >= 1)
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "r0 is %g per step; it must be below 1",
		                      p->r0_hz * p->dt_s);
	return MR_OK;
}

static int neuron_alloc(struct mr_fstdp *neuron)
{
	const struct mr_fstdp_params *p = &neuron->params;
	size_t n = neuron->n;

	neuron->input = calloc(n, sizeof *neuron->input);
	neuron->efficacy = calloc(n, sizeof *neuron->efficacy);
	neuron->dw = calloc(n, sizeof *neuron->dw);
	neuron->change = calloc(n, sizeof *neuron->change);
	if (!neuron->input || !neuron->efficacy || !neuron->dw ||
	    !neuron->change)
		return MR_ERR_NOMEM;
	if (decay_init(&neuron->decay_f, p->dt_s, p->tau_f_s) != MR_OK)
		return MR_ERR_NOMEM;
	return decay_init(&neuron->decay_p, p->dt_s, p->tau_p_s);
}

/* Stationary means: an input of rate r keeps the efficacy 1 / (1 + s),
 * s = f r tau_F. A trace or potential that decays by a factor a per step and
 * then gains m per step is m / (1 - a) right after the gain. The drive is that
 * of the weights as they stand: fresh cells read higher than drifted ones, and
 * a threshold below the drive lets the neuron settle on any group. */
static void neuron_settle(struct mr_fstdp *neuron, const double *rate_hz)
{
	const struct mr_fstdp_params *p = &neuron->params;
	const float *w = neuron->weights->type->seen(neuron->weights->self);
	double trace_known = 0;
	double per_step = 0;
	double drive = 0;

	for (uint32_t i = 0; i < neuron->n; i++) {
		double s = p->f * rate_hz[i] * p->tau_f_s;

		neuron->input[i].fatigue = s / (1 + s);
		trace_known += rate_hz[i] * p->tau_p_s / (1 + s);
		per_step += rate_hz[i] * p->dt_s / (1 + s);
		drive += (double)w[i] * rate_hz[i] * p->dt_s / (1 + s);
	}
	neuron->decay_m = p->tau_m_s > 0 ? exp(-p->dt_s / p->tau_m_s) : 0;
	neuron->theta = p->theta_factor * drive / (1 - neuron->decay_m);
	neuron->x_ref = trace_known / neuron->n;
	if (p->x_ref_rate > 0)
		neuron->x_ref = per_step / neuron->n / (1 - neuron->decay_p.power[1]);
}

int mr_fstdp_init(struct mr_fstdp *neuron,
                  const struct mr_fstdp_config *config,
                  struct mr_weights *weights, struct mr_errtext *err)
{
	int code = params_check(&config->params, err);

	memset(neuron, 0, sizeof *neuron);
	if (code != MR_OK)
		return code;
	neuron->params = config->params;
	neuron->mode = config->mode;
	neuron->seed = config->seed;
	neuron->n = config->n;
	neuron->weights = weights;
	if (neuron_alloc(neuron) != MR_OK) {
		mr_fstdp_free(neuron);
		return mr_errtext_set(err, MR_ERR_NOMEM,
		                      "no memory for a neuron of %u inputs",
		                      (unsigned)config->n);
	}
	neuron_settle(neuron, config->rate_hz);
	if (neuron->theta > 0 && neuron->x_ref > 0)
		return MR_OK;
	mr_fstdp_free(neuron);
	return mr_errtext_set(err, MR_ERR_RANGE,
	                      "the inputs never spike, or all weights are 0: "
	                      "nothing can be learned");
}

void mr_fstdp_free(struct mr_fstdp *neuron)
{
	free(neuron->input);
	free(neuron->efficacy);
	free(neuron->dw);
	free(neuron->change);
	free(neuron->decay_f.power);
	free(neuron->decay_p.power);
	memset(neuron, 0, sizeof *neuron);
}

double mr_fstdp_trace(const struct mr_fstdp *neuron, uint32_t i)
{
	const struct mr_fstdp_input *input = &neuron->input[i];

	return input->trace *
	       decay_over(&neuron->decay_p, neuron->step - input->step);
}

/* The efficacy is taken before the jump: a spike does not tire itself. */
static void take_spikes(struct mr_fstdp *neuron, const uint32_t *in,
                        uint32_t n)
{
	const double f = neuron->params.f;

	for (uint32_t k = 0; k < n; k++) {
		struct mr_fstdp_input *input = &neuron->input[in[k]];
		uint64_t gap = neuron->step - input->step;
		double fatigue = input->fatigue * decay_over(&neuron->decay_f, gap);
		double e = 1 - fatigue;

		input->fatigue = fatigue + f * e;
		input->trace = input->trace * decay_over(&neuron->decay_p, gap) + e;
		input->step = neuron->step;
		neuron->efficacy[k] = (float)e;
		neuron->x_sum += e;
	}
}

static int learn_by_sum(struct mr_fstdp *neuron)
{
	const double eta = neuron->params.eta;
	const double b = neuron->params.b;

	for (uint32_t i = 0; i < neuron->n; i++)
		neuron->dw[i] = (float)(eta * (mr_fstdp_trace(neuron, i) /
		                                       neuron->x_ref -
		                               b));
	return neuron->weights->type->update(neuron->weights->self, neuron->dw);
}

static int learn_by_chance(struct mr_fstdp *neuron)
{
	const struct mr_fstdp_params *p = &neuron->params;

	for (uint32_t i = 0; i < neuron->n; i++) {
		double u = mr_random_uniform(
		        neuron->seed,
		        (struct mr_address){.purpose = MR_PURPOSE_UPDATE,
		                            .subject = i,
		                            .event = neuron->n_spikes});

		if (mr_fstdp_trace(neuron, i) > p->ratio * neuron->x_ref)
			neuron->change[i] = u <= p->p_set;
		else
			neuron->change[i] = (int8_t)(u <= p->p_reset ? -1 : 0);
	}
	return neuron->weights->type->pulse(neuron->weights->self,
	                                    neuron->change);
}

static int output_spike(struct mr_fstdp *neuron)
{
	neuron->n_spikes++;
	neuron->v = 0;
	if (neuron->mode == MR_FSTDP_THRESHOLD)
		return learn_by_chance(neuron);
	return learn_by_sum(neuron);
}

int mr_fstdp_step(struct mr_fstdp *neuron, const uint32_t *in, uint32_t n)
{
	const struct mr_fstdp_params *p = &neuron->params;
	float y = 0;
	int code;

	assert(n <= neuron->n);
	neuron->step++;
	neuron->v *= neuron->decay_m;
	neuron->x_sum *= neuron->decay_p.power[1];
	take_spikes(neuron, in, n);
	code = neuron->weights->type->forward(neuron->weights->self, in,
	                                      neuron->efficacy, n, &y);
	if (code != MR_OK)
		return code;
	neuron->v += (double)y;
	if (p->x_ref_rate > 0)
		neuron->x_ref += p->x_ref_rate *
		                 (neuron->x_sum / neuron->n - neuron->x_ref);
	neuron->spiked = neuron->v >= neuron->theta;
	neuron->theta *= 1 + p->kappa * (neuron->spiked - p->r0_hz * p->dt_s);
	if (!isfinite(neuron->v) || !(neuron->theta > 0))
		return MR_ERR_RANGE;
	return neuron->spiked ? output_spike(neuron) : MR_OK;
}
