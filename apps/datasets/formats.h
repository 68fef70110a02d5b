/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The formats in which image sets are distributed, one loader each, and what
 * is known about a set beside its public record.
 */
#ifndef MR_APPS_FORMATS_H
#define MR_APPS_FORMATS_H

#include "bytefile.h"
#include "images.h"

/** What a loader is told. */
struct mr_images_job {
	const struct mr_dataset *set;
	const char *dir;           /**< the folder with the files */
	enum mr_images_part part;
	uint32_t size;             /**< of pictures from folders; never 0 */
};

/**
 * Read a part of a set.
 *
 * @param job  what, and from where.
 * @param out  all zero; filled in. Released by the caller if it fails.
 * @param err  explains a failure.
 * @return as mr_images_load().
 */
typedef int mr_images_loader(const struct mr_images_job *job,
                             struct mr_images *out, struct mr_errtext *err);

mr_images_loader mr_idx_load;       /**< MNIST, Fashion-MNIST */
mr_images_loader mr_cifar10_load;   /**< binary batches, or strips */
mr_images_loader mr_cifar100_load;  /**< binary; fine labels */
mr_images_loader mr_strips_load;    /**< CIFAR-10 as JPEG strips */
mr_images_loader mr_stl_load;       /**< STL-10, binary */
mr_images_loader mr_folder_load;    /**< pictures in folders by class */

/** What is known of a set. */
struct mr_dataset_entry {
	struct mr_dataset set;
	mr_images_loader *load;
	const char *const *folders; /**< names that its archive gives a folder,
	                                 ended by NULL */
	const char *const *marks;   /**< files or folders of which one tells that
	                                 the set is there, ended by NULL */
	const char *how;            /**< how to get it, for messages */
};

/**
 * What is known of a set.
 *
 * @param name  its name.
 * @return the record, static; NULL if there is none of that name.
 */
const struct mr_dataset_entry *mr_dataset_entry(const char *name);

/**
 * Find the folder that holds a set.
 *
 * @param entry  the set.
 * @param dir    as in mr_images_load().
 * @param out    [MR_BYTEFILE_PATH_MAX] receives the folder.
 * @param err    explains a failure: where it was looked for, how to get it.
 * @return MR_OK; MR_ERR_MISSING; MR_ERR_USAGE for a path that is too long.
 */
int mr_dataset_place(const struct mr_dataset_entry *entry, const char *dir,
                     char *out, struct mr_errtext *err);

/**
 * Make room for pictures in memory.
 *
 * @param job       whose sizes they have.
 * @param n         pictures.
 * @param labelled  with labels.
 * @param out       filled in; release with mr_images_free(), also after a
 *                  failure.
 * @param err       explains a failure.
 * @return MR_OK; MR_ERR_NOMEM.
 */
int mr_images_room(const struct mr_images_job *job, uint32_t n, bool labelled,
                   struct mr_images *out, struct mr_errtext *err);

#endif
