/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Features as half precision numbers in a file without a name. */
#include "features.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define HALF_MOST 65504.0f
#define PATH_MAX_BYTES 4096

static int cannot(const char *folder, size_t bytes, int number,
                  struct mr_errtext *err)
{
	return mr_errtext_set(err, MR_ERR_IO,
	                      "%s: no temporary file of %.1f MB for features: "
	                      "%s", folder, (double)bytes * 1e-6,
	                      strerror(number));
}

/* Unlinked at once, so that nothing is left whatever happens. */
static int open_nameless(const char *folder)
{
	char path[PATH_MAX_BYTES];
	int n = snprintf(path, sizeof path, "%s/memrig-XXXXXX", folder);

	if (n < 0 || (size_t)n >= sizeof path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	int fd = mkstemp(path);

	if (fd >= 0)
		(void)unlink(path);
	return fd;
}

int mr_features_alloc(uint32_t n, size_t width, const char *folder,
                      struct mr_features *out, struct mr_errtext *err)
{
	const char *where = folder ? folder : "/tmp";

	*out = (struct mr_features){.n = n, .width = width};
	out->bytes = n * width * sizeof *out->half;
	int fd = open_nameless(where);

	if (fd < 0)
		return cannot(where, out->bytes, errno, err);
	/* room now, or writing to the memory would be a deadly signal */
	int code = posix_fallocate(fd, 0, (off_t)out->bytes);
	void *memory = MAP_FAILED;

	if (!code)
		memory = mmap(NULL, out->bytes, PROT_READ | PROT_WRITE,
		              MAP_SHARED, fd, 0);
	if (!code && memory == MAP_FAILED)
		code = errno;
	(void)close(fd);
	if (code)
		return cannot(where, out->bytes, code, err);
	out->half = memory;
	return MR_OK;
}

/* Half precision ends at 65504; what would be rounded up to 65536 is too
 * large, too. */
static int too_large(const struct mr_features *features, uint32_t image,
                     const float *in, struct mr_errtext *err)
{
	size_t i = 0;

	while (i + 1 < features->width && in[i] <= HALF_MOST &&
	       in[i] >= -HALF_MOST)
		i++;
	return mr_errtext_set(err, MR_ERR_RANGE,
	                      "feature %zu of image %u is %g: half precision "
	                      "holds at most %g", i, image, (double)in[i],
	                      (double)HALF_MOST);
}

int mr_features_put(struct mr_features *features,
                    const struct mr_deep_kernels *kernels, uint32_t first,
                    uint32_t n, const float *in, struct mr_errtext *err)
{
	size_t width = features->width;

	for (uint32_t i = 0; i < n; i++, in += width) {
		float sum = 0;
		float most = kernels->to_half(
			in, features->half + (first + i) * width, width);

		if (!(most <= HALF_MOST))
			return too_large(features, first + i, in, err);
		if (most > features->largest)
			features->largest = most;
		for (size_t k = 0; k < width; k++)
			sum += in[k];
		features->sum += (double)sum;
	}
	return MR_OK;
}

void mr_features_free(struct mr_features *features)
{
	if (features->half)
		(void)munmap(features->half, features->bytes);
	*features = (struct mr_features){0};
}
