/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The table of image sets, and where their files may lie. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "formats.h"

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})
#define IDX_MARKS                                                             \
	LIST("train-images-idx3-ubyte", "train-images-idx3-ubyte.gz",         \
	     "train-images.idx3-ubyte", "train-images.idx3-ubyte.gz",         \
	     "t10k-images-idx3-ubyte", "t10k-images-idx3-ubyte.gz",           \
	     "t10k-images.idx3-ubyte", "t10k-images.idx3-ubyte.gz")
/* A place that begins with ~/ is in the home directory. */
#define PLACES(name)                                                          \
	LIST("~/.local/share/memrig/" name, "/usr/local/share/datasets/" name, \
	     "/usr/share/datasets/" name)

static const struct mr_dataset_entry entries[] = {
	{
		.set = {"mnist", "MNIST", 1, 28, 28, 10, 60000, 10000, 0,
		        PLACES("mnist")},
		.load = mr_idx_load,
		.folders = LIST("MNIST/raw"),
		.marks = IDX_MARKS,
		.how = "docs/datasets.md says how to get it",
	},
	{
		.set = {"fashion", "Fashion-MNIST", 1, 28, 28, 10, 60000, 10000,
		        0, LIST("~/.local/share/memrig/fashion",
		                "/usr/local/share/datasets/fashion-mnist",
		                "/usr/share/datasets/fashion-mnist")},
		.load = mr_idx_load,
		.folders = LIST("fashion-mnist", "FashionMNIST/raw"),
		.marks = IDX_MARKS,
		.how = "Debian: apt-get install dataset-fashion-mnist; "
		       "see docs/datasets.md",
	},
	{
		.set = {"cifar10", "CIFAR-10", 3, 32, 32, 10, 50000, 10000, 0,
		        PLACES("cifar10")},
		.load = mr_cifar10_load,
		.folders = LIST("cifar-10-batches-bin"),
		.marks = LIST("data_batch_1.bin", "test_batch.bin",
		              "train-labels.bin", "test-labels.bin"),
		.how = "docs/datasets.md says how to get it",
	},
	{
		.set = {"cifar100", "CIFAR-100", 3, 32, 32, 100, 50000, 10000,
		        0, PLACES("cifar100")},
		.load = mr_cifar100_load,
		.folders = LIST("cifar-100-binary"),
		.marks = LIST("train.bin", "test.bin"),
		.how = "docs/datasets.md says how to get it",
	},
	{
		.set = {"stl10", "STL-10", 3, 96, 96, 10, 5000, 8000, 100000,
		        PLACES("stl10")},
		.load = mr_stl_load,
		.folders = LIST("stl10_binary"),
		.marks = LIST("train_X.bin", "test_X.bin", "unlabeled_X.bin"),
		.how = "docs/datasets.md says how to get it",
	},
	{
		.set = {"imagenette", "ImageNette", 3, 160, 160, 10, 0, 0, 0,
		        PLACES("imagenette")},
		.load = mr_folder_load,
		.folders = LIST("imagenette2-160", "imagenette2-320",
		                "imagenette2"),
		.marks = LIST("train", "val"),
		.how = "docs/datasets.md says how to get it",
	},
	{
		.set = {"imagenet", "ImageNet", 3, 160, 160, 1000, 0, 0, 0,
		        PLACES("imagenet")},
		.load = mr_folder_load,
		.folders = LIST("ILSVRC/Data/CLS-LOC"),
		.marks = LIST("train", "val"),
		.how = "docs/datasets.md says how to get it",
	},
};

const struct mr_dataset_entry *mr_dataset_entry(const char *name)
{
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
		if (strcmp(entries[i].set.name, name) == 0)
			return &entries[i];
	return NULL;
}

const struct mr_dataset *mr_dataset_find(const char *name)
{
	const struct mr_dataset_entry *entry = mr_dataset_entry(name);

	return entry != NULL ? &entry->set : NULL;
}

/* A search: the folder that is tried, and a list of those that were. */
struct search {
	const struct mr_dataset_entry *entry;
	char *out;
	char tried[sizeof(((struct mr_errtext *)NULL)->text)];
};

static bool is_there(const char *dir, const char *mark)
{
	char path[MR_BYTEFILE_PATH_MAX];
	struct stat about;

	return mr_bytefile_join(path, dir, mark, NULL) == MR_OK &&
	       stat(path, &about) == 0;
}

static bool try_folder(struct search *search)
{
	for (const char *const *mark = search->entry->marks; *mark != NULL;
	     mark++)
		if (is_there(search->out, *mark))
			return true;
	return false;
}

static void note(struct search *search, const char *dir)
{
	size_t length = strlen(search->tried);

	(void)snprintf(search->tried + length, sizeof(search->tried) - length,
	               "%s%s", length > 0 ? ", " : "", dir);
}

static bool try_below(struct search *search, const char *dir, const char *name)
{
	return mr_bytefile_join(search->out, dir, name, NULL) == MR_OK &&
	       try_folder(search);
}

static bool try_names(struct search *search, const char *dir)
{
	if (try_below(search, dir, search->entry->set.name))
		return true;
	for (const char *const *name = search->entry->folders; *name != NULL;
	     name++)
		if (try_below(search, dir, *name))
			return true;
	return false;
}

/* The folder in it that bears the set's name or that of its archive, or an
 * archive's folder in the former, or the folder itself: sets share names of
 * files, so the name decides first. */
static bool try_place(struct search *search, const char *dir)
{
	char named[MR_BYTEFILE_PATH_MAX];

	note(search, dir);
	if (try_names(search, dir))
		return true;
	if (mr_bytefile_join(named, dir, search->entry->set.name, NULL) ==
	    MR_OK && try_names(search, named))
		return true;
	(void)snprintf(search->out, MR_BYTEFILE_PATH_MAX, "%s", dir);
	return try_folder(search);
}

static bool try_known(struct search *search, const char *place)
{
	char path[MR_BYTEFILE_PATH_MAX];
	const char *home = getenv("HOME");

	if (strncmp(place, "~/", 2) != 0)
		return try_place(search, place);
	return home != NULL && home[0] != '\0' &&
	       mr_bytefile_join(path, home, place + 2, NULL) == MR_OK &&
	       try_place(search, path);
}

static bool try_all(struct search *search)
{
	const char *data = getenv("MEMRIG_DATA");

	if (data != NULL && data[0] != '\0' && try_place(search, data))
		return true;
	for (const char *const *place = search->entry->set.places;
	     *place != NULL; place++)
		if (try_known(search, *place))
			return true;
	return false;
}

int mr_dataset_place(const struct mr_dataset_entry *entry, const char *dir,
                     char *out, struct mr_errtext *err)
{
	struct search search = {.entry = entry, .out = out};

	if (dir != NULL && strlen(dir) >= MR_BYTEFILE_PATH_MAX)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "the folder's path is longer than %d "
		                      "bytes", MR_BYTEFILE_PATH_MAX - 1);
	if (dir != NULL ? try_place(&search, dir) : try_all(&search))
		return MR_OK;
	return mr_errtext_set(err, MR_ERR_MISSING,
	                      "the files of %s (such as %s) are not there; %s; "
	                      "looked in %s, and in folders named '%s' or '%s' "
	                      "there", entry->set.title, entry->marks[0],
	                      entry->how, search.tried, entry->set.name,
	                      entry->folders[0]);
}
