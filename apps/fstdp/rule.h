/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * One neuron that learns which inputs spike together although they also
 * differ in rate: post-triggered spike-timing-dependent plasticity behind
 * short-term synaptic fatigue. A reimplementation of the published idea with
 * own parameters (T. Moraitis et al., IJCNN 2017,
 * doi:10.1109/IJCNN.2017.7966072).
 *
 * Per input i: weight w (in struct mr_weights), fatigue F, learning trace x.
 *
 *     between events  F, x and the potential V decay (tau_F, tau_p, tau_m)
 *     input spike     e = 1 - F;  V += w e;  x += e;  F += f e
 *     output spike    V >= th:  w += eta (x / x_ref - B) for all i;  V = 0
 *     every step      th *= 1 + kappa (spiked - r0 dt)
 *
 * f = 0 gives plain STDP by the same code. Why it works: an input of rate r
 * hands on r / (1 + f r tau_F), which tends to 1 / (f tau_F) whatever r is.
 */
#ifndef MR_APPS_FSTDP_RULE_H
#define MR_APPS_FSTDP_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "memrig/error.h"

#include "../weights.h"

/** How a wanted change reaches the weights. */
enum mr_fstdp_mode {
	MR_FSTDP_ACCUMULATE = 0, /**< sum up, pulse when a step is due */
	MR_FSTDP_THRESHOLD = 1   /**< chance pulses by the size of the trace */
};

/** Constants of the rule; preset.c lists them with their sources. */
struct mr_fstdp_params {
	double dt_s;         /**< one step */
	double tau_m_s;      /**< membrane; 0 = coincidence within one step */
	double tau_p_s;      /**< learning trace */
	double tau_f_s;      /**< recovery from fatigue */
	double f;            /**< fatigue per spike, 0 .. < 1 */
	double b;            /**< depression, in traces of an uncorrelated input */
	double eta;          /**< learning rate */
	double r0_hz;        /**< wanted rate of output spikes */
	double kappa;        /**< gain of the threshold homeostasis */
	double theta_factor; /**< first threshold, in mean drives */
	double w0;           /**< first weight */
	double x_ref_rate;   /**< running mean per step; 0 = from known rates */
	double ratio;        /**< threshold mode: raise above this x / x_ref */
	double p_set;        /**< threshold mode: chance of a raising pulse */
	double p_reset;      /**< threshold mode: chance of an erasing pulse */
};

/** Volatile state of one input, brought up to date when it is touched. */
struct mr_fstdp_input {
	double fatigue; /**< F at `step` */
	double trace;   /**< x at `step` */
	uint64_t step;  /**< when it was last touched */
};

/** Cached exp(-k * rate) for small k. */
struct mr_decay {
	double rate;  /**< per step */
	double *power; /**< [MR_DECAY_CACHE] */
};

#define MR_DECAY_CACHE 1024 /**< powers kept; more steps call exp() */

/** The neuron. Read its fields freely; only rule.c writes them. */
struct mr_fstdp {
	struct mr_fstdp_params params;
	enum mr_fstdp_mode mode;
	uint64_t seed;              /**< of the chance pulses */
	uint32_t n;                 /**< inputs */
	struct mr_weights *weights; /**< borrowed */
	struct mr_fstdp_input *input; /**< [n] */
	struct mr_decay decay_f;
	struct mr_decay decay_p;
	double decay_m;             /**< membrane factor of one step */
	float *efficacy;            /**< [n] of the step's active inputs, in order */
	float *dw;                  /**< [n] scratch: wanted changes */
	int8_t *change;             /**< [n] scratch: pulses */
	double v;                   /**< potential */
	double theta;               /**< threshold */
	double x_ref;               /**< what an average input's trace is */
	double x_sum;               /**< sum of all traces now */
	uint64_t step;              /**< steps done */
	uint64_t n_spikes;          /**< output spikes so far */
	bool spiked;                /**< in the last step */
};

/** What a neuron is made from. */
struct mr_fstdp_config {
	struct mr_fstdp_params params;
	enum mr_fstdp_mode mode;
	uint64_t seed;
	uint32_t n;            /**< inputs, >= 1 */
	const double *rate_hz; /**< [n] mean rates: first fatigue, threshold and
	                            reference trace */
};

/**
 * Set a neuron up in the stationary state of its inputs.
 *
 * @param neuron   filled in; release with mr_fstdp_free().
 * @param config   constants and rates.
 * @param weights  started by the caller; must outlive the neuron.
 * @param err      explains a failure; or NULL.
 * @return MR_OK; MR_ERR_RANGE for a constant outside its limits; MR_ERR_NOMEM.
 */
int mr_fstdp_init(struct mr_fstdp *neuron,
                  const struct mr_fstdp_config *config,
                  struct mr_weights *weights, struct mr_errtext *err);

/**
 * Release a neuron; the weights stay.
 *
 * @param neuron  from mr_fstdp_init(), or all zero.
 */
void mr_fstdp_free(struct mr_fstdp *neuron);

/**
 * One time step.
 *
 * @param neuron  the neuron; `spiked` and `efficacy` tell what happened.
 * @param in      [n] inputs that spike in this step, ascending, each once.
 * @param n       how many; 0 is allowed, time still passes.
 * @return MR_OK; MR_ERR_RANGE if the threshold left the number range; else
 *         what the weights say.
 */
int mr_fstdp_step(struct mr_fstdp *neuron, const uint32_t *in, uint32_t n);

/**
 * Trace of an input now.
 *
 * @param neuron  the neuron.
 * @param i       which input.
 * @return x, decayed to the present step.
 */
double mr_fstdp_trace(const struct mr_fstdp *neuron, uint32_t i);

#endif
