/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Image sets whose files hold arrays: made ones in the true formats, damaged
 * ones, and the real ones where they are there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/datasets/images.h"
#include "imagefiles.h"
#include "sha256.h"

#define SIDE 28u
#define N_TRAIN 3u
#define N_TEST 2u
#define IDX_HEAD 16u
#define CIFAR_PIXELS 3072u
#define STL_PIXELS 27648u
#define N_OF(x) (sizeof(x) / sizeof((x)[0]))

/* A byte that tells pictures, and places in them, apart. */
static uint8_t pixel(uint32_t picture, uint32_t at)
{
	return (uint8_t)(picture * 59 + at * 7 + at / 251);
}

static int load(const char *set, const char *dir, enum mr_images_part part,
                struct mr_images *out, struct mr_errtext *err)
{
	err->text[0] = '\0';
	return mr_images_load(mr_dataset_find(set), dir, part, 0, out, err);
}

static void refused(const char *set, const char *dir, enum mr_images_part part,
                    int code, const char *words)
{
	struct mr_images images;
	struct mr_errtext err = {""};

	MR_CODE_ERR(load(set, dir, part, &images, &err), code, err);
	MR_HAS(err.text, words);
	CU_ASSERT(images.pixels == NULL && images.label == NULL &&
	          images.folder == NULL && images.n == 0);
	mr_images_free(&images);
}

/* ---- IDX ----------------------------------------------------------------- */

static const uint8_t idx_labels[N_TRAIN] = {7, 0, 9};

static size_t make_pictures(uint8_t *to, uint32_t n)
{
	const uint32_t sizes[] = {n, SIDE, SIDE};
	size_t head = imagefiles_idx_head(to, 3, sizes);

	for (uint32_t i = 0; i < n; i++)
		for (uint32_t p = 0; p < SIDE * SIDE; p++)
			to[head + i * SIDE * SIDE + p] = pixel(i, p);
	return head + n * SIDE * SIDE;
}

static size_t make_labels(uint8_t *to, uint32_t n)
{
	size_t head = imagefiles_idx_head(to, 1, &n);

	memcpy(to + head, idx_labels, n);
	return head + n;
}

static void write_idx(const char *dir, const char *pictures,
                      const char *labels, bool gzip, uint32_t n)
{
	uint8_t bytes[IDX_HEAD + N_TRAIN * SIDE * SIDE];
	size_t size = make_pictures(bytes, n);
	void (*write)(const char *, const char *, const void *, size_t) =
		gzip ? imagefiles_gzip : imagefiles_write;

	write(dir, pictures, bytes, size);
	size = make_labels(bytes, n);
	write(dir, labels, bytes, size);
}

static void check_idx(const struct mr_images *images, uint32_t n)
{
	CU_ASSERT_EQUAL_FATAL(images->n, n);
	CU_ASSERT(images->channels == 1 && images->height == SIDE &&
	          images->width == SIDE && images->n_classes == 10);
	for (uint32_t i = 0; i < n; i++) {
		CU_ASSERT_EQUAL(images->label[i], idx_labels[i]);
		for (uint32_t p = 0; p < SIDE * SIDE; p++)
			if (images->pixels[i * SIDE * SIDE + p] != pixel(i, p))
				CU_FAIL("a pixel differs");
	}
}

static void idx_is_read_under_each_name(void)
{
	static const struct {
		const char *pictures, *labels;
		bool gzip;
		uint32_t n;
		enum mr_images_part part;
	} kinds[] = {
		{"train-images-idx3-ubyte", "train-labels-idx1-ubyte", false,
		 N_TRAIN, MR_IMAGES_TRAIN},
		{"train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz",
		 true, N_TRAIN, MR_IMAGES_UNLABELLED},
		{"train-images.idx3-ubyte", "train-labels.idx1-ubyte", false,
		 N_TRAIN, MR_IMAGES_TRAIN},
		/* packed, though the name does not say so */
		{"t10k-images.idx3-ubyte", "t10k-labels-idx1-ubyte", true,
		 N_TEST, MR_IMAGES_TEST},
	};

	for (size_t k = 0; k < N_OF(kinds); k++) {
		char dir[MR_TEST_PATH_MAX];
		struct mr_images images;
		struct mr_errtext err = {""};

		imagefiles_begin(dir);
		write_idx(dir, kinds[k].pictures, kinds[k].labels,
		          kinds[k].gzip, kinds[k].n);
		MR_CODE_ERR(load("mnist", dir, kinds[k].part, &images, &err),
		            MR_OK, err);
		CU_ASSERT_STRING_EQUAL(err.text, "");
		check_idx(&images, kinds[k].n);
		mr_images_free(&images);
		imagefiles_end();
	}
}

/* A damage: one byte set, or another length. */
struct damage {
	const char *file;
	size_t at;      /* the byte; or the length if `cut` */
	uint8_t value;
	bool cut;
	const char *words;
};

static void damage_file(const char *dir, const struct damage *damage)
{
	static uint8_t bytes[16 * STL_PIXELS];
	size_t n = imagefiles_read(dir, damage->file, bytes, sizeof(bytes));

	CU_ASSERT_FATAL(n < sizeof(bytes) && damage->at < sizeof(bytes));
	if (damage->cut) {
		bytes[n] = 1;
		n = damage->at;
	} else {
		bytes[damage->at] = damage->value;
	}
	imagefiles_write(dir, damage->file, bytes, n);
}

static void damaged_idx_is_refused(void)
{
	static const char pictures[] = "train-images-idx3-ubyte";
	static const char labels[] = "train-labels-idx1-ubyte";
	static const struct damage all[] = {
		{pictures, 3, 1, false, "byte 0: 0x00000801 where an IDX file "
		 "of bytes with 3 axes has 0x00000803"},
		{pictures, 7, 0, false, "byte 4: no pictures"},
		{pictures, 7, 4, false, "byte 4: 4 pictures, which do not fit"},
		{pictures, 4, 255, false, "which do not fit in a file of 2368"},
		{pictures, 7, 2, false, "bytes follow at 1584, where the "
		 "pictures are complete"},
		{pictures, 11, 32, false, "byte 8: pictures of 32 x 28; those "
		 "of MNIST are 28 x 28"},
		{pictures, 15, 1, false, "byte 8: pictures of 28 x 1"},
		{pictures, 10, 0, true, "ends after byte 10, in the head: 6 "
		 "bytes are missing"},
		{pictures, 0, 0, true, "ends after byte 0"},
		{pictures, 2367, 0, true, "do not fit in a file of 2367"},
		{pictures, 2369, 0, true, "bytes follow at 2368"},
		{labels, 3, 3, false, "byte 0: 0x00000803 where"},
		{labels, 7, 2, false, "byte 4: 2 labels for 3 pictures"},
		{labels, 9, 10, false, "byte 9: label 10 of picture 1; labels "
		 "are 0 to 9"},
		{labels, 10, 0, true, "ends after byte 10, in the labels: 1 "
		 "bytes are missing"},
		{labels, 12, 0, true, "bytes follow at 11"},
	};

	for (size_t k = 0; k < N_OF(all); k++) {
		char dir[MR_TEST_PATH_MAX];

		imagefiles_begin(dir);
		write_idx(dir, pictures, labels, false, N_TRAIN);
		damage_file(dir, &all[k]);
		refused("mnist", dir, MR_IMAGES_TRAIN, MR_ERR_FORMAT,
		        all[k].words);
		refused("mnist", dir, MR_IMAGES_TRAIN, MR_ERR_FORMAT,
		        all[k].file);
		imagefiles_end();
	}
}

static void missing_idx_is_named(void)
{
	char dir[MR_TEST_PATH_MAX];

	imagefiles_begin(dir);
	write_idx(dir, "train-images-idx3-ubyte", "other", false, N_TRAIN);
	refused("mnist", dir, MR_IMAGES_TRAIN, MR_ERR_MISSING,
	        "there is no file train-labels-idx1-ubyte, with .gz or without");
	refused("mnist", dir, MR_IMAGES_TEST, MR_ERR_MISSING,
	        "there is no file t10k-images-idx3-ubyte");
	imagefiles_end();
}

static void folder_in_place_of_idx_is_refused(void)
{
	char dir[MR_TEST_PATH_MAX];

	imagefiles_begin(dir);
	imagefiles_write(dir, "train-images-idx3-ubyte/x", "", 0);
	refused("mnist", dir, MR_IMAGES_TRAIN, MR_ERR_IO, "is not a file");
	imagefiles_end();
}

/* ---- gzip ---------------------------------------------------------------- */

static void damaged_gzip_is_refused(void)
{
	static const char file[] = "train-images-idx3-ubyte.gz";
	char dir[MR_TEST_PATH_MAX];
	uint8_t bytes[4096];
	size_t n;

	imagefiles_begin(dir);
	write_idx(dir, file, "train-labels-idx1-ubyte.gz", true, N_TRAIN);
	n = imagefiles_read(dir, file, bytes, sizeof(bytes));
	/* the last eight bytes are the sum and the length */
	for (size_t cut = 1; cut < n - 1; cut += cut < 20 ? 1 : 37) {
		imagefiles_write(dir, file, bytes, n - cut);
		refused("mnist", dir, MR_IMAGES_TRAIN, MR_ERR_FORMAT, file);
	}
	imagefiles_write(dir, file, bytes, n - 30);
	refused("mnist", dir, MR_IMAGES_TRAIN, MR_ERR_FORMAT,
	        "the gzip file is cut off: it ends after byte ");
	bytes[n - 8] ^= 1;
	imagefiles_write(dir, file, bytes, n);
	refused("mnist", dir, MR_IMAGES_TRAIN, MR_ERR_FORMAT,
	        "damaged gzip file: after byte ");
	refused("mnist", dir, MR_IMAGES_TRAIN, MR_ERR_FORMAT,
	        " of the unpacked file, in the head: incorrect data check");
	imagefiles_end();
}

static void surplus_in_gzip_is_refused(void)
{
	char dir[MR_TEST_PATH_MAX];
	uint8_t bytes[IDX_HEAD + N_TRAIN * SIDE * SIDE + 1] = {0};
	size_t n = make_pictures(bytes, N_TRAIN);

	imagefiles_begin(dir);
	write_idx(dir, "x.gz", "train-labels-idx1-ubyte.gz", true, N_TRAIN);
	imagefiles_gzip(dir, "train-images-idx3-ubyte.gz", bytes, n + 1);
	refused("mnist", dir, MR_IMAGES_TRAIN, MR_ERR_FORMAT,
	        "bytes follow at 2368");
	imagefiles_gzip(dir, "train-images-idx3-ubyte.gz", bytes, n - 1);
	refused("mnist", dir, MR_IMAGES_TRAIN, MR_ERR_FORMAT,
	        "ends after byte 2367, in the pictures: 1 bytes are missing");
	bytes[4] = 255; /* a count of more than the packed file can hold */
	imagefiles_gzip(dir, "train-images-idx3-ubyte.gz", bytes, n);
	refused("mnist", dir, MR_IMAGES_TRAIN, MR_ERR_FORMAT, "do not fit");
	imagefiles_end();
}

/* ---- CIFAR --------------------------------------------------------------- */

/* Records of the given labels, first picture number `first`. */
static void write_cifar(const char *dir, const char *file, uint32_t first,
                        uint32_t n, unsigned labels, const uint8_t *label)
{
	static uint8_t bytes[4 * (2 + CIFAR_PIXELS)];
	uint8_t *to = bytes;

	for (uint32_t i = 0; i < n; i++) {
		memcpy(to, label + (size_t)i * labels, labels);
		to += labels;
		for (uint32_t p = 0; p < CIFAR_PIXELS; p++)
			*to++ = pixel(first + i, p);
	}
	imagefiles_write(dir, file, bytes, (size_t)(to - bytes));
}

static void write_cifar10(const char *dir)
{
	static const uint8_t label[] = {0, 9, 4, 5, 2, 1};

	for (unsigned b = 0; b < 5; b++) {
		char name[64];

		(void)snprintf(name, sizeof(name), "data_batch_%u.bin", b + 1);
		write_cifar(dir, name, b, 1, 1, label + b);
	}
	write_cifar(dir, "test_batch.bin", 5, 1, 1, label + 5);
}

static void check_colours(const struct mr_images *images, uint32_t first,
                          uint32_t n, const uint16_t *label)
{
	size_t bytes = (size_t)images->channels * images->height *
	               images->width;

	CU_ASSERT_EQUAL_FATAL(images->n, n);
	CU_ASSERT_EQUAL(images->channels, 3);
	for (uint32_t i = 0; i < n; i++) {
		CU_ASSERT_EQUAL(images->label[i], label[i]);
		for (uint32_t p = 0; p < bytes; p++)
			if (images->pixels[i * bytes + p] !=
			    pixel(first + i, p))
				CU_FAIL("a pixel differs");
	}
}

static void cifar10_batches_are_read_in_order(void)
{
	static const uint16_t label[] = {0, 9, 4, 5, 2, 1};
	char dir[MR_TEST_PATH_MAX];
	struct mr_images images;
	struct mr_errtext err = {""};

	imagefiles_begin(dir);
	write_cifar10(dir);
	MR_CODE_ERR(load("cifar10", dir, MR_IMAGES_TRAIN, &images, &err), MR_OK,
	            err);
	check_colours(&images, 0, 5, label);
	mr_images_free(&images);
	MR_CODE_ERR(load("cifar10", dir, MR_IMAGES_TEST, &images, &err), MR_OK,
	            err);
	check_colours(&images, 5, 1, label + 5);
	mr_images_free(&images);
	imagefiles_end();
}

static void cifar100_gives_fine_labels(void)
{
	static const uint8_t label[] = {19, 99, 0, 55, 7, 0};
	static const uint16_t fine[] = {99, 55, 0};
	char dir[MR_TEST_PATH_MAX];
	struct mr_images images;
	struct mr_errtext err = {""};

	imagefiles_begin(dir);
	write_cifar(dir, "cifar-100-binary/train.bin", 0, 3, 2, label);
	MR_CODE_ERR(load("cifar100", dir, MR_IMAGES_TRAIN, &images, &err),
	            MR_OK, err);
	CU_ASSERT_EQUAL(images.n_classes, 100);
	check_colours(&images, 0, 3, fine);
	mr_images_free(&images);
	refused("cifar100", dir, MR_IMAGES_TEST, MR_ERR_MISSING, "test.bin");
	imagefiles_end();
}

static void damaged_cifar_is_refused(void)
{
	static const struct damage all[] = {
		{"data_batch_3.bin", 0, 10, false, "data_batch_3.bin: byte 0: "
		 "label 10; labels here are 0 to 9"},
		{"data_batch_5.bin", 3072, 0, true, "byte 3072: the file ends "
		 "within record 0; a record has 3073 bytes"},
		{"data_batch_1.bin", 3074, 0, true, "byte 3074: the file ends "
		 "within record 1"},
		{"data_batch_2.bin", 0, 0, true, "data_batch_2.bin: is empty"},
	};

	for (size_t k = 0; k < N_OF(all); k++) {
		char dir[MR_TEST_PATH_MAX];

		imagefiles_begin(dir);
		write_cifar10(dir);
		damage_file(dir, &all[k]);
		refused("cifar10", dir, MR_IMAGES_TRAIN, MR_ERR_FORMAT,
		        all[k].words);
		imagefiles_end();
	}
}

static void coarse_label_out_of_range_is_refused(void)
{
	static const uint8_t label[] = {0, 1, 20, 1};
	char dir[MR_TEST_PATH_MAX];

	imagefiles_begin(dir);
	write_cifar(dir, "train.bin", 0, 2, 2, label);
	refused("cifar100", dir, MR_IMAGES_TRAIN, MR_ERR_FORMAT,
	        "byte 3074: label 20; labels here are 0 to 19");
	imagefiles_end();
}

static void missing_batch_is_named(void)
{
	static const uint8_t label[] = {0};
	char dir[MR_TEST_PATH_MAX];

	imagefiles_begin(dir);
	write_cifar(dir, "data_batch_1.bin", 0, 1, 1, label);
	refused("cifar10", dir, MR_IMAGES_TRAIN, MR_ERR_MISSING,
	        "data_batch_2.bin");
	imagefiles_end();
}

/* ---- STL-10 -------------------------------------------------------------- */

static void write_stl(const char *dir, const char *part, uint32_t n)
{
	static uint8_t bytes[2 * STL_PIXELS];
	static const uint8_t label[] = {10, 1};
	char name[64];
	uint8_t *to = bytes;

	for (uint32_t i = 0; i < n; i++)
		for (uint32_t c = 0; c < 3; c++)
			for (uint32_t x = 0; x < 96; x++)
				for (uint32_t y = 0; y < 96; y++)
					*to++ = pixel(i, (c * 96 + y) * 96 + x);
	(void)snprintf(name, sizeof(name), "%s_X.bin", part);
	imagefiles_write(dir, name, bytes, (size_t)(to - bytes));
	(void)snprintf(name, sizeof(name), "%s_y.bin", part);
	imagefiles_write(dir, name, label, n);
}

static void stl_columns_become_rows(void)
{
	static const uint16_t label[] = {9, 0};
	char dir[MR_TEST_PATH_MAX];
	struct mr_images images;
	struct mr_errtext err = {""};

	imagefiles_begin(dir);
	write_stl(dir, "test", 2);
	MR_CODE_ERR(load("stl10", dir, MR_IMAGES_TEST, &images, &err), MR_OK,
	            err);
	CU_ASSERT(images.height == 96 && images.width == 96);
	check_colours(&images, 0, 2, label);
	mr_images_free(&images);
	imagefiles_end();
}

static void stl_unlabelled_has_no_labels(void)
{
	char dir[MR_TEST_PATH_MAX];
	struct mr_images images;
	struct mr_errtext err = {""};

	imagefiles_begin(dir);
	write_stl(dir, "unlabeled", 1);
	MR_CODE_ERR(load("stl10", dir, MR_IMAGES_UNLABELLED, &images, &err),
	            MR_OK, err);
	CU_ASSERT(images.n == 1 && images.label == NULL);
	mr_images_free(&images);
	imagefiles_end();
}

static void damaged_stl_is_refused(void)
{
	static const struct damage all[] = {
		{"train_X.bin", 27647, 0, true, "byte 27647: the file ends "
		 "within picture 0; a picture has 27648 bytes"},
		{"train_X.bin", 0, 0, true, "0 pictures; that is too few"},
		{"train_X.bin", 27648, 0, true, "2 labels for 1 pictures"},
		{"train_y.bin", 1, 0, true, "1 labels for 2 pictures"},
		{"train_y.bin", 1, 0, false, "byte 1: label 0; labels are 1 "
		 "to 10"},
		{"train_y.bin", 0, 11, false, "byte 0: label 11; labels are 1 "
		 "to 10"},
	};

	for (size_t k = 0; k < N_OF(all); k++) {
		char dir[MR_TEST_PATH_MAX];

		imagefiles_begin(dir);
		write_stl(dir, "train", 2);
		damage_file(dir, &all[k]);
		refused("stl10", dir, MR_IMAGES_TRAIN, MR_ERR_FORMAT,
		        all[k].words);
		imagefiles_end();
	}
}

/* ---- where sets lie ------------------------------------------------------ */

static void set_is_found_in_named_folders(void)
{
	static const char *const below[] = {"", "mnist/", "MNIST/raw/",
	                                    "mnist/MNIST/raw/"};

	for (size_t k = 0; k < N_OF(below); k++) {
		char dir[MR_TEST_PATH_MAX], a[64], b[64];
		struct mr_images images;
		struct mr_errtext err = {""};

		imagefiles_begin(dir);
		(void)snprintf(a, sizeof(a), "%strain-images-idx3-ubyte",
		               below[k]);
		(void)snprintf(b, sizeof(b), "%strain-labels-idx1-ubyte",
		               below[k]);
		write_idx(dir, a, b, false, N_TRAIN);
		MR_CODE_ERR(load("mnist", dir, MR_IMAGES_TRAIN, &images, &err),
		            MR_OK, err);
		mr_images_free(&images);
		imagefiles_end();
	}
}

/* Runs a search without a folder, with another environment. */
static int load_known(const char *variable, const char *value,
                      struct mr_errtext *err)
{
	static const char *const names[] = {"MEMRIG_DATA", "HOME"};
	char *old[2] = {NULL, NULL};
	struct mr_images images;
	int code;

	for (unsigned i = 0; i < 2; i++) {
		if (getenv(names[i]) != NULL)
			old[i] = strdup(getenv(names[i]));
		(void)unsetenv(names[i]);
	}
	(void)setenv(variable, value, 1);
	code = load("mnist", NULL, MR_IMAGES_TRAIN, &images, err);
	mr_images_free(&images);
	(void)unsetenv(variable);
	for (unsigned i = 0; i < 2; i++) {
		if (old[i] != NULL)
			(void)setenv(names[i], old[i], 1);
		free(old[i]);
	}
	return code;
}

static void set_is_found_by_the_environment(void)
{
	char dir[MR_TEST_PATH_MAX];
	struct mr_errtext err = {""};

	imagefiles_begin(dir);
	write_idx(dir, ".local/share/memrig/mnist/train-images-idx3-ubyte",
	          ".local/share/memrig/mnist/train-labels-idx1-ubyte", false,
	          N_TRAIN);
	MR_CODE_ERR(load_known("HOME", dir, &err), MR_OK, err);
	write_idx(dir, "mnist/train-images-idx3-ubyte",
	          "mnist/train-labels-idx1-ubyte", false, N_TRAIN);
	MR_CODE_ERR(load_known("MEMRIG_DATA", dir, &err), MR_OK, err);
	imagefiles_end();
}

static void set_that_is_not_there_says_where_and_how(void)
{
	char dir[MR_TEST_PATH_MAX];

	imagefiles_begin(dir);
	refused("fashion", dir, MR_IMAGES_TRAIN, MR_ERR_MISSING,
	        "apt-get install dataset-fashion-mnist");
	refused("stl10", dir, MR_IMAGES_TRAIN, MR_ERR_MISSING, dir);
	refused("stl10", dir, MR_IMAGES_TRAIN, MR_ERR_MISSING,
	        "docs/datasets.md says how to get it");
	imagefiles_end();
}

static void wrong_use_is_refused(void)
{
	static char long_dir[5000];
	const struct mr_dataset stranger = {.name = "svhn"};
	struct mr_images images;
	struct mr_errtext err = {""};

	CU_ASSERT_PTR_NULL(mr_dataset_find("svhn"));
	MR_CODE(mr_images_load(&stranger, NULL, MR_IMAGES_TRAIN, 0, &images,
	                       &err), MR_ERR_USAGE);
	MR_HAS(err.text, "'svhn' is no image set");
	MR_CODE(mr_images_load(mr_dataset_find("cifar10"), NULL,
	                       MR_IMAGES_TRAIN, 64, &images, &err),
	        MR_ERR_USAGE);
	MR_HAS(err.text, "pictures of CIFAR-10 are 32 x 32, not 64 x 64");
	MR_CODE(mr_images_load(mr_dataset_find("imagenet"), NULL,
	                       MR_IMAGES_TRAIN, 5000, &images, &err),
	        MR_ERR_USAGE);
	MR_HAS(err.text, "at most 4096 x 4096");
	memset(long_dir, 'd', sizeof(long_dir) - 1);
	refused("mnist", long_dir, MR_IMAGES_TRAIN, MR_ERR_USAGE,
	        "longer than 4095 bytes");
	long_dir[4090] = '\0'; /* too long with a name behind it */
	refused("mnist", long_dir, MR_IMAGES_TRAIN, MR_ERR_MISSING,
	        "are not there");
}

static void fetch_copies_what_is_in_memory(void)
{
	static const uint32_t index[] = {2, 0, 2};
	char dir[MR_TEST_PATH_MAX];
	uint8_t out[3 * SIDE * SIDE];
	struct mr_images images;
	struct mr_errtext err = {""};

	imagefiles_begin(dir);
	write_idx(dir, "train-images-idx3-ubyte", "train-labels-idx1-ubyte",
	          false, N_TRAIN);
	MR_CODE_ERR(load("mnist", dir, MR_IMAGES_TRAIN, &images, &err), MR_OK,
	            err);
	MR_CODE(mr_images_fetch(&images, index, 3, NULL, out, &err), MR_OK);
	for (uint32_t i = 0; i < 3; i++)
		CU_ASSERT(out[i * SIDE * SIDE + 100] == pixel(index[i], 100));
	mr_images_free(&images);
	imagefiles_end();
}

/* ---- real sets ----------------------------------------------------------- */

static void check_counts(const struct mr_images *images, const unsigned *counts)
{
	unsigned found[10] = {0};

	for (uint32_t i = 0; i < images->n; i++)
		found[images->label[i]]++;
	for (unsigned k = 0; k < 10; k++)
		CU_ASSERT_EQUAL(found[k], counts[k]);
}

/* Labels and counts: /work/shared/data/README.md of the project's data, which
 * has them from the published files. */
static void real_mnist_has_its_labels(void)
{
	static const uint16_t first[] = {5, 0, 4, 1, 9, 2, 1, 3, 1, 4};
	static const uint16_t first_test[] = {7, 2, 1, 0, 4, 1, 4, 9, 5, 9};
	static const unsigned train[] = {5923, 6742, 5958, 6131, 5842,
	                                 5421, 5918, 6265, 5851, 5949};
	static const unsigned test[] = {980, 1135, 1032, 1010, 982,
	                                892, 958, 1028, 974, 1009};
	char dir[MR_TEST_PATH_MAX];
	struct mr_images images;
	struct mr_errtext err = {""};

	if (!imagefiles_data(dir, "mnist"))
		MR_SKIP("MNIST is not in $MEMRIG_DATA; see docs/datasets.md");
	MR_CODE_ERR(load("mnist", dir, MR_IMAGES_TRAIN, &images, &err), MR_OK,
	            err);
	CU_ASSERT_EQUAL_FATAL(images.n, 60000);
	CU_ASSERT(memcmp(images.label, first, sizeof(first)) == 0);
	check_counts(&images, train);
	mr_images_free(&images);
	MR_CODE_ERR(load("mnist", dir, MR_IMAGES_TEST, &images, &err), MR_OK,
	            err);
	CU_ASSERT_EQUAL_FATAL(images.n, 10000);
	CU_ASSERT(memcmp(images.label, first_test, sizeof(first_test)) == 0);
	check_counts(&images, test);
	mr_images_free(&images);
}

/* Fashion-MNIST: 6,000 and 1,000 of each class, by its authors' README. */
static void real_fashion_has_its_labels(void)
{
	static const unsigned train[] = {6000, 6000, 6000, 6000, 6000,
	                                 6000, 6000, 6000, 6000, 6000};
	static const unsigned test[] = {1000, 1000, 1000, 1000, 1000,
	                                1000, 1000, 1000, 1000, 1000};
	struct mr_images images;
	struct mr_errtext err = {""};
	int code = load("fashion", NULL, MR_IMAGES_TRAIN, &images, &err);

	if (code == MR_ERR_MISSING)
		MR_SKIP("Debian's dataset-fashion-mnist is not installed");
	MR_CODE_ERR(code, MR_OK, err);
	CU_ASSERT_EQUAL_FATAL(images.n, 60000);
	check_counts(&images, train);
	mr_images_free(&images);
	MR_CODE_ERR(load("fashion", NULL, MR_IMAGES_TEST, &images, &err), MR_OK,
	            err);
	CU_ASSERT_EQUAL_FATAL(images.n, 10000);
	check_counts(&images, test);
	mr_images_free(&images);
}

/* A batch as the standard file holds it. */
static void sum_batch(const struct mr_images *images, uint32_t first,
                      char *text)
{
	struct sha256 sum;

	sha256_begin(&sum);
	for (uint32_t i = first; i < first + 10000; i++) {
		uint8_t label = (uint8_t)images->label[i];

		sha256_take(&sum, &label, 1);
		sha256_take(&sum, images->pixels + (size_t)i * CIFAR_PIXELS,
		            CIFAR_PIXELS);
	}
	sha256_end(&sum, text);
}

static void sum_of_abc_is_known(void)
{
	char text[SHA256_TEXT];
	struct sha256 sum;

	sha256_begin(&sum);
	sha256_take(&sum, "abc", 3);
	sha256_end(&sum, text);
	/* NIST's example for FIPS 180-4 */
	CU_ASSERT_STRING_EQUAL(text, "ba7816bf8f01cfea414140de5dae2223"
	                             "b00361a396177a9cb410ff61f20015ad");
}

static void check_means(const struct mr_images *images)
{
	static const double means[] = {.4912, .4821, .4465};

	for (unsigned c = 0; c < 3; c++) {
		double sum = 0;

		for (uint32_t i = 0; i < images->n; i++)
			for (uint32_t p = 0; p < 1024; p++)
				sum += images->pixels[(size_t)i * CIFAR_PIXELS +
				                      (size_t)c * 1024 + p];
		/* the README's four digits */
		MR_NEAR(sum / 255 / 1024 / images->n, means[c], 0.5e-4);
	}
}

/* Sums and means: as above; what prepare.py writes, libjpeg-turbo 2.1.5. */
static void real_cifar10_strips_are_the_batches(void)
{
	static const char *const sums[] = {
		"e35169bd94d8c8577be25d0438be53f8"
		"c7f2aa098bf206f7111a0c9d37031d7f",
		"3f048daaddbbe81415bc58dd936d11ec"
		"6d2bdcad35b3a4d2a9150e6692c1d92d",
		"00d4bae2faf6ee63280102e03354b05f"
		"51c6148f4c9d6f37d6d08d53fc906f56",
		"c76fb76c76c3bb835be392e3c0bcc10d"
		"fca0d354cdbee80824302f4b699997ec",
		"a8228977db761df50a57ea56f7e54047"
		"6652d70b86420e5100b50fcdde67fbf9",
		"4c37b91f9ff0ccc9fcf48c36b4303b42"
		"7d7deaa6e8a4510aa4091a1bbe750f7c"};
	char dir[MR_TEST_PATH_MAX], text[SHA256_TEXT];
	struct mr_images images;
	struct mr_errtext err = {""};

	if (!imagefiles_data(dir, "cifar10"))
		MR_SKIP("CIFAR-10's strips are not in $MEMRIG_DATA");
	MR_CODE_ERR(load("cifar10", dir, MR_IMAGES_TRAIN, &images, &err), MR_OK,
	            err);
	CU_ASSERT_EQUAL_FATAL(images.n, 50000);
	for (unsigned b = 0; b < 5; b++) {
		sum_batch(&images, 10000 * b, text);
		CU_ASSERT_STRING_EQUAL(text, sums[b]);
	}
	check_means(&images);
	mr_images_free(&images);
	MR_CODE_ERR(load("cifar10", dir, MR_IMAGES_TEST, &images, &err), MR_OK,
	            err);
	CU_ASSERT_EQUAL_FATAL(images.n, 10000);
	sum_batch(&images, 0, text);
	CU_ASSERT_STRING_EQUAL(text, sums[5]);
	mr_images_free(&images);
}

const struct mr_test mr_tests[] = {
	{"idx_is_read_under_each_name", idx_is_read_under_each_name},
	{"idx_damaged_is_refused", damaged_idx_is_refused},
	{"idx_missing_is_named", missing_idx_is_named},
	{"idx_folder_in_its_place_is_refused",
	 folder_in_place_of_idx_is_refused},
	{"gzip_damaged_is_refused", damaged_gzip_is_refused},
	{"gzip_surplus_is_refused", surplus_in_gzip_is_refused},
	{"cifar10_batches_are_read_in_order",
	 cifar10_batches_are_read_in_order},
	{"cifar100_gives_fine_labels", cifar100_gives_fine_labels},
	{"cifar_damaged_is_refused", damaged_cifar_is_refused},
	{"cifar100_coarse_label_out_of_range_is_refused",
	 coarse_label_out_of_range_is_refused},
	{"cifar_missing_batch_is_named", missing_batch_is_named},
	{"stl_columns_become_rows", stl_columns_become_rows},
	{"stl_unlabelled_has_no_labels", stl_unlabelled_has_no_labels},
	{"stl_damaged_is_refused", damaged_stl_is_refused},
	{"places_named_folders_are_searched", set_is_found_in_named_folders},
	{"places_environment_is_searched", set_is_found_by_the_environment},
	{"places_that_lack_a_set_are_told",
	 set_that_is_not_there_says_where_and_how},
	{"images_wrong_use_is_refused", wrong_use_is_refused},
	{"images_in_memory_are_fetched", fetch_copies_what_is_in_memory},
	{"sha256_of_abc_is_known", sum_of_abc_is_known},
	{"real_mnist_has_its_labels", real_mnist_has_its_labels},
	{"real_fashion_has_its_labels", real_fashion_has_its_labels},
	{"real_cifar10_strips_are_the_batches",
	 real_cifar10_strips_are_the_batches},
	{0},
};
