/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Labelled images of the public data sets, from the files as they are
 * distributed: MNIST and Fashion-MNIST (IDX, with or without gzip), CIFAR-10 and
 * CIFAR-100 (binary version), STL-10 (binary version), and folders of JPEG or
 * PNG files by class (the ImageNets). Small sets are held in memory as bytes;
 * pictures of a folder are read and scaled when they are asked for.
 */
#ifndef MR_APPS_IMAGES_H
#define MR_APPS_IMAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "memrig/error.h"

/** Pictures of one size. Bytes of a picture: channel, row, column. */
struct mr_images {
	uint32_t n;         /**< pictures */
	uint32_t channels;  /**< 1 or 3 (red, green, blue) */
	uint32_t height;
	uint32_t width;
	uint32_t n_classes;
	uint16_t *label;    /**< [n] class, < n_classes; NULL = unlabelled */
	uint8_t *pixels;    /**< [n*channels*height*width]; NULL = in files */
	struct mr_folder *folder; /**< where the files are; NULL = in memory */
};

/** Which part of a data set. */
enum mr_images_part {
	MR_IMAGES_TRAIN = 0,
	MR_IMAGES_TEST = 1,
	MR_IMAGES_UNLABELLED = 2 /**< STL-10's 100,000; else the same as TRAIN */
};

/** A data set that is known by name. */
struct mr_dataset {
	const char *name;  /**< such as "cifar10" */
	const char *title; /**< such as "CIFAR-10" */
	uint32_t channels, height, width, n_classes;
	uint32_t n_train, n_test, n_unlabelled; /**< 0 = as many as there are */
	const char *const *places; /**< folders where Debian and the page on data
	                                sets put it, ended by NULL */
};

/**
 * A known data set: mnist, fashion, cifar10, cifar100, stl10, imagenette,
 * imagenet.
 *
 * @param name  its name.
 * @return the record, static; NULL if there is none of that name.
 */
const struct mr_dataset *mr_dataset_find(const char *name);

/**
 * Read a part of a data set.
 *
 * @param set   which.
 * @param dir   folder of its files, or a folder that has them in one named
 *              like the set; NULL = look in $MEMRIG_DATA, then in set->places.
 * @param part  which part.
 * @param size  height and width wanted of pictures from folders; 0 = as the set
 *              says. Other sets refuse another size than theirs.
 * @param out   filled in; release with mr_images_free().
 * @param err   explains a failure: file, offset, what was found and what would
 *              be right; for a set that is not there, where it was looked for
 *              and how to get it.
 * @return MR_OK; MR_ERR_MISSING if the files are not there; MR_ERR_FORMAT for a
 *         wrong magic, size, count or label, a truncated or damaged file;
 *         MR_ERR_USAGE; MR_ERR_IO; MR_ERR_NOMEM.
 */
int mr_images_load(const struct mr_dataset *set, const char *dir,
                   enum mr_images_part part, uint32_t size,
                   struct mr_images *out, struct mr_errtext *err);

/** What becomes of pictures when they are fetched. */
struct mr_images_cut {
	bool random;    /**< pictures of a folder: a random resized crop and flip
	                     (area 8 % to 100 %, aspect 3/4 to 4/3); else the
	                     middle */
	uint32_t shift; /**< pictures in memory: moved by up to so many pixels
	                     each way, the border reflected, and half of them
	                     flipped (shift.h); 0 = as they are */
	uint64_t seed;  /**< of the crops */
	uint64_t epoch; /**< likewise */
};

/**
 * Copy pictures.
 *
 * @param images  from mr_images_load().
 * @param index   [n] which.
 * @param n       how many.
 * @param cut     NULL = the middle of pictures from folders, others as they are.
 * @param out     [n*channels*height*width] receives them.
 * @param err     explains a failure, naming the file.
 * @return MR_OK; MR_ERR_FORMAT or MR_ERR_IO for a file that cannot be read;
 *         MR_ERR_USAGE for a shift by a whole picture or more; MR_ERR_NOMEM.
 *         Pictures in memory do not fail else.
 */
int mr_images_fetch(const struct mr_images *images, const uint32_t *index,
                    uint32_t n, const struct mr_images_cut *cut, uint8_t *out,
                    struct mr_errtext *err);

/**
 * Release.
 *
 * @param images  from mr_images_load(), or all zero.
 */
void mr_images_free(struct mr_images *images);

#endif
