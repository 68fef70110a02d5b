/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* JPEG, by libjpeg. */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>
#include <jerror.h>

#include "picture.h"

#define RGB 3
#define CMYK 4
#define FULL 255
#define ROWS 4 /* asked for at once */
#define SCANS_MAX 500 /* of a progressive file; each costs a pass */

/* All that lives across a longjmp(): libjpeg's error function may not return. */
struct reader {
	struct jpeg_decompress_struct info;
	struct jpeg_error_mgr manager;
	struct jpeg_progress_mgr progress;
	jmp_buf back;
	const struct mr_picture_file *file;
	struct mr_jpeg_how how;
	uint8_t *row; /* of CMYK */
	struct mr_picture picture;
	struct mr_errtext *err;
	int code;
};

static struct reader *reader_of(j_common_ptr info)
{
	return info->client_data;
}

/* At the end libjpeg reads an end marker of its own making. */
static size_t offset(const struct reader *r)
{
	const struct jpeg_source_mgr *src = r->info.src;

	if (src == NULL || r->manager.msg_code == JWRN_JPEG_EOF ||
	    src->next_input_byte < r->file->bytes ||
	    src->next_input_byte > r->file->bytes + r->file->n)
		return r->file->n;
	return (size_t)(src->next_input_byte - r->file->bytes);
}

static void give_up(j_common_ptr info)
{
	struct reader *r = reader_of(info);
	char text[JMSG_LENGTH_MAX];

	r->manager.format_message(info, text);
	if (r->manager.msg_code == JERR_OUT_OF_MEMORY)
		r->code = mr_errtext_set(r->err, MR_ERR_NOMEM,
		                         "%s: out of memory", r->file->path);
	else
		r->code = mr_errtext_set(r->err, MR_ERR_FORMAT,
		                         "%s: broken JPEG file, at byte %zu "
		                         "of %zu: %s", r->file->path,
		                         offset(r), r->file->n, text);
	longjmp(r->back, 1);
}

/* Surplus bytes between markers and unknown notes of Adobe's cost no pixel, and
 * some pictures of ImageNet have them. */
static void take_message(j_common_ptr info, int level)
{
	const struct reader *r = reader_of(info);
	int code = r->manager.msg_code;

	if (level >= 0)
		return;
	if (!r->how.plain &&
	    (code == JWRN_EXTRANEOUS_DATA || code == JWRN_ADOBE_XFORM))
		return;
	give_up(info);
}

static void drop_message(j_common_ptr info)
{
	(void)info;
}

static void check_scans(j_common_ptr info)
{
	struct reader *r = reader_of(info);

	if (r->info.input_scan_number <= SCANS_MAX)
		return;
	r->code = mr_errtext_set(r->err, MR_ERR_FORMAT,
	                         "%s: a JPEG file of more than %d scans",
	                         r->file->path, SCANS_MAX);
	longjmp(r->back, 1);
}

static void begin(struct reader *r)
{
	r->info.err = jpeg_std_error(&r->manager);
	r->manager.error_exit = give_up;
	r->manager.emit_message = take_message;
	r->manager.output_message = drop_message;
	r->info.client_data = r;
}

static void read_head(struct reader *r)
{
	jpeg_create_decompress(&r->info);
	r->progress.progress_monitor = check_scans;
	r->info.progress = &r->progress;
	jpeg_mem_src(&r->info, r->file->bytes, r->file->n);
	jpeg_read_header(&r->info, TRUE);
	r->code = mr_picture_check(r->file, r->info.image_width,
	                           r->info.image_height, r->err);
	if (r->code != MR_OK)
		longjmp(r->back, 1);
}

static void prepare(struct reader *r)
{
	bool cmyk = r->info.num_components == CMYK;

	r->info.scale_num = 1;
	r->info.scale_denom = r->how.shrink;
	r->info.do_fancy_upsampling = !r->how.plain;
	r->info.out_color_space = cmyk ? JCS_CMYK : JCS_RGB;
	jpeg_start_decompress(&r->info);
	r->picture.width = r->info.output_width;
	r->picture.height = r->info.output_height;
	r->picture.rgb = malloc((size_t)RGB * r->picture.width *
	                        r->picture.height);
	if (cmyk)
		r->row = malloc((size_t)CMYK * r->picture.width);
	if (r->picture.rgb != NULL && (!cmyk || r->row != NULL))
		return;
	r->code = mr_errtext_set(r->err, MR_ERR_NOMEM, "%s: out of memory",
	                         r->file->path);
	longjmp(r->back, 1);
}

/* Adobe's programs write inks inverted: 255 is none. */
static void from_cmyk(const struct reader *r, uint8_t *rgb)
{
	unsigned invert = r->info.saw_Adobe_marker ? 0 : FULL;

	for (uint32_t x = 0; x < r->picture.width; x++) {
		const uint8_t *ink = r->row + (size_t)CMYK * x;
		unsigned key = ink[RGB] ^ invert;

		for (unsigned c = 0; c < RGB; c++)
			rgb[(size_t)RGB * x + c] = (uint8_t)(
				((ink[c] ^ invert) * key + FULL / 2) / FULL);
	}
}

static uint8_t *row_at(const struct reader *r, uint32_t y)
{
	return r->picture.rgb + (size_t)RGB * r->picture.width * y;
}

/* Several rows at once spare libjpeg a copy where it makes two together. */
static void read_rgb(struct reader *r)
{
	JSAMPROW rows[ROWS];

	while (r->info.output_scanline < r->info.output_height) {
		uint32_t y = r->info.output_scanline;
		uint32_t n = r->info.output_height - y;

		if (n > ROWS)
			n = ROWS;
		for (uint32_t i = 0; i < n; i++)
			rows[i] = row_at(r, y + i);
		jpeg_read_scanlines(&r->info, rows, n);
	}
}

static void read_cmyk(struct reader *r)
{
	while (r->info.output_scanline < r->info.output_height) {
		uint8_t *rgb = row_at(r, r->info.output_scanline);

		jpeg_read_scanlines(&r->info, &r->row, 1);
		from_cmyk(r, rgb);
	}
}

static void read_rows(struct reader *r)
{
	if (r->row != NULL)
		read_cmyk(r);
	else
		read_rgb(r);
	jpeg_finish_decompress(&r->info);
}

static void size_work(struct reader *r)
{
	read_head(r);
	r->picture.width = r->info.image_width;
	r->picture.height = r->info.image_height;
}

static void decode_work(struct reader *r)
{
	read_head(r);
	prepare(r);
	read_rows(r);
}

/* A function of its own: what is local where setjmp() stands would be lost. */
static int attempt(struct reader *r, void (*work)(struct reader *))
{
	begin(r);
	if (setjmp(r->back) == 0)
		work(r);
	jpeg_destroy_decompress(&r->info);
	free(r->row);
	return r->code;
}

int mr_jpeg_size(const struct mr_picture_file *file, uint32_t *width,
                 uint32_t *height, struct mr_errtext *err)
{
	struct reader r = {.file = file, .err = err};
	int code = attempt(&r, size_work);

	*width = r.picture.width;
	*height = r.picture.height;
	return code;
}

int mr_jpeg_decode(const struct mr_picture_file *file, struct mr_jpeg_how how,
                   struct mr_picture *out, struct mr_errtext *err)
{
	struct reader r = {.file = file, .err = err, .how = how};
	int code = attempt(&r, decode_work);

	if (code == MR_OK)
		*out = r.picture;
	else
		free(r.picture.rgb);
	return code;
}
