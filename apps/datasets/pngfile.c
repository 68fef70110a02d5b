/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* PNG, by libpng. */
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

#include "picture.h"

#define RGB 3
#define CHUNK_MAX (8u << 20) /* bytes of room for texts and profiles */

/* All that lives across a longjmp(): libpng's error function may not return. */
struct reader {
	png_structp png;
	png_infop info;
	jmp_buf back;
	const struct mr_picture_file *file;
	size_t at;
	struct mr_picture picture;
	struct mr_errtext *err;
	int code;
};

static void give_up(png_structp png, png_const_charp text)
{
	struct reader *r = png_get_error_ptr(png);

	if (r->code == MR_OK)
		r->code = mr_errtext_set(r->err, MR_ERR_FORMAT,
		                         "%s: broken PNG file, at byte %zu of "
		                         "%zu: %s", r->file->path, r->at,
		                         r->file->n, text);
	longjmp(r->back, 1);
}

static void drop_message(png_structp png, png_const_charp text)
{
	(void)png;
	(void)text;
}

static void no_memory(struct reader *r)
{
	r->code = mr_errtext_set(r->err, MR_ERR_NOMEM, "%s: out of memory",
	                         r->file->path);
}

/* libpng says no memory by a message as any other. */
static png_voidp allocate(png_structp png, png_alloc_size_t n)
{
	void *room = malloc(n);

	if (room == NULL)
		no_memory(png_get_mem_ptr(png));
	return room;
}

static void release(png_structp png, png_voidp room)
{
	(void)png;
	free(room);
}

static void give_bytes(png_structp png, png_bytep to, size_t n)
{
	struct reader *r = png_get_io_ptr(png);

	if (n > r->file->n - r->at) {
		r->at = r->file->n;
		png_error(png, "the file is cut off");
	}
	memcpy(to, r->file->bytes + r->at, n);
	r->at += n;
}

static void begin(struct reader *r)
{
	r->png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, r, give_up,
	                                  drop_message, r, allocate, release);
	if (r->png != NULL)
		r->info = png_create_info_struct(r->png);
	if (r->png == NULL || r->info == NULL) {
		no_memory(r);
		longjmp(r->back, 1);
	}
	png_set_read_fn(r->png, r, give_bytes);
	png_set_chunk_malloc_max(r->png, CHUNK_MAX);
}

static void read_head(struct reader *r)
{
	png_read_info(r->png, r->info);
	r->picture.width = png_get_image_width(r->png, r->info);
	r->picture.height = png_get_image_height(r->png, r->info);
	r->code = mr_picture_check(r->file, r->picture.width,
	                           r->picture.height, r->err);
	if (r->code != MR_OK)
		longjmp(r->back, 1);
}

static void prepare(struct reader *r)
{
	png_set_expand(r->png);
	png_set_scale_16(r->png);
	png_set_strip_alpha(r->png);
	png_set_gray_to_rgb(r->png);
	(void)png_set_interlace_handling(r->png);
	png_read_update_info(r->png, r->info);
	if (png_get_rowbytes(r->png, r->info) !=
	    (size_t)RGB * r->picture.width)
		png_error(r->png, "a kind of pixels that is not known");
	r->picture.rgb = malloc((size_t)RGB * r->picture.width *
	                        r->picture.height);
	if (r->picture.rgb != NULL)
		return;
	no_memory(r);
	longjmp(r->back, 1);
}

static void read_rows(struct reader *r)
{
	size_t row = (size_t)RGB * r->picture.width;
	int passes = png_get_interlace_type(r->png, r->info) ==
	             PNG_INTERLACE_NONE ? 1 : PNG_INTERLACE_ADAM7_PASSES;

	for (int pass = 0; pass < passes; pass++)
		for (uint32_t y = 0; y < r->picture.height; y++)
			png_read_row(r->png, r->picture.rgb + row * y, NULL);
	png_read_end(r->png, NULL);
}

static void size_work(struct reader *r)
{
	begin(r);
	read_head(r);
}

static void decode_work(struct reader *r)
{
	begin(r);
	read_head(r);
	prepare(r);
	read_rows(r);
}

/* A function of its own: what is local where setjmp() stands would be lost. */
static int attempt(struct reader *r, void (*work)(struct reader *))
{
	if (setjmp(r->back) == 0)
		work(r);
	png_destroy_read_struct(&r->png, &r->info, NULL);
	return r->code;
}

int mr_png_size(const struct mr_picture_file *file, uint32_t *width,
                uint32_t *height, struct mr_errtext *err)
{
	struct reader r = {.file = file, .err = err};
	int code = attempt(&r, size_work);

	*width = r.picture.width;
	*height = r.picture.height;
	return code;
}

int mr_png_decode(const struct mr_picture_file *file, struct mr_picture *out,
                  struct mr_errtext *err)
{
	struct reader r = {.file = file, .err = err};
	int code = attempt(&r, decode_work);

	if (code == MR_OK)
		*out = r.picture;
	else
		free(r.picture.rgb);
	return code;
}
