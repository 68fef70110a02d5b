/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* One layer of deep.h at work: forward, and plasticity of a batch. */
#ifndef MR_APPS_SOFTHEBB_BLOCK_H
#define MR_APPS_SOFTHEBB_BLOCK_H

#include "deep.h"
#include "kernels.h"
#include "team.h"

/** Layers of fewer weights are summed over images in so many parts. */
#define MR__DEEP_NARROW 65536
#define MR__DEEP_SUM_PARTS 4

/** Shapes of a layer. */
struct mr_deep_shape {
	uint32_t channels, height, width; /**< of what comes in */
	uint32_t u_height, u_width;       /**< of the products */
	uint32_t out_height, out_width;   /**< after pooling */
	size_t fan_in;                    /**< N: weights of a kernel */
	size_t positions;                 /**< products of a kernel per image */
	size_t n_in, n_pad, n_out;        /**< values of an image: coming in,
	                                       with its border, going out */
};

/** Room that the layers of a network share; each as large as the largest
 * layer needs. Contents hold until the next layer is at work. */
struct mr_deep_room {
	uint32_t batch;    /**< images that fit */
	float *padded;     /**< [batch*n_pad] normalised images and border */
	float *x;          /**< [batch*positions*N] patches */
	float *u;          /**< [batch*positions*K] products, then triangles */
	float *y;          /**< the same: signed soft max */
	float *d;          /**< [K*N], or parts of it for narrow layers */
	float *yu;         /**< [(batch+1)*K] sums by image, then all */
	float *eta;        /**< [K] */
	float *radius;     /**< [K] */
	float *p_winner;   /**< [batch] summed shares of winners */
	uint32_t *winner;  /**< [batch*positions] */
	double *moments;   /**< [2*batch*channels] */
	float *mean;       /**< [width*channels] a row of repeated means */
	float *inv;        /**< likewise 1/sqrt(variance + 1e-5) */
};

/** A layer. */
struct mr_deep_block {
	const struct mr_deep_layer *spec;
	struct mr_deep_shape shape;
	struct mr_deep_carrier carrier;
	float *run_mean; /**< [channels] of the batch norm */
	float *run_var;  /**< [channels] */
	float *out;      /**< [batch*n_out] */
};

/** What a layer works with. */
struct mr_deep_tools {
	const struct mr_deep_kernels *kernels;
	struct mr_team *team;
	struct mr_deep_room *room;
};

/**
 * Work out the shapes of a layer.
 *
 * @param spec   the layer.
 * @param index  its number, for messages.
 * @param shape  channels, height and width are given; the rest is filled in.
 * @param err    explains a failure.
 * @return MR_OK; MR_ERR_USAGE if the image is too small for border, kernels or
 *         pooling.
 */
int mr__deep_shape(const struct mr_deep_layer *spec, uint32_t index,
                   struct mr_deep_shape *shape, struct mr_errtext *err);

/** What to do with a batch. */
struct mr_deep_step {
	const float *in; /**< [n*n_in] */
	uint32_t n;      /**< images */
	bool learn;      /**< plasticity, batch norm by the batch */
	bool update;     /**< weights change (else only the batch norm learns) */
	bool give;       /**< fill `out` */
	double news;     /**< share of this batch in what the batch norm keeps;
	                      0 = 1/10, as in training */
};

/**
 * Take a batch through a layer. After it room->x holds the patches,
 * room->y and room->winner the competition and room->d the change before it was
 * scaled, if the layer learned; room->u the triangles before pooling.
 *
 * @return MR_OK or as the carrier.
 */
int mr__deep_block_run(struct mr_deep_block *block,
                       const struct mr_deep_tools *tools,
                       const struct mr_deep_step *step,
                       struct mr_errtext *err);

/* Its parts, in their order. */

/** Batch norm, border and patches: room->x. */
void mr__deep_block_prepare(struct mr_deep_block *block,
                            const struct mr_deep_tools *tools,
                            const struct mr_deep_step *step);
/** room->u. */
int mr__deep_block_multiply(struct mr_deep_block *block,
                            const struct mr_deep_tools *tools, uint32_t n,
                            struct mr_errtext *err);
/** Competition (room->y) if learning, triangle and pooling if giving. */
void mr__deep_block_respond(struct mr_deep_block *block,
                            const struct mr_deep_tools *tools,
                            const struct mr_deep_step *step);
/** room->d and the weights. */
int mr__deep_block_learn(struct mr_deep_block *block,
                         const struct mr_deep_tools *tools, uint32_t n,
                         struct mr_errtext *err);

#endif
