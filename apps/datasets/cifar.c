/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * CIFAR-10 and CIFAR-100, binary version: records of one label byte (CIFAR-100:
 * the coarse label, then the fine one, which is taken) and the picture's bytes
 * in the order of struct mr_images.
 */
#include <sys/stat.h>

#include "formats.h"

#define PICTURE_BYTES ((size_t)3 * 32 * 32)
#define LABELS_MAX 2
#define COARSE_CLASSES 20 /* of CIFAR-100 */

struct form {
	const char *const *train; /* files, ended by NULL */
	const char *const *test;
	unsigned labels;          /* before each picture; the last is taken */
};

static const char *const cifar10_train[] = {
	"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
	"data_batch_4.bin", "data_batch_5.bin", NULL};
static const char *const cifar10_test[] = {"test_batch.bin", NULL};
static const char *const cifar100_train[] = {"train.bin", NULL};
static const char *const cifar100_test[] = {"test.bin", NULL};

static const struct form cifar10_form = {cifar10_train, cifar10_test, 1};
static const struct form cifar100_form = {cifar100_train, cifar100_test, 2};

static const char *const *files_of(const struct form *form,
                                   enum mr_images_part part)
{
	return part == MR_IMAGES_TEST ? form->test : form->train;
}

/* The number of records is nowhere but in the size of the file. */
static int count_records(const struct mr_bytefile *file, unsigned labels,
                         uint32_t *n, struct mr_errtext *err)
{
	uint64_t record = labels + PICTURE_BYTES;
	uint64_t records = file->bytes / record;

	if (file->bytes % record != 0)
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: byte %llu: the file ends within "
		                      "record %llu; a record has %llu bytes",
		                      file->path, (unsigned long long)file->bytes,
		                      (unsigned long long)records,
		                      (unsigned long long)record);
	if (records == 0)
		return mr_errtext_set(err, MR_ERR_FORMAT, "%s: is empty",
		                      file->path);
	if (records > UINT32_MAX / PICTURE_BYTES - *n)
		return mr_errtext_set(err, MR_ERR_FORMAT,
		                      "%s: %llu records; that is too many",
		                      file->path, (unsigned long long)records);
	*n += (uint32_t)records;
	return MR_OK;
}

static int count_all(const struct mr_images_job *job, const struct form *form,
                     uint32_t *n, struct mr_errtext *err)
{
	struct mr_bytefile file;

	for (const char *const *name = files_of(form, job->part); *name != NULL;
	     name++) {
		int code = mr_bytefile_open(&file, job->dir, *name, false, err);

		if (code != MR_OK)
			return code;
		code = count_records(&file, form->labels, n, err);
		mr_bytefile_close(&file);
		if (code != MR_OK)
			return code;
	}
	return MR_OK;
}

static int check_labels(const struct mr_bytefile *file, const uint8_t *label,
                        unsigned labels, uint32_t classes,
                        struct mr_errtext *err)
{
	for (unsigned i = 0; i < labels; i++) {
		uint32_t limit = i + 1 == labels ? classes : COARSE_CLASSES;
		uint64_t at = file->at - labels + i;

		if (label[i] >= limit)
			return mr_errtext_set(err, MR_ERR_FORMAT,
			                      "%s: byte %llu: label %u; labels "
			                      "here are 0 to %u", file->path,
			                      (unsigned long long)at, label[i],
			                      limit - 1);
	}
	return MR_OK;
}

static int read_record(struct mr_bytefile *file, unsigned labels,
                       struct mr_images *out, uint32_t i,
                       struct mr_errtext *err)
{
	uint8_t label[LABELS_MAX];
	int code = mr_bytefile_read(file, label, labels, "labels", err);

	if (code == MR_OK)
		code = check_labels(file, label, labels, out->n_classes, err);
	if (code != MR_OK)
		return code;
	out->label[i] = label[labels - 1];
	return mr_bytefile_read(file, out->pixels + i * PICTURE_BYTES,
	                        PICTURE_BYTES, "pictures", err);
}

static int read_file(const struct mr_images_job *job, const char *name,
                     unsigned labels, struct mr_images *out, uint32_t *done,
                     struct mr_errtext *err)
{
	struct mr_bytefile file;
	uint64_t n;
	int code = mr_bytefile_open(&file, job->dir, name, false, err);

	if (code != MR_OK)
		return code;
	n = file.bytes / (labels + PICTURE_BYTES);
	while (code == MR_OK && n > 0 && *done < out->n) {
		code = read_record(&file, labels, out, *done, err);
		*done += 1;
		n--;
	}
	if (code == MR_OK)
		code = mr_bytefile_end(&file, "pictures", err);
	mr_bytefile_close(&file);
	return code;
}

static int load(const struct mr_images_job *job, const struct form *form,
                struct mr_images *out, struct mr_errtext *err)
{
	uint32_t n = 0;
	uint32_t done = 0;
	int code = count_all(job, form, &n, err);

	if (code == MR_OK)
		code = mr_images_room(job, n, true, out, err);
	for (const char *const *name = files_of(form, job->part);
	     code == MR_OK && *name != NULL; name++)
		code = read_file(job, *name, form->labels, out, &done, err);
	if (code == MR_OK && done != n)
		return mr_errtext_set(err, MR_ERR_IO,
		                      "%s: the files changed while they were "
		                      "read", job->dir);
	return code;
}

static bool is_there(const char *dir, const char *name)
{
	char path[MR_BYTEFILE_PATH_MAX];
	struct stat about;

	return mr_bytefile_join(path, dir, name, NULL) == MR_OK &&
	       stat(path, &about) == 0;
}

int mr_cifar10_load(const struct mr_images_job *job, struct mr_images *out,
                    struct mr_errtext *err)
{
	const char *labels = job->part == MR_IMAGES_TEST ? "test-labels.bin"
	                                                 : "train-labels.bin";

	if (!is_there(job->dir, files_of(&cifar10_form, job->part)[0]) &&
	    is_there(job->dir, labels))
		return mr_strips_load(job, out, err);
	return load(job, &cifar10_form, out, err);
}

int mr_cifar100_load(const struct mr_images_job *job, struct mr_images *out,
                     struct mr_errtext *err)
{
	return load(job, &cifar100_form, out, err);
}
