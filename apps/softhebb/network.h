/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The layers of deep.h in a row, and images into them. */
#ifndef MR_APPS_SOFTHEBB_NETWORK_H
#define MR_APPS_SOFTHEBB_NETWORK_H

#include "block.h"

/** Layers, their room and threads. */
struct mr_deep_network {
	struct mr_deep_preset preset; /**< a copy */
	uint32_t n_layers;
	struct mr_deep_block block[MR_DEEP_LAYERS_MAX];
	struct mr_deep_room room;
	struct mr_deep_tools tools;
	float *in;      /**< [batch*n_in of the first layer] */
	uint8_t *bytes; /**< [the same] as fetched */
};

/**
 * Make a network with weights as they start: normal, of standard deviation
 * 25 / sqrt(N), so that radii begin near 25.
 *
 * @param preset    what; copied.
 * @param images    of what shape; used during the call only.
 * @param seed      of the weights: MR_PURPOSE_WEIGHT, subject = place of the
 *                  weight, event = layer.
 * @param carriers  [n_layers] or NULL, as in struct mr_deep_plan.
 * @param threads   0 = all processors.
 * @param out       receives it; release with mr_deep_network_free().
 * @param err       explains a failure.
 * @return MR_OK; MR_ERR_USAGE; MR_ERR_NOMEM; else as a carrier.
 */
int mr_deep_network_alloc(const struct mr_deep_preset *preset,
                          const struct mr_images *images, uint64_t seed,
                          const struct mr_deep_carrier *carriers,
                          uint32_t threads, struct mr_deep_network **out,
                          struct mr_errtext *err);

/** Release; NULL is allowed. */
void mr_deep_network_free(struct mr_deep_network *network);

/** Which layers a batch goes through, and which of them learn. */
struct mr_deep_route {
	uint32_t first_learning; /**< layers from here .. */
	uint32_t end_learning;   /**< .. to before here learn; equal = none */
	uint32_t end;            /**< the last layer that works, + 1 */
	bool update;             /**< learning changes weights */
	bool give;               /**< the last layer gives its output, too */
	double news;             /**< as of struct mr_deep_step */
};

/**
 * Take images through the network; the output is in block[end - 1].out.
 *
 * @param network  the network.
 * @param images   of its shape.
 * @param index    [n] which.
 * @param n        1 .. preset.batch.
 * @param cut      of pictures from folders; NULL = the middle.
 * @param route    how.
 * @param learned  called after each layer that learned, while the room still
 *                 holds its values; or NULL.
 * @param user     handed to it.
 * @param err      explains a failure.
 * @return MR_OK, or as mr_images_fetch() or a carrier.
 */
int mr_deep_network_run(struct mr_deep_network *network,
                        const struct mr_images *images, const uint32_t *index,
                        uint32_t n, const struct mr_images_cut *cut,
                        const struct mr_deep_route *route,
                        void (*learned)(void *user, uint32_t layer),
                        void *user, struct mr_errtext *err);

/** Values that the last layer gives for an image. */
size_t mr_deep_network_features(const struct mr_deep_network *network);

#endif
