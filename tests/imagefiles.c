/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Makes files of image sets; a failure ends the test. */
#include "imagefiles.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jpeglib.h>
#include <png.h>
#include <zlib.h>

#define PATH_ROOM (2 * MR_TEST_PATH_MAX)
#define QUALITY 95
#define MCUS_STRIP 4 /* of 16 x 16 pixels in a picture of 32 x 32 */

/* ---- files --------------------------------------------------------------- */

static void remove_all(const char *path)
{
	char inner[PATH_ROOM];
	struct dirent *entry;
	DIR *dir = opendir(path);

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		(void)snprintf(inner, sizeof(inner), "%s/%s", path,
		               entry->d_name);
		if (unlink(inner) != 0)
			remove_all(inner);
	}
	if (dir != NULL)
		(void)closedir(dir);
	(void)rmdir(path);
}

void imagefiles_begin(char *dir)
{
	remove_all(mr_test_path(dir, "images"));
	CU_ASSERT_FATAL(mkdir(dir, 0777) == 0);
}

void imagefiles_end(void)
{
	char dir[MR_TEST_PATH_MAX];

	remove_all(mr_test_path(dir, "images"));
}

static void make_path(char *path, const char *dir, const char *name)
{
	(void)snprintf(path, PATH_ROOM, "%s/%s", dir, name);
	for (char *at = path + strlen(dir) + 1; (at = strchr(at, '/')) != NULL;
	     at++) {
		*at = '\0';
		(void)mkdir(path, 0777);
		*at = '/';
	}
}

void imagefiles_write(const char *dir, const char *name, const void *bytes,
                      size_t n)
{
	char path[PATH_ROOM];
	FILE *file;

	make_path(path, dir, name);
	file = fopen(path, "wb");
	CU_ASSERT_FATAL(file != NULL);
	CU_ASSERT_FATAL(fwrite(bytes, 1, n, file) == n);
	CU_ASSERT_FATAL(fclose(file) == 0);
}

void imagefiles_gzip(const char *dir, const char *name, const void *bytes,
                     size_t n)
{
	char path[PATH_ROOM];
	gzFile file;

	make_path(path, dir, name);
	file = gzopen(path, "wb");
	CU_ASSERT_FATAL(file != NULL);
	CU_ASSERT_FATAL(gzwrite(file, bytes, (unsigned)n) == (int)n);
	CU_ASSERT_FATAL(gzclose(file) == Z_OK);
}

size_t imagefiles_read(const char *dir, const char *name, uint8_t *bytes,
                       size_t room)
{
	char path[PATH_ROOM];
	size_t n;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "rb");
	CU_ASSERT_FATAL(file != NULL);
	n = fread(bytes, 1, room, file);
	CU_ASSERT_FATAL(fclose(file) == 0);
	return n;
}

size_t imagefiles_idx_head(uint8_t *to, unsigned axes, const uint32_t *sizes)
{
	const uint8_t magic[] = {0, 0, 8, (uint8_t)axes};

	memcpy(to, magic, sizeof(magic));
	for (unsigned i = 0; i < axes; i++)
		for (unsigned b = 0; b < 4; b++)
			to[4 + 4 * i + b] = (uint8_t)(sizes[i] >> (24 - 8 * b));
	return 4 + (size_t)4 * axes;
}

/* ---- JPEG ---------------------------------------------------------------- */

static void set_kind(struct jpeg_compress_struct *info,
                     enum imagefiles_jpeg kind)
{
	jpeg_set_defaults(info);
	jpeg_set_quality(info, QUALITY, TRUE);
	if (kind == IMAGEFILES_CMYK_ADOBE)
		jpeg_set_colorspace(info, JCS_YCCK);
	if (kind == IMAGEFILES_CMYK_PLAIN)
		info->write_Adobe_marker = FALSE;
	if (kind == IMAGEFILES_PROGRESSIVE)
		jpeg_simple_progression(info);
	if (kind == IMAGEFILES_STRIP)
		info->restart_interval = MCUS_STRIP;
}

size_t imagefiles_jpeg(enum imagefiles_jpeg kind, uint32_t width,
                       uint32_t height, const uint8_t *pixels, uint8_t **out)
{
	struct jpeg_compress_struct info = {0};
	struct jpeg_error_mgr manager;
	bool cmyk = kind == IMAGEFILES_CMYK_ADOBE ||
	            kind == IMAGEFILES_CMYK_PLAIN;
	unsigned long size = 0;
	unsigned char *bytes = NULL;

	info.err = jpeg_std_error(&manager);
	jpeg_create_compress(&info);
	jpeg_mem_dest(&info, &bytes, &size);
	info.image_width = width;
	info.image_height = height;
	info.input_components = cmyk ? 4 : kind == IMAGEFILES_GREY ? 1 : 3;
	info.in_color_space = cmyk ? JCS_CMYK
	                           : kind == IMAGEFILES_GREY ? JCS_GRAYSCALE
	                                                     : JCS_RGB;
	set_kind(&info, kind);
	jpeg_start_compress(&info, TRUE);
	while (info.next_scanline < height) {
		JSAMPROW row = (JSAMPROW)pixels +
		               (size_t)info.next_scanline * width *
		               (unsigned)info.input_components;

		(void)jpeg_write_scanlines(&info, &row, 1);
	}
	jpeg_finish_compress(&info);
	jpeg_destroy_compress(&info);
	*out = malloc(size);
	CU_ASSERT_FATAL(*out != NULL);
	memcpy(*out, bytes, size);
	free(bytes);
	return size;
}

/* ---- PNG ----------------------------------------------------------------- */

struct buffer {
	uint8_t *bytes;
	size_t n;
};

static void take_bytes(png_structp png, png_bytep bytes, size_t n)
{
	struct buffer *to = png_get_io_ptr(png);

	to->bytes = realloc(to->bytes, to->n + n);
	if (to->bytes == NULL)
		abort();
	memcpy(to->bytes + to->n, bytes, n);
	to->n += n;
}

static void flush_nothing(png_structp png)
{
	(void)png;
}

static const struct {
	int colour;
	int bits;
	unsigned bytes; /* of a pixel */
} png_kinds[] = {
	[IMAGEFILES_PNG_RGB] = {PNG_COLOR_TYPE_RGB, 8, 3},
	[IMAGEFILES_PNG_RGBA] = {PNG_COLOR_TYPE_RGBA, 8, 4},
	[IMAGEFILES_PNG_GREY] = {PNG_COLOR_TYPE_GRAY, 8, 1},
	[IMAGEFILES_PNG_GREY_16] = {PNG_COLOR_TYPE_GRAY, 16, 2},
	[IMAGEFILES_PNG_PALETTE] = {PNG_COLOR_TYPE_PALETTE, 8, 1},
	[IMAGEFILES_PNG_INTERLACED] = {PNG_COLOR_TYPE_RGB, 8, 3},
};

static void write_head(png_structp png, png_infop info,
                       enum imagefiles_png kind, uint32_t width,
                       uint32_t height)
{
	png_color palette[128];

	png_set_IHDR(png, info, width, height, png_kinds[kind].bits,
	             png_kinds[kind].colour,
	             kind == IMAGEFILES_PNG_INTERLACED ? PNG_INTERLACE_ADAM7
	                                               : PNG_INTERLACE_NONE,
	             PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	for (unsigned i = 0; i < 128; i++)
		palette[i] = (png_color){(png_byte)i, (png_byte)(2 * i),
		                         (png_byte)(255 - i)};
	if (kind == IMAGEFILES_PNG_PALETTE)
		png_set_PLTE(png, info, palette, 128);
	png_write_info(png, info);
}

size_t imagefiles_png(enum imagefiles_png kind, uint32_t width, uint32_t height,
                      const uint8_t *pixels, uint8_t **out)
{
	struct buffer to = {NULL, 0};
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL,
	                                          NULL, NULL);
	png_infop info = png_create_info_struct(png);

	CU_ASSERT_FATAL(info != NULL);
	png_set_write_fn(png, &to, take_bytes, flush_nothing);
	write_head(png, info, kind, width, height);
	for (int left = png_set_interlace_handling(png); left > 0; left--)
		for (uint32_t y = 0; y < height; y++)
			png_write_row(png, pixels + (size_t)y * width *
			              png_kinds[kind].bytes);
	png_write_end(png, info);
	png_destroy_write_struct(&png, &info);
	*out = to.bytes;
	return to.n;
}

/* ---- real sets ----------------------------------------------------------- */

static bool is_there(const char *path)
{
	struct stat about;

	return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

bool imagefiles_data(char *out, const char *name)
{
	static const char *const up[] = {"..", "../..", "../../..",
	                                 "../../../.."};
	const char *given = getenv("MEMRIG_DATA");

	if (given != NULL) {
		(void)snprintf(out, MR_TEST_PATH_MAX, "%s/%s", given, name);
		if (is_there(out))
			return true;
	}
	for (size_t i = 0; i < sizeof(up) / sizeof(up[0]); i++) {
		(void)snprintf(out, MR_TEST_PATH_MAX, "%s/%s/shared/data/%s",
		               MR_SRCDIR, up[i], name);
		if (is_there(out))
			return true;
	}
	return false;
}
